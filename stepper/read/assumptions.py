"""What is given for a derivation, as people write it: ``w ~ N(0, s^2)``, ``w, x independent``, ``E[x] = 0``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stepper.core.assumptions import Given, Law
from stepper.core.derivation_parser import OPERATORS, Statement, parse_derivation, parse_statement
from stepper.core.expr import Bound, Call, Expr, Index, Prime, Sym, children
from stepper.core.formula import text
from stepper.core.names import canonical
from stepper.core.parser import parse
from stepper.core.prose import Prose, listed
from stepper.core.traverse import walk
from stepper.errors import FormulaError, Problem, StepperError, nearest
from stepper.tables.laws import BY_SPELLING, LAWS

TRAITS = ("symmetric", "active", "integer", "constant", "positive", "negative", "invertible", "random", "distribution")
_NAMES = r"[^\W\d]\w*'*(?:\s*,\s*[^\W\d]\w*'*)*"
_SHAPE = re.compile(rf"({_NAMES})\s*[:=]\s*(\w+(?:\s*[x×]\s*\w+)*)")


def read_given(
    lines: Sequence[str], about: Sequence[Expr] = (), shapes: Sequence[str] = (),
    defined: Mapping[str, Expr] | None = None,
) -> Given:  # fmt: skip
    """What is given, for formulas in which the random quantities stand inside E, Var, Cov or P.

    >>> given = read_given(["w ~ N(0, s^2)", "E[x] = 0", "independent"])
    >>> sorted(given.random), given.everything_independent
    (['w', 'x'], True)

    Raises:
        StepperError: where a line says nothing that is known, with what could be meant.
    """
    reader = _Reader()
    for line in lines:
        reader.read(line)
    for written in [part for line in shapes for part in re.split(r",(?=\s*\w+\s*[:=])", line)]:
        reader.shape(written)
    return reader.given(about, {**reader.definitions, **(defined or {})})


class _Reader:
    def __init__(self) -> None:
        self.shapes: dict[str, tuple[Expr, ...]] = {}
        self.laws: dict[str, Law] = {}
        self.independent: list[tuple[str, ...]] = []
        self.everything = False
        self.facts: list[Statement] = []
        self.traits: dict[str, tuple[str, ...]] = {}
        self.definitions: dict[str, Expr] = {}
        self.said: list[Prose] = []

    def given(self, about: Sequence[Expr], defined: Mapping[str, Expr]) -> Given:
        random = {*self.laws, *(name for group in self.independent for name in group)}
        random |= {name for name, traits in self.traits.items() if {"symmetric", "random"} & {*traits}}
        for expr in (side for fact in self.facts for side in fact.sides):
            random |= set(_under_expectation(expr))
        if not random:  # nothing is said: all that stands in an expectation is random, but for sizes
            random = {name for expr in about for name in _under_expectation(expr)} - set(_sizes(about))
        for name, formula in defined.items():  # what is made of random quantities is random
            if random & {part.name for part in _names(formula)} and not _is_expectation(formula):
                random.add(name)
        random -= {name for name, traits in self.traits.items() if "constant" in traits}
        parameters = {
            part.name for law in self.laws.values() for argument in law.arguments for part in _names(argument)
        }
        random -= parameters - {*self.laws}
        return Given(
            self.shapes, self.laws, tuple(self.independent), self.everything, tuple(self.facts), self.traits,
            frozenset(random), self.definitions, tuple(self.said),
        )  # fmt: skip

    def read(self, line: str) -> None:
        written = line.strip()
        if re.fullmatch(r"(all |everything )?independent", written):
            self.everything = True
            self.said.append(("all quantities independent",))
        elif hit := re.fullmatch(rf"({_NAMES}|.+?)\s+(?:are\s+|is\s+)?(?:jointly\s+)?independent", written):
            self.independent.append(_listed(hit[1], written))
            self.said.append((*_names_of(self.independent[-1]), " independent"))
        elif "~" in written:
            self.law(written)
        elif hit := re.fullmatch(rf"({_NAMES})\s+(?:is\s+|are\s+)?(\w+)", written):
            self.trait(hit[1], hit[2], written)
        elif (hit := _SHAPE.fullmatch(written)) and ":" in written:
            self.shape(written)
        else:
            self.statement(written)

    def law(self, written: str) -> None:
        left, _, right = written.partition("~")
        try:
            found = parse_derivation(right)
        except FormulaError as error:
            raise FormulaError(error.what, error.start + len(left) + 1, error.width, error.hint, text=written) from None
        row = BY_SPELLING.get(found.name) if isinstance(found, Call) else None
        if row is None or not isinstance(found, Call):
            name = found.name if isinstance(found, Call) else text(found)
            hint = nearest(name, BY_SPELLING) or f"known are {', '.join(row.spellings[0] for row in LAWS)}"
            raise StepperError(Problem(f"'{name}' is not a known distribution", hint=hint))
        if len(found.arguments) != len(row.parameters):
            form = f"{row.spellings[0]}({', '.join(row.parameters)})"
            raise StepperError(Problem(f"{found.name} takes {len(row.parameters)} parameters: {form}", hint=row.says))
        names = _listed(left, written)
        for name in names:
            self.laws[name] = Law(row.name, found.arguments)
        self.said.append((*_names_of(names), " ∼ ", found))

    def trait(self, names: str, word: str, written: str) -> None:
        if word not in TRAITS:
            hint = nearest(word, TRAITS) or f"known are {', '.join(TRAITS)}, and independent"
            raise StepperError(Problem(f"'{word}' in '{written}' is not a known property", hint=hint))
        found = _listed(names, written)
        for name in found:
            self.traits[name] = (*self.traits.get(name, ()), word)
        self.said.append((*_names_of(found), f" {word}"))

    def shape(self, written: str) -> None:
        hit = _SHAPE.fullmatch(written.strip())
        if hit is None:
            raise StepperError(Problem(f"'{written}' is not a shape", hint="such as X=nxd, w=d or a=1"))
        axes = tuple(_axes(hit[2]))
        for name in _listed(hit[1], written):
            self.shapes[name] = () if axes == (parse("1"),) else axes

    def statement(self, written: str) -> None:
        found = parse_statement(written)
        if not found.relations:
            hint = "such as 'w ~ N(0, 1)', 'w, x independent', 'E[x] = 0', '0 < p < 1', 'X: n x d'"
            raise StepperError(Problem(f"'{written}' is not something that can be given", hint=hint))
        self.said.append(found.said())
        match found.sides, found.relations:
            case (Sym(name), value), ("=",):
                self.definitions[name] = value
            case (Prime(Sym(name)), value), ("=",):
                self.definitions[name + "'"] = value
            case _:
                self.facts.append(found)


def _names_of(names: Sequence[str]) -> Prose:
    return listed([(Sym(name),) for name in names], ", ")


def _listed(written: str, line: str) -> tuple[str, ...]:
    """Names between commas; an index says that a family is meant: ``w[j]`` is of w."""
    found = []
    for part in written.split(","):
        name = re.sub(r"\[.*?\]", "", part).strip()
        if not re.fullmatch(r"[^\W\d]\w*'*", name):
            what = f"'{part.strip()}' in '{line}' is not a name"
            raise StepperError(Problem(what, hint="such as 'w, x independent'"))
        if name in OPERATORS:
            raise StepperError(Problem(f"'{name}' is reserved in derivations", hint="use another name"))
        found.append(canonical(name))
    return tuple(found)


def _axes(written: str) -> Iterator[Expr]:
    """``n x d``, ``nxd``, ``3x4``: letters and numbers; an x between two is the sign."""
    parts = re.split(r"\s*[x×]\s*", written) if re.search(r"[×\s]|^\w+x\w+$", written) else [written]
    for part in parts:
        if not part:
            raise StepperError(Problem(f"'{written}' is not a shape", hint="such as n x d"))
        yield parse(part)


def _names(expr: Expr) -> Iterator[Sym]:
    return (part for part in walk(expr) if isinstance(part, Sym))


def _is_expectation(expr: Expr) -> bool:
    """Is it a number, though random quantities stand in it?"""
    return not any(True for _ in _outside(expr))


def _outside(expr: Expr) -> Iterator[str]:
    """The names that stand outside E, Var, Cov and P."""
    if isinstance(expr, Call) and expr.name in OPERATORS:
        return
    if isinstance(expr, Sym):
        yield expr.name
    for part in children(expr):
        yield from _outside(part)


def _sizes(exprs: Iterable[Expr]) -> Iterator[str]:
    """The letters in the ends of ranges."""
    for expr in exprs:
        for part in walk(expr):
            if isinstance(part, Bound):
                yield from (name.name for end in (part.low, part.high) for name in _names(end))


def _under_expectation(expr: Expr) -> Iterator[str]:
    """The names that stand inside E, Var, Cov or P, other than indices and the ends of ranges."""
    for part in walk(expr):
        if isinstance(part, Call) and part.name in OPERATORS:
            for argument in part.arguments:
                yield from _random_names(argument)


def _random_names(expr: Expr) -> Iterator[str]:
    match expr:
        case Sym(name):
            yield name
        case Index(base):
            yield from _random_names(base)
        case Bound(_, variable, _, _, body):
            yield from (name for name in _random_names(body) if name != variable.name)
        case _:
            for part in children(expr):
                yield from _random_names(part)
