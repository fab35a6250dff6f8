"""Stretches of a tape as they are run: what is done in one way, one row after the other, is one call."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from msgspec import Struct

from stepper.engine.values.work import EVERY, Row, Way, as_it_is

Instruction: TypeAlias = tuple[int, Way, str, Sequence[int]]
"""The slot that is filled, how, the node in whose formula it stands, and the slots that are read."""
Act: TypeAlias = tuple[Callable[..., None], Row, str]
"""What is called, its row, and its node."""


class Stretch(Struct, frozen=True):
    """A part of a tape, forwards or backwards.

    Attributes:
        calls: what is called, each with its rows.
        acts: the same one by one, in the order in which it is told what fails.
    """

    calls: Sequence[tuple[Callable[..., None], Sequence[Row]]]
    acts: Callable[[], Iterable[Act]]


def plainly(code: Sequence[Instruction]) -> Stretch:
    """Instructions one after the other."""
    calls: list[tuple[Callable[..., None], list[Row]]] = []
    last, rows = None, list[Row]()
    for out, way, _, slots in code:
        row = (out, slots) if way.row is as_it_is else way.row(out, slots)
        if way is last:
            rows.append(row)
        else:
            last, rows = way, [row]
            calls.append((way.run, rows))
    return Stretch(calls, partial(_forwards, code))


def backwards(code: Sequence[Instruction]) -> Stretch:
    """The way back to all slots."""
    acts = partial(_backwards, code, EVERY)
    return Stretch(_together(acts()), acts)


def back_to(code: Sequence[Instruction], output: int, wanted: Iterable[int]) -> Stretch:
    """The way back from one slot to those that are wanted, and to nothing else."""
    leading, inside, way_back = {*wanted}, {output}, list[Instruction]()
    for out, way, _, slots in code:
        if not leading.isdisjoint(way.reads(slots)):
            leading.add(out)
    for instruction in reversed(code):
        out, way, _, slots = instruction
        if out in inside and out in leading:
            inside.update(way.reads(slots))
            way_back.append(instruction)
    acts = partial(_backwards, way_back[::-1], leading)
    return Stretch(_together(acts()), acts)


def arranged(
    parts: Sequence[Sequence[Instruction]], moving: Iterable[int], named: Container[int]
) -> tuple[Stretch, list[Stretch]]:
    """What is worked once, and the parts of what is worked in every run, where the numbers in some slots move from run
    to run.

    What is done in one way is one call where none of it waits for another; what would fill two slots with one number
    fills one, where the other has no name. Each number is worked out as it is by the code in its order.
    """
    level = dict.fromkeys(moving, 0)
    instead: dict[int, int] = {}
    known: dict[tuple[Way, tuple[int, ...]], int] = {}
    once, found, before = list[Instruction](), list[Stretch](), list[Instruction]()
    for part in parts:
        each: list[Instruction] = []
        for out, way, owner, given in part:
            slots = [instead.get(slot, slot) for slot in given]
            first = known.setdefault((way, tuple(slots)), out) if slots else out
            if first != out and out not in named:
                instead[out] = first
                continue
            levels = [level[slot] for slot in way.reads(slots) if slot in level]
            (each if levels else once).append((out, way, owner, slots))
            if levels:
                level[out] = 1 + max(levels)
        before += part
        found.append(Stretch(plainly(_by_level(each, level)).calls, partial(_forwards, before[:])))
    return plainly(once), found


def _by_level(code: Sequence[Instruction], level: Mapping[int, int]) -> list[Instruction]:
    """What waits for less first, and at each level what is done in one way together."""
    kinds: dict[Way, int] = {}
    for _, way, _, _ in code:
        kinds.setdefault(way, len(kinds))
    return sorted(code, key=lambda instruction: (level[instruction[0]], kinds[instruction[1]]))


def _forwards(code: Iterable[Instruction]) -> Iterator[Act]:
    for out, way, owner, slots in code:
        yield way.run, way.row(out, slots), owner


def _backwards(code: Sequence[Instruction], leading: Container[int]) -> Iterator[Act]:
    for out, way, owner, slots in reversed(code):
        yield way.back, way.behind(out, slots, leading), owner


def _together(acts: Iterable[Act]) -> Sequence[tuple[Callable[..., None], Sequence[Row]]]:
    calls: list[tuple[Callable[..., None], list[Row]]] = []
    last: object = None
    for act, row, _ in acts:
        if act is not last:
            last, rows = act, list[Row]()
            calls.append((act, rows))
        rows.append(row)
    return calls
