"""Answers by key: a key is a formula over the derivation (``dL/dw11``, ``w11'``, ``paths(x1, e)``), and so is a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from stepper.core.expr import Call, Deriv, Expr, Index, Number, Prime, Sym, Value, transform, walk
from stepper.core.formula import text
from stepper.core.graph import ArrayGraph, Case, Graph, Item
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.core.task import Task
from stepper.engine.backward import backward
from stepper.engine.evaluate import evaluate
from stepper.engine.local import Locals
from stepper.engine.structure import FACTS, Fact, fact
from stepper.engine.vocabulary import Vocabulary
from stepper.engine.worked import Settings, Sheet, close
from stepper.errors import Problem, StepperError
from stepper.rules.table import CONVENTIONS

if TYPE_CHECKING:
    from stepper.engine.netanswers import NetworkAnswers
    from stepper.engine.taskanswers import TaskAnswers
    from stepper.engine.tensor.answers import ArrayAnswers


@dataclass(frozen=True, slots=True)
class Finding:
    """One expected value beside the one found."""

    key: str
    expected: Fact | None
    found: Fact | None

    @property
    def agrees(self) -> bool:
        if self.expected is None or self.found is None:
            return False
        if isinstance(self.expected, str) or isinstance(self.found, str):
            return self.expected == self.found
        return close(self.found, self.expected)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an exam item came out: expected values, the published ones, and whether the published verdict is borne out."""

    item: Item
    findings: tuple[Finding, ...]
    published: tuple[Finding, ...]
    unbuilt: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return all(finding.agrees for finding in self.findings) and self.verdict_holds

    @property
    def verdict_holds(self) -> bool:
        """A solution said to be right must agree, one said to be wrong must not."""
        if self.item.published is None or not self.published:
            return True
        right = all(finding.agrees for finding in self.published)
        return right != (self.item.published.verdict == "false")


def _answers(subject: Graph | Network | Task, case: Case) -> Answers | NetworkAnswers | TaskAnswers | ArrayAnswers:
    if isinstance(subject, Network):
        from stepper.engine.netanswers import NetworkAnswers

        return NetworkAnswers(subject, case)
    if isinstance(subject, Task):
        from stepper.engine.taskanswers import TaskAnswers

        return TaskAnswers(subject, case)
    if isinstance(subject, ArrayGraph):
        from stepper.engine.tensor.answers import ArrayAnswers

        return ArrayAnswers(subject, case)
    return Answers(subject, case)


def examine(subject: Graph | Network | Task, item: Item) -> Outcome:
    """Works every answer of an item out and compares."""
    findings: list[Finding] = []
    published: list[Finding] = []
    unbuilt: list[str] = []
    for case in item.cases:
        answers = _answers(subject, case)
        for key, value in case.values.items():
            try:
                found, expected = answers.pair(key, value)
                findings.append(Finding(key, expected, found))
            except NotBuilt as error:
                unbuilt.append(error.key)
    if item.published is not None and item.cases:
        answers = _answers(subject, item.cases[0])
        for key, value in item.published.values.items():
            right, printed = answers.pair(key, value)
            published.append(Finding(key, right, printed))
    return Outcome(item, tuple(findings), tuple(published), tuple(unbuilt))


class NotBuilt(StepperError):
    """An answer key that asks for something stepper has no rule for."""

    def __init__(self, key: str) -> None:
        super().__init__(Problem(f"'{key}' asks for something that is not built yet"))
        self.key = key


class Answers:
    """The answers of one case of one graph, each derivation worked once."""

    def __init__(self, graph: Graph, case: Case) -> None:
        self.graph, self.settings = configured(graph, case.settings)
        self.derived: dict[str, Number | None] = {}
        self._derive([parse(key) for key in case.values])

    @cached_property
    def sheet(self) -> Sheet:
        """The graph's numbers; not needed for facts about its structure, which a graph with cycles has too."""
        return Sheet(self.graph, self.settings)

    def pair(self, key: str, expected: str) -> tuple[Fact | None, Fact | None]:
        """What is found for a key, and what was expected; words are compared as words."""
        match parse(key):
            case Call(name, arguments) if name in FACTS:
                found = fact(self.graph, name, [text(argument) for argument in arguments])
                return found, " ".join(expected.split()) if isinstance(found, str) else evaluate(parse(expected), {}, Vocabulary({}, {}))
            case _:
                return self.number(key), self.number(expected)

    def _derive(self, keys: Iterable[Expr]) -> None:
        """Runs one derivation for each output that the keys differentiate, for all their names at once."""
        asked: dict[str | None, dict[str, None]] = {}
        for key in keys:
            for part in walk(key):
                if isinstance(part, Deriv) and part.total:
                    asked.setdefault(text(part.of), {})[text(part.wrt)] = None
                elif isinstance(part, Prime) and text(part) not in self.sheet.values:
                    asked.setdefault(None, {})[text(part.body)] = None
        for output, names in asked.items():
            if output is not None and output not in self.graph.nodes:
                raise StepperError(Problem(f"'{output}' is not a node of this graph"))
            graph = self.graph if output is None else replace(self.graph, output=output)
            derivation = backward(graph, list(names), self.settings)
            if any(check.ok is False for check in derivation.checks):
                raise StepperError(Problem(f"a check of the derivation of {output or graph.output} does not agree"))
            self.derived |= {answer.name: answer.number for answer in derivation.answers}

    def number(self, key: str) -> Number | None:
        """The number of a key or of an expected value."""
        expr = parse(key)
        self._derive([part for part in walk(expr) if isinstance(part, Deriv | Prime) and text(part) not in self.derived])
        return self.sheet.number(transform(expr, self._put))

    def _edge(self, source: str, target: str, wire: int) -> Number | None:
        """The local derivative along an edge; ``wire`` counts the edges from the same source, from 1."""
        slots = [slot for slot, read in enumerate(self.graph.nodes[target].reads) if read == source]
        if wire > len(slots):
            raise StepperError(Problem(f"{len(slots)} edges lead from {source} to {target}, so there is no number {wire}"))
        return Locals(self.sheet)(source, target, slots[max(wire, 1) - 1]).number

    def _put(self, part: Expr) -> Expr | None:
        number: Number | None = None
        match part:
            case Deriv(of, wrt, False) if text(wrt) not in getattr(self.graph.nodes.get(text(of)), "reads", ()):
                raise StepperError(Problem(f"there is no edge {text(wrt)} -> {text(of)} for {text(part)}"))
            case Deriv(of, wrt, total):
                number = self.derived[text(part)] if total else self._edge(text(wrt), text(of), part.wire)
            case Prime():
                number = self.sheet.values.get(text(part), self.derived.get(text(part)))
            case Call(name, arguments) if name in FACTS:
                found = fact(self.graph, name, [text(argument) for argument in arguments])
                number = None if isinstance(found, str) else found
            case Call(name) if name not in self.sheet.vocabulary:
                raise NotBuilt(text(part))
            case Sym() | Index(Sym(), _):
                number = self.sheet.values.get(text(part))
        return None if number is None else Value(number)


def configured(graph: Graph, options: Mapping[str, str]) -> tuple[Graph, Settings]:
    """A graph and settings under the options of a case: ``lr``, ``convention``."""
    settings = Settings()
    for name, value in options.items():
        if name == "lr":
            number = evaluate(parse(value), {}, Vocabulary({}, {}))
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
