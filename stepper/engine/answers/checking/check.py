"""Claims and pages of working, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, islice

from stepper.core.algorithm import Run
from stepper.core.exercise import Exercise
from stepper.core.expr import Expr, Num
from stepper.core.graph import Graph
from stepper.core.lines import Lines
from stepper.core.network import Network
from stepper.core.prose import Prose
from stepper.core.steps import Derivation
from stepper.core.task import Task
from stepper.core.working import Line, Papers
from stepper.engine.answers.checking.subject import GraphSubject, Subject
from stepper.engine.answers.checking.verdicts import verdicts
from stepper.engine.answers.checking.wording import WHOLE
from stepper.errors import Problem, StepperError


def check(
    of: Exercise,
    lines: Sequence[Line],
    options: Mapping[str, str],
    ascent: bool = False,
    hint: int = WHOLE,
) -> Derivation:
    """The verdict on everything that is written, and of what is wrong the mistake."""
    from stepper.engine.answers.checking.report import report

    keys = [written.key for line in lines for written in line.chains]
    subject = subject_of(of, keys, options, ascent)
    return report(subject, lines, verdicts(subject, lines), hint)


def check_many(of: Exercise, papers: Papers, options: Mapping[str, str], ascent: bool = False) -> Derivation:
    """What many wrote: how many are right in each quantity, which mistakes they made, and each by itself."""
    from stepper.engine.answers.checking.many import CLASS, marked
    from stepper.engine.answers.checking.many_report import report as report_many

    subject = subject_of(of, papers.keys, options, ascent)
    first = list(islice(papers.rows, CLASS + 1))
    if not first:
        raise StepperError(Problem("this table has headings and no answers"))
    judged = marked(subject, papers.keys, chain(first, papers.rows), len(first) <= CLASS)
    return report_many(subject, papers.keys, [_value(subject, key) for key in papers.keys], papers.unread, judged)


def _value(subject: Subject, key: Expr) -> Prose:
    """What a quantity is."""
    try:
        found = subject.finding(key, Num("0")).found
    except StepperError:
        return ()
    return () if found is None else (found,) if isinstance(found, str) else subject.shown(found)


def subject_of(of: Exercise, keys: Sequence[Expr], options: Mapping[str, str], ascent: bool = False) -> Subject:
    """What is checked, by what it is."""
    if isinstance(of, Network):
        from stepper.engine.answers.checking.network_subject import subject_of_network

        return subject_of_network(of)
    if isinstance(of, Task):
        from stepper.engine.answers.checking.task_subject import TaskSubject

        return TaskSubject(of, options)
    if isinstance(of, Run):
        from stepper.engine.answers.checking.run_subject import RunSubject

        return RunSubject(of, options)
    if isinstance(of, Lines):
        raise StepperError(
            Problem("the lines of a derivation are checked one by one", hint="stepper check, with a page")
        )
    if of.holds_arrays:
        from stepper.core.arrays import ArrayGraph
        from stepper.engine.answers.checking.array_subject import ArraySubject

        assert isinstance(of, ArrayGraph)
        return ArraySubject(of, keys, options)
    return GraphSubject(of, keys, options, ascent)


def axes_of(of: Exercise) -> Mapping[str, int]:
    """Along how many axes each quantity of a graph of arrays has entries; of anything else nothing."""
    if not isinstance(of, Graph) or not of.holds_arrays:
        return {}
    from stepper.core.arrays import ArrayGraph
    from stepper.engine.tensor.quantities import Board
    from stepper.engine.values.quantities import Settings

    assert isinstance(of, ArrayGraph)
    return {name: len(shape) for name, shape in Board(of, Settings()).shapes.items()}
