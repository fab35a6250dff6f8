"""Reverse accumulation as steps: a table of adjoints, or a worked equation for each; the table of results."""

from __future__ import annotations

from collections.abc import Container, Sequence

from msgspec.structs import replace

from stepper.core.expr import Expr, Value, multiply
from stepper.core.formula import number_of, reference
from stepper.core.prose import Prose
from stepper.core.steps import Block, Column, Detail, Equation, Step, Table
from stepper.engine.graph.adjoints import Gradients, joined, summed
from stepper.engine.graph.chain_rule import Question, counted, kink_notes, zero_notes
from stepper.engine.graph.paths import Edge
from stepper.engine.graph.simplified import ShorterProduct, cancelled_upstream
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


def last_edges(gradients: Gradients) -> set[Edge]:
    """The edges to the output from what it alone uses: their local derivatives are the gradients already."""
    if gradients.upstream is not None:
        return set()
    ends = [(name, gradients.edges(name)) for name in gradients.order]
    return {(name, *edges[0]) for name, edges in ends if len(edges) == 1 and edges[0][0] == gradients.output}


def node_step(gradients: Gradients, asked: Sequence[str] = (), count: Prose = (), told: Container[Edge] = ()) -> Step:
    """Accumulation at each node as worked equations; of those that are asked for, the value is shown in every detail.

    ``count`` says how many paths there are, where they are not listed. ``told`` are edges that are worked out here and
    not among the local derivatives.
    """
    names = [name for name in gradients.order if name != gradients.output or name in asked]
    names += [name for name in asked if name not in gradients.inside]
    shorter = cancelled_upstream(gradients)
    children = [_accumulated(gradients, name, name in asked, told, shorter.get(name)) for name in names]
    title: Prose = (
        "Gradients accumulated at each node, back from ",
        reference(gradients.output),
        *((" along ", *count) if count else ()),
    )
    detail: Detail = "brief" if asked else "normal"
    return Step("reverse.nodes", "reverse.nodes", title, children=tuple(children), detail=detail)


def _accumulated(
    gradients: Gradients, name: str, asked: bool, told: Container[Edge], shorter: ShorterProduct | None
) -> Step:  # fmt: skip
    symbol, edges = gradients.symbol(name), gradients.edges(name)
    alone = [gradients.locals(name, *edge) for edge in edges if (name, *edge) in told]
    links, notes = (alone[0].equation.links, kink_notes(alone[0])) if alone else ((), ())
    if not links:
        sums = _sums(gradients, name) if edges else ()
        if shorter is not None and shorter.sides:
            sums = (*sums[:1], *shorter.sides)
        links = gradients.sheet.chained(symbol, [*sums, gradients.adjoint(name)]).links
    *before, last = links
    links = (*(replace(link, detail="normal") for link in before), last)
    body: list[Block] = [Equation(symbol, links, "gradient"), *notes]
    body += zero_notes(gradients, name) if asked else []
    readers = tuple(dict.fromkeys(reader for reader, _ in edges))
    detail: Detail = "brief" if asked else "normal"
    return Step(f"reverse.node:{name}", "reverse.node", (symbol,), tuple(body), uses=readers, detail=detail)


def result_step(gradients: Gradients, questions: Sequence[Question]) -> Step:
    """The gradients asked for as a table, with the number of their paths, and the reason where one is zero."""
    rows = []
    for name, count in ((question.name, counted(question.count)) for question in questions):
        rows.append((_symbol(gradients, name), (gradients.adjoint(name),), (count,), _reason(gradients, name)))
    columns = [Column(("gradient",), "gradient"), Column(("value",), "gradient"), Column(("paths",), align="right")]
    if any(row[-1] for row in rows):
        columns.append(Column(("why it is zero",)))
    table = Table(tuple(columns), tuple(row[: len(columns)] for row in rows))
    return Step("result.table", "result.table", ("Gradients of ", reference(gradients.output)), (table,), detail="full")


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
    columns = (
        Column(("wire",)),
        Column(("gate",)),
        Column(("value",), "value"),
        Column(("gradient of ", reference(gradients.output)), "gradient"),
    )
    title: Prose = ("The circuit, wire by wire",)
    return Step("circuit.wires", "circuit.wires", title, (Table(columns, tuple(rows)),), detail="brief")


def _reason(gradients: Gradients, name: str) -> Prose:
    return why_zero(gradients, name) if number_of(gradients.adjoint(name)) == 0 else ()
