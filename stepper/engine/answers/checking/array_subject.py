"""A graph of arrays to be checked: mistakes are looked for in lines of whole arrays first, then among the entries."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case
from stepper.core.expr import Array, Deriv, Expr, Index, Num, Prime, Sym
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.prose import Prose
from stepper.core.steps import Equation, Link
from stepper.core.traverse import walk
from stepper.engine.answers.arrays import ArrayAnswers
from stepper.engine.answers.checking.subject import Alternative, GraphSubject, Plain, number_given, otherwise
from stepper.engine.answers.finding.array_calculation import ArrayCalculation
from stepper.engine.answers.finding.array_lines import array_calculation
from stepper.engine.answers.finding.explanation import Given, fits
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.tensor.entries import as_expr, numbers
from stepper.engine.tensor.equations import spelling
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.numbers import in_numbers
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.judging import Finding, compared, entries_of
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import StepperError
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes import MISTAKES
from stepper.tables.mistakes_in_arrays import ARRAY_MISTAKES

MOST_LINES, MOST_SIGNS = 80, 1_500
"""In a calculation of all entries with more lines, or more signs in them, mistakes are not looked for among these."""
MOST_NUMBERS = 2_000
"""In larger arrays mistakes are not looked for."""


class ArraySubject(Plain):
    """A graph of arrays; ``keys`` are the quantities that will be asked about."""

    rows: Sequence[Mistake] = (*ARRAY_MISTAKES, *MISTAKES)
    rounds = True

    def __init__(self, graph: ArrayGraph, keys: Sequence[Expr], options: Mapping[str, str]) -> None:
        self.graph, self.keys, self.options = graph, keys, options
        self.answers = ArrayAnswers(graph, Case({text(key): "" for key in keys}, options), Patience())
        self.title, self.source = graph.title, graph.source
        self.labels: Mapping[str, str] = spelling(graph)
        self._made: dict[str, ArrayCalculation | None] = {}

    def given(self, key: Expr, written: Expr) -> Given | None:
        """Of a whole array its entries; the first that is wrong stands for them."""
        if isinstance(key, Index) and isinstance(key.base, Prime):  # W'[1,2] is the entry of W after the step
            key = Prime(Index(key.base.body, key.indices))
        calculation = self.calculation(key)
        if not isinstance(written, Array):  # a number of an array is that of its one entry
            whole = calculation.places.get(text(key), {}) if isinstance(calculation, ArrayCalculation) else {}
            return number_given(next((shown for shown, _ in whole.values()), key), written) if len(whole) < 2 else None
        if not isinstance(calculation, ArrayCalculation):
            return None
        places = calculation.places.get(text(key), {})
        items = [*entries_of(written).values()]
        parts = [number_given(shown, item) for (shown, _), item in zip(places.values(), items, strict=False)]
        found = tuple(part for part in parts if part is not None)
        if not found or len(found) != len(places) or len(items) != len(places):
            return None
        wrong = next((part for part in found if not fits(part, calculation.numbers)), found[0])
        return replace(wrong, parts=found)

    def finding(self, key: Expr, written: Expr) -> Finding:
        answers = self.answers
        claimed, found = (answers.in_leaves(answers.array(expr)) for expr in (written, key))
        return compared(key, written, claimed, found, answers.algebra)

    @cached_property
    def entries(self) -> GraphSubject | None:
        """The graph of all entries, where there are few."""
        try:
            graph: Graph = in_numbers(self.answers.graph, "check")
        except StepperError:
            return None
        return GraphSubject(graph, self.keys, self.options)

    def calculation(self, key: Expr) -> Calculation | None:
        of = next((text(part.of) for part in walk(key) if isinstance(part, Deriv) and part.total), "")
        if of not in self._made:
            try:
                self._made[of] = self.lines(of)
            except StepperError:
                self._made[of] = None
        return self._made[of]

    def lines(self, of: str) -> ArrayCalculation | None:
        """The lines of the graph, with the gradients of a quantity, or of its output."""
        board = self.answers.board
        if of and of != board.loss:
            board = Board(replace(self.answers.graph, output=of, upstream=None), Settings())
        names = {*board.graph.nodes, *board.graph.leaves}
        if names - board.known.keys() or sum(math.prod(board.shapes[name]) for name in names) > MOST_NUMBERS:
            return None
        lr = self.answers.settings.lr
        made = array_calculation(board, self.gradients(board), lr if isinstance(lr, Fraction | float) else None)
        made.by_entry = lambda: self.by_entry(of)
        return made

    def by_entry(self, of: str) -> Calculation | None:
        """The lines of all entries, where there are few."""
        if self.entries is None or len(self.entries.graph.nodes) > MOST_LINES:
            return None
        found = self.entries.calculation(Deriv(Sym(of), Sym(of)) if of else Num("0"))
        if found is None or len(found.lines) > MOST_LINES:
            return None
        signs = sum(1 for line in found.lines.values() for _ in walk(line.formula))
        return found if signs <= MOST_SIGNS else None

    def gradients(self, board: Board) -> ArrayGradients | None:
        """Those of all quantities, where there are any."""
        if board.output is None:
            return None
        try:
            board.check_arriving()
            return ArrayGradients(board, [*board.graph.leaves])
        except StepperError:
            return None

    def equation(self, name: str) -> Equation | None:
        for made in self._made.values():
            if made is not None and name in made.whole:
                line, node = made.lines[name], self.graph.nodes.get(name)
                formula = line.formula if node is None or node.formula is None else node.formula
                found = as_expr(numbers([Fraction(float(n)) for n in made.whole[name].ravel()], made.whole[name].shape))
                return Equation(line.shown, (Link("=", made.told(formula)), Link("=", found)))
        return None if self.entries is None else self.entries.equation(name)

    def shown(self, written: Expr) -> Prose:
        return (written,)

    def alternatives(self) -> Iterator[Alternative]:
        for graph, said in otherwise(self.graph):
            assert isinstance(graph, ArrayGraph)
            yield Alternative(ArraySubject(graph, self.keys, self.options), said)
