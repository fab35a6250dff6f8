"""How products are set by the formats that have fraction bars: read from the left, each division puts all before it
above a bar.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from stepper.core.expr import Expr, Product


class Pen(Struct, frozen=True):
    """How one format writes the parts of a product: a factor (and whether a matrix product follows it), a formula
    alone, brackets, the sign between two factors, a fraction with a bar and one with a slash, and whether a part is too
    high to stand above a bar.
    """

    factor: Callable[[Expr, bool], str]
    alone: Callable[[Expr], str]
    closed: Callable[[str], str]
    sign: Callable[[str, Expr, Expr], str]
    bar: Callable[[str, str], str]
    slash: Callable[[str, str], str]
    high: Callable[[Expr], bool]


def product(expr: Product, pen: Pen) -> str:
    """The product with its fractions."""
    factors: list[tuple[str, Expr]] = [("*", expr.operands[0])]
    done, left, slashed, high = "", expr.operands[0], False, False
    for operator, operand in zip(expr.operators, expr.operands[1:], strict=True):
        if operator != "/":
            factors.append((operator, operand))
            continue
        single = len(factors) == 1 and not done
        high = high or pen.high(operand) or any(pen.high(factor) for _, factor in factors)
        if high:
            above = _joined(pen.closed(done) if slashed else done, factors, pen, left)
            done, slashed = pen.slash(above, pen.factor(operand, False)), True
        else:
            done = pen.bar(
                pen.alone(factors[0][1]) if single else _joined(done, factors, pen, left), pen.alone(operand)
            )
        factors, left = [], operand
    # 1/a·b reads as 1/(a·b) to some
    return _joined(pen.closed(done) if slashed and factors else done, factors, pen, left)


def _joined(done: str, factors: list[tuple[str, Expr]], pen: Pen, left: Expr) -> str:
    before, written = "", [done] if done else []
    for place, (operator, factor) in enumerate(factors):
        if {operator, before} == {"@", "⊙"}:  # A ⊙ B before a product of matrices is closed off
            written = [pen.closed("".join(written))]
        before = operator if operator in ("@", "⊙") else before
        follows = place + 1 < len(factors) and factors[place + 1][0] == "@"
        written += [pen.sign(operator, left, factor)] if written else []
        written.append(pen.factor(factor, follows))
        left = factor
    return "".join(written)
