"""Where a layer does not fit what comes in: what it wants, what it gets, the smallest change that mends it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stepper.core.expr import Expr, Num, Sum
from stepper.core.formula import text
from stepper.core.network import Shape
from stepper.engine.layers.sizes import integer
from stepper.tables.layer import LayerRow as Row


class Mismatch(Exception):
    """What must hold of a layer does not."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


def shown_shape(shape: Shape) -> str:
    """``64x24x24``, for messages."""
    return "x".join(f"({text(size)})" if isinstance(size, Sum) else text(size) for size in shape)


def all_shapes(shapes: Sequence[Shape]) -> str:
    """The distinct ones among shapes, for messages."""
    return " and ".join(dict.fromkeys(map(shown_shape, shapes)))


def broadcast(shapes: Sequence[Shape]) -> Shape | None:
    """The shape of a sum of several, sizes of 1 repeated; None where they do not fit.

    Letters may be the same number.
    """
    if len({len(shape) for shape in shapes}) > 1:
        return None
    axes = [[size for size in dict.fromkeys(sizes) if size != Num("1")] for sizes in zip(*shapes, strict=True)]
    if any(len([size for size in sizes if integer(size) is not None]) > 1 for sizes in axes):
        return None
    return tuple(
        next((size for size in sizes if integer(size) is not None), sizes[0]) if sizes else Num("1") for sizes in axes
    )


def edit(row: Row, left: Expr, right: Expr, shape: Shape) -> str:
    """The smallest change that makes a layer fit."""
    wanted, known = integer(left), [size for size in map(integer, shape) if size is not None]
    if not wanted:
        return ""  # letters, or 0: no edit of what comes in makes that right
    whole = math.prod(known) if len(known) == len(shape) else None
    if whole == wanted:
        return f"{' * '.join(text(size) for size in shape)} = {wanted} after a Flatten(): put one before it"
    if len(known) == len(shape) == 3:
        channels, height, width = known
        for factor in (2, 3, 4):
            if channels * (height // factor) * (width // factor) == wanted:
                return (
                    f"{wanted} = {channels} * {height // factor} * {width // factor}: "
                    f"a MaxPool2d({factor}) and a Flatten() are missing before it"
                )  # fmt: skip
        if row.last:
            sizes = " * ".join(text(size) for size in shape)
            return f"after a Flatten() there are {sizes} = {whole} features: write {row.name}({whole}, ...)"
    return f"write {text(right)} for {text(left)}"
