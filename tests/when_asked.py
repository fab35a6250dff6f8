"""Things by name, each made when it is first asked for: every worker collects all files of tests, and runs some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

Made = TypeVar("Made")


class WhenAsked(Mapping[str, Made], Generic[Made]):
    """A mapping whose names are known, and whose values are made once, where a test asks for them.

    >>> words = WhenAsked({"short": lambda: "a" * 3, "never": lambda: "a" * (1 // 0)})
    >>> list(words), words["short"]
    (['short', 'never'], 'aaa')
    """

    def __init__(self, makers: Mapping[str, Callable[[], Made]]) -> None:
        self._makers = makers
        self._made: dict[str, Made] = {}

    def __getitem__(self, name: str) -> Made:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
