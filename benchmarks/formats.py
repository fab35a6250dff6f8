"""Every format of the largest bundled derivation beside working it out, and a drawing of 300 boxes beside networkx with
matplotlib.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import networkx as nx
from matplotlib.figure import Figure

from stepper.core.arrays import ArrayGraph
from stepper.core.pictures import Arrow, Box, Drawing
from stepper.core.steps import Derivation
from stepper.engine.graph.backward import backward
from stepper.engine.tensor.backward import backward as backward_arrays
from stepper.engine.values.quantities import Settings
from stepper.read.bundled import load_graph
from stepper.render.formats import PICTURES, picture, render
from stepper.render.graph.boxes import boxes
from stepper.render.graph.svg import svg
from stepper.render.look import Look, Style

LARGEST = ("umass-682/8.1", "examples/attention", "tum-2022/1.9")
LAYERS, WIDE = 30, 10


def median(work: Callable[[], object], runs: int) -> float:
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def derive(name: str) -> Derivation:
    graph = load_graph(name)
    names = [leaf.name for leaf in graph.leaves.values() if leaf.kind != "constant"]
    return (
        backward_arrays(graph, names, Settings())
        if isinstance(graph, ArrayGraph)
        else backward(graph, names, Settings())
    )


def layers() -> Drawing:
    """300 boxes in layers, each reading three of the layer before."""
    names = [[f"h{layer}_{place}" for place in range(WIDE)] for layer in range(LAYERS)]
    drawn = tuple(Box(name, (name,), value=("0.123",), gradient=("0.456",)) for row in names for name in row)
    arrows = tuple(
        Arrow(before[(place + step) % WIDE], name, step)
        for before, row in pairwise(names)
        for place, name in enumerate(row)
        for step in range(3)
    )
    return Drawing(drawn, arrows)


def peer(drawing: Drawing) -> bytes:
    """The same graph as SVG by networkx and matplotlib, without values or gradients."""
    graph = nx.DiGraph((arrow.source, arrow.target) for arrow in drawing.arrows)
    for layer, row in enumerate(nx.topological_generations(graph)):
        for name in row:
            graph.nodes[name]["layer"] = layer
    figure = Figure(figsize=(30, 10))
    nx.draw_networkx(graph, nx.multipartite_layout(graph, subset_key="layer"), ax=figure.add_subplot())
    out = io.BytesIO()
    figure.savefig(out, format="svg")
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    for name in LARGEST:
        worked = median(partial(derive, name), 1)
        derivation = derive(name)
        print(f"{name}: worked out in {worked:.2f} s; in full detail")
        look = Look(detail="full", graph=True)
        for format in ("terminal", "text", "markdown", "latex", "html", "json", "svg", "tikz", "dot", "mermaid"):
            write = picture if format in PICTURES else render
            spent = median(partial(write, format, derivation, look), runs)
            print(f"  {format:9} {spent * 1000:6.0f} ms   {spent / worked:5.2f} of working it out")
    drawing, style = layers(), Style(Look(detail="full"))
    own, other = median(lambda: svg(drawing, style), runs), median(lambda: peer(drawing), runs)
    print(f"300 boxes as SVG: {own:.2f} s, networkx with matplotlib {other:.2f} s, {other / own:.1f} times as long")
    own = median(lambda: list(boxes(drawing, style, everything=True)), runs)
    print(f"300 boxes in a terminal of 80 columns: {own:.2f} s, {other / own:.1f} times faster than the same")


if __name__ == "__main__":
    main()
