"""What published solutions print that is wrong about computed values: found by working it out, and named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import pytest

from stepper.core.exam import Item
from stepper.core.exercise import Exercise
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.engine.answers.examination import Outcome, examine
from stepper.engine.answers.printed import Printed
from stepper.read.bundled import load_document
from stepper.read.files import documents, listings
from stepper.tables.edits import BRACKETS, EDITS
from stepper.tables.mistakes import MISTAKES
from stepper.tables.mistakes_in_arrays import ARRAY_MISTAKES
from stepper.tables.mistakes_in_shapes import SHAPE_MISTAKES

ROWS = {row.name for row in (*MISTAKES, *ARRAY_MISTAKES, *SHAPE_MISTAKES)} | {row.change for row in (*EDITS, *BRACKETS)}
"""What names a mistake: a row of mistakes by its name, a row of changes by its change."""
SLIP, CONVENTION, REFUSED = "slip of the pen", "convention", "refused"
"""What names one without a row: two digits exchanged; the option that is taken; why it is no layer, or no step."""

PUBLISHED = [
    # item, what is wrong in it, what is said of it, by which row
    ("uio-2021-5b", "rf(l3)", "3 + 2*10 is 23, not 32; the digits 3 and 2 are exchanged", SLIP),
    ("uio-2021-7b", "de/dx1", "its brackets do not match; the factor ∂f/∂d is left out, with the bracket after it",
     "put a factor and its bracket in"),
    ("uio-2021-12a2", "dh/dw1", "w2*A2 is kept in ∂fA/∂w1, though it is constant, and likewise in fB",
     "constant terms kept"),
    ("uio-2021-12a2", "dh/dw2", "w1*A1 is kept in ∂fA/∂w2, though it is constant, and likewise in fB",
     "constant terms kept"),
    ("uio-2021-12a1", "right", "the sum is squared in right, not each entry", "sum squared"),
    ("uio-2021-12a0", "holds", "where(left < right, 1, 0) is written for where(left <= right, 1, 0)",
     "another comparison"),
    ("uio-2021-9a1", "height(up)", "the stride is taken to be the kernel, in layer up", "kernel for stride"),
    ("uio-2021-5a", "height(conv)", "2*p*K is written for 2*p - K; right is floor((n + (2*p - K))/s + 1)",
     "another operator"),
    ("tum-2022-2.4-regulariser", "R", "the factor lambda is left out of R", "factor left out"),
    ("tum-2022-4.5", "shape(conv)", "a stride is at least 1", REFUSED),
    ("tum-2022-4.7", "rf(pool1)", "the layer's own stride is counted", "own stride counted"),
    ("tum-2022-4.7", "rf(conv1)", "", ""),
    ("tum-2022-6.2", "L", "it is right under another convention: --convention mse=sum takes it", CONVENTION),
    ("tum-2022-8.7", "w[1]", "divides by zero", REFUSED),
    ("tum-2022-2.7", "L", "y_t is written for y; right is mean((y - yhat)^2)", "another name"),
    ("uio-2019-4d-scale", "scaled", "p is taken for 1 - p in scaled", "one minus left out"),
    ("uio-2019-4d", "o", "the formula is M @ products/(1 - p); p is taken for 1 - p in o", "one minus left out"),
    ("uio-2019-4e", "o", "the formula is M @ products/(1 - p); p is taken for 1 - p in o", "one minus left out"),
]  # fmt: skip


@lru_cache(maxsize=1)
def items() -> Mapping[str, tuple[Exercise, Item]]:
    """Every bundled item that has a published solution."""
    names = dict.fromkeys(name for name, _ in (*documents(), *listings()))
    loaded = [load_document(name)[:2] for name in names]
    return {item.name: (subject, item) for subject, own in loaded for item in own if item.published is not None}


@lru_cache
def outcome(name: str) -> Outcome:
    return examine(*items()[name])


def wrong(found: Outcome) -> list[Printed]:
    return [printed for printed in (*found.published, *found.steps) if printed.agrees is False]


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


@pytest.mark.parametrize(("name", "key", "says", "row"), PUBLISHED, ids=lambda value: value)
def test_what_is_wrong_in_a_published_solution_is_found_and_named(name: str, key: str, says: str, row: str) -> None:
    (printed,) = (each for each in wrong(outcome(name)) if text(each.key) == key)
    assert says in said(printed.why) + said(printed.judgement.note)
    assert row in {*ROWS, SLIP, CONVENTION, REFUSED, ""}
    assert bool(printed.row) is (row in ROWS)
    assert printed.row == (row if row in ROWS else "")


def test_nothing_else_is_found_wrong() -> None:
    """Each line that is judged wrong stands in the table; fourteen of the exams' errors are about computed values."""
    found = {(name, text(printed.key)) for name in items() for printed in wrong(outcome(name))}
    assert found == {(name, key) for name, key, *_ in PUBLISHED}
    errors = {name for name, *_ in PUBLISHED} - {"uio-2019-4e", "uio-2019-4d"}
    assert len(errors) == 14
    assert len({name for name, _, _, row in PUBLISHED if row in ROWS} & errors) >= 8


def test_a_document_says_in_words_only_what_is_not_found() -> None:
    """Where something is found wrong, the words are about something else."""
    published = {name: item.published for name, (_, item) in items().items()}
    both = {name for name, found in published.items() if found is not None and found.error and wrong(outcome(name))}
    assert both == {"uio-2021-12a2", "tum-2022-2.4-regulariser"}
    for name in both:
        assert outcome(name).verdict != "true"
