"""An algorithm run on its data: every number of every entry, in the order in which they are worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec.structs import replace

from stepper.core.algorithm import Run
from stepper.core.expr import Array, Call, Expr, Number, Sym, Value
from stepper.core.formula import text
from stepper.core.traverse import names, transform
from stepper.engine.algorithms.rules import Assignment, Rules, condition, holds, parsed
from stepper.engine.values.evaluate import Program, program
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import Place, Problem, StepperError
from stepper.tables.algorithm import Fold
from stepper.tables.algorithms import BY_ALGORITHM_NAME

MOST_ENTRIES, MOST_COMPARED = 10_000, 150
"""So many entries are worked, and so many where each is compared with those before it."""
LAST, COUNT, FIRST = "last", "n", "first"
OTHER = "'"
"""What marks a quantity of the earlier entry of two."""


class Working:
    """The numbers of a run.

    Attributes:
        env: settings, totals, how many entries there are, the numbers of the first and of the last.
        columns: for each quantity the number of every entry that has one, by its position in the data.
        order: the positions in the order of working; ``done`` are those that were worked before it stopped.
        pairs: the quantities of an entry and one worked before it, by both positions, the earlier one first.
    """

    def __init__(self, run: Run) -> None:
        self.run, self.rules = run, Rules(BY_ALGORITHM_NAME[run.algorithm])
        self.row = self.rules.row
        self.env: dict[str, Number] = dict(run.settings)
        self.columns: dict[str, dict[int, Number]] = {}
        self.pairs: dict[tuple[int, int], dict[str, Number]] = {}
        self.done: list[int] = []
        self.stopped = False
        self._programs: dict[Expr, Program] = {}
        self._require()
        self.first, self.length = self._extent()
        self.env |= {FIRST: Fraction(self.first), COUNT: Fraction(self.length)}
        self._each()
        self._totals()
        self.order = self._ordered()
        self._turns()
        self.env[LAST] = Fraction(self.number(self.done[-1]))

    # ---- formulas

    def value(self, formula: Expr, env: Mapping[str, Number], place: Place | None = None) -> Number:
        """The number of a formula.

        Raises:
            StepperError: where there is none, as of a quotient by 0.
        """
        if formula not in self._programs:
            self._programs[formula] = program(formula, PLAIN)
        try:
            found = self._programs[formula](env)
        except StepperError as error:
            raise StepperError(
                *(replace(problem, where=problem.where or place) for problem in error.problems)
            ) from None
        assert found is not None, f"{self.row.name}: {text(formula)} reads what is not known"
        return found

    def holds(self, comparison: str, env: Mapping[str, Number]) -> bool:
        """Does a condition of the row hold?"""
        return holds(self.value(condition(comparison), env))

    def together(self, formula: Expr) -> Expr:
        """A formula of all entries: quantities of entries in it are lists of their numbers."""

        def change(part: Expr) -> Expr | None:
            if isinstance(part, Sym) and part.name in self.columns and part.name not in self.env:
                return Array(tuple(Value(number) for number in self.listed(part.name)))
            return None

        return transform(formula, change)

    def listed(self, name: str) -> list[Number]:
        """The numbers of the entries that have one, in the order of the data."""
        return [self.columns[name][position] for position in sorted(self.columns[name])]

    # ---- entries

    def number(self, position: int) -> int:
        """What an entry is called."""
        return self.first + position

    def position(self, number: Number) -> int | None:
        """The position of the entry of this number, where there is one."""
        found = number - self.first
        return int(found) if found == int(found) and 0 <= found < self.length else None

    def place(self, position: int) -> Place | None:
        """Where an entry stands in the document."""
        return self.run.entries[position] if position < len(self.run.entries) else None

    def entry(self, position: int) -> dict[str, Number]:
        """All that is known of an entry, and of all."""
        own = {name: numbers[position] for name, numbers in self.columns.items() if position in numbers}
        return {**self.env, **own, self.row.index: Fraction(self.number(position))}

    def pair(self, earlier: int, later: int) -> dict[str, Number]:
        """The quantities of two entries."""
        if (earlier, later) not in self.pairs:
            env = self.beside(earlier, later)
            found: dict[str, Number] = {}
            for name, formula in self.rules.pairs:
                found[name] = env[name] = self.value(formula, env, self.place(later))
            self.pairs[earlier, later] = found
        return self.pairs[earlier, later]

    def beside(self, earlier: int, later: int) -> dict[str, Number]:
        """All that is known of an entry, and with primes of another."""
        others = {f"{name}{OTHER}": number for name, number in self.entry(earlier).items() if name not in self.env}
        return {**self.entry(later), **others}

    # ---- the run

    def _require(self) -> None:
        """Raises StepperError where a setting is not as the algorithm needs it."""
        for comparison, what in self.row.require:
            if not self.holds(comparison, self.env):
                read = [name for name in self.env if Sym(name) in names(condition(comparison))]
                where = next((self.run.places[name] for name in read if name in self.run.places), None)
                given = ", ".join(f"{name} = {text(Value(self.env[name]))}" for name in read)
                raise StepperError(Problem(f"{what}, but here {given}", where))

    def _extent(self) -> tuple[int, int]:
        """The number of the first entry, and how many there are."""
        if self.row.span is None:
            found = self.run.first, min(map(len, self.run.data.values()))
        else:
            low, high = (int(self.value(parsed(end), self.env)) for end in self.row.span)
            found = low, high - low + 1
        most = MOST_COMPARED if self.rules.pairs else MOST_ENTRIES
        if found[1] > most:
            what = f"{self.row.name} of {found[1]:,} entries: up to {most:,} are worked"
            raise StepperError(Problem(what, next(iter(self.run.places.values()), None)))
        return found

    def _each(self) -> None:
        """What is worked for each entry by itself."""
        self.columns = {name: dict(enumerate(numbers)) for name, numbers in self.run.data.items()}
        self.columns |= {name: {} for name, _ in self.rules.each}
        for position in range(self.length):
            env, place = self.entry(position), self.place(position)
            for comparison, what in self.row.require_each:
                if not self.holds(comparison, env):
                    raise StepperError(Problem(f"{self.row.entry} {self.number(position)}: {what}", place))
            self._assign(self.rules.each, position, env)

    def _assign(self, assignments: Sequence[Assignment], position: int, env: dict[str, Number]) -> None:
        for name, formula in assignments:
            env[name] = self.value(formula, env, self.place(position))
            self.columns.setdefault(name, {})[position] = env[name]

    def _totals(self) -> None:
        for name, formula in self.rules.totals:
            self.env[name] = self.value(self.together(formula), self.env)

    def _ordered(self) -> list[int]:
        """The positions, the largest value of what the row orders by first; equal ones stay in their order."""
        positions = list(range(self.length))
        if not self.row.order:
            return positions
        formula = parsed(self.row.order)
        return sorted(positions, key=lambda position: -self.value(formula, self.entry(position)))

    def _turns(self) -> None:
        """The entries one after the other, until the algorithm stops."""
        state = {name: self.value(formula, self.env) for name, formula in self.rules.start.items()}
        for position in self.order:
            env = {**self.entry(position), **state}
            for fold in self.row.folds:
                env[fold.name] = self._folded(fold, position)
                self.columns.setdefault(fold.name, {})[position] = env[fold.name]
            self._assign(self.rules.update if self.done else self.rules.begin, position, env)
            self.done.append(position)
            state = {name: env[name] for name in self.rules.worked}
            if self.row.stop and self.holds(self.row.stop, env):
                self.stopped = True
                return

    def counted(self, fold: Fold, position: int) -> list[int]:
        """The entries before one that count for a fold, in their order."""
        before = self.done[: self.done.index(position)] if position in self.done else self.done
        return [earlier for earlier in before if not fold.among or self.holds(fold.among, self.entry(earlier))]

    def _folded(self, fold: Fold, position: int) -> Number:
        """One number of all pairs of an entry."""
        numbers = [self.pair(earlier, position)[fold.of] for earlier in self.counted(fold, position)]
        if not numbers:
            return self.value(parsed(fold.empty), self.env)
        return self.value(Call(fold.by, (Array(tuple(map(Value, numbers))),)), self.env)
