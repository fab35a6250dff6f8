"""Receptive fields as steps: the table of all layers, and one layer's field worked forwards and backwards."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.core.expr import Num, Sym, Value, add, add_all, multiply
from stepper.core.steps import Block, Column, Equation, Link, Note, Prose, Step, Table
from stepper.engine.field import Field, needs
from stepper.engine.layers import Worked
from stepper.errors import Problem, StepperError, nearest


def field_step(worked: Worked, seen: Mapping[str, Field | None]) -> Step:
    """Receptive fields in full: size, jump, the interval that the first unit sees."""
    columns = (Column(("layer",)), *(Column((word,), "value", "right") for word in ("size", "jump", "first unit from", "to")))
    rows: list[tuple[Prose, ...]] = []
    for done in worked.layers:
        field = seen.get(done.layer.name)
        if field is not None and not field.whole and done.row.receptive:
            rows.append(((done.layer.name,), *((Value(part),) for part in (field.size, field.jump, field.start, field.end))))
    why: Prose = (
        "A unit of the next layer sees (K - 1) jumps more; each stride multiplies the jump. Positions count from 0; padding lies outside.",
    )
    body = (Table(columns, tuple(rows)),) if rows else ()
    return Step("shapes.fields", "shapes.fields", ("Receptive fields along the height",), body, why, detail="full")


def needs_step(worked: Worked, seen: Mapping[str, Field | None], name: str) -> Step:
    """The receptive field of one layer, forwards layer by layer and backwards from one of its units."""
    if not name:
        return Step("shapes.needs", "shapes.needs", ())
    if name not in seen:
        raise StepperError(Problem(f"--receptive-field {name}: there is no such layer", hint=nearest(name, seen)))
    field = seen[name]
    chain = needs(worked.layers, name)
    body: list[Block] = []
    for need in reversed(chain):
        before, after = seen[need.reads], seen[need.layer]
        if before is not None and after is not None:
            size = add(Value(before.size), multiply(add_all([("+", Value(need.kernel)), ("-", Num("1"))]), Value(before.jump)))
            body.append(Equation(Sym(f"r_{need.layer}"), (Link("=", size), Link("=", Value(after.size)))))
    body.append(Note((f"Backwards, what one unit of {name} needs:",)))
    for need in chain:
        units = add(multiply(add_all([("+", Value(need.units)), ("-", Num("1"))]), Value(need.stride)), Value(need.kernel))
        body.append(Equation(Sym(f"n_{need.reads}"), (Link("=", units), Link("=", Value(need.needed)))))
    if field is not None and field.whole:
        body.append(Note((f"{name} sees the whole input.",)))
    why: Prose = (
        "Forwards r grows by (kernel - 1) times the jump before; backwards n units of a layer need (n - 1) strides and a kernel.",
    )
    return Step("shapes.needs", "shapes.needs", (f"The receptive field of {name}",), tuple(body), why, detail="brief")
