"""What stands in a derivation: every formula of its steps, answers, checks and conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from stepper.core.expr import Call, Expr, Index, Sym
from stepper.core.formula import text
from stepper.core.pictures import Box, Drawing, Plot
from stepper.core.prose import Prose
from stepper.core.steps import Block, Derivation, Detail, Equation, Fact, Listing, Note, Step, Table, Trail, stricter
from stepper.core.traverse import walk


def formulas(derivation: Derivation) -> Iterator[Expr]:
    """Every formula, whole, in the order of the page: conventions, steps, answers, checks."""
    for line in derivation.said():
        yield from _spoken(line)
    yield from (part for _, part in formulas_by_detail(derivation.steps))
    for answer in derivation.answers:
        yield answer.expr
        for fact in answer.facts.values():
            yield from _told(fact)
    for check in derivation.checks:
        yield from _spoken(check.note)


def _told(fact: Fact) -> Iterator[Expr]:
    """The formulas of a value that is told beside an answer."""
    if isinstance(fact, tuple | Mapping):
        for part in fact.values() if isinstance(fact, Mapping) else fact:
            yield from _told(part)
    elif fact is not None and not isinstance(fact, str):
        yield fact


def formulas_by_detail(steps: Iterable[Step], beside: Detail = "brief") -> list[tuple[Detail, Expr]]:
    """Those of some steps, and of the steps inside them, each with the least detail at which it is shown."""
    found: list[tuple[Detail, Expr]] = []
    for step in steps:
        detail = stricter(beside, step.detail)
        found += [(detail, part) for part in (*step.title, *step.why) if not isinstance(part, str)]
        for block in step.body:
            found += [(stricter(detail, needed), part) for needed, part in _held(block)]
        found += formulas_by_detail(step.children, detail)
    return found


def names_read(exprs: Iterable[Expr]) -> set[str]:
    """The names that stand in formulas, each as a notation may spell it: quantities, their elements, functions without
    primes.
    """
    found: set[str] = set()
    for expr in exprs:
        for part in walk(expr):
            if isinstance(part, Sym):
                found.add(part.name)
            elif isinstance(part, Call):
                found.add(part.name.rstrip("'"))
            elif isinstance(part, Index):
                found.add(text(part))
    return found


def _spoken(words: Prose) -> Iterator[Expr]:
    return (part for part in words if not isinstance(part, str))


def _held(block: Block) -> Iterator[tuple[Detail, Expr]]:
    """The formulas of a block, each with the least detail at which the block shows it."""
    match block:
        case Equation(left, links):
            yield "brief", left
            for link in links:
                yield from ((link.detail, part) for part in (link.expr, *_spoken(link.note)))
        case Note(words, detail):
            yield from ((detail, part) for part in _spoken(words))
        case _:
            yield from (("brief", part) for part in _parts(block))


def _parts(block: Table | Trail | Plot | Drawing | Listing) -> Iterator[Expr]:
    match block:
        case Table(columns, rows):
            for words in (*(column.title for column in columns), *(cell for row in rows for cell in row)):
                yield from _spoken(words)
        case Trail(nodes):
            yield from nodes
        case Plot(title, x, y, curves):
            for words in (title, x, y, *(curve.name for curve in curves)):
                yield from _spoken(words)
        case Drawing():
            for box in block.boxes:
                yield from _in_box(box)
            for words in (*(arrow.gradient for arrow in block.arrows), block.of, *block.notes):
                yield from _spoken(words)
        case Listing():
            return
        case _:
            assert_never(block)


def _in_box(box: Box) -> Iterator[Expr]:
    for words in (box.label, box.formula, box.value, box.gradient):
        yield from _spoken(words)
    for leaf in box.inside:
        yield from _in_box(leaf)
