"""Losses whose arguments look like a slip, and units that do not go together: said at the top, for numbers and for
arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Number
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.graph.backward import backward
from stepper.engine.graph.forward import forward
from stepper.engine.graph.options import with_conventions
from stepper.engine.tensor.forward import forward as forward_arrays
from stepper.engine.values.loss_arguments import LEAST, _fits, _settled, _what, order_hint
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.graph import read_graph
from stepper.render._unicode import prose
from stepper.render.look import Look, Style
from stepper.render.text import render
from stepper.tables.meaning import Meaning


def told(document: str, conventions: str = "") -> str:
    """What stands above a forward pass."""
    graph = with_conventions(read_graph(document, "g.yaml"), [f"entropy={conventions}"] if conventions else [])
    derivation = forward_arrays(graph, Settings()) if isinstance(graph, ArrayGraph) else forward(graph, Settings())
    return " ".join(render(derivation, Look()).partition("Forward pass")[0].split())


EXCHANGED = "judging by their values the arguments look exchanged"
TWICE = "is applied twice"
UNFIT = (" takes ", " expects ")


@pytest.mark.parametrize(
    ("given", "formula", "said"),
    [
        # numbers
        ("{y: 1, a: 0.7}", "bce(y, a)", "log(0)"),
        ("{y: 0, a: 0}", "bce(a, y)", "log(0)"),
        ("{a: 0.7, y: 1}", "bce(a, y)", ""),
        ("{a: 0.7, y: 0.9}", "bce(a, y)", ""),
        ("{a: 0.7, y: 2}", "bce(a, y)", "expects y to be a probability from 0 to 1, and here it is 2"),
        ("{z: 0.3, y: 1}", "bce_with_logits(sigmoid(z), y)", f"sigmoid {TWICE}; bce_with_logits(z, y) applies it once"),
        ("{z: , y: }", "bce_with_logits(sigmoid(z), y)", f"sigmoid {TWICE}"),
        ("{z: 0, y: 0.9}", "bce_with_logits(z, y)", ""),
        ("{z: 3, y: 1}", "bce_with_logits(y, z)", f"{EXCHANGED}. The prediction comes first, then the target: "
                                                  f"bce_with_logits(z, y)"),
        ("{z: [1, 2, 0.5], y: [0, 1, 0]}", "cross_entropy(y, z)", EXCHANGED),
        ("{z: [1, 2, 0.5], y: [0, 1, 0]}", "cross_entropy(z, y)", ""),
        ("{z: [1, 0, 0], y: [0, 1, 0]}", "cross_entropy(z, y)", ""),
        ("{z: [1, 2, 0.5], y: [0, 1, 1]}", "cross_entropy(z, y)", "to be probabilities that sum to 1, and here they "
                                                                  "sum to 2"),
        ("{p: [0.2, 0.7, 0.1]}", "cross_entropy(p, 2)", "to be logits, and its numbers are between 0 and 1 and sum to "
                                                        "1"),
        ("{z: [1, 2]}", "cross_entropy(softmax(z), 2)", f"softmax {TWICE}"),
        ("{z: [1, 2]}", "cross_entropy(log_softmax(z), 2)", ""),
        ("{z: [1, 2]}", "nll(softmax(z), 2)", "takes the logarithms of probabilities, and softmax"),
        ("{z: [1, 2]}", "nll(log_softmax(z), 2)", ""),
        ("{s: 0.3, y: 0}", "hinge(s, y)", "expects y to be -1 or 1, and here it is 0"),
        ("{s: 0.3, y: -1}", "hinge(s, y)", ""),
        ("{s: 0.3, y: -1}", "hinge(y, s)", EXCHANGED),
        ("{p: [0.5, 0.4], q: [0.5, 0.5]}", "kl(p, q)", "and here they sum to 0.9"),
        ("{p: [0.33, 0.33, 0.33]}", "entropy(p)", ""),
        # arrays
        ("{Z: [[1, 2, 0.5]], Y: [[0, 1, 0]]}", "cross_entropy(Y, Z)", EXCHANGED),
        ("{Z: [[1, 2, 0.5]], Y: [[0, 1, 0]]}", "cross_entropy(Z, Y)", ""),
        ("{Z: [[1, 2, 0.5]], Y: [[0, 1, 0]]}", "cross_entropy(softmax(Z), Y)",
            f"softmax {TWICE}; CE(Z, Y) applies it once"),
        ("{A: [[0.2, 0.8]], Y: [[0, 1]]}", "mean(bce(A, Y))", ""),
        ("{Z: [[0.2, 0.8]], Y: [[0, 1]]}", "mean(bce_with_logits(sigmoid(Z), Y))", f"sigmoid {TWICE}"),
    ],
)  # fmt: skip
def test_what_losses_are_given(given: str, formula: str, said: str) -> None:
    document = f"inputs: {given}\nnodes:\n  L: '{formula}'\n"
    if said == "log(0)":
        with pytest.raises(StepperError) as caught:
            told(document)
        assert caught.value.problems[0].hint == "bce(p, y) takes the prediction first, then the target"
        return
    found = told(document).partition("natural logarithm")[0]
    assert said in found if said else not any(word in found for word in (EXCHANGED, TWICE, *UNFIT))


@pytest.mark.parametrize("of", ["inputs: {z: [1, 2, 0.5], t: [0, 1, 0]}", "inputs: {z: {shape: [3]}, t: [0, 1, 0]}"])
def test_softmax_is_found_through_nodes(of: str) -> None:
    assert (
        "CE(y, t) applies softmax itself, and y comes from it: softmax is applied twice; CE(z, t) applies it once"
        in told(f"{of}\nnodes:\n  y: softmax(z)\n  L: cross_entropy(y, t)\n")
    )


# ---- bits and nats


MEASURES = "inputs: {P: [0.5, 0.5], Q: [0.25, 0.75], z: [1, 2]}\nnodes:\n  "


def test_one_convention_holds_for_all_measures() -> None:
    """entropy(P) + kl(P, Q) is the cross entropy, -1/2 log2(1/4) - 1/2 log2(3/4), in bits."""
    graph = with_conventions(read_graph(MEASURES + "H: entropy(P) + kl(P, Q)\n", "g.yaml"), ["entropy=bits"])
    found = forward(graph, Settings()).answers[0].number
    assert found == pytest.approx(1.2075187496)
    gradients = backward(graph, ["P[1]", "Q[1]"], Settings())
    assert all(check.ok for check in gradients.checks)
    assert gradients.answers[1].number == pytest.approx(-0.5 / (0.25 * 0.6931471805599453))


@pytest.mark.parametrize(
    ("formula", "unit", "said"),
    [
        ("entropy(P) + kl(P, Q)", "bits", ""),
        ("entropy(P) + cross_entropy(z, 2)", "", ""),
        (
            "entropy(P) + cross_entropy(z, 2)",
            "bits",
            "two units are mixed here, H([P₁, P₂]) in bits and CE([z₁, z₂], 2) in nats",
        ),
    ],
)
def test_two_units_are_said(formula: str, unit: str, said: str) -> None:
    found = told(f"{MEASURES}H: {formula}\n", unit)
    assert said in found
    assert ("two units" in found) == bool(said)


def test_no_measure_has_a_convention_beside_the_one() -> None:
    from stepper.tables.table import CONVENTIONS

    assert "kl" not in CONVENTIONS
    assert CONVENTIONS["entropy"] == ("nats", "bits")
    assert text(forward(read_graph(MEASURES + "H: kl(P, P)\n", "g.yaml"), Settings()).answers[0].expr) == "0"
    assert Fraction(0) == forward(read_graph(MEASURES + "H: kl(P, P)\n", "g.yaml"), Settings()).answers[0].number


# ---- the numbers of an argument


@pytest.mark.parametrize(
    ("meaning", "fits", "not_fits"),
    [
        ("logit", ["5", "-3 0.2", "0.3 0.7"], {}),
        ("logits", ["1 2", "0.5", "0.99", "0.5 1.5 -1", "0.3 0.8", "0 1", "-0.2 1.2", "0.3 0.7 | 1 2"],
         {"0.3 0.7": "its numbers are between 0 and 1 and sum to 1, as probabilities do",
          "0.3 0.7 | 0.5 0.5": "its numbers are between 0 and 1 and sum to 1, as probabilities do"}),
        ("probability", ["0 1 0.5", "0", "1", "0.5 | 1"],
         {"1.5": "here it is 1.5", "-0.5": "here it is -0.5", "0.5 2": "here one is 2", "0.5 -1 2": "here one is -1",
          "1 | 3": "here one is 3"}),
        ("distribution", ["0.5 0.5", "1", "0 1", "0.33 0.33 0.33", "0.5 0.51", "0.5 0.5 | 0 1", ""],
         {"0.5 0.4": "here they sum to 0.9", "-0.5 1.5": "here one is -0.5", "0.5 0.5 | 0.5 1": "here they sum to 1.5",
          "-0.25 1.5 -0.25": "here one is -0.25", "1.5 -0.75 0.25": "here one is -0.75",
          "0.5 0.53": "here they sum to 1.03"}),
        ("log-distribution", ["-1 -2", "0 -5", "-1 | -2"],
            {"0.5 -1": "here one is 0.5", "1": "here it is 1", "-1 | 2": "here one is 2"}),
        ("signed", ["1 -1", "1", "-1 | 1"],
            {"0": "here it is 0", "1 0.5": "here one is 0.5", "1 | 2": "here one is 2"}),
    ],
)  # fmt: skip
def test_which_numbers_may_be_what_is_meant(meaning: Meaning, fits: list[str], not_fits: dict[str, str]) -> None:
    """A sum of rounded probabilities may miss 1 by two hundredths; of what does not fit the first number is named, or a
    line's sum.
    """

    def lines(written: str) -> list[list[Fraction]]:
        return [[Fraction(number) for number in line.split()] for line in written.split(" | ")]

    assert [written for written in fits if not _fits(lines(written), meaning)] == []
    least = {"probability": [-LEAST, 1 + LEAST], "distribution": [-LEAST, 1.0], "log-distribution": [LEAST]}.get(
        meaning
    )
    assert least is None or (
        _fits([least], meaning)
        and not _fits([[4 * number if abs(number) < 1 else number for number in least]], meaning)
    )
    assert {
        written: what(lines(written), meaning) for written in not_fits if not _fits(lines(written), meaning)
    } == not_fits


def what(lines: Sequence[Sequence[Number]], meaning: Meaning) -> str:
    return prose(_what(lines, meaning), Style())


def test_what_is_lost_in_floating_point_below_zero_is_no_negative_probability() -> None:
    assert what([[-LEAST, 0.5]], "distribution") == "here they sum to 0.5"
    assert what([[0.5, 0.5], [-LEAST, 0.5]], "distribution") == "here they sum to 0.5"
    assert what([[-3 * LEAST, 0.5]], "distribution") == "here one is -3e-09"


def test_functions_of_the_document_say_nothing() -> None:
    document = "functions: {f(x): x^2}\ninputs: {a: 0.7, y: 1}\nnodes:\n  h: f(a)\n  L: bce(f(h), y)\n"
    assert not any(word in told(document) for word in UNFIT)


@pytest.mark.parametrize(
    ("meaning", "settled", "not_settled"),
    [
        ("probability", ["0", "1", "0 1"], ["0.5", "-1", "2", "0 0.5"]), ("signed", ["1", "-1 1"], ["0", "0.5"]),
        ("distribution", ["0 1", "1 0 0", "0 1 | 1 0"], ["1 1", "0 0", "0.5 0.5", "0 1 | 1 1"]),
    ],
)  # fmt: skip
def test_targets_without_doubt_are_0_or_1_and_one_1_in_a_line(
    meaning: Meaning, settled: list[str], not_settled: list[str]
) -> None:
    found = {
        written: _settled([[Fraction(number) for number in line.split()] for line in written.split(" | ")], meaning)
        for written in (*settled, *not_settled)
    }
    assert found == {written: written in settled for written in found}


@pytest.mark.parametrize(
    ("given", "formula", "said"),
    [
        ("{z: [1, 2]}", "cross_entropy([softmax(z)[1], softmax(z)[2]], 2)",
            "comes from it: softmax is applied twice natural"),
        ("{z: [1, 2]}", "cross_entropy([softmax(z)[1], z[2]], 2)", ""),
        ("{z: [1, 2]}", "cross_entropy([softmax(z)[1], log(z[2])], 2)", ""),
        ("{z: 1}", "bce(tanh(z), 1)", ""),
        ("{z: 1}", "bce(sigmoid(z), 1)", ""),
        ("{z: [1, 2]}", "kl([0.5, 0.5], log_softmax(z)[1] + 1)", None),
        ("{Z: [[0.3, 0.7], [0.2, 0.8]], Y: [[0, 1], [1, 1]]}", "cross_entropy(Z, Y)",
         "CE(Z, Y) expects Y to be probabilities that sum to 1, and here they sum to 2"),
        ("{Z: [[1, 2], [2, 8]], Y: [[0, 1], [1, 0]]}", "cross_entropy(softmax(Z).T, Y)", f"softmax {TWICE}"),
        ("{p: [0.5, 0.5], q: [0.25, 0.5]}", "kl(p, q)", "expects [q₁, q₂] to be probabilities that sum to 1, and here "
                                                        "they sum to 0.75"),
        ("{p: [0.5, 0.5], q: [0.25, 0.5]}", "kl(q, p)", "expects [q₁, q₂] to be probabilities that sum to 1, and here "
                                                        "they sum to 0.75"),
        ("{a: 0.7, y: 2}", "bce(a, y) + bce(a, y)", "BCE(a, y) expects y to be a probability from 0 to 1, and here it "
                                                    "is 2"),
        ("{a: 0.7, y: 0.7, b: 1}", "bce(a, y)", ""),
    ],
)  # fmt: skip
def test_where_an_argument_comes_from(given: str, formula: str, said: str | None) -> None:
    """Of a list all elements must come from the same; each thing is said once; a transpose changes nothing."""
    document = f"inputs: {given}\nnodes:\n  L: '{formula}'\n"
    if said is None:
        with pytest.raises(StepperError):
            told(document)
        return
    found = told(document).replace(" CE(z, y) = -log_softmax(z)[y]: of logits z; y is the class, counted from 1;", "")
    assert said in found if said else not any(word in found for word in (EXCHANGED, TWICE, *UNFIT))
    assert sum(map(found.count, UNFIT)) <= 2
    if "2*" in formula or "+ bce" in formula:
        assert sum(map(found.count, UNFIT)) == 1


def test_a_loss_that_is_not_asked_about_is_not_spoken_of() -> None:
    document = "inputs: {a: 0.7, y: 2}\nnodes:\n  k: bce(a, y)\n  L: a^2\noutput: {}\n"
    for output, spoken in (("L", False), ("k", True)):
        conventions = backward(read_graph(document.replace("{}", output), "g.yaml"), ["a"], Settings()).said()
        assert any(word in line for line in conventions for word in UNFIT) is spoken


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("bce(a, b)", "bce(p, y) takes the prediction first, then the target"),
        ("1 + hinge(a, b)", "hinge(s, y, margin) takes the prediction first, then the target"),
        ("kl(a, b)", ""), ("log(a)", ""), ("2*a", ""),
    ],
)  # fmt: skip
def test_a_loss_that_cannot_be_worked_says_what_stands_first(formula: str, hint: str) -> None:
    assert order_hint(parse(formula)) == hint
    assert order_hint(None) == ""
