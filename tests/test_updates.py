"""Updates: what each optimizer begins with, updates a user writes out, gradients taken at a named point, Keras' places
of epsilon.
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import pytest

import stepper as st
from stepper.core.expr import Number
from stepper.core.task import Task
from stepper.engine.optim.comparison import compare
from stepper.engine.optim.run import Run
from stepper.engine.optim.worked_run import optim
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.options import OptimOptions, load_task, rivals
from stepper.read.task import read_task
from stepper.render.look import Look
from stepper.render.text import render
from stepper.tables.optimizers import OPTIMIZERS


def read(*lines: str) -> Task:
    return read_task("\n".join(lines) + "\n", "task.yaml")


def numbers(task: Task) -> dict[str, Number]:
    """All quantities of a run that is written out; the same is swept."""
    run = Run(task)
    found: dict[str, Number] = dict(run.start)
    for one, other in zip(list(run.steps(task.steps, Settings())), run.swept(0, run.start), strict=True):
        found |= one.numbers
        for name, value in other.numbers.items():
            assert float(value) == pytest.approx(float(one.numbers[name]), rel=1e-9, abs=1e-12), name
    return found


# ---- what a run begins with

STARTS = [  # one step from theta = 2 with the gradient 1/2, or on theta^2/2; worked by hand
    ("asgd", "lr: 1/10, lambda: 0, t0: -3", "a: 1", {"theta[1]": "1.95", "a[1]": "1 + 0.95/3"}),
    ("momentum", "lr: 1/10, rho: 0.8", "v: -0.5", {"v[1]": "0.1", "theta[1]": "1.99"}),
    ("momentum_velocity", "lr: 1/10, rho: 0.8", "v: -0.5", {"v[1]": "-0.45", "theta[1]": "1.55"}),
    ("momentum_average", "lr: 1/10, rho: 0.8", "v: -0.5", {"v[1]": "-0.3", "theta[1]": "2.03"}),
    ("nesterov", "lr: 1/10, rho: 0.8", "v: -0.5", {"v[1]": "0.1", "theta[1]": "2 - 0.1*(0.5 + 0.08)"}),
    ("nesterov_lookahead", "lr: 1/10, rho: 0.8", "v: -0.5", {"ahead[1]": "1.6", "v[1]": "-0.56", "theta[1]": "1.44"}),
    ("adagrad", "lr: 1/10, eps: 0", "s: 0.75", {"s[1]": "1", "theta[1]": "1.95"}),
    ("adagrad_keras", "lr: 1/10, eps: 0", "s: 0.75", {"s[1]": "1", "theta[1]": "1.95"}),
    ("rmsprop", "lr: 1/10, alpha: 0.9, eps: 0", "s: 0.25", {"s[1]": "0.25", "theta[1]": "1.9"}),
    ("rmsprop_inside", "lr: 1/10, alpha: 0.9, eps: 0", "s: 0.25", {"s[1]": "0.25", "theta[1]": "1.9"}),
    ("rmsprop_centered", "lr: 1/10, alpha: 0.5, eps: 0", "s: 0.25, a: 0.1",
        {"a[1]": "0.3", "theta[1]": "2 - 0.1*0.5/0.4"}),
    ("rmsprop_momentum", "lr: 1/10, alpha: 0.9, eps: 0, rho: 0.8", "s: 0.25, b: 0.5",
        {"b[1]": "1.4", "theta[1]": "1.86"}),
    ("adadelta", "lr: 1, rho: 0.5, eps: 0.01", "s: 0.23, u: 0.15", {"d[1]": "0.4", "u[1]": "0.155", "theta[1]": "1.6"}),
    ("adam", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0", "m: 0.5, v: 0.75",
        {"mhat[1]": "1", "vhat[1]": "1", "theta[1]": "1.9"}),
    ("adam_keras", "lr: 1/10, beta1: 0.5, beta2: 0.75, eps: 0", "m: 0.5, v: 0.25",
        {"alpha[1]": "0.1", "theta[1]": "1.9"}),
    ("adam_uncorrected", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0", "m: 0.5, v: 0.25", {"theta[1]": "1.9"}),
    ("adamw", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0", "m: 0.5, v: 0.75", {"d[1]": "1.998", "theta[1]": "1.898"}),
    ("adamw_keras", "lr: 1/10, beta1: 0.5, beta2: 0.75, eps: 0", "m: 0.5, v: 0.25",
        {"d[1]": "1.9992", "theta[1]": "1.8992"}),
    ("amsgrad", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0", "m: 0.5, v: 0.75, u: 2",
        {"uhat[1]": "4", "theta[1]": "1.95"}),
    ("nadam", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0, psi: 0", "m: 0.5, v: 0.75, p: 2",
        {"p[1]": "0.5", "theta[1]": "2 - 0.1*25/28"}),
    ("nadam_keras", "lr: 1/10, beta1: 0, beta2: 0.5, eps: 0", "m: 0.5, v: 0.75, p: 2",
        {"p[1]": "0", "theta[1]": "1.95"}),
    ("radam", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0", "m: 0.5, v: 0.75",
        {"mhat[1]": "1", "v[1]": "0.5", "theta[1]": "1.9"}),
    ("adamax", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0", "m: 0.5, u: 2", {"u[1]": "1", "theta[1]": "1.9"}),
    ("adamax_keras", "lr: 1/10, beta1: 0.5, beta2: 0.5, eps: 0", "m: 0.5, u: 2", {"u[1]": "1", "theta[1]": "1.9"}),
    ("lion", "lr: 1/10, beta1: 0.5, beta2: 0.5", "m: -1", {"c[1]": "-0.25", "m[1]": "-0.25", "theta[1]": "2.1"}),
    ("rprop", "lr: 1/2", "k: 0.1, p: 0.5", {"k[1]": "0.12", "p[1]": "0.5", "theta[1]": "1.88"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "state", "after"), STARTS, ids=[row[0] for row in STARTS])
def test_a_start_state_is_honoured(name: str, settings: str, state: str, after: dict[str, str]) -> None:
    source = "objective: theta^2/2" if name == "nesterov_lookahead" else "gradients: [0.5]"
    found = numbers(
        read(f"optimizer: {name}", f"settings: {{{settings}}}", f"state: {{{state}}}", "parameters: {theta: 2}", source)
    )
    for key, value in after.items():
        assert float(found[key]) == pytest.approx(eval(value), rel=1e-12), key
    for part in state.split(", "):
        assert found[f"{part[0]}[0]"] == Fraction(part[3:])


def test_every_optimizer_that_remembers_has_a_start_state_worked_by_hand() -> None:
    assert {row.name for row in OPTIMIZERS if row.state} == {row[0] for row in STARTS}


@pytest.mark.parametrize(
    ("parameters", "state", "gradient", "after"),
    [
        ("{w: 1, b: 2}", "{v: 1}", "{w: 1, b: 0}", {"w[1]": "-0.5", "b[1]": "1.5"}),
        ("{w: 1, b: 2}", "{v: {w: 1, b: -1}}", "{w: 1, b: 0}", {"w[1]": "-0.5", "b[1]": "2.5"}),
        ("{w: [1, 2]}", "{v: [1, -1]}", "[1, 0]", {"w[1, 1]": "-0.5", "w[1, 2]": "2.5"}),
        (
            "{w: [1, 2], b: 0}",
            "{v: {w: [1, -1], b: 0}}",
            "{w: [1, 0], b: 0}",
            {"w[1, 1]": "-0.5", "w[1, 2]": "2.5", "b[1]": "0"},
        ),
        ("{v: 1, b: 2}", "{v: {v: 1, b: -1}}", "{v: 1, b: 0}", {"v[1]": "-0.5", "b[1]": "2.5"}),
    ],
)
def test_parameters_may_begin_with_states_of_their_own(
    parameters: str, state: str, gradient: str, after: dict[str, str]
) -> None:
    """v is halved and the gradient added, with the learning rate 1."""
    head = ("optimizer: momentum", "settings: {lr: 1, rho: 1/2}")
    found = numbers(read(*head, f"parameters: {parameters}", f"state: {state}", f"gradients: [{gradient}]"))
    assert {name: found[name] for name in after} == {name: Fraction(value) for name, value in after.items()}


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (("optimizer: adam", "state: {n: 1}"), "adam has no state 'n'"),
        (("optimizer: adam", "state: {n: 1}"), "its state is m, v"),
        (("optimizer: sgd", "state: {v: 1}"), "it remembers nothing"),
        (("optimizer: adam", "state: {v: fast}"), "'v' of state is not a number"),
        (("optimizer: adam", "state: {v: {q: 1}}"), "given for q, which is not a parameter"),
        (("optimizer: adam", "state: {v: [1, 2]}"), "which is not a parameter"),
        (("optimizer: adam", "state: 3"), "state: {v: -0.5}"),
        (("update: {theta: theta - g}", "state: {v: 1}"), "the state 'v' is never assigned"),
    ],
)
def test_a_start_state_that_is_none_is_refused(lines: tuple[str, ...], what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read(*lines, "parameters: {theta: 2}", "gradients: [1]")
    assert what in str(caught.value)


def test_a_start_state_on_the_command_line(tmp_path: Path) -> None:
    found = numbers(load_task("momentum", OptimOptions("[1, 2]", ("[1, 0]",), lr="1", values=("v=[1, -1]", "rho=0.5"))))
    assert (found["theta[1, 1]"], found["theta[1, 2]"]) == (Fraction(-1, 2), Fraction(5, 2))
    (tmp_path / "t.yaml").write_text(
        "optimizer: adagrad\nsettings: {lr: 1/10, eps: 0}\nparameters: {w: 2}\ngradients: [0.5]\n"
    )
    for word in ("s=0.75", "initial=0.75"):  # a state that begins with a setting follows the setting
        assert numbers(load_task(str(tmp_path / "t.yaml"), OptimOptions(values=(word,))))["w[1]"] == Fraction(39, 20)
    for values, what in (
        (("v=[1]",), "1 numbers are given for"),
        (("q=1",), "has no setting 'q'"),
        (("rho=[1, 2]",), "not one number"),
    ):
        with pytest.raises(StepperError, match=what):
            load_task("momentum", OptimOptions("[1, 2]", ("[1, 0]",), values=values))
    with pytest.raises(StepperError, match="2 steps"):
        load_task(str(tmp_path / "t.yaml"), OptimOptions(steps=2))


def test_the_forms_of_a_method_begin_with_states_of_their_own_and_say_so() -> None:
    """v is a sum of gradients here and a velocity there: a start state is that of the method it was given to."""
    options = OptimOptions("1", (), "theta^2", 2, "0.1", ("v=1",))
    task = load_task("momentum", options)
    written = render(compare(task, rivals(task, "momentum_velocity", False, options), Settings()), Look())
    assert "momentum begins with v = 1" in written
    assert "momentum_velocity begins with v = 0" in written


# ---- updates that a user writes out


@pytest.mark.parametrize("source", ["gradients: [1, 1, 1]", "objective: theta^2\nsteps: 3", "steps: 3"])
@pytest.mark.parametrize(
    ("update", "state", "last"),
    [
        ("theta: theta - lr", "", "17/10"),
        ("theta: theta/2", "", "1/4"),
        ("v: v/2, theta: theta - lr*v", "v: 1", "2 - 0.0875"),
        ("theta: 1 + lr*t", "", "13/10"),
        ("c: lr, theta: theta - 2*c", "", "7/5"),
    ],
)
def test_an_update_may_read_no_gradient(source: str, update: str, state: str, last: str) -> None:
    task = read(f"update: {{{update}}}", "settings: {lr: 0.1}", f"state: {{{state}}}", "parameters: {theta: 2}", source)
    assert float(numbers(task)["theta[3]"]) == pytest.approx(eval(last))
    assert all(check.ok for check in optim(task, Settings()).checks)


LOOK = "look: theta + rho*v, gl: grad(look), v: rho*v - lr*gl, theta: theta + v"


@pytest.mark.parametrize(
    "update",
    [
        LOOK,
        "v: rho*v - lr*grad(theta + rho*v), theta: theta + v",
        "g: grad(theta + rho*v), v: rho*v - lr*g, theta: theta + v",
    ],
)
@pytest.mark.parametrize("source", ["objective: w^2/2 + b*w\nparameters: {w: 2, b: 1}", "graph: net.yaml"])
def test_a_look_ahead_written_by_hand_is_the_row(update: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("inputs: {x: 2}\nparameters: {w: 2, b: 1}\nnodes: {z: w*x + b, L: z^2/4}\n")
    lines = f"settings: {{lr: 0.1, rho: 0.8}}\nstate: {{v: -0.5}}\nsteps: 3\n{source}\n"
    own, row = (
        numbers(read_task(f"{head}\n{lines}", "t.yaml", tmp_path))
        for head in (f"update: {{{update}}}", "optimizer: nesterov_lookahead")
    )
    assert [own[f"{name}[3]"] for name in "wb"] == [row[f"{name}[3]"] for name in "wb"]


def test_a_gradient_may_be_taken_twice() -> None:
    """The extragradient step on theta^2: half = 2 - 0.1*4 = 1.6, and theta - 0.1*3.2; the rule says where each gradient
    is taken.
    """
    task = read(
        "update: {theta: theta - lr*grad(theta - lr*grad(theta))}",
        "settings: {lr: 0.1}",
        "parameters: {theta: 2}",
        "objective: theta^2",
    )
    assert numbers(task)["theta[1]"] == Fraction(42, 25)
    assert "is the gradient at aheadₜ" in render(optim(task, Settings()), Look())


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ((f"update: {{{LOOK}}}", "gradients: [1]"), "the gradient at the point look, which gradients given as numbers "
                                                    "do not provide"),
        ((f"update: {{{LOOK}}}", "objective: theta^2", "with: clip_norm"), "call it g: g: grad(look)"),
        (("update: {v: v, theta: theta - v}", "objective: theta^2", "with: weight_decay"),
            "the update reads no gradient"),
        (("update: {v: grad(later), theta: theta - v}", "objective: theta^2"), "'later' is neither a setting"),
        (("update: {v: grad, theta: theta - v}", "objective: theta^2"), "and grad(theta)"),
    ],
)  # fmt: skip
def test_a_gradient_at_a_point_that_cannot_be_taken_is_told(lines: tuple[str, ...], what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read(*lines, "settings: {lr: 0.1, rho: 0.8}", "state: {v: 0}", "parameters: {theta: 2}")
    assert what in str(caught.value)


# ---- Keras


@pytest.mark.parametrize(("keras", "own"), [("adam_keras", "adam"), ("adamw_keras", "adamw")])
def test_keras_epsilon_is_the_papers_divided_by_the_root_of_the_correction(keras: str, own: str) -> None:
    """sqrt(vhat) + eps/c is (sqrt(v) + eps)/c with c = sqrt(1 - beta2^t): for one step the forms agree with these
    epsilons.
    """
    given = {"lr": "0.1", "beta1": "0.8", "beta2": "0.64"} | ({"weight_decay": "0.01"} if "w" in own else {})
    found = [
        numbers(
            load_task(
                name,
                OptimOptions(
                    "1", ("0.5",), values=tuple(f"{key}={value}" for key, value in {**given, "eps": eps}.items())
                ),
            )
        )
        for name, eps in ((keras, "0.03"), (own, "0.05"))
    ]
    assert float(found[0]["theta[1]"]) == pytest.approx(float(found[1]["theta[1]"]), rel=1e-12)


def keras_steps(name: str, gradients: list[float]) -> list[float]:
    """What the documentation of Keras 3 says, in plain floating point."""
    theta, m, v, u, p, found = 1.0, 0.0, 0.0, 0.0, 1.0, []
    accumulator = 0.1
    for t, g in enumerate(gradients, start=1):
        m, v = m + (g - m) * (1 - 0.9), v + (g * g - v) * (1 - 0.999)
        rate = 0.1 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        if name == "adamw_keras":
            theta -= theta * 0.004 * 0.1
        if name in ("adam_keras", "adamw_keras"):
            theta -= m * rate / (math.sqrt(v) + 0.01)
        elif name == "adamax_keras":
            u = max(0.999 * u, abs(g))
            theta -= 0.1 * m / ((1 - 0.9**t) * (u + 0.01))
        elif name == "nadam_keras":
            now, after = (0.9 * (1 - 0.5 * 0.96**s) for s in (t, t + 1))
            p *= now
            theta -= (
                0.1 * (after * m / (1 - p * after) + (1 - now) * g / (1 - p)) / (math.sqrt(v / (1 - 0.999**t)) + 0.01)
            )
        else:
            accumulator += g * g
            theta -= 0.1 * g / math.sqrt(accumulator + 0.01)
        found.append(theta)
    return found


@pytest.mark.parametrize("name", [row.name for row in OPTIMIZERS if row.name.endswith("_keras")])
def test_the_forms_of_keras(name: str) -> None:
    gradients = [0.5, -0.2, 0.01, 0.3, -1.0]
    found = numbers(load_task(name, OptimOptions("1", tuple(map(str, gradients)), lr="0.1", values=("eps=0.01",))))
    assert [float(found[f"theta[{t}]"]) for t in range(1, 6)] == pytest.approx(keras_steps(name, gradients), rel=1e-12)


def test_the_place_of_epsilon_is_among_the_forms_of_adam() -> None:
    chosen = load_task("adam", OptimOptions("1", ("0.01",), lr="0.1", values=("eps=0.001",)))
    written = render(
        compare(chosen, rivals(chosen, None, True, OptimOptions("1", values=("lr=0.1", "eps=0.001"))), Settings()),
        Look(),
    )
    assert "adam_keras differs from adam from step 1 on" in written
    assert "epsilon beside the uncorrected" in " ".join(written.split())


def test_a_gradient_is_read_after_it_is_worked_and_not_before() -> None:
    """Two gradients in a step, over samples: 1/(p - 1) and 1/(q - 1) are of those of this step, in each."""
    task = read(
        "update: {p: grad(theta), half: theta - lr*p/(p - 1), q: grad(half), theta: theta - lr*q/(q - 1)}",
        "settings: {lr: 1/10}", "parameters: {w: 2}", "objective: (w*x)^2/2", "data: [{x: 1}, {x: 2}]", "sum: true",
        "steps: 2",
    )  # fmt: skip
    found, w = numbers(task), Fraction(2)
    for step in (1, 2):
        p = 5 * w
        half = w - p / (p - 1) / 10
        q = 5 * half
        w -= q / (q - 1) / 10
        assert [found[f"{name}[{step}]"] for name in ("p", "half", "q", "w")] == [p, half, q, w]


# ---- a gradient step in letters


@pytest.mark.parametrize(
    ("graph", "lr", "line"),
    [
        ("w = 1; x = 2; y = 1; L = (w*x - y)^2", "eta", "w′ = w - η·dL/dw = 1 - η·4"),
        ("w = 1; x = 2; y = 1; L = (w*x - y)^2", "α", "w′ = w - α·dL/dw = 1 - α·4"),
        ("L = w*x", "eta", "w′ = w - η·dL/dw = w - η·x"),
        ("eta = 2; w = 1; L = eta*w", "0.5", "w′ = w - lr·dL/dw = 1 - 0.5·2 = 0"),
        ("W = [[1, 2]]; x = [1, 1]; L = sum(W @ x)", "eta", "W′ = W - η·dL/dW"),
    ],
)
def test_a_learning_rate_may_be_a_letter(graph: str, lr: str, line: str) -> None:
    solution = st.backprop(graph, wrt="W" if "W" in graph else "w", lr=lr)
    assert line in str(solution)


@pytest.mark.parametrize("lr", ["fast", "2*eta", "w1"])
def test_a_word_is_no_learning_rate(lr: str) -> None:
    with pytest.raises(StepperError, match="takes a number or a letter"):
        st.backprop("L = w", wrt="w", lr=lr)
