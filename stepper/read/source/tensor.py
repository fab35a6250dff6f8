"""Tensors without numbers: their sizes, the layer that gives them, and numbers only where there are few and known."""

from __future__ import annotations

from collections.abc import Callable

from stepper.read.source.values import Instance, Refused, Value

MOST_NUMBERS = 10_000


class Tensor:
    """A tensor.

    ``dims`` are its sizes, the batch among them; None where the input's shape is not said. ``name`` is the layer that
    gives it; ``make`` adds that layer to the table where the tensor is first read. ``numbers`` are its entries, row
    after row. ``held`` is the module that it is a weight of and the name it has there.
    ``learned`` are parameters, ``stored`` are buffers.
    """

    __slots__ = ("dims_", "held", "kind", "learned", "make", "name", "numbers", "path", "stored")

    def __init__(
        self, dims: tuple[Value, ...] | None, name: str = "", make: Callable[[], str] | None = None,
        numbers: list[Value] | None = None, kind: str = "float",
    ) -> None:  # fmt: skip
        self.dims_, self.name, self.make, self.numbers, self.kind = dims, name, make, numbers, kind
        self.held: tuple[Instance, str] | None = None
        self.learned = self.stored = False
        self.path = ""

    @property
    def dims(self) -> tuple[Value, ...]:
        if self.dims_ is None:
            raise NoInput()
        return self.dims_


class NoInput(Refused):
    """The input's shape is needed, and is not said."""

    def __init__(self) -> None:
        super().__init__("the input's shape is missing")


class Node:
    """An output in a graph that is written down before it runs, as Keras' are: what gives it, and from what.

    ``dims`` is the shape of one sample, of an input.
    """

    def __init__(self, order: int, act: Callable[[list[Value]], Value] | None, inputs: list[Value]) -> None:
        self.order, self.act, self.inputs = order, act, inputs
        self.dims: Value = ()
