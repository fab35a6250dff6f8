"""A graph of arrays with the formula and the number of every entry."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import cast

import numpy as np
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, ArrayLeaf, Shape
from stepper.core.expr import Expr, Index, Number, Sym, add
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.traverse import names
from stepper.engine.tensor.entries import (
    Entries,
    Exact,
    Formula,
    NeedsNumbers,
    array_of,
    element,
    entry_expr,
    numbers,
    shown,
    symbols,
)
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.leaves import check_finite, given_entries
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import are_letters, numbers_for
from stepper.engine.tensor.writing import Writer
from stepper.engine.values.differentiate import times
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError

TOTAL_OF_ALL = "weighted_total"
"""The node that is differentiated where a gradient arrives at an array."""


class Board(Outline):
    """Every array as numbers, where it has them, and as names and formulas of its entries.

    Attributes:
        large: are there so many entries that they are worked in floating point, whole arrays at a time?
        opaque: what a node reads that stands as numbers in the formulas of its entries.
        parts: of a node whose entries' formulas are long, names for pieces of them.
    """

    shapes: Mapping[str, Shape]

    def __init__(self, graph: ArrayGraph, settings: Settings, floats: bool = False, limited: bool = False) -> None:
        """``limited``: whoever asks takes few entries only, and says so."""
        super().__init__(graph, settings)
        if graph.letters:
            what = f"{are_letters(graph.letters)} without a number, but this is worked out for numbers only"
            raise StepperError(Problem(what, hint=numbers_for(graph.letters)))
        self.parts: dict[str, dict[str, Expr]] = {}
        self.opaque: dict[str, set[str]] = {}
        self.given: dict[str, tuple[Shape, Sequence[Number] | Entries | None]] = {}
        for name, leaf in graph.leaves.items():
            if isinstance(leaf, ArrayLeaf):
                self.bill.add(reference(name), math.prod(leaf.shape), 0)
            self.given[name] = given_entries(leaf, graph.origin)
        self.lay_out({name: shape for name, (shape, _) in self.given.items()})
        size = sum(map(math.prod, self.shapes.values()))
        beyond = self.bill.beyond(size)
        self.large = floats or beyond is not None
        missing = [name for name in graph.leaves if self.given[name][1] is None]
        if beyond is not None and missing and not limited:
            what = f"'{missing[0]}' has no numbers, and a graph of {beyond[0]} is worked out in numbers only"
            raise StepperError(Problem(what, hint=f"{beyond[1]} may be of symbols; or fill: normal(1)"))

    @cached_property
    def known(self) -> Mapping[str, Entries]:
        """The arrays that have numbers, worked out array by array."""
        found: dict[str, Entries] = {
            name: self.held(values, shape) for name, (shape, values) in self.given.items() if values is not None
        }
        worker = self.worker(found)
        for name in self.graph.order:
            with self.at(name):
                if (array := self.worked(name, worker)) is not None:
                    check_finite(array)
                    found[name] = array
        return found

    def worked(self, name: str, worker: Worker) -> Entries | None:
        """A node's numbers: as given, else by its formula; None where what it reads has none."""
        node, given = self.graph.nodes[name], self.graph.given
        constants = self.worker({})
        if name in given:
            found: Entries | None = constants(given[name])
            assert found is not None
            if found.shape != self.shapes[name]:
                raise StepperError(
                    Problem(f"it is given as {_size(found.shape)}, and by its formula it is {_size(self.shapes[name])}")
                )
        else:
            ready = all(read in worker.known for read in node.reads)
            found = worker(node.formula) if ready and node.formula is not None else None
        entries = [reference(entry) for entry in given if entry != name and entry.partition("[")[0] == name]
        if not entries:
            return found
        if found is None:
            what = f"{text(entries[0])} is given, and the other entries have no numbers"
            raise StepperError(Problem(what, hint="give numbers to all that it reads"))
        found = found.copy()
        for entry in entries:
            assert isinstance(entry, Index)
            where = tuple(int(text(index)) - 1 if text(index).isdigit() else -1 for index in entry.indices)
            inside = len(where) == found.ndim and all(
                0 <= place < size for place, size in zip(where, found.shape, strict=True)
            )
            if not inside:
                raise StepperError(
                    Problem(
                        f"{text(entry)} is given, and it is {_size(found.shape)}", hint="entries are counted from 1"
                    )
                )
            found[where] = constants(given[text(entry)]).item()
        return found

    def held(self, values: Sequence[Number] | Entries, shape: Shape) -> Entries:
        """Given numbers as an array: exact ones, or floats where there are many."""
        if self.large:
            return cast(Entries, np.asarray(values, dtype=np.float64).reshape(shape))
        return numbers(
            [
                number if isinstance(number, Fraction) else float(number)
                for number in np.asarray(values, dtype=object).ravel()
            ],
            shape,
        )

    def worker(self, known: Mapping[str, Entries]) -> Worker:
        """What works formulas out over these arrays."""
        if self.large:
            from stepper.engine.tensor.floats import FloatWorker

            return FloatWorker(self.vocabulary, known)
        return Worker(self.vocabulary, known)

    @cached_property
    def symbols(self) -> Mapping[str, Entries]:
        """Of every quantity the names of its entries."""
        return {name: symbols(name, shape) for name, shape in self.shapes.items()}

    @cached_property
    def letters(self) -> Mapping[str, Entries]:
        """Of every quantity its numbers, or the names of its entries, with the numbers of those that have one."""
        found = {**self.symbols, **self.known}
        for name, leaf in self.graph.leaves.items():
            if isinstance(leaf, ArrayLeaf) and None in leaf.entries:
                pairs = zip(leaf.entries, found[name].ravel(), strict=True)
                found[name] = array_of(
                    [letter if number is None else Exact(number) for number, letter in pairs], self.shapes[name]
                )
        return found

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

    def filled(self, name: str) -> Entries:
        """The formulas of a node's entries, with the numbers that there are."""
        formulas = self.formulas[name]
        return array_of([Formula(self.sheet.put_in(entry_expr(entry))) for entry in formulas.ravel()], formulas.shape)

    def entries(self, name: str, formula: Expr, reads: Sequence[str]) -> Entries:
        """The formulas of a node's entries; where one array must have numbers for that, as a mask must, by the names of
        the others.
        """
        refused: list[NeedsNumbers] = []
        for read in ("", *reads):
            parts: dict[str, Expr] = {}
            try:
                given = {read: self.known[read]} if read in self.known else {}
                found = Writer(self.vocabulary, {**self.symbols, **given}, re.sub(r"\W+", "_", name), parts)(formula)
            except NeedsNumbers as error:
                refused.append(error)
                continue
            self.parts[name] = parts
            self.opaque[name] = {read} & {*reads}
            return found
        if name not in self.known:
            raise refused[0]
        self.opaque[name] = {*reads}
        return self.known[name]

    # ---- entries

    @cached_property
    def scalar(self) -> Graph:
        """The graph of all entries."""
        leaves: dict[str, Leaf] = {}
        for name, leaf in self.graph.leaves.items():
            array = self.letters[name]
            for where in np.ndindex(*self.shapes[name]):
                entry = text(element(name, where))
                value = number_of(entry_expr(array[where] if where else array.item()))
                leaves[entry] = Leaf(entry, leaf.kind, value, leaf.line)
        nodes: dict[str, Node] = {}
        for name, formulas in self.formulas.items():
            line = self.graph.nodes[name].line
            nodes |= {part: Node.of(part, formula, line) for part, formula in self.parts.get(name, {}).items()}
            for where in np.ndindex(*formulas.shape):
                nodes[text(element(name, where))] = Node.of(
                    text(element(name, where)), entry_expr(formulas[where]), line
                )
        given = {
            entry: entry_expr(self.known[name][where] if where else self.known[name].item())
            for name in self.graph.given_nodes for where in np.ndindex(*self.shapes[name])
            if {name, entry := text(element(name, where))} & self.graph.given.keys()
        }  # fmt: skip
        functions, conventions = self.graph.functions, self.graph.conventions
        return Graph(
            self.graph.title, leaves, nodes, functions=functions, conventions=conventions, origin=self.graph.origin,
            given=given,
            remarks=self.graph.remarks,
        )  # fmt: skip

    @cached_property
    def fixed(self) -> Mapping[str, Number]:
        """The entries of leaves that stand as numbers in the formulas of others, and these numbers."""
        found: dict[str, Number] = {}
        opaque = dict.fromkeys(name for reads in self.opaque.values() for name in reads if name in self.graph.leaves)
        for name in opaque:
            for where in np.ndindex(*self.shapes[name]):
                number = number_of(entry_expr(self.known[name][where] if where else self.known[name].item()))
                found |= {} if number is None else {text(element(name, where)): number}
        return found

    @cached_property
    def summed(self) -> Graph:
        """The same, and at the end the number that is differentiated: the sum of the output's entries times what
        arrives at them.
        """
        assert self.output is not None
        shape, arriving = self.shapes[self.output], self.arriving
        parts = [times(entry_expr(arriving[where]), element(self.output, where)) for where in np.ndindex(*shape)]
        given = {
            text(name): Leaf(text(name), "input")
            for part in parts
            for name in names(part)
            if text(name) not in self.scalar.nodes
        }
        node = Node.of(TOTAL_OF_ALL, add(*parts))
        return replace(
            self.scalar,
            leaves={**given, **self.scalar.leaves},
            nodes={**self.scalar.nodes, node.name: node},
            output=node.name,
        )

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet(self.scalar, self.settings)

    # ---- the output

    @cached_property
    def arriving(self) -> Entries:
        """The gradient that arrives at the output.

        Raises:
            StepperError: where an output that is an array has none, or one of another shape.
        """
        assert self.output is not None
        shape, upstream = self.shapes[self.output], self.graph.upstream
        self.check_arriving()
        if upstream is None:
            return self.held([Fraction(1)], shape)
        if isinstance(upstream, Sym) and upstream.name not in self.shapes:
            return symbols(upstream.name, shape)
        arrays = self.known if all(text(name) in self.known for name in names(upstream)) else self.letters
        Shapes(self.vocabulary, self.shapes, by_hand=True)(upstream)
        found = self.worker(arrays)(upstream)
        if not self.large:
            found = array_of([_exact(entry) for entry in found.ravel()], found.shape)
        if found.shape != shape:
            raise StepperError(
                Problem(f"upstream has the shape {shown(found.shape)}, and {self.output} {shown(shape)}")
            )
        return found


def _size(shape: Shape) -> str:
    """What an array of a shape is, in words."""
    return shown(shape) if len(shape) > 1 else f"a list of {shape[0]}" if shape else "a number"


def _exact(entry: object) -> object:
    return Exact(entry) if isinstance(entry, Fraction | float) else entry
