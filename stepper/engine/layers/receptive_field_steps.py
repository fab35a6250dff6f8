"""Receptive fields as steps: the table of all layers, and one layer's field worked forwards and backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from stepper.core.expr import Expr, Num, Sym, Value, add, add_all, multiply
from stepper.core.prose import Prose
from stepper.core.steps import Block, Column, Equation, Link, Note, Step, Table
from stepper.engine.layers.reach import back, reaches
from stepper.engine.layers.receptive_field import Field, fields, needs
from stepper.engine.layers.result import Worked
from stepper.engine.layers.sizes import integer
from stepper.errors import Problem, StepperError, nearest

AXES = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}


def field_step(worked: Worked, seen: Mapping[str, Field | None]) -> Step:
    """Receptive fields in full: size, jump, the interval that the first unit sees."""
    columns = (
        Column(("layer",)),
        *(Column((word,), "value", "right") for word in ("size", "jump", "first unit from", "to")),
    )
    rows: list[tuple[Prose, ...]] = []
    for done in worked.layers:
        field = seen.get(done.layer.name)
        if field is not None and not field.whole and done.row.receptive:
            rows.append(
                ((done.layer.name,), *((Value(part),) for part in (field.size, field.jump, field.start, field.end)))
            )
    body: tuple[Block, ...] = (Table(columns, tuple(rows)), *_total_stride(rows)) if rows else ()
    why: Prose = (
        "Each layer covers (K - 1) jumps more than the one before; its stride multiplies the jump. Positions start at "
        "0; padding lies outside.",
    )
    return Step("shapes.fields", "shapes.fields", ("Receptive fields along the height",), body, why, detail="full")


def _total_stride(rows: Sequence[Sequence[Prose]]) -> list[Block]:
    """How far apart on the input two neighbours of the last map stand: the product of all strides."""
    jump = rows[-1][2]
    return [Note(("total stride: ", *jump, ", the product of the strides"))] if jump != (Value(Fraction(1)),) else []


def unit_step(worked: Worked, name: str, unit: Sequence[int]) -> Step:
    """Which part of the input one unit of a layer sees, along each axis; padding that it covers is shown separately.

    Raises:
        StepperError: where the layer has no such unit.
    """
    done = next((done for done in worked.layers if done.layer.name == name), None)
    body: list[Block] = []
    assert worked.network.input is not None
    words = AXES.get(len(worked.network.input) - 1, ())
    sizes = done.output[1 : 1 + len(words)] if done is not None else ()
    for axis, place in enumerate(unit if done is not None else ()):
        field = fields(worked.layers, axis).get(name)
        size = integer(sizes[axis]) if axis < len(sizes) else None
        if size is None or not 0 <= place < size:
            units = "no such units" if size is None else f"{size} units along axis {axis + 1}, counted from 0"
            raise StepperError(Problem(f"--receptive-field {name}{[*unit]}: {name} has {units}"))
        if field is None or field.whole or any(end.denominator != 1 for end in (field.start, field.end, field.jump)):
            reason = (
                "it covers the whole input"
                if field is not None and field.whole
                else "it comes after a layer that enlarges its input, or where paths meet"
            )
            raise StepperError(
                Problem(f"--receptive-field {name}{[*unit]}: the interval of one unit is not known here, {reason}")
            )
        ends = [end + place * field.jump for end in (field.start, field.end)]
        for word, end, found in zip(("first", "last"), (field.start, field.end), ends, strict=True):
            line = add(Value(end), multiply(Num(str(place)), Value(field.jump)))
            body.append(Equation(Sym(f"{word}_{words[axis]}"), (Link("=", line), Link("=", Value(found)))))
        there = integer(worked.network.input[axis + 1])
        if there is not None and (ends[0] < 0 or ends[1] >= there):
            inside = [max(ends[0], Fraction(0)), min(ends[1], Fraction(there - 1))]
            body.append(
                Note(
                    (
                        f"of these, the {words[axis]}s from ",
                        Value(inside[0]),
                        " to ",
                        Value(inside[1]),
                        " are the input, the rest padding",
                    )
                )
            )
    why: Prose = (
        "The first unit's interval, shifted by the jump times the unit's index. Units and positions start at 0.",
    )
    title: Prose = (f"What unit {', '.join(map(str, unit))} of {name} covers",)
    return Step("shapes.unit", "shapes.unit", title, tuple(body), why, detail="brief")


def needs_step(worked: Worked, seen: Mapping[str, Field | None], name: str) -> Step:
    """The receptive field of one layer, forwards layer by layer and backwards from one of its units."""
    if not name:
        return Step("shapes.needs", "shapes.needs", ())
    if name not in seen:
        raise StepperError(Problem(f"--receptive-field {name}: there is no such layer", hint=nearest(name, seen)))
    field = seen[name]
    if field is None:
        return _in_letters(worked, name)
    chain = needs(worked.layers, name)
    body: list[Block] = []
    for need in reversed(chain):
        before, after = seen[need.reads], seen[need.layer]
        if before is not None and after is not None:
            size = add(
                Value(before.size), multiply(add_all([("+", Value(need.kernel)), ("-", Num("1"))]), Value(before.jump))
            )
            body.append(Equation(Sym(f"r_{need.layer}"), (Link("=", size), Link("=", Value(after.size)))))
    body.append(Note((f"Backwards, what one unit of {name} needs:",)))
    for need in chain:
        units = add(
            multiply(add_all([("+", Value(need.units)), ("-", Num("1"))]), Value(need.stride)), Value(need.kernel)
        )
        body.append(Equation(Sym(f"n_{need.reads}"), (Link("=", units), Link("=", Value(need.needed)))))
    if field is not None and field.whole:
        body.append(Note((f"{name} covers the whole input.",)))
    return _needs(name, body)


def _needs(name: str, body: Sequence[Block]) -> Step:
    why: Prose = (
        "Forwards, r grows by (kernel - 1) times the previous jump; backwards, n units of a layer need (n - 1) strides "
        "plus one kernel.",
    )
    return Step("shapes.needs", "shapes.needs", (f"The receptive field of {name}",), tuple(body), why, detail="brief")


def _in_letters(worked: Worked, name: str) -> Step:
    """The same where letters are left in it; nothing of where paths meet that do not see alike."""
    seen, chain = reaches(worked.layers), back(worked.layers, name)
    body: list[Block] = []
    for need in reversed(chain):
        before, after = seen[need.reads], seen[need.layer]
        if before is not None and after is not None:
            grows = multiply(add_all([("+", need.kernel), ("-", Num("1"))]), before.jump)
            body.append(Equation(Sym(f"r_{need.layer}"), _sides(add(before.size, grows), after.size)))
    body.append(Note((f"Backwards, what one unit of {name} needs:",)))
    for need in chain:
        units = add(multiply(add_all([("+", need.units), ("-", Num("1"))]), need.stride), need.kernel)
        body.append(Equation(Sym(f"n_{need.reads}"), _sides(units, need.needed)))
    if seen[name] is None and not chain:
        body = [Note((f"What a unit of {name} covers is not one interval: paths meet that do not cover alike.",))]
    return _needs(name, body)


def _sides(line: Expr, value: Expr) -> tuple[Link, ...]:
    return (Link("=", line), Link("=", value))
