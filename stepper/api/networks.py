"""Asked of networks: the table of their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stepper.api.asking import Names, Values, words
from stepper.render.look import Look
from stepper.solution import Solution

if TYPE_CHECKING:
    from stepper.core.network import Network, Statement
    from stepper.core.steps import Detail
    from stepper.engine.layers.shapes import Judge


def shapes(
    net: str | Path | None = None, /, input: str | Sequence[int] | None = None, *, listing: str | None = None,
    layout: str | None = None, values: Values = None, solve: Names = None, check: Names = None,
    count_bias: bool = False, bias: bool = True, model: str | None = None, receptive_field: str = "",
    flops: bool = False, depth: int = 0, assume: Names = None, detail: Detail = "normal", **letters: object,
) -> Solution:  # fmt: skip
    """The shape table of a network: sizes, parameters, multiply-adds, receptive fields, every number worked out.

    ``net`` is the path of a listing or of a document with layers, a bundled one, or the listing itself; ``check``
    holds claims, as "shape(3) = 3x3x10". Of a source file, ``model`` is the class or what makes it, ``assume`` says
    which way branches on data go; ``depth`` folds what lies deeper among the modules.

    >>> import stepper as st
    >>> st.shapes("Conv2d(3, 8, 3) -> ReLU()", input="3x32x32").answers["1"]["shape"]
    (8, 30, 30)

    Raises:
        StepperError: where a layer does not fit (``partial`` is the solution up to there), or cannot be read.
    """
    from stepper.core.names import canonical
    from stepper.core.network import Network
    from stepper.engine.layers.counting import Count
    from stepper.engine.layers.shapes import shapes as work
    from stepper.read.arguments import told_of
    from stepper.read.network import assumptions, load_layers, unit_named

    if listing is None and isinstance(net, str) and _is_written(net):
        net, listing = None, net
    name = None if net is None else str(net)
    size = input if input is None or isinstance(input, str) else "x".join(map(str, input))
    given = told_of({**(values or {}), **letters})
    read = load_layers(name, listing, size, layout, model, given, assumptions(words(assume)))
    if isinstance(read, Network):
        network = read
    else:
        from stepper.engine.layers.feeding import network_of

        network = network_of(read)
    claims = []
    if check:
        from stepper.read.checks import read_claims

        claims = read_claims(words(check), network, name)
    unknowns = tuple(canonical(letter.strip()) for word in words(solve) for letter in word.split(","))
    count = Count(flops, *unit_named(receptive_field), count_bias, bias, unknowns)
    derivation, error = work(network, given, count, _judge(network, claims), depth)
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

    return ("(" in net or "->" in net or "\n" in net) and find_listing(net) is None and not exists(Path(net))
