"""A network from a live module: its source is followed where it can be had, else its modules are traced."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.core.expr import Expr
from stepper.core.network import Layout, Network
from stepper.errors import StepperError
from stepper.read.items import Listing
from stepper.read.live.classes import NoSource
from stepper.read.live.modelled import Modeller
from stepper.read.live.traced import NotRun, traced
from stepper.read.shape import check_shape, read_layout
from stepper.read.source.choice import Chosen
from stepper.read.source.follower import Follower
from stepper.read.source.imports import raised
from stepper.read.source.reading import finished, in_depth, run, told, turned
from stepper.read.source.tensor import NoInput
from stepper.read.source.values import File, Frame, Raised, Refused

WRAPPED: Mapping[str, str] = {"OptimizedModule": "_orig_mod", "DataParallel": "module"}
"""Modules that hold a model and do what it does, and under which name."""


def read_module(
    module: object, shape: str | None = None, layout: str | None = None,
    letters: Mapping[str, Expr] | None = None, assumed: Mapping[str, bool] | None = None,
) -> Network:  # fmt: skip
    """A network from a live module, which is left as it is.

    Raises:
        StepperError: where its source cannot be followed, and it does not run on an input of this shape either.
    """
    check_shape(shape)
    chosen: Layout | None = None if layout is None else read_layout(layout)
    module = getattr(module, WRAPPED.get(type(module).__name__, ""), module)
    origin = type(module).__name__

    def listing() -> Listing:
        return Listing(origin, chosen, shape, None, letters, assumed)

    return in_depth(lambda: _read(module, origin, listing), origin)


def _read(module: object, origin: str, listing: Callable[[], Listing]) -> Network:
    first = listing()
    follower = Follower(first, {})
    try:
        return followed(follower, module, origin, first)
    except NoInput as error:
        raise told(error, follower, origin) from None
    except Raised as error:
        why = Refused(*raised(error))
        why.file, why.node = error.file, error.node
    except Refused as error:
        why = error
    known = told(why, follower, origin)
    try:
        return traced(module, origin, listing(), known.problems[0].what)
    except NotRun as error:
        source = not isinstance(why, NoSource) and first.asked is not None
        raise known if source else StepperError(error.problem) from None


def followed(follower: Follower, module: object, origin: str, listing: Listing) -> Network:
    """The network by the source of the module's class."""
    follower.frames.append(Frame(File(origin, ""), {}))
    model = Chosen(Modeller(follower).module(module))
    run(follower, model, listing)
    again = turned(follower, listing)
    return followed(Follower(again, {}), module, origin, again) if again else finished(follower, model, listing)
