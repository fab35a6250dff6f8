"""Do two formulas stand so to one another, at every instance that is tried? If not: where they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import Relation
from stepper.core.expr import Expr
from stepper.core.prose import Prose
from stepper.engine.derive.witness.counterexample import Counterexample, at_values, told
from stepper.engine.derive.witness.drawing import Bounds, near
from stepper.engine.derive.witness.evaluate import digits_for
from stepper.engine.derive.witness.facts import satisfy
from stepper.engine.derive.witness.instance import Instance, Style, TooLarge
from stepper.engine.derive.witness.kinds import Kinds
from stepper.engine.derive.witness.numbers import Imprecise, Misfit, Unable, Undefined, context
from stepper.engine.derive.witness.quadrature import TOO_FEW
from stepper.engine.derive.witness.sides import OneSided, Sides
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError

COUNT, FEWER, LEAST = 12, 3, 2
"""At how many instances two formulas are compared; at how many, where each takes long; and at least."""
MOST_TRIED, MOST_WORK, LARGEST = 72, 90_000, 6
MOST_UNMET = 30
"""So many instances are tried where none meets what is assumed."""
PATIENCE = 8
"""How much longer it may take where there are fewer instances than that."""
SIMPLE = 5
"""So many instances are of small whole numbers and halves."""
DOUBTED = 2
"""At so many instances numbers that agree are looked at with twice the digits."""
SIDES = ("", "positive", "unit", "")
MOST_WIDE = 160
"""So many more instances, with numbers of all sizes, where a formula has several forms."""


class Agreement(Struct, frozen=True):
    """The two agree at so many instances; in words how they were compared."""

    count: int
    evidence: Prose
    apart: Prose = ()
    """What of the statement has no value at some points, where one side has one there."""


class Unjudged(Struct, frozen=True):
    """It cannot be said, and why: shapes do not fit, one side is undefined everywhere, no instance meets what is
    assumed, or it is of a kind that is not worked out here.
    """

    kind: Literal["misfit", "undefined", "unmet", "unable"]
    reason: Prose


Verdict: TypeAlias = Agreement | Counterexample | Unjudged


def instances(formulas: Sequence[Expr], given: Given, vocabulary: Vocabulary) -> Iterator[Instance]:
    """Instances at which everything holds that is assumed: simple numbers first, always the same ones."""
    kinds, bounds = Kinds(formulas, given, vocabulary), Bounds(given)
    for seed in range(MOST_TRIED):
        instance = Instance(kinds, bounds, seed, _style(kinds, seed, seed, 0))
        try:
            satisfy(instance)
        except (Undefined, TooLarge):
            continue
        yield instance


def _style(kinds: Kinds, seed: int, met: int, smaller: int) -> Style:
    largest = (3 if kinds.random else max(4, min(LARGEST, len(kinds.letters)))) - smaller
    return Style(
        simple=met < SIMPLE and seed < 4 * SIMPLE,
        side=SIDES[seed % len(SIDES)],
        largest=max(2, largest),
        together=seed % 3 == 2,
        outcomes=20_000 if smaller >= 2 else 3_000,
        points=2 if smaller or seed == 0 else 3,
    )


def compare(
    left: Expr, relation: Relation, right: Expr, given: Given, vocabulary: Vocabulary, count: int = COUNT
) -> Verdict:
    """Compares two formulas at random instances.

    >>> from stepper.core.derivation_parser import parse_derivation as read
    >>> from stepper.engine.values.vocabulary import PLAIN
    >>> compare(read("(a + b)^2"), "=", read("a^2 + 2*a*b + b^2"), Given(), PLAIN).count
    12
    """
    try:
        kinds = Kinds([left, right], given, vocabulary)
        facts = [side for fact in given.facts for side in fact.sides]
        digits = digits_for(left, right, *facts, *kinds.definitions.needed([left, right, *facts]))
        formulas = [left, right, *kinds.definitions, *facts]
        with context().workdps(digits):
            return _Comparison(left, relation, right, kinds, count, formulas, digits).verdict()
    except Unable as error:
        return Unjudged("unable", (f"{error} cannot be judged",))
    except Misfit as error:
        return Unjudged("misfit", (str(error),))
    except StepperError as error:
        return Unjudged("unable", (error.problems[0].what,))


class _Comparison:
    def __init__(self, left: Expr, relation: Relation, right: Expr, kinds: Kinds, count: int,
                 formulas: Sequence[Expr], digits: int) -> None:  # fmt: skip
        self.left, self.relation, self.right = left, relation, right
        self.kinds, self.bounds, self.count = kinds, Bounds(kinds.given), count
        self.met: list[Instance] = []
        self.unmet: Counter[str] = Counter()
        self.undefined: Counter[str] = Counter()
        self.imprecise = self.branched = False
        self.apart: Prose = ()
        self.sides = Sides(left, relation, right, formulas, digits)
        self.rough = self.smaller = self.work = 0

    def verdict(self) -> Verdict:
        for seed in range(MOST_TRIED if self.kinds.open else 1):
            instance = Instance(self.kinds, self.bounds, seed, _style(self.kinds, seed, len(self.met), self.smaller))
            try:
                found = self._at(instance)
            except TooLarge as error:
                self.smaller += 1
                if self.smaller > 3:
                    if self.met:
                        break
                    return Unjudged("unable", (str(error),))
                continue
            if found is not None:
                return found
            if sum(self.unmet.values()) > MOST_UNMET and not self.met and not self.undefined:
                break
            if len(self.met) >= self.count or self.work > MOST_WORK * self._patience():
                break
        if self.met and self.branched and self.kinds.open:
            found = self._far_and_near()
            if found is not None:
                return found
        return self._agreement() if len(self.met) >= self._least() else self._undecided()

    def _far_and_near(self) -> Counterexample | None:
        """A formula with several forms, at numbers of all sizes and about those at which it may change."""
        among, undefined, rough = near(self.sides.constants()), self.undefined.copy(), self.rough
        for seed in range(MOST_TRIED, MOST_TRIED + MOST_WIDE):
            style = replace(_style(self.kinds, seed, SIMPLE, self.smaller), side="", among=among)
            try:
                found = self._at(Instance(self.kinds, self.bounds, seed, style), wide=True)
            except TooLarge:
                continue
            if found is not None:
                return found
            if self.work > MOST_WORK * 2:
                break
        self.undefined, self.rough = undefined, rough
        return None

    def _patience(self) -> int:
        """How much longer it may take where there is little to be said yet."""
        hopeless = not self.met and sum(self.undefined.values()) > FEWER
        return 1 if len(self.met) >= FEWER or hopeless else PATIENCE

    def _least(self) -> int:
        return LEAST if self.kinds.open else 1

    def _at(self, instance: Instance, wide: bool = False) -> Counterexample | None:
        try:
            satisfy(instance)
        except Misfit:
            raise
        except Undefined as error:
            self.unmet[str(error)] += 1
            return None
        finally:
            self.work += instance.work
        instance.read.clear()
        instance.work = 0
        try:
            found = self.sides.compared(instance, doubted=len(self.met) < DOUBTED)
        except Misfit:
            raise
        except Undefined as error:
            self.undefined[str(error)] += 1
            self.imprecise |= isinstance(error, Imprecise)
            if isinstance(error, OneSided) and not wide and not self.apart:
                self.apart = (f"the {error.side} side has no value", *at_values(instance))
            return None
        finally:
            self.work += instance.work
        if not found.agree:
            return told(instance, found.left, found.right)
        if not wide:
            self.rough, self.branched = max(self.rough, found.rough), self.branched or found.branched
            self.met.append(instance)
        return None

    def _undecided(self) -> Unjudged:
        if self.imprecise:
            return Unjudged("unable", (TOO_FEW,))
        if self.undefined:
            ((reason, _),) = self.undefined.most_common(1)
            return Unjudged("undefined", (f"undefined: {reason} at every point tried",))
        if self.met:
            return Unjudged("unable", ("too few values could be worked out",))
        reason = self.unmet.most_common(1)[0][0] if self.unmet else "none was found"
        return Unjudged("unmet", (f"no values satisfy the assumptions: {reason}",))

    def _agreement(self) -> Agreement:
        count, outcomes = len(self.met), max(instance.exact_outcomes for instance in self.met)
        words = f"at {count} random point{'s' if count > 1 else ''}" if self.kinds.open else "by their values"
        if outcomes > 1 and not self.rough:
            words += ", over all outcomes"
        digits = (50, 15, 6)[self.rough]
        where = " where both sides are defined" if self.undefined and not self.apart else ""
        return Agreement(count, (f"{words}{where}, to {digits} digits",), self.apart)
