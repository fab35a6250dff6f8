"""Random scalar graphs through the command line, judged by PyTorch: wrong gradients, false checks, tracebacks, runs
that take long.

Every function of the tables that PyTorch can do is in play, at values that tie, stand on kinks and saturate. Written
without the
engine: a second calculation with dual numbers of 400 digits decides where PyTorch's 16 digits are lost (1 - tanh(20)^2
is 0 there).

    python benchmarks/random_graphs.py --graphs 3000 --seed 0
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from dual_numbers import (
    Dual,
    Undecided,
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

SECONDS = 10
CLOSE = 1e-7


# ---- each function three times: stepper's formula, PyTorch, dual numbers


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
        "leaky_relu({a}, {b})", lambda a, b, c: F.prelu(a.reshape(1), b.reshape(1))[0], lambda a, b,
        c: where(a, 0, a, b * a),
    ),
    "prelu": (
        "prelu({a}, {b})", lambda a, b, c: F.prelu(a.reshape(1), b.reshape(1))[0], lambda a, b,
        c: where(a, 0, a, b * a),
    ),
    "rrelu": (
        "rrelu({a}, 0.25, 0.75)", lambda a, b, c: F.rrelu(a, 0.25, 0.75, training=False), lambda a, b,
        c: where(a, 0, a, dual(a) / 2),
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
    "softsign": ("softsign({a} - {c})", lambda a, b, c: F.softsign(a - c), lambda a, b,
        c: (a - c) / (1 + absolute(a - c))),
    "hardtanh": (
        "hardtanh({a})", lambda a, b, c: F.hardtanh(a), lambda a, b, c: where(1, a, where(a, -1, a, -1), 1),
    ),
    "hardsigmoid": (
        "hardsigmoid({a})", lambda a, b, c: F.relu6(a + 3) / 6, lambda a, b,
        c: where(3, a, where(a, -3, dual(a) / 6 + 0.5, 0), 1),
    ),
    "hardswish": (
        "hardswish({a})", lambda a, b, c: F.hardswish(a), lambda a, b,
        c: where(3, a, where(a, -3, a * (a + 3) / 6, 0), a),
    ),
    "tanhshrink": ("tanhshrink({a})", lambda a, b, c: F.tanhshrink(a), lambda a, b, c: a - tanh(a)),
    "softshrink": (
        "softshrink({a}, 0.5)", lambda a, b, c: F.softshrink(a, 0.5),
        lambda a, b, c: where(a, 0.5, a - 0.5, where(-0.5, a, a + 0.5, 0)),
    ),
    "hardshrink": (
        "hardshrink({a}, 0.5)", lambda a, b, c: F.hardshrink(a, 0.5), lambda a, b,
        c: where(a, 0.5, a, where(-0.5, a, a, 0)),
    ),
    "threshold": (
        "threshold({a}, 0.5, -2)", lambda a, b, c: F.threshold(a, 0.5, -2), lambda a, b, c: where(a, 0.5, a, -2),
    ),
    "sum": ("sum([{a}, {b}, {c}])", lambda a, b, c: stack(a, b, c).sum(), lambda a, b, c: a + b + c),
    "prod": ("prod([{a}, {b}, {c}])", lambda a, b, c: stack(a, b, c).prod(), lambda a, b, c: a * b * c),
    "mean": ("mean([{a}, {b}*{c}])", lambda a, b, c: stack(a, b * c).mean(), lambda a, b, c: (a + b * c) / 2),
    "dot": ("dot([{a}, {b}], [{b}, {c}])", lambda a, b, c: torch.dot(stack(a, b), stack(b, c)), lambda a, b,
        c: a * b + b * c),
    "norm": (
        "norm([{a}, {b}, 2])", lambda a, b, c: torch.linalg.vector_norm(stack(a, b, 2)), lambda a, b,
        c: sqrt(a * a + b * b + 4),
    ),
    "max": ("max({a}, {b}, {c})", lambda a, b, c: torch.amax(stack(a, b, c), 0), largest),
    "max0": ("{b}*max(0, {a})", lambda a, b, c: b * torch.amax(stack(0, a), 0), lambda a, b, c: b * largest(0, a)),
    "min": ("min({a}, {b}, {a})", lambda a, b, c: torch.amin(stack(a, b, a), 0), lambda a, b,
        c: largest(a, b, a, side=-1)),
    "min1": ("min(1, {a} + {b})", lambda a, b, c: torch.amin(stack(1, a + b), 0), lambda a, b,
        c: largest(1, a + b, side=-1)),
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
        "half_sse([{a}], [{c}])", lambda a, b, c: F.mse_loss(a, c, reduction="sum") / 2, lambda a, b,
        c: (a - c) ** 2 / 2,
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
        "bce_with_logits({a}, {b})", lambda a, b, c: F.binary_cross_entropy_with_logits(a, b), lambda a, b,
        c: log(1 + exp(a)) - b * a,
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
        "hinge({a}, {b})", lambda a, b, c: torch.where(b * a < 1, 1 - b * a, 0 * a), lambda a, b,
        c: where(1, b * a, 1 - b * a, 0),
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

Step = tuple[str, str, Row, list[str]]


def drawn(chance: random.Random) -> tuple[list[Step], dict[str, Fraction]]:
    """A graph of up to seven nodes, and values that tie, stand on kinks or saturate as often as not; all are exact in
    binary.
    """
    usual = [Fraction(chance.randint(-16, 16), 8) for _ in range(3)]
    special = [Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(20), Fraction(-40), Fraction(80)]
    pool = [*usual, *chance.sample(special, 2)]
    leaves = {f"x{place}": chance.choice(pool) for place in range(chance.randint(1, 4))}
    names, steps = list(leaves), []
    for place in range(chance.randint(1, 6)):
        kind = chance.choice(list(ROWS))
        picked = [chance.choice(names[-4:]) for _ in "abc"]
        formula = ROWS[kind][0].format(**dict(zip("abc", picked, strict=True)))
        steps.append((f"h{place}", formula, ROWS[kind], picked))
        names.append(f"h{place}")
    read = {name for _, formula, _, picked in steps for name in picked if name in formula}
    ends = [name for name in names if name not in read and name not in leaves]
    total: Row = ("", lambda *parts: sum(parts), lambda *parts: sum(parts[1:], parts[0]))
    return [*steps, ("L", " + ".join(ends), total, ends)], leaves


def by_torch(steps: Sequence[Step], leaves: Mapping[str, Fraction]) -> dict[str, float]:
    known: dict[str, Any] = {
        name: torch.tensor(float(value), dtype=torch.float64, requires_grad=True) for name, value in leaves.items()
    }
    tensors = dict(known)
    for name, _, row, picked in steps:
        known[name] = row[1](*(known[read] for read in picked))
    if known["L"].requires_grad:
        known["L"].backward()
    return {name: 0.0 if tensor.grad is None else float(tensor.grad) for name, tensor in tensors.items()}


def by_duals(steps: Sequence[Step], leaves: Mapping[str, Fraction]) -> dict[str, float] | None:
    """None where a number does not exist, or is too large."""
    known = {name: Dual(mp.mpf(value.numerator) / value.denominator, {name: 1}) for name, value in leaves.items()}
    try:
        for name, _, row, picked in steps:
            known[name] = dual(row[2](*(known[read] for read in picked)))
    except (Undecided, ZeroDivisionError, OverflowError):
        return None
    found = {name: float(known["L"].slopes.get(name, 0)) for name in leaves}
    return found if all(map(math.isfinite, (*found.values(), float(known["L"].value)))) else None


def by_stepper(source: str, values: str, folder: Path) -> tuple[int, dict[str, float], list[str], str]:
    """The exit code, the gradients, the checks that disagree or are not decided, and what was said on standard
    error.
    """
    from stepper.cli.main import main

    target, said = folder / "out.json", io.StringIO()
    target.unlink(missing_ok=True)
    saved, sys.argv = (
        sys.argv,
        ["stepper", "backprop", "-e", source, "--set", values, "--of", "L", "--wrt", "all", "-o", str(target)],
    )
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = main() or 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = saved
    if not target.exists():
        return code, {}, [], said.getvalue()
    found = json.loads(target.read_text(encoding="utf-8"))
    gradients = {answer["name"].removeprefix("dL/d"): float(Fraction(answer["value"])) for answer in found["answers"]}
    checks = [f"{check['ok']} {check['name']} of {check['of']}" for check in found["checks"] if check["ok"] is not True]
    return code, gradients, checks, said.getvalue()


def late(number: int, frame: FrameType | None) -> None:
    raise TimeoutError


def same(one: float, other: float, size: float) -> bool:
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=max(1e-300, CLOSE * CLOSE * size))


def judged(seed: int, folder: Path, counts: Counter[str]) -> None:
    """One graph: what is wrong with it is counted, and printed with the command that repeats it."""
    steps, leaves = drawn(random.Random(seed))
    source = "; ".join(f"{name} = {formula}" for name, formula, _, _ in steps)
    used = {name: value for name, value in leaves.items() if any(name in formula for _, formula, _, _ in steps)}
    values = ",".join(f"{name}={value}" for name, value in used.items())
    expected = by_duals(steps, leaves)
    try:
        torched = by_torch(steps, leaves)
    except RuntimeError:  # some losses refuse what is not defined
        torched = dict.fromkeys(leaves, math.nan)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    begun = time.process_time()
    fault = ""
    try:
        code, found, checks, said = by_stepper(source, values, folder)
    except TimeoutError:
        fault, code, found, checks, said = "over 10 s", 0, {}, [], ""
    except Exception:
        fault, code, found, checks, said = "traceback", 0, {}, [], traceback.format_exc(limit=-3)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    counts["seconds"] = max(counts["seconds"], math.ceil(time.process_time() - begun))
    if not fault and code == 2:
        counts["refused" if expected is None else "refused, though it exists"] += 1
        if expected is not None:
            print(
                f"refused {seed}: stepper backprop -e '{source}' --set {values} --of L --wrt all\n   "
                f"{said.strip()[:300]}"
            )
        return
    if not fault and expected is not None:
        wrong = [name for name in used if not same(found.get(name, math.nan), expected[name], 0.0)]
        if wrong:
            fault = f"wrong gradient: {[(name, found.get(name), expected[name], torched[name]) for name in wrong]}"
        elif any(check.startswith("False") for check in checks):
            fault = f"false check: {checks}"
    counts["judged by both" if expected is not None else "judged for crashes only"] += 1
    if expected is not None:
        size = max(map(abs, torched.values()), default=0.0)
        counts[
            "PyTorch agrees"
            if all(same(expected[name], torched[name], size * 1e4) for name in used)
            else "PyTorch loses digits"
        ] += 1
        counts["checks not decided or not applicable"] += sum(not check.startswith("False") for check in checks)
    if fault:
        counts[fault.split(":")[0]] += 1
        print(
            f"{fault}\n   seed {seed}: stepper backprop -e '{source}' --set {values} --of L --wrt all\n   "
            f"{said.strip()[:600]}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    signal.signal(signal.SIGVTALRM, late)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(chosen.seed, chosen.seed + chosen.graphs):
            judged(seed, Path(folder), counts)
    print(f"{chosen.graphs} graphs from seed {chosen.seed}")
    for name, count in sorted(counts.items()):
        print(f"{count:7}  {name}" + (" was the longest run" if name == "seconds" else ""))
    sys.exit(any(counts[name] for name in ("wrong gradient", "false check", "traceback", "over 10 s")))


if __name__ == "__main__":
    main()
