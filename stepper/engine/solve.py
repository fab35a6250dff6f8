"""Settings that a known size asks for: all of the usual sizes that fit, found by trying each in the row's formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations

from stepper.core.expr import Expr, Num, Sym, substitute
from stepper.core.network import Layer
from stepper.engine.sizes import formula, integer, settle
from stepper.rules.layer import Layer as Row

LARGEST_KERNEL = 7
LARGEST_ALONE = 64
RANGES: Mapping[str, range] = {"k": range(1, LARGEST_KERNEL + 1), "s": range(1, 5), "p": range(6), "d": range(1, 4), "q": range(3)}
"""What is tried, smallest first."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The unknown settings of a layer, and every choice of them that gives the size wanted along all axes."""

    layer: Layer
    unknowns: tuple[str, ...]
    choices: tuple[tuple[int, ...], ...]
    wanted: tuple[Expr, ...]

    @property
    def values(self) -> Mapping[str, int]:
        """The settings, where there is one choice only."""
        return dict(zip(self.unknowns, self.choices[0], strict=True)) if len(self.choices) == 1 else {}


def solutions(row: Row, layer: Layer, axes: Sequence[Mapping[Expr, Expr]], unknown: Sequence[str], wanted: Sequence[Expr]) -> Solution:
    """All choices of the unknown settings with which every axis comes to its wanted size.

    A padding of a whole kernel or more, and a stride beyond the kernel, are not offered: no layer means them.
    """
    found = []
    ranges = [RANGES[name] if len(unknown) > 1 else range(RANGES[name].start, LARGEST_ALONE) for name in unknown]
    for choice in combinations(*ranges):
        tried = dict(zip(unknown, choice, strict=True))
        if all(_fits(row, env, tried, size) for env, size in zip(axes, wanted, strict=True)):
            found.append(choice)
    return Solution(layer, tuple(unknown), tuple(found), tuple(wanted))


def _fits(row: Row, env: Mapping[Expr, Expr], tried: Mapping[str, int], wanted: Expr) -> bool:
    # a setting may be another by default, as a pool's stride is its kernel: the unknown is put in wherever it stands
    unknown = {env[Sym(name)]: Num(str(value)) for name, value in tried.items()}
    put_in = {key: substitute(value, unknown) for key, value in env.items()}
    for name, written in row.helpers.items():
        put_in[Sym(name)] = settle(formula(written), put_in)
    kernel, stride, padding = (integer(put_in.get(Sym(name), Num("0"))) for name in ("k", "s", "p"))
    if kernel is None or stride is None or padding is None or padding >= kernel or stride > max(kernel, 1):
        return False
    return settle(formula(row.size), put_in) == wanted
