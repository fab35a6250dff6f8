"""Formulas of arrays written out entry by entry in numbers: ``[1*3 + 2*4, 0*3 + 1*4]``, of cases those that hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.core.expr import (
    Array,
    Call,
    Expr,
    Num,
    Product,
    Sign,
    Sum,
    Sym,
    Value,
    Where,
    add_all,
)
from stepper.core.formula import number_of, text
from stepper.core.traverse import substitute, transform, walk
from stepper.engine.tensor.calls import gathered, of_arrays, ungathered
from stepper.engine.tensor.entries import Entries, Formula, as_expr, entry_expr, held, symbols
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.pieces import children, replaced, row_of_arrays
from stepper.engine.values.differentiate import ONE, ZERO
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError

MOST_LEAVES, WIDEST_ROW = 40, 58
"""The numbers of a formula that is written out entry by entry, and the characters in a row of it."""
_PLACEHOLDER = "_q"


def opened(
    formula: Expr, value: Callable[[Expr], Entries | None], vocabulary: Vocabulary
) -> Expr | None:  # fmt: skip
    """The entries with their sums written out in numbers, where that is short: ``[1*3 + 2*4, 0*3 + 1*4]``; ``value`` is
    that of a part that has numbers.
    """
    numbers: dict[str, Entries] = {}
    letters: dict[str, Entries] = {}

    def change(part: Expr) -> Expr | None:
        found = value(part)
        if found is None:
            return None
        name = f"{_PLACEHOLDER}{len(numbers)}"
        numbers[name], letters[name] = found, symbols(name, found.shape)
        return Sym(name)

    over = replaced(formula, change)
    if not any(adds_up(part) or isinstance(part, Where) or takes_several(part, vocabulary) for part in walk(over)):
        return None
    try:
        entries = _Deciding(vocabulary, letters, numbers)(over)
    except StepperError:
        return None
    pairs = (pair for name in numbers for pair in zip(letters[name].ravel(), numbers[name].ravel(), strict=True))
    values = {entry_expr(letter): entry_expr(number) for letter, number in pairs}
    written = one_sum(substitute(ungathered(as_expr(entries)), values))
    return written if is_short(written) and any(map(has_operations, walk(written))) else None


class _Deciding(Worker):
    """Works formulas out on letters for entries, and cases by their numbers."""

    def __init__(self, vocabulary: Vocabulary, letters: Mapping[str, Entries], numbers: Mapping[str, Entries]) -> None:
        super().__init__(vocabulary, letters)
        self.numbers = Worker(vocabulary, numbers)

    def work(self, expr: Expr) -> Entries:
        if isinstance(expr, Num) and not expr.literal.isdigit():
            return held(Formula(expr))  # 0.01 stands as it is written, and not as 1/100
        if not isinstance(expr, Where):
            return super().work(expr)
        holds = self.numbers(Where(expr.operator, expr.left, expr.right, ONE, ZERO))
        parts = [holds, self(expr.then), self(expr.otherwise)]
        return self.each(parts, lambda held, then, otherwise: then if number_of(entry_expr(held)) else otherwise)


def takes_several(part: Expr, vocabulary: Vocabulary) -> bool:
    """Is it a function such as max of several arrays or numbers, entry by entry?"""
    if not isinstance(part, Call) or of_arrays(part):
        return False
    return bool(gathered(vocabulary.rule(part.name), part.arguments))


def one_sum(expr: Expr) -> Expr:
    """Sums that are added to others without parentheses."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Sum) or not any(isinstance(term, Sum) for term in part.operands):
            return None
        pairs: list[tuple[Sign, Expr]] = []
        for sign, term in zip(("+", *part.operators), (one_sum(term) for term in part.operands), strict=True):
            if isinstance(term, Sum) and sign == "+":
                pairs += zip(("+", *term.operators), term.operands, strict=True)
            else:
                pairs.append((sign, term))
        return add_all(pairs)

    return transform(expr, change)


def adds_up(part: Expr) -> bool:
    """Does a part of a formula add entries up, or multiply them as matrices?"""
    row = row_of_arrays(part)
    return (isinstance(part, Product) and "@" in part.operators) or (row is not None and row.opens)


def has_operations(part: Expr) -> bool:
    return isinstance(part, Product) or not isinstance(part, Array | Value | Sym)


def is_short(expr: Expr) -> bool:
    """Can entries be read that are written out: few numbers, and a matrix whose rows fit on a line?"""
    if not 1 <= sum(isinstance(part, Value) for part in walk(expr)) <= MOST_LEAVES:
        return False
    rows = expr.items if isinstance(expr, Array) and any(isinstance(item, Array) for item in expr.items) else ()
    return all(len(text(transform(row, rounded))) + 2 * len(children(row)) <= WIDEST_ROW for row in rows)


def rounded(part: Expr) -> Expr | None:
    """A number with about as many characters as it will have."""
    return Sym("0" * len(f"{float(part.number):.4g}")) if isinstance(part, Value) else None
