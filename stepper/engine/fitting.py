"""Where a layer does not fit what comes in: what it wants, what it gets, the smallest change that mends it."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import Expr, Num
from stepper.core.formula import text
from stepper.core.network import Shape
from stepper.engine.sizes import integer, product
from stepper.rules.layer import Layer as Row


class Mismatch(Exception):
    """What must hold of a layer does not."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


def shown_shape(shape: Shape) -> str:
    """``64x24x24``, for messages."""
    return "x".join(text(size) for size in shape)


def all_shapes(shapes: Sequence[Shape]) -> str:
    """The distinct ones among shapes, for messages."""
    return " and ".join(dict.fromkeys(map(shown_shape, shapes)))


def broadcasts(one: Shape, other: Shape) -> bool:
    """Can two shapes be added, sizes of 1 repeated?"""
    return len(one) == len(other) and all(a == b or Num("1") in (a, b) for a, b in zip(one, other, strict=True))


def edit(row: Row, left: Expr, right: Expr, shape: Shape) -> str:
    """The smallest change that makes a layer fit."""
    wanted, whole = integer(left), integer(product(shape))
    if wanted is None:
        return ""
    if whole == wanted and len(shape) > 1:
        return f"{' * '.join(text(size) for size in shape)} = {wanted} after a Flatten(): put one before it"
    if len(shape) == 3 and whole is not None:
        channels, height, width = (integer(size) for size in shape)
        for factor in (2, 3, 4):
            if channels and height and width and channels * (height // factor) * (width // factor) == wanted:
                return (
                    f"{wanted} = {channels} * {height // factor} * {width // factor}: "
                    f"a MaxPool2d({factor}) and a Flatten() are missing before it"
                )  # fmt: skip
        if row.last:
            return (
                f"after a Flatten() there are {' * '.join(text(size) for size in shape)} = {whole} features: write {row.name}({whole}, ...)"
            )
    return f"write {text(right)} for {text(left)}"
