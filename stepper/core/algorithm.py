"""An algorithm with the data that it is run on."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from stepper.core.exam import Item
from stepper.core.expr import Number
from stepper.errors import Place


class Run(Struct, frozen=True):
    """What a document asks for: an ``algorithm`` by the name of its row, its settings, and its data.

    ``data`` holds for each quantity one number an entry; ``first`` is the number by which the first entry is called.
    ``places`` tell where a setting or a list stands, ``entries`` where each entry does.
    """

    title: str
    algorithm: str
    data: Mapping[str, tuple[Number, ...]]
    settings: Mapping[str, Number]
    first: int = 1
    source: str = ""
    items: tuple[Item, ...] = ()
    origin: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)
    entries: tuple[Place, ...] = ()
