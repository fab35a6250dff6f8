"""A network to be checked: the lines are those of its layers, each with sizes, counts and receptive field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TypeGuard

from msgspec.structs import replace

from stepper.core.expr import Array, Call, Expr, Sym, Value, add
from stepper.core.formula import number_of, text
from stepper.core.network import SHAPE, Layout, Network, Statement
from stepper.core.prose import Prose
from stepper.core.steps import Equation, Link
from stepper.core.traverse import has_names, names, substitute
from stepper.engine.answers.checking.subject import Alternative
from stepper.engine.answers.claims import compared, settled, sizes_claimed
from stepper.engine.answers.finding.candidates import candidates
from stepper.engine.answers.finding.explanation import Given
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.network_lines import axis, calculation, key
from stepper.engine.layers.facts import AXES, COUNTS, FIELDS, TOTAL, UNITS, Facts
from stepper.engine.layers.network import work
from stepper.engine.layers.table import ordered, shape_words
from stepper.engine.layers.worked_lines import links, unfolded
from stepper.engine.values.judging import Finding, Judgement, Verdict, spelling
from stepper.errors import StepperError
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes_in_shapes import SHAPE_MISTAKES

MOST_LAYERS = 40
"""In a longer network mistakes are looked for in the layer itself that is asked about."""
LINES: Mapping[str, str] = {"parameters": "params", "memory": "numbers", UNITS: "rf"}
"""Numbers whose line is called otherwise than what they count."""


class NetworkSubject:
    """A worked network. ``layout`` is the order of the axes in shapes that are written: that of the listing on a page;
    channels first in a claim beside a table.
    """

    rows: Sequence[Mistake] = SHAPE_MISTAKES
    rounds = False

    def __init__(self, facts: Facts, layout: Layout = "CHW", conventions: bool = True) -> None:
        self.facts, self.layout, self.conventions = facts, layout, conventions
        network = facts.worked.network
        self.title, self.source = network.title, network.source
        self.labels: Mapping[str, str] = {}
        self._own: dict[str, Calculation] = {}

    # ---- what is right

    def name(self, key: Expr) -> str:
        return self.line(key)[1]

    def fixed(self, formula: Expr) -> Collection[str]:
        """The settings, where a formula is one of the listing's own letters; else those that change nothing, such as a
        padding of 0 and a stride of 1.
        """
        if len(self.facts.worked.layers) > MOST_LAYERS:
            return ()
        own = {text(name) for name in names(formula)} <= {text(letter) for letter in self.facts.letters}
        return [name for name, number in self.whole.leaves.items() if own or number in (0, 1)]

    def numbers_in(self, key: Expr, written: Expr) -> Expr:
        """A formula in the letters of the layer with the numbers of these; letters of the listing stay."""
        made, (_, own) = self.calculation(key), self.line(key)
        if made is None or own not in made.lines:
            return written
        put: dict[Expr, Expr] = {
            Sym(letter): Value(made.exact[text(meant)])
            for letter, meant in made.lines[own].letters.items()
            if text(meant) in made.exact and Sym(letter) not in self.facts.letters
        }
        return substitute(written, put)

    def finding(self, key: Expr, written: Expr) -> Finding:
        found = self.compared(key, self.numbers_in(key, written))
        return replace(found, written=written) if has_names(written) else found

    def compared(self, key: Expr, written: Expr) -> Finding:
        found = compared(self.facts, Statement(key, (self.channels_first(key, written),)))
        if isinstance(found.found, Array) and _is_shape(key):
            found = replace(found, written=written, found=Array(ordered(found.found.items, self.layout)))
        if found.judgement.verdict in (Verdict.WRONG, Verdict.WHOLE) and found.found is not None:
            return replace(found, judgement=Judgement(found.judgement.verdict))
        return found

    def given(self, key: Expr, written: Expr) -> Given | None:
        """A shape is a number for each of its axes; one number alone is their product, or the one axis."""
        name, line = self.line(key)
        if not line:
            return None
        if _is_shape(key):
            return self.shape_given(key, name, line, self.channels_first(key, written))
        number = number_of(settled(self.facts, self.numbers_in(key, written)))
        return None if number is None else Given(line, spelling(written), number)

    def channels_first(self, key: Expr, written: Expr) -> Expr:
        """A shape that is written in the listing's order."""
        if self.layout == "CHW" or not _is_shape(key) or not isinstance(written, Array):
            return written
        return Array((*written.items[-1:], *written.items[:-1]))

    def shape_given(self, shape: Expr, name: str, line: str, written: Expr) -> Given | None:
        right = self.facts.layer(name).output
        sizes = sizes_claimed(self.facts, shape, right, written)
        numbers = [number_of(settled(self.facts, size)) for size in sizes]
        if None in numbers or len(sizes) not in (1, len(right)):
            return None
        product = Fraction(1)
        for number in numbers:
            product *= Fraction(number or 0)
        if len(sizes) == 1:
            return Given(line, spelling(sizes[0]), product)
        parts = tuple(
            Given(key(axis(place, len(right)), name), spelling(size), number or 0)
            for place, (size, number) in enumerate(zip(sizes, numbers, strict=True))
        )
        return Given(line, None, product, parts)

    def line(self, asked: Expr) -> tuple[str, str]:
        """The layer that is asked about, and the line of what is asked; empty where it has none."""
        match asked:
            case Call(what, (argument,)):
                name = text(argument)
            case _:
                return "", ""
        if what in COUNTS:
            what = LINES.get(COUNTS[what], COUNTS[what])
        elif what in FIELDS:
            what = LINES.get(FIELDS[what], FIELDS[what])
        if name == TOTAL:
            return name, key(what, name)
        done = self.facts.by_name.get(name)
        if done is None:
            return "", ""
        name = done.layer.name
        if what == SHAPE:
            return name, key("numbers" if len(done.output) > 1 else axis(0, 1), name)
        if what in AXES and AXES.index(what) + 1 < len(done.output):
            return name, key(axis(AXES.index(what) + 1, len(done.output)), name)
        return name, key(what, name)

    # ---- how it is worked out

    def calculation(self, key: Expr) -> Calculation | None:
        if len(self.facts.worked.layers) <= MOST_LAYERS:
            return self.whole
        name, _ = self.line(key)
        done = self.facts.by_name.get(name)
        if done is None:
            return None
        if name not in self._own:
            self._own[name] = calculation(self.facts, [done])
        return self._own[name]

    @cached_property
    def whole(self) -> Calculation:
        return calculation(self.facts, self.facts.worked.layers)

    def equation(self, name: str) -> Equation | None:
        """The layer's own formula with its numbers, where it has one; else the line."""
        made = self.whole if len(self.facts.worked.layers) <= MOST_LAYERS else None
        if made is None or name not in made.lines or name not in made.exact:
            return None
        line, numbers = made.lines[name], made.exact
        if line.of == "total":
            line = replace(line, formula=add(*(Sym(term) for term in map(text, names(line.formula)) if numbers[term])))
        done = self.facts.by_name.get(line.place)
        if done is not None and line.role == "parameters" and done.counted is not None:
            return Equation(line.shown, links(done.counted))
        sides = {
            text(side): side
            for side in (
                unfolded(made.told(line.formula)), unfolded(made.put_in(line.formula)), Value(numbers[name])
            )
        }  # fmt: skip
        return Equation(line.shown, tuple(Link("=", side) for side in sides.values()))

    def shown(self, written: Expr) -> Prose:
        if not _flat(written):
            return (written,)
        return shape_words(written.items, "CHW" if self.layout == "HWC" else self.facts.worked.network.layout)

    def alternatives(self) -> Iterator[Alternative]:
        """What is counted otherwise in some books: the mistakes that are conventions, made in all layers."""
        if not self.conventions or len(self.facts.worked.layers) > MOST_LAYERS:
            return
        for row in self.rows:
            changes: dict[str, Expr] = {}
            for candidate in candidates(self.whole, self.whole.lines, [row]) if row.convention else ():
                changes |= candidate.changes
            if changes:
                other = NetworkSubject(self.facts, self.layout, conventions=False)
                other.whole = self.whole.with_formulas(changes)
                yield Alternative(other, (row.convention,))


def _is_shape(key: Expr) -> bool:
    return isinstance(key, Call) and key.name == SHAPE


def _flat(written: Expr) -> TypeGuard[Array]:
    return isinstance(written, Array) and not any(isinstance(item, Array) for item in written.items)


def subject_of_network(network: Network) -> NetworkSubject:
    """A network worked out, as far as its sizes fit.

    Raises:
        StepperError: where they do not.
    """
    worked = work(network, {})
    if worked.problems:
        raise StepperError(*worked.problems)
    return NetworkSubject(Facts(worked), network.layout)
