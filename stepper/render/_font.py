"""The letters that pages and pictures bring along, so that they look the same wherever they are opened."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from functools import cache
from pathlib import Path

FAMILY = "Stepper Math"
FONTS = Path(__file__).parent / "fonts"
_STYLED = (
    "\u0306\u030c\u20d7\u2102\u210b-\u2115\u2119-\u2133\u27e8\u27e9\u22a5\u22c6"
    "\U0001d400-\U0001d433\U0001d468-\U0001d7d9"
)
"""Bold, calligraphic and blackboard letters, and the rarer accents and signs, which are a file of their own."""
_SLANTED = "ℎℓ"
_NEEDED = re.compile(rf"[{_STYLED}](?<![{_SLANTED}])")
WIDTHS = {
    278: "!',.:;[]il|·˙‘’⋅", 306: "fj", 308: "ι", 311: "′", 332: " ", 333: "-_", 361: "I", 374: "\"", 389: "()t",
    392: "r", 394: "s", 398: "‖", 414: "ϵ", 417: "ℓ", 444: "cezçèé⌈⌉⌊⌋", 472: "?“”", 474: "δς", 488: "θρ",
    500: "$*/0123456789\\`ago{}¯ßàáäöˆ˜ο–•∙", 502: "ν", 514: "J", 528: "kqvxy", 530: "ζηκμξτυϑ", 535: "ε",
    537: "λ", 556: "S^bdhnpu~ñü", 558: "β", 576: "ℎ", 586: "γπ∂", 599: "σ", 611: "Z", 625: "LΓ", 641: "αφχψωϕ",
    653: "F", 667: "Ξ∈∋⎡⎢⎣⎤⎥⎦", 681: "EP", 694: "Λ", 708: "B", 722: "CTwΣΦΩ", 736: "R", 750: "AHNUVXYÄÜΠ",
    764: "D", 773: "≈", 778: "&+<=>@KOQ±Ö×ΘΨ−≠≤≥⊙⊤", 785: "G", 833: "#%mΔ∇√✓", 837: "…", 875: "⎛⎜⎝⎞⎟⎠", 917: "M",
    944: "∏", 1000: "—←→∞", 1028: "W", 1056: "∑",
}  # fmt: skip
"""The letters of the font by how wide they are set, in thousandths of its size."""
_WIDTHS = {letter: width for width, letters in WIDTHS.items() for letter in letters}
OTHER, WIDE = 750, 1000
"""Letters of other fonts, which are set in place of those that this one has not: no narrower than most of theirs."""


def font_face(page: str) -> str:
    """The rules of CSS that hold the fonts themselves; that of letters in other styles where a page has such."""
    styled = _NEEDED.search(page) is not None
    return _face("stepper-math", "") + (
        _face("stepper-math-letters", f" unicode-range: {_ranges()};") if styled else ""
    )


@cache
def _face(name: str, some: str) -> str:
    data = b64encode((FONTS / f"{name}.woff2").read_bytes()).decode("ascii")
    source = f'src: url(data:font/woff2;base64,{data}) format("woff2");{some}'
    return f'@font-face {{ font-family: "{FAMILY}"; {source} }}\n'


def _ranges() -> str:
    """The same as CSS has it."""
    found = re.findall(r"(.)-(.)|(.)", _STYLED)
    return ", ".join(f"U+{ord(one):X}" if one else f"U+{ord(first):X}-{ord(last):X}" for first, last, one in found)


def advance(text: str) -> float:
    """How wide a line of text is set, in parts of the font's size.

    >>> advance("w = 0.5")
    3.442
    """
    return sum(map(_advance, text)) / 1000


@cache
def _advance(letter: str) -> int:
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    base, marks = (apart := unicodedata.normalize("NFD", letter))[0], apart[1:]
    if unicodedata.combining(base) or unicodedata.category(base) == "Cf":
        return 0
    if marks:
        return _advance(base)
    return WIDE if unicodedata.east_asian_width(base) in "WF" else OTHER
