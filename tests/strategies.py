"""Random formulas and random graphs for the laws."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from stepper.core.expr import (
    Array,
    Call,
    Deriv,
    Expr,
    Factor,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Sign,
    Sym,
    Where,
    add_all,
    multiply_all,
)
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.parser import parse

NAMES = st.sampled_from(
    ["x", "y", "n", "no", "on", "E", "I", "S", "lambda", "w11", "dL", "dh", "d", "yhat1", "x_res", "alpha"]
)
LITERALS = st.sampled_from(["0", "1", "2", "1.0", "0.5", ".25", "1e-3", "10", "3E5"])
SIGNS: st.SearchStrategy[Sign] = st.sampled_from(("+", "-"))
FACTORS: st.SearchStrategy[Factor] = st.sampled_from(("*", "/", "⊙"))
LEAVES: st.SearchStrategy[Expr] = st.one_of(NAMES.map(Sym), LITERALS.map(Num))


def _sum(terms: list[tuple[Sign, Expr]]) -> Expr:
    return add_all(terms)


def _product(factors: list[tuple[Factor, Expr]]) -> Expr:
    return multiply_all(factors)


def _grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    names = NAMES.map(Sym)
    quantities = st.one_of(names, st.builds(lambda base, index: Index(base, (index,)), names, inner))
    return st.one_of(
        st.builds(Neg, inner),
        st.builds(Power, inner, inner),
        st.lists(st.tuples(SIGNS, inner), min_size=2, max_size=4).map(_sum),
        st.lists(st.tuples(FACTORS, inner), min_size=2, max_size=4).map(_product),
        st.builds(
            lambda name, arguments: Call(name, tuple(arguments)),
            NAMES.map(lambda name: f"f_{name}"),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(Where, st.sampled_from([">", "<", ">=", "<=", "==", "!="]), inner, inner, inner, inner),
        st.lists(inner, max_size=3).map(lambda items: Array(tuple(items))),
        st.builds(lambda base, indices: Index(base, tuple(indices)), inner, st.lists(inner, min_size=1, max_size=2)),
        quantities.map(Prime),
        st.builds(lambda of, wrt: Deriv(of, wrt, total=False), quantities, quantities),
        st.builds(Deriv, quantities, quantities),
    )


FORMULAS: st.SearchStrategy[Expr] = st.recursive(LEAVES, _grow, max_leaves=12)
"""Trees of every kind that has a spelling of its own (a Value is spelled as a number)."""

SHAPES: tuple[str, ...] = (
    "{a}*{b} + {c}",
    "{a} - {b}*{c}",
    "({a} + {b})^2",
    "{a}*{b}*{a}",
    "tanh({a}*{b})",
    "sigmoid({a} - {b})",
    "leaky_relu({a} + {b}, 1/4)",
    "relu({a}*{b} - {c})",
    "mse([{a}, {b}], [{c}, 1])",
    "{a}/({b}^2 + 1)",
    "where({a} > {b}, {a}*{c}, {b})",
    "abs({a} + {b})",
    "mean([{a}, {b}, {c}])",
    "softplus({a})*{b}",
    "-{a}*exp(-{b}^2)",
    "log({a}^2 + 1) - sqrt({b}^2 + 2)",
)
NUMBERS = st.builds(Fraction, st.integers(-6, 6), st.sampled_from([1, 2, 3, 4, 5]))


@st.composite
def graphs(draw: st.DrawFn, symbols: bool = False) -> Graph:
    """A graph of up to six nodes; the last is the output and reads, directly or not, at least one leaf."""
    leaves: dict[str, Leaf] = {}
    for place in range(draw(st.integers(1, 4))):
        number = draw(NUMBERS)
        unknown = symbols and (place == 0 or draw(st.booleans()))
        leaves[f"x{place}"] = Leaf(f"x{place}", "parameter", None if unknown else number)
    names = list(leaves)
    nodes: dict[str, Node] = {}
    for place in range(draw(st.integers(1, 6))):
        shape = draw(st.sampled_from(SHAPES))
        picked = [draw(st.sampled_from(names[-4:] if place else names)) for _ in range(3)]
        formula = parse(shape.format(a=picked[0], b=picked[1], c=picked[2]))
        nodes[f"h{place}"] = Node.of(f"h{place}", formula)
        names.append(f"h{place}")
    return Graph("random", leaves, nodes, output=list(nodes)[-1])
