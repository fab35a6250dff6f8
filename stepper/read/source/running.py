"""What layers give where they run: most one tensor, recurrent layers their states too, attention its weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.read.source.modules import LAYER, MODULE, Made, make, setting
from stepper.read.source.sizes import BATCH, times
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Class, Instance, Names, Native, Refused, Value, fails
from stepper.tables.layers import LAYER_ROWS

Run = Callable[..., Value]


def run(follower: State, module: Instance, *inputs: Value, **named: Value) -> Value:
    """A layer on what comes in."""
    made = module.data
    if not isinstance(made, Made):
        raise Refused(f"a {module.kind.name} is run before super().__init__()")
    tensors = [value for value in map(follower.known, (*inputs, *named.values())) if isinstance(value, Tensor)]
    if not tensors:
        raise fails("TypeError", f"{made.kind} gets no tensor")
    special = OUTPUTS.get(made.kind)
    if special is not None:
        return special(follower, module, made, tensors, inputs, named)
    several = LAYER_ROWS[made.kind].several
    return follower.apply_made(made.kind, made.settings, tensors if several else tensors[:1], made.text, module)


def _recurrent(follower: State, module: Instance, made: Made, tensors: list[Tensor], *_: Value) -> Value:
    """All steps, and the last states: one for each layer and direction, never with the batch first."""
    x = tensors[0]
    out = follower.apply_made(made.kind, made.settings, [x], made.text, module)
    hidden, layers = setting(module, "hidden_size"), setting(module, "num_layers")
    both = 2 if setting(module, "bidirectional") else 1
    first = bool(setting(module, "batch_first"))
    projected = setting(module, "proj_size") if made.kind == "LSTM" else 0
    rank = len(x.dims_) if x.dims_ is not None else 3
    batch: tuple[Value, ...] = (
        () if rank == 2 else ((x.dims[0] if first else x.dims[1]),) if x.dims_ is not None else (BATCH,)
    )
    if rank == 3 and not first and x.dims_ is not None and x.dims[0] == BATCH:
        name = follower.trace.paths.get(id(module), "the layer")
        follower.say(f"{name} is not batch_first: its steps are along the axis of the samples here")
    count = times([layers, both])
    states = [
        follower.trace.moved(
            what, [out], (count, *batch, size), f"{what} of {follower.trace.paths.get(id(module), made.kind)}"
        )
        for what, size in (("h_n", projected or hidden), ("c_n", hidden))
    ]
    return out, (tuple(states) if made.kind == "LSTM" else states[0])


def _cell(follower: State, module: Instance, made: Made, tensors: list[Tensor], *_: Value) -> Value:
    out = follower.apply_made(made.kind, made.settings, tensors[:1], made.text, module)
    if made.kind != "LSTMCell":
        return out
    return out, follower.trace.moved("c_n", [out], out.dims, "c_n")


def _attention(
    follower: State, module: Instance, made: Made, tensors: list[Tensor], inputs: Value, named: Mapping[str, Value]
) -> Value:
    """What each query gets, and how much it takes of each key."""
    told = {name: setting(module, name) for name in ("kdim", "vdim", "embed_dim")}
    if any(told[name] not in (None, told["embed_dim"]) for name in ("kdim", "vdim")) or setting(module, "add_bias_kv"):
        raise Refused("keys or values of another size than the queries are not followed in nn.MultiheadAttention")
    query, key = tensors[0], tensors[1] if len(tensors) > 1 else tensors[0]
    reads = [query] if key is query else [query, key]
    out = follower.apply_made(made.kind, made.settings, reads, made.text, module)
    if named.get("need_weights") is False:
        return out, None
    first = bool(setting(module, "batch_first"))
    rows, columns = (query.dims[-2], key.dims[-2]) if first or len(query.dims) == 2 else (query.dims[0], key.dims[0])
    batch = () if len(query.dims) == 2 else (query.dims[0],) if first else (query.dims[1],)
    heads = () if named.get("average_attn_weights", True) else (setting(module, "num_heads"),)
    return out, follower.trace.moved("attn_weights", [out], (*batch, *heads, rows, columns), "attention weights")


def _indices(follower: State, module: Instance, made: Made, tensors: list[Tensor], *_: Value) -> Value:
    """A max pool, which may also tell where each largest entry stood."""
    out = follower.apply_made(made.kind, made.settings, tensors[:1], made.text, module)
    if not setting(module, "return_indices"):
        return out
    return out, follower.trace.moved("indices", [out], out.dims, "indices")


OUTPUTS: Mapping[str, Run] = {
    **dict.fromkeys(("RNN", "GRU", "LSTM"), _recurrent), **dict.fromkeys(("RNNCell", "GRUCell", "LSTMCell"), _cell),
    "MultiheadAttention": _attention,
    **{f"MaxPool{axes}d": _indices for axes in (1, 2, 3)}, **{f"AdaptiveMaxPool{axes}d": _indices for axes in (1, 2,
    3)},
    **{f"FractionalMaxPool{axes}d": _indices for axes in (2, 3)},
}  # fmt: skip
"""Layers that give more than one tensor."""
LAYERS: Mapping[str, Class] = {
    name: Class(name, (MODULE,), {"__init__": Native(name, make), "forward": Native(name, run)}, f"{LAYER}{name}")
    for name, row in LAYER_ROWS.items()
    if "." not in name and (row.source.startswith("PyTorch documentation, torch.nn") or name.startswith("Lazy"))
}
"""PyTorch's layers as classes."""
LOSSES = (
    "CrossEntropyLoss", "MSELoss", "BCELoss", "BCEWithLogitsLoss", "NLLLoss", "L1Loss", "SmoothL1Loss", "HuberLoss",
    "KLDivLoss", "CTCLoss", "TripletMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss", "HingeEmbeddingLoss",
    "MultiLabelSoftMarginLoss", "MultiMarginLoss", "PoissonNLLLoss", "GaussianNLLLoss", "SoftMarginLoss",
    "CosineSimilarity",
    "PairwiseDistance",
)  # fmt: skip


def _loss(follower: State, module: Instance, *inputs: Value, **_: Value) -> Value:
    tensors = [value for value in map(follower.known, inputs) if isinstance(value, Tensor)]
    return follower.trace.moved("loss", tensors, (), module.kind.name)


def _distance(follower: State, module: Instance, *inputs: Value, **_: Value) -> Value:
    tensors = [value for value in map(follower.known, inputs) if isinstance(value, Tensor)]
    place = module.attributes.get("dim", 1)
    dims = tensors[0].dims
    axis = place % len(dims) if isinstance(place, int) and module.kind.name == "CosineSimilarity" else len(dims) - 1
    return follower.trace.moved("distance", tensors, (*dims[:axis], *dims[axis + 1 :]), module.kind.name)


OTHERS: Names = {
    name: Class(name, (MODULE,), {
        "__init__": Native(name, lambda follower, module, *_, **named: module.attributes.update(named)),
        "forward": Native(name, _distance if name in ("CosineSimilarity", "PairwiseDistance") else _loss),
    }, "loss")
    for name in LOSSES
}  # fmt: skip
