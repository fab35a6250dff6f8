"""A suite of tests that is collected once, and run in forked processes: what each test covers, and whether one fails in
changed code.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".mutants"
TREE = STATE / "tree"
"""The private copy on which everything runs."""
LOADING = "loading"
MEMORY = 4 << 30
PYTEST = ["-p", "no:cacheprovider", "-s", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning"]


class Suite:
    """A plugin that takes the place of pytest's loop over tests; ``then`` is what is done instead."""

    def __init__(self, then: Callable[[Suite], None]) -> None:
        self.then, self.failed = then, False
        self.items: dict[str, pytest.Item] = {}

    def pytest_configure(self) -> None:
        """The same examples each time, and no clock."""
        from hypothesis import HealthCheck, settings

        settings.register_profile(
            "mutants", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.then(self)
        return True

    def run(self, tests: Iterable[str], before: Callable[[str], object]) -> Iterator[tuple[str, bool, float]]:
        """Runs tests in this process: whether each passed, and its seconds."""
        items = [self.items[test] for test in tests]
        for place, item in enumerate(items):
            self.failed, done = False, False
            start = time.process_time()
            with suppress(BaseException):
                before(item.nodeid)
                following = items[place + 1] if place + 1 < len(items) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                done = True
            yield item.nodeid, done and not self.failed, time.process_time() - start

    # ---- coverage

    def gather(self, held: dict[str, Any], workers: int) -> Iterator[None]:
        """Fills in what each file's tests take and run, where the file or the engine has changed."""
        engine = digest(sorted([*TREE.glob("stepper/engine/**/*.py"), *TREE.glob("tests/[!t]*.py")]))
        groups: dict[str, list[str]] = defaultdict(list)
        for test in self.items:
            groups[file_of(test)].append(test)
        keys = {file: digest([TREE / file]) + engine for file in groups}
        changed = sorted(
            (file for file in groups if held.get(file, {}).get("key") != keys[file]),
            key=lambda file: -len(groups[file]),
        )
        for file in [file for file in held if not (TREE / file).exists()]:
            del held[file]
        jobs = ((file, functools.partial(self.measure, file, groups[file])) for file in changed)
        for file, found, _ in forked(jobs, workers):
            held[file] = {"key": keys[file], **(found or {LOADING: {}, "tests": {}})}
            print(f"covered by {file}: {len(held[file]['tests'])} tests", file=sys.stderr)
            for test in (test for test, known in held[file]["tests"].items() if not known["passed"]):
                print(f"  fails by itself: {test}", file=sys.stderr)
            yield

    def measure(self, file: str, tests: list[str]) -> dict[str, Any]:
        """For each test its seconds and the lines of the engine it runs, as bits; and those that run as its file is
        loaded.
        """
        import coverage

        watch = coverage.Coverage(data_file=None, source=[str(TREE / "stepper" / "engine")], config_file=False)
        watch.start()
        watch.switch_context(LOADING)
        load(file)
        found: dict[str, dict[str, Any]] = {LOADING: {"lines": {}}}
        for test, passed, seconds in self.run(tests, lambda test: (forget(), watch.switch_context(test))):
            found[test] = {"seconds": round(seconds, 4), "passed": passed, "lines": {}}
        watch.stop()
        with warnings.catch_warnings(action="ignore"):  # a file of tests may never reach the engine
            data = watch.get_data()
        for path in data.measured_files():
            bits: Counter[str] = Counter()
            for line, contexts in data.contexts_by_lineno(path).items():
                for test in contexts:
                    bits[test] |= 1 << line
            for test in bits.keys() & found.keys():
                found[test]["lines"][Path(path).relative_to(TREE).as_posix()] = hex(bits[test])
        return {LOADING: found.pop(LOADING)["lines"], "tests": found}


def load(file: str) -> None:
    """Loads a module of tests once more, in its place: what it works out at its own level is worked out anew."""
    if file.startswith("tests/"):
        forget()
        importlib.reload(sys.modules[file.removesuffix(".py").replace("/", ".")])


def forget() -> None:
    """Empties the caches, so that each test runs all that it needs."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and str(found.__module__).startswith("stepper"):
            found.cache_clear()


# ---- changed code


def put_in(code: CodeType, path: str, name: str) -> bool:
    """Gives a loaded function its code from that of its changed file; False where it is none, as at the level of a
    module.
    """
    function = _live(path, name)
    changed = _part(code, function.__code__) if function else None
    if function and changed:
        function.__code__ = changed
    return bool(changed)


def _live(path: str, name: str) -> FunctionType | None:
    """The function of a loaded module, out of its wrappers."""
    found: Any = sys.modules.get(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    for word in name.split(".") if name else []:
        found = vars(found).get(word) if hasattr(found, "__dict__") else None
    while found is not None and (not isinstance(found, FunctionType) or hasattr(found, "__wrapped__")):
        found = next(
            (inner for way in ("fget", "func", "__func__", "__wrapped__") if (inner := getattr(found, way, None))), None
        )
    return found if name and isinstance(found, FunctionType) else None


def _part(code: CodeType, wanted: CodeType) -> CodeType | None:
    """The code of one function within that of its file."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if (inner.co_qualname, inner.co_firstlineno, inner.co_freevars) == (
                wanted.co_qualname,
                wanted.co_firstlineno,
                wanted.co_freevars,
            ):
                return inner
            if found := _part(inner, wanted):
                return found
    return None


# ---- processes


def bound(seconds: float) -> None:
    """Ends this process where a test takes longer: the clock is the processor's, so that a busy machine changes
    nothing.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 60 * seconds)


def forked(
    jobs: Iterable[tuple[str, Callable[[], dict[str, Any]]]], workers: int
) -> Iterator[tuple[str, dict[str, Any] | None, bool]]:
    """Works each job out in a process of its own, some at a time; None for one that has no answer, and whether it was
    killed.
    """
    waiting, running = iter(jobs), dict[int, str]()
    while True:
        while len(running) < workers and (job := next(waiting, None)):
            sys.stdout.flush()
            pid = os.fork()
            if not pid:
                try:
                    silent = os.open(os.devnull, os.O_RDWR)
                    for stream in (0, 1, 2):
                        os.dup2(silent, stream)
                    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                    answer(job[1]())
                except BaseException:
                    (STATE / "error.log").write_text(f"{job[0]}\n{traceback.format_exc()}")
                os._exit(1)
            running[pid] = job[0]
        if not running:
            return
        pid, status = os.wait()
        path = STATE / f"answer-{pid}.json"
        yield running.pop(pid), json.loads(path.read_text()) if path.exists() else None, os.WIFSIGNALED(status)
        path.unlink(missing_ok=True)


def answer(found: dict[str, Any]) -> None:
    """Leaves the result for the parent, and ends."""
    (STATE / f"answer-{os.getpid()}.json").write_text(json.dumps(found))
    os._exit(0)


def digest(paths: Iterable[Path]) -> str:
    return hashlib.sha1(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def file_of(test: str) -> str:
    return test.split("::", maxsplit=1)[0]
