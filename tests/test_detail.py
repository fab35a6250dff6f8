"""What each level of detail shows, how long it is, and that nothing is said more often than needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Expr, Sym, Value
from stepper.core.formula import number_of, text
from stepper.core.graph import CycleError, Graph
from stepper.core.parser import parse
from stepper.core.steps import DETAILS, Derivation, Detail, Equation, Link, Note, Step
from stepper.engine.graph.asked import output_of
from stepper.engine.graph.backward import backward
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.files import bundled
from stepper.render.formats import WHOLE, render
from stepper.render.look import Look
from tests.helpers import derive, equations

# ---- how long


@pytest.mark.parametrize(
    ("name", "wrt", "brief", "normal"),
    [
        ("tum-2022/6", "w11", 25, 37),
        ("tum-2022/6", "w11 w12 v11", 38, 58),
        ("tum-2022/2.9", "x", 18, 18),
        ("uio-2019/1", "Wh", 21, 35),
        ("uio-2021/1a", "h[0]", 38, 52),
        ("uio-2021/7n", "w_xa", 30, 47),
        ("umass-682/2.3", "z", 15, 18),
    ],
)
def test_a_derivation_is_no_longer_than_this(name: str, wrt: str, brief: int, normal: int) -> None:
    """Lines of 80 columns, with the gradient step."""
    derivation = derive(name, *wrt.split(), lr=Fraction(1, 10))
    found = [render("text", derivation, Look(detail=detail)) for detail in ("brief", "normal")]
    assert [len(page.splitlines()) for page in found] <= [brief, normal]
    assert max(len(line) for page in found for line in page.splitlines()) <= 80


def test_the_first_example_of_the_readme_fits_on_a_board() -> None:
    derivation = derive("tum-2022/6", "w11", lr=Fraction(1, 10))
    most: dict[Detail, int] = {"brief": 25, "normal": 45}
    for detail, lines in most.items():
        assert len(render("text", derivation, Look(detail=detail)).splitlines()) <= lines


# ---- nothing twice


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("inputs: {x: 5}\nparameters: {w: 2}\nnodes: {h: w*x, a: h^2, L: 3*a + 1}\n", "300"),
        ("inputs: {x: 5}\nparameters: {w: 2}\nnodes: {h: w*x, L: h^3/4}\n", "375"),
        ("inputs: {x: 0.7}\nparameters: {w: 3}\nnodes: {h: w*x, a: tanh(h), L: (a - 1)^2}\n", "-0.002409"),
        # the only edge is the derivative itself
        ("parameters: {w: 7}\nnodes: {L: w^3 + 5*w}\n", "152"),
        ("inputs: {y: 1}\nparameters: {w: 7}\nnodes: {L: 'mse([w, 2], [y, 2])'}\n", "6"),
    ],
)
@pytest.mark.parametrize("detail", ["brief", "normal"])
def test_along_one_path_the_gradient_is_said_once(document: str, value: str, detail: Detail) -> None:
    page = render("text", derive(document, "w"), Look(detail=detail))
    found = [word for line in page.splitlines() for word in line.partition("  (")[0].split() if word == value]
    assert found == [value]


def scalar_graphs() -> Iterator[tuple[str, Graph]]:
    """Each bundled graph of numbers."""
    for name, _ in bundled():
        try:
            graph = load_graph(name)
            if not isinstance(graph, ArrayGraph) and graph.order and output_of(graph):
                yield name, graph
        except (StepperError, CycleError):  # no graph, or one without an order of calculation
            continue


GRAPHS = dict(scalar_graphs())


def parameters(graph: Graph) -> list[str]:
    names = [name for name in graph.leaves if "'" not in name]
    return [name for name in names if graph.leaves[name].kind == "parameter"] or names


@pytest.mark.parametrize("name", GRAPHS)
def test_of_no_quantity_two_equations_are_shown(name: str) -> None:
    """Each quantity, local derivative, product and gradient has one line, for one parameter and for all."""
    graph = GRAPHS[name]
    asked = parameters(graph)
    for wrt in (asked[:1], asked):
        if wrt:
            shown = backward(graph, wrt, Settings()).at("normal")
            lefts = Counter(text(equation.left) for equation in equations(shown))
            assert [left for left, count in lefts.items() if count > 1] == []


@pytest.mark.parametrize("name", GRAPHS)
def test_what_is_shown_in_brief_is_shown_in_more_detail_too(name: str) -> None:
    """With the same value, in the same order; in brief what is shown still comes to that value."""
    derivation = backward(GRAPHS[name], parameters(GRAPHS[name])[:2], Settings(lr=Fraction(1, 10)))
    shown = [[(one.left, one.links[-1].expr) for one in equations(derivation.at(detail))] for detail in DETAILS]
    for less, more in pairwise(shown):
        rest = iter(more)
        assert all(line in rest for line in less)


# ---- what is shown when


def test_a_kink_that_does_not_matter_is_told_in_full_detail_alone() -> None:
    told = {
        wrt: [detail for detail in DETAILS if "is a kink of" in render("text", derivation, Look(detail=detail))]
        for wrt, derivation in ((wrt, derive("tum-2022/6", *wrt.split())) for wrt in ("w11", "w12", "w11 w12"))
    }
    assert told == {"w11": ["full"], "w12": list(DETAILS), "w11 w12": list(DETAILS)}


def test_brief_defines_what_stands_there_and_is_not_written_out() -> None:
    derivation = derive("tum-2022/6", "w11")
    names = {detail: [text(expr) for line in derivation.said(detail) for expr in calls(line[:1])] for detail in DETAILS}
    assert names["brief"] == ["leaky_relu(x, alpha)"]
    assert names["normal"][:2] == ["leaky_relu(x, alpha)", "mse(yhat, y)"]
    # sech stands in the local derivative, which is not shown in brief
    saturated = derive("inputs: {x: 16}\nnodes: {y: tanh(x), L: 2*y}\n", "x")
    assert [bool(saturated.said(detail)) for detail in DETAILS] == [False, True, True]


def calls(words: tuple[str | Expr, ...]) -> list[Expr]:
    return [part for part in words if not isinstance(part, str)]


MARKED = Derivation(
    "backprop",
    "",
    (
        Step(
            "s", "s", ("Step",),
            (
                Note(("always",)), Note(("seldom",), "normal"), Note(("rarely",), "full"),
                Equation(Sym("a"), (
                    Link("=", Sym("beech")), Link("≈", Sym("cedar"), detail="full"),
                    Link("=", Sym("willow"), detail="normal"), Link("=", Value(Fraction(7))),
                )),
            ), detail="brief",
        ),
    ),
    conventions=(("everywhere",), Note(("usually",), "normal"), Note(("hardly",), "full")),
)  # fmt: skip


@pytest.mark.parametrize("format", WHOLE)
@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("brief", "everywhere always beech"),
        ("normal", "everywhere usually always seldom beech willow"),
        ("full", "everywhere usually hardly always seldom rarely beech cedar willow"),
    ],
)
def test_every_format_leaves_the_same_out(format: str, detail: Detail, words: str) -> None:
    written = render(format, MARKED, Look(detail=detail))
    every = ["everywhere", "usually", "hardly", "always", "seldom", "rarely", "beech", "cedar", "willow"]
    # letters of a name may be set one by one
    plain = written.replace("{", "").replace("}", "")
    assert [word for word in every if word in plain] == words.split()


@pytest.mark.parametrize(
    ("detail", "line"),
    [("brief", "a = beech ≈ 7"), ("normal", "a = beech ≈ willow = 7"), ("full", "a = beech ≈ cedar = willow = 7")],
)
def test_after_a_side_that_is_left_out_what_was_rounded_there_stays_so(detail: Detail, line: str) -> None:
    assert line in render("text", MARKED, Look(detail=detail))
    (equation,) = equations(MARKED.at(detail))
    assert number_of(equation.links[-1].expr) == 7


# ---- sides on lines


LONG = Sym("a" * 34)


@pytest.mark.parametrize(
    ("sides", "lines"),
    [
        # all on one line where they fit
        (["b", "c"], ["y = b = c"]),
        # else the last lines are filled: a value stands beside what it is the value of
        ([LONG, LONG, "b"], ["y = aaa", "  = aaa = b"]),
        ([LONG, "b", LONG, "c"], ["y = aaa", "  = b = aaa = c"]),
        ([LONG, LONG, LONG, "b"], ["y = aaa = aaa", "  = aaa = b"]),
        # a word on why stands at the end of its line
        ([LONG, ("b", "why"), LONG, "c"], ["y = aaa", "  = b = aaa = c   (why)"]),
        ([LONG, (LONG, "why"), "b"], ["y = aaa", "  = aaa = b   (why)"]),
        ([LONG, (LONG, "why " * 8), "b"], ["y = aaa", f"  = aaa   ({'why ' * 8})", "  = b"]),
        # what is broken stands by itself
        ([parse(f"{'a' * 34} + {'b' * 34} + {'c' * 34}"), "d", "e"], ["y = aaa + bbb", "    + ccc", "  = d = e"]),
    ],
)
def test_sides_share_lines_from_the_end(sides: list[Expr | str | tuple[str, str]], lines: list[str]) -> None:
    links = []
    for side in sides:
        expr, why = side if isinstance(side, tuple) else (side, "")
        links.append(Link("=", Sym(expr) if isinstance(expr, str) else expr, (why,) if why else ()))
    step = Step("s", "s", ("Step",), (Equation(Sym("y"), tuple(links)),))
    written = render("text", Derivation("forward", "", (step,)), Look(width=80)).splitlines()[1:]
    short = [line[3:].replace("a" * 34, "aaa").replace("b" * 34, "bbb").replace("c" * 34, "ccc") for line in written]
    assert short == lines
