"""An author's derivation: every line checked, its rule named, a gap filled, a mistake shown with what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.derivation_parser import Relation
from stepper.core.expr import Call, Deriv, Expr, Index, Neg, Sym
from stepper.core.lines import Lines, Stated
from stepper.core.progress import each
from stepper.core.prose import Prose, listed
from stepper.core.traverse import mentions, transform, walk
from stepper.engine.derive.context import Context, name_of
from stepper.engine.derive.proving import Verdict, prove, unfolded
from stepper.engine.derive.signs import positive
from stepper.engine.derive.solving import Step, solved
from stepper.engine.derive.terms import ONE, collected, number_in
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError


class Judged(Struct, frozen=True):
    """One claim of a line: its sides, and what is found."""

    stated: Stated
    left: Expr
    relation: Relation
    right: Expr
    verdict: Verdict
    defines: bool = False
    after: Prose = ()
    """What it follows from besides what is given: an equation that was demanded."""


class Page:
    """The lines of a document in their order: what is defined, what is demanded, what is shown so far.

    ``claims`` are lines that somebody else wrote about it; then these are judged.
    """

    def __init__(self, lines: Lines, claims: Sequence[Stated] | None = None) -> None:
        self.lines = lines
        self.context = Context(lines.given, Vocabulary(lines.functions, {}))
        self.demanded: list[tuple[Expr, Expr]] = []
        self.proved: list[tuple[Expr, Expr]] = []
        self.last: Expr | None = None
        self.head: Expr | None = None
        """What the lines that go on from one another began with, as long as each is equal to it."""
        self.judged: list[Judged] = []
        self.seen = {name for fact in lines.given.facts for name in _letters(fact.sides)} | {*lines.given.definitions}
        for stated in each(lines.lines, "lines"):
            self.judged += self.line(stated)
        if claims is not None:
            self.judged, self.last = [], None
            for stated in each(claims, "lines"):
                self.judged += self.line(stated)
            return
        if lines.shows is not None and lines.shows.statement not in [stated.statement for stated in lines.lines]:
            self.judged += self.line(lines.shows)

    def line(self, stated: Stated) -> Iterator[Judged]:
        """What a line claims, side by side."""
        sides = [*stated.statement.sides]
        if stated.continues:
            if self.last is None:
                what = "this line continues the one above, but there is none"
                raise StepperError(Problem(what, stated.place, "begin with a left side: y = w*x"))
            sides.insert(0, self.last)
        relations: list[Relation] = [*stated.statement.relations]
        if stated.sets:
            self.demanded.append((sides[0], sides[-1]))
            yield Judged(stated, sides[0], "=", sides[-1], Verdict(True, ("required",)))
            return
        if not stated.continues:
            self.head = sides[0]
        for (left, right), relation in zip(pairwise(sides), relations, strict=True):
            judged = self.claim(stated, left, relation, right)
            if not judged.verdict.holds or relation != "=":
                self.head = None
            elif self.head is not None and self.head != left:
                self.proved.append((self.head, right))
            yield judged
        self.last = sides[-1]
        self.seen |= set(_letters(sides))

    def claim(self, stated: Stated, left: Expr, relation: Relation, right: Expr) -> Judged:
        if relation == "=" and self._defines(left, right):
            assert isinstance(left, Sym)
            given = self.context.given
            self.context = replace(
                self.context, given=replace(given, definitions={**given.definitions, left.name: right})
            )
            return Judged(stated, left, relation, right, Verdict(True, ("definition",)), defines=True)
        verdict = prove(left, relation, right, self.context)
        after: Prose = ()
        if verdict.holds is not True:
            for one, other, said in self._put_in(left, right):
                found = prove(one, relation, other, self.context)
                if found.holds is True:
                    verdict, after = found, said
                    break
        if verdict.holds and relation == "=":
            self.proved.append((left, right))
        return Judged(stated, left, relation, right, verdict, after=after)

    def _defines(self, left: Expr, right: Expr) -> bool:
        """Is it a name that was not met before, and does not stand on the right?"""
        return isinstance(left, Sym) and left.name not in self.seen and not mentions(right, left)

    def _put_in(self, left: Expr, right: Expr) -> Iterator[tuple[Expr, Expr, Prose]]:
        """The two sides with what was demanded, and what was shown, put in: the last first."""
        demanded = [more for equation in reversed(self.demanded) for more in self._with_proved(equation)]
        sides = [(left, right), tuple(unfolded(side, self.context) for side in (left, right))]
        ways = [demanded, [*demanded, *reversed(self.proved)] * 2]
        for (one, other), pairs in ((side, way) for way in ways for side in dict.fromkeys(sides)):
            used = list[tuple[Expr, Expr]]()
            at, gone = (one, other), list[Expr]()
            for equation in pairs:
                for unknown, value in self._solutions(equation, at):
                    if any(mentions(value, part) for part in gone):
                        continue  # it would bring back what is put in already
                    after = (_replaced(at[0], unknown, value), _replaced(at[1], unknown, value))
                    if after != at:
                        at = after
                        used.append(equation)
                        gone.append(unknown)
                        yield *at, _from(used)
                        break

    def _with_proved(self, equation: tuple[Expr, Expr]) -> Iterator[tuple[Expr, Expr]]:
        """What was demanded, as it stands and with what was shown of its sides put in."""
        yield equation
        for left, right in reversed(self.proved):
            after = tuple(_replaced(side, left, right) for side in equation)
            if _atomic(left) and after != equation:
                yield after[0], after[1]

    def _solutions(self, equation: tuple[Expr, Expr], sides: Sequence[Expr]) -> Iterator[tuple[Expr, Expr]]:
        """What an equation says of a quantity in the claim: the side that stands alone, or what it is solved for."""
        left, right = equation
        for one, other in ((left, right), (right, left)):
            if _atomic(one) and not mentions(other, one) and name_of(one) not in self.context.given.random:
                yield one, other
        for unknown in dict.fromkeys(part for side in sides for part in walk(side) if _atomic(part)):
            if name_of(unknown) in self.context.given.random:
                continue  # an equation of expectations is none of the quantities in them
            if mentions(left, unknown) or mentions(right, unknown):
                try:
                    steps = solved(left, right, unknown, self.context)
                except StepperError:
                    continue
                if self._may_vanish(unknown, steps):
                    continue  # of x*(a - b) = 0, x = 0 is one of two solutions
                yield unknown, steps[-1].right

    def _may_vanish(self, unknown: Expr, steps: Sequence[Step]) -> bool:
        """Does an equation say that the unknown is 0 only where a factor beside it is not?"""
        if len(steps) < 2 or number_in(steps[-1].right) != 0:
            return False
        beside = collected(_replaced(steps[-2].left, unknown, ONE))
        return not any(positive(side, self.context.given) for side in (beside, collected(Neg(beside))))


def _from(used: Sequence[tuple[Expr, Expr]]) -> Prose:
    """Which equations were put in."""
    return ("from ", *listed([(left, " = ", right) for left, right in dict.fromkeys(used)]))


def _replaced(expr: Expr, part: Expr, value: Expr) -> Expr:
    return transform(expr, lambda inner: value if inner == part else None)


def _atomic(expr: Expr) -> bool:
    return isinstance(expr, Sym | Index | Call | Deriv)


def _letters(sides: Sequence[Expr]) -> Iterator[str]:
    return (part.name for side in sides for part in walk(side) if isinstance(part, Sym))
