"""Graphs too large to be written out: values and gradients by one sweep each way, paths counted, every result
checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from stepper.core.expr import Deriv, Value
from stepper.core.formula import reference, text
from stepper.core.graph import Graph
from stepper.core.progress import each, tell
from stepper.core.steps import Answer, Check, Column, Derivation, Note, Step, Table
from stepper.engine.graph.chain_rule import counted
from stepper.engine.graph.checks import checked
from stepper.engine.graph.conventions import notation, opening
from stepper.engine.graph.gradient_checking import TOGETHER, amount_of
from stepper.engine.graph.paths import path_counts
from stepper.engine.graph.size import LARGEST_WORKED, edges_of, longest_product
from stepper.engine.values.evaluate import compile_graph, leaf_values
from stepper.engine.values.precision import precise
from stepper.engine.values.quantities import Settings
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import Vocabulary, held_back

LONGEST_TABLE = 200
FINE_EDGES = 100_000
FINE_STEP = Fraction(1, 10**16)
STEP = 1e-6
ROUNDING = 1e-13
NEAR = 1e-5
LEFT_OUT = 1e-20
"""What the square of the step leaves out of a quotient."""


def suits(graph: Graph, settings: Settings) -> bool:
    """Can it be swept: numbers everywhere, formulas everywhere, the slopes of the tables, and nothing asked that needs
    each step?
    """
    vocabulary = Vocabulary(graph.functions, graph.conventions)
    plain = graph.upstream is None and not graph.local and vocabulary.kink.row == "1"
    given = all(leaf.value is not None for leaf in graph.leaves.values()) and all(
        node.written is not None for node in graph.nodes.values()
    )
    plain = plain and not held_back(graph)
    return plain and given and not (settings.exact or settings.verify or settings.simplify or settings.round_steps)


def swept(graph: Graph, output: str, wrt: Sequence[str], settings: Settings) -> Derivation:
    """The gradients of a large graph, without its steps one by one."""
    vocabulary = Vocabulary(graph.functions, graph.conventions)
    tell("working out values and gradients")
    sweep = Sweep(graph, vocabulary)
    gradients = sweep.gradients(output)
    found = {name: gradients[name] for name in wrt}
    symbols = {name: Deriv(reference(output), reference(name)) for name in wrt}
    edges = edges_of(graph)
    size = f"{counted(len(graph.nodes))} nodes and {counted(edges)} edges: too many to be written out one by one. "
    if edges <= LARGEST_WORKED:
        size = f"A product of {counted(longest_product(graph))} factors: its derivative is too long to be written out. "
    how = "Every value comes from one sweep forwards, every gradient from one sweep backwards, in floating point."
    value = Note((reference(output), " ≈ ", Value(sweep.values[sweep.slots[output]])))
    steps = [Step("large.size", "large.size", ("Size",), (Note((size, how)), value), detail="brief")]
    counts = path_counts(graph, output)
    shown = list(wrt)[:LONGEST_TABLE]
    rows = tuple(((symbols[name],), (Value(found[name]),), (counted(counts.get(name, 0)),)) for name in shown)
    columns = (Column(("gradient",), "gradient"), Column(("value",), "gradient"), Column(("paths",), "plain", "right"))
    body = [Table(columns, rows)]
    left = len(wrt) - len(shown)
    notes = [Note((f"{counted(left)} further gradients are among the answers of the JSON format.",))] if left else []
    steps.append(
        Step(
            "large.gradients", "large.gradients", ("Gradients of ", reference(output)), (*body, *notes), detail="brief"
        )
    )
    checks = [_difference(sweep, output, found)] if found else []
    answers = [Answer(text(symbols[name]), Value(gradient), gradient) for name, gradient in found.items()]
    names = notation(graph, set(graph.nodes))
    return Derivation(
        "backprop", graph.title, tuple(checked(steps, checks)), tuple(answers), tuple(checks), opening(graph), names,
        graph.source,
    )  # fmt: skip


def _difference(sweep: Sweep, output: str, gradients: Mapping[str, float]) -> Check:
    """All gradients at once: the leaves moved together, each by an amount of its own, against the change of the
    output.
    """
    moved = [name for name in gradients if name in sweep.graph.leaves]
    name = TOGETHER
    if not moved:
        return Check(name, output, None, None, ("not applicable: only leaves can be varied",))
    amounts = {leaf: amount_of(place) for place, leaf in enumerate(moved)}
    terms = [gradients[leaf] * float(amount) for leaf, amount in amounts.items()]
    size = sum(map(abs, terms))
    found, beside, noise = (
        _fine(sweep, output, amounts) if edges_of(sweep.graph) <= FINE_EDGES else _rough(sweep, output, amounts)
    )
    scale = max(size, abs(found) - LEFT_OUT)  # gradients that are too small, or 0, are no reason to look past a change
    if noise > NEAR * scale:
        return Check(name, output, None, None, ("not applicable: it is lost in the rounding of floating point",))
    ok = abs(found - sum(terms)) <= NEAR * size
    if not ok and beside > NEAR * scale:
        return Check(
            name,
            output,
            None,
            None,
            ("not applicable: a kink lies within the step, the one-sided differences are not equal",),
        )
    return Check(name, output, ok, found, ("the sum of the gradients, each times the change of its leaf",))


def _fine(sweep: Sweep, output: str, amounts: Mapping[str, Fraction]) -> tuple[float, float, float]:
    """The quotient at 50 digits, by how much those from either side differ, and how far it may be off."""
    tape = compile_graph(sweep.graph, sweep.vocabulary, precise())
    leaves, ends = leaf_values(sweep.graph), []
    for step in each((FINE_STEP, Fraction(0), -FINE_STEP), "checking gradients"):
        shifted = {leaf: Fraction(number) + step * amounts.get(leaf, 0) for leaf, number in leaves.items()}
        ends.append(tape.run(shifted)[tape.slots[output]])
    h = precise().number(FINE_STEP)
    return (
        float((ends[0] - ends[2]) / (2 * h)),
        float(abs(ends[0] - 2 * ends[1] + ends[2]) / h),
        float(abs(ends[0])) * 1e-30,
    )


def _rough(sweep: Sweep, output: str, amounts: Mapping[str, Fraction]) -> tuple[float, float, float]:
    """The same in floating point, with what its rounding may put off."""
    slot = sweep.slots[output]
    ends = [
        sweep.moved({leaf: step * float(amount) for leaf, amount in amounts.items()})[slot]
        for step in (STEP, 0.0, -STEP)
    ]
    beside = abs(ends[0] - 2 * ends[1] + ends[2]) / STEP
    return (ends[0] - ends[2]) / (2 * STEP), beside, ROUNDING * max(abs(ends[0]), 1.0) / STEP
