"""Gradients of random formulas of matrices beside those of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Sym
from stepper.core.formula import text
from stepper.core.traverse import names
from stepper.engine.derive.matrices.differential import differential
from stepper.engine.values.vocabulary import PLAIN
from tests.matrix_formulas import ALL, SHAPES, SIZES, Random, Values, instance

torch = pytest.importorskip("torch")


def functions() -> dict[str, Any]:
    return {
        "tanh": torch.tanh, "exp": torch.exp, "log": torch.log, "sin": torch.sin, "cos": torch.cos,
        "sigmoid": torch.sigmoid, "tr": lambda a: torch.trace(a) if a.ndim else a, "det": torch.linalg.det,
        "inv": torch.linalg.inv, "abs": torch.linalg.norm, "sum": torch.sum, "diag": lambda z: torch.diag(z[:, 0]),
        "softmax": lambda z: torch.softmax(z, 0), "ones": lambda size: torch.ones(int(size), 1, dtype=torch.float64),
        "eye": lambda size: torch.eye(int(size), dtype=torch.float64),
        "number": lambda size: torch.tensor(size, dtype=torch.float64),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(1000, 1120))
def test_gradients_are_those_of_pytorch(seed: int) -> None:
    formulas = Random(seed)
    expr = parse_derivation(formulas.number())
    held = sorted(text(name) for name in names(expr) if text(name) in SHAPES)
    if not held:
        return
    wrt = formulas.pick.choice(held)
    env = {name: torch.tensor(numbers, dtype=torch.float64) for name, numbers in instance(seed).items()}
    env[wrt].requires_grad_(True)
    Values(env, SIZES, functions())(expr).sum().backward()
    expected = env[wrt].grad.numpy()
    found = np.asarray(Values(instance(seed))(differential(expr, Sym(wrt), ALL, PLAIN).gradient)).squeeze()
    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected, rtol=1e-8, atol=1e-10)
