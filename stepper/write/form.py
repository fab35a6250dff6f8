"""Documents by the lines of their rows, with settings put in: recurrent networks, attention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from stepper.core.expr import Num, Sym
from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.core.traverse import substitute
from stepper.tables.documents import Form
from stepper.tables.row import FunctionRow
from stepper.write.asked import Activation, with_activation
from stepper.write.loss import of_arrays, of_numbers
from stepper.write.page import Blank, Repeat, Section

_SEVERAL = re.compile(r"(?P<name>\w+)\[1\.\.(?P<until>\w+)\]")
_ARRAY = re.compile(r"(?P<name>[\w\[\]]+?)(?:\((?P<sizes>[\w, ]+)\))?")
Nodes = tuple[tuple[str, str], ...]


def reads(form: Form, setting: str) -> bool:
    """Does a setting say something of a form?"""
    return setting in re.findall(r"\w+", " ".join((form.inputs, form.parameters, form.nodes, form.until)))


class Formed:
    """The parts of a document that a form says: what is given, and what is worked out."""

    def __init__(self, form: Form, sizes: Mapping[str, int], activation: Activation | None, loss: FunctionRow) -> None:
        self.form, self.sizes, self.activation = form, sizes, activation
        self.once = bool(form.until) and sizes[form.until] == 1
        repeated = tuple(self.lines(form.repeated))
        nodes = tuple(self.lines(form.nodes))
        self.repeat = Repeat(sizes[form.until], repeated) if repeated and not self.once else None
        predicts = self.put_in(form.predicts)
        shape = self.shape(form.target)
        name = form.target.partition("(")[0]
        told, targets = of_arrays(loss, predicts, name, shape) if form.array else of_numbers(loss, [predicts])
        self.nodes: Nodes = (*(repeated if self.once else ()), *nodes, ("L", told))
        inputs, parameters = self.leaves(form.inputs, "inputs"), self.leaves(form.parameters, "parameters")
        self.blanks = (*inputs, *targets, *parameters)

    def lines(self, written: str) -> Iterator[tuple[str, str]]:
        """Names and formulas."""
        for line in filter(str.strip, written.split(";")):
            name, _, formula = line.strip().partition(": ")
            yield self.put_in(name), with_activation(self.put_in(formula), self.activation)

    def put_in(self, words: str) -> str:
        """Words with settings in the place of braces; of one step alone without its number."""
        found = words.format(**self.sizes)
        if not self.once:
            return found
        return re.sub(r"\[t-1\]|\[0\]", "0", re.sub(r"\[t\]|\[1\]", "", found))

    def leaves(self, written: str, section: Section) -> Iterator[Blank]:
        """What is given, each with its shape."""
        for part in filter(None, map(str.strip, written.split(";"))):
            several = _SEVERAL.fullmatch(part)
            if several is not None:
                count = self.sizes[several["until"]]
                yield from (Blank(self.put_in(f"{several['name']}[{place}]"), section) for place in range(1, count + 1))
                continue
            yield Blank(self.put_in(part.partition("(")[0]), section, self.shape(part))

    def shape(self, part: str) -> tuple[int, ...]:
        """The sizes in the parentheses after a name; an axis of steps goes where there is one alone."""
        found = _ARRAY.fullmatch(part.strip())
        words = [word.strip() for word in (found["sizes"] or "").split(",") if word.strip()] if found else []
        return tuple(self.count(word) for word in words if not (self.once and word == self.form.until))

    def count(self, word: str) -> int:
        """A size by its formula of settings."""
        number = number_of(substitute(parse(word), {Sym(name): Num(str(size)) for name, size in self.sizes.items()}))
        assert number is not None
        return int(number)
