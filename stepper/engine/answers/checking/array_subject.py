"""A graph of arrays to be checked: whole arrays are judged as such, mistakes are looked for among the entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case
from stepper.core.expr import Expr, Number
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.prose import Prose
from stepper.core.steps import Equation
from stepper.engine.answers.arrays import ArrayAnswers
from stepper.engine.answers.checking.subject import Alternative, GraphSubject, conventions_used, number_given, taken
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.search import Given
from stepper.engine.graph.options import with_conventions
from stepper.engine.tensor.entries import as_expr
from stepper.engine.tensor.equations import spelling
from stepper.engine.tensor.numbers import in_numbers
from stepper.engine.values.judging import Finding, compared
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import StepperError
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes import MISTAKES
from stepper.tables.table import CONVENTIONS


class ArraySubject:
    """A graph of arrays; ``keys`` are the quantities that will be asked about."""

    rows: Sequence[Mistake] = MISTAKES
    rounds = True

    def __init__(self, graph: ArrayGraph, keys: Sequence[Expr], options: Mapping[str, str]) -> None:
        self.graph, self.keys, self.options = graph, keys, options
        self.answers = ArrayAnswers(graph, Case({text(key): "" for key in keys}, options), Patience())
        self.title, self.source = graph.title, graph.source
        self.labels: Mapping[str, str] = spelling(graph)
        self._entries: GraphSubject | None = None
        self._tried = False

    def given(self, key: Expr, written: Expr) -> Given | None:
        return number_given(key, written)

    def finding(self, key: Expr, written: Expr) -> Finding:
        answers = self.answers
        claimed, found = (answers.in_leaves(answers.array(expr)) for expr in (written, key))
        return compared(key, written, claimed, found, answers.algebra)

    def number(self, expr: Expr) -> Number | None:
        return number_of(as_expr(self.answers.array(expr)))

    @property
    def entries(self) -> GraphSubject | None:
        """The graph of all entries, where there are few."""
        if not self._tried:
            self._tried = True
            try:
                graph: Graph = in_numbers(self.answers.graph, "check")
            except StepperError:
                return None
            self._entries = GraphSubject(graph, self.keys, self.options)
        return self._entries

    def calculation(self, key: Expr) -> Calculation | None:
        return None if self.entries is None else self.entries.calculation(key)

    def equation(self, name: str) -> Equation | None:
        return None if self.entries is None else self.entries.equation(name)

    def shown(self, written: Expr) -> Prose:
        return (written,)

    def alternatives(self) -> Iterator[Alternative]:
        chosen = self.answers.board.vocabulary.conventions
        for name in conventions_used(self.graph):
            for choice in CONVENTIONS[name]:
                if choice != chosen[name]:
                    graph = with_conventions(self.graph, [f"{name}={choice}"])
                    assert isinstance(graph, ArrayGraph)
                    yield Alternative(ArraySubject(graph, self.keys, self.options), taken(name, choice))
