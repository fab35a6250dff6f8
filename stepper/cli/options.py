"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stepper.cli.names import complete_graph

GraphArgument = Annotated[
    str | None, typer.Argument(help="A graph document, '-' for standard input, or a bundled exam.", autocompletion=complete_graph)
]
ExpressionOption = Annotated[str | None, typer.Option("--expression", "-e", help="The graph itself, as 'q = x + y; f = q*z'.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", "--at", help="Values of leaves, as x=-2,y=5; they override the document's.")]
KinkOption = Annotated[str | None, typer.Option("--kink", help="The slope taken at a kink: pytorch, left, right, zero or half.")]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        help="terminal, text, markdown, json, csv (tables), svg, png or pdf (pictures). "
        "Default: terminal, and Markdown into a pipe or file; STEPPER_FORMAT sets it.",
    ),
]
FileOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file; its suffix says the format.")]
DigitsOption = Annotated[int, typer.Option(min=1, max=15, help="Significant digits of rounded numbers.")]
DetailOption = Annotated[str, typer.Option(help="brief, normal or full.")]
ExactOption = Annotated[bool, typer.Option("--exact", help="Fractions instead of decimals, nothing rounded.")]
GatesOption = Annotated[bool, typer.Option("--gates", help="Split formulas into gates of one operation.")]
WidthOption = Annotated[int | None, typer.Option(min=40, max=1000, help="Columns; default: the terminal's.")]
ConventionOption = Annotated[list[str] | None, typer.Option("--convention", help="name=choice, as mse=half_sum or kink=left.")]
BesideOption = Annotated[list[str] | None, typer.Option("--with", help="Done beside it: clip_norm, weight_decay, cosine, ...")]
EveryOption = Annotated[
    int | None, typer.Option("--every", min=1, help="Show one step in so many; default: as many as make a hundred rows.")
]
