"""Network listings: lines, arrow chains, Sequential source, Keras code, short codes. Each line is read as it stands.

A line is ``label = item -> item -> what is stated``. An item is a call, a name, a code, a block ``[chain]*2``, or a
branch:
``Conv2d(8, 8, 3, from=c1)``, ``c1 -> Conv2d(8, 8, 3)``, ``Add(c1, c2)``, ``residual(chain; chain)``, ``concat(chain,
chain)``, ``Conv2d(8, 8, 3) + c1``. What is stated is a shape, or numbers: ``10x7x7; 100 parameters; sees 3``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from stepper.core.expr import Expr, Num
from stepper.core.network import Layout, Network, Shape
from stepper.errors import Place, Problem, StepperError
from stepper.read.calls import row_named
from stepper.read.chains import CALL, parts_of
from stepper.read.claims import is_claim, state
from stepper.read.collect import Piece
from stepper.read.defaults import Defaults
from stepper.read.dialect import SETTINGS
from stepper.read.items import Listing
from stepper.read.shape import read_shape
from stepper.read.tables import Tables, states_numbers

_SETTING = re.compile(rf"\s*({'|'.join(SETTINGS)})\s*[:=]\s*(.*?)\s*$", re.IGNORECASE)
_LABEL = re.compile(
    r"\s*(?:(?:self\.)?(?P<assigned>[A-Za-z_]\w*)\s*=(?!=)|\(?(?P<word>[A-Za-z]\w{0,20}|\d+)[).:]|(?P<letter>[A-Za-z]\w{0,20})\s+-)\s+(?=\S)"
)
_BULLET = re.compile(r"^\s*(?:[-*•]\s+)*(?:(?:block|stage|layer)\s+[\w.']+\s*:\s*)?", re.IGNORECASE)


def logical_lines(source: str, origin: str) -> Iterator[Piece]:
    """Lines with their comments cut off, those with open brackets joined to the next."""
    waiting, place, depth = "", Place(origin), 0
    for number, line in enumerate(source.split("\n"), start=1):
        row = line.lstrip().startswith("|")  # "# Params" heads a column of a table
        body = line if row else re.split(r"(?:^|\s)(?:#|//)", line, maxsplit=1)[0]
        if not waiting:
            place = Place(origin, number, len(line) - len(line.lstrip()) + 1, max(1, len(body.strip())), line)
        waiting = f"{waiting} {body.strip()}" if waiting else body
        depth += sum(body.count(sign) for sign in "([{") - sum(body.count(sign) for sign in ")]}")
        if depth <= 0:
            if waiting.strip():
                yield Piece(waiting.strip(), place)
            waiting, depth = "", 0
    if waiting.strip():
        raise StepperError(Problem("a bracket that opens here is never closed", place))


def read_listing(
    source: str, origin: str, layout: Layout | None = None, shape: str | None = None, keras: bool = False,
    letters: Mapping[str, Expr] | None = None,
) -> Network:  # fmt: skip
    """A network from lines, arrow chains and source code; with ``keras`` names that both frameworks have are Keras'.
    ``letters`` may say how often a block stands.

    Raises:
        StepperError: with every problem found.
    """
    listing = Listing(origin, layout, shape, letters=letters)
    listing.keras = keras
    return read_lines(listing, logical_lines(source, origin))


def read_pieces(lines: Iterable[Piece], origin: str, layout: Layout | None = None, shape: str | None = None) -> Network:
    """A network from its lines.

    Raises:
        StepperError: with every problem found.
    """
    return read_lines(Listing(origin, layout, shape), lines)


def read_lines(listing: Listing, lines: Iterable[Piece]) -> Network:
    """A network from its lines, after what is known beside them.

    Raises:
        StepperError: with every problem found.
    """
    reading = Reading(listing)
    for line in lines:
        reading.line(line)
    return reading.network()


class Reading:
    """A listing read line by line."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.defaults = Defaults(listing)
        self.tables = Tables(listing, lambda cell: _line(listing, cell))

    def line(self, line: Piece) -> None:
        """A line: a setting such as the input's shape, something that holds for what follows, a row of a table, or
        layers.
        """
        setting = _SETTING.match(line.text)
        if setting and not (states_numbers(setting[2]) and self.tables.read(line)):
            self.listing.setting(setting[1].lower(), setting[2], line.place)
        elif not setting and not (
            self.defaults.read(line.text, line.place) or self.listing.code_line(line) or self.tables.read(line)
        ):
            _line(self.listing, line)

    def network(self) -> Network:
        """What was read.

        Raises:
            StepperError: with every problem found.
        """
        self.defaults.apply()
        self.listing.settle_input()
        return self.listing.network()


def _line(listing: Listing, line: Piece) -> None:
    """A line: a label, then a chain of items, then perhaps the shape that it claims."""
    text = _BULLET.sub("", line.text)
    if re.match(
        r"(?:import|from|class|def|return|print|super)\b|(?:\w+\s*=\s*)?(?:keras\.)?(?:models\.)?Sequential\(\s*\)$|\w+\.(?:summary|compile|build)\("
        r"|\w+\s*=\s*(?:(?:tf\.)?keras\.|models\.)*Model\(",
        text,
    ):
        return
    label = _LABEL.match(text)
    word = (label and (label["assigned"] or label["word"] or label["letter"])) or ""
    body = text[label.end() :] if label else text
    if label and row_named(word) is not None and not row_named(CALL.sub(r"\g<name>", body.strip()) or "-"):
        word, body = "", text  # "Conv2d: ..." begins with the layer itself
    _chain(listing, parts_of(body), word, line.place)


def _chain(listing: Listing, chain: list[str], word: str, place: Place) -> None:
    """A chain of items and of what is stated of them. The label is that of its last layer."""
    first = listing.input is None and not listing.layers
    if first and len(chain) > 1 and all(re.fullmatch(r"\s*[0-9]+\s*", part) for part in chain):
        listing.given["input"], listing.input = chain[0], (Num(chain[0].strip()),)
        chain = chain[1:]
    elif first and chain and (shape := _leading_input(chain[0])) is not None:
        listing.given["input"], listing.input = chain[0], shape
        chain = chain[1:]
    elif chain and listing.begins_at(chain[0], len(chain)):
        chain = chain[1:]
    claims = {part for part in chain[1:] if is_claim(part)}
    alone = len(chain) - len(claims) == 1
    start, before = len(listing.layers), listing.tip
    for number, part in enumerate(chain):
        if number and part in claims:
            state(listing, part, start, place)
            start = len(listing.layers)
        else:
            listing.item(Piece(part, place, word if alone else ""))
    if word and not alone and listing.tip != before:
        listing.labels[word] = listing.tip


def _leading_input(part: str) -> Shape | None:
    """A chain may begin with its input: ``Input 32x32x3`` or ``28x28x1``."""
    flat = re.fullmatch(r"\s*(?i:input)\s*:?\s*([0-9]+)\s*[x×]\s*([0-9]+)\s*", part)
    if flat:
        return (Num("1"), Num(flat[1]), Num(flat[2]))  # one channel, as figures leave it out
    match = re.fullmatch(r"\s*(?i:input)?\s*:?\s*[\[(]?\s*(\d+(?:\s*[x×@]\s*\d+)+)\s*[\])]?\s*", part)
    return read_shape(match[1], "CHW") if match else None
