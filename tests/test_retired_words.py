"""Retired phrases stay away from all that a reader can see; the glossary in CONTRIBUTING.md has what replaces them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.list_words import ROOT, Sentence, sentences

RETIRED = {
    # derivations
    r"numbers? put in": "substituting the numbers",
    r"put in path by path": "substituting the local derivatives path by path",
    r"how it arose": "computed as",
    r"over all that read": "over the nodes that use it",
    r"(?:one term|one entry|one kernel|one number|samples|neurons) a (?:path|row|class|channel|step|layer)": "per",
    r"one a (?:line|row)": "one per line",
    r"takes the formulas alone": "evaluates only the formulas",
    r"the transpose makes it fit": "hence the transpose",
    r"what arrives": "the upstream gradient",
    r"gradient (?:that )?arriv(?:es|ing)": "the upstream gradient",
    r"entry by itself": "entry by entry",
    r"(?:kink|tie) stands here": "there is a kink here",
    r"is read by (?:\{\w+\}|\d+|nothing)": "is used by 4 nodes",
    r"are read by nothing": "no node uses",
    r"what comes back": "contributions",
    r"comes back along": "the contribution passed back along it",
    r"parts from": "differs from",
    r"goes the same way": "takes the same steps",
    r"sees": "covers (of a receptive field)",
    r"again and again": "repeatedly",
    r"change places": "are swapped",
    r"all places where it stands": "all its copies",
    r"is what comes of it": "is the result",
    r"held back": "blocked",
    r"turned round": "rotated, flipped",
    r"for ever": "forever",
    r"to and fro": "oscillates",
    r"(?:channels|features|numbers) that come in": "the input channels",
    r"all that comes in": "the whole input",
    r"decays by itself": "decays directly",
    r"the jump before": "the previous jump",
    r"made longer by": "extended by",
    # errors and hints
    r"mapping of names": "entries 'name: value'",
    r"the YAML breaks": "this is not valid YAML",
    r"blanks?,? (?:not|belongs|follows)|no blanks": "spaces",
    r"full stop": "decimal point",
    r"not settled": "ambiguous",
    r"columns meet|rows meet": "the inner sizes differ, 1 column against 4 rows",
    r"names no format": "no format has the suffix",
    r"(?<!there )(?:is|are) no (?!longer|such|class|layer|order|file|way)(?=[a-z])": "is not a",
    r"it wants|is wanted": "it expects, is expected",
    r"and got|and gets": "but got, but gets",
    r"stands? (?:here|twice|only|last|first|before it|inside|outside)": "appears, is allowed, comes",
    r"stands? (?:under|at the top)": "is listed, is stated",
    r"(?:says|states|tells) nothing": "does not say",
    r"kinks? (?:lies|lie) on the way": "a kink lies within the step",
    r"so many": "this many, the given number of",
    # help and pages
    r"a head of properties": "YAML front matter",
    r"found out by itself": "detected automatically",
    r"is not a detail": "matters",
    r"conventions said": "explicit conventions",
    r"in your order": "as you wrote it",
    r"the slip that makes": "the mistake that explains",
    r"told apart": "shown separately",
    r"works every": "works out every",
}
"""What is no longer said, as a pattern, and what is said instead."""

PAGES = [*sorted(path for path in (ROOT / "docs").rglob("*") if path.suffix in (".md", ".ipynb")), ROOT / "README.md"]


def retired(text: str) -> list[str]:
    """The retired phrases of a text, over its line ends, each with what to say."""
    line = " ".join(text.split())
    found = [(re.search(rf"\b(?:{phrase})\b", line, re.IGNORECASE), instead) for phrase, instead in RETIRED.items()]
    return [f"'{match[0]}' is retired: {instead}" for match, instead in found if match]


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("3  Numbers put\n   in path by path", ["Numbers put in", "put in path by path"]),
        ("'w' is no number", ["is no "]),
        ("there is no number here; a kink lies within the step", []),
        ("A unit sees 3 rows", ["sees"]),
        ("seesaw, foreseen, blanket", []),
    ],
)
def test_a_retired_phrase_is_found_across_lines_and_as_whole_words(text: str, phrases: list[str]) -> None:
    assert [one.split("' is retired")[0][1:] for one in retired(text)] == phrases


def test_no_sentence_says_a_retired_phrase() -> None:
    said: list[tuple[Sentence, list[str]]] = [(one, retired(one.text)) for one in sentences()]
    assert [f"{one.file}:{one.line}: {one.text}: {found}" for one, found in said if found] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_says_a_retired_phrase(page: Path) -> None:
    assert retired(page.read_text("utf-8")) == []
