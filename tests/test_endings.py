"""How a run ends, in words: what is seen of the last steps of a parameter, what goes on forever, what becomes of the
objective.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from stepper.core.expr import Sym, Value
from stepper.core.formula import text
from stepper.core.numbers import shown
from stepper.core.prose import Prose
from stepper.core.steps import Derivation, Note
from stepper.core.task import Coordinate, Task
from stepper.engine.optim.ending import Heights, Path, ending
from stepper.engine.optim.tail import LONGEST, Tail
from stepper.engine.optim.worked_run import optim
from stepper.engine.values.quantities import Settings
from stepper.read.given import with_values
from stepper.read.options import OptimOptions, load_task, training
from stepper.read.program import read_program
from stepper.read.task import read_task


def said(prose: Prose) -> str:
    """The words, numbers with four digits."""
    parts = [text(Value(shown(part.number, 4).number)) if isinstance(part, Value) else part for part in prose]
    return "".join(part if isinstance(part, str) else text(part) for part in parts)


def lines_of(derivation: Derivation) -> list[str]:
    """What is said at the end of a run, a line each."""
    notes = [block for step in derivation.steps if step.id == "optim.end" for block in step.body]
    return [said(block.text) for block in notes if isinstance(block, Note)]


def path(*values: float | str | Fraction, steps: int | None = None) -> Path:
    numbers = [value if isinstance(value, float) else Fraction(value) for value in values]
    return Path(Coordinate("w"), numbers, 4, len(values) - 1 if steps is None else steps)


# ---- one parameter

PATTERNS: dict[tuple[float | str, ...], str] = {
    ("0", "1", "2", "3"): "moves w by the same amount: 1.",
    ("3", "2", "1", "0"): "moves w by the same amount: -1.",
    ("0", "1", "3", "7"): "moves w 2 times as far as the one before: the steps grow.",
    (
        "0",
        "1",
        "-1",
        "3",
    ): "moves w 2 times as far as the one before, in the opposite direction: the oscillation grows.",
    ("0", "3", "0", "3"): "moves w as far as the one before, in the opposite direction: it oscillates by 3.",
    ("3", "0", "3", "0"): "moves w as far as the one before, in the opposite direction: it oscillates by 3.",
    (
        "0",
        "4",
        "6",
        "7",
    ): "moves w 1/2 times as far as the one before: the steps shrink; if that went on forever, w would tend to 8.",
    (
        "0",
        "4",
        "2",
        "3",
    ): "moves w 1/2 times as far as the one before, in the opposite direction: the oscillation decays; "
    "if that went on forever, w would tend to 8/3.",
    (0.0, 4.0, 6.0, 7.0): "moves w about 1/2 times as far as the one before: the steps shrink; "
    "if that went on forever, w would tend to about 8.",
    (0.0, 1e-3, 2e-3, 3e-3): "moves w by the same amount: about 1/1000.",
    (0.0, 0.1, 0.2, 0.3): "moves w by the same amount: about 1/10.",  # 0.3 - 0.2 is not quite 0.1
    (0.3, 0.0, 0.3, 1e-17): "moves w as far as the one before, in the opposite direction: it oscillates by about 3/10.",
    ("0", "1", "2", "3", "4", "5"): "moves w by the same amount: 1.",
    (
        "0",
        "8",
        "12",
        "14",
        "15",
    ): "moves w 1/2 times as far as the one before: the steps shrink; if that went on forever, w would tend to 16.",
}


@pytest.mark.parametrize(("values", "words"), PATTERNS.items(), ids=map(str, PATTERNS))
def test_a_constant_factor_is_told_with_where_it_leads(values: tuple[float | str, ...], words: str) -> None:
    """Of all steps, or of the last ones where there were more."""
    assert said(path(*values).pattern) == f"Each step {words}"
    assert said(path(*values, steps=50).pattern) == f"Each of the last {len(values) - 1} steps {words}"


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        (("0", "1", "2", "3"), 1), (("0", "1", "3", "7"), 2), (("0", "1", "3", "6"), None),
        (("0", "1", "3", "7", "14"), None), (("1", "0", "0", "1"), None), (("0", "1", "1", "1"), None),
        (("1", "1", "2", "4"), None), (("0", "4", "2", "3"), Fraction(-1, 2)),
    ],
)  # fmt: skip
def test_a_factor_is_that_of_all_the_last_steps(values: tuple[str, ...], factor: Fraction | int | None) -> None:
    assert path(*values).factor == factor


def test_exact_ratios_must_be_equal_and_rounded_ones_nearly() -> None:
    off = Fraction(1, 10**12)
    assert path("0", "1", "3", Fraction(7) + off).factor is None
    assert path(0.0, 1.0, 3.0, 7.0 + 1e-12).factor == pytest.approx(2)
    assert path(0.0, 1.0, 3.0, 7.0 + 1e-6).factor is None


def test_a_limit_is_not_told_where_its_digits_are_lost() -> None:
    """The steps shrink by little: of 1/(1 - factor) few digits are left in floating point, and all in fractions."""
    factor = Fraction(999, 1000)
    exact = [factor**number for number in range(4)]
    assert said(path(*exact).pattern).endswith("the steps shrink; if that went on forever, w would tend to 0.")
    assert said(path(*map(float, exact)).pattern).endswith("times as far as the one before: the steps shrink.")
    # a limit of 1 has four digits where less than 10^-4 of it is unknown: 10^-15/(1 - factor)^2
    for share, known in ((Fraction(1, 2), True), (1 - Fraction(1, 10**5), True), (1 - Fraction(1, 10**6), False)):
        stands = [1 + float(share) ** number for number in range(4)]
        assert replace(path(*stands), digits=4)._known(1.0, float(share)) is known
    assert said(path(*(1 + 0.5**number for number in range(4))).pattern).endswith("w would tend to about 1.")
    falls = replace(path(*(1 + 1e9 * 0.001**number for number in range(5))), digits=10)
    assert said(falls.pattern).endswith("w would tend to about 1.")  # of the last value, not of those before it


TRENDS = {
    ("0", "1", "2", "3"): ".",
    ("0", "1", "3", "6"): "; of the last 3 steps each was longer than the one before.",
    ("0", "3", "5", "6"): "; of the last 3 steps each was shorter than the one before.",
    ("0", "3", "5", "7"): ".",
    ("0", "3", "1", "2"): "; the last 3 steps changed direction each time, and each was shorter than the one before.",
    ("0", "1", "-1", "4"): "; the last 3 steps changed direction each time, and each was longer than the one before.",
    ("0", "1", "0", "1"): "; the last 3 steps changed direction each time.",
    ("0", "1", "-3", "-1"): "; the last 3 steps changed direction each time.",
    ("0", "1", "1", "2"): ".",  # standing still is no turning back
    ("0", "1", "1", "0"): ".",
    ("0", "1", "-1", "-2"): ".",  # back once, and on
    (
        "9",
        "0",
        "3",
        "1",
        "2",
    ): "; the last 3 steps changed direction each time, and each was shorter than the one before.",
    ("0", "5", "6", "8", "11"): "; of the last 3 steps each was longer than the one before.",
}


@pytest.mark.parametrize(("values", "words"), TRENDS.items(), ids=map(str, TRENDS))
def test_without_a_factor_the_last_three_steps_are_told(values: tuple[str, ...], words: str) -> None:
    moved = Fraction(values[-1]) - Fraction(values[-2])
    assert said(path(*values).trend("")) == f"The last step moved w by {moved}{words}"
    assert said(path(*values).trend(" most of all,")).startswith(f"The last step moved w most of all, by {moved}")


# ---- a whole run


def run_of(*stands: tuple[float | Fraction | int, ...]) -> Tail:
    """A run that stood so, from the start on."""
    exact = [tuple(Fraction(value) if isinstance(value, int) else value for value in stand) for stand in stands]
    tail = Tail(exact[0])
    for stand in exact[1:]:
        tail.add(stand)
    return tail


def told(tail: Tail, task: Task, stopped: int | None = None, *heights: int, every: bool = True) -> list[str]:
    steps = ending(task, tail, Heights([Fraction(height) for height in heights], every), 4, stopped)
    assert [(step.id, step.detail) for step in steps] in ([], [("optim.end", "brief")])
    return [said(block.text) for step in steps for block in step.body if isinstance(block, Note)]


def sgd(count: int = 1) -> Task:
    names = "abcdef"[:count]
    return load_task(
        "sgd",
        OptimOptions(",".join(f"{name}=1" for name in names), (), "+".join(f"{name}^2" for name in names), 9, "1/2"),
    )


def without_objective(task: Task) -> Task:
    return replace(task, objective=None)


def test_a_pattern_wants_three_steps() -> None:
    task = without_objective(sgd())
    assert told(run_of((0,), (1,), (3,)), task) == []
    assert told(run_of((0,), (1,), (3,), (7,)), task) == [
        "Each step moves a 2 times as far as the one before: the steps grow."
    ]


def test_up_to_four_parameters_are_told_one_by_one_and_of_more_the_one_that_moves_most() -> None:
    """Those that stand still are not counted."""
    stands = [tuple(factor * (2**number - 1) for factor in (1, -3, 2, 1, 0)) for number in range(4)]
    task = without_objective(sgd(5))
    one_by_one = told(run_of(*stands), task)
    assert [line.split()[3] for line in one_by_one] == ["a", "b", "c", "d"]
    more = told(run_of(*[(*stand[:4], stand[0]) for stand in stands]), task)
    assert more == [
        "The last step moved b most of all, by -12; of the last 3 steps each was longer than the one before."
    ]
    uneven = told(run_of(*[(*stand[:3], number**3, 0) for number, stand in enumerate(stands)]), task)
    assert uneven[0].startswith("The last step moved d most of all, by 19; of the last 3 steps each was longer")


def test_what_moves_most_is_what_the_last_step_moved_most() -> None:
    task = without_objective(sgd(2))
    (line,) = told(run_of((0, 0), (50, 1), (60, 3), (69, 9), (70, 19)), task)
    assert line == "The last step moved b most of all, by 10; of the last 3 steps each was longer than the one before."
    (line,) = told(run_of((0, 0), (50, -1), (60, -3), (69, -9), (70, -19)), task)
    assert line.startswith("The last step moved b most of all, by -10")


def test_what_stood_still_in_the_last_step_does_not_move_and_what_moved_in_it_does() -> None:
    task = without_objective(sgd(2))
    assert told(run_of((0, 0), (1, 1), (3, 2), (3, 3)), task) == ["Each step moves b by the same amount: 1."]
    assert told(run_of((0, 0), (1, 1), (1, 2), (3, 3)), task) == ["The last step moved a most of all, by 2."]


def test_where_no_digit_that_is_shown_changes_it_is_said() -> None:
    task = without_objective(sgd())
    seen = "With 4 digits no change shows in the last step."
    assert told(run_of((1,), (2,), (3,), (3 + Fraction(1, 10**7),)), task)[1:] == [seen]
    assert told(run_of((1,), (2,), (3,), (Fraction(3001, 1000),)), task)[1:] == []
    two = without_objective(sgd(2))
    small = Fraction(1, 10**7)
    assert told(run_of((1, 1), (2, 2), (3, 3), (3 + small, 3 + small)), two)[1:] == [seen]
    assert told(run_of((1, 1), (2, 2), (3, 3), (3 + small, 4)), two)[1:] == []
    assert told(run_of((1, 1), (2, 2), (3, 3), (3 + small, 3)), two)[1:] == [seen]


def test_a_step_may_change_the_state_alone() -> None:
    task = without_objective(load_task("momentum", OptimOptions("1", (), "theta^2", 9, "1/2")))
    assert told(run_of((1, 5), (1, 4), (1, 3), (1, 2)), task) == [
        "The last step changes the state alone, and no parameter."
    ]
    assert told(run_of((0, 0), (1, 1), (2, 2), (3, 3)), task) == ["Each step moves theta by the same amount: 1."]


def test_each_parameter_has_its_own_state_beside_it() -> None:
    task = without_objective(load_task("momentum", OptimOptions("a=1,b=1", (), "a^2 + b^2", 9, "1/2")))
    lines = told(run_of((0, 9, 5, 9), (1, 4, 5, 8), (3, 6, 5, 2), (7, 5, 5, 1)), task)
    assert lines == ["Each step moves a 2 times as far as the one before: the steps grow."]


FOR_EVER = ": a step depends on nothing else."


@pytest.mark.parametrize(
    ("stands", "words"),
    [
        ([1, 1], "Nothing changes: no step changes anything. So it stays forever" + FOR_EVER),
        ([1, 1, 1], "Nothing changes: no step changes anything. So it stays forever" + FOR_EVER),
        ([1.0, 1.0], "Nothing changes: no step changes anything, in floating point."),
        ([3, 1, 1, 1],
         "The run has come to rest: after step 1 nothing changes any more. So it stays forever" + FOR_EVER),
        ([3, 1.5, 1, 1],
         "The run has come to rest: after step 2 nothing changes any more. So it stays forever" + FOR_EVER),
        ([3, 1, 1.0], "The run has come to rest: after step 1 nothing changes any more, in floating point."),
        ([5, 2, 3, 2],
         "The run repeats with period 2: after step 3 everything is as it was "
         "after step 1 (a: 2, 3, 2). So it goes on "
         "forever" + FOR_EVER),
        ([5, 2, 3.0, 2], "The run repeats with period 2: after step 3 everything is as it was "
         "after step 1 (a: 2, 3, 2), in "
                         "floating point."),
        ([0.5, 2, 3, 2],
         "The run repeats with period 2: after step 3 everything is as it was "
         "after step 1 (a: 2, 3, 2). So it goes on "
         "forever" + FOR_EVER),
        ([1, 2, 3, 4, 1],
         "The run repeats with period 4: after step 4 everything is as it was "
         "after step 0 (a: 1, 2, 3, 4, 1). So it goes on "
         "forever" + FOR_EVER),
        ([1, 2, 3, 4, 5, 1],
         "The run repeats with period 5: after step 5 everything is as it was "
         "after step 0. So it goes on "
         "forever" + FOR_EVER),
    ],
)  # fmt: skip
def test_equal_stands_have_equal_successors_where_they_are_exact(stands: list[float], words: str) -> None:
    """What was rounded before them is nothing to them; of up to four steps the values are listed."""
    assert told(run_of(*((value,) for value in stands)), without_objective(sgd())) == [words]


def test_repetitions_of_up_to_twelve_steps_are_seen() -> None:
    for period in (1, 2, LONGEST, LONGEST + 1):
        tail = run_of(*((number % period,) for number in range(3 * LONGEST)))
        assert tail.period == (period if period <= LONGEST else None)
    assert run_of((1,)).period is None
    assert len(run_of(*((number,) for number in range(99))).path(0)) == 2 * LONGEST + 1


def test_of_several_parameters_no_values_are_listed() -> None:
    (line,) = told(run_of((1, 2), (2, 1), (1, 2)), without_objective(sgd(2)))
    assert (
        line == "The run repeats with period 2: after step 2 everything is as it was "
        "after step 0. So it goes on forever" + FOR_EVER
    )


def test_what_reads_the_number_of_the_step_or_another_batch_need_not_go_on() -> None:
    """The first sample lies on the line, so the first step moves nothing; the second step reads the next sample."""
    source = "update: {theta: 'where(t > 1, theta + 1, theta)'}\nparameters: {theta: 1}\nobjective: theta^2\nsteps: 1\n"
    assert lines_of(optim(read_task(source, "t.yaml"), Settings())) == ["Nothing changes: no step changes anything."]
    graph = with_values(read_program("L = (w*x - y)^2", "-e"), ["w=1"])
    samples = tuple({"x": Fraction(x), "y": Fraction(y)} for x, y in ((1, 1), (1, 3)))
    for batch, mean, words in ((1, True, "."), (None, True, None)):
        task = training(graph, "sgd", OptimOptions(steps=1, lr="0.1"), ("w",), samples, mean, batch, None)
        found = lines_of(optim(task, Settings()))
        assert found == ([] if words is None else [f"Nothing changes: no step changes anything{words}"])
    still = training(graph, "sgd", OptimOptions(steps=1, lr="0.1"), ("w",), samples[:1], True, None, None)
    assert lines_of(optim(still, Settings())) == [
        f"Nothing changes: no step changes anything. So it stays forever{FOR_EVER}"
    ]


@pytest.mark.parametrize(
    ("heights", "every", "words"),
    [
        ([3, 2, 1], True, "fell in every step, from 3 to 1."), ([1, 2, 3], True, "rose in every step, from 1 to 3."),
        ([3, 1, 2], True, "went from 3 to 2."), ([3, 2, 2], True, "went from 3 to 2."),
        ([1, 2, 2], True, "went from 1 to 2."), ([3, 2, 1], False, "went from 3 to 1."),
        ([1, 2, 3], False, "went from 1 to 3."),
    ],
)  # fmt: skip
def test_the_objective_fell_or_rose_in_every_step_or_went(heights: list[int], every: bool, words: str) -> None:
    """It is told from the second step on, and after a step that led too far."""
    tail = run_of((1,), (2,), (4,))
    assert told(tail, sgd(), None, *heights, every=every) == [f"loss {words}"]
    assert told(run_of((1,), (2,)), sgd(), None, *heights) == []
    assert told(tail, sgd(), 3, *heights, every=every) == [
        "Step 3 leads beyond the largest floating-point number: the run diverges, and stops before it.",
        f"loss {words}",
    ]  # fmt: skip
    assert told(tail, without_objective(sgd()), None, *heights) == []


def test_over_batches_the_objective_is_that_over_all_samples() -> None:
    graph = with_values(read_program("L = (w*x - y)^2", "-e"), ["w=0"])
    samples = tuple({"x": Fraction(1), "y": Fraction(y)} for y in (2, 4))
    task = training(graph, "sgd", OptimOptions(steps=2, lr="1/2"), ("w",), samples, True, 1, None)
    assert lines_of(optim(task, Settings())) == ["Over all 2 samples L went from 10 to 2."]  # w is 0, 2 and 4
    assert Sym("w") in {coordinate.symbol for coordinate in task.parameters}
