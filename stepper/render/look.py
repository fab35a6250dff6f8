"""How a derivation is to look."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from msgspec import Struct, field

from stepper.core.expr import Call, Expr, Sym, Value
from stepper.core.numbers import rounds
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Derivation, Detail, Equation, Link, Relation, Writing
from stepper.core.traverse import substitute
from stepper.errors import Problem, StepperError, nearest

Decimal: TypeAlias = Literal["point", "comma"]
POINT: Decimal = "point"
COMMA: Decimal = "comma"
DECIMALS: tuple[Decimal, ...] = (POINT, COMMA)
FORMULA = "→"
"""The sign before a notation that is a formula of a call's arguments, or a label that stands for the whole call."""
LONGEST_SUM = 16
"""Terms: of a longer sum the first and the last are shown."""
NARROWEST = 40
"""Columns: lines are not broken to fewer."""


class Look(Struct, frozen=True):
    """Settings of a renderer.

    Attributes:
        digits: significant digits of numbers that are rounded.
        width: columns, for the formats that have them.
        color: may the terminal format use colour?
        exact: fractions are shown as fractions, nothing is rounded.
        graph: are drawings of graphs shown?
        ascii: for a terminal without Unicode.
        decimal: ``point`` (0.5), or ``comma`` (0,5; arguments are then parted by semicolons). JSON, which machines
            read, has points.
        fragment: LaTeX to be put into a document, not a document.
        front_matter: Markdown with YAML front matter.
        beside: the address of the graph's picture beside the file; ``image``: it is shown there, in place of the
            flowchart.
    """

    digits: int = 4
    width: int = 80
    color: bool = False
    detail: Detail = "normal"
    exact: bool = False
    graph: bool = False
    ascii: bool = False
    fragment: bool = False
    front_matter: bool = False
    beside: str = ""
    image: bool = False
    decimal: Decimal = POINT

    def __post_init__(self) -> None:
        """Raises StepperError for a decimal sign that is not known."""
        if self.decimal not in DECIMALS:
            hint = nearest(self.decimal, DECIMALS) or f"one of {', '.join(DECIMALS)}"
            raise StepperError(Problem(f"'{self.decimal}' is not a way to write decimals", hint=hint))


class Style(Struct, frozen=True):
    """What a formula printer needs: the look of numbers, how names are spelled, whether the formula stands inside a
    line of text.
    """

    look: Look = Look()
    notation: Mapping[str, str] = field(default_factory=dict)
    inline: bool = False
    writing: Writing = Writing()


def style_of(derivation: Derivation, look: Look, *, inline: bool = False) -> Style:
    """How the formulas of a derivation are written."""
    return Style(look, derivation.notation, inline, derivation.writing)


def typeset(call: Call, style: Style) -> Expr | None:
    """The formula as which a call is set, where its notation is one of its arguments, ``→x1 @ x2.T``."""
    label = style.notation.get(call.name, "")
    if not label.startswith(FORMULA):
        return None
    form = _form(label.removeprefix(FORMULA))
    return substitute(form, {Sym(f"x{place}"): part for place, part in enumerate(call.arguments, start=1)})


@lru_cache
def _form(written: str) -> Expr:
    return Sym(written) if written.startswith("\\") else parse(written)


def links_shown(equation: Equation, look: Look) -> list[tuple[Relation, Link]]:
    """The sides of an equation with the relations that hold between what stands on the page.

    ``=`` becomes ``≈`` beside a number that is rounded there, so that ``=`` stands only between equal things.
    """
    shown: list[tuple[Relation, Link]] = []
    before: Expr = equation.left
    for link in equation.links:
        shown.append(("≈" if link.relation == "=" and rounded(before, link.expr, look) else link.relation, link))
        before = link.expr
    return shown


def honest(parts: Prose, look: Look) -> Prose:
    """Prose in which ``=`` between two formulas is ``≈`` where one of them shows a rounded number."""
    if len(parts) < 3:
        return parts
    found = list(parts)
    for place in range(1, len(parts) - 1):
        before, word, after = parts[place - 1 : place + 2]
        if (
            word == " = "
            and not isinstance(before, str)
            and not isinstance(after, str)
            and rounded(before, after, look)
        ):
            found[place] = " ≈ "
    return tuple(found)


def cell(parts: Prose, look: Look) -> Prose:
    """The cell of a table: a rounded number standing alone says that it is."""
    if len(parts) == 1 and isinstance(parts[0], Value) and rounds(parts[0], look.digits, look.exact):
        return ("≈ ", parts[0])
    return parts


def rounded(before: Expr, after: Expr, look: Look) -> bool:
    """Does one of two sides show a number that is not exactly the one meant?"""
    return rounds(before, look.digits, look.exact) or rounds(after, look.digits, look.exact)
