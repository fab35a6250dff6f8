"""A network from a source: the model is made and run on a tensor that has a shape and no numbers."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from stepper.core.expr import Array
from stepper.core.formula import number_of
from stepper.core.network import INPUT, Layer, Network
from stepper.errors import Place, Problem, StepperError
from stepper.read.files import own_file
from stepper.read.items import Listing
from stepper.read.python import parsed
from stepper.read.source.arguments import word
from stepper.read.source.choice import Chosen, chosen
from stepper.read.source.follower import Follower
from stepper.read.source.imports import raised
from stepper.read.source.modules import Made, is_module, modules, own_parameters
from stepper.read.source.sizes import BATCH, expr_of, value_of
from stepper.read.source.tensor import NoInput, Tensor
from stepper.read.source.trace import Misfit, place_of
from stepper.read.source.values import File, Frame, Function, Instance, Raised, Refused, Value
from stepper.tables.layers import BY_LAYER_NAME

DEPTH = 8_000
"""Calls of ours one in another, some twelve for each call of the source."""
MOST_SAID = 8


def read_source(source: str, origin: str, listing: Listing) -> Network:
    """A network from the source of a model.

    Raises:
        StepperError: where it cannot be followed, with the place.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEPTH))
    try:
        return _read(source, origin, listing)
    except RecursionError:
        raise StepperError(Problem("this source is nested too deep to be followed", Place(origin))) from None
    finally:
        sys.setrecursionlimit(before)


def _read(source: str, origin: str, listing: Listing) -> Network:
    tree = parsed(source, origin, listing)
    path = own_file(origin)
    file = File(origin, source, path.absolute() if path else None, root_of(path))
    file.root_file = True
    follower = Follower(listing, _pinned(listing))
    try:
        follower.run_file(file, tree)
        follower.frames.append(Frame(file, file.names))
        model = chosen(follower, file, tree, listing)
        run(follower, model, listing)
    except Refused as error:
        raise told(error, follower, origin) from None
    except Raised as error:
        why = Refused(*raised(error))
        why.file, why.node = error.file, error.node
        raise told(why, follower, origin) from None
    return finished(follower, model, listing)


def root_of(path: Path | None) -> Path | None:
    """The folder inside which imports are followed: the outermost package that the file lies in, or its folder."""
    if path is None:
        return None
    folder = path.absolute().parent
    while (folder.parent / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _pinned(listing: Listing) -> Mapping[str, Value]:
    """What the command line says of names."""
    numbers = {name: number_of(value) for name, value in listing.letters.items()}
    return {name: int(number) for name, number in numbers.items() if number is not None and number == int(number)}


def told(error: Refused, follower: Follower, origin: str) -> StepperError:
    """What cannot be followed, with its place and the module in which it stands."""
    inside = f"{error.inside}: " if error.inside else ""
    if isinstance(error, NoInput):
        return StepperError(Problem(error.what, place_of(error.file, error.node, origin), "say it with --input 3x224x224"))
    return StepperError(Problem(f"{inside}{error.what}", place_of(error.file, error.node, origin), error.hint))


# ---- running


def run(follower: Follower, model: Chosen, listing: Listing) -> None:
    """Runs the model on its inputs; a layer that does not fit ends it, and the engine tells why."""
    trace = follower.trace
    trace.paths = {id(inner): path for path, inner in modules(model.module)}
    for path, inner in modules(model.module):
        for name, tensor in own_parameters(inner).items():
            if tensor.held is None:
                tensor.path = f"{path}.{name}".lstrip(".")
                trace.held(tensor, "Parameter")
    listing.settle_input()
    trace.begin()
    follower.running = True
    arguments, named = inputs(follower, model, listing)
    try:
        result = follower.call(model.module, arguments, named)
        for tensor in outputs(follower, result):
            trace.read(tensor)
    except Misfit:
        pass
    except (Refused, Raised):
        if trace.sizes is None or trace.sizes.fit:
            raise


def inputs(follower: Follower, model: Chosen, listing: Listing) -> tuple[list[Value], dict[str, Value]]:
    """The tensors that the model gets: the first is the network's input, others have names."""
    shape = listing.input
    dims = None if shape is None else (BATCH, *map(value_of, shape))
    return [Tensor(dims, INPUT)], {}


def outputs(follower: Follower, value: Value) -> Iterator[Tensor]:
    """The tensors in what a model gives."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from outputs(follower, item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from outputs(follower, item)
    elif isinstance(value, Instance) and not is_module(value):
        for item in value.attributes.values():
            yield from outputs(follower, item)


# ---- what is told beside the rows


def finished(follower: Follower, model: Chosen, listing: Listing) -> Network:
    """The network, with what was decided on the way and what was made and never ran."""
    values = {name: value for name, value in follower.used.items() if value is not None}
    if values and len(values) <= MOST_SAID:
        listing.said[(f"in the file: {', '.join(f'{name} = {word(value)}' for name, value in values.items())}",)] = None
    listing.said |= {(line,): None for line in follower.said}
    return replace(listing.network(), unused=tuple(unused(follower, model)))


def unused(follower: Follower, model: Chosen) -> Iterator[Layer]:
    """The layers and parameters that are made and never run."""
    trace = follower.trace
    for path, module in modules(model.module):
        if isinstance(module.data, Made) and id(module) not in trace.first:
            if BY_LAYER_NAME[module.data.kind].weights:
                yield Layer(path, module.data.kind, module.data.settings, (INPUT,), module.data.text, path=path)
        for name, tensor in own_parameters(module).items():
            if tensor.held is None and not tensor.name:
                sizes = Array(tuple(map(expr_of, tensor.dims)))
                whole = f"{path}.{name}".lstrip(".")
                yield Layer(whole, "torch.Parameter", {"sizes": sizes}, (), name, path=whole)


__all__ = ["Function", "Sequence", "read_source"]
_ = ast
