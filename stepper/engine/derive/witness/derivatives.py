"""What is still to be differentiated: the quantity is moved a little, and all else that is worked out from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepper.core.expr import Deriv, Expr, Index, Prime, Sym
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.witness.arrays import Nested, entry, filled, replaced, shape_of
from stepper.engine.derive.witness.differences import slope
from stepper.engine.derive.witness.kinds import is_named
from stepper.engine.derive.witness.numbers import Quantity, Reach, Undefined, place
from stepper.engine.derive.witness.scene import Scene


def derivative(scene: Scene, expr: Deriv) -> Nested:
    """``D(f, x)`` in the layout of x; of an array f one such for each entry.

    A derivative of a quantity of which nothing is known is a number like any other.
    """
    if not is_named(expr.of):
        of = expr.of
    elif expr.of == expr.wrt and not isinstance(scene.of(expr.wrt), tuple):
        return 1
    else:
        found = _definition(scene, expr.of)
        if found is None:
            return scene.name(text(expr))
        of = expr.of if expr.total else found
    with scene.putting({} if expr.total else dict(_held(scene, of))):
        return _moved(scene, of, expr.wrt)


def _definition(scene: Scene, expr: Expr) -> Expr | None:
    """What a name stands for; of an entry or a member that itself, where there is something that it is worked out
    from.
    """
    if not isinstance(expr, Index):
        return scene.world.definition(text(expr))
    name = text(expr.base)
    places = tuple(place(scene.number(index)) for index in expr.indices)
    known = scene.world.definition(name) is not None or scene.world.member(name, places) is not None
    return expr if known else None


def _held(scene: Scene, of: Expr) -> Iterator[tuple[Any, Nested]]:
    """Of a partial derivative: names inside that have a definition stay as they are."""
    for part in walk(of):
        if isinstance(part, Sym) and part.name not in scene.local and scene.world.definition(part.name) is not None:
            yield part.name, scene.of(part)


def _moved(scene: Scene, of: Expr, wrt: Expr) -> Nested:
    here = scene.of(wrt)
    key, whole, places = _where(scene, wrt)
    if isinstance(here, tuple):
        shape = shape_of(here)

        def by_entry(at: tuple[int, ...]) -> Nested:
            return _slope(scene, of, key, here, at, entry(here, at))

        return _in_layout(filled(shape, by_entry), shape)
    return _slope(scene, of, key, whole, places, here)


def _where(scene: Scene, wrt: Expr) -> tuple[Any, Nested, tuple[int, ...]]:
    """What is put in to move a quantity: under which key, which array, and at which place in it."""
    if isinstance(wrt, Sym | Prime):
        return text(wrt), None, ()
    if isinstance(wrt, Index) and isinstance(wrt.base, Sym | Prime):
        name = text(wrt.base)
        places = tuple(place(scene.number(index)) for index in wrt.indices)
        if scene.world.shape(name) or isinstance(scene.local.get(name), tuple) or scene.world.definition(name):
            return name, scene.of(wrt.base), places
        return (name, places), None, ()
    raise Undefined(f"a derivative by {text(wrt)}, which is not a name")


def _slope(scene: Scene, of: Expr, key: Any, whole: Nested, places: tuple[int, ...], here: Quantity) -> Nested:
    if isinstance(here, Reach):
        return scene.of(of)  # a derivative reaches no further

    def at(number: Quantity) -> Nested:
        scene.world.check()
        with scene.putting({key: number if not places else replaced(whole, places, number)}):
            return scene.of(of)

    return slope(at, here, scene.finer)


def _in_layout(found: Nested, shape: tuple[int, ...]) -> Nested:
    """Of an array by an array: first the axes of what is differentiated, then those of what it is differentiated by."""
    inner = entry(found, (1,) * len(shape))
    outer = shape_of(inner)
    if not outer:
        return found
    return filled(outer, lambda at: filled(shape, lambda by: entry(entry(found, by), at)))
