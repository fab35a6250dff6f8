"""A listing as a YAML document: ``layers:``, a list of lines or of labels with lines, and beside it ``input:``,
``title:``, ``layout:``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stepper.core.network import Layout, Network
from stepper.errors import Place, Problem, StepperError, nearest
from stepper.read.collect import Piece
from stepper.read.dialect import SETTINGS
from stepper.read.listing import read_pieces
from stepper.read.located import Map, Scalar, Seq, Tree, read_yaml


def read_layer_list(source: str, origin: str, layout: Layout | None = None, shape: str | None = None) -> Network:
    """A network from a YAML document.

    Raises:
        StepperError: with every problem found.
    """
    root = read_yaml(source, origin)
    problems: list[Problem] = []
    settings: list[Piece] = []
    layers: list[Piece] = []
    for key, tree in root.entries:
        if key.text == "layers":
            layers += _lines(tree, problems)
        elif key.text in SETTINGS:
            settings.append(Piece(f"{key.text}: {_word(tree, problems)}", tree.place))
        else:
            hint = nearest(key.text, ["layers", *SETTINGS]) or f"a listing has layers, {', '.join(SETTINGS)}"
            problems.append(Problem(f"'{key.text}:' is not part of a listing", key.place, hint))
    if problems:
        raise StepperError(*problems)
    return read_pieces([*settings, *layers], origin, layout, shape)


def _lines(tree: Tree, problems: list[Problem]) -> Iterator[Piece]:
    """The lines of a list, those of a mapping with their labels before them."""
    match tree:
        case Scalar():
            yield from [Piece(tree.text, tree.place)] if tree.text.strip() else []
        case Seq(items):
            for item in items:
                yield from _lines(item, problems)
        case Map(entries):
            for key, value in entries:
                if not re.fullmatch(r"[A-Za-z_]\w*", key.text):
                    _fail(f"'{key.text}' is not a label", key.place, problems)
                elif isinstance(value, Scalar) and value.text.strip():
                    yield Piece(f"{key.text} = {value.text}", value.place)
                else:
                    _fail(f"'{key.text}:' names no layer", value.place, problems)


def _fail(what: str, place: Place, problems: list[Problem]) -> None:
    problems.append(Problem(what, place, 'such as "- c1: Conv2d(1, 10, 3)"; quote a line that holds ": "'))


def _word(tree: Tree, problems: list[Problem]) -> str:
    """A line of text; a list of sizes is a shape."""
    if isinstance(tree, Scalar):
        return " ".join(tree.text.split())
    if isinstance(tree, Seq) and all(isinstance(item, Scalar) for item in tree.items):
        return "x".join(item.text for item in tree.items if isinstance(item, Scalar))
    problems.append(Problem("a line of text is expected here", tree.place))
    return ""
