"""Facts about a worked network by key: ``shape(a)``, ``params(total)``, ``macs(c1)``, ``rf(l3)``, ``jump(l3)``, or
a letter such as k.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from stepper.core.expr import Array, Call, Expr, Neg, Product, Sum, Sym, Value
from stepper.core.formula import text
from stepper.core.network import SHAPE, Shape
from stepper.core.traverse import names, transform
from stepper.engine.layers.counting import Count, both_counts, totals_of
from stepper.engine.layers.reach import Reach, reaches
from stepper.engine.layers.receptive_field import Field, fields
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.sizes import literal, product, settle
from stepper.engine.values.polynomial import NoSize
from stepper.errors import Problem, StepperError, nearest

TOTAL = "total"
COUNTS: Mapping[str, str] = {
    "params": "parameters", "parameters": "parameters", "weights": "weights", "biases": "biases", "buffers": "buffers",
    "macs": "macs", "flops": "flops", "numbers": "memory",
}  # fmt: skip
HELD = ("parameters", "weights", "biases", "buffers")
"""What a layer holds as it is written, whether it fits or not."""
UNITS = "units"
FIELDS: Mapping[str, str] = {"rf": UNITS, "field": UNITS, "jump": "jump", "start": "start"}
LETTERED = (UNITS, "jump")
AXES = ("height", "width")


class NotWorked(StepperError):
    """A layer that the listing has, and that could not be worked out."""


class Facts:
    """What is known of a worked network."""

    def __init__(self, worked: Worked, count: Count | None = None) -> None:
        self.worked, self.how = worked, count or Count()
        # a key is a formula, in which layer1.0.conv1 is written layer1_0_conv1
        self.by_name = {
            name: done for done in worked.layers for name in (done.layer.name.replace(".", "_"), done.layer.name)
        }

    @property
    def beyond(self) -> Mapping[str, Done]:
        """Layers that do not fit."""
        return {done.layer.name: done for done in self.worked.beyond}

    @cached_property
    def seen(self) -> Mapping[str, Field | None]:
        return fields(self.worked.layers)

    @cached_property
    def lettered(self) -> Mapping[str, Reach | None]:
        """What depends on letters."""
        return reaches(self.worked.layers) if None in self.seen.values() else {}

    def fact(self, key: Expr) -> Shape | Expr | None:
        """A shape, or a number as a formula; None where it is not known.

        Raises:
            StepperError: where the key is none, or names no layer.
        """
        match key:
            case Call(what, (name,)) if what == SHAPE:
                return self.layer(text(name)).output
            case Call(what, (name,)) if what in FIELDS:
                return self.field(self.layer(text(name)), FIELDS[what])
            case Call(what, (name,)) if what in AXES:
                shape = self.layer(text(name)).output
                return shape[AXES.index(what) + 1] if len(shape) > AXES.index(what) + 1 else None
            case Call(what, (Sym(name),)) if what in COUNTS and name == TOTAL:
                if len(self.worked.layers) < len(self.worked.network.layers):
                    raise NotWorked(Problem("not every layer is worked out: the sizes do not fit"))
                return totals_of(self.worked, self.how)[COUNTS[what]]
            case Call(what, (name,)) if what in COUNTS:
                held = self.beyond.get(text(name)) if COUNTS[what] in HELD else None
                return self.count(held or self.layer(text(name)), COUNTS[what])
            case Call("choices", letters):
                return self.choices([letter for letter in letters if isinstance(letter, Sym)])
            case Call(what, (name,)) if what in self.layer(text(name)).arrays:
                return self.layer(text(name)).arrays[what]
            case Sym():
                return self.letter(key)
            case Sum() | Product() | Neg():
                try:
                    return settle(transform(key, self.put), {})
                except NoSize:
                    raise StepperError(Problem(f"'{text(key)}' is not a number of this network")) from None
            case _:
                raise StepperError(
                    Problem(
                        f"'{text(key)}' is not an answer about a network",
                        hint="such as shape(a), params(total), rf(c2)",
                    )
                )

    def field(self, done: Done, what: str) -> Expr | None:
        """What a unit sees of the input's first spatial axis, at most all of it; how far apart units are, and where the
        first begins.
        """
        field, shape = self.seen.get(done.layer.name), self.worked.network.input
        assert shape is not None  # without an input nothing is worked
        reach = self.lettered.get(done.layer.name) if field is None else None
        if reach is not None and not reach.whole and what in LETTERED:
            return reach.size if what == UNITS else reach.jump
        if field is None or (field.whole and what != UNITS):
            return None
        return shape[min(1, len(shape) - 1)] if field.whole else Value(Fraction(getattr(field, what)))

    def sees_all(self, done: Done) -> bool:
        """Does a unit of the layer see the whole input?"""
        field = self.seen.get(done.layer.name)
        return field is not None and field.whole

    def letter(self, letter: Sym) -> Expr | None:
        """What a letter of the listing is, where that is settled.

        Raises:
            StepperError: where the listing has no such letter.
        """
        if letter not in self.letters:
            words = [text(known) for known in self.letters]
            near = nearest(letter.name, {*COUNTS, *FIELDS, *AXES, *words} - {letter.name})
            hint = near or "such as shape(a), params(total), rf(c2)"
            raise StepperError(
                Problem(
                    f"'{letter.name}' is neither a letter of this network nor a number of one of its layers", hint=hint
                )
            )
        return self.worked.known.get(letter)

    @cached_property
    def letters(self) -> Mapping[Expr, None]:
        """The letters of the listing."""
        sizes = [
            size
            for shape in (self.worked.network.input or (), *(done.output for done in self.worked.layers))
            for size in shape
        ]
        settings = [value for layer in self.worked.network.layers for value in layer.settings.values()]
        unknowns = [letter for solution in self.worked.solved for letter in solution.unknowns]
        return dict.fromkeys(
            [name for part in (*sizes, *settings, *unknowns, *self.worked.known) for name in names(part)]
        )

    def choices(self, letters: Sequence[Sym]) -> Expr | None:
        """All that some letters may be, one choice after the other, each in the order of the letters."""
        for solution in self.worked.solved:
            if set(letters) <= set(solution.unknowns):
                places = [solution.unknowns.index(letter) for letter in letters]
                return Array(
                    tuple(Array(tuple(literal(choice[place]) for place in places)) for choice in solution.choices)
                )
        return None

    def put(self, part: Expr) -> Expr | None:
        """A fact inside arithmetic, as its number."""
        found = self.fact(part) if isinstance(part, Call) else None
        return None if isinstance(found, tuple) else found

    def count(self, done: Done, what: str) -> Expr:
        """One of a layer's numbers."""
        found = {"parameters": done.parameters, "weights": done.weights, "biases": done.biases, "buffers": done.buffers}
        found |= both_counts(done, self.how)
        return found[what] if what in found else product(done.output)

    def layer(self, name: str) -> Done:
        """A layer by its name.

        Raises:
            StepperError: where there is none.
        """
        if name not in self.by_name and name in {layer.name for layer in self.worked.network.layers}:
            raise NotWorked(Problem(f"{name} is not worked out: the sizes do not fit up to it"))
        if name not in self.by_name:
            raise StepperError(Problem(f"'{name}' is not a layer of this network", hint=nearest(name, self.by_name)))
        return self.by_name[name]
