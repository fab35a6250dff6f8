"""Matrices of which something is said, made so that it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.engine.derive.witness.arrays import Nested, eye, filled, product, transposed
from stepper.engine.derive.witness.numbers import Quantity, over

Draw = Callable[[], Quantity]


def _symmetric(size: int, draw: Draw) -> Nested:
    found = filled((size, size), lambda _: draw())
    return filled((size, size), lambda at: found[max(at) - 1][min(at) - 1])


def _diagonal(size: int, draw: Draw) -> Nested:
    return filled((size, size), lambda at: draw() if at[0] == at[1] else 0)


def _positive(size: int, draw: Draw) -> Nested:
    """A product of a matrix with its transpose, and 1 more on the diagonal."""
    found = filled((size, size), lambda _: draw())
    square = product(transposed(found), found)
    return filled((size, size), lambda at: square[at[0] - 1][at[1] - 1] + (at[0] == at[1]))


def _orthogonal(size: int, draw: Draw) -> Nested:
    """Householder's reflection, I - 2 v v.T/|v|^2."""
    vector = [draw() for _ in range(size)]
    total: Quantity = 0
    for number in vector:
        total = total + number * number
    if total == 0:
        return eye(size)
    return filled(
        (size, size),
        lambda at: (1 if at[0] == at[1] else 0) + -over(2 * vector[at[0] - 1] * vector[at[1] - 1], total),
    )


MATRICES: Mapping[str, Callable[[int, Draw], Nested]] = {
    "symmetric": _symmetric,
    "diagonal": _diagonal,
    "positive_definite": _positive,
    "orthogonal": _orthogonal,
    "identity": lambda size, _: eye(size),
}
"""By the trait that is said of them."""
