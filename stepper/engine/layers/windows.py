"""Questions about sizes alone: a row for each window, and how its output came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Num, Sym, Value
from stepper.core.network import Chain, Sizes
from stepper.core.prose import Prose, listed
from stepper.core.steps import Answer, Block, Check, Column, Derivation, Equation, Note, Step, Table
from stepper.core.traverse import substitute
from stepper.engine.layers.counting import Count
from stepper.engine.layers.dividing import NOT_ROUNDED
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.reach import reaches
from stepper.engine.layers.receptive_field import Field, fields
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import SAME, ZERO
from stepper.engine.layers.sizes import formula, integer
from stepper.engine.layers.table import function_symbols, misfits
from stepper.engine.layers.unknowns import unknowns
from stepper.engine.layers.worked_lines import below, links, paddings, quotients, sides
from stepper.errors import StepperError
from stepper.tables.windows_in_words import QUANTITIES, WINDOWS

OUTPUT, DILATED = "o", "K"
SHOWN = ("n", "k", "s", "p")
"""What has a column whatever it is; a dilation has one where there is any."""
AXES = ("height", "width")
OTHERS = {"d": Num("1"), "q": ZERO}


class Answered(Struct, frozen=True):
    """A question and what came of it: windows, what each sees of the input, and whether the sizes stated are right."""

    chain: Chain
    worked: Worked
    seen: Mapping[str, Field | None]
    checks: Mapping[str, Check]


def windows(asked: Sizes, given: Mapping[str, Expr], count: Count) -> tuple[Derivation, StepperError | None]:
    """The sizes behind windows, as far as they fit, and what is wrong where they do not."""
    found = [_answered(chain, work(chain.network, given, divides=count.divides)) for chain in asked.chains]
    problems = [problem for entry in found for problem in entry.worked.problems]
    asks = [step for entry in found for step in unknowns(entry.worked)]
    steps = [_table(found), misfits(replace(found[0].worked, problems=tuple(problems)))]
    steps += [replace(asks[0], body=tuple(block for step in asks for block in step.body))] if asks else []
    steps += _worked(found)
    derivation = Derivation(
        "shapes", "", tuple(step for step in steps if step.body or step.children),
        tuple(answer for entry in found for answer in _answers(entry)),
        tuple(check for entry in found for check in entry.checks.values()), tuple(_conventions(found, count)),
        function_symbols(),
    )  # fmt: skip
    return derivation, StepperError(*problems) if problems else None


def _answered(chain: Chain, worked: Worked) -> Answered:
    checks = {}
    for done in worked.layers:
        stated = done.layer.claim
        letters = any(integer(size.value) is None for size in done.sizes)
        if stated is None or worked.known or letters:  # what is asked for is found from it
            continue
        right = stated[1:] == tuple(size.value for size in done.sizes)
        note: Prose = () if right else ("it is ", *_sizes([size.value for size in done.sizes]))
        checks[done.layer.name] = Check("claim", f"o({done.layer.name})", right, None, note)
    return Answered(chain, worked, fields(worked.layers), checks)


# ---- the table


def _table(found: Sequence[Answered]) -> Step:
    """A row for each window: what comes in, its settings, what comes out."""
    layers = [(entry, done) for entry in found for done in entry.worked.layers]
    letters = _letters(found)
    others = [
        symbol for symbol, usual in OTHERS.items()
        if symbol in letters or any(_is_other(done, symbol, usual) for _, done in layers)
    ]  # fmt: skip
    symbols = [*SHOWN, *others]
    chained = any(len(entry.chain.network.layers) > 1 for entry in found)
    kinds = len({done.row.name for _, done in layers}) > 1
    stated = any(entry.checks for entry in found)
    names = {quantity.symbol: quantity.name for quantity in QUANTITIES}
    columns = [
        Column(("",)),
        *([Column(("window",))] if kinds else []),
        *(Column((f"{names[symbol]} {letters.get(symbol, symbol)}",), "value", "right") for symbol in symbols),
        Column((f"output {letters.get(OUTPUT, OUTPUT)}",), "value", "right"),
        *([Column(("covers",), "value", "right")] if chained else []),
        *([Column(("stated",))] if stated else []),
    ]
    rows: list[tuple[Prose, ...]] = [
        (
            (done.layer.name,),
            *([(_kind(done),)] if kinds else []),
            *(_along(done, symbol) for symbol in symbols),
            _output(done),
            *([_covers(entry, done)] if chained else []),
            *([_verdict(entry, done)] if stated else []),
        )
        for entry, done in layers
    ]
    body = (Table(tuple(columns), tuple(rows)),) if rows else ()
    return Step("shapes.windows", "shapes.windows", ("Sizes",), body, detail="brief")


def _kind(done: Done) -> str:
    """What slides, in words."""
    axes = len(done.sizes)
    return next(
        window.name for window in WINDOWS if done.row.name in (window.row.format(n=axes), window.same.format(n=axes))
    )


def _is_other(done: Done, symbol: str, usual: Expr) -> bool:
    return any(axis.get(Sym(symbol), usual) != usual for axis in done.axes)


def _along(done: Done, symbol: str) -> Prose:
    """A setting along the axes, once where they are alike."""
    found = [axis.get(Sym(symbol), OTHERS.get(symbol, Num("1"))) for axis in done.axes]
    return ("same",) if SAME in found else _sizes(found, symbol != "n")


def _output(done: Done) -> Prose:
    """What comes out: where letters are left in it, what is stated."""
    return _sizes(done.output[1:])


def _sizes(found: Sequence[Expr], once: bool = False) -> Prose:
    if len(set(found)) == 1 and (once or len(found) == 1):
        return (found[0],)
    if all(integer(size) is not None for size in found):
        return (shown_shape(tuple(found)).replace("x", "×"),)
    return listed([(size,) for size in found], " × ", " × ")


def _covers(entry: Answered, done: Done) -> Prose:
    field = entry.seen.get(done.layer.name)
    if field is not None:
        return (Value(field.size),)
    reach = reaches(entry.worked.layers)[done.layer.name]
    return ("?",) if reach is None else (reach.size,)


def _verdict(entry: Answered, done: Done) -> Prose:
    check = entry.checks.get(done.layer.name)
    if check is None:
        return ("",)
    assert done.layer.claim is not None
    stated = _sizes(done.layer.claim[1:])
    return (*stated, " right") if check.ok else (*stated, " wrong: ", *check.note)


# ---- the lines


def _worked(found: Sequence[Answered]) -> list[Step]:
    """How each output came about."""
    children = []
    alone = sum(len(entry.worked.layers) for entry in found) == 1
    for entry in found:
        for done in entry.worked.layers:
            title: Prose = (f"{done.layer.name}: {_kind(done)}",) if _chained(entry) else (f"{done.layer.name}:",)
            body: list[Block] = [] if alone else [Note(title)]
            body += [Equation(Sym(name), links(helper)) for name, helper in done.helpers]
            left = Sym(entry.chain.letters.get(OUTPUT, OUTPUT))
            body += sides(done, left, AXES if len(done.sizes) == len(AXES) else ())
            body += [*paddings(done, AXES if len(done.sizes) == len(AXES) else ()), *map(Note, done.notes)]
            name, inner = done.layer.name, below(done.layer.name, {"quotient": quotients(done)})
            children.append(Step(f"shapes.window:{name}", "shapes.window", title, tuple(body), children=inner))
    return [Step("shapes.worked", "shapes.worked", ("Every number worked out",), children=tuple(children))]


def _chained(entry: Answered) -> bool:
    return len(entry.chain.network.layers) > 1


def _answers(entry: Answered) -> Iterator[Answer]:
    for done in entry.worked.layers:
        output = tuple(size.value for size in done.sizes)
        facts = {"input": tuple(axis[Sym("n")] for axis in done.axes), "output": output}
        yield Answer(done.layer.name, output[0] if len(output) == 1 else Array(output), None, facts)


# ---- what is said above


def _letters(found: Sequence[Answered]) -> dict[str, str]:
    """The letters of the questions, where all have the same."""
    letters = {tuple(sorted(entry.chain.letters.items())) for entry in found}
    return dict(next(iter(letters))) if len(letters) == 1 else {}


def _conventions(found: Sequence[Answered], count: Count) -> Iterator[Prose]:
    letters: dict[Expr, Expr] = {Sym(old): Sym(new) for old, new in _letters(found).items()}
    lines: dict[Prose, dict[str, None]] = {}
    for entry in found:
        for done in entry.worked.layers:
            definition = formula(done.row.helpers[DILATED])
            dilated = bool(done.helpers)
            plain: dict[Expr, Expr] = {} if dilated else {Sym(DILATED): Sym("k")}
            written = substitute(done.sizes[0].formula, plain)
            line: Prose = (substitute(written, letters),)
            if dilated:
                line = (*line, " with ", Sym(DILATED), " = ", substitute(definition, letters))
            lines.setdefault(line, {})[_kind(done)] = None
    for line, kinds in lines.items():
        yield (f"{', '.join(kinds)}: " if len(lines) > 1 else "", "the output size is ", *line)
    same = any(SAME in axis.values() for entry in found for done in entry.worked.layers for axis in done.axes)
    sides = "" if same else "; the padding stands on each side"
    yield (f"input, kernel, stride and padding along one axis{sides}",)
    if count.divides:
        yield NOT_ROUNDED
