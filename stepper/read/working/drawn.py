"""Matrices that are drawn over several lines, ⎡1  2⎤ above ⎣3  4⎦, put into one of their lines as [[1, 2], [3, 4]]."""

from __future__ import annotations

import re
import unicodedata

from stepper.read.working.pieces import GAP

BESIDE = GAP
"""What stays of a line that held nothing but rows of matrices: it ends nothing."""
MOST_ROWS, MOST_MATRICES, LONGEST = 200, 2_000, 20_000


def flattened(page: str) -> str:
    r"""A page without drawn matrices; the other lines of each keep what stands beside it.

    >>> flattened("W = ⎡1  2⎤\n    ⎣3  4⎦")
    'W = [[1, 2], [3, 4]]\n\u2003'
    """
    if "⎡" not in page:
        return page
    lines = page.split("\n")
    grid = {at: _cells(line) for at, line in enumerate(lines) if re.search("[⎡⎢⎣]", line) and len(line) <= LONGEST}
    shown = {at: list(row) for at, row in grid.items()}
    last = {at: len(row) - row[::-1].index("⎤") - 1 for at, row in grid.items() if "⎤" in row}
    left = MOST_MATRICES
    for top, row in grid.items():
        for start, sign in enumerate(row):
            if sign == "⎡" and left and start < last.get(top, 0):
                left -= 1
                _put(grid, shown, top, start, row.index("⎤", start))
    for at, row in shown.items():
        lines[at] = "".join(row).rstrip() or BESIDE
    return "\n".join(lines)


def _put(grid: dict[int, list[str]], shown: dict[int, list[str]], top: int, start: int, end: int) -> None:
    """One matrix into its middle line."""
    bottom = top
    while start < len(grid.get(bottom, ())) and grid[bottom][start] != "⎣" and bottom - top < MOST_ROWS:
        bottom += 1
    rows = [grid.get(at, []) for at in range(top, bottom + 1)]
    if any(len(row) <= end for row in rows) or rows[-1][start] != "⎣":
        return
    entries = [re.split(r"\s{2,}", "".join(row[start + 1 : end]).strip()) for row in rows]
    written = ", ".join(f"[{', '.join(row)}]" if max(map(len, entries)) > 1 else row[0] for row in entries)
    for at in range(top, bottom + 1):
        shown[at][start : end + 1] = [""] * (end + 1 - start)
    shown[top + (bottom - top) // 2][start] = f"[{written}]"


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
