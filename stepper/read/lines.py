"""Documents with the lines of a derivation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stepper.core.derivation_parser import Statement, parse_statement
from stepper.core.expr import Expr, Sym
from stepper.core.lines import Lines, Stated
from stepper.core.traverse import meant
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.answers import read_items
from stepper.read.assumptions import read_given
from stepper.read.located import Map, Scalar, Seq, Tree, read_yaml
from stepper.read.question import functions
from stepper.read.sections import LINES, strays

MOST_LINES = 300
_RELATION = re.compile(r"<=|>=|[=≈<>≤≥]")
"""How a line begins that goes on from the one above."""
OF_LINE = ("line", "set", "by", "note")


def read_lines(document: str, origin: str) -> Lines:
    """A document with ``lines:``.

    Raises:
        StepperError: with every problem found, each in its place.
    """
    return _Reader(read_yaml(document, origin), origin).read()


def read_claims(claims: str | Sequence[str], origin: str = "") -> tuple[Stated, ...]:
    """Lines that somebody wrote: of a page, remarks without a relation are passed over.

    Raises:
        StepperError: where a line with a relation cannot be read, or there is none.
    """
    lines = claims.splitlines() if isinstance(claims, str) else claims
    found: list[Stated] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not _RELATION.search(line):
            continue
        place = Place(origin, number, 1, text=line)
        sets = _SETS.match(line)
        try:
            found.append(stated_of(line[sets.end() :] if sets else line, place, bool(sets)))
        except FormulaError as error:
            problems.append(error.within(place))
    if problems:
        raise StepperError(*problems)
    if not found:
        raise StepperError(Problem("there is no equation to check", hint="such as 'Var(y) = n*Var(w)*Var(x)'"))
    return tuple(found)


def stated_of(written: str, place: Place | None, sets: bool = False, by: str = "", note: str = "") -> Stated:
    """One line.

    Raises:
        FormulaError: where it cannot be read, or claims nothing.
    """
    line = written.strip()
    sign = _RELATION.match(line)
    found = parse_statement(line[sign.end() :] if sign else line)
    if sign:
        relation = parse_statement(f"x {sign[0]} x").relations[0]
        found = Statement(found.sides, (relation, *found.relations))
    found = Statement(tuple(meant(side, ()) for side in found.sides), found.relations)
    if not found.relations:
        raise FormulaError(
            "this line is not an equation", 0, len(line), "it contains '=', '<' or '>', or begins with one", text=line
        )
    return Stated(line, found, bool(sign), sets, by, note, place)


_SETS = re.compile(r"\s*(?:set|let|demand|require)\b:?\s*", re.IGNORECASE)
"""How a line of a page begins that demands something."""


def _defined(lines: Sequence[Stated]) -> dict[str, Expr]:
    """Names and what the lines say that they are."""
    found: dict[str, Expr] = {}
    for stated in lines:
        match stated.statement.sides:
            case (Sym(name), formula, *_) if not stated.continues and not stated.sets:
                found.setdefault(name, formula)
    return found


class _Reader:
    def __init__(self, root: Map, origin: str) -> None:
        self.root, self.origin = root, origin
        self.problems: list[Problem] = []

    def read(self) -> Lines:
        self.problems += strays(self.root, LINES, "a derivation")
        lines = tuple(self.lines())
        shows = self.root.get("shows")
        shown = None if shows is None else self.line(shows)
        said = tuple(self.words("given"))
        if self.problems:
            raise StepperError(*self.problems)
        every = [*lines, *([shown] if shown is not None else [])]
        exprs = [side for stated in every for side in stated.statement.sides]
        try:
            given = read_given(said, exprs, tuple(self.words("shapes")), _defined(lines))
        except StepperError as error:
            place = self.root.get("given")
            found = [Problem(each.what, each.where or (place.place if place is not None else None), each.hint)
                     for each in error.problems]  # fmt: skip
            raise StepperError(*found) from None
        return Lines(
            self.word("title"), given, lines, shown, functions(exprs), self.word("source"),
            read_items(self.root.get("answers")), self.origin,
        )  # fmt: skip

    def word(self, section: str) -> str:
        tree = self.root.get(section)
        return tree.text if isinstance(tree, Scalar) else ""

    def words(self, section: str) -> Iterator[str]:
        tree = self.root.get(section)
        if tree is None:
            return
        for item in tree.items if isinstance(tree, Seq) else [tree]:
            if isinstance(item, Scalar):
                yield item.text
            else:
                hint = "- w ~ N(0, s^2)"
                self.problems.append(Problem(f"'{section}:' is a list of what is given", item.place, hint))

    def lines(self) -> Iterator[Stated]:
        tree = self.root.get("lines")
        if not isinstance(tree, Seq) or not tree.items:
            place = None if tree is None else tree.place
            self.problems.append(Problem("'lines:' is a list of equations", place, "- y = w*x"))
            return
        if len(tree.items) > MOST_LINES:
            what = f"{len(tree.items)} lines; up to {MOST_LINES} are checked"
            self.problems.append(Problem(what, tree.place))
            return
        for item in tree.items:
            found = self.line(item)
            if found is not None:
                yield found

    def line(self, tree: Tree) -> Stated | None:
        """A line as text, or with more said of it: ``{line: ..., by: ...}``."""
        if isinstance(tree, Scalar):
            return self.stated(tree.text, tree, False, {})
        if not isinstance(tree, Map):
            self.problems.append(Problem("a line is an equation", tree.place, "- Var(y) = n*Var(w)"))
            return None
        parts = {key.text: value for key, value in tree.entries}
        for key, _ in tree.entries:
            if key.text not in OF_LINE:
                self.problems.append(Problem(f"'{key.text}' is not a part of a line", key.place, ", ".join(OF_LINE)))
        kind = [name for name in ("line", "set") if isinstance(parts.get(name), Scalar)]
        if len(kind) != 1:
            self.problems.append(Problem("a line has 'line:', or 'set:' for an equation that is required", tree.place))
            return None
        written = parts[kind[0]]
        assert isinstance(written, Scalar)
        more = {name: value.text for name in ("by", "note") if isinstance(value := parts.get(name), Scalar)}
        return self.stated(written.text, written, kind[0] == "set", more)

    def stated(self, written: str, tree: Tree, sets: bool, more: dict[str, str]) -> Stated | None:
        try:
            return stated_of(written, tree.place, sets, more.get("by", ""), more.get("note", ""))
        except FormulaError as error:
            self.problems.append(error.within(tree.place))
            return None
