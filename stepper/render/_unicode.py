"""Formulas as a line of Unicode: ``w11*x1`` is w₁₁·x₁."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import assert_never

from stepper.core.expr import (
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
    is_open,
)
from stepper.core.formula import text
from stepper.core.labels import is_latex, label_of
from stepper.core.numbers import Shown, shown
from stepper.core.parser import ATOM, DERIV, NEG, POWER, PRODUCT, SUM
from stepper.core.patterns import later
from stepper.core.prose import Prose
from stepper.render._ascii import ascii_of
from stepper.render._label import labelled, line
from stepper.render._number import between, decimal, listed
from stepper.render._number import indices as joined
from stepper.render._writing import beside, in_rows, is_vector, joint, sign_level, signed_adjoint, spelled
from stepper.render._writing import raised as raised_name
from stepper.render.look import LONGEST_SUM, Style, honest, typeset

_SUBSCRIPTS = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_RAISED = dict(zip("0123456789-abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True))
_HELD = later("([\ue000-\uf8ff]+)")
_BELOW = frozenset("0123456789+-=()aehijklmnoprstuvx")
FACTORS = {"·": "·", "×": "×", "": " ", "/": "/", "⊙": " ⊙ "}
_SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "="}


def formula(expr: Expr, style: Style) -> str:
    """A formula on one line."""
    return plain(_write(expr, 0, style), style)


def plain(written: str, style: Style) -> str:
    """A line as it is, or in ASCII where the look says so; what holds the place of a matrix stays."""
    if not style.look.ascii:
        return written
    return "".join(part if place % 2 else ascii_of(part) for place, part in enumerate(_HELD.split(written)))


def prose(parts: Prose, style: Style) -> str:
    """Words and formulas on one line."""
    written = "".join(
        part if isinstance(part, str) else _write(part, 0, style)
        for part in listed(honest(parts, style.look), style.look)
    )
    return plain(written, style)


def cells(text: str) -> int:
    """The width of a line in terminal cells.

    >>> cells("w₁₁"), cells("ŷ"), cells("日本")
    (3, 1, 4)
    """
    return len(text) if text.isascii() else _wide(text)


@lru_cache(maxsize=4_096)
def _wide(text: str) -> int:
    """Kept, because a cell of a table is measured again and again."""
    return sum(map(_cell, text))


@cache
def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def terms(expr: Expr, style: Style) -> list[str]:
    """The pieces between which a line may break: the terms of a sum with their signs, else the factors of a product."""
    if isinstance(expr, Sum):
        first, *rest = expr.operands
        pairs = zip(expr.operators, rest, strict=True)
        pieces = [_write(first, NEG, style), *(f"{sign} {_write(term, PRODUCT, style)}" for sign, term in pairs)]
        pieces = [*pieces[:3], "+ …", pieces[-1]] if len(pieces) > LONGEST_SUM else pieces
        return [plain(piece, style) for piece in pieces]
    return [formula(expr, style)]


def _write(expr: Expr, level: int, style: Style) -> str:
    written, own = _part(expr, style)
    return f"({written})" if own < level else written


def _part(expr: Expr, style: Style) -> tuple[str, int]:
    if isinstance(expr, Call) and (form := typeset(expr, style)) is not None:
        return _part(form, style)
    match expr:
        case Num(literal):
            return decimal(literal, style.look), ATOM
        case Value(number, guard):
            return _number(shown(number, style.look.digits + guard, style.look.exact), style)
        case Sym(name):
            return name_of(name, style), ATOM
        case Prime(body):
            return _base(body, style) + "′", ATOM
        case Transpose(body):
            return _base(body, style) + "ᵀ", ATOM
        case Index(base, indices):
            return _index(base, indices, style), ATOM
        case Deriv() | Neg(Deriv()) if (own := signed_adjoint(expr, style)) is not None:
            name = _write(own[0], ATOM, own[1])
            return ("-" + name, NEG) if own[2] else (name, ATOM)
        case Neg(body):
            return "-" + _write(body, PRODUCT, style), NEG
        case Sum():
            return " ".join(terms(expr, style)), SUM
        case Product():
            return _product(expr, style), PRODUCT
        case Power(base, exponent):
            return _power(base, exponent, style), POWER
        case Call("P", (Where(operator, left, right),)):
            return f"P({formula(left, style)} {_SIGNS.get(operator, operator)} {formula(right, style)})", ATOM
        case Call():
            return _call(expr, style), ATOM
        case Where(operator, left, right, then, otherwise):
            condition = f"{formula(left, style)} {_SIGNS.get(operator, operator)} {formula(right, style)}"
            return f"({formula(then, style)} if {condition}, else {formula(otherwise, style)})", ATOM
        case Array(items):
            column = style.writing.columns and is_vector(expr)
            return f"[{_listed(items, in_rows(style))}]{plain('ᵀ', style) if column else ''}", ATOM
        case Bound():
            return _bound(expr, style), ATOM if style.look.ascii else PRODUCT
        case Deriv(of, wrt, total) if is_open(expr):
            if style.look.ascii:
                return f"{'D' if total else 'partial'}({formula(of, style)}, {formula(wrt, style)})", ATOM
            mark = "d" if total else "∂"
            return f"{mark}/{mark}{_write(wrt, ATOM, style)}[{formula(of, style)}]", ATOM
        case Deriv(of, wrt, False, wire) if style.look.ascii:  # no sign tells it from a total derivative
            parts = [_write(of, 0, style), _write(wrt, 0, style), *([str(wire)] if wire else [])]
            return f"partial({between(style.look).join(parts)})", ATOM
        case Deriv(of, wrt, total, wire):
            mark = "d" if total else "∂"
            below = _base(wrt, style) if wire else _write(wrt, ATOM, style)
            return f"{mark}{_write(of, ATOM, style)}/{mark}{below}{raised(wire)}", DERIV
        case _:
            assert_never(expr)


def _product(expr: Product, style: Style) -> str:
    styles = [in_rows(style) if operator == "@" else style for operator in (*expr.operators, "")]
    written, divided, before = _write(expr.operands[0], POWER, styles[0]), False, ""
    for place, (operator, part) in enumerate(zip(expr.operators, expr.operands[1:], strict=True)):
        # 1/a·b reads as 1/(a·b) to some: what stands before a division is closed off; so is A ⊙ B before a
        # product of matrices
        written = f"({written})" if divided or {operator, before} == {"@", "⊙"} else written
        before = operator if operator in ("@", "⊙") else before
        written += FACTORS[joint(operator, expr.operands[place], part, style, slashes=True)]
        last = place + 2 == len(expr.operands) and isinstance(part, Bound) and operator != "/"
        written += _write(part, PRODUCT if last else POWER, styles[place + 1])
        divided = operator == "/"
    return written


def _bound(expr: Bound, style: Style) -> str:
    """``Σⱼ₌₁ⁿ wⱼ·xⱼ``; where a limit has no raised or lowered letters ``Σ[j=1..b] f``."""
    name, low, high = formula(expr.variable, style), formula(expr.low, style), formula(expr.high, style)
    if style.look.ascii:
        return f"{expr.word}({name}={low}..{high}, {formula(expr.body, style)})"
    body = _write(expr.body, PRODUCT, style)
    below = f"{name}={low}".replace(" ", "")
    if expr.word == "integral":
        return f"∫[{low}..{high}] {body} d{name}"
    sign = {"sum": "Σ", "prod": "∏"}[expr.word]
    if set(below) <= _BELOW and set(high) <= set(_RAISED):
        return f"{sign}{below.translate(_SUBSCRIPTS)}{''.join(_RAISED[character] for character in high)} {body}"
    return f"{sign}[{below}..{high}] {body}"


def _call(expr: Call, style: Style) -> str:
    stem = expr.name.rstrip("'")
    label = style.notation.get(stem)
    if label is not None and "…" in label and stem == expr.name:
        left, _, right = label.partition("…")
        if not right:
            return left + _write(expr.arguments[0], sign_level(expr), style)
        return f"{left}{_listed(expr.arguments, style)}{right}"
    word = (
        name_of(stem, style) if label is None else label[1:] if label.startswith("=") else line(label, style.look.ascii)
    )
    word = f"({word})" if stem != expr.name and raised_name(Sym(stem), style) else word
    return f"{word}{'′' * (len(expr.name) - len(stem))}({_listed(expr.arguments, style)})"


def station(node: Expr, wire: int, style: Style) -> str:
    """A quantity on a path, with the number of the wire by which the path leaves it."""
    return (_base(node, style) if wire else _write(node, 0, style)) + raised(wire)


def raised(wire: int) -> str:
    """The number of a wire, set high; nothing where there is one wire only."""
    return f"⁽{wire}⁾".translate(_SUPERSCRIPTS) if wire else ""


def _listed(parts: Iterable[Expr], style: Style) -> str:
    return between(style.look).join(formula(part, style) for part in parts)


def _number(number: Shown, style: Style) -> tuple[str, int]:
    written, level = decimal(number.digits, style.look), ATOM
    if number.denominator:
        written, level = f"{written}/{number.denominator}", PRODUCT
    if number.exponent:
        written, level = f"{written}·10{str(number.exponent).translate(_SUPERSCRIPTS)}", PRODUCT
    return ("-" + written, NEG) if number.negative else (written, level)


def _power(base: Expr, exponent: Expr, style: Style) -> str:
    below = _base(base, style)
    above = (
        text(exponent)
        if isinstance(exponent, Num | Neg)
        else formula(exponent, style)
        if isinstance(exponent, Value)
        else ""
    )
    if above and set(above) <= set("0123456789-"):
        return below + above.translate(_SUPERSCRIPTS)
    return f"{below}^{_write(exponent, ATOM, style)}"


def _index(base: Expr, indices: tuple[Expr, ...], style: Style) -> str:
    whole = style.notation.get(text(Index(base, indices)))
    if whole is not None:
        return line(whole, style.look.ascii)
    written = [formula(index, style).replace(" ", "") for index in indices]
    inside = "".join(written) if beside(base, indices) and not style.look.ascii else joined(written, style.look)
    if not isinstance(base, Sym):
        return f"{_write(base, ATOM, style)}[{inside}]"
    name = spelled(base.name, style)
    stem = label_of(name)
    if set(inside) <= _BELOW and not stem.below:
        return (
            labelled(stem, style.look.ascii, inside) if is_latex(name) else line(name) + inside.translate(_SUBSCRIPTS)
        )
    return f"{line(name, style.look.ascii)}[{inside}]"


def name_of(name: str, style: Style) -> str:
    """A name as an exam prints it."""
    return line(spelled(name, style), style.look.ascii)


def _base(expr: Expr, style: Style) -> str:
    """What something is set high beside: in parentheses where its name has something high already."""
    written = _write(expr, ATOM, style)
    return f"({written})" if raised_name(expr, style) else written
