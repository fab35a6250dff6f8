"""Text to formula: a Pratt parser that runs nothing. Every mistake has its column, and a hint where one is known.

Loosest to tightest: ``+ -`` · unary ``-`` · ``* /`` · ``^`` (from the right) · ``x[1]``, ``f(x)``, ``w'``, ``W.T``.
``@`` and ``⊙`` stand with ``*`` and ``/``.
"""

from __future__ import annotations

import re
from typing import cast

from stepper.core.expr import (
    Array,
    Call,
    Comparison,
    Deriv,
    Expr,
    Factor,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Sign,
    Sym,
    Transpose,
    Where,
    add_all,
    multiply_all,
)
from stepper.core.tokens import Token, tokenize
from stepper.errors import FormulaError

SUM, NEG, PRODUCT, POWER, DERIV, ATOM = 2, 3, 4, 5, 6, 7
"""How tightly each kind binds."""

DEEPEST = 100

_NAME = re.compile(r"[A-Za-ce-z][A-Za-z0-9_]{0,60}")
"""The most frequent formula by far: keys of documents, and no derivative."""
_FACTORS: tuple[Factor, ...] = ("*", "/", "@", "⊙")
_COMPARISONS = frozenset({">", "<", ">=", "<=", "==", "!="})


def parse(text: str) -> Expr:
    """Reads one formula.

    >>> parse("-x^2")
    Neg(body=Power(base=Sym(name='x'), exponent=Num(literal='2')))

    Raises:
        FormulaError: with the column of the mistake, and what to write instead where that is known.
    """
    if _NAME.fullmatch(text):
        return Sym(text)
    try:
        parser = Parser(tokenize(text))
        expr = parser.expression(0)
        parser.finish()
    except FormulaError as error:
        raise FormulaError(error.what, error.start, error.width, error.hint, text=text) from None
    return expr


class Parser:
    """One formula, token by token; the language of derivations adds to it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at, self.depth, self.powers = tokens, 0, 0, 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def is_sign(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def fail(self, what: str, token: Token | None = None, hint: str = "") -> FormulaError:
        token = token or self.token
        return FormulaError(what, token.start, max(1, token.end - token.start), hint)

    def finish(self) -> None:
        token = self.token
        if token.kind == "end":
            return
        if token.text in (")", "]"):
            raise self.fail(f"'{token.text}' closes nothing")
        if token.text in _COMPARISONS:
            raise self.fail("a comparison is allowed only inside where(condition, a, b)")
        if token.text == ",":
            raise self.fail(
                "a comma is allowed only between arguments or inside a list", hint="decimals are written with a point"
            )
        raise self.fail("an operator is missing here", hint="a product is written a*b")

    def expression(self, level: int) -> Expr:
        """Everything that binds at least as tightly as ``level``."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(
                f"this formula is nested more than {DEEPEST} deep", hint="give an inner part a node of its own"
            )
        left = self.prefix(level)
        while True:
            token = self.tokens[self.at]
            sign = token.text if token.kind == "sign" else ""
            if level <= SUM and sign in ("+", "-"):
                left = self.run(left, SUM)
            elif level <= PRODUCT and sign in _FACTORS:
                left = self.run(left, PRODUCT)
            elif level <= POWER and sign == "^":
                self.take()
                left = Power(left, self.expression(POWER))
            elif token.kind == "power":
                self.powers += 1
                if self.powers > DEEPEST:
                    raise self.fail(f"this formula holds more than {DEEPEST} raised numbers")
                digits = self.take().text
                left = Power(left, Neg(Num(digits[1:])) if digits.startswith("-") else Num(digits))
            else:
                break
        self.depth -= 1
        return left

    def run(self, first: Expr, level: int) -> Expr:
        """A whole run of operators of one level, flat."""
        if level == SUM:
            terms: list[tuple[Sign, Expr]] = [("+", first)]
            while self.is_sign("+", "-"):
                terms.append((cast(Sign, self.take().text), self.expression(NEG)))
            return add_all(terms)
        factors: list[tuple[Factor, Expr]] = [("*", first)]
        while self.is_sign(*_FACTORS):
            factors.append((cast(Factor, self.take().text), self.expression(POWER)))
        return multiply_all(factors)

    def prefix(self, level: int) -> Expr:
        if self.token.kind != "sign":
            return self.postfix(self.atom())
        if self.is_sign("-"):
            self.take()
            # -a*b is -(a*b), but after a * or a ^ the minus takes only what binds tighter: a*-b*c is a*(-b)*c
            return Neg(self.expression(PRODUCT if level <= PRODUCT else POWER))
        if self.is_sign("+"):
            self.take()
            return self.expression(max(level, NEG))
        return self.postfix(self.atom())

    def postfix(self, expr: Expr) -> Expr:
        for _ in range(DEEPEST):
            if self.tokens[self.at].kind != "sign":
                return expr
            if self.is_sign("["):
                opening = self.take()
                expr = Index(expr, self.items("]", opening))
                if not expr.indices:
                    raise self.fail("an index is missing between [ and ]", opening, "elements are counted from 1: x[1]")
            elif self.is_sign("'"):
                if not isinstance(expr, Sym | Index | Prime):
                    raise self.fail("a prime follows a name: w11' is the next value of w11")
                self.take()
                expr = Prime(expr)
            elif self.is_sign(".T"):
                self.take()
                expr = Transpose(expr)
            elif self.is_sign("("):
                raise self.fail("only a name can be called", hint="a product is written (a)*(b)")
            else:
                return expr
        raise self.fail(f"more than {DEEPEST} brackets or primes follow one another")

    def atom(self) -> Expr:
        token = self.take()
        if token.kind == "number":
            return Num(token.text)
        if token.kind == "name":
            return self.name(token)
        if token.text == "(":
            inner = self.expression(0)
            self.close(")", token)
            return inner
        if token.text == "[":
            return Array(self.items("]", token))
        if token.text == "∂":
            return self.partial(token)
        if token.kind == "end":
            raise self.fail("the formula ends too early" if token.start else "a formula is missing", token)
        if token.kind == "power":
            raise self.fail("a power needs a base", token)
        raise self.fail(f"'{token.text}' is not allowed here", token, "a name, a number or '(' is expected")

    def name(self, token: Token) -> Expr:
        primes = 0
        while self.tokens[self.at + primes].text == "'":
            primes += 1
        if self.tokens[self.at + primes].text == "(":
            self.at += primes
            return self.call(token.text + "'" * primes, token)
        if _starts_derivative(token):
            start = self.at
            while self.is_sign("["):
                opening = self.take()
                self.items("]", opening)
            slash, below = self.tokens[self.at], self.tokens[min(self.at + 1, len(self.tokens) - 1)]
            adjacent = slash.text == "/" and slash.start == self.tokens[self.at - 1].end and below.start == slash.end
            self.at = start
            if adjacent and _starts_derivative(below):
                return self.total(token)
        return Sym(token.text)

    def total(self, token: Token) -> Expr:
        """``dA/dB``, written without spaces, is one derivative."""
        of = self.quantity(token.text[1:])
        self.take()
        return Deriv(of, self.primed(self.take().text[1:]))

    def partial(self, sign: Token) -> Expr:
        """``∂A/∂B``."""
        of = self.quantity(self.expect_name(sign).text)
        if not self.is_sign("/"):
            raise self.fail("a partial derivative is written ∂A/∂B", sign, "or partial(A, B)")
        self.take()
        if not self.is_sign("∂"):
            raise self.fail("a partial derivative is written ∂A/∂B", sign, "or partial(A, B)")
        self.take()
        return Deriv(of, self.primed(self.expect_name(sign).text), total=False)

    def expect_name(self, sign: Token) -> Token:
        if self.token.kind != "name":
            raise self.fail("a partial derivative is written ∂A/∂B", sign, "or partial(A, B)")
        return self.take()

    def quantity(self, name: str) -> Expr:
        expr: Expr = Sym(name)
        while self.is_sign("["):
            opening = self.take()
            expr = Index(expr, self.items("]", opening))
        return expr

    def primed(self, name: str) -> Expr:
        """What stands below: a quantity, or a constant with a prime in its name, as in ``de/dn_f'``."""
        expr = self.quantity(name)
        while self.is_sign("'"):
            self.take()
            expr = Prime(expr)
        return expr

    def call(self, name: str, token: Token) -> Expr:
        opening = self.take()
        if name == "where":
            return self.where(opening)
        arguments = self.items(")", opening)
        partial = _partial(arguments) if name == "partial" else None
        return partial or Call(name, arguments)

    def where(self, opening: Token) -> Expr:
        left = self.expression(0)
        if not (self.token.kind == "sign" and self.token.text in _COMPARISONS):
            raise self.fail("where(condition, a, b) begins with a comparison", hint="as in where(x > 0, x, 0)")
        operator = cast(Comparison, self.take().text)
        parts = [self.expression(0)]
        for _ in range(2):
            if not self.is_sign(","):
                raise self.fail(
                    "where(condition, a, b) takes a comparison and two formulas", hint="as in where(x > 0, x, 0)"
                )
            self.take()
            parts.append(self.expression(0))
        self.close(")", opening)
        return Where(operator, left, *parts)

    def items(self, closing: str, opening: Token) -> tuple[Expr, ...]:
        items: list[Expr] = []
        if self.is_sign(closing):
            self.take()
            return ()
        while True:
            items.append(self.expression(0))
            if not self.is_sign(","):
                break
            self.take()
        self.close(closing, opening)
        return tuple(items)

    def close(self, closing: str, opening: Token) -> None:
        if self.is_sign(closing):
            self.take()
            return
        if self.token.kind == "end":
            raise self.fail(f"'{opening.text}' is never closed", opening)
        if self.is_sign(")", "]"):
            raise self.fail(f"'{self.token.text}' does not close '{opening.text}'")
        self.finish()


def _partial(arguments: tuple[Expr, ...]) -> Expr | None:
    """``partial(A, B)``, or ``partial(A, B, 2)`` for the second of the wires from B into A."""
    match arguments:
        case (Sym() | Index() as of, Sym() | Index() as wrt):
            return Deriv(of, wrt, total=False)
        case (Sym() | Index() as of, Sym() | Index() as wrt, Num(wire)) if wire.isdigit():
            return Deriv(of, wrt, False, int(wire))
        case _:
            return None


def _starts_derivative(token: Token) -> bool:
    return (
        token.kind == "name"
        and len(token.text) > 1
        and token.text[0] == "d"
        and (token.text[1].isalpha() or token.text[1] == "_")
    )
