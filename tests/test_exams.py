"""Exam items as derivations: what stands in the table, what is said below it, and how one document is shown."""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.steps import Column, Derivation, Listing, Note, Step, Table
from stepper.engine.answers.exams import Document, check_exams, show_exam
from stepper.engine.answers.listing import list_exams
from stepper.errors import StepperError
from stepper.read.bundled import load_document
from stepper.read.files import documents, listings
from stepper.read.graph import read_graph
from stepper.read.outline import outlines

BUNDLED = [name for name, _ in (*documents(), *listings())]
GRAPH = "inputs: {x: 2, s: , a: , b: }\nnodes: {y: 3*x, f: s^2, g: log(a*b), e: exp(-x)}\n"
"""y is 6, e is 0.1353… ."""


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def rows(step: Step, place: int = 0) -> list[list[str]]:
    table = [block for block in step.body if isinstance(block, Table)][place]
    return [[said(cell) for cell in row] for row in table.rows]


def notes(step: Step) -> list[str]:
    return [said(block.text) for block in step.body if isinstance(block, Note)]


def checked(*items: str) -> tuple[Derivation, StepperError | None, dict[str, Step]]:
    graph = read_graph(GRAPH + "answers:\n" + "".join(f"  {item}\n" for item in items), "graph.yaml")
    derivation, error = check_exams([(graph, item) for item in graph.items])
    assert all(step.detail == "brief" for step in derivation.steps)
    return derivation, error, {step.id: step for step in derivation.steps}


AGREES, OPEN = "exams.check exams.summary", "exams.check exams.open:a exams.summary"
FAILED, MISTAKE = "exams.check exams.failed:a exams.summary", "exams.check exams.published exams.summary"


@pytest.mark.parametrize(
    ("item", "row", "steps", "ok"),
    [
        ("{y: 6}", "1/1 | agrees | none", AGREES, True),
        ("{y: 6, f: s*s}", "2/2 | agrees | none", AGREES, True),
        ("{y: 7, f: s^2}", "1/2 | DIFFERS | none", FAILED, False),
        ("{g: log(a) + log(b)}", "0/1 | agrees | none", OPEN, None),
        ("{y: 6, g: log(a) + log(b)}", "1/2 | agrees | none", OPEN, None),
        ("{y: 7, g: log(a) + log(b)}", "0/2 | DIFFERS | none", "exams.check exams.failed:a exams.open:a exams.summary",
            False),
        ("{q: 6, y: 6}", "1/2 | 1 not worked | none", AGREES, False),
        ("{q: 6, p: 1}", "0/2 | 2 not worked | none", AGREES, False),
        ("{q: 6, y: 7}", "0/2 | DIFFERS | none", FAILED, False),
        ("{y: 6, nothing(x): 1}", "1/2 | partly: not built: nothing(x) | none", AGREES, True),
        ("{values: {y: 6}, published: {ok: true}}", "1/1 | agrees | right (in words)", AGREES, True),
        ("{values: {y: 6}, published: {error: a word is wrong}}", "1/1 | agrees | result right, a step wrong (in "
                                                                  "words)", MISTAKE, True),
        ("{values: {y: 6}, published: {error: it is 5, ok: false}}", "1/1 | agrees | wrong (in words)", MISTAKE, True),
        ("{values: {y: 6}, published: {}}", "1/1 | agrees | cannot be decided", AGREES, True),
        ("{values: {y: 6}, published: {values: {g: log(a) + log(b)}}}", "1/1 | agrees | cannot be decided", AGREES,
            True),
        ("{values: {y: 6}, published: {values: {y: 6}}}", "1/1 | agrees | right", AGREES, True),
        ("{values: {y: 6}, published: {values: {y: 5}}}", "1/1 | agrees | wrong", MISTAKE, True),
        ("{values: {y: 6}, published: {values: {y: 6}, steps: {f: s}}}", "1/1 | agrees | result right, a step wrong",
            MISTAKE, True),
        ("{values: {y: 6}, published: {values: {y: 5}, ok: true}}", "1/1 | DIFFERS | wrong",
         "exams.check exams.published exams.failed:a exams.summary", False),
        ("{values: {y: 6}, published: {values: {y: 6}, ok: false}}", "1/1 | DIFFERS | right", FAILED, False),
        ("{values: {q: 6}, published: {values: {y: 6}, ok: false}}", "0/1 | DIFFERS | right", FAILED, False),
    ],
)  # fmt: skip
def test_each_item_has_a_row_and_a_step_where_something_is_wrong(
    item: str, row: str, steps: str, ok: bool | None
) -> None:
    derivation, error, found = checked(f"a: {item}", "b: {y: 6}")
    assert [" | ".join(cells) for cells in rows(found["exams.check"])] == [f"a | {row}", "b | 1/1 | agrees | none"]
    assert " ".join(found) == steps
    assert [(check.of, check.ok) for check in derivation.checks] == [("a", ok), ("b", True)]
    assert (error is None) is ("q" not in item)


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("{values: {y: 5}}", "a: published: wrong: y is 6, and 5 is published"),
        ("{values: {y: 6}, steps: {f: s, x: 2, ∂f/∂s: s}}",
         "a: published: result right, a step wrong: f is s^2, and s is published: the square of s is left out in f; "
         "∂f/∂s is 2*s, and s is published"),
        ("{values: {e: 0.14, y: 5}}", "a: published: wrong: y is 6, and 5 is published"),
        ("{values: {e: 0.2}}", "a: published: wrong: e is about 0.1353352832366127, and 0.2 is published"),
        ("{values: {y: 5}, error: three times two is six}", "a: published: wrong: y is 6, and 5 is published; "
            "three times two is six"),
        ("{ok: partial, error: a word is wrong}", "a: published: result right, a step wrong (in words): a word is "
                                                  "wrong"),
        ("{error: a word is wrong}", "a: published: result right, a step wrong (in words): a word is wrong"),
        ("{values: {is_dag(): 'false'}}", "a: published: wrong: is_dag() is true, and false is published"),
    ],
)  # fmt: skip
def test_a_published_mistake_is_told_in_the_documents_words_or_by_what_is_wrong(published: str, words: str) -> None:
    _, error, steps = checked(
        f"a: {{values: {{y: 6}}, published: {published}}}", "b: {values: {y: 6}, published: {values: {y: 6}}}"
    )
    assert error is None
    assert notes(steps["exams.published"]) == [words]


def test_what_is_wrong_and_what_is_open_stand_in_tables_of_their_own() -> None:
    _, _, steps = checked("a: {y: 7, x: 2, f: s, g: log(a) + log(b), e: 0.14}")
    assert rows(steps["exams.failed:a"]) == [["y", "7", "6", "differs"], ["f", "s", "s^2", "differs"]]
    (row,) = rows(steps["exams.open:a"])
    assert row[0] == "g"
    assert row[3].startswith("cannot be decided: ")


def test_a_word_on_a_published_solution_that_does_not_hold_is_told_with_all_that_was_published() -> None:
    _, _, steps = checked("a: {values: {y: 6}, published: {values: {y: 6}, steps: {x: 3}, ok: true}}")
    failed = steps["exams.failed:a"]
    assert notes(failed) == [
        "The document says of the published solution: right. stepper finds: result right, a step wrong."
    ]
    assert rows(failed) == [["y", "6", "6", "agrees"], ["x", "3", "2", "differs"]]
    _, _, steps = checked("a: {values: {y: 7}, published: {values: {y: 5}, ok: true}}")
    failed = steps["exams.failed:a"]
    assert [rows(failed, place) for place in (0, 1)] == [[["y", "7", "6", "differs"]], [["y", "5", "6", "differs"]]]
    assert notes(failed) == ["The document says of the published solution: right. stepper finds: wrong."]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (["{y: 6}"], "1 of 1 item agrees, 1 value."), (["{y: 6, x: 2}"], "1 of 1 item agrees, 2 values."),
        (["{y: 7}"], "0 of 1 item agrees, 1 value."), (["{y: 6}", "{y: 7}"], "1 of 2 items agree, 2 values."),
        (["{e: 0.1353}", "{e: 0.135}"], "2 of 2 items agree, 2 values."),
        (["{values: {y: 6}, published: {values: {y: 5}}}"], "1 of 1 item agrees, 1 value."),
        (["{q: 1}"], "0 of 1 item agrees, 0 values."),
        (["{e: 0.13}", "{e: 0.1353, g: log(a) + log(b)}"], "1 of 2 items agree, 3 values; 1 cannot be decided."),
        (["{e: 0.14, g: log(a) + log(b)}", "{g: log(b) + log(a)}"], "2 of 2 items agree, 3 values; 2 cannot be "
                                                                    "decided."),
    ],
)  # fmt: skip
def test_the_summary_counts_items_and_values(items: list[str], words: str) -> None:
    _, _, steps = checked(*(f"{name}: {item}" for name, item in zip("abc", items, strict=False)))
    assert notes(steps["exams.summary"]) == [words]


def test_a_value_that_is_cut_off_is_not_right_to_its_digits() -> None:
    """An answer is rounded; what somebody published may be cut off."""
    document = "inputs: {x: 2}\nnodes: {y: x/3}\nanswers: {a: {values: {y: %s}, published: {values: {y: 0.66}}}}\n"
    for written, agrees in (("0.66", 0), ("0.67", 1)):
        graph = read_graph(document % written, "graph.yaml")
        derivation, _ = check_exams([(graph, item) for item in graph.items])
        (summary,) = (step for step in derivation.steps if step.id == "exams.summary")
        assert notes(summary) == [f"{agrees} of 1 item agrees, 1 value."]


# ---- one document, and all


def shown(*items: str) -> tuple[Derivation, list[Step]]:
    written = GRAPH + "answers:\n" + "".join(f"  {item}\n" for item in items)
    graph = read_graph(f"title: A test\nsource: a book\nlabels: {{y: why}}\n{written}", "graph.yaml")
    derivation = show_exam(Document("mine", graph, graph.items), written + "\n\n")
    document, *steps = derivation.steps
    assert document.title == ("Document ", "mine")
    (listing,) = document.body
    assert isinstance(listing, Listing)
    assert "\n".join(listing.lines) == written.rstrip()
    assert [step.detail for step in derivation.steps] == ["brief"] * len(derivation.steps)
    return derivation, steps


def columns(step: Step) -> list[str]:
    """What the second column of each table of a step holds."""
    tables: list[tuple[Column, ...]] = [block.columns for block in step.body if isinstance(block, Table)]
    return [said(found[1].title) for found in tables]


def test_an_item_is_shown_with_its_answers_and_a_published_solution_that_is_not_right() -> None:
    derivation, steps = shown(
        "a: {y: 6}",
        "b: {values: {y: 6}, published: {values: {y: 6}}}",
        "c: {values: {y: 6}, published: {values: {y: 5}, error: five}}",
        "d: {values: {y: 6}, published: {ok: false, error: in words}}",
        "e: {values: {y: 6}, published: {values: {y: 6}, steps: {f: s}}}",
        "f: {q: 1}",
        "g: {values: {y: 6, q: 1}}",
        "h: {published: {values: {y: 5}}}",
    )
    assert (derivation.title, derivation.source, derivation.notation) == ("A test", "a book", {"y": "why"})
    assert [step.id for step in steps] == [f"exams.item:{name}" for name in "abcdefgh"]
    missing = "'q' is not a quantity of this graph"
    assert [(columns(step), notes(step)) for step in steps] == [
        (["answer"], []), (["answer"], ["published: right"]),
        (["answer", "published"], ["published: wrong: y is 6, and 5 is published; five"]),
        (["answer"], ["published: wrong (in words): in words"]),
        (["answer", "published"], ["published: result right, a step wrong: f is s^2, and s is published: the square of "
                                   "s is left out in f"]),
        ([], [f"not worked: f, q: {missing}"]), (["answer"], [f"not worked: g, q: {missing}"]),
        (["published"], ["published: wrong: y is 6, and 5 is published"]),
    ]  # fmt: skip
    assert rows(steps[4], 1) == [["y", "6", "6", "agrees"], ["f", "s", "s^2", "differs"]]
    assert rows(steps[0]) == [["y", "6", "6", "agrees"]]


def test_the_list_of_documents_is_what_they_hold() -> None:
    """It is read without them: line by line beside what reading each whole gives."""
    listed = {entry.name: (entry.title, list(entry.items)) for entry in outlines()}
    whole = {name: load_document(name)[:2] for name in BUNDLED}
    assert listed == {name: (subject.title, [item.name for item in items]) for name, (subject, items) in whole.items()}


def test_all_documents_are_listed_with_their_items() -> None:
    derivation = list_exams([("x/1", "One", ["a", "b"]), ("x/2", "Two", [])])
    (step,) = derivation.steps
    assert step.detail == "brief"
    assert rows(step) == [["x/1", "One", "a, b"], ["x/2", "Two", ""]]


def test_every_bundled_document_says_where_it_comes_from() -> None:
    assert not [name for name in BUNDLED if not load_document(name)[0].source and not name.startswith("examples/")]


def test_no_two_items_have_one_name() -> None:
    names = [item.name for name in BUNDLED for item in load_document(name)[1]]
    assert len(names) > 100
    assert len(names) == len(set(names))
