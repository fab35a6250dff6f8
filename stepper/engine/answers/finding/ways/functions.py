"""Changes of functions and of their derivatives: left out, applied twice, taken on the wrong side or at the wrong
place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from stepper.core.expr import (
    Call,
    Expr,
    Index,
    Neg,
    Num,
    Power,
    Product,
    Sum,
    Sym,
    Where,
    children,
    multiply,
    multiply_all,
)
from stepper.core.formula import number_of, reference, text
from stepper.core.traverse import names, substitute, walk
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.products import WAYS as PRODUCTS
from stepper.engine.answers.finding.ways.way import Way, of_parts
from stepper.engine.edits.change import TWO, Change, parts
from stepper.engine.values.definitions import spread, unfold
from stepper.engine.values.differentiate import ONE, ZERO, partials

DEFINED = "defined:"
"""What a pattern begins with that is looked for in the definition of the function that a line is."""


def _unwrapped(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Call) and expr.arguments:
        yield Change(expr.arguments[0], expr, expr.arguments[0])


def _applied_twice(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Call) and expr.arguments:
        yield Change(Call(expr.name, (expr, *expr.arguments[1:])), expr)


def _another_element(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Index) and isinstance(expr.base, Call) and expr.base.arguments and len(expr.indices) == 1:
        for place in range(1, len(children(expr.base.arguments[0])) + 1):
            if Num(str(place)) != expr.indices[0]:
                yield Change(Index(expr.base, (Num(str(place)),)), expr.indices[0], Num(str(place)))


def _defined(line: Line, calculation: Calculation) -> Expr:
    """A function's value as its definition has it, where that is a case distinction."""
    formula = line.formula
    if isinstance(formula, Call) and formula.name in calculation.vocabulary:
        rule = calculation.vocabulary.rule(formula.name)
        if isinstance(rule.value, Where) and not rule.unfolds:
            return rule.definition(formula.arguments)
    return formula


def written_out(expr: Expr, calculation: Calculation) -> Expr:
    """A function that is a line, or an element of one, as its definition has it."""
    call = expr.base if isinstance(expr, Index) else expr
    element = expr.indices[0] if isinstance(expr, Index) else None
    if not isinstance(call, Call) or call.name not in calculation.vocabulary:
        return expr
    rule = calculation.vocabulary.rule(call.name)
    if rule.value is None or isinstance(rule.value, Where) or rule.unfolds:
        return expr
    if len(call.arguments) > len(rule.parameters):  # of arrays, with an axis
        return expr
    whole = rule.definition(call.arguments, element=element)
    return unfold(spread(whole, calculation.vocabulary), calculation.vocabulary)


def in_definition(way: Way) -> Way:
    """A way in the definition of the function that a line is."""

    def changed(line: Line, calculation: Calculation) -> Iterator[Change]:
        whole = written_out(line.formula, calculation)
        if whole != line.formula:
            yield from way(replace(line, formula=whole), calculation)

    return changed


def _diagonal(line: Line, calculation: Calculation) -> Iterator[Change]:
    """Of the elements of a list only the one in the same place."""
    if not isinstance(line.formula, Sum):
        return
    for term in line.formula.operands:
        local = next((calculation.lines.get(text(name)) for name in reversed(list(names(term)))), None)
        if local is None or not isinstance(local.whole, Index) or not isinstance(local.whole.base, Call):
            return
        items = children(local.whole.base.arguments[0])
        place = number_of(local.whole.indices[0])
        if local.source is not None and place is not None and items[int(place) - 1] == local.source:
            yield Change(term, term)


def _otherwise(new: Callable[[Where], Expr]) -> Way:
    """Something else in place of what holds on the negative side."""

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        for part, put in parts(_defined(line, calculation)):
            if isinstance(part, Where) and new(part) != part.otherwise:
                other = new(part)
                changed = Where(part.operator, part.left, part.right, part.then, other)
                yield Change(put(changed), part.otherwise, other)

    return way


def _value_on_the_positive_side(line: Line, calculation: Calculation) -> Iterator[Change]:
    """On the positive side the value in place of its slope."""
    for part, put in parts(line.formula):
        if isinstance(part, Where) and line.source is not None:
            changed = Where(part.operator, part.left, part.right, line.source, part.otherwise)
            yield Change(put(changed), part.then, line.source)


def _divided(expr: Expr) -> Iterator[Change]:
    """A quotient without what it is divided by."""
    if isinstance(expr, Product) and expr.operators[-1:] == ("/",) and isinstance(expr.operands[-1], Sum):
        kept = list(zip(("*", *expr.operators[:-1]), expr.operands[:-1], strict=True))
        yield Change(multiply_all(kept), expr.operands[-1])


def _exponent(expr: Expr) -> Iterator[Change]:
    """exp(x) for exp(-x)."""
    if isinstance(expr, Call) and len(expr.arguments) == 1 and isinstance(expr.arguments[0], Neg):
        yield Change(Call(expr.name, (expr.arguments[0].body,)), expr.arguments[0])


def _whole(new: Callable[[Line], Expr | None]) -> Way:
    """Something else in place of a whole line."""

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        other = new(line)
        if other is not None and other != line.formula:
            yield Change(other, line.shown, other)

    return way


def _at_the_argument(line: Line, calculation: Calculation) -> Iterator[Change]:
    """What the activation reads in place of its value in a derivative that is written by the value."""
    place = reference(line.place)
    if line.source is not None and place in names(line.formula):
        yield Change(substitute(line.formula, {place: line.source}), place, calculation.told(line.source))


def _bias(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The bias itself for its derivative, which is 1."""
    if line.source is not None and line.formula == ONE:
        yield Change(line.source, line.shown, line.source)


def _source(leaf: bool) -> Way:
    """What is differentiated for, in place of what it is multiplied by; a leaf, as weights are, or a node."""

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        source = line.source
        if source is None or line.formula == ONE or source in names(line.formula):
            return
        if (text(source) in calculation.leaves) == leaf:
            yield Change(source, line.formula, source)

    return way


def _at_the_value(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The derivative taken at the function's value, not at its argument."""
    if isinstance(line.whole, Call) and line.source is not None:
        slope = partials(line.whole, calculation.vocabulary).get(line.source)
        put = None if slope is None else substitute(slope, {line.source: Sym(line.place)})
        if put is not None and put != slope:
            yield Change(put, line.source, Sym(line.place))


def _power_kept(line: Line, calculation: Calculation) -> Iterator[Change]:
    """n*u^n for n*u^(n-1)."""
    for power in walk(line.whole) if line.whole is not None else ():
        if isinstance(power, Power) and number_of(power.exponent) is not None and line.source in names(power.base):
            yield Change(multiply(line.formula, power.base), power)


WAYS: Mapping[str, Way] = {
    "leave out the function": of_parts(_unwrapped),
    "apply the function twice": of_parts(_applied_twice),
    "take another element": of_parts(_another_element),
    "nothing on the negative side": _otherwise(lambda part: ZERO),
    "the same on the negative side": _otherwise(lambda part: part.then),
    "the value on the positive side": _value_on_the_positive_side,
    "take 1": _whole(lambda line: ONE),
    "take 0 for 1": _whole(lambda line: ZERO if line.formula == ONE else None),
    "square": _whole(lambda line: None if line.formula == ONE else Power(line.formula, TWO)),
    "turn the sign": _whole(lambda line: Neg(line.formula)),
    "take the value": _whole(lambda line: Sym(line.place)),
    "take the weight": _source(leaf=True),
    "take the input": _source(leaf=False),
    "take the bias": _bias,
    "take it at the argument": _at_the_argument,
    "keep the diagonal": _diagonal,
    "leave out the divisor of the definition": in_definition(of_parts(_divided)),
    "lose parentheses in the definition": in_definition(PRODUCTS["lose parentheses"]),
    "change a sign in the exponent": in_definition(of_parts(_exponent)),
    "take it at the value": _at_the_value,
    "keep the power": _power_kept,
}
