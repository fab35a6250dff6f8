"""How a derivation is written where courses differ: what was chosen, carried to those who print."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from stepper.core.contents import formulas
from stepper.core.expr import Array, Deriv, Expr, Neg, Num, Power, Product, Sum, Sym, Transpose, Value
from stepper.core.formula import reference, text
from stepper.core.graph import Graph, Leaf
from stepper.core.labels import printed
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Convention, Derivation, Note, Writing
from stepper.core.traverse import substitute, walk
from stepper.errors import Problem, StepperError
from stepper.tables.notations import NOTATIONS, Choice

if TYPE_CHECKING:
    from stepper.core.task import Lettered, Task

EXAMPLES = "vuqabcdefghijklmnopqrstxyz"
"""The first of these that the graph does not use stands for any quantity."""


def noted(derivation: Derivation, graph: Graph) -> Derivation:
    """The derivation with what the graph's document, or a command, chose of how it is written.

    Raises:
        StepperError: where the letter of the output is taken.
    """
    rows = [NOTATIONS[key][name] for key, name in graph.notation.items()]
    rows = [row for row in rows if row != next(iter(NOTATIONS[row.key].values())) or row.output]
    if not rows:
        return derivation
    output = _differentiated(derivation, graph)
    if output is None:
        rows = [row for row in rows if not (row.accent or row.letter or row.output)]
    example = _example(graph)
    writing = Writing({row.key: row.name for row in rows}, of=output, example=example)
    labels, conventions = dict(derivation.notation), list[Convention](derivation.conventions)
    for row in rows:
        writing = replace(
            writing, accent=row.accent or writing.accent, letter=row.letter or writing.letter,
            minus=row.minus or writing.minus, sign=row.sign if row.key == "product" else writing.sign,
            columns=row.columns or writing.columns,
        )  # fmt: skip
        conventions = [_paired(line, row) for line in conventions]
        if row.output and output is not None:
            _check_letter(row.output, graph, output)
            labels[text(output)] = row.output
    if writing.columns:
        _check_columns(derivation, graph)
    told = [said for row in rows if (said := _said(row, output, example))]
    return replace(derivation, writing=writing, notation=labels, conventions=(*told, *conventions))


def graph_of(task: Task | Lettered) -> Graph:
    """What the notation of a task is about: its objective, where it has one, and what its update names."""
    from stepper.core.task import Lettered, Task

    graph = (task.objective if isinstance(task, Task) else None) or Graph(task.method.name, {}, {})
    names = [task.parameter] if isinstance(task, Lettered) else [place.name for place in task.parameters]
    own = {name: Leaf(name, "constant") for name in (*names, *sorted(task.method.own_names)) if name not in graph.names}
    return replace(graph, leaves={**graph.leaves, **own}, notation={**graph.notation, **task.notation})


def _paired(line: Convention, row: Choice) -> Convention:
    if isinstance(line, Note):
        return replace(line, text=tuple(_pair(part, row) for part in line.text))
    return tuple(_pair(part, row) for part in line)


def _pair(part: str | Expr, row: Choice) -> str | Expr:
    """What is said of products of matrices, with the sign that they have."""
    return part.replace("A·B", row.pair) if isinstance(part, str) else part


def _said(row: Choice, output: Expr | None, example: Sym) -> Prose:
    """The sentence of a choice, its formulas about this output."""
    if not row.says or (output is not None and text(output) == row.output):
        return ()
    names: dict[Expr, Expr] = {
        Sym("v"): example, Sym("vbar"): Sym(f"{example.name}bar"), Sym("delta_v"): Sym(f"delta_{example.name}"),
        Sym("L"): output or Sym("L"),
    }  # fmt: skip
    words = row.says.format(name="" if output is None else text(output)).split("`")
    return tuple(substitute(parse(part), names) if place % 2 else part for place, part in enumerate(words) if part)


def _differentiated(derivation: Derivation, graph: Graph) -> Expr | None:
    """What the gradients are of; where none stand in the derivation the output."""
    parts = (part for expr in formulas(derivation) for part in walk(expr))
    found = dict.fromkeys(
        part.of for part in parts if isinstance(part, Deriv) and part.total and not isinstance(part.of, Deriv)
    )
    output = graph.last
    if len(found) == 1:
        return next(iter(found))
    return None if output is None else reference(output)


def _example(graph: Graph) -> Sym:
    """A letter that stands for any quantity, and for none of the graph."""
    taken = {printed(graph.labels.get(name, name)) for name in graph.names}
    free = (name for name in EXAMPLES if not {printed(name), printed(f"{name}bar"), printed(f"delta_{name}")} & taken)
    return Sym(next(free, "v"))


def _check_columns(derivation: Derivation, graph: Graph) -> None:
    """Raises StepperError where arrays of one axis stand for rows, so that an equation of columns would be false."""
    known: dict[str, int] = {}
    if graph.holds_arrays:
        from stepper.core.arrays import ArrayLeaf

        arrays = [leaf for leaf in graph.leaves.values() if isinstance(leaf, ArrayLeaf)]
        known = {leaf.name: len(leaf.sizes or leaf.shape) for leaf in arrays}
    for expr in formulas(derivation):
        for part in walk(expr):
            if _takes_rows(part, known):
                what = f"vectors=columns: in {text(part)[:60]} a vector is used as a row"
                hint = "W @ x, with the vector on the right, has columns; X @ W, with samples in rows, has rows"
                raise StepperError(Problem(what, hint=hint))


def _takes_rows(part: Expr, known: Mapping[str, int]) -> bool:
    """Is a vector multiplied with a matrix from its left, or put together with one, row by row?"""
    if not isinstance(part, Sum | Product):
        return False
    axes = [_axes(operand, known) for operand in part.operands]
    pairs = pairwise(axes) if isinstance(part, Product) else [(one, other) for one in axes for other in axes]
    operators = part.operators if isinstance(part, Product) else ["+" for _ in range(len(axes) ** 2)]
    return any(
        pair == (1, 2) if operator == "@" else set(pair) == {1, 2}
        for operator, pair in zip(operators, pairs, strict=False)
    )


def _axes(expr: Expr, known: Mapping[str, int]) -> int:
    """How many axes an array has, or a sum or product of such; -1 where that is not seen."""
    match expr:
        case Sym(name):
            return known.get(name, -1)
        case Num() | Value():
            return 0
        case Array(items):
            inner = _axes(items[0], known) if items else 0
            return 1 + max(inner, 0)
        case Neg(body) | Power(body, _) | Transpose(body):
            return _axes(body, known)
        case Sum(operands) | Product(operands):
            found = [_axes(operand, known) for operand in operands]
            if isinstance(expr, Product) and "@" in expr.operators:
                return max(0, sum(found) - 2 * expr.operators.count("@")) if -1 not in found else -1
            return max(found)
        case _:
            return -1


def _check_letter(letter: str, graph: Graph, output: Expr) -> None:
    """Raises StepperError where the letter of the output is another quantity's."""
    others = [name for name in graph.names if name != text(output).partition("[")[0]]
    taken = {printed(graph.labels.get(name, name)): name for name in others}
    if printed(letter) in taken:
        free = [row.output for row in NOTATIONS["loss"].values() if printed(row.output) not in taken]
        hint = f"free: {', '.join(free)}" if free else "give the other quantity a label under 'labels:'"
        raise StepperError(Problem(f"loss={letter}: '{taken[printed(letter)]}' would print like the output", hint=hint))
