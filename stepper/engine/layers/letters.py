"""A network whose input has no size: letters stand for it, so that parameters and receptive fields are told all the
same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from stepper.core.expr import Expr, Sym
from stepper.core.network import Layer, Network, Shape
from stepper.core.traverse import names
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.settings import NOTHING, UNKNOWN
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import BY_LAYER_NAME

SIZES, CHANNELS, STEPS = ("n", "m", "l", "z"), ("C", "D", "E"), ("T", "L", "S")
"""Letters for a size, for channels or features, for the steps of a sequence; the first that the listing has not."""


def with_letters(network: Network) -> Network | None:
    """The network with letters for its input; None where its first layers do not say how many axes come in."""
    layer = _telling(network.layers)
    if layer is None:
        return None
    taken = {name.name for name in _names(network) if isinstance(name, Sym)}
    size, channels, steps = (
        Sym(next((letter for letter in letters if letter not in taken), f"{letters[0]}_input"))
        for letters in (SIZES, CHANNELS, STEPS)
    )
    shape = _shape(BY_LAYER_NAME[layer.kind], layer.settings, size, channels, steps)
    if not any(names(part) for part in shape):
        return replace(network, input=shape)
    hwc = network.layout == "HWC"
    words = shown_shape((*shape[1:], shape[0]) if hwc else shape).replace("x", "×").replace("*", "·")
    said = (f"the size of the input is not given: letters stand for it, {words}",)
    return replace(network, input=shape, said=(*network.said, said), lettered=True)


def _telling(layers: Iterable[Layer]) -> Layer | None:
    """The first layer that says how many axes it takes, behind layers that keep any shape."""
    for layer in layers:
        row = BY_LAYER_NAME.get(layer.kind)
        if row is None:
            continue  # what is not known is told, with what the next layer says
        if row.several:
            return None
        if row.axes or row.ranks or row.given or row.append:
            return layer
        if any((row.channels, row.size, row.merge, row.shape, row.split, row.along)):
            return None
    return None


def _shape(row: Row, settings: Mapping[str, Expr], size: Sym, channels: Sym, steps: Sym) -> Shape:
    """What a layer takes: channels and sizes, features, or steps of a sequence with their features."""
    told = next((settings[name] for name in row.given if name in settings), channels)
    told = channels if told in (UNKNOWN, NOTHING) else told
    if row.append:
        return (steps,)
    if row.axes:
        return (told, *(size,) * (row.axes_in or row.axes))
    rank = row.ranks[0] if row.ranks else 1 if row.last else 2
    return (*(steps,) * (rank - 1), told) if "F" in row.given.values() else (told, *(size,) * (rank - 1))


def _names(network: Network) -> Iterable[Expr]:
    """The names that stand in a listing."""
    for layer in network.layers:
        for value in (*layer.settings.values(), *(layer.claim or ())):
            yield from names(value)
