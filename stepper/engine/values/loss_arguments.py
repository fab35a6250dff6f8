"""What looks like a slip in what a loss is given: arguments exchanged, softmax twice, bits added to nats.

Told by columns of the tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from msgspec import Struct

from stepper.core.expr import Array, Call, Expr, Index, Neg, Num, Number, Sym, Transpose
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.prose import Prose, listed
from stepper.core.traverse import walk
from stepper.engine.values.vocabulary import Vocabulary
from stepper.tables.array import ArrayFunction
from stepper.tables.meaning import UNFIT, WORDS, Meaning
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME

Lines: TypeAlias = Sequence[Sequence[Number]]
"""The numbers of an argument: of a list one line, of a matrix a line for each row."""
Look: TypeAlias = Callable[[Call], "FunctionRow | ArrayFunction | None"]

SUM, LEAST = 0.02, 1e-9
"""By how much a sum of rounded probabilities may miss 1, and a probability 0."""


def row_of(call: Call) -> FunctionRow | ArrayFunction | None:
    """The row of a function of numbers."""
    return BY_ANY_NAME.get(call.name)


class Remarks(Struct, frozen=True):
    """What is said at the top of a derivation: ``numbers`` gives the numbers of a formula, where it has some,
    ``look`` a call's row.
    """

    graph: Graph
    vocabulary: Vocabulary
    numbers: Callable[[Expr], Lines | None]
    look: Look = row_of

    def about(self, used: Collection[str]) -> tuple[Prose, ...]:
        """All that is said of these nodes, each thing once."""
        calls = [
            part
            for name, node in self.graph.nodes.items()
            if name in used and node.formula is not None
            for part in walk(node.formula)
            if isinstance(part, Call)
        ]
        found = [line for call in dict.fromkeys(calls) for line in self.of_loss(call)]
        return (*dict.fromkeys(found), *self.of_units(calls))

    # ---- what a loss is given

    def of_loss(self, call: Call) -> list[Prose]:
        row = self.look(call)
        if row is None or not row.takes:
            return []
        given = {name: argument for (name, _, _), argument in zip(row.signature(), call.arguments, strict=False)}
        lines = {
            name: self.numbers(argument) for name, argument in given.items() if name in row.takes or row.target in given
        }
        if row.target in given and self.exchanged(row, lines):
            first, second, *rest = call.arguments
            turned = Call(call.name, (second, first, *rest))
            return [
                (
                    call,
                    ": judging by their values the arguments look exchanged. The prediction comes first, then the "
                    "target: ",
                    turned,
                )
            ]
        parts = [(name, argument) for name, argument in given.items() if name in row.takes]
        return [line for name, argument in parts for line in self.of_argument(row, call, name, argument, lines[name])]

    def exchanged(self, row: FunctionRow | ArrayFunction, lines: dict[str, Lines | None]) -> bool:
        """Does the prediction hold what a target holds, 0 and 1, and the target what it does not?"""
        names = [name for name, _, _ in row.signature()]
        found, wanted = lines.get(names[0]), lines.get(row.target)
        if not found or not wanted:
            return False
        meaning, taken = row.takes[row.target], row.takes.get(names[0])
        if not _settled(found, meaning) or _settled(wanted, meaning):
            return False
        return not _fits(wanted, meaning) or taken != "logit"

    def of_argument(
        self, row: FunctionRow | ArrayFunction, call: Call, name: str, argument: Expr, found: Lines | None
    ) -> list[Prose]:
        """An argument that another function gave, or whose numbers are not what the loss takes it for."""
        taken = row.takes[name]
        source = self.source(argument)
        maker = self.look(source) if source is not None else None
        if source is not None and maker is not None and maker.gives in UNFIT.get(taken, ()):
            if maker.name == row.applies:
                inner = Call(
                    call.name, tuple(source.arguments[0] if part == argument else part for part in call.arguments)
                )
                once: Prose = ("; ", inner, " applies it once") if not isinstance(argument, Array) else ()
                return [
                    (
                        call,
                        f" applies {maker.name} itself, and ",
                        argument,
                        f" comes from it: {maker.name} is applied twice",
                        *once,
                    )
                ]
            return [(call, f" takes {WORDS[taken]}, and ", argument, " is ", WORDS[maker.gives])]
        if found is None or _fits(found, taken):
            return []
        return [(call, " expects ", argument, f" to be {WORDS[taken]}, and ", *_what(found, taken))]

    def source(self, expr: Expr) -> Call | None:
        """The call that made a value: through nodes, elements and transposes; of a list the one that made all of its
        elements.
        """
        match expr:
            case Call():
                return expr
            case Sym() | Index(Sym(), _) if text(expr) in self.graph.nodes:
                formula = self.graph.nodes[text(expr)].formula
                return None if formula is None else self.source(formula)
            case Index(body, _) | Transpose(body):
                return self.source(body)
            case Array(items) if items:
                made = [self.source(item) for item in items]
                alike = {None if call is None else call.name for call in made}
                return made[0] if len(alike) == 1 else None
            case _:
                return None

    # ---- units

    def of_units(self, calls: Sequence[Call]) -> list[Prose]:
        """Measures of information in different units."""
        units: dict[str, dict[Call, None]] = {}
        for call in calls:
            if unit := self.unit(call):
                units.setdefault(unit, {})[call] = None
        parts: list[Prose] = [(*listed([(call,) for call in made]), " in ", unit) for unit, made in units.items()]
        return (
            [("two units are mixed here, ", *listed(parts), ": 1 bit is log(2) nats, about ", Num("0.6931"))]
            if len(units) > 1
            else []
        )

    def unit(self, call: Call) -> str:
        row = self.look(call)
        if isinstance(row, FunctionRow):
            return self.vocabulary.rule(call.name).unit
        return row.unit if row is not None else ""


def _fits(lines: Lines, meaning: Meaning) -> bool:
    """May these numbers be what is meant?

    Any numbers may be logits, unless all are between 0 and 1 and each line sums to 1.
    """
    match meaning:
        case "logit":
            return True
        case "logits":
            return not all(len(line) > 1 and all(0 < number < 1 for number in line) and _sums(line) for line in lines)
        case "probability":
            return all(-LEAST <= number <= 1 + LEAST for line in lines for number in line)
        case "distribution":
            return all(_sums(line) and min(line) >= -LEAST for line in lines if line)
        case "log-distribution":
            return all(number <= LEAST for line in lines for number in line)
        case "signed":
            return all(number in (-1, 1) for line in lines for number in line)


def _settled(lines: Lines, meaning: Meaning) -> bool:
    """Are these targets without doubt: 0 or 1, one 1 in a line, or -1 and 1?"""
    allowed = (-1, 1) if meaning == "signed" else (0, 1)
    one = meaning != "distribution" or all(sum(line) == 1 for line in lines)
    return one and all(number in allowed for line in lines for number in line)


def _sums(line: Sequence[Number]) -> bool:
    return math.isclose(sum(line), 1, abs_tol=SUM)


def _what(lines: Lines, meaning: Meaning) -> Prose:
    """Which of the numbers do not fit."""
    if meaning == "logits":
        return ("its numbers are between 0 and 1 and sum to 1, as probabilities do",)
    if meaning == "distribution":
        line = next(line for line in lines if not (_sums(line) and min(line) >= -LEAST))
        return ("here they sum to ", _short(sum(line))) if min(line) >= -LEAST else ("here one is ", _short(min(line)))
    number = next(number for line in lines for number in line if not _fits([[number]], meaning))
    return (f"here {'one' if sum(map(len, lines)) > 1 else 'it'} is ", _short(number))


def _short(number: Number) -> Expr:
    """A number in six digits, as it is told among words."""
    literal = Num(f"{abs(float(number)):.6g}")
    return Neg(literal) if number < 0 else literal


def order_hint(formula: Expr | None) -> str:
    """Where a loss of a prediction and a target cannot be worked out: which stands first."""
    for part in walk(formula) if formula is not None else ():
        row = BY_ANY_NAME.get(part.name) if isinstance(part, Call) else None
        if row is not None and row.target:
            names = ", ".join(name for name, _, _ in row.signature())
            return f"{row.name}({names}) takes the prediction first, then the target"
    return ""
