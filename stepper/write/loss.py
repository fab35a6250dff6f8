"""The last line of a network: a loss of what it predicts and what it should."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.errors import Problem, StepperError
from stepper.tables.documents import LOSSES_OF_NETS
from stepper.tables.functions import FUNCTIONS
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME
from stepper.write.page import Blank, Suits

_SUITS: dict[str, Suits] = {"probability": "probability", "distribution": "distribution", "signed": "signed"}


def suits(row: FunctionRow) -> Suits:
    """What a target must be, as the loss's row says."""
    if _numbered(row):
        return "class"
    target = row.signature()[1][0]
    return "distribution" if row.listed else _SUITS.get(row.takes.get(target, ""), "number")


def _numbered(row: FunctionRow) -> bool:
    """Is the target the number of a class, and cannot be a list?"""
    return row.signature()[1][2] == "class" and not row.listed


def fits(row: FunctionRow) -> str:
    """The activation whose values a loss takes, where it takes those of one; else none."""
    meant = row.takes.get(row.signature()[0][0])
    return next((function.name for function in FUNCTIONS if meant is not None and function.gives == meant), "")


def usual_after(output: FunctionRow) -> FunctionRow | None:
    """The loss that goes with an activation of all outputs together, where there is one."""
    losses = (BY_ANY_NAME[name] for name in LOSSES_OF_NETS)
    listed = output.signature()[0][2] == "list"
    return next((row for row in losses if listed and output.name in (row.applies, fits(row))), None)


def check_classes(row: FunctionRow, count: int) -> None:
    """Raises StepperError where a loss compares classes, and there is one alone."""
    if count == 1 and suits(row) in ("class", "distribution"):
        what = f"--loss: {row.name} compares classes, and one output is one class alone"
        raise StepperError(Problem(what, hint="two outputs or more; of one output bce is meant"))


def of_numbers(row: FunctionRow, predictions: Sequence[str]) -> tuple[str, list[Blank]]:
    """The loss of several numbers, and what they are compared with."""
    check_classes(row, len(predictions))
    many = len(predictions) > 1
    if _numbered(row):
        blank = Blank("y", "inputs", suits="class", value="1", remark=f"the class, from 1 to {len(predictions)}")
        return f"{row.name}([{', '.join(predictions)}], y)", [blank]
    targets = [f"y{place}" if many else "y" for place in range(1, len(predictions) + 1)]
    blanks = [
        Blank(name, "inputs", suits=suits(row), remark=_remark(row) if name == targets[0] else "") for name in targets
    ]
    if row.signature()[0][2] == "number":
        each = [f"{row.name}({one}, {other})" for one, other in zip(predictions, targets, strict=True)]
        return f"mean({', '.join(each)})" if many else each[0], blanks
    return f"{row.name}([{', '.join(predictions)}], [{', '.join(targets)}])", blanks


def of_arrays(row: FunctionRow, prediction: str, target: str, shape: tuple[int, ...]) -> tuple[str, list[Blank]]:
    """The loss of an array, and what it is compared with."""
    check_classes(row, shape[-1])
    if _numbered(row):
        if len(shape) > 1:
            what = f"--loss: {row.name} takes the scores of one sample, and {prediction} is {'×'.join(map(str, shape))}"
            raise StepperError(Problem(what, hint="such as mse"))
        value = Blank(target, "inputs", suits="class", value="1", remark=f"the class, from 1 to {shape[-1]}")
        return f"{row.name}({prediction}, {target})", [value]
    blank = Blank(target, "inputs", shape, suits(row), remark=_remark(row))
    if row.signature()[0][2] == "number":
        return f"mean({row.name}({prediction}, {target}))", [blank]
    return f"{row.name}({prediction}, {target})", [blank]


def _remark(row: FunctionRow) -> str:
    said: dict[Suits, str] = {
        "number": "target", "probability": "target: 0 or 1",
        "distribution": "target: 1 for the class, 0 for the others",
        "signed": "target: -1 or 1", "class": "",
    }  # fmt: skip
    return said[suits(row)]
