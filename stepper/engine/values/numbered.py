"""A graph with the number of every quantity that has one, worked with the digits that it needs."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from stepper.core.expr import Call, Comparison, Expr, Index, Num, Number, Sym, Value, Where
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.traverse import parts_of, transform
from stepper.engine.values.arithmetic import EXACT, FLOAT, Arithmetic, Quantity
from stepper.engine.values.evaluate import compile_graph, evaluate, ordered, place_of, run_graph
from stepper.engine.values.precision import DIGITS, LEVELS, alike, fine, plain, settled
from stepper.engine.values.symbolic_limits import Patience
from stepper.engine.values.tape import Tape
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

EXACT_NODES = 2_000
LARGEST_POWER = 10**12


class Numbered:
    """A graph with the number of every quantity that has one.

    Attributes:
        numbers: all of them.
        values: those that are put into formulas; with ``exact`` only the rational ones.
        patience: how long SymPy may still be asked.
    """

    def __init__(self, graph: Graph, exact: bool) -> None:
        self.graph, self.exact = ordered(graph), exact
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)
        self.patience = Patience()
        self._fine: dict[int, dict[str, Quantity]] = self.graph.kept.setdefault("numbers by digits", {})
        self._elements: dict[int, dict[Expr, tuple[Quantity | None, bool]]] = {}
        if "numbers" not in self.graph.kept:  # they depend on nothing else
            self.graph.kept["numbers"] = self._worked_out()
        found: tuple[dict[str, Quantity], int] = self.graph.kept["numbers"]
        self.fine, self.digits = found
        self.numbers: Mapping[str, Number] = {name: self.rounded(number, name) for name, number in self.fine.items()}
        rational = {name: number for name, number in self.numbers.items() if isinstance(number, Fraction)}
        self.values: Mapping[str, Number] = rational if exact else self.numbers

    def number(self, expr: Expr, tie: int = 0) -> Number | None:
        """The number of a formula over the graph's quantities, or None where it stays a formula."""
        number = self.approximate(expr, tie)
        return None if self.exact and isinstance(number, float) else number

    def approximate(self, expr: Expr, tie: int = 0) -> Number | None:
        """The number of a formula, irrational or not; None only where symbols are left.

        It is worked out with all the digits that the graph's numbers have, and rounded to a float at the end.
        """
        # what stands in the formula as a rounded number has no more digits than it was made with
        fixed = not self.digits or any(
            type(part) is Value and isinstance(part.number, float) for part in parts_of(expr)
        )
        levels = (self.digits or DIGITS,) if fixed else tuple(level for level in LEVELS if level >= self.digits)

        def work(arithmetic: Arithmetic) -> Quantity | None:
            return self._evaluated(expr, tie, arithmetic)

        number, _ = settled(work, alike, levels)
        return None if number is None else self.rounded(number, expr)

    def holds(self, operator: Comparison, left: Expr, right: Expr, tie: int = 0) -> bool | None:
        """Does a comparison hold, with all the digits that the numbers have? None where symbols are left."""
        number = self.approximate(Where(operator, left, right, Num("1"), Num("0")), tie)
        return None if number is None else number == 1

    def _evaluated(self, expr: Expr, tie: int, arithmetic: Arithmetic) -> Quantity | None:
        """The number of a formula; elements of lists such as softmax's, which stand in many formulas, are worked out
        once.
        """
        env = self._at(arithmetic.digits)
        if tie or not any(type(part) is Index and isinstance(part.base, Call) for part in parts_of(expr)):
            return evaluate(expr, env, self.vocabulary, tie, arithmetic)
        elements = self._elements.setdefault(arithmetic.digits, {})
        found: dict[str, Quantity] = {}

        def change(part: Expr) -> Expr | None:
            if isinstance(part, Where):
                return part
            if not (
                isinstance(part, Index) and isinstance(part.base, Call) and self.vocabulary.rule(part.base.name).element
            ):
                return None
            if part not in elements:
                alone = fine(arithmetic.digits)
                elements[part] = evaluate(part, env, self.vocabulary, 0, alone), alone.doubt.raised
            number, doubted = elements[part]
            arithmetic.doubt.raised |= doubted
            if number is None:
                return part
            found[name := f"element {len(found) + 1}"] = number
            return Sym(name)

        changed = transform(expr, change)
        return evaluate(changed, ChainMap(found, env), self.vocabulary, tie, arithmetic)

    def _worked_out(self) -> tuple[dict[str, Quantity], int]:
        """All numbers with the digits that they need, and how many; in floating point, which is 0 digits, where there
        are many.
        """
        if len(self.graph.nodes) > EXACT_NODES:
            return self._run(FLOAT), 0

        def work(arithmetic: Arithmetic) -> dict[str, Quantity]:
            self._fine[arithmetic.digits] = self._run(arithmetic)
            return self._fine[arithmetic.digits]

        return settled(work, lambda one, other: all(alike(one[name], other[name]) for name in other))

    def _at(self, digits: int) -> dict[str, Quantity]:
        """All numbers with more digits."""
        if digits <= self.digits or not self.digits:
            return self.fine
        if digits not in self._fine:
            self._fine[digits] = self._run(fine(digits))
        return self._fine[digits]

    @cached_property
    def tape(self) -> Tape:
        """The formulas of the graph, gone through once for all kinds of numbers."""
        return compile_graph(self.graph, self.vocabulary, EXACT)

    def _run(self, arithmetic: Arithmetic) -> dict[str, Quantity]:
        return run_graph(self.graph, self.tape.with_arithmetic(arithmetic))

    def rounded(self, number: Quantity, named: str | Expr) -> Number:
        """A number as it is kept: a fraction or a float."""
        try:
            return plain(number)
        except OverflowError:
            name = named if isinstance(named, str) else text(named)
            what = f"{name} is too large for a number{_about(number)}"
            raise StepperError(Problem(what, place_of(self.graph, name))) from None


def _about(number: Quantity) -> str:
    """The power of ten of a number that is too large to be written down, where that can be."""
    if isinstance(number, Fraction):
        return f" (about 10^{int(int(abs(number)).bit_length() * math.log10(2))})"
    power = number.context.log10(abs(number))
    return f" (about 10^{int(power)})" if power < LARGEST_POWER else ""
