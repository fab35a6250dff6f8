"""Dual numbers of 400 digits: a number and its derivatives for the leaves, a second opinion on gradients that knows no
engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath

DIGITS = 400
mp = mpmath.mp.clone()
mp.dps = DIGITS
TIED = mp.mpf(10) ** (-DIGITS // 2)


class Undecided(Exception):
    """The number does not exist."""


class Dual:
    """A number and its derivatives for the leaves."""

    def __init__(self, value: Any, slopes: Mapping[str, Any] | None = None) -> None:
        self.value, self.slopes = mp.mpf(value), dict(slopes or {})

    def chain(self, value: Any, slope: Any) -> Dual:
        return Dual(value, {name: slope * part for name, part in self.slopes.items()})

    def __add__(self, other: Any) -> Dual:
        other = dual(other)
        names = self.slopes.keys() | other.slopes.keys()
        return Dual(
            self.value + other.value, {name: self.slopes.get(name, 0) + other.slopes.get(name, 0) for name in names}
        )

    def __mul__(self, other: Any) -> Dual:
        other = dual(other)
        names = self.slopes.keys() | other.slopes.keys()
        one, two = self.value, other.value
        return Dual(
            one * two, {name: self.slopes.get(name, 0) * two + other.slopes.get(name, 0) * one for name in names}
        )

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Dual:
        return self * -1

    def __sub__(self, other: Any) -> Dual:
        return self + dual(other) * -1

    def __rsub__(self, other: Any) -> Dual:
        return dual(other) - self

    def __truediv__(self, other: Any) -> Dual:
        other = dual(other)
        if abs(other.value) < TIED * TIED / 10:
            raise Undecided
        return self * other.chain(1 / other.value, -1 / other.value**2)

    def __rtruediv__(self, other: Any) -> Dual:
        return dual(other) / self

    def __pow__(self, exponent: int) -> Dual:
        if exponent < 0:
            return 1 / self**-exponent
        return self.chain(self.value**exponent, exponent * self.value ** (exponent - 1) if exponent else 0)


def dual(number: Any) -> Dual:
    return number if isinstance(number, Dual) else Dual(number)


Real = Callable[[Any], Any]


def primitive(value: Real, slope: Real, domain: Real = lambda x: True) -> Callable[[Any], Dual]:
    def call(x: Any) -> Dual:
        x = dual(x)
        if not domain(x.value) or abs(x.value) > 1e5:
            raise Undecided
        return x.chain(value(x.value), slope(x.value))

    return call


def sign_of(x: Any) -> int:
    """-1, 0 or 1; what is below half of the digits is 0."""
    return 0 if abs(x) < TIED else 1 if x > 0 else -1


exp = primitive(mp.exp, mp.exp)
log = primitive(mp.log, lambda x: 1 / x, lambda x: x > TIED)
sqrt = primitive(mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), lambda x: x > TIED)
sin, cos = primitive(mp.sin, mp.cos), primitive(mp.cos, lambda x: -mp.sin(x))
tan, atan = primitive(mp.tan, lambda x: 1 + mp.tan(x) ** 2), primitive(mp.atan, lambda x: 1 / (1 + x**2))
sinh, cosh = primitive(mp.sinh, mp.cosh), primitive(mp.cosh, mp.sinh)
tanh, erf = (
    primitive(mp.tanh, lambda x: mp.sech(x) ** 2),
    primitive(mp.erf, lambda x: 2 * mp.exp(-(x**2)) / mp.sqrt(mp.pi)),
)
absolute = primitive(abs, sign_of)
sign, step = primitive(sign_of, lambda x: 0), primitive(lambda x: int(sign_of(x) > 0), lambda x: 0)


def floor(x: Any) -> Dual:
    x = dual(x)
    near = mp.nint(x.value)
    return Dual(near if sign_of(x.value - near) == 0 else mp.floor(x.value))


def where(left: Any, right: Any, then: Any, otherwise: Any) -> Dual:
    """``then`` where left > right."""
    return dual(then if sign_of((dual(left) - right).value) > 0 else otherwise)


def largest(*items: Any, side: int = 1) -> Dual:
    """The largest, or with side -1 the smallest; those that tie share the slope."""
    parts = [dual(item) for item in items]
    best = max(parts, key=lambda part: side * part.value)
    tied = [part for part in parts if sign_of(part.value - best.value) == 0]
    mean = sum(tied[1:], tied[0]) / len(tied)
    return Dual(best.value, mean.slopes)


def sigmoid(x: Any) -> Dual:
    return 1 / (1 + exp(-x))


def log_softmax(*items: Any) -> list[Dual]:
    return [item - log(sum((exp(other) for other in items), Dual(0))) for item in items]
