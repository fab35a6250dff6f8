"""Numbers: every formula of a graph compiled once to a flat tape, run exactly, in floating point, or at 50 digits.

Every value that is shown comes from here. A fraction stays exact while it is short; beyond 40 digits, and after a
primitive such as exp, it is a float.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias, assert_never

from stepper.core.expr import (
    COMPARE,
    Array,
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
    names,
    walk,
)
from stepper.core.formula import number_of, text
from stepper.core.graph import CycleError, Graph
from stepper.engine.values.arithmetic import EXACT, Arithmetic, Quantity
from stepper.engine.values.definitions import lower
from stepper.engine.values.loss_arguments import order_hint
from stepper.engine.values.rule import Rule
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Place, Problem, StepperError

Program: TypeAlias = Callable[[Mapping[str, Number]], Number | None]
"""The number of a formula from the numbers of the names in it."""


class Tape:
    """Formulas as one flat list of instructions over numbered slots.

    ``tie`` decides comparisons of equal numbers, for slopes on one side of a kink: -1 takes the left side to be smaller, 1 larger.
    """

    def __init__(self, vocabulary: Vocabulary, arithmetic: Arithmetic, tie: int = 0) -> None:
        self.vocabulary, self.arithmetic, self.tie = vocabulary, arithmetic, tie
        self.slots: dict[str, int] = {}
        self.constants: dict[int, Quantity] = {}
        self.code: list[tuple[Callable[..., Quantity], int, tuple[int, ...], Expr, str]] = []
        self.shared: dict[Expr, int] = {}
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
                return self.constant(Fraction(literal))
            case Value(number):
                return self.constant(number)
            case Neg(body):
                return self.emit(operator.neg, [self.add(body)], expr)
            case Sum(operands, signs):
                return self.emit(self.arithmetic.add(signs), [self.add(part) for part in operands], expr)
            case Product(operands, factors):
                return self.emit(_multiplier(factors), [self.add(part) for part in operands], expr)
            case Power(base, exponent):
                return self.emit(self.arithmetic.power, [self.add(base), self.add(exponent)], expr)
            case Call(name, arguments):
                if expr not in self.shared:
                    items = arguments[0].items if isinstance(arguments[0], Array) else arguments
                    self.shared[expr] = self.emit(self.primitive(self.vocabulary.rule(name)), [self.add(part) for part in items], expr)
                return self.shared[expr]
            case Where():
                return self.branch(expr)
            case Index() | Array() | Deriv() | Transpose():
                raise StepperError(Problem(f"{text(expr)} is not a number"))
            case _:
                assert_never(expr)

    def primitive(self, rule: Rule) -> Callable[..., Quantity]:
        """A primitive; one that jumps at integers goes on from the side that ``tie`` names."""
        function = self.arithmetic.primitive(rule)
        if not self.tie or rule.row is None or not rule.row.jumps:
            return function
        return lambda number: function(number + Fraction(self.tie, 2) if number == int(number) else number)

    def branch(self, expr: Where) -> int:
        """A case distinction runs only the branch that holds, so that log(x) is never asked for x <= 0 in vain."""
        left, right = self.add(expr.left), self.add(expr.right)
        compare, tie = COMPARE[expr.operator], self.tie
        blocks = []
        for formula in (expr.then, expr.otherwise):
            saved, self.code, shared = self.code, [], self.shared.copy()
            result = self.add(formula)
            blocks.append((self.code, result))
            self.code, self.shared = saved, shared

        def run(values: list[Quantity]) -> Quantity:
            low, high = self.arithmetic.align([values[left], values[right]])
            holds = compare(tie, 0) if self.arithmetic.same(low, high) else compare(low, high)
            code, result = blocks[0 if holds else 1]
            self.execute(code, values)
            return values[result]

        return self.emit(run, (), expr)

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

    def execute(self, code: list[tuple[Callable[..., Quantity], int, tuple[int, ...], Expr, str]], values: list[Quantity]) -> None:
        keep, align = self.arithmetic.keep, self.arithmetic.align
        for function, slot, arguments, expr, owner in code:
            try:
                values[slot] = keep(function(*align([values[argument] for argument in arguments])) if arguments else function(values))
            except (ZeroDivisionError, ValueError, OverflowError, TypeError) as error:
                raise _undefined(error, expr, [values[argument] for argument in arguments], owner, self.vocabulary) from None


def _multiplier(factors: Sequence[str]) -> Callable[..., Quantity]:
    def multiply(first: Quantity, *rest: Quantity) -> Quantity:
        for factor, operand in zip(factors, rest, strict=True):
            first = first / operand if factor == "/" else first * operand
        return first

    return multiply


class Anchor:
    """A node whose value is given: it has that value when it is first asked for, and from there moves as its formula does."""

    def __init__(self, given: Quantity) -> None:
        self.given = given
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


def _undefined(error: Exception, expr: Expr, arguments: list[Quantity], owner: str, vocabulary: Vocabulary) -> Undefined:
    shown = text(expr)
    given = " and ".join(_briefly(argument) for argument in arguments)
    where = f"in {owner}: " if owner else ""
    if isinstance(error, ZeroDivisionError):
        return Undefined(f"{where}{shown} divides by zero", owner)
    if isinstance(error, OverflowError):
        return Undefined(f"{where}{shown} is too large for a number" + (f" (at {given})" if given else ""), owner)
    if isinstance(expr, Call):
        row = vocabulary.rule(expr.name).row
        domain = f"; {expr.name} needs {row.domain}" if row and row.domain else ""
        return Undefined(f"{where}{expr.name}({given}) is not defined{domain}", owner)
    return Undefined(f"{where}{shown} is not defined at {given}", owner)


def _briefly(number: Quantity) -> str:
    try:
        near = float(number)
    except OverflowError:
        near = math.inf
    return f"{near:.6g}" if math.isfinite(near) else "a huge number"


def calculable(graph: Graph, vocabulary: Vocabulary) -> list[str]:
    """The nodes that have a number, in order: it is given, or all that they read has one, and every function they call is specified."""
    known = {leaf.name for leaf in graph.leaves.values() if leaf.value is not None}
    found = []
    for name in graph.order:
        node = graph.nodes[name]
        if name in graph.given:
            known.add(name)
            found.append(name)
        elif node.formula is not None and known.issuperset(node.reads):
            with at_node(graph, name):
                specified = _specified(node.formula, vocabulary)
            if specified:
                known.add(name)
                found.append(name)
    return found


@contextmanager
def at_node(graph: Graph, name: str) -> Iterator[None]:
    """Gives what is found wrong with a node's formula the line on which the node stands."""
    try:
        yield
    except StepperError as error:
        place = place_of(graph, name)
        raise StepperError(*(replace(problem, where=problem.where or place) for problem in error.problems)) from None


def _specified(formula: Expr, vocabulary: Vocabulary) -> bool:
    return all(vocabulary.specified(part.name) for part in walk(formula) if isinstance(part, Call))


def given_number(graph: Graph, name: str) -> Number:
    """The number at which a node is given."""
    number = number_of(graph.given[name])
    if number is None:
        raise StepperError(Problem(f"'{name}' is one number, and is given as {text(graph.given[name])}", place_of(graph, name)))
    return number


def compile_graph(graph: Graph, vocabulary: Vocabulary, arithmetic: Arithmetic, moving: Collection[str] = ()) -> Tape:
    """The tape of all nodes that have a number.

    Given nodes that are ``moving`` follow their formulas from where the first run finds them.
    """
    tape = Tape(vocabulary, arithmetic)
    for leaf in graph.leaves.values():
        if leaf.value is not None:
            tape.leaf(leaf.name)
    for name in calculable(graph, vocabulary):
        formula = graph.nodes[name].formula
        with at_node(graph, name):
            if name in graph.given and (name not in moving or formula is None):
                tape.slots[name] = tape.constant(given_number(graph, name))
                continue
            assert formula is not None
            tape.define(name, formula)
            if name in graph.given:
                anchor = Anchor(arithmetic.number(given_number(graph, name)))
                tape.slots[name] = tape.emit(anchor, [tape.slots[name]], formula)
    return tape


def leaf_values(graph: Graph) -> dict[str, Number]:
    return {leaf.name: leaf.value for leaf in graph.leaves.values() if leaf.value is not None}


def evaluate_graph(graph: Graph, vocabulary: Vocabulary, arithmetic: Arithmetic = EXACT) -> dict[str, Number]:
    """The number of every leaf and node that has one."""
    tape = compile_graph(graph, vocabulary, arithmetic)
    try:
        values = tape.run(leaf_values(graph))
    except Undefined as error:
        hint = order_hint(graph.nodes[error.owner].formula)
        raise StepperError(Problem(error.what, place_of(graph, error.owner), hint)) from None
    return {name: values[slot] for name, slot in tape.slots.items()}


def ordered(graph: Graph) -> Graph:
    """A graph that can be worked out.

    Raises:
        StepperError: where its nodes form a cycle: no value can depend on itself.
    """
    try:
        assert graph.order is not None
    except CycleError as error:
        chain = " reads ".join(error.nodes)
        place = place_of(graph, error.nodes[0])
        hint = "a value cannot depend on itself; unroll a recurrence with 'repeat:'"
        raise StepperError(Problem(f"these nodes form a cycle: {chain}", place, hint)) from None
    return graph


def place_of(graph: Graph, node: str) -> Place | None:
    """The line of the document on which a node stands."""
    line = graph.nodes[node].line if node in graph.nodes else 0
    return Place(graph.origin, line) if graph.origin and line else None


def evaluate(expr: Expr, env: Mapping[str, Number], vocabulary: Vocabulary, tie: int = 0, arithmetic: Arithmetic = EXACT) -> Number | None:
    """The number of one formula, or None where a name in it has none.

    >>> from stepper.core.parser import parse
    >>> evaluate(parse("w*x"), {"w": Fraction(2), "x": Fraction(3)}, Vocabulary({}, {}))
    Fraction(6, 1)
    """
    return program(expr, vocabulary, tie, arithmetic)(env)


def program(expr: Expr, vocabulary: Vocabulary, tie: int = 0, arithmetic: Arithmetic = EXACT) -> Program:
    """What gives the number of one formula, or None where a name in it has none: compiled once, for many numbers."""
    lowered = lower(expr, vocabulary)
    if any(isinstance(part, Deriv) or (isinstance(part, Call) and vocabulary.rule(part.name).unspecified) for part in walk(lowered)):
        return lambda _: None
    reads = [text(name) for name in names(lowered)]
    made: list[tuple[Tape, int]] = []

    def work(env: Mapping[str, Number]) -> Number | None:
        if any(name not in env for name in reads):
            return None
        if not made:
            tape = Tape(vocabulary, arithmetic, tie)
            for name in reads:
                tape.leaf(name)
            made.append((tape, tape.add(lowered)))
        ((tape, slot),) = made
        number: Number = tape.run({name: env[name] for name in reads})[slot]
        return number

    return work
