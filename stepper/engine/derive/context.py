"""What a derivation knows: what is given, the functions, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from stepper.core.assumptions import Given
from stepper.core.expr import Bound, Call, Expr, Index, Sym, children, rebuild
from stepper.core.traverse import mentions, walk
from stepper.engine.values.vocabulary import Vocabulary

OF_RANDOM = ("E", "Var", "Cov", "P")
"""What is a number though random quantities stand in it."""


class Context(Struct, frozen=True):
    """Attributes:
    wanted: the quantities that the answer is to be written in.
    """

    given: Given
    vocabulary: Vocabulary
    wanted: tuple[Expr, ...] = ()
    moving: Expr | None = None
    """What a differential is taken by."""
    shapes: Callable[[Expr], tuple[Expr, ...]] | None = None
    """The shape of a formula of matrices."""
    letters: tuple[Expr, ...] = ()
    """Formulas whose letters no new index takes."""
    missing: dict[str, None] = field(default_factory=dict)
    """Conditions that were not met where a pattern was, told where a derivation ends before its time."""


def name_of(expr: Expr) -> str:
    """The name of a quantity, or of the family that an entry is of."""
    if isinstance(expr, Index):
        return name_of(expr.base)
    return expr.name if isinstance(expr, Sym) else ""


def randoms(expr: Expr, context: Context) -> dict[Expr, None]:
    """The random quantities in a formula: names, and entries of families as wholes; those in E[...] are not its own."""
    found: dict[Expr, None] = {}

    def visit(part: Expr) -> None:
        match part:
            case Call(name) if name in OF_RANDOM:
                return
            case Index(base) if name_of(base) in context.given.random:
                found[part] = None
            case Sym(name) if name in context.given.random:
                found[part] = None
            case _:
                for inner in children(part):
                    visit(inner)

    visit(expr)
    return found


def depends(expr: Expr, on: Expr) -> bool:
    """Does a formula change with a quantity? An entry ``z[i]`` may be the entry ``z[j]``, and belongs to ``z``."""
    if isinstance(on, Index):
        return any((isinstance(part, Index) and part.base == on.base) or part == on.base for part in walk(expr))
    return mentions(expr, on)


def put(expr: Expr, name: Expr, value: Expr) -> Expr:
    """The formula with a value for a name; variables of ranges with that name are others."""
    if expr == name:
        return value
    if isinstance(expr, Bound) and expr.variable == name:
        return Bound(expr.word, expr.variable, put(expr.low, name, value), put(expr.high, name, value), expr.body)
    parts = children(expr)
    if not parts:
        return expr
    return rebuild(expr, [put(part, name, value) for part in parts])
