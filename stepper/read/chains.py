"""Where the items of a chain begin and end: at arrows, hyphens and commas outside brackets."""

from __future__ import annotations

import re
from itertools import pairwise

from stepper.read.calls import row_named
from stepper.read.commas import split_top
from stepper.tables.codes import CODES

_ARROW = re.compile(r"\s*(?:->|→|=>|⟶|⇒)\s*")
CALL = re.compile(
    r"(?P<name>[A-Za-z_][\w.\-]*)\s*\((?P<inside>.*)\)\s*(?P<times>(?:[*x×]\s*\d+|\*\s*[A-Za-z]\w*)?)", re.DOTALL
)
BLOCK = re.compile(r"[\[{](?P<inside>.*)[\]}]\s*(?:[*x×]\s*(?P<times>[0-9]+|[A-Za-z]\w*))?", re.DOTALL)
_BETWEEN = (
    re.compile(r"\s*[,;]\s*"),
    re.compile(r"[-–—,;]\s*(?=\[|\d+[A-Z]|[A-Z]{1,4}(?:\d|-|$)|\d+$)|\s*[,;]\s*|(?<=\d)-(?=\d)|(?<=[\]}])-"),
)


def chain_of(text: str) -> list[str]:
    """The items between arrows that stand outside brackets: ``[CONV3-8 -> ReLU]*2 -> POOL`` has two."""
    if not _ARROW.search(text):
        return [text] if text.strip() else []
    parts, depth, at = [""], 0, 0
    while at < len(text):
        arrow = _ARROW.match(text, at) if depth == 0 else None
        if arrow:
            parts.append("")
            at = arrow.end()
            continue
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(text[at], 0)
        parts[-1] += text[at]
        at += 1
    return [part for part in parts if part.strip()]


def parts_of(text: str) -> list[str]:
    """The items of a chain; items may also stand in a row, ``C64-C128`` or ``Conv3-64, Conv3-64, MaxPool``."""
    return [item for part in chain_of(text) for item in row_of(part)]


def row_of(text: str) -> list[str]:
    """Codes with hyphens or commas between them, after the size of the input perhaps; calls with commas.

    Else the text alone.
    """
    if "(" in text:
        calls = (
            [part for _, part in split_top(text, ",;") if part.strip()]
            if re.search(r"\)\s*[,;]|[,;]\s*\w+\(", text)
            else []
        )
        return calls if len(calls) > 1 and all(map(_is_item, calls)) else [text]
    if is_code(text):
        return [text]
    masked = re.sub(r"(?<=[\[{])[^\[\]{}]*(?=[\]}])", lambda inner: "_" * len(inner[0]), text)
    for between in _BETWEEN:
        cuts = [(0, 0), *(found.span() for found in between.finditer(masked)), (len(text), len(text))]
        codes = [text[start:end] for (_, start), (end, _) in pairwise(cuts) if text[start:end].strip()]
        size = re.fullmatch(r"\s*\d+(?:x\d+){1,2}\s*", codes[0]) if codes else None
        if len(codes) > 1 and all(map(_is_item, codes[1:] if size else codes)):
            return [f"Input {codes[0]}", *codes[1:]] if size else codes
    return [text]


def _is_item(text: str) -> bool:
    """A code, the name of a layer, a call, or a block."""
    text = text.strip()
    call = CALL.fullmatch(text)
    return is_code(text) or row_named(call["name"] if call else text) is not None or BLOCK.fullmatch(text) is not None


def is_code(text: str) -> bool:
    return any(re.fullmatch(code.pattern, text.strip()) for code in CODES)
