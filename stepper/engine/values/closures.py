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
    """The number in a slot as a function of those in the first ``count``; None where too much is nested."""
    uses = Counter(used for line in _lines(tape, tape.code) for used in _read(tape, line))
    try:
        return _Joining(tape, uses).block(tape.code, slot, {given: given for given in range(count)})
    except RecursionError:
        return None


def single(tape: Tape, slot: int) -> Callable[[float], float] | None:
    """The function, where the number in a slot is one function of that in the first."""
    lines = [line for line in tape.code if line[1] == slot and line[2] == (0,)]
    return lines[0][0] if len(lines) == len(tape.code) == 1 else None


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


class _Joining:
    """Joins a tape; ``uses`` says how often each slot is read."""

    def __init__(self, tape: Tape, uses: Mapping[int, int]) -> None:
        self.tape, self.uses = tape, uses
        self.lines = {line[1]: line for line in _lines(tape, tape.code)}

    def block(self, code: Sequence[Line], result: int, places: Mapping[int, int]) -> Joined:
        """Lines and their result. ``places`` say where a number stands in the list; what is read more than once is
        worked out first, and put behind them.
        """
        known, steps = dict(places), []
        for slot in (line[1] for line in code if self.uses[line[1]] > 1):
            steps.append(self.part(slot, known, 0))
            known[slot] = len(known)
        last = self.part(result, known, 0)
        match steps:
            case []:
                return last
            case [one]:
                return lambda numbers: last([*numbers, one(numbers)])

        def work(numbers: Sequence[float]) -> float:
            longer = [*numbers]
            for step in steps:
                longer.append(step(longer))
            return last(longer)

        return work

    def part(self, slot: int, places: Mapping[int, int], depth: int) -> Joined:
        if slot in places:
            return itemgetter(places[slot])
        if slot in self.tape.constants:
            number = self.tape.constants[slot]
            return lambda numbers: number
        if depth > DEEPEST:
            raise RecursionError
        if slot in self.tape.branches:
            compare, left, right, blocks = self.tape.branches[slot]
            then, other = [self.block(code, result, places) for code, result in blocks]
            if left in places and right in self.tape.constants:  # most kinks are at 0
                return _case_at(compare, places[left], self.tape.constants[right], then, other)
            one, two = [self.part(side, places, depth + 1) for side in (left, right)]
            return _cases(compare, one, two, then, other)
        function, _, read, _, _ = self.lines[slot]
        return self.called(function, read, places, [self.part(part, places, depth + 1) for part in read])

    def called(
        self, function: Callable[..., float], read: Sequence[int], places: Mapping[int, int], parts: Sequence[Joined]
    ) -> Joined:
        """A function of one or two quantities, looked up here where they stand in the list, or are numbers."""
        at = [places.get(slot, -1) for slot in read]
        match parts:
            case [one] if at[0] >= 0:
                (place,) = at
                return lambda numbers: function(numbers[place])
            case [one]:
                return lambda numbers: function(one(numbers))
            case [_, _] if min(at) >= 0:
                left, right = at
                return lambda numbers: function(numbers[left], numbers[right])
            case [one, _] if read[1] in self.tape.constants:
                number = self.tape.constants[read[1]]
                return lambda numbers: function(one(numbers), number)
            case [_, other] if read[0] in self.tape.constants:
                number = self.tape.constants[read[0]]
                return lambda numbers: function(number, other(numbers))
            case [one, other]:
                return lambda numbers: function(one(numbers), other(numbers))
            case _:
                return lambda numbers: function(*[part(numbers) for part in parts])


def _cases(compare: Callable[[Any, Any], bool], left: Joined, right: Joined, then: Joined, other: Joined) -> Joined:
    return lambda numbers: then(numbers) if compare(left(numbers), right(numbers)) else other(numbers)


def _case_at(compare: Callable[[Any, Any], bool], place: int, number: float, then: Joined, other: Joined) -> Joined:
    return lambda numbers: then(numbers) if compare(numbers[place], number) else other(numbers)
