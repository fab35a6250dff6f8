"""Is a matrix positive definite, and on what conditions? The rules lead from a matrix to its parts."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from stepper.core.expr import Call, Expr, Num, Product, Sym
from stepper.core.prose import Prose
from stepper.core.traverse import extent
from stepper.engine.derive.conditions import guide_of, satisfied
from stepper.engine.derive.context import Context
from stepper.engine.derive.matching import matches
from stepper.engine.derive.matrices.reading import IDENTITY
from stepper.engine.derive.matrices.shapes import Shapes
from stepper.engine.derive.rewriting import formula_of, substituted
from stepper.engine.derive.signs import positive
from stepper.engine.derive.terms import number_in
from stepper.tables.theorems_of_matrices import DEFINITENESS

ONE = Num("1")


class Proved(Struct, frozen=True):
    """By which rules something holds, and on what conditions: claims about names of the formula."""

    rules: tuple[str, ...] = ()
    conditions: tuple[Expr, ...] = ()


CLAIMS: dict[str, tuple[str, str]] = {
    "positive": ("", " > 0"), "nonnegative": ("", " ≥ 0"), "definite": ("", " is positive definite"),
    "semidefinite": ("", " is positive semidefinite"), "independent": ("the columns of ", " are linearly independent"),
    "independent_rows": ("the rows of ", " are linearly independent"),
}  # fmt: skip


def definite(matrix: Expr, context: Context, shapes: Shapes) -> Proved:
    """The fewest conditions on which it is; where no rule is for it, that it is so."""
    claim = "definite" if shapes(matrix) else "positive"
    return _Proof(context, shapes).of(Call(claim, (matrix,)))


def said(condition: Expr) -> Prose:
    """A condition in words: ``lam > 0``."""
    assert isinstance(condition, Call)
    before, after = CLAIMS[condition.name]
    return tuple(part for part in (before, condition.arguments[0], after) if part)


class _Proof(Struct, frozen=True):
    context: Context
    shapes: Shapes

    def of(self, claim: Call) -> Proved:
        (subject,) = claim.arguments
        if self.known(claim.name, subject):
            return Proved()
        ways = [Proved((), (claim,))]
        spelled = Call(claim.name, (_named(subject),))
        for row in DEFINITENESS:
            for binding in matches(formula_of(row.pattern), spelled, {}, guide_of(row.condition, self.context)):
                for found in satisfied(row.condition, binding, self.context):
                    ways.append(self.all(row.name, substituted(formula_of(row.result), found)))
        return min(ways, key=lambda way: (weight(way.conditions), len(way.rules)))

    def all(self, name: str, claims: Expr) -> Proved:
        """What a rule asks for: one claim, several, or none."""
        parts = claims.operands if isinstance(claims, Product) else (claims,)
        found = [self.of(part) for part in parts if isinstance(part, Call)]
        rules = dict.fromkeys((name, *(rule for proof in found for rule in proof.rules)))
        conditions = dict.fromkeys(condition for proof in found for condition in proof.conditions)
        return Proved(tuple(rules), tuple(conditions))

    def known(self, name: str, subject: Expr) -> bool:
        """Is it given, or a number?"""
        if isinstance(subject, Sym) and name in _TRAITS:
            return not _TRAITS[name].isdisjoint(self.context.given.traits.get(subject.name, ()))
        if self.shapes(subject):
            return False
        number = number_in(subject)
        if number is not None:
            return number > 0 or (number == Fraction(0) and name == "nonnegative")
        size = any(subject in shape for shape in self.shapes.names.values())
        return size or positive(subject, self.context.given)


_WEIGHTS = {"positive": 1, "nonnegative": 1, "independent": 50, "independent_rows": 50}
_TRAITS = {
    "definite": {"positive definite"}, "semidefinite": {"positive definite", "positive semidefinite"},
}  # fmt: skip


def _named(subject: Expr) -> Expr:
    """The identity as the rules have it."""
    return Call("eye", (Sym("n"),)) if subject == IDENTITY else subject


def weight(conditions: tuple[Expr, ...]) -> int:
    """Conditions on numbers weigh less than those on matrices, which are harder to see; short ones less than long."""
    return sum(
        _WEIGHTS.get(condition.name, 300) + 20 * (extent(condition)[0] - 2)
        for condition in conditions
        if isinstance(condition, Call)
    )
