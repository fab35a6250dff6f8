"""A derivation as lines of spans, for the formats that have columns: equations aligned at ``=``, broken at ``=`` and
top-level ``+``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from msgspec.structs import replace

from stepper.core.steps import Block, Derivation, Drawing, Equation, Listing, Note, Plot, Step, Table, Trail, shows
from stepper.core.traverse import walk
from stepper.render._ascii import ascii_of
from stepper.render._lines import INDENT, NARROWEST_COLUMN, Line, Tone, chopped, packed, table_lines, wrapped
from stepper.render._matrix import Matrices, is_matrix
from stepper.render._unicode import cells, formula, plain, prose, station, terms
from stepper.render._writing import signed
from stepper.render.look import Look, Style, links_shown, style_of

WIDEST_LEFT = 24


def lines(derivation: Derivation, look: Look, first: int = 1) -> Iterator[Line]:
    """The whole derivation, line by line, its steps numbered from ``first``; in ASCII alone where the look says so."""
    written = _lines(derivation, look, first)
    return ([(ascii_of(text), tone) for text, tone in line] for line in written) if look.ascii else written


def _lines(derivation: Derivation, look: Look, first: int) -> Iterator[Line]:
    style = style_of(derivation, look)
    if derivation.title:
        yield from wrapped(plain(derivation.title, style), look.width, 0, "title")
    if derivation.source:
        yield from wrapped(plain(derivation.source, style), look.width, 0, "quiet")
    if derivation.conventions:
        if derivation.title or derivation.source:
            yield []
        yield [("Conventions", "heading")]
        for convention in derivation.conventions:
            yield from wrapped(prose(convention, style), look.width, INDENT, "plain", hang=2)
    started = bool(derivation.title or derivation.source or derivation.conventions)
    for number, step, blocks in numbered(derivation, look, first):
        if started:
            yield []
        started = True
        head = f"{number}  " if number else ""
        yield from wrapped(f"{head}{prose(step.title, style)}", look.width, 0, "heading", hang=INDENT)
        if step.why:
            yield from wrapped(prose(step.why, style), look.width, INDENT, "quiet")
        yield from _blocks(blocks, style)


def blocks_of(step: Step, look: Look) -> Iterator[Block]:
    """The blocks of a step and of the steps inside it that this detail shows; drawings where they are wanted."""
    for _, part in Derivation("", "", (step,)).walk(look.detail):
        yield from (block for block in part.body if look.graph or not isinstance(block, Drawing))


def numbered(derivation: Derivation, look: Look, first: int = 1) -> Iterator[tuple[int, Step, list[Block]]]:
    """The steps that are shown, each with its number and its blocks.

    A step that is a drawing alone has the number 0: the others are numbered alike whether it is shown or not.
    """
    number = first - 1
    for step in derivation.steps:
        blocks = list(blocks_of(step, look)) if shows(look.detail, step.detail) else []
        if blocks:
            picture = all(isinstance(block, Drawing) for block in blocks)
            number += not picture
            yield 0 if picture else number, step, blocks


def _blocks(blocks: Sequence[Block], style: Style) -> Iterator[Line]:
    blocks = [signed(block, style) if isinstance(block, Equation) else block for block in blocks]
    lefts = [cells(formula(block.left, style)) for block in blocks if isinstance(block, Equation)]
    widest = max(lefts, default=0)
    margin = (
        widest
        if widest <= style.look.width // 2
        else max((width for width in lefts if width <= WIDEST_LEFT), default=0)
    )
    trails, tall = 0, False
    for number, block in enumerate(blocks):
        # an equation of several lines stands apart from what is beside it
        standing = equation_lines(block, style, margin) if isinstance(block, Equation) else []
        was, tall = (
            tall,
            isinstance(block, Equation) and any(is_matrix(part) for link in block.links for part in walk(link.expr)),
        )
        if number and (was or tall):
            yield []
        match block:
            case Equation():
                yield from standing
            case Trail():
                trails += 1
                shown = plain(" → ", style).join(
                    plain(station(node, wire, style), style) for node, wire in block.stations
                )
                yield from wrapped(f"({trails}) {shown}", style.look.width, INDENT, "plain", hang=4)
            case Note(text):
                yield from wrapped(prose(text, style), style.look.width, INDENT, "quiet", hang=2)
            case Table():
                yield from table_lines(block, style)
            case Listing(written):
                for line in written:
                    for part in chopped(plain(line, style), style.look.width - INDENT):
                        yield [(" " * INDENT + part, "plain")]
            case Drawing():
                from stepper.render.graph.boxes import boxes

                yield from boxes(block, replace(style, inline=True), everything=style.look.detail == "full")
            case Plot():
                pass  # pictures are drawn by the formats of pictures
            case _:
                assert_never(block)


def equation_lines(equation: Equation, style: Style, margin: int) -> list[Line]:
    """One equation, its matrices over several lines; where they are too wide for that, as lists."""
    matrices = Matrices(style, style.look.width - INDENT - margin - 3)
    held = replace(equation, links=tuple(replace(link, expr=matrices.hold(link.expr)) for link in equation.links))
    found: list[Line] = []
    for line in _flat_lines(equation, held, style, margin):
        above, below = matrices.height("".join(text for text, _ in line)) if matrices.rows else (0, 0)
        for offset in range(-above, below + 1):
            found.append([(matrices.line(text, offset), tone) for text, tone in line] if matrices.rows else line)
    too_wide = matrices.rows and any(
        cells("".join(text for text, _ in line).rstrip()) > style.look.width for line in found
    )
    return list(_flat_lines(equation, equation, style, margin)) if too_wide else found


def _flat_lines(equation: Equation, held: Equation, style: Style, margin: int) -> Iterator[Line]:
    """On one line where it fits, else a line for each relation, else broken at the terms of its sums."""
    room = style.look.width
    left = formula(equation.left, style)
    relations = [relation for relation, _ in links_shown(equation, style.look)]
    shown = [(relation, link, prose(link.note, style)) for relation, link in zip(relations, held.links, strict=True)]
    pieces = [f"{relation} {formula(link.expr, style)}" for relation, link, _ in shown]
    notes = "".join(f"   ({note})" for _, _, note in shown if note)
    start = " " * INDENT + left + " " * max(0, margin - cells(left))
    tones: list[Tone] = ["plain" for _ in pieces[1:]]
    tones.append(equation.role)
    if cells(start + notes) + 1 + sum(cells(piece) + 1 for piece in pieces) - 1 <= room:
        yield [
            (start, "plain"),
            *((f" {piece}", tone) for piece, tone in zip(pieces, tones, strict=True)),
            (notes, "quiet"),
        ]
        return
    column = cells(start)
    if column > room // 2:
        for part in chopped(left, room - INDENT):
            yield [(" " * INDENT + part, "plain")]
        start, column = " " * (INDENT + 3), INDENT + 3
    for position, ((relation, link, note), tone) in enumerate(zip(shown, tones, strict=True)):
        prefix = start if position == 0 else " " * column
        remark = f"   ({note})" if note else ""
        broken = _fit(terms(link.expr, style), max(room - column - 3, NARROWEST_COLUMN))
        for row, part in enumerate(broken):
            head = f" {relation} " if row == 0 else "   "
            last = row == len(broken) - 1
            fits = cells(prefix + head + part + remark) <= room
            yield [
                (prefix if row == 0 else " " * column, "plain"),
                (head + part + (remark if last and fits else ""), tone),
            ]
            if last and remark and not fits:
                yield from wrapped(f"({note})", room, column + 3, "quiet")


def _fit(pieces: Sequence[str], room: int) -> list[str]:
    """Joins terms into as few lines as the room allows; a term too long for a line is broken at its factors, then
    anywhere.
    """
    return [part for row in packed(pieces, room, cells) for part in chopped(row, room)]
