"""Many answers at once: tables as spreadsheets write them, judged row by row as a page is, and counted."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st_

import stepper as st
from stepper.core.formula import text
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.working.known import names_of
from stepper.read.working.papers import LONGEST_CELL, MOST_COLUMNS, read_papers
from tests.test_cli import run

NET = """\
inputs: {x1: 2, x2: -1, t: 1}
parameters: {w11: 1, w12: -1, w21: 0.5, w22: 2, v1: 1, v2: -0.5, b: 0.5}
nodes:
  h1: relu(w11*x1 + w12*x2)
  h2: relu(w21*x1 + w22*x2)
  y: v1*h1 + v2*h2 + b
  L: (y - t)^2/2
"""
RUN = re.compile(r"\s*[=+\-@\t\r]")


@pytest.fixture
def net(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(NET, "utf-8")
    return str(path)


def rows(source: str, named: bool = False) -> list[tuple[str, list[str]]]:
    """The names and the cells of a table about the network."""
    table = read_papers(source, "class.csv", names_of(load_graph("tum-2022/6")), named)
    return [(paper.name, list(paper.cells)) for paper in table.rows]


def papers(found: st.Solution) -> dict[str, Any]:
    """The papers as values, by their numbers."""
    return dict(found.answers)


# ---- tables as they are written

TABLES = {
    "commas": "dL/dw11,L\n1.5,1\n",
    "semicolons, decimal commas": "dL/dw11;L\n1,5;1\n",
    "tabs": "dL/dw11\tL\n1.5\t1\n",
    "blank lines": "\ndL/dw11,L\n\n1.5,1\n\n",
    "quotes": '"dL/dw11","L"\n"1,5","1"\n',
    "the separator is declared": "sep=;\ndL/dw11;L\n1,5;1\n",
    "Unicode headings": "∂L/∂w₁₁;L\n1.5;1\n",
    "a colon behind, blanks around": " dL/dw11: ; L = \n 1.5 ; 1 \n",
    "other columns": "name;dL/dw11;remark;L\nAnna;1.5;fine;1\n",
    "a short row": "dL/dw11;L;h1\n1.5;1\n",
    "empty cells at the end": "dL/dw11;L\n1.5;1;;\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read(name: str) -> None:
    """Whatever stands between the cells."""
    ((_, cells),) = rows(TABLES[name])
    assert [cell.replace(",", ".") for cell in cells[:2]] == ["1.5", "1"]


@pytest.mark.parametrize("nothing", ["", "-", "–", "?", "n/a", "NA"])
def test_no_answer(net: str, nothing: str) -> None:
    """What says that nothing is answered is neither right nor wrong."""
    found = papers(st.check(net, answers=[{"dL/dw11": nothing, "L": 3.125}]))["1"]
    assert found["verdicts"] == {"dL/dw11": "", "L": "right"}


NAMINGS = [
    ("name;L", "Anna;1", "Anna"), ("No;Student;L", "7;Bo;1", "Bo"), ("group;L", "4b;1", "4b"),
    ("ID;Surname;L", "17;Cy;1", "Cy"),
]  # fmt: skip


@pytest.mark.parametrize(("headings", "row", "name"), NAMINGS)
def test_names_stand_in_the_report_where_they_are_wanted(headings: str, row: str, name: str) -> None:
    """The column whose heading says so, else the first that is no quantity."""
    table = f"{headings}\n{row}\n"
    assert [found for found, _ in rows(table, named=True)] == [name]
    assert [found for found, _ in rows(table)] == [""]


REFUSED = [
    ("", "is empty"), ("name,points\nAnna,3\n", "no heading is a quantity"), ("L,L\n1,1\n", "two columns are headed L"),
    ("name,L\nAnna,1,5\n", "3 cells, and there are 2 headings"), ("L\n" + "9" * 200_000, "field larger"),
    (",".join(f"q{place}" for place in range(MOST_COLUMNS + 1)), "columns; the limit"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "said"), REFUSED)
def test_tables_that_are_none(table: str, said: str) -> None:
    """A message with its place."""
    with pytest.raises(StepperError, match=said):
        rows(table)


def test_without_names_there_are_none() -> None:
    """To ask for names where there is no column of them is an error."""
    with pytest.raises(StepperError, match="no column of names"):
        rows("L\n1\n", named=True)


CELLS = [
    ("=1+1", "formula of a spreadsheet"), ("=cmd|' /C calc'!A0", "formula of a spreadsheet"),
    ("1e1000000000", "out of range"), ("9" * (LONGEST_CELL + 1), "characters; the limit"), ("(" * 500, "nested"),
    ("abc", ""), ("2;3", "more than one answer"), ("10^10^10", "too large"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "why"), CELLS)
def test_a_cell_that_cannot_be_read_does_not_stop_the_rest(net: str, cell: str, why: str) -> None:
    """It is counted, and said why."""
    found = st.check(net, answers=[{"L": cell, "h1": 3}, {"L": "3.125", "h1": 3}])
    words = [paper["verdicts"]["L"] for paper in papers(found).values()]
    assert words[0] in ("not read", "undecided"), words
    assert words[1] == "right"
    assert why in found.to("text", width=400)


# ---- verdicts and counts


def test_a_class(net: str) -> None:
    """Of each quantity how many are right, and which mistake was made how often."""
    answers: list[dict[str, object]] = [
        {"dL/dw11": 5, "dL/dw21": 0, "dL/dv1": 7.5}, {"dL/dw11": 5, "dL/dw21": -2.5, "dL/dv1": 7.5},
        {"dL/dw11": -5, "dL/dw21": 0, "dL/dv1": -7.5}, {"dL/dw11": 5, "dL/dw21": -2.5, "dL/dv1": 7.5},
        {"dL/dw11": 5, "dL/dw21": None, "dL/dv1": 2.5},
    ]  # fmt: skip
    found = st.check(net, answers=answers)
    assert [paper["right"] for paper in papers(found).values()] == [3, 2, 1, 2, 1]
    wrong = {(number, each["quantity"]): each["says"]
             for number, paper in papers(found).items() for each in paper["wrong"]}  # fmt: skip
    assert wrong == {
        ("2", "dL/dw21"): "the factor relu'(w21*x1 + w22*x2) is left out",
        ("3", "dL/dw11"): "the sign of ∂L/∂y is changed",
        ("3", "dL/dv1"): "the sign of ∂L/∂y is changed",
        ("4", "dL/dw21"): "the factor relu'(w21*x1 + w22*x2) is left out",
        ("5", "dL/dv1"): "v1 is taken for h1 in ∂y/∂v1",
    }
    table = list(csv.reader(io.StringIO(str(found.to("csv")))))
    assert table[0] == ["quantity", "value", "right", "wrong", "no answer"]
    assert table[1:4] == [
        ["dL/dw11", "5", "4", "1", ""], ["dL/dw21", "0", "2", "2", "1"], ["dL/dv1", "7.5", "3", "2", ""],
    ]  # fmt: skip
    made = {row[1]: row[0] for row in table[6:9]}
    assert made["the factor relu'(w21*x1 + w22*x2) is left out"] == "2"
    assert made["the sign of ∂L/∂y is changed"] == "1"


ANSWERS = {"h1": ["3", "1", "2", "3.0", ""], "L": ["3.125", "6.25", "3.12", "0.5", ""],
           "dL/dw11": ["5", "-5", "2.5", "10", "4.9", ""], "dL/dv1": ["7.5", "2.5", "-7.5", ""]}  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st_.lists(st_.fixed_dictionaries({name: st_.sampled_from(cells) for name, cells in ANSWERS.items()}),
                 min_size=1, max_size=5))  # fmt: skip
def test_a_row_is_judged_as_by_itself(table: list[dict[str, str]]) -> None:
    """The verdicts on a row are those that ``check`` has on what is written in it."""
    graph = st.graph(NET)
    many = papers(st.check(graph, answers=table))
    for number, row in enumerate(table, start=1):
        written = {name: cell for name, cell in row.items() if cell}
        alone = papers(st.check(graph, written)) if written else {}
        for name, word in many[str(number)]["verdicts"].items():
            assert word == _word(alone[name]["verdict"] if name in written else "")
        named = {each["quantity"]: each["says"] for each in many[str(number)]["wrong"]}
        for name, says in named.items():
            slips = says.startswith("a slip of the pen")
            assert slips or not says or says in [each["says"] for each in alone[name]["mistakes"]]


def _word(verdict: str) -> str:
    words = {"": "", "wrong": "wrong", "right to the nearest whole number only": "wrong",
             "right under another convention": "convention", "follows from an earlier number": "follows"}  # fmt: skip
    return words.get(verdict, "right")


# ---- what is written


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", " =", "＝"])
def test_no_cell_runs(tmp_path: Path, begin: str) -> None:
    """A name or a cell that a spreadsheet would run is written so that it does not; numbers stay numbers."""
    table = tmp_path / "class.csv"
    table.write_text(f'name;dL/dw11\n"{begin}HYPERLINK(1)";-1,5\n"{begin}1+1";"{begin}2+3"\n', "utf-8")
    written = str(st.check("tum-2022/6", answers=table, names=True).to("csv"))
    for row in csv.reader(io.StringIO(written)):
        for cell in row:
            assert not RUN.match(cell) or re.fullmatch(r"-?\d+(\.\d+)?", cell), cell
            assert not cell.startswith("＝")


def test_the_command(tmp_path: Path, net: str) -> None:
    """A report is no failure; a table and claims at once are one, and so is a name column that is not asked for."""
    table = tmp_path / "class.csv"
    table.write_bytes("\ufeffName;L\r\nAnna;3,125\r\nBo;6,25\r\n".encode())
    plain = run("check", net, "--answers", str(table), "-f", "markdown")
    assert plain.returncode == 0
    assert "Anna" not in plain.stdout
    assert "Anna" in run("check", net, "--answers", str(table), "--names", "-f", "html").stdout
    report = tmp_path / "report.csv"
    assert run("check", net, "--answers", str(table), "-o", str(report)).returncode == 0
    assert report.read_text("utf-8").startswith("quantity,value,right")
    for wrong in (["L = 3"], ["--hint", "2"]):
        assert run("check", net, *wrong, "--answers", str(table)).returncode == 2
    assert run("check", net, "L = 3", "--names").returncode == 2


def test_other_subjects(tmp_path: Path) -> None:
    """Networks, optimizers' tasks and graphs of arrays take tables too."""
    net = st.check("tum-2022/3", answers=[{"shape(2)": "32x14x14", "params(1)": 288}])
    assert papers(net)["1"]["verdicts"] == {"shape(2)": "right", "params(1)": "wrong"}
    assert papers(net)["1"]["wrong"][0]["says"] == "the biases are left out"
    task = tmp_path / "adam.yaml"
    task.write_text("optimizer: adam\nsettings: {lr: 0.1}\nparameters: {theta: 1}\ngradients: [0.5, 0.2]\n", "utf-8")
    found = st.check(str(task), answers=[{"m_1": "0.05", "m_2": "0.245"}])
    assert papers(found)["1"]["verdicts"] == {"m[1]": "right", "m[2]": "wrong"}
    arrays = st.check("examples/cnn", answers=[{"dL/dW[1,1]": -0.1192}])
    assert papers(arrays)["1"]["wrong"][0]["places"] == ("W",)


def test_keys_are_the_subjects_own() -> None:
    """A heading is read in any spelling."""
    table = read_papers("∂L/∂w_11;yhat_1\n1;2\n", "class.csv", names_of(load_graph("tum-2022/6")))
    assert [text(key) for key in table.keys] == ["dL/dw11", "yhat1"]
