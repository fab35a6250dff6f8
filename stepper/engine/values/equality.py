"""Are two formulas equal?

By their one form, then at generic points with 50 digits, then by SymPy; not decided at worst.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice

from msgspec import Struct, field

from stepper.core.expr import Call, Deriv, Expr, Index, Value
from stepper.core.numbers import inexact
from stepper.core.prose import Prose, listed
from stepper.core.traverse import names, substitute, transform, walk
from stepper.engine.values.arithmetic import Quantity
from stepper.engine.values.canonical import canonical, same
from stepper.engine.values.definitions import define
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.polynomial import NoSize
from stepper.engine.values.precision import LEVELS, plain, precise
from stepper.engine.values.symbolic_limits import Patience
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError


class Algebra(Struct, frozen=True):
    """What formulas are compared by.

    Attributes:
        vocabulary: the functions that they may hold.
        integers: their names stand for positive integers, as sizes do.
        patience: how long SymPy may take for all comparisons together.
    """

    vocabulary: Vocabulary
    integers: bool = False
    patience: Patience = field(default_factory=Patience)


POINTS, MOST_TRIED, MOST_SHOWN = 6, 24, 4
"""At how many points two formulas are compared, how many are tried for that, and how many names of one are told."""
DIGITS, ROUNDED_DIGITS = Fraction(1, 10**30), Fraction(1, 10**9)
"""How far two formulas may be apart at a point, as a share of their size; and where a number in them is itself rounded.
"""
LARGEST_COMPARED = 2_000
"""How many parts two formulas may have together to be compared at points."""


class Equality(Struct, frozen=True):
    """``holds``: yes, no, or None where it is not decided; ``note`` says why not, or where the two differ."""

    holds: bool | None
    note: Prose = ()


def equal(left: Expr, right: Expr, algebra: Algebra) -> Equality:
    """Are two formulas equal, for all numbers their names may stand for?

    On the left stands what is claimed, on the right what is.
    """
    if left == right:
        return Equality(True)
    vocabulary, integers = algebra.vocabulary, algebra.integers
    defined = [_defined(side, vocabulary) for side in (left, right)]
    if sum(1 for side in defined for _ in islice(walk(side), LARGEST_COMPARED)) >= LARGEST_COMPARED:
        return Equality(None, ("they are too large to be compared",))
    decided = same(*defined)
    if decided is not None:
        return Equality(decided)
    met, apart = _at_points(defined[0], defined[1], vocabulary, integers)
    if apart is not None:
        return Equality(False, apart)
    if not met:
        return Equality(None, ("no numbers were found at which both are defined",))
    if any(map(inexact, defined)):
        return Equality(True)
    if not integers and _proved(left, right, algebra):
        return Equality(True)
    agree = f"they agree at all {met} points that were tried" if met > 1 else "their numbers agree"
    return Equality(None, (f"{agree}, and no proof was found",))


def _defined(expr: Expr, vocabulary: Vocabulary) -> Expr:
    """Down to primitives, and calls of unspecified functions with arguments in one form."""

    def tidy(part: Expr) -> Expr | None:
        if not isinstance(part, Call) or not vocabulary.rule(part.name).unspecified:
            return None
        try:
            return Call(part.name, tuple(map(canonical, part.arguments)))
        except NoSize:
            return part

    try:
        return transform(define(expr, vocabulary), tidy)
    except StepperError:  # written out it would be too large
        return expr


def _at_points(left: Expr, right: Expr, vocabulary: Vocabulary, integers: bool) -> tuple[int, Prose | None]:
    """At how many points the two agree; and a point at which they do not, in words."""
    free = list(dict.fromkeys(part for side in (left, right) for part in _free(side, vocabulary)))
    tolerance = ROUNDED_DIGITS if inexact(left) or inexact(right) else DIGITS
    met = 0
    for point in islice(_points(free, integers), MOST_TRIED if free else 1):
        _share(point, vocabulary)
        one, other = (_value(side, point, vocabulary) for side in (left, right))
        if _differ(one, other, tolerance):  # or else most digits of one were lost, as in 1 - tanh(50)^2
            one, other = (_value(side, point, vocabulary, LEVELS[-1]) for side in (left, right))
        if _differ(one, other, tolerance):
            return met, _apart(point, one, other)
        met += one is not None and other is not None
        if met == POINTS:
            break
    return met, None


def _differ(one: Quantity | None, other: Quantity | None, tolerance: Fraction) -> bool:
    """Are two numbers further apart than is allowed?"""
    if one is None or other is None:
        return False
    return bool(abs(one - other) * tolerance.denominator > max(abs(one), abs(other)))


def _apart(point: Mapping[Expr, Expr], one: Quantity, other: Quantity) -> Prose:
    """Where the two differ: what is right there, and what is claimed."""
    where = (
        listed([(part, " = ", value) for part, value in point.items()], ", ")
        if len(point) <= MOST_SHOWN
        else ("a point",)
    )
    try:
        sides: Prose = ("it is about ", Value(plain(other)), ", not ", Value(plain(one)))
    except OverflowError:
        return ("at ", *where, " they differ") if where else ()
    return ("at ", *where, " ", *sides) if where else sides


def _free(expr: Expr, vocabulary: Vocabulary) -> Iterator[Expr]:
    """What has no number: names, derivatives known only by name, calls of unspecified functions."""
    for part in walk(expr):
        if isinstance(part, Deriv) or (isinstance(part, Call) and vocabulary.rule(part.name).unspecified):
            yield part
    yield from names(expr)


def _points(free: Sequence[Expr], integers: bool) -> Iterator[dict[Expr, Expr]]:
    """Generic numbers for names, of both signs, small and large; for sizes, integers."""
    source = random.Random(0)  # noqa: S311 a check, no secret
    while True:
        if integers:
            yield {part: Value(Fraction(source.randint(5, 300))) for part in free}
        else:
            size = source.choice((10, 100, 100, 1000))
            yield {part: Value(Fraction(source.randint(1, 997) * source.choice((1, 1, -1)), size)) for part in free}


def _share(point: dict[Expr, Expr], vocabulary: Vocabulary) -> None:
    """Calls of one function whose arguments are the same numbers have one value."""
    seen: dict[Expr, Expr] = {}
    for call in [part for part in point if isinstance(part, Call)]:
        found = [_value(argument, point, vocabulary) for argument in call.arguments]
        numbers = [Value(float(number)) for number in found if number is not None and math.isfinite(float(number))]
        if len(numbers) == len(found):
            alike = Call(call.name, tuple(numbers))
            point[call] = seen.setdefault(alike, point[call])


def _value(expr: Expr, point: Mapping[Expr, Expr], vocabulary: Vocabulary, digits: int = LEVELS[0]) -> Quantity | None:
    """The formula's number at a point, with so many digits; None where it has none."""
    kinds = (Deriv, Call, Index)
    put_in = substitute(expr, {part: value for part, value in point.items() if isinstance(part, kinds)})
    try:
        return evaluate(substitute(put_in, point), {}, vocabulary, arithmetic=precise(digits))
    except StepperError:
        return None


def _proved(left: Expr, right: Expr, algebra: Algebra) -> bool:
    """Does SymPy prove them equal?"""
    from stepper.engine.values.symbolic import equal as proved

    try:
        return proved(left, right, algebra.vocabulary, algebra.patience)
    except (ValueError, StepperError):
        return False
