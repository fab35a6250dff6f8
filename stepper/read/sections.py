"""The sections that a document may have, and where an entry belongs that is none of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from stepper.errors import Problem, nearest
from stepper.read.located import Map, Scalar
from stepper.read.mend import mended

GRAPH = (
    "title", "source", "inputs", "parameters", "constants", "nodes", "functions", "labels", "local", "conventions",
    "notation", "edges", "repeat", "adjacency", "layers", "output", "upstream", "given", "answers",
)  # fmt: skip
TASK = (
    "title", "source", "optimizer", "settings", "with", "state", "update", "parameters", "gradients", "objective",
    "graph", "data", "batch", "seed", "sum", "constants", "steps", "notation",
    "answers",
)  # fmt: skip
RUN = "algorithm"
"""The section that makes a document one of an algorithm."""
ALGORITHM = ("title", "source", RUN, "settings", "data", "first", "answers")
LINES = ("title", "source", "given", "shapes", "lines", "shows", "answers")
"""The sections of a derivation that an author wrote."""
_FIRST = frozenset({*GRAPH, *TASK, *ALGORITHM, *LINES})
IN_LETTERS = frozenset({"title", "source", "optimizer", "settings", "with", "parameters", "gradients", "notation"})
"""The sections of a task that can be worked in letters."""


def begins_with_section(text: str) -> bool:
    r"""Is the first line that is no remark a section of a document? It is told at once, without the patterns by which
    programs are known: in such a line nothing is assigned.

    >>> begins_with_section("# mine\ntitle: A net"), begins_with_section("title = 3"), begins_with_section("x: 1")
    (True, False, False)
    """
    lines = (line for line in text.split("\n") if line.partition("#")[0].strip())
    name, colon, rest = next(lines, "").partition(":")
    assigns = any(sign in rest for sign in ("=", "<-", "←", "≔"))
    return bool(colon) and name in _FIRST and not assigns and (not rest or rest[0].isspace())


def strays(root: Map, sections: Collection[str], document: str) -> Iterator[Problem]:
    """What stands at the top of a document and is no section of it. ``document`` says what it is read as: "a graph".

    >>> from stepper.read.located import read_yaml
    >>> next(strays(read_yaml("outptu: L", ""), GRAPH, "a graph")).hint
    "did you mean 'output'?"
    """
    before: Scalar | None = None
    hint = ""
    if (named := root.get(RUN)) is not None and sections is not ALGORITHM:
        yield Problem(f"this document runs an algorithm, and is not {document}", named.place, "stepper derive works it")
        return
    for key, value in root.entries:
        if key.text in sections:
            before = key if isinstance(value, Scalar) and not value.text else None
            continue
        if before is not None:
            hint = f"what belongs to '{before.text}' is indented under it: {mended('  ' + key.place.text.strip())}"
        elif key.text in TASK and sections is not TASK:
            hint = "it belongs to an optimizer's task: stepper optim"
        else:
            # the list is long, and said once
            hint = nearest(key.text, sections) or (
                "" if hint.startswith("sections") else f"sections: {', '.join(sections)}"
            )
        yield Problem(f"'{key.text}' is not a section of {document}", key.place, hint)
