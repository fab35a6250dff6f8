"""What a network's layers hold and do together, and how that is counted."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import ZERO
from stepper.engine.layers.sizes import product, total


class Count(Struct, frozen=True):
    """How numbers are counted.

    ``flops``: floating point operations, not multiply-adds. ``bias_adds``: adding a bias counts too. Without ``biases``
    no layer has any.
    ``field_of`` is the layer whose receptive field is worked out, for its ``unit`` with these numbers along the
    axes; ``solve`` are the letters that are asked for. ``divides``: what is rounded elsewhere must be a whole number.
    ``single``: recurrent layers have one bias vector for each gate, not two.
    """

    flops: bool = False
    field_of: str = ""
    unit: tuple[int, ...] = ()
    bias_adds: bool = False
    biases: bool = True
    solve: tuple[str, ...] = ()
    divides: bool = False
    single: bool = False


def totals_of(worked: Worked, count: Count | None = None) -> dict[str, Expr]:
    """What all layers hold and do together."""
    layers = worked.layers
    done_in_layers = [both_counts(done, count or Count()) for done in layers]
    holding = [*layers, *worked.unused]
    return {
        "weights": total([done.weights for done in holding]), "biases": total([done.biases for done in holding]),
        "buffers": total([done.buffers for done in holding]),
        "parameters": total([done.parameters for done in holding]),
        **{name: total([both[name] for both in done_in_layers]) for name in ("macs", "flops")},
        "memory": total([product(done.output) for done in layers]),
    }  # fmt: skip


def both_counts(done: Done, count: Count) -> dict[str, Expr]:
    """A layer's multiply-adds and its floating point operations, both by name."""
    return {
        "macs": operations(done, replace(count, flops=False)),
        "flops": operations(done, replace(count, flops=True)),
    }


def counted(both: Mapping[str, Expr], count: Count) -> dict[str, Expr]:
    """Those of both counts that are told: multiply-adds always, floating point operations where they are asked for."""
    return {name: both[name] for name in (("macs", "flops") if count.flops else ("macs",))}


def operations(done: Done, count: Count) -> Expr:
    """A layer's multiply-adds or floating point operations, as they are to be counted."""
    macs = done.macs.value if done.macs is not None else ZERO
    return total([macs, *([macs] if count.flops else []), *([done.adds] if count.bias_adds else [])])
