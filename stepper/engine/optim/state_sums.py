"""What an optimizer remembers: its state as a sum over the gradients so far, and how much a bias correction makes of
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from stepper.core.expr import Expr, Num, Number, Power, Sign, Sum, Sym, Value
from stepper.core.formula import text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.prose import Prose
from stepper.core.steps import Block, Column, Note, Step, Table
from stepper.core.task import GRADIENT, STEP, Coordinate, Method
from stepper.core.traverse import names, substitute
from stepper.engine.optim.step import settled
from stepper.engine.values.differentiate import ONE, ZERO, partials, plus, times
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.tables.optimizer import SYMBOLS

LONGEST = 4
"""Sums over so many gradients are written out."""
STEPS = (1, 2, 3, 5, 10, 20, 50, 100, 1000)
"""After how many steps corrections are shown."""


def remembered(
    method: Method, coordinate: Coordinate, numbers: Mapping[str, Number], last: int, settings: Settings
) -> list[Step]:
    """The state after some step as a sum over gradients, worked; and the corrections of its bias by the number of the
    step.
    """
    body: list[Block] = [Note((method.remembers,))] if method.remembers else []
    for name in method.state:
        begins = numbers[text(coordinate.of(name, ZERO))]
        formula = _over_gradients(method, name, coordinate, min(last, LONGEST), begins)
        if formula is None:
            continue
        target = coordinate.of(name, Num(str(min(last, LONGEST))))
        node = Node.of(text(target), formula)
        leaves = {read: Leaf(read, "constant", numbers.get(read)) for read in node.reads}
        sheet = Sheet(Graph("", leaves, {node.name: node}), settings)
        body.append(sheet.worked(target, formula, sheet.values.get(node.name)))
    steps = [Step("optim.why", "optim.why", ("What is remembered",), tuple(body), detail="full")] if body else []
    return [*steps, *_corrections(method)]


# ---- states as sums


def _over_gradients(method: Method, name: str, coordinate: Coordinate, last: int, begins: Number) -> Expr | None:
    """A state as a sum over the gradients up to a step, the newest first; None where it is no such sum."""
    found = [formula for assigned, formula in method.update if assigned == name]
    if len(found) != 1 or method.changes:
        return None
    terms: list[tuple[Sign, Expr]] = []
    kept: Sequence[Expr] = ()
    symbols: dict[Expr, Expr] = {Sym(short): Sym(symbol) for short, symbol in SYMBOLS.items()}
    for number in range(last, 0, -1):
        parts = _recurrence(settled(substitute(found[0], {Sym(STEP): Num(str(number))})), name, method)
        if parts is None:
            return None
        share, rest = parts
        new = substitute(rest, {**symbols, Sym(GRADIENT): coordinate.of(GRADIENT, Num(str(number)))})
        terms.append(("+", times(*_powers(kept), new)))
        kept = (*kept, substitute(share, symbols))
    if begins != 0:
        terms.append(("+", times(*_powers(kept), coordinate.of(name, ZERO))))
    return plus(terms)


def _recurrence(formula: Expr, name: str, method: Method) -> tuple[Expr, Expr] | None:
    """What is kept of the state in a step and what comes to it: ``rho*v + g`` is (rho, g)."""
    state = Sym(name)
    share = partials(formula, PLAIN).get(state, ZERO)
    known = {*map(Sym, method.settings), Sym(GRADIENT)}
    signed: list[tuple[Sign, Expr]] = [("+", formula)]
    if isinstance(formula, Sum):
        signed = list(zip(("+", *formula.operators), formula.operands, strict=True))
    rest = plus([(sign, term) for sign, term in signed if state not in names(term)])
    clear = set(names(share)) <= known - {Sym(GRADIENT)} and set(names(rest)) <= known
    linear = len([term for _, term in signed if state in names(term)]) <= 1
    return (share, rest) if clear and linear else None


def _powers(factors: Sequence[Expr]) -> list[Expr]:
    """Equal factors as powers."""
    counted = {factor: factors.count(factor) for factor in factors}
    return [
        factor if count == 1 or factor in (ZERO, ONE) else Power(factor, Num(str(count)))
        for factor, count in counted.items()
    ]


# ---- corrections


def _corrections(method: Method) -> list[Step]:
    """By how much the corrections divide, and what that makes of a step."""
    if not method.corrections:
        return []
    columns = [Column((Sym(STEP),), "value", "right")]
    columns += [Column((divisor,), "value", "right") for divisor in method.corrections]
    columns += [Column((method.scale,), "value", "right")] if method.scale is not None else []
    formulas = [*method.corrections, *([method.scale] if method.scale is not None else [])]
    rows: list[tuple[Prose, ...]] = []
    for step in STEPS:
        known = {**method.settings, STEP: Fraction(step)}
        values = [evaluate(formula, known, PLAIN) for formula in formulas]
        rows.append(((str(step),), *((Value(value),) if value is not None else ("",) for value in values)))
    said: Prose = (
        "The last column is the length of a step with the corrections, divided by its length without them (for "
        "epsilon 0).",
    )
    body: list[Block] = [Table(tuple(columns), tuple(rows)), *([Note(said)] if method.scale is not None else [])]
    return [Step("optim.correction", "optim.correction", ("What the corrections do",), tuple(body), detail="full")]
