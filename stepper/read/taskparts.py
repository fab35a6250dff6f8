"""Tasks for optimizers put together from their parts, and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Number, Sym, Value
from stepper.core.formula import literal_of, number_of, text
from stepper.core.graph import Graph
from stepper.core.names import canonical
from stepper.core.parser import parse
from stepper.core.task import STEP, THETA, Coordinate, Lettered, Method, Task
from stepper.core.traverse import names
from stepper.errors import FormulaError, Problem, StepperError, nearest
from stepper.read.commas import between_commas
from stepper.tables.optimizer import SYMBOLS

MOST_STEPS = 1_000_000


# ---- values


def values_of(written: str, name: str = THETA) -> dict[Coordinate, Number]:
    """Numbers for parameters: ``1``, ``[1, 1]`` for a list, ``w=1, b=[0, 2]`` for several by name.

    Raises:
        FormulaError: where it is none of these.
    """
    written = canonical(written)
    parts = [part.strip() for part in between_commas(written) if part.strip()]
    named = [re.match(r"([^\W\d]\w*)\s*=\s*(.*)", part) for part in parts]
    if len(parts) == 1 and named[0] is None:
        return elements(name, parse(parts[0]), False, written)
    if not parts:
        raise FormulaError("numbers are expected here", 0, 1, "such as 1, [1, 2] or w=1, b=2", text=written)
    found: dict[Coordinate, Number] = {}
    for part, match in zip(parts, named, strict=True):
        if match is None:
            raise FormulaError(
                f"'{part}' gives no name", 0, len(written), "such as w=1, b=2, or one list [1, 2]", text=written
            )
        if any(place.name == match[1] for place in found):
            raise FormulaError(f"'{match[1]}' appears twice", 0, len(written), text=written)
        found |= elements(match[1], parse(match[2]), len(parts) > 1, written)
    return found


def elements(name: str, value: Expr, several: bool, written: str) -> dict[Coordinate, Number]:
    items = value.items if isinstance(value, Array) else (value,)
    numbers = [number_of(item) for item in items]
    if any(number is None for number in numbers) or not items:
        raise FormulaError("numbers are expected here", 0, len(written), "such as 1, 1/3 or [1, 2]", text=written)
    lists = isinstance(value, Array)
    return {
        Coordinate(name, (place,) if lists else (), several): number
        for place, number in enumerate(numbers, start=1)
        if number is not None
    }


def objective_of(
    written: str, parameters: Mapping[Coordinate, Number], constants: Mapping[str, Number],
    lists: Mapping[str, Array] | None = None
) -> Graph:  # fmt: skip
    """The graph of one formula; its leaves are the parameters and constants with values, of constant ``lists`` their
    elements. A formula that reads a matrix, or a list of parameters as a whole, is one of arrays.

    Raises:
        StepperError: where a name in it has no value, or it reads none of the parameters.
    """
    whole = {place.name for place in parameters if place.element}
    nested = [name for name, array in (lists or {}).items() if any(isinstance(item, Array) for item in array.items)]
    if nested or whole & _read_whole(written):
        return _of_arrays(
            written, parameters, {**{name: Value(value) for name, value in constants.items()}, **(lists or {})}
        )
    coordinates = {text(coordinate.symbol): value for coordinate, value in parameters.items()}
    told = {name: Value(value) for name, value in {**constants, **coordinates}.items()}
    from stepper.read.program import read_program

    graph = read_program(f"loss = {written}", "the objective", {**told, **(lists or {})})
    missing = [leaf.name for leaf in graph.leaves.values() if leaf.name not in told and leaf.value is None]
    if missing:
        hint = (
            nearest(missing[0], coordinates) or f"parameters: {', '.join(coordinates)}; others by --set {missing[0]}=2"
        )
        raise StepperError(Problem(f"the objective reads '{missing[0]}', which has no value", hint=hint))
    if not set(coordinates) & set(graph.leaves):
        raise StepperError(Problem(f"the objective uses none of the parameters {', '.join(coordinates)}"))
    values = {**coordinates, **constants}
    return replace(
        graph, leaves={name: replace(leaf, value=values.get(name, leaf.value)) for name, leaf in graph.leaves.items()}
    )


def _read_whole(written: str) -> set[str]:
    """The names in a formula that stand without an index."""
    return {name.name for name in names(parse(written)) if isinstance(name, Sym)}


def _read_at_all(written: str) -> set[str]:
    return {text(name).partition("[")[0] for name in names(parse(written))}


def _of_arrays(written: str, parameters: Mapping[Coordinate, Number], constants: Mapping[str, Expr]) -> Graph:
    """The formula as the document of a graph has it, with the arrays beside it."""
    from stepper.read.arrays import ArrayReader
    from stepper.read.located import read_yaml

    arrays: dict[str, Expr] = {}
    for place, value in parameters.items():
        before = arrays.get(place.name)
        items = before.items if isinstance(before, Array) else ()
        arrays[place.name] = Array((*items, literal_of(value))) if place.element else literal_of(value)
    used = _read_at_all(written)
    constants = {name: value for name, value in constants.items() if name in used}
    sections = {"inputs": constants, "parameters": arrays, "nodes": {"loss": parse(written)}}
    lines = [
        f"{section}: {{{', '.join(f'{name}: {_yaml(value, section)}' for name, value in entries.items())}}}"
        for section, entries in sections.items() if entries
    ]  # fmt: skip
    return ArrayReader(read_yaml("\n".join(lines), "the objective"), "the objective").whole()


def _yaml(value: Expr, section: str) -> str:
    """A value in a line of YAML; a formula in quotes."""
    return f'"{text(value)}"' if section == "nodes" else text(value)


# ---- tasks


def task_of(
    method: Method, parameters: Mapping[Coordinate, Number], gradients: Sequence[Mapping[Coordinate, Number]],
    objective: Graph | None,
    steps: int | None,
) -> Task:  # fmt: skip
    """A task, checked.

    Raises:
        StepperError: where gradients are missing, given twice, or of another shape than the parameters.
    """
    taken = {place.name for place in parameters if place.name in method.own_names}
    # a parameter named like a state keeps its name, and what belongs to it is told by it: v[1, v]
    parameters = {_own(place, taken): value for place, value in parameters.items()}
    gradients = [{_own(place, taken): value for place, value in given.items()} for given in gradients]
    needs_objective(method, objective)
    if (gradients and objective is not None) or (method.gradients and not gradients and objective is None):
        what = "gradients are missing" if not gradients else "gradients are given twice, as numbers and by an objective"
        raise StepperError(Problem(what, hint="--grad 0.5 once for each step, or --objective 'theta^2'"))
    of_the_same(parameters, gradients)
    if objective is not None and len(objective.nodes) == 1:
        used = {*method.own_names, STEP, *method.settings, *(SYMBOLS.get(name, name) for name in method.settings)}
        coordinates = {text(place.symbol) for place in parameters}
        clash = [name for name in objective.leaves if name not in coordinates and re.sub(r"_\d+$", "", name) in used]
        if clash:
            raise StepperError(
                Problem(
                    f"the objective's '{clash[0]}' is a name that {method.name} uses itself",
                    hint="give the constant another name",
                )
            )
    return Task("", method, parameters, steps_of(steps, len(gradients)), tuple(gradients), objective)


def of_the_same(parameters: Collection[Coordinate], gradients: Sequence[Collection[Coordinate]]) -> None:
    """Has each parameter its gradient in every step?

    Raises:
        StepperError: where one has none.
    """
    for number, given in enumerate(gradients, start=1):
        if set(given) != set(parameters):
            wanted, got = (", ".join(text(coordinate.symbol) for coordinate in part) for part in (parameters, given))
            raise StepperError(Problem(f"gradient {number} is of {got}, and the parameters are {wanted}"))


def of_one_parameter(task: Task) -> Lettered | None:
    """A task whose settings letters may stand for: updates of one parameter with gradients that are given."""
    if len(task.parameters) != 1 or task.objective is not None or task.method.starts:
        return None
    ((coordinate, theta),) = task.parameters.items()
    gradients = tuple(Value(number) for given in task.gradients for number in given.values())
    return None if coordinate.element else Lettered(task.method, coordinate.name, theta, gradients)


def with_letters(found: Lettered, given: Mapping[str, Expr]) -> Lettered:
    """Updates with these settings and start states put in, numbers and letters.

    Raises:
        StepperError: for what the optimizer does not have, a setting that is a formula, and one letter for two things.
    """
    method = found.method
    unknown = [key for key in given if key not in method.settings and key not in method.state]
    if unknown:
        hint = nearest(unknown[0], [*method.settings, *method.state])
        raise StepperError(Problem(f"{method.name} has no setting '{unknown[0]}'", hint=hint))
    numbers = {key: number for key, value in given.items() if (number := number_of(value)) is not None}
    if any(not isinstance(value, Sym) and key not in numbers for key, value in given.items()):
        raise StepperError(Problem("a setting is a number or one letter", hint="such as --lr eta, or --lr 0.1"))
    if not found.gradients:
        raise StepperError(
            Problem("the gradient of the step is missing", hint="--grad g, in a document gradients: [g]")
        )
    named = {key: value for key, value in {**found.named, **given}.items() if key in method.settings}
    named = {key: value for key, value in named.items() if isinstance(value, Sym)}
    theta = Sym(found.parameter) if found.theta is None else literal_of(found.theta)
    letters = [part for part in (theta, *found.gradients, *named.values()) if isinstance(part, Sym)]
    twice = [text(letter) for place, letter in enumerate(letters) if letter in letters[:place]]
    if twice:
        raise StepperError(Problem(f"'{twice[0]}' stands for two things", hint="a letter of its own for each"))
    method = replace(
        method,
        settings={key: numbers.get(key, value) for key, value in method.settings.items()},
        state={key: given.get(key, value) for key, value in method.state.items()},
    )
    return replace(found, method=method, named=named)


def steps_of(steps: int | None, gradients: int) -> int:
    """How many steps are taken: as many as are asked for, or as there are gradients.

    Raises:
        StepperError: where these differ, and for numbers out of range.
    """
    if gradients and steps is not None and steps != gradients:
        raise StepperError(Problem(f"{gradients} gradients are given for {steps} steps", hint="one for each step"))
    count = steps if steps is not None else max(1, gradients)
    if not 1 <= count <= MOST_STEPS:
        raise StepperError(Problem(f"{count} steps cannot be taken", hint=f"from 1 to {MOST_STEPS:,}"))
    return count


def _own(place: Coordinate, taken: set[str]) -> Coordinate:
    return replace(place, several=True) if place.name in taken else place


def needs_objective(method: Method, objective: Graph | None) -> None:
    """Can a method be given what it reads?

    Raises:
        StepperError: where it cannot.
    """
    if objective is None and (method.points or method.curved):
        needs = next((f"the gradient at the point {point}" for point in method.points.values()), "second derivatives")
        hint = "give an objective: --objective 'theta^2', in a document objective: theta^2"
        raise StepperError(
            Problem(f"{method.name} needs {needs}, which gradients given as numbers do not provide", hint=hint)
        )


def with_samples(
    task: Task,
    samples: tuple[Mapping[str, Number], ...],
    mean: bool = True,
    batch: int | None = None,
    seed: int | None = None,
) -> Task:
    """A task whose objective is a mean or a sum over samples, in each step over all of them or over a batch.

    Raises:
        StepperError: where there are no samples to make batches of, or fewer than one batch holds.
    """
    if batch is None and seed is not None:
        raise StepperError(
            Problem("a seed shuffles the samples for batches, and no batch size is given", hint="such as --batch 1")
        )
    if batch is not None and not samples:
        raise StepperError(
            Problem(
                "batches are made of samples, and there are none", hint="--data samples.csv, or data: in a document"
            )
        )
    if batch is not None and not 1 <= batch <= len(samples):
        raise StepperError(
            Problem(f"a batch of {batch} cannot be made of {len(samples)} samples", hint=f"from 1 to {len(samples)}")
        )
    if batch is not None and task.method.curved:
        raise StepperError(
            Problem(
                f"{task.method.name} reads second derivatives, which are worked out over all samples",
                hint="leave the batches out",
            )
        )
    return replace(task, samples=samples, mean=mean, batch=batch, seed=seed)
