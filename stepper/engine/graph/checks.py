"""The checks of a derivation: accumulation against the sum over paths, and a difference quotient for each gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from msgspec.structs import replace

from stepper.core.expr import Call, Deriv, Expr, Value
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph, Leaf
from stepper.core.parser import parse
from stepper.core.progress import each
from stepper.core.prose import Prose, listed
from stepper.core.steps import Check, Column, Detail, Note, Step, Table
from stepper.core.traverse import names, substitute, walk
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.chain_rule import MANY, Question
from stepper.engine.graph.conventions import called
from stepper.engine.graph.difference_quotients import Differences
from stepper.engine.graph.gradient_checking import check_gradient, check_together
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings, close
from stepper.engine.values.vocabulary import holds_back
from stepper.errors import StepperError

GENERIC = (
    Fraction(7, 10),
    Fraction(13, 10),
    Fraction(11, 20),
    Fraction(19, 10),
    Fraction(3, 10),
    Fraction(23, 20),
    Fraction(17, 10),
)

MOST_ALONE = 40
"""More gradients than this are checked by one quotient, and one by one only where that does not agree."""

ROUNDING = 1e-14
"""What is lost of terms that cancel, as a share of their size."""


def checks_of(gradients: Gradients, questions: Sequence[Question]) -> list[Check]:
    """For each gradient: the sum over the paths against accumulation, and a difference quotient.

    Wbut symbols are left, both sides are worked out at generic values of them.
    """
    listed = all(question.paths is not None for question in questions) and len(questions) <= MANY
    shown = [question for question in questions if question.paths] if listed else []
    sums = [_sum_over_paths(gradients, question) for question in each(shown, "adding up paths")]
    return [*sums, *_difference_checks(gradients, [question.name for question in questions])]


def _sum_over_paths(gradients: Gradients, question: Question) -> Check:
    assert question.paths is not None
    total = gradients.total([gradients.product(gradients.along(path)[1]) for path in question.paths])
    adjoint = gradients.adjoint(question.name)
    ok = _same(gradients, question.name, total, adjoint)
    words = (
        "the same as the sum over the paths"
        if ok is not None
        else "not applicable: the formulas are defined at none of the values tried"
    )
    return Check("reverse accumulation", text(gradients.symbol(question.name)), ok, number_of(adjoint), (words,))


def _same(gradients: Gradients, name: str, left: Expr, right: Expr) -> bool | None:
    """Are two results equal? Numbers may differ by the rounding of what cancels in them."""
    if left == right:
        return True
    agree, one, other = _agree(gradients, left, right), number_of(left), number_of(right)
    if agree or one is None or other is None:
        return agree
    return abs(float(one) - float(other)) <= ROUNDING * gradients.scales()[name]


def _agree(gradients: Gradients, left: Expr, right: Expr) -> bool | None:
    """Are two results equal, where symbols are left at generic values for them? None where they exist at none that was
    tried.

    One set of values is not enough: 2*(h - 2) and 3*(h - 2) are both 0 at the first prime.
    """
    free, met = _free(gradients, [left, right]), False
    for generic in (_primes(), (Fraction(1, int(prime)) for prime in _primes())):
        replaced: dict[Expr, Expr] = {part: Value(value) for part, value in zip(free, generic, strict=False)}
        try:
            found = [gradients.sheet.approximate(substitute(side, replaced)) for side in (left, right)]
        except StepperError:  # generic values may lie outside the domain of a logarithm
            continue
        if found[0] is not None and found[1] is not None:
            if not close(found[0], found[1]):
                return False
            met = True
    return met or None


def _free(gradients: Gradients, sides: Sequence[Expr]) -> list[Expr]:
    """What is left without a number: symbols, partial derivatives known only by name, calls of unspecified
    functions.
    """
    found: dict[Expr, None] = {}
    for side in sides:
        for part in walk(side):
            unspecified = isinstance(part, Call) and gradients.sheet.vocabulary.rule(part.name).unspecified
            if isinstance(part, Deriv) or unspecified:
                found[part] = None
        found |= {name: None for name in names(side) if text(name) not in gradients.sheet.numbers}
    return list(found)


def _primes() -> Iterator[Fraction]:
    """Distinct primes: with ones in their place a wrong sum over paths can come out right."""
    number = 2
    while True:
        if all(number % divisor for divisor in range(2, int(number**0.5) + 1)):
            yield Fraction(number)
        number += 1


def _difference_checks(gradients: Gradients, wrt: Sequence[str]) -> list[Check]:
    graph = gradients.graph
    reason = _unsuitable(graph, gradients.output)
    found: list[Check | None] = []
    symbolic: list[str] = []
    scales = gradients.scales() if not reason else {}
    differences = Differences(gradients.sheet, gradients.output)
    factor = number_of(gradients.seed) if gradients.upstream is not None else Fraction(1)
    numbers = {
        name: number
        for name in wrt
        if name in graph.leaves and (number := number_of(gradients.adjoint(name))) is not None
    }
    if (
        len(wrt) == len(numbers) > MOST_ALONE
        and not reason
        and factor is not None
        and gradients.output in gradients.sheet.values
    ):
        together = check_together(differences, numbers, {name: scales.get(name, 0.0) for name in wrt}, factor)
        if together.ok:
            return [together]
    for name in each(wrt, "checking gradients"):
        symbol = text(gradients.symbol(name))
        number = number_of(gradients.adjoint(name))
        if reason:
            found.append(Check("central difference", symbol, None, None, reason))
        elif (
            number is not None
            and gradients.output in gradients.sheet.values
            and name in gradients.sheet.values
            and factor is not None
        ):
            found.append(check_gradient(differences, symbol, name, number, scales.get(name, 0.0), factor))
        else:
            found.append(None)
            symbolic.append(name)
    filled = iter(_at_generic_values(gradients, symbolic))
    return [check if check is not None else next(filled) for check in found]


def _unsuitable(graph: Graph, output: str) -> Prose:
    """Why no difference quotient can be taken, where none can."""
    inside = graph.ancestors([output])
    abstract = [name for name in graph.nodes if name in inside and graph.nodes[name].formula is None]
    if abstract:
        return ("not applicable: ", reference(abstract[0]), " has no formula, only edges")
    if any(target in inside for _, target in graph.local):
        return ("not applicable: local derivatives are given by the document",)
    bodies = {name: function.body for name, function in graph.functions.items() if function.body is not None}
    held = [name for name in called(graph, inside) if name in bodies and holds_back(bodies[name])]
    if held:
        return ("not applicable: ", held[0], " blocks a gradient inside, which a difference does not")
    return ()


class _Generic:
    """The graph with generic numbers in place of the symbols that are left: one sheet for all quantities asked
    about.
    """

    def __init__(self, gradients: Gradients, shift: int) -> None:
        self.graph = _filled(gradients.graph, shift)
        self.sheet = Sheet(self.graph, Settings())
        self.known = gradients.output in self.sheet.values
        self.differences = Differences(self.sheet, gradients.output)
        self.gradients = Gradients(self.sheet, gradients.output, gradients.inside)
        self.scales = self.gradients.scales() if self.known else {}

    def check(self, asked: Gradients, name: str) -> Check | None:
        """The formula found against a difference quotient; None where it has no number here."""
        symbol = text(asked.symbol(name))
        if not self.known:
            return Check("central difference", symbol, None, None, ("not applicable: a function is unspecified",))
        # the formulas as they are printed may cancel (1 - tanh(9)^2, x - 0.4 + x - 1): they too are worked with the
        # digits they need
        number = self.sheet.approximate(asked.adjoint(name))
        seed = number_of(self.gradients.seed)
        if number is None or seed is None:
            return None
        found = check_gradient(self.differences, symbol, name, number, self.scales.get(name, 0.0), seed)
        inside = asked.graph.ancestors([asked.output])
        free = [leaf.name for leaf in asked.graph.leaves.values() if leaf.value is None and leaf.name in inside]
        values = [(reference(leaf), " = ", Value(self.sheet.values[leaf])) for leaf in free]
        return replace(found, note=("at ", *listed(values, ", "))) if found.ok is not None and values else found


def _at_generic_values(gradients: Gradients, names: Sequence[str]) -> list[Check]:
    """Puts generic numbers in for the symbols that are left, and compares the formulas found with difference quotients
    there.
    """
    found: dict[str, Check] = {}
    for shift in range(3):
        missing = [name for name in names if name not in found]
        try:
            generic = _Generic(gradients, shift) if missing else None
        except StepperError:
            continue
        for name in missing:
            assert generic is not None
            try:
                check = generic.check(gradients, name)
            except StepperError:
                continue
            if check is not None:
                found[name] = check
    reason = ("not applicable: no generic values were found at which the graph is defined",)
    none = {name: Check("central difference", text(gradients.symbol(name)), None, None, reason) for name in names}
    return [found.get(name, none[name]) for name in names]


def _filled(graph: Graph, shift: int) -> Graph:
    free = [leaf for leaf in graph.leaves.values() if leaf.value is None]
    # 2 more for each round through the table, which is less than 2 wide: no two letters have one value
    values = {
        leaf.name: GENERIC[(place + shift) % len(GENERIC)] + 2 * (place // len(GENERIC))
        for place, leaf in enumerate(free)
    }
    leaves = {
        name: replace(leaf, value=values[name]) if name in values else leaf for name, leaf in graph.leaves.items()
    }
    if graph.upstream is not None:
        for part in names(graph.upstream):
            leaves.setdefault(text(part), Leaf(text(part), "constant", Fraction(9, 10)))
    return replace(graph, leaves=leaves)


def checked(steps: Sequence[Step], checks: Sequence[Check]) -> list[Step]:
    """The steps with what was checked: one line under the last of the results, and in full detail a table; where one
    does not agree the table at once.
    """
    decided = [check for check in checks if check.ok is not None]
    wrong = not all(check.ok for check in decided)
    lines = [*([] if wrong else _agreeing(decided)), *_undecided(checks)]
    kept = [step for step in steps if step.body or step.children]
    if lines:
        last = max((place for place, step in enumerate(kept) if step.detail == "brief"), default=None)
        line = Step("check.difference", "check.difference", ("Check",), tuple(lines), detail="brief")
        if last is None:
            kept.append(line)
        else:
            kept[last] = replace(kept[last], children=(*kept[last].children, line))
    quotients = any("difference" in check.name for check in decided)
    why: Prose = (
        "A difference quotient evaluates only the formulas, at nearby points with 50 digits; it uses no derivative.",
    )
    detail: Detail = "brief" if wrong else "full"
    table = Step("check.table", "check.table", ("Check",), (_table(decided),), why if quotients else (), detail=detail)
    return [*kept, table] if decided else kept


def _agreeing(decided: Sequence[Check]) -> list[Note]:
    """That all agree, in one line; what they found stands in the steps."""
    if not decided:
        return []
    names = [(name,) for name in dict.fromkeys(check.name for check in decided)]
    several = len({check.of for check in decided})
    of = f" of {'both' if several == 2 else f'all {several}'} derivatives" if several > 1 else ""
    return [Note((f"Check{of}: ", *listed(names), " agrees" if len(names) == 1 else " agree"))]


def _undecided(checks: Sequence[Check]) -> list[Note]:
    """What could not be checked, and why: a line for each reason."""
    alike: dict[tuple[str, Prose], list[Prose]] = {}
    for check in checks:
        if check.ok is None:
            alike.setdefault((check.name, check.note), []).append((parse(check.of),))
    return [Note(("Check of ", *listed(of), f": {name} ", *note)) for (name, note), of in alike.items()]


def _table(decided: Sequence[Check]) -> Table:
    """A row for each check, with what it found where that is a number."""
    numbers = any(check.number is not None for check in decided)
    rows: list[tuple[Prose, ...]] = []
    for check in decided:
        verdict = "agrees" if check.ok else "DISAGREES"
        found: Prose = () if check.number is None else (Value(check.number),)
        note: Prose = (": ", *check.note) if check.note else ()
        rows.append(((parse(check.of),), (check.name,), *([found] if numbers else []), (verdict, *note)))
    columns = [Column(("gradient",), "gradient"), Column(("checked by",)), Column(("verdict",))]
    if numbers:
        columns.insert(2, Column(("found",), "gradient"))
    return Table(tuple(columns), tuple(rows))
