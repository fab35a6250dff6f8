"""The rule of an algorithm in letters: what is worked for an entry, from what, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from stepper.core.expr import Expr, Index, Num, Prime, Sum, Sym, Where
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Equation, Link, Note, Step
from stepper.core.traverse import substitute
from stepper.engine.algorithms.rules import Assignment, Rules, condition, parsed
from stepper.tables.algorithm import Fold

SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}
BEFORE, EARLIER = Sym("j"), Sym("k")
"""The letters for the entry worked before, where the numbers do not follow one another, and for any worked earlier."""


def rule_step(rules: Rules) -> Step:
    """What is worked for an entry, in letters."""
    body: list[Block] = [*_each(rules), *_ordering(rules)]
    body += [*_pairs(rules), *(_folding(fold, rules) for fold in rules.row.folds)]
    body += _update(rules)
    if rules.start:
        before = [(Sym(name), " = ", formula) for name, formula in rules.start.items()]
        body.append(Note((f"Before the first {rules.row.entry}: ", *listed(before, ", "), ".")))
    if rules.begin != rules.update:
        first = [(Sym(name), " = ", formula) for name, formula in rules.begin]
        body.append(Note((f"At the first {rules.row.entry}: ", *listed(first, ", "), ".")))
    if rules.stop is not None:
        body.append(Note(("Stop where ", *_comparison(rules.stop), ".")))
    return Step("algorithm.rule", "algorithm.rule", ("The rule",), tuple(body))


def _ordering(rules: Rules) -> list[Note]:
    """In which order the entries are worked, and the letter for the one before."""
    row = rules.row
    if not row.order:
        return []
    before: Prose = ("; ", BEFORE, f" is the {row.entry} before ", rules.index) if rules.start else ()
    return [Note((f"The {row.entry} with the largest ", parsed(row.order), " comes first", *before, "."))]


def _folding(fold: Fold, rules: Rules) -> Note:
    """What one number an entry has of all before it."""
    index, word = rules.index, rules.row.entry
    others: dict[Expr, Expr] = {Sym(name): Index(Sym(name), (EARLIER,)) for name in rules.worked}
    among: Prose = ()
    if fold.among:
        case = substitute(condition(fold.among), others)
        among = (" with ", *_comparison(case)) if isinstance(case, Where) else ()
    whose: Prose = (Index(Sym(fold.name), (index,)), f": {fold.says} ", Index(Sym(fold.of), (EARLIER, index)))
    which: Prose = (f" for a {word} ", EARLIER, f" before {word} ", index, *among)
    return Note((*whose, *which, "; ", parsed(fold.empty), " where there is none."))


def _comparison(case: Where) -> Prose:
    return (case.left, f" {SIGNS.get(case.operator, case.operator)} ", case.right)


def _each(rules: Rules) -> Iterator[Equation]:
    yield from _in_letters(rules.each, _letters(rules.known, rules.index), (rules.index,))
    for name, formula in rules.totals:
        yield Equation(Sym(name), (Link("=", formula),), "plain")


def _pairs(rules: Rules) -> Iterator[Equation]:
    others: dict[Expr, Expr] = {Prime(Sym(name)): Index(Sym(name), (EARLIER,)) for name in rules.known}
    bindings = {**_letters(rules.known, rules.index), **others}
    yield from _in_letters(rules.pairs, bindings, (EARLIER, rules.index))


def _update(rules: Rules) -> Iterator[Equation]:
    index = rules.index
    before: Expr = BEFORE if rules.row.order else Sum((index, Num("1")), ("-",))
    last: dict[Expr, Expr] = {Sym(name): Index(Sym(name), (before,)) for name in rules.worked}
    own = _letters((*rules.known, *(fold.name for fold in rules.row.folds)), index)
    yield from _in_letters(rules.update, {**last, **own}, (index,))


def _letters(quantities: Iterable[str], index: Expr) -> dict[Expr, Expr]:
    return {Sym(name): Index(Sym(name), (index,)) for name in quantities}


def _in_letters(
    assignments: Sequence[Assignment], bindings: Mapping[Expr, Expr], places: tuple[Expr, ...]
) -> Iterator[Equation]:
    known = dict(bindings)
    for name, formula in assignments:
        left = Index(Sym(name), places)
        yield Equation(left, (Link("=", substitute(formula, known)),), "plain")
        known[Sym(name)] = left
