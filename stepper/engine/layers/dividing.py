"""Sizes before they are rounded: the quotient as it stands, and what makes it a whole number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import Call, Expr, Sym, Where
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.traverse import transform, walk
from stepper.engine.layers.cell import Cell
from stepper.engine.layers.fitting import Mismatch
from stepper.engine.layers.sizes import integer, number, settle

ROUNDINGS: Mapping[str, str] = {"floor": "rounded down", "ceil": "rounded up"}
MOST_STRIDES = 4
NOT_ROUNDED: Prose = ("a size is not rounded: where it is not whole, the window does not fit (CS231n)",)
"""What is said where the stride must divide what the window leaves."""


def unrounded(expr: Expr) -> Expr:
    """A formula without its roundings.

    >>> from stepper.core.parser import parse
    >>> text(unrounded(parse("floor((n - k)/s) + 1")))
    '(n - k)/s + 1'
    """
    return transform(expr, lambda part: _inside(part) if _rounds(part) else None)


def rounding_in(cell: Cell) -> str:
    """How a size is rounded, in words; empty where it is not."""
    return next((ROUNDINGS[part.name] for part in walk(cell.line) if isinstance(part, Call) and _rounds(part)), "")


def undivided(cell: Cell, env: Mapping[Expr, Expr]) -> Cell:
    """A size that is not rounded.

    Raises:
        Mismatch: where it is not whole.
    """
    if not rounding_in(cell):
        return cell
    line = unrounded(cell.line)
    found = number(settle(line, {}))
    if found is not None and found.denominator != 1:
        what = f"{text(line)} = {found} ≈ {float(found):.2f} is not whole: this does not fit"
        raise Mismatch(what, f"what fits: {'; '.join(mending(env))}")
    return Cell(unrounded(cell.formula), line, cell.value)


def left_over(env: Mapping[Expr, Expr], size: Cell) -> Prose:
    """How many rows of the input no window reaches."""
    numbers = [integer(env[Sym(name)]) for name in ("n", "K", "s", "p") if Sym(name) in env]
    out = integer(size.value)
    known = [number for number in numbers if number is not None]
    if len(known) < 4 or out is None:
        return ()
    n, kernel, stride, padding = known
    unused = n + padding - ((out - 1) * stride + kernel)
    if unused <= 0:
        return ()
    return (
        f"the last {unused} of {n} along an axis are never used"
        if unused > 1
        else f"the last of {n} along an axis is never used",
    )


def mending(env: Mapping[Expr, Expr]) -> Iterator[str]:
    """What makes the stride divide what the window leaves: another input, another stride, more padding."""
    known = [integer(env[Sym(name)]) for name in ("n", "K", "s", "p") if Sym(name) in env]
    numbers = [size for size in known if size is not None]
    if len(numbers) < 4:
        return
    n, kernel, stride, padding = numbers
    left = n + 2 * padding - kernel
    rest = left % stride
    if left < 0 or not rest:
        return
    inputs = [n - rest, n - rest + stride] if left >= stride else [n - rest + stride]
    yield f"an input of {' or '.join(map(str, inputs))}"
    strides = [size for size in range(1, left + 1) if left % size == 0 and size != stride]
    near = sorted(sorted(strides, key=lambda size: abs(size - stride))[:MOST_STRIDES])
    yield f"a stride of {', '.join(map(str, near))}"
    wider = next((more for more in range(padding + 1, padding + stride) if (n + 2 * more - kernel) % stride == 0), None)
    if wider is not None:
        yield f"a padding of {wider}"


def quotient(cell: Cell) -> tuple[Expr, Fraction, Expr] | None:
    """A size before it is rounded, as it stands and as a number, and what it is rounded to; of one by cases the
    quotient alone. None where nothing is rounded, or a letter is left.
    """
    called = next((part for part in walk(cell.line) if isinstance(part, Call) and _rounds(part)), None)
    if called is None:
        return None
    by_cases = any(isinstance(part, Where) for part in walk(cell.line))
    line, after = (called.arguments[0], settle(called, {})) if by_cases else (unrounded(cell.line), cell.value)
    found = number(settle(line, {}))
    return None if found is None else (line, found, after)


def _rounds(part: Expr) -> bool:
    return isinstance(part, Call) and part.name in ROUNDINGS


def _inside(part: Expr) -> Expr:
    assert isinstance(part, Call)
    return unrounded(part.arguments[0])
