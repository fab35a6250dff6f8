"""The formulas of a layer's row: which of them holds, with what the layer has for the names in them, written
shortly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from stepper.core.expr import COMPARE, Array, Call, Expr, Index, Num, Product, Sum, Sym, Where, add_all, multiply_all
from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.core.traverse import names, transform
from stepper.engine.layers.result import Done
from stepper.engine.layers.sizes import integer, settle
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.layer import LayerRow as Row


def arrays_in(row: Row) -> Iterator[str]:
    """What a layer of a row may hold, by its names there."""
    for part in f"{row.weight_arrays};{row.bias_arrays};{row.named}".split(";"):
        if part.strip():
            yield part.partition("(")[0].strip()


def holds(condition: str, done: Done, env: Mapping[Expr, Expr]) -> bool:
    """Does a condition on the settings hold, along each of the axes?"""
    return all(_case(_test(condition), {**env, **axis}) == Num("1") for axis in done.axes or ({},))


def _case(written: Expr, env: Mapping[Expr, Expr]) -> Expr:
    """The case of a definition that holds; what is no number is a word, such as 'same', and equal to itself alone."""
    while isinstance(written, Where):
        left, right = (_settled(side, env) for side in (written.left, written.right))
        low, high = (
            (0, int(left != right)) if None in (integer(left), integer(right)) else (integer(left), integer(right))
        )
        assert low is not None and high is not None  # sizes and settings are numbers where formulas are written
        written = written.then if COMPARE[written.operator](low, high) else written.otherwise
    return written


def _settled(expr: Expr, env: Mapping[Expr, Expr]) -> Expr:
    """A number, or a word."""
    case = _case(expr, env)
    word = env.get(case, case)
    return word if isinstance(word, Sym) else settle(case, env)


def along_axes(part: Expr, done: Done, env: Mapping[Expr, Expr]) -> Expr | None:
    """``each(...)`` as the list of what it is along the axes, ``whole(...)`` as what it is of the layer as a whole."""
    match part:
        case Call("each", (inside,)):
            return Array(tuple(_settled(inside, {**env, **axis}) for axis in done.axes))
        case Call("whole", (inside,)):
            return _settled(inside, env)
        case Index(Call("each") as called, (Num(place),)):
            found = along_axes(called, done, env)
            return found.items[int(place) - 1] if isinstance(found, Array) else None
    return None


def named_in(row: Row) -> tuple[str, ...]:
    """What a document may name behind what a layer of a row holds."""
    return tuple(part.partition("(")[0].strip() for part in row.named.split(";") if part.strip())


@lru_cache(maxsize=1000)
def _test(condition: str) -> Expr:
    return parse(f"where({condition}, 1, 0)")


def without(expr: Expr, missing: set[Sym]) -> Expr:
    """A formula without what a layer does not hold: a summand or a factor goes, an argument is as by default."""
    if not missing.intersection(names(expr)):
        return expr
    match expr:
        case Sum(operands, signs):
            kept = [
                (sign, without(part, missing))
                for sign, part in zip(("+", *signs), operands, strict=True)
                if not _is_missing(part, missing)
            ]
            return add_all(kept)
        case Product(operands, factors):
            pairs = [
                (factor, without(part, missing))
                for factor, part in zip(("*", *factors), operands, strict=True)
                if not _is_missing(part, missing)
            ]
            return multiply_all(pairs)
        case Call(name, arguments) if name in BY_ARRAY_NAME:
            defaults = [default for _, default, _ in BY_ARRAY_NAME[name].signature()]
            return Call(
                name,
                tuple(
                    parse(default) if _is_missing(part, missing) and default else without(part, missing)
                    for part, default in zip(arguments, defaults, strict=False)
                ),
            )
        case Call(name, arguments):
            return Call(name, tuple(without(part, missing) for part in arguments))
    return expr


def _is_missing(part: Expr, missing: set[Sym]) -> bool:
    """Is a part made of nothing but what is not held?"""
    return part in missing or (isinstance(part, Call) and bool(part.arguments) and part.arguments[0] in missing)


def short(expr: Expr) -> Expr | None:
    """A call without the arguments at its end that are as by default; a setting alike along all axes is one number."""
    row = BY_ARRAY_NAME.get(expr.name) if isinstance(expr, Call) else None
    if not isinstance(expr, Call) or row is None:
        return None
    arguments = [_alike(transform(part, short), place, row) for place, part in enumerate(expr.arguments)]
    defaults = [default for _, default, _ in row.signature()]
    while len(arguments) > 1 and defaults[len(arguments) - 1] and _same(arguments[-1], defaults[len(arguments) - 1]):
        arguments.pop()
    return Call(expr.name, tuple(arguments))


def _alike(argument: Expr, place: int, row: ArrayFunction) -> Expr:
    """A setting as a number; one that is alike along all axes over which windows slide stands once."""
    name, _, kind = row.signature()[place]
    if kind == "setting" and not names(argument) and not isinstance(argument, Array | Num):
        return settle(argument, {})
    if row.slides and name in row.each and isinstance(argument, Array) and len(set(argument.items)) == 1:
        return argument.items[0]
    return argument


def _same(argument: Expr, default: str) -> bool:
    return argument == parse(default) or number_of(argument) == number_of(parse(default)) is not None
