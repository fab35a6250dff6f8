"""Stages: layers that lie in one module together, as one row of a table and one box of a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from stepper.core.expr import Expr
from stepper.engine.layers.counting import Count, operations
from stepper.engine.layers.result import Done
from stepper.engine.layers.sizes import total


class Stage(Struct, frozen=True):
    """Layers one after the other in a module, whose last gives what the module gives."""

    name: str
    layers: tuple[Done, ...]

    @property
    def last(self) -> Done:
        return self.layers[-1]

    @property
    def parameters(self) -> Expr:
        return total([done.parameters for done in self.layers])

    def operations(self, count: Count) -> Expr:
        """Multiply-adds of all layers, or floating point operations."""
        return total([operations(done, count) for done in self.layers])


def stages(layers: Sequence[Done], depth: int) -> list[Stage]:
    """Layers that lie deeper than so many modules, folded; with depth 0 each by itself. What lies in one module and
    does not run together, as in a list of modules with others between them, is folded one level deeper.
    """
    runs = [(name, tuple(part)) for name, part in groupby(layers, lambda done: _module(done, depth))]
    held: dict[str, set[frozenset[str]]] = {}
    for name, group in runs:
        held.setdefault(name, set()).add(frozenset(done.layer.path for done in group))
    found: list[Stage] = []
    for name, group in runs:
        if not name:
            found += [Stage(done.layer.name, (done,)) for done in group]
        elif len(held[name]) > 1:
            found += stages(group, depth + 1)
        else:
            found.append(Stage(name, group))
    return found


def _module(done: Done, depth: int) -> str:
    """The module of that level in which a layer lies; empty where it lies in none, or is one itself."""
    parts = (f"{done.layer.scope}." if not done.layer.path else done.layer.path).split(".")
    return ".".join(parts[:depth]) if depth and len(parts) > depth and parts[0] else ""


def ends(layers: Sequence[Done], depth: int) -> Mapping[str, str]:
    """The stage in which each layer lies."""
    return {done.layer.name: stage.name for stage in stages(layers, depth) for done in stage.layers}
