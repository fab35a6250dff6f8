"""What must hold of ``labels:``: each is a label of something in the document, and no two names print alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from stepper.core.expr import Call, Expr
from stepper.core.labels import printed
from stepper.core.traverse import walk
from stepper.errors import Place, Problem, nearest

MOST_NAMED = 12


def strangers(
    labelled: Mapping[str, Place], names: Collection[str], formulas: Iterable[Expr | None]
) -> Iterator[Problem]:
    """Labels of what is neither a quantity, nor an entry of one, nor a function that is called."""
    known = {*names, *(name.partition("[")[0] for name in names)}
    missing = [name for name in labelled if name.partition("[")[0] not in known]
    if not missing:
        return
    called = {part.name.rstrip("'") for expr in formulas if expr for part in walk(expr) if isinstance(part, Call)}
    for name in missing:
        if name not in called:
            listed = ", ".join([*names][:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
            what = f"'{name}' has a label, but nothing here has this name"
            yield Problem(what, labelled[name], nearest(name, known) or f"names: {listed}")


def alike(names: Iterable[str], labels: Mapping[str, str], places: Mapping[str, Place]) -> Iterator[Problem]:
    """Names that would print alike: h1, h_1 and h[1]."""
    seen: dict[object, str] = {}
    for name in names:
        base, _, inside = name.partition("[")
        own = labels.get(name)
        key = printed(own) if own else printed(labels.get(base, base), inside.rstrip("]"))
        if key in seen:
            what = f"'{name}' and '{seen[key]}' would print alike"
            yield Problem(what, places.get(name), "rename one, or give it a label under 'labels:'")
        seen.setdefault(key, name)
