"""Entries of arrays that stand on a kink or a tie: where their slopes matter, which is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stepper.core.expr import Call, Expr, Index, Sym, Where
from stepper.core.formula import reference, text
from stepper.core.prose import Prose, listed
from stepper.core.traverse import walk
from stepper.engine.graph.conventions import said_of
from stepper.engine.tensor.calls import of_arrays
from stepper.engine.tensor.slopes import Taken
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.kinks import Kink, Slopes
from stepper.engine.values.ties import Tie, ties
from stepper.errors import Problem, StepperError
from stepper.tables.arrays import BY_ARRAY_NAME

if TYPE_CHECKING:
    from stepper.core.graph import Node
    from stepper.engine.tensor.gradients import ArrayGradients
    from stepper.engine.tensor.quantities import Board

MOST_NAMED = 4


def kink_lines(gradients: ArrayGradients) -> list[Prose]:
    """The entries that stand on a kink or a tie, where their slopes matter, and which is taken.

    Raises:
        StepperError: at a tie at which the convention is not followed.
    """
    board = gradients.board
    if board.large:
        return list(_of_large(board))
    lines: dict[Prose, None] = {}
    for name in board.graph.order:
        reads = board.graph.nodes[name].reads
        if (
            name in gradients.inside
            and all(read in board.known for read in reads)
            and any(isinstance(part, Call | Where) for part in walk(board.graph.nodes[name].formula or ZERO))
        ):
            lines |= dict.fromkeys(line for node in _entries(board, name) for line in _of_entry(gradients, name, node))
    found = list(lines)
    more = len(found) - MOST_NAMED
    return (
        found
        if more <= 1
        else [
            *found[:MOST_NAMED],
            (f"{more} more entries are at a kink or a tie; their slopes are chosen in the same way",),
        ]
    )


def _of_large(board: Board) -> Iterator[Prose]:
    """Of many entries it is only said where the convention is not followed."""
    calls = (part for node in board.graph.nodes.values() if node.formula is not None for part in walk(node.formula))
    folds = [call for call in calls if isinstance(call, Call) and of_arrays(call) and BY_ARRAY_NAME[call.name].fold]
    for call in folds:
        if not Taken(board.vocabulary).plain and board.vocabulary.rule(BY_ARRAY_NAME[call.name].fold).picks:
            yield ("where entries tie in ", call, " the first of them takes the slope")


def _entries(board: Board, name: str) -> list[Node]:
    """The entries of a node, after the pieces of their formulas."""
    prefix = name + "["
    own = {name, *board.parts.get(name, {})}
    return [
        node
        for key, node in board.scalar.nodes.items()
        if key in own or (key.startswith(prefix) and key not in board.shapes)
    ]


def _of_entry(gradients: ArrayGradients, name: str, node: Node) -> list[Prose]:
    board, sheet = gradients.board, gradients.board.sheet
    assert node.formula is not None
    found = [tie for tie in ties(node.formula, sheet) if _matters(gradients, tie.part)]
    if not found:
        return []
    _followed(board, name, found)
    first = [tie for tie in found if _takes_first(board, name, tie)]
    lines = [_tie_line(board, tie) for tie in first]
    if len(first) == len(found):
        return lines
    formula, origins = node.wired()
    slopes = Slopes(sheet, node, origins)
    partials(
        formula, board.vocabulary, None if node.name in sheet.graph.given else reference(node.name), taken=slopes.taken
    )
    passed = {reference(node.name) if tie.part == node.formula else tie.part for tie in first}
    kinks = [kink for kink in slopes.found if kink.of not in passed and _reads(gradients, kink)]
    return [*lines, *(said_of(kink, board.vocabulary.kink.says) for kink in kinks)]


def _followed(board: Board, name: str, found: list[Tie]) -> None:
    """Raises StepperError at a tie of a case distinction whose sides cannot be told apart as those of a function
    are.
    """
    taken, formula = Taken(board.vocabulary), board.graph.nodes[name].formula
    assert formula is not None
    cases = [part for part in walk(formula) if isinstance(part, Where)]
    if taken.plain or not cases or not any(isinstance(tie.part, Where) for tie in found):
        return
    if taken.gives_up or any(isinstance(part.right, Sym | Index) for part in cases):
        tie = next(tie for tie in found if isinstance(tie.part, Where))
        what = f"kink={taken.kink.name} is not followed at {' = '.join(map(text, tie.sides))} in where(...) of arrays"
        raise StepperError(Problem(what, hint="declare it under 'functions:', such as \"f(x)\": where(x > 0, x, 0)"))


def _matters(gradients: ArrayGradients, part: Expr) -> bool:
    return any(_base(inside) in gradients.inside for inside in walk(part) if isinstance(inside, Sym | Index)) or bool(
        gradients.board.parts
    )


def _reads(gradients: ArrayGradients, kink: Kink) -> bool:
    return any(_base(reference(source)) in gradients.inside or source.startswith("part_") for source in kink.sources)


def _base(name: Expr) -> str:
    return text(name.base if isinstance(name, Index) else name)


def _takes_first(board: Board, name: str, tie: Tie) -> bool:
    """Is it a tie of a function of arrays, whose gradient goes to the first of equal entries?"""
    formula = board.graph.nodes[name].formula
    assert formula is not None
    calls = [part for part in walk(formula) if isinstance(part, Call) and of_arrays(part)]
    folds = {BY_ARRAY_NAME[call.name].fold for call in calls}
    return isinstance(tie.part, Call) and bool(board.vocabulary.rule(tie.part.name).picks) and tie.part.name in folds


def _tie_line(board: Board, tie: Tie) -> Prose:
    kink = board.vocabulary.kink
    sides = listed([(side,) for side in tie.sides], " = ", " = ")
    if not Taken(board.vocabulary).plain:
        what = (
            f"kink={kink.name} is not followed where entries tie: "
            f"{' = '.join(map(text, tie.sides))}, and the first of them takes the slope"
        )
        raise StepperError(Problem(what, hint="leave it out, or use numbers that do not tie"))
    return (
        *sides,
        " is a tie in ",
        tie.part,
        ": taken: 1, the whole slope, for the first of them, and 0 for the others",
    )
