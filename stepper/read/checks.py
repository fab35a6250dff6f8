"""What a reader claims of a network: ``shape(a) = 3x3x10``, ``rf(l3) = 3 + 2*10 = 32``, one by one, in a file, or
as published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from stepper.core.expr import Array, Call, Expr, Sym
from stepper.core.network import SHAPE, Layout, Network, Statement
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.files import find_listing, own_file, read_text
from stepper.read.shape import read_shape

PUBLISHED = "published"


def read_claims(words: Iterable[str], network: Network, name: str | None) -> list[Statement]:
    """The claims of a command line: each an equation, a file with one on each line, or ``published`` for those of a
    bundled exam.

    Raises:
        StepperError: with every problem found.
    """
    words = list(words)
    problems: list[Problem] = []
    found: list[Statement] = []
    for text, place in _lines(words, name):
        try:
            found.append(read_claim(text, network.layout))
        except FormulaError as error:
            problems.append(error.within(place))
    if problems:
        raise StepperError(*problems)
    if not found and any(words):
        raise StepperError(Problem("there is no claim in it", hint="one per line, such as params(total) = 3660"))
    return found


def _lines(words: Iterable[str], name: str | None) -> Iterator[tuple[str, Place]]:
    for word in words:
        if word == PUBLISHED:
            for text in _published(name or ""):
                yield text, Place("published", 1, 1, len(text), text)
        elif (file := own_file(word)) is not None:
            for number, line in enumerate(read_text(file, word).split("\n"), start=1):
                body = line.split("#")[0].strip()
                if body:
                    yield body, Place(word, number, 1, len(line), line)
        else:
            yield word, Place(f"--check {word}", 0, 1, len(word), word)


def _published(name: str) -> list[str]:
    from stepper.read.bundled import answers_beside

    path = own_file(name) or find_listing(name)
    items = answers_beside(path) if path is not None else ()
    problems = [problem for item in items for problem in item.problems]
    if problems:
        raise StepperError(*problems)
    found = [
        f"{key} = {value}"
        for item in items
        if item.published is not None and not item.published.settings
        for key, value in item.published.claims
    ]
    if not found:
        raise StepperError(
            Problem(
                f"no published solution is known for '{name}'", hint="a claim of your own: --check 'shape(a) = 3x3x10'"
            )
        )
    return found


def read_claim(text: str, layout: Layout) -> Statement:
    """One equation.

    Raises:
        FormulaError: where it is none.
    """
    key, *sides = (part.strip() for part in text.split("=" if "=" in text else ":"))
    if not sides:
        raise FormulaError(
            "a claim is an equation", 0, len(text), "such as shape(a) = 3x3x10 or params(total) = 3660", text=text
        )
    dotted = re.fullmatch(r"(\w+)\(\s*([\w\-]+(?:\.[\w\-]+)+)\s*\)", key)
    name = Call(dotted[1], (Sym(dotted[2]),)) if dotted else parse(key)
    if isinstance(name, Call) and name.name == SHAPE:
        shape = read_shape(sides[-1], layout)
        if shape is None:
            raise FormulaError(f"'{sides[-1]}' is not a shape", 0, len(text), "such as 3x224x224", text=text)
        return Statement(name, (Array(shape),))
    return Statement(name, tuple(map(_side, sides)))


def _side(text: str) -> Expr:
    """A number or a sum; digit groups are one number."""
    return parse(text.replace(",", "") if text.replace(",", "").isdigit() else text)
