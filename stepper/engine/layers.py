"""A network worked out layer by layer: what comes in, what goes out, what it holds, and every number with its formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stepper.core.expr import COMPARE, Array, Expr, Num, Sym, Where, names, substitute
from stepper.core.formula import text
from stepper.core.network import INPUT, Layer, Network, Shape
from stepper.core.steps import Prose
from stepper.engine.sizes import NoSize, formula, integer, product, settle
from stepper.engine.solve import RANGES, Solution, solutions
from stepper.errors import Problem, StepperError
from stepper.rules.layer import SYMBOLS
from stepper.rules.layer import Layer as Row
from stepper.rules.layers import BY_LAYER_NAME

UNKNOWN = Sym("?")
SAME, VALID, NOTHING = Sym("same"), Sym("valid"), Sym("None")
ZERO = Num("0")
LONGEST_SHOWN = 60
FREE = ("s", "p")
"""What is asked for beside an unknown kernel where a listing says only that the size stays."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number and how it came about: the formula with its numbers put in, and the value."""

    formula: Expr
    line: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Done:
    """One layer worked out. ``sizes`` are the cells of its spatial axes, ``helpers`` what they used."""

    layer: Layer
    row: Row
    env: Mapping[Expr, Expr]
    axes: tuple[Mapping[Expr, Expr], ...]
    inputs: tuple[Shape, ...]
    output: Shape
    sizes: tuple[Cell, ...] = ()
    helpers: tuple[tuple[str, Cell], ...] = ()
    counted: Cell | None = None
    weights: Expr = ZERO
    biases: Expr = ZERO
    buffers: Expr = ZERO
    macs: Cell | None = None
    notes: tuple[Prose, ...] = ()
    adds: Expr = ZERO

    @property
    def parameters(self) -> Expr:
        return settle(formula("w + b"), {Sym("w"): self.weights, Sym("b"): self.biases})


@dataclass(frozen=True)
class Worked:
    """A network worked out as far as it goes. ``bound`` are unknowns that a neighbour settles, with the reason."""

    network: Network
    layers: tuple[Done, ...]
    bound: Mapping[Expr, tuple[Expr, Prose]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    solved: tuple[Solution, ...] = ()


class Mismatch(Exception):
    """What must hold of a layer does not."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


def work(network: Network, given: Mapping[str, Expr], biases: bool = True) -> Worked:
    """Works every layer out, as far as sizes fit; without ``biases`` as if no layer had any.

    Raises:
        StepperError: where there is no input shape.
    """
    if network.input is None:
        raise StepperError(Problem("the input's shape is missing", hint=_fitting_input(network)))
    try:
        working = _Working(network, given, biases)
    except NoSize as error:
        raise StepperError(Problem(f"the input's shape is no shape: {error}")) from None
    return working.run()


_SIGNATURES: dict[str, tuple[tuple[str, str, bool], ...]] = {}


def signature(row: Row) -> tuple[tuple[str, str, bool], ...]:
    """A row's settings, read once."""
    if row.name not in _SIGNATURES:
        _SIGNATURES[row.name] = row.signature()
    return _SIGNATURES[row.name]


def _fitting_input(network: Network) -> str:
    """What input the first layer would take."""
    first = network.layers[0]
    row = BY_LAYER_NAME[first.kind]
    wanted = next((value for name, value in first.settings.items() if SYMBOLS.get(name) == "inp"), None)
    channels = text(wanted) if wanted is not None and integer(wanted) is not None else "3"
    return (
        f"say it with --input {'x'.join([channels, *['224', '224', '224'][: row.axes]]) if row.axes else channels}, or a line 'input: ...'"
    )


class _Working:
    def __init__(self, network: Network, given: Mapping[str, Expr], biases: bool) -> None:
        self.network, self.biases = network, biases
        self.values: dict[Expr, Expr] = {Sym(name): value for name, value in given.items()}
        self.bound: dict[Expr, tuple[Expr, Prose]] = {}
        assert network.input is not None
        self.shapes: dict[str, Shape] = {INPUT: tuple(settle(size, self.values) for size in network.input)}
        self.done: list[Done] = []
        self.notes: list[Prose] = []
        self.solved: list[Solution] = []
        self.alike: dict[object, Done] = {}
        self.problems: list[Problem] = []

    def run(self) -> Worked:
        """Works on after a mistake, as if the layer fitted, so that all mistakes are told; what is shown ends before the first."""
        for layer in self.network.layers:
            try:
                done = self.layer(layer)
            except Mismatch as error:
                self.fail(layer, error.what, error.hint)
                break
            except NoSize as error:
                self.fail(layer, f"no size comes of {error}", "")
                break
            if not self.problems:
                self.done.append(done)
            self.shapes[layer.name] = done.output
        return Worked(self.network, tuple(self.done), self.bound, tuple(self.problems), tuple(self.solved))

    def fail(self, layer: Layer, what: str, hint: str) -> None:
        shown = layer.text if len(layer.text) <= LONGEST_SHOWN else layer.text[: LONGEST_SHOWN - 1] + "…"
        self.problems.append(Problem(f"{layer.name}, {shown}: {what}", layer.place, hint))

    # ---- one layer

    def layer(self, layer: Layer) -> Done:
        """A layer worked out; one that stood before, with the same settings on the same shapes, comes out the same."""
        inputs = tuple(self.shapes[name] for name in layer.reads)
        key = (layer.kind, tuple(layer.settings.items()), inputs)
        if layer.claim is None and key in self.alike:
            return replace(self.alike[key], layer=layer)
        told = len(self.problems), len(self.bound), len(self.solved)
        done = self.fresh(layer, inputs)
        if layer.claim is None and told == (len(self.problems), len(self.bound), len(self.solved)) and not _asks(layer):
            self.alike[key] = done
        return done

    def fresh(self, layer: Layer, inputs: tuple[Shape, ...]) -> Done:
        row = BY_LAYER_NAME[layer.kind]
        shape = self.joined(row, inputs)
        self.notes = list(layer.notes)
        if self.network.printed and row.last and not row.merge and len(shape) > 1 and self.wants(row, layer) == product(shape):
            self.notes.append((f"a Flatten is put before it: {shown_shape(shape)} are the {text(product(shape))} features that it takes",))
            shape = (product(shape),)
        settings = self.settings(row, layer, shape)
        env = self.environment(row, settings, shape)
        axes = self.axes(row, settings, shape, layer)
        wanted = self.wanted(row, layer, shape)
        asked = {axes[0][Sym(name)]: name for name in reversed(list(RANGES)) if _is_unknown(axes[0].get(Sym(name)))} if axes else {}
        unknown = [name for name in RANGES if name in asked.values()]  # a stride that is the kernel is no unknown of its own
        if unknown and wanted:
            solution = solutions(row, layer, axes, unknown, wanted)
            self.solved.append(solution)
            if not solution.choices:
                raise Mismatch(f"no setting of {', '.join(unknown)} gives the size {shown_shape(wanted)}", "see the sizes that come near")
            for name, value in solution.values.items():
                symbol = axes[0][Sym(name)]
                self.values[symbol] = Num(str(value))
                self.bound[symbol] = (self.values[symbol], (f"the only one that fits {layer.name}",))
            settings = self.settings(row, layer, shape)
            env, axes = self.environment(row, settings, shape), self.axes(row, settings, shape, layer)
        before = len(self.problems)
        self.require(row, layer, env, axes)
        env = {name: substitute(value, self.values) for name, value in env.items()}
        env |= {Sym(SYMBOLS.get(name, name)): _each(env[Sym(name)], row.axes) for name, _, each in signature(row) if each and row.axes}
        sizes, helpers = self.sizes(row, settings, axes, shape)
        if unknown and wanted:
            sizes = tuple(Cell(cell.formula, cell.line, size) for cell, size in zip(sizes, wanted, strict=True))
        output = self.output(row, settings, env, shape, sizes)
        output = output[-1:] if row.last and len(self.problems) > before else output  # as if a Flatten stood before it
        env |= {Sym("O"): _numbers(output[1:] if len(output) > 1 else output), Sym("S"): _numbers(shape[1:])}
        cells = {name: _cell(written, env) for name, written in self.counts(row, env).items() if written}
        weights, biases, buffers = (cells[name].value if name in cells else ZERO for name in ("weights", "biases", "buffers"))
        return Done(
            layer, row, env, axes, inputs, output, sizes, helpers, cells.get("counted"), weights, biases, buffers, cells.get("macs"),
            tuple(self.notes), cells["adds"].value if "adds" in cells else ZERO,
        )  # fmt: skip

    def wants(self, row: Row, layer: Layer) -> Expr | None:
        """The features that a layer says it takes."""
        return next((layer.settings[name] for name in row.given if name in layer.settings), None)

    def joined(self, row: Row, inputs: Sequence[Shape]) -> Shape:
        """The shape that a layer works on; several inputs are added, or stacked along the channels."""
        first = inputs[0]
        if row.joins == "stack":
            if any(shape[1:] != first[1:] for shape in inputs):
                raise Mismatch(f"the shapes {_all(inputs)} cannot be stacked: they differ outside the channels")
            channels = settle(formula("sum(x)"), {Sym("x"): Array(tuple(shape[0] for shape in inputs))})
            return (channels, *first[1:])
        if any(shape != first for shape in inputs):
            if not all(_broadcasts(shape, first) for shape in inputs):
                raise Mismatch(f"the shapes {_all(inputs)} cannot be added")
            self.notes.append((f"broadcast: the shapes {_all(inputs)} differ, and the smaller is repeated",))
        return max(inputs, key=len)

    def settings(self, row: Row, layer: Layer, shape: Shape) -> dict[str, Expr]:
        """Every setting: as given, told by the input, by default; or unknown."""
        found: dict[str, Expr] = {}
        kernel = next((name for name, _, _ in signature(row) if SYMBOLS.get(name) == "k"), "")
        free = self.keeps_size(row) and layer.settings.get(kernel, UNKNOWN) == UNKNOWN
        for name, default, _ in signature(row):
            symbol = Sym(SYMBOLS.get(name, name))
            if name in layer.settings and layer.settings[name] != NOTHING:
                found[name] = substitute(layer.settings[name], self.values)
            elif name in row.given:
                source = shape[0] if row.given[name] == "C" else shape[-1]
                found[name] = source
            elif default and not (free and symbol.name in FREE):
                found[name] = formula(default)
            elif name in layer.settings or symbol in self.values:
                found[name] = self.values.get(symbol, symbol)
            else:
                found[name] = symbol
            if symbol == Sym("b") and not self.biases:
                found[name] = ZERO
            if found[name] == UNKNOWN or (found[name] == symbol and name not in layer.settings):
                # an unknown has a name that no other layer uses
                found[name] = self.values.get(Sym(f"{symbol.name}_{layer.name}"), Sym(f"{symbol.name}_{layer.name}"))
        return found

    def environment(self, row: Row, settings: Mapping[str, Expr], shape: Shape) -> dict[Expr, Expr]:
        env: dict[Expr, Expr] = {
            Sym("C"): shape[0], Sym("F"): shape[-1], Sym("N"): product(shape), Sym("T"): product(shape[:-1]),
        }  # fmt: skip
        for name, value in settings.items():
            env[Sym(name)] = env[Sym(SYMBOLS.get(name, name))] = value
        for name, written in row.helpers.items():
            if not row.axes:
                env[Sym(name)] = settle(formula(written), env)
        return env

    def axes(self, row: Row, settings: Mapping[str, Expr], shape: Shape, layer: Layer) -> tuple[Mapping[Expr, Expr], ...]:
        """For each spatial axis the settings that hold along it."""
        count = row.axes or max(0, len(shape) - 1)
        if not (row.size or row.receptive) or (not row.axes and not row.size):
            return ()
        if len(shape) != count + 1:
            hint = f"it wants channels and {count} spatial axes"
            raise Mismatch(f"it gets {shown_shape(shape)}, an input of {len(shape)} axes", hint)
        found = []
        for place in range(count):
            env: dict[Expr, Expr] = {Sym("n"): shape[place + 1], Sym("C"): shape[0]}
            for name, _, each in signature(row):
                value = settings[name]
                if each and isinstance(value, Array):
                    if len(value.items) not in (count, 2 * count):
                        raise Mismatch(f"{name} has {len(value.items)} entries for {count} axes")
                    value = value.items[place]
                env[Sym(SYMBOLS.get(name, name))] = value if value != VALID else ZERO
            for name, default, _ in signature(row):  # a default may be another setting: a pool's stride is its kernel
                if default and name not in layer.settings and settings[name] == formula(default):
                    value = substitute(formula(default), env)
                    env[Sym(SYMBOLS.get(name, name))] = value if value != VALID else ZERO
            for name, written in row.helpers.items():
                env[Sym(name)] = settle(formula(written), env)
            found.append(env)
        return tuple(found)

    def require(self, row: Row, layer: Layer, env: Mapping[Expr, Expr], axes: Sequence[Mapping[Expr, Expr]]) -> None:
        """What must hold; an unknown on one side of an equality is settled by the other."""
        for condition, wrong in row.require:
            test = formula(f"where({condition}, 1, 0)")
            assert isinstance(test, Where)
            along = {Sym(SYMBOLS.get(name, name)) for name, _, each in signature(row) if each} | {Sym("n"), *map(Sym, row.helpers)}
            whole = not axes or not along.intersection(names(test))
            for place in [env] if whole else axes:
                if any(place.get(name) in (SAME, NOTHING) for name in names(test)):
                    continue
                left, right = (settle(substitute(settle(side, {**env, **place}), self.values), {}) for side in (test.left, test.right))
                if left == right and COMPARE[test.operator](0, 0):
                    continue
                low, high = integer(left), integer(right)
                if left == right or (low is not None and high is not None and not COMPARE[test.operator](low, high)):
                    what, hint = self.mismatch(row, layer, test, wrong, left, right)
                    if test.operator != "==":
                        raise Mismatch(what, hint)
                    self.fail(layer, what, hint)
                elif test.operator == "==" and (low is None or high is None):
                    self.bind(left, right, layer)

    def bind(self, left: Expr, right: Expr, layer: Layer) -> None:
        for symbol, value in ((left, right), (right, left)):
            if isinstance(symbol, Sym) and symbol not in names(value):
                self.values[symbol] = value
                self.bound[symbol] = (value, (f"by {layer.name}: {layer.text}",))
                return

    def mismatch(self, row: Row, layer: Layer, test: Where, wrong: str, left: Expr, right: Expr) -> tuple[str, str]:
        """Expected and got, where the number comes from, the smallest edit that fits."""
        shape = self.shapes[layer.reads[0]]
        source = "the input" if layer.reads[0] == INPUT else layer.reads[0]
        if test.operator == "==" and set(row.given) and not set(names(test.left)) - {Sym(SYMBOLS.get(name, name)) for name in row.given}:
            what = f"it wants {text(left)}, and gets {text(right)}: {wrong}; {source} gives {shown_shape(shape)}"
            return what, _edit(row, left, right, shape)
        return f"{wrong}: {text(test.left)} {test.operator} {text(test.right)} is {text(left)} {test.operator} {text(right)}", ""

    def wanted(self, row: Row, layer: Layer, shape: Shape) -> Shape:
        """The sizes that must come out, where the listing says so: beside the layer, or by a line ``same: Conv2d``."""
        if self.keeps_size(row):
            return shape[1:]
        return layer.claim[1:] if layer.claim is not None and len(layer.claim) == row.axes + 1 and row.axes else ()

    def keeps_size(self, row: Row) -> bool:
        """Does the listing say ``same: Conv2d`` of this kind of layer?"""
        return bool(row.axes) and self.network.options.get("same", "") in (row.name, *row.aliases)

    # ---- sizes

    def sizes(
        self, row: Row, settings: Mapping[str, Expr], axes: Sequence[Mapping[Expr, Expr]], shape: Shape
    ) -> tuple[tuple[Cell, ...], tuple[tuple[str, Cell], ...]]:
        if not row.size:
            return (), ()
        cells: list[Cell] = []
        helpers: list[tuple[str, Cell]] = []
        for env in axes:
            same = SAME in (settings.get("padding"), env.get(Sym("p")))
            written = formula(row.same if same and row.same else row.size)
            if same and row.same == "n" and integer(env[Sym("s")]) not in (1, None):
                raise Mismatch("padding='same' is not defined with a stride other than 1", "PyTorch refuses it; give a number, (k - 1)/2")
            cell = _cell_of(written, env)
            for name, helper in row.helpers.items():
                line = _cell(helper, env)
                if line.value != env.get(Sym("k")) and (name, line) not in helpers:
                    helpers.append((name, line))
            size = integer(cell.value)
            if size is not None and size < 1:
                raise Mismatch(f"nothing is left of the size {text(env[Sym('n')])}: {text(cell.line)} = {size}")
            lost = _lost(env, cell)
            if lost and lost not in self.notes:
                self.notes.append(lost)
            cells.append(cell)
        return tuple(cells), tuple(helpers)

    def output(self, row: Row, settings: Mapping[str, Expr], env: Mapping[Expr, Expr], shape: Shape, sizes: Sequence[Cell]) -> Shape:
        channels = settle(formula(row.channels), env) if row.channels else shape[0]
        found = (channels, *(cell.value for cell in sizes)) if sizes else (channels, *shape[1:])
        if row.merge is not None:
            first, last = (integer(settle(formula(word), env)) or 0 for word in row.merge)
            first, last = (first if first >= 0 else len(found) + 1 + first), (last if last >= 0 else len(found) + 1 + last)
            start, end = max(first - 1, 0), last
            found = (*found[:start], product(found[start:end]), *found[end:])
        if row.last:
            found = (*found[:-1], settle(formula(row.last), env))
        if row.append:
            found = (*found, settle(formula(row.append), env))
        if row.shape:
            target = env[Sym(row.shape)]
            found = target.items if isinstance(target, Array) else (target,)
        return tuple(found)

    def counts(self, row: Row, env: Mapping[Expr, Expr]) -> dict[str, str]:
        """The formulas for what a layer holds, without biases where it has none."""
        if env.get(Sym("b")) == ZERO:
            return {"weights": row.weights, "counted": row.weights, "buffers": row.buffers, "macs": row.macs}
        counted = row.counted or (f"{row.weights} + {row.biases}" if row.weights and row.biases else row.weights)
        shared = {"buffers": row.buffers, "macs": row.macs, "adds": row.adds}
        return {"weights": row.weights, "biases": row.biases, "counted": counted, **shared}


def _chosen(written: Expr, env: Mapping[Expr, Expr]) -> Expr:
    """The case of a definition that holds."""
    while isinstance(written, Where):
        low, high = (integer(settle(side, env)) for side in (written.left, written.right))
        if low is None or high is None:
            return written
        written = written.then if COMPARE[written.operator](low, high) else written.otherwise
    return written


def _cell(written: str, env: Mapping[Expr, Expr]) -> Cell:
    return _cell_of(formula(written), env)


def _cell_of(written: Expr, env: Mapping[Expr, Expr]) -> Cell:
    chosen = _chosen(written, env)
    line = substitute(chosen, env)
    return Cell(chosen, line, settle(line, {}))


def _lost(env: Mapping[Expr, Expr], cell: Cell) -> Prose:
    """How many rows of the input no window reaches."""
    numbers = [integer(env[Sym(name)]) for name in ("n", "K", "s", "p") if Sym(name) in env]
    out = integer(cell.value)
    known = [number for number in numbers if number is not None]
    if len(known) < 4 or out is None:
        return ()
    n, kernel, stride, padding = known
    unused = n + padding - ((out - 1) * stride + kernel)
    if unused <= 0:
        return ()
    return (f"the last {unused} of {n} along an axis are never used" if unused > 1 else f"the last of {n} along an axis is never used",)


def _each(value: Expr, count: int) -> Expr:
    """A setting as one entry for each axis."""
    return value if isinstance(value, Array) else Array((value,) * count)


def _asks(layer: Layer) -> bool:
    """Does a layer have unknowns of its own?"""
    return not all(
        integer(part) is not None for value in layer.settings.values() for part in (value.items if isinstance(value, Array) else (value,))
    )


def _is_unknown(value: Expr | None) -> bool:
    return isinstance(value, Sym) and value not in (SAME, VALID, NOTHING)


def _numbers(sizes: Sequence[Expr]) -> Expr:
    return Array(tuple(sizes)) if sizes else Array((Num("1"),))


def _broadcasts(one: Shape, other: Shape) -> bool:
    return len(one) == len(other) and all(a == b or Num("1") in (a, b) for a, b in zip(one, other, strict=True))


def shown_shape(shape: Shape) -> str:
    """``64x24x24``, for messages."""
    return "x".join(text(size) for size in shape)


def _all(shapes: Sequence[Shape]) -> str:
    return " and ".join(dict.fromkeys(map(shown_shape, shapes)))


def _edit(row: Row, left: Expr, right: Expr, shape: Shape) -> str:
    """The smallest change that makes a layer fit."""
    wanted, whole = integer(left), integer(product(shape))
    if wanted is None:
        return ""
    if whole == wanted and len(shape) > 1:
        return f"{' * '.join(text(size) for size in shape)} = {wanted} after a Flatten(): put one before it"
    if len(shape) == 3 and whole is not None:
        channels, height, width = (integer(size) for size in shape)
        for factor in (2, 3, 4):
            if channels and height and width and channels * (height // factor) * (width // factor) == wanted:
                return (
                    f"{wanted} = {channels} * {height // factor} * {width // factor}: "
                    f"a MaxPool2d({factor}) and a Flatten() are missing before it"
                )  # fmt: skip
        if row.last:
            return (
                f"after a Flatten() there are {' * '.join(text(size) for size in shape)} = {whole} features: write {row.name}({whole}, ...)"
            )
    return f"write {text(right)} for {text(left)}"
