r"""How wide a formula is set by TeX: what ``_latex`` writes, taken apart into the parts between which a line may break.

Widths are in em of the text's font, from the metrics of Computer Modern. A formula is a run of parts. Brackets around
what is no higher than a line are parts of their own, so that a line may break between them; ``\left`` and ``\right``
stay around what is higher.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.label import ACCENTS, STYLES
from stepper.render.tex.words import SYMBOLS, escape

Kind: TypeAlias = Literal[
    "plain", "binary", "relation", "comma", "word", "open", "close", "fraction", "fence", "matrix"
]


class Part(Struct, frozen=True):
    """A piece of a formula: how wide it is, in how many brackets it stands, how many lines high it is.

    ``inner`` are the runs within a fraction or a fence, ``marks`` a fence's brackets with what is raised behind them.
    """

    tex: str
    width: float
    kind: Kind = "plain"
    depth: int = 0
    lines: int = 1
    inner: tuple[Run, ...] = ()
    marks: tuple[str, str] = ("", "")


Run: TypeAlias = tuple[Part, ...]

_TOKEN = re.compile(
    r"\\(?:left|right)(?:\\[a-z]+|[^a-z])|\\(?:begin|end)\{\w+\}|\\text\{[^{}]*\}|\\[A-Za-z]+|\\.|[0-9.]+(?:\{,\}[0-9]+)?|\S",
    re.DOTALL,
)
_SCALE = (1.0, 1.0, 0.8, 0.66)
"""How large display, text, subscripts and their subscripts are set."""
_SCRIPT = 2
APART = "[1.2ex]"
"""A blank between the rows of a matrix that holds fractions: TeX would let them touch."""
_RELATIONS = frozenset({"=", "<", ">", r"\approx", r"\le", r"\ge", r"\ne", r"\in", r"\to", r"\leftarrow"})
_BINARY = {"+": 0.78, "-": 0.78, r"\cdot": 0.28, r"\times": 0.78, r"\odot": 0.78}
_COMMAS = (",", ";")
THIN = r"\thinspace"
"""Stands between factors that have no sign between them; a line may break behind it."""
_ACCENTS = tuple(rf"\{name}" for name in (*ACCENTS, *STYLES.values()))
"""What is set around a letter: accents and styles."""
_NAMED = {r"\dots": 1.2, r"\sum": 1.5, r"\Pi": 0.75, r"\quad": 1.0, r"\top": 0.78, r"\ell": 0.42, r"\infty": 1.0}
_FUNCTIONS = frozenset({r"\exp", r"\log", r"\sin", r"\cos", r"\tan", r"\sinh", r"\cosh", r"\tanh", r"\min", r"\max"})
_BARS = {r"\vert": (r"\lvert", r"\rvert"), r"\lfloor": (r"\lfloor", r"\rfloor"), r"\lceil": (r"\lceil", r"\rceil")}
_LETTERS = dict.fromkeys("ijlt'", 0.4) | dict.fromkeys("mwMWNH", 0.95) | dict.fromkeys("ABCDEFGKLOPQRSTUVXYZ", 0.8)
_WORDS = {
    0.17: "\u202f", 0.28: "iljI.,:;'!|[]", 0.33: "-frst \u00a0", 0.4: "ce()", 0.5: "agovxyzkq/*0123456789_\"?",
    0.56: "bdhnpuSJ", 0.7: "BCEFLPTZw", 0.78: "ADGHKNOQRUVXYm+=<>×→≈&%", 1.03: "MW@",
}  # fmt: skip
_SIZES = {character: size for size, group in _WORDS.items() for character in group}
_COMMAND = re.compile(r"\\[A-Za-z]+$")


def words_width(text: str) -> float:
    """About how wide words are set."""
    return sum(_SIZES.get(character, 0.6) for character in text)


@lru_cache(maxsize=8192)
def parse(latex: str, inline: bool = False) -> Run:
    """A formula that ``_latex`` wrote, as a run of parts; ``inline``: it is to stand among words."""
    return tuple(_Reader(latex, inline).run(1 if inline else 0, 0))


def width(run: Iterable[Part]) -> float:
    """How wide a run is set."""
    return sum(part.width for part in run)


def height(run: Iterable[Part]) -> int:
    """How many lines high a run is set."""
    return max((part.lines for part in run), default=1)


def tex(run: Iterable[Part], loose: bool = False) -> str:
    """The source of a run; ``loose``: a line may break behind commas and words too."""
    written, before = "", Part("", 0.0)
    for part in run:
        apart = before.kind in ("binary", "relation", "comma") or part.kind in ("binary", "relation")
        if apart or (part.tex[:1].isalpha() and _COMMAND.search(before.tex)):
            written += " "
        written += part.tex + (r"\allowbreak " if loose and part.kind in ("comma", "word") else "")
        before = part
    return written.strip()


class _Reader:
    """Tokens read from the left."""

    def __init__(self, latex: str, inline: bool) -> None:
        self.tokens: list[str] = _TOKEN.findall(latex)
        self.inline, self.place, self.end = inline, 0, ""

    def run(self, level: int, depth: int, *ends: str) -> list[Part]:
        """Parts up to a sign that begins as one of some do, which is passed over and kept in ``end``."""
        parts: list[Part] = []
        while self.place < len(self.tokens):
            sign = self.tokens[self.place]
            self.place += 1
            if ends and sign.startswith(ends):
                self.end = sign
                break
            if sign.startswith(r"\left") and sign != r"\leftarrow":
                parts += self.fence(sign[5:], level, depth)
            else:
                parts.append(self.part(sign, level, depth, parts[-1].kind if parts else "open"))
        return parts

    def part(self, sign: str, level: int, depth: int, before: Kind) -> Part:
        scale = _SCALE[level]
        if level >= _SCRIPT and (sign in _BINARY or sign in _RELATIONS or sign in _COMMAS):
            return Part(sign, scale * 0.28 if sign in _COMMAS else scale * _BINARY.get(sign, 0.78), "plain", depth)
        if sign in _RELATIONS:
            return Part(sign, 0.78 + 0.56, "relation", depth)
        if sign in _BINARY and before not in ("open", "binary", "relation", "comma"):
            return Part(sign, _BINARY[sign] + 0.45, "binary", depth)
        if sign == THIN:
            return Part(sign, 0.17, "word", depth)
        if sign in _COMMAS:
            return Part(sign, 0.28 + 0.17, "comma", depth)
        if sign == r"\frac":
            above, below = self.group(min(level + 1, 3)), self.group(min(level + 1, 3))
            return fraction(above, below, depth)
        if sign.startswith(r"\begin"):
            return self.matrix(sign[7:-1], level, depth)
        if sign.startswith(r"\text{"):
            body = sign[6:-1]
            kind: Kind = "word" if body[-1:] == " " or body[:1] in (" ", ",") else "plain"
            return self.scripted(rf"\text{{{escape(body)}}}", scale * words_width(body), level, depth, kind)
        if sign in _ACCENTS:
            below = self.group(level)
            return self.scripted(f"{sign}{{{tex(below)}}}", width(below), level, depth)
        if sign == "{":
            self.place -= 1
            within = self.group(level)
            return self.scripted(f"{{{tex(within)}}}", width(within), level, depth)
        if not sign.isascii():
            sign = SYMBOLS.get(sign) or rf"\text{{{escape(sign)}}}"
        size = _NAMED.get(sign) or (0.5 * len(sign) - 0.4 if sign in _FUNCTIONS else _LETTERS.get(sign, 0.0))
        if sign[0].isdigit():
            size = 0.5 * len(sign) - 0.22 * sign.count(".") - 1.22 * sign.count("{,}")
        size = size or (0.78 if sign in _BINARY else 0.58)
        return self.scripted(sign, scale * size, level, depth)

    def scripted(self, base: str, size: float, level: int, depth: int, kind: Kind = "plain") -> Part:
        """A part with what stands behind it, raised and lowered."""
        written, wide = self.scripts(base, level)
        return Part(written, size + wide, kind, depth)

    def scripts(self, base: str, level: int) -> tuple[str, float]:
        """What is raised and lowered here behind a base, and how wide it is; braces where TeX would find two of a
        kind.
        """
        found: dict[str, float] = {}
        while self.place < len(self.tokens) and self.tokens[self.place] in ("_", "^", "'"):
            sign = self.tokens[self.place]
            self.place += 1
            if sign in found or (sign == "'" and "^" in found):
                base = f"{{{base}}}"
                found = {"": sum(found.values())}
            if sign == "'":
                base, found["'"] = f"{base}'", 0.3
                found.pop("^", None)
                continue
            below = self.group(2 if level < _SCRIPT else 3)
            base, found[sign] = f"{base}{sign}{{{tex(below)}}}", width(below) + 0.06
        return base, max(found.get("_", 0.0), found.get("^", 0.0)) + found.get("'", 0.0) + found.get("", 0.0)

    def group(self, level: int) -> Run:
        """What stands in braces, or the next sign."""
        if self.place < len(self.tokens) and self.tokens[self.place] == "{":
            self.place += 1
            return tuple(self.run(level, 0, "}"))
        self.place += 1
        return (self.part(self.tokens[self.place - 1], level, 0, "plain"),)

    def fence(self, mark: str, level: int, depth: int) -> list[Part]:
        inside = tuple(self.run(level, depth + 1, r"\right"))
        closing = self.end[6:]
        tail, wide = self.scripts("\0", level)
        marks = (mark, tail.replace("\0", closing))
        size, lines = width(inside), height(inside)
        whole = Part("", size + wide + _edges(lines), "fence", depth, lines, (inside,), marks)
        if lines == 1 or self.inline:
            return list(opened(whole, "" if lines == 1 else "big"))
        return [replace(whole, tex=rf"\left{marks[0]} {tex(inside)} \right{marks[1]}")]

    def matrix(self, name: str, level: int, depth: int) -> Part:
        rows: list[list[Run]] = [[]]
        inner = min(level + 1, 3) if level else 1
        while True:
            rows[-1].append(tuple(self.run(inner, 0, "&", r"\\", r"\end")))
            if self.end == r"\\":
                rows.append([])
            elif self.end != "&":
                break
        crowded = name == "bmatrix" and sum(any(height(cell) > 1 for cell in row) for row in rows) > 1
        shape = matrix(name, rows, depth, APART if crowded else "")
        written, wide = self.scripts(shape.tex, level)
        return replace(shape, tex=written, width=shape.width + wide, inner=shape.inner if written == shape.tex else ())


def matrix(name: str, rows: Sequence[Sequence[Run]], depth: int = 0, apart: str = "") -> Part:
    """Rows of cells, in an environment of this name; ``apart``: a blank between rows."""
    widths = [max(width(row[place]) for row in rows if place < len(row)) for place in range(max(map(len, rows)))]
    written = f" \\\\{apart}\n".join(" & ".join(tex(cell) for cell in row) for row in rows)
    lines = sum(max(height(cell) for cell in row) for row in rows)
    inner = tuple(cell for row in rows for cell in row) if name == "bmatrix" else ()
    whole = f"\\begin{{{name}}}\n{written}\n\\end{{{name}}}"
    edges = 0.6 if name == "bmatrix" else 1.0
    return Part(
        whole, sum(widths) + 0.92 * len(widths) + edges, "matrix", depth, max(2, lines), inner, (name, str(len(widths)))
    )


def fraction(above: Run, below: Run, depth: int = 0) -> Part:
    """One run over another."""
    written = rf"\frac{{{tex(above)}}}{{{tex(below)}}}"
    return Part(
        written,
        max(width(above), width(below)) + 0.45,
        "fraction",
        depth,
        height(above) + height(below),
        (above, below),
    )


def _edges(lines: int) -> float:
    """The width of the two brackets of a fence."""
    return 1.4 if lines <= 2 else 2.0


def opened(fence: Part, size: str) -> Run:
    """A fence as parts of a run, between which a line may break: its brackets plain, or of a fixed size."""
    left, right = fence.marks
    (inside,) = fence.inner
    plain = re.sub(r"[_^'].*|[{}]", "", right, flags=re.DOTALL)
    if size:
        left, right = rf"\{size}l{left}", right.replace(plain, rf"\{size}r{plain}", 1)
    elif left in _BARS:
        left, right = _BARS[left][0], right.replace(plain, _BARS[left][1], 1)
    each = {"": 0.4, "big": 0.46, "bigg": 0.74, "Bigg": 0.8}[size]
    tail = fence.width - _edges(fence.lines) - width(inside)
    return (Part(left, each, "open", fence.depth), *inside, Part(right, each + tail, "close", fence.depth))


def unbreakable(run: Sequence[Part], loose: bool = False) -> float:
    """The width of the widest piece between two places where TeX breaks a formula among words; ``loose`` as in
    ``tex``.
    """
    ends = ("binary", "relation", "comma", "word") if loose else ("binary", "relation")
    widest = size = 0.0
    for part in run:
        size += part.width
        widest = max(widest, size)
        if part.kind in ends:
            size = 0.0
    return widest
