"""What SymPy proves of a derivation: each local derivative, and the result differentiated as one formula; closed
forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from stepper.core.expr import Expr
from stepper.core.formula import number_of, reference, text
from stepper.core.prose import Prose
from stepper.core.steps import Block, Check, Note, Step
from stepper.core.traverse import extent, substitute
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.local_derivatives import Local
from stepper.engine.values.definitions import define
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.evaluate import given_number
from stepper.engine.values.quantities import DEEPEST, close
from stepper.engine.values.vocabulary import held_back
from stepper.errors import StepperError

LARGEST_WHOLE = 1_500

TOO_LARGE: Prose = ("not decided: written in terms of what is given, the output is too large",)
UNDECIDED: Prose = ("cannot decide it",)
HELD_BACK: Prose = ("not applicable: a gradient is blocked, so that it is not the derivative of the formula",)


def proofs(gradients: Gradients, wrt: Sequence[str]) -> list[Check]:
    """SymPy on each local derivative, then on each gradient as the derivative of the output written out in what is
    given.
    """
    held = bool(held_back(gradients.graph))
    edges = (_local(gradients, edge, held) for edge in gradients.worked)
    return [*edges, *(_result(gradients, name, held) for name in wrt)]


def _local(gradients: Gradients, edge: Local, held: bool) -> Check:
    from stepper.engine.values.symbolic import derives

    of = text(edge.symbol)
    node, vocabulary = gradients.graph.nodes[edge.target], gradients.sheet.vocabulary
    claimed = gradients.locals.formula(edge.source, edge.target, edge.slot)
    if edge.given or claimed is None or node.formula is None:
        return Check("SymPy", of, None, None, ("not applicable: the derivative is given",))
    if held:
        return Check("SymPy", of, None, None, HELD_BACK)
    if edge.kinks:
        return Check(
            "SymPy", of, None, None, ("not applicable: ", *edge.kinks[0].where, " is a point without a derivative")
        )
    formula, origins = node.wired()
    wire = list(origins)[edge.slot]
    whole = substitute(claimed, {reference(edge.target): node.formula})
    settled = [gradients.sheet.decide(define(side, vocabulary))[0] for side in (formula, whole)]
    ok = derives(settled[0], wire, settled[1], origins, vocabulary, gradients.sheet.patience)
    return _verdict(of, ok, ("proved",))


def _verdict(of: str, ok: bool | None, proved: Prose) -> Check:
    return Check("SymPy", of, ok, None, proved if ok else UNDECIDED if ok is None else (), unproved=ok is None)


def _result(gradients: Gradients, name: str, held: bool) -> Check:
    from stepper.engine.values.symbolic import derives_at

    of = text(gradients.symbol(name))
    if name not in gradients.graph.leaves or gradients.upstream is not None:
        return Check(
            "SymPy", of, None, None, ("not applicable: it is not the derivative of the output for something given",)
        )
    if held:
        return Check("SymPy", of, None, None, HELD_BACK)
    given = next(
        (reference(node) for node in gradients.graph.order if node in gradients.graph.given_nodes & gradients.inside),
        None,
    )
    if given is not None:
        return Check("SymPy", of, None, None, ("not applicable: the value of ", given, " is given"))
    whole = whole_formula(gradients, [name])
    if whole is None:
        inside = (
            gradients.graph.nodes[read]
            for read in gradients.graph.order
            if read in gradients.graph.ancestors([gradients.output])
        )
        abstract = next((reference(node.name) for node in inside if node.formula is None), None)
        if abstract is None:
            return Check("SymPy", of, None, None, TOO_LARGE, unproved=True)
        return Check("SymPy", of, None, None, ("not applicable: ", abstract, " has no formula"))
    on_the_way = gradients.graph.descendants([name]) & gradients.graph.ancestors([gradients.output])
    if any(on_the_way.issuperset(edge) for edge in gradients.graph.local):
        return Check("SymPy", of, None, None, ("not applicable: local derivatives are given by the document",))
    sheet = gradients.sheet
    values = {
        reference(leaf.name): Fraction(leaf.value) for leaf in sheet.graph.leaves.values() if leaf.value is not None
    }
    values |= {reference(node): Fraction(given_number(sheet.graph, node)) for node in sheet.graph.given}
    on_kink = any(edge.kinks for edge in gradients.locals.worked)
    try:
        claimed = sheet.expanded(gradients.adjoint(name))
    except StepperError:
        return Check("SymPy", of, None, None, TOO_LARGE, unproved=True)
    ok = derives_at(whole, reference(name), claimed, values, sheet.vocabulary, sheet.patience)
    if not ok and on_kink:
        return Check("SymPy", of, None, None, ("not applicable: a kink lies within the step",))
    return _verdict(of, ok, ("proved on the whole formula",))


def whole_formula(gradients: Gradients, wrt: Iterable[str]) -> Expr | None:
    """The output written out in what is given, its cases settled by the numbers; None where that is too large, or not
    known.

    Quantities asked about stay names, also where they are nodes, and so do given nodes. It is not known where a path
    leads through one.
    """
    sheet, kept = gradients.sheet, {*wrt, *gradients.graph.given}
    if gradients.graph.given_nodes & gradients.inside - {*wrt}:
        return None
    written: dict[str, Expr | None] = {name: reference(name) for name in (*sheet.graph.leaves, *kept)}
    for name in sheet.graph.order:
        node = sheet.graph.nodes[name]
        if name not in written:
            parts = {reference(read): written[read] for read in node.reads}
            known = {read: part for read, part in parts.items() if part is not None}
            whole = None
            if node.formula is not None and len(known) == len(parts):
                whole = substitute(sheet.decide(define(node.formula, sheet.vocabulary))[0], known)
            written[name] = whole if whole is not None and _fits(whole) else None
    return written[gradients.output]


def _fits(whole: Expr) -> bool:
    size, depth = extent(whole)
    return size <= LARGEST_WHOLE and depth <= DEEPEST


def closed_forms(gradients: Gradients, wrt: Sequence[str]) -> Step:
    """Each gradient as one simplified formula in what is given, then with the numbers put in."""
    from stepper.engine.values.symbolic import closed_form

    sheet = gradients.sheet
    body: list[Block] = []
    for name in wrt:
        whole = whole_formula(gradients, [name])
        try:
            derivative = partials(whole, sheet.vocabulary).get(reference(name), ZERO) if whole is not None else None
            closed = closed_form(derivative, sheet.vocabulary, sheet.patience) if derivative is not None else None
        except StepperError:  # what is too large to be worked with stays as it was derived
            closed = None
        number = number_of(gradients.adjoint(name))
        if closed is not None and gradients.upstream is None and _comes_to(gradients, closed, number):
            body.append(sheet.worked(gradients.symbol(name), closed, number, "gradient"))
        elif gradients.upstream is None:
            body.append(no_closed_form(gradients.symbol(name)))
    title: Prose = ("Closed form in terms of what is given, simplified by SymPy",)
    return Step("result.closed", "result.closed", title, tuple(body), detail="brief")


def no_closed_form(symbol: Expr) -> Note:
    """Said where SymPy's result is missing: what was derived stands as it is."""
    return Note(
        ("no closed form of ", symbol, " is given: it is too large for SymPy, or cannot be written as a formula")
    )


def _comes_to(gradients: Gradients, closed: Expr, number: object) -> bool:
    """A closed form is printed only where it comes to the number found along the graph."""
    found = gradients.sheet.approximate(closed)
    return found is None or not isinstance(number, Fraction | float) or close(found, number)
