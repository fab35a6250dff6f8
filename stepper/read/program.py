"""Assignments to a graph: ``q = x + y; f = q*z``, a text file of such lines, or the source of a Python function. Parsed, never run.

A name that is assigned again keeps both values, as in a program: the later one is ``c_2``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stepper.core.expr import Expr, Sym, names, substitute
from stepper.core.formula import text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.document import read_graph
from stepper.read.resolve import Resolver

_ASSIGNMENT = re.compile(r"\s*(?P<name>[^\W\d_][\w₀-₉\u0300-\u036f]*)\s*(?P<operator>[-+*/]|\*\*)?=(?!=)(?P<formula>.*)", re.DOTALL)
_HEAD = re.compile(r"\s*def\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)[^:]*:\s*")
_RETURN = re.compile(r"\s*return\b(?P<formula>.*)", re.DOTALL)
_MODULES = re.compile(r"\b(?:math|np|numpy|torch|F|self|nn\.functional|torch\.nn\.functional)\.(?=\w)")
RETURNED = "out"


@dataclass(frozen=True, slots=True)
class _Line:
    """A statement and where it stands."""

    text: str
    place: Place


def looks_like_program(source: str) -> bool:
    """Is the first line that says something an assignment or the head of a function?"""
    for line in source.split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            return bool(_ASSIGNMENT.match(line) or _HEAD.match(line))
    return False


def read_program(source: str, origin: str) -> Graph:
    """Reads assignments; names that are never assigned are inputs without a value.

    Raises:
        StepperError: with every problem found.
    """
    return _Program(origin).read(_statements(source, origin))


def _statements(source: str, origin: str) -> list[_Line]:
    found = []
    for number, line in enumerate(source.split("\n"), start=1):
        column = 1
        for piece in line.partition("#")[0].split(";"):
            if piece.strip():
                found.append(_Line(piece, Place(origin, number, column, max(1, len(piece)), line)))
            column += len(piece) + 1
    return found


class _Program:
    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems: list[Problem] = []
        self.current: dict[Expr, Expr] = {}
        self.versions: dict[str, int] = {}
        self.formulas: dict[str, tuple[Expr, Place]] = {}
        self.parameters: list[str] = []
        self.renamed: list[str] = []
        self.output: str | None = None
        self.title = ""

    def read(self, lines: list[_Line]) -> Graph:
        if not lines:
            raise StepperError(Problem("there is no assignment here", Place(self.origin), "write q = x + y; f = q*z"))
        for line in lines:
            self.statement(line)
        leaves: dict[str, Leaf] = {}
        for name in self.parameters:
            leaves[name] = Leaf(name, "input")
        for expr, place in self.formulas.values():
            for part in names(expr):
                if text(part) not in self.formulas:
                    leaves.setdefault(text(part), Leaf(text(part), "input", None, place.line))
        known: dict[str, Expr] = {name: Sym(name) for name in (*leaves, *self.formulas)}
        resolver = Resolver({}, known, self.problems)
        nodes = {name: Node.of(name, resolver.resolve(expr, place), place.line) for name, (expr, place) in self.formulas.items()}
        if self.problems:
            raise StepperError(*self.problems)
        source = f"assigned again: {', '.join(self.renamed)}" if self.renamed else ""
        return Graph(self.title, leaves, nodes, self.output, source=source, origin=self.origin)

    def statement(self, line: _Line) -> None:
        head, returned = _HEAD.match(line.text), _RETURN.match(line.text)
        if head:
            self.title = head["name"]
            words = (word.partition("=")[0].partition(":")[0].strip() for word in head["parameters"].split(","))
            self.parameters += [word for word in words if word and word != "self"]
            if line.text[head.end() :].strip():
                self.statement(self.rest(line, head.end(), line.text[head.end() :]))
            return
        if returned:
            formula = self.formula(line, returned.start("formula"), returned["formula"])
            if isinstance(formula, Sym):
                self.output = text(formula)
            elif formula is not None:
                self.assign(RETURNED, formula, line.place)
                self.output = RETURNED
            return
        match = _ASSIGNMENT.match(line.text)
        if match is None:
            self.problems.append(Problem("an assignment is written name = formula", line.place))
            return
        formula = self.formula(line, match.start("formula"), match["formula"])
        if formula is None:
            return
        name = text(parse(match["name"]))
        if match["operator"]:
            old = self.current.get(Sym(name), Sym(name))
            joined = f"({text(old)}){match['operator']}({text(formula)})"
            formula = parse(joined)
        self.assign(name, formula, line.place)

    def rest(self, line: _Line, start: int, words: str) -> _Line:
        place = line.place
        return _Line(words, Place(place.source, place.line, place.column + start, max(1, len(words)), place.text))

    def formula(self, line: _Line, start: int, words: str) -> Expr | None:
        stripped = words.lstrip()
        part = self.rest(line, start + len(words) - len(stripped), stripped.rstrip())
        try:
            return substitute(parse(_MODULES.sub("", part.text)), self.current)
        except FormulaError as error:
            self.problems.append(error.within(part.place))
            return None

    def assign(self, name: str, formula: Expr, place: Place) -> None:
        """A name assigned once keeps its name; each later value is a quantity of its own."""
        count = self.versions.get(name, 1 if name not in self.formulas and self.was_read(name, formula) else 0) + 1
        while (version := name if count == 1 else f"{name}_{count}") in self.formulas:
            count += 1
        self.versions[name] = count
        if count > 1:
            self.renamed.append(f"{name} as {version}")
        self.current[Sym(name)] = Sym(version)
        self.formulas[version] = (formula, place)

    def was_read(self, name: str, formula: Expr) -> bool:
        """Has a value of this name come in from outside, which the assignment must not replace?"""
        read = [formula, *(expr for expr, _ in self.formulas.values())]
        return name in self.parameters or any(Sym(name) in names(expr) for expr in read)


def read_any(text: str, shown: str) -> Graph:
    """Reads a document in YAML, or assignments as a program writes them."""
    return read_program(text, shown) if looks_like_program(text) else read_graph(text, shown)
