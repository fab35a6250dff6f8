"""One instance: a value for every name in a statement, drawn so that all that is assumed of it holds."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct

from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.engine.derive.witness.arrays import Nested, Scaled, each, entries, filled
from stepper.engine.derive.witness.drawing import Bounds, draw
from stepper.engine.derive.witness.functions import Bell, Smooth
from stepper.engine.derive.witness.kinds import IDENTITY, Kinds
from stepper.engine.derive.witness.matrices import MATRICES
from stepper.engine.derive.witness.numbers import Quantity, Unable, over
from stepper.engine.derive.witness.scene import Key
from stepper.engine.values.evaluate import evaluate

MOST_WORK = 400_000
"""So many parts of formulas are worked out at one instance."""


MOST_ALONG = 14
"""A sum has fewer terms than that where a number in it asks for as many."""


class TooLarge(Unable):
    """There is more to be done than can be waited for, with these sizes."""


class Style(Struct, frozen=True):
    """How numbers are drawn.

    Attributes:
        simple: whole numbers and halves; else any.
        side: "" for any, "positive", or "unit" for between 0 and 1.
        largest: sizes go up to it.
        together: are free indices equal?
        outcomes: how many outcomes an expectation may have.
        points: how many values a quantity has of whose distribution nothing is said.
        among: numbers about which a formula may change its form; where there are some, numbers are of all sizes.
    """

    simple: bool = True
    side: str = ""
    largest: int = 4
    together: bool = False
    outcomes: int = 3_000
    points: int = 3
    among: tuple[Quantity, ...] = ()


class Instance:
    """Values by name: the sizes first, numbers and arrays from them, members of families when they are asked for."""

    def __init__(self, kinds: Kinds, bounds: Bounds, seed: int, style: Style) -> None:
        self.kinds, self.bounds, self.seed, self.style = kinds, bounds, seed, style
        self.vocabulary = kinds.vocabulary
        self.source = random.Random(seed)  # noqa: S311 a check, no secret
        self.whole: dict[str, int] = {}
        self.single: dict[Key, Quantity] = {}
        self.tensors: dict[str, Nested] = {}
        self.scales: dict[str, Quantity] = {}
        self.unknowns: dict[str, Smooth | Bell] = {}
        self.read: dict[Key | str, None] = {}
        self.models: Any = None
        self.work = 0
        self.exact_outcomes = 0

    # ---- what a scene asks

    def definition(self, name: str) -> Expr | None:
        return self.kinds.definitions.names.get(name)

    def member(self, name: str, places: tuple[int, ...]) -> tuple[Expr, Mapping[str, int]] | None:
        found = self.kinds.definitions.members.get(name)
        if found is None:
            return None
        indices, formula = found
        parameters = {text(index): at for index, at in zip(indices, places, strict=True) if isinstance(index, Sym)}
        return formula, parameters

    def function(self, name: str) -> tuple[tuple[str, ...], Expr] | None:
        return self.kinds.definitions.functions.get(name)

    def traits(self, name: str) -> tuple[str, ...]:
        return self.kinds.given.traits.get(name, ())

    def is_family(self, name: str) -> bool:
        """May a bare name stand for its members?"""
        return (self.is_random(name) or name in self.kinds.families) and name not in self.kinds.shapes

    def is_random(self, name: str) -> bool:
        return name in self.kinds.random

    def check(self, more: int = 1) -> None:
        """Counts work, and stops where there is too much of it."""
        self.work += more
        if self.work > MOST_WORK:
            raise TooLarge("more than can be worked out in a moment")

    def outcomes(self, count: int, size: int) -> None:
        self.exact_outcomes = max(self.exact_outcomes, count)
        if count > self.style.outcomes:
            raise TooLarge("an expectation over too many outcomes")
        if count * size + self.work > MOST_WORK:
            raise TooLarge("more than can be worked out in a moment")

    def shape(self, name: str) -> tuple[int, ...]:
        shape = self.kinds.shapes.get(name)
        return tuple(map(self.size, shape)) if shape else ()

    def size(self, size: Expr) -> int:
        """A size by letters and numbers."""
        if isinstance(size, Sym):
            return self.letter(size.name)
        letters = {name: Fraction(self.letter(name)) for name in self.kinds.sizes}
        found = evaluate(size, letters, self.vocabulary)
        if found is None or found != int(found) or not 0 < found <= 64:
            raise Unable(f"the size {text(size)}")
        return int(found)

    def letter(self, name: str) -> int:
        if name not in self.whole:
            taken = {number for letter, number in self.whole.items() if letter in self.kinds.sizes}
            choices = [number for number in range(2, self.style.largest + 1) if number not in taken]
            if self.seed % 4 == 3 and name not in self.kinds.letters:
                choices = [*choices, 1]
            if self.style.among and name not in self.kinds.letters and not self.kinds.random:
                choices += [int(number) for number in self.style.among if number in range(2, MOST_ALONG)]
            self.whole[name] = self.source.choice(choices or list(range(1, self.style.largest + 1)))
        return self.whole[name]

    def number(self, key: Key) -> Quantity:
        """A name that is no array, or a member of a family."""
        name, places = key
        self.read[key] = None
        if not places and name in self.kinds.sizes:
            return self.letter(name)
        if not places and name in self.kinds.indices:
            return self.index(name)
        if key not in self.single:
            self.single[key] = self._member(name, places)
        if places and "distribution" in self.traits(name):
            return over(self.single[key], self._total(name))
        scale = self.scales.get(name, 1)
        return self.single[key] if scale == 1 else self.single[key] * scale

    def _total(self, name: str) -> Quantity:
        """Of a family whose members sum to 1: the sum before that."""
        total: Quantity = 0
        for at in range(1, self._along(name, 0) + 1):
            self.single.setdefault((name, (at,)), self._member(name, (at,)))
            total = total + self.single[name, (at,)]
        return total

    def _member(self, name: str, places: tuple[int, ...]) -> Quantity:
        """A number for a name, or for a member of a family, whichever is asked for first."""
        source = random.Random(f"{self.seed} {name} {places}") if places else self.source  # noqa: S311 the same
        taken = set() if places else {found for (_, at), found in self.single.items() if not at}
        whole = name in self.bounds.integers
        return draw(source, self.style.simple, self.style.side, self.bounds.of(name), taken, whole,
                    self.style.among)  # fmt: skip

    def index(self, name: str) -> int:
        if name not in self.whole:
            last = self.reach(name)
            others = [at for other, at in self.whole.items() if other in self.kinds.indices and 1 <= at <= last]
            if others and self.style.together:
                self.whole[name] = others[0]
            else:
                free = [at for at in range(1, last + 1) if at not in others]
                self.whole[name] = self.source.choice(free or list(range(1, last + 1)))
        return self.whole[name]

    def reach(self, name: str) -> int:
        """How far an index goes: along the shortest of the axes that it counts along."""
        return min((self._along(along, axis) for along, axis in self.kinds.indices[name]), default=3)

    def limit(self, expr: Expr) -> int:
        """The upper limit of a sum, as far as sizes tell it."""
        try:
            return max(1, self.size(expr))
        except Unable:
            return 3

    def _along(self, name: str, axis: int) -> int:
        shape = self.kinds.shapes.get(name)
        if shape is None:
            limit = self.kinds.limits.get((name, axis))
            return 3 if limit is None else self.limit(limit)
        return self.size(shape[axis]) if axis < len(shape) else 3

    def array(self, name: str) -> Nested | None:
        if name in self.kinds.shapes:
            self.read[name] = None
            if name not in self.tensors:
                self.tensors[name] = self._drawn(name)
            scale = self.scales.get(name, 1)
            return self.tensors[name] if scale == 1 else each(lambda number: number * scale, self.tensors[name])
        if name == IDENTITY and self.kinds.identity:
            return Scaled(1)
        return None

    def _drawn(self, name: str) -> Nested:
        shape, traits = self.shape(name), self.traits(name)
        make = next((MATRICES[trait] for trait in traits if trait in MATRICES), None)

        def number() -> Quantity:
            return draw(self.source, self.style.simple, self.style.side, self.bounds.of(name), set(),
                        among=self.style.among)  # fmt: skip

        if make is not None and len(shape) == 2 and shape[0] == shape[1]:
            return make(shape[0], number)
        found = filled(shape, lambda _: number())
        if "distribution" in traits:
            total = sum(entries(found))
            return each(lambda share: over(share, total), found)
        return found

    def unknown(self, name: str, order: int, arguments: Sequence[Quantity]) -> Quantity:
        """A function of which nothing is known, by its name; one that is said to be its derivative, that."""
        while name in self.kinds.definitions.derivatives:
            name, order = self.kinds.definitions.derivatives[name], order + 1
        if name not in self.unknowns:
            source = random.Random(f"{self.seed} {name}")  # noqa: S311
            low, high = self.bounds.of(name)
            self.unknowns[name] = (
                Bell(source) if name in self.bounds.densities else Smooth(source, self.style.simple, low, high)
            )
        return self.unknowns[name].value(order, arguments)
