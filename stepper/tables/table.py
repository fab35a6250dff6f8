"""All rows by name."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.tables.conventions import COUNTINGS, INDEXINGS, KINKS, NUMBERINGS
from stepper.tables.functions import FUNCTIONS
from stepper.tables.losses import LOSSES
from stepper.tables.row import FunctionRow

ROWS: Mapping[str, FunctionRow] = {row.name: row for row in (*FUNCTIONS, *LOSSES)}
BY_ANY_NAME: Mapping[str, FunctionRow] = {alias: row for row in ROWS.values() for alias in (row.name, *row.aliases)}

GRADIENT = "gradient"
"""What is sent back through a function unless a convention says otherwise."""
CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    "kink": tuple(kink.name for kink in KINKS),
    "classes": tuple(counting.name for counting in COUNTINGS),
    "index": tuple(indexing.name for indexing in INDEXINGS),
    "numbering": tuple(numbering.name for numbering in NUMBERINGS),
    **{row.name: tuple(row.variants) for row in ROWS.values() if row.variants and not row.convention},
    **{f"{row.name}_backward": (GRADIENT, *row.backward) for row in ROWS.values() if row.backward},
}
"""Each convention and what it may be; the first is the default."""
