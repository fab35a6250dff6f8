"""Layers that go through a sequence step by step, and those that attend to all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepper.tables.layer import Forward, LayerRow
from stepper.tables.windows import FEATURES, PYTORCH

TRANSFORMER = (
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation=relu, layer_norm_eps=1e-5, batch_first=0, "
    "norm_first=0, bias=1"
)
LETTERS = {f"{name}{end}": letter for end in ("", "_l0") for name, letter in
           (("weight_ih", "W"), ("weight_hh", "U"), ("bias_ih", "b"), ("bias_hh", "d"))}  # fmt: skip
TWO = "two bias vectors for each gate"
ONE_BIAS = "one bias vector for each gate"
START = "the first state is 0, unless another is named behind the weights"
ONE = "give one sequence, a row for each step; several layers are written one after the other"
GATES: Mapping[str, Forward] = {
    "RNN": (
        ("nonlinearity == tanh", "out[t] = tanh({ih} @ x[t] + {bih} + {hh} @ out[t - 1] + {bhh})"),
        ("nonlinearity == relu", "out[t] = relu({ih} @ x[t] + {bih} + {hh} @ out[t - 1] + {bhh})"),
    ),
    "LSTM": (
        *(("", f"{gate}[t] = {function}({{ih}}_{gate} @ x[t] + {{bih}}_{gate} + {{hh}}_{gate} @ out[t - 1] + "
               f"{{bhh}}_{gate})")
          for gate, function in (("i", "sigmoid"), ("f", "sigmoid"), ("g", "tanh"), ("o", "sigmoid"))),
        ("", "c[t] = f[t]*c[t - 1] + i[t]*g[t]"),
        ("", "out[t] = o[t]*tanh(c[t])"),
    ),
    "GRU": (
        *(("", f"{gate}[t] = sigmoid({{ih}}_{gate} @ x[t] + {{bih}}_{gate} + {{hh}}_{gate} @ out[t - 1] + "
               f"{{bhh}}_{gate})")
          for gate in ("r", "z")),
        ("", "n[t] = tanh({ih}_n @ x[t] + {bih}_n + r[t]*({hh}_n @ out[t - 1] + {bhh}_n))"),
        ("", "out[t] = (1 - z[t])*n[t] + z[t]*out[t - 1]"),
    ),
}  # fmt: skip
"""One step of each kind, gate by gate."""
ORDER = {"RNN": "", "LSTM": "ifgo", "GRU": "rzn"}
"""The gates in the order in which PyTorch holds their weights, one under the other."""


def _program(kind: str, end: str) -> Forward:
    """The weights of each gate, then the steps."""
    names = {"ih": f"weight_ih{end}", "hh": f"weight_hh{end}", "bih": f"bias_ih{end}", "bhh": f"bias_hh{end}"}
    gates = ORDER[kind]
    parts = [
        ("", f"{name}_{gate} = part({name}, {place}, {len(gates)})")
        for name in names.values()
        for place, gate in enumerate(gates, start=1)
    ]
    return (*parts, *((condition, line.format(**names)) for condition, line in GATES[kind]))


def _starts(kind: str, size: str) -> str:
    return f"out_0({size}); c_0(H)" if kind == "LSTM" else f"out_0({size})"


def _cell(kind: str) -> Mapping[str, Any]:
    """The formula of one step: its last line is what comes out."""
    lines = _program(kind, "")
    last = [(condition, line.partition(" = ")[2]) for condition, line in lines if line.startswith("out")]
    return {
        "program": tuple((condition, line) for condition, line in lines if not line.startswith("out")),
        "forward": tuple(last), "named": _starts(kind, "H"), "starts": True, "left": START, "letter": "h",
        "letters": LETTERS, "limits": (("batch == 0", "a batch"),), "instead": "give one sample",
    }  # fmt: skip


def _attention(read: str, heads: str, held: str = "") -> Forward:
    """Queries, keys and values of the whole sequence, then each head by itself on its part of them."""
    return (
        *(("", f"{held}in_proj_{what}_{letter} = part({held}in_proj_{what}, {place}, 3)")
          for what in ("weight", "bias") for place, letter in enumerate("QKV", start=1)),
        *(("", f"{letter} = {read} @ {held}in_proj_weight_{letter}.T + {held}in_proj_bias_{letter}")
          for letter in "QKV"),
        (f"{heads} == 1", "head[t] = attention(Q, K, V)"),
        (f"where({heads} > 1, 1, 0) == 1", "head[t] = attention(" + ", ".join(
            f"part({letter}, t, {heads}, -1)" for letter in "QKV") + ")"),
    )  # fmt: skip


NORM = "layer_norm(%s, norm%d_weight, norm%d_bias, layer_norm_eps)"
ENCODER: Forward = (
    ("norm_first == 0", "u = x"), ("norm_first == 1", f"u = {NORM % ('x', 1, 1)}"),
    *_attention("u", "nhead", "self_attn_"),
    ("", "s = x + (beside(head) @ self_attn_out_proj_weight.T + self_attn_out_proj_bias)"),
    ("norm_first == 0", f"r = {NORM % ('s', 1, 1)}"), ("norm_first == 0", "v = r"),
    ("norm_first == 1", "r = s"), ("norm_first == 1", f"v = {NORM % ('s', 2, 2)}"),
    *((f"activation == {name}", f"m = {name}(v @ linear1_weight.T + linear1_bias)") for name in ("relu", "gelu")),
    ("", "f = m @ linear2_weight.T + linear2_bias"),
)  # fmt: skip
"""Attention and a feed-forward net, each added to what it reads, with a norm after both, or before them."""


RECURRENT: tuple[LayerRow, ...] = (
    *(
        LayerRow(
            kind, f"input_size, hidden_size, num_layers=1, {own}bias=1, batch_first=0, dropout=0, bidirectional=0"
            f"{', proj_size=0' if projects else ''}",
            flags=("bias", "batch_first", "bidirectional"), last="D*R", given={"input_size": "F"}, receptive="all",
            ranks=(2,),
            helpers={"D": "1 + bidirectional", "R": "where(proj_size > 0, proj_size, H)" if projects else "H"},
            weight_arrays=f"weight_ih_l0({gates}*H, inp); weight_hh_l0({gates}*H, R)",
            bias_arrays=f"bias_ih_l0({gates}*H); bias_hh_l0({gates}*H)",
            weights=f"D*({gates}*H*(inp + R){projects}) + (layers - 1)*D*({gates}*H*(D*R + R){projects})",
            biases=f"layers*D*2*{gates}*H", adds=f"T*layers*D*2*{gates}*H",
            macs=f"T*(D*({gates}*H*(inp + R){projects}) + (layers - 1)*D*({gates}*H*(D*R + R){projects}))",
            require=(FEATURES, *((("proj_size < H", "what is projected is smaller than the hidden state"),
                ) if projects else ())),
            says=TWO, source=f"{PYTORCH}.{kind}", single={
                "biases": f"layers*D*{gates}*H", "adds": f"T*layers*D*{gates}*H",
                "bias_arrays": f"bias_l0({gates}*H)", "says": ONE_BIAS,
            },
            program=_program(kind, "_l0"), times="T", forward=(("", "rows(out)"),), named=_starts(kind, "R"),
            starts=True, left=START, letters=LETTERS, letter="h", instead=ONE,
            limits=(("batch == 0", "a batch of sequences"), ("layers == 1", "several layers"),
                    ("bidirectional == 0", "both directions"),
                    *((("proj_size == 0", "a projection"),) if projects else ())),
        )
        for kind, gates, own, projects in (("RNN", 1, "nonlinearity=tanh, ", ""), ("GRU", 3, "", ""),
            ("LSTM", 4, "", " + proj_size*H"))
    ),
    *(
        LayerRow(
            f"{kind}Cell", f"input_size, hidden_size, bias=1{', nonlinearity=tanh' if gates == 1 else ''}", ranks=(1,),
            flags=("bias",), last="H", given={"input_size": "F"}, receptive="all",
            weight_arrays=f"weight_ih({gates}*H, inp); weight_hh({gates}*H, H)",
            bias_arrays=f"bias_ih({gates}*H); bias_hh({gates}*H)",
            weights=f"{gates}*H*(inp + H)", biases=f"2*{gates}*H", adds=f"T*2*{gates}*H", macs=f"T*{gates}*H*(inp + H)",
            require=(FEATURES,),
            says=TWO, source=f"{PYTORCH}.{kind}Cell", **_cell(kind), single={
                "biases": f"{gates}*H", "adds": f"T*{gates}*H", "bias_arrays": f"bias({gates}*H)", "says": ONE_BIAS,
            },
        )
        for kind, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4))
    ),
    # ---- attention
    LayerRow(
        "MultiheadAttention", "embed_dim, num_heads, dropout=0, bias=1, add_bias_kv=0, add_zero_attn=0, kdim=None, "
        "vdim=None, batch_first=0", flags=("bias", "batch_first"), receptive="all", ranks=(2,),
        given={"embed_dim": "F"},
        weight_arrays="in_proj_weight(3*E, E); out_proj_weight(E, E)",
        bias_arrays="in_proj_bias(3*E); out_proj_bias(E)", weights="4*E^2", biases="4*E", adds="4*T*E",
        counted="4*E^2 + 4*E",
        macs="4*T*E^2 + 2*T^2*E",
        require=(("E == F", FEATURES[1]), ("mod(E, num_heads) == 0", "heads do not divide the features")),
        letters={"in_proj_weight": "W", "in_proj_bias": "b", "out_proj_weight": "O", "out_proj_bias": "d"},
        program=_attention("x", "num_heads"), times="num_heads", letter="a",
        forward=(("", "beside(head) @ out_proj_weight.T + out_proj_bias"),),
        source=f"{PYTORCH}.MultiheadAttention; Vaswani et al., Attention is all you need, 2017, section 3.2.2",
    ),
    LayerRow(
        "TransformerEncoderLayer", TRANSFORMER, flags=("batch_first", "norm_first", "bias"),
        receptive="all", ranks=(2,), given={"d_model": "F"},
        weights="4*d_model^2 + 2*d_model*dim_feedforward + 2*d_model",
        biases="4*d_model + dim_feedforward + d_model + 2*d_model",
        macs="4*T*d_model^2 + 2*T^2*d_model + 2*T*d_model*dim_feedforward",
        require=(("d_model == F", FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        weight_arrays="self_attn_in_proj_weight(3*d_model, d_model); self_attn_out_proj_weight(d_model, d_model); "
                      "linear1_weight(dim_feedforward, d_model); linear2_weight(d_model, dim_feedforward); "
                      "norm1_weight(d_model); norm2_weight(d_model)",
        bias_arrays="self_attn_in_proj_bias(3*d_model); self_attn_out_proj_bias(d_model); "
                    "linear1_bias(dim_feedforward); "
                    "linear2_bias(d_model); norm1_bias(d_model); norm2_bias(d_model)",
        letters={
            "self_attn_in_proj_weight": "W", "self_attn_out_proj_weight": "O", "linear1_weight": "A",
            "linear2_weight": "B", "norm1_weight": "gamma", "norm2_weight": "delta", "self_attn_in_proj_bias": "b",
            "self_attn_out_proj_bias": "d", "linear1_bias": "a", "linear2_bias": "p", "norm1_bias": "beta",
            "norm2_bias": "epsilon",
        },
        times="nhead", letter="t", left="nothing is dropped, as in evaluation",
        program=ENCODER, forward=(("norm_first == 1", "r + f"), ("", "layer_norm(r + f, norm2_weight, norm2_bias, "
                                                                          "layer_norm_eps)")),
        limits=(("where(activation == relu, 1, where(activation == gelu, 1, 0)) == 1", "this activation"),),
        instead="activation='relu' or 'gelu'",
        source=f"{PYTORCH}.TransformerEncoderLayer",
    ),
    LayerRow(
        "TransformerDecoderLayer", TRANSFORMER, flags=("batch_first", "norm_first", "bias"),
        receptive="all", ranks=(2,), given={"d_model": "F"},
        weights="8*d_model^2 + 2*d_model*dim_feedforward + 3*d_model",
        biases="8*d_model + dim_feedforward + d_model + 3*d_model",
        require=(("d_model == F", FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        instead="an encoder layer, or what it does under 'nodes:': it reads two sequences",
        says="two attentions, a feed-forward net, three norms", source=f"{PYTORCH}.TransformerDecoderLayer",
    ),
)  # fmt: skip
