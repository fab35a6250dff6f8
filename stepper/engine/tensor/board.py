"""A graph of arrays with the formula and the number of every entry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stepper.core.expr import Deriv, Expr, Sym, add, names
from stepper.core.formula import reference, text
from stepper.core.graph import ArrayGraph, ArrayLeaf, Graph, Leaf, Node, Shape
from stepper.engine.differentiate import times
from stepper.engine.evaluate import ordered
from stepper.engine.tensor.entries import Entries, Exact, NeedsNumbers, array_of, blanks, element, entry_expr, numbers, symbols
from stepper.engine.tensor.work import Worker
from stepper.engine.vocabulary import Vocabulary
from stepper.engine.worked import Settings, Sheet
from stepper.errors import Place, Problem, StepperError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_WRITTEN = 20_000
"""Graphs of more entries than this are not worked entry by entry."""
TOTAL, TOTAL_OF_ALL = "L", "weighted_total"
"""What is differentiated where the output is an array at which a gradient arrives."""


class Board:
    """Every array as numbers, where it has them, and as names and formulas of its entries.

    Attributes:
        shapes: of every quantity.
        known: the arrays that have numbers, worked out array by array.
        symbols: of every quantity the names of its entries.
    """

    def __init__(self, graph: ArrayGraph, settings: Settings) -> None:
        self.graph, self.settings = graph, settings
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)
        self.shapes: dict[str, Shape] = {name: shape_of(leaf) for name, leaf in graph.leaves.items()}
        self.symbols: dict[str, Entries] = {name: symbols(name, shape) for name, shape in self.shapes.items()}
        self.known: dict[str, Entries] = {}
        for name, leaf in graph.leaves.items():
            values = entries_of(leaf)
            if values:
                self.known[name] = numbers(values, self.shapes[name])
        for name in ordered(graph).order:
            with self.at(name):
                self.work(name)
            if sum(array.size for array in self.symbols.values()) > MOST_WRITTEN:
                what = f"this graph has more than {MOST_WRITTEN:,} entries"
                raise StepperError(Problem(what, hint="smaller shapes show the same"))

    def work(self, name: str) -> None:
        """Works a node out: its numbers and its shape."""
        node = self.graph.nodes[name]
        if node.formula is None:
            raise StepperError(Problem("it has no formula"))
        if all(read in self.known for read in node.reads):
            self.known[name] = Worker(self.vocabulary, self.known)(node.formula)
        if name in self.known:
            self.shapes[name] = self.known[name].shape
        else:
            read = {read: blanks(self.shapes[read]) for read in node.reads}
            self.shapes[name] = Worker(self.vocabulary, read)(node.formula).shape
        self.symbols[name] = symbols(name, self.shapes[name])

    @cached_property
    def formulas(self) -> Mapping[str, Entries]:
        """Of every node the array of the formulas of its entries, by the names of the entries that they read.

        Where an entry is no formula (an eigenvalue), it stands as its number.
        """
        found: dict[str, Entries] = {}
        for name in self.graph.order:
            node = self.graph.nodes[name]
            assert node.formula is not None
            with self.at(name):
                found[name] = self.entries(name, node.formula, node.reads)
        return found

    def entries(self, name: str, formula: Expr, reads: Sequence[str]) -> Entries:
        """The formulas of a node's entries; where one array must have numbers for that, as a mask must, by the names of the others."""
        try:
            return Worker(self.vocabulary, self.symbols)(formula)
        except NeedsNumbers:
            if name not in self.known:
                raise
        for read in reads:
            try:
                return Worker(self.vocabulary, {**self.symbols, read: self.known[read]})(formula)
            except NeedsNumbers:
                continue
        return self.known[name]

    def place(self, name: str) -> Place | None:
        return Place(self.graph.origin, self.graph.nodes[name].line) if self.graph.nodes[name].line else None

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """Gives what is found wrong with a node's formula the line on which the node stands."""
        try:
            yield
        except StepperError as error:
            problem = error.problems[0]
            raise StepperError(replace(problem, what=f"in {name}: {problem.what}", where=problem.where or self.place(name))) from None

    # ---- entries

    @cached_property
    def scalar(self) -> Graph:
        """The graph of all entries."""
        leaves: dict[str, Leaf] = {}
        for name, leaf in self.graph.leaves.items():
            values = entries_of(leaf)
            for number, where in enumerate(np.ndindex(*self.shapes[name])):
                entry = text(element(name, where))
                leaves[entry] = Leaf(entry, leaf.kind, values[number] if values else None, leaf.line)
        nodes: dict[str, Node] = {}
        for name, formulas in self.formulas.items():
            line = self.graph.nodes[name].line
            for where in np.ndindex(*formulas.shape):
                nodes[text(element(name, where))] = Node.of(text(element(name, where)), entry_expr(formulas[where]), line)
        functions, conventions = self.graph.functions, self.graph.conventions
        return Graph(self.graph.title, leaves, nodes, functions=functions, conventions=conventions, origin=self.graph.origin)

    @cached_property
    def summed(self) -> Graph:
        """The same, and at the end the number that is differentiated: the sum of the output's entries times what arrives at them."""
        assert self.output is not None
        shape, arriving = self.shapes[self.output], self.arriving
        parts = [times(entry_expr(arriving[where]), element(self.output, where)) for where in np.ndindex(*shape)]
        given = {text(name): Leaf(text(name), "input") for part in parts for name in names(part) if text(name) not in self.scalar.nodes}
        node = Node.of(TOTAL_OF_ALL, add(*parts))
        return replace(self.scalar, leaves={**given, **self.scalar.leaves}, nodes={**self.scalar.nodes, node.name: node}, output=node.name)

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet(self.scalar, self.settings)

    def array(self, name: str) -> Entries | None:
        """Its numbers as they are shown, or None."""
        return self.known.get(name)

    # ---- the output

    @cached_property
    def output(self) -> str | None:
        """The quantity that is differentiated, where it is settled."""
        if self.graph.output is not None:
            return self.graph.output
        return self.graph.sinks[0] if len(self.graph.sinks) == 1 else None

    @cached_property
    def loss(self) -> str:
        """What derivatives are of: the output, or for one that is an array the number of which its gradient is given."""
        assert self.output is not None
        if not self.shapes[self.output]:
            return text(element(self.output, ()))
        name = TOTAL
        while name in self.shapes:
            name += "'"
        return name

    @cached_property
    def arriving(self) -> Entries:
        """The gradient that arrives at the output.

        Raises:
            StepperError: where an output that is an array has none, or one of another shape.
        """
        assert self.output is not None
        shape, upstream = self.shapes[self.output], self.graph.upstream
        if upstream is None:
            if shape:
                what = f"the output {self.output} is an array of {_shown(shape)}, so the gradient that arrives at it must be given"
                raise StepperError(
                    Problem(what, hint=f"upstream: d{self.output} for symbols, or its entries; or end in a number: sum(...)")
                )
            return numbers([Fraction(1)], ())
        if isinstance(upstream, Sym) and upstream.name not in self.shapes:
            return symbols(upstream.name, shape)
        arrays = self.known if all(text(name) in self.known for name in names(upstream)) else self.symbols
        found = Worker(self.vocabulary, arrays)(upstream)
        found = array_of([_exact(entry) for entry in found.reshape(-1)], found.shape)
        if found.shape != shape:
            raise StepperError(Problem(f"upstream has the shape {_shown(found.shape)}, and {self.output} {_shown(shape)}"))
        return found

    def symbol(self, name: str) -> Expr:
        """What arrives at a quantity: ``dL/dY``."""
        return Deriv(reference(self.loss), reference(name))

    @property
    def is_bare(self) -> bool:
        """Is the output the number itself that is differentiated?"""
        return self.output is not None and not self.shapes[self.output]


def _exact(entry: object) -> object:
    return Exact(entry) if isinstance(entry, Fraction | float) else entry


def _shown(shape: Shape) -> str:
    return "×".join(map(str, shape)) if shape else "a number"


def shape_of(leaf: Leaf) -> Shape:
    return leaf.shape if isinstance(leaf, ArrayLeaf) else ()


def entries_of(leaf: Leaf) -> tuple[Fraction | float, ...]:
    """The numbers of a leaf row after row; none where they are symbols."""
    if not isinstance(leaf, ArrayLeaf):
        return () if leaf.value is None else (leaf.value,)
    return leaf.entries or filled(leaf)


def filled(leaf: ArrayLeaf) -> tuple[Fraction | float, ...]:
    """The entries of an array that is filled by a word."""
    count = math.prod(leaf.shape)
    made: Mapping[str, Callable[[], Iterable[Fraction | float]]] = {
        "zeros": lambda: [Fraction(0)] * count,
        "ones": lambda: [Fraction(1)] * count,
        "eye": lambda: (Fraction(int(len(set(where)) == 1)) for where in np.ndindex(*leaf.shape)),
        "normal": lambda: map(float, np.random.default_rng(leaf.seed).standard_normal(count)),
    }
    return tuple(made[leaf.fill]()) if leaf.fill else ()
