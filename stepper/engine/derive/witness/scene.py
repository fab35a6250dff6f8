"""Formulas worked out at one instance: names looked up, ranges gone through, arrays entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

from stepper.core.expr import Comparison, Expr, Sym
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.witness import arrays
from stepper.engine.derive.witness.arrays import Nested, Scaled, entry
from stepper.engine.derive.witness.numbers import (
    CONSTANT,
    Quantity,
    Reach,
    Undefined,
    context,
    holds,
    minus,
)
from stepper.engine.values.vocabulary import Vocabulary

Ways: TypeAlias = "Mapping[type, Callable[[Scene, Any], Nested]]"
Key: TypeAlias = "tuple[str, tuple[int, ...]]"
"""A quantity: its name, and which member of a family or entry of an array; ``()`` for a name alone."""
INFINITIES = ("infinity", "inf", "oo", "∞")


class World(Protocol):
    """What an instance knows of names."""

    vocabulary: Vocabulary
    work: int

    def definition(self, name: str) -> Expr | None: ...
    def member(self, name: str, places: tuple[int, ...]) -> tuple[Expr, Mapping[str, int]] | None: ...
    def function(self, name: str) -> tuple[tuple[str, ...], Expr] | None: ...
    def unknown(self, name: str, order: int, arguments: Sequence[Quantity]) -> Quantity: ...
    def traits(self, name: str) -> tuple[str, ...]: ...
    def shape(self, name: str) -> tuple[int, ...]: ...
    def is_family(self, name: str) -> bool: ...
    def is_random(self, name: str) -> bool: ...
    def number(self, key: Key) -> Quantity: ...
    def array(self, name: str) -> Nested | None: ...
    def check(self, more: int = 1) -> None: ...
    def outcomes(self, count: int, size: int) -> None: ...


class Scene:
    """One evaluation.

    Attributes:
        local: what is put in for a name for the moment: bound variables, what a derivative moves, a function's
            parameters.
        atoms: the outcome of each random quantity, inside an expectation.
        found: the random quantities that are met, while an expectation looks for them.
        compared: the differences of what is compared, while an integral looks for kinks.
        members: which member of each family is meant by its bare name, inside a definition.
        rough: how many integrals stood in one another: each costs digits.
        known: expectations that were worked out, by what was put in then.
        finer: how many times the usual digits are worked with.
        branched: was there a comparison on which it depends what a formula is?
        rows: is it a formula of the tables, in which ``abs`` is taken entry by entry and no name is looked up outside?
    """

    def __init__(self, world: World, ways: Ways) -> None:
        self.world, self.ways = world, ways
        self.local: dict[Any, Nested] = {}
        self.atoms: dict[Key, Quantity] = {}
        self.found: set[Key] | None = None
        self.compared: list[Quantity] | None = None
        self.finer = 1
        self.branched = False
        self.rows = False
        self.members: tuple[int, ...] = ()
        self.rough = 0
        self.known: dict[Any, Nested] = {}

    def of(self, expr: Expr) -> Nested:
        """The value of a formula."""
        self.world.work += 1
        return self.ways[type(expr)](self, expr)

    def number(self, expr: Expr) -> Quantity:
        """The value of a formula that is one number."""
        value = self.of(expr)
        if isinstance(value, tuple | Scaled):
            raise Undefined(f"{text(expr)} is not one number here")
        return value

    @contextmanager
    def putting(self, values: Mapping[Any, Nested]) -> Iterator[None]:
        """With these values put in for the moment."""
        before = {key: self.local[key] for key in values if key in self.local}
        self.local |= values
        try:
            yield
        finally:
            for key in values:
                del self.local[key]
            self.local |= before

    @contextmanager
    def alone(self, values: dict[Any, Nested]) -> Iterator[None]:
        """A formula of the tables: it sees its parameters alone."""
        before = self.local, self.rows
        self.local, self.rows = values, True
        try:
            yield
        finally:
            self.local, self.rows = before

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Apart from the outcomes: the parameters of a distribution, and what an expectation in another one reads."""
        before = self.atoms, self.found, self.compared
        self.atoms, self.found, self.compared = {}, None, None
        try:
            yield
        finally:
            self.atoms, self.found, self.compared = before

    def name(self, name: str) -> Nested:
        if name in self.local:
            return self.local[name]
        if name in CONSTANT:
            return CONSTANT[name]()
        if self.rows:
            raise Undefined(f"'{name}' in a definition")
        if name in INFINITIES:
            return context().inf
        definition = self.world.definition(name)
        if definition is not None:
            return self.of(definition)
        if self.members and self.world.is_family(name):
            return self.indexed(name, self.members)
        if self.world.is_random(name):
            shape = self.world.shape(name)
            return arrays.filled(shape, lambda places: self.outcome((name, places)))
        found = self.world.array(name)
        return self.world.number((name, ())) if found is None else found

    def outcome(self, key: Key) -> Quantity:
        """A random quantity: its outcome inside an expectation, else a number like any other."""
        if key in self.local:
            return self.local[key]
        if self.found is not None:
            self.found.add(key)
            return Reach({key: 1})
        if key in self.atoms:
            return self.atoms[key]
        return self.world.number(key)

    def indexed(self, name: str, places: tuple[int, ...]) -> Nested:
        """An entry of an array, or a member of a family."""
        key = (name, places)
        if key in self.local:
            return self.local[key]
        if name in self.local:
            return entry(self.local[name], places)
        if self.rows:
            raise Undefined(f"'{name}' in a definition")
        member = self.world.member(name, places)
        if member is not None:
            formula, parameters = member
            with self.putting(parameters):
                return self.of(formula)
        definition = self.world.definition(name)
        if definition is not None:
            return self.defined(definition, places)
        shape = self.world.shape(name)
        if shape and len(places) < len(shape):
            return entry(self.name(name), places)
        if shape and not all(1 <= at <= size for at, size in zip(places, shape, strict=False)):
            raise Undefined("an index beyond the end of an array")
        if self.world.is_random(name):
            return self.outcome(key)
        found = self.world.array(name)
        return self.world.number(key) if found is None else entry(found, places)

    def defined(self, definition: Expr, places: tuple[int, ...]) -> Nested:
        """An entry of what a name stands for; of families the same member: of ``x = relu(u)``, ``x[j]`` is
        ``relu(u[j])``.
        """
        before, self.members = self.members, places
        try:
            value = self.of(definition)
        finally:
            self.members = before
        return entry(value, places) if isinstance(value, tuple) else value

    def compare(self, comparison: Comparison, left: Quantity, right: Quantity) -> bool:
        """How two numbers compare; what asks for kinks is told where."""
        self.branched = True
        if self.compared is not None:
            self.compared.append(minus(left, right))
        return holds(comparison, left, right)


def is_infinite(expr: Expr) -> bool:
    """Is it an upper limit without end?"""
    return any(isinstance(part, Sym) and part.name in INFINITIES for part in walk(expr))
