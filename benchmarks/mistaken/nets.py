"""Every kind of net, drawn by its number."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from mistaken.arrays import classifier, convolutional, recurrent
from mistaken.dense import KINKED, dense, layered
from mistaken.script import Net, Values, attempted
from mistaken.tasks import optimizer, shapes

KINDS: dict[str, tuple[Callable[[str, random.Random, random.Random], Net], int]] = {
    "2-2-1": (dense, 25), "2-3-2": (dense, 25), "layers": (layered, 10), "rnn": (recurrent, 10),
    "cnn": (convolutional, 10), "softmax": (classifier, 8), "optimizer": (optimizer, 18), "shapes": (shapes, 14),
}  # fmt: skip
"""How each kind is drawn, and how many of 120 nets it is."""


def kinds(count: int, only: str | None) -> list[str]:
    """The kinds of so many nets, spread evenly."""
    names = list(KINDS) if only is None else [only]
    total = sum(KINDS[name][1] for name in names)
    due = [(place / KINDS[name][1] * total, name) for name in names for place in range(count) if KINDS[name][1]]
    return [name for _, name in sorted(due)[:count]]


def draw(kind: str, seed: int, other: int = 0) -> Net:
    """A net of a kind; another number gives the same net with other numbers."""
    make, _ = KINDS[kind]
    for attempt in range(200):
        structure = random.Random(f"{kind} {seed}")
        net = make(kind, structure, random.Random(f"{kind} {seed} {other} {attempt}"))
        found = attempted(net.lines, net.data)
        if found is not None and settled(net, found):
            return net
    raise RuntimeError(f"no net of the kind {kind} for the seed {seed}")


def settled(net: Net, values: Values) -> bool:
    """Is no number at a kink or a tie, where a slope would be a convention, nor too large to be asked about?"""
    if net.kind == "shapes":
        return all(min(np.atleast_1d(value)) > 0 for name, value in values.items() if "params" not in name)
    if any(np.abs(value).max() > 1e4 for value in values.values()):
        return False
    if net.kind == "cnn":
        pooled, maps = values["P"], values["R"]
        tied = [np.sum(maps[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] == pooled[i, j]) for i, j in np.ndindex(pooled.shape)]
        if net.unsure == "dL_dR" and any(count > 1 and top > 0 for count, top in zip(tied, pooled.flat, strict=True)):
            return False
        return bool(pooled.max() > 0 and np.abs(values["C"]).min() > 1e-9)
    before = [value for name, value in values.items() if name.startswith("z")]
    return net.act not in KINKED or min(np.abs(value).min() for value in before) > 1e-9
