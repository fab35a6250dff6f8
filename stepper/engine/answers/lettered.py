"""Answers about graphs of arrays whose sizes are letters: ``shape(dL/dW)``, decided for all sizes, and formulas,
``dL/dW``.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case
from stepper.core.expr import Array, Call, Deriv, Expr
from stepper.core.formula import number_of, reference, text
from stepper.core.parser import parse
from stepper.core.traverse import meant, transform, walk
from stepper.engine.graph.asked import check_names
from stepper.engine.graph.options import configured
from stepper.engine.tensor.checks import checks_of
from stepper.engine.tensor.entries import Entries, entry_expr, shown
from stepper.engine.tensor.gradients import Gradients
from stepper.engine.tensor.lettered import Trial, numbers_wanted
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, literal
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.engine.values.equality import Algebra
from stepper.engine.values.judging import Finding, Judgement, Verdict, compared
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import Contradiction, Problem, StepperError, nearest

TOLERANCE = 1e-9
SHAPE = "shape"


class LetteredAnswers:
    """The answers of one case of one graph of arrays in letters."""

    def __init__(self, graph: ArrayGraph, case: Case, patience: Patience) -> None:
        configured_graph, self.settings = configured(graph, case.settings)
        assert isinstance(configured_graph, ArrayGraph)
        self.graph = configured_graph
        self.algebra = Algebra(self.outline.vocabulary, integers=True, patience=patience)
        self.formulas: dict[Expr, Expr] = {}
        self.arrays: dict[str, Entries] = {}
        self.sizes: dict[str, Sizes] = dict(self.outline.shapes)

    @cached_property
    def outline(self) -> Outline:
        return Outline.of(self.graph, self.settings)

    @cached_property
    def trial(self) -> Trial:
        return Trial(self.outline)

    def finding(self, key: str, written: str) -> Finding:
        """What is written beside what is found."""
        asked = self.read(key)
        if isinstance(asked, Call) and asked.name == SHAPE:
            return self.of_shape(asked, self.shape(asked.arguments[0]), written)
        claimed = self.read(written)
        node = self.graph.nodes.get(text(asked))
        found_formula = self.formulas.get(asked, asked) if node is None or node.formula is None else node.formula
        return Finding(asked, claimed, self.plain(found_formula), self.judged(claimed, found_formula))

    def of_shape(self, asked: Expr, sizes: Sizes, written: str) -> Finding:
        """A shape, written ``[h, d]`` or ``h×d``, size by size."""
        found, said = Array(tuple(map(literal, sizes))), _sizes(written)
        if len(said.items) != len(sizes):
            axes = f"it has {len(sizes)} {'axis' if len(sizes) == 1 else 'axes'}, and what is written {len(said.items)}"
            return Finding(asked, said, found, Judgement(Verdict.WRONG, (axes,)))
        return compared(asked, said, said, found, self.algebra)

    def judged(self, claimed: Expr, found: Expr) -> Judgement:
        """A formula beside a formula: the same as they are written, or with the gradients in them put in; different at
        numbers; else it is not decided.
        """
        one, other = self.shape(claimed), self.shape(found)
        if one != other:
            return Judgement(Verdict.WRONG, (f"it is {shown(other)}, and what is written {shown(one)}",))
        if self.plain(claimed) == self.plain(found):
            return Judgement(Verdict.RIGHT)
        if self.plain(self.put_in(claimed)) == self.plain(self.put_in(found)):
            return Judgement(Verdict.OTHER_FORM)
        if not np.allclose(self.tried(claimed), self.tried(found), rtol=TOLERANCE, atol=TOLERANCE):
            return Judgement(Verdict.WRONG, (f"they differ at {self.trial.said}",))
        return Judgement(Verdict.UNDECIDED, (f"they agree at {self.trial.said}, and no proof for all sizes was found",))

    def read(self, written: str) -> Expr:
        """A formula, the gradients in which are worked out."""
        expr = meant(parse(written), self.outline.shapes)
        for part in walk(expr):
            if isinstance(part, Deriv) and part not in self.formulas:
                self.derive(part)
        return expr

    def shape(self, expr: Expr) -> Sizes:
        return Shapes(self.outline.vocabulary, self.sizes, by_hand=True)(expr)

    def plain(self, expr: Expr) -> Expr:
        """A formula as derivations write it."""
        shapes = Shapes(self.outline.vocabulary, self.sizes)
        return told_apart(lean(expr, shapes), shapes)

    def put_in(self, expr: Expr) -> Expr:
        """A formula with the formulas of the gradients in it."""

        def change(part: Expr) -> Expr | None:
            formula = self.formulas.get(part, part)
            return None if formula == part else self.put_in(formula)

        return transform(expr, change)

    def tried(self, expr: Expr) -> list[float]:
        """What a formula comes to at numbers."""
        numbers = [number_of(entry_expr(entry)) for entry in self.trial.worked(expr, self.arrays).ravel()]
        return [float(number) for number in numbers if number is not None]

    def derive(self, asked: Deriv) -> None:
        """Works the gradients between a quantity and the output out, and checks the one that is asked for."""
        of, wrt = text(asked.of), text(asked.wrt)
        outline = self.outline
        if outline.output is None or of != outline.loss:
            if of not in self.graph.nodes:
                hint = nearest(of, self.graph.nodes) or f"nodes: {', '.join(self.graph.nodes)}"
                raise StepperError(Problem(f"'{of}' is not a node of this graph, and so has no gradient", hint=hint))
            outline = Outline.of(replace(self.graph, output=of, upstream=None), self.settings)
        if wrt not in outline.shapes and wrt.partition("[")[0] in outline.shapes:
            raise numbers_wanted(self.graph, f"{wrt} is an entry")
        check_names(outline.graph, [wrt])
        outline.check_arriving()
        gradients = Gradients(outline, [wrt])
        trial = Trial(outline)
        tried = trial.gradients(gradients)
        (check,) = checks_of(tried, [wrt])
        if check.ok is False:
            raise Contradiction(Problem(f"a check of {text(asked)} does not agree"))
        for name in (*gradients.formulas, *([outline.output] if outline.output else [])):
            symbol = Deriv(asked.of, reference(name))
            self.formulas.setdefault(symbol, gradients.formulas.get(name, symbol))
            self.arrays[text(symbol)], self.sizes[text(symbol)] = tried.arrays[name], outline.shapes[name]


def _sizes(written: str) -> Array:
    """The sizes that are written."""
    listed = parse(written) if written.strip().startswith("[") else None
    if isinstance(listed, Array):
        return listed
    return Array(tuple(parse(part) for part in re.split(r"\s*×\s*|\s+x\s+", written.strip())))
