"""Samples for training: a CSV file whose first line names inputs of the graph."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from stepper.core.expr import Number
from stepper.core.formula import number_of
from stepper.core.graph import Graph
from stepper.core.names import canonical
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.files import read_text

MOST_PROBLEMS = 20


def read_samples(path: Path, graph: Graph) -> tuple[Mapping[str, Number], ...]:
    """The samples of a file, each with a number for every named leaf.

    Raises:
        StepperError: for a name that is no leaf, a cell that is no number, a row of another length, with its place.
    """
    lines = read_text(path, str(path)).split("\n")
    try:
        rows = [
            (number, row) for number, row in enumerate(csv.reader(lines), start=1) if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise StepperError(Problem(f"'{path}' is not a table of numbers: {error}")) from None
    if len(rows) < 2:
        raise StepperError(
            Problem(f"'{path}' holds no samples", hint="the first line names inputs, each further line is a sample")
        )
    names = [canonical(re.sub(r"\s*,\s*", ", ", name.strip())) for name in rows[0][1]]
    unknown = [name for name in names if name not in graph.leaves]
    problems = [
        Problem(f"'{name}' is not a leaf of the graph", Place(str(path), 1), nearest(name, graph.leaves))
        for name in unknown
    ]
    found: list[dict[str, Number]] = []
    for number, row in rows[1:]:
        if len(row) != len(names):
            place = Place(str(path), number, text=lines[number - 1])
            problems.append(
                Problem(
                    f"{len(row)} number{'s' * (len(row) != 1)} on this line, but {len(names)} names on the first",
                    place,
                )
            )
            continue
        values = [_number(cell, path, number, problems) for cell in row]
        found.append({name: value for name, value in zip(names, values, strict=True) if value is not None})
    for name, fixed in graph.fixed.items():
        if any(sample.get(name, fixed) != fixed for sample in found):
            what = (
                f"'{name}' is part of a formula by its value, as the index of a class, "
                "and cannot change from sample to sample"
            )
            problems.append(
                Problem(what, Place(str(path), 1), "a target for each class: cross_entropy([z1, z2], [y1, y2])")
            )
    if problems:
        raise StepperError(*problems[:MOST_PROBLEMS])
    return tuple(found)


def _number(cell: str, path: Path, line: int, problems: list[Problem]) -> Number | None:
    try:
        value = number_of(parse(cell))
    except FormulaError:
        value = None
    if value is None:
        problems.append(Problem(f"'{cell.strip()}' is not a number", Place(str(path), line)))
    return value
