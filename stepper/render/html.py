"""A derivation as one HTML page that needs no network and no script: MathML, inline SVG, steps that fold.

The script is there for those who have it: it shows in the graph what a step uses, and walks through the steps by the
arrow keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from typing import assert_never

from msgspec.structs import replace

from stepper.core.expr import Deriv, Expr, Index, Sym
from stepper.core.formula import text
from stepper.core.pictures import Drawing, Plot
from stepper.core.progress import each
from stepper.core.prose import Prose
from stepper.core.steps import Block, Derivation, Equation, Listing, Note, Step, Table, Trail
from stepper.render._font import font_face
from stepper.render._layout import numbered
from stepper.render._lines import packed
from stepper.render._mathml import formula, station, terms
from stepper.render._number import listed
from stepper.render._page import CSS, OF_PAGE, SCRIPT, boxed
from stepper.render._unicode import cells
from stepper.render._unicode import formula as plain_formula
from stepper.render._wrapping import letters, math
from stepper.render._writing import signed
from stepper.render.graph.pictures import drawing_of
from stepper.render.graph.svg import CSS as GRAPH_CSS
from stepper.render.graph.svg import svg
from stepper.render.look import Look, Style, cell, honest, links_shown, style_of

LONGEST_LINE = 84
LONGEST_PART = 69
_RELATION = re.compile(r" [=≈<>≤≥∼] ")


def fragment(derivation: Derivation, look: Look) -> str:
    """The derivation as a part of somebody else's page, a notebook's say: its style stays in its own box, and no script
    is needed.
    """
    style = style_of(derivation, look)
    heading = [f"<h1>{escape(derivation.title)}</h1>"] if derivation.title else []
    source = [f'<p class="source">{escape(derivation.source)}</p>'] if derivation.source else []
    inside = [*heading, *source, *_conventions(derivation, style), *_steps(derivation, style)]
    return in_box("\n".join(inside))


def picture(derivation: Derivation, look: Look) -> str:
    """The drawing of a graph as a part of somebody else's page; nothing where there is none."""
    drawing = drawing_of(derivation)
    style = style_of(derivation, look)
    return "" if drawing is None else in_box(f'<figure class="picture">{svg(drawing, style, alone=False)}</figure>')


def in_box(inside: str) -> str:
    """A part of somebody else's page, with its style."""
    return "\n".join(
        ['<div class="stepper">', f"<style>\n{boxed(CSS + GRAPH_CSS + OF_PAGE)}</style>", inside, "</div>"]
    )


def render(derivation: Derivation, look: Look) -> str:
    """The page."""
    style = style_of(derivation, look)
    title = derivation.title or f"stepper {derivation.command}"
    body = [*_conventions(derivation, style), *_steps(derivation, style)]
    fonts = font_face("".join(body))
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{fonts}{CSS}{GRAPH_CSS}</style>",
        "</head>",
        "<body>",
        '<a class="skip" href="#steps">To the steps</a>',
        "<header>",
        f"<h1>{escape(title)}</h1>",
        *([f'<p class="source">{escape(derivation.source)}</p>'] if derivation.source else []),
        "</header>",
        '<main id="steps">',
        *body,
        "</main>",
        f"<script>\n{SCRIPT}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _conventions(derivation: Derivation, style: Style) -> Iterator[str]:
    if conventions := derivation.said(style.look.detail):
        yield '<section class="conventions" aria-labelledby="conventions">'
        yield '<h2 id="conventions">Conventions</h2>'
        yield "<ul>"
        yield from (f"<li>{prose(line, style)}</li>" for line in conventions)
        yield "</ul>"
        yield "</section>"


def _steps(derivation: Derivation, style: Style) -> Iterator[str]:
    """The steps that are shown, numbered; each folds."""
    for number, step, _ in numbered(derivation, style.look):
        yield f'<details open class="step" id="{escape(step.id)}"{_uses(step, style)}>'
        yield f"<summary><h2>{f'{number}. ' if number else ''}{prose(step.title, style)}</h2></summary>"
        if step.why:
            yield f'<p class="why">{prose(step.why, style)}</p>'
        yield from _inside(step, style)
        yield "</details>"


def _inside(step: Step, style: Style) -> Iterator[str]:
    """The blocks of a step, and of each step inside it under an anchor of its own."""
    yield from _blocks([block for block in step.body if style.look.graph or not isinstance(block, Drawing)], style)
    for child in each(step.children, "writing"):
        inner = list(_inside(child, style))
        if inner:
            yield f'<div class="part" id="{escape(child.id)}"{_uses(child, style)}>'
            yield from inner
            yield "</div>"


def _uses(step: Step, style: Style) -> str:
    """What a step reads, and what its equations are about, for the script to find in the graph."""
    used = [use if isinstance(use, str) else ">".join(map(str, use)) for use in step.uses]
    about = dict.fromkeys(name for block in step.body if isinstance(block, Equation) for name in _about(block.left))
    written = "".join(
        f' data-{kind}="{escape("|".join(names))}"' for kind, names in (("uses", used), ("about", list(about))) if names
    )
    return written if style.look.graph else ""


def _about(left: Expr) -> Iterable[str]:
    """The quantity that the left side of an equation names."""
    match left:
        case Sym() | Index():
            return [text(left)]
        case Deriv(_, wrt, True):
            return [text(wrt)]
        case _:
            return []


def _blocks(blocks: Iterable[Block], style: Style) -> Iterator[str]:
    trails: list[Trail] = []
    for block in blocks:
        if trails and not isinstance(block, Trail):
            yield _trails(trails, style)
            trails = []
        match block:
            case Trail():
                trails.append(block)
            case Equation():
                yield display(block, style)
            case Table():
                yield _table(block, style)
            case Note(words):
                yield f'<p class="note">{prose(words, style)}</p>'
            case Listing(lines):
                yield f"<pre>{escape(chr(10).join(lines))}</pre>"
            case Drawing():
                yield f'<figure class="picture">{svg(block, style, alone=False)}</figure>'
            case Plot():
                pass  # pictures are drawn by the formats of pictures
            case _:
                assert_never(block)
    if trails:
        yield _trails(trails, style)


def _trails(trails: list[Trail], style: Style) -> str:
    """Paths as a list, numbered where there are several; each knows its edges."""
    lines = []
    for trail in trails:
        names = [text(node) for node in trail.nodes]
        edges = "|".join(f"{start}>{end}" for start, end in pairwise(names))
        stations = [station(node, wire, style) for node, wire in trail.stations]
        data = f' data-uses="{escape(edges)}"' if style.look.graph else ""
        way = '<mo form="infix">→</mo>'.join(stations)
        lines.append(f'<li class="part"{data}><div class="way">{math(way)}</div></li>')
    kind = "ol" if len(lines) > 1 else "ul"
    return "\n".join([f'<{kind} class="paths">', *lines, f"</{kind}>"])


def display(equation: Equation, style: Style) -> str:
    """An equation on lines of its own: on one where it fits, else a line for each relation, long sums broken at their
    terms.
    """
    equation = signed(equation, style)
    shown = links_shown(equation, style.look)
    left = formula(equation.left, style)
    width = cells(plain_formula(equation.left, style)) + sum(
        3 + cells(plain_formula(link.expr, style)) for _, link in shown
    )
    notes = [f' <span class="note">({prose(link.note, style)})</span>' if link.note else "" for _, link in shown]
    if width <= LONGEST_LINE and not any(notes[:-1]):
        sides = [f'<mo form="infix">{escape(relation)}</mo>{formula(link.expr, style)}' for relation, link in shown]
        groups = [left + "".join(sides[:1]), *sides[1:]]
        written = "<wbr>".join(f'<span class="link">{math(group, block=True)}</span>' for group in groups)
        line = f'<div class="side">{written}{"".join(notes)}</div>'
        return f'<div class="equation {equation.role}">{line}</div>'
    rows: list[str] = []
    for (relation, link), note in zip(shown, notes, strict=True):
        head = f'<mo form="infix">{escape(relation)}</mo>'
        parts = packed(terms(link.expr, style), LONGEST_PART, letters, joint="")
        for place, part in enumerate(parts):
            kind, last = "further" if place else "side", place == len(parts) - 1
            rows.append(f'<div class="{kind}">{math(part if place else head + part, block=True)}{note * last}</div>')
    long = f'<div class="left">{math(left, block=True)}</div><div class="sides">{"".join(rows)}</div>'
    return f'<div class="equation {equation.role} long">{long}</div>'


def prose(parts: Prose, style: Style) -> str:
    """Words with formulas among them; formulas joined by a relation are one."""
    style = replace(style, inline=True)
    written, formulas = "", ""
    parts = listed(honest(parts, style.look), style.look)
    for position, part in enumerate(parts):
        if not isinstance(part, str):
            formulas += formula(part, style)
        elif (
            formulas
            and _RELATION.fullmatch(part)
            and position + 1 < len(parts)
            and not isinstance(parts[position + 1], str)
        ):
            formulas += f'<mo form="infix">{escape(part.strip())}</mo>'
        else:
            written += (math(formulas) if formulas else "") + escape(part)
            formulas = ""
    return written + (math(formulas) if formulas else "")


def _table(table: Table, style: Style) -> str:
    heads = "".join(
        f'<th scope="col" class="{column.align}">{prose(column.title, style)}</th>' for column in table.columns
    )
    rows = []
    for row in table.rows:
        written = "".join(
            f'<td class="{column.align} {column.role}">{prose(cell(entry, style.look), style)}</td>'
            for column, entry in zip(table.columns, row, strict=True)
        )
        rows.append(f"<tr>{written}</tr>")
    return "\n".join(
        [
            '<div class="wide" tabindex="0">',
            "<table>",
            f"<thead><tr>{heads}</tr></thead>",
            "<tbody>",
            *rows,
            "</tbody>",
            "</table>",
            "</div>",
        ]
    )
