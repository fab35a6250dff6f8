"""What arrays hold: formulas, or exact numbers; both are added and multiplied with Python's operators, so that NumPy
works with either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from stepper.core.expr import Array, Expr, Index, Num, Number, Power, Sym, Value, divide
from stepper.core.formula import literal_of, number_of, text
from stepper.engine.tensor.sizes import Size, written
from stepper.engine.values.arithmetic import Quantity
from stepper.engine.values.differentiate import ZERO, negative, plus, times
from stepper.engine.values.precision import fine, plain
from stepper.errors import Problem, StepperError

Entries: TypeAlias = npt.NDArray[np.object_]
"""An array of formulas, of exact numbers, or of floats."""
Fold: TypeAlias = Callable[[list[object]], object]
"""A function of a list of entries."""


class NeedsNumbers(StepperError):
    """What is asked for is no formula of the entries."""

    def __init__(self, what: str) -> None:
        super().__init__(Problem(what, hint="give the array its entries"))


class Formula:
    """An entry that is a formula: ``x + 0`` and ``x/1`` are ``x``, ``0*x`` is 0, nothing else is folded."""

    __slots__ = ("expr",)

    def __init__(self, expr: Expr) -> None:
        self.expr = expr

    def __add__(self, other: object) -> Formula:
        return Formula(plus([("+", self.expr), ("+", _expr(other))]))

    def __radd__(self, other: object) -> Formula:
        return Formula(plus([("+", _expr(other)), ("+", self.expr)]))

    def __sub__(self, other: object) -> Formula:
        return Formula(plus([("+", self.expr), ("-", _expr(other))]))

    def __rsub__(self, other: object) -> Formula:
        return Formula(plus([("+", _expr(other)), ("-", self.expr)]))

    def __mul__(self, other: object) -> Formula:
        return Formula(times(self.expr, _expr(other)))

    def __rmul__(self, other: object) -> Formula:
        return Formula(times(_expr(other), self.expr))

    def __truediv__(self, other: object) -> Formula:
        below = _expr(other)
        return self if number_of(below) == 1 else Formula(ZERO if self.expr == ZERO else divide(self.expr, below))

    def __rtruediv__(self, other: object) -> Formula:
        return Formula(divide(_expr(other), self.expr))

    def __pow__(self, other: object) -> Formula:
        return Formula(Power(self.expr, _expr(other)))

    def __rpow__(self, other: object) -> Formula:
        return Formula(Power(_expr(other), self.expr))

    def __neg__(self) -> Formula:
        return Formula(negative(self.expr))


def _expr(other: object) -> Expr:
    if isinstance(other, Formula):
        return other.expr
    if isinstance(other, Exact):
        return Value(other.plain) if other.number != 0 else ZERO
    assert isinstance(other, int | Fraction | float)
    return Value(other) if isinstance(other, float) else literal_of(Fraction(other))  # a literal would be exact


class Blank:
    """An entry of which nothing is known: whatever is done with it, it stays so. Arrays of it have a shape alone."""

    __slots__ = ()

    def _same(self, *_: object) -> Blank:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = (
        __neg__
    ) = _same

    def __gt__(self, other: object) -> bool:
        return False

    __lt__ = __ge__ = __le__ = __gt__


class Exact:
    """An entry that is a number: a fraction while it stays short, else fifty digits."""

    __slots__ = ("number",)

    def __init__(self, number: Quantity) -> None:
        self.number = number

    def _joined(self, other: object, join: Callable[[Quantity, Quantity], Quantity]) -> Exact:
        if isinstance(other, Formula | Blank):
            return cast(Exact, NotImplemented)  # it knows what to do with a number
        one, two = _ARITHMETIC.align([self.number, _number(other)])
        return Exact(_ARITHMETIC.keep(join(one, two)))

    def __add__(self, other: object) -> Exact:
        return self._joined(other, _ADD)

    __radd__ = __add__

    def __sub__(self, other: object) -> Exact:
        return self._joined(other, _SUBTRACT)

    def __rsub__(self, other: object) -> Exact:
        return self._joined(other, lambda a, b: _SUBTRACT(b, a))

    def __mul__(self, other: object) -> Exact:
        return self._joined(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Exact:
        return self._joined(other, lambda a, b: a / b)

    def __rtruediv__(self, other: object) -> Exact:
        return self._joined(other, lambda a, b: b / a)

    def __pow__(self, other: object) -> Exact:
        return self._joined(other, _ARITHMETIC.power)

    def __rpow__(self, other: object) -> Exact:
        return self._joined(other, lambda a, b: _ARITHMETIC.power(b, a))

    def __neg__(self) -> Exact:
        return Exact(-self.number)

    def __float__(self) -> float:
        return float(self.plain)

    def __ge__(self, other: object) -> bool:
        return not self < other

    def __le__(self, other: object) -> bool:
        return not self > other

    def __gt__(self, other: object) -> bool:
        one, two = _ARITHMETIC.align([self.number, _number(other)])
        return bool(one > two)

    def __lt__(self, other: object) -> bool:
        one, two = _ARITHMETIC.align([self.number, _number(other)])
        return bool(one < two)

    def __eq__(self, other: object) -> bool:
        one, two = _ARITHMETIC.align([self.number, _number(other)])
        return bool(one == two)

    def __hash__(self) -> int:
        return hash(self.number)

    @property
    def plain(self) -> Number:
        """As it is kept and shown: a fraction or a float."""
        return plain(self.number)


_ARITHMETIC = fine()
_ADD, _SUBTRACT = _ARITHMETIC.add(("+",)), _ARITHMETIC.add(("-",))


def _number(other: object) -> Quantity:
    if isinstance(other, Exact):
        return other.number
    return Fraction(other) if isinstance(other, int) else other


BLANK = Blank()

# ---- arrays of them


def zeros(shape: tuple[int, ...], like: Entries) -> Entries:
    """Zeros among entries of a kind: floats beside floats."""
    if like.dtype == object:
        return array_of([Fraction(0)] * math.prod(shape), shape)
    return cast(Entries, np.zeros(shape))


def held(found: object) -> Entries:
    """A result as an array: NumPy hands entries themselves back where no axis is left."""
    return found if isinstance(found, np.ndarray) else array_of([found], ())


def array_of(items: Sequence[object], shape: tuple[int, ...]) -> Entries:
    """Entries in rows, as an array of a shape."""
    found = np.empty(len(items), dtype=object)
    found[:] = list(items) if items else []
    return found.reshape(shape)


def element(name: str, place: tuple[int, ...]) -> Expr:
    """How an entry of an array is called; places count from 1. A member of a family has its own number first."""
    base, _, inside = name.partition("[")
    own = tuple(Num(part.strip()) for part in inside.rstrip("]").split(",") if part.strip())
    indices = (*own, *(Num(str(axis + 1)) for axis in place))
    return Index(Sym(base), indices) if indices else Sym(base)


def symbols(name: str, shape: tuple[int, ...]) -> Entries:
    """An array of the names of its entries."""
    return array_of([Formula(element(name, place)) for place in np.ndindex(*shape)], shape)


def numbers(values: Sequence[Quantity], shape: tuple[int, ...]) -> Entries:
    return array_of([Exact(value) for value in values], shape)


def as_expr(entries: Entries) -> Expr:
    """An array as a formula: lists in lists of numbers or of formulas."""
    if not entries.ndim:
        return entry_expr(entries.item())
    return Array(tuple(as_expr(held(part)) for part in entries))


def entry_expr(entry: object) -> Expr:
    if isinstance(entry, Formula):
        number = number_of(entry.expr)
        return entry.expr if number is None else Value(number)
    if isinstance(entry, Exact):
        return Value(entry.plain)
    assert isinstance(entry, int | Fraction | float)
    return Value(Fraction(entry) if isinstance(entry, int) else entry if isinstance(entry, Fraction) else float(entry))


def shown(shape: Sequence[Size]) -> str:
    """A shape as people write it: ``2×3``, or ``a number``."""
    return "".join(part if isinstance(part, str) else text(part) for part in written(shape)) or "a number"


def is_zero(entry: object) -> bool:
    if isinstance(entry, Formula):
        raise NeedsNumbers("a mask is 0 or 1, and this one has no numbers")
    return (entry.number if isinstance(entry, Exact) else entry) == 0


def is_number(entry: object) -> bool:
    """Does an entry stand as its number?"""
    return isinstance(entry, Exact)
