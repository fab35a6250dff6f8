"""An author's derivation: every line checked, its rule named, a gap filled, a mistake shown with what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import Relation, Statement
from stepper.core.expr import Call, Expr, Index, Sym, children
from stepper.core.formula import text
from stepper.core.lines import Lines, Stated
from stepper.core.prose import Prose
from stepper.core.traverse import mentions, transform, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.proving import Verdict, prove
from stepper.engine.derive.solving import solved
from stepper.engine.derive.terms import number_in
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
    """The lines of a document in their order: what is defined, what is demanded, what is shown so far."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.context = Context(lines.given, Vocabulary(lines.functions, {}))
        self.demanded: list[tuple[Expr, Expr]] = []
        self.proved: list[tuple[Expr, Expr]] = []
        self.last: Expr | None = None
        self.judged: list[Judged] = []
        self.seen = {name for fact in lines.given.facts for name in _letters(fact.sides)} | {*lines.given.definitions}
        for stated in lines.lines:
            self.judged += self.line(stated)
        if lines.shows is not None:
            self.judged += self.line(lines.shows)

    def line(self, stated: Stated) -> Iterator[Judged]:
        """What a line claims, side by side."""
        sides = [*stated.statement.sides]
        if stated.continues:
            if self.last is None:
                raise StepperError(
                    Problem("this line goes on from one above, and there is none", stated.place, "y = w*x comes first")
                )
            sides.insert(0, self.last)
        relations: list[Relation] = [*(["="] if stated.continues else []), *stated.statement.relations]  # type: ignore[list-item]
        if stated.sets:
            self.demanded.append((sides[0], sides[-1]))
            yield Judged(stated, sides[0], "=", sides[-1], Verdict(True, ("demanded",)))
            return
        for left, relation, right in zip(sides, relations, sides[1:], strict=True):
            yield self.claim(stated, left, relation, right)
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
        for pairs in ([*reversed(self.demanded)], [*reversed(self.demanded), *reversed(self.proved)]):
            one, other, used = left, right, list[Expr]()
            for equation in pairs:
                for unknown, value in self._solutions(equation, (one, other)):
                    after = tuple(_replaced(side, unknown, value) for side in (one, other))
                    if after != (one, other):
                        one, other = after
                        used.append(unknown)
                        yield one, other, _from(used)
                        break

    def _solutions(self, equation: tuple[Expr, Expr], sides: Sequence[Expr]) -> Iterator[tuple[Expr, Expr]]:
        """What an equation says of a quantity in the claim: the side that stands alone, or what it is solved for."""
        left, right = equation
        for one, other in ((left, right), (right, left)):
            if not number_in(one) and _atomic(one) and not mentions(other, one):
                yield one, other
        for unknown in dict.fromkeys(part for side in sides for part in walk(side) if _atomic(part)):
            if mentions(left, unknown) or mentions(right, unknown):
                try:
                    steps = solved(left, right, unknown, self.context)
                except StepperError:
                    continue
                yield unknown, steps[-1].right


def _from(used: Sequence[Expr]) -> Prose:
    words: list[str | Expr] = ["with "]
    for place, part in enumerate(dict.fromkeys(used)):
        words += [", "] if place else []
        words.append(part)
    words.append(" put in")
    return tuple(words)


def _replaced(expr: Expr, part: Expr, value: Expr) -> Expr:
    return transform(expr, lambda inner: value if inner == part else None)


def _atomic(expr: Expr) -> bool:
    return isinstance(expr, Sym | Index | Call)


def _letters(sides: Sequence[Expr]) -> Iterator[str]:
    return (part.name for side in sides for part in walk(side) if isinstance(part, Sym))
