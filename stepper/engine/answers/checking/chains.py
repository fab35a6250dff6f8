"""A chain of equations gone through from side to side: is the formula right, which number was put in wrong, which
arithmetic does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from stepper.core.expr import Array, Expr, Neg, Num, Number, Product, Sum, Sym, Value, children
from stepper.core.formula import number_of
from stepper.core.prose import Prose
from stepper.core.traverse import has_names, substitute, walk
from stepper.core.working import Written
from stepper.engine.answers.finding.explanation import FITS
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.judging import judge_number, spelling
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import StepperError

OWN = (Num("0"), Num("1"), Num("2"))
"""Numbers that formulas have of their own."""
FORMULA = "the formula is "
"""What is said of a chain that does not begin with the formula of its quantity."""


def first_false(
    written: Written, calculation: Calculation | None, own: Mapping[str, Number], line: Line | None
) -> Prose:
    """The first side that is not equal to the one before it, and why; nothing where the chain holds.

    ``own`` are the numbers that were written before, by the names of their lines: they are what is put in. ``line`` is
    that of the quantity, where the first side is not its formula.
    """
    sides = [side.expr for side in written.sides]
    if calculation is not None and line is not None:
        return (FORMULA, calculation.told(line.formula))
    known = {**(calculation.numbers if calculation is not None else {}), **own}
    vocabulary = calculation.vocabulary if calculation is not None else PLAIN
    for one, other in pairwise(sides):
        if one is None or other is None:
            continue
        said = _unequal(one, other, known, calculation, vocabulary)
        if said:
            return said
    return ()


def in_symbols(expr: Expr | None) -> bool:
    """Is it a formula in which no number is put in for a name, as far as can be told from its numbers?"""
    if expr is None or not has_names(expr):
        return False
    return not any(isinstance(part, Array) or (isinstance(part, Num) and part not in OWN) for part in walk(expr))


def _unequal(
    one: Expr, other: Expr, known: Mapping[str, Number], calculation: Calculation | None, vocabulary: Vocabulary
) -> Prose:
    """Why two sides are not equal; nothing where they are, or where it cannot be told."""
    if calculation is not None:
        one, other = calculation.in_lines(one), calculation.in_lines(other)
    left, right = _number(one, known, vocabulary), _number(other, known, vocabulary)
    if left is None or right is None or _alike(one, other, left, right, known, vocabulary):
        return ()
    if has_names(one):
        put = next(_copied(one, other, known), None)
        if put is not None:
            name, value, number = put
            told = calculation.told(name) if calculation is not None else name
            return (told, " is ", Value(value), ", and ", number, " is put in")
        return ()
    parts = next(_differing(one, other, vocabulary), None)
    if parts is not None:
        inner, value, number = parts
        return (inner, " is ", Value(value), ", not ", number)
    return (one, " is ", Value(left), ", not ", other)


def _number(expr: Expr, known: Mapping[str, Number], vocabulary: Vocabulary) -> Number | None:
    try:
        return evaluate(expr, known, vocabulary)
    except (StepperError, OverflowError, ValueError, ZeroDivisionError):
        return None


def _alike(
    one: Expr, other: Expr, left: Number, right: Number, known: Mapping[str, Number], vocabulary: Vocabulary
) -> bool:
    """Are two sides equal to the digits in which their numbers are written?"""
    if judge_number(spelling(other), right, left).verdict <= FITS:
        return True
    room = _room(one, known, vocabulary) + _room(other, known, vocabulary)
    return abs(float(left) - float(right)) <= room * 1.000001


def _room(expr: Expr, known: Mapping[str, Number], vocabulary: Vocabulary) -> float:
    """How far a side may be off since its decimals are rounded."""
    base = _number(expr, known, vocabulary)
    if base is None:
        return 0.0
    total = 0.0
    for part in dict.fromkeys(part for part in walk(expr) if isinstance(part, Num)):
        spelled = spelling(part)
        if spelled is None or spelled.whole:
            continue
        moved = Value(Fraction(part.literal) + spelled.unit / 2)
        number = _number(substitute(expr, {part: moved}), known, vocabulary)
        if number is not None:
            total += abs(float(number) - float(base))
    return total


def _copied(one: Expr, other: Expr, known: Mapping[str, Number]) -> Iterator[tuple[Expr, Number, Expr]]:
    """The names of a formula at whose place another number stands in the side after it."""
    put = number_of(other)
    if isinstance(one, Sym) and put is not None:
        value = known.get(one.name)
        if value is not None and judge_number(spelling(other), put, value).verdict > FITS:
            yield one, value, other
        return
    if isinstance(other, Neg) and not isinstance(one, Neg):
        other = _signed(other)
    if type(one) is type(other) and len(children(one)) == len(children(other)):
        for left, right in zip(children(one), children(other), strict=True):
            yield from _copied(left, right, known)


def _signed(expr: Neg) -> Expr:
    """The minus before a product at its first factor, and before a sum at its first term."""
    match expr.body:
        case Product(operands, operators):
            first = operands[0]
            return Product(
                (_signed(Neg(first)) if isinstance(first, Product) else Neg(first), *operands[1:]), operators
            )
        case _:
            return expr


def _differing(one: Expr, other: Expr, vocabulary: Vocabulary) -> Iterator[tuple[Expr, Number, Expr]]:
    """The term or factor that is worked out wrong, where both sides have as many."""
    if isinstance(one, Sum | Product) and type(one) is type(other) and len(children(one)) == len(children(other)):
        assert isinstance(other, Sum | Product)
        if one.operators != other.operators:
            return
        for left, right in zip(one.operands, other.operands, strict=True):
            value, number = _number(left, {}, vocabulary), _number(right, {}, vocabulary)
            if value is not None and number is not None and not _alike(left, right, value, number, {}, vocabulary):
                yield left, value, right
