"""A derivative by named rules; functions of lists by a lemma of their own; cases of indices."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import KRONECKER, Bound, Call, Deriv, Expr, Index, Product, Sym
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.context import Context, depends
from stepper.engine.derive.entries import fresh, without_deltas
from stepper.engine.derive.forms import finished
from stepper.engine.derive.in_matrices import as_array, free_index, shapes_by_ranges
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.engine.derive.rewriting import Fact, Rule, worked
from stepper.engine.derive.terms import collected
from stepper.errors import Problem, StepperError
from stepper.tables.theorems import DEFINITIONS, DERIVATIVES, SUMS


def derivative(expr: Expr, wrt: Expr, context: Context, facts: Sequence[Fact] = ()) -> list[Part]:
    """The derivative of a formula by a quantity, with the lemmas that it needs before it."""
    lemmas = [_lemma(call, wrt, context, facts) for call in _inner_calls(expr, wrt, context)]
    rules: list[Rule] = [*facts, *(fact for _, fact in lemmas), *DEFINITIONS, *DERIVATIVES, *SUMS]
    left = Deriv(expr, wrt)
    lines = _worked(left, rules, context)
    main = Part(("The derivative",), Derived(left, tuple(lines)))
    return [*(part for part, _ in lemmas), main, *_cases(main, context), *_as_product(main, wrt)]


def _as_product(part: Part, wrt: Expr) -> list[Part]:
    """A result in entries as a formula of arrays, where it has a product of matrices in it."""
    letters = free_index(wrt)
    if len(letters) != 1 or not any(isinstance(inner, Bound) for inner in walk(part.derived.result)):
        return []
    found = as_array(part.derived.result, letters[0])
    if found is None or not any(isinstance(inner, Product) and "@" in inner.operators for inner in walk(found)):
        return []
    assert isinstance(wrt, Index)
    left = Deriv(part.derived.left.of, wrt.base) if isinstance(part.derived.left, Deriv) else part.derived.left
    shapes = shapes_by_ranges(left.of if isinstance(left, Deriv) else left)
    return [Part(("In matrices",), Derived(left, (Line(found),)), kind="matrices", shapes=shapes)]


def _worked(left: Deriv, rules: Sequence[Rule], context: Context) -> list[Line]:
    """The lines to the form in which the derivative is left; collected, a rule may lead further.

    Raises:
        StepperError: where something is still to be differentiated at the end.
    """
    lines = worked(left, rules, context)
    tidy = collected(lines[-1].expr) if lines else left
    if lines and tidy != lines[-1].expr and (more := worked(tidy, rules, context)):
        lines += [Line(tidy, note=("collected",)), *more]
    lines += finished(lines[-1].expr if lines else left, context)
    known = [*walk(left.of)]
    for part in walk(lines[-1].expr if lines else left):
        if isinstance(part, Deriv) and part not in known:
            raise StepperError(Problem(f"no rule leads on from {text(part)}", hint=_way_on(part)))
    return lines


def _way_on(left: Deriv) -> str:
    """How else it could be asked for."""
    name = text(left.wrt)
    if is_entry(left):
        return (
            f"{name} is a list: differentiate by one entry, such as {name}[j]; "
            f"or, if {name} is a number, say --shapes {name}=1"
        )
    if isinstance(left.of, Bound) and left.of.word == "integral":
        return f"an integral with {name} in its limits is not differentiated"
    if isinstance(left.of, Index) and not isinstance(left.of.base, Sym):
        whole = text(left.of.base)
        return f"write it with whole arrays, {whole} for its entries: sum(u) of a vector u, u⊙v entry by entry"
    return ""


def is_entry(expr: Deriv) -> bool:
    """Is it the derivative of an entry by the whole list?"""
    return isinstance(expr.of, Index) and expr.of.base == expr.wrt


def _inner_calls(expr: Expr, wrt: Expr, context: Context) -> list[Call]:
    """Functions that make a list, inside something else: their derivatives are worked out first."""
    found = [
        part.base
        for part in walk(expr)
        if isinstance(part, Index) and isinstance(part.base, Call) and part != expr and depends(part, wrt)
    ]
    return [*dict.fromkeys(found)]


def _lemma(call: Call, wrt: Expr, context: Context, facts: Sequence[Fact]) -> tuple[Part, Fact]:
    """The derivative of any entry of a list: ``D(softmax(z)[i], z[j])``; the same as a rule."""
    index = fresh("ikl", call, wrt)
    left = Deriv(Index(call, (index,)), wrt)
    lines = _worked(left, [*facts, *DEFINITIONS, *DERIVATIVES, *SUMS], context)
    fact = Fact("the derivative of " + call.name, left, lines[-1].expr, quick=False, over=index)
    return Part(("The derivative of an entry of ", call), Derived(left, tuple(lines))), fact


def _cases(part: Part, context: Context) -> list[Part]:
    """A result with a Kronecker delta, for equal indices and for different ones."""
    result = part.derived.result
    bound = {inner.variable for inner in walk(result) if isinstance(inner, Bound)}
    deltas = dict.fromkeys(
        inner
        for inner in walk(result)
        if isinstance(inner, Index) and inner.base == KRONECKER and bound.isdisjoint(inner.indices)
    )
    if len(deltas) != 1:
        return []
    (delta,) = deltas
    assert isinstance(delta, Index)
    one, other = delta.indices
    lines = [
        Line(without_deltas(result, delta, equal), note=(one, " = " if equal else " ≠ ", other))
        for equal in (True, False)
    ]
    return [Part(("The two cases",), Derived(part.derived.left, tuple(lines)), cases=True)]
