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
from stepper.engine.layers.reach import Reach, reaches
from stepper.engine.layers.receptive_field import Field
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import ZERO, is_open, own_unknown, signature, symbol_of
from stepper.engine.layers.sizes import formula, integer, literal, number, product
from stepper.engine.layers.stages import Stage, stages
from stepper.tables.table import ROWS

UNITS: Mapping[str, int] = {"TB": 12, "GB": 9, "MB": 6, "kB": 3}
"""Units of bytes, and their powers of ten."""


BINARY: Mapping[str, int] = {"KiB": 1024, "MiB": 1024**2}
BYTES = 4
"""What a number of single precision takes."""


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
    lettered = reaches(worked.layers) if None in seen.values() else {}
    with_field = any(_counts(seen.get(done.layer.name)) for done in worked.layers)
    with_field = with_field or any(reach is not None and reach != Reach() for reach in lettered.values())
    unit = "flops" if count.flops else "multiply-adds"
    sized = worked.sized
    columns = [
        Column(("",)),
        Column(("layer",)),
        Column(("output",)),
        Column(("parameters",), "value", "right"),
        *([Column((unit,), "value", "right")] if sized else []),
    ]
    columns += [Column(("covers",), "value", "right")] if with_field else []
    assert worked.network.input is not None
    rows: list[tuple[Prose, ...]] = [
        (("input",), ("",), shape_words(worked.network.input, layout), *[("",)] * (1 + sized + with_field))
    ]
    alike: dict[object, tuple[Prose, ...]] = {}
    for stage in stages(worked.layers, depth):
        done = stage.last
        # layers that are alike share what was worked out of them
        key = id(done.env), done.notes, done.output, done.layer.text if done.row.told else "", len(stage.layers)
        if key not in alike or len(stage.layers) > 1:
            words = (stage_words(stage),), shape_words(done.output, layout)
            counted = [grouped(stage.parameters), *([grouped(stage.operations(count))] if sized else [])]
            alike[key] = (*words, *counted)
        rows.append(
            (
                (stage.name,),
                *alike[key],
                *([_covers(done, seen, lettered, worked.network.input)] if with_field else []),
            )
        )
    for done in worked.unused:
        holds = (done.layer.name,), (described(done),), ("not used",), grouped(done.parameters)
        rows.append((*holds, *([("0",)] if sized else []), *([("",)] if with_field else [])))
    done_in_all = totals["flops" if count.flops else "macs"]
    total = (
        ("total" if worked.whole else "so far",),
        ("",),
        ("",),
        grouped(totals["parameters"]),
        *([grouped(done_in_all)] if sized else []),
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
    settings = signature(done.row)
    told = [place for place, (name, default, _) in enumerate(settings) if not default and name in done.layer.settings]
    for place, (name, default, _) in enumerate(settings):
        value = done.layer.settings.get(name)
        if value is None and not default and place < max(told, default=0):
            value = done.env.get(symbol_of(name))  # what the input tells, before what the listing says
            value = None if value == own_unknown(name, done.layer) else value
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


def _covers(done: Done, seen: Mapping[str, Field | None], lettered: Mapping[str, Reach | None], shape: Shape) -> Prose:
    """How much of the input a unit sees, in letters where it depends on them."""
    field, reach = seen.get(done.layer.name), lettered.get(done.layer.name)
    if field is not None or reach is None:
        return _field(field, shape)
    return ("all",) if reach.whole else (reach.size,)


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
    parts = [part for part in parts if part[0] != "memory" or worked.sized]
    rows: list[tuple[Prose, ...]] = [((words,), grouped(totals[name])) for name, words in parts if totals[name] != ZERO]
    memory = integer(totals["memory"])
    if memory is not None:
        rows.append(((f"as {BYTES}-byte numbers",), _bytes(BYTES * memory)))
    columns = (Column(("",)), Column(("total",), "value", "right"))
    body = (Table(columns, tuple(rows)),)
    inner = _memory(worked, memory) if memory is not None and worked.sized else ()
    return Step("shapes.totals", "shapes.totals", ("Totals",), body, children=inner, detail="normal")


def _memory(worked: Worked, outputs: int) -> tuple[Step, ...]:
    """What the numbers of all outputs take, and with the input's: in bytes, and in units of 1024."""
    shape = worked.network.input
    read = None if shape is None else integer(product(shape))
    kept = [("all outputs", outputs), *([("with the input", outputs + read)] if read is not None else [])]
    columns = (Column(("in memory",)), *(Column((word,), "value", "right") for word in ("numbers", "B", *BINARY)))
    rows = tuple(
        (
            (words,), grouped(literal(count)), grouped(literal(BYTES * count)),
            *((Num(f"{Decimal(BYTES * count) / size:.4g}"),) for size in BINARY.values()),
        )
        for words, count in kept
    )  # fmt: skip
    note = Note((f"{BYTES} bytes for each number; 1 KiB is 1024 B, 1 MiB is 1024 KiB; gradients take as much again",))
    return (Step("shapes.memory", "shapes.memory", ("Memory",), (Table(columns, rows), note), detail="full"),)


def _bytes(size: int) -> Prose:
    """A number of bytes in three digits, in the unit in which it has few; a kB is 1000 bytes."""
    short = Decimal(f"{Decimal(size):.3g}")  # what is shown: 999 600 bytes are 1.00 MB
    unit, power = next(((unit, 10**digits) for unit, digits in UNITS.items() if short >= 10**digits), ("bytes", 1))
    return (f"{size} {unit}",) if power == 1 else (Num(f"{Decimal(size) / power:.3g}"), f" {unit}")


def function_symbols() -> dict[str, str]:
    """How functions in formulas of sizes are typeset."""
    return {row.name: row.symbol for row in ROWS.values() if row.symbol}
