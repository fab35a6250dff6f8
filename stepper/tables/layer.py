"""The form of a layer's row: its settings, and formulas for sizes, parameters, multiply-adds and the receptive
field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

Conditions: TypeAlias = tuple[tuple[str, str], ...]
"""What must hold, and what is wrong where it does not."""
Forward: TypeAlias = tuple[tuple[str, str], ...]
"""Conditions, the last of which may be empty, and what is worked out where they hold."""


class LayerRow(Struct, frozen=True):
    """One kind of layer.

    In its formulas stand its settings by the symbols of ``SYMBOLS`` (``k`` for kernel_size) or by their names, and:
    ``C`` the channels that come in, ``F`` the last axis that comes in, ``n`` a spatial axis that comes in, ``o`` what
    becomes of it, ``N`` the product of all axes that come in, ``S`` the product of the spatial axes that come in, ``O``
    of those that go out, ``T`` the number of rows that a layer of the last axis is applied to. A setting for each
    spatial axis is written ``kernel_size[]``; in formulas for the whole layer
    it is the list. A flag is 1 or 0.

    Attributes:
        parameters: the settings in the order in which they may be given without their names.
        axes: how many spatial axes it works on; 0 where any number will do.
        ranks: how many axes may come in, the channels with them and without the batch; empty where any number will do.
        helpers: quantities for one axis that the other formulas use, shown where they are not what a setting says (K
            with dilation 1 is k).
        channels: the channel axis after; empty where it stays.
        size: a spatial axis after; empty where it stays.
        same: the same with padding='same'; ``same_require`` is what must hold then.
        dropped: how many windows are left out along an axis though they would begin inside the padded input.
        sided: the setting that may be given for both sides of each axis, the last axis first: ``p`` before it,
            ``p_end`` after it.
        absent: a spatial axis after, where a setting for it is None.
        trailing: the setting whose entries must be the last axes that come in.
        last: the last axis after, for layers that work on it alone.
        merge: the first and the last axis (counted with the batch as axis 0) that are merged into one; ``merged`` is
            what it then counts.
        shape: the setting that is the whole shape after.
        regroups: the setting that is -1 where a batch takes up what is left: more rows, where a sample has more numbers
            than the shape.
        split: the settings that name an axis and the sizes into which it is split.
        separate: inputs are not joined: ``F1``, ``F2`` are their last axes.
        axes_in: how many axes come in after the channels, where that is another number than ``axes``.
        append: an axis that is added at the end.
        several: it reads several inputs, which a listing names.
        told: its settings tell what comes out, whatever comes in; it is written as the source has it.
        stacks: the axis along which several inputs are put one after the other, of ``rank`` axes; empty where they are
            added.
        weights, biases, buffers: how many numbers it holds; ``counted`` is weights and biases as they are counted by
            hand.
        weight_arrays, bias_arrays: what it holds, each with its axes, ``weight(out, inp/g, k); ...``. A setting for
            each axis stands for all of its entries; of a layer that holds several alike, those of the first.
        macs: multiply-adds, those of biases not counted; ``adds`` is how often a bias is added.
        receptive: kernel, stride and padding that the receptive field grows by; ``all`` where a unit sees everything,
            ``?`` where that is not known.
        along: the setting that names one axis, and the size of that axis after, of which ``A`` is the size before.
        words: the settings that are one of some words, each with what must hold where it is that; there ``axes`` is how
            many come in.
        require: what must hold, and what is wrong where it does not.
        fits: the same for the layer as a whole, where a helper is the list of those along the axes.
        flags: settings that are yes or no.
        functional: the settings in the order of the function of this layer, where that is another.
        given: settings that the input tells where they are not given.
        forward: what it works out, as a formula of arrays: the first whose condition holds. In it stand ``x`` (of
            several inputs ``x`` and ``y``, one after the other), what it holds by the names of ``weight_arrays`` and
            ``bias_arrays``, and settings by their names; in conditions also ``rank``, how many axes come in, and
            ``batch``, 1 where the first is a batch's. A summand or a factor that a layer does not hold is left out.
            In a formula ``each(...)`` is the list of something along the spatial axes, ``whole(...)`` a number of all,
            ``output`` the sizes that come
            out, ``input`` those that come in, ``entries`` the number of axes that ``trailing`` names, ``told`` 1 where
            what is ``named`` has names. A condition on an axis must hold along each.
        program: lines with their conditions, of which each is a node before the last: ``name = formula``. Lines with an
            index, ``c[t] = f[t]*c[t - 1]``, are taken once for each step, whose input is ``x[t]``; what comes out is
            called ``out``. In the formula that follows, ``rows(c)`` is the matrix of all of them, ``beside(c)`` one
            beside the other. A name that begins with what is held, ``weight_i``, is a part of it.
        times: how many steps there are; a single one without an index where it is empty.
        wraps: the setting that names a function of what comes out.
        starts: what is named is 0 where it has no name.
        single: the columns that are another where one bias vector is counted for each gate, and not two.
        unshared: how many numbers it would hold without sharing its weights between places.
        columns: of the product of matrices that it is, how many rows and columns the input is written out in.
        named: arrays that a document may name behind those that it holds, which it does not train.
        left: what is left out, and said, where nothing of ``named`` is.
        limits: what must hold for the formula, and what there is no formula for where it does not.
        instead: what to write where there is no formula for it.
        letters: how what it holds is written, where it is not W and b.
        letter: what its output is called where it has no name: a, unless another is told.
    """

    name: str
    parameters: str
    source: str
    axes: int = 0
    ranks: tuple[int, ...] = ()
    helpers: Mapping[str, str] = field(default_factory=dict)
    channels: str = ""
    size: str = ""
    same: str = ""
    same_require: Conditions = ()
    dropped: str = ""
    sided: str = ""
    absent: str = ""
    trailing: str = ""
    last: str = ""
    merge: tuple[str, str] | None = None
    merged: str = "features"
    shape: str = ""
    regroups: str = ""
    split: tuple[str, str] | None = None
    separate: bool = False
    axes_in: int = 0
    append: str = ""
    several: bool = False
    told: bool = False
    stacks: str = ""
    weights: str = ""
    biases: str = ""
    counted: str = ""
    buffers: str = ""
    weight_arrays: str = ""
    bias_arrays: str = ""
    macs: str = ""
    adds: str = ""
    receptive: tuple[str, str, str] | str = ""
    along: tuple[str, str] | None = None
    words: Mapping[str, Mapping[str, Conditions]] = field(default_factory=dict)
    require: Conditions = ()
    fits: Conditions = ()
    flags: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    functional: str = ""
    says: str = ""
    forward: Forward = ()
    program: Forward = ()
    times: str = ""
    wraps: str = ""
    starts: bool = False
    single: Mapping[str, str] = field(default_factory=dict)
    unshared: str = ""
    columns: tuple[str, str] | None = None
    named: str = ""
    left: str = ""
    limits: Conditions = ()
    instead: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    letter: str = ""

    @property
    def word(self) -> str:
        """The name as a listing writes it, without the framework before it."""
        return self.name.rpartition(".")[2]

    def signature(self) -> tuple[tuple[str, str, bool], ...]:
        """Each setting: its name, its default as a formula (empty for none), and whether there is one for each axis."""
        found = []
        for part in filter(None, (piece.strip() for piece in self.parameters.split(","))):
            name, _, default = (piece.strip() for piece in part.partition("="))
            found.append((name.removesuffix("[]"), default, name.endswith("[]")))
        return tuple(found)


LEAST: Mapping[str, int] = {
    "kernel_size": 1, "pool_size": 1, "stride": 1, "strides": 1, "padding": 0, "output_padding": 0, "dilation": 1,
    "dilation_rate": 1, "groups": 1, "in_channels": 1, "out_channels": 1, "filters": 1, "in_features": 1,
    "out_features": 1, "units": 1, "num_features": 1, "num_embeddings": 1, "embedding_dim": 1, "embed_dim": 1,
    "hidden_size": 1, "input_size": 1, "num_layers": 1, "num_groups": 1, "num_channels": 1, "upscale_factor": 1,
    "downscale_factor": 1, "output_size": 0, "num_heads": 1, "d_model": 1, "nhead": 1, "dim_feedforward": 1,
    "in1_features": 1, "in2_features": 1, "num_parameters": 1,
}  # fmt: skip
"""Settings that are integers, and the least that each may be; a padding that has two sides may be negative."""
KEPT = ("running_mean", "running_var", "num_batches_tracked")
"""What PyTorch's norms keep of batches beside what they hold, for evaluation."""
SAME_WHOLE = "max((o - 1)*s + K - n, 0)"
"""How much padding='same' puts on both sides of an axis together, ``o`` being what comes out."""
SAME_BEFORE = "floor(max([(ceil(n/s) - 1)*s + K - n, 0])/2)"
"""How much padding='same' puts before an axis; what is left of an odd sum stands after it."""
SAME_AFTER = "ceil((K - 1)/2)"
"""The most that padding='same' puts on a side where the stride is 1."""
SYMBOLS: Mapping[str, str] = {
    "kernel_size": "k", "stride": "s", "padding": "p", "dilation": "d", "groups": "g", "output_padding": "q",
    "out_channels": "out", "out_features": "out", "in_features": "inp", "in_channels": "inp", "num_features": "inp",
    "hidden_size": "H", "input_size": "inp", "num_embeddings": "V", "embedding_dim": "E", "embed_dim": "E",
    "scale_factor": "m", "upscale_factor": "r", "downscale_factor": "r", "output_size": "o", "bias": "b",
    "use_bias": "b", "num_layers": "layers", "filters": "out", "units": "out", "pool_size": "k",
    "strides": "s",
    "dilation_rate": "d",
}  # fmt: skip
