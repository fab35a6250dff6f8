r"""Formulas as LaTeX, in the subset that GitHub, Obsidian, Jupyter, KaTeX, MathJax and TeX all set alike.

A blank stands before every subscript, so that Markdown sees no emphasis; no backslash before punctuation; ``\\`` only
at the end of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import assert_never

from stepper.core.expr import (
    Array,
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
)
from stepper.core.formula import text
from stepper.core.names import GREEK, Spelling, spell
from stepper.core.numbers import Shown, shown
from stepper.core.parser import ATOM, DERIV, NEG, POWER, PRODUCT, SUM
from stepper.render._matrix import is_matrix
from stepper.render._number import between, decimal
from stepper.render._number import indices as joined
from stepper.render._product import Pen, product
from stepper.render.look import Style, typeset

_SIGNS = {">=": r"\ge", "<=": r"\le", "!=": r"\ne", "==": "=", "<": "<", ">": ">"}
RELATIONS = {"=": "=", "≈": r"\approx", "≤": r"\le", "<": "<", "∈": r"\in", "←": r"\leftarrow"}
_FACTORS = {"*": r" \cdot ", "@": r" \cdot ", "⊙": r" \odot "}
_BRACKETS = {"⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "|": r"\vert"}
_WORDS = frozenset({"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "min", "max"})
_PLAIN_GREEK = {"epsilon": r"\varepsilon", "phi": r"\varphi", "omicron": "o"}
COMMA = "{,}"
"""A comma in a number: without braces TeX puts a blank behind it."""
LONGEST_SUM = 8


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
        case Neg(body):
            return "-" + _write(body, PRODUCT, style), NEG
        case Sum():
            return " ".join(terms(expr, style)), SUM
        case Product():
            return product(expr, _pen(style)), PRODUCT
        case Power(base, exponent):
            return f"{_base(base, style)}^{{{formula(exponent, style)}}}", POWER
        case Call():
            return _call(expr, style), ATOM
        case Where():
            return _cases(expr, style), ATOM
        case Array(items) if is_matrix(expr) and not style.inline:
            return _matrix(items, style), ATOM
        case Array(items):
            return rf"\left[ {_listed(items, style)} \right]", ATOM
        case Deriv(of, wrt, total, wire):
            sign = "d" if total else r"\partial "
            return rf"\frac{{{sign}{_write(of, ATOM, style)}}}{{{sign}{_write(wrt, ATOM, style)}{raised(wire)}}}", DERIV
        case _:
            assert_never(expr)


def _base(expr: Expr, style: Style) -> str:
    """What something is set high beside: in braces where something is already, which TeX does not take twice."""
    written = _write(expr, ATOM, style)
    return f"{{{written}}}" if isinstance(expr, Prime | Transpose) else written


def _pen(style: Style) -> Pen:
    return Pen(
        lambda factor: _write(factor, POWER, style), lambda part: formula(part, style),
        lambda done: rf"\left( {done} \right)", _FACTORS.__getitem__,
        lambda above, below: rf"\frac{{{above}}}{{{below}}}",
    )  # fmt: skip


def _call(expr: Call, style: Style) -> str:
    stem = expr.name.rstrip("'")
    primes = "'" * (len(expr.name) - len(stem))
    arguments = _listed(expr.arguments, style)
    label = style.notation.get(stem, stem)
    if "…" in label and stem == expr.name:
        left, _, right = label.partition("…")
        return rf"\left{_BRACKETS[left]} {arguments} \right{_BRACKETS[right]}"
    if label == "√" and len(expr.arguments) == 1:
        return rf"\sqrt{{{arguments}}}"
    if label == "Σ" and len(expr.arguments) == 1:
        return rf"\sum \left( {arguments} \right)"
    if label in _WORDS:
        return rf"\{label}{primes} \left( {arguments} \right)"
    # a name that is to stand as it is written; a blank for its underscores, which Markdown and TeX each read in their
    # own way
    word = rf"\text{{{label[1:].replace('_', ' ')}}}" if label.startswith("=") else _spelled(spell(label))
    return rf"{word}{primes} \left( {arguments} \right)"


def _matrix(rows: tuple[Expr, ...], style: Style) -> str:
    """Rows on lines of their own: a line break stands only at the end of a line."""
    written = [" & ".join(formula(item, style) for item in row.items) for row in rows if isinstance(row, Array)]
    return "\\begin{bmatrix} " + " \\\\\n".join(written) + " \\end{bmatrix}"


def _cases(expr: Where, style: Style) -> str:
    condition = f"{formula(expr.left, style)} {_SIGNS[expr.operator]} {formula(expr.right, style)}"
    then, otherwise = formula(expr.then, style), formula(expr.otherwise, style)
    if style.inline:
        return rf"\left( {then} \text{{ if }} {condition} \text{{, else }} {otherwise} \right)"
    return f"\\begin{{cases}} {then} & \\text{{if }} {condition} \\\\\n{otherwise} & \\text{{otherwise}} \\end{{cases}}"


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
        return _spelled(spell(whole))
    inside = joined([formula(index, style).replace(" ", "") for index in indices], style.look)
    if not isinstance(base, Sym):
        return f"{_write(base, ATOM, style)} _{{{inside}}}"
    return _spelled(spell(style.notation.get(base.name, base.name)), inside)


def name_of(name: str, style: Style) -> str:
    """A name as an exam prints it."""
    return _spelled(spell(style.notation.get(name, name)))


def _spelled(spelling: Spelling, index: str = "") -> str:
    base = _letters(spelling.base)
    if spelling.accent:
        base = rf"\{spelling.accent}{{{base}}}"
    parts = [part if part.isdigit() else _spelled(spell(part)) for part in spelling.subscripts]
    below = ",".join([*parts, *([index] if index else [])])
    return f"{base} _{{{below}}}" if below else base


def _letters(word: str) -> str:
    if word in GREEK:
        return _PLAIN_GREEK.get(word, rf"\{word}")
    if word in GREEK.values():
        return _letters(next(name for name, symbol in GREEK.items() if symbol == word))
    if word == "𝟏":
        return r"\mathbf{1}"
    if len(word) == 1 or word.isdigit():
        return word
    plain = re.sub(r"[^\w]", "", word)
    return rf"\text{{{plain}}}"  # pandoc sets the letters of \mathrm and \mathit one by one
