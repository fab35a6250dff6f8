"""JSON, schema ``stepper/1``.

Formulas are text of the formula language and parse back; numbers keep all their digits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from stepper.core.contents import formulas, names_read
from stepper.core.expr import Array, Expr, Num
from stepper.core.formula import number_of, text
from stepper.core.pictures import Box, Drawing, Plot
from stepper.core.prose import Prose
from stepper.core.steps import Answer, Block, Derivation, Equation, Fact, Link, Listing, Note, Step, Table, Trail
from stepper.render.look import Look

SCHEMA = "stepper/1"
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def render(derivation: Derivation, look: Look) -> str:
    """The derivation as one JSON object."""
    # what indents while it writes is Python in the standard library, and takes six times as long
    return msgspec.json.format(json.dumps(as_json(derivation, look), ensure_ascii=False), indent=2) + "\n"


def as_json(derivation: Derivation, look: Look) -> Json:
    """The object that is written."""
    derivation = derivation.at(look.detail)
    steps = derivation.steps if look.graph else _undrawn(derivation.steps)
    spelled = names_read(formulas(replace(derivation, steps=steps)))
    return {
        "schema": SCHEMA,
        "command": derivation.command,
        "title": derivation.title,
        "source": derivation.source,
        "conventions": [_words(line) for line in derivation.said()],
        "notation": {name: spelling for name, spelling in derivation.notation.items() if name in spelled},
        **({"writing": dict(derivation.writing.choices)} if derivation.writing.choices else {}),
        "steps": [_step(step) for step in steps],
        "answers": [_answer(answer) for answer in derivation.answers],
        "checks": [
            {
                "name": check.name,
                "of": check.of,
                "ok": check.ok,
                "value": None if check.number is None else float(check.number),
                "note": _words(check.note),
            }
            for check in derivation.checks
        ],
    }


def _answer(answer: Answer) -> Json:
    if answer.facts:
        return {"name": answer.name, **{name: _fact(fact) for name, fact in answer.facts.items()}}
    if isinstance(answer.expr, Array):
        return {
            "name": answer.name,
            "text": text(answer.expr),
            "value": _nested(answer.expr),
            "shape": _shape(answer.expr),
        }
    value = None if answer.number is None else float(answer.number)
    return {"name": answer.name, "text": text(answer.expr), "value": value, "shape": []}


def _nested(expr: Expr) -> Json:
    """Lists in lists of numbers; None for an entry that is a formula."""
    if isinstance(expr, Array):
        return [_nested(item) for item in expr.items]
    number = number_of(expr)
    return None if number is None else float(number)


def _shape(expr: Expr) -> Json:
    found: list[Json] = []
    while isinstance(expr, Array) and expr.items:
        found.append(len(expr.items))
        expr = expr.items[0]
    return found


def _fact(fact: Fact) -> Json:
    """A size is an integer, or the text of a formula; a shape is a list of them; what has names is an object."""
    if isinstance(fact, tuple):
        return [_fact(part) for part in fact]
    if isinstance(fact, Mapping):
        return {name: _fact(part) for name, part in fact.items()}
    if fact is None or isinstance(fact, str):
        return fact
    return int(fact.literal) if isinstance(fact, Num) and fact.literal.isdigit() else text(fact)


def _undrawn(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps without those that are drawings alone."""
    wanted = (step for step in steps if not _only_draws(step))
    return tuple(replace(step, children=_undrawn(step.children)) if step.children else step for step in wanted)


def _only_draws(step: Step) -> bool:
    return bool(step.body) and not step.children and all(isinstance(block, Drawing) for block in step.body)


def _step(step: Step) -> Json:
    return {
        "id": step.id,
        "rule": step.rule,
        "title": _words(step.title),
        "why": _words(step.why),
        "uses": [use if isinstance(use, str) else list(use) for use in step.uses],
        "body": [_block(block) for block in step.body],
        "children": [_step(child) for child in step.children],
    }


def _block(block: Block) -> Json:
    match block:
        case Equation(left, links):
            return {"equation": {"left": text(left), "links": [_link(link) for link in links]}}
        case Table(columns, rows):
            return {
                "table": {
                    "columns": [_words(column.title) for column in columns],
                    "rows": [[_words(cell) for cell in row] for row in rows],
                }
            }
        case Note(words):
            return {"note": _words(words)}
        case Trail(nodes, wires):
            return {"path": [text(node) for node in nodes], **({"wires": list(wires)} if any(wires) else {})}
        case Plot():
            return {"plot": _plot(block)}
        case Listing(lines):
            return {"listing": list(lines)}
        case Drawing():
            return {"graph": _drawing(block)}


def _link(link: Link) -> Json:
    return [link.relation, text(link.expr), *([_words(link.note)] if link.note else [])]


def _words(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def _plot(plot: Plot) -> Json:
    surface = plot.surface
    return {
        "title": _words(plot.title),
        "x": _words(plot.x),
        "y": _words(plot.y),
        "curves": [
            {"name": _words(curve.name), "points": [list(point) for point in curve.points]} for curve in plot.curves
        ],
        "surface": None
        if surface is None
        else {"x": list(surface.xs), "y": list(surface.ys), "heights": [list(row) for row in surface.heights]},
    }


def _drawing(drawing: Drawing) -> Json:
    return {
        "boxes": [_box(box) for box in drawing.boxes],
        "arrows": [
            {
                "source": arrow.source,
                "target": arrow.target,
                "slot": arrow.slot,
                "gradient": _words(arrow.gradient),
                "marked": arrow.marked,
            }
            for arrow in drawing.arrows
        ],
        "of": _words(drawing.of),
        "notes": [_words(note) for note in drawing.notes],
    }


def _box(box: Box) -> Json:
    return {
        "name": box.name,
        "kind": box.kind,
        "formula": _words(box.formula),
        "value": _words(box.value),
        "gradient": _words(box.gradient),
        "inside": [_box(leaf) for leaf in box.inside],
        "marked": box.marked,
    }
