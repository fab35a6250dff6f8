r"""Markdown with ``$...$`` and ``$$...$$``, in the subset that GitHub, Obsidian, Jupyter and pandoc all render.

Display formulas stand alone between blank lines; a long one is ``aligned``, one relation a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import assert_never

from msgspec.structs import replace

from stepper.core.patterns import later
from stepper.core.pictures import Drawing, Plot
from stepper.core.progress import each
from stepper.core.prose import Prose
from stepper.core.steps import Block, Derivation, Equation, Listing, Note, Table, Trail
from stepper.render._latex import RELATIONS, formula, station, terms
from stepper.render._layout import numbered
from stepper.render._lines import packed
from stepper.render._number import listed
from stepper.render._unicode import cells
from stepper.render._unicode import formula as plain_formula
from stepper.render._writing import signed
from stepper.render.graph.fold import folded
from stepper.render.graph.pictures import caption
from stepper.render.look import Look, Style, cell, honest, links_shown, style_of
from stepper.render.mermaid import MOST_BOXES, mermaid
from stepper.render.tex.breaking import broken
from stepper.render.tex.parts import parse, tex
from stepper.render.tex.parts import width as measured
from stepper.render.tex.words import SYMBOLS

LONGEST_LINE = 90
WIDEST_LINE, NARROWEST_PART, WIDEST_PART = 34, 16, 42.0
"""In em: terms are put together to lines that many pages hold; what no page holds is broken within."""
LATIN = 0xFF
_RELATION = later(r" [=≈<>≤≥∼] ")
_SIGN = later(f"([{''.join(sign for sign in SYMBOLS if ord(sign) > LATIN and sign != '…')}])(?=(\\d)?)")
_INDEX = later(r"(?<=\S)_\{")
"""An underscore that Markdown could take for emphasis."""
_SPECIAL = later(r"([\\`*_{}\[\]<>#|$~&^])")


def render(derivation: Derivation, look: Look) -> str:
    """The derivation as a section of study notes."""
    return "\n\n".join(_parts(derivation, look)) + "\n"


def _parts(derivation: Derivation, look: Look) -> Iterator[str]:
    style = style_of(derivation, look)
    if look.front_matter:
        yield _front_matter(derivation)
    elif derivation.title:
        yield f"# {escape(derivation.title)}"
    if derivation.source:
        yield f"*{escape(derivation.source)}*"
    if conventions := derivation.said(look.detail):
        yield "**Conventions**"
        yield "\n".join(f"- {prose(line, style)}" for line in conventions)
    for number, step, blocks in numbered(derivation, look):
        yield f"## {f'{number}. ' if number else ''}{prose(step.title, style)}"
        if step.why:
            yield prose(step.why, style)
        yield from _blocks(blocks, style)


def _front_matter(derivation: Derivation) -> str:
    """Properties at the head of a note, in YAML; the title then stands there and not among the headings."""
    said = {
        "title": derivation.title or derivation.command,
        **({"source": derivation.source} if derivation.source else {}),
    }
    import json

    # JSON's strings are YAML's too, whatever they hold
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in said.items()]
    return "\n".join(["---", *lines, f"tags: [stepper, {derivation.command}]", "---"])


def _blocks(blocks: list[Block], style: Style) -> Iterator[str]:
    trails: list[str] = []
    for block in each(blocks, "writing"):
        if isinstance(block, Trail):
            way = r" \to ".join(station(node, wire, style) for node, wire in block.stations)
            trails.append(f"${way}$")
            continue
        if trails:
            yield _trails(trails)
            trails = []
        match block:
            case Equation():
                yield display(block, style)
            case Table():
                yield _table(block, style)
            case Note(text):
                yield prose(text, style)
            case Listing(lines):
                fence = "~" * (1 + max([2, *(len(run) for line in lines for run in re.findall("~+", line))]))
                yield "\n".join([fence, *lines, fence])
            case Drawing() if style.look.image:
                yield f"![The computational graph]({style.look.beside})"
            case Drawing():
                yield f"```mermaid\n{mermaid(block, replace(style, inline=True))}```"
                if said := caption(folded(block, MOST_BOXES), style):
                    yield prose(said, style)
                if style.look.beside:
                    yield f"[The graph as a picture]({style.look.beside})"
            case Plot():
                pass  # pictures are drawn by the formats of pictures
            case _:
                assert_never(block)
    if trails:
        yield _trails(trails)


def _trails(trails: list[str]) -> str:
    """Paths as a list, numbered where there are several."""
    return trails[0] if len(trails) == 1 else "\n".join(f"{place}. {trail}" for place, trail in enumerate(trails, 1))


def display(equation: Equation, style: Style) -> str:
    """An equation as a display: on one line, or a line for each relation where it is long."""
    equation = signed(equation, style)
    left = formula(equation.left, style)
    shown = links_shown(equation, style.look)
    width = cells(plain_formula(equation.left, style)) + sum(
        3 + cells(plain_formula(link.expr, style)) for _, link in shown
    )
    notes = [rf" \quad ({_math_prose(link.note, style)})" if link.note else "" for _, link in shown]
    sides = "".join(
        f" {RELATIONS[relation]} {formula(link.expr, style)}{note}"
        for (relation, link), note in zip(shown, notes, strict=True)
    )
    if width <= LONGEST_LINE and not any(notes[:-1]) and not _is_wide(left + sides):
        return f"$$\n{left}{sides}\n$$"
    rows: list[str] = []
    room = max(WIDEST_LINE - _width(left), NARROWEST_PART)
    for (relation, link), note in zip(shown, notes, strict=True):
        head = f"{'' if rows else left} &{RELATIONS[relation]} "
        for part in packed(terms(link.expr, style), room, _width):
            for line in _lines(part):
                rows.append(f"{head}{line}")
                head = r"&\quad "
        rows[-1] += note
    inner = " \\\\\n".join(row.strip() for row in rows)
    return f"$$\n\\begin{{aligned}}\n{inner}\n\\end{{aligned}}\n$$"


def _lines(latex: str) -> list[str]:
    """A part of a formula on as many lines as it is set on: broken within products and brackets where it is wide."""
    if not _is_wide(latex):
        return [latex]
    return [_INDEX.sub(" _{", tex(line)) for line in broken(parse(latex), WIDEST_PART)]


def _is_wide(latex: str) -> bool:
    """Is a formula wider than a page, as TeX sets it?"""
    return measured(parse(latex)) > WIDEST_PART


def _width(latex: str) -> int:
    """How wide a formula is set by TeX, in em."""
    return ceil(measured(parse(latex)))


def _math_prose(parts: Prose, style: Style) -> str:
    r"""Prose inside a formula: words become ``\text{...}``."""
    written = ""
    for part in listed(honest(parts, style.look), style.look):
        if not isinstance(part, str):
            written += formula(part, style)
        elif re.fullmatch(r"[ =<>,;]+", part):
            written += part
        else:
            written += rf"\text{{{part}}}"
    return written


def prose(parts: Prose, style: Style) -> str:
    """Words with formulas between dollars; formulas joined by a relation are one."""
    style = replace(style, inline=True)
    written = ""
    in_math = False
    parts = listed(honest(parts, style.look), style.look)
    for position, part in enumerate(parts):
        if not isinstance(part, str):
            # a formula that touches another takes a blank: $$ would open a display
            written += (
                formula(part, style) if in_math else (" " if written.endswith("$") else "") + f"${formula(part, style)}"
            )
            in_math = True
        elif (
            in_math
            and _RELATION.fullmatch(part)
            and position + 1 < len(parts)
            and not isinstance(parts[position + 1], str)
        ):
            written += f" {RELATIONS.get(part.strip(), SYMBOLS.get(part.strip(), part.strip()))} "
        else:
            written += ("$" if in_math else "") + escape(part)
            in_math = False
    return written + ("$" if in_math else "")


def escape(text: str) -> str:
    """Words in which Markdown must find no markup; signs that fonts for words do not have are set as formulas."""
    return _SIGN.sub(_sign, _SPECIAL.sub(r"\\\1", text))


def _sign(found: re.Match[str]) -> str:
    """A digit right after a dollar would keep it from closing the formula."""
    sign, after = found.groups()
    return f"${SYMBOLS[sign]}${' ' if after else ''}"


def _table(table: Table, style: Style) -> str:
    rows = [[prose(cell(entry, style.look), style) for entry in row] for row in table.rows]
    heads = [prose(column.title, style) for column in table.columns]
    marks = ["---:" if column.align == "right" else "---" for column in table.columns]
    lines = [heads, marks, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
