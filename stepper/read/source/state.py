"""What a follower keeps on the way, and how far it may go: steps, calls inside calls, numbers of entries."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from stepper.read.source.values import Broken, Class, Frame, Lazy, Names, Refused, Value

STEPS = 1_500_000
DEEPEST = 100
ENTRIES = 100_000
"""Entries of one list."""
ALL_ENTRIES = 5_000_000
LONGEST = 1_000_000
"""Characters of a string."""
DIGITS = 10_000
"""Binary digits of an integer."""


class State:
    """The calls in progress, and what is left of the steps."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.left = STEPS
        self.entries_left = ALL_ENTRIES
        self.said: dict[str, None] = {}

    # ---- what others of the follower's parts do

    def evaluate(self, node: ast.expr) -> Value:
        """The value of an expression."""
        raise NotImplementedError

    def execute(self, statements: Sequence[ast.stmt]) -> None:
        """Statements one after the other."""
        raise NotImplementedError

    def call(self, function: Value, arguments: Sequence[Value], named: Names | None = None) -> Value:
        """What a function gives."""
        raise NotImplementedError

    def attribute(self, owner: Value, name: str) -> Value:
        """``owner.name``."""
        raise NotImplementedError

    def set_attribute(self, owner: Value, name: str, value: Value) -> None:
        """``owner.name = value``."""
        raise NotImplementedError

    def truth(self, value: Value) -> bool:
        """Is a value true?"""
        raise NotImplementedError

    def items(self, value: Value) -> Sequence[Value]:
        """What a loop over a value goes through."""
        raise NotImplementedError

    def load(self, lazy: Lazy) -> Value:
        """What a file of the package has under a name."""
        raise NotImplementedError

    def class_of(self, value: Value) -> Value:
        """``type(value)``."""
        raise NotImplementedError

    def binary(self, sign: str, left: Value, right: Value) -> Value:
        """``left + right``, by the sign."""
        raise NotImplementedError

    def compare(self, sign: str, left: Value, right: Value) -> Value:
        """``left < right``, by the sign."""
        raise NotImplementedError

    def construct(self, kind: Class, arguments: Sequence[Value], named: Names) -> Value:
        """An instance of a class."""
        raise NotImplementedError

    # ---- limits

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Refused(f"following this source takes more than {STEPS:,} steps", "is a loop without an end?")

    def room(self, entries: int) -> None:
        """Raises Refused where a list would be too long, or all of them together are."""
        self.entries_left -= entries
        if entries > ENTRIES:
            raise Refused(f"a list of {entries:,} entries is too long: up to {ENTRIES:,} are followed")
        if self.entries_left < 0:
            raise Refused(f"the lists of this source have more than {ALL_ENTRIES:,} entries together")

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def say(self, line: str) -> None:
        """Something that was decided on the way."""
        self.said[line] = None

    def known(self, value: Value) -> Value:
        """A value itself: of one that stands in another file, what that file has."""
        while isinstance(value, Lazy):
            value = self.load(value)
        if isinstance(value, Broken):
            raise value.why
        return value


