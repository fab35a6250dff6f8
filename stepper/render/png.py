"""The pictures of a derivation as PNG."""

from __future__ import annotations

from stepper.core.steps import Derivation
from stepper.render._plot import drawn
from stepper.render.look import Look


def render(derivation: Derivation, look: Look) -> bytes:
    """The plots that are shown at the level of detail, side by side; where there are none, the graph.

    Raises:
        StepperError: where there is neither, or the plotting library is missing.
    """
    return drawn(derivation, look, "png")
