"""Every number of a derivation can be recomputed by a student from the numbers above it, as printed.

A reader of its own (``recomputing.py``) judges each equation of a page: ``=`` stands between equal sides only, numbers
stand above, the side before the last comes to the last, and all sides are equal when worked out exactly.
``RECOMPUTED=50 pytest tests/test_recomputed.py`` tries that many times as many random graphs; rare mistakes come up
then.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import pytest
import yaml

import stepper as st
from tests.helpers import ROOT
from tests.reading_pages import equations, flat, given
from tests.recomputed_graphs import ARRAYS, composed, of_arrays, of_numbers
from tests.recomputing import WIDE, Judge, judged

TIMES = int(os.environ.get("RECOMPUTED", "1"))
ROUGH, FLOATS = "recomputed roughly", "≈ of floats"
UNREAD_BUNDLED = {
    "name": 62,
    "function mask": 3,
    "function eigvals": 3,
    "function multi_hinge": 1,
    "sign …": 3,
    "sign ⌈": 2,
}
"""What is not read of bundled documents, by its kind: names of letters that have no numbers, functions that the second
calculator does not have, sums that are cut short.
"""


def document(text: str) -> dict[str, Any]:
    found = yaml.safe_load(text)
    assert isinstance(found, dict)
    return found


def of_text(text: str) -> Judge:
    return judged(st.backprop(text, "leaves"), given(document(text)))


def worked(name: str) -> st.Solution | None:
    try:
        return st.backprop(name, "all")
    except st.StepperError:
        pass
    try:
        return st.forward(name)
    except st.StepperError:
        return None


def bundled() -> Iterable[tuple[str, Judge]]:
    """The graphs that have a derivation: backward, and forward where nothing is asked for. Listings of layers have
    letters for numbers.
    """
    for path in sorted((ROOT / "graphs").glob("*/*.yaml")):
        if path.name.endswith(".answers.yaml"):
            continue
        name = f"{path.parent.name}/{path.stem}"
        solution = worked(name)
        if solution is not None:
            leaves = {leaf: value for leaf, value in st.graph(name).leaves.items() if value is not None}
            yield name, judged(solution, {**leaves, **given(document(path.read_text(encoding="utf-8")))})


def tried(documents: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Judge]]:
    """What is found in documents; those that divide by zero have no derivation."""
    for name, text in documents:
        try:
            yield name, of_text(text)
        except st.StepperError as error:
            assert "divides by zero" in str(error)


def wrong(judges: Iterable[tuple[str, Judge]]) -> tuple[list[str], Counter[str], Counter[str], int]:
    """What is wrong; what is rounded too much, or is marked as rounded and is not; what was not read; equations."""
    found: list[str] = []
    known: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    count = 0
    for name, judge in judges:
        count += judge.judged
        for kind, line, told in judge.findings:
            if kind in (ROUGH, FLOATS):
                known[kind] += 1
            else:
                found.append(f"{name}: {kind}: {told}: {line.strip()}")
        unread.update(re.sub(r"^(exact|printed|left): |(?<=name) .*", "", kind) for kind, _, _ in judge.unread)
    return found, known, unread, count


def within(unread: Mapping[str, int], bounds: Mapping[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in unread.items() if count > bounds.get(kind, 0)}


def test_bundled_documents() -> None:
    found, known, unread, count = wrong(bundled())
    assert not found
    assert count > 700
    assert not within(unread, UNREAD_BUNDLED)
    assert known[ROUGH] <= 30 and known[FLOATS] <= 13


def test_random_graphs_of_arrays() -> None:
    """What is put into a line of arrays has no further digits where these are lost in a difference, as in graphs of
    numbers: then it is recomputed roughly.
    """
    documents = ((name, of_arrays(name, seed)) for seed in range(TIMES) for name in ARRAYS)
    found, known, unread, count = wrong(tried(documents))
    assert not found
    assert not within(
        {kind.partition(" in place of")[0]: count for kind, count in unread.items()},
        {
            "sign …": 20 * TIMES,
            "function scatter": 5 * TIMES,
            "name": 80 * TIMES,
            "function mask": 2 * TIMES,
            "function rot₁₈₀": 2 * TIMES,
            "_q": 2 * TIMES,
            "ₓₕₐₜ": 3 * TIMES,
            "ᵣ": 3 * TIMES,
        },
    )
    assert known[ROUGH] <= count / 4 and known[FLOATS] <= 0.01 * count


def test_random_graphs_of_several_steps() -> None:
    found, known, unread, count = wrong(tried((str(seed), composed(seed)) for seed in range(40 * TIMES)))
    assert not found
    assert not within(unread, {"sign …": 10 * TIMES, "function standardized_back": 3 * TIMES})
    assert known[ROUGH] <= count / 8 and known[FLOATS] <= 0.02 * count


def test_random_graphs_of_numbers() -> None:
    found, known, unread, count = wrong(tried((str(seed), of_numbers(seed)) for seed in range(40 * TIMES)))
    assert not found
    assert not within(unread, {"sign …": TIMES})
    assert known[ROUGH] <= 0.002 * count and known[FLOATS] <= 0.02 * count


# ---- what was wrong once


MENDED = {
    "a sum of multiples of 𝟏 is written with it": ("X: [[1, 2], [3, 4]]", "L: mean(X) + sum(X)"),
    "zeros are no target": ("X: [[1, 2], [3, 4]]", "p: tanh(X), m: '[[X[1, 1]]]', L: mean(p)*sum(m)"),
    "each line has a name": (
        "X: [[1, 2], [2, 1]], Y: [[1, 0], [0, 1]]",
        "a: 'cross_entropy(X, Y)', b: 'cross_entropy(2*X, Y)', L: a + b",
    ),
    "four functions of one line have names": (
        "X: [[1, 2], [2, 1]]",
        "Y: softmax(X) + softmax(2*X) + softmax(3*X) + softmax(4*X), L: sum(Y*Y)",
    ),
    "no line is printed as an input is": ("e: [1, 2], e_y: [1, 3]", "y: softmax(e ⊙ e_y), L: sum(y*y)"),
    "max(x, y) of lists is no max of a matrix": ("x: [1, 2], y: [3, 1]", "a: 'max(x, y)', L: sum(a*a)"),
    "max of a list and a number takes no axis": ("x: [1, -2]", "a: 'max([x, 0])', L: sum(a*a)"),
    "no gradient goes back": ("x: [1, 2], e: [1, 3]", "h: (e @ x)*e, u: 'where(h > 0, 1, 2)', L: sum(u)"),
    "only nodes that are shown are read": ("N: [[1], [3]], p: [3]", "h: 'mean(N, 1)', v: 'var(N, 1)', L: sum(v ⊙ p)"),
    "no inner function reaches the reader": (
        "X: [[2, 1], [3, 1], [0, 2]], W: [[1, 2], [2, 1]]",
        "u: batch_norm(X @ W), L: sum(u*u*u)",
    ),
}


@pytest.mark.parametrize(("inputs", "nodes"), MENDED.values(), ids=list(MENDED))
def test_what_was_wrong_once(inputs: str, nodes: str) -> None:
    judge = of_text(f"inputs: {{{inputs}}}\nnodes: {{{nodes}}}\noutput: L")
    assert not [kind for kind, _, _ in judge.findings if kind not in (ROUGH, FLOATS)]


# ---- the judge


PAGE = """
inputs: {x: [1, 3], w: [2, 1]}
nodes: {p: softmax(x), y: x ⊙ w + 1, L: sum(p*y)}
"""


@pytest.mark.parametrize(
    ("printed", "instead", "kind"),
    [
        ("", "", ""),
        # a wrong result, digit or sign
        ("[3, 4]", "[3, 5]", "false ="), ("0.8808", "0.8818", "does not come"),
        ("exp([1, 3]) ≈", "exp([1, 3]) =", "false ="),
        # a number that stands nowhere above, and one that would be seen to be wrong
        ("exp([1, 3])", "exp([1.001, 3])", "nowhere"), ("2.718 + 20.09", "2.719 + 20.09", "nowhere"),
        ("= [1, 3] ⊙ [2, 1] + 1 =", "≈ [1, 3] ⊙ [2, 1] + 1 ≈", "needless"),
    ],
)  # fmt: skip
def test_a_page_with_a_mistake_is_found_out(printed: str, instead: str, kind: str) -> None:
    solution = st.backprop(PAGE, "leaves")
    page, lines = json.loads(str(solution.to("json"))), "\n".join(flat(str(solution.to("text", width=WIDE))))
    assert printed in lines
    judge = Judge(page, lines.replace(printed, instead, 1).splitlines(), given(document(PAGE)))
    judge.run()
    found = [kind for kind, _, _ in judge.findings if kind != ROUGH]
    assert any(kind in each for each in found) if kind else not found
    assert not judge.unread


@pytest.mark.parametrize(
    ("side", "instead"),
    [("x ⊙ w + 1", "x ⊙ w + 2"), ("softmax(x)", "softmax(w)"), ("[3, 4]", "[3, 5]")],
)
def test_a_side_that_is_not_equal_is_found_out(side: str, instead: str) -> None:
    solution = st.backprop(PAGE, "leaves")
    page = json.loads(str(solution.to("json")))
    links = next(links for _, links in equations(page["steps"]) if any(link[1] == side for link in links))
    next(link for link in links if link[1] == side)[1] = instead
    judge = Judge(page, flat(str(solution.to("text", width=WIDE))), given(document(PAGE)))
    judge.run()
    assert "sides differ exactly" in [kind for kind, _, _ in judge.findings]


def test_matrices_are_read_where_they_stand() -> None:
    drawn = "       ⎡ 1  -2/3⎤\n   x̂ = ⎢ 2     4⎥·[1, 2] + ⎡1·2  0⎤\n       ⎣ 0     1⎦          ⎣  3  4⎦"
    assert flat(drawn) == ["", "   x̂ = [[1, -2/3], [2, 4], [0, 1]]·[1, 2] + [[1·2, 0], [3, 4]]", ""]


def test_what_a_document_gives() -> None:
    found = given({"inputs": {"x": [1, "1/2"], "k": 0.1, "Z": {"shape": [2], "fill": "ones"}, "t": {"shape": [2]}}})
    assert list(found["x"]) == [1, Fraction(1, 2)] and found["k"] == Fraction(1, 10) and list(found["Z"]) == [1, 1]
    assert "t" not in found
