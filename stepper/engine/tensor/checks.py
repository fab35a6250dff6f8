"""Gradients of arrays checked: against the graph of single entries worked backwards, and against central
differences.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, ArrayLeaf
from stepper.core.expr import Number
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph, Leaf
from stepper.core.steps import Check
from stepper.engine.graph.adjoints import Gradients as ByEntry
from stepper.engine.tensor.entries import Entries, Formula, element, entry_expr
from stepper.engine.tensor.leaves import has_numbers
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.product_rule import Backward
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import is_whole
from stepper.engine.values.differentiate import ZERO
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import Vocabulary, held_back
from stepper.errors import StepperError

if TYPE_CHECKING:
    from stepper.engine.tensor.gradients import ArrayGradients, Gradients

TOLERANCE = 1e-9
ENTRIES = "reverse accumulation entry by entry"
SAMPLED, STEP, FINER, CHECKED_WORK = 3, 1e-5, (1, 1e-2, 1e-3), 1_000_000_000
"""How many entries of a large array are checked, how far they are moved, and up to how many multiply-adds more than one
is.
"""


def checks_of(gradients: ArrayGradients, wrt: Sequence[str]) -> list[Check]:
    """Each gradient against the same worked entry by entry; of symbols at random numbers."""
    if (undecided := beforehand(gradients, wrt)) is not None:
        return undecided
    if gradients.board.large:
        return [differences(gradients, name) for name in dict.fromkeys(wrt)]
    board, found, said = gradients.board, gradients, ENTRIES
    numeric = board.known.keys() == board.shapes.keys() and not any(
        isinstance(entry, Formula) for entry in board.arriving.flat
    )
    if not numeric:
        board = Board(at_random(gradients.board), Settings())
        found, said = gradients.again(board), f"{ENTRIES} at random numbers"
    wanted = list(dict.fromkeys(wrt))
    whole = board.summed
    if any(reads & found.inside for node, reads in board.opaque.items() if node in found.inside):
        floating = gradients.again(Board(board.graph, Settings(), floats=True))
        return [_moved_aside(floating, name) for name in wanted]
    entries = _swept(whole)
    checks = []
    for name in wanted:
        close = _agrees(found, name, entries) or _agrees(found, name, _precisely(whole, found, name))
        if not close and _beside(found, name):
            kink = f"{said}: there is a kink or a tie here; next to it they agree"
            checks.append(Check(kink, text(gradients.board.symbol(name)), None))
        else:
            checks.append(Check(said, text(gradients.board.symbol(name)), close))
    return checks


def beforehand(gradients: Gradients, wrt: Sequence[str]) -> list[Check] | None:
    """What is told of gradients that no numbers can check."""
    sent = gradients.board.vocabulary.sent_back
    if sent:
        said = ", ".join(f"{choice} through {name}" for name, choice in sent.items())
        return [
            Check(f"{said}: this is not a gradient", text(gradients.board.symbol(name)), None)
            for name in dict.fromkeys(wrt)
        ]
    if any(function.body is None for function in gradients.board.graph.functions.values()):
        return [
            Check("not by numbers: a function is unspecified", text(gradients.board.symbol(name)), None)
            for name in dict.fromkeys(wrt)
        ]
    return None


def _moved_aside(gradients: ArrayGradients, name: str) -> Check:
    """Differences at these numbers, or, where there is a kink or a tie, a little beside them."""
    here = differences(gradients, name)
    if here.ok is not False:
        return here
    beside = differences(gradients.again(Board(nudged(gradients.board), Settings(), floats=True)), name)
    return (
        Check(f"{here.name}: there is a kink or a tie here; next to it they agree", here.of, None)
        if beside.ok
        else here
    )


def _agrees(found: ArrayGradients, name: str, entries: Mapping[str, Number]) -> bool:
    """Is a gradient the same as that of the graph of all entries?"""
    for where in np.ndindex(*found.board.shapes[name]):
        one = number_of(entry_expr(found.arrays[name][where] if where else found.arrays[name].item()))
        assert one is not None
        other = entries.get(text(element(name, where)))
        if other is None or not math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            return False
    return True


def _swept(whole: Graph) -> Mapping[str, Number]:
    """The gradients in the graph of all entries, in floating point; none where that has lost all digits, as of
    log(1 - p) near p = 1.
    """
    assert whole.output is not None
    try:
        return Sweep(whole, Vocabulary(whole.functions, whole.conventions)).gradients(whole.output)
    except StepperError:
        return {}


def _precisely(whole: Graph, found: ArrayGradients, name: str) -> Mapping[str, Number]:
    """The gradients for the entries of one array in the graph of all entries, with the digits that they need."""
    assert whole.output is not None
    asked = [text(element(name, where)) for where in np.ndindex(*found.board.shapes[name])]
    gradients = ByEntry(Sheet(whole, Settings()), whole.output, asked)
    return {entry: number_of(gradients.adjoint(entry)) or 0.0 for entry in asked}


def _beside(gradients: ArrayGradients, name: str) -> bool:
    """Do the two agree a little beside these numbers? Where a function has a kink they may take different slopes."""
    moved = Board(nudged(gradients.board), Settings())
    found, whole = gradients.again(moved), moved.summed
    return _agrees(found, name, _swept(whole)) or _agrees(found, name, _precisely(whole, found, name))


def nudged(board: Board) -> ArrayGraph:
    """The same graph a little beside its numbers."""
    source = random.Random(board.graph.title)  # noqa: S311 a check, no secret
    leaves: dict[str, Leaf] = dict(board.graph.leaves)
    held = counted(board)
    for name, leaf in board.graph.leaves.items():
        if name in held:
            continue
        values = tuple(_plain(entry) + Fraction(source.randint(1, 999), 10**9) for entry in board.known[name].ravel())
        leaves[name] = ArrayLeaf(name, leaf.kind, None, leaf.line, board.shapes[name], values)
    return replace(board.graph, leaves=leaves)


def counted(board: Outline) -> set[str]:
    """The quantities whose entries number rows or classes, and what moves these."""
    shapes = {**board.shapes, **{text(board.symbol(name)): shape for name, shape in board.shapes.items()}}
    back = Backward(board.vocabulary, set(board.shapes), Shapes(board.vocabulary, shapes))
    for name in reversed(board.graph.order):
        with suppress(StepperError):  # what has no gradient counts nothing
            found = back.through(board.graph.nodes[name].formula or ZERO, board.symbol(name), reference(name))
            back.integers |= found.keys() if name in back.integers else set()
    return back.integers


def _plain(entry: object) -> Fraction | float:
    number = number_of(entry_expr(entry))
    assert number is not None
    return number


def differences(gradients: ArrayGradients, name: str) -> Check:
    """A few entries of a large gradient against central differences."""
    board = gradients.board
    assert board.output is not None
    if held_back(board.graph):
        return Check("a central difference moves what is blocked, and decides nothing", text(board.symbol(name)), None)
    array = cast("np.typing.NDArray[np.float64]", board.known[name])
    source = random.Random(name)  # noqa: S311 a check, no secret
    near = 1e-8 * max(1.0, abs(_total(gradients, board.known)))
    # each is two forward passes: of a large graph one entry is enough, so that the check costs no more than what it
    # checks
    sampled = SAMPLED if board.bill.work * SAMPLED <= CHECKED_WORK else 1
    verdicts = []
    for _ in range(sampled):
        where = tuple(source.randrange(size) for size in array.shape)
        verdicts.append(_judged(gradients, name, where, near))
    said = "the central difference of an entry" if sampled == 1 else f"the central difference of {sampled} entries"
    if False not in verdicts and None in verdicts:
        return Check(f"{said}: it changes with the step and decides nothing", text(board.symbol(name)), None)
    return Check(said, text(board.symbol(name)), all(verdicts))


def _judged(gradients: ArrayGradients, name: str, where: tuple[int, ...], near: float) -> bool | None:
    """Is an entry of a gradient what a difference says, at one of several steps?

    None where differences at these steps differ too.
    """
    board, quotients = gradients.board, list[float]()
    array = cast("np.typing.NDArray[np.float64]", board.known[name])
    for finer in FINER:
        step = finer * STEP * max(1.0, abs(float(array[where])))
        sides = []
        for sign in (1, -1):
            moved = array.copy()
            moved[where] += sign * step
            sides.append(_total(gradients, {**board.known, name: cast(Entries, moved)}))
        quotients.append((sides[0] - sides[1]) / (2 * step))
        if math.isclose(float(gradients.arrays[name][where]), quotients[-1], rel_tol=1e-4, abs_tol=near):
            return True
    first, *others = quotients
    return False if all(math.isclose(first, other, rel_tol=1e-2, abs_tol=100 * near) for other in others) else None


def _total(gradients: ArrayGradients, start: Mapping[str, Entries]) -> float:
    """The number that is differentiated, with other arrays at the leaves."""
    board = gradients.board
    assert board.output is not None
    known = {name: array for name, array in start.items() if name in board.graph.leaves}
    needed, worker = board.graph.ancestors([board.output]), board.worker(known)
    for name in board.graph.order:
        formula = board.graph.nodes[name].formula
        if name not in needed or formula is None:
            continue
        found = worker(formula)
        if name in board.graph.given_nodes:  # what is given moves with its formula, from which it differs by a constant
            found = cast(Entries, found + (board.known[name] - board.worker(board.known)(formula)))
        known[name] = found
    return float(np.sum(cast("np.typing.NDArray[np.float64]", known[board.output] * board.arriving)))


def at_random(board: Outline, draw: Callable[[str, int], Sequence[Number]] | None = None) -> ArrayGraph:
    """The same graph with numbers for all of its symbols; ``draw`` gives so many for a name."""
    source = random.Random(board.graph.title)  # noqa: S311 a check, no secret
    draw = draw or (lambda _, count: [drawn(source) for _ in range(count)])
    leaves: dict[str, Leaf] = {}
    for name, leaf in board.graph.leaves.items():
        if has_numbers(leaf):
            leaves[name] = leaf
            continue
        shape = board.shapes[name]
        assert is_whole(shape)
        found = draw(name, math.prod(shape))
        given = leaf.entries if isinstance(leaf, ArrayLeaf) and leaf.entries else [None] * len(found)
        values = tuple(new if number is None else number for number, new in zip(given, found, strict=True))
        leaves[name] = ArrayLeaf(name, leaf.kind, None, leaf.line, shape, values)
    upstream = board.graph.upstream
    extra = {}
    if upstream is not None and text(upstream) not in board.shapes and text(upstream).isidentifier():
        assert board.output is not None
        shape = board.shapes[board.output]
        assert is_whole(shape)
        values = tuple(draw(text(upstream), math.prod(shape)))
        extra = {text(upstream): ArrayLeaf(text(upstream), "input", None, 0, shape, values)}
    return replace(board.graph, leaves={**leaves, **extra})


def drawn(source: random.Random) -> Fraction:
    return Fraction(source.randint(-40, 40), 16)
