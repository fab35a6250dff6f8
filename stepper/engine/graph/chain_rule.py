"""The chain rule path by path: the paths, the rule in symbols, numbers put in, the sum, what each use contributes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from stepper.core.expr import Deriv, Expr, add, multiply
from stepper.core.formula import number_of, reference
from stepper.core.steps import Block, Column, Equation, Link, Note, Prose, Step, Table, Trail, listed
from stepper.engine.graph.adjoints import Gradients, joined, summed
from stepper.engine.graph.paths import Path
from stepper.engine.graph.simplified import simplified
from stepper.engine.graph.why_zero import why_zero
from stepper.engine.values.differentiate import ONE

MANY = 4
"""With more quantities than this the answer is a table, and accumulation at nodes takes the place of paths."""


class Question(Struct, frozen=True):
    """One quantity asked about: how many paths lead from it, and which, where they are few enough to list."""

    name: str
    count: int
    paths: tuple[Path, ...] | None
    several: bool = False

    def titled(self, gradients: Gradients, words: str, joint: str = "for") -> Prose:
        """A step's title, which names the gradient where several are asked for."""
        return (words, f" {joint} ", gradients.symbol(self.name)) if self.several else (words,)


def chain_steps(gradients: Gradients, question: Question) -> list[Step]:
    """The paths from a quantity to the output, and the chain rule as a sum over them."""
    assert question.paths is not None
    start, end = reference(question.name), reference(gradients.output)
    trails: list[Block] = [_trail(gradients, start, path) for path in question.paths]
    if not question.paths:
        trails = [
            Note(("No path leads from ", start, " to ", end, ": a change of ", start, " does not reach ", end, "."))
        ]
    paths = Step(
        f"chain.paths:{question.name}",
        "chain.paths",
        ("Paths from ", start, " to ", end, f": {counted(question.count)}"),
        tuple(trails),
    )
    if len(question.paths) < 2:  # of one path the rule stands with its numbers
        return [paths] if not question.paths or question.paths[0] else []
    symbols = [
        multiply(*factors) if factors else ONE for factors in (gradients.along(path)[0] for path in question.paths)
    ]
    equation = Equation(gradients.symbol(question.name), (Link("=", add(*symbols)),), "gradient")
    why: Prose = ("One term per path; its factors run from the output back to ", start, ".")
    rule = Step(
        f"chain.rule:{question.name}",
        "chain.rule",
        question.titled(gradients, "Chain rule"),
        (equation,),
        why,
        (question.name,),
        detail="brief",
    )
    return [paths, rule]


def _trail(gradients: Gradients, start: Expr, path: Path) -> Trail:
    nodes = gradients.graph.nodes
    return Trail(
        (start, *(reference(target) for _, target, _ in path)),
        tuple(nodes[target].wire(slot) for _, target, slot in path),
    )


def count_step(gradients: Gradients, questions: Sequence[Question]) -> Step:
    """How many paths there are, where they are not listed."""
    end = reference(gradients.output)
    if len(questions) == 1:
        (question,) = questions
        title: Prose = ("Paths from ", reference(question.name), " to ", end, f": {counted(question.count)}")
        why: Prose = (
            "Counted, not listed: the gradient is accumulated at each node instead, from the output backwards.",
        )
        return Step(f"chain.count:{question.name}", "chain.count", title, (Note(why),))
    rows = tuple(((reference(question.name),), (counted(question.count),)) for question in questions)
    table = Table((Column(("from",)), Column(("paths to ", end), align="right")), rows)
    return Step("chain.count", "chain.count", ("Paths to ", end), (table,), detail="full")


def counted(count: int) -> str:
    """A count in full, its digits in groups of three."""
    return f"{count:,}".replace(",", " ") if count >= 10_000 else str(count)


def local_step(gradients: Gradients) -> Step:
    """Each distinct local derivative on the way, worked once, from the output backwards."""
    children = []
    for name in gradients.order:
        for slot, source in enumerate(gradients.graph.nodes[name].reads if name in gradients.graph.nodes else ()):
            if source not in gradients.inside:
                continue
            edge = gradients.locals(source, name, slot)
            body: list[Block] = [edge.equation] if edge.equation.links else []
            for kink in edge.kinks:
                what = " is a jump: no derivative exists; taken is " if kink.jump else " is a kink: the slope taken is "
                body.append(Note((*kink.where, what, kink.taken)))
            if body:
                identity = f"local.derivative:{name}:{source}" + (f":{edge.wire}" if edge.wire else "")
                children.append(
                    Step(identity, "local.derivative", (edge.symbol,), tuple(body), uses=((source, name, edge.slot),))
                )
    return Step("local.derivatives", "local.derivatives", ("Local derivatives",), children=tuple(children))


def number_steps(gradients: Gradients, question: Question) -> list[Step]:
    """Local derivatives put in, path by path; for a quantity used more than once what each use contributes; the sum."""
    if not question.paths or not question.paths[0]:
        return [_value(gradients, question, [gradients.adjoint(question.name)])]
    body: list[Block] = []
    terms: list[Expr] = []
    out: dict[Expr, None] = {}
    for path in question.paths:
        symbols, results = gradients.along(path)
        left = simplified(gradients, path)
        terms.append(gradients.product(results) if left is None else left.term)
        sides = [*_given(gradients, path, symbols), joined(results)] if left is None else left.sides
        out |= dict.fromkeys(left.factors if left is not None else ())
        if len(question.paths) == 1:
            return [_alone(gradients, question, [multiply(*symbols), *sides, terms[-1]], list(out))]
        if symbols != results:
            body.append(gradients.sheet.chained(multiply(*symbols), [*sides, terms[-1]]))
    edges = tuple(dict.fromkeys(edge for path in question.paths for edge in path))
    numeric = any(number_of(term) is not None for term in terms)
    put_in = "the numbers" if numeric else "the local derivatives"
    words = question.titled(gradients, f"Substituting {put_in} path by path")
    identity = f"chain.path:{question.name}"
    conditions = (_conditions(question, list(out)),) if out else ()
    step = Step(identity, "chain.path", words, tuple(body), uses=edges, children=conditions, detail="brief")
    if all(len(path) == 1 for path in question.paths) and gradients.upstream is None:
        return [_value(gradients, question, terms)]  # the factors are the local derivatives themselves
    return [step, *_uses(gradients, question, terms), _value(gradients, question, terms)]


def _alone(gradients: Gradients, question: Question, sides: Sequence[Expr], factors: Sequence[Expr]) -> Step:
    """The chain rule along the only path: its factors, what they are, and the value."""
    name = question.name
    body: tuple[Block, ...] = (gradients.sheet.chained(gradients.symbol(name), sides), *zero_notes(gradients, name))
    why: Prose = ("One factor for each edge, from the output back to ", reference(name), ".")
    conditions = (_conditions(question, factors),) if factors else ()
    title = question.titled(gradients, "Chain rule")
    return Step(f"chain.sum:{name}", "chain.sum", title, body, why, (name,), children=conditions, detail="brief")


def _conditions(question: Question, factors: Sequence[Expr]) -> Step:
    """What was cancelled, and so must not be 0."""
    words: Prose = ("where ", *listed([(factor, " ≠ 0") for factor in factors]))
    identity = f"chain.cancelled:{question.name}"
    return Step(identity, "chain.cancelled", ("Cancelled",), (Note(words),), detail="full")


def _given(gradients: Gradients, path: Path, symbols: Sequence[Expr]) -> list[Expr]:
    """The factors with the formulas that the document gives for abstract edges (n_f'*v1), where it gives any."""
    formulas = {}
    for source, target, slot in path:
        formula = gradients.graph.local.get((source, target))
        if formula is not None and number_of(formula) is None:
            formulas[gradients.locals(source, target, slot).symbol] = formula
    return (
        [joined([formulas.get(symbol, symbol) if isinstance(symbol, Deriv) else symbol for symbol in symbols])]
        if formulas
        else []
    )


def _value(gradients: Gradients, question: Question, terms: Sequence[Expr]) -> Step:
    total = gradients.total(terms)
    body: list[Block] = [gradients.sheet.chained(gradients.symbol(question.name), [summed(terms), total])]
    title = (
        question.titled(gradients, "Sum over the paths")
        if len(terms) > 1
        else question.titled(gradients, "Value", "of")
    )
    return Step(
        f"chain.sum:{question.name}",
        "chain.sum",
        title,
        (*body, *zero_notes(gradients, question.name)),
        uses=(question.name,),
        detail="brief",
    )


def _uses(gradients: Gradients, question: Question, terms: Sequence[Expr]) -> list[Step]:
    """A quantity that several nodes read: the paths grouped by the node through which they begin."""
    assert question.paths is not None
    uses: dict[tuple[str, int], list[Expr]] = {}
    for path, term in zip(question.paths, terms, strict=True):
        uses.setdefault(path[0][1:], []).append(term)
    if len(uses) < 2 or len(question.paths) == len(uses):
        return []
    body = []
    for (reader, slot), found in uses.items():
        left = multiply(gradients.symbol(reader), gradients.locals(question.name, reader, slot).symbol)
        body.append(gradients.sheet.chained(left, [summed(found), gradients.total(found)]))
    title: Prose = ("Contribution of each use of ", reference(question.name))
    readers = dict.fromkeys(reader for reader, _ in uses)
    why: Prose = (
        "The paths grouped by the node that uses ",
        reference(question.name),
        ": ",
        *listed([("in ", reference(reader)) for reader in readers]),
        ".",
    )
    return [Step(f"chain.use:{question.name}", "chain.use", title, tuple(body), why, uses=tuple(readers))]


def zero_notes(gradients: Gradients, name: str) -> list[Note]:
    """The reason for a zero gradient, where it is zero."""
    if number_of(gradients.adjoint(name)) != 0:
        return []
    return [Note(("It is zero: ", *why_zero(gradients, name), "."))]
