"""An update asked for in letters: what is given a letter in place of a number stays a symbol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from stepper.core.expr import Expr, Number, Sym
from stepper.core.formula import assignments, number_of, text
from stepper.core.parser import parse
from stepper.core.task import THETA, Method
from stepper.errors import FormulaError, Problem, StepperError, nearest
from stepper.read.method import RATE, method_named
from stepper.read.options import OptimOptions, beside_of, told
from stepper.tables.optimizers import BY_OPTIMIZER_NAME


@dataclass(frozen=True)
class Lettered:
    """``named`` are the letters that settings and start states have; ``theta`` and the gradients are letters or numbers."""

    method: Method
    parameter: str
    theta: Number | None
    gradients: tuple[Expr, ...]
    named: Mapping[str, Expr]


def lettered(name: str | None, options: OptimOptions) -> Lettered | None:
    """One parameter, its gradients and the settings; None where all of them are numbers, or an objective says the gradients.

    Raises:
        StepperError: where two things have the same letter, or what is left is no update of one parameter.
    """
    words = [options.theta, options.lr, *options.gradients]
    if name is None or name not in BY_OPTIMIZER_NAME or options.objective is not None or options.theta is None:
        return None
    given = {
        key: value for word in options.values if "[" not in word for key, value in told(partial(assignments, word), "--set", word).items()
    }
    if not any(_letter(word) is not None for word in words if word) and not any(isinstance(value, Sym) for value in given.values()):
        return None
    theta, gradients = _one("--theta", options.theta), tuple(_one("--grad", word) for word in options.gradients)
    given |= {RATE: _one("--lr", options.lr)} if options.lr is not None else {}
    numbers = {key: number for key, value in given.items() if (number := number_of(value)) is not None}
    plain = method_named(name, {}, beside_of(options.beside))
    unknown = [key for key in given if key not in plain.settings and key not in plain.state]
    if unknown:
        raise StepperError(Problem(f"{name} has no setting '{unknown[0]}'", hint=nearest(unknown[0], [*plain.settings, *plain.state])))
    if any(not isinstance(value, Sym) and key not in numbers for key, value in given.items()):
        raise StepperError(Problem("a setting is a number or one letter", hint="such as --lr eta, or --lr 0.1"))
    method = method_named(name, {key: number for key, number in numbers.items() if key in plain.settings}, beside_of(options.beside))
    method = replace(method, state={**method.state, **{key: value for key, value in given.items() if key in method.state}})
    if not gradients:
        raise StepperError(Problem("the gradient of the step is missing", hint="--grad g"))
    named = {key: value for key, value in given.items() if isinstance(value, Sym) and key in method.settings}
    letters = [part for part in (theta, *gradients, *named.values()) if isinstance(part, Sym)]
    twice = [text(letter) for place, letter in enumerate(letters) if letter in letters[:place]]
    if twice:
        raise StepperError(Problem(f"'{twice[0]}' stands for two things", hint="a letter of its own for each"))
    return Lettered(method, theta.name if isinstance(theta, Sym) else THETA, number_of(theta), gradients, named)


def _letter(word: str) -> Sym | None:
    try:
        found = parse(word)
    except FormulaError:
        return None
    return found if isinstance(found, Sym) else None


def _one(option: str, word: str) -> Expr:
    found = told(partial(parse, word), option, word)
    if not isinstance(found, Sym) and number_of(found) is None:
        what = f"{option} {word}: beside letters this is one number or one letter"
        raise StepperError(Problem(what, hint="an update in letters is of one parameter; a run of several is worked in numbers"))
    return found
