"""What may be asked of a graph, whether its quantities are numbers or arrays: here alone one looks which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.formula import reference
from stepper.core.graph import Graph
from stepper.core.prose import Prose, shortly
from stepper.engine.notation import noted
from stepper.engine.values.quantities import Settings

if TYPE_CHECKING:
    from stepper.core.steps import Derivation
    from stepper.engine.optim.train import Arrays

MOST_NAMED = 12


def forward(graph: Graph, settings: Settings) -> Derivation:
    """The worked forward pass.

    Raises:
        StepperError: where something cannot be worked out, or is asked for that belongs to numbers.
    """
    if isinstance(graph, ArrayGraph):
        if graph.letters:
            from stepper.engine.tensor.lettered import forward as of_arrays
        else:
            from stepper.engine.tensor.forward import forward as of_arrays
        found = of_arrays(graph, settings)
        if not settings.exact or _nothing_rounded(found):
            return noted(found, graph)
        graph = _of_entries(graph, "exact")
    from stepper.engine.graph.forward import forward as of_numbers

    return noted(of_numbers(graph, settings), graph)


def backward(
    graph: Graph, wrt: Sequence[str], settings: Settings, second: bool = False, left_out: Sequence[str] = ()
) -> Derivation:
    """The worked backward pass; ``second``: the second derivatives. It says which inputs were ``left_out``.

    Raises:
        StepperError: where something cannot be worked out, or is asked for that takes numbers, and there are too many.
    """
    derivation = _backward(graph, wrt, settings, second)
    derivation = noted(derivation, graph)
    return replace(derivation, conventions=(*_left_out(left_out), *derivation.conventions))


def _backward(graph: Graph, wrt: Sequence[str], settings: Settings, second: bool) -> Derivation:
    if isinstance(graph, ArrayGraph):
        if graph.letters:
            from stepper.engine.tensor.lettered import backward as of_arrays
        else:
            from stepper.engine.tensor.backward import backward as of_arrays
        asked = {
            "second": second,
            "round_steps": settings.round_steps,
            "verify": settings.verify,
            "simplify": settings.simplify,
        }
        option = next((option for option, value in asked.items() if value), "")
        found = None if option else of_arrays(graph, wrt, settings)
        if found is not None and not (settings.exact and not _nothing_rounded(found)):
            return found
        graph = _of_entries(graph, option or "exact", ends=True)
        wrt = [entry for name in wrt for entry in _entries_of(graph, name)]
    if second:
        from stepper.engine.graph.second_derivatives import second_derivatives

        return second_derivatives(graph, wrt, settings)
    from stepper.engine.graph.backward import backward as of_numbers

    return of_numbers(graph, wrt, settings)


def _left_out(names: Sequence[str]) -> tuple[Prose, ...]:
    if not names:
        return ()
    told = shortly([(reference(name),) for name in names], MOST_NAMED)
    if len(names) == 1:
        return (("all stands for the parameters: the input ", *told, " is left out"),)
    return (("all stands for the parameters: the inputs ", *told, " are left out"),)


def gates(graph: Graph) -> Graph:
    """The graph with its formulas split into gates of one operation.

    Of arrays it is the graph of their entries that is split.

    Raises:
        StepperError: where these are too many.
    """
    if isinstance(graph, ArrayGraph):
        graph = _of_entries(graph, "gates")
    from stepper.engine.graph.gates import split

    return split(graph)


def scalars(graph: Graph) -> Graph:
    """The graph unfolded to numbers with names of their own; one of numbers is so already.

    Raises:
        StepperError: where these are too many.
    """
    if not isinstance(graph, ArrayGraph):
        return graph
    from stepper.engine.tensor.scalars import unfolded

    return unfolded(graph)


def entries(graph: Graph, wrt: Callable[[], Sequence[str]]) -> tuple[Graph, Arrays | None]:
    """The graph whose leaves an optimizer steps; where these are entries of arrays, also the arrays, with those asked
    about.
    """
    if not isinstance(graph, ArrayGraph):
        return graph, None
    from stepper.engine.optim.train import Arrays
    from stepper.engine.tensor.numbers import entry_by_entry

    names = wrt()
    return entry_by_entry(graph, names), Arrays(graph, names)


def _of_entries(graph: ArrayGraph, option: str, ends: bool = False) -> Graph:
    """The graph of all entries, for what is worked number by number."""
    from stepper.engine.tensor.numbers import in_numbers

    return in_numbers(graph, f"--{option.replace('_', '-')}", ends)


def _entries_of(graph: Graph, name: str) -> list[str]:
    """The entries of an array, in a graph of entries."""
    return [name] if name in graph.names else [entry for entry in graph.names if entry.startswith(f"{name}[")] or [name]


def _nothing_rounded(derivation: Derivation) -> bool:
    """Are all numbers of a derivation fractions?"""
    from stepper.core.expr import Value
    from stepper.core.steps import Equation
    from stepper.core.traverse import walk

    blocks = (block for _, step in derivation.walk() for block in step.body)
    written = (link.expr for block in blocks if isinstance(block, Equation) for link in block.links)
    return not any(
        isinstance(part, Value) and isinstance(part.number, float) for expr in written for part in walk(expr)
    )
