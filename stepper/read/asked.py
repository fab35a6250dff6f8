"""What is asked of windows, as networks of one channel, which is not told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from stepper.core.expr import Array, Expr, Num, Sym
from stepper.core.network import INPUT, Chain, Layer, Network, Shape
from stepper.core.traverse import substitute
from stepper.errors import Problem, StepperError
from stepper.read.calls import is_number
from stepper.read.collect import Piece
from stepper.tables.layer import SYMBOLS
from stepper.tables.layers import BY_LAYER_NAME
from stepper.tables.windows_in_words import QUANTITIES, WINDOWS, Window

INPUT_SIZE, KERNEL, PADDING, OUTPUT = "n", "k", "p", "o"
SAME, UNKNOWN = Sym("same"), Sym("?")
ONE = Num("1")
USUAL = {"d": ONE, "q": Num("0")}
"""What a window has that is not asked about it."""


class Asked(Struct):
    """What a question says: quantities by their symbols, the letters that it writes them with, and what slides."""

    values: dict[str, Expr]
    letters: dict[str, str]
    window: Window = WINDOWS[-1]


def question(size: Shape | None, chain: Sequence[Asked], line: Piece, number: int) -> Chain:
    """A question as a network of one channel.

    Raises:
        StepperError: where sizes have different numbers of axes, or a setting is none of what slides.
    """
    chain = [_settled(asked) for asked in chain]
    first, letters = chain[0], {symbol: letter for asked in chain for symbol, letter in asked.letters.items()}
    given = size if size is not None else _entries(first.values.get(INPUT_SIZE, Sym(letters.get(INPUT_SIZE, "n"))))
    lengths = {len(given), *(len(_entries(found)) for asked in chain for found in asked.values.values())} - {1}
    if len(lengths) > 1:
        what = f"sizes of {' and '.join(map(str, sorted(lengths)))} axes stand side by side"
        hint = "leave the channels out, or write a layer with its channels, such as Conv2d(3, 8, 3, padding=1)"
        raise StepperError(Problem(what, line.place, hint))
    axes = max(lengths, default=1)
    shape = given if len(given) == axes else given * axes
    named = [str(number) if len(chain) == 1 else f"{place}" for place in range(1, len(chain) + 1)]
    layers = [
        _layer(asked, axes, named[place], named[place - 1] if place else INPUT, line)
        for place, asked in enumerate(chain)
    ]
    network = Network("", tuple(layers), (ONE, *(_known(entry, INPUT_SIZE, letters) for entry in shape)),
                      origin=line.place.source)  # fmt: skip
    return Chain(network, letters)


def _layer(asked: Asked, axes: int, name: str, reads: str, line: Piece) -> Layer:
    """A window as a layer of one channel."""
    same = asked.values.get(PADDING) == SAME
    kind = (asked.window.same if same else asked.window.row).format(n=axes)
    row = BY_LAYER_NAME.get(kind)
    if row is None:
        raise StepperError(Problem(f"a {asked.window.name} has no padding 'same'", line.place))
    by_symbol = {SYMBOLS.get(setting, setting): setting for setting, _, _ in row.signature()}
    settings: dict[str, Expr] = {by_symbol[symbol]: ONE for symbol in ("inp", "out") if symbol in by_symbol}
    if "b" in by_symbol:
        settings[by_symbol["b"]] = Num("0")
    for quantity in QUANTITIES:
        found = asked.values.get(quantity.symbol)
        if found is None or quantity.symbol in (INPUT_SIZE, OUTPUT):
            continue
        if quantity.symbol not in by_symbol:
            if found == USUAL.get(quantity.symbol):
                continue
            raise StepperError(Problem(f"there is no {quantity.name} here: a {asked.window.name}", line.place))
        settings[by_symbol[quantity.symbol]] = _known(found, quantity.symbol, asked.letters)
    stated = asked.values.get(OUTPUT, UNKNOWN)
    claim = None if stated == UNKNOWN else (ONE, *(_entries(stated) * (axes if len(_entries(stated)) == 1 else 1)))
    return Layer(name, row.name, settings, (reads,), line.text, line.place, claim)


def _settled(asked: Asked) -> Asked:
    """The same, what is said in letters with the numbers that others have: ``k=3 p=(k - 1)/2``."""
    known: dict[Expr, Expr] = {
        Sym(asked.letters.get(symbol, symbol)): found for symbol, found in asked.values.items() if is_number(found)
    }
    values = {symbol: substitute(found, known) for symbol, found in asked.values.items()}
    return Asked(values, asked.letters, asked.window)


def _entries(found: Expr) -> Shape:
    return tuple(found.items) if isinstance(found, Array) else (found,)


def _known(found: Expr, symbol: str, letters: Mapping[str, str]) -> Expr:
    """A value; what is asked for with a question mark is the letter itself."""
    return Sym(letters.get(symbol, symbol)) if found == UNKNOWN else found
