"""Optimizers: the values of the exams, every row worked and swept, schedules and what is done beside, settings and
tasks refused.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import stepper as st
from stepper.core.expr import Number
from stepper.core.formula import number_of, text
from stepper.core.steps import Equation
from stepper.core.task import Coordinate, Method, Task
from stepper.engine.optim.comparison import compare
from stepper.engine.optim.run import Run
from stepper.engine.optim.train import train
from stepper.engine.optim.worked_run import optim
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.notebook import run
from stepper.read.bundled import load_graph
from stepper.read.data import read_samples
from stepper.read.given import with_values
from stepper.read.method import method_named
from stepper.read.options import OptimOptions, load_task, rivals, training
from stepper.read.program import read_program
from stepper.read.task import read_task
from stepper.render import formats
from stepper.render.look import Look
from stepper.render.text import render
from stepper.tables.optimizer import Change, Optimizer
from stepper.tables.optimizers import OPTIMIZERS
from stepper.tables.schedules import CHANGES, SCHEDULES
from tests.helpers import graph_of


def task(
    name: str, theta: str = "1", *gradients: str, objective: str | None = None, steps: int | None = None, **given: str
) -> Task:
    beside = tuple(filter(None, given.pop("beside", "").split(",")))
    values = tuple(f"{key}={value}" for key, value in given.items())
    return load_task(name, OptimOptions(theta, gradients, objective, steps, None, values, beside))


def numbers(chosen: Task, settings: Settings | None = None) -> dict[str, Number]:
    """All quantities of a run that is written out."""
    found: dict[str, Number] = {}
    for taken in Run(chosen).steps(chosen.steps, settings or Settings()):
        found |= taken.numbers
    return found


# ---- the exams


def test_momentum_of_the_lecture() -> None:
    """UiO IN5400 of 2019, exercise 3a: three steps on w^2."""
    found = numbers(task("momentum_velocity", "w=1", objective="w^2", steps=3, lr="0.1"))
    assert [found[f"v[{t}]"] for t in (1, 2, 3)] == [Fraction(-1, 5), Fraction(-17, 50), Fraction(-199, 500)]
    assert [found[f"w[{t}]"] for t in (1, 2, 3)] == [Fraction(4, 5), Fraction(23, 50), Fraction(31, 500)]


def test_nesterov_of_the_lecture() -> None:
    """UiO IN5400 of 2019, exercise 3b: the gradient is taken where the velocity leads."""
    found = numbers(task("nesterov_lookahead", "w=1", objective="w^2", steps=3, lr="0.1"))
    assert [found[f"ahead[{t}]"] for t in (1, 2, 3)] == [1, Fraction(31, 50), Fraction(139, 625)]
    assert [found[f"w[{t}]"] for t in (1, 2, 3)] == [Fraction(4, 5), Fraction(62, 125), Fraction(556, 3125)]


def test_adam_with_and_without_its_correction() -> None:
    """TUM IN2346 of 2022, problem 8.6: without the correction the first step is sqrt(10) times longer, not shorter."""
    found = numbers(task("adam", "1", "2", "-1", eps="0"))
    assert [found[name] for name in ("m[1]", "m[2]", "v[1]", "v[2]")] == [
        Fraction(1, 5), Fraction(2, 25), Fraction(1, 250), Fraction(1249, 250000),
    ]  # fmt: skip
    assert (found["mhat[2]"], found["vhat[2]"]) == (Fraction(8, 19), Fraction(4996, 1999))
    assert float(found["theta[2]"]) == pytest.approx(0.999 - 0.001 * (8 / 19) / math.sqrt(4996 / 1999), rel=1e-14)
    plain = numbers(task("adam_uncorrected", "1", "2", eps="0"))
    assert (1 - float(plain["theta[1]"])) / (1 - float(found["theta[1]"])) == pytest.approx(math.sqrt(10), rel=1e-9)


def test_rmsprop_clipping_weight_decay_and_the_sign_step() -> None:
    """TUM IN2346 of 2022, problems 8.4, 9.3, 2.4; UiO IN5400 of 2019, exercise 5d."""
    found = numbers(task("rmsprop", "[1, 1]", "[4, 0.1]", lr="0.01", alpha="0.9", eps="0"))
    assert (found["s[1, 1]"], found["s[1, 2]"]) == (Fraction(8, 5), Fraction(1, 1000))
    assert float(found["theta[1, 1]"]) == pytest.approx(1 - math.sqrt(10) / 100, rel=1e-12)
    clipped = numbers(task("sgd", "[1, 1]", "[3, 4]", beside="clip_norm", max_norm="1"))
    assert (clipped["size_1"], clipped["ghat[1, 1]"], clipped["ghat[1, 2]"]) == (5, Fraction(3, 5), Fraction(4, 5))
    decayed = numbers(task("sgd", "2", "1/2", beside="weight_decay", lr="1/10", decay="1/100"))
    assert decayed["theta[1]"] == Fraction(487, 250)
    signed = numbers(task("fgsm", "[1, 1, 1]", "[1/2, -2, 1]", eps="1/10"))
    assert [signed[f"theta[1, {place}]"] for place in (1, 2, 3)] == [
        Fraction(11, 10),
        Fraction(9, 10),
        Fraction(11, 10),
    ]


@pytest.mark.parametrize(("rate", "after"), [("1/10", "59049/100000"), ("1", "0"), ("2", "-1"), ("5/2", "-243/32")])
def test_too_high_a_rate_diverges(rate: str, after: str) -> None:
    """UiO IN5400 of 2021, exercise 2a: five steps on theta^2/2."""
    assert numbers(task("sgd", "1", objective="theta^2/2", steps=5, lr=rate))["theta[5]"] == Fraction(after)


# ---- every row


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.name)
def test_what_is_written_out_is_what_is_swept(row: object) -> None:
    """Ten steps in lines, and the same by the compiled rule; each line reads what stands before it."""
    assert isinstance(row, Optimizer)
    assert row.source
    objective = "(2*w + b[1] - 1)^2 + w*b[2] + (b[2] - 3)^4 + 3*w^2"
    squares = "(2*w + b[1] - 1)^2 + (w*b[2] - 1)^2 + (b[2] - 3)^2 + 3*w^2"
    chosen = task(row.name, "w=1.5, b=[-0.5, 2]", objective=squares if "k" in row.system else objective, steps=10)
    derivation, run = optim(chosen, Settings()), Run(chosen)
    written = {answer.name: answer.number for answer in derivation.answers}
    swept = [taken.numbers for taken in run.swept(0, run.start)]
    assert len(swept) == 10
    for name, value in [entry for numbers in swept for entry in numbers.items()]:
        number = written[name]
        assert number is not None
        assert float(number) == pytest.approx(float(value), rel=1e-9, abs=1e-12)
    assert all(check.ok for check in derivation.checks)
    assert render(derivation, Look())


@pytest.mark.parametrize("row", [*SCHEDULES, *CHANGES], ids=lambda row: row.name)
def test_what_is_done_beside_an_optimizer_is_worked(row: object) -> None:
    assert isinstance(row, Change)
    chosen = task("adam", "[1, 2]", objective="theta[1]^2 + 3*theta[2]^2", steps=4, beside=row.name)
    run = Run(chosen)
    for one, other in zip(run.steps(4, Settings()), run.swept(0, run.start), strict=True):
        for coordinate in chosen.parameters:
            name = f"theta[{one.number}, {coordinate.element[0]}]"
            assert float(one.numbers[name]) == pytest.approx(float(other.numbers[name]), rel=1e-9)


def test_a_schedule_says_the_rate_of_each_step() -> None:
    found = numbers(task("sgd", "1", objective="theta^2", steps=3, lr="0.1", beside="step", step_size="2", gamma="1/2"))
    assert [found[f"eta_{t}"] for t in (1, 2, 3)] == [Fraction(1, 10), Fraction(1, 10), Fraction(1, 20)]


# ---- what it shows


def test_adam_line_by_line() -> None:
    written = render(optim(task("adam", "1", "0.5", "0.2", lr="0.1"), Settings()), Look())
    assert "m̂ₜ = mₜ/(1 - β₁^t)" in written
    assert "m₂ = β₁·m₁ + (1 - β₁)·g₂ = 0.9·0.05 + (1 - 0.9)·0.2 = 0.065" in written
    assert "v̂₁ = v₁/(1 - β₂¹) = 0.00025/(1 - 0.999¹) = 0.25" in written


# ---- tasks


LION = """
update:
  c: beta1*m + (1 - beta1)*g
  theta: theta - lr*sign(c)
  m: beta2*m + (1 - beta2)*g
state: {m: 0}
settings: {lr: 0.1, beta1: 0.9, beta2: 0.99}
parameters: {w: 1}
gradients: [0.5, -2, 0.1]
"""


def test_an_optimizer_written_out_equals_the_row() -> None:
    own = numbers(read_task(LION, "lion.yaml"))
    row = numbers(task("lion", "w=1", "0.5", "-2", "0.1", lr="0.1"))
    assert {name: row[name] for name in own} == own


def test_a_task_document_is_read() -> None:
    found = read_task(
        "optimizer: adam\nsettings: {lr: 0.1}\nparameters: {w: 1, b: [0, 2]}\nobjective: w^2 + b[1]*b[2]\nsteps: 2\n",
        "t.yaml",
    )
    assert list(found.parameters) == [
        Coordinate("w", (), True),
        Coordinate("b", (1,), True),
        Coordinate("b", (2,), True),
    ]
    assert found.method.settings["lr"] == Fraction(1, 10)
    assert len(list(Run(found).steps(2, Settings()))) == 2


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("optimizer: adm\nparameters: {w: 1}\ngradients: [1]", "did you mean 'adam'?"),
        ("optimizer: adam\nsettings: {beta3: 1}\nparameters: {w: 1}\ngradients: [1]", "adam has no setting 'beta3'"),
        ("optimizer: adam\nparameters: {w: 1}", "gradients are missing"),
        ("optimizer: adam\nparameters: {w: [1, 2]}\ngradients: [1]", "and the parameters are w[1], w[2]"),
        ("optimizer: adam\nupdate: {theta: theta}\nparameters: {w: 1}\ngradients: [1]", "given twice"),
        (
            "update: {theta: theta - lr*q}\nsettings: {lr: 1}\nparameters: {w: 1}\ngradients: [1]",
            "'q' is neither a setting",
        ),
        ("update: {m: g}\nparameters: {w: 1}\ngradients: [1]", "the update never assigns theta"),
        ("optimizer: sgd\nparameters: {w: 1}\nobjective: w*x", "the objective reads 'x', which has no value"),
        ("optimizer: sgd\nparameters: {w: 1}\ngradients: [1]\nstps: 3", "did you mean 'steps'?"),
        ("optimizer: sgd\nparameters: {w: 1}\ngradients: [1]\nsteps: many", "is not a number of steps"),
        ("optimizer: newton\nparameters: {w: 1}\ngradients: [1]", "newton needs second derivatives"),
        ("optimizer: sgd\nparameters: {w: fast}\ngradients: [1]", "numbers are expected here"),
    ],
)
def test_a_broken_task_is_told(document: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_task(document, "task.yaml")
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("name", "given", "what"),
    [
        ("adam", {"beta1": "1"}, "beta1 lies from 0 up to 1"),
        ("sgd", {"lr": "-1"}, "a negative one goes uphill"),
        ("adadelta", {"eps": "0"}, "without epsilon the first step is 0/0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(name: str, given: dict[str, str], what: str) -> None:
    with pytest.raises(StepperError) as caught:
        Run(task(name, "1", "1", objective=None, steps=None, **given))
    assert what in str(caught.value)


def test_newton_is_refused_where_there_is_no_curvature() -> None:
    """TUM IN2346 of 2022, problem 8.7: f = w*x has no second derivative in w."""
    with pytest.raises(StepperError, match=r"step 1 of newton"):
        numbers(task("newton", "w=1", objective="3*w"))
    assert numbers(task("newton", "w=3", objective="(w - 1)^2"))["w[1]"] == 1


def test_divergence_names_its_step() -> None:
    with pytest.raises(StepperError, match=r"step \d+ of sgd"):
        list(Run(task("sgd", "1", objective="theta^4", steps=50, lr="10")).steps(0, Settings()))


def test_a_method_has_the_settings_of_what_is_done_beside() -> None:
    found = method_named("sgd", {"max_norm": Fraction(2)}, ["clip_norm", "cosine"])
    assert isinstance(found, Method)
    assert set(found.settings) == {"lr", "max_norm", "T_max", "eta_min"}


# ---- side by side, and training


def test_forms_of_momentum_part_where_they_do() -> None:
    chosen = task("momentum", "1", objective="theta^2", steps=3, lr="0.1")
    options = OptimOptions("1", (), "theta^2", 3, None, ("lr=0.1",))
    derivation = compare(chosen, rivals(chosen, None, True, options), Settings())
    written = render(derivation, Look())
    assert "momentum_velocity takes the same steps as momentum" in written
    assert "momentum_average differs from momentum from step 1 on" in written
    assert {entry.name: entry.number for entry in derivation.answers}["momentum_velocity:theta[3]"] == Fraction(31, 500)


def test_what_has_one_form_only_is_not_compared_with_others() -> None:
    chosen = task("adadelta", "1", "1")
    with pytest.raises(StepperError, match="only one form"):
        rivals(chosen, None, True, OptimOptions("1", ("1",)))


def test_training_a_graph_takes_the_step_of_backprop() -> None:
    """One step of gradient descent on an exam's network: the update that backprop shows with --lr."""
    chosen = training(load_graph("tum-2022/6"), "sgd", OptimOptions(None, (), None, 3, "0.1"))
    derivation = train(chosen, Settings())
    found = {entry.name: entry.number for entry in derivation.answers}
    assert found["w11[1]"] == Fraction(-13, 20)
    assert all(check.ok is not False for check in derivation.checks)
    losses = [taken.loss for taken in Run(chosen).steps(3, Settings())]
    assert [round(float(loss or 0), 3) for loss in losses[1:]] == [3.494, 1.027]


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov_lookahead", "adam"])
def test_training_is_the_same_written_out_and_swept(name: str) -> None:
    chosen = training(load_graph("tum-2022/6"), name, OptimOptions(None, (), None, 4, "0.01"))
    run = Run(chosen)
    for one, other in zip(run.steps(4, Settings()), run.swept(0, run.start), strict=True):
        for coordinate in chosen.parameters:
            key = f"{coordinate.name}[{one.number}]"
            assert float(one.numbers[key]) == pytest.approx(float(other.numbers[key]), rel=1e-9, abs=1e-12)
        assert float(one.loss or 0) == pytest.approx(float(other.loss or 0), rel=1e-9)


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("inputs: {x: 1}\nnodes: {L: x^2}", "the graph has no parameters to train"),
        ("inputs: {x: }\nparameters: {w: 1}\nnodes: {L: w*x}", "'x' has no value, and training needs one of each"),
    ],
)
def test_a_graph_that_cannot_be_trained_is_refused(document: str, what: str) -> None:
    with pytest.raises(StepperError, match=what):
        training(graph_of(document), "sgd", OptimOptions(steps=1))


def test_a_run_is_written_as_csv() -> None:
    written = formats.render(
        "csv", optim(task("momentum_velocity", "w=1", objective="w^2", steps=2, lr="0.1"), Settings()), Look()
    )
    assert written == "t,g,v,w,loss\n0,,0,1,1\n1,2,-0.2,0.8,0.64\n2,1.6,-0.34,0.46,0.2116\n"


def test_samples_are_averaged_or_summed(tmp_path: Path) -> None:
    """A line through three points: the gradient of the mean of the squares, by hand."""
    graph = read_program("L = (w*x + b - y)^2", "-e")
    (tmp_path / "d.csv").write_text("x,y\n1,2\n2,4\n3,5\n")
    samples = read_samples(tmp_path / "d.csv", graph)
    graph = with_values(graph, ["w=0,b=0"])
    for mean, slope in ((True, Fraction(-50, 3)), (False, Fraction(-50))):
        chosen = training(graph, "sgd", OptimOptions(None, (), None, 4, "0.1"), ("w", "b"), samples, mean)
        run = Run(chosen)
        written = list(run.steps(4, Settings()))
        assert written[0].numbers["g[1, w]"] == slope
        assert written[0].numbers["w[1]"] == -slope / 10
        for one, other in zip(written, run.swept(0, run.start), strict=True):
            assert float(one.numbers[f"b[{one.number}]"]) == pytest.approx(
                float(other.numbers[f"b[{one.number}]"]), rel=1e-9
            )
            assert float(one.loss or 0) == pytest.approx(float(other.loss or 0), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x,z\n1,2\n", "'z' is not a leaf of the graph"),
        ("x,y\n1\n", "1 number on this line, but 2 names on the first"),
        ("x,y\n1,two\n", "'two' is not a number"),
        ("x,y\n", "holds no samples"),
    ],
)
def test_broken_samples_are_told(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(StepperError, match=what):
        read_samples(tmp_path / "d.csv", read_program("L = (w*x - y)^2", "-e"))


# ---- names


@pytest.mark.parametrize("name", ["g", "m", "v", "h", "ahead", "mhat", "vhat", "p"])
@pytest.mark.parametrize("optimizer", ["momentum", "adam", "nesterov_lookahead", "sgd"])
def test_a_parameter_may_be_called_as_it_likes(name: str, optimizer: str) -> None:
    """Twelve steps come to the same whatever the parameter is called, alone and as a list."""
    plain = task(optimizer, "q=1", objective="(q - 3)^2", steps=12)
    other = task(optimizer, f"{name}=1", objective=f"({name} - 3)^2", steps=12)
    ends = [list(Run(chosen).steps(10, Settings()))[-1].numbers for chosen in (plain, other)]
    assert float(ends[1][f"{name}[12]"]) == pytest.approx(float(ends[0]["q[12]"]), rel=1e-12)
    pair = task(optimizer, f"{name}=[1, 2]", objective=f"({name}[1] - 3)^2 + {name}[2]^2", steps=12)
    end = list(Run(pair).steps(10, Settings()))[-1].numbers
    assert float(end[f"{name}[12, 1]"]) == pytest.approx(float(ends[0]["q[12]"]), rel=1e-12)


def test_two_lists_have_a_state_each() -> None:
    chosen = task("momentum", "w=[1, 2], b=[3, 4]", objective="w[1]^2 + w[2]^2 + b[1]^4 + b[2]^4", steps=2, lr="0.01")
    found = numbers(chosen)
    assert found["v[1, w, 1]"] == 2
    assert found["v[1, b, 1]"] == 108


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (
            "update: {h: 0.9*h + g, theta: theta - lr*h}\nstate: {h: 0}\nsettings: {lr: 1}\nparameters: {w: "
            "1}\ngradients: [1]",
            "'h' already has a meaning",
        ),
        (
            "update: {theta: theta - lr*g}\nsettings: {lr: 5, eta: 1}\nparameters: {w: 1}\ngradients: [1]",
            "'eta' already has a meaning",
        ),
        (
            "update: {theta: theta - lr*g*m}\nstate: {m: 2}\nsettings: {lr: 1}\nparameters: {w: 1}\ngradients: [1]",
            "'m' is never assigned",
        ),
        (
            "update: {theta: theta - g}\nwith: cosine\nparameters: {w: 1}\ngradients: [1]",
            "cosine changes the learning rate",
        ),
        ("optimizer: sgd\nwith: [step, cosine]\nparameters: {w: 1}\ngradients: [1]", "two schedules"),
        ("optimizer: sgd\nwith: [clip_norm, clip_norm]\nparameters: {w: 1}\ngradients: [1]", "appears twice"),
        ("optimizer: fgsm\nwith: weight_decay\nparameters: {w: 1}\ngradients: [1]", "fgsm goes uphill"),
        (
            "optimizer: sgd\nparameters: {w: 1}\nobjective: eta*w^2\nconstants: {eta: 3}",
            "'eta' is a name that sgd uses itself",
        ),
        ("optimizer: sgd\nparameters: {w: 1}\ngradients: [1, 2]\nsteps: 3", "2 gradients are given for 3 steps"),
    ],
)
def test_names_and_pairs_that_do_not_go_together_are_refused(document: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_task(document, "task.yaml")
    assert what in str(caught.value)


def test_clipping_leaves_a_gradient_of_zero_alone() -> None:
    assert numbers(task("sgd", "1", "0", beside="clip_norm"))["theta[1]"] == 1


def test_signs_are_checked_step_by_step() -> None:
    """0.3 - 0.1 - 0.1 - 0.1 is 0, but not as floats: the second pass goes on from each step that is written out."""
    derivation = optim(task("sign_sgd", "0.3", objective="theta^2", steps=5, lr="0.1"), Settings())
    assert all(check.ok for check in derivation.checks)


def test_rivals_do_the_same_beside_them(tmp_path: Path) -> None:
    document = (
        "optimizer: momentum\nsettings: {lr: 0.1, rho: 0.5}\n"
        "with: clip_norm\nparameters: {w: 3}\nobjective: w^2\nsteps: 2\n"
    )
    (tmp_path / "d.yaml").write_text(document)
    options = OptimOptions()
    chosen = load_task(str(tmp_path / "d.yaml"), options)
    derivation = compare(chosen, rivals(chosen, "momentum", False, options), Settings())
    assert "takes the same steps" in render(derivation, Look())
    with pytest.raises(StepperError, match="the gradient at the point ahead"):
        given = task("sgd", "1", "1")
        rivals(given, "nesterov_lookahead", False, OptimOptions("1", ("1",)))


# ---- second derivatives


def test_newton_meets_the_vertex_of_a_quadratic_in_one_step() -> None:
    """For theta' A theta/2 - b theta it lands where A theta = b, wherever it begins."""
    objective = (
        "(3*theta[1]^2 + 2*theta[1]*theta[2] + 4*theta[2]^2 + "
        "2*theta[3]^2 + 2*theta[2]*theta[3])/2 - theta[1] - 2*theta[3]"
    )
    found = numbers(task("newton", "[5, -7, 1/3]", objective=objective, steps=2))
    x, y, z = (Fraction(found[f"theta[1, {place}]"]) for place in (1, 2, 3))
    assert (3 * x + y, x + 4 * y + z, y + 2 * z) == (Fraction(1), Fraction(0), Fraction(2))
    assert all(found[f"s[2, {place}]"] == 0 for place in (1, 2, 3))


def test_newton_lands_on_a_saddle_and_says_so() -> None:
    """TUM IN2346 of 2022, problem 8.7 with both numbers: the Hessian of w x has the determinant -1."""
    chosen = task("newton", "w=1, x=3", objective="w*x", steps=1)
    found = numbers(chosen)
    assert (found["D_1"], found["w[1]"], found["x[1]"]) == (-1, 0, 0)
    assert "indefinite (leading minors 0 and -1)" in " ".join(render(optim(chosen, Settings()), Look()).split())


@pytest.mark.parametrize(
    ("objective", "said"),
    [("theta^2", "positive: the step leads towards a minimum"), ("-theta^2", "towards a maximum")],
)
@pytest.mark.parametrize("name", ["newton", "newton_diagonal"])
def test_newton_says_where_a_step_leads(name: str, objective: str, said: str) -> None:
    assert said in render(optim(task(name, "1", objective=objective, steps=1), Settings()), Look())


def test_gauss_newton_solves_linear_least_squares_in_one_step() -> None:
    """The line through (1, 2), (2, 3), (3, 5): a = 3/2, b = 1/3; and a fit that is not linear comes to rest where its
    gradient is 0.
    """
    for form in ("(a + b - 2)^2 + (2*a + b - 3)^2 + (3*a + b - 5)^2", "mse([a + b, 2*a + b, 3*a + b], [2, 3, 5])"):
        found = numbers(task("gauss_newton", "a=7, b=-1", objective=form, steps=1))
        assert (found["a[1]"], found["b[1]"]) == (Fraction(3, 2), Fraction(1, 3))
    bent = numbers(
        task(
            "gauss_newton",
            "a=1, b=0.5",
            objective="(a*exp(b) - 3)^2 + (a*exp(2*b) - 8)^2 + (a*exp(3*b) - 19)^2",
            steps=10,
        )
    )
    assert abs(float(bent["g[10, a]"])) < 1e-6
    assert abs(float(bent["g[10, b]"])) < 1e-5


def test_second_derivatives_of_a_graph_with_samples(tmp_path: Path) -> None:
    """The same line, as a graph of several nodes trained on a file of samples."""
    (tmp_path / "points.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    graph = graph_of("inputs: {x: 0, y: 0}\nparameters: {a: 0, b: 0}\nnodes: {z: a*x + b, L: (z - y)^2}")
    samples = read_samples(tmp_path / "points.csv", graph)
    for name in ("newton", "gauss_newton"):
        found = numbers(training(graph, name, OptimOptions(steps=1), (), samples))
        assert (found["a[1]"], found["b[1]"]) == (Fraction(3, 2), Fraction(1, 3))


@pytest.mark.parametrize(
    ("name", "theta", "objective", "said"),
    [
        ("newton", "w=1, x=1", "(w + x)^2", "divides by zero"),
        ("newton", "[1, 1, 1, 1]", "theta[1]*theta[2]*theta[3]*theta[4]", "newton_diagonal"),
        ("gauss_newton", "w=1, x=1", "w*x", "not a sum of squares"),
        ("gauss_newton", "w=1, x=1", "w^2 - x^2", "not a sum of squares"),
    ],
)
def test_steps_of_second_derivatives_that_do_not_exist(name: str, theta: str, objective: str, said: str) -> None:
    with pytest.raises(StepperError) as caught:
        numbers(task(name, theta, objective=objective, steps=1))
    assert said in str(caught.value)


def test_a_penalty_beside_newton_belongs_into_the_objective() -> None:
    with pytest.raises(StepperError, match="write the penalty into the objective"):
        task("newton", "1", objective="theta^2", steps=1, beside="weight_decay")


def test_a_task_trains_a_graph_beside_it(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("inputs: {x: 2}\nparameters: {w: 3, b: 1}\nnodes: {L: (w*x + b)^2}\n")
    document = "optimizer: sgd\nsettings: {lr: 1/10}\ngraph: net.yaml\nsteps: 1\n"
    found = numbers(read_task(document, "t.yaml", tmp_path))
    assert (found["w[1]"], found["b[1]"]) == (Fraction(1, 5), Fraction(-2, 5))
    alone = numbers(read_task(document + "parameters: {w: 1}\nconstants: {x: 1}\n", "t.yaml", tmp_path))
    assert (alone["w[1]"], "b[1]" in alone) == (Fraction(3, 5), False)
    with pytest.raises(StepperError, match="'q' is not a leaf of the graph"):
        read_task(document + "constants: {q: 1}\n", "t.yaml", tmp_path)


@pytest.mark.parametrize("row", [row for row in OPTIMIZERS if row.corrects], ids=lambda row: row.name)
def test_bias_correction_can_be_left_out(row: Optimizer) -> None:
    """With betas of 0 the corrections are 1, and nothing changes."""
    gradients = ["0.5", "0.2", "-1"]
    found = numbers(task(row.name, "1", *gradients, beside="uncorrected", beta1="0", beta2="0"))
    assert float(found["theta[3]"]) == pytest.approx(
        float(numbers(task(row.name, "1", *gradients, beta1="0", beta2="0"))["theta[3]"])
    )
    assert all(found[f"{name}[2]"] == found[f"{name.removesuffix('hat')}[2]"] for name in row.corrects)


def test_adam_uncorrected_is_adam_with_its_correction_left_out() -> None:
    one, other = (
        numbers(task(name, "1", "0.5", "0.2", beside=beside))
        for name, beside in (("adam_uncorrected", ""), ("adam", "uncorrected"))
    )
    assert one["theta[2]"] == other["theta[2]"]
    with pytest.raises(StepperError, match="sgd has no bias correction to leave out"):
        task("sgd", "1", "0.5", beside="uncorrected")


@pytest.mark.parametrize("row", [row for row in OPTIMIZERS if row.state], ids=lambda row: row.name)
def test_states_are_shown_as_sums_over_gradients(row: Optimizer) -> None:
    """What is written is what the run came to."""
    chosen = task(row.name, "1.5", objective="(theta - 1)^2", steps=3)
    found = numbers(chosen)
    derivation = optim(chosen, Settings())
    (why,) = (step for step in derivation.steps if step.id == "optim.why")
    for block in why.body:
        if isinstance(block, Equation):
            shown = number_of(block.links[-1].expr)
            assert shown is not None
            assert float(shown) == pytest.approx(float(found[text(block.left)]), rel=1e-12)
    if row.family == "momentum" or row.family == "adam":
        assert any(isinstance(block, Equation) for block in why.body)


def test_the_claim_that_bias_correction_allows_bigger_first_steps() -> None:
    """It makes the first step sqrt(10) times smaller: Adam's 0.1/sqrt(0.001) against 1."""
    written = render(optim(task("adam", "1", "2", eps="0"), Settings()), Look(detail="full"))
    assert "What the corrections do" in written
    assert re.search(r"^ +1 +0\.1 +0\.001 +≈ 0\.3162$", written, re.MULTILINE)


# ---- in letters


@pytest.mark.parametrize(
    ("name", "asked", "lines"),
    [
        ("sgd", {"theta": "W", "grads": "g", "lr": "eta"}, ["W₁ = W₀ - η·g"]),
        ("sgd", {"theta": "W", "grads": "g", "lr": "0.1"}, ["W₁ = W₀ - η·g = W₀ - 0.1·g"]),
        ("sgd", {"theta": 1, "grads": "g", "lr": "a"}, ["θ₁ = θ₀ - a·g = 1 - a·g"]),
        ("momentum", {"theta": "w", "grads": ["p", "q"], "lr": "eta", "rho": "rho"},
            ["v₁ = p", "v₂ = ρ·v₁ + (1 - dampening)·q"]),
        ("adam", {"theta": "w", "grads": "g", "lr": "eta", "beta1": "b"},
            ["m₁ = b·m₀ + (1 - b)·g = b·0 + (1 - b)·g", "w₁ = w₀ - η·m̂₁/"]),
        ("sgd", {"theta": 1, "grads": 2, "lr": "a", "beside": ["weight_decay"]}, ["θ₁ = θ₀ - a·ĝ₁ = 1 - a·2.01"]),
    ],
)  # fmt: skip
def test_an_update_in_letters(name: str, asked: dict[str, Any], lines: list[str]) -> None:
    written = str(st.optim(name, **asked))
    assert all(line in written for line in lines)


def test_an_update_in_letters_comes_to_that_in_numbers() -> None:
    """With letters for the gradients alone, and numbers put in for them later."""
    for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"):
        letters = st.optim(name, theta=1, grads=["p", "q"], lr=0.1)
        formulas = {quantity: str(formula) for quantity, formula in letters.answers.items()}
        found = st.forward(st.graph(inputs={"p": 0.5, "q": -0.25}, nodes=formulas))
        assert found.floats["theta[2]"] == pytest.approx(
            st.optim(name, theta=1, grads=[0.5, -0.25], lr=0.1).floats["theta[2]"]
        ), name


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("sgd", {"theta": "W", "grads": "W"}, "'W' stands for two things"),
        ("sgd", {"theta": "W", "grads": "g*2"}, "this is one number or one letter"),
        ("sgd", {"theta": "W", "grads": "g", "steps": 3}, "an update in letters is shown on its own"),
        ("sgd", {"theta": "W"}, "the gradient of the step is missing"),
        ("adam", {"theta": "w", "grads": "g", "lr": "beta1"}, "'beta1' is a quantity of adam itself"),
        ("newton", {"theta": "W", "grads": "g"}, "newton needs an objective, which is worked out in numbers"),
        ("sgd", {"theta": "W", "grads": "g", "beta": "b"}, "sgd has no setting 'beta'"),
    ],
)  # fmt: skip
def test_letters_that_are_refused(name: str, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(st.StepperError) as error:
        st.optim(name, **asked)
    assert said in error.value.problems[0].what


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        (
            "optimizer: sgd\nsettings: {lr: }\nparameters: {w: 1}\ngradients: [{w: 0.5}]\n",
            ["w₁ = w₀ - η·0.5 = 1 - η·0.5"],
        ),
        ("optimizer: sgd\nsettings: {lr: alpha}\nparameters: {W: }\ngradients: [g]\n", ["W₁ = W₀ - α·g"]),
        (
            "optimizer: momentum\nsettings: {lr: , rho: }\nparameters: {w: }\ngradients: [p, {w: q}]\n",
            ["v₁ = p", "w₂ = w₁ - η·v₂"],
        ),
        (
            "optimizer: sgd\nwith: weight_decay\nsettings: {lr: , decay: 0.1}\nparameters: {w: 1}\ngradients: g\n",
            ["ĝ₁ = g + decay·w₀ = g + 0.1·1", "w₁ = w₀ - η·ĝ₁ = 1 - η·ĝ₁"],
        ),
        (
            "optimizer: sgd\nsettings: {lr: a}\nparameters: {w: 1/3}\ngradients: [2/3]\n",
            ["w₁ = w₀ - a·(2/3) = 1/3 - a·(2/3)"],
        ),
    ],
)
def test_a_document_may_leave_settings_and_parameters_as_letters(
    document: str, lines: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(document, "utf-8")
    written = [line.strip() for line in str(st.optim(str(path))).splitlines()]
    assert [line for line in lines if line not in written] == []


LETTERED = "optimizer: sgd\nsettings: {lr: %s}\nparameters: {w: %s}\ngradients: [%s]\n"


def test_letters_of_a_document_are_read_from_standard_input_too() -> None:
    written = str(run("optim", LETTERED % ("", "", "g")))
    assert "w₁ = w₀ - η·g" in written


@pytest.mark.parametrize(
    ("document", "asked", "line"),
    [
        (LETTERED % ("0.1", "1", "0.5"), {"lr": "a"}, "w₁ = w₀ - a·0.5 = 1 - a·0.5"),
        (LETTERED % ("", "1", "0.5"), {"lr": 0.1}, "w₁ = w₀ - η·0.5 = 1 - 0.1·0.5 = 0.95"),
    ],
)
def test_what_an_option_says_replaces_what_a_document_says(
    document: str, asked: dict[str, Any], line: str, tmp_path: Path
) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(document, "utf-8")
    assert line in str(st.optim(str(path), **asked))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (LETTERED % ("2*eta", "", "g"), ":2:16: error: 'lr' of settings is neither a number nor a letter"),
        (LETTERED % ("eta", "1", "g*2"), ":4:12: error: one number or one letter is expected here"),
        (LETTERED % ("eta", "1", "{b: g}"), "error: gradient 1 is of b, and the parameters are w"),
        (LETTERED % ("eta", "[1, 2]", "[1, 2]"), ":2:16: error: 'lr' of settings is not a number"),
        (LETTERED % ("w", "", "g"), "error: 'w' stands for two things"),
        (LETTERED % (", beta: b", "1", "g"), "error: sgd has no setting 'beta'"),
        (LETTERED % ("eta", "1", ""), "error: the gradient of the step is missing"),
    ],
)
def test_letters_of_a_document_that_are_refused(document: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(document, "utf-8")
    with pytest.raises(StepperError) as error:
        st.optim(str(path))
    assert said in str(error.value)


@pytest.mark.parametrize(
    "document",
    [
        "optimizer: sgd\nsettings: {lr: }\nparameters: {w: 1, b: 1}\ngradients: [{w: 1, b: 1}]\n",
        "optimizer: sgd\nsettings: {lr: }\nparameters: {w: 1}\nobjective: w^2\n",
    ],
)
def test_letters_of_a_document_that_is_no_update_of_one_parameter_are_told(document: str, tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(document, "utf-8")
    with pytest.raises(StepperError, match="'lr' of settings is not a number"):
        st.optim(str(path))
