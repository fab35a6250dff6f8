"""How graphs of arrays are written: equations with shapes, arrays put in while they are small."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Call, Expr, Index, Number, Product, Sum, Sym, Value
from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.prose import Prose, listed
from stepper.core.steps import Answer, Block, Equation, Link, Note
from stepper.core.traverse import extent, names, walk
from stepper.engine.graph.conventions import definition_of, notation, opening, says_something
from stepper.engine.tensor.calls import bind, holds_classes, of_arrays, ungathered
from stepper.engine.tensor.entries import Entries, as_expr, entry_expr, shown
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.pieces import put_in, value_in
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, joined, volume, written
from stepper.engine.values.differentiate import ZERO
from stepper.engine.values.equations import append
from stepper.engine.values.loss_arguments import Remarks
from stepper.errors import StepperError
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import ARRAYS, BY_ARRAY_NAME
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME, ROWS

MOST_ANSWERED, CORNER = 100_000, 4
"""Arrays of up to so many entries are answers entry by entry; of larger ones the first few are shown."""
LONGEST_WRITTEN, LONGEST_ANSWERED = 4_000, 200_000
"""The parts of all entries of an array that is written as formulas, several pages, and of one that is an answer."""
MOST_SHOWN, MOST_SYMBOLS, MOST_WINDOWS = 100, 16, 36
"""Arrays of up to so many entries are shown whole, written as formulas, and worked window by window.
"""


def spelling(graph: ArrayGraph) -> dict[str, str]:
    """How names are spelled: those of functions of arrays too."""
    arrays = {row.name: row.symbol or f"={row.name}" for row in ARRAYS if row.symbol or "_" in row.name}
    numbers = {row.name: row.symbol for row in ROWS.values() if row.symbol}  # what functions of arrays are worked by
    return {**numbers, **arrays, **notation(graph, set(graph.nodes))}


def conventions(board: Outline) -> list[Prose]:
    looks = Remarks(board.graph, board.vocabulary, lambda expr: _lines(board, expr), lambda call: _taken(board, call))
    said: list[Prose] = [*opening(board.graph), *looks.about(board.graph.nodes)]
    said.append(("indices are counted from 1; the shape is given beside each array",))
    said += [line for node in board.graph.nodes.values() for line in _classes(board, node.formula)]
    said += dict.fromkeys(line for node in board.graph.nodes.values() for line in _settings(board, node.formula))
    if any(
        isinstance(part, Product) and "@" in part.operators
        for node in board.graph.nodes.values()
        for part in parts_of(node.formula)
    ):
        said.append(("A·B between matrices is the matrix product, A ⊙ B the elementwise product",))
    if any(_along_an_axis(part) for node in board.graph.nodes.values() for part in parts_of(node.formula)):
        said.append(("a number after an array, as in sum(X, 1), is the axis along which it is taken; -1 is the last",))
    said += [line for node in board.graph.nodes.values() for line in _axes_taken(board, node.formula)]
    for name, choice in board.vocabulary.sent_back.items():
        said.append((f"{name} passes back what {choice} prescribes instead of the gradient",))
    return said


def row_of(call: Call) -> FunctionRow | ArrayFunction | None:
    """The row of a function, of arrays where it is one."""
    return BY_ARRAY_NAME[call.name] if of_arrays(call) else BY_ANY_NAME.get(call.name)


def _taken(board: Outline, call: Call) -> FunctionRow | ArrayFunction | None:
    """The row of a function, without what it says of targets where the numbers of classes stand in their place."""
    row = row_of(call)
    if not isinstance(row, ArrayFunction) or not holds_classes(row, bind(row, call.arguments), _shapes(board)):
        return row
    return replace(row, target="", takes={name: taken for name, taken in row.takes.items() if name != row.classes})


def _classes(board: Outline, formula: Expr | None) -> Iterator[Prose]:
    """How classes are counted, where a loss is given their numbers."""
    for call in parts_of(formula):
        row = row_of(call) if isinstance(call, Call) else None
        if isinstance(call, Call) and isinstance(row, ArrayFunction) and row.classes:
            bindings = bind(row, call.arguments)
            if holds_classes(row, bindings, _shapes(board)):
                number = bindings[Sym(row.classes)]
                several = volume(_shapes(board)(number)) != 1
                what = "holds the number of the class of each row" if several else "is the number of a class"
                yield ("in ", call, ", ", number, f" {what}, {board.vocabulary.counting.says}")


def _settings(board: Outline, formula: Expr | None) -> Iterator[Prose]:
    """What a function is, and what it takes that it is not given, ``eps = 0.00001``."""
    for call in parts_of(formula):
        row = row_of(call) if isinstance(call, Call) else None
        if isinstance(call, Call) and isinstance(row, ArrayFunction):
            if row.value and row.says:
                yield (Call(row.name, tuple(Sym(name) for name, _, _ in row.signature())), f": {row.says}")
            left = row.signature()[len(call.arguments) :]
            taken: list[Prose] = [(Sym(name), " = ", parse(default)) for name, default, kind in left if kind == "array"]
            if taken:
                yield (call, " takes ", *listed(taken))
        elif isinstance(call, Call) and isinstance(row, FunctionRow) and row.stops:
            yield (call, f": {row.says}")
        elif isinstance(call, Call) and call.name in board.vocabulary:
            rule = board.vocabulary.rule(call.name)
            formulas = (node.formula for node in board.graph.nodes.values() if node.formula is not None)
            if (meant := definition_of(rule)) and says_something(rule, formulas):
                yield meant


def _shapes(board: Outline) -> Shapes:
    return Shapes(board.vocabulary, board.shapes)


def _lines(board: Outline, expr: Expr) -> list[list[Number]] | None:
    """The numbers of a formula, a line for each row, where there are some and they are few enough to be looked
    through.
    """
    known = {
        part
        for part in names(expr)
        if text(part) in board.known or (isinstance(part, Index) and text(part.base) in board.known)
    }
    if len(known) < len(names(expr)):
        return None
    try:
        array = board.worker(board.known)(expr)
        rows = array.reshape((-1, array.shape[-1] if array.ndim else 1))
        return [[float(entry) for entry in row] for row in rows] if array.size <= MOST_ANSWERED else None
    except StepperError:
        return None


def _axes_taken(board: Outline, formula: Expr | None) -> Iterator[Prose]:
    """Over which axes windows slide, where others would be as possible: of a kernel of three axes, of an image with
    channels.
    """
    shape = Shapes(board.vocabulary, board.shapes)
    for call in parts_of(formula):
        if not isinstance(call, Call):
            continue
        row = BY_ARRAY_NAME.get(call.name)
        if row is None or not row.sliding or row.slides:
            continue
        read = shape(bind(row, call.arguments)[Sym(row.sliding)])
        others = [other for other in ARRAYS if other.machine == row.machine and other.slides == len(read)]
        axes = slid(row, len(read))
        if others and axes < len(read):
            taken = (
                f" slides over the last {'axis' if axes == 1 else f'{axes} axes'}: "
                f"{row.sliding} is {shown(read)}, channels first"
            )
            yield (call, taken, f"; {others[0].name} slides over all {len(read)}")


def slid(row: ArrayFunction, axes: int) -> int:
    """Over how many axes windows slide where the name does not say it: a kernel of three or more axes has two of
    channels.
    """
    return min(axes, 2) if row.signature()[1][2] == "setting" else axes - 2 if axes > 2 else axes


def _along_an_axis(part: Expr) -> bool:
    """Is it a function along an axis that is said?"""
    if not isinstance(part, Call) or part.name not in BY_ARRAY_NAME:
        return False
    return [name for name, _, _ in BY_ARRAY_NAME[part.name].signature()][1:2] == ["axis"] and len(part.arguments) > 1


def parts_of(expr: Expr | None) -> list[Expr]:
    return [] if expr is None else list(walk(expr))


def answer(board: Board, name: str, shown_name: str, array: Entries | None) -> Answer:
    if array is None:
        expr = as_expr(board.filled(name)) if name in board.formulas else as_expr(board.letters[name])
        return Answer(shown_name, expr)
    return array_answer(shown_name, array)


def summary(name: Expr, array: Entries | None) -> list[Block]:
    """How a large array begins, and how long it is; it is worked in full."""
    if array is None or array.size <= MOST_SHOWN:
        return []
    norm = math.sqrt(sum(_float(entry) ** 2 for entry in array.ravel())) if array.dtype == object else _norm(array)
    begins = listed([(entry_expr(entry),) for entry in array.ravel()[:CORNER]], ", ")
    return [Note((name, " begins ", *begins, ", …; the root of the sum of its squares is ", Value(norm)))]


def _float(entry: object) -> float:
    number = number_of(entry_expr(entry))
    assert number is not None
    return float(number)


def _norm(array: Entries) -> float:
    return float(np.linalg.norm(cast("np.typing.NDArray[np.float64]", array)))


def array_answer(name: str, array: Entries) -> Answer:
    if array.size > MOST_ANSWERED:
        return Answer(name, parse(name))
    expr = as_expr(array)
    if extent(expr)[0] > LONGEST_ANSWERED:
        return Answer(name, parse(name))
    return Answer(name, expr, expr.number if isinstance(expr, Value) else None)


def worked(
    left: Expr, formula: Expr, result: Entries | None, entries: Entries | None, note: Prose, worker: Worker,
    simpler: Sequence[tuple[Expr, Prose]] = (), sides: Sequence[Expr] | None = None,
    own: bool = False
) -> Equation:  # fmt: skip
    """``left = formula = arrays put in = array``, the shapes beside the formula; between them ``simpler`` forms of
    it with what they take. ``sides`` are those that a board has between formula and array;
    ``own``: the first of them stands in place of the formula.
    """
    if formula == ZERO:
        return Equation(left, (Link("=", formula, ("in all entries",)),))
    links = [Link("=", formula, note)]
    for side, words in simpler:
        append(links, side, words)
        formula = side
    if result is None:
        if entries is not None and entries.size <= MOST_SYMBOLS:
            whole = as_expr(entries)
            links += [Link("=", whole)] if extent(whole)[0] <= LONGEST_WRITTEN else []
        return printed(left, links)
    if sides is None:
        filled = put_in(formula, lambda part: value_in(worker, part))
        sides = () if filled is None else (filled,)
    elif sides and own:
        links[-1] = Link("=", sides[0], links[-1].note)
    for side in sides:
        append(links, side)
    if result.size <= MOST_SHOWN:
        append(links, as_expr(result))
    return printed(left, links)


def printed(left: Expr, links: Sequence[Link]) -> Equation:
    """An equation of arrays as it is printed."""
    return Equation(ungathered(left), tuple(replace(link, expr=ungathered(link.expr)) for link in links))


def shapes_note(formula: Expr, shape: Sizes, shapes: Shapes) -> Prose:
    """The shapes of a product of matrices, and of what it gives: ``2×3 = 2×2 · 2×3``."""
    product = formula
    while isinstance(product, Sum):
        product = product.operands[0]
    if isinstance(product, Product) and "@" in product.operators and "⊙" not in product.operators:
        parts = [written(sizes) for operand in product.operands if (sizes := shapes(operand))]
        return joined([*(written(shape) or ("a number",)), " = ", *listed(parts, " · ", " · ")])
    return written(shape)
