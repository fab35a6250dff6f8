"""Worked shape tables: sizes, parameters, multiply-adds and receptive fields of a network, each number with its formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stepper.core.expr import Array, Call, Expr, Num, Sym, Value, add, add_all, multiply, substitute, transform
from stepper.core.formula import text
from stepper.core.network import Layout, Network, Shape
from stepper.core.steps import Answer, Block, Check, Column, Derivation, Equation, Fact, Link, Note, Prose, Step, Table
from stepper.engine.field import Field, fields, needs
from stepper.engine.layers import NOTHING, ZERO, Cell, Done, Worked, signature, work
from stepper.engine.sizes import formula, integer, literal, number, product, settle
from stepper.engine.solve import LARGEST_KERNEL
from stepper.errors import Problem, StepperError, nearest
from stepper.rules.layer import SYMBOLS
from stepper.rules.table import ROWS

NEEDED = frozenset({"kernel_size", "out_channels", "out_features"})


@dataclass(frozen=True)
class Count:
    """How numbers are counted.

    ``flops``: floating point operations, not multiply-adds. ``bias_adds``: adding a bias counts too. Without ``biases`` no layer has any.
    ``field_of`` is the layer whose receptive field is worked out.
    """

    flops: bool = False
    field_of: str = ""
    bias_adds: bool = False
    biases: bool = True


def shapes(network: Network, given: Mapping[str, Expr], count: Count) -> tuple[Derivation, StepperError | None]:
    """The worked table, as far as the sizes fit, and what is wrong where they do not."""
    worked = work(network, given, count.biases)
    seen = fields(worked.layers)
    totals = totals_of(worked, count)
    across = fields(worked.layers, axis=1)
    answers = [_answer(done, seen, across) for done in worked.layers]
    answers.append(Answer("total", totals["parameters"], None, {"parameters": totals["parameters"], "macs": totals["macs"]}))
    steps = [
        _table(worked, seen, totals, count),
        *_bound(worked),
        *_worked(worked),
        _field_step(worked, seen),
        _needs(worked, seen, count.field_of),
        _total_step(worked, totals),
    ]
    checks = list(_claims(worked))
    if checks:
        steps.append(_claim_step(checks))
    error = StepperError(*worked.problems) if worked.problems else None
    derivation = Derivation(
        "shapes", network.title, tuple(step for step in steps if step.body or step.children), tuple(answers), tuple(checks),
        tuple(_conventions(network, worked, count)), _notation(), network.source,
    )  # fmt: skip
    return derivation, error


def _notation() -> dict[str, str]:
    return {row.name: row.symbol for row in ROWS.values() if row.symbol}


def ordered(shape: Shape, layout: Layout) -> Shape:
    """A shape in the order of the listing."""
    return (*shape[1:], shape[0]) if layout == "HWC" and len(shape) > 1 else shape


def _shape(shape: Shape, layout: Layout) -> Prose:
    if all(integer(size) is not None for size in shape):
        return ("×".join(text(size) for size in ordered(shape, layout)),)
    words: list[str | Expr] = []
    for size in ordered(shape, layout):
        words += ["×", size] if words else [size]
    return tuple(words)


def totals_of(worked: Worked, count: Count | None = None) -> dict[str, Expr]:
    """What all layers hold and do together."""

    def total(parts: Sequence[Expr]) -> Expr:
        return settle(Call("sum", (Array(tuple(parts)),)), {}) if parts else ZERO

    layers = worked.layers
    return {
        "weights": total([done.weights for done in layers]), "biases": total([done.biases for done in layers]),
        "buffers": total([done.buffers for done in layers]), "parameters": total([done.parameters for done in layers]),
        "macs": total([_operations(done, count or Count()) for done in layers]),
        "memory": total([product(done.output) for done in layers]),
    }  # fmt: skip


def _conventions(network: Network, worked: Worked, count: Count) -> list[Prose]:
    order = "height × width × channels" if network.layout == "HWC" else "channels × height × width"
    lines: list[Prose] = [(f"shapes are {order}, without the batch",)]
    lines += list(network.said)
    unit = "1 multiply-add = 2 floating point operations" if count.flops else "1 multiply-add: one product added to a sum"
    left_out = "norms, activations and pools" if count.bias_adds else "biases, norms, activations and pools"
    lines.append((f"{unit}; {left_out} are not counted",))
    if count.bias_adds:
        lines.append(("adding a bias counts as one more",))
    if not count.biases:
        lines.append(("no layer has biases",))
    rows = dict.fromkeys(done.row.name for done in worked.layers)
    shown = {}
    for done in worked.layers:
        if done.row.name in rows and done.sizes and done.sizes[0].formula not in shown:
            shown[done.sizes[0].formula] = done.row.name
    for written, name in shown.items():
        lines.append((f"{name}: the size after is ", written))
    if any(done.helpers for done in worked.layers):
        lines.append(("K is the kernel with its gaps, ", formula("d*(k - 1) + 1")))
    elif shown:
        lines.append(("K is the kernel",))
    for done in worked.layers:
        if done.row.says and (line := (f"{done.row.name}: {done.row.says}",)) not in lines:
            lines.append(line)
    return lines


def _table(worked: Worked, seen: Mapping[str, Field | None], totals: Mapping[str, Expr], count: Count) -> Step:
    layout = worked.network.layout
    with_field = any(_counts(seen.get(done.layer.name)) for done in worked.layers)
    operations = "flops" if count.flops else "multiply-adds"
    columns = [
        Column(("",)),
        Column(("layer",)),
        Column(("output",)),
        Column(("parameters",), "value", "right"),
        Column((operations,), "value", "right"),
    ]
    columns += [Column(("sees",), "value", "right")] if with_field else []
    assert worked.network.input is not None
    rows: list[tuple[Prose, ...]] = [
        (("input",), ("",), _shape(worked.network.input, layout), ("",), ("",), *([("",)] if with_field else []))
    ]
    for done in worked.layers:
        row: list[Prose] = [
            (done.layer.name,),
            (_described(done),),
            _shape(done.output, layout),
            _grouped(done.parameters),
            _grouped(_operations(done, count)),
        ]
        rows.append((*row, *([_sees(seen.get(done.layer.name), worked)] if with_field else [])))
    total = (("total",), ("",), ("",), _grouped(totals["parameters"]), _grouped(totals["macs"]))
    rows.append((*total, *([("",)] if with_field else [])))
    return Step("shapes.table", "shapes.table", ("Layer by layer",), (Table(tuple(columns), tuple(rows)),), detail="brief")


def _counts(field: Field | None) -> bool:
    return field is not None and not field.whole and field.size > 1


def _described(done: Done) -> str:
    """A layer in short: settings without a default by their place, others where they are not the default, by their symbols."""
    words = []
    for name, default, _ in signature(done.row):
        value = done.layer.settings.get(name)
        if value is None and not default and name not in done.row.given and done.env[Sym(name)] != NOTHING and name in NEEDED:
            words.append("?")
        elif value is not None and not default:
            words.append(_short(value))
        elif value is not None and not _is_default(value, substitute(formula(default), done.env)):
            words.append(f"{SYMBOLS.get(name, name)}={_short(value)}")
    return f"{done.row.name}({', '.join(words)})" if words else done.row.name


def _is_default(value: Expr, default: Expr) -> bool:
    if _short(value) == _short(default):
        return True
    numbers = [number(part) for part in (value, default)]
    return numbers[0] is not None and numbers[0] == numbers[1]


def _short(value: Expr) -> str:
    """A setting; one number where it is the same along all axes."""
    if isinstance(value, Array):
        parts = [text(item) for item in value.items]
        return parts[0] if len(set(parts)) == 1 else "×".join(parts)
    return text(value)


def _operations(done: Done, count: Count) -> Expr:
    """A layer's multiply-adds or floating point operations, as they are to be counted."""
    macs = done.macs.value if done.macs is not None else ZERO
    adds = done.adds if count.bias_adds else ZERO
    return settle(formula("times*macs + adds"), {Sym("times"): Num("2" if count.flops else "1"), Sym("macs"): macs, Sym("adds"): adds})


def _grouped(size: Expr) -> Prose:
    """A count with its digits in groups of three."""
    known = integer(size)
    return (size,) if known is None else (f"{known:,}".replace(",", "\u202f") if known >= 10_000 else str(known),)


def _sees(field: Field | None, worked: Worked) -> Prose:
    """How many of the input's rows a unit sees; where that is more than there are, what it would be."""
    if field is None:
        return ("?",)
    if field.whole:
        return ("all",)
    height = integer(worked.network.input[1]) if worked.network.input is not None and len(worked.network.input) > 1 else None
    return ("all (", Value(field.size), ")") if height is not None and field.size > height else (Value(field.size),)


def _field_step(worked: Worked, seen: Mapping[str, Field | None]) -> Step:
    """Receptive fields in full: size, jump, the interval that the first unit sees."""
    columns = (Column(("layer",)), *(Column((word,), "value", "right") for word in ("size", "jump", "first unit from", "to")))
    rows: list[tuple[Prose, ...]] = []
    for done in worked.layers:
        field = seen.get(done.layer.name)
        if field is not None and not field.whole and done.row.receptive:
            rows.append(((done.layer.name,), *((Value(part),) for part in (field.size, field.jump, field.start, field.end))))
    why: Prose = (
        "A unit of the next layer sees (K - 1) jumps more; each stride multiplies the jump. Positions count from 0; padding lies outside.",
    )
    body = (Table(columns, tuple(rows)),) if rows else ()
    return Step("shapes.fields", "shapes.fields", ("Receptive fields along the height",), body, why, detail="full")


def _needs(worked: Worked, seen: Mapping[str, Field | None], name: str) -> Step:
    """The receptive field of one layer, forwards layer by layer and backwards from one of its units."""
    if not name:
        return Step("shapes.needs", "shapes.needs", ())
    if name not in seen:
        raise StepperError(Problem(f"--receptive-field {name}: there is no such layer", hint=nearest(name, seen)))
    field = seen[name]
    chain = needs(worked.layers, name)
    body: list[Block] = []
    for need in reversed(chain):
        before, after = seen[need.reads], seen[need.layer]
        if before is not None and after is not None:
            size = add(Value(before.size), multiply(add_all([("+", Value(need.kernel)), ("-", Num("1"))]), Value(before.jump)))
            body.append(Equation(Sym(f"r_{need.layer}"), (Link("=", size), Link("=", Value(after.size)))))
    body.append(Note((f"Backwards, what one unit of {name} needs:",)))
    for need in chain:
        units = add(multiply(add_all([("+", Value(need.units)), ("-", Num("1"))]), Value(need.stride)), Value(need.kernel))
        body.append(Equation(Sym(f"n_{need.reads}"), (Link("=", units), Link("=", Value(need.needed)))))
    if field is not None and field.whole:
        body.append(Note((f"{name} sees the whole input.",)))
    why: Prose = (
        "Forwards r grows by (kernel - 1) times the jump before; backwards n units of a layer need (n - 1) strides and a kernel.",
    )
    return Step("shapes.needs", "shapes.needs", (f"The receptive field of {name}",), tuple(body), why, detail="brief")


def _bound(worked: Worked) -> list[Step]:
    """Unknowns that a neighbour settles: each with the product that it is."""
    if not worked.bound and not worked.solved:
        return []
    body: list[Block] = []
    for symbol, (value, why) in worked.bound.items():
        factors = next(
            (done.inputs[0] for done in worked.layers if done.row.merge and product(done.inputs[0]) == value and len(done.inputs[0]) > 1),
            (),
        )
        links = [Link("=", multiply(*factors))] if factors else []
        body.append(Equation(symbol, (*links, Link("=", value, why if not factors else ("the numbers that come in", ", ", *why)))))
    for solution in worked.solved:
        if len(solution.choices) > 1:
            said = " × ".join(text(size) for size in solution.wanted)
            body.append(
                Note((f"{solution.layer.name}: {solution.layer.text} is to give {said}. What fits, up to a kernel of {LARGEST_KERNEL}:",))
            )
            columns = tuple(Column((Sym(name),), "value", "right") for name in solution.unknowns)
            rows = tuple(tuple((str(value),) for value in choice) for choice in solution.choices)
            body.append(Table(columns, rows))
    return [Step("shapes.unknowns", "shapes.unknowns", ("Unknowns",), tuple(body), detail="brief")]


def _worked(worked: Worked) -> list[Step]:
    """Each layer's numbers: helpers and sizes, parameters; in full detail the multiply-adds."""
    children = []
    names = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
    for done in worked.layers:
        body: list[Block] = [Equation(Sym(name), _links(cell)) for name, cell in done.helpers]
        lefts = names.get(len(done.sizes), ())
        alike = len({cell.line for cell in done.sizes}) == 1
        for place, cell in enumerate(done.sizes[:1] if alike else done.sizes):
            first, *others = lefts if alike and lefts else [lefts[place] if lefts else "size"]
            links = (*(Link("=", Sym(other)) for other in others), *_links(cell))
            body.append(Equation(Sym(first), links))
        if done.row.merge and len(done.inputs[0]) > 1:
            body.append(_sentence("features", Cell(Sym("N"), multiply(*done.inputs[0]), product(done.inputs[0]))))
        if done.counted is not None:
            body.append(_sentence("parameters", done.counted))
        body += [Note(note) for note in done.notes]
        inner = []
        if done.macs is not None:
            inner = [
                Step(
                    f"shapes.macs:{done.layer.name}",
                    "shapes.macs",
                    ("Multiply-adds",),
                    (_sentence("macs", done.macs),),
                    detail="full",
                )
            ]
        if body or inner:
            title: Prose = (f"{done.layer.name}: {_described(done)}",)
            heading = Note(title)
            children.append(Step(f"shapes.layer:{done.layer.name}", "shapes.layer", title, (heading, *body), children=tuple(inner)))
    return [Step("shapes.worked", "shapes.worked", ("Every number worked",), children=tuple(children))] if children else []


def _sentence(word: str, cell: Cell) -> Equation:
    return Equation(Sym(word), _links(cell))


def _links(cell: Cell) -> tuple[Link, ...]:
    line = _unfolded(cell.line)
    return (Link("=", cell.value),) if line == cell.value else (Link("=", line), Link("=", cell.value))


def _unfolded(expr: Expr) -> Expr:
    """Products of lists written out, factors 1 as they are: 3·3·1."""

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Call) and len(part.arguments) == 1 and isinstance(part.arguments[0], Array):
            items = part.arguments[0].items
            return multiply(*items) if len(items) > 1 else items[0]
        return None

    return transform(expr, change)


def _total_step(worked: Worked, totals: Mapping[str, Expr]) -> Step:
    parts = [("weights", "weights"), ("biases", "biases"), ("buffers", "buffers (not learned)"), ("memory", "numbers in all outputs")]
    rows: list[tuple[Prose, ...]] = [((words,), _grouped(totals[name])) for name, words in parts if totals[name] != ZERO]
    memory = integer(totals["memory"])
    if memory is not None:
        rows.append((("as 4-byte numbers",), (f"{4 * memory / 1e6:.3g} MB",)))
    columns = (Column(("",)), Column(("total",), "value", "right"))
    return Step("shapes.totals", "shapes.totals", ("Totals",), (Table(columns, tuple(rows)),), detail="normal")


def _answer(done: Done, *seen: Mapping[str, Field | None]) -> Answer:
    """A layer's row: channels first, whatever the listing's order; the receptive field along each axis."""
    along = [fields_of.get(done.layer.name) for fields_of in seen]
    sizes = [literal(int(entry.size)) for entry in along if entry is not None and not entry.whole]
    facts: dict[str, Fact] = {
        "layer": done.row.name, "shape": done.output, "parameters": done.parameters,
        "macs": done.macs.value if done.macs is not None else ZERO, "receptive_field": tuple(sizes) if sizes else None,
    }  # fmt: skip
    return Answer(done.layer.name, Array(done.output), None, facts)


def _claims(worked: Worked) -> list[Check]:
    """Shapes that the listing states, beside those worked out."""
    found = []
    for done in worked.layers:
        if done.layer.claim is None:
            continue
        claim = done.layer.claim
        turned = (claim[-1], *claim[:-1]) if worked.network.layout == "HWC" and len(claim) > 1 else claim
        spatial = len(claim) == 1 and len(done.output) > 1
        right = done.output in (claim, turned) or (spatial and product(done.output) == claim[0])
        note: Prose = () if right else ("it is ", *_shape(done.output, worked.network.layout))
        found.append(Check("claimed shape", done.layer.name, right, None, note))
    return found


def _claim_step(checks: Sequence[Check]) -> Step:
    columns = (Column(("layer",)), Column(("claim",)))
    rows = tuple(((check.of,), ("right" if check.ok else "wrong: ", *check.note)) for check in checks)
    return Step("shapes.claims", "shapes.claims", ("What the listing claims",), (Table(columns, rows),), detail="brief")
