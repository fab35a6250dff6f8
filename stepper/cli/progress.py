"""A line on standard error that says what long work does, how far it is, and how long it still takes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from stepper.core.progress import watched

PATIENCE, EVERY = 1.0, 0.2
"""Seconds before the line appears, and between its changes."""
CELLS = 24
SOME = 1 / 20
"""The share that is done before it is said how long the rest takes."""
CLEAR = "\r\x1b[K"


@contextmanager
def shown() -> Iterator[None]:
    """Inside, long work is seen on a terminal: a timer draws the line, so that who works is not held up by it."""
    if not hasattr(signal, "setitimer") or not sys.stderr.isatty():
        yield
        return
    line = _Line()
    before = signal.signal(signal.SIGALRM, line.draw)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, EVERY)
    try:
        with watched(line.told):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        line.clear()


class _Line:
    def __init__(self) -> None:
        self.what, self.done, self.total, self.began = "", 0, 0, time.monotonic()
        self.drawn = False

    def told(self, what: str, done: int, total: int) -> None:
        if what != self.what or not done:
            self.began = time.monotonic()
        self.what, self.done, self.total = what, done, total
        if not what:
            self.clear()

    def draw(self, _number: int, _frame: FrameType | None) -> None:
        if self.what:
            self._write(f"{CLEAR}{words(self.what, self.done, self.total, time.monotonic() - self.began, _columns())}")
            self.drawn = True

    def clear(self) -> None:
        if self.drawn:
            self._write(CLEAR)
            self.drawn = False

    def _write(self, text: str) -> None:
        # past Python's own buffer: a timer may ring while something else is being written to it
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), text.encode("ascii", "replace"))


def words(what: str, done: int, total: int, seconds: float, columns: int) -> str:
    """The line, cut where the terminal ends.

    >>> words("nodes", 30, 120, 2.0, 80)
    'nodes  [######                  ]  30 of 120  about 6 s left'
    >>> words("reading", 0, 0, 75.0, 80)
    'reading  1 min 15 s'
    """
    if not total:
        return f"{what}  {f'{done:,}  ' if done else ''}{spelled(seconds)}"[: columns - 1]
    share = done / total
    known = done >= SOME * total  # the first of many may take longest
    left = f"about {spelled(seconds * (total - done) / done)} left" if done and known else spelled(seconds)
    bar = f"[{'#' * int(share * CELLS):{CELLS}}]"
    return f"{what}  {bar}  {done:,} of {total:,}  {left}"[: columns - 1]


def spelled(seconds: float) -> str:
    """A time in words.

    >>> spelled(3.2), spelled(200), spelled(7300)
    ('4 s', '3 min 20 s', '2 h 1 min')
    """
    whole = int(seconds) + (seconds > int(seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
