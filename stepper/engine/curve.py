"""A function of one number and its derivative as curves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from stepper.core.expr import Call, Expr, Sym
from stepper.core.formula import reference
from stepper.core.parser import parse
from stepper.core.pictures import Curve, Plot
from stepper.core.prose import Prose
from stepper.core.steps import Step
from stepper.engine.values.arithmetic import FLOAT
from stepper.engine.values.differentiate import partials
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import StepperError
from stepper.tables.row import FunctionRow

LOW, HIGH, COUNT = -5.0, 5.0, 401
"""The stretch that is drawn, and at how many places it is worked out."""
TALLEST = 6.0
"""Values beyond this are left out: a curve that rises so far hides what is near zero."""
JUMP, STEEPER = 0.3, 4.0
"""Neighbours further apart than this, and than their own neighbours by this factor, stand on two sides of a jump."""


def argument(row: FunctionRow) -> str | None:
    """The one number that a function takes, other than those that have a value of their own; None where it takes
    several, or lists.
    """
    needed = [(name, kind) for name, default, kind in row.signature() if not default]
    (name, kind), *others = needed
    return name if kind == "number" and not others else None


def curve_step(row: FunctionRow) -> Step | None:
    """The picture of a function of one number, beside its derivative."""
    name = argument(row)
    if name is None:
        return None
    vocabulary = PLAIN
    settings = {other: parse(default) for other, default, _ in row.signature() if default}
    call = Call(row.name, tuple(settings.get(part, Sym(part)) for part, _, _ in row.signature()))
    slope = partials(call, vocabulary).get(Sym(name))
    places = [LOW + (HIGH - LOW) * place / (COUNT - 1) for place in range(COUNT)]
    values = [_height(call, name, place, vocabulary) for place in places]
    if all(value is None for value in values):
        return None
    curves = _curves((call,), places, values, 0)
    if slope is not None:
        # a derivative's formula may have values where the function itself has none
        defined = [place for place, value in zip(places, values, strict=True) if value is not None]
        curves += _curves(
            ("its derivative",), defined, [_height(slope, name, place, vocabulary) for place in defined], 1
        )
    said: Prose = (call, " and its derivative")
    return Step(
        "rules.curve", "rules.curve", ("Picture",), (Plot(said, (reference(name),), (), tuple(curves)),), detail="brief"
    )


def _curves(title: Prose, places: Sequence[float], heights: Sequence[float | None], dashes: int) -> list[Curve]:
    """The pieces of a curve, between the places where it jumps or has no value; the first has the name."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for number, (place, height) in enumerate(zip(places, heights, strict=True)):
        if height is None or _jumps(heights, number):
            pieces.append([])
        if height is not None:
            pieces[-1].append((place, height))
    kept = [tuple(piece) for piece in pieces if len(piece) > 1]
    return [Curve(title if number == 0 else (), piece, dashes=dashes) for number, piece in enumerate(kept)]


def _jumps(heights: Sequence[float | None], number: int) -> bool:
    """Does the curve jump just before a place?"""
    first = max(0, number - 2)
    near = heights[first : number + 2]
    known = [height for height in near if height is not None]
    if number == 0 or len(known) < len(near):
        return False
    rises = [abs(after - before) for before, after in pairwise(known)]
    own = rises.pop(number - 1 - first)
    return own > JUMP and all(own > STEEPER * rise for rise in rises)


def _height(formula: Expr, name: str, place: float, vocabulary: Vocabulary) -> float | None:
    try:
        found = evaluate(formula, {name: place}, vocabulary, 0, FLOAT)
    except (StepperError, ArithmeticError, ValueError):
        return None
    assert found is not None
    height = float(found)
    return height if abs(height) <= TALLEST else None
