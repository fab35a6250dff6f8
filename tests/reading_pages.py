"""The text of a derivation with each equation on one line, and the numbers that its document gives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

RELATION = re.compile(r" (=|≈) ")


def _cells(line: str) -> list[str]:
    """One piece for each column: accents stand with the letter before."""
    found: list[str] = []
    for character in line:
        if unicodedata.combining(character) and found:
            found[-1] += character
        else:
            found.append(character)
            if unicodedata.east_asian_width(character) in "WF":
                found.append("")
    return found


def flat(page: str) -> list[str]:
    """The lines of a page with each matrix put into its line, as ``[[1, 2], [3, 4]]``; the others are left empty."""
    grid = [_cells(line) for line in page.splitlines()]
    found = [list(row) for row in grid]
    for top, row in enumerate(grid):
        for start, sign in enumerate(row):
            if sign != "⎡":
                continue
            end = row.index("⎤", start)
            bottom = top
            while grid[bottom][start] != "⎣":
                bottom += 1
            rows = ["".join(grid[at][start + 1 : end]).strip() for at in range(top, bottom + 1)]
            written = "[" + ", ".join("[" + ", ".join(re.split(r"\s{2,}", one)) + "]" for one in rows) + "]"
            for at in range(top, bottom + 1):
                found[at][start : end + 1] = [""] * (end + 1 - start)
            found[top + (bottom - top) // 2][start] = written
    return ["".join(row).rstrip() for row in found]


def joined(lines: Iterable[str]) -> list[str]:
    """Lines that go on with a relation put to the one before; what is remarked there goes to the end."""
    found: list[str] = []
    for line in lines:
        if found and re.match(r"\s{4,}[=≈] ", line):
            before, mark, remark = found[-1].partition("   (")
            found[-1] = f"{before} {line.strip()}{mark}{remark}"
        else:
            found.append(line)
    return found


def sides_of(line: str) -> list[str]:
    """A line parted at the relations that stand in no brackets: sides and relations by turns."""
    parts, depth, last = [], 0, 0
    for place, sign in enumerate(line):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and (found := RELATION.match(line, place)):
            parts += [line[last:place].strip(), found[1]]
            last = found.end() - 1
    return [*parts, re.sub(r"   .*", "", line[last:].lstrip()).strip()]


def equations(steps: list[Any]) -> Iterator[tuple[str, list[list[str]]]]:
    for step in steps:
        for block in step["body"]:
            if "equation" in block:
                yield block["equation"]["left"], block["equation"]["links"]
        yield from equations(step["children"])


def as_number(entry: object) -> Fraction:
    return Fraction(str(entry))


def array(nested: Any) -> Any:
    """Nested lists as a document has them; None where there are no numbers."""
    try:
        if isinstance(nested, list):
            found = [array(item) for item in nested]
            out = np.empty((len(found), *np.shape(found[0])), dtype=object)
            out[:] = [list(item) if np.ndim(item) else item for item in found] if found else []
            return out
        return as_number(nested)
    except (ValueError, IndexError, ZeroDivisionError, TypeError):
        return None


def given(document: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers that a document gives to its leaves; those that it fills with ones or zeros too."""
    found: dict[str, Any] = {}
    for section in ("inputs", "parameters", "constants"):
        for name, value in (document.get(section) or {}).items():
            spelled = str(name).lower() if isinstance(name, bool) else name
            if isinstance(value, dict):
                filled = value.get("fill")
                if filled in ("ones", "zeros") and all(isinstance(size, int) for size in value["shape"]):
                    found[spelled] = np.full(tuple(value["shape"]), Fraction(filled == "ones"), dtype=object)
            elif (numbers := array(value)) is not None:
                found[spelled] = numbers
    return found
