"""Documents by their names: a graph or a network, with the exam items that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stepper.core.exam import Item
from stepper.core.expr import Expr
from stepper.core.graph import Graph
from stepper.read.answers import read_items
from stepper.read.anything import looks_like_listing, read_any
from stepper.read.dialect import looks_like_lines, looks_like_run, looks_like_task
from stepper.read.files import ANSWERS, find_bundled, find_listing, own_file, read_text, source_of
from stepper.read.located import read_yaml
from stepper.read.pasted import holds_no_layers

if TYPE_CHECKING:
    from stepper.core.algorithm import Run
    from stepper.core.exercise import Exercise
    from stepper.core.lines import Lines
    from stepper.core.network import Network
    from stepper.core.task import Task


def load_graph(name: str, told: Mapping[str, Expr] | None = None, shape: str | None = None) -> Graph:
    """Reads the graph that a word on the command line means: ``-``, a path, a bundled name, or an exam item.

    ``told`` are values given beside it, which a program may need to be read, ``shape`` that of a network's input.

    Raises:
        StepperError: where there is none, or it cannot be read.
    """
    return read_any(*source_of(name, name != "-" and own_file(name) is None and is_listing(name)), told, shape)


def answers_beside(path: Path) -> tuple[Item, ...]:
    """The exam items of a listing, which stand in a file of their own beside it: ``7.1.answers.yaml``."""
    beside = path.with_suffix(ANSWERS)
    if not beside.exists():
        return ()
    return read_items(read_yaml(read_text(beside, beside.name), beside.name).get("answers"))


def load_document(name: str) -> tuple[Exercise, tuple[Item, ...], Path]:
    """What a name means, or that of one of its exam items, with all of its items, and its file.

    Raises:
        StepperError: where there is none, or it cannot be read.
    """
    path = own_file(name) or find_listing(name)
    if path is not None and path.suffix == ".txt" and not holds_no_layers(read_text(path, name)):
        from stepper.read.network import load_network

        return load_network(str(path), None, None, None), answers_beside(path), path
    found = path or find_bundled(name)
    own = None if found is None else task_or_run(read_text(found, name), found.name, found.parent)
    if own is not None and found is not None:
        return own, own.items, found
    graph = load_graph(name)
    return graph, graph.items, found if found is not None else Path(name)


def task_or_run(document: str, origin: str, folder: Path | None = None) -> Task | Run | Lines | None:
    """The task of an optimizer, or an algorithm to be run, where a document is one of them."""
    if looks_like_task(document):
        from stepper.read.task import read_task

        return read_task(document, origin, folder)
    if looks_like_run(document):
        from stepper.read.algorithm import read_run

        return read_run(document, origin)
    if looks_like_lines(document):
        from stepper.read.lines import read_lines

        return read_lines(document, origin)
    return None


def load_unless_graph(name: str, shape: str | None = None) -> Task | Run | Lines | Network | None:
    """A task, an algorithm or a network, where a name means one; None of a graph."""
    path = own_file(name)
    if path is None and name != "-" and is_listing(name):
        path = find_listing(name)
    if path is not None and is_listing(str(path)):
        from stepper.read.network import load_network

        return load_network(str(path), None, shape, None)
    found = path or (find_bundled(name) if name != "-" else None)
    return None if found is None else task_or_run(read_text(found, name), found.name, found.parent)


def read_unless_graph(text: str, shape: str | None = None) -> Task | Run | Lines | Network | None:
    """A task, an algorithm or a network that is written out; None of a graph."""
    own = task_or_run(text, "text")
    if own is None and looks_like_listing(text):
        from stepper.read.network import read_network

        return read_network(text, "text", None, shape)
    return own


def is_listing(name: str) -> bool:
    """Does a name mean a network listing, by its suffix or as a bundled one?

    A text file may hold the assignments of a graph as well.
    """
    path, own = Path(name), own_file(name)
    if path.suffix.lower() == ".txt" or own is not None:
        return path.suffix.lower() == ".txt" and not (own is not None and holds_no_layers(read_text(own, name)))
    return find_bundled(name) is None and find_listing(name) is not None
