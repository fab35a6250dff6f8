"""Asked of networks: the table of their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stepper.api.asking import Names, Values, words
from stepper.render.look import Look
from stepper.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepper.core.arrays import LayeredGraph
    from stepper.core.expr import Expr
    from stepper.core.network import Network, Sizes, Statement
    from stepper.core.steps import Derivation, Detail
    from stepper.engine.layers.counting import Count
    from stepper.engine.layers.shapes import Judge
    from stepper.errors import StepperError
    from stepper.read.live.kinds import Live


def shapes(
    net: str | Path | Live | None = None, /, input: str | Sequence[int] | None = None, *, listing: str | None = None,
    layout: str | None = None, values: Values = None, solve: Names = None, check: Names = None,
    count_bias: bool = False, bias: bool = True, model: str | None = None, receptive_field: str = "",
    flops: bool = False, mode: str | None = None, rnn_biases: int = 2, depth: int = 0, assume: Names = None,
    detail: Detail = "normal", **letters: object,
) -> Solution:  # fmt: skip
    """The shape table of a network: sizes, parameters, multiply-adds, receptive fields, every number worked out.

    ``net`` is the path of a listing or of a document with layers, a bundled one, the listing itself, or a live module
    of PyTorch's; ``check`` holds claims, as "shape(3) = 3x3x10". Of a source file, ``model`` is the class or what makes
    it, ``assume`` says which way branches on data go; ``depth`` folds what lies deeper among the modules. With
    ``mode="cs231n"`` a size that is not whole does not fit. ``rnn_biases=1`` counts one bias vector for each gate of a
    recurrent layer, as textbooks do, where PyTorch has two. A question about sizes alone has no channels:
    ``st.shapes("i=6 k=4 s=3")``.

    >>> import stepper as st
    >>> st.shapes("Conv2d(3, 8, 3) -> ReLU()", input="3x32x32").answers["1"]["shape"]
    (8, 30, 30)

    Raises:
        StepperError: where a layer does not fit (``partial`` is the solution up to there), or cannot be read.
    """
    from stepper.core.names import canonical
    from stepper.engine.layers.counting import Count
    from stepper.errors import Problem, StepperError
    from stepper.read.arguments import told_of
    from stepper.read.live.kinds import is_live
    from stepper.read.network import assumptions, divides_in, for_networks, read_layers, single_in, text_of, unit_named
    from stepper.read.sizes import read_sizes

    if listing is None and isinstance(net, str) and _is_written(net):
        net, listing = None, net
    name = None if net is None else str(net)
    size = input if input is None or isinstance(input, str) else "x".join(map(str, input))
    given = told_of({**(values or {}), **letters})
    unknowns = tuple(canonical(letter.strip()) for word in words(solve) for letter in word.split(","))
    count = Count(
        flops, *unit_named(receptive_field), count_bias, bias, unknowns, divides_in(mode), single_in(rnn_biases)
    )
    if is_live(net):
        if model is not None or listing is not None:
            raise StepperError(Problem("a module is given: it is the model, and there is no listing beside it"))
        from stepper.read.live.reading import read_module

        network = read_module(net, size, layout, given, assumptions(words(assume)))
        return _worked(network, given, count, check, None, depth, detail)
    text, origin = text_of(name, listing)
    asked = read_sizes(text, origin)
    if asked is not None:
        for_networks(
            {"input": input, "layout": layout, "model": model, "check": check, "solve": solve, "flops": flops,
             "receptive-field": receptive_field, "count-bias": count_bias, "no-bias": not bias,
             "rnn-biases": rnn_biases != 2, "depth": depth, "assume": assume}
        )  # fmt: skip
        return _windows(asked, given, count, detail)
    network = _network(read_layers(text, origin, size, layout, model, given, assumptions(words(assume))))
    return _worked(network, given, count, check, name, depth, detail)


def _worked(
    network: Network, given: Mapping[str, Expr], count: Count, check: Names, name: str | None, depth: int,
    detail: Detail,
) -> Solution:  # fmt: skip
    """The table of a network, with what is claimed of it."""
    from stepper.engine.layers.shapes import shapes as work

    claims: Sequence[Statement] = []
    if check:
        from stepper.read.checks import read_claims

        claims = read_claims(words(check), network, name)
    derivation, error = work(network, given, count, _judge(network, claims), depth)
    return _solution(derivation, error, detail)


def _network(read: Network | LayeredGraph) -> Network:
    """A network, or that of a graph with layers."""
    from stepper.core.network import Network

    if isinstance(read, Network):
        return read
    from stepper.engine.layers.feeding import network_of

    return network_of(read)


def _windows(asked: Sizes, given: Mapping[str, Expr], count: Count, detail: Detail) -> Solution:
    """Sizes alone."""
    from stepper.engine.layers.windows import windows

    return _solution(*windows(asked, given, count), detail)


def _solution(derivation: Derivation, error: StepperError | None, detail: Detail) -> Solution:
    """What was worked out; where something does not fit, it goes with what is wrong."""
    solution = Solution(derivation, Look(detail=detail))
    if error is not None:
        error.partial = solution
        raise error
    return solution


def _judge(network: Network, claims: Sequence[Statement]) -> Judge | None:
    """What judges the claims beside a listing and its own; most listings make none."""
    if not claims and not any(layer.claim is not None or layer.claims for layer in network.layers):
        return None
    from stepper.engine.answers.checking.claimed import judging

    return judging(claims)


def _is_written(net: str) -> bool:
    """Is this the listing itself, and no name of one?"""
    from stepper.read.files import exists, find_listing
    from stepper.read.sizes import read_sizes

    if find_listing(net) is not None or exists(Path(net)):
        return False
    return any(sign in net for sign in ("(", "->", "\n", "=")) or read_sizes(net, "text") is not None
