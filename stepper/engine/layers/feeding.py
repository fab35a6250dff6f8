"""What the layers of a graph are fed: the shape of its input, and of one sample of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.arrays import ArrayLeaf, LayeredGraph, Shape
from stepper.core.expr import Expr
from stepper.core.network import Network
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import integer, literal
from stepper.errors import Problem, StepperError
from stepper.tables.layers import BY_LAYER_NAME


def network_of(graph: LayeredGraph) -> Network:
    """The network of a graph with layers, and the shape of one sample that it reads.

    Raises:
        StepperError: where that is not known.
    """
    assert graph.network is not None
    shape = fed(graph)
    read = [replace(graph.network, input=tuple(map(literal, shape[batch:]))) for batch in readings(graph, shape)]
    return next((network for network in read if not work(network, {}).problems), read[0])


def readings(graph: LayeredGraph, shape: Shape) -> Sequence[int]:
    """How many axes of the input may be a batch's, first what is meant more often: a matrix is a batch of lists,
    three axes are an image with channels, and four a batch of images, where the layers can take them so; a line
    ``input:`` says it.
    """
    assert graph.network is not None
    told = graph.network.input
    if told is not None and graph.told:
        sizes = [integer(size) for size in told]
        if [*shape[-len(sizes) :]] == sizes and len(shape) - len(sizes) in (0, 1):
            return (len(shape) - len(sizes),)
        read = "x".join(map(str, sizes))
        what = f"'{graph.feeds}' has the shape {'x'.join(map(str, shape))}, and the network reads {read}"
        raise StepperError(Problem(what, hint=f"one of {read}, or a batch of them: N x {read}"))
    return {1: (0,), 3: (0, 1)}.get(len(shape), (1, 0))


def fed(graph: LayeredGraph) -> Shape:
    """The shape of what the network reads: that of the input, or what the listing says, or what its first layer
    takes.
    """
    leaf = graph.leaves.get(graph.feeds)
    if isinstance(leaf, ArrayLeaf) and leaf.shape:
        return leaf.shape
    assert graph.network is not None
    network = graph.network
    sizes = [integer(size) for size in (*network.batch, *(network.input or _taken(network)))]
    if not sizes or None in sizes:
        what = f"the shape of '{graph.feeds}', which the first layer reads, is not known"
        raise StepperError(
            Problem(what, hint=f"say it with --input 3x8x8, or give its numbers: --set {graph.feeds}=...")
        )
    return tuple(size for size in sizes if size is not None)


def _taken(network: Network) -> Sequence[Expr]:
    """The features that the first layer takes, where it is one of a list of features."""
    first = network.layers[0]
    row = BY_LAYER_NAME.get(first.kind)
    named = next((first.settings[name] for name in row.given if name in first.settings), None) if row else None
    return () if named is None or row is None or not row.last else (named,)
