"""Sums of words with numbers in front, in normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias

from stepper.engine.derive.matrices.words import (
    ONE,
    Atom,
    Letter,
    Scalars,
    Word,
    entrywise,
    joined,
    normal,
    of_trace,
    ones,
    shown,
    total,
    turned,
)
from stepper.errors import Problem, StepperError

Term: TypeAlias = "tuple[Scalars, Word]"
Poly: TypeAlias = "Mapping[Term, Fraction]"
"""Terms, and how often each: the empty word is a number, or that many times the identity."""
Built: TypeAlias = "dict[Term, Fraction]"
MOST_TERMS = 4_000


def number(value: Fraction) -> Built:
    return {((), ()): value} if value else {}


def of_atom(atom: Atom, power: Fraction = Fraction(1)) -> Built:
    return {(((atom, power),), ()): Fraction(1)}


def of_letter(letter: Letter) -> Built:
    return {((), (letter,)): Fraction(1)}


def plus(*polys: Poly) -> Built:
    return collected(item for poly in polys for item in poly.items())


def minus(left: Poly, right: Poly) -> Built:
    return plus(left, scaled(right, Fraction(-1)))


def scaled(poly: Poly, value: Fraction) -> Built:
    return {term: value * count for term, count in poly.items()} if value else {}


def times(left: Poly, right: Poly) -> Built:
    """The product in this order."""
    return _bilinear(left, right, lambda one, other: normal((), one + other))


def times_entrywise(left: Poly, right: Poly) -> Built:
    """The product entry by entry of two arrays of one shape, none of them an identity."""
    return _bilinear(left, right, lambda one, other: normal((), entrywise([one, other])))


def _bilinear(left: Poly, right: Poly, product: Callable[[Word, Word], Term]) -> Built:
    """Each term of one with each of the other, as ``product`` joins their words."""
    if len(left) * len(right) > MOST_TERMS:
        raise StepperError(Problem(f"written out, this has more than {MOST_TERMS:,} terms"))
    found: list[tuple[Term, Fraction]] = []
    for (scalars, word), count in left.items():
        for (others, other), its in right.items():
            extra, made = product(word, other)
            found.append(((joined(joined(scalars, others), extra), made), count * its))
    return collected(found)


def transposed(poly: Poly) -> Built:
    return {(scalars, turned(word)): count for (scalars, word), count in poly.items()}


def traced(poly: Poly, size: str) -> Built:
    """The trace of square matrices of that size."""
    return _to_numbers(poly, lambda word: of_trace(word, size))


def summed(poly: Poly, rows: str, columns: str) -> Built:
    """The sum of all entries."""
    return _to_numbers(poly, lambda word: total([word]) if word else of_trace((), rows))


def _to_numbers(poly: Poly, made: Callable[[Word], Scalars]) -> Built:
    return collected(((joined(scalars, made(word)), ()), count) for (scalars, word), count in poly.items())


def all_ones(rows: str, columns: str) -> Built:
    """An array of ones."""
    word = (ones(rows),) if columns == ONE else (ones(columns).turned(),) if rows == ONE else (
        ones(rows), ones(columns).turned())  # fmt: skip
    return {((), word): Fraction(1)}


def collected(items: Iterable[tuple[Term, Fraction]]) -> Built:
    """Terms alike put together; sizes that are numbers are counted."""
    found: Built = {}
    for (scalars, word), count in items:
        size, left = _counted(scalars)
        total_count = found.get((left, word), Fraction(0)) + count * size
        if total_count:
            found[left, word] = total_count
        else:
            found.pop((left, word), None)
    return found


def _counted(scalars: Scalars) -> tuple[Fraction, Scalars]:
    """Sizes that are numbers, multiplied, and the other factors."""
    size = Fraction(1)
    left = []
    for atom, power in scalars:
        if atom.kind == "name" and atom.name.isdigit():
            size *= Fraction(atom.name) ** int(power)
        else:
            left.append((atom, power))
    return size, tuple(left)


def key(poly: Poly) -> str:
    """A text that two sums have alike where they are the same."""
    return " + ".join(sorted(f"{count} {_shown(term)}" for term, count in poly.items())) or "0"


def _shown(term: Term) -> str:
    scalars, word = term
    atoms = [f"{atom.kind}:{atom.name}:{'|'.join(map(shown, atom.words))}^{power}" for atom, power in scalars]
    return " ".join([*atoms, shown(word)])
