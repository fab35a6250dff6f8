"""The lines of a graph of numbers: its nodes, the arguments of their functions, local derivatives, gradients, and the
gradient step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from stepper.core.expr import Array, Call, Deriv, Expr, Index, Num, Number, Prime, Sum, Sym, Value, add, multiply
from stepper.core.formula import reference, text
from stepper.core.graph import Graph, Node
from stepper.core.traverse import names, substitute, transform
from stepper.engine.answers.finding.line import GIVEN, RATE, Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.graph.gradient_step import rate_symbol
from stepper.engine.graph.local_derivatives import Locals
from stepper.engine.values.definitions import unfold
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.tables.mistake import Role

ARGUMENT = "ᶻ"
"""What the names of arguments of functions begin with, which are lines of their own: ``ᶻ1h`` is the first of h."""
_ARGUMENT = re.compile(rf"{ARGUMENT}\d+")


def calculation(graph: Graph, output: str, wrt: Sequence[str], lr: Number | None, ascent: bool) -> Calculation:
    """All lines that lead to the gradients of the output for some quantities, and to what a gradient step makes of
    these.
    """
    return _Lines(graph, output, wrt, lr, ascent).calculation()


class _Lines:
    def __init__(self, graph: Graph, output: str, wrt: Sequence[str], lr: Number | None, ascent: bool) -> None:
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)
        self.graph, self.arguments = with_arguments(graph, self.vocabulary)
        self.sheet = Sheet(self.graph, Settings())
        self.locals = Locals(self.sheet)
        self.output, self.wrt, self.lr, self.ascent = output, wrt, lr, ascent
        self.shown: dict[Expr, Expr] = {reference(name): whole for name, whole in self.arguments.items()}

    def calculation(self) -> Calculation:
        leaves = {leaf.name: leaf.value for leaf in self.graph.leaves.values() if leaf.value is not None}
        if self.lr is not None:
            self.shown[Sym(RATE)] = rate_symbol(self.graph, self.lr)
            leaves[RATE] = self.lr
        lines = [*self.values(), *(self.backward() if self.output else ()), *self.steps()]
        made = Calculation(lines, leaves, self.vocabulary)
        made.shown |= self.shown
        return made

    def values(self) -> Iterator[Line]:
        """Each node by its formula; a given one has its number."""
        for name in self.graph.order:
            node = self.graph.nodes[name]
            if name in self.graph.given:
                yield self.line(name, self.graph.given[name], node)
            elif node.formula is not None:
                yield self.line(name, self.shown_formula(node.formula), node)

    def shown_formula(self, formula: Expr) -> Expr:
        """Losses and sums are written out, as they are worked by hand."""
        return unfold(formula, self.vocabulary)

    def line(self, name: str, formula: Expr, node: Node) -> Line:
        return Line(name, reference(owner(name)), formula, "value", self.role(name), owner(name))

    def role(self, name: str) -> Role:
        """What kind of node it is, told from its formula."""
        node = self.graph.nodes.get(name)
        if node is None or node.formula is None:
            return "parameter" if name in self.graph.leaves else "other"
        if self.is_loss(name):
            return "loss"
        match node.formula:
            case Index(Call(), _):
                return "element"
            case _ if len(node.reads) == 1 or _one_changes(node, self.graph):
                return "activation"
            case Sum():
                return "affine"
            case _:
                return "affine" if len(node.reads) > 1 and not isinstance(node.formula, Call) else "other"

    def is_loss(self, name: str) -> bool:
        """Is it the output, or one of the terms that are added up in it?"""
        readers = self.graph.readers[name]
        if name == self.output or not readers:
            return True
        formula = self.graph.nodes[readers[0][0]].formula
        formula = None if formula is None else self.shown_formula(formula)
        adds = isinstance(formula, Sum) and all(isinstance(term, Sym | Index) for term in formula.operands)
        return len(readers) == 1 and adds and self.is_loss(readers[0][0])

    def backward(self) -> Iterator[Line]:
        """Local derivatives from the output back, and the gradients that are added up of them."""
        asked = [name for name in self.wrt if name in self.graph.names]
        inside = self.graph.ancestors([self.output]) & self.graph.descendants(asked)
        yield self.gradient_line(self.output, self.graph.upstream or Num("1"))
        for name in self.backwards(inside):
            terms: list[Expr] = []
            for reader, slot in self.graph.readers[name]:
                if reader not in inside:
                    continue
                formula = self.locals.formula(name, reader, slot)
                if formula is None:
                    continue
                local = self.local_line(name, reader, slot, formula)
                yield local
                terms.append(multiply(Sym(self.gradient_name(reader)), local.symbol))
            if terms:
                yield self.gradient_line(name, add(*terms) if len(terms) > 1 else terms[0])

    def backwards(self, inside: set[str] | frozenset[str]) -> list[str]:
        """The quantities inside, readers before what they read, without the output."""
        order = [name for name in self.graph.order if name in inside and name != self.output]
        leaves = [name for name in self.graph.leaves if name in inside]
        return [*reversed(order), *leaves]

    def gradient_name(self, name: str) -> str:
        return text(Deriv(Sym(self.output), reference(name)))

    def gradient_line(self, name: str, formula: Expr) -> Line:
        shown: Expr = Deriv(reference(self.output), reference(name))
        if name in self.arguments:  # it has no name of its own: it is shown as what it is worked out by
            shown = substitute(formula, self.shown)
        return self.told(Line(self.gradient_name(name), shown, formula, "gradient", self.role(name), owner(name)))

    def local_line(self, source: str, target: str, slot: int, formula: Expr) -> Line:
        wire = self.graph.nodes[target].wire(slot)
        symbol = Deriv(reference(target), reference(source), False, wire)
        own = self.graph.nodes[target].formula
        whole = None if own is None else self.shown_formula(own)
        shown: Expr = symbol
        if source in self.arguments or target in self.arguments:
            shown = substitute(formula, self.shown)
        if source in self.arguments and isinstance(whole, Call) and reference(source) in whole.arguments:
            shown = Call(f"{whole.name}'", (self.arguments[source],))
        line = Line(text(symbol), shown, formula, "local", self.role(target), owner(target))
        parts = frozenset({GIVEN} if own is None else ())
        return self.told(replace(line, source=reference(source), target=target, whole=whole, parts=parts))

    def told(self, line: Line) -> Line:
        """Keeps how a line is shown in others."""
        self.shown[line.symbol] = line.shown
        return line

    def steps(self) -> Iterator[Line]:
        """The gradient step of each parameter."""
        if self.lr is None or not self.output:
            return
        for name in self.wrt:
            if name in self.graph.leaves:
                new = Prime(reference(name))
                move = multiply(Sym(RATE), Sym(self.gradient_name(name)))
                formula = Sum((reference(name), move), ("+" if self.ascent else "-",))
                yield Line(text(new), new, formula, "step", "parameter", name)


def owner(name: str) -> str:
    """The node of the document to which a line belongs."""
    return _ARGUMENT.sub("", name)


def with_arguments(graph: Graph, vocabulary: Vocabulary) -> tuple[Graph, dict[str, Expr]]:
    """The graph with a node for each argument of a function that is worked out first, as people do it, and what these
    arguments are.
    """
    nodes: dict[str, Node] = {}
    arguments: dict[str, Expr] = {}
    for name, node in graph.nodes.items():
        if node.formula is None or any(reader == name for _, reader in graph.local):
            nodes[name] = node
            continue
        formula = _hoisted(name, node.formula, vocabulary, nodes, arguments, node.line)
        nodes[name] = node if formula == node.formula else Node.of(name, formula, node.line)
    return (replace(graph, nodes=nodes), arguments) if arguments else (graph, {})


def _hoisted(
    name: str, formula: Expr, vocabulary: Vocabulary, nodes: dict[str, Node], arguments: dict[str, Expr], line: int
) -> Expr:
    """A formula whose functions read symbols; what they read before becomes nodes."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Call) or part.name not in vocabulary:
            return None
        rule = vocabulary.rule(part.name)
        if rule.unfolds or rule.element or any(parameter.is_list for parameter in rule.parameters):
            return None
        inner = [transform(argument, change) for argument in part.arguments]
        return Call(part.name, tuple(hoist(each) for each in inner))

    def hoist(argument: Expr) -> Expr:
        entry = isinstance(argument, Index) and isinstance(argument.base, Sym)
        if entry or isinstance(argument, Sym | Array | Value) or not names(argument):
            return argument
        known = next((own for own, whole in arguments.items() if owner(own) == name and whole == argument), None)
        if known is None:
            known = f"{ARGUMENT}{sum(owner(own) == name for own in arguments) + 1}{name}"
            arguments[known] = argument
            nodes[known] = Node.of(known, argument, line)
        return reference(known)

    return transform(formula, change)


def _one_changes(node: Node, graph: Graph) -> bool:
    """Is all but one that a node reads constant?"""
    return sum(name not in graph.leaves or graph.leaves[name].kind != "constant" for name in node.reads) == 1
