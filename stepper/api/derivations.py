"""Asked of a document that is no graph, network or task: how is what it states derived?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def derive(
    source: str | Path | None = None, /, *, expression: str | None = None, wrt: str | None = None,
    within: str | None = None, collect: str | None = None, solve: str | None = None, unknown: str | None = None,
    show: str | None = None, given: Sequence[str] = (), shapes: Sequence[str] = (),
    digits: int = 4, exact: bool = False, detail: Detail = "normal",
) -> Solution:  # fmt: skip
    """A derivation with letters, each line proved: a formula and what is wanted of it, or a document.

    ``wrt`` differentiates, ``within`` writes the result in terms of a quantity, ``collect`` gathers the factors of a
    name, ``solve`` solves an equation for ``unknown`` ("minimum": sets the derivative to 0), ``show`` proves a
    statement or refutes it. ``expression`` are named formulas, ``z = w*x; y = tanh(z)``. What may be assumed is
    ``given``; ``shapes`` are those of arrays. A document has ``lines:`` or ``algorithm:``.

    >>> import stepper as st
    >>> st.derive("tum-2022/2.11").answers["stop_epoch"]
    Fraction(6, 1)
    >>> st.derive("x^2*exp(x)", wrt="x").answers
    {'D(x^2*exp(x), x)': 'x*exp(x)*(2 + x)'}

    Raises:
        StepperError: where it cannot be read, or no rule leads on; the message says what is missing.
    """
    from stepper.engine.values.quantities import Settings
    from stepper.read.question import Asked

    look = Look(digits=digits, exact=exact, detail=detail)
    asked = {"wrt": wrt, "within": within, "collect": collect, "solve": solve, "unknown": unknown, "show": show}
    wanted = {name: value for name, value in asked.items() if value}
    if source is not None and (document := _document(str(source))) is not None:
        if wanted or expression or given or shapes:
            what = f"{source} is a document, which states itself what is derived"
            raise StepperError(Problem(what, hint="give a formula instead of the document, or leave the options out"))
        return Solution(_work_for(document[0])(*document, Settings(digits, exact)), look)
    if sum(bool(part) for part in (source, expression, show)) != 1:
        hint = "such as 'x^3*cos(x*y)' --wrt x, -e 'z = w*x; y = tanh(z)' --wrt w, or --show 'tanh(-x) = -tanh(x)'"
        raise StepperError(Problem("give one formula, -e or --show", hint=hint))
    from stepper.engine.derive.derivation import answer

    parts = Asked(str(source or ""), chain=expression or "", given=given, shapes=shapes, **wanted)
    return Solution(answer(parts.read()), look)


def _document(source: str) -> tuple[str, str] | None:
    """A document's text and where it is from; None of a formula."""
    from stepper.read.dialect import looks_like_run
    from stepper.read.files import is_document, source_of

    if "\n" in source.strip() or looks_like_run(source):
        return source, "text"
    return source_of(source) if is_document(source) else None


def _work_for(text: str) -> Work:
    """What works a document out, by what it is."""
    from stepper.read.dialect import looks_like_lines, looks_like_run

    kinds: tuple[tuple[Callable[[str], bool], Work], ...] = ((looks_like_run, _algorithm), (looks_like_lines, _lines))
    for looks, work in kinds:
        if looks(text):
            return work
    hint = (
        "a document has the section 'lines:' or 'algorithm:'; graphs are for forward and backprop, networks for shapes"
    )
    raise StepperError(Problem("there is nothing to derive here", hint=hint))


def _lines(text: str, origin: str, settings: Settings) -> Derivation:
    from stepper.engine.derive.page import page
    from stepper.read.lines import read_lines

    return page(read_lines(text, origin))


def _algorithm(text: str, origin: str, settings: Settings) -> Derivation:
    from stepper.engine.algorithms.derivation import derive as work
    from stepper.read.algorithm import read_run

    return work(read_run(text, origin), settings)
