"""The shape table: a line a layer, totals, and how shapes, settings and counts are written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from stepper.core.expr import Array, Expr, Num, Sum
from stepper.core.formula import text
from stepper.core.network import Layout, Shape
from stepper.core.prose import Prose
from stepper.core.steps import Block, Column, Note, Step, Table
from stepper.core.traverse import substitute
from stepper.engine.layers.counting import Count
from stepper.engine.layers.receptive_field import Field
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import ZERO, is_open, signature, symbol_of
from stepper.engine.layers.sizes import formula, integer, literal, number
from stepper.engine.layers.stages import Stage, stages

UNITS: Mapping[str, int] = {"TB": 12, "GB": 9, "MB": 6, "kB": 3}
"""Units of bytes, and their powers of ten."""


def ordered(shape: Shape, layout: Layout) -> Shape:
    """A shape in the order of the listing."""
    return (*shape[1:], *shape[:1]) if layout == "HWC" else shape


def shape_words(shape: Shape, layout: Layout) -> Prose:
    if all(integer(size) is not None for size in shape):
        return ("×".join(text(size) for size in ordered(shape, layout)),)
    words: list[str | Expr] = []
    for size in ordered(shape, layout):
        words += ["×"] if words else []
        words += ["(", size, ")"] if isinstance(size, Sum) else [size]
    return tuple(words)


def table(
    worked: Worked, seen: Mapping[str, Field | None], totals: Mapping[str, Expr], count: Count, depth: int = 0
) -> Step:  # fmt: skip
    """A row a layer, or a module; the totals below."""
    layout = worked.network.layout
    with_field = any(_counts(seen.get(done.layer.name)) for done in worked.layers)
    unit = "flops" if count.flops else "multiply-adds"
    columns = [
        Column(("",)),
        Column(("layer",)),
        Column(("output",)),
        Column(("parameters",), "value", "right"),
        Column((unit,), "value", "right"),
    ]
    columns += [Column(("covers",), "value", "right")] if with_field else []
    assert worked.network.input is not None
    rows: list[tuple[Prose, ...]] = [
        (("input",), ("",), shape_words(worked.network.input, layout), ("",), ("",), *([("",)] if with_field else []))
    ]
    alike: dict[object, tuple[Prose, ...]] = {}
    for stage in stages(worked.layers, depth):
        done = stage.last
        # layers that are alike share what was worked out of them
        key = id(done.env), done.notes, done.output, done.layer.text if done.row.told else "", len(stage.layers)
        if key not in alike or len(stage.layers) > 1:
            words = (stage_words(stage),), shape_words(done.output, layout)
            alike[key] = (*words, grouped(stage.parameters), grouped(stage.operations(count)))
        rows.append(
            (
                (stage.name,),
                *alike[key],
                *([_field(seen.get(done.layer.name), worked.network.input)] if with_field else []),
            )
        )
    for done in worked.unused:
        counted = (done.layer.name,), (described(done),), ("not used",), grouped(done.parameters), ("0",)
        rows.append((*counted, *([("",)] if with_field else [])))
    done_in_all = totals["flops" if count.flops else "macs"]
    total = (
        ("total" if worked.whole else "so far",),
        ("",),
        ("",),
        grouped(totals["parameters"]),
        grouped(done_in_all),
    )
    rows.append((*total, *([("",)] if with_field else [])))
    return Step(
        "shapes.table", "shapes.table", ("Layer by layer",), (Table(tuple(columns), tuple(rows)),), detail="brief"
    )


def stage_words(stage: Stage) -> str:
    """A layer, or how many of them a module runs."""
    return described(stage.last) if len(stage.layers) == 1 else f"{len(stage.layers)} layers"


def misfits(worked: Worked) -> Step:
    """What does not fit, where the listing says it, and what would mend it."""
    notes: list[Block] = []
    for problem in worked.problems:
        line = f"line {problem.where.line}: " if problem.where is not None and problem.where.line else ""
        notes.append(Note((f"{line}{problem.what}{f' ({problem.hint})' if problem.hint else ''}",)))
    return Step("shapes.misfits", "shapes.misfits", ("What does not fit",), tuple(notes), detail="brief")


def _counts(field: Field | None) -> bool:
    return field is not None and not field.whole and field.size > 1


def described(done: Done) -> str:
    """A layer in short: settings without a default by their place, others where they are not the default, by their
    symbols.
    """
    if done.row.told:
        return done.layer.text
    words = []
    for name, default, _ in signature(done.row):
        value = done.layer.settings.get(name)
        if value is None and is_open(done.row, name, default):
            words.append("?")
        elif value is not None and not default:
            words.append(_short(value))
        elif value is not None and not _is_default(value, substitute(formula(default), done.env)):
            words.append(f"{symbol_of(name).name}={_short(value)}")
    return f"{done.row.word}({', '.join(words)})" if words else done.row.word


def _is_default(value: Expr, default: Expr) -> bool:
    if _short(value) == _short(default):
        return True
    size = number(value)
    return size is not None and size == number(default)


def _short(value: Expr) -> str:
    """A setting; one number where it is the same along all axes."""
    if isinstance(value, Array):
        parts = [text(item) for item in value.items]
        return parts[0] if len(set(parts)) == 1 else "×".join(parts)
    return text(value)


def grouped(size: Expr) -> Prose:
    """A count with its digits in groups of three."""
    known = integer(size)
    return (size,) if known is None else (f"{known:,}".replace(",", "\u202f") if known >= 10_000 else str(known),)


def _field(field: Field | None, shape: Shape) -> Prose:
    """How many of the input's rows a unit sees; where that is more than there are, what it would be."""
    if field is None:
        return ("?",)
    if field.whole:
        return ("all",)
    height = integer(shape[1]) if len(shape) > 1 else None
    return (
        ("all (", literal(field.units), ")") if height is not None and field.units > height else (literal(field.units),)
    )


def totals_step(worked: Worked, totals: Mapping[str, Expr]) -> Step:
    parts = [
        ("weights", "weights"),
        ("biases", "biases"),
        ("buffers", "buffers (not learned)"),
        ("memory", "numbers in all outputs"),
    ]
    rows: list[tuple[Prose, ...]] = [((words,), grouped(totals[name])) for name, words in parts if totals[name] != ZERO]
    memory = integer(totals["memory"])
    if memory is not None:
        rows.append((("as 4-byte numbers",), _bytes(4 * memory)))
    columns = (Column(("",)), Column(("total",), "value", "right"))
    return Step("shapes.totals", "shapes.totals", ("Totals",), (Table(columns, tuple(rows)),), detail="normal")


def _bytes(size: int) -> Prose:
    """A number of bytes in three digits, in the unit in which it has few; a kB is 1000 bytes."""
    short = Decimal(f"{Decimal(size):.3g}")  # what is shown: 999 600 bytes are 1.00 MB
    unit, power = next(((unit, 10**digits) for unit, digits in UNITS.items() if short >= 10**digits), ("bytes", 1))
    return (f"{size} {unit}",) if power == 1 else (Num(f"{Decimal(size) / power:.3g}"), f" {unit}")
