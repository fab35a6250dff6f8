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
from stepper.engine.layers.dividing import NOT_ROUNDED
from stepper.engine.layers.network import work
from stepper.engine.layers.reach import reaches
from stepper.engine.layers.receptive_field import Field, fields, square
from stepper.engine.layers.receptive_field_steps import field_step, needs_step, unit_step
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import symbol_of
from stepper.engine.layers.sizes import formula, literal
from stepper.engine.layers.stages import ends, stages
from stepper.engine.layers.table import (
    function_symbols,
    misfits,
    shape_words,
    stage_words,
    table,
    totals_step,
)
from stepper.engine.layers.unknowns import unknowns
from stepper.engine.layers.worked_lines import worked_lines
from stepper.errors import StepperError
from stepper.tables.any_axes import ANY_AXES

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
    worked = work(network, given, count.biases, count.divides, count.single)
    network = worked.network
    error = StepperError(*worked.problems) if worked.problems else None
    nothing = not worked.layers and judge is None  # a claim is judged beside what is wrong
    if error is not None and (nothing or count.field_of not in ("", *(done.layer.name for done in worked.layers))):
        raise error
    seen = fields(worked.layers)
    totals = totals_of(worked, count)
    along = [_covered(worked, seen, 0)]
    along.append(along[0] if square(worked.layers) else _covered(worked, fields(worked.layers, axis=1), 1))
    answers = [_answer(done, count, along) for done in worked.layers]
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
        tuple(checks), tuple(_conventions(network, worked, count)), function_symbols(), network.source,
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
    lines += [(*listed([(name,) for name in alone]), " ", _outputs(len(alone)))] if (alone := _alone(worked)) else []
    lines += _families(worked)
    if worked.known:
        solved = listed([(letter, " = ", value) for letter, value in worked.known.items()], ", ", ", ")
        lines.append((*solved, ", which the sizes tell: see Unknowns"))
    unit = (
        "1 multiply-add = 2 floating point operations" if count.flops else "1 multiply-add: one product added to a sum"
    )
    left_out = "norms, activations and pools" if count.bias_adds else "biases, norms, activations and pools"
    if worked.sized:
        lines.append((f"{unit}; {left_out} are not counted",))
        lines += [("adding a bias counts as one more",)] if count.bias_adds else []
    if not count.biases:
        lines.append(("no layer has biases",))
    lines += _size_formulas(worked)
    lines += [NOT_ROUNDED] if count.divides else []
    for done in worked.layers:
        if done.row.says and (line := (f"{done.row.word}: {done.row.says}",)) not in lines:
            lines.append(line)
    return lines


def _alone(worked: Worked) -> list[str]:
    """The layers before the last that no layer reads."""
    read = {name for layer in worked.network.layers for name in layer.reads}
    return [done.layer.name for done in worked.layers[:-1] if done.layer.name not in read] if worked.whole else []


def _outputs(count: int) -> str:
    return "is an output too: no layer reads it" if count == 1 else "are outputs too: no layer reads them"


def _families(worked: Worked) -> list[Prose]:
    """Which layers are meant by names without a number of axes."""
    kinds = {layer.name: layer.kind for layer in worked.network.layers}
    found = {
        (kinds[done.layer.name], done.row.word, len(done.inputs[0]) - 1): None
        for done in worked.layers
        if kinds[done.layer.name] in ANY_AXES
    }
    return [
        (f"{name} is {word} here: beside the channels {f'{axes} axes come' if axes > 1 else '1 axis comes'} in",)
        for name, word, axes in found
        if axes
    ]


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


def _covered(worked: Worked, seen: Mapping[str, Field | None], axis: int) -> Mapping[str, Expr]:
    """How much of the input a unit of each layer sees along an axis, where that is not all of it."""
    found: dict[str, Expr] = {
        name: literal(field.units) for name, field in seen.items() if field is not None and not field.whole
    }
    lettered = reaches(worked.layers, axis) if None in seen.values() else {}
    return {name: reach.size for name, reach in lettered.items() if reach is not None and not reach.whole} | found


def _answer(done: Done, count: Count, along: Sequence[Mapping[str, Expr]]) -> Answer:
    """A layer's row: channels first, whatever the listing's order; the receptive field along each axis."""
    sizes = [size for covered in along if (size := covered.get(done.layer.name)) is not None]
    facts: dict[str, Fact] = {
        "layer": done.row.word, "shape": done.output, "parameters": done.parameters,
        **counted(both_counts(done, count), count), "receptive_field": tuple(sizes) if sizes else None,
        **done.arrays,
    }  # fmt: skip
    return Answer(done.layer.name, Array(done.output), None, facts)
