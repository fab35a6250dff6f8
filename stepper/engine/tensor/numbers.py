"""A graph of arrays as the graph of all of its entries, for what is worked number by number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Array, Deriv
from stepper.core.formula import reference, text
from stepper.core.graph import Graph
from stepper.core.traverse import names
from stepper.engine.tensor.entries import element, shown
from stepper.engine.tensor.limits import MOST_EXACT
from stepper.engine.tensor.product_rule import Backward
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError

MOST_BY_ENTRY = 200
"""A graph of so many entries is still written number by number."""


def in_numbers(graph: ArrayGraph, option: str, ends: bool = False) -> Graph:
    """The graph of all entries, which are numbers. ``ends``: must it end in one that is differentiated?

    Raises:
        StepperError: where there are too many, or what reads an entry is no formula of it.
    """
    return of_board(Board(graph, Settings(), limited=True), option, ends)


def of_board(board: Board, option: str, ends: bool = False) -> Graph:
    """The same, of a graph whose shapes are known already."""
    graph = board.graph
    size = sum(map(math.prod, board.shapes.values()))
    if board.large or size > MOST_BY_ENTRY:
        what = f"{option} is worked out entry by entry, for up to {MOST_BY_ENTRY} of them, and this graph has {size:,}"
        raise StepperError(Problem(what, hint="leave it out, or use smaller arrays"))
    if arrives_at_arrays(board):
        what = (
            f"{option} is worked out entry by entry, of an output that is one number, and here the upstream gradient "
            f"is at {board.output or 'what is not a node'}"
        )
        raise StepperError(Problem(what, hint="such as --of 'Y[1,2]'; or end in a number: sum(...)"))
    for name in graph.order:
        _has_formulas(board, name, option)
    output = graph.entry or None
    if output is None and board.output is not None:
        shape = board.shapes[board.output]
        output = text(element(board.output, (0,) * len(shape))) if math.prod(shape) == 1 else None
        if output is None and ends:
            what = (
                f"{option} is worked out entry by entry, of an output that is one number, "
                f"and {board.output} is {shown(shape)}"
            )
            raise StepperError(Problem(what, hint=f"such as --of '{text(element(board.output, (0,) * len(shape)))}'"))
    said = (f"the arrays are taken entry by entry, as a graph of {size} numbers",)
    remarks = (*graph.remarks, said)
    upstream = None if graph.entry else graph.upstream
    while isinstance(upstream, Array):  # at an output of one entry
        (upstream,) = upstream.items
    return replace(
        board.scalar,
        output=output,
        upstream=upstream,
        title=graph.title,
        source=graph.source,
        labels=graph.labels,
        notation=graph.notation,
        remarks=remarks,
    )


def entry_by_entry(graph: ArrayGraph, moved: Sequence[str] = ()) -> Graph:
    """The graph of all entries, whose output is a number; the quantities that are ``moved`` stand in it by their names.

    Raises:
        StepperError: where the output is an array, or there are too many entries, or one that moves stands as a number.
    """
    board = Board(graph, Settings())
    if board.large:
        raise StepperError(Problem(f"training shows every entry, and takes graphs of up to {MOST_EXACT:,} of them"))
    if not board.is_bare:
        raise StepperError(
            Problem("training minimizes a number, and the output is an array", hint="end in a number: mean(...)")
        )
    moving, formulas = graph.descendants({name.partition("[")[0] for name in moved} & {*graph.leaves}), board.formulas
    stuck = next((name for name in formulas if board.opaque[name] & moving), None)
    if stuck is not None:
        what = (
            "training works with every entry as a formula, "
            f"and the entries of {stuck} are not formulas of {', '.join(board.opaque[stuck])}"
        )
        raise StepperError(Problem(what))
    assert board.output is not None
    output = text(element(board.output, (0,) * len(board.shapes[board.output])))
    return replace(board.scalar, output=output, title=graph.title, source=graph.source, fixed=board.fixed)


def arrives_at_arrays(board: Board) -> bool:
    """Is the gradient that arrives one of arrays?"""
    graph = board.graph
    if graph.upstream is None or graph.entry:
        return False
    shape = () if board.output is None else board.shapes[board.output]
    return math.prod(shape) > 1 or any(board.shapes.get(text(name)) for name in names(graph.upstream))


def _has_formulas(board: Board, name: str, option: str) -> None:
    """Refuses a node that reads as a mere number what its gradient goes back to."""
    formula = board.graph.nodes[name].formula
    assert formula is not None
    opaque = board.opaque[name] if name in board.formulas else set()
    if not opaque:
        return
    arriving = Deriv(reference("L"), reference(name))
    back = Backward(
        board.vocabulary,
        set(board.shapes),
        Shapes(board.vocabulary, {**board.shapes, text(arriving): board.shapes[name]}),
    )
    if opaque & back.through(formula, arriving, reference(name)).keys():
        what = (
            f"{option} is worked out entry by entry, and the entries of {name} are not formulas of those that it reads"
        )
        raise StepperError(Problem(what, hint="leave it out"))
