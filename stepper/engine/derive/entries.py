"""Functions of lists by their definitions, with an index for each entry: ``softmax(z)[i]`` is
``exp(z[i])/sum(k=1..n, exp(z[k]))``; and back from the definition to the function's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import Bound, Call, Expr, Index, Neg, Num, Power, Sym, children, rebuild
from stepper.core.formula import literal_of
from stepper.core.traverse import mentions, transform, walk
from stepper.engine.derive.context import Context, name_of, put
from stepper.engine.derive.terms import ONE, Term, collected, number_in, product_of, term_of, written
from stepper.engine.values.rule import LENGTH, RESULT, Rule
from stepper.tables.table import ROWS

INDICES, SIZES = "kljmqr", "nNKm"


def fresh(letters: str, *used: Expr) -> Sym:
    """The first of some letters that no formula has."""
    taken = {part.name for expr in used for part in walk(expr) if isinstance(part, Sym)}
    taken |= {part.variable.name for expr in used for part in walk(expr) if isinstance(part, Bound)}
    return Sym(next((letter for letter in letters if letter not in taken), letters[0] + "1"))


def apart(expr: Expr, wrt: Expr) -> Expr:
    """The formula with other letters for variables of ranges that have the name of a letter in ``wrt``: of
    ``sum(j=1..n, z[j])`` by ``z[j]`` it is ``sum(k=1..n, z[k])``.
    """
    parts = [apart(part, wrt) for part in children(expr)]
    if parts:
        expr = rebuild(expr, parts)
    if isinstance(expr, Bound) and mentions(wrt, expr.variable):
        own = fresh(INDICES, expr, wrt)
        return Bound(expr.word, own, expr.low, expr.high, put(expr.body, expr.variable, own))
    return expr


def entry(expr: Expr, index: Expr, context: Context) -> Expr:
    """The entry of a list, or of a formula of lists that is worked entry by entry."""
    match expr:
        case Sym(name):
            return expr if context.given.shapes.get(name) == () else Index(expr, (index,))
        case Bound():
            return expr
        case _:
            parts = children(expr)
            return rebuild(expr, [entry(part, index, context) for part in parts]) if parts else expr


def is_list_rule(rule: Rule) -> bool:
    """Does a function take a list, and has it a formula?"""
    return rule.value is not None and any(parameter.is_list for parameter in rule.parameters)


def defined(call: Call, element: Expr | None, context: Context, index: Sym | None = None) -> Expr | None:
    """The definition of a function of lists with sums over an index; None where it has none.

    ``element`` is the entry that is meant, of a function that makes a list.
    """
    rule = context.vocabulary.rule(call.name)
    if not is_list_rule(rule) or rule.element is (element is None):
        return None
    assert rule.value is not None
    lists = [parameter.name for parameter in rule.parameters if parameter.is_list]
    bindings = {
        Sym(parameter.name): argument for parameter, argument in zip(rule.parameters, call.arguments, strict=False)
    }
    bindings |= {
        Sym(parameter.name): parameter.default
        for parameter in rule.parameters[len(call.arguments) :]
        if parameter.default is not None
    }
    size = _size(call, context)
    own = index or fresh(INDICES, call, *context.letters, *([element] if element is not None else []))

    def read(part: Expr, at: Expr | None) -> Expr:
        match part:
            case Index(Sym(name), (place,)) if name in lists:
                meant = bindings.get(place, place) if isinstance(place, Sym) else place
                found = element if place == RESULT and element is not None else meant
                return entry(bindings[Sym(name)], found, context)
            case Call("sum", (body,)):
                return Bound("sum", own, Num("1"), size, read(body, own))
            case Sym(name) if name in lists and at is not None:
                return entry(bindings[part], at, context)
            case Sym() if part == LENGTH:
                return size
            case Sym() if part in bindings:
                return bindings[part]
            case _:
                parts = children(part)
                return rebuild(part, [read(inner, at) for inner in parts]) if parts else part

    return read(rule.value, None)


def _size(call: Call, context: Context) -> Expr:
    names = [name_of(part) for part in walk(call) if isinstance(part, Sym | Index)]
    shapes = [context.given.shapes[name] for name in names if context.given.shapes.get(name)]
    return shapes[0][-1] if shapes else fresh(SIZES, call)


def named(expr: Expr, context: Context) -> Expr:
    """The formula with functions of lists for their definitions: ``exp(z[j])/sum(k=1..n, exp(z[k]))`` is
    ``softmax(z)[j]``.
    """
    for candidate, form in _candidates(expr, context):
        expr = product_replaced(expr, term_of(form), candidate)
    return expr


def _candidates(expr: Expr, context: Context) -> Iterator[tuple[Expr, Expr]]:
    entries = dict.fromkeys(
        part for part in walk(expr) if isinstance(part, Index) and isinstance(part.base, Sym) and len(part.indices) == 1
    )
    variables = dict.fromkeys(part.variable for part in walk(expr) if isinstance(part, Bound))
    for row in ROWS.values():
        if not row.element or row.gives != "distribution":
            continue
        for part in entries:
            for variable in variables:
                call = Call(row.name, (part.base,))
                if part.indices[0] == variable:
                    continue
                form = defined(call, part.indices[0], context, variable)
                if form is not None:
                    yield Index(call, part.indices), collected(form)


def product_replaced(expr: Expr, form: Term, name: Expr) -> Expr:
    """Puts a name for a product wherever its factors stand together; for its square where they stand there twice."""

    def change(part: Expr) -> Expr | None:
        term = term_of(part)
        times = _times_in(dict(term.powers), form)
        if not times:
            return None
        down = Neg(literal_of(Fraction(times)))
        left = product_of([part, Power(written(form), down), Power(name, literal_of(Fraction(times)))])
        return left if left != part else None

    return transform(expr, change)


def _times_in(powers: Mapping[Expr, Expr], form: Term) -> int:
    """How often a product stands in another."""
    found: list[Fraction] = []
    for base, exponent in form.powers:
        have, want = number_in(powers.get(base, Num("0"))), number_in(exponent)
        if have is None or not want:
            return 0
        found.append(have / want)
    return int(min(found)) if len(found) > 1 and min(found) >= 1 else 0


def without_deltas(expr: Expr, delta: Index, equal: bool) -> Expr:
    """The formula for equal indices, or for different ones."""
    one, other = delta.indices
    value = ONE if equal else Num("0")
    found = put(expr, delta, value)
    found = put(found, Index(delta.base, (other, one)), value)
    if equal and number_in(one) is None:
        found = put(found, other, one)
    return collected(found)
