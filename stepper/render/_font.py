"""The letters that pages and pictures bring along, so that they look the same wherever they are opened."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from pathlib import Path

FAMILY = "Stepper Math"
FILE = Path(__file__).parent / "fonts" / "stepper-math.woff2"


@cache
def font_face() -> str:
    """The rule of CSS that holds the font itself."""
    data = b64encode(FILE.read_bytes()).decode("ascii")
    return f'@font-face {{ font-family: "{FAMILY}"; src: url(data:font/woff2;base64,{data}) format("woff2"); }}\n'
