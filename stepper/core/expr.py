"""The closed union of formula kinds: an own frozen tree that keeps the author's order and folds nothing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, TypeAlias, assert_never

from msgspec import Struct

Number: TypeAlias = Fraction | float
Comparison: TypeAlias = Literal[">", "<", ">=", "<=", "==", "!="]
BoundWord: TypeAlias = Literal["sum", "prod", "integral"]
Sign: TypeAlias = Literal["+", "-"]
Factor: TypeAlias = Literal["*", "/", "@", "⊙"]
"""``@`` is the product of matrices; ``⊙`` is ``*``, and says that arrays are meant entry by entry."""


ADDED: frozenset[BoundWord] = frozenset({"sum", "integral"})
"""Ranges over which something is added up: of nothing they are 0."""
COMPARE: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

CONSTANTS: Mapping[str, str] = {"pi": "π", "e": "ℯ"}
"""Constants of mathematics and the symbols that stand for them in a tree: no name that a user can write is one of
these.
"""


class Whole(Struct, frozen=True, cache_hash=True):
    """What has parts: trees are looked up at every turn, and their hash is worked out once."""


class Num(Struct, frozen=True):
    """A non-negative decimal as the author spelled it: ``1.0`` stays ``1.0``."""

    literal: str


class Value(Whole, frozen=True):
    """A number that was computed or read, to be shown with the reader's digits.

    ``guard`` asks for that many further digits where a rounded line would no longer recompute to its result.
    As formula text it is a decimal, a quotient, or the negative of one.
    """

    number: Number
    guard: int = 0


class Sym(Struct, frozen=True):
    """A name."""

    name: str


KRONECKER = Sym("δ")
"""The Kronecker delta: no name that a user can write is this one; ``delta[i, j]`` with two indices is read as it."""


class Prime(Whole, frozen=True):
    """The next value of a name (``w11'``), or the derivative of a declared function (``n_f'``)."""

    body: Expr


class Index(Whole, frozen=True):
    """``x[1]``: an element, counted from 1, or a member of a family (``h[t-1]``)."""

    base: Expr
    indices: tuple[Expr, ...]


class Neg(Whole, frozen=True):
    """``-x``; it binds looser than a product: ``-a*b`` is ``-(a*b)``."""

    body: Expr


class Sum(Whole, frozen=True):
    """``a + b - c``: one flat run, so that a long sum is no deep tree. The first operand is never itself a Sum."""

    operands: tuple[Expr, ...]
    operators: tuple[Sign, ...]

    def __post_init__(self) -> None:
        if len(self.operands) != len(self.operators) + 1 or len(self.operands) < 2 or isinstance(self.operands[0], Sum):
            raise ValueError("a sum needs two or more operands, an operator between each two, and no sum in front")


class Product(Whole, frozen=True):
    """``a*b/c``, read from left to right. The first operand is never itself a Product."""

    operands: tuple[Expr, ...]
    operators: tuple[Factor, ...]

    def __post_init__(self) -> None:
        if (
            len(self.operands) != len(self.operators) + 1
            or len(self.operands) < 2
            or isinstance(self.operands[0], Product)
        ):
            raise ValueError(
                "a product needs two or more operands, an operator between each two, and no product in front"
            )


class Power(Whole, frozen=True):
    """``base^exponent``, from right to left."""

    base: Expr
    exponent: Expr


class Call(Whole, frozen=True):
    """``name(arguments)``; a primed name is the derivative of a function: ``n_f'(z)``."""

    name: str
    arguments: tuple[Expr, ...]


class Where(Whole, frozen=True):
    """``where(left > right, then, otherwise)``: the one place where a comparison may stand."""

    operator: Comparison
    left: Expr
    right: Expr
    then: Expr
    otherwise: Expr


class Array(Whole, frozen=True):
    """``[a, b]``."""

    items: tuple[Expr, ...]


class Deriv(Whole, frozen=True):
    """``dL/dh``, total, over all paths; or ``∂L/∂h``, partial, along one edge.

    Where several edges lead from the same quantity into a gate, ``wire`` says which: ``partial(f, x, 2)`` is the
    second. In derivations ``of`` may be any formula: what is still to be differentiated, ``D(x^2, x)``.
    """

    of: Expr
    wrt: Expr
    total: bool = True
    wire: int = 0


class Bound(Whole, frozen=True):
    """``sum(j=1..n, f)``, ``prod(j=1..n, f)``, ``integral(x=a..b, f)``: a formula over the range of a variable of its
    own. Only derivations have them.
    """

    word: BoundWord
    variable: Sym
    low: Expr
    high: Expr
    body: Expr


class Transpose(Whole, frozen=True):
    """``W.T``: rows become columns."""

    body: Expr


Expr: TypeAlias = (
    Num | Value | Sym | Prime | Index | Neg | Sum | Product | Power | Call | Where | Array | Deriv | Transpose | Bound
)


PARTS: Mapping[type[Expr], Callable[[Any], tuple[Expr, ...]]] = {
    **dict.fromkeys((Num, Value, Sym), lambda _: ()),
    **dict.fromkeys((Prime, Neg, Transpose), lambda expr: (expr.body,)),
    **dict.fromkeys((Sum, Product), operator.attrgetter("operands")),
    Index: lambda expr: (expr.base, *expr.indices),
    Power: operator.attrgetter("base", "exponent"),
    Call: operator.attrgetter("arguments"),
    Where: operator.attrgetter("left", "right", "then", "otherwise"),
    Array: operator.attrgetter("items"),
    Deriv: operator.attrgetter("of", "wrt"),
    Bound: operator.attrgetter("low", "high", "body"),
}
"""Looked up by kind, for nothing is asked more often."""


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of a formula, from left to right."""
    return PARTS[type(expr)](expr)


def rebuild(expr: Expr, parts: Sequence[Expr]) -> Expr:
    """The same kind of formula with other parts: ``rebuild(e, children(e)) is e``."""
    return rebuilt(expr, children(expr), parts)


def rebuilt(expr: Expr, before: Sequence[Expr], parts: Sequence[Expr]) -> Expr:
    """Kinds that are met most often are asked about first."""
    if all(map(operator.is_, parts, before)):
        return expr
    parts = tuple(parts)
    match expr:
        case Product(_, factors):
            return multiply_all(tuple(zip(("*", *factors), parts, strict=True)))
        case Sum(_, operators):
            return add_all(tuple(zip(("+", *operators), parts, strict=True)))
        case Index():
            return Index(parts[0], parts[1:])
        case Call(name):
            return Call(name, parts)
        case Power():
            return Power(*parts)
        case Neg():
            return Neg(parts[0])
        case Array():
            return Array(parts)
        case Where(comparison):
            return Where(comparison, *parts)
        case Prime():
            return Prime(parts[0])
        case Transpose():
            return Transpose(parts[0])
        case Deriv(total=total, wire=wire):
            return Deriv(parts[0], parts[1], total, wire)
        case Bound(word, variable):
            return Bound(word, variable, *parts)
        case Num() | Value() | Sym():
            return expr
        case _:
            assert_never(expr)


def add_all(terms: Sequence[tuple[Sign, Expr]]) -> Expr:
    """Joins signed terms into one flat sum; a sum in front is taken apart, any other stays in its parentheses."""
    (_, first), *rest = terms
    operands, operators = [first], [sign for sign, _ in rest]
    if isinstance(first, Sum) and rest:
        operands, operators = list(first.operands), [*first.operators, *operators]
    operands += [term for _, term in rest]
    return Sum(tuple(operands), tuple(operators)) if len(operands) > 1 else first


def multiply_all(factors: Sequence[tuple[Factor, Expr]]) -> Expr:
    """Joins factors and divisors into one flat product; a product in front is taken apart."""
    (_, first), *rest = factors
    operands, operators = [first], [operator for operator, _ in rest]
    if isinstance(first, Product) and rest:
        operands, operators = list(first.operands), [*first.operators, *operators]
    operands += [factor for _, factor in rest]
    return Product(tuple(operands), tuple(operators)) if len(operands) > 1 else first


def add(*terms: Expr) -> Expr:
    """``a + b + c``."""
    return add_all([("+", term) for term in terms])


def multiply(*factors: Expr) -> Expr:
    """``a*b*c``."""
    return multiply_all([("*", factor) for factor in factors])


def divide(left: Expr, right: Expr) -> Expr:
    """``left/right``."""
    return multiply_all((("*", left), ("/", right)))


def is_open(expr: Deriv) -> bool:
    """Is it a derivative that is still to be worked out: of a formula, not of a quantity with a name?"""
    of = expr.of.base if isinstance(expr.of, Index) else expr.of
    return not isinstance(of, Sym | Prime)
