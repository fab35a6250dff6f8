"""Does the suite notice an error in the engine? One thing at a time is broken (``mutations.py``).

The tests that run the broken line are run until one fails. All are collected once, on a private copy of the tree. For each mutant a process is forked that puts the changed code in
the place of the function's and runs its tests there, the quick and the near ones first; what is worked out when a module is
loaded is tried in a new process instead. Time and memory are bounded, and a test that runs away counts as one that fails.
What was found is kept in ``.mutants/``: a mutant is tried again only where its file has changed, and a survivor meets new
tests only. ``mutants_equivalent.txt`` lists those that nothing can tell from the program; they leave the denominator.
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import hashlib
import importlib
import importlib.machinery
import json
import math
import os
import random
import resource
import shutil
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
from mutations import mutated, sites

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".mutants"
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")
TREE = STATE / "tree"
LOADING = "loading"
LOADS = 2.0
"""Seconds that a file of tests may take to be loaded once more."""
SECONDS, SLOWER, MEMORY = 10, 20, 4 << 30
"""A test may take this many seconds of the processor and this many times what it took before, and a mutant this much memory."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--under", default="", help="only files whose path has this in it")
    parser.add_argument("--survivors", action="store_true", help="list what was not caught, and the equivalent ones")
    parser.add_argument("--fresh", help=argparse.SUPPRESS)  # a mutant of a module's own level, as JSON
    options = parser.parse_args()
    os.environ.update(OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="0")
    if not options.fresh:
        STATE.mkdir(exist_ok=True)
        shutil.rmtree(TREE, ignore_errors=True)
        left_out = shutil.ignore_patterns(".*", "__pycache__", "dist", "build")
        shutil.copytree(ROOT, TREE, ignore=left_out)
        os.nice(10)
    os.chdir(TREE)
    sys.path.insert(0, str(TREE))
    campaign: object = Fresh(json.loads(options.fresh)) if options.fresh else Campaign(options)
    sys.exit(pytest.main(["-p", "no:cacheprovider", "-s", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning"], [campaign]))


class Campaign:
    """Takes the place of pytest's loop over tests."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.failed = options, False
        self.results: dict[str, dict[str, Any]] = _load("results.json")

    def pytest_configure(self) -> None:
        steady()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.covered = self.gather()
        gc.freeze()  # so that processes share what is loaded
        chosen = self.chosen()
        asked = [key for key in chosen if self.needed(key)]
        jobs = ((key, functools.partial(self.attempt, key)) for key in asked)
        for done, (key, ended) in enumerate(forked(jobs, self.options.workers), 1):
            mutant, found = self.mutants[key], ended or {"verdict": "ran away", "by": None}
            state = {"file": mutant["hash"], "tests": {test: self.keys[file_of(test)] for test in mutant["tests"]}}
            self.results[key] = found | (state if found["verdict"] == "survived" else {"file": mutant["hash"]})
            print(f"{done}/{len(asked)} {found['verdict']:9} {key}", file=sys.stderr)
            _save("results.json", self.results)
        self.report(chosen)
        return True

    def gather(self) -> dict[str, dict[str, Any]]:
        """For each test the seconds it takes and the lines of the engine it runs, as bits; only files that changed are run again."""
        engine = digest(sorted([*TREE.glob("stepper/**/*.py"), *TREE.glob("tests/[!t]*.py")]))
        self.keys = {file: digest([TREE / file]) + engine for file in {file_of(test) for test in self.items}}
        held = _load("coverage.json")
        groups: dict[str, list[str]] = defaultdict(list)
        for test in self.items:
            groups[file_of(test)].append(test)
        changed = [file for file in groups if held.get(file, {}).get("key") != self.keys[file]]
        jobs = [
            (file, functools.partial(self.measure, file, groups[file])) for file in sorted(changed, key=lambda file: -len(groups[file]))
        ]
        jobs += [
            (file, functools.partial(self.measure, file, [])) for file in groups if file not in changed and "loading" not in held[file]
        ]
        for file, found in forked(jobs, self.options.workers):
            held[file] = {"key": self.keys[file], **found} if found else {"loading": {}, "tests": {}}
            print(f"covered by {file}: {len(held[file]['tests'])} tests", file=sys.stderr)
            _save("coverage.json", held)
        self.loading = {file: {path: int(bits, 16) for path, bits in held[file]["loading"].items()} for file in groups}
        return {test: found for file in groups for test, found in held[file]["tests"].items() if found["passed"] and test in self.items}

    def measure(self, file: str, tests: list[str]) -> dict[str, Any]:
        """What each test of a file runs, and what its module runs when it is loaded."""
        import coverage

        watch = coverage.Coverage(data_file=None, source=[str(TREE / "stepper" / "engine")], config_file=False)
        watch.start()
        watch.switch_context(LOADING)
        self.load(file)
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
        return {"loading": found.pop(LOADING)["lines"], "tests": found}

    def load(self, file: str) -> None:
        """Loads a module of tests once more, in its place: what it works out at its own level is worked out anew."""
        if file.startswith("tests/"):
            forget()
            importlib.reload(sys.modules[file.removesuffix(".py").replace("/", ".")])

    def run(self, tests: Iterable[str], before: Callable[[str], object] | None = None) -> Iterator[tuple[str, bool, float]]:
        """Runs tests in this process: whether each passed, and its seconds."""
        items = [self.items[test] for test in tests]
        for item, following in zip(items, [*items[1:], None], strict=False):
            self.failed = False
            start = time.process_time()
            with suppress(BaseException):
                if before:
                    before(item.nodeid)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                yield item.nodeid, not self.failed, time.process_time() - start
                continue
            yield item.nodeid, False, time.process_time() - start

    def chosen(self) -> list[str]:
        """The keys of the seeded sample; equivalent ones are drawn too, and counted apart."""
        self.mutants: dict[str, dict[str, Any]] = {}
        for path in sorted(TREE.glob("stepper/engine/**/*.py")):
            file = path.relative_to(TREE).as_posix()
            for site, _ in sites(ast.parse(path.read_text("utf-8")), file):
                bits = sum(1 << line for line in site.lines)
                self.mutants[site.key] = {"path": file, "function": site.function, "bits": bits, "hash": digest([path]), "tests": []}
        keys = [key for key, mutant in self.mutants.items() if self.options.under in mutant["path"]]
        chosen = random.Random(self.options.seed).sample(keys, min(self.options.count, len(keys)))
        for key in chosen:
            self.mutants[key]["tests"] = self.covering(self.mutants[key])
        return chosen

    def covering(self, mutant: dict[str, Any]) -> list[str]:
        """The tests that run one of its lines, quick and near ones first; any of its file for what is worked out as a module is loaded."""
        found: list[tuple[int, float, str]] = []
        for test, known in self.covered.items():
            lines = int(known["lines"].get(mutant["path"], "0"), 16)
            held = self.loading[file_of(test)].get(mutant["path"], 0)
            if lines | held if not mutant["function"] else (lines | held) & mutant["bits"]:
                share = lines.bit_count() / sum((int(other, 16).bit_count() for other in known["lines"].values()), 1)
                near = not mutant["function"] or lines & mutant["bits"]
                found.append((round(math.log2(known["seconds"] + (0.005 if near else LOADS))), -share, test))
        return [test for _, _, test in sorted(found)]

    def needed(self, key: str) -> bool:
        """Is it not known yet, or has it survived tests other than those of today?"""
        held, mutant = self.results.get(key), self.mutants[key]
        if key in equivalent():
            return False
        if held is None or held["file"] != mutant["hash"]:
            return True
        if held["verdict"] == "survived":
            mutant["tests"] = [test for test in mutant["tests"] if held["tests"].get(test) != self.keys[file_of(test)]]
        return held["verdict"] == "survived" and bool(mutant["tests"])

    def attempt(self, key: str) -> dict[str, Any]:
        mutant = self.mutants[key]
        code = mutated((TREE / mutant["path"]).read_text("utf-8"), str(TREE / mutant["path"]), key, mutant["path"])
        function = live(mutant["path"], mutant["function"])
        replacement = function and part(code, function.__code__)
        if not function or not replacement:
            job = {"key": key, "path": mutant["path"], "tests": mutant["tests"], "limits": [self.limit(test) for test in mutant["tests"]]}
            os.execv(sys.executable, [sys.executable, __file__, "--fresh", json.dumps(job)])
        function.__code__ = replacement
        stale = {file for file, lines in self.loading.items() if lines.get(mutant["path"], 0) & mutant["bits"]}

        def before(test: str) -> None:
            bound(self.limit(test))
            # the quick tests that run the line themselves come first, and can do without
            if file_of(test) in stale and not int(self.covered[test]["lines"].get(mutant["path"], "0"), 16) & mutant["bits"]:
                stale.discard(file_of(test))
                self.load(file_of(test))

        return verdict(self.run(mutant["tests"], before))

    def limit(self, test: str) -> float:
        return SECONDS + SLOWER * float(self.covered[test]["seconds"])

    def report(self, chosen: list[str]) -> None:
        same = equivalent()
        left = [key for key in chosen if key not in same]
        verdicts = Counter("not covered" if not self.covering(self.mutants[key]) else self.results[key]["verdict"] for key in left)
        lost = [key for key in left if self.results[key]["verdict"] == "survived"]
        if self.options.survivors:
            print(*(f"SURVIVED {key}" for key in sorted(lost)), sep="\n")
            print(*(f"EQUIVALENT {key}\n    {same[key]}" for key in sorted(set(chosen) - set(left))), sep="\n")
        stale = [key for key in same if key not in self.mutants]
        print(*(f"no such mutant any more: {key}" for key in stale), sep="\n", end="\n" * bool(stale))
        share = 100 * (1 - len(lost) / max(len(left), 1))
        words = ", ".join(f"{count} {name}" for name, count in verdicts.most_common())
        print(
            f"seed {self.options.seed}: {len(chosen)} of {len(self.mutants)} mutants, {len(chosen) - len(left)} equivalent; {words}: {share:.1f} % caught"
        )


class Fresh(Campaign):
    """One mutant of what is worked out when a module is loaded, in a process of its own."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job, self.failed = job, False
        path = TREE / job["path"]
        code = mutated(path.read_text("utf-8"), str(path), job["key"], job["path"])
        loaded = importlib.machinery.SourceFileLoader.get_code

        def get_code(loader: importlib.machinery.SourceFileLoader, name: str) -> CodeType | None:
            return code if Path(loader.path) == path else loaded(loader, name)

        importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        limits = dict(zip(self.job["tests"], self.job["limits"], strict=True))
        tests = [test for test in limits if test in self.items]
        lost = {"verdict": "caught", "by": "collection"}
        answer(lost if len(tests) < len(limits) else verdict(self.run(tests, lambda test: bound(limits[test]))))


def verdict(outcomes: Iterable[tuple[str, bool, float]]) -> dict[str, Any]:
    spent = 0.0
    for test, passed, seconds in outcomes:
        spent += seconds
        if not passed:
            return {"verdict": "caught", "by": test, "seconds": round(spent, 2)}
    return {"verdict": "survived", "by": None, "seconds": round(spent, 2)}


def forget() -> None:
    """Empties the caches, so that each test runs all that it needs."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and str(found.__module__).startswith("stepper"):
            found.cache_clear()


def steady() -> None:
    """The same examples each time, and no clock."""
    from hypothesis import HealthCheck, settings

    settings.register_profile("mutants", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    settings.load_profile("mutants")


def live(path: str, name: str) -> FunctionType | None:
    """The function of a loaded module, out of its wrappers."""
    found: Any = sys.modules.get(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    for word in name.split(".") if name else []:
        found = vars(found).get(word) if hasattr(found, "__dict__") else None
    while found is not None and not isinstance(found, FunctionType):
        found = next((inner for way in ("fget", "func", "__func__", "__wrapped__") if (inner := getattr(found, way, None))), None)
    while isinstance(found, FunctionType) and hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found if name and isinstance(found, FunctionType) else None


def part(code: CodeType, wanted: CodeType) -> CodeType | None:
    """The code of one function within that of its file."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if (inner.co_qualname, inner.co_firstlineno, inner.co_freevars) == (
                wanted.co_qualname,
                wanted.co_firstlineno,
                wanted.co_freevars,
            ):
                return inner
            if found := part(inner, wanted):
                return found
    return None


def bound(seconds: float) -> None:
    """Ends this process where a test takes longer: the clock is the processor's, so that a busy machine changes nothing."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 30 * seconds)


def forked(jobs: Iterable[tuple[str, Callable[[], dict[str, Any]]]], workers: int) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Works each job out in a process of its own, some at a time; None for one that died."""
    waiting, running = iter(jobs), {}
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
                    (STATE / "errors.log").write_text(f"{job[0]}\n{traceback.format_exc()}")
                os._exit(1)
            running[pid] = job[0]
        if not running:
            return
        pid, _ = os.wait()
        path = STATE / f"answer-{pid}.json"
        yield running.pop(pid), json.loads(path.read_text()) if path.exists() else None
        path.unlink(missing_ok=True)


def answer(found: dict[str, Any]) -> None:
    """Leaves the result for the parent, and ends."""
    (STATE / f"answer-{os.getpid()}.json").write_text(json.dumps(found))
    os._exit(0)


@functools.cache
def equivalent() -> dict[str, str]:
    """Mutants that change nothing, each with the reason on the indented lines under it."""
    found: dict[str, str] = {}
    for line in EQUIVALENT.read_text("utf-8").splitlines():
        if line.startswith("    "):
            found[list(found)[-1]] += line.strip() + " "
        elif line and not line.startswith("#"):
            found[line] = ""
    return found


def digest(paths: Iterable[Path]) -> str:
    return hashlib.sha1(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def file_of(test: str) -> str:
    return test.split("::", maxsplit=1)[0]


def _load(name: str) -> dict[str, Any]:
    return json.loads((STATE / name).read_text()) if (STATE / name).exists() else {}


def _save(name: str, value: object) -> None:
    (STATE / "part").write_text(json.dumps(value))
    (STATE / "part").replace(STATE / name)


if __name__ == "__main__":
    main()
