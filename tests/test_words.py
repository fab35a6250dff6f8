"""What a reader can see can be listed: every file is read, and no sentence of one is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.list_words import KINDS, ROOT, files, main, said_in, sentences

READ = [path for path in files() if path.relative_to(ROOT).parts[1] in ("engine", "read", "cli", "write")]
SENTENCE = re.compile(r"[a-z]{2,},? [a-z]+,? [a-z]{2,}")
PATTERNS = re.compile(r"\\[a-z]|\(\?")


def texts(tree: ast.AST) -> Iterator[str]:
    """The strings of some code that are no documentation, and no parts of patterns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not PATTERNS.search(node.value):
            yield " ".join(node.value.split())


@pytest.mark.parametrize("path", READ, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_of_a_file_is_listed(path: Path) -> None:
    listed = " \n ".join(one.text for one in said_in(path))
    missing = [
        text for text in texts(ast.parse(path.read_text("utf-8"))) if SENTENCE.search(text) and text not in listed
    ]
    assert missing == []


def test_every_room_is_read() -> None:
    assert {path.relative_to(ROOT).parts[1] for path in files()} >= {
        "engine",
        "read",
        "cli",
        "tables",
        "render",
        "api",
        "write",
        "core",
        "errors.py",
    }
    assert len(READ) == sum(
        1 for room in ("engine", "read", "cli", "write") for _ in (ROOT / "stepper" / room).rglob("*.py")
    )
    assert len({one.file for one in sentences()}) > 100


@pytest.mark.parametrize(
    ("kind", "file", "text"),
    [
        ("title", "engine/graph/forward.py", "Forward pass"),
        ("note", "engine/graph/chain_rule.py", "One factor for each edge, from the output back to {start}."),
        ("note", "engine/catalogue.py", "differentiated from its definition"),
        ("heading", "engine/graph/large.py", "value"),
        ("error", "engine/values/definitions.py", "a function is defined in terms of itself"),
        ("error", "engine/graph/asked.py", "'{name}' is neither a leaf nor a node of this graph"),
        ("hint", "engine/graph/asked.py", "name it with the line 'output: {formula}'"),
        ("help", "cli/options.py", "Split formulas into gates of one operation."),
        ("help", "cli/graphs.py", "Worked forward pass, node by node."),
        ("source", "tables/functions.py", "Hendrycks and Gimpel, Gaussian error linear units, 2016"),
        ("words", "engine/graph/rounding_by_hand.py", "differs"),
        (
            "words",
            "engine/graph/conventions.py",
            "{target} uses {source} twice, through two wires: {first} and {second}",
        ),
        ("words", "engine/graph/conventions.py", "{reference} = {formula} is split into gates of one operation each"),
    ],
)
def test_sentences_of_each_kind_are_found(kind: str, file: str, text: str) -> None:
    assert (kind, text) in {(one.kind, one.text) for one in sentences() if one.file == f"stepper/{file}"}


def test_words_of_two_cases_stand_beside_each_other(tmp_path: Path) -> None:
    assert any("[is|are] given, not worked out" in one.text for one in sentences())


def test_documentation_and_formulas_are_no_sentences() -> None:
    every = {one.text for one in sentences()}
    assert (
        "What comes before all else: what the reader noticed, and the nodes whose values are taken as given."
        not in every
    )
    assert "where(x > threshold, x, value)" not in every


def test_the_command_prints_what_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    main(["hint", "stepper/read/files.py"])
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(re.match(r"stepper/read/files\.py:\d+: hint: \S", line) for line in lines)
    main([])
    assert len(capsys.readouterr().out.splitlines()) == len(list(sentences()))
    assert {one.kind for one in sentences()} == set(KINDS)
