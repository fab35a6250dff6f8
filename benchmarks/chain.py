"""The gradient of a chain of n nodes, derived and rendered in several formats: in time of the processor, and how much
more that is where n doubles. It has no peer.
"""

from __future__ import annotations

import argparse
import time

from stepper.engine.graph.backward import backward
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph
from stepper.render.formats import render
from stepper.render.look import Look

SIZES, FORMATS = (1000, 2000, 4000), ("text", "json", "html")


def document(size: int) -> str:
    nodes = "".join(f"  h{place}: 0.9*h{place - 1} + 0.1\n" for place in range(1, size + 1))
    return f"inputs: {{h0: 1}}\nnodes:\n{nodes}output: h{size}\n"


def measured(size: int) -> dict[str, float]:
    """Seconds of each part."""
    begin = time.process_time()
    derivation = backward(read_graph(document(size), "chain.yaml"), ["h0"], Settings())
    found = {"derived": time.process_time() - begin}
    for name in FORMATS:
        begin = time.process_time()
        render(name, derivation, Look())
        found[name] = time.process_time() - begin
    return found


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    before: dict[str, float] = {}
    measured(10)  # what is imported when it is first needed
    for size in SIZES:
        found = measured(size)
        parts = [
            f"{name} {seconds:.2f} s" + (f" ({seconds / before[name]:.1f} times)" if before else "")
            for name, seconds in found.items()
        ]
        print(f"{size:,} nodes: {', '.join(parts)}", flush=True)
        before = found


if __name__ == "__main__":
    main()
