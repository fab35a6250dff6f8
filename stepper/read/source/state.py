"""What a follower keeps on the way, and how far it may go: steps, calls inside calls, numbers of entries."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from stepper.core.expr import Expr
from stepper.errors import Place
from stepper.read.source.tensor import Node, Tensor
from stepper.read.source.trace import Trace
from stepper.read.source.values import Broken, Class, Frame, Instance, Lazy, Names, Refused, Value

STEPS = 600_000
DEEPEST = 100
ENTRIES = 100_000
"""Entries of one list."""
ALL_ENTRIES = 500_000
LONGEST = 1_000_000
"""Characters of a string."""
DIGITS = 10_000
"""Binary digits of an integer."""


class State:
    """The calls in progress, and what is left of the steps.

    ``running``: does the model run, or is it being made? ``trace`` has the rows of the table so far.
    """

    trace: Trace
    running: bool = False

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

    def bind_name(self, name: str, value: Value) -> None:
        """A name gets a value."""
        raise NotImplementedError

    def unsized(
        self, kind: str, settings: Mapping[str, Expr], tensors: Sequence[Tensor], text: str, module: Instance | None
    ) -> Tensor:  # fmt: skip
        """A layer without an input whose shape is said."""
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

    def subscript(self, owner: Value, index: Value) -> Value:
        """``owner[index]``."""
        raise NotImplementedError

    def length(self, value: Value) -> int:
        """``len(value)``."""
        raise NotImplementedError

    def tensors(self, sign: str, left: Value, right: Value) -> Value:
        """A sign between tensors, or a tensor and a number."""
        raise NotImplementedError

    def node(self, act: Callable[[list[Value]], Value] | None, inputs: list[Value]) -> Node:
        """An output of a graph that is written down first."""
        raise NotImplementedError

    def apply(
        self, kind: str, arguments: str, tensors: Sequence[Tensor], text: str, functional: bool = False
    ) -> Tensor:  # fmt: skip
        """The function of a layer on tensors."""
        raise NotImplementedError

    def apply_made(
        self, kind: str, settings: Mapping[str, Expr], tensors: Sequence[Tensor], text: str, module: Instance | None
    ) -> Tensor:  # fmt: skip
        """A layer on tensors."""
        raise NotImplementedError

    def pair(self, values: Tensor, indices: Tensor) -> Value:
        """Two tensors that go by names."""
        raise NotImplementedError

    def reduced_numbers(self, name: str, numbers: list[Value] | None) -> list[Value] | None:
        """What a few known numbers come to."""
        raise NotImplementedError

    def used_names(self) -> None:
        """The names that stood for a number where a layer is made."""
        raise NotImplementedError

    def as_written(self, arguments: Sequence[Value], named: Mapping[str, Value]) -> str:
        """The arguments of the call that is followed now, as a listing has them."""
        raise NotImplementedError

    def here(self) -> Place:
        """Where the source is followed now."""
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
        turns = 0
        while isinstance(value, Lazy):
            value = self.load(value)
            turns += 1
            if turns > DEEPEST:
                raise Refused("these imports run in a circle")
        if isinstance(value, Broken):
            raise value.why
        return value
