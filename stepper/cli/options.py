"""Arguments and options that several commands have, and those that every command has for what it writes."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict, get_type_hints

import typer
from msgspec.structs import fields

from stepper.cli.names import complete_graph, complete_wrt
from stepper.cli.output import Output
from stepper.render.formats import FORMATS, PICTURES

GraphArgument = Annotated[
    str | None,
    typer.Argument(
        help="A graph document, a network listing, '-' for standard input, or a bundled exam.",
        autocompletion=complete_graph,
    ),
]
ExpressionOption = Annotated[
    str | None, typer.Option("--expression", "-e", help="The graph itself, such as 'q = x + y; f = q*z'.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "--at",
        help="Values of leaves, such as x=-2,y=5; of arrays also x=x.npy or x=normal(1). They override the document's.",
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        help="The weights of the layers: a file (w.npz, w.safetensors or w.json, with PyTorch's names), or zeros, "
        "ones, normal(1).",
    ),
]
InputOption = Annotated[
    str | None, typer.Option("--input", help="The input shape of a network, such as 3x8x8; its values are --set x=...")
]
RowsOption = Annotated[
    bool,
    typer.Option("--rows", help="Weights have a row for each input, X @ W + b; PyTorch's have one for each output."),
]
WrtOption = Annotated[
    list[str] | None,
    typer.Option(
        "--wrt",
        help="Differentiate with respect to these: names, or all (the parameters), inputs, leaves. May be repeated, or "
        "given with commas.",
        autocompletion=complete_wrt,
    ),
]
KinkOption = Annotated[
    str | None, typer.Option("--kink", help="The slope taken at a kink: pytorch, left, right, zero or half.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        help=f"{', '.join(name for name in FORMATS if name not in PICTURES)} (csv: tables alone); "
        f"{', '.join(PICTURES)} (pictures). "
        "Default: terminal, and Markdown into a pipe or file; STEPPER_FORMAT sets it.",
    ),
]
FileOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file; its suffix determines the format.")
]
DigitsOption = Annotated[int, typer.Option(min=1, max=15, help="Significant digits of rounded numbers.")]
DecimalOption = Annotated[
    str,
    typer.Option(
        help="point or comma: 0.5 or 0,5. With commas, semicolons separate arguments and CSV values; JSON keeps points."
    ),
]
DetailOption = Annotated[str, typer.Option(help="brief, normal or full.")]
ExactOption = Annotated[bool, typer.Option("--exact", help="Fractions instead of decimals, nothing rounded.")]
GatesOption = Annotated[bool, typer.Option("--gates", help="Split formulas into gates of one operation.")]
ScalarsOption = Annotated[
    bool, typer.Option("--scalars", help="Expand arrays into numbers with their own names: W[1,2] is w21.")
]


class Unfolded(TypedDict):
    """Whether arrays are unfolded, and by which conventions."""

    scalars: bool
    convention: list[str]


IndexOption = Annotated[
    str | None,
    typer.Option("--index", help="ij: w21 leads from x2 to h1; ji: from x1 to h2, as in W[2,1]. With it --scalars."),
]
WidthOption = Annotated[int | None, typer.Option(min=40, max=1000, help="Width in columns; default: the terminal's.")]
ConventionOption = Annotated[
    list[str] | None, typer.Option("--convention", help="name=choice, such as mse=half_sum or kink=left.")
]
NotationOption = Annotated[
    list[str] | None,
    typer.Option("--notation", help="How courses write it, such as adjoint=bar,product=times,loss=J,vectors=columns."),
]
BesideOption = Annotated[
    list[str] | None, typer.Option("--with", help="Added to the optimizer: clip_norm, weight_decay, cosine, ...")
]
EveryOption = Annotated[
    int | None, typer.Option("--every", min=1, help="Show one in this many steps; default: about a hundred rows.")
]
GraphOption = Annotated[
    str | None,
    typer.Option(
        "--graph",
        help="The graph's picture among the steps: show, none, or image (Markdown: a link to the SVG beside it).",
    ),
]
FragmentOption = Annotated[bool, typer.Option("--fragment", help="LaTeX to include in your own document with \\input.")]
FrontMatterOption = Annotated[
    bool, typer.Option("--front-matter", help="Markdown with YAML front matter, for Obsidian and Quarto.")
]
AsciiOption = Annotated[
    bool, typer.Option("--ascii", help="Terminal and text without Unicode; detected automatically in terminals.")
]
StepOption = Annotated[
    bool, typer.Option("--step", help="Walk through it in the terminal: predict, then look. q leaves.")
]

WRITING: dict[str, Any] = {
    "format": FormatOption, "file": FileOption, "digits": DigitsOption, "decimal": DecimalOption,
    "detail": DetailOption, "exact": ExactOption, "width": WidthOption, "drawing": GraphOption,
    "fragment": FragmentOption, "front_matter": FrontMatterOption, "ascii": AsciiOption, "step": StepOption,
}  # fmt: skip
"""The option behind each field of ``Output``."""


def writes(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes ``out: Output`` as one that has the options of all that is written."""
    own = [part for part in inspect.signature(command).parameters.values() if part.name != "out"]
    kinds = {
        name: kind
        for name, kind in get_type_hints(command, include_extras=True).items()
        if name in {part.name for part in own}
    }
    defaults = {field.name: field.default for field in fields(Output) if field.name in WRITING}

    @functools.wraps(command)
    def whole(**given: Any) -> None:
        out = Output(**{name: given.pop(name, default) for name, default in defaults.items()})
        if not sys.stderr.isatty():
            command(**given, out=out)
            return
        from stepper.cli.progress import shown

        with shown():
            command(**given, out=out)

    parameters = [part.replace(annotation=kinds[part.name]) for part in own]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=WRITING[name])
        for name, default in defaults.items()
    ]
    whole.__dict__["__signature__"] = inspect.Signature(parameters)
    whole.__annotations__ = {**kinds, **WRITING}
    return whole


def unfolded(scalars: bool, index: str | None, convention: list[str] | None) -> Unfolded:
    """The keywords by which arrays are unfolded to numbers; an order of the indices alone asks for it too."""
    named = [] if index is None else [f"index={index}"]
    return {"scalars": scalars or index is not None, "convention": [*(convention or ()), *named]}
