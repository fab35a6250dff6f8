"""Optimizers that a user writes out: settings, state and the assignments of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import TypeGuard

from stepper.core.expr import CONSTANTS, Call, Expr, Num, Number, Sym
from stepper.core.formula import text
from stepper.core.task import CURVATURE, GRADIENT, GRADIENT_AT, HAT, STEP, THETA, Assignment, Method
from stepper.core.traverse import names, transform
from stepper.errors import Problem, StepperError, nearest
from stepper.read.method import Start, all_beside, assignments_of, begun, changed, defaults, fits
from stepper.tables.optimizer import SYMBOLS, Change

AHEAD = "ahead"


def method_of(
    update: tuple[Assignment, ...], start: Mapping[str, Start], given: Mapping[str, Number], beside: Sequence[str]
) -> Method:
    """An optimizer written out by the user.

    Raises:
        StepperError: where a formula reads what nothing gives, or theta is never assigned.
    """
    rows = all_beside(beside)
    settings = {key: value for row in rows for key, value in defaults(row.settings).items()} | dict(given)
    update = _pointed(update, {*given, *start})
    meant = {
        THETA,
        GRADIENT,
        CURVATURE,
        STEP,
        GRADIENT_AT,
        *CONSTANTS,
        *(symbol for short, symbol in SYMBOLS.items() if short in settings),
    }
    taken = [name for name in (*given, *start) if name in meant]
    if taken:
        raise StepperError(
            Problem(
                f"'{taken[0]}' already has a meaning in an update", hint=f"other names than {', '.join(sorted(meant))}"
            )
        )
    fits("the update", rows, settings, uphill=False)
    known = {*settings, *start, THETA, GRADIENT, STEP}
    second = False
    for name, formula in update:
        for part in names(formula):
            second = second or (part == Sym(CURVATURE) and CURVATURE not in known)
            if text(part) not in known and part != Sym(CURVATURE):
                hint = nearest(text(part), known) or f"known here: {', '.join(sorted(known))}, and {GRADIENT_AT}(theta)"
                raise StepperError(
                    Problem(f"'{text(part)}' is neither a setting, nor state, nor assigned before", hint=hint)
                )
        known.add(name)
    assigned = {name for name, _ in update}
    if THETA not in assigned:
        raise StepperError(Problem("the update never assigns theta", hint="such as theta: theta - lr*g"))
    if set(start) - assigned:
        raise StepperError(
            Problem(
                f"the state '{min(set(start) - assigned)}' is never assigned", hint="what stays the same is a setting"
            )
        )
    own = Method(
        "update",
        settings,
        dict.fromkeys(start, Num("0")),
        update,
        tuple(map(changed, rows)),
        second,
        beside=tuple(beside),
    )
    _changes_what_is_read(own, rows)
    return begun(own, start)


def _changes_what_is_read(method: Method, rows: Sequence[Change]) -> None:
    """What is done to the gradient is done to g, so an update must read it."""
    names_it = [row.name for row in rows if GRADIENT in {name for name, _ in assignments_of(row.update)}]
    if not names_it or GRADIENT in method.gradients:
        return
    name, point = next(iter(method.points.items()), ("", ""))
    hint = f"call it g: g: {GRADIENT_AT}({point})" if name else "such as theta: theta - lr*g"
    raise StepperError(
        Problem(f"{names_it[0]} changes the gradient g, and the update reads {name or 'no gradient'}", hint=hint)
    )


def _pointed(update: Sequence[Assignment], used: set[str]) -> tuple[Assignment, ...]:
    """Every gradient taken at a point, and every point, gets a line of its own: ``v = rho*v - lr*grad(theta +
    rho*v)`` becomes three.
    """
    used |= {text(part) for _, formula in update for part in names(formula)} | {name for name, _ in update}
    found: list[Assignment] = []

    def line(formula: Expr, base: str) -> Sym:
        name = next(name for name in chain([base], (base + HAT * more for more in count(1))) if name not in used)
        used.add(name)
        found.append((name, formula))
        return Sym(name)

    def at_a_name(call: Call) -> Call:
        point = transform(call.arguments[0], own_line)
        return Call(GRADIENT_AT, (point if isinstance(point, Sym) else line(point, AHEAD),))

    def own_line(part: Expr) -> Expr | None:
        if not _takes(part):
            return None
        taken = at_a_name(part)
        return line(taken, GRADIENT if GRADIENT not in used else GRADIENT + text(taken.arguments[0]))

    for name, formula in update:
        found.append((name, at_a_name(formula) if _takes(formula) else transform(formula, own_line)))
    return tuple(found)


def _takes(formula: Expr) -> TypeGuard[Call]:
    return isinstance(formula, Call) and formula.name == GRADIENT_AT
