r"""Labels as a line of letters: ``w^{(1)}_{11}`` is w⁽¹⁾₁₁, and ``\hat{y}`` is ŷ.

Where a part has no small letters of its own all stands as it is typed: z^[1]_1.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from stepper.core.label import ACCENTS, BRACKETS, Item, Label
from stepper.core.labels import is_latex, label_of
from stepper.core.names import GREEK

LOW = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
HIGH = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ⊤",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡᵀ",
        strict=True,
    )
)
HIGH |= {sign: sign for sign in "*⋆†′"}
"""The letters that Unicode has below and above the line; stars and strokes stand high by themselves."""
_FIRST = {
    "bold": (0x1D400, 0x1D41A), "bold italic": (0x1D468, 0x1D482), "calligraphic": (0x1D49C, 0),
    "blackboard": (0x1D538, 0),
}  # fmt: skip
"""Where the capital and the small letters of a style begin in Unicode."""
_ELSEWHERE = {
    0x1D49D: "ℬ", 0x1D4A0: "ℰ", 0x1D4A1: "ℱ", 0x1D4A3: "ℋ", 0x1D4A4: "ℐ", 0x1D4A7: "ℒ", 0x1D4A8: "ℳ", 0x1D4AD: "ℛ",
    0x1D53A: "ℂ", 0x1D53F: "ℍ", 0x1D545: "ℕ", 0x1D547: "ℙ", 0x1D548: "ℚ", 0x1D549: "ℝ", 0x1D551: "ℤ",
}  # fmt: skip
_BOLD_GREEK = dict(
    zip("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡϴΣΤΥΦΧΨΩ∇αβγδεζηθικλμνξοπρςστυφχψω", map(chr, range(0x1D71C, 0x1D755)), strict=False)
)
_ASCII = {"⟨": "<", "⟩": ">", "⋆": "*", "⊤": "T", "†": "+", "′": "'", "·": "*", "×": "x", "±": "+-", "→": "->",
    "∞": "inf", "∘": "o", "⊥": "_|_", "…": "...", "≤": "<=", "≥": ">=", "ℓ": "l"}  # fmt: skip


def glyphs(label: Label) -> str:
    """The letter or word itself, in its style."""
    word = label.base if label.style == "roman" else GREEK.get(label.base, label.base)
    return "".join(_styled(letter, label.style) for letter in word)


def _styled(letter: str, style: str) -> str:
    if style == "bold italic" and letter in _BOLD_GREEK:
        return _BOLD_GREEK[letter]
    if style in ("bold", "blackboard") and letter.isascii() and letter.isdigit():
        return chr((0x1D7CE if style == "bold" else 0x1D7D8) + int(letter))
    if style not in _FIRST or not (letter.isascii() and letter.isalpha()):
        return letter
    capital, small = _FIRST[style]
    code = capital + ord(letter) - ord("A") if letter.isupper() else small + ord(letter) - ord("a")
    return _ELSEWHERE.get(code, chr(code))


@lru_cache(maxsize=65536)
def line(text: str, plain: bool = False) -> str:
    """A label, or a name, on one line; ``plain``: in ASCII.

    >>> line(r"w^{(1)}_{11}"), line(r"w^{(1)}_{11}", plain=True), line("h_t"), line("h_{t}")
    ('w⁽¹⁾₁₁', 'w^(1)_11', 'h_t', 'hₜ')
    """
    return labelled(label_of(text), plain) if is_latex(text) else named(label_of(text))


def named(label: Label) -> str:
    """A label that is spelled like a name: digits stand low, all other subscripts as they are typed."""
    base = _accented(GREEK.get(label.base, label.base), label)
    inside = [item for item in label.below if item != ","]
    words = any(isinstance(item, Label) and (len(item.base) > 1 or item.below or item.accents) for item in inside)
    joint = "_" if words and len(inside) > 1 else ","  # as it is typed, then: a_rate_of_change
    below = joint.join(named(item) if isinstance(item, Label) else item for item in inside)
    if not below:
        return base
    return base + ("".join(map(LOW.__getitem__, below)) if below.isdigit() else f"_{below}")


def labelled(label: Label, plain: bool = False, index: str = "") -> str:
    """A label on one line, an ``index`` set low; ``plain``: in ASCII."""
    if plain:
        base = label.base if label.base in GREEK else _ascii(label.base)
        base += "".join(label.accents) + "'" * label.primes
        base = f"{label.before} {base}" if label.before else base
    else:
        base = _accented(glyphs(label) if len(label.base) == 1 or label.base in GREEK else label.base, label)
        base = GREEK.get(label.before, "") + base + "′" * label.primes
    lower = (*label.below, *([index] if index else []))
    below, above = (_row(items, plain) for items in (lower, label.above))
    high = None if plain else _small(label.above, HIGH)
    low = None if high is None else _small(lower, LOW)  # z^[1]₁ would be read as z^([1]₁)
    typed_above = f"^{_closed(above)}" if above else ""
    typed_below = f"_{_closed(below)}" if below else ""
    return base + (typed_above if high is None else high) + (typed_below if low is None else low)


def _accented(base: str, label: Label) -> str:
    marks = "".join(map(ACCENTS.__getitem__, label.accents))
    return unicodedata.normalize("NFC", base + marks) if marks else base


def _row(items: Sequence[Item], plain: bool) -> str:
    """What is set high or low, as it is typed."""
    return "".join(
        labelled(item, plain) if isinstance(item, Label) else _ascii(item) if plain else item for item in items
    )


def _small(items: Sequence[Item], letters: dict[str, str]) -> str | None:
    """The same in small letters, where there are such."""
    found = ""
    for item in items:
        word = GREEK.get(item.base, item.base) if isinstance(item, Label) and item == Label(item.base) else item
        if not isinstance(word, str) or not set(word) <= letters.keys():
            return None
        found += "".join(map(letters.__getitem__, word))
    return found


def _closed(part: str) -> str:
    """In parentheses, where it is more than a word, a number or what stands in brackets."""
    whole = part[0] in BRACKETS and BRACKETS[part[0]] == part[-1] and not set(part[1:-1]) & {*"()[]⟨⟩"}
    letters = "".join(letter for letter in part if not unicodedata.combining(letter))
    word = letters.isalnum() or len(letters) == 1
    return part if whole or word or (part[0] == "<" and part[-1] == ">") else f"({part})"


def _ascii(part: str) -> str:
    if part.isascii():
        return part
    if part in _ASCII:
        return _ASCII[part]
    decomposed = unicodedata.normalize("NFKD", part)
    return "".join(letter for letter in decomposed if letter.isascii()) or "?"
