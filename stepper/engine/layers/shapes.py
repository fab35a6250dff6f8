"""Worked shape tables: sizes, parameters, multiply-adds and receptive fields of a network, each number with its
formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from stepper.core.expr import Array, Expr, Sym
from stepper.core.formula import text
from stepper.core.network import INPUT, Network
from stepper.core.pictures import Arrow, Box, Drawing, Kind
from stepper.core.prose import Prose, listed
from stepper.core.steps import Answer, Check, Derivation, Fact, Step, drawing_step
from stepper.core.traverse import names, substitute
from stepper.engine.layers.counting import Count, both_counts, counted, totals_of
from stepper.engine.layers.network import work
from stepper.engine.layers.receptive_field import Field, fields
from stepper.engine.layers.receptive_field_steps import field_step, needs_step, unit_step
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import symbol_of
from stepper.engine.layers.sizes import formula, literal
from stepper.engine.layers.stages import ends, stages
from stepper.engine.layers.table import misfits, shape_words, stage_words, table, totals_step
from stepper.engine.layers.unknowns import unknowns
from stepper.engine.layers.worked_lines import worked_lines
from stepper.errors import StepperError
from stepper.tables.table import ROWS

KERNEL = Sym("k")
Judge: TypeAlias = Callable[[Worked, Count], tuple[Sequence[Check], Sequence[Step]]]
"""Judges what is claimed of a worked network: the verdicts, and the steps that show them."""


def shapes(
    network: Network, given: Mapping[str, Expr], count: Count, judge: Judge | None = None, depth: int = 0
) -> tuple[Derivation, StepperError | None]:
    """The worked table, as far as the sizes fit, and what is wrong where they do not; ``judge`` looks at what is
    claimed. With ``depth`` what lies deeper among the modules is folded, and not worked line by line.

    What is wrong stands in the derivation too, after the table that ends before it.

    Raises:
        StepperError: where no layer fits, or what is asked for lies behind one that does not.
    """
    worked = work(network, given, count.biases)
    error = StepperError(*worked.problems) if worked.problems else None
    if error is not None and (
        not worked.layers or count.field_of not in ("", *(done.layer.name for done in worked.layers))
    ):
        raise error
    seen = fields(worked.layers)
    totals = totals_of(worked, count)
    across = fields(worked.layers, axis=1)
    answers = [_answer(done, count, seen, across) for done in worked.layers]
    if worked.whole:
        answers.append(
            Answer("total", totals["parameters"], None, {"parameters": totals["parameters"], **counted(totals, count)})
        )
    answers += [Answer(text(letter), value) for letter, value in worked.known.items()]
    steps = [
        drawing_step(_drawing(worked, depth)),
        table(worked, seen, totals, count, depth),
        misfits(worked),
        *unknowns(worked, count.solve),
    ]
    if not count.solve:
        steps += worked_lines(worked) if not depth else []
        steps += [field_step(worked, seen), needs_step(worked, seen, count.field_of)]
        steps += [unit_step(worked, count.field_of, count.unit)]
        steps += [totals_step(worked, totals)] if worked.whole else []
    checks, judged = judge(worked, count) if judge is not None else ((), ())
    steps += judged
    derivation = Derivation(
        "shapes", network.title, tuple(step for step in steps if step.body or step.children), tuple(answers),
        tuple(checks), tuple(_conventions(network, worked, count)), _notation(), network.source,
    )  # fmt: skip
    return derivation, error


def _drawing(worked: Worked, depth: int) -> Drawing:
    """The network with its shapes: a box a layer, or a module, its output's shape on the line that leaves it."""
    network = worked.network
    assert network.input is not None
    boxes = [Box(INPUT, (INPUT,), "input", (), shape_words(network.input, network.layout))]
    inside = {INPUT: INPUT, **ends(worked.layers, depth)}
    lines = [
        (inside[name], inside[done.layer.name]) for done in worked.layers for name in done.layer.reads if name in inside
    ]
    lines = [line for line in lines if line[0] != line[1]] if depth else lines
    read = {start for start, _ in lines}
    for stage in stages(worked.layers, depth):
        kind: Kind = "node" if stage.name in read else "output"
        shape = shape_words(stage.last.output, network.layout)
        boxes.append(Box(stage.name, (stage.name,), kind, (stage_words(stage),), shape))
    arrows: list[Arrow] = []
    slots: dict[str, int] = {}
    for start, end in dict.fromkeys(lines) if depth else lines:
        arrows.append(Arrow(start, end, slots.setdefault(end, 0)))
        slots[end] += 1
    return Drawing(tuple(boxes), tuple(arrows), value="shape of the output")


def _notation() -> dict[str, str]:
    return {row.name: row.symbol for row in ROWS.values() if row.symbol}


def _conventions(network: Network, worked: Worked, count: Count) -> list[Prose]:
    order = "height × width × channels" if network.layout == "HWC" else "channels × height × width"
    lines: list[Prose] = [(f"shapes are {order}, without the batch",)]
    lines += list(network.said)
    if worked.unused:
        names = listed([(done.layer.name,) for done in worked.unused])
        one = " is defined but not used; its parameters are counted"
        lines.append(
            (*names, one if len(worked.unused) == 1 else " are defined but not used; their parameters are counted")
        )
    if worked.known:
        solved = listed([(letter, " = ", value) for letter, value in worked.known.items()], ", ", ", ")
        lines.append((*solved, ", which the sizes tell: see Unknowns"))
    unit = (
        "1 multiply-add = 2 floating point operations" if count.flops else "1 multiply-add: one product added to a sum"
    )
    left_out = "norms, activations and pools" if count.bias_adds else "biases, norms, activations and pools"
    lines.append((f"{unit}; {left_out} are not counted",))
    if count.bias_adds:
        lines.append(("adding a bias counts as one more",))
    if not count.biases:
        lines.append(("no layer has biases",))
    lines += _size_formulas(worked)
    for done in worked.layers:
        if done.row.says and (line := (f"{done.row.word}: {done.row.says}",)) not in lines:
            lines.append(line)
    return lines


def _size_formulas(worked: Worked) -> list[Prose]:
    """The formula of each kind of layer, a helper such as the kernel with its gaps beside it, and what the letters
    are.
    """
    kinds: dict[object, Done] = {}
    for done in worked.layers:
        if done.sizes:
            kinds.setdefault((done.row.name, bool(done.helpers), id(done.sizes[0].formula)), done)
    lines: dict[Prose, dict[str, None]] = {}
    letters: dict[str, str] = {}
    for done in kinds.values():
        helpers: dict[Expr, Expr] = {Sym(name): formula(definition) for name, definition in done.row.helpers.items()}
        written = substitute(done.sizes[0].formula, {} if done.helpers else dict.fromkeys(helpers, KERNEL))
        used = [name for name in helpers if name in names(written)]
        line: list[str | Expr] = [written]
        for name in used:
            line += [" with ", name, " = ", helpers[name]]
        lines.setdefault(tuple(line), {})[done.row.word] = None
        there = {*names(written), *(part for name in used for part in names(helpers[name]))}
        letters |= {
            symbol_of(name).name: name.replace("_", " ")
            for name, _, _ in done.row.signature()
            if symbol_of(name) in there
        }
    found: list[Prose] = [(f"{', '.join(kind)}: the output size is ", *line) for line, kind in lines.items()]
    if found:
        found.append(("n: input size", *(f", {letter}: {word}" for letter, word in letters.items() if letter != word)))
    return found


def _answer(done: Done, count: Count, *seen: Mapping[str, Field | None]) -> Answer:
    """A layer's row: channels first, whatever the listing's order; the receptive field along each axis."""
    along = [fields_of.get(done.layer.name) for fields_of in seen]
    sizes = [literal(entry.units) for entry in along if entry is not None and not entry.whole]
    facts: dict[str, Fact] = {
        "layer": done.row.word, "shape": done.output, "parameters": done.parameters,
        **counted(both_counts(done, count), count), "receptive_field": tuple(sizes) if sizes else None,
        **done.arrays,
    }  # fmt: skip
    return Answer(done.layer.name, Array(done.output), None, facts)
