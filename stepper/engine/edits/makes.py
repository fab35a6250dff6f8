"""The small changes of a formula, each of one part by itself: a sign, a factor, an exponent, a name, a bracket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from stepper.core.expr import (
    Call,
    Comparison,
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
    Where,
    add_all,
    divide,
    multiply,
    multiply_all,
)
from stepper.engine.edits.change import TWO, Change
from stepper.engine.values.differentiate import ONE

FACTORS = tuple(Num(literal) for literal in ("2", "3", "4", "10"))


class Material(Struct, frozen=True):
    """What may be put into a formula: names of quantities, and functions of one argument."""

    names: Sequence[Expr] = ()
    functions: Sequence[str] = ()


Make: TypeAlias = Callable[[Expr, Material], Iterator[Change]]
"""The changes of one part of a formula by itself."""


# ---- signs


def _turned(part: Expr, _: Material) -> Iterator[Change]:
    """The difference ``b - a`` for ``a - b``."""
    match part:
        case Sum((one, other), ("-",)):
            made = add_all((("+", other), ("-", one)))
            yield Change(made, part, made)


def _signed(part: Expr, _: Material) -> Iterator[Change]:
    match part:
        case Neg(body):
            yield Change(body, body)
        case Sum(operands, operators):
            for place, sign in enumerate(operators):
                signs: list[Sign] = [*operators]
                signs[place] = "+" if sign == "-" else "-"
                yield Change(Sum(operands, tuple(signs)), operands[place + 1])
        case Product() | Call() | Power() | Sym() | Index():
            yield Change(Neg(part), part)


def _power(part: Expr, _: Material) -> Iterator[Change]:
    """The exponent one more or less, a square left out or put in."""
    match part:
        case Power(base, Num(literal)) if literal.isdigit():
            found: list[Expr] = [base] if literal == "2" else []
            found += [Power(base, Num(str(int(literal) + by))) for by in (-1, 1) if int(literal) + by > 1]
        case Call("sqrt", (argument,)):
            found = [argument]
        case Sym() | Index() | Sum() | Call() | Deriv():
            found = [Power(part, TWO), Call("sqrt", (part,))]
        case _:
            found = []
    for made in found:
        yield Change(made, part, made)


# ---- factors and terms


def _times(of: Callable[[Material], Sequence[Expr]]) -> Make:
    def make(part: Expr, material: Material) -> Iterator[Change]:
        if isinstance(part, Num):
            return
        for factor in of(material):
            yield Change(multiply(factor, part), part, factor)

    return make


def _over(of: Callable[[Material], Sequence[Expr]]) -> Make:
    def make(part: Expr, material: Material) -> Iterator[Change]:
        for divisor in of(material):
            if divisor == part:
                continue
            yield Change(divide(part, divisor), part, divisor)

    return make


def _without(sign: Factor) -> Make:
    """A factor, or a divisor, left out of a product."""

    def make(part: Expr, _: Material) -> Iterator[Change]:
        if not isinstance(part, Product):
            return
        signed: list[tuple[Factor, Expr]] = [*zip(("*", *part.operators), part.operands, strict=True)]
        for place, (own, factor) in enumerate(signed):
            rest = signed[:place] + signed[place + 1 :]
            if (own == "/") == (sign == "/") and rest[0][0] != "/":
                yield Change(multiply_all(rest), factor)

    return make


def _fewer(part: Expr, _: Material) -> Iterator[Change]:
    if not isinstance(part, Sum):
        return
    signed: list[tuple[Sign, Expr]] = [*zip(("+", *part.operators), part.operands, strict=True)]
    for place, (_sign, term) in enumerate(signed):
        (first, head), *rest = signed[:place] + signed[place + 1 :]
        yield Change(add_all([("+", Neg(head) if first == "-" else head), *rest]), term)


def _more(part: Expr, material: Material) -> Iterator[Change]:
    if isinstance(part, Neg):
        return
    for term in (ONE, *material.names):
        for sign in ("+", "-"):
            yield Change(add_all([("+", part), (sign, term)]), part, term)


def _rest(name: Expr) -> Expr:
    return add_all([("+", ONE), ("-", name)])


def _from_one(part: Expr, _: Material) -> Iterator[Change]:
    """1 - a for a."""
    if not isinstance(part, Num | Sum | Neg):
        yield _put(part, _rest(part))


def _bracket(part: Expr, _: Material) -> Iterator[Change]:
    """``a*(b + c)`` for ``a*b + c``, and the other way round; ``a*(b + c)*d`` for ``a*b + c*d``."""
    match part:
        case Sum(operands, operators):
            for place, term in enumerate(operands[:-1]):
                if isinstance(term, Product) and term.operators[-1] != "/":
                    yield from _drawn_in(part, operands, operators, place, term)
                for whole in _held(term, operators[place], operands[place + 1]):
                    signed = [*zip(("+", *operators), operands, strict=True)]
                    signed[place : place + 2] = [(signed[place][0], whole)]
                    yield _put(part, add_all(signed))
        case Product(operands, operators) if isinstance(operands[-1], Sum) and operators[-1] != "/":
            inner = operands[-1]
            head = multiply_all([*zip(("*", *operators[:-1]), operands[:-1], strict=True),
                                 (operators[-1], inner.operands[0])])  # fmt: skip
            made = add_all([("+", head), *zip(inner.operators, inner.operands[1:], strict=True)])
            yield Change(made, part, made)


def _held(one: Expr, sign: Sign, other: Expr) -> Iterator[Expr]:
    """The last factor of a term and the first of the next one in brackets."""
    if not isinstance(one, Product) and not isinstance(other, Product):
        return
    before, last = (one.operands[:-1], one.operands[-1]) if isinstance(one, Product) else ((), one)
    first, after = (other.operands[0], other.operands[1:]) if isinstance(other, Product) else (other, ())
    inner = add_all([("+", last), (sign, first)])
    signs: list[Factor] = [*(one.operators if isinstance(one, Product) else ())]
    signs += [*(other.operators if isinstance(other, Product) else ())]
    factors = (*before, inner, *after)
    if "/" not in signs[: len(before)]:
        yield multiply_all([*zip(("*", *signs), factors, strict=True)])


def _drawn_in(
    part: Expr, operands: Sequence[Expr], operators: Sequence[Sign], place: int, term: Product
) -> Iterator[Change]:  # fmt: skip
    """The terms after a product drawn into its last factor, one, two, and so on."""
    for end in range(place + 1, len(operands)):
        drawn = [*zip(operators[place:end], operands[place + 1 : end + 1], strict=True)]
        last = add_all([("+", term.operands[-1]), *drawn])
        whole = multiply_all([*zip(("*", *term.operators), (*term.operands[:-1], last), strict=True)])
        signed = [*zip(("+", *operators), operands, strict=True)]
        signed[place : end + 1] = [(signed[place][0], whole)]
        yield _put(part, add_all(signed))


# ---- names, numbers, functions, operators


def _renamed(part: Expr, material: Material) -> Iterator[Change]:
    if isinstance(part, Sym | Index | Deriv):
        for other in material.names:
            yield Change(other, part, other)


def _renumbered(part: Expr, material: Material) -> Iterator[Change]:
    """Another number, or a name, for a number; a number for a name."""
    match part:
        case Num(literal) if literal.isdigit():
            others = [Num(str(int(literal) + by)) for by in (-1, 1) if int(literal) + by >= 0]
            found: list[Expr] = [*others, *material.names]
        case Sym() | Index():
            found = [ONE, TWO]
        case _:
            found = []
    for other in found:
        yield Change(other, part, other)


def _without_function(part: Expr, _: Material) -> Iterator[Change]:
    if isinstance(part, Call) and len(part.arguments) == 1:
        yield Change(part.arguments[0], part, part.arguments[0])


def _with_function(part: Expr, material: Material) -> Iterator[Change]:
    """A function put in, or another in its place."""
    for name in material.functions:
        if isinstance(part, Call) and len(part.arguments) == 1 and part.name != name:
            made: Expr = Call(name, part.arguments)
            yield Change(made, part, made)
        elif not isinstance(part, Num):
            made = Call(name, (part,))
            yield Change(made, part, made)


def _operated(part: Expr, _: Material) -> Iterator[Change]:
    """* for /, a sum for a product of neighbours, and the other way round."""
    match part:
        case Product(operands, operators):
            for place, own in enumerate(operators):
                signs: list[Factor] = [*operators]
                signs[place] = "*" if own == "/" else "/"
                yield _put(part, Product(operands, tuple(signs)))
                if own == "*" and "/" not in operators:
                    one = multiply_all([*zip(("*", *operators[:place]), operands[: place + 1], strict=True)])
                    other = multiply_all([*zip(("*", *operators[place + 1 :]), operands[place + 1 :], strict=True)])
                    for sign in ("+", "-"):
                        yield _put(part, add_all([("+", one), (sign, other)]))
        case Sum(operands, operators):
            for place in range(len(operators)):
                joined = multiply(operands[place], operands[place + 1])
                signed = [*zip(("+", *operators), operands, strict=True)]
                signed[place : place + 2] = [(signed[place][0], joined)]
                yield _put(part, add_all(signed))


def _put(part: Expr, made: Expr) -> Change:
    return Change(made, part, made)


# ---- matrices, comparisons


def _exchanged(part: Expr, _: Material) -> Iterator[Change]:
    """The product ``b @ a`` for ``a @ b``."""
    if isinstance(part, Product) and "@" in part.operators:
        for place, sign in enumerate(part.operators):
            if sign == "@":
                operands = list(part.operands)
                operands[place : place + 2] = reversed(operands[place : place + 2])
                yield _put(part, multiply_all([*zip(("*", *part.operators), operands, strict=True)]))


def _transposed(part: Expr, _: Material) -> Iterator[Change]:
    match part:
        case Transpose(body):
            yield _put(part, body)
        case Sym() | Deriv():
            yield _put(part, Transpose(part))


def _multiplied(part: Expr, _: Material) -> Iterator[Change]:
    """A product of matrices for one entry by entry, and the other way round."""
    if isinstance(part, Product):
        for place, own in enumerate(part.operators):
            signs: list[Factor] = [*part.operators]
            signs[place] = "*" if own == "@" else "@"
            if own != "/":
                yield _put(part, Product(part.operands, tuple(signs)))


def _compared(part: Expr, _: Material) -> Iterator[Change]:
    if isinstance(part, Where):
        for other in COMPARISONS[part.operator]:
            yield _put(part, Where(other, part.left, part.right, part.then, part.otherwise))


COMPARISONS: Mapping[Comparison, tuple[Comparison, ...]] = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",),
}  # fmt: skip
MAKES: Mapping[str, Make] = {
    "turn a difference": _turned,
    "change a sign": _signed,
    "change the exponent": _power,
    "put a number in as a factor": _times(lambda _: FACTORS),
    "put a number in as a divisor": _over(lambda _: FACTORS),
    "take a factor out": _without("*"),
    "take a divisor out": _without("/"),
    "exchange matrices": _exchanged,
    "transpose a matrix": _transposed,
    "another product": _multiplied,
    "another comparison": _compared,
    "another name": _renamed,
    "put a name in as a factor": _times(lambda material: material.names),
    "put one minus a name in as a factor": _times(lambda material: [_rest(name) for name in material.names]),
    "put a name in as a divisor": _over(lambda material: material.names),
    "take from 1": _from_one,
    "take a term out": _fewer,
    "move a bracket": _bracket,
    "leave a function out": _without_function,
    "put a function in": _with_function,
    "another operator": _operated,
    "another number": _renumbered,
    "put a term in": _more,
}
"""The kinds of changes, by the names that rows of edits ask for them."""
