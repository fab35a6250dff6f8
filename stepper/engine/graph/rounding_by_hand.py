"""The calculation as people carry it by hand: rounded after every step.

Shows where it differs from the full precision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from stepper.core.expr import Expr, Number, Sign, Sym, Value, add, add_all, multiply
from stepper.core.formula import number_of, reference
from stepper.core.numbers import Rounding, digits_before
from stepper.core.prose import Prose
from stepper.core.steps import Block, Column, Note, Step, Table
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.gradient_step import stepped, updates
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
    rounding = gradients.sheet.settings.round_steps
    if rounding is None:
        return Step("byhand", "byhand", ())
    found = [*(hand := _Hand(gradients, rounding)).lines(), *hand.steps(wrt)]
    differing = [line for line in found if line.hand != rounding(line.full)]
    columns = (
        Column(("quantity",)),
        Column(("by hand",), "value"),
        Column(("full precision",), "value"),
        Column(("",)),
    )
    shown = gradients.sheet.settings.digits
    rows = tuple(_row(line, line in differing, rounding, shown) for line in found)
    words: Prose = ("No quantity differs from its value in full precision.",)
    if differing:
        first = differing[0]
        words = ("The first to differ from its value in full precision is ", first.quantity, ".")
    body: list[Block] = [Table(columns, rows), Note(words)]
    half = ", a half to the even digit," if rounding.even else ""
    title: Prose = (f"By hand, rounded to {rounding}{half} after every step",)
    return Step("byhand", "byhand", title, tuple(body), uses=tuple(wrt), detail="brief")


def _row(line: _Line, differs: bool, rounding: Rounding, shown: int) -> tuple[Prose, ...]:
    digits = rounding.digits if rounding.significant else max(1, digits_before(line.full) + rounding.digits)
    guard = max(0, digits - shown)
    hand: Prose = ("undefined",) if line.hand is None else (Value(line.hand, guard),)
    return (line.quantity,), hand, (Value(line.full, guard + 1),), (("differs",) if differs else ())


class _Hand:
    """The derivation once more, every number rounded to the digits that are carried."""

    def __init__(self, gradients: Gradients, rounding: Rounding) -> None:
        self.gradients, self.sheet, self.rounding = gradients, gradients.sheet, rounding
        if gradients.output not in self.sheet.numbers or number_of(gradients.seed) is None:
            what = "--round-steps needs numbers, but symbols are left"
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

    def steps(self, wrt: Sequence[str]) -> Iterator[_Line]:
        """The gradient step with these numbers: the rate times the gradient, then the next value."""
        settings = self.sheet.settings
        if settings.lr is None or isinstance(settings.lr, Sym):
            return
        for equation, name in zip(updates(self.gradients, wrt), stepped(self.gradients.graph, wrt), strict=True):
            full, gradient = number_of(equation.links[-1].expr), self.adjoints.get(name)
            if full is None:
                continue
            after = None if gradient is None else self.stepped(self.values[name], gradient, settings.lr)
            yield _Line(equation.left, after, full)

    def stepped(self, value: Number, gradient: Number, rate: Number) -> Number | None:
        change = self.rounded(multiply(Value(rate), Value(gradient)), {})
        sign: Sign = "+" if self.sheet.settings.ascent else "-"
        return None if change is None else self.rounded(add_all([("+", Value(value)), (sign, Value(change))]), {})

    def rounded(self, formula: Expr, values: Mapping[str, Number]) -> Number | None:
        """A formula worked out and rounded; None where the rounded numbers leave it undefined."""
        try:
            number = evaluate(formula, values, self.sheet.vocabulary, arithmetic=fine())
        except StepperError:
            return None
        return None if number is None else self.rounding(plain(number))
