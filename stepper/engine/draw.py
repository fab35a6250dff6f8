"""What ``draw`` shows of a graph: the drawing with all that is known of it, and the facts of its structure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.formula import reference
from stepper.core.graph import Graph
from stepper.core.pictures import Drawing
from stepper.core.prose import Prose, listed
from stepper.core.steps import Derivation, drawing_step
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import check_names, output_of
from stepper.engine.graph.drawing import Known, drawing, known, known_values
from stepper.engine.graph.size import is_large
from stepper.engine.graph.structure import describe
from stepper.engine.notation import noted
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError

EDGES = "draw.edges"
"""What the picture shows is told in words in full detail only."""


def draw(graph: Graph, wrt: Sequence[str], settings: Settings, matrix: bool = False) -> Derivation:
    """The graph as a picture: values above, gradients below; with ``matrix`` its adjacency matrix and order alone.

    Raises:
        StepperError: for names in ``wrt`` that the graph has not.
    """
    check_names(graph, wrt)
    told = describe(graph, matrix)
    if isinstance(graph, ArrayGraph):
        from stepper.engine.tensor.equations import spelling

        told = replace(told, notation=spelling(graph))
    if matrix:
        return noted(told, graph)
    steps = [replace(step, detail="full") if step.rule == EDGES else step for step in told.steps]
    return noted(replace(told, steps=(drawing_step(drawn(graph, wrt, settings)), *steps)), graph)


def drawn(graph: Graph, wrt: Sequence[str], settings: Settings) -> Drawing:
    """The drawing, with the numbers that can be worked out; a graph without an output, with a cycle, or too large has
    none.
    """
    why: tuple[Prose, ...] = ()
    facts, output = Known(), graph.last
    try:
        if isinstance(graph, ArrayGraph):
            from stepper.engine.tensor.drawing import arrays

            facts = arrays(graph, settings)
        elif is_large(graph):
            why = (("without values: the graph is too large",),)
        elif output is not None:
            facts = known(Gradients(Sheet(graph, settings), output_of(graph), graph.names))
        else:
            facts = known_values(Sheet(graph, settings))
            several = listed([(reference(name),) for name in graph.sinks])
            said: Prose = ("without gradients: the graph has several outputs, ", *several)
            why = (said,) if len(graph.sinks) > 1 else ()
    except StepperError as error:
        # a graph that cannot be worked out can be drawn, and that is often how one sees why
        why = (("without values: ", error.problems[0].what),)
    found = drawing(graph, facts, wrt, output)
    return replace(found, notes=(*found.notes, *why))
