"""One entry of an array: which entries read it, with which weight, and the sum that its gradient is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from stepper.core.expr import Deriv, Expr, Index, Value, add
from stepper.core.formula import reference, text
from stepper.core.prose import Prose
from stepper.core.steps import Column, Equation, Link, Note, Step, Table
from stepper.core.traverse import names
from stepper.engine.tensor.entries import element, entry_expr, shown
from stepper.engine.values.differentiate import ZERO, partials, times
from stepper.engine.values.equations import append
from stepper.errors import Problem, StepperError

if TYPE_CHECKING:
    from stepper.engine.tensor.gradients import ArrayGradients
    from stepper.engine.tensor.quantities import Board

MOST_ROWS = 40


def is_element(name: str, board: Board) -> bool:
    """Is it an entry of an array, and not a quantity of its own?"""
    return name not in board.shapes


def element_steps(gradients: ArrayGradients, name: str, base: str) -> list[Step]:
    """The gradient of one entry: over all entries that read it, what arrives at each times the local derivative.

    Raises:
        StepperError: where there is no such entry.
    """
    board = gradients.board
    entry = reference(name)
    known = {text(element(base, where)) for where in np.ndindex(*board.shapes[base])}
    if name not in known:
        raise StepperError(
            Problem(f"there is no {name}: {base} is {shown(board.shapes[base])}", hint="entries are counted from 1")
        )
    if base == board.output:
        return []  # what arrives at the output is given
    long = [reader for reader, _ in gradients.parts[base] if board.parts.get(reader)]
    left, value = Deriv(reference(board.loss), entry), entry_expr(gradients.arrays[base][place_of(entry)])
    if long:
        said: Prose = ("the entries of ", reference(long[0]), " are too long to be written out; ", left, " = ", value)
        return [Step(f"element.sum:{name}", "element.sum", (entry,), (Note(said),), detail="brief")]
    sentences, uses = _uses(gradients, entry, base)
    rows = tuple(((use.of,), (Deriv(use.of, entry, total=False), " = ", use.local)) for use in uses[:MOST_ROWS])
    table = Table((Column(("entry",)), Column(("local derivative",))), rows)
    links = [Link("=", add(*[times(Deriv(left.of, use.of), use.local) for use in uses]) if uses else ZERO)]
    if uses:
        append(links, add(*[_put_in(gradients, use.arriving, use.local) for use in uses]))
    if isinstance(value, Value):
        append(links, value)
    title: Prose = ("Which entries use ", entry)
    total = Equation(left, tuple(links), "gradient")
    return [
        Step(f"element.reads:{name}", "element.reads", title, (*sentences, table), detail="brief"),
        Step(f"element.sum:{name}", "element.sum", (left,), (total,), detail="brief"),
    ]


class _Use(Struct, frozen=True):
    """An entry that uses another: which, its derivative for that, and the gradient that arrives at it."""

    of: Expr
    local: Expr
    arriving: object


def _uses(gradients: ArrayGradients, entry: Expr, base: str) -> tuple[list[Note], list[_Use]]:
    """The entries that use one, and how many of each array do, in words."""
    board, sentences, uses = gradients.board, list[Note](), list[_Use]()
    for reader, _ in gradients.parts[base]:
        formulas, arrays, before = board.formulas[reader], gradients.arrays[reader], len(uses)
        for where in np.ndindex(*formulas.shape):
            formula = entry_expr(formulas[where])
            if entry in names(formula):
                local = partials(formula, board.vocabulary).get(entry, ZERO)
                uses.append(_Use(element(reader, where), local, arrays[where] if where else arrays.item()))
        said = f"{len(uses) - before} of the {formulas.size} entries of "
        sentences.append(Note((said, reference(reader), " use ", entry)))
    return sentences, uses


def place_of(entry: Expr) -> tuple[int, ...]:
    """Where an entry stands, as Python counts."""
    assert isinstance(entry, Index)
    return tuple(int(text(index)) - 1 for index in entry.indices)


def _put_in(gradients: ArrayGradients, arriving: object, local: Expr) -> Expr:
    """What arrives at an entry times the local derivative, with numbers where there are some."""
    expr = entry_expr(arriving)
    sheet = gradients.board.sheet
    settled, _ = sheet.decide(sheet.put_in(local))
    return times(expr, settled)
