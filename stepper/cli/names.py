"""Names on the command line: lists of them, and their completion in the shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass

COMPLETED_BYTES = 200_000


def complete_graph(incomplete: str) -> list[str]:
    """Bundled names; the shell itself completes paths."""
    from stepper.read.files import bundled

    return [name for name, _ in bundled() if name.startswith(incomplete)]


def complete_optimizer(incomplete: str) -> list[str]:
    """Optimizers by their names."""
    from stepper.read.files import tasks
    from stepper.tables.optimizers import BY_OPTIMIZER_NAME

    return [name for name in (*BY_OPTIMIZER_NAME, *(name for name, _ in tasks())) if name.startswith(incomplete)]


def complete_derivation(incomplete: str) -> list[str]:
    """Bundled documents that are derived."""
    from stepper.read.files import runs

    return [name for name, _ in runs() if name.startswith(incomplete)]


def complete_kind(incomplete: str) -> list[str]:
    """Kinds of documents that can be written."""
    from stepper.tables.documents import BY_KIND

    return [name for name in BY_KIND if name.startswith(incomplete)]


def complete_activation(incomplete: str) -> list[str]:
    """Activations of networks."""
    from stepper.write.asked import activations

    return [name for name in ("none", *activations()) if name.startswith(incomplete)]


def complete_loss(incomplete: str) -> list[str]:
    """Losses of networks."""
    from stepper.tables.documents import LOSSES_OF_NETS

    return [name for name in LOSSES_OF_NETS if name.startswith(incomplete)]


def complete_listing(incomplete: str) -> list[str]:
    """Bundled listings; the shell itself completes paths."""
    from stepper.read.files import listings

    return [name for name, _ in listings() if name.startswith(incomplete)]


def complete_rule(incomplete: str) -> list[str]:
    """Functions, algorithms and rules of the tables."""
    from stepper.tables.algorithms import BY_ALGORITHM_NAME
    from stepper.tables.fields import FIELDS
    from stepper.tables.table import BY_ANY_NAME

    theorems = dict.fromkeys(row.name for rows in FIELDS.values() for row in rows)
    names = (*BY_ANY_NAME, *BY_ALGORITHM_NAME, "derivations", *theorems)
    return [name for name in names if name.startswith(incomplete)]


def complete_wrt(ctx: Any, incomplete: str) -> list[str]:  # the context class is typer's own copy of click's
    """The names of the graph on the command line, found by a pattern: broken documents complete too."""
    # while --wrt waits for its value the graph is still among the unparsed words
    graph = ctx.params.get("graph") or next(iter(ctx.args), None)
    if not graph or graph == "-":
        return []
    from stepper.read.files import find_bundled, own_file
    from stepper.read.sections import GRAPH

    path = own_file(graph) or find_bundled(graph)
    if path is None:
        return []
    text = path.read_bytes()[:COMPLETED_BYTES].decode("utf-8", "replace").split("\nanswers:")[0]
    *done, last = incomplete.split(",")
    before = "".join(f"{word}," for word in done)
    sections = {*GRAPH, "index", "from", "to"}
    names = dict.fromkeys(re.findall(r"(?:^|[{,]\s*|^\s+)\"?([^\W\d][\w]*(?:\[\d+\])?)\"?\s*:", text, re.MULTILINE))
    names |= dict.fromkeys(re.findall(r"([^\W\d]\w*)\s*->", text))
    return [
        before + name
        for name in [*(name for name in names if name not in sections), "all", "parameters"]
        if name.startswith(last)
    ]
