"""A derivation that an author wrote: what is given, the lines, and what they show."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import Statement
from stepper.core.exam import Item
from stepper.core.graph import Function
from stepper.errors import Place


class Stated(Struct, frozen=True):
    """One line.

    Attributes:
        text: as it stands.
        statement: its sides; of a line that begins with ``=`` or another sign those after it, and the sign.
        continues: does it go on from the last side of the line before?
        sets: is it demanded, and not claimed? What comes after may use it.
        by: the rule that the author names.
        note: words beside it.
    """

    text: str
    statement: Statement
    continues: bool = False
    sets: bool = False
    by: str = ""
    note: str = ""
    place: Place | None = None


class Lines(Struct, frozen=True):
    """Attributes:
    shows: what the lines end in.
    """

    title: str
    given: Given
    lines: tuple[Stated, ...]
    shows: Stated | None = None
    functions: Mapping[str, Function] = field(default_factory=dict)
    source: str = ""
    items: tuple[Item, ...] = ()
    origin: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
