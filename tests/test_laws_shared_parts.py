"""What stands in several places is worked once: parts of gradients' formulas, and gradients of nodes of one form."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import transform
from stepper.engine.tensor.entries import Entries
from stepper.engine.tensor.floats import FloatWorker
from stepper.engine.tensor.forms import Forms
from stepper.engine.tensor.gradients import ArrayGradients, Gradients
from stepper.engine.tensor.product_rule import Backward
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph
from tests.test_laws_gradients import FORMULAS, LEAVES


def graph(document: str) -> ArrayGraph:
    found = read_graph(document, "g.yaml")
    assert isinstance(found, ArrayGraph)
    return found


def thrice(formula: str, leaves: str = "AABSxyrcTUk") -> ArrayGraph:
    """Three nodes of one form over leaves of their own, and the sum of all entries; the leaves that are left out are
    shared.
    """

    def renamed(number: int) -> str:
        def change(part: Expr) -> Expr | None:
            return Sym(f"{part.name}{number}") if isinstance(part, Sym) and part.name in leaves else None

        return text(transform(parse(formula), change))

    shapes = {f"{name}{number}": shape for name, shape in LEAVES.items() for number in (1, 2, 3) if name in leaves}
    shapes |= {name: shape for name, shape in LEAVES.items() if name not in leaves}
    lines = [f"  {name}: {{shape: {list(shape)}, fill: ones}}" if shape else f"  {name}: 2"
             for name, shape in shapes.items()]  # fmt: skip
    nodes = [f"  Z{number}: '{renamed(number)}'" for number in (1, 2, 3)]
    whole = " + ".join(f"sum(Z{number})" for number in (1, 2, 3))
    return graph("inputs:\n" + "\n".join(lines) + "\nnodes:\n" + "\n".join(nodes) + f"\n  L: '{whole}'\noutput: L")


@pytest.mark.parametrize("shared", ["", "A", "x"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_gradients_by_form_are_those_of_each_node(formula: str, shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same formulas, of the same shapes; where only some gradients are asked for too."""
    found = thrice(formula, "".join(name for name in "ABSxyrcTUk" if name not in shared))
    for wrt in ([*found.leaves], [name for name in found.leaves if name[0] in "Ax"]):
        by_form = Gradients(Board(found, Settings()), wrt)
        with monkeypatch.context() as patch:
            patch.setattr(Forms, "through", lambda self, *given: self.back.through(*given))
            one_by_one = Gradients(Board(found, Settings()), wrt)
        assert by_form.parts == one_by_one.parts
        assert by_form.formulas == one_by_one.formulas
        for parts in by_form.parts.values():
            for _, part in parts:
                assert by_form.shape(part) == one_by_one.shape(part)


def test_steps_of_one_form_are_differentiated_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as they are, and once with their names open, however many there are."""
    through, asked = Backward.through, Counter[str]()

    def counted(self: Backward, formula: Expr, arriving: Expr, out: Expr) -> dict[str, Expr]:
        asked[type(formula).__name__] += 1
        return through(self, formula, arriving, out)

    monkeypatch.setattr(Backward, "through", counted)
    for steps in (3, 20):
        asked.clear()
        document = (
            "inputs: {x: {shape: [20, 2], fill: ones}, 'h[0]': [0, 0]}\nparameters: {W: [[1, 2], [3, 4]]}\n"
            f"repeat:\n  index: t\n  from: 1\n  to: {steps}\n  nodes:\n    h[t]: tanh(W @ x[t] + W @ h[t-1])\n"
            f"nodes:\n  L: sum(h[{steps}])\noutput: L"
        )
        Gradients(Board(graph(document), Settings()), ["W"])
        # the last step reads a state that is asked for, the first one that is not
        assert asked.total() == 1 + 2 + 1, steps


def test_each_product_of_an_attention_is_worked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two forwards; backwards the weights again, and a product for each of Q, K, V and the weights."""
    product, worked = FloatWorker.matrix_product, list[str]()

    def counted(self: FloatWorker, left: Entries, right: Entries, expr: Expr) -> Entries:
        worked.append(text(expr))
        return product(self, left, right, expr)

    monkeypatch.setattr(FloatWorker, "matrix_product", counted)
    leaves = ", ".join(f"{name}: {{shape: [2, 3, 4], fill: normal({place})}}" for place, name in enumerate("QKV", 1))
    found = graph(f"inputs: {{{leaves}}}\nnodes:\n  Y: attention(Q, K, V)\n  L: sum(Y*Y)")
    gradients = ArrayGradients(Board(found, Settings(), floats=True), ["Q", "K", "V"])
    assert len(gradients.arrays) == 5
    assert len(worked) == 2 + 1 + 4, worked


def test_what_is_kept_is_let_go() -> None:
    """Of a formula with parts in common nothing is held when it is worked, whatever was expected."""
    known = {"X": np.asarray([[0.5, 1.0], [2.0, -1.0]]), "x": np.asarray([1.0, 3.0])}
    formulas = [
        parse("softmax(X @ X)*(X @ X) + norm(x)*X"),
        parse("(X @ X)^2 - exp(X @ X)/x*sum(X @ X, -1) + max([X @ X, 0*X])"),
    ]
    worker = FloatWorker(Board(thrice("A"), Settings()).vocabulary, known)
    worker.expect(formulas)
    found = [worker(formula) for formula in formulas]
    assert (worker.kept, worker.left) == ({}, {})
    square = known["X"] @ known["X"]
    soft = np.exp(square) / np.exp(square).sum(-1, keepdims=True)
    np.testing.assert_allclose(found[0], soft * square + np.sqrt(10) * known["X"], rtol=1e-14)
    other = square**2 - np.exp(square) / known["x"] * square.sum(-1) + np.maximum(square, 0)
    np.testing.assert_allclose(found[1], other, rtol=1e-14)
