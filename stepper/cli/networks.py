"""The command of shape tables."""

from __future__ import annotations

from typing import Annotated

import typer

from stepper.cli.names import complete_listing
from stepper.cli.options import writes
from stepper.cli.output import Output
from stepper.errors import StepperError


@writes
def shapes(
    net: Annotated[
        str | None,
        typer.Argument(
            help="A network listing, '-' for standard input, or a bundled exam.", autocompletion=complete_listing
        ),
    ] = None,
    expression: Annotated[
        str | None, typer.Option("--expression", "-e", help="The listing itself, such as 'Conv2d(1, 10, 3) -> ReLU()'.")
    ] = None,
    input_shape: Annotated[
        str | None,
        typer.Option("--input", help="The input's shape, such as 3x224x224; of several: src=10x512,tgt=20x512."),
    ] = None,
    layout: Annotated[str | None, typer.Option("--layout", help="CHW (channels first) or HWC (channels last).")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="Values of unknowns and symbols, such as n=19.")
    ] = None,
    solve: Annotated[
        list[str] | None,
        typer.Option("--solve", help="Solve for these letters, given the sizes stated in the listing."),
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", help="Check a claim, such as 'rf(l3) = 23'; a file of claims; or 'published'."),
    ] = None,
    count_bias: Annotated[bool, typer.Option("--count-bias", help="Also count the additions of biases.")] = False,
    no_bias: Annotated[bool, typer.Option("--no-bias", help="Assume that no layer has biases.")] = False,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which model of a source file: its class, its variable, or 'resnet(depth=50)'."),
    ] = None,
    depth: Annotated[
        int, typer.Option("--depth", min=0, help="Fold the modules that lie deeper: 1 shows the stages of a model.")
    ] = 0,
    assume: Annotated[
        list[str] | None,
        typer.Option("--assume", help="Which way a branch of a source goes that depends on data: 'x.sum() > 0=True'."),
    ] = None,
    receptive_field: Annotated[
        str,
        typer.Option(
            "--receptive-field",
            help="Work out this layer's receptive field forwards and backwards; of one unit: l3[2].",
        ),
    ] = "",
    flops: Annotated[
        bool, typer.Option("--flops", help="Count floating point operations, two for each multiply-add.")
    ] = False,
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode", help="cs231n: a size that is not whole does not fit; floor (the default) rounds it down."
        ),
    ] = None,
    rnn_biases: Annotated[
        int,
        typer.Option("--rnn-biases", help="Bias vectors of each gate of a recurrent layer: 2 as in PyTorch, or 1."),
    ] = 2,
    *,
    out: Output,
) -> None:
    """Shape table of a network: sizes, parameters, multiply-adds, receptive fields, every number worked out."""
    from stepper.api import shapes as work
    from stepper.read.network import sizes_given

    try:
        solution = work(
            net, input_shape, listing=expression, layout=layout, values=sizes_given(values or ()), solve=solve,
            check=check, count_bias=count_bias, bias=not no_bias, model=model, receptive_field=receptive_field,
            flops=flops, mode=mode, rnn_biases=rnn_biases, depth=depth, assume=assume,
        )  # fmt: skip
    except StepperError as error:
        if error.partial is not None and not out.pictures:  # a picture cannot tell what is missing in it
            out.write(error.partial)
        raise
    out.write(solution)
    if any(check.ok is False for check in solution.checks):
        raise typer.Exit(1)
