"""Shape tables of VGG-16 and ResNet-152 as whole processes, beside torchinfo on the same nets, alternating: the
processor's time on one thread, and memory. On the processor torchinfo runs the net; on PyTorch's meta device there are
no numbers, only shapes.

The listings are the printed models that the tests use. A listing of 10,000 layers beside one of 1,000 shows how the
time grows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

PEER = """
import sys
import torch
from torch import nn
from torchinfo import summary

def vgg():
    layers, before = [], 3
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        if width:
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(True)]
            before = width
        else:
            layers.append(nn.MaxPool2d(2))
    head = [nn.Linear(25088, 4096), nn.ReLU(True), nn.Dropout()]
    head += [nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), *head)

class Bottleneck(nn.Module):
    def __init__(self, before, width, stride):
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(before, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True),
            nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width))
        same = stride == 1 and before == 4 * width
        narrow = nn.Conv2d(before, 4 * width, 1, stride, bias=False)
        self.around = nn.Identity() if same else nn.Sequential(narrow, nn.BatchNorm2d(4 * width))
        self.relu = nn.ReLU(True)
    def forward(self, x):
        return self.relu(self.way(x) + self.around(x))

def resnet():
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    before = 64
    for place, (count, width) in enumerate(zip((3, 8, 36, 3), (64, 128, 256, 512))):
        for block in range(count):
            layers.append(Bottleneck(before, width, 2 if place and not block else 1))
            before = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))

with torch.device(sys.argv[2]):
    net = {"vgg16": vgg, "resnet152": resnet}[sys.argv[1]]()
print(summary(net, input_size=(1, 3, 224, 224), device=sys.argv[2], verbose=0, depth=9))
"""


def run(command: list[str]) -> tuple[float, float, str]:
    """The processor's seconds on one thread, megabytes at most, and what was printed."""
    with tempfile.TemporaryFile() as out:
        process = os.posix_spawn(
            command[0], command, {**os.environ, **ONE_THREAD}, file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
        )
        _, status, usage = os.wait4(process, 0)
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--torch", default=sys.executable, help="a Python that has PyTorch and torchinfo")
    options = parser.parse_args()
    own = [sys.executable, "-m", "stepper", "shapes"]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "peer.py"
        script.write_text(PEER)
        for net, parameters in (("vgg16", "138,357,544"), ("resnet152", "60,192,808")):
            for device in ("cpu", "meta"):
                pairs = []
                for _ in range(options.runs):
                    ours = run([*own, str(DATA / f"{net}.txt"), "-f", "text"])
                    peer = run([options.torch, str(script), net, device])
                    assert parameters in peer[2]
                    assert parameters.replace(",", "\u202f") in ours[2]
                    pairs.append((ours, peer))
                faster = statistics.median(peer[0] / ours[0] for ours, peer in pairs)
                smaller = statistics.median(peer[1] / ours[1] for ours, peer in pairs)
                seconds, size = (statistics.median(ours[place] for ours, _ in pairs) for place in (0, 1))
                print(
                    f"{net}: {seconds:.2f} s, {size:.0f} MB: {faster:.1f} times faster and {smaller:.1f} times smaller "
                    f"than torchinfo ({device})",
                    flush=True,
                )
        times = []
        for count in (1_000, 10_000):
            listing = Path(folder) / "net.txt"
            listing.write_text(
                "input: 8x64x64\n" + "Conv2d(8, 8, 3, padding=1)\nBatchNorm2d(8)\nReLU()\nReLU()\n" * (count // 4)
            )
            times.append(statistics.median(run([*own, str(listing), "-f", "text"])[0] for _ in range(options.runs)))
        print(f"1,000 layers {times[0]:.2f} s, 10,000 layers {times[1]:.2f} s: {times[1] / times[0]:.1f} times")


if __name__ == "__main__":
    main()
