"""What stands around the steps of a run: the columns of its table, the samples of a step, conventions, answers, the
second pass.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.steps import Derivation, Note, Step
from stepper.core.task import Task
from stepper.engine.graph.options import with_conventions
from stepper.engine.optim.batches import Batch
from stepper.engine.optim.run import Run, Taken
from stepper.engine.optim.run_table import samples_read
from stepper.engine.optim.worked_run import Wanted, optim
from stepper.engine.values.quantities import Settings
from stepper.read.options import OptimOptions, training
from tests.helpers import graph_of
from tests.test_laws_runs import cells, table_of, task
from tests.test_training import line


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def steps(derivation: Derivation) -> list[str]:
    return [step.id.removeprefix("optim.") for step in derivation.steps]


LINE = line(4)
"""w*x + b through three points."""
SQUARE = task("sgd", "w=1", objective="w^2", steps=2, lr="1/4")
GIVEN = task("sgd", "w=1", "1", "2", lr="1/4")
TWO = task("momentum", "u=1,v=2", objective="u^2 + v^2", steps=2, lr="1/4", rho="1/2")


@pytest.mark.parametrize(
    ("chosen", "columns", "first", "second"),
    [
        (GIVEN, ["t", "g", "w"], ["0", "", "1"], ["1", "1", "3/4"]),
        (SQUARE, ["t", "g", "w", "loss"], ["0", "", "1", "1"], ["1", "2", "1/2", "1/4"]),
        (TWO, ["t", "", "g", "v", "value", "loss"], ["0", "u", "", "0", "1", "5"], ["", "v", "", "0", "2", ""]),
        (line(2), ["t", "", "g", "value", "L"], ["0", "w", "", "0", "15"], ["", "b", "", "0", ""]),
        (line(2, 2), ["t", "epoch", "samples", "", "g", "value", "L before", "L after"],
         ["0", "", "", "w", "", "0", "", ""], ["", "", "", "b", "", "0", "", ""]),
    ],
)  # fmt: skip
def test_a_table_has_a_column_for_what_there_is(
    chosen: Task, columns: list[str], first: list[str], second: list[str]
) -> None:
    """Gradients, the state, several parameters by their names, epochs and samples, the objective before and after a
    batch.
    """
    table = table_of(optim(chosen, Settings()))
    assert [said(column.title) for column in table.columns] == columns
    assert [column.align for column in table.columns] == ["left" if title == "" else "right" for title in columns]
    assert cells(table)[:2] == [first, second]


def test_of_batches_the_table_says_which_epoch_and_samples() -> None:
    rows = [row[:3] for row in cells(table_of(optim(line(5, 2), Settings()))) if row[0]]
    assert rows == [
        ["0", "", ""],
        ["1", "1", "1–2"],
        ["2", "1", "3"],
        ["3", "2", "1–2"],
        ["4", "2", "3"],
        ["5", "3", "1–2"],
    ]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([0], "1"), ([4], "5"), ([0, 1], "1–2"), ([0, 1, 2], "1–3"), (range(3, 30), "4–30"), ([0, 2], "1, 3"),
        ([2, 1], "3, 2"), ([1, 2, 4], "2, 3, 5"), ([4, 3, 2, 1], "5, 4, 3, 2"), ([4, 3, 2, 1, 0], "5, 4, 3, 2, …"),
        ([0, 1, 2, 3, 5], "1, 2, 3, 4, …"),
    ],
)  # fmt: skip
def test_samples_in_a_row_are_named_by_their_ends_and_others_one_by_one(samples: list[int], words: str) -> None:
    assert samples_read(Batch(7, samples)) == ("7", words)
    assert samples_read(None) == ("", "")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (line(2), "3 samples: loss and gradients of a step are the mean over them"),
        (line(2, mean=False), "3 samples: loss and gradients of a step are the sum over them"),
        (line(2, 1), "each step reads one sample, in the order given; an epoch reads all 3 once"),
        (line(2, 2), "each step reads 2 of 3 samples, loss and gradients are their mean, in the order given; an epoch "
                     "reads all 3 once; "
                     "the last step of an epoch reads 1"),
        (line(2, 1, 8), "each step reads one sample, in a new random order for each epoch with the seed 8; an epoch "
                        "reads all 3 once"),
        (line(2, 2, mean=False), "each step reads 2 of 3 samples, loss and gradients are their sum, in the order "
                                 "given; "
                                 "an epoch reads all 3 once; the last step of an epoch reads 1"),
    ],
)  # fmt: skip
def test_the_conventions_say_which_samples_a_step_reads(chosen: Task, words: str) -> None:
    lines = [said(prose) for prose in optim(chosen, Settings()).said()]
    assert words in lines
    assert not any("sample" in prose for prose in map(said, optim(SQUARE, Settings()).said()))


def test_the_conventions_of_a_method() -> None:
    """What its form is, its settings, how steps are counted, where the objective is to go, the source."""
    counted = "t counts the steps from 1; a number in parentheses or in a subscript is the step after which it holds"
    source = "PyTorch documentation, torch.optim.SGD; Robbins and Monro, 1951"
    assert list(map(said, optim(GIVEN, Settings()).said())) == ["eta = 1/4", counted, source]
    assert list(map(said, optim(SQUARE, Settings()).said())) == [
        "eta = 1/4",
        counted,
        "loss = w^2 is to be minimized",
        source,
    ]
    up = task("gradient_ascent", "w=1", objective="-w^2", steps=1, lr="1/4")
    assert "loss = -w^2 is to be maximized" in map(said, optim(up, Settings()).said())
    lists = task("sgd", "w=[1, 2]", objective="w[1]^2 + w[2]^2", steps=1, lr="1/4")
    assert "the second number is the element of the list" in map(said, optim(lists, Settings()).said())
    mixed = task("sgd", "w=[1, 2],b=0", objective="w[1]^2 + w[2]^2 + b", steps=1, lr="1/4")
    assert "the second number is the element of the list" in map(said, optim(mixed, Settings()).said())
    assert "the second number is the element of the list" not in map(said, optim(TWO, Settings()).said())


def test_the_order_of_steps() -> None:
    """The second forward pass follows what is written in sight; a run of given gradients says nothing of its end."""
    assert steps(optim(GIVEN, Settings())) == ["rule", "step:1", "step:2", "run"]
    assert steps(optim(SQUARE, Settings())) == ["rule", "step:1", "step:2", "run", "end"]
    assert steps(optim(TWO, Settings())) == ["rule", "step:1", "step:2", "run", "end", "why"]
    assert steps(optim(LINE, Settings())) == ["rule", "step:1", "step:2", "step:3", "again", "step:4", "run", "end"]
    assert steps(optim(SQUARE, Settings(), Wanted(pictures=True)))[-1] == "picture"
    assert steps(optim(LINE, Settings(), Wanted(written=0))) == ["rule", "run", "end"]
    own = Wanted(forward=lambda values: Step("own", "own", tuple(values)))
    (again,) = [step for step in optim(SQUARE, Settings(), own).steps if step.id == "again"]
    assert [step.title for step in again.children] == [("w",), ("Before and after",)]
    for derivation in (optim(chosen, Settings()) for chosen in (GIVEN, SQUARE, TWO, LINE)):
        for step in derivation.steps:
            assert step.detail == ("full" if step.id in ("optim.step:4", "optim.why") else "brief")


@pytest.mark.parametrize(("count", "last"), [(3, 3), (50, 50), (51, 50), (60, 50)])
def test_the_first_fifty_steps_have_answers_and_the_last(count: int, last: int) -> None:
    """Each quantity of those; of a longer run the parameters after its last step besides."""
    names = [answer.name for answer in optim(replace(SQUARE, steps=count), Settings()).answers]
    wanted = [f"{name}[{number}]" for number in range(1, last + 1) for name in "gw"] + [f"w[{count}]"] * (count > last)
    assert sorted(names) == sorted(wanted)


def test_the_second_pass_compares_all_written_steps() -> None:
    """In floating point; it does not take another slope at a kink, and then says so."""
    (check,) = optim(replace(SQUARE, steps=12), Settings()).checks
    assert (check.of, check.ok) == ("10 steps", True)
    (check,) = optim(SQUARE, Settings()).checks
    assert (check.name, check.of, check.ok, check.note) == ("second pass in floating point", "2 steps", True, ())
    graph = graph_of("inputs: {x: 1, y: 0}\nparameters: {w: 1}\nnodes: {h: relu(w*x), L: (h - y)^2}\n")
    turned = training(with_conventions(graph, ["kink=right"]), "sgd", OptimOptions(steps=2, lr="1/4"))
    (check,) = optim(turned, Settings()).checks
    assert (check.of, check.ok, said(check.note)) == ("2 steps", None, "it takes another slope at kinks")


@pytest.mark.parametrize(("off", "ok"), [(0.0, True), (1e-10, True), (1e-8, False)])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", ["u", "v"])
def test_a_second_pass_that_parts_anywhere_is_found_out(
    name: str, number: int, off: float, ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, key = Run.swept, f"{name}[{number}]"
    chosen = task("sgd", "u=1,v=2", objective="u^2 + v^2", steps=2, lr="1/10")

    def swept(self: Run, *given: Any) -> list[Taken]:
        return [
            replace(taken, numbers={**taken.numbers, key: float(taken.numbers[key]) * (1 + off)})
            if key in taken.numbers
            else taken
            for taken in right(self, *given)
        ]

    monkeypatch.setattr(Run, "swept", swept)
    assert [check.ok for check in optim(chosen, Settings()).checks] == [ok]


def test_the_rule_is_told_for_one_parameter_or_as_a_system() -> None:
    """With the letter t; a gradient that is taken elsewhere than at the parameter is told."""

    def lines(chosen: Task) -> list[str]:
        (rule,) = [step for step in optim(chosen, Settings()).steps if step.id == "optim.rule"]
        return [
            said(block.text) if isinstance(block, Note) else f"{text(block.left)} = {text(block.links[0].expr)}"  # type: ignore[union-attr]
            for block in rule.body
        ]

    assert lines(SQUARE) == ["theta[t] = theta[t - 1] - eta*g[t]"]
    assert lines(TWO) == [
        "v[t] = where(t == 1, g[t], rho*v[t - 1] + (1 - dampening)*g[t])", "theta[t] = theta[t - 1] - eta*v[t]",
    ]  # fmt: skip
    ahead = lines(task("nesterov_lookahead", "w=1", objective="w^2", steps=1))
    assert [entry for entry in ahead if "gradient" in entry] == ["g[t] is the gradient at ahead[t]"]
    newton = lines(task("newton", "x=1,y=2", objective="x^2 + x*y + 2*y^2", steps=1))
    assert any("x[t]" in entry for entry in newton)
    assert any("y[t]" in entry for entry in newton)


def test_the_objective_of_a_run_of_batches_is_told_at_its_ends() -> None:
    """Over all samples; of a thinned run it is not said to have fallen in every step."""
    falls = "fell in every step"
    slow = task("sgd", "w=1", objective="w^2", steps=6, lr="1/10")
    assert falls in str(optim(slow, Settings()).steps[-1].body)
    assert falls not in str(optim(slow, Settings(), Wanted(every=2)).steps[-1].body)
    batches = str([step.body for step in optim(line(6, 1), Settings()).steps if step.id == "optim.end"])
    assert "Over all 3 samples" in batches
    assert falls not in batches
