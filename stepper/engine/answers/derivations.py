"""Answers about an author's derivation by key: ``Var(w)``, ``sqrt(Var(w))``, ``V``, with numbers for its letters."""

from __future__ import annotations

from functools import lru_cache

from msgspec.structs import replace

from stepper.core.derivation_parser import parse_derivation
from stepper.core.exam import Case
from stepper.core.expr import Array, Call, Deriv, Expr, Index, Sym
from stepper.core.formula import assignments
from stepper.core.lines import Lines
from stepper.core.traverse import mentions, substitute, transform, walk
from stepper.engine.derive.documents import Page
from stepper.engine.derive.given import facts_of
from stepper.engine.derive.proving import unfolded
from stepper.engine.derive.rewriting import Rule, worked
from stepper.engine.derive.terms import collected
from stepper.engine.values.equality import Algebra
from stepper.engine.values.judging import Finding, compared, words_compared
from stepper.engine.values.symbolic_limits import Patience
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import Problem, StepperError
from stepper.tables.theorems import DEFINITIONS, DERIVATIVES, EXPECTATION, PROBABILITY, SUMS, VARIANCE


class _Of:
    """A document by what it is, not by what it holds: its lines are checked once for all its items."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Of) and other.lines is self.lines

    def __hash__(self) -> int:
        return id(self.lines)


@lru_cache(maxsize=4)
def _page(of: _Of) -> Page:
    return Page(of.lines)


LINES = "lines()"
"""The key for whether every line follows: yes or no."""
MOST_ROUNDS = 12


class LineAnswers:
    """The answers of one case of one derivation."""

    def __init__(self, lines: Lines, case: Case, patience: Patience | None = None) -> None:
        self.lines, self.patience = lines, patience or Patience()
        self.letters: dict[Expr, Expr] = {}
        for name, value in case.settings.items():
            if name != "set":
                raise StepperError(Problem(f"'{name}' is not an option of a derivation's item", hint="set: n=784"))
            self.letters |= {Sym(letter): expr for letter, expr in assignments(value).items()}

    @property
    def page(self) -> Page:
        return _page(_Of(self.lines))

    def finding(self, key: str, written: str) -> Finding:
        """What is written beside what is found."""
        if key == LINES:
            follows = all(judged.verdict.holds for judged in self.page.judged)
            return words_compared(Sym("lines"), written, "yes" if follows else "no")
        return self.compared(parse_derivation(key), parse_derivation(written))

    def compared(self, key: Expr, written: Expr) -> Finding:
        """The same of a formula, or a list of formulas."""
        found, claimed = self.value(key), self.value(written)
        return compared(key, written, claimed, found, Algebra(PLAIN, patience=self.patience))

    def value(self, expr: Expr) -> Expr:
        """A formula with everything put in that the lines show, and the numbers for letters."""
        if isinstance(expr, Array):
            return Array(tuple(map(self.value, expr.items)))
        context = self.page.context
        rules: list[Rule] = [
            *facts_of(context), *DEFINITIONS, *DERIVATIVES, *PROBABILITY, *VARIANCE, *EXPECTATION, *SUMS,
        ]  # fmt: skip
        expr = dict(self.page.proved).get(expr, expr)
        for _ in range(MOST_ROUNDS):
            before = expr
            expr = self._shown(expr)
            if expr == before:
                break
        expr = unfolded(expr, context)
        if any(isinstance(part, Call | Deriv) for part in walk(expr)):
            lines = worked(expr, rules, replace(context, missing={}))
            expr = lines[-1].expr if lines else expr
        return collected(substitute(self._shown(expr), self.letters))

    def _shown(self, expr: Expr) -> Expr:
        """Quantities that the lines found, by their values: the first that is shown of each."""
        found: dict[Expr, Expr] = {}
        for left, right in self.page.proved:
            if isinstance(left, Sym | Index | Call | Deriv) and not mentions(right, left):
                found[left] = right
        return transform(expr, found.get)
