"""Forward and backward passes of graphs of arrays: one equation a node, with the shapes under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stepper.core.expr import Call, Deriv, Expr, Index, Prime, Product, Sum, Sym, Transpose, Value, add, transform, walk
from stepper.core.formula import reference, text
from stepper.core.graph import ArrayGraph, Shape
from stepper.core.steps import Answer, Block, Derivation, Equation, Link, Note, Prose, Step
from stepper.engine.backward import check_names
from stepper.engine.conventions import notation
from stepper.engine.differentiate import ONE
from stepper.engine.tensor.adjoint import Backward, told_apart
from stepper.engine.tensor.board import Board
from stepper.engine.tensor.element import element_steps, is_element, place_of
from stepper.engine.tensor.entries import Entries, Formula, as_expr, blanks, held, shown
from stepper.engine.tensor.proof import checks_of, checks_step
from stepper.engine.tensor.work import Worker, transposed
from stepper.engine.worked import Settings, relation
from stepper.errors import Problem, StepperError

MOST_SHOWN, MOST_PUT_IN, MOST_SYMBOLS = 100, 36, 16
"""Arrays of up to so many entries are shown whole, put into formulas, and written as formulas."""


def forward(graph: ArrayGraph, settings: Settings) -> Derivation:
    """Works every array of a graph out.

    Raises:
        StepperError: where shapes do not fit.
    """
    board = Board(graph, settings)
    steps = (forward_step(board, graph.order),)
    answers = tuple(answer(board, name, name, board.array(name)) for name in graph.order)
    return Derivation(
        "forward", graph.title, steps, answers, (), tuple(conventions(board)), notation(graph, set(graph.nodes)), graph.source
    )


def conventions(board: Board) -> list[Prose]:
    said: list[Prose] = [("indices count from 1; the shape stands beside each array",)]
    if any(isinstance(part, Product) and "@" in part.operators for node in board.graph.nodes.values() for part in _walk(node.formula)):
        said.append(("A·B between matrices is the product of matrices, A ⊙ B is taken entry by entry",))
    return said


def _walk(expr: Expr | None) -> list[Expr]:
    return [] if expr is None else list(walk(expr))


def answer(board: Board, name: str, shown_name: str, array: Entries | None) -> Answer:
    if array is None:
        expr = as_expr(board.formulas[name]) if name in board.formulas else as_expr(board.symbols[name])
        return Answer(shown_name, expr)
    return _answer(shown_name, array)


def _answer(name: str, array: Entries) -> Answer:
    expr = as_expr(array)
    return Answer(name, expr, expr.number if isinstance(expr, Value) else None)


# ---- forward


def forward_step(board: Board, wanted: Sequence[str]) -> Step:
    """One equation a node."""
    children = tuple(_node(board, name) for name in board.graph.order if name in wanted)
    return Step("forward.pass", "forward.pass", ("Forward pass",), children=children, detail="brief")


def _node(board: Board, name: str) -> Step:
    node = board.graph.nodes[name]
    assert node.formula is not None
    shape = Worker(board.vocabulary, {read: blanks(size) for read, size in board.shapes.items()})
    formula = told_apart(node.formula, lambda part: shape(part).shape)
    worker = Worker(board.vocabulary, board.known)
    result = board.array(name)
    body: list[Block] = [
        worked(reference(name), formula, result, board.formulas[name], shapes_note(formula, board.shapes[name], shape), worker)
    ]
    return Step(f"forward.node:{name}", "forward.node", (reference(name),), tuple(body), uses=node.reads, detail="brief")


def worked(left: Expr, formula: Expr, result: Entries | None, entries: Entries | None, note: Prose, worker: Worker) -> Equation:
    """``left = formula = arrays put in = array``, the shapes beside the formula."""
    links = [Link("=", formula, note)]
    if result is None:
        if entries is not None and entries.size <= MOST_SYMBOLS:
            links.append(Link("=", as_expr(entries)))
        return Equation(left, tuple(links))
    filled = _put_in(formula, worker)
    if filled is not None and filled != formula:
        links.append(Link(relation(formula, filled), filled))
    if result.size <= MOST_SHOWN:
        value = as_expr(result)
        if value != links[-1].expr:
            links.append(Link(relation(links[-1].expr, value), value))
    return Equation(left, tuple(links))


def _put_in(formula: Expr, worker: Worker) -> Expr | None:
    """The formula with its arrays put in, where they are small."""
    large = False

    def change(part: Expr) -> Expr | None:
        nonlocal large
        if isinstance(part, Transpose) and (array := worker.known.get(text(part.body))) is not None and array.size <= MOST_PUT_IN:
            return as_expr(transposed(array))
        if not isinstance(part, Sym | Deriv | Prime | Index):
            return None
        array = worker.known.get(text(part))
        if array is None:
            return None
        large = large or array.size > MOST_PUT_IN
        return as_expr(array) if array.size <= MOST_PUT_IN else part

    filled = transform(formula, change)
    return None if large else filled


def shapes_note(formula: Expr, shape: Shape, worker: Worker) -> Prose:
    """The shapes of a product of matrices, and of what it gives: ``2×3 = 2×2 · 2×3``."""
    product = formula
    while isinstance(product, Sum):
        product = product.operands[0]
    if isinstance(product, Product) and "@" in product.operators:
        parts = [shown(worker(operand).shape) for operand in product.operands]
        return (f"{shown(shape)} = {' · '.join(part for part in parts if part != 'a number')}",)
    return (shown(shape),) if shape else ()


# ---- backward


@dataclass
class Gradients:
    """The gradients of arrays, from the output backwards."""

    board: Board
    wrt: Sequence[str]

    def __post_init__(self) -> None:
        board = self.board
        assert board.output is not None
        self.inside = board.graph.ancestors([board.output]) & board.graph.descendants(self.wrt)
        self.arrays: dict[str, Entries] = {board.output: board.arriving}
        self.formulas: dict[str, Expr] = {}
        self.parts: dict[str, list[tuple[str, Expr]]] = {name: [] for name in (*board.graph.nodes, *board.graph.leaves)}
        for name in reversed(board.graph.order):
            if name in self.inside:
                self.node(name)
        for name in board.graph.leaves:
            if name in self.inside:
                self.settle(name)

    @cached_property
    def shape(self) -> Worker:
        """Works shapes out, of gradients too."""
        board = self.board
        arriving = {text(board.symbol(name)): shape for name, shape in board.shapes.items()}
        return Worker(board.vocabulary, {name: blanks(shape) for name, shape in {**board.shapes, **arriving}.items()})

    @property
    def worker(self) -> Worker:
        """Works gradients out: on numbers where there are some."""
        board = self.board
        arrays = {text(board.symbol(name)): array for name, array in self.arrays.items()}
        return Worker(board.vocabulary, {**board.symbols, **board.known, **arrays})

    def node(self, name: str) -> None:
        """Settles the gradient of a node, and hands it on to what the node reads."""
        board = self.board
        if name != board.output:
            self.settle(name)
        node = board.graph.nodes[name]
        assert node.formula is not None
        back = Backward(board.vocabulary, set(board.shapes), lambda part: self.shape(part).shape)
        arriving: Expr = ONE if name == board.output and board.is_bare and board.graph.upstream is None else board.symbol(name)
        with board.at(name):
            found = back.through(node.formula, arriving, reference(name))
        for read, formula in found.items():
            self.parts[read].append((name, formula))

    def settle(self, name: str) -> None:
        """The gradient of a quantity is the sum over all that read it."""
        formulas = [formula for _, formula in self.parts[name]]
        total = add(*formulas)
        self.formulas[name] = told_apart(total, lambda part: self.shape(part).shape)
        with self.board.at(self.parts[name][0][0]):
            found = self.worker(total)
        self.arrays[name] = np.broadcast_to(found, self.board.shapes[name])

    @property
    def numeric(self) -> bool:
        return not any(isinstance(entry, Formula) for array in self.arrays.values() for entry in array.reshape(-1)[:1])


def backward(graph: ArrayGraph, wrt: Sequence[str], settings: Settings) -> Derivation:
    """Explains the gradient of the output for arrays, and for single entries of them.

    Raises:
        StepperError: where the output is not settled, a name is not known, or shapes do not fit.
    """
    board = Board(graph, settings)
    bases = [base_of(name, board) for name in wrt]
    check_names(graph, bases)
    if board.output is None:
        what = (
            f"the output is not settled: {', '.join(graph.sinks)} are read by nothing"
            if graph.sinks
            else "there is nothing to differentiate"
        )
        raise StepperError(Problem(what, hint="say which one with the line 'output: ...'"))
    gradients = Gradients(board, bases)
    missing = [name for name in bases if name not in gradients.inside]
    if missing:
        raise StepperError(Problem(f"no path leads from '{missing[0]}' to the output {board.output}: its gradient is 0"))
    checks = checks_of(gradients, bases)
    steps = [forward_step(board, [name for name in graph.order if name in graph.ancestors(gradients.inside)]), _backward_step(gradients)]
    steps += [step for name in wrt if is_element(name, board) for step in element_steps(gradients, name, base_of(name, board))]
    steps.append(checks_step(checks))
    answers = [_gradient_answer(gradients, name) for name in wrt]
    return Derivation(
        "backprop", graph.title, tuple(step for step in steps if step.body or step.children), tuple(answers), tuple(checks),
        (*conventions(board), *_arriving_line(board)), notation(graph, set(graph.nodes)), graph.source,
    )  # fmt: skip


def base_of(name: str, board: Board) -> str:
    return name if name in board.shapes else name.partition("[")[0]


def _arriving_line(board: Board) -> list[Prose]:
    if board.is_bare:
        return []
    assert board.output is not None
    assert board.graph.upstream is not None
    return [("the gradient that arrives at the output is given: ", board.symbol(board.output), " = ", board.graph.upstream)]


def _gradient_answer(gradients: Gradients, name: str) -> Answer:
    board = gradients.board
    base = base_of(name, board)
    array = gradients.arrays[base]
    if base != name:
        array = held(array[place_of(reference(name))])
    return _answer(text(Deriv(reference(board.loss), reference(name))), array)


def _backward_step(gradients: Gradients) -> Step:
    """From the output back, one equation for each quantity."""
    board = gradients.board
    children = []
    for name in (*reversed(board.graph.order), *board.graph.leaves):
        if name not in gradients.formulas:
            continue
        formula, array = gradients.formulas[name], gradients.arrays[name]
        numeric = not any(isinstance(entry, Formula) for entry in array.reshape(-1))
        note = shapes_note(formula, board.shapes[name], gradients.shape)
        equation = worked(board.symbol(name), formula, array if numeric else None, array, note, gradients.worker)
        body: list[Block] = [equation, *_why(gradients, name)]
        children.append(Step(f"backward.array:{name}", "backward.array", (board.symbol(name),), tuple(body), detail="brief"))
    return Step("backward.pass", "backward.pass", ("Backward pass",), children=tuple(children), detail="brief")


def _why(gradients: Gradients, name: str) -> list[Block]:
    """Why a gradient is a sum, and why transposes stand where they stand."""
    board = gradients.board
    readers = [reader for reader, _ in gradients.parts[name]]
    said: list[Block] = []
    if len(readers) > 1:
        said.append(
            Note(
                (
                    reference(name),
                    f" is read by {len(readers)} nodes: what comes back from each is added",
                )
            )
        )
    formula = gradients.formulas[name]
    if isinstance(formula, Call) and len(gradients.shape(formula.arguments[0]).shape) > len(board.shapes[name]) > 0:
        said.append(Note((reference(name), " was added to each row: its gradient is the sum over all of them")))
    if any(isinstance(part, Transpose) for part in _walk(formula)) and board.shapes[name]:
        words: list[str | Expr] = [
            "the gradient has the shape of ",
            reference(name),
            f", {shown(board.shapes[name])}: the transpose makes it fit",
        ]
        said.append(Note(tuple(words)))
    return said
