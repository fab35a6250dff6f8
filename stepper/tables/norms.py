"""Layers that bring what comes in to mean 0 and variance 1: over a batch, over features, over groups of channels."""

from __future__ import annotations

from stepper.tables.layer import LayerRow
from stepper.tables.windows import CHANNELS, PYTORCH

NORMED = ("where(affine + track_running_stats == 0, C, inp) == C", CHANNELS[1])
"""A norm that holds nothing takes any number of channels."""
AFFINE = {"weight": "gamma", "bias": "beta"}
COLUMN = "column(%s, rank - batch - 1)"
"""One number for each channel of an image."""
SCALED = f"*{COLUMN % 'weight'} + {COLUMN % 'bias'}"
SINGLE = "2^(-23)"
"""What is added where nothing is said: the distance from 1 to the next number of single precision."""
NAMED = "name the running mean and variance behind its weights, as BatchNorm1d(3) : gamma, beta, mu, v"
TRAINED = f"mean and variance are those of the batch, as in training; for evaluation {NAMED}"
FLAGS = ("affine", "bias", "track_running_stats")
AROUND = "pad(x*x, [whole(floor(size/2)), %s], [whole(floor((size - 1)/2)), %s])"
"""The squares of the channels around each one."""
NORMS: tuple[LayerRow, ...] = (
    *(
        LayerRow(
            name, "num_features, eps=1e-5, momentum=0.1, affine=1, track_running_stats=1, bias=1", flags=FLAGS,
            ranks=ranks, weight_arrays="weight(inp)", bias_arrays="bias(inp)", weights="affine*inp",
            biases="affine*inp", counted="where(affine == 1, 2*inp, 0)", buffers="track_running_stats*(2*inp + 1)",
            given={"num_features": "C"}, require=(NORMED,),
            aliases=aliases, source=f"{PYTORCH}.{name}; Ioffe and Szegedy, Batch normalization, 2015",
            letters=AFFINE, letter="n", limits=(("batch + told >= 1", "one sample alone, which has no mean over a "
                                                                      "batch"),),
            named="running_mean(inp); running_var(inp)", left=TRAINED, instead=NAMED,
            forward=(
                ("(rank - batch - 1)*told + 1 - told == 0", "batch_norm_inference(x, running_mean, running_var, "
                                                            "weight, bias, eps)"),
                ("told == 1", f"batch_norm_inference(x, {COLUMN % 'running_mean'}, {COLUMN % 'running_var'}, "
                              f"{COLUMN % 'weight'}, {COLUMN % 'bias'}, eps)"),
                ("rank == 2", "batch_norm(x, weight, bias, eps)"), ("", "batch_norm2d(x, weight, bias, eps)"),
            ),
        )
        for name, ranks, aliases in (
            ("BatchNorm1d", (1, 2), ()), ("BatchNorm2d", (3,), ()),
            ("BatchNorm3d", (4,), ()), ("SyncBatchNorm", (), ()),
        )
    ),
    *(
        LayerRow(
            f"InstanceNorm{axes}d", "num_features, eps=1e-5, momentum=0.1, affine=0, track_running_stats=0, bias=1",
            flags=FLAGS, receptive="all", ranks=(axes + 1,),
            weight_arrays="weight(inp)", bias_arrays="bias(inp)", weights="affine*inp", biases="affine*inp",
            counted="where(affine == 1, 2*inp, 0)", buffers="track_running_stats*(2*inp + 1)",
            given={"num_features": "C"}, require=(NORMED, ("N > C", "one number per channel has no spread")),
            letters=AFFINE, letter="n", forward=(("", f"instance_norm(x, eps, -{axes}){SCALED}"),),
            source=f"{PYTORCH}.InstanceNorm{axes}d",
        )
        for axes in (1, 2, 3)
    ),
    LayerRow(
        "LayerNorm", "normalized_shape, eps=1e-5, elementwise_affine=1, bias=1", flags=("elementwise_affine", "bias"),
        trailing="normalized_shape",
        weight_arrays="weight(normalized_shape)",
        bias_arrays="bias(normalized_shape)", weights="elementwise_affine*prod(normalized_shape)",
        biases="elementwise_affine*prod(normalized_shape)", receptive="all",
        source=f"{PYTORCH}.LayerNorm; Ba, Kiros and Hinton, 2016",
        letters=AFFINE, letter="n",
        forward=(("entries == 1", "layer_norm(x, weight, bias, eps)"),
                 ("", "reshape_as(standardized(flatten(x, -entries), -1, eps), x)*weight + bias")),
    ),
    LayerRow("RMSNorm", "normalized_shape, eps=None, elementwise_affine=1", trailing="normalized_shape",
        letters=AFFINE, letter="n",
        forward=(("eps == None", f"rms_norm(x, weight, {SINGLE})"), ("", "rms_norm(x, weight, eps)")),
        limits=(("entries == 1", "more axes than the last"),),
        weight_arrays="weight(normalized_shape)", weights="elementwise_affine*prod(normalized_shape)", receptive="all",
        flags=("elementwise_affine",), source=f"{PYTORCH}.RMSNorm"),
    LayerRow(
        "GroupNorm", "num_groups, num_channels, eps=1e-5, affine=1, bias=1", weight_arrays="weight(num_channels)",
        bias_arrays="bias(num_channels)",
        weights="affine*num_channels", biases="affine*num_channels",
        flags=FLAGS, receptive="all", counted="where(affine == 1, 2*num_channels, 0)", given={"num_channels": "C"},
        require=(("where(affine == 0, C, num_channels) == C", "the input channels do not match"),
                 ("mod(num_channels, num_groups) == 0", "groups do not divide the channels"),
                 ("mod(C, num_groups) == 0", "groups do not divide the channels")),
        letters=AFFINE, letter="n",
        forward=(("rank - batch == 1", "group_norm(x, num_groups, eps, 1 + batch)*weight + bias"),
                 ("", f"group_norm(x, num_groups, eps, 1 + batch){SCALED}")),
        source=f"{PYTORCH}.GroupNorm; Wu and He, 2018",
    ),
    LayerRow("LocalResponseNorm", "size=5, alpha=1e-4, beta=0.75, k=1", ranks=(2, 3, 4), aliases=("LRN",), letter="n",
        limits=(("where(rank - batch < 4, 1, 0) == 1", "three axes beside the channels"),), forward=(
            ("rank - batch == 2", f"x/(k + alpha*avg_pool2d({AROUND % ('0', '0')}, [size, 1], 1))^beta"),
            ("", f"x/(k + alpha*avg_pool3d({AROUND % ('0, 0', '0, 0')}, [size, 1, 1], 1))^beta"),
        ),
        source=f"{PYTORCH}.LocalResponseNorm"),
)  # fmt: skip
