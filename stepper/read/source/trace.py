"""What happens to a tensor on its way, layer by layer: each row of the table, and the sizes that it gives."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Sym
from stepper.core.network import Layer, Network
from stepper.core.traverse import names
from stepper.errors import Place
from stepper.read.calls import settings_of
from stepper.read.collect import Piece
from stepper.read.items import Listing
from stepper.read.source.arguments import UNKNOWN
from stepper.read.source.sizes import BATCH, ONE, arithmetic, expr_of, is_letter, value_of
from stepper.read.source.tensor import NoInput, Tensor
from stepper.read.source.values import File, Instance, Refused, Value
from stepper.read.source.working import Mismatch, NoSize, Sizes, settle
from stepper.tables.layer import LEAST
from stepper.tables.layers import BY_LAYER_NAME

Dims = tuple[Value, ...]
LONGEST_TEXT = 60


class Misfit(Exception):
    """A layer does not fit what comes in; the engine tells it with what was worked out before."""


def batch_at(dims: Dims) -> int | None:
    """The axis of the samples."""
    return next((place for place, size in enumerate(dims) if is_letter(size) and BATCH in names(size)), None)


def stripped(dims: Dims) -> Dims:
    """Sizes without the batch; where it is merged with another axis, that one is left: 64·N samples are 64."""
    place = batch_at(dims)
    found = [value_of(settle(size, ONE)) if is_letter(size) else size for size in dims]
    if place is not None and dims[place] == BATCH:
        del found[place]
    return tuple(found) or (1,)


def restored(shape: Dims, before: Dims) -> Dims:
    """Sizes with the batch where it was before."""
    place = batch_at(before)
    if place is None:
        return shape
    if before[place] != BATCH:
        place = min(place, len(shape) - 1)
        return (*shape[:place], arithmetic("*", shape[place], BATCH), *shape[place + 1 :])
    if len(before) == 1 and shape[0] == 1:
        shape = shape[1:]
    place = min(place, len(shape))
    return (*shape[:place], BATCH, *shape[place:])


def axis_number(axis: int, before: Dims) -> int:
    """An axis as the engine counts it, the batch as axis 0."""
    place = batch_at(before)
    axis = axis % len(before) if before else 0
    removed = place is not None and before[place] == BATCH
    return axis + 1 if not removed or (place is not None and axis < place) else axis


class Trace:
    """The rows of the table so far."""

    def __init__(self, listing: Listing, given: Mapping[Expr, Expr]) -> None:
        self.listing, self.given = listing, given
        self.sizes: Sizes | None = None
        self.scopes: list[str] = []
        self.paths: dict[int, str] = {}
        self.first: dict[int, dict[str, str]] = {}
        self.ran: set[int] = set()
        self.known: dict[tuple[str, str], dict[str, Expr]] = {}
        self.place: Place | None = None
        self.names: dict[int, str] = {}
        self.turned = False

    def begin(self) -> None:
        """Sizes are worked out from the input on, where it is known."""
        shape = self.listing.input
        if shape is not None:
            network = Network("", (), shape, self.listing.layout, options=dict(self.listing.given))
            self.sizes = Sizes(network, self.given)

    # ---- rows

    def settings(self, kind: str, arguments: str, functional: bool = False) -> dict[str, Expr]:
        """The settings that a call gives, told with their mistakes."""
        key = kind, arguments
        if key not in self.known or self.listing.problems:
            row = BY_LAYER_NAME[kind]
            if functional and row.functional:
                row = replace(row, parameters=row.functional)
            before = len(self.listing.problems)
            found = settings_of(row, arguments, self.place, self.listing.problems)
            if len(self.listing.problems) > before:
                problem = self.listing.problems.pop()
                raise Refused(problem.what, problem.hint)
            for name, told in found.items():
                if name in LEAST and Sym(UNKNOWN) in names(told):
                    raise Refused(
                        f"{name} of {kind} depends on what is not known here",
                        "--set gives a name of the file its value",
                    )
            self.known[key] = found
        return self.known[key]

    def read(self, tensor: Tensor) -> str:
        """The layer that gives a tensor; one that was only moved gets its row now."""
        if not tensor.name and tensor.make is not None:
            tensor.name = tensor.make()
        return tensor.name

    def add(
        self, kind: str, settings: Mapping[str, Expr], reads: Sequence[str], text: str, path: str = "",
        owner: Instance | None = None, place: Place | None = None, inner: str = "",
    ) -> Layer:  # fmt: skip
        """A row of the table. A module that ran before uses its weights once more."""
        place = place or self.place or Place(self.listing.origin)
        label = path if path and not path.isdigit() else ""
        label = f"{label}.{inner}" if label and inner and inner != "forward" else label
        piece = Piece(text[:LONGEST_TEXT], place, label, path)
        name = self.listing.add(kind, settings, piece, tuple(reads))
        layer = self.listing.layers[-1]
        if not reads:
            layer = replace(layer, reads=())
        if owner is not None:
            self.ran.add(id(owner))
            first = self.first.setdefault(id(owner), {})
            if kind in first:
                layer = replace(layer, shares=first[kind])
            first.setdefault(kind, name)
        if owner is not None:
            layer = replace(layer, tied=self.common(owner))
        layer = replace(layer, scope=self.scopes[-1] if self.scopes else "")
        self.listing.layers[-1] = layer
        return layer

    def path_of(self, owner: Instance | None) -> str:
        """Where a module stands, or the name that it was given."""
        if owner is None:
            return ""
        return self.names.get(id(owner)) or self.paths.get(id(owner), "")

    def common(self, owner: Instance) -> dict[str, str]:
        """The weights of a layer that are another's."""
        held = {
            name: value.held for name, value in owner.attributes.items() if isinstance(value, Tensor) and value.held
        }
        return {name: self.path_of(other[0]) for name, other in held.items() if other[0] is not owner}

    # ---- layers of the tables

    def apply(
        self, kind: str, settings: Mapping[str, Expr], tensors: Sequence[Tensor], text: str,
        owner: Instance | None = None, inner: str = "",
    ) -> Tensor:  # fmt: skip
        """A layer of the tables on tensors, whose sizes the engine works out."""
        path = self.path_of(owner)
        reads = [name for name in map(self.read, tensors) if name]
        first = tensors[0]
        if not reads:
            reads = [self.constant(first)]
        layer = self.add(kind, settings, reads, text, path, owner, inner=inner)
        layer = self.side_by_side(layer, first)
        if self.sizes is None:
            return Tensor(None if first.dims_ is None else self.unsized(layer, first.dims_), layer.name)
        dims = restored(self.worked(layer), first.dims)
        return Tensor(dims, layer.name)

    def side_by_side(self, layer: Layer, first: Tensor) -> Layer:
        """A layer of images on several in each sample, which were merged with the batch."""
        row, dims = BY_LAYER_NAME[layer.kind], first.dims_ or ()
        parts = stripped(dims)
        rank = len(parts)
        wanted = row.ranks or ((row.axes + 1,) if row.axes else ())
        merged = bool(dims) and is_letter(dims[0]) and dims[0] != BATCH and BATCH in names(dims[0])
        if merged and wanted and rank not in wanted and rank - 1 in wanted and isinstance(parts[0], int):
            layer = replace(layer, copies=parts[0])
            self.listing.layers[-1] = layer
        return layer

    def constant(self, tensor: Tensor) -> str:
        """A tensor that does not depend on the input, where a layer reads it."""
        return self.read(self.moved("constant", [], tensor.dims, "constant"))

    def unsized(self, layer: Layer, dims: Dims) -> Dims:
        raise NoInput

    def worked(self, layer: Layer) -> Dims:
        """The sizes that a layer gives.

        Raises:
            Misfit: where it does not fit.
        """
        assert self.sizes is not None
        try:
            shape = tuple(map(value_of, self.sizes.of(layer)))
        except (Mismatch, NoSize):
            raise Misfit from None
        return (*shape[1:], shape[0]) if self.turned and len(shape) > 1 else shape

    # ---- what only moves or joins numbers

    def moved(
        self, kind: str, tensors: Sequence[Tensor], dims: Dims, text: str, macs: Value = 0,
        numbers: list[Value] | None = None,
    ) -> Tensor:  # fmt: skip
        """A function of tensors whose sizes its own law says; its row is added where its result is read."""
        live = [tensor for tensor in tensors if tensor.name or tensor.make is not None]
        place, scopes = self.place, list(self.scopes)
        for size in dims:
            if isinstance(size, int) and size < 0:
                raise Refused(f"a size of {size} results from {text}")

        def make() -> str:
            reads = [self.read(tensor) for tensor in live]
            settings: dict[str, Expr] = {"sizes": Array(tuple(map(expr_of, stripped(dims))))}
            if macs:
                settings["macs"] = expr_of(value_of(settle(expr_of(macs), ONE)))
            now, self.scopes = self.scopes, scopes
            layer = self.add(f"torch.{kind}", settings, reads, text, place=place)
            self.scopes = now
            if self.sizes is not None:
                self.worked(layer)
            return layer.name

        kept = tensors[0].kind if tensors else "float"
        return Tensor(dims, "", make if live or kind == "constant" else None, numbers, kept)

    def held(self, tensor: Tensor, kind: str) -> Tensor:
        """A parameter or a buffer that a module holds: a row without an input, where it is read."""

        def make() -> str:
            sizes = Array(tuple(map(expr_of, stripped(tensor.dims))))
            return self.added(f"torch.{kind}", {"sizes": sizes}, tensor)

        tensor.make = make
        return tensor

    def added(self, kind: str, settings: Mapping[str, Expr], tensor: Tensor) -> str:
        layer = self.add(kind, settings, (), tensor.path.rpartition(".")[2] or "parameter", tensor.path)
        self.ran.add(id(tensor))
        if self.sizes is not None:
            self.worked(layer)
        return layer.name


def place_of(file: File | None, node: ast.AST | None, origin: str) -> Place:
    """Where a part of a source stands."""
    if file is None or node is None:
        return Place(origin)
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end = getattr(node, "end_col_offset", column + 1) if getattr(node, "end_lineno", line) == line else column + 1
    text = file.lines[line - 1] if line <= len(file.lines) else ""
    return Place(file.origin, line, column + 1, max(1, end - column), text)
