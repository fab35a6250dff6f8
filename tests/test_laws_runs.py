"""Laws of runs: optimizers against loops of a few lines, tables of the steps that were taken, methods side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from stepper.core.expr import Value
from stepper.core.formula import number_of, text
from stepper.core.pictures import Plot
from stepper.core.progress import watched
from stepper.core.steps import Derivation, Note, Step, Table
from stepper.core.task import Method, Task
from stepper.engine.optim.comparison import compare
from stepper.engine.optim.curvature import in_one_formula
from stepper.engine.optim.run import Run, Taken
from stepper.engine.optim.state_sums import remembered
from stepper.engine.optim.train import train
from stepper.engine.optim.worked_run import Wanted, optim
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.read.method import method_named
from stepper.read.options import OptimOptions, load_task, training
from tests.helpers import graph_of

Loop = Callable[[Iterator[float], float], Iterator[float]]


def task(
    name: str, theta: str = "1", *gradients: str, objective: str | None = None, steps: int | None = None, **given: str
) -> Task:
    values = tuple(f"{key}={value}" for key, value in given.items())
    return load_task(name, OptimOptions(theta, gradients, objective, steps, None, values))


# ---- the methods, as loops

GRADIENTS = ("1/2", "-2", "3/4", "0", "1")


def sgd(g: float, s: dict[str, float], t: int) -> float:
    return -0.1 * g


def momentum(g: float, s: dict[str, float], t: int) -> float:
    s["v"] = 0.9 * s.get("v", 0.0) + g
    return -0.1 * s["v"]


def nesterov(g: float, s: dict[str, float], t: int) -> float:
    s["v"] = 0.9 * s.get("v", 0.0) + g
    return -0.1 * (g + 0.9 * s["v"])


def adagrad(g: float, s: dict[str, float], t: int) -> float:
    s["G"] = s.get("G", 0.0) + g * g
    return -0.1 * g / (math.sqrt(s["G"]) + 0.01)


def rmsprop(g: float, s: dict[str, float], t: int) -> float:
    s["v"] = 0.99 * s.get("v", 0.0) + 0.01 * g * g
    return -0.1 * g / (math.sqrt(s["v"]) + 0.01)


def adam(g: float, s: dict[str, float], t: int) -> float:
    s["m"] = 0.9 * s.get("m", 0.0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0.0) + 0.001 * g * g
    return -0.1 * s["m"] / (1 - 0.9**t) / (math.sqrt(s["v"] / (1 - 0.999**t)) + 0.01)


METHODS = {
    "sgd": (sgd, {}), "momentum": (momentum, {"rho": "0.9"}), "adagrad": (adagrad, {"eps": "0.01"}),
    "rmsprop": (rmsprop, {"eps": "0.01", "alpha": "0.99"}),
    "adam": (adam, {"eps": "0.01", "beta1": "0.9", "beta2": "0.999"}),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_an_optimizer_is_its_loop(name: str) -> None:
    """On gradients that are given; written out and swept; from two starts side by side."""
    step, given = METHODS[name]
    known = method_named(name, {}, ()).settings
    chosen = task(
        name,
        "a=1,b=-2",
        *(f"a={g},b={Fraction(g) / 2}" for g in GRADIENTS),
        steps=5,
        lr="0.1",
        **{k: v for k, v in given.items() if k in known},
    )
    run = Run(chosen)
    written, swept = list(run.steps(5, Settings())), list(run.swept(0, run.start))
    for parameter, start, share in (("a", 1.0, 1.0), ("b", -2.0, 0.5)):
        here, state = start, dict[str, float]()
        for t in range(1, 6):
            here += step(share * float(Fraction(GRADIENTS[t - 1])), state, t)
            assert float(written[t - 1].numbers[f"{parameter}[{t}]"]) == pytest.approx(here, rel=1e-12)
            assert float(swept[t - 1].numbers[f"{parameter}[{t}]"]) == pytest.approx(here, rel=1e-12)
    assert [taken.number for taken in written] == [taken.number for taken in swept] == [*range(1, 6)]


# ---- what is shown of a run


def table_of(derivation: Derivation) -> Table:
    (found,) = [
        block
        for _, step in derivation.walk()
        for block in step.body
        if step.rule == "optim.run" and isinstance(block, Table)
    ]
    return found


def cells(table: Table) -> list[list[str]]:
    return [
        ["".join(part if isinstance(part, str) else text(part) for part in cell) for cell in row] for row in table.rows
    ]


@pytest.mark.parametrize(
    ("steps", "every", "shown"),
    [
        (3, None, [0, 1, 2, 3]), (7, 3, [0, 1, 3, 6, 7]), (6, 3, [0, 1, 3, 6]), (12, 5, [0, 1, 5, 10, 12]),
        (200, None, [0, 1, *range(2, 201, 2)]),
        (101, None, [0, 1, *range(2, 101, 2), 101]), (100, None, [*range(101)]),
    ],
)  # fmt: skip
def test_a_table_has_the_first_and_the_last_step_and_one_in_so_many(
    steps: int, every: int | None, shown: list[int]
) -> None:
    derivation = optim(task("sgd", "w=1", objective="w^2", steps=steps, lr="1/4"), Settings(), Wanted(every=every))
    rows = cells(table_of(derivation))
    assert [int(row[0]) for row in rows] == shown
    for row in rows:  # w halves in each step, the gradient is that before it, and the objective its square
        number = int(row[0])
        assert float(Fraction(row[2])) == pytest.approx(0.5**number, rel=1e-12)
        assert (
            row[1] == ""
            if number == 0
            else float(Fraction(row[1])) == pytest.approx(2 * 0.5 ** (number - 1), rel=1e-12)
        )
        assert float(Fraction(row[3])) == pytest.approx(0.25**number, rel=1e-12)
    thinned = [step for _, step in derivation.walk() if step.rule == "optim.run" and step.why]
    assert bool(thinned) is ((every or -(-steps // 100)) > 1)


def test_several_parameters_have_a_line_each() -> None:
    derivation = optim(task("momentum", "u=1,v=2", objective="u^2 + v^2", steps=2, lr="1/4", rho="1/2"), Settings())
    table = table_of(derivation)
    rows = cells(table)
    assert [row[0] for row in rows] == ["0", "", "1", "", "2", ""]
    assert [row[1] for row in rows] == ["u", "v"] * 3
    assert len(table.columns) == len(rows[0])
    assert [entry.name for entry in derivation.answers if entry.name.startswith(("u[", "v["))] or derivation.answers
    found = {entry.name: entry.number for entry in derivation.answers}
    assert [found["u[1]"], found["u[2]"]] == [Fraction(1, 2), 0]
    assert all(row[-1] == "" for row in rows[1::2])  # the objective stands once a step


@pytest.mark.parametrize("steps", [1, 3, 4, 11, 50, 51, 60])
def test_the_first_steps_are_written_out(steps: int) -> None:
    """Three in sight, ten at all; the rest is swept, and the last answer is there whatever the number."""
    derivation = optim(task("sgd", "w=1", objective="w^2", steps=steps, lr="1/4"), Settings())
    written = [step for _, step in derivation.walk() if step.rule == "optim.step"]
    assert [step.id for step in written] == [f"optim.step:{number}" for number in range(1, min(steps, 10) + 1)]
    assert [step.detail for step in written] == [
        "brief" if number <= 3 else "full" for number in range(1, len(written) + 1)
    ]
    last = {entry.name: entry.number for entry in derivation.answers}[f"w[{steps}]"]
    assert float(last or 0) == pytest.approx(0.5**steps, rel=1e-12)
    assert [check.ok for check in derivation.checks] == [True]
    names = [entry.name for entry in derivation.answers]
    assert sorted(set(names)) == sorted(names)


def test_a_run_that_was_not_swept_the_same_way_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Run.swept

    def wrong(self: Run, *given: Any) -> Iterator[Taken]:
        for taken in right(self, *given):
            yield replace(taken, numbers={name: float(value) * (1 + 1e-6) for name, value in taken.numbers.items()})

    monkeypatch.setattr(Run, "swept", wrong)
    assert [check.ok for check in optim(task("sgd", "w=1", objective="w^2", steps=3), Settings()).checks] == [False]


def test_titles_are_those_of_the_document_or_of_the_method() -> None:
    chosen = task("sgd", "w=1", objective="w^2", steps=2)
    assert optim(chosen, Settings()).title == "sgd"
    assert optim(replace(chosen, title="Task 3"), Settings()).title == "Task 3"
    methods = [method_named(name, {}, ()) for name in ("sgd", "momentum", "adam")]
    assert compare(chosen, methods, Settings()).title == "sgd, momentum, adam"
    assert compare(replace(chosen, title="Task 3"), methods, Settings()).title == "Task 3"
    graph = graph_of("title: A line\ninputs: {x: 1}\nparameters: {w: 2}\nnodes: {L: (w*x)^2}\n")
    assert train(training(graph, "sgd", OptimOptions(steps=2)), Settings()).title == "A line"
    assert train(training(replace(graph, title=""), "sgd", OptimOptions(steps=2)), Settings()).title == "sgd"


def test_the_objective_is_told_with_its_formula_where_it_is_one() -> None:
    def said(chosen: Task) -> str:
        return " ".join(
            "".join(part if isinstance(part, str) else text(part) for part in line)
            for line in optim(chosen, Settings()).said()
        )

    assert "loss = w^2 is to be minimized" in said(task("sgd", "w=1", objective="w^2", steps=1))
    graph = graph_of("inputs: {x: 1}\nparameters: {w: 2}\nnodes: {h: w*x, L: h^2}\n")
    assert "L is to be minimized" in said(training(graph, "sgd", OptimOptions(steps=1)))
    assert "L = " not in said(training(graph, "sgd", OptimOptions(steps=1)))
    assert said(task("momentum", "w=1", "1", lr="1/4", rho="1/2")).count(" eta = 1/4, rho = 1/2, ") == 1


# ---- side by side


def test_methods_side_by_side() -> None:
    """Each has its column, its answers are those of its own run, and parts from the first where its numbers do."""
    chosen = task("sgd", "w=1", objective="w^2", steps=4, lr="1/10")
    methods = [chosen.method, method_named("momentum", {"lr": Fraction(1, 10), "rho": Fraction(0)}, ()),
               method_named("momentum", {"lr": Fraction(1, 10), "rho": Fraction(1, 2)}, ()),
               method_named("sgd", {"lr": Fraction(1, 5)}, ())]  # fmt: skip
    seen: list[tuple[str, int, int]] = []
    with watched(lambda *told: seen.append(told)):
        derivation = compare(chosen, methods, Settings())
    assert seen == [(method.name, number, 4) for method in methods for number in range(1, 5)]
    table = table_of(derivation)
    rows = cells(table)
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4"]
    for place, method in enumerate(methods):
        run = Run(replace(chosen, method=method))
        for row, taken in zip(rows[1:], run.steps(4, Settings()), strict=True):
            assert float(Fraction(row[1 + place])) == pytest.approx(
                float(taken.numbers[f"w[{taken.number}]"]), rel=1e-9
            )
    notes = [
        "".join(map(str, block.text))
        for _, step in derivation.walk()
        if step.rule == "optim.parts"
        for block in step.body
        if isinstance(block, Note)
    ]
    assert notes == [
        "momentum takes the same steps as sgd",
        "momentum differs from sgd from step 2 on",
        "sgd differs from sgd from step 1 on",
    ]
    thinned = cells(table_of(compare(replace(chosen, steps=9), methods[:1], Settings(), Wanted(every=4))))
    assert [row[0] for row in thinned] == ["0", "1", "4", "8", "9"]


# ---- what a state remembers


@pytest.mark.parametrize("name", ["momentum", "adam", "rmsprop"])
@pytest.mark.parametrize("steps", [1, 2, 4, 6])
def test_a_state_is_its_sum_over_gradients(name: str, steps: int) -> None:
    """The sum that is written out comes to the state of that step, at most of the fourth."""
    chosen = task(name, "w=1", objective="(w - 3)^2", steps=steps)
    run = Run(chosen)
    numbers = {**run.settings, **run.start}
    for taken in run.steps(steps, Settings()):
        numbers |= taken.numbers
    found = remembered(chosen.method, next(iter(chosen.parameters)), numbers, steps, Settings())
    worked: list[Step] = [step for step in found if step.rule == "optim.why"]
    from stepper.core.steps import Equation

    equations = [block for step in worked for block in step.body if isinstance(block, Equation)]
    assert len(equations) == len(chosen.method.state)
    for equation in equations:
        assert text(equation.left).endswith(f"[{min(steps, 4)}]")
        last = number_of(equation.links[-1].expr)
        assert last is not None
        assert float(last) == pytest.approx(float(numbers[text(equation.left)]), rel=1e-9)
        assert isinstance(equation.links[-1].expr, Value) or last is not None


def test_uphill_is_downhill_of_the_negative() -> None:
    up = task("gradient_ascent", "w=1,v=2", objective="-(w*v - 3)^2", steps=3, lr="1/10")
    down = task("sgd", "w=1,v=2", objective="(w*v - 3)^2", steps=3, lr="1/10")
    for one, other in zip(Run(up).steps(3, Settings()), Run(down).steps(3, Settings()), strict=True):
        for name in ("w", "v"):
            assert one.numbers[f"{name}[{one.number}]"] == other.numbers[f"{name}[{one.number}]"]
        assert one.loss == -(other.loss or 0)


# ---- pictures


def plots_of(chosen: Task, methods: Sequence[Method] = ()) -> list[Plot]:
    wanted = Wanted(pictures=True)
    derivation = compare(chosen, methods, Settings(), wanted) if methods else optim(chosen, Settings(), wanted)
    return [
        block
        for _, step in derivation.walk()
        if step.rule == "optim.picture"
        for block in step.body
        if isinstance(block, Plot)
    ]


@pytest.mark.parametrize(("rate", "log"), [("1/4", True), ("1/100", False)])
def test_a_picture_has_the_objective_after_each_step_and_the_steps_on_it(rate: str, log: bool) -> None:
    """Powers of ten where it falls by more than a hundred; the curve reaches beyond all steps by a quarter of what they
    span.
    """
    chosen = task("sgd", "w=2", objective="w^2 + 1/1000", steps=6, lr=rate)
    heights, path = plots_of(chosen)
    factor = 1 - 2 * float(Fraction(rate))
    stands = [2 * factor**number for number in range(7)]
    assert [curve.marked for curve in heights.curves] == [True]
    assert list(heights.curves[0].points) == [
        pytest.approx((number, stand**2 + 0.001)) for number, stand in enumerate(stands)
    ]
    assert heights.log is log
    curve, steps = path.curves
    assert list(steps.points) == [pytest.approx((stand, stand**2 + 0.001)) for stand in stands]
    margin = (max(stands) - min(stands)) / 4
    assert (curve.points[0][0], curve.points[-1][0]) == pytest.approx((min(stands) - margin, max(stands) + margin))
    assert all(height == pytest.approx(x**2 + 0.001) for x, height in curve.points)
    assert (bool(steps.marked), bool(curve.marked)) == (True, False)
    assert not path.log


def test_a_picture_over_two_parameters_has_level_lines() -> None:
    chosen = task("sgd", "u=1,v=-2", objective="u^2 + 3*v", steps=2, lr="1/4")
    _, path = plots_of(chosen)
    assert path.surface is not None
    surface = path.surface
    assert len(surface.xs) == len(surface.ys) == len(surface.heights) == len(surface.heights[0])
    for row in (0, 30, 60):
        for column in (0, 17, 60):
            assert surface.heights[row][column] == pytest.approx(surface.xs[column] ** 2 + 3 * surface.ys[row])
    assert list(path.curves[0].points) == [pytest.approx(place) for place in ((1, -2), (0.5, -2.75), (0.25, -3.5))]


def test_a_picture_of_more_parameters_or_of_given_gradients_has_each_over_the_steps() -> None:
    heights, lines = plots_of(task("sgd", "a=1,b=2,c=3", objective="a^2 + b^2 + c", steps=2, lr="1/4"))
    assert [len(curve.points) for curve in heights.curves] == [3]
    assert [list(curve.points) for curve in lines.curves] == [
        [(0, 1), (1, 0.5), (2, 0.25)],
        [(0, 2), (1, 1), (2, 0.5)],
        [(0, 3), (1, 2.75), (2, 2.5)],
    ]
    (alone,) = plots_of(task("sgd", "1", "1", "-1", lr="1/2"))
    assert [list(curve.points) for curve in alone.curves] == [[(0, 1), (1, 0.5), (2, 1)]]


def test_several_methods_have_a_curve_each_with_its_name() -> None:
    chosen = task("sgd", "w=1", objective="w^2", steps=2, lr="1/4")
    methods = [chosen.method, method_named("momentum", {"lr": Fraction(1, 4)}, ())]
    heights, path = plots_of(chosen, methods)
    assert [curve.name for curve in heights.curves] == [("sgd",), ("momentum",)]
    assert [curve.name for curve in path.curves] == [(), ("sgd",), ("momentum",)]
    assert [curve.name for curve in plots_of(chosen)[0].curves] == [()]
    assert all(len(curve.points) == 3 for curve in heights.curves)


# ---- in one formula


def test_an_objective_over_samples_is_their_mean_or_sum_as_one_formula() -> None:
    """Of one sample it is that of the sample alone; only what it reads is among its leaves."""
    graph = graph_of(
        "inputs: {x: 1, y: 2, z: 5}\nparameters: {w: 1/2}\nnodes: {p: w*x, q: 3*z, L: (p - y)^2}\noutput: L\n"
    )
    samples = ({"x": Fraction(1), "y": Fraction(2)}, {"x": Fraction(3), "y": Fraction(-1)})
    for mean in (True, False):
        for count in (0, 1, 2):
            chosen = replace(training(graph, "newton", OptimOptions(steps=1)), samples=samples[:count], mean=mean)
            whole = in_one_formula(chosen)
            assert list(whole.nodes) == ["L"]
            used = samples[:count] or ({"x": Fraction(1), "y": Fraction(2)},)
            expected = sum((Fraction(1, 2) * sample["x"] - sample["y"]) ** 2 for sample in used) / (
                len(used) if mean else 1
            )
            formula = whole.nodes["L"].formula
            assert formula is not None
            env = {"w": Fraction(1, 2), "x": Fraction(1), "y": Fraction(2)}
            assert evaluate(formula, env, Vocabulary({}, {})) == expected
            assert ("/" in text(formula)) is (mean and count == 2)
            assert set(whole.leaves) == set(whole.nodes["L"].reads)


@pytest.mark.parametrize("count", [0, 2])
def test_functions_of_the_document_are_derived_twice_as_what_they_stand_for(count: int) -> None:
    """A step from w = 1/2 lands on the same number as with the function written out."""
    found = []
    for functions, square in (('functions: {"f(r)": r^2}\n', "f(p - y)"), ("", "(p - y)^2")):
        nodes = f"nodes: {{p: w^2*x, L: '{square}'}}\noutput: L\n"
        graph = graph_of(f"{functions}inputs: {{x: 1, y: 2}}\nparameters: {{w: 1/2}}\n{nodes}")
        samples = ({"x": Fraction(1), "y": Fraction(2)}, {"x": Fraction(3), "y": Fraction(-1)})[:count]
        run = Run(replace(training(graph, "newton", OptimOptions(steps=1)), samples=samples))
        assert (run.formula is not None) and set(run.formula.functions) == ({"f"} if functions else set())
        (taken,) = run.steps(1, Settings())
        found.append(taken.numbers["w[1]"])
    assert found[0] == found[1] != Fraction(1, 2)
