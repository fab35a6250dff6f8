"""A derivation as frames to be walked through: each equation first with its formula alone, then with its value."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Sym
from stepper.core.steps import Block, Derivation, Equation, Link, Step
from stepper.render._layout import numbered
from stepper.render.look import Look

ASKED = Sym("?")


class Frame(Struct, frozen=True):
    """What stands on the screen: the step of this number as far as it has gone.

    ``asks``: its last value is still to be predicted.
    """

    shown: Derivation
    number: int = 1
    asks: bool = False


def frames(derivation: Derivation, look: Look) -> list[Frame]:
    """All frames in order; the first is the title with the conventions."""
    head = replace(derivation, steps=(), conventions=derivation.said(look.detail))
    found = [Frame(head)] if head.title or head.source or head.conventions else []
    bare = replace(derivation, title="", source="", conventions=())
    for number, step, blocks in numbered(derivation, look):
        for place, block in enumerate(blocks):
            if isinstance(block, Equation):
                found.append(Frame(_page(bare, step, (*blocks[:place], asked(block))), number, asks=True))
            found.append(Frame(_page(bare, step, blocks[: place + 1]), number))
    return found


def _page(bare: Derivation, step: Step, blocks: Sequence[Block]) -> Derivation:
    return replace(bare, steps=(replace(step, body=tuple(blocks), children=()),))


def asked(equation: Equation) -> Equation:
    """The equation with its formula, and a question mark in place of all that comes of it; alone, of its value."""
    kept = equation.links[:1] if len(equation.links) > 1 else ()
    return replace(equation, links=(*kept, Link("=", ASKED)))
