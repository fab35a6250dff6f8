"""The forward pass: one worked equation a node."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from stepper.core.expr import Expr, Value
from stepper.core.formula import reference
from stepper.core.graph import Graph
from stepper.core.memory import without_collection
from stepper.core.progress import each
from stepper.core.steps import Answer, Derivation, Detail, Equation, Link, Note, Step, drawing_step
from stepper.engine.graph.conventions import circuit, definitions, notation, opening, remarks
from stepper.engine.graph.drawing import drawing, known_values
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import given_number
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError


@without_collection()
def forward(graph: Graph, settings: Settings) -> Derivation:
    """Works every node of a graph out, in an order in which each comes after what it reads."""
    sheet = Sheet(graph, settings)
    if not graph.nodes:
        raise StepperError(Problem(f"{graph.title or 'this document'} has no nodes to work out"))
    step = forward_step(sheet, graph.nodes)
    used = set(graph.nodes)
    answers = tuple(answer(sheet, name) for name in graph.order)
    conventions = (*opening(graph), *remarks(sheet, used), *circuit(graph, used), *definitions(sheet, used, [step]))
    pictured = drawing_step(drawing(graph, known_values(sheet), (), graph.output))
    return Derivation(
        "forward", graph.title, (pictured, step), answers, (), conventions, notation(graph, used), graph.source
    )


def answer(sheet: Sheet, name: str) -> Answer:
    """A node's value, or its formula where it has none."""
    number = sheet.values.get(name)
    formula = sheet.graph.nodes[name].formula
    expr: Expr = reference(name)
    if number is not None:
        expr = Value(number)
    elif formula is not None:
        expr = sheet.put_in(formula)
    return Answer(name, expr, number)


def forward_step(sheet: Sheet, shown: Iterable[str], among: Collection[str] | None = None) -> Step:
    """The forward pass as a step, of all nodes or of those in ``among``; nodes outside ``shown`` appear only in full
    detail.
    """
    wanted = set(shown)
    names = [name for name in sheet.graph.order if among is None or name in among]
    children = tuple(_node(sheet, name, "normal" if name in wanted else "full") for name in each(names, "forward pass"))
    return Step("forward.pass", "forward.pass", ("Forward pass",), children=children, detail="brief")


def given_step(identity: str, graph: Graph, name: str, left: Expr, value: Expr, detail: Detail) -> Step:
    """The line of a node whose value is given: the value, and the formula that it stands for."""
    node = graph.nodes[name]
    line = Equation(left, (Link("=", value, ("given",)),))
    formula = (Note(("in place of ", node.formula)),) if node.formula is not None else ()
    return Step(
        identity,
        "forward.given",
        (left,),
        (line, *formula),
        uses=node.reads,
        detail="brief" if detail == "normal" else detail,
    )


def _node(sheet: Sheet, name: str, detail: Detail) -> Step:
    node = sheet.graph.nodes[name]
    left = reference(name)
    identity = f"forward.node:{name}"
    if name in sheet.graph.given:
        return given_step(identity, sheet.graph, name, left, Value(given_number(sheet.graph, name)), detail)
    if node.formula is None:
        names: list[str | Expr] = []
        for read in node.reads:
            names += [", ", reference(read)] if names else [reference(read)]
        return Step(
            identity, "forward.abstract", (left,), (Note((left, " reads ", *names)),), uses=node.reads, detail=detail
        )
    equation: Equation = sheet.worked(left, node.formula, sheet.values.get(name))
    return Step(
        identity,
        "forward.node",
        (left,),
        (equation,),
        uses=node.reads,
        detail="brief" if detail == "normal" else detail,
    )
