"""What a way is: it changes a formula in one place at a time, and tells what was there and what comes in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from stepper.core.expr import Expr
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.edits.change import Change, parts

Way: TypeAlias = Callable[[Line, Calculation], Iterator[Change]]


def of_parts(change: Callable[[Expr], Iterator[Change]]) -> Way:
    """A way that changes each part of a formula by itself."""

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        for part, put in parts(line.formula):
            for made in change(part):
                yield Change(put(made.formula), made.part, made.other)

    return way
