"""Network listings: lines, arrow chains, Sequential source, Keras code, short codes. Each line is read as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stepper.core.expr import Expr, Num
from stepper.core.network import INPUT, Layer, Layout, Network, Shape
from stepper.core.steps import Prose
from stepper.errors import Place, Problem, StepperError, nearest
from stepper.read.calls import QUOTES, row_named, settings_of, split_top
from stepper.read.shape import channels_first, integral, read_layout, read_shape
from stepper.rules.codes import CODES
from stepper.rules.layers import BY_LAYER_NAME

SETTINGS = ("title", "source", "input", "layout", "same")
_SETTING = re.compile(rf"\s*({'|'.join(SETTINGS)})\s*[:=]\s*(.*?)\s*$", re.IGNORECASE)
_LABEL = re.compile(
    r"\s*(?:(?:self\.)?(?P<assigned>[A-Za-z_]\w*)\s*=(?!=)|\(?(?P<word>[A-Za-z]\w{0,20}|\d+)[).:]|(?P<letter>[A-Za-z]\w{0,20})\s+-)\s+(?=\S)"
)
_BULLET = re.compile(r"^\s*(?:[-*•]\s+)+")
_ARROW = re.compile(r"\s*(?:->|→|=>|⟶|⇒)\s*")
_CALL = re.compile(r"(?P<name>[A-Za-z_][\w.\-]*)\s*\((?P<inside>.*)\)\s*(?P<times>(?:[*x×]\s*\d+)?)", re.DOTALL)
_TIMES = re.compile(r"(?P<times>\d+)\s*[x×*]\s+(?=[A-Za-z(\[])")
_BETWEEN = re.compile(r"[-–—,;]\s*(?=\[|\d+[A-Z]|[A-Z]{1,3}\d|\d+$)|\s*[,;]\s*|(?<=\d)-(?=\d)")
_BLOCK = re.compile(r"[\[{](?P<inside>.*)[\]}]\s*(?:[*x×]\s*(?P<times>[0-9]+))?", re.DOTALL)
LARGEST = 200_000
DEEPEST = 20


@dataclass(slots=True)
class Piece:
    """One item of a chain and where it stands."""

    text: str
    place: Place
    label: str = ""


class Listing:
    """Collects layers from pieces of text; problems are told, all of them at once."""

    def __init__(self, origin: str, layout: Layout | None = None) -> None:
        self.origin, self.chosen = origin, layout
        self.layers: list[Layer] = []
        self.names: dict[str, None] = {INPUT: None}
        self.problems: list[Problem] = []
        self.said: dict[Prose, None] = {}
        self.given: dict[str, str] = {}
        self.layout: Layout = layout or "CHW"
        self.input: Shape | None = None
        self.stated: dict[int, Shape] = {}

    def network(self) -> Network:
        """What was read.

        Raises:
            StepperError: with every problem found.
        """
        if not self.layers and not self.problems:
            self.problems.append(Problem("there is no layer here", Place(self.origin), "one a line, as Conv2d(1, 10, 3) or CONV-3-64"))
        if self.problems:
            raise StepperError(*self.problems)
        title, source = self.given.get("title", ""), self.given.get("source", "")
        return Network(title, tuple(self.layers), self.input, self.layout, source, tuple(self.said), self.origin, dict(self.given))

    @property
    def last(self) -> str:
        return self.layers[-1].name if self.layers else INPUT

    def setting(self, name: str, text: str, place: Place) -> None:
        """A line such as ``input: 9x9x1`` or ``layout: HWC``."""
        self.given[name] = text
        if name == "layout":
            try:
                self.chosen = self.chosen or read_layout(text, place)
                self.layout = self.chosen
            except StepperError as error:
                self.problems += error.problems
        if name == "input":
            self.input = read_shape(text, "CHW")
            if self.input is None:
                self.problems.append(Problem(f"'{text}' is not a shape", place, "as 3x224x224"))

    def settle_input(self) -> None:
        """Shapes with channels last are turned once the layout is known; where it is not said, the input's small end tells."""
        sizes = self.input
        if sizes is not None and "@" not in self.given.get("input", ""):
            first, last = ((integral(sizes[place]) or 0) for place in (0, -1))
            if self.chosen is None and len(sizes) == 3 and first and last:
                self.layout = "HWC" if last < first else "CHW"
                order = "height × width × channels" if self.layout == "HWC" else "channels × height × width"
                end = "last" if self.layout == "HWC" else "first"
                self.said[(f"the input is read as {order}, since its smallest number stands {end}",)] = None
            self.input = channels_first(sizes, self.layout)
        for place, claim in self.stated.items():
            self.layers[place] = replace(self.layers[place], claim=channels_first(claim, self.layout))

    def state(self, claim: Shape) -> None:
        """The last layer's shape after it, in the listing's own order of axes."""
        self.stated[len(self.layers) - 1] = claim

    def add(self, kind: str, settings: Mapping[str, Expr], piece: Piece, reads: tuple[str, ...] = ()) -> str:
        """A layer after the last one, or after those that it reads."""
        if len(self.layers) >= LARGEST:
            raise StepperError(Problem(f"this network has more than {LARGEST:,} layers", piece.place))
        name = piece.label or str(len(self.layers) + 1)
        number = 2
        while name in self.names:
            name = f"{piece.label or len(self.layers) + 1}_{number}"
            number += 1
        self.names[name] = None
        self.layers.append(Layer(name, kind, settings, reads or (self.last,), " ".join(piece.text.split()), piece.place))
        return name

    def reconnect(self, place: int, source: str) -> None:
        """Lets a layer read another than the one before it."""
        self.layers[place] = replace(self.layers[place], reads=(source,))

    def share(self, place: int, names: Sequence[str]) -> None:
        """Lets the layers from a place on use the weights of others once more."""
        for offset, name in enumerate(names):
            self.layers[place + offset] = replace(self.layers[place + offset], shares=name)

    def item(self, piece: Piece, depth: int = 0) -> None:
        """A call, a name or a code, or a block of them between brackets."""
        text = piece.text.strip().translate(QUOTES).strip(" ,;")
        block = _BLOCK.fullmatch(text)
        if block:
            self.block(chain_of(block["inside"]), int((block["times"] or "1")[:9]), piece.place, depth)
            return
        times = _TIMES.match(text)
        repeat = int(times["times"]) if times else 1
        text = text[times.end() :] if times else text
        call = _CALL.fullmatch(text)
        if call and call["times"]:
            repeat *= int(re.sub(r"\D", "", call["times"]))
        if not 1 <= repeat <= LARGEST:
            self.problems.append(Problem(f"a block cannot stand {repeat:,} times", piece.place))
            return
        for _ in range(repeat):
            self.once(text, call, piece)

    def block(self, parts: Sequence[str], times: int, place: Place, depth: int) -> None:
        """A chain that stands several times."""
        if depth > DEEPEST:
            raise StepperError(Problem(f"brackets stand more than {DEEPEST} deep here", place))
        for _ in range(times):
            before, told = len(self.layers), len(self.problems)
            for part in parts:
                self.item(Piece(part, place), depth + 1)
            if len(self.layers) == before or len(self.problems) > told:
                return  # nothing comes of it, and nothing more to tell, however often it stands

    def once(self, text: str, call: re.Match[str] | None, piece: Piece) -> None:
        if call is not None and call["name"].split(".")[-1] in ("Sequential", "ModuleList", "OrderedDict"):
            self.sequence(call["inside"], piece)
            return
        if call is not None and call["name"].endswith(".add"):
            self.item(Piece(call["inside"], piece.place, piece.label))
            return
        if call is not None and call["name"].split(".")[-1] in ("Input", "InputLayer"):
            self.keras_input(call["inside"], piece.place)
            return
        name = call["name"] if call else text.split("(", maxsplit=1)[0].strip()
        row = row_named(name)
        if row is not None:
            inside = call["inside"] if call else ""
            if re.search(r"\binput_shape\s*=", inside):
                self.keras_input(inside, piece.place)
            self.add(row.name, settings_of(row, inside, piece.place, self.problems), piece)
            return
        if call is None and self.code(text, piece):
            return
        expected = nearest(name.split(".")[-1], BY_LAYER_NAME) or "layers are written Conv2d(1, 10, 3), codes CONV-3-64, POOL-2, FC-10"
        self.problems.append(Problem(f"'{name}' is not a known layer", piece.place, expected))

    def sequence(self, inside: str, piece: Piece) -> None:
        """The layers inside ``Sequential(...)``; those of an OrderedDict have names."""
        inside = inside.strip()
        if inside[:1] == "[" and inside[-1:] == "]":
            inside = inside[1:-1]
        for _, part in split_top(inside):
            named = re.fullmatch(r"\s*\(\s*['\"](\w+)['\"]\s*,(.*)\)\s*", part, re.DOTALL)
            if named:
                self.item(Piece(named[2], piece.place, named[1]))
            elif part.strip():
                self.item(Piece(part, piece.place))

    def keras_input(self, inside: str, place: Place) -> None:
        """``input_shape=(32, 32, 3)``: channels last."""
        found = re.search(r"(?:input_shape|shape)\s*=\s*(\([^)]*\))", inside) or re.search(r"(\([^)]*\))", inside)
        if found:
            self.layout = self.chosen = "HWC"
            self.given["input"] = found[1]
            self.input = read_shape(found[1], "CHW")
            self.said[("Keras: shapes are height x width x channels",)] = None

    def code(self, text: str, piece: Piece) -> bool:
        """A short code, by its row; what it was taken to mean is said."""
        for code in CODES:
            match = re.fullmatch(code.pattern, text)
            if match:
                self.said[(code.says,)] = None
                label = re.split(r"[:\s]", text)[0] if match.groupdict().get("label") else piece.label
                for call in code.layers:
                    self.item(Piece(call.format(**match.groupdict()), piece.place, label))
                if code.claim and self.layers:
                    shape = read_shape(code.claim.format(**match.groupdict()), "CHW")
                    self.layers[-1] = replace(self.layers[-1], claim=shape)
                return True
        return False


def logical_lines(source: str, origin: str) -> Iterator[Piece]:
    """Lines with their comments cut off, those with open brackets joined to the next."""
    waiting, place, depth = "", Place(origin), 0
    for number, line in enumerate(source.split("\n"), start=1):
        body = re.split(r"(?:^|\s)(?:#|//)", line, maxsplit=1)[0]
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


def read_listing(source: str, origin: str, layout: Layout | None = None) -> Network:
    """A network from lines, arrow chains and source code.

    Raises:
        StepperError: with every problem found.
    """
    listing = Listing(origin, layout)
    for line in logical_lines(source, origin):
        setting = _SETTING.match(line.text)
        if setting:
            listing.setting(setting[1].lower(), setting[2], line.place)
        else:
            _line(listing, line)
    listing.settle_input()
    return listing.network()


def _line(listing: Listing, line: Piece) -> None:
    """A line: a label, then a chain of items, then perhaps the shape that it claims."""
    text = _BULLET.sub("", line.text)
    if re.match(
        r"(?:import|from|class|def|return|print|super)\b|(?:\w+\s*=\s*)?(?:keras\.)?(?:models\.)?Sequential\(\s*\)$|\w+\.(?:summary|compile|build)\(",
        text,
    ):
        return
    label = _LABEL.match(text)
    word = label and (label["assigned"] or label["word"] or label["letter"])
    body = text[label.end() :] if label else text
    if label and row_named(word or "") is not None and not row_named(_CALL.sub(r"\g<name>", body.strip()) or "-"):
        word, body = "", text  # "Conv2d: ..." begins with the layer itself
    chain = chain_of(body)
    if len(chain) == 1 and "(" not in chain[0] and not _is_code(chain[0]):
        codes = [part for part in _BETWEEN.split(chain[0]) if part.strip()]
        chain = codes if len(codes) > 1 and all(map(_is_code, codes)) else chain
    if listing.input is None and not listing.layers and len(chain) > 1 and all(re.fullmatch(r"\s*[0-9]+\s*", part) for part in chain):
        listing.given["input"], listing.input = chain[0], (Num(chain[0].strip()),)
        chain = chain[1:]
    for place, part in enumerate(chain):
        claim = read_shape(part, "CHW") if place and listing.layers else None
        if claim is not None and "(" not in part[1:] and re.search(r"[x×@,]", part):
            if "@" in part:
                listing.layers[-1] = replace(listing.layers[-1], claim=claim)
            else:
                listing.state(claim)
            continue
        if listing.input is None and not listing.layers and place == 0 and (shape := _leading_input(part)) is not None:
            listing.given["input"], listing.input = part, shape
            continue
        listing.item(Piece(part, line.place, word if len(chain) == 1 and word else ""))


def chain_of(text: str) -> list[str]:
    """The items between arrows that stand outside brackets: ``[CONV3-8 -> ReLU]*2 -> POOL`` has two."""
    parts, depth, at = [""], 0, 0
    while at < len(text):
        arrow = _ARROW.match(text, at) if depth == 0 else None
        if arrow:
            parts.append("")
            at = arrow.end()
            continue
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(text[at], 0)
        parts[-1] += text[at]
        at += 1
    return [part for part in parts if part.strip()]


def _is_code(text: str) -> bool:
    return any(re.fullmatch(code.pattern, text.strip()) for code in CODES)


def _leading_input(part: str) -> Shape | None:
    """A chain may begin with its input: ``Input 32x32x3`` or ``28x28x1``."""
    flat = re.fullmatch(r"\s*(?i:input)\s*:?\s*([0-9]+)\s*[x×]\s*([0-9]+)\s*", part)
    if flat:
        return (Num("1"), Num(flat[1]), Num(flat[2]))  # one channel, as figures leave it out
    match = re.fullmatch(r"\s*(?i:input)?\s*:?\s*[\[(]?\s*(\d+(?:\s*[x×@]\s*\d+)+)\s*[\])]?\s*", part)
    return read_shape(match[1], "CHW") if match else None
