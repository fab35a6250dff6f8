"""Calls of functions of arrays: whether one is, its definition, its arguments and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

from stepper.core.expr import Array, Call, Expr, Index, Neg, Num, Sym, add
from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.traverse import names, substitute, transform
from stepper.engine.tensor.sizes import Sizes, volume
from stepper.engine.values.differentiate import ONE, negative
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.rule import Rule
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME


def of_arrays(call: Call) -> bool:
    """Is it a function of arrays?

    ``max([0, X])`` is of numbers, entry by entry: the list holds what stood there as arguments. So is ``max(0, X)``.
    """
    if call.name not in BY_ARRAY_NAME:
        return False
    row = BY_ANY_NAME.get(call.name)
    if row is None or not row.gathers:
        return True
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], Array):
        return not _compares(row, call.arguments)
    items = call.arguments[0].items
    return not any(names(item) for item in items) and len({isinstance(item, Array) for item in items}) == 1


def gathered(rule: Rule, arguments: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The several arguments of a function such as max, most often in a list, which is then taken entry by entry; none
    where it is one array.
    """
    row = rule.row
    if row is None or not row.gathers:
        return ()
    if _compares(row, arguments):
        return arguments
    items = arguments[0].items if isinstance(arguments[0], Array) else ()
    return items if len(items) > 1 else ()


def _compares(row: FunctionRow, arguments: tuple[Expr, ...]) -> bool:
    """Are they several arguments of max, and no array with an axis?"""
    first, *others = arguments
    if not row.picks or not others:
        return False
    return number_of(first) is not None or any(not isinstance(other, Num | Neg) for other in others)


def alone(argument: Expr) -> Expr:
    """An array that stands in a list by itself, as a function that gathers its arguments has it."""
    return argument.items[0] if isinstance(argument, Array) and len(argument.items) == 1 else argument


def ungathered(expr: Expr) -> Expr:
    """A formula as it is printed: what a function such as max gathers in a list stands as its arguments,
    ``max(x, y)``: beside arrays that list would be a matrix.
    """

    def change(part: Expr) -> Expr | None:
        items = apart(part)
        return Call(part.name, tuple(map(ungathered, items))) if isinstance(part, Call) and items else None

    return transform(expr, change)


def apart(part: Expr) -> tuple[Expr, ...]:
    """The arguments that a call has in a list and is printed with apart, numbers first: after an array they would be
    axes; none of other formulas.
    """
    row = BY_ANY_NAME.get(part.name) if isinstance(part, Call) else None
    if not isinstance(part, Call) or row is None or not row.gathers or of_arrays(part) or len(part.arguments) > 1:
        return ()
    items = part.arguments[0].items if isinstance(part.arguments[0], Array) else ()
    return tuple(sorted(items, key=lambda item: number_of(item) is None)) if row.picks or len(items) == 1 else ()


@lru_cache
def definition(written: str) -> Expr:
    """A row's formula as a tree; functions that gather their arguments have them in a list, as in documents."""

    def change(part: Expr) -> Expr | None:
        row = BY_ANY_NAME.get(part.name) if isinstance(part, Call) else None
        if not isinstance(part, Call) or row is None or not row.gathers:
            return None
        arguments = tuple(transform(argument, change) for argument in part.arguments)
        settings = [isinstance(argument, Sym | Num | Neg) for argument in arguments[1:]]
        if part.name in BY_ARRAY_NAME and number_of(arguments[0]) is None and all(settings):
            return Call(part.name, arguments)
        return Call(part.name, (Array(arguments),))

    return transform(parse(written), change)


def without_inner(expr: Expr) -> Expr:
    """The formula with the definitions of functions that no reader sees in their place."""

    def change(part: Expr) -> Expr | None:
        row = BY_ARRAY_NAME[part.name] if isinstance(part, Call) and of_arrays(part) else None
        if not isinstance(part, Call) or row is None or not row.inner:
            return None
        bound = bind(row, part.arguments)
        return substitute(definition(row.value), {name: transform(meant, change) for name, meant in bound.items()})

    return transform(expr, change)


def bind(row: ArrayFunction, arguments: tuple[Expr, ...]) -> dict[Expr, Expr]:
    """What the names in a row's formulas stand for in a call.

    Raises:
        StepperError: where arguments are missing or too many.
    """
    signature = row.signature()
    needed = sum(not default for _, default, _ in signature)
    if not needed <= len(arguments) <= len(signature):
        takes = str(needed) if needed == len(signature) else f"{needed} to {len(signature)}"
        raise StepperError(
            Problem(
                f"'{row.name}' takes {takes} arguments, but got {len(arguments)}", hint=f"{row.name}({row.parameters})"
            )
        )
    given = [*arguments, *(parse(default) for _, default, _ in signature[len(arguments) :])]
    return {Sym(name): argument for (name, _, _), argument in zip(signature, given, strict=True)}


def by_class(
    row: ArrayFunction, bindings: dict[Expr, Expr], shape: Callable[[Expr], Sizes], first: int
) -> dict[Expr, Expr]:
    """The same, with rows of 0 and 1 in place of the numbers of classes, where a call has these; ``first`` is that of
    the first class.
    """
    if not holds_classes(row, bindings, shape):
        return bindings
    rows, numbers = bindings[Sym(row.signature()[0][0])], bindings[Sym(row.classes)]
    sizes = shape(rows)
    line = Index(rows, (ONE,) * (len(sizes) - 1)) if len(sizes) > 1 else rows
    found: Expr = Call("one_hot", (numbers if first == 1 else add(numbers, Num(str(1 - first))), line))
    if shape(numbers) != sizes[:-1]:
        found = Call("reshape_as", (found, rows))
    return {**bindings, Sym(row.classes): found}


def holds_classes(row: ArrayFunction, bindings: Mapping[Expr, Expr], shape: Callable[[Expr], Sizes]) -> bool:
    """Has a call the number of a class for each row, and no rows of targets?"""
    if not row.classes:
        return False
    rows, numbers = shape(bindings[Sym(row.signature()[0][0])]), shape(bindings[Sym(row.classes)])
    return bool(rows) and rows != numbers and volume(numbers) == volume(rows[:-1])


def setting(argument: Expr, row: ArrayFunction, name: str) -> int | tuple[int, ...]:
    """An integer that must be known beforehand, or a list of one for each axis, where the row takes one.

    Raises:
        StepperError: where it is something else.
    """
    if isinstance(argument, Neg) and isinstance(argument.body, Array):
        argument = Array(tuple(map(negative, argument.body.items)))
    if isinstance(argument, Array) and name in row.each:
        return tuple(_integer(item, row, name) for item in argument.items)
    return _integer(argument, row, name)


def _integer(argument: Expr, row: ArrayFunction, name: str) -> int:
    number = number_of(argument) if isinstance(argument, Num) else evaluate(argument, {}, PLAIN)
    if not isinstance(number, Fraction) or number.denominator != 1:
        raise StepperError(Problem(f"{row.name}: '{name}' must be an integer, and '{text(argument)}' is not"))
    return int(number)
