"""Every row of mistakes in whole arrays is made in a graph, and found again by the numbers of an array alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

import pytest

import stepper as st
from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Array, Expr
from stepper.core.parser import parse
from stepper.engine.answers.checking.array_subject import ArraySubject
from stepper.engine.answers.finding.array_calculation import ArrayCalculation
from stepper.engine.answers.finding.explanation import fits
from stepper.engine.answers.finding.search import Finder
from stepper.read.anything import read_any
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes_in_arrays import ARRAY_MISTAKES

LAYERS = """
inputs: {x: [0.7, -1.3, 0.4], y: [0, 1, 0]}
parameters:
  W: [[0.31, -0.83, 1.17], [0.59, 0.23, -0.41], [0.91, -0.67, 0.37]]
  b: [0.13, -0.29, 0.47]
  V: [[0.53, 1.29, -0.71], [-0.17, 0.61, 0.79], [0.43, -0.97, 0.19]]
nodes:
  h: tanh(W @ x + b)
  o: V @ h
  p: softmax(o)
  L: -sum(y*log(p))
output: L
"""
BATCH = """
inputs:
  X: [[0.7, -1.3, 0.4], [1.1, 0.2, -0.6], [-0.3, 0.8, 1.4]]
  Y: [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
parameters:
  W: [[0.31, -0.83, 1.17], [0.59, 0.23, -0.41], [0.91, -0.67, 0.37]]
  b: [0.13, -0.29, 0.47]
nodes:
  Z: X @ W + b
  P: softmax(Z)
  L: -sum(Y*log(P))/3
output: L
"""
MEANS = """
inputs: {X: [[0.7, -1.3], [0.4, 1.1]], y: [0.6, -0.2]}
parameters: {W: [[0.31, -0.83], [0.59, 0.23]]}
nodes:
  Z: X @ W
  m: mean(Z, 1)
  s: sum(Z, 2)
  L: sum((m - y)^2) + sum(s^2)
output: L
"""
IMAGE = """
inputs: {{X: [[0.7, -1.3, 0.4, 1.2], [1.1, 0.2, -0.6, 0.3], [-0.3, 0.8, 1.4, -0.9], [0.5, -0.7, 0.1, 1.6]], y: 0.4}}
parameters:
  K: [[0.31, -0.83, 1.17], [0.59, 0.23, -0.41], [0.91, -0.67, 0.37]]
  b: 0.13
  w: [0.53, 1.29, -0.71, 0.61]
nodes:
  C: {conv}(X, K, 1, 1) + b
  P: {pool}(tanh(C), 2)
  f: flatten(P)
  L: (sum(w*f) - y)^2
output: L
"""
STRIDES = """
inputs: {{X: [[0.7, -1.3, 0.4, 1.2], [1.1, 0.2, -0.6, 0.3], [-0.3, 0.8, 1.4, -0.9], [0.5, -0.7, 0.1, 1.6]]}}
parameters:
  K: [[0.31, -0.83, 1.17], [0.59, 0.23, -0.41], [0.91, -0.67, 0.37]]
nodes:
  C: {conv}(X, K, 2, 1)
  L: sum(C^2)
output: L
"""
NORMS = """
inputs: {{X: [[0.7, -1.3, 0.4], [1.1, 0.2, -0.6], [-0.3, 0.8, 1.4]], Y: [[0.3, 1, 0], [1, 0, 0.6], [0, 0.2, 1]]}}
parameters: {{g: [1.2, 0.7, 0.4]}}
nodes:
  A: {norm}(X, g)
  L: sum((A - Y)^2)
output: L
"""
DOCUMENTS = (
    LAYERS, BATCH, MEANS,
    *(STRIDES.format(conv=conv) for conv in ("conv2d", "conv")),
    *(NORMS.format(norm=norm) for norm in ("batch_norm", "layer_norm", "rms_norm")),
    *(
        IMAGE.format(conv=f"conv{d}", pool=f"{pool}_pool{d}") for d in ("2d", "") for pool in ("max", "avg")
    ),
)  # fmt: skip


@lru_cache
def finders() -> tuple[tuple[ArraySubject, Finder], ...]:
    found = []
    for document in DOCUMENTS:
        graph = read_any(document, "graph.yaml")
        assert isinstance(graph, ArrayGraph)
        subject = ArraySubject(graph, [parse("L")], {"lr": "0.1"})
        calculation = subject.calculation(parse("L"))
        assert calculation is not None
        found.append((subject, Finder(calculation, subject.rows)))
    return tuple(found)


def nested(numbers: list[float], shape: tuple[int, ...]) -> Expr:
    if not shape:
        return parse(f"{numbers[0]:.7g}")
    step = len(numbers) // shape[0]
    return Array(tuple(nested(numbers[at * step : (at + 1) * step], shape[1:]) for at in range(shape[0])))


def made(row: Mistake) -> Iterator[tuple[ArraySubject, Finder, Expr, Expr]]:
    """Arrays that a mistake changes, as somebody writes them."""
    for subject, finder in finders():
        calculation = finder.calculation
        assert isinstance(calculation, ArrayCalculation)
        for candidate, numbers in finder.made:
            if candidate.row is not row:
                continue
            for name, places in calculation.places.items():
                differ = any(
                    key in numbers and abs(float(numbers[key]) - float(calculation.numbers[key])) > 1e-4
                    for key in places
                )
                if differ and all(key in numbers for key in places):
                    wrong = nested([float(numbers[key]) for key in places], calculation.whole[name].shape)
                    yield subject, finder, calculation.lines[name].shown, wrong


@pytest.mark.parametrize("row", ARRAY_MISTAKES, ids=lambda row: f"{row.name}: {row.of}, {row.change}")
def test_each_mistake_is_found_by_its_numbers(row: Mistake) -> None:
    tried = 0
    for subject, finder, key, wrong in made(row):
        tried += 1
        given = subject.given(key, wrong)
        assert given is not None and not fits(given, finder.calculation.numbers)
        found = finder.explained(given).found
        if any(each.row is row for explanation in found for way in explanation.candidates for each in way):
            return
    assert tried, "the mistake is made in none of the samples"
    raise AssertionError(f"in {tried} places it is made and not found")


def said(claims: str) -> list[dict[str, object]]:
    answers: list[dict[str, object]] = json.loads(st.check(st.graph(LAYERS), claims, lr=0.1).to("json"))["answers"]
    return answers


def test_whole_arrays_and_entries_are_judged() -> None:
    """A claim is a whole array or one entry, before the gradient step or after it."""
    right = "h = [0.9557, -0.3275, 0.9719]\nW'[2,1] = 0.6391\nW'[2,1] = 5.9\nh = [0.9557, -0.3275, 0.8]"
    assert [answer["verdict"] for answer in said(right)] == [
        "right to the digits written", "right to the digits written", "wrong", "wrong",
    ]  # fmt: skip


def test_a_page_of_arrays_follows_from_its_first_wrong_one() -> None:
    first, second = said("o = [1.5, 2.5, 3.5]\np = [0.0900, 0.2447, 0.6652]")
    assert (first["verdict"], second["verdict"]) == ("wrong", "follows from an earlier number")


def test_one_digit_of_an_array_is_a_slip_of_the_pen() -> None:
    """Where another entry is wrong too it is none."""
    values = json.loads(st.check(st.graph(LAYERS), "h = [0, 0, 0]").to("json"))["answers"][0]["right"]
    right = [f"{number:.4f}" for number in json.loads(values)]
    point = right[0].index(".")
    swapped = right[0][: point + 1] + right[0][point + 2] + right[0][point + 1] + right[0][point + 3 :]
    assert swapped != right[0]
    (one,) = said(f"h = [{swapped}, {right[1]}, {right[2]}]")
    (both,) = said(f"h = [{swapped}, 7, {right[2]}]")
    assert "exchanged" in str(one["mistakes"])
    assert "exchanged" not in str(both["mistakes"])
