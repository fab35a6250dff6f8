"""An update asked for in letters: what is given a letter in place of a number stays a symbol."""

from __future__ import annotations

from functools import partial

from stepper.core.expr import Expr, Sym
from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.core.task import THETA, Lettered, Task
from stepper.errors import FormulaError, Problem, StepperError
from stepper.read.files import folder_of
from stepper.read.method import method_named
from stepper.read.options import OptimOptions, beside_of, document_of, load_task, told, with_options
from stepper.read.taskparts import of_one_parameter, with_letters
from stepper.tables.optimizers import BY_OPTIMIZER_NAME


def load(name: str | None, options: OptimOptions) -> Task | Lettered:
    """What is asked for: a task, or updates of one parameter in which a letter stands for a number.

    Raises:
        StepperError: where two things have the same letter, what is left is no update of one parameter, or there is no
            task.
    """
    if name is None or name in BY_OPTIMIZER_NAME:
        return _of_options(name, options) or load_task(name, options)
    from stepper.read.task import read_update

    document, origin = document_of(name, options)
    found = read_update(document, origin, folder_of(name))
    if isinstance(found, Task):
        alone = of_one_parameter(found) if _has_letter(options) else None
        if alone is None:
            return with_options(found, options)
        found = alone
    return with_letters(found, options.written)


def _of_options(name: str | None, options: OptimOptions) -> Lettered | None:
    """One parameter, its gradients and the settings; None where all of them are numbers, or an objective says the
    gradients.
    """
    words = [word for word in (options.theta, *options.gradients) if word]
    if name is None or options.objective is not None or options.theta is None:
        return None
    if not _has_letter(options) and not any(_letter(word) for word in words):
        return None
    theta, gradients = _one("--theta", options.theta), tuple(_one("--grad", word) for word in options.gradients)
    method = method_named(name, {}, beside_of(options.beside))
    called = theta.name if isinstance(theta, Sym) else THETA
    return with_letters(Lettered(method, called, number_of(theta), gradients), options.written)


def _has_letter(options: OptimOptions) -> bool:
    """Is a letter among the settings?"""
    return any(isinstance(value, Sym) for value in options.written.values())


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
        raise StepperError(
            Problem(what, hint="an update in letters is of one parameter; a run of several is worked out in numbers")
        )
    return found
