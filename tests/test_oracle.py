"""PyTorch as an oracle, where it is installed (dependency group ``oracle``): every row, random graphs, a program of
re-assignments.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from stepper.core.formula import number_of
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.tables.table import ROWS
from tests.helpers import MICROGRAD

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
F: Any = torch.nn.functional
Oracle = Callable[[Any, Any, Any], Any]


def stack(*items: Any) -> Any:
    return torch.stack(items)


def constant(number: float) -> Any:
    return torch.tensor(number, dtype=torch.float64)


ORACLES: Mapping[str, tuple[str, Oracle]] = {
    "exp": ("exp({a}/4)", lambda a, b, c: torch.exp(a / 4)),
    "log": ("log({a}^2 + 1/2)", lambda a, b, c: torch.log(a**2 + 0.5)),
    "log2": ("log2({a}^2 + 1/2)", lambda a, b, c: torch.log2(a**2 + 0.5)),
    "log10": ("log10({a}^2 + 1/2)", lambda a, b, c: torch.log10(a**2 + 0.5)),
    "sqrt": ("sqrt({a}^2 + 1/2)", lambda a, b, c: torch.sqrt(a**2 + 0.5)),
    "abs": ("abs({a} - {b})", lambda a, b, c: torch.abs(a - b)),
    "sign": ("sign({a})*{b}", lambda a, b, c: torch.sign(a) * b),
    "step": ("step({a})*{b}", lambda a, b, c: (a > 0).double() * b),
    "floor": ("floor({a}) + {b}", lambda a, b, c: torch.floor(a) + b),
    "ceil": ("ceil({a})*{b}", lambda a, b, c: torch.ceil(a) * b),
    "round": ("round({a}, 1)*{b}", lambda a, b, c: torch.round(a, decimals=1) * b),
    "detach": ("detach({a})*{b}", lambda a, b, c: a.detach() * b),
    "argmax": ("argmax([{a}, {b}, {c}])*{b}", lambda a, b, c: (torch.argmax(stack(a, b, c)) + 1) * b),
    "mod": ("mod({a}, {b}^2 + 1)", lambda a, b, c: torch.remainder(a, b**2 + 1)),
    "sin": ("sin({a}*{b})", lambda a, b, c: torch.sin(a * b)),
    "cos": ("cos({a} + {b})", lambda a, b, c: torch.cos(a + b)),
    "tan": ("tan(sin({a}))", lambda a, b, c: torch.tan(torch.sin(a))),
    "arctan": ("arctan({a}/{c}) + {b}", lambda a, b, c: torch.atan(a / c) + b),
    "sinh": ("sinh({a}/4)", lambda a, b, c: torch.sinh(a / 4)),
    "cosh": ("cosh({a}/4)", lambda a, b, c: torch.cosh(a / 4)),
    "sech": ("sech({a})", lambda a, b, c: 1 / torch.cosh(a)),
    "tanh": ("tanh({a} - {b})", lambda a, b, c: torch.tanh(a - b)),
    "erf": ("erf({a})", lambda a, b, c: torch.erf(a)),
    "sigmoid": ("sigmoid({a}*{b})", lambda a, b, c: torch.sigmoid(a * b)),
    "relu": ("relu({a} + {b})", lambda a, b, c: torch.relu(a + b)),
    "leaky_relu": ("leaky_relu({a}, {b})", lambda a, b, c: F.prelu(a.reshape(1), b.reshape(1))[0]),
    "prelu": ("prelu({a}, {b})", lambda a, b, c: F.prelu(a.reshape(1), b.reshape(1))[0]),
    "rrelu": ("rrelu({a}, 0.2, 0.6)", lambda a, b, c: F.rrelu(a, 0.2, 0.6, training=False)),
    "relu6": ("relu6(4*{a} + {b})", lambda a, b, c: F.relu6(4 * a + b)),
    "elu": ("elu({a}, 0.7)", lambda a, b, c: F.elu(a, 0.7)),
    # F.celu and F.hardsigmoid keep 1/alpha and 1/6 in single precision on the way back: an alpha that single precision
    # holds, and the
    # definition
    "celu": ("celu({a}, 0.5)", lambda a, b, c: F.celu(a, 0.5)),
    "selu": ("selu({a})", lambda a, b, c: F.selu(a)),
    "gelu": ("gelu({a})", lambda a, b, c: F.gelu(a)),
    "silu": ("silu({a})", lambda a, b, c: F.silu(a)),
    "mish": ("mish({a})", lambda a, b, c: F.mish(a)),
    "glu": ("glu({a}, {b})", lambda a, b, c: F.glu(stack(a, b), 0)[0]),
    "logsigmoid": ("logsigmoid({a})", lambda a, b, c: F.logsigmoid(a)),
    "softplus": ("softplus({a})", lambda a, b, c: F.softplus(a, threshold=1e9)),
    "softsign": ("softsign({a} - {c})", lambda a, b, c: F.softsign(a - c)),
    "hardtanh": ("hardtanh({a})", lambda a, b, c: F.hardtanh(a)),
    "hardsigmoid": ("hardsigmoid(2*{a})", lambda a, b, c: F.relu6(2 * a + 3) / 6),
    "hardswish": ("hardswish(2*{a} + {b}/7)", lambda a, b, c: F.hardswish(2 * a + b / 7)),
    "tanhshrink": ("tanhshrink({a})", lambda a, b, c: F.tanhshrink(a)),
    "softshrink": ("softshrink({a}, 0.3)", lambda a, b, c: F.softshrink(a, 0.3)),
    "hardshrink": ("hardshrink({a}, 0.3)", lambda a, b, c: F.hardshrink(a, 0.3)),
    "threshold": ("threshold({a}, 0.3, -2)*{b}", lambda a, b, c: F.threshold(a, 0.3, -2) * b),
    "sum": ("sum([{a}, {b}, {c}])", lambda a, b, c: stack(a, b, c).sum()),
    "prod": ("prod([{a}, {b}, {c}])", lambda a, b, c: stack(a, b, c).prod()),
    "mean": ("mean([{a}, {b}*{c}])", lambda a, b, c: stack(a, b * c).mean()),
    "dot": ("dot([{a}, {b}], [{b}, {c}])", lambda a, b, c: torch.dot(stack(a, b), stack(b, c))),
    "norm": ("norm([{a}, {b}, 2])", lambda a, b, c: torch.linalg.vector_norm(stack(a, b, constant(2)))),
    "max": ("max({a}, {b}, {c})", lambda a, b, c: torch.amax(stack(a, b, c), 0)),
    "min": ("min({a}, {b}, {a})", lambda a, b, c: torch.amin(stack(a, b, a), 0)),
    "softmax": ("softmax([{a}, {b}, {c}])[2]", lambda a, b, c: torch.softmax(stack(a, b, c), 0)[1]),
    "softmin": ("softmin([{a}, {b}, {c}])[2]", lambda a, b, c: F.softmin(stack(a, b, c), 0)[1]),
    "log_softmax": ("log_softmax([{a}, {b}, {c}])[1]", lambda a, b, c: torch.log_softmax(stack(a, b, c), 0)[0]),
    "mse": ("mse([{a}, {b}], [{c}, 1])", lambda a, b, c: F.mse_loss(stack(a, b), stack(c, constant(1)))),
    "sse": ("sse([{a}, {b}], [{c}, 1])",
        lambda a, b, c: F.mse_loss(stack(a, b), stack(c, constant(1)), reduction="sum")),
    "half_sse": ("half_sse([{a}, {b}], [{c}, 1])",
        lambda a, b, c: F.mse_loss(stack(a, b), stack(c, constant(1)), reduction="sum") / 2),
    "mae": ("mae([{a}, {b}], [{c}, 1])", lambda a, b, c: F.l1_loss(stack(a, b), stack(c, constant(1)))),
    "huber": ("huber([{a}, {b}], [{c}, 1], 0.6)",
        lambda a, b, c: F.huber_loss(stack(a, b), stack(c, constant(1)), delta=0.6)),
    "bce": ("bce(sigmoid(sin({a})), 0.3)",
        lambda a, b, c: F.binary_cross_entropy(torch.sigmoid(torch.sin(a)), constant(0.3))),
    "bce_with_logits": ("bce_with_logits({a}, 1)", lambda a, b, c: F.binary_cross_entropy_with_logits(a, constant(1))),
    "cross_entropy": ("cross_entropy([{a}, {b}, {c}], 3)",
        lambda a, b, c: F.cross_entropy(stack(a, b, c), torch.tensor(2))),
    "cross_entropy_one_hot": (
        "cross_entropy([{a}, {b}], [0.2, 0.8])",
        lambda a, b, c: F.cross_entropy(stack(a, b), stack(constant(0.2), constant(0.8))),
    ),
    "nll": ("nll([{a}, {b}], 2)", lambda a, b, c: F.nll_loss(stack(a, b)[None], torch.tensor([1]))),
    "hinge": ("hinge({a}, 1)", lambda a, b, c: torch.relu(1 - a)),
    "multi_hinge": ("multi_hinge([{a}, {b}, {c}], 1)",
        lambda a, b, c: 3 * F.multi_margin_loss(stack(a, b, c)[None], torch.tensor([0]))),
    "kl": (
        "kl([sigmoid({a}), 1 - sigmoid({a})], [0.4, 0.6])",
        lambda a, b, c: F.kl_div(
            stack(constant(0.4), constant(0.6)).log(), stack(torch.sigmoid(a), 1 - torch.sigmoid(a)), reduction="sum",
        ),
    ),
    "entropy": ("entropy([sigmoid({a}), 1/3])",
        lambda a, b, c: torch.special.entr(stack(torch.sigmoid(a), constant(1 / 3))).sum()),
    "where": ("where({a} > {b}, {a}*{c}, {b} - {c})", lambda a, b, c: torch.where(a > b, a * c, b - c)),
    "arithmetic": ("-{a}*{b}/2 - ({c} - 3)/(1 + {a}^2)", lambda a, b, c: -a * b / 2 - (c - 3) / (1 + a**2)),
    "powers": ("({a}^2 + 1)^(-2) + 2^{b} - {c}^3/9", lambda a, b, c: (a**2 + 1) ** -2 + 2**b - c**3 / 9),
}  # fmt: skip
"""For each row (and for what has no row) a formula that keeps inside its domain, and the same in PyTorch."""


def test_every_row_has_its_oracle() -> None:
    assert set(ROWS) <= set(ORACLES)


def agrees(formulas: list[tuple[str, str, Oracle, list[str]]], leaves: dict[str, float], rel: float = 1e-9) -> bool:
    """Value and all gradients against PyTorch's; False where the numbers leave the range in which either can be
    trusted.
    """
    source = "; ".join(f"{name} = {formula}" for name, formula, _, _ in formulas)
    graph = read_program(source, "-e")
    tensors = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in leaves.items()}
    leaves = {name: leaves[name] for name in graph.leaves}
    graph = with_values(graph, [",".join(f"{name}={value}" for name, value in leaves.items())])
    for name, _, oracle, picked in formulas:
        tensors[name] = oracle(*(tensors[read] for read in picked))
    output = formulas[-1][0]
    try:
        gradients = Gradients(Sheet(graph, Settings()), output, list(leaves))
        found = {name: float(number_of(gradients.adjoint(name)) or 0) for name in leaves}
    except StepperError:
        return False
    if tensors[output].requires_grad:
        tensors[output].backward()
    expected = {name: 0.0 if tensors[name].grad is None else float(tensors[name].grad) for name in leaves}
    size = max(abs(float(tensors[name].detach())) for name in tensors)
    scale = max(gradients.scales().values()) if found else 0.0
    if not all(map(math.isfinite, expected.values())) or size > 1e6 or scale > 1e9:
        return False
    assert math.isclose(
        float(gradients.sheet.numbers[output]),
        float(tensors[output].detach()),
        rel_tol=rel,
        abs_tol=1e-12 * max(1, size),
    ), source
    for name in leaves:
        assert math.isclose(found[name], expected[name], rel_tol=rel, abs_tol=1e-12 * max(1, scale)), (
            source,
            leaves,
            name,
        )
    return True


@pytest.mark.parametrize("row", ORACLES)
def test_every_row_agrees_with_pytorch(row: str) -> None:
    formula, oracle = ORACLES[row]
    done = [
        agrees([("L", formula.format(a="x", b="y", c="z"), oracle, ["x", "y", "z"])], {"x": x, "y": y, "z": z})
        for x, y, z in ((0.7, -1.3, 2.1), (-0.4, 0.9, -1.7), (0.0, 0.5, 1.5), (1.0, 1.0, 1.0), (-30.5, 2.25, 3.0))
    ]
    assert sum(done) >= 3


GRAPHS = 500


@pytest.mark.parametrize("batch", range(10))
def test_random_graphs_agree_with_pytorch(batch: int) -> None:
    """500 graphs in all, of up to eight nodes, every row in play."""
    chance, done = random.Random(batch), 0
    while done < GRAPHS // 10:
        leaves = {f"x{place}": round(chance.uniform(-2, 2), 3) for place in range(chance.randint(1, 4))}
        names, formulas = list(leaves), []
        for place in range(chance.randint(1, 8)):
            formula, oracle = chance.choice(list(ORACLES.values()))
            picked = [chance.choice(names[-4:]) for _ in "abc"]
            formulas.append((f"h{place}", formula.format(**dict(zip("abc", picked, strict=True))), oracle, picked))
            names.append(f"h{place}")
        read = {name for _, _, _, picked in formulas for name in picked}
        ends = [name for name in names if name not in read]
        done += agrees([*formulas, ("L", " + ".join(ends), lambda *parts: sum(parts), ends)], leaves)


def test_a_program_that_assigns_again_agrees_with_pytorch() -> None:
    """The example of micrograd's README, with five re-assignments: here read, there run."""
    values = {"a": -4.0, "b": 2.0}
    run: dict[str, Any] = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in values.items()
    }
    leaves = dict(run)
    exec(MICROGRAD, {"relu": torch.relu}, run)
    run["g"].backward()
    graph = with_values(read_program(MICROGRAD, "-e"), ["a=-4,b=2"])
    assert [name for name in graph.nodes if "_" in name] == ["c_2", "c_3", "d_2", "d_3", "g_2"]
    gradients = Gradients(Sheet(graph, Settings()), "g_2", ["a", "b"])
    assert float(gradients.sheet.numbers["g_2"]) == pytest.approx(float(run["g"].detach()), rel=1e-12)
    for name, leaf in leaves.items():
        assert float(number_of(gradients.adjoint(name)) or 0) == pytest.approx(float(leaf.grad), rel=1e-12)
