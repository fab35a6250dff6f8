"""Forward passes of graphs of arrays: one equation a node, and how its entries arise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Call, Expr
from stepper.core.formula import reference, text
from stepper.core.parser import parse
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Derivation, Detail, Equation, Link, Note, Step, drawing_step
from stepper.core.traverse import walk
from stepper.engine.graph.drawing import drawing
from stepper.engine.graph.forward import given_step
from stepper.engine.tensor.board_lines import wanted_twice
from stepper.engine.tensor.drawing import known_arrays
from stepper.engine.tensor.entries import Entries, Formula, as_expr, element, entry_expr, is_number
from stepper.engine.tensor.equations import (
    MOST_SHOWN,
    MOST_WINDOWS,
    answer,
    conventions,
    shapes_note,
    spelling,
    summary,
    worked,
)
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.engine.tensor.working import Working
from stepper.engine.values.quantities import Settings
from stepper.tables.arrays import BY_ARRAY_NAME


def forward(graph: ArrayGraph, settings: Settings) -> Derivation:
    """Works every array of a graph out.

    Raises:
        StepperError: where shapes do not fit.
    """
    board = Board(graph, settings)
    taken = {*board.shapes, *wanted_twice((node.formula for node in graph.nodes.values()), board.vocabulary)}
    working = None if board.large else Working(Shapes(board.vocabulary, board.shapes), taken, settings)
    pictured = drawing_step(drawing(graph, known_arrays(board), (), board.output))
    steps = (pictured, forward_step(board, graph.order, working))
    answers = tuple(answer(board, name, name, board.array(name)) for name in graph.order)
    return Derivation(
        "forward",
        graph.title,
        steps,
        answers,
        (),
        tuple(conventions(board)),
        spelling(graph) | (working.labels if working else {}),
        graph.source,
    )


def forward_step(board: Board, wanted: Sequence[str], working: Working | None) -> Step:
    """One equation a node."""
    children = tuple(step for name in board.graph.order if name in wanted for step in _node(board, name, working))
    return Step("forward.pass", "forward.pass", ("Forward pass",), children=children, detail="brief")


def _node(board: Board, name: str, working: Working | None) -> list[Step]:
    node = board.graph.nodes[name]
    assert node.formula is not None
    if name in board.graph.given_nodes:
        return [_given(board, name)]
    shape = Shapes(board.vocabulary, board.shapes)
    formula = told_apart(lean(node.formula, shape), shape)
    worker = board.worker(board.known)
    result = board.array(name)
    note = shapes_note(formula, board.shapes[name], shape)
    lines, sides = lines_of(working, formula, result, worker, name)
    filled = None if result is not None else board.filled(name)
    body = (
        worked(reference(name), formula, result, filled, note, worker, (), sides), *summary(reference(name), result),
    )  # fmt: skip
    children = tuple(entry_steps(board, name, node.formula))
    before = parts_step("forward", name, lines)
    own = Step(
        f"forward.node:{name}",
        "forward.node",
        (reference(name),),
        body,
        uses=node.reads,
        children=children,
        detail="brief",
    )
    return [*before, own]


def lines_of(
    working: Working | None, formula: Expr, result: Entries | None, worker: Worker, owner: str, own: bool = True
) -> tuple[Sequence[Equation], Sequence[Expr] | None]:
    """The lines before an equation, and the sides of it after its formula; None where it is not worked on a board.

    ``own``: the formula is its author's, and stands as it is; others stand over the names of lines.
    """
    if working is None or result is None or any(isinstance(entry, Formula) for entry in result.ravel()):
        return (), None
    found = working(formula, worker, owner)
    sides = [side for side, _ in found.sides]
    return found.lines, sides[1:] if own and sides[0] == formula else sides


def parts_step(passing: str, name: str, lines: Sequence[Equation]) -> list[Step]:
    """The lines that lead to an equation, in a step before it."""
    if not lines:
        return []
    rule = f"{passing}.parts"
    return [Step(f"{rule}:{name}", rule, (reference(name), ", part by part"), tuple(lines))]


def _given(board: Board, name: str) -> Step:
    """The line of a node that is given, wholly or in some entries."""
    array, left = board.known[name], reference(name)
    whole = [given for given in board.graph.given if given == name]
    entries = listed(
        [(parse(given),) for given in board.graph.given if given != name and given.partition("[")[0] == name]
    )
    if whole and array.size <= MOST_SHOWN:
        return given_step(f"forward.node:{name}", board.graph, name, left, as_expr(array), "brief")
    words: Prose = (
        ("of ", left, " are given: ", *entries, "; the others are worked out") if entries else (left, " is given")
    )
    line = (Equation(left, (Link("=", as_expr(array)),)),) if array.size <= MOST_SHOWN else ()
    node = board.graph.nodes[name]
    body = (Note(words), *line, *summary(left, array))
    return Step(f"forward.node:{name}", "forward.given", (left,), body, uses=node.reads, detail="brief")


def entry_steps(board: Board, name: str, formula: Expr) -> list[Step]:
    """How entries arise: of windows all of a small array, or the first of a larger one; of other formulas in full
    detail only.
    """
    if board.large:
        return []
    entries = board.formulas[name]
    calls = [part.name for part in walk(formula) if isinstance(part, Call)]
    slides = any(call in BY_ARRAY_NAME and BY_ARRAY_NAME[call].windows for call in calls)
    if not entries.ndim or board.parts.get(name) or is_number(entries.flat[0]):
        return []
    lines: list[Block] = []
    for where in np.ndindex(*entries.shape):
        left = element(name, where)
        lines.append(board.sheet.worked(left, entry_expr(entries[where]), board.sheet.values.get(text(left))))
        if entries.size > MOST_WINDOWS:
            break
    detail: Detail = "normal" if slides else "full"
    return [
        Step(
            f"forward.entries:{name}",
            "forward.entries",
            (reference(name), " entry by entry"),
            tuple(lines),
            detail=detail,
        )
    ]
