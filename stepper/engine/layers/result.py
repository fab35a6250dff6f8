"""What comes of working a layer, and a network, out."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from stepper.core.expr import Expr
from stepper.core.network import Layer, Network, Shape
from stepper.core.prose import Prose
from stepper.core.traverse import names
from stepper.engine.layers.cell import Cell
from stepper.engine.layers.settings import (
    ZERO,
)
from stepper.engine.layers.sizes import total
from stepper.engine.layers.solve import Constraint, Solution
from stepper.errors import Problem
from stepper.tables.layer import LayerRow as Row


class Done(Struct, frozen=True):
    """One layer worked out.

    ``sizes`` are the cells of its spatial axes, ``helpers`` what they used; ``channels`` is that of its channels where
    a formula gives them, ``merged`` the sizes that became one. ``flattened``: does a Flatten stand before it that is
    not shown?
    """

    layer: Layer
    row: Row
    env: Mapping[Expr, Expr]
    axes: tuple[Mapping[Expr, Expr], ...]
    inputs: tuple[Shape, ...]
    output: Shape
    sizes: tuple[Cell, ...] = ()
    helpers: tuple[tuple[str, Cell], ...] = ()
    counted: Cell | None = None
    weights: Expr = ZERO
    biases: Expr = ZERO
    buffers: Expr = ZERO
    adds: Expr = ZERO
    macs: Cell | None = None
    arrays: Mapping[str, Shape] = field(default_factory=dict)
    channels: Cell | None = None
    merged: Shape = ()
    notes: tuple[Prose, ...] = ()
    flattened: bool = False

    @property
    def parameters(self) -> Expr:
        return total([self.weights, self.biases])


class Worked(Struct, frozen=True):
    """A network worked out as far as it goes.

    ``bound`` are unknowns that a neighbour settles, with the reason; ``unused`` are layers that are made and never run,
    ``beyond`` those that do not fit, or stand behind one, with what they hold as they are written.
    """

    network: Network
    layers: tuple[Done, ...]
    bound: Mapping[Expr, tuple[Expr, Prose]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    roles: Mapping[Expr, str] = field(default_factory=dict)
    solved: tuple[Solution, ...] = ()
    unused: tuple[Done, ...] = ()
    beyond: tuple[Done, ...] = ()

    @property
    def whole(self) -> bool:
        """Are all layers worked out?"""
        return len(self.layers) == len(self.network.layers)

    @property
    def sized(self) -> bool:
        """Is the size of the input given, or found from other sizes? What is done in all depends on it."""
        letters = {name for size in self.network.input or () for name in names(size)}
        return not self.network.lettered or letters <= set(self.known)

    @property
    def known(self) -> Mapping[Expr, Expr]:
        """Letters that the listing itself settles."""
        found = {symbol: value for symbol, (value, _) in self.bound.items()}
        for solution in self.solved:
            found |= solution.values
        return found
