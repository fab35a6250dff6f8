"""Layers that go through a sequence step by step, and those that attend to all of it."""

from __future__ import annotations

from stepper.tables.layer import LayerRow
from stepper.tables.windows import FEATURES, PYTORCH

TRANSFORMER = "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation=relu, layer_norm_eps=1e-5, batch_first=0, norm_first=0, bias=1"
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
            says="two bias vectors for each gate", source=f"{PYTORCH}.{kind}",
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
            says="two bias vectors for each gate", source=f"{PYTORCH}.{kind}Cell",
        )
        for kind, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4))
    ),
    # ---- attention
    LayerRow(
        "MultiheadAttention", "embed_dim, num_heads, dropout=0, bias=1", flags=("bias",), receptive="all", ranks=(2,),
        given={"embed_dim": "F"},
        weight_arrays="in_proj_weight(3*E, E); out_proj_weight(E, E)",
        bias_arrays="in_proj_bias(3*E); out_proj_bias(E)", weights="4*E^2", biases="4*E", adds="4*T*E",
        counted="4*E^2 + 4*E",
        macs="4*T*E^2 + 2*T^2*E",
        require=(("E == F", FEATURES[1]), ("mod(E, num_heads) == 0", "heads do not divide the features")),
        source=f"{PYTORCH}.MultiheadAttention; Vaswani et al., Attention is all you need, 2017, section 3.2.2",
    ),
    LayerRow(
        "TransformerEncoderLayer", TRANSFORMER, flags=("batch_first", "norm_first", "bias"),
        receptive="all", ranks=(2,), given={"d_model": "F"},
        weights="4*d_model^2 + 2*d_model*dim_feedforward + 2*d_model",
        biases="4*d_model + dim_feedforward + d_model + 2*d_model",
        macs="4*T*d_model^2 + 2*T^2*d_model + 2*T*d_model*dim_feedforward",
        require=(("d_model == F", FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        source=f"{PYTORCH}.TransformerEncoderLayer",
    ),
    LayerRow(
        "TransformerDecoderLayer", TRANSFORMER, flags=("batch_first", "norm_first", "bias"),
        receptive="all", ranks=(2,), given={"d_model": "F"},
        weights="8*d_model^2 + 2*d_model*dim_feedforward + 3*d_model",
        biases="8*d_model + dim_feedforward + d_model + 3*d_model",
        require=(("d_model == F", FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        says="two attentions, a feed-forward net, three norms", source=f"{PYTORCH}.TransformerDecoderLayer",
    ),
)  # fmt: skip
