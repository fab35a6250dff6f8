"""Large arrays in floating point: whole arrays at a time, by NumPy and BLAS."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from stepper.core.expr import (
    COMPARE,
    CONSTANTS,
    Array,
    Call,
    Comparison,
    Expr,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Value,
    Where,
    substitute,
)
from stepper.core.formula import number_of, text
from stepper.engine.tensor import windows
from stepper.engine.tensor.calls import definition, gathered
from stepper.engine.tensor.entries import Entries, NeedsNumbers
from stepper.engine.tensor.evaluate import UNSPECIFIED, Worker
from stepper.engine.tensor.kernels import place
from stepper.engine.values.definitions import lower
from stepper.engine.values.rule import COUNT, LENGTH
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction

Floats: TypeAlias = npt.NDArray[np.float64]


class FloatWorker(Worker):
    """Works formulas out on arrays of floats."""

    def constant(self, number: object) -> object:
        return np.float64(cast(float, number))

    def __call__(self, expr: Expr) -> Entries:
        return cast(Entries, np.asarray(super().__call__(expr), dtype=np.float64))

    def called(self, row: ArrayFunction, arguments: tuple[Expr, ...]) -> Entries:
        """A function of arrays: by its form for floats, by NumPy's function of the same name along lines or windows, or
        by its kernel.
        """
        bindings = self.bound(row, arguments)
        if row.plain:
            return self(substitute(definition(row.plain), bindings))
        if not row.fold:
            return cast(Entries, np.asarray(super().called(row, arguments), dtype=np.float64))
        kernel: Callable[..., Entries] = _FOLDED[row.machine]
        slides = {"slides": row.slides} if row.slides else {}
        return kernel(getattr(np, f"nan{row.fold}"), *self.given(row, bindings), **slides)

    def scalar_call(self, name: str, arguments: tuple[Expr, ...]) -> Entries:
        rule = self.vocabulary.rule(name)
        rule.check_count(len(arguments))
        if items := gathered(rule, arguments):
            return self.vectorized(Call(name, (Array(_inputs(len(items))),)), [self(item) for item in items])
        if not any(parameter.is_list for parameter in rule.parameters):
            return self.vectorized(Call(name, _inputs(len(arguments))), [self(argument) for argument in arguments])
        given = [
            argument.items[0] if isinstance(argument, Array) and len(argument.items) == 1 else argument
            for argument in arguments
        ]
        if rule.fold == "*":
            return cast(Entries, np.prod(cast(Floats, self(given[0]))))
        if rule.value is None:
            raise StepperError(Problem(f"{name} is not known of large arrays"))
        size = self(given[0]).size
        bindings = {**rule.bind(tuple(given)), LENGTH: Num(str(size)), COUNT: Call("counted", (given[0],))}
        return self(substitute(rule.value, bindings))

    def vectorized(self, formula: Expr, arrays: list[Entries]) -> Entries:
        """A formula of numbers, of whole arrays at a time."""
        env = {f"x{number}": cast(Floats, array) for number, array in enumerate(arrays)}
        return cast(Entries, plainly(lower(formula, self.vocabulary), env, self.vocabulary))

    def cases(self, operator: Comparison, parts: list[Entries]) -> Entries:
        left, right, then, otherwise = parts
        return cast(Entries, np.where(COMPARE[operator](left, right), then, otherwise))


def _inputs(count: int) -> tuple[Expr, ...]:
    return tuple(Sym(f"x{number}") for number in range(count))


def plainly(expr: Expr, env: Mapping[str, Floats], vocabulary: Vocabulary) -> Any:
    """A lowered formula on arrays of floats."""

    def work(part: Expr) -> Any:
        match part:
            case Num() | Value():
                return float(cast(float, number_of(part)))
            case Sym(name) if name in env:
                return env[name]
            case Sym(name) if name in CONSTANTS.values():
                return {CONSTANTS["pi"]: math.pi, CONSTANTS["e"]: math.e}[name]
            case Neg(body):
                return -work(body)
            case Sum(operands, signs):
                found = work(operands[0])
                for sign, operand in zip(signs, operands[1:], strict=True):
                    found = found + work(operand) if sign == "+" else found - work(operand)
                return found
            case Product(operands, factors):
                found = work(operands[0])
                for factor, operand in zip(factors, operands[1:], strict=True):
                    found = found / work(operand) if factor == "/" else found * work(operand)
                return found
            case Power(base, exponent):
                return np.power(work(base), work(exponent))
            case Where(operator, left, right, then, otherwise):
                return np.where(COMPARE[operator](work(left), work(right)), work(then), work(otherwise))
            case Call(name) if vocabulary.rule(name).unspecified:
                raise StepperError(UNSPECIFIED)
            case Call(name, arguments):
                items = arguments[0].items if isinstance(arguments[0], Array) else arguments
                return (
                    reduce(_function(vocabulary.rule(name).machine, len(items)), map(work, items))
                    if len(items) > 1
                    else (
                        _function(vocabulary.rule(name).machine, 1)(work(items[0]))
                        if not isinstance(arguments[0], Array)
                        else work(items[0])
                    )
                )
            case Index() | Prime():
                raise StepperError(Problem(f"'{text(part)}' has no value here"))
            case _:
                raise StepperError(Problem(f"'{text(part)}' is no formula of numbers"))

    return work(expr)


@lru_cache
def _function(machine: str, count: int) -> Callable[..., Any]:
    """A primitive on whole arrays: NumPy's, or Python's entry by entry."""
    found = getattr(np, f"{machine}imum", None) if count > 1 else getattr(np, machine, None)
    if found is None:
        found = np.vectorize(getattr(math, machine), otypes=[np.float64])
    return cast("Callable[..., Any]", found)


def _lines(fold: Callable[..., Any], array: Floats, axis: int) -> Any:
    return np.asarray(fold(array, axis=place(axis, cast(Entries, array)) if axis else None))


def _pool(fold: Callable[..., Any], array: Floats, kernel: int, stride: int, padding: int, slides: int = 0) -> Any:
    axes = windows.pooled_axes(cast(Entries, array), slides)
    held = windows.padded(cast(Entries, array), axes, padding, np.nan)
    seen = windows.windows(held, [kernel] * axes, stride or kernel)
    return fold(seen, axis=tuple(range(seen.ndim - axes, seen.ndim)))


def _without_form(*_: object) -> Any:
    raise NeedsNumbers("this is not known of large arrays")


_FOLDED: Mapping[str, Callable[..., Any]] = {
    "lines": _lines,
    "pool": _pool,
    "each_line": _without_form,
    "each_masked_line": _without_form,
}
"""Kernels that apply a function of lists, for floats."""
