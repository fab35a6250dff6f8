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
from stepper.core.formula import number_of
from stepper.engine.derive.matrices.canonical import Canonical
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
            return found
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


def pushed(body: Expr) -> bool:
    """Is a transpose written inside: over the factors of a product?"""
    if isinstance(body, Product) and set(body.operators) == {"⊙"}:
        return any(isinstance(operand, Transpose) for operand in body.operands)
    return isinstance(body, Transpose | Neg | Product)


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
    flat: list[Expr] = []
    for factor in factors:
        own = isinstance(factor, Product) and set(factor.operators) == {"⊙"}
        flat += factor.operands if own and isinstance(factor, Product) else [factor]
    return multiply_all([("⊙", factor) for factor in flat])


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
    """A sum of terms."""
    signed: list[tuple[Sign, Expr]] = [("-" if term.count < 0 else "+", written_term(term)) for term in terms]
    if not signed:
        return ZERO
    (sign, first), *rest = signed
    return add_all([("+", Neg(first) if sign == "-" else first), *rest])


def turned(expr: Expr, shapes: Shapes) -> Expr:
    """The transpose as it is written: (AB)ᵀ = BᵀAᵀ, and nothing over what is its own transpose."""
    return written([turned_term(term, shapes) for term in terms_of(expr, shapes)])


def turned_term(term: Term, shapes: Shapes) -> Term:
    return replace(term, word=tuple(_turned_factor(factor, shapes) for factor in reversed(term.word)))


def _turned_factor(factor: Expr, shapes: Shapes) -> Expr:
    match factor:
        case Transpose(body):
            return body
        case Product(operands) if set(factor.operators) == {"⊙"}:
            turned_operands = [_turned_factor(operand, shapes) for operand in operands]
            inside = sum(isinstance(operand, Transpose) for operand in operands)
            return entrywise(*turned_operands) if inside else Transpose(factor)
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
