"""Large arrays in floating point: whole arrays at a time, by NumPy and BLAS."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from stepper.core.arrays import Shape
from stepper.core.expr import (
    Array,
    Call,
    Comparison,
    Deriv,
    Expr,
    Factor,
    Index,
    Num,
    Prime,
    Product,
    Sign,
    Sum,
    Sym,
    Value,
    children,
)
from stepper.core.traverse import substitute
from stepper.engine.tensor import pools
from stepper.engine.tensor.calls import definition, gathered
from stepper.engine.tensor.entries import Entries, NeedsNumbers
from stepper.engine.tensor.evaluate import UNSPECIFIED, Worker
from stepper.engine.tensor.fitting import repeated
from stepper.engine.tensor.kernels import place
from stepper.engine.tensor.windows import Setting
from stepper.engine.values.evaluate import program
from stepper.engine.values.many import WHOLE
from stepper.engine.values.rule import LENGTH, Rule
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction

Floats: TypeAlias = npt.NDArray[np.float64]
RUN = 2**15
"""Entries that are worked at a time: few enough to stay in the cache from one operation of a formula to the next."""


NAMES = (Sym, Num, Value, Deriv, Prime)


def is_name(expr: Expr) -> bool:
    """Is it looked up where it is read?"""
    return isinstance(expr, NAMES) or (isinstance(expr, Index) and isinstance(expr.base, Sym))


class FloatWorker(Worker):
    """Works formulas out on arrays of floats, each part of them once.

    Attributes:
        left: how often a part will still be read.
        kept: what parts came to that will be read again.
        named: what names and numbers were found to be.
        plain: functions of so many numbers as formulas of x0, x1, ...; None for those that take lists.
    """

    def __init__(self, vocabulary: Vocabulary, known: Mapping[str, Entries]) -> None:
        super().__init__(vocabulary, known)
        self.left: dict[Expr, int] = {}
        self.kept: dict[Expr, Entries] = {}
        self.named: dict[Expr, Entries] = {}
        self.plain: dict[tuple[str, int], Expr | None] = {}

    def again(self, known: Mapping[str, Entries]) -> None:
        """Begins anew with other arrays: what was found of the ones before is forgotten."""
        self.known = known
        for found in (self.left, self.kept, self.named):
            found.clear()

    def constant(self, number: object) -> object:
        return np.float64(cast(float, number))

    def expect(self, formulas: Iterable[Expr]) -> None:
        for formula in formulas:
            if is_name(formula):
                continue
            before = self.left.get(formula, 0)
            self.left[formula] = before + 1
            if not before and formula not in self.kept:  # of what is worked once, parts are read once
                self.expect(children(formula))

    def value(self, expr: Expr) -> Entries:
        found = self.named.get(expr)
        if found is not None:
            return found
        if is_name(expr):
            self.named[expr] = found = cast(Entries, np.asarray(super().value(expr), dtype=np.float64))
            return found
        if expr not in self.left:  # one that was asked for by itself, or that stands in the definition of a function
            self.expect((expr,))
        found = self.kept.get(expr)
        if found is None:
            found = cast(Entries, np.asarray(super().value(expr), dtype=np.float64))
        self.left[expr] -= 1
        if self.left[expr]:
            self.kept[expr] = found
        else:
            del self.left[expr]
            self.kept.pop(expr, None)
        return found

    def skip(self, formulas: Iterable[Expr]) -> None:
        """Says that formulas which were expected are not read where they stand."""
        for formula in formulas:
            if is_name(formula) or formula not in self.left:
                continue
            self.left[formula] -= 1
            if not self.left[formula]:
                del self.left[formula]
                if self.kept.pop(formula, None) is None:
                    self.skip(children(formula))

    def opened(self, formula: Expr, arguments: tuple[Expr, ...]) -> Entries:
        self.expect((formula,))
        self.skip(arguments)
        return self(formula)

    def shape_of(self, part: Expr) -> Shape:
        self.expect((part,))
        return self(part).shape

    def given(self, row: ArrayFunction, bindings: Mapping[Expr, Expr]) -> list[object]:
        found = super().given(row, bindings)
        self.skip(bindings[Sym(name)] for name, _, kind in row.signature() if kind != "array")
        return found

    def work(self, expr: Expr) -> Entries:
        if isinstance(expr, Sum | Product):
            return self.joined_all(expr)
        return super().work(expr)

    def joined_all(self, expr: Sum | Product) -> Entries:
        """A sum or a product from left to right, the first result filled with the others."""
        found, own = self(expr.operands[0]), False
        for operator, part in zip(expr.operators, expr.operands[1:], strict=True):
            other = self(part)
            if operator == "@":
                found = self.matrix_product(found, other, expr)
            else:
                shape = repeated(found.shape, other.shape, expr)
                found = _JOINED[operator](found, other, out=found if own and found.shape == shape else None)
            own = isinstance(found, np.ndarray)
        return found

    def called(self, row: ArrayFunction, arguments: tuple[Expr, ...]) -> Entries:
        """A function of arrays: by its form for floats, by NumPy's function of the same name along lines or windows, or
        by its kernel.
        """
        bindings = self.bound(row, arguments)
        if row.plain:
            return self.opened(substitute(definition(row.plain), bindings), arguments)
        if not row.fold:
            return cast(Entries, np.asarray(super().called(row, arguments), dtype=np.float64))
        kernel: Callable[..., Entries] = _FOLDED[row.machine]
        slides = {"slides": row.slides} if row.slides else {}
        return kernel(getattr(np, f"nan{row.fold}"), *self.given(row, bindings), **slides)

    def scalar_call(self, name: str, arguments: tuple[Expr, ...]) -> Entries:
        key = (name, len(arguments))
        if key not in self.plain:
            rule = self.vocabulary.rule(name)
            rule.check_count(len(arguments))
            lists = any(parameter.is_list for parameter in rule.parameters)
            self.plain[key] = None if lists else Call(name, _inputs(len(arguments)))
        if formula := self.plain[key]:
            return self.vectorized(formula, [self(argument) for argument in arguments])
        return self.of_lists(self.vocabulary.rule(name), arguments)

    def of_lists(self, rule: Rule, arguments: tuple[Expr, ...]) -> Entries:
        """A function of all entries of its arrays, or of arrays entry by entry that stand in a list."""
        name = rule.name
        if items := gathered(rule, arguments):
            self.expect(items)
            self.skip(arguments)
            return self.vectorized(Call(name, (Array(_inputs(len(items))),)), [self(item) for item in items])
        given = [
            argument.items[0] if isinstance(argument, Array) and len(argument.items) == 1 else argument
            for argument in arguments
        ]
        if rule.fold == "*":
            self.expect(given[:1])
            self.skip(arguments)
            return cast(Entries, np.prod(cast(Floats, self(given[0]))))
        if rule.value is None:
            raise StepperError(Problem(f"{name} is not known of large arrays"))
        size = math.prod(self.shape_of(given[0]))
        formula = substitute(rule.value, {**rule.bind(tuple(given)), LENGTH: Num(str(size))})
        return self.opened(formula, arguments)

    def raised(self, base: Entries, exponent: Entries) -> Entries:
        return cast(Entries, np.power(base, exponent if exponent.ndim else exponent.item()))

    def vectorized(self, formula: Expr, arrays: list[Entries]) -> Entries:
        """A formula of numbers, of whole arrays at a time; of large ones in runs of entries that stay close at hand."""
        if formula not in self.programs:
            self.programs[formula] = program(formula, self.vocabulary, 0, WHOLE)
        work = self.programs[formula]

        def worked(parts: Sequence[Any]) -> Any:
            found = work({f"x{place}": part for place, part in enumerate(parts)})
            if found is None:
                raise StepperError(UNSPECIFIED)
            return found

        shapes = {array.shape for array in arrays}
        shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
        size = math.prod(shape)
        if size <= RUN:
            return cast(Entries, np.asarray(worked(arrays)))
        flat = [np.broadcast_to(array, shape).reshape(-1) if array.size > 1 else array.reshape(1) for array in arrays]
        found = np.empty(size)
        for begin in range(0, size, RUN):
            run = slice(begin, begin + RUN)
            found[run] = worked([array[run] if array.size > 1 else array for array in flat])
        return cast(Entries, found.reshape(shape))

    def cases(self, operator: Comparison, parts: list[Entries]) -> Entries:
        which = WHOLE.cases
        assert which is not None
        return cast(Entries, which(operator)(*parts))


_JOINED: Mapping[Sign | Factor, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "⊙": np.multiply, "/": np.divide
}  # fmt: skip


def _inputs(count: int) -> tuple[Expr, ...]:
    return tuple(Sym(f"x{number}") for number in range(count))


def _lines(fold: Callable[..., Any], array: Floats, axis: int) -> Any:
    return np.asarray(fold(array, axis=place(axis, cast(Entries, array)) if axis else None))


def _pool(
    fold: Callable[..., Any], array: Floats, kernel: Setting, stride: Setting, padding: Setting, dilation: Setting,
    ceil: int, slides: int = 0
) -> Any:  # fmt: skip
    axes = pools.pooled_axes(cast(Entries, array), slides)
    seen = pools.pooled(cast(Entries, array), axes, kernel, stride, padding, dilation, ceil, np.nan)
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
