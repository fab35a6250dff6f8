"""Graphs of arrays are asked as graphs of numbers are: on the command line, in losses, at kinks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stepper as st
from stepper.errors import StepperError
from stepper.read.given import assigned
from stepper.read.program import read_program
from stepper.solution import Solution


def forward(program: str, values: str = "", **options: Any) -> Solution:
    """``stepper forward -e program --set values``."""
    return st.forward(partial(read_program, program, "-e"), values=assigned([values]), **options)


def backprop(program: str, wrt: str, values: str = "", **options: Any) -> Solution:
    """``stepper backprop -e program --wrt wrt --set values``; every check must agree."""
    solution = st.backprop(partial(read_program, program, "-e"), wrt, values=assigned([values]), **options)
    assert not any(check.ok is False for check in solution.checks)
    return solution


def numbers(found: object) -> list[float]:
    """A number, or the entries of an array row after row."""
    return [float(number) for number in np.asarray(found, dtype=object).ravel()]


E3 = [math.exp(number) for number in (1, 2, 3)]
SOFTMAX = [number / sum(E3) for number in E3]


# ---- lists in -e and --set


@pytest.mark.parametrize(
    ("program", "values", "name", "expected"),
    [
        ("p = softmax([1, 2, 3]); L = -log(p[3])", "", "L", [-math.log(SOFTMAX[2])]),
        ("p = softmax(z); L = -log(p[3])", "z=[1,2,3]", "L", [-math.log(SOFTMAX[2])]),
        ("z = [0, 0]; p = softmax(z)", "z=[1,2,3]", "p", SOFTMAX),  # as long as what is told
        ("z = [0, 0, 0]; p = softmax(z)", "z=[1,2,3]", "p", SOFTMAX),
        ("z = [0, 2, 3]; p = softmax(z)", "z[1]=1", "p", SOFTMAX),
        ("z = 0; L = sum(z*z)", "z=[1,2,3]", "L", [14]),
        ("y = W @ x", "W=[[1,2],[3,4]],x=[1,-1]", "y", [-1, -1]),
        ("x = [1, 2]; y = x @ [3, 4]", "", "y", [11]),
        ("x = [1, 2]; w = [3, 4]; y = x*w", "", "y", [3, 8]),
        ("x = [1, 2]; w = [3, 4]; y = x + w; L = y[1]*y[2]", "", "L", [24]),
        ("s = [1, 2, 3]; p = softmax(s); L = multi_hinge(s, 2, 1)", "", "L", [2]),
        ("x = [1, 2]; y = max(x, 2 - x, 0)", "", "y", [1, 2]),
        ("x = [1, -2]; L = sum(max(x, 0))", "", "L", [1]),
        ("y = 2; s = [1, 2, 3]; L = multi_hinge(s, y)", "y=1", "L", [5]),
    ],
)  # fmt: skip
def test_lists_stand_in_expressions_and_after_set(program: str, values: str, name: str, expected: list[float]) -> None:
    assert numbers(forward(program, values).answers[name]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("program", "wrt", "expected"),
    [
        ("z = [1, 2, 3]; p = softmax(z); L = -log(p[3])", "z", [SOFTMAX[0], SOFTMAX[1], SOFTMAX[2] - 1]),
        ("s = [1, 2, 2.5]; p = 2*s; L = multi_hinge(p, 3, 2)", "s", [0, 2, -2]),
        ("s = [1, 2, 3]; p = s*s; L = prod(p)", "s", [72, 36, 24]),
        ("s = [1, 0, 3]; p = 2*s; L = prod(p)", "s", [0, 24, 0]),
        ("S = [[1, 2, 3], [0, 1, 5]]; L = nll(log_softmax(S[1]), 3)", "S",
            [SOFTMAX[0], SOFTMAX[1], SOFTMAX[2] - 1, 0, 0, 0]),
    ],
)  # fmt: skip
def test_gradients_of_functions_of_lists(program: str, wrt: str, expected: list[float]) -> None:
    output = program.rpartition(";")[2].partition("=")[0].strip()
    assert numbers(backprop(program, wrt).answers[f"d{output}/d{wrt}"]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("program", "wrt", "said"),
    [
        ("p = softmax(z)", "p", "a list is expected here, not a number"),
        ("z = 1; p = softmax(z)", "z", "a list is expected here, not a number"),
        ("L = sum(softmax([1, 2]))", "", "wrt is missing"),
    ],
)
def test_what_is_missing_is_said_shortly(program: str, wrt: str, said: str) -> None:
    with pytest.raises(StepperError) as error:
        backprop(program, wrt)
    problem = error.value.problems[0]
    assert said in problem.what
    assert len(problem.what) + len(problem.hint) < 200


def test_nobody_outside_the_engine_asks_which_kind_a_graph_is() -> None:
    rooms = (Path(st.__file__).parent / room for room in ("core", "read", "api", "cli", "render"))
    asks = [path.name for room in rooms for path in room.rglob("*.py") if ", ArrayGraph)" in path.read_text("utf-8")]
    assert not asks


# ---- losses of numbers, classes, rows and batches


def cross_entropy(row: Sequence[float], place: int) -> float:
    """Of one row of logits, the place of its class counted from 0."""
    return math.log(sum(map(math.exp, row))) - row[place]


BATCH = [[1, 2, 3], [3, 1, 2]]
MEAN = (cross_entropy(BATCH[0], 1) + cross_entropy(BATCH[1], 0)) / 2


@pytest.mark.parametrize(
    ("loss", "classes", "expected"),
    [
        ("cross_entropy(S[1], 2)", "from_one", cross_entropy(BATCH[0], 1)),
        ("cross_entropy(S[1], 2)", "from_zero", cross_entropy(BATCH[0], 2)),
        ("cross_entropy(S, y)", "from_one", MEAN),
        ("cross_entropy(S, [2, 1])", "from_one", MEAN),
        ("cross_entropy(S, [1, 0])", "from_zero", MEAN),
        ("cross_entropy(S, [[0, 1, 0], [1, 0, 0]])", "from_zero", MEAN),
        ("cross_entropy(S[1], [0, 1, 0])", "from_zero", cross_entropy(BATCH[0], 1)),
        ("cross_entropy(x @ S, 3)", "from_one", cross_entropy([-2, 1, 1], 2)),
        ("nll(log_softmax(S), y)", "from_one", MEAN),
        ("nll(log_softmax(S), [1, 0])", "from_zero", MEAN),
        ("nll(log_softmax(S[2]), 1)", "from_one", cross_entropy(BATCH[1], 0)),
        ("multi_hinge(S, y)", "from_one", (0 + 2 + 0 + 0) / 2),
        ("multi_hinge(S[1], 0)", "from_zero", 2 + 3),
        ("mse(sum(S), 10)", "from_one", 4),
        ("mse(S[1, 2], S[2, 3])", "from_one", 0),
        ("mse(S @ [[1], [0], [0]], [[1], [1]])", "from_one", 2),
    ],
)  # fmt: skip
def test_losses_take_classes_rows_and_batches(loss: str, classes: str, expected: float) -> None:
    program = f"S = {BATCH}; y = [2, 1]; x = [1, -1]; L = {loss} + 0*(sum(y) + sum(x)); Q = S*S"
    options: dict[str, Any] = {"convention": [f"classes={classes}"]}
    assert numbers(forward(program, **options).answers["L"]) == pytest.approx([expected])
    assert backprop(program, "S", of="L", **options).checks[0].ok


@pytest.mark.parametrize(("number", "classes"), [("2", "from_one"), ("1", "from_zero")])
def test_classes_are_counted_alike_in_graphs_of_numbers(number: str, classes: str) -> None:
    options: dict[str, Any] = {"convention": [f"classes={classes}"]}
    for loss in (f"cross_entropy(z, {number})", f"nll(z, {number})", f"multi_hinge(z, {number}, 1.5)"):
        alone, among = f"z = [1, 2, 3.25]; L = {loss}", f"z = [1, 2, 3.25]; p = softmax(z); L = {loss}"
        assert numbers(forward(alone, **options).answers["L"]) == pytest.approx(
            numbers(forward(among, **options).answers["L"])
        )
        slopes = numbers([backprop(alone, "z", **options).answers[f"dL/dz[{place}]"] for place in (1, 2, 3)])
        assert slopes == pytest.approx(numbers(backprop(among, "z", of="L", **options).answers["dL/dz"]))
        for program in (alone, among):
            assert f"counted from {1 if classes == 'from_one' else 0}" in " ".join(
                str(forward(program, **options)).split()
            )


@pytest.mark.parametrize(
    ("program", "wrt", "said"),
    [
        ("z = [1, 2]; L = cross_entropy(z, 0)", "z", "there is no class 0 among 2, counted from 1"),
        ("z = [1, 2]; L = cross_entropy(z, 3)", "z", "there is no class 3 among 2, counted from 1"),
        ("z = [1, 2]; p = 2*z; L = cross_entropy(p, 0)", "z", "0 is not a row number: there are 2, counted from 1"),
        ("S = [[1, 2], [3, 4]]; y = [1, 2]; L = cross_entropy(S, y)", "y", "an index has no gradient"),
        ("S = [[1, 2], [3, 4]]; L = cross_entropy(S, [1, 2, 1])", "S", "the shapes must be equal, not 2×2 and 3"),
    ],
)
def test_classes_that_are_not_there(program: str, wrt: str, said: str) -> None:
    with pytest.raises(StepperError) as error:
        backprop(program, wrt)
    assert said in error.value.problems[0].what


def test_a_pasted_loss_of_pytorch_counts_from_zero_on_request() -> None:
    program = (
        "z = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.5, 0.0]]); "
        "y = torch.tensor([2, 0]); L = F.cross_entropy(z, y); L.backward()"
    )
    solution = backprop(program, "z", convention=["classes=from_zero"])
    expected = (cross_entropy([1, 2, 3], 2) + cross_entropy([0, 0.5, 0], 0)) / 2
    assert numbers(forward(program, convention=["classes=from_zero"]).answers["L"]) == pytest.approx([expected])
    assert numbers(solution.answers["dL/dz"])[2] == pytest.approx((SOFTMAX[2] - 1) / 2)
    assert "counted from 0, as PyTorch does" in " ".join(str(solution).split())


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("criterion = nn.CrossEntropyLoss(); L = criterion(z, torch.tensor([2]))", cross_entropy([1, 2, 3], 2)),
        ("L = nn.CrossEntropyLoss()(z, torch.tensor([2]))", cross_entropy([1, 2, 3], 2)),
        ("loss_fn = torch.nn.NLLLoss(); L = loss_fn(F.log_softmax(z, dim=-1), torch.tensor([0]))",
            cross_entropy([1, 2, 3], 0)),
        ("L = F.nll_loss(F.log_softmax(z, dim=-1), torch.tensor([0]))", cross_entropy([1, 2, 3], 0)),
        ("mse = nn.MSELoss(); L = mse(z, torch.tensor([[1.0, 2.0, 6.0]]))", 3),
        ("l1 = nn.L1Loss(); L = l1(z, torch.tensor([[1.0, 2.0, 6.0]]))", 1),
    ],
)  # fmt: skip
def test_losses_that_pytorch_makes_first(lines: str, expected: float) -> None:
    for apart in (lines, lines.replace("; ", "\n")):
        program = f"z = torch.tensor([[1.0, 2.0, 3.0]], requires_grad=True)\n{apart}\nL.backward()"
        solution = forward(program, convention=["classes=from_zero"])
        assert numbers(solution.answers["L"]) == pytest.approx([expected])
        assert backprop(program, "z", convention=["classes=from_zero"]).checks


# ---- an array of one entry is a number


@pytest.mark.parametrize(
    "formula",
    [
        "tanh(X @ W)^2", "X @ W", "X @ W + b", "c - X @ W", "X @ w", "w @ W", "-(X @ W).T", "(X @ W)*(X @ W)",
        "softmax(X) @ W", "flatten(X @ W)", "bce(sigmoid(X @ W), 1)", "mse(X @ W, c)", "mse(c, X @ W)", "mse(b, X @ W)",
        "dot(X @ W, b)", "huber(X @ W, 3)", "sum(X, 2)", "b",
        "X[1, 2]*b", "conv2d([[1, 2, 3]], X)", "max(X @ W, 2*b)", "where(X @ W > b, X @ W, b)", "(X @ W)/c",
        "relu(X @ W) @ (X @ W)", "cross_entropy(X, [2])*b", "log_softmax(X) @ W", "exp(b) @ (X @ W)",
        "reshape_as(b, X @ W)", "max_pool(X[1], 3)", "[X[1, 2]]", "X[1][2]*W[1]",
    ],
)  # fmt: skip
def test_a_result_of_one_entry_is_differentiated_as_its_number(formula: str) -> None:
    leaves = "X = [[1, 2, 3.5]]; W = [[0.1], [0.25], [0.2]]; w = [1, 2, 4]; b = [0.5]; c = 2; "
    alone, summed = leaves + f"L = {formula}", leaves + f"y = {formula}; L = sum(y)"
    for name in "XWwbc":
        try:
            expected = numbers(backprop(summed, name, of="L").answers[f"dL/d{name}"])
        except StepperError as error:  # there is no sum of a number
            assert "sum(y)" in error.problems[0].what
            continue
        assert numbers(backprop(alone, name, of="L").answers[f"dL/d{name}"]) == pytest.approx(expected)


def test_it_is_said_that_the_number_in_an_array_is_differentiated() -> None:
    solution = backprop("X = [[1, 2]]; W = [[1], [2]]; L = X @ W", "W", lr=1)
    assert "L is an array of 1×1: the number in it is differentiated" in str(solution)
    assert numbers(solution.answers["dL/dW"]) == [1, 2]
    with pytest.raises(StepperError, match="the upstream gradient must be given"):
        backprop("X = [[1, 2]]; W = [[1, 1], [2, 0]]; L = X @ W", "W")


# ---- kinks and ties

KINKS = ("pytorch", "left", "right", "half", "zero")


@pytest.mark.parametrize(
    ("formula", "slopes"),
    [
        ("relu(x)", "0 0 1 1/2 0"),
        ("relu(x) + x", "1 1 2 3/2 1"),
        ("leaky_relu(x, 1/4)*2", "1/2 1/2 2 5/4 0"),
        ("abs(x)", "0 -1 1 0 0"),
        ("elu(x)", "1 1 1 1 1"),
        ("elu(x, 2)", "2 2 1 3/2 0"),
        ("relu(-x)", "0 0 -1 -1/2 0"),
        ("max(x, 0)", "1/2 0 1 1/2 0"),
        ("min(2*x, 0)", "1 2 0 1 0"),
        ("max(x, 2*x)", "3/2 0 3 3/2 0"),
        ("hardtanh(x + 1)", "0 1 0 1/2 0"),
        ("hinge(1 - x, 1)", "0 1 0 1/2 0"),
        ("f(x)", "1 1 3 2 0"),
        ("step(x)*x", "0 0 0 0 0"),
    ],
)
def test_the_convention_for_kinks_is_followed_as_in_graphs_of_numbers(formula: str, slopes: str) -> None:
    """At x = [0, 7], where the second entry stands on no kink; alone, and after another node."""
    for kink, slope in zip(KINKS, slopes.split(), strict=True):
        declared = "f(u) = where(u > 0, 3*u, u); unused = f(1); " if "f(" in formula else ""
        program = f"{declared}x = [0, 7]; w = [1, 1]; y = {formula}; L = y @ w"
        found = numbers(backprop(program, "x", of="L", kink=kink).answers["dL/dx"])
        number = numbers(backprop(f"{declared}x = 0; y = {formula}", "x", of="y", kink=kink).answers["dy/dx"])
        assert [found[0]] == number == [float(Fraction(slope))]
        assert found[1] == numbers(backprop(f"{declared}x = 7; y = {formula}", "x", of="y").answers["dy/dx"])[0]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("x = [0, 2]; y = relu(x); L = sum(y)", "x₁ = 0 is a kink of y₁: ∂y₁/∂x₁ is 0 on the left and 1 on the right; "
                                                "taken: 0"),
        ("x = [[0, 2]]; L = sum(relu(x))", "x[1,1] = 0 is a kink of ReLU(x[1,1]): its slope is 0 on the left and 1 on "
                                           "the right"),
        ("x = [[2, 2], [1, 0]]; y = max_pool(x, 2); L = sum(y)", "x[1,1] = x[1,2] is a tie in max([x[1,1], x[1,2], "
                                                                 "x[2,1], x[2,2]])"),
        ("x = [[2, 2], [1, 0]]; L = sum(max(x, 2))", "x[1,1] = x[1,2] is a tie in"),
        ("x = [0, 1]; p = 2*x; y = sign(x)*p; L = sum(y)", "x₁ = 0 is a jump of sign(x₁), from -1 to 1: no derivative "
                                                           "exists there"),
        ("x = [[0, 0, 0], [0, 0, 0]]; L = sum(relu(x))", "2 more entries are at a kink or a tie; their slopes "
            "are chosen in the same way"),
        ("x = [[1, 2], [3, 5]]; L = sum(batch_norm(x)*x)", "batch_norm(x) takes γ = 1, β = 0 and eps = 0.00001"),
        ("x = [[1, 2], [3, 5]]; L = sum(batch_norm(x, 2, 3)*x)", "batch_norm(x, 2, 3) takes eps = 0.00001"),
        ("x = [[1, 2], [3, 5]]; L = mse(x, x*x)", "MSE(ŷ, y) = Σ((ŷ - y)²)/n: the mean over the n outputs"),
        ("x = [[1, 2], [3, 5]]; L = sum(detach(x)*x)", "detach(x): the value itself; no gradient "
            "passes back through it"),
    ],
)  # fmt: skip
def test_kinks_ties_and_settings_are_named(program: str, says: str) -> None:
    assert says in " ".join(str(backprop(program, "x", of="L")).split())


@pytest.mark.parametrize(
    "program",
    [
        "x = [1, 2]; y = relu(x); L = sum(y)",
        "x = [[2, 1], [1, 1]]; L = sum(max_pool(x, 2))",
        "x = [[1, 2]]; L = sum(max(x, 3*x))",
    ],
)
def test_beside_kinks_nothing_is_said_and_every_convention_comes_to_the_same(program: str) -> None:
    expected = numbers(backprop(program, "x", of="L").answers["dL/dx"])
    for kink in KINKS:
        solution = backprop(program, "x", of="L", kink=kink)
        assert numbers(solution.answers["dL/dx"]) == expected
        assert "kink" not in str(solution)
        assert "tie" not in str(solution)


@pytest.mark.parametrize(
    ("program", "kink", "said"),
    [
        ("x = [2, 2]; y = 2*x; L = max(y)", "left", "kink=left is not followed where entries tie: y[1] = y[2]"),
        (
            "x = [0, 2]; L = sum(where(x > 0, x, 2*x) @ [1, 1])",
            "zero",
            "kink=zero is not followed at x[1] = 0 in where(...) of arrays",
        ),
        (
            "x = [0, 2]; L = sum(where(0 < x, x, 2*x) @ [1, 1])",
            "left",
            "kink=left is not followed at 0 = x[1] in where(...) of arrays",
        ),
        (
            "x = [0, 2]; y = max(x, 2*x, 3*x); L = sum(y)",
            "half",
            "kink=half is not followed by max of 3 arrays: where they tie they share",
        ),
    ],
)
def test_where_a_convention_is_not_followed_that_is_said(program: str, kink: str, said: str) -> None:
    with pytest.raises(StepperError) as error:
        backprop(program, "x", kink=kink)
    assert said in error.value.problems[0].what


# ---- what is worked number by number

NETWORK = "W = [[1, 2], [3, 4]]; x = [1/3, -1]; z = W @ x; h = relu(z + 3); L = sum(h*h) + h[1]*x[2]"
SMOOTH = "W = [[1, 2], [3, 4]]; x = [1/3, -1]; z = W @ x; L = -log(softmax(z)[1])"


@pytest.mark.parametrize("program", [NETWORK, SMOOTH])
@pytest.mark.parametrize(
    "options", [{"gates": True}, {"round_steps": 4}, {"verify": True}, {"simplify": True}, {"exact": True}]
)
def test_entry_by_entry_the_same_gradients_are_found(program: str, options: dict[str, Any]) -> None:
    for name, indices in (("W", "[1, 1] [1, 2] [2, 1] [2, 2]".replace("] ", "];").split(";")), ("x", ["[1]", "[2]"])):
        solution = backprop(program, name, **options)
        if f"dL/d{name}" not in solution.answers:
            assert "the arrays are taken entry by entry, as a graph of" in str(solution)
            found = [solution.floats[f"dL/d{name}{index}"] for index in indices]
        else:
            assert options == {"exact": True}
            found = numbers(solution.answers[f"dL/d{name}"])
        assert found == pytest.approx(numbers(backprop(program, name).answers[f"dL/d{name}"]))


def test_a_hessian_of_an_array_is_that_of_its_entries() -> None:
    solution = backprop("W = [[1, 2], [3, 4]]; x = [1/3, -1]; z = W @ x; L = sum(z*z)", "x", second=True)
    expected = {(1, 1): 20, (1, 2): 28, (2, 1): 28, (2, 2): 40}
    assert solution.answers == {f"dL_x[{one}]/dx[{other}]": number for (one, other), number in expected.items()}


@pytest.mark.parametrize(
    ("program", "exact"),
    [
        ("x = [1/3, 2]; w = [1, 1/7]; L = x @ w", {"L": Fraction(13, 21)}),
        ("x = [[1, 2], [3, 5]]; L = det(inv(x))", {"L": Fraction(-1)}),
    ],
)
def test_fractions_stay_fractions(program: str, exact: dict[str, Fraction]) -> None:
    solution = forward(program, exact=True)
    assert {name: solution.answers[name] for name in exact} == exact
    assert "≈" not in str(solution)
    assert "≈" not in str(forward("x = [1/3, 2]; p = softmax(x)", exact=True))


@pytest.mark.parametrize(
    ("program", "options", "said"),
    [
        (
            "x = [[1, 2]]; y = 2*x",
            {"second": True},
            "--second is worked out entry by entry, of an output that is one number, and y is 1×2",
        ),
        (
            "X = normal; L = sum(X)",
            {"simplify": True},
            "--simplify is worked out entry by entry, for up to 200 of them, and this graph has 226",
        ),
        (
            "x = [[2, 1], [1, 3]]; L = sum(eigvals(x))",
            {"verify": True},
            "the gradient of eigvals with respect to A is not known here",
        ),
    ],
)
def test_what_is_not_worked_entry_by_entry_is_said_in_one_sentence(
    program: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(StepperError) as error:
        if "normal" in program:
            st.backprop("inputs: {X: {shape: [15, 15], fill: ones}}\nnodes: {L: sum(X)}\n", "X", **options)
        backprop(program, program[0], of=program.rpartition(";")[2].strip()[0], **options)
    assert said.replace("--", "") in error.value.problems[0].what.replace("--", "")


# ---- what is rounded, counted or held back


@pytest.mark.parametrize(
    ("formula", "classes", "expected"),
    [
        ("round(1.25, 1)", "from_one", [1.2]),
        ("round(1.35, 1)", "from_one", [1.4]),
        ("round(x)", "from_one", [0, 2, 2, -2]),
        ("round(x*0.1, 1)", "from_one", [0, 0.2, 0.2, -0.2]),
        ("argmax(x)", "from_one", [3]),
        ("argmax(x)", "from_zero", [2]),
        ("argmax(X)", "from_one", [5]),
        ("argmax(X, 1)", "from_one", [1, 2, 1]),
        ("argmax(X, -1)", "from_one", [1, 2]),
        ("argmax(X, -1)", "from_zero", [0, 1]),
        ("detach(x)", "from_one", [0.5, 1.5, 2.5, -2.5]),
        ("stop_gradient(x)*2", "from_one", [1, 3, 5, -5]),
    ],
)  # fmt: skip
def test_values_of_what_is_rounded_counted_and_held_back(formula: str, classes: str, expected: list[float]) -> None:
    leaves = "x = [0.5, 1.5, 2.5, -2.5]; X = [[7, 2, 7], [1, 8, 0]]; "
    for also in ("", "p = softmax(x); "):  # as a graph of numbers, where it can be one, and as one of arrays
        found = forward(f"{leaves}{also}y = {formula}; q = sum(x) + sum(X)", convention=[f"classes={classes}"]).answers[
            "y"
        ]
        assert numbers(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("x = 3; y = x*x; L = detach(y)*x", [9]),
        ("x = [1, 2]; y = x*x; L = sum(detach(y)*x)", [1, 4]),
        ("x = [1, 2]; y = x*x; L = sum(y.detach()*x)", [1, 4]),
        ("x = 3; L = stop_gradient(x)*x + detach(x*x)", [3]),
        ("x = 1.27; L = round(x, 1)*x", [1.3]),
        ("x = [1.27, 0.2]; y = x*x; L = sum(round(x, 1)*y)", [2*1.27*1.3, 0.08]),
        ("x = [1, 5]; y = 2*x; L = argmax(y)*y[1]", [4, 0]),
        ("x = [[1, 5], [3, 2]]; c = argmax(x, 2); L = nll(log_softmax(x), c)",
            [1/(1 + math.exp(4))/2, -1/(1 + math.exp(4))/2,
                                                                            -1/(1 + math.e)/2, 1/(1 + math.e)/2]),
    ],
)  # fmt: skip
def test_no_gradient_goes_through_them(program: str, expected: list[float]) -> None:
    solution = backprop(program, "x", of="L")
    (found,) = solution.answers.values()
    assert numbers(found) == pytest.approx(expected)
    assert any(check.ok for check in solution.checks)


def test_what_is_held_back_is_held_where_differences_are_taken() -> None:
    program = "x = 3; w = 2; y = x*w; L = (y - detach(y) + 1)^2*x"
    assert backprop(program, "x,w").answers == {"dL/dx": 13, "dL/dw": 18}
    assert [check.ok for check in backprop(program, "x", verify=True).checks if check.name == "SymPy"] == [None] * len(
        [check for check in backprop(program, "x", verify=True).checks if check.name == "SymPy"]
    )
    declared = "g(u) = detach(u)*u; unused = g(1); x = 3; L = g(x)"
    assert numbers(backprop(declared, "x", of="L").answers["dL/dx"]) == [3]


def test_a_tie_among_places_is_no_disagreement() -> None:
    solution = backprop("Z = [[1, 5, 2], [7, 0, 7]]; c = argmax(Z, -1); L = cross_entropy(Z, c)", "Z")
    assert [check.ok for check in solution.checks] == [None]
    kinked = backprop("Z = [[0, 2], [1, 3]]; y = [1, 2]; h = relu(Z); L = cross_entropy(h, y)", "Z", kink="right")
    assert [check.ok for check in kinked.checks] == [True]  # entry by entry the slope that is taken is taken too


def test_words_are_no_sizes() -> None:
    with pytest.raises(StepperError, match="'shape:' is a list of sizes, which are numbers or letters"):
        st.graph("inputs: {X: {shape: [n over 2, 2]}}\nnodes: {y: X*2}\n")


# ---- what stands in a formula as a number


NUMBERS_OF_CLASS = "x1 = 1; x2 = 0; y = 1; a = 0.5; b = -0.5; L = cross_entropy([a*x1 + b*x2, b*x1], y)"
ARRAYS_OF_CLASS = "x = [1, 0]; y = 1; W = [[0.5, -0.5], [0.25, 1]]; z = W @ x; L = cross_entropy(z, y)"


@pytest.mark.parametrize(
    ("program", "wrt", "names"), [(NUMBERS_OF_CLASS, ["a", "b"], "x1,x2"), (ARRAYS_OF_CLASS, ["W"], '"x[1]","x[2]"')]
)
def test_a_class_that_changes_from_sample_to_sample_is_refused(
    program: str, wrt: list[str], names: str, tmp_path: Path
) -> None:
    data = tmp_path / "samples.csv"
    data.write_text(f"{names},y\n1,0,1\n0,1,1\n", "utf-8")
    assert st.train(program, wrt=wrt, lr=0.1, data=data).answers
    data.write_text(f"{names},y\n1,0,1\n0,1,2\n", "utf-8")
    with pytest.raises(StepperError, match="cannot change from sample to sample"):
        st.train(program, wrt=wrt, lr=0.1, data=data)


def test_a_class_read_with_the_graph_keeps_its_number() -> None:
    graph = st.graph("y = 2; z = [1, 2, 3]; L = cross_entropy(z, y)")
    assert st.forward(graph, y=2).floats["L"] == pytest.approx(cross_entropy([1, 2, 3], 1))
    with pytest.raises(
        StepperError, match="it is the index of a class, which is part of a formula of the graph already"
    ):
        st.forward(graph, y=1)
    assert forward("y = 2; z = [1, 2, 3]; L = cross_entropy(z, y)", "y=1").floats["L"] == pytest.approx(
        cross_entropy([1, 2, 3], 0)
    )
    arrays = st.graph("y = 2; z = [1, 2, 3]; p = 2*z; L = cross_entropy(z, y)")
    assert st.forward(arrays, y=1).floats["L"] == pytest.approx(cross_entropy([1, 2, 3], 0))


def test_what_is_no_formula_of_its_entries_is_not_trained() -> None:
    with pytest.raises(StepperError, match="the entries of c are not formulas of W"):
        st.train("W = [[2, 1], [1, 3]]; c = argmax(W, 2); L = cross_entropy(W, c)", wrt="W", lr=0.1)


@pytest.mark.parametrize("name", ["Z", "v", "Z[1, 2]"])
def test_what_no_path_leads_from_has_the_gradient_0(name: str) -> None:
    graph = st.graph(inputs={"X": [[1, 2]], "Z": [[1, 2]]}, nodes={"v": "2*Z", "L": "sum(X)"}, output="L")
    solution = st.backprop(graph, wrt=["X", name], lr=0.1)
    assert numbers(solution.answers["dL/dX"]) == [1, 1]
    assert set(numbers(solution.answers[f"dL/d{name}"])) == {0}
    assert all(check.ok for check in solution.checks)
    assert "no path leads from" in str(solution)


@pytest.mark.parametrize("words", ["all", "leaves", "inputs"])
def test_the_letter_that_arrives_is_not_among_the_leaves_asked_for(words: str) -> None:
    solution = st.backprop(st.graph(inputs={"X": [[1, 2]]}, nodes={"y": "2*X"}, upstream="g"), wrt=words)
    assert list(solution.answers) == ["dL/dX"]


@pytest.mark.parametrize("z", [20, 25, 30, 36, 40])
def test_a_check_takes_the_digits_that_floating_point_loses(z: int) -> None:
    """1 - p is known to few digits there, or to none; the derivative of -log(1 - p) is p however near 1 that is."""
    solution = backprop(f"z = [{z}, 1] @ [[1, 0], [0, 1]]; p = sigmoid(z); L = mean(bce(p, [0, 1]))", "z")
    assert [check.ok for check in solution.checks] == [True]
    assert numbers(solution.answers["dL/dz"])[0] == pytest.approx(1 / (1 + math.exp(-z)) / 2, rel=1e-9)


@pytest.mark.parametrize("function", ["inv", "adjugate"])
def test_what_is_of_square_matrices_says_so_before_anything_is_worked(function: str) -> None:
    document = f"inputs: {{X: {{shape: [3, 1]}}}}\nnodes: {{Y: {function}(X), L: sum(Y)}}\n"
    with pytest.raises(StepperError, match="a square matrix is expected, but got 3×1"):
        st.forward(document)
    assert "X → Y → L" in str(st.draw(document))  # as far as can be drawn
