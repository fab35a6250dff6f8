"""SymPy's side: formulas to SymPy and back, for equality and closed forms.

The one file that imports it; no text is handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, assert_never

import sympy

from stepper.core.expr import (
    CONSTANTS,
    Array,
    Bound,
    Call,
    Deriv,
    Expr,
    Factor,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Product,
    Sign,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
    add_all,
    multiply_all,
)
from stepper.core.formula import literal_of, text
from stepper.core.parser import parse
from stepper.core.traverse import walk
from stepper.engine.values.definitions import define
from stepper.engine.values.symbolic_limits import LIMITS, UNCOUNTED, Patience, TooLarge, allows, size_of
from stepper.engine.values.vocabulary import Vocabulary
from stepper.tables.row import FunctionRow
from stepper.tables.table import ROWS


def to_sympy(expr: Expr, vocabulary: Vocabulary) -> Any:
    """A formula in SymPy, its functions by their definitions down to primitives; names are real symbols."""
    whole, done = define(expr, vocabulary), dict[int, Any]()

    def read(part: Expr) -> Any:
        if id(part) not in done:  # a part that stands in several places is read once
            done[id(part)] = _read(part, vocabulary, read)
        return done[id(part)]

    return read(whole)


def _read(expr: Expr, vocabulary: Vocabulary, read: Callable[[Expr], Any]) -> Any:

    match expr:
        case Num(literal):
            return sympy.Rational(literal)
        case Value(number):
            exact = Fraction(number)
            return sympy.Rational(exact.numerator, exact.denominator)
        case Sym() | Prime() | Index() | Deriv():
            return _CONSTANTS[text(expr)] if expr in _SYMBOLS else sympy.Symbol(text(expr), real=True)
        case Neg(body):
            return -read(body)
        case Sum(operands, signs):
            return sympy.Add(
                *(
                    read(term) if sign == "+" else -read(term)
                    for sign, term in zip(("+", *signs), operands, strict=True)
                )
            )
        case Product(operands, factors):
            pairs = zip(("*", *factors), operands, strict=True)
            return sympy.Mul(*(1 / read(factor) if sign == "/" else read(factor) for sign, factor in pairs))
        case Power(base, exponent):
            return _power(read(base), read(exponent))
        case Call(name, arguments):
            rule = vocabulary.rule(name)
            items = arguments[0].items if isinstance(arguments[0], Array) else arguments
            function = getattr(sympy, _sympy_name(rule.row)) if rule.row is not None else _unspecified(name)
            return function(*map(read, items))
        case Where(operator, left, right, then, otherwise):
            return sympy.Piecewise((read(then), sympy.Rel(read(left), read(right), operator)), (read(otherwise), True))
        case Bound(word, variable, low, high, body):
            return _RANGES[word](read(body), (read(variable), read(low), read(high)))
        case Array() | Transpose():
            raise ValueError(f"{text(expr)} is an array")
        case _:
            assert_never(expr)


def _power(base: Any, exponent: Any) -> Any:
    if base.is_Rational and exponent.is_Rational and _bits(base, {}) * abs(exponent) > LARGEST_BITS:
        raise TooLarge
    return base**exponent


@lru_cache
def _unspecified(name: str) -> Any:
    """A function known by name only; its derivative is the one with a prime."""
    return type(
        name, (sympy.Function,), {"fdiff": lambda self, place=1: _unspecified(name + "'")(*self.args), "is_real": True}
    )


LONGEST = 10_000
"""Binary digits of a number that is taken from SymPy."""
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E}
_RANGES = {"sum": sympy.Sum, "prod": sympy.Product, "integral": sympy.Integral}
_SYMBOLS = frozenset(Sym(symbol) for symbol in CONSTANTS.values())


def _sympy_name(row: FunctionRow) -> str:
    return row.sympy or row.machine


def from_sympy(value: Any) -> Expr | None:
    """A SymPy expression as a formula, or None where the language has no word for something in it."""
    machines = {_sympy_name(row): row.name for row in ROWS.values() if row.machine}
    match value:
        case sympy.Rational():
            if max(abs(int(value.p)), int(value.q)).bit_length() > LONGEST:
                return None  # so long a number nobody reads, and Python does not write
            return literal_of(Fraction(int(value.p), int(value.q)))
        case sympy.Symbol():
            return parse(str(value.name))
        case sympy.Add():
            return _joined(sorted(value.args, key=_constant_last), _terms)
        case sympy.Mul():
            return _joined(value.args, _factors)
        case sympy.Pow():
            base, exponent = from_sympy(value.base), from_sympy(value.exp)
            if value.exp == sympy.Rational(1, 2) and base is not None:
                return Call("sqrt", (base,))
            return None if base is None or exponent is None else Power(base, exponent)
        case sympy.Function() if type(value).__name__ in machines:
            arguments = tuple(from_sympy(argument) for argument in value.args)
            whole = tuple(argument for argument in arguments if argument is not None)
            return Call(machines[type(value).__name__], whole) if len(whole) == len(arguments) else None
        case _:
            return next((Sym(CONSTANTS[name]) for name, constant in _CONSTANTS.items() if value == constant), None)


def _constant_last(term: Any) -> bool:
    return bool(term.is_number and not term.is_Rational)


def _joined(parts: Any, join: Callable[[list[tuple[Any, Expr]]], Expr]) -> Expr | None:
    pairs = [(part, from_sympy(part)) for part in parts]
    whole = [(part, expr) for part, expr in pairs if expr is not None]
    return join(whole) if len(whole) == len(pairs) else None


def _terms(pairs: list[tuple[Any, Expr]]) -> Expr:
    """Terms as a sum; one that is added stands in front, where there is one."""
    pairs = sorted(pairs, key=lambda pair: isinstance(pair[1], Neg))
    terms: list[tuple[Sign, Expr]] = [
        ("-", expr.body) if isinstance(expr, Neg) and place else ("+", expr) for place, (_, expr) in enumerate(pairs)
    ]
    return add_all(terms)


def _factors(pairs: list[tuple[Any, Expr]]) -> Expr:
    """Factors above the bar, then those below it; a minus in front."""
    above: list[Expr] = []
    below: list[Expr] = []
    negative = False
    for part, expr in pairs:
        if part.is_Rational:
            negative ^= bool(part < 0)
            above += [Num(str(abs(int(part.p))))] if abs(int(part.p)) != 1 else []
            below += [Num(str(int(part.q)))] if part.q != 1 else []
        elif part.is_Pow and part.exp.is_Rational and part.exp < 0:
            inverse = from_sympy(1 / part)
            below.append(inverse if inverse is not None else expr)
        else:
            above.append(expr)
    factors: list[tuple[Factor, Expr]] = [("*", factor) for factor in above or [Num("1")]]
    factors += [("/", factor) for factor in below]
    product = multiply_all(factors)
    return Neg(product) if negative else product


LARGEST_BITS = 100_000
"""Of a power of numbers, which SymPy works out at once and in full."""
UNDECIDED = (sympy.Derivative, sympy.Subs, sympy.Heaviside, sympy.DiracDelta)
PROOF_DIGITS = 30
CLOSE = 1e-12
_METHODS: Mapping[str, Callable[[Any], Any]] = {
    "collect": sympy.factor_terms, "expand": sympy.expand, "factor": sympy.factor,
    "simplify": partial(sympy.simplify, inverse=False),
}  # fmt: skip


def closed_form(expr: Expr, vocabulary: Vocabulary, patience: Patience | None = None) -> Expr | None:
    """The simplest closed form that SymPy finds, or None where it cannot be said in the formula language, or is not
    found in time.

    ``simplify`` tries everything, and takes seconds on a large formula: there common factors are taken out at most.

    >>> text(closed_form(parse("sqrt(8)/2 + 0*x"), Vocabulary({}, {})) or Num("0"))
    'sqrt(2)'
    """
    found: list[Any] = []
    if patience is not None and patience.seconds <= 0:
        return None
    if any(isinstance(part, Value) and isinstance(part.number, float) for part in walk(expr)):
        return None  # SymPy would take what is rounded for exact

    def question() -> None:
        value = to_sympy(expr, vocabulary)
        size = size_of(value)
        for name, method in _METHODS.items():
            if size.within(LIMITS[name]):
                found.append(method(value))

    asked = patience or Patience()
    asked.ask(question)
    return asked.ask(lambda: from_sympy(min(found, key=sympy.count_ops))) if found else None


def integral(whole: Bound, vocabulary: Vocabulary, patience: Patience | None = None) -> Expr | None:
    """The value of an integral with letters, above 0 where that is needed to converge; None where none is found, or it
    cannot be said in the formula language.
    """

    def question() -> Expr | None:
        body, low, high = (_positive(to_sympy(part, vocabulary), whole.variable) for part in (
            whole.body, whole.low, whole.high))  # fmt: skip
        found = sympy.integrate(body, (sympy.Symbol(whole.variable.name, real=True), low, high))
        return None if found.has(sympy.Integral, sympy.Piecewise, sympy.nan) else from_sympy(sympy.simplify(found))

    return (patience or Patience()).ask(question)


def _positive(value: Any, variable: Sym) -> Any:
    """The letters of an integral as what is above 0: parameters of distributions are."""
    letters = [symbol for symbol in value.free_symbols if symbol.name != variable.name]
    return value.xreplace(
        {
            symbol: sympy.oo if symbol.name == INFINITY else sympy.Symbol(symbol.name, positive=True)
            for symbol in letters
        }
    )


INFINITY = "infinity"
"""As an end of an integral."""


def equal(left: Expr, right: Expr, vocabulary: Vocabulary, patience: Patience | None = None) -> bool:
    """Does SymPy prove that two formulas are equal?"""

    def question() -> bool:
        difference = to_sympy(left, vocabulary) - to_sympy(right, vocabulary)
        if difference == 0:
            return True
        return any(
            allows("prove", form) and sympy.simplify(form) == 0 for form in (difference, difference.rewrite(sympy.exp))
        )

    return (patience or Patience()).ask(question) or False


def derives(
    formula: Expr, wrt: Expr, claimed: Expr, origins: Mapping[Expr, Expr], vocabulary: Vocabulary,
    patience: Patience | None = None
) -> bool | None:  # fmt: skip
    """Does SymPy prove that ``claimed`` is the derivative of a formula? None where it cannot tell.

    ``origins`` says what the symbols in the formula stand for, where a name that is read twice stands there as two.
    """

    def question() -> bool | None:
        symbols = {to_sympy(symbol, vocabulary): to_sympy(origin, vocabulary) for symbol, origin in origins.items()}
        found = _differentiated(formula, wrt, vocabulary).xreplace(symbols)
        return _same(found, to_sympy(claimed, vocabulary))

    return (patience or Patience()).ask(question)


def derives_at(
    formula: Expr, wrt: Expr, claimed: Expr, values: Mapping[Expr, Fraction], vocabulary: Vocabulary,
    patience: Patience | None = None
) -> bool | None:  # fmt: skip
    """Is ``claimed`` SymPy's own derivative of a formula, with numbers put in afterwards? None where it cannot tell.

    Floating point numbers in the formula are compared to twelve digits.
    """

    def question() -> bool | None:
        found = _differentiated(formula, wrt, vocabulary)
        if found.has(*UNDECIDED):
            return None
        point = {
            to_sympy(name, vocabulary): sympy.Rational(value.numerator, value.denominator)
            for name, value in values.items()
        }
        return _agrees(_put_in(found, point), claimed, vocabulary)

    return (patience or Patience()).ask(question)


def _differentiated(formula: Expr, wrt: Expr, vocabulary: Vocabulary) -> Any:
    value = to_sympy(formula, vocabulary)
    if not allows("differentiate", value):
        raise TooLarge
    return sympy.diff(value, to_sympy(wrt, vocabulary))


def _put_in(value: Any, point: Mapping[Any, Any]) -> Any:
    if _bits(value, point) > LARGEST_BITS:
        raise TooLarge
    return value.subs(point)


def _bits(value: Any, point: Mapping[Any, Any]) -> int:
    """About how long the numbers become that powers of rational numbers come to."""
    number = point.get(value, value)
    if number.is_Rational:
        return int(number.p).bit_length() + int(number.q).bit_length()
    parts = [_bits(part, point) for part in number.args]
    if number.is_Pow:
        exponent = number.exp.xreplace(point)
        return min(UNCOUNTED, int(parts[0] * abs(exponent))) if exponent.is_Rational else 0
    return min(UNCOUNTED, sum(parts)) if number.is_Mul else max(parts) if number.is_Add else 0


def _agrees(found: Any, claimed: Expr, vocabulary: Vocabulary) -> bool | None:
    if isinstance(claimed, Value) and isinstance(claimed.number, float) and found.is_number:
        return bool(
            abs(found.evalf(PROOF_DIGITS) - sympy.Float(claimed.number)) <= CLOSE * max(1e-300, abs(claimed.number))
        )
    return _same(found, to_sympy(claimed, vocabulary))


def _same(left: Any, right: Any) -> bool | None:
    """Are two expressions equal? Asked at a point first, which is quick to tell what differs."""
    if left == right:
        return True
    difference = left - right
    if difference.has(*UNDECIDED):
        return None
    point = {
        symbol: sympy.Rational(sympy.prime(place + 5), 10)
        for place, symbol in enumerate(sorted(difference.free_symbols, key=str))
    }
    value = _put_in(difference, point).evalf(PROOF_DIGITS)
    if value.is_Float and abs(value) > CLOSE:  # what holds functions known by name alone is none
        return False
    proved = allows("expand", difference) and sympy.expand(difference) == 0
    return True if proved or (allows("prove", difference) and sympy.simplify(difference) == 0) else None
