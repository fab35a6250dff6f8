"""A document with the layers of a model, as its source has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct


class Row(Struct, frozen=True):
    """A layer: its name, its word and settings as a listing has them, and what it reads."""

    name: str
    word: str
    settings: str
    reads: Sequence[str]


def layers_document(title: str, shape: Iterable[str], rows: Sequence[Row]) -> str:
    """The document: the shape of the input, and a line a layer; what does not read the line before says from where.

    >>> print(layers_document("Net", ["3", "8", "8"], [Row("a.0", "Conv2d", "3, 4, 3", ["input"])]), end="")
    title: Net
    inputs:
      x: {shape: [3, 8, 8]}
    layers:
      - a_0 = Conv2d(3, 4, 3)
    """
    names, above, lines = {"input": "x"}, "input", list[str]()
    for row in rows:
        names[row.name] = _name(row.name, names.values())
        read = [names[name] for name in row.reads]
        source = read if len(read) > 1 else []
        elsewhere = [f"from={read[0]}"] if len(read) == 1 and row.reads[0] != above else []
        settings = [row.settings] if row.settings else []
        lines.append(f"  - {names[row.name]} = {row.word}({', '.join([*source, *settings, *elsewhere])})")
        above = row.name
    head = [f"title: {_title(title)}", "inputs:", f"  x: {{shape: [{', '.join(shape)}]}}", "layers:"]
    return "\n".join([*head, *lines]) + "\n"


def _title(title: str) -> str:
    return title if re.fullmatch(r"\w[\w ,.()]*", title) else json.dumps(title, ensure_ascii=False)


def _name(path: str, taken: Iterable[str]) -> str:
    """A name that formulas take, and no other layer has: ``layer1.0.conv1`` is layer1_0_conv1."""
    plain, held = re.sub(r"\W", "_", path), {*taken}
    plain = plain if plain[:1].isalpha() else f"l{plain}"
    others = (f"{plain}_{number}" for number in range(2, len(held) + 3))
    return next(name for name in (plain, *others) if name not in held)
