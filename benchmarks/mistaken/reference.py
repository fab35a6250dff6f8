"""A finder that knows all edits, and nothing else: what could be named at most, counted by the same judge.

A number alone that looks like a slip of the pen is first called one, unless a common mistake gives it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mistaken.draws import Case, Claim, reads, written
from mistaken.edit import places
from mistaken.numbers import looks_slipped
from mistaken.script import same


def reference(case: Case) -> Callable[[str, Sequence[str], Mapping[str, Any]], list[dict[str, Any]]]:
    """Answers for one net, as ``stepper check`` gives them: mistakes that give all the numbers, the commonest first."""
    variables = {case.net.name(variable): variable for variable in case.net.right}

    def claim_of(text: str) -> Claim:
        name, _, value = text.partition(" = ")
        entry = re.fullmatch(r"(.*)\[([\d,]+)\]", name)
        if name in variables or entry is None:
            return Claim(variables[name], None, value)
        return Claim(variables[entry[1]], tuple(int(place) - 1 for place in entry[2].split(",")), value)

    def ask(document: str, claims: Sequence[str], options: Mapping[str, Any]) -> list[dict[str, Any]]:
        read = [claim_of(text) for text in claims]
        right = [reads(claim.of(case.net.right), claim.text) for claim in read]
        mistakes = [] if all(right) else found(case, read)
        return [
            {"quantity": claim.variable, "verdict": "right" if fits else "wrong", "mistakes": [] if fits else mistakes}
            for claim, fits in zip(read, right, strict=True)
        ]

    return ask


def found(case: Case, claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """The edits that give every number claimed, the commonest first; those that give the same numbers are one."""
    fits = [place for place in range(len(case.edits)) if all(case.gives(place, claim) for claim in claims)]
    fits.sort(key=lambda place: -case.edits[place].edit.common)
    slip = len(claims) == 1 and looks_slipped(claims[0].text, written(claims[0].of(case.net.right), 3))
    common = max((case.edits[place].edit.common for place in fits), default=0)
    first = (
        [{"names": ["one digit", "digits exchanged"], "places": [claims[0].variable]}] if slip and common < 4 else []
    )
    groups: list[list[int]] = []
    for place in fits:
        known = next((group for group in groups if alike(case, group[0], place, claims)), None)
        if known is None:
            groups.append([place])
        else:
            known.append(place)
    return first + [
        {
            "names": sorted({name for place in group for name in case.edits[place].edit.names}),
            "places": sorted({name for place in group for name in places(case.net, case.edits[place])}),
        }
        for group in groups
    ]


def alike(case: Case, one: int, other: int, claims: Sequence[Claim]) -> bool:
    first, second = case.values(one)[0], case.values(other)[0]
    exact = first is not None and second is not None
    return exact and all(same(claim.of(first), claim.of(second)) for claim in claims)
