"""Regular expressions that are compiled when they are first used: a command uses few of those that it loads."""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """A pattern that is not compiled yet; each of its methods is looked up once."""

    def __init__(self, written: str, flags: int) -> None:
        self.written, self.flags_given = written, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.written, self.flags_given), name)
        setattr(self, name, found)
        return found


def later(written: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern by its text.

    >>> later(r"[a-z]+").findall("ab 1 c")
    ['ab', 'c']
    """
    return cast("re.Pattern[str]", _Later(written, flags))
