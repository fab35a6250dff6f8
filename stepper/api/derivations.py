"""Asked of a document that is no graph, network or task: how is what it states derived?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from stepper.errors import Problem, StepperError
from stepper.render.look import Look
from stepper.solution import Solution

if TYPE_CHECKING:
    from stepper.core.steps import Derivation, Detail
    from stepper.engine.values.quantities import Settings

Work: TypeAlias = "Callable[[str, str, Settings], Derivation]"
"""Reads a document's text, whose origin has a name, and works it out."""


def derive(source: str | Path, /, *, digits: int = 4, exact: bool = False, detail: Detail = "normal") -> Solution:
    """A document that is derived: an algorithm run on data, by its path, its bundled name, or as text.

    >>> import stepper as st
    >>> st.derive("tum-2022/2.11").answers["stop_epoch"]
    Fraction(6, 1)

    Raises:
        StepperError: where it cannot be read, or is not derived; the message says which command it is for.
    """
    from stepper.api.asking import is_text
    from stepper.engine.values.quantities import Settings
    from stepper.read.files import source_of

    text, origin = (str(source), "text") if is_text(source) else source_of(str(source))
    look = Look(digits=digits, exact=exact, detail=detail)
    return Solution(_work_for(text)(text, origin, Settings(digits, exact)), look)


def _work_for(text: str) -> Work:
    """What works a document out, by what it is."""
    from stepper.read.dialect import looks_like_run

    kinds: tuple[tuple[Callable[[str], bool], Work], ...] = ((looks_like_run, _algorithm),)
    for looks, work in kinds:
        if looks(text):
            return work
    hint = "a document has the section 'algorithm:'; graphs are for forward and backprop, networks for shapes"
    raise StepperError(Problem("there is nothing to derive here", hint=hint))


def _algorithm(text: str, origin: str, settings: Settings) -> Derivation:
    from stepper.engine.algorithms.derivation import derive as work
    from stepper.read.algorithm import read_run

    return work(read_run(text, origin), settings)
