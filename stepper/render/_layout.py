"""A derivation as lines of spans, for the formats that have columns: equations aligned at ``=``, broken at ``=`` and
top-level ``+``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import assert_never

from msgspec.structs import replace

from stepper.core.expr import Array
from stepper.core.pictures import Drawing, Plot
from stepper.core.progress import each
from stepper.core.steps import Block, Derivation, Equation, Listing, Note, Step, Table, Trail
from stepper.core.traverse import holds, walk
from stepper.render._ascii import ascii_of
from stepper.render._lines import (
    INDENT,
    NARROWEST_COLUMN,
    Line,
    Span,
    Tone,
    chopped,
    packed,
    parted,
    table_lines,
    wrapped,
)
from stepper.render._matrix import Matrices, is_matrix
from stepper.render._unicode import cells, formula, plain, prose, station, terms
from stepper.render._writing import signed
from stepper.render.look import Look, Style, links_shown, style_of

WIDEST_LEFT = 24
NARROW_LEFT, JUMP = 12, 2
"""Left sides wider than so many cells, and more than so many times as wide as the next narrower one, have a column of
their own where they are fewer than those.
"""


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
    conventions = derivation.said(look.detail)
    if conventions:
        if derivation.title or derivation.source:
            yield []
        yield [("Conventions", "heading")]
        for convention in conventions:
            yield from wrapped(prose(convention, style), look.width, INDENT, "plain", hang=2)
    started = bool(derivation.title or derivation.source or conventions)
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
    """The steps that are shown, as they are shown, each with its number and its blocks.

    A step that is a drawing alone has the number 0: the others are numbered alike whether it is shown or not.
    """
    number, shown = first - 1, replace(look, detail="full")  # what is left of the steps, all of it
    for step in derivation.at(look.detail).steps:
        blocks = list(blocks_of(step, shown))
        if blocks:
            picture = all(isinstance(block, Drawing) for block in blocks)
            number += not picture
            yield 0 if picture else number, step, blocks


def _blocks(blocks: Sequence[Block], style: Style) -> Iterator[Line]:
    blocks = [signed(block, style) if isinstance(block, Equation) else block for block in blocks]
    tallness = {id(block): _is_tall(block) for block in blocks}  # what is alike in many places is one block
    margins = _margins(blocks, tallness, style)
    made: dict[tuple[int, int], list[Line]] = {}
    trails, tall = 0, False
    several = sum(isinstance(block, Trail) for block in blocks) > 1
    for number, block in enumerate(each(blocks, "writing")):
        # an equation of several lines stands apart from what is beside it
        standing: list[Line] = []
        if isinstance(block, Equation):
            key = id(block), margins[number]
            standing = made[key] if key in made else made.setdefault(key, equation_lines(block, style, key[1]))
        was, tall = tall, tallness[id(block)]
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
                mark = f"({trails}) " if several else ""
                yield from wrapped(f"{mark}{shown}", style.look.width, INDENT, "plain", hang=len(mark) or 2)
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


def _is_tall(block: Block) -> bool:
    """Is it an equation with matrices, which stands apart from others?"""
    return isinstance(block, Equation) and any(
        is_matrix(part) for link in block.links if holds(link.expr, Array) for part in walk(link.expr)
    )


def _margins(blocks: Sequence[Block], tallness: Mapping[int, bool], style: Style) -> list[int]:
    """How wide the left side of each equation is set: alike for those that follow one another, so that their signs
    stand in a column.
    """
    found: list[int] = []
    widths = {
        left: cells(formula(left, style)) for left in {block.left for block in blocks if isinstance(block, Equation)}
    }
    for tall, run in groupby(blocks, key=lambda block: tallness[id(block)]):
        lefts = [widths[block.left] if isinstance(block, Equation) else 0 for block in run]
        margins = _columns(lefts, style.look.width // 2)
        found += lefts if tall else [margins[left] for left in lefts]
    return found


def _columns(lefts: Sequence[int], most: int) -> dict[int, int]:
    """For each width of a left side the column of its sign: that of the widest beside it; a few that are far wider have
    one of their own. Where that is over ``most``, it is that of the widest that is not too wide.

    >>> _columns([6, 5, 6, 20, 6], 40)
    {5: 6, 6: 6, 20: 20}
    >>> _columns([20, 20, 6], 40)
    {6: 20, 20: 20}
    """
    groups: list[list[int]] = [[]]
    for width in sorted(set(lefts)):
        narrower = max(groups[-1], default=width)
        few = 2 * sum(left >= width for left in lefts) < sum(left > 0 for left in lefts)
        groups = [*groups, []] if few and width > NARROW_LEFT and width > JUMP * narrower > 0 else groups
        groups[-1].append(width)
    found: dict[int, int] = {}
    for group in filter(None, groups):
        widest = group[-1] if group[-1] <= most else max((one for one in group if one <= WIDEST_LEFT), default=0)
        found |= dict.fromkeys(group, widest)
    return found


def equation_lines(equation: Equation, style: Style, margin: int) -> list[Line]:
    """One equation, its matrices over several lines; where they are too wide for that, as lists."""
    matrices = Matrices(style, style.look.width - INDENT - margin - 3)
    held = replace(equation, links=tuple(replace(link, expr=matrices.hold(link.expr)) for link in equation.links))
    found: list[Line] = []
    for line in _flat_lines(equation, held, style, margin, joins=not matrices.rows):
        above, below = matrices.height("".join(text for text, _ in line)) if matrices.rows else (0, 0)
        for offset in range(-above, below + 1):
            found.append([(matrices.line(text, offset), tone) for text, tone in line] if matrices.rows else line)
    too_wide = matrices.rows and any(
        cells("".join(text for text, _ in line).rstrip()) > style.look.width for line in found
    )
    return list(_flat_lines(equation, equation, style, margin, joins=False)) if too_wide else found


def _flat_lines(equation: Equation, held: Equation, style: Style, margin: int, *, joins: bool) -> Iterator[Line]:
    """On one line where it fits, else with as many sides on a line as it holds, a longer side broken at the terms of
    its sums. Sides with matrices have lines of their own, as ``joins`` tells.
    """
    room = style.look.width
    left = formula(equation.left, style)
    relations = [relation for relation, _ in links_shown(equation, style.look)]
    shown = [(relation, link, prose(link.note, style)) for relation, link in zip(relations, held.links, strict=True)]
    pieces = [f"{relation} {formula(link.expr, style)}" for relation, link, _ in shown]
    remarks = [f"   ({note})" for _, _, note in shown if note]
    notes = "".join(remarks)
    start = " " * INDENT + left + " " * max(0, margin - cells(left))
    tones: list[Tone] = ["plain" for _ in pieces[1:]]
    tones.append(equation.role)
    if len(remarks) < 2 and cells(start + notes) + 1 + sum(cells(piece) + 1 for piece in pieces) - 1 <= room:
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
    prefix, waiting = start, list[tuple[Span, str]]()
    for place, ((relation, link, note), tone) in enumerate(zip(shown, tones, strict=True), 1):
        remark = f"   ({note})" if note else ""
        broken = _fit(terms(link.expr, style), max(room - column - 3, NARROWEST_COLUMN))
        whole = f" {relation} {broken[0]}"
        fits = len(broken) == 1 and column + cells(whole + remark) <= room
        waiting += [((whole, tone), remark)] if fits else []
        if fits and joins and place < len(shown):
            continue
        for row in _from_the_end(waiting, room - column):
            yield [(prefix, "plain"), *row]
            prefix = " " * column
        waiting = []
        if not fits:
            yield from _broken(relation, broken, prefix, note, tone, room)
            prefix = " " * column


def _from_the_end(sides: Sequence[tuple[Span, str]], room: int) -> Iterator[Line]:
    """Sides on as few lines as hold them, filled from the end: a value stands beside what it is the value of. What is
    remarked on a side of a line stands at its end; one line has one remark.
    """
    rows: list[list[tuple[Span, str]]] = []
    for side in reversed(sides):
        told = bool(rows) and bool(side[1]) and any(remark for _, remark in rows[0])
        if rows and not told and sum(cells(text + remark) for (text, _), remark in (side, *rows[0])) <= room:
            rows[0] = [side, *rows[0]]
        else:
            rows = [[side], *rows]
    for row in rows:
        remarks = "".join(remark for _, remark in row)
        line: Line = [span for span, _ in row]
        yield [*line, (remarks, "quiet")] if remarks else line


def _broken(relation: str, parts: Sequence[str], prefix: str, note: str, tone: Tone, room: int) -> Iterator[Line]:
    """A side over several lines, or one whose note has lines of its own."""
    column, remark = cells(prefix), f"   ({note})" if note else ""
    for row, part in enumerate(parts):
        head = f" {relation} " if row == 0 else "   "
        last = row == len(parts) - 1
        fits = cells(prefix + head + part + remark) <= room
        shown = head + part + (remark if last and fits else "")
        yield [(prefix if row == 0 else " " * column, "plain"), (shown, tone)]
        if last and remark and not fits:
            yield from wrapped(f"({note})", room, column + 3, "quiet")


def _fit(pieces: Sequence[str], room: int) -> list[str]:
    """Joins terms into as few lines as the room allows; a term too long for a line is broken within."""
    return [part for row in packed(pieces, room, cells) for part in parted(row, room)]
