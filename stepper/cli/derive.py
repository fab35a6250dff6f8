"""The command that derives what a document states."""

from __future__ import annotations

from typing import Annotated

import typer

from stepper.cli.inputs import proved
from stepper.cli.names import complete_derivation
from stepper.cli.options import writes
from stepper.cli.output import Output


@writes
def derive(
    document: Annotated[
        str,
        typer.Argument(
            help="A document that runs an algorithm on data, '-' for standard input, or a bundled one.",
            autocompletion=complete_derivation,
        ),
    ],
    *,
    out: Output,
) -> None:
    """A small algorithm worked on its data, entry by entry: early stopping, non-maximum suppression, a split."""
    from stepper.api import derive as work

    solution = work(document, digits=out.digits, exact=out.exact, detail=out.level())
    out.write(solution)
    proved(solution)
