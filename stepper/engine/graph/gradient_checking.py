"""Gradient checking: a gradient against difference quotients, with more and more digits where they disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import partial

from msgspec.structs import replace

from stepper.core.expr import Number
from stepper.core.prose import Prose
from stepper.core.steps import Check
from stepper.engine.graph.difference_quotients import LEVELS, Differences, Level, Quotient
from stepper.engine.values.arithmetic import Quantity
from stepper.engine.values.precision import DIGITS, plain, precise
from stepper.engine.values.tape import Undefined

TOGETHER = "difference along all leaves asked about"
LEAST_SHARE = 1e-6
RELATIVE = 1e-8
FLOOR = 1e-12


def check_gradient(
    differences: Differences, name: str, wrt: str, gradient: Number, scale: float, seed: Number
) -> Check:
    """Compares a gradient with difference quotients.

    ``seed`` is the gradient arriving at the output. ``scale`` is the size of the terms that were added up, so that a
    zero that came by cancellation is judged by what cancelled. On a kink the quotients from either side are tried: the
    slope taken must be one of the two, or their mean.
    """
    central = seeded(partial(differences.central, wrt), seed)
    first = _at(central, LEVELS[0])
    if not (isinstance(first, tuple) and _close(*first, gradient, scale)) and differences.on_kink(wrt):
        left, right = (seeded(partial(differences.one_sided, wrt, side), seed) for side in (-1, 1))
        return _on_kink((left, right), name, gradient, scale)
    return judged("central difference", name, central, gradient, scale)


def check_together(
    differences: Differences, gradients: Mapping[str, Number], scales: Mapping[str, float], seed: Number
) -> Check:
    """Many gradients by one quotient: the leaves moved together, against the sum of the gradients, each times how far
    its leaf moved.

    Leaves with small gradients are moved further, so that each counts in the sum.
    """
    largest = max(abs(float(gradient)) for gradient in gradients.values()) or 1.0
    amounts = {
        name: amount_of(place) / Fraction(max(abs(float(gradient)) / largest, LEAST_SHARE)).limit_denominator(10**9)
        for place, (name, gradient) in enumerate(gradients.items())
    }
    number = precise().number
    total = sum(number(gradients[name]) * number(amount) for name, amount in amounts.items())
    scale = sum(scales[name] * abs(float(amount)) for name, amount in amounts.items())

    def quotient(level: Level) -> tuple[Quantity, Quantity]:
        step = Fraction(1, 10**level.first)
        offsets = [{name: side * step * amount for name, amount in amounts.items()} for side in (1, -1)]
        ends = [differences.moved(moved, level.digits) for moved in offsets]
        h = differences.arithmetic(level.digits).number(step)
        return (ends[0] - ends[1]) / (2 * h), differences.uncertainty(ends[0], h, level.first, level.digits)

    found = judged(TOGETHER, differences.output, seeded(quotient, seed), plain(total), scale)
    return replace(found, note=("the sum of the gradients, each times the change of its leaf",)) if found.ok else found


def judged(check: str, name: str, quotient: Quotient, gradient: Number, scale: float) -> Check:
    """Right where the quotient says so with some number of digits; wrong where it stays another with more of them.

    It stays where both are alike to their own noise: of a zero all digits are noise, and there are fewer of it each
    time.
    """
    before: tuple[Quantity, Quantity] | None = None
    agreed: Quantity | None = None
    reason: Prose = ()
    for level in LEVELS:
        found = _at(quotient, level)
        if isinstance(found, Undefined):
            before, reason = None, (f"not applicable: {found.what}",)
            continue
        value, noise = found
        reason = ("cannot be decided: with more digits the quotient does not converge",)
        if _close(value, noise, gradient, scale):
            agreed = value if abs(value) > noise else 0
            size = abs(float(gradient))
            if not size or noise <= size or scale * FLOOR >= size:
                break
        elif before is not None and abs(before[0] - value) <= RELATIVE * abs(value) + before[1] + noise:
            return Check(check, name, False, _float(value, noise), _digits(level))
        before = found
    return (
        Check(check, name, None, None, reason)
        if agreed is None
        else Check(check, name, True, float(agreed), _digits(level))
    )


def _digits(level: Level) -> Prose:
    return () if level == LEVELS[0] else (f"with {level.digits} digits",)


def _on_kink(sides: Iterable[Quotient], name: str, gradient: Number, scale: float) -> Check:
    """The slope taken against those on either side, and against their mean."""
    what = "difference from the left", "difference from the right", "mean of the one-sided differences"
    for level in LEVELS:
        found = [_at(side, level) for side in sides]
        known = [None if isinstance(side, Undefined) else side for side in found]
        if known[0] is not None and known[1] is not None:
            known.append(((known[0][0] + known[1][0]) / 2, max(known[0][1], known[1][1])))
        for side, words in zip(known, what, strict=False):
            if side is not None and _close(*side, gradient, scale):
                return Check(words, name, True, _float(*side), ("a kink lies within the step",))
    return Check(
        "one-sided difference",
        name,
        None,
        None,
        ("not applicable: on the kink, the slope taken is that of neither side",),
    )


def _at(quotient: Quotient, level: Level) -> tuple[Quantity, Quantity] | Undefined:
    try:
        return quotient(level)
    except Undefined as error:
        return error


def seeded(quotient: Quotient, seed: Number) -> Quotient:
    """The quotient times the gradient that arrives at the output."""

    def found(level: Level) -> tuple[Quantity, Quantity]:
        value, noise = quotient(level)
        factor = beside(value, seed, level.digits)
        return value * factor, noise * abs(factor)

    return found


def beside(found: Quantity, number: Number, digits: int = DIGITS) -> Quantity:
    """A number of the kind of what it stands beside: a fraction beside a fraction, where it is one."""
    exact = isinstance(found, Fraction) and isinstance(number, Fraction)
    return number if exact else precise(digits).number(number)


def _close(found: Quantity, noise: Quantity, gradient: Number, scale: float) -> bool:
    number = beside(found, gradient)
    if isinstance(found, Fraction) and not isinstance(number, Fraction):
        found, noise = precise().number(found), precise().number(noise)
    return bool(abs(found - number) <= RELATIVE * abs(number) + FLOOR * scale + noise)


def _float(found: Quantity, noise: Quantity) -> float:
    """The quotient as a float; what lies below its own noise is 0."""
    return float(found) if abs(found) > noise else 0.0


def amount_of(place: int) -> Fraction:
    """How far a leaf is moved, in steps: amounts of both signs and in no simple ratio, so that mistakes do not
    cancel.
    """
    size = 1 + Fraction(place * 618_033_989 % 10**9, 10**9)
    return -size if place % 2 else size
