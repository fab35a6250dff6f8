"""Reverse accumulation as steps: a table of adjoints, or a worked equation for each; the table of results."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import Expr, Value, multiply
from stepper.core.formula import number_of, reference
from stepper.core.steps import Column, Prose, Step, Table
from stepper.engine.graph.adjoints import Gradients, joined, summed
from stepper.engine.graph.chain_rule import zero_notes
from stepper.engine.graph.why_zero import why_zero


def table_step(gradients: Gradients) -> Step:
    """Each adjoint from the adjoints of its readers, as a table."""
    rows: list[tuple[Prose, ...]] = [(_symbol(gradients, name), *_arising(gradients, name)) for name in gradients.order]
    columns = (Column(("adjoint",), "gradient"), Column(("computed as",)), Column(("value",), "gradient"))
    title: Prose = ("Reverse accumulation",)
    why: Prose = (
        "From the output back: the adjoint of a quantity is the sum, over the nodes that use it, of their adjoints "
        "times the local derivatives.",
    )
    table = Table(columns, tuple(rows))
    return Step("reverse.table", "reverse.table", title, (table,), why, uses=gradients.order, detail="full")


def _symbol(gradients: Gradients, name: str) -> Prose:
    return (gradients.symbol(name),)


def _arising(gradients: Gradients, name: str) -> tuple[Prose, Prose]:
    adjoint = gradients.adjoint(name)
    if name == gradients.output:
        return (("the upstream gradient",) if gradients.upstream is not None else ("the output itself",)), (adjoint,)
    symbols, numbers = _sums(gradients, name)
    equation = gradients.sheet.chained(symbols, [numbers, adjoint])
    shown: list[str | Expr] = []
    for link in equation.links:
        shown += [f" {link.relation} " if shown else "", link.expr]
    return (symbols,), tuple(shown)


def _sums(gradients: Gradients, name: str) -> tuple[Expr, Expr]:
    contributions = gradients.contributions(name)
    symbols = summed([multiply(*factors) for factors, _ in contributions])
    return symbols, summed([joined(results) for _, results in contributions])


def node_step(gradients: Gradients) -> Step:
    """Accumulation at each node as worked equations."""
    children = []
    for name in gradients.order:
        if name == gradients.output:
            continue
        symbols, numbers = _sums(gradients, name)
        equation = gradients.sheet.chained(gradients.symbol(name), [symbols, numbers, gradients.adjoint(name)])
        children.append(
            Step(
                f"reverse.node:{name}",
                "reverse.node",
                (gradients.symbol(name),),
                (equation,),
                uses=tuple(dict.fromkeys(reader for reader, _ in gradients.edges(name))),
            )
        )
    title: Prose = ("Accumulation at each node, from the output backwards",)
    return Step("reverse.nodes", "reverse.nodes", title, children=tuple(children))


def result_step(gradients: Gradients, names: Sequence[str]) -> Step:
    """The gradients asked for: one as an equation, several as a table, with the reason where one is zero."""
    if len(names) == 1:
        (name,) = names
        equation = gradients.sheet.chained(gradients.symbol(name), [gradients.adjoint(name)])
        return Step("chain.sum", "chain.sum", ("Value",), (equation, *zero_notes(gradients, name)), detail="brief")
    rows = [(_symbol(gradients, name), (gradients.adjoint(name),), _reason(gradients, name)) for name in names]
    columns = [Column(("gradient",), "gradient"), Column(("value",), "gradient")]
    if any(row[2] for row in rows):
        columns.append(Column(("why it is zero",)))
    table = Table(tuple(columns), tuple(row[: len(columns)] for row in rows))
    return Step(
        "result.table", "result.table", ("Gradients of ", reference(gradients.output)), (table,), detail="brief"
    )


def wires_step(gradients: Gradients) -> Step:
    """Every wire of a circuit: the gate it leaves, its value, the gradient that arrives on it."""
    graph, sheet = gradients.graph, gradients.sheet
    rows: list[tuple[Prose, ...]] = []
    for name in (*graph.leaves, *graph.order):
        if name in gradients.inside:
            node = graph.nodes.get(name)
            formula = node.formula if node is not None and name not in graph.given else None
            gate: Prose = (formula,) if formula is not None else ("given",)
            value: Prose = (Value(sheet.values[name]),) if name in sheet.values else ()
            rows.append(((reference(name),), gate, value, (gradients.adjoint(name),)))
    columns = (Column(("wire",)), Column(("gate",)), Column(("value",), "value"), Column(("gradient",), "gradient"))
    why: Prose = ("Each gradient is that of ", reference(gradients.output), " with respect to the wire.")
    return Step(
        "circuit.wires",
        "circuit.wires",
        ("The circuit, wire by wire",),
        (Table(columns, tuple(rows)),),
        why,
        detail="brief",
    )


def _reason(gradients: Gradients, name: str) -> Prose:
    return why_zero(gradients, name) if number_of(gradients.adjoint(name)) == 0 else ()
