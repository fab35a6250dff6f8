"""Laws of the shape table: how shapes, counts and bytes are written, what a unit sees, and what the totals are of."""

from __future__ import annotations

import pytest

from stepper.core.expr import Num
from stepper.core.formula import text
from stepper.core.network import Layout, Shape
from stepper.core.pictures import Drawing
from stepper.engine.layers.counting import Count
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.sizes import formula, literal
from stepper.engine.layers.table import _bytes, grouped, ordered, shape_words
from stepper.errors import StepperError
from tests.test_laws_layers import net
from tests.test_laws_shown import rows, step_named
from tests.test_laws_unknowns import words


def table(listing: str, shape: str, count: Count | None = None) -> list[str]:
    """The table line by line, its cells apart by bars."""
    derivation, problem = shapes(net(listing, shape), {}, count or Count())
    brief = {"shapes.table", *(["shapes.misfits"] if problem else [])}
    assert {step_named(derivation, rule).detail for rule in brief} == {"brief"}
    return [" | ".join(row).rstrip(" |") for row in rows(step_named(derivation, "shapes.table"))]


def totals(listing: str, shape: str) -> list[str]:
    derivation, _ = shapes(net(listing, shape), {}, Count())
    return [": ".join(row) for row in rows(step_named(derivation, "shapes.totals"))]


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0 bytes"), (1, "1 bytes"), (24, "24 bytes"), (999, "999 bytes"), (1_000, "1 kB"), (1_004, "1.00 kB"),
        (4_096, "4.10 kB"), (40_000, "40 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"), (999_999, "1.00 MB"),
        (10**6, "1 MB"), (2_520_000, "2.52 MB"), (25_249_999, "25.2 MB"), (999_499_999, "999 MB"),
        (999_500_000, "1.00 GB"), (10**9, "1 GB"), (12_345_678_901, "12.3 GB"), (999 * 10**9, "999 GB"),
        (9_996 * 10**8, "1.00 TB"), (10**12, "1 TB"), (175 * 10**12, "175 TB"),
    ],
)  # fmt: skip
def test_bytes_are_written_in_three_digits(size: int, written: str) -> None:
    assert words(_bytes(size)) == written


@pytest.mark.parametrize(
    ("size", "written"),
    [
        ("0", "0"), ("950", "950"), ("9999", "9999"), ("10000", "10 000"), ("123456", "123 456"),
        ("1234567", "1 234 567"), ("n", "n"), ("20000*n", "20000*n"), ("7/2", "7/2"),
    ],
)  # fmt: skip
def test_a_count_has_its_digits_in_groups_from_ten_thousand_on(size: str, written: str) -> None:
    assert words(grouped(formula(size))).replace("\u202f", " ") == written


@pytest.mark.parametrize(
    ("shape", "first", "last"),
    [
        ("3x8x9", "3×8×9", "8×9×3"), ("3x8", "3×8", "8×3"), ("7", "7", "7"), ("3xhxw", "3×h×w", "h×w×3"),
        ("2*cx8", "2*c×8", "8×2*c"), ("(n + 1)x8", "(n + 1)×8", "8×(n + 1)"),
        ("3x(h - 2)x(w - 2)", "3×(h - 2)×(w - 2)", "(h - 2)×(w - 2)×3"),
    ],
)  # fmt: skip
def test_a_shape_is_written_in_the_order_of_the_listing(shape: str, first: str, last: str) -> None:
    sizes: Shape = tuple(map(formula, shape.split("x")))
    layouts: tuple[tuple[Layout, str], ...] = (("CHW", first), ("HWC", last))
    for layout, written in layouts:
        assert words(shape_words(sizes, layout)) == written
        assert sorted(map(repr, ordered(sizes, layout))) == sorted(map(repr, sizes))
    assert ordered((Num("5"),), "HWC") == (Num("5"),)


SAME_5 = "Conv2d(1, 2, 5, padding=2)"


@pytest.mark.parametrize(
    ("listing", "shape", "sees"),
    [
        # no column where no unit sees more than one, or all see all
        ("ReLU()", "1x9x9", None), ("Conv2d(1, 2, 1)", "1x9x9", None), ("Flatten()", "1x3x3", None),
        ("ReLU() -> Linear(4, 2)", "4", None), ("Unflatten(0, (2, 6)) -> Conv1d(2, 3, 3)", "12", None),
        # how many rows, all of them, or all and how many they would be
        ("Conv2d(1, 2, 3) -> ReLU() -> MaxPool2d(2) -> Flatten()", "1x9x9", ["3", "3", "4", "all"]),
        (f"{SAME_5} -> Conv2d(2, 2, 5)", "1x9x9", ["5", "9"]),
        (f"{SAME_5} -> Conv2d(2, 2, 5)", "1x8x9", ["5", "all (9)"]),
        (f"{SAME_5} -> ReLU()", "1x5x7", ["5", "5"]), (f"{SAME_5} -> ReLU()", "1x4x7", ["all (5)", "all (5)"]),
        ("Conv2d(1, 2, (3, 1))", "1x9x9", ["3"]), ("Conv2d(1, 2, (1, 3))", "1x9x9", None),
        ("Conv1d(1, 2, 3)", "1xn", ["3"]), ("Embedding(10, 8) -> Conv1d(12, 3, 3)", "12", ["1", "3"]),
        ("Conv1d(1, 2, 5, padding=2)", "1x4", ["all (5)"]), ("Conv1d(1, 2, k) -> ReLU()", "1x9", ["k", "k"]),
        # not known where paths meet that do not see alike
        ("a = Conv1d(1, 1, 2, stride=2, from=input)\nb = Conv1d(1, 1, 11, from=input)\nAdd(a, b)", "1x20",
            ["2", "11", "?"]),
    ],
)  # fmt: skip
def test_what_a_unit_sees_has_a_column(listing: str, shape: str, sees: list[str] | None) -> None:
    first, *layers, last = table(listing, shape)
    assert (first.split(" | ")[0], last.split(" | ")[0]) == ("input", "total")
    cells = [line.split(" | ") for line in layers]
    assert {len(line) for line in cells} == {5 if sees is None else 6}
    assert sees is None or [line[-1] for line in cells] == sees


@pytest.mark.parametrize(
    ("listing", "shape", "lines"),
    [
        ("Conv1d(1, 2, 3) -> BatchNorm1d(2) -> ReLU()", "1x9",
         ["weights: 8", "biases: 4", "buffers (not learned): 5", "numbers in all outputs: 42",
             "as 4-byte numbers: 168 bytes"]),
        ("Linear(300, 50, bias=False)", "300",
            ["weights: 15 000", "numbers in all outputs: 50", "as 4-byte numbers: 200 bytes"]),
        ("ReLU()", "250", ["numbers in all outputs: 250", "as 4-byte numbers: 1 kB"]),
        ("ReLU()", "n", ["numbers in all outputs: n"]),
        ("Linear(n, 3)", "n", ["weights: 3*n", "biases: 3", "numbers in all outputs: 3",
            "as 4-byte numbers: 12 bytes"]),
    ],
)  # fmt: skip
def test_totals_are_told_of_what_there_is(listing: str, shape: str, lines: list[str]) -> None:
    """Nothing of what is 0; bytes where the number is known."""
    assert [line.replace("\u202f", " ") for line in totals(listing, shape)] == lines


@pytest.mark.parametrize(
    ("count", "lines"),
    [
        (Count(), ["1 | Linear(4, 3) | 3 | 15 | 12", "2 | ReLU | 3 | 0 | 0", "total |  |  | 15 | 12"]),
        (Count(flops=True), ["1 | Linear(4, 3) | 3 | 15 | 24", "2 | ReLU | 3 | 0 | 0", "total |  |  | 15 | 24"]),
        (Count(bias_adds=True), ["1 | Linear(4, 3) | 3 | 15 | 15", "2 | ReLU | 3 | 0 | 0", "total |  |  | 15 | 15"]),
        (
            Count(flops=True, bias_adds=True),
            ["1 | Linear(4, 3) | 3 | 15 | 27", "2 | ReLU | 3 | 0 | 0", "total |  |  | 15 | 27"],
        ),
        (Count(biases=False), ["1 | Linear(4, 3) | 3 | 12 | 12", "2 | ReLU | 3 | 0 | 0", "total |  |  | 12 | 12"]),
    ],
)
def test_operations_are_counted_as_they_are_asked_for(count: Count, lines: list[str]) -> None:
    assert table("Linear(4, 3) -> ReLU()", "4", count) == ["input |  | 4", *lines]


def test_the_table_ends_where_something_does_not_fit() -> None:
    assert table("Linear(4, 3) -> Linear(5, 2)", "4") == [
        "input |  | 4",
        "1 | Linear(4, 3) | 3 | 15 | 12",
        "so far |  |  | 15 | 12",
    ]


# ---- the whole derivation


def rules(listing: str, shape: str, count: Count | None = None) -> list[str]:
    derivation, problem = shapes(net(listing, shape), {}, count or Count())
    return [*dict.fromkeys(step.rule for _, step in derivation.walk()), *(["wrong"] if problem else [])]


TOTALS = ["shapes.totals", "shapes.memory"]
DRAWN, WORKED = ["graph.drawing", "shapes.table"], ["shapes.worked", "shapes.layer", "shapes.macs"]


@pytest.mark.parametrize(
    ("listing", "count", "expected"),
    [
        # steps that have nothing to say are left out
        ("ReLU()", Count(), [*DRAWN, *TOTALS]),
        ("a = Linear(4, 3)", Count(), [*DRAWN, *WORKED, *TOTALS]),
        ("a = Linear(n, 3)", Count(), [*DRAWN, "shapes.unknowns", *WORKED, *TOTALS]),
        ("a = Linear(n, 3)", Count(solve=("n",)), [*DRAWN, "shapes.unknowns"]),
        # what does not fit ends the table, and there are no totals; what lies before it may still be asked for
        ("a = Linear(4, 3)\nb = Linear(5, 2)", Count(), [*DRAWN, "shapes.misfits", *WORKED, "wrong"]),
        ("a = Linear(4, 3)\nb = Linear(5, 2)", Count(field_of="a"),
            [*DRAWN, "shapes.misfits", *WORKED, "shapes.needs", "wrong"]),
    ],
)  # fmt: skip
def test_the_steps_of_a_listing(listing: str, count: Count, expected: list[str]) -> None:
    assert rules(listing, "4", count) == expected


@pytest.mark.parametrize(
    ("listing", "field_of", "what"),
    [
        ("a = Linear(5, 3)", "", "a, Linear(5, 3): it expects 5"),
        ("a = Linear(4, 3)\nb = Linear(5, 2)", "b", "b, Linear(5, 2): it expects 5"),
    ],
)
def test_where_nothing_fits_or_what_is_asked_for_lies_behind_there_are_none(
    listing: str, field_of: str, what: str
) -> None:
    with pytest.raises(StepperError) as caught:
        shapes(net(listing, "4"), {}, Count(field_of=field_of))
    assert [problem.what[: len(what)] for problem in caught.value.problems] == [what]


def test_a_network_is_drawn_with_its_shapes() -> None:
    """A box a layer, its output's shape on the line that leaves it; one that nothing reads is an output."""
    derivation, _ = shapes(
        net("a = Conv2d(1, 2, 3)\nr = ReLU()\nb = Linear(7, 3)\nc = Add(a, r)", "1x9x9"), {}, Count()
    )
    (drawing,) = step_named(derivation, "graph.drawing").body
    assert isinstance(drawing, Drawing)
    assert [(box.name, box.kind, words(box.formula), words(box.value)) for box in drawing.boxes] == [
        ("input", "input", "", "1×9×9"), ("a", "node", "Conv2d(1, 2, 3)", "2×7×7"), ("r", "node", "ReLU", "2×7×7"),
        ("b", "output", "Linear(7, 3)", "2×7×3"), ("c", "output", "Add", "2×7×7"),
    ]  # fmt: skip
    assert [(arrow.source, arrow.target, arrow.slot) for arrow in drawing.arrows] == [
        ("input", "a", 0), ("a", "r", 0), ("r", "b", 0), ("a", "c", 0), ("r", "c", 1),
    ]  # fmt: skip
    assert drawing.value == "shape of the output"


def test_each_layer_is_an_answer_and_then_the_total_and_the_letters() -> None:
    """With its shape, its counts, and what a unit sees along each axis where that is a part of the input."""
    derivation, _ = shapes(
        net("a = Conv2d(1, n, (3, 5))\nb = Conv2d(2, 1, 1)\nf = Flatten()\nl = Linear(m, 2, bias=False)", "1x9x9"),
        {},
        Count(),
    )
    assert [(answer.name, text(answer.expr)) for answer in derivation.answers] == [
        ("a", "[2, 7, 5]"), ("b", "[1, 7, 5]"), ("f", "[35]"), ("l", "[2]"), ("total", "105"), ("n", "2"), ("m", "35"),
    ]  # fmt: skip
    facts = {answer.name: answer.facts for answer in derivation.answers}
    assert [facts[name]["receptive_field"] for name in "abfl"] == [
        (literal(3), literal(5)),
        (literal(3), literal(5)),
        None,
        None,
    ]
    assert facts["total"] == {"parameters": literal(105), "macs": literal(2 * 35 * 15 + 2 * 35 + 70)}
    assert (facts["a"]["layer"], facts["a"]["parameters"], facts["a"]["macs"]) == (
        "Conv2d",
        literal(32),
        literal(2 * 35 * 15),
    )
    stops, _ = shapes(net("a = Linear(4, 3)\nb = Linear(5, 2)", "4"), {}, Count())
    assert [answer.name for answer in stops.answers] == ["a"]
