"""A network as lines: each layer's sizes, counts and receptive field by the formulas of its row, whose letters are told
apart from layer to layer; each layer reads the sizes of the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from stepper.core.expr import Call, Expr, Num, Number, Sym, add, add_all, multiply
from stepper.core.formula import text
from stepper.core.network import Shape
from stepper.engine.answers.finding.layer_letters import Letters, put
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.layers.cell import chosen
from stepper.engine.layers.facts import TOTAL, Facts
from stepper.engine.layers.receptive_field import growth
from stepper.engine.layers.result import Done
from stepper.engine.layers.settings import SAME, ZERO
from stepper.engine.layers.sizes import formula, integer, number, product, settle
from stepper.engine.values.vocabulary import PLAIN
from stepper.tables.mistake import Of, Role
from stepper.tables.mistakes_in_shapes import BIASES, KERNEL, PADDED, POSITIONS, SCALE, WEIGHTS

AXES = ("channels", "height", "width")
SUMMED = ("weights", "biases", "params", "macs", "flops", "numbers")
"""What all layers have together, by the words for it."""
ONE, TWO = Num("1"), Num("2")
PARTS_TOLD: Mapping[str, Callable[[Done], bool]] = {
    BIASES: lambda done: done.biases != ZERO,
    WEIGHTS: lambda done: done.weights != ZERO,
    SCALE: lambda done: done.row.weights == done.row.biases and ZERO not in (done.weights, done.biases),
    KERNEL: lambda done: (grown := growth(done)) is not None and grown[0] > 1,
    POSITIONS: lambda done: product(_places(done)) != ONE,
    PADDED: lambda done: any(SAME in env.values() for env in done.axes),
}
"""How the parts that mistakes need are told from a layer's row and numbers."""


def _places(done: Done) -> Shape:
    """The axes along which a layer does the same again."""
    shape = done.output if done.sizes else done.inputs[0]
    return shape[:-1] if done.row.last else shape[1:]


def key(what: str, name: str) -> str:
    """The line of one of a layer's numbers."""
    return text(Call(what, (Sym(name),)))


_AXIS = re.compile(r"^(?:height|width|axis\d+)(?=\W)|\.\d+$")
"""What tells the axes apart in the names of leaves."""


def axis(place: int, rank: int) -> str:
    """What an axis of a shape is called."""
    return "features" if rank == 1 else AXES[place] if place < len(AXES) else f"axis{place + 1}"


def calculation(facts: Facts, layers: Sequence[Done]) -> Calculation:
    """The lines of some layers, and of all together where they are all.

    A layer whose row does not tell its shape by formulas that can be followed gives it as numbers.
    """
    untold: set[str] = set()
    while True:
        made = _Lines(facts, layers, untold)
        found = Calculation(made.lines.values(), made.leaves, PLAIN, counts=True)
        wrong = {done.layer.name for done in layers if _differs(done, made, found)} - untold
        if not wrong:
            found.shown.update(made.shown)
            found.held.update(made.held)
            found.tied.update(_tied(made.leaves))
            return found
        untold |= wrong


def _tied(leaves: Mapping[str, Number]) -> dict[str, str]:
    """Sizes and settings that are the same along several axes."""
    first: dict[tuple[str, Number], str] = {}
    return {name: first.setdefault((_AXIS.sub("", name), number), name) for name, number in leaves.items()}


def _differs(done: Done, made: _Lines, found: Calculation) -> bool:
    """Do the lines of a layer come to another shape?"""
    sizes = [found.numbers.get(text(size)) for size in made.axes[done.layer.name]]
    right = [number(size) for size in done.output]
    return len(sizes) != len(right) or any(
        known is not None and (size is None or float(size) != float(known))
        for size, known in zip(sizes, right, strict=True)
    )


class _Lines:
    """What is collected on the way through the layers."""

    def __init__(self, facts: Facts, layers: Sequence[Done], untold: Collection[str]) -> None:
        self.facts, self.untold = facts, untold
        self.lines: dict[str, Line] = {}
        self.leaves: dict[str, Number] = {}
        self.shown: dict[Expr, Expr] = {}
        self.held: dict[str, Expr] = {}
        self.axes: dict[str, tuple[Expr, ...]] = {}
        for done in layers:
            _Layer(self, done).run()
        if len(layers) == len(facts.worked.network.layers):
            self.totals(layers)

    def leaf(self, name: str, value: Expr) -> Sym:
        """A number that nothing here is worked out for; where it is a letter, what reads it has no number."""
        found = number(value)
        if found is not None:
            self.leaves[name] = found
        return Sym(name)

    def read(self, name: str, shape: Shape) -> tuple[Expr, ...]:
        """The axes of what a layer reads: lines, or numbers where it is before the first of them."""
        if name not in self.axes:
            self.axes[name] = tuple(
                self.leaf(key(axis(place, len(shape)), name), size) for place, size in enumerate(shape)
            )
        return self.axes[name]

    def totals(self, layers: Sequence[Done]) -> None:
        for what in SUMMED:
            terms: list[Expr] = [Sym(name) for done in layers if self.holds(name := key(what, done.layer.name))]
            for done in self.facts.worked.unused:
                count = {"weights": done.weights, "biases": done.biases, "params": done.parameters}.get(what, ZERO)
                if count != ZERO:
                    terms.append(self.leaf(key(what, done.layer.name), count))
            if terms:
                name = key(what, TOTAL)
                self.lines[name] = Line(name, Call(what, (Sym(TOTAL),)), add(*terms), "total", "", TOTAL)

    def holds(self, name: str) -> bool:
        """Has a layer some of what is added? A window has nothing to learn, and is often thought to."""
        line = self.lines.get(name)
        return line is not None and (line.formula != ZERO or (line.role == "parameters" and KERNEL in line.parts))


class _Layer:
    def __init__(self, made: _Lines, done: Done) -> None:
        self.made, self.done, self.row = made, done, done.row
        self.name = done.layer.name
        self.parts = frozenset(part for part, told in PARTS_TOLD.items() if told(done))
        self.reads = [made.read(name, shape) for name, shape in zip(done.layer.reads, done.inputs, strict=True)]
        self.turned = made.facts.worked.network.layout == "HWC" and bool(
            self.row.last or self.row.append or self.row.shape or self.row.split
        )
        self.letters = Letters(made.lines, made.leaves, made.shown, done, self.joined(), self.reads)
        made.held |= self.letters.held

    def run(self) -> None:
        self.sizes()
        if not self.done.layer.shares:
            self.counts()
        self.field()

    def line(
        self, what: str, formula: Expr, of: Of, role: Role, letters: Mapping[Expr, Expr], written: str = ""
    ) -> Sym:  # fmt: skip
        known = {text(letter): expr for letter, expr in letters.items()}
        shown = Call(what, (Sym(self.name),))
        name = text(shown)
        self.made.lines[name] = Line(
            name, shown, formula, of, role, self.name, letters=known, written=written, parts=self.parts
        )
        return Sym(name)

    # ---- shapes

    def joined(self) -> tuple[Expr, ...]:
        """The axes that the layer works on."""
        axes = self.stacked() if len(self.reads) > 1 else self.reads[0]
        if self.done.flattened:
            return (multiply(*axes),)
        return (*axes[1:], axes[0]) if self.turned else axes

    def stacked(self) -> tuple[Expr, ...]:
        """Of several inputs: along one axis their sum; else the largest of each, counted from the last."""
        first = self.reads[0]
        if self.row.stacks:
            env = {**self.done.env, Sym("rank"): Num(str(len(first)))}
            place = integer(settle(formula(self.row.stacks), env)) or 0
            return (*first[:place], add(*(axes[place] for axes in self.reads)), *first[place + 1 :])
        if self.row.separate:
            return first
        rank = max(map(len, self.reads))
        found = []
        for place in range(1, rank + 1):
            known = [
                (number(shape[-place]) or 0, -turn)
                for turn, shape in enumerate(self.done.inputs)
                if len(shape) >= place
            ]
            found.append(self.reads[-max(known)[1]][-place])
        return tuple(reversed(found))

    def sizes(self) -> None:
        """A line for each axis, and their product."""
        output = self.done.output
        given = self.name in self.made.untold
        axes = [] if given else self.followed()
        if len(axes) != len(output):
            axes = [(self.made.leaf(f"{axis(place, len(output))}@{self.name}", size), "numbers", {}, "")
                    for place, size in enumerate(output)]  # fmt: skip
        symbols = [Sym(key(axis(place, len(output)), self.name)) for place in range(len(output))]
        self.made.axes[self.name] = tuple(symbols)
        for place, (expr, role, letters, written) in enumerate(axes):
            self.line(axis(place, len(output)), expr, "size", role, letters, written)
        self.line("numbers", multiply(*symbols), "count", "numbers", {})
        self.letters.after(symbols)

    def followed(self) -> list[tuple[Expr, Role, Mapping[Expr, Expr], str]]:
        """The formula of each axis, what kind of axis it is, and its letters; channels and sizes, then axes merged,
        added or set.
        """
        row, done, whole = self.row, self.done, self.letters.whole
        if row.split is not None or row.shape:
            return []
        entering = self.letters.entering
        channels = formula(row.channels) if row.channels else None
        first = entering[0] if channels is None else put(channels, whole)
        found: list[tuple[Expr, Role, Mapping[Expr, Expr], str]] = [
            (first, "channels" if row.channels else "numbers", whole, row.channels)
        ]
        if done.sizes:
            found += [
                (put(cell.formula, along), "spatial", along, text(cell.formula))
                for cell, along in zip(done.sizes, self.letters.along, strict=True)
            ]
        else:
            found += [(size, "numbers", whole, "") for size in entering[1:]]
        if row.merge is not None:
            start, end = (self.place(word, len(found)) for word in row.merge)
            merged = multiply(*(expr for expr, *_ in found[start : end + 1]))
            found[start : end + 1] = [(merged, "features", whole, "N")]
        if row.along is not None:
            at, after = self.place(row.along[0], len(found)), row.along[1]
            letters = {**whole, Sym("A"): self.letters.own("A", found[at][0])}
            found[at] = (put(chosen(formula(after), done.env), letters), "numbers", letters, after)
        if row.last:
            found[-1] = (put(formula(row.last), whole), "numbers", whole, row.last)
        if row.append:
            found.append((put(formula(row.append), whole), "numbers", whole, row.append))
        return [found[-1], *found[:-1]] if self.turned else found

    def place(self, word: str, rank: int) -> int:
        """An axis, counted with the batch as axis 0 or from the end, as a place in a shape without the batch."""
        found = integer(settle(formula(word), self.done.env))
        return 0 if not found else found - 1 if found > 0 else rank + found

    # ---- counts

    def counts(self) -> None:
        row, done, whole = self.row, self.done, dict(self.letters.whole)
        count = self.made.facts.how
        whole |= {Sym(what): Sym(key(what, self.name)) for what in ("weights", "biases", "macs")}
        adds = self.letters.own("adds", put(self.case(row.adds), whole) if done.biases != ZERO else ZERO)
        whole[Sym("adds")] = adds
        parts: list[tuple[str, Role, str]] = [
            ("weights", "weights", row.weights if done.weights != ZERO else ""),
            ("biases", "biases", row.biases if done.biases != ZERO else ""),
            ("macs", "macs", row.macs if done.macs is not None else ""),
        ]
        for what, role, written in parts:
            case = self.case(written)
            expr = put(case, whole)
            if what == "macs" and count.bias_adds:
                expr = add(expr, adds)
            self.line(what, expr, "count", role, whole, text(case))
        twice = multiply(TWO, whole[Sym("macs")])
        self.line("flops", add_all([("+", twice), ("-", adds)]) if count.bias_adds else twice, "count", "numbers", {})
        both = add(Sym(key("weights", self.name)), Sym(key("biases", self.name)))
        written = text(done.counted.formula) if done.counted is not None else ""
        self.line("params", both if done.parameters != ZERO else ZERO, "count", "parameters", whole, written)

    def case(self, written: str) -> Expr:
        return chosen(formula(written), self.done.env) if written else ZERO

    # ---- what a unit sees

    def field(self) -> None:
        """Along the first spatial axis, where what is read is one layer that does not see all."""
        done, facts = self.done, self.made.facts
        known = facts.seen.get(self.name)
        if len(done.layer.reads) != 1 or known is None or known.whole:
            return
        (before,) = done.layer.reads
        seen = facts.seen.get(before)
        if seen is None or seen.whole:
            return
        parts = {"rf": seen.size, "jump": seen.jump, "start": seen.start}
        for what, value in parts.items():
            name = key(what, before)
            if name not in self.made.lines:
                self.made.leaves.setdefault(name, value)
                self.made.shown[Sym(name)] = Call(what, (Sym(before),))
        come = {what: Sym(key(what, before)) for what in parts}
        if isinstance(self.row.receptive, str) or not self.letters.along:
            for what in parts:
                self.line(what, come[what], "field", "numbers", {})
            return
        along = self.letters.along[0]
        kernel, stride, padding = (put(chosen(formula(written), done.axes[0]), along) for written in self.row.receptive)
        letters: dict[Expr, Expr] = {
            **along, Sym("r"): self.letters.own("r", come["rf"], "before"),
            Sym("j"): self.letters.own("j", come["jump"], "before"),
            Sym("K"): kernel, Sym("s"): stride, Sym("p"): padding,
        }  # fmt: skip
        roles: tuple[tuple[str, str, Role], ...] = (
            ("rf", "r + (K - 1)*j", "reach"), ("jump", "j*s", "jump"), ("start", "b - p*j", "numbers"),
        )  # fmt: skip
        for what, written, role in roles:
            expr = put(formula(written), {**letters, Sym("b"): come["start"]})
            self.line(what, expr, "field", role, letters, written)
