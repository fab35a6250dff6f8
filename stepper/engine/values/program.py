"""The work of a form, compiled once for all nodes that have it: on its own slots, of which its places are the first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from stepper.core.expr import Expr, Index, Number, Sym
from stepper.core.form import Form, places
from stepper.core.traverse import walk
from stepper.engine.values.compiling import Compiler, as_float
from stepper.engine.values.instructions import Template
from stepper.engine.values.terms import Terms
from stepper.engine.values.vocabulary import Vocabulary
from stepper.engine.values.work import Way, Work


def is_shared(form: Form) -> bool:
    """Has it parts that other nodes may have too, as the entries of a softmax? Then it is not compiled by itself."""
    return any(isinstance(part, Index) and not isinstance(part.base, Sym) for part in walk(form.expr))


class Program(Compiler):
    """Works, each filling the next of its slots, the last one the slot of the form; between them stand numbers."""

    def __init__(self, form: Form, vocabulary: Vocabulary, templates: dict[Expr, Template]) -> None:
        super().__init__(vocabulary, templates)
        self.count = self.size = form.count
        self.own = {place.name: slot for slot, place in enumerate(places(form.count)) if isinstance(place, Sym)}
        self.numbers: dict[int, float] = {}
        self.works: list[tuple[int, Work]] = []
        found = self.add(form.expr)
        if not self.works or self.works[-1][0] != found:  # another quantity, or a number
            self.emit(Terms([found]))

    def slot(self, name: str) -> int:
        return self.own[name]

    def constant(self, number: Number) -> int:
        self.numbers[self.size] = as_float(number)
        self.size += 1
        return self.size - 1

    def emit(self, work: Work) -> int:
        self.works.append((self.size, work))
        self.size += 1
        return self.size - 1

    @cached_property
    def ways(self) -> tuple[Way, Sequence[int]] | None:
        """Where it is one work without numbers, how that is done, and which of the places it reads, in order."""
        if self.size != self.count + 1:
            return None
        ((_, work),) = self.works
        return work.way(), work.slots

    @property
    def quick(self) -> bool:
        """Is it one function of one quantity?"""
        return self.count == len(self.works) == 1 and self.works[0][1].function is not None
