"""What a derivation says before it begins: definitions with the convention they follow, kinks with the slope taken,
symbols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from stepper.core.contents import formulas_by_detail
from stepper.core.expr import Array, Call, Deriv, Expr, Index, Number, Sym, Value, Where, children, rebuild
from stepper.core.formula import number_of, reference
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.prose import Prose, listed, shortly
from stepper.core.steps import Convention, Detail, Note, Step, shows
from stepper.core.traverse import holds, walk
from stepper.engine.values.equations import Sheet
from stepper.engine.values.kinks import MOST_SHARED, Kink
from stepper.engine.values.loss_arguments import Remarks
from stepper.engine.values.rule import RESULT, Rule
from stepper.errors import StepperError
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME

MOST_GIVEN, LONGEST_GIVEN = 12, 40


def opening(graph: Graph) -> tuple[Prose, ...]:
    """What comes before all else: what the reader noticed, and the nodes whose values are taken as given."""
    if not graph.given:
        return graph.remarks
    told = [_given(name, value) for name, value in graph.given.items()]
    one = len(told) == 1
    how = (
        f" {'is' if one else 'are'} given, not worked out; "
        f"derivatives still pass through {'its formula' if one else 'their formulas'}"
    )
    return (*graph.remarks, (*shortly(told, MOST_GIVEN), how, ", at the values of its inputs"))


def _given(name: str, value: Expr) -> Prose:
    """A node and the value at which it is given, where that is short."""
    number = number_of(value)
    if number is not None:
        return (reference(name), " = ", Value(number))
    return (reference(name), " = ", value) if sum(1 for _ in walk(value)) <= LONGEST_GIVEN else (reference(name),)


def definitions(sheet: Sheet, used: set[str], steps: Sequence[Step] = ()) -> tuple[Convention, ...]:
    """The definition of each function that the nodes call, as this derivation takes it, and of those that it leads to.

    A function that is only met on the way, in a definition or in the formulas of the steps, is said too where it is
    built on others:
    softplus in mish, and the sigmoid in its derivative. What has a sign of its own, as a root has, needs no words
    there.
    """
    waiting = called(sheet.graph, used)
    named, found, lines = frozenset(waiting), dict.fromkeys(waiting), dict[Prose, Detail]()
    standing = formulas_by_detail(steps)
    met = [(name, detail) for detail, formula in standing for name in _calls([formula])]
    seen, needed = set[str](), _needed(sheet, met)
    formulas = [formula for _, formula in standing]
    for stage in (waiting, [name for name, _ in met]):
        found |= dict.fromkeys(stage)
        while new := [name for name in found if name not in seen and name in sheet.vocabulary]:
            for name in new:
                seen.add(name)
                rule = sheet.vocabulary.rule(name)
                if _needs_words(rule) or (name in named and says_something(rule, formulas)):
                    lines |= {definition_of(rule): needed.get(name, "brief")}
                    found |= dict.fromkeys(_calls([rule.value] if rule.value is not None else []))
    return tuple(Note(line, detail) for line, detail in lines.items() if line)


def _needed(sheet: Sheet, met: Iterable[tuple[str, Detail]]) -> dict[str, Detail]:
    """The least detail at which a reader needs the definition of a function: that of a formula that calls it, or of
    what is defined by it. What is written out in its place can be followed without one, and is defined in normal.
    """
    found: dict[str, Detail] = {}
    waiting = deque(met)
    while waiting:
        name, detail = waiting.popleft()
        rule = sheet.vocabulary.rule(name) if name in sheet.vocabulary else None
        detail = "normal" if rule is not None and rule.unfolds and detail == "brief" else detail
        if name not in found or not shows(detail, found[name]):
            found[name] = detail
            inner = _calls([rule.value] if rule is not None and rule.value is not None else [])
            waiting += [(each, detail) for each in inner]
    return found


def _calls(exprs: Iterable[Expr]) -> list[str]:
    """The functions that formulas call, without the primes of derivatives, in order of appearance."""
    calling = (expr for expr in exprs if holds(expr, Call))
    return list(dict.fromkeys(part.name.rstrip("'") for expr in calling for part in walk(expr) if type(part) is Call))


def _needs_words(rule: Rule) -> bool:
    """Is a function that is only met on the way to be defined? Not what is primitive, nor what is written by a sign."""
    return rule.value is not None and not _is_sign(rule)


def _is_sign(rule: Rule) -> bool:
    return rule.row is not None and bool(rule.row.symbol) and not any(map(str.isalnum, rule.row.symbol))


def says_something(rule: Rule, formulas: Iterable[Expr]) -> bool:
    """Does the definition of a function tell a reader of these formulas something? That of a sign does where it tells
    cases apart, or a formula has what it is defined by: of a root a power of 1/2.
    """
    if not _is_sign(rule) or rule.value is None or any(isinstance(part, Where) for part in walk(rule.value)):
        return True
    letters = {Sym(parameter.name) for parameter in rule.parameters}
    return any(_has_form(part, rule.value, letters) for formula in formulas for part in walk(formula))


def _has_form(expr: Expr, form: Expr, letters: Collection[Expr]) -> bool:
    """Is a formula another one with something in place of its letters?"""
    if form in letters:
        return True
    parts, wanted = children(expr), children(form)
    if type(expr) is not type(form) or len(parts) != len(wanted) or rebuild(form, parts) != expr:
        return False
    return all(_has_form(part, like, letters) for part, like in zip(parts, wanted, strict=True))


def remarks(sheet: Sheet, used: set[str]) -> tuple[Prose, ...]:
    """What looks like a slip in what losses are given."""

    def numbers(expr: Expr) -> list[list[Number]] | None:
        items = expr.items if isinstance(expr, Array) else (expr,)
        try:
            found = [sheet.approximate(item) for item in items]
        except StepperError:
            return None
        known = [number for number in found if number is not None]
        return [known] if len(known) == len(items) else None

    return Remarks(sheet.graph, sheet.vocabulary, numbers).about(used)


def circuit(graph: Graph, used: set[str]) -> tuple[Prose, ...]:
    """What was split into gates, and what tells two wires between the same gates apart."""
    lines: list[Prose] = [
        (reference(name), " = ", formula, " is split into gates of one operation each")
        for name, formula in graph.split.items()
        if name in used
    ]
    for node in graph.nodes.values():
        twice = [slot for slot, wire in enumerate(node.wires()) if wire == 2] if node.name in used else []
        for slot in twice:
            source, target = reference(node.reads[slot]), reference(node.name)
            first, second = (Deriv(target, source, False, wire) for wire in (1, 2))
            lines.append((target, " uses ", source, " twice, through two wires: ", first, " and ", second))
    return tuple(lines)


def definition_of(rule: Rule) -> Prose:
    """A function with its definition, and what is to be said of it."""
    call: Expr = Call(rule.name, tuple(Sym(parameter.name) for parameter in rule.parameters))
    if rule.element:
        call = Index(call, (RESULT,))
    says = f": {rule.says}" if rule.says else ""
    if rule.shown is not None:
        return (call, " = ", rule.shown, says) if says else (call, " = ", rule.shown)
    return (call, says) if says else ()


def called(graph: Graph, names: set[str]) -> list[str]:
    """The functions that these nodes call, in order of appearance."""
    found: dict[str, None] = {}
    waiting = deque(graph.patterns(names).values())
    while waiting:
        for part in walk(waiting.popleft()):
            if isinstance(part, Call) and part.name not in found:
                found[part.name] = None
                declared = graph.functions.get(part.name)
                waiting += [declared.body] if declared is not None and declared.body is not None else []
    return list(found)


def kinks(sheet: Sheet, found: Iterable[Kink], asked: Mapping[str, set[str]], output: str) -> tuple[Convention, ...]:
    """One line a kink: where it is, which slope is taken, and for which of the quantities asked about it matters; in
    full detail alone where it matters for none.

    Of max(u, v) at u = v the slope for v is passed over where that for u alone matters.
    """
    touched: dict[Prose, set[str]] = {}
    whose: dict[Prose, tuple[str, Expr]] = {}
    matters: set[tuple[str, Expr]] = set()
    for kink in found:
        names = {name for name, inside in asked.items() if not inside.isdisjoint(kink.sources)}
        said = said_of(kink, sheet.vocabulary.kink.says)
        touched.setdefault(said, set()).update(names)
        whose[said] = kink.node, kink.of
        matters |= {whose[said]} if names else set()
    lines: list[Convention] = []
    for said, names in touched.items():
        if not names and whose[said] in matters:
            continue
        line: list[str | Expr] = [*said]
        if len(names) < len(asked):
            line.append(". It matters for " if names else ". It does not matter for ")
            line += listed(
                [(Deriv(reference(output), reference(name)),) for name in asked if name in names or not names]
            )
        lines.append(tuple(line) if names else Note(tuple(line), "full"))
    return tuple(lines)


def said_of(kink: Kink, says: str) -> Prose:
    """``x = 0 is a kink of h: ∂h/∂x is 0 on the left and 1 on the right; taken: 0, the slope on the left``."""
    if kink.jump is not None:
        first, second = kink.jump
        words: Prose = (*kink.where, " is a jump of ", kink.of, ", from ", first, " to ", second)
        return (*words, ": no derivative exists there; taken: ", kink.taken, f", {says}")
    slope: Prose = ("its slope is ",) if kink.argument is None else ("its slope for ", kink.argument, " is ")
    slope = slope if kink.symbol is None else (kink.symbol, " is ")
    start: Prose = (*kink.where, " is a kink of ", kink.of, ": ")
    if kink.count > MOST_SHARED:
        return (*start, f"{kink.count} arguments are equal, and share the slope; taken for each: ", kink.taken)
    return (
        *start,
        *slope,
        kink.left,
        *kink.below,
        " and ",
        kink.right,
        *kink.above,
        "; taken: ",
        kink.taken,
        f", {says}",
    )


def notation(graph: Graph, used: set[str]) -> dict[str, str]:
    """How names are spelled: the document's labels, and the symbols of the functions it calls."""
    rows: dict[str, FunctionRow] = {}
    waiting = called(graph, used)
    while waiting:
        name = waiting.pop(0)
        if name in BY_ANY_NAME and name not in rows:
            row = rows[name] = BY_ANY_NAME[name]
            formulas = (
                row.value,
                *row.partials.values(),
                *row.stable.values(),
                *(variant.value for variant in row.variants.values()),
            )
            waiting += _calls(parse(formula) for formula in formulas if formula)
    return {name: row.symbol for name, row in rows.items() if row.symbol} | dict(graph.labels)
