"""The terminal: the same lines as plain text, with values and gradients in colour."""

from __future__ import annotations

import io

from rich.console import Console
from rich.text import Text

from stepper.core.steps import Derivation
from stepper.render._layout import lines
from stepper.render._lines import Tone
from stepper.render.look import Look

_STYLES: dict[Tone, str] = {
    "plain": "",
    "value": "green",
    "gradient": "red",
    "title": "bold",
    "heading": "bold cyan",
    "head": "bold",
    "quiet": "dim",
}


def render(derivation: Derivation, look: Look, first: int = 1) -> str:
    """The derivation for a terminal of ``look.width`` columns; ``first`` is the number of its first step."""
    out = io.StringIO()
    console = Console(
        file=out, width=look.width, force_terminal=look.color, color_system="standard" if look.color else None,
        no_color=not look.color, highlight=False, emoji=False, markup=False, legacy_windows=False,
    )  # fmt: skip
    for line in lines(derivation, look, first):
        row = Text()
        for span, tone in line:
            row.append(span, _STYLES[tone])
        row.rstrip()
        console.print(row, soft_wrap=True)
    return out.getvalue()
