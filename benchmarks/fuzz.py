"""Runs real commands on broken and hostile input, each in a process with limits on memory and CPU time.

A case is a function of its seed (``fuzz_cases.case``). It is run by a fork of this process, which has loaded everything
before, as a user's call would be: arguments, files in an empty folder, exit code. Told are tracebacks, more than 10 s
of CPU time or 1 GB, exit codes that are none of stepper's, text on standard output beside exit 2, silence with exit 2,
and messages in Python's words; exit 3 (stepper contradicts itself) is told too. A run is resumed by its results:
--results remembers where it came to.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is loaded: a thread's stack counts as memory
os.environ["OMP_NUM_THREADS"] = "1"

from fuzz_cases import Case, case

from stepper.cli.main import main as stepper

SECONDS, MEMORY = 10, 10**9
WAITING = 300
"""Seconds on the clock after which a run that does not calculate is told as waiting for ever."""
LARGEST_WRITTEN = 500_000_000
PARTIAL = ("shapes", "exams")
LOADED = [
    "numpy",
    "networkx",
    "mpmath",
    "sympy",
    "yaml",
    "rich.console",
    "typer",
    "stepper.cli.app",
    "stepper.render.html",
]
PYTHON = re.compile(
    r"NoneType|\w+Error\b|\bobject has no\b|index out of range|invalid literal|unhashable|not subscriptable|not "
    r"iterable"
    r"|<stepper|<class|recursion"
)


@dataclass(frozen=True)
class Ran:
    """What became of a run."""

    seed: int
    kind: str
    arguments: list[str]
    code: int
    seconds: float
    megabytes: float
    fault: str = ""
    told: str = ""


def run(seed: int, tried: Case, folder: Path) -> Ran:
    """Runs one case in a fork and judges it."""
    for name, data in tried.files.items():
        (folder / name).write_bytes(data)
    outputs = [folder / ".stdout", folder / ".stderr"]
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _in_the_fork(tried, folder, outputs)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(WAITING)
    _, status, used = os.wait4(child, 0)
    waited = signal.alarm(0) == 0
    written, error = (path.read_text("utf-8", "replace") for path in outputs)
    code = os.waitstatus_to_exitcode(status)
    seconds, megabytes = used.ru_utime + used.ru_stime, max(0, used.ru_maxrss - base) / 1000
    fault = _fault(code, seconds, megabytes, written, error, waited, tried.arguments[0] in PARTIAL)
    return Ran(
        seed, tried.kind, list(tried.arguments), code, round(seconds, 2), round(megabytes, 1), fault, error[-1500:]
    )


def _in_the_fork(tried: Case, folder: Path, outputs: list[Path]) -> None:
    """The command itself, under its limits. Never returns."""
    code = 70
    try:
        os.chdir(folder)
        for path, number in zip(outputs, (1, 2), strict=True):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        read, write = os.pipe()
        if os.fork() == 0:  # standard input, of any length
            os.close(read)
            with os.fdopen(write, "wb") as pipe:
                pipe.write(tried.stdin)
            os._exit(0)
        os.close(write)
        os.dup2(read, 0)
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            setattr(sys, name, io.TextIOWrapper(os.fdopen(os.dup(number), "rb" if number == 0 else "wb"), "utf-8"))
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        for limit, most in (
            (resource.RLIMIT_AS, taken + MEMORY),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_FSIZE, LARGEST_WRITTEN),
        ):
            resource.setrlimit(limit, (most, most + 2))
        sys.argv = ["stepper", *tried.arguments]
        code = _exit_code()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _exit_code() -> int:
    try:
        stepper()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except BaseException:
        sys.stderr.write(traceback.format_exc(limit=-6))
        return 1
    return 0


def _fault(code: int, seconds: float, megabytes: float, written: str, error: str, waited: bool, partial: bool) -> str:
    """What is wrong with a run, in a word or two; nothing where all is well.

    ``partial``: what was worked out before the mistake is meant to stand, as the table of a network up to the layer
    that does not fit, or of answers beside one that cannot be read.
    """
    if "MemoryError" in error or megabytes > MEMORY / 10**6:
        return "over memory"
    if "Traceback" in error:
        return "traceback"
    if seconds > SECONDS or code == -signal.SIGXCPU:
        return "over time"
    if waited:
        return "waits for ever"
    if code not in (0, 1, 2, 3):
        return f"exit code {code}"
    if code == 3 and "not proved" not in error:  # --verify asks for a proof, which there need not be
        return "contradicts itself"
    if code == 2 and written and not partial:
        return "half printed"
    if code == 2 and not error:
        return "silent"
    return "Python's words" if PYTHON.search("\n".join(line for line in error.split("\n") if "error:" in line)) else ""


def shown(tried: Case, ran: Ran) -> str:
    """A fault as it is told."""
    files = "".join(f"\n--- {name}\n{data.decode('utf-8', 'replace')[:1000]}" for name, data in tried.files.items())
    head = (
        f"seed {ran.seed}: {ran.fault.upper()} ({tried.kind}, exit {ran.code}, {ran.seconds} s, {ran.megabytes:.0f} MB)"
    )
    return f"{head}\nstepper {' '.join(map(repr, ran.arguments))}{files}\n--- told\n{ran.told}\n"


def _resumed(path: Path | None, start: int) -> tuple[int, Counter[str]]:
    """The last seed of earlier runs, and what became of them."""
    outcomes: Counter[str] = Counter()
    if path is not None and path.exists():
        for line in path.read_text("utf-8").splitlines():
            ran = json.loads(line)
            start = max(start, ran["seed"])
            outcomes[ran["fault"] or f"exit {ran['code']}"] += 1
    return start, outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0, help="begin after this seed")
    parser.add_argument("--only", type=int, help="run this seed alone, and show it")
    parser.add_argument("--kind", default="", help="only cases of this kind")
    parser.add_argument("--results", type=Path, help="a file of JSON lines that is added to, and resumed from")
    options = parser.parse_args()
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()  # what a fork does not collect it does not copy
    seed, outcomes = _resumed(options.results, options.seed)
    if options.only is not None:
        seed = options.only - 1
    slowest: list[tuple[float, int]] = []
    first, end = seed + 1, time.monotonic() + 60 * options.minutes
    while time.monotonic() < end:
        seed += 1
        tried = case(seed)
        if options.kind and tried.kind != options.kind:
            continue
        folder = Path(tempfile.mkdtemp(prefix="fuzz."))
        try:
            ran = run(seed, tried, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        outcomes[ran.fault or f"exit {ran.code}"] += 1
        slowest = sorted([*slowest, (ran.seconds, seed)])[-5:]
        if options.results is not None:
            with options.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(ran)) + "\n")
        if ran.fault or options.only is not None:
            print(shown(tried, ran), flush=True)
        if options.only is not None:
            break
    print(
        f"seeds {first} to {seed}, all in all {sum(outcomes.values())} cases: {dict(outcomes)}; slowest {slowest[::-1]}"
    )
    sys.exit(1 if any(not name.startswith("exit") or name.startswith("exit code") for name in outcomes) else 0)


if __name__ == "__main__":
    main()
