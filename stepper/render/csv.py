"""Tables as comma-separated values, for spreadsheets and plots: each table of the derivation, numbers with all the
digits of a float.

Tables follow one another with an empty line between them; what is no table is left out. Where decimals have commas,
semicolons stand between the values, as spreadsheets that read commas in numbers expect.
"""

from __future__ import annotations

import csv
import io
import re
from fractions import Fraction

from stepper.core.expr import Expr, Value
from stepper.core.prose import Prose
from stepper.core.steps import Derivation, Detail, Table
from stepper.errors import Problem, StepperError
from stepper.render._number import between, decimal, listed, typed
from stepper.render.look import Look

_RUN = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)


def render(derivation: Derivation, look: Look) -> str:
    """All tables that are shown at the level of detail; where there are none, those of full detail.

    Raises:
        StepperError: where there is none.
    """
    tables = _tables(derivation, look.detail) or _tables(derivation, "full")
    if not tables:
        raise StepperError(
            Problem(
                "there is no table here to write as CSV",
                hint="formats for derivations: text, markdown, latex, html, json",
            )
        )
    out = io.StringIO()
    writer = csv.writer(out, delimiter=between(look).strip(), lineterminator="\n")
    for place, table in enumerate(tables):
        if place:
            out.write("\n")
        writer.writerow([_words(column.title, look) for column in table.columns])
        writer.writerows([_words(cell, look) for cell in row] for row in table.rows)
    return out.getvalue()


def _tables(derivation: Derivation, detail: Detail) -> list[Table]:
    return [block for _, step in derivation.walk(detail) for block in step.body if isinstance(block, Table)]


def _words(parts: Prose, look: Look) -> str:
    written = "".join(part if isinstance(part, str) else _formula(part, look) for part in listed(parts, look))
    return _harmless(written.replace("\u202f", ""))


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula to run: text that begins like one stands behind an apostrophe."""
    return f"'{cell}" if _RUN.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _formula(part: Expr, look: Look) -> str:
    """A number as an integer or as a decimal with all the digits of a float; else the formula."""
    if isinstance(part, Value):
        if isinstance(part.number, Fraction) and part.number.denominator == 1:
            return str(part.number.numerator)
        return decimal(repr(float(part.number)), look)
    return typed(part, look)
