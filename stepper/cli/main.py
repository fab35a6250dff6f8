"""The door: ``--version`` without loading anything, one form for every mistake, exit codes."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from stepper import __version__

if TYPE_CHECKING:
    from typing import NoReturn

INTERRUPTED = 130


def main() -> None:
    """Runs the command line.

    Exit: 0 done, also where a check could not be decided (which is said); 1 an answer or a claim is wrong; 2 the input
    or the call is at fault; 3 stepper contradicts itself, or was asked to prove and could not; 130 interrupted.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a job in the background has it ignored
        signal.signal(signal.SIGINT, partial(_interrupted, os.getpid()))
        # once all is written, what is left is Python's own end
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    try:
        _run()
    except KeyboardInterrupt:
        _interrupted(os.getpid())
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _interrupted(os.getpid())
        raise


def _run() -> None:
    if sys.stderr is None:  # closed: what is said goes nowhere, and the exit code is what it would be
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stdout is None:
        sys.exit(2)
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"stepper {__version__}\n")
        return
    from stepper.core.memory import collect_seldom
    from stepper.errors import StepperError

    collect_seldom()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace", **({} if stream.isatty() else {"encoding": "utf-8"}))
    try:
        from stepper.cli.app import app
        from stepper.cli.inputs import check_command, with_bare_values

        check_command(sys.argv[1:])
        sys.argv[1:] = with_bare_values(sys.argv[1:])
        app(prog_name="stepper")
    except StepperError as error:
        tell(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        quiet_exit()
    except OSError as error:
        tell(f"error: the output cannot be written: {error.strerror or error}")
        os._exit(2)  # what is left in the buffer cannot be written either


def _interrupted(main: int, *_: object) -> NoReturn:
    """Ctrl-C ends at once, and so do the processes that help, which say nothing.

    An exception would be lost where Python or a library lets none through, as while it imports. There is nothing to
    tidy up: files are written whole in ``saving``, and what is left in a buffer might wait for a reader for ever.
    """
    if os.getpid() == main:
        tell("\r\x1b[Kinterrupted" if sys.stderr.isatty() else "interrupted")  # over what was told of progress
        with suppress(Exception):
            helpers = sys.modules.get("multiprocessing")
            for helper in helpers.active_children() if helpers is not None else ():
                helper.kill()
    os._exit(INTERRUPTED)


def tell(words: str) -> None:
    """Says what is wrong on standard error; where that is full or closed, the exit code says it alone."""
    with suppress(OSError):
        sys.stderr.write(f"{words}\n")


def quiet_exit() -> None:
    """The reader of the pipe has seen enough: end as if all had been written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


if __name__ == "__main__":
    main()
