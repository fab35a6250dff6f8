"""Slopes of arrays at kinks, as formulas that hold at every entry under the convention in force."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from stepper.core.expr import Array, Call, Comparison, Expr, Sym, Where
from stepper.core.formula import literal_of, number_of
from stepper.core.traverse import transform
from stepper.engine.values.definitions import lower
from stepper.engine.values.differentiate import ONE, ZERO, plus, times
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import Problem, StepperError

_LEFT: frozenset[Comparison] = frozenset({"<", "<=", "!="})
_RIGHT: frozenset[Comparison] = frozenset({">", ">=", "!="})
"""What holds where the left side of a comparison is a little smaller, and where it is a little larger."""


class Taken:
    """Slopes as formulas that hold at every entry: on a kink what the convention takes, elsewhere what the tables
    say.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary, self.kink = vocabulary, vocabulary.kink

    @property
    def plain(self) -> bool:
        """Are the slopes those of the tables?"""
        return self.kink.name == PLAIN.kink.name

    @property
    def gives_up(self) -> bool:
        """Is the slope taken that of no side, even where both sides have the same?"""
        return Fraction(self.kink.left) + Fraction(self.kink.right) != 1

    def __call__(self, part: Expr, form: Expr, argument: Expr, names: Collection[Expr]) -> Expr:
        """The slope of a call or a case distinction for one of its arguments."""
        if self.plain:
            return form
        sides = self.sides(part, argument)
        form = lower(form, self.vocabulary) if sides else form
        for left, right in sides:
            turned = isinstance(part, Where) and right == argument
            slopes = [_settled(form, left, right, on_left) for on_left in ((False, True) if turned else (True, False))]
            form = self.chosen(left, right, form, slopes)
        return form

    def sides(self, part: Expr, argument: Expr) -> list[tuple[Expr, Expr]]:
        """What is equal on a kink of it."""
        if isinstance(part, Where):
            return [(part.left, part.right)]
        if not isinstance(part, Call):
            return []
        rule = self.vocabulary.rule(part.name)
        if rule.picks:
            (items,) = part.arguments
            assert isinstance(items, Array)
            others = [item for item in items.items if item != argument]
            if len(others) > 1:
                what = (
                    f"kink={self.kink.name} is not followed by {part.name} of {len(items.items)} arrays: "
                    "where they tie they share"
                )
                raise StepperError(Problem(what, hint=f"{part.name} of two of them, and of the result with the third"))
            return [(argument, other) for other in others]
        bindings = rule.bind(part.arguments)
        return [(_put(left, bindings), _put(right, bindings)) for left, right in rule.kinks]

    def chosen(self, left: Expr, right: Expr, form: Expr, slopes: list[Expr]) -> Expr:
        """The slope with that of the convention where both sides are equal."""
        one, other = slopes
        if one == other:
            return form
        weights = [literal_of(Fraction(weight)) for weight in (self.kink.left, self.kink.right)]
        found = plus([("+", times(weight, slope)) for weight, slope in zip(weights, slopes, strict=True)])
        both = number_of(one), number_of(other)
        if self.gives_up and None in both:  # it may be that no kink is there
            found = Where("==", one, other, form, found)
        return Where("==", left, right, found, form)

    def of_cases(self, expr: Where, then: bool) -> Expr:
        """With what weight a gradient goes to one of two cases."""
        plain = Where(expr.operator, expr.left, expr.right, *((ONE, ZERO) if then else (ZERO, ONE)))
        if self.plain:
            return plain
        on_left, on_right = ((expr.operator in sides) == then for sides in (_LEFT, _RIGHT))
        weights = Fraction(self.kink.left) * on_left + Fraction(self.kink.right) * on_right
        return Where("==", expr.left, expr.right, literal_of(weights), plain)


def _put(side: Expr, bindings: dict[Expr, Expr]) -> Expr:
    return transform(side, lambda part: bindings.get(part) if isinstance(part, Sym) else None)


def _settled(form: Expr, left: Expr, right: Expr, on_left: bool) -> Expr:
    """A slope with the case that holds beside a kink, where its sides are compared."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Where) or {part.left, part.right} != {left, right}:
            return None
        holds = part.operator in (_LEFT if on_left == (part.left == left) else _RIGHT)
        return _settled(part.then if holds else part.otherwise, left, right, on_left)

    return transform(form, change)
