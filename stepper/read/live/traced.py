"""A live module run on tensors without numbers: what comes out of each of its modules, one after the other.

A copy of it on PyTorch's ``meta`` device has sizes and no numbers, and takes neither memory nor time.
"""

from __future__ import annotations

import contextlib
import copy
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stepper.core.expr import Array, Expr, Num
from stepper.core.network import INPUT, Network
from stepper.errors import Problem
from stepper.read.items import Listing
from stepper.read.live.kinds import is_live, is_tensor
from stepper.read.live.modelled import Modeller
from stepper.read.shape import integral, named_shapes, read_shape
from stepper.read.source.choice import Chosen
from stepper.read.source.follower import Follower
from stepper.read.source.modules import MODULE, Made
from stepper.read.source.reading import finished
from stepper.read.source.sizes import BATCH, arithmetic, expr_of
from stepper.read.source.tensor import Tensor
from stepper.read.source.trace import Misfit, stripped
from stepper.read.source.values import File, Frame, Instance, Raised, Refused, Value

SAMPLES = 7919
"""How many samples run: a prime that no size is, by which the axis of the batch is told."""
BETWEEN = "functions between modules"


class NotRun(Exception):
    """The module does not run on the meta device."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def traced(module: object, origin: str, listing: Listing, why: str) -> Network:
    """The network that hooks tell of, where the source is not followed.

    Raises:
        NotRun: where the module does not run.
    """
    listing.settle_input() if listing.asked is not None else None
    if listing.input is None:
        raise NotRun(Problem("the input's shape is missing", hint="input=(3, 224, 224) says it"))
    listing.layout = "CHW"
    follower = Follower(listing, {})
    follower.frames.append(Frame(File(origin, ""), {}))
    rows = Rows(follower, module)
    given = Given(listing)
    with contextlib.suppress(Misfit):  # the engine tells why
        rows.run(given)
    said = f"{origin} was run on the meta device, and its modules are told one after the other: {why}"
    listing.said[(said,)] = None
    return finished(follower, Chosen(rows.whole), listing)


class Given:
    """The inputs: their names, where they have some, and their sizes with the samples first."""

    def __init__(self, listing: Listing) -> None:
        self.sizes: dict[str, tuple[int, ...]] = {}
        for name, text in named_shapes(listing.asked or "").items():
            sizes = [integral(size) for size in (listing.input if not self.sizes else read_shape(text, "CHW")) or ()]
            if not all(sizes):
                raise NotRun(Problem("a module is run on sizes that are numbers", hint="input=(3, 224, 224)"))
            self.sizes[name] = (SAMPLES, *(size for size in sizes if size))


class Call:
    """A module that ran: what came in, and what went out; nothing where it failed."""

    def __init__(self, path: str, reads: list[object]) -> None:
        self.path, self.reads = path, reads
        self.found: object = None


class Run:
    """A run of the whole: its calls in order, and why it ended where it did not come to its end."""

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self.inputs = inputs
        self.calls: list[Call] = []
        self.result: object = None
        self.error: Exception | None = None

    def begun(self, path: str) -> Callable[..., None]:
        """The hook before a module."""

        def hook(_: object, arguments: object, named: object) -> None:
            self.calls.append(Call(path, [*tensors_in(arguments), *tensors_in(named)]))

        return hook

    def ended(self, _: object, __: object, found: object) -> None:
        """The hook behind a module."""
        self.calls[-1].found = found


class Rows:
    """The rows of the table, as hooks tell of them."""

    def __init__(self, follower: Follower, module: object) -> None:
        self.follower, self.torch = follower, sys.modules["torch"]
        self.module: Any = module
        self.modeller = Modeller(follower)
        self.whole = Instance(MODULE)
        self.tensors: dict[int, Tensor] = {}
        self.kept: list[object] = []
        self.last = Tensor((BATCH,), INPUT)

    # ---- the run

    def run(self, given: Given) -> None:
        """Runs a copy, whose hooks tell the rows. Token ids are whole numbers: they are tried where others do not do.

        Raises:
            Misfit: where a layer does not fit, of which the row is the last.
            NotRun: where it does not run for another reason.
        """
        self.follower.trace.begin()
        self.follower.running = True
        runs = [self.once(given, self.dtype())]
        if runs[0].error is not None:
            runs.append(self.once(given, self.torch.int64))
        run = next((run for run in runs if run.error is None), runs[0])
        self.begin(run.inputs)
        originals = dict(self.module.named_modules())
        for call in run.calls:
            self.row(call.path, originals[call.path], call.reads, call.found)
        sizes = self.follower.trace.sizes
        if sizes is not None and not sizes.fit:
            raise Misfit
        if run.error is not None:
            shape = ", ".join("x".join(map(str, sizes[1:])) for sizes in given.sizes.values())
            first = str(run.error).strip().split("\n")[0]
            raise NotRun(Problem(f"this module does not run on an input of {shape}: {first}"))
        for tensor in tensors_in(run.result):
            self.follower.trace.read(self.tensor(tensor))

    def dtype(self) -> Any:
        """The type of the numbers of the first parameter that has any."""
        kinds = [parameter.dtype for parameter in self.module.parameters() if parameter.is_floating_point()]
        return kinds[0] if kinds else self.torch.float32

    def once(self, given: Given, dtype: Any) -> Run:
        """One run: what goes into each module and comes out, up to the first that fails."""
        twin = self.twin()
        inputs = {name: self.torch.zeros(sizes, dtype=dtype, device="meta") for name, sizes in given.sizes.items()}
        run = Run(inputs)
        for path, _ in leaves(self.modeller, self.module):
            other = twin.get_submodule(path)
            other.register_forward_pre_hook(run.begun(path), with_kwargs=True)
            other.register_forward_hook(run.ended)
        named = {name: tensor for name, tensor in inputs.items() if name.isidentifier()}
        try:
            with self.torch.no_grad():
                run.result = twin(*(tensor for name, tensor in inputs.items() if name not in named), **named)
        except Exception as error:  # whatever a model may raise
            run.error = error
        return run

    def twin(self) -> Any:
        """A copy on the meta device; the numbers are not copied."""
        memo: dict[int, object] = {}
        kept = [value for inner in self.module.modules() for value in vars(inner).values() if is_tensor(value)]
        for tensor in (*self.module.parameters(), *self.module.buffers(), *kept):
            empty = self.torch.empty_like(tensor, device="meta")
            parameter = isinstance(tensor, self.torch.nn.Parameter)
            memo[id(tensor)] = self.torch.nn.Parameter(empty, tensor.requires_grad) if parameter else empty
        return copy.deepcopy(self.module, memo).to("meta").eval()

    # ---- rows

    def begin(self, inputs: Mapping[str, Any]) -> None:
        """The inputs, and the parameters that modules hold which are made of others."""
        for place, (name, tensor) in enumerate(inputs.items()):
            made = Tensor(sizes_of(tensor), "" if place else INPUT)
            if place:
                made.path = name if name.isidentifier() else f"input {place + 1}"
                self.follower.trace.held(made, "Input")
            self.know(tensor, made)
            self.last = self.last if place else made
        inside = {path for path, _ in leaves(self.modeller, self.module)}
        for path, inner in self.module.named_modules():
            if any(path == leaf or path.startswith(f"{leaf}.") for leaf in inside):
                continue
            for name, parameter in inner.named_parameters(recurse=False):
                held = Tensor(sizes_of(parameter))
                held.path = f"{path}.{name}".lstrip(".")
                self.follower.trace.read(self.follower.trace.held(held, "Parameter"))

    def row(self, path: str, inner: object, reads: list[object], found: object) -> None:
        """What a module gives: by its row, where that gives the same; else by its sizes and its parameters."""
        gives = [*tensors_in(found)]
        given = [self.tensor(tensor) for tensor in reads]
        trace = self.follower.trace
        module = modelled(self.modeller, inner)
        if module is not None:
            trace.paths[id(module)] = path
            made: Value = self.follower.call(module, given)
            parts = [part for part in (made if isinstance(made, tuple) else (made,)) if isinstance(part, Tensor)]
            for tensor, part in zip(gives, parts, strict=False):
                self.know(tensor, part)
            self.last = parts[0] if parts else self.last
            return
        held = sum(math.prod(parameter.shape) for parameter in parameters(inner))
        for tensor in gives:
            self.last = self.told(type(inner).__name__, given, tensor, held, path)
            held = 0

    def told(self, text: str, reads: list[Tensor], tensor: object, held: int = 0, path: str = "") -> Tensor:
        """A row of which only the sizes are known."""
        trace = self.follower.trace
        dims = sizes_of(tensor)
        settings: dict[str, Expr] = {"sizes": Array(tuple(map(expr_of, stripped(dims))))}
        settings |= {"held": Num(str(held))} if held else {}
        layer = trace.add("torch.Module", settings, [*filter(None, map(trace.read, reads))], text, path)
        trace.worked(layer)
        made = Tensor(dims, layer.name)
        self.know(tensor, made)
        return made

    def tensor(self, tensor: object) -> Tensor:
        """What gives a tensor: a module, or functions behind the last one."""
        if id(tensor) in self.tensors:
            return self.tensors[id(tensor)]
        return self.told(BETWEEN, [self.last], tensor)

    def know(self, tensor: object, made: Tensor) -> None:
        self.tensors[id(tensor)] = made
        self.kept.append(tensor)


def modelled(modeller: Modeller, module: object) -> Instance | None:
    """A layer that the tables have; None of any other module."""
    if not type(module).__module__.startswith("torch.nn.modules."):
        return None
    try:
        found = modeller.module(module)
    except (Refused, Raised):
        return None
    return found if isinstance(found.data, Made) else None


def leaves(modeller: Modeller, module: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The modules of which each is a row: layers of the tables, and those that hold no others."""
    inner = dict(module.named_children())
    if not inner or modelled(modeller, module) is not None:
        yield path, module
        return
    for name, child in inner.items():
        yield from leaves(modeller, child, f"{path}.{name}".lstrip("."))


def parameters(module: object) -> Iterator[Any]:
    """The parameters of a module."""
    if is_live(module):
        yield from getattr(module, "parameters", tuple)()


def sizes_of(tensor: Any) -> tuple[Value, ...]:
    """The sizes of a tensor, the batch as a letter."""
    return tuple(
        int(size) if size % SAMPLES or not size else arithmetic("*", int(size) // SAMPLES, BATCH)
        for size in tensor.shape
    )


def tensors_in(value: object) -> Iterator[Any]:
    """The tensors in what a module takes or gives."""
    if is_tensor(value):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
