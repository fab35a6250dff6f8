"""The command that tells what is known."""

from __future__ import annotations

from typing import Annotated

import typer

from stepper.cli.names import complete_rule
from stepper.cli.options import writes
from stepper.cli.output import Output


@writes
def rules(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A function, an algorithm, a rule such as 'chain rule', or derivations: all rules.",
            autocompletion=complete_rule,
        ),
    ] = None,
    *,
    out: Output,
) -> None:
    """What stepper knows: functions with domain, derivative and source; algorithms; rules of derivations."""
    from stepper.api import rules as work

    out.write(work(name, plots=out.plots))
