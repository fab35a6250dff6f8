"""One entry of an array: which entries read it, with which weight, and the sum that its gradient is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stepper.core.expr import Deriv, Expr, Index, Value, add
from stepper.core.formula import reference, text
from stepper.core.steps import Block, Column, Equation, Link, Note, Step, Table
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
    rows, terms, numbers = [], [], []
    sentences: list[Block] = []
    if base == board.output:
        return []  # what arrives at the output is given
    long = [reader for reader, _ in gradients.parts[base] if board.parts.get(reader)]
    if long:
        said = (
            "the entries of ",
            reference(long[0]),
            " are too long to be written out; ",
            Deriv(reference(board.loss), entry),
            " = ",
        )
        value = entry_expr(gradients.arrays[base][place_of(entry)])
        return [Step(f"element.sum:{name}", "element.sum", (entry,), (Note((*said, value)),), detail="brief")]
    for reader, _ in gradients.parts[base]:
        formulas = board.formulas[reader]
        found = 0
        for where in np.ndindex(*formulas.shape):
            formula = entry_expr(formulas[where])
            if entry not in names(formula):
                continue
            local = partials(formula, board.vocabulary).get(entry, ZERO)
            target = element(reader, where)
            found += 1
            rows.append(((target,), (Deriv(target, entry, total=False), " = ", local)))
            arriving = (
                gradients.arrays[reader][where] if gradients.arrays[reader].ndim else gradients.arrays[reader].item()
            )
            terms.append(times(Deriv(reference(board.loss), target), local))
            numbers.append((arriving, local))
        sentences.append(Note((f"{found} of the {formulas.size} entries of ", reference(reader), " use ", entry)))
    table = Table((Column(("entry",)), Column(("local derivative",))), tuple(rows[:MOST_ROWS]))
    total = add(*terms) if terms else ZERO
    links = [Link("=", total)]
    put_in = [_put_in(gradients, arriving, local) for arriving, local in numbers]
    value = entry_expr(gradients.arrays[base][place_of(entry)])
    if put_in:
        append(links, add(*put_in))
    if isinstance(value, Value):
        append(links, value)
    left = Deriv(reference(board.loss), entry)
    return [
        Step(
            f"element.reads:{name}",
            "element.reads",
            ("Which entries use ", entry),
            (*sentences, table),
            detail="brief",
        ),
        Step(
            f"element.sum:{name}", "element.sum", (left,), (Equation(left, tuple(links), "gradient"),), detail="brief"
        ),
    ]


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
