"""Functions of TensorFlow and of Keras' backend, one row each, by those of PyTorch."""

from __future__ import annotations

from stepper.read.source import joins, reductions, views
from stepper.read.source.values import Names, Native


def _reduced(name: str) -> Native:
    act = reductions.reduced(name)
    return Native(name, lambda follower, x, axis=None, keepdims=False, **_: act(follower, x, axis, keepdims))


TF: Names = {
    "image_data_format": Native("image_data_format", lambda follower: "channels_last"),
    "concat": Native("concat", lambda follower, values, axis, **_: joins.concat(follower, values, axis)),
    "stack": Native("stack", lambda follower, values, axis=0, **_: joins.stack(follower, values, axis)),
    "reshape": Native("reshape", lambda follower, x, shape, **_: views.view(follower, x, shape)),
    "transpose": Native("transpose", lambda follower, x, perm, **_: views.permute(follower, x, perm)),
    "expand_dims": Native("expand_dims", lambda follower, x, axis=-1, **_: views.unsqueeze(follower, x, axis)),
    "squeeze": Native("squeeze", lambda follower, x, axis=None, **_: views.squeeze(follower, x,
    *(() if axis is None else (axis,)))),
    "matmul": Native("matmul", lambda follower, left, right, transpose_b=False, **_: joins.matmul(
        follower, left, views.transpose(follower, right, -2, -1) if transpose_b else right)),
    "shape": Native("shape", lambda follower, x, **_: x.dims), "identity": Native("identity", lambda follower, x,
    **_: x),
    "reduce_mean": _reduced("mean"), "reduce_sum": _reduced("sum"), "reduce_max": _reduced("max"),
    "math.reduce_mean": _reduced("mean"), "math.reduce_sum": _reduced("sum"), "flatten": Native("flatten",
    lambda follower, x: views.flatten(follower, x, 1)),
}  # fmt: skip
