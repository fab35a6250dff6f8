"""Whether numbers suit an exercise: nothing stands on a kink, nothing is dead, nothing is out of hand."""

from __future__ import annotations

import math

from stepper.core.arrays import ArrayGraph
from stepper.core.formula import number_of, reference
from stepper.core.graph import Graph
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import output_of
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.ties import ties
from stepper.errors import StepperError

LARGEST = 50
"""Values and gradients beyond this are no numbers for paper."""
ALIVE = 0.6
"""So much of the parameters have a gradient that is not 0, and so has the first of them, which is asked for first."""


def suits(graph: Graph, largest: float = LARGEST) -> bool:
    """Can this be worked by hand, at the numbers that it has, and is there something to see?

    Of arrays that are too large to be written number by number it is only asked whether there are values.
    """
    try:
        if not isinstance(graph, ArrayGraph):
            return _suits(graph, largest)
        from stepper.engine.tensor.numbers import MOST_BY_ENTRY, in_numbers
        from stepper.engine.tensor.quantities import Board

        board = Board(graph, Settings())
        size = sum(map(math.prod, board.shapes.values()))
        return size > MOST_BY_ENTRY or _suits(in_numbers(graph, "", ends=True), largest)
    except StepperError:  # a value that does not exist
        return False


def _suits(graph: Graph, largest: float) -> bool:
    sheet = Sheet(graph, Settings())
    values = [sheet.approximate(reference(name)) for name in graph.nodes]
    if any(value is None or abs(float(value)) > largest for value in values):
        return False
    output = output_of(graph)
    if any(any(ties(node.formula, sheet)) for node in graph.nodes.values() if node.formula is not None):
        return False
    learned = [name for name, leaf in graph.leaves.items() if leaf.kind == "parameter"]
    gradients = Gradients(sheet, output, learned)
    slopes = [number_of(gradients.adjoint(name)) for name in learned]
    alive = [slope for slope in slopes if slope is not None and slope]
    if None in slopes or slopes[:1] != alive[:1] or len(alive) < ALIVE * len(learned):
        return False
    return all(abs(float(slope)) <= largest for slope in alive)
