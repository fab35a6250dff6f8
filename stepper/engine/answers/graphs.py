"""Answers about a graph by key: a key is a formula over the derivation (``dL/dw11``, ``w11'``, ``paths(x1, e)``), and
so is a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from msgspec.structs import replace

from stepper.core.exam import Case
from stepper.core.expr import Array, Call, Deriv, Expr, Number, Prime, Value
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.traverse import meant, names, transform, walk
from stepper.engine.graph.backward import answered
from stepper.engine.graph.local_derivatives import Locals
from stepper.engine.graph.options import configured
from stepper.engine.graph.structure import FACTS, fact
from stepper.engine.values.equality import Algebra
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.judging import Finding, compared, words_compared
from stepper.engine.values.symbolic_limits import Patience
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import Contradiction, Problem, StepperError, nearest


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
                raise StepperError(
                    Problem(
                        f"'{text(part)}' is not a quantity of this graph", hint=nearest(text(part), self.graph.readers)
                    )
                )
        number = self.sheet.number(put_in)
        return self.sheet.expanded(put_in) if number is None else Value(number)

    def number(self, key: str) -> Number | None:
        """The number of a key, where it has one."""
        return number_of(self.quantity(parse(key)))

    def _derive(self, expr: Expr) -> None:
        """Runs a derivation for each output that is differentiated, at once for all the names that the case's keys ask
        of it.
        """
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
            raise StepperError(
                Problem(f"'{output}' is not a node of this graph", hint=nearest(output, self.graph.nodes))
            )
        graph = replace(self.graph, output=output) if output not in ("", self.graph.output) else self.graph
        # parameters take the step that makes the graph's own output smaller, not another that is asked about beside it
        settings = self.settings if output in ("", self.graph.output) else replace(self.settings, lr=None)
        answers, checks = answered(graph, list(names), settings)
        if any(check.ok is False for check in checks):
            raise Contradiction(Problem(f"a check of the derivation of {output or graph.output} does not agree"))
        for answer in answers:
            self.derived[answer.name] = answer.expr if answer.number is None else Value(answer.number)

    def _edge(self, source: str, target: str, wire: int) -> Expr:
        """The local derivative along an edge; ``wire`` counts the edges from the same source, from 1."""
        slots = [slot for slot, read in enumerate(self.graph.nodes[target].reads) if read == source]
        if wire > len(slots):
            raise StepperError(
                Problem(f"{len(slots)} edges lead from {source} to {target}, so there is no number {wire}")
            )
        return Locals(self.sheet)(source, target, slots[max(wire, 1) - 1]).result

    def _put(self, part: Expr) -> Expr | None:
        match part:
            case Deriv(of, wrt, False) if text(wrt) not in getattr(self.graph.nodes.get(text(of)), "reads", ()):
                raise StepperError(Problem(f"there is no edge {text(wrt)} -> {text(of)} for {text(part)}"))
            case Deriv(of, wrt, total):
                return self.derived[text(part)] if total else self._edge(text(wrt), text(of), part.wire)
            case Prime() if text(part) not in self.graph.readers:
                if text(part) not in self.derived:
                    raise StepperError(
                        Problem(f"{text(part)} needs a learning rate", hint="such as --lr 0.1, or lr: 0.1 under with:")
                    )
                return self.derived[text(part)]
            case Call(name, arguments) if name in FACTS:
                found = fact(self.graph, name, [text(argument) for argument in arguments])
                return None if isinstance(found, str) else Value(found)
            case Call(name) if name not in self.sheet.vocabulary:
                raise NotBuilt(text(part))
        return None
