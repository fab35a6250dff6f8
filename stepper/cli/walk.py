"""Walking through a derivation in the terminal, a keypress a step: the formula first, the value when it is asked
for.
"""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from msgspec.structs import replace

from stepper.core.steps import Derivation
from stepper.render._frames import Frame, frames
from stepper.render.look import NARROWEST, Look
from stepper.render.terminal import render

CLEAR = "\x1b[2J\x1b[H"
KEYS = {" ": 1, "\r": 1, "\n": 1, "n": 1, "l": 1, "\x1b[C": 1, "\x1bOC": 1, "b": -1, "p": -1, "h": -1, "\x7f": -1,
    "\x08": -1,
        "\x1b[D": -1, "\x1bOD": -1}  # fmt: skip
"""Keys that go on and back, arrows as terminals send them."""
SCROLL = {"k": -1, "\x1b[A": -1, "\x1bOA": -1, "\x1b[5~": -10, "j": 1, "\x1b[B": 1, "\x1bOB": 1, "\x1b[6~": 10}
"""Keys that move a page that is higher than the screen, by how many lines."""
FIRST, LAST = ("g", "\x1b[H", "\x1b[1~", "\x1bOH"), ("G", "\x1b[F", "\x1b[4~", "\x1bOF")
LEAVE = ("q", "\x1b", "\x03", "\x04", "")


def walk(derivation: Derivation, look: Look, fixed: bool = False) -> None:
    """Shows frame after frame until it is left; the width follows the window unless it is ``fixed``."""
    pages = frames(derivation, look)
    place, above = 0, 0
    with keyboard() as key:
        try:
            while pages:
                columns, height = shutil.get_terminal_size((80, 24))
                look = look if fixed else replace(look, width=max(NARROWEST, columns))
                lines = render(pages[place].shown, look, pages[place].number).rstrip("\n").split("\n")
                most = max(0, len(lines) - (height - 2))
                above = min(max(above, 0), most)
                sys.stdout.write(screen(pages, place, lines[most - above :][: height - 2], scrolls=most > 0))
                sys.stdout.flush()
                pressed = key()
                if pressed in LEAVE:
                    break
                above = above - SCROLL[pressed] if pressed in SCROLL else 0
                place = 0 if pressed in FIRST else len(pages) - 1 if pressed in LAST else place + KEYS.get(pressed, 0)
                place = min(max(place, 0), len(pages) - 1)
        finally:
            sys.stdout.write("\n")


def screen(pages: list[Frame], place: int, lines: list[str], *, scrolls: bool) -> str:
    """A part of a frame, its end at first, and a line that says what the keys do."""
    on = "what is it? space: look" if pages[place].asks else "space: on" if place + 1 < len(pages) else "the end"
    more = "  up, down: the rest" if scrolls else ""
    return f"{CLEAR}{chr(10).join(lines)}\n\n{place + 1}/{len(pages)}  {on}  b: back{more}  q: leave"


@contextmanager
def keyboard() -> Iterator[Callable[[], str]]:
    """Single keys as they are pressed; the terminal is left as it was found."""
    if sys.platform == "win32":
        import msvcrt

        codes = {"M": "\x1b[C", "K": "\x1b[D", "P": "\x1b[B", "H": "\x1b[A", "G": "g", "O": "G"}

        def pressed() -> str:
            key = msvcrt.getwch()
            return codes.get(msvcrt.getwch(), "") if key in ("\x00", "\xe0") else key

        yield pressed
        return
    import os
    import termios
    import tty

    handle = sys.stdin.fileno()
    before, ends = termios.tcgetattr(handle), signal.getsignal(signal.SIGINT)

    def interrupted(number: int, frame: FrameType | None) -> None:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
        if callable(ends):
            ends(number, frame)

    try:
        signal.signal(signal.SIGINT, interrupted)
        tty.setcbreak(handle)
        # an arrow comes as several bytes at once; a key held down as several keys, of which the first counts
        yield lambda: _first(os.read(handle, 16).decode("utf-8", "replace"))
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
        signal.signal(signal.SIGINT, ends)


def _first(typed: str) -> str:
    return typed if typed.startswith("\x1b") else typed[:1]
