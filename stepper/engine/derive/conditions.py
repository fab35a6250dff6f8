"""The words of which the conditions of rules are made: one predicate each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from stepper.core.expr import KRONECKER, Call, Expr, Index, Num, Product, Sum, Sym, Where
from stepper.core.formula import text
from stepper.core.traverse import mentions, transform, walk
from stepper.engine.derive.context import OF_RANDOM, Context, depends, name_of, put, randoms
from stepper.engine.derive.entries import is_list_rule
from stepper.engine.derive.matching import Binding
from stepper.engine.derive.matrices.conditions import BY_FACTOR as BY_FACTOR_OF_MATRICES
from stepper.engine.derive.matrices.conditions import MATRIX_FORMS, MATRIX_PREDICATES
from stepper.engine.derive.randomness import by_cases, by_exponentials, general, law_row, of_law, one_continuous
from stepper.engine.derive.terms import collected, number_in, term_of
from stepper.tables.table import ROWS


class Clause(Struct, frozen=True):
    """``words`` without their letters: ``c free of x`` is the predicate ``free of`` on c and x."""

    predicate: str
    letters: tuple[str, ...]
    text: str


_FORMS: tuple[tuple[str, str], ...] = (
    (r"(\w) free of (\w)", "free of"), (r"(\w) depends on (\w)", "depends on"), (r"(\w) constant", "constant"),
    (r"(\w) random", "random"), (r"(\w), (\w) independent", "independent"), (r"(\w) independent over (\w)",
    "independent over"), (r"(\w) alike over (\w)", "alike over"), (r"(\w) number", "number"), (r"(\w) whole", "whole"),
    (r"(\w) even", "even"), (r"(\w) odd", "odd"), (r"(\w) compound", "compound"), (r"(\w) single", "single"),
    (r"(\w) known", "known"), (r"(\w) has cases", "has cases"), (r"(\w) holds delta in (\w)", "holds delta"),
    (r"(\w) symmetric", "symmetric"),
    (r"(\w) active", "active"), (r"(\w) distribution", "distribution"), (r"(\w) positive", "positive"),
    (r"(\w) entry", "entry"), (r"(\w) differs from (\w)", "differs from"),
    (r"(\w) of a list", "of a list"), (r"(\w) joins a list", "joins a list"),
    (r"(\w) bends up", "bends up"), (r"(\w) bends down", "bends down"),
    (r"(\w) has a law", "has a law"), (r"(\w) of one continuous quantity", "of one continuous quantity"),
    (r"(\w) an indicator", "an indicator"), (r"(\w) continuous", "continuous"),
    (r"(\w) independent of itself", "independent of itself"), (r"(\w) by cases", "by cases"),
    (r"(\w) by exponentials", "by exponentials"),
    (r"(\w) even in (\w)", "even in"), (r"(\w) meets (\w) where (\w) is 0", "meets"),
    (r"(\w) wanted by its variance", "wanted by its variance"), *MATRIX_FORMS,
)  # fmt: skip


@lru_cache(maxsize=512)
def clauses(condition: str) -> tuple[Clause, ...]:
    """The clauses of a condition.

    Raises:
        ValueError: where a row has a word that no predicate is for.
    """
    found: list[Clause] = []
    for part in filter(None, (piece.strip() for piece in condition.split(";"))):
        for form, predicate in _FORMS:
            if hit := re.fullmatch(form, part):
                letters = [piece.strip() for group in hit.groups() for piece in group.split(",")]
                found.append(Clause(predicate, tuple(letters), part))
                break
        else:
            raise ValueError(f"no predicate for the condition '{part}'")
    return tuple(found)


def satisfied(condition: str, binding: Binding, context: Context) -> Iterator[Binding]:
    """The bindings that meet a condition; one that a law is asked of binds its parameters."""
    yield from _satisfied(clauses(condition), binding, context)


def _satisfied(left: tuple[Clause, ...], binding: Binding, context: Context) -> Iterator[Binding]:
    if not left:
        yield binding
        return
    clause, *rest = left
    for found in holds(clause, binding, context):
        yield from _satisfied(tuple(rest), found, context)


def holds(clause: Clause, binding: Binding, context: Context) -> Iterator[Binding]:
    parts = [binding[letter] for letter in clause.letters]
    if PREDICATES[clause.predicate](parts, context):
        yield binding
    elif clause.predicate in TOLD:
        context.missing[told(clause, binding)] = None


def told(clause: Clause, binding: Binding) -> str:
    """A condition with what its letters stand for."""
    return re.sub(r"\b(\w)\b", lambda hit: text(binding[hit[0]]) if hit[0] in binding else hit[0], clause.text)


def guide_of(condition: str, context: Context) -> Callable[[str, Expr, Binding], bool | None]:
    """Which factors a letter may take, for conditions that are met factor by factor."""
    each = [clause for clause in clauses(condition) if clause.predicate in BY_FACTOR]

    def guide(name: str, part: Expr, binding: Binding) -> bool | None:
        for clause in each:
            if clause.letters[0] == name and all(letter in binding for letter in clause.letters[1:]):
                parts = [part, *(binding[letter] for letter in clause.letters[1:])]
                return PREDICATES[clause.predicate](parts, context)
        return None

    return guide


def changes(expr: Expr, on: Expr, context: Context) -> bool:
    """Does a formula change with a quantity, be it through the distribution of what is random in it?"""
    if depends(expr, on):
        return True
    laws = (context.given.laws.get(part.name) for part in walk(expr) if isinstance(part, Sym))
    return any(depends(argument, on) for law in laws if law is not None for argument in law.arguments)


def _independent(parts: list[Expr], context: Context) -> bool:
    left, right = (randoms(part, context) for part in parts)
    return bool(left) and bool(right) and all(apart(one, other, context) for one in left for other in right)


def apart(one: Expr, other: Expr, context: Context) -> bool:
    """Are two random quantities independent? Entries of one family are where their indices differ."""
    names = name_of(one), name_of(other)
    if not grouped(*names, context):
        return False
    if names[0] != names[1]:
        return True
    return isinstance(one, Index) and isinstance(other, Index) and _differ(one, other)


def _differ(one: Index, other: Index) -> bool:
    pairs = zip(one.indices, other.indices, strict=False)
    return any(
        number_in(left) is not None and number_in(right) is not None and number_in(left) != number_in(right)
        for left, right in pairs
    )


def grouped(one: str, other: str, context: Context) -> bool:
    """Is independence said of two names, or of the entries of one?"""
    given = context.given
    return given.everything_independent or any(one in group and other in group for group in given.independent)


def _independent_over(parts: list[Expr], context: Context) -> bool:
    body, index = parts
    found = randoms(body, context)
    return bool(found) and all(
        isinstance(part, Index) and index in part.indices and grouped(name_of(part), name_of(other), context)
        for part in found
        for other in found
    )


def _alike_over(parts: list[Expr], context: Context) -> bool:
    """Only entries of random families have the index, and all that is random has it: each term is distributed as any
    other.
    """
    body, index = parts
    entries = randoms(body, context)

    def without(part: Expr) -> Expr | None:
        return Num("0") if part in entries else None

    return (
        bool(entries)
        and all(isinstance(part, Index) and index in part.indices for part in entries)
        and not mentions(transform(body, without), index)
    )


def _single(expr: Expr) -> bool:
    return isinstance(expr, Sym) or (isinstance(expr, Index) and isinstance(expr.base, Sym))


def _whole(expr: Expr, parity: int | None = None) -> bool:
    number = number_in(expr)
    if number is None or number.denominator != 1:
        return False
    return parity is None or number % 2 == parity


def _positive(expr: Expr, context: Context) -> bool:
    number = number_in(expr)
    if number is not None:
        return number > 0
    from stepper.engine.derive.signs import positive

    return positive(expr, context.given)


def bends(name: str) -> str:
    """Which way a function bends everywhere: up, down, or neither."""
    return ROWS[name].bends if name in ROWS else ""


def _symmetric(expr: Expr, context: Context) -> bool:
    """About 0: said so, or by its distribution."""
    row = law_row(expr, context)
    about = "" if row is None else row.about
    return _has_trait(expr, "symmetric", context) or (
        bool(about) and number_in(collected(of_law(about, expr, context))) == 0
    )


def _indicator(parts: list[Expr], context: Context) -> bool:
    """One, or a product of some."""
    (expr,) = parts
    factors = expr.operands if isinstance(expr, Product) else (expr,)
    return all((row := law_row(factor, context)) is not None and row.indicator for factor in factors)


def _even_in(expr: Expr, name: Expr) -> bool:
    """Is it a polynomial with even powers of a quantity only?"""
    found = [term_of(part) for part in (expr.operands if isinstance(expr, Sum) else (expr,))]
    powers = [(base, exponent) for term in found for base, exponent in term.powers if mentions(base, name)]
    return all(base == name and _whole(exponent, 0) for base, exponent in powers)


def _list_rule(expr: Expr, context: Context) -> bool | None:
    """Does a function make a list of a list? False where it makes a number of one, None where it takes none."""
    if not isinstance(expr, Call) or expr.name not in context.vocabulary:
        return None
    rule = context.vocabulary.rule(expr.name)
    return rule.element if is_list_rule(rule) else None


def _has_trait(expr: Expr, trait: str, context: Context) -> bool:
    name = expr.name if isinstance(expr, Call) else name_of(expr)
    return trait in context.given.traits.get(name, ())


PREDICATES: Mapping[str, Callable[[list[Expr], Context], bool]] = {
    "free of": lambda parts, context: not changes(parts[0], parts[1], context),
    "depends on": lambda parts, context: changes(parts[0], parts[1], context),
    "constant": lambda parts, context: not randoms(parts[0], context),
    "random": lambda parts, context: bool(randoms(parts[0], context)),
    "independent": _independent,
    "independent over": _independent_over,
    "alike over": _alike_over,
    "number": lambda parts, context: number_in(parts[0]) is not None,
    "whole": lambda parts, context: _whole(parts[0]),
    "even": lambda parts, context: _whole(parts[0], 0),
    "odd": lambda parts, context: _whole(parts[0], 1),
    "compound": lambda parts, context: not _single(parts[0]),
    "single": lambda parts, context: _single(parts[0]),
    "known": lambda parts, context: isinstance(parts[0], Call) and parts[0].name not in OF_RANDOM,
    "has cases": lambda parts, context: isinstance(parts[0], Where),
    "holds delta": lambda parts, context: any(
        isinstance(part, Index) and part.base == KRONECKER and parts[1] in part.indices for part in walk(parts[0])
    ),
    "symmetric": lambda parts, context: _symmetric(parts[0], context),
    "active": lambda parts, context: _has_trait(parts[0], "active", context),
    "distribution": lambda parts, context: _has_trait(parts[0], "distribution", context),
    "positive": lambda parts, context: _positive(parts[0], context),
    "entry": lambda parts, context: isinstance(parts[0], Index),
    "differs from": lambda parts, context: parts[0] != parts[1],
    "of a list": lambda parts, context: _list_rule(parts[0], context) is True,
    "joins a list": lambda parts, context: _list_rule(parts[0], context) is False,
    "of one continuous quantity": lambda parts, context: one_continuous(parts[0], context) is not None,
    "bends up": lambda parts, context: isinstance(parts[0], Call) and bends(parts[0].name) == "up",
    "bends down": lambda parts, context: isinstance(parts[0], Call) and bends(parts[0].name) == "down",
    "has a law": lambda parts, context: name_of(parts[0]) in context.given.laws,
    "an indicator": _indicator,
    "continuous": lambda parts, context: (row := law_row(parts[0], context)) is not None and bool(row.density),
    "independent of itself": lambda parts, context: (
        name_of(parts[0]) in context.given.random and grouped(name_of(parts[0]), name_of(parts[0]), context)
    ),
    "by cases": lambda parts, context: by_cases(parts[0], context) is not None,
    "by exponentials": lambda parts, context: by_exponentials(parts[0], context) is not None,
    "meets": lambda parts, context: len({collected(put(part, parts[2], Num("0"))) for part in parts[:2]}) == 1,
    "even in": lambda parts, context: _even_in(*parts),
    "wanted by its variance": lambda parts, context: Call("Var", (general(parts[0], context),)) in context.wanted,
    **MATRIX_PREDICATES,
}
BY_FACTOR = frozenset({"free of", "constant", "number"}) | BY_FACTOR_OF_MATRICES
"""A product meets these where each of its factors does."""
TOLD = frozenset({"independent", "independent over", "symmetric", "positive"})
"""Conditions that somebody may have meant, and not said."""
