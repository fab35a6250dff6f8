"""Arguments written out, as a listing has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stepper.core.expr import Sym
from stepper.core.formula import text
from stepper.read.source.sizes import is_letter
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Class, Function, Native, Nothing, Unknown, Unlisted, Value

MOST, DEEPEST = 30, 3
"""Entries of a list that are written out, and lists in lists."""
UNKNOWN = "tensor"
"""What is written for a tensor whose numbers are not known, and for what depends on data."""


def written(arguments: Sequence[Value], named: Mapping[str, Value]) -> str:
    """``64, 128, kernel_size=3``."""
    return ", ".join([*map(word, arguments), *(f"{name}={word(value)}" for name, value in named.items())])


def word(value: Value, depth: int = 0) -> str:
    """A value as a listing has it."""
    if isinstance(value, tuple | list):
        if len(value) > MOST or depth > DEEPEST:
            return "(…)"
        inner = ", ".join(word(part, depth + 1) for part in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, str):
        return f"'{value}'"
    if is_letter(value):
        return "?" if value == Sym("?") else text(value)
    if isinstance(value, Function | Native | Class):
        return value.name.rpartition(".")[2]
    if isinstance(value, Unlisted | Nothing):
        return value.path.rpartition(".")[2]
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Tensor):
        return word(value.numbers[0]) if value.numbers is not None and len(value.numbers) == 1 else UNKNOWN
    return repr(value) if isinstance(value, bool | int | float | None) else type(value).__name__
