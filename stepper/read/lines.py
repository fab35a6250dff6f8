"""Documents with the lines of a derivation."""

from __future__ import annotations

from collections.abc import Iterator

from stepper.core.derivation_parser import parse_statement
from stepper.core.lines import Lines, Stated
from stepper.errors import FormulaError, Problem, StepperError
from stepper.read.answers import read_items
from stepper.read.assumptions import read_given
from stepper.read.located import Map, Scalar, Seq, Tree, read_yaml
from stepper.read.question import functions
from stepper.read.sections import LINES, strays

MOST_LINES = 300
OF_LINE = ("line", "set", "by", "note")


def read_lines(document: str, origin: str) -> Lines:
    """A document with ``lines:``.

    Raises:
        StepperError: with every problem found, each in its place.
    """
    return _Reader(read_yaml(document, origin), origin).read()


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
            given = read_given(said, exprs, tuple(self.words("shapes")))
        except StepperError as error:
            place = self.root.get("given")
            found = [Problem(each.what, each.where or (place.place if place is not None else None), each.hint)
                     for each in error.problems]  # fmt: skip
            raise StepperError(*found) from None
        return Lines(
            self.word("title"), given, said, lines, shown, functions(exprs), self.word("source"),
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
                self.problems.append(Problem(f"'{key.text}' is nothing that a line has", key.place, ", ".join(OF_LINE)))
        kind = [name for name in ("line", "set") if isinstance(parts.get(name), Scalar)]
        if len(kind) != 1:
            self.problems.append(Problem("a line has 'line:', or 'set:' for what is demanded", tree.place))
            return None
        written = parts[kind[0]]
        assert isinstance(written, Scalar)
        more = {name: value.text for name in ("by", "note") if isinstance(value := parts.get(name), Scalar)}
        return self.stated(written.text, written, kind[0] == "set", more)

    def stated(self, written: str, tree: Tree, sets: bool, more: dict[str, str]) -> Stated | None:
        line = written.strip()
        continues = line.startswith(("=", "≈")) and not line.startswith("==")
        try:
            found = parse_statement(line[1:] if continues else line)
        except FormulaError as error:
            self.problems.append(error.within(tree.place))
            return None
        if not found.relations and not continues:
            self.problems.append(Problem(f"'{line}' claims nothing", tree.place, "it has an '=', or begins with one"))
            return None
        return Stated(line, found, continues, sets, more.get("by", ""), more.get("note", ""), tree.place)
