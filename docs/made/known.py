"""What is known, from the tables and from ``stepper rules``: a section for each row, with its formulas in MathML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from stepper.api import exams as bundled
from stepper.api import optim, rules
from stepper.core.expr import Sym
from stepper.core.parser import parse
from stepper.core.steps import Derivation, Equation, Link, Note, Step
from stepper.engine.derive.theorems import condition_of, rule_of
from stepper.read.bundled import load_document
from stepper.render.html import display, prose
from stepper.render.look import Look, Style
from stepper.tables.algorithms import ALGORITHMS
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import ARRAYS
from stepper.tables.codes import CODES
from stepper.tables.conventions import INDEXINGS, KINKS, NUMBERINGS
from stepper.tables.fields import FIELDS
from stepper.tables.layer import SYMBOLS, LayerRow
from stepper.tables.layers import LAYER_ROWS
from stepper.tables.notations import NOTATIONS
from stepper.tables.optimizer import Change, Optimizer
from stepper.tables.optimizers import NOT_WORKED, OPTIMIZERS
from stepper.tables.row import FunctionRow
from stepper.tables.schedules import CHANGES, SCHEDULES
from stepper.tables.table import CONVENTIONS, ROWS

SYMBOLS_SHOWN = Style(Look(), {row.name: row.symbol for row in ROWS.values() if row.symbol})


def functions() -> str:
    """Each function and loss: its definition, its derivatives, where they come from."""
    return _page(_function(row) for row in ROWS.values())


def _function(row: FunctionRow) -> Iterator[str]:
    yield from _head(row.name)
    yield from _written(
        row.name, [step for step in rules(row.name).steps if "array" not in step.id and step.id != "rules.back"]
    )


def arrays() -> str:
    """Each function of arrays: what it takes, what it is, how a gradient goes back through it."""
    return _page(_array(row) for row in ARRAYS)


def _array(row: ArrayFunction) -> Iterator[str]:
    yield from _head(row.name)
    yield from _written(
        row.name, [step for step in rules(row.name).steps if "array" in step.id or step.id == "rules.back"]
    )


def _written(name: str, steps: list[Step]) -> Iterator[str]:
    """The steps of a rule under small titles; notes stand as sentences."""
    style = Style(Look(), rules(name).derivation.notation)
    for step in steps:
        title = prose(step.title, style)
        if title not in ("Source", "Of arrays"):
            yield f'<p class="small-title">{title}</p>'
        if not step.body:
            yield '<p class="said">A primitive.</p>'
        for block in step.body:
            if isinstance(block, Equation):
                yield display(block, style)
            elif isinstance(block, Note):
                kind = "source" if prose(block.text, style).startswith("Source:") else "said"
                yield f'<p class="{kind}">{prose(block.text, style)}</p>'
        if step.why:
            yield f'<p class="said">{prose(step.why, style)}</p>'


def layers() -> str:
    """Each layer: its settings, and what becomes of sizes, channels, parameters."""
    rows = list(LAYER_ROWS.values())
    told = [row for row in rows if _formulas(row)]
    plain = [row for row in rows if not _formulas(row)]
    kinds = [list(group) for _, group in groupby(sorted(told, key=_family), key=_family)]
    kinds.sort(key=lambda group: rows.index(group[0]))
    sections = _page(_layer(group) for group in kinds)
    names = ", ".join(f"`{row.word}`" for row in plain)
    return (
        f"{sections}\n\n## Layers without formulas\n\n"
        f"Their shapes follow from the input, and they hold no numbers: {names}.\n"
    )


def _family(row: LayerRow) -> tuple[str, ...]:
    """Rows that differ in the number of axes alone are of one family."""
    return (
        re.sub(r"[123](?=[dD]$)", "", row.name),
        row.parameters,
        *(f"{name} {form}" for name, form in _formulas(row)),
        row.says,
    )


def _formulas(row: LayerRow) -> list[tuple[str, str]]:
    """What a layer's row works out, in words, each with its formula."""
    parameters = row.counted or row.weights
    forms = {
        "size": row.size,
        "channels": row.channels,
        "features": row.last,
        "parameters": parameters,
        "multiply-adds": row.macs,
    }
    return [(name, form) for name, form in forms.items() if form]


def _layer(group: list[LayerRow]) -> Iterator[str]:
    first = group[0]
    yield from _head(", ".join(row.word for row in group))
    settings = ", ".join(f"{name}={default}" if default else name for name, default, _ in first.signature())
    if settings:
        yield f'<p class="said">Settings: <code>{escape(settings)}</code></p>'
    forms = [*_formulas(first), *(item for item in first.helpers.items() if item[1] != "k")]
    for name, form in forms:
        equation = Equation(Sym("x"), (Link("=", parse(form)),), "plain")
        yield display(equation, SYMBOLS_SHOWN).replace(
            "<mi>x</mi>", f"<mtext>{name}</mtext>" if len(name) > 1 else f"<mi>{name}</mi>", 1
        )
    letters = {name: SYMBOLS.get(name, name) for name, _, _ in first.signature()}
    used = [
        f"{letter}: {name}"
        for name, letter in letters.items()
        if letter != name and _stands(letter, [form for _, form in forms])
    ]
    notes = [first.says] if first.says else []
    notes += [", ".join(used)] if used else []
    aliases = ", ".join(name for row in group for name in row.aliases)
    notes += [f"also written {aliases}"] if aliases else []
    if notes:
        yield f'<p class="said">{escape("; ".join(notes))}.</p>'
    yield f'<p class="source">Source: {escape(first.source)}.</p>'


def _stands(letter: str, forms: list[str]) -> bool:
    return any(re.search(rf"\b{letter}\b", form) for form in forms)


def codes() -> str:
    """The short codes that are read, with what is taken for them."""
    said = dict.fromkeys((code.says, code.source) for code in CODES)
    rows, before = [], ""
    for says, source in said:
        before = before if source == "the same" else source
        rows.append((escape(says), escape(before)))
    return _table(("read as", "source"), rows)


def optimizers() -> str:
    """Each optimizer: its rule as the worked solution begins with it, its settings, its source."""
    return _page(_optimizer(row) for row in OPTIMIZERS)


def _optimizer(row: Optimizer) -> Iterator[str]:
    yield from _head(row.name)
    if row.system:
        yield '<p class="said">For two parameters x and y; it is worked for up to three:</p>'
    theta, objective = ("x=1,y=2", "(x + y)^2 + (2*x - y)^2") if row.system else ("1", "theta^2")
    yield from _rule(optim(row.name, theta=theta, objective=objective, steps=1).derivation)
    notes = [f"Settings: <code>{escape(row.settings)}</code>."] if row.settings else []
    notes += [f"{escape(row.says[0].upper() + row.says[1:])}."] if row.says else []
    notes += [f"Also written: {', '.join(row.aliases)}."] if row.aliases else []
    yield f'<p class="said">{" ".join(notes)}</p>'
    yield f'<p class="source">Source: {escape(row.source)}.</p>'


def _rule(worked: Derivation) -> Iterator[str]:
    style = Style(Look(), worked.notation)
    for step in worked.steps:
        if step.id == "optim.rule":
            yield from (display(block, style) for block in step.body if isinstance(block, Equation))


def changes() -> str:
    """What may be done beside an optimizer, and the optimizers that are not worked."""
    rows = [(f"<code>{row.name}</code>", _assigned(row), f"<code>{escape(row.settings)}</code>", escape(row.source))
            for row in (*SCHEDULES, *CHANGES)]  # fmt: skip
    refused = [(f"<code>{name}</code>", escape(why)) for name, why in NOT_WORKED.items()]
    table = _table(("name", "what is done", "settings", "source"), rows)
    return f"{table}\n\nNot worked, and why:\n\n{_table(('name', 'because'), refused)}"


def _assigned(row: Change) -> str:
    return f"<code>{escape(row.update)}</code>" if row.update else escape(row.says)


def algorithms() -> str:
    """Each algorithm: its rule, what its document gives, where it comes from."""
    return _page(_algorithm(row.name) for row in ALGORITHMS)


def _algorithm(name: str) -> Iterator[str]:
    yield from _head(name)
    yield from _written(name, list(rules(name).steps))


def derivations() -> str:
    """Each rule of derivations by its field: what it says, on what condition, where it comes from."""
    style = Style(Look(), rules("derivations").derivation.notation)
    sections = []
    for field, rows in FIELDS.items():
        told = [(prose((row.name,), style), prose(rule_of(row), style), prose(condition_of(row), style),
                 escape(row.source)) for row in rows]  # fmt: skip
        table = _table(("name", "rule", "where", "source"), dict.fromkeys(told))
        sections.append([*_head(field), table])
    return _page(sections)


def conventions() -> str:
    """The choices that textbooks disagree on."""
    rows = [
        (f"<code>{name}</code>", "<br>".join(f"<code>{choice}</code>{_meant(name, choice)}" for choice in choices))
        for name, choices in CONVENTIONS.items()
    ]
    return _table(("convention", "choices, the first is the default"), rows)


def notations() -> str:
    """What courses write differently and mean alike."""
    rows = [
        (
            f"<code>{key}</code>",
            "<br>".join(f"<code>{row.name}</code>: {escape(row.looks)}" for row in dict.fromkeys(choices.values())),
        )
        for key, choices in NOTATIONS.items()
    ]
    return _table(("key", "choices"), rows)


def _meant(name: str, choice: str) -> str:
    """What a choice is, after a colon; nothing where its name says it."""
    own = {"kink": KINKS, "index": INDEXINGS, "numbering": NUMBERINGS}
    said = {row.name: row.says for row in own.get(name, ())}
    said |= {word: variant.says for word, variant in (ROWS[name].variants if name in ROWS else {}).items()}
    said |= {
        word: form for row in ROWS.values() if name == f"{row.name}_backward" for word, form in row.backward.items()
    }
    return f": {escape(said[choice])}" if said.get(choice) else ""


def exams() -> str:
    """The bundled documents."""
    rows = []
    for name in bundled():
        subject, items, _ = load_document(name)
        rows.append((f"<code>{name}</code>", escape(subject.title), escape(", ".join(item.name for item in items))))
    return _table(("document", "title", "items"), rows)


def _head(name: str) -> Iterator[str]:
    yield ""
    yield f"## {name}"
    yield ""


def _page(sections: Iterable[Iterable[str]]) -> str:
    return "\n".join(line for section in sections for line in section)


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of HTML; its cells are."""
    head = "".join(f"<th>{title}</th>" for title in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{entry}</td>' for entry in row)}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
