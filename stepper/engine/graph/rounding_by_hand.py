"""The calculation as people carry it by hand: rounded after every step.

Shows where it parts from the full precision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from stepper.core.expr import Expr, Number, Value, add, multiply
from stepper.core.formula import number_of, reference
from stepper.core.numbers import rounded
from stepper.core.steps import Block, Column, Note, Prose, Step, Table
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.values.evaluate import evaluate, given_number
from stepper.engine.values.precision import fine, plain
from stepper.errors import Problem, StepperError


class _Line(Struct, frozen=True):
    """One step: the quantity, its value carried by hand, its value at full precision."""

    quantity: Expr
    hand: Number | None
    full: Number


def by_hand_step(gradients: Gradients, wrt: Sequence[str]) -> Step:
    """Every value, local derivative and gradient, rounded as soon as it is found, beside its full precision."""
    digits = gradients.sheet.settings.round_steps
    if digits is None:
        return Step("byhand", "byhand", ())
    found = list(_Hand(gradients, digits).lines())
    parted = [line for line in found if line.hand != rounded(line.full, digits)]
    columns = (
        Column(("quantity",)),
        Column(("by hand",), "value"),
        Column(("full precision",), "value"),
        Column(("",)),
    )
    rows = tuple(_row(line, line in parted, digits, gradients.sheet.settings.digits) for line in found)
    words: Prose = ("No quantity differs from its value in full precision.",)
    if parted:
        first = parted[0]
        words = ("The first to differ from its value in full precision is ", first.quantity, ".")
    body: list[Block] = [Table(columns, rows), Note(words)]
    why: Prose = (f"Each value is rounded to {digits} significant digits before it is used again.",)
    return Step(
        "byhand", "byhand", ("By hand, rounded after every step",), tuple(body), why, uses=tuple(wrt), detail="brief"
    )


def _row(line: _Line, parts: bool, digits: int, shown: int) -> tuple[Prose, ...]:
    guard = max(0, digits - shown)
    hand: Prose = ("undefined",) if line.hand is None else (Value(line.hand, guard),)
    return (line.quantity,), hand, (Value(line.full, guard + 1),), (("differs",) if parts else ())


class _Hand:
    """The derivation once more, every number cut to the digits that are carried."""

    def __init__(self, gradients: Gradients, digits: int) -> None:
        self.gradients, self.sheet, self.digits = gradients, gradients.sheet, digits
        if gradients.output not in self.sheet.numbers or number_of(gradients.seed) is None:
            what = "--round-steps carries numbers, and here symbols are left"
            raise StepperError(Problem(what, hint="give every leaf a value, with --set"))
        self.values: dict[str, Number] = {
            leaf.name: leaf.value for leaf in self.sheet.graph.leaves.values() if leaf.value is not None
        }
        self.adjoints: dict[str, Number | None] = {gradients.output: number_of(gradients.seed)}

    def lines(self) -> Iterator[_Line]:
        graph, gradients = self.sheet.graph, self.gradients
        used = graph.ancestors([gradients.output])
        for name in graph.order:
            if name in graph.given:
                self.values[name] = given_number(graph, name)
            elif name in used:
                formula = graph.nodes[name].formula
                assert formula is not None
                hand = self.rounded(formula, self.values)
                if hand is not None:
                    self.values[name] = hand
                yield _Line(reference(name), hand, self.sheet.numbers[name])
        for name in gradients.order:
            if name != gradients.output:
                yield from self.accumulated(name)

    def accumulated(self, name: str) -> Iterator[_Line]:
        """The local derivatives of a quantity's readers, and the gradient that they bring it."""
        terms: list[Expr] = []
        for reader, slot in self.gradients.edges(name):
            edge = self.gradients.locals(name, reader, slot)
            formula = self.gradients.locals.formula(name, reader, slot)
            hand = edge.number if edge.kinks or formula is None else self.rounded(formula, self.values)
            adjoint = self.adjoints[reader]
            if edge.number is not None and number_of(edge.equation.links[0].expr) is None:
                yield _Line(edge.symbol, hand, edge.number)
            product = (
                None if hand is None or adjoint is None else self.rounded(multiply(Value(adjoint), Value(hand)), {})
            )
            if product is not None:
                terms.append(Value(product))
        complete = len(terms) == len(self.gradients.edges(name))
        self.adjoints[name] = self.rounded(add(*terms), {}) if complete else None
        full = self.sheet.approximate(self.gradients.adjoint(name))
        if full is not None:
            yield _Line(self.gradients.symbol(name), self.adjoints[name], full)

    def rounded(self, formula: Expr, values: Mapping[str, Number]) -> Number | None:
        """A formula worked out and rounded; None where the rounded numbers leave it undefined."""
        try:
            number = evaluate(formula, values, self.sheet.vocabulary, arithmetic=fine())
        except StepperError:
            return None
        return None if number is None else rounded(plain(number), self.digits)
