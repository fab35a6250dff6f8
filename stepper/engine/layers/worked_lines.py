"""A layer's numbers as lines: formula, numbers put in, value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Array, Call, Expr, Factor, Num, Product, Sym, Value, multiply, multiply_all
from stepper.core.network import Layout
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Equation, Link, Note, Step
from stepper.core.traverse import transform
from stepper.engine.layers.cell import Cell, cell
from stepper.engine.layers.dividing import quotient, rounding_in
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import SAME
from stepper.engine.layers.sizes import formula, integer, product, settle
from stepper.engine.layers.table import described, ordered, shape_words
from stepper.tables.layer import SAME_WHOLE
from stepper.tables.table import ROWS

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

MORE = {
    "quotient": "Before rounding", "macs": "Multiply-adds, weights", "beside": "As matrices, without shared weights"
}  # fmt: skip
"""What stands below a layer's lines in full detail."""
UNSHARED: Prose = ("parameters, if no weights were shared",)


def worked_lines(worked: Worked) -> list[Step]:
    """Each layer's numbers: helpers and sizes, parameters; in full detail the multiply-adds and the shapes of the
    weights.
    """
    children = []
    alike: dict[object, tuple[str, tuple[Block, ...], dict[str, tuple[Block, ...]]]] = {}
    for done in worked.layers:
        key = id(done.env), done.notes  # layers that are alike share what was worked out of them
        if key not in alike:
            more = {"quotient": quotients(done), "macs": _more(done), "beside": tuple(_as_matrices(done))}
            alike[key] = described(done), _lines(done, worked.network.layout), more
        what, body, more = alike[key]
        if not body and not more["macs"]:
            continue
        name = done.layer.name
        title: Prose = (f"{name}: {what}",)
        children.append(
            Step(f"shapes.layer:{name}", "shapes.layer", title, (Note(title), *body), children=below(name, more))
        )
    return (
        [Step("shapes.worked", "shapes.worked", ("Every number worked out",), children=tuple(children))]
        if children
        else []
    )


def below(name: str, more: Mapping[str, tuple[Block, ...]]) -> tuple[Step, ...]:
    """What is said of a layer in full detail."""
    return tuple(
        Step(f"shapes.{kind}:{name}", f"shapes.{kind}", (MORE[kind],), inner, detail="full")
        for kind, inner in more.items()
        if inner
    )


def _lines(done: Done, layout: Layout) -> tuple[Block, ...]:
    """Helpers, sizes, features, parameters, and what is to be said."""
    body: list[Block] = [_sentence(name, cell) for name, cell in done.helpers]
    body += sides(done, Sym("size"), AXES.get(len(done.sizes), ()))
    body += paddings(done, AXES.get(len(done.sizes), ()))
    if done.channels is not None and done.channels.line != done.channels.value:
        body.append(_sentence("channels", done.channels))
    if len(done.merged) > 1 and done.row.merged:
        # a layer of the last axis got its sizes in the listing's order already
        sizes = ordered(done.merged, layout) if len(done.output) == 1 and not done.row.last else done.merged
        body.append(_sentence(done.row.merged, Cell(Sym("N"), multiply(*sizes), product(sizes))))
    if done.counted is not None:
        body.append(_sentence("parameters", done.counted))
    return (*body, *map(Note, done.notes))


def sides(done: Done, left: Sym, axes: Sequence[str]) -> list[Equation]:
    """The size along each axis, once where they are alike; ``left`` where axes have no names."""
    found = []
    alike = len({size.line for size in done.sizes}) == 1
    for place, size in enumerate(done.sizes[:1] if alike else done.sizes):
        first, *others = map(Sym, axes if alike and axes else [axes[place]] if axes else [left.name])
        found.append(Equation(first, (*(Link("=", other) for other in others), *links(size))))
    return found


def paddings(done: Done, axes: Sequence[str]) -> list[Block]:
    """What padding='same' puts on both sides of each axis, the smaller half before it."""
    found: dict[tuple[Cell, int, int], list[str]] = {}
    for axis, size, name in zip(done.axes, done.sizes, (*axes, *("size",) * len(done.axes)), strict=False):
        whole = cell(SAME_WHOLE, {**axis, Sym("o"): size.value}) if SAME in axis.values() else None
        total = integer(whole.value) if whole is not None else None
        if whole is not None and total is not None:
            found.setdefault((whole, total // 2, total - total // 2), []).append(name)
    body: list[Block] = []
    for (whole, before, after), names in found.items():
        place = f" ({' and '.join(names)})" if axes else ""
        body.append(Equation(Sym("padding" if len(found) == 1 else f"padding_{names[0]}"), links(whole)))
        body.append(Note((f"padding='same': {before} before, {after} after{place}",)))
    return body


def quotients(done: Done) -> tuple[Block, ...]:
    """Sizes before they are rounded: ``(69 + 2·4 - 7)/3 + 1 ≈ 24.33, rounded down 24``."""
    body: dict[Block, None] = {}
    for size in done.sizes:
        found = quotient(size)
        if found is not None:
            line, before, rounded = found
            exact = before.denominator == 1
            value = Value(before) if exact else Num(f"{float(before):.2f}")
            words = ", whole" if exact else f", {rounding_in(size)} "
            body[Note((unfolded(line), " = " if exact else " ≈ ", value, words, *(() if exact else (rounded,))))] = None
    return tuple(body)


def _more(done: Done) -> tuple[Block, ...]:
    """Multiply-adds, and the shapes of weights and biases."""
    body: list[Block] = [] if done.macs is None else [_sentence("macs", done.macs)]
    if done.arrays:
        body.append(Note(listed([(f"{name} is ", *shape_words(shape, "CHW")) for name, shape in done.arrays.items()])))
    return tuple(body)


def _as_matrices(done: Done) -> Iterator[Block]:
    """A convolution as a product of matrices, and what it would hold without sharing its weights."""
    if done.row.columns is not None:
        rows, places = (settle(formula(written), done.env) for written in done.row.columns)
        groups = settle(Sym("g"), done.env)
        outputs = settle(formula("out/g"), done.env)
        each = "" if groups == Num("1") else " for each group"
        weights, columns, gives = (
            shape_words(pair, "CHW") for pair in ((outputs, rows), (rows, places), (outputs, places))
        )
        yield Note(("as a product of matrices (im2col): ", *weights, " times ", *columns, " gives ", *gives, each))
    if done.row.unshared:
        *sides, value = links(cell(done.row.unshared, done.env))
        yield Equation(Sym("unshared"), (*sides, replace(value, note=UNSHARED)))


def _sentence(word: str, cell: Cell) -> Equation:
    return Equation(Sym(word), links(cell))


def links(cell: Cell) -> tuple[Link, ...]:
    line = unfolded(cell.line)
    return (Link("=", cell.value),) if line == cell.value else (Link("=", line), Link("=", cell.value))


def unfolded(expr: Expr) -> Expr:
    """Products of lists written out, factors 1 as they are: 3·3·1."""

    def change(part: Expr) -> Expr | None:
        match part:
            case Call(name, (Array(items),)) if ROWS[name].fold == "*":
                return multiply(*items)
            case Product(operands, operators):
                return multiply_all([*factors_of(zip(("*", *operators), operands, strict=True))])
            case _:
                return None

    def factors_of(pairs: Iterable[tuple[Factor, Expr]]) -> Iterator[tuple[Factor, Expr]]:
        for operator, operand in pairs:
            match transform(operand, change):
                case Product(inner, signs) if isinstance(operand, Call) and operator == "*":
                    yield from zip(("*", *signs), inner, strict=True)
                case whole:
                    yield operator, whole

    return transform(expr, change)
