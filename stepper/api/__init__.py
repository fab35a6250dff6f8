"""The door: what stepper does, asked from Python. Each function reads, works, and gives a ``Solution``.

Values are numbers, Fractions, lists, NumPy arrays and whatever has ``__array__``; decimals are taken as they are
spelled (0.1 is 1/10).
A graph is a bundled exam, a path, a document or assignments as text, or what ``graph`` gave.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepper.api.checking import check
    from stepper.api.derivations import derive
    from stepper.api.documents import new
    from stepper.api.graphs import backprop, draw, forward, graph
    from stepper.api.known import exams, rules
    from stepper.api.networks import shapes
    from stepper.api.runs import optim, train

__all__ = [
    "backprop",
    "check",
    "derive",
    "draw",
    "exams",
    "forward",
    "graph",
    "new",
    "optim",
    "rules",
    "shapes",
    "train",
]
_WHERE = {
    "check": "checking", "derive": "derivations", "new": "documents", "exams": "known", "rules": "known",
    "shapes": "networks", "optim": "runs", "train": "runs",
}  # fmt: skip
"""The module of this folder that has each function; the others are about graphs."""


def __getattr__(name: str) -> object:
    """A function, whose module is loaded when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'stepper.api' has no attribute '{name}'")
    globals()[name] = getattr(import_module(f"stepper.api.{_WHERE.get(name, 'graphs')}"), name)
    return globals()[name]
