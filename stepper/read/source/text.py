"""Strings that a source puts together, kept short."""

from __future__ import annotations

import re

from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.read.source.values import Class, Function, Instance, Refused, Value

_WIDE = re.compile(r"\d{5,}")


MOST_PARTS = 1000
"""Entries of a collection that are written out."""


def words(value: Value, left: list[int] | None = None) -> str:
    """``str(value)``; of a long collection, or one that holds itself, only so many entries."""
    left = [MOST_PARTS] if left is None else left
    left[0] -= 1
    if left[0] < 0:
        return "…"
    if isinstance(value, str):
        return value
    if isinstance(value, Instance):
        return f"{value.kind.name}()"
    if isinstance(value, Class | Function):
        return value.name
    if isinstance(value, bool | int | float | None):
        return str(value)
    if isinstance(value, list | tuple | dict | set):
        return "[" + ", ".join(words(part, left) for part in [*value][: max(left[0], 0)]) + "]"
    return text(value) if isinstance(value, Expr) else type(value).__name__.lower()


def formatted(value: Value, spec: str, conversion: str = "") -> str:
    """A value in an f-string."""
    if _WIDE.search(spec):
        raise Refused(f"a text of this width is not written: {spec[:40]}")
    if isinstance(value, bool | int | float | str) and not conversion:
        return format(value, spec)
    return repr(value) if conversion == "r" and isinstance(value, str) else words(value)


def percent(pattern: str, value: Value) -> str:
    """``"%d" % n``."""
    if _WIDE.search(pattern) or "*" in pattern:
        raise Refused("a text of this width is not written")
    parts = value if isinstance(value, tuple) else (value,)
    plain = tuple(part if isinstance(part, bool | int | float | str) else words(part) for part in parts)
    return pattern % plain
