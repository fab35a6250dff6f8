"""The sections of a task's document: numbers, and letters that stand for them, each told where it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from msgspec.structs import replace

from stepper.core.expr import Expr, Number, Sym, Value
from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.located import Map, Scalar, Tree
from stepper.read.notation import check_notation
from stepper.read.sections import IN_LETTERS
from stepper.tables.optimizer import SYMBOLS

K = TypeVar("K")
T = TypeVar("T")
Quantity: TypeAlias = Number | Expr
"""A number, as it comes to or as it is written, or a letter that stands for one."""


def number_in(tree: Tree) -> Number | None:
    return number_of(parse(tree.text)) if isinstance(tree, Scalar) else None


def numbers_of(found: Mapping[K, Quantity]) -> dict[K, Number]:
    values = {key: value if isinstance(value, Fraction | float) else number_of(value) for key, value in found.items()}
    return {key: value for key, value in values.items() if value is not None}


def spelled(found: Quantity) -> Expr:
    return Value(found) if isinstance(found, Fraction | float) else found


LETTERS_STAY = "letters are worked in the update of one parameter by a listed optimizer, its 'gradients:' given"


def _may_be_letter(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and (not tree.text.strip() or tree.text.strip().isidentifier())


class Sections:
    """A document, and the problems that are found in it."""

    def __init__(self, root: Map, origin: str, folder: Path | None, letters: bool) -> None:
        self.root, self.origin, self.folder = root, origin, folder
        self.problems: list[Problem] = []
        parameters = root.get("parameters")
        values = [value for _, value in parameters.entries] if isinstance(parameters, Map) else []
        alone = len(values) == 1 and isinstance(values[0], Scalar) and bool(self.word("optimizer"))
        self.letters = letters and alone and {key.text for key, _ in root.entries} <= IN_LETTERS
        """May letters stand for numbers?"""

    def told(self, read: Callable[[], T], section: str) -> T | None:
        """What is read, or nothing where it cannot be; the problem is told in its section."""
        try:
            return read()
        except FormulaError as error:
            self.problems.append(error.within(self.place(section)))
        except StepperError as error:
            self.problems += [
                problem if problem.where else replace(problem, where=self.place(section)) for problem in error.problems
            ]
        return None

    def notation(self) -> Iterator[tuple[str, str]]:
        """How the run is written."""
        tree = self.root.get("notation")
        if tree is not None and not isinstance(tree, Map):
            self.problems.append(Problem("'notation:' needs entries 'name: value'", tree.place, "{product: times}"))
        for key, value in tree.entries if isinstance(tree, Map) else ():
            chosen = value.text if isinstance(value, Scalar) else ""
            yield check_notation(key.text, chosen, self.problems, key.place, value.place)

    def numbers(self, section: str) -> dict[str, Number]:
        return self.numbers_in(self.root.get(section), section)

    def numbers_in(self, tree: Tree | None, section: str) -> dict[str, Number]:
        return self.named(tree, section, lambda key, value: number_in(value))

    def quantities(self, section: str) -> dict[str, Quantity]:
        """Numbers and letters by their names; where nothing is written the name's own letter."""
        return self.named(self.root.get(section), section, self.quantity)

    def quantity(self, name: str, tree: Tree) -> Quantity | None:
        if not isinstance(tree, Scalar) or not (tree.text.strip() or self.letters):
            return None
        found = parse(tree.text.strip() or (SYMBOLS.get(name, name) if self.letters else ""))
        return found if self.letters and isinstance(found, Sym) else number_of(found)

    def named(self, tree: Tree | None, section: str, read: Callable[[str, Tree], T | None]) -> dict[str, T]:
        """What is read of each entry of a section; one of which nothing can be is told."""
        found: dict[str, T] = {}
        for key, value in tree.entries if isinstance(tree, Map) else []:
            one = self.told(partial(read, key.text, value), section)
            if one is None:
                kind = "neither a number nor a letter" if self.letters else "not a number"
                hint = "" if self.letters else LETTERS_STAY if _may_be_letter(value) else ""
                self.problems.append(Problem(f"'{key.text}' of {section} is {kind}", value.place, hint))
            else:
                found[key.text] = one
        return found

    def count(self, section: str) -> int | None:
        """A whole number, where a section gives one."""
        word = self.word(section)
        if self.root.get(section) is not None and not word.isdecimal():
            self.problems.append(
                Problem(f"'{word or section}' is not a whole number", self.place(section), f"such as {section}: 1")
            )
        return int(word) if word.isdecimal() else None

    def word(self, section: str) -> str:
        tree = self.root.get(section)
        return tree.text.strip() if isinstance(tree, Scalar) else ""

    def place(self, section: str) -> Place:
        tree = self.root.get(section)
        return tree.place if tree is not None else Place(self.origin)
