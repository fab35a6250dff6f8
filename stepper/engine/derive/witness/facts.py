"""Instances of which everything holds that is assumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from stepper.core.derivation_parser import Relation
from stepper.core.expr import Expr, Prime, Sym
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.witness.arrays import Nested, difference, each, entries, fitted
from stepper.engine.derive.witness.chances import Models
from stepper.engine.derive.witness.constraints import Equation
from stepper.engine.derive.witness.evaluate import scene_of
from stepper.engine.derive.witness.instance import Instance
from stepper.engine.derive.witness.numbers import (
    Quantity,
    Undefined,
    context,
    holds,
    minus,
    over,
    rounded,
    short,
    whole,
)
from stepper.engine.derive.witness.scene import Scene

Way: TypeAlias = Callable[[Instance, str, Equation], bool]
"""How one name is changed so that an equation holds."""
CLOSE = 10.0**-18
SMALL = 0.2
"""Numbers below this power of the tolerance count as having that size: what is 0 comes out as 10^-60."""
MOST_CASES = 64
NEWTON = 60


def satisfy(instance: Instance) -> None:
    """Gives names values that meet the equations, and looks whether everything that is assumed holds.

    Raises:
        Undefined: where it does not.
    """
    models = instance.models = Models(instance)
    waiting = [equation for equation in models.equations if equation.defines]
    while waiting:
        names = {equation.defines for equation in waiting}
        ready = next((each for each in waiting if not names & _read(each.other)), waiting[0])
        waiting.remove(ready)
        _define(instance, ready)
    for equation in models.equations:
        if not equation.defines and not equation.built_in and not _holds(instance, equation.left, "=", equation.right):
            _solve(instance, equation)
    for fact in instance.kinds.given.facts:
        for left, relation, right in zip(fact.sides, fact.relations, fact.sides[1:], strict=False):
            if not Equation(left, right).built_in and not _always(instance, left, relation, right):
                raise Undefined(f"{text(left)} {relation} {text(right)} could not be met")


def _read(expr: Expr) -> set[str]:
    return {text(part) for part in walk(expr) if isinstance(part, Sym | Prime)}


def _define(instance: Instance, equation: Equation) -> None:
    found = scene_of(instance).of(equation.other)
    name = equation.defines
    if name in instance.kinds.sizes:
        size = whole(found)
        if not isinstance(size, int) or not 0 < size <= instance.style.largest + 2:
            raise Undefined(f"no size {name}")
        instance.whole[name] = size
    elif isinstance(found, tuple):
        instance.tensors[name] = found
    else:
        instance.single[name, ()] = found


def _always(instance: Instance, left: Expr, relation: Relation, right: Expr) -> bool:
    """Does it hold whatever its free indices are?"""
    free = [name for name in instance.kinds.indices if name in _read(left) | _read(right)]
    ranges = [range(1, instance.reach(name) + 1) for name in free]
    for number, places in enumerate(product(*ranges)):
        if number == MOST_CASES:
            break
        before = {name: instance.index(name) for name in free}
        instance.whole |= dict(zip(free, places, strict=True))
        try:
            if not _holds(instance, left, relation, right):
                return False
        finally:
            instance.whole |= before
    return True


def _holds(instance: Instance, left: Expr, relation: Relation, right: Expr) -> bool:
    scene = scene_of(instance)
    return related(scene.of(left), relation, scene.of(right), CLOSE)


def related(left: Nested, relation: Relation, right: Nested, tolerance: float) -> bool:
    """Do two values stand so to one another, but for the last digits?"""
    left, right = fitted(left, right)
    apart = difference(left, right)
    if not all(context().isfinite(number) for number in entries(apart) if not isinstance(number, Fraction)):
        raise Undefined("a value without bounds")
    sizes = [abs(rounded(number)) for side in (left, right) for number in entries(side)]
    scale = max(sizes, default=1)
    for number in entries(apart):
        exact = isinstance(number, int | Fraction)
        near = number == 0 if exact else abs(rounded(number)) <= tolerance * max(scale, tolerance**SMALL)
        if relation in ("=", "<=", ">="):
            if not near and (relation == "=" or not holds("<" if relation == "<=" else ">", number, 0)):
                return False
        elif relation == "!=":
            if near:
                return False
        elif near or not holds("<" if relation == "<" else ">", number, 0):
            return False
    return True


# ---- equations that define nothing


def _solve(instance: Instance, equation: Equation) -> None:
    """Changes one name so that both sides agree.

    Raises:
        Undefined: where none was found that can be.
    """
    models = instance.models
    assert isinstance(models, Models)
    if _pair(instance, models, equation):
        return
    for name in _candidates(instance, equation):
        before = dict(instance.single), dict(instance.scales), dict(instance.tensors)
        if any(_try(way, instance, name, equation) for way in (_number, _scale, _entry)):
            return
        instance.single, instance.scales, instance.tensors = before
    raise Undefined(f"{text(equation.left)} = {text(equation.right)} could not be met")


def _try(way: Way, instance: Instance, name: str, equation: Equation) -> bool:
    try:
        return way(instance, name, equation) and _holds(instance, equation.left, "=", equation.right)
    except (Undefined, ZeroDivisionError):
        return False


def _candidates(instance: Instance, equation: Equation) -> Iterator[str]:
    kinds = instance.kinds
    defined = {each.defines for each in instance.models.equations}
    formulas = [equation.left, equation.right]
    for name in kinds.mentioned(equation.left) | kinds.mentioned(equation.right):
        if name in kinds.given.laws:
            formulas += kinds.given.laws[name].arguments
    seen: set[str] = set()
    for formula in formulas:
        for name in sorted(_read(formula)):
            known = name in kinds.numbers or name in kinds.families or name in kinds.shapes
            if known and name not in seen and name not in defined and not instance.is_random(name):
                seen.add(name)
                yield name


def _residual(instance: Instance, equation: Equation) -> Quantity:
    scene: Scene = scene_of(instance)
    return minus(scene.number(equation.left), scene.number(equation.right))


def _number(instance: Instance, name: str, equation: Equation) -> bool:
    if name not in instance.kinds.numbers:
        return False
    key = (name, ())
    start = instance.number(key)

    def put(value: Quantity) -> None:
        instance.single[key] = value

    return _root(put, lambda: _residual(instance, equation), start)


def _scale(instance: Instance, name: str, equation: Equation) -> bool:
    """All members of a family, or entries of an array, by one factor."""
    if name in instance.kinds.numbers:
        return False

    def put(value: Quantity) -> None:
        instance.scales[name] = value

    return _root(put, lambda: _residual(instance, equation), 1)


def _entry(instance: Instance, name: str, equation: Equation) -> bool:
    """One member of a family that is read, or one entry of an array."""
    if name in instance.kinds.numbers:
        return False
    instance.scales.pop(name, None)
    _residual(instance, equation)
    array = instance.array(name)
    if array is None:
        keys = [key for key in instance.read if isinstance(key, tuple) and key[0] == name and key[1]]
        if not keys:
            return False
        key = keys[-1]

        def put(value: Quantity) -> None:
            instance.single[key] = value

        return _root(put, lambda: _residual(instance, equation), instance.number(key))
    *_, last = entries(array)

    def put_in(value: Quantity) -> None:
        instance.tensors[name] = each(lambda number: value if number is last else number, array)

    return _root(put_in, lambda: _residual(instance, equation), last)


def _root(put: Callable[[Quantity], None], residual: Callable[[], Quantity], start: Quantity) -> bool:
    """Along the line through two values, which is exact where the equation is linear; else by secants."""
    one: Quantity = start if start != 0 else 1
    other = one * 2 + 1

    def at(value: Quantity) -> Quantity:
        put(value)
        return residual()

    first, second = at(one), at(other)
    for _ in range(NEWTON):
        slope = minus(second, first)
        if slope == 0:
            return False
        best = short(minus(other, over(second * minus(other, one), slope)))
        one, first, other = other, second, best
        second = at(best)
        if second == 0 or abs(rounded(second)) < 10.0**-45:
            return True
        one, other = (rounded(value) for value in (one, other))
    return False


def _pair(instance: Instance, models: Models, equation: Equation) -> bool:
    """A covariance of two quantities that depend on one another: as strong a dependence as gives it."""
    names = instance.kinds.mentioned(equation.left) | instance.kinds.mentioned(equation.right)
    if len(names) != 2 or models.independent(*names):
        return False
    first, second = sorted(names)
    models.uncorrelated.add(first)
    if _holds(instance, equation.left, "=", equation.right):  # they depend on one another nevertheless
        return True
    models.uncorrelated.remove(first)

    def put(value: Quantity) -> None:
        models.strengths[first, second] = value

    return (
        _root(put, lambda: _residual(instance, equation), Fraction(1, 10))
        and abs(rounded(models.strengths[first, second])) <= 1
    )
