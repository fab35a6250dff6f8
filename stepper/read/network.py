"""A network from a file, standard input, the command line or the bundled exams, with what the options say put in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from stepper.core.expr import Expr
from stepper.core.formula import assignments
from stepper.core.names import canonical
from stepper.core.network import Layout, Network
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.dialect import (
    SETTINGS,
    looks_like_keras,
    looks_like_layer_list,
    looks_like_module,
    looks_like_script,
    looks_printed,
)
from stepper.read.files import source_of
from stepper.read.items import Listing
from stepper.read.sections import GRAPH
from stepper.read.shape import check_shape, read_layout

if TYPE_CHECKING:
    from stepper.core.arrays import LayeredGraph

_BESIDE = re.compile(rf"^(?:{'|'.join(name for name in GRAPH if name not in (*SETTINGS, 'layers'))})\s*:", re.MULTILINE)
"""A section of a graph beside its layers."""

MODES: Mapping[str, bool] = {"floor": False, "cs231n": True}
"""Is a size rounded down, or must it be whole, as in the CS231n notes?"""


def load_network(
    name: str | None, expression: str | None, shape: str | None, layout: str | None,
    model: str | None = None, letters: Mapping[str, Expr] | None = None, assumed: Mapping[str, bool] | None = None,
) -> Network:  # fmt: skip
    """Reads a network; of a source file the ``model``, with the values of ``letters`` in place of those that the file
    gives them.

    Raises:
        StepperError: where there is none, or with every problem found in it.
    """
    text, origin = text_of(name, expression)
    chosen = None if layout is None else read_layout(layout)
    check_shape(shape)
    return read_network(text, origin, chosen, shape, model, letters, assumed)


def read_layers(
    text: str, origin: str, shape: str | None, layout: str | None,
    model: str | None = None, letters: Mapping[str, Expr] | None = None, assumed: Mapping[str, bool] | None = None,
) -> Network | LayeredGraph:  # fmt: skip
    """A network from a text; of a document that holds more than its layers, the graph.

    Raises:
        StepperError: with every problem found.
    """
    chosen = None if layout is None else read_layout(layout)
    check_shape(shape)
    if not looks_like_layer_list(text) or not _BESIDE.search(text):
        return read_network(text, origin, chosen, shape, model, letters, assumed)
    if layout is not None:
        raise StepperError(Problem("--layout is for listings; a document says it: layout: HWC"))
    from stepper.read.layered import LayeredReader
    from stepper.read.located import read_yaml

    return LayeredReader(read_yaml(text, origin), origin, letters, shape).layered()


def for_networks(options: Mapping[str, object]) -> None:
    """Raises StepperError where an option is given that a question about sizes alone has no use for."""
    given = next((name for name, value in options.items() if value), None)
    if given is not None:
        hint = "a question says it all: i=6 k=4 s=3, and o=1 for a size that is claimed"
        raise StepperError(Problem(f"--{given} is for networks, and this is a question about sizes alone", hint=hint))


def divides_in(mode: str | None) -> bool:
    """Must a stride divide what its window leaves?

    Raises:
        StepperError: where there is no such mode.
    """
    if mode not in (None, *MODES):
        raise StepperError(
            Problem(f"--mode {mode}: there is no such mode", hint=nearest(mode or "", MODES) or "cs231n")
        )
    return mode is not None and MODES[mode]


def single_in(rnn_biases: int) -> bool:
    """Is one bias vector counted for each gate?

    Raises:
        StepperError: where it is neither one nor two.
    """
    if rnn_biases not in (1, 2):
        what = f"--rnn-biases {rnn_biases}: a gate has one bias vector, or two as in PyTorch"
        raise StepperError(Problem(what, hint="--rnn-biases 1"))
    return rnn_biases == 1


def text_of(name: str | None, expression: str | None) -> tuple[str, str]:
    """What is read as a network, and where it stands.

    Raises:
        StepperError: where nothing is told, or both.
    """
    if (name is None) == (expression is None):
        what = "a network is missing" if name is None else "a network is given twice, as a file and with -e"
        raise StepperError(Problem(what, hint="give a listing's path, or -e 'Conv2d(1, 10, 3) -> ReLU()'"))
    return (expression, "-e") if expression is not None else source_of(name or "", listing=True)


def read_network(
    text: str, origin: str, layout: Layout | None = None, shape: str | None = None,
    model: str | None = None, letters: Mapping[str, Expr] | None = None, assumed: Mapping[str, bool] | None = None,
) -> Network:  # fmt: skip
    """A network from source code, a printed model, a YAML document, or lines as exams print them.

    ``layout`` and ``shape`` stand in place of what the text says of its input, ``letters`` of what it says of names;
    ``model`` is the one that is meant where a source file has several; ``assumed`` says of conditions that depend on
    data whether they hold.

    Raises:
        StepperError: with every problem found.
    """
    code = cells_of(text)
    if code is not None:
        text = code
    if code is not None or origin.endswith((".py", ".ipynb")) or looks_like_module(text) or looks_like_script(text):
        from stepper.read.source.reading import read_source

        return read_source(text, origin, Listing(origin, layout, shape, model, letters, assumed))
    if model is not None:
        raise StepperError(Problem(f"--model {model}: this is not a source file with models in it", Place(origin)))
    if looks_like_layer_list(text):
        from stepper.read.layerlist import read_layer_list

        return read_layer_list(text, origin, layout, shape)
    if looks_printed(text):
        from stepper.read.printed import read_printed

        return read_printed(text, origin, Listing(origin, layout, shape))
    from stepper.read.listing import read_listing

    return read_listing(text, origin, layout, shape, looks_like_keras(text), letters)


def cells_of(text: str) -> str | None:
    """The code of a notebook, where the text is one."""
    if not text.lstrip().startswith("{"):
        return None
    from stepper.read.source.parsing import cells

    return cells(text)


def sizes_given(words: Iterable[str]) -> dict[str, Expr]:
    """Unknowns and symbols with values: ``n=19,k=3``."""
    found: dict[str, Expr] = {}
    for word in words:
        try:
            found |= assignments(word)
        except FormulaError as error:
            raise StepperError(error.within(Place(f"--set {word}", 0, 1, 1, word))) from None
    return found


def unit_named(text: str) -> tuple[str, tuple[int, ...]]:
    """A layer, and perhaps one of its units by its numbers along the axes: ``l3``, ``l3[2]``, ``conv2[4, 7]``."""
    text = canonical(text)
    found = re.fullmatch(r"\s*(.*?)\s*\[\s*([0-9]{1,9}(?:\s*,\s*[0-9]{1,9}){0,2})\s*\]\s*", text)
    return (found[1], tuple(int(number) for number in found[2].split(","))) if found else (text, ())


def assumptions(words: Iterable[str]) -> dict[str, bool]:
    """Conditions that depend on data, each with whether it holds: ``x.sum() > 0=True``.

    Raises:
        StepperError: where it is not said which.
    """
    import ast

    found: dict[str, bool] = {}
    for word in words:
        condition, sign, held = word.rpartition("=")
        if not sign or held.strip() not in ("True", "False"):
            what = f"--assume {word}: whether the condition holds is missing"
            raise StepperError(Problem(what, hint="such as 'x.sum() > 0=True'"))
        try:
            found[ast.unparse(ast.parse(condition.strip(), mode="eval").body)] = held.strip() == "True"
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise StepperError(Problem(f"--assume {word}: this is not a condition")) from None
    return found
