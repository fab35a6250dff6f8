"""Sizess of two arrays that meet: entry by entry, and as a product of matrices."""

from __future__ import annotations

from msgspec.structs import replace

from stepper.core.expr import (
    Expr,
    Factor,
    multiply_all,
)  # fmt: skip
from stepper.core.formula import text
from stepper.engine.tensor.entries import shown
from stepper.engine.tensor.sizes import Size, Sizes
from stepper.errors import Problem, StepperError

MATRIX = 2


def repeated(left: Sizes, right: Sizes, expr: Expr) -> Sizes:
    """The shape that two go together in, entry by entry."""
    if left == right or not right:
        return left
    if not left:
        return right
    for axis, (one, other) in enumerate(zip(reversed(left), reversed(right), strict=False), start=1):
        if one != other and 1 not in (one, other):
            sizes = f"axis {-axis} has the sizes {one} and {other}"
            what = f"{text(expr)}: {shown(left)} and {shown(right)} do not fit: {sizes}"
            hint = "transpose one of them" if left == right[::-1] else "sizes must be equal, or one of them 1"
            raise StepperError(Problem(what, hint=hint))
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    beside = longer[len(longer) - len(shorter) :]
    return (
        *longer[: len(longer) - len(shorter)],
        *(other if one == 1 else one for one, other in zip(beside, shorter, strict=True)),
    )


def multiplied(before: Expr, left: Sizes, factor: Factor, part: Expr, right: Sizes, expr: Expr) -> Sizes:
    """The shape of a product entry by entry; where the sizes forbid it and allow the product of matrices, that is
    said.
    """
    try:
        return repeated(left, right, expr)
    except StepperError as error:
        if factor == "/" or not left or not right or left[-1] != _rows(right):
            raise
        hint = f"{text(multiply_all([('*', before), ('@', part)]))} is the product of matrices"
        raise StepperError(replace(error.problems[0], hint=hint)) from None


def one_reading(before: Expr, left: Sizes, part: Expr, right: Sizes, expr: Expr) -> None:
    """Raises StepperError for a matrix times a vector, a list or a matrix of one column, which people write for the
    product too.
    """
    column = len(right) == MATRIX and right[1] == 1 and left[-1:] != (1,)
    if left[1:] != right[:1] or not (len(right) == 1 or column):
        return
    first: tuple[Factor, Expr] = ("*", before)
    readings = [
        text(multiply_all(pairs)) for pairs in ([first, ("@", part)], [("*", part), first], [first, ("⊙", part)])
    ]
    what = f"{text(expr)}: * between a matrix of {shown(left)} and a vector of {shown(right)} is ambiguous"
    scaled = f"scales the {'rows' if column else 'columns'}" if not column or left[0] == right[0] else "is elementwise"
    hint = "{} is the product; {} or {} {}".format(*readings, scaled)
    raise StepperError(Problem(what, hint=hint))


def matrix_shape(left: Sizes, right: Sizes, expr: Expr) -> Sizes:
    """The shape of a product of matrices."""
    if not left or not right:
        what = f"{text(expr)}: @ takes arrays, but one side is a number"
        raise StepperError(Problem(what, hint="a number times an array is written *"))
    inner, other = left[-1], _rows(right)
    if inner != other:
        what = (
            f"{text(expr)}: {shown(left)} @ {shown(right)} does not fit: the inner sizes differ, {_inner(left, right)}"
        )
        raise StepperError(Problem(what, hint=_transposes(left, right)))
    if len(right) == 1:
        return left[:-1]
    if len(left) == 1:
        return (*right[:-2], right[-1])
    return (*repeated(left[:-2], right[:-2], expr), left[-2], right[-1])


def _rows(right: Sizes) -> Size:
    """How many rows a product of matrices meets on its right side: of a vector its entries."""
    return right[-2:][0]


def _inner(left: Sizes, right: Sizes) -> str:
    """The two sizes of a product of matrices that should be equal, in words; a vector has entries."""
    columns = _counted(left[-1], "column" if len(left) > 1 else "entr")
    return f"{columns} against {_counted(_rows(right), 'row' if len(right) > 1 else 'entr')}"


def _counted(size: Size, word: str) -> str:
    one, more = ("entry", "entries") if word == "entr" else (word, f"{word}s")
    return f"{size} {one if size == 1 else more}"


def _transposes(left: Sizes, right: Sizes) -> str:
    """The transpose that would fit."""
    if left[-1] == right[-1]:
        return "transpose the right side: .T"
    if len(left) > 1 and left[-2] == _rows(right):
        return "transpose the left side: .T"
    return "the left side needs as many columns as the right side has rows"
