"""What an algorithm ends with, and any number of its run by name: ``best_epoch``, ``loss[3]``, ``iou[1, 2]``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from stepper.core.expr import Expr, Index, Number, Sym
from stepper.core.formula import number_of
from stepper.engine.algorithms.rules import parsed
from stepper.engine.algorithms.working import Working

Found: TypeAlias = Number | tuple[Number, ...]


class Results:
    """The results of a run, in the order of its row; one that does not exist is left out."""

    def __init__(self, working: Working) -> None:
        self.working = working
        self.found: dict[str, Found] = {}
        for result in working.row.results:
            if not result.stopped or working.stopped:
                self.found[result.name] = self._of(result.of, result.formula)

    def _of(self, reading: str, written: str) -> Found:
        working = self.working
        if reading == "chosen":
            chosen = (position for position in sorted(working.done) if working.holds(written, working.entry(position)))
            return tuple(Fraction(working.number(position)) for position in chosen)
        if reading == "last":
            return working.value(parsed(written), {**self.numbers, **working.entry(working.done[-1])})
        if written in working.columns:
            return tuple(working.listed(written))
        return working.value(working.together(parsed(written)), {**working.env, **self.numbers})

    @property
    def numbers(self) -> Mapping[str, Number]:
        """The results that are numbers."""
        return {name: found for name, found in self.found.items() if not isinstance(found, tuple)}

    def number(self, name: Expr) -> Found | None:
        """What a name means: a result, a setting or a total, a quantity of all entries as a list, of one or of two."""
        working = self.working
        match name:
            case Sym(word):
                if word in self.found:
                    return self.found[word]
                if word in working.env:
                    return working.env[word]
                return tuple(working.listed(word)) if word in working.columns else None
            case Index(Sym(word), (place,)):
                position = self._position(place)
                return None if position is None else working.columns.get(word, {}).get(position)
            case Index(Sym(word), (one, other)):
                earlier, later = self._position(one), self._position(other)
                if earlier is None or later is None or all(word != known for known, _ in working.rules.pairs):
                    return None
                return working.pair(earlier, later)[word]
            case _:
                return None

    def _position(self, place: Expr) -> int | None:
        number = number_of(place)
        return None if number is None else self.working.position(number)
