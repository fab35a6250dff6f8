"""Python's cyclic garbage collector, held back while something large and free of cycles is built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Holds the collector back: with millions of formulas alive it goes through all of them again and again, and finds
    nothing.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


SELDOM = 200_000


def collect_seldom() -> None:
    """Looks for cycles after so many new objects, not after 700, which takes a tenth of the time of a short command and
    frees next to nothing before its end.
    """
    gc.set_threshold(SELDOM)
