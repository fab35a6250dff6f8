"""Receptive fields where a kernel, a stride or a dilation is a letter: ``8·d + 1``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from stepper.core.expr import Expr, Num, Sym
from stepper.core.network import INPUT
from stepper.engine.layers.result import Done
from stepper.engine.layers.sizes import formula, settle
from stepper.engine.values.polynomial import NoSize

ONE = Num("1")


class Reach(Struct, frozen=True):
    """How many units of the input one unit sees, and how far apart on the input two neighbours stand; ``whole``: it
    sees all.
    """

    size: Expr = ONE
    jump: Expr = ONE
    whole: bool = False


class Back(Struct, frozen=True):
    """How many units of what a layer reads are needed for some units of it: ``(units - 1)*stride + kernel``."""

    layer: str
    reads: str
    units: Expr
    kernel: Expr
    stride: Expr
    needed: Expr


def reaches(layers: Sequence[Done], axis: int = 0) -> Mapping[str, Reach | None]:
    """What a unit of each layer sees along a spatial axis; None where paths meet that do not see alike."""
    found: dict[str, Reach | None] = {INPUT: Reach()}
    for done in layers:
        before = {found[name] for name in done.layer.reads}
        found[done.layer.name] = _after(done, before.pop(), axis) if len(before) == 1 else None
    return found


def _after(done: Done, before: Reach | None, axis: int) -> Reach | None:
    if before is None or done.row.stacks or not done.row.receptive:
        return None if done.row.stacks else before
    if isinstance(done.row.receptive, str):
        return Reach(before.size, before.jump, whole=True)
    grown = window(done, axis)
    if grown is None:
        return None
    kernel, stride = grown
    env: dict[Expr, Expr] = {Sym("r"): before.size, Sym("j"): before.jump, Sym("K"): kernel, Sym("s"): stride}
    return Reach(settle(formula("r + (K - 1)*j"), env), settle(formula("j*s"), env), before.whole)


def window(done: Done, axis: int = 0) -> tuple[Expr, Expr] | None:
    """Kernel and stride of a layer along an axis, letters among them."""
    if isinstance(done.row.receptive, str) or len(done.axes) <= axis:
        return None
    try:
        kernel, stride, _ = (settle(formula(written), done.axes[axis]) for written in done.row.receptive)
    except NoSize:
        return None
    return kernel, stride


def back(layers: Sequence[Done], name: str) -> list[Back]:
    """Backwards from one unit of a layer to the input, along a chain of layers; ends where a layer reads several."""
    by_name = {done.layer.name: done for done in layers}
    found: list[Back] = []
    units: Expr = ONE
    while name in by_name and len(by_name[name].layer.reads) == 1:
        done, grown = by_name[name], window(by_name[name])
        if isinstance(done.row.receptive, str) and done.row.receptive:
            break
        before = done.layer.reads[0]
        if grown is not None:
            kernel, stride = grown
            needed = settle(formula("(u - 1)*s + k"), {Sym("u"): units, Sym("s"): stride, Sym("k"): kernel})
            found.append(Back(name, before, units, kernel, stride, needed))
            units = needed
        name = before
    return found
