"""The command that derives: a formula's derivative, an expectation, a statement, an author's lines, an algorithm."""

from __future__ import annotations

from typing import Annotated

import typer

from stepper.cli.inputs import proved
from stepper.cli.names import complete_derivation
from stepper.cli.options import writes
from stepper.cli.output import Output


@writes
def derive(
    statement: Annotated[
        str | None,
        typer.Argument(
            help="A formula, a document with 'lines:' or 'algorithm:', '-' for standard input, or a bundled one.",
            autocompletion=complete_derivation,
        ),
    ] = None,
    expression: Annotated[
        str | None, typer.Option("--expression", "-e", help="Named formulas, such as 'z = w*x; y = tanh(z)'.")
    ] = None,
    wrt: Annotated[str | None, typer.Option("--wrt", help="Differentiate by this: x, z[j], or an array.")] = None,
    within: Annotated[str | None, typer.Option("--in", help="Write the result in terms of this quantity.")] = None,
    collect: Annotated[str | None, typer.Option("--collect", help="Collect the factors of this name.")] = None,
    solve: Annotated[
        str | None,
        typer.Option("--solve", help="Solve this equation; alone, set the derivative to 0 and solve that."),
    ] = None,
    unknown: Annotated[str | None, typer.Option("--for", help="The letter that --solve solves for.")] = None,
    show: Annotated[str | None, typer.Option("--show", help="Prove this statement, or refute it.")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--given", help="What may be assumed: 'w ~ N(0, s^2)', 'E[x] = 0', 'p > 0', independent."),
    ] = None,
    shapes: Annotated[
        list[str] | None, typer.Option("--shapes", help="The shapes of arrays, such as X=nxd,y=n.")
    ] = None,
    *,
    out: Output,
) -> None:
    """Derive with letters, line by line, each line proved: derivatives, expectations, statements, whole documents."""
    from stepper.api import derive as work

    solution = work(
        statement, expression=expression, wrt=wrt, within=within, collect=collect, solve=solve, unknown=unknown,
        show=show, given=given or (), shapes=shapes or (), digits=out.digits, exact=out.exact, detail=out.level(),
    )  # fmt: skip
    out.write(solution)
    if any(check.claimed and check.ok is False for check in solution.checks):
        raise typer.Exit(1)
    proved(solution)
