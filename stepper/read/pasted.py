"""Programs as people paste them: what stands around an assignment is taken off, and Python's spelling becomes that of
formulas.

Bullets, prompts, fences, remarks and lines that only print are no part of the calculation; ``Value(2.0, label='a')`` is
2.0, ``n.tanh()`` is tanh(n), ``x.dot(w)`` is dot(x, w).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from stepper.core.patterns import later
from stepper.errors import Place
from stepper.read.commas import between_commas
from stepper.read.sections import begins_with_section

NAME = r"[^\W\d_][\w₀-₉\u0300-\u036f]*"
ASSIGNMENT = later(
    rf"\s*(?P<name>{NAME}(?:\[\s*\d+\s*(?:,\s*\d+\s*)*\])?)(?:\s*:\s*(?:float|int|Value|(?:torch\.)?Tensor|np\.ndarray))?"
    r"\s*(?P<operator>\*\*|[-+*/](?==))?(?:=(?!=)|:=|<-|←|≔)(?P<formula>.*)",
    re.DOTALL,
)
HEAD = later(r"\s*def\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)[^:]*:\s*")
DEFINED = later(
    rf"\s*(?P<name>{NAME})\s*\((?P<parameters>\s*{NAME}\s*(?:,\s*{NAME}\s*)*)\)\s*:?=(?!=)(?P<formula>.*)", re.DOTALL
)
"""``f(x, y) = x*y``."""
RETURN = later(r"\s*return\b(?P<formula>.*)", re.DOTALL)
NOT_RUN = later(r"\s*(?:(?:for|while|if|elif|with|class)\b[^=]*:|else:|try:|@\w)")
_SEVERAL = later(rf"\s*{NAME}(?:\s*,\s*{NAME})+\s*=(?!=)")
BACKWARD = later(rf"\s*(?P<name>{NAME})\.backward\(.*\)\s*")
"""``L.backward()`` names what is differentiated."""

_BEFORE = later(
    r"\s*(?:(?:[-*•‣–—]|>>>|\.\.\.|In "
    r"\[\d*\]:|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})\)|\d{1,3}\.|(?i:step|node|line|eq\.?)\s*\d+\s*[:.)])\s+)+"
    rf"(?=(?:def\s|return\s|(?i:let|set|given)\s|{NAME}\s*(?:\[[\d,\s]+\]\s*|\([\w\s,]+\)\s*)?(?:[-+*/:]?=|<-|←|≔|,\s*{NAME}\s*=)))"
)
_LET = later(rf"\s*(?:(?i:let|set|given)|var|const|auto|float|double)\s+(?={NAME}\s*(?:=|:=|<-))")
_SAYS_NOTHING = later(
    rf"\s*(?:import\s|from\s+[\w.]+\s+import\s|print\s*\(|pass\s*$|assert\s|plt\.|%|```|\$\$|draw_dot\(|optimizer\.|{NAME}\.requires_grad_?\b"
    rf"|{NAME}\.(?:grad|label|name)\s*=|[\w.]*(?:manual_seed|zero_grad|retain_grad|set_printoptions)\()"
)
_MODULES = later(r"\b(?:math|np|numpy|jnp|torch|F|self|tf|nn\.functional|torch\.nn\.functional)\.(?=[^\W\d])")
_WRAPPERS = later(
    r"(?<![\w.])(?:nn\.)?(?:Value|Tensor|tensor|array|Variable|Parameter|asarray|as_tensor|constant|float32|float64|float)\s*\("
)
_LEARNED = later(r"requires_grad\s*=\s*True|\bParameter\s*\(")
_METHOD = later(r"\.(?P<name>[^\W\d]\w*)\s*\(")
_FULL_STOP = later(r"(?<![\w.])(\d+)\.(?![\w.])")
_LAST_AXIS = later(r",\s*(?:dim|axis)\s*=\s*-1(?=\s*[,)])")
"""What functions of lists do anyway."""
_SPELLED = {
    "square": "({0})^2", "pow": "({0})^({1})", "power": "({0})^({1})", "matmul": "({0}) @ ({1})", "mm": "({0}) @ ({1})",
    "t": "({0}).T", "item": "{0}", "clone": "{0}", "maximum": "max({0}, {1})", "minimum": "min({0}, {1})",
    "log1p": "log(1 + ({0}))", "mul": "({0})*({1})", "multiply": "({0})*({1})", "add": "({0}) + ({1})",
    "sub": "({0}) - ({1})", "div": "({0})/({1})", "nll_loss": "nll({0}, {1})", "mse_loss": "mse({0}, {1})",
    "l1_loss": "mae({0}, {1})", "binary_cross_entropy": "bce({0}, {1})",
    "binary_cross_entropy_with_logits": "bce_with_logits({0}, {1})",
}  # fmt: skip
"""How functions and methods are written that the tables do not have under these names."""
_CALL = later(rf"(?<![\w.])(?P<name>{'|'.join(_SPELLED)})\s*\(")
_LOSSES = {
    "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll", "MSELoss": "mse", "L1Loss": "mae", "HuberLoss": "huber",
    "BCELoss": "bce",
    "BCEWithLogitsLoss": "bce_with_logits",
}  # fmt: skip
"""Losses that PyTorch makes before it calls them: ``nn.MSELoss()(h, y)``; with settings they are others."""
_LOSS = rf"(?:(?:torch\.)?nn\.)?(?P<loss>{'|'.join(_LOSSES)})\(\s*\)"
_LOSS_CALLED, _LOSS_NAMED = (
    later(rf"(?<![\w.]){_LOSS}(?=\s*\()"),
    later(rf"\s*(?P<name>{NAME})\s*=\s*{_LOSS}\s*"),
)
_LOSS_OF = later(rf"(?<![\w.])(?:(?:torch\.)?nn\.)?(?P<loss>{'|'.join(_LOSSES)})\s*\((?!\s*\))")
_LOSS_BARE = later(rf"\s*(?:{NAME}\s*[:=]\s*)?(?:(?:torch\.)?nn\.)?(?P<loss>{'|'.join(_LOSSES)})\s*(?:\(\s*\))?\s*")
_OPEN, _CLOSE = "([{", ")]}"
MADE = later(r"=\s*(?:\w+\.)*([A-Z]\w*)\(")
LONGEST_JOINED, LOOKED_AT = 200, 20_000


class Line(Struct, frozen=True):
    """A statement and where it stands. ``learned``: does it say that its value is to be trained?"""

    text: str
    place: Place
    learned: bool = False

    def part(self, start: int, words: str) -> Line:
        """A part of it, from a column on, without the blanks around it."""
        stripped = words.lstrip()
        column = self.place.column + start + len(words) - len(stripped)
        words = stripped.rstrip()
        return Line(
            words, Place(self.place.source, self.place.line, column, max(1, len(words)), self.place.text), self.learned
        )


def statements(source: str, origin: str, lines: Iterable[tuple[int, str]] | None = None) -> Iterator[Line]:
    """The statements of a program, each in the spelling of formulas; one that goes on over several lines is joined.

    ``lines`` stand in place of those of the source, with their numbers.
    """
    losses: dict[str, str] = {}
    for number, line in _joined(source) if lines is None else lines:
        if _SAYS_NOTHING.match(_bare(line)):
            continue
        column = 1
        for piece in _pieces(line):
            if made := _LOSS_NAMED.fullmatch(_bare(piece)):
                losses[made["name"]] = _LOSSES[made["loss"]]
                column += len(piece) + 1
                continue
            written = spelled(_called(piece, losses))
            if written.strip() and not _SAYS_NOTHING.match(written):
                learned = _LEARNED.search(piece) is not None
                if written == piece:
                    yield Line(piece, Place(origin, number, column, max(1, len(piece)), line), learned)
                else:  # columns are those of the statement as it is read
                    yield Line(written, Place(origin, number, 1, max(1, len(written)), written), learned)
            column += len(piece) + 1


def _called(piece: str, losses: Mapping[str, str]) -> str:
    """A statement with the functions in place of losses that were made, by name or in the call itself."""
    piece = loss_spelled(piece)
    named = "|".join(map(re.escape, losses))
    return re.sub(rf"(?<![\w.])({named})(?=\s*\()", lambda found: losses[found[1]], piece) if losses else piece


def without_arguments(text: str) -> str | None:
    """The loss that a line makes and gives nothing to: ``L = MSELoss()``, ``nn.CrossEntropyLoss``."""
    found = _LOSS_BARE.fullmatch(text)
    return found["loss"] if found else None


def loss_spelled(text: str) -> str:
    """A formula with functions in place of PyTorch's losses, made before they are called or called by their names."""
    text = _LOSS_CALLED.sub(lambda found: _LOSSES[found["loss"]], text)
    return _LOSS_OF.sub(lambda found: f"{_LOSSES[found['loss']]}(", text)


def looks_like_program(source: str) -> bool:
    """Is the first line that says something an assignment, the head of a function, or another statement of Python's?"""
    if begins_with_section(source):
        return False
    first = _first_statement(source)
    return any(kind.match(first) for kind in (ASSIGNMENT, DEFINED, HEAD, NOT_RUN, _SEVERAL))


def holds_no_layers(source: str) -> bool:
    """Is a program that of a graph, and no listing whose layers have names: ``a = Conv2d(1, 6, 3)``?"""
    from stepper.read.calls import row_named

    return looks_like_program(source) and not any(row_named(match[1]) for match in MADE.finditer(source[:LOOKED_AT]))


def _first_statement(source: str) -> str:
    return next((line.text for line in statements(source[:LOOKED_AT], "")), "")


def _joined(source: str) -> Iterator[tuple[int, str]]:
    """Lines without remarks and docstrings; one goes on while a bracket is open."""
    begun, first, depth, quoted = "", 0, 0, ""
    for number, raw in enumerate(source.split("\n"), start=1):
        if quoted or raw.lstrip()[:3] in ('"""', "'''"):
            mark = quoted or raw.lstrip()[:3]
            ends = mark in raw if quoted else raw.count(mark) > 1
            quoted = "" if ends else mark
            continue
        line = raw.partition("#")[0]
        if begun and ASSIGNMENT.match(line):  # the bracket before was never closed: that is told where it stands
            yield first, begun
            begun = ""
        begun, first = (f"{begun} {line.strip()}", first) if begun else (line, number)
        depth = sum(begun.count(sign) for sign in _OPEN) - sum(begun.count(sign) for sign in _CLOSE)
        if line.rstrip().endswith("\\"):
            begun = begun.rstrip()[:-1]
        elif depth <= 0 or number - first >= LONGEST_JOINED:
            yield first, begun
            begun = ""
    if begun:
        yield first, begun


def _pieces(line: str) -> list[str]:
    """Statements of one line: between semicolons, and between commas where each piece is an assignment."""
    found = []
    for piece in line.split(";"):
        parts = between_commas(piece)
        assigned = [part for part in parts if part.strip()]
        found += parts if len(assigned) > 1 and all(ASSIGNMENT.match(_bare(part)) for part in assigned) else [piece]
    return found


def _bare(piece: str) -> str:
    """Without the bullet, number or prompt before it."""
    before = _BEFORE.match(piece)
    piece = piece[before.end() :] if before else piece
    word = _LET.match(piece)
    return piece[word.end() :] if word else piece


def spelled(piece: str) -> str:
    """A statement in the spelling of formulas."""
    piece = _bare(piece)
    if BACKWARD.fullmatch(piece):
        return piece
    ended = piece.rstrip(",; \t")
    ended = ended[:-1] if re.search(r"[\w)\]]\.$", ended[-2:]) else ended
    piece = ended if ended.strip() else piece
    if not re.search(r"[.(]", piece):
        return piece
    piece = _FULL_STOP.sub(r"\1", _LAST_AXIS.sub("", _MODULES.sub("", piece)))
    return _renamed(_methods(_unwrapped(piece)))


def _unwrapped(piece: str) -> str:
    """``Value(2.0, label='a')`` is 2.0: what only holds a number is taken off."""
    while (match := _WRAPPERS.search(piece)) and (end := _closing(piece, match.end() - 1)):
        inside = between_commas(piece[match.end() : end])[0].strip()
        begins = piece[: match.start()].rstrip()[-1:] in ("=", "(", ",")
        simple = re.fullmatch(r"[\w.]+|\[.*\]" + (r"|-[\d.]+" if begins else ""), inside)
        piece = piece[: match.start()] + (inside if simple else f"({inside})") + piece[end + 1 :]
    return piece


def _methods(piece: str) -> str:
    """``(a + b).tanh()`` is tanh(a + b)."""
    while (match := _METHOD.search(piece)) and (end := _closing(piece, match.end() - 1)):
        start = _operand(piece, match.start())
        if start == match.start():
            return piece
        base = piece[start : match.start()]
        base = base[1:-1] if base[0] == "(" and _closing(base, 0) == len(base) - 1 else base
        arguments = [part.strip() for part in between_commas(piece[match.end() : end]) if part.strip()]
        name = match["name"]
        ready = name in _SPELLED and "{1}" in _SPELLED[name] and not arguments
        written = f"{name}({', '.join([base, *arguments])})" if not ready else None
        if written is None:
            return piece
        piece = piece[:start] + written + piece[end + 1 :]
    return piece


def _renamed(piece: str) -> str:
    """Functions of Python's libraries that are operators here."""
    while (match := _CALL.search(piece)) and (end := _closing(piece, match.end() - 1)):
        arguments = [part.strip() for part in between_commas(piece[match.end() : end])]
        form = _SPELLED[match["name"]]
        if len(arguments) != (2 if "{1}" in form else 1):
            return piece
        piece = f"{piece[: match.start()]}({form.format(*arguments)}){piece[end + 1 :]}"
    return piece


def _closing(text: str, start: int) -> int:
    """Where the bracket that opens at ``start`` is closed; 0 where it is not."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in _OPEN) - (text[place] in _CLOSE)
        if depth == 0:
            return place
    return 0


def _operand(text: str, end: int) -> int:
    """Where the name, call or bracket begins that ends before ``end``."""
    place = end
    while place and text[place - 1] in _CLOSE:
        depth, place = 1, place - 1
        while place and depth:
            place -= 1
            depth += (text[place] in _CLOSE) - (text[place] in _OPEN)
    while place and (text[place - 1].isalnum() or text[place - 1] == "_"):
        place -= 1
    return place
