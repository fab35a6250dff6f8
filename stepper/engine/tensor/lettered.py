"""Graphs of arrays whose sizes are letters: formulas with their shapes, tried at sizes that are small primes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, ArrayLeaf
from stepper.core.expr import Array, Call, Deriv, Expr, Num, Number, Sym
from stepper.core.formula import number_of, reference, text
from stepper.core.prose import Prose, listed
from stepper.core.steps import Answer, Block, Check, Derivation, Equation, Link, Step, drawing_step
from stepper.core.traverse import substitute, walk
from stepper.engine.graph.checks import checked
from stepper.engine.graph.drawing import drawing
from stepper.engine.tensor.backward import (
    arriving_line,
    check_counted,
    check_output,
    update_step,
    why,
)
from stepper.engine.tensor.checks import at_random, beforehand, checks_of, counted, drawn
from stepper.engine.tensor.drawing import known_arrays, with_gradients
from stepper.engine.tensor.entries import Entries, shown
from stepper.engine.tensor.equations import conventions, row_of, shapes_note, spelling
from stepper.engine.tensor.gradients import ArrayGradients, Gradients
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, are_letters, literal, numbers_for, primes
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.engine.values.differentiate import ONE, ZERO
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError


def forward(graph: ArrayGraph, settings: Settings) -> Derivation:
    """The formula of every node, and its shape.

    Raises:
        StepperError: where shapes do not fit, or something is asked for that takes numbers.
    """
    outline = _outline(graph, settings)
    if _has_bodies(graph):
        _ = Trial(outline).board
    steps = (
        drawing_step(drawing(graph, known_arrays(outline), (), outline.output)),
        _forward_step(outline, graph.order),
    )
    answers = [
        one for name in graph.order for one in _answers(name, graph.nodes[name].formula or ZERO, outline.shapes[name])
    ]
    return Derivation(
        "forward", graph.title, steps, tuple(answers), (), tuple(_conventions(outline)), spelling(graph), graph.source
    )


def backward(graph: ArrayGraph, wrt: Sequence[str], settings: Settings) -> Derivation:
    """The gradient of the output for arrays, as formulas with their shapes.

    Raises:
        StepperError: as above, and where the output is ambiguous or a name is not known.
    """
    outline = _outline(graph, settings)
    entries = [name for name in wrt if name not in outline.shapes and name.partition("[")[0] in outline.shapes]
    if entries or graph.entry:
        raise numbers_wanted(graph, f"{[*entries, graph.entry][0]} is an entry")
    check_output(outline, wrt)
    _check_upstream(outline)
    gradients = Gradients(outline, wrt)
    check_counted(gradients, wrt)
    asked = list(dict.fromkeys(wrt))
    checks, also = beforehand(gradients, asked), dict[str, tuple[Expr, Prose]]()
    if checks is None:
        trial = Trial(outline)
        found = trial.gradients(gradients)
        checks, also = [trial.named(check) for check in checks_of(found, asked)], found.also
    needed = graph.ancestors(gradients.inside)
    steps = [
        drawing_step(drawing(graph, with_gradients(outline, gradients), wrt, outline.output)),
        _forward_step(outline, [name for name in graph.order if name in needed]),
        _backward_step(gradients, also),
    ]
    steps = [*checked(steps, checks), update_step(gradients, wrt, settings)]
    answers = [
        one
        for name in wrt
        for one in _answers(
            text(Deriv(reference(outline.loss), reference(name))), _formula(gradients, name), outline.shapes[name]
        )
    ]
    return Derivation(
        "backprop", graph.title, tuple(step for step in steps if step.body or step.children), tuple(answers),
        tuple(checks), (*_conventions(outline), *arriving_line(outline)), spelling(graph), graph.source,
    )  # fmt: skip


class Trial:
    """A graph at sizes that are numbers, by default a prime for each letter, with random entries."""

    def __init__(self, outline: Outline, sizes: Mapping[str, int] | None = None) -> None:
        self.outline = outline
        leaves = [leaf for leaf in outline.graph.leaves.values() if isinstance(leaf, ArrayLeaf)]
        written = {size for leaf in leaves for size in leaf.shape}
        written |= {
            int(part.literal) for leaf in leaves for size in leaf.sizes for part in walk(size) if isinstance(part, Num)
        }
        self.sizes = sizes or primes(outline.graph.letters, written)

    @property
    def said(self) -> str:
        """The sizes, in words."""
        words = [(f"{letter} = {number}",) for letter, number in self.sizes.items()]
        return "".join(map(str, listed(words))) + " with random entries"

    def named(self, check: Check) -> Check:
        """A check with the sizes at which it was made."""
        return replace(check, name=f"{check.name}, at {self.said}")

    @cached_property
    def board(self) -> Board:
        """All arrays: of entries of both signs, or between 0 and 1 where some function takes no others.

        Raises:
            StepperError: where there is no value for either.
        """
        graph = self.outline.graph.with_sizes(self.sizes)
        shapes = Outline.of(graph, self.outline.settings)
        for positive in (False, True):
            try:
                board = Board(at_random(shapes, _Draw(shapes, positive)), Settings())
                _ = board.known
            except StepperError as error:
                problem = error.problems[0]
            else:
                return board
        what = f"at {self.said}, {problem.what}"
        raise StepperError(replace(problem, what=what, hint=problem.hint or numbers_for(self.outline.graph.letters)))

    def gradients(self, gradients: Gradients) -> Tried:
        """The gradients that are written in letters, worked out here."""
        formulas = {name: self.put_in(formula) for name, formula in gradients.formulas.items()}
        return Tried(self.board, gradients.wrt, formulas)

    def worked(self, formula: Expr, arrays: Mapping[str, Entries]) -> Entries:
        """What a formula comes to here; ``arrays`` are further ones that it may hold."""
        return self.board.worker({**self.board.known, **arrays})(self.put_in(formula))

    def put_in(self, formula: Expr) -> Expr:
        """A formula with the numbers for letters."""
        return substitute(formula, {Sym(letter): Num(str(number)) for letter, number in self.sizes.items()})


class Tried(ArrayGradients):
    """Gradients by formulas that were found elsewhere."""

    def __init__(self, board: Board, wrt: Sequence[str], written: Mapping[str, Expr]) -> None:
        self.written = written
        super().__init__(board, wrt)

    def again(self, board: Board) -> Tried:
        return Tried(board, self.wrt, self.written)

    def total(self, name: str) -> Expr:
        return self.written[name]


class _Draw:
    """Draws entries for a quantity: of what numbers classes the first one, of a distribution rows that sum to 1."""

    def __init__(self, outline: Outline, positive: bool) -> None:
        self.outline, self.positive = outline, positive
        self.source = random.Random(outline.graph.title)  # noqa: S311 a check, no secret
        self.counted = counted(outline)
        self.distributions = {
            text(argument) for node in outline.graph.nodes.values() for argument in _distributions(node.formula)
        }

    def __call__(self, name: str, count: int) -> list[Number]:
        if name in self.counted:
            return [Fraction(self.outline.vocabulary.counting.first)] * count
        if name not in self.distributions:
            return [
                Fraction(self.source.randint(1, 63), 64) if self.positive else drawn(self.source) for _ in range(count)
            ]
        row = self.outline.shapes[name][-1] if self.outline.shapes[name] else 1
        assert isinstance(row, int)
        found: list[Number] = []
        for _ in range(count // row):
            parts = [self.source.randint(1, 9) for _ in range(row)]
            found += [Fraction(part, sum(parts)) for part in parts]
        return found


def _distributions(formula: Expr | None) -> Iterator[Expr]:
    """The arguments that are taken for probabilities that sum to 1."""
    for call in walk(formula or ZERO):
        row = row_of(call) if isinstance(call, Call) else None
        if isinstance(call, Call) and row is not None:
            pairs = zip(row.signature(), call.arguments, strict=False)
            yield from (argument for (name, _, _), argument in pairs if row.takes.get(name) == "distribution")


def _outline(graph: ArrayGraph, settings: Settings) -> Outline:
    if graph.given:
        raise numbers_wanted(graph, f"{next(iter(graph.given))} is given")
    return Outline.of(graph, settings)


def numbers_wanted(graph: ArrayGraph, what: str) -> StepperError:
    """The refusal of something that takes numbers."""
    said = f"{what}, which is worked out where all sizes are numbers; here {are_letters(graph.letters)}"
    return StepperError(Problem(said, hint=numbers_for(graph.letters)))


def _has_bodies(graph: ArrayGraph) -> bool:
    return all(function.body is not None for function in graph.functions.values())


def _check_upstream(outline: Outline) -> None:
    """Raises StepperError where what arrives at the output has not its shape."""
    outline.check_arriving()
    upstream, output = outline.graph.upstream, outline.output
    assert output is not None
    if upstream is None or (isinstance(upstream, Sym) and upstream.name not in outline.shapes):
        return
    found = Shapes(outline.vocabulary, outline.shapes, by_hand=True)(upstream)
    if found != outline.shapes[output]:
        what = f"upstream has the shape {shown(found)}, and {output} {shown(outline.shapes[output])}"
        raise StepperError(Problem(what))


def _conventions(outline: Outline) -> list[Prose]:
    letters: list[Prose] = [(Sym(letter),) for letter in outline.graph.letters]
    many = len(letters) > 1
    said = (*listed(letters), " are sizes, any integers above 0" if many else " is a size, any integer above 0")
    return [*conventions(outline), said]


def _forward_step(outline: Outline, wanted: Sequence[str]) -> Step:
    """One formula a node, with its shape."""
    shape = Shapes(outline.vocabulary, outline.shapes)
    children = []
    for name in outline.graph.order:
        node = outline.graph.nodes[name]
        if name in wanted and node.formula is not None:
            formula = told_apart(lean(node.formula, shape), shape)
            note = shapes_note(formula, outline.shapes[name], shape)
            line = Equation(reference(name), (Link("=", formula, note),))
            step = Step(f"forward.node:{name}", "forward.node", (reference(name),), (line,), node.reads, detail="brief")
            children.append(step)
    return Step("forward.pass", "forward.pass", ("Forward pass",), children=tuple(children), detail="brief")


def _backward_step(gradients: Gradients, also: Mapping[str, tuple[Expr, Prose]]) -> Step:
    """From the output back, one formula for each quantity; ``also``: which have another form."""
    board = gradients.board
    children = []
    for name in (*reversed(board.graph.order), *board.graph.leaves):
        if name not in gradients.formulas:
            continue
        left, formula = board.symbol(name), gradients.opened(gradients.formulas[name])
        note = ("in all entries",) if formula == ZERO else shapes_note(formula, board.shapes[name], gradients.shape)
        body: list[Block] = [Equation(left, (Link("=", formula, note),))]
        if name in also:
            other, words = gradients.second[name]
            body.append(Equation(left, (Link("=", gradients.shown(other), ("where ", *words)),)))
        step = Step(f"backward.array:{name}", "backward.array", (left,), (*body, *why(gradients, name)), detail="brief")
        children.append(step)
    return Step("backward.pass", "backward.pass", ("Backward pass",), children=tuple(children), detail="brief")


def _formula(gradients: Gradients, name: str) -> Expr:
    """A gradient as it is written; what arrives at the output is given."""
    return gradients.formulas.get(name, gradients.board.graph.upstream or ONE)


def _answers(name: str, formula: Expr, shape: Sizes) -> list[Answer]:
    """A formula, and its shape where it is an array."""
    return [
        Answer(name, formula, number_of(formula)),
        *([Answer(f"shape({name})", Array(tuple(map(literal, shape))))] if shape else []),
    ]
