"""Random scalar graphs through the command line, judged by PyTorch: wrong gradients, false checks, tracebacks, runs
that take long.

Every function of the tables that PyTorch can do is in play, at values that tie, stand on kinks and saturate. Written
without the engine: a second calculation with dual numbers of 400 digits decides where PyTorch's 16 digits are lost
(1 - tanh(20)^2 is 0 there).

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
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from dual_numbers import Dual, Undecided, dual, mp
from scalar_functions import ROWS, Row

SECONDS = 10
CLOSE = 1e-7

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
