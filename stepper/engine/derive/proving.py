"""Is a claim true, and why? By one form, by rules, by SymPy, at random instances: the first that tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.derivation_parser import Relation
from stepper.core.expr import Bound, Call, Deriv, Expr, Index, Product, Sym, Transpose, children, rebuild
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.traverse import extent, transform, walk
from stepper.engine.derive.context import Context, put
from stepper.engine.derive.expanding import TooLong, multiplied_out
from stepper.engine.derive.given import facts_of
from stepper.engine.derive.rewriting import LONGEST, Rule, at_root, worked
from stepper.engine.derive.signs import by_sign
from stepper.engine.derive.terms import collected
from stepper.engine.values.canonical import canonical, same
from stepper.engine.values.polynomial import NoSize
from stepper.errors import Problem, StepperError
from stepper.tables.theorems import (
    BY_EXPONENTIALS,
    DEFINITIONS,
    DERIVATIVES,
    EXPECTATION,
    EXPONENTIALS,
    INEQUALITIES,
    LOGARITHMS,
    OPPOSITES,
    PROBABILITY,
    SUMS,
    VARIANCE,
)

DEEPEST, MOST_FOR_ALGEBRA = 20, 200
"""So many definitions may stand in one another; so many parts of two formulas are given to SymPy."""
VARIANCE_OF = "Var"
ONE_FORM: Prose = ("both sides simplify to the same form",)
BY_SYMPY: Prose = ("SymPy simplifies the difference to 0",)
BY_SIGN: Prose = ("by the signs of the terms",)
BY_RULES: Prose = ("the rules take both sides to the same form",)


if TYPE_CHECKING:
    from stepper.engine.derive.witness.instance import Instance


class Verdict(Struct, frozen=True):
    """Attributes:
    holds: None where it is neither proved nor refuted.
    how: by what it is proved.
    rules: the names of the rules that lead from one side to the other.
    stages: what stands between the two, where a rule leads through it.
    against: where it does not hold.
    """

    holds: bool | None
    how: Prose = ()
    rules: tuple[str, ...] = ()
    stages: tuple[tuple[Expr, tuple[str, ...]], ...] = ()
    against: Prose = ()
    undefined: bool = False
    where: Any = None
    """The instance that speaks against it."""
    apart: Prose = ()
    """Where one side has no value, and the other has one."""
    by_numbers: bool = False
    """Is it seen at random points alone?"""


def prove(left: Expr, relation: Relation, right: Expr, context: Context) -> Verdict:
    """Whether a claim holds for everything that its letters may stand for, under what is given."""
    one, other = (unfolded(side, context) for side in (left, right))
    moments = [
        part for side in (left, right) for part in walk(side) if isinstance(part, Call) and part.name == VARIANCE_OF
    ]
    context = replace(context, wanted=(*context.wanted, *moments), letters=(*context.letters, left, right))
    refuted = _at_instances(one, relation, other, context)
    if refuted.holds is False or refuted.undefined:
        return refuted
    found = _proved(one, relation, other, context, refuted)
    return replace(found, apart=refuted.apart) if found.holds else found


def _proved(one: Expr, relation: Relation, other: Expr, context: Context, refuted: Verdict) -> Verdict:
    """By what is proved that numbers do not refute."""
    if relation == "=":
        if alike(one, other):
            return Verdict(True, ONE_FORM)
        found = _by_rules(one, other, context)
        if found is not None:
            return found
        return Verdict(True, BY_SYMPY) if _by_algebra(one, other, context) else refuted
    named = _by_inequality(one, relation, other, context)
    if named:
        return Verdict(True, ("by ", named), (named,))
    if by_sign(one, relation, other, context.given):
        return Verdict(True, BY_SIGN)
    if refuted.holds is None:
        return refuted
    return Verdict(
        None, ("it holds ", *refuted.how, ", which proves no inequality, and the signs of its terms do not settle it")
    )


def _by_inequality(left: Expr, relation: Relation, right: Expr, context: Context) -> str:
    """The name of a rule that says it, read from either side."""
    turned = {"<=": ">=", ">=": "<="}
    for row in INEQUALITIES:
        for one, sign, other in ((left, relation, right), (right, turned.get(relation, ""), left)):
            found = at_root(row, one, context) if sign == row.relation else None
            if found is not None and alike(found, other):
                return row.name
    return ""


def _by_algebra(left: Expr, right: Expr, context: Context) -> bool:
    """Does SymPy prove two formulas of numbers equal?"""
    parts = [part for side in (left, right) for part in walk(side)]
    beyond = any(isinstance(part, Transpose | Index | Deriv) for part in parts) or any(
        (isinstance(part, Call) and part.name not in context.vocabulary)
        or (isinstance(part, Product) and ("@" in part.operators or "⊙" in part.operators))
        for part in parts
    )
    if beyond or len(parts) > MOST_FOR_ALGEBRA:
        return False
    from stepper.engine.values.symbolic import equal

    try:
        return equal(left, right, context.vocabulary)
    except (ValueError, StepperError):
        return False


def seen(left: Expr, relation: Relation, right: Expr, context: Context) -> Verdict:
    """The same without the rules: what a line that they found is proved by."""
    one, other = (unfolded(side, context) for side in (left, right))
    found = _at_instances(one, relation, other, context)
    if found.holds is None and not found.undefined and relation == "=" and alike(one, other):
        return Verdict(True, ONE_FORM)
    return found


COUNTS, FEWEST = ((300, 12), (1_000, 4)), 2
"""At how many points formulas are compared, by how many parts they have."""


def _at_instances(left: Expr, relation: Relation, right: Expr, context: Context) -> Verdict:
    from stepper.engine.derive.against import told
    from stepper.engine.derive.witness.counterexample import Counterexample
    from stepper.engine.derive.witness.verdict import Agreement, compare

    length = extent(left)[0] + extent(right)[0]
    count = next((count for most, count in COUNTS if length <= most), FEWEST)
    found = compare(left, relation, right, context.given, context.vocabulary, count)
    if isinstance(found, Agreement):
        return Verdict(True, found.evidence, apart=found.apart, by_numbers=found.count > 1)
    if isinstance(found, Counterexample):
        return Verdict(False, against=told(found), where=found.instance)
    return Verdict(None, found.reason, undefined=found.kind in ("undefined", "misfit"))


def holds_at(instance: Instance, left: Expr, relation: Relation, right: Expr, context: Context) -> bool:
    """Does a claim hold at one instance?"""
    from stepper.engine.derive.witness.evaluate import value
    from stepper.engine.derive.witness.facts import related
    from stepper.engine.derive.witness.numbers import Unable, Undefined

    try:
        one, other = (value(unfolded(side, context), instance) for side in (left, right))
        return related(one, relation, other, CLOSE)
    except (Undefined, Unable, StepperError):
        return False


CLOSE = 1e-12


def holds_at_instances(left: Expr, right: Expr, relation: Relation, context: Context) -> bool:
    """Does a claim hold at every instance that is tried?"""
    one, other = (unfolded(side, context) for side in (left, right))
    return _at_instances(one, relation, other, context).holds is True


def unfolded(expr: Expr, context: Context, depth: int = 0) -> Expr:
    """Names by their definitions: of ``x = relu(u)`` also ``x[j]``, which is ``relu(u[j])``.

    Raises:
        StepperError: where definitions go round in a circle.
    """
    definitions = {name: value for name, value in context.given.definitions.items() if not name.endswith("'")}
    if not definitions:
        return expr
    if depth > DEEPEST:
        raise StepperError(Problem(f"the definitions of {', '.join(definitions)} are circular"))

    def change(part: Expr) -> Expr | None:
        match part:
            case Sym(name) if name in definitions:
                return definitions[name]
            case Index(Sym(name), (index,)) if name in definitions:
                return _entry(definitions[name], index, context)
            case _:
                return None

    after = transform(expr, change)
    if extent(after)[0] > LONGEST:
        what = f"with its definitions put in, a formula has more than {LONGEST:,} parts"
        raise StepperError(Problem(what, hint="derive a shorter one"))
    return unfolded(after, context, depth + 1) if after != expr else expr


def _entry(expr: Expr, index: Expr, context: Context) -> Expr:
    """The entry of what a family is defined by: its random quantities and lists have entries, numbers have none."""
    given = context.given
    match expr:
        case Sym(name):
            return Index(expr, (index,)) if name in given.random or given.shapes.get(name) else expr
        case Bound() | Index():
            return expr
        case _:
            parts = children(expr)
            return rebuild(expr, [_entry(part, index, context) for part in parts]) if parts else expr


def alike(left: Expr, right: Expr) -> bool:
    """Have two formulas one form? Collected, as quotients of polynomials, multiplied out."""
    one, other = (_renamed(collected(side)) for side in (left, right))
    if one == other or same(one, other):
        return True
    try:
        return multiplied_out(one) == multiplied_out(other)
    except TooLong:
        return False


def _renamed(expr: Expr, depth: int = 0) -> Expr:
    """Variables of ranges by their depth: ``sum(j=1..n, x[j])`` is ``sum(k=1..n, x[k])``."""
    if isinstance(expr, Bound):
        own = Sym(f"◦{depth}")
        body = put(expr.body, expr.variable, own)
        low, high, inner = (_renamed(part, depth + 1) for part in (expr.low, expr.high, body))
        return Bound(expr.word, own, low, high, inner)
    parts = children(expr)
    return rebuild(expr, [_renamed(part, depth) for part in parts]) if parts else expr


def _by_rules(left: Expr, right: Expr, context: Context) -> Verdict | None:
    """The rules that lead from the left side to the right, or from both to the same."""
    one = [*_stages(left, context)]
    for place, (stage, _) in enumerate(one):
        if alike(stage, right):
            return _found(one[: place + 1], ())
    other = [*_stages(right, context)]
    for place, (stage, _) in enumerate(one):
        for there, (form, _) in enumerate(other):
            if there and alike(stage, form):
                return _found(one[: place + 1], other[: there + 1])
    return None


def _found(one: Sequence[tuple[Expr, tuple[str, ...]]], other: Sequence[tuple[Expr, tuple[str, ...]]]) -> Verdict:
    """``one`` leads from the left side to a formula, ``other`` from the right side to the same."""
    rules = [rule for _, used in (*one, *other) for rule in used]
    stages = [*one[1:]]
    for place in range(len(other) - 1, 0, -1):  # back from the common formula to the right side
        stages.append((other[place - 1][0], other[place][1]))
    return Verdict(True, BY_RULES, tuple(dict.fromkeys(rules)), tuple(stages))


def _stages(expr: Expr, context: Context) -> Iterator[tuple[Expr, tuple[str, ...]]]:
    """A formula line by line, as far as the rules lead; then with logarithms and exponentials taken apart."""
    yield expr, ()
    general: list[Rule] = [*facts_of(context), *DEFINITIONS, *DERIVATIVES, *PROBABILITY, *VARIANCE, *EXPECTATION, *SUMS]
    at = expr
    for rules in (general, [*BY_EXPONENTIALS], [*OPPOSITES], None, [*LOGARITHMS], [*EXPONENTIALS]):
        if rules is None:
            after = in_fractions(at)
            if after != at:
                yield after, ("over a common denominator",)
                at = after
            continue
        try:
            lines = worked(at, rules, context)
        except StepperError:
            return
        for line in lines:
            yield line.expr, line.rules
        at = lines[-1].expr if lines else at
        if lines and collected(at) != at:
            at = collected(at)
            yield at, ("simplified",)


def in_fractions(expr: Expr) -> Expr:
    """The formula, and the arguments of its functions, each as one fraction where it has fractions in it."""
    parts = children(expr)
    if isinstance(expr, Bound) or not parts:
        return expr
    inner = rebuild(expr, [in_fractions(part) if isinstance(expr, Call) else part for part in parts])
    if isinstance(expr, Call):
        return inner
    inner = transform(expr, lambda part: in_fractions(part) if isinstance(part, Call) else None)
    if not any(isinstance(part, Product) and "/" in part.operators for part in walk(inner)):
        return inner
    try:
        return collected(canonical(inner))
    except NoSize:
        return inner


def shortly(expr: Expr) -> str:
    """A formula for messages."""
    found = text(expr)
    return found if len(found) <= 80 else found[:77] + "..."
