"""Tables of layers: cells between pipes, with or without a heading row, and lines such as ``POOL2: [112x112x64]
memory: ...``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec.structs import replace

from stepper.core.network import Shape
from stepper.errors import Place, Problem
from stepper.read.claims import WORDS, shape_stated, state_number, word_for
from stepper.read.collect import Piece
from stepper.read.items import Listing
from stepper.read.shape import read_shape
from stepper.tables.layer import SYMBOLS
from stepper.tables.layers import BY_LAYER_NAME

LAYER, SHAPE, LABEL = "layer", "shape", "label"
_HEADINGS = {
    LAYER: r"layers?|layer \(type\)|type|operation|module",
    SHAPE: r"(?:output|activation|feature map)?\s*(?:shape|size|dimensions?|volume)|output",
    LABEL: r"name|label|#|no\.?",
}
_LINE = re.compile(
    r"(?P<layer>[A-Za-z][\w\-]*)\s*:\s*\[(?P<shape>\s*\d+(?:\s*[x×]\s*\d+)*\s*)\]\s*(?P<rest>(?:[A-Za-z].*:.*)?)"
)
_TOTAL = re.compile(r"total\b.*", re.IGNORECASE)
_WORD = re.compile(rf"\b({'|'.join(WORDS.values())})\s*:", re.IGNORECASE)
_EMPTY = frozenset({"", "-", "–", "—", "n/a", "N/A"})

Reader = Callable[[Piece], None]


def states_numbers(text: str) -> bool:
    """Does a word such as ``weights:`` stand in it?"""
    return _WORD.search(text) is not None


class Tables:
    """Reads the lines that are rows of a table; ``line`` reads what stands in the cell of the layer."""

    def __init__(self, listing: Listing, line: Reader) -> None:
        self.listing, self.line = listing, line
        self.headings: tuple[str, ...] = ()

    def read(self, line: Piece) -> bool:
        """A row of a table; false where the line is none."""
        text = line.text
        if "|" in text:
            self.row([cell.strip() for cell in text.strip().strip("|").split("|")], line.place)
            return True
        found = _LINE.fullmatch(text) if "[" in text else None
        if found:
            self.volume(found, line.place)
        elif _TOTAL.fullmatch(text) and states_numbers(text):
            self.total()
        else:
            return False
        return True

    def total(self) -> None:
        self.listing.said[("totals that the listing states are not compared",)] = None

    def volume(self, found: re.Match[str], place: Place) -> None:
        """A line of the CS231n notes: a layer, its volume as height x width x channels, what it holds."""
        listing = self.listing
        if listing.chosen is None:
            listing.layout = listing.chosen = "HWC"
            listing.said[("volumes between square brackets are height × width × channels",)] = None
        shape = read_shape(found["shape"], "CHW") or ()
        if found["layer"].lower() == "input":
            listing.setting("input", found["shape"].strip(), place)
            return
        start = len(listing.layers)
        self.line(Piece(found["layer"], place))
        if len(listing.layers) == start:
            return
        self.neurons(shape)
        listing.state(shape)
        words = _WORD.split(found["rest"])  # what stands before the first word, then each word and what follows it
        for word, number in zip(words[1::2], words[2::2], strict=True):
            state_number(listing, word_for(word), number, start, place)

    def neurons(self, shape: Shape) -> None:
        """A dense layer that does not say its neurons has those of the shape beside it."""
        layer = self.listing.layers[-1]
        row = BY_LAYER_NAME.get(layer.kind)
        wanted = (
            [name for name, default, _ in row.signature() if SYMBOLS.get(name) == "out" and not default]
            if row is not None
            else []
        )
        if row is not None and row.last and wanted and wanted[0] not in layer.settings and shape:
            self.listing.layers[-1] = replace(layer, settings={**layer.settings, wanted[0]: shape[-1]})
            self.listing.said[(f"{row.name} without a number: as many neurons as the shape beside it has",)] = None

    # ---- pipes

    def row(self, cells: list[str], place: Place) -> None:
        listing = self.listing
        if all(re.fullmatch(r":?-{2,}:?|=+", cell) for cell in cells if cell):
            return
        if not self.headings and not listing.layers and self.heading(cells):
            return
        if _TOTAL.fullmatch(cells[0]):
            self.total()
            return
        named = dict(zip(self.headings, cells, strict=False)) if self.headings else {LAYER: cells[0]}
        layer = named.get(LAYER, "")
        if re.fullmatch(r"(?i)input(?:\s*(?:layer|image))?|image", layer):
            shape = next((cell for cell in cells[1:] if shape_stated(cell)), "")
            if shape:
                listing.setting("input", shape.strip("[]() "), place)
            else:
                listing.problems.append(Problem("this row states no shape", place, "such as | Input | 64x64x3 |"))
            return
        if not layer:
            listing.problems.append(Problem("this row names no layer", place))
            return
        start = len(listing.layers)
        label = named.get(LABEL, "")
        self.line(Piece(f"{label} = {layer}" if re.fullmatch(r"[A-Za-z_]\w*", label) else layer, place))
        if len(listing.layers) > start:
            self.state(named if self.headings else self.guessed(cells, place), start, place)

    def heading(self, cells: list[str]) -> bool:
        """A heading row names the columns; those that are not known are left out, which is said."""
        found = [
            next(
                (what for what, words in _HEADINGS.items() if re.fullmatch(words, cell, re.IGNORECASE)), word_for(cell)
            )
            for cell in cells
        ]
        if not any(found):
            return False
        if LAYER not in found:
            found[0] = LAYER
        self.headings = tuple(what or f"column {number}" for number, what in enumerate(found))
        left_out = [cell for cell, what in zip(cells, found, strict=True) if not what and cell]
        if left_out:
            self.listing.said[(f"columns that are not compared: {', '.join(left_out)}",)] = None
        return True

    def guessed(self, cells: list[str], place: Place) -> dict[str, str]:
        """Without a heading: the first shape is the output, one number beside it the parameters."""
        shapes = [cell for cell in cells[1:] if shape_stated(cell) is not None]
        numbers = [cell for cell in cells[1:] if cell not in _EMPTY and cell not in shapes]
        if len(shapes) > 1 or len(numbers) > 1:
            hint = "put a heading row above: | layer | output | parameters |"
            self.listing.problems.append(Problem("it is not clear what these columns are", place, hint))
            return {}
        return {**({SHAPE: shapes[0]} if shapes else {}), **({"parameters": numbers[0]} if numbers else {})}

    def state(self, named: dict[str, str], start: int, place: Place) -> None:
        for what, cell in named.items():
            if cell in _EMPTY:
                continue
            if what == SHAPE:
                shape = read_shape(cell, "CHW") if re.search(r"[\dx×,@]", cell) else None
                if shape is None:
                    self.listing.problems.append(Problem(f"'{cell}' is not a shape", place, "such as (60, 60, 8)"))
                    continue
                self.neurons(shape)
                if "@" in cell:
                    self.listing.claim(shape)
                else:
                    self.listing.state(shape)
            elif what in WORDS:
                state_number(self.listing, what, cell, start, place)
