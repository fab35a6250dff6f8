"""Each scalar function three times: as stepper's formula, in PyTorch, and with dual numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from dual_numbers import (
    absolute,
    atan,
    cos,
    cosh,
    dual,
    erf,
    exp,
    floor,
    largest,
    log,
    log_softmax,
    mp,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    step,
    tan,
    tanh,
    where,
)
from torch.nn import functional as F  # noqa: N812  as PyTorch's own documentation has it


def stack(*items: Any) -> Any:
    return torch.stack(
        [item if torch.is_tensor(item) else torch.tensor(float(item), dtype=torch.float64) for item in items]
    )


def number(value: float) -> Any:
    return torch.tensor(value, dtype=torch.float64)


Row = tuple[str, Callable[[Any, Any, Any], Any], Callable[[Any, Any, Any], Any]]
ROWS: Mapping[str, Row] = {
    "exp": ("exp({a})", lambda a, b, c: torch.exp(a), lambda a, b, c: exp(a)),
    "log": ("log({a})", lambda a, b, c: torch.log(a), lambda a, b, c: log(a)),
    "log_shift": ("log(1 - {a})", lambda a, b, c: torch.log(1 - a), lambda a, b, c: log(1 - a)),
    "log2": ("log2({a}^2 + 1)", lambda a, b, c: torch.log2(a**2 + 1), lambda a, b, c: log(a**2 + 1) / mp.log(2)),
    "log10": ("log10({a}^2 + 1)", lambda a, b, c: torch.log10(a**2 + 1), lambda a, b, c: log(a**2 + 1) / mp.log(10)),
    "sqrt": ("sqrt({a})", lambda a, b, c: torch.sqrt(a), lambda a, b, c: sqrt(a)),
    "abs": ("abs({a} - {b})", lambda a, b, c: torch.abs(a - b), lambda a, b, c: absolute(a - b)),
    "sign": ("sign({a})*{b}", lambda a, b, c: torch.sign(a) * b, lambda a, b, c: sign(a) * b),
    "step": ("step({a})*{b}", lambda a, b, c: (a > 0).double() * b, lambda a, b, c: step(a) * b),
    "floor": ("floor({a}) + {b}", lambda a, b, c: torch.floor(a) + b, lambda a, b, c: floor(a) + b),
    "ceil": ("ceil({a})*{b}", lambda a, b, c: torch.ceil(a) * b, lambda a, b, c: -floor(-dual(a)) * b),
    "mod": ("mod({a}, {b})", lambda a, b, c: torch.remainder(a, b), lambda a, b, c: a - b * floor(a / b)),
    "sin": ("sin({a}*{b})", lambda a, b, c: torch.sin(a * b), lambda a, b, c: sin(a * b)),
    "cos": ("cos({a} + {b})", lambda a, b, c: torch.cos(a + b), lambda a, b, c: cos(a + b)),
    "tan": ("tan({a})", lambda a, b, c: torch.tan(a), lambda a, b, c: tan(a)),
    "arctan": ("arctan({a}/{c}) + {b}", lambda a, b, c: torch.atan(a / c) + b, lambda a, b, c: atan(a / c) + b),
    "sinh": ("sinh({a})", lambda a, b, c: torch.sinh(a), lambda a, b, c: sinh(a)),
    "cosh": ("cosh({a})", lambda a, b, c: torch.cosh(a), lambda a, b, c: cosh(a)),
    "sech": ("sech({a})", lambda a, b, c: 1 / torch.cosh(a), lambda a, b, c: 1 / cosh(a)),
    "tanh": ("tanh({a} - {b})", lambda a, b, c: torch.tanh(a - b), lambda a, b, c: tanh(a - b)),
    "erf": ("erf({a})", lambda a, b, c: torch.erf(a), lambda a, b, c: erf(a)),
    "sigmoid": ("sigmoid({a}*{b})", lambda a, b, c: torch.sigmoid(a * b), lambda a, b, c: sigmoid(a * b)),
    "relu": ("relu({a} + {b})", lambda a, b, c: torch.relu(a + b), lambda a, b, c: where(a + b, 0, a + b, 0)),
    "leaky_relu": (
        "leaky_relu({a}, {b})", lambda a, b, c: F.prelu(a.reshape(1), b.reshape(1))[0],
        lambda a, b, c: where(a, 0, a, b * a),
    ),
    "prelu": (
        "prelu({a}, {b})", lambda a, b, c: F.prelu(a.reshape(1), b.reshape(1))[0],
        lambda a, b, c: where(a, 0, a, b * a),
    ),
    "rrelu": (
        "rrelu({a}, 0.25, 0.75)", lambda a, b, c: F.rrelu(a, 0.25, 0.75, training=False),
        lambda a, b, c: where(a, 0, a, dual(a) / 2),
    ),
    "relu6": ("relu6({a})", lambda a, b, c: F.relu6(a), lambda a, b, c: where(6, a, where(a, 0, a, 0), 6)),
    "celu": ("celu({a}, 2)", lambda a, b, c: F.celu(a, 2), lambda a, b, c: where(a, 0, a, 2 * (exp(dual(a) / 2) - 1))),
    "elu": ("elu({a}, 0.5)", lambda a, b, c: F.elu(a, 0.5), lambda a, b, c: where(a, 0, a, (exp(a) - 1) / 2)),
    "selu": (
        "selu({a})", lambda a, b, c: F.selu(a),
        lambda a, b, c: mp.mpf("1.0507009873554805") * where(a, 0, a, mp.mpf("1.6732632423543772") * (exp(a) - 1)),
    ),
    "gelu": ("gelu({a})", lambda a, b, c: F.gelu(a), lambda a, b, c: a / 2 * (1 + erf(a / mp.sqrt(2)))),
    "silu": ("silu({a})", lambda a, b, c: F.silu(a), lambda a, b, c: a * sigmoid(a)),
    "mish": ("mish({a})", lambda a, b, c: F.mish(a), lambda a, b, c: a * tanh(log(1 + exp(a)))),
    "glu": ("glu({a}, {b})", lambda a, b, c: F.glu(stack(a, b), 0)[0], lambda a, b, c: a * sigmoid(b)),
    "logsigmoid": ("logsigmoid({a})", lambda a, b, c: F.logsigmoid(a), lambda a, b, c: log(sigmoid(a))),
    "softplus": ("softplus({a})", lambda a, b, c: F.softplus(a, threshold=1e9), lambda a, b, c: log(1 + exp(a))),
    "softsign": ("softsign({a} - {c})", lambda a, b, c: F.softsign(a - c),
        lambda a, b, c: (a - c) / (1 + absolute(a - c))),
    "hardtanh": (
        "hardtanh({a})", lambda a, b, c: F.hardtanh(a), lambda a, b, c: where(1, a, where(a, -1, a, -1), 1),
    ),
    "hardsigmoid": (
        "hardsigmoid({a})", lambda a, b, c: F.relu6(a + 3) / 6,
        lambda a, b, c: where(3, a, where(a, -3, dual(a) / 6 + 0.5, 0), 1),
    ),
    "hardswish": (
        "hardswish({a})", lambda a, b, c: F.hardswish(a),
        lambda a, b, c: where(3, a, where(a, -3, a * (a + 3) / 6, 0), a),
    ),
    "tanhshrink": ("tanhshrink({a})", lambda a, b, c: F.tanhshrink(a), lambda a, b, c: a - tanh(a)),
    "softshrink": (
        "softshrink({a}, 0.5)", lambda a, b, c: F.softshrink(a, 0.5),
        lambda a, b, c: where(a, 0.5, a - 0.5, where(-0.5, a, a + 0.5, 0)),
    ),
    "hardshrink": (
        "hardshrink({a}, 0.5)", lambda a, b, c: F.hardshrink(a, 0.5),
        lambda a, b, c: where(a, 0.5, a, where(-0.5, a, a, 0)),
    ),
    "threshold": (
        "threshold({a}, 0.5, -2)", lambda a, b, c: F.threshold(a, 0.5, -2), lambda a, b, c: where(a, 0.5, a, -2),
    ),
    "sum": ("sum([{a}, {b}, {c}])", lambda a, b, c: stack(a, b, c).sum(), lambda a, b, c: a + b + c),
    "prod": ("prod([{a}, {b}, {c}])", lambda a, b, c: stack(a, b, c).prod(), lambda a, b, c: a * b * c),
    "mean": ("mean([{a}, {b}*{c}])", lambda a, b, c: stack(a, b * c).mean(), lambda a, b, c: (a + b * c) / 2),
    "dot": ("dot([{a}, {b}], [{b}, {c}])", lambda a, b, c: torch.dot(stack(a, b), stack(b, c)),
        lambda a, b, c: a * b + b * c),
    "norm": (
        "norm([{a}, {b}, 2])", lambda a, b, c: torch.linalg.vector_norm(stack(a, b, 2)),
        lambda a, b, c: sqrt(a * a + b * b + 4),
    ),
    "max": ("max({a}, {b}, {c})", lambda a, b, c: torch.amax(stack(a, b, c), 0), largest),
    "max0": ("{b}*max(0, {a})", lambda a, b, c: b * torch.amax(stack(0, a), 0), lambda a, b, c: b * largest(0, a)),
    "min": ("min({a}, {b}, {a})", lambda a, b, c: torch.amin(stack(a, b, a), 0),
        lambda a, b, c: largest(a, b, a, side=-1)),
    "min1": ("min(1, {a} + {b})", lambda a, b, c: torch.amin(stack(1, a + b), 0),
        lambda a, b, c: largest(1, a + b, side=-1)),
    "softmax": (
        "softmax([{a}, {b}, {c}])[2]", lambda a, b, c: torch.softmax(stack(a, b, c), 0)[1],
        lambda a, b, c: exp(b) / (exp(a) + exp(b) + exp(c)),
    ),
    "softmin": (
        "softmin([{a}, {b}, {c}])[2]", lambda a, b, c: F.softmin(stack(a, b, c), 0)[1],
        lambda a, b, c: exp(-b) / (exp(-a) + exp(-b) + exp(-c)),
    ),
    "log_softmax": (
        "log_softmax([{a}, {b}, {c}])[1]", lambda a, b, c: torch.log_softmax(stack(a, b, c), 0)[0],
        lambda a, b, c: log_softmax(a, b, c)[0],
    ),
    "mse": (
        "mse([{a}, {b}], [{c}, 1])", lambda a, b, c: F.mse_loss(stack(a, b), stack(c, 1)),
        lambda a, b, c: ((a - c) ** 2 + (b - 1) ** 2) / 2,
    ),
    "sse": (
        "sse([{a}, {b}], [{c}, 1])", lambda a, b, c: F.mse_loss(stack(a, b), stack(c, 1), reduction="sum"),
        lambda a, b, c: (a - c) ** 2 + (b - 1) ** 2,
    ),
    "half_sse": (
        "half_sse([{a}], [{c}])", lambda a, b, c: F.mse_loss(a, c, reduction="sum") / 2,
        lambda a, b, c: (a - c) ** 2 / 2,
    ),
    "mae": (
        "mae([{a}, {b}], [{c}, 1])", lambda a, b, c: F.l1_loss(stack(a, b), stack(c, 1)),
        lambda a, b, c: (absolute(a - c) + absolute(b - 1)) / 2,
    ),
    "huber": (
        "huber([{a}], [{b}], 0.5)", lambda a, b, c: F.huber_loss(a, b, delta=0.5),
        lambda a, b, c: where(absolute(a - b), 0.5, (absolute(a - b) - 0.25) / 2, (a - b) ** 2 / 2),
    ),
    "bce": (
        "bce(sigmoid({a}), 0.25)", lambda a, b, c: F.binary_cross_entropy(torch.sigmoid(a), number(0.25)),
        lambda a, b, c: -(log(sigmoid(a)) + 3 * log(1 - sigmoid(a))) / 4,
    ),
    "bce_with_logits": (
        "bce_with_logits({a}, {b})", lambda a, b, c: F.binary_cross_entropy_with_logits(a, b),
        lambda a, b, c: log(1 + exp(a)) - b * a,
    ),
    "cross_entropy": (
        "cross_entropy([{a}, {b}, {c}], 3)", lambda a, b, c: F.cross_entropy(stack(a, b, c), torch.tensor(2)),
        lambda a, b, c: -log_softmax(a, b, c)[2],
    ),
    "cross_entropy_one_hot": (
        "cross_entropy([{a}, {b}], [0.25, 0.75])", lambda a, b, c: F.cross_entropy(stack(a, b), stack(0.25, 0.75)),
        lambda a, b, c: -(log_softmax(a, b)[0] + 3 * log_softmax(a, b)[1]) / 4,
    ),
    "nll": ("nll([{a}, {b}], 2)", lambda a, b, c: F.nll_loss(stack(a, b)[None], torch.tensor([1])), lambda a, b, c: -b),
    "hinge": (
        "hinge({a}, {b})", lambda a, b, c: torch.where(b * a < 1, 1 - b * a, 0 * a),
        lambda a, b, c: where(1, b * a, 1 - b * a, 0),
    ),
    "multi_hinge": (
        "multi_hinge([{a}, {b}, {c}], 1)",
        lambda a, b, c: torch.relu(b - a + 1) + torch.relu(c - a + 1),
        lambda a, b, c: where(b - a + 1, 0, b - a + 1, 0) + where(c - a + 1, 0, c - a + 1, 0),
    ),
    "kl": (
        "kl([sigmoid({a}), 1 - sigmoid({a})], [0.25, 0.75])",
        lambda a, b, c: F.kl_div(stack(0.25, 0.75).log(), stack(torch.sigmoid(a), 1 - torch.sigmoid(a)),
            reduction="sum"),
        lambda a, b, c: sigmoid(a) * log(4 * sigmoid(a)) + (1 - sigmoid(a)) * log(4 * (1 - sigmoid(a)) / 3),
    ),
    "entropy": (
        "entropy([sigmoid({a}), 0.25])", lambda a, b, c: torch.special.entr(stack(torch.sigmoid(a), 0.25)).sum(),
        lambda a, b, c: -(sigmoid(a) * log(sigmoid(a)) + mp.log(0.25) / 4),
    ),
    "where": (
        "where({a} > {b}, {a}*{c}, {b} - {c})", lambda a, b, c: torch.where(a > b, a * c, b - c),
        lambda a, b, c: where(a, b, a * c, b - c),
    ),
    "product": ("{a}*{b} - {c}", lambda a, b, c: a * b - c, lambda a, b, c: a * b - c),
    "quotient": ("({a} - {b})/{c}", lambda a, b, c: (a - b) / c, lambda a, b, c: (a - b) / c),
    "itself": ("{a}/{a} + {a} - {b}", lambda a, b, c: a / a + a - b, lambda a, b, c: a / a + a - b),
    "cancels": ("1/{a} - {a}/{a}^2 + {b}", lambda a, b, c: 1 / a - a / a**2 + b, lambda a, b, c: 1 / a - a / a**2 + b),
    "power": ("{a}^3 - {b}^(-2)", lambda a, b, c: a**3 - b**-2, lambda a, b, c: a**3 - b**-2),
    "base": ("2^{a} + {b}", lambda a, b, c: 2**a + b, lambda a, b, c: exp(a * mp.log(2)) + b),
    "scale": ("8*{a} - {b}", lambda a, b, c: 8 * a - b, lambda a, b, c: 8 * a - b),
}  # fmt: skip
