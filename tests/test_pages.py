"""Every example on a page runs and shows what the page shows, and what pages are made from is all there; renewed with
--force-regen.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path

import pytest

import stepper
from docs.made.commands import names
from docs.made.notebooks import NOTEBOOK
from docs.made.parts import MADE, PARTS
from stepper.tables.algorithms import ALGORITHMS
from stepper.tables.arrays import ARRAYS
from stepper.tables.fields import FIELDS
from stepper.tables.layers import LAYER_ROWS
from stepper.tables.optimizers import OPTIMIZERS
from stepper.tables.schedules import CHANGES, SCHEDULES
from stepper.tables.table import CONVENTIONS, ROWS
from tests.helpers import ROOT
from tests.pages import PAGES, renewed


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_examples_of_a_page(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    page = path.read_text("utf-8")
    now = renewed(page, path, tmp_path)
    if now != page and request.config.getoption("force_regen"):
        path.write_text(now, "utf-8")
    assert now == page


def test_the_readme_is_short() -> None:
    assert len(PAGES[0].read_text("utf-8").splitlines()) < 150


def test_each_made_part_stands_on_one_page() -> None:
    called = [name for path in PAGES for name in MADE.findall(path.read_text("utf-8"))]
    assert sorted(called) == sorted(PARTS)


def test_each_command_has_a_page() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "commands").glob("*.md")} - {"index"}
    assert pages == {name.split()[0] for name in names()}


@pytest.mark.parametrize(
    ("part", "known"),
    [
        ("functions", list(ROWS)),
        ("arrays", [row.name for row in ARRAYS]),
        ("layers", [row.word for row in LAYER_ROWS.values()]),
        ("optimizers", [row.name for row in OPTIMIZERS]),
        ("algorithms", [row.name for row in ALGORITHMS]),
        ("derivations", [escape(row.name) for rows in FIELDS.values() for row in rows]),
        ("changes", [row.name for row in (*SCHEDULES, *CHANGES)]),
        ("conventions", list(CONVENTIONS)),
        (
            "doors",
            ["forward", "backprop", "shapes", "optim", "train", "draw", "check", "derive", "rules", "graph", "exams"],
        ),
        ("shown", ["Solution", "GraphView", "StepperError"]),
    ],
)
def test_all_that_is_known_is_named(part: str, known: list[str]) -> None:
    made = PARTS[part]()
    assert [name for name in known if not re.search(rf"\b{re.escape(name)}\b", made)] == []


def test_all_that_is_public_has_a_docstring() -> None:
    kinds = [getattr(stepper, name) for name in stepper.__all__]
    members = [
        member
        for kind in kinds
        if isinstance(kind, type)
        for name, member in vars(kind).items()
        if not name.startswith("_")
    ]
    described = [member for member in members if callable(member) or isinstance(member, property)]
    assert [thing for thing in (*kinds, *described) if not thing.__doc__] == []


@pytest.mark.parametrize("path", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_the_notebook_runs_and_is_kept_without_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []
    ran = nbclient.NotebookClient(nbformat.read(NOTEBOOK, as_version=4), timeout=60, kernel_name="python3").execute()
    shown = [
        "".join(output.get("data", {}).get("text/html", "")) for cell in ran.cells for output in cell.get("outputs", ())
    ]
    assert sum('class="stepper"' in page for page in shown) == 9
    assert any("<svg" in page and "<h2>" not in page for page in shown)
