"""A function with its formulas read: what it takes, what it comes to, its slopes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

from msgspec import Struct, field

from stepper.core.expr import Array, Expr, Num, Product, Sym, add, multiply, multiply_all
from stepper.core.traverse import substitute, transform
from stepper.errors import Problem, StepperError
from stepper.tables.row import FunctionRow as Row
from stepper.tables.row import Kind

OUT, LENGTH, COUNT, ELEMENT, RESULT, REST = Sym("out"), Sym("n"), Sym("k"), Sym("j"), Sym("i"), Sym("rest")


class Parameter(Struct, frozen=True):
    name: str
    default: Expr | None = None
    kind: Kind = "number"

    @property
    def is_list(self) -> bool:
        return self.kind == "list"


def wrong_count(name: str, given: int, least: int, most: int) -> str:
    """That a function takes so many arguments, and got another number of them."""
    takes = str(least) if least == most else f"{least} to {most}"
    return f"'{name}' takes {takes} argument{'' if takes == '1' else 's'}, but got {given}"


class Rule(Struct, frozen=True):
    """A row with its formulas read.

    Exactly one of ``value``, ``machine``, ``fold`` says how it is worked out; none: unspecified.
    """

    name: str
    parameters: tuple[Parameter, ...]
    value: Expr | None = None
    partials: Mapping[str, Expr] = field(default_factory=dict)
    machine: str = ""
    exact: Mapping[Fraction, Fraction] = field(default_factory=dict)
    fold: str = ""
    stable: Mapping[str, Expr] = field(default_factory=dict)
    element: bool = False
    unfolds: bool = False
    rational: bool = False
    row: Row | None = None
    says: str = ""
    kinks: tuple[tuple[Expr, Expr], ...] = ()
    picks: tuple[str, ...] = ()
    unit: str = ""
    first_class: int = 1

    @property
    def unspecified(self) -> bool:
        return self.value is None and not self.machine and not self.fold

    @property
    def compares(self) -> bool:
        """Does it compare two lists, so that one prediction and one target will do? Distributions are lists."""
        takes = self.row.takes.values() if self.row is not None else ()
        return sum(parameter.is_list for parameter in self.parameters) > 1 and "distribution" not in takes

    def check_count(self, given: int) -> None:
        """Refuses a call with too many or too few arguments."""
        least, most = sum(parameter.default is None for parameter in self.parameters), len(self.parameters)
        if not least <= given <= most:
            raise StepperError(Problem(wrong_count(self.name, given, least, most)))

    def bind(self, arguments: tuple[Expr, ...]) -> dict[Expr, Expr]:
        """What the names in the row's formulas stand for in this call."""
        given = [*arguments, *(parameter.default for parameter in self.parameters[len(arguments) :])]
        bindings: dict[Expr, Expr] = {}
        for parameter, argument in zip(self.parameters, given, strict=True):
            assert argument is not None
            bindings[Sym(parameter.name)] = self.place_of(argument, bindings) if parameter.kind == "class" else argument
            if isinstance(argument, Array) and parameter.is_list and LENGTH not in bindings:
                length = len(argument.items)
                bindings |= {
                    LENGTH: Num(str(length)),
                    COUNT: Array(tuple(Num(str(number + 1)) for number in range(length))),
                }
        return bindings

    def place_of(self, argument: Expr, bindings: Mapping[Expr, Expr]) -> Expr:
        """The place, counted from 1, of the class with a number; where that is known, it is one of the places that
        there are.
        """
        if not isinstance(argument, Num) or not argument.literal.isdigit():
            return argument if self.first_class == 1 else add(argument, Num(str(1 - self.first_class)))
        place, length = int(argument.literal) + 1 - self.first_class, bindings.get(LENGTH)
        if isinstance(length, Num) and not 1 <= place <= int(length.literal):
            what = (
                f"{self.name}: there is no class {argument.literal} among {length.literal}, "
                f"counted from {self.first_class}"
            )
            hint = "--convention classes=from_zero counts them from 0, as PyTorch does" if not place else ""
            raise StepperError(Problem(what, hint=hint))
        return Num(str(place))

    @property
    def shown(self) -> Expr | None:
        """The definition as readers see it: with places where the numbers of classes are others."""
        numbers = [Sym(parameter.name) for parameter in self.parameters if parameter.kind == "class"]
        return (
            None
            if self.value is None
            else substitute(self.value, {number: self.place_of(number, {}) for number in numbers})
        )

    def definition(self, arguments: tuple[Expr, ...], stable: bool = False, element: Expr | None = None) -> Expr:
        """The definition with this call's arguments put in; with ``stable`` the form that stays accurate.

        ``element`` says which one of a function whose result is a list.
        """
        if self.fold:
            (items,) = arguments
            assert isinstance(items, Array)
            return add(*items.items) if self.fold == "+" else multiply(*items.items)
        form = self.stable.get("", self.value) if stable else self.value
        assert form is not None
        bindings = self.bind(arguments)
        if element is not None:
            bindings |= {RESULT: element}
            if self.picks and isinstance(element, Num) and isinstance(arguments[0], Array):
                bindings[REST] = Array(
                    tuple(item for place, item in enumerate(arguments[0].items, 1) if place != int(element.literal))
                )
        return substitute(_of_one(form) if bindings.get(LENGTH) == Num("1") else form, bindings)


def _of_one(form: Expr) -> Expr:
    """A form without its division by how many there are, where there is one."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Product) or LENGTH not in part.operands:
            return None
        kept = [
            (factor, _of_one(operand))
            for factor, operand in zip(("*", *part.operators), part.operands, strict=True)
            if (factor, operand) != ("/", LENGTH)
        ]
        return multiply_all(kept)

    return transform(form, change)


class Rules(Protocol):
    """Where the rule of a function is found by its name."""

    def rule(self, name: str) -> Rule: ...
