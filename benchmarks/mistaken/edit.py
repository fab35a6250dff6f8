"""A mistake: one line of a script edited, with the names that fit it and how common it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mistaken.script import Net, users

Put = str | Callable[[str, str, Net], str]
INDEX = r"(?:\d|\[[\w-]+\])?"
"""What may follow a letter: a number, or a step."""


@dataclass(frozen=True)
class Edit:
    """In a line whose left side is ``on``, ``find`` in the right side becomes ``put``.

    Attributes:
        names: what the mistake may be called; ``convention`` where the number is also right under another convention.
        common: 5 for what every class makes, 1 for what is rare.
        put: the replacement, or what gives the whole right side, from the left side, the right side and the net.
        act: the activations for which it is a mistake, as a pattern.
        kinds: the kinds of net, as a pattern.
    """

    names: tuple[str, ...]
    common: int
    on: str
    find: str
    put: Put
    act: str = r".*"
    kinds: str = r".*"
    part: str = ""

    @property
    def label(self) -> str:
        return f"{self.part}: {self.names[0]}"


@dataclass(frozen=True)
class Instance:
    """An edit at one place of one script."""

    edit: Edit
    line: int
    edited: str

    def lines(self, net: Net) -> tuple[str, ...]:
        return (*net.lines[: self.line], self.edited, *net.lines[self.line + 1 :])


def instances(net: Net, edits: tuple[Edit, ...]) -> list[Instance]:
    """Every edit at every place of a script where it changes the text."""
    found: dict[tuple[int, str], Instance] = {}
    for place, line in enumerate(net.lines):
        left, equals, right = line.partition(" = ")
        if not equals or right.startswith("steps("):
            continue
        for edit in edits:
            if not (re.fullmatch(edit.kinds, net.kind) and re.fullmatch(edit.act, net.act)):
                continue
            if not re.fullmatch(edit.on, left.strip()):
                continue
            for match in re.finditer(edit.find, right):
                put = match.expand(edit.put) if isinstance(edit.put, str) else edit.put(left.strip(), right, net)
                whole = not isinstance(edit.put, str)
                new = put if whole else right[: match.start()] + put + right[match.end() :]
                if new and new != right:
                    found.setdefault((place, f"{edit.label} {new}"), Instance(edit, place, f"{left} = {new}"))
    return list(found.values())


def places(net: Net, instance: Instance) -> set[str]:
    """What the place of a mistake may be called: the quantity, what is worked out from it, its step, its layer."""
    left, _, right = net.lines[instance.line].strip().partition(" = ")
    if net.kind == "shapes":
        return layers_of(left) or layers_of(right)
    inner = left.removeprefix("dL_d").removesuffix("_new")
    found = {left, inner}
    if left.startswith("dL_d"):
        found |= users(net.lines).get(inner, set())
    if inner.startswith("_"):
        found |= {"L", *re.findall(r"\byhat\d", " ".join(net.lines))}
    found |= set(re.findall(r"dL_d([\w\[\]]+)", right)) - set(re.findall(r"dL_d([\w\[\]]+)", instance.edited))
    if net.kind == "optimizer":  # what stood in the line and stands in it no more
        stood = r"[a-z]\w*\[t[^\]]*\]"
        found |= set(re.findall(stood, right)) - set(re.findall(stood, instance.edited))
    fused = net.unsure and any(re.fullmatch(net.unsure, part) for part in found)
    found |= {part.replace("z", "h") for part in found} if fused else set()
    loop = "[t" in left
    named = {net.name(name) for part in found for name in at_steps(part) if not part.startswith("_")}
    named |= {inner.partition("[")[0]} if loop else set()
    if net.kind in ("optimizer", "rnn"):
        steps = {match[1] for name in named for match in re.finditer(r"\[(\d)\]", name)}
        named |= steps | {f"step {step}" for step in steps}
    return named | ({"update"} if left.endswith("_new") else set())


def layers_of(text: str) -> set[str]:
    """The layers that names end in: ``p_a`` is of a, ``params_total`` of all; the helper ``_c`` is of none."""
    return set(re.findall(r"(?<=\w)_([a-h]|total)\b", text))


def at_steps(name: str) -> list[str]:
    """A name in a loop as it is at each step."""
    if "[t" not in name:
        return [name]
    return [name.replace("[t-1]", f"[{step - 1}]").replace("[t]", f"[{step}]") for step in (1, 2, 3)]


def placed(said: list[str], accepted: set[str], optional: bool) -> bool:
    """Is one of the places said that of the mistake: its node, an entry of it, an edge to it, a path through it?"""
    for place in said:
        parts = [part.strip() for part in re.split(r"->|→", place)]
        ends = parts[1:] if len(parts) == 2 else parts
        if accepted & {*ends, *(part.partition("[")[0] for part in ends)}:
            return True
    return optional and not said
