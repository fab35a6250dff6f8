"""Functions at an instance: of arrays, of the tables by their definitions, and unknown ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stepper.core.expr import Call, Comparison
from stepper.engine.derive.witness import arrays
from stepper.engine.derive.witness.arrays import Nested, Scaled, each, entries, shape_of
from stepper.engine.derive.witness.differences import slope
from stepper.engine.derive.witness.numbers import (
    Misfit,
    Quantity,
    Reach,
    Unable,
    Undefined,
    place,
    primitive,
    reaching,
    turned,
)
from stepper.engine.derive.witness.scene import Scene
from stepper.engine.values.rule import COUNT, ELEMENT, LENGTH, RESULT, Rule
from stepper.tables.arrays import BY_ARRAY_NAME


def call(scene: Scene, expr: Call) -> Nested:
    """The value of a call; a primed name is the derivative of a function."""
    base = expr.name.rstrip("'")
    values = [_argument(scene, argument, expr) for argument in expr.arguments]
    check_traits(scene, base, values)
    return called(scene, base, len(expr.name) - len(base), values)


def _argument(scene: Scene, argument: Any, outer: Call) -> Nested:
    """``sum(|x|)`` of an array: the sizes of its entries, since the sum of one number says nothing."""
    if isinstance(argument, Call) and argument.name in SIZES and len(argument.arguments) == 1:
        value = scene.of(argument.arguments[0])
        if isinstance(value, tuple) and outer.name in scene.world.vocabulary and outer.name not in _OF_ARRAYS:
            return each(lambda number: _size(scene, number), value)
        return _length(scene, value)
    return scene.of(argument)


def check_traits(scene: Scene, name: str, values: Sequence[Nested]) -> None:
    """Assumptions about a function's argument: where it is active, where it is not."""
    for trait in scene.world.traits(name):
        comparison = _ARGUMENT.get(trait)
        if comparison is None:
            continue
        for number in entries(values[0]):
            if not isinstance(number, Reach) and not scene.compare(comparison, number, 0):
                raise Undefined(f"{name} is not {trait}")


_ARGUMENT: Mapping[str, Comparison] = {"active": ">", "inactive": "<"}


def called(scene: Scene, name: str, primes: int, values: list[Nested]) -> Nested:
    world = scene.world
    written = f"{name}{primes * chr(39)}"
    defined = world.function(written) or (world.function(name) if primes else None)
    if defined is not None:
        return _defined(scene, defined, 0 if world.function(written) else primes, values)
    if primes == 0 and name in _OF_ARRAYS and not (scene.rows and name in SIZES):
        least, most, function = _OF_ARRAYS[name]
        if not least <= len(values) <= most:
            raise Unable(f"{name} of {len(values)} arguments")
        return function(scene, *values)
    if name in world.vocabulary and world.vocabulary.specified(name):
        return _sloped(lambda value: row(scene, world.vocabulary.rule(name), value), primes, values, scene.finer)
    if name in BY_ARRAY_NAME:
        raise Unable(f"{name}, a function of arrays")
    return each(lambda *numbers: _unknown(scene, name, primes, numbers), *values)


def _unknown(scene: Scene, name: str, primes: int, numbers: Sequence[Quantity]) -> Quantity:
    reach = reaching(*numbers)
    return scene.world.unknown(name, primes, numbers) if reach is None else reach


def _defined(scene: Scene, defined: Any, primes: int, values: list[Nested]) -> Nested:
    parameters, body = defined
    if len(parameters) != len(values):
        raise Undefined("a function with another number of arguments")

    def work(arguments: list[Nested]) -> Nested:
        with scene.putting(dict(zip(parameters, arguments, strict=True))):
            return scene.of(body)

    return _sloped(work, primes, values, scene.finer)


def _sloped(function: Callable[[list[Nested]], Nested], primes: int, values: list[Nested], finer: int) -> Nested:
    """A function, or its derivative where primes follow its name."""
    if not primes:
        return function(values)
    if len(values) != 1:
        raise Unable("a prime on a function of more than one argument")

    def at(number: Quantity) -> Nested:
        if isinstance(number, Reach):
            return number.beyond()
        return slope(lambda moved: _sloped(function, primes - 1, [moved], finer), number, finer)

    return each(at, values[0])


# ---- functions of the tables


def row(scene: Scene, rule: Rule, values: list[Nested]) -> Nested:
    """A function of the tables, by its definition."""
    values = _gathered(rule, values)
    rule.check_count(len(values))
    lists = [parameter.is_list for parameter in rule.parameters[: len(values)]]
    if not any(lists):
        numbers = [value for value in values if isinstance(value, tuple)]
        return (
            each(lambda *each_one: _row(scene, rule, list(each_one)), *values) if numbers else _row(scene, rule, values)
        )
    if rule.element and len(shape_of(values[0])) == 2:
        return tuple(row(scene, rule, [line, *values[1:]]) for line in values[0])
    values = [_line(rule, value) if is_list else value for value, is_list in zip(values, lists, strict=True)]
    if any(isinstance(value, tuple) for value, is_list in zip(values, lists, strict=True) if not is_list):
        raise Unable(f"{rule.name} of an array in this place")
    return _row(scene, rule, values)


def _gathered(rule: Rule, values: list[Nested]) -> list[Nested]:
    """The elements of a list that stand alone as arguments."""
    if rule.row is not None and rule.row.gathers and not (len(values) == 1 and isinstance(values[0], tuple)):
        if any(isinstance(value, tuple | Scaled) for value in values):
            raise Unable(f"{rule.name} of several arrays, or over one axis")
        return [tuple(values)]
    return values


def _line(rule: Rule, value: Nested) -> Nested:
    """A list; a number among them is a list of one, a matrix all of its entries where no row means more."""
    if not isinstance(value, tuple):
        return (value,)
    if len(shape_of(value)) > 1:
        if rule.row is None or rule.row.takes or rule.element:
            raise Undefined(f"{rule.name} of a matrix")
        return tuple(entries(value))
    return value


def _row(scene: Scene, rule: Rule, values: list[Nested]) -> Nested:
    if rule.machine:
        return _machine(scene, rule, values)
    if rule.fold:
        total: Quantity = 0 if rule.fold == "+" else 1
        for number in values[0]:
            total = total + number if rule.fold == "+" else total * number
        return total
    local = _bound(scene, rule, values)
    assert rule.value is not None
    with scene.alone(local):
        if not rule.element:
            return scene.of(rule.value)
        found = []
        for place_ in range(1, len(values[0]) + 1):
            scene.local = {**local, RESULT.name: place_, ELEMENT.name: place_}
            found.append(scene.of(rule.value))
        return tuple(found)


def _bound(scene: Scene, rule: Rule, values: list[Nested]) -> dict[Any, Nested]:
    """The parameters of a row by name, with their defaults, and the length of its list."""
    local: dict[Any, Nested] = {}
    for at, parameter in enumerate(rule.parameters):
        if at < len(values):
            value = values[at]
        else:
            assert parameter.default is not None
            with scene.alone(dict(local)):
                value = scene.of(parameter.default)
        if parameter.kind == "class":
            value = place(value) + 1 - rule.first_class
        local[parameter.name] = value
        if parameter.is_list and LENGTH.name not in local:
            local |= {LENGTH.name: len(value), COUNT.name: tuple(range(1, len(value) + 1))}
    return local


def _machine(scene: Scene, rule: Rule, values: list[Nested]) -> Nested:
    if not rule.parameters[0].is_list:
        return primitive(rule.machine, rule.name, values[0])
    if any(isinstance(number, Reach) for number in values[0]):
        return turned(values[0], values[0])
    best, *rest = values[0]
    for number in rest:
        if scene.compare(_BETTER[rule.machine], number, best):
            best = number
    return best


SIZES = ("abs",)
"""Entry by entry in the tables, the length of a vector here."""
_BETTER: Mapping[str, Comparison] = {"max": ">", "min": "<"}


# ---- functions of arrays


def _size(scene: Scene, number: Quantity) -> Quantity:
    if isinstance(number, Reach):
        return turned((number,), (number,))
    return number if scene.compare(">=", number, 0) else -number


def _length(scene: Scene, *values: Nested) -> Nested:
    value = values[0] if len(values) == 1 else tuple(values)
    return arrays.length(value) if isinstance(value, tuple) else _size(scene, value)


def _log_determinant(_: Scene, value: Nested) -> Quantity:
    return primitive("log", "log", arrays.determinant(value))


def _eye(_: Scene, size: Quantity) -> Nested:
    return arrays.eye(place(size))


def _filled(number: int) -> Callable[..., Nested]:
    return lambda _, *sizes: arrays.filled(tuple(map(place, sizes)), lambda _place: number)


def _dot(_: Scene, left: Nested, right: Nested) -> Quantity:
    if shape_of(left) != shape_of(right):
        raise Misfit(f"shapes that do not fit: {arrays.shown(shape_of(left))} and {arrays.shown(shape_of(right))}")
    total: Quantity = 0
    for one, other in zip(entries(left), entries(right), strict=True):
        total = total + one * other
    return total


_MANY = 64
_OF_ARRAYS: Mapping[str, tuple[int, int, Callable[..., Nested]]] = {
    "abs": (1, 1, _length),
    "norm": (1, _MANY, _length),
    "tr": (1, 1, lambda _, value: arrays.trace(value)),
    "trace": (1, 1, lambda _, value: arrays.trace(value)),
    "det": (1, 1, lambda _, value: arrays.determinant(value)),
    "inv": (1, 1, lambda _, value: arrays.inverse(value)),
    "logdet": (1, 1, _log_determinant),
    "diag": (1, 1, lambda _, value: arrays.diagonal(value)),
    "transpose": (1, 1, lambda _, value: arrays.transposed(value)),
    "dot": (2, 2, _dot),
    "outer": (2, 2, lambda _, left, right: arrays.outer(left, right)),
    "vec": (1, 1, lambda _, value: arrays.stacked(value)),
    "kron": (2, 2, lambda _, left, right: arrays.kronecker(left, right)),
    "solve": (2, 2, lambda _, matrix, right: arrays.product(arrays.inverse(matrix), right)),
    "eye": (1, 1, _eye),
    "zeros": (1, 2, _filled(0)),
    "ones": (1, 2, _filled(1)),
}
"""How many arguments each takes, and what it is of arrays; of numbers it is the same of one entry."""
SPECIAL = frozenset(_OF_ARRAYS)
