"""Printed residual blocks whose ReLU is a function, and whose way around is called a shortcut."""

from __future__ import annotations

from typing import Any

import pytest

import stepper as st

CONV = "Conv2d({a}, {b}, kernel_size=({k}, {k}), stride=({s}, {s}), padding=({p}, {p}), bias=False)"
NORM = "BatchNorm2d({b}, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"


def block(a: int, b: int, stride: int, around: str, relu: bool = False) -> str:
    """A block as ``print`` shows it."""
    lines = [
        f"    (conv1): {CONV.format(a=a, b=b, k=3, s=stride, p=1)}", f"    (bn1): {NORM.format(b=b)}",
        *(["    (relu): ReLU(inplace=True)"] if relu else []),
        f"    (conv2): {CONV.format(a=b, b=b, k=3, s=1, p=1)}", f"    (bn2): {NORM.format(b=b)}",
    ]  # fmt: skip
    if a == b:
        lines.append(f"    ({around}): Sequential()")
    else:
        way = CONV.format(a=a, b=b, k=1, s=stride, p=0)
        lines += [f"    ({around}): Sequential(", f"      (0): {way}", f"      (1): {NORM.format(b=b)}", "    )"]
    return "\n".join(["Net(", "  (a): BasicBlock(", *lines, "  )", ")"])


BLOCKS = [
    (8, 8, 1, "shortcut", False, 2 * (576 + 16)), (8, 16, 2, "shortcut", False, 1152 + 2304 + 128 + 3 * 32),
    (8, 16, 2, "downsample", True, 1152 + 2304 + 128 + 3 * 32),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "stride", "around", "relu", "parameters"), BLOCKS)
def test_a_block_is_put_together(a: int, b: int, stride: int, around: str, relu: bool, parameters: int) -> None:
    """Through and around, the sum, and a ReLU behind each of both."""
    found: dict[str, Any] = dict(st.shapes(block(a, b, stride, around, relu), input=(a, 8, 8)).answers)
    assert found["total"]["parameters"] == parameters
    assert [row["layer"] for name, row in found.items() if "layer" in row].count("ReLU") == 2
    assert found["a.add"]["shape"] == (b, 8 // stride, 8 // stride)
