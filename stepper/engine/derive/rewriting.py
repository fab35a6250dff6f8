"""One line after the other: the rules of a table applied wherever their patterns are met. No rule is named here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Expr, Index, Sym, children, rebuild
from stepper.core.traverse import extent, walk
from stepper.engine.derive.built import with_letters
from stepper.engine.derive.conditions import guide_of, satisfied
from stepper.engine.derive.context import Context, put
from stepper.engine.derive.light import light
from stepper.engine.derive.lines import Line
from stepper.engine.derive.matching import Binding, matches, may_match
from stepper.engine.derive.randomness import general
from stepper.errors import Problem, StepperError
from stepper.tables.theorem import Theorem

LONGEST = 1_000
"""Parts of one line."""
MOST_LINES, MOST_QUICK, MOST_SPREAD = 60, 400, 200
"""Of one derivation; rules that are applied within one line; and one rule to what it made itself."""


class Fact(Struct, frozen=True):
    """What is given as a rule of this one derivation: ``E[w] = 0`` puts 0 for E[w], and for E[w[j]]."""

    name: str
    left: Expr
    right: Expr
    quick: bool = True
    spreads: bool = False
    over: Sym | None = None
    """An index for which any other may stand: what is said of ``f[i]`` is said of each entry."""


Rule: TypeAlias = Theorem | Fact


class Applied(Struct, frozen=True):
    """A formula after one line's rules, and which these were."""

    expr: Expr
    rules: tuple[str, ...]


@lru_cache(maxsize=1024)
def formula_of(written: str) -> Expr:
    """A pattern or a result, read once."""
    return parse_derivation(written)


def at_root(row: Rule, expr: Expr, context: Context) -> Expr | None:
    """What a rule makes of a formula as a whole; None where it does not apply."""
    if isinstance(row, Fact):
        return _by_fact(row, expr, context)
    pattern = formula_of(row.pattern)
    if not may_match(pattern, expr):
        return None
    guide = guide_of(row.condition, context)
    for binding in matches(pattern, expr, {}, guide):
        for found in satisfied(row.condition, binding, context):
            result = with_letters(formula_of(row.result), found, context)
            if result != expr:
                return result
    return None


def _by_fact(fact: Fact, expr: Expr, context: Context) -> Expr | None:
    if expr == fact.left or general(expr, context) == fact.left:
        return fact.right
    if fact.over is not None:
        pattern = put(fact.left, fact.over, Sym("◦"))
        for part in walk(expr):
            if isinstance(part, Index) and len(part.indices) == 1 and put(pattern, Sym("◦"), part.indices[0]) == expr:
                return put(fact.right, fact.over, part.indices[0])
    return None


def substituted(result: Expr, binding: Binding) -> Expr:
    """The result with what the letters stand for; the variable of a range is a letter too."""
    return with_letters(result, binding)


def line(expr: Expr, rows: Sequence[Rule], context: Context) -> Applied | None:
    """The next line: each outermost part that a rule is for is rewritten once; what is quick is done along with it."""
    slow = [row for row in rows if not row.quick]
    used: dict[str, None] = {}
    ready = settle(expr, rows, context, used)
    after = _everywhere(ready, slow, context, used)
    settled = settle(after, rows, context, used)
    return Applied(settled, tuple(used)) if used else None


def settle(expr: Expr, rows: Sequence[Rule], context: Context, used: dict[str, None]) -> Expr:
    """Applies the quick rules until none is left to apply.

    Raises:
        StepperError: where that does not end.
    """
    quick = [row for row in rows if row.quick]
    for _ in range(MOST_QUICK):
        before = expr
        expr = _everywhere(expr, quick, context, used)
        if expr == before:
            return expr
    raise StepperError(Problem(f"rewriting does not end within {MOST_QUICK} rules"))


def _everywhere(
    expr: Expr, rows: Sequence[Rule], context: Context, used: dict[str, None], spread: int = 0
) -> Expr:  # fmt: skip
    for row in rows:
        found = at_root(row, expr, context)
        if found is not None:
            used[row.name] = None
            if spread > MOST_SPREAD:
                what = f"the rule '{row.name}' would be applied more than {MOST_SPREAD} times in one line"
                raise StepperError(Problem(what, hint="derive a shorter formula"))
            return _everywhere(found, [row], context, used, spread + 1) if row.spreads else found
    parts = children(expr)
    if not parts:
        return expr
    return rebuild(expr, [_everywhere(part, rows, context, used, spread) for part in parts])


def worked(
    expr: Expr, rows: Sequence[Rule], context: Context, tidy: Callable[[Expr], Expr] = light
) -> list[Line]:  # fmt: skip
    """Lines until no rule applies, each with its parts collected.

    Raises:
        StepperError: where that does not end.
    """
    lines: list[Line] = []
    seen = {expr}
    while (found := line(expr, rows, context)) is not None:
        expr = tidy(found.expr)
        if extent(expr)[0] > LONGEST:
            what = f"a line would have more than {LONGEST:,} parts"
            raise StepperError(Problem(what, hint="derive a shorter formula"))
        if expr in seen:
            break
        seen.add(expr)
        lines.append(Line(expr, found.rules))
        if len(lines) > MOST_LINES:
            raise StepperError(Problem(f"rewriting does not end within {MOST_LINES} lines"))
    return lines
