"""The normal form of a formula of matrices, and whether two formulas are the same by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from stepper.core.assumptions import Given
from stepper.core.expr import Call, Expr, Neg, Power, Product, Sum, Sym, Transpose
from stepper.core.formula import literal_of, number_of, text
from stepper.engine.derive.matrices.polynomials import (
    Built,
    Poly,
    Term,
    all_ones,
    collected,
    key,
    minus,
    number,
    of_atom,
    of_letter,
    plus,
    scaled,
    summed,
    times,
    times_entrywise,
    traced,
    transposed,
)
from stepper.engine.derive.matrices.reading import IDENTITY, is_literal, read
from stepper.engine.derive.matrices.shapes import Shapes, shapes_of
from stepper.engine.derive.matrices.words import ONE, Atom, Letter, diagonal, ones
from stepper.tables.matrix_functions import BY_MATRIX_NAME, Law

MOST_RAISED = 8
SINGLE = Fraction(1)


def equal(left: Expr, right: Expr, given: Given) -> bool | None:
    """Are two formulas the same whatever the entries? None where the normal form does not tell.

    >>> from stepper.core.parser import parse
    >>> equal(parse("tr(A @ B)"), parse("tr(B @ A)"), Given())
    True

    Raises:
        StepperError: where shapes do not fit.
    """
    sides = [read(left, given), read(right, given)]
    found = same(sides[0], sides[1], shapes_of(sides, given))
    return None if found is False and given.facts else found


def same(left: Expr, right: Expr, shapes: Shapes) -> bool | None:
    """The same of formulas that are read, whose shapes are known."""
    form = Canonical(shapes)
    difference = form.without_denominators(minus(form.of(left), form.of(right)))
    if not difference:
        return True
    return False if form.free else None


class Canonical:
    """Normal forms under known shapes.

    ``free``: was everything met a polynomial of names, so that different normal forms are different? Where a size is a
    number they need not be.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.free = True
        self.sums: dict[str, Poly] = {}
        self._sizes: dict[Expr, tuple[str, str]] = {}

    def of(self, expr: Expr) -> Built:
        value = number_of(expr)
        if value is not None:
            return number(Fraction(value))
        match expr:
            case Sym() if expr == IDENTITY and expr.name not in self.shapes.names:
                return number(SINGLE)
            case Sym(name) if self.is_number(expr):
                return of_atom(Atom("name", name))
            case Sym(name):
                return of_letter(Letter(name, *self.size(expr), symmetric=name in self.shapes.symmetric))
            case Neg(body):
                return scaled(self.of(body), Fraction(-1))
            case Transpose(body):
                return transposed(self.of(body))
            case Sum():
                return self.sum(expr)
            case Product():
                return self.product(expr)
            case Power(base, exponent):
                return self.power(base, exponent)
            case Call(name, arguments):
                law = BY_MATRIX_NAME[name].law if name in BY_MATRIX_NAME else ""
                return _LAWS[law](self, expr) if len(arguments) == 1 else self.opaque(expr)
            case _:
                return self.opaque(expr)

    def size(self, expr: Expr) -> tuple[str, str]:
        """Rows and columns by letters."""
        if expr not in self._sizes:
            rows, columns = self.shapes.pair(expr)
            self._sizes[expr] = text(rows), text(columns)
            self.free = self.free and not any(size.isdigit() and size != ONE for size in self._sizes[expr])
        return self._sizes[expr]

    def is_number(self, expr: Expr) -> bool:
        return self.size(expr) == (ONE, ONE)

    def sum(self, expr: Sum) -> Built:
        """A plain number is added to every entry."""
        rows, columns = self.size(expr)
        parts = []
        for sign, operand in zip(("+", *expr.operators), expr.operands, strict=True):
            part = self.of(operand)
            if (rows, columns) != (ONE, ONE) and is_literal(operand):
                part = times(part, all_ones(rows, columns))
            parts.append(scaled(part, Fraction(-1)) if sign == "-" else part)
        return plus(*parts)

    def product(self, expr: Product) -> Built:
        found = self.of(expr.operands[0])
        for operator, operand in zip(expr.operators, expr.operands[1:], strict=True):
            part = self.of(operand)
            if operator == "/" and not self.is_number(operand):
                inverse = self.applied("power -1", part, self.size(operand))
                found = times_entrywise(found, inverse) if any(word for _, word in found) else times(found, inverse)
            elif operator == "/":
                found = times(found, self.reciprocal(operand))
            elif operator == "⊙" and not self.is_number(operand):
                self.free = False
                found = times_entrywise(found, part)
            else:
                found = times(found, part)
        return found

    def reciprocal(self, expr: Expr) -> Built:
        """1 divided by a number, factor by factor, so that sums that are factors stay apart."""
        match expr:
            case Product(operands, operators) if {"*", "/"} >= set(operators):
                found = number(SINGLE)
                for operator, operand in zip(("*", *operators), operands, strict=True):
                    found = times(found, self.of(operand) if operator == "/" else self.reciprocal(operand))
                return found
            case Power(base, exponent) if number_of(exponent) is not None:
                return self.power(base, literal_of(-Fraction(number_of(exponent) or 0)))
            case _:
                return self.raised(self.of(expr), Fraction(-1))

    def power(self, base: Expr, exponent: Expr) -> Built:
        value = number_of(exponent)
        law = BY_MATRIX_NAME[base.name].law if isinstance(base, Call) and base.name in BY_MATRIX_NAME else ""
        if value is None:
            return self.opaque(Power(base, exponent))
        power = Fraction(value)
        if law == "length" and isinstance(base, Call):
            return self.raised(self.square(base.arguments[0]), power / 2)
        found = self.of(base)
        if self.is_number(base):
            return self.raised(found, power)
        self.free = False
        if power.denominator == 1 and 1 <= power <= MOST_RAISED:
            result = found
            for _ in range(int(power) - 1):
                result = times_entrywise(result, found)
            return result
        return self.applied(f"power {power}", found, self.size(base))

    def raised(self, poly: Poly, power: Fraction) -> Built:
        """A power of a number."""
        whole = power.denominator == 1
        if whole and 0 < power <= MOST_RAISED:
            result = dict(poly)
            for _ in range(int(power) - 1):
                result = times(result, poly)
            return result
        self.free = False
        if len(poly) == 1:
            (((scalars, word), count),) = poly.items()
            if whole or (count == 1 and all(own == 1 for _, own in scalars)):
                return {
                    (tuple((atom, own * power) for atom, own in scalars), word): count ** int(power) if whole else count
                }
        lead = min(poly.items(), default=(None, SINGLE))[1] if whole else SINGLE
        name = key(scaled(poly, 1 / lead))
        self.sums[name] = scaled(poly, 1 / lead)
        return scaled(of_atom(Atom("sum", name), power), lead ** int(power) if whole else SINGLE)

    def without_denominators(self, poly: Poly) -> Built:
        """Multiplied by the sums that it is divided by."""
        result = dict(poly)
        for name, own in self.sums.items():
            atom = Atom("sum", name)
            lowest = min((dict(scalars).get(atom, Fraction(0)) for scalars, _ in result), default=Fraction(0))
            if lowest < 0:
                result = plus(*(self.multiplied(term, count, atom, own, lowest) for term, count in result.items()))
        return result

    def multiplied(self, term: Term, count: Fraction, atom: Atom, own: Poly, lowest: Fraction) -> Built:
        """A term with a sum that has a name, put back in for the name."""
        scalars, word = term
        power = dict(scalars).get(atom, Fraction(0)) - lowest
        rest: Built = {(tuple(pair for pair in scalars if pair[0] != atom), word): count}
        if power.denominator != 1 or power > MOST_RAISED:
            return times(of_atom(atom, power), rest)
        for _ in range(int(power)):
            rest = times(own, rest)
        return rest

    def square(self, expr: Expr) -> Built:
        """|A|² = tr(AᵀA)."""
        found = self.of(expr)
        product = times(transposed(found), found)
        size = self.size(expr)[1]
        return product if size == ONE else traced(product, size)

    def applied(self, name: str, poly: Poly, size: tuple[str, str]) -> Built:
        """A function entry by entry, or any other that is not taken apart."""
        self.free = False
        if size == (ONE, ONE):
            return of_atom(Atom("call", f"{name}({key(poly)})"))
        other = transposed(poly)
        ways = [(key(poly), False), (key(other), True)]
        symmetric = ways[0][0] == ways[1][0]
        if ONE in size:
            ways = ways[size[0] == ONE :][:1]
        written, flipped = min(ways)
        flipped = flipped and not symmetric
        return of_letter(Letter(f"{name}({written})", *size, flipped=flipped, symmetric=symmetric))

    def opaque(self, expr: Expr) -> Built:
        self.free = False
        return self.applied(text(expr), number(SINGLE), self.size(expr))

    def plain(self, call: Call) -> Built:
        return self.applied(call.name, self.of(call.arguments[0]), self.size(call))

    def trace(self, call: Call) -> Built:
        return traced(self.of(call.arguments[0]), self.size(call.arguments[0])[0])

    def total(self, call: Call) -> Built:
        return summed(self.of(call.arguments[0]), *self.size(call.arguments[0]))

    def length(self, call: Call) -> Built:
        return self.raised(self.square(call.arguments[0]), Fraction(1, 2))

    def diagonal(self, call: Call) -> Built:
        found = self.of(call.arguments[0])
        return collected(((scalars, (diagonal(word),)), count) for (scalars, word), count in found.items())

    def ones(self, call: Call) -> Built:
        return of_letter(ones(text(call.arguments[0])))

    def identity(self, call: Call) -> Built:
        return number(SINGLE)

    def inverse(self, call: Call) -> Built:
        """(AB)⁻¹ = B⁻¹A⁻¹ of square matrices."""
        self.free = False
        poly, size = self.of(call.arguments[0]), self.size(call.arguments[0])
        if len(poly) == 1:
            (((scalars, word), count),) = poly.items()
            if all(letter.rows == letter.columns for letter in word):
                inverted = tuple(
                    Letter(
                        letter.name, letter.rows, letter.columns, letter.kind, letter.parts, letter.flipped,
                        not letter.inverted, letter.symmetric,
                    )
                    for letter in reversed(word)
                )  # fmt: skip
                return {(tuple((atom, -power) for atom, power in scalars), inverted): 1 / count}
        lead = min(poly.items())[1]
        (((_, (letter,)), _),) = self.applied("", scaled(poly, 1 / lead), size).items()
        turned = Letter(letter.name, *size, flipped=letter.flipped, inverted=True, symmetric=letter.symmetric)
        return scaled(of_letter(turned), 1 / lead)

    def determinant(self, call: Call) -> Built:
        """det(AB) = det(A)·det(B) of square matrices, det(Aᵀ) = det(A)."""
        self.free = False
        poly, size = self.of(call.arguments[0]), self.size(call.arguments[0])
        if len(poly) == 1:
            (((scalars, word), count),) = poly.items()
            if not scalars and count == 1 and all(letter.rows == letter.columns for letter in word):
                found = number(SINGLE)
                for letter in word:
                    power = Fraction(-1 if letter.inverted else 1)
                    found = times(found, of_atom(Atom("call", f"det({letter.name})"), power))
                return found
        written = min(key(poly), key(transposed(poly)))
        return of_atom(Atom("call", f"det({written}:{size[0]})"))


_LAWS: Mapping[Law, Callable[[Canonical, Call], Built]] = {
    "": Canonical.plain, "trace": Canonical.trace, "total": Canonical.total, "length": Canonical.length,
    "diagonal": Canonical.diagonal, "ones": Canonical.ones, "identity": Canonical.identity,
    "inverse": Canonical.inverse, "determinant": Canonical.determinant,
}  # fmt: skip
