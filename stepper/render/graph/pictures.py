"""Finds what a derivation holds to be drawn."""

from __future__ import annotations

from stepper.core.numbers import rounds
from stepper.core.pictures import Box, Drawing, Plot
from stepper.core.prose import Prose, listed
from stepper.core.steps import Derivation
from stepper.core.traverse import walk
from stepper.errors import Problem, StepperError
from stepper.render.look import Look, Style

VALUE, GRADIENT = "#14692e", "#b3261e"
"""The colours of values and gradients on a light ground."""
SIGNS = {"?": "?: not known", "…": "…: a formula too long to be shown"}


def drawing_of(derivation: Derivation) -> Drawing | None:
    """The graph of a derivation, where it has one."""
    blocks = (block for _, step in derivation.walk() for block in step.body)
    return next((block for block in blocks if isinstance(block, Drawing)), None)


def graph_of(derivation: Derivation, kind: str) -> Drawing:
    """The same, for formats that hold nothing else.

    Raises:
        StepperError: where it has none.
    """
    found = drawing_of(derivation)
    if found is None:
        hint = "graphs are drawn by draw, backprop, forward and shapes: stepper draw tum-2022/6 -o graph.svg"
        raise StepperError(Problem(f"there is no graph here to be drawn as {kind}", hint=hint))
    return found


def plots_of(derivation: Derivation, look: Look) -> list[Plot]:
    """The pictures of numbers that are shown at this level of detail."""
    return [block for _, step in derivation.walk(look.detail) for block in step.body if isinstance(block, Plot)]


def described(box: Box) -> Prose:
    """What a box is, where that is said in words, as of a layer; a formula stands only where there is room for it."""
    return box.formula if all(isinstance(part, str) for part in box.formula) else ()


def remarks(drawing: Drawing, style: Style) -> tuple[Prose, ...]:
    """What is to be said under every drawing: rounding, signs, marks, and the drawing's own notes."""
    written = [words for box in drawing.boxes for leaf in (box, *box.inside) for words in (leaf.value, leaf.gradient)]
    parts = [part for words in written for part in words if not isinstance(part, str)]
    rounded = any(rounds(piece, style.look.digits, style.look.exact) for part in parts for piece in walk(part))
    lines: list[Prose] = [(f"rounded to {style.look.digits} digits",)] if rounded else []
    signs = {part for words in written for part in words if isinstance(part, str)}
    lines += [(told,) for sign, told in SIGNS.items() if sign in signs]
    if any(box.marked for box in drawing.boxes):
        lines.append(("thick lines: the paths asked about",))
    return (*lines, *drawing.notes)


def caption(drawing: Drawing, style: Style) -> Prose:
    """What stands in the boxes, and what else is to be said, as one line, for formats that put both in the boxes."""
    values = any(box.value for box in drawing.boxes)
    lines: list[Prose] = [(f"in each box: the name, the {drawing.value}",)] if values else []
    if drawing.of:
        lines.append(("after ∂ the gradient of ", *drawing.of))
    if any(arrow.gradient for arrow in drawing.arrows):
        lines.append(("on an arrow the contribution passed back along it",))
    return listed([*lines, *remarks(drawing, style)], "; ", "; ")
