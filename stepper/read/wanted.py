"""The quantities that are asked for: names, ``all``, ``parameters``."""

from __future__ import annotations

from collections.abc import Iterable

from stepper.core.formula import plain_name
from stepper.core.graph import Graph
from stepper.errors import FormulaError, Place, Problem, StepperError


def split_names(words: Iterable[str]) -> list[str]:
    """Names from repeated options and commas; brackets protect their commas.

    >>> split_names(["w11,X[1,2]", "b"])
    ['w11', 'X[1, 2]', 'b']
    """
    found: dict[str, None] = {}
    for word in words:
        for part in _parts(word):
            try:
                found[plain_name(part.strip())] = None
            except FormulaError as error:
                raise StepperError(error.within(Place("--wrt", 0, 1, 1, part.strip()))) from None
    return list(found)


def _parts(word: str) -> list[str]:
    parts, depth = [""], 0
    for character in word:
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]


def chosen(graph: Graph, words: Iterable[str]) -> list[str]:
    """The quantities that ``--wrt`` asks for; ``all`` is every named leaf but constants, ``parameters`` those only."""
    names: dict[str, None] = {}
    for name in split_names(words):
        kinds = (
            {"all": ("input", "parameter"), "parameters": ("parameter",)}.get(name) if name not in (*graph.leaves, *graph.nodes) else None
        )
        if kinds is None:
            members = [known for known in (*graph.leaves, *graph.nodes) if known.startswith(f"{name}[")]
            names |= dict.fromkeys(members if members and name not in (*graph.leaves, *graph.nodes) else [name])
            continue
        found = [leaf.name for leaf in graph.leaves.values() if leaf.kind in kinds]
        if not found:
            raise StepperError(Problem(f"--wrt {name}: this graph names no {' and no '.join(f'{kind}s' for kind in kinds)}"))
        names |= dict.fromkeys(found)
    if not names:
        leaves = [leaf.name for leaf in graph.leaves.values() if leaf.kind != "constant"]
        shown = ", ".join(leaves[:12]) + (", …" if len(leaves) > 12 else "")
        raise StepperError(Problem("--wrt is missing: differentiate with respect to what?", hint=f"one of {shown}; or all, or parameters"))
    return list(names)
