"""Facts about a worked network by key: ``shape(a)``, ``params(total)``, ``macs(c1)``, ``rf(l3)``, ``jump(l3)``, or a letter such as k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from stepper.core.expr import Array, Call, Expr, Neg, Product, Sum, Sym, Value, transform
from stepper.core.formula import text
from stepper.core.network import SHAPE, Shape
from stepper.engine.counting import Count, operations, totals_of
from stepper.engine.done import Done, Worked
from stepper.engine.field import Field, fields
from stepper.engine.polynomial import NoSize
from stepper.engine.sizes import literal, product, settle
from stepper.errors import Problem, StepperError, nearest

TOTAL = "total"
COUNTS: Mapping[str, str] = {
    "params": "parameters", "parameters": "parameters", "weights": "weights", "biases": "biases", "buffers": "buffers", "macs": "macs",
    "numbers": "memory",
}  # fmt: skip
FIELDS: Mapping[str, str] = {"rf": "units", "field": "units", "jump": "jump", "start": "start"}
AXES = ("height", "width")


class Facts:
    """What is known of a worked network."""

    def __init__(self, worked: Worked, count: Count | None = None) -> None:
        self.worked, self.how = worked, count or Count()
        # a key is a formula, in which layer1.0.conv1 is written layer1_0_conv1
        self.by_name = {name: done for done in worked.layers for name in (done.layer.name.replace(".", "_"), done.layer.name)}

    @cached_property
    def seen(self) -> Mapping[str, Field | None]:
        return fields(self.worked.layers)

    def fact(self, key: Expr) -> Shape | Expr | None:
        """A shape, or a number as a formula; None where it is not known.

        Raises:
            StepperError: where the key is none, or names no layer.
        """
        match key:
            case Call(what, (name,)) if what == SHAPE:
                return self.layer(text(name)).output
            case Call(what, (name,)) if what in FIELDS:
                field = self.seen.get(self.layer(text(name)).layer.name)
                return None if field is None or field.whole else Value(Fraction(getattr(field, FIELDS[what])))
            case Call(what, (name,)) if what in AXES:
                shape = self.layer(text(name)).output
                return shape[AXES.index(what) + 1] if len(shape) > AXES.index(what) + 1 else None
            case Call(what, (Sym(name),)) if what in COUNTS and name == TOTAL:
                return totals_of(self.worked, self.how)[COUNTS[what]]
            case Call(what, (name,)) if what in COUNTS:
                return self.count(self.layer(text(name)), COUNTS[what])
            case Call("choices", letters):
                return self.choices([letter for letter in letters if isinstance(letter, Sym)])
            case Call(what, (name,)) if what in self.layer(text(name)).arrays:
                return self.layer(text(name)).arrays[what]
            case Sym():
                return self.worked.known.get(key)
            case Sum() | Product() | Neg():
                try:
                    return settle(transform(key, self.put), {})
                except NoSize:
                    raise StepperError(Problem(f"'{text(key)}' is not a number of this network")) from None
            case _:
                raise StepperError(Problem(f"'{text(key)}' is not an answer about a network", hint="as shape(a), params(total), rf(c2)"))

    def choices(self, letters: Sequence[Sym]) -> Expr | None:
        """All that some letters may be, one choice after the other, each in the order of the letters."""
        for solution in self.worked.solved:
            if set(letters) <= set(solution.unknowns):
                places = [solution.unknowns.index(letter) for letter in letters]
                return Array(tuple(Array(tuple(literal(choice[place]) for place in places)) for choice in solution.choices))
        return None

    def put(self, part: Expr) -> Expr | None:
        """A fact inside arithmetic, as its number."""
        found = self.fact(part) if isinstance(part, Call) else None
        return None if found is None or isinstance(found, tuple) else found

    def count(self, done: Done, what: str) -> Expr:
        """One of a layer's numbers."""
        macs = operations(done, self.how)
        found = {"parameters": done.parameters, "weights": done.weights, "biases": done.biases, "buffers": done.buffers, "macs": macs}
        return found[what] if what in found else product(done.output)

    def layer(self, name: str) -> Done:
        """A layer by its name.

        Raises:
            StepperError: where there is none.
        """
        if name not in self.by_name:
            raise StepperError(Problem(f"'{name}' is not a layer of this network", hint=nearest(name, self.by_name)))
        return self.by_name[name]
