"""The form of a row of mistakes: what is changed in the calculation, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

Of: TypeAlias = Literal[
    "value", "local", "gradient", "step", "update", "assignment", "size", "count", "field", "total", "setting", "entry"
]  # fmt: skip
"""Lines that a mistake is made in: a node's formula, a local derivative, the gradient that is added up at a node, a
gradient step, an optimizer's line, an assignment of an algorithm; of a network's layer the size of an axis, a count
such as that of its weights, its receptive field, and what all layers have together. In a setting of a layer,
and in an entry of an array by itself, no mistake is made.
"""
Role: TypeAlias = Literal[
    "", "affine", "activation", "element", "loss", "other", "parameter", "slope",
    "channels", "spatial", "features", "weights", "biases", "parameters", "macs", "numbers", "reach", "jump",
]  # fmt: skip
"""What the line's node is: a weighted sum, a function of one quantity, an element of a list, the output, anything
else; of gradients and steps, a parameter; of updates, a slope that is worked out first; of a layer, which
axis or which number it is.
"""
AT_ALL_STEPS: Mapping[Of, float] = {"update": 8.0, "assignment": 8.0}
"""A rule is applied at each step: who has it wrong mostly has it wrong at all of them."""
TOGETHER: frozenset[Of] = frozenset({"size", "count"})
"""A mistake is made in all lines of one place at once: along all axes of a layer, in its weights and its biases."""
APART: frozenset[Of] = frozenset({"total"})
"""Each such line is asked for by itself: that a mistake can be made in others makes it no rarer here."""
COUNTED: frozenset[Of] = frozenset({"size", "count", "field", "total"})
"""Whole numbers: where a mistake gives one, it is told before a slip of the pen."""
NEAR: frozenset[Of] = frozenset({"size", "count", "field"})
"""A wrong number is first laid to its own place, whatever is read from elsewhere."""


class Mistake(Struct, frozen=True):
    """A change of what is calculated, that people make, and the number that comes of it.

    Attributes:
        name: what it is called; the same mistake made in several ways has one name.
        of: the lines in which it is made.
        change: the name of a change (``engine/answers/finding/changes.py``), or ``formula -> formula``, in which every
            name stands for any part, with ``=>`` wherever it has the form at once; of a layer ``p := 0``, another value
            for a letter, several with ``;`` between them, or ``= n*s``, another formula, in which ``right`` is the one
            that was there.
        says: what the wrong number would be the result of: "... is left out". In braces ``part``, the part that is
            changed, ``other``, what stands in its place, ``line``, the quantity whose line it is, ``source``, the
            quantity that a local derivative is taken for.
        why: why people do it, as a remark for who did.
        common: how often it is met, from 1, seldom, to 5, by every class.
        role: what the line's node must be; any where it is empty.
        needs: what the line must have: a letter, a piece of its formula (``4*H``), or one of the parts that are told of
            its place.
        lacks: what it must not have.
        keeps: other lines of the place that are worked out rightly all the same, by their roles: who counts biases
            among the weights does not count them twice.
        convention: where books do it otherwise, what is said of that; such a number is no mistake.
        again: is what is worked out backwards changed as well, as where somebody has the wrong formula in mind?
        source: where it is described.
    """

    name: str
    of: Of
    change: str
    says: str
    why: str
    common: int
    source: str
    role: Role = ""
    again: bool = False
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    keeps: tuple[Role, ...] = ()
    convention: str = ""
