"""What works out the answers of a graph, a network, a task or an algorithm, by what it is."""

from __future__ import annotations

from typing import Protocol

from stepper.core.algorithm import Run
from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case
from stepper.core.exercise import Exercise
from stepper.core.lines import Lines
from stepper.core.network import Network
from stepper.core.task import Task
from stepper.engine.answers.graphs import Answers
from stepper.engine.values.judging import Finding
from stepper.engine.values.symbolic_limits import Patience


class Judge(Protocol):
    """What compares an answer with what is found for its key."""

    def finding(self, key: str, written: str) -> Finding: ...


def judge_of(subject: Exercise, case: Case, patience: Patience | None = None) -> Judge:
    """What works out the answers of one case, each derivation once; ``patience`` for what SymPy is asked about
    formulas.
    """
    patience = patience or Patience()
    if isinstance(subject, Network):
        from stepper.engine.answers.networks import NetworkAnswers

        return NetworkAnswers(subject, case)
    if isinstance(subject, Task):
        from stepper.engine.answers.tasks import TaskAnswers

        return TaskAnswers(subject, case)
    if isinstance(subject, Run):
        from stepper.engine.answers.runs import RunAnswers

        return RunAnswers(subject, case)
    if isinstance(subject, Lines):
        from stepper.engine.answers.derivations import LineAnswers

        return LineAnswers(subject, case, patience)
    if isinstance(subject, ArrayGraph) and subject.letters:
        from stepper.engine.answers.lettered import LetteredAnswers

        return LetteredAnswers(subject, case, patience)
    if isinstance(subject, ArrayGraph):
        from stepper.engine.answers.arrays import ArrayAnswers

        return ArrayAnswers(subject, case, patience)
    return Answers(subject, case, patience)
