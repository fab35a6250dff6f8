"""One layer of each kind on an input that it fits, no two of its numbers alike where that can be."""

from __future__ import annotations

import re

from stepper.tables.layers import LAYER_ROWS

AXES = {1: "21", 2: "21x26", 3: "11x12x14"}
BY_AXES = {
    "Conv": "Conv{n}d(6, 10, 3, stride=2, padding=1, groups=2)",
    "ConvTranspose": "ConvTranspose{n}d(6, 10, 3, stride=2, output_padding=1)",
    "LocallyConnected": "LocallyConnected{n}d(6, 10, 3)", "MaxPool": "MaxPool{n}d(3, 2, ceil_mode=True)",
    "AvgPool": "AvgPool{n}d(3, 2)", "LPPool": "LPPool{n}d(2, 3, 2)", "MaxUnpool": "MaxUnpool{n}d(3, 2)",
    "AdaptiveAvgPool": "AdaptiveAvgPool{n}d(5)", "AdaptiveMaxPool": "AdaptiveMaxPool{n}d(5)",
    "ZeroPad": "ZeroPad{n}d(2)", "ConstantPad": "ConstantPad{n}d(2, 1)", "ReflectionPad": "ReflectionPad{n}d(2)",
    "ReplicationPad": "ReplicationPad{n}d(2)", "CircularPad": "CircularPad{n}d(2)", "BatchNorm": "BatchNorm{n}d(6)",
    "InstanceNorm": "InstanceNorm{n}d(6, affine=True)", "GlobalAveragePooling": "GlobalAveragePooling{n}D",
    "GlobalMaxPooling": "GlobalMaxPooling{n}D", "ZeroPadding": "ZeroPadding{n}D(2)",
    "Dropout": "Dropout{n}d(0.2)", "MaxPooling": "MaxPooling{n}D(3, 2)",
    "AveragePooling": "AveragePooling{n}D(3, 2, padding='same')",
}  # fmt: skip
OTHERS = {
    "Conv1DTranspose": ("Conv1DTranspose(10, 3, strides=2)", "6x21"),
    "Conv2DTranspose": ("Conv2DTranspose(10, 3, strides=2, padding='same')", "6x21x26"),
    "Conv3DTranspose": ("Conv3DTranspose(10, 2, strides=3)", "6x11x12x14"),
    "FractionalMaxPool2d": ("FractionalMaxPool2d(3, output_ratio=0.5)", "6x21x26"),
    "FractionalMaxPool3d": ("FractionalMaxPool3d(2, output_size=5)", "6x11x12x14"),
    "Unfold": ("Unfold(7, stride=4)", "3x31x33"), "Fold": ("Fold((9, 8), 3)", "18x42"),
    "GlobalMaxPool": ("GlobalMaxPool", "6x21x26"), "GlobalAvgPool": ("GlobalAvgPool", "6x21x26"),
    "Upsample": ("Upsample(scale_factor=3)", "6x21x26"), "PixelShuffle": ("PixelShuffle(2)", "12x5x7"),
    "PixelUnshuffle": ("PixelUnshuffle(3)", "2x21x27"), "Flatten": ("Flatten(2)", "6x21x26"),
    "Reshape": ("Reshape([21, -1])", "6x21x26"), "Unflatten": ("Unflatten(1, (2, -1))", "6x21x26"),
    "Linear": ("Linear(26, 10)", "6x21x26"), "FC": ("FC(10)", "6x21x26"),
    "Bilinear": ("Bilinear(26, 26, 4, from=[input, input])", "6x26"), "Embedding": ("Embedding(100, 8)", "7"),
    "EmbeddingBag": ("EmbeddingBag(100, 8)", "7"), "LayerNorm": ("LayerNorm([21, 26])", "6x21x26"),
    "RMSNorm": ("RMSNorm(26)", "6x21x26"), "GroupNorm": ("GroupNorm(3, 6)", "6x21x26"), "RNN": ("RNN(26, 5)", "21x26"),
    "GRU": ("GRU(26, 5, num_layers=2)", "21x26"), "LSTM": ("LSTM(26, 5, num_layers=3, bidirectional=True)", "21x26"),
    "RNNCell": ("RNNCell(26, 5)", "26"), "GRUCell": ("GRUCell(26, 5)", "26"), "LSTMCell": ("LSTMCell(26, 5)", "26"),
    "MultiheadAttention": ("MultiheadAttention(26, 2)", "21x26"),
    "TransformerEncoderLayer": ("TransformerEncoderLayer(26, 2, 33)", "21x26"),
    "TransformerDecoderLayer": ("TransformerDecoderLayer(26, 2, 33)", "21x26"),
    "ChannelShuffle": ("ChannelShuffle(3)", "6x21x26"),
    "PReLU": ("PReLU(6)", "6x21x26"), "Threshold": ("Threshold(0.1, 0)", "6x21x26"), "GLU": ("GLU()", "6x21x26"),
    "Conv1D": ("Conv1D(10, 3, padding='same', strides=2)", "6x21"),
    "Conv2D": ("Conv2D(10, (3, 5), padding='same')", "6x21x26"),
    "Conv3D": ("Conv3D(10, 3)", "6x11x12x14"), "SeparableConv2D": ("SeparableConv2D(10, 3)", "6x21x26"),
    "DepthwiseConv2D": ("DepthwiseConv2D(3)", "6x21x26"), "Dense": ("Dense(10)", "26"),
    "UpSampling2D": ("UpSampling2D(3)", "6x21x26"), "Add": ("Add(input, input)", "6x21x26"),
    "Mul": ("Mul(input, input)", "6x21x26"), "Concat": ("Concat(input, input)", "6x21x26"),
    "keras.SimpleRNN": ("layers.SimpleRNN(5)", "21x26"),
    "keras.GRU": ("keras.layers.GRU(5, return_sequences=True)", "21x26"),
    "keras.LSTM": ("keras.layers.LSTM(5)", "21x26"), "keras.PReLU": ("keras.layers.PReLU()", "6x21x26"),
    "Concatenate": ("Concatenate()([input, input])", "6x21x26"), "SyncBatchNorm": ("SyncBatchNorm(6)", "6x21x26"),
    "BatchNormalization": ("BatchNormalization()", "6x21x26"),
}  # fmt: skip


def sample(name: str) -> tuple[str, str]:
    """A listing of one layer, and the input's shape; of a layer that needs no settings its name."""
    if name.startswith("Lazy"):  # the input tells the first setting
        layer, shape = sample(name.removeprefix("Lazy"))
        return "Lazy" + re.sub(r"\(\d+(, )?", "(", layer, count=1), shape
    if name in OTHERS:
        return OTHERS[name]
    axes = next((axes for axes in AXES if name[-2:] in (f"{axes}d", f"{axes}D")), 0)
    if axes and name[:-2] in BY_AXES:
        return BY_AXES[name[:-2]].format(n=axes), f"6x{AXES[axes]}"
    wanted = [setting for setting, default, _ in LAYER_ROWS[name].signature() if not default]
    assert not wanted, f"{name} has settings without a default ({', '.join(wanted)}): write a sample of it here"
    return name, "6x21x26"
