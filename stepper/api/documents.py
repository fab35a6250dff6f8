"""Documents written anew: what is asked for in a few words, as the text of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stepper.core.formula import text
from stepper.errors import Problem, StepperError, nearest
from stepper.solution import Document

if TYPE_CHECKING:
    from stepper.core.graph import Graph
    from stepper.engine.layers.result import Worked
    from stepper.write.compose import Chosen, Request
    from stepper.write.page import Page

VALUES = ("blank", "pleasant")
MOST_ATTEMPTS = 300
"""So many times numbers are drawn until some suit."""
SMALL, ATTEMPTS_FOR_SMALL = 12, 100
"""So many times nothing may be larger than this; then any that suit are taken."""


def new(
    kind: str | None = None, /, *words: str, activation: str | None = None, output: str | None = None,
    loss: str | None = None, steps: int | None = None, objective: str | None = None,
    arrays: bool | None = None, values: str = "blank", seed: int | None = None,
    source: str | Path | None = None, input: str | Sequence[int] | None = None, model: str | None = None,
    set: Mapping[str, object] | None = None, **settings: object,
) -> Document:  # fmt: skip
    """A document that nobody wants to type: a network by its sizes, a recurrent network, an optimizer's exercise.

    Without a kind it lists them. ``values`` is "blank", so that all are symbols, or "pleasant", numbers drawn by
    ``seed``. Other settings go by keyword: ``st.new("lstm", hidden=3)``. With ``source``, a file with a ``model`` in
    Python that takes an ``input``, its layers are written down.

    >>> import stepper as st
    >>> document = st.new("2-3-2", activation="leaky_relu:0.5")
    >>> document.graph
    <Graph: Fully connected network 2-3-2: 22 leaves, 9 nodes>

    Raises:
        StepperError: where there is no such kind, or what is asked of it does not fit.
    """
    from stepper.write.compose import Request, kinds

    if source is not None:
        return from_source(source, input, model=model)
    if kind is None:
        return Document(kinds())
    told = {**(set or {}), **settings}
    composed = blank(Request(kind, words, activation, output, loss, steps, objective, arrays, told))
    check_values(values)
    check_seed(seed, values)
    return finished(composed if values == VALUES[0] else pleasant(composed, 1 if seed is None else seed))


def from_source(
    path: str | Path, input: str | Sequence[int] | None = None, *, model: str | None = None
) -> Document:  # fmt: skip
    """The document with the layers of a model that is written in Python, or listed; its weights are asked for later.

    >>> import stepper as st
    >>> print(st.new(source="umass-682/7.1").splitlines()[4])
      - a = Conv2d(1, 10, 3, p=1)

    Raises:
        StepperError: where the model cannot be read, or holds what a document of layers does not have.
    """
    from stepper.engine.layers.network import work
    from stepper.engine.layers.table import described
    from stepper.read.network import load_network
    from stepper.write.layers import Row, layers_document

    size = input if input is None or isinstance(input, str) else "x".join(map(str, input))
    network = load_network(str(path), None, size, None, model)
    worked = work(network, {})
    if worked.problems:
        raise StepperError(*worked.problems)
    rows = []
    for done in worked.layers:
        shared = (done.layer.shares or done.layer.copies) and bool(done.arrays)
        if done.row.told or shared:
            what = f"{done.layer.name}, {done.layer.text}: a document of layers has no line for this"
            raise StepperError(Problem(what, done.layer.place, "stepper shapes works with the source itself"))
        word, _, settings = described(done).partition("(")
        rows.append(Row(done.layer.name, word, settings.removesuffix(")"), done.layer.reads))
    assert network.input is not None
    title = network.title or f"The model of {Path(path).name}"
    written = layers_document(title, [text(axis) for axis in network.input], rows)
    _same(written, worked)
    return Document(written)


def _same(written: str, worked: Worked) -> None:
    """What was written is read again, and must be the same network."""
    from stepper.core.arrays import LayeredGraph
    from stepper.engine.layers.counting import totals_of
    from stepper.engine.layers.feeding import network_of
    from stepper.engine.layers.network import work
    from stepper.read.anything import read_any

    read = read_any(written, "the document")
    assert isinstance(read, LayeredGraph)
    again = work(network_of(read), {})
    alike = [done.output for done in again.layers] == [done.output for done in worked.layers]
    if not alike or totals_of(again)["parameters"] != totals_of(worked)["parameters"]:
        raise StepperError(Problem("this model is another one when its layers are written as a document"))


def check_values(values: str) -> None:
    """Raises StepperError where there are no such values."""
    if values not in VALUES:
        hint = nearest(values, VALUES) or f"one of {', '.join(VALUES)}"
        raise StepperError(Problem(f"--values does not take '{values}'", hint=hint))


def finished(page: Page, file: str = "") -> Document:
    """A page as a document, with the graph that it is."""
    return Document(page.text(file), read(page) if page.blanks else None)


def read(page: Page) -> Graph:
    """The graph of a page, as it is filled."""
    from stepper.api.asking import read_from

    return read_from(page.text(), {})


def blank(request: Request) -> Page:
    """The page that is asked for, without numbers; one that is too large for symbols has some.

    Raises:
        StepperError: where it is not understood, or its layers do not fit.
    """
    from stepper.write.compose import page, understood
    from stepper.write.page import MOST_OPEN
    from stepper.write.values import drawn

    chosen = understood(request)
    found = _listed(chosen) if chosen.template.listing else page(chosen)
    large = sum(blank.size for blank in found.open) > MOST_OPEN
    return found.filled(drawn(found, 1, 0)) if large else found


def _listed(chosen: Chosen) -> Page:
    """The page of a network that is given by its layers, which are read and worked out."""
    from stepper.core.arrays import ArrayLeaf
    from stepper.engine.layers.formulas import written
    from stepper.engine.layers.network import work
    from stepper.engine.layers.sizes import integer
    from stepper.read.layered import of_network
    from stepper.read.network import read_network
    from stepper.write.compose import Line, listed

    shape, layers = chosen.listing
    if not re.fullmatch(r"\s*[1-9][0-9]*(\s*[x×]\s*[1-9][0-9]*)*\s*", shape):
        raise StepperError(
            Problem(f"'{shape}' is not a shape of numbers", hint="the input's shape comes first, e.g. 1x4x4")
        )
    graph = of_network(read_network(layers, "layers", None, shape))
    assert graph.network is not None
    leaves = [(leaf.name, leaf.shape) for leaf in written(graph).leaves.values() if isinstance(leaf, ArrayLeaf)]
    (_, feeds), *held = leaves
    lines, ends = [], feeds
    for done in work(graph.network, {}).layers:
        count = 0 if done.layer.shares else len(done.arrays)
        lines.append(Line(done.layer.name, done.layer.text, tuple(held[:count])))
        held, ends = held[count:], tuple(integer(size) or 1 for size in done.output)
    return listed(chosen, feeds, lines, ends)


def check_seed(seed: int | None, values: str) -> None:
    """Raises StepperError where a seed is given and no numbers are drawn."""
    if seed is not None and values == VALUES[0]:
        raise StepperError(Problem("--seed chooses among pleasant numbers", hint="with --values pleasant"))


def pleasant(page: Page, seed: int) -> Page:
    """A page with numbers that suit: nothing stands on a kink, most of what is learned has a gradient.

    Raises:
        StepperError: where none are found.
    """
    from stepper.engine.suitable import LARGEST, suits
    from stepper.write.values import drawn

    if not page.open:
        return page
    for attempt in range(MOST_ATTEMPTS):
        found = page.filled(drawn(page, seed, attempt))
        if suits(read(found), SMALL if attempt < ATTEMPTS_FOR_SMALL else LARGEST):
            return found
    what = f"{MOST_ATTEMPTS} sets of numbers were drawn, and none is easy to work out on paper"
    raise StepperError(Problem(what, hint="another --seed, or another activation or loss"))
