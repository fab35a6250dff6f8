"""A graph of arrays by the shapes of its quantities alone, whose sizes may be letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, ArrayLeaf
from stepper.core.expr import Deriv, Expr, Index
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Leaf
from stepper.core.parser import parse
from stepper.engine.tensor.entries import Entries, element, shown
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.leaves import given_entries
from stepper.engine.tensor.limits import Bill
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, size_of, volume
from stepper.engine.values.evaluate import ordered
from stepper.engine.values.loss_arguments import order_hint
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Place, Problem, StepperError

TOTAL = "L"
"""What is differentiated where the output is an array at which a gradient arrives."""


class Outline:
    """Every quantity with its shape, and no entries.

    Attributes:
        shapes: of every quantity.
    """

    def __init__(self, graph: ArrayGraph, settings: Settings) -> None:
        self.graph, self.settings = graph, settings
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)
        self.bill = Bill()

    @classmethod
    def of(cls, graph: ArrayGraph, settings: Settings) -> Outline:
        """The outline of a graph.

        Raises:
            StepperError: where shapes do not fit.
        """
        found = Outline(graph, settings)
        found.lay_out({name: _sizes(leaf, graph.origin) for name, leaf in graph.leaves.items()})
        return found

    def lay_out(self, leaves: Mapping[str, Sizes]) -> None:
        """Works the shapes of all nodes out from those of the leaves."""
        shapes = dict(leaves)
        self.shapes: Mapping[str, Sizes] = shapes
        for name in ordered(self.graph).order:
            with self.at(name):
                shapes[name] = self.shape_of_node(name)

    @cached_property
    def known(self) -> Mapping[str, Entries]:
        """The arrays that have numbers."""
        return {}

    def worker(self, known: Mapping[str, Entries]) -> Worker:
        """What works formulas out over these arrays."""
        return Worker(self.vocabulary, known)

    def shape_of_node(self, name: str) -> Sizes:
        node = self.graph.nodes[name]
        if node.formula is None:
            raise StepperError(Problem("it has no formula"))
        return Shapes(self.vocabulary, self.shapes, by_hand=True, bill=self.bill)(node.formula)

    def place(self, name: str) -> Place | None:
        return Place(self.graph.origin, self.graph.nodes[name].line) if self.graph.nodes[name].line else None

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """Gives what is found wrong with a node's formula the line on which the node stands."""
        try:
            yield
        except StepperError as error:
            problem = error.problems[0]
            hint = problem.hint or order_hint(self.graph.nodes[name].formula)
            where = problem.where or self.place(name)
            begins = f"in {name}: "
            what = problem.what if problem.what.startswith(begins) else begins + problem.what
            raise StepperError(replace(problem, what=what, where=where, hint=hint)) from None

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
        """What derivatives are of: the output, or for one that is an array the number of which its gradient is
        given.
        """
        assert self.output is not None
        if self.graph.entry:
            return self.graph.entry
        if self.is_bare:
            return text(element(self.output, ()))
        name = TOTAL
        while name in self.shapes or name in self.graph.letters:
            name += "'"
        return name

    def check_arriving(self) -> None:
        """Raises StepperError where an output that is an array has no gradient that arrives at it, or the entry that is
        differentiated does not exist.
        """
        assert self.output is not None
        shape = self.shapes[self.output]
        if self.graph.entry and not _is_there(parse(self.graph.entry), shape):
            hint = f"{self.output} has the shape {shown(shape)}; entries count from 1"
            raise StepperError(Problem(f"{self.graph.entry} does not exist", hint=hint))
        if self.graph.upstream is None and not self.is_bare:
            what = (
                f"the output {self.output} is an array of {shown(self.shapes[self.output])}, "
                "so the upstream gradient must be given"
            )
            hint = f"upstream: d{self.output} for symbols, or its entries; or end in a number: sum(...)"
            raise StepperError(Problem(what, hint=hint))

    def symbol(self, name: str) -> Expr:
        """What arrives at a quantity: ``dL/dY``."""
        return Deriv(reference(self.loss), reference(name))

    @property
    def is_bare(self) -> bool:
        """Is the output the number itself that is differentiated, or an array of that number alone?"""
        return self.output is not None and volume(self.shapes[self.output]) == 1 and self.graph.upstream is None


def _sizes(leaf: Leaf, origin: str) -> Sizes:
    """The sizes of a leaf, as letters where it has these."""
    if isinstance(leaf, ArrayLeaf) and leaf.sizes:
        return tuple(map(size_of, leaf.sizes))
    return given_entries(leaf, origin)[0]


def _is_there(entry: Expr, shape: Sizes) -> bool:
    """Does an array of a shape have an entry, as far as both are numbers?"""
    places = entry.indices if isinstance(entry, Index) else ()
    pairs = zip(map(number_of, places), shape, strict=False)
    return all(place is None or not isinstance(size, int) or 1 <= place <= size for place, size in pairs)
