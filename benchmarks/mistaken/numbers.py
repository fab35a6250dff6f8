"""Numbers as people write them: so many digits, rounded or cut off, and digits slipped."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

ROUNDED_WHOLE = 3
"""A whole number of so many digits may be a rounded one."""


def trimmed(value: float, digits: int) -> str:
    """A number with so many significant digits, or all before the point; fewer where it is exact with fewer."""
    value = float(value) + 0.0
    digits = at_least(value, digits)
    text = np.format_float_positional(float(f"{value:.{digits - 1}e}"), trim="-")
    exact = abs(float(text) - value) <= 1e-12 * abs(value)
    return text if exact else padded(value, digits)


def padded(value: float, digits: int) -> str:
    """So many significant digits, or all before the point; noughts at the end too."""
    digits = at_least(value, digits)
    number = float(f"{value:.{digits - 1}e}")
    if number == 0:
        return "0"
    power = int(f"{number:e}".split("e")[1])
    if power < -5:
        return f"{number:.{digits - 1}e}"
    return f"{number:.{max(digits - 1 - power, 0)}f}"


def at_least(value: float, digits: int) -> int:
    """No digit before the point is left out: 9480 claims a whole number."""
    return max(digits, len(str(int(abs(value)))))


def cut(value: float, digits: int) -> str:
    """Digits cut off after so many."""
    if value == 0:
        return "0"
    power = int(f"{abs(value):e}".split("e")[1])
    places = max(digits - 1 - power, 0)
    scaled = np.trunc(np.round(value * 10.0**places, 6))
    return f"{scaled / 10.0**places:.{places}f}"


def unit(text: str) -> float:
    """One unit of the last written place."""
    mantissa, _, power = text.partition("e")
    return float(10.0 ** (int(power or 0) - len(mantissa.partition(".")[2])))


def rounds_to(value: float, text: str) -> bool:
    """Is a written number the value to the digits written, rounded or cut off? A short whole number claims itself."""
    off, close = abs(float(text) - value), 1e-9 * abs(value) + 1e-12
    if text.lstrip("-").isdigit() and len(text.lstrip("-")) < ROUNDED_WHOLE:
        return off <= close
    cut_off = abs(float(text)) <= abs(value) and off < unit(text) - close
    return cut_off or off <= unit(text) * 0.5 + close


def rounding(digits: int, significant: bool) -> Callable[[Any], Any]:
    """Every number rounded to so many decimals, or significant digits."""
    if not significant:
        return lambda value: np.round(value, digits)
    one = np.vectorize(lambda number: float(f"{number:.{digits - 1}e}"), otypes=[float])
    return lambda value: one(value) if isinstance(value, np.ndarray) else float(one(value))


def slipped(text: str, chance: random.Random) -> str:
    """Two neighbouring digits of one number exchanged, or one digit changed; the first digit is not made a nought."""
    places = [place for place, sign in enumerate(text.partition("e")[0]) if sign.isdigit()]
    pairs = [(one, two) for one, two in pairwise(places) if text[one] != text[two] and text[one + 1 : two] in ("", ".")]
    signs = list(text)
    if pairs and chance.random() < 0.5:
        one, two = chance.choice(pairs)
        signs[one], signs[two] = signs[two], signs[one]
    else:
        place = chance.choice(places)
        signs[place] = chance.choice([digit for digit in "123456789" if digit != text[place]])
    return "".join(signs)


def looks_slipped(text: str, right: str) -> bool:
    """Does a number differ from the right one in one digit, or by two that are exchanged?"""
    if len(text) != len(right):
        return False
    places = [place for place, (one, other) in enumerate(zip(text, right, strict=True)) if one != other]
    digits = all(text[place].isdigit() and right[place].isdigit() for place in places)
    exchanged = len(places) == 2 and text[places[0]] == right[places[1]] and text[places[1]] == right[places[0]]
    return digits and (len(places) == 1 or exchanged)
