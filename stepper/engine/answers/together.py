"""Many items worked at once: documents go to as many processes as there are cores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from stepper.core.exam import Item
from stepper.core.exercise import Exercise
from stepper.core.lines import Lines
from stepper.core.progress import tell
from stepper.engine.answers.examination import Outcome, examine
from stepper.engine.values.symbolic_limits import Patience

FEWEST, MOST_PROCESSES = 8, 8
"""Of fewer documents none is worth a process of its own."""
Job: TypeAlias = tuple[Exercise, Sequence[Item]]


def outcomes_of(items: Sequence[tuple[Exercise, Item]]) -> list[Outcome]:
    """What is found of each item, in their order; a document's items are worked together."""
    places: dict[int, list[int]] = {}
    for place, (subject, _) in enumerate(items):
        places.setdefault(id(subject), []).append(place)
    # proofs take longest and begin first, so that the processes end together
    groups = sorted(places.values(), key=lambda group: not isinstance(items[group[0]][0], Lines))
    jobs = [(items[group[0]][0], [items[place][1] for place in group]) for group in groups]
    processes = min(_cores(), MOST_PROCESSES)
    if len(jobs) < FEWEST or processes < 2:
        found = _counted(map(_examined, jobs), len(items))
    else:
        from concurrent.futures import ProcessPoolExecutor, as_completed

        with ProcessPoolExecutor(processes) as pool:
            waiting = [pool.submit(_examined, job) for job in jobs]
            _counted((job.result() for job in as_completed(waiting)), len(items))
            found = [job.result() for job in waiting]
    ordered = {place: outcome for group, done in zip(groups, found, strict=True)
               for place, outcome in zip(group, done, strict=True)}  # fmt: skip
    return [ordered[place] for place in range(len(items))]


def _counted(found: Iterable[list[Outcome]], total: int) -> list[list[Outcome]]:
    done: list[list[Outcome]] = []
    count = 0
    for outcomes in found:
        done.append(outcomes)
        count += len(outcomes)
        tell("items", count, total)
    return done


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _examined(job: Job) -> list[Outcome]:
    subject, items = job
    patience = Patience()  # for all that is asked of SymPy about a document
    return [examine(subject, item, patience) for item in items]
