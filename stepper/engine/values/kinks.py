"""Slopes at kinks: what a function's slope is on either side of one, and which is taken under the convention in
force.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from stepper.core.expr import Call, Deriv, Expr, Index, Value, Where
from stepper.core.formula import literal_of, number_of, reference
from stepper.core.graph import Node
from stepper.core.prose import Prose, listed
from stepper.core.traverse import substitute, transform
from stepper.engine.values.definitions import spread
from stepper.engine.values.differentiate import plus, times
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import close
from stepper.engine.values.ties import Tie, tie_of
from stepper.errors import StepperError

MOST_SHARED = 2
"""Where more arguments tie than this, no side is left or right of all of them: they share the slope."""


class Kink(Struct, frozen=True):
    """A point at which a function's slope depends on the side: ``where`` says which (``h2 = 0``), ``of`` whose it is.

    ``symbol`` is the local derivative that the slope is, where it is one by itself; else it is the slope for
    ``argument``, where
    the function has several.
    At a ``jump`` the value itself depends on the side, from the first to the second: no derivative exists there.
    ``slots`` are the places at which the node reads what the slope is for, ``sources`` what it reads there.
    """

    node: str
    where: Prose
    of: Expr
    argument: Expr | None
    left: Expr
    right: Expr
    taken: Expr
    below: Prose
    above: Prose
    symbol: Expr | None
    jump: tuple[Expr, Expr] | None
    count: int
    slots: tuple[int, ...]
    sources: tuple[str, ...]


class Slopes:
    """The slopes of one node's formula as they are taken, and the kinks that were met on the way."""

    def __init__(self, sheet: Sheet, node: Node, origins: Mapping[Expr, Expr]) -> None:
        self.sheet, self.node, self.origins = sheet, node, origins
        self.found: list[Kink] = []
        self._ties: dict[Expr, Tie | None] = {}

    def taken(self, part: Expr, form: Expr, argument: Expr, names: Collection[Expr]) -> Expr:
        """The slope of a part of the formula for one of its arguments: ``form``, on a kink as the convention wants
        it.
        """
        if part not in self._ties:  # asked of each argument of a maximum of many
            self._ties[part] = tie_of(substitute(part, self.origins), self.sheet)
        tie = self._ties[part]
        if tie is None:
            return form
        moved = substitute(argument, self.origins)
        order = [-1, 1]
        if isinstance(part, Where) and part.right == argument:
            order.reverse()  # 1 < x: left of it x is smaller
        sides = [self._settled(form, side) for side in order]
        slopes = [self._number(side) for side in sides]
        jump = self._jump(tie.part, order)
        if jump is None and _same(*slopes):
            return form
        convention, chosen = self.sheet.vocabulary.kink, form
        if convention.row != "1" and tie.count <= MOST_SHARED:
            weights = [literal_of(Fraction(weight)) for weight in (convention.left, convention.right)]
            chosen = plus([("+", times(weight, side)) for weight, side in zip(weights, sides, strict=True)])
        self._record(tie, (slopes[0], slopes[1], self._number(self._settled(chosen, 0))), moved, jump, names)
        return chosen

    def _settled(self, form: Expr, side: int) -> Expr:
        """A slope with the cases of one side of the kink; of 0 those at the kink itself."""

        def change(part: Expr) -> Expr | None:
            if isinstance(part, Index) and isinstance(part.base, Call):
                rule = self.sheet.vocabulary.rule(part.base.name)
                if rule.picks:
                    whole = rule.definition(part.base.arguments, element=part.indices[0])
                    return self._settled(spread(whole, self.sheet.vocabulary), side)
            if not isinstance(part, Where):
                return None
            left, right = (substitute(end, self.origins) for end in (part.left, part.right))
            holds = self.sheet.holds(part.operator, left, right, side)
            return None if holds is None else self._settled(part.then if holds else part.otherwise, side)

        return transform(form, change)

    def _record(
        self, tie: Tie, slopes: tuple[Expr, Expr, Expr], moved: Expr, jump: tuple[Expr, Expr] | None,
        names: Collection[Expr],
    ) -> None:  # fmt: skip
        slots = tuple(slot for slot, wire in enumerate(self.origins) if wire in names)
        sources = tuple(dict.fromkeys(self.node.reads[slot] for slot in slots))
        # the side that is moved comes first: u = v is a kink of max(u, v) for u, and v = u for v
        first = moved in tie.sides and tie.count <= MOST_SHARED
        shown = [moved, *(side for side in tie.sides if side != moved)] if first else list(tie.sides)
        sides: tuple[Prose, Prose] = ((" on the left",), (" on the right",))
        if shown[0] not in map(reference, sources):
            sides = ((" for ", shown[0], " < ", shown[1]), (" for ", shown[0], " > ", shown[1]))
        node, whole = reference(self.node.name), tie.part == self.node.formula
        self.found.append(Kink(
            self.node.name, listed([(side,) for side in shown], " = ", " = "), node if whole else tie.part,
            None if self._single(tie.part) else moved, *slopes, *sides,
            Deriv(node, moved, total=False) if whole and (moved,) == tuple(map(reference, sources)) else None,
            jump, tie.count, slots, sources,
        ))  # fmt: skip

    def _single(self, part: Expr) -> bool:
        """Is it a function of one number, so that its slope needs no words on what it is for?"""
        if not isinstance(part, Call):
            return False
        parameters = self.sheet.vocabulary.rule(part.name).parameters
        return len(parameters) == 1 and not parameters[0].is_list

    def _jump(self, part: Expr, order: Sequence[int]) -> tuple[Expr, Expr] | None:
        """The value on either side, where it is not the same."""
        try:
            ends = [self.sheet.approximate(part, side) for side in order]
        except StepperError:
            return None
        if ends[0] is None or ends[1] is None or close(ends[0], ends[1]):
            return None
        return Value(ends[0]), Value(ends[1])

    def _number(self, expr: Expr) -> Expr:
        """The number of a slope, or its formula where it has none: symbols are left, or it does not exist."""
        expr = substitute(expr, self.origins)
        known = number_of(expr)
        try:
            number = self.sheet.approximate(expr) if known is None else known
        except StepperError:
            return expr
        return expr if number is None else Value(number)


def _same(left: Expr, right: Expr) -> bool:
    one, other = number_of(left), number_of(right)
    return left == right or (one is not None and other is not None and close(one, other))
