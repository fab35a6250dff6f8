"""Keras: layers by the tables of layers under its names, models by lists, by outputs, or by classes with ``call``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stepper.core.expr import Num
from stepper.read.calls import row_named
from stepper.read.source import axes
from stepper.read.source.arguments import written
from stepper.read.source.keras_layers import ALSO, own_settings, parts_of
from stepper.read.source.modules import MODULE, Made
from stepper.read.source.state import State
from stepper.read.source.tensor import Node, Tensor
from stepper.read.source.values import Class, Instance, Native, Nothing, Refused, Unlisted, Value, fails
from stepper.tables.layers import LAYER_ROWS

KIND = "keras:"
DROPPED = frozenset({
    "name", "input_shape", "batch_input_shape", "input_dim", "input_length", "kernel_initializer", "bias_initializer",
    "kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint",
    "trainable",
    "dtype", "seed", "noise_shape", "data_format", "embeddings_initializer", "embeddings_regularizer", "mask_zero",
    "recurrent_initializer", "recurrent_regularizer", "depthwise_initializer", "pointwise_initializer", "renorm",
    "fused",
    "depthwise_regularizer", "pointwise_regularizer", "beta_initializer", "gamma_initializer", "interpolation",
    "virtual_batch_size",
    "moving_mean_initializer", "moving_variance_initializer", "beta_regularizer", "gamma_regularizer", "batch_size",
    "synchronized",
    "depthwise_constraint", "pointwise_constraint", "recurrent_constraint", "unit_forget_bias", "implementation",
    "time_major", "zero_output_for_mask",
    "embeddings_constraint", "keepdims", "rate_", "stateful_",
})  # fmt: skip
"""Settings that change neither sizes nor counts."""


def _call(follower: State, module: Instance, *inputs: Value, **named: Value) -> Value:
    """``layer(x)``: where a model is written down a node of its graph, where it runs what the layer gives."""
    if not follower.running:
        return follower.node(lambda values: follower.call(module, values, {}), list(inputs))
    if module.kind.find("call") is not None:
        return _own(follower, module, inputs, named)
    if module.kind.among("keras list"):
        value: Value = inputs[0]
        for layer in _layers(module):
            value = follower.call(layer, [value])
        return value
    if "outputs" in module.attributes:
        return _by_outputs(follower, module, inputs)
    return _run(follower, module, inputs)


def _own(follower: State, module: Instance, inputs: Sequence[Value], named: Mapping[str, Value]) -> Value:
    """A class with ``call``, whose ``build`` may make its weights first."""
    build = module.kind.find("build")
    if build is not None and "__built__" not in module.attributes and isinstance(inputs[0], Tensor):
        module.attributes["__built__"] = True
        follower.call(build[1], [module, inputs[0].dims])
    trace = follower.trace
    trace.scopes.append(trace.paths.get(id(module), ""))
    trace.ran.add(id(module))
    found = module.kind.find("call")
    assert found is not None
    try:
        return follower.call(
            found[1], [module, *inputs], {key: value for key, value in named.items() if key not in ("training", "mask")}
        )
    finally:
        trace.scopes.pop()


def _run(follower: State, module: Instance, inputs: Sequence[Value]) -> Value:
    made = module.data
    if not isinstance(made, Made):
        raise Refused(f"a {module.kind.name} of Keras is not run")
    value = follower.known(inputs[0]) if inputs else None
    given = [follower.known(item) for item in value] if isinstance(value, list | tuple) else [value]
    tensors = [tensor for tensor in given if isinstance(tensor, Tensor)]
    if len(tensors) < len(given) or not tensors:
        raise fails("TypeError", f"{made.kind} gets no tensor")
    several = LAYER_ROWS[made.kind].several
    settings = made.settings
    if several and "axis" in settings and _is_last(settings["axis"], tensors[0]):
        settings = {key: item for key, item in settings.items() if key != "axis"}
    return follower.apply_made(made.kind, settings, tensors if several else tensors[:1], made.text, module)


def _is_last(axis: Value, tensor: Value) -> bool:
    """Is an axis the last, of the channels?"""
    return isinstance(tensor, Tensor) and axis == Num(str(len(tensor.dims) - 1))


def _by_outputs(follower: State, module: Instance, inputs: Sequence[Value]) -> Value:
    """``Model(inputs, outputs)``: the nodes from which the outputs come, in the order in which they were written."""
    starts = [node for node in _flat(follower, module.attributes["inputs"]) if isinstance(node, Node)]
    values: dict[int, Value] = dict(zip(map(id, starts), _flat(follower, list(inputs)), strict=False))
    wanted = module.attributes["outputs"]
    waiting, nodes = [node for node in _flat(follower, wanted) if isinstance(node, Node)], {}
    while waiting:
        node = waiting.pop()
        if id(node) not in nodes and id(node) not in values:
            follower.step()
            nodes[id(node)] = node
            waiting += [inner for inner in _flat(follower, node.inputs) if isinstance(inner, Node)]

    def put(value: Value) -> Value:
        if isinstance(value, Node):
            return values[id(value)]
        if isinstance(value, list | tuple):
            return type(value)(map(put, value))
        return value

    for node in sorted(nodes.values(), key=lambda node: node.order):
        if node.act is None:
            raise Refused("the outputs of this model come from an input that is not among its inputs")
        values[id(node)] = node.act([put(value) for value in node.inputs])
    return put(wanted)


def _flat(follower: State, value: Value) -> list[Value]:
    follower.step()
    value = follower.known(value)
    if isinstance(value, dict):
        value = [*value.values()]
    return [item for part in value for item in _flat(follower, part)] if isinstance(value, list | tuple) else [value]


def _layers(module: Instance) -> list[Instance]:
    return [value for name, value in module.attributes.items() if name.isdigit() and isinstance(value, Instance)]


# ---- what is made


def _list(follower: State, module: Instance, layers: Value = (), **_: Value) -> None:
    for layer in follower.items(layers or ()):
        _add(follower, module, layer)


def _add(follower: State, module: Instance, layer: Value) -> None:
    follower.room(1)
    layer = follower.known(layer)
    if isinstance(layer, Node):
        module.attributes["told"] = layer.dims
    elif isinstance(layer, Instance) and layer.kind.name == "InputLayer":
        module.attributes["told"] = layer.attributes["told"]
    elif isinstance(layer, Instance):
        if "told" in layer.attributes and "told" not in module.attributes and not _layers(module):
            module.attributes["told"] = layer.attributes["told"]
        module.attributes[str(len(_layers(module)))] = layer
    else:
        raise fails("TypeError", "model.add expects a layer")


def _model(follower: State, module: Instance, inputs: Value = None, outputs: Value = None, **named: Value) -> None:
    inputs, outputs = named.get("input", inputs), named.get("output", outputs)
    if outputs is not None:
        module.attributes |= {"inputs": inputs, "outputs": outputs}


def _make(follower: State, module: Instance, *arguments: Value, **named: Value) -> None:
    """``Dense(64, activation='relu')``."""
    kind = next(kind.kind.removeprefix(KIND) for kind in module.kind.order if kind.kind.startswith(KIND))
    row = LAYER_ROWS[kind]
    said = told(
        follower, {name: value for name, value in named.items() if not own_settings(kind, {name: 0}).keys() - {name}}
    )
    if said is not None:
        module.attributes["told"] = said
    name = named.get("name")
    if isinstance(name, str):
        follower.trace.names[id(module)] = name
    given = own_settings(kind, named)
    known = {name: follower.known(value) for name, value in given.items() if name not in DROPPED}
    names = {name for name, _, _ in row.signature()}
    if "activation" not in names:
        known.pop("activation", None)
    words = written(arguments, known)
    module.data = Made(kind, follower.trace.settings(kind, words), f"{row.word}({words})", follower.here())
    follower.used_names()


def told(follower: State, named: Mapping[str, Value]) -> Value:
    """The shape of one sample that a first layer says."""
    shape = follower.known(named.get("input_shape", named.get("shape")))
    batch = follower.known(named.get("batch_input_shape", named.get("batch_shape")))
    if batch is not None and isinstance(batch, list | tuple):
        shape = tuple(batch[1:])
    if shape is None:  # of an embedding the length of the list, else the features
        shape = named.get("input_length") or named.get("input_dim")
    if isinstance(shape, int):
        shape = (shape,)
    if isinstance(shape, list | tuple):
        return tuple(map(follower.known, shape))
    return None


def _input(follower: State, shape: Value = None, **named: Value) -> Node:
    """``Input(shape=(28, 28, 1))``."""
    node = follower.node(None, [])
    node.dims = told(follower, {"shape": shape, **named}) or ()
    return node


def _input_layer(follower: State, module: Instance, shape: Value = None, **named: Value) -> None:
    module.attributes["told"] = told(follower, {"input_shape": shape, **named}) or ()


def _weight(follower: State, module: Instance, *arguments: Value, **named: Value) -> Tensor:
    """``self.add_weight(shape=(3, 4))``."""
    shape = named.get("shape", next((value for value in arguments if isinstance(value, list | tuple)), ()))
    tensor = Tensor(axes.sizes_of(follower, [shape]) if shape else (1,))
    tensor.learned = True
    tensor.path = str(named.get("name", "weight"))
    return follower.trace.held(tensor, "Parameter")


def _build(follower: State, module: Instance, shape: Value = None, **named: Value) -> None:
    """``model.build((None, 28, 28, 1))`` says the shape of the input, the samples first."""
    shape = follower.known(named.get("input_shape", shape))
    if not follower.running and isinstance(shape, tuple | list) and len(shape) > 1:
        module.attributes.setdefault("told", tuple(map(follower.known, shape[1:])))


def _padding(follower: State, module: Instance, padding: Value = 1, **named: Value) -> None:
    """``ZeroPadding2D(1)``, ``((top, bottom), (left, right))``: PyTorch's begins with the last axis."""
    padding = follower.known(padding)
    if isinstance(padding, list | tuple):
        sides = [list(side) if isinstance(side, list | tuple) else [side, side] for side in padding]
        padding = tuple(size for side in reversed(sides) for size in side)
    said = told(follower, named)
    if said is not None:
        module.attributes["told"] = said
    words = written([padding], {})
    settings = follower.trace.settings("ZeroPad2d", words)
    module.data = Made("ZeroPad2d", settings, f"ZeroPadding2D({words})", follower.here())


LAYER = Class("Layer", (MODULE,), {
    "__call__": Native("Layer", _call), "__init__": Native("Layer", lambda follower, module, *_, **__: None),
    "add_weight": Native("add_weight", _weight), "build": Native("build", _build),
    **{
        name: Native(name, lambda follower, *_, **__: Nothing("keras"))
        for name in ("compile", "fit", "evaluate", "predict", "summary", "save", "load_weights", "save_weights",
        "get_config", "add_loss", "add_metric", "build_graph", "set_weights")
    },
    "get_layer": Native("get_layer", lambda follower, module, *_, **__: Nothing("keras")),
}, "keras layer")  # fmt: skip
MODEL = Class("Model", (LAYER,), {"__init__": Native("Model", _model)}, "keras model")
LIST = Class(
    "Sequential", (LAYER,), {"__init__": Native("Sequential", _list), "add": Native("add", _add)}, "keras list"
)
INPUT_LAYER = Class("InputLayer", (LAYER,), {"__init__": Native("InputLayer", _input_layer)}, "keras layer")
PADDING = Class("ZeroPadding2D", (LAYER,), {"__init__": Native("ZeroPadding2D", _padding)}, f"{KIND}ZeroPad2d")
_KNOWN: dict[str, Class] = {"ZeroPadding2D": PADDING, **parts_of(LAYER)}
MERGES: Mapping[str, str] = {"concatenate": "Concatenate", "add": "Add", "multiply": "Multiply"}
"""Functions of layers of several inputs."""


def named(name: str, path: str) -> Value:
    """What Keras has under a name."""
    name = ALSO.get(name, name)
    if name in ("Sequential", "Model", "Layer", "InputLayer"):
        return {"Sequential": LIST, "Model": MODEL, "Layer": LAYER, "InputLayer": INPUT_LAYER}[name]
    if name == "Input":
        return Native("Input", _input)
    if name in MERGES:
        return Native(
            name,
            lambda follower, layers, **given: follower.call(
                follower.call(named(MERGES[name], path), [], dict(given)), [layers]
            ),
        )
    if name in _KNOWN:
        return _KNOWN[name]
    row = row_named(name, keras=True)
    if row is None or not name[:1].isupper():
        return Unlisted(path)
    _KNOWN[name] = Class(name, (LAYER,), {"__init__": Native(name, _make)}, f"{KIND}{row.name}")
    return _KNOWN[name]
