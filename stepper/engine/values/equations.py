"""The worked equation, ``left = formula = numbers put in = value``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain
from operator import eq

from msgspec.structs import replace

from stepper.core.expr import Expr, Number, Product, Value, children
from stepper.core.formula import literal_of, number_of
from stepper.core.numbers import Shown, inexact, rounds, shown
from stepper.core.prose import Prose, listed
from stepper.core.steps import Equation, Link, Relation, Role
from stepper.core.traverse import transform, walk
from stepper.engine.values.definitions import unfold
from stepper.engine.values.quantities import Quantities
from stepper.errors import StepperError

LARGEST_GUARD = 13


class Sheet(Quantities):
    """A graph's quantities, and the equations in which they are worked out."""

    def worked(
        self, left: Expr, formula: Expr, number: Number | None, role: Role = "value", stable: Expr | None = None,
        simpler: Expr | None = None,
    ) -> Equation:  # fmt: skip
        """The formula, the losses and sums in it written out, numbers put in, value. What stands between the formula
        and its numbers is left out in brief.

        ``simpler`` is what is left of the formula where factors cancel. ``stable`` is a second form, shown where the
        first loses all its digits to cancellation (1 - tanh(16)^2).
        """
        formula, picked = self.picked(formula)
        links = [Link("=", formula, listed(picked, ", "))]
        if simpler is not None:
            append(links, simpler)
        unfolded = unfold(formula if simpler is None else simpler, self.vocabulary)
        append(links, unfolded)
        settled, why = self.decide(unfolded)
        line = self._numbers(settled, number)
        if line is None and stable is not None and stable != formula:
            append(links, stable)
            settled, why = self.decide(stable)
            line = self._numbers(settled, number)
        forms = len(links)
        if line is not None and (line != settled or why):
            append(links, line, why)
        if number is not None and not _is_spelled(links[-1].expr, number):
            append(links, Value(number), _vanishing(links[-1].expr, number))
        if len(links) > forms:
            links[1:forms] = [replace(link, detail="normal") for link in links[1:forms]]
        return Equation(left, tuple(links), role)

    def _numbers(self, formula: Expr, number: Number | None) -> Expr | None:
        """The formula with numbers put in, or None where no number of digits makes the line recompute."""
        return self.guarded(self.put_in(formula), number)

    def guarded(self, line: Expr, number: Number | None) -> Expr | None:
        """A line of numbers with as many digits as it takes to give, as it stands on the page, the value shown beside
        it.
        """
        if number is None or self.settings.exact or not rounds(line, self.settings.digits):
            return line
        goal = self._shown(number).number
        for guard in range(LARGEST_GUARD + 1):
            if self._recomputes(_rounded(line, self.settings.digits + guard), goal, isinstance(number, float)):
                return with_guard(line, guard)
        return None

    def chained(self, left: Expr, sides: Sequence[Expr], role: Role = "gradient") -> Equation:
        """``left = side = side``: sides that repeat the one before are left out, numbers are guarded to give the last
        side.
        """
        number = number_of(sides[-1])
        links: list[Link] = []
        before = left
        for side in sides:
            shown_side = self.guarded(side, number) if side is not sides[-1] else side
            if shown_side is None or (links and _repeats(before, shown_side)):
                continue
            links.append(
                Link(relation(before, shown_side), shown_side, _vanishing(before, number) if side is sides[-1] else ())
            )
            before = shown_side
        return Equation(left, tuple(links), role)

    def _recomputes(self, line: Expr, goal: Fraction, rounded: bool) -> bool:
        """Does a line, as it is shown, give what is shown?

        What came as a float is rounded as one, though the line's own digits be exact.
        """
        try:
            result = self.approximate(line)
        except StepperError:
            return False
        return result is not None and self._shown(float(result) if rounded else result).number == goal

    def _shown(self, number: Number) -> Shown:
        return shown(number, self.settings.digits)


def _is_spelled(expr: Expr, number: Number) -> bool:
    """Does a formula already say its number? 2/2 does not say 1."""
    return number_of(expr) == number and not isinstance(expr, Product)


def as_shown(line: Expr, digits: int) -> Expr:
    """A line with the numbers that a reader sees in place of those that are meant."""

    def change(part: Expr) -> Expr | None:
        return Value(shown(part.number, digits + part.guard).number) if type(part) is Value else None

    return transform(line, change)


def _rounded(line: Expr, digits: int) -> Expr:
    """The same with so many digits for each of them."""
    return transform(line, lambda part: Value(shown(part.number, digits).number) if type(part) is Value else None)


def with_guard(line: Expr, guard: int) -> Expr:
    """A line whose numbers are shown with so many digits more."""
    return transform(line, lambda part: Value(part.number, guard) if type(part) is Value else None)


def _repeats(before: Expr, after: Expr) -> bool:
    number = number_of(before)
    return (number is not None and number == number_of(after)) or written_alike(before, after)


def _vanishing(line: Expr, number: Number | None) -> Prose:
    """Why numbers that are not exact come to a 0 that is: what is left of them lies below their digits."""
    return ("no significant digits are left",) if number == 0 and isinstance(number, Fraction) and inexact(line) else ()


def append(links: list[Link], side: Expr, note: Prose = ()) -> None:
    """One more side of an equation, unless it is written as the one before."""
    before = links[-1].expr
    if note or not written_alike(side, before):
        links.append(Link(relation(before, side), side, note))


def spelled(expr: Expr) -> Expr:
    """A formula as it is written: the number 1/2 is written as the quotient 1/2."""
    return transform(expr, lambda part: literal_of(part.number) if isinstance(part, Value) else None)


def written_alike(one: Expr, other: Expr) -> bool:
    """Are two formulas written the same? Long ones differ early, and are then not written out."""
    if one == other:
        return True
    return all(map(eq, *(chain(_ends(side), [None]) for side in (one, other)))) and spelled(one) == spelled(other)


def _ends(expr: Expr) -> Iterator[Expr]:
    """The names and numerals of a formula as it is written, from left to right."""
    for part in walk(expr):
        if isinstance(part, Value):
            yield from _ends(literal_of(part.number))
        elif not children(part):
            yield part


def relation(left: Expr, right: Expr) -> Relation:
    """``=`` only between equal things: a side that holds an approximate number, or came to one, is ``≈``."""
    return "≈" if inexact(left) or inexact(right) else "="
