"""What a live layer was made with, by its attributes: the settings of its row that are no defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.read.live.kinds import is_tensor
from stepper.read.source.values import Names, Value
from stepper.tables.layers import LAYER_ROWS

_INNER = {
    "d_model": "self_attn.embed_dim", "nhead": "self_attn.num_heads", "dim_feedforward": "linear1.out_features",
    "dropout": "dropout.p", "layer_norm_eps": "norm1.eps", "batch_first": "self_attn.batch_first",
    "bias": "linear1.bias", "activation": "",
}  # fmt: skip
ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "MultiheadAttention": {"bias": "in_proj_bias", "add_bias_kv": "bias_k"},
    "TransformerEncoderLayer": _INNER, "TransformerDecoderLayer": _INNER,
}  # fmt: skip
"""Where a layer keeps settings that are no attributes of its own; nowhere, of those that change no size."""
FLAGS = ("bias", "add_bias_kv")
"""Settings that say whether it holds a parameter."""


def settings_of(kind: str, layer: object, value: Callable[[object], Value]) -> tuple[list[Value], Names]:
    """The settings of a live layer: those without which it is not made, and by their names those that are no
    defaults.
    """
    found: Names = {}
    for name, default, each in LAYER_ROWS[kind].signature():
        path = ELSEWHERE.get(kind, {}).get(name, name)
        given = _at(layer, path) if path else None
        if name in FLAGS and not isinstance(given, bool):
            given = is_tensor(given) or not _learns(layer)
        if given is None or (name in FLAGS and str(int(bool(given))) == default):
            continue
        if each and isinstance(given, tuple) and len({*given}) == 1:
            given = given[0]
        lazy = kind.startswith("Lazy") and given == 0
        if not lazy and not _usual(given, default, found):
            found[name] = value(given)
    needed = [name for name, default, _ in LAYER_ROWS[kind].signature() if not default]
    leading = [name for place, name in enumerate(found) if needed[place : place + 1] == [name]]
    return [found.pop(name) for name in leading], found


def _at(layer: object, path: str) -> object:
    """An attribute by its path; None where there is none."""
    found: object = layer
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def _learns(layer: object) -> bool:
    """Has a layer of norms parameters at all? Where it has none it has no bias, which need not be said."""
    return bool(getattr(layer, "affine", getattr(layer, "elementwise_affine", True)))


def _usual(given: object, default: str, found: Names) -> bool:
    """Is a setting what it is by default? The stride of a pool is its kernel."""
    if default == "k":
        return given == found.get("kernel_size")
    if isinstance(given, str) or default == "":
        return given == default and default != ""
    try:
        return isinstance(given, int | float) and float(given) == float(default)
    except ValueError:
        return False
