"""Letters that known sizes ask for: exact integer sets from each size, their intersection; pairs and triplets by
trial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product as combinations
from math import prod
from typing import TYPE_CHECKING

from msgspec import Struct

from stepper.core.expr import COMPARE, Expr, Num, Sym, Where
from stepper.core.network import Layer
from stepper.core.traverse import names, substitute
from stepper.engine.layers.sizes import integer, literal, number, settle
from stepper.engine.values.polynomial import NoSize

if TYPE_CHECKING:
    from stepper.engine.layers.inversion import Inverse

LARGEST_KERNEL = 7
LARGEST = 1024
"""Up to where a letter is tried whose formula cannot be taken apart."""
SIZES = range(1, 129)
"""What is tried of letters that are sizes, where several are unknown."""
MOST_TRIALS = 20_000
NEAREST = 3
RANGES: Mapping[str, range] = {
    "k": range(1, LARGEST_KERNEL + 1),
    "s": range(1, 5),
    "p": range(6),
    "d": range(1, 4),
    "q": range(3),
}
"""What is tried of the settings of a layer where several are unknown, smallest first."""
Choice = tuple[int, ...]


class Constraint(Struct, frozen=True):
    """A formula with letters and the number that it must come to, which a layer must give or ``takes``.

    ``env`` are the layer's settings along an axis, and ``conditions`` what must hold of them.
    """

    layer: Layer
    formula: Expr
    wanted: Expr
    env: Mapping[Expr, Expr]
    conditions: tuple[Where, ...]
    takes: bool

    def holds(self, choice: Mapping[Expr, Expr]) -> bool:
        return _value(self.formula, choice) == self.wanted and all(
            self._allows(condition, choice) for condition in self.conditions
        )

    def _allows(self, condition: Where, choice: Mapping[Expr, Expr]) -> bool:
        sides = [_value(substitute(side, self.env), choice) for side in (condition.left, condition.right)]
        low, high = (None if side is None else number(side) for side in sides)
        return low is None or high is None or COMPARE[condition.operator](low, high)

    def is_meant(self, choice: Mapping[Expr, Expr]) -> bool:
        """Is a window such as layers have it: the padding less than the kernel, and no gaps between windows unless the
        kernel is 1?
        """
        sizes = [integer(settle(self.env[Sym(name)], choice)) for name in ("k", "s", "p") if Sym(name) in self.env]
        known = [size for size in sizes if size is not None]
        if len(known) < 3:
            return True
        kernel, stride, padding = known
        return padding < kernel and (stride <= kernel or kernel == 1)


class Solution(Struct, frozen=True):
    """Letters, what is asked of them, and every choice that fits.

    ``working`` has the inequalities of each constraint where there is one letter. ``nearest`` are choices that come
    near where none fits, with the size that they give. ``complete``: no other choice exists; else ``tried`` says up to
    where each letter was tried. ``endless``:
    all integers beyond the last choice fit too.
    """

    unknowns: tuple[Sym, ...]
    constraints: tuple[Constraint, ...]
    choices: tuple[Choice, ...]
    working: tuple[Inverse, ...] = ()
    nearest: tuple[tuple[Choice, Expr], ...] = ()
    complete: bool = False
    tried: tuple[int, ...] = ()
    endless: bool = False

    @property
    def values(self) -> Mapping[Expr, Expr]:
        """The letters, where there is one choice only."""
        return (
            _put_in(self.unknowns, self.choices[0])
            if len(self.choices) == 1 and self.complete and not self.endless
            else {}
        )

    @property
    def impossible(self) -> bool:
        return self.complete and not self.choices


def solve(constraints: Sequence[Constraint], roles: Mapping[Expr, str]) -> list[Solution]:
    """All that the constraints say of their letters; letters that stand together are solved together."""
    return [_together(group, letters, roles) for letters, group in _groups(constraints)]


def _groups(constraints: Sequence[Constraint]) -> list[tuple[tuple[Sym, ...], list[Constraint]]]:
    """Constraints that share letters, in the order in which they come."""
    groups: list[tuple[dict[Sym, None], list[Constraint]]] = []
    for constraint in constraints:
        letters = dict.fromkeys(name for name in names(constraint.formula) if isinstance(name, Sym))
        joined = [group for group in groups if any(letter in group[0] for letter in letters)]
        for group in joined[1:]:
            joined[0][0].update(group[0])
            joined[0][1].extend(group[1])
            groups.remove(group)
        if joined:
            joined[0][0].update(letters)
            joined[0][1].append(constraint)
        else:
            groups.append((letters, [constraint]))
    return [(tuple(letters), group) for letters, group in groups]


def _together(group: Sequence[Constraint], letters: tuple[Sym, ...], roles: Mapping[Expr, str]) -> Solution:
    if any(number(constraint.wanted) is None for constraint in group):  # it is stated in other letters
        return Solution(letters, tuple(group), ())
    if len(letters) == 1:
        return _alone(group, letters[0], RANGES[roles[letters[0]]].start if letters[0] in roles else 1)
    order = tuple(sorted(letters, key=lambda letter: [None, *RANGES].index(roles.get(letter))))
    ranges = [RANGES[roles[letter]] if letter in roles else SIZES for letter in order]
    if prod(map(len, ranges)) > MOST_TRIALS:
        return Solution(order, tuple(group), ())
    return Solution(
        order, tuple(group), _fitting(group, order, combinations(*ranges)), tried=tuple(values[-1] for values in ranges)
    )


def _alone(group: Sequence[Constraint], letter: Sym, least: int) -> Solution:
    """One letter: the integers of all spans, each tried in all constraints."""
    from stepper.engine.layers.inversion import invert

    working = []
    first, last = least, None
    for constraint in group:
        wanted = number(constraint.wanted)
        assert wanted is not None
        inverse = invert(constraint.formula, letter, wanted)
        working.append(inverse)
        if inverse.span is not None:
            first = first if inverse.span.first is None else max(first, inverse.span.first)
            last = (
                inverse.span.last
                if last is None
                else last
                if inverse.span.last is None
                else min(last, inverse.span.last)
            )
    found = all(inverse.span is not None for inverse in working)
    end = first + LARGEST if last is None else min(last, first + LARGEST)
    choices = _fitting(group, (letter,), ((value,) for value in range(first, end + 1)), meant=False)
    endless = found and last is None and (end,) in choices
    complete = found if last is None else end == last
    around = range(max(least, end - NEAREST + 1), max(first, end) + NEAREST)
    near = _near(group[0], (letter,), [(value,) for value in around]) if not choices else ()
    return Solution((letter,), tuple(group), choices, tuple(working), near, complete, (end,), endless)


def _fitting(
    group: Sequence[Constraint], letters: Sequence[Sym], tried: Iterable[Choice], meant: bool = True
) -> tuple[Choice, ...]:
    found = []
    for choice in tried:
        put_in = _put_in(letters, choice)
        if all((not meant or constraint.is_meant(put_in)) and constraint.holds(put_in) for constraint in group):
            found.append(choice)
    return tuple(found)


def _near(constraint: Constraint, letters: Sequence[Sym], tried: Sequence[Choice]) -> tuple[tuple[Choice, Expr], ...]:
    """The choices that come nearest to what one constraint asks for."""
    found: list[tuple[Fraction, Choice, Expr]] = []
    wanted = number(constraint.wanted)
    assert wanted is not None
    for choice in tried:
        value = _value(constraint.formula, _put_in(letters, choice))
        size = None if value is None else integer(value)
        if size is not None and size > 0:
            found.append((abs(size - wanted), choice, literal(size)))
    return tuple((choice, value) for _, choice, value in sorted(found, key=lambda entry: entry[:2])[:NEAREST])


def _value(formula: Expr, choice: Mapping[Expr, Expr]) -> Expr | None:
    """What a formula comes to; None where it comes to no size, as with a stride of 0."""
    try:
        return settle(substitute(formula, choice), {})
    except NoSize:
        return None


def _put_in(letters: Sequence[Sym], choice: Choice) -> Mapping[Expr, Expr]:
    return {letter: Num(str(value)) for letter, value in zip(letters, choice, strict=True)}
