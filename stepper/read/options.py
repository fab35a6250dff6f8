"""A task from the options of the command line, or from a document with what the options say put in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Number
from stepper.core.formula import assignments, number_of, text
from stepper.core.graph import Graph
from stepper.core.task import Coordinate, Method, Task
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.dialect import looks_like_task
from stepper.read.files import exists, find_bundled, folder_of, source_of
from stepper.read.given import assigned, with_told
from stepper.read.method import RATE, Start, begun, family_of, method_named
from stepper.read.taskparts import needs_objective, objective_of, steps_of, task_of, values_of, with_samples
from stepper.read.training import parameters_of
from stepper.tables.optimizers import BY_OPTIMIZER_NAME, NOT_WORKED

T = TypeVar("T")


class OptimOptions(Struct, frozen=True):
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
        """Settings, constants and start states."""
        found: dict[str, Number] = {}
        for said, name, expr in self._written():
            number = number_of(expr)
            if number is None:
                what = f"{said}: '{text(expr)}' is not a number"
                raise StepperError(
                    Problem(what, hint="a run is worked out in numbers, such as --lr 0.1 or --set beta1=0.9")
                )
            found[name] = number
        return found

    @property
    def written(self) -> dict[str, Expr]:
        """The same as they are written, letters among them."""
        return {name: expr for _, name, expr in self._written()}

    def _written(self) -> Iterator[tuple[str, str, Expr]]:
        """Each with the option that says it, and its name."""
        rate = [("--lr", self.lr, f"{RATE}={self.lr}")] if self.lr is not None else []
        for option, said, word in (*(("--set", word, word) for word in self.values if "[" not in word), *rate):
            for name, expr in told(partial(assignments, word), option, said).items():
                yield f"{option} {said}", name, expr

    @property
    def lists(self) -> dict[str, dict[Coordinate, Number]]:
        """Start states with a number for each element of a parameter: ``v=[0.1, 0.2]``."""
        found: dict[str, dict[Coordinate, Number]] = {}
        for word in (word for word in self.values if "[" in word):
            for place, number in told(partial(values_of, word), "--set", word).items():
                found.setdefault(place.name, {})[place] = number
        return found

    def starts(self, method: Method, parameters: Mapping[Coordinate, Number]) -> dict[str, Start]:
        """The start states among what is set.

        Raises:
            StepperError: for a list that has another length than the parameter, or is none of a state.
        """
        found: dict[str, Start] = {name: value for name, value in self.given.items() if name in method.state}
        for name, numbers in self.lists.items():
            if name not in method.state:
                raise StepperError(Problem(f"--set {name}: this is not one number, and no state of {method.name}"))
            if len({place.name for place in parameters}) > 1 or [p.element for p in numbers] != [
                p.element for p in parameters
            ]:
                what = (
                    f"--set {name}: {len(numbers)} numbers are given for "
                    f"{', '.join(text(place.symbol) for place in parameters)}"
                )
                raise StepperError(Problem(what, hint="one number for all, or in a document state: {v: {w: 1, b: 0}}"))
            found[name] = {
                text(place.symbol): number for place, number in zip(parameters, numbers.values(), strict=True)
            }
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
        raise StepperError(
            Problem("an optimizer is missing", hint="stepper optim adam --theta 1 --grad 0.5, or the path of a task")
        )
    if name in BY_OPTIMIZER_NAME:
        return _from_options(name, options)
    from stepper.read.task import read_task

    document, origin = document_of(name, options)
    return with_options(read_task(document, origin, folder_of(name)), options)


def document_of(name: str, options: OptimOptions) -> tuple[str, str]:
    """The document of a task, and how its origin is named in messages.

    Raises:
        StepperError: where there is none, or options stand beside it that belong to an optimizer's name.
    """
    if name != "-" and not exists(Path(name)) and find_bundled(name) is None:
        if name.lower() in NOT_WORKED:
            raise StepperError(Problem(f"{name} is known, but not implemented: {NOT_WORKED[name.lower()]}"))
        hint = nearest(name, BY_OPTIMIZER_NAME) or f"optimizers: {', '.join(BY_OPTIMIZER_NAME)}"
        raise StepperError(Problem(f"'{name}' is neither an optimizer nor a task", hint=hint))
    document, origin = source_of(name)
    if not looks_like_task(document):
        raise StepperError(
            Problem(f"'{name}' is not a task for an optimizer", Place(origin), "it needs 'optimizer:' or 'update:'")
        )
    if options.theta is not None or options.gradients or options.objective is not None or options.beside:
        raise StepperError(
            Problem("--theta, --grad, --objective and --with belong to an optimizer's name, not to a document")
        )
    return document, origin


def with_options(task: Task, options: OptimOptions) -> Task:
    """A document's task with what the options say put in.

    Raises:
        StepperError: for a setting that it does not have.
    """
    constants = task.objective.leaves if task.objective is not None else {}
    start = options.starts(task.method, task.parameters)
    known = {*task.method.settings, *constants, *task.method.state} - {text(place.symbol) for place in task.parameters}
    unknown = [key for key in options.given if key not in known]
    if unknown:
        if task.objective is not None and unknown[0] in task.objective.nodes:
            raise StepperError(Problem(f"'{unknown[0]}' is worked out anew at each step, and cannot be given"))
        raise StepperError(Problem(f"the task has no setting '{unknown[0]}'", hint=nearest(unknown[0], known)))
    settings = {key: options.given.get(key, value) for key, value in task.method.settings.items()}
    method: Method = begun(replace(task.method, settings=settings), start)
    if task.objective is not None:
        leaves = {name: replace(leaf, value=options.given.get(name, leaf.value)) for name, leaf in constants.items()}
        task = replace(task, objective=replace(task.objective, leaves=leaves))
    return replace(
        task,
        method=method,
        steps=steps_of(options.steps, len(task.gradients)) if options.steps is not None else task.steps,
    )


def _from_options(name: str, options: OptimOptions) -> Task:
    if options.theta is None:
        raise StepperError(
            Problem(
                "the first value of the parameter is missing", hint="--theta 1, --theta '[1, 2]' or --theta w=1,b=2"
            )
        )
    theta = options.theta
    beside = beside_of(options.beside)
    parameters = told(lambda: values_of(theta), "--theta", theta)
    alone = next(iter(parameters)).name
    gradients = [told(partial(values_of, word, alone), "--grad", word) for word in options.gradients]
    plain = method_named(name, {}, beside)
    start = {
        key: value
        for key, value in options.starts(plain, parameters).items()
        if key not in {place.name for place in parameters}
    }
    known = {*plain.settings, *start}
    settings = {
        key: value
        for key, value in options.given.items()
        if key not in start and (key in known or options.objective is None)
    }
    method = begun(method_named(name, settings, beside), start)
    constants = {key: value for key, value in options.given.items() if key not in known}
    told_twice = [key for key in constants if key in {text(place.symbol) for place in parameters}]
    if told_twice:
        raise StepperError(
            Problem(f"--set {told_twice[0]}: this is a parameter", hint="its first value comes after --theta")
        )
    objective = None
    if options.objective is not None:
        written = options.objective
        objective = told(lambda: objective_of(written, parameters, constants), "--objective", written)
        extra = [key for key in constants if key not in objective.leaves]
        if extra:
            raise StepperError(
                Problem(
                    f"'{extra[0]}' is neither a setting of {name} nor read by the objective",
                    hint=nearest(extra[0], known),
                )
            )
    return task_of(method, parameters, gradients, objective, options.steps)


def settings_of(name: str, beside: Sequence[str]) -> frozenset[str]:
    """The settings that an optimizer has, with those of what is done beside it, and what it remembers."""
    method = method_named(name, {}, beside_of(beside))
    return frozenset((*method.settings, *method.state))


def told_apart(found: Mapping[str, Expr], known: Collection[str]) -> tuple[dict[str, Expr], dict[str, Expr]]:
    """What stands after ``--set``: values of the graph's quantities, and settings of an optimizer, told apart by their
    names.
    """
    return {key: value for key, value in found.items() if key not in known}, {
        key: found[key] for key in found if key in known
    }


def without_states(graph: Graph, chosen: dict[str, Expr], name: str) -> tuple[Graph, dict[str, Expr]]:
    """A quantity of the graph that is called as what an optimizer remembers is meant, and not the start of that."""
    states = method_named(name, {}).state
    meant = {key: value for key, value in chosen.items() if key in states and key in graph.names}
    return with_told(graph, meant), {key: value for key, value in chosen.items() if key not in meant}


def beside_of(words: Sequence[str]) -> list[str]:
    return [word.strip() for part in words for word in part.split(",") if word.strip()]


def training(
    graph: Graph, name: str, options: OptimOptions, wrt: Sequence[str] = (),
    samples: tuple[Mapping[str, Number], ...] = (), mean: bool = True, batch: int | None = None,
    seed: int | None = None,
) -> Task:  # fmt: skip
    """A task that trains the parameters of a graph, or the leaves that are named.

    Raises:
        StepperError: where the graph has no parameters, or one without a value.
    """
    beside = beside_of(options.beside)
    clash = [key for key in assigned(options.values) if key in graph.names]
    if clash:
        own = f"--{RATE}" if clash[0] == RATE else "another name in the graph"
        hint = f"--at {clash[0]}=1 gives the graph's a value; for the optimizer's {own}"
        raise StepperError(
            Problem(f"--set {clash[0]}: this is a setting of {name}, and a quantity of the graph", hint=hint)
        )
    parameters = parameters_of(graph, wrt, samples[0] if samples else {})
    start = options.starts(method_named(name, {}, beside), parameters)
    settings = {key: value for key, value in options.given.items() if key not in start}
    method = begun(method_named(name, settings, beside), start)
    task = task_of(method, parameters, [], graph, 1 if options.steps is None else options.steps)
    return with_samples(task, samples, mean, batch, seed)


def rivals(task: Task, others: str | None, forms: bool, options: OptimOptions) -> list[Method]:
    """The task's method and those that it is compared with; each takes those of the given settings that it has.

    Raises:
        StepperError: for a name that is not known, or where there is one form only.
    """
    own = task.method
    names = [name.strip() for name in (others or "").split(",") if name.strip()] + (
        family_of(own.name)[1:] if forms else []
    )
    # the settings of a document were chosen; those beside a name are mostly defaults
    given = {**own.settings, **options.given} if options.theta is None else options.given
    found = [own]
    for name in names:
        known = method_named(name, {}, own.beside).settings
        rival = method_named(name, {key: value for key, value in given.items() if key in known}, own.beside)
        needs_objective(rival, task.objective)
        found.append(rival)
    return found
