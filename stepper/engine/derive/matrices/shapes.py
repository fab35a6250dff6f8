"""Shapes by letters: what the given ones leave open is found from the formulas themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from stepper.core.assumptions import Given
from stepper.core.expr import Expr, Sym
from stepper.engine.derive.matrices.inference import Inference
from stepper.engine.derive.matrices.sizes import ONE, Cell, Shape, shape_of


class Shapes(Struct, frozen=True):
    """The shape of every name of some formulas, and so of every formula of these names."""

    names: Mapping[str, Shape]
    symmetric: frozenset[str] = frozenset()
    known: dict[Expr, tuple[Expr, Expr]] = field(default_factory=dict)
    """Rows and columns of formulas that were asked for."""

    def __call__(self, expr: Expr) -> Shape:
        """The shape of a formula: () of a number, (n,) of a vector, (n, d) of a matrix, (1, n) of a row."""
        return shape_of(*self.pair(expr))

    def pair(self, expr: Expr) -> tuple[Expr, Expr]:
        """Rows and columns."""
        if expr not in self.known:
            self.known[expr] = self._found(expr)
        return self.known[expr]

    def _found(self, expr: Expr) -> tuple[Expr, Expr]:
        inference = Inference(self.names)
        pair = inference.of(expr)
        inference.settle()
        return _found(pair[0]), _found(pair[1])


def shapes_of(formulas: Sequence[Expr], given: Given) -> Shapes:
    """The shapes of all names, so that every formula fits; several formulas have the same shape.

    >>> from stepper.core.parser import parse
    >>> found = shapes_of([parse("X @ w + b")], Given(shapes={"X": (Sym("n"), Sym("d"))}))
    >>> found.names["w"], found.names["b"]
    ((Sym(name='d'),), (Sym(name='n'),))

    Raises:
        StepperError: where shapes do not fit, or a name may be a number or a vector.
    """
    inference = Inference(given.shapes)
    pairs = [inference.of(formula) for formula in formulas]
    for formula, pair in zip(formulas[1:], pairs[1:], strict=True):
        inference.same(formulas[0], pairs[0], formula, pair, "=")
    inference.settle()
    symmetric = frozenset(name for name, said in given.traits.items() if "symmetric" in said)
    found = {name: shape_of(*map(_found, pair)) for name, pair in inference.names.items()}
    return Shapes(found, symmetric)


def _found(cell: Cell) -> Expr:
    """What is found of a size: that of an identity alone stays open."""
    return cell.known() or (Sym("?") if cell.root().counted else ONE)
