"""Names in formulas: each must be known, each call must fit its function; aliases become the table's own names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from stepper.core.expr import (
    CONSTANTS,
    Array,
    Call,
    Deriv,
    Expr,
    Index,
    Num,
    Power,
    Prime,
    Product,
    Sym,
    Transpose,
    children,
    rebuild,
)
from stepper.core.formula import text
from stepper.core.graph import Function
from stepper.core.traverse import meant, walk
from stepper.errors import MOST_TOLD, Place, Problem, nearest
from stepper.tables.table import BY_ANY_NAME

_HINTS = {
    "T": "the transpose is written W.T",
}


class Resolver:
    """Checks formulas of one document.

    ``known`` maps each name to what it stands for; ``inside`` is the function whose body is read, if one is;
    with ``symbols`` an unknown name is a symbol, as in given local derivatives; ``integers`` are the inputs that may
    number a class.
    """

    arrays = False
    """May formulas hold what only arrays have?"""

    def __init__(
        self,
        functions: Mapping[str, Function],
        known: Mapping[str, Expr],
        problems: list[Problem],
        symbols: bool = False,
        integers: Mapping[str, int] | None = None,
        inside: str = "",
    ) -> None:
        self.functions, self.known, self.problems, self.symbols = functions, known, problems, symbols
        self.integers, self.inside = integers or {}, inside
        self.place: Place | None = None
        self.fixed: dict[str, int] = {}

    def resolve(self, expr: Expr, place: Place) -> Expr:
        """The formula with every name settled; problems are told, with the column of the name where it can be found."""
        self.place = place
        return self._settle(expr)

    def _fail(self, what: str, name: str, hint: str = "") -> None:
        # only the first problems are told, and so looked for in a line that may be long
        place = _within(self.place, name) if len(self.problems) < MOST_TOLD else self.place
        self.problems.append(Problem(what, place, hint))

    def _settle(self, expr: Expr) -> Expr:
        match expr:
            case Sym(name):
                return self._name(name, expr)
            case Power(Sym("e"), _) if "e" not in self.known:
                return self._settle(meant(expr, self.known))
            case Index(Sym(base), indices):
                return self._member(base, indices, expr)
            case Prime():
                if text(expr) not in self.known and not (self.symbols and _declared(expr, self.functions)):
                    self._fail(
                        f"{text(expr)} is not known here",
                        text(expr),
                        "a prime marks a declared function's derivative, or the next value",
                    )
                return expr
            case Deriv():
                hint = f"for a division write {text(expr).replace('/', ' / ')}" if expr.total else ""
                self._fail(f"{text(expr)} is a derivative; a node's formula holds none", text(expr), hint)
                return expr
            case Transpose() | Product(_, _) if not self.arrays and (
                isinstance(expr, Transpose) or "@" in expr.operators
            ):
                self._fail(
                    f"{text(expr)} is for arrays, but this graph has only numbers",
                    "@" if isinstance(expr, Product) else ".T",
                )
                return expr
            case Call(name, arguments):
                return self._call(name, tuple(self._settle(argument) for argument in arguments))
            case _:
                return rebuild(expr, [self._settle(part) for part in children(expr)])

    def _name(self, name: str, expr: Expr) -> Expr:
        if name in self.known:
            return self.known[name]
        if name in CONSTANTS or name in CONSTANTS.values():
            return meant(expr, self.known)
        if self.symbols:
            return expr
        if name in BY_ANY_NAME or name in self.functions:
            self._fail(f"'{name}' is a function, but is used here without its argument", name, f"write {name}(...)")
        elif self.inside:
            hint = f"a function can use only its parameters: give it {name} as one"
            self._fail(f"'{name}' is not a parameter of {self.inside}", name, hint)
        else:
            self._fail(
                f"'{name}' is not defined",
                name,
                nearest(name, self.known) or _HINTS.get(name, "") or "name it under 'inputs:' or 'nodes:'",
            )
        return expr

    def _member(self, base: str, indices: tuple[Expr, ...], expr: Expr) -> Expr:
        if text(expr) in self.known:
            return expr
        family = self.known.get(base)
        settled = tuple(self._settle(index) for index in indices)
        if isinstance(family, Array):
            if len(settled) == 1 and isinstance(settled[0], Num):
                members = ", ".join(text(item) for item in family.items[:8])
                self._fail(
                    f"'{text(expr)}' is not defined; '{base}' has {members}{', …' if len(family.items) > 8 else ''}",
                    base,
                    "elements are counted from 1",
                )
            else:
                self._fail(f"the index of '{text(expr)}' is not a number", base)
        elif family is not None:
            self._fail(f"'{base}' is one number, so it has no element {text(expr)}", base)
        elif not self.symbols:
            self._fail(
                f"'{text(expr)}' is not defined",
                base,
                nearest(text(expr), self.known) or f"name it under 'inputs:', as \"{text(expr)}\"",
            )
        return expr

    def _call(self, name: str, arguments: tuple[Expr, ...]) -> Expr:
        stem = name.rstrip("'")
        if stem in self.functions:
            self._count(
                name, len(arguments), len(self.functions[stem].parameters), len(self.functions[stem].parameters)
            )
            return Call(name, arguments)
        row = BY_ANY_NAME.get(stem)
        if row is None:
            values = self.known
            hint = _HINTS.get(stem, "") or nearest(stem, [*BY_ANY_NAME, *self.functions])
            if stem in values:
                hint = f"'{stem}' is a value: a product is written {stem}*(...)"
            self._fail(f"'{stem}' is not a known function", stem, hint or "declare it under 'functions:'")
            return Call(name, arguments)
        if row.listed and isinstance(arguments[-1], Array):
            row = BY_ANY_NAME[row.listed]
        if row.gathers and not (len(arguments) == 1 and is_list(arguments[0])):
            arguments = (Array(arguments),)
        signature = row.signature()
        self._count(name, len(arguments), sum(not default for _, default, _ in signature), len(signature))
        kinds = (kind for _, _, kind in signature)
        arguments = tuple(
            self._class(argument) if kind == "class" else argument
            for argument, kind in zip(arguments, kinds, strict=False)
        )
        return Call(row.name + name[len(stem) :], arguments)

    def _class(self, argument: Expr) -> Expr:
        """The number of a class, which must be known beforehand: an integer, or an input whose value is one."""
        if isinstance(argument, Sym) and argument.name in self.integers:
            self.fixed[argument.name] = self.integers[argument.name]
            return Num(str(self.integers[argument.name]))
        if not (isinstance(argument, Num) and argument.literal.isdigit()):
            self._fail(
                f"'{text(argument)}' is not the number of a class",
                text(argument),
                "classes are counted from 1; or give a list, one entry per class",
            )
        return argument

    def _count(self, name: str, given: int, least: int, most: int) -> None:
        if not least <= given <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            self._fail(f"'{name}' takes {takes} argument{'' if takes == '1' else 's'}, but got {given}", name)


def _within(place: Place | None, name: str) -> Place | None:
    """The column of a name in the formula that stands at a place."""
    if place is None or not place.column:
        return place
    after = place.text[place.column - 1 : place.column - 1 + place.width]
    match = re.search(rf"(?<![\w]){re.escape(name)}(?!\w)", after)
    return replace(place, column=place.column + match.start(), width=len(name)) if match else place


def is_list(expr: Expr) -> bool:
    """Is it a list, arithmetic on lists, or a function of one number taken of each element of a list?"""
    match expr:
        case Array():
            return True
        case Index():
            return False
        case Call(name, arguments):
            row = BY_ANY_NAME.get(name)
            if row is not None and row.element:
                return True
            kinds = [kind for _, _, kind in row.signature()] if row is not None else ["number"] * len(arguments)
            return any(is_list(argument) for argument, kind in zip(arguments, kinds, strict=False) if kind == "number")
        case _:
            return any(is_list(part) for part in children(expr))


def holds_lists(expr: Expr) -> bool:
    """Do lists stand in a list, as where a function such as max is taken of two of them?"""
    return any(isinstance(part, Array) and any(map(is_list, part.items)) for part in walk(expr))


def _declared(expr: Expr, functions: Mapping[str, Function]) -> bool:
    """Is it the derivative of a declared function, named without its argument?"""
    while isinstance(expr, Prime):
        expr = expr.body
    return isinstance(expr, Sym) and expr.name in functions
