"""Numbers of formulas and graphs: each compiled once to a tape, run exactly, in floating point, or at 50 digits.

Every value that is shown comes from here. A fraction stays exact while it is short; beyond 40 digits, and after a
primitive such as exp, it is a float.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from msgspec.structs import replace

from stepper.core.expr import Call, Deriv, Expr, Number
from stepper.core.formula import number_of, text
from stepper.core.graph import CycleError, Graph
from stepper.core.traverse import names, parts_of
from stepper.engine.values.arithmetic import EXACT, Arithmetic
from stepper.engine.values.definitions import lower
from stepper.engine.values.loss_arguments import order_hint
from stepper.engine.values.tape import Anchor, Tape, Undefined
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Place, Problem, StepperError

Program: TypeAlias = Callable[[Mapping[str, Number]], Number | None]
"""The number of a formula from the numbers of the names in it."""


def calculable(graph: Graph, vocabulary: Vocabulary) -> list[str]:
    """The nodes that have a number, in order: it is given, or all that they read has one, and every function they call
    is specified.
    """
    known = {leaf.name for leaf in graph.leaves.values() if leaf.value is not None}
    found: list[str] = []
    specified: dict[int, bool] = {}
    for name in graph.order:
        node = graph.nodes[name]
        if name in graph.given:
            known.add(name)
            found.append(name)
        elif node.pattern is not None and known.issuperset(node.reads):
            if id(node.written) not in specified:
                with at_node(graph, name):
                    specified[id(node.written)] = _specified(node.pattern, vocabulary)
            if specified[id(node.written)]:
                known.add(name)
                found.append(name)
    return found


class at_node:  # noqa: N801  it stands behind `with`, and is entered for every node: a generator would cost most
    """Gives what is found wrong with a node's formula the line on which the node stands."""

    __slots__ = ("graph", "name")

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph, self.name = graph, name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StepperError):
            place = place_of(self.graph, self.name)
            problems = [replace(problem, where=problem.where or place) for problem in error.problems]
            raise StepperError(*problems) from None


def _specified(formula: Expr, vocabulary: Vocabulary) -> bool:
    return all(vocabulary.specified(part.name) for part in parts_of(formula) if type(part) is Call)


def given_number(graph: Graph, name: str) -> Number:
    """The number at which a node is given."""
    number = number_of(graph.given[name])
    if number is None:
        raise StepperError(
            Problem(f"'{name}' is one number, and is given as {text(graph.given[name])}", place_of(graph, name))
        )
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
                anchor = Anchor(given_number(graph, name), arithmetic)
                tape.slots[name] = tape.emit(anchor, [tape.slots[name]], formula)
    return tape


def leaf_values(graph: Graph) -> dict[str, Number]:
    return {leaf.name: leaf.value for leaf in graph.leaves.values() if leaf.value is not None}


def run_graph(graph: Graph, tape: Tape) -> dict[str, Number]:
    """The number of every leaf and node that has one, by the graph's tape."""
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


def evaluate(
    expr: Expr, env: Mapping[str, Number], vocabulary: Vocabulary, tie: int = 0, arithmetic: Arithmetic = EXACT
) -> Number | None:
    """The number of one formula, or None where a name in it has none.

    >>> from fractions import Fraction
    >>> from stepper.core.parser import parse
    >>> evaluate(parse("w*x"), {"w": Fraction(2), "x": Fraction(3)}, Vocabulary({}, {}))
    Fraction(6, 1)
    """
    return program(expr, vocabulary, tie, arithmetic)(env)


def program(expr: Expr, vocabulary: Vocabulary, tie: int = 0, arithmetic: Arithmetic = EXACT) -> Program:
    """What gives the number of one formula, or None where a name in it has none: compiled once, for many numbers."""
    lowered = lower(expr, vocabulary)
    for part in parts_of(lowered):
        kind = type(part)
        if kind is Deriv or (isinstance(part, Call) and vocabulary.rule(part.name).unspecified):
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
