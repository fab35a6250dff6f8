"""A statement proved, or refuted: one side worked until it is the other, or numbers at which they differ."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.derivation_parser import SIGNS, Statement
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.steps import Answer, Block, Check, Derivation, Equation, Link, Note, Step
from stepper.engine.derive.context import Context
from stepper.engine.derive.mending import mended
from stepper.engine.derive.proving import Verdict, prove
from stepper.engine.derive.writing import notation


def shown(statement: Statement, context: Context, title: str = "") -> Derivation:
    """The proof of a statement with one relation, or what speaks against it."""
    (left, right), (relation,) = statement.sides, statement.relations
    verdict = prove(left, relation, right, context)
    line: Prose = (left, f" {SIGNS[relation]} ", right)
    if verdict.holds is False:
        step = _refuted(statement, verdict, context)
    elif verdict.holds is None:
        step = Step("derive.open", "derive.open", ("Not proved",), (Note((*line, ": ", *verdict.how, "."), "brief"),),
                    detail="brief")  # fmt: skip
    else:
        step = _proved(statement, verdict)
    check = Check("statement", f"{text(left)} {relation} {text(right)}", verdict.holds,
                  note=verdict.against or verdict.how, unproved=verdict.holds is None, claimed=True)  # fmt: skip
    exprs = [left, right, *(stage for stage, _ in verdict.stages)]
    said = {True: "holds", False: "does not hold", None: "not proved"}[verdict.holds]
    answer = Answer(check.of, right, facts={"says": said})
    return Derivation("derive", title or "Is the statement true?", (step,), (answer,), (check,), (), notation(exprs))


def _proved(statement: Statement, verdict: Verdict) -> Step:
    (left, right), (relation,) = statement.sides, statement.relations
    apart: Prose = (", where both sides have a value: ", *verdict.apart) if verdict.apart else ()
    said = "No rule leads from one side to the other. They agree " if verdict.by_numbers else "It holds: "
    ends: list[Block] = [Note((said, *verdict.how, *apart, "."), "brief")]
    if relation != "=" or not verdict.stages:
        why: Prose = _rules(verdict.rules)
        body: Sequence[Block] = (Equation(left, (Link(SIGNS[relation], right, why),)), *ends)
    else:
        links = [Link("=", stage, _rules(rules)) for stage, rules in verdict.stages]
        if verdict.stages[-1][0] != right:
            links.append(Link("=", right, ("simplified",)))
        body = (Equation(left, tuple(links)), *ends)
    title = "Checked with numbers" if verdict.by_numbers else "The proof"
    return Step("derive.shown", "derive.shown", (title,), tuple(body), detail="brief")


def _rules(rules: Sequence[str]) -> Prose:
    return (", ".join(rules),) if rules else ()


def _refuted(statement: Statement, verdict: Verdict, context: Context) -> Step:
    (left, right), (relation,) = statement.sides, statement.relations
    line: Prose = (left, f" {SIGNS[relation]} ", right)
    body: list[Block] = [Note((*line, " does not hold: ", *verdict.against, "."), "brief")]
    found = mended(left, relation, right, context, verdict)
    if found is not None:
        body.append(Note(found, "brief"))
    return Step("derive.refuted", "derive.refuted", ("Counterexample",), tuple(body), detail="brief")
