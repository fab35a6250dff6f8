"""Shapes as people write them: 3x224x224, 28 x 28 x 1, [224x224x3], (None, 26, 26, 32), N x 2 x 28 x 28, 6@28x28."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stepper.core.expr import Expr, Num
from stepper.core.parser import parse
from stepper.core.patterns import later
from stepper.errors import FormulaError, Place, Problem, StepperError

if TYPE_CHECKING:
    from stepper.core.network import Layout, Shape

_BATCH = frozenset({"None", "N", "B", "BS", "-1", "batch", "batch_size"})
_MAPS = later(r"\s*(\w+)\s*@\s*(\w+)\s*[x×]\s*(\w+)\s*")

_COMPACT = later(r"(?:[0-9]+|[A-Za-wyz][0-9]?)(?:x(?:[0-9]+|[A-Za-wyz][0-9]?))+")
"""``1xnxn``: numbers and single letters, in which x is no letter."""


def read_shape(text: str, layout: Layout) -> Shape | None:
    """The axes without the batch, channels first; None where it is no shape.

    >>> from stepper.core.formula import text
    >>> [text(size) for size in read_shape("28 x 28 x 1", "HWC") or ()]
    ['1', '28', '28']
    """
    maps = _MAPS.fullmatch(text)
    if maps:
        return tuple(_size(part) for part in maps.groups())
    body = text.strip().strip("[](){} .")
    if _COMPACT.fullmatch(body):
        body = body.replace("x", " x ")
    parts = [part.strip() for part in re.split(r"\s*[x×,*]\s*(?![a-wyz])", body) if part.strip()]
    if not parts or not all(re.fullmatch(r"-?\w+(?:\s*[-+/]\s*\w+)?|\w+\*\w+", part) for part in parts):
        return None
    if len(parts) > 1 and parts[0] in _BATCH:
        parts = parts[1:]
    try:
        sizes = tuple(_size(part) for part in parts)
    except FormulaError:
        return None
    return channels_first(sizes, layout)


def channels_first(sizes: Shape, layout: Layout) -> Shape:
    """A shape in the order channels, height, width."""
    return (sizes[-1], *sizes[:-1]) if layout == "HWC" and len(sizes) > 1 else sizes


def read_layout(text: str, place: Place | None = None) -> Layout:
    """The order of axes that a word names.

    Raises:
        StepperError: where it names none.
    """
    match text.upper():
        case "CHW":
            return "CHW"
        case "HWC":
            return "HWC"
        case _:
            raise StepperError(
                Problem(f"'{text}' is not a layout", place, "CHW (channels first) or HWC (channels last)")
            )


def integral(size: Expr) -> int | None:
    """The integer that a size is, where it is one."""
    return int(size.literal) if isinstance(size, Num) and size.literal.isascii() and size.literal.isdigit() else None


def _size(part: str) -> Expr:
    return Num(part) if part.isascii() and part.isdigit() else parse(part)


def check_shape(shape: str | None) -> None:
    """Raises StepperError where what is given as the input's shape is none."""
    named = named_shapes(shape or "")
    if shape is not None and any(read_shape(part, "CHW") is None for text in named.values() for part in parts_of(text)):
        raise StepperError(Problem(f"--input {shape}: this is not a shape", hint="such as 3x224x224"))


def named_shapes(text: str) -> dict[str, str]:
    """``src=10x512,tgt=20x512``: the shapes of several inputs by their names; one alone has none.

    >>> named_shapes("src=10x512, tgt=20x512")
    {'src': '10x512', 'tgt': '20x512'}
    """
    if "=" not in text:
        return {"": text}
    parts = (part.partition("=") for part in re.split(r",\s*(?=[A-Za-z_]\w*\s*=)", text))
    return {name.strip(): shape.strip() for name, _, shape in parts}


def parts_of(text: str) -> list[str]:
    """The shapes of an input that is a tuple of tensors, as the states of an LSTM; one alone is itself.

    >>> parts_of("(2xNx64, 2xNx64)"), parts_of("(3, 4)")
    (['2xNx64', '2xNx64'], ['(3, 4)'])
    """
    body = text.strip()
    parts = [part.strip() for part in body[1:-1].split(",")] if body[:1] == "(" and body[-1:] == ")" else []
    return parts if len(parts) > 1 and all(re.search(r"[x×]", part) for part in parts) else [text]
