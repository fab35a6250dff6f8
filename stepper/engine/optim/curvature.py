"""Steps that read second derivatives: the matrix of their linear equations, its solution, and what kind of matrix it
is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from stepper.core.expr import Expr, Neg, Num, Number, Power, Product, Sign, Sum, Value, add, divide
from stepper.core.formula import literal_of, number_of, reference, text
from stepper.core.graph import Graph, Node
from stepper.core.prose import Prose, listed
from stepper.core.task import Task
from stepper.core.traverse import substitute
from stepper.engine.graph.asked import output_of
from stepper.engine.values.cofactors import NUMBERS, Ring, determinant
from stepper.engine.values.definitions import bounded, unfold
from stepper.engine.values.differentiate import ZERO, partials, plus, times
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

Matrix: TypeAlias = Sequence[Sequence[Expr]]
SQUARED = 2
"""How many rows a matrix has whose determinant is a d - b c."""
MOST_TOGETHER = 3
"""Linear equations are solved by Cramer's rule, which is readable for this many."""


# ---- the objective as one formula


def in_one_formula(task: Task) -> Graph:
    """The objective with every node put into the next one, as second derivatives are worked from; over samples their
    mean or sum.

    Raises:
        StepperError: where that formula is too large.
    """
    graph = task.objective
    assert graph is not None
    output = output_of(graph)
    parts = []
    for sample in task.samples or ({},):
        known: dict[Expr, Expr] = {reference(name): literal_of(value) for name, value in sample.items()}
        for name in graph.order:
            formula = graph.nodes[name].formula
            assert formula is not None
            known[reference(name)] = bounded(substitute(formula, known))
        parts.append(known[reference(output)])
    whole = add(*parts)
    if task.mean and len(parts) > 1:
        whole = divide(whole, Num(str(len(parts))))
    node = Node.of(output, bounded(whole))
    leaves = {name: leaf for name, leaf in graph.leaves.items() if name in node.reads}
    return Graph(graph.title, leaves, {output: node}, functions=graph.functions, conventions=graph.conventions)


# ---- squares


def squares(formula: Expr, vocabulary: Vocabulary) -> list[tuple[Number, Expr]]:
    """A sum of squares as numbers and residuals: ``((a - 1)^2 + (b - 2)^2)/2`` is ``[(1/2, a - 1), (1/2, b - 2)]``.

    Raises:
        StepperError: where a term is no square.
    """
    found: list[tuple[Number, Expr]] = []
    for factor, term in _terms(unfold(formula, vocabulary), Fraction(1)):
        if not (isinstance(term, Power) and term.exponent == Num("2")):
            what = f"the objective is not a sum of squares: {text(term)} is not a square"
            raise StepperError(Problem(what, hint="such as (a*1 + b - 2)^2 + (a*3 + b - 4)^2, or mse([...], [...])"))
        found.append((factor, term.base))
    return found


def _terms(formula: Expr, factor: Number) -> Iterator[tuple[Number, Expr]]:
    """The terms of a sum, each with the number in front of it."""
    match formula:
        case Sum(operands, operators) if "-" not in operators:
            for operand in operands:
                yield from _terms(operand, factor)
        case Product(operands, operators):
            others: list[tuple[str, Expr]] = []
            for mark, part in zip(("*", *operators), operands, strict=True):
                number = number_of(part)
                if number is None or number == 0:
                    others.append((mark, part))
                else:
                    factor = factor / number if mark == "/" else factor * number
            if len(others) != 1 or others[0][0] == "/":
                yield factor, formula
            else:
                yield from _terms(others[0][1], factor)
        case _:
            yield factor, formula


def crossed(residuals: Sequence[tuple[Number, Expr]], row: Expr, column: Expr, vocabulary: Vocabulary) -> Expr:
    """An entry of the second derivatives without the residuals' own: for c r^2 each adds 2 c dr/da dr/db."""
    terms: list[tuple[Sign, Expr]] = []
    for number, residual in residuals:
        slopes = partials(residual, vocabulary)
        first, second = slopes.get(row, ZERO), slopes.get(column, ZERO)
        product = Power(first, Num("2")) if row == column and first not in (ZERO, Num("1")) else times(first, second)
        terms.append(("+", times(literal_of(2 * number), product)))
    return plus(terms)


# ---- linear equations


FORMULAS: Ring[Expr] = Ring(
    one=Num("1"),
    product=lambda one, other: Power(one, Num("2")) if one == other else times(one, other),
    total=lambda terms: plus(list(terms)),
    negative=Neg,
)
"""Formulas as they are written: b^2 for b*b."""


def checked_size(count: int, name: str, instead: Sequence[str]) -> None:
    """Are there few enough parameters for Cramer's rule?

    Raises:
        StepperError: where there are too many.
    """
    if count > MOST_TOGETHER:
        what = f"{name} solves linear equations for up to {MOST_TOGETHER} parameters, and there are {count}"
        raise StepperError(
            Problem(
                what,
                hint=f"without mixed second derivatives: {', '.join(instead)}" if instead else "use fewer parameters",
            )
        )


def nature(matrix: Matrix, numbers: Mapping[str, Number]) -> Prose:
    """What kind of matrix it is, by Sylvester's criterion on its leading minors, and where a step with it leads."""
    values: list[list[Number]] = [[_value(entry, numbers) for entry in line] for line in matrix]
    minors = [determinant([line[:size] for line in values[:size]], NUMBERS) for size in range(1, len(values) + 1)]
    signs = [(minor > 0) - (minor < 0) for minor in minors]
    single = len(matrix) == 1
    if all(sign > 0 for sign in signs):
        kind = "positive" if single else "positive definite"
        return (matrix[0][0] if single else "the matrix", f" is {kind}: the step leads towards a minimum")
    if all(sign == (-1) ** place for place, sign in enumerate(signs, start=1)):
        kind = "negative" if single else "negative definite"
        return (matrix[0][0] if single else "the matrix", f" is {kind}: the step leads uphill, towards a maximum")
    shown = listed([(Value(minor),) for minor in minors])
    return ("the matrix is indefinite (leading minors ", *shown, "): the step leads towards a saddle, not a minimum")


def _value(entry: Expr, numbers: Mapping[str, Number]) -> Number:
    number = number_of(entry)
    return numbers[text(entry)] if number is None else number
