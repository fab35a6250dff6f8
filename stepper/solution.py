"""What the door gives back: a worked derivation, and a graph, as Python and notebooks look at them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Number
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.steps import Check, Derivation, Fact, Step
from stepper.render.look import Look

if TYPE_CHECKING:
    import numpy

Answered: TypeAlias = "Number | str | numpy.ndarray[Any, Any] | dict[str, Any] | None"
"""A Fraction where a value is exact, a float where it was rounded; an array of either; a formula as text; a layer's
row.
"""


class Solution(Struct, frozen=True, dict=True):
    """A worked solution: its steps, what was asked for, and how it was checked. A notebook shows it as a page.

    Attributes:
        derivation: the steps themselves, as every format writes them.
        look: how it is written where nothing else is said.

    >>> import stepper as st
    >>> st.backprop("f = (x + y)*z", x=-2, y=5, z=-4, wrt="all").answers
    {'df/dx': Fraction(-4, 1), 'df/dy': Fraction(-4, 1), 'df/dz': Fraction(3, 1)}
    """

    derivation: Derivation
    look: Look = field(default_factory=Look)

    @property
    def title(self) -> str:
        """What stands above the steps; empty where nothing does."""
        return self.derivation.title

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in their order, each with its title and what stands in it."""
        return self.derivation.steps

    @property
    def checks(self) -> tuple[Check, ...]:
        """What was looked at a second time; ``ok`` is None where a check could not be decided."""
        return self.derivation.checks

    @property
    def conventions(self) -> tuple[str, ...]:
        """What is said before the first step, as text."""
        from stepper.render._unicode import prose
        from stepper.render.look import style_of

        style = style_of(self.derivation, Look())
        return tuple(prose(words, style) for words in self.derivation.said())

    @cached_property
    def answers(self) -> Mapping[str, Answered]:
        """What was asked for, by name: ``answers["dL/dw11"]``."""
        rows = self.derivation.answers
        return {
            row.name: {name: _fact(value) for name, value in row.facts.items()}
            if row.facts
            else _value(row.expr, row.number)
            for row in rows
        }

    @property
    def floats(self) -> dict[str, Any]:
        """The answers that are numbers, or arrays of numbers, as floats."""
        found: dict[str, Any] = {}
        for name, value in self.answers.items():
            if isinstance(value, Fraction | float):
                found[name] = float(value)
            elif value is not None and hasattr(value, "astype"):
                found[name] = value.astype(float)
        return found

    def to(self, format: str, **look: Any) -> str | bytes:
        """The solution in a format: text, markdown, latex, html, json, csv; svg, png, pdf, dot, mermaid, tikz.

        ``look`` are settings of the page: digits, width, detail ("brief", "normal", "full"), exact, graph, ascii,
        fragment, decimal ("point", or "comma": 0,5).

        Raises:
            StepperError: for an unknown format, or one that cannot show this.
        """
        from stepper.render.formats import PICTURES, WITH_GRAPH, format_named, picture, render

        name = format_named(format)
        settings = replace(replace(self.look, graph=self.look.graph or name in WITH_GRAPH), **look)
        return picture(name, self.derivation, settings) if name in PICTURES else render(name, self.derivation, settings)

    def save(self, path: str | Path, **look: Any) -> Path:
        """Writes a file, in the format of its suffix; it is written whole or not at all.

        Raises:
            StepperError: for a suffix that no format has, or a file that cannot be written.
        """
        from stepper.render.formats import format_of
        from stepper.saving import write_whole

        path = Path(path)
        written = self.to(format_of(path), **look)
        write_whole({path: written if isinstance(written, bytes) else written.encode("utf-8")})
        return path

    def __str__(self) -> str:
        return str(self.to("text")).rstrip("\n")

    def __repr__(self) -> str:
        return f"<Solution: {self.title or self.derivation.command}, {len(self.steps)} steps>"

    def _repr_html_(self) -> str:
        from stepper.render.html import fragment

        return fragment(self.derivation, replace(self.look, graph=True))

    def _repr_markdown_(self) -> str:
        return str(self.to("markdown", graph=False))

    def _repr_latex_(self) -> str:
        return str(self.to("latex", fragment=True, graph=False))


class GraphView(Struct, frozen=True):
    """A graph that was read, and may be asked about; a notebook shows its drawing.

    >>> import stepper as st
    >>> st.graph(parameters={"w": 2}, inputs={"x": 3}, nodes={"L": "(w*x)^2"}).nodes
    {'L': '(w*x)^2'}
    """

    graph: Graph

    @property
    def leaves(self) -> dict[str, Answered]:
        """What is given, with its value where it has one."""
        return {name: getattr(leaf, "value", None) for name, leaf in self.graph.leaves.items()}

    @property
    def nodes(self) -> dict[str, str]:
        """What is worked out, with its formula."""
        return {name: "" if node.formula is None else text(node.formula) for name, node in self.graph.nodes.items()}

    @property
    def output(self) -> str | None:
        """The node that is differentiated; None where that is not told."""
        return self.graph.output

    def __repr__(self) -> str:
        title = f"{self.graph.title}: " if self.graph.title else ""
        return f"<Graph: {title}{len(self.leaves)} leaves, {len(self.nodes)} nodes>"

    def _repr_html_(self) -> str:
        from stepper.engine.draw import draw
        from stepper.engine.values.quantities import Settings
        from stepper.render.html import picture

        return picture(draw(self.graph, [], Settings(), False), replace(Look(), graph=True))


class Document(str):
    """A document that was written anew: its text, which every function of the door reads. A notebook shows its drawing.

    >>> import stepper as st
    >>> st.backprop(st.new("2-3-2", values="pleasant"), wrt="w11").answers["dL/dw11"]
    Fraction(-7, 8)
    """

    __slots__ = ("graph",)

    def __new__(cls, text: str, graph: Graph | None = None) -> Document:
        found = super().__new__(cls, text)
        found.graph = None if graph is None else GraphView(graph)
        return found

    graph: GraphView | None

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Writes a file; an existing file is not overwritten, unless ``force`` is given.

        Raises:
            StepperError: where the file is there, or cannot be written.
        """
        from stepper.saving import write_new

        path = Path(path)
        write_new(path, self.encode("utf-8"), force)
        return path

    def _repr_html_(self) -> str:
        from html import escape

        drawing = self.graph._repr_html_() if self.graph is not None else ""
        return f"{drawing}<pre>{escape(self)}</pre>"


def _value(expr: Expr, number: Number | None) -> Answered:
    if number is not None:
        return number
    return text(expr) if not isinstance(expr, Array) else _array(expr)


def _array(expr: Array) -> Answered:
    """An array of Fractions where all are exact, of floats where all are numbers; else the formula."""
    import numpy as np

    found = _numbers(expr)
    if found is None:
        return text(expr)
    entries = np.array(found, dtype=object)
    return entries if all(isinstance(entry, Fraction) for entry in entries.flat) else entries.astype(np.float64)


def _numbers(expr: Expr) -> Any:
    if not isinstance(expr, Array):
        return number_of(expr)
    rows = [_numbers(item) for item in expr.items]
    return None if any(row is None for row in rows) else rows


def _fact(value: Fact) -> Any:
    if isinstance(value, tuple):
        return tuple(_fact(part) for part in value)
    if isinstance(value, Mapping):
        return {name: _fact(part) for name, part in value.items()}
    if value is None or isinstance(value, str):
        return value
    number = number_of(value)
    if number is None:
        return text(value)
    return int(number) if isinstance(number, Fraction) and number.denominator == 1 else number
