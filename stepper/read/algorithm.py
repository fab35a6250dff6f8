"""Documents that run an algorithm on data."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

from stepper.core.algorithm import Run
from stepper.core.expr import Number
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.answers import read_items
from stepper.read.located import Map, Scalar, Seq, Tree, read_yaml
from stepper.read.quantities import Sections, number_in
from stepper.read.sections import ALGORITHM, strays
from stepper.tables.algorithm import Algorithm
from stepper.tables.algorithms import ALGORITHMS, BY_ALGORITHM_NAME

MOST_ENTRIES = 10_000
MOST_DIGITS = 15
"""Numbers of so many digits, and quotients of them, stay exact in all that is worked out of them."""


def read_run(document: str, origin: str) -> Run:
    """An algorithm's document.

    Raises:
        StepperError: with every problem found.
    """
    return _RunReader(read_yaml(document, origin), origin, None, False).read()


def row_of(name: str, place: Place | None = None) -> Algorithm:
    """The row of an algorithm.

    Raises:
        StepperError: where there is none of this name.
    """
    known = " ".join(name.lower().replace("-", " ").replace("_", " ").split())
    if known not in BY_ALGORITHM_NAME:
        names = ", ".join(row.name for row in ALGORITHMS)
        hint = nearest(known, BY_ALGORITHM_NAME) or f"known: {names}"
        raise StepperError(Problem(f"'{name}' is not a known algorithm", place, hint))
    return BY_ALGORITHM_NAME[known]


class _RunReader(Sections):
    def read(self) -> Run:
        self.problems += strays(self.root, ALGORITHM, "an algorithm's document")
        row = self.told(partial(row_of, self.word("algorithm")), "algorithm")
        if row is None:
            raise StepperError(*self.problems)
        settings = self.settings(row)
        columns = self.columns(row)
        first = self.count("first")
        if self.problems:
            raise StepperError(*self.problems)
        places = {key.text: value.place for section in ("settings", "data") for key, value in self.entries(section)}
        lists = [value for _, value in self.entries("data") if isinstance(value, Seq)]
        return Run(
            self.word("title") or row.title, row.name, columns, settings, 1 if first is None else first,
            self.word("source"), read_items(self.root.get("answers")), self.origin, places,
            tuple(item.place for item in lists[0].items) if lists else (),
        )  # fmt: skip

    def entries(self, section: str) -> Iterator[tuple[Scalar, Tree]]:
        """What a section holds by name."""
        tree = self.root.get(section)
        yield from tree.entries if isinstance(tree, Map) else ()

    def settings(self, row: Algorithm) -> dict[str, Number]:
        """The settings of the row, the defaults of those that are not given."""
        tree = self.root.get("settings")
        if tree is not None and not isinstance(tree, Map):
            self.problems.append(Problem("'settings:' gives numbers by name", tree.place, "settings: {patience: 2}"))
        given = self.numbers("settings")
        for key, written in self.entries("settings"):
            self.check_length(given.get(key.text), written)
        for key, _ in self.entries("settings"):
            if key.text not in row.defaults:
                self.problems.append(self.unknown(key, row, "setting", tuple(row.defaults)))
        defaults = {name: number_in(Scalar(value, Place(""))) for name, value in row.defaults.items() if value}
        for name in row.defaults:
            if name not in defaults and all(key.text != name for key, _ in self.entries("settings")):
                what = f"{row.name}: the setting '{name}' is missing"
                self.problems.append(Problem(what, self.place("settings"), f"settings: {{{name}: 2}}"))
        found = {**defaults, **given}
        return {name: value for name in row.defaults if (value := found.get(name)) is not None}

    def unknown(self, key: Scalar, row: Algorithm, what: str, known: tuple[str, ...]) -> Problem:
        """A setting or a list that the row does not have."""
        hint = nearest(key.text, known) or (f"it has {', '.join(known)}" if known else f"it has no {what}s")
        return Problem(f"'{key.text}' is not a {what} of {row.name}", key.place, hint)

    def columns(self, row: Algorithm) -> dict[str, tuple[Number, ...]]:
        """The quantities of the entries, as many of each."""
        tree, lists = self.root.get("data"), row.lists
        if tree is not None and not isinstance(tree, Map):
            self.problems.append(Problem("'data:' holds lists by name", tree.place, "data: {loss: [1, 4/5]}"))
            return {}
        given = {key.text: value for key, value in self.entries("data")}
        for key, _ in self.entries("data"):
            if key.text not in lists:
                self.problems.append(self.unknown(key, row, "list", tuple(lists)))
        found: dict[str, tuple[Number, ...]] = {}
        for name, fields in lists.items():
            if name not in given:
                what = f"{row.name}: the list '{name}' is missing"
                self.problems.append(Problem(what, self.place("data"), f"data: {{{name}: [...]}}"))
            else:
                found |= self.column(name, fields, given[name])
        lengths = {name: len(value.items) for name, value in given.items() if isinstance(value, Seq)}
        if len(set(lengths.values())) > 1 and not self.problems:
            said = ", ".join(f"{count} of {name}" for name, count in lengths.items())
            self.problems.append(Problem(f"the lists are of different lengths: {said}", self.place("data")))
        return found

    def column(self, name: str, fields: tuple[str, ...], tree: Tree) -> dict[str, tuple[Number, ...]]:
        """The quantities that the items of one list give."""
        if not isinstance(tree, Seq) or not tree.items:
            hint = f"{name}: [1, 2]" if len(fields) == 1 else f"{name}: [[{', '.join(fields)}], ...]"
            self.problems.append(Problem(f"'{name}' is a list of numbers", tree.place, hint))
            return {}
        if len(tree.items) > MOST_ENTRIES:
            what = f"'{name}' has {len(tree.items):,} entries; up to {MOST_ENTRIES:,} are worked"
            self.problems.append(Problem(what, tree.place))
            return {}
        rows = [self.row(name, fields, item) for item in tree.items]
        kept = [row for row in rows if row is not None]
        return dict(zip(fields, zip(*kept, strict=True), strict=True)) if len(kept) == len(rows) else {}

    def row(self, name: str, fields: tuple[str, ...], item: Tree) -> list[Number] | None:
        """The numbers of one item."""
        parts = item.items if isinstance(item, Seq) else [item]
        if len(parts) != len(fields):
            what = f"an item of '{name}' is {'one number' if len(fields) == 1 else f'{len(fields)} numbers'}"
            hint = "" if len(fields) == 1 else f"[{', '.join(fields)}]"
            self.problems.append(Problem(f"{what}, and here are {len(parts)}", item.place, hint))
            return None
        numbers = [self.number(part) for part in parts]
        return [number for number in numbers if number is not None] if None not in numbers else None

    def number(self, tree: Tree) -> Number | None:
        try:
            found = number_in(tree)
        except FormulaError as error:
            self.problems.append(error.within(tree.place))
            return None
        if found is None:
            shown = f"'{tree.text}'" if isinstance(tree, Scalar) else "this"
            self.problems.append(Problem(f"{shown} is not a number", tree.place, "a decimal or a quotient such as 4/5"))
        self.check_length(found, tree)
        return found

    def check_length(self, number: Number | None, tree: Tree) -> None:
        """Tells of a number that is too long to be worked exactly."""
        parts = (number.numerator, number.denominator) if isinstance(number, Fraction) else ()
        if any(abs(part) >= 10**MOST_DIGITS for part in parts):
            what = f"this number has more than {MOST_DIGITS} digits"
            self.problems.append(Problem(what, tree.place, "an algorithm is worked exactly, with shorter numbers"))
