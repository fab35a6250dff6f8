"""The narrow waist between engine and print: a derivation is a tree of steps, a step is a value and holds no text of
any format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from stepper.core.expr import Expr, Number
from stepper.core.pictures import Drawing, Plot
from stepper.core.prose import Prose

Relation: TypeAlias = Literal["=", "≈", "≤", "<", "≥", ">", "≠", "∈", "←"]
Detail: TypeAlias = Literal["brief", "normal", "full"]
Role: TypeAlias = Literal["value", "gradient", "plain"]
Use: TypeAlias = str | tuple[str, str, int]
"""What a step read: a quantity, or an edge (source, target, slot)."""

DETAILS: tuple[Detail, ...] = ("brief", "normal", "full")
_RANK = {detail: place for place, detail in enumerate(DETAILS)}


class Link(Struct, frozen=True):
    """One more side of an equation: ``relation expr``, and a word on why where it needs one.

    ``detail`` is the least level of detail at which the side is shown.
    """

    relation: Relation
    expr: Expr
    note: Prose = ()
    detail: Detail = "brief"


class Equation(Struct, frozen=True):
    """``left = formula = numbers put in = value``: the sentence that worked solutions are made of."""

    left: Expr
    links: tuple[Link, ...]
    role: Role = "value"


class Column(Struct, frozen=True):
    """The head of a table's column and what stands under it."""

    title: Prose
    role: Role = "plain"
    align: Literal["left", "right"] = "left"


class Table(Struct, frozen=True):
    """Cells are prose: words and formulas."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Prose, ...], ...]


class Note(Struct, frozen=True):
    """A remark in its place among the equations, or among the conventions.

    ``detail`` is the least level of detail at which it is shown.
    """

    text: Prose
    detail: Detail = "brief"


class Trail(Struct, frozen=True):
    """A path through the graph: quantities from source to target.

    ``wires`` tells, for each quantity, which of several wires to the next the path takes; 0 where there is one.
    """

    nodes: tuple[Expr, ...]
    wires: tuple[int, ...] = ()

    @property
    def stations(self) -> tuple[tuple[Expr, int], ...]:
        """Each quantity with the wire by which the path leaves it."""
        return tuple(zip(self.nodes, (*self.wires, *(0 for _ in self.nodes)), strict=False))


class Listing(Struct, frozen=True):
    """Text as its author wrote it, line by line."""

    lines: tuple[str, ...]


Convention: TypeAlias = Prose | Note
"""A line before the first step; a note where it is not shown at every level of detail."""
Block: TypeAlias = Equation | Table | Note | Trail | Listing | Plot | Drawing


class Step(Struct, frozen=True):
    """One step. ``rule`` is a dotted id (``chain.path``), ``id`` is stable across runs, ``uses`` names what the step
    read.

    ``detail`` is the least level of detail at which the step is shown.
    """

    id: str
    rule: str
    title: Prose
    body: tuple[Block, ...] = ()
    why: Prose = ()
    uses: tuple[Use, ...] = ()
    children: tuple[Step, ...] = ()
    detail: Detail = "normal"


Fact: TypeAlias = "Expr | str | tuple[Fact, ...] | Mapping[str, Fact] | None"


class Answer(Struct, frozen=True):
    """What was asked for: a name, and its value as a formula; ``number`` where it is one.

    ``facts`` are further values under their names, for answers that are rows: a layer's shape, parameters,
    multiply-adds.
    """

    name: str
    expr: Expr
    number: Number | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


class Check(Struct, frozen=True):
    """An independent second look. ``ok`` is None where the check does not apply; ``note`` then says why.

    ``unproved``: a proof was asked for, and is not found. ``claimed``: it is of what somebody else wrote.
    """

    name: str
    of: str
    ok: bool | None
    number: Number | None = None
    note: Prose = ()
    unproved: bool = False
    claimed: bool = False


class Writing(Struct, frozen=True):
    """What is written in another way than by default, and with the same meaning: adjoints, products, vectors.

    Attributes:
        choices: the names of what was chosen.
        of: what adjoints are of. ``example`` is a letter of no quantity, whose adjoint is always written out.
        accent: what is set over a quantity to name its adjoint, else dL/dv; ``letter`` has the quantity as subscript.
        minus: that letter means the adjoint with the opposite sign.
        sign: what stands between factors; nothing where they stand side by side.
        columns: arrays of one axis are set as columns.
    """

    choices: Mapping[str, str] = field(default_factory=dict)
    of: Expr | None = None
    example: Expr | None = None
    accent: str = ""
    letter: str = ""
    minus: bool = False
    sign: str = "·"
    columns: bool = False


class Derivation(Struct, frozen=True):
    """A worked solution: conventions in force, steps in order, answers, checks.

    ``notation`` maps names to how they are spelled; ``writing`` says what else is written in a way of its own. What is
    shown of it at a level of detail, ``at`` tells.
    """

    command: str
    title: str
    steps: tuple[Step, ...]
    answers: tuple[Answer, ...] = ()
    checks: tuple[Check, ...] = ()
    conventions: tuple[Convention, ...] = ()
    notation: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    writing: Writing = Writing()

    def at(self, detail: Detail) -> Derivation:
        """The derivation as a level of detail shows it: its steps, notes, sides of equations and conventions."""
        steps, conventions = tuple(_shown(self.steps, detail)), self.said(detail)
        return replace(self, steps=steps, conventions=conventions)

    def said(self, detail: Detail = "full") -> tuple[Prose, ...]:
        """The conventions that a level of detail shows, as words and formulas."""
        notes = (line if isinstance(line, Note) else Note(line) for line in self.conventions)
        return tuple(note.text for note in notes if shows(detail, note.detail))

    def walk(self, detail: Detail = "full") -> Iterator[tuple[int, Step]]:
        """Every step as a level of detail shows it, with its depth, in order."""
        yield from _walk(_shown(self.steps, detail), 0)


def drawing_step(drawn: Drawing) -> Step:
    """The step that shows a drawing, the graph's own: it stands first, in every detail."""
    return Step(
        "graph.drawing",
        "graph.drawing",
        ("The graph",),
        (drawn,),
        uses=tuple(box.name for box in drawn.boxes),
        detail="brief",
    )


def stricter(one: Detail, other: Detail) -> Detail:
    """The level of detail that shows what needs both."""
    return one if _RANK[one] >= _RANK[other] else other


def shows(wanted: Detail, needed: Detail) -> bool:
    """Is what needs one level of detail shown at another?"""
    return _RANK[needed] <= _RANK[wanted]


def _shown(steps: Iterable[Step], detail: Detail) -> Iterator[Step]:
    if detail == "full":
        yield from steps
        return
    for step in steps:
        if shows(detail, step.detail):
            body = tuple(_sides(block, detail) for block in step.body if _stands(block, detail))
            yield replace(step, body=body, children=tuple(_shown(step.children, detail)))


def _stands(block: Block, detail: Detail) -> bool:
    return not isinstance(block, Note) or shows(detail, block.detail)


def _sides(block: Block, detail: Detail) -> Block:
    """An equation with the sides that are shown: after one that is left out, what was rounded there stays ``≈``."""
    if not isinstance(block, Equation) or all(shows(detail, link.detail) for link in block.links):
        return block
    links: list[Link] = []
    rounded = False
    for link in block.links:
        rounded = rounded or link.relation == "≈"
        if shows(detail, link.detail):
            links.append(replace(link, relation="≈") if rounded and link.relation == "=" else link)
            rounded = False
    return replace(block, links=tuple(links))


def _walk(steps: Iterable[Step], depth: int) -> Iterator[tuple[int, Step]]:
    for step in steps:
        yield depth, step
        yield from _walk(step.children, depth + 1)
