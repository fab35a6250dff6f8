"""The figure of a document that is being filled in, as a terminal shows it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from stepper.render.look import Look
    from stepper.write.page import Page

BELOW = 7
"""Lines of a screen that stand below the figure."""


def figure(page: Page, name: str) -> str:
    """The drawing of a page with the numbers in it; where the screen is lower, the part in which a name stands."""
    from stepper.api import draw
    from stepper.api.documents import read
    from stepper.render.terminal import render

    derivation = draw(read(page)).derivation
    shown = replace(derivation, title="", source="", steps=derivation.steps[:1], conventions=())
    lines = render(shown, replace(_look(), graph=True)).strip("\n").split("\n")
    room = max(1, shutil.get_terminal_size((80, 24)).lines - BELOW)
    found = next((place for place, line in enumerate(lines) if spelled(name.partition("[")[0]) in line), 0)
    start = max(0, min(found - room // 2, len(lines) - room))
    return "\n".join(lines[start : start + room])


def spelled(name: str) -> str:
    """A name as the figure has it."""
    from stepper.core.formula import reference
    from stepper.render._unicode import formula
    from stepper.render.look import Style

    return name if _look().ascii else formula(reference(name), Style())


def _look() -> Look:
    from stepper.cli.output import Output

    return Output().look("terminal")
