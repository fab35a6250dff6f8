"""Lists and definitions written out: ``mse([a, b], [c, d])`` becomes ``((a - c)^2 + (b - d)^2)/2``."""

from __future__ import annotations

from collections.abc import Callable

from stepper.core.expr import COMPARE, Array, Call, Expr, Index, Num, Sym, Where, children, rebuild
from stepper.core.formula import text
from stepper.core.traverse import extent, parts_of
from stepper.engine.values.rule import Rule, Rules
from stepper.errors import Problem, StepperError

DEEPEST_DEFINITION = 50
LARGEST_FORMULA = 50_000
MOST_DEFINITIONS = 5_000


def spread(expr: Expr, vocabulary: Rules) -> Expr:
    """Arithmetic on lists done element by element; a number stands beside each element.

    ``[a, b] - [c, d]`` becomes ``[a - c, b - d]``, ``[a, b][2]`` becomes ``b``. Calls keep their list arguments.

    Raises:
        StepperError: where two lists of different lengths meet, or an element does not exist.
    """
    if is_arithmetic(expr):
        return expr
    return _spread_once(expr, vocabulary, {})


def _spread_once(part: Expr, vocabulary: Rules, done: dict[int, Expr]) -> Expr:
    """A part that stands in several places is spread once."""
    parts = children(part)
    if not parts and not isinstance(part, Call):
        return part
    if id(part) not in done:
        inner = tuple([_spread_once(inner, vocabulary, done) for inner in parts])
        done[id(part)] = _spread(part, inner, vocabulary)
    return done[id(part)]


def _spread(expr: Expr, new: tuple[Expr, ...], vocabulary: Rules) -> Expr:
    if isinstance(expr, Index):
        return _element(expr, new)
    if isinstance(expr, Array):
        if any(isinstance(part, Array) for part in new):
            raise StepperError(Problem("a list inside a list is not known to scalar graphs"))
        return Array(new)
    if isinstance(expr, Call):
        return _spread_call(expr.name, new, vocabulary)
    if Array not in map(type, new):
        return _decided(rebuild(expr, new))
    return _each(new, lambda elements: _decided(rebuild(expr, elements)), expr)


def _decided(expr: Expr) -> Expr:
    """A case distinction between two integers, as in where(j == y, ...) of a row, is settled at once."""
    match expr:
        case Where(operator, Num(left), Num(right), then, otherwise) if left.isdigit() and right.isdigit():
            return then if COMPARE[operator](int(left), int(right)) else otherwise
        case _:
            return expr


def _element(expr: Index, parts: tuple[Expr, ...]) -> Expr:
    base, *indices = parts
    if not isinstance(base, Array | Call) and not isinstance(expr.base, Sym):
        raise StepperError(Problem(f"{text(expr.base)} is one number, so it has no elements"))
    if not isinstance(base, Array) or not all(isinstance(index, Num) for index in indices):
        return rebuild(expr, parts)
    number = indices[0]
    assert isinstance(number, Num)
    if len(indices) != 1 or not number.literal.isdigit() or not 1 <= int(number.literal) <= len(base.items):
        raise StepperError(
            Problem(f"{text(expr)} does not exist: the list has {len(base.items)} elements, counted from 1")
        )
    return base.items[int(number.literal) - 1]


def _spread_call(name: str, arguments: tuple[Expr, ...], vocabulary: Rules) -> Expr:
    rule = vocabulary.rule(name)
    rule.check_count(len(arguments))
    lists = [parameter.is_list for parameter in rule.parameters[: len(arguments)]]
    if rule.compares and not any(isinstance(argument, Array) for argument in arguments):
        pairs = zip(arguments, lists, strict=True)
        arguments = tuple(Array((argument,)) if is_list else argument for argument, is_list in pairs)
    for argument, is_list in zip(arguments, lists, strict=True):
        if is_list and not isinstance(argument, Array):
            raise StepperError(
                Problem(f"{name} takes a list here, but got {text(argument)}", hint=f"write {name}([a, b], ...)")
            )
    lengths = {
        len(argument.items)
        for argument, is_list in zip(arguments, lists, strict=True)
        if is_list and isinstance(argument, Array)
    }
    if len(lengths) > 1:
        raise StepperError(
            Problem(
                f"{name} takes lists of the same length, but got {' and '.join(map(str, sorted(lengths)))} elements"
            )
        )
    if 0 in lengths:
        raise StepperError(Problem(f"{name} of an empty list is not defined"))
    if rule.machine and lengths == {1}:
        (single,) = arguments
        assert isinstance(single, Array)
        return single.items[0]  # the largest of one number is that number
    scalars = tuple(argument for argument, is_list in zip(arguments, lists, strict=True) if not is_list)

    def call(elements: tuple[Expr, ...]) -> Expr:
        rest = iter(elements)
        return Call(
            name, tuple(argument if is_list else next(rest) for argument, is_list in zip(arguments, lists, strict=True))
        )

    if rule.element:
        length = len(next(argument for argument in arguments if isinstance(argument, Array)).items)
        return Array(tuple(Index(Call(name, arguments), (Num(str(place + 1)),)) for place in range(length)))
    return _each(scalars, call, Sym(name))


def _each(parts: tuple[Expr, ...], build: Callable[[tuple[Expr, ...]], Expr], shown: Expr) -> Expr:
    lengths = {len(part.items) for part in parts if isinstance(part, Array)}
    if not lengths:
        return build(parts)
    if len(lengths) > 1:
        raise StepperError(
            Problem(f"lists of {' and '.join(map(str, sorted(lengths)))} elements cannot be combined in {text(shown)}")
        )
    (length,) = lengths
    return Array(
        tuple(build(tuple(part.items[k] if isinstance(part, Array) else part for part in parts)) for k in range(length))
    )


def unfold(expr: Expr, vocabulary: Rules) -> Expr:
    """Losses and sums by their definitions, as a worked solution shows them; other functions keep their names."""
    return _unfolded(expr, vocabulary, lambda rule: rule.unfolds, stable=False)


def written_out(expr: Expr, vocabulary: Rules) -> Expr:
    """Losses, sums and the document's own functions by their definitions; the tables' other functions keep their
    names.
    """

    def wanted(rule: Rule) -> bool:
        return rule.unfolds or (rule.row is None and not rule.unspecified)

    return _unfolded(expr, vocabulary, wanted, stable=False)


def lower(expr: Expr, vocabulary: Rules) -> Expr:
    """Everything down to arithmetic, ``where`` and primitives, in the forms that stay accurate: what is calculated
    with.
    """
    return _unfolded(expr, vocabulary, lambda rule: not rule.machine and not rule.unspecified, stable=True)


def define(expr: Expr, vocabulary: Rules) -> Expr:
    """Everything down to arithmetic, ``where`` and primitives, by the definitions as they stand in the tables."""
    return _unfolded(expr, vocabulary, lambda rule: not rule.machine and not rule.unspecified, stable=False)


def _unfolded(expr: Expr, vocabulary: Rules, wanted: Callable[[Rule], bool], stable: bool) -> Expr:
    return expr if is_arithmetic(expr) else _Unfolding(vocabulary, wanted, stable).of(spread(expr, vocabulary))


def is_arithmetic(expr: Expr) -> bool:
    """Is there no function, no list and no case distinction in a formula? Then nothing is to be spread or defined."""
    for part in parts_of(expr):
        if type(part) in _DEFINED or (type(part) is Index and type(part.base) is not Sym):
            return False
    return True


_DEFINED = frozenset({Call, Array, Where})


class _Unfolding:
    """Definitions put in for the calls that are wanted, from the outside in, while the formula stays of a size to be
    worked with.
    """

    def __init__(self, vocabulary: Rules, wanted: Callable[[Rule], bool], stable: bool) -> None:
        self.vocabulary, self.wanted, self.stable = vocabulary, wanted, stable
        self.visited = 0
        self.done: dict[int, tuple[Expr, Expr, int]] = {}

    def of(self, expr: Expr, depth: int = 0) -> Expr:
        """A part that stands in several places is unfolded once, and counted at each; it is kept, to be known again."""
        known = self.done.get(id(expr))
        if known is not None:
            self._count(known[2])
            return known[1]
        before = self.visited
        found = self._of(expr, depth)
        self.done[id(expr)] = expr, found, self.visited - before
        return found

    def _count(self, calls: int) -> None:
        self.visited += calls
        if self.visited > MOST_DEFINITIONS:
            what = f"written out, this formula holds more than {MOST_DEFINITIONS:,} functions"
            raise StepperError(Problem(what, hint="give the inner functions nodes of their own"))

    def _of(self, expr: Expr, depth: int) -> Expr:
        if depth > DEEPEST_DEFINITION:
            raise StepperError(Problem("a function is defined in terms of itself"))
        parts = children(expr)
        if not parts:
            return expr
        call, element = _called(expr) if isinstance(expr, Call | Index) else (None, None)
        if call is not None and (element is None) != self.vocabulary.rule(call.name).element:
            rule = self.vocabulary.rule(call.name)
            if self.wanted(rule):
                self._count(1)
                return self.of(
                    spread(bounded(rule.definition(call.arguments, self.stable, element)), self.vocabulary), depth + 1
                )
        return rebuild(expr, [self.of(part, depth) for part in parts])


def _called(expr: Expr) -> tuple[Call | None, Expr | None]:
    """The call that a formula is, and which element of its result, where that is a list."""
    match expr:
        case Call():
            return expr, None
        case Index(Call() as call, (element,)):
            return call, element
        case _:
            return None, None


def bounded(expr: Expr) -> Expr:
    """A formula that is not too large to be worked with: functions nested in functions multiply their arguments.

    Raises:
        StepperError: where it is.
    """
    if extent(expr)[0] > LARGEST_FORMULA:
        what = f"written out, this formula has more than {LARGEST_FORMULA:,} parts"
        raise StepperError(Problem(what, hint="give the inner functions nodes of their own"))
    return expr
