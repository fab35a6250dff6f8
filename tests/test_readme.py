"""The README shows what stepper prints, and names what stepper knows."""

from __future__ import annotations

import doctest
import re
from fractions import Fraction

from stepper.engine.answers.examination import examine
from stepper.engine.optim.worked_run import optim
from stepper.engine.values.quantities import Settings
from stepper.read.given import with_values
from stepper.read.graph import read_graph
from stepper.read.options import OptimOptions, load_task
from stepper.render.formats import render
from stepper.render.look import Look
from stepper.tables.optimizers import OPTIMIZERS
from stepper.tables.table import ROWS
from tests.helpers import ROOT, derive, graph_of

README = (ROOT / "README.md").read_text("utf-8")


def test_the_output_shown_is_the_output() -> None:
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    assert shown.group(1) == render("text", derive("tum-2022/6", "w11", lr=Fraction(1, 10)), Look())


def test_the_given_value_shown_is_the_output() -> None:
    document = re.search(r"```yaml\n# graph.yaml\n(.*?)```", README, re.DOTALL)
    shown = next(block for block in re.findall(r"```text\n(.*?)```", README, re.DOTALL) if "(given)" in block)
    assert document is not None
    assert shown in render("text", derive(with_values(graph_of(document.group(1)), ["z=-3"]), "w"), Look(graph=False))


def test_the_examples_in_python_run() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", None, None)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_every_function_is_named() -> None:
    listed = re.search(r"Known functions: (.*?)\.\n", README, re.DOTALL)
    assert listed is not None
    assert re.findall(r"`(\w+)`", listed.group(1)) == list(ROWS)


def test_every_optimizer_is_named() -> None:
    listed = re.search(r"Known optimizers: (.*?)\.\n", README, re.DOTALL)
    assert listed is not None
    assert re.findall(r"`(\w+)`", listed.group(1)) == [row.name for row in OPTIMIZERS]


def test_the_step_of_adam_shown_is_the_step() -> None:
    shown = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    task = load_task("adam", OptimOptions("1", ("0.5", "0.2"), lr="0.1"))
    assert any(block in render("text", optim(task, Settings()), Look()) for block in shown if block.startswith("3  Step 2"))


def test_the_answers_shown_are_worked() -> None:
    graph, answers = (
        re.search(r"```yaml\n(# graph.yaml\n.*?)```", README, re.DOTALL),
        re.search(r"```yaml\n(answers:.*?)```", README, re.DOTALL),
    )
    assert graph is not None
    assert answers is not None
    read = read_graph(graph.group(1) + answers.group(1), "graph.yaml")
    found = [examine(read, item) for item in read.items]
    assert [(outcome.item.name, len(outcome.findings), outcome.agrees, outcome.verdict) for outcome in found] == [
        ("answers", 2, True, None), ("update", 1, True, "false"),
    ]  # fmt: skip
