"""Finds what a derivation holds to be drawn."""

from __future__ import annotations

from stepper.core.steps import Box, Derivation, Drawing, Plot, Prose
from stepper.errors import Problem, StepperError
from stepper.render.look import Look


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
