"""Formulas of arrays worked out: on names of entries, which gives a formula for each entry, or on numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cached_property, partial
from typing import cast

import numpy as np

from stepper.core.arrays import Shape
from stepper.core.expr import (
    COMPARE,
    CONSTANTS,
    Array,
    Call,
    Comparison,
    Deriv,
    Expr,
    Factor,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
)
from stepper.core.formula import name_of, number_of, text
from stepper.core.traverse import substitute
from stepper.engine.tensor import convolution, kernels, matrices, moves, pools, windows
from stepper.engine.tensor.calls import bind, by_class, definition, gathered, of_arrays, setting
from stepper.engine.tensor.entries import (
    BLANK,
    Blank,
    Entries,
    Exact,
    Formula,
    NeedsNumbers,
    array_of,
    entry_expr,
    held,
    shown,
)
from stepper.engine.tensor.fitting import matrix_shape, repeated
from stepper.engine.values.evaluate import Program, program
from stepper.engine.values.precision import fine
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

OUT, ARRIVING = Sym("out"), Sym("G")
RAISED = Power(Sym("x0"), Sym("x1"))


UNSPECIFIED = Problem(
    "a function is unspecified, and so has no numbers", hint="give its definition, or leave what it takes to symbols"
)


class Worker:
    """Works formulas out over arrays that are known by name."""

    def __init__(self, vocabulary: Vocabulary, known: Mapping[str, Entries]) -> None:
        self.vocabulary, self.known = vocabulary, known
        self.under_way = False

    def __call__(self, expr: Expr) -> Entries:
        """The array of a formula.

        Raises:
            StepperError: where shapes do not fit, or an entry does not exist.
        """
        if self.under_way:
            return self.value(expr)
        self.under_way = True
        try:
            with np.errstate(all="ignore"):  # floats come to infinity, and of objects NumPy asks for errors in vain
                return self.value(expr)
        finally:
            self.under_way = False

    def value(self, expr: Expr) -> Entries:
        """The array of a formula, or of a part of one."""
        try:
            return held(self.work(expr))
        except ZeroDivisionError:
            raise StepperError(Problem(f"{text(expr)} divides by zero")) from None
        except OverflowError:
            raise StepperError(Problem(f"{text(expr)} is too large for a number")) from None
        except ValueError as error:
            raise StepperError(Problem(f"{text(expr)} is not defined: {error}")) from None

    def expect(self, formulas: Iterable[Expr]) -> None:
        """Says which formulas will be asked for: arrays of floats are held as long as one of these needs them."""

    def work(self, expr: Expr) -> Entries:
        match expr:
            case Num() | Value():
                number = number_of(expr)
                assert number is not None
                return held(self.constant(number))
            case Sym() | Prime() | Deriv() | Index(Sym(), _) if name_of(expr) in self.known:
                return self.known[name_of(expr)]
            case Sym(name) if name in CONSTANTS.values():
                return held(self.applied(expr, [], []))
            case Index(base, indices):
                return held(self.indexed(self(base), indices, expr))
            case Neg(body):
                return held(-self(body))
            case Transpose(body):
                return transposed(self(body))
            case Sum(operands, operators):
                found = self(operands[0])
                for sign, part in zip(operators, operands[1:], strict=True):
                    other = self(part)
                    repeated(found.shape, other.shape, expr)
                    found = held(found + other if sign == "+" else found - other)
                return found
            case Product(operands, factors):
                found = self(operands[0])
                for factor, part in zip(factors, operands[1:], strict=True):
                    found = self.joined(found, factor, self(part), expr)
                return found
            case Power(base, exponent):
                return self.raised(self(base), self(exponent))
            case Array(items):
                parts = [self(item) for item in items]
                if len({part.shape for part in parts}) > 1:
                    raise StepperError(Problem(f"the rows of {text(expr)} have different shapes"))
                return cast(Entries, np.stack(parts))
            case Where(operator, left, right, then, otherwise):
                parts = [self(part) for part in (left, right, then, otherwise)]
                return self.cases(operator, parts)
            case Call(name, arguments) if of_arrays(expr):
                return self.called(BY_ARRAY_NAME[name], arguments)
            case Call(name, arguments):
                return self.scalar_call(name, arguments)
            case _:
                raise StepperError(Problem(f"'{text(expr)}' has no value here"))

    # ---- joining

    def constant(self, number: object) -> object:
        return number

    def joined(self, left: Entries, factor: Factor, right: Entries, expr: Expr) -> Entries:
        if factor == "@":
            return self.matrix_product(left, right, expr)
        repeated(left.shape, right.shape, expr)
        return held(left / right if factor == "/" else left * right)

    def raised(self, base: Entries, exponent: Entries) -> Entries:
        entries = (*base.ravel(), *exponent.ravel())
        plain = all(isinstance(entry, Fraction) for entry in entries)  # Python's root of one is a float
        if plain or (self.symbolic and all(isinstance(entry, Fraction | Exact) for entry in entries)):
            return self.each([base, exponent], lambda *pair: self.applied(RAISED, ["x0", "x1"], list(pair)))
        return held(base**exponent)

    def matrix_product(self, left: Entries, right: Entries, expr: Expr) -> Entries:
        matrix_shape(left.shape, right.shape, expr)
        return held(np.matmul(left, right))

    def indexed(self, array: Entries, indices: tuple[Expr, ...], expr: Expr) -> object:
        places = []
        for axis, index in enumerate(indices):
            number = number_of(index)
            if not isinstance(number, Fraction) or number.denominator != 1:
                raise StepperError(Problem(f"the index of {text(expr)} is not an integer"))
            size = array.shape[axis] if axis < array.ndim else 0
            if not 1 <= number <= size:
                hint = f"the array is {shown(array.shape)}; elements are counted from 1"
                raise StepperError(Problem(f"{text(expr)} does not exist", hint=hint))
            places.append(int(number) - 1)
        return array[tuple(places)]

    # ---- functions

    def called(self, row: ArrayFunction, arguments: tuple[Expr, ...]) -> Entries:
        """A function of arrays: its kernel, or its definition."""
        bindings = self.bound(row, arguments)
        if not row.machine:
            return self.opened(substitute(definition(row.value), bindings), arguments)
        given = self.given(row, bindings)
        try:
            fold = [partial(self.folded, row.fold)] if row.fold else []
            found = held(kernel(row)(*fold, *given))
            first = self.vocabulary.counting.first if row.places else 1
            return found if first == 1 else held(found - Fraction(1 - first))
        except NeedsNumbers:
            raise
        except (
            IndexError,
            ValueError,
            MemoryError,
        ):  # what NumPy says of shapes that do not fit; all else is a mistake of ours
            shapes = ", ".join(shown(part.shape) for part in given if isinstance(part, np.ndarray))
            what = f"{text(Call(row.name, arguments))} cannot be worked out for arrays of {shapes}"
            raise StepperError(
                Problem(what, hint=f"{row.name}({row.parameters})" + (f": {row.says}" if row.says else ""))
            ) from None
        except StepperError as error:
            problem = error.problems[0]
            shown_call = text(Call(row.name, arguments))
            raise StepperError(Problem(f"{shown_call}: {problem.what}", problem.where, problem.hint)) from None

    def opened(self, formula: Expr, arguments: tuple[Expr, ...]) -> Entries:
        """The array of a formula that stands for a call with these arguments."""
        return self(formula)

    def shape_of(self, part: Expr) -> Shape:
        return self(part).shape

    def bound(self, row: ArrayFunction, arguments: tuple[Expr, ...]) -> dict[Expr, Expr]:
        """What the names in a row's formulas stand for in a call."""
        return by_class(row, bind(row, arguments), self.shape_of, self.vocabulary.counting.first)

    def given(self, row: ArrayFunction, bindings: Mapping[Expr, Expr]) -> list[object]:
        """What a kernel is handed: arrays, and settings as integers, one or one for each axis."""
        arguments = [(name, kind, bindings[Sym(name)]) for name, _, kind in row.signature()]
        return [
            self(argument) if kind == "array" else setting(argument, row, name) for name, kind, argument in arguments
        ]

    def folded(self, name: str, entries: list[object]) -> object:
        """A function of a list by its row: a number, or a list as long."""
        inputs = [Sym(f"x{place}") for place in range(len(entries))]
        call = Call(name, (Array(tuple(inputs)),))
        words = [symbol.name for symbol in inputs]
        if not self.vocabulary.rule(name).element:
            return self.applied(call, words, entries)
        return [self.applied(Index(call, (Num(str(place)),)), words, entries) for place in range(1, len(entries) + 1)]

    def scalar_call(self, name: str, arguments: tuple[Expr, ...]) -> Entries:
        """A function of numbers, entry by entry; one of lists, of all entries of its arrays."""
        rule = self.vocabulary.rule(name)
        if items := gathered(rule, arguments):
            return self.each([self(item) for item in items], lambda *entries: self.folded(name, list(entries)))
        rule.check_count(len(arguments))
        arrays = [self(argument) for argument in arguments]
        parameters = rule.parameters[: len(arguments)]
        if not any(parameter.is_list for parameter in parameters):
            inputs = [Sym(f"x{place}") for place in range(len(arrays))]
            call = Call(name, tuple(inputs))
            return self.each(arrays, lambda *entries: self.applied(call, list(map(text, inputs)), list(entries)))
        flat: list[object] = []
        shown_arguments: list[Expr] = []
        for array, parameter in zip(arrays, parameters, strict=True):
            names = [Sym(f"x{len(flat) + place}") for place in range(array.size)]
            flat += list(array.ravel())
            shown_arguments.append(Array(tuple(names)) if parameter.is_list else names[0])
        return held(self.applied(Call(name, tuple(shown_arguments)), [f"x{place}" for place in range(len(flat))], flat))

    def each(self, arrays: list[Entries], function: Callable[..., object]) -> Entries:
        """A function of entries, over arrays that are repeated to one shape."""
        together = np.broadcast_arrays(*arrays)
        shape = together[0].shape
        return array_of([function(*(array[where] for array in together)) for where in np.ndindex(*shape)], shape)

    def applied(self, formula: Expr, names: list[str], entries: list[object]) -> object:
        """A formula of numbers with entries for its names: a number where all of them are, else a formula.

        Among formulas the square root of 2 stays one: its number would be rounded.
        """
        if any(isinstance(entry, Blank) for entry in entries):
            return BLANK
        if any(isinstance(entry, Formula) for entry in entries) or (not entries and self.symbolic):
            return _filled(formula, names, entries)
        values = {
            name: entry.number if isinstance(entry, Exact) else entry
            for name, entry in zip(names, entries, strict=True)
        }
        if formula not in self.programs:
            self.programs[formula] = program(formula, self.vocabulary, 0, fine())
        number = self.programs[formula](cast("Mapping[str, Fraction]", values))
        if number is None:
            raise StepperError(UNSPECIFIED)
        rounded = not isinstance(number, Fraction) and all(isinstance(value, Fraction) for value in values.values())
        return _filled(formula, names, entries) if rounded and self.symbolic else Exact(number)

    @cached_property
    def programs(self) -> dict[Expr, Program]:
        """Formulas of numbers that were worked out before, compiled: the same are asked for at entry after entry."""
        return {}

    @cached_property
    def symbolic(self) -> bool:
        """Does any array hold formulas?"""
        return any(isinstance(array.flat[0], Formula) for array in self.known.values())

    def cases(self, operator: Comparison, parts: list[Entries]) -> Entries:
        """A case distinction, entry by entry."""
        return self.each(parts, lambda a, b, c, d: self.decided(operator, a, b, c, d))

    def decided(self, operator: Comparison, left: object, right: object, then: object, otherwise: object) -> object:
        if any(isinstance(entry, Blank) for entry in (left, right)):
            return then
        if any(isinstance(entry, Formula) for entry in (left, right)):
            return Formula(
                Where(operator, entry_expr(left), entry_expr(right), entry_expr(then), entry_expr(otherwise))
            )
        return then if COMPARE[operator](left, right) else otherwise


def _filled(formula: Expr, names: list[str], entries: list[object]) -> Formula:
    bindings: dict[Expr, Expr] = {Sym(name): entry_expr(entry) for name, entry in zip(names, entries, strict=True)}
    return Formula(substitute(formula, bindings))


def kernel(row: ArrayFunction) -> Callable[..., object]:
    """The primitive that a row names; it is told over how many axes its windows slide, where the row says so."""
    found: Callable[..., object] = next(
        getattr(room, row.machine)
        for room in (kernels, moves, windows, convolution, pools, matrices)
        if hasattr(room, row.machine)
    )
    if row.moves:
        return partial(found, move=row.moves)
    return partial(found, slides=row.slides) if row.slides else found


def measure(row: ArrayFunction) -> Callable[..., Shape] | None:
    """What tells the shape of what a primitive makes from shapes alone, where there is one."""
    found: Callable[..., Shape] | None = getattr(convolution, f"{row.machine}_shape", None)
    return partial(found, slides=row.slides) if found else None


def transposed(array: Entries) -> Entries:
    """Rows become columns; of more axes the last two change places; a vector stays what it is."""
    return np.swapaxes(array, -1, -2) if array.ndim > 1 else array
