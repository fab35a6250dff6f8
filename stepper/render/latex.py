r"""A LaTeX document, or with ``fragment`` a body for ``\input``: equations in ``align*``, one relation a line, tables
over pages.

It is set alike by pdflatex, xelatex and lualatex with what a basic TeX holds. A line is broken where an estimate of its
width says so; what cannot be broken TeX itself measures and shrinks to the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from stepper.core.pictures import Drawing, Plot
from stepper.core.progress import tell
from stepper.core.steps import Block, Derivation, Equation, Listing, Note, Step, Table, Trail
from stepper.render._latex import RELATIONS, formula, station
from stepper.render._layout import numbered
from stepper.render._writing import signed
from stepper.render.look import Look, Style, links_shown, style_of
from stepper.render.tex.breaking import INDENT, broken, continued, indent
from stepper.render.tex.parts import Run, height, parse, tex, width
from stepper.render.tex.prose import Text, bare, prose
from stepper.render.tex.table import table
from stepper.render.tex.words import escape, plain

PAGE = 40.4
"""The line of an A4 page with margins of 25 mm in em of 11 points; letter paper is wider."""
COLUMN = 32.0
"""The line of an article as TeX sets it by itself."""
MARGIN = 1.5
"""How far equations stand in."""
WIDEST_LEFT = 0.3
"""Up to this share of a line, left sides are aligned with each other."""
KEPT = 8
"""Up to so many lines of an equation, no page break divides them."""
TALLEST = 30
"""Lines that a page surely holds."""
DRAWING, DRAWING_IN = 16.0, 12.0
"""Centimetres that the line of this page has, and that of an article."""
RELATION = 1.34
"""The width of ``=`` with the blanks around it."""

PACKAGES = ("amsmath", "array", "booktabs", "graphicx", "longtable")
_DISPLAY, _DISPLAY_END = r"\begin{align*}", r"\end{align*}"
_VERTICAL = re.compile(r"\\(end\{\w+\*?\}|endgroup|stepperstep\{.*\}|section\*\{.*\})$")
"""What ends a paragraph by itself."""
_LIST = r"\setlength{\itemsep}{0pt}\setlength{\parsep}{0.2\baselineskip}"
_CLASS = r"""\documentclass[11pt,a4paper]{article}
\usepackage[margin=25mm]{geometry}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \usepackage[T1]{fontenc}
  \IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\fi
\usepackage[fleqn]{amsmath}
\setlength{\mathindent}{1.5em}"""
_MACROS = (
    r"""% what is wider than a share of the line is shrunk to it
\ifdefined\stepperbox\else\newsavebox{\stepperbox}\fi
\providecommand{\stepperfit}[2]{%
  \sbox{\stepperbox}{#2}%
  \ifdim\wd\stepperbox>#1\linewidth
    \sbox{\stepperbox}{\resizebox{#1\linewidth}{!}{\usebox{\stepperbox}}}%
  \fi
  \ifdim\dimexpr\ht\stepperbox+\dp\stepperbox\relax>0.85\textheight
    \sbox{\stepperbox}{\resizebox*{!}{0.85\textheight}{\usebox{\stepperbox}}}%
  \fi
  \ensuremath{\vcenter{\hbox{\usebox{\stepperbox}}}}}
% the heading of a step, with room for some lines below it: its number, its label """
    r"""(of texts input twice the first has it), its title
\providecommand{\stepperstep}[3]{%
  \par\ifdim\dimexpr\pagegoal-\pagetotal\relax<8\baselineskip\ifdim\pagetotal>0pt \newpage\fi\fi
  \subsection*{\ifx\relax#1\relax\else #1\quad\fi #3}%
  \ifcsname stepper:#2\endcsname\else
    \expandafter\gdef\csname stepper:#2\endcsname{}%
    {\expandafter\def\csname @currentlabel\endcsname{#1}\label{#2}}%
  \fi}
\providecommand{\texorpdfstring}[2]{#1}"""
)
_LAYOUT = r"""\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5\baselineskip}
\raggedright
\allowdisplaybreaks"""


def render(derivation: Derivation, look: Look) -> str:
    """The derivation as a document of its own, or as a body."""
    body = _joined(_parts(derivation, look))
    drawn = r"\begin{tikzpicture}" in body
    packages = (*PACKAGES, *(("amssymb",) if r"\mathbb" in body else ()), *(("tikz",) if drawn else ()))
    columns = max(
        (found.count("&") + 1 for found in re.findall(r"\\begin\{bmatrix\}([^\\]*(?:\\(?!\\)[^\\]*)*)", body)),
        default=0,
    )
    wide = (
        [rf"\ifnum\value{{MaxMatrixCols}}<{columns} \setcounter{{MaxMatrixCols}}{{{columns}}}\fi"]
        if columns > 10
        else []
    )
    if look.fragment:
        needs = f"% needs the packages {', '.join(packages)}; its tables go over pages, which takes text in one column"
        return "\n".join([needs, _MACROS, *wide, r"\begingroup", _LAYOUT, "", body, "", r"\par\endgroup", ""])
    loaded = [rf"\usepackage{{{name}}}" for name in packages if name != "amsmath"]
    return "\n".join(
        [_CLASS, *loaded, _MACROS, *wide, _LAYOUT, "", r"\begin{document}", "", body, "", r"\end{document}", ""]
    )


def _joined(parts: Iterable[str]) -> str:
    """Parts with a blank line between them; an equation joins the paragraph before it, and otherwise begins without an
    empty line.
    """
    written, before = "", ""
    for part in parts:
        if not part.startswith(_DISPLAY):
            written += ("\n\n" if written else "") + part
        elif before.endswith(_DISPLAY_END) or not _VERTICAL.search(before):
            written += f"\n{part}"
        else:
            written += f"\n\\nointerlineskip\n{part}"
        before = part
    return written


def _parts(derivation: Derivation, look: Look) -> Iterator[str]:
    style = style_of(derivation, look)
    if derivation.title:
        yield rf"\section*{{{_title(escape(derivation.title), plain(derivation.title))}}}"
    if derivation.source:
        yield rf"\textit{{{escape(derivation.source)}}}"
    if conventions := derivation.said(look.detail):
        yield r"\subsection*{Conventions}"
        items = [rf"\item {prose(line, style).tex}" for line in conventions]
        yield "\n".join([r"\begin{itemize}", _LIST, *items, r"\end{itemize}"])
    stem = re.sub(r"[^a-z0-9]+", "-", plain(derivation.title).lower()).strip("-")[:40] or derivation.command
    for number, step, blocks in numbered(derivation, look):
        yield _heading(number, step, stem, style)
        if step.why:
            yield prose(step.why, style).tex
        yield from _blocks(blocks, style)


def _heading(number: int, step: Step, stem: str, style: Style) -> str:
    shown = _title(prose(step.title, style).tex, bare(step.title, style))
    name = re.sub(r"[^A-Za-z0-9.]+", "-", plain(step.id))
    return rf"\stepperstep{{{number or ''}}}{{{stem}.{name}}}{{{shown}}}"


def _title(shown: str, words: str) -> str:
    """A title with what a bookmark can show of it, where that is something else."""
    words = escape(words).replace(r"\allowbreak{}", "")
    return shown if shown == words else rf"\texorpdfstring{{{shown}}}{{{words}}}"


def _blocks(blocks: list[Block], style: Style) -> Iterator[str]:
    """Blocks in their order; equations and paths that follow each other are set together."""
    room = COLUMN if style.look.fragment else PAGE
    place = 0
    while place < len(blocks):
        block = blocks[place]
        last = place + 1
        while isinstance(block, Equation | Trail) and last < len(blocks) and type(blocks[last]) is type(block):
            last += 1
        tell("writing", place, len(blocks))
        together, place = blocks[place:last], last
        match block:
            case Equation():
                yield from equations([one for one in together if isinstance(one, Equation)], style, room)
            case Trail():
                yield _trails([one for one in together if isinstance(one, Trail)], style)
            case Table():
                yield table(block, style, room)
            case Note(text):
                yield prose(text, style).tex
            case Listing(lines):
                yield _listing(lines, int(1.9 * room))
            case Drawing() if style.look.graph:
                from stepper.render.graph.tikz import tikz

                yield f"\\stepperfit{{1}}{{{tikz(block, style, DRAWING_IN if style.look.fragment else DRAWING)}}}"
            case Plot() | Drawing():
                pass
            case _:
                assert_never(block)


def equations(shown: Sequence[Equation], style: Style, room: float) -> Iterator[str]:
    """Equations one below the other, aligned at their first relations; one with a wide left side stands by itself."""
    group: list[Equation] = []
    for equation in [signed(equation, style) for equation in shown]:
        wide = width(parse(formula(equation.left, style))) > WIDEST_LEFT * room
        if wide and group:
            yield _aligned(group, style, room)
            group = []
        if wide:
            yield _aligned([equation], style, room)
        else:
            group.append(equation)
    if group:
        yield _aligned(group, style, room)


def _aligned(group: Sequence[Equation], style: Style, room: float) -> str:
    lefts = [parse(formula(equation.left, style)) for equation in group]
    margin = max(width(left) for left in lefts)
    written = [_rows(equation, left, style, margin, room) for equation, left in zip(group, lefts, strict=True)]
    return "\\begin{align*}\n" + " \\\\[0.6ex]\n".join(written) + "\n\\end{align*}"


def _rows(equation: Equation, left: Run, style: Style, margin: float, line: float) -> str:
    """One equation: on one line where that holds it, else a line for each relation, and more for long sides."""
    alone = margin > 2 * WIDEST_LEFT * line
    room = line - MARGIN - (2 * INDENT if alone else margin)
    sides = [
        (RELATIONS[relation], parse(formula(link.expr, style)), link.note)
        for relation, link in links_shown(equation, style.look)
    ]
    notes = [prose(("(", *note, ")"), style, room) if note else None for _, _, note in sides]
    total = sum(width(side) + RELATION for _, side, _ in sides) + sum(note.natural + 1 for note in notes if note)
    if total <= room and not any(notes[:-1]) and not alone and all(height(side) <= TALLEST for _, side, _ in sides):
        shown = [f"{relation} {tex(side)}" for relation, side, _ in sides]
        last = rf" \quad \text{{{notes[-1].tex}}}" if notes and notes[-1] else ""
        return f"{tex(left)}\n  &" + "\n  ".join(shown) + last
    start, further = (r"&\quad ", r"\quad") if alone else ("&", "")
    rows: list[str] = []
    high = 0
    for (relation, side, _), note in zip(sides, notes, strict=True):
        parts = broken(side, room - RELATION)
        high += sum(height(part) for part in parts)
        for part in parts:
            before = f"&{further}{continued(part)}" if part is not parts[0] else f"{start}{relation} "
            rows.append(before + _fitted(part, room - RELATION - (indent(part) if part is not parts[0] else 0.0), line))
        if note and width(parts[-1]) + note.natural + 4 <= room:
            rows[-1] += rf" \quad \text{{{note.tex}}}"
        elif note:
            rows.append(rf"&{further}\quad {_note(note, room - 2 * INDENT, line)}")
    if alone:
        return _kept_together([f"&{_fitted(left, line - MARGIN, line)}", *rows], high)
    return f"{tex(left)}\n  " + _kept_together(rows, high)


def _kept_together(rows: Sequence[str], high: int) -> str:
    """Lines of an equation; no page break leaves its first or its last alone, nor divides what is short."""
    written = rows[0]
    for place, row in enumerate(rows[1:], 1):
        kept = high <= KEPT or place in (1, len(rows) - 1)
        written += f" \\\\{'*' * kept}\n  {row}"
    return written


def _fitted(run: Run, room: float, line: float) -> str:
    """A run that TeX shrinks where it is wider than the room, or higher than a page."""
    if width(run) <= room and height(run) <= TALLEST:
        return tex(run)
    return rf"\stepperfit{{{_share(room, line)}}}{{$\displaystyle {{}}{tex(run)}$}}"


def _share(room: float, line: float) -> str:
    """A little less than a part of the line: what stands before it is estimated."""
    return f"{max(0.1, room / line - 0.01):.2f}"


def _note(note: Text, room: float, line: float) -> str:
    if note.natural <= room:
        return rf"\text{{{note.tex}}}"
    return rf"\parbox[t]{{{_share(room, line)}\linewidth}}{{\raggedright {note.tex}}}"


def _trails(trails: Sequence[Trail], style: Style) -> str:
    shown = [r" \to ".join(station(node, wire, style) for node, wire in trail.stations) for trail in trails]
    if len(shown) == 1:
        return f"${tex(parse(shown[0], inline=True))}$"
    items = [rf"\item ${tex(parse(trail, inline=True))}$" for trail in shown]
    return "\n".join([r"\begin{enumerate}", _LIST, *items, r"\end{enumerate}"])


def _listing(lines: Sequence[str], columns: int) -> str:
    """Text as it was written; a line longer than the page is wide goes on in the next."""
    shown: list[str] = []
    for line in lines:
        rest = plain(line).replace(r"\end{verbatim}", r"\end {verbatim}")
        while len(rest) > columns:
            cut = rest.rfind(" ", columns // 2, columns) + 1 or columns
            shown.append(rest[:cut].rstrip())
            rest = "    " + rest[cut:]
        shown.append(rest)
    return "\n".join([r"\begingroup\small", r"\begin{verbatim}", *shown, r"\end{verbatim}", r"\endgroup"])
