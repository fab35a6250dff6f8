"""What is written in another way than by default: adjoints under names of their own, signs between factors, columns."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.expr import (
    KRONECKER,
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
    Sign,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
    add_all,
    children,
    rebuild,
)
from stepper.core.formula import level_of, text
from stepper.core.label import Label
from stepper.core.labels import canonical_label, is_latex, label_of
from stepper.core.names import GREEK
from stepper.core.parser import ATOM, POWER
from stepper.core.steps import Equation, Writing
from stepper.core.traverse import walk
from stepper.render.look import Style

DOT = "·"


def spelled(name: str, style: Style) -> str:
    """How a quantity is spelled; a label with … in it is that of a function of the same name."""
    label = style.notation.get(name, name)
    return name if "…" in label else label


def beside(base: Expr, indices: Sequence[Expr]) -> bool:
    """Are indices set beside one another without commas, as those of the Kronecker delta are?"""
    return base == KRONECKER and all(isinstance(index, Sym) for index in indices)


def adjoint(expr: Expr, style: Style) -> tuple[Expr, Style] | None:
    """The quantity of an adjoint that has a name of its own, and the style in which it is set as that name; None where
    it is written out.
    """
    writing = style.writing
    if not (isinstance(expr, Deriv) and expr.total and not expr.wire) or not (writing.accent or writing.letter):
        return None
    if expr.of != writing.of or expr.wrt == writing.example:
        return None
    wrt = expr.wrt
    base = wrt.base if isinstance(wrt, Index) else wrt
    if not isinstance(base, Sym):
        return None
    whole = text(wrt)
    key = whole if whole in style.notation else base.name
    return wrt, replace(style, notation={**style.notation, key: _named(style.notation.get(key, key), writing)})


def signed_adjoint(expr: Expr, style: Style) -> tuple[Expr, Style, bool] | None:
    """The same of an adjoint or its opposite, and whether a minus stands before its name."""
    minus, turned = style.writing.minus, isinstance(expr, Neg)
    found = adjoint(expr.body if isinstance(expr, Neg) else expr, style)
    return None if found is None or (turned and not minus) else (*found, minus and not turned)


def _named(name: str, writing: Writing) -> str:
    """The label of an adjoint: that of its quantity with an accent, or as the subscript of a letter."""
    label = label_of(name)
    if writing.letter:
        if not is_latex(name) and "_" not in name:
            return f"{writing.letter}_{name}"
        return canonical_label(Label(writing.letter, below=(label,)))
    single = len(label.base) == 1 or label.base in GREEK
    if single and not label.accents and not is_latex(name):
        return f"{label.base}{writing.accent}{name.removeprefix(label.base)}"
    return canonical_label(replace(label, accents=(*label.accents, writing.accent)))


def raised(expr: Expr, style: Style) -> bool:
    """Is something set high in it already, so that a power of it needs parentheses?"""
    if is_vector(expr) and style.writing.columns and style.inline:
        return True
    found = adjoint(expr, style)
    expr, style = found or (expr, style)
    name = text(expr) if isinstance(expr, Index) else expr.name if isinstance(expr, Sym) else ""
    return label_of(style.notation.get(name) or style.notation.get(name.partition("[")[0], "")).raised


def sign_level(call: Call) -> int:
    """How tightly what follows a sign has to bind: dw, but d(wᵀ), for dwᵀ is the transpose of dw."""
    return ATOM if isinstance(call.arguments[0], Sym | Index) else ATOM + 1


def joint(operator: str, left: Expr, right: Expr, style: Style, *, slashes: bool = False) -> str:
    """What stands between two factors; nothing where they stand side by side. ``slashes``: quotients are on a line."""
    if operator not in ("*", "@"):
        return operator
    if style.writing.sign:
        return style.writing.sign if operator == "*" and not style.look.ascii else DOT
    return DOT if _misread(left, right, style, slashes) else ""


def _misread(left: Expr, right: Expr, style: Style, slashes: bool) -> bool:
    """Would two factors side by side be read as one number, as a call, or as an entry of an array?"""
    if _is_number(right) or _is_list(left) or _is_list(right):
        return True
    written_out = [isinstance(part, Deriv) and adjoint(part, style) is None for part in (left, right)]
    if slashes and any(written_out):
        return True
    before = _is_closed(left, style) or _is_number(left) or isinstance(left, Call) or written_out[0]
    return _is_closed(right, style) and not before


def _is_number(expr: Expr) -> bool:
    """Does it begin with a number, or hold nothing else?"""
    if isinstance(expr, Power):
        return _is_number(expr.base)
    return not any(isinstance(part, Sym | Deriv | Prime) for part in walk(expr))


def _is_list(expr: Expr) -> bool:
    """Is it an array, or the character that holds the place of one?"""
    return isinstance(expr, Array) or (isinstance(expr, Sym) and "\ue000" <= expr.name[:1] <= "\uf8ff")


def _is_closed(expr: Expr, style: Style) -> bool:
    """Does it begin with a parenthesis among factors?"""
    if isinstance(expr, Power | Transpose | Prime):
        base = expr.base if isinstance(expr, Power) else expr.body
        return level_of(base) < ATOM or raised(base, style) or _is_closed(base, style)
    if isinstance(expr, Deriv) and style.writing.minus:
        return adjoint(expr, style) is not None
    return isinstance(expr, Where) or level_of(expr) < POWER


def is_vector(expr: Expr) -> bool:
    """Is it an array of one axis, with two or more entries? Whole numbers as they are typed may be sizes."""
    if not isinstance(expr, Array) or len(expr.items) < 2 or any(isinstance(item, Array) for item in expr.items):
        return False
    return not all(isinstance(item, Num) and item.literal.isdigit() for item in expr.items)


def in_rows(style: Style) -> Style:
    """The style of what stands to the left of a matrix, or in an array: no columns."""
    return replace(style, writing=replace(style.writing, columns=False)) if style.writing.columns else style


def signed(equation: Equation, style: Style) -> Equation:
    """An equation of an adjoint whose letter means the opposite, with the opposite of each of its sides."""
    if not style.writing.minus or adjoint(equation.left, style) is None:
        return equation
    if not equation.links or any(link.relation not in ("=", "≈") for link in equation.links):
        return equation
    guide = equation.links[0].expr
    links = tuple(replace(link, expr=_turned(link.expr, guide, style)) for link in equation.links)
    return replace(equation, left=Neg(equation.left), links=links)


def _turned(expr: Expr, guide: Expr, style: Style) -> Expr:
    """The opposite of a formula, by the sign of the adjoint in it: a gradient is linear in those that it is made of.

    Where numbers have been put in, the formula before, the ``guide``, tells where the adjoint was.
    """
    if adjoint(guide, style) is not None or type(expr) is not type(guide):
        return _opposite(expr)
    if isinstance(expr, Sum) and isinstance(guide, Sum) and len(expr.operands) == len(guide.operands):
        terms = zip(("+", *expr.operators), expr.operands, guide.operands, strict=True)
        return _summed([(sign, _turned(part, like, style)) for sign, part, like in terms], style)
    before, like = children(expr), children(guide)
    place = next((place for place, part in enumerate(like) if _holds(part, style)), None)
    if not isinstance(expr, Product | Call | Transpose | Neg) or place is None or len(before) != len(like):
        return _opposite(expr)
    if isinstance(expr, Call) and isinstance(guide, Call) and expr.name != guide.name:
        return _opposite(expr)
    if isinstance(guide, Product) and "/" in ("*", *guide.operators)[place]:
        return _opposite(expr)
    return rebuild(expr, [_turned(part, like[at], style) if at == place else part for at, part in enumerate(before)])


def _summed(terms: Sequence[tuple[Sign, Expr]], style: Style) -> Expr:
    """A sum in which a minus in front of a term is the sign between it and the one before."""
    found = list(terms[:1])
    for sign, term in terms[1:]:
        if isinstance(term, Neg) and adjoint(term.body, style) is None:
            found.append(("-" if sign == "+" else "+", term.body))
        else:
            found.append((sign, term))
    return add_all(found)


def _holds(expr: Expr, style: Style) -> bool:
    return any(adjoint(part, style) is not None for part in walk(expr))


def _opposite(expr: Expr) -> Expr:
    """The formula with the opposite sign."""
    match expr:
        case Sym("?"):  # a value that is asked for
            return expr
        case Neg(body):
            return body
        case Value(number):
            return Value(-number, expr.guard) if number else expr
        case Array(items):
            return Array(tuple(map(_opposite, items)))
        case Sum(operands, operators):
            turned: list[tuple[Sign, Expr]] = [
                ("-" if sign == "+" else "+", part) for sign, part in zip(operators, operands[1:], strict=True)
            ]
            return add_all([("+", _opposite(operands[0])), *turned])
        case Product(operands) if _is_negative(operands[0]) or isinstance(operands[0], Array):
            return rebuild(expr, [_opposite(operands[0]), *operands[1:]])
        case Num(literal) if not float(literal):
            return expr
        case _:
            return Neg(expr)


def _is_negative(expr: Expr) -> bool:
    return isinstance(expr, Neg) or (isinstance(expr, Value) and expr.number < 0)
