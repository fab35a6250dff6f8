"""The rules of derivations as a reader sees them: by field, and one by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stepper.core.derivation_parser import SIGNS, parse_derivation, parse_statement
from stepper.core.expr import Call, Expr, Num, Product, Sym
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Column, Derivation, Note, Step, Table
from stepper.engine.derive.conditions import clauses
from stepper.engine.derive.matrices.definite import CLAIMS, said
from stepper.engine.derive.writing import formulas_in, notation
from stepper.tables.fields import FIELDS
from stepper.tables.theorem import Theorem

CONDITIONS: dict[str, str] = {
    "free of": "{0} does not depend on {1}", "depends on": "{0} depends on {1}", "constant": "{0} is not random",
    "random": "{0} is random", "independent": "{0} and {1} are independent",
    "independent over": "{0} is independent for different {1}", "alike over": "{0} is distributed alike for all {1}",
    "number": "{0} is a number", "whole": "{0} is an integer", "even": "{0} is even", "odd": "{0} is odd",
    "compound": "{0} is not a single quantity", "single": "{0} is a single quantity", "known": "",
    "has cases": "{0} is defined by cases", "holds delta": "{0} contains a Kronecker delta with {1}",
    "symmetric": "{0} is symmetric about 0", "active": "{0} is active", "distribution": "{0} is a distribution",
    "positive": "{0} > 0", "meets": "{0} = {1} where {2} = 0",
    "differs from": "{0} is not the index {1}", "of a list": "{0} gives a list",
    "joins a list": "{0} takes a list and gives a number", "bends up": "{0} is convex",
    "bends down": "{0} is concave", "has a law": "the distribution of {0} is given",
    "of one continuous quantity": "{0} depends on one continuous quantity x, with the density p",
    "an indicator": "{0} is 0 or 1", "continuous": "{0} is continuous, with the density p",
    "independent of itself": "the entries of {0} are independent", "by cases": "{0} is defined by cases",
    "by exponentials": "{0} is defined by exponentials", "even in": "{0} is even in {1}", "wanted by its variance": "",
    "fixed": "{0} is fixed", "a fixed number": "{0} is a fixed number", "a number": "{0} is a number",
    "an array": "{0} is an array", "a vector": "{0} is a vector", "a matrix": "{0} is a matrix",
    "a row": "{0} is a row", "differential": "{0} contains a differential",
    "any differential": "{0} or {1} contains a differential", "a differential": "{0} is the differential",
    "entrywise": "{0} is applied entry by entry",
}  # fmt: skip
"""What a clause of a condition says; empty where a reader need not know."""
THEOREMS: tuple[Theorem, ...] = tuple(row for rows in FIELDS.values() for row in rows)


def list_theorems() -> Derivation:
    """Every rule of derivations by its field: name, what it says, on what condition."""
    heads = (Column(("name",)), Column(("rule",)), Column(("where",)))
    steps = []
    for place, (field, rows) in enumerate(FIELDS.items(), 1):
        cells = dict.fromkeys(((row.name,), rule_of(row), condition_of(row)) for row in rows)
        body = (Table(heads, tuple(cells)),)
        steps.append(Step(f"rules.theorems:{place}", "rules.theorems", (field,), body, detail="brief"))
    return Derivation("rules", "Rules of derivations", tuple(steps), notation=_notation(THEOREMS))


def fields() -> Note:
    """What the rules are about, in a sentence."""
    return Note((f"{', '.join(FIELDS)}: 'stepper rules derivations' lists them.",))


def show_theorem(name: str) -> Derivation:
    """The rules of one name: what each says, on what condition, where it comes from."""
    rows = [row for row in THEOREMS if row.name == name]
    rules = list(dict.fromkeys((rule_of(row), condition_of(row)) for row in rows))
    body = [Note((*rule, *((", where ", *where) if where else ()), ".")) for rule, where in rules]
    sources: list[Block] = [Note((f"Source: {source}.",)) for source in dict.fromkeys(row.source for row in rows)]
    steps = (
        Step("rules.theorem", "rules.theorem", ("The rule",), tuple(body), detail="brief"),
        Step("rules.source", "rules.source", ("Source",), tuple(sources), detail="brief"),
    )
    return Derivation("rules", name, steps, notation=_notation(rows))


def rule_of(row: Theorem) -> Prose:
    """What a rule says: two sides and how they stand to one another; or the left side, and words."""
    if row.shown:
        return parse_statement(row.shown).said()
    pattern = parse_derivation(row.pattern)
    if isinstance(pattern, Call) and pattern.name in CLAIMS:
        return _claim(pattern, parse_derivation(row.result))
    if row.says:
        return (pattern, ": ", row.says)
    return (pattern, f" {SIGNS[row.relation]} ", parse_derivation(row.result))


def _claim(claim: Call, conditions: Expr) -> Prose:
    """``AᵀBA is positive semidefinite where B is``."""
    parts = conditions.operands if isinstance(conditions, Product) else (conditions,)
    where = [said(part) for part in parts if not isinstance(part, Num)]
    return (*said(claim), *((" where ", *listed(where)) if where else ()))


def condition_of(row: Theorem) -> Prose:
    """On what condition a rule holds; empty where on none."""
    words = [_worded(CONDITIONS[clause.predicate], clause.letters) for clause in clauses(row.condition)]
    return listed([part for part in words if part], "; ", "; ")


def _worded(form: str, letters: Sequence[str]) -> Prose:
    """A form with letters in the places of its numbers."""
    parts: list[str | Expr] = []
    for place, piece in enumerate(form.replace("}", "{").split("{")):
        if place % 2:
            parts.append(Sym(letters[int(piece)]))
        elif piece:
            parts.append(piece)
    return tuple(parts)


def _notation(rows: Iterable[Theorem]) -> dict[str, str]:
    return notation(formulas_in(map(rule_of, rows)))
