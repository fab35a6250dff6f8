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
from stepper.api.documents import blank
from stepper.cli.asking import Asking
from stepper.errors import StepperError
from stepper.tables.documents import TEMPLATES, Template
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
        ([], "q=1", "asked for: x1, x2, y, w1, w2, b", {}),
        ([], "w1=", "'' is not a number", {}),
        ([], "^", "there is no line to undo", {}),
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
    found.answer("1 2 3")
    with pytest.raises(StepperError, match="type the others too"):
        found.answer("")
    found.answer("4")
    assert "W1: [[1, 2], [3, 4]]" in found.page.text()
    assert "x: {shape: [2]}" in found.page.text()


@pytest.mark.parametrize(
    ("lines", "line", "told"),
    [
        ([], "1 2 3", "x takes 2 numbers, but here are 3"),
        ([], "1 2 3 4", "then comes y; or give all 10 on one line"),
        (["1 2", "3 4", "5 6 7"], "8 9", "W1 takes 1 more number, but here are 2"),
        (["1 2", "3 4", "5 6 7 8"], "9 10 11", "b1 takes 2 numbers, but here are 3"),
        (["1 2", "3 4", "5 6 7 8"], "b1[2]=1 9 10", "b1 takes 1 number, but here are 2"),
        ([], "W1=5", "W1 is an array of 4 numbers (2×2)"),
        ([], "W1 = [[1, 2], [3, 4]]", "name one of them, W1[1,1]=2, or type them all when W1 is asked for"),
        ([], "q=1", "asked for: x[1] to x[2], y[1] to y[2], W1[1,1] to W1[2,2], b1[1] to b1[2]"),
    ],
)
def test_a_line_belongs_to_the_array_that_is_asked_for(lines: list[str], line: str, told: str) -> None:
    found = typed(*lines, kind="2-2", arrays=True)
    before = dict(found.values)
    with pytest.raises(StepperError) as error:
        found.answer(line)
    assert told in str(error.value)
    assert found.values == before


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        (["1 2 3 4 5 6 7 8 9 10"], []),
        (["1 2", "3 4 5 6 7 8 9 10"], []),
        (["1", "2", "3 4", "5 6", "7 8", "b1[2]=3 1"], []),
        (["W1[2, 1] = 5", "1 2"], ["only 1 of the 4 numbers of W1 was given, so W1 stays symbolic",
                                   "8 of 10 numbers are blank"]),
    ],
)  # fmt: skip
def test_all_that_is_left_may_stand_on_one_line(lines: list[str], missing: list[str]) -> None:
    assert typed(*lines, kind="2-2", arrays=True).missing == missing


def test_of_an_array_half_filled_it_is_said() -> None:
    ran = run("new", "1-2", "--arrays", "--ask", stdin="1\n0 1\nb1[2]=3\n")
    assert "b1 has 1 of its 2 numbers; it stays symbolic until it has all\n" in ran.stderr
    assert ran.stderr.endswith(
        "\nonly 1 of the 2 numbers of b1 was given, so b1 stays symbolic\n4 of 7 numbers are blank\n"
    )
    assert "b1: {shape: [2]}" in ran.stdout


@pytest.mark.parametrize(
    ("lines", "prompt"),
    [
        ([], "x₁, x₂ = "),
        (["1"], "x₂ = "),
        (["1 2", "3"], "w₁₁, w₂₁ (into h₁) = "),
        (["1 2", "3", "w11=1"], "w₂₁ (into h₁) = "),
        (["1 2", "3", "1 2 3 4 5 6"], "b₁, b₂, b₃ = "),
        (["1 2", "3", "1 2 3 4 5 6 7 8 9"], "v₁, v₂, v₃ (into ŷ) = "),
    ],
)
def test_the_prompt_names_what_belongs_together(lines: list[str], prompt: str) -> None:
    assert typed(*lines, kind="2-3-1").prompt == prompt


@pytest.mark.parametrize(
    ("kind", "lines", "prompt", "name"),
    [
        ("2-1", ["1 2", "3"], "W₁ (1×2, row by row; a row for each neuron) = ", "W1[1,1]=2"),
        ("2-1", [], "x (2 numbers) = ", "W1[1,1]=2"),
        ("2-1", ["1 2", "3", "4"], "W₁[1,2] (1 more number) = ", "W1[1,1]=2"),
        ("2-1", ["1 2", "3", "4 5"], "b₁ (1 number) = ", "W1[1,1]=2"),
    ],
)
def test_the_prompt_of_an_array_says_how_many(kind: str, lines: list[str], prompt: str, name: str) -> None:
    found = typed(*lines, kind=kind, arrays=True)
    assert found.prompt == prompt
    assert found.help.endswith(f"by name: {name}")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_what_is_said_of_asking_fits_a_terminal(template: Template) -> None:
    import shlex

    kind, *words = shlex.split(template.example.partition(" --")[0])
    found = Asking(blank(Request(kind, words)))
    while not found.done:
        assert all(len(line) <= 80 for line in (*found.help.splitlines(), found.prompt))
        found.answer(found.help.rpartition(" ")[2].replace("=2", "=3"))  # the name in it is one that is asked for
        if not found.done:
            found.answer("1")


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


@pytest.mark.parametrize(
    "told",
    ["SHAPE LAYERS for cnn, NAME for optimizer.", "e.g. relu or leaky_relu:0.5 (the slope); or none.",
     "The objective to minimize, e.g. 'theta^2', instead of given gradients.", "numbers easy to calculate by hand.",
     "choose a different set of numbers.", "an existing file is not overwritten."],
)  # fmt: skip
def test_the_help_tells(told: str) -> None:
    assert told in " ".join(run("new", "--help").stdout.split())


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
    assert "'net.yaml' already exists" in ran.stderr
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
        (["2-1", "--force"], "--force overwrites a file, and none is given"),
        (["2-1", "--ask", "--values", "pleasant"], "give one of them"),
        (["50-50-50", "--ask"], "--ask asks for up to 120 numbers"),
        (["optimizer", "adam", "--ask"], "there is nothing to ask for here"),
        (["lstm", "--set", "3"], "this is not name=number"),
        (["lstm", "--activation", "relu"], "it belongs to: sizes such as 2-3-2, conv1d, rnn"),
    ],
)
def test_mistakes_end_with_2_and_write_nothing(arguments: list[str], told: str, tmp_path: Path) -> None:
    ran = run("new", *arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert told in ran.stderr
    assert not list(tmp_path.iterdir())


def test_answers_come_from_a_pipe_too() -> None:
    ran = run("new", "2-1", "--ask", stdin="1 2   # x1, x2\n# the target comes next\n3\nw1=-1\n")
    assert ran.returncode == 0
    assert st.graph(ran.stdout).leaves == {"x1": 1, "x2": 2, "y": 3, "w1": -1, "w2": None, "b": None}
    assert ran.stderr.startswith(f"{asking().help}\nx₁, x₂ = 1 2\ny (")
    assert ran.stderr.endswith("\n2 of 6 numbers are blank\n")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("1 2\nx\n3\n", "standard input:2:1: error: 'x' is not a number\n  |\n2 | x\n"),
        ("# first\n1 x 2\n3 4 5 6\n", "standard input:2:1: error: 'x' is not a number"),
        ("1 2 3 4 5 6 7", "standard input:1:1: error: '7' is one number too many"),
        ("1 2 3 4 5 6\n\n7\n", "standard input:3:1: error: '7' is one number too many"),
        ("1 2 3\nw3=1\n", "standard input:2:1: error: 'w3' is not asked for"),
        ("0,5 1", "decimals have a point: 0.5"),
        ("^\n1 2", "there is no line to undo"),
    ],
)
@pytest.mark.parametrize("file", [["-o", "net.yaml"], []])
def test_from_a_pipe_what_is_wrong_ends_with_2_and_nothing_is_written(
    file: list[str], typed: str, told: str, tmp_path: Path
) -> None:
    ran = run("new", "2-1", "--ask", *file, stdin=typed, cwd=tmp_path)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert ran.stdout == ""
    assert not list(tmp_path.iterdir())


def test_after_the_last_number_a_pipe_may_still_name_one_or_undo_a_line() -> None:
    ran = run("new", "2-1", "--ask", stdin="1 2 3 4 5\n6\nx1=7\n^\n^\n8\n\n")
    assert (ran.returncode, ran.stderr.count("blank")) == (0, 0)
    assert st.graph(ran.stdout).leaves == dict(zip(ORDER, [1, 2, 3, 4, 5, 8], strict=True))


def test_with_a_file_it_says_how_to_go_on(tmp_path: Path) -> None:
    ran = run("new", "2-1", "--ask", "-o", "net.yaml", stdin="1 2 3 4 5 6", cwd=tmp_path)
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (0, "x₁, x₂ = 1 2 3 4 5 6")
    assert ran.stdout.startswith("Wrote net.yaml. Next:\n  stepper draw net.yaml\n")
    assert ran.stdout.endswith("  stepper backprop net.yaml --wrt w1 --lr 0.1\n")
    assert st.forward(str(tmp_path / "net.yaml")).answers["yhat"] == 1 * 4 + 2 * 5 + 6


@pytest.mark.parametrize(
    ("typed", "told"),
    [("", "6 of 6 numbers are blank\n"), ("1 2 3 4\n", "2 of 6 numbers are blank\n"),
     ("1 2 3 4 5\n", "1 of 6 numbers is blank\n")],
)  # fmt: skip
def test_where_the_input_ends_early_it_says_how_many_are_blank(typed: str, told: str, tmp_path: Path) -> None:
    ran = run("new", "2-1", "--ask", "-o", "net.yaml", stdin=typed, cwd=tmp_path)
    assert ran.returncode == 0
    assert ran.stderr.endswith(f"\n{told}")
    assert ran.stdout == "Wrote net.yaml.\n"


def test_what_was_left_as_a_symbol_is_no_early_end(tmp_path: Path) -> None:
    ran = run("new", "2-1", "--ask", "-o", "net.yaml", stdin="1 2 3 4 5\n\n", cwd=tmp_path)
    assert (ran.returncode, ran.stderr.count("blank")) == (0, 0)
    assert "Next:" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of Windows are opened in another way")
@pytest.mark.parametrize("ends", ["typed", "left", "early"])
def test_in_a_terminal_the_figure_is_drawn_anew(tmp_path: Path, ends: str) -> None:
    import pty

    child, terminal = pty.fork()
    if not child:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests in the background has it ignored
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

    def code(interrupted: bool = False) -> int:
        """What the command ends with. A key that is pressed just before Python waits for a line is seen at the next
        one, so it is pressed again, as anybody would.
        """
        for turn in range(600):
            if interrupted and turn % 20 == 0:
                os.kill(child, signal.SIGINT)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.1)
        raise AssertionError(shown)

    until("x = ")
    assert "│ w │" in shown
    os.write(terminal, b"7\n")
    until("target) = ")
    assert "│ 7 " in shown.rpartition("\x1b[2J")[2]
    if ends == "left":
        assert code(interrupted=True) == 130
        assert not list(tmp_path.iterdir())
        return
    if ends == "early":
        os.write(terminal, b"x 1\n")  # asked again
        until("'x' is not a number")
        os.write(terminal, b"\x04")
        until("3 of 4 numbers are blank")
        until("Wrote net.yaml.")
        assert code() == 0
        assert "Next:" not in shown
        return
    os.write(terminal, b"1 2 3\n")
    until("--lr 0.1")
    assert code() == 0
    assert "x: 7" in (tmp_path / "net.yaml").read_text("utf-8")
