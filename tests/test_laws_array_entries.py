"""Laws of single entries of arrays, of given ones, and of what stands in boxes and in the table of checks."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Sym, add_all
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Table
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.checks import checks_of
from stepper.engine.tensor.drawing import arrays, known_arrays
from stepper.engine.tensor.forward import forward
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.writing import _is_long
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.given import with_values
from tests.test_laws_array_shown import graph_of, links, notes, said, step_of

# ---- one entry


def test_which_entries_read_one() -> None:
    graph = graph_of("X: [[1, 2], [3, 4]], w: [5, 6]", "Y: 'X ⊙ w', L: 'sum(Y*Y)'")
    reads, total = (step_of(backward(graph, ["w[2]"], Settings()), f"element.{rule}:w[2]") for rule in ("reads", "sum"))
    assert (reads.detail, total.detail) == ("brief", "brief")
    assert notes(reads) == ["2 of the 4 entries of Y use w[2]"]
    (table,) = [block for block in reads.body if isinstance(block, Table)]
    assert [tuple(map(said, row)) for row in table.rows] == [
        ("Y[1, 2]", "∂Y[1, 2]/∂w[2] = X[1, 2]"),
        ("Y[2, 2]", "∂Y[2, 2]/∂w[2] = X[2, 2]"),
    ]
    assert [text(side) for side in links(total)] == ["dL/dY[1, 2]*X[1, 2] + dL/dY[2, 2]*X[2, 2]", "24*2 + 48*4", "240"]


@pytest.mark.parametrize(("count", "rows"), [(39, 39), (40, 40), (41, 40)])
def test_up_to_forty_entries_that_read_one_are_listed(count: int, rows: int) -> None:
    derivation = backward(
        graph_of(f"x: {{shape: [{count}], fill: ones}}, w: [5]", "Y: 'x*w', L: 'sum(Y)'"), ["w[1]"], Settings()
    )
    (table,) = [block for block in step_of(derivation, "element.reads:w[1]").body if isinstance(block, Table)]
    assert len(table.rows) == rows
    assert text(derivation.answers[0].expr) == str(count)


def test_an_entry_that_is_read_in_a_long_formula_has_its_number_alone() -> None:
    derivation = backward(
        graph_of("x: {shape: [160], fill: ones}", "Y: '[1, 2]*sum(x*x)', L: 'sum(Y)'"), ["x[2]"], Settings()
    )
    step = step_of(derivation, "element.sum:x[2]")
    assert step.detail == "brief"
    assert notes(step) == ["the entries of Y are too long to be written out; dL/dx[2] = 6"]
    assert not [step for _, step in derivation.walk() if step.rule == "element.reads"]
    derivation = backward(
        graph_of("x: [1, 2], M: [[1]]", "Y: 'x*x'", "output: Y\nupstream: '[1, 2]'\n"), ["Y[2]"], Settings()
    )
    assert not [step for _, step in derivation.walk() if step.rule.startswith("element")]
    assert text(derivation.answers[0].expr) == "2"


def test_parts_of_long_formulas_are_named_one_after_the_other() -> None:
    board = Board(
        graph_of(
            "x: {shape: [160], fill: ones}", "y: 'x - mean(x)', s: 'sum(x*x)', z: 'sum(x*x)*x[1] + sum(x)*[1, 2]'"
        ),
        Settings(),
    )
    assert board.formulas["z"].shape == (2,)
    assert list(board.parts["z"]) == ["part_z_1", "part_z_2"]
    assert [text(board.parts["z"][name])[:22] for name in board.parts["z"]] == [
        "x[1]*x[1] + x[2]*x[2] ",
        "x[1] + x[2] + x[3] + x",
    ]
    assert list(board.parts["y"]) == ["part_y_1"]
    assert list(board.parts["s"]) == []  # all of a formula is the entry itself


# ---- given nodes


@pytest.mark.parametrize(("names", "long"), [(1, False), (149, False), (150, True), (200, True)])
def test_a_part_of_more_than_150_pieces_is_long(names: int, long: bool) -> None:
    """Names, and the sum of them."""
    assert _is_long(add_all([("+", Sym(f"x{place}")) for place in range(names)])) is long


def test_the_line_of_a_given_node() -> None:
    graph = graph_of("x: [1, 2, 3]", "h: '2*x', u: 'h + 1', L: 'sum(h*u)'", "output: L\n")
    told, whole_told = with_values(graph, ["h[2]=20", "u[1]=7", "h[3]=5"]), with_values(graph, ["h=[1, 1, 1]"])
    assert isinstance(told, ArrayGraph)
    assert isinstance(whole_told, ArrayGraph)
    derivation = forward(told, Settings())
    assert notes(step_of(derivation, "forward.node:h")) == ["of h are given: h[2] and h[3]; the others are worked out"]
    assert [text(side) for side in links(step_of(derivation, "forward.node:h"))] == ["[2, 20, 5]"]
    assert step_of(derivation, "forward.node:h").detail == "brief"
    assert notes(step_of(derivation, "forward.node:u")) == ["of u are given: u[1]; the others are worked out"]
    whole = forward(whole_told, Settings())
    assert text(links(step_of(whole, "forward.node:h"))[0]) == "[1, 1, 1]"
    assert text(whole.answers[-1].expr) == "6"


def test_a_larger_array_that_is_given_as_a_whole() -> None:
    graph = graph_of("x: {shape: [101], fill: ones}, M: [[1]]", "h: '2*x', L: 'sum(h)'", "output: L\n")
    told = with_values(graph, [f"h=[{', '.join(['3'] * 101)}]"])
    assert isinstance(told, ArrayGraph)
    step = step_of(forward(told, Settings()), "forward.node:h")
    assert notes(step) == [
        "h is given",
        f"h begins 3, 3, 3, 3, …; the root of the sum of its squares is {(9 * 101) ** 0.5}",
    ]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"h[1]": "5"}, "h[1] is given, and it is 2×2"), ({"h[3, 1]": "5"}, "h[3, 1] is given, and it is 2×2"),
        ({"h[0, 1]": "5"}, "h[0, 1] is given, and it is 2×2"),
        ({"h[1, 1, 1]": "5"}, "h[1, 1, 1] is given, and it is 2×2"),
        ({"h": "5"}, "it is given as a number, and by its formula it is 2×2"),
        ({"h": "[[1, 2]]"}, "it is given as 1×2, and by its formula it is 2×2"),
    ],
)  # fmt: skip
def test_what_is_given_must_fit(given: dict[str, str], what: str) -> None:
    graph = graph_of("X: [[1, 2], [3, 4]], z: {shape: [2]}", "h: '2*X', u: '3*z'", "output: h\n")
    with pytest.raises(StepperError) as caught:
        _ = Board(replace(graph, given={name: parse(value) for name, value in given.items()}), Settings()).known
    assert what in caught.value.problems[0].what
    with pytest.raises(StepperError, match=r"u\[1\] is given, and the other entries have no numbers"):
        _ = Board(replace(graph, given={"u[1]": parse("2")}), Settings()).known


def test_each_part_of_a_derivation_is_shown_in_brief() -> None:
    graph = graph_of("X: [[1, 2]], w: [3, 4]", "Y: 'X @ w', L: 'sum(Y*Y)'", "output: L\n")
    derivation = backward(graph, ["X", "w[1]"], Settings(lr=Fraction(1, 10)))
    brief = [step.id for _, step in derivation.walk() if step.detail == "brief"]
    assert [name for name in brief if "drawing" not in name] == [
        "forward.pass", "forward.node:Y", "forward.node:L", "backward.pass", "backward.array:Y", "backward.array:X",
        "backward.array:w", "element.reads:w[1]", "element.sum:w[1]", "check.difference", "update.gradient_step",
    ]  # fmt: skip


# ---- drawings and checks


@pytest.mark.parametrize(
    ("value", "drawn"),
    [
        ("3", "3"), ("[1, 2, 3]", "[1, 2, 3]"), ("[1, 2, 3, 4]", "4 numbers"), ("[[1, 2]]", "1×2"),
        ("{shape: [2]}", "2 numbers"),
        ("{shape: [1, 2, 2]}", "1×2×2"),
        ("[5]", "[5]"),
    ],
)  # fmt: skip
def test_what_stands_in_a_box(value: str, drawn: str) -> None:
    """Up to three numbers of a list, else the shape, which the gradient has too."""
    known = known_arrays(Board(graph_of(f"x: {value}, y: [[1]]", "L: 'sum(1*x) + sum(y)'"), Settings()))
    assert said(known.values["x"]) == drawn
    gradients = arrays(graph_of(f"x: {value}, y: [[1]]", "L: 'sum(1*x) + sum(y)'"), Settings()).gradients
    assert said(gradients["x"]) == {"3": "1", "[1, 2, 3]": "[1, 1, 1]", "[5]": "[1]", "2 numbers": "[1, 1]"}.get(
        drawn, drawn
    )
    alone = arrays(graph_of("x: [[1, 2]]", "Z: 'x*2'"), Settings())
    assert not alone.gradients  # an array, at which no gradient arrives


@pytest.mark.parametrize("inputs", ["X: [[1, 2]]", "X: {shape: [1, 2]}", "X: {shape: [1, 3000], fill: ones}"])
@pytest.mark.parametrize(
    ("called", "written"), [("f(X)*X", "(X*X + 1)*X"), ("f(2*X) - 1", "4*X*X"), ("X + f(3)", "X + 10")]
)
def test_functions_of_the_document_are_worked_entry_by_entry(inputs: str, called: str, written: str) -> None:
    """As what they are defined to be."""
    functions = "output: L\nfunctions: {f(t): t^2 + 1}\n"
    boards = [
        Board(graph_of(inputs, f"h: '{formula}', L: 'sum(h*X)'", functions), Settings())
        for formula in (called, written)
    ]
    found, wanted = (ArrayGradients(board, ["X"]) for board in boards)
    (check,) = checks_of(found, ["X"])
    assert check.ok is True
    assert "shape: [1, 2]" in inputs or (found.arrays["X"] == wanted.arrays["X"]).all()


@pytest.mark.parametrize("formula", ["g(X)", "2*g(X)*X", "X - f(X)"])
def test_a_function_without_a_definition_stays_among_letters_and_has_no_numbers(formula: str) -> None:
    functions = "output: L\nfunctions: {g: , f(t): g(t) + t}\n"
    letters = graph_of("X: {shape: [1, 2]}", f"h: '{formula}', L: 'sum(h*X)'", functions)
    found = backward(letters, ["X"], Settings())
    assert "g" in text(found.answers[0].expr)
    assert [(check.ok, check.name) for check in found.checks] == [(None, "not by numbers: a function is unspecified")]
    for given in ("X: [[1, 2]]", "X: {shape: [1, 3000], fill: ones}"):
        numbered = graph_of(given, f"h: '{formula}', L: 'sum(h*X)'", functions)
        with pytest.raises(StepperError, match="in h: a function is unspecified, and so has no numbers"):
            forward(numbered, Settings())
        with pytest.raises(StepperError, match=": in h: a function is unspecified, and so has no numbers"):
            backward(numbered, ["X"], Settings())


@pytest.mark.parametrize(
    ("nodes", "what"),
    [
        ("h: 'X/z', L: 'sum(2*h)'", "in h: X/z divides by zero"),
        ("h: '2*X', L: 'sum(h)/z'", "in L: sum(h)/z divides by zero"),
        ("h: 'log(X*z)', L: 'sum(h)'", "in h: log(0) is not defined"),
        ("h: 'sqrt(z*X)', L: 'sum(h)'", "in h: dL/dh*1/(2*h)*z divides by zero"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_told_of_one_node(nodes: str, what: str) -> None:
    """That whose value it is, or through which its gradient comes."""
    with pytest.raises(StepperError) as caught:
        backward(graph_of("X: [[1, 2]], z: 0", nodes, "output: L\n"), ["X"], Settings())
    assert caught.value.problems[0].what.startswith(what)


def test_what_a_function_does_not_depend_on_has_the_gradient_0() -> None:
    """Not the sum of zeros, though it is repeated."""
    functions = "functions: {'f(u, v)': 'u^2 + 0*v'}\noutput: L\n"
    derivation = backward(graph_of("X: [[1, 2]], k: 3", "L: 'sum(f(X, k)) + 0*k'", functions), ["X", "k"], Settings())
    assert [text(answer.expr) for answer in derivation.answers] == ["[[2, 4]]", "0"]
    assert [text(side) for side in links(step_of(derivation, "backward.array:k"))] == ["0"]
    assert [check.ok for check in derivation.checks] == [True, True]


MASK = "[[1, 0], [1, 1]]"
LETTERS = "{shape: [2, 2]}"


@pytest.mark.parametrize(
    ("formula", "first", "second", "reads"),
    [
        ("masked_softmax(X, M)", MASK, MASK, {"M"}), ("masked_softmax(X, N)", LETTERS, MASK, {"N"}),
        ("masked_softmax(X, M)", LETTERS, MASK, None), ("masked_softmax(X, M) + N", MASK, LETTERS, {"M"}),
        ("masked_softmax(X, M) + masked_softmax(2*X, N)", MASK, MASK, {"X", "M", "N"}),
        ("masked_softmax(X, M) + masked_softmax(2*X, N)", MASK, LETTERS, None),
        ("X ⊙ M", LETTERS, MASK, set()),
    ],
)  # fmt: skip
def test_a_mask_must_have_numbers_and_what_reads_two_of_them_has_its_own(
    formula: str, first: str, second: str, reads: set[str] | None
) -> None:
    """With one mask the entries are formulas of the other names; with two they stand as their numbers."""
    board = Board(graph_of(f"X: [[1, 2], [3, 4]], M: {first}, N: {second}", f"Y: '{formula}'"), Settings())
    if reads is None:
        with pytest.raises(StepperError, match="in Y: a mask is 0 or 1, and this one has no numbers"):
            _ = board.formulas
    else:
        assert board.formulas["Y"].shape == (2, 2)
        assert board.opaque["Y"] == reads
