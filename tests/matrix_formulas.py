"""Random formulas of numbers, vectors and matrices that fit, and their values."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Call, Expr, Neg, Num, Power, Product, Sum, Sym, Transpose, Value
from stepper.core.formula import number_of

Numbers = npt.NDArray[Any]
SIZES = {"n": 3, "d": 2, "k": 4}
SHAPES = {
    "A": "n x n", "B": "n x n", "X": "n x d", "Y": "n x d", "W": "d x k", "S": "n x n", "x": "n", "y": "n", "u": "d", "v": "d",
    "s": "", "t": "",
}  # fmt: skip
GIVEN = {
    name: tuple(parse_derivation(size) for size in shape.split(" x ")) if shape else ()
    for name, shape in SHAPES.items()
}


def values(seed: int, sizes: Mapping[str, int] = SIZES) -> dict[str, Numbers]:
    """An instance: every name's entries; numbers are positive, square matrices far from singular."""
    rng = np.random.default_rng(seed)
    found: dict[str, Numbers] = {}
    for name, shape in SHAPES.items():
        size = tuple(sizes[letter] for letter in shape.split(" x ")) if shape else ()
        entries = rng.normal(size=size) * 0.5
        square = len(size) == 2 and size[0] == size[1]
        found[name] = np.asarray(
            abs(entries) + 0.5 if not size else entries + 2 * np.eye(size[0]) if square else entries
        )
    return found


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "tanh": np.tanh, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tr": np.trace, "det": np.linalg.det, "inv": np.linalg.inv, "abs": np.linalg.norm, "sum": np.sum,
    "diag": lambda z: np.diag(z[:, 0]),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(),
}  # fmt: skip


def value(expr: Expr, env: Mapping[str, Numbers], sizes: Mapping[str, int] = SIZES) -> Any:
    """The value of a formula: vectors are columns, numbers 0-dimensional."""
    number = number_of(expr)
    if number is not None:
        return float(number)
    match expr:
        case Sym(name):
            found = env[name] if name in env else np.asarray(float(sizes[name]))
            return found.reshape(-1, 1) if found.ndim == 1 else found
        case Num() | Value():
            raise AssertionError(expr)
        case Neg(body):
            return -value(body, env, sizes)
        case Transpose(body):
            return value(body, env, sizes).T
        case Sum(operands, operators):
            total = value(operands[0], env, sizes)
            for operator, operand in zip(operators, operands[1:], strict=True):
                part = value(operand, env, sizes)
                total = total + part if operator == "+" else total - part
            return total
        case Product(operands, operators):
            total = value(operands[0], env, sizes)
            for operator, operand in zip(operators, operands[1:], strict=True):
                part = value(operand, env, sizes)
                if operator == "@":
                    total = total @ part
                    total = total.reshape(()) if total.shape == (1, 1) else total
                else:
                    total = total / part if operator == "/" else total * part
            return total
        case Power(base, exponent):
            return value(base, env, sizes) ** value(exponent, env, sizes)
        case Call(name, arguments):
            if name in ("ones", "eye"):
                size = int(value(arguments[0], env, sizes))
                return np.ones((size, 1)) if name == "ones" else np.eye(size)
            return FUNCTIONS[name](*(value(argument, env, sizes) for argument in arguments))
        case _:
            raise AssertionError(expr)


def quotients(expr: Expr, wrt: str, env: Mapping[str, Numbers], step: float = 1e-5) -> Numbers:
    """The gradient of a number by central differences, entry by entry, in the shape of what it is taken by."""
    found = np.zeros_like(env[wrt])
    for place in np.ndindex(env[wrt].shape):
        sides = []
        for sign in (1, -1):
            moved = {**env, wrt: env[wrt].copy()}
            moved[wrt][place] += sign * step
            sides.append(float(np.asarray(value(expr, moved)).reshape(())))
        found[place] = (sides[0] - sides[1]) / (2 * step)
    return found


class Random:
    """Formulas of a shape, by chance."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)

    def number(self, depth: int = 3) -> str:
        if depth <= 0:
            return self.pick.choice(["s", "t", "2", "s", "1/2"])
        inner = depth - 1
        size = self.pick.choice(["n", "d"])
        rows, columns = self.pick.choice([("n", "n"), ("n", "d"), ("d", "k")])
        return self.pick.choice([
            lambda: f"({self.vector(size, inner)}).T @ ({self.vector(size, inner)})",
            lambda: f"|{self.vector(size, inner)}|^2",
            lambda: f"|{self.matrix(rows, columns, inner)}|^2/2",
            lambda: f"tr({self.matrix(size, size, inner)})",
            lambda: f"sum({self.matrix(rows, columns, inner)})",
            lambda: f"sum({self.vector(size, inner)})",
            lambda: f"({self.number(inner)})*({self.number(inner)})",
            lambda: f"({self.number(inner)}) - ({self.number(inner)})",
            lambda: f"tanh({self.number(inner)}/10)",
            lambda: f"({self.number(inner)})/(1 + |{self.vector(size, inner)}|^2)",
            lambda: f"log(1 + |{self.vector(size, inner)}|^2)",
            lambda: "log(det(A.T @ A + s*B.T @ B + eye(n)))",
        ])()  # fmt: skip

    def vector(self, size: str, depth: int) -> str:
        names = {"n": ["x", "y"], "d": ["u", "v"]}[size]
        if depth <= 0:
            return self.pick.choice(names)
        inner = depth - 1
        other = self.pick.choice(["n", "d"])
        return self.pick.choice([
            lambda: f"({self.matrix(size, other, inner)}) @ ({self.vector(other, inner)})",
            lambda: f"({self.vector(size, inner)}) + ({self.vector(size, inner)})",
            lambda: f"({self.vector(size, inner)}) ⊙ ({self.vector(size, inner)})",
            lambda: f"({self.pick.choice('st')})*({self.vector(size, inner)})",
            lambda: f"{self.pick.choice(['tanh', 'sin', 'sigmoid'])}({self.vector(size, inner)})",
            lambda: f"softmax({self.vector(size, inner)})",
        ])()  # fmt: skip

    def matrix(self, rows: str, columns: str, depth: int) -> str:
        names = {("n", "n"): ["A", "B", "S"], ("n", "d"): ["X", "Y"], ("d", "k"): ["W"], ("d", "n"): ["X.T", "Y.T"],
                 ("k", "d"): ["W.T"], ("d", "d"): ["X.T @ Y", "W @ W.T"]}.get((rows, columns))  # fmt: skip
        if depth <= 0 and names:
            return self.pick.choice(names)
        inner = max(depth - 1, 0)
        vectors = rows in "nd" and columns in "nd"
        ways = [
            lambda: f"({self.matrix(rows, columns, inner)}) + ({self.matrix(rows, columns, inner)})",
            lambda: f"({self.matrix(rows, columns, inner)}) ⊙ ({self.matrix(rows, columns, inner)})",
            lambda: f"{self.pick.choice(['tanh', 'sin'])}({self.matrix(rows, columns, inner)})",
            lambda: f"{self.pick.choice('st')}*({self.matrix(rows, columns, inner)})",
        ]  # fmt: skip
        if vectors:
            ways.append(lambda: f"({self.vector(rows, inner)}) @ ({self.vector(columns, inner)}).T")
        if rows != "k" and columns != "k":
            ways.append(lambda: f"({self.matrix(rows, 'n', inner)}) @ ({self.matrix('n', columns, inner)})")
        if rows == columns == "n":
            ways.append(lambda: "inv(A)")
        return self.pick.choice(ways if names else ways[-2:])()
