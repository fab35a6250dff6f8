"""The ``answers`` section: exam items with the values stepper must reach, and what was published."""

from __future__ import annotations

from typing import cast

from stepper.core.graph import Case, Item, Published, Verdict
from stepper.errors import Problem, nearest
from stepper.read.located import Map, Scalar, Seq, Tree

PARTS = ("with", "values", "cases", "published")
VERDICTS = ("true", "partial", "false")


def read_items(tree: Tree | None, problems: list[Problem]) -> tuple[Item, ...]:
    """Reads every item: a mapping of answers, or ``with``, ``values``, ``cases`` and ``published``."""
    if tree is None:
        return ()
    if not isinstance(tree, Map):
        problems.append(Problem("'answers:' is a mapping of exam items", tree.place))
        return ()
    return tuple(_item(key, value, problems) for key, value in tree.entries)


def _item(key: Scalar, tree: Tree, problems: list[Problem]) -> Item:
    if not isinstance(tree, Map):
        problems.append(Problem(f"the item '{key.text}' is a mapping of answers", tree.place))
        return Item(key.text, ())
    if any(tree.get(name) is not None for name in PARTS):
        for name, _ in tree.entries:
            if name.text not in PARTS:
                hint = nearest(name.text, PARTS) or f"an item has {', '.join(PARTS)}, or answers alone"
                problems.append(Problem(f"'{name.text}' is not a part of the item '{key.text}'", name.place, hint))
    published = _published(tree.get("published"), problems)
    cases = tree.get("cases")
    if isinstance(cases, Seq):
        return Item(key.text, tuple(_case(case, problems) for case in cases.items), published, key.place.line)
    return Item(key.text, (_case(tree, problems),), published, key.place.line)


def _case(tree: Tree, problems: list[Problem]) -> Case:
    if not isinstance(tree, Map):
        problems.append(Problem("a case has 'with:' and 'values:'", tree.place))
        return Case({})
    values = tree.get("values")
    if values is None and tree.get("with") is None and tree.get("published") is None:
        return Case(_texts(tree, problems))
    return Case(_texts(values, problems), _texts(tree.get("with"), problems))


def _published(tree: Tree | None, problems: list[Problem]) -> Published | None:
    if tree is None:
        return None
    if not isinstance(tree, Map):
        problems.append(Problem("'published:' has values, steps, ok and error", tree.place))
        return None
    ok, error = tree.get("ok"), tree.get("error")
    verdict = ok.text if isinstance(ok, Scalar) else "true"
    if verdict not in VERDICTS:
        problems.append(Problem(f"'ok:' is one of {', '.join(VERDICTS)}", ok.place if ok else tree.place))
        verdict = "true"
    reason = " ".join(error.text.split()) if isinstance(error, Scalar) else ""
    if verdict != "true" and not reason:
        problems.append(Problem("a published mistake needs 'error:', what is wrong", tree.place))
    return Published(_texts(tree.get("values"), problems), cast(Verdict, verdict), reason, _texts(tree.get("steps"), problems))


def _texts(tree: Tree | None, problems: list[Problem]) -> dict[str, str]:
    if tree is None:
        return {}
    if not isinstance(tree, Map) or any(isinstance(value, Map) for _, value in tree.entries):
        problems.append(Problem("a mapping of names to values is expected here", tree.place))
        return {}
    return {key.text: _written(value) for key, value in tree.entries}


def _written(tree: Tree) -> str:
    """A formula, or a list of them as one."""
    if isinstance(tree, Seq):
        return f"[{', '.join(_written(item) for item in tree.items)}]"
    return tree.text if isinstance(tree, Scalar) else ""
