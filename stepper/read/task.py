"""Tasks for optimizers as YAML documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from stepper.core.expr import Array, Number, Sym, Value
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.task import THETA, Coordinate, Lettered, Method, Task
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.answers import read_items
from stepper.read.data import read_samples
from stepper.read.located import Map, Scalar, Seq, Tree, read_yaml
from stepper.read.method import Start, assignments_of, begun, formula_of, method_named
from stepper.read.program import read_program
from stepper.read.quantities import Quantity, Sections, number_in, numbers_of, spelled
from stepper.read.sections import TASK, strays
from stepper.read.taskparts import elements, objective_of, of_the_same, task_of, with_letters, with_samples
from stepper.read.training import graph_beside, parameters_of
from stepper.read.update import method_of

YES, NO = ("true", "yes"), ("false", "no")


def read_task(document: str, origin: str, folder: Path | None = None) -> Task:
    """A task document; files that it names are looked for in the folder.

    Raises:
        StepperError: with every problem found.
    """
    found = _TaskReader(read_yaml(document, origin), origin, folder, False).read()
    assert isinstance(found, Task), "a letter is not a number"
    return found


def read_update(document: str, origin: str, folder: Path | None = None) -> Task | Lettered:
    """The same, where an update of one parameter by an optimizer of the table may have letters for numbers; a setting
    or a first value that is left empty is the letter that it has anyway.

    Raises:
        StepperError: with every problem found.
    """
    return _TaskReader(read_yaml(document, origin), origin, folder, True).read()


class _TaskReader(Sections):
    def read(self) -> Task | Lettered:
        self.problems += strays(self.root, TASK, "an optimizer's task")
        graph = self.graph()
        samples = self.samples(graph) if graph is not None else ()
        told = samples[0] if samples else {}
        parameters = (
            self.parameters()
            if graph is None
            else self.told(lambda: parameters_of(graph, self.leaves(), told), "graph") or {}
        )
        settings = self.quantities("settings")
        method = self.method(numbers_of(settings), self.start(parameters))
        gradients = self.gradients(parameters)
        constants, lists = self.constants()
        steps = self.word("steps")
        if steps and not steps.isdigit():
            self.problems.append(Problem(f"'{steps}' is not a number of steps", self.place("steps")))
        notation = dict(self.notation())
        items = read_items(self.root.get("answers"))
        written = self.word("objective")
        if self.problems or method is None:
            raise StepperError(*self.problems)
        if any(isinstance(part, Sym) for given in (settings, parameters, *gradients) for part in given.values()):
            return replace(self.in_letters(method, parameters, settings, gradients), notation=notation)
        parameters = numbers_of(parameters)
        if written:
            samples = self.samples(self.told(lambda: read_program(f"loss = {written}", "the objective"), "objective"))
            told = samples[0] if samples else {}
        objective = (
            self.told(lambda: objective_of(written, parameters, {**constants, **told}, lists), "objective")
            if written
            else graph
        )
        batch, seed, together = self.count("batch"), self.count("seed"), self.word("sum")
        if self.root.get("sum") is not None and together not in (*YES, *NO):
            what = f"'{together or 'sum'}' does not say whether losses are added"
            self.problems.append(
                Problem(what, self.place("sum"), "sum: true adds them; without it their mean is taken")
            )
        if self.root.get("data") is not None and objective is None:
            self.problems.append(
                Problem("samples need an objective or a graph", self.place("data"), "objective: (w*x - y)^2")
            )
        if self.problems:
            raise StepperError(*self.problems)
        known = [numbers_of(given) for given in gradients]
        task = task_of(method, parameters, known, objective, int(steps) if steps else None)
        task = with_samples(task, samples, together not in YES, batch, seed)
        title, source = self.word("title"), self.word("source")
        return replace(task, title=title, source=source, items=items, notation=notation)

    def in_letters(
        self, method: Method, parameters: Mapping[Coordinate, Quantity], settings: Mapping[str, Quantity],
        gradients: Sequence[Mapping[Coordinate, Quantity]]
    ) -> Lettered:  # fmt: skip
        """Updates of one parameter."""
        of_the_same(parameters, gradients)
        ((coordinate, theta),) = parameters.items()
        called = theta.name if isinstance(theta, Sym) else coordinate.name
        value = numbers_of(parameters).get(coordinate)
        steps = tuple(spelled(gradient) for given in gradients for gradient in given.values())
        given = {key: spelled(value) for key, value in settings.items()}
        return with_letters(Lettered(method, called, value, steps), given)

    def samples(self, graph: Graph | None) -> tuple[Mapping[str, Number], ...]:
        """The samples of a file, or those that are written out."""
        tree = self.root.get("data")
        if tree is None or graph is None:
            return ()
        if isinstance(tree, Scalar):
            path = self.folder / tree.text if self.folder is not None else Path(tree.text)
            return self.told(lambda: read_samples(path, graph), "data") or ()
        found = []
        for item in tree.items if isinstance(tree, Seq) else ():
            sample = self.numbers_in(item, "data")
            found.append(sample)
            unknown = [name for name in sample if name not in graph.leaves]
            if unknown:
                self.problems.append(
                    Problem(f"'{unknown[0]}' is not a leaf of the graph", item.place, nearest(unknown[0], graph.leaves))
                )
            elif not sample or set(sample) != set(found[0]):
                self.problems.append(
                    Problem(
                        "each sample must give values to the same names",
                        item.place,
                        "data: [{x: 1, y: 2}, {x: 2, y: 4}]",
                    )
                )
        if not found:
            self.problems.append(
                Problem("'data:' holds no samples", tree.place, "data: samples.csv, or data: [{x: 1, y: 2}]")
            )
        return tuple(found)

    # ---- sections

    def graph(self) -> Graph | None:
        """The graph that is trained, with the values that the task gives its leaves."""
        name = self.word("graph")
        if not name:
            return None
        if self.word("objective"):
            self.problems.append(
                Problem("an objective is given twice, as a formula and as a graph", self.place("graph"))
            )
            return None
        graph = self.told(lambda: graph_beside(name, self.folder), "graph")
        if graph is None:
            return None
        given = {
            section: self.numbers(section)
            for section in ("parameters", "constants")
            if isinstance(self.root.get(section), Map)
        }
        for section, values in given.items():
            for leaf in values:
                if leaf not in graph.leaves:
                    hint = nearest(leaf, graph.leaves)
                    self.problems.append(Problem(f"'{leaf}' is not a leaf of the graph", self.place(section), hint))
        values = {name: value for part in given.values() for name, value in part.items()}
        return replace(
            graph,
            leaves={name: replace(leaf, value=values.get(name, leaf.value)) for name, leaf in graph.leaves.items()},
        )

    def leaves(self) -> list[str]:
        """The leaves that are trained, where the task names them."""
        tree = self.root.get("parameters")
        if isinstance(tree, Map):
            return [key.text for key, _ in tree.entries]
        return [item.text for item in tree.items if isinstance(item, Scalar)] if isinstance(tree, Seq) else []

    def method(self, settings: Mapping[str, Number], start: Mapping[str, Start]) -> Method | None:
        name, update = self.word("optimizer"), self.root.get("update")
        tree = self.root.get("with")
        words = (
            [item.text for item in tree.items if isinstance(item, Scalar)]
            if isinstance(tree, Seq)
            else [self.word("with")]
        )
        beside = [word for text in words for word in re.split(r"[\s,]+", text) if word]
        if bool(name) == (update is not None):
            what = (
                "'optimizer:' or 'update:' is missing"
                if not name
                else "an optimizer is given twice, by its name and by its update"
            )
            self.problems.append(
                Problem(
                    what, Place(self.origin), "optimizer: adam, or update: with assignments such as theta: theta - lr*g"
                )
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
            update = tuple(
                (key.text, formula_of(value.text)) for key, value in tree.entries if isinstance(value, Scalar)
            )
        elif isinstance(tree, Seq):
            update = tuple(
                pair for item in tree.items if isinstance(item, Scalar) for pair in assignments_of(item.text)
            )
        else:
            update = assignments_of(tree.text if isinstance(tree, Scalar) else "")
        return method_of(update, start, settings, beside)

    def start(self, parameters: Collection[Coordinate]) -> dict[str, Start]:
        """The state before the first step: a number for all parameters, or one for each, as a list or by name."""
        tree = self.root.get("state")
        if tree is not None and not isinstance(tree, Map):
            self.problems.append(
                Problem(
                    "'state:' gives the initial value of each state",
                    tree.place,
                    "state: {v: -0.5}, or {v: {w: 1, b: 0}}",
                )
            )
        found: dict[str, Start] = {}
        for key, value in tree.entries if isinstance(tree, Map) else []:
            if isinstance(value, Scalar):
                number = self.told(partial(number_in, value), "state")
                if number is None:
                    self.problems.append(Problem(f"'{key.text}' of state is not a number", value.place))
                else:
                    found[key.text] = number
                continue
            each = numbers_of(self.of_each(value, parameters, "state"))
            missing = [text(place.symbol) for place in parameters if place not in each]
            over = [text(place.symbol) for place in each if place not in parameters]
            if missing or over:
                what = f"the start of {key.text} is given for {over[0]}, which is not a parameter" if over else (
                    f"the start of {key.text} is not given for {missing[0]}"
                )  # fmt: skip
                hint = f"one number for all, or one each for {', '.join(text(place.symbol) for place in parameters)}"
                self.problems.append(Problem(what, value.place, hint))
            found[key.text] = {text(place.symbol): number for place, number in each.items()}
        return found

    def parameters(self) -> dict[Coordinate, Quantity]:
        tree = self.root.get("parameters")
        if not isinstance(tree, Map) or not tree.entries:
            self.problems.append(
                Problem(
                    "'parameters:' names what is optimized",
                    tree.place if tree else Place(self.origin),
                    "parameters: {theta: 1}",
                )
            )
            return {}
        found: dict[Coordinate, Quantity] = {}
        for key, value in tree.entries:
            read = partial(self.element, key.text, value, len(tree.entries) > 1, key.text)
            found |= self.told(read, "parameters") or {}
        return found

    def element(self, name: str, value: Tree, several: bool, own: str = "") -> Mapping[Coordinate, Quantity]:
        """Numbers, or a letter; where nothing is written ``own`` is one."""
        written = (
            f"[{', '.join(item.text for item in value.items if isinstance(item, Scalar))}]"
            if isinstance(value, Seq)
            else ""
        )
        written = value.text if isinstance(value, Scalar) else written
        if not self.letters:
            return elements(name, parse(written), several, written)
        found = parse(written.strip() or own)
        if not isinstance(found, Sym) and number_of(found) is None:
            raise FormulaError("one number or one letter is expected here", 0, len(written), text=written)
        return {Coordinate(name): found}

    def gradients(self, parameters: Collection[Coordinate]) -> list[dict[Coordinate, Quantity]]:
        """One gradient for each step; a lone parameter's need not say its name."""
        tree = self.root.get("gradients")
        if tree is None:
            return []
        return [
            self.of_each(item, parameters, "gradients") for item in (tree.items if isinstance(tree, Seq) else [tree])
        ]

    def of_each(self, tree: Tree, parameters: Collection[Coordinate], section: str) -> dict[Coordinate, Quantity]:
        """Numbers for the parameters by their names, or for a lone one."""
        several = len({coordinate.name for coordinate in parameters}) > 1
        alone = next(iter(parameters)).name if parameters else THETA
        found: dict[Coordinate, Quantity] = {}
        for key, value in tree.entries if isinstance(tree, Map) else [(Scalar(alone, tree.place), tree)]:
            found |= self.told(partial(self.element, key.text, value, several), section) or {}
        return found

    def constants(self) -> tuple[dict[str, Number], dict[str, Array]]:
        """Numbers, and lists and matrices of numbers."""
        tree = self.root.get("constants")
        if not isinstance(tree, Map):
            return {}, {}
        numbers = self.numbers_in(
            Map([entry for entry in tree.entries if not isinstance(entry[1], Seq)], tree.place), "constants"
        )
        lists: dict[str, Array] = {}
        for key, value in tree.entries:
            if isinstance(value, Seq):
                array = self.told(partial(_array, value), "constants")
                if array is None:
                    what = f"'{key.text}' of constants is not a number, a list or a matrix of numbers"
                    self.problems.append(Problem(what, value.place))
                else:
                    lists[key.text] = array
        return numbers, lists


def _array(tree: Seq) -> Array | None:
    """A list of numbers, or of lists of equally many; None where it is neither."""
    rows = [_array(item) if isinstance(item, Seq) else _number(item) for item in tree.items]
    kept = [row for row in rows if row is not None]
    lengths = {len(row.items) if isinstance(row, Array) else 0 for row in kept}
    return Array(tuple(kept)) if kept and len(kept) == len(rows) and len(lengths) == 1 else None


def _number(tree: Tree) -> Value | None:
    number = number_in(tree)
    return None if number is None else Value(number)
