"""A result in terms of another quantity: the derivative of ``y = log(1 + exp(x))`` as ``1 - exp(-y)``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from stepper.core.derivation_parser import Relation, Statement
from stepper.core.expr import Call, Expr, Num, Product, Sym, Where, children
from stepper.core.formula import text
from stepper.core.prose import Prose, listed
from stepper.core.traverse import mentions, substitute, transform, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.entries import product_replaced
from stepper.engine.derive.expanding import TooLong, factored, multiplied_out
from stepper.engine.derive.forms import size
from stepper.engine.derive.isolating import Turned, turned
from stepper.engine.derive.light import light
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.engine.derive.rewriting import worked
from stepper.engine.derive.solving import solved
from stepper.engine.derive.terms import collected, number_in, term_of
from stepper.engine.values.canonical import canonical
from stepper.engine.values.polynomial import NoSize
from stepper.errors import Problem, StepperError
from stepper.tables.theorems import EXPONENTIALS, OPPOSITES


def in_terms_of(
    result: Expr, left: Expr, definition: Expr, name: Expr, unknown: Expr, context: Context
) -> list[Part]:  # fmt: skip
    """The result with ``name`` for its definition until nothing else is left of the unknown.

    Raises:
        StepperError: where something stays that the name alone does not tell.
    """
    case = next((part for part in walk(_unfolded(definition, context)) if isinstance(part, Where)), None)
    if case is not None:
        return _by_branch(result, left, (_unfolded(definition, context), case), name, unknown, context)
    levels = [Turned(definition, name, ()), *turned(definition, name, unknown, context)]
    if levels[-1].part != unknown:
        levels += _isolated(levels[-1], unknown, context)
    for depth in range(1, len(levels) + 1):
        for form, note in _forms(result, context):
            after = form
            for level in [level for level in levels[:depth] if not mentions(level.value, unknown)]:
                after = _replaced(after, level.part, level.value)
            if not mentions(after, unknown):
                return [*_relation(levels[:depth]), _written(form, note, after, left, name, context)]
    partly = min(_left_over(result, levels[0], unknown, context), key=size, default=None)
    if partly is not None:
        found = _written(result, "", partly, left, name, context)
        stays = listed([(part,) for part in _calls_of(partly, unknown)])
        return [Part(found.title, found.derived, note=(*stays, " remains: ", name, " alone does not determine it."))]
    what = f"no rule writes the derivative in terms of {text(name)} alone: {text(unknown)} remains in it"
    raise StepperError(Problem(what, hint=f"leave --in {text(name)} out"))


def _unfolded(definition: Expr, context: Context) -> Expr:
    """The definition of a function that has cases, with its cases."""
    if isinstance(definition, Call) and definition.name in context.vocabulary:
        rule = context.vocabulary.rule(definition.name)
        if rule.value is not None and not any(parameter.is_list for parameter in rule.parameters):
            found = rule.definition(definition.arguments)
            return found if any(isinstance(part, Where) for part in walk(found)) else definition
    return definition


def _isolated(level: Turned, unknown: Expr, context: Context) -> list[Turned]:
    """The unknown where it stands in several places, and can be collected."""
    try:
        steps = solved(level.value, level.part, unknown, context, roots=False)
    except StepperError:
        return []
    return [Turned(step.left, step.right, step.done) for step in steps[1:]]


def _forms(result: Expr, context: Context) -> Iterator[tuple[Expr, str]]:
    """The result as it stands, and with functions by their definitions."""
    yield result, ""

    def unfolded(part: Expr) -> Expr | None:
        if not isinstance(part, Call) or part.name not in context.vocabulary:
            return None
        rule = context.vocabulary.rule(part.name)
        return (
            None if rule.value is None or any(p.is_list for p in rule.parameters) else rule.definition(part.arguments)
        )

    after = transform(result, unfolded)
    if after != result:
        yield after, "by the definitions of the functions"
        for rows in (OPPOSITES, EXPONENTIALS):
            for line in worked(collected(after), rows, context):
                yield line.expr, "by the definitions of the functions"


def _replaced(expr: Expr, part: Expr, value: Expr) -> Expr:
    """Puts the value in for a part; also for a product that stands in a longer one."""
    after = transform(expr, lambda inner: value if inner == part else None)
    return product_replaced(after, term_of(part), value) if isinstance(part, Product) else after


def _left_over(result: Expr, level: Turned, unknown: Expr, context: Context) -> Iterator[Expr]:
    """The result with the quantity in it, where the unknown is left in functions of the definition only."""
    allowed = set(_calls_of(level.part, unknown))
    for form in (result, collected(result), _out(result)):
        after = _replaced(form, level.part, level.value)
        calls = _calls_of(after, unknown)
        rest = after
        for call in calls:
            rest = substitute(rest, {call: name_for(call)})
        if mentions(after, level.value) and calls and {*calls} <= allowed and not mentions(rest, unknown):
            yield collected(after)


def _out(expr: Expr) -> Expr:
    try:
        return multiplied_out(expr)
    except TooLong:
        return expr


def name_for(call: Expr) -> Expr:
    """A letter that stands for a call while the rest is looked at."""
    return Sym(f"◦{text(call)}")


def _calls_of(expr: Expr, unknown: Expr) -> list[Expr]:
    """The outermost functions that hold the unknown."""
    found: list[Expr] = []

    def visit(part: Expr) -> None:
        if isinstance(part, Call) and mentions(part, unknown):
            found.append(part)
            return
        for inner in children(part):
            visit(inner)

    visit(expr)
    return [*dict.fromkeys(found)]


def _relation(levels: Sequence[Turned]) -> list[Part]:
    """``exp(y) = 1 + exp(x)``, so ``exp(x) = exp(y) - 1``."""
    if len(levels) < 2:
        return []
    pairs = [(level.part, level.value, level.done) for level in levels[1:]]
    return [Part(("From the definition of ", levels[0].value), Derived(levels[0].value, (Line(levels[0].part),)),
                 equations=tuple(pairs))]  # fmt: skip


def _written(form: Expr, note: str, after: Expr, left: Expr, name: Expr, context: Context) -> Part:
    lines = [Line(form, note=(note,))] if note else []
    lines.append(Line(light(after), note=("substituted",)))
    for candidate, word in _simplest(after, context):
        if candidate != lines[-1].expr:
            lines.append(Line(candidate, note=(word,)))
    return Part(("In terms of ", name), Derived(left, tuple(lines)))


def _simplest(expr: Expr, context: Context) -> Iterator[tuple[Expr, str]]:
    plain = collected(expr)
    candidates = [(plain, "simplified"), *_one_fraction(plain)]
    candidates += [(_out(form), "multiplied out") for form, _ in candidates]
    with_powers = [
        (collected(line.expr), "laws of exponents")
        for form, _ in candidates
        for line in worked(form, EXPONENTIALS, context)
    ]
    best, word = min([*candidates, *with_powers], key=lambda pair: size(pair[0]))
    if best != plain and size(plain) < 60 and (plain, "simplified") not in [(best, word)]:
        yield plain, "simplified"
    yield best, word
    front = factored(best)
    if size(front) < size(best):
        yield front, "common factor taken out"


def _one_fraction(expr: Expr) -> Iterator[tuple[Expr, str]]:
    if any(isinstance(part, Num) and number_in(part) is None for part in walk(expr)):
        return  # a long decimal stays as its author wrote it
    try:
        yield collected(canonical(expr)), "over a common denominator"
    except NoSize:
        return


def _by_branch(
    result: Expr, left: Expr, defined: tuple[Expr, Where], name: Expr, unknown: Expr, context: Context
) -> list[Part]:  # fmt: skip
    """A function of cases, case by case: in each the result's own case."""
    found: list[Part] = []
    whole, definition = defined
    for chosen in (True, False):
        inner = definition.then if chosen else definition.otherwise
        branch = light(substitute(whole, {definition: inner}))
        own = transform(result, partial(_branch_of, definition=definition, chosen=chosen))
        sign = _SIGNS[definition.operator, chosen]
        condition: Prose = (definition.left, f" {SPOKEN.get(sign, sign)} ", definition.right)
        case = Statement((definition.left, definition.right), (sign,))
        own = light(own)
        if not mentions(own, unknown):
            line = Line(own)
            found.append(Part(("Where ", *condition), Derived(left, (line,)), where=case))
            continue
        parts = in_terms_of(own, left, branch, name, unknown, context)
        found += [replace(part, title=("Where ", *condition), where=case) for part in parts]
    return found


_SIGNS: dict[tuple[str, bool], Relation] = {
    (">", True): ">", (">", False): "<=", (">=", True): ">=", (">=", False): "<", ("<", True): "<",
    ("<", False): ">=", ("<=", True): "<=", ("<=", False): ">",
}  # fmt: skip
SPOKEN = {"<=": "≤", ">=": "≥"}


def _branch_of(part: Expr, definition: Where, chosen: bool) -> Expr | None:
    if isinstance(part, Where) and (part.operator, part.left, part.right) == (
        definition.operator, definition.left, definition.right
    ):  # fmt: skip
        return part.then if chosen else part.otherwise
    return None
