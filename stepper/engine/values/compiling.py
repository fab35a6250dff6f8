"""Formulas compiled for a sweep: to sums of products, to products, to templates, each with the slots that it reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import isfinite

from stepper.core.expr import (
    CONSTANTS,
    Array,
    Call,
    Expr,
    Index,
    Neg,
    Num,
    Number,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Value,
)
from stepper.core.form import places
from stepper.core.formula import text
from stepper.core.graph import Leaf
from stepper.core.traverse import names, substitute
from stepper.engine.values.definitions import bounded, spread, unfold
from stepper.engine.values.instructions import Applied, Factors, Template
from stepper.engine.values.slots import Slot
from stepper.engine.values.terms import Terms
from stepper.engine.values.vocabulary import Vocabulary
from stepper.engine.values.work import Work
from stepper.errors import Problem, StepperError


class Compiler(ABC):
    """Compiles formulas; what it emits fills a slot, or a slot for each of many nodes."""

    def __init__(self, vocabulary: Vocabulary, templates: dict[Expr, Template]) -> None:
        self.vocabulary, self.templates = vocabulary, templates
        self.shared: dict[Expr, Slot] = {}
        """The slots of what the entries of a list have in common, as the sum in a softmax."""
        self.sharing = False

    @abstractmethod
    def slot(self, name: str) -> Slot:
        """Where a quantity stands."""

    @abstractmethod
    def constant(self, number: Number) -> Slot:
        """Where a number stands."""

    @abstractmethod
    def emit(self, work: Work) -> Slot:
        """Adds work, and gives the slot that it fills."""

    def add(self, expr: Expr) -> Slot:
        """Compiles a formula and gives the slot of its value."""
        if not self.sharing or not isinstance(expr, Call):
            return self.compiled(expr)
        if expr not in self.shared:
            self.shared[expr] = self.compiled(expr)
        return self.shared[expr]

    def compiled(self, expr: Expr) -> Slot:
        match expr:
            case Sym(name) if name not in CONSTANTS.values():
                return self.slot(name)
            case Index(Sym(), _) | Prime():
                return self.slot(text(expr))
            case Num(literal):
                return self.constant(Fraction(literal))
            case Value(number):
                return self.constant(number)
            case Neg() | Sum() | Product():
                return self.sum(expr)
            case Power(base, Num() as exponent):
                return self.formula(Power(Sym("p0"), exponent), [self.add(base)])
            case Power(base, exponent):
                return self.formula(Power(Sym("p0"), Sym("p1")), [self.add(base), self.add(exponent)])
            case Call(name) if not any(parameter.is_list for parameter in self.vocabulary.rule(name).parameters):
                return self.call(expr)
            case Call() | Index(Call(), _):
                return self.call(spread(expr, self.vocabulary))
            case _:
                reads = list(names(expr))
                found = dict(zip(reads, places(len(reads)), strict=True))
                return self.formula(substitute(expr, found), [self.add(name) for name in reads])

    def sum(self, expr: Neg | Sum | Product) -> Slot:
        """A sum, the products of two among its terms together; any other is one term."""
        terms = zip(("+", *expr.operators), expr.operands, strict=True) if isinstance(expr, Sum) else [("+", expr)]
        constant, alone, times, left, right, pair_times = 0.0, [], [], [], [], []
        for sign, term in terms:
            factor, parts = _monomial(term)
            factor = -factor if sign == "-" else factor
            match parts:
                case []:
                    constant += factor
                case [(one, True)]:
                    alone.append(self.add(one))
                    times.append(factor)
                case [(one, True), (other, True)]:
                    left.append(self.add(one))
                    right.append(self.add(other))
                    pair_times.append(factor)
                case _:
                    product = self.product(parts)
                    if factor == 1 and not isinstance(expr, Sum):
                        return product
                    alone.append(product)
                    times.append(factor)
        return self.emit(Terms(alone, left, right, constant, _unless_ones(times), _unless_ones(pair_times)))

    def product(self, parts: Sequence[tuple[Expr, bool]]) -> Slot:
        return self.emit(Factors([self.add(part) for part, _ in parts], [above for _, above in parts]))

    def call(self, expr: Expr) -> Slot:
        """A function of quantities: its arguments get slots of their own, the function is compiled once for all its
        calls.
        """
        call = expr.base if isinstance(expr, Index) else expr
        if isinstance(expr, Index) and isinstance(call, Call) and self.vocabulary.rule(call.name).stable:
            return self.entry(call, expr.indices[0])
        if not isinstance(call, Call) or self.vocabulary.rule(call.name).unfolds:
            return self.add(
                unfold(expr, self.vocabulary)
            )  # a sum of ten thousand is one instruction, not a function of so many arguments
        slots: list[Slot] = []

        def hoisted(argument: Expr) -> Expr:
            if isinstance(argument, Array):
                return Array(tuple(map(hoisted, argument.items)))
            if isinstance(argument, Num):
                return argument
            slots.append(self.add(argument))
            return Sym(f"p{len(slots) - 1}")

        bare = Call(call.name, tuple(map(hoisted, call.arguments)))
        return self.formula(Index(bare, expr.indices) if isinstance(expr, Index) else bare, slots)

    def entry(self, call: Call, place: Expr) -> Slot:
        """An entry of a list such as a softmax by its definition: what all entries have in common is compiled once."""
        before, self.sharing = self.sharing, True
        form = self.vocabulary.rule(call.name).definition(call.arguments, stable=True, element=place)
        slot = self.add(spread(bounded(form), self.vocabulary))
        self.sharing = before
        return slot

    def formula(self, expr: Expr, slots: Sequence[Slot]) -> Slot:
        """A formula over p0, p1, ..., the quantities in these slots."""
        if expr not in self.templates:
            self.templates[expr] = Template(expr, len(slots), self.vocabulary)
        return self.emit(Applied(self.templates[expr], slots))


def _monomial(expr: Expr) -> tuple[float, list[tuple[Expr, bool]]]:
    """The number in front of a term, and its factors and divisors; numbers stay among these where the one in front
    would be none that floats have.
    """
    factor, parts = 1.0, []
    if isinstance(expr, Neg):
        factor, expr = -1.0, expr.body
    pairs = [(expr, True)] if not isinstance(expr, Product) else [
        (part, sign != "/") for sign, part in zip(("*", *expr.operators), expr.operands, strict=True)
    ]  # fmt: skip
    for part, above in pairs:
        number = _number(part)
        product = factor if number is None else factor * number if above else factor / number if number else 0.0
        if number is None or not isfinite(product) or (number and not product) or not (number or above):
            parts.append((part, above))
        else:
            factor = product
    return factor, parts


def _number(expr: Expr) -> float | None:
    if isinstance(expr, Num):
        return float(expr.literal)
    return as_float(expr.number) if isinstance(expr, Value) else None


def _unless_ones(numbers: list[float]) -> list[float] | None:
    return numbers if any(number != 1 for number in numbers) else None


def as_floats(leaves: Iterable[Leaf]) -> list[float]:
    """The numbers of leaves.

    Raises:
        StepperError: where one has none.
    """
    numbers = [leaf.value for leaf in leaves]
    return [
        number.numerator / number.denominator if type(number) is Fraction else as_float(number) for number in numbers
    ]


def as_float(number: Number | None) -> float:
    """The number of a leaf.

    Raises:
        StepperError: where it has none.
    """
    if isinstance(number, float):
        return number
    if number is None:
        raise StepperError(Problem("a sweep needs a number for every leaf", hint="set it with --set"))
    top, bottom = number.as_integer_ratio()
    return top / bottom
