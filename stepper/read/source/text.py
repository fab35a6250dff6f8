"""Strings that a source puts together, kept short."""

from __future__ import annotations

import re

from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.read.source.state import LONGEST
from stepper.read.source.values import Class, Function, Instance, Refused, Value

_WIDE = re.compile(r"\d{5,}")


def words(value: Value) -> str:
    """``str(value)``."""
    if isinstance(value, str):
        return value
    if isinstance(value, Instance):
        return f"{value.kind.name}()"
    if isinstance(value, Class | Function):
        return value.name
    if isinstance(value, bool | int | float | None):
        return str(value)
    if isinstance(value, list | tuple | dict | set):
        return _plain(str([*map(words, value)]))
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


def _plain(found: str) -> str:
    return found if len(found) <= LONGEST else found[:LONGEST]
