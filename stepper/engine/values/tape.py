"""Formulas compiled to a flat tape, which is run with numbers of any arithmetic. Nothing of a user's is executed."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias, assert_never

from stepper.core.expr import (
    COMPARE,
    Array,
    Bound,
    Call,
    Deriv,
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
    Transpose,
    Value,
    Where,
    children,
)
from stepper.core.formula import text
from stepper.core.numbers import decimal
from stepper.engine.values.arithmetic import EXACT, Arithmetic, Quantity
from stepper.engine.values.definitions import lower
from stepper.engine.values.rule import Rule
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

Line: TypeAlias = tuple[Callable[..., Quantity], int, tuple[int, ...], Expr, str]
"""What is worked out, the slot that it fills, those that it reads; for messages the formula and its node."""
Branch: TypeAlias = tuple[Callable[[Any, Any], bool], int, int, Sequence[tuple[list[Line], int]]]
"""A comparison of two slots, and for either outcome what is worked out, and the slot of its result."""


class Tape:
    """Formulas as one flat list of instructions over numbered slots.

    ``tie`` decides comparisons of equal numbers, for slopes on one side of a kink: -1 takes the left side to be
    smaller, 1 larger.
    """

    def __init__(self, vocabulary: Vocabulary, arithmetic: Arithmetic, tie: int = 0) -> None:
        self.vocabulary, self.arithmetic, self.tie = vocabulary, arithmetic, tie
        self.slots: dict[str, int] = {}
        self.numbers: dict[int, Number] = {}
        self.constants: dict[int, Quantity] = {}
        self.code: list[Line] = []
        self.shared: dict[Expr, int] = {}
        self.branches: dict[int, Branch] = {}
        self.size = 0
        self.owner = ""

    def new(self) -> int:
        self.size += 1
        return self.size - 1

    def define(self, name: str, formula: Expr) -> None:
        """Adds a named formula; all that it reads must be named before."""
        self.owner = name
        self.slots[name] = self.add(lower(formula, self.vocabulary))

    def leaf(self, name: str) -> None:
        self.slots[name] = self.new()

    def constant(self, number: Number) -> int:
        slot = self.new()
        self.numbers[slot] = number
        self.constants[slot] = self.arithmetic.number(number)
        return slot

    def constant_symbol(self, name: str) -> int:
        self.slots[name] = self.new()
        self.constants[self.slots[name]] = self.arithmetic.constants[name]
        return self.slots[name]

    def emit(self, function: Callable[..., Quantity], arguments: Sequence[int], expr: Expr) -> int:
        slot = self.new()
        self.code.append((function, slot, tuple(arguments), expr, self.owner))
        return slot

    def add(self, expr: Expr) -> int:
        """Compiles a lowered formula and gives the slot of its value."""
        match expr:
            case Sym(name):
                return self.slots[name] if name in self.slots else self.constant_symbol(name)
            case Index(Sym(), _) | Prime():
                return self.slots[text(expr)]
            case Num(literal):
                return self.constant(decimal(literal))
            case Value(number):
                return self.constant(number)
            case Sum() | Product() | Power() | Neg():
                return self.emit(self.joining(expr), [self.add(part) for part in children(expr)], expr)
            case Call(_, arguments):
                if expr not in self.shared:
                    items = arguments[0].items if isinstance(arguments[0], Array) else arguments
                    self.shared[expr] = self.emit(self.joining(expr), [self.add(part) for part in items], expr)
                return self.shared[expr]
            case Where():
                return self.branch(expr)
            case Index() | Array() | Deriv() | Transpose() | Bound():
                raise StepperError(Problem(f"{text(expr)} is not a number"))
            case _:
                assert_never(expr)

    def joining(self, expr: Sum | Product | Power | Neg | Call) -> Callable[..., Quantity]:
        """What joins the numbers of a formula's parts to its own."""
        match expr:
            case Sum(_, signs):
                return self.arithmetic.add(signs)
            case Product(_, factors):
                return _multiplier(factors)
            case Power():
                return self.arithmetic.power
            case Neg():
                return operator.neg
            case Call(name):
                return self.primitive(self.vocabulary.rule(name))

    def primitive(self, rule: Rule) -> Callable[..., Quantity]:
        """A primitive; one that jumps at integers goes on from the side that ``tie`` names."""
        function = self.arithmetic.primitive(rule)
        if not self.tie or rule.row is None or not rule.row.jumps:
            return function
        return lambda number: function(number + Fraction(self.tie, 2) if number == int(number) else number)

    def branch(self, expr: Where) -> int:
        """A case distinction runs only the branch that holds, so that log(x) is never asked for x <= 0 in vain."""
        left, right = self.add(expr.left), self.add(expr.right)
        if self.arithmetic.cases:
            sides = [self.add(expr.then), self.add(expr.otherwise)]
            return self.emit(self.arithmetic.cases(expr.operator), [left, right, *sides], expr)
        blocks: list[tuple[list[Line], int]] = []
        for formula in (expr.then, expr.otherwise):
            saved, self.code, shared = self.code, [], self.shared.copy()
            result = self.add(formula)
            blocks.append((self.code, result))
            self.code, self.shared = saved, shared
        branch = COMPARE[expr.operator], left, right, blocks
        slot = self.emit(self.deciding(branch), (), expr)
        self.branches[slot] = branch
        return slot

    def deciding(self, branch: Branch) -> Callable[[list[Quantity]], Quantity]:
        """Runs the lines of the outcome that holds; it stands on the tape, and so does not hold it."""
        compare, left, right, blocks = branch
        arithmetic, vocabulary, tie = self.arithmetic, self.vocabulary, self.tie

        def run(values: list[Quantity]) -> Quantity:
            low, high = arithmetic.align([values[left], values[right]])
            holds = compare(tie, 0) if arithmetic.same(low, high) else compare(low, high)
            code, result = blocks[0 if holds else 1]
            _execute(code, values, arithmetic, vocabulary)
            return values[result]

        return run

    def with_arithmetic(self, arithmetic: Arithmetic) -> Tape:
        """The same tape for another kind of numbers: formulas are not gone through again."""
        assert not self.arithmetic.cases
        assert not arithmetic.cases  # these lay case distinctions out otherwise
        tape = Tape(self.vocabulary, arithmetic, self.tie)
        tape.slots, tape.shared, tape.numbers, tape.size = self.slots, self.shared, self.numbers, self.size
        read: dict[int, Quantity] = {}  # a number that stands in many formulas is read once
        for slot, number in self.numbers.items():
            if id(number) not in read:
                read[id(number)] = arithmetic.number(number)
            tape.constants[slot] = read[id(number)]
        for name, slot in self.slots.items():
            if slot in self.constants and slot not in self.numbers:
                tape.constants[slot] = arithmetic.constants[name]
        tape.code = [tape.taken_over(line, self) for line in self.code]
        return tape

    def taken_over(self, line: Line, other: Tape) -> Line:
        """A line of another tape, as this one works it out."""
        function, slot, arguments, expr, owner = line
        if isinstance(expr, Sum | Product | Power | Neg | Call) and not isinstance(function, Anchor):
            return self.joining(expr), slot, arguments, expr, owner
        if isinstance(function, Anchor):
            return Anchor(function.number, self.arithmetic), slot, arguments, expr, owner
        compare, left, right, blocks = other.branches[slot]
        lines = [([self.taken_over(inner, other) for inner in block], result) for block, result in blocks]
        self.branches[slot] = compare, left, right, lines
        return self.deciding(self.branches[slot]), slot, arguments, expr, owner

    def initial(self) -> list[Quantity]:
        """Room for all values, the constants in their places."""
        values: list[Quantity] = [None] * self.size
        for slot, number in self.constants.items():
            values[slot] = number
        return values

    def run(self, leaves: Mapping[str, Number]) -> list[Quantity]:
        """Works every named formula out.

        Raises:
            Undefined: where a number does not exist (division by zero, log of a negative number) or is too large.
        """
        values = self.initial()
        for name, number in leaves.items():
            values[self.slots[name]] = self.arithmetic.number(number)
        self.execute(self.code, values)
        return values

    def execute(self, code: list[Line], values: list[Quantity]) -> None:
        _execute(code, values, self.arithmetic, self.vocabulary)


def _execute(code: list[Line], values: list[Quantity], arithmetic: Arithmetic, vocabulary: Vocabulary) -> None:
    keep, align = arithmetic.keep, arithmetic.align
    for function, slot, arguments, expr, owner in code:
        try:
            values[slot] = keep(
                function(*align([values[argument] for argument in arguments])) if arguments else function(values)
            )
        except (ZeroDivisionError, ValueError, OverflowError, TypeError) as error:
            given = [values[argument] for argument in arguments]
            raise _undefined(error, expr, given, owner, vocabulary) from None


_OF_TWO: Mapping[str, Callable[..., Quantity]] = {"*": operator.mul, "/": operator.truediv}


def _multiplier(factors: Sequence[str]) -> Callable[..., Quantity]:
    if len(factors) == 1 and factors[0] in _OF_TWO:
        return _OF_TWO[factors[0]]

    def multiply(first: Quantity, *rest: Quantity) -> Quantity:
        for factor, operand in zip(factors, rest, strict=True):
            first = first / operand if factor == "/" else first * operand
        return first

    return multiply


class Anchor:
    """A node whose value is given: it has that value when it is first asked for, and from there moves as its formula
    does.
    """

    def __init__(self, number: Number, arithmetic: Arithmetic = EXACT) -> None:
        self.number = number
        self.given = arithmetic.number(number)
        self.shift: Quantity | None = None

    def __call__(self, worked: Quantity) -> Quantity:
        if self.shift is None:
            self.shift = self.given - worked
            return self.given
        return worked + self.shift


class Undefined(StepperError):
    """A value that does not exist; ``owner`` is the node in whose formula it arose."""

    def __init__(self, what: str, owner: str) -> None:
        super().__init__(Problem(what))
        self.what, self.owner = what, owner


def _undefined(
    error: Exception, expr: Expr, arguments: list[Quantity], owner: str, vocabulary: Vocabulary
) -> Undefined:
    shown = text(expr)
    given = " and ".join(_briefly(argument) for argument in arguments)
    where = f"in {owner}: " if owner else ""
    if isinstance(error, ZeroDivisionError):
        return Undefined(f"{where}{shown} divides by zero", owner)
    if isinstance(error, OverflowError):
        return Undefined(f"{where}{shown} is too large for a number" + (f" (at {given})" if given else ""), owner)
    if isinstance(expr, Call):
        row = vocabulary.rule(expr.name).row
        assert row is not None  # what a machine works out stands in the tables
        domain = f"; {expr.name} needs {row.domain}" if row.domain else ""
        return Undefined(f"{where}{expr.name}({given}) is not defined{domain}", owner)
    return Undefined(f"{where}{shown} is not defined at {given}", owner)


def _briefly(number: Quantity) -> str:
    try:
        near = float(number)
    except OverflowError:
        near = math.inf
    return f"{near:.6g}" if math.isfinite(near) else "a huge number"
