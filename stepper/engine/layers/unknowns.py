"""Unknowns as steps: those that a neighbour settles, and those that a stated size asks for, with the inequalities that
it means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stepper.core.expr import Expr, Sym, Value, multiply
from stepper.core.formula import literal_of, text
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Column, Equation, Link, Note, Step, Table
from stepper.core.traverse import names
from stepper.engine.layers.result import Worked
from stepper.engine.layers.sizes import literal, product
from stepper.engine.layers.solve import Solution
from stepper.engine.layers.table import ordered
from stepper.engine.layers.worked_lines import unfolded
from stepper.errors import Problem, StepperError

if TYPE_CHECKING:
    from stepper.engine.layers.inversion import Inverse, Span

MOST_CHOICES = 12


def unknowns(worked: Worked, asked: Sequence[str] = ()) -> list[Step]:
    """What the listing says of its letters, or of those asked for.

    Raises:
        StepperError: where it says nothing of one that is asked for.
    """
    for name in asked:
        if Sym(name) not in worked.known and not any(Sym(name) in solution.unknowns for solution in worked.solved):
            raise StepperError(
                Problem(
                    f"nothing in the listing says what {name} is",
                    hint="state a shape after a layer, such as -> 8x12x12",
                )
            )
    wanted = set(map(Sym, asked))
    body: list[Block] = []
    for symbol, (value, why) in worked.bound.items():
        if wanted and symbol not in wanted:
            continue
        factors = next(
            (
                done.inputs[0]
                for done in worked.layers
                if done.row.merge and product(done.inputs[0]) == value and len(done.inputs[0]) > 1
            ),
            (),
        )
        links = [Link("=", multiply(*ordered(factors, worked.network.layout)))] if factors else []
        body.append(
            Equation(symbol, (*links, Link("=", value, why if not factors else ("the number of inputs", ", ", *why))))
        )
    for solution in worked.solved:
        if not wanted or wanted.intersection(solution.unknowns):
            body += _solution(solution)
    if not wanted:
        body += _free(worked)
    return [Step("shapes.unknowns", "shapes.unknowns", ("Unknowns",), tuple(body), detail="brief")] if body else []


def _free(worked: Worked) -> list[Block]:
    """Letters of the listing that no layer asks about."""
    given = dict.fromkeys(value for done in worked.layers for value in done.layer.settings.values())
    settled = {*worked.known, *(letter for solution in worked.solved for letter in solution.unknowns)}
    left = {name for done in worked.layers for size in done.output for name in names(size)} - settled
    return [
        Note((letter, f" is free: --set {text(letter)}=... gives it a value")) for letter in given if letter in left
    ]


def _solution(solution: Solution) -> list[Block]:
    """The questions, what each says of a letter, and what answers all."""
    body: list[Block] = []
    for place, constraint in enumerate(solution.constraints):
        does = "takes" if constraint.takes else "must give"
        body.append(Note((f"{constraint.layer.name}: {constraint.layer.text} {does} ", constraint.wanted)))
        if constraint.formula not in solution.unknowns:
            words: Prose = (unfolded(constraint.formula), " = ", constraint.wanted)
            body.append(
                Note((*words, *_inequalities(solution.working[place])) if place < len(solution.working) else words)
            )
    return [*body, *_choices(solution)]


def _inequalities(inverse: Inverse) -> Prose:
    """What the equation says of its parts, down to the letter; nothing where that is the answer itself."""
    words: list[str | Expr] = []
    for span, expr in inverse.steps:
        if span.low is not None and span.low == span.high:
            words += [", so ", unfolded(expr), " = ", literal_of(span.low)] if expr != inverse.symbol else []
        else:
            words += [", so ", *_between(span, unfolded(expr))]
    return tuple(words)


def _between(span: Span, expr: Expr) -> Prose:
    """``11 <= (n - 5)/2 < 12``."""
    lower = () if span.low is None else (Value(span.low), " < " if span.open_low else " ≤ ")
    upper = () if span.high is None else (" < " if span.open_high else " ≤ ", Value(span.high))
    return (*lower, expr, *upper)


def _choices(solution: Solution) -> list[Block]:
    if solution.values:
        return [Equation(letter, (Link("=", value),)) for letter, value in solution.values.items()]
    if not solution.choices:
        return [_none(solution)]
    if len(solution.unknowns) == 1:
        found: list[str | Expr] = ["Solutions: "]
        for choice in solution.choices[:MOST_CHOICES]:
            found += [", ", literal(choice[0])] if len(found) > 1 else [literal(choice[0])]
        tried: Prose = () if solution.complete else (", tried up to ", *_limits(solution))
        return [Note((*found, *_more(solution), *tried))]
    columns = tuple(Column((name,), "value", "right") for name in solution.unknowns)
    rows = tuple(tuple((str(value),) for value in choice) for choice in solution.choices[:MOST_CHOICES])
    return [Note(("Solutions, tried up to ", *_limits(solution), *_more(solution), ":")), Table(columns, rows)]


def _limits(solution: Solution) -> Prose:
    return listed(
        [(letter, " = ", literal(limit)) for letter, limit in zip(solution.unknowns, solution.tried, strict=True)]
    )


def _none(solution: Solution) -> Block:
    """That nothing fits, and what comes near; or that more is unknown than was tried."""
    if not solution.tried:
        return Note(("The listing does not determine all unknowns.",))
    if not solution.complete:
        return Note(("No value fits, tried up to ", *_limits(solution), "."))
    words: list[Prose] = [
        (
            *listed(
                [(letter, " = ", literal(value)) for letter, value in zip(solution.unknowns, choice, strict=True)], ", "
            ),
            " gives ",
            size,
        )
        for choice, size in solution.nearest
    ]
    return Note(("No integers fit. ", *listed(words, "; ", "; "), ".") if words else ("No integers fit.",))


def _more(solution: Solution) -> Prose:
    if solution.endless:
        return (", and all that follow",)
    return (f" ({len(solution.choices) - MOST_CHOICES} more)",) if len(solution.choices) > MOST_CHOICES else ()
