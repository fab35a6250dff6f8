"""The chain rule along named quantities: local factors, their product, what cancels, the short form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from stepper.core.expr import Deriv, Expr, Sym, add, multiply_all
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.traverse import names, substitute, transform
from stepper.engine.derive.context import Context, depends
from stepper.engine.derive.derivatives import derivative
from stepper.engine.derive.forms import finished
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.engine.derive.rewriting import Fact
from stepper.errors import Problem, StepperError

MOST_PATHS = 12


def chain(formulas: Mapping[str, Expr], wrt: Expr, context: Context, facts: Sequence[Fact] = ()) -> list[Part]:
    """The derivative of the last of some named formulas, edge by edge.

    Raises:
        StepperError: where the last does not depend on ``wrt``, or by too many paths.
    """
    last = [*formulas][-1]
    paths = list(_paths(formulas, last, wrt))
    if not paths:
        raise StepperError(Problem(f"{last} does not depend on {text(wrt)}"))
    if len(paths) > MOST_PATHS:
        what = f"{len(paths)} paths lead from {text(wrt)} to {last}; the limit is {MOST_PATHS}"
        raise StepperError(Problem(what, hint="stepper backprop works larger graphs"))
    edges = dict.fromkeys(edge for path in paths for edge in pairwise(path))
    whole = Deriv(Sym(last), wrt)
    rule = add(*(multiply_all([("*", _factor(edge)) for edge in pairwise(path)]) for path in paths))
    if [*edges] == [(Sym(last), wrt)]:
        *before, only = _local((Sym(last), wrt), formulas, context, facts)
        alone = [*names(formulas[last])] == [wrt]
        left = whole if alone else _factor((Sym(last), wrt))
        return [*before, replace(only, title=(left,), derived=replace(only.derived, left=left))]
    locals_ = {edge: _local(edge, formulas, context, facts) for edge in edges}
    values: dict[Expr, Expr] = {_factor(edge): parts[-1].derived.result for edge, parts in locals_.items()}
    note = ("sum over the paths",) if len(paths) > 1 else ()
    found = [Part(("The chain rule",), Derived(whole, (Line(rule, note=note),)), kind="chain")]
    found += [part for parts in locals_.values() for part in parts]
    put_in = substitute(rule, values)
    lines = [Line(rule), Line(put_in, note=("factors substituted",)), *finished(put_in, context)]
    found.append(Part(("Together",), Derived(whole, tuple(lines)), kind="chain"))
    return found


def _factor(edge: tuple[Expr, Expr]) -> Expr:
    return Deriv(edge[0], edge[1], total=False)


def _paths(formulas: Mapping[str, Expr], top: str, wrt: Expr) -> Iterator[tuple[Expr, ...]]:
    """From a name down to what it is differentiated by."""
    formula = formulas[top]
    for name in names(formula):
        if name == wrt or (depends(name, wrt) and text(name) not in formulas):
            yield Sym(top), wrt
        elif text(name) in formulas and text(name) != top:
            for rest in _paths(formulas, text(name), wrt):
                yield Sym(top), *rest


def _local(
    edge: tuple[Expr, Expr], formulas: Mapping[str, Expr], context: Context, facts: Sequence[Fact]
) -> list[Part]:  # fmt: skip
    """One local derivative, in the names that the author gave: ``1 - y^2`` where y is tanh(z)."""
    top, below = edge
    formula = formulas[text(top)]
    parts = derivative(formula, below, context, facts)
    own = parts[-1].derived
    lines = list(own.lines)
    shown = transform(own.result, lambda part: top if part == formula else None)
    if shown != own.result:
        lines.append(Line(shown, note=(top, " = ", formula)))
    first = Line(own.left)
    title: Prose = (_factor(edge),)
    return [*parts[:-1], Part(title, Derived(_factor(edge), (first, *lines)), kind="local", names={text(top): formula})]
