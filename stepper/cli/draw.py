"""The command that draws."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import replace

from stepper.cli.inputs import given, reader
from stepper.cli.names import complete_graph
from stepper.cli.options import (
    ConventionOption,
    ExpressionOption,
    GatesOption,
    IndexOption,
    InputOption,
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
    notation: NotationOption = None,
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

    plain = not (wrt or values or weights or rows or adjacency or convention or gates or scalars or index or notation)
    listing = plain and graph is not None and expression is None and is_listing(graph)
    solution = work(
        graph if graph is not None and listing else reader(graph, expression, input_shape), wrt, values=given(values),
        weights=weights, input=input_shape if listing else None, rows=rows, adjacency=adjacency,
        gates=gates, **unfolded(scalars, index, convention), notation=notation or (),
        digits=out.digits, exact=out.exact,
    )  # fmt: skip
    if graphviz:
        lay_out(solution.derivation, out)
        return
    out.write(solution)
