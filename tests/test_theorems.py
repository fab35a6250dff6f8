"""The rules of derivations, row by row: each is true by numbers, says its source, and states no result with a name."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import pytest

from stepper.core.derivation_parser import parse_derivation, parse_statement
from stepper.core.expr import Call, Expr, Product, Sym, Transpose
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.conditions import PREDICATES, clauses
from stepper.engine.derive.context import Context
from stepper.engine.derive.matrices.reading import read
from stepper.engine.derive.matrices.shapes import shapes_of
from stepper.engine.derive.rewriting import at_root
from stepper.engine.values.vocabulary import PLAIN
from stepper.read.assumptions import read_given
from stepper.tables import theorems, theorems_of_matrices
from stepper.tables.theorem import Theorem
from tests.derived_questions import draws
from tests.instances_of_rules import MATRICES, READ_OFF, SCALAR, SHAPES, Arrays, Instance
from tests.matrix_formulas import Values, entries, given
from tests.plain_numbers import Numbers, decimals, mp, near

ROWS = tuple(dict.fromkeys((*theorems.ALL, *theorems.MOMENTS, *theorems.APART)))
OF_ARRAYS = theorems_of_matrices.MATRIX_THEOREMS
_OTHERS = (*theorems_of_matrices.READ_OFF, *theorems_of_matrices.DEFINITENESS)
TO_FORMS = tuple(row for row in OF_ARRAYS if row not in _OTHERS)


def label(row: Theorem) -> str:
    return f"{row.pattern} {row.condition}"


Applied: TypeAlias = "list[tuple[Theorem, Expr, Expr]]"
"""Rows that apply to a formula, the formula, and what each makes of it."""


def applied(table: Sequence[Theorem], pattern: str, formula: Expr, context: Context) -> Applied:
    rows = [row for row in table if row.pattern == pattern]
    found = [(row, formula, at_root(row, formula, context)) for row in rows]
    return [(row, left, right) for row, left, right in found if right is not None]


# ---- of numbers

RELATED: dict[str, Callable[[Any, Any], bool]] = {
    "=": near, "<=": lambda one, other: bool(one <= other), ">=": lambda one, other: bool(one >= other),
}  # fmt: skip


def worked(instance: Instance) -> Applied:
    formula = parse_derivation(instance.formula)
    wanted = (parse_derivation(instance.wanted),) if instance.wanted else ()
    return applied(ROWS, instance.pattern, formula, Context(read_given(instance.given, [formula]), PLAIN, wanted))


def place(instance: Instance, seed: int) -> Numbers:
    drawn = random.Random(f"{instance.formula}{seed}")
    letters = ("x", "y", "a", "p", "q", "v", "mu", "r")
    names: dict[str, Any] = {name: mp.mpf(drawn.uniform(0.2, 0.9)) for name in letters}
    names |= {"z": decimals([drawn.uniform(-1, 1) for _ in range(3)]), "n": 3, "i": 1, "j": 2, "k": 2, "l": 2, "m": 1}
    names |= {"W": decimals([drawn.uniform(-1, 1) for _ in range(9)]).reshape(3, 3)}
    shares = decimals([drawn.uniform(0.1, 1) for _ in range(3)])
    names |= {"t": shares / sum(shares), **instance.put}
    if "x[" in instance.formula:
        names["x"] = decimals([0, 0, 0])
    return Numbers(names, draws(instance.chances, names))


@pytest.mark.parametrize("instance", SCALAR, ids=lambda instance: f"{instance.pattern} {instance.formula}")
def test_a_rule_is_true_by_numbers(instance: Instance) -> None:
    found = worked(instance)
    assert found
    for (row, left, right), seed in product(found, (1, 2)):
        at = place(instance, seed)
        one, other = at(instance.left) if instance.left else at.of(left), at.of(right)
        assert RELATED[row.relation](one, other), f"{label(row)}: {text(right)} is {other}, not {one}"


def test_every_rule_has_an_instance() -> None:
    every = [*map(worked, SCALAR), *map(worked_with_arrays, MATRICES)]
    met = [row for found in every for row, _, _ in found]
    assert [label(row) for row in (*ROWS, *TO_FORMS) if row not in met] == []


# ---- of matrices


def array_context(formula: Expr, moves: str) -> Context:
    known = given(SHAPES)
    return Context(known, PLAIN, moving=Sym(moves), shapes=shapes_of([formula], known))


def array_values(moves: str, seed: int) -> Values:
    sizes = {"n": 3, "d": 2, "k": 4}
    known = given(SHAPES).shapes
    env = entries({name: tuple(sizes[text(axis)] for axis in axes) for name, axes in known.items()}, seed)
    direction = entries({"H": env[moves].shape}, seed + 100)["H"]
    return Values(env, sizes, identity=3, moved=moves, direction=direction)


def worked_with_arrays(instance: Arrays) -> Applied:
    formula = read(parse_derivation(instance.formula), given(SHAPES))
    return applied(TO_FORMS, instance.pattern, formula, array_context(formula, instance.moves))


@pytest.mark.parametrize("instance", MATRICES, ids=lambda instance: f"{instance.pattern} {instance.formula}")
def test_a_rule_of_matrices_is_true_by_numbers(instance: Arrays) -> None:
    found = worked_with_arrays(instance)
    assert found
    for (row, left, right), seed in product(found, (1, 2)):
        values = array_values(instance.moves, seed)
        one, other = (np.squeeze(values(side)) for side in (left, right))
        assert np.allclose(one, other, atol=1e-6), f"{label(row)}: {text(right)}"


@pytest.mark.parametrize(("table", "formula", "moves"), READ_OFF)
def test_a_derivative_is_read_off_right(table: str, formula: str, moves: str) -> None:
    expr, dx = read(parse_derivation(formula), given(SHAPES)), Call("d", (Sym(moves),))
    rows = getattr(theorems_of_matrices, table)
    found = next(made for row in rows if (made := at_root(row, expr, array_context(expr, moves))) is not None)
    placed: dict[str, Expr] = {
        "READ_OFF_TRACE": Call("tr", (Product((Transpose(found), dx), ("@",)),)),
        "READ_OFF_ROW": Product((Transpose(found), dx), ("@",)), "READ_OFF_JACOBIAN": Product((found, dx), ("@",)),
        "READ_OFF_RIGHT": Product((dx, found), ("@",)), "READ_OFF_NUMBER": Product((found, dx), ("*",)),
    }  # fmt: skip
    values = array_values(moves, 3)
    assert np.allclose(np.squeeze(values(expr)), np.squeeze(values(placed[table])), atol=1e-6)


# ---- what is positive


def meeting(premises: Expr, names: set[str], seed: int) -> dict[str, Any]:
    """Numbers and matrices that are what a rule asks for; what it does not ask for is anything."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {name: rng.normal(size=(3, 3)) for name in sorted(names)}
    asked = premises.operands if isinstance(premises, Product) else (premises,)
    for claim in [part for part in asked if isinstance(part, Call)]:
        (name,) = (part.name for part in walk(claim.arguments[0]) if isinstance(part, Sym))
        half = rng.normal(size=(3, 1))
        found[name] = {
            "positive": np.asarray(abs(rng.normal()) + 0.1), "nonnegative": np.asarray(0.0 if seed % 2 else 0.3),
            "semidefinite": half @ half.T, "definite": half @ half.T + 0.2 * np.eye(3),
            "independent": rng.normal(size=(3, 3)), "independent_rows": rng.normal(size=(3, 3)),
        }[claim.name]  # fmt: skip
    return found


@pytest.mark.parametrize("row", theorems_of_matrices.DEFINITENESS, ids=label)
def test_what_is_asked_for_makes_it_positive(row: Theorem) -> None:
    pattern = parse_derivation(row.pattern)
    assert isinstance(pattern, Call)
    names = {part.name for part in walk(pattern) if isinstance(part, Sym)} - {"n"}
    for seed in range(6):
        env = meeting(parse_derivation(row.result), names, seed)
        found = Values(env, {"n": 3}, identity=3)(pattern.arguments[0])
        numbers = np.linalg.eigvalsh((found + found.T) / 2) if np.ndim(found) else np.atleast_1d(found)
        strictly = pattern.name in ("definite", "positive")
        assert numbers.min() > (1e-12 if strictly else -1e-12)


# ---- what stands in a row


@pytest.mark.parametrize("row", [*ROWS, *OF_ARRAYS], ids=label)
def test_a_row_can_be_read_and_says_its_source(row: Theorem) -> None:
    parse_statement(row.pattern)
    parse_statement(row.result)
    assert all(clause.predicate in PREDICATES for clause in clauses(row.condition))
    assert len(row.source) > 5
    assert row.name == row.name.strip()
    asked = {letter for clause in clauses(row.condition) for letter in clause.letters}
    assert asked <= set(re.findall(r"\b\w\b", row.pattern))


STRUCTURE = {
    "E", "Var", "Cov", "P", "exp", "log", "max", "min", "d", "tr", "det", "inv", "abs", "sum", "diag", "ones", "f", "D",
    "definite", "semidefinite", "positive", "nonnegative", "independent", "independent_rows", "eye", "delta",
}  # fmt: skip
ARRAY_CALCULUS = {"softmax", "log_softmax", "logsumexp"}
"""Each by its own differential, as tanh has its slope; with a target none of them stands in a row."""
RESULTS = (
    r"2/n", r"6/\(", r"3/n", r"\by\b.*softmax|softmax.*- y", r"log\([pq]/[pq]\)", r"p/\(p \+ q\)", r"1 - p\b.*log",
    r"sqrt\(2/", r"sigmoid|tanh|relu|normal|bernoulli|cross_entropy|mse",
)  # fmt: skip
"""How He's and Xavier's variances, softmax minus target, a divergence, the best discriminator would look."""


@pytest.mark.parametrize("row", [*ROWS, *OF_ARRAYS], ids=label)
def test_no_row_states_a_result_that_has_a_name(row: Theorem) -> None:
    pattern = {part.name for part in walk(parse_derivation(row.pattern)) if isinstance(part, Call)}
    assert pattern <= STRUCTURE | (ARRAY_CALCULUS if row in OF_ARRAYS else set())
    assert [form for form in RESULTS if re.search(form, f"{row.pattern} {row.result}", re.IGNORECASE)] == []
    assert not re.search(r"\b(He|Xavier|Glorot|Kaiming|KL|GAN|discriminator|Kullback|initiali[sz]ation)\b", row.name)


def test_a_result_that_has_a_name_would_be_seen() -> None:
    stated = ("Var(w)", "2/n"), ("D(cross_entropy(z, y), z)", "softmax(z) - y"), ("D", "p/(p + q)"), ("K", "log(p/q)")
    assert all(any(re.search(form, f"{left} {right}") for form in RESULTS) for left, right in stated)
