"""How the work of each command grows with its input: the exponent over sizes, by seconds or by counted calls.

``python benchmarks/growth.py`` measures seconds up to the largest sizes and fails above 1.25; ``--counted`` counts
Python's calls over small sizes, which is the same on every machine.
"""

from __future__ import annotations

import argparse
import cProfile
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

import stepper as st
from stepper.render.formats import render
from stepper.render.look import Look

WORST = 1.25
WORKED = (250, 1_000, 4_000)
"""Nodes of a graph that is written out; larger ones are swept."""
SWEPT = (8_000, 24_000, 72_000)


class Growing(Struct, frozen=True):
    """A command over an input of size n.

    Attributes:
        input: the input of a size, made before anything is measured.
        work: what is measured.
        sizes: for seconds, and ``small`` for counted calls.
    """

    input: Callable[[int], object]
    work: Callable[[Any], object]
    sizes: Sequence[int] = (1_000, 4_000, 16_000)
    small: Sequence[int] = (100, 200, 400)


def chain(nodes: int) -> str:
    """A chain of nodes, each of the one before."""
    lines = [f"  h{place}: 0.5*h{place - 1} + 0.25" for place in range(1, nodes + 1)]
    return "inputs: {h0: 1}\nnodes:\n" + "\n".join(lines) + "\n"


def wide(edges: int) -> str:
    """One node that reads many leaves."""
    inputs = ", ".join(f"x{place}: {place % 7}" for place in range(edges))
    total = " + ".join(f"{1 + place % 3}*x{place}" for place in range(edges))
    return f"inputs: {{{inputs}}}\nnodes:\n  y: {total}\n"


def ladder(rungs: int) -> str:
    """Two nodes on each rung, each reading both of the rung below: 2^n paths."""
    lines = ["  a0: x*2", "  b0: x*3"]
    for rung in range(1, rungs + 1):
        lines += [f"  a{rung}: 0.5*a{rung - 1} + 0.25*b{rung - 1}", f"  b{rung}: 0.25*a{rung - 1} - 0.5*b{rung - 1}"]
    return "inputs: {x: 1}\nnodes:\n" + "\n".join(lines) + f"\n  y: a{rungs} + b{rungs}\noutput: y\n"


def layers(count: int) -> str:
    """A listing of convolutions."""
    return "input: 8x16x16\n" + "\n".join(f"c{place} - Conv2d(8, 8, 3, padding=1)" for place in range(count)) + "\n"


def steps(count: int) -> str:
    """The file of an optimizer's task of many steps."""
    path = Path(tempfile.gettempdir()) / "growth.yaml"
    path.write_text(
        f"optimizer: adam\nsettings: {{lr: 0.1}}\nparameters: {{w: 1}}\nobjective: (w - 3)^2\nsteps: {count}\n"
    )
    return str(path)


def claims(count: int) -> tuple[str, list[str]]:
    """A graph, and as many claims about it."""
    graph = "inputs: {x: 2, w: 3}\nnodes: {y: w*x, z: y^2}\n"
    return graph, [("y = 6", "z = 36", "dz/dw = 24")[place % 3] for place in range(count)]


def terms(count: int) -> str:
    """A sum of different powers to differentiate."""
    return " + ".join(f"{place}*x^{place}" for place in range(2, count + 2))


def lines(count: int) -> str:
    """A derivation of many lines."""
    page = "\n".join(f"  - y{place} = {place}*a + b\n  - y{place} - b = {place}*a" for place in range(1, count + 1))
    return f"title: Lines\nlines:\n{page}\n"


def digits(count: int) -> str:
    """A decimal of many digits."""
    return f"inputs: {{x: 0.{'123456789' * (count // 9 + 1)}}}\nnodes: {{y: x + 1}}\n"


COMMANDS: Mapping[str, Growing] = {
    "forward, nodes of a chain": Growing(chain, lambda text: st.forward(str(text))),
    "backprop, nodes of a chain": Growing(chain, lambda text: st.backprop(str(text), wrt="h0"), WORKED),
    "backprop, nodes of a long chain": Growing(
        chain, lambda text: st.backprop(str(text), wrt="h0"), SWEPT, (6_000, 9_000, 12_000)
    ),
    "backprop, edges into one node": Growing(wide, lambda text: st.backprop(str(text), wrt="x0"), (100, 400, 1_600)),
    "backprop, rungs of a ladder": Growing(ladder, lambda text: st.backprop(str(text), wrt="x"), (75, 300, 1_200)),
    "shapes, layers": Growing(layers, lambda text: st.shapes(str(text)), (250, 1_000, 4_000)),
    "optim, steps": Growing(steps, lambda text: st.optim(str(text)), (250, 1_000, 4_000)),
    "check, claims": Growing(claims, lambda given: st.check(given[0], given[1]), (100, 400, 1_600), (30, 60, 120)),
    "derive, terms of a sum": Growing(terms, lambda text: st.derive(str(text), wrt="x"), (16, 32, 64), (10, 20, 40)),
    "derive, lines of a document": Growing(lines, lambda text: st.derive(str(text)), (20, 40, 80), (10, 20, 40)),
    "forward, digits of a decimal": Growing(digits, lambda text: st.forward(str(text)), (90, 180, 360), (90, 180, 360)),
    **{
        f"{name}, nodes of a chain": Growing(
            lambda nodes: st.backprop(chain(nodes), wrt="h0"),
            lambda solution, name=name: written_as(solution, name),
            WORKED,
        )
        for name in ("text", "markdown", "latex", "html", "json")
    },
}


def written_as(solution: object, name: str) -> str:
    """A solution in a format."""
    assert isinstance(solution, st.Solution)
    return render(name, solution.derivation, Look())


def seconds(work: Callable[[], object]) -> float:
    """The least time of three runs."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return max(min(spent), 1e-4)


def calls(work: Callable[[], object]) -> float:
    """Calls of functions, Python's own among them."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return float(sum(function.callcount for function in profile.getstats()))


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The slope of log cost over log size, between the two largest: there the constant part weighs least."""
    return math.log(costs[-1] / costs[-2]) / math.log(sizes[-1] / sizes[-2])


def grows(entry: Growing, counted: bool) -> tuple[list[float], float]:
    """The cost of each size, and the exponent."""
    sizes, measure = (entry.small, calls) if counted else (entry.sizes, seconds)
    entry.work(entry.input(sizes[0]))  # what is loaded once is not counted
    costs = []
    for size in sizes:
        given = entry.input(size)
        costs.append(measure(partial(entry.work, given)))
    return costs, exponent(sizes, costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counted", action="store_true", help="count calls over small sizes")
    parser.add_argument("--only", default="", help="commands that hold this word")
    asked = parser.parse_args()
    worst = 0.0
    for name, entry in COMMANDS.items():
        if asked.only not in name:
            continue
        costs, found = grows(entry, asked.counted)
        sizes = entry.small if asked.counted else entry.sizes
        told = "  ".join(f"{size:,}: {cost:,.4g}" for size, cost in zip(sizes, costs, strict=True))
        sys.stdout.write(f"{name:34} exponent {found:5.2f}   {told}\n")
        sys.stdout.flush()
        worst = max(worst, found)
    if worst > WORST:
        sys.exit(f"an exponent is above {WORST}")


if __name__ == "__main__":
    main()
