"""What results of rules are built of, where a formula alone does not say it: a slope from the table of functions, one
entry of a list, a formula with another index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.core.expr import Bound, Call, Deriv, Expr, Index, Num, Power, Sym, Where, add, children, multiply, rebuild
from stepper.core.formula import text
from stepper.core.traverse import substitute, transform
from stepper.engine.derive.context import Context, depends, name_of, put
from stepper.engine.derive.entries import defined, fresh
from stepper.engine.derive.matching import Binding
from stepper.engine.derive.matrices.built import MATRIX_BUILDERS
from stepper.engine.derive.randomness import by_cases, by_exponentials, law_row, of_law, one_continuous
from stepper.engine.values.rule import OUT
from stepper.errors import Problem, StepperError


def with_letters(result: Expr, binding: Binding, context: Context | None = None) -> Expr:
    """The result with what its letters stand for; a function's letter stands for the whole call.

    With a context what is to be built is built: only what the row itself says, no function of that name in a formula.
    """
    match result:
        case Sym(name):
            return binding.get(name, result)
        case Call(name, _) if len(name) == 1 and name in binding:
            return binding[name]
        case Call(name, arguments) if context is not None and name in BUILDERS:
            return BUILDERS[name](tuple(with_letters(part, binding, context) for part in arguments), context)
        case Bound(word, variable, low, high, body):
            own = binding.get(variable.name, variable)
            assert isinstance(own, Sym)
            return Bound(word, own, *(with_letters(part, binding, context) for part in (low, high, body)))
        case _:
            parts = children(result)
            return rebuild(result, [with_letters(part, binding, context) for part in parts]) if parts else result


def _at(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``at(u, j, k)``: u with k for j."""
    body, index, value = parts
    return put(body, index, value)


def _chain(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``chain(f(u), x)``: for each argument the slope of the function there, times the argument's own derivative."""
    call, wrt = parts
    assert isinstance(call, Call)
    terms = []
    for parameter, slope in slopes(call, context).items():
        if depends(parameter, wrt):
            terms.append(multiply(slope, Deriv(parameter, wrt)))
    return add(*terms) if terms else Num("0")


def slopes(call: Call, context: Context) -> dict[Expr, Expr]:
    """The derivative of a function for each of its arguments, by its row.

    Raises:
        StepperError: where the table does not say, as for functions of lists.
    """
    rule = context.vocabulary.rule(call.name)
    rule.check_count(len(call.arguments))
    if rule.unspecified:
        if len(call.arguments) != 1:
            what = f"nothing is known of {call.name}, a function of {len(call.arguments)} quantities"
            raise StepperError(Problem(what, hint="only functions of one quantity may stand for any function"))
        (argument,) = call.arguments
        said = context.given.definitions.get(call.name + "'")
        name = said.name if isinstance(said, Sym) else call.name + "'"  # of F' = f it is f
        return {argument: Call(name, (argument,))}
    found: dict[Expr, Expr] = {}
    bindings = rule.bind(call.arguments) | {OUT: call}
    for parameter, argument in zip(rule.parameters, call.arguments, strict=False):
        form = rule.partials.get(parameter.name)
        if parameter.is_list:
            raise StepperError(Problem(f"{call.name} of a list is differentiated by its entries"))
        if form is None:
            from stepper.engine.values.differentiate import partials

            assert rule.value is not None
            form = partials(rule.value, context.vocabulary).get(Sym(parameter.name), Num("0"))
        found[argument] = substitute(form, bindings)
    return found


def _branches(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``branches(D(g, x))`` of a case distinction g: the derivative of each case."""
    (whole,) = parts
    assert isinstance(whole, Deriv)
    assert isinstance(whole.of, Where)
    case = whole.of
    return Where(case.operator, case.left, case.right, Deriv(case.then, whole.wrt), Deriv(case.otherwise, whole.wrt))


def _alike(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``alike(u, j)``: u for any one index: entries of families by the family's own name."""
    body, index = parts

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Index) and index in part.indices and name_of(part) in context.given.random:
            left = tuple(other for other in part.indices if other != index)
            return Index(part.base, left) if left else part.base
        return None

    return transform(body, change)


def _mean(parts: tuple[Expr, ...], context: Context) -> Expr:
    row = law_row(parts[0], context)
    assert row is not None
    return of_law(row.mean, parts[0], context)


def _variance(parts: tuple[Expr, ...], context: Context) -> Expr:
    row = law_row(parts[0], context)
    assert row is not None
    return of_law(row.variance, parts[0], context)


def _moment(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``moment(x, k)``, where the row has one; else it stays as it is."""
    subject, power = parts
    row = law_row(subject, context)
    assert row is not None
    formula = row.moments.get(text(power)) or row.moments.get("k")
    return Call("E", (Power(subject, power),)) if formula is None else of_law(formula, subject, context, k=power)


def _cases(parts: tuple[Expr, ...], context: Context) -> Expr:
    found = by_cases(parts[0], context)
    assert found is not None
    return found


def _tail(word: str) -> Callable[[tuple[Expr, ...], Context], Expr]:
    """``above(x, c)`` and ``below(x, c)``: the integral of the density on that side."""

    def build(parts: tuple[Expr, ...], context: Context) -> Expr:
        subject, limit = parts
        row = law_row(subject, context)
        assert row is not None
        low, high = (of_law(side, subject, context) for side in (row.low, row.high))
        ends = (limit, high) if word == "above" else (low, limit)
        own = Sym("t")
        return Bound("integral", own, *ends, of_law(row.density, subject, context, x=own))

    return build


def _entry(parts: tuple[Expr, ...], context: Context) -> Expr:
    call, element = parts
    assert isinstance(call, Call)
    found = defined(call, element, context)
    assert found is not None
    return found


def _over(parts: tuple[Expr, ...], context: Context) -> Expr:
    (call,) = parts
    assert isinstance(call, Call)
    found = defined(call, None, context)
    assert found is not None
    return found


def _squared(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``squared(sum(k=a..b, u))``: the double sum of the products of two terms."""
    (whole,) = parts
    assert isinstance(whole, Bound)
    other = fresh("lmqrst", whole, *context.letters)
    product = multiply(whole.body, put(whole.body, whole.variable, other))
    inner = Bound(whole.word, other, whole.low, whole.high, product)
    return Bound(whole.word, whole.variable, whole.low, whole.high, inner)


def _by_density(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``by_density(E(u))``: the integral of u times the density; of cases one on each side."""
    (whole,) = parts
    assert isinstance(whole, Call)
    (inside,) = whole.arguments
    name = one_continuous(inside, context)
    row = None if name is None else law_row(name, context)
    assert name is not None and row is not None
    assert isinstance(name, Sym)
    low, high = (of_law(side, name, context) for side in (row.low, row.high))
    density = of_law(row.density, name, context, x=name)
    match inside:
        case Where(">" | ">=", left, limit, then, otherwise) if left == name and not depends(limit, name):
            sides = [(limit, high, then), (low, limit, otherwise)]
        case _:
            sides = [(low, high, inside)]
    kept = [(one, other, body) for one, other, body in sides if body != Num("0")]
    return add(*(Bound("integral", name, one, other, multiply(body, density)) for one, other, body in kept))


def _integrated(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``integrated(...)``: the value of an integral where SymPy finds one in our words, else the integral."""
    from stepper.engine.values.symbolic import integral

    (whole,) = parts
    assert isinstance(whole, Bound)
    return integral(whole, context.vocabulary) or whole


def _outside(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``outside(E(f(u)))``: f of the expectation."""
    (whole,) = parts
    assert isinstance(whole, Call)
    (call,) = whole.arguments
    assert isinstance(call, Call)
    return Call(call.name, (Call(whole.name, call.arguments),))


def _unfolded(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``unfolded(f(u))``: the definition of a function of numbers."""
    found = by_exponentials(parts[0], context)
    assert found is not None
    return found


def _first(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``first(f(u))``: the branch of a function's definition for arguments above 0."""
    found = by_cases(parts[0], context)
    assert found is not None
    return found.then


BUILDERS: Mapping[str, Callable[[tuple[Expr, ...], Context], Expr]] = {
    "at": _at, "chain": _chain, "branches": _branches, "alike": _alike, "mean": _mean, "variance": _variance,
    "moment": _moment, "cases": _cases, "above": _tail("above"), "below": _tail("below"),
    "entry": _entry, "over": _over, "first": _first, "unfolded": _unfolded, "squared": _squared, "outside": _outside,
    "by_density": _by_density, "integrated": _integrated, **MATRIX_BUILDERS,
}  # fmt: skip
