"""Formulas of derivations as numbers, in plain mpmath and numpy: written for the tests, with nothing of the engine.

Names stand for numbers, for lists (numpy arrays of numbers, whose entries count from 1) or for functions of Python.
Expectations go through all outcomes of the random quantities; entries of a random family are independent copies.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from mpmath import MPContext

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import (
    KRONECKER,
    Array,
    Bound,
    Call,
    Deriv,
    Expr,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
    children,
)

mp = MPContext()
mp.dps = 40
HUNDREDTH = 1 / mp.mpf(100)
STEP = mp.mpf(10) ** -12
Outcomes = Sequence[tuple[tuple[Any, ...], Any]]
Chances = Mapping[tuple[str, ...], Outcomes]
"""Names that are drawn together, and what they may be, each with its probability."""
COMPARED = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le,
            ">=": operator.ge}  # fmt: skip


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _softmax(z: Any) -> Any:
    shares = np.array([mp.exp(entry) for entry in z])
    return shares / sum(shares)


def _elu(x: Any, a: Any = 1) -> Any:
    return x if x > 0 else a * (mp.exp(x) - 1)


ENTRYWISE: Mapping[str, Callable[..., Any]] = {
    "exp": mp.exp, "log": mp.log, "ln": mp.log, "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "tanh": mp.tanh,
    "sinh": mp.sinh, "cosh": mp.cosh, "sqrt": mp.sqrt, "arctan": mp.atan, "erf": mp.erf, "sigmoid": _sigmoid,
    "relu": lambda x: max(x, mp.mpf(0)), "leaky_relu": lambda x, a=HUNDREDTH: x if x > 0 else a * x,
    "softplus": lambda x: mp.log(1 + mp.exp(x)), "elu": _elu, "silu": lambda x: x * _sigmoid(x),
    "gelu": lambda x: x * (1 + mp.erf(x / mp.sqrt(2))) / 2, "softsign": lambda x: x / (1 + abs(x)),
    "log_sigmoid": lambda x: mp.log(_sigmoid(x)), "step": lambda x: mp.mpf(x > 0), "sign": mp.sign,
    "selu": lambda x: mp.mpf("1.0507009873554805") * _elu(x, mp.mpf("1.6732632423543772")),
}  # fmt: skip
OF_LISTS: Mapping[str, Callable[..., Any]] = {
    "softmax": _softmax, "log_softmax": lambda z: np.array([mp.log(entry) for entry in _softmax(z)]),
    "logsumexp": lambda z: mp.log(sum(mp.exp(entry) for entry in z)), "sum": sum, "max": max, "min": min,
    "mean": lambda z: sum(z) / len(z), "abs": lambda z: mp.sqrt(sum(z * z)) if isinstance(z, np.ndarray) else abs(z),
    "cross_entropy": lambda z, c: -mp.log(_softmax(z)[int(c) - 1]),
    "mse": lambda a, b: sum((a - b) ** 2) / len(a),
}  # fmt: skip


class Numbers:
    """What formulas come to, for numbers put in."""

    def __init__(self, names: Mapping[str, Any], chances: Chances | None = None) -> None:
        self.names = dict(names)
        self.chances = dict(chances or {})

    def __call__(self, formula: Expr | str) -> Any:
        return self.of(parse_derivation(formula) if isinstance(formula, str) else formula)

    def of(self, expr: Expr) -> Any:
        match expr:
            case Num(literal):
                return mp.mpf(literal)
            case Value(number):
                return mp.mpf(number.numerator) / number.denominator if isinstance(number, Fraction) else mp.mpf(number)
            case Sym(name):
                return self.names[name] if name in self.names else CONSTANTS[name]
            case Neg(body):
                return -self.of(body)
            case Power(base, exponent):
                return self.of(base) ** self.of(exponent)
            case Sum(operands, operators) | Product(operands, operators):
                total = self.of(operands[0])
                for sign, operand in zip(operators, operands[1:], strict=True):
                    total = JOINED[sign](total, self.of(operand))
                return total
            case Where(sign, left, right, then, otherwise):
                return self.of(then if COMPARED[sign](self.of(left), self.of(right)) else otherwise)
            case Array(items):
                return np.array([self.of(item) for item in items])
            case Transpose(body):
                return self.of(body).T
            case Index(base, indices):
                return self.entry(base, [int(self.of(index)) for index in indices])
            case Bound():
                return self.ranged(expr)
            case Deriv(of, wrt):
                return self.slope(of, wrt)
            case Call(name, arguments):
                return self.called(name, arguments)
            case Prime(Sym(name)):
                return self.names[name + "'"]
        raise AssertionError(expr)

    def entry(self, base: Expr, places: Sequence[int]) -> Any:
        if base == KRONECKER:
            return mp.mpf(places[0] == places[1])
        found = self.of(base)
        for place in places:
            if place < 1:
                raise IndexError(place)
            found = found[place - 1]
        return found

    def ranged(self, expr: Bound) -> Any:
        low, high = self.of(expr.low), self.of(expr.high)
        if expr.word == "integral":
            return mp.quad(lambda number: self.put(expr.variable.name, number).of(expr.body), [low, high])
        terms = [self.put(expr.variable.name, mp.mpf(at)).of(expr.body) for at in range(int(low), int(high) + 1)]
        return sum(terms, mp.mpf(0)) if expr.word == "sum" else mp.fprod(terms)

    def put(self, name: str, value: Any) -> Numbers:
        return Numbers({**self.names, name: value}, self.chances)

    def slope(self, of: Expr, wrt: Expr) -> Any:
        """The central difference."""
        above, below = (self.moved(wrt, sign * STEP).of(of) for sign in (1, -1))
        return (above - below) / (2 * STEP)

    def moved(self, wrt: Expr, step: Any) -> Numbers:
        match wrt:
            case Sym(name):
                return self.put(name, self.names[name] + step)
            case Index(Sym(name), indices):
                entries = np.array(self.names[name], dtype=object)
                entries[tuple(int(self.of(index)) - 1 for index in indices)] += step
                return self.put(name, entries)
        raise AssertionError(wrt)

    def called(self, name: str, arguments: Sequence[Expr]) -> Any:
        if name in MOMENTS:
            return MOMENTS[name](self, *arguments)
        plain = name.rstrip("'")
        values = [self.of(argument) for argument in arguments]
        if name in self.names:
            return self.names[name](*values)
        if plain != name:
            return mp.diff(self.names[plain], values[0], len(name) - len(plain))
        if name in OF_LISTS:
            return OF_LISTS[name](*values)
        if any(isinstance(value, np.ndarray) for value in values):
            return np.array([ENTRYWISE[name](entry, *values[1:]) for entry in values[0]])
        return ENTRYWISE[name](*values)

    # ---- expectations

    def outcomes(self, expr: Expr) -> Iterator[tuple[Numbers, Any]]:
        """Everything that may come out, with its probability."""
        families = dict.fromkeys(_families(expr))
        drawn: list[list[tuple[dict[str, Any], Any]]] = []
        for group, possible in self.chances.items():
            size = max((len(self.names[name]) for name in group if name in families), default=0)
            single = [(dict(zip(group, values, strict=True)), chance) for values, chance in possible]
            if not size:
                drawn.append(single)
                continue
            drawn.append([
                ({name: np.array([one[name] for one, _ in each]) for name in group}, mp.fprod(p for _, p in each))
                for each in product(single, repeat=size)
            ])  # fmt: skip
        for each in product(*drawn):
            names = {name: value for values, _ in each for name, value in values.items()}
            yield Numbers({**self.names, **_gathered(names)}), mp.fprod(chance for _, chance in each)

    def mean(self, expr: Expr) -> Any:
        return sum((chance * world.of(expr) for world, chance in self.outcomes(expr)), mp.mpf(0))

    def covariance(self, one: Expr, other: Expr) -> Any:
        drawn = [(chance, world.of(one), world.of(other)) for world, chance in self.outcomes(Array((one, other)))]
        means = [sum((chance * pair[at] for chance, *pair in drawn), mp.mpf(0)) for at in (0, 1)]
        return sum((chance * (left - means[0]) * (right - means[1]) for chance, left, right in drawn), mp.mpf(0))


def _gathered(names: Mapping[str, Any]) -> dict[str, Any]:
    """``w[1]`` and ``w[2]`` as the list w."""
    found: dict[str, Any] = {name: value for name, value in names.items() if "[" not in name}
    for base in dict.fromkeys(name.partition("[")[0] for name in names if "[" in name):
        entries = [name for name in names if name.startswith(f"{base}[")]
        found[base] = np.array([names[f"{base}[{place}]"] for place in range(1, len(entries) + 1)])
    return found


def _families(expr: Expr) -> Iterator[str]:
    """Names whose entries are drawn each by itself."""
    if isinstance(expr, Index) and isinstance(expr.base, Sym):
        yield expr.base.name
    for part in children(expr):
        yield from _families(part)


MOMENTS: Mapping[str, Callable[..., Any]] = {
    "E": Numbers.mean, "P": Numbers.mean, "Cov": Numbers.covariance,
    "Var": lambda numbers, expr: numbers.covariance(expr, expr),
}  # fmt: skip
JOINED: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "⊙": operator.mul, "/": operator.truediv,
    "@": operator.matmul,
}  # fmt: skip
CONSTANTS = {"pi": mp.pi, "π": mp.pi, "e": mp.e, "infinity": mp.inf, "∞": mp.inf, "inf": mp.inf}


def near(one: Any, other: Any, within: float = 1e-9) -> bool:
    """Are two numbers, or the numbers of two lists, one?"""
    pairs = zip(np.ravel(np.asarray(one, dtype=object)), np.ravel(np.asarray(other, dtype=object)), strict=True)
    return all(abs(left - right) <= within * (1 + abs(left)) for left, right in pairs)


def decimals(values: Sequence[float]) -> Any:
    """A list of numbers."""
    return np.array([mp.mpf(value) for value in values], dtype=object)
