"""What is asked of a derivation, from its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import OPERATORS, Statement, parse_derivation, parse_statement
from stepper.core.expr import Call, Expr, Sym
from stepper.core.graph import Function
from stepper.core.question import Question
from stepper.core.traverse import meant, walk
from stepper.errors import Problem, StepperError
from stepper.read.assumptions import read_given
from stepper.tables.table import BY_ANY_NAME

BUILT = frozenset({"tr", "det", "inv", "logdet", "diag", "vec", "kron", "outer", "norm", *OPERATORS})
"""Functions of matrices, and operators: they stand in no table of functions of numbers."""


class Asked:
    """The parts of a question as they were written; what is not asked for is empty."""

    def __init__(
        self, statement: str = "", *, chain: str = "", wrt: str = "", within: str = "", collect: str = "",
        solve: str = "", unknown: str = "", show: str = "", given: Sequence[str] = (), shapes: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.statement, self.chain, self.wrt, self.within, self.collect = statement, chain, wrt, within, collect
        self.solve, self.unknown, self.show, self.given, self.shapes = solve, unknown, show, given, shapes

    def read(self) -> Question:
        """The question.

        Raises:
            StepperError: where a part cannot be read.
        """
        chain = _chain(self.chain)
        statement = self._statement(chain)
        minimum = self.solve == MINIMUM
        solve = parse_statement(self.solve) if self.solve and not minimum else None
        if solve is not None and solve.relations != ("=",):
            raise StepperError(Problem(f"--solve takes an equation, not '{self.solve}'", hint="such as 'Var(y) = 1'"))
        own = {*chain, *(name for name in NAMED if any(f"{name} =" in line for line in self.given))}
        statement = Statement(tuple(meant(side, own) for side in statement.sides), statement.relations)
        chain = {name: meant(formula, own) for name, formula in chain.items()}
        exprs = [*statement.sides, *chain.values(), *(solve.sides if solve is not None else ())]
        given = read_given(_separate(self.given), exprs, _separate(self.shapes), chain)
        return Question(
            statement, chain, _part(self.wrt), _part(self.within), _part(self.collect), solve, _part(self.unknown),
            minimum, bool(self.show), given, functions([*exprs, *_primed(given)]),
        )  # fmt: skip

    def _statement(self, chain: dict[str, Expr]) -> Statement:
        if self.show:
            found = parse_statement(self.show)
            if len(found.relations) != 1:
                hint = "such as 'softplus(x) - softplus(-x) = x'"
                raise StepperError(Problem(f"'{self.show}' is not a statement that can be proved", hint=hint))
            return found
        if chain:
            return Statement(([*chain.values()][-1],), ())
        found = parse_statement(self.statement)
        if not found.relations:
            return found
        match found.sides:
            case (Sym(name), formula) if found.relations == ("=",):
                chain[name] = formula
                return Statement((formula,), ())
        raise StepperError(Problem("what should be done with this equation?", hint="--show to prove it, or --solve"))


NAMED = ("pi", "e")
"""Constants, unless a quantity has the name."""
MINIMUM = "minimum"


def _part(written: str) -> Expr | None:
    return parse_derivation(written) if written else None


def _chain(written: str) -> dict[str, Expr]:
    """``z = w*x; y = tanh(z)``: names and formulas, each after what it reads."""
    found: dict[str, Expr] = {}
    for piece in filter(None, (part.strip() for part in written.replace("\n", ";").split(";"))):
        statement = parse_statement(piece)
        match statement.sides:
            case (Sym(name), formula) if statement.relations == ("=",):
                if name in found:
                    raise StepperError(Problem(f"{name} is defined twice"))
                found[name] = formula
            case _:
                raise StepperError(Problem(f"'{piece}' does not define a name", hint="such as 'z = w*x; y = tanh(z)'"))
    return found


def _separate(written: Iterable[str]) -> list[str]:
    """What stands between semicolons."""
    return [part.strip() for line in written for part in line.split(";") if part.strip()]


def _primed(given: Given) -> list[Expr]:
    """Functions that are named as the derivatives of others: of F' = f both."""
    pairs = [(name, value) for name, value in given.definitions.items() if name.endswith("'")]
    return [Call(part, (Sym("x"),)) for name, value in pairs if isinstance(value, Sym) for part in (name, value.name)]


def functions(exprs: Iterable[Expr]) -> dict[str, Function]:
    """The functions that no table has: known by name alone."""
    calls = (part for expr in exprs for part in walk(expr) if isinstance(part, Call))
    found: dict[str, Function] = {}
    for call in calls:
        name = call.name.rstrip("'")
        if name not in BY_ANY_NAME and name not in BUILT:
            found[name] = Function(name, tuple(f"x{place}" for place in range(1, len(call.arguments) + 1)), None)
    return found
