"""Random quantities: their distributions' rows, their cases, the family's own name for any entry."""

from __future__ import annotations

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Call, Expr, Index, Sym, Where
from stepper.core.traverse import meant, substitute, transform, walk
from stepper.engine.derive.context import Context, name_of, randoms
from stepper.tables.laws import BY_NAME, LawRow


def law_row(expr: Expr, context: Context) -> LawRow | None:
    """The row of a quantity's distribution, where one is given."""
    law = context.given.laws.get(name_of(expr))
    return None if law is None else BY_NAME[law.name]


def of_law(formula: str, expr: Expr, context: Context, **more: Expr) -> Expr:
    """A formula of a row with the parameters of a quantity's distribution."""
    law = context.given.laws[name_of(expr)]
    row = BY_NAME[law.name]
    bindings: dict[Expr, Expr] = {
        Sym(letter): value for letter, value in zip(row.parameters, law.arguments, strict=True)
    }
    bindings |= {Sym(letter): value for letter, value in more.items()}
    return substitute(meant(parse_derivation(formula), ()), bindings)


def by_cases(call: Expr, context: Context) -> Where | None:
    """The definition of a function that is a case distinction, at its argument."""
    if not isinstance(call, Call) or call.name not in context.vocabulary:
        return None
    rule = context.vocabulary.rule(call.name)
    if rule.value is None or any(parameter.is_list for parameter in rule.parameters):
        return None
    found = rule.definition(call.arguments)
    return found if isinstance(found, Where) else None


def by_exponentials(call: Expr, context: Context) -> Expr | None:
    """A function of one number by its definition; one that has none of its own by exponentials."""
    if not isinstance(call, Call) or call.name not in context.vocabulary:
        return None
    rule = context.vocabulary.rule(call.name)
    if rule.row is not None and rule.row.by_exp:
        return substitute(parse_derivation(rule.row.by_exp), {Sym("x"): call.arguments[0]})
    if rule.value is None or any(parameter.is_list for parameter in rule.parameters):
        return None
    found = rule.definition(call.arguments)
    return None if any(isinstance(part, Where) for part in walk(found)) else found


def one_continuous(expr: Expr, context: Context) -> Expr | None:
    """The random quantity of a formula that has no other, where its distribution has a density."""
    found = list(randoms(expr, context))
    if len(found) != 1 or isinstance(found[0], Index):
        return None
    row = law_row(found[0], context)
    return found[0] if row is not None and row.density else None


def general(expr: Expr, context: Context) -> Expr:
    """The formula with the family's own name for each entry of one: what holds of any holds of each."""

    def change(part: Expr) -> Expr | None:
        return part.base if isinstance(part, Index) and name_of(part) in context.given.random else None

    return transform(expr, change)
