"""A network from a source: the model is made and run on a tensor that has a shape and no numbers."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from stepper.core.expr import Array
from stepper.core.formula import number_of
from stepper.core.formula import text as text_of
from stepper.core.network import INPUT, Layer, Network
from stepper.errors import Place, Problem, StepperError
from stepper.read.dialect import looks_like_keras
from stepper.read.files import own_file
from stepper.read.items import Listing
from stepper.read.shape import named_shapes
from stepper.read.source.arguments import word
from stepper.read.source.choice import Chosen, chosen
from stepper.read.source.follower import Follower
from stepper.read.source.given import all_given, further
from stepper.read.source.imports import raised
from stepper.read.source.modules import Made, is_module, modules, own_parameters
from stepper.read.source.parsing import parsed
from stepper.read.source.sizes import BATCH, expr_of, value_of
from stepper.read.source.tensor import Node, NoInput, Tensor
from stepper.read.source.trace import Misfit, place_of
from stepper.read.source.values import Broken, File, Frame, Instance, Raised, Refused, Value
from stepper.read.source.working import fitting_input
from stepper.tables.layers import BY_LAYER_NAME

DEPTH = 8_000
"""Calls of ours one in another, some twelve for each call of the source."""
MOST_SAID = 8


def read_source(source: str, origin: str, listing: Listing) -> Network:
    """A network from the source of a model.

    Raises:
        StepperError: where it cannot be followed, with the place.
    """
    return in_depth(lambda: _read(source, origin, listing), origin)


def in_depth(work: Callable[[], Network], origin: str) -> Network:
    """Something done with room for calls inside calls.

    Raises:
        StepperError: where that is not enough.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEPTH))
    try:
        return work()
    except RecursionError:
        raise StepperError(Problem("this source is nested too deep to be followed", Place(origin))) from None
    finally:
        sys.setrecursionlimit(before)


def _read(source: str, origin: str, listing: Listing) -> Network:
    tree = parsed(source, origin, listing)
    path = own_file(origin)
    file = File(origin, source, path.absolute() if path else None, root_of(path))
    file.root_file = True
    listing.keras = looks_like_keras(source)
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
    again = turned(follower, listing)
    return _read(source, origin, again) if again is not None else finished(follower, model, listing)


def turned(follower: Follower, listing: Listing) -> Listing | None:
    """The same with the channels of the input first, where the first layer takes as many as stand last."""
    sizes, sure = listing.input, follower.trace.sizes is None or follower.trace.sizes.fit
    if sure or listing.told_layout or sizes is None or len(sizes) != 3:
        return None
    said = dict(listing.said)
    if not listing.fits(sizes) or sizes[0] == listing.layers[0].settings.get("in_channels"):
        listing.said = said
        return None
    text = "x".join(text_of(size) for size in (sizes[-1], *sizes[:-1]))
    found = Listing(listing.origin, "CHW", text, listing.model, listing.letters, listing.assumed)
    found.said = {line: None for line in listing.said if "channels last" in str(line)}
    found.told_layout = True
    return found


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
    hint = error.hint
    if isinstance(error, NoInput):
        layers = [*follower.trace.listing.layers, *first_made(follower)]
        return StepperError(
            Problem(error.what, hint=fitting_input(layers) if layers else "say it with --input 3x224x224")
        )
    return StepperError(Problem(f"{inside}{error.what}", place_of(error.file, error.node, origin), hint))


def first_made(follower: Follower) -> list[Layer]:
    """The first layer of the model, which says what it takes."""
    for path, module in modules(follower.whole) if follower.whole is not None else ():
        row = BY_LAYER_NAME[module.data.kind] if isinstance(module.data, Made) else None
        if isinstance(module.data, Made) and row is not None and (row.given or row.append):
            return [Layer(path, module.data.kind, module.data.settings, (INPUT,), module.data.text)]
    return []


# ---- running


def run(follower: Follower, model: Chosen, listing: Listing) -> None:
    """Runs the model on its inputs; a layer that does not fit ends it, and the engine tells why."""
    trace = follower.trace
    follower.whole = model.module
    trace.paths = {id(inner): path for path, inner in modules(model.module)}
    for path, inner in modules(model.module):
        for name, tensor in own_parameters(inner).items():
            if tensor.held is None:
                tensor.path = f"{path}.{name}".lstrip(".")
                trace.held(tensor, "Parameter")
        for name, value in inner.attributes.items():
            if isinstance(value, Tensor) and value.stored and not value.path:
                value.path = f"{path}.{name}".lstrip(".")
                trace.held(value, "Buffer")
    arguments, named = inputs(follower, model, listing)
    trace.begin()
    follower.running = True
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
    """The tensors that the model gets: the first is the network's input, others are rows of their own."""
    written = shapes_of(follower, model.module, listing)
    first = next(iter(written.values()), None)
    listing.asked = first
    keras = model.module.kind.among("keras layer")
    if keras and first is not None and listing.chosen is None:
        listing.layout = listing.chosen = "HWC"
        listing.said[("Keras: shapes are height x width x channels",)] = None
    if not keras and listing.chosen is None:
        listing.chosen = listing.layout
    listing.settle_input()
    if not keras:  # PyTorch's tensors have their channels first, however the input is written
        listing.layout = "CHW"
    follower.trace.turned = listing.layout == "HWC"
    shape = listing.input
    if shape is None:
        all_given(model.module, {})
        return [Tensor(None, INPUT)], {}
    turned = (*shape[1:], shape[0]) if listing.layout == "HWC" and len(shape) > 1 else shape
    tensors: dict[str, Value] = {}
    for place, (name, text) in enumerate(written.items()):
        if place:
            tensors[name or str(place)] = further(follower, text, name or f"input {place + 1}")
        else:
            tensors[name or str(place)] = Tensor((BATCH, *map(value_of, turned)), INPUT)
    all_given(model.module, tensors)
    if any(name.isidentifier() for name in tensors):
        return [], dict(tensors)
    if keras and len(tensors) > 1:
        return [[*tensors.values()]], {}
    return [*tensors.values()], {}


def shapes_of(follower: Follower, module: Instance, listing: Listing) -> dict[str, str]:
    """The shapes of the inputs as they are written: on the command line, in a line above, or in the source itself."""
    if listing.asked is not None:
        return named_shapes(listing.asked)
    if "input" in listing.given:
        return named_shapes(listing.given["input"])
    told = module.attributes.get("told")
    nodes = module.attributes.get("inputs")
    shapes = [told] if told is not None else [node.dims for node in _nodes(nodes)]
    return {str(place): _written(shape) for place, shape in enumerate(shapes) if isinstance(shape, tuple) and shape}


def _nodes(value: Value) -> list[Node]:
    if isinstance(value, dict):
        value = [*value.values()]
    return (
        [value]
        if isinstance(value, Node)
        else [node for part in value for node in _nodes(part)]
        if isinstance(value, list | tuple)
        else []
    )


def _written(shape: tuple[Value, ...]) -> str:
    """A shape in Keras; a size that is None is a letter."""
    letters = iter("HWD" if len(shape) > 2 else "L")
    sizes = [next(letters, "n") if size is None else word(size) for size in shape]
    return "x".join(sizes)


def outputs(follower: Follower, value: Value, seen: set[int] | None = None) -> Iterator[Tensor]:
    """The tensors in what a model gives."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from outputs(follower, item, seen)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from outputs(follower, item, seen)
    elif isinstance(value, Instance) and not is_module(value):
        for item in value.attributes.values():
            yield from outputs(follower, item, seen)


# ---- what is told beside the rows


def finished(follower: Follower, model: Chosen, listing: Listing) -> Network:
    """The network, with what was decided on the way and what was made and never ran."""
    values = {name: value for name, value in follower.used.items() if value is not None}
    if values and len(values) <= MOST_SAID:
        listing.said[(f"in the file: {', '.join(f'{name} = {word(value)}' for name, value in values.items())}",)] = None
    for line in not_known(model):
        listing.said[(line,)] = None
    listing.said |= {(line,): None for line in follower.said}
    return replace(listing.network(), unused=tuple(unused(follower, model)))


def not_known(model: Chosen) -> Iterator[str]:
    """Parts of the model that are not known here, and that never ran."""
    for _, module in modules(model.module):
        for value in module.attributes.values():
            if isinstance(value, Broken) and isinstance(value.why.node, ast.AST):
                yield f"{ast.unparse(value.why.node)} is not used, and not counted: it is not known here"


def unused(follower: Follower, model: Chosen) -> Iterator[Layer]:
    """The layers and parameters that are made and never run."""
    trace = follower.trace
    for path, module in modules(model.module):
        made = module.data if id(module) not in trace.first else None
        if isinstance(made, Made) and BY_LAYER_NAME[made.kind].weights:
            yield Layer(path, made.kind, made.settings, (INPUT,), made.text, path=path)
        for name, tensor in own_parameters(module).items():
            if tensor.held is None and not tensor.name:
                sizes = Array(tuple(map(expr_of, tensor.dims)))
                whole = f"{path}.{name}".lstrip(".")
                yield Layer(whole, "torch.Parameter", {"sizes": sizes}, (), name, path=whole)
