"""What the functions of the door share: how a graph, names and values are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.errors import Problem, StepperError
from stepper.solution import GraphView

if TYPE_CHECKING:
    from stepper.core.arrays import LayeredGraph
    from stepper.core.expr import Expr
    from stepper.engine.tensor.weights import Fill, Weights

Reader: TypeAlias = "Callable[[Mapping[str, Expr]], Graph]"
"""Reads a graph; it is told the values that are given beside it."""
Asked: TypeAlias = "str | Path | Graph | GraphView | Reader"
Names: TypeAlias = "str | Iterable[str] | None"
Values: TypeAlias = "Mapping[str, object] | None"
Size: TypeAlias = "str | Sequence[int] | None"
Notation: TypeAlias = "Mapping[str, str] | Iterable[str] | str"
"""Choices of how a derivation is written: by their keys, or as ``key=choice``."""
Weighed: TypeAlias = "str | Path | Mapping[str, object] | None"
"""Weights: a file, a word that fills them, or arrays by their names."""


def words(names: Names) -> list[str]:
    """Names as a list of one or several."""
    return [] if names is None else [names] if isinstance(names, str) else list(names)


class Given(Struct, frozen=True):
    """What is given to a network: ``weights`` by their names, from a file or as a word that fills them; the shape of
    its ``input``; do its weights have a row for each input (``rows``), and not for each output?
    """

    weights: Weighed = None
    input: Size = None
    rows: bool = False

    @property
    def shape(self) -> str | None:
        """The input's shape as an option has it."""
        return self.input if self.input is None or isinstance(self.input, str) else "x".join(map(str, self.input))


NOTHING_GIVEN = Given()
TEXTUAL = ("\n", "=", ": ", "->", "(")
"""What no name of a document has in it."""


def asked(
    source: Asked, values: Values, named: Mapping[str, object], convention: Iterable[str], gates: bool,
    given: Given = NOTHING_GIVEN, scalars: bool = False, also: Iterable[str] = (), notation: Notation = (),
) -> Graph:  # fmt: skip
    """The graph with weights, values, conventions, a notation, names for its entries and gates put in.

    ``also`` are further names that the call might have meant.
    """
    from stepper.core.expr import Array
    from stepper.engine.graph.options import with_conventions
    from stepper.engine.questions import gates as split
    from stepper.engine.questions import scalars as unfolded
    from stepper.read.arguments import told_of
    from stepper.read.given import with_told
    from stepper.read.notation import with_notation

    told = told_of({**(values or {}), **named})
    read = with_notation(with_conventions(read_from(source, told, given), convention), notation)
    if scalars:
        from stepper.core.arrays import ArrayLeaf

        # a number alone is told to what has its name then, and an array as a whole
        alone = {name for name, leaf in read.leaves.items() if not isinstance(leaf, ArrayLeaf)}
        whole = {name: value for name, value in told.items() if isinstance(value, Array) or name in alone}
        read = unfolded(with_told(read, whole))
        told = {_now(read, name): value for name, value in told.items() if name not in whole}
    read = with_told(read, told, also=also)
    return split(read) if gates else read


def _now(graph: Graph, name: str) -> str:
    """What an entry is called where its array was unfolded: ``W[1,2]`` is w21."""
    entries = graph.unfolded.get(name, ())
    return entries[0] if name not in graph.names and len(entries) == 1 else name


def read_from(source: Asked, told: Mapping[str, Expr], given: Given = NOTHING_GIVEN) -> Graph:
    """The graph that a source means, its layers written as formulas of what is given to them: text with an equals
    sign, an arrow or a second line is a document, assignments or a listing, all else a name.
    """
    read = _read(source, told, given.shape)
    weights = None if given.weights is None else _weights(given.weights)
    layered = _layered(read)
    rows = given.rows if layered is not None else None
    if layered is not None:
        stored = weights.names if weights is not None else layered.stored
        read = _written(replace(layered, stored=stored), told, given.rows)
    elif given.rows:
        raise StepperError(Problem("--rows says how the weights of layers are laid out, but this graph has no layers"))
    if weights is None:
        return read
    from stepper.engine.tensor.weights import with_weights

    return with_weights(read, weights, {read.known_as(name) for name in told}, rows)


def _layered(read: Graph) -> LayeredGraph | None:
    """The graph, where it has layers; their class is loaded only where there are arrays."""
    if not read.holds_arrays:
        return None
    from stepper.core.arrays import LayeredGraph

    return read if isinstance(read, LayeredGraph) else None


def _written(read: LayeredGraph, told: Mapping[str, Expr], rows: bool) -> Graph:
    """The layers of a graph as formulas; what the network reads tells sizes, where it stands in a file or a list."""
    from stepper.core.arrays import ArrayLeaf
    from stepper.engine.layers.formulas import written
    from stepper.read.given import fill_of, with_told
    from stepper.read.layered import in_rows

    if read.feeds in told and fill_of(text(told[read.feeds])) is None:
        read = with_told(read, {read.feeds: told[read.feeds]})
    if any(isinstance(leaf, ArrayLeaf) and leaf.file for leaf in read.leaves.values()):
        from stepper.engine.tensor.weights import measured

        read = measured(read)
    return written(in_rows(read) if rows else read)


def _weights(weights: object) -> Weights | Fill:
    from stepper.engine.tensor.weights import Fill, from_file, from_mapping
    from stepper.read.arguments import arrays_of
    from stepper.read.given import fill_of

    if isinstance(weights, Mapping):
        return from_mapping(arrays_of(weights))
    if not isinstance(weights, str | PathLike):
        hint = "a file, 'normal(1)', or arrays by their names, as module.state_dict() gives them"
        raise StepperError(Problem(f"weights: {type(weights).__name__} is not taken", hint=hint))
    fill = fill_of(str(weights))
    return from_file(Path(weights)) if fill is None else Fill(*fill)


def _read(source: Asked, told: Mapping[str, Expr], shape: str | None) -> Graph:
    if isinstance(source, GraphView | Graph):
        if shape is not None:
            what = "--input says how a network is read, and this graph is read already"
            raise StepperError(Problem(what, hint='st.graph("net.txt", input="3x8x8")'))
        return source.graph if isinstance(source, GraphView) else source
    if callable(source):
        return source(told)
    from stepper.read.anything import read_any
    from stepper.read.bundled import load_graph

    if is_text(source):
        return read_any(str(source), "text", told, shape)
    return load_graph(str(source), told, shape)


def is_text(source: object) -> bool:
    """Is it what a document says, and not the name of one? It has an equals sign, an arrow or a second line."""
    from stepper.read.files import own_file

    return isinstance(source, str) and any(sign in source for sign in TEXTUAL) and own_file(source) is None
