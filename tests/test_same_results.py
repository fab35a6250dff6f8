"""The numbers of all bundled graphs and of 500 random ones stay what they were: exact ones to the last digit, floats to
1e-12 of their size.

What they were is kept in ``data/same_results.json``: of the exact numbers a hash, of values and gradients in floating
point a sum in which each has a factor of its own, and of what is summed the size. ``python -m tests.test_same_results``
writes it anew.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stepper.core.graph import Graph
from stepper.engine.graph.asked import output_of
from stepper.engine.values.arithmetic import EXACT
from stepper.engine.values.evaluate import compile_graph, run_graph
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.files import bundled
from stepper.read.graph import read_graph

KEPT = Path(__file__).with_name("data") / "same_results.json"
COUNT = 500
FORMS = (
    "0.5*{a} + 0.25*{b}", "{a}*{b}*0.5 + 0.1", "tanh({a})", "0.5*{a} - 0.25*{b} + 0.2", "{a}*{b} - {c}", "-{a}/2",
    "({a} - {b})/(2 + {c}*{c})", "relu({a} + 0.1)", "relu({a}*{b} + {c}*0.5 + {b})", "sigmoid({a}*{b})",
    "exp(-{a}^2)", "where({a} > {b}, {a}*0.3, {c}/3)", "max({a}, {b}, 0.2)", "log(2 + {a}^2)", "sqrt(1 + {a}*{a})",
    "{a}/(1 + abs({b}))", "softmax([{a}, {b}, {c}])[2]", "mse([{a}, {b}], [{c}, 1])/8", "min({a}, 1 - {b})",
    "sin({a}) - cos({b})*0.5", "leaky_relu({a}, 0.1)", "0.1*{a} + {b}*{c} - 0.2*{b}*{a} + 0.05", "gelu({a})",
    "({a} + {b})*({b} - {c})/4", "{a}/3*{b}/2", "-({a} - 0.5)^3/9", "tanh({a} - {b} + pi/4)", "1*{c}", "0.25",
    "cross_entropy([{a}, {b}], 2)/2", "softplus({a})/2", "{a}*{a} - {a}/4",
)  # fmt: skip


def random_document(seed: int) -> str:
    """A graph of up to 60 nodes; every tenth has some hundred, in layers, so that many are of one form."""
    chance = random.Random(seed)
    names = [f"x{place}" for place in range(chance.randint(1, 6))]
    lines = ["inputs:", *(f"  {name}: {chance.randint(-200, 200) / 100}" for name in names), "nodes:"]
    layered = seed % 10 == 0
    forms = chance.sample(FORMS, chance.randint(2, 5) if layered else 20)
    for place in range(chance.randint(200, 400) if layered else chance.randint(2, 60)):
        near = names[-min(len(names), place - place % 40 + 6) :] if layered else names
        a, b, c = (chance.choice(near[: 40 if layered else None]) for _ in range(3))
        lines.append(f"  h{place}: {chance.choice(forms).format(a=a, b=b, c=c)}")
        names.append(f"h{place}")
    ends = " + ".join(chance.sample(names, min(len(names), 30)))
    return "\n".join([*lines, f"  loss: {ends}", "output: loss", ""])


@cache
def graph(name: str) -> Graph:
    """A bundled graph, or the random one of a number, read once for all ways in which it is swept."""
    return read_graph(random_document(int(name)), "random.yaml") if name.isdigit() else load_graph(name)


def is_numeric(graph: Graph) -> bool:
    """Has every quantity a number, worked out from others by a formula?"""
    given = all(leaf.value is not None for leaf in graph.leaves.values())
    return given and not graph.holds_arrays and all(node.formula is not None for node in graph.nodes.values())


SCALARS = [name for name, _ in bundled() if is_numeric(load_graph(name))]


def weighted(numbers: Iterable[float]) -> tuple[float, float]:
    """The sum of all, each times a factor of its own, and the sum of their sizes."""
    terms = [number * (1 + place % 97 / 101) for place, number in enumerate(numbers)]
    return sum(terms), sum(map(abs, terms))


@cache
def exact(name: str) -> str | None:
    """A hash of the exact numbers, which are worked out in one way; None where a graph of symbols has none."""
    found = graph(name)
    try:
        tape = compile_graph(found, Vocabulary(found.functions, found.conventions), EXACT)
        numbers = run_graph(found, tape)
    except StepperError:
        return None
    return hashlib.sha256(repr({name: numbers[name] for name in sorted(numbers)}).encode()).hexdigest()[:16]


def results(name: str) -> dict[str, Any]:
    """What is compared; nothing where a graph of symbols has no number."""
    swept, hashed = graph(name), exact(name)
    if hashed is None:
        return {}
    try:
        sweep = Sweep(swept, Vocabulary(swept.functions, swept.conventions))
        output = output_of(swept)
        values = weighted(sweep.values[sweep.slots[name]] for name in swept.names)
        found = sweep.gradients(output)
        return {"exact": hashed, "values": values, "gradients": weighted(found[name] for name in swept.names)}
    except StepperError:
        return {}


@pytest.fixture(params=["one by one", "in blocks", "together"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How small graphs are swept: as they are, and as large ones: in blocks, or by groups, whatever their number."""
    if request.param != "one by one":
        monkeypatch.setattr("stepper.engine.values.sweep.MANY", 0)
    if request.param == "together":
        monkeypatch.setattr("stepper.engine.values.groups.WIDE", 1)
    return str(request.param)


@cache
def kept() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(KEPT.read_text())
    return found


def compare(name: str) -> None:
    found, before = results(name), kept()[name]
    assert found.keys() == before.keys()
    assert found.get("exact") == before.get("exact")
    for part in ("values", "gradients"):
        total, (expected, size) = found[part][0], before[part]
        assert total == pytest.approx(expected, rel=0, abs=1e-12 * size), (name, part)


@pytest.mark.parametrize("name", SCALARS)
def test_a_bundled_graph_has_the_numbers_that_it_had(name: str, way: str) -> None:
    compare(name)


@pytest.mark.parametrize("tens", range(COUNT // 10))
def test_random_graphs_have_the_numbers_that_they_had(tens: int, way: str) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        compare(str(seed))


if __name__ == "__main__":
    KEPT.parent.mkdir(exist_ok=True)
    rows = [f"{json.dumps(name)}: {json.dumps(results(name))}" for name in (*SCALARS, *map(str, range(COUNT)))]
    KEPT.write_text("{\n" + ",\n".join(rows) + "\n}\n")
