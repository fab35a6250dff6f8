"""Small algorithms: results worked by hand, plain programs beside the rows, laws that can fail, what is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

import stepper as st
from stepper.core.exam import Case
from stepper.core.expr import Array, Expr, Number, Value
from stepper.core.formula import text
from stepper.core.steps import Derivation, Note, Table
from stepper.core.traverse import names
from stepper.engine.algorithms.derivation import MOST_LISTED, MOST_ROWS, derive
from stepper.engine.algorithms.working import Working
from stepper.engine.answers.runs import RunAnswers
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings, close
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.read.algorithm import read_run
from stepper.render.formats import FORMATS, render
from stepper.render.look import Look
from stepper.tables.algorithms import ALGORITHMS, BY_ALGORITHM_NAME
from tests.algorithm_samples import SAMPLES, sample
from tests.helpers import ROOT, equations

LAW = settings(max_examples=60, deadline=None)
TEXTS = [name for name, row in FORMATS.items() if not row.binary and row.holds != "pictures"]
BY_HAND: list[tuple[str, str, str]] = [
    ("early stopping", "best_epoch", "4"),
    ("early stopping", "stop_epoch", "6"),
    ("early stopping", "best_loss", "0.69"),
    ("early stopping", "wait", "[0, 0, 1, 0, 1, 2]"),
    ("reduce on plateau", "rate", "[1/2, 1/2, 1/2, 1/4, 1/4, 1/8, 1/8]"),
    ("reduce on plateau", "times", "2"),
    ("non-maximum suppression", "kept", "[2, 3, 4]"),
    ("non-maximum suppression", "iou[2, 1]", "3/5"),
    ("non-maximum suppression", "iou[1, 2]", "3/5"),
    ("non-maximum suppression", "max_iou[3]", "2/23"),
    ("stratified split", "train", "[7, 3, 3, 2]"),
    ("stratified split", "val", "[3, 2, 1, 2]"),
    ("stratified split", "total_train", "15"),
    ("counting sums", "count", "[1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1]"),
    ("counting sums", "p[7]", "1/6"),
    ("counting sums", "count[7]/count[2]", "6"),
    ("counting sums", "total", "36"),
    ("remapping labels", "remapped", "[0, 1, 2, 0, 1]"),
    ("precision and recall", "precision", "[4/5, 5/6, 1/2]"),
    ("precision and recall", "F[2]", "2/3"),
    ("precision and recall", "micro_precision", "8/11"),
    ("precision and recall", "macro_recall", "79/108"),
    ("k-fold split", "sizes", "[3, 3, 3, 2]"),
    ("k-fold split", "from", "[1, 4, 7, 10]"),
    ("k-fold split", "train[4]", "9"),
]
"""What somebody found with a pen."""


def worked(text: str, **asked: Any) -> Derivation:
    return derive(read_run(text, "run.yaml"), Settings(**asked))


def listed(numbers: Sequence[object]) -> str:
    return f"[{', '.join(map(str, numbers))}]"


def entries(found: object) -> list[Fraction]:
    """A list among the answers, as Python has it."""
    return [Fraction(entry) for entry in list(found)]  # type: ignore[call-overload]


def results(algorithm: str, data: Mapping[str, Sequence[object]], **given_settings: object) -> Mapping[str, Any]:
    """The answers for data."""
    lists = [f"  {name}: {listed([listed(one) if isinstance(one, tuple) else one for one in numbers])}"
             for name, numbers in data.items()]  # fmt: skip
    chosen = ", ".join(f"{name}: {value}" for name, value in given_settings.items())
    told = st.derive(
        "\n".join([f"algorithm: {algorithm}", f"settings: {{{chosen}}}", *(["data:"] if lists else []), *lists])
    )
    assert all(check.ok is not False for check in told.checks)
    return told.answers


# ---- every row


def test_every_row_has_a_sample_and_a_result_by_hand() -> None:
    names_of_rows = [row.name for row in ALGORITHMS]
    assert sorted(SAMPLES) == sorted(names_of_rows)
    assert {name for name, _, _ in BY_HAND} == set(names_of_rows)


@pytest.mark.parametrize(("name", "key", "written"), BY_HAND)
def test_results_by_hand(name: str, key: str, written: str) -> None:
    found = RunAnswers(read_run(sample(name), "run.yaml"), Case({})).finding(key, written)
    assert found.holds, found


@pytest.mark.parametrize("name", SAMPLES)
def test_every_law_holds_of_the_sample(name: str) -> None:
    checks = worked(sample(name)).checks
    assert [check.ok for check in checks] == [True] * len(BY_ALGORITHM_NAME[name].laws)
    assert checks


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "format", [name for name, row in FORMATS.items() if not row.binary and row.holds != "pictures"]
)
def test_every_format_writes_it(name: str, format: str) -> None:
    assert render(format, worked(sample(name)), Look())


def sides(equation: Any) -> Iterator[Number]:
    """The numbers of the sides without names."""
    for link in equation.links:
        if not names(link.expr) and not isinstance(link.expr, Array):
            number = evaluate(link.expr, {}, PLAIN)
            assert number is not None
            yield number


@pytest.mark.parametrize("name", SAMPLES)
def test_a_line_comes_to_one_number(name: str) -> None:
    """All sides with numbers are equal, and there are such lines."""
    lines = [list(sides(equation)) for equation in equations(worked(sample(name)))]
    assert any(len(line) > 1 for line in lines)
    assert all(close(number, line[0]) for line in lines for number in line)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_table_has_what_the_lines_come_to(name: str) -> None:
    """The last number of the line of ``loss[3]`` stands in the row of 3 and the column of loss."""
    derivation = worked(sample(name))
    (table,) = [block for step in derivation.steps if step.rule == "algorithm.table" for block in step.body]
    assert isinstance(table, Table)
    heads = [text(head) if isinstance(head := column.title[0], Expr) else head for column in table.columns]
    cells = {
        f"{head}[{row[0][0]}]": cell[0]
        for row in table.rows
        for head, cell in zip(heads, row, strict=True)
        if isinstance(cell[0], Expr)
    }
    lines = {text(equation.left): equation.links[-1].expr for equation in equations(derivation)}
    shared = cells.keys() & lines.keys()
    assert shared or BY_ALGORITHM_NAME[name].data == ""
    assert [key for key in shared if evaluate(lines[key], {}, PLAIN) != evaluate(cells[key], {}, PLAIN)] == []


MUTANTS: list[tuple[str, str, str, str]] = [
    ("early stopping", "update", "wait + 1", "wait + 2"),
    ("early stopping", "update", "i, best_epoch)", "best_epoch, i)"),
    ("early stopping", "stop", "wait >= patience", "wait > patience"),
    ("reduce on plateau", "update", "factor*rate", "factor*factor*rate"),
    ("reduce on plateau", "update", "bad > patience", "bad >= patience"),
    ("non-maximum suppression", "update", "max_iou > threshold", "max_iou > 1"),
    ("non-maximum suppression", "update", "max_iou > threshold", "max_iou >= 0"),
    ("non-maximum suppression", "order", "score", "-score"),
    ("stratified split", "update", "train = whole + more", "train = whole"),
    ("stratified split", "update", "val = count - train", "val = count - whole"),
    ("counting sums", "each", "high - low + 1", "high - low"),
    ("counting sums", "each", "max(smallest, s - largest)", "smallest"),
    ("remapping labels", "each", "classes*quotient", "classes*quotient + 1"),
    ("remapping labels", "each", "label - classes*quotient", "label"),
    ("precision and recall", "each", "tp/(tp + fn)", "tp/(tp + fp)"),
    ("k-fold split", "update", "to = to + size", "to = to + 1"),
    ("k-fold split", "update", "floor(samples/k) + 1", "floor(samples/k)"),
]
"""Rules that are wrong in one place."""


@pytest.mark.parametrize(("name", "part", "right", "wrong"), MUTANTS)
def test_a_wrong_rule_breaks_a_law(
    name: str, part: str, right: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    row = BY_ALGORITHM_NAME[name]
    changed = getattr(row, part).replace(right, wrong)
    assert changed != getattr(row, part)
    monkeypatch.setitem(BY_ALGORITHM_NAME, name, replace(row, **{part: changed}))
    broken = [check for check in worked(sample(name)).checks if check.ok is False]
    assert broken
    assert all(check.note for check in broken)


# ---- plain programs beside the rows

FRACTIONS = some.fractions(min_value=0, max_value=3, max_denominator=12)
CORNERS = some.tuples(*[some.integers(0, 12)] * 2, *[some.integers(1, 8)] * 2)
SCORES = some.fractions(min_value=0, max_value=1, max_denominator=6)


def iou(one: Sequence[int], other: Sequence[int]) -> Fraction:
    """By counting the unit squares."""
    squares = [set(product(range(box[0], box[2]), range(box[1], box[3]))) for box in (one, other)]
    return Fraction(len(squares[0] & squares[1]), len(squares[0] | squares[1]))


def suppressed(boxes: Sequence[Sequence[int]], scores: Sequence[Fraction], threshold: Fraction) -> list[int]:
    """Takes the best box that is left, and drops what overlaps it, until none is left."""
    left, kept = list(range(len(boxes))), []
    while left:
        best = max(left, key=lambda place: (scores[place], -place))
        kept.append(best)
        left = [place for place in left if place != best and iou(boxes[place], boxes[best]) <= threshold]
    return sorted(kept)


@LAW
@given(some.lists(some.tuples(CORNERS, SCORES), min_size=1, max_size=8), SCORES)
def test_suppression_keeps_what_a_plain_program_keeps(
    drawn: list[tuple[tuple[int, ...], Fraction]], threshold: Fraction
) -> None:  # fmt: skip
    boxes = [(x, y, x + width, y + height) for (x, y, width, height), _ in drawn]
    scores = [score for _, score in drawn]
    found = results("nms", {"box": boxes, "score": scores}, threshold=threshold)
    assert entries(found["kept"]) == [place + 1 for place in suppressed(boxes, scores, threshold)]


@LAW
@given(some.lists(FRACTIONS, min_size=1, max_size=15), some.integers(1, 4), some.sampled_from([0, Fraction(1, 4)]))
def test_early_stopping_stops_where_a_plain_program_does(
    losses: list[Fraction], patience: int, delta: Fraction
) -> None:  # fmt: skip
    best, stop = 0, None
    for place, loss in enumerate(losses):
        if loss < losses[best] - delta:
            best = place
        elif place - best == patience:
            stop = place
            break
    found = results("early stopping", {"loss": losses}, patience=patience, delta=delta)
    assert (found["best_epoch"], found.get("stop_epoch")) == (best + 1, None if stop is None else stop + 1)


@LAW
@given(some.lists(FRACTIONS, min_size=1, max_size=20), some.integers(0, 3))
def test_the_rate_is_reduced_where_a_plain_program_does(losses: list[Fraction], patience: int) -> None:
    rate, best, bad = Fraction(1), losses[0], 0
    for loss in losses[1:]:
        best, bad = (loss, 0) if loss < best else (best, bad + 1)
        rate, bad = (rate / 3, 0) if bad > patience else (rate, bad)
    assert results("plateau", {"loss": losses}, lr=1, factor="1/3", patience=patience)["final_rate"] == rate


@LAW
@given(some.lists(some.integers(0, 60), min_size=1, max_size=9), SCORES)
def test_a_split_gives_largest_remainders(counts: list[int], share: Fraction) -> None:
    found = results("stratified split", {"count": counts}, share=share)
    train = [int(number) for number in entries(found["train"])]
    rests = [share * count - math.floor(share * count) for count in counts]
    extra = [place for place, (size, count) in enumerate(zip(train, counts, strict=True)) if size > share * count]
    assert sum(train) == math.floor(share * sum(counts))
    assert all(0 <= size <= count for size, count in zip(train, counts, strict=True))
    others = [rest for place, rest in enumerate(rests) if place not in extra and rest]
    assert not extra or min(rests[place] for place in extra) >= max(others, default=0)


@LAW
@given(some.integers(0, 6), some.integers(0, 9))
def test_sums_are_counted_one_by_one(smallest: int, size: int) -> None:
    numbers = range(smallest, smallest + size + 1)
    counted = Counter(one + other for one, other in product(numbers, numbers))
    found = results("counting sums", {}, smallest=smallest, largest=numbers[-1])
    assert entries(found["count"]) == [counted[total] for total in sorted(counted)]


@LAW
@given(some.lists(some.integers(-30, 30), min_size=1, max_size=9), some.integers(1, 12))
def test_labels_are_remainders(labels: list[int], classes: int) -> None:
    found = results("remapping labels", {"label": labels}, classes=classes)
    assert entries(found["remapped"]) == [label % classes for label in labels]


@LAW
@given(some.lists(some.tuples(some.integers(0, 2), some.integers(0, 2)), min_size=3, max_size=30))
def test_precision_and_recall_are_shares_of_pairs(pairs: list[tuple[int, int]]) -> None:
    """Pairs of the true class and the predicted one, counted by hand."""
    assume(all(any(pair[side] == kind for pair in pairs) for kind in range(3) for side in (0, 1)))
    right = [sum(pair == (kind, kind) for pair in pairs) for kind in range(3)]
    actual, predicted = ([sum(pair[side] == kind for pair in pairs) for kind in range(3)] for side in (0, 1))
    missed = [total - hit for total, hit in zip(actual, right, strict=True)]
    found = results("precision and recall", {
        "tp": right, "fp": [total - hit for total, hit in zip(predicted, right, strict=True)], "fn": missed,
    })  # fmt: skip
    assert entries(found["precision"]) == [Fraction(*pair) for pair in zip(right, predicted, strict=True)]
    assert entries(found["recall"]) == [Fraction(*pair) for pair in zip(right, actual, strict=True)]
    assert found["micro_precision"] == found["micro_recall"] == Fraction(sum(right), len(pairs))


@LAW
@given(some.integers(2, 12), some.integers(0, 40))
def test_folds_part_the_samples(k: int, more: int) -> None:
    samples = k + more
    found = Working(read_run(f"algorithm: k-fold split\nsettings: {{samples: {samples}, k: {k}}}", ""))
    folds = [range(int(found.columns["from"][place]), int(found.columns["to"][place]) + 1) for place in range(k)]
    assert [sample for fold in folds for sample in fold] == list(range(1, samples + 1))
    assert max(map(len, folds)) - min(map(len, folds)) <= 1


# ---- what is said


def test_a_training_that_does_not_stop_says_so() -> None:
    derivation = worked("algorithm: early stopping\nsettings: {patience: 5}\ndata: {loss: [3, 2, 1]}")
    assert [answer.name for answer in derivation.answers] == ["best_epoch", "best_loss"]
    (said,) = [block for block in derivation.steps[-2].body if isinstance(block, Note)]
    assert "does not stop early" in str(said.text)
    answers = RunAnswers(
        read_run("algorithm: early stopping\nsettings: {patience: 5}\ndata: {loss: [3]}", ""), Case({})
    )
    assert answers.finding("stop_epoch", "none").holds
    assert answers.finding("stop_epoch", "1").holds is False


def test_ties_go_by_the_order_of_the_data() -> None:
    same: dict[str, Sequence[object]] = {"box": [(0, 0, 2, 2), (0, 0, 2, 2)], "score": [1, 1]}
    assert entries(results("nms", same)["kept"]) == [1]
    assert entries(results("stratified split", {"count": [1, 1]}, share="1/2")["train"]) == [1, 0]


def test_entries_are_numbered_as_the_document_says() -> None:
    told = sample("non-maximum suppression").replace("settings", "first: 0\nsettings")
    assert entries(st.derive(told).answers["kept"]) == [1, 2, 3]


def test_a_boundary_is_not_crossed() -> None:
    """An IoU equal to the threshold keeps the box; a loss that is lower by delta alone is not better."""
    half: dict[str, Sequence[object]] = {"box": [(0, 0, 2, 1), (0, 0, 1, 1)], "score": [1, "1/2"]}
    assert entries(results("nms", half, threshold="1/2")["kept"]) == [1, 2]
    assert results("early stopping", {"loss": [1, "0.9"]}, patience=1, delta="0.1")["best_epoch"] == 1


def test_a_document_may_ask_with_other_settings() -> None:
    run = read_run(sample("early stopping"), "run.yaml")
    assert RunAnswers(run, Case({}, {"set": "patience=1"})).finding("stop_epoch", "3").holds
    with pytest.raises(StepperError, match="not a setting"):
        RunAnswers(run, Case({}, {"set": "patients=1"}))


def test_long_lists_are_thinned() -> None:
    many = 30 * MOST_ROWS
    derivation = worked(
        f"algorithm: remapping labels\nsettings: {{classes: 7}}\ndata: {{label: {listed(range(many))}}}"
    )
    (table,) = [block for step in derivation.steps if step.rule == "algorithm.table" for block in step.body]
    assert isinstance(table, Table)
    assert len(table.rows) <= MOST_ROWS + 1
    (note,) = [block for step in derivation.steps if step.rule == "algorithm.result" for block in step.body]
    assert isinstance(note, Note)
    assert f"{many - MOST_LISTED} more" in note.text
    assert len(entries(st.Solution(derivation).answers["remapped"])) == many


def test_rounded_numbers_are_as_good_as_equal_in_a_law() -> None:
    """After 40 digits a rate is a float, and is reduced all the same."""
    derivation = worked(
        f"algorithm: plateau\nsettings: {{lr: 0.1, factor: 0.7, patience: 0}}\ndata: {{loss: {listed([1] * 200)}}}"
    )
    assert [check.ok for check in derivation.checks] == [True, True]
    assert isinstance(derivation.answers[0].number, float)


# ---- what is refused

REFUSED: list[tuple[str, str, str]] = [
    ("algorithm: early stop\n", "not a known algorithm", "did you mean 'early stopping'?"),
    ("algorithm:\n", "'' is not a known algorithm", "known: early stopping"),
    ("algorithm: early stopping\nsettings: {patience: -2}\ndata: {loss: [1]}", "patience must be at least 1", ""),
    ("algorithm: early stopping\nsettings: {patience: 1.5}\ndata: {loss: [1]}", "a whole number of epochs", ""),
    ("algorithm: early stopping\ndata: {loss: [1]}", "the setting 'patience' is missing", "patience: 2"),
    ("algorithm: early stopping\nsettings: {patience: 2}", "the list 'loss' is missing", "data: {loss"),
    ("algorithm: early stopping\nsettings: {patience: 2}\ndata: {losses: [1]}", "'losses' is not a list", "'loss'"),
    (
        "algorithm: early stopping\nsettings: {patiense: 2}\ndata: {loss: [1]}",
        "'patiense' is not a setting",
        "'patience'",
    ),
    ("algorithm: early stopping\nsettings: {patience: 2}\ndata: {loss: []}", "is a list of numbers", "loss: [1, 2]"),
    ("algorithm: early stopping\nsettings: {patience: 2}\ndata: {loss: 1}", "is a list of numbers", "loss: [1, 2]"),
    ("algorithm: early stopping\nsettings: {patience: 2}\ndata: [1]", "'data:' holds lists", "data: {loss"),
    ("algorithm: early stopping\nsettings: 2\ndata: {loss: [1]}", "'settings:' gives numbers", "{patience"),
    ("algorithm: early stopping\nsettings: {patience: 2}\ndata: {loss: [1, x]}", "'x' is not a number", "4/5"),
    ("algorithm: early stopping\nsettings: {patience: 2}\ndata: {loss: [1, [2, 3]]}", "and here are 2", ""),
    ("algorithm: early stopping\nsettings: {patience: 2}\nfirst: a\ndata: {loss: [1]}", "not a whole number", ""),
    ("algorithm: early stopping\nnodes: {a: 1}", "'nodes' is not a section", ""),
    ("algorithm: nms\ndata: {box: [[0, 0, 1, 1], [3, 0, 1, 1]], score: [1, 0]}", "box 2: x2 must be greater", ""),
    ("algorithm: nms\ndata: {box: [[0, 0, 1]], score: [1]}", "an item of 'box' is 4 numbers", "x1, y1, x2, y2"),
    ("algorithm: nms\ndata: {box: [[0, 0, 1, 1]], score: [1, 0]}", "of different lengths: 1 of box, 2 of score", ""),
    ("algorithm: nms\nsettings: {threshold: 2}\ndata: {box: [[0, 0, 1, 1]], score: [1]}", "must be at most 1", ""),
    ("algorithm: stratified split\nsettings: {share: 1.5}\ndata: {count: [1]}", "the share must be at most 1", ""),
    ("algorithm: stratified split\nsettings: {share: 1/2}\ndata: {count: [1.5]}", "class 1: the count must be a", ""),
    ("algorithm: counting sums\nsettings: {smallest: 3, largest: 2}", "must not be less than the smallest", ""),
    ("algorithm: counting sums\nsettings: {largest: 1000000000}", "up to 10,000 are worked", ""),
    ("algorithm: k-fold split\nsettings: {samples: 3, k: 4}", "as many samples as folds", ""),
    ("algorithm: k-fold split\nsettings: {samples: 3, k: 1}", "at least two folds", ""),
    ("algorithm: remapping labels\nsettings: {classes: 0}\ndata: {label: [1]}", "at least one class", ""),
    ("algorithm: precision and recall\ndata: {tp: [0], fp: [0], fn: [1]}", "precision 0/0 does not exist", ""),
    ("algorithm: stratified split\nsettings: {share: 1/2}\ndata: {count: [1e30]}", "more than 15 digits", "exactly"),
    ("algorithm: k-fold split\nsettings: {samples: 1e15, k: 2}", "more than 15 digits", "exactly"),
    (f"algorithm: nms\ndata: {{box: {listed([[0, 0, 1, 1]] * 151)}, score: {listed([1] * 151)}}}", "up to 150 are", ""),
    (f"algorithm: plateau\nsettings: {{lr: 1}}\ndata: {{loss: {listed([1] * 10_001)}}}", "10,001 entries", ""),
]


@pytest.mark.parametrize(("told", "what", "hint"), REFUSED, ids=lambda part: str(part)[:60].replace("\n", " "))
def test_refused(told: str, what: str, hint: str) -> None:
    with pytest.raises(StepperError) as raised:
        worked(told)
    problem = next(problem for problem in raised.value.problems if what in problem.what)
    assert hint in problem.hint
    assert problem.where is not None


def test_what_is_no_quantity_of_a_run_is_told() -> None:
    answers = RunAnswers(read_run(sample("early stopping"), "run.yaml"), Case({}))
    with pytest.raises(StepperError) as raised:
        answers.finding("lss[3]", "1")
    assert raised.value.problems[0].hint == "did you mean 'loss'?"
    for key in ("loss[99]", "wait[0]", "iou[1, 2]", "sin(wait)"):
        with pytest.raises(StepperError):
            answers.finding(key, "1")


# ---- the command, and whoever else meets such a document


def ran(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stepper", *words], input=given, capture_output=True, text=True, check=False, cwd=ROOT
    )


@pytest.mark.parametrize(
    ("words", "given", "code", "says"),
    [
        (["derive", "tum-2022/2.11", "-f", "text"], "", 0, "stop_epoch = 6"),
        (["derive", "tum-2022-2.11", "-f", "text"], "", 0, "stop_epoch = 6"),
        (["derive", "-", "-f", "text"], sample("k-fold split"), 0, "sizes = [3, 3, 3, 2]"),
        (["derive", "tum-2022/6"], "", 2, "there is nothing to derive here"),
        (["derive", "no/such.yaml"], "", 2, "no file and no bundled exam"),
        (["forward", "tum-2022/2.11"], "", 2, "stepper derive works it"),
        (["train", "tum-2022/2.11"], "", 2, "stepper derive works it"),
        (["tum-2022/2.11"], "", 2, "stepper derive tum-2022/2.11"),
        (["check", "uio-2021/10b", "iou[0,1] = 81/119"], "", 0, "1 right"),
        (["check", "uio-2021/10b", "kept = [0, 1]", "-f", "text"], "", 1, "kept[2] is 2, not 1"),
        (["exams", "check", "uio-2021/10b"], "", 0, "1 of 1 item agrees"),
        (["rules", "nms"], "", 0, "non-maximum suppression"),
    ],
    ids=lambda part: " ".join(part)[:40] if isinstance(part, list) else None,
)
def test_commands(words: list[str], given: str, code: int, says: str) -> None:
    done = ran(*words, given=given)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr


def test_a_law_that_is_broken_ends_with_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from stepper.cli.main import main

    name = "non-maximum suppression"
    row = BY_ALGORITHM_NAME[name]
    wrong = replace(row, update="keep = 1")
    monkeypatch.setitem(BY_ALGORITHM_NAME, name, wrong)
    monkeypatch.setattr(sys, "argv", ["stepper", "derive", "uio-2021/10b", "-f", "text"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "does not hold: broken by box" in capsys.readouterr().out


def test_a_wrong_number_carried_on_follows() -> None:
    claims = {"train[1]": 6, "val[1]": 4, "val[2]": 2}
    found: Mapping[str, Any] = st.check(sample("stratified split"), claims).answers
    assert [found[key]["verdict"] for key in claims] == ["wrong", "follows from an earlier number", "right"]


def test_values_are_those_of_the_numbers_given() -> None:
    """An expression among the answers is a number of its own kind: no float where all is rational."""
    for name in SAMPLES:
        for answer in worked(sample(name)).answers:
            parts: list[Expr] = [answer.expr] if answer.number is not None else list(answer.expr.items)  # type: ignore[union-attr]
            assert all(isinstance(part, Value) and isinstance(part.number, Fraction) for part in parts)
