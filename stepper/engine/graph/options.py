"""A graph and settings under options by their names: a learning rate, conventions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import Problem, StepperError
from stepper.tables.table import CONVENTIONS


def configured(graph: Graph, options: Mapping[str, str]) -> tuple[Graph, Settings]:
    """A graph and settings under the options of a case: ``lr``, ``convention``."""
    settings = Settings()
    for name, value in options.items():
        if name == "lr":
            number = evaluate(parse(value), {}, PLAIN)
            if number is None:
                raise StepperError(Problem(f"'{value}' is not a learning rate"))
            settings = replace(settings, lr=number)
        elif name == "convention":
            graph = with_conventions(graph, value.split(","))
        else:
            raise StepperError(Problem(f"'{name}' is not an option of an exam item"))
    return graph, settings


def with_conventions(graph: Graph, chosen: Iterable[str]) -> Graph:
    """The graph under further conventions, each written ``name=choice``.

    Raises:
        StepperError: where a name or a choice is unknown.
    """
    found = dict(graph.conventions)
    for word in chosen:
        name, _, choice = (part.strip() for part in word.partition("="))
        if name not in CONVENTIONS:
            raise StepperError(Problem(f"'{name}' is not a convention", hint=f"conventions: {', '.join(CONVENTIONS)}"))
        if choice not in CONVENTIONS[name]:
            raise StepperError(
                Problem(f"'{choice}' is not a choice for {name}", hint=f"choices: {', '.join(CONVENTIONS[name])}")
            )
        found[name] = choice
    key = f"under {sorted(found.items())}"
    if key not in graph.kept:
        graph.kept[key] = replace(graph, conventions=found)
    changed: Graph = graph.kept[key]
    return changed
