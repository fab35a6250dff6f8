"""Assignments to a graph: ``q = x + y; f = q*z``, a text file of such lines, or the source of a Python function.
Parsed, never run.

A program is a document written otherwise: its statements become the sections of one, which the one reader of graphs
reads. A name that
is assigned again keeps both values, as in a program: the later one is ``c_2``. A name that is never assigned is an
input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import CONSTANTS, Array, Expr, Index, Power, Sym
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.labels import printed
from stepper.core.parser import parse
from stepper.core.traverse import names, substitute, walk
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.commas import between_commas
from stepper.read.graph import read_tree
from stepper.read.located import Map, Scalar, Seq, Tree
from stepper.read.pasted import (
    ASSIGNMENT,
    BACKWARD,
    DEFINED,
    HEAD,
    NOT_RUN,
    RETURN,
    Line,
    statements,
)
from stepper.read.scripts.script import written_out
from stepper.read.suspects import remarks

RETURNED = "out"
Given = TypeVar("Given", Expr, "Expr | None")


def read_program(source: str, origin: str, told: Mapping[str, Expr] | None = None) -> Graph:
    """Reads assignments; names that are never assigned are inputs without a value. ``told`` are values that stand
    elsewhere.

    Raises:
        StepperError: with every problem found.
    """
    script = written_out(source, origin)
    program = _Program(origin, told or {})
    if script is None:
        return program.read(list(statements(source, origin)))
    program.renamed += script.renamed
    return program.read(list(statements(source, origin, script.lines)))


class _Assigned(Struct, frozen=True):
    """What a name was assigned. ``learned``: did the program say that it is to be trained?"""

    formula: Expr
    place: Place
    learned: bool = False

    @property
    def literal(self) -> bool:
        """Is it a number, or a list of numbers?"""
        return _is_literal(self.formula)


def _is_literal(expr: Expr) -> bool:
    return (
        bool(expr.items) and all(map(_is_literal, expr.items))
        if isinstance(expr, Array)
        else number_of(expr) is not None
    )


class _Program:
    def __init__(self, origin: str, told: Mapping[str, Expr]) -> None:
        self.origin, self.told = origin, told
        self.problems: list[Problem] = []
        self.current: dict[Expr, Expr] = {}
        self.versions: dict[str, int] = {}
        self.assigned: dict[str, _Assigned] = {}
        self.read_so_far: set[Expr] = set()
        self.parameters: dict[str, Expr | None] = {}
        self.renamed: list[str] = []
        self.functions: dict[str, _Assigned] = {}
        self.texts: list[str] = []
        self.written: set[object] = set()
        self.output: str | None = None
        self.title = ""

    def read(self, lines: Sequence[Line]) -> Graph:
        if not lines:
            raise StepperError(Problem("there is no assignment here", Place(self.origin), "write q = x + y; f = q*z"))
        self.texts = [line.text for line in lines]
        self.written = {_looks(match["name"]) for line in lines if (match := ASSIGNMENT.match(line.text))}
        for line in lines:
            self.statement(line)
        if self.problems:
            raise StepperError(*self.problems)
        graph = read_tree(self.document(Place(self.origin)), self.origin, self.told)
        return replace(graph, remarks=remarks(graph, self.told))

    # ---- statements

    def statement(self, line: Line) -> None:
        head, returned, backward = HEAD.match(line.text), RETURN.match(line.text), BACKWARD.fullmatch(line.text)
        if head:
            self.title = head["name"]
            for word in between_commas(head["parameters"]):
                self.parameter(line, word)
            if line.text[head.end() :].strip():
                self.statement(line.part(head.end(), line.text[head.end() :]))
        elif returned:
            self.returned(line, returned.start("formula"), returned["formula"])
        elif backward:
            self.output = text(self.current.get(Sym(backward["name"]), Sym(backward["name"])))
        elif match := DEFINED.match(line.text):
            self.defined(line, match["name"], match["parameters"], match.start("formula"), match["formula"])
        elif match := ASSIGNMENT.match(line.text):
            formula = self.formula(line, match.start("formula"), match["formula"])
            if formula is not None:
                self.assignment(text(parse(match["name"])), match["operator"], formula, line)
        elif not self.several(line):
            hint = "a program is read, not run: write each step as an assignment" if NOT_RUN.match(line.text) else ""
            self.problems.append(Problem("an assignment is written name = formula", line.place, hint))

    def parameter(self, line: Line, word: str) -> None:
        """A parameter of the function, with its default where that is a number."""
        name, _, default = word.partition("=")
        name = name.partition(":")[0].strip().lstrip("*")
        if name and name not in ("self", "/"):
            value = self.formula(line, line.text.find(default), default) if default.strip() else None
            self.parameters[text(parse(name))] = value if value is not None and _is_literal(value) else None

    def defined(self, line: Line, name: str, parameters: str, start: int, words: str) -> None:
        """``f(x, y) = x*y``: a function where it is called, else a quantity of these inputs."""
        plain = text(parse(name))
        called = sum(len(re.findall(rf"(?<!\w){re.escape(name)}\s*\(", other)) for other in self.texts) > 1
        formula = self.formula(line, start, words)
        if formula is None:
            return
        if called:
            self.functions[f"{plain}({parameters})"] = _Assigned(formula, line.place)
            return
        self.parameters |= {text(parse(word.strip())): None for word in parameters.split(",")}
        self.assign(plain, formula, line)

    def returned(self, line: Line, start: int, words: str) -> None:
        formula = self.formula(line, start, words)
        if isinstance(formula, Sym):
            self.output = text(formula)
        elif formula is not None:
            self.assign(RETURNED, formula, line)
            self.output = RETURNED

    def several(self, line: Line) -> bool:
        """``a, b = 2, 3``: as many formulas as names; false where it is none."""
        left, sign, right = line.text.partition("=")
        names_, formulas = between_commas(left), between_commas(right)
        if (
            not sign
            or len(names_) < 2
            or len(names_) != len(formulas)
            or not all(ASSIGNMENT.fullmatch(f"{name}=0") for name in names_)
        ):
            return False
        read = [self.formula(line, line.text.find(formula, len(left)), formula) for formula in formulas]
        for name, formula in zip(names_, read, strict=True):  # all are worked out before any is assigned
            if formula is not None:
                self.assign(text(parse(name.strip())), formula, line)
        return True

    def formula(self, line: Line, start: int, words: str) -> Expr | None:
        part = line.part(start, words)
        try:
            return substitute(parse(part.text), self.current)
        except FormulaError as error:
            self.problems.append(error.within(part.place))
            return None

    def assignment(self, name: str, operator: str | None, formula: Expr, line: Line) -> None:
        if operator:
            old = self.current.get(Sym(name), Sym(name))
            formula = parse(f"({text(old)}){operator}({text(formula)})")
        self.assign(name, formula, line)

    def assign(self, name: str, formula: Expr, line: Line) -> None:
        """A name assigned once keeps its name; each later value is a quantity of its own, whose name looks like no
        other.
        """
        count = self.versions.get(name, 1 if name not in self.assigned and self.was_read(name, formula) else 0) + 1
        while count > 1 and ((version := f"{name}_{count}") in self.assigned or _looks(version) in self.written):
            count += 1
        version = name if count == 1 else f"{name}_{count}"
        self.versions[name] = count
        if count > 1:
            self.renamed.append(f"{name} as {version}")
        self.current[parse(name)] = parse(version)
        self.assigned[version] = _Assigned(formula, line.place, line.learned)
        self.read_so_far.update(names(formula))

    def was_read(self, name: str, formula: Expr) -> bool:
        """Has a value of this name come in from outside, which the assignment must not replace?"""
        return name in self.parameters or Sym(name) in self.read_so_far or Sym(name) in names(formula)

    # ---- the document

    def document(self, top: Place) -> Map:
        """The sections of a document that says the same."""
        read = {base_of(part) for known in self.assigned.values() for part in names(known.formula)}
        literals = {
            name: known
            for name, known in self.assigned.items()
            if known.literal and name in read and name != self.output
        }
        inputs = [(Scalar(name, top), self.value(name, value, top)) for name, value in self.parameters.items()]
        inputs += [(Scalar(name, place), self.value(name, None, place)) for name, place in self.outside().items()]
        given = [
            (Scalar(name, known.place), replace(known, formula=self.list_told(name, known.formula)))
            for name, known in literals.items()
        ]
        inputs += [(key, _tree(known.formula, known.place)) for key, known in given if not known.learned]
        learned: list[tuple[Scalar, Tree]] = [
            (key, _tree(known.formula, known.place)) for key, known in given if known.learned
        ]
        nodes: list[tuple[Scalar, Tree]] = [
            (Scalar(name, known.place), Scalar(text(known.formula), known.place, plain=False))
            for name, known in self.assigned.items() if name not in literals
        ]  # fmt: skip
        words = {
            "title": self.title,
            "source": f"assigned again: {', '.join(self.renamed)}" if self.renamed else "",
            "output": self.output,
        }
        functions: list[tuple[Scalar, Tree]] = [
            (Scalar(head, known.place), Scalar(text(known.formula), known.place, plain=False))
            for head, known in self.functions.items()
        ]
        sections = {"functions": functions, "inputs": inputs, "parameters": learned, "nodes": nodes}
        entries: list[tuple[Scalar, Tree]] = [
            (Scalar(key, top), Scalar(word, top)) for key, word in words.items() if word
        ]
        return Map([*entries, *((Scalar(key, top), Map(part, top)) for key, part in sections.items() if part)], top)

    def outside(self) -> dict[str, Place]:
        """What is read and never assigned, in order: but constants and the T of a transpose are no quantities, unless a
        value is told.
        """
        found: dict[str, Place] = {}
        within = {*self.assigned, *(base_of(parse(name)) for name in self.assigned), *self.parameters}
        for known in self.assigned.values():
            raised = {part.exponent for part in walk(known.formula) if isinstance(part, Power)}
            for part in names(known.formula):
                name, base = text(part), base_of(part)
                meant = (name in CONSTANTS or (part == Sym("T") and part in raised)) and name not in self.told
                if not meant and name not in within and base not in self.assigned and base not in self.parameters:
                    whole = base if isinstance(self.told.get(base), Array) else name
                    found.setdefault(whole, known.place)
        return found

    def value(self, name: str, default: Expr | None, place: Place) -> Tree:
        """A leaf's value; of a list also where it is told, since what is a list must be known to whoever reads
        formulas.
        """
        expr = self.list_told(name, default)
        return Scalar("", place) if expr is None else _tree(expr, place)

    def list_told(self, name: str, default: Given) -> Given | Array:
        told = self.told.get(name)
        return told if isinstance(told, Array) else default


def base_of(part: Expr) -> str:
    """The name of a quantity, without the brackets of an entry."""
    return text(part.base) if isinstance(part, Index) else text(part)


def _tree(expr: Expr, place: Place) -> Tree:
    """Numbers and lists of them as they stand in a document."""
    return (
        Seq([_tree(item, place) for item in expr.items], place)
        if isinstance(expr, Array)
        else Scalar(text(expr), place)
    )


def _looks(name: str) -> object:
    """What a name looks like in print: c2 and c_2 are not to be told apart."""
    return printed(text(parse(name)).partition("[")[0])
