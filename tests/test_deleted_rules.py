"""Each rule is needed by what cites it, and by nothing else: without it exactly those derivations fail or change."""

from __future__ import annotations

from functools import cache

import pytest

from stepper.tables import theorems, theorems_of_matrices
from stepper.tables.theorem import Theorem
from tests.derivation_corpus import CORPUS, derived, lines_of, name_of, named_in, without

CONDITIONS = theorems_of_matrices.DEFINITENESS
ROWS = tuple(dict.fromkeys((*theorems.ALL, *theorems.MOMENTS, *theorems.APART, *theorems_of_matrices.MATRIX_THEOREMS)))
MINIMA = [place for place, asked in enumerate(CORPUS) if asked.get("solve") == "minimum"]


def label(row: Theorem) -> str:
    return f"{row.name} {row.pattern} {row.condition}"


class Found:
    """A derivation with all rules: what is seen of it, the rules that applied, those that are named."""

    def __init__(self, place: int) -> None:
        met: dict[Theorem, None] = {}
        with without(None, met):
            found = derived(CORPUS[place])
        self.lines, self.met, self.refused = lines_of(found), met, isinstance(found, str)
        named = named_in(found)
        shown = [row for row in met if any(f", {row.name}, " in note for note in named)]
        names = [row.name for row in shown]
        self.cited = [row for row in shown if names.count(row.name) == 1]
        """Of rows that have one name only where no other of them applied too."""


@cache
def found(place: int) -> Found:
    return Found(place)


def changes_without(row: Theorem, place: int) -> bool:
    """Does the derivation fail or change? Where another row of the same name takes its place, it may look as before."""
    met: dict[Theorem, None] = {}
    with without(row, met):
        lines = lines_of(derived(CORPUS[place]))
    before = found(place)
    return lines != before.lines or any(other.name == row.name and other not in before.met for other in met)


@pytest.mark.parametrize("place", range(len(CORPUS)), ids=lambda place: name_of(CORPUS[place]))
def test_with_all_rules_it_is_derived(place: int) -> None:
    assert not found(place).refused, found(place).lines


@pytest.mark.parametrize("row", [row for row in ROWS if row not in CONDITIONS], ids=label)
def test_what_cites_a_rule_needs_it(row: Theorem) -> None:
    every = range(len(CORPUS))
    citing = [place for place in every if row in found(place).cited]
    assert [name_of(CORPUS[place]) for place in citing if not changes_without(row, place)] == []
    met = (place for place in every if row in found(place).met)
    assert citing or any(changes_without(row, place) for place in met), "no derivation needs it"


@pytest.mark.parametrize("row", [row for row in ROWS if row not in CONDITIONS][::25], ids=label)
def test_what_does_not_meet_a_rule_is_the_same_without_it(row: Theorem) -> None:
    others = [place for place in range(0, len(CORPUS), 2) if row not in found(place).met]
    assert [name_of(CORPUS[place]) for place in others if changes_without(row, place)] == []


@pytest.mark.parametrize("row", CONDITIONS, ids=label)
def test_some_minimum_needs_each_rule_of_what_is_positive(row: Theorem) -> None:
    likely_first = sorted(MINIMA, key=lambda place: row.name not in found(place).lines)
    assert any(changes_without(row, place) for place in likely_first)
