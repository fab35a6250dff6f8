"""Changes of what stands in a formula: a neighbour, a turned index, an earlier step, another gradient."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from stepper.core.expr import Expr, Index, Num, Power, Product, Sum, Sym, divide, multiply
from stepper.core.formula import text
from stepper.core.traverse import names, substitute, walk
from stepper.engine.answers.finding.line import RATE, Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.sums import Term, terms, total
from stepper.engine.answers.finding.ways.way import Way
from stepper.engine.edits.change import TWO, Change, parts
from stepper.engine.values.differentiate import ONE, ZERO

TEN = Num("10")
RATES = frozenset({RATE, "eta", "lr"})
_FAMILY = re.compile(r"(.*?)(\d+)")


def _in_place(line: Line, name: Expr, other: str) -> Change:
    put = Sym(other)
    return Change(substitute(line.formula, {name: put}), name, put)


def siblings(name: str, known: Iterable[str]) -> list[str]:
    """Quantities that are called alike but for one digit at the end, or for one index.

    >>> siblings("w12", ["w12", "w11", "w21", "w1", "x1"]), siblings("h[2]", ["h[1]", "h[2]", "x[1]"])
    (['w11'], ['h[1]'])
    >>> siblings("K[1,2]", ["K[1,1]", "K[2,2]", "K[2,3]"])
    ['K[1,1]', 'K[2,2]']
    """
    found = _FAMILY.fullmatch(name)
    if found is not None:
        alike = re.compile(re.escape(found[1]) + r"\d{" + str(len(found[2])) + "}")
        return [other for other in known if alike.fullmatch(other) and _apart(other, name) == 1]
    base, bracket, indices = name.partition("[")
    own = indices.split(",")
    return [
        other
        for other in known
        if bracket and other.startswith(f"{base}[") and _apart(other[len(base) + 1 :].split(","), own) == 1
    ]


def _apart(one: Sequence[str], other: Sequence[str]) -> int:
    """In how many indices two entries differ."""
    return sum(a.strip(" ]") != b.strip(" ]") for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))


def _neighbours(line: Line, calculation: Calculation) -> Iterator[Change]:
    """A name replaced by one that is called alike."""
    for name in names(line.formula):
        for other in siblings(text(name), calculation.numbers):
            if other not in calculation.after([line.name]):
                yield _in_place(line, name, other)


def _turned(line: Line, calculation: Calculation) -> Iterator[Change]:
    """w21 for w12: two indices in the other order, in a whole line."""
    turned: dict[Expr, Expr] = {}
    for name in names(line.formula):
        found = _FAMILY.fullmatch(text(name))
        if found and len(found[2]) == 2 and found[2][0] != found[2][1]:
            other = found[1] + found[2][::-1]
            if other in calculation.numbers:
                turned[name] = Sym(other)
    if turned:
        first, put = next(iter(turned.items()))
        yield Change(substitute(line.formula, turned), first, put)


def _weights_exchanged(line: Line, calculation: Calculation) -> Iterator[Change]:
    """U for w and w for u, two weights of a sum that are not called alike."""
    if not isinstance(line.formula, Sum):
        return
    weights = [
        factor
        for term in line.formula.operands
        if isinstance(term, Product)
        for factor in term.operands[:1]
        if text(factor) in calculation.leaves
    ]
    for one, other in combinations(dict.fromkeys(weights), 2):
        if text(other) not in siblings(text(one), calculation.leaves):
            held = Sym("held")
            first = substitute(line.formula, {one: held})
            yield Change(substitute(substitute(first, {other: one}), {held: other}), one, other)


def _steps_back(line: Line, calculation: Calculation) -> Iterator[Change]:
    """h[t-1] for h[t]."""
    for name in names(line.formula):
        base, bracket, inner = text(name).partition("[")
        if bracket and inner[:-1].isdigit():
            other = f"{base}[{int(inner[:-1]) - 1}]"
            if other in calculation.numbers:
                yield _in_place(line, name, other)


def _steps_on(line: Line, calculation: Calculation) -> Iterator[Change]:
    """h[t+1] for h[t]."""
    for name in names(line.formula):
        base, bracket, inner = text(name).partition("[")
        if bracket and inner[:-1].isdigit():
            other = f"{base}[{int(inner[:-1]) + 1}]"
            if other in calculation.numbers and other not in calculation.after([line.name]):
                yield _in_place(line, name, other)


def _argument(line: Line, calculation: Calculation) -> Iterator[Change]:
    """What an activation reads in place of its value."""
    for name in names(line.formula):
        read = calculation.lines.get(text(name))
        if read is not None and read.role == "activation" and read.of == "value":
            for inner in list(names(read.formula))[:1]:
                yield Change(substitute(line.formula, {name: inner}), name, calculation.told(inner))


def _carried(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The state of the step before as 0; at the first step, where it may be 0, as well."""
    own = line.name.partition("[")[0]
    for name in names(line.formula):
        base, bracket, _ = text(name).partition("[")
        if bracket and base == own:
            yield Change(substitute(line.formula, {name: ZERO}), name, ZERO)


def _in_its_step(line: Line, calculation: Calculation) -> Iterator[Change]:
    """Another quantity of the same step, as m for its corrected form."""
    for name in names(line.formula):
        base, bracket, inner = text(name).partition("[")
        for other in calculation.numbers if bracket else ():
            alike, _, place = other.partition("[")
            alike_called = alike != base and (alike.startswith(base) or base.startswith(alike))
            if place == inner and alike_called and other not in calculation.after([line.name]):
                yield _in_place(line, name, other)


def _all_in_their_step(line: Line, calculation: Calculation) -> Iterator[Change]:
    """Another quantity of the same step for each that has one, as m and v for their corrected forms."""
    put = {change.part: change.other for change in _in_its_step(line, calculation) if change.part and change.other}
    if len(put) > 1:
        first, other = next(iter(put.items()))
        yield Change(substitute(line.formula, put), first, other)


def _what_it_begins_with(line: Line, calculation: Calculation) -> Iterator[Change]:
    """Of a sum that is read its first term alone, where that is a quantity."""
    for name in names(line.formula):
        read = calculation.lines.get(text(name))
        if read is not None and isinstance(read.formula, Sum) and isinstance(read.formula.operands[0], Sym | Index):
            yield _in_place(line, name, text(read.formula.operands[0]))


def _at_the_start(line: Line, calculation: Calculation) -> Iterator[Change]:
    """A quantity before the first step in place of the same one later."""
    for name in names(line.formula):
        base, bracket, _ = text(name).partition("[")
        first = f"{base}[0]"
        if bracket and first in calculation.leaves:
            yield Change(substitute(line.formula, {name: Sym(first)}), Sym(base), Sym(first))


def _step_before(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The exponent t - 1 for t."""
    for part, put in parts(line.formula):
        match part:
            case Power(base, Num(literal)) if literal.isdigit() and int(literal) > 1:
                yield Change(put(Power(base, Num(str(int(literal) - 1)))), part)


def _of_another_step(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The same quantity at the first step, and at the one before."""
    base, _, inner = line.name.partition("[")
    step, comma, rest = inner.rstrip("]").partition(",")
    for other in dict.fromkeys((1, int(step) - 1) if step.isdigit() else ()):
        name = f"{base}[{other}{comma}{rest}]"
        if 0 < other < int(step) and name in calculation.numbers:
            yield Change(Sym(name), line.shown, Sym(name))


def _other_gradient(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The gradient of another parameter: of those that are called alike, where there are any."""
    for name in names(line.formula):
        of = calculation.lines.get(text(name))
        if of is not None and of.of == "gradient":
            others = {other.place: other.name for other in calculation.lines.values()
                      if other.of == "gradient" and other.role == "parameter" and other.name != of.name}  # fmt: skip
            alike = siblings(of.place, others)
            for place in alike or others:
                yield _in_place(line, name, others[place])


def _updated(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The new value of a parameter for the old one."""
    for name in names(line.formula):
        new = f"{text(name)}'"
        if new in calculation.lines and new not in calculation.after([line.name]):
            yield _in_place(line, name, new)


def _no_upstream(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The local derivatives alone, whatever comes from above."""
    above: dict[Expr, Expr] = {
        name: ONE
        for name in names(line.formula)
        if text(name) in calculation.lines and calculation.lines[text(name)].of == "gradient"
    }
    if above:
        yield Change(substitute(line.formula, above), next(iter(above)))


def _rate(factor: Expr | None, power: bool = False) -> Way:
    """The learning rate left out, times a factor, or squared."""

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        for rate in names(line.formula):
            if text(rate) in RATES:
                put = Power(rate, TWO) if power else ONE if factor is None else multiply(factor, rate)
                yield Change(substitute(line.formula, {rate: put}), rate, put)

    return way


def _turned_step(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The term with the learning rate added where it is subtracted, and the other way round."""
    signed = terms(line.formula) if isinstance(line.formula, Sum) else []
    for place, (sign, term) in enumerate(signed):
        if any(text(name) in RATES for name in names(term)):
            turned: Term = ("-" if sign == "+" else "+", term)
            yield Change(total([*signed[:place], turned, *signed[place + 1 :]]), term)


def _complement(line: Line, calculation: Calculation) -> Iterator[Change]:
    """1 - beta for beta, and the other way round."""
    for part in walk(line.formula):
        match part:
            case Sum((Num("1"), Sym() as inner), ("-",)):
                held = Sym("held")
                first = substitute(line.formula, {part: held})
                yield Change(substitute(substitute(first, {inner: part}), {held: inner}), inner, part)


WAYS: Mapping[str, Way] = {
    "take a neighbour": _neighbours,
    "turn the indices": _turned,
    "exchange two weights": _weights_exchanged,
    "step back in time": _steps_back,
    "step on in time": _steps_on,
    "take the argument": _argument,
    "forget the step before": _carried,
    "take another in its step": _in_its_step,
    "take others in its step": _all_in_their_step,
    "take what it begins with": _what_it_begins_with,
    "take it at the start": _at_the_start,
    "take the step before": _step_before,
    "take it of another step": _of_another_step,
    "take another gradient": _other_gradient,
    "take the new value": _updated,
    "forget what comes from above": _no_upstream,
    "leave out the rate": _rate(None),
    "a tenth of the rate": _rate(divide(ONE, TEN)),
    "ten times the rate": _rate(TEN),
    "take the rate twice": _rate(None, power=True),
    "turn the step": _turned_step,
    "exchange a share and the rest": _complement,
}
