"""How derivations are to be written: ``notation:`` of a document, and what a command chooses beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from stepper.core.graph import Graph
from stepper.errors import Place, Problem, StepperError
from stepper.tables.notations import NOTATIONS


def with_notation(graph: Graph, chosen: Mapping[str, str] | Iterable[str] | str) -> Graph:
    """The graph written in another way, given as ``key=choice``; what is chosen last is taken.

    Raises:
        StepperError: where a key or a choice is unknown.
    """
    words = [chosen] if isinstance(chosen, str) else [] if isinstance(chosen, Mapping) else chosen
    pairs = [part.partition("=") for word in words for part in word.split(",")]
    told = chosen.items() if isinstance(chosen, Mapping) else [(key.strip(), name.strip()) for key, _, name in pairs]
    problems: list[Problem] = []
    found = dict(check_notation(key, name, problems) for key, name in told)
    if problems:
        raise StepperError(*problems)
    return replace(graph, notation={**graph.notation, **found}) if found else graph


def check_notation(
    key: str, name: str, problems: list[Problem], place: Place | None = None, beside: Place | None = None
) -> tuple[str, str]:
    """A key and the full name of a choice; problems are told."""
    if key not in NOTATIONS:
        problems.append(Problem(f"'{key}' is not a notation", place, f"notations: {', '.join(NOTATIONS)}"))
        return key, name
    row = NOTATIONS[key].get(name)
    if row is None:
        choices = ", ".join(dict.fromkeys(row.name for row in NOTATIONS[key].values()))
        problems.append(Problem(f"'{name}' is not a choice for {key}", beside, f"choices: {choices}"))
        return key, name
    return key, row.name
