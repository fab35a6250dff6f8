"""Laws of what a derivation says in words: what comes before it, why a gradient is zero, how many paths there are."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.prose import Prose
from stepper.core.steps import Derivation
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.backward import backward
from stepper.engine.graph.chain_rule import counted
from stepper.engine.graph.gates import split
from stepper.engine.graph.why_zero import why_zero
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.read.given import with_values
from stepper.read.program import read_program
from tests.helpers import derive, graph_of


def words(said: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in said)


def told(graph: Graph, *wrt: str) -> list[str]:
    return [words(line) for line in backward(graph, wrt, Settings()).said()]


def at(program: str, values: str) -> Graph:
    return with_values(read_program(program, "-e"), [values])


# ---- before the derivation

ON = ", not worked out; derivatives still pass through "


def given(count: int) -> Graph:
    """Nodes h0, h1, ... that are given as 0, 1, ..."""
    formulas = "".join(f"  h{place}: {place + 1}*x\n" for place in range(count))
    total, values = (
        " + ".join(f"h{place}" for place in range(count)),
        ", ".join(f"h{place}: {place}" for place in range(count)),
    )
    return graph_of(f"inputs: {{x: 1}}\nnodes:\n{formulas}  L: {total}\ngiven: {{{values}}}\n")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, f"h0 = 0 is given{ON}its formula, at the values of its inputs"),
        (2, f"h0 = 0 and h1 = 1 are given{ON}their formulas, at the values of its inputs"),
        (12, "h10 = 10 and h11 = 11 are given"),
        (13, "h10 = 10, h11 = 11 and 1 more are given"),
        (15, "h10 = 10, h11 = 11 and 3 more are given"),
    ],
)
def test_what_is_given_is_said_first(count: int, said: str) -> None:
    (line,) = told(given(count), "x")
    assert said in line
    assert line.startswith("h0 = 0")


def test_each_function_that_is_called_is_defined_once_and_those_that_it_calls_after_it() -> None:
    """In order of appearance, of the nodes before the output alone."""
    document = """
        inputs: {x: 2, y: 3}
        functions: {sq(t): "swish(t)^2", un(t): t, none(t): }
        nodes:
          h: relu(x) + relu(y) + sq(x) + 0*none(y)
          f: tanh(h) + mse([h], [y]) + softmax([x, y])[1]
          z: sigmoid(x)
        output: f
        """
    assert told(graph_of(document), "x") == [
        "relu(x) = where(x > 0, x, 0)",
        "sq(t) = silu(t)^2",
        "mse(yhat, y) = sum((yhat - y)^2)/n: the mean over the n outputs",
        "softmax(x)[i] = exp(x[i])/sum(exp(x))",
        "silu(x) = x*sigmoid(x)",
        "sigmoid(x) = 1/(1 + exp(-x))",
    ]


@pytest.mark.parametrize(
    ("document", "said", "notation"),
    [
        ("edges: [x -> b -> L]\nlocal: {'x -> b': 3}", [], {}),
        (
            "nodes: {k: relu(x)}\nedges: [k -> L]\nlabels: {x: alpha}",
            ["relu(x) = where(x > 0, x, 0)"],
            {"relu": "ReLU", "x": "alpha"},
        ),
        ("functions: {f(t): }\nnodes: {L: f(x) + floor(x)}", [], {"floor": "⌊…⌋"}),
    ],
)
def test_nodes_and_functions_without_a_formula_have_nothing_to_define(
    document: str, said: list[str], notation: dict[str, str]
) -> None:
    derivation = derive(f"inputs: {{x: 2.5}}\n{document}\n", "x")
    assert ([words(line) for line in derivation.said()], derivation.notation) == (said, notation)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("kl([0.5, 0.5], [x, 0.3])", "expects [x, 0.3] to be probabilities that sum to 1, and here they sum to 2.3"),
        ("kl([0.5, 0.6], [x, u])", "expects [0.5, 0.6] to be probabilities that sum to 1, and here they sum to 1.1"),
        ("kl([0.5, 0.5], [x, u])", ""),
        ("bce(x/4, 2)", "expects 2 to be a probability from 0 to 1, and here it is 2"),
        ("bce(x/4, u)", ""),
        # not where it does not exist, in a case that does not hold
        ("where(x < 0, kl([0.5, 0.5], [log(-x), 0.7]), x)", ""),
    ],
)
def test_what_a_loss_is_given_is_remarked_on_where_all_its_numbers_are_known(formula: str, said: str) -> None:
    lines = told(graph_of(f"inputs: {{x: 2, u: }}\nnodes:\n  L: {formula}\n"), "x")
    assert [line.partition(") ")[2] for line in lines if " takes " in line or " expects " in line] == (
        [said] if said else []
    )


def test_a_circuit_says_what_was_split_and_which_gates_read_a_wire_twice() -> None:
    assert told(split(read_program("f = x*x + 3*x; k = f*f; m = k", "-e")), "x") == [
        "f = x*x + 3*x is split into gates of one operation each",
        "k = f*f is split into gates of one operation each",
        "g1 uses x twice, through two wires: partial(g1, x, 1) and partial(g1, x, 2)",
        "k uses f twice, through two wires: partial(k, f, 1) and partial(k, f, 2)",
    ]
    aside = replace(split(read_program("f = x*x + 3*x; k = y*y", "-e")), output="k")
    split_up = "k = y*y is split into gates of one operation each"
    assert told(aside, "y") == [split_up, "k uses y twice, through two wires: partial(k, y, 1) and partial(k, y, 2)"]


TAKEN = ", the slope PyTorch takes there"


@pytest.mark.parametrize(
    ("program", "values", "asked", "said"),
    [
        ("f = relu(x)", "x=0", "x", [f"x = 0 is a kink of f: ∂f/∂x is 0 on the left and 1 on the right; taken: "
                                     f"0{TAKEN}"]),
        (
            "f = relu(x*y) + abs(x - z)", "x=1,y=0,z=1", "x y z",
            [f"x*y = 0 is a kink of relu(x*y): its slope is 0 for x*y < 0 and 1 for x*y > 0; taken: 0{TAKEN}."
             " It matters for df/dx and df/dy",
             f"x - z = 0 is a kink of abs(x - z): its slope is -1 for x - z < 0 and 1 for x - z > 0; taken: 0{TAKEN}."
             " It matters for df/dx and df/dz"],
        ),
        (
            "h = relu(x); k = relu(y); f = h + 2*k", "x=0,y=0", "x",
            [f"x = 0 is a kink of h: ∂h/∂x is 0 on the left and 1 on the right; taken: 0{TAKEN}",
             f"y = 0 is a kink of k: ∂k/∂y is 0 on the left and 1 on the right; taken: 0{TAKEN}. It does not matter "
             f"for df/dx"],
        ),
        # of a maximum the slope for the one asked about alone
        ("f = max(x, y)", "x=1,y=1", "y", [f"y = x is a kink of f: ∂f/∂y is 0 on the left and 1 on the right; taken: "
                                           f"1/2{TAKEN}"]),
        (
            "f = max(x, y)", "x=1,y=1", "x y",
            [f"x = y is a kink of f: ∂f/∂x is 0 on the left and 1 on the right; taken: 1/2{TAKEN}. It matters for "
             f"df/dx",
             f"y = x is a kink of f: ∂f/∂y is 0 on the left and 1 on the right; taken: 1/2{TAKEN}. It matters for "
             f"df/dy"],
        ),
        (
            "f = max(x, y, z)", "x=1,y=1,z=1", "x",
            ["x = y = z is a kink of f: 3 arguments are equal, and share the slope; taken for each: 1/3"],
        ),
        (
            "f = hinge(x*y, z)", "x=1,y=1,z=1", "z",
            [f"z*(x*y) = 1 is a kink of f: ∂f/∂z is -1 for z*(x*y) < 1 and 0 for z*(x*y) > 1; taken: 0{TAKEN}"],
        ),
        (
            "f = leaky_relu(x - z, 1/4)*2", "x=1,z=1", "x",
            ["x - z = 0 is a kink of leaky_relu(x - z, 1/4): its slope for x - z is 1/4 for x - z < 0 and 1 for x - z "
             "> 0;"
             f" taken: 1/4{TAKEN}"],
        ),
        (
            "f = relu(floor(x))*y + y", "x=0,y=1", "y",
            [f"x = 0 is a jump of floor(x), from -1 to 0: no derivative exists there; taken: 0{TAKEN}. It does not "
             f"matter for df/dy",
             f"floor(x) = 0 is a kink of relu(floor(x)): its slope is 0 for floor(x) < 0 and 1 for floor(x) > 0; "
             f"taken: 0{TAKEN}."
             " It does not matter for df/dy"],
        ),
        # where one slope is a letter
        (
            "f = where(x > 1, 5 + a*(x - 1), 5 + 2*(x - 1))", "x=1", "x",
            [f"x = 1 is a kink of f: ∂f/∂x is 2 on the left and a on the right; taken: 2{TAKEN}"],
        ),
        (
            "f = where(x > 1, 5 + 2*(x - 1), 5 + a*(x - 1))", "x=1", "x",
            [f"x = 1 is a kink of f: ∂f/∂x is a on the left and 2 on the right; taken: a{TAKEN}"],
        ),
        ("f = relu(x)", "x=1", "x", []),
    ],
)  # fmt: skip
def test_each_kink_is_told_with_what_it_matters_for(program: str, values: str, asked: str, said: list[str]) -> None:
    assert [
        line for line in told(at(program, values), *asked.split()) if " is a kink " in line or " is a jump " in line
    ] == said


# ---- why a gradient is zero


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("inputs: {x: 2, y: 0}\nnodes: {L: -(3*y*(x*2))}\n", "∂L/∂x = 0, since y = 0"),
        ("inputs: {x: 2, y: 0}\nnodes: {L: y*x/3}\n", "∂L/∂x = 0, since y = 0"),
        ("inputs: {x: 2, y: 0, z: 5}\nnodes: {L: z*(y - 0)*x}\n", "∂L/∂x = 0, since y - 0 = 0"),
        ("inputs: {x: 2}\nnodes: {L: floor(x + 1/2)}\n", "∂L/∂x = 0"),
        ("inputs: {x: 3}\nnodes: {L: x^3 - 27*x}\n", "∂L/∂x = 0, since 3*x^2 - 27 = 0"),
        ("inputs: {x: 3}\nnodes: {L: cos(x - 3)}\n", "∂L/∂x = 0, since sin(x - 3) = 0"),
        ("inputs: {x: 2, y: }\nnodes: {a: 0*x*y, L: a*3}\n", "∂a/∂x = 0"),
        ("inputs: {x: 900}\nnodes: {h: exp(-x), L: 2*h}\n", "∂h/∂x is too small for a floating point number"),
        ("inputs: {x: 500, y: 500}\nnodes: {h: exp(-x), L: exp(-y)*h}\n", "too small for a floating point number"),
        (
            "inputs: {x: 2, y: -1}\nnodes: {h: relu(y)*x, k: relu(y*x), L: h + 3*k}\n",
            "∂h/∂x = 0, since relu(y) = 0 and ∂k/∂x = 0, since y*x = -2 < 0",
        ),
        # each edge that blocks the way, and none behind it
        (
            "inputs: {x: 2, y: 0}\nnodes: {a: x*y, b: a + x, c: b*y, L: c*y}\n",
            "∂a/∂x = 0, since y = 0 and ∂c/∂b = 0, since y = 0",
        ),
        # where one way is open the terms cancel, at the nearest place where they do
        (
            "inputs: {x: 2}\nnodes: {a: 2*x, b: -2*x, h: 3*x, c: h, d: -h, L: a + b + c + d}\n",
            "the contributions to x cancel",
        ),
        ("inputs: {x: 2}\nnodes: {h: 3*x, c: h, d: -h, L: c + d}\n", "the contributions to h cancel"),
        ("inputs: {x: 2, y: 3}\nnodes: {a: 0.0*x*y, L: a*3}\n", "∂a/∂x = 0 at x = 2"),
        ("inputs: {x: , y: 3}\nnodes: {a: 0.0*x*y, L: a*3}\n", "∂a/∂x = 0"),
        ("inputs: {x: 2, z: 1}\nnodes: {a: z, L: a, b: x}\noutput: L\n", "no path leads from x to L"),
    ],
)
def test_the_reason_for_a_zero_in_words(document: str, said: str) -> None:
    assert words(why_zero(Gradients(Sheet(graph_of(document), Settings()), "L", ["x"]), "x")) == said


def test_the_reason_for_a_zero_is_found_behind_many_paths() -> None:
    """Each quantity on the way is looked at once, though 2^60 paths lead to where the terms cancel."""
    ladder = "".join(
        f"  l{place}: 2*s{place}\n  r{place}: 3*s{place}\n  s{place + 1}: l{place} + r{place}\n" for place in range(60)
    )
    graph = graph_of(f"inputs: {{x: 1}}\nnodes:\n  s0: x + 1\n{ladder}  c: s60\n  d: -s60\n  L: c + d\n")
    assert words(why_zero(Gradients(Sheet(graph, Settings()), "L", ["x"]), "x")) == "the contributions to s60 cancel"


# ---- paths and their steps


@pytest.mark.parametrize(
    ("count", "written"),
    [(0, "0"), (999, "999"), (1000, "1000"), (9999, "9999"), (10_000, "10 000"), (1_234_567, "1 234 567")],
)
def test_counts_are_written_in_full(count: int, written: str) -> None:
    assert counted(count) == written


WIDE = "inputs: {x: 2, y: 3, z: 1, u: 1, v: 1}\nnodes: {a: x*y, b: a + x*z, c: a*b*u, L: c + v}\noutput: L\n"


def ids(derivation: Derivation) -> list[str]:
    return [step.id for _, step in derivation.walk()]


@pytest.mark.parametrize(
    ("wrt", "found", "missing"),
    [
        (
            "x",
            ["chain:x", "chain.paths:x", "chain.rule:x", "chain.path:x", "chain.use:x", "chain.sum:x", "reverse.table"],
            ["result.table", "reverse.nodes"],
        ),
        ("L", ["chain.sum:L", "reverse.table"], ["chain.paths:L", "chain.rule:L", "chain.path:L", "chain.use:L"]),
        ("v", ["chain.sum:v"], ["chain.paths:v", "chain.rule:v", "chain.path:v", "chain.use:v"]),
        ("z", ["chain.paths:z", "chain.sum:z"], ["chain.rule:z", "chain.path:z", "chain.use:z"]),
        (
            "x y z u",
            ["chain.paths:x", "chain.sum:u", "reverse.table"],
            ["result.table", "reverse.nodes"],
        ),
        ("x y z u v", ["result.table", "reverse.nodes"], ["chain.paths:x", "reverse.table"]),
    ],
)
def test_up_to_four_gradients_are_worked_path_by_path_and_more_by_accumulation(
    wrt: str, found: list[str], missing: list[str]
) -> None:
    """One use alone is not grouped, along one path the rule stands with its numbers, the output itself has no rule."""
    steps = ids(derive(WIDE, *wrt.split()))
    assert set(found) <= set(steps)
    assert not set(missing) & set(steps)


@pytest.mark.parametrize(("most", "listed"), [(3, True), (2, False)])
def test_paths_are_listed_up_to_as_many_as_are_asked_for(most: int, listed: bool) -> None:
    derivation = backward(graph_of(WIDE), ["x"], Settings(listed_paths=most))
    assert ("chain.paths:x" in ids(derivation)) is listed
    assert ("reverse.nodes" in ids(derivation)) is not listed
    (step,) = [step for step in derivation.steps if step.rule in {"chain", "reverse.nodes"}]
    assert words(step.title) == (
        "Chain rule: one term for each of the 3 paths from x to L"
        if listed
        else "Gradients accumulated at each node, back from L along 3 paths to x"
    )
