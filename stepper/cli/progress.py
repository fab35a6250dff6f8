"""A bar on standard error for runs that take long."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds before the bar appears."""


class Bar:
    """A context that is told how many steps are done, and of how many.

    On a terminal its bar appears once a second has gone by, and leaves with it.
    """

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.shown: Progress | None = None

    def __enter__(self) -> Bar:
        return self

    def __call__(self, done: int, total: int) -> None:
        if self.shown is None and sys.stderr.isatty() and time.monotonic() - self.began > PATIENCE:
            from rich.console import Console
            from rich.progress import Progress

            self.shown = Progress(console=Console(stderr=True), transient=True)
            self.shown.add_task("steps", total=total)
            self.shown.start()
        if self.shown is not None:
            self.shown.update(self.shown.task_ids[0], completed=done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.shown is not None:
            self.shown.stop()
