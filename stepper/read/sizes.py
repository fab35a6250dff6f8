"""Questions about sizes alone, without channels: ``i=6 k=4 s=3``, ``6x9 -> conv 3x3 p1``, ``6x9 input, 3x3 kernel,
stride 2``, or a table of such numbers, whose head is ``i k s p``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from stepper.core.network import Shape, Sizes
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.asked import INPUT_SIZE, KERNEL, OUTPUT, PADDING, Asked, question
from stepper.read.calls import value
from stepper.read.chains import chain_of, is_code
from stepper.read.collect import Piece
from stepper.read.listing import logical_lines
from stepper.tables.windows_in_words import BY_LETTER, QUANTITIES, WINDOWS, Window

LONGEST = 60
"""No number of such a question is written longer."""
_SIZE = r"(?:\d+(?:\s*[x×]\s*\d+){0,2}|\?)"
_LETTERS = "|".join(sorted(BY_LETTER, key=len, reverse=True))
_KINDS = "|".join(f"(?P<kind{place}>{window.words})" for place, window in enumerate(WINDOWS))
_ENDS = r"(?![A-Za-z0-9])"


def _words(prefix: str) -> str:
    """The words for each quantity, in a group of its own."""
    return "(?i:" + "|".join(f"(?P<{prefix}_{quantity.symbol}>{quantity.words})" for quantity in QUANTITIES) + ")"


_PIECE = re.compile(
    rf"(?:(?P<letter>(?:{_LETTERS})|{_words('set')})(?:[ _-]size)?\s*[=:]\s*(?P<value>(?:\([^()]*\)|[^\s,;()])+)"
    rf"|(?P<before>{_SIZE})\s*{_words('of')}{_ENDS}"
    rf"|{_words('to')}(?:[ -]size)?(?:\s+of|\s+is)?\s*(?P<after>{_SIZE}|(?i:same|valid)){_ENDS}"
    rf"|(?P<short>[kspda])\s*(?P<number>\d+){_ENDS}"
    rf"|(?i:(?P<without>no|without|valid|same)\s+(?:zero[- ])?padding){_ENDS}"
    rf"|(?i:{_KINDS})(?=\W|\d|$):?"
    rf"|(?P<alone>{_SIZE}){_ENDS})"
)
_BETWEEN = re.compile(r"[\s,;]*(?:(?:(?:with|and|of|an|the|layer)\b|a(?=\s+\w))[\s,;]*)*", re.IGNORECASE)
_NUMBER = r"\w+\s*=\s*(?:\([^()]*\)|[^\s,;()=])+"
_NUMBERS = re.compile(rf"\s*{_NUMBER}(?:[\s,;]+{_NUMBER})*[\s,;]*")
"""One line of assignments."""
_ROW = re.compile(r"\(([^()]*)\)|([^()]+)")


Line: TypeAlias = tuple[Shape | None, list[Asked], Piece]
"""The input that a line begins with, if it does, what it asks, and the line itself."""


def read_sizes(source: str, origin: str) -> Sizes | None:
    """The questions of a text, or None where it is something else.

    Raises:
        StepperError: where a question leaves something out.
    """
    try:
        found = _lines(source, origin)
    except StepperError:  # a bracket that is not closed
        return None
    found = _together(found)
    _told(source, origin, found)
    if not found or not all(KERNEL in asked.values for _, chain, _ in found for asked in chain):
        return None
    return Sizes(tuple(question(*asked, place + 1) for place, asked in enumerate(found)))


def _told(source: str, origin: str, found: Sequence[Line]) -> None:
    """Raises StepperError where a line of numbers has a letter that is none of a window's, or leaves the kernel out."""
    names = re.findall(r"(?:^|[\s,;])(\w{1,20})\s*=", source) if _NUMBERS.fullmatch(source) else []
    symbols = {BY_LETTER[name].symbol for name in names if name in BY_LETTER}
    place = Place(origin, 1, 1, len(source.strip()), source.strip())
    wrong = [name for name in names if name not in BY_LETTER]
    if wrong and not found and {INPUT_SIZE, KERNEL} <= symbols:
        what = f"'{wrong[0]}' is not a quantity of a window"
        raise StepperError(Problem(what, place, "such as i=6 k=4 s=3 p=1 d=1, and o=2 for the output"))
    if found and INPUT_SIZE in symbols and KERNEL not in symbols:
        raise StepperError(Problem("the size of the kernel is not said", place, "such as i=6 k=4 s=3; k=? asks for it"))


def _lines(source: str, origin: str) -> list[Line]:
    """The questions line by line; none where a line is none."""
    found: list[Line] = []
    head: Asked | None = None
    for line in logical_lines(source, origin):
        rows = _rows(line.text, head) if head is not None else None
        heading = _heading(line.text) if rows is None else None
        if heading is not None:
            head, rest = heading
            rows = _rows(rest, head) or []
        if rows is not None:
            found += [(None, [row], line) for row in rows]
            continue
        asked = _chain(line)
        if asked is None:
            return []
        found.append((*asked, line))
    return found


def _together(found: list[Line]) -> list[Line]:
    """Lines that say one thing each are one question."""
    alone = [chain[0] for size, chain, _ in found if size is None and len(chain) == 1]
    if len(alone) < len(found) or len(found) < 2 or all(KERNEL in asked.values for asked in alone):
        return found
    window = next((asked.window for asked in alone if asked.window is not WINDOWS[-1]), WINDOWS[-1])
    whole = Asked({}, {}, window)
    for asked in alone:
        if asked.values.keys() & whole.values.keys():
            return found
        whole.values |= asked.values
        whole.letters |= asked.letters
    text = ", ".join(line.text for _, _, line in found)
    return [(None, [whole], Piece(text, found[0][2].place))]


# ---- tables


def _heading(text: str) -> tuple[Asked, str] | None:
    """The head of a table, ``i k s p`` or ``transposed (i, k, s, p, a):``, and what follows it on its line."""
    text = text.strip().strip("|")
    asked = Asked({}, {})
    kind = re.match(rf"\s*(?:{_KINDS})\s*:?\s+(?=[(A-Za-z])", text, re.IGNORECASE)
    if kind:
        asked.window = _window(kind)
        text = text[kind.end() :]
    inside = re.match(r"\s*\(([^()]*)\)\s*[:=]?\s*(.*)$", text)
    body, rest = (inside[1], inside[2]) if inside else (text, "")
    names = tuple(re.split(r"[\s,|]+", body.strip().rstrip(":")))
    if len(names) < 2 or not all(name in BY_LETTER for name in names):
        return None
    symbols = tuple(BY_LETTER[name].symbol for name in names)
    asked.letters = dict(zip(symbols, names, strict=True))
    return (asked, rest) if len(set(symbols)) == len(symbols) and KERNEL in symbols else None


def _rows(text: str, head: Asked) -> list[Asked] | None:
    """The rows of a table that a line holds; None where one of them is none."""
    found: list[Asked] = []
    for inside, plain in _ROW.findall(text):
        cells = re.split(r"[\s,|]+", (inside or plain).strip("|, ;\t"))
        if cells == [""] or all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            continue
        if len(cells) != len(head.letters) or not all(re.fullmatch(rf"{_SIZE}|[a-z]", cell) for cell in cells):
            return None
        found.append(Asked(dict(zip(head.letters, map(value, cells), strict=True)), head.letters, head.window))
    return found


# ---- lines


def _chain(line: Piece) -> tuple[Shape | None, list[Asked]] | None:
    """An input with windows behind it, or one window."""
    parts = chain_of(line.text)
    if len(parts) < 2:
        asked = _asked(line.text)
        return None if asked is None else (None, [asked])
    size = re.fullmatch(r"\s*(?:input\s*:?)?\s*(\d+(?:\s*[x×]\s*\d+){0,2}|[A-Za-wyz](?:x[A-Za-wyz])?)\s*", parts[0])
    if size is None or any(is_code(part) for part in parts[1:] if not re.fullmatch(rf"\s*{_SIZE}\s*", part)):
        return None
    chain: list[Asked] = []
    for part in parts[1:]:
        if chain and OUTPUT not in chain[-1].values and re.fullmatch(rf"\s*{_SIZE}\s*", part):
            chain[-1].values[OUTPUT] = value(part)
            continue
        asked = _asked(part)
        if asked is None or INPUT_SIZE in asked.values:
            return None
        chain.append(asked)
    shape = tuple(value(part) for part in re.split(r"[x×]", size[1]))
    return shape, chain


def _asked(text: str) -> Asked | None:
    """What a line says, piece by piece; None where a piece is no word of such questions."""
    asked, at = Asked({}, {}), 0
    text = text.strip().rstrip(".?!") if not text.strip().endswith("=?") else text.strip()
    while at < len(text):
        at += len(between[0]) if (between := _BETWEEN.match(text, at)) else 0
        piece = _PIECE.match(text, at)
        if piece is None:
            return None if at < len(text) else asked
        if not _take(asked, piece):
            return None
        at = piece.end()
    return asked


def _take(asked: Asked, piece: re.Match[str]) -> bool:
    """A piece put in; false where it says what another has said."""
    groups = {name: found for name, found in piece.groupdict().items() if found is not None}
    symbol, written = _said(groups)
    if not symbol:
        asked.window = _window(piece)
        return True
    if symbol in asked.values or len(written) > LONGEST or re.search(r"\d{16,}", written):
        return False
    if "letter" in groups and groups["letter"] in BY_LETTER:
        asked.letters[symbol] = groups["letter"]
    try:
        found = value(written)
    except FormulaError:
        return False
    asked.values[symbol] = found
    return True


def _said(groups: Mapping[str, str]) -> tuple[str, str]:
    """The symbol of what a piece says, and its value as it is written; no symbol where it names what slides."""
    worded = next((name.partition("_")[2] for name in groups if name.startswith(("set_", "of_", "to_"))), "")
    if "letter" in groups:
        letter = BY_LETTER.get(groups["letter"])
        return worded or (letter.symbol if letter else ""), groups["value"]
    if "without" in groups:
        return PADDING, "same" if groups["without"].casefold() == "same" else "0"
    if "short" in groups:
        return BY_LETTER[groups["short"].casefold()].symbol, groups["number"]
    if "alone" in groups:
        return KERNEL, groups["alone"]
    return worded, groups.get("before", groups.get("after", ""))


def _window(found: re.Match[str]) -> Window:
    return next(window for place, window in enumerate(WINDOWS) if found[f"kind{place}"] is not None)
