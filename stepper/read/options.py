"""A task from the options of the command line, or from a document with what the options say put in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from stepper.core.expr import Expr, Number
from stepper.core.formula import assignments, number_of, text
from stepper.core.graph import Graph
from stepper.core.task import Method, Task
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.dialect import looks_like_task
from stepper.read.files import exists, find_bundled, folder_of, source_of
from stepper.read.given import assigned
from stepper.read.method import RATE, family_of, method_named
from stepper.read.task import needs_objective, objective_of, read_task, task_of, values_of
from stepper.read.training import parameters_of
from stepper.rules.optimizers import BY_OPTIMIZER_NAME, NOT_WORKED

T = TypeVar("T")


@dataclass(frozen=True)
class OptimOptions:
    """What the command line says of a run."""

    theta: str | None = None
    gradients: tuple[str, ...] = ()
    objective: str | None = None
    steps: int | None = None
    lr: str | None = None
    values: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def given(self) -> dict[str, Number]:
        """Settings and constants."""
        found: dict[str, Number] = {}
        for word in (*self.values, *([f"lr={self.lr}"] if self.lr is not None else [])):
            for name, expr in told(partial(assignments, word), "--set", word).items():
                number = number_of(expr)
                if number is None:
                    raise StepperError(Problem(f"--set {name}: this is not a number", hint="as --set beta1=0.9"))
                found[name] = number
        return found


def told(read: Callable[[], T], option: str, word: str) -> T:
    """What is read; a mistake is told at its option."""
    try:
        return read()
    except FormulaError as error:
        raise StepperError(error.within(Place(f"{option} {word}", 0, 1, max(1, len(word)), word))) from None


def load_task(name: str | None, options: OptimOptions) -> Task:
    """The task that a word on the command line means: an optimizer by its name, or a document.

    Raises:
        StepperError: where there is none, or something is missing.
    """
    if name is None:
        raise StepperError(Problem("an optimizer is missing", hint="stepper optim adam --theta 1 --grad 0.5, or the path of a task"))
    if name in BY_OPTIMIZER_NAME:
        return _from_options(name, options)
    if name != "-" and not exists(Path(name)) and find_bundled(name) is None:
        if name.lower() in NOT_WORKED:
            raise StepperError(Problem(f"{name} is known, but not worked: {NOT_WORKED[name.lower()]}"))
        hint = nearest(name, BY_OPTIMIZER_NAME) or f"optimizers: {', '.join(BY_OPTIMIZER_NAME)}"
        raise StepperError(Problem(f"'{name}' is neither an optimizer nor a task", hint=hint))
    document, origin = source_of(name)
    if not looks_like_task(document):
        raise StepperError(Problem(f"'{name}' is no task for an optimizer", Place(origin), "it needs 'optimizer:' or 'update:'"))
    task = read_task(document, origin, folder_of(name))
    if options.theta is not None or options.gradients or options.objective is not None or options.beside:
        raise StepperError(Problem("--theta, --grad, --objective and --with belong to an optimizer's name, not to a document"))
    constants = task.objective.leaves if task.objective is not None else {}
    known = {*task.method.settings, *constants} - {text(place.symbol) for place in task.parameters}
    unknown = [key for key in options.given if key not in known]
    if unknown:
        raise StepperError(Problem(f"the task has no setting '{unknown[0]}'", hint=nearest(unknown[0], known)))
    settings = {key: options.given.get(key, value) for key, value in task.method.settings.items()}
    method: Method = replace(task.method, settings=settings)
    if task.objective is not None:
        leaves = {name: replace(leaf, value=options.given.get(name, leaf.value)) for name, leaf in constants.items()}
        task = replace(task, objective=replace(task.objective, leaves=leaves))
    return replace(task, method=method, steps=task.steps if options.steps is None else options.steps)


def _from_options(name: str, options: OptimOptions) -> Task:
    if options.theta is None:
        raise StepperError(Problem("the first value of the parameter is missing", hint="--theta 1, --theta '[1, 2]' or --theta w=1,b=2"))
    theta = options.theta
    beside = _beside(options.beside)
    parameters = told(lambda: values_of(theta), "--theta", theta)
    alone = next(iter(parameters)).name
    gradients = [told(partial(values_of, word, alone), "--grad", word) for word in options.gradients]
    known = method_named(name, {}, beside).settings
    settings = {key: value for key, value in options.given.items() if key in known or options.objective is None}
    method = method_named(name, settings, beside)
    constants = {key: value for key, value in options.given.items() if key not in known}
    told_twice = [key for key in constants if key in {text(place.symbol) for place in parameters}]
    if told_twice:
        raise StepperError(Problem(f"--set {told_twice[0]}: this is a parameter", hint="its first value stands after --theta"))
    objective = None
    if options.objective is not None:
        written = options.objective
        objective = told(lambda: objective_of(written, parameters, constants), "--objective", written)
        extra = [key for key in constants if key not in objective.leaves]
        if extra:
            raise StepperError(
                Problem(f"'{extra[0]}' is neither a setting of {name} nor read by the objective", hint=nearest(extra[0], known))
            )
    return task_of(method, parameters, gradients, objective, options.steps)


def settings_of(name: str, beside: Sequence[str]) -> Mapping[str, Number]:
    """The settings that an optimizer has, with those of what is done beside it."""
    return method_named(name, {}, _beside(beside)).settings


def told_apart(words: Sequence[str], known: Mapping[str, Number]) -> tuple[dict[str, Expr], dict[str, Expr]]:
    """What stands after ``--set``: values of the graph's quantities, and settings of an optimizer, told apart by their names."""
    found = assigned(words)
    return {key: value for key, value in found.items() if key not in known}, {key: found[key] for key in found if key in known}


def _beside(words: Sequence[str]) -> list[str]:
    return [word.strip() for part in words for word in part.split(",") if word.strip()]


def training(
    graph: Graph, name: str, options: OptimOptions, wrt: Sequence[str] = (),
    samples: tuple[Mapping[str, Number], ...] = (), mean: bool = True,
) -> Task:  # fmt: skip
    """A task that trains the parameters of a graph, or the leaves that are named.

    Raises:
        StepperError: where the graph has no parameters, or one without a value.
    """
    beside = _beside(options.beside)
    clash = [key for key in assigned(options.values) if key in graph.names]
    if clash:
        own = f"--{RATE}" if clash[0] == RATE else "another name in the graph"
        hint = f"--at {clash[0]}=1 gives the graph's a value; for the optimizer's {own}"
        raise StepperError(Problem(f"--set {clash[0]}: this is a setting of {name}, and a quantity of the graph", hint=hint))
    parameters = parameters_of(graph, wrt, samples[0] if samples else {})
    task = task_of(method_named(name, options.given, beside), parameters, [], graph, 1 if options.steps is None else options.steps)
    return replace(task, samples=samples, mean=mean)


def rivals(task: Task, others: str | None, forms: bool, options: OptimOptions) -> list[Method]:
    """The task's method and those that it is compared with; each takes those of the given settings that it has.

    Raises:
        StepperError: for a name that is not known, or where there is one form only.
    """
    own = task.method
    names = [name.strip() for name in (others or "").split(",") if name.strip()] + (family_of(own.name)[1:] if forms else [])
    # the settings of a document were chosen; those beside a name are mostly defaults
    given = {**own.settings, **options.given} if options.theta is None else options.given
    found = [own]
    for name in names:
        known = method_named(name, {}, own.beside).settings
        rival = method_named(name, {key: value for key, value in given.items() if key in known}, own.beside)
        needs_objective(rival, task.objective)
        found.append(rival)
    return found
