"""The follower: Python as far as it goes, with PyTorch's modules and tensors."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence

from stepper.core.expr import Expr, Num, Sym
from stepper.core.parser import parse
from stepper.core.traverse import names
from stepper.errors import Place
from stepper.read.calls import row_named
from stepper.read.items import Listing
from stepper.read.source.arguments import written
from stepper.read.source.axes import broadcast, live
from stepper.read.source.builtins import BUILTINS
from stepper.read.source.composites import COMPOSITES
from stepper.read.source.functions import METHODS, NUMPY, TORCH
from stepper.read.source.imports import Imports
from stepper.read.source.keras import LIST as KERAS_LIST
from stepper.read.source.keras import TF
from stepper.read.source.keras import named as keras_named
from stepper.read.source.library import LIBRARY, NAMED_TUPLE, NOTHING
from stepper.read.source.modules import CONTAINERS, MODULE, Made, children, is_module, setting, weight_of
from stepper.read.source.operators import METHODS as SIGNS
from stepper.read.source.operators import PLAIN, called
from stepper.read.source.parts import part
from stepper.read.source.running import LAYERS, OTHERS
from stepper.read.source.sizes import BATCH, is_letter
from stepper.read.source.tensor import Node, NoInput, Tensor
from stepper.read.source.trace import Trace, axis_number, place_of, stripped
from stepper.read.source.values import (
    Broken,
    Class,
    File,
    Function,
    Instance,
    Method,
    Names,
    Native,
    Nothing,
    Refused,
    Space,
    Unknown,
    Unlisted,
    Value,
    fails,
)
from stepper.tables.layer import LayerRow
from stepper.tables.layers import BY_LAYER_NAME, LAYER_ROWS

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
)  # fmt: skip
IDLE = (
    "regularizers", "initializers", "constraints", "callbacks", "optimizers", "losses", "metrics", "utils", "datasets",
    "preprocessing", "mixed_precision", "backend.clear_session",
)  # fmt: skip
"""What of Keras changes no model."""


def _parameter(follower: Follower, _: Class, data: Value = None, requires_grad: Value = True) -> Value:
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
    **LIBRARY, **NUMPY, **{f"torch.{name}": value for name, value in TORCH.items()},
    **{f"torch.nn.{name}": value for name, value in MODULES.items()},
    **{f"builtins.{name}": value for name, value in BUILTINS.items()},
    "torch.Tensor": TENSOR, "torch.FloatTensor": TENSOR, "torch.autograd.Variable": Native("Variable",
    lambda follower, x, *_, **__: x),
    "torch.Size": BUILTINS["tuple"],
}  # fmt: skip


class Follower(Imports):
    """Follows a source with its models."""

    def __init__(self, listing: Listing, given: Mapping[str, Value]) -> None:
        super().__init__()
        self.trace = Trace(listing, {})
        self.running, self.keras, self.nodes = False, listing.keras, 0
        self.pinned = given
        self.made: dict[str, Instance] = {}
        self.whole: Instance | None = None
        self.named_node: tuple[str, Node] | None = None
        self.used: dict[str, Value | None] = {}
        self.assumptions = listing.assumed
        self.composites: dict[str, Value] = {}

    # ---- names of libraries

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
        return keras_named(name.rpartition(".")[2], path)

    def node(self, act: Callable[[list[Value]], Value] | None, inputs: list[Value]) -> Node:
        self.nodes += 1
        return Node(self.nodes, act, inputs)

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
        return keras_named(name, path)

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
        return self.apply(
            row.name, written(known[:count], named), [x], f"{name}({written(known[:count], named)})", True
        )

    def here(self) -> Place:
        """Where the source is followed now."""
        return place_of(self.frame.file, self.frame.at, self.trace.listing.origin)

    def as_written(self, arguments: Sequence[Value], named: Mapping[str, Value]) -> str:
        """A product of numbers, 16*7*7, stays as it is written; of names the values stand there."""
        node = self.frame.at
        given: list[Value] = list(arguments)
        told: dict[str, Value] = dict(named)
        if isinstance(node, ast.Call) and len(node.args) == len(arguments):
            given = [_literal(part, value) for part, value in zip(node.args, arguments, strict=True)]
            told |= {word.arg: _literal(word.value, told[word.arg]) for word in node.keywords if word.arg in told}
        return written(given, told)

    # ---- layers

    def apply(
        self, kind: str, arguments: str, tensors: Sequence[Tensor], text: str, functional: bool = False
    ) -> Tensor:
        """The function of a layer on tensors."""
        return self.apply_made(kind, self.trace.settings(kind, arguments, functional), tensors, text, None)

    def apply_made(
        self, kind: str, settings: Mapping[str, Expr], tensors: Sequence[Tensor], text: str, module: Instance | None
    ) -> Tensor:  # fmt: skip
        made = module.data if module is not None else None
        self.trace.place = made.place if isinstance(made, Made) and made.place is not None else self.here()
        if self.trace.sizes is None:
            return self.unsized(kind, settings, tensors, text, module)
        dims = tensors[0].dims
        row = LAYER_ROWS[kind]
        if not dims or dims[0] != BATCH:
            settings = _placed(row, settings, dims)
        return self.trace.apply(kind, settings, tensors, text, module, self.inner_name(module))

    def inner_name(self, module: Instance | None) -> str:
        """The function by which a module runs its own weights: what it gives is not yet what the module gives."""
        function = self.frame.function
        own = function is not None and function.name == "forward" and self.frame.receiver is module
        at = self.frame.at
        return at.func.attr if own and isinstance(at, ast.Call) and isinstance(at.func, ast.Attribute) else ""

    def unsized(
        self, kind: str, settings: Mapping[str, Expr], tensors: Sequence[Tensor], text: str, module: Instance | None
    ) -> Tensor:
        """A layer without an input whose shape is said: what it gives is not known, but where it stands is."""
        name = self.trace.add(
            kind,
            settings,
            [*filter(None, map(self.trace.read, tensors))] or ["input"],
            text,
            self.trace.path_of(module),
            module,
        ).name
        return Tensor(None, name)

    # ---- tensors

    def of_tensor(self, tensor: Tensor, name: str) -> Value:
        match name:
            case "shape":
                return tensor.dims
            case "data" | "grad" | "real":
                return tensor
            case "T" | "mT" | "H":
                return self.call(METHODS["transpose"], [tensor, -2, -1] if len(tensor.dims) > 1 else [tensor])
            case "ndim":
                return len(tensor.dims)
            case "device" | "dtype" | "layout":
                return Nothing(name)
            case "requires_grad" | "is_cuda" | "is_sparse" | "is_quantized" | "is_nested" | "is_mkldnn":
                return False
            case "name":
                return None
        if name == "size" or name in METHODS:
            return Method(METHODS[name], tensor)
        plain = name.rstrip("_")
        if plain in METHODS:
            return Method(METHODS[plain], tensor)
        if name.endswith("_") and name not in METHODS and row_named(plain) is None:
            return Native(name, lambda follower, *_, **__: tensor)
        if row_named(plain) is not None:
            return Method(self.functional(plain), tensor)
        raise fails("AttributeError", f"a tensor's method '{name}' is not known here")

    def part_of(self, tensor: Tensor, index: Value) -> Value:
        self.trace.place = self.here()
        return part(self, tensor, index)

    def native(self, function: Native, arguments: Sequence[Value], named: Names) -> Value:
        if self.nodes and function.name not in NODES and any(map(_holds_node, (*arguments, *named.values()))):
            return self.node(lambda values: self.call(function, values, named), list(arguments))
        if self.running:
            self.trace.place = self.here()
        return super().native(function, arguments, named)

    def pair(self, values: Tensor, indices: Tensor) -> Value:
        """Two tensors that go by names, as those of ``x.max(1)``."""
        kind = Class("pair", (NAMED_TUPLE,))
        kind.fields = ("values", "indices")
        made = Instance(kind)
        made.attributes = {"values": values, "indices": indices}
        return made

    def reduced_numbers(self, name: str, numbers: list[Value] | None) -> list[Value] | None:
        """What a few known numbers come to."""
        plain = [number for number in numbers or () if isinstance(number, int | float)]
        if not numbers or len(plain) < len(numbers):
            return [Unknown("the number in a tensor")]
        ways: dict[str, Callable[[list[int | float]], Value]] = {
            "sum": sum,
            "mean": lambda row: sum(row) / len(row),
            "max": max,
            "min": min,
            "prod": math.prod,
        }
        return [ways[name](plain)] if name in ways else [Unknown("the number in a tensor")]

    def tensors(self, sign: str, left: Value, right: Value) -> Value:
        self.trace.place = self.here()
        if sign == "@":
            return self.call(METHODS["matmul"], [left, right])
        pair = [value for value in (left, right) if isinstance(value, Tensor)]
        for value in (left, right):
            if not isinstance(value, Tensor | int | float | Unknown | None | Nothing) and not is_letter(value):
                if isinstance(value, list | tuple):
                    return self.tensors(
                        sign,
                        *(
                            part if isinstance(part, Tensor) else self.call(TORCH["tensor"], [part])
                            for part in (left, right)
                        ),
                    )
                raise Refused(f"'{sign}' between {called(left)} and {called(right)} is not followed")
        kind = "bool" if sign in ("==", "!=", "<", ">", "<=", ">=") else ""
        if any(tensor.dims_ is None for tensor in pair):
            return self.unsized_signed(sign, pair)
        if len(pair) == 2 and all(map(live, pair)) and sign in ("+", "*"):
            found = self.joined_tensors(sign, pair)
            if found is not None:
                return found
        dims: tuple[Value, ...] = ()
        for tensor in pair:
            dims = broadcast(dims, tensor.dims)
        numbers = self.numbers_of(sign, left, right)
        word = SIGNS.get(sign, sign)
        others = (
            written([value for value in (left, right) if not isinstance(value, Tensor)], {})
            if right is not None
            else ""
        )
        text = (
            f"{sign} {others}".strip()
            if len(pair) == 1 and right is not None and isinstance(left, Tensor)
            else f"{word}({others})"
        )
        found = self.trace.moved(
            word if f"torch.{word}" in BY_LAYER_NAME else "compare", pair, dims, text, numbers=numbers
        )
        found.kind = kind or (
            "float" if sign == "/" or any(tensor.kind == "float" for tensor in pair) else pair[0].kind
        )
        return found

    def unsized_signed(self, sign: str, pair: Sequence[Tensor]) -> Tensor:
        if len(pair) == 2 and sign in ("+", "*"):
            return (
                self.trace.apply("Add" if sign == "+" else "Mul", {}, pair, "+")
                if self.trace.sizes is not None
                else self.unsized("Add" if sign == "+" else "Mul", {}, pair, sign, None)
            )
        raise NoInput

    def joined_tensors(self, sign: str, pair: Sequence[Tensor]) -> Tensor | None:
        """A sum or a product of two outputs: a row of the tables where their axes are alike."""
        left, right = (tensor.dims for tensor in pair)
        broadcast(left, right)
        alike = len(stripped(left)) == len(stripped(right)) and len(left) == len(right)
        same_batch = [size == BATCH for size in left] == [size == BATCH for size in right]
        if (
            not alike
            or not same_batch
            or any(is_letter(size) and size != BATCH and BATCH in names(size) for size in (*left, *right))
        ):
            return None
        dims = broadcast(left, right)
        found = self.trace.apply("Add" if sign == "+" else "Mul", {}, pair, sign)
        return Tensor(dims, found.name)

    def numbers_of(self, sign: str, left: Value, right: Value) -> list[Value] | None:
        """What becomes of a few known numbers."""
        rows = [
            value.numbers if isinstance(value, Tensor) else None if value is None else [value]
            for value in (left, right)
        ]
        if sign == "neg" and rows[0] is not None:
            return [self.unary("-", number) for number in rows[0]]
        if rows[0] is None or rows[1] is None or sign not in PLAIN:
            return None
        count = max(map(len, (rows[0], rows[1])))
        if any(len(row) not in (1, count) for row in rows if row is not None):
            return None
        first, second = (row * count if len(row) == 1 else row for row in (rows[0], rows[1]))
        act = self.compare if sign in ("==", "!=", "<", ">", "<=", ">=") else self.binary
        return [act(sign, *numbers) for numbers in zip(first, second, strict=True)]

    # ---- modules

    def of_module(self, instance: Instance, name: str) -> Value:
        if name == "training":
            return False
        if name == "_modules":
            return children(instance)
        if isinstance(instance.data, Made):
            weight = weight_of(instance, name)
            if weight is not None or name == "bias":
                return weight
            try:
                return setting(instance, name)
            except KeyError:
                pass
            if name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked", "inplace"):
                return None
        if name == "T_destination" or (
            name.startswith("_") and instance.kind.among("module") and name in ("_parameters", "_buffers")
        ):
            return {}
        return self.missing(instance, name)

    def set_attribute(self, owner: Value, name: str, value: Value) -> None:
        owner = self.known(owner)
        if name[:2] == "__" and name[-2:] == "__":
            raise fails("AttributeError", f"names such as {name} are not followed")
        value = self.known(value) if not isinstance(value, Function | Broken) else value
        match owner:
            case Instance():
                held = owner.kind.find(name)
                if held is not None and type(held[1]).__name__ == "Wrapped" and is_module(owner) is False:
                    owner.attributes[name] = value
                    return
                owner.attributes.pop(name, None) if is_module(value) else None
                owner.attributes[name] = value
            case Class():
                owner.names[name] = value
            case Function():
                owner.attributes[name] = value
            case Tensor() | Nothing() | Unlisted() | Native():
                return
            case _:
                raise Refused(f"an attribute of {called(owner)} is not set")

    def bind_name(self, name: str, value: Value) -> None:
        if name in self.pinned and not self.running and self.frame.file.root_file:
            value = self.pinned[name]
        super().bind_name(name, value)
        if isinstance(value, Node) and value.act is not None:
            self.named_node = (name, value)
        if not self.running and isinstance(value, Instance) and is_module(value):
            self.made.pop(name, None)
            self.made[name] = value

    def alone(self, node: ast.Expr) -> None:
        """An expression by itself; a model that stands there is one that the file makes."""
        value = self.evaluate(node.value)
        if not self.running and isinstance(value, Instance) and is_module(value) and len(self.frames) == 1:
            self.made.setdefault(value.kind.name, value)

    def dotted(self, node: ast.Attribute) -> Value:
        """``model.add(...)`` where no line above makes the model."""
        if node.attr == "add" and isinstance(node.value, ast.Name) and not self.running:
            owner = self.lookup(node.value.id)
            if isinstance(owner, Sym):
                self.bind_name(owner.name, self.construct(KERAS_LIST, [], {}))
        return super().dotted(node)

    def used_names(self) -> None:
        """The names that stood for a number where a layer of the model itself, or of the file, is made."""
        frame = self.frame
        if len(self.frames) > 2 or not frame.file.root_file or frame.at is None:
            return
        for node in ast.walk(frame.at):
            if isinstance(node, ast.Call):
                for inner in [*node.args, *(word.value for word in node.keywords)]:
                    self.used_in(inner)

    def used_in(self, node: ast.expr) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) or (
                isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "self"
            ):
                name = ast.unparse(inner)
                try:
                    value = self.evaluate(inner)
                except Exception:  # noqa: S112
                    continue
                if isinstance(value, bool | int | float | str | tuple) and name not in self.pinned:
                    self.used[name] = value if name not in self.used or self.used[name] == value else None


NODES = frozenset(
    {
        "Layer",
        "Model",
        "add",
        "append",
        "isinstance",
        "Sequential",
        "print",
        "extend",
        "len",
        "zip",
        "enumerate",
        "list",
    }
)
"""Functions that take outputs of a graph that does not run yet as they are."""


def _literal(node: ast.expr, value: Value) -> Value:
    """A calculation with numbers alone as a formula, else the value."""
    parts = [*ast.walk(node)]
    numbers = [part for part in parts if isinstance(part, ast.Constant) and type(part.value) is int]
    plain = all(isinstance(part, ast.BinOp | ast.Constant | ast.Add | ast.Sub | ast.Mult) for part in parts)
    return parse(ast.unparse(node)) if isinstance(node, ast.BinOp) and plain and len(numbers) < 10 else value


def _holds_node(value: Value) -> bool:
    return isinstance(value, Node) or (isinstance(value, list | tuple) and any(map(_holds_node, value)))


def _placed(row: LayerRow, settings: Mapping[str, Expr], dims: tuple[Value, ...]) -> Mapping[str, Expr]:
    """Settings that name an axis, counted with the batch as axis 0 although it stands elsewhere, or nowhere."""
    named = [row.along[0]] if row.along is not None else [word for word in (row.merge or ()) if word.isidentifier()]
    named += [row.split[0]] if row.split is not None else []
    found = dict(settings)
    for name, default, _ in row.signature():
        if name not in named or not dims:
            continue
        value = found.get(name, Num(default) if default.isdigit() else None)
        if isinstance(value, Num) and value.literal.isdigit() and int(value.literal) < len(dims):
            found[name] = Num(str(axis_number(int(value.literal), dims)))
    return found


SPACES = frozenset({
    "torch", "torch.nn", "torch.nn.functional", "torch.utils", "torch.utils.checkpoint", "torch.cuda", "torch.hub",
    "torch.fx",
    "torch.linalg", "torch.nn.utils", "torch.nn.utils.rnn", "torch.nn.modules", "torch._C", "torch.autograd",
    "torch.nn.parameter",
    "torch.nn.utils.parametrizations", "numpy", "math", "functools", "itertools", "copy", "collections",
    "dataclasses", "enum", "torch.backends.mps",
    "operator", "abc", "contextlib", "numbers", "random", "sys", "keras", "keras.layers", "keras.models",
    "keras.activations", "keras.ops", "keras.backend", "tensorflow", "tensorflow.nn", "tensorflow.math",
    "torch.nn.utils.parametrize",
})  # fmt: skip
"""Names that are modules, with names below them."""
