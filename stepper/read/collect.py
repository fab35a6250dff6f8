"""What is collected while a listing is read: layers and what each reads, numbers that it states, readings that were
applied, problems.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Num, Sym
from stepper.core.network import INPUT, Claim, Layer, Layout, Network, Shape
from stepper.core.prose import Prose
from stepper.errors import Place, Problem, StepperError, nearest
from stepper.read.shape import channels_first, integral, read_layout, read_shape
from stepper.tables.any_axes import ANY_AXES
from stepper.tables.layers import BY_LAYER_NAME

LARGEST = 50_000
STEPS_FIRST = "batch_first"
"""The flag without which PyTorch takes the steps of a sequence before the batch."""


class Piece(Struct):
    """One item of a chain and where it stands; ``path`` where that is among the modules, if its label does not say
    it.
    """

    text: str
    place: Place
    label: str = ""
    path: str = ""

    def inside(self, name: str) -> str:
        """The path of a module in it."""
        return f"{self.path or self.label}.{name}".lstrip(".")


def too_many(place: Place) -> Problem:
    """More layers than are read."""
    return Problem(f"this network has more than {LARGEST:,} layers", place)


def _tells_axes(layer: Layer) -> bool:
    """Does a layer take a number of axes of its own, or make another of what it takes?"""
    row = BY_LAYER_NAME.get(layer.kind)
    return row is None or bool(row.axes or row.ranks or row.merge or row.shape or row.split or row.append)


class Collected:
    """Layers in the order in which they stand.

    ``tip`` names the layer that the next one reads, ``asked`` an input in place of its own.
    """

    keras = False
    """Are names that both frameworks have those of Keras?"""

    def __init__(
        self, origin: str, layout: Layout | None = None, asked: str | None = None,
        model: str | None = None, letters: Mapping[str, Expr] | None = None, assumed: Mapping[str, bool] | None = None,
    ) -> None:  # fmt: skip
        self.origin, self.chosen, self.asked = origin, layout, asked
        self.model, self.letters, self.assumed = model, letters or {}, assumed or {}
        self.layers: list[Layer] = []
        self.tip = INPUT
        self.names: dict[str, int] = {INPUT: 1}
        self.labels: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.unknown: set[Problem] = set()
        self.said: dict[Prose, None] = {}
        self.given: dict[str, str] = {}
        self.layout: Layout = layout or "CHW"
        self.told_layout = layout is not None
        self.input: Shape | None = None
        self.batch: Shape = ()
        self.stated: dict[int, Shape] = {}

    def network(self) -> Network:
        """What was read. Layers that are not known are left in it where a known one follows, which may tell what they
        give.

        Raises:
            StepperError: with every problem found.
        """
        if not self.layers and not self.problems:
            self.problems.append(
                Problem(
                    "there is no layer here", Place(self.origin), "one per line, such as Conv2d(1, 10, 3) or CONV-3-64"
                )
            )
        if self.problems and not (self.unknown.issuperset(self.problems) and self._known_follows()):
            raise StepperError(*self.problems)
        title, source = self.given.get("title", ""), self.given.get("source", "")
        return Network(
            title, tuple(self.layers), self.input, self.layout, source, tuple(self.said), self.origin, dict(self.given),
            problems=tuple(self.problems), batch=self.batch,
        )  # fmt: skip

    def _known_follows(self) -> bool:
        """Does a known layer of one input stand after one that is not known?"""
        first = next(place for place, layer in enumerate(self.layers) if not layer.kind)
        return any(layer.kind and len(layer.reads) == 1 for layer in self.layers[first:])

    def setting(self, name: str, text: str, place: Place) -> None:
        """A line such as ``input: 9x9x1`` or ``layout: HWC``."""
        self.given[name] = text
        if name == "layout":
            try:
                self.chosen = self.chosen or read_layout(text, place)
                self.layout = self.chosen
            except StepperError as error:
                self.problems += error.problems
        if name == "input":
            self.input = read_shape(text, "CHW")
            if self.input is None:
                self.problems.append(Problem(f"'{text}' is not a shape", place, "such as 3x224x224"))

    def settle_input(self) -> None:
        """Shapes with channels last are turned once the layout is known; where it is not said, the input's small end
        tells.
        """
        if self.asked is not None:
            self.given["input"], self.input = self.asked, read_shape(self.asked, "CHW")
        self.input = sizes = self.without_batch(self.input)
        if sizes is not None and "@" not in self.given.get("input", ""):
            if self.chosen is None and not self.fits(sizes) and len(sizes) == 3:
                self.layout = self.guessed(sizes)
            self.input = channels_first(sizes, self.layout)
        for place, claim in self.stated.items():
            self.claim(channels_first(claim, self.layout), place)

    def without_batch(self, sizes: Shape | None) -> Shape | None:
        """A shape with one axis more than the first layer that has a number of axes takes: one is that of a batch, the
        first, or the second where a sequence has its steps first. It is said.
        """
        first = next((layer for layer in self.layers if _tells_axes(layer)), None)
        row = BY_LAYER_NAME.get(first.kind) if first is not None else None
        if sizes is None or first is None or row is None or first.kind in ANY_AXES:
            return sizes
        if len(sizes) != max(row.ranks or ((row.axes_in or row.axes) + 1,)) + 1 or not (row.ranks or row.axes):
            return sizes
        left = sizes[1:]
        wanted = integral(next((first.settings[name] for name in row.given if name in first.settings), Sym("?")))
        if wanted is not None and wanted not in (integral(left[0]), integral(left[-1])):
            return sizes  # it would not fit either
        steps_first = STEPS_FIRST in row.flags and first.settings.get(STEPS_FIRST, Num("0")) == Num("0")
        place, word = (1, "second") if steps_first else (0, "first")
        batch = integral(sizes[place])
        what = f"the {word} axis of the input{'' if batch is None else f', {batch},'} is the batch"
        why = f" (without {STEPS_FIRST})" if steps_first else ""
        self.said[(f"{what}{why}: sizes and counts are those of one sample",)] = None
        self.batch = (sizes[place],)
        return (*sizes[:place], *sizes[place + 1 :])

    def fits(self, sizes: Shape) -> bool:
        """Does one reading alone give the first layer the channels that it takes? It is taken, and said."""
        first = next((layer for layer in self.layers if INPUT in layer.reads), None)
        row = BY_LAYER_NAME.get(first.kind) if first is not None else None
        wanted = (
            next((first.settings.get(name) for name, what in row.given.items() if what == "C"), None)
            if first and row
            else None
        )
        ends: dict[Layout, Expr] = {"CHW": sizes[0], "HWC": sizes[-1]}
        found = [layout for layout, end in ends.items() if end == wanted]
        if wanted is None or integral(wanted) is None or len(found) != 1 or len(sizes) < 2:
            return False
        self.layout = found[0]
        order = "with the channels first" if found[0] == "CHW" else "with the channels last"
        self.said[(f"the input is read {order}, since the first layer takes {integral(wanted)}",)] = None
        return True

    def guessed(self, sizes: Shape) -> Layout:
        """The order of an input's axes: the equal two are height and width, else the smallest are the channels.

        It is said.
        """
        first, middle, last = ((integral(size) or 0) for size in sizes)
        if not first or not last:
            return "CHW"
        equal = (first == middle) != (middle == last)
        layout: Layout = "HWC" if (first == middle if equal else last < first) else "CHW"
        order = "height × width × channels" if layout == "HWC" else "channels × height × width"
        end = "last" if layout == "HWC" else "first"
        why = "the other two sizes are equal" if equal else f"its smallest number comes {end}"
        self.said[(f"the input is read as {order}, since {why}",)] = None
        return layout

    def state(self, claim: Shape) -> None:
        """The last layer's shape after it, in the listing's own order of axes."""
        self.stated[len(self.layers) - 1] = claim

    def claim(self, shape: Shape, place: int = -1) -> None:
        """A layer's shape after it, channels first. Of a layer that gives a list, 1x1x4096 and 4096 are the same."""
        row = BY_LAYER_NAME.get(self.layers[place].kind)
        long = [size for size in shape if size != Num("1")]
        self.layers[place] = replace(
            self.layers[place], claim=tuple(long) if row is not None and row.merge and len(long) == 1 else shape
        )

    def state_number(self, claim: Claim, start: int) -> None:
        """A number stated of the layers from a place on: of the last, or of the only one that has weights where they
        are counted.
        """
        found = len(self.layers) - 1
        if claim.what in ("parameters", "weights", "biases", "macs", "flops") and found > start:
            rows = [BY_LAYER_NAME.get(layer.kind) for layer in self.layers[start:]]
            holding = [place for place, row in enumerate(rows, start) if row is not None and row.weights]
            if len(holding) != 1:
                self.said[("numbers stated of several layers at once are not compared",)] = None
                return
            found = holding[0]
        self.layers[found] = replace(self.layers[found], claims=(*self.layers[found].claims, claim))

    def add(self, kind: str, settings: Mapping[str, Expr], piece: Piece, reads: tuple[str, ...] = ()) -> str:
        """A layer after the tip, or after those that it reads."""
        if len(self.layers) >= LARGEST:
            raise StepperError(too_many(piece.place))
        wanted = name = piece.label or str(len(self.layers) + 1)
        while name in self.names:
            self.names[wanted] = self.names.get(wanted, 1) + 1
            name = f"{wanted}_{self.names[wanted]}"
        self.names[name] = 1
        if piece.label:
            self.labels[piece.label] = name
        self.layers.append(
            Layer(name, kind, settings, reads or (self.tip,), " ".join(piece.text.split()), piece.place,
                  path=piece.path or (name if piece.label else ""))
        )  # fmt: skip
        self.tip = name
        return name

    def add_unknown(self, name: str, piece: Piece, hint: str) -> None:
        """A layer that is not known: told once, and added without a kind where it is spelled like a layer."""
        problem = Problem(f"'{name}' is not a known layer", piece.place, hint)
        if problem not in self.unknown:
            self.problems.append(problem)
        if re.fullmatch(r"[A-Za-z_][\w.]*", name):
            self.unknown.add(problem)
            self.add("", {}, piece)

    def share(self, place: int, names: Sequence[str]) -> None:
        """Lets the layers from a place on use the weights of others once more."""
        for offset, name in enumerate(names):
            self.layers[place + offset] = replace(self.layers[place + offset], shares=name)

    def named(self, label: str) -> str | None:
        """The layer, or the input, that a label means: the last that has it."""
        found = self.labels.get(label, label)
        return found if found in self.names else INPUT if found.lower() == INPUT else None

    def must_be_named(self, label: str, place: Place) -> str | None:
        """The same; a label that nothing has is told."""
        found = self.named(label)
        if found is None:
            known = [*self.labels, *self.names]
            hint = nearest(label, known) or f"known here: {', '.join(sorted(known, key=str.isdigit)[:8])}"
            self.problems.append(Problem(f"no layer before this one is labelled '{label}'", place, hint))
        return found
