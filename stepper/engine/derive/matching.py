"""Is a formula of the form of a pattern, and what do the pattern's letters stand for then?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, TypeAlias

from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import (
    KRONECKER,
    Bound,
    Call,
    Expr,
    Factor,
    Index,
    Neg,
    Num,
    Product,
    Sum,
    Sym,
    Where,
    add_all,
    children,
    multiply_all,
)

Binding: TypeAlias = Mapping[str, Expr]
Guide: TypeAlias = Callable[[str, Expr, Binding], bool | None]
"""Says of a letter that stands for factors whether one factor may be among them; None where no condition is on it."""
MOST_SPLIT = 6
"""Of so many factors every way to split them is tried; of more, each one against the others."""


def may_match(pattern: Expr, expr: Expr) -> bool:
    """Is a formula of the kind of a pattern? Most are not, and nothing more is to be asked of them then."""
    if type(pattern) is Sym:
        return True
    if isinstance(pattern, Call):
        return isinstance(expr, Call) and (pattern.name == expr.name or _is_any(pattern.name))
    return type(pattern) is type(expr)


def matches(pattern: Expr, expr: Expr, binding: Binding, guide: Guide) -> Iterator[Binding]:
    """Every way in which a formula is of the form of a pattern."""
    match pattern:
        case Sym(name) if name != KRONECKER.name:
            if name not in binding:
                yield {**binding, name: expr}
            elif binding[name] == expr:
                yield binding
        case Num():
            if expr == pattern:
                yield binding
        case Sum((Sym(left), Sym(right)), ("+",)):
            if isinstance(expr, Sum):
                for one, other in _splits(_terms(expr), left, binding, guide):
                    yield from _both(left, add_all(one), right, add_all(other), binding)
        case Product((_, _)):
            yield from _product(pattern, expr, binding, guide)
        case Call(name, arguments):
            yield from _call(name, arguments, expr, binding, guide)
        case Index(base, indices) if base == KRONECKER:
            if isinstance(expr, Index) and expr.base == KRONECKER:
                for order in (expr.indices, expr.indices[::-1]):
                    yield from _all(indices, order, binding, guide)
        case Bound(word, variable, low, high, body):
            if isinstance(expr, Bound) and expr.word == word:
                yield from _all(
                    (variable, low, high, body), (expr.variable, expr.low, expr.high, expr.body), binding, guide
                )
        case _:
            yield from _entirely(pattern, expr, binding, guide)


def _product(pattern: Product, expr: Expr, binding: Binding, guide: Guide) -> Iterator[Binding]:
    """The same for a product, or quotient, of two."""
    match pattern:
        case Product((Sym(above), Sym(below)), ("/",)):
            if isinstance(expr, Product) and "/" in expr.operators:
                tops, bottoms = _above_below(expr)
                yield from _both(above, multiply_all(tops or [("*", Num("1"))]), below, multiply_all(bottoms), binding)
        case Product((left, right), ("*",)):
            if isinstance(expr, Product) and len(_factors(expr)) > 1:
                name = left.name if isinstance(left, Sym) else ""
                for part, rest in _splits(_factors(expr), name, binding, guide):
                    for found in matches(left, _whole(part), binding, guide):
                        yield from matches(right, _whole(rest), found, guide)
        case Product((left, right), ("@",)):
            yield from _in_order(left, right, expr, binding, guide)
        case Product((left, right), ("⊙",)):
            yield from _entrywise(left, right, expr, binding, guide)
        case _:
            yield from _entirely(pattern, expr, binding, guide)


def _entirely(pattern: Expr, expr: Expr, binding: Binding, guide: Guide) -> Iterator[Binding]:
    """A pattern and a formula of one kind, part by part."""
    if type(pattern) is type(expr) and _alike(pattern, expr):
        yield from _all(children(pattern), children(expr), binding, guide)


def _in_order(left: Expr, right: Expr, expr: Expr, binding: Binding, guide: Guide) -> Iterator[Binding]:
    """A product of matrices split at any place, its order kept."""
    if not isinstance(expr, Product) or outermost(expr)[0] != "@":
        return
    operands = outermost(expr)[1]
    for place in range(1, len(operands)):
        before, after = _chain(operands[:place]), _chain(operands[place:])
        for found in matches(left, before, binding, guide):
            yield from matches(right, after, found, guide)


def _entrywise(left: Expr, right: Expr, expr: Expr, binding: Binding, guide: Guide) -> Iterator[Binding]:
    """A product entry by entry, whose factors have no order."""
    if not isinstance(expr, Product) or outermost(expr)[0] != "⊙":
        return
    entries = [("⊙", part) for part in outermost(expr)[1]]
    told = isinstance(right, Sym) and guide(right.name, entries[0][1], binding) is not None
    first, second = (right, left) if told else (left, right)
    name = first.name if isinstance(first, Sym) else ""
    for one, other in _splits(entries, name, binding, guide):
        for found in matches(first, multiply_all(one), binding, guide):
            yield from matches(second, multiply_all(other), found, guide)


def _alike(pattern: Expr, expr: Expr) -> bool:
    if isinstance(pattern, Sum | Product) and isinstance(expr, Sum | Product):
        return pattern.operators == expr.operators
    if isinstance(pattern, Where) and isinstance(expr, Where):
        return pattern.operator == expr.operator
    return len(children(pattern)) == len(children(expr))


def _all(patterns: Sequence[Expr], exprs: Sequence[Expr], binding: Binding, guide: Guide) -> Iterator[Binding]:
    if len(patterns) != len(exprs):
        return
    if not patterns:
        yield binding
        return
    for found in matches(patterns[0], exprs[0], binding, guide):
        yield from _all(patterns[1:], exprs[1:], found, guide)


def _both(left: str, one: Expr, right: str, other: Expr, binding: Binding) -> Iterator[Binding]:
    if binding.get(left, one) == one and binding.get(right, other) == other:
        yield {**binding, left: one, right: other}


def _call(
    name: str, arguments: tuple[Expr, ...], expr: Expr, binding: Binding, guide: Guide
) -> Iterator[Binding]:  # fmt: skip
    """A call of one letter stands for any function, of any number of arguments: the letter is bound to the call."""
    if not isinstance(expr, Call):
        return
    if _is_any(name):
        if binding.get(name, expr) == expr:
            yield {**binding, name: expr}
    elif name == expr.name:
        yield from _all(arguments, expr.arguments, binding, guide)


def _is_any(name: str) -> bool:
    """Does the name of a call stand for any function?"""
    return len(name) == 1 and name.islower() and name != DIFFERENTIAL


def _terms(expr: Sum) -> list[Expr]:
    return [
        Neg(part) if sign == "-" else part for sign, part in zip(("+", *expr.operators), expr.operands, strict=True)
    ]


def _factors(expr: Product) -> list[tuple[Factor, Expr]]:
    """A 1 that something is divided by is no factor of its own; a product of matrices is one factor."""
    found: list[tuple[Factor, Expr]] = []
    for sign, part in zip(("*", *expr.operators), expr.operands, strict=True):
        if sign in ("@", "⊙"):
            before, chain = found[-1]
            if before == "/":
                return [("*", expr)]
            found[-1] = before, multiply_all([("*", chain), (sign, part)])
        else:
            found.append((sign, part))
    return found[1:] if found[0][1] == Num("1") and found[1][0] == "/" else found


def _above_below(expr: Product) -> tuple[list[tuple[Factor, Expr]], list[tuple[Factor, Expr]]]:
    pairs = _factors(expr)
    return (
        [(sign, part) for sign, part in pairs if sign != "/"], [("*", part) for sign, part in pairs if sign == "/"]
    )  # fmt: skip


def outermost(expr: Product) -> tuple[Factor, tuple[Expr, ...]]:
    """The operator that is applied last, and what it joins: ``A @ x ⊙ b`` is ``(A @ x) ⊙ b``."""
    last = expr.operators[-1]
    start = len(expr.operators)
    while start and expr.operators[start - 1] == last:
        start -= 1
    first = multiply_all(list(zip(("*", *expr.operators[:start]), expr.operands[: start + 1], strict=True)))
    return last, (first, *expr.operands[start + 1 :])


def _chain(factors: Sequence[Expr]) -> Expr:
    """Matrices multiplied in their order."""
    return multiply_all([("@", factor) for factor in factors])


def _whole(pairs: Sequence[tuple[Factor, Expr]]) -> Expr:
    """Factors as one product; what begins with a division begins with 1."""
    if pairs[0][0] == "/":
        pairs = [("*", Num("1")), *pairs]
    return multiply_all([("*", pairs[0][1]), *pairs[1:]])


def _splits(parts: Sequence[Any], name: str, binding: Binding, guide: Guide) -> Iterator[tuple[list[Any], list[Any]]]:
    """Ways to split parts in two, none of them empty.

    Where a condition tells which parts the first may hold, it holds all of these; else the first part stands alone
    first, and then every other choice.
    """
    allowed = [guide(name, part[1] if isinstance(part, tuple) else part, binding) for part in parts]
    if any(verdict is not None for verdict in allowed):
        one = [part for part, verdict in zip(parts, allowed, strict=True) if verdict]
        other = [part for part, verdict in zip(parts, allowed, strict=True) if not verdict]
        if one and other:
            yield _signed(one), _signed(other)
        if other:
            return
    places = range(len(parts))
    sizes = range(1, len(parts)) if len(parts) <= MOST_SPLIT else (1,)
    for size in sizes:
        for chosen in combinations(places, size):
            one = [parts[place] for place in chosen]
            other = [parts[place] for place in places if place not in chosen]
            yield _signed(one), _signed(other)


def _signed(parts: list[Any]) -> list[Any]:
    """Terms get their signs back: a negative term that does not lead is subtracted."""
    if isinstance(parts[0], tuple):
        return parts
    first, *rest = parts
    return [("+", first), *(("-", part.body) if isinstance(part, Neg) else ("+", part) for part in rest)]
