"""The two sides of a statement at one instance, with as many digits as it takes to compare them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct

from stepper.core.derivation_parser import Relation
from stepper.core.expr import Expr, Num
from stepper.core.formula import number_of
from stepper.core.numbers import inexact
from stepper.core.traverse import walk
from stepper.engine.derive.witness.arrays import Nested, Scaled, difference, entries, fitted, shape_of
from stepper.engine.derive.witness.counterexample import alone
from stepper.engine.derive.witness.evaluate import scene_of
from stepper.engine.derive.witness.facts import related
from stepper.engine.derive.witness.instance import Instance
from stepper.engine.derive.witness.numbers import LOSS, Imprecise, Misfit, Quantity, Undefined, context, rounded
from stepper.engine.derive.witness.scene import Scene

TOLERANCES = (38, 15, 6)
"""So many digits have to agree: by how many integrals stand in one another."""
ROUNDED = 10.0**-9
"""How far two numbers may be apart, as a share of their size, where a number in a formula is itself rounded."""
FINEST = 16
"""With so many times the usual digits a difference has to be told from nothing."""
STEADY = 1_000
"""A difference is one where more digits change it by less than this part."""
LARGEST_CONSTANT, MOST_CONSTANTS = 10**6, 12
ZERO = Num("0")


class OneSided(Undefined):
    """One side has a value, the other has none."""

    def __init__(self, reason: str, side: str) -> None:
        super().__init__(reason)
        self.side = side


class Compared(Struct, frozen=True):
    """What both sides come to, and whether they stand so to one another; ``branched``: was there a comparison?"""

    left: Nested
    right: Nested
    agree: bool
    rough: int
    branched: bool


class Sides:
    """Both sides of a statement."""

    def __init__(
        self, left: Expr, relation: Relation, right: Expr, formulas: Sequence[Expr], digits: int
    ) -> None:  # fmt: skip
        self.left, self.relation, self.right, self.formulas, self.digits = left, relation, right, formulas, digits
        self.rounded = inexact(left) or inexact(right)

    def constants(self) -> list[Quantity]:
        """The numbers in the formulas, those that are not too large to be put in."""
        found = dict.fromkeys(number_of(part) for formula in self.formulas for part in walk(formula))
        numbers = [Fraction(number) for number in found if number is not None]
        return [number for number in numbers if abs(number) <= LARGEST_CONSTANT][:MOST_CONSTANTS]

    def compared(self, instance: Instance, doubted: bool) -> Compared:
        """Compares them: again with more digits where one number was lost beside another, where they differ, and
        where it is ``doubted`` that numbers with many equal digits are equal.

        Raises:
            Undefined: where a side has no value, or no number of digits tells.
        """
        finer, before, doubtful = 1, None, doubted
        while True:
            with context().workdps(self.digits * finer):
                LOSS.met = False
                scene = scene_of(instance)
                scene.finer = finer
                left, right = self._values(scene)
                lost = LOSS.met
                agree = self._agree(left, right, scene, finer)
                apart: Quantity = None if agree else _apart(left, right)
                found = Compared(left, right, agree, scene.rough, scene.branched)
                if scene.rough or self.rounded or not _repeatable(instance) or _exact(left, right):
                    return found
                steady = apart is not None and before is not None and abs(apart - before) * STEADY <= abs(apart)
            if not lost and (steady or (agree and not doubtful)):
                return found
            if finer == FINEST:
                raise Imprecise("too few digits are certain")
            finer, before, doubtful = 2 * finer, apart, lost

    def _values(self, scene: Scene) -> tuple[Nested, Nested]:
        values: list[Nested] = []
        missing: dict[str, Undefined] = {}
        for word, side in (("left", self.left), ("right", self.right)):
            try:
                values.append(alone(scene.of(side)))
            except (Misfit, Imprecise):
                raise
            except Undefined as error:
                missing[word] = error
        if len(missing) == 1:
            ((word, reason),) = missing.items()
            raise OneSided(str(reason), word) from reason
        for reason in missing.values():
            raise reason
        left, right = values
        return left, right

    def _agree(self, left: Nested, right: Nested, scene: Scene, finer: int) -> bool:
        if not self._comparable(left, right):
            return False
        tolerance = context().mpf(10) ** (-TOLERANCES[scene.rough] * finer)
        return related(left, self.relation, right, max(tolerance, ROUNDED if self.rounded else 0))

    def _comparable(self, left: Nested, right: Nested) -> bool:
        """Are both of one shape? 0 stands for an array of zeros too."""
        if isinstance(left, Scaled) or isinstance(right, Scaled) or ZERO in (self.left, self.right):
            return True
        return shape_of(left) == shape_of(right)


def _apart(left: Nested, right: Nested) -> Quantity:
    """The largest difference between two entries."""
    return max((abs(rounded(number)) for number in entries(difference(*fitted(left, right)))), default=0)


def _exact(*values: Nested) -> bool:
    return all(isinstance(number, int | Fraction) for value in values for number in _entries(value))


def _entries(value: Nested) -> Sequence[Quantity]:
    return [value.scale] if isinstance(value, Scaled) else list(entries(value))


def _repeatable(instance: Instance) -> bool:
    """Is all that was drawn exact, so that it is the same with more digits?"""
    kinds = instance.kinds
    solved = any("=" in fact.relations for fact in kinds.given.facts)
    drawn = [*instance.single.values(), *instance.tensors.values(), *instance.scales.values()]
    return not (kinds.random or solved or instance.unknowns) and _exact(*drawn)
