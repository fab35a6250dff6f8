"""What is asked of SymPy: how large an expression may be for each of its methods, and a clock behind the sizes.

The sizes are the same on every machine, and with them what is printed. The clock is for what they do not foresee.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import astuple

SECONDS = 5.0
"""Of processor time, for all questions of a derivation."""
UNCOUNTED = 10**9
ALGEBRA = frozenset({"sympy", "mpmath"})
"""Whose errors mean that there is no answer, and no mistake of ours."""

T = TypeVar("T")


class Size(Struct, frozen=True):
    """How large an expression is, or may be.

    Attributes:
        operations: as SymPy counts them.
        names: symbols without a number.
        calls: different calls of functions.
        terms: of the sum that comes of multiplying everything out.
        degree: of the polynomial in the common root of its powers: exp(329/500) is the 329th power of exp(1/500).
    """

    operations: int
    names: int
    calls: int
    terms: int
    degree: int

    def within(self, limit: Size) -> bool:
        return all(part <= most for part, most in zip(astuple(self), astuple(limit), strict=True))


LIMITS: Mapping[str, Size] = {
    #                 operations  names  calls  terms  degree
    "differentiate": Size(2_000, 1_000, 1_000, UNCOUNTED, UNCOUNTED),
    "collect":       Size(300, 300, 300, UNCOUNTED, UNCOUNTED),
    "expand":        Size(300, 300, 300, 500, UNCOUNTED),
    "factor":        Size(40, 6, 4, 200, 60),
    "simplify":      Size(40, 6, 4, 200, 60),
    "prove":         Size(400, 40, 12, 500, 60),
}  # fmt: skip


class TooLarge(Exception):
    """An expression that SymPy is not asked about."""


class _OutOfTime(BaseException):
    """Passes through whatever SymPy catches."""


def allows(method: str, value: Any) -> bool:
    """Is a SymPy expression small enough for one of its methods?"""
    return size_of(value).within(LIMITS[method])


def size_of(value: Any) -> Size:
    """How large a SymPy expression is."""
    calls = {part for part in _parts(value) if part.is_Function}
    return Size(int(value.count_ops()), len(value.free_symbols), len(calls), _terms(value), _degree(value))


def _parts(value: Any) -> Iterator[Any]:
    """An expression and all that it is made of, each once."""
    seen, waiting = set(), [value]
    while waiting:
        part = waiting.pop()
        if part not in seen:
            seen.add(part)
            yield part
            waiting += part.args


def _terms(value: Any) -> int:
    """How many terms come of multiplying an expression out: no fewer, and no more than are counted."""
    if value.is_Add:
        return min(UNCOUNTED, sum(map(_terms, value.args)))
    if value.is_Mul:
        return min(UNCOUNTED, math.prod(map(_terms, value.args)))
    if value.is_Pow and value.exp.is_Integer and value.exp > 0:
        terms, power = _terms(value.base), int(value.exp)
        return (
            1
            if terms == 1
            else UNCOUNTED
            if power > LIMITS["expand"].terms
            else min(UNCOUNTED, math.comb(power + terms - 1, power))
        )
    return 1


def _degree(value: Any) -> int:
    """The largest exponent of all powers, over their common denominator."""
    exponents = [part.exp for part in _parts(value) if hasattr(part, "exp")]
    terms = [term for exponent in exponents for term in (exponent.args if exponent.is_Add else (exponent,))]
    factors = [term.as_coeff_Mul()[0] for term in terms]
    rational = [factor for factor in factors if factor.is_Rational]
    common = 1
    for factor in rational:
        common = min(UNCOUNTED, math.lcm(common, int(factor.q)))
    return min(UNCOUNTED, max((abs(int(factor.p)) * common // int(factor.q) for factor in rational), default=0))


class Patience(Struct):
    """How long all questions of one derivation may take together: processor time, of which each takes its part."""

    seconds: float = SECONDS

    def ask(self, question: Callable[[], T]) -> T | None:
        """An answer; None where what is asked is too large, nested too deep, not answered in time, or where SymPy gives
        up.

        It compares complex numbers, for one, when a point lies outside the domain of a logarithm, and raises TypeError.
        """
        if self.seconds <= 0:
            return None
        began = time.process_time()
        try:
            with _clock(self.seconds):
                return question()
        except (TooLarge, RecursionError):
            return None
        except _OutOfTime:
            self.seconds = 0.0
            return None
        except (
            TypeError,
            ValueError,
            ArithmeticError,
            AttributeError,
            NotImplementedError,
        ) as error:  # as SymPy raises where it gives up
            if _raised_in(error) not in ALGEBRA:
                raise  # a mistake of our own
            return None
        finally:
            self.seconds -= time.process_time() - began


def _raised_in(error: BaseException) -> str:
    """The package whose code an error comes from."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]


@contextmanager
def _clock(seconds: float) -> Iterator[None]:
    """Rings after so many seconds of processor time: in the main thread, where signals arrive; elsewhere the sizes
    alone guard.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGPROF, ring)
    running = signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, *running)
        signal.signal(signal.SIGPROF, before)
