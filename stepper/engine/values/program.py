"""The work of a form, compiled once for all nodes that have it: on slots of its own, of which the first are its places."""

from __future__ import annotations

from stepper.core.expr import Expr, Index, Number, Sym
from stepper.core.form import Form, places
from stepper.core.traverse import walk
from stepper.engine.values.compiling import Compiler, as_float
from stepper.engine.values.instructions import Template, Work
from stepper.engine.values.terms import Terms
from stepper.engine.values.vocabulary import Vocabulary


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

    @property
    def alone(self) -> Work | None:
        """Its only work, where it has one and no numbers."""
        return self.works[0][1] if self.size == self.count + 1 else None
