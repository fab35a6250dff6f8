"""A derivation as frames to be walked through: each equation first with its formula alone, then with its value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stepper.core.expr import Sym
from stepper.core.steps import Block, Derivation, Equation, Link, Step
from stepper.render._layout import blocks_of
from stepper.render.look import Look

ASKED = Sym("?")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on the screen: a step as far as it has gone. ``asks``: its last value is still to be predicted."""

    shown: Derivation
    asks: bool = False


def frames(derivation: Derivation, look: Look) -> list[Frame]:
    """All frames in order; the first is the title with the conventions."""
    head = replace(derivation, steps=())
    found = [Frame(head)] if head.title or head.source or head.conventions else []
    number = 0
    for depth, step in derivation.walk(look.detail):
        blocks = tuple(blocks_of(step, look)) if not depth else ()
        if blocks:
            number += 1
            found += [replace(frame, shown=replace(frame.shown, notation=derivation.notation)) for frame in _of_step(step, number, blocks)]
    return found


def _of_step(step: Step, number: int, blocks: tuple[Block, ...]) -> Iterator[Frame]:
    """One or two frames for each block, under those before it."""
    for place, block in enumerate(blocks):
        if isinstance(block, Equation):
            yield Frame(_page(step, number, (*blocks[:place], asked(block))), asks=True)
        yield Frame(_page(step, number, blocks[: place + 1]))


def _page(step: Step, number: int, blocks: tuple[Block, ...]) -> Derivation:
    title = (f"Step {number}: ", *step.title)
    return Derivation("", "", (Step(step.id, step.rule, title, blocks, step.why, step.uses, (), "brief"),))


def asked(equation: Equation) -> Equation:
    """The equation with its formula, and a question mark in place of all that comes of it; alone, of its value."""
    kept = equation.links[:1] if len(equation.links) > 1 else ()
    return replace(equation, links=(*kept, Link("=", ASKED)))
