"""The ``answers`` section: exam items with the values stepper must reach, and what was published.

What is wrong in it is told of its item, when that is checked: a document is worked whatever its answers say.
"""

from __future__ import annotations

from typing import cast

from stepper.core.exam import Case, Item, Published, Verdict
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, nearest
from stepper.read.located import Map, Scalar, Seq, Tree

PARTS = ("with", "values", "cases", "published", "beside")
PUBLISHED = ("with", "values", "steps", "ok", "error")
VERDICTS = ("true", "partial", "false")
ALONE = "answers"
"""The item of answers that stand in the section without one."""


def read_items(tree: Tree | None) -> tuple[Item, ...]:
    """Reads every item: a mapping of answers, or ``with``, ``values``, ``cases`` and ``published``; answers alone are
    one item.
    """
    if tree is None:
        return ()
    if not isinstance(tree, Map):
        what = Problem("'answers:' is a mapping of exam items, or of answers", tree.place, "answers: {L: 0.25}")
        return (Item(ALONE, (), None, tree.place, (what,)),)
    alone: list[tuple[Scalar, Tree]] = [(key, value) for key, value in tree.entries if not isinstance(value, Map)]
    items = [_item(key, value) for key, value in tree.entries if isinstance(value, Map)]
    return (*([_item(Scalar(ALONE, tree.place), Map(alone, tree.place))] if alone else []), *items)


def _item(key: Scalar, tree: Map) -> Item:
    problems: list[Problem] = []
    names = [name.text for name, _ in tree.entries]
    if any(name in PARTS for name in names):
        problems += _unknown(tree, PARTS, f"the item '{key.text}'")
    published = _published(tree.get("published"), problems)
    cases = tree.get("cases")
    calculations = cases.items if isinstance(cases, Seq) else [tree]
    found = tuple(_case(calculation, problems) for calculation in calculations)
    beside = tree.get("beside")
    return Item(
        key.text, found, published, key.place, tuple(problems), beside.text if isinstance(beside, Scalar) else ""
    )  # fmt: skip


def _unknown(tree: Map, parts: tuple[str, ...], owner: str) -> list[Problem]:
    """What is none of the parts that something has."""
    return [
        Problem(
            f"'{name.text}' is not a part of {owner}",
            name.place,
            nearest(name.text, parts) or f"it has {', '.join(parts)}",
        )
        for name, _ in tree.entries
        if name.text not in parts
    ]


def _case(tree: Tree, problems: list[Problem]) -> Case:
    if not isinstance(tree, Map):
        problems.append(Problem("a case has 'with:' and 'values:'", tree.place))
        return Case({})
    values = tree.get("values")
    if values is None and tree.get("with") is None and tree.get("published") is None:
        return Case(_formulas(tree, problems), {}, _places(tree))
    return Case(_formulas(values, problems), _texts(tree.get("with"), problems), _places(values))


def _published(tree: Tree | None, problems: list[Problem]) -> Published | None:
    if tree is None:
        return None
    if not isinstance(tree, Map):
        problems.append(Problem(f"'published:' has {', '.join(PUBLISHED)}", tree.place))
        return None
    problems += _unknown(tree, PUBLISHED, "'published:'")
    ok, error = tree.get("ok"), tree.get("error")
    verdict = ok.text if isinstance(ok, Scalar) else None
    if ok is not None and verdict not in VERDICTS:
        problems.append(Problem(f"'ok:' is one of {', '.join(VERDICTS)}", ok.place))
        verdict = None
    reason = " ".join(error.text.split()) if isinstance(error, Scalar) else ""
    values, steps = _formulas(tree.get("values"), problems), _formulas(tree.get("steps"), problems)
    if verdict not in (None, "true") and not (reason or values or steps):
        problems.append(
            Problem(
                "a published mistake is described by its 'values:', its 'steps:', or in words by 'error:'", tree.place
            )
        )
    places = _places(tree.get("values")) | _places(tree.get("steps"))
    settings = _texts(tree.get("with"), problems)
    return Published(values, cast("Verdict | None", verdict), reason, steps, places, settings)


def _formulas(tree: Tree | None, problems: list[Problem]) -> dict[str, str]:
    """Answers by their keys, which are formulas; one that is none is told of."""
    found = _texts(tree, problems)
    for key, _ in tree.entries if isinstance(tree, Map) else ():
        try:
            parse(key.text)
        except FormulaError as error:
            problems.append(error.within(key.place))
            found.pop(key.text, None)
    return found


def _texts(tree: Tree | None, problems: list[Problem]) -> dict[str, str]:
    if tree is None:
        return {}
    if not isinstance(tree, Map) or any(isinstance(value, Map) for _, value in tree.entries):
        problems.append(Problem("entries of the form 'name: value' are expected here", tree.place))
        return {}
    return {key.text: _written(value) for key, value in tree.entries}


def _places(tree: Tree | None) -> dict[str, Place]:
    return {key.text: value.place for key, value in tree.entries} if isinstance(tree, Map) else {}


def _written(tree: Tree) -> str:
    """A formula, or a list of them as one."""
    if isinstance(tree, Seq):
        return f"[{', '.join(_written(item) for item in tree.items)}]"
    return tree.text if isinstance(tree, Scalar) else ""
