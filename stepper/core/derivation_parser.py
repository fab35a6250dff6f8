"""The language of derivations: formulas with sums, products and integrals over a range, expectations, probabilities,
norms, and what is still to be differentiated.

Everything that the ordinary language says means the same here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from stepper.core.expr import KRONECKER, Bound, BoundWord, Call, Comparison, Deriv, Expr, Index, Num, Sym, Where
from stepper.core.parser import SUM, Parser
from stepper.core.prose import Prose
from stepper.core.tokens import Token, tokenize
from stepper.errors import FormulaError

if TYPE_CHECKING:
    from stepper.core.steps import Relation as Sign

Relation: TypeAlias = Literal["=", "<=", "<", ">=", ">", "!="]
SIGNS: Mapping[Relation, Sign] = {"=": "=", "<=": "≤", "<": "<", ">=": "≥", ">": ">", "!=": "≠"}
"""How relations are printed."""

OPERATORS = ("E", "Var", "Cov", "P")
"""Expectation, variance, covariance, probability: these names are no quantities here."""
DIFFERENTIAL = "d"
"""``d(X)`` is the differential of X; the letter is no name of another function."""

_WORDS: Mapping[str, BoundWord] = {
    "sum": "sum", "Sigma": "sum", "∑": "sum", "prod": "prod", "Pi": "prod", "∏": "prod", "integral": "integral",
    "∫": "integral",
}  # fmt: skip
_RELATIONS: Mapping[str, Relation] = {
    "=": "=", "==": "=", "<=": "<=", ">=": ">=", "<": "<", ">": ">", "!=": "!=",
}  # fmt: skip
_COMPARED: Mapping[Relation, Comparison] = {
    "=": "==", "<=": "<=", ">=": ">=", "<": "<", ">": ">", "!=": "!=",
}  # fmt: skip


class Statement(Struct, frozen=True):
    """Formulas and what stands between them: ``0 < p < 1`` has three; a formula alone has no relation."""

    sides: tuple[Expr, ...]
    relations: tuple[Relation, ...]

    def said(self) -> Prose:
        """The statement as formulas with signs between them."""
        first, *rest = self.sides
        pairs = zip(self.relations, rest, strict=True)
        return (first, *(part for relation, side in pairs for part in (f" {SIGNS[relation]} ", side)))


def parse_derivation(text: str) -> Expr:
    """Reads one formula of a derivation.

    >>> parse_derivation("E[w^2]").arguments[0] == parse_derivation("w^2")
    True

    Raises:
        FormulaError: with the column of the mistake.
    """
    found = parse_statement(text)
    if found.relations:
        sign = found.relations[0]
        raise FormulaError(
            f"a formula is expected here, not one with '{sign}'", text.find(sign[0]), len(sign), text=text
        )
    return found.sides[0]


def parse_statement(text: str) -> Statement:
    """Reads formulas with relations between them: ``Var(w) = 2/n``, ``0 < p < 1``.

    Raises:
        FormulaError: with the column of the mistake.
    """
    try:
        parser = _Parser(tokenize(text, more=True))
        found = parser.statement()
        parser.finish()
    except FormulaError as error:
        raise FormulaError(error.what, error.start, error.width, error.hint, text=text) from None
    return found


class _Parser(Parser):
    def statement(self) -> Statement:
        sides, relations = [self.expression(0)], list[Relation]()
        while self.is_sign(*_RELATIONS):
            relations.append(_RELATIONS[self.take().text])
            sides.append(self.expression(0))
        return Statement(tuple(sides), tuple(relations))

    def atom(self) -> Expr:
        token = self.token
        if token.kind == "sign" and token.text == "|":
            self.take()
            inner = self.expression(0)
            self.close("|", token)
            return Call("abs", (inner,))
        return super().atom()

    def postfix(self, expr: Expr) -> Expr:
        found = super().postfix(expr)
        if isinstance(found, Index) and found.base == Sym("delta") and len(found.indices) == 2:
            return Index(KRONECKER, found.indices)
        return found

    def name(self, token: Token) -> Expr:
        if token.text in OPERATORS:
            if not self.is_sign("[", "("):
                hint = f"{token.text}[...] is reserved in derivations; give the quantity another name"
                raise self.fail(f"'{token.text}' cannot be the name of a quantity here", token, hint)
            return self.operator(token)
        return super().name(token)

    def operator(self, token: Token) -> Expr:
        opening = self.take()
        closing = {"[": "]", "(": ")"}[opening.text]
        found = self.statement()
        if found.relations:
            if token.text != "P" or len(found.relations) > 1:
                raise self.fail(f"{token.text} takes a quantity, not an equation", token)
            self.close(closing, opening)
            left, right = found.sides
            return Call("P", (Where(_COMPARED[found.relations[0]], left, right, Num("1"), Num("0")),))
        arguments = list(found.sides)
        while self.is_sign(","):
            self.take()
            arguments.append(self.expression(0))
        self.close(closing, opening)
        wanted = 2 if token.text == "Cov" else 1
        if len(arguments) != wanted:
            raise self.fail(f"{token.text} takes {'two quantities' if wanted == 2 else 'one quantity'}", token)
        if token.text == "P" and not is_event(arguments[0]):
            raise self.fail("P takes an event", token, "such as P(x > 0) or P(m = 1)")
        return Call(token.text, tuple(arguments))

    def call(self, name: str, token: Token) -> Expr:
        word = _WORDS.get(name)
        if word is not None and self.tokens[self.at + 1].kind == "name" and self.tokens[self.at + 2].text == "=":
            return self.bound(word, token)
        if name in ("D", "partial"):
            return self.derivative(name)
        return super().call("sum" if name == "Sigma" else "prod" if name == "Pi" else name, token)

    def bound(self, word: BoundWord, token: Token) -> Expr:
        """``sum(j=1..n, f)``."""
        opening = self.take()
        variable = Sym(self.take().text)
        self.take()
        low = self.expression(SUM)
        if not self.is_sign(".."):
            raise self.fail(f"{word} needs a range", hint=f"as in {word}({variable.name}=1..n, ...)")
        self.take()
        high = self.expression(SUM)
        if not self.is_sign(","):
            raise self.fail(f"{word}({variable.name}=a..b, ...) needs a formula after the range")
        self.take()
        body = self.expression(0)
        self.close(")", opening)
        return Bound(word, variable, low, high, body)

    def derivative(self, name: str) -> Expr:
        """``D(f, x)``: what is still to be differentiated."""
        opening = self.take()
        parts = self.items(")", opening)
        if len(parts) != 2:
            raise self.fail(f"{name} takes a formula and what it is differentiated by", opening, "as in D(x^2, x)")
        return Deriv(parts[0], parts[1], total=name == "D")


def is_event(expr: Expr) -> bool:
    """Is it what a probability is of?"""
    return isinstance(expr, Where) and (expr.then, expr.otherwise) == (Num("1"), Num("0"))
