"""What a text is, and in which dialect a network is written, told by a look at it."""

from __future__ import annotations

import re

ENTRY = re.compile(r"\s*\((?P<name>[\w\-]+)\):\s*(?:(?P<times>\d+)\s*x\s+)?(?P<kind>\w+)\((?P<inside>.*)$")
"""A line of a printed model: ``(conv1): Conv2d(1, 6, kernel_size=(5, 5))``."""
_LAYERS = re.compile(r"^layers\s*:\s*(?:#.*|\[.*)?$", re.MULTILINE)
FIRST_LINES = 200


def looks_like_module(source: str) -> bool:
    """Is it a class with a forward method?"""
    return "class " in source and "def forward" in source


def looks_like_layer_list(source: str) -> bool:
    """Does a line read ``layers:``?"""
    return _LAYERS.search(source) is not None


def looks_printed(source: str) -> bool:
    """Does some line read ``(name): Kind(``?"""
    return any(ENTRY.match(line) for line in source.split("\n")[:FIRST_LINES])


def looks_like_task(document: str) -> bool:
    """Does a line begin with ``optimizer:`` or ``update:``?"""
    return re.search(r"^(?:optimizer|update)\s*:", document, re.MULTILINE) is not None
