"""The commands that run optimizers: on gradients, an objective or a task, and on a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stepper.cli.inputs import asked_graph, proved
from stepper.cli.names import complete_optimizer, complete_wrt
from stepper.cli.options import (
    BesideOption,
    ConventionOption,
    EveryOption,
    ExpressionOption,
    GraphArgument,
    writes,
)
from stepper.cli.output import Output
from stepper.cli.progress import Bar
from stepper.core.formula import text
from stepper.core.graph import ArrayGraph
from stepper.read.wanted import chosen


@writes
def optim(
    name: Annotated[
        str | None, typer.Argument(help="An optimizer such as adam, or a task document.", autocompletion=complete_optimizer)
    ] = None,
    theta: Annotated[str | None, typer.Option("--theta", help="First values: 1, [1, 2], or w=1,b=2.")] = None,
    grad: Annotated[list[str] | None, typer.Option("--grad", help="The gradient of a step, once for each step.")] = None,
    objective: Annotated[str | None, typer.Option("--objective", help="What is to become small, as 'theta^2'.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="How many steps.")] = None,
    every: EveryOption = None,
    lr: Annotated[str | None, typer.Option("--lr", help="The learning rate.")] = None,
    values: Annotated[list[str] | None, typer.Option("--set", help="Settings, start states, constants: beta1=0.9,v=-0.5.")] = None,
    beside: BesideOption = None,
    others: Annotated[str | None, typer.Option("--compare", help="Other optimizers on the same task: sgd,momentum.")] = None,
    forms: Annotated[bool, typer.Option("--compare-conventions", help="The forms on which textbooks disagree, side by side.")] = False,
    *,
    out: Output,
) -> None:
    """Worked optimizer updates: every assignment of every step a line, and the run as a table."""
    from stepper.engine.optim.worked_run import WRITTEN, WRITTEN_AT_ALL, Wanted
    from stepper.engine.optim.worked_run import optim as work
    from stepper.engine.values.quantities import Settings
    from stepper.read.options import OptimOptions, load_task

    options = OptimOptions(theta, tuple(grad or ()), objective, steps, lr, tuple(values or ()), tuple(beside or ()))
    if others is not None or forms:
        from stepper.engine.optim.comparison import compare
        from stepper.read.options import rivals

        task = load_task(name, options)
        methods = rivals(task, others, forms, options)
        with Bar(task.steps * len(methods)) as bar:
            derivation = compare(task, methods, Settings(out.digits, out.exact), Wanted(WRITTEN, every, out.plots, bar))
        out.write(derivation)
        return
    task = load_task(name, options)
    with Bar(task.steps) as bar:
        wanted = Wanted(WRITTEN_AT_ALL if out.detail == "full" else WRITTEN, every, out.plots, bar)
        derivation = work(task, Settings(out.digits, out.exact), wanted)
    out.write(derivation)
    proved(derivation)


@writes
def train(
    graph: GraphArgument = None,
    expression: ExpressionOption = None,
    optimizer: Annotated[str, typer.Option("--optimizer", help="How steps are taken.", autocompletion=complete_optimizer)] = "sgd",
    wrt: Annotated[
        list[str] | None, typer.Option("--wrt", help="Train these leaves; default: all parameters.", autocompletion=complete_wrt)
    ] = None,
    steps: Annotated[int, typer.Option("--steps", help="How many steps.")] = 1,
    every: EveryOption = None,
    data: Annotated[Path | None, typer.Option("--data", help="A CSV file of samples; its first line names inputs.")] = None,
    total: Annotated[bool, typer.Option("--sum", help="With --data: the sum over the samples, not their mean.")] = False,
    batch: Annotated[int | None, typer.Option("--batch", help="With --data: so many samples a step, in the file's order.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="With --batch: in an order drawn anew for each epoch.")] = None,
    lr: Annotated[str | None, typer.Option("--lr", help="The learning rate.")] = None,
    values: Annotated[list[str] | None, typer.Option("--at", help="Values of leaves, as x=-2,y=5.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Values of leaves, as --at, and settings of the optimizer: x=-2,rho=0.9.")
    ] = None,
    beside: BesideOption = None,
    of: Annotated[str | None, typer.Option("--of", help="Make this node small instead of the output.")] = None,
    convention: ConventionOption = None,
    *,
    out: Output,
) -> None:
    """Forward, backprop, update of all parameters, repeated: one iteration in full, the run as a table."""
    from stepper.engine.optim.train import Arrays
    from stepper.engine.optim.train import train as work
    from stepper.engine.optim.worked_run import WRITTEN, WRITTEN_AT_ALL, Wanted
    from stepper.engine.values.quantities import Settings
    from stepper.read.adjust import with_output
    from stepper.read.data import read_samples
    from stepper.read.given import assigned
    from stepper.read.options import OptimOptions, settings_of, told_apart, training, without_states

    known = settings_of(optimizer, beside or ())
    told, chosen_settings = told_apart(settings or (), known)
    told |= assigned(values or ())
    read = with_output(asked_graph(graph, expression, told, convention, False, known), of)
    read, chosen_settings = without_states(read, chosen_settings, optimizer)
    arrays = None
    if isinstance(read, ArrayGraph):
        from stepper.engine.tensor.quantities import entry_by_entry

        arrays = Arrays(read, chosen(read, wrt or ["parameters"]))
        read = entry_by_entry(read)
    given = tuple(f"{name}={text(value)}" for name, value in chosen_settings.items())
    options = OptimOptions(None, (), None, steps, lr, given, tuple(beside or ()))
    samples = read_samples(data, read) if data is not None else ()
    task = training(read, optimizer, options, chosen(read, wrt) if wrt else (), samples, not total, batch, seed)
    with Bar(task.steps) as bar:
        wanted = Wanted(WRITTEN_AT_ALL if out.detail == "full" else WRITTEN, every, out.plots, bar)
        derivation = work(task, Settings(out.digits, out.exact), wanted, arrays)
    out.write(derivation)
    proved(derivation)
