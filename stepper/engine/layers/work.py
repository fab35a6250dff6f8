"""A network at work: each layer's settings, what must hold, its sizes and its counts, one layer after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Num, Sym, multiply
from stepper.core.formula import text
from stepper.core.network import Layer, Network, Shape
from stepper.core.progress import each
from stepper.core.prose import Prose
from stepper.core.traverse import extent, names, substitute
from stepper.engine.layers.cell import Cell, cell
from stepper.engine.layers.dividing import left_over, undivided
from stepper.engine.layers.fitting import Mismatch, all_shapes, shown_shape
from stepper.engine.layers.outputs import arrays_of, axis_size, joined, output_of
from stepper.engine.layers.requirements import Requirements
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import (
    SAME,
    ZERO,
    along_axes,
    meant,
    own_unknown,
    settings_of,
    signature,
    whole,
)
from stepper.engine.layers.sizes import formula, integer, number, product, settle, total
from stepper.engine.layers.solve import RANGES
from stepper.engine.values.polynomial import NoSize
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import BY_LAYER_NAME

MOST = 10**15
"""The largest size that is worked with."""
DEEPEST = 100
"""A size of letters holds so many parts one in another: some thirty floors of quotients."""


class Working(Requirements):
    """Works the layers of a network out in their order; letters that they settle are known from there on."""

    def __init__(
        self, network: Network, given: Mapping[Expr, Expr], biases: bool, divides: bool = False, single: bool = False
    ) -> None:
        super().__init__(network, given)
        self.biases, self.divides, self.single = biases, divides, single
        self.done: list[Done] = []
        self.beyond: list[Done] = []
        self.notes: list[Prose] = []
        self.roles: dict[Expr, str] = {}
        self.alike: dict[object, Done] = {}

    def run(self) -> Worked:
        """Works on after a mistake, as if the layer fitted, so that all mistakes are told; what is shown ends before
        the first.
        """
        unknown = iter(self.network.problems)
        for layer in each(self.network.layers, "layers"):
            if not layer.kind:
                self.problems += [problem for problem in (next(unknown, None),) if problem is not None]
                told = self.told_by_next(layer)
                if told is None:
                    self.problems += unknown
                    break
                self.shapes[layer.name] = told
                continue
            try:
                done = self.layer(layer)
            except Mismatch as error:
                self.fail(layer, error.what, error.hint)
                break
            except NoSize as error:
                self.fail(layer, f"no size results from {error}", "")
                break
            (self.beyond if self.problems else self.done).append(done)
            self.shapes[layer.name] = done.output
        worked = Worked(
            self.network, tuple(self.done), self.bound, tuple(self.problems), tuple(self.constraints), self.roles
        )
        return replace(worked, unused=tuple(self.unused()), beyond=tuple(self.beyond))

    def unused(self) -> Iterator[Done]:
        """Layers that are made and never run, as if what they take came in: what they hold counts."""
        for layer in self.network.unused:
            taken = _taken(layer)
            try:
                done = self.fresh(layer, (taken,)) if taken is not None else None
            except (Mismatch, NoSize):
                done = None
            if done is not None:
                yield done

    def told_by_next(self, layer: Layer) -> Shape | None:
        """What a layer that is not known gives, if the next one says what it takes: its channels, spatial sizes being
        letters.
        """
        after = next((other for other in self.network.layers if layer.name in other.reads and other.kind), None)
        return None if after is None else _taken(after, layer.name)

    # ---- one layer

    def layer(self, layer: Layer) -> Done:
        """A layer worked out; one that stood before, with the same settings on the same shapes, comes out the same."""
        inputs = tuple(self.shapes[name] for name in layer.reads)
        layer = meant(layer, inputs[0]) if inputs else layer
        key = layer.kind, tuple(layer.settings.items()), inputs, layer.copies
        if key in self.alike and layer.claim is None and not layer.claims:
            done = replace(self.alike[key], layer=layer)
        else:
            told = len(self.problems), len(self.bound), len(self.constraints)
            done = self.repeated(layer, inputs) if layer.copies else self.fresh(layer, inputs)
            if told == (len(self.problems), len(self.bound), len(self.constraints)) and not _asks(done):
                self.alike[key] = done
        if layer.tied:
            done = tied(done, layer)
        if layer.shares and done.counted is not None:
            shared: Prose = (f"the weights are those of {layer.shares}, counted there",)
            return replace(done, weights=ZERO, biases=ZERO, buffers=ZERO, counted=None, notes=(*done.notes, shared))
        return done

    def repeated(self, layer: Layer, inputs: tuple[Shape, ...]) -> Done:
        """A layer on each part of a sample by itself, as the pictures of a film."""
        done = self.fresh(layer, tuple(shape[1:] for shape in inputs))
        count = Num(str(layer.copies))
        macs = done.macs
        if macs is not None:
            macs = Cell(macs.formula, multiply(count, macs.line), product([count, macs.value]))
        notes: tuple[Prose, ...] = (*done.notes, (f"it works on {layer.copies} parts of each sample side by side",))
        return replace(
            done, inputs=inputs, output=(count, *done.output), macs=macs, adds=product([count, done.adds]), notes=notes
        )

    def fresh(self, layer: Layer, inputs: tuple[Shape, ...]) -> Done:
        """Settings, what must hold, sizes, counts, in this order."""
        row = BY_LAYER_NAME[layer.kind]
        row = replace(row, **row.single) if self.single else row
        self.notes = []
        joined = self.joined(row, layer, inputs)
        shape = self.flattened(row, layer, joined)
        flattened = len(shape) < len(joined)
        # the last axis of a map with channels last is that of its channels, which stand first here
        turned = self.network.layout == "HWC" and bool(row.last or row.append or row.shape or row.split)
        shape = (*shape[1:], shape[0]) if turned else shape
        env, axes = self.settled(row, layer, shape)
        env |= {Sym(f"F{place}"): entry[-1] for place, entry in enumerate(inputs, start=1)}
        if row.along is not None:
            env[Sym("A")] = axis_size(env[Sym(row.along[0])], shape)
        before = len(self.problems)
        self.require(row, layer, env, axes, shape)
        env = {name: substitute(value, self.values) for name, value in env.items()}
        sizes, helpers = self.sizes(row, axes)
        comes = output_of(row, env, shape, sizes)
        output = comes.shape
        output = (output[-1], *output[:-1]) if turned else output
        output = self.stated(layer, output, sizes, axes, self.wanted(row, layer, shape, output))
        if any((number(size) or 0) > MOST for size in output):
            raise Mismatch("a size is larger than 10^15")
        if any(extent(size)[1] > DEEPEST for size in output):
            letters = dict.fromkeys(text(name) for size in output for name in names(size))
            raise Mismatch(
                "its size is too long to be written with letters", f"--set {next(iter(letters))}=... gives them values"
            )
        output = output[-1:] if row.last and len(self.problems) > before else output  # as if a Flatten stood before it
        env |= {Sym("O"): _numbers(output[1:]), Sym("S"): _numbers(shape[1:])}
        cells = {name: cell(written, env) for name, written in self.counts(row, env).items() if written}
        weights, biases, buffers, adds = (
            cells[name].value if name in cells else ZERO for name in ("weights", "biases", "buffers", "adds")
        )
        for claim in layer.claims:
            counted = cells.get("counted" if claim.what == "parameters" else claim.what)
            if counted is not None:
                self.constrain(layer, counted.line, claim.sides[-1])
        return Done(
            layer, row, env, axes, inputs, output, sizes, helpers, cells.get("counted"), weights, biases, buffers, adds,
            cells.get("macs"), arrays_of(row, env, weights, biases), comes.channels, comes.merged, tuple(self.notes),
            flattened,
        )  # fmt: skip

    def settled(self, row: Row, layer: Layer, shape: Shape) -> tuple[dict[Expr, Expr], tuple[Mapping[Expr, Expr], ...]]:
        """The settings with what is known by now, for the whole layer and along each axis."""
        settings = settings_of(row, layer, shape, self.values, self.keeps_size(row), self.biases)
        return whole(row, settings, shape), along_axes(row, layer, settings, shape)

    def flattened(self, row: Row, layer: Layer, shape: Shape) -> Shape:
        """A printed model does not show where it flattens: it does before a layer of the last axis that takes as many
        features.
        """
        wants = next((layer.settings[name] for name in row.given if name in layer.settings), None)
        if (
            not self.network.printed
            or not row.last
            or row.merge
            or len(shape) == 1
            or wants != product(shape)
            or wants == shape[-1]
        ):
            return shape
        self.notes.append(
            (f"a Flatten is inserted before it: {shown_shape(shape)} are the {text(product(shape))} features it takes",)
        )
        return (product(shape),)

    def stated(
        self, layer: Layer, shape: Shape, sizes: Sequence[Cell], axes: Sequence[Mapping[Expr, Expr]], wanted: Shape
    ) -> Shape:
        """The output, where letters are left in it as the listing states it."""
        if len(wanted) != len(shape):
            return shape
        channels = len(shape) - len(sizes)
        found = []
        for place, (size, stated) in enumerate(zip(shape, wanted, strict=True)):
            if place >= channels and integer(size) is None:
                line, env = sizes[place - channels].line, axes[place - channels]
                self.roles |= {
                    env[Sym(name)]: name for name in reversed([*RANGES]) if isinstance(env.get(Sym(name)), Sym)
                }
                onwards = self.constrain(layer, line, stated, env=env)
                found.append(size if onwards == line else onwards)
            else:
                found.append(self.constrain(layer, size, stated))
        return tuple(found)

    def joined(self, row: Row, layer: Layer, inputs: Sequence[Shape]) -> Shape:
        """The shape that a layer works on; that its inputs differ is said."""
        if len(inputs) == 1 or row.told or not row.several:
            return inputs[0] if inputs else (Num("1"),)
        found = joined(row, settings_of(row, layer, inputs[0], self.values, False, self.biases), inputs)
        if not row.stacks and not row.separate and len(set(inputs)) > 1:
            self.notes.append((f"broadcast: the shapes {all_shapes(inputs)} differ, and the smaller is repeated",))
        return found

    def wanted(self, row: Row, layer: Layer, shape: Shape, output: Shape) -> Shape:
        """The shape that must come out, where the listing says so: beside the layer, or by a line ``same: Conv2d``."""
        if self.keeps_size(row):
            return (output[0], *shape[1:])
        return tuple(settle(size, self.values) for size in layer.claim or ())

    def keeps_size(self, row: Row) -> bool:
        """Does the listing say ``same: Conv2d`` of this kind of layer?"""
        return bool(row.axes) and self.network.options.get("same", "") in (row.name, *row.aliases)

    # ---- sizes

    def sizes(
        self, row: Row, axes: Sequence[Mapping[Expr, Expr]]
    ) -> tuple[tuple[Cell, ...], tuple[tuple[str, Cell], ...]]:
        """The size after along each axis, and the helpers that a reader does not see in the settings."""
        found: list[Cell] = []
        helpers: dict[tuple[str, Cell], None] = {}
        for env in axes if row.size else ():
            if SAME in env.values() and not row.same:
                raise Mismatch(f"{row.word} has no padding='same'")
            size = cell(row.same if SAME in env.values() else row.size, env)
            size = undivided(size, env) if self.divides else size
            for name, written in row.helpers.items():
                helper = cell(written, env)
                if helper.value != env.get(Sym("k")):
                    helpers[name, helper] = None
            count = integer(size.value)
            if count is not None and count < 1:
                raise Mismatch(f"nothing is left of the size {text(env[Sym('n')])}: {text(size.line)} = {count}")
            lost = left_over(env, size) if not row.axes_in else ()
            if row.dropped and integer(settle(formula(row.dropped), env)):
                lost = ("a last window along an axis would start in the padding and is left out",)
            if lost and lost not in self.notes:
                self.notes.append(lost)
            found.append(size)
        return tuple(found), tuple(helpers)

    def counts(self, row: Row, env: Mapping[Expr, Expr]) -> dict[str, str]:
        """The formulas for what a layer holds, without biases where it has none."""
        if env.get(Sym("b")) == ZERO:
            return {"weights": row.weights, "counted": row.weights, "buffers": row.buffers, "macs": row.macs}
        counted = row.counted or (f"{row.weights} + {row.biases}" if row.biases else row.weights)
        shared = {"buffers": row.buffers, "macs": row.macs, "adds": row.adds}
        return {"weights": row.weights, "biases": row.biases, "counted": counted, **shared}


def tied(done: Done, layer: Layer) -> Done:
    """A layer without the weights that it has in common with another, where they are counted."""
    parts = [done.arrays[name] for name in layer.tied if name in done.arrays]
    rest = settle(formula("W - T"), {Sym("W"): done.weights, Sym("T"): total([product(sizes) for sizes in parts])})
    said: list[Prose] = [(f"its {name} is that of {other}, counted there",) for name, other in layer.tied.items()]
    return replace(done, weights=rest, counted=None, notes=(*done.notes, *said))


def _taken(layer: Layer, name: str = "") -> Shape | None:
    """What a layer says that it takes: its channels or features, spatial sizes being letters."""
    row = BY_LAYER_NAME[layer.kind]
    taken = next((layer.settings[name] for name in row.given if name in layer.settings), None)
    if row.trailing and row.trailing in layer.settings:
        value = layer.settings[row.trailing]
        return value.items if isinstance(value, Array) else (value,)
    if taken is None:
        return (Sym(f"n_{name or layer.name}"),) if row.append or row.told else None
    rank = row.axes + 1 if row.axes else (row.ranks or (1,))[0]
    letters = tuple(Sym(f"n{axis}_{name or layer.name}") for axis in range(1, rank))
    return (*letters, taken) if row.last else (taken, *letters)


def _asks(done: Done) -> bool:
    """Is a setting of a layer left unknown?"""
    return any(done.env.get(Sym(name)) == own_unknown(name, done.layer) for name, _, _ in signature(done.row))


def _numbers(sizes: Sequence[Expr]) -> Expr:
    return Array(tuple(sizes)) if sizes else Array((Num("1"),))
