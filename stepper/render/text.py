"""Plain text."""

from __future__ import annotations

from stepper.core.steps import Derivation
from stepper.render._layout import lines
from stepper.render.look import Look


def render(derivation: Derivation, look: Look) -> str:
    """The derivation as plain lines of at most ``look.width`` columns."""
    return "".join("".join(span for span, _ in line).rstrip() + "\n" for line in lines(derivation, look))
