"""A page of working, line by line; what cannot be read does not keep the rest from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stepper.core.expr import Expr
from stepper.core.working import Line
from stepper.read.working.drawn import BESIDE, flattened
from stepper.read.working.lines import read_line
from stepper.read.working.names import Names

LONGEST_PAGE, MOST_LINES, MOST_JOINED = 1_000_000, 10_000, 60
_FENCE = re.compile(r"\s*(?:```|~~~)\s*(?P<kind>\w*)")
_READ_FENCES = frozenset({"", "text", "txt", "math", "latex", "tex", "plain", "python", "console"})
_OPENED = re.compile(r"\\(begin|end)\s*\{\s*(?:[bpvB]?matrix|smallmatrix|array|cases)\*?\s*\}")
_GOES_ON = re.compile(r"(?:[=+·×⊙/^(,\[]|(?<=\s)\*|\\cdot|\\times|\\\\\s*&\s*[=+])\s*$")
_FOLLOWS = re.compile(
    r"\s*&\s*(?:\\q?quad\b|\{\}|\s)*(?:[-+·×/]|\\(?:cdot|times)\b)"
    r"|\s*(?:[+·×/]|\\cdot\b|\\times\b|\*(?!\s*\S+\s*[=:]))\s*(?=\S)"
)
DEEPER = 4
"""How far to the right a line that begins with a minus goes on with the one above, and is no entry of a list."""
_MINUS = re.compile(r"\s*[-−]\s+[^=≈:]*$")
_HEADING = re.compile(r"\s{0,3}#{1,6}(?:\s|$)|\s*(?:[-=_*]\s*){3,}$|\s*%")
_CONTINUES = re.compile(r"\s*&?\s*(?:[=≈]|\\approx)")
_RELATION = re.compile(r"=|≈|\\approx|->|→|:")


def read_page(text: str, known: Names, asked: Sequence[str] = ()) -> tuple[Line, ...]:
    """The lines of a page that are not empty, with the chains in each.

    ``asked`` are the quantities of values that stand without a name, in their order. A chain that begins with ``=``
    goes on with the one above.
    """
    if len(text) > LONGEST_PAGE:
        what = f"this page has {len(text):,} characters; the limit is {LONGEST_PAGE:,}"
        return (Line(1, text[:80] + "…", (), what),)
    found: list[Line] = []
    above: Expr | None = None
    waiting, lost = list(asked), False
    for number, line in _logical(flattened(text)):
        if len(found) >= MOST_LINES:
            found.append(Line(number, line[:80], (), f"a page has at most {MOST_LINES:,} lines; the rest is not read"))
            break
        if _HEADING.match(line):
            found.append(Line(number, line))
            above = None
            continue
        read = read_line(line, number, known, above, waiting)
        if read.problem and lost and _CONTINUES.match(line):
            read = Line(number, line, (), "this goes on with a line that is not read")
        found.append(read)
        if read.chains or read.problem:  # a remark between ends nothing
            lost = bool(read.problem) and not read.chains
            above = read.chains[-1].key if read.chains else None
        waiting = _left(waiting, read)
    return tuple(found)


def read_claim(text: str, known: Names) -> Line:
    """One claim of the command line: ``dL/dw11 = 2.5``."""
    lines = list(_logical(text))
    joined = " ".join(line.strip() for _, line in lines)
    read = read_line(joined if lines else text[:80], 1, known)
    if not read.chains and not read.problem:
        return Line(1, read.text, (), "a claim names a quantity and its value", known.example)
    return read


def _left(waiting: list[str], line: Line) -> list[str]:
    """What is asked and not answered yet, where values stand line by line."""
    if not waiting or not line.chains or re.match(r"\s*\(?(?:[a-h]|[ivx]+|\d+)[).]\s", line.text):
        return waiting
    if _RELATION.search(line.text):
        return waiting
    return waiting[len(line.chains) :]


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers; one is joined with the next where it does not end."""
    begun, first, joined = "", 0, 0
    skipping = fenced = False
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if line == BESIDE:
            continue
        fence = _FENCE.match(line)
        if fence:
            skipping = not fenced and fence["kind"].lower() not in _READ_FENCES
            fenced = not fenced
            if begun:
                yield first, begun
                begun = ""
            continue
        if (fenced and skipping) or not line.strip():
            if begun:
                yield first, begun
                begun = ""
            continue
        if begun and joined < MOST_JOINED and (_open(begun) or _GOES_ON.search(begun[-40:]) or _goes_on(begun, line)):
            begun = f"{begun}\n{line}" if _open(begun) else begun.rstrip("\\ ") + " " + line.strip(" &")
            joined += 1
        else:
            if begun:
                yield first, begun
            begun, first, joined = line, number, 0
    if begun:
        yield first, begun


def _open(begun: str) -> bool:
    """Is a matrix, a list of cases, or a square bracket still open?"""
    if "\\begin" in begun:
        marks = [mark[1] for mark in _OPENED.finditer(begun)]
        return marks.count("begin") > marks.count("end")
    begun = begun.rstrip("\\ ")
    return begun.count("[") > begun.count("]") and begun[-1:] in (",", ";", "]", "[")


def _goes_on(begun: str, line: str) -> bool:
    """Does a line begin with an operator, further to the right than the chain above?"""
    deeper = len(line) - len(line.lstrip()) - (len(begun) - len(begun.lstrip()))
    if _RELATION.search(begun) and deeper >= DEEPER and _MINUS.match(line):
        return True
    if not _RELATION.search(begun) or not _FOLLOWS.match(line):
        return False
    if line.lstrip().startswith("&"):
        return True
    return deeper > 0
