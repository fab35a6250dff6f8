"""What is asked where several mistakes give a number, which are weighed against slips, and how long it may take."""

from __future__ import annotations

import pytest

from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.traverse import names
from stepper.engine.answers.finding.explanation import Given, Outcome, answered, by_chance, changes_of, slipped
from stepper.engine.answers.finding.search import Finder
from stepper.engine.values.judging import spelling
from stepper.tables.mistakes import MISTAKES
from tests.test_mistakes import graphs, tasks


def given(key: str, written: str) -> Given:
    expr = parse(written)
    number = number_of(expr)
    assert number is not None
    return Given(key, spelling(expr), number)


def asked(finder: Finder, key: str, digits: int) -> list[Outcome]:
    """What is said to each number that a mistake makes of a quantity."""
    right = finder.calculation.numbers[key]
    wrong = {f"{float(numbers[key]):.{digits}g}" for _, numbers in finder.made if numbers.get(key, right) != right}
    return [finder.explained(given(key, number), pairs=False) for number in sorted(wrong) if "e" not in number]


@pytest.mark.parametrize("place", range(0, len(graphs()), 4))
def test_a_question_has_another_answer_under_each_mistake_that_is_told(place: int) -> None:
    """Under both ways of one, where two are the same formula."""
    finder = graphs()[place]
    questions = 0
    for outcome in asked(finder, "L", 2):
        if outcome.question is None:
            continue
        questions += 1
        key = text(outcome.question)
        told = [
            {answered(finder.calculation.changed(changes_of(way), [key]).get(key)) for way in each.told}
            for each in outcome.found
        ]
        every = set().union(*told)
        assert sum(map(len, told)) == len(every) if outcome.decides else len(every) > 1
    assert questions


def test_a_common_mistake_is_told_before_a_slip_and_a_seldom_one_behind() -> None:
    """With more digits a slip, and a miscalculation, is less likely to give just this number."""
    assert slipped(given("L", "0.12")) > slipped(given("L", "0.1234"))
    assert by_chance(given("L", "0.12")) > by_chance(given("L", "0.1234"))
    finder = graphs()[0]
    right = float(finder.calculation.numbers["yhat"])
    changed = f"{right:.5f}"[:-1] + ("3" if f"{right:.5f}"[-1] != "3" else "4")
    assert finder.explained(given("yhat", changed)).pen is not None


def test_of_two_mistakes_that_which_changes_fewer_quantities_is_likelier() -> None:
    finder = graphs()[0]
    of_steps, of_values = (
        {each.reach for each in finder.candidates if each.line.of == of and len(each.places) == 1}
        for of in ("step", "value")
    )
    assert of_steps == {1}
    assert max(of_values) > 10


def test_a_search_ends_when_it_has_worked_enough() -> None:
    """The likeliest mistakes are looked at first; the same ones on every machine."""
    few, whole = (Finder(graphs()[0].calculation, MISTAKES, most=most) for most in (300, None))
    found = few.explained(given("L", "0.123"), pairs=False), whole.explained(given("L", "0.123"), pairs=False)
    assert [each.stopped for each in found] == [True, False]
    assert 0 < found[0].tried < found[1].tried


@pytest.mark.parametrize(
    "finder", [*graphs()[::3], *tasks()], ids=lambda finder: " ".join(finder.calculation.lines)[:30]
)
def test_no_mistake_takes_what_is_worked_out_later_from_the_same_line(finder: Finder) -> None:
    """m̂ cannot be taken for m in m̂."""
    for each in finder.candidates:
        for name, formula in each.changes.items():
            assert not {text(read) for read in names(formula)} & finder.calculation.after([name]), each.row.change
