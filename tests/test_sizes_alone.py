"""Questions about sizes without channels: letters of textbooks, words, chains, tables; sizes that must be whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepper import shapes
from stepper.errors import StepperError
from stepper.read.sizes import read_sizes
from stepper.render.formats import render
from stepper.render.look import Look


def outputs(question: str, mode: str | None = None) -> list[tuple[int, ...]]:
    """The output of each window."""
    rows: Any = shapes(question, mode=mode).answers.values()
    return [row["output"] for row in rows]


@pytest.mark.parametrize(
    ("question", "output"),
    [
        # the letters of Dumoulin and Visin, of Ng, of the CS231n notes; in any order, with or without commas
        ("i=6 k=4 s=3", (1,)), ("s=3, k=4, i=6", (1,)), ("n=6, f=4, s=3, p=1, d=2", (1,)), ("W=12 F=4 S=3", (3,)),
        ("i = 5, k = 3, s = 2, p = 1", (3,)), ("i=32 k=5 p=2", (32,)), ("k=3 i=7x9 s=2", (3, 4)),
        ("i=32 k=5 p=(k - 1)/2", (32,)), ("i=64 k=3 s=2 padding=same", (32,)),
        # words
        ("6x9 input, 3x3 kernel, padding 1, stride 2", (3, 5)), ("input 28, kernel size 5", (24,)),
        ("28x28 image with 5x5 filters, stride 2, no padding", (12, 12)), ("input 7x7, kernel 3, same padding", (7, 7)),
        ("input: 10\nkernel: 3\nstride: 2", (4,)),
        # windows behind an input
        ("6x9 -> conv 3x3 p1", (6, 9)), ("6x9 -> conv 3x3, stride 2, padding 1", (3, 5)), ("12 -> pool 5", (2,)),
        ("28x28 -> average pooling 2x2", (14, 14)), ("9 -> conv 3 d2", (5,)),
        # the other way
        ("transposed: i=3 k=4 s=2 p=1 a=0", (6,)), ("transposed conv i=2 k=3 s=2 p=1 a=1", (4,)),
        ("4x4 -> deconv 4x4 s2 p1", (8, 8)),
    ],
)  # fmt: skip
def test_a_question_of_sizes_needs_no_channels(question: str, output: tuple[int, ...]) -> None:
    assert outputs(question) == [output]


def test_windows_stand_one_after_the_other() -> None:
    assert outputs("6x9 -> conv 3x3 p1 s2 -> maxpool 2") == [(3, 5), (1, 2)]
    assert "covers" in str(shapes("6x9 -> conv 3x3 p1 s2 -> maxpool 2"))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("i k s p\n5 3 1 0\n6 3 2 1\n5 4 1 2", [3, 3, 6]),
        ("| i | k | s |\n|---|---|---|\n| 5 | 3 | 2 |\n| 8 | 2 | 2 |", [2, 4]),
        ("(i, k, s, p): (5, 3, 1, 0), (6, 3, 2, 1)", [3, 3]), ("W, F, S, P\n227, 11, 4, 0", [55]),
        ("transposed i k s p a\n3 4 2 1 0\n4 3 1 0 0", [6, 6]), ("pool i k s\n13 3 2", [6]),
    ],
)  # fmt: skip
def test_each_row_of_a_table_is_a_question(table: str, expected: list[int]) -> None:
    assert outputs(table) == [(size,) for size in expected]


@pytest.mark.parametrize(
    ("question", "letter", "value"),
    [("i=28 k=? o=24", "k", 5), ("i=32 k=5 p=? o=32", "p", 2), ("i=? k=3 o=10", "i", 12), ("k=2 o=6", "n", 7)],
)
def test_a_letter_is_found_from_the_output(question: str, letter: str, value: int) -> None:
    assert f"{letter} = {value}" in str(shapes(question))


def test_several_inputs_may_have_a_stated_output() -> None:
    solution = shapes("i=? k=3 s=2 p=1 o=14")
    assert "Solutions: 27, 28" in str(solution)
    assert "wrong" not in str(solution)
    assert not solution.checks


def test_a_stated_output_is_judged() -> None:
    right, wrong = shapes("i=6 k=3 o=4"), shapes("i=6x7 k=3 s=2 o=3x3")
    assert [check.ok for check in (*right.checks, *wrong.checks)] == [True, False]
    assert "3×3 wrong: it is 2×3" in " ".join(str(wrong).split())


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 5), st.integers(0, 3), st.integers(1, 3))
def test_the_size_counts_the_windows_that_fit(n: int, k: int, s: int, p: int, d: int) -> None:
    """A window that begins every s places, and reaches no further than the padded input."""
    reach = d * (k - 1) + 1
    fits = len([start for start in range(0, n + 2 * p, s) if start + reach <= n + 2 * p])
    if fits:
        assert outputs(f"i={n} k={k} s={s} p={p} d={d}") == [(fits,)]
    else:
        with pytest.raises(StepperError, match="the kernel is larger than the padded input"):
            outputs(f"i={n} k={k} s={s} p={p} d={d}")


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 4), st.data())
def test_a_transposed_window_undoes_the_other(n: int, k: int, s: int, data: st.DataObject) -> None:
    """What it gives is the input from which a window of the same settings comes to n."""
    p, a = data.draw(st.integers(0, (k - 1) // 2)), data.draw(st.integers(0, s - 1))
    ((size,),) = outputs(f"transposed: i={n} k={k} s={s} p={p} a={a}")
    assert outputs(f"i={size} k={k} s={s} p={p}") == [(n,)]


@pytest.mark.parametrize(
    "text",
    [
        "32x32x3 -> CONV3-64 -> POOL2 -> FC-10", "Conv2d(1, 10, 3) -> ReLU()", "input: 3x8x8\nConv2d(3, 4, 3)",
        "6-4-2-4-6", "a = Linear(2, 3)", "C64-C128", "28x28-[32C3-MP2]*2", "", "k = 3\nl = Linear(3, k)",
    ],
)  # fmt: skip
def test_a_network_is_no_question_of_sizes(text: str) -> None:
    assert read_sizes(text, "-e") is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("3x32x32 -> conv 3x3 p1", "sizes of 2 and 3 axes stand side by side"),
        ("i=6 s=2", "the size of the kernel is not said"),
        ("i=6", "the size of the kernel is not said"),
        ("i=6 k=3 z=4", "'z' is not a quantity of a window"),
        ("i=6 k=9", "K <= n + 2*p is 9 <= 6"), ("i=6 k=3 s=0", "a stride is at least 1"),
        ("i=6 k=3 a=1", "there is no output padding here: a convolution"),
        ("transposed i=4 k=3 p=same", "a transposed convolution has no padding 'same'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(question: str, said: str) -> None:
    with pytest.raises(StepperError) as caught:
        shapes(question)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"input": "28x28"}, "input is for networks"),
        ({"check": "o = 1"}, "check is for networks"),
        ({"bias": False}, "bias=False is for networks"),
    ],
)
def test_options_for_networks_are_refused(option: dict[str, Any], said: str) -> None:
    with pytest.raises(StepperError, match=said):
        shapes("i=6 k=4 s=3", **option)


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "html", "json", "terminal"])
def test_a_question_is_answered_in_every_format(form: str) -> None:
    assert "13" in render(form, shapes("27x27 -> conv 3x3 p1 -> pool 2").derivation, Look())


# ---- sizes that must be whole


@pytest.mark.parametrize(
    ("question", "said", "mends"),
    [
        ("W=12 F=4 S=3", "(12 + 2*0 - 4)/3 + 1 = 11/3 ≈ 3.67 is not whole: this does not fit",
            ["W=10 F=4 S=3", "W=13 F=4 S=3", "W=12 F=4 S=2", "W=12 F=4 S=8", "W=12 F=4 S=3 P=2"]),
        ("W=10 F=3 S=2", "= 9/2 ≈ 4.50 is not whole", ["W=9 F=3 S=2", "W=11 F=3 S=2", "W=10 F=3 S=1"]),
    ],
)  # fmt: skip
def test_in_the_sense_of_the_cs231n_notes_a_size_must_be_whole(question: str, said: str, mends: list[str]) -> None:
    with pytest.raises(StepperError) as caught:
        shapes(question, mode="cs231n")
    assert said in str(caught.value)
    assert outputs(question)
    for mended in mends:
        assert outputs(mended, mode="cs231n") == outputs(mended)


@settings(deadline=None)
@given(st.integers(3, 40), st.integers(1, 3), st.integers(1, 5), st.integers(0, 2))
def test_what_is_offered_fits(n: int, k: int, s: int, p: int) -> None:
    """Each input, stride and padding that the message names divides."""
    question = {"i": n, "k": k, "s": s, "p": p}
    try:
        shapes(" ".join(f"{name}={value}" for name, value in question.items()), mode="cs231n")
    except StepperError as error:
        for part in error.problems[0].hint.removeprefix("what fits: ").split("; "):
            letter = {"input": "i", "stride": "s", "padding": "p"}[part.split()[1]]
            for value in part.split(" of ")[1].replace(" or ", ", ").split(", "):
                mended = {**question, letter: int(value)}
                assert outputs(" ".join(f"{name}={value}" for name, value in mended.items()), mode="cs231n")
    else:
        assert (n + 2 * p - k) % s == 0


def test_layers_too_must_divide() -> None:
    with pytest.raises(StepperError, match=r"\(31 \+ 2\*0 - 2\)/2 \+ 1 = 31/2 ≈ 15.50 is not whole"):
        shapes("Conv2d(1, 2, 2) -> MaxPool2d(2)", input="1x32x32", mode="cs231n")
    assert "⌊" not in str(shapes("Conv2d(1, 2, 3) -> MaxPool2d(2)", input="1x32x32", mode="cs231n"))
    with pytest.raises(StepperError, match="there is no such mode"):
        shapes("i=6 k=3", mode="cs231")


@pytest.mark.parametrize(
    ("listing", "shape", "line"),
    [
        ("Conv2d(1, 2, 7, stride=3, padding=4)", "1x69x69", "(69 + 2·4 - 7)/3 + 1 ≈ 24.33, rounded down 24"),
        ("Conv2d(1, 2, 3, padding=1)", "1x8x8", "(8 + 2·1 - 3)/1 + 1 = 8, whole"),
        ("MaxPool2d(2, ceil_mode=True)", "1x5x5", "(5 + 2·0 - 2)/2 ≈ 1.50, rounded up 2"),
    ],
)  # fmt: skip
def test_in_full_detail_the_quotient_stands_before_it_is_rounded(listing: str, shape: str, line: str) -> None:
    assert line in str(shapes(listing, input=shape, detail="full"))
    assert line not in str(shapes(listing, input=shape))


def test_each_section_stands_once_however_many_questions_there_are() -> None:
    """Of several questions with something to ask, or that do not fit, what is said stands together."""
    asked = shapes("i k o\n28 ? 24\n32 ? 30")
    titles = [step.id for step in asked.derivation.steps]
    assert titles == ["shapes.windows", "shapes.unknowns", "shapes.worked"]
    with pytest.raises(StepperError) as caught:
        shapes("i k\n3 4\n5 3\n2 6")
    assert len(caught.value.problems) == 2
    partial: Any = caught.value.partial
    assert [step.id for step in partial.derivation.steps] == ["shapes.windows", "shapes.misfits", "shapes.worked"]
