"""Arrays whose sizes are letters: shapes, mismatches, gradients as formulas, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepper
from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case
from stepper.core.expr import Call, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.answers.examination import examine
from stepper.engine.answers.lettered import LetteredAnswers
from stepper.engine.tensor.entries import Exact, entry_expr, shown
from stepper.engine.tensor.gradients import ArrayGradients, Gradients
from stepper.engine.tensor.laws import law
from stepper.engine.tensor.lettered import Trial, Tried
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, is_whole, literal, primes, size_of, volume, written
from stepper.engine.values.judging import Verdict
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic_limits import Patience
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.read.given import with_values
from stepper.read.graph import read_graph
from stepper.render.formats import FORMATS
from stepper.tables.arrays import ARRAYS

LINEAR = """
inputs: {X: {shape: [N, d]}, y: {shape: [N]}}
parameters: {w: {shape: [d]}}
nodes: {r: X @ w - y, L: sum(r^2)/(2*N)}
"""
LAYER = """
inputs: {x: {shape: [d, 1]}}
parameters: {W: {shape: [h, d]}, b: {shape: [h, 1]}}
nodes: {z: W @ x + b, a: sigmoid(z)}
upstream: da
"""
VECTORS = """
inputs: {x: {shape: [d]}}
parameters: {W: {shape: [h, d]}, v: {shape: [h]}}
nodes: {z: W @ x, L: v @ tanh(z)}
"""
NET = """
inputs: {X: {shape: [N, d]}, Y: {shape: [N, k]}}
parameters: {W1: {shape: [d, h]}, b1: {shape: [h]}, W2: {shape: [h, k]}, b2: {shape: [k]}}
nodes:
  H: relu(X @ W1 + b1)
  Z: H @ W2 + b2
  L: cross_entropy(Z, Y)
"""
CLASSES = """
inputs: {X: {shape: [N, d]}, c: {shape: [N]}}
parameters: {W: {shape: [d, k]}, g: {shape: [d]}}
nodes:
  M: layer_norm(X, g)
  L: cross_entropy(M @ W, c)
"""
ATTENTION = """
inputs: {Q: {shape: [n, d]}, K: {shape: [m, d]}, V: {shape: [m, p]}}
nodes: {S: Q @ K.T/sqrt(d), A: softmax(S), O: A @ V}
upstream: dO
"""
BATCH = """
inputs: {X: {shape: [B, n, d]}}
parameters: {W: {shape: [d, 2*d + 1]}, b: {shape: [2*d + 1]}}
nodes: {Y: X @ W + b, L: mean(Y^2)}
"""
POSITIVE = """
inputs: {x: {shape: [n]}, y: {shape: [m]}}
nodes:
  c: concat(x, y)
  L: sum(c*log(c))/(n + m)
"""
DOCUMENTS = {
    "linear": LINEAR, "layer": LAYER, "vectors": VECTORS, "net": NET, "classes": CLASSES, "attention": ATTENTION,
    "batch": BATCH, "positive": POSITIVE,
}  # fmt: skip


def graph_of(document: str) -> ArrayGraph:
    graph = read_graph(document, "g.yaml")
    assert isinstance(graph, ArrayGraph)
    return graph


def outline_of(document: str) -> Outline:
    return Outline.of(graph_of(document), Settings())


def sizes_of(written_sizes: str) -> Sizes:
    return tuple(size_of(parse(part)) for part in written_sizes.split())


# ---- sizes


def test_sizes_are_equal_where_they_are_the_same_polynomial() -> None:
    for one, other in (("d + h", "h + d"), ("2*(d + 1)", "d + d + 2"), ("d*h*d", "d*d*h"), ("2*3", "6")):
        assert size_of(parse(one)) == size_of(parse(other))
    for one, other in (("d", "h"), ("d + 1", "d"), ("d*h", "d + h"), ("2*d", "d")):
        assert size_of(parse(one)) != size_of(parse(other))


@pytest.mark.parametrize(
    ("sizes", "said", "entries"),
    [
        ("d", "d", "d"), ("h d", "h×d", "d*h"), ("3 d 2", "3×d×2", "6*d"), ("d+1 h", "(d + 1)×h", "d*h + h"),
        ("d+1", "d + 1", "d + 1"), ("2*d 1", "2*d×1", "2*d"), ("2 3", "2×3", "6"),
    ],
)  # fmt: skip
def test_how_sizes_are_written_and_how_many_entries_they_make(sizes: str, said: str, entries: str) -> None:
    found = sizes_of(sizes)
    assert shown(found) == said == "".join(part if isinstance(part, str) else text(part) for part in written(found))
    assert text(literal(volume(found))) == entries


def test_each_letter_has_a_prime_that_no_size_is() -> None:
    assert primes(["d", "h", "N"]) == {"d": 2, "h": 3, "N": 5}
    assert primes(["d", "h"], taken={2, 5}) == {"d": 3, "h": 7}


# ---- shapes


LEAVES: Mapping[str, Sizes] = {
    name: sizes_of(sizes)
    for name, sizes in {
        "X": "N d", "W": "d h", "b": "h", "v": "N", "r": "1 d", "c": "N 1", "A": "d d", "T": "B N d", "I": "N C m m",
    }.items()
}  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("X @ W", "N×h"), ("X @ W + b", "N×h"), ("W.T @ X.T", "h×N"), ("v @ X", "d"), ("X @ W @ b", "N"),
        ("v @ v", "a number"), ("X + r", "N×d"), ("c + r", "N×d"), ("c*X", "N×d"), ("2*relu(X)^2", "N×d"),
        ("T @ W", "B×N×h"), ("T + X", "B×N×d"), ("X/sqrt(d)", "N×d"), ("X[1]", "d"), ("X[1, 1]", "a number"),
        ("sum(X)", "a number"), ("sum(X, 1)", "d"), ("sum(T, -1)", "B×N"), ("mean(X, 2)", "N"), ("max(T, 2)", "B×d"),
        ("softmax(X)", "N×d"), ("cross_entropy(X, X)", "a number"), ("cross_entropy(X, v)", "a number"),
        ("concat(X, r)", "(N + 1)×d"), ("concat(X, X, 2)", "N×2*d"), ("flatten(T)", "B*N*d"),
        ("flatten(T, 2)", "B×N*d"), ("outer(v, b)", "N×h"), ("attention(X, X, X)", "N×d"), ("var(X, 1)", "d"),
        ("batch_norm(X)", "N×d"), ("batch_norm2d(I)", "N×C×m×m"), ("inv(A)", "d×d"), ("det(A)", "a number"),
        ("norm(v)", "a number"), ("max(0, X)", "N×d"), ("where(X > 0, X, r)", "N×d"), ("argmax(X, 2)", "N"),
    ],
)  # fmt: skip
def test_the_shape_of_a_formula(formula: str, said: str) -> None:
    lines = [
        f"  {name}: {{shape: [{', '.join(text(literal(size)) for size in sizes)}]}}" for name, sizes in LEAVES.items()
    ]
    outline = outline_of("\n".join(["inputs:", *lines, "nodes:", f"  z: '{formula}'"]))
    assert shown(outline.shapes["z"]) == said


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("W @ X", "d×h @ N×d does not fit: the inner sizes differ, h columns against N rows"),
        ("X + b", "N×d and h do not fit: axis -1 has the sizes d and h"),
        ("X*W", "N×d and d×h do not fit: axis -1 has the sizes d and h"),
        ("X*b", "N×d and h do not fit: axis -1 has the sizes d and h"),
        ("X + X.T", "N×d and d×N do not fit: axis -1 has the sizes d and N"),
        ("cross_entropy(X, W)", "the shapes must be equal, not N×d and d×h"),
        ("concat(X, W)", "N×d and d×h fit along axis 1 only if all other sizes are equal"),
        ("det(X)", "a square matrix is expected, but got N×d"),
        ("sum(X, 3)", "an array of shape N×d has no axis 3"),
        ("conv2d(A, A)", "conv2d is worked out where sizes are numbers, and not for d×d and d×d"),
        ("X[2, 1]", "whether it exists depends on the sizes of X, N×d"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_as_of_numbers(formula: str, said: str) -> None:
    shapes = Shapes(PLAIN, LEAVES)
    with pytest.raises(StepperError) as error:
        shapes(parse(formula))
    assert said in error.value.problems[0].what


def test_a_mismatch_stands_on_its_line() -> None:
    document = "inputs:\n  X: {shape: [N, d]}\n  W: {shape: [h, d]}\nnodes:\n  Y: X @ W\n"
    with pytest.raises(StepperError) as error:
        stepper.forward(document)
    (problem,) = error.value.problems
    assert problem.what == "in Y: X @ W: N×d @ h×d does not fit: the inner sizes differ, d columns against h rows"
    assert (problem.where and problem.where.line, problem.hint) == (5, "transpose the right side: .T")


SHAPES_OF_NUMBERS = [(2, 3), (3, 3), (4,), (2, 3, 4), (2, 3, 4, 5), (1, 3)]


@pytest.mark.parametrize("row", [row for row in ARRAYS if row.sizes], ids=lambda row: row.name)
def test_a_law_tells_the_shape_that_the_kernel_makes(row: object) -> None:
    """Of numbers, for which both work."""
    from stepper.tables.array import ArrayFunction

    assert isinstance(row, ArrayFunction)
    found, tried = law(row), 0
    assert found is not None
    parameters = row.signature()
    arrays = [name for name, _, kind in parameters if kind == "array"]
    for shape in SHAPES_OF_NUMBERS:
        for setting in (1, -1, 2):
            shapes = Shapes(PLAIN, dict.fromkeys(arrays, shape))
            arguments = [Sym(name) if kind == "array" else parse(str(setting)) for name, _, kind in parameters]
            try:
                call = Call(row.name, tuple(arguments))
                made = text(shapes.count(call)) if row.counts else shapes(call)
                told = found(*(shape if kind == "array" else setting for _, _, kind in parameters))
            except StepperError:
                continue
            assert made == (text(literal(volume(told))) if row.counts else told), (shape, setting)
            tried += 1
    assert tried


# ---- gradients


@pytest.mark.parametrize(
    ("document", "answers"),
    [
        (LINEAR, {"dL/dw": "X.T @ dL/dr", "shape(dL/dw)": "[d]"}),
        (
            LAYER,
            {
                "dL/dx": "W.T @ dL/dz", "shape(dL/dx)": "[d, 1]", "dL/dW": "dL/dz @ x.T", "shape(dL/dW)": "[h, d]",
                "dL/db": "dL/dz", "shape(dL/db)": "[h, 1]",
            },
        ),
        (
            VECTORS,
            {
                "dL/dx": "W.T @ dL/dz", "shape(dL/dx)": "[d]", "dL/dW": "outer(dL/dz, x)", "shape(dL/dW)": "[h, d]",
                "dL/dv": "tanh(z)", "shape(dL/dv)": "[h]",
            },
        ),
        (
            NET,
            {
                "dL/dW1": "X.T @ (dL/dH ⊙ where(X @ W1 + b1 > 0, 1, 0))", "shape(dL/dW1)": "[d, h]",
                "dL/db1": "sum(dL/dH ⊙ where(X @ W1 + b1 > 0, 1, 0), 1)", "shape(dL/db1)": "[h]",
                "dL/dW2": "H.T @ dL/dZ", "shape(dL/dW2)": "[h, k]", "dL/db2": "sum(dL/dZ, 1)", "shape(dL/db2)": "[k]",
            },
        ),
        (
            ATTENTION,
            {
                "dL/dQ": "dL/dS/sqrt(d) @ K", "shape(dL/dQ)": "[n, d]",
                "dL/dK": "(dL/dS/sqrt(d)).T @ Q", "shape(dL/dK)": "[m, d]",
                "dL/dV": "A.T @ dL/dO", "shape(dL/dV)": "[m, p]",
            },
        ),
    ],
)  # fmt: skip
def test_gradients_are_formulas_with_shapes(document: str, answers: dict[str, str]) -> None:
    names = [key[len("dL/d") :] for key in answers if not key.startswith("shape")]
    found = stepper.backprop(document, wrt=names)
    assert {name: str(answer) for name, answer in found.answers.items()} == answers
    assert all(check.ok for check in found.derivation.checks)


def test_softmax_and_cross_entropy_give_the_difference_over_the_rows() -> None:
    """dL/dZ = (softmax(Z) - Y)/N under its condition, which is said; without it the sums of the rows stand there."""
    shown_text = str(stepper.backprop(NET, wrt="all").to("text"))
    assert "dL/dZ  = (softmax(Z) ⊙ (Σ(Y, 2)·𝟏ᵀ) - Y)/N   (N×k)" in shown_text
    assert "dL/dZ  = (softmax(Z) - Y)/N   (where each row of Y sums to 1)" in shown_text
    assert "entry by entry, at N = 2" in shown_text
    assert "N, d, k and h are sizes, any integers above 0" in shown_text


def test_a_step_is_written_with_the_gradient() -> None:
    assert "w′ = w - 0.1·dL/dw" in str(stepper.backprop(LINEAR, wrt="w", lr="1/10").to("text"))


@given(
    document=st.sampled_from(sorted(DOCUMENTS)),
    numbers=st.lists(st.integers(min_value=1, max_value=4), min_size=4, max_size=4),
)
@settings(max_examples=40, deadline=None)
def test_gradients_in_letters_are_those_of_the_same_document_with_numbers(document: str, numbers: list[int]) -> None:
    """At any sizes, those of 1 with their broadcasting too."""
    outline = outline_of(DOCUMENTS[document])
    sizes = dict(zip(outline.graph.letters, numbers, strict=False))
    trial = Trial(outline, sizes)
    wrt = list(outline.graph.leaves)
    wrt = [name for name in wrt if name != "c"]  # the numbers of classes
    lettered = trial.gradients(Gradients(outline, wrt))
    plain = ArrayGradients(trial.board, wrt)
    for name in wrt:
        assert lettered.arrays[name].shape == plain.arrays[name].shape == trial.board.shapes[name]
        one, other = ([float(str(_number(entry))) for entry in part.arrays[name].ravel()] for part in (lettered, plain))
        assert np.allclose(one, other, rtol=1e-12, atol=1e-12)


def _number(entry: object) -> float:
    if isinstance(entry, Exact):
        return float(entry)
    expr = entry_expr(entry)
    return float(expr.number)  # type: ignore[union-attr]


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
def test_shapes_in_letters_are_those_with_numbers(document: str) -> None:
    outline = outline_of(DOCUMENTS[document])
    trial = Trial(outline)
    for name, shape in outline.shapes.items():
        lines = "\n".join(f"  s{axis}: {text(literal(size))}" for axis, size in enumerate(shape))
        if shape:
            values = stepper.forward(f"inputs: {dict(trial.sizes)}\nnodes:\n{lines}").answers
            assert tuple(values[f"s{axis}"] for axis in range(len(shape))) == trial.board.shapes[name]


def test_the_check_sees_a_wrong_formula() -> None:
    """What is printed is what is checked."""
    from stepper.engine.tensor.checks import checks_of

    trial = Trial(outline_of(LINEAR))
    right = trial.gradients(Gradients(trial.outline, ["w"]))
    assert [check.ok for check in checks_of(right, ["w"])] == [True]
    wrong = Tried(trial.board, ["w"], {**right.written, "w": parse("2*(X.T @ dL/dr)")})
    assert [check.ok for check in checks_of(wrong, ["w"])] == [False]


def test_a_function_without_a_formula_is_checked_by_no_numbers() -> None:
    found = stepper.backprop("inputs: {x: {shape: [n]}}\nfunctions: {f(x): }\nnodes: {L: sum(f(x))}", wrt="x")
    assert [check.ok for check in found.derivation.checks] == [None]
    assert stepper.forward("inputs: {x: {shape: [n]}}\nfunctions: {f(x): }\nnodes: {L: sum(f(x))}").answers["L"]


def test_a_logarithm_is_tried_at_numbers_above_0() -> None:
    found = stepper.backprop("inputs: {x: {shape: [n]}}\nnodes: {L: sum(log(x))}", wrt="x")
    assert [check.ok for check in found.derivation.checks] == [True]


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("document", ["net", "positive"])
def test_every_format_writes_it(name: str, document: str) -> None:
    solution = stepper.backprop(DOCUMENTS[document], wrt="all")
    try:
        assert solution.to(name)
    except StepperError as error:
        assert "matplotlib" in str(error) or "picture" in str(error)


def test_the_drawing_holds_shapes() -> None:
    drawn = str(stepper.draw(NET).to("text"))
    assert "N×d" in drawn
    assert "∂ d×h" in drawn


# ---- numbers for letters


def test_numbers_for_all_letters_make_a_graph_of_numbers() -> None:
    graph = with_values(graph_of(BATCH), ["B=2,n=1,d=2"])
    assert isinstance(graph, ArrayGraph)
    assert not graph.letters
    assert {name: getattr(leaf, "shape", ()) for name, leaf in graph.leaves.items()} == {
        "X": (2, 1, 2), "W": (2, 5), "b": (5,)
    }  # fmt: skip
    plain = BATCH.replace("2*d + 1", "5").replace("B", "2").replace("n,", "1,").replace("d]", "2]").replace("[d", "[2")
    assert (
        stepper.backprop(BATCH, wrt="b", values={"B": 2, "n": 1, "d": 2}).answers
        == stepper.backprop(plain, wrt="b").answers
    )


def test_a_sum_of_numbers_is_a_size_without_letters() -> None:
    assert stepper.forward("inputs: {x: {shape: [1 + 2*2]}}\nnodes: {L: sum(0*x + 1)}", x=[0] * 5).answers["L"] == 5


def test_numbers_for_some_letters_leave_the_others() -> None:
    found = stepper.backprop(NET, wrt="W2", values={"N": 10})
    assert found.answers["shape(dL/dW2)"] == "[h, k]"
    assert "10×h" in str(found.to("text"))


def test_a_letter_is_a_number_in_formulas() -> None:
    found = stepper.forward(LINEAR, N=2, d=1, X="[[1], [2]]", y="[0, 0]", w="[3]")
    assert found.answers["L"] == (9 + 36) / 4


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("N=0", "--set N: it is a size, but '0' is not an integer above 0"),
        ("N=1/2", "--set N: it is a size, but '1/2' is not an integer above 0"),
        ("N=M", "--set N: it is a size, but 'M' is not an integer above 0"),
        ("w=[1,2]", "--set w: its sizes are letters, which come first"),
        ("N=10000000,d=2", "X is an array of 20,000,000 entries, which is too large"),
    ],
)
def test_what_is_no_size_is_refused(told: str, said: str) -> None:
    with pytest.raises(StepperError) as error:
        with_values(graph_of(LINEAR), [told])
    assert error.value.problems[0].what == said


# ---- what is refused


@pytest.mark.parametrize(
    ("leaves", "said"),
    [
        ("x: {shape: [d]}, d: 3", "'d' is a size here, and the name of something else"),
        ("x: {shape: [L]}", "'L' is a size here, and the name of something else"),
        ("x: {shape: [pi]}", "'pi' is a size here, and the name of something else"),
        ("x: {shape: [n - 1]}", "'shape:' is a list of sizes, which are numbers or letters"),
        ("x: {shape: [0]}", "'shape:' is a list of sizes, which are numbers or letters"),
        ("x: {shape: [n/2]}", "'shape:' is a list of sizes, which are numbers or letters"),
        ("x: {shape: n}", "'shape:' is a list of sizes, which are numbers or letters"),
        ("x: {shape: [n], fill: ones}", "an array whose sizes are letters is not filled"),
    ],
)
def test_what_is_no_shape_is_refused(leaves: str, said: str) -> None:
    with pytest.raises(StepperError) as error:
        graph_of(f"inputs: {{{leaves}}}\nnodes: {{L: sum(x)}}")
    assert error.value.problems[0].what == said


@pytest.mark.parametrize(
    "options", [{"second": True}, {"gates": True}, {"verify": True}, {"simplify": True}, {"round_steps": 2}]
)
def test_what_takes_numbers_is_refused_with_a_hint(options: dict[str, bool]) -> None:
    with pytest.raises(StepperError) as error:
        stepper.backprop(LINEAR, wrt="w", **options)  # type: ignore[arg-type]
    (problem,) = error.value.problems
    assert problem.what == "N and d are sizes without a number, but this is worked out for numbers only"
    assert problem.hint == "such as N=2,d=3"


@pytest.mark.parametrize(
    ("document", "asked", "said"),
    [
        (
            LINEAR,
            {"wrt": "w[1]"},
            "w[1] is an entry, which is worked out where all sizes are numbers; here N and d are sizes",
        ),
        (LAYER, {"wrt": "W", "of": "a[1,1]"}, "a[1, 1] is an entry, which"),
        (LINEAR + "given: {r: [1, 2]}", {"wrt": "w"}, "r is given, which is worked out where all sizes are numbers"),
        (LAYER.replace("upstream: da", ""), {"wrt": "W"}, "the output a is an array of h×1, so the upstream gradient"),
        (LAYER.replace("upstream: da", "upstream: [1, 2]"), {"wrt": "W"}, "upstream has the shape 2, and a h×1"),
        (CLASSES, {"wrt": "c"}, "c is the index of a class or a row, and an index has no gradient"),
        (LINEAR.replace("r^2", "sqrt(r - 99)"), {"wrt": "w"}, "at N = 2 and d = 3 with random entries, in L: "),
        (
            "inputs: {x: {shape: [n]}}\nnodes: {L: prod(x)}",
            {"wrt": "x"},
            "in L: the gradient of prod is worked out entry by entry, where sizes are numbers",
        ),
    ],
)
def test_what_is_not_worked_in_letters_is_said(document: str, asked: dict[str, str], said: str) -> None:
    with pytest.raises(StepperError) as error:
        stepper.backprop(document, **asked)  # type: ignore[arg-type]
    assert error.value.problems[0].what.startswith(said)


def test_training_takes_numbers() -> None:
    with pytest.raises(StepperError) as error:
        stepper.train(LINEAR, lr=0.1)
    assert error.value.problems[0].hint == "such as N=2,d=3"


def test_the_output_itself_may_be_asked_about() -> None:
    assert stepper.backprop(VECTORS, wrt="L").answers == {"dL/dL": 1}
    assert str(stepper.backprop(LAYER, wrt="a").answers["dL/da"]) == "da"


def test_is_whole() -> None:
    assert is_whole((2, 3))
    assert is_whole(())
    assert not is_whole(sizes_of("2 d"))


def test_a_gradient_without_a_path_is_0() -> None:
    document = "inputs: {x: {shape: [d]}, v: {shape: [h]}}\nnodes: {q: sum(v), L: x @ x}\noutput: L"
    found = stepper.backprop(document, wrt=["x", "v"])
    assert {name: str(answer) for name, answer in found.answers.items()} == {
        "dL/dx": "2*x", "shape(dL/dx)": "[d]", "dL/dv": "0", "shape(dL/dv)": "[h]"
    }  # fmt: skip


# ---- answers beside them


@pytest.mark.parametrize(
    ("key", "written_answer", "verdict", "note"),
    [
        ("z", "W @ x + b", Verdict.RIGHT, ""),
        ("dL/dW", "dL/dz @ x.T", Verdict.RIGHT, ""),
        ("dL/dW", "da*a*(1 - a) @ x.T", Verdict.UNDECIDED, "they agree at d = 2 and h = 3 with random entries, and no"),
        ("dL/db", "dL/da*a*(1 - a)", Verdict.OTHER_FORM, ""),
        ("dL/db", "dL/da*a", Verdict.WRONG, "they differ at d = 2 and h = 3 with random entries"),
        ("dL/dW", "dL/dz", Verdict.WRONG, "it is h×d, and what is written h×1"),
        ("shape(dL/dW)", "[h, d]", Verdict.RIGHT, ""),
        ("shape(dL/dW)", "h×d", Verdict.RIGHT, ""),
        ("shape(W.T)", "d x h", Verdict.RIGHT, ""),
        ("shape(dL/dW)", "[d, h]", Verdict.WRONG, "[1] is h, not d, [2] is d, not h"),
        ("shape(dL/dz)", "[h]", Verdict.WRONG, "it has 2 axes, and what is written 1"),
    ],
)
def test_answers_are_judged_in_letters(key: str, written_answer: str, verdict: Verdict, note: str) -> None:
    finding = LetteredAnswers(graph_of(LAYER), Case({}), Patience()).finding(key, written_answer)
    assert finding.judgement.verdict is verdict
    said = "".join(part if isinstance(part, str) else text(part) for part in finding.judgement.note)
    assert said.startswith(note) if note else not said


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("dL/dq", "'q' is neither a leaf nor a node of this graph"),
        ("dq/dW", "'q' is not a node of this graph, and so has no gradient"),
        ("dL/dW[1, 2]", "W[1, 2] is an entry, which is worked out where all sizes are numbers; here d and h are sizes"),
        ("dz/dW", "the output z is an array of h×1, so the upstream gradient must be given"),
    ],
)
def test_what_is_asked_of_no_gradient_is_said(key: str, said: str) -> None:
    with pytest.raises(StepperError) as error:
        LetteredAnswers(graph_of(LAYER), Case({}), Patience()).finding(key, "0")
    assert error.value.problems[0].what == said


def test_a_document_with_answers_is_checked() -> None:
    document = LINEAR + "answers: {one: {dL/dw: X.T @ dL/dr, shape(dL/dw): '[d]', shape(X @ w): '[N]'}}"
    graph = graph_of(document)
    outcome = examine(graph, graph.items[0])
    assert [finding.judgement.verdict for finding in outcome.findings] == [Verdict.RIGHT] * 3
    assert not outcome.problems
