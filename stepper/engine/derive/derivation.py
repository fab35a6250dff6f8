"""A question answered as a derivation: its lines, each proved from the one before, and what they end in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.derivation_parser import OPERATORS
from stepper.core.expr import Call, Deriv, Expr, Index, Power, Sym, Where, add, multiply
from stepper.core.formula import text
from stepper.core.progress import each, tell
from stepper.core.question import Question
from stepper.core.steps import Answer, Derivation
from stepper.core.traverse import extent, mentions, names, substitute, transform, walk
from stepper.engine.derive.chains import chain
from stepper.engine.derive.conditions import changes
from stepper.engine.derive.context import Context, name_of
from stepper.engine.derive.derivatives import derivative
from stepper.engine.derive.entries import apart
from stepper.engine.derive.expanding import multiplied_out
from stepper.engine.derive.extrema import extremum
from stepper.engine.derive.forms import finished, size
from stepper.engine.derive.given import conventions, facts_of, with_sizes
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.engine.derive.of_arrays import about_arrays, gathered, gradient, with_shapes
from stepper.engine.derive.proofs import proved, summary
from stepper.engine.derive.rewriting import Rule, worked
from stepper.engine.derive.showing import shown
from stepper.engine.derive.solving import solved
from stepper.engine.derive.terms import ONE, ZERO, Term, joined, number_in, summands
from stepper.engine.derive.within import in_terms_of
from stepper.engine.derive.writing import formulas_in, notation, step, with_partials
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.theorems import EXPECTATION, INTEGRALS, MOMENTS, PROBABILITY, SUMS, VARIANCE


def answer(question: Question) -> Derivation:
    """The derivation that a question asks for.

    Raises:
        StepperError: where it does not say what is wanted, or no rule leads on.
    """
    vocabulary = Vocabulary(question.functions, {})
    _check_length(question)
    if question.wrt is not None:
        question = _apart(question, question.wrt)
    sides = question.statement.sides
    arrays = about_arrays(sides, question.given)
    inside = [part.of for side in sides for part in walk(side) if isinstance(part, Deriv)]
    given = with_shapes(inside or sides, question.given) if arrays else question.given
    for call in [part for side in sides for part in walk(side) if isinstance(part, Call) and part.name in vocabulary]:
        vocabulary.rule(call.name).check_count(len(call.arguments))
    letters = (*sides, *question.chain.values(), *([question.wrt] if question.wrt is not None else []))
    context = Context(with_sizes(sides, given), vocabulary, _wanted(question), letters=letters)
    if question.show:
        return shown(question.statement, context, question.title)
    tell("deriving")
    parts = _of_arrays(question, context) if arrays else _parts(question, context)
    parts = [replace(part, names=part.names or question.chain) for part in parts]
    left, result = _answer(parts)
    parts = list(map(with_partials, parts))
    proofs = [proof for part in each(parts, "proving") for proof in proved(part, context)]
    closing = summary(proofs)
    exprs = [expr for part in parts for expr in (part.derived.left, *(line.expr for line in part.derived.lines))]
    told = conventions(given)
    steps = (*(step(part, place) for place, part in enumerate(parts, 1)), *([closing] if closing else []))
    return Derivation(
        "derive", question.title or _title(question, arrays), steps, (Answer(text(left), result),),
        tuple(proof.check for proof in proofs),
        told, notation([*exprs, *formulas_in(told)]), question.source,
    )  # fmt: skip


MOST_PARTS = 400


def _check_length(question: Question) -> None:
    length = sum(extent(side)[0] for side in (*question.statement.sides, *question.chain.values()))
    if length > MOST_PARTS:
        what = f"this formula has {length:,} parts; {MOST_PARTS} is the limit"
        raise StepperError(Problem(what, hint="name parts of it with -e, or derive a shorter one"))


def _answer(parts: Sequence[Part]) -> tuple[Expr, Expr]:
    """What was asked for, and what it is: where it was worked out by cases, all of them together."""
    solved = [part for part in parts if part.kind == "solved"]
    whole = solved or [part for part in parts if not (part.cases or part.equations or part.where)]
    found = whole[-1].derived
    if whole[-1].kind == "collected":  # the letters for products are of this page alone
        return found.left, substitute(found.result, {Sym(name): value for name, value in whole[-1].names.items()})
    if solved or (branches := [part for part in parts if part.where and not part.equations]) == []:
        return found.left, found.result
    result = branches[-1].derived.result
    for part in reversed(branches[:-1]):
        assert part.where is not None
        (one, other), (relation,) = part.where.sides, part.where.relations
        result = Where("==" if relation == "=" else relation, one, other, part.derived.result, result)
    return found.left, result


def _apart(question: Question, wrt: Expr) -> Question:
    """The question with variables of ranges that are not the letters of what it is differentiated by."""
    sides = tuple(apart(side, wrt) for side in question.statement.sides)
    chain = {name: apart(formula, wrt) for name, formula in question.chain.items()}
    return replace(question, statement=replace(question.statement, sides=sides), chain=chain)


def _title(question: Question, arrays: bool) -> str:
    """What is derived, in a few words."""
    if question.collect is not None:
        return f"Collected in {text(question.collect)}"
    if question.wrt is None:
        return "Expectation, step by step"
    kind = "gradient" if arrays else "derivative"
    return f"The {kind} with respect to {text(question.wrt)}"


def _wanted(question: Question) -> tuple[Expr, ...]:
    found = [asked for asked in (question.within, question.unknown) if asked is not None]
    if question.solve is not None:
        found += [part for side in question.solve.sides for part in walk(side) if isinstance(part, Call)]
    return tuple(found)


def _of_arrays(question: Question, context: Context) -> list[Part]:
    if question.collect is not None:
        return gathered(question.formula, question.collect, context)
    if question.wrt is not None:
        name = next((name for name, formula in question.chain.items() if formula == question.formula), "")
        return gradient(question.formula, question.wrt, context, name, question.minimum)
    raise _unclear(question)


def _parts(question: Question, context: Context) -> list[Part]:
    if question.wrt is not None:
        found = _derivative(question, question.wrt, context)
        if not question.minimum:
            return found
        return [*found, *extremum(found[-1].derived, question.wrt, context)]
    if any(isinstance(part, Call) and part.name in OPERATORS for part in walk(question.formula)):
        found = _expectation(question.formula, context)
        return [*found, *_solved(question, found[-1].derived.result, context)]
    if question.collect is not None:
        return _collected(question.formula, question.collect)
    raise _unclear(question)


def _unclear(question: Question) -> StepperError:
    letters = ", ".join(text(name) for name in names(question.formula))
    hint = f"--wrt to differentiate (the letters are {letters}), --collect, --solve, or --show for an equation"
    return StepperError(Problem("what should be derived from this formula?", hint=hint))


def _collected(formula: Expr, name: Expr) -> list[Part]:
    """The formula by powers of a letter."""
    out = multiplied_out(formula)
    powers: dict[Expr, list[Term]] = {}
    for term in summands(out):
        degree = dict(term.powers).get(name, ZERO)
        rest = Term(term.number, tuple(pair for pair in term.powers if pair[0] != name))
        powers.setdefault(degree, []).append(rest)
    parts = [_times(joined(terms), name, degree) for degree, terms in powers.items()]
    whole = add(*parts)
    lines = [Line(out, note=("multiplied out",)), Line(whole, note=("collected in ", name))]
    return [Part(("Collected in ", name), Derived(formula, tuple(line for line in lines if line.expr != formula)))]


def _times(factor: Expr, name: Expr, degree: Expr) -> Expr:
    power = number_in(degree)
    raised = name if power == 1 else Power(name, degree)
    return factor if power == 0 else raised if factor == ONE else multiply(factor, raised)


def _check_name(question: Question, wrt: Expr, context: Context) -> None:
    """Refuses what no formula is differentiated by."""
    hint = f"the letters are {', '.join(dict.fromkeys(map(text, names(question.formula))))}"
    if name_of(wrt) == "" or not isinstance(wrt, Sym | Index):
        raise StepperError(Problem(f"{text(wrt)} is not a quantity to differentiate by", hint=hint))
    if not question.chain and not changes(question.formula, wrt, context):
        raise StepperError(Problem(f"{text(question.formula)} does not depend on {text(wrt)}", hint=hint))


def _derivative(question: Question, wrt: Expr, context: Context) -> list[Part]:
    _check_name(question, wrt, context)
    formulas = dict(question.chain)
    name = question.within
    if not formulas and isinstance(name, Sym):
        formulas = {name.name: question.formula}
    if not formulas:
        return derivative(question.formula, wrt, context, facts_of(context))
    found = chain(formulas, wrt, context, facts_of(context))
    if name is None or (mentions(found[-1].derived.result, name) and len(formulas) > 1):
        return found
    if text(name) not in formulas:
        raise StepperError(Problem(f"{text(name)} is not one of the quantities {', '.join(formulas)}"))
    last = found[-1].derived
    terms = in_terms_of(last.result, last.left, formulas[text(name)], name, wrt, context)
    return [replace(part, names=part.names or formulas) for part in [*found, *terms]]


def _solved(question: Question, value: Expr, context: Context) -> list[Part]:
    """What was worked out, put into the equation, solved for a letter."""
    if question.solve is None:
        return []
    left, right = (_stands_for(side, question, value, context) for side in question.solve.sides)
    unknown = question.unknown or _only_unknown(left, right)
    steps = solved(left, right, unknown, context)
    pairs = tuple((step.left, step.right, step.done) for step in steps)
    title = ("Solved for ", unknown)
    last = steps[-1]
    return [Part(title, Derived(last.left, (Line(last.right),)), equations=pairs, kind="solved")]


def _stands_for(side: Expr, question: Question, value: Expr, context: Context) -> Expr:
    """``Var(s)`` in an equation is the variance that was worked out where s is no random quantity."""
    root = question.formula

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Call) and isinstance(root, Call) and part.name == root.name:
            (inside,) = part.arguments
            if isinstance(inside, Sym) and inside.name not in context.given.random:
                return value
        return value if part == root else None

    return transform(side, change)


def _only_unknown(left: Expr, right: Expr) -> Expr:
    letters = list(dict.fromkeys([*names(left), *names(right)]))
    if len(letters) == 1:
        return letters[0]
    hint = f"--for one of {', '.join(map(text, letters))}"
    raise StepperError(Problem("which letter should be solved for?", hint=hint))


def _by_variance(expr: Expr, context: Context) -> list[Line]:
    """A result with second moments by variances, where that is shorter."""
    rules: list[Rule] = [*facts_of(context), *MOMENTS]
    lines = worked(expr, rules, context)
    if not lines:
        return []
    found = finished(lines[-1].expr, context)
    last = found[-1].expr if found else lines[-1].expr
    return [*lines, *found] if size(last) < size(expr) else []


def _expectation(formula: Expr, context: Context) -> list[Part]:
    rules: list[Rule] = [*facts_of(context), *PROBABILITY, *VARIANCE, *EXPECTATION, *SUMS, *INTEGRALS]
    lines = worked(formula, rules, context)
    lines += finished(lines[-1].expr if lines else formula, context)
    lines += _by_variance(lines[-1].expr if lines else formula, context)
    if not lines:
        raise StepperError(Problem(f"no rule applies to {text(formula)}", hint=_missing(formula, context)))
    return [Part(("Step by step",), Derived(formula, tuple(lines)))]


def _missing(formula: Expr, context: Context) -> str:
    """What should be said so that a rule applies: of a quantity, its distribution; else what the rules ask for."""
    unknown = [name for name in dict.fromkeys(map(name_of, names(formula))) if name in context.given.random]
    unknown = [name for name in unknown if name not in context.given.laws]
    if unknown:
        name = unknown[0]
        return f"say more of {name} with --given: '{name} ~ N(0, 1)', or 'E({name}) = 0' and 'Var({name}) = 1'"
    needed = {frozenset(condition.replace(",", " ").split()): condition for condition in context.missing}.values()
    return f"a rule needs {' or '.join(needed)}: state it with --given" if needed else ""
