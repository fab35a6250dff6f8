"""What a network's layers hold and do together, and how that is counted."""

from __future__ import annotations

from dataclasses import dataclass

from stepper.core.expr import Expr
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import ZERO
from stepper.engine.layers.sizes import product, total


@dataclass(frozen=True)
class Count:
    """How numbers are counted.

    ``flops``: floating point operations, not multiply-adds. ``bias_adds``: adding a bias counts too. Without ``biases`` no layer has any.
    ``field_of`` is the layer whose receptive field is worked out, for its ``unit`` with these numbers along the
    axes; ``solve`` are the letters that are asked for.
    """

    flops: bool = False
    field_of: str = ""
    unit: tuple[int, ...] = ()
    bias_adds: bool = False
    biases: bool = True
    solve: tuple[str, ...] = ()


def totals_of(worked: Worked, count: Count | None = None) -> dict[str, Expr]:
    """What all layers hold and do together."""
    layers = worked.layers
    holding = [*layers, *worked.unused]
    return {
        "weights": total([done.weights for done in holding]), "biases": total([done.biases for done in holding]),
        "buffers": total([done.buffers for done in holding]), "parameters": total([done.parameters for done in holding]),
        "macs": total([operations(done, count or Count()) for done in layers]),
        "memory": total([product(done.output) for done in layers]),
    }  # fmt: skip


def operations(done: Done, count: Count) -> Expr:
    """A layer's multiply-adds or floating point operations, as they are to be counted."""
    macs = done.macs.value if done.macs is not None else ZERO
    return total([macs, *([macs] if count.flops else []), *([done.adds] if count.bias_adds else [])])
