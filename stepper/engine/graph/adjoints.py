"""Gradients: along each path, and by accumulation from the output backwards. Two ways to the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import heappop, heappush
from itertools import islice

from stepper.core.expr import Deriv, Expr, Factor, Product, Sign, Value, add, add_all, multiply, multiply_all
from stepper.core.formula import number_of, reference
from stepper.core.progress import each
from stepper.core.traverse import walk
from stepper.engine.graph.local_derivatives import Local, Locals
from stepper.engine.graph.paths import Path
from stepper.engine.values.differentiate import ONE, ZERO, plus, times
from stepper.engine.values.equations import Sheet
from stepper.errors import Problem, StepperError

LARGEST_WRITTEN = 60_000
"""Parts of all gradients that stay formulas, together: along a chain of n nodes they grow as n squared."""


class Gradients:
    """The gradients of one output for the quantities asked about.

    Attributes:
        inside: the quantities on some path from one asked about to the output.
        locals: the local derivatives, which the gradients of several outputs of a graph can share.
        seed: the gradient that arrives at the output: 1, unless the document says otherwise.
    """

    def __init__(self, sheet: Sheet, output: str, wrt: Iterable[str], local: Locals | None = None) -> None:
        self.sheet, self.output, self.graph = sheet, output, sheet.graph
        self.locals = local or Locals(sheet)
        self.inside = self.graph.ancestors([output]) & self.graph.descendants(wrt)
        self.upstream = upstream = self.graph.upstream
        self.seed: Expr = ONE if upstream is None else self.result(upstream, lambda: sheet.put_in(upstream))

    def symbol(self, wrt: str) -> Expr:
        """What is asked for: ``dL/dw``, or ``g*dY/dw`` where a gradient g arrives at Y."""
        derivative = Deriv(reference(self.output), reference(wrt))
        return derivative if self.upstream is None else multiply(self.upstream, derivative)

    def along(self, path: Path) -> tuple[list[Expr], list[Expr]]:
        """A path's factors from output to input: the symbols, and what they came to."""
        edges = [self.locals(*edge) for edge in reversed(path)]
        symbols: list[Expr] = [edge.symbol for edge in edges]
        results = [edge.result for edge in edges]
        return (symbols, results) if self.upstream is None else ([self.upstream, *symbols], [self.seed, *results])

    def product(self, factors: Sequence[Expr]) -> Expr:
        """The product of factors: its number, or the formula without ones and zeros."""
        return self.result(joined(factors), lambda: times(*factors)) if factors else ONE

    def total(self, terms: Sequence[Expr]) -> Expr:
        """The sum of terms, each a result, over paths or over readers; 0 where there are none."""
        if len(terms) < 2:
            return terms[0] if terms else ZERO
        return self.result(add(*terms), lambda: plus([("+", term) for term in terms]))

    def result(self, written: Expr, tidy: Callable[[], Expr]) -> Expr:
        """A formula's number, or its tidy form where it stays symbolic."""
        number = self.sheet.number(written)
        return tidy() if number is None else Value(number)

    def edges(self, name: str) -> list[tuple[str, int]]:
        """The nodes that read a quantity and lead to the output, each with the slot in which it does."""
        return [(reader, slot) for reader, slot in self.graph.readers[name] if reader in self.inside]

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The quantities inside, each after all its readers, from the output back; otherwise as the author wrote
        them.
        """
        rank = {name: place for place, name in enumerate((*self.graph.nodes, *self.graph.leaves))}
        waiting = {name: len(self.edges(name)) for name in self.inside}
        ready = [(rank[name], name) for name, count in waiting.items() if not count]  # the output alone
        found = []
        while ready:
            _, name = heappop(ready)
            found.append(name)
            for read in self.graph.nodes[name].reads if name in self.graph.nodes else ():
                if read in waiting:
                    waiting[read] -= 1
                    if not waiting[read]:
                        heappush(ready, (rank[read], read))
        return tuple(found)

    @property
    def worked(self) -> Iterator[Local]:
        """The local derivatives on the way, from the output back."""
        for name in self.order:
            for slot, source in enumerate(self.graph.nodes[name].reads if name in self.graph.nodes else ()):
                if source in self.inside:
                    yield self.locals(source, name, slot)

    @cached_property
    def adjoints(self) -> Mapping[str, Expr]:
        """The gradient arriving at each quantity inside, accumulated over its readers, each worked out once."""
        found = {self.output: self.seed}
        room = LARGEST_WRITTEN
        for name in each(self.order, "gradients"):
            if name != self.output:
                edges = [(found[reader], self.locals(name, reader, slot).result) for reader, slot in self.edges(name)]
                found[name] = self.total([self.product(factors) for factors in edges])
                room -= sum(1 for _ in islice(walk(found[name]), LARGEST_WRITTEN))
                if room < 0:
                    found[name] = self._in_short(found[name])
        return found

    def _in_short(self, adjoint: Expr) -> Expr:
        """A gradient as its rounded number, where all gradients written out as formulas are too long together.

        Raises:
            StepperError: where it has none.
        """
        number = self.sheet.approximate(adjoint)
        if number is None:
            what = f"in letters, the gradients of this graph have more than {LARGEST_WRITTEN:,} parts together"
            raise StepperError(
                Problem(what, hint="give the letters values with --set, or differentiate a nearer node with --of")
            )
        return Value(number)

    def adjoint(self, name: str) -> Expr:
        """The gradient arriving at a quantity; 0 where no path leads from it to the output."""
        return self.adjoints.get(name, ZERO)

    def contributions(self, name: str) -> list[tuple[list[Expr], list[Expr]]]:
        """For each reader: its adjoint times the local derivative, in symbols and as what they came to."""
        found = []
        for reader, slot in self.edges(name):
            edge = self.locals(name, reader, slot)
            found.append(([self.symbol(reader), edge.symbol], [self.adjoint(reader), edge.result]))
        return found

    def scales(self) -> dict[str, float]:
        """For each quantity the size of what was added up to its gradient, which its rounding error grows with."""
        found = {self.output: abs(float(number_of(self.seed) or 1))}
        for name in self.order:
            if name != self.output:
                edges = [self.locals(name, reader, slot) for reader, slot in self.edges(name)]
                found[name] = sum(found[edge.target] * abs(float(edge.number or 0)) for edge in edges)
        return found


def joined(factors: Sequence[Expr]) -> Expr:
    """Factors as one product; a product among them needs no parentheses."""
    pairs: list[tuple[Factor, Expr]] = []
    for factor in factors:
        if isinstance(factor, Product):
            pairs += zip(("*", *factor.operators), factor.operands, strict=True)
        else:
            pairs.append(("*", factor))
    return multiply_all(pairs)


def summed(terms: Sequence[Expr]) -> Expr:
    """Terms as one sum; a negative number is subtracted."""
    first, *rest = terms
    signed: list[tuple[Sign, Expr]] = [("+", first)]
    for term in rest:
        if isinstance(term, Value) and term.number < 0:
            signed.append(("-", Value(-term.number)))
        else:
            signed.append(("+", term))
    return add_all(signed)
