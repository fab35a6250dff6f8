"""Pleasant numbers for blanks: halves and small integers, drawn by a seed; what else must hold is looked at
elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from stepper.write.page import MOST_WRITTEN, Page, Suits

PLEASANT: Mapping[Suits, Sequence[str]] = {
    "number": ("-2", "-1", "-1", "-0.5", "0.5", "0.5", "1", "1", "1.5", "2"),
    "probability": ("0", "1"), "signed": ("-1", "1"),
}  # fmt: skip
"""What is drawn from, by what a blank takes; what comes twice comes more often."""


def drawn(page: Page, seed: int, attempt: int) -> dict[str, str]:
    """Numbers for the blanks of a page: the same for the same seed and attempt."""
    source = random.Random(f"{seed}/{attempt}")  # noqa: S311 an exercise, no secret
    found: dict[str, str] = {}
    targets = [blank for blank in page.open if blank.suits == "distribution"]
    for place, blank in enumerate(page.open):
        if blank.size > MOST_WRITTEN:
            found[blank.name] = f"normal({seed + place})"
        elif blank not in targets:
            found |= {entry: _one_of(source, PLEASANT[blank.suits]) for entry in blank.entries}
    for blank in targets:
        if blank.shape and blank.size <= MOST_WRITTEN:
            found |= dict(_one_hot(source, blank.entries, blank.shape[-1]))
    return found | dict(_one_hot(source, [blank.name for blank in targets if not blank.shape], 0))


def _one_hot(source: random.Random, names: Sequence[str], width: int) -> Iterator[tuple[str, str]]:
    """In each row of names one 1, and 0 for the others."""
    width = width or len(names)
    for start in range(0, len(names), width or 1):
        chosen = int(source.random() * width)
        yield from ((name, "1" if place == chosen else "0") for place, name in enumerate(names[start : start + width]))


def _one_of(source: random.Random, values: Sequence[str]) -> str:
    return values[int(source.random() * len(values))]
