"""Every row of mistakes is made in a net or a task, and found again by its number alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import pytest

from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.engine.answers.checking.run_subject import RunSubject
from stepper.engine.answers.checking.task_subject import TaskSubject
from stepper.engine.answers.finding.changes import WAYS, way
from stepper.engine.answers.finding.explanation import Given
from stepper.engine.answers.finding.graph_lines import calculation
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.search import Finder
from stepper.engine.graph.asked import output_of
from stepper.engine.values.judging import spelling
from stepper.read.algorithm import read_run
from stepper.read.anything import read_any
from stepper.read.task import read_task
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes import MISTAKES
from stepper.tables.mistakes_in_algorithms import RUN_MISTAKES
from stepper.tables.mistakes_in_arrays import ARRAY_MISTAKES
from stepper.tables.mistakes_in_shapes import SHAPE_MISTAKES
from stepper.tables.mistakes_in_updates import UPDATE_MISTAKES
from tests.algorithm_samples import SAMPLES, sample

NET = """
inputs: {{x1: 0.7, x2: -1.3, y: 0.4}}
parameters: {{w11: 0.31, w12: -0.83, w21: 1.17, w22: 0.59, b1: 0.23, b2: -0.41, v1: 0.91, v2: -0.67, c: 0.37}}
nodes:
  z1: w11*x1 + w21*x2 + b1
  z2: w12*x1 + w22*x2 + b2
  h1: {activation}(z1)
  h2: {activation}(z2)
  yhat: v1*h1 + v2*h2 + c
  L: {loss}
"""
DEEP = """
inputs: {x1: 0.7, x2: -1.3, y1: 0.4, y2: 1.1}
parameters: {w11: 0.31, w12: -0.83, w21: 1.17, w22: 0.59, v11: 0.91, v12: -0.67, v21: 0.53, v22: 1.29}
constants: {a: 0.2}
nodes:
  h1: leaky_relu(w11*x1 + w21*x2, a)
  h2: leaky_relu(w12*x1 + w22*x2, a)
  o1: v11*h1 + v21*h2
  o2: v12*h1 + v22*h2
  L: 1/2*((o1 - y1)^2 + (o2 - y2)^2)
"""
RECURRENT = """
inputs: {x: [0.7, -1.3, 0.9], y: 0.4}
parameters: {Wx: 0.83, Wh: -0.59, b: 0.13}
constants:
  h[0]: 0.35
repeat:
  index: t
  from: 1
  to: 3
  nodes:
    h[t]: tanh(Wx*x[t] + Wh*h[t-1] + b)
nodes:
  L: (h[3] - y)^2
"""
CLASSES = """
inputs: {x: 0.7}
parameters: {w1: 0.31, w2: -0.83, w3: 1.17}
nodes:
  z1: w1*x
  z2: w2*x + 0.3
  z3: w3*x - 0.2
  p: softmax([z1, z2, z3])[2]
  L: -log(p)
"""
SHARES = """
inputs: {x: 0.7}
parameters: {w1: 0.31, w2: -0.83, w3: 1.17}
constants: {y1: 0.2, y2: 0.7, y3: 0.1}
nodes:
  z1: w1*x
  z2: w2*x + 0.3
  z3: w3*x - 0.2
  p1: softmax([z1, z2, z3])[1]
  p2: softmax([z1, z2, z3])[2]
  p3: softmax([z1, z2, z3])[3]
  L: -(y1*log(p1) + y2*log(p2) + y3*log(p3))
"""
ODD = """
inputs: {x: 0.7, y: 0.4}
parameters: {w: 1.31, u: 0.63, v: -0.9}
nodes:
  a: sin(w*x)
  b: cos(u*x)
  d: (a + b)/(x + w)
  e: u*(d - v) + x^3
  s: 1 - a
  q: a^2
  r: sqrt(q + 2)
  m: max(u*r, b)
  f: exp(u)/(exp(u) + exp(w))
  g: exp(v)/(exp(w) + exp(v))
  L: (e*s - m*f)^2/2 + q*g
"""
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "silu")
LOSSES = (
    "mse([yhat], [y])", "(yhat - y)^2", "1/2*(yhat - y)^2", "bce(sigmoid(yhat), y)", "(yhat^2 + (v1 - y)^2)/2",
)  # fmt: skip
OPTIMIZERS: Mapping[str, str] = {
    "sgd": "{lr: 0.13}", "momentum": "{lr: 0.13, rho: 0.8}", "momentum_velocity": "{lr: 0.13, rho: 0.8}",
    "nesterov": "{lr: 0.13, rho: 0.8}",
    "rmsprop": "{lr: 0.13, alpha: 0.9, eps: 0.01}", "adagrad": "{lr: 0.13, eps: 0.01}",
    "adadelta": "{lr: 0.9, rho: 0.8, eps: 0.01}",
    "adam": "{lr: 0.13, beta1: 0.9, beta2: 0.99, eps: 0.01}",
    "adamw": "{lr: 0.13, beta1: 0.9, beta2: 0.99, eps: 0.01, weight_decay: 0.2}",
}  # fmt: skip
TASK = """
optimizer: {name}
settings: {settings}
parameters: {{w1: 1.3, w2: -0.7}}
gradients: [{{w1: 0.5, w2: 0.3}}, {{w1: -0.2, w2: 0.45}}, {{w1: 0.31, w2: -0.6}}]
steps: 3
"""
VALLEY = """
optimizer: momentum
settings: {lr: 0.13, rho: 0.8}
parameters: {w1: 1.3, w2: -0.7}
objective: (w1 - w2)^4/4 + 2*w2^2
steps: 3
"""


def of_graph(document: str) -> Calculation:
    graph = read_any(document, "net.yaml")
    parameters = [leaf.name for leaf in graph.leaves.values() if leaf.kind == "parameter"]
    lr = number_of(parse("0.13"))
    assert lr is not None
    return calculation(graph, output_of(graph), parameters, lr, ascent=False)


@lru_cache(maxsize=1)
def graphs() -> Sequence[Finder]:
    """Finders of all nets."""
    nets = [NET.format(activation=activation, loss=LOSSES[0]) for activation in ACTIVATIONS]
    nets += [NET.format(activation="sigmoid", loss=loss) for loss in LOSSES[1:]]
    nets += [nets[ACTIVATIONS.index("elu")].replace("elu(z1)", "elu(z1, 0.7)").replace("elu(z2)", "elu(z2, 0.7)")]
    nets += [NET.format(activation="relu", loss=LOSSES[3]).replace("x1: 0.7", "x1: -2.1")]
    return [Finder(of_graph(net), MISTAKES) for net in (*nets, DEEP, RECURRENT, CLASSES, SHARES, ODD)]


@lru_cache(maxsize=1)
def tasks() -> Sequence[Finder]:
    """Finders of all tasks."""
    found = []
    documents = [TASK.format(name=name, settings=settings) for name, settings in OPTIMIZERS.items()]
    for document in (*documents, VALLEY):
        lines = TaskSubject(read_task(document, "task.yaml"), {}).lines
        assert lines is not None
        found.append(Finder(lines, UPDATE_MISTAKES))
    return found


@lru_cache(maxsize=1)
def runs() -> Sequence[Finder]:
    """Finders of all samples of algorithms."""
    subjects = [RunSubject(read_run(sample(name), "run.yaml"), {}) for name in SAMPLES]
    return [Finder(subject.whole, RUN_MISTAKES) for subject in subjects if subject.whole is not None]


def made(row: Mistake, finders: Sequence[Finder]) -> Iterator[tuple[Finder, str, float]]:
    """Where a row changes a number: the finder, the quantity, and the number that comes of it."""
    for finder in finders:
        for candidate, numbers in finder.made:
            if candidate.row is row:
                for key in reversed(finder.calculation.lines):
                    right, number = finder.calculation.numbers.get(key), numbers.get(key)
                    if right is not None and number is not None and abs(float(right) - float(number)) > 1e-4:
                        yield finder, key, float(number)


@pytest.mark.parametrize(
    "row", [*MISTAKES, *UPDATE_MISTAKES, *RUN_MISTAKES], ids=lambda row: f"{row.name}: {row.of}, {row.change}"
)
def test_each_mistake_is_found_by_its_number(row: Mistake) -> None:
    """Its number written with seven digits is told as its result, in one place at least."""
    finders = graphs() if row in MISTAKES else tasks() if row in UPDATE_MISTAKES else runs()
    tried = 0
    for finder, key, number in made(row, finders):
        written = f"{number:.7g}"
        tried += 1
        expr = parse(written)
        value = number_of(expr)
        assert value is not None
        found = finder.explained(Given(key, spelling(expr), value)).found
        if any(each.row is row for explanation in found for way_ in explanation.candidates for each in way_):
            return
    assert tried, "the mistake is made in none of the samples"
    raise AssertionError(f"in {tried} places it is made and not found")


def test_every_change_is_asked_for_by_a_row() -> None:
    """No way without a mistake, and no mistake without a way."""
    rows = (*MISTAKES, *UPDATE_MISTAKES, *RUN_MISTAKES, *SHAPE_MISTAKES, *ARRAY_MISTAKES)
    assert {row.change for row in rows if not set("->=") & set(row.change)} == set(WAYS)
    assert all(way(row.change) for row in rows)


@pytest.mark.parametrize(
    "row",
    [*MISTAKES, *UPDATE_MISTAKES, *RUN_MISTAKES, *SHAPE_MISTAKES, *ARRAY_MISTAKES],
    ids=lambda row: f"{row.name}: {row.of}, {row.change}",
)
def test_each_row_is_whole(row: Mistake) -> None:
    """It says what, why, how common, and where it is described, without blame."""
    assert 1 <= row.common <= 5
    assert row.says and row.why and len(row.source) > 10
    assert "you" not in row.says.lower().split() and "forgot" not in row.says
