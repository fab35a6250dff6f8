"""Scalar nets of growing size: values and all gradients in process, the tape compiled on the way, beside micrograd, in
time of the processor.

Each measurement is a process of its own, so that neither finds the other's memory; micrograd gets the recursion limit
and the stack that its backward pass needs. Python's cyclic garbage collector is on, as it is by default; ``--no-gc``
switches it off for both. Reading the same net from a document is a second figure, with the memory that the process has
taken after it; the last is of reading and sweeping together.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

SIZES = (20_000, 200_000, 1_000_000)
SEED = 7


def layers(size: int, terms: int) -> Iterator[tuple[list[float], float]]:
    """For each neuron its weights and bias; ``terms`` neurons make a layer, as many inputs come first."""
    chance = random.Random(SEED)
    for _ in range(size // terms):
        yield [chance.uniform(-1, 1) / terms**0.5 for _ in range(terms)], chance.uniform(-1, 1)


def inputs(terms: int) -> list[float]:
    chance = random.Random(SEED + 1)
    return [chance.uniform(-1, 1) for _ in range(terms)]


def document(size: int, terms: int, function: str) -> str:
    """The net as a graph document."""
    leaves = [f"  x{place}: {number!r}" for place, number in enumerate(inputs(terms))]
    nodes, parameters = [], []
    before = [f"x{place}" for place in range(terms)]
    layer: list[str] = []
    for number, (weights, bias) in enumerate(layers(size, terms)):
        names = [f"w{number}_{place}" for place in range(terms)]
        parameters += [f"  {name}: {weight!r}" for name, weight in zip(names, weights, strict=True)]
        parameters.append(f"  b{number}: {bias!r}")
        products = " + ".join(f"{name}*{read}" for name, read in zip(names, before, strict=True))
        nodes.append(f"  h{number}: {function}({products} + b{number})")
        layer.append(f"h{number}")
        if len(layer) == terms:
            before, layer = layer, []
    ends = " + ".join(dict.fromkeys([*layer, *before]))
    return "\n".join(
        ["inputs:", *leaves, "parameters:", *parameters, "nodes:", *nodes, f"  L: {ends}", "output: L", ""]
    )


def ours(size: int, terms: int, function: str) -> dict[str, float]:
    from stepper.engine.values import groups  # noqa: F401  imported before the clock starts, as the peer is
    from stepper.engine.values.sweep import Sweep
    from stepper.engine.values.vocabulary import Vocabulary
    from stepper.read.graph import read_graph

    text = document(size, terms, function)
    begin = time.process_time()
    graph = read_graph(text, "net.yaml")
    read = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    gc.collect()
    begin = time.process_time()
    sweep = Sweep(graph, Vocabulary({}, {}))
    gradients = sweep.gradients("L")
    taken = time.process_time() - begin
    found = {"value": sweep.values[sweep.slots["L"]], "gradient": gradients["w0_0"]}
    return {"seconds": taken, "read": read, "memory": memory, **found}


def micrograd(size: int, terms: int, function: str) -> dict[str, float]:
    from micrograd.engine import Value

    def tanh(x: Any) -> Any:
        """As in the lecture that goes with it: the package itself has only relu."""
        t = math.tanh(x.data)
        out = Value(t, (x,), "tanh")

        def backward() -> None:
            x.grad += (1 - t**2) * out.grad

        out._backward = backward
        return out

    weights = list(layers(size, terms))
    begin = time.process_time()
    before = [Value(number) for number in inputs(terms)]
    first = None
    layer: list[Value] = []
    for row, bias in weights:
        total = Value(bias)
        for number, read in zip(row, before, strict=True):
            weight = Value(number)
            first = weight if first is None else first
            total = total + weight * read
        layer.append(total.relu() if function == "relu" else tanh(total))
        if len(layer) == terms:
            before, layer = layer, []
    ends = [*layer, *before]
    out = ends[0]
    for end in ends[1:]:
        out = out + end
    out.backward()
    taken = time.process_time() - begin
    assert first is not None
    return {"seconds": taken, "value": out.data, "gradient": first.grad}


WORK = {"ours": ours, "micrograd": micrograd}


def measured(name: str, size: int, options: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--only", name, "--size", str(size), "--terms", str(options.terms)]
    command += ["--function", options.function, *(["--no-gc"] if options.no_gc else [])]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def only(name: str, size: int, terms: int, function: str) -> None:
    sys.setrecursionlimit(10**7)
    threading.stack_size(1 << 30)
    thread = threading.Thread(target=lambda: print(json.dumps(WORK[name](size, terms, function))))
    thread.start()
    thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--terms", type=int, default=50)
    parser.add_argument("--function", choices=("relu", "tanh"), default="relu")
    parser.add_argument("--no-gc", action="store_true")
    parser.add_argument("--only", choices=WORK)
    parser.add_argument("--size", type=int)
    options = parser.parse_args()
    if options.no_gc:
        gc.disable()
    if options.only:
        only(options.only, options.size, options.terms, options.function)
        return
    before = 0.0
    for size in SIZES:
        runs = []
        for _ in range(options.runs):
            own = measured("ours", size, options)
            peer = measured("micrograd", size, options) if size < SIZES[-1] else None
            if peer is not None:
                assert abs(own["value"] - peer["value"]) <= 1e-9 * max(1, abs(peer["value"]))
                assert abs(own["gradient"] - peer["gradient"]) <= 1e-9 * max(1, abs(peer["gradient"]))
            runs.append((own, peer))
        seconds = statistics.median(own["seconds"] for own, _ in runs)
        ratios = [peer["seconds"] / own["seconds"] for own, peer in runs if peer is not None]
        read, memory = (statistics.median(own[part] for own, _ in runs) for part in ("read", "memory"))
        whole = [peer["seconds"] / (own["seconds"] + own["read"]) for own, peer in runs if peer is not None]
        line = f"{size:>9,} multiply-adds: {seconds:.3f} s"
        line += f", {statistics.median(ratios):.1f} times faster than micrograd" if ratios else ""
        line += f", {seconds / before:.1f} times the time of the size before" if before else ""
        line += f"; reading the document {read:.2f} s, {memory:.0f} MB"
        line += f"; both {statistics.median(whole):.1f} times faster than micrograd" if whole else ""
        print(line, flush=True)
        before = seconds


if __name__ == "__main__":
    main()
