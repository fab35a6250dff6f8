"""Questions about the size behind a window, ``i=6 k=4 s=3``: the letters of textbooks, the words of exercises, and the
layers that are meant.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Quantity(Struct, frozen=True):
    """One quantity of a window: its ``symbol`` in the formulas of layers, the letters and words that textbooks have
    for it, and what it is called.
    """

    symbol: str
    letters: tuple[str, ...]
    words: str
    name: str


class Window(Struct, frozen=True):
    """What slides: the words for it, and the row of layers that is meant, by how many axes it slides over.

    ``same`` is the row whose padding='same' goes with any stride.
    """

    words: str
    row: str
    same: str
    name: str


LETTERS_SOURCE = (
    "Dumoulin and Visin, A guide to convolution arithmetic, 2016 (i, k, s, p, o, a); CS231n notes (W, F, S, P); "
    "Ng, Convolutional neural networks, 2017 (n, f, s, p)"
)
QUANTITIES: tuple[Quantity, ...] = (
    Quantity("n", ("i", "n", "W", "L", "in"), r"inputs?|images?", "input"),
    Quantity("k", ("k", "f", "F"), r"(?:kernel|filter|window)s?", "kernel"),
    Quantity("s", ("s", "S"), r"strides?", "stride"),
    Quantity("p", ("p", "P"), r"(?:zero[- ])?pad(?:ding)?", "padding"),
    Quantity("d", ("d", "D"), r"dilation", "dilation"),
    Quantity("q", ("a", "q"), r"output[ _-]padding", "output padding"),
    Quantity("o", ("o", "O", "out"), r"output", "output"),
)
"""The quantities in the order of the columns of a table."""

WINDOWS: tuple[Window, ...] = (
    Window(
        r"transposed?(?:[- ]conv(?:olution)?)?|deconv(?:olution)?|up-?conv(?:olution)?|conv[- ]?transposed?",
        "ConvTranspose{n}d", "", "transposed convolution",
    ),
    Window(r"(?:average|avg|mean)[- ]?pool(?:ing)?", "AvgPool{n}d", "AveragePooling{n}D", "average pool"),
    Window(r"(?:max[- ]?)?pool(?:ing)?", "MaxPool{n}d", "MaxPooling{n}D", "pool"),
    Window(r"conv(?:olution)?(?:al)?", "Conv{n}d", "Conv{n}D", "convolution"),
)  # fmt: skip
"""The last is meant where nothing is said."""

BY_LETTER: Mapping[str, Quantity] = {letter: quantity for quantity in QUANTITIES for letter in quantity.letters}
