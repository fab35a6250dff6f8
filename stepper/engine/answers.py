"""Answers by key: a key is a formula over the derivation (``dL/dw11``, ``w11'``, ``paths(x1, e)``), and so is a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from stepper.core.expr import Array, Call, Deriv, Expr, Number, Prime, Value, meant, names, transform, walk
from stepper.core.formula import number_of, text
from stepper.core.graph import ArrayGraph, Case, Graph, Item, Verdict
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.core.task import Task
from stepper.engine.asking import Patience
from stepper.engine.backward import backward
from stepper.engine.equality import Algebra
from stepper.engine.evaluate import evaluate
from stepper.engine.judging import Finding, compared, words_compared
from stepper.engine.local import Locals
from stepper.engine.quantities import Settings
from stepper.engine.structure import FACTS, fact
from stepper.engine.vocabulary import PLAIN, Vocabulary
from stepper.engine.worked import Sheet
from stepper.errors import Contradiction, Place, Problem, StepperError, nearest
from stepper.rules.table import CONVENTIONS


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an exam item came out: its answers, the published values and steps, what is not built, what cannot be worked.

    ``verdict`` is stepper's on what was published; None where there is nothing to judge, or it cannot be decided. ``contradicts``: stepper
    contradicts itself.
    """

    item: Item
    findings: tuple[Finding, ...]
    published: tuple[Finding, ...]
    steps: tuple[Finding, ...]
    unbuilt: tuple[str, ...]
    problems: tuple[Problem, ...]
    contradicts: bool = False

    @property
    def agrees(self) -> bool:
        """Is nothing wrong with it? What cannot be decided is not wrong."""
        return not self.problems and not any(finding.agrees is False for finding in self.findings) and self.verdict_holds

    @property
    def verdict(self) -> Verdict | None:
        if any(finding.agrees is False for finding in self.published):
            return "false"
        if any(finding.agrees is False for finding in self.steps):
            return "partial"
        judged = (*self.published, *self.steps)
        if not judged or any(finding.agrees is None for finding in judged) or self.item.published is None:
            return None
        return "partial" if self.item.published.error else "true"

    @property
    def verdict_holds(self) -> bool:
        """A document that says whether a published solution is right says what stepper finds."""
        claimed = self.item.published.verdict if self.item.published is not None else None
        return claimed is None or self.verdict is None or claimed == self.verdict


class Judge(Protocol):
    """What compares an answer with what is found for its key."""

    def finding(self, key: str, written: str) -> Finding: ...


def judge_of(subject: Graph | Network | Task, case: Case, patience: Patience | None = None) -> Judge:
    """What works out the answers of one case, each derivation once; ``patience`` for what SymPy is asked about formulas."""
    patience = patience or Patience()
    if isinstance(subject, Network):
        from stepper.engine.netanswers import NetworkAnswers

        return NetworkAnswers(subject, case)
    if isinstance(subject, Task):
        from stepper.engine.taskanswers import TaskAnswers

        return TaskAnswers(subject, case)
    if isinstance(subject, ArrayGraph):
        from stepper.engine.tensor.answers import ArrayAnswers

        return ArrayAnswers(subject, case, patience)
    return Answers(subject, case, patience)


def examine(subject: Graph | Network | Task, item: Item, patience: Patience | None = None) -> Outcome:
    """Works every answer of an item out and compares; what cannot be worked does not keep the others from it."""
    examined = _Examined(item)
    first: Judge | None = None
    for place, case in enumerate(item.cases):
        with examined.told(item.place):
            judge = judge_of(subject, case, patience)
            first = judge if place == 0 else first
            examined.judge(judge, case.values, case.places, examined.findings)
    if item.published is not None and first is not None:
        examined.judge(first, item.published.values, item.published.places, examined.published)
        examined.judge(first, item.published.steps, item.published.places, examined.steps)
    return examined.outcome()


class _Examined:
    """What is found of an item, while it is gone through."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.findings: list[Finding] = []
        self.published: list[Finding] = []
        self.steps: list[Finding] = []
        self.unbuilt: list[str] = []
        self.problems: list[Problem] = list(item.problems)
        self.contradicts = False

    def judge(self, judge: Judge, values: Mapping[str, str], places: Mapping[str, Place], found: list[Finding]) -> None:
        for key, written in values.items():
            with self.told(places.get(key) or self.item.place, key):
                found.append(judge.finding(key, written))

    @contextmanager
    def told(self, place: Place | None, key: str = "") -> Iterator[None]:
        """Keeps what goes wrong as the item's own failure, with its place."""
        try:
            yield
        except NotBuilt as error:
            self.unbuilt.append(error.key)
        except StepperError as error:
            self.contradicts |= isinstance(error, Contradiction)
            owner = ", ".join(filter(None, (self.item.name, key)))
            self.problems += [
                replace(problem, what=f"{owner}: {problem.what}", where=place if _is_own(problem.where) else problem.where)
                for problem in error.problems
            ]

    def outcome(self) -> Outcome:
        judged = tuple(self.findings), tuple(self.published), tuple(self.steps)
        return Outcome(self.item, *judged, tuple(self.unbuilt), tuple(self.problems), self.contradicts)


def _is_own(place: Place | None) -> bool:
    """Does a place stand nowhere in a document?"""
    return place is None or not place.line


class NotBuilt(StepperError):
    """An answer key that asks for something stepper has no rule for."""

    def __init__(self, key: str) -> None:
        super().__init__(Problem(f"'{key}' asks for something that is not built yet"))
        self.key = key


class Answers:
    """The answers of one case of one graph, each derivation worked once."""

    def __init__(self, graph: Graph, case: Case, patience: Patience) -> None:
        self.graph, self.settings = configured(graph, case.settings)
        self.algebra = Algebra(Vocabulary(self.graph.functions, self.graph.conventions), patience=patience)
        self.derived: dict[str, Expr] = {}
        self.asked = [parse(key) for key in case.values]

    @cached_property
    def sheet(self) -> Sheet:
        """The graph's numbers; not needed for facts about its structure, which a graph with cycles has too."""
        return Sheet(self.graph, self.settings)

    def finding(self, key: str, written: str) -> Finding:
        """What is written beside what is found: words as words, all else as formulas."""
        expr = parse(key)
        match expr:
            case Call(name, arguments) if name in FACTS:
                found = fact(self.graph, name, [text(argument) for argument in arguments])
                if isinstance(found, str):
                    return words_compared(expr, written, found)
                said = parse(written)
                number = evaluate(meant(said, ()), {}, PLAIN)
                return compared(expr, said, said if number is None else Value(number), Value(found), self.algebra)
            case _:
                said = parse(written)
                return compared(expr, said, self.quantity(said), self.quantity(expr), self.algebra)

    def quantity(self, expr: Expr) -> Expr:
        """A key or an expected value: its number, or its formula in terms of what has none; of a list, each.

        Raises:
            StepperError: where it names what the graph has not.
        """
        if isinstance(expr, Array):
            return Array(tuple(map(self.quantity, expr.items)))
        expr = meant(expr, self.graph.readers)
        self._derive(expr)
        put_in = transform(expr, self._put)
        for part in names(put_in):
            if text(part) not in self.graph.readers:
                raise StepperError(Problem(f"'{text(part)}' is not a quantity of this graph", hint=nearest(text(part), self.graph.readers)))
        number = self.sheet.number(put_in)
        return self.sheet.expanded(put_in) if number is None else Value(number)

    def number(self, key: str) -> Number | None:
        """The number of a key, where it has one."""
        return number_of(self.quantity(parse(key)))

    def _derive(self, expr: Expr) -> None:
        """Runs a derivation for each output that is differentiated, at once for all the names that the case's keys ask of it."""
        for part in walk(expr):
            output, name = self._asks(part)
            if name and text(part) not in self.derived:
                others = [self._asks(other) for key in self.asked for other in walk(key)]
                names = [name, *(other for of, other in others if of == output and other in self.graph.readers)]
                self._run(output, dict.fromkeys(names))

    def _asks(self, part: Expr) -> tuple[str, str]:
        """The output and the name of a total derivative; of an updated parameter the name alone."""
        match part:
            case Deriv(of, wrt, True):
                return text(of), text(wrt)
            case Prime(body) if text(part) not in self.graph.readers:
                return "", text(body)
            case _:
                return "", ""

    def _run(self, output: str, names: Iterable[str]) -> None:
        if output and output not in self.graph.nodes:
            raise StepperError(Problem(f"'{output}' is not a node of this graph", hint=nearest(output, self.graph.nodes)))
        graph = replace(self.graph, output=output) if output else self.graph
        # parameters take the step that makes the graph's own output smaller, not another that is asked about beside it
        settings = self.settings if output in ("", self.graph.output) else replace(self.settings, lr=None)
        derivation = backward(graph, list(names), settings)
        if any(check.ok is False for check in derivation.checks):
            raise Contradiction(Problem(f"a check of the derivation of {output or graph.output} does not agree"))
        for answer in derivation.answers:
            self.derived[answer.name] = answer.expr if answer.number is None else Value(answer.number)

    def _edge(self, source: str, target: str, wire: int) -> Expr:
        """The local derivative along an edge; ``wire`` counts the edges from the same source, from 1."""
        slots = [slot for slot, read in enumerate(self.graph.nodes[target].reads) if read == source]
        if wire > len(slots):
            raise StepperError(Problem(f"{len(slots)} edges lead from {source} to {target}, so there is no number {wire}"))
        return Locals(self.sheet)(source, target, slots[max(wire, 1) - 1]).result

    def _put(self, part: Expr) -> Expr | None:
        match part:
            case Deriv(of, wrt, False) if text(wrt) not in getattr(self.graph.nodes.get(text(of)), "reads", ()):
                raise StepperError(Problem(f"there is no edge {text(wrt)} -> {text(of)} for {text(part)}"))
            case Deriv(of, wrt, total):
                return self.derived[text(part)] if total else self._edge(text(wrt), text(of), part.wire)
            case Prime() if text(part) not in self.graph.readers:
                if text(part) not in self.derived:
                    raise StepperError(Problem(f"{text(part)} is the next value of {text(part.body)}", hint="with: {lr: 0.1}"))
                return self.derived[text(part)]
            case Call(name, arguments) if name in FACTS:
                found = fact(self.graph, name, [text(argument) for argument in arguments])
                return None if isinstance(found, str) else Value(found)
            case Call(name) if name not in self.sheet.vocabulary:
                raise NotBuilt(text(part))
        return None


def configured(graph: Graph, options: Mapping[str, str]) -> tuple[Graph, Settings]:
    """A graph and settings under the options of a case: ``lr``, ``convention``."""
    settings = Settings()
    for name, value in options.items():
        if name == "lr":
            number = evaluate(parse(value), {}, PLAIN)
            if number is None:
                raise StepperError(Problem(f"'{value}' is not a learning rate"))
            settings = replace(settings, lr=number)
        elif name == "convention":
            graph = with_conventions(graph, value.split(","))
        else:
            raise StepperError(Problem(f"'{name}' is not an option of an exam item"))
    return graph, settings


def with_conventions(graph: Graph, chosen: Iterable[str]) -> Graph:
    """The graph under further conventions, each written ``name=choice``.

    Raises:
        StepperError: where a name or a choice is unknown.
    """
    found = dict(graph.conventions)
    for word in chosen:
        name, _, choice = (part.strip() for part in word.partition("="))
        if name not in CONVENTIONS:
            raise StepperError(Problem(f"'{name}' is not a convention", hint=f"conventions: {', '.join(CONVENTIONS)}"))
        if choice not in CONVENTIONS[name]:
            raise StepperError(Problem(f"'{choice}' is not a choice for {name}", hint=f"choices: {', '.join(CONVENTIONS[name])}"))
        found[name] = choice
    return replace(graph, conventions=found)
