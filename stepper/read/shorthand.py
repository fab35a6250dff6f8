"""Calls in short: names without a number of axes, two numbers alone, stacks of layers, views that name the batch."""

from __future__ import annotations

import re
from itertools import pairwise

from stepper.read.commas import split_top
from stepper.tables.any_axes import ANY_AXES, STACKS
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import BY_LAYER_NAME

_KEYWORD = re.compile(r"[A-Za-z_]\w*\s*=(?!=)")
_WINDOW = re.compile(r"\d+\s*[x×]\s*\d+(?:\s*[x×]\s*\d+)?|[(\[].*[)\]]")
"""A kernel that says its sizes: 3x3, or (3, 3)."""
_BETWEEN = re.compile(r"[,\s]+|(?<=\w)\s*(?:-|->|→)\s*(?=\w)")


def meant(name: str, row: Row, inside: str) -> tuple[str, str, str]:
    """The kind of layer that a call adds, what stands in its brackets, and what is said of it.

    Of a name without a number of axes the kind is the name itself, until a shape tells.
    """
    word = name.rsplit(".", maxsplit=1)[-1]
    if row.shape:
        return row.name, _of_sample(row, inside), ""
    family = ANY_AXES.get(word)
    if family is None or BY_LAYER_NAME[word] is not row:
        return row.name, inside, ""
    parts = _parts(inside)
    plain = [part for part in parts if not _KEYWORD.match(part)]
    if not family.short or len(plain) != len(family.short):
        return word, inside, ""
    names = family.short[::-1] if _WINDOW.fullmatch(plain[0]) else family.short
    given = [f"{setting}={part}" for setting, part in zip(names, plain, strict=True)]
    return word, ", ".join([*given, *(part for part in parts if _KEYWORD.match(part))]), family.says.format(name=word)


def stacked(name: str, inside: str) -> list[str]:
    """The calls that a stack of layers stands for; none where it has no sizes."""
    stack = STACKS[name]
    sizes = [part.strip() for part in _BETWEEN.split(inside.strip("[]() ")) if part]
    if len(sizes) < 2 or not all(re.fullmatch(r"\w+(?:\*\w+)*", size) for size in sizes):
        return []
    found: list[str] = []
    for inp, out in pairwise(sizes):
        found += [*([stack.between] if found else []), stack.layer.format(inp=inp, out=out)]
    return found


def _of_sample(row: Row, inside: str) -> str:
    """``view(-1, 36)`` as what it makes of one sample: the first of several sizes is that of the batch."""
    parts = _parts(inside)
    if len(parts) < 2 or any(_KEYWORD.match(part) or part[:1] in "([" for part in parts):
        return inside
    free = f", {row.regroups}=-1" if parts[0] == "-1" else ""
    return f"[{', '.join(parts[1:])}]{free}"


def _parts(inside: str) -> list[str]:
    return [part.strip() for _, part in split_top(inside) if part.strip()]
