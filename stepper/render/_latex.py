r"""Formulas as LaTeX, in the subset that GitHub, Obsidian, Jupyter, KaTeX, MathJax and TeX all set alike.

A blank stands before every subscript, so that Markdown sees no emphasis; no backslash before punctuation; ``\\`` only
at the end of a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from stepper.core.label import latex
from stepper.core.labels import label_of
from stepper.core.numbers import Shown, shown
from stepper.core.parser import ATOM, DERIV, NEG, POWER, PRODUCT, SUM
from stepper.render._matrix import is_high, is_matrix
from stepper.render._number import between, decimal
from stepper.render._number import indices as joined
from stepper.render._product import Pen, product
from stepper.render._writing import beside, in_rows, is_vector, joint, sign_level, signed_adjoint, spelled
from stepper.render._writing import raised as raised_name
from stepper.render.look import LONGEST_SUM, Style, typeset

_SIGNS = {">=": r"\ge", "<=": r"\le", "!=": r"\ne", "==": "=", "<": "<", ">": ">"}
RELATIONS = {
    "=": "=", "≈": r"\approx", "≤": r"\le", "<": "<", "≥": r"\ge", ">": ">", "≠": r"\ne", "∈": r"\in",
    "←": r"\leftarrow",
}  # fmt: skip
_FACTORS = {"·": r" \cdot ", "×": r" \times ", "": r" \thinspace ", "⊙": r" \odot "}
_BRACKETS = {
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "⌈": r"\lceil",
    "⌉": r"\rceil",
    "|": r"\vert",
    "‖": r"\Vert",
    "[": "[",
    "]": "]",
}
_WORDS = frozenset({"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "min", "max"})
COMMA = "{,}"
"""A comma in a number: without braces TeX puts a blank behind it."""


def formula(expr: Expr, style: Style) -> str:
    """A formula in math mode, without dollars."""
    return _write(expr, 0, style)


def terms(expr: Expr, style: Style) -> list[str]:
    """The terms of a sum with their signs, a very long sum shortened; else the formula whole."""
    if not isinstance(expr, Sum):
        return [formula(expr, style)]
    first, *rest = expr.operands
    pieces = [
        _write(first, NEG, style),
        *(f"{sign} {_write(term, PRODUCT, style)}" for sign, term in zip(expr.operators, rest, strict=True)),
    ]
    return [*pieces[:3], r"+ \dots", pieces[-1]] if len(pieces) > LONGEST_SUM else pieces


def _write(expr: Expr, level: int, style: Style) -> str:
    written, own = _part(expr, style)
    return rf"\left( {written} \right)" if own < level else written


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
            return _base(body, style) + "'", ATOM
        case Transpose(body):
            return _base(body, style) + r"^{\top}", ATOM
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
            return product(expr, _pen(style)), PRODUCT
        case Power(base, exponent):
            return f"{_base(base, style)}^{{{formula(exponent, style)}}}", POWER
        case Call("P", (Where() as event,)):
            return rf"\mathrm{{P}} \left( {_condition(event, style)} \right)", ATOM
        case Call():
            return _call(expr, style), ATOM
        case Where():
            return _cases(expr, style), ATOM
        case Array(items) if is_matrix(expr) and not style.inline:
            return _matrix(items, in_rows(style)), ATOM
        case Array(items) if style.writing.columns and is_vector(expr) and not style.inline:
            return _matrix([Array((item,)) for item in items], in_rows(style)), ATOM
        case Array(items):
            column = r"^{\top}" if style.writing.columns and is_vector(expr) else ""
            return rf"\left[ {_listed(items, in_rows(style))} \right]{column}", ATOM
        case Bound():
            return _bound(expr, style), PRODUCT
        case Deriv(of, wrt, total) if is_open(expr):
            mark = "d" if total else r"\partial"
            return rf"\frac{{{mark}}}{{{mark} {_write(wrt, ATOM, style)}}} \left[ {formula(of, style)} \right]", ATOM
        case Deriv(of, wrt, total, wire):
            mark = "d" if total else r"\partial "
            below = _base(wrt, style) if wire else _write(wrt, ATOM, style)
            return rf"\frac{{{mark}{_write(of, ATOM, style)}}}{{{mark}{below}{raised(wire)}}}", DERIV
        case _:
            assert_never(expr)


def _base(expr: Expr, style: Style) -> str:
    """What something is set high beside: in braces where something is already, which TeX does not take twice."""
    written = _write(expr, ATOM, style)
    if raised_name(expr, style):
        return rf"\left( {written} \right)"
    return f"{{{written}}}" if isinstance(expr, Prime | Transpose) else written


def _pen(style: Style) -> Pen:
    return Pen(
        lambda factor, row: _write(factor, POWER, in_rows(style) if row else style),
        lambda part: formula(part, style), lambda done: rf"\left( {done} \right)",
        lambda operator, left, right: _FACTORS[joint(operator, left, right, style)],
        lambda above, below: rf"\frac{{{above}}}{{{below}}}",
        lambda above, below: f"{above} / {below}",
        lambda part: is_high(part, style),
    )  # fmt: skip


def _call(expr: Call, style: Style) -> str:
    stem = expr.name.rstrip("'")
    primes = "'" * (len(expr.name) - len(stem))
    arguments = _listed(expr.arguments, style)
    label = style.notation.get(stem, stem)
    if "…" in label and stem == expr.name:
        left, _, right = label.partition("…")
        if not right:
            return f"{left} {_write(expr.arguments[0], sign_level(expr), style)}"
        word = rf"\mathrm{{{left[:-1]}}} " if left[:-1] else ""
        return rf"{word}\left{_BRACKETS[left[-1]]} {arguments} \right{_BRACKETS[right]}"
    if label == "√" and len(expr.arguments) == 1:
        return rf"\sqrt{{{arguments}}}"
    if label == "Σ" and not primes:
        return rf"\sum \left( {arguments} \right)"
    if label in _WORDS:
        return rf"\{label}{primes} \left( {arguments} \right)"
    # a name that is to stand as it is written; a blank for its underscores, which Markdown and TeX each read in their
    # own way
    word = rf"\text{{{label[1:].replace('_', ' ')}}}" if label.startswith("=") else latex(label_of(label))
    word = rf"\left( {word} \right)" if primes and raised_name(Sym(stem), style) else word
    return rf"{word}{primes} \left( {arguments} \right)"


def _matrix(rows: Sequence[Expr], style: Style) -> str:
    """Rows on lines of their own: a line break stands only at the end of a line."""
    written = [" & ".join(formula(item, style) for item in row.items) for row in rows if isinstance(row, Array)]
    return "\\begin{bmatrix} " + " \\\\\n".join(written) + " \\end{bmatrix}"


def _condition(expr: Where, style: Style) -> str:
    return f"{formula(expr.left, style)} {_SIGNS[expr.operator]} {formula(expr.right, style)}"


def _bound(expr: Bound, style: Style) -> str:
    name, low, high = formula(expr.variable, style), formula(expr.low, style), formula(expr.high, style)
    body = _write(expr.body, PRODUCT, style)
    if expr.word == "integral":
        return rf"\int _{{{low}}}^{{{high}}} {body} \, d{name}"
    return rf"\{expr.word} _{{{name}={low}}}^{{{high}}} {body}"


def _cases(expr: Where, style: Style) -> str:
    condition = _condition(expr, style)
    then, otherwise = formula(expr.then, style), formula(expr.otherwise, style)
    if style.inline:
        return rf"\left( {then} \text{{ if }} {condition} \text{{, else }} {otherwise} \right)"
    return f"\\begin{{cases}} {then} & \\text{{if }} {condition} \\\\\n{otherwise} & \\text{{otherwise}} \\end{{cases}}"


def station(node: Expr, wire: int, style: Style) -> str:
    """A quantity on a path, with the number of the wire by which the path leaves it."""
    return (_base(node, style) if wire else formula(node, style)) + raised(wire)


def raised(wire: int) -> str:
    """The number of a wire, set high; nothing where there is one wire only."""
    return f"^{{({wire})}}" if wire else ""


def _listed(parts: Iterable[Expr], style: Style) -> str:
    return between(style.look).join(formula(part, style) for part in parts)


def _number(number: Shown, style: Style) -> tuple[str, int]:
    written, level = decimal(number.digits, style.look, COMMA), ATOM
    if number.denominator:
        written, level = rf"\frac{{{number.digits}}}{{{number.denominator}}}", PRODUCT
    if number.exponent:
        written, level = rf"{written} \cdot 10^{{{number.exponent}}}", PRODUCT
    return ("-" + written, NEG) if number.negative else (written, level)


def _literal(literal: str, style: Style) -> str:
    mantissa, _, exponent = decimal(literal.lower(), style.look, COMMA).partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _index(base: Expr, indices: tuple[Expr, ...], style: Style) -> str:
    whole = style.notation.get(text(Index(base, indices)))
    if whole is not None:
        return latex(label_of(whole))
    written = [formula(index, style).replace(" ", "") for index in indices]
    inside = "".join(written) if beside(base, indices) else joined(written, style.look)
    if not isinstance(base, Sym):
        return f"{_write(base, ATOM, style)} _{{{inside}}}"
    return latex(label_of(spelled(base.name, style)), inside)


def name_of(name: str, style: Style) -> str:
    """A name as an exam prints it."""
    return latex(label_of(spelled(name, style)))
