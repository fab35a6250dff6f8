"""The one door from here to the engine, which works sizes out: what a layer gives, and sums and products of letters."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.core.expr import Expr, Num, Sym
from stepper.core.network import Layer, Network, Shape
from stepper.engine.layers.fitting import Mismatch, shown_shape
from stepper.engine.layers.network import fitting_input
from stepper.engine.layers.outputs import arrays_of
from stepper.engine.layers.settings import settings_of, whole
from stepper.engine.layers.sizes import integer, product, settle
from stepper.engine.layers.work import Working
from stepper.engine.values.polynomial import NoSize
from stepper.tables.layers import BY_LAYER_NAME

__all__ = ["Mismatch", "NoSize", "Sizes", "fitting_input", "held_by", "integer", "product", "settle", "shown_shape"]


class Sizes:
    """What the layers of a network give, one after the other as they are met."""

    def __init__(self, network: Network, given: Mapping[Expr, Expr]) -> None:
        self.working = Working(network, given, biases=True)

    @property
    def fit(self) -> bool:
        """Did all layers fit so far?"""
        return not self.working.problems

    def of(self, layer: Layer) -> Shape:
        """The shape that a layer gives.

        Raises:
            Mismatch: where it takes no such input.
            NoSize: where no size results.
        """
        found = self.working.layer(layer).output
        self.working.shapes[layer.name] = found
        return tuple(settle(size, self.working.values) for size in found)


def held_by(kind: str, settings: Mapping[str, Expr]) -> Mapping[str, Shape]:
    """The weights and biases that a layer holds, each with its sizes."""
    row = BY_LAYER_NAME[kind]
    layer = Layer("", kind, settings, (), "")
    shape = tuple(Sym(f"n{axis}") for axis in range((row.axes or 1) + 1))
    env = whole(row, settings_of(row, layer, shape, {}, False, True), shape)
    none = env.get(Sym("b")) == Num("0")
    try:
        return arrays_of(row, env, Num("1"), Num("0") if none else Num("1"))
    except (NoSize, Mismatch):
        return {}
