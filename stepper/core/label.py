r"""How a name is set: a small tree, read from a plain name (``yhat_1``) or from LaTeX (``\hat{y}^{(1)}_{11}``).

What every format prints is written anew from the tree; nothing that stands in a document passes through.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from msgspec import Struct

from stepper.core.names import ACCENTS as SPELLED_ACCENTS
from stepper.core.names import GREEK
from stepper.core.patterns import later

Item: TypeAlias = "Label | str"
"""What is set high or low: a label, digits, or a sign of ``SIGNS``."""
ACCENTS = {**SPELLED_ACCENTS, "vec": "\u20d7", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306"}
STYLES = {
    "bold": "mathbf", "bold italic": "boldsymbol", "calligraphic": "mathcal", "blackboard": "mathbb",
    "roman": "mathrm",
}  # fmt: skip
"""How letters may be set that are not set in italics, and LaTeX's command for it."""
SIGNS = {
    "+": "+", "-": "-", "=": "=",",":",", ";": ";", ":": ":", "(": "(", ")": ")", "[": "[", "]": "]", "|": r"\vert",
    "/": "/", "⟨": r"\langle", "⟩": r"\rangle", "*": r"\ast", "⋆": r"\star", "⊤": r"\top", "†": r"\dagger",
    "′": r"\prime", "·": r"\cdot", "×": r"\times", "±": r"\pm", "→": r"\to", "∞": r"\infty", "∘": r"\circ",
    "⊥": r"\perp", "…": r"\dots", "≤": r"\le", "≥": r"\ge",
}  # fmt: skip
"""The signs that may be set high or low, and how LaTeX has them."""
BRACKETS = {"(": ")", "[": "]", "⟨": "⟩"}

_COMMAND = later(r"\\[A-Za-z]+$")
CAPITALS = frozenset(name for name, symbol in GREEK.items() if symbol.isupper())
"""Greek capitals that LaTeX has commands for."""
_NAMES = {symbol: name for name, symbol in GREEK.items()}
_PLAIN_GREEK = {"epsilon": r"\varepsilon", "phi": r"\varphi", "omicron": "o"}


class Label(Struct, frozen=True, cache_hash=True):
    """A name taken apart.

    Attributes:
        base: one letter (a Greek letter by its English name), or a word, which is set upright.
        style: of ``STYLES``; empty for italics, and for words.
        accents: of ``ACCENTS``, the innermost first.
        below: the subscript, ``above`` the superscript, part by part.
        primes: how many strokes stand behind the letter.
        before: a Greek capital that stands before the letter, as in Δw.
    """

    base: str
    style: str = ""
    accents: tuple[str, ...] = ()
    below: tuple[Item, ...] = ()
    above: tuple[Item, ...] = ()
    primes: int = 0
    before: str = ""

    @property
    def raised(self) -> bool:
        """Is something set high already, or are there two letters, so that a power needs parentheses?"""
        return bool(self.above or self.primes or self.before)


def spell(name: str) -> Label:
    r"""Takes a plain name apart as an exam would print it.

    >>> latex(spell("w11")), latex(spell("yhat_1"))
    ('w _{11}', '\\hat{y} _{1}')
    """
    head, *tails = name.split("_")
    letters = head.rstrip("0123456789")
    if not letters:
        return Label(name)
    base = letters
    accents: tuple[str, ...] = ()
    for ending in SPELLED_ACCENTS:
        stem = letters.removesuffix(ending)
        if stem != letters and (len(stem) == 1 or stem in GREEK):
            base, accents = stem, (ending,)
    below: list[Item] = []
    for part in (head[len(letters) :], *tails):
        if part:
            below += [*([","] if below else []), part if part.isdigit() else spell(part)]
    return Label(base, "", accents, tuple(below))


def latex(label: Label, index: str = "") -> str:
    """The label in LaTeX, with ``index`` behind its subscripts; written anew from the tree."""
    base = _letters(label)
    for accent in label.accents:
        base = rf"\{accent}{{{base}}}"
    base = _beside([rf"\{label.before}", base]) if label.before else base
    above = _beside([*([SIGNS["′"]] * label.primes), *_items(label.above)])
    if above and label.above:
        base += f"^{{{above}}}"
    else:
        base += "'" * label.primes
    below = ",".join(part for part in (_beside(_items(label.below)), index) if part)
    return f"{base} _{{{below}}}" if below else base  # the blank keeps Markdown from seeing emphasis


def _items(items: tuple[Item, ...]) -> list[str]:
    return [latex(item) if isinstance(item, Label) else SIGNS.get(item, item) for item in items]


def _beside(parts: list[str]) -> str:
    """Parts behind each other, with a blank where a command would run into a letter."""
    written = ""
    for part in parts:
        written += (" " if part[:1].isalpha() and _COMMAND.search(written) else "") + part
    return written


def _letters(label: Label) -> str:
    word = _NAMES.get(label.base, label.base)
    if label.style == "roman" and len(word) > 1:
        return rf"\text{{{word}}}"
    written = r"\ell" if word == "ℓ" else _PLAIN_GREEK.get(word, rf"\{word}") if word in GREEK else word
    if label.style:
        return rf"\{STYLES[label.style]}{{{written}}}"
    if len(word) == 1 or word.isdigit() or word in GREEK:
        return written
    plain = re.sub(r"[^\w -]", "", word)
    return rf"\text{{{plain}}}"  # pandoc sets the letters of \mathrm and \mathit one by one
