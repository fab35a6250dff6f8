"""The letters that pages and pictures bring along, so that they look the same wherever they are opened."""

from __future__ import annotations

import re
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
_NEEDED = re.compile(rf"(?![{_SLANTED}])[{_STYLED}]")


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
