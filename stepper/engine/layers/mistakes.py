"""Which slip of the pen makes a wrong number: each row's formula is worked with the layer's own settings and compared.

Only slips over what the layer has are tried, as its own row says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import Call, Expr, Sym, Value
from stepper.core.formula import text
from stepper.core.network import Shape
from stepper.core.traverse import names, substitute, transform
from stepper.engine.layers.receptive_field import Field, growth
from stepper.engine.layers.result import Done
from stepper.engine.layers.settings import ZERO, helpers_of
from stepper.engine.layers.sizes import formula, literal, number, product, settle
from stepper.engine.values.polynomial import NoSize
from stepper.tables.layer import LayerRow as Row
from stepper.tables.slips import BIASES, KERNEL, POSITIONS, SCALE, SLIPS, WEIGHTS, Slip

SIZE, CHANNELS, FIELD = "size", "channels", "field"
HELPED, ONE = "; with ", literal(1)
SWAPPED = "the axes are in another order"


def explain_count(what: str, done: Done, claimed: Fraction) -> str:
    """The slip that gives a wrong number of parameters, weights or multiply-adds; empty where none does."""
    counted = done.counted.formula if done.counted is not None else None
    right = {"parameters": counted, "weights": _formula(done.row.weights), "macs": _formula(done.row.macs)}.get(what)
    macs = done.macs.value if done.macs is not None else ZERO
    beside = {"weights": done.weights, "biases": done.biases, "adds": done.adds, "macs": macs}
    written = _written(done, right if right is not None else _formula(done.row.size) or ZERO)
    return _first(_of(what, done, written), lambda slip: _value(slip, right or ZERO, done.env, beside), claimed)


def explain_field(done: Done, before: Field | None, claimed: Fraction) -> str:
    """The slip that gives a wrong receptive field."""
    grown = growth(done)
    if before is None or grown is None:
        return ""
    parts = {"r": before.size, "j": before.jump, "K": grown[0], "s": grown[1]}
    env: dict[Expr, Expr] = {Sym(name): Value(value) for name, value in parts.items()}
    return _first(
        _of(FIELD, done, "s" if grown[1] != 1 else ""),
        lambda slip: _value(slip, formula("r + (K - 1)*j"), env, {}),
        claimed,
    )


def explain_shape(done: Done, claimed: Shape) -> str:
    """The slip that gives a wrong shape: one that is made along all axes, one in the channels, or axes in another
    order.
    """
    right = done.output
    if sorted(map(repr, claimed)) == sorted(map(repr, right)):
        return SWAPPED
    if len(claimed) != len(right) or len(done.sizes) != len(right) - 1:
        return ""
    if claimed[1:] == right[1:]:
        wanted, channels = number(claimed[0]), _formula(done.row.channels)
        if wanted is None or channels is None:
            return ""
        return _first(_of(CHANNELS, done, text(channels)), lambda slip: _value(slip, channels, done.env, {}), wanted)
    if claimed[0] == right[0]:
        for slip in _of(SIZE, done, _written(done, done.sizes[0].formula)):
            if all(_axis(slip, done, place) == number(size) for place, size in enumerate(claimed[1:])):
                return slip.says
    return ""


def explain_size(done: Done, place: int, claimed: Fraction) -> str:
    """The same for the size along one spatial axis, whatever the others are."""
    if place >= len(done.sizes):
        return ""
    return _first(
        _of(SIZE, done, _written(done, done.sizes[place].formula)), lambda slip: _axis(slip, done, place), claimed
    )


def _of(what: str, done: Done, written: str) -> Iterator[Slip]:
    """The slips in a number that a layer can be the subject of: it has the parts that they need."""
    return (
        slip
        for slip in SLIPS
        if slip.of == what
        and all(_has(part, done, written) for part in slip.needs)
        and not any(_has(part, done, written) for part in slip.lacks)
    )


PARTS_TOLD: Mapping[str, Callable[[Done], bool]] = {
    BIASES: lambda done: done.biases != ZERO,
    WEIGHTS: lambda done: done.weights != ZERO,
    SCALE: lambda done: done.row.weights == done.row.biases and ZERO not in (done.weights, done.biases),
    KERNEL: lambda done: (grown := growth(done)) is not None and grown[0] > 1,
    POSITIONS: lambda done: product(_places(done)) != ONE,
}
"""How the parts of ``tables/slips.py`` are told from a layer's row and numbers."""


def _places(done: Done) -> Shape:
    """The axes along which a layer does the same again."""
    shape = done.output if done.sizes else done.inputs[0]
    return shape[:-1] if done.row.last else shape[1:]


def _has(part: str, done: Done, written: str) -> bool:
    """Has a layer a part: one that is told by its row and its numbers, or else a piece of the formula as it is
    written?
    """
    if part in PARTS_TOLD:
        return PARTS_TOLD[part](done)
    edges = (r"(?<!\w)" * part[0].isalnum(), r"(?!\w)" * part[-1].isalnum())
    looked_at = written if part.isidentifier() else written.partition(HELPED)[0]
    return bool(re.search(re.escape(part).join(edges), looked_at))


def _written(done: Done, right: Expr) -> str:
    """A formula of a row as text, and after it the helpers that it uses, which have parts too but no pieces of this
    formula.
    """
    used = [written for name, written in done.row.helpers.items() if Sym(name) in names(right)]
    return HELPED.join([text(right), *used])


def _formula(written: str) -> Expr | None:
    return formula(written) if written else None


def _first(slips: Iterator[Slip], value: Callable[[Slip], Fraction | None], claimed: Fraction) -> str:
    return next((slip.says for slip in slips if value(slip) == claimed), "")


def _axis(slip: Slip, done: Done, place: int) -> Fraction | None:
    """The size along an axis, with the slip."""
    return _value(slip, done.sizes[place].formula, done.axes[place], {}, done.row)


def _value(
    slip: Slip, right: Expr, env: Mapping[Expr, Expr], beside: Mapping[str, Expr], row: Row | None = None
) -> Fraction | None:  # fmt: skip
    """A number worked out with the slip; None where that is none."""
    put_in: dict[Expr, Expr] = dict(env)
    put_in |= {Sym(name): substitute(formula(written), env) for name, written in slip.put_in.items()}

    def rounded(part: Expr) -> Expr | None:
        if slip.rounding is None or not isinstance(part, Call) or part.name != slip.rounding[0]:
            return None
        return Call(slip.rounding[1], part.arguments)

    try:
        put_in |= helpers_of(row, put_in) if row is not None else {}
        found = settle(transform(right, rounded), put_in)
        names: dict[Expr, Expr] = {Sym("right"): found, **{Sym(name): value for name, value in beside.items()}}
        return number(settle(formula(slip.formula), put_in | names))
    except NoSize:
        return None
