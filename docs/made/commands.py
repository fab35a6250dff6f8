"""Pages of commands, from the commands themselves: what their help says, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from typing import Any

import typer

from stepper.cli.app import app
from stepper.cli.options import WRITING

OF_ALL = "Options that every command has, for how it is written"


@cache
def commands() -> dict[str, Any]:
    """Every command by its name, those of a group as ``exams list``."""
    found: dict[str, Any] = {}
    for name, command in _root().commands.items():
        inside = getattr(command, "commands", None)
        found |= {f"{name} {inner}": below for inner, below in inside.items()} if inside else {name: command}
    return found


@cache
def _root() -> Any:
    return typer.main.get_command(app)


def names() -> list[str]:
    return list(commands())


def overview() -> str:
    """Each command with its first line, and what calls it."""
    rows = [
        f"| [`stepper {name}`]({_file(name)}) | {command.help.splitlines()[0]} |"
        for name, command in commands().items()
    ]
    return "\n".join(["| command | does |", "| --- | --- |", *rows])


def _file(name: str) -> str:
    group, _, inner = name.partition(" ")
    return f"{group}.md#{group}-{inner}" if inner else f"{name}.md"


def page(name: str) -> str:
    """How a command is called, what it takes, and what is said of how it writes."""
    command = commands()[name]
    context = command.context_class(command, info_name=f"stepper {name}")
    own, shared = [], []
    for part in command.get_params(context):
        (shared if part.name in WRITING else own).append(part)
    arguments = [part for part in own if part.param_type_name == "argument"]
    options = [part for part in own if part.param_type_name == "option" and part.name != "help"]
    usage = " ".join([f"stepper {name}", *command.collect_usage_pieces(context)])
    lines = [escape(command.help).replace("\n", " "), "", f'<pre class="usage"><code>{escape(usage)}</code></pre>', ""]
    for title, parts in (("Arguments", arguments), ("Options", options)):
        if parts:
            lines += [
                f"**{title}**" if " " in name else f"## {title}",
                "",
                *listed(part.get_help_record(context) for part in parts),
                "",
            ]
    written = listed(part.get_help_record(context) for part in shared)
    return "\n".join([*lines, f"<details><summary>{OF_ALL}</summary>", *written, "</details>"])


def listed(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Names and what is said of them, as a list of definitions."""
    yield '<dl class="options">'
    for name, said in records:
        yield f"<dt><code>{escape(name)}</code></dt><dd>{escape(said)}</dd>"
    yield "</dl>"
