"""The commands that work a graph out: forward pass and backpropagation."""

from __future__ import annotations

from typing import Annotated

import typer

from stepper.cli.inputs import given, proved, reader
from stepper.cli.options import (
    ConventionOption,
    ExpressionOption,
    GatesOption,
    GraphArgument,
    IndexOption,
    InputOption,
    KinkOption,
    NotationOption,
    RowsOption,
    ScalarsOption,
    SetOption,
    WeightsOption,
    WrtOption,
    unfolded,
    writes,
)
from stepper.cli.output import Output


@writes
def forward(
    graph: GraphArgument = None,
    expression: ExpressionOption = None,
    values: SetOption = None,
    weights: WeightsOption = None,
    input_shape: InputOption = None,
    rows: RowsOption = False,
    convention: ConventionOption = None,
    gates: GatesOption = False,
    scalars: ScalarsOption = False,
    index: IndexOption = None,
    notation: NotationOption = None,
    *,
    out: Output,
) -> None:
    """Worked forward pass, node by node."""
    from stepper.api import forward as work

    out.write(
        work(
            reader(graph, expression, input_shape),
            values=given(values),
            weights=weights,
            rows=rows,
            gates=gates,
            **unfolded(scalars, index, convention),
            notation=notation or (),
            digits=out.digits,
            exact=out.exact,
        )
    )


@writes
def backprop(
    graph: GraphArgument = None,
    expression: ExpressionOption = None,
    wrt: WrtOption = None,
    lr: Annotated[str | None, typer.Option("--lr", help="Add the gradient step with this learning rate.")] = None,
    values: SetOption = None,
    weights: WeightsOption = None,
    input_shape: InputOption = None,
    rows: RowsOption = False,
    of: Annotated[str | None, typer.Option("--of", help="Differentiate this node instead of the output.")] = None,
    upstream: Annotated[
        str | None, typer.Option("--upstream", help="The upstream gradient at the output: a number or a name.")
    ] = None,
    kink: KinkOption = None,
    relu_backward: Annotated[
        str | None, typer.Option("--relu-backward", help="What ReLU passes back: gradient, deconvnet or guided.")
    ] = None,
    convention: ConventionOption = None,
    gates: GatesOption = False,
    scalars: ScalarsOption = False,
    index: IndexOption = None,
    notation: NotationOption = None,
    second: Annotated[
        bool, typer.Option("--second", help="The second derivative; for several names, the Hessian.")
    ] = False,
    ascent: Annotated[bool, typer.Option("--ascent", help="With --lr: step uphill.")] = False,
    round_steps: Annotated[
        str | None,
        typer.Option(
            "--round-steps",
            help="Also round after every step, as by hand: 3 decimals, or 3sf significant digits; '3 half-even'.",
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Let SymPy prove the local derivatives and the result.")
    ] = False,
    simplify: Annotated[bool, typer.Option("--simplify", help="Add the gradient in closed form.")] = False,
    paths: Annotated[
        int, typer.Option(min=0, max=1000, help="List up to this many paths; if there are more, count them.")
    ] = 12,
    *,
    out: Output,
) -> None:
    """Forward pass, paths, chain rule, local derivatives, numbers, accumulation, check; --lr adds the update."""
    from stepper.api import backprop as work

    solution = work(
        reader(graph, expression, input_shape), wrt, values=given(values), weights=weights, rows=rows, lr=lr, of=of,
        upstream=upstream, kink=kink, relu_backward=relu_backward, gates=gates, **unfolded(scalars, index, convention),
        notation=notation or (),
        second=second, ascent=ascent, round_steps=round_steps, verify=verify, simplify=simplify,
        paths=paths, digits=out.digits, exact=out.exact,
    )  # fmt: skip
    out.write(solution)
    proved(solution)
