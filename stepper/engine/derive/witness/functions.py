"""Unknown functions of an instance: smooth, with exact derivatives of every order."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction

from stepper.engine.derive.witness.laws import LAWS, Density
from stepper.engine.derive.witness.numbers import Quantity, Unable, context, over, primitive, rounded


class Smooth:
    """A polynomial, and for generic instances a wave and a curve besides; between two bounds, where it has such."""

    def __init__(self, source: random.Random, simple: bool, low: Quantity | None, high: Quantity | None) -> None:
        self.coefficients = [Fraction(source.choice((-3, -2, -1, 1, 2, 3)), 1 if simple else 4) for _ in range(4)]
        self.wave = 0 if simple else Fraction(source.randint(1, 5), 4)
        self.frequency = Fraction(source.randint(2, 5), 4)
        self.weights = [Fraction(source.choice((-2, -1, 1, 2, 3)), 2) for _ in range(12)]
        self.low, self.high = low, high

    def value(self, order: int, arguments: Sequence[Quantity]) -> Quantity:
        """The derivative of this order; of several arguments the value alone."""
        if len(arguments) == 1:
            return self._bounded(order, arguments[0])
        if order:
            raise Unable("a prime on a function of more than one argument")
        total: Quantity = 0
        for place, argument in enumerate(arguments):
            other = arguments[place - 1]
            weights = self.weights[2 * place % 12 :]
            total = total + weights[0] * argument + weights[1] * argument * other
        return self._bounded(0, total)

    def _bounded(self, order: int, x: Quantity) -> Quantity:
        if self.low is None and self.high is None:
            return self._free(order, x)
        if order:
            raise Unable("the derivative of an unknown function that has bounds")
        share = over(1, 1 + primitive("exp", "exp", -self._free(0, x)))  # between 0 and 1
        if self.low is None:
            return self.high + -over(share, 1 + -share)
        return self.low + (over(share, 1 + -share) if self.high is None else (self.high + -self.low) * share)

    def _free(self, order: int, x: Quantity) -> Quantity:
        total: Quantity = 0
        for power, coefficient in enumerate(self.coefficients):
            if power >= order:
                total = total + math.perm(power, order) * coefficient * x ** (power - order)
        if self.wave:
            function = ("sin", "cos")[order % 2]
            sign = -1 if order % 4 in (2, 3) else 1
            angle = rounded(self.frequency * x)
            total = total + sign * self.wave * self.frequency**order * primitive(function, function, angle)
        return total


class Bell:
    """A density on the whole line: two normal ones mixed."""

    def __init__(self, source: random.Random) -> None:
        self.share = Fraction(source.randint(1, 4), 5)
        self.means = [Fraction(source.randint(-4, 4), 2) for _ in range(2)]
        self.widths = [Fraction(source.randint(2, 6), 4) for _ in range(2)]
        self.parts: dict[int, list[Density]] = {}

    def value(self, order: int, arguments: Sequence[Quantity]) -> Quantity:
        if order or len(arguments) != 1:
            raise Unable("the derivative of an unknown density")
        precision = context().prec
        if precision not in self.parts:
            normal = LAWS["normal"].density
            assert normal is not None
            self.parts[precision] = [
                normal(mean, width * width) for mean, width in zip(self.means, self.widths, strict=True)
            ]
        x, (one, other) = rounded(arguments[0]), self.parts[precision]
        return self.share * one(x) + (1 - self.share) * other(x)
