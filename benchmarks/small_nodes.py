"""Graphs of many small nodes: values and all gradients, beside micrograd and beside scalars of PyTorch.

Four formulas, each alone and all in turn, in three shapes: ``layers`` of 100 nodes, each reading two neighbours of the
layer before; ``near``, each reading two of the 50 nodes before it; ``chain``, each reading the two before it, of which
no two can be worked at once. For us the graph is compiled and swept both ways, for micrograd and PyTorch it is built
and swept back, in time of the processor; reading the document is a figure of its own, and the last ratio is that of
reading and sweeping together.

Each measurement is a process of its own, with the garbage collector on, as it is by default; the peers get the
recursion limit and the stack that they need.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

WIDTH = 100
FORMS: dict[str, tuple[str, Callable[[Any, Any, Callable[[Any], Any]], Any]]] = {
    "linear": ("0.5*{a} + 0.25*{b}", lambda a, b, tanh: 0.5 * a + 0.25 * b),
    "product": ("{a}*{b}*0.5 + 0.1", lambda a, b, tanh: a * b * 0.5 + 0.1),
    "tanh": ("tanh({a})", lambda a, b, tanh: tanh(a)),
    "difference": ("0.5*{a} - 0.25*{b} + 0.2", lambda a, b, tanh: 0.5 * a - 0.25 * b + 0.2),
}
NAMES = {**{name: (name,) for name in FORMS}, "mixed": tuple(FORMS)}
SHAPES = ("layers", "near", "chain")


def reads(shape: str, place: int) -> tuple[int, int]:
    """The two that a node reads, by their places; the first 100 are leaves."""
    here = place + WIDTH
    if shape == "layers":
        first = here - here % WIDTH - WIDTH
        return first + here % WIDTH, first + (here + 1) % WIDTH
    if shape == "near":
        return here - 1 - place * 7 % 50, here - 1 - place * 13 % 50
    return here - 1, here - 2


def nodes(shape: str, forms: str, size: int) -> Iterator[tuple[str, int, int]]:
    chosen = NAMES[forms]
    for place in range(size):
        yield (chosen[place % len(chosen)], *reads(shape, place))


def leaf(place: int) -> float:
    return round(math.sin(place + 1), 4)


def document(shape: str, forms: str, size: int) -> str:
    names = [f"x{place}" for place in range(WIDTH)] + [f"h{place}" for place in range(size)]
    lines = ["inputs:", *(f"  x{place}: {leaf(place)}" for place in range(WIDTH)), "nodes:"]
    for place, (form, a, b) in enumerate(nodes(shape, forms, size)):
        lines.append(f"  h{place}: " + FORMS[form][0].format(a=names[a], b=names[b]))
    return "\n".join([*lines, f"  L: {' + '.join(names[-WIDTH:])}", "output: L", ""])


def ours(shape: str, forms: str, size: int) -> dict[str, float]:
    from stepper.engine.values import groups  # noqa: F401  imported before the clock starts, as the peers are
    from stepper.engine.values.sweep import Sweep
    from stepper.engine.values.vocabulary import Vocabulary
    from stepper.read.graph import read_graph

    text = document(shape, forms, size)
    begin = time.process_time()
    graph = read_graph(text, "small.yaml")
    read = time.process_time() - begin
    gc.collect()
    begin = time.process_time()
    sweep = Sweep(graph, Vocabulary({}, {}))
    gradients = sweep.gradients("L")
    taken = time.process_time() - begin
    return {"seconds": taken, "read": read, "value": sweep.values[sweep.slots["L"]], "gradient": gradients["x7"]}


def built(shape: str, forms: str, size: int, begin: list[Any], tanh: Callable[[Any], Any]) -> Any:
    """The graph in a peer's own quantities, up to the sum at its end."""
    known = list(begin)
    for form, a, b in nodes(shape, forms, size):
        known.append(FORMS[form][1](known[a], known[b], tanh))
    total = known[-WIDTH]
    for end in known[1 - WIDTH :]:
        total = total + end
    return total


def micrograd(shape: str, forms: str, size: int) -> dict[str, float]:
    from micrograd.engine import Value

    def tanh(x: Any) -> Any:
        """As in the lecture that goes with it: the package itself has only relu."""
        t = math.tanh(x.data)
        out = Value(t, (x,), "tanh")

        def backward() -> None:
            x.grad += (1 - t**2) * out.grad

        out._backward = backward
        return out

    begin = time.process_time()
    leaves = [Value(leaf(place)) for place in range(WIDTH)]
    total = built(shape, forms, size, leaves, tanh)
    total.backward()
    return {"seconds": time.process_time() - begin, "value": total.data, "gradient": leaves[7].grad}


def pytorch(shape: str, forms: str, size: int) -> dict[str, float]:
    import torch

    torch.set_num_threads(1)
    torch.tensor(1.0, requires_grad=True).tanh().backward()
    begin = time.process_time()
    leaves = [torch.tensor(leaf(place), dtype=torch.float64, requires_grad=True) for place in range(WIDTH)]
    total = built(shape, forms, size, leaves, torch.tanh)
    total.backward()
    taken = time.process_time() - begin
    gradient = leaves[7].grad
    return {"seconds": taken, "value": total.item(), "gradient": 0.0 if gradient is None else gradient.item()}


WORK = {"ours": ours, "micrograd": micrograd, "pytorch": pytorch}


def measured(python: str, name: str, shape: str, forms: str, size: int) -> dict[str, float]:
    command = [python, __file__, "--only", name, "--shape", shape, "--forms", forms, "--size", str(size)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def only(name: str, shape: str, forms: str, size: int) -> None:
    sys.setrecursionlimit(10**7)
    threading.stack_size(1 << 30)
    thread = threading.Thread(target=lambda: print(json.dumps(WORK[name](shape, forms, size))))
    thread.start()
    thread.join()


def compare(options: argparse.Namespace, shape: str, forms: str, size: int) -> str:
    runs = []
    for _ in range(options.runs):
        own = measured(sys.executable, "ours", shape, forms, size)
        peers = [measured(sys.executable, "micrograd", shape, forms, size)]
        peers += [measured(options.torch, "pytorch", shape, forms, size)] if options.torch else []
        for peer in peers:
            for part in ("value", "gradient"):
                assert abs(own[part] - peer[part]) <= 1e-9 * max(1, abs(peer[part])), (own, peer)
        runs.append((own, *peers))
    sweep, read = (statistics.median(run[0][part] for run in runs) for part in ("seconds", "read"))
    alone = [statistics.median(run[k]["seconds"] / run[0]["seconds"] for run in runs) for k in range(1, len(runs[0]))]
    whole = statistics.median(run[1]["seconds"] / (run[0]["seconds"] + run[0]["read"]) for run in runs)
    cells = [forms, shape, f"{size:,}", f"{read:.3f}", f"{sweep:.3f}", *(f"{ratio:.1f}" for ratio in alone)]
    return "| " + " | ".join([*cells, f"{whole:.1f}"]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--torch", default="", help="a Python that has PyTorch; without one micrograd is the only peer")
    parser.add_argument("--sizes", default="20000,200000")
    parser.add_argument("--only", choices=WORK)
    parser.add_argument("--shape", choices=SHAPES)
    parser.add_argument("--forms", choices=NAMES)
    parser.add_argument("--size", type=int)
    options = parser.parse_args()
    if options.only:
        only(options.only, options.shape, options.forms, options.size)
        return
    peers = ["micrograd", *(["PyTorch"] if options.torch else [])]
    heads = ["nodes", "shape", "count", "read (s)", "sweep (s)", *(f"{peer} / sweep" for peer in peers)]
    print("| " + " | ".join([*heads, "micrograd / read and sweep"]) + " |", flush=True)
    print("| --- " * (len(heads) + 1) + "|", flush=True)
    for size in map(int, options.sizes.split(",")):
        for shape in [options.shape] if options.shape else SHAPES:
            for forms in [options.forms] if options.forms else NAMES:
                print(compare(options, shape, forms, size), flush=True)


if __name__ == "__main__":
    main()
