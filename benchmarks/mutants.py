"""Does the suite notice an error in the engine? One thing at a time is broken (``mutations.py``), in seeded random
places.

The tests that run the broken line are run until one fails. They are collected once, on a private copy of the tree
(``mutant_tests.py``). For each mutant a process is forked that puts the changed code in the place of the function's and
runs its tests there, the quick and the near ones first; what is worked out when a module is loaded is tried in a new
process instead. Time and memory are bounded, and a test that runs away counts as one that fails. What was found is kept
in ``.mutants/``: a mutant is tried again only where its file has changed, and a survivor meets new tests only.
``mutants_equivalent.txt`` lists those that nothing can tell from the program; they leave the denominator.
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import hashlib
import importlib.machinery
import json
import math
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from mutant_tests import LOADING, PYTEST, ROOT, STATE, TREE, Suite, answer, bound, digest, file_of, forked, load, put_in
from mutations import mutated, sites

EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")
LOADS = 2.0
"""Seconds that a file of tests may take to be loaded once more."""
SECONDS, SLOWER = 10, 20
"""A test may take this many seconds of the processor, and this many times what it took before."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--under", default="", help="only files whose path has this in it")
    parser.add_argument(
        "--keys", type=Path, help="not a sample: the mutants that this file lists, as --survivors prints them"
    )
    parser.add_argument("--tests", nargs="*", default=[], help="only these files of tests")
    parser.add_argument(
        "--most", type=float, default=20, help="seconds of tests for a mutant; one not caught by then has survived"
    )
    parser.add_argument("--survivors", action="store_true", help="list what was not caught, and the equivalent ones")
    parser.add_argument("--fresh", help=argparse.SUPPRESS)  # a mutant of a module's own level: the file that says which
    options = parser.parse_args()
    options.keys = options.keys and options.keys.resolve()
    os.environ.update(OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="0")
    if not options.fresh:
        os.nice(10)
        STATE.mkdir(exist_ok=True)
        shutil.rmtree(TREE, ignore_errors=True)
        shutil.copytree(ROOT, TREE, ignore=shutil.ignore_patterns(".*", "__pycache__", "dist", "build"))
    os.chdir(TREE)
    sys.path.insert(0, str(TREE))
    if not options.fresh:
        then = Campaign(options).run
    else:
        job = json.loads(Path(options.fresh).read_text("utf-8"))
        Path(options.fresh).unlink()
        load_changed(job)
        then = functools.partial(fresh, job)
    sys.exit(pytest.main([*PYTEST, *options.tests], [Suite(then)]))


class Campaign:
    """A seeded sample of mutants, and what became of each."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.results, self.files = _load("results.json"), _load("coverage.json")
        self.equivalent = equivalent()

    def run(self, suite: Suite) -> None:
        self.suite = suite
        for _ in suite.gather(self.files, self.options.workers):
            _save("coverage.json", self.files)
        known = {
            test: known for file in self.files.values() for test, known in file["tests"].items() if known["passed"]
        }
        self.covered = {test: known[test] for test in suite.items if test in known}
        gc.freeze()  # so that processes share what is loaded
        self.chosen = self.sample()
        asked = [key for key in self.chosen if self.needed(key)]
        jobs = ((key, functools.partial(self.attempt, key)) for key in asked)
        for done, (key, found, killed) in enumerate(forked(jobs, self.options.workers), 1):
            if found is None and not killed:
                print(f"no answer, see {STATE / 'error.log'}: {key}", file=sys.stderr)
                continue
            mutant, result = self.mutants[key], found or {"verdict": "ran away", "by": None}
            result["file"] = mutant["hash"]
            if result["verdict"] == "survived":
                run = set(mutant["tests"][: result["count"]])
                before = (
                    self.results[key]["tests"]
                    if key in self.results and self.results[key]["file"] == mutant["hash"]
                    else {}
                )
                result["tests"] = before | {test: self.files[file_of(test)]["key"] for test in run}
            self.results[key] = result
            print(f"{done}/{len(asked)} {result['verdict']:9} {key}", file=sys.stderr)
            _save("results.json", self.results)
        self.report()

    def sample(self) -> list[str]:
        """The keys of the seeded sample; equivalent ones are drawn too, and counted apart."""
        self.mutants: dict[str, dict[str, Any]] = {}
        for path in sorted(TREE.glob("stepper/engine/**/*.py")):
            file = path.relative_to(TREE).as_posix()
            for site, _ in sites(ast.parse(path.read_text("utf-8")), file):
                bits = sum(1 << line for line in site.lines)
                self.mutants[site.key] = {"path": file, "function": site.function, "bits": bits, "hash": digest([path])}
        keys = [key for key, mutant in self.mutants.items() if self.options.under in mutant["path"]]
        if self.options.keys:
            listed = {
                line.removeprefix("SURVIVED").removeprefix("NOT RUN").strip()
                for line in self.options.keys.read_text("utf-8").splitlines()
            }
            chosen = [key for key in keys if key in listed]
        else:
            chosen = sorted(keys, key=self.lot)[: self.options.count]
        for key in chosen:
            self.mutants[key]["tests"] = self.covering(self.mutants[key])
        return chosen

    def lot(self, key: str) -> bytes:
        """A mutant's place in the draw, where it stays when others come or go or files move: a sample outlives changes
        of the program.
        """
        _, change = key.split(" ", 1)
        return hashlib.sha1(f"{self.options.seed} {change}".encode()).digest()

    def covering(self, mutant: dict[str, Any]) -> list[str]:
        """The tests that run one of its lines, quick and near ones first; any of its file for what is worked out as a
        module is loaded.
        """
        found: list[tuple[int, float, str]] = []
        for test, known in self.covered.items():
            lines = int(known["lines"].get(mutant["path"], "0"), 16)
            loading = int(self.files[file_of(test)][LOADING].get(mutant["path"], "0"), 16)
            if lines | loading if not mutant["function"] else (lines | loading) & mutant["bits"]:
                share = lines.bit_count() / sum((int(other, 16).bit_count() for other in known["lines"].values()), 1)
                near = not mutant["function"] or lines & mutant["bits"]
                found.append((round(math.log2(known["seconds"] + (0.005 if near else LOADS))), -share, test))
        return [test for _, _, test in sorted(found)]

    def needed(self, key: str) -> bool:
        """Is it not known yet, or has it survived tests other than those of today?"""
        held, mutant = self.results.get(key), self.mutants[key]
        if key in self.equivalent:
            return False
        if held is None or held["file"] != mutant["hash"]:
            return True
        if held["verdict"] == "survived":
            mutant["tests"] = [
                test for test in mutant["tests"] if held["tests"].get(test) != self.files[file_of(test)]["key"]
            ]
        return held["verdict"] == "survived" and bool(mutant["tests"])

    def attempt(self, key: str) -> dict[str, Any]:
        """Runs its tests in this process, until one fails."""
        mutant = self.mutants[key]
        limits = {test: SECONDS + SLOWER * self.covered[test]["seconds"] for test in mutant["tests"]}
        path = TREE / mutant["path"]
        if not put_in(
            mutated(path.read_text("utf-8"), str(path), key, mutant["path"]), mutant["path"], mutant["function"]
        ):
            job = STATE / f"job-{os.getpid()}.json"
            job.write_text(
                json.dumps({"key": key, "path": mutant["path"], "limits": limits, "most": self.options.most})
            )
            os.execv(sys.executable, [sys.executable, __file__, "--fresh", str(job), "--tests", *self.options.tests])
        lines = {test: int(self.covered[test]["lines"].get(mutant["path"], "0"), 16) for test in limits}
        stale = {
            file
            for file, known in self.files.items()
            if int(known[LOADING].get(mutant["path"], "0"), 16) & mutant["bits"]
        }

        def before(test: str) -> None:
            bound(limits[test])
            # tests that run the line themselves come first, and can do without
            if file_of(test) in stale and not lines[test] & mutant["bits"]:
                stale.discard(file_of(test))
                load(file_of(test))

        return verdict(self.suite.run(limits, before), self.options.most)

    def report(self) -> None:
        left = [key for key in self.chosen if key not in self.equivalent and key in self.results]
        lost = sorted(key for key in left if self.results[key]["verdict"] == "survived")
        if self.options.survivors:
            for key in lost:
                print("SURVIVED" if self.covering(self.mutants[key]) else "NOT RUN ", key)
            for key in sorted(set(self.chosen) & self.equivalent.keys()):
                print("EQUIVALENT", key, f"\n    {self.equivalent[key]}")
        for key in self.equivalent.keys() - self.mutants.keys():
            print("no such mutant any more:", key)
        counts = Counter(self.results[key]["verdict"] for key in left)
        words = ", ".join(f"{count} {name}" for name, count in counts.most_common())
        what = self.options.keys or f"seed {self.options.seed}"
        alike = len(set(self.chosen) & self.equivalent.keys())
        unknown = len(self.chosen) - alike - len(left)
        drawn = (
            f"{what}: {len(self.chosen)} of {len(self.mutants)} mutants, {alike} equivalent"
            + f", {unknown} without an answer" * (unknown > 0)
        )
        print(f"{drawn}; {words}: {100 * (1 - len(lost) / max(len(left), 1)):.1f} % caught")


def verdict(outcomes: Iterable[tuple[str, bool, float]], most: float) -> dict[str, Any]:
    spent, count = 0.0, 0
    for test, passed, seconds in outcomes:
        spent, count = spent + seconds, count + 1
        if not passed:
            return {"verdict": "caught", "by": test, "seconds": round(spent, 2)}
        if spent > most:
            break
    return {"verdict": "survived", "by": None, "seconds": round(spent, 2), "count": count}


def fresh(job: dict[str, Any], suite: Suite) -> None:
    """Tries a mutant of what is worked out when a module is loaded: this process loads the changed file."""
    missing = [test for test in job["limits"] if test not in suite.items]
    found: dict[str, Any] = {"verdict": "caught", "by": "collection"}
    answer(
        found if missing else verdict(suite.run(job["limits"], lambda test: bound(job["limits"][test])), job["most"])
    )


def load_changed(job: dict[str, Any]) -> None:
    """Has the changed file loaded in the place of the right one."""
    path = TREE / job["path"]
    code = mutated(path.read_text("utf-8"), str(path), job["key"], job["path"])
    loaded = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: importlib.machinery.SourceFileLoader, name: str) -> CodeType | None:
        return code if Path(loader.path) == path else loaded(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]  the loader itself is what is changed


def equivalent() -> dict[str, str]:
    """Mutants that change nothing, each with the reason on the indented lines under it."""
    found: dict[str, str] = {}
    for line in EQUIVALENT.read_text("utf-8").splitlines():
        if line.startswith("    "):
            found[list(found)[-1]] += line.strip() + " "
        elif line and not line.startswith("#"):
            found[line] = ""
    return found


def _load(name: str) -> dict[str, Any]:
    return json.loads((STATE / name).read_text()) if (STATE / name).exists() else {}


def _save(name: str, value: object) -> None:
    (STATE / "part").write_text(json.dumps(value))
    (STATE / "part").replace(STATE / name)


if __name__ == "__main__":
    main()
