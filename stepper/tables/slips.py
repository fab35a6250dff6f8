"""Slips of the pen in shape tables: what somebody forgot or mixed up, as a change of the right formula. One row each.

A slip is named only of a layer that has the part which was slipped over. Sources: keys and notebooks with the mistakes
named beside each row; a claim that a row reproduces to the last digit is explained by it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Slip(Struct, frozen=True):
    """What was done in place of the right thing.

    Attributes:
        of: the number in question: ``size``, ``channels``, ``parameters``, ``weights``, ``macs`` or ``field``.
        says: the slip in words, after "is the result if"; after a colon what is right.
        put_in: what stood in the formula for a setting.
        rounding: a function, and the one that stood for it.
        formula: what was made of the right formula (``right``); for a field also of r and j before the layer, its K and
            s.
        needs: what the layer must have: pieces of the row's formula (``+ 1``, ``k``, ``4*H``), or one of ``PARTS``.
        lacks: what it must not have.
    """

    of: str
    says: str
    source: str
    put_in: Mapping[str, str] = field(default_factory=dict)
    rounding: tuple[str, str] | None = None
    formula: str = "right"
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


BIASES, WEIGHTS, SCALE, KERNEL, POSITIONS = "biases", "weights", "scale and shift", "kernel", "positions"
PARTS: Mapping[str, str] = {
    BIASES: "it adds numbers that are learned",
    WEIGHTS: "it multiplies by numbers that are learned",
    SCALE: "its row counts as many of the one as of the other, and nothing else: a norm with gamma and beta",
    KERNEL: "its row has a kernel that reaches further than one place",
    POSITIONS: "it is applied at several places",
}

_SIZE = "keys that were found wrong by PyTorch; CS231n notes, convolutional networks"
_TRANSPOSED = "Dumoulin and Visin, A guide to convolution arithmetic, 2016, relationship 14"
_COUNT = "CS231n notes; walkwithfastai, issue 49; key of 'two historians': 9x9x3x32 taken ten times"
_NORM = "Ioffe and Szegedy, Batch normalization, 2015: gamma and beta are learned, mean and variance are not"
_GATES = "PyTorch documentation, torch.nn.LSTM and torch.nn.GRU: weights and biases of all gates"
_FIELD = "UiO IN5400, exam of 4 June 2021, exercise 5b; Araujo, Norris and Sim, Computing receptive fields, 2019"

SLIPS: tuple[Slip, ...] = (
    # ---- a spatial size
    Slip("size", "the quotient is rounded up: the formula rounds down", _SIZE, rounding=("floor", "ceil"),
        needs=("floor(",)),
    Slip("size", "the quotient is rounded down: the formula rounds up", _SIZE, rounding=("ceil", "floor"),
        needs=("ceil(",)),
    Slip("size", "the + 1 is left out", _SIZE, formula="right - 1", needs=("+ 1",)),
    Slip("size", "the padding is left out", _SIZE, put_in={"p": "0"}, needs=("p",)),
    Slip("size", "the padding is added on one side only", _SIZE, put_in={"p": "p/2"}, needs=("+ 2*p",)),
    Slip("size", "the padding is taken off on one side only", _TRANSPOSED, put_in={"p": "p/2"}, needs=("- 2*p",)),
    Slip("size", "the padding is added: here it is taken off", _TRANSPOSED, put_in={"p": "-p"}, needs=("- 2*p",)),
    Slip("size", "the output padding is left out", _TRANSPOSED, put_in={"q": "0"}, needs=("q",)),
    Slip("size", "the size is multiplied by the stride, and the rest of the formula is left out", _TRANSPOSED,
        formula="n*s", needs=("(n - 1)*s",)),
    Slip("size", "the formula of a convolution is taken: this layer enlarges", _TRANSPOSED,
        formula="floor((n + 2*p - K)/s) + 1", needs=("(n - 1)*s", "K")),
    Slip("size", "the stride is left out", _SIZE, put_in={"s": "1"}, needs=("s",)),
    Slip("size", "the stride is taken to be the kernel", _SIZE, put_in={"s": "k"}, needs=("s", "k")),
    Slip("size", "the gaps of the dilation are left out", _SIZE, put_in={"d": "1"}, needs=("d",)),
    Slip("size", "the size is taken to stay the same", _SIZE, formula="n"),
    # ---- the channels
    Slip("channels", "the channels are taken to stay the same: there are as many as there are filters", _SIZE,
        formula="C", needs=("out",)),
    Slip("channels", "the channels are taken to stay the same: the larger map is made of them", _SIZE, formula="C",
        needs=("C/r^2",)),
    Slip("channels", "the channels are taken to stay the same: what leaves the map becomes channels", _SIZE,
        formula="C", needs=("C*r^2",)),
    Slip("channels", "the channels are taken to stay the same: each has the places of a window", _SIZE, formula="C",
        needs=("C*prod(k)",)),
    Slip("channels", "the factor is not squared: the places grow or shrink along both axes", _SIZE, formula="C/r",
        needs=("C/r^2",)),
    Slip("channels", "the factor is not squared: the places grow or shrink along both axes", _SIZE, formula="C*r",
        needs=("C*r^2",)),
    # ---- parameters: norms
    Slip("parameters", "the scale gamma is counted alone: the shift beta is learned too", _NORM, formula="weights",
        needs=(SCALE,)),
    Slip("parameters", "one gamma and one beta are counted in all: each channel or feature has its own", _NORM,
        formula="2", needs=(SCALE,)),
    Slip("parameters", "mean and variance are counted too: they are not learned", _NORM, formula="2*right",
        needs=(SCALE, "inp")),
    Slip("parameters", "a gamma and a beta are counted for each position: those of a channel are shared", _NORM,
        formula="2*N", needs=(SCALE, POSITIONS)),
    Slip("parameters", "a gamma and a beta are counted for each group: each channel has its own", _NORM,
        formula="2*num_groups", needs=(SCALE, "num_channels")),
    # ---- parameters: gates
    *(
        Slip("parameters", f"the gates are left out: there are {gates}", _GATES, formula=f"right/{gates}",
            needs=(f"{gates}*H",))
        for gates in (3, 4)
    ),
    Slip("parameters", "one bias is counted for each unit and gate: this layer has two", _GATES,
        formula="right - biases/2", needs=(BIASES, "H", "inp")),
    *(
        Slip("parameters", "the weights of the previous state are left out", _GATES, formula=f"{gates}*H*inp + biases",
            needs=(f"{gates}*H", "inp"))
        for gates in (1, 3, 4)
    ),
    # ---- parameters: embeddings and what has none
    Slip("parameters", "biases are counted: this layer has none", _COUNT, formula="V*E + E", needs=("V*E",)),
    Slip("parameters", "one vector is counted: there is one for each word", _COUNT, put_in={"V": "1"}, needs=("V*E",)),
    Slip("parameters", "rows and columns are added: a table has a number for each pair", _COUNT, formula="V + E",
        needs=("V*E",)),
    Slip("parameters", "the window is counted: it has nothing to learn", _COUNT, formula="prod(k)", needs=("k",),
        lacks=(WEIGHTS,)),
    Slip("parameters", "the window is counted for each channel: it has nothing to learn", _COUNT, formula="prod(k)*C",
        needs=("k",), lacks=(WEIGHTS,)),
    # ---- parameters: what has weights
    Slip("parameters", "the biases are left out", _COUNT, formula="weights", needs=(BIASES,), lacks=(SCALE,)),
    Slip("parameters", "the input channels are left out: a kernel covers all of them", _COUNT,
        put_in={"inp": "1"}, needs=("k", "inp", "out")),
    Slip("parameters", "the input channels and the biases are left out", _COUNT, put_in={"inp": "1"},
        formula="right - biases", needs=(BIASES, "k", "inp", "out")),
    Slip("parameters", "one kernel is counted: each channel has its own", _COUNT, put_in={"inp": "1"},
        needs=("k", "inp"), lacks=("out",)),
    Slip("parameters", "the inputs are left out: each neuron has a weight for each of them", _COUNT,
        put_in={"inp": "1", "N": "1"}, needs=("out",), lacks=("k",)),
    Slip("parameters", "one bias is counted for the whole layer: there is one for each filter", _COUNT,
        formula="weights + 1", needs=(BIASES, "out", "k")),
    Slip("parameters", "one bias is counted for the whole layer: there is one for each neuron", _COUNT,
        formula="weights + 1", needs=(BIASES, "out"), lacks=("k",)),
    Slip("parameters", "a bias is counted for each input channel: there is one for each filter", _COUNT,
        formula="weights + inp", needs=(BIASES, "out", "inp", "k")),
    Slip("parameters", "the filters are left out: one of them is counted", _COUNT, put_in={"out": "1"},
        needs=("out", "k")),
    Slip("parameters", "the neurons are left out: one of them is counted", _COUNT, put_in={"out": "1"}, needs=("out",),
        lacks=("k",)),
    Slip("parameters", "in and out are mixed up", _COUNT, put_in={"inp": "out", "out": "inp"}, needs=("inp", "out")),
    Slip("parameters", "biases are counted: this layer has none", _COUNT, formula="right + out", needs=("out",),
        lacks=(BIASES,)),
    Slip("parameters", "the groups are left out", _COUNT, put_in={"g": "1"}, needs=("g",)),
    Slip("parameters", "one axis of the kernel is counted", _COUNT, put_in={"k": "max(k)"}, needs=("k",)),
    Slip("parameters", "they are counted ten times", _COUNT, formula="10*right", needs=(WEIGHTS,)),
    Slip("parameters", "a tenth of them is counted", _COUNT, formula="right/10", needs=(WEIGHTS,)),
    Slip("parameters", "they are counted ten times, and the biases are left out", _COUNT, formula="10*weights",
        needs=(BIASES,)),
    Slip("parameters", "multiply-adds are counted: the weights are shared by all positions", _COUNT, formula="macs",
        needs=(WEIGHTS, POSITIONS)),
    # ---- weights
    Slip("weights", "the biases are counted too", _COUNT, formula="right + biases", needs=(BIASES,)),
    Slip("weights", "the input channels are left out: a kernel covers all of them", _COUNT,
        put_in={"inp": "1"}, needs=("k", "inp", "out")),
    Slip("weights", "the inputs are left out: each neuron has a weight for each of them", _COUNT,
        put_in={"inp": "1", "N": "1"}, needs=("out",), lacks=("k",)),
    Slip("weights", "the filters are left out: one of them is counted", _COUNT, put_in={"out": "1"},
        needs=("out", "k")),
    Slip("weights", "the neurons are left out: one of them is counted", _COUNT, put_in={"out": "1"}, needs=("out",),
        lacks=("k",)),
    Slip("weights", "they are counted ten times", _COUNT, formula="10*right", needs=(WEIGHTS,)),
    Slip("weights", "a tenth of them is counted", _COUNT, formula="right/10", needs=(WEIGHTS,)),
    # ---- multiply-adds
    Slip("macs", "floating point operations are counted, two for each multiply-add", _COUNT, formula="2*right"),
    Slip("macs", "the input channels are left out", _COUNT, put_in={"inp": "1"}, needs=("k", "inp", "out")),
    Slip("macs", "the adding of biases is counted too", _COUNT, formula="right + adds", needs=(BIASES,)),
    Slip("macs", "parameters are counted: each weight is used at every position", _COUNT, formula="weights + biases",
        needs=(WEIGHTS, POSITIONS)),
    Slip("macs", "the weights are counted: each is used at every position", _COUNT, formula="weights",
        needs=(WEIGHTS, POSITIONS)),
    # ---- receptive fields
    Slip("field", "kernel - 1 is added as it is: it counts times the previous jump", _FIELD, formula="r + K - 1",
        needs=(KERNEL,)),
    Slip("field", "the whole kernel is added: it grows by kernel - 1", _FIELD, formula="r + K*j", needs=(KERNEL,)),
    Slip("field", "the layer's own stride is counted: it comes after the layer", _FIELD, formula="r + (K - 1)*j*s",
        needs=(KERNEL, "s")),
    Slip("field", "the layer's own kernel is counted alone", _FIELD, formula="K", needs=(KERNEL,)),
)  # fmt: skip
