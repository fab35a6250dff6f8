"""Numbers asked for in order in the terminal, under the figure in which they stand."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, TextIO

from msgspec.structs import replace

from stepper.cli.figure import figure, spelled
from stepper.cli.typed import number_in, numbered, words_of
from stepper.errors import Place, Problem, StepperError, nearest

if TYPE_CHECKING:
    from stepper.write.page import Blank, Page

MOST_ASKED = 120
BACK = "^"
WIDEST_NAMES = 40
"""So wide names may be that a prompt tells all of; of more it tells the first and the last."""
CLEAR = "\x1b[2J\x1b[H"


def filled(page: Page, where: TextIO) -> Asking:
    """The numbers that are typed; the figure is drawn anew for each line where ``where`` is a terminal.

    In a terminal what is wrong is asked for again; from a file or a pipe it ends the command.

    Raises:
        StepperError: where there is nothing to ask for, or too much; where a line of a file is wrong.
    """
    count = sum(blank.size for blank in page.open)
    if not count:
        raise StepperError(Problem("--ask: there is nothing to ask for here", hint="leave it out"))
    if count > MOST_ASKED:
        what = f"--ask asks for up to {MOST_ASKED} numbers, but here are {count:,}"
        raise StepperError(Problem(what, hint="--values pleasant draws them"))
    asking = Asking(page)
    typed = sys.stdin.isatty()
    drawn = where.isatty() and typed
    if not drawn:
        where.write(f"{asking.help}\n")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is no text is no number either, and is told so
    lines = _lines()
    while not (asking.done and typed):
        if drawn:
            where.write(f"{CLEAR}{figure(asking.page, asking.name)}\n{asking.help}\n")
            where.write("".join(f"{line}\n" for line in asking.told))
        where.write("" if asking.done else asking.prompt)
        where.flush()
        number, line = next(lines, (0, ""))
        if not typed and (number or not asking.done):
            where.write(f"{line}\n")
        if not number:
            break
        _answered(asking, line, 0 if typed else number)
        if not drawn:
            where.write("".join(f"{told}\n" for told in asking.told))
    if drawn:
        where.write(f"{CLEAR}{figure(asking.page, asking.names[-1])}\n")
    where.flush()
    sys.stderr.write("".join(f"{line}\n" for line in asking.missing))
    return asking


def _lines() -> Iterator[tuple[int, str]]:
    """The lines of standard input with their numbers, without remarks; a line that is a remark alone is none."""
    for number, line in enumerate(iter(sys.stdin.readline, ""), start=1):
        said, mark, _ = line.partition("#")
        if said.strip() or not mark:
            yield number, said.strip()


def _answered(asking: Asking, line: str, number: int) -> None:
    """Takes a line; ``number`` is its place in a file, 0 in a terminal, where what is wrong is told."""
    asking.told = []
    if asking.done and not line:
        return
    try:
        asking.answer(line)
    except StepperError as error:
        if number:
            place = Place("standard input", number, 1, max(1, len(line)), line)
            raise StepperError(*(replace(problem, where=place) for problem in error.problems)) from None
        asking.told = [problem.report() for problem in error.problems]


class Asking:
    """How far the numbers of a page are typed.

    ``place`` is the number that is asked for, of ``entries`` in the order of the document; ``told`` is what was wrong.
    """

    def __init__(self, empty: Page) -> None:
        self.empty = empty
        self.values: dict[str, str] = {}
        self.place = 0
        self.told: list[str] = []
        self.entries: list[tuple[str, Blank]] = [(entry, blank) for blank in self.empty.open for entry in blank.entries]
        self.names = [entry for entry, _ in self.entries]
        self.past: list[tuple[int, dict[str, str]]] = []

    @property
    def done(self) -> bool:
        """Is nothing left to be asked for?"""
        return self.place >= len(self.entries)

    @property
    def missing(self) -> list[str]:
        """How many numbers are blank where the input ended early, and arrays of which some are, which are symbols."""
        found = []
        for blank in self.empty.open:
            count = self._count(blank)
            if 0 < count < blank.size:
                were = "was" if count == 1 else "were"
                numbers = f"only {count} of the {blank.size} numbers of {blank.name} {were} given"
                found.append(f"{numbers}, so {blank.name} stays symbolic")
        if not self.done:
            left = sum(blank.size for blank in self.empty.open if self._count(blank) < blank.size)
            found.append(f"{left} of {numbered(len(self.names))} {'is' if left == 1 else 'are'} blank")
        return found

    def _count(self, blank: Blank) -> int:
        """How many numbers of a blank are there."""
        return sum(entry in self.values for entry in blank.entries)

    @property
    def page(self) -> Page:
        """The page with the numbers so far."""
        return self.empty.filled(self.values)

    @property
    def name(self) -> str:
        """What is asked for."""
        return self.names[self.place]

    @property
    def help(self) -> str:
        """What may be typed, with a name that is there."""
        example = next((blank for blank in self.empty.open if blank.section == "parameters"), self.entries[0][1])
        return (
            f"Enter alone: leave it as a symbol   {BACK}: undo the last line\n"
            f"Several numbers per line, or by name: {example.entries[0]}=2"
        )

    @property
    def prompt(self) -> str:
        """What the next line is meant for, as the figure spells it: the numbers of a neuron, or an array."""
        entry, blank = self.entries[self.place]
        if not blank.shape:
            said = f"into {spelled(blank.into)}" if blank.into else blank.remark
            names = [spelled(name) for name, _ in self._together()]
        elif self._count(blank):
            names, said = [spelled(entry)], numbered(blank.size - self._count(blank), "more ")
        else:
            size = f"{'×'.join(map(str, blank.shape))}, row by row" if len(blank.shape) > 1 else numbered(blank.size)
            names, said = [spelled(blank.name)], "; ".join(filter(None, (size, blank.remark)))
        told = ", ".join(names)
        if len(told) > WIDEST_NAMES:
            told = ", ".join((*names[:2], "...", names[-1]))
        return f"{told}{f' ({said})' if said else ''} = "

    def _together(self) -> list[tuple[str, Blank]]:
        """From the number that is asked for on, those that belong together: of one letter, and into one neuron."""
        of = _kin(self.entries[self.place][1])
        found = takewhile(lambda entry: _kin(entry[1]) == of, self.entries[self.place :])
        return [entry for entry in found if entry[0] not in self.values]

    def answer(self, line: str) -> None:
        """What is typed: numbers, names with numbers, the sign to go back, or nothing.

        Raises:
            StepperError: for what is no number, or a name that is not asked for; what stands before it is taken.
        """
        if line == BACK:
            if not self.past:
                raise StepperError(Problem("there is no line to undo"))
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
            raise StepperError(Problem(what, hint=f"type the others too, or undo the last line with {BACK}"))
        self._on(blank.size)

    def _take(self, line: str) -> None:
        words = words_of(line)
        names = [self._named(name) if sign else "" for name, sign, _ in words]
        self._check_room(names)
        for name, (_, _, number) in zip(names, words, strict=True):
            self._put(name, number)
        named = {blank.name: blank for entry, blank in self.entries if entry in names and blank.shape}
        counts = [(blank, self._count(blank)) for blank in named.values()]
        self.told += [
            f"{blank.name} has {count} of its {blank.size} numbers; it stays symbolic until it has all"
            for blank, count in counts
            if count < blank.size
        ]

    def _check_room(self, names: Sequence[str]) -> None:
        """A line of numbers belongs to the array that is asked for, or gives all that is left; of a number without a
        name the name is empty.

        Raises:
            StepperError: where it would go on into the next array.
        """
        if self.done:
            return
        count = names.count("")
        left = [blank for entry, blank in self.entries[self.place :] if entry not in {*self.values, *names}]
        blank = self.entries[self.place][1]
        here = [*takewhile(lambda other: other is blank if blank.shape else not other.shape, left)]
        if count <= len(here) or count == len(left) or not any(other.shape for other in left):
            return
        more = "more " if self._count(blank) else ""
        what = f"{blank.name} takes {numbered(len(here), more)}, but here are {count}"
        if not blank.shape:
            what = f"{left[len(here)].name} is an array: its numbers start on a line of their own"
        hint = (
            "" if len(here) == len(left) else f"then comes {left[len(here)].name}; or give all {len(left)} on one line"
        )
        raise StepperError(Problem(what, hint=hint))

    def _named(self, name: str) -> str:
        from stepper.core.names import canonical

        found = canonical(name)
        if found not in self.names:  # as LaTeX has it: w_{11}
            plain = re.sub(r"[_{}]", "", found)
            found = next((known for known in self.names if known.replace("_", "") == plain), found)
        if found in self.names:
            return found
        array = next((blank for blank in self.empty.open if blank.shape and blank.name == found), None)
        if array is not None:
            what = f"{found} is an array of {numbered(array.size)} ({'×'.join(map(str, array.shape))})"
            hint = f"name one of them, {array.entries[0]}=2, or type them all when {found} is asked for"
            raise StepperError(Problem(what, hint=hint))
        known = [
            f"{blank.entries[0]} to {blank.entries[-1]}" if blank.shape else blank.name for blank in self.empty.open
        ]
        listed = f"{', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
        raise StepperError(
            Problem(f"'{name}' is not asked for", hint=nearest(found, self.names) or f"asked for: {listed}")
        )

    def _put(self, name: str, number: str) -> None:
        if not name and self.done:
            raise StepperError(Problem(f"'{number}' is one number too many"))
        value = number_in(number)
        self.values[name or self.name] = value
        if not name or (not self.done and name == self.name):
            self._on(1)

    def _on(self, count: int) -> None:
        """Goes on to the next that has no number yet."""
        self.place += count
        while not self.done and self.names[self.place] in self.values:
            self.place += 1


def _kin(blank: Blank) -> tuple[object, ...]:
    """What is the same of numbers that are asked for together."""
    return (blank.section, re.sub(r"[\d\[\],]", "", blank.name), blank.into, bool(blank.shape))
