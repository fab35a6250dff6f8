"""Asked of graphs: the graph itself, its forward and its backward pass, its picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from stepper.api.asking import Asked, Given, Names, Notation, Size, Values, Weighed, asked, read_from, words
from stepper.errors import Problem, StepperError
from stepper.render.look import Look
from stepper.solution import GraphView, Solution

if TYPE_CHECKING:
    from stepper.core.steps import Detail


def graph(
    source: Asked | None = None, /, *, weights: Weighed = None, input: Size = None, rows: bool = False,
    **sections: Mapping[str, object] | str | Sequence[object],
) -> GraphView:  # fmt: skip
    """A graph, read: from a bundled exam's name, a path, a document, assignments, or the sections of a document as
    keywords. ``weights`` are those of its layers: a file, a word that fills them, or arrays by their names.

    >>> import stepper as st
    >>> st.graph("q = x + y; f = q*z").nodes
    {'q': 'x + y', 'f': 'q*z'}
    >>> st.graph(inputs={"x": [1, 2]}, parameters={"W": [[1, 0], [0.5, 2]]}, nodes={"z": "W @ x"})
    <Graph: 2 leaves, 1 nodes>
    >>> st.graph(layers="Linear(2, 1) -> ReLU", weights={"0.weight": [[1, -1]], "0.bias": [2]}).nodes
    {'z1': 'W1 @ x + b1', 'a1': 'relu(z1)'}

    Raises:
        StepperError: where there is none, or with every problem found in it.
    """
    if (source is None) == (not sections):
        what = "a graph is missing" if source is None else "a graph is given twice, as a source and by its sections"
        raise StepperError(Problem(what, hint='st.graph("tum-2022/6"), or st.graph(inputs={...}, nodes={...})'))
    if sections:
        from stepper.read.arguments import document_of
        from stepper.read.graph import read_tree
        from stepper.read.shape import check_shape

        shape = Given(input=input).shape
        check_shape(shape)
        source, input = read_tree(document_of(sections), "st.graph(...)", shape=shape), None
    assert source is not None
    return GraphView(read_from(source, {}, Given(weights, input, rows)))


def forward(
    source: Asked, /, *, values: Values = None, weights: Weighed = None, input: Size = None, rows: bool = False,
    convention: Iterable[str] = (), gates: bool = False, scalars: bool = False, notation: Notation = (),
    digits: int = 4, exact: bool = False, detail: Detail = "normal", **named: object,
) -> Solution:  # fmt: skip
    """The worked forward pass, node by node.

    Values are given by keyword, or in ``values`` where a name is no keyword: ``values={"h[1]": 2}``. Of a network,
    ``weights`` are what its layers hold: a file, a word that fills them ("normal(1)"), or arrays by their names;
    ``input`` is the shape of what it reads. With ``scalars`` arrays are unfolded to numbers with names of their own:
    W[1,2] is w21. ``notation`` says how courses write it: ``{"adjoint": "bar"}``.

    >>> import stepper as st
    >>> st.forward("a = sigmoid(w*x)", w=2, x=0).answers["a"]
    Fraction(1, 2)
    """
    from stepper.engine.questions import forward as work
    from stepper.engine.values.quantities import Settings

    read = asked(source, values, named, convention, gates, Given(weights, input, rows), scalars, notation=notation)
    return Solution(work(read, Settings(digits, exact)), Look(digits=digits, exact=exact, detail=detail))


def backprop(
    source: Asked, /, wrt: Names = None, *, values: Values = None, weights: Weighed = None, input: Size = None,
    rows: bool = False, lr: object = None, of: str | None = None,
    upstream: object = None, kink: str | None = None, relu_backward: str | None = None, convention: Iterable[str] = (),
    gates: bool = False, scalars: bool = False, notation: Notation = (), second: bool = False, ascent: bool = False,
    round_steps: int | str | None = None, verify: bool = False, simplify: bool = False, paths: int = 12,
    digits: int = 4, exact: bool = False, detail: Detail = "normal", **named: object,
) -> Solution:  # fmt: skip
    """The backward pass: paths, chain rule, local derivatives, numbers, accumulation, check; ``lr`` adds the update.

    ``wrt`` names quantities; "all" is every parameter, or in a graph that declares none every leaf; "inputs" and
    "leaves" are these.
    ``second`` gives second derivatives. ``round_steps`` also carries the calculation rounded after every step, as by
    hand: 3 is three decimals, "3sf" three significant digits.

    >>> import stepper as st
    >>> d = st.backprop("tum-2022/6", wrt="w11", lr=0.1)
    >>> d.answers["dL/dw11"], d.answers["w11'"]
    (Fraction(3, 2), Fraction(-13, 20))

    Raises:
        StepperError: where something is missing, misspelled, or undefined at these values.
    """
    from stepper.engine.questions import backward as work
    from stepper.engine.values.quantities import Settings
    from stepper.read.adjust import with_output, with_upstream
    from stepper.read.arguments import rate_given, rounding_of, text_of
    from stepper.read.wanted import chosen, left_out

    rate = None if lr is None else rate_given("--lr", lr)
    if ascent and rate is None:
        raise StepperError(Problem("--ascent says which way a step goes", hint="say how far with --lr 0.1"))
    if second and (rate is not None or round_steps is not None or verify or simplify):
        raise StepperError(
            Problem(
                "--second shows second derivatives; --lr, --round-steps, --verify and --simplify belong to the first"
            )
        )
    ways = {"kink": kink, "relu_backward": relu_backward}
    conventions = [*convention, *(f"{name}={choice}" for name, choice in ways.items() if choice)]
    read = asked(source, values, named, conventions, gates, Given(weights, input, rows), scalars, notation=notation)
    read = with_upstream(with_output(read, of), None if upstream is None else text_of(upstream))
    by_hand = None if round_steps is None else rounding_of(round_steps)
    settings = Settings(digits, exact, rate, paths, ascent, by_hand, verify, simplify)
    asked_for = words(wrt)
    derivation = work(read, chosen(read, asked_for), settings, second, left_out(read, asked_for))
    return Solution(derivation, Look(digits=digits, exact=exact, detail=detail))


def draw(
    source: Asked, /, wrt: Names = None, *, values: Values = None, weights: Weighed = None, input: Size = None,
    rows: bool = False, adjacency: bool = False, convention: Iterable[str] = (), gates: bool = False,
    scalars: bool = False, notation: Notation = (), digits: int = 4, exact: bool = False, **named: object,
) -> Solution:  # fmt: skip
    """The graph as a picture, with values and gradients; then its order, paths, recurrences. A network is drawn with
    its shapes; with weights or values as a graph.

    >>> import stepper as st
    >>> st.draw("tum-2022/6").to("svg")[:4]
    b'<svg'

    Raises:
        StepperError: where there is no such graph, or an option that belongs to graphs is given for a network.
    """
    from stepper.engine.draw import draw as work
    from stepper.engine.values.quantities import Settings
    from stepper.read.bundled import is_listing
    from stepper.read.wanted import chosen

    plain = (
        not (wrt or gates or scalars or adjacency or values or named or convention or notation or rows)
        and weights is None
    )
    if plain and isinstance(source, str) and is_listing(source):
        from stepper.api.networks import shapes

        return replace(shapes(source, input), look=Look(digits=digits, graph=True))
    read = asked(source, values, named, convention, gates, Given(weights, input, rows), scalars, notation=notation)
    names = chosen(read, words(wrt)) if wrt else []
    return Solution(work(read, names, Settings(digits, exact), adjacency), Look(digits=digits, exact=exact, graph=True))
