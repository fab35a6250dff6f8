"""A formula of matrices as a sum of terms: a fraction, numbers above and below, and a product in its order.

Terms are read off and written back as a person writes them: ``2*lam*X.T @ (y - X @ w)/n``. Sums in parentheses stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import (
    Expr,
    Factor,
    Neg,
    Num,
    Power,
    Product,
    Sign,
    Sum,
    Transpose,
    add_all,
    children,
    divide,
    multiply_all,
    rebuild,
)
from stepper.core.formula import literal_of, number_of
from stepper.engine.derive.matching import outermost
from stepper.engine.derive.matrices.canonical import Canonical
from stepper.engine.derive.matrices.conditions import holds_differential
from stepper.engine.derive.matrices.polynomials import transposed
from stepper.engine.derive.matrices.reading import IDENTITY
from stepper.engine.derive.matrices.shapes import Shapes
from stepper.engine.derive.terms import collected

ZERO, ONE = Num("0"), Num("1")


class Term(Struct, frozen=True):
    """``count*above*word/below``; an empty word is a number."""

    count: Fraction = Fraction(1)
    above: tuple[Expr, ...] = ()
    below: tuple[Expr, ...] = ()
    word: tuple[Expr, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Is it its word alone?"""
        return self.count == 1 and not self.above and not self.below

    def scaled(self, count: Fraction) -> Term:
        return replace(self, count=self.count * count)

    def by(self, other: Term) -> Term:
        """The numbers of both; the word is left out."""
        return Term(self.count * other.count, self.above + other.above, self.below + other.below)


def terms_of(expr: Expr, shapes: Shapes) -> list[Term]:
    """The terms of a formula, from left to right; sums inside products stay as they are."""
    match expr:
        case Sum(operands, operators):
            signs = [1 if sign == "+" else -1 for sign in ("+", *operators)]
            parts = zip(signs, operands, strict=True)
            return [term.scaled(Fraction(sign)) for sign, operand in parts for term in terms_of(operand, shapes)]
        case Neg(body):
            return [term.scaled(Fraction(-1)) for term in terms_of(body, shapes)]
        case _:
            term = term_of(expr, shapes)
            if len(term.word) == 1 and isinstance(term.word[0], Sum) and term.is_plain:
                return terms_of(term.word[0], shapes)
            return [term] if term.count else []


def term_of(expr: Expr, shapes: Shapes) -> Term:
    """One product: numbers in it taken to the front, products in it joined."""
    value = number_of(expr)
    if value is not None:
        return Term(Fraction(value))
    match expr:
        case Neg(body):
            return term_of(body, shapes).scaled(Fraction(-1))
        case Product(operands, operators):
            found = term_of(operands[0], shapes)
            for operator, operand in zip(operators, operands[1:], strict=True):
                found = _times(found, operator, term_of(operand, shapes), shapes)
            return numbers_out(found, shapes) if len(found.word) > 2 else found
        case Transpose(body):
            return term_of(turned(body, shapes), shapes) if pushed(body) else Term(word=(expr,))
        case Power(base, exponent) if not shapes(base) and number_of(exponent) in (0, 1):
            return term_of(base, shapes) if number_of(exponent) else Term()
        case Power(base, Neg(exponent)) if not shapes(base) and number_of(exponent) is not None:
            return Term(below=(base if exponent == ONE else Power(base, exponent),))
        case _ if not shapes(expr) and not is_word(expr):
            return Term(above=(expr,))
        case _:
            return Term(word=(expr,))


def numbers_out(term: Term, shapes: Shapes) -> Term:
    """A row times a column within a longer product is a number before it: ``x @ y.T @ y`` is ``y.T @ y*x``."""
    pairs = [shapes.pair(factor) for factor in term.word]
    narrow = [place for place, (rows, _) in enumerate(pairs) if rows == ONE]
    ends = [*narrow[1:], *([len(pairs)] if pairs[-1][1] == ONE else [])]
    for start, end in zip(narrow, ends, strict=False):
        part = term.word[start:end]
        if len(part) < len(term.word) and not any(map(holds_differential, part)):
            left = replace(term, above=(*term.above, written_word(part)), word=term.word[:start] + term.word[end:])
            return numbers_out(left, shapes)
    return term


def pushed(body: Expr) -> bool:
    """Is a transpose written inside: over the factors of a product?"""
    if not isinstance(body, Product):
        return isinstance(body, Transpose | Neg)
    entries = entries_of(body)
    return any(map(pushed, entries)) if len(entries) > 1 else outermost(body)[0] != "/" or body.operands[0] != ONE


def entries_of(expr: Expr) -> tuple[Expr, ...]:
    """The factors of a product entry by entry."""
    if isinstance(expr, Product) and outermost(expr)[0] == "⊙":
        return outermost(expr)[1]
    return (expr,)


def is_word(expr: Expr) -> bool:
    """Is a number a product of arrays, which is written at the end?"""
    return isinstance(expr, Product) and "@" in expr.operators


def _times(left: Term, operator: Factor, right: Term, shapes: Shapes) -> Term:
    if operator == "/" and right.word and shapes(written_word(right.word)):
        inverse = divide(ONE, written_word(right.word))
        word = (entrywise(written_word(left.word), inverse),) if left.word else (inverse,)
        return Term(left.count / right.count, left.above + right.below, left.below + right.above, word)
    if operator == "/":
        count = left.count / right.count if right.count else left.count
        under = (*right.above, *((written_word(right.word),) if right.word else ()))
        return Term(count, left.above + right.below, left.below + under, left.word)
    numbers = left.by(right)
    if not left.word or not right.word:
        return replace(numbers, word=left.word or right.word)
    if operator == "@":
        return replace(numbers, word=left.word + right.word)
    if operator == "⊙":
        return replace(numbers, word=(entrywise(written_word(left.word), written_word(right.word)),))
    first, last = (left.word, right.word) if not shapes(written_word(left.word)) else (right.word, left.word)
    return replace(numbers, above=(*numbers.above, written_word(first)), word=last)


def entrywise(*factors: Expr) -> Expr:
    """A ⊙ B ⊙ …, those in it joined."""
    return multiply_all([("⊙", entry) for factor in factors for entry in entries_of(factor)])


def written_word(word: Sequence[Expr]) -> Expr:
    """A product of matrices; products entry by entry in it keep their parentheses."""
    first, *rest = word
    return multiply_all([("*", first), *[("@", factor) for factor in rest]]) if rest else first


def written_term(term: Term) -> Expr:
    """A term without its sign.

    >>> from stepper.core.expr import Sym
    >>> from stepper.core.formula import text
    >>> text(written_term(Term(Fraction(1, 2), (Sym("s"),), (Sym("n"),), (Sym("A"), Sym("x")))))
    's*A @ x/(2*n)'
    """
    count = abs(term.count)
    word = tuple(factor for factor in term.word if factor != IDENTITY) or term.word
    front = [Num(str(count.numerator))] if count.numerator != 1 or not (term.above or word) else []
    factors: list[tuple[Factor, Expr]] = [("*", factor) for factor in (*front, *term.above)]
    factors += [("*" if not place else "@", factor) for place, factor in enumerate(word)]
    below = [*([Num(str(count.denominator))] if count.denominator != 1 else []), *term.below]
    if below:
        factors.append(("/", multiply_all([("*", factor) for factor in below])))
    return multiply_all(factors)


def written(terms: Sequence[Term]) -> Expr:
    """A sum of terms; those that are alike are one."""
    signed: list[tuple[Sign, Expr]] = [("-" if term.count < 0 else "+", written_term(term)) for term in alike(terms)]
    if not signed:
        return ZERO
    (sign, first), *rest = signed
    return add_all([("+", Neg(first) if sign == "-" else first), *rest])


def alike(terms: Sequence[Term]) -> list[Term]:
    """Terms put together that differ by a fraction only, where the first of them was."""
    found: dict[tuple[frozenset[Expr], frozenset[Expr], tuple[Expr, ...]], Term] = {}
    for term in map(_reduced, terms):
        key = frozenset(term.above), frozenset(term.below), term.word
        before = found.get(key)
        found[key] = term if before is None else replace(before, count=before.count + term.count)
    return [term for term in found.values() if term.count]


def _reduced(term: Term) -> Term:
    """Powers of one number put together, and what is above and below left out."""
    powers: dict[Expr, Fraction] = {}
    for factors, sign in ((term.above, 1), (term.below, -1)):
        for factor in factors:
            base, exponent = _power(factor)
            powers[base] = powers.get(base, Fraction(0)) + sign * exponent
    above = tuple(_raised(base, power) for base, power in powers.items() if power > 0)
    below = tuple(_raised(base, -power) for base, power in powers.items() if power < 0)
    return replace(term, above=above, below=below)


def _power(factor: Expr) -> tuple[Expr, Fraction]:
    if isinstance(factor, Power) and (exponent := number_of(factor.exponent)) is not None:
        return factor.base, Fraction(exponent)
    return factor, Fraction(1)


def _raised(base: Expr, power: Fraction) -> Expr:
    return base if power == 1 else Power(base, literal_of(power))


def turned(expr: Expr, shapes: Shapes) -> Expr:
    """The transpose as it is written: (AB)ᵀ = BᵀAᵀ, and nothing over what is its own transpose."""
    return written([turned_term(term, shapes) for term in terms_of(expr, shapes)])


def turned_term(term: Term, shapes: Shapes) -> Term:
    return replace(term, word=tuple(_turned_factor(factor, shapes) for factor in reversed(term.word)))


def _turned_factor(factor: Expr, shapes: Shapes) -> Expr:
    match factor:
        case Transpose(body):
            return body
        case Product() if len(entries := entries_of(factor)) > 1 and any(map(pushed, entries)):
            return entrywise(*(turned(entry, shapes) for entry in entries))
        case _:
            return factor if is_symmetric(factor, shapes) else Transpose(factor)


def tidied(expr: Expr, shapes: Shapes) -> Expr:
    """The same with numbers in front, products joined, zeros and ones left out; sums stay as they are."""
    parts = children(expr)
    if not parts:
        return expr
    expr = rebuild(expr, [tidied(part, shapes) for part in parts])
    match expr:
        case Sum() | Neg() | Product() | Transpose():
            return written(terms_of(expr, shapes))
        case Power(base, exponent) if isinstance(exponent, Sum):
            degree = collected(exponent)
            return base if degree == ONE else Power(base, degree)
        case _:
            return expr


def is_symmetric(expr: Expr, shapes: Shapes) -> bool:
    """Is a matrix its own transpose, as far as its normal form tells?"""
    rows, columns = shapes.pair(expr)
    if rows != columns:
        return False
    found = Canonical(shapes).of(expr)
    return found == transposed(found)
