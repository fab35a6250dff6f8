"""Long work says how far it is, on a terminal alone; Ctrl-C at any moment leaves files whole and ends in 130."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stepper.api import backprop, check, derive, draw, forward, optim, shapes
from stepper.cli import progress
from stepper.core.progress import counted, each, tell, watched
from stepper.saving import write_whole
from tests.helpers import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals and signals of Windows are others")

CHAIN = "inputs: {x: 1}\nparameters: {w: 0.9}\nnodes:\n  h1: w*x\n"
CHAIN += "".join(f"  h{place}: tanh(w*h{place - 1})\n" for place in range(2, 900)) + "output: h899\n"
READY = "import sys\nfrom stepper.cli.main import main\nsys.stdout.write('ready\\n')\nsys.stdout.flush()\nmain()"
"""What ends with main, after it has said that it begins: before that Python itself answers Ctrl-C."""
LONG = ["optim", "sgd", "--theta", "1", "--objective", "theta^2", "--steps", "1000000", "--lr", "0.0001"]


# ---- what is told


def test_where_nobody_looks_on_the_items_are_what_they_were() -> None:
    items = [1, 2, 3]
    assert each(items, "items") is items
    assert counted(items, "items", 3) is items
    tell("nothing")


def test_what_is_inside_of_what_is_counted_is_not_told() -> None:
    seen: list[tuple[str, int, int]] = []
    with watched(lambda *told: seen.append(told)):
        for _ in each("ab", "outer"):
            tell("inner")
            assert [*each("xyz", "inner")] == ["x", "y", "z"]
        next(iter(each("cd", "left")))
        tell("after")
    assert seen == [("outer", 0, 2), ("outer", 1, 2), ("outer", 2, 2), ("left", 0, 2), ("after", 0, 0)]


@pytest.mark.parametrize(
    ("work", "works"),
    [
        (lambda: backprop("tum-2022/6", wrt="all").to("html"), {"forward pass", "gradients", "checking gradients"}),
        (lambda: forward(CHAIN).to("markdown"), {"reading", "forward pass", "writing"}),
        (lambda: optim("adam", theta=1, grads=[1, 2]).to("text"), {"steps", "writing"}),
        (lambda: shapes("umass-682/7.1").to("latex"), {"layers", "writing"}),
        (lambda: derive("x^2", wrt="x"), {"deriving", "proving"}),
        (lambda: check("tum-2022/6", {"dL/dw11": 1, "L": 2}), {"looking for mistakes"}),
        (lambda: draw("tum-2022/6"), {"counting paths"}),
    ],
)
def test_what_long_commands_tell(work: Callable[[], object], works: set[str]) -> None:
    seen: list[tuple[str, int, int]] = []
    with watched(lambda *told: seen.append(told)):
        work()
    assert works <= {what for what, _, _ in seen}
    assert all(done <= total for _, done, total in seen if total)


# ---- what is shown


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Standard error is a terminal; what was written to it so far."""
    here, there = os.openpty()

    def read() -> str:
        found = b""
        while select.select([here], [], [], 0.05)[0]:
            found += os.read(here, 65536)
        return found.decode()

    with os.fdopen(there, "w") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        yield read
    os.close(here)


def wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_a_line_for_what_is_slow_gone_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    monkeypatch.setattr(progress, "EVERY", 0.05)
    with terminal(monkeypatch) as read:
        with progress.shown():
            for _ in each(range(4), "nodes"):
                wait(0.15)
        said = read()
    assert "nodes  [############            ]  2 of 4  about " in said
    assert said.endswith("\r\x1b[K")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_no_line_for_what_is_quick_or_waits_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as read:
        with progress.shown():
            tell("quick")
        monkeypatch.setattr(progress, "PATIENCE", 0.05)
        with progress.shown():
            tell("writing")
            tell("")
            wait(0.2)
        assert read() == ""


def test_no_timer_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.shown():
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        tell("slow")
    assert capsys.readouterr().err == ""


def test_nothing_goes_into_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "chain.yaml").write_text(CHAIN)
    command = [sys.executable, "-m", "stepper", "forward", "chain.yaml", "-f", "html"]
    ran = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path, env={**os.environ, **PATHS})
    assert ran.stderr == b""
    assert ran.stdout.endswith(b"</html>\n")


PATHS = {"PYTHONPATH": str(ROOT)}


def test_a_command_in_a_terminal_is_seen_and_interrupted(tmp_path: Path) -> None:
    here, there = os.openpty()
    process = begun(tmp_path, *LONG, stderr=there)
    os.close(there)
    shown = ""
    end = time.monotonic() + 60
    while "steps  [#" not in shown or " left" not in shown:
        assert time.monotonic() < end, shown
        if select.select([here], [], [], 1)[0]:
            shown += os.read(here, 65536).decode()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    while select.select([here], [], [], 0.1)[0]:
        try:
            shown += os.read(here, 65536).decode()
        except OSError:  # a terminal that nobody writes to any more
            break
    assert (process.returncode, out) == (130, b"")
    assert shown.rpartition("\x1b[K")[2] == "interrupted\r\n"


# ---- what is left after Ctrl-C


def begun(folder: Path, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """A command that has begun: Ctrl-C is its own from here on."""
    process = subprocess.Popen(
        [sys.executable, "-c", READY, *arguments], stdout=subprocess.PIPE, stderr=stderr, cwd=folder,
        env={**os.environ, **PATHS}, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 who runs tests in the background has it ignored
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.005)
    return process


@pytest.mark.parametrize("before", [None, "before"])
@pytest.mark.parametrize("moment", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.4, 2.0, 3.0])
def test_an_interrupt_leaves_no_half_of_a_file(tmp_path: Path, moment: float, before: str | None) -> None:
    (tmp_path / "chain.yaml").write_text(CHAIN)
    notes = tmp_path / "notes.md"
    if before is not None:
        notes.write_text(before)
    process = begun(tmp_path, "backprop", "chain.yaml", "--wrt", "w,x", "-o", "notes.md")
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out == b""
    if process.returncode:
        assert (process.returncode, err) == (130, b"interrupted\n")
    found = notes.read_text() if notes.exists() else None
    assert found == before or (found is not None and found.startswith("# ") and found.endswith("\n"))
    assert {path.name for path in tmp_path.iterdir()} <= {"chain.yaml", "notes.md", "notes.svg"}


@pytest.mark.parametrize("when", ["mkstemp", "replace"])
@pytest.mark.parametrize("before", [None, "before"])
def test_ctrl_c_waits_for_files_that_are_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, before: str | None
) -> None:
    import tempfile

    names = [tmp_path / "notes.md", tmp_path / "notes.svg"]
    if before is not None:
        names[0].write_text(before)
    where: object = tempfile if when == "mkstemp" else Path
    work = getattr(where, when)

    def pressed(*arguments: object, **named: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return work(*arguments, **named)

    monkeypatch.setattr(where, when, pressed)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            write_whole(dict.fromkeys(names, b"whole"))
    finally:
        signal.signal(signal.SIGINT, handler)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {path.name: b"whole" for path in names}


def test_an_interrupt_ends_the_other_processes_too(tmp_path: Path) -> None:
    process = begun(tmp_path, "exams", "check")
    time.sleep(2)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)  # ends when nobody has the pipes any more
    assert (process.returncode, out, err) == (130, b"", b"interrupted\n")


def test_an_interrupt_where_python_lets_none_through_ends_all_the_same(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom stepper.cli import app, main\n"
        "class Last:\n    def __del__(self): os.kill(os.getpid(), signal.SIGINT); [None for _ in range(9)]\n"
        "def stop(**_): last = Last(); del last; print('went on')\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.argv, app.app = ['stepper'], stop\nmain.main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, cwd=ROOT)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"interrupted\n")
