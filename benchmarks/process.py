"""The worked derivation as a whole process, beside PyTorch building the same net and calling backward, in alternating
runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPPER = [sys.executable, "-m", "stepper", "backprop", "tum-2022/6", "--wrt", "w11"]

PYTORCH = """
import torch
from torch import nn
net = nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.5), nn.Linear(3, 2))
with torch.no_grad():
    net[0].weight.copy_(torch.tensor([[-0.5, -1.0], [1.0, 0.5], [2.0, 1.5]]))
    net[0].bias.copy_(torch.tensor([0.5, 0.0, -1.0]))
    net[2].weight.copy_(torch.tensor([[1.0, -0.5, -1.0], [-0.5, 2.0, 1.0]]))
    net[2].bias.copy_(torch.tensor([-1.0, 2.0]))
loss = nn.functional.mse_loss(net(torch.tensor([1.0, -2.0])), torch.tensor([1.0, 1.0]))
loss.backward()
print(net[0].weight.grad[0, 0].item())
"""


def timed(command: list[str]) -> tuple[float, str]:
    begin = time.perf_counter()
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    return time.perf_counter() - begin, ran.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--torch", default=sys.executable, help="a Python that has PyTorch")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "net.py"
        script.write_text(PYTORCH)
        peer = [options.torch, str(script)]
        if "1.5" not in timed(peer)[1]:
            sys.exit("PyTorch is missing, or its gradient is not 1.5")
        assert "1.5" in timed(STEPPER)[1]
        pairs = [(timed(STEPPER)[0], timed(peer)[0]) for _ in range(options.runs)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(other / own for own, other in pairs)
    print(f"stepper {ours:.3f} s, PyTorch {theirs:.3f} s, median of {options.runs} pairs: {ratio:.1f} times faster")


if __name__ == "__main__":
    main()
