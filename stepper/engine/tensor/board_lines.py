"""The lines in which a function is worked on a board: as its row says, or its definition where that is what readers see
of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from stepper.core.expr import Call, Expr
from stepper.core.parser import parse
from stepper.core.traverse import walk
from stepper.engine.tensor.calls import alone, bind, definition, gathered, of_arrays
from stepper.engine.tensor.entries import as_expr
from stepper.engine.tensor.evaluate import OUT, Worker
from stepper.engine.tensor.pieces import children, row_of_arrays
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import literal, volume
from stepper.engine.values.rule import LENGTH
from stepper.engine.values.vocabulary import Vocabulary
from stepper.tables.array import ArrayFunction


class Line(Struct, frozen=True):
    """A line: its name, ``out`` for the last, and its formula; ``of``: what it is the gradient for, if it is one."""

    name: str
    formula: Expr
    of: str = ""


class Lines(Struct, frozen=True):
    """The lines of a function, by its parameters and the lines before; the rest as in its row."""

    steps: tuple[Line, ...]
    labels: Mapping[str, str] = {}
    named: str = ""
    inner: bool = False


def lines_for(expr: Expr, vocabulary: Vocabulary) -> Lines | None:
    """The lines of a call; None of what is no call, or has none."""
    if not isinstance(expr, Call):
        return None
    row = row_of_arrays(expr)
    if row is not None:
        steps = _steps(row)
        return Lines(steps, row.labels, row.named, row.inner) if steps or row.inner else None
    rule = vocabulary.rule(expr.name)
    if not rule.unfolds or rule.value is None or gathered(rule, expr.arguments):
        return None
    return Lines((Line(OUT.name, rule.value),))


def worked_calls(expr: Expr, vocabulary: Vocabulary) -> Iterator[tuple[Call, Lines]]:
    """The functions with lines of their own, what stands inside first."""
    for part in children(expr):
        yield from worked_calls(part, vocabulary)
    lines = lines_for(expr, vocabulary)
    if isinstance(expr, Call) and lines is not None and lines.steps:
        yield expr, lines


def wanted_twice(formulas: Iterable[Expr | None], vocabulary: Vocabulary) -> frozenset[str]:
    """What lines of several functions would be called alike: each is then called after what it is worked for."""
    calls = {
        call: lines for formula in formulas if formula is not None for call, lines in worked_calls(formula, vocabulary)
    }
    counted = Counter(line.name for lines in calls.values() for line in lines.steps if line.name != OUT.name)
    return frozenset(name for name, count in counted.items() if count > 1)


def given(call: Call, worker: Worker, shape: Shapes) -> dict[Expr, Expr]:
    """What the parameters in the lines of a function stand for."""
    if not of_arrays(call):
        rule, arguments = worker.vocabulary.rule(call.name), tuple(map(alone, call.arguments))
        lists = [part for parameter, part in zip(rule.parameters, arguments, strict=False) if parameter.is_list]
        length: dict[Expr, Expr] = {LENGTH: literal(volume(shape(lists[0])))} if lists else {}
        return rule.bind(arguments) | length
    row = row_of_arrays(call)
    assert row is not None
    bound = bind(row, call.arguments)
    return {
        name: meant if meant == bound[name] else as_expr(worker(meant))  # rows of 0 and 1 for numbers of classes
        for name, meant in worker.bound(row, call.arguments).items()
    }


def _steps(row: ArrayFunction) -> tuple[Line, ...]:
    """The lines of a function of arrays: its own, or its definition where it is shown by that, or functions in it have
    lines.
    """
    if row.working or not row.value:
        return tuple(Line(name, parse(formula), *of) for name, formula, *of in row.working)
    inside = [row_of_arrays(part) for part in walk(definition(row.value))]
    opened = row.unfolds or any(other is not None and _steps(other) for other in inside)
    return (Line(OUT.name, definition(row.value)),) if opened else ()
