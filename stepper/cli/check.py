"""The command that checks answers."""

from __future__ import annotations

from typing import Annotated

import typer

from stepper.cli.inputs import given, reader
from stepper.cli.options import (
    ConventionOption,
    ExpressionOption,
    GraphArgument,
    InputOption,
    SetOption,
    WeightsOption,
    WrtOption,
    writes,
)
from stepper.cli.output import Output
from stepper.errors import Problem, StepperError


@writes
def check(
    graph: GraphArgument = None,
    claims: Annotated[
        list[str] | None,
        typer.Argument(help="What is claimed, such as 'dL/dw11 = 1.5', or a file of working; '-' for standard input."),
    ] = None,
    expression: ExpressionOption = None,
    wrt: WrtOption = None,
    lr: Annotated[str | None, typer.Option("--lr", help="The learning rate of a gradient step.")] = None,
    ascent: Annotated[bool, typer.Option("--ascent", help="The step goes uphill.")] = False,
    values: SetOption = None,
    weights: WeightsOption = None,
    input_shape: InputOption = None,
    convention: ConventionOption = None,
    hint: Annotated[
        int | None,
        typer.Option("--hint", help="Tell less: 1 right or wrong, 2 where, 3 what kind, 4 the mistake, 5 the working."),
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option("--answers", help="The answers of many: CSV with a row each and a column for each quantity."),
    ] = None,
    names: Annotated[bool, typer.Option("--names", help="Name the rows by the table's column of names.")] = False,
    *,
    out: Output,
) -> None:
    """Is an answer right, and if not: where does it go wrong, and which mistake gives it? Exit 1 if one is wrong."""
    from stepper.api import check as work
    from stepper.read.anything import looks_like_listing
    from stepper.read.files import own_file, source_of

    words = [*(claims or ())]
    if expression is not None and graph is not None:
        words.insert(0, graph)
    if answers is not None and words:
        raise StepperError(Problem("--answers has the claims already", hint=f"leave '{words[0][:40]}' out"))
    if names and answers is None:
        raise StepperError(Problem("--names belongs to --answers", hint="--answers class.csv --names"))
    if not words and answers is None:
        raise StepperError(Problem("nothing is claimed", hint="stepper check tum-2022/6 'dL/dw11 = 1.5'"))
    pages = [word for word in words if word == "-" or ("=" not in word and own_file(word) is not None)]
    if pages and len(words) > 1:
        raise StepperError(Problem("a file of working is checked alone", hint=f"stepper check {graph} {pages[0]}"))
    claimed: str | list[str] | None = source_of(pages[0])[0] if pages else words or None
    listed = expression is not None and looks_like_listing(expression)
    source = expression or "" if listed else reader(None, expression, input_shape) if expression else graph or ""
    solution = work(
        source, claimed, answers=answers, names=names, wrt=wrt, values=given(values), weights=weights,
        input=input_shape, lr=lr, ascent=ascent, convention=convention or (), hint=hint, digits=out.digits,
    )  # fmt: skip
    out.write(solution)
    if any(each.ok is False for each in solution.checks):
        raise typer.Exit(1)
