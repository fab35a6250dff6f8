"""What conditions of rules can say of matrices and vectors: their shapes, and where the differential is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import Call, Expr
from stepper.core.traverse import mentions, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.matrices.sizes import ONE, Shape
from stepper.tables.matrix_functions import BY_MATRIX_NAME


def is_moving(expr: Expr, context: Context) -> bool:
    """Does it change with what the differential is taken by?"""
    return context.moving is not None and mentions(expr, context.moving)


def holds_differential(expr: Expr) -> bool:
    """Is there a differential in it?"""
    return any(map(is_differential, walk(expr)))


def is_differential(expr: Expr) -> bool:
    """Is it one as a whole?"""
    return isinstance(expr, Call) and expr.name == DIFFERENTIAL


def _shape(expr: Expr, context: Context) -> Shape | None:
    return context.shapes(expr) if context.shapes else None


def _has_axes(*numbers: int) -> Callable[[list[Expr], Context], bool]:
    return lambda parts, context: (shape := _shape(parts[0], context)) is not None and len(shape) in numbers


MATRIX_FORMS: tuple[tuple[str, str], ...] = (
    (r"(\w) fixed", "fixed"), (r"(\w) a fixed number", "a fixed number"), (r"(\w) a number", "a number"),
    (r"(\w) an array", "an array"), (r"(\w) a vector", "a vector"), (r"(\w) a matrix", "a matrix"),
    (r"(\w) a row", "a row"), (r"(\w) differential", "differential"), (r"(\w), (\w) differential", "any differential"),
    (r"(\w) a differential", "a differential"), (r"(\w) entrywise", "entrywise"),
)  # fmt: skip
MATRIX_PREDICATES: Mapping[str, Callable[[list[Expr], Context], bool]] = {
    "fixed": lambda parts, context: not is_moving(parts[0], context),
    "a fixed number": lambda parts, context: not is_moving(parts[0], context) and _shape(parts[0], context) == (),
    "a number": _has_axes(0),
    "an array": _has_axes(1, 2),
    "a vector": _has_axes(1),
    "a matrix": _has_axes(2),
    "a row": lambda parts, context: (
        (shape := _shape(parts[0], context)) is not None and len(shape) == 2 and shape[0] == ONE
    ),
    "differential": lambda parts, context: holds_differential(parts[0]),
    "any differential": lambda parts, context: any(map(holds_differential, parts)),
    "a differential": lambda parts, context: is_differential(parts[0]),
    "entrywise": lambda parts, context: isinstance(parts[0], Call) and parts[0].name not in BY_MATRIX_NAME,
}
BY_FACTOR = frozenset({"fixed", "a fixed number", "a number", "differential"})
"""A product meets these where each of its factors does, or where the one that does is taken."""
