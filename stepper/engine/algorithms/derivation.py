"""An algorithm worked out: its rule, its entries one after the other, the table of them, and what it ends with."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.algorithm import Run
from stepper.core.expr import Array, Expr, Number, Sym, Value
from stepper.core.prose import Prose, listed, shortly
from stepper.core.steps import Answer, Block, Check, Column, Derivation, Detail, Equation, Link, Note, Step, Table
from stepper.engine.algorithms.laws import Laws
from stepper.engine.algorithms.lines import Lines
from stepper.engine.algorithms.results import Found, Results
from stepper.engine.algorithms.rule import rule_step
from stepper.engine.algorithms.rules import parsed, said, symbols
from stepper.engine.algorithms.working import Working
from stepper.engine.values.quantities import Settings
from stepper.tables.algorithm import Result

SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}
MOST_WORKED, MOST_ROWS, MOST_LISTED = 20, 100, 40
"""Of so many entries the lines are shown, of so many the row of the table, and of a list so many numbers."""


def derive(run: Run, settings: Settings) -> Derivation:
    """An algorithm worked out on its data.

    Raises:
        StepperError: where a setting or an entry is not as the algorithm needs it, or a value does not exist.
    """
    working = Working(run)
    results = Results(working)
    lines = Lines(working, results, settings)
    checks = Laws(working, results).checks()
    steps = (
        rule_step(working.rules), *_alone(working, lines), *_totals(working, lines), *_order(working),
        *_turns(working, lines), _table(working), _results(working, results, lines), _checked(working, checks),
    )  # fmt: skip
    answers = tuple(Answer(name, _expr(found), None if isinstance(found, tuple) else found)
                    for name, found in results.found.items())  # fmt: skip
    return Derivation(
        "derive", run.title, steps, answers, tuple(checks), _conventions(working), symbols(working.row), run.source
    )


def _conventions(working: Working) -> tuple[Prose, ...]:
    given = listed([(Sym(name), " = ", Value(value)) for name, value in working.run.settings.items()], ", ")
    says = [said(line) for line in working.row.says]
    return (*([given] if given else []), *says, (working.row.source,))


def _alone(working: Working, lines: Lines) -> list[Step]:
    """What is worked for every entry by itself."""
    if not working.rules.each:
        return []
    if not working.rules.worked:  # there is nothing else: an entry is a step
        return [_entry(working, position, lines.equations(lines.each(position))) for position in _shown(working)]
    body = tuple(equation for position in _shown(working) for equation in lines.equations(lines.each(position)))
    return [Step("algorithm.each", "algorithm.each", (f"Each {working.row.entry} by itself",), body)]


def _totals(working: Working, lines: Lines) -> list[Step]:
    body = [lines.of_all(Sym(name), formula, working.env[name]) for name, formula in working.rules.totals]
    return [Step("algorithm.totals", "algorithm.totals", ("All together",), tuple(body))] if body else []


def _order(working: Working) -> list[Step]:
    if not working.row.order:
        return []
    numbers = [str(working.number(position)) for position in working.order[:MOST_ROWS]]
    more = ", …" if len(working.order) > MOST_ROWS else ""
    words: Prose = ("By ", parsed(working.row.order), f", the largest first: {', '.join(numbers)}{more}.")
    return [Step("algorithm.order", "algorithm.order", ("The order",), (Note(words),))]


def _turns(working: Working, lines: Lines) -> list[Step]:
    """The entries in their turns, line by line."""
    if not working.rules.worked:
        return []
    chosen = working.done[:MOST_WORKED]
    return [_entry(working, position, lines.equations(lines.turn(position))) for position in chosen]


def _entry(working: Working, position: int, body: tuple[Equation, ...]) -> Step:
    detail: Detail = "normal" if working.row.worked else "full"
    number = working.number(position)
    title = f"{_capital(working)} {number}"
    return Step(f"algorithm.entry:{number}", "algorithm.entry", (title,), body, detail=detail)


def _shown(working: Working) -> range:
    """The entries whose lines are shown."""
    return range(min(working.length, MOST_WORKED))


def _table(working: Working) -> Step:
    """A row for each entry in the order of working; a long run is thinned."""
    names = [name for name in (*working.rules.known, *working.rules.worked) if name in working.columns]
    heads: tuple[Prose, ...] = ((working.row.entry,), *((Sym(name),) for name in names))
    every = -(-len(working.done) // MOST_ROWS)
    last = working.done[-1]
    shown = [position for place, position in enumerate(working.done) if place % every == 0 or position == last]
    rows: list[tuple[Prose, ...]] = [
        ((str(working.number(position)),), *((Value(working.columns[name][position]),) for name in names))
        for position in shown
    ]
    table = Table(tuple(Column(head, "value", "right") for head in heads), tuple(rows))
    why: Prose = (f"One row in {every} is shown.",) if every > 1 else ()
    return Step(
        "algorithm.table",
        "algorithm.table",
        (f"{_capital(working)} by {working.row.entry}",),
        (table,),
        why,
        detail="brief",
    )


def _capital(working: Working) -> str:
    word = working.row.entry
    return f"{word[0].upper()}{word[1:]}"


def _results(working: Working, results: Results, lines: Lines) -> Step:
    body: list[Block] = []
    for result in working.row.results:
        if result.name in results.found:
            found = results.found[result.name]
            body.append(_result(result, found, working, lines) if _short(found) else _first(result.name, found))
        elif result.otherwise:
            body.append(Note((result.otherwise,)))
    return Step("algorithm.result", "algorithm.result", ("The result",), tuple(body), detail="brief")


def _short(found: Found) -> bool:
    return not isinstance(found, tuple) or len(found) <= MOST_LISTED


def _first(name: str, found: Found) -> Note:
    """The first of many numbers."""
    numbers: tuple[Number, ...] = found if isinstance(found, tuple) else (found,)
    return Note((Sym(name), ": ", *shortly([(Value(number),) for number in numbers], MOST_LISTED), "."))


def _result(result: Result, found: Found, working: Working, lines: Lines) -> Equation:
    left = Sym(result.name)
    if isinstance(found, tuple):
        return Equation(left, (Link("=", _expr(found)),))
    if result.of == "last":
        return lines.of_last(left, parsed(result.formula))
    return lines.of_all(left, parsed(result.formula), found)


def _expr(found: Found) -> Expr:
    return Array(tuple(map(Value, found))) if isinstance(found, tuple) else Value(found)


def _checked(working: Working, checks: Sequence[Check]) -> Step:
    """What was looked at apart from the run."""
    words = {True: "holds", False: "does not hold", None: "does not apply"}
    rows: list[tuple[Prose, ...]] = []
    for law, check in zip(working.row.laws, checks, strict=True):
        note: Prose = (": ", *check.note) if check.note else ()
        rows.append((said(law.says), (words[check.ok], *note)))
    table = Table((Column(("what must hold",)), Column(("",))), tuple(rows))
    return Step("algorithm.check", "algorithm.check", ("Check",), (table,))
