"""The form of an algorithm's row: what is worked for each entry of the data, in the formula language."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Reading: TypeAlias = Literal["last", "all", "chosen"]


class Fold(Struct, frozen=True):
    """One number of the pairs that an entry forms with those before it: ``name`` is the ``by`` (``max``, ``sum``) of
    the quantity ``of``, in words ``says``.

    ``among`` is what holds of the entries that count; ``empty`` the value where there is none.
    """

    name: str
    by: str
    of: str
    says: str
    among: str = ""
    empty: str = "0"


class Result(Struct, frozen=True):
    """What the algorithm ends with.

    Attributes:
        formula: of the ``last`` entry that was worked; of ``all``, where quantities of entries are lists; or what holds
            of the entries whose numbers are ``chosen``.
        stopped: it exists only where the algorithm stopped before the end of the data; ``otherwise`` says what then.
    """

    name: str
    formula: str
    of: Reading = "all"
    stopped: bool = False
    otherwise: str = ""


class Law(Struct, frozen=True):
    """What must hold of the results, however they were worked out.

    ``holds`` is a comparison. Over ``entries`` it holds of each for which ``given`` does; with ``some``, for each of
    them there is another entry, with primes, for which ``some`` and ``holds`` do. Over ``pairs`` it holds of each two.
    Over the ``whole``, quantities of entries are lists. ``last`` is the number of the last entry that was worked.
    """

    says: str
    holds: str
    over: Literal["entries", "pairs", "whole"] = "entries"
    given: str = ""
    some: str = ""


class Algorithm(Struct, frozen=True):
    """One algorithm as assignments for each entry of the data, in order.

    In the formulas stand the settings, the quantities of an entry, its number ``i`` (or what ``index`` calls it), ``n``
    the number of entries and ``first`` the number of the first. What an update reads before it assigns it is the value
    at the entry before. In formulas of pairs a prime marks what belongs to the earlier entry.

    Attributes:
        entry: what an entry is called: an epoch, a class.
        data: ``loss; box: x1 y1 x2 y2``: lists of one length, each of numbers, or of rows of so many.
        settings: ``patience, delta=0``; without a value they must be given.
        index: what the number of an entry is called in formulas.
        span: of an algorithm without data, its first and last entry, as formulas of the settings.
        each: the assignments for each entry by itself, before any order.
        totals: assignments for all entries together; in them quantities of entries are lists.
        order: the entries are worked with the largest value of this first; where two are equal, in their order.
        start: what is kept from entry to entry, before the first.
        begin: the assignments for the first entry worked, where they are others.
        pairs: the assignments for an entry and one before it; ``folds`` make one number of them for the entry.
        update: the assignments for an entry, in order.
        stop: the algorithm ends after the entry for which this holds.
        worked: the lines of each entry are shown; else with full detail only, and the table alone.
        require: what must hold of the settings, and how that is said; ``require_each`` of each entry.
        laws: what is checked of the results.
        says: conventions, in words; formulas in them stand in braces, as in what a law says.
    """

    name: str
    title: str
    entry: str
    source: str
    update: str = ""
    data: str = ""
    settings: str = ""
    index: str = "i"
    span: tuple[str, str] | None = None
    each: str = ""
    totals: str = ""
    order: str = ""
    start: str = ""
    begin: str = ""
    pairs: str = ""
    folds: tuple[Fold, ...] = ()
    stop: str = ""
    results: tuple[Result, ...] = ()
    worked: bool = False
    require: tuple[tuple[str, str], ...] = ()
    require_each: tuple[tuple[str, str], ...] = ()
    laws: tuple[Law, ...] = ()
    says: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The lists of the data, each with the quantities that one of its items gives.

        >>> Algorithm("", "", "box", "", data="score; box: x1 y1 x2 y2").lists
        {'score': ('score',), 'box': ('x1', 'y1', 'x2', 'y2')}
        """
        found: dict[str, tuple[str, ...]] = {}
        for part in filter(None, self.data.split(";")):
            name, _, fields = (piece.strip() for piece in part.partition(":"))
            found[name] = tuple(fields.split()) or (name,)
        return found

    @property
    def defaults(self) -> dict[str, str]:
        """The settings, each with its default as a formula; empty where it has none."""
        pairs = [part.partition("=") for part in self.settings.split(",") if part.strip()]
        return {name.strip(): value.strip() for name, _, value in pairs}

    @property
    def quantities(self) -> tuple[str, ...]:
        """What the data, the assignments and the folds give for each entry."""
        fields = (name for fields in self.lists.values() for name in fields)
        folded = (fold.name for fold in self.folds)
        return tuple(dict.fromkeys((*fields, *_names(self.each), *folded, *_names(self.begin), *_names(self.update))))

    @property
    def of_pairs(self) -> tuple[str, ...]:
        """What the assignments give for two entries."""
        return _names(self.pairs)

    @property
    def of_all(self) -> tuple[str, ...]:
        """What the assignments give for all entries, and the results."""
        return (*_names(self.totals), *(result.name for result in self.results))


def _names(assignments: str) -> tuple[str, ...]:
    """What assignments give names to."""
    return tuple(part.partition("=")[0].strip() for part in assignments.split(";") if part.strip())
