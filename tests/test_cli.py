"""The command line as a user meets it: exit codes, pipes, files; in real processes where streams are the point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from io import BytesIO, TextIOWrapper
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest

from stepper.cli.main import main
from stepper.cli.names import complete_wrt
from stepper.errors import StepperError
from stepper.read import files
from stepper.read.wanted import split_names
from stepper.saving import write_whole
from tests.helpers import ROOT

GRAPH = "inputs: {x: 2, no: 1}\nparameters: {w: 0.5}\nnodes:\n  z: w*x\n  L: (z - no)^2\n"


def environment_of(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment without what the user chose in it, and with these changes."""
    chosen = ("NO_COLOR", "FORCE_COLOR", "STEPPER_FORMAT")
    return {key: value for key, value in os.environ.items() if key not in chosen} | {**changes}


def process(*arguments: str, stdin: str = "", cwd: Path = ROOT, **environment: str) -> CompletedProcess[str]:
    """The command in a process of its own."""
    command, around = [sys.executable, "-m", "stepper", *arguments], environment_of(environment)
    return subprocess.run(command, input=stdin, capture_output=True, check=False, cwd=cwd, env=around, encoding="utf-8")


def run(*arguments: str, stdin: str = "", cwd: Path = ROOT, **environment: str) -> CompletedProcess[str]:
    """The command in this process, with streams that are no terminals."""
    given, shown, told = (TextIOWrapper(BytesIO(data), encoding="utf-8") for data in (stdin.encode("utf-8"), b"", b""))
    code = 0
    with (
        chdir(cwd),
        patch.dict(os.environ, environment_of(environment), clear=True),
        patch.multiple(sys, argv=["stepper", *arguments], stdin=given, stdout=shown, stderr=told),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return CompletedProcess(arguments, code, written(shown), written(told))


def written(stream: TextIOWrapper) -> str:
    """What went into a stream."""
    stream.seek(0)
    return stream.read()


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.yaml"
    path.write_text(GRAPH, "utf-8")
    return path


def test_the_users_own_words(graph: Path) -> None:
    ran = process("backprop", "graph.yaml", "--wrt", "w", cwd=graph.parent)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert r"\frac{dL}{dw}" in ran.stdout


def test_alone_it_says_what_to_type_first() -> None:
    ran = process()
    assert ran.returncode == 0
    assert "stepper backprop tum-2022/6 --wrt w11" in ran.stdout


def test_a_pipe_gets_markdown_and_a_suffix_its_format(graph: Path) -> None:
    assert process("backprop", str(graph), "--wrt", "w").stdout.startswith("## The graph\n")
    target = graph.parent / "notes.json"
    assert process("backprop", str(graph), "--wrt", "w", "-o", str(target)).stdout == ""
    assert json.loads(target.read_text("utf-8"))["schema"] == "stepper/1"


def test_the_environment_sets_the_format(graph: Path) -> None:
    assert "∂L/∂z" in process("backprop", str(graph), "--wrt", "w", STEPPER_FORMAT="text").stdout


def test_standard_input_is_a_dash() -> None:
    assert process("backprop", "-", "--wrt", "w", "-f", "text", stdin=GRAPH).returncode == 0


def test_json_holds_answers_and_checks_that_parse_back() -> None:
    from stepper.core.parser import parse

    found = json.loads(run("backprop", "tum-2022/6", "--wrt", "w11", "--lr", "0.1", "-f", "json").stdout)
    assert [(entry["name"], entry["text"], entry["value"]) for entry in found["answers"]] == [
        ("dL/dw11", "3/2", 1.5),
        ("w11'", "-13/20", -0.65),
    ]
    assert all(check["ok"] for check in found["checks"])
    for step in found["steps"]:
        for block in [*step["body"], *(block for child in step["children"] for block in child["body"])]:
            if "equation" in block:
                for formula in [block["equation"]["left"], *(link[1] for link in block["equation"]["links"])]:
                    assert parse(formula)


@pytest.mark.parametrize(
    "wrt", [["--wrt", "w,x"], ["--wrt", "w", "--wrt", "x"], ["--wrt", "leaves"], ["--wrt", "parameters,inputs"]]
)
def test_several_quantities(graph: Path, wrt: list[str]) -> None:
    found = json.loads(run("backprop", str(graph), *wrt, "-f", "json").stdout)
    assert {"dL/dw", "dL/dx"} <= {entry["name"] for entry in found["answers"]}


@pytest.mark.parametrize("wrt", ["parameters", "all"])
def test_all_stands_for_the_parameters_where_there_are_any(graph: Path, wrt: str) -> None:
    found = json.loads(run("backprop", str(graph), "--wrt", wrt, "-f", "json").stdout)
    assert [entry["name"] for entry in found["answers"]] == ["dL/dw"]
    said = "".join(part for line in found["conventions"] for part in line if isinstance(part, str))
    assert ("left out" in said) == (wrt == "all")


def test_all_stands_for_every_leaf_where_no_parameter_is_declared() -> None:
    found = json.loads(
        run("backprop", "-e", "f = (x + y)*z", "--set", "x=1,y=2,z=3", "--wrt", "all", "-f", "json").stdout
    )
    assert [entry["name"] for entry in found["answers"]] == ["df/dx", "df/dy", "df/dz"]


ERRORS = [
    (["backprop", "nowhere.yaml", "--wrt", "x"], "there is no file and no bundled exam 'nowhere.yaml'"),
    (["backprop", "tum-2022/66", "--wrt", "x"], "did you mean 'tum-2022/6'?"),
    (["backprop", "tum-2022/6", "--wrt", "w111"], "did you mean 'w11'?"),
    (["backprop", "tum-2022/6"], "--wrt is missing: differentiate with respect to what?"),
    (["backprop", "tum-2022/6", "--wrt", "w[["], "--wrt:4: error: the formula ends too early"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "-f", "yaml"], "'yaml' is not a format"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "-o", "notes.docx"], "no format has the suffix of 'notes.docx'"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "-o", "nowhere/notes.md"], "'nowhere/notes.md' cannot be written"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "--lr", "fast"], "--lr takes a number or a letter, but got 'fast'"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "--convention", "mse=halves"], "'halves' is not a choice for mse"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "--detail", "more"], "--detail does not take 'more'"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "-f", "htlm"], "did you mean 'html'?"),
    (["backprop", "tum-2022/6", "--wrt", "w11", "--graph", "imag"], "did you mean 'image'?"),
    (
        ["backprop", "tum-2022/6", "--wrt", "w11", "--graph", "image"],
        "--graph image puts an SVG beside a Markdown file",
    ),
    (["backprop", "tum-2022/6", "--wrt", "w11", "--fragment"], "--fragment belongs to latex, but this is markdown"),
    (
        ["backprop", "tum-2022/6", "--wrt", "w11", "-f", "html", "--front-matter"],
        "--front-matter belongs to markdown, but this is html",
    ),
    (["backprop", "tum-2022/6", "--wrt", "w11", "--step"], "--step walks by keypresses, and needs a terminal"),
    (["optim", "sgd", "--theta", "1", "--grad", "1", "-f", "dot"], "there is no graph here to be drawn as DOT"),
    (["exams", "list", "-f", "svg"], "there is no graph here to be drawn as SVG"),
    (["draw", "tum-2022/6", "-o", "nowhere/g.svg"], "'nowhere/g.svg' cannot be written"),
    (["draw", "tum-2022/6", "-o", "g.bmp"], "no format has the suffix of 'g.bmp'"),
    (["draw", "tum-2022/6", "--wrt", "w111"], "did you mean 'w11'?"),
    (["draw", "tum-2022/6", "--graphviz", "-f", "tikz"], "--graphviz draws svg, png, pdf, but this is tikz"),
    (["rules", "softmax", "-f", "svg"], "softmax is not a function of one number, so it has no curve"),
    (["backprop", "graphs", "--wrt", "w11"], "'graphs' is a folder"),
    (["backprop", "-", "--wrt", "x"], "the document is empty"),
    (["backporp"], "No such command 'backporp'"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), ERRORS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_mistakes_are_told_on_standard_error_with_exit_2(arguments: list[str], message: str) -> None:
    ran = run(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr


@pytest.mark.parametrize("place", [1, 16, -1], ids=lambda place: " ".join(ERRORS[place][0]))
def test_so_they_are_by_a_process_of_its_own(place: int) -> None:
    arguments, message = ERRORS[place]
    ran = process(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x00\x01\x02", "this is not text"),
        (b"title: \xe9", "this is not UTF-8 text (byte 0xe9)"),
        (b"x" * 20_000_001, "larger than 20 MB"),
    ],
)
def test_bytes_that_are_no_document(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(data)
    ran = run("forward", str(path))
    assert ran.returncode == 2
    assert message in ran.stderr


def test_nothing_is_half_written(graph: Path) -> None:
    target = graph.parent / "notes.md"
    target.write_text("before", "utf-8")
    assert process("backprop", str(graph), "--wrt", "nothing", "-o", str(target)).returncode == 2
    assert target.read_text("utf-8") == "before"
    assert sorted(path.name for path in graph.parent.iterdir()) == ["graph.yaml", "notes.md"]


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m stepper backprop tum-2022/6 --wrt all | head -1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "# Leaky ReLU network 2-3-2\n", "")


def test_an_interrupt_is_130() -> None:
    code = "import sys\nfrom stepper.cli import app, main\ndef stop(**_): raise KeyboardInterrupt\n"
    code += "sys.argv, app.app = ['stepper'], stop\nmain.main()"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 130


def test_colour_only_where_it_is_wanted(graph: Path) -> None:
    arguments = ["forward", str(graph), "-f", "terminal"]
    assert "\x1b[" not in run(*arguments).stdout
    assert "\x1b[32m" in process(*arguments, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run(*arguments, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_a_local_path_wins_over_a_bundled_name(tmp_path: Path) -> None:
    (tmp_path / "tum-2022").mkdir()
    (tmp_path / "tum-2022" / "6").write_text(GRAPH, "utf-8")
    assert run("backprop", "tum-2022/6", "--wrt", "w", cwd=tmp_path).returncode == 0


def test_exams_agree() -> None:
    ran = run("exams", "check", "uio-2021/7", "tum-2022/6", "-f", "text")  # tests/test_judging.py works all of them
    assert ran.returncode == 0
    assert "DIFFERS" not in ran.stdout
    assert "uio-2021-7b: published: wrong:" in ran.stdout


def test_a_wrong_answer_is_exit_1(tmp_path: Path) -> None:
    path = tmp_path / "exam.yaml"
    path.write_text(GRAPH + "answers: {mine: {dL/dw: 7}}\n", "utf-8")
    ran = process("exams", "check", str(path), "-f", "text")
    assert ran.returncode == 1
    assert "DIFFERS" in ran.stdout


def test_an_answer_that_cannot_be_worked_is_exit_2_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "exam.yaml"
    path.write_text(GRAPH + "answers:\n  one: {q: 7}\n  two: {dL/dw: 0.500}\n", "utf-8")
    ran = run("exams", "check", str(path), "-f", "text")
    assert ran.returncode == 2
    assert "1 not worked" in ran.stdout
    assert "two" in ran.stdout
    assert "exam.yaml" in ran.stderr
    assert "one, q: 'q' is not a quantity of this graph" in ran.stderr


def test_a_published_mistake_that_is_none_is_found(tmp_path: Path) -> None:
    path = tmp_path / "exam.yaml"
    path.write_text(
        GRAPH + "answers: {mine: {values: {L: 0}, published: {values: {L: 0}, ok: false, error: no error}}}\n", "utf-8"
    )
    assert run("exams", "check", str(path), "-f", "text").returncode == 1


def test_an_item_is_shown_with_what_was_published() -> None:
    ran = run("exams", "show", "uio-2021-7b", "-f", "text")
    assert ran.returncode == 0
    assert "the factor ∂f/∂d is left out" in " ".join(ran.stdout.split())
    assert "  - a -> b" in ran.stdout


class Context:
    """What the completion sees while --wrt waits for its value."""

    def __init__(self, graph: str) -> None:
        self.params: dict[str, str | None] = {"graph": None}
        self.args = [graph]


def test_names_complete(graph: Path) -> None:
    assert complete_wrt(Context(str(graph)), "") == ["x", "no", "w", "z", "L", "all", "parameters"]
    assert complete_wrt(Context(str(graph)), "w,n") == ["w,no"]
    assert "w11" in complete_wrt(Context("tum-2022/6"), "w1")
    assert complete_wrt(Context("nowhere"), "") == []


def test_completion_answers_in_the_shell() -> None:
    ran = process(COMP_WORDS="stepper backprop tum-2022/6 --wrt w1", COMP_CWORD="4", _STEPPER_COMPLETE="complete_bash")
    assert ran.stdout.split() == ["w11", "w12", "w13"]


def test_commas_in_brackets_do_not_split() -> None:
    assert split_names(["X[1,2],b", "w"]) == ["X[1, 2]", "b", "w"]


# ---- notes


def test_two_solutions_appended_make_one_valid_note(tmp_path: Path) -> None:
    command = f"for k in 1 2; do {sys.executable} -m stepper backprop tum-2022/6 --wrt w11 >> {tmp_path}/notes.md; done"
    subprocess.run(["bash", "-euc", command], check=True, cwd=ROOT)
    written = (tmp_path / "notes.md").read_text("utf-8")
    assert written.count("# Leaky ReLU network 2-3-2\n") == 2
    assert written.count("```mermaid\n") == written.count("\n```\n") == 2
    assert written.count("\n$$\n") % 4 == 0
    half = len(written) // 2
    assert written[:half] == written[half:]


def test_a_note_has_its_picture_beside_it(tmp_path: Path) -> None:
    notes = tmp_path / "my notes.md"
    assert run("backprop", "tum-2022/6", "--wrt", "w11", "-o", str(notes)).returncode == 0
    assert "\n\n[The graph as a picture](my%20notes.svg)\n" in notes.read_text("utf-8")
    assert (tmp_path / "my notes.svg").read_text("utf-8").startswith("<svg")
    assert run("backprop", "tum-2022/6", "--wrt", "w11", "-o", str(notes), "--graph", "image").returncode == 0
    assert "![The computational graph](my%20notes.svg)" in notes.read_text("utf-8")
    assert "mermaid" not in notes.read_text("utf-8")
    assert "in each box" not in notes.read_text("utf-8")
    assert "mermaid" not in run("backprop", "tum-2022/6", "--wrt", "w11", "--graph", "none").stdout


def test_a_picture_beside_a_note_takes_nothing_away(tmp_path: Path) -> None:
    notes, mine = tmp_path / "notes.md", tmp_path / "notes.svg"
    mine.write_text("<svg>mine</svg>", "utf-8")
    ran = run("forward", "tum-2022/6", "-o", str(notes))
    assert ran.returncode == 2
    assert "notes.svg' already exists, and it is not a picture written by stepper" in ran.stderr
    assert not notes.exists()
    mine.unlink()
    mine.mkdir()
    assert run("forward", "tum-2022/6", "-o", str(notes)).returncode == 2
    assert not notes.exists()
    assert process("forward", "tum-2022/6", "-o", "/dev/stdout", "-f", "markdown").returncode == 0
    assert run("forward", "tum-2022/6", "-f", "markdown", "-o", str(tmp_path / "y.svg")).returncode == 0
    assert (tmp_path / "y.svg").read_text("utf-8").startswith("# ")
    assert "there is no graph here" in run("rules", "sigmoid", "-o", str(tmp_path / "r.md"), "--graph", "image").stderr


def test_a_picture_of_a_network_that_does_not_fit_is_not_written(tmp_path: Path) -> None:
    target = tmp_path / "net.svg"
    ran = run("shapes", "-e", "8x8x3 -> Conv2d(3, 8, 3) -> Conv2d(4, 8, 3)", "-o", str(target))
    assert ran.returncode == 2
    assert not target.exists()


def test_front_matter_is_yaml_that_holds_the_title_in_place_of_the_heading() -> None:
    import yaml

    written = run("backprop", "tum-2022/6", "--wrt", "w11", "--front-matter").stdout
    _, head, body = written.split("---\n", 2)
    found = yaml.safe_load(head)
    assert found["title"] == "Leaky ReLU network 2-3-2"
    assert found["tags"] == ["stepper", "backprop"]
    assert not [line for line in body.splitlines() if line.startswith("# ")]


def test_without_graphviz_it_says_how_to_get_it(tmp_path: Path) -> None:
    ran = run("draw", "tum-2022/6", "--graphviz", "-f", "svg", PATH=str(tmp_path))
    assert ran.returncode == 2
    assert "--graphviz needs the program 'dot', which is not installed" in ran.stderr
    assert "install Graphviz" in ran.stderr


def test_graphviz_gets_the_graph_and_its_picture_is_written(tmp_path: Path) -> None:
    """A stand-in for the program: it shows what it was given."""
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "$1"\nexec cat\n', "utf-8")
    program.chmod(0o755)
    ran = process("draw", "tum-2022/6", "--graphviz", "-f", "svg", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert ran.stdout.startswith("-Tsvg\ndigraph stepper {")


def test_a_terminal_without_unicode_gets_ascii(tmp_path: Path) -> None:
    ran = process("draw", "tum-2022/6", "-f", "text", "--wrt", "w11", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert ran.returncode == 0
    plain = run("draw", "tum-2022/6", "-f", "text", "--wrt", "w11", "--ascii")
    assert plain.stdout.isascii()
    assert "yhat1" in plain.stdout
    assert "+==" in plain.stdout


# ---- step by step, in a terminal


def walked(keys: str, *arguments: str) -> list[str]:
    """The screens that a walk shows, a key after each."""
    import pty
    import select

    handle, inside = pty.openpty()
    child = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "40", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "stepper", *arguments, "--step"],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=ROOT,
        env=child,
    )
    os.close(inside)
    screens = []
    for key in keys:
        written = b""
        while b"q: leave" not in written:
            assert select.select([handle], [], [], 60)[0], written
            written += os.read(handle, 1 << 16)
        screens.append(written.decode("utf-8").replace("\r\n", "\n"))
        os.write(handle, key.encode())
    assert process.wait(60) == 0
    os.close(handle)
    return screens


def test_a_walk_asks_first_then_shows_and_goes_back() -> None:
    first, asks, tells, second, back, last = walked("   bGq", "backprop", "tum-2022/6", "--wrt", "w11")
    assert "Leaky ReLU network 2-3-2" in first
    assert "h₁ = w₁₁·x₁ + w₂₁·x₂ + b₁ = ?" in asks
    assert "what is it? space: look" in asks
    assert "h₁ = w₁₁·x₁ + w₂₁·x₂ + b₁ = (-0.5)·1 + (-1)·(-2) + 0.5 = 2" in tells
    assert "h₂ = w₁₂·x₁ + w₂₂·x₂ + b₂ = ?" in second
    assert back.endswith(tells.partition("1  Forward pass")[2])
    assert "the end" in last


SPELLED = [
    (("backprop", "-e", "ŷ = x^2; L = ŷ + 1", "--set", "x=3", "--wrt", "x", "--of", "ŷ"), "dŷ/dx = 2·x = 2·3 = 6"),
    (("train", "-e", "L = (w*ŷ - 1)^2", "--set", "ŷ=2,w=1,beta1=0.5", "--optimizer", "adam", "--wrt", "w"), "β₁ = 0.5"),
]


@pytest.mark.parametrize(("call", "shown"), SPELLED)
def test_names_are_spelled_alike_everywhere(call: tuple[str, ...], shown: str) -> None:
    ran = run(*call, "-f", "text")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert shown in ran.stdout


def test_a_name_of_both_the_graph_and_the_optimizer_is_refused() -> None:
    ran = run("train", "-e", "L = (w - beta1)^2", "--set", "w=1,beta1=2", "--optimizer", "adam", "--wrt", "w")
    assert ran.returncode == 2
    assert "beta1: this is a setting of adam, and a quantity of the graph" in ran.stderr


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("net.yaml", GRAPH, "stepper backprop net.yaml --wrt all, or: stepper forward net.yaml"),
        ("net.txt", "28x28x1 -> 32C3 -> 10", "stepper shapes net.txt"),
        ("task.yaml", "optimizer: sgd\nparameters: {w: 1}\ngradients: [1]\n", "stepper optim task.yaml"),
        ("net.py", "class N(nn.Module):\n    def forward(self, x):\n        return x\n", "stepper shapes net.py"),
    ],
)
def test_a_file_in_the_place_of_a_command(tmp_path: Path, name: str, text: str, command: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    ran = run(name, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"error: '{name}' is a file, but a command is missing before it\n  = help: {command}\n"


def test_the_exit_code_is_the_same_where_nothing_can_be_said(tmp_path: Path) -> None:
    for call in ("forward -e 'L = ('", "forward --nope"):
        assert os.waitstatus_to_exitcode(os.system(f"cd {tmp_path}; {sys.executable} -m stepper {call} 2>&-")) == 2


def test_pipes_and_loops_of_links_do_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "a.md").symlink_to("b.md")
    (tmp_path / "b.md").symlink_to("a.md")
    for name, told in (("pipe.md", "is a pipe that nothing reads"), ("a.md", "cannot be written")):
        with pytest.raises(StepperError, match=told):
            write_whole({tmp_path / name: b"x"})
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    with pytest.raises(StepperError, match="nothing came out of it"):
        files.read_text(tmp_path / "pipe.md", "pipe.md")
