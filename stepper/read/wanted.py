"""The quantities that are asked for: names, ``all``, ``parameters``, ``inputs``, ``leaves``."""

from __future__ import annotations

from collections.abc import Iterable

from stepper.core.formula import asked_name, text
from stepper.core.graph import Graph, Kind
from stepper.core.names import pointed
from stepper.core.traverse import names as all_names
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest


def split_names(words: Iterable[str]) -> list[str]:
    """Names from repeated options and commas; brackets protect their commas.

    >>> split_names(["w11,X[1,2]", "b"])
    ['w11', 'X[1, 2]', 'b']
    """
    found: dict[str, None] = {}
    for word in words:
        for part in _parts(word):
            try:
                found[asked_name(part.strip())] = None
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


KINDS: dict[str, tuple[Kind, ...]] = {
    "inputs": ("input",),
    "parameters": ("parameter",),
    "leaves": ("input", "parameter"),
}
"""Words for all leaves of some kinds; constants are asked for by name."""
ALL = "all"


def chosen(graph: Graph, words: Iterable[str]) -> list[str]:
    """The quantities that ``--wrt`` asks for: names, or words for many.

    ``all`` is every parameter; where none is declared, every named leaf but constants, as ``leaves`` is.

    Raises:
        StepperError: where nothing is asked for, or a word stands for nothing.
    """
    names: dict[str, None] = {}
    for name in map(graph.known_as, split_names(words)):
        if pointed(name):
            what = f"--wrt {name}: no layer here holds this"
            raise StepperError(Problem(what, hint=nearest(name, [*graph.called, *graph.names])))
        kinds = _kinds(graph, name)
        if kinds is None:
            names |= dict.fromkeys([name] if name in graph.names else _members(graph, name) or [name])
            continue
        found = [
            leaf.name for leaf in graph.leaves.values() if leaf.kind in kinds and not _only_arrives(graph, leaf.name)
        ]
        if not found:
            hint = "a number or a list that has a name is one, as in z = [1, 2]; or name a node"
            raise StepperError(
                Problem(f"--wrt {name}: this graph names no {' and no '.join(f'{kind}s' for kind in kinds)}", hint=hint)
            )
        names |= dict.fromkeys(found)
    if not names:
        leaves = [leaf.name for leaf in graph.leaves.values() if leaf.kind != "constant"]
        shown = ", ".join(leaves[:12]) + (", …" if len(leaves) > 12 else "")
        hint = (
            f"one of {shown}; or all, or parameters" if leaves else f"one of the nodes {', '.join([*graph.nodes][:12])}"
        )
        raise StepperError(Problem("--wrt is missing: differentiate with respect to what?", hint=hint))
    return list(names)


def _members(graph: Graph, name: str) -> Iterable[str]:
    """The entries of a list, or of an array that was unfolded."""
    return graph.unfolded.get(name) or [known for known in graph.names if known.startswith(f"{name}[")]


def _only_arrives(graph: Graph, name: str) -> bool:
    """Is a name only that of the gradient that arrives at the output?"""
    return graph.upstream is not None and not graph.readers[name] and name in map(text, all_names(graph.upstream))


def left_out(graph: Graph, words: Iterable[str]) -> list[str]:
    """The inputs that ``all`` does not take, since parameters are declared."""
    asked = split_names(words)
    if not any(_kinds(graph, name) == KINDS["parameters"] and name == ALL for name in asked):
        return []
    taken = chosen(graph, asked)
    inputs = [leaf.name for leaf in graph.leaves.values() if leaf.kind == "input"]
    return [name for name in inputs if name not in taken and not _only_arrives(graph, name)]


def _kinds(graph: Graph, word: str) -> tuple[Kind, ...] | None:
    """The kinds of leaves that a word stands for, where it is no quantity's name."""
    if word in graph.leaves or word in graph.nodes:
        return None
    if word == ALL:
        return KINDS["parameters" if any(leaf.kind == "parameter" for leaf in graph.leaves.values()) else "leaves"]
    return KINDS.get(word)
