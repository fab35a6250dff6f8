"""The graph of a derivation in the language of Graphviz."""

from __future__ import annotations

from html import escape

from stepper.core.pictures import Box
from stepper.core.steps import Derivation
from stepper.render._unicode import prose
from stepper.render.graph.fold import folded
from stepper.render.graph.pictures import GRADIENT, VALUE, caption, described, graph_of
from stepper.render.look import Look, Style, style_of

MOST_BOXES, MOST_UNFOLDED = 120, 600


def render(derivation: Derivation, look: Look) -> bytes:
    """The digraph, from left to right: in each box the name, the value, and slanted the gradient.

    Raises:
        StepperError: where there is no graph.
    """
    style = style_of(derivation, look, inline=True)
    drawing = folded(graph_of(derivation, "DOT"), MOST_UNFOLDED if look.detail == "full" else MOST_BOXES)
    lines = [
        "digraph stepper {",
        "  rankdir=LR;",
        '  node [shape=box, style="rounded", fontname="serif"];',
        '  edge [fontname="serif"];',
    ]
    said = prose(caption(drawing, style), style)
    lines += [f"  label={_quoted(said)}; labelloc=b; labeljust=l; fontname=serif;"] if said else []
    for box in drawing.boxes:
        pen = ", penwidth=2.5" if box.marked else ", peripheries=2" if box.kind == "output" else ""
        rows = "<BR/>".join(row for part in (box, *box.inside) for row in _rows(part, style, inside=part is not box))
        lines.append(f"  {_quoted(box.name)} [label=<{rows}>{pen}];")
    for arrow in drawing.arrows:
        said = f"label=<{_gradient(prose(arrow.gradient, style))}>" if arrow.gradient else ""
        options = ", ".join(part for part in (said, "penwidth=2.5" if arrow.marked else "") if part)
        lines.append(f"  {_quoted(arrow.source)} -> {_quoted(arrow.target)}{f' [{options}]' if options else ''};")
    return ("\n".join([*lines, "}"]) + "\n").encode()


def _rows(box: Box, style: Style, *, inside: bool) -> list[str]:
    name = escape(prose(box.label, style))
    value = f'<FONT COLOR="{VALUE}">{escape(prose(box.value, style))}</FONT>' if box.value else ""
    gradient = _gradient(prose(box.gradient, style)) if box.gradient else ""
    if inside:
        return [" ".join(part for part in (name, value, gradient) if part)]
    return [part for part in (name, escape(prose(described(box), style)), value, gradient) if part]


def _gradient(written: str) -> str:
    return f'<FONT COLOR="{GRADIENT}"><I>∂ {escape(written)}</I></FONT>'


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
