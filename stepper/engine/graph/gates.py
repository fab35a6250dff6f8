"""Circuits: each formula split into gates of one operation, in the author's order, so that every wire has a value and a
gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count

from msgspec.structs import replace

from stepper.core.expr import (
    Array,
    Call,
    Expr,
    Index,
    Neg,
    Power,
    Product,
    Sum,
    Sym,
    Where,
    add_all,
    children,
    multiply_all,
    rebuild,
)
from stepper.core.graph import Graph, Node
from stepper.core.labels import is_latex, label_of
from stepper.core.traverse import occurrences
from stepper.engine.values.definitions import written_out
from stepper.engine.values.evaluate import at_node, ordered
from stepper.engine.values.vocabulary import Vocabulary

LETTERS = ("g", "u", "s", "t", "q", "gate")


def split(graph: Graph) -> Graph:
    """The graph with a gate for each operation: ``f = (x + y)*z`` becomes ``g1 = x + y; f = g1*z``.

    Sums and products are taken two by two from the left; losses and functions with a definition of their own are
    written out; what holds no name stays a number. ``Graph.split`` keeps the formulas as they were.
    """
    gates = _Gates(ordered(graph))
    for name in graph.order:
        with at_node(graph, name):
            gates.take(graph.nodes[name])
    whole = {
        name: node.formula
        for name, node in graph.nodes.items()
        if node.formula is not None and gates.nodes[name] != node
    }
    return replace(graph, nodes=gates.nodes, split=whole)


class _Gates:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)
        self.nodes: dict[str, Node] = {}
        self.names = _free_names(graph)
        self.line: int

    def take(self, node: Node) -> None:
        """Splits one node; the last of its gates carries its name. Edges whose derivative is given stay whole."""
        given = any(target == node.name for _, target in self.graph.local)
        if node.formula is None or given:
            self.nodes[node.name] = node
            return
        self.line = node.line
        self.put(node.name, self.body(written_out(node.formula, self.vocabulary)))

    def put(self, name: str, formula: Expr) -> None:
        # a comparison reads a name without a derivative of its own: there an edge is one for each name
        whole = isinstance(formula, Where)
        self.nodes[name] = Node.of(name, formula, self.line) if whole else Node.gate(name, formula, self.line)

    def gate(self, formula: Expr) -> Expr:
        """A quantity for the value of a formula of one operation; numbers stay numbers."""
        if not occurrences(formula) or isinstance(formula, Sym) or _is_member(formula):
            return formula
        name = next(self.names)
        self.put(name, formula)
        return Sym(name)

    def atom(self, expr: Expr) -> Expr:
        """The quantity that carries the value of a formula."""
        if isinstance(expr, Array):
            return Array(tuple(self.atom(item) for item in expr.items))
        return self.gate(self.body(expr))

    def body(self, expr: Expr) -> Expr:
        """A formula of one operation over quantities."""
        if not occurrences(expr):
            return expr
        match expr:
            case Sum(operands, signs):
                whole = self.atom(operands[0])
                for place, (sign, operand) in enumerate(zip(signs, operands[1:], strict=True), start=1):
                    whole = add_all([("+", whole), (sign, self.atom(operand))])
                    whole = whole if place == len(signs) else self.gate(whole)
                return whole
            case Product(operands, factors):
                whole = self.atom(operands[0])
                for place, (factor, operand) in enumerate(zip(factors, operands[1:], strict=True), start=1):
                    whole = multiply_all([("*", whole), (factor, self.atom(operand))])
                    whole = whole if place == len(factors) else self.gate(whole)
                return whole
            case Index(Call(name, arguments), indices):
                return Index(Call(name, tuple(map(self.atom, arguments))), indices)
            case Neg() | Power() | Call() | Where():
                return rebuild(expr, list(map(self.atom, children(expr))))
            case _:
                return expr


def _is_member(expr: Expr) -> bool:
    return isinstance(expr, Index) and isinstance(expr.base, Sym)


def _free_names(graph: Graph) -> Iterator[str]:
    """g1, g2, ...; another letter where the document uses this one."""
    used = {_letter(graph.labels.get(name, name)) for name in (*graph.leaves, *graph.nodes)}
    letter = next(letter for letter in chain(LETTERS, (f"gate{number}x" for number in count())) if letter not in used)
    return (f"{letter}{number}" for number in count(1))


def _letter(label: str) -> str:
    """The letter of a label, or of a name with an index."""
    return label_of(label if is_latex(label) else label.partition("[")[0]).base
