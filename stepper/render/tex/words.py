"""Words as TeX must find them: what is markup to it escaped, and every character one that pdflatex, xelatex and
lualatex all know.
"""

from __future__ import annotations

import re
import unicodedata

from stepper.core.names import GREEK
from stepper.core.patterns import later

SYMBOLS = {
    "×": r"\times", "·": r"\cdot", "⋅": r"\cdot", "−": "-", "±": r"\pm", "÷": r"\div", "∗": "*", "∘": r"\circ",
    "⊙": r"\odot", "⊗": r"\otimes", "⊕": r"\oplus", "→": r"\to", "←": r"\leftarrow", "↔": r"\leftrightarrow",
    "⇒": r"\Rightarrow", "↦": r"\mapsto", "≈": r"\approx", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≡": r"\equiv",
    "∝": r"\propto", "∼": r"\sim", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "∪": r"\cup", "∩": r"\cap",
    "∀": r"\forall", "∃": r"\exists", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "∫": r"\int",
    "√": r"\surd", "∞": r"\infty", "ℓ": r"\ell", "ℝ": r"\mathbf{R}", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil",
    "⌉": r"\rceil", "‖": r"\Vert", "⊤": r"\top", "°": r"^{\circ}", "ϵ": r"\epsilon", "ϑ": r"\vartheta", "ϕ": r"\phi",
    "µ": r"\mu", "…": r"\dots", "′": "'", "¬": r"\neg", "✓": r"\surd",
}  # fmt: skip
"""Characters that are set in math mode, and how."""
SYMBOLS |= {
    symbol: {"epsilon": r"\varepsilon", "phi": r"\varphi", "omicron": "o"}.get(name, rf"\{name}")
    for name, symbol in GREEK.items()
}
SYMBOLS |= {mark: f"^{{{digit}}}" for mark, digit in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ", [*"0123456789-", r"\top"], strict=True)}
SYMBOLS |= {mark: f"_{{{digit}}}" for mark, digit in zip("₀₁₂₃₄₅₆₇₈₉ₜᵢⱼₖₙₓ", "0123456789tijknx", strict=True)}

_WORDS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "`": r"\textasciigrave{}", "\n": " ",
    "\t": " ", "\u00a0": "~", "\u202f": r"\,", "\u2009": r"\,", "–": "--", "—": "---", "“": "``", "”": "''", "„": "``",
    "‘": "`", "’": "'", "ł": r"\l{}", "Ł": r"\L{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ı": r"\i{}", "•": r"\textbullet{}",
    "€": "EUR", "£": r"\pounds{}", "§": r"\S{}", "¶": r"\P{}", "©": r"\copyright{}", "¿": "?`", "¡": "!`", "«": "``",
    "»": "''", "\u200b": "{}",
}  # fmt: skip
_LETTERS = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ")
"""Letters beyond ASCII that every engine and every font of TeX's own has."""
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0331": "b",
}  # fmt: skip
_PLAIN = {
    "×": "x", "·": "*", "⋅": "*", "−": "-", "→": "->", "←": "<-", "≈": "~", "∼": "~", "≤": "<=", "≥": ">=", "≠": "!=",
    "∂": "d", "⊙": "(*)", "√": "sqrt", "∞": "inf", "∈": "in", "–": "-", "—": "-", "“": '"', "”": '"', "„": '"',
    "‘": "'", "’": "'", "′": "'", "…": "...", "\t": "    ", "•": "*",
} | {symbol: name for name, symbol in GREEK.items()}  # fmt: skip
_RARE = later(r"[^A-Za-z0-9 .,:;()/*=+!?@-]")
_LIGATURE = later(r"(?<=-)(?=-)|(?<=,)(?=,)")
"""Where a font would make one sign of two."""
_LONG = later(r"[^\s$]{24,}")
_SEAM = later(r"((?:\\_|[-/.,:;=)(@])(?=[^{}\\]))|([A-Za-z0-9]{20})(?=[A-Za-z0-9])")


def escape(text: str) -> str:
    r"""Words in which TeX finds no markup, and a place to break in each that is long.

    >>> print(escape('50% of w_1 → "α"'))
    50\% of w\_1 $\to$ ``$\alpha$''
    """
    text = re.sub(r'"(?=[\w\\(\[])(?<!\w")', "“", text).replace('"', "”") if '"' in text else text
    text = re.sub(r"(?<![\w)\]'])'(?=\w)", "‘", text) if "'" in text else text
    written = _RARE.sub(_character, _LIGATURE.sub("\u200b", text))
    if written[:1] in ("[", "*"):  # after a line break or \item it would be read as an option
        written = f"{{{written[0]}}}{written[1:]}"
    return _LONG.sub(lambda long: _SEAM.sub(r"\g<0>\\allowbreak{}", long.group()), written)


def _character(found: re.Match[str]) -> str:
    character = found.group()
    if character in _WORDS:
        return _WORDS[character]
    if character.isascii() or character in _LETTERS:
        return character if character.isprintable() else "?"
    if character in SYMBOLS:
        return f"${SYMBOLS[character]}$"
    base, *marks = list(unicodedata.normalize("NFD", character))
    if len(marks) == 1 and base.isascii() and marks[0] in _ACCENTS:
        return rf"\{_ACCENTS[marks[0]]}{{{base}}}"
    return "" if unicodedata.combining(character) else plain(character)


def plain(text: str) -> str:
    """Text in ASCII and the common letters beyond it, for places where no macro may stand: listings, bookmarks, labels.

    >>> plain("ŷ → 3×4 字")
    'y -> 3x4 ?'
    """
    if text.isascii():
        return text.expandtabs(4)
    return "".join(character if character in _LETTERS else _simple(character) for character in text.expandtabs(4))


def _simple(character: str) -> str:
    if character.isascii():
        return character
    close = _PLAIN.get(character)
    if close is None:
        simple = unicodedata.normalize("NFKD", character)
        close = "".join(part for part in simple if part.isascii())
        close = close or ("" if unicodedata.combining(character) else "?")
    return close
