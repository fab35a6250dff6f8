"""What is asked: a claim that a mistake made, with all that would be accepted as its name; slips of the pen; right
numbers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from mistaken.edit import Instance, instances, places
from mistaken.nets import draw
from mistaken.numbers import cut, padded, rounding, rounds_to, slipped, trimmed
from mistaken.runs import EDITS
from mistaken.script import Net, Values, attempted, same


@dataclass(frozen=True)
class Claim:
    """A quantity of a script, an entry of it where it has entries, and what is written for it."""

    variable: str
    entry: tuple[int, ...] | None
    text: str

    def of(self, values: Values) -> Any:
        value = values[self.variable]
        return value if self.entry is None else value[self.entry]


@dataclass(frozen=True)
class Drawn:
    """A mistake made in a net, and what is claimed of it.

    Attributes:
        page: all the working, written with 3 or 4 digits.
        names: what the mistake may be called: the names of all edits that are the same formula here.
        accepted: what its place may be called.
        unseen: the claim is the right number to its digits.
        rivals: how many other mistakes, as common or commoner, give the same number; how many rarer ones.
    """

    net: Net
    instance: Instance
    claim: Claim
    page: tuple[Claim, ...]
    names: frozenset[str]
    accepted: frozenset[str]
    unseen: bool
    rivals: tuple[int, int]
    first_wrong: int | None


def claimed(net: Net, claim: Claim) -> str:
    """A claim as it is written: ``dL/dK[1,2] = 0.3``."""
    name = net.name(claim.variable)
    if claim.entry is not None:
        name += f"[{','.join(str(place + 1) for place in claim.entry)}]"
    return f"{name} = {claim.text}"


def written(value: Any, digits: int) -> str:
    """A value as text: a number, an array, a shape, a count as it is."""
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, int):
        return str(value)
    if np.ndim(value):
        return f"[{', '.join(written(part, digits) for part in value)}]"
    return trimmed(float(value), digits)


def reads(value: Any, text: str) -> bool:
    """Is the text the value, to the digits written?"""
    if isinstance(value, int | tuple):
        return written(value, 1) == text
    numbers = re.findall(r"[-+.\de]+", text)
    flat = np.asarray(value, dtype=float).ravel()
    return len(numbers) == len(flat) and all(rounds_to(one, word) for one, word in zip(flat, numbers, strict=True))


@dataclass
class Case:
    """A net and all edits of it, with what each comes to, here and with two other sets of numbers."""

    kind: str
    seed: int
    found: dict[int, list[Values | None]] = field(default_factory=dict)

    @cached_property
    def nets(self) -> list[Net]:
        drawn = [draw(self.kind, self.seed, other) for other in range(3)]
        return [net for net in drawn if net.lines == drawn[0].lines]

    @property
    def net(self) -> Net:
        return self.nets[0]

    @cached_property
    def edits(self) -> list[Instance]:
        return instances(self.net, EDITS)

    def values(self, place: int) -> list[Values | None]:
        if place not in self.found:
            self.found[place] = [attempted(self.edits[place].lines(net), net.data) for net in self.nets]
        return self.found[place]

    def changed(self, place: int) -> list[str]:
        """The quantities that an edit changes, here or with other numbers."""
        pairs = [(net.right, values) for net, values in zip(self.nets, self.values(place), strict=True) if values]
        if self.values(place)[0] is None:
            return []
        return [
            name
            for name in self.net.claimable
            if all(np.shape(values.get(name)) == np.shape(right[name]) for right, values in pairs)
            and any(not same(right[name], values[name]) for right, values in pairs)
        ]

    def entries(self, name: str, place: int, chance: random.Random) -> tuple[int, ...] | None:
        """One entry of an array that the edit changes; None for the array as a whole, and for a number."""
        shape = np.shape(self.net.right[name])
        if not shape or self.net.whole or isinstance(self.net.right[name], tuple):
            return None
        places = list(np.ndindex(shape))
        pairs = [
            (net.right[name], values[name]) for net, values in zip(self.nets, self.values(place), strict=True) if values
        ]
        moved = [at for at in places if any(not same(right[at], wrong[at]) for right, wrong in pairs)]
        return chance.choice(moved or places)

    def equal(self, one: int, other: int, claim: Claim) -> bool:
        """Are two edits the same formula for what is claimed: do they give the same with other numbers too?"""
        pairs = zip(self.values(one), self.values(other), strict=True)
        return all(a is not None and b is not None and same(claim.of(a), claim.of(b)) for a, b in pairs)

    def gives(self, place: int, claim: Claim) -> bool:
        values = self.values(place)[0]
        fits = values is not None and claim.variable in values
        return fits and np.shape(values[claim.variable]) == np.shape(self.net.right[claim.variable]) and reads(
            claim.of(values), claim.text
        )  # fmt: skip

    def drawn(self, chance: random.Random) -> Drawn | None:
        """A mistake by how common it is, and a quantity that it changes."""
        order = list(range(len(self.edits)))
        weights = [self.edits[place].edit.common / self.copies[place] for place in order]
        for _ in range(40):
            place = chance.choices(order, weights)[0]
            changed = self.changed(place)
            if changed:
                return self.made(place, changed, chance)
        return None

    @cached_property
    def copies(self) -> list[int]:
        """At how many places each edit could be made: its weight is for all of them together."""
        edits = [instance.edit for instance in self.edits]
        return [edits.count(edit) for edit in edits]

    def made(self, place: int, changed: list[str], chance: random.Random) -> Drawn:
        net, instance = self.net, self.edits[place]
        wrong = self.values(place)[0]
        assert wrong is not None
        final = [name for name in changed if re.fullmatch(net.final, name)]
        name = chance.choice(final if final and chance.random() < 0.8 else changed)
        bare = Claim(name, self.entries(name, place, chance), "")
        claim = Claim(bare.variable, bare.entry, written(bare.of(wrong), 3))
        digits = chance.choice((3, 4))
        page = tuple(
            Claim(each, None, written(value, digits)) for each, value in wrong.items() if each in net.claimable
        )
        fits = [other for other in range(len(self.edits)) if other != place and self.gives(other, claim)]
        equal = [other for other in fits if self.equal(place, other, claim)]
        rivals = self.counted(place, equal, [other for other in fits if other not in equal], claim)
        alike = [self.edits[other] for other in (place, *equal)]
        first = [at for at, line in enumerate(page) if not reads(net.right[line.variable], line.text)]
        return Drawn(
            net, instance, claim, page, frozenset(name for each in alike for name in each.edit.names),
            frozenset(name for each in alike for name in places(net, each)),
            reads(claim.of(net.right), claim.text), rivals, first[0] if first else None,
        )  # fmt: skip

    def counted(self, place: int, equal: list[int], fits: list[int], claim: Claim) -> tuple[int, int]:
        """How many other mistakes are as common or commoner, and how many are rarer; equal ones are one."""
        common = max(self.edits[other].edit.common for other in (place, *equal))
        groups: list[int] = []
        for other in fits:
            if not any(self.equal(other, group, claim) for group in groups):
                groups.append(other)
        before = sum(self.edits[group].edit.common >= common for group in groups)
        return before, len(groups) - before


def one_number(net: Net, values: Values, chance: random.Random) -> Claim | None:
    """Any number of a net, with its place, to be written; None where all are hidden."""
    names = [name for name in values if name in net.claimable]
    if not names:
        return None
    name = chance.choice(names)
    shape = np.shape(values[name])
    entry = tuple(chance.randrange(size) for size in shape) if shape and not isinstance(values[name], tuple) else None
    return Claim(name, entry, "")


SLIPPED = ("a digit", "a product miscalculated")
PRODUCT = r"(?<![\w\]*])\w+(?:\[[\w-]+\])?\*(?!\*)\w+(?:\[[\w-]+\])?(?![\w\[]|\*\*)"
"""A product of two names, or of a number and a name."""


def miscalculated(net: Net, chance: random.Random) -> Values | None:
    """What comes of it where one product is miscalculated; None where there is none, or nothing changes."""
    lines = [(at, line) for at, line in enumerate(net.lines) if "np." not in line]
    products = [(at, line, match) for at, line in lines for match in re.finditer(PRODUCT, line)]
    if not products:
        return None
    at, line, match = chance.choice(products)
    new = f"{line[: match.start()]}slip({match[0]}, {chance.randrange(9)}){line[match.end() :]}"
    values = attempted((*net.lines[:at], new, *net.lines[at + 1 :]), net.data)
    return None if values is None or list(values) != list(net.right) else values


def false_numbers(case: Case, chance: random.Random) -> Iterator[tuple[str, Claim, bool]]:
    """Without end: wrong numbers that no mistake made, how each came about, and whether an edit gives it by chance."""
    net = case.net
    while True:
        values = miscalculated(net, chance) if chance.random() < 1 / 3 else None
        moved = (
            {}
            if values is None
            else {name: value for name, value in values.items() if not same(value, net.right[name])}
        )
        bare = one_number(net, moved or net.right, chance)
        if bare is None:
            continue
        text = written(bare.of(moved or net.right), 3)
        claim = Claim(bare.variable, bare.entry, text if moved else slipped(text, chance))
        if reads(bare.of(net.right), claim.text) or re.search(r"(?:^|[-x])0\d", claim.text):
            continue
        by_chance = any(case.gives(place, claim) for place in range(len(case.edits)))
        yield SLIPPED[bool(moved)], claim, by_chance


ALONG = ("each line rounded", "each line and slope rounded")
WRITTEN = ("rounded", "cut off", *ALONG)


def slopes_apart(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The derivatives of activations on lines of their own, so that they too are rounded."""
    found: list[str] = []
    for line in lines:
        match = re.fullmatch(r"(\s*)(dL_d\S+ = dL_d\S+ \* )(\(.*\))", line)
        found += [line] if match is None else [f"{match[1]}_slope = {match[3]}", f"{match[1]}{match[2]}_slope"]
    return tuple(found)


def right_numbers(net: Net, chance: random.Random) -> tuple[str, list[Claim]]:
    """A right number, or all of them, and how it is written."""
    digits, significant = chance.randint(2, 6), chance.random() < 0.5
    way = "exact" if net.kind == "shapes" else chance.choice(WRITTEN)
    values: Values | None = net.right
    if way in ALONG:
        lines = slopes_apart(net.lines) if way == ALONG[1] else net.lines
        values = attempted(lines, net.data, rounding(digits, significant))
        if values is None:
            values, way = net.right, "rounded"
    claims = []
    for _ in range(1 if chance.random() < 0.8 else 4):
        bare = one_number(net, values, chance)
        assert bare is not None
        value = bare.of(values)
        if isinstance(value, int | tuple):
            text = written(value, 1)
        elif way == "cut off":
            text = cut(float(value), digits)
        elif way == "rounded" or significant:
            text = padded(float(value), digits)
        else:
            text = f"{float(value) + 0.0:.{digits}f}"
        claims.append(Claim(bare.variable, bare.entry, text))
    return way, claims
