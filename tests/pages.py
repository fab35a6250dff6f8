"""Pages of Markdown, run from top to bottom: their files are written, their sessions typed, their Python is asked.

Three kinds of blocks stand on a page, and no others:

- with ``title="graph.yaml"`` a block is that file;
- ``console`` is a session: each ``$ command`` with all that it shows, of which a line ``...`` leaves lines out; where a
  block shows no output at all, its commands are only run;
- ``python`` are examples in the form of doctest.

What begins with ``python3 -m venv`` sets a machine up and is not run here; .ci/run does what the README says.
"""

from __future__ import annotations

import doctest
import os
import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from docs.made.sessions import PROMPT, Session
from tests.helpers import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETS_UP = "python3 -m venv"
LEFT_OUT = "..."


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title, its lines without fences, and where it begins on the page."""

    language: str
    title: str
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page in their order."""
    found = []
    for token in MarkdownIt().parse(page):
        if token.type in ("fence", "code_block"):
            title = re.search(r'title="([^"]+)"', token.info)
            assert token.map is not None
            found.append(
                Block(token.info.partition(" ")[0], title[1] if title else "", token.content, token.map[0] + 1)
            )
    return found


class Page:
    """A page whose blocks are run in a folder."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.name = path.relative_to(ROOT).as_posix()
        self.session = Session(folder)
        self.folder = folder
        self.names: dict[str, object] = {}

    def run(self, block: Block) -> str:
        """The block as it should stand.

        Raises:
            AssertionError: where it is no block of a kind that is known, or an example in Python fails.
        """
        where = f"{self.name}:{block.line}"
        if block.title:
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
            return block.text
        if block.text.startswith(SETS_UP):
            return block.text
        if block.language == "console":
            return self._typed(block, where)
        assert block.language == "python", f"{where}: a block is a file with a title, a session (console), or Python"
        self._asked(block, where)
        return block.text

    def _typed(self, block: Block, where: str) -> str:
        """The session as it goes; what is left out on the page is left out again where the rest is as it was."""
        assert block.text.startswith(PROMPT), f"{where}: a session begins with a command"
        shows = any(not line.startswith(PROMPT) for line in block.text.splitlines())
        told = []
        for part in re.split(rf"^(?={re.escape(PROMPT)})", block.text, flags=re.MULTILINE)[1:]:
            command, _, written = part.partition("\n")
            shown = self.session.run(command.removeprefix(PROMPT))
            if not shows:
                assert self.session.code == 0, f"{where}: {command}\n{shown}"
                shown = ""
            told.append(f"{command}\n{written if matches(written, shown) else shown}")
        return "".join(told)

    def _asked(self, block: Block, where: str) -> None:
        test = doctest.DocTestParser().get_doctest(block.text, self.names, self.name, self.name, block.line)
        assert test.examples, f"{where}: a block of Python holds examples, each after >>>"
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0, where
        finally:
            os.chdir(before)
        self.names = test.globs


def matches(written: str, shown: str) -> bool:
    """Is this what was shown, but for lines that are left out where a line ``...`` stands?

    >>> matches("a\\n...\\nd\\n", "a\\nb\\nc\\nd\\n"), matches("a\\n...\\n", "b\\n")
    (True, False)
    """
    parts = re.split(rf"^ *{re.escape(LEFT_OUT)}\n", written, flags=re.MULTILINE)
    return re.fullmatch(r"(?:.*\n)*?".join(map(re.escape, parts)), shown) is not None


def renewed(page: str, path: Path, folder: Path) -> str:
    """The page with the sessions as they go now."""
    run = Page(path, folder)
    lines = page.splitlines(keepends=True)
    changes = [(block, run.run(block)) for block in blocks(page)]
    for block, text in reversed(changes):
        lines[block.line : block.line + block.text.count("\n")] = [text]
    return "".join(lines)
