"""The list of the bundled exams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stepper.core.steps import Column, Derivation, Step, Table


def list_exams(documents: Iterable[tuple[str, str, Sequence[str]]]) -> Derivation:
    """Every bundled document: its name, its title and the names of its items."""
    columns = (Column(("document",)), Column(("title",)), Column(("items",)))
    rows = tuple(((name,), (title,), (", ".join(items),)) for name, title, items in documents)
    table = Step("exams.list", "exams.list", ("Documents",), (Table(columns, rows),), detail="brief")
    return Derivation("exams list", "Bundled exams", (table,))
