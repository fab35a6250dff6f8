"""Tensors: their methods and entries, and what signs between them give."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from stepper.core.traverse import names
from stepper.read.calls import row_named
from stepper.read.source.arguments import written
from stepper.read.source.axes import broadcast, live
from stepper.read.source.classes import NAMED_TUPLE
from stepper.read.source.functions import METHODS, TORCH
from stepper.read.source.libraries import Libraries
from stepper.read.source.operators import METHODS as SIGNS
from stepper.read.source.operators import PLAIN, called
from stepper.read.source.parts import part
from stepper.read.source.sizes import BATCH, is_letter
from stepper.read.source.tensor import NoInput, Tensor
from stepper.read.source.trace import stripped
from stepper.read.source.values import Class, Instance, Method, Native, Nothing, Refused, Unknown, Value
from stepper.tables.layers import BY_LAYER_NAME


class Signs(Libraries):
    """What a tensor has, and signs between tensors."""

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
            case (
                "requires_grad"
                | "is_cuda"
                | "is_xpu"
                | "is_mps"
                | "is_cpu"
                | "is_sparse"
                | "is_quantized"
                | "is_nested"
                | "is_mkldnn"
            ):
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
        raise Refused(f"a tensor's method '{name}' is not known here")

    def part_of(self, tensor: Tensor, index: Value) -> Value:
        self.trace.place = self.here()
        return part(self, tensor, index)

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
