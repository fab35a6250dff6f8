"""A tape joined into one function of plain floats: what is worked a thousand times is looked up once.

It checks nothing: where it fails, or its number is not finite, the tape itself says what is wrong.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from msgspec.structs import replace

from stepper.engine.values.arithmetic import FLOAT, Quantity, adder
from stepper.engine.values.rule import Rule
from stepper.engine.values.tape import Line, Tape

Joined: TypeAlias = Callable[[Sequence[float]], float]

DEEPEST = 60
"""Functions that call one another, up to which they are joined."""
_OF_TWO: Mapping[str, Callable[..., Quantity]] = {"+": operator.add, "-": operator.sub}


def _adder(signs: Sequence[str]) -> Callable[..., Quantity]:
    return _OF_TWO[signs[0]] if len(signs) == 1 else adder(signs)


def _machine(rule: Rule) -> Callable[..., float]:
    function: Callable[..., float] = getattr(math, rule.machine, None) or getattr(builtins, rule.machine)
    return function


BARE = replace(FLOAT, keep=lambda number: number, power=math.pow, primitive=_machine, add=_adder)
"""Floats as the machine has them, infinite ones too."""


def joined(tape: Tape, slot: int, count: int) -> Joined | None:
    """The number in a slot as a function of those in the first ``count``; None where parts are used more than once, or
    too much is nested.
    """
    lines = {line[1]: line for line in _lines(tape, tape.code)}
    uses = Counter(argument for line in lines.values() for argument in _read(tape, line))
    if any(uses[used] > 1 for used in lines):
        return None
    return _join(tape, lines, slot, count, 0)


def _lines(tape: Tape, code: Sequence[Line]) -> Iterator[Line]:
    """All lines, those of either case too."""
    for line in code:
        yield line
        if line[1] in tape.branches:
            for block, _ in tape.branches[line[1]][3]:
                yield from _lines(tape, block)


def _read(tape: Tape, line: Line) -> tuple[int, ...]:
    if line[1] not in tape.branches:
        return line[2]
    _, left, right, blocks = tape.branches[line[1]]
    return left, right, *(result for _, result in blocks)


def _join(tape: Tape, lines: Mapping[int, Line], slot: int, count: int, depth: int) -> Joined | None:
    if slot < count:
        return itemgetter(slot)
    if slot in tape.constants:
        number = tape.constants[slot]
        return lambda numbers: number
    line = lines[slot]
    if depth > DEEPEST:
        return None
    parts = [_join(tape, lines, part, count, depth + 1) for part in _read(tape, line)]
    given = [part for part in parts if part is not None]
    if len(given) < len(parts):
        return None
    if slot in tape.branches:
        return _cases(tape.branches[slot][0], *given)
    return _called(line[0], line[2], given, count)


def _cases(compare: Callable[[Any, Any], bool], left: Joined, right: Joined, then: Joined, other: Joined) -> Joined:
    return lambda numbers: then(numbers) if compare(left(numbers), right(numbers)) else other(numbers)


def _called(function: Callable[..., float], slots: Sequence[int], parts: Sequence[Joined], count: int) -> Joined:
    """A function of one or two quantities, looked up here where they are among those that are given."""
    match parts:
        case [one] if slots[0] < count:
            place = slots[0]
            return lambda numbers: function(numbers[place])
        case [one]:
            return lambda numbers: function(one(numbers))
        case [_, _] if max(slots) < count:
            left, right = slots
            return lambda numbers: function(numbers[left], numbers[right])
        case [one, other]:
            return lambda numbers: function(one(numbers), other(numbers))
        case _:
            return lambda numbers: function(*[part(numbers) for part in parts])
