"""Graphs as objectives: which of their leaves an optimizer changes, and from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from stepper.core.expr import Number
from stepper.core.graph import Graph
from stepper.core.task import Coordinate
from stepper.errors import Problem, StepperError, nearest
from stepper.read.files import exists, read_text, source_of


def graph_beside(name: str, folder: Path | None) -> Graph:
    """The graph that a task's document names: a file beside it, or a bundled name.

    Raises:
        StepperError: where there is none, or it cannot be read.
    """
    from stepper.read.anything import read_any

    path = folder / name if folder is not None else Path(name)
    return read_any(read_text(path, name), name) if exists(path) and path.is_file() else read_any(*source_of(name))


def parameters_of(
    graph: Graph, wrt: Sequence[str] = (), told: Mapping[str, Number] | None = None
) -> dict[Coordinate, Number]:
    """The parameters of a graph, or the leaves that are named, with their values. ``told`` are the leaves that samples
    give values.

    Raises:
        StepperError: where there are none, or a leaf has no value.
    """
    unknown = [name for name in wrt if name not in graph.leaves]
    if unknown:
        raise StepperError(Problem(f"--wrt {unknown[0]}: this is not a leaf", hint=nearest(unknown[0], graph.leaves)))
    leaves = [leaf for leaf in graph.leaves.values() if (leaf.name in wrt if wrt else leaf.kind == "parameter")]
    if not leaves:
        named = ",".join([leaf.name for leaf in graph.leaves.values() if leaf.kind == "input"][:2])
        hint = f"list them under 'parameters:'; or --wrt names them{f', such as --wrt {named}' if named else ''}"
        raise StepperError(Problem("the graph has no parameters to train", hint=hint))
    if graph.given:
        name = next(iter(graph.given))
        hint = "one step from a given value: stepper backprop ... --lr 0.1"
        raise StepperError(
            Problem(f"'{name}' is given, and training works out every node anew at each step", hint=hint)
        )
    missing = [leaf.name for leaf in graph.leaves.values() if leaf.value is None and leaf.name not in (told or {})]
    if missing:
        raise StepperError(
            Problem(f"'{missing[0]}' has no value, and training needs one of each", hint=f"--at {missing[0]}=1")
        )
    found: dict[Coordinate, Number] = {}
    several = len({leaf.name.partition("[")[0] for leaf in leaves}) > 1
    for leaf in leaves:
        base, _, rest = leaf.name.partition("[")
        places = [part.strip() for part in rest.rstrip("]").split(",")]
        element = tuple(map(int, places)) if all(part.isdigit() for part in places) else ()
        if leaf.value is None:
            raise StepperError(
                Problem(f"'{leaf.name}' is trained, so it needs a first value of its own", hint=f"--at {leaf.name}=1")
            )
        found[Coordinate(base if element else leaf.name, element, several)] = leaf.value
    return found
