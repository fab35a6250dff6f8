"""What the nodes of a large graph read, by numbers instead of names."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from msgspec import Struct

from stepper.core.form import Form


class Wiring(Struct, frozen=True):
    """Leaves and nodes counted from 0 in the order of the document, and what each node reads by these numbers.

    ``leaves`` are the names of the leaves, ``places`` the numbers of all names.
    ``words`` has the number of each node and those of all that it reads, node after node; ``kinds`` says which of the
    ``forms`` each node has, and so how many it reads.
    """

    leaves: Sequence[str]
    places: dict[str, int]
    words: array[int]
    kinds: array[int]
    forms: Sequence[Form]
