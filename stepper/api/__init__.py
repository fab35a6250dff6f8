"""The door: what stepper does, asked from Python. Each function reads, works, and gives a ``Solution``.

Values are numbers, Fractions, lists, NumPy arrays and whatever has ``__array__``; decimals are taken as they are
spelled (0.1 is 1/10).
A graph is a bundled exam, a path, a document or assignments as text, or what ``graph`` gave.
"""

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
