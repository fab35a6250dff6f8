"""What can be checked: a graph, a task, a network. Each says what is right, and how it is worked out line by line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from msgspec import Struct

from stepper.core.exam import Case
from stepper.core.expr import Call, Deriv, Expr, Prime, Product, Value
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph
from stepper.core.prose import Prose
from stepper.core.steps import Equation
from stepper.core.traverse import names, substitute, walk
from stepper.engine.answers.finding.explanation import Given
from stepper.engine.answers.finding.graph_lines import calculation
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.graphs import Answers
from stepper.engine.graph.options import with_conventions
from stepper.engine.values.equations import Sheet
from stepper.engine.values.judging import Finding, compared, spelling
from stepper.engine.values.symbolic_limits import Patience
from stepper.engine.values.vocabulary import Vocabulary
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes import MISTAKES
from stepper.tables.table import BY_ANY_NAME, CONVENTIONS

MOST_LINES = 600
"""In a longer calculation mistakes are not looked for."""


class Alternative(Struct, frozen=True):
    """The same subject under another convention, and what is said of it: the option that takes it."""

    subject: Subject
    said: Prose


class Subject(Protocol):
    """What is checked."""

    title: str
    source: str
    labels: Mapping[str, str]
    rows: Sequence[Mistake]
    rounds: bool
    """Do people round on the way?"""

    def given(self, key: Expr, written: Expr) -> Given | None:
        """What is written as a number of a line, where it is one."""
        ...

    def finding(self, key: Expr, written: Expr) -> Finding:
        """What is written of a quantity beside what is right."""
        ...

    def name(self, key: Expr) -> str:
        """The line of a quantity."""
        ...

    def fixed(self, formula: Expr) -> Collection[str]:
        """The leaves whose numbers a formula may hold in place of their names."""
        ...

    def calculation(self, key: Expr) -> Calculation | None:
        """The lines that lead to a quantity; None where mistakes are not looked for."""
        ...

    def equation(self, name: str) -> Equation | None:
        """How a line is worked out, with its numbers."""
        ...

    def shown(self, written: Expr) -> Prose:
        """What is written, as it is printed."""
        ...

    def alternatives(self) -> Iterable[Alternative]:
        """The subject under other conventions."""
        ...


def number_given(key: Expr, written: Expr) -> Given | None:
    """A number that is written of a quantity that has a line."""
    number = number_of(written)
    return None if number is None else Given(text(key), spelling(written), number)


class Plain:
    """A subject whose lines are called as they are asked for."""

    def name(self, key: Expr) -> str:
        return text(key)

    def fixed(self, formula: Expr) -> Collection[str]:
        return ()


class GraphSubject(Plain):
    """A graph of numbers; ``keys`` are the quantities that will be asked about."""

    rows: Sequence[Mistake] = MISTAKES
    rounds = True

    def __init__(self, graph: Graph, keys: Sequence[Expr], options: Mapping[str, str], ascent: bool = False) -> None:
        self.graph, self.keys, self.options, self.ascent = graph, keys, options, ascent
        case = Case({text(key): "" for key in keys}, options)
        self.answers = Answers(graph, case, Patience())
        self.title, self.source, self.labels = graph.title, graph.source, graph.labels
        self._calculations: dict[str, Calculation | None] = {}

    def given(self, key: Expr, written: Expr) -> Given | None:
        return number_given(key, written)

    def finding(self, key: Expr, written: Expr) -> Finding:
        answers = self.answers
        return compared(key, written, answers.quantity(written), answers.quantity(key), answers.algebra)

    @cached_property
    def outputs(self) -> list[str]:
        """What is differentiated, the graph's own output first."""
        asked = [text(part.of) for key in self.keys for part in walk(key) if isinstance(part, Deriv) and part.total]
        stepped = any(isinstance(part, Prime) for key in self.keys for part in walk(key))
        output = self.graph.last
        own = [output] if output is not None and (stepped or output in asked) else []
        return list(dict.fromkeys([*own, *asked]))

    def calculation(self, key: Expr) -> Calculation | None:
        of = next((text(part.of) for part in walk(key) if isinstance(part, Deriv) and part.total), "")
        output = of or (self.outputs[0] if self.outputs else "")
        if output not in self._calculations:
            self._calculations[output] = self._made(output)
        return self._calculations[output]

    def _made(self, output: str) -> Calculation | None:
        if len(self.graph.nodes) > MOST_LINES:
            return None
        wrt = dict.fromkeys(name for key in self.keys for name in _asked(key))
        lr = self.answers.settings.lr
        rate = lr if isinstance(lr, Fraction | float) else None
        if rate is not None and output:  # a step may take the gradient of another parameter, or its new value
            above = self.graph.ancestors([output])
            others = (leaf.name for leaf in self.graph.leaves.values() if leaf.kind == "parameter")
            wrt |= dict.fromkeys(name for name in others if name in above)
        made = calculation(self.graph, output, list(wrt), rate, self.ascent)
        return made if len(made.lines) <= MOST_LINES else None

    def equation(self, name: str) -> Equation | None:
        sheet, node = self.answers.sheet, self.graph.nodes.get(name)
        if node is not None and node.formula is not None and name not in self.graph.given:
            return sheet.worked(reference(name), node.formula, sheet.values.get(name))
        made = next((made for made in self._calculations.values() if made is not None and name in made.lines), None)
        return None if made is None else line_equation(sheet, made, name)

    def shown(self, written: Expr) -> Prose:
        return (written,)

    def alternatives(self) -> Iterator[Alternative]:
        for graph, said in otherwise(self.graph):
            yield Alternative(GraphSubject(graph, self.keys, self.options, self.ascent), said)


def otherwise(graph: Graph) -> Iterator[tuple[Graph, Prose]]:
    """The graph under each other choice of one of its conventions, and the option that takes it."""
    chosen = Vocabulary(graph.functions, graph.conventions).conventions
    for name in conventions_used(graph):
        for choice in CONVENTIONS[name]:
            if choice != chosen[name]:
                yield with_conventions(graph, [f"{name}={choice}"]), (f"--convention {name}={choice} takes it",)


def _asked(key: Expr) -> Iterator[str]:
    for part in walk(key):
        if isinstance(part, Deriv):
            yield text(part.wrt)
        elif isinstance(part, Prime):
            yield text(part.body)


def conventions_used(graph: Graph) -> list[str]:
    """The conventions on which a number of this graph can depend: those of its functions, and the slope at kinks."""
    calls = {
        part.name
        for node in graph.nodes.values()
        if node.formula
        for part in walk(node.formula)
        if isinstance(part, Call)
    }
    rows = [BY_ANY_NAME[name] for name in calls if name in BY_ANY_NAME]
    found = [row.convention or row.name for row in rows if row.variants]
    if any(row.kink for row in rows):
        found.append("kink")
    return [name for name in dict.fromkeys(found) if name in CONVENTIONS]


def line_equation(sheet: Sheet, calculation: Calculation, name: str) -> Equation | None:
    """A line as an equation: its formula, the numbers put in, its value."""
    line, numbers = calculation.lines[name], calculation.exact
    if name not in numbers:
        return None
    factors: dict[Expr, Expr] = {}
    for read in names(line.formula):  # what is shown as its factors is put in factor by factor
        inner = calculation.lines.get(text(read))
        if inner is not None and inner.of == "gradient" and isinstance(calculation.told(read), Product):
            factors[read] = inner.formula
    put = calculation.put_in(substitute(line.formula, factors))
    return sheet.chained(line.shown, [calculation.told(line.formula), put, Value(numbers[name])])
