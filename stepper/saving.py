"""Files written whole, or not at all."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from errno import EISDIR, ENXIO
from pathlib import Path
from types import FrameType

from stepper.errors import Problem, StepperError


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Writes files whole, all or none; a link stays a link, and what is no file (a device, a pipe) is written to as it
    is.

    Raises:
        StepperError: where one cannot be written.
    """
    regular: dict[Path, bytes] = {}
    path = Path()
    try:
        for path, data in files.items():
            if path.is_dir():
                raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
            mode = _mode(path)
            if mode is None or stat.S_ISREG(mode):
                regular[path] = data
                continue
            with os.fdopen(_opened(path), "wb") as device:
                device.write(data)
        ready: dict[Path, Path] = {}
        with _uninterrupted():
            try:
                for path, data in regular.items():
                    _write_beside(path, data, ready)
                for target, temporary in ready.items():
                    temporary.replace(target)
            finally:
                for temporary in ready.values():
                    temporary.unlink(missing_ok=True)
    except OSError as error:
        if error.errno == ENXIO:
            what, hint = f"'{path}' is a pipe that nothing reads", "start what reads it first; or give a file"
            raise StepperError(Problem(what, hint=hint)) from None
        raise StepperError(Problem(f"'{path}' cannot be written: {error.strerror or error}")) from None


def _write_beside(path: Path, data: bytes, ready: dict[Path, Path]) -> None:
    """Writes a file beside where it belongs, and puts down in ``ready`` where each of the two is."""
    import tempfile

    target, mode = path.resolve(), _mode(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    ready[target] = Path(temporary)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    ready[target].chmod(0o666 & ~_umask() if mode is None else mode & 0o777)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until what is inside is done: files are written in a moment, and half of them is none."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is None:
        yield
        return
    pressed: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed and callable(before):
            before(*pressed[0])


def write_new(path: Path, data: bytes, force: bool = False) -> None:
    """Writes a file that is not there yet; with ``force`` in the place of one.

    Raises:
        StepperError: where something already exists, or it cannot be written.
    """
    check_new(path, force)
    write_whole({path: data})


def check_new(path: Path, force: bool = False) -> None:
    """Raises StepperError where a file already exists, or has no folder to stand in; a device may be there."""
    try:
        there, is_folder, folder = path.is_file(), path.is_dir(), path.parent.is_dir()
    except (OSError, ValueError) as error:
        raise StepperError(Problem(f"'{path}' cannot be written: {error}")) from None
    if is_folder:
        raise StepperError(Problem(f"'{path}' is a folder", hint="give the path of a file in it"))
    if there and not force:
        raise StepperError(
            Problem(
                f"'{path}' already exists", hint="use another name; or --force, in Python force=True, to overwrite it"
            )
        )
    if not folder:
        raise StepperError(Problem(f"'{path}' cannot be written: there is no folder '{path.parent}'"))


def _mode(path: Path) -> int | None:
    """What stands at a path, links followed; None where nothing does. A loop of links is an error of the system's."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _opened(path: Path) -> int:
    """A device or a pipe, opened without waiting for a reader of it."""
    handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    return handle


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
