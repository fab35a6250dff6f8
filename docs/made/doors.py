"""The Python API, from its signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import stepper
from docs.made.commands import commands
from stepper.spelling import KEYWORDS

WIDEST = 78
STARS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def functions() -> str:
    """Each function: how it is called, its docstring, what its keywords are."""
    named = [name for name in stepper.__all__ if inspect.isfunction(getattr(stepper, name))]
    return "\n".join(line for name in named for line in _function(name, getattr(stepper, name)))


def _function(name: str, function: Any) -> Iterator[str]:
    yield f"\n### st.{name}\n"
    yield f"```python\n{_call(name, inspect.signature(function))}\n```\n"
    yield documented(inspect.getdoc(function) or "")
    if name in commands():
        yield from _keywords(name, inspect.signature(function))


def _call(name: str, signature: inspect.Signature) -> str:
    """The call with names and defaults, broken over lines of equal indent."""
    parts, stars = [], False
    for part in signature.parameters.values():
        if part.kind is part.KEYWORD_ONLY and not stars:
            parts.append("*")
            stars = True
        default = (
            ""
            if part.default is part.empty
            else f"={part.default!r}"
            if not callable(part.default)
            else f"={part.default.__name__}"
        )
        stars = stars or part.kind is part.VAR_POSITIONAL
        parts.append(STARS.get(part.kind, "") + part.name + default)
        if part.kind is part.POSITIONAL_ONLY:
            parts.append("/")
    indent = " " * len(f"st.{name}(")
    lines = [f"st.{name}(" if parts else f"st.{name}()"]
    for place, part in enumerate(parts):
        piece = part + (", " if place + 1 < len(parts) else ")")
        if len(lines[-1]) + len(piece) > WIDEST:
            lines.append(indent)
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def _keywords(name: str, signature: inspect.Signature) -> Iterator[str]:
    """The keywords that are options of the command too, with what the command says of them."""
    yield f"\nKeywords that [`stepper {name}`](commands/{name}.md) has as options:\n"
    yield "| keyword | is |"
    yield "| --- | --- |"
    for part in commands()[name].params:
        option = max(part.opts, key=len).removeprefix("--")
        keyword = KEYWORDS.get(option, "").partition("=")[0]
        if keyword in signature.parameters:
            yield f"| `{keyword}` | {part.help.replace('|', '&#124;')} |"


def classes() -> str:
    """Each class: its docstring, what it holds and what it does."""
    named = [name for name in stepper.__all__ if inspect.isclass(getattr(stepper, name))]
    return "\n".join(line for name in named for line in _class(name, getattr(stepper, name)))


def _class(name: str, kind: type) -> Iterator[str]:
    yield f"\n### {name}\n"
    yield documented(inspect.getdoc(kind) or "")
    for member, value in vars(kind).items():
        if member.startswith("_"):
            continue
        said = inspect.getdoc(value.func if isinstance(value, cached_property) else value)
        if inspect.isfunction(value):
            arguments = (
                str(inspect.signature(value)).partition(" ->")[0].replace("(self, ", "(").replace("(self)", "()")
            )
            yield f"\n**`.{member}{_bare(arguments)}`**\n"
            yield documented(said or "")
        elif isinstance(value, property | cached_property):
            yield f"\n**`.{member}`**\n"
            yield documented(said or "")


def _bare(arguments: str) -> str:
    """Arguments without their types."""
    return re.sub(r": [^,=)]+(?: = )?", lambda found: "=" if found[0].endswith("= ") else "", arguments).replace(
        "'", ""
    )


def documented(doc: str) -> str:
    """A docstring as Markdown: its examples in blocks, its sections as lists."""
    doc = re.sub(r"``([^`]+)``", r"`\1`", doc)
    parts = []
    for part in re.split(r"\n\n+", doc):
        head, _, rest = part.partition("\n")
        if part.startswith(">>>"):
            parts.append(f"```python\n{part}\n```")
        elif head in ("Raises:", "Attributes:"):
            items = re.split(r"\n(?=\w)", inspect.cleandoc(rest))
            parts.append(f"{head}\n\n" + "\n".join("- " + _item(item) for item in items))
        else:
            parts.append(part)
    return "\n\n".join(parts) + "\n"


def _item(item: str) -> str:
    name, _, said = item.partition(": ")
    return f"`{name}`: " + " ".join(said.split())
