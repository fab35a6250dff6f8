"""Networks as lists of layers: what each is, its settings, what it reads, and where it stands in the listing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from stepper.core.expr import Expr
from stepper.core.prose import Prose
from stepper.errors import Place, Problem

Layout: TypeAlias = Literal["CHW", "HWC"]
Shape: TypeAlias = tuple[Expr, ...]
"""Sizes of the axes without the batch: integers or formulas of symbols; a map is channels, height, width."""

INPUT = "input"
SHAPE = "shape"
"""The key of a claim about a layer's whole shape."""


class Claim(Struct, frozen=True):
    """A number that the listing states of a layer.

    ``what`` it counts: ``parameters``, ``weights``, ``biases``, ``macs``, ``numbers`` in the output, or the receptive
    ``field``. ``sides`` are those of the equation as it stands, ``(3*3*3)*64 = 1728``, or the number alone.
    """

    what: str
    sides: tuple[Expr, ...]


class Statement(Struct, frozen=True):
    """A claim about a network, ``key = side = side``: what is claimed, and how it was come by.

    A shape has its channels first.
    """

    key: Expr
    sides: tuple[Expr, ...]


class Layer(Struct, frozen=True):
    """One layer. ``settings`` are those that the listing gives, by their full names; a name in them is an unknown or a
    symbol.

    ``reads`` names the layers (or the input) that feed it; ``claim`` is the output shape that the listing states beside
    it, ``claims`` what else it states; ``shares`` is the layer whose weights it uses once more. A layer that is not
    known has no ``kind``. ``path`` is where it stands among the modules, as PyTorch names what it holds:
    ``layer1.0.conv1``; empty where nothing but its place in the listing tells it. ``scope`` is the path of the module
    that runs it. ``copies`` is how many parts of a sample it works on side by side, which are the first axis of what
    comes in and goes out; 0 where that is no axis of its own.
    ``tied`` are what it holds that another layer holds too, and that layer.
    """

    name: str
    kind: str
    settings: Mapping[str, Expr]
    reads: tuple[str, ...]
    text: str
    place: Place | None = None
    claim: Shape | None = None
    claims: tuple[Claim, ...] = ()
    shares: str = ""
    path: str = ""
    scope: str = ""
    copies: int = 0
    tied: Mapping[str, str] = field(default_factory=dict)


class Network(Struct, frozen=True):
    """A network in the order in which it is worked out. ``said`` are the readings and defaults that were applied.

    ``printed``: the listing is a printed model, in which functional steps are missing. ``problems`` are layers that are
    not known, told with the sizes that do not fit. ``unused`` are layers that are made and never run. ``lettered``:
    letters stand for an input whose size is not given. ``batch``: its size, where the input has one.
    """

    title: str
    layers: tuple[Layer, ...]
    input: Shape | None = None
    layout: Layout = "CHW"
    source: str = ""
    said: tuple[Prose, ...] = ()
    origin: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    printed: bool = False
    problems: tuple[Problem, ...] = ()
    unused: tuple[Layer, ...] = ()
    lettered: bool = False
    batch: Shape = ()


class Chain(Struct, frozen=True):
    """Windows one after the other, of which only sizes are known: the network has one channel, which is not told.

    ``letters`` are those of the question, by the letters of the formulas: ``i`` for ``n``.
    """

    network: Network
    letters: Mapping[str, str] = field(default_factory=dict)


class Sizes(Struct, frozen=True):
    """Questions about sizes alone, each with an input of its own."""

    chains: tuple[Chain, ...]
