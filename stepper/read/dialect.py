"""What a text is, and in which dialect a network is written, told by a look at it."""

from __future__ import annotations

import ast
import re
import warnings

from stepper.core.patterns import later

ENTRY = later(r"\s*\((?P<name>[\w\-]+)\):\s*(?:(?P<times>\d+)\s*x\s+)?(?P<kind>\w+)\((?P<inside>.*)$")
"""A line of a printed model: ``(conv1): Conv2d(1, 6, kernel_size=(5, 5))``."""
_LAYERS = later(r"^layers\s*:\s*(?:#.*|\[.*)?$", re.MULTILINE)
SETTINGS = ("title", "source", "input", "layout", "same")
"""What a line above the layers may say."""
_SCRIPT = later(
    r"^\s*(?:import|from)\s+\w|^\s*def\s+\w|\b(?:Sequential|Model)\(|=\s*(?:\w+\.)*Input\(|\.add\(|^\w+\s*=\s*[-\d.'\"(]",
    re.MULTILINE,
)
_HEADER = later(rf"^(?:{'|'.join(SETTINGS)})\s*:.*$", re.MULTILINE | re.IGNORECASE)
_KERAS = later(
    r"\bkeras\b|\btensorflow\b|^\s*\w+\.add\(|\b(?:input_shape|units|return_sequences)\s*=|\bInput\(\s*shape",
    re.MULTILINE,
)
FIRST_LINES = 200


def looks_like_module(source: str) -> bool:
    """Is it a class with a forward method?"""
    return "class " in source and "def forward" in source


def looks_like_script(source: str) -> bool:
    """Is it Python that makes a model, or gives names their values, without a class of its own?"""
    if not _SCRIPT.search(source):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(_HEADER.sub("", source))
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return False
    return True


def looks_like_keras(source: str) -> bool:
    """Are names that both frameworks have, as LSTM, those of Keras?"""
    return _KERAS.search(source) is not None


def looks_like_layer_list(source: str) -> bool:
    """Does a line read ``layers:``?"""
    return _LAYERS.search(source) is not None


def looks_printed(source: str) -> bool:
    """Does some line read ``(name): Kind(``?"""
    return any(line.lstrip()[:1] == "(" and ENTRY.match(line) for line in source.split("\n")[:FIRST_LINES])


def looks_like_task(document: str) -> bool:
    """Does a line begin with ``optimizer:`` or ``update:``?"""
    return re.search(r"^(?:optimizer|update)\s*:", document, re.MULTILINE) is not None


def looks_like_run(document: str) -> bool:
    """Does a line begin with ``algorithm:``?"""
    return re.search(r"^algorithm\s*:", document, re.MULTILINE) is not None


def looks_like_lines(document: str) -> bool:
    """Does a line begin with ``lines:``?"""
    return re.search(r"^lines\s*:", document, re.MULTILINE) is not None
