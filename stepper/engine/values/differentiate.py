"""Local derivatives as formulas: the sum, product, quotient, power and chain rules, and the partials of the tables'
rows.

The result is what a person would write: no factor 1, no term 0, terms in the author's order. Nothing else is folded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, assert_never

from stepper.core.expr import (
    CONSTANTS,
    Array,
    Bound,
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
    Sign,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
    add_all,
    divide,
    multiply,
    multiply_all,
)
from stepper.core.formula import text
from stepper.core.traverse import names, substitute, walk
from stepper.engine.values.definitions import bounded, spread
from stepper.engine.values.rule import ELEMENT, OUT, RESULT, Rule, Rules
from stepper.errors import Problem, StepperError

LARGEST_DERIVATIVE = 250_000
ZERO, ONE = Num("0"), Num("1")
ZEROS, ONES = (ZERO, Value(Fraction(0))), (ONE, Value(Fraction(1)))


Taken: TypeAlias = Callable[[Expr, Expr, Expr, Collection[Expr]], Expr]
"""``taken(part, form, argument, names)``: the slope of a call or a case distinction for one of its arguments, and for
the names in
it, as the convention takes it where ``part`` stands on a kink; elsewhere ``form`` itself."""


def partials(
    expr: Expr, vocabulary: Rules, out: Expr | None = None, stable: bool = False, taken: Taken | None = None
) -> dict[Expr, Expr]:
    """The partial derivative of a formula for each name that it reads.

    ``out`` is the node that the formula defines, so that the derivative of ``a = sigmoid(z)`` reads ``a*(1 - a)``.
    With ``stable`` the rows' accurate forms are taken (``1/cosh(z)^2`` for tanh), which is what is calculated with.
    ``taken`` chooses slopes at kinks; without it they are the tables'.
    """
    return _Rules(vocabulary, stable, taken or (lambda part, form, argument, names: form)).of(
        spread(expr, vocabulary), out
    )


class _Rules:
    def __init__(self, vocabulary: Rules, stable: bool, taken: Taken) -> None:
        self.vocabulary, self.stable, self.taken = vocabulary, stable, taken
        self.parts = 0

    def spend(self, parts: int, what: str) -> None:
        """Counts what is about to be written down.

        Raises:
            StepperError: where the derivatives of one formula become too long.
        """
        self.parts += parts
        if self.parts > LARGEST_DERIVATIVE:
            told = f"the derivatives of {what} have more than {LARGEST_DERIVATIVE:,} parts"
            raise StepperError(Problem(told, hint="give parts of it nodes of their own"))

    def of(self, expr: Expr, out: Expr | None = None) -> dict[Expr, Expr]:
        match expr:
            case Num() | Value() | Deriv():
                return {}
            case Sym(name) if name in CONSTANTS.values():
                return {}
            case Sym() | Prime() | Index(Sym(), _):
                return {expr: ONE}
            case Neg(body):
                return {name: negative(partial) for name, partial in self.of(body).items()}
            case Sum():
                return self.sum(expr)
            case Product():
                return self.product(expr)
            case Power():
                return self.power(expr)
            case Call():
                return self.call(expr, out)
            case Index(Call() as call, (element,)):
                found = self.call(call, None, element)
                return (
                    found
                    if out is None
                    else {name: substitute(partial, {expr: out}) for name, partial in found.items()}
                )
            case Where(operator, left, right, then, otherwise):
                branches = self.of(then), self.of(otherwise)
                found = {
                    name: _cases(operator, left, right, *(branch.get(name, ZERO) for branch in branches))
                    for name in names(expr)
                }
                return {name: self.taken(expr, form, name, [name]) for name, form in found.items()}
            case Index():
                raise StepperError(Problem(f"{text(expr)} cannot be differentiated: its index is not a number"))
            case Array():
                raise StepperError(
                    Problem("a list cannot be differentiated as a whole", hint="give each element a node")
                )
            case Transpose() | Bound():
                raise StepperError(Problem(f"{text(expr)} is not a number"))
            case _:
                assert_never(expr)

    def sum(self, expr: Sum) -> dict[Expr, Expr]:
        found: dict[Expr, list[tuple[Sign, Expr]]] = {}
        for sign, term in zip(("+", *expr.operators), expr.operands, strict=True):
            for name, partial in self.of(term).items():
                found.setdefault(name, []).append((sign, partial))
        return {name: plus(terms) for name, terms in found.items()}

    def product(self, expr: Product) -> dict[Expr, Expr]:
        """(u v)' = u' v + u v';  (u/v)' = u'/v - u v'/v^2."""
        operators: tuple[Factor, ...] = ("*", *expr.operators)
        found: dict[Expr, list[tuple[Sign, Expr]]] = {}
        self.spend(len(operators) ** 2, f"a product of {len(operators):,} factors")
        for position, (operator, factor) in enumerate(zip(operators, expr.operands, strict=True)):
            for name, partial in self.of(factor).items():
                if operator != "/":
                    factors = [*expr.operands[:position], partial, *expr.operands[position + 1 :]]
                    found.setdefault(name, []).append(("+", _quotient(list(zip(operators, factors, strict=True)))))
                else:
                    rest = [
                        pair
                        for place, pair in enumerate(zip(operators, expr.operands, strict=True))
                        if place != position
                    ]
                    term = _quotient([*rest, ("*", partial), ("/", Power(factor, Num("2")))])
                    found.setdefault(name, []).append(("-", term))
        return {name: plus(terms) for name, terms in found.items()}

    def power(self, expr: Power) -> dict[Expr, Expr]:
        """(u^n)' = n u^(n-1) u';  (u^v)' = u^v (v' log u + v u'/u)."""
        base, exponent = expr.base, expr.exponent
        inner, upper = self.of(base), self.of(exponent)
        found: dict[Expr, list[tuple[Sign, Expr]]] = {}
        for name, partial in inner.items():
            found.setdefault(name, []).append(("+", times(_power_rule(base, exponent), partial)))
        for name, partial in upper.items():
            found.setdefault(name, []).append(("+", times(expr, Call("log", (base,)), partial)))
        return {name: plus(terms) for name, terms in found.items()}

    def call(self, expr: Call, out: Expr | None, element: Expr | None = None) -> dict[Expr, Expr]:
        """The chain rule: the row's partial for each argument, times that argument's own partials."""
        rule = self.vocabulary.rule(expr.name)
        bindings = rule.bind(expr.arguments) | {OUT: out if out is not None else expr}
        if element is not None:
            bindings[RESULT] = element
        if rule.unspecified:
            symbols = tuple(Sym(parameter.name) for parameter in rule.parameters)
            outer = {parameter.name: Call(rule.name + "'", symbols) for parameter in rule.parameters}
            if len(outer) > 1:
                what = (
                    f"the derivative of {rule.name} is unspecified, "
                    f"and it has {len(outer)} arguments: f' does not say for which"
                )
                raise StepperError(Problem(what, hint="give its definition, or let it take one argument"))
            return self.chain(rule, expr, outer, bindings)
        forms: Mapping[str, Expr] = {**rule.partials, **self.stable_partials(rule)}
        if rule.picks and not rule.element:  # which argument it is, is left to the numbers
            forms = {
                parameter.name: Index(Call(rule.name + "'", (Sym(parameter.name),)), (ELEMENT,))
                for parameter in rule.parameters
            }
        if any(parameter.name not in forms and parameter.kind != "class" for parameter in rule.parameters):
            return self.of(spread(rule.definition(expr.arguments, element=element), self.vocabulary))
        return self.chain(rule, expr, forms, bindings)

    def stable_partials(self, rule: Rule) -> dict[str, Expr]:
        return {name: form for name, form in rule.stable.items() if name} if self.stable else {}

    def chain(self, rule: Rule, call: Call, outer: Mapping[str, Expr], bindings: dict[Expr, Expr]) -> dict[Expr, Expr]:
        found: dict[Expr, list[tuple[Sign, Expr]]] = {}
        lists = {symbol: value for symbol, value in bindings.items() if isinstance(value, Array)}
        for parameter in rule.parameters:
            argument = bindings[Sym(parameter.name)]
            items = argument.items if parameter.is_list and isinstance(argument, Array) else (argument,)
            counted = False
            for element, item in enumerate(items, start=1):
                inner = self.of(item)
                if not inner:
                    continue
                # an element of a list is put in at once: the list as a whole is not walked for each of its elements
                chosen = {Index(symbol, (ELEMENT,)): whole.items[element - 1] for symbol, whole in lists.items()}
                form = spread(
                    bounded(substitute(outer[parameter.name], bindings | chosen | {ELEMENT: Num(str(element))})),
                    self.vocabulary,
                )
                form = self.taken(call, form, item, inner)
                if not counted:  # those of the other elements are as long
                    counted = True
                    self.spend(len(items) * sum(1 for _ in walk(form)), f"{rule.name} of {len(items):,} numbers")
                for name, partial in inner.items():
                    found.setdefault(name, []).append(("+", times(form, partial)))
        return {name: plus(terms) for name, terms in found.items()}


def _power_rule(base: Expr, exponent: Expr) -> Expr:
    """N u^(n-1), with the exponent worked out where it is an integer."""
    if isinstance(exponent, Num) and exponent.literal.isdigit():
        degree = int(exponent.literal)
        if degree <= 1:
            return (ZERO, ONE)[degree]
        return multiply(exponent, base if degree == 2 else Power(base, Num(str(degree - 1))))
    if isinstance(exponent, Neg) and isinstance(exponent.body, Num) and exponent.body.literal.isdigit():
        degree = int(exponent.body.literal)
        return negative(divide(exponent.body, Power(base, Num(str(degree + 1)))))
    return times(exponent, Power(base, add_all((("+", exponent), ("-", ONE)))))


def _cases(operator: Comparison, left: Expr, right: Expr, then: Expr, otherwise: Expr) -> Expr:
    return then if then == otherwise else Where(operator, left, right, then, otherwise)


def negative(expr: Expr) -> Expr:
    """``-x``, and ``x`` of ``-x``."""
    if expr == ZERO:
        return ZERO
    return expr.body if isinstance(expr, Neg) else Neg(expr)


def plus(terms: list[tuple[Sign, Expr]]) -> Expr:
    """A sum of signed terms without zeros; a negative term is subtracted, equal terms are counted: x + x is 2*x."""
    counts: dict[tuple[Sign, Expr], int] = {}
    for sign, term in terms:
        if term in ZEROS:
            continue
        flipped: Sign = "-" if sign == "+" else "+"
        key = (flipped, term.body) if isinstance(term, Neg) else (sign, term)
        counts[key] = counts.get(key, 0) + 1
    if not counts:
        return ZERO
    (sign, first), *rest = [
        (sign, times(Num(str(count)), term) if count > 1 else term) for (sign, term), count in counts.items()
    ]
    return add_all([("+", Neg(first) if sign == "-" else first), *rest])


def times(*factors: Expr) -> Expr:
    """A product without ones; 0 where a factor is 0; a minus in front comes out."""
    return _quotient([("*", factor) for factor in factors])


def _quotient(pairs: Sequence[tuple[Factor, Expr]]) -> Expr:
    minus = False
    kept: list[tuple[Factor, Expr]] = []
    for operator, factor in pairs:
        if operator != "/" and factor in ZEROS:
            return ZERO
        bare = factor.body if isinstance(factor, Neg) else factor
        minus ^= isinstance(factor, Neg)
        # a product among the factors of a product needs no parentheses: a*(b*c) is a*b*c
        if isinstance(bare, Product) and operator != "/":
            kept += zip(("*", *bare.operators), bare.operands, strict=True)
        else:
            kept.append((operator, bare))
    kept = [(operator, factor) for operator, factor in kept if factor not in ONES]
    if not kept or kept[0][0] == "/":
        kept.insert(0, ("*", ONE))
    product = multiply_all(kept)
    return negative(product) if minus else product
