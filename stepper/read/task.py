"""Tasks for optimizers, from a YAML document or from the options of the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from stepper.core.expr import Array, Expr, Number, Value
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.names import canonical
from stepper.core.parser import parse
from stepper.core.task import STEP, THETA, Coordinate, Method, Task
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.answers import read_items
from stepper.read.located import Map, Scalar, Seq, Tree, read_yaml
from stepper.read.method import Start, assignments_of, begun, formula_of, method_named
from stepper.read.program import read_program
from stepper.read.training import graph_beside, parameters_of
from stepper.read.update import method_of
from stepper.rules.optimizer import SYMBOLS

SECTIONS = (
    "title", "source", "optimizer", "settings", "with", "state", "update", "parameters", "gradients", "objective", "graph", "constants",
    "steps", "answers",
)  # fmt: skip
MOST_STEPS = 1_000_000
T = TypeVar("T")


# ---- values


def values_of(written: str, name: str = THETA) -> dict[Coordinate, Number]:
    """Numbers for parameters: ``1``, ``[1, 1]`` for a list, ``w=1, b=[0, 2]`` for several by name.

    Raises:
        FormulaError: where it is none of these.
    """
    written = canonical(written)
    parts = [part.strip() for part in re.findall(r"(?:[^,\[]|\[[^\]]*\])+", written) if part.strip()]
    named = [re.match(r"([^\W\d]\w*)\s*=\s*(.*)", part) for part in parts]
    if len(parts) == 1 and named[0] is None:
        return _elements(name, parse(parts[0]), False, written)
    if not parts:
        raise FormulaError("numbers are expected here", 0, 1, "as 1, [1, 2] or w=1, b=2", text=written)
    found: dict[Coordinate, Number] = {}
    for part, match in zip(parts, named, strict=True):
        if match is None:
            raise FormulaError(f"'{part}' gives no name", 0, len(written), "as w=1, b=2, or one list [1, 2]", text=written)
        if any(place.name == match[1] for place in found):
            raise FormulaError(f"'{match[1]}' stands twice", 0, len(written), text=written)
        found |= _elements(match[1], parse(match[2]), len(parts) > 1, written)
    return found


def _elements(name: str, value: Expr, several: bool, written: str) -> dict[Coordinate, Number]:
    items = value.items if isinstance(value, Array) else (value,)
    numbers = [number_of(item) for item in items]
    if any(number is None for number in numbers) or not items:
        raise FormulaError("numbers are expected here", 0, len(written), "as 1, 1/3 or [1, 2]", text=written)
    lists = isinstance(value, Array)
    return {
        Coordinate(name, (place,) if lists else (), several): number for place, number in enumerate(numbers, start=1) if number is not None
    }


def objective_of(written: str, parameters: Mapping[Coordinate, Number], constants: Mapping[str, Number]) -> Graph:
    """The graph of one formula; its leaves are the parameters and constants with values.

    Raises:
        StepperError: where a name in it has no value, or it reads none of the parameters.
    """
    coordinates = {text(coordinate.symbol): value for coordinate, value in parameters.items()}
    graph = read_program(f"loss = {written}", "the objective", {name: Value(value) for name, value in {**constants, **coordinates}.items()})
    missing = [name for name in graph.leaves if name not in coordinates and name not in constants]
    if missing:
        hint = nearest(missing[0], coordinates) or f"parameters: {', '.join(coordinates)}; others by --set {missing[0]}=2"
        raise StepperError(Problem(f"the objective reads '{missing[0]}', which has no value", hint=hint))
    if not set(coordinates) & set(graph.leaves):
        raise StepperError(Problem(f"the objective reads none of the parameters {', '.join(coordinates)}"))
    values = {**coordinates, **constants}
    return replace(graph, leaves={name: replace(leaf, value=values[name]) for name, leaf in graph.leaves.items()})


# ---- tasks


def task_of(
    method: Method, parameters: Mapping[Coordinate, Number], gradients: Sequence[Mapping[Coordinate, Number]], objective: Graph | None,
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
    for number, given in enumerate(gradients, start=1):
        if set(given) != set(parameters):
            wanted, got = (", ".join(text(coordinate.symbol) for coordinate in part) for part in (parameters, given))
            raise StepperError(Problem(f"gradient {number} is of {got}, and the parameters are {wanted}"))
    if objective is not None and len(objective.nodes) == 1:
        used = {*method.own_names, STEP, *method.settings, *(SYMBOLS.get(name, name) for name in method.settings)}
        coordinates = {text(place.symbol) for place in parameters}
        clash = [name for name in objective.leaves if name not in coordinates and re.sub(r"_\d+$", "", name) in used]
        if clash:
            raise StepperError(
                Problem(f"the objective's '{clash[0]}' is a name that {method.name} uses itself", hint="call the constant otherwise")
            )
    return Task("", method, parameters, steps_of(steps, len(gradients)), tuple(gradients), objective)


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
        raise StepperError(Problem(f"{method.name} needs {needs}, which gradients given as numbers do not say", hint=hint))


def _number(tree: Tree) -> Number | None:
    return number_of(parse(tree.text)) if isinstance(tree, Scalar) else None


def read_task(document: str, origin: str, folder: Path | None = None) -> Task:
    """A task document; files that it names are looked for in the folder.

    Raises:
        StepperError: with every problem found.
    """
    return _TaskReader(read_yaml(document, origin), origin, folder).read()


class _TaskReader:
    def __init__(self, root: Map, origin: str, folder: Path | None) -> None:
        self.root, self.origin, self.folder = root, origin, folder
        self.problems: list[Problem] = []

    def read(self) -> Task:
        for key, _ in self.root.entries:
            if key.text not in SECTIONS:
                hint = nearest(key.text, SECTIONS) or f"sections: {', '.join(SECTIONS)}"
                self.problems.append(Problem(f"'{key.text}' is not a section of an optimizer's task", key.place, hint))
        graph = self.graph()
        parameters = self.parameters() if graph is None else self.told(lambda: parameters_of(graph, self.leaves()), "graph") or {}
        method = self.method(self.numbers("settings"), self.start(parameters))
        gradients = self.gradients(parameters)
        constants = self.numbers("constants")
        steps = self.word("steps")
        if steps and not steps.isdigit():
            self.problems.append(Problem(f"'{steps}' is not a number of steps", self.place("steps")))
        items = read_items(self.root.get("answers"))
        written = self.word("objective")
        if self.problems or method is None:
            raise StepperError(*self.problems)
        objective = self.told(lambda: objective_of(written, parameters, constants), "objective") if written else graph
        if self.problems:
            raise StepperError(*self.problems)
        task = task_of(method, parameters, gradients, objective, int(steps) if steps else None)
        return replace(task, title=self.word("title"), source=self.word("source"), items=items)

    # ---- sections

    def graph(self) -> Graph | None:
        """The graph that is trained, with the values that the task gives its leaves."""
        name = self.word("graph")
        if not name:
            return None
        if self.word("objective"):
            self.problems.append(Problem("an objective is given twice, as a formula and as a graph", self.place("graph")))
            return None
        graph = self.told(lambda: graph_beside(name, self.folder), "graph")
        if graph is None:
            return None
        given = {section: self.numbers(section) for section in ("parameters", "constants") if isinstance(self.root.get(section), Map)}
        for section, values in given.items():
            for leaf in values:
                if leaf not in graph.leaves:
                    hint = nearest(leaf, graph.leaves)
                    self.problems.append(Problem(f"'{leaf}' is not a leaf of the graph", self.place(section), hint))
        values = {name: value for part in given.values() for name, value in part.items()}
        return replace(graph, leaves={name: replace(leaf, value=values.get(name, leaf.value)) for name, leaf in graph.leaves.items()})

    def leaves(self) -> list[str]:
        """The leaves that are trained, where the task names them."""
        tree = self.root.get("parameters")
        if isinstance(tree, Map):
            return [key.text for key, _ in tree.entries]
        return [item.text for item in tree.items if isinstance(item, Scalar)] if isinstance(tree, Seq) else []

    def method(self, settings: Mapping[str, Number], start: Mapping[str, Start]) -> Method | None:
        name, update = self.word("optimizer"), self.root.get("update")
        tree = self.root.get("with")
        words = [item.text for item in tree.items if isinstance(item, Scalar)] if isinstance(tree, Seq) else [self.word("with")]
        beside = [word for text in words for word in re.split(r"[\s,]+", text) if word]
        if bool(name) == (update is not None):
            what = "'optimizer:' or 'update:' is missing" if not name else "an optimizer is given twice, by its name and by its update"
            self.problems.append(
                Problem(what, Place(self.origin), "optimizer: adam, or update: with assignments such as theta: theta - lr*g")
            )
            return None
        if name:
            method = self.told(lambda: method_named(name, settings, beside), "optimizer")
            return self.told(lambda: begun(method, start), "state") if method is not None else None
        return self.told(lambda: self.own(settings, start, beside), "update")

    def own(self, settings: Mapping[str, Number], start: Mapping[str, Start], beside: Sequence[str]) -> Method:
        """An optimizer written out by the user: settings, state and assignments."""
        tree = self.root.get("update")
        if isinstance(tree, Map):
            update = tuple((key.text, formula_of(value.text)) for key, value in tree.entries if isinstance(value, Scalar))
        elif isinstance(tree, Seq):
            update = tuple(pair for item in tree.items if isinstance(item, Scalar) for pair in assignments_of(item.text))
        else:
            update = assignments_of(tree.text if isinstance(tree, Scalar) else "")
        return method_of(update, start, settings, beside)

    def start(self, parameters: Mapping[Coordinate, Number]) -> dict[str, Start]:
        """The state before the first step: a number for all parameters, or one for each, as a list or by name."""
        tree = self.root.get("state")
        if tree is not None and not isinstance(tree, Map):
            self.problems.append(Problem("'state:' says what each state begins with", tree.place, "state: {v: -0.5}, or {v: {w: 1, b: 0}}"))
        found: dict[str, Start] = {}
        for key, value in tree.entries if isinstance(tree, Map) else []:
            if isinstance(value, Scalar):
                number = self.told(partial(_number, value), "state")
                if number is None:
                    self.problems.append(Problem(f"'{key.text}' of state is not a number", value.place))
                else:
                    found[key.text] = number
                continue
            each = self.of_each(value, parameters, "state")
            missing = [text(place.symbol) for place in parameters if place not in each]
            over = [text(place.symbol) for place in each if place not in parameters]
            if missing or over:
                what = f"the start of {key.text} is given for {over[0]}, which is no parameter" if over else (
                    f"the start of {key.text} is not given for {missing[0]}"
                )  # fmt: skip
                hint = f"one number for all, or one each for {', '.join(text(place.symbol) for place in parameters)}"
                self.problems.append(Problem(what, value.place, hint))
            found[key.text] = {text(place.symbol): number for place, number in each.items()}
        return found

    def parameters(self) -> dict[Coordinate, Number]:
        tree = self.root.get("parameters")
        if not isinstance(tree, Map) or not tree.entries:
            self.problems.append(
                Problem("'parameters:' names what is optimized", tree.place if tree else Place(self.origin), "parameters: {theta: 1}")
            )
            return {}
        found: dict[Coordinate, Number] = {}
        for key, value in tree.entries:
            found |= self.told(partial(self.element, key.text, value, len(tree.entries) > 1), "parameters") or {}
        return found

    def element(self, name: str, value: Tree, several: bool) -> dict[Coordinate, Number]:
        written = f"[{', '.join(item.text for item in value.items if isinstance(item, Scalar))}]" if isinstance(value, Seq) else ""
        written = value.text if isinstance(value, Scalar) else written
        return _elements(name, parse(written), several, written)

    def gradients(self, parameters: Mapping[Coordinate, Number]) -> list[dict[Coordinate, Number]]:
        """One gradient for each step; a lone parameter's need not say its name."""
        tree = self.root.get("gradients")
        if tree is None:
            return []
        return [self.of_each(item, parameters, "gradients") for item in (tree.items if isinstance(tree, Seq) else [tree])]

    def of_each(self, tree: Tree, parameters: Mapping[Coordinate, Number], section: str) -> dict[Coordinate, Number]:
        """Numbers for the parameters by their names, or for a lone one."""
        several = len({coordinate.name for coordinate in parameters}) > 1
        alone = next(iter(parameters)).name if parameters else THETA
        found: dict[Coordinate, Number] = {}
        for key, value in tree.entries if isinstance(tree, Map) else [(Scalar(alone, tree.place), tree)]:
            found |= self.told(partial(self.element, key.text, value, several), section) or {}
        return found

    # ---- pieces

    def told(self, read: Callable[[], T], section: str) -> T | None:
        """What is read, or nothing where it cannot be; the problem is told in its section."""
        try:
            return read()
        except FormulaError as error:
            self.problems.append(error.within(self.place(section)))
        except StepperError as error:
            self.problems += [problem if problem.where else replace(problem, where=self.place(section)) for problem in error.problems]
        return None

    def numbers(self, section: str) -> dict[str, Number]:
        tree = self.root.get(section)
        found: dict[str, Number] = {}
        for key, value in tree.entries if isinstance(tree, Map) else []:
            number = self.told(partial(_number, value), section)
            if number is None:
                self.problems.append(Problem(f"'{key.text}' of {section} is not a number", value.place))
            else:
                found[key.text] = number
        return found

    def word(self, section: str) -> str:
        tree = self.root.get(section)
        return tree.text.strip() if isinstance(tree, Scalar) else ""

    def place(self, section: str) -> Place:
        tree = self.root.get(section)
        return tree.place if tree is not None else Place(self.origin)
