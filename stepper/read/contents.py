"""What the sections of a document hold: words, whole numbers and numbers by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from stepper.core.expr import Number
from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.located import Map, Scalar, Tree

T = TypeVar("T")


def number_in(tree: Tree) -> Number | None:
    return number_of(parse(tree.text)) if isinstance(tree, Scalar) else None


class Sections:
    """Reads sections of a document; problems are gathered, to be told all at once."""

    def __init__(self, root: Map, origin: str) -> None:
        self.root, self.origin = root, origin
        self.problems: list[Problem] = []

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

    def numbers(self, section: str) -> dict[str, Number]:
        return self.numbers_in(self.root.get(section), section)

    def numbers_in(self, tree: Tree | None, section: str) -> dict[str, Number]:
        found: dict[str, Number] = {}
        for key, value in tree.entries if isinstance(tree, Map) else []:
            number = self.told(partial(number_in, value), section)
            if number is None:
                self.problems.append(Problem(f"'{key.text}' of {section} is not a number", value.place))
            else:
                found[key.text] = number
        return found

    def count(self, section: str) -> int | None:
        """A whole number, where a section gives one."""
        word = self.word(section)
        if self.root.get(section) is not None and not word.isdecimal():
            self.problems.append(
                Problem(f"'{word or section}' is not a whole number", self.place(section), f"as {section}: 1")
            )
        return int(word) if word.isdecimal() else None

    def word(self, section: str) -> str:
        tree = self.root.get(section)
        return tree.text.strip() if isinstance(tree, Scalar) else ""

    def place(self, section: str) -> Place:
        tree = self.root.get(section)
        return tree.place if tree is not None else Place(self.origin)
