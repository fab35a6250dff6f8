"""The parts of pages that are made from stepper itself, by the names that pages call them by."""

from __future__ import annotations

import re

from docs.made import commands, doors, known, notebooks

MADE = re.compile(r"^<!-- made: (.+) -->$", re.MULTILINE)
PARTS = {
    "commands": commands.overview,
    **{f"command {name}": (lambda name=name: commands.page(name)) for name in commands.names()},
    "functions": known.functions,
    "arrays": known.arrays,
    "layers": known.layers,
    "codes": known.codes,
    "optimizers": known.optimizers,
    "changes": known.changes,
    "algorithms": known.algorithms,
    "derivations": known.derivations,
    "conventions": known.conventions,
    "notations": known.notations,
    "exams": known.exams,
    "doors": doors.functions,
    "shown": doors.classes,
    "notebook": notebooks.page,
}


def filled(page: str) -> str:
    """The page with its parts in their places.

    Raises:
        KeyError: where a page calls for a part that nothing makes.
    """
    return MADE.sub(lambda found: PARTS[found[1]](), page)
