"""What is seen of a name, by which its spellings are known to be one: its letter, accents, what is set high and low."""

from __future__ import annotations

import re

from stepper.core.labels import printed
from stepper.core.names import ACCENTS, GREEK, canonical

LETTERS = re.compile(r"[^\W\d_]+")
_ACCENT = re.compile(r"^(?P<base>[A-Za-z]+)(?P<low>_?\d+|_[A-Za-z\d])?_(?P<accent>hat|tilde|bar)(?P<rest>_?\d*)$")
_LOW = re.compile(r"_\{([\w\s,]+)\}")
_BARE = re.compile(r"_(\w+)(?=\^)")

Look = tuple[str, tuple[str, ...], str, tuple[str, ...]]


def look_of(name: str) -> Look:
    """What is seen of a name: its letter, accents, what is set high, and each part set low.

    >>> look_of("h_1") == look_of("h1") == look_of("h[1]") == look_of("h_{1}")
    True
    """
    base, style, accents, high, _primes, *low = printed(name)
    parts = tuple(part.strip() for one in low for part in str(one).split(",") if part.strip())
    assert isinstance(accents, tuple)
    return f"{base}{style if style == 'blackboard' else ''}", accents, str(high), parts


def spelled(written: str) -> str:
    r"""A name as it is read further: ``m1_hat`` is mhat1, ``w_{1,1}`` is w_1_1, ``yhat_{1}^{(2)}`` is LaTeX.

    >>> spelled("m1_hat"), spelled("w_{1,1}"), spelled("yhat_{1}^{(2)}")
    ('mhat1', 'w_1_1', '\\hat{y}_{1}^{(2)}')
    """
    found = _ACCENT.match(written)
    if found:
        return f"{found['base']}{found['accent']}{found['low'] or ''}{found['rest'] or ''}"
    if "^" not in written:
        return canonical(_LOW.sub(lambda low: "_" + re.sub(r"[,\s]+", "_", low[1].strip()), written))
    written = _BARE.sub(r"_{\1}", written)
    letter = LETTERS.match(written)
    if letter is None or len(letter[0]) == 1:
        return written
    base, rest = canonical(letter[0]), written[letter.end() :]
    accent = next((mark for mark in ACCENTS if base.endswith(mark) and len(base) > len(mark)), "")
    base = base.removesuffix(accent)
    base = base if len(base) == 1 else f"\\{base}" if base in GREEK else rf"\text{{{base}}}"
    return rf"\{accent}{{{base}}}{rest}" if accent else base + rest


def looks(base: str, accents: tuple[str, ...], high: str, parts: tuple[str, ...]) -> list[Look]:
    """What a name may be that has a number set high: ``w^{(1)}_{11}`` is w1_11, w11_1, or w11 of the only layer."""
    found: list[Look] = [(base, accents, high, parts)]
    number = high.strip("()[]⟨⟩")
    if high and number.isdecimal() and high != number:
        found += [(base, accents, "", (number, *parts)), (base, accents, "", (*parts, number))]
        found += [(base, accents, "", parts)] if number == "1" else []
    return found
