"""The house: who may import whom (CONTRIBUTING.md), and what a command loads."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from functools import cache
from pathlib import Path

import networkx
import pytest

from tests.helpers import ROOT

STANDARD = frozenset(sys.stdlib_module_names)
ROOMS: dict[str, set[str]] = {
    "errors.py": set(),
    "core": {"core", "errors", "networkx"},
    "tables": {"tables"},
    "read": {"read", "core", "tables", "errors", "yaml", "engine"},
    "engine": {"engine", "core", "tables", "errors", "networkx", "mpmath", "numpy", "sympy"},
    "render": {"render", "core", "errors", "rich", "matplotlib"},
    "write": {"write", "core", "tables", "errors"},
    "solution.py": {"core", "errors", "engine", "render", "saving", "numpy"},
    "saving.py": {"errors"},
    "api": {"api", "core", "errors", "read", "engine", "render", "solution", "write"},
    "spelling.py": {"errors"},
    "notebook.py": {"core", "errors", "render", "solution", "cli"},
    "cli": {
        "cli",
        "api",
        "read",
        "engine",
        "render",
        "core",
        "tables",
        "errors",
        "saving",
        "solution",
        "write",
        "typer",
    },
}
ONLY_IN = {
    "networkx": {"core/graph.py", "engine/graph/structure.py"},
    "rich": {"render/terminal.py"},
    "matplotlib": {"render/_plot.py", "render/graph/sketch.py"},
    "sympy": {"engine/values/symbolic.py"},
}
DOOR = "read/source/working.py"
"""The one file that reads and calls the engine: what a source does next may depend on a shape."""
ENGINE: dict[str, set[str]] = {
    "values": set(),
    "graph": {"values"},
    "layers": {"values", "graph"},
    "tensor": {"values", "graph"},
    "optim": {"values", "graph", "tensor"},
    "algorithms": {"values"},
    "edits": {"values"},
    "derive": {"values", "edits"},
    "answers": {"edits", "derive", "values", "graph", "layers", "tensor", "optim", "algorithms"},
    "notation": set(),
    "draw": {"values", "graph", "tensor", "notation"},
    "questions": {"values", "graph", "tensor", "optim", "notation"},
    "suitable": {"values", "graph", "tensor"},
    "catalogue": {"values", "algorithms", "curve", "derive"},
    "curve": {"values"},
}
"""The rooms of the engine, from the ground up, and the rooms that each may call."""
TABLES_STANDARD = {"__future__", "collections", "functools", "msgspec", "typing"}
"""``functools`` is there for parts of a row that are read once."""
FILES = sorted((ROOT / "stepper").rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.Import | ast.ImportFrom | ast.Call | ast.Compare, ...]:
    """The parts of a file that are asked about, found once for all questions."""
    found = ast.walk(ast.parse(path.read_text("utf-8")))
    return tuple(node for node in found if isinstance(node, ast.Import | ast.ImportFrom | ast.Call | ast.Compare))


def imports(path: Path) -> set[str]:
    """What a file imports: rooms of ours by name, other modules by their top name."""
    found: set[str] = set()
    for node in nodes(path):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top, _, rest = name.partition(".")
            found.add(rest.split(".")[0] if top == "stepper" and rest else top)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_keep_their_direction(path: Path) -> None:
    inside = path.relative_to(ROOT / "stepper")
    room = inside.parts[0]
    if room not in ROOMS:
        return
    found = imports(path)
    if room == "tables":
        assert found <= TABLES_STANDARD | {"tables"}
    assert found - STANDARD <= ROOMS[room] | {"stepper", "msgspec"}
    assert room != "read" or "engine" not in found or inside.as_posix() == DOOR
    for module, files in ONLY_IN.items():
        assert module not in found or inside.as_posix() in files


def modules(path: Path) -> set[Path]:
    """The files of ours that a file imports, inside functions too."""
    found: set[Path] = set()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found |= {ROOT / f"{name.replace('.', '/')}.py" for name in names}
    return {file for file in found if file.is_file()} - {path}


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if "engine" in path.parts and path.name != "__init__.py"],
    ids=lambda path: path.stem,
)
def test_the_rooms_of_the_engine_call_downwards(path: Path) -> None:
    room = path.relative_to(ROOT / "stepper/engine").with_suffix("").parts[0]
    called = {
        file.relative_to(ROOT / "stepper/engine").with_suffix("").parts[0]
        for file in modules(path)
        if "engine" in file.parts
    }
    assert called <= ENGINE[room] | {room}


def test_no_import_runs_in_a_circle() -> None:
    graph = networkx.DiGraph([(file, other) for file in FILES for other in modules(file)])
    assert not [names for names in networkx.strongly_connected_components(graph) if len(names) > 1]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in FILES
        if "engine" in path.parts or "render" in path.parts or "read" in path.parts or "write" in path.parts
    ],
)
def test_only_the_command_line_prints(path: Path) -> None:
    calls = [node.func for node in nodes(path) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]


@pytest.mark.parametrize("path", [path for path in FILES if "engine" in path.parts])
def test_the_engine_names_no_operation(path: Path) -> None:
    """A comparison with a row's name outside its table says that the table lacks a column."""
    from stepper.tables.algorithms import BY_ALGORITHM_NAME
    from stepper.tables.layers import BY_LAYER_NAME
    from stepper.tables.optimizers import BY_OPTIMIZER_NAME
    from stepper.tables.table import BY_ANY_NAME

    named = {
        value.value
        for node in nodes(path)
        if isinstance(node, ast.Compare)
        for value in [node.left, *node.comparators]
        if isinstance(value, ast.Constant)
    }
    assert not named & {*BY_ALGORITHM_NAME, *BY_ANY_NAME, *BY_LAYER_NAME, *BY_OPTIMIZER_NAME}


HEAVY = [
    "numpy",
    "sympy",
    "pydantic",
    "networkx",
    "rich",
    "mpmath",
    "yaml",
    "typer",
    "matplotlib",
    "stepper.engine.derive",
]
LOADS = [
    (["--version"], set()),
    ([], {"typer"}),
    (["--help"], {"typer"}),
    (["forward", "tum-2022/6", "-f", "text"], {"typer", "yaml"}),
    (["backprop", "tum-2022/6", "--wrt", "w11"], {"typer", "yaml", "mpmath"}),
    (["backprop", "tum-2022/6", "--wrt", "w11", "-f", "terminal"], {"typer", "yaml", "mpmath", "rich"}),
    (["backprop", "tum-2022/6", "--wrt", "w11", "--exact"], {"typer", "yaml", "mpmath"}),
    (["forward", "tum-2022/2.3", "-f", "text"], {"typer", "yaml", "numpy", "mpmath"}),
    (["draw", "uio-2021/8a", "--adjacency"], {"typer", "yaml", "networkx"}),
    (["draw", "uio-2021/8a", "-f", "svg"], {"typer", "yaml", "networkx", "mpmath"}),
    (["backprop", "tum-2022/6", "--wrt", "w11", "-f", "html"], {"typer", "yaml", "mpmath"}),
    (["backprop", "tum-2022/6", "--wrt", "w11", "-f", "latex"], {"typer", "yaml", "mpmath"}),
    (["rules", "sigmoid", "-f", "svg"], {"typer", "matplotlib", "numpy", "mpmath", "stepper.engine.derive"}),
    (["shapes", "umass-682/7.1"], {"typer"}),
    (["shapes", "--input", "6", "-e", "import torch.nn as nn\nmodel = nn.Sequential(nn.Linear(6, 4))"], {"typer"}),
    (["shapes", "umass-682/7.1", "-f", "terminal"], {"typer", "rich"}),
    (["exams", "list"], {"typer", "yaml"}),
    (["new", "--list"], {"typer"}),
    (["derive", "uio-2021/10b"], {"typer", "yaml", "mpmath"}),
    (["derive", "x^2", "--wrt", "x"], {"typer", "mpmath", "stepper.engine.derive"}),
    (["derive", "C@(B@(A@x) + b)", "--collect", "x"], {"typer", "mpmath", "stepper.engine.derive"}),
    (["rules", "product rule"], {"typer", "mpmath", "stepper.engine.derive"}),
    (["new", "2-3-2"], {"typer", "yaml"}),
    (["optim", "adam", "--theta", "1", "--grad", "0.5"], {"typer", "yaml", "mpmath"}),
    (
        ["optim", "adam", "--theta", "1", "--grad", "0.5", "-f", "svg"],
        {"typer", "yaml", "mpmath", "matplotlib", "numpy"},
    ),
]


def chains() -> list[list[tuple[list[str], set[str]]]]:
    """The commands in rows where each may load all that those before it may, so that too much is seen after it."""
    found: list[list[tuple[list[str], set[str]]]] = []
    for arguments, allowed in sorted(LOADS, key=lambda entry: len(entry[1])):
        row = next((row for row in found if row[-1][1] <= allowed), None)
        if row is None:
            found.append(row := [])
        row.append((arguments, allowed))
    return found


@pytest.mark.parametrize("chain", chains(), ids=lambda chain: "+".join(sorted(chain[-1][1])))
def test_a_command_loads_only_what_it_uses(chain: list[tuple[list[str], set[str]]]) -> None:
    """One process for the commands of a row, one after the other."""
    code = (
        "import sys\n"
        "from stepper.cli.main import main\n"
        f"for arguments in {[arguments for arguments, _ in chain]!r}:\n"
        "    sys.argv = ['stepper', *arguments]\n"
        "    try:\n        main()\n    except SystemExit as ended:\n        assert not ended.code\n"
        f"    sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules) + '\\n')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    for (arguments, allowed), loaded in zip(chain, ran.stderr.splitlines(), strict=True):
        assert set(loaded.split()) <= allowed, arguments


def test_what_a_command_loads_too_much_is_seen_after_it() -> None:
    assert sorted(map(str, LOADS)) == sorted(str(entry) for chain in chains() for entry in chain)
    for chain in chains():
        assert all(before[1] <= after[1] for before, after in itertools.pairwise(chain))


COMMON = {"formats", "look"}
LETTERS = {"_unicode", "_label", "_writing", "_number", "_ascii"}
LINES = COMMON | LETTERS | {"_layout", "_lines", "_matrix"}
GRAPH = {"graph", "graph.pictures", "graph.fold", "graph.layered"}
SET = {
    "graph.scene",
    "graph.rows",
    "graph.legend",
    "graph.build",
    "graph.shapes",
    "graph.measure",
    "graph.coordinates",
    "graph.pen",
    "_font",
}
DRAWN = GRAPH | SET | LETTERS
PARTS: dict[str, set[str]] = {
    "text": LINES | {"text", "graph", "graph.pictures"},
    "terminal": LINES | {"terminal", "graph", "graph.pictures"},
    "json": COMMON | {"json", "graph", "graph.pictures"},
    "markdown": LINES | GRAPH | {"markdown", "_latex", "_product", "mermaid"},
    "html": LINES | DRAWN | {"html", "_page", "_mathml", "_wrapping", "_product", "graph.svg", "_font"},
    "latex": LINES | DRAWN | {"latex", "_latex", "_product", "graph.tikz"},
    "svg": COMMON | DRAWN | {"svg", "graph.svg", "_font"},
    "dot": COMMON | GRAPH | LETTERS | {"dot"},
    "mermaid": COMMON | GRAPH | LETTERS | {"mermaid"},
    "tikz": COMMON | DRAWN | {"tikz", "graph.tikz", "_latex", "_product", "_matrix"},
}
"""What each format may load of the room that renders; the parts of LaTeX documents stand in ``tex``."""


ASKED = f"""
import os, sys
from stepper.cli.main import main
from stepper.engine.graph.backward import backward
from stepper.engine.values.quantities import Settings
from stepper.read.bundled import load_graph

backward(load_graph("tum-2022/6"), ["w11"], Settings())  # all but what renders, which no room below may load
assert not any(name.startswith("stepper.render") for name in sys.modules)
for format in {[*PARTS]}:
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0
        continue
    sys.argv = ["stepper", "backprop", "tum-2022/6", "--wrt", "w11", "-f", format]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
    sys.stderr.write(" ".join([format, *(name for name in sys.modules if name.startswith("stepper.render."))]) + "\\n")
    sys.stderr.flush()
    os._exit(0)
"""


@pytest.fixture(scope="module")
def loaded_by() -> dict[str, set[str]]:
    """What each format loads of the room that renders, in a process of its own, begun where all else is loaded."""
    ran = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True, cwd=ROOT)
    rows = [line.split() for line in ran.stderr.splitlines()]
    return {format: {name.removeprefix("stepper.render.") for name in names} for format, *names in rows}


@pytest.mark.parametrize("format", PARTS)
def test_a_format_loads_only_what_it_uses(format: str, loaded_by: dict[str, set[str]]) -> None:
    loaded = loaded_by[format]
    assert {part for part in loaded if not part.startswith("tex")} - {"text"} <= PARTS[format]
    assert format in loaded
    assert not any(part == "tex" for part in loaded) or format in ("latex", "tikz", "markdown")
