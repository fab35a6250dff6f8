"""The gradient that goes back through a formula of arrays, written with arrays: the product rule with its
transposes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

import numpy as np

from stepper.core.expr import (
    Array,
    Bound,
    Call,
    Deriv,
    Expr,
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
    children,
    multiply_all,
)
from stepper.core.formula import name_of, text
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.traverse import names, substitute
from stepper.engine.tensor.calls import alone, bind, by_class, definition, gathered, of_arrays
from stepper.engine.tensor.elements import base, entry_of, nested, of_all
from stepper.engine.tensor.evaluate import ARRIVING, OUT
from stepper.engine.tensor.products import matrix, over, times, together, transpose
from stepper.engine.tensor.sizes import Sizes, is_whole, letters_of, literal, numbers_for, volume
from stepper.engine.tensor.slopes import Taken
from stepper.engine.values.definitions import lower
from stepper.engine.values.differentiate import ONE, ZERO, negative, partials
from stepper.engine.values.rule import LENGTH, Rule
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

MATRIX = 2
MOST_ENTRIES_SLOPES = 36
"""Slopes for single entries are written out up to here."""


class Backward:
    """Takes a gradient back through a formula.

    ``shape`` tells the shape of any part of it; ``known`` are the names of quantities, and ``wanted`` those whose
    gradients are asked for, all of them where it is not said.
    """

    def __init__(
        self, vocabulary: Vocabulary, known: set[str], shape: Callable[[Expr], Sizes], wanted: set[str] | None = None
    ) -> None:
        self.vocabulary, self.known, self.shape = vocabulary, known, shape
        self.wanted = known if wanted is None else wanted
        self.moving: dict[Expr, bool] = {}
        self.slopes: dict[tuple[Expr, bool], dict[Expr, Expr]] = {}
        self.found: dict[str, list[Expr]] = {}
        self.also: dict[str, tuple[Expr, Prose]] = {}
        self.integers: set[str] = set()
        self.taken = Taken(vocabulary)

    def through(self, formula: Expr, arriving: Expr, out: Expr) -> dict[str, Expr]:
        """For each quantity in the formula the gradient that comes to it; ``out`` is the node that the formula
        defines.
        """
        self.found = {}
        self.visit(formula, arriving, out)
        return {name: together(terms) for name, terms in self.found.items()}

    def visit(self, expr: Expr, arriving: Expr, out: Expr | None = None) -> None:
        if arriving == ZERO or not self.moves(expr):
            return
        match expr:
            case Num() | Value() | Deriv():
                return
            case Sym() | Prime() | Index(Sym(), _) if name_of(expr) in self.known:
                self.found.setdefault(name_of(expr), []).append(arriving)
            case Sym() | Prime():
                return
            case Neg(body):
                self.visit(body, negative(arriving))
            case Transpose(body):
                self.visit(body, transpose(arriving) if self.shape(arriving) else arriving)
            case Sum(operands, operators):
                for sign, part in zip(("+", *operators), operands, strict=True):
                    self.visit(part, self.reduced(arriving if sign == "+" else negative(arriving), expr, part))
            case Product():
                self.product(expr, arriving)
            case Power(base, exponent):
                slope = partials(Power(Sym("x"), exponent), self.vocabulary)[Sym("x")]
                if names(exponent):
                    raise StepperError(
                        Problem(f"{text(expr)} cannot be differentiated here: its exponent is not a number")
                    )
                self.visit(base, times(arriving, substitute(slope, {Sym("x"): base})))
            case Index(base, indices):
                self.visit(base, Call("scatter", (arriving, base, *indices)))
            case Array(items):
                arriving = self.whole(arriving, expr)
                for place, item in enumerate(items, start=1):
                    self.visit(item, entry_of(arriving, place))
            case Where(_, _, _, then, otherwise):
                self.visit(then, self.reduced(times(arriving, self.taken.of_cases(expr, True)), expr, then))
                self.visit(otherwise, self.reduced(times(arriving, self.taken.of_cases(expr, False)), expr, otherwise))
            case Call(name, arguments) if of_arrays(expr):
                self.array_call(BY_ARRAY_NAME[name], arguments, arriving, expr if out is None else out)
            case Call():
                self.scalar_call(expr, arriving, out)
            case Bound():
                raise StepperError(Problem(f"{text(expr)} stands in derivations only"))
            case _:
                assert_never(expr)

    def is_known(self, name: Expr) -> bool:
        """Is it a quantity, or an entry or a row of one?"""
        return name_of(name) in self.known or base(name) in self.known

    def moves(self, expr: Expr) -> bool:
        """Does a formula depend on entries whose gradient is asked for, and not on shapes alone? What numbers rows
        counts too: which quantities do that is found on the way.
        """
        found = self.moving.get(expr)
        if found is None:
            row = BY_ARRAY_NAME[expr.name] if isinstance(expr, Call) and of_arrays(expr) else None
            if row is not None and (row.counts or row.integers):
                found = bool(row.integers)
            elif isinstance(expr, Sym | Prime | Index) and (name_of(expr) in self.wanted or base(expr) in self.wanted):
                found = True
            else:
                found = any(map(self.moves, children(expr)))
            self.moving[expr] = found
        return found

    # ---- products

    def product(self, expr: Product, arriving: Expr) -> None:
        """(A B)' for the last factor and all that stands before it."""
        *before, right = expr.operands
        factor = expr.operators[-1]
        left = multiply_all(list(zip(("*", *expr.operators[:-1]), before, strict=True)))
        if factor == "@":
            self.matrix_product(left, right, arriving, expr)
        elif factor == "/":
            self.visit(left, self.reduced(over(arriving, right), expr, left))
            if self.moves(right):
                self.visit(
                    right, self.reduced(negative(over(times(arriving, left), Power(right, Num("2")))), expr, right)
                )
        else:
            self.visit(left, self.reduced(times(arriving, right), expr, left))
            self.visit(right, self.reduced(times(arriving, left), expr, right))

    def matrix_product(self, left: Expr, right: Expr, arriving: Expr, expr: Expr) -> None:
        """For A of A B goes back G B^T, for B it is A^T G; of vectors the outer product or the product with the
        transpose.
        """
        one, other = len(self.shape(left)), len(self.shape(right))
        if one == other == MATRIX and not self.shape(arriving):  # a number arrives at a product of 1×1
            self.visit(left, times(arriving, transpose(right)))
            self.visit(right, times(arriving, transpose(left)))
            return
        arriving = self.whole(arriving, expr)
        if min(one, other) == 1 and max(one, other) > MATRIX:
            what = f"the gradient of {text(left)} @ {text(right)} is not worked: a batch of matrices times a vector"
            raise StepperError(Problem(what, hint="write the vector as a matrix of one column"))
        if one == other == 1:
            to_left, to_right = times(arriving, right), times(arriving, left)
        elif other == 1:
            to_left, to_right = Call("outer", (arriving, right)), matrix(transpose(left), arriving)
        elif one == 1:
            to_left, to_right = matrix(right, arriving), Call("outer", (left, arriving))
        else:
            to_left, to_right = matrix(arriving, transpose(right)), matrix(transpose(left), arriving)
            if max(one, other) > MATRIX:
                to_left, to_right = Call("sum_to_size", (to_left, left)), Call("sum_to_size", (to_right, right))
        self.visit(left, to_left)
        self.visit(right, to_right)

    def whole(self, arriving: Expr, expr: Expr) -> Expr:
        """What arrives at a formula in its shape: at the output of 1×1 a number does."""
        return Call("broadcast_to", (arriving, expr)) if self.shape(expr) and not self.shape(arriving) else arriving

    def fitted(self, arriving: Expr, whole: Expr, part: Expr) -> Expr:
        """The same for arrays of as many entries as each other: only of one entry may their shapes differ."""
        outer, inner = self.shape(whole), self.shape(part)
        if outer == inner or not inner or volume(outer) != volume(inner):
            return self.reduced(arriving, whole, part)
        return Call("reshape_as", (arriving, part))

    def reduced(self, arriving: Expr, whole: Expr, part: Expr) -> Expr:
        """What arrives at a part that was repeated along axes is summed over them."""
        if not self.moves(part):
            return arriving
        outer, inner = self.shape(whole), self.shape(part)
        if outer == inner or not self.shape(arriving):  # a number arrives where the whole is of one entry, or 0
            return arriving
        if inner == ():
            return Call("sum", (arriving,))
        if len(outer) == len(inner) + 1 and outer[1:] == inner:
            return Call("sum", (arriving, ONE))
        return Call("sum_to_size", (arriving, part))

    # ---- functions

    def array_call(self, row: ArrayFunction, arguments: tuple[Expr, ...], arriving: Expr, out: Expr) -> None:
        arriving = self.whole(arriving, out)
        bound = bind(row, arguments)
        bindings = by_class(row, bound, self.shape, self.vocabulary.counting.first)
        if not row.vjp and row.value:
            self.visit(substitute(definition(row.value), bindings), arriving)
            return
        for name, _, _ in row.signature():
            argument = bindings[Sym(name)]
            if not any(self.is_known(part) for part in names(argument)):
                continue
            if name in row.integers:
                self.integers |= {base(part) for part in names(argument)}
            if name not in row.vjp:
                if row.value:
                    continue
                raise StepperError(Problem(f"the gradient of {row.name} with respect to {name} is not known here"))
            classes = bindings != bound
            form = definition(row.also[name][0] if classes and name in row.also else row.vjp[name])
            back = substitute(form, {**bindings, ARRIVING: arriving, OUT: out})
            if _is_zero(back):
                continue
            if name in row.also and not classes:
                other, words = row.also[name]
                form = substitute(parse(other), {**bindings, ARRIVING: arriving, OUT: out})
                self.also[text(argument)] = form, _named(words, bindings)
            self.visit(argument, back)

    def scalar_call(self, call: Call, arriving: Expr, out: Expr | None) -> None:
        """Entry by entry: the gradient times the derivative of the function."""
        rule = self.vocabulary.rule(call.name)
        if items := gathered(rule, call.arguments):
            self.entrywise(call, items, lambda inputs: (Array(inputs),), arriving, out)
            return
        if any(parameter.is_list for parameter in rule.parameters):
            self.list_call(rule, call, arriving, call if out is None else out)
            return
        choice = self.vocabulary.sent_back.get(rule.name)
        if choice is not None and rule.row is not None:
            bindings = rule.bind(call.arguments) | {ARRIVING: arriving}
            self.visit(call.arguments[0], substitute(parse(rule.row.backward[choice]), bindings))
            return
        self.entrywise(call, call.arguments, lambda inputs: inputs, arriving, out)

    def entrywise(
        self, call: Call, items: tuple[Expr, ...], held: Callable[[tuple[Expr, ...]], tuple[Expr, ...]], arriving: Expr,
        out: Expr | None
    ) -> None:  # fmt: skip
        """A function of numbers, entry by entry: to each of them goes what arrives times the slope.

        ``held`` is how the call holds them.
        """
        inputs = tuple(Sym(f"x{place}") for place in range(len(items)))
        slopes = self.slopes_of(Call(call.name, held(inputs)), out is not None)
        bindings: dict[Expr, Expr] = dict(zip(inputs, items, strict=True))
        if out is not None:
            bindings[OUT] = out
        for symbol, item in zip(inputs, items, strict=True):
            if symbol in slopes:
                self.visit(item, self.reduced(times(arriving, substitute(slopes[symbol], bindings)), call, item))

    def slopes_of(self, call: Call, named: bool) -> dict[Expr, Expr]:
        """The slopes of a function of numbers, differentiated once; ``named``: they may read what it comes to."""
        if (call, named) not in self.slopes:
            found = partials(call, self.vocabulary, OUT if named else None, taken=self.taken)
            if self.vocabulary.rule(call.name).picks:  # which argument it is, is asked at each entry
                found = {name: lower(slope, self.vocabulary) for name, slope in found.items()}
            self.slopes[call, named] = found
        return self.slopes[call, named]

    def list_call(self, rule: Rule, call: Call, arriving: Expr, out: Expr) -> None:
        """A function of all entries of its arrays: its partials with whole arrays in place of their elements."""
        arguments = tuple(alone(argument) for argument in call.arguments)
        wanted = [
            (parameter, argument)
            for parameter, argument in zip(rule.parameters, arguments, strict=False)
            if names(argument)
        ]
        first = next(part for parameter, part in zip(rule.parameters, arguments, strict=False) if parameter.is_list)
        bindings = {**rule.bind(arguments), LENGTH: literal(volume(self.shape(first)))}
        if any(parameter.name not in rule.partials for parameter, _ in wanted):
            if rule.value is None:
                self.each_entry(rule, arguments, arriving)
            else:
                self.visit(substitute(rule.value, bindings), arriving)
            return
        for parameter, argument in wanted:
            # all at once: what is put in may hold names that the row uses too
            formula = substitute(of_all(rule.partials[parameter.name]), {**bindings, OUT: out})
            self.visit(argument, self.fitted(times(arriving, formula), formula, argument))

    def each_entry(self, rule: Rule, arguments: Sequence[Expr], arriving: Expr) -> None:
        """A function of a list that its row only says how to join: its slope for each entry."""
        (argument,) = arguments
        shape = self.shape(argument)
        if not is_whole(shape):
            what = f"the gradient of {rule.name} is worked out entry by entry, where sizes are numbers"
            raise StepperError(Problem(what, hint=numbers_for(letters_of(shape))))
        if math.prod(shape) > MOST_ENTRIES_SLOPES:
            what = f"the gradient of {rule.name} is worked out entry by entry, for up to {MOST_ENTRIES_SLOPES} of them"
            raise StepperError(Problem(what))
        entries = [
            Index(argument, tuple(Num(str(place + 1)) for place in where)) if where else argument
            for where in np.ndindex(*shape)
        ]
        inputs = [Sym(f"x{place}") for place in range(len(entries))]
        slopes = partials(Call(rule.name, (Array(tuple(inputs)),)), self.vocabulary)
        found = [substitute(slopes.get(symbol, ZERO), dict(zip(inputs, entries, strict=True))) for symbol in inputs]
        self.visit(argument, times(arriving, nested(found, shape)))


def _named(words: str, bindings: Mapping[Expr, Expr]) -> Prose:
    """Words of a row with what its parameters stand for in a call."""
    parts = re.split(r"\b([A-Z])\b", words)
    return tuple(bindings.get(Sym(part), part) for part in parts if part)


def _is_zero(expr: Expr) -> bool:
    return isinstance(expr, Product) and expr.operands[0] == ZERO
