"""A notebook as a page: its cells run as a notebook would run them, each with what it shows."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebook.ipynb"
STYLE = re.compile(r"<style>.*?</style>\n?", re.DOTALL)
MAGIC = re.compile(r"%%?stepper (?P<line>[^\n]+)\n?(?P<cell>(?s:.*))")


def page() -> str:
    """The notebook from its second cell on, whose first holds the title."""
    _, *cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    names: dict[str, object] = {}
    with TemporaryDirectory() as folder, chdir(folder):
        parts = [
            _own(part, place)
            for place, cell in enumerate(cells)
            for part in _cell(cell["cell_type"], "".join(cell["source"]), names)
        ]
    return _styled_once("\n".join(parts))


def _styled_once(page: str) -> str:
    """The page with the style that all of its cells have in the first alone."""
    found = STYLE.search(page)
    return page if found is None else page[: found.end()] + STYLE.sub("", page[found.end() :])


def _own(part: str, place: int) -> str:
    """A part whose anchors are those of its cell alone."""
    return re.sub(r'\b(id|aria-labelledby)="([^"]+)"', lambda found: f'{found[1]}="{_named(found[2], place)}"', part)


def _named(names: str, place: int) -> str:
    return " ".join(f"{name}-{place}" for name in names.split())


def _cell(kind: str, source: str, names: dict[str, object]) -> Iterator[str]:
    if kind == "markdown":
        yield f"{source}\n"
        return
    yield f"```python\n{source}\n```\n"
    with redirect_stdout(io.StringIO()) as said:
        value = run(source, names)
    if said.getvalue():
        yield f"```text\n{said.getvalue()}```\n"
    if hasattr(value, "_repr_html_"):
        lines = (line.strip(" ") + "\n" for line in value._repr_html_().splitlines() if line.strip())
        yield f'<div class="cell">{"".join(lines)}</div>\n'
    elif value is not None:
        yield f'<pre class="cell"><code>{escape(repr(value))}</code></pre>\n'


def run(source: str, names: dict[str, object]) -> object:
    """What the last line of a cell comes to, where it is an expression."""
    from stepper.notebook import run as magic

    if source.startswith("%load_ext"):
        return None
    if found := MAGIC.fullmatch(source):
        return magic(found["line"], found["cell"] or None)
    parsed = ast.parse(source)
    last = parsed.body.pop() if isinstance(parsed.body[-1], ast.Expr) else None
    exec(compile(parsed, "cell", "exec"), names)  # noqa: S102 the cells of our own notebook
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if isinstance(last, ast.Expr) else None  # noqa: S307 the same
