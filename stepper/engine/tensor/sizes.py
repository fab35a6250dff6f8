"""Sizes of axes: integers, or polynomials of letters that stand for integers above 0, which are equal where they are
the same polynomial.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias, TypeGuard

from msgspec import Struct

from stepper.core.arrays import Shape
from stepper.core.expr import Expr, Num, Sum, add, multiply
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.traverse import names
from stepper.engine.values.polynomial import expanded, to_expr


class Letters(Struct, frozen=True):
    """A size that is no number, in the one form that its polynomial has."""

    expr: Expr

    def __mul__(self, other: Size) -> Letters:
        return _settled(multiply(self.expr, literal(other)))

    __rmul__ = __mul__

    def __add__(self, other: Size) -> Letters:
        return _settled(add(self.expr, literal(other)))

    __radd__ = __add__

    def __str__(self) -> str:
        return text(self.expr)


Size: TypeAlias = int | Letters
Sizes: TypeAlias = tuple[Size, ...]


def _settled(expr: Expr) -> Letters:
    return Letters(to_expr(expanded(expr)))


def literal(size: Size) -> Expr:
    """A size as a formula."""
    return size.expr if isinstance(size, Letters) else Num(str(size))


def size_of(expr: Expr) -> Size:
    """A sum or product of letters and integers as a size."""
    found = _settled(expr)
    return int(found.expr.literal) if isinstance(found.expr, Num) else found


def volume(sizes: Iterable[Size]) -> Size:
    """The number of entries."""
    found: Size = 1
    for size in sizes:
        found = found * size
    return found


def letters_of(sizes: Iterable[Size]) -> list[str]:
    """The letters in sizes."""
    return list(dict.fromkeys(text(name) for size in sizes for name in names(literal(size))))


def primes(letters: Sequence[str], taken: Collection[int] = ()) -> dict[str, int]:
    """A prime for each letter, none of them among those that are taken."""
    found: list[int] = []
    number = 2
    while len(found) < len(letters):
        if number not in taken and all(number % other for other in range(2, number)):
            found.append(number)
        number += 1
    return dict(zip(letters, found, strict=True))


def are_letters(letters: Sequence[str]) -> str:
    """That sizes are letters, in words."""
    *before, last = letters
    return f"{', '.join(before)} and {last} are sizes" if before else f"{last} is a size"


def numbers_for(letters: Sequence[str]) -> str:
    """How letters among sizes are given numbers."""
    return f"such as --set {','.join(f'{letter}={number}' for letter, number in primes(letters).items())}"


def is_whole(sizes: Sizes) -> TypeGuard[Shape]:
    """Are all sizes numbers?"""
    return Letters not in map(type, sizes)


def written(sizes: Sequence[Size]) -> Prose:
    """Sizes as people write them, ``2×3``, with letters as formulas."""
    found: list[str | Expr] = []
    for place, size in enumerate(sizes):
        sign = "×" if place else ""
        wide = isinstance(size, Letters) and isinstance(size.expr, Sum) and len(sizes) > 1
        found += [f"{sign}{size}"] if isinstance(size, int) else [f"{sign}{'(' * wide}", size.expr, ")" * wide]
    return joined(found)


def joined(parts: Iterable[str | Expr]) -> Prose:
    """Prose with neighbouring words as one."""
    found: list[str | Expr] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)
