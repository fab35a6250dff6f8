"""10,000 steps of gradient descent on the net of an exam, as a whole process, beside a NumPy script that does the same,
in alternating runs, in time of the processor.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

STEPS, RATE = 10_000, 0.01
STEPPER = [
    sys.executable,
    "-m",
    "stepper",
    "train",
    "tum-2022/6",
    "--steps",
    str(STEPS),
    "--lr",
    str(RATE),
    "-f",
    "text",
]

NUMPY = f"""
import numpy as np
W1, b1 = np.array([[-0.5, -1.0], [1.0, 0.5], [2.0, 1.5]]), np.array([0.5, 0.0, -1.0])
W2, b2 = np.array([[1.0, -0.5, -1.0], [-0.5, 2.0, 1.0]]), np.array([-1.0, 2.0])
x, y = np.array([1.0, -2.0]), np.array([1.0, 1.0])
for _ in range({STEPS}):
    z = W1 @ x + b1
    h = np.where(z > 0, z, 0.5 * z)
    error = W2 @ h + b2 - y
    loss = (error**2).mean()
    backwards = (W2.T @ error) * np.where(z > 0, 1.0, 0.5)
    W2, b2 = W2 - {RATE} * np.outer(error, h), b2 - {RATE} * error
    W1, b1 = W1 - {RATE} * np.outer(backwards, x), b1 - {RATE} * backwards
print("w11", W1[0, 0])
"""


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds of the processor, and what is printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ran.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "net.py"
        script.write_text(NUMPY)
        peer = [sys.executable, str(script)]
        (_, printed), (_, shown) = timed(peer), timed(STEPPER)
        number = float(printed.split()[1])
        assert f"{number:.2f}" in shown, number
        pairs = [(timed(STEPPER)[0], timed(peer)[0]) for _ in range(options.runs)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(own / other for own, other in pairs)
    print(f"{STEPS:,} steps: {ours:.2f} s, {ratio:.1f} times the {theirs:.2f} s of the NumPy loop")


if __name__ == "__main__":
    main()
