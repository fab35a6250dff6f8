"""Formulas as sums of terms, each a number times powers: collected, multiplied out, with common factors in front.

Order: numbers first, then what stood first; a term that is subtracted never leads where another can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce

from msgspec import Struct

from stepper.core.expr import (
    ADDED,
    Bound,
    Call,
    Deriv,
    Expr,
    Factor,
    Index,
    Neg,
    Num,
    Power,
    Product,
    Sign,
    Sum,
    Sym,
    Transpose,
    Value,
    add_all,
    children,
    multiply_all,
    rebuild,
)
from stepper.core.formula import literal_of

ONE, ZERO = Num("1"), Num("0")
HALF = Product((ONE, Num("2")), ("/",))
LONGEST_NUMBER = 6
"""Characters of a decimal that is calculated with."""


class Term(Struct, frozen=True):
    """``number*base^exponent*...``; equal bases stand once, in the order in which they were met."""

    number: Fraction
    powers: tuple[tuple[Expr, Expr], ...] = ()

    @property
    def key(self) -> frozenset[tuple[Expr, Expr]]:
        """What two terms that can be added have in common."""
        return frozenset(self.powers)


def number_in(expr: Expr) -> Fraction | None:
    """The number that a formula spells."""
    match expr:
        case Num(literal) if literal.isdigit() or len(literal) <= LONGEST_NUMBER:
            return Fraction(literal)
        case Value(Fraction() as number):
            return number
        case Neg(body):
            inner = number_in(body)
            return None if inner is None else -inner
        case Product((top, bottom), ("/",)):
            above, below = number_in(top), number_in(bottom)
            return None if above is None or not below else above / below
        case _:
            return None


def term_of(expr: Expr) -> Term:
    """A product as one term; a sum in it is a factor as it stands."""
    number = number_in(expr)
    if number is not None:
        return Term(number)
    match expr:
        case Neg(body):
            found = term_of(body)
            return Term(-found.number, found.powers)
        case Product(operands, operators) if "@" not in operators and "⊙" not in operators:
            return reduce(times, map(raised, zip(("*", *operators), operands, strict=True)), Term(Fraction(1)))
        case Power(base, exponent):
            return _power(term_of(base), exponent)
        case Call("sqrt", (base,)):  # the other spelling of a power
            return _power(term_of(base), HALF)
        case _:
            return Term(Fraction(1), ((expr, ONE),))


def raised(pair: tuple[str, Expr]) -> Term:
    operator, operand = pair
    return _power(term_of(operand), Neg(ONE)) if operator == "/" else term_of(operand)


def _power(base: Term, exponent: Expr) -> Term:
    degree = number_in(exponent)
    whole = degree is not None and degree.denominator == 1 and _is_short(base.number, degree)
    if base.number == 1 or (whole and (base.number or (degree or 0) > 0)):
        size = Fraction(1) if base.number == 1 else base.number ** int(degree or 0)
        if whole or (len(base.powers) == 1 and base.powers[0][1] == ONE):
            return Term(size, tuple((inner, product_of([power, exponent])) for inner, power in base.powers))
    if degree is not None and base.number == 1 and base.powers and all(_below(power) for _, power in base.powers):
        up = tuple((inner, product_of([Neg(ONE), power])) for inner, power in base.powers)
        return Term(Fraction(1), ((written(Term(Fraction(1), up)), literal_of(-degree)),))  # 1/sqrt(n), not sqrt(1/n)
    return Term(Fraction(1), ((written(base), exponent),))


def _is_short(number: Fraction, degree: Fraction) -> bool:
    """Can a number be raised to a power without becoming too long?"""
    bits = max(number.numerator.bit_length(), number.denominator.bit_length())
    return number == 1 or bits * abs(degree) <= MOST_BITS


MOST_BITS = 2_000


def _below(exponent: Expr) -> bool:
    degree = number_in(exponent)
    return degree is not None and degree < 0


def times(one: Term, other: Term) -> Term:
    powers = dict(one.powers)
    for base, exponent in other.powers:
        powers[base] = sum_of([powers[base], exponent]) if base in powers else exponent
    left = tuple((base, exponent) for base, exponent in powers.items() if number_in(exponent) != 0)
    number = one.number * other.number
    return Term(number, left if number else ())


def product_of(factors: Sequence[Expr]) -> Expr:
    """The product, collected."""
    return written(reduce(times, map(term_of, factors)))


def sum_of(parts: Sequence[Expr]) -> Expr:
    """The sum, with like terms added."""
    return joined(term for part in parts for term in summands(part))


def summands(expr: Expr) -> list[Term]:
    """The terms of a sum as they stand; a product is one."""
    match expr:
        case Sum(operands, operators):
            pairs = zip(("+", *operators), operands, strict=True)
            return [signed(term, sign) for sign, operand in pairs for term in summands(operand)]
        case Neg(Sum() as body):
            return [signed(term, "-") for term in summands(body)]
        case _:
            found = term_of(expr)
            return [found] if found.number else []


def signed(term: Term, sign: str) -> Term:
    return Term(-term.number, term.powers) if sign == "-" else term


def joined(terms: Iterable[Term]) -> Expr:
    """The sum of terms; like ones are added, in the place of the first."""
    found: dict[frozenset[tuple[Expr, Expr]], Term] = {}
    for term in terms:
        before = found.get(term.key)
        found[term.key] = term if before is None else Term(before.number + term.number, before.powers)
    left = [term for term in found.values() if term.number]
    if not left:
        return ZERO
    if left[0].number < 0:  # one that is added leads
        first = next((term for term in left if term.number > 0), None)
        if first is not None:
            left.remove(first)
            left.insert(0, first)
    signed: list[tuple[Sign, Expr]] = [("+", written(left[0]))]
    for term in left[1:]:
        signed.append(("-" if term.number < 0 else "+", written(Term(abs(term.number), term.powers))))
    return add_all(signed)


def _rank(power: tuple[Expr, Expr]) -> int:
    """Names stand before functions, those before sums, and sums over a range last."""
    match power[0]:
        case Num() | Value():
            return 0
        case Sym() | Index(Sym(), _):
            return 1
        case Index() | Call() | Transpose():
            return 2
        case Deriv() | Sum() | Neg():
            return 3
        case Bound():
            return 4
        case _:
            return 2


def written(term: Term) -> Expr:
    """A term as a formula: ``2*x^2*sin(x)/3``; what has a negative exponent stands below the bar."""
    above: list[Expr] = []
    below: list[Expr] = []
    term = _turned(term)
    kept = any(isinstance(base, Deriv) for base, _ in term.powers)  # u'v + uv' stays in the author's order
    for base, exponent in term.powers if kept else sorted(term.powers, key=_rank):
        degree = number_in(exponent)
        if degree is not None and degree < 0:
            below.append(_to_the(base, literal_of(-degree)))
        else:
            above.append(_to_the(base, exponent))
    size = abs(term.number)
    if size.numerator != 1 or not above:
        above.insert(0, Num(str(size.numerator)))
    if size.denominator != 1:
        below.insert(0, Num(str(size.denominator)))
    factors: list[tuple[Factor, Expr]] = [("*", part) for part in above]
    if below:
        factors.append(("/", multiply_all([("*", part) for part in below])))
    whole = multiply_all(factors)
    return Neg(whole) if term.number < 0 else whole


def _turned(term: Term) -> Term:
    """``-x*(y - a)`` as ``x*(a - y)``."""
    if term.number >= 0:
        return term
    for place, (base, exponent) in enumerate(term.powers):
        match base:
            case Sum((one, other), ("-",)) if number_in(exponent) == 1:
                turned = (add_all((("+", other), ("-", one))), exponent)
                return Term(-term.number, (*term.powers[:place], turned, *term.powers[place + 1 :]))
    return term


def _to_the(base: Expr, exponent: Expr) -> Expr:
    degree = number_in(exponent)
    if degree == 1:
        return base
    if degree == Fraction(1, 2):
        return Call("sqrt", (base,))
    return Power(base, exponent)


def collected(expr: Expr, inside: Callable[[Expr], Expr] | None = None) -> Expr:
    """Everywhere: zeros and ones gone, numbers multiplied, equal factors as powers, like terms added.

    >>> from stepper.core.formula import text
    >>> from stepper.core.parser import parse
    >>> text(collected(parse("3*x^2*cos(x) + x^3*(-sin(x))*y*1 + 0")))
    '3*x^2*cos(x) - x^3*y*sin(x)'
    """
    if isinstance(expr, Product) and ("@" in expr.operators or "⊙" in expr.operators):
        return expr
    parts = children(expr)
    if parts and not (isinstance(expr, Deriv)):
        expr = rebuild(expr, [collected(part) for part in parts])
    match expr:
        case Sum() | Neg(Sum()):
            return joined(summands(expr))
        case Bound(_, _, _, _, body) if number_in(body) == 0 and expr.word in ADDED:
            return ZERO
        case Product() | Power() | Neg() | Call("sqrt"):
            return written(term_of(expr))
        case _:
            return expr
