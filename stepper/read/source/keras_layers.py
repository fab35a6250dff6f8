"""Keras' layers that only move numbers, and Keras' names of settings beside those of the tables."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.read.source import views
from stepper.read.source.axes import size_of, sizes_of, tensor_of
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Class, Instance, Names, Native, Value

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "Dropout": {"rate": "p"}, "Dropout2d": {"rate": "p"}, "AlphaDropout": {"rate": "p"},
    "Embedding": {"input_dim": "num_embeddings", "output_dim": "embedding_dim", "input_length": ""},
    "Dense": {"output_dim": "units", "init": "", "W_regularizer": "", "b_regularizer": ""},
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


def of_shape(kind: str, named: Mapping[str, Value]) -> dict[str, Value]:
    """What of a call may say the shape of the input: an embedding's ``input_dim`` is how many entries it has."""
    names = SETTINGS.get(kind, {})
    return {name: value for name, value in named.items() if not names.get(name)}


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


def _noise(name: str) -> Native:
    """What changes numbers in training alone."""
    return Native("call", lambda follower, module, x: follower.apply("Identity", "", [tensor_of(follower, x)], name))


PARTS: Mapping[str, Names] = {
    "RepeatVector": {"__init__": _keep("n"), "call": Native("call", _repeated)},
    "Permute": {"__init__": _keep("dims"), "call": Native("call", _permuted)},
    "Lambda": {"__init__": _keep("function", "output_shape"), "call": Native("call", _lambda)},
    **{
        name: {"__init__": _keep("rate"), "call": _noise(name)}
        for name in ("GaussianNoise", "GaussianDropout", "ActivityRegularization", "Masking")
    },
}
"""Layers by what they are made with and what they do."""


def parts_of(layer: Class) -> dict[str, Class]:
    """These layers as classes made from Keras' own."""
    return {name: Class(name, (layer,), dict(names), "keras layer") for name, names in PARTS.items()}
