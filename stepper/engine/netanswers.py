"""Answers about a network by key: ``shape(a)``, ``params(total)``, ``macs(c1)``, ``rf(l3)``, ``jump(l3)``, or an unknown such as k."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from stepper.core.expr import Call, Expr, Neg, Product, Sum, Sym, Value, transform
from stepper.core.formula import text
from stepper.core.graph import Case
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.engine.counting import totals_of
from stepper.engine.field import Field, fields
from stepper.engine.fitting import shown_shape
from stepper.engine.layers import Done, Worked, work
from stepper.engine.shapetable import ordered
from stepper.engine.sizes import number, settle
from stepper.engine.structure import Fact
from stepper.errors import Problem, StepperError

TOTAL = "total"
COUNTS: Mapping[str, str] = {
    "params": "parameters", "weights": "weights", "biases": "biases", "buffers": "buffers", "macs": "macs",
}  # fmt: skip


class NetworkAnswers:
    """The answers of one case of one network."""

    def __init__(self, network: Network, case: Case) -> None:
        self.network = network
        self.given: dict[str, Expr] = {}
        for name, value in case.settings.items():
            if name != "set":
                raise StepperError(Problem(f"'{name}' is not an option of a network's item", hint="set: n=19"))
            for part in value.split(","):
                key, _, size = part.partition("=")
                self.given[key.strip()] = parse(size)

    @cached_property
    def worked(self) -> Worked:
        worked = work(self.network, self.given)
        if worked.problems:
            raise StepperError(*worked.problems)
        return worked

    @cached_property
    def seen(self) -> Mapping[str, Field | None]:
        return fields(self.worked.layers)

    def pair(self, key: str, expected: str) -> tuple[Fact | None, Fact | None]:
        """What is found for a key, and what was expected."""
        found = self.fact(parse(key))
        if isinstance(found, str):
            return found, "x".join(part.strip() for part in expected.replace("×", "x").split("x"))
        return found, number(settle(parse(expected), {}))

    def fact(self, key: Expr) -> Fact | None:
        """A shape as words, or a number."""
        match key:
            case Call("shape", (name,)):
                return shown_shape(ordered(self.layer(text(name)).output, self.network.layout))
            case Call("rf" | "jump" as what, (name,)):
                field = self.seen.get(self.layer(text(name)).layer.name)
                return None if field is None or field.whole else field.size if what == "rf" else field.jump
            case Call(what, (Sym(name),)) if what in COUNTS and name == TOTAL:
                return number(totals_of(self.worked)[COUNTS[what]])
            case Call(what, (name,)) if what in COUNTS:
                return number(self.count(self.layer(text(name)), COUNTS[what]))
            case Sym():
                return number(self.worked.known[key]) if key in self.worked.known else None
            case Sum() | Product() | Neg():
                return number(settle(transform(key, self.put), {}))
            case _:
                raise StepperError(Problem(f"'{text(key)}' is not an answer about a network", hint="as shape(a), params(total), rf(c2)"))

    def put(self, part: Expr) -> Expr | None:
        """A fact inside arithmetic, as its number."""
        if not isinstance(part, Call):
            return None
        found = self.fact(part)
        return Value(found) if found is not None and not isinstance(found, str) else None

    def count(self, done: Done, what: str) -> Expr:
        """One of a layer's numbers."""
        found = {"parameters": done.parameters, "weights": done.weights, "biases": done.biases, "buffers": done.buffers}
        return found.get(what) or (done.macs.value if done.macs is not None else settle(parse("0"), {}))

    def layer(self, name: str) -> Done:
        # a key is a formula, in which layer1.0.conv1 is written layer1_0_conv1
        found = next((done for done in self.worked.layers if name in (done.layer.name, done.layer.name.replace(".", "_"))), None)
        if found is None:
            raise StepperError(Problem(f"'{name}' is not a layer of this network"))
        return found
