"""Gradients that come to a value less its target: those of a softmax followed by a log loss are ``p - y``.

They are found by their entries, as polynomials of the entries of nodes, and so for any way of writing the loss; the
numbers of inputs are put in, since it takes targets that sum to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from stepper.core.expr import Call, Deriv, Expr, Num, add_all, divide
from stepper.core.formula import literal_of, number_of, reference, text
from stepper.core.prose import Prose
from stepper.core.traverse import extent, names, walk
from stepper.engine.tensor.calls import of_arrays
from stepper.engine.tensor.entries import Entries, as_expr, entry_expr, numbers
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.products import times
from stepper.engine.values.canonical import canonical
from stepper.engine.values.polynomial import NoSize, Polynomial, constant, expanded, scaled
from stepper.errors import StepperError
from stepper.tables.arrays import BY_ARRAY_NAME

if TYPE_CHECKING:
    from stepper.engine.tensor.gradients import ArrayGradients

MOST_ENTRIES, LONGEST_ENTRY, LONGEST_TARGET = 64, 1_500, 12
"""Arrays of more entries, and entries of more parts, are not looked through; a target without a name is written out
while it is short.
"""
MATRIX = 2


class Residual(Struct, frozen=True):
    """A gradient as a value less its target, times a number, and what that takes of the target."""

    expr: Expr
    condition: Prose


class Residuals:
    """Looks for gradients of this form; ``instead`` are other numbers for some inputs."""

    def __init__(self, gradients: ArrayGradients, instead: Mapping[str, Entries] | None = None) -> None:
        self.gradients, self.board = gradients, gradients.board
        self.instead = dict(instead or {})
        self.entries: dict[str, Entries | None] = {}

    def of(self, name: str) -> Residual | None:
        """The gradient of a quantity as a value less its target; None where it is none, or is not looked through."""
        board, parts = self.board, self.gradients.parts[name]
        if board.large or not board.shapes[name] or not parts:
            return None
        formula = self.gradients.total(name)
        if not any(isinstance(part, Call) and of_arrays(part) and BY_ARRAY_NAME[part.name].gathers
                   for part in walk(formula)):  # fmt: skip
            return None
        entries = self.chained(name)
        if entries is None:
            return None
        try:
            forms = [_expanded(entry) for entry in entries.ravel()]
        except (NoSize, RecursionError):
            return None
        for value in self.values(formula, name):
            found = self.less(forms, value, name)
            if found is not None:
                return found
        return None

    def values(self, formula: Expr, name: str) -> Iterator[Expr]:
        """The parts of a gradient's formula in its shape that are values of nodes, or functions of parameters that a
        node's formula has.
        """
        shape, graph = self.board.shapes[name], self.board.graph
        known = {*graph.nodes, *(name for name, leaf in graph.leaves.items() if leaf.kind == "parameter")}
        for part in dict.fromkeys(walk(formula)):
            read = {text(each) for each in names(part)}
            if not read or not read <= known or any(isinstance(each, Deriv) for each in walk(part)):
                continue
            if (read <= {*graph.nodes} or part in self.inside) and self.gradients.shape(part) == shape:
                yield part

    @cached_property
    def inside(self) -> set[Expr]:
        """The calls in the formulas of nodes."""
        formulas = [node.formula for node in self.board.graph.nodes.values() if node.formula is not None]
        return {part for formula in formulas for part in walk(formula) if isinstance(part, Call)}

    def chained(self, name: str) -> Entries | None:
        """The entries of a gradient by the entries of nodes alone, the upstream gradients put in; None where they are
        long.
        """
        graph = self.board.graph
        between = graph.descendants([name]) & self.gradients.formulas.keys() - self.entries.keys()
        for each in (*[node for node in reversed(graph.order) if node in between], name):  # from the output back
            if each not in self.entries:
                self.entries[each] = self.worked(each)
        return self.entries[name]

    def worked(self, name: str) -> Entries | None:
        board = self.board
        known = dict(self.letters)
        if not board.is_bare:
            assert board.output is not None
            known[text(board.symbol(board.output))] = board.arriving
        formula = self.gradients.total(name)
        for part in dict.fromkeys(walk(formula)):
            if not isinstance(part, Deriv) or text(part) in known:
                continue
            entries = self.entries[text(part.wrt)]
            if entries is None:
                return None
            known[text(part)] = entries
        if np.prod(board.shapes[name]) > MOST_ENTRIES:
            return None
        try:
            found = np.broadcast_to(Worker(board.vocabulary, known)(formula), board.shapes[name])
        except StepperError:
            return None
        return found if all(extent(entry_expr(entry))[0] <= LONGEST_ENTRY for entry in found.ravel()) else None

    @cached_property
    def letters(self) -> dict[str, Entries]:
        """The names of all entries; for those of inputs their numbers, where they are exact."""
        board = self.board
        inputs = [name for name, leaf in board.graph.leaves.items() if leaf.kind == "input" and name in board.known]
        return {**board.symbols, **{name: board.known[name] for name in inputs}, **self.instead}

    def less(self, forms: list[Polynomial], value: Expr, name: str) -> Residual | None:
        """The gradient as ``scale*(value - target)``, where its entries have that form."""
        try:
            entries = np.broadcast_to(Worker(self.board.vocabulary, self.letters)(value), self.board.shapes[name])
            atoms = [((canonical(entry_expr(entry)), 1),) for entry in entries.ravel()]
        except (StepperError, NoSize):
            return None
        scales = {form.get(atom, Fraction(0)) for form, atom in zip(forms, atoms, strict=True)}
        if len(scales) != 1 or not (scale := scales.pop()):
            return None
        rests = [{term: size for term, size in form.items() if term != atom}
                 for form, atom in zip(forms, atoms, strict=True)]  # fmt: skip
        wanted = [constant(scaled(rest, Fraction(-1))) for rest in rests]
        if any(number is None for number in wanted):
            return None
        return self.written(scale, value, [number for number in wanted if number is not None], name)

    def condition(self, form: Expr, total: Fraction, target: str, of: str) -> Prose:
        """What a form takes of the target: that sums of it are ``total``, where it holds for all such targets."""
        array = self.board.known[target]
        for axis, (whose, sums) in _sums(array.ndim).items():
            other = _other(array, axis, total)
            varied = None if other is None else Residuals(self.gradients, {target: other})
            entries = varied.chained(of) if varied is not None else None
            if varied is None or entries is None:
                continue
            try:
                wanted = np.broadcast_to(Worker(self.board.vocabulary, varied.letters)(form), array.shape)
                pairs = zip(entries.ravel(), wanted.ravel(), strict=True)
                if all(_expanded(one) == _expanded(another) for one, another in pairs):
                    return (whose, reference(target), sums, literal_of(total))
            except (StepperError, NoSize, RecursionError):
                continue
        return ("substituting the numbers",)

    def written(self, scale: Fraction, value: Expr, taken: list[Fraction], of: str) -> Residual | None:
        """``scale*value`` less the numbers that are ``taken`` from it: a multiple of an input that nodes further on
        read, else the numbers themselves.
        """
        if not any(taken):
            return None
        graph, shape = self.board.graph, self.board.shapes[of]
        read = {each for node in graph.descendants([of]) if node in graph.nodes for each in graph.nodes[node].reads}
        for name, leaf in graph.leaves.items():
            array = self.board.known.get(name)
            if name not in read or leaf.kind != "input" or array is None or array.shape != shape:
                continue
            entries = [number_of(entry_expr(entry)) for entry in array.ravel()]
            size = next((one / Fraction(other) for one, other in zip(taken, entries, strict=True) if other), None)
            if size and all(one == size * Fraction(other or 0) for one, other in zip(taken, entries, strict=True)):
                whole = add_all([("+", value), ("-", reference(name))])
                parts = add_all([("+", _times(scale, value)), ("-", _times(size, reference(name)))])
                form = _times(scale, whole) if size == scale else parts
                return Residual(form, self.condition(form, scale / size, name, of))
        target = [number / scale for number in taken]
        if len(taken) > LONGEST_TARGET or abs(scale.numerator) != 1 or min(target) < 0:
            return None
        return Residual(_times(scale, add_all([("+", value), ("-", as_expr(numbers(target, shape)))])), ())


def _expanded(entry: object) -> Polynomial:
    return expanded(canonical(entry_expr(entry)))


def _sums(axes: int) -> dict[int | None, tuple[str, str]]:
    """The axes along which the sums of a target may be the same, and how that is said before and after its name."""
    whole = ("the entries of ", " sum to ")
    if axes == 1:
        return {0: whole}
    columns: dict[int | None, tuple[str, str]] = {0: ("each column of ", " sums to ")} if axes == MATRIX else {}
    return {axes - 1: ("each row of ", " sums to "), **columns, None: whole}


def _other(array: Entries, axis: int | None, total: Fraction) -> Entries | None:
    """Other numbers with the same sums along an axis, or of all entries; None where these are not ``total``."""
    found = [number_of(entry_expr(entry)) for entry in array.ravel()]
    exact = np.array([Fraction(number or 0) for number in found], dtype=object).reshape(array.shape)
    if any(each != total for each in np.ravel(exact.sum(axis))):
        return None
    weights = np.array([Fraction(place * place + 1) for place in range(array.size)], dtype=object).reshape(array.shape)
    sums = weights.sum() if axis is None else weights.sum(axis, keepdims=True)
    return numbers(list((weights * total / sums).ravel()), array.shape)


def _times(scale: Fraction, expr: Expr) -> Expr:
    if abs(scale.numerator) == 1 and scale > 0:
        return expr if scale == 1 else divide(expr, Num(str(scale.denominator)))
    return times(literal_of(scale), expr)
