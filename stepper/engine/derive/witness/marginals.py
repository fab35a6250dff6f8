"""The distribution of one random quantity: by its law, or a few values."""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct

from stepper.core.assumptions import Law
from stepper.engine.derive.witness.expectation import Density, Outcomes
from stepper.engine.derive.witness.laws import LONG, SHORT, LawRow, Points, law_row, nodes
from stepper.engine.derive.witness.numbers import Quantity, Unable, Undefined, holds, over
from stepper.engine.derive.witness.scene import Scene


class Marginal(Struct, frozen=True):
    """The distribution of one quantity: its points, or its law with the values of its parameters."""

    points: Points | None = None
    row: LawRow | None = None
    parameters: tuple[Quantity, ...] = ()


def integrated(marginal: Marginal, degree: float) -> Outcomes | Density:
    """What an expectation goes over, of a formula that is a polynomial of this degree, or none."""
    if marginal.points is not None:
        return Outcomes(marginal.points)
    row, parameters = marginal.row, marginal.parameters
    assert row is not None
    if row.moments is not None and degree != math.inf:
        return Outcomes(nodes(row.moments(*parameters), int(degree)))
    if row.points is not None:
        return Outcomes(row.points(*parameters), 1)
    assert row.density is not None
    assert row.support is not None
    density, ends = row.density, row.support
    return Density(density(*parameters), ends(LONG, *parameters), _split(ends(SHORT, *parameters)))


def _split(ends: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    """On both sides of the middle, where there is one, once more, a third of the way out."""
    if len(ends) != 3:
        return ends
    low, middle, high = ends
    return low, over(2 * middle + low, 3), middle, over(2 * middle + high, 3), high


def by_law(scene: Scene, law: Law, indices: Mapping[str, int]) -> Marginal:
    row = law_row(law.name)
    if len(law.arguments) != len(row.domains):
        raise Unable(f"{law.name} with {len(law.arguments)} parameters")
    with scene.putting(indices):
        parameters = tuple(scene.number(argument) for argument in law.arguments)
    for number, (low, high) in zip(parameters, row.domains, strict=True):
        if not (low < number < high):
            raise Undefined(f"a parameter of {law.name} out of its range")
    if row.support is not None and not holds("<", (ends := row.support(SHORT, *parameters))[0], ends[-1]):
        raise Undefined(f"parameters of {law.name} that do not fit")
    if row.moments is None and row.points is not None:
        return Marginal([point for point in row.points(*parameters) if point[1] != 0])
    return Marginal(None, row, parameters)
