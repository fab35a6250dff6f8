"""A calculation as lines, each a quantity and the formula that it is worked out by; and what comes of it when some
lines are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from msgspec.structs import replace

from stepper.core.expr import Deriv, Expr, Num, Number, Sym, Value
from stepper.core.formula import text
from stepper.core.numbers import Rounding
from stepper.core.traverse import names, substitute, transform
from stepper.engine.answers.finding.line import GIVEN, Line
from stepper.engine.values.arithmetic import EXACT, FLOAT, Arithmetic
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.evaluate import Program, program
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError

NEAR = tuple(Fraction(number, 9973) for number in (101, -113, 89, -97, 127, -83, 109))
"""At leaves moved so little no ReLU changes sides, and two formulas agree only where they are equal."""
FAR = (13, 29, 7, 17, 23, 11, 19)
"""What is added to whole numbers, which stay whole."""
POINTS = 3
"""At so many points formulas are compared."""


Changes = Mapping[str, Expr]
"""Other formulas for some lines, by their names."""


class Calculation:
    """Lines in an order in which they can be worked out, with the numbers that they begin from; those of ``still``
    are the same in any calculation of this kind. ``counts``: whole numbers, sizes and counts.
    """

    def __init__(
        self, lines: Iterable[Line], leaves: Mapping[str, Number], vocabulary: Vocabulary, *,
        still: frozenset[str] = frozenset(), counts: bool = False,
    ) -> None:  # fmt: skip
        self.lines = {line.name: line for line in lines}
        self.leaves, self.vocabulary, self.still, self.counts = leaves, vocabulary, still, counts
        self.shown: dict[Expr, Expr] = {line.symbol: line.shown for line in self.lines.values()}
        self.held: dict[str, Expr] = {}
        """What the document says itself of lines that are worked out: a mistake before them may stop there."""
        self.tied: dict[str, str] = {}
        """Leaves that are one number by nature, such as a kernel's height and width, by the first of them."""
        self.done = 0
        """How many lines were worked: by it a search knows when to stop, on every machine alike."""
        self._programs: dict[Expr, Program] = {}
        self._readers: dict[str, list[str]] = {}
        self._after: dict[tuple[str, ...], set[str]] = {}
        self._before: dict[tuple[str, ...], set[str]] = {}
        self._reads = {name: [text(read) for read in names(line.formula)] for name, line in self.lines.items()}
        for name, reads in self._reads.items():
            for read in reads:
                self._readers.setdefault(read, []).append(name)
        self.numbers: Mapping[str, Number] = self.worked(self.leaves, self.lines)

    @property
    def closer(self) -> Calculation | None:
        """The same number by number, where lines are of arrays: there mistakes are looked for that no line of arrays
        has.
        """
        return None

    @property
    def begun(self) -> Iterable[str]:
        """What the lines begin from, by its names."""
        return self.leaves

    @cached_property
    def named(self) -> frozenset[str]:
        """The lines that have names of their own."""
        return frozenset(name for name, line in self.lines.items() if line.named)

    @cached_property
    def exact(self) -> Mapping[str, Number]:
        """The numbers as they are shown, exact where they can be."""
        return self.worked(self.leaves, self.lines, arithmetic=EXACT)

    def worked(
        self, known: Mapping[str, Number], wanted: Iterable[str], changes: Changes | None = None,
        rounding: Rounding | None = None, arithmetic: Arithmetic = FLOAT, whole: Container[str] = (),
    ) -> dict[str, Number]:  # fmt: skip
        """The numbers of these lines and what was known; a line that has no number is left out, and so is what reads
        it. Lines in ``whole`` are not rounded.
        """
        found = dict(known)
        for name in wanted:
            number = self._number(name, found, changes, arithmetic)
            if number is None:
                found.pop(name, None)
            else:
                found[name] = number if rounding is None or name in whole else rounding(number)
        return found

    def further(
        self, numbers: Mapping[str, Number], wanted: Iterable[str], changes: Changes, keys: Iterable[str]
    ) -> dict[str, Number]:
        """The numbers of some quantities where lines are changed; those that are known of some changes are taken."""
        return self.worked(numbers, wanted, changes)

    def _number(
        self, name: str, known: Mapping[str, Number], changes: Changes | None, arithmetic: Arithmetic = FLOAT
    ) -> Number | None:
        self.done += 1
        formula = changes.get(name) if changes else None
        work = self.compiled(formula or self.lines[name].formula, arithmetic)
        try:
            return work(known)
        except (StepperError, OverflowError, ValueError, ZeroDivisionError):
            return None

    def compiled(self, formula: Expr, arithmetic: Arithmetic = FLOAT) -> Program:
        """A formula's program, made once."""
        if arithmetic is not FLOAT:
            return program(formula, self.vocabulary, 0, arithmetic)
        if formula not in self._programs:
            self._programs[formula] = _made(formula, self.vocabulary)
        return self._programs[formula]

    def changed(self, changes: Changes, keys: Iterable[str]) -> dict[str, Number]:
        """The numbers of some quantities where lines are changed; only what the change reaches is worked again."""
        wanted = self._wanted(tuple(keys))
        touched = self.after(changes)
        return self.reworked(changes, [name for name in self.lines if name in touched and name in wanted])

    def reworked(self, changes: Changes, wanted: Iterable[str]) -> dict[str, Number]:
        """All numbers, with those of some lines worked again, where what they read has become another number."""
        found = dict(self.numbers)
        moved: set[str] = set()
        for name in wanted:
            if name not in changes and moved.isdisjoint(self._reads[name]):
                continue
            before = found.pop(name, None)
            number = self._number(name, found, changes)
            if number is not None:
                found[name] = number
            if number != before:
                moved.add(name)
        return found

    def _wanted(self, keys: tuple[str, ...]) -> set[str]:
        if keys not in self._before:
            self._before[keys] = self.before(keys)
        return self._before[keys]

    def with_formulas(self, changes: Changes) -> Calculation:
        """The same lines, some with other formulas."""
        lines = [replace(line, formula=changes.get(name, line.formula)) for name, line in self.lines.items()]
        found = Calculation(lines, self.leaves, self.vocabulary, still=self.still, counts=self.counts)
        found.shown.update(self.shown)
        found.held, found.tied = self.held, self.tied
        return found

    def targets(self, name: str) -> tuple[int, ...]:
        """The shape of an array whose rows are 0 but for one 1; of what is none, no axes."""
        return ()

    def elsewhere(self, factors: Sequence[Fraction]) -> Calculation:
        """The same lines where the leaves are other numbers; those that are tied stay one number, and some are still,
        such as states that begin at 0.
        """
        places: dict[str, int] = {}
        leaves: dict[str, Number] = {}
        for name, number in self.leaves.items():
            place = places.setdefault(self.tied.get(name, name), len(places))
            moved = number * factors[place % len(factors)] + Fraction(place, 53)
            leaves[name] = number if name in self.still else moved
        return Calculation(self.lines.values(), leaves, self.vocabulary, still=self.still, counts=self.counts)

    def generic(self, point: int, fixed: Container[str] = ()) -> Calculation:
        """The same lines at numbers for which nothing is chosen, near those of the document; what has no number gets
        one, and local derivatives that are given are moved too. Sizes and counts stay whole; ``fixed`` leaves stay.
        """
        read = {text(name) for line in self.lines.values() for name in names(line.formula)}
        free = sorted(read - self.lines.keys() - self.leaves.keys())
        known = {**self.leaves, **{name: Fraction(place, 7) for place, name in enumerate(free, start=3)}}
        places = {name: place for place, name in enumerate(dict.fromkeys(self.tied.get(name, name) for name in known))}
        leaves = {
            name: number
            if name in fixed or name in self.still
            else self.moved(number, places[self.tied.get(name, name)], point)
            for name, number in known.items()
        }
        lines = [
            replace(line, formula=Value(self.moved(_literal(line.formula), place, point)))
            if GIVEN in line.parts and isinstance(line.formula, Num | Value)
            else line
            for place, line in enumerate(self.lines.values())
        ]
        found = Calculation(lines, leaves, self.vocabulary, still=self.still, counts=self.counts)
        found.shown.update(self.shown)
        found.held, found.tied = self.held, self.tied
        return found

    def moved(self, number: Number, place: int, point: int) -> Number:
        """A number moved a little, to either side; a whole one that counts to another."""
        if self.counts:
            return Fraction(int(number) + FAR[(place + point) % len(FAR)] * (point + 1) + place)
        by = NEAR[(place + point) % len(NEAR)] * (1 if point % 2 else -1) * (1 + Fraction(place, 53))
        return number + by * (abs(number) or 1) if isinstance(number, Fraction) else number + by * (abs(number) or 1.0)

    def in_lines(self, expr: Expr, name: str = "") -> Expr:
        """Derivatives as the symbols of their lines, a total one that has no line as that of its edge; the letters of
        a layer as those of the line ``name``.
        """
        line = self.lines.get(name)
        if line is not None and line.letters:
            expr = substitute(expr, {Sym(letter): meant for letter, meant in line.letters.items()})

        def change(part: Expr) -> Expr | None:
            if not isinstance(part, Deriv):
                return None
            for candidate in (part, Deriv(part.of, part.wrt, not part.total)):
                if text(candidate) in self.lines:
                    return Sym(text(candidate))
            return None

        return transform(expr, change)

    def value_of(self, formula: Expr) -> tuple[float, ...] | None:
        """What a formula of names of lines comes to here; None where it has no number."""
        try:
            number = self.compiled(formula)(self.numbers)
        except (StepperError, OverflowError, ValueError, ZeroDivisionError):
            return None
        return None if number is None else (float(number),)

    def keys(self, name: str) -> Sequence[str]:
        """The lines that hold the numbers of a line."""
        return [name]

    def value(self, name: str) -> tuple[float, ...] | None:
        """The number of a line, or its entries."""
        number = self.numbers.get(name)
        return None if number is None else (float(number),)

    def again(self, changes: Changes) -> dict[str, Expr]:
        """The local derivatives of changed nodes, as somebody finds them who believes the changed formulas."""
        found: dict[str, Expr] = {}
        slopes: dict[str, dict[Expr, Expr]] = {}
        for name, line in self.lines.items():
            if line.target in changes and line.source is not None:
                if line.target not in slopes:
                    slopes[line.target] = partials(changes[line.target], self.vocabulary, Sym(line.target))
                slope = slopes[line.target].get(line.source, ZERO)
                if slope != line.formula:
                    found[name] = slope
        return found

    def after(self, names: Iterable[str]) -> set[str]:
        """These lines and all that read them."""
        key = tuple(names)
        if key not in self._after:
            found: set[str] = set()
            waiting = list(key)
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found.add(name)
                    waiting += self._readers.get(name, ())
            self._after[key] = found
        return self._after[key]

    def before(self, keys: Iterable[str]) -> set[str]:
        """These lines and all that they read."""
        found: set[str] = set()
        waiting = [key for key in keys if key in self.lines]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [read for read in self._reads[name] if read in self.lines]
        return found

    def put_in(self, expr: Expr) -> Expr:
        """A formula with the numbers that are shown of its names."""
        known = self.exact
        bindings: dict[Expr, Expr] = {read: Value(known[text(read)]) for read in names(expr) if text(read) in known}
        return substitute(expr, bindings)

    def told(self, expr: Expr) -> Expr:
        """A formula as it is printed: derivatives in place of the symbols that stand for them."""
        return substitute(expr, self.shown)


def _literal(formula: Expr) -> Number:
    assert isinstance(formula, Num | Value)
    number: Number = Fraction(formula.literal) if isinstance(formula, Num) else formula.number
    return number


def _made(formula: Expr, vocabulary: Vocabulary) -> Callable[[Mapping[str, Number]], Number | None]:
    """A program that is given only the numbers that it reads."""
    try:
        return program(formula, vocabulary, 0, FLOAT)
    except StepperError:
        return lambda _: None
