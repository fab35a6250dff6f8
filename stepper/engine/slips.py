"""Which slip of the pen makes a wrong number: each row's formula is worked with the layer's own settings and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import Call, Expr, Sym, Value, substitute, transform
from stepper.core.network import Shape
from stepper.engine.done import Done
from stepper.engine.field import Field, growth
from stepper.engine.polynomial import NoSize
from stepper.engine.settings import helpers_of
from stepper.engine.sizes import formula, number, settle
from stepper.rules.layer import Layer as Row
from stepper.rules.slips import SLIPS, Slip

SIZE, CHANNELS, FIELD = "size", "channels", "field"
SWAPPED = "the axes are in another order"


def explain_count(what: str, done: Done, claimed: Fraction) -> str:
    """The slip that gives a wrong number of parameters, weights or multiply-adds; empty where none does."""
    counted = done.counted.formula if done.counted is not None else None
    right = {"parameters": counted, "weights": _formula(done.row.weights), "macs": _formula(done.row.macs)}.get(what)
    macs = done.macs.value if done.macs is not None else Value(Fraction(0))
    beside = {"weights": done.weights, "biases": done.biases, "adds": done.adds, "macs": macs}
    return _first(what, lambda slip: _value(slip, right, done.env, beside) if right is not None else None, claimed)


def explain_field(done: Done, before: Field | None, claimed: Fraction) -> str:
    """The slip that gives a wrong receptive field."""
    grown = growth(done)
    if before is None or grown is None:
        return ""
    parts = {"r": before.size, "j": before.jump, "K": grown[0], "s": grown[1]}
    env: dict[Expr, Expr] = {Sym(name): Value(value) for name, value in parts.items()}
    return _first(FIELD, lambda slip: _value(slip, formula("r + (K - 1)*j"), env, {}), claimed)


def explain_shape(done: Done, claimed: Shape) -> str:
    """The slip that gives a wrong shape: one that is made along all axes, one in the channels, or axes in another order."""
    right = done.output
    if sorted(map(repr, claimed)) == sorted(map(repr, right)):
        return SWAPPED
    if len(claimed) != len(right) or len(done.sizes) != len(right) - 1:
        return ""
    if claimed[1:] == right[1:]:
        wanted = number(claimed[0])
        return "" if wanted is None else _first(CHANNELS, lambda slip: _value(slip, right[0], done.env, {}), wanted)
    if claimed[0] == right[0]:
        for slip in _of(SIZE):
            if all(_axis(slip, done, place) == number(size) for place, size in enumerate(claimed[1:])):
                return slip.says
    return ""


def _formula(written: str) -> Expr | None:
    return formula(written) if written else None


def _of(what: str) -> Iterator[Slip]:
    return (slip for slip in SLIPS if slip.of == what)


def _first(what: str, value: Callable[[Slip], Fraction | None], claimed: Fraction) -> str:
    return next((slip.says for slip in _of(what) if value(slip) == claimed), "")


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
