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
from stepper.read.dialect import looks_like_task
from stepper.read.files import find_bundled, own_file, read_text
from stepper.read.located import Map, Scalar, Tree, read_yaml
from stepper.read.method import RATE, method_named
from stepper.read.options import OptimOptions, beside_of, told
from stepper.tables.optimizer import SYMBOLS
from stepper.tables.optimizers import BY_OPTIMIZER_NAME

IN_LETTERS = frozenset({"title", "source", "optimizer", "settings", "parameters", "gradients"})
"""The sections of a task that can be worked in letters."""


@dataclass(frozen=True)
class Lettered:
    """``named`` are the letters that settings and start states have; ``theta`` and the gradients are letters or
    numbers.
    """

    method: Method
    parameter: str
    theta: Number | None
    gradients: tuple[Expr, ...]
    named: Mapping[str, Expr]


def lettered(name: str | None, options: OptimOptions) -> Lettered | None:
    """One parameter, its gradients and the settings; None where all of them are numbers, or an objective says the
    gradients.

    Raises:
        StepperError: where two things have the same letter, or what is left is no update of one parameter.
    """
    called = THETA
    if name is not None and name not in BY_OPTIMIZER_NAME:
        name, options, called = _in_document(name, options)
    words = [options.theta, options.lr, *options.gradients]
    if name is None or name not in BY_OPTIMIZER_NAME or options.objective is not None or options.theta is None:
        return None
    given = {
        key: value
        for word in options.values
        if "[" not in word
        for key, value in told(partial(assignments, word), "--set", word).items()
    }
    if not any(_letter(word) is not None for word in words if word) and not any(
        isinstance(value, Sym) for value in given.values()
    ):
        return None
    theta, gradients = _one("--theta", options.theta), tuple(_one("--grad", word) for word in options.gradients)
    given |= {RATE: _one("--lr", options.lr)} if options.lr is not None else {}
    numbers = {key: number for key, value in given.items() if (number := number_of(value)) is not None}
    plain = method_named(name, {}, beside_of(options.beside))
    unknown = [key for key in given if key not in plain.settings and key not in plain.state]
    if unknown:
        raise StepperError(
            Problem(f"{name} has no setting '{unknown[0]}'", hint=nearest(unknown[0], [*plain.settings, *plain.state]))
        )
    if any(not isinstance(value, Sym) and key not in numbers for key, value in given.items()):
        raise StepperError(Problem("a setting is a number or one letter", hint="such as --lr eta, or --lr 0.1"))
    method = method_named(
        name, {key: number for key, number in numbers.items() if key in plain.settings}, beside_of(options.beside)
    )
    method = replace(
        method, state={**method.state, **{key: value for key, value in given.items() if key in method.state}}
    )
    if not gradients:
        raise StepperError(Problem("the gradient of the step is missing", hint="--grad g"))
    named = {key: value for key, value in given.items() if isinstance(value, Sym) and key in method.settings}
    letters = [part for part in (theta, *gradients, *named.values()) if isinstance(part, Sym)]
    twice = [text(letter) for place, letter in enumerate(letters) if letter in letters[:place]]
    if twice:
        raise StepperError(Problem(f"'{twice[0]}' stands for two things", hint="a letter of its own for each"))
    return Lettered(method, theta.name if isinstance(theta, Sym) else called, number_of(theta), gradients, named)


def _in_document(name: str, options: OptimOptions) -> tuple[str | None, OptimOptions, str]:
    """What a task's document says, where it is an update of one parameter by a known optimizer; a setting left empty is
    its letter.
    """
    path = own_file(name) or find_bundled(name)
    if path is None or not looks_like_task(document := read_text(path, name)):
        return None, options, THETA
    root = read_yaml(document, path.name)
    sections = {key.text: value for key, value in root.entries}
    optimizer, parameters, settings = (sections.get(key) for key in ("optimizer", "parameters", "settings"))
    if not set(sections) <= {
        "title",
        "source",
        "optimizer",
        "settings",
        "parameters",
        "gradients",
        "with",
    } or not isinstance(parameters, Map):
        return None, options, THETA
    steps = sections.get("gradients")
    gradients = [
        _word(step.entries[0][1] if isinstance(step, Map) and step.entries else step)
        for step in getattr(steps, "items", ())
    ]
    chosen = [(key.text, _word(value)) for key, value in (settings.entries if isinstance(settings, Map) else [])]
    if (
        not isinstance(optimizer, Scalar)
        or len(parameters.entries) != 1
        or None in gradients
        or None in dict(chosen).values()
    ):
        return None, options, THETA
    ((parameter, first),) = parameters.entries
    values = tuple(f"{key}={word or SYMBOLS.get(key, key)}" for key, word in chosen)
    theta = _word(first) or parameter.text
    given = replace(options, theta=theta, gradients=tuple(filter(None, gradients)), values=(*values, *options.values))
    return optimizer.text, given, parameter.text


def _word(tree: Tree) -> str | None:
    return tree.text.strip() if isinstance(tree, Scalar) else None


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
            Problem(what, hint="an update in letters is of one parameter; a run of several is worked in numbers")
        )
    return found
