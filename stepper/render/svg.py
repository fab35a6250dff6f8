"""The pictures of a derivation as SVG: its graph, or the plots of a run."""

from __future__ import annotations

from stepper.core.steps import Derivation
from stepper.render.graph.pictures import graph_of, plots_of
from stepper.render.look import Look, style_of


def render(derivation: Derivation, look: Look) -> bytes:
    """The plots that are shown at the level of detail, side by side; where there are none, the graph, which needs no
    library.

    Raises:
        StepperError: where there is neither, or the plotting library is missing.
    """
    if plots_of(derivation, look):
        from stepper.render._plot import drawn

        return drawn(derivation, look, "svg")
    from stepper.render.graph.svg import svg

    return svg(graph_of(derivation, "SVG"), style_of(derivation, look)).encode()
