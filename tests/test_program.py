"""Graphs without YAML: assignments on the command line, in a file, as a Python function. Parsed, never run."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Sym
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.engine.answers.examination import examine
from stepper.errors import StepperError
from stepper.read.adjust import with_output, with_upstream
from stepper.read.anything import read_any
from stepper.read.files import documents, listings
from stepper.read.given import with_values
from stepper.read.network import sizes_given, unit_named
from stepper.read.pasted import holds_no_layers, looks_like_program
from stepper.read.program import read_program
from stepper.read.taskparts import values_of
from tests.helpers import MICROGRAD, answer, derive


def formulas(graph: Graph) -> dict[str, str]:
    return {name: text(node.formula) for name, node in graph.nodes.items() if node.formula is not None}


def test_the_lecture_circuit() -> None:
    graph = with_values(read_program("q = x + y; f = q*z", "-e"), ["x=-2,y=5", "z=-4"])
    derivation = derive(graph, "x", "y", "z")
    assert [answer(derivation, f"df/d{name}") for name in "xyz"] == [-4, -4, 3]


PROGRAMS = [
    ("c = a + b; c += c + 1; d = c^2", {"c": "a + b", "c_2": "c + (c + 1)", "d": "c_2^2"}),
    ("x = x*2\ny = x + 1", {"x_2": "x*2", "y": "x_2 + 1"}),
    ("a = b\n# a remark\nb = 3*a  # and another\nc = b", {"a": "b", "b_2": "3*a", "c": "b_2"}),
    ("y = x; y *= y; y -= 1", {"y": "x", "y_2": "y*y", "y_3": "y_2 - 1"}),
    ("def f(x, w=2):\n    z = w * x ** 2\n    return torch.tanh(z)\n", {"z": "w*x^2", "out": "tanh(z)"}),
    ("def f(x):\n    y = math.exp(-x)\n    return y\n", {"y": "exp(-x)"}),
    # an entry of a node is that node's entry
    ("v = [a*b, a + b]; y = v[1]", {"v": "[a*b, a + b]", "y": "v[1]"}),
    ("v = [a, b]; v = softmax(v); y = v[2]", {"v": "[a, b]", "v_2": "softmax(v)", "y": "v_2[2]"}),
    (
        "h[1] = tanh(w*x[1]); h[2] = tanh(u*h[1]); L = sum(h)",
        {"h[1]": "tanh(w*x[1])", "h[2]": "tanh(u*h[1])", "L": "sum([h[1], h[2]])"},
    ),
    # constants are constants, unless they are declared
    ("y = e^(-z) + e*pi + π", {"y": "exp(-z) + e*pi + pi"}),
    ("e = a + b; y = e^2 + ln(e)", {"e": "a + b", "y": "e^2 + log(e)"}),
    # c2 and c_2 print alike: the second c takes another name
    ("c2 = a; c = a + c2; c = 2*c", {"c2": "a", "c": "a + c2", "c_3": "2*c"}),
]

HIDDEN = {"h": "w*x", "L": "(h - t)^2"}
PASTED = [
    ("- h = w*x\n- L = (h - t)^2\n", HIDDEN),
    ("* h = w*x\n* L = (h - t)^2\n", HIDDEN),
    ("• h = w·x\n• L = (h − t)²\n", HIDDEN),
    ("1. h = w*x\n2. L = (h - t)^2\n", HIDDEN),
    ("(a) h = w*x\n(b) L = (h - t)^2\n", HIDDEN),
    ("a) h = w*x;\nb) L = (h - t)^2;\n", HIDDEN),
    ("Step 1: h = w*x\nStep 2: L = (h - t)^2.", HIDDEN),
    ("h <- w*x\nL <- (h - t)^2", HIDDEN),
    ("h := w*x\nL ← (h - t)**2", HIDDEN),
    ("h = w*x,\nL = (h - t)^2,\n", HIDDEN),
    ("h = w*x, L = (h - t)^2", HIDDEN),
    ("let h = w*x\nlet L = (h - t)^2", HIDDEN),
    (">>> h = w*x\n>>> L = (h - t).pow(2)", HIDDEN),
    ("```python\nh: float = w * x  # hidden\nL = np.square(h - t)\n```", HIDDEN),
    ('import numpy as np\n\n"""The loss."""\nh = (w\n     * x)\nL = np.power(h - t, 2)\nprint(L)', HIDDEN),
    ("def loss(w, x, t=1.):\n    h = w.mul(x)\n    return (h - t)**2", {"h": "w*x", "out": "(h - t)^2"}),
    ("f(x, y) = x*y + y^2", {"f": "x*y + y^2"}),
    ("s(z) = 1/(1 + e^(-z)); a = s(w*x)", {"a": "s(w*x)"}),
    ("a = (x.dot(w) + b).relu()\nL = F.mse_loss(a, t)", {"a": "relu(dot(x, w) + b)", "L": "mse(a, t)"}),
    ("z = W.t() @ x", {"z": "W.T @ x"}),
]
"""As exercises and notebooks write them."""

VALUES = [
    ("x = Value(1.0, label='x')\nw = Value(-2.0)\ny = w*x; y.label = 'y'\ny.backward()", {"x": 1, "w": -2}),
    ("x = torch.tensor(2., requires_grad=True)\ny = x**2", {"x": 2}),
    ("x, w = 1/2, -3\ny = w*x", {"x": Fraction(1, 2), "w": -3}),
    ("x = 2, w = 3\ny = w*x", {"x": 2, "w": 3}),
    ("a = [1, 2]\ny = a[1] + a[2]", {"a[1]": 1, "a[2]": 2}),
    ("x = 2; y = x; x = 3; z = x*y", {"x": 2, "x_2": 3}),
    ("def f(x, w=2.0):\n    return w*x", {"x": None, "w": 2}),
]


@pytest.mark.parametrize(("program", "expected"), PROGRAMS)
def test_assignments_become_nodes(program: str, expected: dict[str, str]) -> None:
    assert formulas(read_any(program, "p.txt")) == expected


@pytest.mark.parametrize(("program", "expected"), PASTED)
def test_programs_as_pasted(program: str, expected: dict[str, str]) -> None:
    assert formulas(read_any(program, "p.txt")) == expected


@pytest.mark.parametrize(("program", "expected"), VALUES)
def test_a_number_assigned_is_the_value_of_an_input(program: str, expected: dict[str, object]) -> None:
    assert {leaf.name: leaf.value for leaf in read_any(program, "p.txt").leaves.values()} == expected


def test_a_trained_tensor_is_a_parameter_and_backward_names_the_output() -> None:
    graph = read_any(
        "w = torch.tensor(2., requires_grad=True)\nx = torch.tensor(3.)\nL = w*x\nz = L + 1\nL.backward()", "p.py"
    )
    assert ({leaf.name: leaf.kind for leaf in graph.leaves.values()}, graph.output) == (
        {"w": "parameter", "x": "input"},
        "L",
    )


REMARKS = [
    (
        "h = w11*x1 + w12x2",
        {"w11": "1", "x1": "1"},
        ["w12x2 has no value and stays a symbol: a product is written w12*x2"],
    ),
    ("h = w*x + b", {"w": "1", "x": "2"}, ["b has no value and stays a symbol"]),
    ("h = w*x + b", {}, []),
    ("h = alpha*x + alhpa*y", {}, ["alhpa stays a symbol: is alpha meant?"]),
    ("z = w*x + b; L = z*wx", {}, ["wx stays a symbol: a product is written w*x"]),
    ("y = w21*x1 + w12*x2; h = Wxh*y + Whh*y", {}, []),
    ("y = e^x", {"x": "1"}, []),
    ("y = e^x", {"x": "1", "e": "3"}, []),
]


@pytest.mark.parametrize(("program", "told", "expected"), REMARKS)
def test_what_looks_like_a_slip_is_said(program: str, told: dict[str, str], expected: list[str]) -> None:
    values = {name: parse(value) for name, value in told.items()}
    found = [
        prose for prose in read_program(program, "-e", values).remarks if prose[0] not in [Sym(name) for name in told]
    ]
    assert ["".join(part if isinstance(part, str) else text(part) for part in prose) for prose in found][
        : len(expected)
    ] == expected


def test_a_slip_is_said_first() -> None:
    graph = read_program("z = w1*x1 + w2x2; L = relu(z)", "-e", {"x1": parse("2")})
    assert derive(graph, "x1").conventions[: len(graph.remarks)] == graph.remarks != ()


def test_a_renamed_value_is_said() -> None:
    assert read_program("c = a; c = c^2", "-e").source == "assigned again: c as c_2"


def test_the_returned_value_is_the_output() -> None:
    graph = read_program("def f(x):\n  y = x^2\n  z = 2*y\n  return y\n", "f.py")
    assert (graph.title, graph.output) == ("f", "y")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("", "there is no assignment here"),
        ("q = x +", "-e:1:8: error: the formula ends too early"),
        ("q = x; x y", "an assignment is written name = formula"),
        ("q = sigmod(x)", "did you mean 'sigmoid'?"),
        ("z = w^T*x", "the transpose is written W.T"),
        ("h = w*x; y = h[1]", "'h' is one number, so it has no element h[1]"),
        ("while x < 3:\n    x = x + 1", "a program is read, not run"),
        ("q = __import__('os').system('ls')", "a name begins with a letter"),
    ],
)
def test_faults_have_their_place(program: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_program(program, "-e")
    assert message in str(caught.value)


def test_values_override_the_documents() -> None:
    graph = with_values(read_any("inputs: {x: 1}\nnodes: {y: 2*x}\n", "g.yaml"), ["x=1/3"])
    assert graph.leaves["x"].value == Fraction(1, 3)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("z=1", "--set z: there is no z in this graph"),
        ("y=[1,2]", "a node can be given as a number"),
        ("x", "this is not name=number"),
        ("x=2x", "write 2*x"),
    ],
)
def test_faulty_values_are_told(word: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        with_values(read_program("y = 2*x", "-e"), [word])
    assert message in str(caught.value)


def test_another_output_and_an_upstream_gradient() -> None:
    graph = with_values(read_program("a = x^2; b = 3*a", "-e"), ["x=2"])
    assert answer(derive(with_output(graph, "a"), "x"), "da/dx") == 4
    assert answer(derive(with_upstream(graph, "1/2"), "x"), "1/2*db/dx") == 6
    with pytest.raises(StepperError, match="this is not a node"):
        with_output(graph, "x")


def test_the_program_of_micrograds_readme() -> None:
    """Five re-assignments; the values are those that its author prints."""
    derivation = derive(with_values(read_program(MICROGRAD, "-e"), ["a=-4,b=2"]), "a", "b")
    assert [round(float(answer(derivation, name) or 0), 4) for name in ("dg_2/da", "dg_2/db")] == [138.8338, 645.5773]


def test_e_and_pi_are_the_constants_in_answers_too() -> None:
    graph = read_any(
        "inputs: {x: 1}\nnodes: {y: e^(-x) + pi}\nanswers: {i: {values: {y: 1/e + π, dy/dx: -e^(-1), y - e*pi: 1/e + "
        "pi - pi*e}}}\n",
        "g.yaml",
    )
    assert all(examine(graph, item).agrees for item in graph.items)


def test_names_on_the_command_line_are_spelled_as_they_are_typed() -> None:
    graph = with_values(read_program("ŷ = α*x; L = ŷ^2", "-e"), ["α=2,x=3"])
    assert (graph.leaves["alpha"].value, with_output(graph, "ŷ").output) == (2, "yhat")
    assert [part.name for part in values_of("ŵ=1, β₁=2")] == ["what", "beta1"]
    assert list(sizes_given(["α=4"])) == ["alpha"]
    assert unit_named("ŷ[2]") == ("yhat", (2,))


@pytest.mark.parametrize(
    ("source", "is_graph"),
    [
        ("a = Value(2.0)\nb = a.tanh()", True),
        ("input = 1x9x9\na = Conv2d(1, 3, 3)", False),
        ("conv1 = nn.Conv2d(1, 3, 3)", False),
        ("inputs: {x: 1}", False),
    ],
)
def test_assignments_and_listings_are_told_apart(source: str, is_graph: bool) -> None:
    assert holds_no_layers(source) is is_graph


def test_what_begins_with_a_section_is_no_program_by_the_patterns_of_programs_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [path.read_text("utf-8") for _, path in (*documents(), *listings())]
    texts += [
        "title: for x in y:", "inputs: {x: 1,\n y: 2}", "nodes:\n  a: b == c", "title: a; w = 3", "title: w := 3",
        "inputs: float = 3", "# remark\n\nsource: x, y = 3", "parameters:w = 3", "state: a <- b", "lines: @x", "data:",
    ]  # fmt: skip
    told = [looks_like_program(text) for text in texts]
    monkeypatch.setattr("stepper.read.pasted.begins_with_section", lambda _: False)
    assert told == [looks_like_program(text) for text in texts]
