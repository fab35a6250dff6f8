"""Documents that can be written anew: one row for each kind, with what is asked for in it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Form(Struct, frozen=True):
    """A document by its lines, in which settings stand in braces and ``activation(...)`` for the one that is chosen.

    Attributes:
        inputs: ``x(steps, inputs); h[0](hidden)``: arrays with their sizes; ``x[1..steps]`` are as many numbers.
        parameters: the same, of what is learned.
        repeated: lines for each ``t`` from 1 to ``until``; where that is 1 they stand once, without the index.
        nodes: lines, ``name: formula``.
        predicts: what the loss takes, as a formula; it is compared with ``target``, which is an input.
        array: are the two arrays?
    """

    inputs: str
    parameters: str
    predicts: str
    target: str
    nodes: str = ""
    repeated: str = ""
    until: str = ""
    array: bool = True


class Template(Struct, frozen=True):
    """A kind of document.

    One of ``sizes``, ``listing``, ``forms`` and ``updates`` says how it is made.

    Attributes:
        settings: ``inputs=2, hidden=2``: whole numbers from 1.
        title: with settings in braces.
        words: what comes after the kind's name.
        takes: the options that say something of it, beside those of values.
        sizes: the layers' sizes of a fully connected network.
        listing: the layers of a network, read one after the other, after the shape of the input.
        forms: its lines; of two forms the second has arrays in place of numbers.
        updates: is it an exercise for an optimizer?
        activation, output, loss: what it has where nothing else is asked for.
        source: where it comes from, which stands in the document too.
        most: a setting may be so large.
    """

    name: str
    says: str
    example: str
    settings: str = ""
    title: str = ""
    words: str = ""
    takes: tuple[str, ...] = ()
    sizes: str = ""
    listing: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    updates: bool = False
    activation: str = ""
    output: str = ""
    loss: str = "mse"
    source: str = ""
    most: int = 20

    @property
    def called(self) -> str:
        """What it is called where kinds are listed: the one that is asked for by its sizes has no name."""
        return "sizes such as 2-3-2" if self.sizes == "{sizes}" else self.name

    def defaults(self) -> dict[str, int]:
        """The settings with their values where nothing else is asked for."""
        pairs = (part.partition("=") for part in self.settings.split(",") if part.strip())
        return {name.strip(): int(value) for name, _, value in pairs}


TEMPLATES: tuple[Template, ...] = (
    Template(
        "net", "a fully connected network, given its layer sizes", "2-3-2 --activation leaky_relu:0.5",
        title="Fully connected network {sizes}", words="SIZES", sizes="{sizes}", activation="relu",
        takes=("activation", "output", "loss", "arrays"),
    ),
    Template(
        "linear", "linear regression", "linear --set inputs=3", settings="inputs=2",
        title="Linear regression", sizes="{inputs}-1", takes=("loss", "arrays"),
    ),
    Template(
        "logistic", "logistic regression", "logistic --set inputs=3", settings="inputs=2",
        title="Logistic regression", sizes="{inputs}-1", output="sigmoid", loss="bce", takes=("loss", "arrays"),
    ),
    Template(
        "softmax", "softmax regression (several classes)", "softmax --set classes=4",
        settings="inputs=2, classes=3", title="Softmax regression", sizes="{inputs}-{classes}", output="softmax",
        loss="cross_entropy", takes=("loss", "arrays"),
    ),
    Template(
        "cnn", "a convolutional network, given the input's shape and layers",
        "cnn 1x4x4 'Conv2d(1, 1, 3) -> ReLU -> Flatten -> Linear(4, 2)'",
        title="Convolutional network", words="SHAPE LAYERS",
        listing=("{shape}", "{layers}"), takes=("loss",),
    ),
    Template(
        "conv1d", "a convolution along one axis", "conv1d --set inputs=6,kernel=3",
        settings="inputs=5, kernel=3",
        title="Convolution along one axis", listing=("1x{inputs}", "Conv1d(1, 1, {kernel}) -> {activation}"),
        activation="relu", takes=("activation", "loss"),
    ),
    Template(
        "rnn", "a recurrent network, unrolled", "rnn --steps 3",
        source="Elman, Finding structure in time, 1990, as PyTorch's RNNCell",
        settings="steps=2, inputs=2, hidden=2", title="Recurrent network, unrolled over {steps} steps",
        takes=("activation", "loss", "steps", "arrays"), activation="tanh",
        forms=(
            Form(
                "h[0]; x[1..steps]", "W_h; W_x; b_h; W_y; b_y", "yhat", "y", array=False,
                repeated="h[t]: activation(W_h*h[t-1] + W_x*x[t] + b_h)", until="steps",
                nodes="yhat: W_y*h[{steps}] + b_y",
            ),
            Form(
                "h[0](hidden); x(steps, inputs)", "W_h(hidden, hidden); W_x(hidden, inputs); b_h(hidden)",
                "h[{steps}]", "y(hidden)", until="steps",
                repeated="h[t]: activation(W_h @ h[t-1] + W_x @ x[t] + b_h)",
            ),
        ),
    ),
    Template(
        "lstm", "an LSTM, gate by gate", "lstm --steps 2",
        source="Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000, as PyTorch's LSTMCell",
        settings="steps=1, inputs=2, hidden=2", title="LSTM, gate by gate", takes=("loss", "steps"),
        forms=(
            Form(
                "x(steps, inputs); h[0](hidden); c[0](hidden)",
                "W_f(hidden, inputs); U_f(hidden, hidden); b_f(hidden); W_i(hidden, inputs); U_i(hidden, hidden); "
                "b_i(hidden); W_o(hidden, inputs); U_o(hidden, hidden); b_o(hidden); W_g(hidden, inputs); "
                "U_g(hidden, hidden); b_g(hidden)",
                "h[{steps}]", "y(hidden)", until="steps",
                repeated="f[t]: sigmoid(W_f @ x[t] + U_f @ h[t-1] + b_f);"
                "i[t]: sigmoid(W_i @ x[t] + U_i @ h[t-1] + b_i);"
                "o[t]: sigmoid(W_o @ x[t] + U_o @ h[t-1] + b_o); g[t]: tanh(W_g @ x[t] + U_g @ h[t-1] + b_g);"
                "c[t]: f[t]*c[t-1] + i[t]*g[t]; h[t]: o[t]*tanh(c[t])",
            ),
        ),
    ),
    Template(
        "gru", "a GRU, gate by gate", "gru --steps 2", source="Cho et al., 2014, as PyTorch's GRUCell",
        settings="steps=1, inputs=2, hidden=2", title="GRU, gate by gate", takes=("loss", "steps"),
        forms=(
            Form(
                "x(steps, inputs); h[0](hidden)",
                "W_r(hidden, inputs); U_r(hidden, hidden); b_r(hidden); W_z(hidden, inputs); U_z(hidden, hidden); "
                "b_z(hidden); W_n(hidden, inputs); U_n(hidden, hidden); b_n(hidden); c_n(hidden)",
                "h[{steps}]", "y(hidden)", until="steps",
                repeated="r[t]: sigmoid(W_r @ x[t] + U_r @ h[t-1] + b_r);"
                "z[t]: sigmoid(W_z @ x[t] + U_z @ h[t-1] + b_z);"
                "n[t]: tanh(W_n @ x[t] + b_n + r[t]*(U_n @ h[t-1] + c_n)); h[t]: (1 - z[t])*n[t] + z[t]*h[t-1]",
            ),
        ),
    ),
    Template(
        "attention", "scaled dot-product attention", "attention --set words=3",
        source="Vaswani et al., Attention is all you need, 2017, equation 1", settings="words=2, inputs=2, width=2",
        title="Attention with one head", takes=("loss",),
        forms=(
            Form(
                "X(words, inputs)", "W_Q(inputs, width); W_K(inputs, width); W_V(inputs, width)", "O",
                "Y(words, width)",
                nodes="Q: X @ W_Q; K: X @ W_K; V: X @ W_V; S: Q @ K.T/sqrt({width}); A: softmax(S); O: A @ V",
            ),
        ),
    ),
    Template(
        "optimizer", "an exercise for an optimizer", "optimizer adam", words="NAME",
        settings="steps=2", title="{steps} steps of {optimizer}", updates=True, takes=("steps", "objective"),
    ),
)  # fmt: skip

BY_KIND: Mapping[str, Template] = {row.name: row for row in TEMPLATES}
LOSSES_OF_NETS: tuple[str, ...] = (
    "mse", "sse", "half_sse", "mae", "huber", "bce", "bce_with_logits", "cross_entropy", "nll", "hinge", "multi_hinge",
)  # fmt: skip
"""The losses of a prediction and a target, the prediction first."""
LOSSES_CALLED: Mapping[str, str] = {
    "ce": "cross_entropy", "binary_cross_entropy": "bce", "binary_cross_entropy_with_logits": "bce_with_logits",
    "l1": "mae", "negative_log_likelihood": "nll",
}  # fmt: skip
"""Losses by what else they are called; PyTorch's names without their Loss."""
