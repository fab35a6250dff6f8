"""What is drawn of arrays: their shapes, and the entries of small ones."""

from __future__ import annotations

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Array, Value
from stepper.core.formula import number_of, reference
from stepper.core.prose import Prose
from stepper.engine.graph.drawing import UNKNOWN, Known
from stepper.engine.tensor.entries import Entries, entry_expr
from stepper.engine.tensor.gradients import ArrayGradients, Gradients
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, joined, written
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError

MOST_ENTRIES = 3
"""Arrays of up to so many entries stand in a box with their numbers, others with their shape."""


def known_arrays(board: Outline) -> Known:
    """Shapes of all arrays, and the entries of small ones."""
    shape_of = Shapes(board.vocabulary, board.shapes)
    formulas = {
        name: told_apart(lean(node.formula, shape_of), shape_of)
        for name, node in board.graph.nodes.items()
        if node.formula is not None
    }
    values = {name: _entries(board.array(name), shape) for name, shape in board.shapes.items()}
    return Known(values, formulas=formulas, value="value, or the shape of a larger array")


def with_gradients(board: Outline, gradients: Gradients) -> Known:
    """The same with the gradients of those inside, which have the shape of what they belong to."""
    arrays = gradients.arrays if isinstance(gradients, ArrayGradients) else {}
    found = {
        name: _entries(arrays.get(name), board.shapes[name])
        for name in gradients.inside
        if name in gradients.formulas or name == board.output
    }
    return replace(known_arrays(board), gradients=found, of=(reference(board.loss),))


def arrays(graph: ArrayGraph, settings: Settings) -> Known:
    """All that can be worked out.

    Raises:
        StepperError: where shapes do not fit.
    """
    board = Outline.of(graph, settings) if graph.letters else Board(graph, settings)
    if board.output is None:
        return known_arrays(board)
    try:
        board.check_arriving()
        gradients = ArrayGradients(board, graph.names) if isinstance(board, Board) else Gradients(board, graph.names)
        return with_gradients(board, gradients)
    except StepperError:  # no gradient arrives at an output that is an array
        return known_arrays(board)


def _entries(array: Entries | None, shape: Sizes) -> Prose:
    """The numbers of a small array, the shape of another, which its gradient shares."""
    if array is not None and array.size <= MOST_ENTRIES and array.ndim < 2:
        numbers = [number_of(entry_expr(entry)) for entry in array.ravel()]
        values = [Value(number) for number in numbers if number is not None]
        if len(values) == array.size:
            return (Array(tuple(values)) if array.ndim else values[0],)
    if not shape:
        return UNKNOWN
    return written(shape) if len(shape) > 1 else joined([*written(shape), " numbers"])
