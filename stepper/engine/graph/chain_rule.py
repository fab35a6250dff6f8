"""The chain rule path by path: the paths, the rule in symbols, numbers put in, the sum, what each use contributes."""

from __future__ import annotations

from collections.abc import Container, Sequence

from msgspec import Struct

from stepper.core.expr import Deriv, Expr, add, multiply
from stepper.core.formula import number_of, reference
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Equation, Link, Note, Step, Trail
from stepper.engine.graph.adjoints import Gradients, joined, summed
from stepper.engine.graph.local_derivatives import Local
from stepper.engine.graph.paths import Edge, Path
from stepper.engine.graph.simplified import simplified
from stepper.engine.graph.why_zero import why_zero

MANY = 4
"""With more quantities than this, accumulation at nodes takes the place of paths."""


class Question(Struct, frozen=True):
    """One quantity asked about: how many paths lead from it, and which, where they are few enough to list."""

    name: str
    count: int
    paths: tuple[Path, ...] | None


def chain_steps(gradients: Gradients, question: Question, told: Container[Edge] = ()) -> list[Step]:
    """The chain rule for a quantity: the paths from it to the output, a product for each, their sum.

    ``told`` are edges that are worked out here and not among the local derivatives.
    """
    if not question.paths or not question.paths[0]:
        return [_alone(gradients, question)]
    ways = [_way(gradients, path, told) for path in question.paths]
    if len(ways) == 1:
        return [_only(gradients, question, ways[0])]
    return [_several(gradients, question, ways), *_uses(gradients, question, [way.term for way in ways])]


def whole_paths(questions: Sequence[Question]) -> set[Edge]:
    """The edges that are a path by themselves, and lie on no other path that is listed."""
    paths = [path for question in questions for path in question.paths or ()]
    used = [edge for path in paths for edge in path]
    return {path[0] for path in paths if len(path) == 1 and used.count(path[0]) == 1}


class _Way(Struct, frozen=True):
    """One path: the product of its factors, the sides that this is equal to, none where the edges are known by name
    alone; the term that it comes to, and the factors that were cancelled. ``worked`` is an edge whose local derivative
    is worked out here.
    """

    path: Path
    symbols: Expr
    sides: Sequence[Link]
    term: Expr
    cancelled: tuple[Expr, ...] = ()
    worked: bool = False
    notes: tuple[Note, ...] = ()


def _way(gradients: Gradients, path: Path, told: Container[Edge]) -> _Way:
    symbols, results = gradients.along(path)
    left, whole = simplified(gradients, path), multiply(*symbols)
    term = gradients.product(results) if left is None else left.term
    if len(path) == 1 and path[0] in told and gradients.upstream is None:
        edge = gradients.locals(*path[0])
        return _Way(path, whole, edge.equation.links, term, (), bool(edge.equation.links), kink_notes(edge))
    between = [*_given(gradients, path, symbols), joined(results)] if left is None else left.sides
    sides = () if symbols == results else gradients.sheet.chained(whole, [*between, term]).links
    return _Way(path, whole, sides, term, left.factors if left is not None else ())


def _only(gradients: Gradients, question: Question, way: _Way) -> Step:
    """The chain rule along the only path: its factors, what they are, and the value."""
    name, start, end = question.name, reference(question.name), reference(gradients.output)
    symbol = gradients.symbol(name)
    rule = () if way.worked else (Link("=", way.symbols),)
    body: tuple[Block, ...] = (Equation(symbol, (*rule, *way.sides), "gradient"), *way.notes)
    body += tuple(zero_notes(gradients, name))
    parts = [Step(f"chain.sum:{name}", "chain.sum", (symbol,), body, uses=(name,), detail="brief")]
    if len(way.path) > 1:
        parts.insert(0, _trails(gradients, question))
    title: Prose = ("Chain rule along the path from ", start, " to ", end)
    if len(way.path) == 1:
        title = ("Derivative of ", end, " for ", start)
    return _chain(question, title, [*parts, *_conditions(question, [way])])


def _several(gradients: Gradients, question: Question, ways: Sequence[_Way]) -> Step:
    """The chain rule over several paths: a product for each, and the sum of them."""
    name, end = reference(question.name), reference(gradients.output)
    symbol, terms = gradients.symbol(question.name), [way.term for way in ways]
    rule = Equation(symbol, (Link("=", add(*(way.symbols for way in ways))),), "gradient")
    products: list[Block] = []
    for way in ways:
        products += [Equation(way.symbols, tuple(way.sides), "gradient"), *way.notes] if way.sides else []
    edges = tuple(dict.fromkeys(edge for way in ways for edge in way.path))
    total = gradients.sheet.chained(symbol, [summed(terms), gradients.total(terms)])
    parts = [
        _trails(gradients, question),
        Step(f"chain.rule:{question.name}", "chain.rule", (symbol,), (rule,), uses=(question.name,), detail="full"),
        Step(f"chain.path:{question.name}", "chain.path", (symbol,), tuple(products), uses=edges, detail="brief"),
        *_conditions(question, ways),
        Step(
            f"chain.sum:{question.name}", "chain.sum", (symbol,), (total, *zero_notes(gradients, question.name)),
            uses=(question.name,), detail="brief",
        ),
    ]  # fmt: skip
    title: Prose = (f"Chain rule: one term for each of the {counted(question.count)} paths from ", name, " to ", end)
    return _chain(question, title, parts)


def _alone(gradients: Gradients, question: Question) -> Step:
    """The gradient of what no path leads from, and of the output itself."""
    name, symbol = question.name, gradients.symbol(question.name)
    total = gradients.sheet.chained(symbol, [gradients.adjoint(name)])
    body: tuple[Block, ...] = (total, *zero_notes(gradients, name))
    value = Step(f"chain.sum:{name}", "chain.sum", (symbol,), body, uses=(name,), detail="brief")
    return _chain(question, ("Value of ", symbol), [value])


def _chain(question: Question, title: Prose, parts: Sequence[Step]) -> Step:
    uses = tuple(dict.fromkeys(use for part in parts for use in part.uses))
    return Step(f"chain:{question.name}", "chain", title, (), (), uses, tuple(parts), detail="brief")


def _trails(gradients: Gradients, question: Question) -> Step:
    """The paths, and how their factors follow one another."""
    assert question.paths is not None
    start, nodes = reference(question.name), gradients.graph.nodes
    trails = [
        Trail(
            (start, *(reference(target) for _, target, _ in path)),
            tuple(nodes[target].wire(slot) for _, target, slot in path),
        )
        for path in question.paths
    ]
    identity = f"chain.paths:{question.name}"
    why = Note(("One factor for each edge, from the output back to ", start, "."), "full")
    return Step(identity, "chain.paths", ("Paths from ", start), (*trails, why))


def counted(count: int) -> str:
    """A count in full, its digits in groups of three."""
    return f"{count:,}".replace(",", " ") if count >= 10_000 else str(count)


def local_step(gradients: Gradients, told: Container[Edge] = ()) -> Step:
    """Each distinct local derivative on the way, worked once, from the output backwards; without those that are
    told elsewhere.
    """
    children = []
    for edge in gradients.worked:
        body: list[Block] = [*([edge.equation] if edge.equation.links else []), *kink_notes(edge)]
        if body and (edge.source, edge.target, edge.slot) not in told:
            identity = f"local.derivative:{edge.target}:{edge.source}" + (f":{edge.wire}" if edge.wire else "")
            uses = ((edge.source, edge.target, edge.slot),)
            children.append(Step(identity, "local.derivative", (edge.symbol,), tuple(body), uses=uses))
    return Step("local.derivatives", "local.derivatives", ("Local derivatives",), children=tuple(children))


def kink_notes(edge: Local) -> tuple[Note, ...]:
    """The slope taken at each kink that a local derivative stands on."""
    return tuple(
        Note(
            (
                *kink.where,
                " is a jump: no derivative exists; taken is " if kink.jump else " is a kink: the slope taken is ",
                kink.taken,
            ),
            "full",
        )
        for kink in edge.kinks
    )


def _conditions(question: Question, ways: Sequence[_Way]) -> list[Step]:
    """What was cancelled, and so must not be 0."""
    factors = dict.fromkeys(factor for way in ways for factor in way.cancelled)
    words: Prose = ("where ", *listed([(factor, " ≠ 0") for factor in factors]))
    identity = f"chain.cancelled:{question.name}"
    return [Step(identity, "chain.cancelled", ("Cancelled",), (Note(words),), detail="full")] if factors else []


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
    identity = f"chain.use:{question.name}"
    return [Step(identity, "chain.use", title, tuple(body), why, tuple(readers), detail="full")]


def zero_notes(gradients: Gradients, name: str) -> list[Note]:
    """The reason for a zero gradient, where it is zero."""
    if number_of(gradients.adjoint(name)) != 0:
        return []
    return [Note(("It is zero: ", *why_zero(gradients, name), "."))]
