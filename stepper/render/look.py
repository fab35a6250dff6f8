"""How a derivation is to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stepper.core.expr import Expr
from stepper.core.numbers import rounds
from stepper.core.steps import Detail, Equation, Link, Relation


@dataclass(frozen=True, slots=True)
class Look:
    """Settings of a renderer.

    Attributes:
        digits: significant digits of numbers that are rounded.
        width: columns, for the formats that have them.
        color: may the terminal format use colour?
        exact: fractions are shown as fractions, nothing is rounded.
    """

    digits: int = 4
    width: int = 80
    color: bool = False
    detail: Detail = "normal"
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """What a formula printer needs: the look of numbers, how names are spelled, whether the formula stands inside a line of text."""

    look: Look = Look()
    notation: Mapping[str, str] = field(default_factory=dict)
    inline: bool = False


def links_shown(equation: Equation, look: Look) -> list[tuple[Relation, Link]]:
    """The sides of an equation with the relations that hold between what stands on the page.

    ``=`` becomes ``≈`` beside a number that is rounded there, so that ``=`` stands only between equal things.
    """
    shown: list[tuple[Relation, Link]] = []
    before: Expr = equation.left
    for link in equation.links:
        rounded = rounds(before, look.digits, look.exact) or rounds(link.expr, look.digits, look.exact)
        shown.append(("≈" if link.relation == "=" and rounded else link.relation, link))
        before = link.expr
    return shown
