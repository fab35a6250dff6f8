"""Documents from the command line: files that are never lost, and numbers that are asked for one after the other."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

import stepper as st
from stepper.cli.asking import HELP, Asking
from stepper.errors import StepperError
from stepper.tables.documents import TEMPLATES
from stepper.write.compose import Request, page, understood
from tests.helpers import ROOT
from tests.test_cli import run

ORDER = ["x1", "x2", "y", "w1", "w2", "b"]
"""What is asked for of a network 2-1."""


def asking(kind: str = "2-1", **options: object) -> Asking:
    return Asking(page(understood(Request(kind, **options))))  # type: ignore[arg-type]


def typed(*lines: str, kind: str = "2-1", **options: object) -> Asking:
    """The numbers after these lines, of which none is wrong."""
    found = asking(kind, **options)
    for line in lines:
        found.answer(line)
    return found


# ---- what is typed


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (["1", "2"], {"x1": "1", "x2": "2"}),
        (["1", "", "3"], {"x1": "1", "y": "3"}),
        (["1 -2 0.5"], {"x1": "1", "x2": "-2", "y": "0.5"}),
        (["1, -2, 1/3"], {"x1": "1", "x2": "-2", "y": "1/3"}),
        (["1;-2"], {"x1": "1", "x2": "-2"}),
        (["[1, 2]"], {"x1": "1", "x2": "2"}),
        (["b=4"], {"b": "4"}),
        (["b = 4, w1: 2", "1"], {"b": "4", "w1": "2", "x1": "1"}),
        (["w₁=2"], {"w1": "2"}),
        (["w_1=2 w_{2}=3"], {"w1": "2", "w2": "3"}),
        (["x1=1", "5"], {"x1": "1", "x2": "5"}),
        (["x2=7", "1", "3"], {"x2": "7", "x1": "1", "y": "3"}),
        (["1", "^", "2"], {"x1": "2"}),
        (["1", "2", "^", "^", "3"], {"x1": "3"}),
        (["1 2", "^"], {}),
        (["", "^", "1"], {"x1": "1"}),
        (["1 2 3 4 5 6"], dict(zip(ORDER, "123456", strict=True))),
    ],
)
def test_numbers_are_taken(lines: list[str], values: dict[str, str]) -> None:
    assert typed(*lines).values == values


@pytest.mark.parametrize(
    ("before", "line", "told", "values"),
    [
        ([], "x", "'x' is not a number", {}),
        ([], "1 x", "'x' is not a number", {"x1": "1"}),
        ([], "0,5", "decimals have a point: 0.5", {}),
        ([], "1e", "'1e' is not a number", {}),
        ([], "w3=1", "'w3' is not asked for", {}),
        ([], "q=1", "asked for are x1, x2", {}),
        ([], "w1=", "'' is not a number", {}),
        ([], "^", "this is the first", {}),
        ([], "1 2 3 4 5 6 7", "'7' is one number too many", dict(zip(ORDER, "123456", strict=True))),
    ],
)
def test_what_is_wrong_is_told_and_asked_again(before: list[str], line: str, told: str, values: dict[str, str]) -> None:
    found = typed(*before)
    with pytest.raises(StepperError) as error:
        found.answer(line)
    assert told in str(error.value)
    assert found.values == values
    assert found.done or found.name not in values


def test_an_array_is_filled_whole_or_stays_a_symbol() -> None:
    found = typed("", "1 0", kind="2-2", arrays=True)
    assert found.values == {"y[1]": "1", "y[2]": "0"}
    assert found.name == "W1[1,1]"
    assert found.prompt == "W₁[1,1] (2×2, row after row) = "
    assert asking("2-2", arrays=True).prompt == "x₁ (2 numbers) = "
    assert typed("1 2").prompt == "y (what should come out) = "
    found.answer("1 2 3")
    with pytest.raises(StepperError, match="type the others too"):
        found.answer("")
    found.answer("4")
    assert "W1: [[1, 2], [3, 4]]" in found.page.text()
    assert "x: {shape: [2]}" in found.page.text()


def test_of_an_array_half_filled_it_is_said() -> None:
    ran = run("new", "1-2", "--arrays", "--ask", stdin="1\n0 1\nb1[2]=3\n")
    assert ran.stderr.endswith("\nb1 has 1 of its 2 numbers only, and stays a symbol\n")
    assert "b1: {shape: [2]}" in ran.stdout


def test_what_is_typed_stands_in_the_document() -> None:
    document = typed("1 -2 3", "", "0.5").page.text()
    graph = st.graph(document)
    assert graph.leaves == {"x1": 1, "x2": -2, "y": 3, "w1": None, "w2": Fraction(1, 2), "b": None}


# ---- the command


def test_a_document_goes_to_standard_output() -> None:
    ran = run("new", "2-1", "--loss", "bce")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == st.new("2-1", loss="bce")


@pytest.mark.parametrize("arguments", [[], ["--list"]])
def test_the_kinds_are_listed(arguments: list[str]) -> None:
    ran = run("new", *arguments)
    assert ran.returncode == 0
    assert all(f"stepper new {template.example}\n" in ran.stdout for template in TEMPLATES)
    assert all(len(line) <= 80 for line in ran.stdout.splitlines())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_calls_that_are_listed_work(template: object, tmp_path: Path) -> None:
    import shlex

    example = shlex.split(template.example)  # type: ignore[attr-defined]
    assert run("new", *example, "-o", "made.yaml", cwd=tmp_path).returncode == 0
    remarks = [line for line in (tmp_path / "made.yaml").read_text("utf-8").splitlines() if line.startswith("#   ")]
    assert remarks
    for line in remarks:
        ran = run(*shlex.split(line.removeprefix("#   stepper ")), cwd=tmp_path)
        assert (ran.returncode, ran.stderr) == (0, ""), line


def test_a_file_is_written_and_never_over_another(tmp_path: Path) -> None:
    assert run("new", "2-1", "-o", "net.yaml", cwd=tmp_path).returncode == 0
    before = (tmp_path / "net.yaml").read_text("utf-8")
    ran = run("new", "3-1", "-o", "net.yaml", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "'net.yaml' is there already" in ran.stderr
    assert (tmp_path / "net.yaml").read_text("utf-8") == before
    assert run("new", "3-1", "-o", "net.yaml", "--force", cwd=tmp_path).returncode == 0
    assert "x3" in (tmp_path / "net.yaml").read_text("utf-8")


def test_the_file_is_named_in_its_remarks(tmp_path: Path) -> None:
    run("new", "2-1", "-o", "my net.yaml", cwd=tmp_path)
    assert "#   stepper forward 'my net.yaml'" in (tmp_path / "my net.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["2-3-"], "a size is missing"),
        (["2-0-2"], "not 0"),
        (["2-3-2", "--activation", "rellu"], "did you mean 'relu'?"),
        (["50-50-50", "--scalars"], "--arrays writes a matrix for each layer"),
        (["2-1", "-o", "no/net.yaml"], "there is no folder 'no'"),
        (["2-1", "-o", "."], "'.' is a folder"),
        (["2-1", "--output", "net.yaml"], "-o net.yaml"),
        (["2-1", "--force"], "--force writes over a file, and none is given"),
        (["2-1", "--ask", "--values", "pleasant"], "one of both"),
        (["50-50-50", "--ask"], "--ask asks for up to 120 numbers"),
        (["optimizer", "adam", "--ask"], "there is nothing to ask for here"),
        (["lstm", "--set", "3"], "this is not name=number"),
        (["lstm", "--activation", "relu"], "it belongs to: net, conv1d, rnn"),
    ],
)
def test_mistakes_end_with_2_and_write_nothing(arguments: list[str], told: str, tmp_path: Path) -> None:
    ran = run("new", *arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert told in ran.stderr
    assert not list(tmp_path.iterdir())


def test_answers_come_from_a_pipe_too(tmp_path: Path) -> None:
    ran = run("new", "2-1", "--ask", stdin="1 2\nx\n3\nw1=-1\n", cwd=tmp_path)
    assert ran.returncode == 0
    assert st.graph(ran.stdout).leaves == {"x1": 1, "x2": 2, "y": 3, "w1": -1, "w2": None, "b": None}
    assert ran.stderr.startswith(f"{HELP}\nx₁ = 1 2\ny (what should come out) = x\nerror: 'x' is not a number")


def test_with_a_file_it_says_how_to_go_on(tmp_path: Path) -> None:
    ran = run("new", "2-1", "--ask", "-o", "net.yaml", stdin="1 2 3 4 5 6", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("  stepper backprop net.yaml --wrt w1 --lr 0.1\n")
    assert st.forward(str(tmp_path / "net.yaml")).answers["yhat"] == 1 * 4 + 2 * 5 + 6


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of Windows are opened in another way")
@pytest.mark.parametrize("ends", ["typed", "left"])
def test_in_a_terminal_the_figure_is_drawn_anew(tmp_path: Path, ends: str) -> None:
    import pty

    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        os.environ |= {"NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "80", "LINES": "40", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "stepper", "new", "1-1", "--ask", "-o", "net.yaml"]
        os.execv(sys.executable, command)

    shown = ""

    def until(words: str) -> None:
        nonlocal shown
        end = time.monotonic() + 60
        while words not in shown:
            assert time.monotonic() < end, shown
            if select.select([terminal], [], [], 1)[0]:
                shown += os.read(terminal, 65536).decode("utf-8", "replace")

    until("x = ")
    assert "│ w │" in shown
    os.write(terminal, b"7\n")
    until("come out) = ")
    assert "│ 7 " in shown.rpartition("\x1b[2J")[2]
    if ends == "left":
        os.kill(child, signal.SIGINT)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130
        assert not list(tmp_path.iterdir())
        return
    os.write(terminal, b"1 2 3\n")
    until("--lr 0.1")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert "x: 7" in (tmp_path / "net.yaml").read_text("utf-8")
