"""A question answered as a derivation: its lines, each proved from the one before, and what they end in."""

from __future__ import annotations

from stepper.core.derivation_parser import OPERATORS
from stepper.core.expr import Call, Expr, Sym
from stepper.core.formula import text
from stepper.core.question import Question
from stepper.core.steps import Answer, Convention, Derivation
from stepper.core.traverse import mentions, names, transform, walk
from stepper.engine.derive.chains import chain
from stepper.engine.derive.context import Context
from stepper.engine.derive.derivatives import derivative
from stepper.engine.derive.forms import finished
from stepper.engine.derive.given import facts_of
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.engine.derive.proofs import proved
from stepper.engine.derive.rewriting import Rule, worked
from stepper.engine.derive.solving import solved
from stepper.engine.derive.within import in_terms_of
from stepper.engine.derive.writing import notation, step
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.theorems import EXPECTATION, PROBABILITY, SUMS, VARIANCE


def answer(question: Question) -> Derivation:
    """The derivation that a question asks for.

    Raises:
        StepperError: where it does not say what is wanted, or no rule leads on.
    """
    context = Context(question.given, Vocabulary(question.functions, {}), _wanted(question))
    parts = _parts(question, context)
    checks = [check for part in parts for check in proved(part, context)]
    result = parts[-1].derived
    name = text(result.left)
    exprs = [expr for part in parts for expr in (part.derived.left, *(line.expr for line in part.derived.lines))]
    steps = tuple(step(part, place) for place, part in enumerate(parts, 1))
    return Derivation(
        "derive", question.title or "Derivation", steps, (Answer(name, result.result),), tuple(checks),
        _conventions(question), notation(exprs), question.source,
    )  # fmt: skip


def _wanted(question: Question) -> tuple[Expr, ...]:
    found = [question.within] if question.within is not None else []
    if question.solve is not None:
        found += [part for side in question.solve.sides for part in walk(side) if isinstance(part, Call)]
    return tuple(found)


def _conventions(question: Question) -> tuple[Convention, ...]:
    return (("Given: ", ", ".join(question.said)),) if question.said else ()


def _parts(question: Question, context: Context) -> list[Part]:
    if question.wrt is not None:
        return _derivative(question, question.wrt, context)
    if any(isinstance(part, Call) and part.name in OPERATORS for part in walk(question.formula)):
        found = _expectation(question.formula, context)
        return [*found, *_solved(question, found[-1].derived.result, context)]
    letters = ", ".join(text(name) for name in names(question.formula))
    hint = f"--wrt to differentiate (the letters are {letters}), --collect, --solve, or --show for an equation"
    raise StepperError(Problem("it is not said what is wanted of this formula", hint=hint))


def _derivative(question: Question, wrt: Expr, context: Context) -> list[Part]:
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
        raise StepperError(Problem(f"{text(name)} is none of the quantities {', '.join(formulas)}"))
    last = found[-1].derived
    return [*found, *in_terms_of(last.result, last.left, formulas[text(name)], name, wrt, context)]


def _solved(question: Question, value: Expr, context: Context) -> list[Part]:
    """What was worked out, put into the equation, solved for a letter."""
    if question.solve is None:
        return []
    left, right = (_stands_for(side, question, value, context) for side in question.solve.sides)
    unknown = question.unknown or _only_unknown(left, right)
    steps = solved(left, right, unknown, context)
    first = Line(steps[0].left)
    pairs = tuple((step.left, step.right, step.done) for step in steps)
    title = ("Solved for ", unknown)
    last = steps[-1]
    return [Part(title, Derived(last.left, (Line(last.right),)), equations=pairs, kind="solved")] if first else []


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
    raise StepperError(Problem("for which letter?", hint=f"--for one of {', '.join(map(text, letters))}"))


def _expectation(formula: Expr, context: Context) -> list[Part]:
    rules: list[Rule] = [*facts_of(context), *PROBABILITY, *VARIANCE, *EXPECTATION, *SUMS]
    lines = worked(formula, rules, context)
    lines += finished(lines[-1].expr if lines else formula, context)
    if not lines:
        needed = [f"{condition}" for condition in context.missing]
        hint = f"needs {' or '.join(needed)}: say it with --given" if needed else ""
        raise StepperError(Problem(f"no rule leads on from {text(formula)}", hint=hint))
    return [Part(("Step by step",), Derived(formula, tuple(lines)))]
