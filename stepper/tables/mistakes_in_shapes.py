"""Mistakes that people make in tables of shapes: sizes, channels, parameters, multiply-adds and receptive fields; one
row for each way to make one.

A row is made only in a layer that has the part which is slipped over. ``says`` is completed by ``why``: what is right.
"""

from __future__ import annotations

from collections.abc import Mapping

from stepper.tables.mistake import Mistake

BIASES, WEIGHTS, SCALE = "has biases", "has weights", "has scale and shift"
KERNEL, POSITIONS = "has a kernel", "has positions"
PADDED = "is padded to the same size"
PARTS: Mapping[str, str] = {
    BIASES: "it adds numbers that are learned",
    WEIGHTS: "it multiplies by numbers that are learned",
    SCALE: "its row counts as many of the one as of the other, and nothing else: a norm with gamma and beta",
    KERNEL: "its row has a kernel that reaches further than one place",
    POSITIONS: "it is applied at several places",
    PADDED: "its padding is called the same",
}
"""What is told of a layer, for rows that need it or lack it."""

_SIZE = "keys that were found wrong by PyTorch; CS231n notes, convolutional networks"
_TRANSPOSED = "Dumoulin and Visin, A guide to convolution arithmetic, 2016, relationship 14"
_COUNT = "CS231n notes; walkwithfastai, issue 49; key of 'two historians': 9x9x3x32 taken ten times"
_NORM = "Ioffe and Szegedy, Batch normalization, 2015: gamma and beta are learned, mean and variance are not"
_GATES = "PyTorch documentation, torch.nn.LSTM and torch.nn.GRU: weights and biases of all gates"
_FIELD = "UiO IN5400, exam of 4 June 2021, exercise 5b; Araujo, Norris and Sim, Computing receptive fields, 2019"
_SAME = "the channels are taken to stay the same"
_ROUNDS, _LARGER = "the formula rounds down", "the formula rounds up"

SHAPE_MISTAKES: tuple[Mistake, ...] = (
    # ---- a spatial size
    Mistake("rounded up", "size", "floor(x) => ceil(x)", "the quotient is rounded up", _ROUNDS, 4, _SIZE,
        role="spatial"),
    Mistake("rounded down", "size", "ceil(x) => floor(x)", "the quotient is rounded down", _LARGER, 5, _SIZE,
        role="spatial"),
    Mistake("1 left out", "size", "= right - 1", "the + 1 is left out",
        "the first window counts too", 5, _SIZE, role="spatial", needs=("+ 1",)),
    Mistake("padding left out", "size", "p := 0", "the padding is left out",
        "it is added on both sides of an axis", 4, _SIZE, role="spatial"),
    Mistake("padding left out", "size", "= floor((n - K)/s) + 1", "the padding is left out",
        "with the padding 'same' only the stride makes the map smaller", 4, _SIZE, role="spatial", needs=(PADDED, "K")),
    Mistake("padding on one side", "size", "a + 2*p - b -> a + p - b", "the padding is added on one side only",
        "it is added on both sides of an axis", 5, _SIZE, role="spatial"),
    Mistake("padding on one side", "size", "a + 2*p -> a + p", "the padding is added on one side only",
        "it is added on both sides of an axis", 4, _SIZE, role="spatial"),
    Mistake("padding on one side", "size", "p := p/2", "the padding is taken off on one side only",
        "it is taken off on both sides of an axis", 3, _TRANSPOSED, role="spatial", needs=("- 2*p",)),
    Mistake("padding added", "size", "p := -p", "the padding is added",
        "a transposed convolution cuts it off", 3, _TRANSPOSED, role="spatial", needs=("- 2*p",)),
    Mistake("output padding left out", "size", "q := 0", "the output padding is left out",
        "it is added to the size at one end", 4, _TRANSPOSED, role="spatial"),
    Mistake("size times stride", "size", "= n*s",
        "the size is multiplied by the stride, and the rest of the formula is left out",
        "the kernel and the padding count too", 3, _TRANSPOSED, role="spatial", needs=("(n - 1)*s",)),
    Mistake("formula of a convolution", "size", "= floor((n + 2*p - K)/s) + 1", "the formula of a convolution is taken",
        "this layer enlarges", 4, _TRANSPOSED, role="spatial", needs=("(n - 1)*s", "K")),
    Mistake("stride left out", "size", "s := 1", "the stride is left out",
        "windows begin a stride apart", 4, _SIZE, role="spatial", needs=(WEIGHTS,)),
    Mistake("stride left out", "size", "s := 1", "the stride is left out",
        "the stride of a pool is its kernel, unless another is given", 4, _SIZE, role="spatial", lacks=(WEIGHTS,)),
    Mistake("kernel for stride", "size", "s := k", "the stride is taken to be the kernel",
        "a stride of its own is given", 3, _SIZE, role="spatial", needs=("k",)),
    Mistake("dilation left out", "size", "d := 1", "the gaps of the dilation are left out",
        "a kernel with gaps is longer: it is d*(k - 1) + 1", 4, _SIZE, role="spatial"),
    Mistake("size kept", "size", "= n", "the size is taken to stay the same",
        "it stays only with a stride of 1 and a padding that fits the kernel", 4, _SIZE, role="spatial"),
    # ---- the channels, and other axes
    Mistake("channels kept", "size", "= C", _SAME, "there are as many as there are filters", 4, _SIZE,
        role="channels", needs=("out",)),
    Mistake("channels kept", "size", "= C", _SAME, "several channels make one larger map", 3, _SIZE,
        role="channels", needs=("C/r^2",)),
    Mistake("channels kept", "size", "= C", _SAME, "each block of places becomes channels", 3, _SIZE,
        role="channels", needs=("C*r^2",)),
    Mistake("channels kept", "size", "= C", _SAME, "each channel becomes one for each place of a window", 3, _SIZE,
        role="channels", needs=("C*prod(k)",)),
    Mistake("factor not squared", "size", "a/r^2 -> a/r", "the factor is not squared",
        "the places grow or shrink along both axes", 4, _SIZE, role="channels"),
    Mistake("factor not squared", "size", "a*r^2 -> a*r", "the factor is not squared",
        "the places grow or shrink along both axes", 4, _SIZE, role="channels"),
    Mistake("axes exchanged", "size", "take another axis", "the axes are in another order",
        "the order is that of the listing", 3, "PyTorch documentation, torch.nn.Conv2d; Keras documentation, Conv2D"),
    Mistake("axis left out", "size", "leave out a factor", "the axis {part} is left out",
        "flattened, a map has as many features as places in all channels", 4, _COUNT, role="features"),
    Mistake("map not flattened", "size", "= C", "the features are taken to be the channels",
        "flattened, a map has as many features as places in all channels", 3, _COUNT, role="features"),
    Mistake("table transposed", "size", "E := V", "the rows of the table are taken for its columns",
        "a word becomes a vector of E numbers", 3, _COUNT),
    # ---- parameters: norms
    Mistake("shift left out", "count", "= 0", "the scale gamma is counted alone",
        "the shift beta is a parameter too", 4, _NORM, role="biases", needs=(SCALE,)),
    Mistake("one scale for all", "count", "= 2", "one gamma and one beta are counted in all",
        "each channel or feature has its own", 3, _NORM, role="parameters", needs=(SCALE,)),
    Mistake("statistics counted", "count", "= 2*right", "mean and variance are counted too",
        "they are not learned", 4, _NORM, role="parameters", needs=(SCALE, "inp")),
    Mistake("norm of each position", "count", "= 2*N", "a gamma and a beta are counted for each position",
        "those of a channel are shared", 3, _NORM, role="parameters", needs=(SCALE, POSITIONS)),
    Mistake("norm of each group", "count", "= 2*num_groups", "a gamma and a beta are counted for each group",
        "each channel has its own", 3, _NORM, role="parameters", needs=(SCALE, "num_channels")),
    # ---- parameters: gates
    *(
        Mistake("gates left out", "count", f"= right/{gates}", "the gates are left out", f"there are {gates}", 4,
            _GATES, role="parameters", needs=(f"{gates}*H",))
        for gates in (3, 4)
    ),
    Mistake("one bias of two", "count", "= right/2", "one bias is counted for each unit and gate",
        "this layer has two", 4, _GATES, role="biases", needs=(BIASES, "H", "2*"),
        convention="one bias is counted for each unit and gate, as in Keras; PyTorch's layers have two"),
    *(
        Mistake("previous state left out", "count", f"= {gates}*H*inp",
            "the weights of the previous state are left out", "each gate has weights for it too", 4, _GATES,
            role="weights", needs=(f"{gates}*H", "inp"))
        for gates in (1, 3, 4)
    ),
    # ---- parameters: embeddings and what has none
    Mistake("biases of a table", "count", "= E", "biases are counted", "this layer has none", 3, _COUNT, role="biases",
        needs=("V", "E"), lacks=(BIASES,)),
    Mistake("one vector", "count", "V := 1", "one vector is counted", "there is one for each word", 3, _COUNT,
        role="weights"),
    Mistake("rows plus columns", "count", "= V + E", "rows and columns are added",
        "a table has a number for each pair", 2, _COUNT, role="weights", needs=("V", "E")),
    Mistake("window counted", "count", "= prod(k)", "the window is counted", "it has nothing to learn", 3, _COUNT,
        role="parameters", needs=(KERNEL,), lacks=(WEIGHTS,)),
    Mistake("window counted", "count", "= prod(k)*C", "the window is counted for each channel",
        "it has nothing to learn", 2, _COUNT, role="parameters", needs=(KERNEL,), lacks=(WEIGHTS,)),
    # ---- weights and biases
    Mistake("biases left out", "count", "= 0", "the biases are left out", "biases are parameters too", 5, _COUNT,
        role="biases", needs=(BIASES,), lacks=(SCALE,)),
    Mistake("input channels left out", "count", "inp := 1", "the input channels are left out",
        "a kernel covers all of them", 5, _COUNT, needs=("k", "out")),
    Mistake("one kernel", "count", "inp := 1", "one kernel is counted", "each channel has its own", 3, _COUNT,
        needs=("k",), lacks=("out",)),
    Mistake("inputs left out", "count", "inp := 1; N := 1", "the inputs are left out",
        "each neuron has a weight for each of them", 3, _COUNT, needs=("out",), lacks=("k",)),
    Mistake("map not flattened", "count", "N := C", "the inputs are taken to be the channels",
        "each neuron has a weight for every place of every channel", 3, _COUNT, needs=("out",), lacks=("k",)),
    Mistake("one bias", "count", "= 1", "one bias is counted for the whole layer", "there is one for each filter", 4,
        _COUNT, role="biases", needs=(BIASES, "out", "k")),
    Mistake("one bias", "count", "= 1", "one bias is counted for the whole layer", "there is one for each neuron", 4,
        _COUNT, role="biases", needs=(BIASES, "out"), lacks=("k",)),
    Mistake("bias of each input channel", "count", "= inp", "a bias is counted for each input channel",
        "there is one for each filter", 3, _COUNT, role="biases", needs=(BIASES, "out", "inp", "k")),
    Mistake("bias of each input channel", "count", "= inp*out", "a bias is counted for each kernel",
        "the sum over the input channels gets one bias", 3, _COUNT, role="biases", needs=(BIASES, "out", "inp", "k")),
    Mistake("filters left out", "count", "out := 1", "the filters are left out",
        "each filter has its own weights", 4, _COUNT, needs=("k",)),
    Mistake("neurons left out", "count", "out := 1", "the neurons are left out",
        "each neuron has its own weights", 3, _COUNT, lacks=("k",)),
    Mistake("in and out exchanged", "count", "inp := out; out := inp",
        "the numbers of inputs and of outputs are exchanged", "a layer has a bias for each output", 2, _COUNT,
        needs=("inp", "out")),
    Mistake("biases added", "count", "= out", "biases are counted", "this layer has none", 4, _COUNT, role="biases",
        needs=("out", WEIGHTS), lacks=(BIASES,)),
    Mistake("groups left out", "count", "g := 1", "the groups are left out",
        "a filter covers the channels of its group only", 4, _COUNT),
    *(
        Mistake("one axis of the kernel", "count", f"prod(k) := {axis}(k)", "one axis of the kernel is counted",
            "a kernel has a weight for each of its places", 4, _COUNT)
        for axis in ("max", "min")
    ),
    Mistake("axis of the kernel left out", "count", "prod(k) := prod(k)/max(k)", "an axis of the kernel is left out",
        "a kernel has a weight for each of its places", 3, _COUNT),
    Mistake("kernel left out", "count", "prod(k) := 1", "the kernel is left out",
        "a kernel has a weight for each of its places", 3, _COUNT),
    Mistake("counted ten times", "count", "= 10*right", "they are counted ten times", "a slip of the decimal point", 2,
        _COUNT, needs=(WEIGHTS,), role="weights"),
    Mistake("counted ten times", "count", "= 10*right", "they are counted ten times", "a slip of the decimal point", 2,
        _COUNT, needs=(WEIGHTS,), role="parameters"),
    Mistake("counted ten times", "count", "= 10*weights", "they are counted ten times, and the biases are left out",
        "two slips together", 1, _COUNT, role="parameters", needs=(BIASES,)),
    Mistake("a tenth counted", "count", "= right/10", "a tenth of them is counted", "a slip of the decimal point", 2,
        _COUNT, needs=(WEIGHTS,), role="weights"),
    Mistake("a tenth counted", "count", "= right/10", "a tenth of them is counted", "a slip of the decimal point", 2,
        _COUNT, needs=(WEIGHTS,), role="parameters"),
    Mistake("multiply-adds for parameters", "count", "= macs", "multiply-adds are counted",
        "the weights are shared by all positions", 2, _COUNT, role="parameters", needs=(WEIGHTS, POSITIONS)),
    Mistake("biases among the weights", "count", "= right + biases", "the biases are counted too",
        "weights are what is multiplied by", 4, _COUNT, role="weights", needs=(BIASES,), keeps=("parameters",)),
    # ---- multiply-adds
    Mistake("operations for multiply-adds", "count", "= 2*right",
        "floating point operations are counted, two for each multiply-add", "one multiply-add is a product and a sum",
        4, _COUNT, role="macs",
        convention="floating point operations are counted, two for each multiply-add: flops"),
    Mistake("biases added in", "count", "= right + adds", "the adding of biases is counted too",
        "what is counted are products", 3, _COUNT, role="macs", needs=(BIASES,),
        convention="the adding of biases is counted, as --count-bias does"),
    Mistake("parameters for multiply-adds", "count", "= weights + biases", "parameters are counted",
        "each weight is used at every position", 3, _COUNT, role="macs", needs=(WEIGHTS, POSITIONS)),
    Mistake("weights for multiply-adds", "count", "= weights", "the weights are counted",
        "each is used at every position", 3, _COUNT, role="macs", needs=(WEIGHTS, POSITIONS)),
    # ---- receptive fields
    Mistake("jump left out", "field", "= r + K - 1", "kernel - 1 is added as it is",
        "it counts times the previous jump", 5, _FIELD, role="reach", needs=(KERNEL,)),
    Mistake("whole kernel added", "field", "= r + K*j", "the whole kernel is added", "it grows by kernel - 1", 4,
        _FIELD, role="reach", needs=(KERNEL,)),
    Mistake("kernels added", "field", "= where(r == 1, K, r + K)", "the kernels are added",
        "each adds kernel - 1 times the previous jump", 4, _FIELD, role="reach", needs=(KERNEL,)),
    Mistake("own stride counted", "field", "= r + (K - 1)*j*s", "the layer's own stride is counted",
        "it comes after the layer", 4, _FIELD, role="reach", needs=(KERNEL,)),
    Mistake("dilation left out", "field", "d := 1", "the gaps of the dilation are left out",
        "a kernel with gaps is longer: it is d*(k - 1) + 1", 4, _FIELD, role="reach"),
    Mistake("own kernel alone", "field", "= K", "the layer's own kernel is counted alone",
        "the layers before it reach further", 3, _FIELD, role="reach", needs=(KERNEL,)),
    Mistake("backwards without - 1", "field", "= where(r == 1, K, r + K*j)",
        "going backwards the units are multiplied by the stride, without the - 1",
        "u units need (u - 1)*s + K before them", 4, _FIELD, role="reach", needs=(KERNEL,)),
    Mistake("backwards without - 1", "field", "= r + (K - 1)*j + j*s",
        "going backwards every step is u*s + K", "u units need (u - 1)*s + K before them", 3, _FIELD, role="reach"),
    Mistake("own stride left out", "field", "= j", "the layer's own stride is left out",
        "after the layer its units are a stride further apart", 4, _FIELD, role="jump"),
    Mistake("strides added", "field", "= j + s", "the strides are added", "jumps are multiplied", 3, _FIELD,
        role="jump"),
    Mistake("own stride alone", "field", "= s", "the layer's own stride is taken alone",
        "the strides before it count too", 3, _FIELD, role="jump"),
    # ---- all layers together
    Mistake("layer left out", "total", "leave out a single term", "{part} is left out", "every layer counts once", 4,
        _COUNT),
    Mistake("one layer only", "total", "keep one term", "of all layers only {part} is counted",
        "every layer counts once", 2, _COUNT),
    Mistake("layer counted twice", "total", "take a term twice", "{part} is counted twice", "every layer counts once",
        2, _COUNT),
)  # fmt: skip
