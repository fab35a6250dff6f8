"""Receptive fields: which interval of the input a unit of each layer sees, along one axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from msgspec import Struct

from stepper.core.expr import Num, Sym
from stepper.core.network import INPUT
from stepper.engine.layers.result import Done
from stepper.engine.layers.settings import SAME
from stepper.engine.layers.sizes import formula, integer, number, settle
from stepper.tables.layer import SAME_BEFORE


class Field(Struct, frozen=True):
    """Unit i of a layer sees the input from ``start + i*jump`` to ``end + i*jump``; ``whole``: all of it."""

    start: Fraction
    end: Fraction
    jump: Fraction
    whole: bool = False

    @property
    def size(self) -> Fraction:
        return self.end - self.start + 1

    @property
    def units(self) -> int:
        """The most units of the input that one unit sees; after a layer that enlarges some see one less."""
        return math.ceil(self.size)


PADDING = Sym("p")
Growth: TypeAlias = tuple[Fraction, Fraction, Fraction]
ONE = Field(Fraction(0), Fraction(0), Fraction(1))


def fields(layers: Sequence[Done], axis: int = 0) -> Mapping[str, Field | None]:
    """The field of each layer's units along a spatial axis; None where it is not known, or paths of different jumps
    meet.
    """
    found: dict[str, Field | None] = {INPUT: ONE}
    held = {done.layer.name for done in layers if not done.layer.reads}  # what is no part of the input
    known: dict[tuple[str, int], Growth | None] = {}  # layers that are alike share what was worked out of them
    for done in layers:
        key = done.row.name, id(done.axes)
        if key not in known:
            known[key] = growth(done, axis)
        stacked = bool(done.row.stacks) and _stacked(done) == axis + 1
        before = [found[name] for name in done.layer.reads if name not in held]
        found[done.layer.name] = None if stacked else _after(done, before, known[key])
    return found


def square(layers: Sequence[Done]) -> bool:
    """Do all layers that slide do so alike along the first two axes?"""
    axes = {id(done.axes): done.axes for done in layers if not isinstance(done.row.receptive, str)}
    alike = all(len(each) > 1 and each[0] == each[1] for each in axes.values())
    return alike and not any(done.row.stacks for done in layers)


def _stacked(done: Done) -> int | None:
    """The axis along which inputs stand one after the other: units of one layer then see by different rules."""
    return integer(settle(formula(done.row.stacks), {**done.env, Sym("rank"): Num(str(len(done.output)))}))


def growth(done: Done, axis: int = 0) -> Growth | None:
    """Kernel, stride and padding of a layer along an axis."""
    if isinstance(done.row.receptive, str) or len(done.axes) <= axis:
        return None
    env = dict(done.axes[axis])
    if env.get(PADDING) == SAME:
        env[PADDING] = settle(formula(SAME_BEFORE), env)
    kernel, stride, padding = (number(settle(formula(written), env)) for written in done.row.receptive)
    return None if kernel is None or stride is None or padding is None else (kernel, stride, padding)


class Need(Struct, frozen=True):
    """How many units of what a layer reads are needed for some units of the layer: ``(units - 1)*stride + kernel``."""

    layer: str
    reads: str
    units: Fraction
    kernel: Fraction
    stride: Fraction
    needed: Fraction


def needs(layers: Sequence[Done], name: str, axis: int = 0) -> list[Need]:
    """Backwards from one unit of a layer to the input, along a chain of layers; ends where a layer reads several."""
    by_name = {done.layer.name: done for done in layers}
    found: list[Need] = []
    units = Fraction(1)
    while name in by_name and len(by_name[name].layer.reads) == 1:
        done = by_name[name]
        grown = growth(done, axis)
        if isinstance(done.row.receptive, str) and done.row.receptive:
            break
        before = done.layer.reads[0]
        if grown is not None:
            kernel, stride, _ = grown
            needed = (units - 1) * stride + kernel
            found.append(Need(name, before, units, kernel, stride, needed))
            units = needed
        name = before
    return found


def _after(done: Done, before: Sequence[Field | None], grown: Growth | None) -> Field | None:
    if done.row.receptive == "?":
        return None
    known = [entry for entry in before if entry is not None]
    if len(known) < len(before):
        return None
    merged = _merged(known)
    if merged is None or not done.row.receptive:
        return merged
    if isinstance(done.row.receptive, str):
        return Field(merged.start, merged.end, merged.jump, whole=True)
    if grown is None:
        return None
    kernel, stride, padding = grown
    start = merged.start - padding * merged.jump
    return Field(
        start, start + (merged.end - merged.start) + (kernel - 1) * merged.jump, merged.jump * stride, merged.whole
    )


def _merged(before: Sequence[Field]) -> Field | None:
    """Paths that meet: from the first start to the last end; their jumps must be equal. What reads nothing, such as
    positions that are counted, sees nothing.
    """
    if len({entry.jump for entry in before}) != 1:
        return None
    start, end = min(entry.start for entry in before), max(entry.end for entry in before)
    return Field(start, end, before[0].jump, any(entry.whole for entry in before))
