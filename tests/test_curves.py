"""The curve of a function of one number: its own points, its derivative's, and where both break."""

from __future__ import annotations

import pytest

from stepper.core.parser import parse
from stepper.core.pictures import Plot
from stepper.engine.curve import HIGH, LOW, TALLEST, _curves, _height, curve_step
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.vocabulary import PLAIN
from stepper.tables.table import ROWS
from tests.test_laws_shown import cell


@pytest.mark.parametrize(
    ("name", "pieces"),
    [("tanh", 1), ("relu", 1), ("floor", 10), ("ceil", 10), ("sqrt", 1), ("log", 1), ("exp", 1), ("tan", 5)],
)
def test_a_curve_is_its_function_and_breaks_where_that_jumps(name: str, pieces: int) -> None:
    """Its points stand in order from left to right, none too tall; where it breaks the function jumps, or leaves the
    picture.
    """
    step = curve_step(ROWS[name])
    assert step is not None
    (plot,) = [block for block in step.body if isinstance(block, Plot)]
    own = [curve for curve in plot.curves if not curve.dashes]
    assert len(own) == pieces
    assert [bool(curve.name) for curve in own] == [True] + [False] * (pieces - 1)
    places = [place for curve in own for place, _ in curve.points]
    assert places == sorted(set(places))
    assert places[0] >= LOW
    assert places[-1] <= HIGH
    for curve in own:
        assert all(abs(height) <= TALLEST for _, height in curve.points)
        for place, height in (curve.points[0], curve.points[len(curve.points) // 2], curve.points[-1]):
            value = evaluate(parse(f"{name}(x)"), {"x": place}, PLAIN)
            assert value is not None
            assert height == pytest.approx(float(value), rel=1e-9, abs=1e-12)
    for curve in (curve for curve in plot.curves if curve.dashes):
        middle, slope = curve.points[len(curve.points) // 2]
        sides = [evaluate(parse(f"{name}(x)"), {"x": middle + sign * 1e-6}, PLAIN) for sign in (1, -1)]
        if sides[0] is not None and sides[1] is not None and abs(middle) > 1e-3 and middle != round(middle):
            assert slope == pytest.approx(float(sides[0] - sides[1]) / 2e-6, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("count", [4, 5, 8])
def test_a_step_breaks_a_curve_wherever_it_stands(count: int) -> None:
    """Between any two neighbours; a slope that is as steep beside it is no jump, nor is a small one; the first piece
    has the name.
    """
    places = [float(place) for place in range(count)]
    for at in range(1, count):
        pieces = _curves(("f",), places, [0.0] * at + [5.0] * (count - at), 0)
        assert [len(piece.points) for piece in pieces] == [size for size in (at, count - at) if size > 1]
        assert [piece.name for piece in pieces] == [("f",), *[()] * (len(pieces) - 1)]
        assert len(_curves(("f",), places, [0.0] * at + [0.2] * (count - at), 0)) == 1
        gap = _curves(("f",), places, [None if place == at else 1.0 for place in range(count)], 0)
        assert [len(piece.points) for piece in gap] == [size for size in (at, count - at - 1) if size > 1]
    assert len(_curves(("f",), places, [5.0 * place for place in range(count)], 0)) == 1


@pytest.mark.parametrize(
    ("heights", "sizes"),
    [
        ((0, 1, 5, 6), [4]), ((0, 1, 5.1, 6.1), [2, 2]),  # more than four times as far as on either side
        ((0, 1, 6, 6), [2, 2]), ((0, 0, 5, 6.25), [4]), ((0, 0, 5, 6.2), [2, 2]), ((0, 1.3, 6.3, 6.3), [4]),
        ((0, 0, 0.3, 0.3), [4]), ((0, 0, 0.31, 0.31), [2, 2]), ((0.31, 0.31, 0, 0), [2, 2]), ((6, 6, 1, 0), [2, 2]),
        ((0, 0, 5), [2]), ((0, 5, 5), [2]), ((0, 5), []), ((0, 0, 5, 5, 0, 0), [2, 2, 2]), ((0, 0, None, 5, 5), [2, 2]),
    ],
)  # fmt: skip
def test_a_jump_is_more_than_four_times_what_is_beside_it(heights: tuple[float | None, ...], sizes: list[int]) -> None:
    places = [float(place) for place in range(len(heights))]
    assert [len(piece.points) for piece in _curves(("f",), places, heights, 0)] == sizes


@pytest.mark.parametrize(
    ("name", "styles"),
    [
        ("tanh", [0, 1]),
        ("relu", [0, 1, 1]),
        ("log", [0, 1]),
        ("step", [0, 0, 1]),
        ("leaky_relu", [0, 1, 1]),
        ("softsign", [0, 1]),
    ],
)
def test_a_function_is_drawn_in_full_and_its_derivative_dashed(name: str, styles: list[int]) -> None:
    """Both with their names; functions of lists, or of two numbers without a value of their own, have no curve."""
    step = curve_step(ROWS[name])
    assert step is not None
    (plot,) = [block for block in step.body if isinstance(block, Plot)]
    assert [curve.dashes for curve in plot.curves] == styles
    assert [cell(curve.name) for curve in plot.curves if curve.name][1] == "its derivative"
    assert cell(plot.curves[0].name).startswith(f"{name}(x")
    assert (step.detail, cell(plot.x)) == ("brief", "x")
    assert [curve_step(ROWS[other]) for other in ("bce", "softmax", "max", "mse", "mod")] == [None] * 5


def test_a_curve_is_worked_out_every_fortieth_and_no_higher_than_the_picture() -> None:
    step = curve_step(ROWS["tanh"])
    assert step is not None
    (plot,) = [block for block in step.body if isinstance(block, Plot)]
    places = [place for place, _ in plot.curves[0].points]
    assert places == pytest.approx([number / 40 for number in range(-200, 201)])
    assert [_height(parse("x + 1"), "x", place, PLAIN) for place in (5.0, 5.01, -7.0, -7.01)] == [6, None, -6, None]
    assert [_height(parse(formula), "x", 0.0, PLAIN) for formula in ("1/x", "log(x)", "sqrt(x - 1)", "exp(1000)",
        "cos(x)")] == [
        None, None, None, None, 1,
    ]  # fmt: skip
