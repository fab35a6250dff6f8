"""What may be asked of a graph, whether its quantities are numbers or arrays: here alone one looks which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stepper.core.formula import reference
from stepper.core.graph import ArrayGraph, Graph
from stepper.core.steps import Prose, listed
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError

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
        _belongs_to_numbers(exact=settings.exact)
        from stepper.engine.tensor.forward import forward as of_arrays

        return of_arrays(graph, settings)
    from stepper.engine.graph.forward import forward as of_numbers

    return of_numbers(graph, settings)


def backward(graph: Graph, wrt: Sequence[str], settings: Settings, second: bool = False, left_out: Sequence[str] = ()) -> Derivation:
    """The worked backward pass; ``second``: the second derivatives. It says which inputs were ``left_out``.

    Raises:
        StepperError: where something cannot be worked out, or is asked for that belongs to numbers.
    """
    derivation = _backward(graph, wrt, settings, second)
    return replace(derivation, conventions=(*_left_out(left_out), *derivation.conventions))


def _backward(graph: Graph, wrt: Sequence[str], settings: Settings, second: bool) -> Derivation:
    if isinstance(graph, ArrayGraph):
        _belongs_to_numbers(
            second=second,
            round_steps=settings.round_steps,
            verify=settings.verify,
            simplify=settings.simplify,
            exact=settings.exact,
        )
        from stepper.engine.tensor.backward import backward as of_arrays

        return of_arrays(graph, wrt, settings)
    if second:
        from stepper.engine.graph.second_derivatives import second_derivatives

        return second_derivatives(graph, wrt, settings)
    from stepper.engine.graph.backward import backward as of_numbers

    return of_numbers(graph, wrt, settings)


def _left_out(names: Sequence[str]) -> tuple[Prose, ...]:
    if not names:
        return ()
    told: list[Prose] = [(reference(name),) for name in names[:MOST_NAMED]]
    told += [(f"{len(names) - MOST_NAMED} more",)] if len(names) > MOST_NAMED else []
    if len(names) == 1:
        return (("all stands for the parameters: the input ", *listed(told), " is left out"),)
    return (("all stands for the parameters: the inputs ", *listed(told), " are left out"),)


def gates(graph: Graph) -> Graph:
    """The graph with its formulas split into gates of one operation.

    Raises:
        StepperError: for a graph of arrays.
    """
    if isinstance(graph, ArrayGraph):
        _belongs_to_numbers(gates=True)
    from stepper.engine.graph.gates import split

    return split(graph)


def entries(graph: Graph, wrt: Callable[[], Sequence[str]]) -> tuple[Graph, Arrays | None]:
    """The graph whose leaves an optimizer steps; where these are entries of arrays, also the arrays, with those asked about."""
    if not isinstance(graph, ArrayGraph):
        return graph, None
    from stepper.engine.optim.train import Arrays
    from stepper.engine.tensor.quantities import entry_by_entry

    return entry_by_entry(graph), Arrays(graph, wrt())


def _belongs_to_numbers(**options: object) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        what = f"--{given[0].replace('_', '-')} belongs to graphs of numbers, and this one holds arrays"
        raise StepperError(Problem(what, hint="without it; or name the entries one by one"))
