"""The graph of a derivation as a TikZ picture, for a LaTeX document of one's own."""

from __future__ import annotations

from stepper.core.steps import Derivation
from stepper.render.graph.pictures import graph_of
from stepper.render.graph.tikz import tikz
from stepper.render.look import Look, style_of


def render(derivation: Derivation, look: Look) -> bytes:
    r"""The ``tikzpicture``, at most 12 cm wide; it needs ``\usepackage{amsmath, tikz}``, for ``\mathbb`` also
    ``amssymb``.

    Raises:
        StepperError: where there is no graph.
    """
    drawn = tikz(graph_of(derivation, "TikZ"), style_of(derivation, look))
    needed = "\\usepackage{amsmath}, \\usepackage{amssymb}" if r"\mathbb" in drawn else "\\usepackage{amsmath}"
    return f"% needs {needed} and \\usepackage{{tikz}}\n{drawn}\n".encode()
