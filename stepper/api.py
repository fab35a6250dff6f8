"""The door: what stepper does, asked from Python. Each function reads, works, and gives a ``Solution``.

Values are numbers, Fractions, lists, NumPy arrays and whatever has ``__array__``; decimals are taken as they are spelled (0.1 is 1/10).
A graph is a bundled exam, a path, a document or assignments as text, or what ``graph`` gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from stepper.core.graph import ArrayGraph, Graph
from stepper.errors import Problem, StepperError
from stepper.render.look import Look
from stepper.solution import GraphView, Solution

if TYPE_CHECKING:
    from stepper.core.steps import Derivation, Detail
    from stepper.engine.values.quantities import Settings

Asked: TypeAlias = "str | Path | Graph | GraphView"


def graph(source: Asked | None = None, /, **sections: Mapping[str, object] | str | Sequence[object]) -> GraphView:
    """A graph, read: from a bundled exam's name, a path, a document, assignments, or the sections of a document as keywords.

    >>> import stepper as st
    >>> st.graph("q = x + y; f = q*z").nodes
    {'q': 'x + y', 'f': 'q*z'}
    >>> st.graph(inputs={"x": [1, 2]}, parameters={"W": [[1, 0], [0.5, 2]]}, nodes={"z": "W @ x"})
    <Graph: 2 leaves, 1 nodes>

    Raises:
        StepperError: where there is none, or with every problem found in it.
    """
    if (source is None) == (not sections):
        what = "a graph is missing" if source is None else "a graph is given twice, as a source and by its sections"
        raise StepperError(Problem(what, hint='st.graph("tum-2022/6"), or st.graph(inputs={...}, nodes={...})'))
    if sections:
        from stepper.read.arguments import document_of
        from stepper.read.graph import read_tree

        return GraphView(read_tree(document_of(sections), "st.graph(...)"))
    assert source is not None
    return GraphView(_read(source, {}))


def forward(source: Asked, /, *, values: Mapping[str, object] | None = None, convention: Iterable[str] = (), gates: bool = False,
            digits: int = 4, exact: bool = False, detail: Detail = "normal", **named: object) -> Solution:  # fmt: skip
    """The worked forward pass, node by node.

    Values are given by keyword, or in ``values`` where a name is no keyword: ``values={"h[1]": 2}``.

    >>> import stepper as st
    >>> st.forward("a = sigmoid(w*x)", w=2, x=0).answers["a"]
    Fraction(1, 2)
    """
    read = _asked(source, values, named, convention, gates)
    return Solution(_forward(read, _settings(digits, exact)), Look(digits=digits, exact=exact, detail=detail))


def backprop(
    source: Asked, /, wrt: str | Iterable[str] | None = None, *, values: Mapping[str, object] | None = None, lr: object = None,
    of: str | None = None, upstream: object = None, kink: str | None = None, convention: Iterable[str] = (), gates: bool = False,
    second: bool = False, ascent: bool = False, round_steps: int | None = None, verify: bool = False, simplify: bool = False,
    paths: int = 12, digits: int = 4, exact: bool = False, detail: Detail = "normal", **named: object,
) -> Solution:  # fmt: skip
    """The backward pass: paths, chain rule, local derivatives, numbers, accumulation, check; ``lr`` adds the update.

    ``wrt`` names quantities; "all" is every named leaf, "parameters" those only. ``second`` gives second derivatives.

    >>> import stepper as st
    >>> d = st.backprop("tum-2022/6", wrt="w11", lr=0.1)
    >>> d.answers["dL/dw11"], d.answers["w11'"]
    (Fraction(3, 2), Fraction(-13, 20))

    Raises:
        StepperError: where something is missing, misspelled, or undefined at these values.
    """
    from stepper.engine.graph.backward import backward
    from stepper.engine.graph.second_derivatives import second_derivatives
    from stepper.read.adjust import with_output, with_upstream
    from stepper.read.arguments import expr_of, text_of
    from stepper.read.wanted import chosen

    conventions = [*convention, *([f"kink={kink}"] if kink else [])]
    read = _asked(source, values, named, conventions, gates)
    read = with_upstream(with_output(read, of), None if upstream is None else text_of(upstream))
    rate = None if lr is None else _rate(expr_of(lr), lr)
    settings = _settings(digits, exact, rate, paths, ascent, round_steps, verify, simplify)
    names = chosen(read, [] if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt))
    if isinstance(read, ArrayGraph):
        from stepper.engine.tensor.backward import backward as work_arrays

        derivation = work_arrays(read, names, settings)
    else:
        derivation = (second_derivatives if second else backward)(read, names, settings)
    return Solution(derivation, Look(digits=digits, exact=exact, detail=detail))


def shapes(net: str | Path, /, input: str | Sequence[int] | None = None, *, layout: str | None = None,
           values: Mapping[str, object] | None = None, model: str | None = None, receptive_field: str = "", flops: bool = False,
           detail: Detail = "normal", **letters: object) -> Solution:  # fmt: skip
    """The shape table of a network: sizes, parameters, multiply-adds, receptive fields, every number worked.

    ``net`` is a listing's path, a bundled one, or the listing itself.

    >>> import stepper as st
    >>> st.shapes("Conv2d(3, 8, 3) -> ReLU()", input="3x32x32").answers["1"]["shape"]
    (8, 30, 30)

    Raises:
        StepperError: where a layer does not fit, or cannot be read.
    """
    from stepper.engine.layers.counting import Count
    from stepper.engine.layers.shapes import shapes as work
    from stepper.read.arguments import told_of
    from stepper.read.files import exists, find_listing
    from stepper.read.network import load_network, unit_named

    size = input if input is None or isinstance(input, str) else "x".join(map(str, input))
    given = told_of({**(values or {}), **letters})
    named = isinstance(net, Path) or (find_listing(net) is not None) or ("(" not in net and "->" not in net) or exists(Path(net))
    network = load_network(str(net) if named else None, None if named else str(net), size, layout, model, given)
    derivation, error = work(network, given, Count(flops, *unit_named(receptive_field)), ())
    if error is not None:
        raise error
    return Solution(derivation, Look(detail=detail))


def optim(name: str, /, theta: object = None, grads: Sequence[object] = (), *, objective: str | None = None, steps: int | None = None,
          lr: object = None, values: Mapping[str, object] | None = None, beside: Iterable[str] = (), every: int | None = None,
          digits: int = 4, exact: bool = False, detail: Detail = "normal", **settings: object) -> Solution:  # fmt: skip
    """Worked updates of an optimizer: every assignment of every step a line, and the run as a table.

    ``grads`` are the gradients of the steps; or ``objective`` is differentiated. Settings by keyword: ``beta1=0.9``.

    >>> import stepper as st
    >>> round(st.optim("adam", theta=1, grads=[0.5, 0.2], lr=0.1).floats["theta[2]"], 6)
    0.810142
    """
    from stepper.engine.optim.worked_run import WRITTEN, WRITTEN_AT_ALL, Wanted
    from stepper.engine.optim.worked_run import optim as work
    from stepper.read.arguments import text_of
    from stepper.read.options import OptimOptions, load_task

    options = OptimOptions(
        _listed(theta), tuple(_listed(grad) or "" for grad in grads), objective, steps, None if lr is None else text_of(lr),
        tuple(f"{key}={_listed(value)}" for key, value in {**(values or {}), **settings}.items()), tuple(beside),
    )  # fmt: skip
    wanted = Wanted(WRITTEN_AT_ALL if detail == "full" else WRITTEN, every)
    return Solution(work(load_task(name, options), _settings(digits, exact), wanted), Look(digits=digits, exact=exact, detail=detail))


def train(source: Asked, /, *, optimizer: str = "sgd", wrt: str | Iterable[str] | None = None, steps: int = 1, lr: object = None,
          values: Mapping[str, object] | None = None, settings: Mapping[str, object] | None = None, beside: Iterable[str] = (),
          of: str | None = None, data: str | Path | None = None, mean: bool = True, batch: int | None = None, seed: int | None = None,
          convention: Iterable[str] = (), every: int | None = None, digits: int = 4, exact: bool = False, detail: Detail = "normal",
          watch: Callable[[int], object] = bool, **named: object) -> Solution:  # fmt: skip
    """Forward, backprop and an update of all parameters, repeated: one step in full, the run as a table.

    ``settings`` are the optimizer's, values of leaves are given by keyword; ``data`` is a CSV file of samples.

    >>> import stepper as st
    >>> st.train("L = (w*x - y)^2", w=0.5, x=1, y=2, wrt="w", lr=0.1).answers["w[1]"]
    Fraction(4, 5)
    """
    from stepper.engine.optim.train import Arrays
    from stepper.engine.optim.train import train as work
    from stepper.engine.optim.worked_run import WRITTEN, WRITTEN_AT_ALL, Wanted
    from stepper.read.adjust import with_output
    from stepper.read.arguments import text_of
    from stepper.read.data import read_samples
    from stepper.read.options import OptimOptions, training
    from stepper.read.wanted import chosen

    read = with_output(_asked(source, values, named, convention, False), of)
    asked = [] if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    arrays = None
    if isinstance(read, ArrayGraph):
        from stepper.engine.tensor.quantities import entry_by_entry

        arrays = Arrays(read, chosen(read, asked or ["parameters"]))
        read = entry_by_entry(read)
    told = tuple(f"{key}={_listed(value)}" for key, value in (settings or {}).items())
    options = OptimOptions(None, (), None, steps, None if lr is None else text_of(lr), told, tuple(beside))
    samples = read_samples(Path(data), read) if data is not None else ()
    task = training(read, optimizer, options, chosen(read, asked) if asked else (), samples, mean, batch, seed)
    wanted = Wanted(WRITTEN_AT_ALL if detail == "full" else WRITTEN, every, watch=watch)
    return Solution(work(task, _settings(digits, exact), wanted, arrays), Look(digits=digits, exact=exact, detail=detail))


def draw(source: Asked, /, wrt: str | Iterable[str] | None = None, *, values: Mapping[str, object] | None = None,
         adjacency: bool = False, convention: Iterable[str] = (), gates: bool = False, digits: int = 4,
         **named: object) -> Solution:  # fmt: skip
    """The graph as a picture, with values and gradients; then its order, paths, recurrences.

    >>> import stepper as st
    >>> st.draw("tum-2022/6").to("svg")[:4]
    b'<svg'
    """
    from stepper.engine.draw import draw as work
    from stepper.read.wanted import chosen

    read = _asked(source, values, named, convention, gates)
    asked = [] if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    return Solution(work(read, chosen(read, asked) if asked else [], _settings(digits, False), adjacency), Look(digits=digits, graph=True))


def rules(name: str | None = None, /) -> Solution:
    """What is known of a function: definition, derivative, domain, kink, source; without a name all functions.

    >>> import stepper as st
    >>> st.rules("gelu").title
    'gelu'
    """
    from stepper.engine.catalogue import list_rules, show_rule

    return Solution(list_rules() if name is None else show_rule(name))


def exams() -> list[str]:
    """The names of all bundled exam problems."""
    from stepper.read.files import documents, listings

    return sorted([name for name, _ in documents()] + [name for name, _ in listings()])


def _settings(digits: int, exact: bool, *more: Any) -> Settings:
    from stepper.engine.values.quantities import Settings

    return Settings(digits, exact, *more)


def _forward(read: Graph, settings: Settings) -> Derivation:
    if isinstance(read, ArrayGraph):
        from stepper.engine.tensor.forward import forward as work_arrays

        return work_arrays(read, settings)
    from stepper.engine.graph.forward import forward as work

    return work(read, settings)


def _asked(
    source: Asked, values: Mapping[str, object] | None, named: Mapping[str, object], convention: Iterable[str], gates: bool
) -> Graph:
    """The graph with values, conventions and gates put in."""
    from stepper.engine.graph.options import with_conventions
    from stepper.read.arguments import told_of
    from stepper.read.given import with_told

    told = told_of({**(values or {}), **named})
    read = with_conventions(with_told(_read(source, told), told), convention)
    if gates and not isinstance(read, ArrayGraph):
        from stepper.engine.graph.gates import split

        return split(read)
    return read


def _read(source: Asked, told: Mapping[str, Any]) -> Graph:
    """The graph that a source means: text with an equals sign or a second line is a document or assignments, all else a name."""
    if isinstance(source, GraphView):
        return source.graph
    if isinstance(source, Graph):
        return source
    from stepper.read.bundled import load_graph
    from stepper.read.program import read_any

    if isinstance(source, str) and ("\n" in source or "=" in source or ": " in source):
        return read_any(source, "text", told)
    return load_graph(str(source), told)


def _rate(expr: Any, written: object) -> Any:
    from stepper.core.formula import number_of

    number = number_of(expr)
    if number is None:
        raise StepperError(Problem(f"lr takes a number, and got {written!r}"))
    return number


def _listed(value: object) -> str | None:
    """A value or a list as an option has it: ``[1, 2]``, ``w=1,b=2``."""
    from stepper.read.arguments import spelled

    if value is None:
        return None
    if isinstance(value, Mapping):
        return ",".join(f"{name}={_listed(part)}" for name, part in value.items())
    written = spelled(value)
    return str(written).replace("'", "") if isinstance(written, list) else written
