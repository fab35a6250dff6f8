"""Formulas as MathML Core, which browsers lay out without a script."""

from __future__ import annotations

from functools import lru_cache
from html import escape
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
from stepper.core.label import Item, Label
from stepper.core.labels import label_of
from stepper.core.names import GREEK
from stepper.core.numbers import Shown, shown
from stepper.core.parser import ATOM, DERIV, NEG, POWER, PRODUCT, SUM
from stepper.render._label import glyphs
from stepper.render._matrix import is_high, is_matrix
from stepper.render._number import between, decimal
from stepper.render._product import Pen, product
from stepper.render._unicode import cells
from stepper.render._unicode import formula as plain_formula
from stepper.render._writing import beside, in_rows, is_vector, joint, sign_level, signed_adjoint, spelled
from stepper.render._writing import raised as raised_name
from stepper.render.look import COMMA, LONGEST_SUM, Style, typeset

_SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "="}
_THIN = '<mspace width="0.167em"></mspace>'
_ACCENTS = {
    "hat": "^", "tilde": "~", "bar": "¯", "dot": "˙", "vec": "→", "ddot": "¨", "check": "ˇ", "breve": "˘",
}  # fmt: skip
WIDEST_ABOVE = 40
_MINUS = '<mo form="prefix">−</mo>'


def formula(expr: Expr, style: Style) -> str:
    """A formula, without the ``math`` element around it."""
    return _write(expr, 0, style)


def terms(expr: Expr, style: Style) -> list[str]:
    """The terms of a sum with their signs, a very long sum shortened; else the formula whole."""
    if not isinstance(expr, Sum):
        return [formula(expr, style)]
    first, *rest = expr.operands
    pieces = [_write(first, NEG, style)]
    for sign, term in zip(expr.operators, rest, strict=True):
        pieces.append(f"{_operator('−' if sign == '-' else sign)}{_write(term, PRODUCT, style)}")
    return [*pieces[:3], f"{_operator('+')}<mo>…</mo>", pieces[-1]] if len(pieces) > LONGEST_SUM else pieces


def _operator(sign: str) -> str:
    return f'<mo form="infix">{escape(sign)}</mo>'


def _fenced(inside: str, left: str = "(", right: str = ")") -> str:
    """Brackets grow with what is tall inside them, and with nothing else."""
    tall = "true" if "<mfrac" in inside or "<mtable" in inside else "false"
    kept = f'stretchy="{tall}" lspace="0" rspace="0"'
    return f'<mrow><mo form="prefix" {kept}>{left}</mo>{inside}<mo form="postfix" {kept}>{right}</mo></mrow>'


def _write(expr: Expr, level: int, style: Style) -> str:
    written, own = _part(expr, style)
    return _fenced(written) if own < level else written


def _part(expr: Expr, style: Style) -> tuple[str, int]:
    if isinstance(expr, Call) and (form := typeset(expr, style)) is not None:
        return _part(form, style)
    match expr:
        case Num(literal):
            return _literal(literal, style), ATOM
        case Value(number, guard):
            return _number(shown(number, style.look.digits + guard, style.look.exact), style)
        case Sym(name):
            return name_of(name, style), ATOM
        case Prime(body):
            return f"<msup>{_base(body, style)}<mo>′</mo></msup>", ATOM
        case Transpose(body):
            return f"<msup>{_base(body, style)}<mo>⊤</mo></msup>", ATOM
        case Index(base, indices):
            return _index(base, indices, style), ATOM
        case Deriv() | Neg(Deriv()) if (own := signed_adjoint(expr, style)) is not None:
            name = _write(own[0], ATOM, own[1])
            return (f"<mrow>{_MINUS}{name}</mrow>", NEG) if own[2] else (name, ATOM)
        case Neg(body):
            return f"<mrow>{_MINUS}{_write(body, PRODUCT, style)}</mrow>", NEG
        case Sum():
            return f"<mrow>{''.join(terms(expr, style))}</mrow>", SUM
        case Product():
            return _row(product(expr, _pen(style))), PRODUCT
        case Power(base, exponent):
            return f"<msup>{_base(base, style)}{_row(formula(exponent, style))}</msup>", POWER
        case Call("P", (Where() as event,)):
            return f"<mrow><mi>P</mi>{_fenced(_condition(event, style))}</mrow>", ATOM
        case Call():
            return _call(expr, style), ATOM
        case Where():
            return _cases(expr, style), ATOM
        case Array(items) if is_matrix(expr) and not style.inline:
            rows = [row.items for row in items if isinstance(row, Array)]
            return _fenced(_table([[formula(item, in_rows(style)) for item in row] for row in rows]), "[", "]"), ATOM
        case Array(items):
            inside = [formula(item, in_rows(style)) for item in items]
            column = style.writing.columns and is_vector(expr)
            if column and not style.inline:
                return _fenced(_table([[item] for item in inside]), "[", "]"), ATOM
            written = _fenced(_listed(inside, between(style.look)), "[", "]")
            return f"<msup>{written}<mo>⊤</mo></msup>" if column else written, ATOM
        case Bound():
            return _bound(expr, style), PRODUCT
        case Deriv(of, wrt, total) if is_open(expr):
            mark = '<mi mathvariant="normal">d</mi>' if total else "<mi>∂</mi>"
            bar = f"<mfrac>{mark}<mrow>{mark}{_write(wrt, ATOM, style)}</mrow></mfrac>"
            return f"<mrow>{bar}{_fenced(formula(of, style), '[', ']')}</mrow>", ATOM
        case Deriv(of, wrt, total, wire):
            mark = '<mi mathvariant="normal">d</mi>' if total else "<mi>∂</mi>"
            below = _write(wrt, ATOM, style)
            if wire:
                below = station(wrt, wire, style)
            return f"<mfrac><mrow>{mark}{_write(of, ATOM, style)}</mrow><mrow>{mark}{below}</mrow></mfrac>", DERIV
        case _:
            assert_never(expr)


def station(node: Expr, wire: int, style: Style) -> str:
    """A quantity on a path, with the number of the wire by which the path leaves it."""
    if not wire:
        return formula(node, style)
    return f"<msup>{_base(node, style)}<mrow><mo>(</mo><mn>{wire}</mn><mo>)</mo></mrow></msup>"


def _base(expr: Expr, style: Style) -> str:
    """What something is set high beside, as one element: in parentheses where its name has something high already."""
    written = _write(expr, ATOM, style)
    return _fenced(written) if raised_name(expr, style) else _row(written)


def _pen(style: Style) -> Pen:
    return Pen(
        lambda factor, row: _write(factor, POWER, in_rows(style) if row else style),
        lambda part: formula(part, style), _fenced,
        lambda operator, left, right: _operator(mark) if (mark := joint(operator, left, right, style)) else _THIN,
        lambda above, below: f"<mfrac>{_row(above)}{_row(below)}</mfrac>",
        lambda above, below: f'{above}<mo form="infix" lspace="0" rspace="0">/</mo>{below}',
        lambda part: is_high(part, style) or _is_long(part, style),
    )  # fmt: skip


def _is_long(expr: Expr, style: Style) -> bool:
    """Is it so long a sum that no narrow page holds it above a bar, where no line can be broken?"""
    return isinstance(expr, Sum) and len(expr.operands) > 2 and cells(plain_formula(expr, style)) > WIDEST_ABOVE


def _call(expr: Call, style: Style) -> str:
    stem = expr.name.rstrip("'")
    primes = len(expr.name) - len(stem)
    arguments = _listed([formula(part, style) for part in expr.arguments], between(style.look))
    label = style.notation.get(stem, stem)
    if "…" in label and stem == expr.name:
        left, _, right = label.partition("…")
        if not right:
            return f"<mrow><mi>{escape(left)}</mi>{_write(expr.arguments[0], sign_level(expr), style)}</mrow>"
        word = f"<mi>{escape(left[:-1])}</mi>" if left[:-1] else ""
        return (
            f"<mrow>{word}{_fenced(arguments, escape(left[-1]), escape(right))}</mrow>"
            if word
            else _fenced(arguments, escape(left), escape(right))
        )
    if label == "√" and len(expr.arguments) == 1:
        return f"<msqrt>{arguments}</msqrt>"
    if label == "Σ" and not primes:
        return f"<mrow><mo>∑</mo>{_fenced(arguments)}</mrow>"
    word = f"<mi>{escape(label[1:])}</mi>" if label.startswith("=") else _spelled(label_of(label))
    word = _fenced(word) if primes and raised_name(Sym(stem), style) else word
    word = f"<msup>{_row(word)}<mo>{'′' * primes}</mo></msup>" if primes else word
    return f"<mrow>{word}{_fenced(arguments)}</mrow>"


def _condition(expr: Where, style: Style) -> str:
    sign = _operator(_SIGNS.get(expr.operator, expr.operator))
    return f"{formula(expr.left, style)}{sign}{formula(expr.right, style)}"


def _bound(expr: Bound, style: Style) -> str:
    name, low, high = formula(expr.variable, style), formula(expr.low, style), formula(expr.high, style)
    body = _write(expr.body, PRODUCT, style)
    if expr.word == "integral":
        sign = f"<msubsup><mo>∫</mo>{_row(low)}{_row(high)}</msubsup>"
        return f'<mrow>{sign}{body}{_THIN}<mi mathvariant="normal">d</mi>{name}</mrow>'
    sign = {"sum": "∑", "prod": "∏"}[expr.word]
    return f"<mrow><munderover><mo>{sign}</mo>{_row(name + _operator('=') + low)}{_row(high)}</munderover>{body}</mrow>"


def _cases(expr: Where, style: Style) -> str:
    condition = _condition(expr, style)
    then, otherwise = formula(expr.then, style), formula(expr.otherwise, style)
    if style.inline:
        return _fenced(f"{then}<mtext>&nbsp;if&nbsp;</mtext>{condition}<mtext>, else&nbsp;</mtext>{otherwise}")
    rows = [[then, f"<mtext>if&nbsp;</mtext>{condition}"], [otherwise, "<mtext>otherwise</mtext>"]]
    return f'<mrow><mo form="prefix">{{</mo>{_table(rows, "cases")}</mrow>'


def _table(rows: list[list[str]], kind: str = "matrix") -> str:
    written = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in rows)
    return f'<mtable class="{kind}">{written}</mtable>'


def _listed(parts: list[str], sign: str = ",") -> str:
    return f'<mo separator="true">{sign.strip()}</mo>'.join(parts)


def _row(written: str) -> str:
    """One element, as a place that takes a single child needs it."""
    return f"<mrow>{written}</mrow>"


def _number(number: Shown, style: Style) -> tuple[str, int]:
    written, level = f"<mn>{decimal(number.digits, style.look)}</mn>", ATOM
    if number.denominator:
        written, level = f"<mfrac><mn>{number.digits}</mn><mn>{number.denominator}</mn></mfrac>", PRODUCT
    if number.exponent:
        written, level = f"<mrow>{written}{_ten(number.exponent)}</mrow>", PRODUCT
    return (f"<mrow>{_MINUS}{written}</mrow>", NEG) if number.negative else (written, level)


def _ten(exponent: int) -> str:
    above = f"<mrow>{_MINUS}<mn>{-exponent}</mn></mrow>" if exponent < 0 else f"<mn>{exponent}</mn>"
    return f"{_operator('·')}<msup><mn>10</mn>{above}</msup>"


def _literal(literal: str, style: Style) -> str:
    mantissa, _, exponent = decimal(literal.lower(), style.look).partition("e")
    return f"<mrow><mn>{mantissa}</mn>{_ten(int(exponent))}</mrow>" if exponent else f"<mn>{mantissa}</mn>"


def _index(base: Expr, indices: tuple[Expr, ...], style: Style) -> str:
    whole = style.notation.get(text(Index(base, indices)))
    if whole is not None:
        return _spelled(label_of(whole))
    written = [formula(index, style) for index in indices]
    comma = ";" if any("<mn>" in part and "," in part for part in written) and style.look.decimal == COMMA else ","
    inside = "".join(written) if beside(base, indices) else _listed(written, comma)
    if not isinstance(base, Sym):
        return f"<msub>{_row(_write(base, ATOM, style))}{_row(inside)}</msub>"
    return _spelled(label_of(spelled(base.name, style)), inside)


def name_of(name: str, style: Style) -> str:
    """A name as an exam prints it."""
    return _set(spelled(name, style))


@lru_cache(maxsize=65536)
def _set(label: str) -> str:
    return _spelled(label_of(label))


def _spelled(label: Label, index: str = "") -> str:
    upright = ' mathvariant="normal"' if label.style == "roman" and len(label.base) == 1 else ""
    base = f"<mi{upright}>{escape(glyphs(label))}</mi>"
    for accent in label.accents:
        close = "" if accent == "bar" else ' accent="true"'  # a bar that touches the letter is not seen
        base = f'<mover{close}>{base}<mo stretchy="false">{_ACCENTS[accent]}</mo></mover>'
    if label.before:
        base = f'<mrow><mi mathvariant="normal">{GREEK[label.before]}</mi>{base}</mrow>'
    below = _listed([*([_items(label.below)] if label.below else []), *([index] if index else [])])
    above = (f"<mo>{'′' * label.primes}</mo>" if label.primes else "") + _items(label.above)
    if above:
        return f"<msubsup>{base}{_row(below)}{_row(above)}</msubsup>" if below else f"<msup>{base}{_row(above)}</msup>"
    return f"<msub>{base}{_row(below)}</msub>" if below else base


def _items(items: tuple[Item, ...]) -> str:
    """What is set low or high, part by part."""
    return "".join(
        _spelled(item)
        if isinstance(item, Label)
        else f"<mn>{item}</mn>"
        if item.isdigit()
        else f'<mo separator="true">{item}</mo>'
        if item in (",", ";")
        else f'<mo stretchy="false" lspace="0" rspace="0">{escape(item.replace("-", "−"))}</mo>'
        for item in items
    )
