"""A task for an optimizer: its assignments, the parameters with their first values, where gradients come from, how many steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from stepper.core.expr import Expr, Index, Num, Number, Sym
from stepper.core.graph import Graph, Item
from stepper.core.steps import Prose

Assignment: TypeAlias = tuple[str, Expr]
THETA, GRADIENT, CURVATURE, STEP = "theta", "g", "h", "t"
"""What a formula of an optimizer calls the parameter, its gradient, its second derivative and the number of the step."""
CROSSED, MATRIX, COFACTOR, DETERMINANT, SOLUTION = "k", "A", "C", "D", "s"
"""What second derivatives without the residuals' own are called, and in linear equations the matrix, its cofactors, its determinant and
the solution."""
AHEAD, HAT = "ahead", "hat"
"""Where a gradient is taken that is not taken at the parameter; and what an assignment wears that another follows."""


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One number that is optimized: a parameter, or an element of one that is a list or an array. ``several``: are there others?"""

    name: str
    element: tuple[int, ...] = ()
    several: bool = False

    @property
    def symbol(self) -> Expr:
        """How the objective calls it."""
        return Index(Sym(self.name), self._places) if self.element else Sym(self.name)

    @property
    def _places(self) -> tuple[Expr, ...]:
        return tuple(Num(str(place)) for place in self.element)

    def at(self, step: Expr) -> Expr:
        """Its value after a step."""
        return Index(Sym(self.name), (step, *self._places))

    @property
    def marks(self) -> tuple[Expr, ...]:
        """What tells it from the others: its name where there are several, the number of its element."""
        owner: tuple[Expr, ...] = (Sym(self.name),) if self.several else ()
        return (*owner, *self._places)

    def of(self, quantity: str, step: Expr) -> Expr:
        """A quantity that belongs to it, such as a moment: ``m[2]``, ``m[2, w1]``, ``m[2, 1]`` for the first element of a list."""
        return Index(Sym(quantity), (step, *self.marks))

    def pair(self, quantity: str, other: Coordinate, step: Expr) -> Expr:
        """A quantity that belongs to two of them, such as a mixed second derivative: ``h[1, w, b]``; of one and itself alone ``h[1]``."""
        return Index(Sym(quantity), (step, *self.marks, *other.marks))


@dataclass(frozen=True, slots=True)
class Changed:
    """What is done to gradients, parameters or the learning rate. ``over`` is a number of the gradients of all coordinates together."""

    update: tuple[Assignment, ...]
    over: str = ""
    of_all: Expr | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """An optimizer with its settings: ``state`` as it is before the first step, ``update`` the assignments of a step in order.

    ``at`` is where the gradient is taken; None where the parameter is. ``system`` is an entry of the matrix whose linear equations with the
    gradient on their right say the step. ``instead``: optimizers without it. ``corrections``: the divisors
    that correct the bias of states that began at 0; ``scale``: how long that makes a step. ``fails``: why a
    step may not exist; ``says``: the conventions.
    """

    name: str
    settings: Mapping[str, Number]
    state: Mapping[str, Number]
    update: tuple[Assignment, ...]
    changes: tuple[Changed, ...] = ()
    at: Expr | None = None
    second: bool = False
    system: Expr | None = None
    says: tuple[Prose, ...] = ()
    remembers: str = ""
    fails: str = ""
    source: str = ""
    require: tuple[tuple[Expr, str], ...] = ()
    uphill: bool = False
    beside: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    corrections: tuple[Expr, ...] = ()
    scale: Expr | None = None

    @property
    def curved(self) -> bool:
        """Does it read second derivatives?"""
        return self.second or self.system is not None

    @property
    def own_names(self) -> frozenset[str]:
        """What its formulas call things, with and without a hat."""
        changed = [name for change in self.changes for name, _ in change.update]
        solved = {CROSSED, MATRIX, COFACTOR, DETERMINANT, SOLUTION} if self.system is not None else set()
        found = {GRADIENT, CURVATURE, AHEAD, *solved, *self.state, *changed, *(name for name, _ in self.update)} - {THETA}
        return frozenset({*found, *(f"{name}{HAT}" for name in found), *(change.over for change in self.changes if change.over)})


@dataclass(frozen=True, slots=True)
class Task:
    """``gradients`` are given for each step, or worked from the ``objective``, a graph whose leaves hold the parameters.

    With ``samples``, values of its inputs, the objective is their ``mean`` or their sum.
    """

    title: str
    method: Method
    parameters: Mapping[Coordinate, Number]
    steps: int
    gradients: tuple[Mapping[Coordinate, Number], ...] = ()
    objective: Graph | None = None
    source: str = ""
    items: tuple[Item, ...] = ()
    samples: tuple[Mapping[str, Number], ...] = ()
    mean: bool = True
