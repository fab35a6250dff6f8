"""A chain of 110 diamonds has 2^110 paths, more than 10^33: counted exactly, derived, printed, in seconds."""

from __future__ import annotations

import time

from stepper.engine.graph.backward import backward
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph
from stepper.render.look import Look
from stepper.render.text import render

DIAMONDS = 110


def main() -> None:
    nodes = "".join(f"  a{k}: x{k} + 1\n  b{k}: x{k} - 1\n  x{k + 1}: (a{k} + b{k})/2\n" for k in range(DIAMONDS))
    document = f"inputs: {{x0: 1}}\nnodes:\n{nodes}"
    begin = time.perf_counter()
    written = render(backward(read_graph(document, "diamonds.yaml"), ["x0"], Settings()), Look())
    taken = time.perf_counter() - begin
    count = f"{2**DIAMONDS:,}".replace(",", " ")
    assert count in written
    print(f"{count} paths counted, derivation of {written.count(chr(10))} lines: {taken:.2f} s")


if __name__ == "__main__":
    main()
