"""Numbers asked for one after the other in the terminal, under the figure in which they stand."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from stepper.cli.figure import figure, spelled
from stepper.errors import FormulaError, Problem, StepperError, nearest

if TYPE_CHECKING:
    from stepper.write.page import Blank, Page

MOST_ASKED = 120
BACK = "^"
CLEAR = "\x1b[2J\x1b[H"
_SEPARATED = re.compile(r"\s+|;|,(?=\D)|,$")
"""What stands between numbers on a line; a comma in front of a digit may be one in a decimal."""


def filled(page: Page, where: TextIO) -> Page:
    """The page with the numbers that are typed; the figure is drawn anew for each where ``where`` is a terminal.

    Raises:
        StepperError: where there is nothing to ask for, or too much.
    """
    count = sum(blank.size for blank in page.open)
    if not count:
        raise StepperError(Problem("--ask: there is nothing to ask for here", hint="without it"))
    if count > MOST_ASKED:
        what = f"--ask asks for up to {MOST_ASKED} numbers, and here are {count:,}"
        raise StepperError(Problem(what, hint="--values pleasant draws them"))
    asking = Asking(page)
    drawn = where.isatty() and sys.stdin.isatty()
    if not drawn:
        where.write(f"{HELP}\n")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is no text is no number either, and is told so
    while not asking.done:
        if drawn:
            where.write(f"{CLEAR}{figure(asking.page, asking.name)}\n{HELP}\n")
            where.write("".join(f"{line}\n" for line in asking.told))
        where.write(asking.prompt)
        where.flush()
        line = sys.stdin.readline()
        if not line:
            where.write("\n")
            break
        if not sys.stdin.isatty():
            where.write(line if line.endswith("\n") else f"{line}\n")
        asking.told = []
        try:
            asking.answer(line.strip())
        except StepperError as error:
            asking.told = [problem.report() for problem in error.problems]
        if not drawn:
            where.write("".join(f"{told}\n" for told in asking.told))
    if drawn:
        where.write(f"{CLEAR}{figure(asking.page, asking.names[-1])}\n")
    where.write("".join(f"{line}\n" for line in asking.halves))
    return asking.page


HELP = f"Enter: it stays a symbol   {BACK}: back   several numbers on a line, or a name: w11=2"


@dataclass
class Asking:
    """How far the numbers of a page are typed.

    ``place`` is the number that is asked for, of ``entries`` in the order of the document; ``told`` is what was wrong.
    """

    empty: Page
    values: dict[str, str] = field(default_factory=dict)
    place: int = 0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entries: list[tuple[str, Blank]] = [(entry, blank) for blank in self.empty.open for entry in blank.entries]
        self.names = [entry for entry, _ in self.entries]
        self.past: list[tuple[int, dict[str, str]]] = []

    @property
    def done(self) -> bool:
        """Is nothing left to be asked for?"""
        return self.place >= len(self.entries)

    @property
    def halves(self) -> list[str]:
        """Arrays of which some numbers are missing, which are symbols then."""
        found = []
        for blank in self.empty.open:
            count = sum(entry in self.values for entry in blank.entries)
            if 0 < count < blank.size:
                found.append(f"{blank.name} has {count} of its {blank.size} numbers only, and stays a symbol")
        return found

    @property
    def page(self) -> Page:
        """The page with the numbers so far."""
        return self.empty.filled(self.values)

    @property
    def name(self) -> str:
        """What is asked for."""
        return self.names[self.place]

    @property
    def prompt(self) -> str:
        """What is asked for as the figure spells it; the first entry of an array with the shape."""
        entry, blank = self.entries[self.place]
        said = blank.remark
        if blank.shape:
            rows = ", row after row" if len(blank.shape) > 1 else " numbers"
            said = f"{'×'.join(map(str, blank.shape))}{rows}" if entry == blank.entries[0] else ""
        return f"{spelled(entry)}{f' ({said})' if said else ''} = "

    def answer(self, line: str) -> None:
        """What is typed: numbers, names with numbers, the sign to go back, or nothing.

        Raises:
            StepperError: for what is no number, or a name that is not asked for; what stands before it is taken.
        """
        if line == BACK:
            if not self.past:
                raise StepperError(Problem("this is the first", hint="Enter leaves it a symbol"))
            self.place, self.values = self.past.pop()
            return
        before = (self.place, dict(self.values))
        try:
            if line:
                self._take(line)
            else:
                self._leave()
        finally:
            if (self.place, self.values) != before:
                self.past.append(before)

    def _leave(self) -> None:
        """A symbol: an array is one as a whole."""
        entry, blank = self.entries[self.place]
        if entry != blank.entries[0]:
            what = f"{blank.name} is an array, and has numbers already"
            raise StepperError(Problem(what, hint=f"type the others too, or go back with {BACK}"))
        self._on(blank.size)

    def _take(self, line: str) -> None:
        line = re.sub(r"\s*(?:=|(?<=\w|\]):)\s*", "=", line)
        if "[" in line and "=" not in line:
            line = re.sub(r"[\[\],]", " ", line)
        for word in filter(None, _SEPARATED.split(line)):
            name, sign, number = word.rpartition("=")
            self._put(self._named(name) if sign else "", number)

    def _named(self, name: str) -> str:
        from stepper.core.names import canonical

        found = canonical(name)
        if found not in self.names:  # as LaTeX has it: w_{11}
            plain = re.sub(r"[_{}]", "", found)
            found = next((known for known in self.names if known.replace("_", "") == plain), found)
        if found not in self.names:
            hint = nearest(found, self.names) or f"asked for are {', '.join(self.names[:8])}, ..."
            raise StepperError(Problem(f"'{name}' is not asked for", hint=hint))
        return found

    def _put(self, name: str, number: str) -> None:
        if not name and self.done:
            raise StepperError(Problem(f"'{number}' is one number too many"))
        value = _number(number)
        self.values[name or self.name] = value
        if not name or (not self.done and name == self.name):
            self._on(1)

    def _on(self, count: int) -> None:
        """Goes on to the next that has no number yet."""
        self.place += count
        while not self.done and self.names[self.place] in self.values:
            self.place += 1


def _number(word: str) -> str:
    """A number as it is typed.

    Raises:
        StepperError: where it is none.
    """
    from stepper.core.formula import number_of
    from stepper.core.parser import parse
    from stepper.read.mend import decimal_of

    try:
        if number_of(parse(word)) is not None:
            return word
    except FormulaError:
        pass
    decimal = decimal_of(word)
    hint = f"decimals have a point: {decimal}" if decimal else "such as -2, 0.5 or 1/3"
    raise StepperError(Problem(f"'{word}' is not a number", hint=hint))
