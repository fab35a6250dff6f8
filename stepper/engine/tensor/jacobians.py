"""Functions of lists whose value is a list as long, with the matrix of their derivatives: another way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepper.core.expr import Call, Deriv, Sym, Transpose
from stepper.core.formula import reference, text
from stepper.core.parser import parse
from stepper.core.steps import Equation, Step
from stepper.core.traverse import substitute
from stepper.engine.tensor.calls import of_arrays
from stepper.engine.tensor.entries import Formula
from stepper.engine.tensor.equations import MOST_SYMBOLS, worked
from stepper.engine.tensor.evaluate import OUT
from stepper.engine.tensor.products import matrix
from stepper.tables.arrays import BY_ARRAY_NAME

if TYPE_CHECKING:
    from stepper.engine.tensor.gradients import ArrayGradients


def jacobian_steps(gradients: ArrayGradients, name: str) -> list[Step]:
    """The Jacobian of the one node that uses a list, and the gradient by it; at full detail."""
    board, parts = gradients.board, gradients.parts[name]
    if board.large or len(parts) != 1 or len(board.shapes[name]) != 1:
        return []
    reader = parts[0][0]
    formula, array = board.graph.nodes[reader].formula, gradients.arrays[name]
    row = BY_ARRAY_NAME[formula.name] if isinstance(formula, Call) and of_arrays(formula) else None
    numeric = not any(isinstance(entry, Formula) for entry in array.ravel()) and reader in board.known
    if row is None or not row.jacobian or not numeric or reader in board.graph.given_nodes:
        return []
    assert isinstance(formula, Call)
    if formula.arguments[0] != reference(name) or array.size**2 > MOST_SYMBOLS:
        return []
    worker = gradients.worker
    left = Deriv(reference(reader), reference(name), total=False)
    slope = gradients.shown(substitute(parse(row.jacobian), {OUT: reference(reader)}))
    found = worker(slope)
    worker.known = {**worker.known, text(left): found}
    back = matrix(Transpose(left), board.symbol(reader))
    lines = (
        worked(left, slope, found, None, (), worker),
        worked(board.symbol(name), back, worker(back), None, (), worker),
    )
    title = (Sym(name), " by the Jacobian of ", reference(reader))
    return [Step(f"backward.jacobian:{name}", "backward.jacobian", title, tuple(map(_gradient, lines)), detail="full")]


def _gradient(line: Equation) -> Equation:
    return Equation(line.left, line.links, "gradient")
