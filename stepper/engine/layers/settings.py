"""What a layer's settings come to: as the listing gives them, as the input tells them, by default, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Num, Sym
from stepper.core.network import Layer, Shape
from stepper.core.traverse import substitute
from stepper.engine.layers.fitting import Mismatch, shown_shape
from stepper.engine.layers.sizes import formula, integer, product, settle
from stepper.tables.any_axes import ANY_AXES
from stepper.tables.layer import SYMBOLS
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import BY_LAYER_NAME

UNKNOWN = Sym("?")
SAME, VALID, NOTHING = Sym("same"), Sym("valid"), Sym("None")
ZERO = Num("0")
KERNEL, FREE = "k", ("s", "p")
"""With an unknown kernel the stride and the padding are asked for too, where a listing says only that the size stays.
"""


@cache
def _signature(name: str) -> tuple[tuple[str, str, bool], ...]:
    return BY_LAYER_NAME[name].signature()


def signature(row: Row) -> tuple[tuple[str, str, bool], ...]:
    """A row's settings, read once."""
    return _signature(row.name)


def meant(layer: Layer, shape: Shape) -> Layer:
    """A layer that is named without a number of axes, as that for the axes that come in.

    Raises:
        Mismatch: where there is none for so many.
    """
    family = ANY_AXES.get(layer.kind)
    if family is None:
        return layer
    kind = family.row.format(n=max(1, len(shape) - 1))
    if kind not in BY_LAYER_NAME:
        raise Mismatch(_got(shape), "it expects channels, and up to three axes more")
    return replace(layer, kind=kind)


def symbol_of(name: str) -> Sym:
    """How a setting is written in formulas."""
    return Sym(SYMBOLS.get(name, name))


def is_open(row: Row, name: str, default: str) -> bool:
    """Is a setting neither told by a default nor by what comes in? A listing must say it, or ask for it."""
    return not default and name not in row.given


def own_unknown(name: str, layer: Layer) -> Sym:
    """The name of a layer's unknown setting, which no other layer uses."""
    return Sym(f"{symbol_of(name).name}_{layer.name}")


def settings_of(
    row: Row, layer: Layer, shape: Shape, values: Mapping[Expr, Expr], keeps_size: bool, biases: bool
) -> dict[str, Expr]:  # fmt: skip
    """Every setting by its full name."""
    kernel = next(
        (layer.settings.get(name, UNKNOWN) for name, _, _ in signature(row) if symbol_of(name).name == KERNEL), ZERO
    )
    free = keeps_size and kernel == UNKNOWN
    found: dict[str, Expr] = {}
    for name, default, _ in signature(row):
        given = layer.settings.get(name, NOTHING)
        if symbol_of(name) == Sym("b") and not biases:
            found[name] = ZERO
        elif given not in (NOTHING, UNKNOWN):
            found[name] = substitute(given, values)
        elif given == NOTHING and name in row.given:
            found[name] = shape[0] if row.given[name] == "C" else shape[-1]
        elif given == NOTHING and default and not (free and symbol_of(name).name in FREE):
            found[name] = formula(default)
        else:
            found[name] = values.get(own_unknown(name, layer), own_unknown(name, layer))
    return found


def whole(row: Row, settings: Mapping[str, Expr], shape: Shape) -> dict[Expr, Expr]:
    """What stands for the names in formulas about the layer as a whole; a setting for each axis is a list."""
    env: dict[Expr, Expr] = {
        Sym("C"): shape[0], Sym("F"): shape[-1], Sym("N"): product(shape), Sym("T"): product(shape[:-1]),
    }  # fmt: skip
    for name, _, each in signature(row):
        value = Array(filled(settings[name], product(shape))) if name == row.shape else settings[name]
        env[Sym(name)] = value
        env[symbol_of(name)] = (
            Array((value,) * row.axes) if each and row.axes and not isinstance(value, Array) else value
        )
    if not row.axes:
        env |= helpers_of(row, env)
    return env


def helpers_of(row: Row, env: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    """A row's helpers, each of which may use those before it."""
    found: dict[Expr, Expr] = {}
    for name, written in row.helpers.items():
        found[Sym(name)] = settle(formula(written), {**env, **found})
    return found


def filled(value: Expr, elements: Expr) -> Shape:
    """The sizes of a view, an entry of -1 worked out from the number of elements."""
    sizes = [settle(size, {}) for size in (value.items if isinstance(value, Array) else (value,))]
    left = [size for size in sizes if integer(size) != -1]
    if len(left) != len(sizes) - 1:
        return tuple(sizes)
    rest = settle(formula("N/M"), {Sym("N"): elements, Sym("M"): product(left)})
    return tuple(rest if integer(size) == -1 else size for size in sizes)


def along_axes(row: Row, layer: Layer, settings: Mapping[str, Expr], shape: Shape) -> tuple[Mapping[Expr, Expr], ...]:
    """The same for each spatial axis.

    Raises:
        Mismatch: where there are more or fewer axes than the layer works on, or entries than axes.
    """
    if row.ranks and len(shape) not in row.ranks:
        wanted = " or ".join(map(str, row.ranks))
        raise Mismatch(_got(shape), f"it expects {wanted}, without the batch")
    if not row.size:
        return ()
    count = row.axes or len(shape) - 1
    comes_in = row.axes_in or count
    if len(shape) != comes_in + 1:
        raise Mismatch(_got(shape), f"it expects channels and {comes_in} more")
    return tuple(_along(row, layer, settings, shape, place, count) for place in range(count))


def _got(shape: Shape) -> str:
    return f"it gets {shown_shape(shape)}, an input of {len(shape)} ax{'is' if len(shape) == 1 else 'es'}"


def _along(
    row: Row, layer: Layer, settings: Mapping[str, Expr], shape: Shape, place: int, count: int
) -> Mapping[Expr, Expr]:
    env: dict[Expr, Expr] = {Sym("n"): shape[min(place + 1, len(shape) - 1)], Sym("C"): shape[0]}
    for name, default, each in signature(row):
        value = settings[name]
        if default and layer.settings.get(name, NOTHING) == NOTHING and value == formula(default):
            value = substitute(value, env)  # a default may be another setting: a pool's stride is its kernel
        first, last = _entries(row, name, value, place, count) if each else (value, value)
        if first == NOTHING and each and row.absent:
            first = last = substitute(formula(row.absent), env)
        env[symbol_of(name)] = ZERO if first == VALID else first
        if name == row.sided:
            env[Sym(f"{symbol_of(name).name}_end")] = last
    return env | helpers_of(row, env)


def _entries(row: Row, name: str, value: Expr, place: int, count: int) -> tuple[Expr, Expr]:
    """A setting's entry for an axis; where both sides may differ, the entries begin with the last axis."""
    if not isinstance(value, Array):
        return value, value
    if len(value.items) == count:
        entry = value.items[place]
        if name == row.sided and isinstance(entry, Array) and len(entry.items) == 2:  # both sides of each axis
            return entry.items[0], entry.items[1]
        return entry, entry
    if name == row.sided and len(value.items) == 2 * count:
        start = 2 * (count - 1 - place)
        return value.items[start], value.items[start + 1]
    raise Mismatch(f"{name} has {len(value.items)} entries for {count} axes")
