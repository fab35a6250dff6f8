"""The commands by their names; a module is imported, and its command made, when it is called for."""

from __future__ import annotations

import sys
from collections import UserDict
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "forward": "graphs.forward",
    "backprop": "graphs.backprop",
    "shapes": "networks.shapes",
    "new": "new.new",
    "optim": "runs.optim",
    "train": "runs.train",
    "draw": "draw.draw",
    "check": "check.check",
    "derive": "derive.derive",
    "rules": "known.rules",
    "exams": "exams.exams",
}
"""Each command, in the order of the help, with the module of this folder that has it."""


class Made(UserDict[str, Any]):
    """Commands that are made when they are looked up: to make all of them takes longer than to work a small graph."""

    def __getitem__(self, name: str) -> Any:
        where = super().__getitem__(name)
        if isinstance(where, str):
            module, _, function = where.partition(".")
            self.data[name] = _made(name, getattr(import_module(f"stepper.cli.{module}"), function))
        return self.data[name]


def _made(name: str, function: Any) -> Any:
    if isinstance(function, typer.Typer):
        return typer.main.get_command(function)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command(name)(function)
    return typer.main.get_command(alone)


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Made(COMMANDS)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="stepper shows its work: worked solutions of deep-learning computations.",
)

WELCOME = """\
stepper shows its work: worked solutions of deep-learning computations.

  stepper backprop tum-2022/6 --wrt w11     a bundled exam: the gradient for one weight, step by step
  stepper backprop graph.yaml --wrt all     your own graph: all gradients
  stepper new 2-3-2 --ask -o net.yaml       your own network, without typing YAML
  stepper forward graph.yaml                the forward pass alone
  stepper backprop -e 'f = (x + y)*z' --set x=-2,y=5,z=-4 --wrt all
  stepper shapes net.txt                    a network's shape table, every number worked out
  stepper shapes -e '32x32x3 -> CONV3-64 -> POOL2 -> FC-10'
  stepper optim adam --theta 1 --grad 0.5   optimizer updates, every assignment worked out
  stepper draw tum-2022/6 --wrt w11         the graph as a picture; -o graph.svg
  stepper check tum-2022/6 'dL/dw11 = 2.5'  is it right, and if not, which mistake gives it
  stepper derive uio-2021/10b               a small algorithm, worked entry by entry
  stepper exams list                        what is bundled
  stepper rules sigmoid                     what is known of a function

  ... > notes.md                            into a file or a pipe it writes Markdown
  ... -o notes.html                         or the format of the suffix: .tex .html .svg .json
  ... --step                                step by step: predict, then look

A graph is a few lines of YAML:

  inputs: {x: 2, y: 1}
  parameters: {w: 0.5, b: 0}
  nodes:
    a: sigmoid(w*x + b)
    L: (a - y)^2

stepper --help lists the commands, stepper backprop --help the options.
"""


@app.callback(invoke_without_command=True)
def welcome(
    ctx: typer.Context, version: Annotated[bool, typer.Option("--version", "-V", help="Show the version.")] = False
) -> None:  # fmt: skip
    """Show what to type first."""
    if version:
        from stepper import __version__

        sys.stdout.write(f"stepper {__version__}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        sys.stdout.write(WELCOME)
