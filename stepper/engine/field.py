"""Receptive fields: which interval of the input a unit of each layer sees, along one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from stepper.core.network import INPUT
from stepper.engine.layers import Done
from stepper.engine.sizes import formula, number, settle


@dataclass(frozen=True, slots=True)
class Field:
    """Unit i of a layer sees the input from ``start + i*jump`` to ``end + i*jump``; ``whole``: all of it."""

    start: Fraction
    end: Fraction
    jump: Fraction
    whole: bool = False

    @property
    def size(self) -> Fraction:
        return self.end - self.start + 1


ONE = Field(Fraction(0), Fraction(0), Fraction(1))


def fields(layers: Sequence[Done], axis: int = 0) -> Mapping[str, Field | None]:
    """The field of each layer's units along a spatial axis; None where it is not known, or paths of different jumps meet."""
    found: dict[str, Field | None] = {INPUT: ONE}
    for done in layers:
        found[done.layer.name] = _after(done, [found[name] for name in done.layer.reads], axis)
    return found


def _after(done: Done, before: Sequence[Field | None], axis: int) -> Field | None:
    known = [entry for entry in before if entry is not None]
    if len(known) < len(before):
        return None
    merged = _merged(known)
    if merged is None or not done.row.receptive:
        return merged
    if isinstance(done.row.receptive, str):
        return Field(merged.start, merged.end, merged.jump, whole=True)
    if len(done.axes) <= axis:
        return None
    parts = [number(settle(formula(written), done.axes[axis])) for written in done.row.receptive]
    kernel, stride, padding = parts
    if kernel is None or stride is None or padding is None:
        return None
    start = merged.start - padding * merged.jump
    return Field(start, start + (merged.end - merged.start) + (kernel - 1) * merged.jump, merged.jump * stride, merged.whole)


def _merged(before: Sequence[Field]) -> Field | None:
    """Paths that meet: from the first start to the last end; their jumps must be equal."""
    if len({entry.jump for entry in before}) > 1:
        return None
    start, end = min(entry.start for entry in before), max(entry.end for entry in before)
    return Field(start, end, before[0].jump, any(entry.whole for entry in before))
