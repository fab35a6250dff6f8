"""What stands for each sign where a terminal has ASCII alone: names as they are typed, operators as in the formula
language.
"""

from __future__ import annotations

import unicodedata

from stepper.core.names import canonical
from stepper.core.patterns import later

_SIGNS = {
    "·": "*", "×": "x", "−": "-", "⊙": "(*)", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "←": "<-",
    "∈": "in", "∼": "~", "∂": "d", "∑": "sum", "Σ": "sum",
    "√": "sqrt", "∞": "inf", "…": "...", "′": "'", "ᵀ": "^T", "½": "1/2", "⌊": "floor(", "⌋": ")", "⌈": "ceil(",
    "⌉": ")", "⎡": "[", "⎢": "|", "⎣": "[", "⎤": "]", "⎥": "|", "⎦": "]", "─": "-", "│": "|", "–": "-", "—": "-",
    "’": "'", "“": '"', "”": '"', "⁽": "(", "⁾": ")", "ℓ": "l", "∇": "grad ", "\u00a0": " ",
}  # fmt: skip
_POWER = later(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def ascii_of(text: str) -> str:
    """A line in ASCII.

    >>> ascii_of("∂L/∂ŷ₁ = 2·(ŷ₁ − y₁) ≈ 10⁻³")
    'dL/dyhat1 = 2*(yhat1 - y1) ~ 10^-3'
    """
    if text.isascii():
        return text
    text = _POWER.sub(lambda power: f"^{power.group().translate(_RAISED)}", text)
    text = "".join(_SIGNS.get(character, character) for character in text)
    written = canonical(text)
    if written.isascii():
        return written
    plain = (unicodedata.normalize("NFKD", character) for character in written)
    return "".join("".join(part for part in letters if part.isascii()) or "?" for letters in plain)
