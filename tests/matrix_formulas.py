"""Random formulas of numbers, vectors and matrices that fit, and their values."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import DIFFERENTIAL, parse_derivation
from stepper.core.expr import Call, Expr, Neg, Power, Product, Sum, Sym, Transpose
from stepper.core.formula import number_of

Numbers = npt.NDArray[Any]
SIZES = {"n": 3, "d": 2, "k": 4}
SHAPES = {
    "A": "n x n", "B": "n x n", "S": "n x n", "X": "n x d", "Y": "n x d", "W": "d x k", "x": "n", "y": "n", "u": "d",
    "v": "d", "s": "", "t": "",
}  # fmt: skip


def given(shapes: str) -> Given:
    """Shapes as on the command line: ``X=nxd, w=d, s=1``."""
    found: dict[str, tuple[Expr, ...]] = {}
    for part in filter(None, (piece.strip() for piece in shapes.split(","))):
        name, _, sizes = part.partition("=")
        found[name] = () if sizes == "1" else tuple(parse_derivation(size) for size in sizes.split("x"))
    return Given(shapes=found)


ALL = given(", ".join(f"{name}={shape.replace(' ', '') or 1}" for name, shape in SHAPES.items()))


def entries(shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, Numbers]:
    """Random entries; numbers are positive, square matrices far from singular."""
    rng = np.random.default_rng(seed)
    found: dict[str, Numbers] = {}
    for name, size in shapes.items():
        numbers = np.asarray(rng.normal(size=size) * 0.5)
        if not size:
            numbers = abs(numbers) + 0.5
        elif len(size) == 2 and size[0] == size[1]:
            numbers += 2 * np.eye(size[0])
        found[name] = np.asarray(numbers)
    return found


def instance(seed: int) -> dict[str, Numbers]:
    """Entries of all names of ``SHAPES``."""
    sizes = {name: shape.split(" x ") if shape else [] for name, shape in SHAPES.items()}
    return entries({name: tuple(SIZES[letter] for letter in letters) for name, letters in sizes.items()}, seed)


def _softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum()


NUMPY: Mapping[str, Callable[..., Any]] = {
    "tanh": np.tanh, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "sqrt": np.sqrt,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tr": lambda a: np.trace(a) if np.ndim(a) else a,
    "det": np.linalg.det, "inv": np.linalg.inv,
    "abs": np.linalg.norm, "sum": np.sum, "diag": lambda z: np.diag(z[:, 0]), "softmax": _softmax,
    "log_softmax": lambda z: np.log(_softmax(z)), "logsumexp": lambda z: np.log(np.exp(z).sum()),
    "ones": lambda size: np.ones((int(size), 1)), "eye": lambda size: np.eye(int(size)), "number": np.asarray,
}  # fmt: skip


class Values(Struct, frozen=True):
    """What formulas come to: vectors are columns, a number has no axes.

    ``identity``: the size of I. ``moved`` and ``direction``: d(f) is the slope of f where this name moves so, as a
    central difference.
    """

    env: Mapping[str, Any]
    sizes: Mapping[str, int] = field(default_factory=lambda: SIZES)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=lambda: NUMPY)
    identity: int = 0
    moved: str = ""
    direction: Any = None

    def __call__(self, expr: Expr) -> Any:
        number = number_of(expr)
        if number is not None:
            return float(number)
        match expr:
            case Sym(name) if name in self.env:
                found = self.env[name]
                return found.reshape(-1, 1) if found.ndim == 1 else found
            case Sym("I"):
                return self.functions["eye"](self.identity)
            case Sym(name):
                return self.functions["number"](float(self.sizes[name]))
            case Neg(body):
                return -self(body)
            case Transpose(body):
                return self(body).T
            case Sum() | Product():
                return self.run(expr)
            case Power(base, exponent):
                return self(base) ** self(exponent)
            case Call(name, (argument,)) if name == DIFFERENTIAL:
                return self.slope(argument)
            case Call(name, arguments):
                return self.functions[name](*map(self, arguments))
            case _:
                raise AssertionError(expr)

    def run(self, expr: Sum | Product) -> Any:
        total = self(expr.operands[0])
        for operator, operand in zip(expr.operators, expr.operands[1:], strict=True):
            total = JOINED[operator](total, self(operand))
        return total

    def slope(self, expr: Expr, step: float = 1e-5) -> Any:
        above, below = (
            Values(
                {**self.env, self.moved: self.env[self.moved] + sign * step * self.direction},
                self.sizes,
                identity=self.identity,
            )(expr)
            for sign in (1, -1)
        )
        return (above - below) / (2 * step)


def _matrices(left: Any, right: Any) -> Any:
    if not np.ndim(left) or not np.ndim(right):
        return left * right
    found = left @ right
    return found.reshape(()) if found.shape == (1, 1) else found


JOINED: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right, "-": lambda left, right: left - right,
    "*": lambda left, right: left * right, "⊙": lambda left, right: left * right,
    "/": lambda left, right: left / right, "@": _matrices,
}  # fmt: skip


def quotients(expr: Expr, wrt: str, env: Mapping[str, Numbers]) -> Numbers:
    """The gradient of a number by central differences, entry by entry, in the shape of what it is taken by."""
    found = np.zeros_like(env[wrt])
    for place in np.ndindex(env[wrt].shape):
        direction = np.zeros_like(env[wrt])
        direction[place] = 1
        found[place] = Values(env, moved=wrt, direction=direction).slope(expr)
    return found


class Random:
    """Formulas of a shape, by chance."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)

    def one(self, *ways: Callable[[], str]) -> str:
        return self.pick.choice(ways)()

    def number(self, depth: int = 3) -> str:
        if depth <= 0:
            return self.pick.choice(["s", "t", "2", "s", "1/2"])
        inner = depth - 1
        size = self.pick.choice(["n", "d"])
        rows, columns = self.pick.choice([("n", "n"), ("n", "d"), ("d", "k")])
        return self.one(
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
        )

    def vector(self, size: str, depth: int) -> str:
        if depth <= 0:
            return self.pick.choice({"n": ["x", "y"], "d": ["u", "v"]}[size])
        inner = depth - 1
        other = self.pick.choice(["n", "d"])
        return self.one(
            lambda: f"({self.matrix(size, other, inner)}) @ ({self.vector(other, inner)})",
            lambda: f"({self.vector(size, inner)}) + ({self.vector(size, inner)})",
            lambda: f"({self.vector(size, inner)}) ⊙ ({self.vector(size, inner)})",
            lambda: f"({self.pick.choice('st')})*({self.vector(size, inner)})",
            lambda: f"{self.pick.choice(['tanh', 'sin', 'sigmoid'])}({self.vector(size, inner)})",
            lambda: f"softmax({self.vector(size, inner)})",
        )

    def matrix(self, rows: str, columns: str, depth: int) -> str:
        names = {("n", "n"): ["A", "B", "S"], ("n", "d"): ["X", "Y"], ("d", "k"): ["W"], ("d", "n"): ["X.T", "Y.T"],
                 ("k", "d"): ["W.T"], ("d", "d"): ["X.T @ Y", "W @ W.T"]}.get((rows, columns), [])  # fmt: skip
        if depth <= 0 and names:
            return self.pick.choice(names)
        inner = max(depth - 1, 0)
        ways: list[Callable[[], str]] = [
            lambda: f"({self.matrix(rows, columns, inner)}) + ({self.matrix(rows, columns, inner)})",
            lambda: f"({self.matrix(rows, columns, inner)}) ⊙ ({self.matrix(rows, columns, inner)})",
            lambda: f"{self.pick.choice(['tanh', 'sin'])}({self.matrix(rows, columns, inner)})",
            lambda: f"{self.pick.choice('st')}*({self.matrix(rows, columns, inner)})",
        ]
        if "k" not in (rows, columns):
            ways.append(lambda: f"({self.vector(rows, inner)}) @ ({self.vector(columns, inner)}).T")
        if "k" not in (rows, columns):
            ways.append(lambda: f"({self.matrix(rows, 'n', inner)}) @ ({self.matrix('n', columns, inner)})")
        if rows == columns == "n":
            ways.append(lambda: "inv(A)")
        return self.one(*ways)
