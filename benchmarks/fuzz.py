"""Feeds broken documents, programs and formulas to the readers and on to the derivations.

Whatever is not a derivation or a clear message (a traceback, or more than some seconds) is printed with the seed that repeats it.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
from collections import Counter
from types import FrameType

from stepper.core.expr import Num
from stepper.engine.backward import backward, output_of
from stepper.engine.forward import forward
from stepper.engine.gates import split
from stepper.engine.shapes import Count, shapes
from stepper.engine.structure import describe
from stepper.engine.worked import Settings
from stepper.errors import StepperError
from stepper.read.document import read_graph
from stepper.read.files import bundled, listings
from stepper.read.network import read_network
from stepper.read.program import read_program
from stepper.render.formats import render
from stepper.render.look import Look

SECONDS = 20
PIECES = [
    *"()[]{},:;'\"\n|>#=^/*+-−·²~\t\u202e\u0000é日", "  ", "- ", "&a", "*a", "!t", "==", "->", "→", "**", "ŷ₁", "σ", "π", "null",
    "0", "1", "-1", "1e9", "1e-9", "9**9**9", "0.5", "1/3", "x", "w11", "h[t]", "h[1]", "L", "pi", "e", "dL/dw", "∂h/∂x", "w'", "n_f'",
    "relu(x)", "log(x)", "max(x, 1)", "softmax([x, 1])[1]", "mse([x], [1])", "where(x > 0, x, 1)", "sum(x)", "mod(x, 0)", "floor(x)",
    "exp(exp(exp(x)))", "x^x", "(-x)^(1/2)", "1/(x - x)", "def f(x):", "return x", "c += 1",
    "nodes:", "inputs:", "repeat:", "edges:", "local:", "output:", "functions:", "adjacency:",
]  # fmt: skip


LISTINGS = [
    "28x28x1 -> 32C3 -> MP2 -> 10",
    "CONV-9-32\nPOOL-2\nFC-3",
    "model.add(Conv2D(16, (4, 4), strides=(2, 2), input_shape=(32, 32, 3)))\nmodel.add(Flatten())\nmodel.add(Dense(2))",
    """input: 8x16x16
class N(nn.Module):
    def __init__(self):
        self.c = nn.Conv2d(8, 8, 3, padding=1)
    def forward(self, x):
        y = self.c(x) + x
        return torch.cat([x, F.relu(y)], 1)
""",
]


def mutated(chance: random.Random, text: str) -> str:
    """A few random edits: pieces put in, taken out, doubled, exchanged."""
    for _ in range(chance.choice([1, 1, 1, 2, 2, 3, 5])):
        at, other = chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)
        low, high = min(at, other), min(max(at, other), min(at, other) + 40)
        text = chance.choice(
            [
                text[:at] + chance.choice(PIECES) + text[at:],
                text[:low] + text[high:],
                text[:low] + chance.choice(PIECES) + text[high:],
                text[:high] + text[low:high] + text[high:],
            ]
        )
    return text


def work(chance: random.Random, seeds: list[str]) -> str:
    """One case: what became of it."""
    text = mutated(chance, chance.choice(seeds))
    try:
        graph = read_graph(text, "fuzz.yaml") if chance.random() < 0.7 else read_program(text, "fuzz.txt")
    except StepperError as error:
        assert str(error)
        return "refused by the reader"
    try:
        describe(graph, matrix=chance.random() < 0.5)
        graph = split(graph) if chance.random() < 0.2 else graph
        forward(graph, Settings())
        names = [*graph.leaves, *graph.nodes]
        settings = Settings(exact=chance.random() < 0.1, lr=chance.choice([None, 1]), round_steps=chance.choice([None, None, None, 3]))
        derivation = backward(graph, chance.sample(names, min(len(names), chance.randint(1, 5))), settings)
        assert output_of(graph)
        for name in ("text", "markdown", "json"):
            render(name, derivation, Look())
    except StepperError as error:
        assert str(error)
        return "refused by the engine"
    return "a check disagrees" if any(check.ok is False for check in derivation.checks) else "derived"


def work_listing(chance: random.Random, seeds: list[str]) -> str:
    """One network listing: what became of it."""
    text = mutated(chance, chance.choice(seeds))
    try:
        network = read_network(text, "fuzz.txt")
        layers = [layer.name for layer in network.layers]
        derivation, error = shapes(
            network, {"n": Num("19")}, Count(chance.random() < 0.2, chance.choice(layers) if chance.random() < 0.2 else "")
        )
    except StepperError as error:
        assert str(error)
        return "listing refused"
    for name in ("text", "markdown", "json"):
        render(name, derivation, Look())
    return "shapes worked" if error is None else "shapes refused"


def too_long(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    seeds = [path.read_text("utf-8") for _, path in bundled()]
    seeds += ["q = x + y; f = q*z", "def f(a, b):\n    c = a*b\n    c += c + 1\n    return c**2\n", "a = relu(x)\nb = a*a\nL = log(b + 1)"]
    nets = [path.read_text("utf-8") for _, path in listings()] + LISTINGS
    signal.signal(signal.SIGALRM, too_long)
    outcomes: Counter[str] = Counter()
    seed, end = options.seed, time.monotonic() + 60 * options.minutes
    while time.monotonic() < end:
        seed += 1
        signal.alarm(SECONDS)
        try:
            chance = random.Random(seed)
            outcome = work_listing(chance, nets) if seed % 3 == 0 else work(chance, seeds)
        except Exception as error:
            outcome = "CRASHED"
            print(f"seed {seed}: {type(error).__name__}: {error}", "".join(traceback.format_tb(error.__traceback__)[-2:]), flush=True)
        finally:
            signal.alarm(0)
        if outcome == "a check disagrees":
            print(f"seed {seed}: a check disagrees", flush=True)
        outcomes[outcome] += 1
    print(f"{sum(outcomes.values())} cases, seeds {options.seed + 1} to {seed}: {dict(outcomes)}")
    sys.exit(1 if outcomes["CRASHED"] or outcomes["a check disagrees"] else 0)


if __name__ == "__main__":
    main()
