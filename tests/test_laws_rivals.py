"""Laws of methods side by side: what is said of each, the table where one ends before the others, where they part, and
pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from stepper.core.expr import Number
from stepper.core.formula import text
from stepper.core.pictures import Plot
from stepper.core.steps import Block, Derivation, Equation, Note, Step, Table
from stepper.core.task import Method
from stepper.engine.optim.comparison import compare
from stepper.engine.optim.plots import FINE, GRID
from stepper.engine.optim.worked_run import Wanted, optim
from stepper.engine.values.quantities import Settings
from stepper.read.method import Start, begun, method_named
from stepper.read.options import OptimOptions, load_task
from tests.test_laws_runs import cells, plots_of, task
from tests.test_run_tables import said


def method(name: str, start: Mapping[str, Start] | None = None, **settings: str) -> Method:
    return begun(method_named(name, {key: Fraction(value) for key, value in settings.items()}, ()), start or {})


def step(derivation: Derivation, name: str) -> Step:
    (found,) = (one for one in derivation.steps if one.id == f"optim.{name}")
    return found


def notes(derivation: Derivation, name: str) -> list[str]:
    return [said(block.text) for block in step(derivation, name).body if isinstance(block, Note)]


def rows(derivation: Derivation) -> list[list[str]]:
    (table,) = step(derivation, "run").body
    assert isinstance(table, Table)
    return cells(table)


GIVEN = task("sgd", "w=1", "1", "1", lr="1/2")

# ---- what is said of each


HALF: Number = Fraction(1, 2)


@pytest.mark.parametrize(
    ("methods", "lines"),
    [
        ([method("sgd", lr="1/2"), method("momentum", lr="1/4", rho="1/2")],
         ["sgd: eta = 1/2", "momentum: eta = 1/4, rho = 1/2, dampening = 0",
          "momentum: PyTorch's form: v is a sum of gradients, the learning rate is outside; the first gradient is "
          "not dampened"]),
        # the first begins at 0, as it does by itself: where others begin is not told
        ([method("momentum_velocity"), method("nadam_keras")], []),
        ([method("adagrad"), method("adagrad_keras")],
            ["adagrad_keras begins with s = initial", "adagrad begins with s = initial"]),
        ([method("momentum", {"v": HALF}), method("adam"), method("sgd")],
         ["momentum begins with v = 1/2", "adam begins with m = 0, v = 0"]),
        ([method("adam", {"v": HALF}), method("momentum")],
            ["adam begins with m = 0, v = 1/2", "momentum begins with v = 0"]),
        ([method("adam", {"v": {"w": HALF}}), method("momentum", {"v": {"w": HALF}})],
         ["adam begins with m = 0, v as given for each parameter",
             "momentum begins with v as given for each parameter"]),
        ([method("sgd"), method("momentum", {"v": HALF})], []),
    ],
)  # fmt: skip
def test_the_conventions_of_methods_side_by_side(methods: list[Method], lines: list[str]) -> None:
    """Settings and forms of each by its name; where the first does not begin at 0, what each begins with."""
    found = [said(prose) for prose in compare(GIVEN, methods, Settings()).said()]
    begins = [line for line in lines if " begins with " in line]
    assert set(lines) <= set(found)
    assert sorted(begins) == sorted(line for line in found if " begins with " in line)
    for one in methods:
        assert len([line for line in found if line.startswith(f"{one.name}: ")]) == bool(one.settings) + len(one.says)


def test_the_rules_stand_under_their_names() -> None:
    derivation = compare(GIVEN, [method("sgd"), method("momentum_velocity")], Settings())

    def line(block: Block) -> str:
        if isinstance(block, Note):
            return said(block.text)
        assert isinstance(block, Equation)
        return f"{text(block.left)} = {text(block.links[0].expr)}"

    assert list(map(line, step(derivation, "rule").body)) == [
        "sgd:", "theta[t] = theta[t - 1] - eta*g[t]",
        "momentum_velocity:", "v[t] = rho*v[t - 1] - eta*g[t]", "theta[t] = theta[t - 1] + v[t]",
    ]  # fmt: skip
    assert [one.id for one in derivation.steps] == ["optim.rule", "optim.run", "optim.parts"]
    assert {one.detail for one in derivation.steps} == {"brief"}
    assert (derivation.command, derivation.checks, derivation.source) == ("optim", (), GIVEN.source)


# ---- the table


@pytest.mark.parametrize("first", [0, 1])
def test_the_column_of_a_run_that_diverges_ends_there(first: int) -> None:
    """Whichever stands first; its last value has no answer, and of the others each step is there."""
    chosen = load_task("gradient_ascent", OptimOptions("5", (), "exp(theta)", 3, "1"))
    methods = [chosen.method, method("sgd", lr="1/200")]
    if first:
        methods.reverse()
    derivation = compare(chosen, methods, Settings())
    table = rows(derivation)
    assert [row[0] for row in table] == ["0", "1", "2", "3"]
    assert [bool(row[1 + first]) for row in table] == [True, True, False, False]
    assert all(row[2 - first] for row in table)
    other = methods[1 - first].name
    assert [entry.name for entry in derivation.answers] == [f"{other}:theta[3]"]
    assert notes(derivation, "parts") == [
        f"{methods[1].name} differs from {methods[0].name} from step 1 on",
        "gradient_ascent leaves the range of floating point after step 1: it diverges",
    ]


def test_several_parameters_have_a_line_each() -> None:
    chosen = task("sgd", "u=1,v=2", objective="u^2 + v^2", steps=2, lr="1/4")
    derivation = compare(chosen, [chosen.method, method("sgd", lr="1/2")], Settings())
    (table,) = step(derivation, "run").body
    assert isinstance(table, Table)
    assert [(said(column.title), column.role, column.align) for column in table.columns] == [
        ("t", "value", "right"), ("", "plain", "left"), ("sgd", "value", "right"), ("sgd", "value", "right"),
    ]  # fmt: skip
    assert rows(derivation) == [
        ["0", "u", "1", "1"], ["", "v", "2", "2"], ["1", "u", "1/2", "0"], ["", "v", "1", "0"],
        ["2", "u", "1/4", "0"], ["", "v", "1/2", "0"],
    ]  # fmt: skip
    assert [(entry.name, entry.number) for entry in derivation.answers] == [
        ("sgd:u[2]", Fraction(1, 4)), ("sgd:v[2]", Fraction(1, 2)), ("sgd:u[2]", 0), ("sgd:v[2]", 0),
    ]  # fmt: skip
    (alone,) = step(compare(GIVEN, [GIVEN.method], Settings()), "run").body
    assert isinstance(alone, Table)
    assert [said(column.title) for column in alone.columns] == ["t", "sgd"]


@pytest.mark.parametrize(
    ("steps", "every", "shown"),
    [(9, 4, [0, 1, 4, 8, 9]), (8, 4, [0, 1, 4, 8]), (3, None, [0, 1, 2, 3]), (14, 5, [0, 1, 5, 10, 14])],
)
def test_a_table_has_the_first_the_last_and_one_step_in_so_many(
    steps: int, every: int | None, shown: list[int]
) -> None:
    chosen = task("sgd", "w=1", objective="w^2", steps=steps, lr="1/4")
    derivation = compare(chosen, [chosen.method, method("momentum", lr="1/4")], Settings(), Wanted(every=every))
    assert [int(row[0]) for row in rows(derivation)] == shown
    assert [float(Fraction(row[1])) for row in rows(derivation)] == pytest.approx([0.5**number for number in shown])


# ---- where they part


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (method("sgd", lr="1/2"), "sgd takes the same steps as sgd"),
        (method("sgd", lr="1/3"), "sgd differs from sgd from step 1 on"),
        (method("momentum", lr="1/2", rho="1/2"), "momentum differs from sgd from step 2 on"),
        (method("momentum", lr="1/2", rho="0"), "momentum takes the same steps as sgd"),
        (method("adagrad", lr="1/2", eps="0"), "adagrad differs from sgd from step 2 on"),
        (method("momentum", lr="1/2", rho="2/1000000000000"), "momentum differs from sgd from step 2 on"),
        (method("momentum", lr="1/2", rho="1/2000000000000"), "momentum takes the same steps as sgd"),
    ],
)  # fmt: skip
def test_where_two_methods_part(other: Method, words: str) -> None:
    """At the first step after which a parameter differs by more than a millionth of a millionth of it."""
    chosen = task("sgd", "w=3/2", "1", "1", lr="1/2")
    assert notes(compare(chosen, [chosen.method, other], Settings()), "parts") == [words]


def test_one_of_several_parameters_is_enough_to_part() -> None:
    chosen = task("sgd", "u=1,v=2", "u=1,v=0", "u=1,v=1", lr="1/2")
    others = [method("sign_sgd", lr="1/2"), method("momentum", lr="1/2", rho="1/2")]
    assert notes(compare(chosen, [chosen.method, *others], Settings()), "parts") == [
        "sign_sgd takes the same steps as sgd", "momentum differs from sgd from step 2 on",
    ]  # fmt: skip


def test_runs_that_end_together_are_said_to_go_the_same_way_up_to_there() -> None:
    chosen = load_task("gradient_ascent", OptimOptions("5", (), "exp(theta)", 3, "1"))
    found = notes(compare(chosen, [chosen.method, method("gradient_ascent", lr="1")], Settings()), "parts")
    assert found[0] == "gradient_ascent takes the same steps as gradient_ascent up to step 1"
    assert len(found) == 3


def test_a_run_is_compared_with_the_first_as_far_as_both_go() -> None:
    """The second gradient is too large for sgd, and its sign is not: whichever stands first, one step is the same."""
    chosen = task("sgd", "1", "1", "1e308", "1", lr="10")
    signs, plain = method("sign_sgd", lr="10"), chosen.method
    ends = "sgd leaves the range of floating point after step 1: it diverges"

    def found(*methods: Method) -> list[str]:
        return notes(compare(chosen, methods, Settings()), "parts")

    assert found(plain, signs) == ["sign_sgd takes the same steps as sgd up to step 1", ends]
    assert found(signs, plain) == ["sgd takes the same steps as sign_sgd up to step 1", ends]
    assert found(signs, plain, signs) == [
        "sgd takes the same steps as sign_sgd up to step 1",
        "sign_sgd takes the same steps as sign_sgd",
        ends,
    ]


# ---- pictures


@pytest.mark.parametrize(
    ("theta", "objective", "low", "high"),
    [
        ("2", "(w - 2)^2", 0, 4), ("1/2", "(w - 1/2)^2", -0.5, 1.5), ("-3", "(w + 3)^2", -6, 0), ("0", "w^2", -1, 1),
        ("2", "w^2", -0.5, 2.5), ("-2", "w^2", -2.5, 0.5),
    ],
)  # fmt: skip
def test_an_axis_holds_all_steps_and_a_margin(theta: str, objective: str, low: float, high: float) -> None:
    """A quarter of what the steps span; where they stand still as far as the place is from 0, at least 1."""
    _, path = plots_of(task("sgd", f"w={theta}", objective=objective, steps=1, lr="1/2"))
    xs = [x for x, _ in path.curves[0].points]
    assert len(xs) == FINE == 201
    assert xs == pytest.approx([low + (high - low) * place / 200 for place in range(201)])
    _, path = plots_of(task("sgd", f"w={theta},b=5", objective=f"{objective} + 0*b", steps=1, lr="1/2"))
    assert path.surface is not None
    assert len(path.surface.xs) == GRID == 61
    assert (path.surface.xs[0], path.surface.xs[-1]) == pytest.approx((low, high))
    assert (path.surface.ys[0], path.surface.ys[30], path.surface.ys[-1]) == pytest.approx((0, 5, 10))


@pytest.mark.parametrize(
    ("objective", "rate", "steps", "log"),
    [
        # from 1 the step leads to 1 - 2 rate: the height falls from 1 to its square
        ("w^2", "9/20", 1, False), ("w^2", "91/200", 1, True), ("w^2", "1/2", 1, False),
        ("w^2 - 1/2", "91/200", 1, False), ("-w^2", "91/20", 1, False), ("w^2 + 1", "91/200", 1, False),
        ("w^2/1000", "1/2", 1, False),
    ],
)  # fmt: skip
def test_the_axis_counts_powers_of_ten_where_heights_fall_by_more_than_a_hundred(
    objective: str, rate: str, steps: int, log: bool
) -> None:
    """And are all above 0."""
    heights, path = plots_of(task("sgd", "w=1", objective=objective, steps=steps, lr=rate))
    assert (heights.log, path.log) == (log, False)


def test_what_stands_at_the_axes_of_a_picture() -> None:
    def axes(plot: Plot) -> list[str]:
        return [said(plot.title), said(plot.x), said(plot.y)]

    one = plots_of(task("sgd", "w=1", objective="w^2", steps=1))
    assert list(map(axes, one)) == [["loss after each step", "t", "loss"], ["the steps on the objective", "w", "loss"]]
    two = plots_of(task("sgd", "u=1,v=1", objective="u^2 + v", steps=1))
    assert axes(two[1]) == ["the steps over level lines", "u", "v"]
    assert [curve.marked for curve in two[1].curves] == [True]
    (given,) = plots_of(task("sgd", "u=1,v=1", "u=1,v=2"))
    assert axes(given) == ["the parameters after each step", "t", ""]
    assert [(said(curve.name), curve.marked) for curve in given.curves] == [("u", True), ("v", True)]
    chosen = task("sgd", "u=1,v=1", "u=1,v=2")
    (several,) = plots_of(chosen, [chosen.method, method("momentum")])
    assert [said(curve.name) for curve in several.curves] == ["sgd: u", "sgd: v", "momentum: u", "momentum: v"]


def test_where_an_objective_has_no_value_there_is_none_in_the_picture() -> None:
    """The curve leaves such places out; level lines have a gap there. Beyond floating point there is none either."""
    _, path = plots_of(task("sgd", "w=1", objective="log(w)", steps=1, lr="9/10"))
    xs = [x for x, _ in path.curves[0].points]
    assert 0 < min(xs) < 0.01
    assert max(xs) == pytest.approx(1.225)
    _, path = plots_of(task("sgd", "u=1/4,v=1", objective="log(u) + v", steps=1, lr="7/128"))
    assert path.surface is not None
    for row in path.surface.heights:
        assert [height is None for height in row] == [x <= 0 for x in path.surface.xs]
    _, path = plots_of(task("sgd", "w=700", objective="exp(w)/10^300", steps=1, lr="1/100"))
    assert max(x for x, _ in path.curves[0].points) < 720
    derivation = optim(task("sgd", "w=1", objective="w^2", steps=1), Settings(), Wanted(pictures=True))
    assert (step(derivation, "picture").rule, step(derivation, "picture").detail) == ("optim.picture", "brief")
