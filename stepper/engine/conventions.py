"""What a derivation says before it begins: definitions with the convention they follow, kinks with the slope taken, symbols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stepper.core.expr import Call, Deriv, Expr, Index, Sym, Value, walk
from stepper.core.formula import reference
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.steps import Prose, listed
from stepper.engine.local import Kink
from stepper.engine.vocabulary import RESULT, Rule
from stepper.engine.worked import Sheet, called
from stepper.rules.table import BY_ANY_NAME


def definitions(sheet: Sheet, used: set[str]) -> tuple[Prose, ...]:
    """The definition of each function that the nodes call, as this derivation takes it."""
    lines: list[Prose] = []
    for name in called(sheet.graph, used):
        rule = sheet.vocabulary.rule(name)
        line = _definition(rule)
        if line and line not in lines:
            lines.append(line)
    return tuple(lines)


def circuit(graph: Graph, used: set[str]) -> tuple[Prose, ...]:
    """What was split into gates, and what tells two wires between the same gates apart."""
    lines: list[Prose] = [
        (reference(name), " = ", formula, " is split into gates of one operation each")
        for name, formula in graph.split.items()
        if name in used
    ]
    for node in graph.nodes.values():
        twice = [slot for slot in range(len(node.reads)) if node.wire(slot) == 2] if node.name in used else []
        for slot in twice:
            source, target = reference(node.reads[slot]), reference(node.name)
            first, second = (Deriv(target, source, False, wire) for wire in (1, 2))
            lines.append((target, " reads ", source, " twice, by two wires: ", first, " and ", second))
    return tuple(lines)


def _definition(rule: Rule) -> Prose:
    call: Expr = Call(rule.name, tuple(Sym(parameter.name) for parameter in rule.parameters))
    if rule.element:
        call = Index(call, (RESULT,))
    says = f": {rule.says}" if rule.says else ""
    if rule.value is not None:
        return (call, " = ", rule.value, says) if says else (call, " = ", rule.value)
    return (call, says) if says else ()


def kinks(sheet: Sheet, found: Iterable[Kink], asked: Mapping[str, set[str]], output: str) -> tuple[Prose, ...]:
    """One line a kink: where it is, which slope is taken, and for which of the quantities asked about it matters."""
    lines: list[Prose] = []
    for kink in found:
        touched = [name for name, inside in asked.items() if kink.source in inside and kink.node in inside]
        edge = Deriv(reference(kink.node), reference(kink.source), total=False)
        if kink.jump is not None:
            first, second = (Value(end) for end in kink.jump)
            words: Prose = (*kink.where, " is a jump of ", reference(kink.node), ", from ", first, " to ", second)
            lines.append((*words, ": no derivative exists there; taken: ", Value(kink.taken), f", {sheet.vocabulary.kink.says}"))
            continue
        line: list[str | Expr] = [
            *kink.where, " is a kink of ", reference(kink.node), ": ", edge, " is ", Value(kink.left), " on the left and ",
            Value(kink.right), " on the right; taken: ", Value(kink.taken), f", {sheet.vocabulary.kink.says}",
        ]  # fmt: skip
        if not touched:
            line.append(". It does not matter for ")
            line += listed([(Deriv(reference(output), reference(name)),) for name in asked])
        elif len(touched) < len(asked):
            line.append(". It matters for ")
            line += listed([(Deriv(reference(output), reference(name)),) for name in touched])
        lines.append(tuple(line))
    return tuple(lines)


def notation(graph: Graph, used: set[str]) -> dict[str, str]:
    """How names are spelled: the document's labels, and the symbols of the functions it calls."""
    reached = dict.fromkeys(called(graph, used))
    for name in list(reached):
        if name in BY_ANY_NAME and name not in graph.functions:
            row = BY_ANY_NAME[name]
            formulas = (row.value, *row.partials.values(), *row.stable.values(), *(variant.value for variant in row.variants.values()))
            reached |= {part.name: None for formula in formulas if formula for part in walk(parse(formula)) if isinstance(part, Call)}
    rows = {name: BY_ANY_NAME[name] for name in reached if name in BY_ANY_NAME and name not in graph.functions}
    return {name: row.symbol for name, row in rows.items() if row.symbol} | dict(graph.labels)
