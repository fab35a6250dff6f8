"""What the names of libraries stand for: PyTorch's, Keras', Python's own."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from stepper.read.calls import row_named
from stepper.read.source.arguments import written
from stepper.read.source.builtins import BUILTINS
from stepper.read.source.composites import COMPOSITES
from stepper.read.source.containers import CONTAINERS
from stepper.read.source.einops import EINOPS
from stepper.read.source.functions import METHODS, NUMPY, TORCH
from stepper.read.source.imports import Imports
from stepper.read.source.keras import named as keras_named
from stepper.read.source.keras_functions import TF
from stepper.read.source.keras_wrappers import WRAPPERS
from stepper.read.source.library import LIBRARY, NOTHING
from stepper.read.source.modules import MODULE
from stepper.read.source.running import LAYERS, OTHERS
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.trace import Trace
from stepper.read.source.values import Class, File, Names, Native, Nothing, Space, Unlisted, Value, fails
from stepper.tables.layer import LayerRow

TENSOR = Class("Tensor", kind="tensor")
PARAMETER = Class("Parameter", kind="tensor")
DEFAULT: Mapping[str, str] = {
    "torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "np": "numpy", "math": "math", "tf": "tensorflow",
    "keras": "keras", "layers": "keras.layers", "functools": "functools", "itertools": "itertools",
}  # fmt: skip
"""What these names stand for where a file does not import them."""
PREFIXES: tuple[tuple[str, str], ...] = (
    ("torch.nn.modules.", "torch.nn."), ("torch.functional.", "torch."), ("tensorflow.python.", "tensorflow."),
    ("tensorflow.keras", "keras"), ("tensorflow.compat.v1", "tensorflow"), ("keras.src.", "keras."),
    ("keras.api.", "keras."),
)  # fmt: skip
IDLE = (
    "regularizers", "initializers", "constraints", "callbacks", "optimizers", "losses", "metrics", "utils", "datasets",
    "preprocessing", "mixed_precision", "backend.clear_session",
)  # fmt: skip
"""What of Keras changes no model."""


def _parameter(follower: State, _: Class, data: Value = None, requires_grad: Value = True) -> Value:
    data = follower.known(data)
    if not isinstance(data, Tensor):
        raise fails("TypeError", "nn.Parameter expects a tensor")
    made = Tensor(data.dims_, numbers=data.numbers)
    made.learned = True
    return made


PARAMETER.names = {"__make__": Native("Parameter", _parameter)}
TENSOR.names = {
    "__make__": Native(
        "Tensor", lambda follower, _, *rest, **named: follower.call(TORCH["tensor"], list(rest), dict(named))
    )
}
MODULES: Names = {
    "Module": MODULE, **CONTAINERS, **LAYERS, **OTHERS, "Parameter": PARAMETER, "parameter.Parameter": PARAMETER,
    "Buffer": Native("Buffer", lambda follower, data, **_: data),
}  # fmt: skip
KNOWN: Names = {
    **LIBRARY, **NUMPY, **EINOPS, **{f"torch.{name}": value for name, value in TORCH.items()},
    **{f"torch.nn.{name}": value for name, value in MODULES.items()},
    **{f"builtins.{name}": value for name, value in BUILTINS.items()},
    "torch.Tensor": TENSOR, "torch.FloatTensor": TENSOR, "torch.autograd.Variable": Native("Variable",
    lambda follower, x, *_, **__: x),
    "torch.Size": BUILTINS["tuple"], "torch.utils.data.Dataset": Class("Dataset"),
    "torch.utils.data.IterableDataset": Class("IterableDataset"),
}  # fmt: skip


SPACES = frozenset({
    "torch", "torch.nn", "torch.nn.functional", "torch.utils", "torch.utils.data", "torch.utils.checkpoint",
    "torch.cuda", "torch.hub",
    "torch.fx",
    "torch.linalg", "torch.nn.utils", "torch.nn.utils.rnn", "torch.nn.modules", "torch._C", "torch.autograd",
    "torch.nn.parameter",
    "torch.nn.utils.parametrizations", "numpy", "math", "functools", "itertools", "copy", "collections",
    "dataclasses", "enum", "torch.backends.mps",
    "operator", "abc", "contextlib", "numbers", "random", "sys", "keras", "keras.layers", "keras.models",
    "keras.activations", "keras.ops", "keras.backend", "tensorflow", "tensorflow.nn", "tensorflow.math",
    "torch.nn.utils.parametrize", "einops", "einops.layers", "einops.layers.torch",
})  # fmt: skip
"""Names that are modules, with names below them."""


class Libraries(Imports):
    """Names of libraries, and of files."""

    trace: Trace
    keras = False

    def __init__(self) -> None:
        super().__init__()
        self.composites: dict[str, Value] = {}

    def listed(self, path: str, whole: bool = False) -> Value:
        if path.startswith("file:"):
            file, _, name = path[5:].rpartition(".py.")
            return self.of_file(f"{file}.py", name)
        for before, after in PREFIXES:  # other ways to the same names
            path = after + path.removeprefix(before) if path.startswith(before) else path
        if path in KNOWN:
            return KNOWN[path]
        if path.startswith("builtins."):
            return self.default(path.removeprefix("builtins."), path)
        if whole or path in SPACES:
            nothing = path.split(".")[0] in NOTHING or path in NOTHING
            return Nothing(path) if nothing else Space(path)
        if any(
            path == name or path.startswith(f"{name}.")
            for name in (*NOTHING, "torch.nn.init", "torch.backends", "torch.jit")
        ):
            return Nothing(path)
        if path.startswith(("keras.", "tensorflow.")):
            return self.of_keras(path)
        if path.startswith("torch.nn."):
            return self.of_nn(path.removeprefix("torch.nn."), path)
        if path.startswith("torch.") and path.count(".") == 1 and row_named(path[6:]) is not None:
            return self.functional(path[6:])
        return Unlisted(path)

    def of_nn(self, name: str, path: str) -> Value:
        """A layer, or the function of one."""
        if name in COMPOSITES:
            return self.composite(name)
        if name.startswith("functional."):
            name = name.removeprefix("functional.")
            if f"torch.{name}" in KNOWN:
                return KNOWN[f"torch.{name}"]
            if row_named(name.rstrip("_")) is not None:
                return self.functional(name.rstrip("_"))
            return METHODS.get(name.rstrip("_"), Unlisted(path))
        return Unlisted(path)

    def of_keras(self, path: str) -> Value:
        """A layer of Keras, or a function of TensorFlow's."""
        library, _, name = path.partition(".")
        if name.split(".")[0] in IDLE:
            return Nothing(path)
        if library == "tensorflow" or name.startswith(("ops.", "backend.")):
            name = name.removeprefix("ops.").removeprefix("backend.")
            last = name.removeprefix("nn.").removeprefix("math.")
            if name in TF:
                return TF[name]
            return self.functional(last) if row_named(last) is not None else Unlisted(path)
        return _of_keras(name.rpartition(".")[2], path)

    def composite(self, name: str) -> Value:
        """A module of PyTorch that is made of others: its own source is followed."""
        if name not in self.composites:
            text = COMPOSITES[name]
            file = File("torch.nn", text)
            frames, self.frames = self.frames, []
            try:
                self.run_file(file, ast.parse(text))
            finally:
                self.frames = frames
            self.composites |= {name: value for name, value in file.names.items() if isinstance(value, Class)}
        return self.composites[name]

    def default(self, name: str, path: str) -> Value:
        """A name that a file does not define: a library by its usual name, or a layer."""
        if name in DEFAULT:
            return Space(DEFAULT[name])
        if name in ("OrderedDict", "namedtuple"):
            return KNOWN[f"collections.{name}"]
        if name in ("partial", "reduce"):
            return KNOWN[f"functools.{name}"]
        if name in MODULES and not (self.keras and name in ("Sequential", *LAYERS)):
            return MODULES[name]
        return _of_keras(name, path)

    def all_listed(self, path: str) -> Names:
        prefix = f"{path}."
        return {
            name.removeprefix(prefix): value
            for name, value in KNOWN.items()
            if name.startswith(prefix) and "." not in name.removeprefix(prefix)
        }

    def functional(self, name: str) -> Value:
        """``F.relu``: the function of a layer."""
        row = row_named(name)
        assert row is not None
        return Native(name, lambda follower, *arguments, **named: follower.call_functional(row, name, arguments, named))

    def call_functional(self, row: LayerRow, name: str, arguments: Sequence[Value], named: Names) -> Value:
        known = [*map(self.known, arguments)]
        named = {("dim" if key == "axis" else key): self.known(value) for key, value in named.items()}
        x = known.pop(0) if known else named.pop("input", None)
        if not isinstance(x, Tensor):
            raise fails("TypeError", f"{name} expects a tensor")
        count = len((row.functional or row.parameters).split(",")) if row.parameters else 0
        for word in ("training", "inplace", "dtype", "_stacklevel", "antialias"):
            named.pop(word, None)
        told = written(known[:count], named)
        found = self.apply(row.name, told, [x], f"{name}({told})", True)
        if named.get("return_indices") is True:  # a pool that also tells where each largest entry stood
            return found, self.trace.moved("indices", [found], found.dims, "indices")
        return found


def _of_keras(name: str, path: str) -> Value:
    """What Keras has under a name, a layer around a layer too."""
    return WRAPPERS.get(name) or keras_named(name, path)
