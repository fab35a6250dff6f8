"""Runs: batches of samples, the second forward pass, how a run ends, and what it costs."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import pytest

from stepper.core.parser import parse
from stepper.core.progress import watched
from stepper.core.steps import Derivation, Detail, Note, Step
from stepper.core.task import Task
from stepper.engine.optim import objective
from stepper.engine.optim.batches import Batches
from stepper.engine.optim.comparison import compare
from stepper.engine.optim.run import Run
from stepper.engine.optim.train import train
from stepper.engine.optim.worked_run import optim
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.given import with_values
from stepper.read.options import OptimOptions, load_task, rivals, training, without_states
from stepper.read.program import read_program
from stepper.read.task import read_task
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import answer

SAMPLES = tuple({"x": Fraction(x), "y": Fraction(y)} for x, y in ((1, 2), (2, 4), (3, 5)))


def line(steps: int, batch: int | None = None, seed: int | None = None, mean: bool = True) -> Task:
    """The line w*x + b through three points, from w = b = 0 with the rate 1/10."""
    graph = with_values(read_program("z = w*x + b; L = (z - y)^2", "-e"), ["w=0,b=0"])
    return training(graph, "sgd", OptimOptions(steps=steps, lr="0.1"), ("w", "b"), SAMPLES, mean, batch, seed)


def words(derivation: Derivation, step: str) -> str:
    (found,) = (one for one in derivation.steps if one.id == step)
    return " ".join(render(Derivation("optim", "", (found,)), Look(width=200)).split())


# ---- batches


@pytest.mark.parametrize(
    ("count", "size", "steps"),
    [
        (3, 1, [(1, [0]), (1, [1]), (1, [2]), (2, [0])]),
        (3, 2, [(1, [0, 1]), (1, [2]), (2, [0, 1]), (2, [2])]),
        (4, 2, [(1, [0, 1]), (1, [2, 3]), (2, [0, 1]), (2, [2, 3])]),
        (3, 3, [(1, [0, 1, 2]), (2, [0, 1, 2])]),
    ],
)
def test_batches_follow_the_order_of_the_file(count: int, size: int, steps: list[tuple[int, list[int]]]) -> None:
    task = Task("", line(1).method, {}, 1, samples=({},) * count, batch=size)
    found = [batch for number in range(1, len(steps) + 1) if (batch := Batches(task).of(number)) is not None]
    assert [(batch.epoch, list(batch.samples)) for batch in found] == steps


def test_a_seed_draws_an_order_for_each_epoch_that_reads_every_sample_once() -> None:
    task = Task("", line(1).method, {}, 1, samples=({},) * 7, batch=2, seed=5)
    found = [batch for number in range(1, 41) if (batch := Batches(task).of(number)) is not None]
    orders = [[place for batch in found[start : start + 4] for place in batch.samples] for start in range(0, 40, 4)]
    assert all(sorted(order) == list(range(7)) for order in orders)
    assert len({tuple(order) for order in orders}) > 5
    assert orders[0] == [4, 1, 0, 3, 2, 5, 6]  # the same on every machine


def test_one_sample_a_step_by_hand() -> None:
    """(1, 2): g = 2*(0 - 2)*(1, 1), so w = b = 0.4; (2, 4): z = 1.2, g = -5.6*(2, 1), so w = 1.52, b = 0.96, and z = 4
    exactly.
    """
    run = Run(line(2, 1))
    first, second = run.steps(2, Settings())
    assert (first.numbers["w[1]"], first.numbers["b[1]"]) == (Fraction(2, 5), Fraction(2, 5))
    assert (first.before, first.loss) == (4, Fraction(36, 25))
    assert (second.numbers["w[2]"], second.numbers["b[2]"]) == (Fraction(38, 25), Fraction(24, 25))
    assert (second.before, second.loss) == (Fraction(196, 25), 0)


@pytest.mark.parametrize(("batch", "seed", "mean"), [(1, None, True), (2, None, False), (2, 3, True)])
def test_batches_are_the_same_written_out_and_swept(batch: int, seed: int | None, mean: bool) -> None:
    run = Run(line(6, batch, seed, mean))
    for one, other in zip(run.steps(6, Settings()), run.swept(0, run.start), strict=True):
        for name in (f"w[{one.number}]", f"b[{one.number}]"):
            assert float(one.numbers[name]) == pytest.approx(float(other.numbers[name]), rel=1e-12)
        assert [float(one.before or 0), float(one.loss or 0)] == pytest.approx(
            [float(other.before or 0), float(other.loss or 0)], abs=1e-12
        )


@pytest.mark.parametrize(
    ("batch", "seed", "sample"), [(None, None, 1), (1, None, 1), (2, None, 1), (1, 3, 3), (1, 1, 2), (2, 5, 2)]
)
def test_the_first_sample_that_is_read_is_shown_in_full(batch: int | None, seed: int | None, sample: int) -> None:
    """With the checks of its gradients, and that of the run after them; every number is that of this sample."""
    derivation = train(line(1, batch, seed), Settings())
    (said,) = [line for line in derivation.said() if "; in full" in str(line)]
    assert said[-1] == f"; in full sample {sample} is shown"
    assert [(check.name, check.ok) for check in derivation.checks] == [
        ("reverse accumulation", True), ("reverse accumulation", True), ("central difference", True),
        ("central difference", True),
        ("second pass in floating point", True),
    ]  # fmt: skip
    assert f"= {SAMPLES[sample - 1]['y'] ** 2}" in words(derivation, "forward.pass")


@pytest.mark.parametrize("mean", [True, False])
@pytest.mark.parametrize("batch", [None, 2])
def test_many_samples_are_swept_and_come_to_the_same(
    mean: bool, batch: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the nodes read counts once for each sample: z reads w, x and b, L reads z and y, of three samples or two."""
    task = line(3, batch, mean=mean)
    exact = [optim(task, Settings()).answers[place].number for place in range(len(optim(task, Settings()).answers))]
    assert all(isinstance(number, Fraction) for number in exact)
    for most, swept in ((5 * (batch or 3), False), (5 * (batch or 3) - 1, True)):
        monkeypatch.setattr(objective, "MOST_EXACT", most)
        found = [entry.number for entry in optim(task, Settings()).answers]
        assert any(isinstance(number, float) for number in found) == swept
        assert found == pytest.approx(exact, rel=1e-13)


def test_a_batch_of_all_samples_is_no_batch() -> None:
    whole, batch = (list(Run(task).steps(4, Settings()))[-1].numbers["w[4]"] for task in (line(4), line(4, 3)))
    assert whole == batch


@pytest.mark.parametrize(
    ("batch", "seed", "what"),
    [(4, None, "a batch of 4 cannot be made of 3"), (0, None, "from 1 to 3"), (None, 1, "no batch size")],
)
def test_batches_that_cannot_be_made_are_refused(batch: int | None, seed: int | None, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        line(1, batch, seed)
    assert what in str(caught.value)


LINE = "optimizer: sgd\nsettings: {lr: 0.1}\nparameters: {w: 0, b: 0}\nsteps: 2\n"


@pytest.mark.parametrize("source", ["objective: (w*x + b - y)^2", "graph: net.yaml"])
@pytest.mark.parametrize("data", ["points.csv", "[{x: 1, y: 2}, {x: 2, y: 4}, {x: 3, y: 5}]"])
def test_a_document_may_hold_samples(source: str, data: str, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("x,y\n1,2\n2,4\n3,5\n")
    (tmp_path / "net.yaml").write_text(
        "inputs: {x: , y: }\nparameters: {w: 0, b: 0}\nnodes: {z: w*x + b, L: (z - y)^2}\n"
    )
    for more, after in (("batch: 1", Fraction(38, 25)), ("", Fraction(334, 225)), ("batch: 2\nsum: true", None)):
        task = read_task(f"{LINE}{source}\ndata: {data}\n{more}\n", "t.yaml", tmp_path)
        found = list(Run(task).steps(2, Settings()))[-1].numbers["w[2]"]
        assert after is None or found == after
    assert "Second forward pass, after step 2" in render(optim(task, Settings()), Look())


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("objective: (w*x + b - y)^2\ndata: [{x: 1, y: 2}, {x: 2}]", "the same names"),
        ("objective: (w*x + b - y)^2\ndata: [{x: 1, q: 2}]", "'q' is not a leaf"),
        ("objective: (w*x + b - y)^2\ndata: {x: 1}", "holds no samples"),
        ("objective: (w*x + b - y)^2\ndata: [{x: 1, y: 2}]\nbatch: some", "'some' is not a whole number"),
        ("objective: w^2 + b^2\nbatch: 1", "batches are made of samples"),
        ("objective: w^2 + b^2\nbatch: [1]", "'batch' is not a whole number"),
        ("objective: w^2 + b^2\nsum: maybe", "sum: true adds them"),
        ("gradients: [{w: 1, b: 1}, {w: 1, b: 1}]\ndata: [{x: 1}]", "samples need an objective"),
    ],
)
def test_samples_of_a_document_that_do_not_fit_are_told(more: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_task(f"{LINE}{more}\n", "t.yaml")
    assert what in str(caught.value)


# ---- the second forward pass


def test_the_second_forward_pass_of_one_sample() -> None:
    derivation = train(line(1, 1), Settings())
    assert words(derivation, "again").endswith(
        "z = w·x + b = 0.4·1 + 0.4 = 0.8 L = (z - y)² = (0.8 - 2)² = 1.44 Step 1 lowers L from 4 to 1.44."
    )
    assert "epoch samples" in words(derivation, "optim.run")


def test_the_second_forward_pass_of_several_samples() -> None:
    """After one step over all: w = 5/3, b = 11/15, so the errors are 0.4, 1/15 and 11/15."""
    found = words(train(line(1), Settings()), "again")
    assert "(of sample 1)" in found
    assert "mean 15 158/675" in found
    assert found.endswith("Step 1 lowers L from 15 to 158/675.")


# ---- the samples of a step


def step_of(task: Task, number: int = 1, detail: Detail = "full", settings: Settings | None = None) -> list[str]:
    """The lines of a step, blanks between the two sides of an equation taken out."""
    (found,) = (one for one in optim(task, settings or Settings()).steps if one.id == f"optim.step:{number}")
    lines = render(Derivation("optim", "", (found,)), Look(width=200, detail=detail)).splitlines()[1:]
    return [" ".join(line.split()) for line in lines]


def squares(*heights: int, batch: int | None = None, mean: bool = True, name: str = "sgd") -> Task:
    """(w - y)^2 for some y, from w = 1 with the rate 1/4."""
    graph = with_values(read_program("L = (w - y)^2", "-e"), ["w=1"])
    samples = tuple({"y": Fraction(height)} for height in heights)
    return training(graph, name, OptimOptions(steps=2, lr="0.25"), ("w",), samples, mean, batch)


def test_each_sample_of_a_step_is_worked_in_full_detail() -> None:
    assert step_of(squares(2, 4)) == [
        "Sample 1: y = 2",
        "L = (w - y)² = (1 - 2)² = 1",
        "∂L/∂w = 2·(w - y) = 2·(1 - 2) = -2",
        "Sample 2: y = 4",
        "L = (w - y)² = (1 - 4)² = 9",
        "∂L/∂w = 2·(w - y) = 2·(1 - 4) = -6",
        "The mean of L over the 2 samples:",
        "L = (1 + 9)/2 = 5",
        "The mean of each gradient:",
        "g₁ = (-2 - 6)/2 = -4",
        "w₁ = w₀ - η·g₁ = 1 - 0.25·(-4) = 2",
    ]


def test_samples_of_a_batch_are_those_that_it_reads() -> None:
    found = step_of(squares(2, 4, 6, 8, batch=2, mean=False), 2)
    assert [line for line in found if line.startswith("Sample")] == ["Sample 3: y = 6", "Sample 4: y = 8"]
    assert found[-5:-1] == [
        "The sum of L over the 2 samples:", "L = 9 + 25 = 34", "The sum of each gradient:", "g₂ = -6 - 10 = -16"
    ]  # fmt: skip


def test_several_parameters_and_nodes_of_a_sample_are_worked() -> None:
    """With w = b = 0 the errors are -2, -4 and -5."""
    found = step_of(line(1))
    assert "dL/dw = dL/dz·∂z/∂w = (-8)·2 = -16" in found
    assert found[-7:-2] == [
        "The mean of L over the 3 samples:", "L = (4 + 16 + 25)/3 = 15", "The mean of each gradient:",
        "g[1,w] = (-4 - 16 - 30)/3 = -50/3", "g[1,b] = (-4 - 8 - 10)/3 = -22/3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "digits", "shown"), [(2, 4, True), (4, 4, True), (5, 4, False), (4, 9, False), (3, 9, True)]
)
def test_a_short_mean_is_shown_without_full_detail(count: int, digits: int, shown: bool) -> None:
    """Of at most four samples, on one line; no gradient of a sample with it."""
    found = step_of(squares(*range(count)), 1, "normal", Settings(digits))
    assert any(line.startswith("The mean of L over") for line in found) == shown
    assert len(found) == (3 if shown else 1)
    assert step_of(squares(*range(count)), 1, "brief", Settings(digits)) == found[-1:]


@pytest.mark.parametrize(("mean", "together"), [(True, "L = 285/10 = 28.5"), (False, "L = 285")])
def test_of_many_samples_the_first_are_worked(mean: bool, together: str) -> None:
    found = step_of(squares(*range(1, 11), mean=mean))
    assert sum(line.startswith("Sample") for line in found) == 8
    assert found[24:27] == [
        "The other 2 samples are worked out in the same way.",
        f"The {'mean' if mean else 'sum'} of L over the 10 samples:",
        together,
    ]


def test_a_single_sample_beyond_those_is_told_as_one() -> None:
    assert "The other sample is worked out in the same way." in step_of(squares(*range(9)))


def test_a_gradient_at_a_point_ahead_is_worked_there() -> None:
    """The first step lands on w = 2 with v = 1; the point ahead of it is w + 0.9v = 2.9."""
    found = step_of(squares(2, 4, name="nesterov_lookahead"), 2)
    ahead = found.index("ahead₂ = w₁ + ρ·v₁ = 2 + 0.9·1 = 2.9")
    assert "L = (0 + 4)/2 = 2" in found[:ahead]
    assert found[ahead + 1 : ahead + 4] == [
        "Sample 1: y = 2, w = ahead₂", "L = (w - y)² = (2.9 - 2)² = 0.81", "∂L/∂w = 2·(w - y) = 2·(2.9 - 2) = 1.8"
    ]  # fmt: skip
    assert "g₂ = (1.8 - 2.2)/2 = -0.2" in found[ahead:]


@pytest.mark.parametrize(
    ("digits", "lines"),
    [
        (4, ["L ≈ 8.414709848078966·10¹⁵ - 8.414709848078964·10¹⁵ ≈ 2",
             "g₁ ≈ 5.403023058681398·10¹⁵ - 5.403023058681396·10¹⁵ ≈ 2"]),
        (2, ["L ≈ 2", "g₁ ≈ 2"]),
    ],
)  # fmt: skip
def test_a_sum_whose_terms_would_have_to_be_told_to_too_many_digits_is_told_alone(
    digits: int, lines: list[str]
) -> None:
    """Up to thirteen more than are asked for: of sin(1) and sin(-1) times 10^16 only the 1 added to each is left."""
    graph = with_values(read_program("L = 10^16*sin(w*y) + w", "-e"), ["w=1"])
    samples = tuple({"y": Fraction(sign)} for sign in (1, -1))
    chosen = training(graph, "sgd", OptimOptions(steps=1, lr="0.25"), ("w",), samples, mean=False)
    found = step_of(chosen, settings=Settings(digits))
    assert [line for line in found if line.startswith(("L ≈", "g₁ ≈"))][-2:] == lines


def test_of_a_large_graph_the_line_of_the_loss_stands_alone() -> None:
    chain = "; ".join([f"h{number} = h{number - 1} + w" for number in range(2, 14)])
    graph = with_values(read_program(f"h1 = w*x; {chain}; L = h13", "-e"), ["w=1"])
    samples = tuple({"x": Fraction(place)} for place in (1, 2))
    found = step_of(training(graph, "sgd", OptimOptions(steps=1, lr="0.25"), ("w",), samples))
    assert found[:4] == ["Sample 1: x = 1", "L = h₁₃ = 13", "Sample 2: x = 2", "L = h₁₃ = 14"]
    assert found[4:6] == ["The mean of L over the 2 samples:", "L = (13 + 14)/2 = 13.5"]
    assert len(found) == 7


def test_one_sample_is_not_summed() -> None:
    assert step_of(squares(2, 4, batch=1)) == ["w₁ = w₀ - η·g₁ = 1 - 0.25·(-2) = 1.5"]
    assert step_of(squares(2, 4, name="newton"))[0].startswith("g₁ = ")


def test_step_identities_stay_distinct() -> None:
    found: list[str] = []

    def collect(steps: tuple[Step, ...]) -> None:
        for step in steps:
            found.append(step.id)
            collect(step.children)

    for task in (line(3, 1), line(3), squares(2, 4, name="nesterov_lookahead")):
        found.clear()
        collect(train(task, Settings()).steps)
        assert len(found) == len(set(found))


def test_a_leaf_called_as_a_state_is_the_leaf() -> None:
    """`--set v=3` with momentum: v is the graph's, where the graph has one; else what momentum begins with."""
    for source, after in (("L = (v - 1)^2", Fraction(13, 5)), ("z = v; L = (z - 1)^2", Fraction(13, 5))):
        graph, chosen = without_states(read_program(source, "-e"), {"v": parse("3"), "rho": parse("1/2")}, "momentum")
        assert list(chosen) == ["rho"]
        found = training(graph, "momentum", OptimOptions(steps=1, lr="0.1", values=("rho=1/2",)), ("v",))
        assert next(iter(Run(found).steps(1, Settings()))).numbers["v[1]"] == after
    graph = with_values(read_program("L = (w - 1)^2", "-e"), ["w=3"])
    found = training(graph, "momentum", OptimOptions(steps=1, lr="0.1", values=("v=1", "rho=1/2")), ("w",))
    assert next(iter(Run(found).steps(1, Settings()))).numbers["w[1]"] == Fraction(51, 20)


# ---- how a run ends


@pytest.mark.parametrize(
    ("name", "theta", "objective", "lr", "steps", "said"),
    [
        (
            "sgd",
            "2",
            "theta^2",
            "1",
            2,
            "period 2: after step 2 everything is as it was after step 0 (θ: 2, -2, 2). So it goes on forever",
        ),
        (
            "sgd",
            "2",
            "theta^2",
            "1",
            11,
            "after step 11 everything is as it was after step 9 (θ: -2, 2, -2), in floating point",
        ),
        (
            "sgd",
            "2",
            "(theta - 1)^2",
            "1/2",
            3,
            "has come to rest: after step 1 nothing changes any more. So it stays forever",
        ),
        ("sgd", "0", "theta^2", "1", 1, "Nothing changes: no step changes anything. So it stays forever"),
        (
            "sgd",
            "2",
            "theta^2",
            "2",
            4,
            "Each step moves θ 3 times as far as the one before, in the opposite direction: "
            "the oscillation grows. loss rose",
        ),
        ("sgd", "2", "-theta^2", "1/2", 4, "Each step moves θ 2 times as far as the one before: the steps grow."),
        (
            "sgd",
            "2",
            "theta^2",
            "0.1",
            4,
            "0.8 times as far as the one before: the steps shrink; if that went on forever, θ would tend to 0.",
        ),
        (
            "sgd",
            "2",
            "(theta - 1)^2",
            "0.8",
            4,
            "the oscillation decays; if that went on forever, θ would tend to 1.",
        ),
        ("sgd", "2", "3*theta", "0.1", 4, "Each step moves θ by the same amount: -0.3."),
        ("sgd", "2", "theta^2", "2", 40, "Each of the last 24 steps moves θ about 3 times as far"),
        (
            "sgd",
            "2",
            "(theta - 1)^2",
            "0.1",
            500,
            "nothing changes any more, in floating point. loss went from 1 to about",
        ),
        (
            "sgd",
            "2",
            "(theta - 1)^2",
            "0.1",
            60,
            "With 4 digits no change shows in the last step. loss fell in every step",
        ),
        (
            "sgd",
            "1",
            "theta^2/2",
            "0.001",
            20_000,
            "times as far as the one before: the steps shrink. loss went from 0.5 to about 2.08",
        ),
        ("sgd", "2", "theta^4", "5", 50, "Step 5 leads beyond the largest floating-point number: the run diverges"),
        (
            "sign_sgd",
            "0.35",
            "theta^2",
            "0.1",
            9,
            "period 2: after step 9 everything is as it was after step 7 (θ: 0.05, -0.05, 0.05)",
        ),
        ("momentum", "1", "theta^2", "0.1", 4, "The last step moved θ by -0.3706. loss went"),
        ("adam", "1", "theta^2", "0.1", 3, "The last step moved θ by about -0.09"),
        ("momentum", "0", "theta^2", "0.1", 2, "Nothing changes: no step changes anything. So it stays forever"),
    ],
)
def test_how_a_run_ends(name: str, theta: str, objective: str, lr: str, steps: int, said: str) -> None:
    derivation = optim(load_task(name, OptimOptions(theta, (), objective, steps, lr)), Settings())
    assert said in words(derivation, "optim.end")


@pytest.mark.parametrize("objective", ["theta^2", "(theta - 1)^4 - 3*theta", "abs(theta) + theta^2/3"])
@pytest.mark.parametrize("lr", ["1", "1/2", "1/10"])
def test_what_is_said_to_go_on_for_ever_does(objective: str, lr: str) -> None:
    """Three times as many steps, exactly: a run that repeats or rests is found where it was said to be."""
    task = load_task("sgd", OptimOptions("2", (), objective, 9, lr))
    run = Run(task)
    try:
        stands = [one.numbers[f"theta[{one.number}]"] for one in run.steps(9, Settings())]
    except StepperError:
        return
    period = run.tail.period
    if period is not None and "forever" in words(optim(task, Settings()), "optim.end"):
        longer = [
            one.numbers[f"theta[{one.number}]"]
            for one in Run(load_task("sgd", OptimOptions("2", (), objective, 27, lr))).steps(27, Settings())
        ]
        assert all(longer[place] == stands[8 - (8 - place) % period] for place in range(9, 27))


def test_a_run_with_a_schedule_or_batches_is_not_said_to_go_on() -> None:
    task = load_task("sgd", OptimOptions("2", (), "theta^2", 2, "1", ("step_size=5",), ("step",)))
    assert "forever" not in words(optim(task, Settings()), "optim.end")
    assert "forever" not in words(optim(line(3, 1), Settings()), "optim.end")


def test_given_gradients_say_nothing_of_steps_to_come() -> None:
    derivation = optim(load_task("sgd", OptimOptions("2", ("0", "0"))), Settings())
    assert not [step for step in derivation.steps if step.id == "optim.end"]


# ---- what a run costs


def test_a_long_run_keeps_a_hundred_rows_and_tells_how_far_it_is() -> None:
    seen: list[tuple[str, int, int]] = []
    with watched(lambda *told: seen.append(told)):
        derivation = optim(load_task("sgd", OptimOptions("1", (), "theta^2/2", 20_000, "0.001")), Settings())
    steps = [told for told in seen if told[0] == "steps"]
    assert len(steps) <= 120
    assert steps[-1] == ("steps", 20_000, 20_000)
    assert "loss went from 0.5 to about 2.08" in words(derivation, "optim.end")


@pytest.mark.parametrize("start", ["10^400", "1e308", "-1e308"])
def test_a_start_beyond_floating_point_ends_in_words(start: str) -> None:
    for steps in (3, 40):
        try:
            derivation = optim(load_task("sgd", OptimOptions(start, (), "theta^2", steps, "10")), Settings())
        except StepperError:
            continue
        assert any(isinstance(block, Note) for step in derivation.steps for block in step.body)


def test_a_comparison_says_which_run_diverges() -> None:
    task = load_task("gradient_ascent", OptimOptions("5", (), "exp(theta)", 3, "1"))
    derivation = compare(task, rivals(task, "adam", False, OptimOptions("5", lr="1")), Settings())
    assert "gradient_ascent leaves the range of floating point after step 1" in words(derivation, "optim.parts")
    assert [answer.name for answer in derivation.answers] == ["adam:theta[3]"]


def test_symbols_are_refused_where_numbers_are_needed() -> None:
    with pytest.raises(StepperError, match="a run is worked out in numbers"):
        load_task("sgd", OptimOptions("1", ("1",), lr="eta"))
    with pytest.raises(StepperError, match="numbers are expected"):
        load_task("sgd", OptimOptions("W", ("1",)))


def test_the_first_steps_of_a_long_run_are_those_of_a_short_one() -> None:
    long, short = (Run(line(steps, 2, 1)) for steps in (5_000, 12))
    tail = [one.numbers for one in islice(long.steps(10, Settings()), 12)]
    assert tail == [one.numbers for one in short.steps(10, Settings())]


@pytest.mark.parametrize(
    ("objective", "slope"),
    [("mse(w*x, y)", -3), ("sum(w*x)", 3), ("x[2]*w^2", 4), ("dot(x, y)*w", 8)],
)
def test_constants_of_an_objective_may_be_lists(objective: str, slope: int) -> None:
    document = (
        f"optimizer: sgd\nsettings: {{lr: 1}}\nparameters: {{w: 1}}\n"
        f"constants: {{x: [1, 2], y: [2, 3]}}\nobjective: {objective}\n"
    )
    assert answer(optim(read_task(document, "t.yaml"), Settings()), "w[1]") == 1 - slope


@pytest.mark.parametrize("value", ["[1, [2]]", "[]", "[a]", "{b: 1}"])
def test_a_constant_that_is_no_number_and_no_list_of_numbers_is_told(value: str) -> None:
    document = f"optimizer: sgd\nparameters: {{w: 1}}\nconstants: {{x: {value}}}\nobjective: w^2\n"
    with pytest.raises(StepperError, match="'x' of constants is not a number"):
        read_task(document, "t.yaml")
