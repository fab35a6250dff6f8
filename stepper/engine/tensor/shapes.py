"""Shapes of formulas, worked out without any entry: what broadcasting and products of matrices make, and where sizes do
not fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np
from msgspec.structs import replace

from stepper.core.arrays import Shape
from stepper.core.expr import (
    Array,
    Bound,
    Call,
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
from stepper.core.formula import name_of, text
from stepper.core.traverse import substitute
from stepper.engine.tensor.calls import bind, by_class, definition, gathered, of_arrays, setting
from stepper.engine.tensor.entries import BLANK, Entries, array_of, shown
from stepper.engine.tensor.evaluate import Worker, measure
from stepper.engine.tensor.fitting import matrix_shape, multiplied, one_reading, repeated
from stepper.engine.tensor.floats import FloatWorker
from stepper.engine.tensor.laws import law
from stepper.engine.tensor.limits import MOST_MEANWHILE, Bill, cost
from stepper.engine.tensor.sizes import Sizes, is_whole, letters_of, literal, numbers_for, size_of, volume
from stepper.engine.values.differentiate import ONE
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

if TYPE_CHECKING:
    from stepper.engine.values.vocabulary import Vocabulary

MOST_BLANK = 5_000
"""Kernels find the shapes of larger arrays on ones, which NumPy does not store."""


class Shapes:
    """The shape of any formula over quantities whose shapes are known by name.

    ``by_hand``: a person wrote the formula, and may have meant the product of a matrix and a vector where ``*`` stands.
    """

    def __init__(
        self, vocabulary: Vocabulary, known: Mapping[str, Sizes], by_hand: bool = False, bill: Bill | None = None
    ) -> None:  # fmt: skip
        self.vocabulary, self.known, self.by_hand = vocabulary, known, by_hand
        self.bill = Bill() if bill is None else bill
        self._found: dict[Expr, Sizes] = {}

    def __call__(self, expr: Expr) -> Sizes:
        """The shape.

        Raises:
            StepperError: where two shapes do not fit; the message names both operands, both shapes and the axis.
        """
        shape = self._found.get(expr)
        if shape is None:
            self._found[expr] = shape = self.work(expr)
            if not is_whole(shape):  # nothing is made of it
                return shape
            if isinstance(expr, Call):  # what it takes meanwhile is counted where it is called
                self.bill.fits(expr, math.prod(shape))
            elif shape and isinstance(expr, Neg | Sum | Power | Where | Array):  # the others make none, or count theirs
                self.bill.add(expr, math.prod(shape), 0)
        return shape

    def tell(self, expr: Expr, shape: Sizes) -> None:
        """Tells the shape of a formula beforehand, whose parts are on the bill already."""
        self._found[expr] = shape

    def work(self, expr: Expr) -> Sizes:
        match expr:
            case Sym() | Prime() | Deriv() | Index(Sym(), _) if name_of(expr) in self.known:
                return self.known[name_of(expr)]
            case Num() | Value() | Sym() | Prime() | Deriv():
                return ()
            case Neg(body):
                return self(body)
            case Transpose(body):
                shape = self(body)
                return (*shape[:-2], shape[-1], shape[-2]) if len(shape) > 1 else shape
            case Sum(operands):
                return self.together(operands, expr)
            case Product(operands, factors):
                return self.product(operands, factors, expr)
            case Power(base, exponent):
                return self.together([base, exponent], expr)
            case Where(_, left, right, then, otherwise):
                return self.together([left, right, then, otherwise], expr)
            case Index(base, indices):
                return self.indexed(base, indices, expr)
            case Array(()):
                raise StepperError(Problem("an empty list has no shape here"))
            case Array(items):
                return (len(items), *self(items[0]))
            case Call():
                return self.called(expr)
            case Bound():
                raise StepperError(Problem(f"{text(expr)} stands in derivations only"))

    def indexed(self, base: Expr, indices: Sequence[Expr], expr: Expr) -> Sizes:
        """The shape of an entry or a part; of an axis whose size is a letter only the first place surely exists."""
        sizes = self(base)
        for size, index in zip(sizes, indices, strict=False):
            if not isinstance(size, int) and index != ONE:
                what = f"{text(expr)}: whether it exists depends on the sizes of {text(base)}, {shown(sizes)}"
                raise StepperError(Problem(what, hint=numbers_for(letters_of(sizes))))
        return sizes[len(indices) :]

    def product(self, operands: Sequence[Expr], factors: Sequence[Factor], expr: Expr) -> Sizes:
        """The shape of a product of matrices, or of one entry by entry."""
        found = self(operands[0])
        for place, (factor, part) in enumerate(zip(factors, operands[1:], strict=True), start=1):
            other = self(part)
            if factor == "*" and self.by_hand:
                one_reading(_first(expr, place), found, part, other, expr)
            inner = found[-1:] if factor == "@" else ()
            if factor == "@":
                found = matrix_shape(found, other, expr)
            elif found != other:
                found = multiplied(_first(expr, place), found, factor, part, other, expr)
            if is_whole(worked := (*found, *inner)):
                self.bill.add(_first(expr, place + 1), math.prod(worked[: len(found)]), math.prod(worked))
        return found

    def together(self, parts: Sequence[Expr], expr: Expr) -> Sizes:
        """The shape to which all of them are repeated; that of a number where there are none."""
        found: Sizes = ()
        for part in parts:
            found = repeated(found, self(part), expr)
        return found

    def called(self, call: Call) -> Sizes:
        if not of_arrays(call):
            return self.scalar_call(call)
        row = BY_ARRAY_NAME[call.name]
        bindings = by_class(row, bind(row, call.arguments), self, self.vocabulary.counting.first)
        self.fits(row, bindings, call)
        if row.counts:
            return ()
        if row.fills:
            said = next(iter(bindings.values()))
            return tuple(map(size_of, said.items if isinstance(said, Array) else (said,)))
        shapes = {name: self(bindings[Sym(name)]) for name, _, kind in row.signature() if kind == "array"}
        if not row.machine:
            return self.defined(row, bindings, call)
        settings = {
            name: setting(bindings[Sym(name)], row, name) for name, _, kind in row.signature() if kind == "setting"
        }
        numbers = {name: sizes for name, sizes in shapes.items() if is_whole(sizes)}
        if len(numbers) < len(shapes):
            return shapes[row.like] if row.like and not row.sizes else self.by_law(row, bindings, call)
        self.bill.add(call, *cost(row, numbers, settings), most=MOST_MEANWHILE)
        if row.sizes:
            return self.by_law(row, bindings, call)
        if row.like:
            return self(bindings[Sym(row.like)])
        if found := measure(row):
            return self.told(found, row, bindings, call)
        large = any(math.prod(sizes) > MOST_BLANK for sizes in numbers.values())
        arguments: list[Expr] = []
        dummies: dict[str, Entries] = {}
        for place, (name, _, kind) in enumerate(row.signature()):
            if kind == "array":
                dummies[f"a{place}"] = dummy(numbers[name], large)
                arguments.append(Sym(f"a{place}"))
            else:
                arguments.append(bindings[Sym(name)])
        stand_in = Call(row.name, tuple(arguments))
        try:
            return self.worker(dummies)(stand_in).shape
        except StepperError as error:
            problem = error.problems[0]
            what = problem.what.replace(text(stand_in), text(call))
            raise StepperError(replace(problem, what=what)) from None

    def by_law(self, row: ArrayFunction, bindings: Mapping[Expr, Expr], call: Call) -> Sizes:
        """The shape by the row's law, for sizes that may be letters."""
        found = law(row)
        if found is None:
            shapes = [self(part) for part in call.arguments]
            met = " and ".join(shown(sizes) for sizes in shapes if not is_whole(sizes))
            what = f"{text(call)}: {row.name} is worked out where sizes are numbers, and not for {met}"
            raise StepperError(Problem(what, hint=numbers_for(letters_of(chain.from_iterable(shapes)))))
        return self.told(found, row, bindings, call)

    def told(self, found: Callable[..., Sizes], row: ArrayFunction, bindings: Mapping[Expr, Expr], call: Call) -> Sizes:
        """The shape that a function of shapes and settings tells."""
        given = [
            self(bindings[Sym(name)]) if kind == "array" else setting(bindings[Sym(name)], row, name)
            for name, _, kind in row.signature()
        ]
        try:
            return found(*given)
        except StepperError as error:
            problem = error.problems[0]
            raise StepperError(replace(problem, what=f"{text(call)}: {problem.what}")) from None

    def defined(self, row: ArrayFunction, bindings: Mapping[Expr, Expr], call: Call) -> Sizes:
        """The shape of a function that is defined by others, and what they take."""
        meant, self.by_hand = self.by_hand, False
        try:
            return self(substitute(definition(row.value), bindings))
        except StepperError as error:
            problem = error.problems[0]
            raise StepperError(replace(problem, what=f"{text(call)}: {problem.what}")) from None
        finally:
            self.by_hand = meant

    def fits(self, row: ArrayFunction, bindings: Mapping[Expr, Expr], call: Call) -> None:
        """Does a function take arrays of these shapes?"""
        shapes = {name: self(bindings[Sym(name)]) for name, _, _ in row.signature()}
        same = [shapes[name] for name in row.same]
        if len(set(same)) > 1:
            what = f"{text(call)}: the shapes must be equal, not {' and '.join(map(shown, same))}"
            raise StepperError(Problem(what, hint=row.says))
        if row.most_axes and any(len(shape) > row.most_axes for shape in shapes.values()):
            what = (
                f"{row.name} is worked out for arrays of up to {row.most_axes} axes, "
                f"but got {shown(max(shapes.values(), key=len))}"
            )
            raise StepperError(Problem(what, hint=row.says))

    def worker(self, known: Mapping[str, Entries]) -> Worker:
        """What runs a kernel on arrays of which the shape alone counts."""
        large = any(array.dtype != object for array in known.values())
        return FloatWorker(self.vocabulary, known) if large else Worker(self.vocabulary, known)

    def scalar_call(self, call: Call) -> Sizes:
        """A function of numbers keeps the shape; one of lists makes a number."""
        rule = self.vocabulary.rule(call.name)
        if self.by_hand and call.name in self.vocabulary.functions and rule.value is not None:
            inside = {
                parameter.name: self(part) for parameter, part in zip(rule.parameters, call.arguments, strict=True)
            }
            try:
                Shapes(self.vocabulary, inside, by_hand=True)(rule.value)
            except StepperError as error:
                hint = f"{call.name} works elementwise: write u*M or M ⊙ u in it, and a product of matrices outside it"
                raise StepperError(
                    replace(error.problems[0], what=f"in {call.name}, {error.problems[0].what}", hint=hint)
                ) from None
        if items := gathered(rule, call.arguments):
            return self.together(items, call)
        if any(parameter.is_list for parameter in rule.parameters):
            lists = []
            for part, parameter in zip(call.arguments, rule.parameters, strict=False):
                shape = self(part)
                if parameter.is_list:
                    lists.append(shape)
                elif volume(shape) != 1:
                    raise StepperError(
                        Problem(f"{text(call)}: '{parameter.name}' is a number, and {text(part)} is {shown(shape)}")
                    )
            if len(set(lists)) > 1 and any(volume(shape) != 1 for shape in lists):
                raise StepperError(
                    Problem(f"{text(call)}: the shapes must be equal, not {' and '.join(map(shown, lists))}")
                )
            return ()
        return self.together(call.arguments, call)

    def count(self, call: Expr) -> Expr:
        """The number that a function of shapes alone makes, or the size that is a letter."""
        assert isinstance(call, Call)
        row = BY_ARRAY_NAME[call.name]
        sizes = self(call.arguments[0])
        if not is_whole(sizes):
            return literal(volume(self.by_law(row, bind(row, call.arguments), call)))
        stand_in = dummy(sizes, large=True)
        found = cast(object, self.worker({"a0": stand_in})(Call(row.name, (Sym("a0"), *call.arguments[1:]))).item())
        assert isinstance(found, float)
        return Value(Fraction(found))


def dummy(shape: Shape, large: bool) -> Entries:
    """An array of nothing but a shape."""
    if not large:
        return array_of([BLANK] * math.prod(shape), shape)
    return cast(Entries, np.broadcast_to(np.float64(1), shape))


def _first(product: Expr, count: int) -> Expr:
    """So many of the first factors of a product, as one."""
    assert isinstance(product, Product)
    if count == 1:
        return product.operands[0]
    if count == len(product.operands):
        return product
    return Product(product.operands[:count], product.operators[: count - 1])
