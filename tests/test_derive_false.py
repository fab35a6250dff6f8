"""False lines as students write them: each is refused, by numbers that anybody can put in, and mended where one change
does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import stepper
from stepper.core.derivation_parser import parse_statement
from stepper.core.expr import Array, Deriv, Expr, Index, Num, Prime, Sym
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.traverse import transform, walk
from tests.matrix_formulas import Values, quotients
from tests.plain_numbers import Numbers, decimals, mp, near
from tests.test_cli import run

MENDED: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # what is written, what is given, what one change makes of it
    ("D(x^2*sin(x), x) = 2*x*sin(x) - x^2*cos(x)", (), "2*x*sin(x) + x^2*cos(x)"),
    ("D(cos(3*x), x) = -sin(3*x)", (), "-3*sin(3*x)"),
    ("D(exp(-x^2), x) = -2*exp(-x^2)", (), "-2*x*exp(-x^2)"),
    ("D(1/x, x) = 1/x^2", (), "-1/x^2"),
    ("D(sqrt(x), x) = 1/sqrt(x)", (), "1/(2*sqrt(x))"),
    ("D(x^3, x) = x^2", (), "3*x^2"),
    ("D(log(x^2 + 1), x) = 1/(x^2 + 1)", (), "2*x/(x^2 + 1)"),
    ("D(tanh(x), x) = 1 + tanh(x)^2", (), "1 - tanh(x)^2"),
    ("D(sigmoid(x), x) = sigmoid(x)*(1 + sigmoid(x))", (), "sigmoid(x)*(1 - sigmoid(x))"),
    ("D(sigmoid(w*x), w) = sigmoid(w*x)*(1 - sigmoid(w*x))", (), "sigmoid(w*x)*(1 - sigmoid(w*x))*x"),
    ("D((y - t)^2/2, y) = t - y", (), "y - t"),
    ("D((a*x + b)^2, x) = 2*(a*x + b)", (), "2*(a*x + b)*a"),
    ("D(x*exp(x), x) = x + exp(x)", (), ""),
    ("softplus(x) + softplus(-x) = x", (), "softplus(x) - softplus(-x) = x"),
    ("sigmoid(-x) = 1 + sigmoid(x)", (), "1 - sigmoid(x)"),
    ("tanh(x) = 2*sigmoid(x) - 1", (), "2*sigmoid(2*x) - 1"),
    ("log(sigmoid(x)) = softplus(-x)", (), "-softplus(-x)"),
    ("log(a/b) = log(a) + log(b)", (), "log(a) - log(b)"),
    ("log(a^3) = log(a)", (), "3*log(a)"),
    ("exp(a)*exp(b) = exp(a*b)", (), "exp(a + b)"),
    ("(a - b)^2 = a^2 + 2*a*b + b^2", (), "a^2 - 2*a*b + b^2"),
    ("relu(x) - relu(-x) = |x|", (), "relu(x) - relu(-x) = x"),
    ("D(sum(k=1..n, z[k]^2), z[i]) = z[i]", (), "2*z[i]"),
    ("sum(k=1..n, k) = n*(n - 1)/2", (), "n*(n + 1)/2"),
    ("sum(k=1..n, 2*x[k]) = sum(k=1..n, x[k])", (), "2*sum(k=1..n, x[k])"),
    ("Var(a*x) = a*Var(x)", ("a constant",), "a^2*Var(x)"),
    ("Var(x - y) = Var(x) - Var(y)", ("x, y independent",), "Var(x) + Var(y)"),
    ("Var(x + y) = Var(x) + Var(y) + Cov(x, y)", (), "Var(x) + Var(y) + 2*Cov(x, y)"),
    ("Var(x) = E[x^2] + E[x]^2", (), "E[x^2] - E[x]^2"),
    ("E[a*x + b] = a*E[x] - b", ("a, b constant",), "a*E[x] + b"),
    ("E[relu(y)^2] = Var(y)", ("y symmetric",), "Var(y)/2"),
    ("E[m*x] = E[x]", ("m ~ Bernoulli(q)", "m, x independent"), "q*E[x]"),
    ("D(tr(A@X), X) = A", ("X: n x n", "A: n x n"), "A.T"),
    ("(A@B).T = A.T@B.T", ("A: n x n", "B: n x n"), "B.T@A.T"),
    ("D(|x|^2, x) = x", ("x: n",), "2*x"),
    ("D(|y - X@w|^2, w) = 2*X.T@(y - X@w)", ("X: n x d", "y: n", "w: d"), "-2*X.T@(y - X@w)"),
)  # fmt: skip
"""The last part is empty where no single change makes it true."""
REFUSED: tuple[tuple[str, tuple[str, ...]], ...] = (
    # false, and no single change is asked for
    ("log(a + b) = log(a) + log(b)", ()),
    ("E[x^2] = E[x]^2", ()),
    ("E[x*y] = E[x]*E[y]", ()),
    ("Var(x + y) = Var(x) + Var(y)", ()),
    ("Var(w[1] + w[2]) = 2*Var(w)", ("E[w] = 0",)),
    ("A@B = B@A", ("A: n x n", "B: n x n")),
    ("inv(A + B) = inv(A) + inv(B)", ("A: n x n", "B: n x n")),
    ("sum(k=1..n, x[k]*y[k]) = sum(k=1..n, x[k])*sum(k=1..n, y[k])", ()),
    ("sqrt(a + b) = sqrt(a) + sqrt(b)", ()),
    ("E[1/x] = 1/E[x]", ("x > 0",)),
    ("E[relu(y)^2] = Var(y)/2", ("E[y] = 0",)),
    ("x <= x^2", ()),
)  # fmt: skip
EVERY = [*((statement, lines) for statement, lines, _ in MENDED), *REFUSED]


class Told:
    """A counterexample as it is told: values, outcomes with their probabilities, what each side comes to."""

    def __init__(self, note: Prose) -> None:
        self.values: dict[Expr, Expr] = {}
        self.drawn: list[tuple[list[Expr], list[tuple[Expr, Expr]]]] = []
        self.sides: list[Expr] = []
        names: list[Expr] = []
        before = ""
        for part in note:
            if isinstance(part, str):
                before = part
            elif "side" in before:
                self.sides.append(part)
            elif "probability" in before:
                points, (point, _) = self.drawn[-1][1], self.drawn[-1][1][-1]
                points[-1] = point, part
            elif isinstance(part, Sym | Index | Prime):
                names = [*names, part] if before in (", ", " and ") and names else [part]
            elif before == " = " or "together" in before:
                self.drawn.append((names, [(part, part)]))
                names = []
            else:
                self.drawn[-1][1].append((part, part))
        for group, points in self.drawn:
            if points[0][0] is points[0][1]:  # no probability was told
                self.values |= dict(zip(group, [point for point, _ in points], strict=True))
        self.drawn = [pair for pair in self.drawn if pair[1][0][0] is not pair[1][0][1]]


def numbers_of(found: Told, sides: Sequence[Expr]) -> Numbers:
    plain = Numbers({})
    names: dict[str, Any] = {}
    entries: dict[str, dict[int, Any]] = {}
    for name, value in found.values.items():
        match name:
            case Index(Sym(base), (place,)):
                entries.setdefault(base, {})[int(plain.of(place))] = plain.of(value)
            case _:
                names[text(name)] = plain.of(value)
    names |= {base: decimals([0] * max(places)) for base, places in entries.items()}
    for base, places in entries.items():
        for at, number in places.items():
            names[base][at - 1] = number
    chances = {
        tuple(map(text, group)): [
            (tuple(plain.of(point)) if isinstance(point, Array) else (plain.of(point),), plain.of(chance))
            for point, chance in points
        ]
        for group, points in found.drawn
    }
    if any(part == Sym("m") for side in sides for part in walk(side)) and ("m",) not in chances:
        chances[("m",)] = [((mp.mpf(0),), 1 - names["q"]), ((mp.mpf(1),), names["q"])]  # told by its law's name
    return Numbers(names, chances)


def one_member(expr: Expr, found: Told) -> Expr:
    """A family that stands alone is any of its members."""
    families = {name.base for group, _ in found.drawn for name in group if isinstance(name, Index)}

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Index):
            return part
        return Index(part, (Num("1"),)) if part in families else None

    return transform(expr, change)


def array_value(expr: Expr, env: Mapping[str, Any]) -> Any:
    """A formula of arrays; a derivative by difference quotients."""
    return quotients(expr.of, text(expr.wrt), env) if isinstance(expr, Deriv) else Values(env)(expr)


def of_arrays(statement: str) -> bool:
    return any(letter in statement for letter in "ABX") or "D(|x|^2, x)" in statement


def test_there_are_forty() -> None:
    assert len(EVERY) >= 40
    assert sum(bool(result) for _, _, result in MENDED) >= 30


@pytest.mark.parametrize(("statement", "lines"), EVERY, ids=[statement for statement, _ in EVERY])
def test_a_false_line_is_refused_by_numbers_that_can_be_put_in(statement: str, lines: tuple[str, ...]) -> None:
    (check,) = stepper.derive(show=statement, given=lines).checks
    assert check.ok is False
    found = Told(check.note)
    sides = parse_statement(statement).sides
    left, right = found.sides
    if of_arrays(statement):
        env = {text(name): np.asarray(Numbers({}).of(value), dtype=float) for name, value in found.values.items()}
        for side, told in zip(sides, found.sides, strict=True):
            expected = np.asarray(Numbers({}).of(told), dtype=float)
            assert np.allclose(np.squeeze(array_value(side, env)), np.squeeze(expected), atol=1e-5)
    else:
        at = numbers_of(found, sides)
        for side, told in zip(sides, found.sides, strict=True):
            assert near(at.of(one_member(side, found)), at.of(told), 1e-6)
    assert text(left) != text(right)


@pytest.mark.parametrize(("statement", "lines", "result"), MENDED, ids=[row[0] for row in MENDED])
def test_one_change_mends_it(statement: str, lines: tuple[str, ...], result: str) -> None:
    solution = stepper.derive(show=statement, given=lines)
    said = str(solution.to("text", width=200))
    assert ("one change" in said) == bool(result)
    if result:
        assert stepper.derive(show=mended(statement, result), given=lines).checks[0].ok, result


def mended(statement: str, result: str) -> str:
    """The statement with its right side put right, where the result is no statement itself."""
    return result if " = " in result else f"{statement.split(' = ', maxsplit=1)[0]} = {result}"


def test_the_command_says_no() -> None:
    for statement, lines in EVERY[::12]:
        given = [part for line in lines for part in ("--given", line)]
        assert run("derive", "--show", statement, *given).returncode == 1
