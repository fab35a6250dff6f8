"""Sums, products and integrals over a range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stepper.core.expr import Bound
from stepper.engine.derive.witness.arrays import Nested, combined, entries, filled, iterated, shape_of
from stepper.engine.derive.witness.numbers import Quantity, Reach, Unable, context, place, plus, times
from stepper.engine.derive.witness.quadrature import INTEGRATED, integral, kinks
from stepper.engine.derive.witness.scene import Scene
from stepper.engine.derive.witness.series import series

MOST_TERMS = 2_000


def ranged(scene: Scene, expr: Bound) -> Nested:
    """The sum, the product or the integral."""
    low, high = scene.number(expr.low), scene.number(expr.high)
    if isinstance(low, Reach) or isinstance(high, Reach):
        raise Unable("a range with a random end")
    return _WAYS[expr.word](scene, expr, low, high)


def _is_infinite(number: Quantity) -> bool:
    return bool(abs(number) == context().inf)


def _folded(start: int, join: Callable[[Quantity, Quantity], Quantity]) -> Callable[..., Nested]:
    def work(scene: Scene, expr: Bound, low: Quantity, high: Quantity) -> Nested:
        first, last = place(low), place(high)
        if last - first >= MOST_TERMS:
            raise Unable(f"more than {MOST_TERMS:,} terms")
        scene.world.check()
        total: Nested = start
        for number in range(first, last + 1):
            with scene.putting({expr.variable.name: number}):
                total = combined(join, total, scene.of(expr.body))
        return total

    return work


def _summed(scene: Scene, expr: Bound, low: Quantity, high: Quantity) -> Nested:
    if not _is_infinite(high):
        return _folded(0, plus)(scene, expr, low, high)

    def term(number: Quantity) -> Quantity:
        scene.world.check()
        with scene.putting({expr.variable.name: number}):
            return scene.number(expr.body)

    scene.rough = max(scene.rough, 1)
    return series(term, place(low))


def _integrated(scene: Scene, expr: Bound, low: Quantity, high: Quantity) -> Nested:
    name = expr.variable.name
    if isinstance(low, Reach) or isinstance(high, Reach):
        return (low + high).beyond()
    shape: list[tuple[int, ...]] = []

    def at(number: Quantity) -> list[Quantity]:
        scene.world.check(INTEGRATED)
        with scene.putting({name: number}):
            value = scene.of(expr.body)
        shape[:] = [shape_of(value)]
        return list(entries(value))

    if scene.found is not None:  # an integral reaches as far as what is integrated
        numbers = at(context().mpf("0.37"))
        if any(isinstance(number, Reach) for number in numbers):
            return filled(shape[0], iterated(numbers))
    scene.rough = max(scene.rough, 1)
    found = integral(at, low, high, kinks(scene, at, (low, high)))
    return filled(shape[0], iterated(found))


_WAYS: Mapping[str, Callable[[Any, Bound, Quantity, Quantity], Nested]] = {
    "sum": _summed, "prod": _folded(1, times), "integral": _integrated,
}  # fmt: skip
