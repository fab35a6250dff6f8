"""The one judge: what somebody wrote beside what was found, with the spelling as evidence of how exactly it was
meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction
from functools import total_ordering

from msgspec import Struct

from stepper.core.expr import Array, Expr, Neg, Num, Number, Power, Product, Value
from stepper.core.formula import number_of
from stepper.core.numbers import inexact
from stepper.core.prose import Prose, listed
from stepper.engine.values.equality import Algebra, equal

CLOSE, NOTHING = Fraction(1, 10**9), Fraction(1, 10**18)
"""Exact claims about a number that is itself rounded are compared to nine digits; below the second a number is 0."""
SLACK, CERTAIN_DIGITS = Fraction(1, 10**12), 12
"""How far a rounded number may be off, as a share of it; and how many written digits it can bear out exactly."""
SHOWN = 2
"""A number is shown with so many digits more than were written, where it would have fewer."""
MOST_NAMED = 6
"""So many wrong entries of an array are named one by one."""


@total_ordering
class Verdict(Enum):
    """How what was written stands to what was found, the best first."""

    RIGHT = "right"
    ROUNDED = "right to the digits written"
    OTHER_FORM = "right in another form"
    TRUNCATED = "truncated"
    WHOLE = "right to the nearest whole number only"
    CONVENTION = "right under another convention"
    BY_HAND = "right with every step rounded"
    FOLLOWS = "follows from an earlier number"
    UNDECIDED = "cannot be decided"
    WRONG = "wrong"

    def __lt__(self, other: Verdict) -> bool:
        return _ORDER[self] < _ORDER[other]


_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}
WORST_CLAIM, WORST_ANSWER = Verdict.TRUNCATED, Verdict.OTHER_FORM
"""What a claim may be at worst, and what an answer that a document gives as right."""


class Judgement(Struct, frozen=True):
    """A verdict, and what is to be said of it: where the two differ, or why it is not decided."""

    verdict: Verdict
    note: Prose = ()

    @property
    def accepted(self) -> bool | None:
        """Is it right? None where that cannot be decided."""
        return None if self.verdict is Verdict.UNDECIDED else self.verdict <= WORST_CLAIM


class Spelling(Struct, frozen=True):
    """How a number is written: digits after the point, and how many places after it the last one stands (fewer with a
    power of ten).

    ``whole``: an integer, which claims a whole number.
    """

    decimals: int
    places: int
    digits: int
    whole: bool

    @property
    def unit(self) -> Fraction:
        """One unit of the last written place."""
        return Fraction(10) ** -self.places


def spelling(written: Expr | None) -> Spelling | None:
    """The spelling of a decimal or an integer; None for what claims an exact number, such as ``1/3`` and ``sqrt(2)/2``.

    >>> from stepper.core.parser import parse
    >>> [
    ...     found.places if (found := spelling(parse(each))) else None
    ...     for each in ("0.74", "0.740", "7.4e-1", "7.4*10^(-1)", "37/50")
    ... ]
    [2, 3, 2, 2, None]
    """
    match written:
        case Neg(body):
            return spelling(body)
        case Num(literal):
            mantissa, _, exponent = literal.lower().partition("e")
            whole, point, decimals = mantissa.partition(".")
            digits = len((whole + decimals).lstrip("0"))
            return Spelling(len(decimals), len(decimals) - int(exponent or 0), digits, not point and not exponent)
        case Product((first, Power(Num("10"), exponent)), ("*",)):
            inner, power = spelling(first), number_of(exponent)
            if inner is None or power is None or power != int(power):
                return None
            return Spelling(inner.decimals, inner.places - int(power), inner.digits, False)
        case _:
            return None


def judge(written: Expr | None, claimed: Expr, found: Expr, algebra: Algebra) -> Judgement:
    """What was written, and what it comes to with names put in, beside what was found: numbers, formulas, arrays of
    either.
    """
    if isinstance(found, Array) or isinstance(claimed, Array):
        return _arrays(written, claimed, found, algebra)
    one, other = number_of(claimed), number_of(found)
    if one is not None and other is not None:
        return judge_number(spelling(written), one, other)
    if claimed == found:
        return Judgement(Verdict.RIGHT)
    equality = equal(claimed, found, algebra)
    if equality.holds is None:
        return Judgement(Verdict.UNDECIDED, equality.note)
    return Judgement(Verdict.OTHER_FORM) if equality.holds else Judgement(Verdict.WRONG, equality.note)


def judge_number(spelled: Spelling | None, claimed: Number, found: Number) -> Judgement:
    """A number beside a number: half a unit of the last written place is allowed, or one towards zero from one decimal
    on.
    """
    return Judgement(_verdict(spelled, claimed, found))


def _verdict(spelled: Spelling | None, claimed: Number, found: Number) -> Verdict:
    exact = isinstance(claimed, Fraction) and isinstance(found, Fraction)
    said, value = Fraction(claimed), Fraction(found)
    gap, size = abs(value - said), max(abs(value), abs(said))
    if exact and not gap:
        return Verdict.RIGHT
    if spelled is None or spelled.whole:
        if not exact and gap <= max(size * (CLOSE if spelled is None else SLACK), NOTHING):
            return Verdict.RIGHT
        return Verdict.WHOLE if spelled is not None and gap <= Fraction(1, 2) else Verdict.WRONG
    slack = 0 if isinstance(found, Fraction) else size * SLACK
    if gap <= spelled.unit / 2 + slack:
        certain = gap <= slack and spelled.digits <= CERTAIN_DIGITS
        return Verdict.RIGHT if certain else Verdict.ROUNDED
    towards_zero = said * value >= 0 and abs(said) < abs(value)
    return Verdict.TRUNCATED if spelled.decimals and towards_zero and gap < spelled.unit - slack else Verdict.WRONG


def judge_words(written: str, found: str) -> Judgement:
    """Words are right as they stand, blanks aside."""
    return Judgement(Verdict.RIGHT if written.split() == found.split() else Verdict.WRONG)


def together(parts: Mapping[Expr | str, Judgement]) -> Judgement:
    """Several judgements as one, the worst; the parts that are as bad are named."""
    verdict = max((part.verdict for part in parts.values()), default=Verdict.RIGHT)
    if Judgement(verdict).accepted:
        return Judgement(verdict)
    bad = [(name, part.note) for name, part in parts.items() if part.verdict == verdict]
    said: list[Prose] = [(name, *(" " if note else "",), *note) for name, note in bad[:MOST_NAMED]]
    more: Prose = (f", and {len(bad) - MOST_NAMED} more",) if len(bad) > MOST_NAMED else ()
    return Judgement(verdict, (*listed(said, ", "), *more))


# ---- arrays


def _arrays(written: Expr | None, claimed: Expr, found: Expr, algebra: Algebra) -> Judgement:
    """Entry by entry; an array of one entry is also that number."""
    shape, wanted = shape_of(found), shape_of(claimed)
    if shape is None or wanted is None:
        return Judgement(Verdict.WRONG, ("its rows are of different lengths",))
    if shape != wanted and not (math.prod(shape) == 1 == math.prod(wanted) and () in (shape, wanted)):
        return Judgement(Verdict.WRONG, (f"it is {_shape_words(shape)}, and what is written {_shape_words(wanted)}",))
    spelled = entries_of(written) if written is not None else {}
    claims = entries_of(claimed)
    judged: dict[Expr | str, Judgement] = {}
    for (place, entry), (where, claim) in zip(entries_of(found).items(), claims.items(), strict=True):
        name = f"[{','.join(map(str, place or where))}]"
        judged[name] = entry_judged(judge(spelled.get(where), claim, entry, algebra), claim, entry)
    return together(judged)


def entry_judged(judged: Judgement, claim: Expr, entry: Expr) -> Judgement:
    """With what the entry is, where it was wrong."""
    if judged.verdict is not Verdict.WRONG:
        return judged
    return Judgement(judged.verdict, ("is ", *about(entry), ", not ", *about(claim)))


def about(expr: Expr) -> Prose:
    """A number in a sentence; of one that is itself rounded that is said."""
    return ("about ", expr) if inexact(expr) else (expr,)


def shape_of(expr: Expr) -> tuple[int, ...] | None:
    """How many entries along each axis; None where rows are of different lengths.

    >>> from stepper.core.parser import parse
    >>> shape_of(parse("[[1, 2, 3], [4, 5, 6]]")), shape_of(parse("x"))
    ((2, 3), ())
    """
    if not isinstance(expr, Array):
        return ()
    inner = {shape_of(item) for item in expr.items}
    if len(inner) != 1 or None in inner:
        return None
    (shape,) = inner
    assert shape is not None
    return (len(expr.items), *shape)


def _shape_words(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) + (" numbers" if len(shape) == 1 else "") if shape else "a number"


def entries_of(expr: Expr) -> dict[tuple[int, ...], Expr]:
    """The entries by their places, which count from 1."""
    if not isinstance(expr, Array):
        return {(): expr}
    return {
        (number, *place): entry
        for number, item in enumerate(expr.items, start=1)
        for place, entry in entries_of(item).items()
    }


# ---- what is judged


class Finding(Struct, frozen=True):
    """What was written of a quantity beside what it was found to be, and how the two stand to one another."""

    key: Expr
    written: Expr | str
    found: Expr | str | None
    judgement: Judgement

    @property
    def agrees(self) -> bool | None:
        return self.judgement.accepted

    @property
    def holds(self) -> bool | None:
        """Is it right to its digits, as an answer of a document is? None where that cannot be decided."""
        verdict = self.judgement.verdict
        return None if verdict is Verdict.UNDECIDED else verdict <= WORST_ANSWER

    @property
    def number(self) -> Number | None:
        """What was found, where it is a number."""
        return None if self.found is None or isinstance(self.found, str) else number_of(self.found)


def compared(key: Expr, written: Expr, claimed: Expr, found: Expr, algebra: Algebra) -> Finding:
    """A finding about formulas; a number is shown with the digits that the comparison takes."""
    judgement = judge(written, claimed, found, algebra)
    spelled = spelling(written)
    if spelled is not None and isinstance(found, Value):
        found = Value(found.number, max(0, spelled.digits - SHOWN))
    return Finding(key, written, found, judgement)


def words_compared(key: Expr, written: str, found: str) -> Finding:
    return Finding(key, written, found, judge_words(written, found))
