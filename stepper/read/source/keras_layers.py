"""Keras' layers that hold others or only move numbers, and Keras' names of settings beside those of the tables."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.read.source import joins, views
from stepper.read.source.axes import size_of, sizes_of, tensor_of
from stepper.read.source.library import copied
from stepper.read.source.modules import Made
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Class, Instance, Names, Native, Refused, Value

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "Dropout": {"rate": "p"}, "Dropout2d": {"rate": "p"}, "AlphaDropout": {"rate": "p"},
    "LeakyReLU": {"alpha": "negative_slope"}, "Softmax": {"axis": "dim"}, "Reshape": {"target_shape": "sizes"},
    "ReLU": {"max_value": "", "negative_slope": "", "threshold": ""},
    "keras.PReLU": {"alpha_initializer": "", "alpha_regularizer": "", "alpha_constraint": ""},
}  # fmt: skip
"""What Keras calls the settings of a row; one without a name changes neither sizes nor counts."""
ALSO: Mapping[str, str] = {
    **{f"Global{short}Pool{axes}D": f"Global{long}Pooling{axes}D" for axes in (1, 2, 3)
       for short, long in (("Max", "Max"), ("Avg", "Average"))},
    "SpatialDropout1D": "Dropout", "SpatialDropout3D": "Dropout",
}  # fmt: skip
"""Other names of the same layers."""


def own_settings(kind: str, named: Mapping[str, Value]) -> dict[str, Value]:
    """The settings of a call under the names of the tables."""
    names = SETTINGS.get(kind, {})
    return {names.get(name, name): value for name, value in named.items() if names.get(name, name)}


def _keep(*names: str) -> Native:
    """``__init__`` that keeps its arguments under their names."""

    def act(follower: State, module: Instance, *arguments: Value, **named: Value) -> None:
        module.attributes |= dict(zip(names, map(follower.known, arguments), strict=False))
        module.attributes |= {name: follower.known(value) for name, value in named.items()}

    return Native("__init__", act)


def _repeated(follower: State, module: Instance, x: Value) -> Tensor:
    """``RepeatVector(n)``: a list of n times the same."""
    tensor, count = tensor_of(follower, x), size_of(follower, module.attributes.get("n"))
    dims = (tensor.dims[0], count, *tensor.dims[1:])
    return follower.trace.moved("repeat", [tensor], dims, f"RepeatVector({count})")


def _permuted(follower: State, module: Instance, x: Value) -> Tensor:
    """``Permute((2, 1))``: the axes of a sample count from 1."""
    return views.permute(follower, tensor_of(follower, x), 0, *sizes_of(follower, [module.attributes.get("dims")]))


def _lambda(follower: State, module: Instance, x: Value) -> Value:
    return follower.call(module.attributes["function"], [x])


def _each(follower: State, module: Instance, x: Value) -> Value:
    """``TimeDistributed(Dense(4))``: a dense layer works on each step by itself anyway."""
    layer = module.attributes.get("layer")
    if isinstance(layer, Instance) and isinstance(layer.data, Made) and layer.data.kind == "Dense":
        return follower.call(layer, [x])
    raise Refused("TimeDistributed is followed around a Dense layer alone")


def _both_ways(follower: State, module: Instance, *arguments: Value, **named: Value) -> None:
    """``Bidirectional(LSTM(64))``: a second layer, with weights of its own, reads the list from its end."""
    _keep("layer", "merge_mode").act(follower, module, *arguments, **named)
    layer = module.attributes.pop("layer")
    if not isinstance(layer, Instance) or not isinstance(layer.data, Made):
        raise Refused("Bidirectional is followed around a recurrent layer alone")
    module.attributes["told"] = layer.attributes.get("told") or named.get("input_shape")
    if module.attributes["told"] is None:
        del module.attributes["told"]
    module.attributes |= {"forward": layer, "backward": copied(follower, layer)}


def _merged(follower: State, module: Instance, x: Value) -> Value:
    ways = [follower.call(module.attributes[name], [x]) for name in ("forward", "backward")]
    mode = module.attributes.get("merge_mode", "concat")
    if mode == "concat":
        return joins.concat(follower, ways, -1)
    if mode in ("sum", "mul", "ave"):
        return follower.binary("*" if mode == "mul" else "+", *ways)
    return ways


def _noise(name: str) -> Native:
    """What changes numbers in training alone."""
    return Native("call", lambda follower, module, x: follower.apply("Identity", "", [tensor_of(follower, x)], name))


PARTS: Mapping[str, Names] = {
    "RepeatVector": {"__init__": _keep("n"), "call": Native("call", _repeated)},
    "Permute": {"__init__": _keep("dims"), "call": Native("call", _permuted)},
    "Lambda": {"__init__": _keep("function", "output_shape"), "call": Native("call", _lambda)},
    "TimeDistributed": {"__init__": _keep("layer"), "call": Native("call", _each)},
    "Bidirectional": {"__init__": Native("Bidirectional", _both_ways), "call": Native("call", _merged)},
    **{
        name: {"__init__": _keep("rate"), "call": _noise(name)}
        for name in ("GaussianNoise", "GaussianDropout", "ActivityRegularization", "Masking")
    },
}
"""Layers by what they are made with and what they do."""


def parts_of(layer: Class) -> dict[str, Class]:
    """These layers as classes made from Keras' own."""
    return {name: Class(name, (layer,), dict(names), "keras layer") for name, names in PARTS.items()}
