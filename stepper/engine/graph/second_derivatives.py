"""Second derivatives: the first derivatives become quantities of the graph, worked out by the chain rule, and are
differentiated again.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from stepper.core.expr import Deriv, Expr, Index, Number, Sign
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.prose import Prose
from stepper.core.steps import Answer, Check, Column, Derivation, Note, Step, Table
from stepper.core.traverse import names as parts_of
from stepper.engine.graph.accumulation import node_step
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import check_names, output_of
from stepper.engine.graph.backward import gradient_steps, kink_lines, questions_of
from stepper.engine.graph.chain_rule import MANY, local_step
from stepper.engine.graph.checks import checked
from stepper.engine.graph.conventions import circuit, definitions, notation, opening, remarks
from stepper.engine.graph.difference_quotients import Differences
from stepper.engine.graph.forward import forward_step
from stepper.engine.graph.gradient_checking import FLOOR, judged, seeded
from stepper.engine.graph.local_derivatives import Locals
from stepper.engine.graph.paths import Edge
from stepper.engine.graph.size import LARGEST_WORKED, edges_of
from stepper.engine.values.differentiate import ONE, ZERO, plus, times
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings, close
from stepper.errors import Problem, StepperError


def second_derivatives(graph: Graph, wrt: Sequence[str], settings: Settings) -> Derivation:
    """Explains the second derivative of the output for one quantity, or its Hessian for several.

    ``L_w`` stands for dL/dw. Where the graph reads h = w*x and L = h^2, it gains the quantities L_h = 2*h and L_w =
    L_h*x, and dL_w/dw is their derivative along the paths w -> h -> L_h -> L_w.

    Raises:
        StepperError: where the output is ambiguous, a name is unknown, or a formula is missing.
    """
    output = output_of(graph)
    check_names(graph, wrt)
    if (edges := edges_of(graph)) > LARGEST_WORKED:
        what = f"second derivatives are worked out line by line, for up to {LARGEST_WORKED:,} edges; here are {edges:,}"
        raise StepperError(Problem(what, hint="use a nearer node with --of, or leave out --gates"))
    first = Gradients(Sheet(graph, settings), output, wrt)
    whole, names = with_first_derivatives(first)
    sheet = Sheet(whole, settings)
    local = Locals(sheet)
    rows = {name: Gradients(sheet, names[name], wrt, local) for name in wrt if name in names}
    used = graph.ancestors([output]) & set(graph.nodes)
    steps = [forward_step(sheet, used, among=graph.nodes), _first_step(sheet, graph, output)]
    told: set[Edge] = set()
    for name, gradients in rows.items():
        steps += _row_steps(gradients, name, wrt, settings, told)
        told |= {(edge.source, edge.target, edge.slot) for edge in gradients.worked}
    entries = {(one, other): rows[one].adjoint(other) if one in rows else ZERO for one in wrt for other in wrt}
    checks = _checks(Differences(first.sheet, output), entries, names, _constant(first, wrt))
    steps = checked([*steps, _hessian(output, wrt, entries)], checks)
    answers = tuple(
        Answer(text(_symbol(names, one, other)), entry, number_of(entry))
        for (one, other), entry in entries.items()
        if one in names
    )
    example = reference(names[next(iter(rows))]) if rows else reference(output)
    said: Prose = (
        example,
        " stands for ",
        first.symbol(next(iter(rows), wrt[0])),
        ", and so on: the first derivatives are quantities too",
    )
    heading = (*opening(graph), *remarks(sheet, used), *circuit(graph, used), *definitions(sheet, used, steps))
    conventions = (*heading, *kink_lines(first, used, wrt), said)
    return Derivation(
        "backprop",
        graph.title,
        tuple(steps),
        answers,
        tuple(checks),
        conventions,
        notation(graph, set(graph.nodes)),
        graph.source,
    )


def _constant(first: Gradients, wrt: Sequence[str]) -> Number | None:
    """What arrives at the output, where that is a number and does not change with what is asked about."""
    arriving = {text(part) for part in parts_of(first.upstream)} if first.upstream is not None else set[str]()
    return number_of(first.seed) if arriving.isdisjoint(first.graph.descendants(wrt)) else None


def with_first_derivatives(gradients: Gradients) -> tuple[Graph, Mapping[str, str]]:
    """The graph with the adjoint of each quantity inside as a node of its own, and the names of these nodes.

    Raises:
        StepperError: where an edge has no formula to be differentiated.
    """
    graph, output = gradients.graph, gradients.output
    names = {name: _named(graph, output, name) for name in gradients.order}
    nodes: dict[str, Node] = {}
    for name in gradients.order:
        terms: list[tuple[Sign, Expr]] = []
        for reader, slot in gradients.edges(name):
            formula = gradients.locals.formula(name, reader, slot)
            if formula is None or (name, reader) in graph.local:
                what = f"the edge {name} -> {reader} has no formula, so its derivative cannot be differentiated again"
                raise StepperError(Problem(what, hint="give the node a formula under 'nodes:'"))
            edge = gradients.locals(name, reader, slot)
            local = edge.result if edge.kinks else formula
            seed = gradients.upstream if gradients.upstream is not None else ONE
            terms.append(("+", times(seed if reader == output else reference(names[reader]), local)))
        if name != output:
            nodes[names[name]] = Node.of(names[name], plus(terms))
    # what arrives may be a letter that the graph does not have: it becomes a quantity too
    arriving = [text(part) for part in parts_of(gradients.upstream)] if gradients.upstream is not None else []
    given = {name: Leaf(name, "constant") for name in arriving if name not in graph.readers}
    return replace(
        graph, leaves={**graph.leaves, **given}, nodes={**graph.nodes, **nodes}, output=None, upstream=None
    ), names


def _named(graph: Graph, output: str, name: str) -> str:
    """``L_w`` for dL/dw, with an underscore more where the document uses this name itself."""
    stem = re.sub(r"\W+", "_", output).strip("_")
    expr = reference(name)
    base, rest = (
        (text(expr.base), name[len(text(expr.base)) :]) if isinstance(expr, Index) else (re.sub(r"\W+", "_", name), "")
    )
    found = f"{stem}_{base}"
    while f"{found}{rest}" in graph.nodes or f"{found}{rest}" in graph.leaves:
        found = found.replace("_", "__", 1)
    return f"{found}{rest}"


def _first_step(sheet: Sheet, graph: Graph, output: str) -> Step:
    """The first derivatives, worked out as quantities."""
    made = [name for name in sheet.graph.order if name not in graph.nodes]
    step = forward_step(sheet, made, among=made)
    why = Note(("Each is the sum over the nodes that use the quantity.",), "full")
    title: Prose = ("First derivatives as quantities, by the chain rule from ", reference(output), " back")
    return replace(step, id="second.first", rule="second.first", title=title, body=(why,))


def _row_steps(
    gradients: Gradients, name: str, wrt: Sequence[str], settings: Settings, told: Container[Edge]
) -> list[Step]:
    """One row of the Hessian: path by path where it is the only entry, else by accumulation; none where there are
    many. ``told`` are edges whose local derivatives stand in a row before.
    """
    if len(wrt) == 1:
        return gradient_steps(gradients, questions_of(gradients.graph, [name], gradients.output, settings))
    if len(wrt) > MANY:
        return []
    steps = (local_step(gradients, told), node_step(gradients))
    words = ("Local derivatives below ", "Derivatives of ")
    return [
        replace(step, id=f"{step.id}:{name}", title=(word, reference(gradients.output)))
        for step, word in zip(steps, words, strict=True)
        if step.children
    ]


def _symbol(names: Mapping[str, str], one: str, other: str) -> Deriv:
    return Deriv(reference(names[one]), reference(other))


def _hessian(output: str, wrt: Sequence[str], entries: Mapping[tuple[str, str], Expr]) -> Step:
    """All second derivatives as a matrix; for one quantity there is nothing to arrange."""
    if len(wrt) == 1:
        return Step("second.hessian", "second.hessian", ())
    columns = (Column(("",)), *(Column((reference(name),), "gradient", "right") for name in wrt))
    rows = tuple(((reference(one),), *((entries[one, other],) for other in wrt)) for one in wrt)
    why = Note(("Row by row the derivatives of the first derivatives: a symmetric matrix.",), "full")
    title: Prose = ("The Hessian of ", reference(output))
    return Step("second.hessian", "second.hessian", title, (why, Table(columns, rows)), detail="brief")


def _checks(
    differences: Differences, entries: Mapping[tuple[str, str], Expr], names: Mapping[str, str], arriving: Number | None
) -> list[Check]:
    """A second difference quotient of the output itself for each entry on or above the diagonal; below it, symmetry.

    ``arriving`` is what arrives at the output, where that is a number.
    """
    found: list[Check] = []
    seen: set[tuple[str, str]] = set()
    for (one, other), entry in entries.items():
        if one not in names:
            continue
        of, number = text(_symbol(names, one, other)), number_of(entry)
        seen.add((one, other))
        if one != other and (other, one) in seen:
            mirror = entries[other, one]
            opposite = number_of(mirror)
            ok = entry == mirror or (None if number is None or opposite is None else _alike(number, opposite))
            words: Prose = ("the same with the order of differentiation exchanged",)
            found.append(Check("symmetry", of, ok, opposite, words))
            continue
        if number is None or arriving is None or not {one, other, differences.output} <= set(differences.sheet.values):
            found.append(Check("second difference", of, None, None, ("not applicable: symbols are left",)))
            continue
        if differences.on_kink(one) or differences.on_kink(other):
            found.append(Check("second difference", of, None, None, ("not applicable: a kink lies within the step",)))
            continue
        below = next(
            ((after, before) for after, before in ((one, other), (other, one)) if _leads(differences, before, after)),
            None,
        )
        if below is not None:
            words = ("not applicable: ", reference(below[0]), " is worked out from ", reference(below[1]))
            found.append(Check("second difference", of, None, None, words))
            continue
        quotient = seeded(partial(differences.second, one, other), arriving)
        found.append(judged("second difference", of, quotient, number, max(1.0, abs(float(number)))))
    return found


def _leads(differences: Differences, one: str, other: str) -> bool:
    """Does another quantity move along with one?

    What is moved by itself is cut off from what it reads, so both cannot be moved.
    """
    return one != other and other in differences.sheet.graph.descendants([one])


def _alike(one: Number, other: Number) -> bool:
    """Equal, or so small against 1 that what differs is what 1 - tanh^2 lost as a float."""
    return close(one, other) or abs(float(one) - float(other)) <= FLOOR
