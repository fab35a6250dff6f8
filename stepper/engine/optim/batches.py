"""Which samples each step of a run reads: all of them, or batches in the order of the file or in one drawn anew for
each epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random

from msgspec import Struct

from stepper.core.task import Task


class Batch(Struct, frozen=True):
    """The samples of one step, counted from 0; ``epoch`` counts from 1 how often all have been begun."""

    epoch: int
    samples: Sequence[int]


def among(batch: Batch | None) -> Sequence[int] | None:
    """The samples of a batch, or all."""
    return batch.samples if batch is not None else None


class Batches:
    """The batches of a task by the number of the step; None where every step reads all samples.

    An epoch reads each sample once: its last batch is smaller where the size does not divide their number.
    """

    def __init__(self, task: Task) -> None:
        self.size, self.seed, self.count = task.batch, task.seed, len(task.samples)
        self.order = lru_cache(maxsize=1)(self._order)

    def of(self, number: int) -> Batch | None:
        """The batch of a step."""
        if self.size is None:
            return None
        each = -(-self.count // self.size)
        epoch, place = divmod(number - 1, each)
        return Batch(epoch + 1, self.order(epoch + 1)[place * self.size : (place + 1) * self.size])

    def _order(self, epoch: int) -> Sequence[int]:
        """The samples in the order of an epoch; a seed draws the same orders on every machine."""
        if self.seed is None:
            return range(self.count)
        chance = Random(f"{self.seed} {epoch}")  # noqa: S311 - samples are mixed, nothing is kept secret
        return sorted(range(self.count), key=[chance.random() for _ in range(self.count)].__getitem__)
