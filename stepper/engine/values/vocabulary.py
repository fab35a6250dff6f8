"""The functions a graph may use: table rows and the document's own, their formulas parsed when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from stepper.core.expr import CONSTANTS, Call, Expr, Num, Sym
from stepper.core.graph import Function, Graph
from stepper.core.parser import parse
from stepper.core.traverse import substitute, walk
from stepper.engine.values.differentiate import partials
from stepper.engine.values.rule import ELEMENT, OUT, RESULT, Parameter, Rule
from stepper.errors import Problem, StepperError
from stepper.tables.conventions import COUNTINGS, INDEXINGS, KINKS, NUMBERINGS
from stepper.tables.table import BY_ANY_NAME, CONVENTIONS, GRADIENT, ROWS


class Vocabulary:
    """Looks functions up by name under the conventions in force."""

    def __init__(self, functions: Mapping[str, Function], conventions: Mapping[str, str]) -> None:
        self.functions = functions
        self.conventions = {name: choices[0] for name, choices in CONVENTIONS.items()} | dict(conventions)
        self.kink = next(kink for kink in KINKS if kink.name == self.conventions["kink"])
        self.counting = next(counting for counting in COUNTINGS if counting.name == self.conventions["classes"])
        self.indexing = next(row for row in INDEXINGS if row.name == self.conventions["index"])
        self.numbering = next(row for row in NUMBERINGS if row.name == self.conventions["numbering"])
        self._rules: dict[str, Rule] = {}
        self._reading: set[str] = set()
        self._specified: dict[str, bool] = {}

    @property
    def sent_back(self) -> dict[str, str]:
        """Functions through which something else than the gradient is sent back, and what."""
        chosen = {row.name: self.conventions[f"{row.name}_backward"] for row in ROWS.values() if row.backward}
        return {name: choice for name, choice in chosen.items() if choice != GRADIENT}

    def rule(self, name: str) -> Rule:
        """The rule of a function; a primed name is the derivative of the function before the prime."""
        if name not in self._rules:
            if name in self._reading:
                raise StepperError(Problem(f"the function {name} is defined in terms of itself"))
            self._reading.add(name)
            try:
                self._rules[name] = self._read(name)
            finally:  # what is refused is refused in the same words again
                self._reading.discard(name)
        return self._rules[name]

    def specified(self, name: str) -> bool:
        """Is a function worked out, down to the last one that its definition calls?"""
        if name not in self._specified:
            rule = self.rule(name)
            self._specified[name] = not rule.unspecified  # what a definition that reads itself meets on its way round
            forms = [form for form in (rule.value, rule.stable.get("")) if form is not None]
            calls = (part.name for form in forms for part in walk(form) if isinstance(part, Call))
            self._specified[name] = not rule.unspecified and all(map(self.specified, calls))
        return self._specified[name]

    def _read(self, name: str) -> Rule:
        declared = self.functions.get(name.rstrip("'"))
        if name.endswith("'"):
            return self._derivative(name)
        if declared is not None:
            parameters = tuple(Parameter(parameter) for parameter in declared.parameters)
            return Rule(name, parameters, declared.body)
        if name not in BY_ANY_NAME:
            raise StepperError(Problem(f"'{name}' is not a known function"))
        row = BY_ANY_NAME[name]
        choice = self.conventions[row.convention or row.name] if row.variants else ""
        return _compiled(row.name, choice, self.counting.name)

    def _derivative(self, name: str) -> Rule:
        base = self.rule(name[:-1])
        if base.picks:
            return self._picked(base)
        if len(base.parameters) != 1 or base.parameters[0].is_list:
            raise StepperError(Problem(f"{name} is the derivative of a function of one number; {base.name} takes more"))
        if base.unspecified:
            return Rule(name, base.parameters)
        variable = Sym(base.parameters[0].name)
        body = base.value if base.value is not None else parse(f"{base.name}({variable.name})")
        return Rule(name, base.parameters, partials(body, self).get(variable, Num("0")))

    def _picked(self, base: Rule) -> Rule:
        """The slopes of a function that is one of its arguments, as a list: 1 for that one, 0 for the others,
        shares where some tie.
        """
        (parameter,) = base.parameters
        whole: dict[Expr, Expr] = {OUT: Call(base.name, (Sym(parameter.name),)), ELEMENT: RESULT}
        slopes = substitute(base.partials[parameter.name], whole)
        flat = {parameter.name: Num("0")}  # between ties the slopes do not change
        return Rule(base.name + "'", base.parameters, slopes, flat, element=True, picks=base.picks)

    def __contains__(self, name: object) -> bool:
        """Is this the name of a function, primes aside?"""
        return isinstance(name, str) and (name.rstrip("'") in BY_ANY_NAME or name.rstrip("'") in self.functions)


@lru_cache(maxsize=1024)
def _compiled(name: str, choice: str, counting: str) -> Rule:
    """A row of the tables with its formulas read, under a choice of its variants and a way to count classes."""
    row, counted = BY_ANY_NAME[name], next(each for each in COUNTINGS if each.name == counting)
    variant = row.variants[choice] if choice else None
    value, partials = (variant.value, variant.partials) if variant else (row.value, row.partials)
    return Rule(
        row.name,
        tuple(Parameter(name, parse(default) if default else None, kind) for name, default, kind in row.signature()),
        _formula(value) if value else None,
        {name: _formula(partial) for name, partial in partials.items()},
        row.machine,
        {Fraction(at): Fraction(is_) for at, is_ in row.exact.items()},
        row.fold,
        {name: _formula(form) for name, form in row.stable.items()},
        row.element,
        row.unfolds,
        row.rational,
        row,
        (variant.says if variant else row.says).replace("{counted}", counted.says),
        tuple(_sides(condition) for condition in row.kink.split(" or ") if condition),
        tuple(row.picks.split(", ")) if row.picks else (),
        variant.unit if variant else row.unit,
        counted.first,
    )


def stops(call: Call) -> bool:
    """Does no gradient go back through a call?"""
    return call.name in BY_ANY_NAME and BY_ANY_NAME[call.name].stops


def holds_back(expr: Expr) -> bool:
    """Is there a call in a formula through which no gradient goes back?"""
    return any(isinstance(part, Call) and stops(part) for part in walk(expr))


def held_back(graph: Graph) -> str:
    """The first node, or function of the document, with such a call; empty where there is none."""
    bodies = {name: function.body for name, function in graph.functions.items()}
    return next(
        (name for name, body in {**bodies, **graph.patterns()}.items() if body is not None and holds_back(body)), ""
    )


def _sides(condition: str) -> tuple[Expr, Expr]:
    """The two sides that are equal at a kink."""
    left, right = condition.split("==")
    return _formula(left), _formula(right)


def _formula(written: str) -> Expr:
    """A row's formula; its constants are no names, so that a document may call a quantity pi."""
    return substitute(parse(written), {Sym(name): Sym(symbol) for name, symbol in CONSTANTS.items()})


PLAIN = Vocabulary({}, {})
"""The tables alone, under their default conventions: for formulas that belong to no document."""
