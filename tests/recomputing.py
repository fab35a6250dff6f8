"""Judges what a derivation prints, by the page alone: can a student recompute every number from those above it?

The page is the text of one line per equation; the JSON of the same derivation says what each side is exactly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np

from stepper.solution import Solution
from tests.calculating_sides import Calculator, One, Row
from tests.parts_of_sides import (
    in_full,
    is_result,
    last_digit,
    matrices,
    names_in,
    numbers_in,
    numbers_strange,
    numbers_written,
    shifted,
)
from tests.reading_pages import equations, flat, joined, sides_of
from tests.reading_sides import Reader, Tree, Unread
from tests.sides_known import FUNCTIONS

WIDE = 100_000
CLOSE = 1e-9
Finding = tuple[str, str, str]
"""What kind it is, the line, and what is wrong."""


def judged(solution: Solution, inputs: Mapping[str, Any]) -> Judge:
    """What is found in a derivation."""
    judge = Judge(json.loads(str(solution.to("json"))), joined(flat(str(solution.to("text", width=WIDE)))), inputs)
    judge.run()
    return judge


class Judge:
    """One derivation. ``page`` is its JSON, ``lines`` its text with every matrix in its line, ``inputs`` are the values
    that the reader was given.
    """

    def __init__(self, page: Mapping[str, Any], lines: Sequence[str], inputs: Mapping[str, Any]) -> None:
        self.page, self.lines = page, lines
        self.known: dict[str, Any] = {name: value for name, value in inputs.items() if value is not None}
        self.inputs = dict(self.known)
        self.seen: set[Fraction] = {abs(part) for value in self.known.values() for part in np.ravel(np.asarray(value))}
        self.aliases = {label.lstrip("="): name for name, label in self.page["notation"].items() if label[:1] != "→"}
        self.aliases |= {"Σ": "sum", "∑": "sum", "log": "log", "ln": "log"}
        self.defined: dict[str, Any] = {}
        self.printed_names = {page["notation"].get(name, name): name for name in inputs}
        self.findings: list[Finding] = []
        self.unread: list[Finding] = []
        self.judged = 0
        self.ones: Any = None
        self._conventions()

    def _conventions(self) -> None:
        for line in self.page["conventions"]:
            self._look(line)
            given = re.fullmatch(r"the upstream gradient is given: (\S+) = (.+)", line)
            definition = re.fullmatch(r"(\w+)\(([\w, ]*)\) = (.+?)(?:: .*)?", line)
            constant = re.fullmatch(r"(\w+) = (-?[\d./]+)", line)
            try:
                if given:
                    self.known[given[1]] = self.calculator()(Reader(given[2]).whole())
                elif definition and definition[1] not in FUNCTIONS:
                    self.defined[definition[1]] = (definition[2].split(", "), Reader(definition[3]).whole())
                elif constant:
                    self.known[constant[1]] = Fraction(constant[2])
            except Unread:
                continue

    def calculator(self, ones: Any = None) -> Calculator:
        return Calculator(self.known, FUNCTIONS, self.aliases, self.defined, ones)

    def run(self) -> None:
        place = next((at for at, line in enumerate(self.lines) if re.match(r"\d+  \S", line)), 0)
        for left, links in equations(self.page["steps"]):
            found = next((at for at in range(place, len(self.lines)) if self._fits(self.lines[at], links)), None)
            if found is None:
                self.unread.append(("a line that is not found", f"{left} = …", ""))
                self._exact(left, links)
                continue
            for line in self.lines[place:found]:
                self._look(line)
            place = found + 1
            self._equation(left, links, self.lines[found])
            self._look(self.lines[found])

    def _fits(self, line: str, links: list[list[str]]) -> bool:
        parts = sides_of(line)
        prose = ": " in parts[0] or line.endswith(".")
        return len(parts) == 2 * len(links) + 1 and line.startswith("   ") and not prose

    def _look(self, line: str) -> None:
        for spelled in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?:/\d+)?(?![\w.]*\d)", line):
            try:
                self.seen |= set(numbers_in(Reader(spelled).whole()))
                self.seen |= {Fraction(part) for part in re.findall(r"\d+(?:\.\d+)?", spelled.split("·10")[0])}
            except Unread:
                continue

    # ---- one equation

    def _exact(self, left: str, links: list[list[str]]) -> tuple[list[Any], list[Tree | None]]:
        """The values of the sides by JSON: all must be equal; the last is that of the name on the left."""
        values: list[Any] = []
        trees: list[Tree | None] = []
        line = f"{left} = " + " = ".join(link[1] for link in links)
        for link in links:
            tree = None
            try:
                tree = Reader(link[1]).whole()
                value = self.calculator()(tree)
                if link[2:] == ["in all entries"] and "/d" in left:
                    like: Any = self.known.get(left.rpartition("/d")[2], value)
                    value = np.full(np.shape(like), value, dtype=object)
                values.append(value)
            except Unread as reason:
                values.append(None)
                self.unread.append((f"exact: {reason}", line, link[1]))
            trees.append(tree)
        worked = [(place, value) for place, value in enumerate(values) if value is not None]
        for (_, one), (place, other) in pairwise(worked):
            if not alike(one, other, [Fraction(1), *(n for tree in trees if tree for n in numbers_in(tree))]):
                self.findings.append(
                    ("sides differ exactly", line, f"{show(one)} and {show(other)} ({links[place][1]})")
                )
        self._left(left, values, line)
        return values, trees

    def _left(self, left: str, values: list[Any], line: str) -> None:
        name = left.replace(" ", "")
        try:
            tree = Reader(left).whole()
        except Unread as reason:
            self.unread.append((f"left: {reason}", line, left))
            return
        value = next((value for value in reversed(values) if value is not None), None)
        if value is None or isinstance(value, One | Row):
            return
        if tree[0] in ("name", "index"):
            before = self.known.get(name)
            if before is not None and not alike(before, value, [Fraction(1)]):
                self.findings.append(("one name for two values", line, f"{name} is {show(before)} and {show(value)}"))
            self.known[name] = value
            return
        try:
            found = self.calculator()(tree)
        except Unread as reason:
            self.unread.append((f"left: {reason}", line, left))
            return
        if not alike(found, value, [Fraction(1)]):
            self.findings.append(("left side differs", line, f"{show(found)} and {show(value)}"))

    def _equation(self, left: str, links: list[list[str]], line: str) -> None:
        self.judged += 1
        self.ones = None
        values, trees = self._exact(left, links)
        parts = sides_of(line)
        printed, relations = parts[2::2], parts[1::2]
        if self.printed_names.setdefault(parts[0], left) != left:
            self.findings.append(("two names printed alike", line, f"{left} and {self.printed_names[parts[0]]}"))
        read: list[Tree | None] = []
        shown: list[Any] = []
        for side in printed:
            tree = value = None
            try:
                tree = Reader(side).whole()
                if not names_in(tree):
                    value = self._with_ones(tree, values) if "𝟏" in side else self.calculator()(tree)
            except Unread as reason:
                self.unread.append((f"printed: {reason}", line, side))
            read.append(tree)
            shown.append(One(value) if line.endswith("(in all entries)") and value is not None else value)
        meant = next((value for value in reversed(values) if value is not None), None)
        earlier = [meant, *(one if one is not None else value for one, value in zip(shown, values, strict=True))]
        pairs: list[tuple[Tree | None, Tree | None]] = [(("name", ""),) * 2, *zip(trees, read, strict=True)]
        for place, sign in enumerate(relations):
            if sign == "=":
                self._equal(earlier[place], shown[place], line, printed[place])
            elif all(map(in_full, pairs[place : place + 2])) and same(earlier[place], shown[place]):
                floats = any(re.search(r"\d\.\d", link[1]) for link in links)
                self.findings.append(("≈ of floats" if floats else "needless ≈", line, printed[place]))
        if read[-1] is None or names_in(read[-1]) or not is_result(read[-1]):
            return
        if len(printed) > 1 and read[-2] is not None:
            self._recomputes(read[-2], shown[-2], shown[-1], relations[-1], line)
        self._sources(read, line)

    def _with_ones(self, tree: Tree, values: list[Any]) -> Any:
        """The value of a side with 𝟏, in the shape by which it is what the others are, or has one at all."""
        goal = next((value for value in reversed(values) if value is not None), None)
        reason: Unread | None = None
        found = None
        sizes = sorted({size for value in (goal, *self.known.values()) for size in np.shape(value)} | {1})
        shapes: list[tuple[int, ...]] = [(), *((size,) for size in sizes), *product(sizes, sizes)]
        for shape in shapes:
            ones = np.full(shape, Fraction(1), dtype=object) if shape else None
            try:
                value = self.calculator(ones)(tree)
                close = goal is None or self._near(value, goal)
            except Unread as problem:
                reason = reason or problem
                continue
            if close or found is None:
                found, self.ones = value, ones
            if close:
                break
        if found is None and reason is not None:
            raise reason
        return found

    @staticmethod
    def _near(value: Any, goal: Any) -> bool:
        """Could they be the same but for the rounding of what is printed?"""
        if isinstance(value, Row) or (not isinstance(value, One) and np.shape(value) != np.shape(goal)):
            return False
        one, other = np.broadcast_arrays(plain(value), plain(goal))
        if one.shape != np.shape(goal):
            return False
        one, other = one.astype(float), other.astype(float)
        return bool(np.all(np.abs(one - other) <= 0.01 * (1 + np.max(np.abs(other)))))

    def _equal(self, before: Any, after: Any, line: str, side: str) -> None:
        if before is None or after is None or isinstance(before, Row):
            return
        if not alike(before, after, []):
            self.findings.append(("false =", line, f"{side} is {show(after)}, what stands before it {show(before)}"))

    def _recomputes(self, tree: Tree, before: Any, after: Any, sign: str, line: str) -> None:
        """The side before the last comes to the last, as near as its own rounded numbers allow."""
        if before is None or after is None or sign == "=":
            return
        try:
            pair = np.broadcast_arrays(plain(before), plain(after))
            got, want = (np.ravel(one) for one in pair)
        except ValueError:
            self.findings.append(("another shape", line, f"{show(before)} and {show(after)}"))
            return
        units = np.array([last_digit(entry) for entry in want])
        off = np.array([abs(float(one - other)) for one, other in zip(got, want, strict=True)])
        if np.all(off <= units):
            return
        room = units / 2 + self._room(tree, pair[0], 100)
        if np.any(off > room):
            room = units / 2 + self._room(tree, pair[0], 0)
        worst = int(np.argmax(off / np.maximum(units, room)))
        kind = "recomputed roughly" if np.all(off <= room * 1.01 + 1e-12) else "does not come to the next side"
        self.findings.append(
            (
                kind,
                line,
                f"{show(got[worst])} and {show(want[worst])}: {off[worst] / units[worst]:.1f} units of the last digit",
            )
        )

    def _room(self, tree: Tree, got: Any, least: int) -> Any:
        """By how much the value of a side moves when each rounded number in it is up to half a unit off; whole
        numbers below the ``least`` are taken to be exact.
        """
        room = np.zeros(got.size)
        for place, found in enumerate(numbers_written(tree)):
            if found.denominator == 1 and found < least:
                continue
            for way in (1, -1):
                shift = Fraction(way * last_digit(found) / 2)
                try:
                    moved = plain(self.calculator(self.ones)(shifted(tree, place, shift)))
                except (Unread, ValueError):
                    continue
                pairs = zip(np.ravel(np.broadcast_to(moved, got.shape)), np.ravel(got), strict=True)
                room += np.array([abs(float(one - other)) for one, other in pairs]) / 2
        return room

    def _sources(self, read: list[Tree | None], line: str) -> None:
        """The numbers of each side stand above it, in a side before it, or are sizes; where a slope is shared at a
        tie, the line says so.
        """
        sizes = {Fraction(size) for value in self.known.values() for size in (*np.shape(value), np.size(value))}
        known = self.seen | sizes | {Fraction(0), Fraction(1)}
        for tree in read[:-1]:
            if tree is None:
                continue
            if not names_in(tree):
                strange = [] if line.endswith("they share the slope)") else numbers_strange(tree, known)
                if strange:
                    told = ", ".join(str(float(found)) for found in strange)
                    self.findings.append(("a number from nowhere", line, told))
            elif any(not any(numbers_in(one)) for one in matrices(tree)):
                self.findings.append(("zeros from nowhere", line, "a matrix of zeros in a formula"))
            known |= {*numbers_in(tree), *numbers_written(tree)}


def plain(value: Any) -> Any:
    value = value.factor if isinstance(value, One) else value
    return np.asarray(value, dtype=object)


def alike(one: Any, other: Any, numbers: list[Fraction]) -> bool:
    """Equal; floats to within rounding."""
    ones = isinstance(one, One) or isinstance(other, One)
    one, other = (value.body if isinstance(value, Row) else value for value in (one, other))
    one, other = plain(one), plain(other)
    if one.shape != other.shape:
        if not ones:
            return False
        one, other = np.broadcast_arrays(one, other)
    scale = max([1.0, *(float(abs(part)) for part in numbers)]) if numbers else 0.0
    for a, b in zip(one.ravel(), other.ravel(), strict=True):
        if isinstance(a, Fraction) and isinstance(b, Fraction) and not numbers:
            if a != b:
                return False
        elif abs(float(a) - float(b)) > CLOSE * max(scale, abs(float(a)), abs(float(b)), 1e-3):
            return False
    return True


def same(one: Any, other: Any) -> bool:
    """Are both there, and equal?"""
    return one is not None and other is not None and alike(one, other, [])


def show(value: Any) -> str:
    value = value.body if isinstance(value, Row) else value
    return str(np.vectorize(lambda part: round(float(part), 7), otypes=[object])(plain(value)).tolist())[:160]
