"""stepper shows its work: deep-learning computations, explained step by step.

>>> import stepper as st
>>> st.backprop("tum-2022/6", wrt="w11").answers["dL/dw11"]
Fraction(3, 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepper.api import backprop, check, derive, draw, exams, forward, graph, new, optim, rules, shapes, train
    from stepper.errors import StepperError
    from stepper.solution import Document, GraphView, Solution

__version__ = "0.1.0"
__all__ = [
    "Document", "GraphView", "Solution", "StepperError", "backprop", "check", "derive", "draw", "exams", "forward",
    "graph", "new", "optim", "rules", "shapes", "train",
]  # fmt: skip
_ELSEWHERE = {"Document": "solution", "GraphView": "solution", "Solution": "solution", "StepperError": "errors"}


def __getattr__(name: str) -> object:
    """What the door gives is loaded when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'stepper' has no attribute '{name}'")
    from importlib import import_module

    if name in _ELSEWHERE:
        return getattr(import_module(f"stepper.{_ELSEWHERE[name]}"), name)
    spelling = import_module("stepper.spelling")
    globals()[name] = spelling.in_python(getattr(import_module("stepper.api"), name))
    return globals()[name]


def load_ipython_extension(ipython: object) -> None:
    """``%load_ext stepper`` gives ``%stepper`` and ``%%stepper``."""
    from stepper.notebook import load

    load(ipython)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
