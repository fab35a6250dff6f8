"""10,000 steps of Adam on ten parameters, in process, beside a NumPy loop that does the same assignments;
alternating.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from stepper.core.task import Task
from stepper.engine.optim.run import Run
from stepper.read.options import OptimOptions, load_task

STEPS, PARAMETERS = 10_000, 10


def own(task: Task) -> tuple[float, list[float]]:
    """The run swept in floating point."""
    run = Run(task)
    start = time.perf_counter()
    last = list(run.swept(0, run.start, STEPS))[-1]
    spent = time.perf_counter() - start
    return spent, [float(last.numbers[f"theta[{STEPS}, {place}]"]) for place in range(1, PARAMETERS + 1)]


def peer() -> tuple[float, list[float]]:
    """The same assignments on arrays."""
    start = time.perf_counter()
    theta, m, v = np.ones(PARAMETERS), np.zeros(PARAMETERS), np.zeros(PARAMETERS)
    for t in range(1, STEPS + 1):
        g = 2 * theta
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        theta = theta - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return time.perf_counter() - start, list(theta)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    objective = " + ".join(f"theta[{place}]^2" for place in range(1, PARAMETERS + 1))
    task = load_task("adam", OptimOptions(f"[{', '.join(['1'] * PARAMETERS)}]", (), objective, STEPS))
    ours, theirs = [], []
    for _ in range(options.runs):
        spent, found = own(task)
        other, wanted = peer()
        assert np.allclose(found, wanted, rtol=1e-6, atol=1e-12)
        ours.append(spent)
        theirs.append(other)
    mine, loop = statistics.median(ours), statistics.median(theirs)
    print(
        f"{STEPS:,} steps on {PARAMETERS} parameters: {mine:.2f} s, {mine / loop:.0f} times the {loop:.3f} s of the "
        f"NumPy loop"
    )


if __name__ == "__main__":
    main()
