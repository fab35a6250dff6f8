"""The quantities of a graph: the number of each that has one, put into formulas, and cases settled by them."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

from msgspec import Struct

from stepper.core.expr import Array, Call, Deriv, Expr, Index, Neg, Num, Number, Prime, Sym, Value, Where
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph, Node
from stepper.core.numbers import Rounding
from stepper.core.prose import Prose, listed
from stepper.core.traverse import extent, rewritten, transform, walk
from stepper.engine.values.definitions import bounded, is_arithmetic, unfold
from stepper.engine.values.numbered import Numbered
from stepper.errors import Problem, StepperError

DEEPEST = 60
ZERO = Num("0")


class Settings(Struct, frozen=True):
    """What a derivation is asked for beyond its question.

    Attributes:
        digits: significant digits that rounded numbers will be shown with; lines are guarded to recompute at these.
        exact: nothing is rounded: fractions are shown as fractions, and what is irrational stays a formula.
        lr: the learning rate of the gradient step, where one is wanted; a letter stays one.
        ascent: the step goes uphill.
        round_steps: the calculation is also carried rounded after every step, as people do by hand.
        verify: SymPy proves the local derivatives and the result.
        simplify: each gradient is also given in closed form.
        listed_paths: with more paths than this they are counted, and accumulation at nodes is shown instead.
    """

    digits: int = 4
    exact: bool = False
    lr: Number | Sym | None = None
    listed_paths: int = 12
    ascent: bool = False
    round_steps: Rounding | None = None
    verify: bool = False
    simplify: bool = False


class Quantities(Numbered):
    """The same, asked with settings; its numbers are put into formulas, and settle their cases."""

    def __init__(self, graph: Graph, settings: Settings) -> None:
        super().__init__(graph, settings.exact)
        self.settings = settings
        self._expanded: dict[str, Expr] = {}

    def expanded(self, expr: Expr) -> Expr:
        """The formula in terms of what is given: nodes without a number of their own are written out.

        Raises:
            StepperError: where that is too long, or too deep, to be worked with.
        """
        wanted, waiting = set[str](), [expr]
        while waiting:
            nodes = (self._unnumbered(part) for part in walk(waiting.pop()))
            new = {node.name: node for node in nodes if node is not None and node.name not in wanted}
            wanted |= new.keys()
            waiting += [node.formula for node in new.values() if node.formula is not None]
        written = self._expanded

        def change(part: Expr) -> Expr | None:
            if isinstance(part, Deriv):
                return part
            node = self._unnumbered(part)
            return None if node is None else written[node.name]

        def write(formula: Expr) -> Expr:
            found = self.decide(self.put_in(bounded(rewritten(formula, change))))[0]
            if extent(found)[1] > DEEPEST:
                raise StepperError(Problem(f"written out, this formula is more than {DEEPEST} deep"))
            return found

        for name in self.graph.order if wanted else ():
            formula = self.graph.nodes[name].formula
            if name in wanted and name not in written and formula is not None:
                written[name] = write(formula)
        return write(expr)

    def _unnumbered(self, part: Expr) -> Node | None:
        """The node that a name stands for, where it has a formula and no number of its own."""
        node = self.graph.nodes.get(text(part)) if isinstance(part, Sym | Index) else None
        return None if node is None or node.formula is None or node.name in self.values else node

    def put_in(self, expr: Expr) -> Expr:
        """The formula with its numbers put in; names without a number stay."""
        values = self.values

        def change(part: Expr) -> Expr | None:
            kind = type(part)
            if kind is Deriv:
                return part
            if kind is Sym or kind is Prime or (isinstance(part, Index) and type(part.base) is Sym):
                number = values.get(text(part))
                return part if number is None else Value(number)
            return None

        return rewritten(expr, change)

    def decide(self, expr: Expr) -> tuple[Expr, Prose]:
        """Case distinctions settled by the numbers, and the words that say why: ``h1 = 2 > 0``."""
        if is_arithmetic(expr):
            return expr, ()
        expr, picked = self.picked(expr)
        found = [list(reason) for reason in picked]
        settled = rewritten(expr, partial(self._decided, found))
        return settled, listed([tuple(reason) for reason in found], ", ")

    def _decided(self, found: list[list[str | Expr]], part: Expr) -> Expr | None:
        """One of them, with its reason added to those that were found."""
        if isinstance(part, Neg) and isinstance(part.body, Where):
            body = self._decided(found, part.body)
            return None if body is None else ZERO if body == ZERO else Neg(body)
        if not isinstance(part, Where):
            return None
        left, right = self.approximate(part.left), self.approximate(part.right)
        if left is None or right is None:
            return None
        # a side that is too small for a float is 0 where it is shown, and yet on its side of the other
        above, below = self.holds(">", part.left, part.right), self.holds("<", part.left, part.right)
        sign = ">" if above else "<" if below else "="
        # two numbers that differ by less than a float can say are told as they are written
        lost = sign != "=" and left == right
        reason: list[str | Expr] = [part.left, f" {sign} ", part.right] if lost else _reason(part, left, right, sign)
        if reason not in found:
            found.append(reason)
        side = part.then if self.holds(part.operator, part.left, part.right) else part.otherwise
        return transform(side, partial(self._decided, found))

    def picked(self, expr: Expr) -> tuple[Expr, list[Prose]]:
        """Slopes of functions that pick an argument, as numbers where it is known which one, with the words: ``u =
        3 is the larger``.
        """
        if is_arithmetic(expr):
            return expr, []
        reasons: dict[Call, Prose] = {}

        def change(part: Expr) -> Expr | None:
            if not (isinstance(part, Index) and isinstance(part.base, Call)):
                return None
            rule = self.vocabulary.rule(part.base.name)
            if not rule.picks:
                return None
            number = self.approximate(part)
            if number is None:
                return unfold(rule.definition(part.base.arguments, element=part.indices[0]), self.vocabulary)
            if part.base not in reasons:
                reasons[part.base] = self._picked(part.base)
            return Value(number)

        return rewritten(expr, change), list(dict.fromkeys(reasons.values()))

    def _picked(self, slopes: Call) -> Prose:
        """The arguments that are picked, from the slopes for all of them."""
        (items,) = slopes.arguments
        assert isinstance(items, Array)
        rule = self.vocabulary.rule(slopes.name)
        chosen = [
            item
            for place, item in enumerate(items.items, 1)
            if self.approximate(Index(slopes, (Num(str(place)),))) != 0
        ]
        number = self.approximate(chosen[0])
        assert number is not None
        spelled = any(number_of(item) is not None for item in chosen)
        equal = listed(
            [(side,) for side in dict.fromkeys([*chosen, *([] if spelled else [Value(number)])])], " = ", " = "
        )
        if len(chosen) > 1:
            return (*equal, ": they share the slope")
        return (*equal, " is the ", rule.picks[0 if len(items.items) == 2 else 1])


def _reason(case: Where, left: Number, right: Number, sign: str) -> list[str | Expr]:
    """How two sides lie: ``h = 2 > 0``. A number that stands on the left alone is told on the right: 1 < x as x = 3
    > 1.
    """
    side = case.left
    if isinstance(side, Num | Value):
        if isinstance(case.right, Num | Value):
            return [side, f" {sign} ", Value(right)]
        side, left, right, sign = case.right, right, left, {"<": ">", ">": "<"}.get(sign, sign)
    number = Value(right)
    if sign == "=":
        return [side, " = ", number]
    return [side, " = ", Value(left), f" {sign} ", number]


def close(found: Number, expected: Number) -> bool:
    """Equal where both are exact, else to nine digits."""
    if isinstance(found, Fraction) and isinstance(expected, Fraction):
        return found == expected
    return math.isclose(found, expected, rel_tol=1e-9)
