"""Keras' layers around a layer: both ways through a sequence, each step by itself."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.read.source import keras
from stepper.read.source.modules import Made
from stepper.read.source.state import State
from stepper.read.source.values import Class, Instance, Native, Refused, Value

BOTH = ("forward_layer", "backward_layer")
JOINED: Mapping[str, str] = {"concat": "Concatenate", "sum": "Add", "ave": "Average", "mul": "Multiply", "None": ""}
"""How the outputs of both ways are put together; with None they are two."""
LAST_AXIS = frozenset({"Dense", "Dropout"})
"""Layers that act on each entry, or along the last axis."""


def _around(follower: State, module: Instance, layer: Instance, given: Mapping[str, Value]) -> None:
    """What both have of the layer inside: what it is made of, and the shape that it says."""
    shape = keras.told(follower, given)
    shape = layer.attributes.get("told") if shape is None else shape
    module.data = layer.data
    if shape is not None:
        module.attributes["told"] = shape


def _both_ways(follower: State, module: Instance, layer: Value, merge_mode: Value = "concat", **given: Value) -> None:
    """``Bidirectional(LSTM(32))``: the layer, and one like it that begins at the end."""
    layer, merged = follower.known(layer), str(follower.known(merge_mode))
    if not isinstance(layer, Instance) or not isinstance(layer.data, Made) or merged not in JOINED:
        raise Refused("Bidirectional takes a recurrent layer, and merge_mode concat, sum, ave, mul or None")
    back = Instance(layer.kind)
    back.data = layer.data
    _around(follower, module, layer, given)
    module.attributes |= {BOTH[0]: layer, BOTH[1]: back, "merged": merged}


def _run_both(follower: State, module: Instance, x: Value, **_: Value) -> Value:
    both = [follower.call(module.attributes[name], [x]) for name in BOTH]
    merged = JOINED[str(module.attributes["merged"])]
    return follower.call(follower.call(keras.named(merged, ""), [], {}), [both]) if merged else both


def _each_step(follower: State, module: Instance, layer: Value, **given: Value) -> None:
    """``TimeDistributed(Dense(3))``: a layer that acts on the last axis does so at each step by itself."""
    layer = follower.known(layer)
    if not isinstance(layer, Instance) or not isinstance(layer.data, Made) or layer.data.kind not in LAST_AXIS:
        raise Refused("TimeDistributed is followed of layers that act on the last axis", "such as Dense")
    _around(follower, module, layer, given)
    module.attributes["layer"] = layer


def _run_each(follower: State, module: Instance, x: Value, **_: Value) -> Value:
    return follower.call(module.attributes["layer"], [x])


WRAPPERS: Mapping[str, Class] = {
    "Bidirectional": Class(
        "Bidirectional", (keras.LAYER,),
        {"__init__": Native("Bidirectional", _both_ways), "call": Native("call", _run_both)}, "keras layer",
    ),
    "TimeDistributed": Class(
        "TimeDistributed", (keras.LAYER,),
        {"__init__": Native("TimeDistributed", _each_step), "call": Native("call", _run_each)}, "keras layer",
    ),
}  # fmt: skip
