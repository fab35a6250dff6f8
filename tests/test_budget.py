"""No small input asks for more than it is given: what would be too long is worked in summary, or refused before it is
made.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Number
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.steps import Note
from stepper.engine.graph.backward import backward
from stepper.engine.graph.forward import forward
from stepper.engine.values.differentiate import partials
from stepper.engine.values.quantities import Settings
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.commas import between_commas
from stepper.read.given import with_values
from stepper.read.program import read_program


def test_a_long_product_is_worked_in_summary() -> None:
    graph = with_values(read_program("L = " + "*".join(["x"] * 3000), "-e"), ["x=1.001"])
    derivation = backward(graph, ["x"], Settings())
    assert derivation.answers[0].number == pytest.approx(3000 * 1.001**2999)
    assert all(check.ok for check in derivation.checks)


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("*".join(["x"] * 3000), "the derivatives of a product of 3,000 factors have more than 250,000 parts"),
        (
            f"softmax([{', '.join(['x'] * 2000)}])[1]",
            "the derivatives of softmax of 2,000 numbers have more than 250,000 parts",
        ),
    ],
)
def test_what_cannot_be_written_out_is_refused_with_its_size(formula: str, told: str) -> None:
    with pytest.raises(StepperError) as caught:
        backward(read_program(f"L = {formula}", "-e"), ["x"], Settings())
    assert caught.value.problems[0].what == told


@pytest.mark.parametrize(
    ("formula", "parts", "what"),
    [
        ("x*y*z", 9, "a product of 3 factors"),
        ("x*y*z + x*y", 13, "a product of 2 factors"),
        ("x*y/z", 9, "a product of 3 factors"),
        ("prod([x, y, z])", 9, "a product of 3 factors"),
        ("exp(x)", 2, "exp of 1 numbers"),
        ("softmax([x, y, z])[1]", 51, "softmax of 3 numbers"),
        ("nll([x, y], 1)", 4, "nll of 2 numbers"),
    ],
)
def test_derivatives_have_as_many_parts_as_allowed_and_no_more(
    formula: str, parts: int, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stepper.engine.values.differentiate.LARGEST_DERIVATIVE", parts)
    assert partials(parse(formula), Vocabulary({}, {}))
    monkeypatch.setattr("stepper.engine.values.differentiate.LARGEST_DERIVATIVE", parts - 1)
    with pytest.raises(StepperError, match=f"the derivatives of {what} have more than {parts - 1} parts"):
        partials(parse(formula), Vocabulary({}, {}))


def test_a_sum_of_many_is_one_instruction_and_no_function_of_so_many_arguments() -> None:
    graph = with_values(read_program("a = x^2; L = sum([a, x, x, x]) + mean([a, x])", "-e"), ["x=3"])
    sweep = Sweep(graph, Vocabulary({}, {}))
    assert sweep.gradients("L")["x"] == 6 + 3 + 3 + 0.5
    assert [text(expr) for expr in sweep.templates] == ["p0^2"]


def test_a_long_program_is_read() -> None:
    lines = "\n".join(["a0 = x", *(f"a{number} = a{number - 1}*x" for number in range(1, 1500))])
    assert len(read_program(lines, "chain.txt").nodes) == 1500
    assert len(between_commas("x, " * 200_000)) == 200_001


def test_a_deep_formula_has_no_closed_form() -> None:
    lines = "\n".join(["a0 = x", *(f"a{number} = exp(-a{number - 1})" for number in range(1, 90))])
    graph = with_values(read_program(lines, "chain.txt"), ["x=1"])
    (step,) = [step for step in backward(graph, ["x"], Settings(simplify=True)).steps if step.id == "result.closed"]
    assert [block for block in step.body if isinstance(block, Note)]


def chain(letters: bool, steps: int) -> Graph:
    source = "\n".join(["h0 = x", *(f"h{number} = 1/(1 + h{number - 1})" for number in range(1, steps + 1))])
    return with_values(read_program(source, "chain.txt"), [] if letters else ["x=1"])


def test_gradients_in_letters_are_written_out_as_long_as_they_are_not_too_long_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert all(check.ok for check in backward(chain(True, 12), ["x"], Settings()).checks)
    monkeypatch.setattr("stepper.engine.graph.adjoints.LARGEST_WRITTEN", 200)
    with pytest.raises(StepperError, match="in letters, the gradients of this graph have more than 200 parts together"):
        backward(chain(True, 12), ["x"], Settings())


def test_exact_gradients_that_would_be_too_long_are_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stepper.engine.graph.adjoints.LARGEST_WRITTEN", 200)
    derivation = backward(chain(False, 120), ["x"], Settings(exact=True, listed_paths=0))
    (number,) = [answer.number for answer in derivation.answers]
    slope = 1.0
    value = 1.0
    for _ in range(120):
        value = 1 / (1 + value)
        slope *= value * value
    assert number == pytest.approx(slope)
    assert all(check.ok for check in derivation.checks)


@pytest.mark.parametrize(
    ("program", "values", "found"),
    [
        ("L = 2 + exp(-x^700)", "x=1e5", Fraction(2)),
        ("L = 2 + q^(x^700)", "x=1e5,q=1/3", Fraction(2)),
        ("L = softmax([-x^700, 1])[2]", "x=1e5", Fraction(1)),
        ("L = exp(-x^4)*exp(x^4)", "x=5", 1.0),  # what is small, and has digits, is held
    ],
)
def test_what_vanishes_is_not_waited_for(program: str, values: str, found: Number) -> None:
    """e to a power that has thousands of digits itself."""
    graph = with_values(read_program(program, "-e"), values.split(","))
    assert forward(graph, Settings()).answers[-1].number == found
