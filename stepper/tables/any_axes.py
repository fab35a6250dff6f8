"""Names without a number of axes, as figures and pseudocode have them: ``Conv(64, 3)``, ``MaxPool(2)``, ``MLP(8, 4)``.
The shape that comes in tells the layer that is meant.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class AnyAxes(Struct, frozen=True):
    """A family of layers, one for each number of axes.

    Attributes:
        row: the layer for ``n`` axes beside the channels.
        short: the settings that two numbers alone are, where those of the layer in its order need more; a kernel may
            also stand first, written 3x3.
        says: what is said where those are taken.
    """

    row: str
    short: tuple[str, ...] = ()
    says: str = ""


class Stack(Struct, frozen=True):
    """A network of which only the sizes are said: a layer from each size to the next, and what stands between them."""

    layer: str
    between: str
    says: str
    source: str


FILTERS = ("out_channels", "kernel_size")
SHORT = "{name}(n, k): n filters of size k; of three numbers the first is the input channels"
ANY_AXES: Mapping[str, AnyAxes] = {
    "Conv": AnyAxes("Conv{n}d", FILTERS, SHORT),
    "ConvTranspose": AnyAxes("ConvTranspose{n}d", FILTERS, SHORT),
    "TransposedConv": AnyAxes("ConvTranspose{n}d", FILTERS, SHORT),
    "Deconv": AnyAxes("ConvTranspose{n}d", FILTERS, SHORT),
    "UpConv": AnyAxes("ConvTranspose{n}d", FILTERS, SHORT),
    "MaxPool": AnyAxes("MaxPool{n}d"), "AvgPool": AnyAxes("AvgPool{n}d"), "Pool": AnyAxes("MaxPool{n}d"),
    "MaxPooling": AnyAxes("MaxPool{n}d"), "AvgPooling": AnyAxes("AvgPool{n}d"),
    "AveragePool": AnyAxes("AvgPool{n}d"), "AveragePooling": AnyAxes("AvgPool{n}d"),
    "LPPool": AnyAxes("LPPool{n}d"), "AdaptiveAvgPool": AnyAxes("AdaptiveAvgPool{n}d"),
    "AdaptiveMaxPool": AnyAxes("AdaptiveMaxPool{n}d"), "MaxUnpool": AnyAxes("MaxUnpool{n}d"),
    "BatchNorm": AnyAxes("BatchNorm{n}d"), "BN": AnyAxes("BatchNorm{n}d"), "bn": AnyAxes("BatchNorm{n}d"),
    "InstanceNorm": AnyAxes("InstanceNorm{n}d"), "LocallyConnected": AnyAxes("LocallyConnected{n}d"),
    **{
        name: AnyAxes(f"{kind}Pad{{n}}d")
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for name in (f"{kind}Pad", f"{kind}Padding")
    },
}  # fmt: skip
USUAL_AXES = 2
"""So many are meant as long as nothing tells."""
STACKS: Mapping[str, Stack] = {
    "MLP": Stack(
        "Linear({inp}, {out})", "ReLU()", "MLP(a, b, c): linear layers of these sizes, with a ReLU between them",
        "Goodfellow, Bengio and Courville, Deep learning, 2016, chapter 6",
    ),
}  # fmt: skip
