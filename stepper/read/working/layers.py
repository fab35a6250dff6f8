"""Lines about layers of a listing: ``conv1: 6x28x28, (5*5*1+1)*6 = 156`` and ``RF: 1 -> 5 -> 6 -> 14``."""

from __future__ import annotations

import re

from stepper.core.expr import Array, Expr, Num
from stepper.core.parser import parse
from stepper.core.working import Side, Written
from stepper.errors import FormulaError
from stepper.read.claims import WORDS, statements
from stepper.read.shape import read_shape
from stepper.read.working.composing import compose
from stepper.read.working.names import Names
from stepper.read.working.pieces import pieces

_LAYER = re.compile(r"\s*(?:[-*•]\s+|\d+[.)]\s+)?(?P<name>[\w.]+)\s*(?P<sign>:(?!=)|->|→)\s*(?P<rest>\S.*)")
_BATCH = r"(?:(?:None|N|B|-1)\s*[x×,]\s*)?"
_SHAPED = re.compile(rf"[\[(]?\s*{_BATCH}\d+(?:\s*[x×]\s*\d+)+\s*[\])]?|[\[(]\s*{_BATCH}\d+(?:\s*,\s*\d+)*,?\s*[\])]")
_FIELDS = re.compile(r"\s*(?:[-*•]\s+)?(?P<word>[A-Za-z][\w -]*?)\s*:\s*(?P<chain>\d+(?:\s*(?:->|→|,|=>)\s*\d+)+)\s*")
_ANY = "|".join(WORDS.values())
_WORDED = re.compile(
    rf"(?:(?P<before>{_ANY})\s*(?::|=|of\b|is\b)?\s*)?(?P<sides>.*?)(?:\s*\b(?P<after>{_ANY}))?\s*", re.IGNORECASE
)

Found = tuple[tuple[Written, ...], str, str]


def layer_line(text: str, known: Names) -> Found | None:
    """The claims of a line about one layer, or about all of them; None where it is no such line."""
    if not known.layers:
        return None
    found = _FIELDS.fullmatch(text)
    if found and (word := known.fact(found["word"])):
        return _along(word, found["chain"], known)
    line = _LAYER.fullmatch(_row(text))
    layer = known.layer(line["name"]) if line else ""
    if line is None or not layer:
        return None
    chains: list[Written] = []
    for place, statement in enumerate(statements(line["rest"])):
        chain = _statement(statement, layer, known, place == 0)
        if chain is None:
            what = f"'{statement[:60]}' is not a known statement about a layer"
            return tuple(chains), what, "such as 10x7x7; 100 parameters; receptive field 3"
        chains.append(chain)
    return tuple(chains), "", ""


def _row(text: str) -> str:
    """The row of a table as a line: ``| c1 | 6x28x28 | 156 |``."""
    cells = [cell.strip() for cell in text.strip().strip("|").split("|") if cell.strip()]
    return f"{cells[0]}: {', '.join(cells[1:])}" if "|" in text and len(cells) > 1 else text


def _along(word: str, chain: str, known: Names) -> Found:
    """Numbers one layer after the other; the first may be the input's."""
    numbers = re.findall(r"\d+", chain)
    for layers in (known.sliding, known.layers):
        if len(numbers) - len(layers) in (0, 1) and layers:
            own = numbers[len(numbers) - len(layers) :]
            return tuple(
                Written(known.about(word, layer), (Side(number, Num(number)),))
                for layer, number in zip(layers, own, strict=True)
            ), "", ""  # fmt: skip
    layers = known.sliding or known.layers
    what = f"{len(numbers)} numbers are given for {len(layers)} layers"
    return (), what, f"one for each of {', '.join(layers[:8])}{', …' if len(layers) > 8 else ''}"


def _statement(statement: str, layer: str, known: Names, first: bool) -> Written | None:
    """One statement; a number alone is a shape where it comes first, as beside a layer of a listing."""
    shape = known.fact("shape")
    if shape and first and statement.strip().isdecimal():
        return Written(known.about(shape, layer), (Side(statement, Array((Num(statement.strip()),))),))
    if shape and _SHAPED.fullmatch(statement.strip(" .")):
        sizes = read_shape(statement.strip(" ."), "CHW")
        return None if sizes is None else Written(known.about(shape, layer), (Side(statement, Array(sizes)),))
    found = _WORDED.fullmatch(statement)
    if found is None:
        return None
    fact = known.fact(found["before"] or found["after"] or "parameters")
    sides = [_side(side.strip(), known) for side in found["sides"].split("=") if side.strip()]
    if not fact or not sides or all(side.expr is None for side in sides):
        return None
    return Written(known.about(fact, layer), tuple(sides))


def _side(written: str, known: Names) -> Side:
    written = written.rstrip(".")
    expr: Expr | None = None
    try:
        expr = parse(compose(pieces(re.sub(r"(?<=[\d)])\s*x\s*(?=[\d(])", "*", written)), known, "groups"))
    except FormulaError as error:
        return Side(written, None, problem=error.what)
    return Side(written, expr)
