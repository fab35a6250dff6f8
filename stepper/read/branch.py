"""Branches in hand-written listings: ``from=c1``, ``Add(c1, c2)``, ``residual(chain; chain)``, ``concat(chain,
chain)``, ``layer + c1``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stepper.errors import Place, Problem, StepperError
from stepper.read.commas import split_top
from stepper.tables.layer import LayerRow as Row

_FROM = re.compile(r"\s*from\s*=(.*)", re.DOTALL)
_KEY = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)")


def added(text: str) -> list[str]:
    """The terms of a sum outside brackets, each after a blank: ``Conv2d(8, 8, 3) + c1`` has two."""
    if " + " not in text:
        return [text]
    terms = [piece.strip() for _, piece in split_top(text, "+")]
    return terms if all(terms) else [text]


def sources(inside: str) -> tuple[list[str], str]:
    """The labels after ``from=`` in a call, and what else stands in it.

    >>> sources("8, 8, 3, from=c1, padding=1")
    (['c1'], '8, 8, 3, padding=1')
    """
    if "from" not in inside:
        return [], inside
    labels: list[str] = []
    kept = inside
    for start, piece in reversed(split_top(inside, ",;")):
        found = _FROM.fullmatch(piece)
        if found:
            labels = [*_listed(found[1].strip()), *labels]
            kept = kept[: max(start - 1, 0)] + kept[start + len(piece) :]
    return labels, kept.strip(" ,")


def _listed(text: str) -> list[str]:
    """One label, or those between brackets."""
    inner = text[1:-1] if text[:1] in "[(" and text[-1:] in "])" else text
    return [label.strip().strip("'\"") for label in inner.split(",") if label.strip()] or [inner.strip()]


def ways_of(row: Row, inside: str, is_label: Callable[[str], bool], place: Place) -> tuple[tuple[str, ...], str]:
    """The ways that a layer of several inputs joins, and its settings.

    Semicolons or commas stand between them. Commas may also stand for arrows, so where inputs are added they separate
    labels only.

    Raises:
        StepperError: where it is not clear what the ways are.
    """
    keys = {name for name, _, _ in row.signature()}
    ways: list[tuple[str, str]] = []
    settings: list[str] = []
    for start, piece in split_top(inside, ",;"):
        key = _KEY.match(piece)
        if key and key[1] in keys:
            settings.append(piece)
        else:
            ways.append((inside[start - 1 : start] if ways else "", piece.strip()))
    if not inside.strip() or (len(ways) == 1 and not ways[0][1]):
        ways = []
    if ways and re.fullmatch(r"\[.*\]", ways[0][1]) and all(map(is_label, _listed(ways[0][1]))):
        settings = [*(text for _, text in ways[1:]), *settings]  # Concat([a, b], 1)
        return tuple(_listed(ways[0][1])), ", ".join(settings)
    if (
        keys
        and ways
        and all(text.isdigit() for _, text in ways)
        and (len(ways) == 1 or not all(is_label(text) for _, text in ways))
    ):
        return (), ", ".join([*(text for _, text in ways), *settings])  # Concat(1): a number alone is a setting
    if len({sign for sign, _ in ways[1:]}) > 1:
        raise StepperError(
            Problem("both , and ; separate the branches here", place, "write -> between the layers of a chain")
        )
    chains = [text for sign, text in ways[1:] if sign == "," and not row.stacks and not is_label(text)]
    if chains or (len(ways) > 1 and ways[1][0] == "," and not row.stacks and not is_label(ways[0][1])):
        wrong = chains[0] if chains else ways[0][1]
        told = Problem(
            f"'{wrong}' is not the label of a layer",
            place,
            "write -> between the layers of a chain, and ; between two chains",
        )
        raise StepperError(told)
    return tuple(text for _, text in ways), ", ".join(settings)
