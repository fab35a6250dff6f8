"""The commands. Each calls one function of the API and writes; what a command needs is imported in its body."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from stepper.cli.exams import exams
from stepper.cli.inputs import given, proved, reader
from stepper.cli.names import complete_graph, complete_listing, complete_rule
from stepper.cli.new import new
from stepper.cli.options import (
    ConventionOption,
    ExpressionOption,
    GatesOption,
    GraphArgument,
    IndexOption,
    InputOption,
    KinkOption,
    RowsOption,
    ScalarsOption,
    SetOption,
    WeightsOption,
    WrtOption,
    unfolded,
    writes,
)
from stepper.cli.output import Output
from stepper.cli.runs import optim, train
from stepper.errors import StepperError

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="stepper shows its work: worked solutions of deep-learning computations.",
)
app.add_typer(exams, name="exams")

WELCOME = """\
stepper shows its work: worked solutions of deep-learning computations.

  stepper backprop tum-2022/6 --wrt w11     a bundled exam: the gradient for one weight, step by step
  stepper backprop graph.yaml --wrt all     your own graph: all gradients
  stepper new 2-3-2 --ask -o net.yaml       your own network, without typing YAML
  stepper forward graph.yaml                the forward pass alone
  stepper backprop -e 'f = (x + y)*z' --set x=-2,y=5,z=-4 --wrt all
  stepper shapes net.txt                    a network's shape table, every number worked
  stepper shapes -e '32x32x3 -> CONV3-64 -> POOL2 -> FC-10'
  stepper optim adam --theta 1 --grad 0.5   optimizer updates, every assignment worked
  stepper draw tum-2022/6 --wrt w11         the graph as a picture; -o graph.svg
  stepper exams list                        what is bundled
  stepper rules sigmoid                     what is known of a function

  ... > notes.md                            into a file or a pipe it writes Markdown
  ... -o notes.html                         or the format of the suffix: .tex .html .svg .json
  ... --step                                step by step: predict, then look

A graph is a few lines of YAML:

  inputs: {x: 2, y: 1}
  parameters: {w: 0.5, b: 0}
  nodes:
    a: sigmoid(w*x + b)
    L: (a - y)^2

stepper --help lists the commands, stepper backprop --help the options.
"""


@app.callback(invoke_without_command=True)
def welcome(
    ctx: typer.Context, version: Annotated[bool, typer.Option("--version", "-V", help="Show the version.")] = False
) -> None:  # fmt: skip
    """Show what to type first."""
    if version:
        from stepper import __version__

        sys.stdout.write(f"stepper {__version__}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        sys.stdout.write(WELCOME)


@app.command()
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
            digits=out.digits,
            exact=out.exact,
        )
    )


@app.command()
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
        str | None, typer.Option("--upstream", help="The gradient arriving at the output, a number or a name.")
    ] = None,
    kink: KinkOption = None,
    relu_backward: Annotated[
        str | None, typer.Option("--relu-backward", help="What goes back through ReLU: gradient, deconvnet or guided.")
    ] = None,
    convention: ConventionOption = None,
    gates: GatesOption = False,
    scalars: ScalarsOption = False,
    index: IndexOption = None,
    second: Annotated[
        bool, typer.Option("--second", help="The second derivative; for several names, the Hessian.")
    ] = False,
    ascent: Annotated[bool, typer.Option("--ascent", help="With --lr: step uphill.")] = False,
    round_steps: Annotated[
        int | None,
        typer.Option(
            "--round-steps", min=1, max=15, help="Carry only this many digits after every step too, as by hand."
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
        second=second, ascent=ascent, round_steps=round_steps, verify=verify, simplify=simplify,
        paths=paths, digits=out.digits, exact=out.exact,
    )  # fmt: skip
    out.write(solution)
    proved(solution)


@app.command()
@writes
def shapes(
    net: Annotated[
        str | None,
        typer.Argument(
            help="A network listing, '-' for standard input, or a bundled exam.", autocompletion=complete_listing
        ),
    ] = None,
    expression: Annotated[
        str | None, typer.Option("--expression", "-e", help="The listing itself, as 'Conv2d(1, 10, 3) -> ReLU()'.")
    ] = None,
    input_shape: Annotated[str | None, typer.Option("--input", help="The input's shape, as 3x224x224.")] = None,
    layout: Annotated[str | None, typer.Option("--layout", help="CHW (channels first) or HWC (channels last).")] = None,
    values: Annotated[list[str] | None, typer.Option("--set", help="Values of unknowns and symbols, as n=19.")] = None,
    solve: Annotated[
        list[str] | None, typer.Option("--solve", help="Work out these letters from the sizes that the listing states.")
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", help="Check a claim, as 'rf(l3) = 23'; a file of claims; or 'published'."),
    ] = None,
    count_bias: Annotated[bool, typer.Option("--count-bias", help="Count the adding of biases too.")] = False,
    no_bias: Annotated[bool, typer.Option("--no-bias", help="Work as if no layer had biases.")] = False,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which model of a source file that has several: its class, or its variable."),
    ] = None,
    receptive_field: Annotated[
        str, typer.Option("--receptive-field", help="Work this layer's receptive field both ways; of a unit, as l3[2].")
    ] = "",
    flops: Annotated[
        bool, typer.Option("--flops", help="Count floating point operations, two for each multiply-add.")
    ] = False,
    *,
    out: Output,
) -> None:
    """Shape table of a network: sizes, parameters, multiply-adds, receptive fields, every number worked."""
    from stepper.api import shapes as work
    from stepper.read.network import sizes_given

    try:
        solution = work(
            net, input_shape, listing=expression, layout=layout, values=sizes_given(values or ()), solve=solve,
            check=check, count_bias=count_bias, bias=not no_bias, model=model, receptive_field=receptive_field,
            flops=flops,
        )  # fmt: skip
    except StepperError as error:
        if error.partial is not None and not out.pictures:  # a picture cannot tell what is missing in it
            out.write(error.partial)
        raise
    out.write(solution)
    if any(check.ok is False for check in solution.checks):
        raise typer.Exit(1)


app.command()(new)
app.command()(optim)
app.command()(train)


@app.command()
@writes
def draw(
    graph: Annotated[
        str | None,
        typer.Argument(
            help="A graph document, a network listing, '-' for a graph on standard input, or a bundled exam.",
            autocompletion=complete_graph,
        ),
    ] = None,
    expression: ExpressionOption = None,
    wrt: WrtOption = None,
    adjacency: Annotated[
        bool, typer.Option("--adjacency", help="Show the adjacency matrix and the order of calculation.")
    ] = False,
    values: SetOption = None,
    weights: WeightsOption = None,
    input_shape: InputOption = None,
    rows: RowsOption = False,
    convention: ConventionOption = None,
    gates: GatesOption = False,
    scalars: ScalarsOption = False,
    index: IndexOption = None,
    graphviz: Annotated[
        bool, typer.Option("--graphviz", help="Let Graphviz lay it out, where that is installed: svg, png or pdf.")
    ] = False,
    *,
    out: Output,
) -> None:
    """The graph as a picture, values above and gradients below its edges; then its order, paths, recurrences.

    A network listing is drawn with its shapes; with weights or values as a graph.
    """
    out = replace(out, draws=True)
    if graphviz:
        from stepper.cli.graphviz import check, lay_out

        check(out)
    from stepper.api import draw as work
    from stepper.read.bundled import is_listing

    plain = not (wrt or values or weights or rows or adjacency or convention or gates or scalars or index)
    listing = plain and graph is not None and expression is None and is_listing(graph)
    solution = work(
        graph if graph is not None and listing else reader(graph, expression, input_shape), wrt, values=given(values),
        weights=weights, input=input_shape if listing else None, rows=rows, adjacency=adjacency,
        gates=gates, **unfolded(scalars, index, convention), digits=out.digits, exact=out.exact,
    )  # fmt: skip
    if graphviz:
        lay_out(solution.derivation, out)
        return
    out.write(solution)


@app.command()
@writes
def rules(
    name: Annotated[str | None, typer.Argument(help="A function.", autocompletion=complete_rule)] = None,
    *,
    out: Output,
) -> None:
    """What stepper knows: definition, derivative, domain, kink, source."""
    from stepper.api import rules as work

    out.write(work(name, plots=out.plots))
