"""Methods: optimizers of the table with their settings, what is done beside them, and optimizers that a user writes
out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from stepper.core.expr import Expr, Number, Product
from stepper.core.formula import literal_of, number_of, text
from stepper.core.graph import Function
from stepper.core.parser import parse
from stepper.core.task import GRADIENT_AT, Assignment, Changed, Method, after_the_first
from stepper.core.traverse import names
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.resolve import Resolver
from stepper.tables.optimizer import Change, Optimizer
from stepper.tables.optimizers import BY_OPTIMIZER_NAME, OPTIMIZERS
from stepper.tables.schedules import CHANGES, SCHEDULES

RATE = "lr"
BESIDE: Mapping[str, Change] = {row.name: row for row in (*SCHEDULES, *CHANGES)}


def method_named(name: str, given: Mapping[str, Number], beside: Sequence[str] = ()) -> Method:
    """An optimizer of the table with its settings, and with what is to be done beside it.

    Raises:
        StepperError: for a name or a setting that is not known.
    """
    row = BY_OPTIMIZER_NAME.get(name)
    if row is None:
        known = ", ".join(row.name for row in OPTIMIZERS)
        raise StepperError(
            Problem(f"'{name}' is not an optimizer", hint=nearest(name, BY_OPTIMIZER_NAME) or f"optimizers: {known}")
        )
    rows = all_beside(beside)
    parts: list[Optimizer | Change] = [row, *rows]
    settings = {key: value for part in parts for key, value in defaults(part.settings).items()}
    unknown = [key for key in given if key not in settings]
    if unknown:
        hint = nearest(unknown[0], settings) or f"{row.name} has {', '.join(settings)}"
        raise StepperError(*(Problem(f"{row.name} has no setting '{key}'", hint=hint) for key in unknown))
    settings |= given
    fits(row.name, rows, settings, row.uphill)
    penalty = next((part.name for part in rows if part.downhill), "") if row.second or row.system else ""
    if penalty:
        what = f"{penalty} adds to the gradient alone, and {row.name} reads second derivatives too"
        raise StepperError(Problem(what, hint="write the penalty into the objective"))
    update = assignments_of(row.update)
    corrections = tuple(_divided(row, formula)[1] for name, formula in update if name in row.corrects)
    if any(part.uncorrects for part in rows):
        update, corrections = _uncorrected(row, update), ()
    says = [(part.says,) for part in parts if part.says]
    require = tuple(
        (formula_of(f"where({condition}, 1, 0)"), wrong) for part in parts for condition, wrong in part.require
    )
    return Method(
        row.name, settings, _state(row), update, tuple(map(changed, rows)), row.second,
        formula_of(row.system) if row.system else None, tuple(says), row.remembers, row.fails, row.source, require,
        row.uphill, tuple(beside), tuple(_without_equations(row)), corrections,
        formula_of(row.scale) if row.scale and corrections else None,
    )  # fmt: skip


def _uncorrected(row: Optimizer, update: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
    """The assignments without the divisors that correct a bias."""
    if not row.corrects:
        known = ", ".join(other.name for other in OPTIMIZERS if other.corrects)
        raise StepperError(Problem(f"{row.name} has no bias correction to leave out", hint=f"these have one: {known}"))

    return tuple((name, _divided(row, formula)[0] if name in row.corrects else formula) for name, formula in update)


def _divided(row: Optimizer, formula: Expr) -> tuple[Expr, ...]:
    """What is divided, and by what."""
    assert isinstance(formula, Product), row.name
    assert formula.operators == ("/",), row.name
    return formula.operands


def _without_equations(row: Optimizer) -> list[str]:
    """Optimizers of the same family that solve no linear equations."""
    return [other.name for other in OPTIMIZERS if row.system and other.family == row.family and not other.system]


def family_of(name: str) -> list[str]:
    """The forms of an optimizer on which textbooks disagree, itself first.

    Raises:
        StepperError: where there is one form only.
    """
    row = BY_OPTIMIZER_NAME.get(name)
    forms = [other.name for other in OPTIMIZERS if row is not None and other.family == row.family and row.family]
    if row is None or len(forms) < 2:
        known = ", ".join(dict.fromkeys(other.family for other in OPTIMIZERS if other.family))
        raise StepperError(Problem(f"only one form of '{name}' is known", hint=f"several are known of {known}"))
    return [row.name, *(form for form in forms if form != row.name)]


def _beside(name: str) -> Change:
    if name not in BESIDE:
        raise StepperError(
            Problem(
                f"'{name}' cannot be added to an optimizer", hint=nearest(name, BESIDE) or f"known: {', '.join(BESIDE)}"
            )
        )
    return BESIDE[name]


def all_beside(names: Sequence[str]) -> list[Change]:
    """What is done beside an optimizer: each once, one schedule at most."""
    rows = [_beside(name) for name in names]
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise StepperError(Problem(f"'{twice[0]}' appears twice"))
    schedules = [row.name for row in rows if row in SCHEDULES]
    if len(schedules) > 1:
        raise StepperError(Problem(f"{' and '.join(schedules)} are two schedules; a learning rate has one"))
    return rows


def fits(name: str, rows: Sequence[Change], settings: Mapping[str, Number], uphill: bool) -> None:
    """Does what is done beside it make sense for this optimizer?"""
    for row in rows:
        reads = {text(part) for _, formula in assignments_of(row.update) for part in names(formula)}
        if RATE in reads and RATE not in settings:
            raise StepperError(Problem(f"{row.name} changes the learning rate, and {name} has none"))
        if row.downhill and uphill:
            raise StepperError(Problem(f"{row.name} is meant for steps downhill, and {name} goes uphill"))


def changed(row: Change) -> Changed:
    return Changed(assignments_of(row.update), row.over, formula_of(row.of_all) if row.of_all else None)


def defaults(written: str) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for part in filter(None, (piece.strip() for piece in written.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        number = number_of(parse(value))
        assert number is not None
        found[name] = number
    return found


def _state(row: Optimizer) -> dict[str, Expr]:
    """The state before the first step: numbers, or settings."""
    parts = (piece.strip().partition("=") for piece in row.state.split(",") if piece.strip())
    return {name.strip(): parse(value) for name, _, value in parts}


Start: TypeAlias = Number | Mapping[str, Number]
"""The state before the first step: one number for all parameters, or one for each by its symbol."""


def begun(method: Method, start: Mapping[str, Start]) -> Method:
    """A method whose state begins as it is told.

    Raises:
        StepperError: for a name that is no state of it.
    """
    unknown = [name for name in start if name not in method.state]
    if unknown:
        known = f"its state is {', '.join(method.state)}" if method.state else "it remembers nothing from step to step"
        name = unknown[0]
        raise StepperError(Problem(f"{method.name} has no state '{name}'", hint=nearest(name, method.state) or known))
    state = {
        **method.state,
        **{name: literal_of(value) for name, value in start.items() if not isinstance(value, Mapping)},
    }
    starts = {name: value for name, value in method.starts.items() if name not in start}
    starts |= {name: value for name, value in start.items() if isinstance(value, Mapping)}
    started = set(start) if method.name in BY_OPTIMIZER_NAME else set()  # what a user wrote out stays as it is written
    update = tuple((name, after_the_first(formula) if name in started else formula) for name, formula in method.update)
    return replace(method, state=state, starts=starts, update=update)


def assignments_of(written: str) -> tuple[Assignment, ...]:
    """``m = beta1*m + (1 - beta1)*g; theta = theta - lr*m``.

    Raises:
        FormulaError: where a part is no assignment.
    """
    found: list[Assignment] = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[;\n]", written))):
        match = re.match(r"([^\W\d]\w*)\s*=(?!=)\s*(.*)", part)
        if match is None:
            raise FormulaError(
                "an assignment is written name = formula", 0, len(part), "such as theta = theta - lr*g", text=part
            )
        found.append((match[1], formula_of(match[2])))
    return tuple(found)


_AT = {GRADIENT_AT: Function(GRADIENT_AT, ("point",))}


def formula_of(written: str) -> Expr:
    """A formula of an update: its functions must be known, its names are looked at later.

    Raises:
        FormulaError: where it is none.
        StepperError: where a function in it is not known.
    """
    problems: list[Problem] = []
    found = Resolver(_AT, {}, problems, symbols=True).resolve(
        parse(written), Place("update", 0, 1, len(written), written)
    )
    if problems:
        raise StepperError(*problems)
    return found
