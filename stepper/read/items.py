"""Items of a listing: calls, names, short codes, blocks that stand several times, branches.

Each is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepper.core.network import INPUT
from stepper.errors import Place, Problem, StepperError, nearest
from stepper.read.branch import added, sources, ways_of
from stepper.read.calls import QUOTES, row_named, settings_of
from stepper.read.chains import BLOCK, CALL, is_code, parts_of
from stepper.read.collect import LARGEST, Collected, Piece, too_many
from stepper.read.commas import split_top
from stepper.read.shape import integral, read_shape
from stepper.read.shorthand import meant, stacked
from stepper.tables.any_axes import STACKS
from stepper.tables.codes import CODES, Code
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import BY_LAYER_NAME, LAYER_ROWS

_TIMES = re.compile(r"(?P<times>\d+)\s*[x×*]\s+(?=[A-Za-z(\[])")
_AROUND = re.compile(r"(?:(?:nn\.)?Identity(?:\(\))?)?")
_APPLIED = re.compile(r"(?P<call>.*\))\s*\(\s*(?P<labels>\[[\w\s,]*\]|[A-Za-z_]\w*)\s*\)", re.DOTALL)
_AFTER = re.compile(r"(?P<code>.*[A-Za-z].*?)\s+[x×*]\s*(?P<times>\d+)")
LINES = [code for code in CODES if code.line]
DEEPEST = 20
NEVER = 0
SUM = "Add"


class Listing(Collected):
    """Reads items; problems are told, all of them at once."""

    def chain(self, parts: Sequence[str], place: Place, depth: int = 0) -> None:
        """Items one after the other. The first may be a label: what follows reads its layer."""
        for number, part in enumerate(parts):
            if number or not self.begins_at(part, len(parts)):
                self.item(Piece(part, place), depth)

    def begins_at(self, part: str, items: int) -> bool:
        """Is the first part of a chain a label? Then the next reads its layer."""
        label = part.strip()
        found = self.named(label) if items > 1 and not label.isdigit() and row_named(label) is None else None
        self.tip = found or self.tip
        return found is not None

    def item(self, piece: Piece, depth: int = 0) -> None:
        """A call, a name or a code, a block of them between brackets, or a sum."""
        if depth > DEEPEST:
            raise StepperError(Problem(f"brackets are nested more than {DEEPEST} deep here", piece.place))
        text = piece.text.strip().translate(QUOTES).strip(" ,;")
        terms = added(text)
        if len(terms) > 1:
            self.sum(terms, piece, depth)
            return
        block = BLOCK.fullmatch(text)
        if block:
            self.block(parts_of(block["inside"]), self.often(block["times"] or "1", piece), piece.place, depth)
            return
        times = _TIMES.match(text)
        repeat = int(times["times"][:9]) if times else 1
        text = text[times.end() :] if times else text
        applied = _APPLIED.fullmatch(text) if ")(" in text or ") (" in text else None
        if applied and _closes(applied["call"]):  # Keras: Dense(10)(x)
            text = f"{applied['call'][:-1]}, from={applied['labels']})"
        call = CALL.fullmatch(text)
        after = _AFTER.fullmatch(text) if call is None else None
        if after and is_code(after["code"]):
            text, repeat = after["code"], repeat * int(after["times"][:9])
        if call and call["times"]:
            repeat *= self.often(call["times"].lstrip("*x× "), piece)
        if repeat == NEVER:
            return
        if not 1 <= repeat <= LARGEST:
            self.problems.append(Problem(f"a block cannot be repeated {repeat:,} times", piece.place))
            return
        for _ in range(repeat):
            told = len(self.problems)
            self.once(text, call, piece, depth)
            if len(self.problems) > told:
                return

    def often(self, times: str, piece: Piece) -> int:
        """How often something stands: a number, or a letter that has a value; 0 where it has none, which is told."""
        if times.isdigit():
            return int(times[:9])
        number = integral(self.letters[times]) if times in self.letters else None
        if number is None:
            what = f"how often this stands is the letter {times}, whose value is not given"
            self.problems.append(Problem(what, piece.place, f"--set {times}=3"))
        return NEVER if number is None else number

    def block(self, parts: Sequence[str], times: int, place: Place, depth: int) -> None:
        """A chain that stands several times."""
        for left in range(times, 0, -1):
            before, told = len(self.layers), len(self.problems)
            self.chain(parts, place, depth + 1)
            if len(self.layers) == before or len(self.problems) > told:
                return  # nothing comes of it, and nothing more to tell, however often it stands
            if before + left * (len(self.layers) - before) > LARGEST:
                raise StepperError(too_many(place))

    def once(self, text: str, call: re.Match[str] | None, piece: Piece, depth: int) -> None:
        name, inside = (call["name"], call["inside"]) if call else (text.split("(", maxsplit=1)[0].strip(), "")
        labels, inside = sources(inside)
        reads = tuple(found for label in labels if (found := self.must_be_named(label, piece.place)) is not None)
        if len(reads) < len(labels):
            return
        row = row_named(name, self.keras)
        if row is not None and row.several:
            self.join(row, inside, reads, piece, depth)
            return
        if len(reads) > 1:
            what = f"{name} takes one input, not {len(reads)}"
            self.problems.append(Problem(what, piece.place, "put an Add(a, b) or a Concat(a, b) before it"))
            return
        self.tip = reads[0] if reads else self.tip
        if call is not None and self.wrapper(name, inside, piece, depth):
            return
        if row is not None and call is None and text != name:
            what = f"'{text}' cannot be read: more follows after '{name}(...)'"
            self.problems.append(Problem(what, piece.place, "one layer per item, with -> between items"))
        elif row is not None:
            kind, inside, says = meant(name, row, inside)
            self.said |= {(says,): None} if says else {}
            if "input_shape" in inside and re.search(r"\binput_shape\s*=", inside):
                self.keras_input(inside, piece.place)
            self.add(kind, settings_of(row, inside, piece.place, self.problems), piece)
        elif call is not None or not self.code(text, piece, depth):
            expected = (
                nearest(name.split(".")[-1], BY_LAYER_NAME)
                or "layers are written Conv2d(1, 10, 3), codes CONV-3-64, POOL-2, FC-10"
            )
            self.add_unknown(name, piece, expected)

    def wrapper(self, name: str, inside: str, piece: Piece, depth: int) -> bool:
        """A call around layers, or Keras' input; false where it is neither."""
        last = name.rsplit(".", maxsplit=1)[-1]
        if last in ("Sequential", "ModuleList", "OrderedDict"):
            self.sequence(inside, piece, depth)
        elif last in STACKS:
            self.stack(last, inside, piece, depth)
        elif name.endswith(".add"):
            self.item(Piece(inside, piece.place, piece.label, piece.path), depth + 1)
        elif last in ("Input", "InputLayer"):
            self.keras_input(inside, piece.place)
            self.labels[piece.label] = INPUT
        else:
            return False
        return True

    def stack(self, name: str, inside: str, piece: Piece, depth: int) -> None:
        """``MLP(784, 256, 10)``: a layer from each size to the next."""
        calls = stacked(name, inside)
        if not calls:
            self.problems.append(Problem(f"{name} takes at least two sizes", piece.place, f"{name}(784, 256, 10)"))
            return
        self.said[(STACKS[name].says,)] = None
        for call in calls:
            self.item(Piece(call, piece.place), depth + 1)
        if piece.label:
            self.labels[piece.label] = self.tip

    def sequence(self, inside: str, piece: Piece, depth: int) -> None:
        """The layers inside ``Sequential(...)``; those of an OrderedDict have names."""
        inside = inside.strip()
        if inside[:1] == "[" and inside[-1:] == "]":
            inside = inside[1:-1]
        for number, (_, part) in enumerate(split_top(inside)):
            named = re.fullmatch(r"\s*\(\s*['\"](\w+)['\"]\s*,(.*)\)\s*", part, re.DOTALL)
            if named:
                self.item(Piece(named[2], piece.place, named[1], piece.inside(named[1])), depth + 1)
            elif part.strip():
                self.item(Piece(part, piece.place, path=piece.inside(str(number))), depth + 1)

    def keras_input(self, inside: str, place: Place) -> None:
        """``input_shape=(32, 32, 3)``: channels last; numbers alone, ``Input(3, 32, 32)``, as in ``input: 3x32x32``."""
        if re.fullmatch(r"\s*\w+(?:\s*,\s*\w+)*\s*", inside):
            self.setting("input", inside.strip(), place)
            return
        found = re.search(r"(?:input_shape|shape)\s*=\s*(\([^)]*\))", inside) or re.search(r"(\([^)]*\))", inside)
        if found:
            self.layout = self.chosen = "HWC"
            self.given["input"] = found[1]
            self.input = read_shape(found[1], "CHW")
            self.said[("Keras: shapes are height x width x channels",)] = None

    # ---- branches

    def sum(self, terms: Sequence[str], piece: Piece, depth: int) -> None:
        """``Conv2d(8, 8, 3) + c1``: a layer, or a label, and the labels that are added to it."""
        first = self.named(terms[0])
        if first is None or row_named(terms[0]) is not None:
            self.item(Piece(terms[0], piece.place), depth + 1)
            first = self.tip
        reads = [first, *(self.must_be_named(term, piece.place) for term in terms[1:])]
        self.joined(LAYER_ROWS[SUM], [name for name in reads if name is not None], "", piece)

    def join(self, row: Row, inside: str, reads: Sequence[str], piece: Piece, depth: int) -> None:
        """``Add(c1, c2)``, ``concat(chain, chain)``: each way begins where the layer stands; one alone is joined with
        what came before.
        """
        before = reads[0] if len(reads) == 1 else self.tip
        try:
            ways, settings = ways_of(row, inside, lambda label: self.named(label) is not None, piece.place)
        except StepperError as error:
            self.problems += error.problems
            return
        if reads and not ways:
            ways = tuple(reads)
            before = self.tip
        if not ways:
            what = f"{row.name} does not say what it reads"
            self.problems.append(
                Problem(what, piece.place, f"labels, such as {row.name}(c1, c2), or chains between semicolons")
            )
            return
        ends = []
        for way in (*ways, "") if len(ways) == 1 else ways:
            self.tip = before
            if self.named(way) is not None and (way.isdigit() or row_named(way) is None or len(ways) > 1):
                self.tip = self.named(way) or before
            elif not _AROUND.fullmatch(way):
                self.chain(parts_of(way), piece.place, depth + 1)
            ends.append(self.tip)
        self.joined(row, ends, settings, piece)

    def joined(self, row: Row, reads: Sequence[str], settings: str, piece: Piece) -> None:
        found = settings_of(row, settings, piece.place, self.problems)
        self.add(row.name, found, Piece(f"{row.name}({', '.join(reads)})", piece.place, piece.label), tuple(reads))

    # ---- codes

    def code(self, text: str, piece: Piece, depth: int = 0, codes: Sequence[Code] = CODES) -> bool:
        """A short code, by its row; what it was taken to mean is said."""
        for code in codes:
            match = re.fullmatch(code.pattern, text)
            if match:
                self.said[(code.says,)] = None
                groups = match.groupdict()
                if code.channels_last and self.chosen is None:
                    self.layout = self.chosen = "HWC"
                    self.said[("shapes are height × width × channels in such a table",)] = None
                self.comes_in(code.input.format(**groups))
                label = re.split(r"[:\s]", text)[0] if groups.get("label") else piece.label
                for call in code.layers:
                    self.item(Piece(call.format(**groups), piece.place, label), depth + 1)
                if code.claim and self.layers:
                    self.claim(read_shape(code.claim.format(**groups), "CHW") or ())
                return True
        return False

    def code_line(self, piece: Piece) -> bool:
        """A line that is a code as a whole, as those of tables and logs are."""
        text = piece.text
        if "|" not in text and "  " not in text and not text[:1].isdigit():
            return False
        plain = re.sub(r"(?<=\d)\s*[x×]\s*(?=\d)", "x", " ".join(text.strip("| ").split()))
        return self.code(plain, piece, 0, LINES)

    def comes_in(self, shape: str) -> None:
        """What a code says of the shape that comes in: the network's input, or what the layer before it gives."""
        sizes = read_shape(shape, "CHW") if shape else None
        if sizes is None:
            return
        if not self.layers and self.input is None:
            self.given["input"], self.input = shape, sizes
        elif self.layers and self.tip == self.layers[-1].name and self.layers[-1].claim is None:
            self.claim(sizes)


def _closes(call: str) -> bool:
    """Do the brackets of a call close at its end and nowhere before?"""
    depth = 0
    for place, sign in enumerate(call):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and sign == ")":
            return place == len(call) - 1
    return False
