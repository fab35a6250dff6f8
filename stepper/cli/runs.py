"""The commands that run optimizers: on gradients, an objective or a task, and on a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stepper.cli.inputs import given, proved, reader
from stepper.cli.names import complete_optimizer, complete_wrt
from stepper.cli.options import (
    BesideOption,
    ConventionOption,
    EveryOption,
    ExpressionOption,
    GraphArgument,
    IndexOption,
    InputOption,
    NotationOption,
    RowsOption,
    ScalarsOption,
    WeightsOption,
    unfolded,
    writes,
)
from stepper.cli.output import Output


@writes
def optim(
    name: Annotated[
        str | None,
        typer.Argument(help="An optimizer such as adam, or a task document.", autocompletion=complete_optimizer),
    ] = None,
    theta: Annotated[str | None, typer.Option("--theta", help="First values: 1, [1, 2], or w=1,b=2.")] = None,
    grad: Annotated[
        list[str] | None, typer.Option("--grad", help="The gradient of a step; repeat the option for each step.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option("--objective", help="The objective to minimize, such as 'theta^2'.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="How many steps.")] = None,
    every: EveryOption = None,
    lr: Annotated[str | None, typer.Option("--lr", help="The learning rate.")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="Settings, start states, constants: beta1=0.9,v=-0.5.")
    ] = None,
    beside: BesideOption = None,
    others: Annotated[
        str | None, typer.Option("--compare", help="Other optimizers on the same task: sgd,momentum.")
    ] = None,
    forms: Annotated[
        bool, typer.Option("--compare-conventions", help="The forms on which textbooks disagree, side by side.")
    ] = False,
    *,
    out: Output,
) -> None:
    """Worked optimizer updates: one line for each assignment of each step, and the run as a table."""
    from stepper.api import optim as work

    solution = work(
        name, theta, grad or (), objective=objective, steps=steps, lr=lr, values=values or (), beside=beside or (),
        compare=others, compare_conventions=forms, every=every, plots=out.plots, digits=out.digits,
        exact=out.exact, detail=out.level(),
    )  # fmt: skip
    out.write(solution)
    if others is None and not forms:
        proved(solution)


@writes
def train(
    graph: GraphArgument = None,
    expression: ExpressionOption = None,
    optimizer: Annotated[
        str, typer.Option("--optimizer", help="The optimizer.", autocompletion=complete_optimizer)
    ] = "sgd",
    wrt: Annotated[
        list[str] | None,
        typer.Option("--wrt", help="Train these leaves; default: all parameters.", autocompletion=complete_wrt),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", help="How many steps.")] = 1,
    every: EveryOption = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="A CSV file of samples; its first line names inputs.")
    ] = None,
    total: Annotated[
        bool, typer.Option("--sum", help="With --data: the sum over the samples, not their mean.")
    ] = False,
    batch: Annotated[
        int | None, typer.Option("--batch", help="With --data: this many samples per step, in the file's order.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="With --batch: in a new random order for each epoch.")
    ] = None,
    lr: Annotated[str | None, typer.Option("--lr", help="The learning rate.")] = None,
    values: Annotated[list[str] | None, typer.Option("--at", help="Values of leaves, such as x=-2,y=5.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Values of leaves, like --at, and settings of the optimizer: x=-2,rho=0.9."),
    ] = None,
    weights: WeightsOption = None,
    input_shape: InputOption = None,
    rows: RowsOption = False,
    beside: BesideOption = None,
    of: Annotated[str | None, typer.Option("--of", help="Minimize this node instead of the output.")] = None,
    convention: ConventionOption = None,
    scalars: ScalarsOption = False,
    index: IndexOption = None,
    notation: NotationOption = None,
    *,
    out: Output,
) -> None:
    """Forward, backprop, update of all parameters, repeated: one iteration in full, the run as a table."""
    from stepper.api import train as work

    solution = work(
        reader(graph, expression, input_shape), optimizer=optimizer, wrt=wrt, steps=steps, lr=lr,
        values=given(values), settings=given(settings), weights=weights, rows=rows, beside=beside or (), of=of,
        data=data, mean=not total, batch=batch, seed=seed, **unfolded(scalars, index, convention),
        notation=notation or (), every=every, plots=out.plots, digits=out.digits, exact=out.exact,
        detail=out.level(),
    )  # fmt: skip
    out.write(solution)
    proved(solution)
