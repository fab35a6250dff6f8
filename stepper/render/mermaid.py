"""The graph of a derivation as a Mermaid flowchart, which GitHub, GitLab and Obsidian draw inside Markdown."""

from __future__ import annotations

from stepper.core.pictures import Box, Drawing
from stepper.core.steps import Derivation
from stepper.render._unicode import prose
from stepper.render.graph.fold import folded
from stepper.render.graph.pictures import caption, described, graph_of
from stepper.render.look import Look, Style, style_of

MOST_BOXES = 60
PARTIAL = "#8706;"
_ENTITIES = {
    "#": "#35;",
    '"': "#quot;",
    "<": "#lt;",
    ">": "#gt;",
    "&": "#amp;",
    "`": "#96;",
    "|": "#124;",
    "\\": "#92;",
}


def render(derivation: Derivation, look: Look) -> bytes:
    """The flowchart.

    Raises:
        StepperError: where there is no graph.
    """
    style, drawing = style_of(derivation, look, inline=True), graph_of(derivation, "Mermaid")
    said = prose(caption(drawing, style), style)
    return f"{f'%% {said}{chr(10)}' if said else ''}{mermaid(drawing, style)}".encode()


def mermaid(drawing: Drawing, style: Style) -> str:
    """The flowchart: in each box the name, the value, and after ∂ the gradient; nodes are numbered, so that any name is
    safe.
    """
    drawing = folded(drawing, MOST_BOXES)
    numbers = {box.name: f"n{number}" for number, box in enumerate(drawing.boxes)}
    lines = ["flowchart LR"]
    for box in drawing.boxes:
        opened, closed = ('("', '")') if box.kind in ("input", "parameter", "constant") else ('["', '"]')
        lines.append(f"  {numbers[box.name]}{opened}{'<br/>'.join(_rows(box, style))}{closed}")
    for arrow in drawing.arrows:
        line = "==>" if arrow.marked else "-->"
        said = f'|"{PARTIAL} {_safe(prose(arrow.gradient, style))}"|' if arrow.gradient else ""
        lines.append(f"  {numbers[arrow.source]} {line}{said} {numbers[arrow.target]}")
    marked = ",".join(numbers[box.name] for box in drawing.boxes if box.marked)
    if marked:
        lines += ["  classDef asked stroke-width:3px", f"  class {marked} asked"]
    return "\n".join(lines) + "\n"


def _rows(box: Box, style: Style) -> list[str]:
    rows = [_safe(prose(box.label, style))]
    rows += [_safe(prose(described(box), style))] if described(box) else []
    rows += [_safe(prose(box.value, style))] if box.value else []
    rows += [f"{PARTIAL} {_safe(prose(box.gradient, style))}"] if box.gradient else []
    for leaf in box.inside:
        gradient = f", {PARTIAL} {_safe(prose(leaf.gradient, style))}" if leaf.gradient else ""
        rows.append(f"{_safe(prose(leaf.label, style))}: {_safe(prose(leaf.value, style))}{gradient}")
    return rows


def _safe(text: str) -> str:
    """Signs of the language, and all letters beyond ASCII, by their numbers: where no Mermaid draws it, any font can
    show the source.
    """
    return "".join(_ENTITIES.get(letter, letter if letter.isascii() else f"#{ord(letter)};") for letter in text)
