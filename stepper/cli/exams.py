"""The commands of the bundled exams."""

from __future__ import annotations

from typing import Annotated

import typer

from stepper.cli.names import complete_graph
from stepper.cli.options import writes
from stepper.cli.output import Output
from stepper.errors import Problem, StepperError
from stepper.solution import Solution

exams = typer.Typer(add_completion=False, rich_markup_mode=None, help="The bundled exams.")


@exams.callback(invoke_without_command=True)
def exams_default(ctx: typer.Context) -> None:
    """The bundled exams."""
    if ctx.invoked_subcommand is None:
        list_()


def _names() -> list[str]:
    """Every bundled document: graphs and tasks, then listings."""
    from stepper.read.files import documents, listings

    return sorted(
        [name for name, _ in documents()] + [name for name, _ in listings()], key=lambda name: name.split("/")[0]
    )


@exams.command("list")
@writes
def list_(*, out: Output) -> None:
    """List the bundled exams."""
    from stepper.engine.answers.listing import list_exams
    from stepper.read.outline import outlines

    out.write(Solution(list_exams((entry.name, entry.title, entry.items) for entry in outlines())))


@exams.command()
@writes
def show(
    name: Annotated[str, typer.Argument(help="A bundled document or an exam item.", autocompletion=complete_graph)],
    *,
    out: Output,
) -> None:
    """A bundled document, its items, their answers, and the published solution."""
    from stepper.engine.answers.exams import Document, show_exam
    from stepper.read.bundled import load_document
    from stepper.read.files import read_text

    subject, items, path = load_document(name)
    chosen_items = tuple(item for item in items if item.name == name) or items
    document = read_text(path, name).split("\nanswers:")[0]
    out.write(Solution(show_exam(Document(name, subject, chosen_items), document)))


@exams.command()
@writes
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Documents or items; default: all.", autocompletion=complete_graph)
    ] = None,
    *,
    out: Output,
) -> None:
    """Work out every answer again and compare. Exit 1 if one differs, 2 if one cannot be worked out."""
    from stepper.engine.answers.exams import check_exams
    from stepper.read.bundled import load_document

    found = []
    for name in names or _names():
        subject, items, _ = load_document(name)
        found += [(subject, item) for item in items if item.name == name or name not in [entry.name for entry in items]]
    if not found:
        raise StepperError(
            Problem("there are no answers to check", hint="a document's answers are listed under 'answers:'")
        )
    derivation, error = check_exams(found)
    out.write(Solution(derivation))
    if error is not None:
        raise error
    if any(item.ok is False for item in derivation.checks):
        raise typer.Exit(1)
