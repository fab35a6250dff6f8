"""How far long work is: who works says it, and somebody may look on. Where nobody does, nothing is counted.

What is told is what is being done, how much of it is done, and of how much, which is 0 where it is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Told: TypeAlias = Callable[[str, int, int], object]


class _Watch:
    """Somebody who looks on; ``counting``: something is counted already, and what is inside of it is not told."""

    def __init__(self, told: Told) -> None:
        self.told, self.counting = told, False

    def through(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        self.counting = True
        try:
            self.told(what, 0, total)
            for done, item in enumerate(items, start=1):
                yield item
                self.told(what, done, total)
        finally:
            self.counting = False


_WATCH: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(told: Told) -> Iterator[None]:
    """Inside, ``told`` is called with how far the work is."""
    token = _WATCH.set(_Watch(told))
    try:
        yield
    finally:
        _WATCH.reset(token)


def tell(what: str, done: int = 0, total: int = 0) -> None:
    """Says what is being done, and how far it is; nothing is being done where ``what`` is empty."""
    watch = _WATCH.get()
    if watch is not None and not watch.counting:
        watch.told(what, done, total)


def counted(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """The items, ``total`` of them, each told when it is done with; inside of what is counted already, the items alone.

    >>> with watched(lambda what, done, total: print(f"{what}: {done} of {total}")):
    ...     squares = [number**2 for number in counted([2, 3], "squares", 2)]
    squares: 0 of 2
    squares: 1 of 2
    squares: 2 of 2
    """
    watch = _WATCH.get()
    return items if watch is None or watch.counting else watch.through(items, what, total)


def each(items: Collection[T], what: str) -> Iterable[T]:
    """``counted`` of what knows its length."""
    return counted(items, what, len(items))
