"""Laws of the reader of pages of working: anything is read or told, digits are kept, what is printed is read back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepper.api import backprop
from stepper.core.expr import Num
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.traverse import walk
from stepper.read.bundled import load_graph
from stepper.read.working import Names, read_claim, read_page
from tests.test_working_pages import ADAM, ARRAYS, LISTING, NET


@pytest.mark.parametrize(
    "known", [NET, ARRAYS, ADAM, LISTING, Names()], ids=["net", "arrays", "run", "listing", "nothing"]
)
@settings(deadline=None, max_examples=150)
@given(page=st.text(max_size=200) | st.text(alphabet="h1L=,.(){}[]\\ $_^-+/dw∂|…a;:'\n&%*", max_size=120))
def test_any_text_is_read_or_told(known: Names, page: str) -> None:
    for line in read_page(page, known, ["h1"]):
        assert line.number >= 1
    read_claim(page, known)


@settings(deadline=None, max_examples=100)
@given(
    whole=st.integers(0, 999), rest=st.text("0123456789", min_size=1, max_size=6), sign=st.sampled_from(["", "-", "−"])
)
def test_the_digits_are_kept_as_they_are_written(whole: int, rest: str, sign: str) -> None:
    for point in (".", ","):
        (chain,) = read_claim(f"h1 = {sign}{whole}{point}{rest}", NET).chains
        (side,) = chain.sides
        assert side.expr is not None
        assert Num(f"{whole}.{rest}") in list(walk(side.expr))


def names_of(graph: Graph) -> Names:
    return Names(
        [*graph.leaves, *graph.nodes],
        output=graph.output or "",
        updated=[leaf.name for leaf in graph.leaves.values() if leaf.kind == "parameter"],
        reads={name: node.reads for name, node in graph.nodes.items()},
        functions=graph.functions,
        labels=graph.labels,
    )


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.parametrize("name", ["tum-2022/6", "uio-2019/1", "tum-2022/1.9", "uio-2021/9b", "umass-682/4.4"])
def test_what_stepper_prints_is_read_back(name: str, form: str) -> None:
    """Every equation of a worked backward pass is a chain about a quantity of the graph, and none is left out."""
    graph = load_graph(name)
    known = names_of(graph)
    solution = backprop(name, wrt="all", digits=6)
    lines = read_page(str(solution.to(form)), known)
    assert [line.text for line in lines if line.problem] == []
    sides = [side for line in lines for chain in line.chains for side in chain.sides]
    assert [side.problem for side in sides if side.expr is None] == []
    keys = {text(chain.key) for line in lines for chain in line.chains}
    assert keys >= set(graph.nodes)
    assert keys >= {f"d{graph.output}/d{leaf.name}" for leaf in graph.leaves.values() if leaf.kind == "parameter"}


HOSTILE = [
    "=", "(", "{", "[", ")", "}", r"\frac", r"\frac{", r"\hat", "$", "a ", "1 ", "+1", "1,", "h1=2,", "h1=", "_{",
    "^{", "x^{2}", r"\begin{bmatrix}", r"\begin{cases}", "|", "'", "…", "word, ", "h1:", "h1 -> ", "h1 -> 2 ",
    "[1]", ";", "d/", "∂L/∂", "(1 if ", "-", "^2", "√", "(b) ", "   ", "\t", "ŷ₁", "*", "h1(new)", "1.", "a_",
    "a.b", "5%", "1·10^", "max(", "and h1 = 2 ", "⎡", "\n= 2", "\n+ 2",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_read_in_no_time(piece: str) -> None:
    begun = time.process_time()
    for known in (NET, LISTING):
        read_page("h1 = " + (piece * 20_000)[:19_990], known)
        read_page((piece * 20_000)[:19_990], known)
    assert time.process_time() - begun < 10


def test_limits_are_told() -> None:
    (page,) = read_page("h1 = 1\n" * 150_000, NET)
    assert page.problem == "this page has 1,050,000 characters; the limit is 1,000,000"
    (line,) = read_page("h1 = " + "1" * 20_000, NET)
    assert line.problem == "this line has 20,005 characters; the limit is 20,000"
    *_, last = read_page("h1 = 1\n" * 10_001, NET)
    assert last.problem == "a page has at most 10,000 lines; the rest is not read"
