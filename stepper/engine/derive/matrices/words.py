"""Products of matrices in normal form: the order kept, numbers in front, transposes on single letters.

A word is a product of letters; a letter is a matrix or a vector, perhaps transposed or inverted. Where a word narrows
to one row or one column twice, what lies between is a number, and numbers commute.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

ONE = "1"
MOST_WAYS = 40


class Letter(Struct, frozen=True, order=True):
    """One factor of a word.

    Attributes:
        name: its name, or the normal form of what it stands for.
        rows: of the factor as it stands in the word, by letters.
        columns: the same.
        kind: a product entry by entry of ``parts``, a diagonal matrix of one, a matrix of ones, or a plain letter.
        flipped: is it transposed?
        inverted: is it an inverse?
        symmetric: is it its own transpose?
    """

    name: str
    rows: str
    columns: str
    kind: Literal["", "entrywise", "diagonal", "ones", "eye"] = ""
    parts: tuple[tuple[Letter, ...], ...] = ()
    flipped: bool = False
    inverted: bool = False
    symmetric: bool = False

    def turned(self) -> Letter:
        """The transpose."""
        flipped = self.flipped if self.symmetric else not self.flipped
        return replace(self, rows=self.columns, columns=self.rows, flipped=flipped)


Word: TypeAlias = tuple[Letter, ...]
"""The empty word is the identity."""


class Atom(Struct, frozen=True, order=True):
    """A number that is no further taken apart: a name, a word that is a number, the trace of a word, or the sum of the
    entries of a product entry by entry.
    """

    kind: Literal["name", "word", "trace", "total", "call", "sum"]
    name: str = ""
    words: tuple[Word, ...] = ()


Scalars: TypeAlias = "tuple[tuple[Atom, Fraction], ...]"
"""Numbers of their own and their powers, in order."""


def turned(word: Word) -> Word:
    return tuple(letter.turned() for letter in reversed(word))


def ones(rows: str) -> Letter:
    """A column of ones."""
    return Letter(ONE, rows, ONE, "ones")


def entrywise(words: Iterable[Word]) -> Word:
    """A ⊙ B ⊙ …, of one shape each: in order, without factors of ones."""
    listed = list(words)
    size = next(word[0].rows for word in listed if word)
    flat = [part for word in listed for part in _entries(word or (eye(size),))]
    shape = flat[0][0].rows, flat[0][-1].columns
    left = [word for word in flat if any(letter.kind != "ones" for letter in word)]
    if len(left) < 2:
        return left[0] if left else flat[0]
    ways = [(tuple(sorted(left)), False)]
    if shape[1] != ONE:
        ways.append((tuple(sorted(map(turned, left))), True))
    if shape[0] == ONE:
        ways.pop(0)
    parts, flipped = min(ways)
    symmetric = len(ways) == 2 and ways[0][0] == ways[1][0]
    name = f"({'⊙'.join(map(shown, parts))})"
    return (Letter(name, *shape, "entrywise", parts, flipped and not symmetric, symmetric=symmetric),)


def eye(size: str) -> Letter:
    """The identity where it is multiplied entry by entry; in a product it is left out."""
    return Letter("eye", size, size, "eye", symmetric=True)


def _entries(word: Word) -> Iterable[Word]:
    """The factors entry by entry of what is one such product already."""
    if len(word) == 1 and word[0].kind == "entrywise":
        return map(turned, word[0].parts) if word[0].flipped else word[0].parts
    return [word]


def diagonal(word: Word) -> Letter:
    """The matrix with a column on its diagonal."""
    return Letter(f"diag({shown(word)})", word[0].rows, word[0].rows, "diagonal", (word,), symmetric=True)


def normal(scalars: Scalars, word: Word) -> tuple[Scalars, Word]:
    """Inverses cancelled; diagonal matrices before a column as products entry by entry; numbers taken out."""
    word = cancelled(word)
    narrow = _narrow(word)
    if not narrow:
        return scalars, word
    column, row = _column(word[: narrow[0]]), turned(_column(turned(word[narrow[-1] :])))
    return joined(scalars, _powers(_segments(word, narrow))), column + row


def of_trace(word: Word, size: str) -> Scalars:
    """The trace of a square matrix of that size; a word may be read from any letter on, also backwards."""
    return _powers(_trace(word, size))


def total(words: Iterable[Word]) -> Scalars:
    """The sum of the entries of A ⊙ B ⊙ …; of two it is tr(AᵀB)."""
    return _powers(_total(words))


def cancelled(word: Word) -> Word:
    """Without what is beside its inverse."""
    found: list[Letter] = []
    for letter in word:
        if letter.kind == "eye" and len(word) > 1:
            continue
        if found and found[-1] == replace(letter, inverted=not letter.inverted):
            found.pop()
        else:
            found.append(letter)
    return tuple(found)


def joined(one: Scalars, other: Scalars) -> Scalars:
    """The product."""
    if not one or not other:
        return one or other
    found = dict(one)
    for atom, power in other:
        found[atom] = found.get(atom, Fraction(0)) + power
    return tuple(sorted((atom, power) for atom, power in found.items() if power))


def _powers(atoms: Iterable[Atom]) -> Scalars:
    found: Scalars = ()
    for atom in atoms:
        found = joined(found, ((atom, Fraction(1)),))
    return found


def _narrow(word: Word) -> list[int]:
    """Where a word has one row or one column."""
    sizes = [letter.rows for letter in word] + ([word[-1].columns] if word else [])
    return [place for place, size in enumerate(sizes) if size == ONE]


def _segments(word: Word, narrow: list[int]) -> tuple[Atom, ...]:
    return tuple(atom for start, end in pairwise(narrow) for atom in _segment(word[start:end]))


def _column(word: Word) -> Word:
    """A word that ends in a column, its diagonal matrices as products entry by entry."""
    for place, letter in enumerate(word[:-1]):
        if letter.kind == "diagonal":
            return word[:place] + entrywise([letter.parts[0], _column(word[place + 1 :])])
    return word


def _segment(word: Word) -> tuple[Atom, ...]:
    """A row times a column."""
    word = _column(word)
    ways = [
        _total([*_entries(one[-1:]), turned(one[:-1])])
        for one in (word, turned(word))
        if one[-1].kind in ("entrywise", "ones") and len(one) > 1
    ]
    for place, letter in enumerate(word[1:-1], start=1):
        if letter.kind == "entrywise":  # uᵀ(A ⊙ B)v is the sum of the entries of uvᵀ ⊙ A ⊙ B
            ways.append(_total([*_entries((letter,)), turned(word[:place]) + turned(word[place + 1 :])]))
    return min(ways, default=(_word(word),))


def _word(word: Word) -> Atom:
    return Atom("word", words=(min(word, turned(word)),))


def _trace(word: Word, size: str) -> tuple[Atom, ...]:
    word = cancelled(word)
    while len(word) > 1 and not cancelled((word[-1], word[0])):
        word, size = word[1:-1], word[0].columns
    if not word:
        return (Atom("name", size),)
    narrow = _narrow(word)
    if narrow:
        word = word[narrow[0] :] + word[: narrow[0]]
        return _segments(word, _narrow(word))
    if word[0].kind == "entrywise" and len(word) == 1:
        return _total([*_entries(word), (eye(size),)])
    rotations = [word[place:] + word[:place] for place in range(len(word))]
    both = [*rotations, *map(turned, rotations)]
    ways = [
        _total([*_entries(one[-1:]), turned(one[:-1])])
        for one in rotations
        if one[-1].kind == "entrywise" and len(one) > 1
    ]
    return min(ways, default=(Atom("trace", words=(min(both),)),))


def _total(words: Iterable[Word]) -> tuple[Atom, ...]:
    flat = [part for word in words for part in _entries(cancelled(word))]
    left = [word for word in flat if any(letter.kind != "ones" for letter in word)]
    if len(left) > 2:
        return (Atom("total", words=min(_ways(left))),)
    rows, columns = flat[0][0].rows, flat[0][-1].columns
    if len(left) == 2:
        word = turned(left[0]) + left[1]
        return _segment(word) if columns == ONE else _trace(word, columns)
    if not left:
        return tuple(Atom("name", size) for size in (rows, columns) if size != ONE)
    word = (ones(rows).turned(), *left[0], *([ones(columns)] if columns != ONE else []))
    return (_word(word),)


def _ways(words: list[Word]) -> set[tuple[Word, ...]]:
    """The ways to write the sum of the entries of a ⊙ b ⊙ M(c ⊙ d): c ⊙ d ⊙ Mᵀ(a ⊙ b) is another."""
    found: set[tuple[Word, ...]] = set()
    left = [tuple(sorted(words))]
    while left and len(found) < MOST_WAYS:
        way = left.pop()
        if way in found:
            continue
        found |= {way, tuple(sorted(map(turned, way)))}
        for place, word in enumerate(way):
            if len(word) > 1 and word[-1].kind == "entrywise":
                others = entrywise(way[:place] + way[place + 1 :])
                left.append(tuple(sorted([*_entries(word[-1:]), turned(word[:-1]) + others])))
    return found


def shown(word: Word) -> str:
    """A text of its own for every word."""
    return "@".join(f"{letter.name}{'`' if letter.flipped else ''}{'~' if letter.inverted else ''}" for letter in word)
