"""A task for an optimizer: its assignments, the parameters with their first values, where gradients come from, how many
steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import TypeAlias

from msgspec import Struct, field

from stepper.core.exam import Item
from stepper.core.expr import Call, Expr, Index, Num, Number, Sym, Where
from stepper.core.graph import Graph
from stepper.core.prose import Prose
from stepper.core.traverse import names, transform

Assignment: TypeAlias = tuple[str, Expr]
THETA, GRADIENT, CURVATURE, STEP = "theta", "g", "h", "t"
"""What a formula of an optimizer calls the parameter, its gradient, its second derivative and the number of the step.
"""
CROSSED, MATRIX, COFACTOR, DETERMINANT, SOLUTION = "k", "A", "C", "D", "s"
"""What second derivatives without the residuals' own are called, and in linear equations the matrix, its cofactors, its
determinant and
the solution."""
GRADIENT_AT, HAT = "grad", "hat"
"""``gl = grad(look)`` in an update is the gradient at the point ``look``; and what an assignment wears that another
follows.
"""


def point_of(formula: Expr) -> str | None:
    """The point at which a gradient is taken, where a formula is ``grad(point)``."""
    match formula:
        case Call(name, (Sym(point),)) if name == GRADIENT_AT:
            return point
        case _:
            return None


def after_the_first(formula: Expr) -> Expr:
    """A formula as later steps read it, without the cases of the first: ``where(t == 1, g, rho*v + g)`` is ``rho*v
    + g``.
    """

    def change(part: Expr) -> Expr | None:
        first = isinstance(part, Where) and part.operator == "==" and (part.left, part.right) == (Sym(STEP), Num("1"))
        return after_the_first(part.otherwise) if isinstance(part, Where) and first else None

    return transform(formula, change)


class Coordinate(Struct, frozen=True):
    """One number that is optimized: a parameter, or an element of one that is a list or an array.

    ``several``: are there others?
    """

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
        """A quantity that belongs to it, such as a moment: ``m[2]``, ``m[2, w1]``, ``m[2, 1]`` for the first
        element of a list.
        """
        return Index(Sym(quantity), (step, *self.marks))

    def pair(self, quantity: str, other: Coordinate, step: Expr) -> Expr:
        """A quantity that belongs to two of them, such as a mixed second derivative: ``h[1, w, b]``; of one and
        itself alone ``h[1]``.
        """
        return Index(Sym(quantity), (step, *self.marks, *other.marks))


class Changed(Struct, frozen=True):
    """What is done to gradients, parameters or the learning rate.

    ``over`` is a number of the gradients of all coordinates together.
    """

    update: tuple[Assignment, ...]
    over: str = ""
    of_all: Expr | None = None


class Method(Struct, frozen=True):
    """An optimizer with its settings: ``state`` as it is before the first step, ``update`` the assignments of a step in
    order.

    The state is a formula of the settings for all parameters, or in ``starts`` a number for each by its symbol. ``g``
    is the gradient where the parameter is; ``grad(point)`` is taken at a point assigned before. ``system`` is an entry
    of the matrix whose linear equations with the gradient on their right say the step. ``instead``: optimizers without
    it. ``corrections``: the divisors that correct the bias of states that began at 0; ``scale``: how long that makes a
    step. ``fails``: why a step may not exist; ``says``:
    the conventions.
    """

    name: str
    settings: Mapping[str, Number]
    state: Mapping[str, Expr]
    update: tuple[Assignment, ...]
    changes: tuple[Changed, ...] = ()
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
    starts: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)

    @property
    def points(self) -> dict[str, str]:
        """The gradients taken at points that the update names, each with its point."""
        return {name: point for name, formula in self.update if (point := point_of(formula)) is not None}

    @property
    def reads_gradient(self) -> bool:
        """Does it read the gradient where the parameter is?"""
        if self.system is not None:
            return True
        before = takewhile(lambda part: part[0] != GRADIENT or point_of(part[1]) is None, self.update)
        return any(Sym(GRADIENT) in names(formula) for _, formula in before)

    @property
    def gradients(self) -> tuple[str, ...]:
        """What the gradients are called that it reads."""
        return tuple(dict.fromkeys((*((GRADIENT,) if self.reads_gradient else ()), *self.points)))

    @property
    def curved(self) -> bool:
        """Does it read second derivatives?"""
        return self.second or self.system is not None

    @property
    def own_names(self) -> frozenset[str]:
        """What its formulas call things, with and without a hat."""
        changed = [name for change in self.changes for name, _ in change.update]
        solved = {CROSSED, MATRIX, COFACTOR, DETERMINANT, SOLUTION} if self.system is not None else set()
        found = {GRADIENT, CURVATURE, *solved, *self.state, *changed, *(name for name, _ in self.update)} - {THETA}
        return frozenset(
            {*found, *(f"{name}{HAT}" for name in found), *(change.over for change in self.changes if change.over)}
        )


class Task(Struct, frozen=True):
    """``gradients`` are given for each step, or worked from the ``objective``, a graph whose leaves hold the
    parameters.

    With ``samples``, values of its inputs, the objective is their ``mean`` or their sum: over all in every step, or
    over a ``batch`` of so many, in their order or in one drawn anew by a ``seed`` for each epoch. ``notation`` is how
    the run is written, by the keys of the table.
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
    batch: int | None = None
    seed: int | None = None
    notation: Mapping[str, str] = field(default_factory=dict)


class Lettered(Struct, frozen=True):
    """Updates of one parameter in which letters stand for numbers.

    ``theta`` is its first value, where it has one; the ``gradients`` of the steps are letters or numbers; ``named``
    are the letters that settings have.
    """

    method: Method
    parameter: str
    theta: Number | None
    gradients: tuple[Expr, ...]
    named: Mapping[str, Expr] = field(default_factory=dict)
    notation: Mapping[str, str] = field(default_factory=dict)
