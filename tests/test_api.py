"""The door: what Python and notebooks get."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

import stepper as st
from stepper.cli.app import app
from stepper.core.steps import Step
from stepper.notebook import run
from stepper.spelling import KEYWORDS


def test_a_bundled_exam_is_worked_by_its_name() -> None:
    solution = st.backprop("tum-2022/6", wrt="w11", lr=0.1)
    assert solution.answers["dL/dw11"] == Fraction(3, 2)
    assert solution.floats["w11'"] == -0.65
    assert all(check.ok for check in solution.checks)
    assert "w₁₁′ = w₁₁ - η·dL/dw₁₁" in str(solution)


@pytest.mark.parametrize(
    "source",
    [
        "q = x + y; f = q*z",
        "inputs: {x: , y: , z: }\nnodes: {q: x + y, f: q*z}\n",
        st.graph(inputs={"x": None, "y": None, "z": None}, nodes={"q": "x + y", "f": "q*z"}),
    ],
)
def test_a_graph_is_text_or_what_was_read(source: str | st.GraphView) -> None:
    assert st.backprop(source, wrt="all", x=-2, y=5, z=-4).answers == {"df/dx": -4, "df/dy": -4, "df/dz": 3}


@pytest.mark.parametrize("value", [0.5, "0.5", "1/2", Fraction(1, 2), Decimal("0.5"), np.float64(0.5), np.array(0.5)])
def test_values_are_taken_as_they_are_spelled(value: object) -> None:
    assert st.forward("y = x/5", x=value).answers["y"] == Fraction(1, 10)


@pytest.mark.parametrize("value", [True, None, {1}, 2j, b"1"])
def test_what_is_no_value_is_refused(value: object) -> None:
    with pytest.raises(st.StepperError, match=r"is not a number|is not taken as a value"):
        st.forward("y = x/5", x=value)


def test_arrays_are_exact_where_all_their_entries_are() -> None:
    graph = st.graph(
        inputs={"x": np.array([1.0, 2.0])}, parameters={"W": [[1, 0], [0.5, 2]]}, nodes={"z": "W @ x", "a": "tanh(z)"}
    )
    answers = st.forward(graph).answers
    exact, rounded = answers["z"], answers["a"]
    assert isinstance(exact, np.ndarray)
    assert isinstance(rounded, np.ndarray)
    assert exact.tolist() == [Fraction(1), Fraction(9, 2)]
    assert rounded.dtype == np.float64
    assert np.allclose(rounded, np.tanh([1.0, 4.5]))


def test_formulas_are_answers_as_text() -> None:
    assert st.backprop("L = w*x", wrt="w").answers["dL/dw"] == "x"


def test_a_network_gives_a_row_for_each_layer() -> None:
    answers = st.shapes("Conv2d(3, 8, 3) -> MaxPool2d(2)", input=(3, 32, 32)).answers
    first, second = answers["1"], answers["2"]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["layer"] == "Conv2d"
    assert [first["shape"], second["shape"]] == [(8, 30, 30), (8, 15, 15)]


def test_runs_of_optimizers() -> None:
    assert st.optim("sgd", theta=1, grads=[0.5, 0.2], lr=0.1).answers["theta[2]"] == Fraction(93, 100)
    assert st.train("L = (w*x - y)^2", w=0.5, x=1, y=2, wrt="w", lr=0.1, steps=2).answers["w[2]"] == Fraction(26, 25)


def test_a_solution_is_saved_in_the_format_of_the_suffix(tmp_path: Path) -> None:
    solution = st.forward("y = 2*x", x=3)
    assert solution.save(tmp_path / "notes.md").read_text("utf-8").startswith("#")
    assert solution.save(tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(st.StepperError, match="no format has the suffix"):
        solution.save(tmp_path / "notes.xyz")


def test_a_notebook_gets_a_page_without_script_or_font_and_a_drawing() -> None:
    solution = st.backprop("tum-2022/6", wrt="w11")
    page = solution._repr_html_()
    assert page.startswith('<div class="stepper">')
    assert "<math" in page
    assert "<svg" in page
    assert "<script" not in page
    assert "@font-face" not in page
    drawing = st.graph("tum-2022/6")._repr_html_()
    assert drawing.startswith('<div class="stepper">')
    assert "<svg" in drawing
    assert solution._repr_markdown_().startswith("# ")


def test_the_door_is_loaded_when_it_is_used() -> None:
    heavy = (
        "{'stepper.api', 'sympy', 'numpy', 'networkx', 'typer', "
        "'rich', 'yaml', 'mpmath', 'stepper.core', 'stepper.engine'}"
    )
    code = f"import sys, stepper; dir(stepper); print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'backpropp'"):
        getattr(st, "backpropp")  # noqa: B009  mypy knows that the name is wrong


class Shell:
    """What of IPython's shell an extension meets."""

    def __init__(self) -> None:
        self.magics: dict[str, Callable[..., st.Solution]] = {}
        self.displayed: list[st.Solution] = []
        self.display_formatter = self.display_pub = self

    def format(self, solution: st.Solution) -> tuple[st.Solution, dict[str, str]]:
        return solution, {}

    def publish(self, solution: st.Solution, metadata: dict[str, str]) -> None:
        self.displayed.append(solution)

    def register_magic_function(self, function: Callable[..., st.Solution], magic_kind: str, magic_name: str) -> None:
        assert magic_kind == "line_cell"
        self.magics[magic_name] = function


def test_a_cell_is_the_graph_of_the_command_over_it(capsys: pytest.CaptureFixture[str]) -> None:
    shell = Shell()
    st.load_ipython_extension(shell)
    solution = shell.magics["stepper"](
        "backprop --wrt w --digits 3", "inputs: {x: 3}\nparameters: {w: 2}\nnodes: {L: (w*x)^2}\n"
    )
    assert solution.answers == {"dL/dw": 36}
    assert solution.look.digits == 3
    row = shell.magics["stepper"]("shapes -e 'Linear(4, 2)' --input 4").answers["1"]
    assert isinstance(row, dict)
    assert row["parameters"] == 10
    assert capsys.readouterr().out == ""


def test_a_mistake_in_a_notebook_is_told_in_words() -> None:
    with pytest.raises(st.StepperError) as caught:
        run("forward", "inputs: {x: 1}\nnodes: {y: 2*z}\n")
    assert caught.value._render_traceback_()[0] == "<stdin>:2:14: error: 'z' is not defined"


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("forward --nonsense", "no such option: --nonsense", "%stepper forward --help lists what there is"),
        ("nonsense", "no such command 'nonsense'", "%stepper --help lists what there is"),
        ("forward --digits many", "invalid value for '--digits': 'many' is not a valid int range", "forward --help"),
        ("tum-2022/6", "'tum-2022/6' is a bundled document, but a command is missing before it", "backprop tum-2022/6"),
        ("forward -e 'L = 2*x", "the line cannot be read: no closing quotation", ""),
    ],
)
def test_a_mistake_in_a_magic_is_told_in_words(line: str, what: str, hint: str) -> None:
    with pytest.raises(st.StepperError) as caught:
        run(line)
    told = "\n".join(caught.value._render_traceback_())
    assert told.startswith(f"error: {what}")
    assert hint in told


def test_help_in_a_notebook_is_that_of_stepper(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("forward --help") is None
    assert capsys.readouterr().out.startswith("Usage: stepper forward ")


def test_layers_before_a_mistake_are_shown_in_a_notebook() -> None:
    shell = Shell()
    st.load_ipython_extension(shell)
    with pytest.raises(st.StepperError, match="it expects 3, but gets 7200"):
        shell.magics["stepper"]("shapes --input 3x32x32", "Conv2d(3, 8, 3)\nFlatten()\nLinear(3, 4)\n")
    (before,) = shell.displayed
    assert list(before.answers) == ["1", "2"]


def test_a_file_or_a_format_asked_for_in_a_notebook_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    solution = run(f"forward -e 'y = 2*3' -o '{page}'")
    assert solution is not None
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert capsys.readouterr().out == ""
    assert run("forward -e 'y = 2*x' --set x=3 -f latex --fragment") is None
    assert "= 6" in capsys.readouterr().out
    assert run("draw -e 'y = 2*x' --set x=3 -f svg") is not None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: st.backprop("L = w*x"), "wrt is missing: differentiate with respect to what?"),
        (lambda: st.backprop("L = w*x", wrt="w", lr="fast"), "lr takes a number or a letter, but got 'fast'"),
        (lambda: st.backprop("L = w*x", wrt="w", ascent=True), "say how far with lr=0.1"),
        (
            lambda: st.backprop("L = w*x", wrt="w", second=True, lr=1),
            "second shows second derivatives; lr, round_steps, verify and",
        ),
        (lambda: st.backprop("L = w*x", wrt="w", of="y"), "of y: this is not a node"),
        (lambda: st.forward("L = w*x", v=1), "error: v: "),
        (lambda: st.train("L = w*x", wrt="w", x=1), "'w' has no value, and training needs one of each"),
        (lambda: st.optim("adam", theta=1), "grads=0.5 once for each step, or objective='theta^2'"),
        (
            lambda: st.backprop("z = W @ x", W=[[1, 2], [0, 1]], x=[1, 2], wrt="W", second=True),
            "second is worked out entry by entry, of an",
        ),
    ],
)
def test_messages_name_keywords(call: Callable[[], object], said: str) -> None:
    with pytest.raises(st.StepperError) as found:
        call()
    assert said in str(found.value)
    assert "--" not in str(found.value)


def test_what_does_not_fit_shows_what_came_before_it() -> None:
    with pytest.raises(st.StepperError) as found:
        st.shapes("Conv2d(3, 8, 3) -> Linear(5, 2)", input="3x8x8")
    assert found.value.partial.answers["1"]["shape"] == (8, 6, 6)


def ids(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        yield step.id
        yield from ids(step.children)


@pytest.mark.parametrize(
    "ask",
    [
        lambda **look: st.backprop("tum-2022/6", wrt="w11,b1", lr=0.1, **look),
        lambda **look: st.backprop("ŷ = σ(w₁·x); L = (ŷ - 1)^2", values={"w1": 1, "x": 2}, wrt="all", **look),
        lambda **look: st.forward("tum-2022/2.3", **look),
        lambda **look: st.optim("adam", theta=1, grads=[0.5, 0.2], **look),
    ],
)
def test_steps_have_the_same_names_at_every_detail(ask: Callable[..., st.Solution]) -> None:
    named = [list(ids(ask(**look).steps)) for look in ({}, {"detail": "brief"}, {"digits": 7})]
    assert named[0] == named[1] == named[2]
    assert all(name.isascii() for name in named[0])
    assert set(named[0]) <= set(ids(ask(detail="full").steps))


def options_of(command: Any) -> set[str]:
    return {option.removeprefix("--") for part in command.params for option in part.opts if option.startswith("--")}


def test_every_option_of_a_command_has_its_keyword_in_messages() -> None:
    """But for those of what is written, which are all that ``rules`` has, and for what the command line alone can."""
    commands: dict[str, Any] = getattr(get_command(app), "commands", {})
    asked = [options_of(command) for name, command in commands.items() if name != "exams"]
    assert len(asked) > 6
    assert set().union(*asked) - options_of(commands["rules"]) - {*KEYWORDS} == {"graphviz", "ask", "file", "list"}
