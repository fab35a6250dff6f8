"""What stepper knows, from the tables: definition, derivative in both forms, domain, kink, source."""

from __future__ import annotations

from stepper.core.expr import Call, Deriv, Expr, Index, Sym
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Block, Column, Derivation, Equation, Link, Note, Step, Table
from stepper.core.traverse import substitute, walk
from stepper.engine.algorithms.rule import rule_step
from stepper.engine.algorithms.rules import Rules, said, symbols
from stepper.engine.curve import curve_step
from stepper.engine.derive.theorems import THEOREMS, fields, list_theorems, show_theorem
from stepper.engine.values.rule import ELEMENT, OUT, RESULT, Rule
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import Problem, StepperError, nearest
from stepper.tables.algorithm import Algorithm
from stepper.tables.algorithms import ALGORITHMS, BY_ALGORITHM_NAME
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import ARRAYS, BY_ARRAY_NAME
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME, CONVENTIONS, ROWS

VALUE = Sym("f")
DERIVATIONS = "derivations"
"""By this name the rules of derivations are asked for."""


def list_rules() -> Derivation:
    """Every function with its definition."""
    rows: list[tuple[Prose, ...]] = []
    for row in ROWS.values():
        rule = PLAIN.rule(row.name)
        rows.append(((row.name,), (_call(rule),), _definition(rule)))
    table = Table((Column(("name",)), Column(("written",)), Column(("definition",))), tuple(rows))
    algorithms = Table(
        (Column(("name",)), Column(("data",)), Column(("settings",)), Column(("results",))),
        tuple(
            (
                (row.name,),
                (row.data.replace("; ", ", "),),
                (row.settings,),
                (", ".join(result.name for result in row.results),),
            )
            for row in ALGORITHMS
        ),
    )
    conventions = Table((Column(("convention",)), Column(("choices, the first is the default",))), tuple(_choices()))
    arrays = Table(
        (Column(("name",)), Column(("takes",)), Column(("what it is",))),
        tuple(((row.name,), (row.parameters,), (row.says or row.value,)) for row in ARRAYS),
    )
    steps = (
        Step("rules.functions", "rules.functions", ("Functions and losses",), (table,), detail="brief"),
        Step("rules.arrays", "rules.arrays", ("Functions of arrays",), (arrays,), detail="brief"),
        Step("rules.algorithms", "rules.algorithms", ("Algorithms",), (algorithms,), detail="brief"),
        Step("rules.conventions", "rules.conventions", ("Conventions",), (conventions,), detail="brief"),
        Step("rules.fields", "rules.fields", ("Rules of derivations",), (fields(),), detail="brief"),
    )
    return Derivation("rules", "What stepper knows", steps, notation=_notation(list(ROWS.values())))


def show_rule(name: str, pictured: bool = False) -> Derivation:
    """One function: what it is, how it is differentiated, where it is defined, where that comes from; ``pictured``: its
    curve too. Or an algorithm, a rule of derivations, or all of these.

    Raises:
        StepperError: where nothing has this name.
    """
    if name == DERIVATIONS:
        return list_theorems()
    if name in BY_ALGORITHM_NAME:
        return _algorithm(BY_ALGORITHM_NAME[name])
    if name not in BY_ARRAY_NAME and name not in BY_ANY_NAME:
        if name in (theorems := {row.name for row in THEOREMS}):
            return show_theorem(name)
        known = [*BY_ARRAY_NAME, *BY_ANY_NAME, *BY_ALGORITHM_NAME, *theorems]
        hint = nearest(name, known) or "'stepper rules' lists functions, 'stepper rules derivations' rules"
        raise StepperError(Problem(f"'{name}' is not a known function or rule", hint=hint))
    arrays = _array_steps(BY_ARRAY_NAME[name]) if name in BY_ARRAY_NAME else []
    if name not in BY_ANY_NAME:
        return Derivation("rules", BY_ARRAY_NAME[name].name, tuple(arrays), notation=_array_notation())
    row = BY_ANY_NAME[name]
    steps = [step for variant in (list(row.variants) or [""]) for step in _steps(row, variant)]
    notes: list[Block] = [Note((f"Domain: {row.domain}.",))] if row.domain else []
    notes += [Note((f"Also written: {', '.join(row.aliases)}.",))] if row.aliases else []
    notes.append(Note((f"Source: {row.source}.",)))
    steps.append(Step("rules.source", "rules.source", ("Source",), tuple(notes), detail="brief"))
    notation = {**(_array_notation() if arrays else {}), **_notation([row])}
    return Derivation("rules", row.name, (*steps, *arrays, *(_picture(row) if pictured else [])), notation=notation)


def _algorithm(row: Algorithm) -> Derivation:
    """An algorithm: what its document gives, its rule, how disputed points are settled, where it comes from."""
    given = [f"data: {row.data.replace('; ', ', ')}"] if row.data else []
    given += [f"settings: {row.settings}"] if row.settings else []
    notes: list[Block] = [
        Note((f"A document gives {'; '.join(given)}.",)),
        *(Note((*said(_capital(says)), ".")) for says in row.says),
    ]
    notes += [Note((f"Also written: {', '.join(row.aliases)}.",))] if row.aliases else []
    notes.append(Note((f"Source: {row.source}.",)))
    source = Step("rules.source", "rules.source", ("Source",), tuple(notes), detail="brief")
    return Derivation("rules", row.name, (rule_step(Rules(row)), source), notation=symbols(row))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _picture(row: FunctionRow) -> list[Step]:
    """The curve of a function of one number.

    Raises:
        StepperError: where it takes several numbers, or lists, and so has none.
    """
    found = curve_step(row)
    if found is None:
        raise StepperError(
            Problem(
                f"{row.name} is not a function of one number, so it has no curve",
                hint="stepper rules sigmoid -o sigmoid.svg",
            )
        )
    return [found]


def _array_steps(row: ArrayFunction) -> list[Step]:
    """A function of arrays: what it takes, its definition, how its gradient goes back, where it comes from."""
    names = [Sym(name) for name, _, _ in row.signature()]
    call = Call(row.name, tuple(names))
    body: list[Block] = [Equation(call, (Link("=", parse(row.value)),), "plain")] if row.value else []
    body.append(Note((f"Takes: {row.parameters}." + (f" {_capital(row.says)}." if row.says else ""),)))
    steps = [Step("rules.array", "rules.array", ("Of arrays",), tuple(body), detail="brief")]
    if row.vjp:
        back: list[Block] = [Note(("G is the upstream gradient, out the function's own value.",))]
        back += [Equation(Sym(f"d{name}"), (Link("=", parse(form)),), "gradient") for name, form in row.vjp.items()]
        steps.append(Step("rules.back", "rules.back", ("Backward rule",), tuple(back), detail="brief"))
    also = [Note((f"Also written: {', '.join(row.aliases)}.",))] if row.aliases else []
    steps.append(
        Step(
            "rules.array_source",
            "rules.array_source",
            ("Source",),
            (*also, Note((f"Source: {row.source}.",))),
            detail="brief",
        )
    )
    return steps


def _array_notation() -> dict[str, str]:
    return {row.name: row.symbol or f"={row.name}" for row in ARRAYS if row.symbol or "_" in row.name}


def _steps(row: FunctionRow, variant: str) -> list[Step]:
    rule = Vocabulary({}, {row.convention or row.name: variant} if variant else {}).rule(row.name)
    suffix = f" ({row.convention or row.name}={variant})" if variant else ""
    call = _call(rule)
    definition: list[Block] = [Equation(call, (Link("=", rule.value),))] if rule.value is not None else []
    said = _said(rule)
    definition += [Note(said)] if said else []
    found = [
        Step(
            f"rules.definition:{variant}",
            "rules.definition",
            (f"Definition{suffix}",),
            tuple(definition),
            detail="brief",
        )
    ]
    body: list[Block] = []
    for parameter in rule.parameters:
        if parameter.name in rule.partials:
            body += _derivative(rule, call, parameter.name, parameter.is_list)
    if not body:
        body = [Note(("differentiated from its definition",))]
    why: Prose = (
        (VALUE, " stands for the function's own value.")
        if any(OUT in list(walk(partial)) for partial in rule.partials.values())
        else ()
    )
    return [
        *found,
        Step(
            f"rules.derivative:{variant}",
            "rules.derivative",
            (f"Derivative{suffix}",),
            tuple(body),
            why,
            detail="brief",
        ),
    ]


def _derivative(rule: Rule, call: Expr, name: str, is_list: bool) -> list[Block]:
    """The derivative in the function's own terms, then in its arguments; the form that stays accurate; where it has a
    kink.
    """
    wrt = Index(Sym(name), (ELEMENT,)) if is_list else Sym(name)
    partial = rule.partials[name]
    whole = call.base if isinstance(call, Index) else call
    links = [Link("=", substitute(partial, {OUT: VALUE}))]
    expanded = substitute(partial, {OUT: whole})
    if expanded != links[0].expr:
        links.append(Link("=", expanded))
    if name in rule.stable and rule.stable[name] != partial:
        links.append(Link("=", rule.stable[name], ("accurate where it saturates",)))
    body: list[Block] = [Equation(Deriv(VALUE, wrt, total=False), tuple(links), "gradient")]
    for left, right in rule.kinks:
        meets: Prose = (substitute(left, {OUT: VALUE}), " = ", substitute(right, {OUT: VALUE}))
        body.append(Note(("kink where ", *(("two or more ", *meets) if rule.picks else meets))))
    return list(dict.fromkeys(body))


def _call(rule: Rule) -> Expr:
    call = Call(rule.name, tuple(Sym(parameter.name) for parameter in rule.parameters))
    return Index(call, (RESULT,)) if rule.element else call


def _said(rule: Rule) -> Prose:
    lists = [parameter.name for parameter in rule.parameters if parameter.is_list]
    words = [rule.says] if rule.says else []
    words += [f"{' and '.join(lists)}: lists of n elements"] if lists else []
    words += ["rest: the other elements"] if rule.picks else []
    words += ["the elements joined by " + rule.fold] if rule.fold else []
    return ("; ".join(words),) if words else ()


def _definition(rule: Rule) -> Prose:
    if rule.value is not None:
        return (rule.value,)
    return (rule.says or ("the elements joined by " + rule.fold if rule.fold else "primitive"),)


def _choices() -> list[tuple[Prose, ...]]:
    return [((name,), (", ".join(choices),)) for name, choices in CONVENTIONS.items()]


def _notation(rows: list[FunctionRow]) -> dict[str, str]:
    found = {row.name: row.symbol for row in rows if row.symbol}
    for row in rows:
        formulas = (
            row.value,
            *row.partials.values(),
            *row.stable.values(),
            *(variant.value for variant in row.variants.values()),
        )
        for formula in filter(None, formulas):
            calls = (part.name for part in walk(parse(formula)) if isinstance(part, Call))
            found |= {name: ROWS[name].symbol for name in calls if ROWS[name].symbol}
    return found
