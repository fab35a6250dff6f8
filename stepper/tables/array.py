"""The form of a row for functions of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias

from msgspec import Struct, field

from stepper.tables.meaning import Meaning

ArrayKind: TypeAlias = Literal["array", "setting"]


class ArrayFunction(Struct, frozen=True):
    """A function that takes whole arrays.

    In the formulas stand the parameters, ``out`` for the function's own value and ``G`` for the gradient that arrives
    at it. Axes and elements count from 1; an axis below 0 counts from the last.

    Attributes:
        parameters: arrays as ``X[]``, then settings, which are integers known beforehand: ``X[], K[], stride=1,
            padding=0``.
        machine: the kernel that works it out, where it is a primitive.
        fold: the function of a list that the kernel applies to lines or windows.
        value: the definition by other functions, where it is none.
        vjp: by parameter the gradient that goes back to it; where one is missing the definition is differentiated.
        also: by parameter a second form of the gradient, shown where it comes to the same, and what it is called; with
            the numbers of classes it is the form.
        counts: its value depends on shapes alone, so that a number is shown for it.
        repeats: it gives an array a larger shape by repeating it.
        places_one: it is its first argument in one place of zeros in the shape of its second.
        fills: its first setting is its shape, which may have letters.
        windows: its entries are worked from windows, which are shown.
        routes: it hands each entry on to one entry of its window; what the mask of these entries is, in words.
        jacobian: of a function of a list whose value is a list as long, the matrix of its derivatives, by ``out``.
        moves: the kernel that moved the entries, of which this one takes back what arrives.
        slides: over how many axes its windows slide, where its name says so; 0: as many as its arrays tell.
        sliding: the parameter whose axes tell it where the name does not.
        each: the settings that may be lists, of a number for each axis over which windows slide.
        same: parameters whose shapes must be equal.
        most_axes: an array of more axes is refused.
        classes: the parameter that may hold the number of a class for each row of the first one, in place of its row of
            targets.
        integers: the parameters whose entries are numbers of rows, to which no gradient goes.
        places: its values are places, which are counted as the numbers of classes are.
        written: what stands in its place where it is shown, by the sizes of its arrays: ``("X(m) Y(m, n) axis=2",
            "outer(X, ones(n))")`` holds for a list X and a matrix Y and this setting; an axis counts from 1 there.
            ``i=number`` holds where i is a number that is known. The first that fits is taken.
        gathers: it sums over axes along which something was repeated.
        like: the parameter whose shape the result has.
        sizes: the law of ``engine/tensor/laws.py`` for the shape of the result, or where it ``counts`` for the sizes
            whose product it is; without one, and without ``like`` or ``value``, sizes are numbers.
        plain: a form for floats, by whole arrays, of what the kernel works line by line.
        element: the law for one entry, for readers.
        makes: how many entries it makes meanwhile, where these are not as many as those of its largest array; in the
            sizes of its arguments.
        works: how many multiply-adds it takes, where these are not as many; a step of Python counts for many.
        writes: how many pieces the formulas of its entries have, where these hold many.
        symbol: how its name is typeset; ``→`` and a formula of its arguments x1, x2, ..., or a label, is how
            the whole call is.
        working: how it is worked on a board: names of lines with their formulas, by the parameters and the lines
            before; the last is ``out``. A third name: the line is the gradient for that one.
        labels: how the names of its lines are typeset, where their spelling does not tell.
        unfolds: its definition stands beside it where it is worked on a board; where that is of functions with lines,
            it does so by itself.
        inner: it never reaches a reader: the last line of its ``working`` stands in its place.
        named: the name of the line in which its value stands, where others need it.
        opens: it adds entries up, or multiplies them by one another, which is written out while that is short.
        convention: what it is, among the conventions of a derivation in which it stands; ``{1}`` is its second
            argument.
        takes, target, applies, gives, unit: what its arguments and values mean, as in the rows of functions of numbers.
    """

    name: str
    parameters: str
    source: str
    machine: str = ""
    fold: str = ""
    value: str = ""
    vjp: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    counts: bool = False
    repeats: bool = False
    places_one: bool = False
    fills: bool = False
    windows: bool = False
    routes: str = ""
    jacobian: str = ""
    moves: str = ""
    slides: int = 0
    sliding: str = ""
    each: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    most_axes: int = 0
    classes: str = ""
    integers: tuple[str, ...] = ()
    places: bool = False
    written: tuple[tuple[str, str], ...] = ()
    gathers: bool = False
    like: str = ""
    sizes: str = ""
    plain: str = ""
    element: str = ""
    makes: str = ""
    works: str = ""
    writes: str = ""
    symbol: str = ""
    convention: str = ""
    working: tuple[tuple[str, ...], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    unfolds: bool = False
    inner: bool = False
    named: str = ""
    opens: bool = False
    takes: Mapping[str, Meaning] = field(default_factory=dict)
    target: str = ""
    applies: str = ""
    gives: Meaning | None = None
    unit: str = ""
    says: str = ""
    aliases: tuple[str, ...] = ()

    def signature(self) -> tuple[tuple[str, str, ArrayKind], ...]:
        """Each parameter: its name, its default (empty for none), and its kind."""
        return _signature(self.parameters)


@cache
def _signature(parameters: str) -> tuple[tuple[str, str, ArrayKind], ...]:
    found: list[tuple[str, str, ArrayKind]] = []
    for part in parameters.split(","):
        name, _, default = (piece.strip() for piece in part.partition("="))
        found.append((name.removesuffix("[]"), default, "array" if name.endswith("[]") else "setting"))
    return tuple(found)
