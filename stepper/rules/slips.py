"""Slips of the pen in shape tables: what somebody forgot or mixed up, as a change of the right formula. One row each.

Sources: keys and notebooks with the mistakes named beside each row; a claim that a row reproduces to the last digit is explained by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Slip:
    """What was done in place of the right thing.

    Attributes:
        of: the number in question: ``size``, ``channels``, ``parameters``, ``weights``, ``macs`` or ``field``.
        says: the slip in words.
        put_in: what stood in the formula for a setting.
        rounding: a function, and the one that stood for it.
        formula: what was made of the right formula (``right``); for a field also of r and j before the layer, its K and s.
    """

    of: str
    says: str
    source: str
    put_in: Mapping[str, str] = field(default_factory=dict)
    rounding: tuple[str, str] | None = None
    formula: str = "right"


_SIZE = "keys that were found wrong by PyTorch; CS231n notes, convolutional networks"
_COUNT = "CS231n notes; walkwithfastai, issue 49; key of 'two historians': 9x9x3x32 taken ten times"
_FIELD = "UiO IN5400, exam of 4 June 2021, exercise 5b; Araujo, Norris and Sim, Computing receptive fields, 2019"

SLIPS: tuple[Slip, ...] = (
    # ---- a spatial size
    Slip("size", "rounded up, where the formula rounds down", _SIZE, rounding=("floor", "ceil")),
    Slip("size", "the + 1 is left out", _SIZE, formula="right - 1"),
    Slip("size", "the padding is left out", _SIZE, put_in={"p": "0"}),
    Slip("size", "the padding is added on one side only", _SIZE, put_in={"p": "p/2"}),
    Slip("size", "the stride is left out", _SIZE, put_in={"s": "1"}),
    Slip("size", "the stride is taken to be the kernel", _SIZE, put_in={"s": "k"}),
    Slip("size", "the gaps of the dilation are left out", _SIZE, put_in={"d": "1"}),
    Slip("size", "the size is taken to stay, which this padding does not make it", _SIZE, formula="n"),
    # ---- the channels
    Slip("channels", "the channels are as many as there are filters, not those that come in", _SIZE, formula="C"),
    # ---- parameters
    Slip("parameters", "the biases are left out", _COUNT, formula="weights"),
    Slip("parameters", "the channels that come in are left out: a kernel reaches through all of them", _COUNT, put_in={"inp": "1"}),
    Slip("parameters", "the channels that come in and the biases are left out", _COUNT, put_in={"inp": "1"}, formula="right - biases"),
    Slip("parameters", "one bias is counted for the whole layer: there is one for each filter or neuron", _COUNT, formula="weights + 1"),
    Slip("parameters", "the filters are left out: one of them is counted", _COUNT, put_in={"out": "1"}),
    Slip("parameters", "in and out are mixed up", _COUNT, put_in={"inp": "out", "out": "inp"}),
    Slip("parameters", "biases are counted, and this layer has none", _COUNT, formula="where(biases == 0, right + out, -1)"),
    Slip("parameters", "the groups are left out", _COUNT, put_in={"g": "1"}),
    Slip("parameters", "ten times too many", _COUNT, formula="10*right"),
    Slip("parameters", "ten times too few", _COUNT, formula="right/10"),
    Slip("parameters", "ten times too many, and the biases are left out", _COUNT, formula="10*weights"),
    Slip("parameters", "multiply-adds are counted: the weights are shared by all positions", _COUNT, formula="macs"),
    Slip("weights", "the biases are counted too", _COUNT, formula="right + biases"),
    Slip("weights", "the channels that come in are left out: a kernel reaches through all of them", _COUNT, put_in={"inp": "1"}),
    Slip("weights", "the filters are left out: one of them is counted", _COUNT, put_in={"out": "1"}),
    Slip("weights", "ten times too many", _COUNT, formula="10*right"),
    Slip("weights", "ten times too few", _COUNT, formula="right/10"),
    # ---- multiply-adds
    Slip("macs", "floating point operations are counted, two for each multiply-add", _COUNT, formula="2*right"),
    Slip("macs", "the channels that come in are left out", _COUNT, put_in={"inp": "1"}),
    Slip("macs", "the adding of biases is counted too", _COUNT, formula="right + adds"),
    Slip("macs", "parameters are counted: each is used at every position", _COUNT, formula="weights + biases"),
    # ---- receptive fields
    Slip("field", "it grows by kernel - 1 times the jump before, not by kernel - 1", _FIELD, formula="r + K - 1"),
    Slip("field", "it grows by kernel - 1, not by the kernel", _FIELD, formula="r + K*j"),
    Slip("field", "the layer's own stride comes after it, not before", _FIELD, formula="r + (K - 1)*j*s"),
    Slip("field", "only the layer's own kernel is counted", _FIELD, formula="K"),
)
