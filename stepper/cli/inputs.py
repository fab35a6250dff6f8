"""What several commands begin and end with: the graph that is asked for, and whether all that was written is proved."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stepper.core.graph import ArrayGraph
from stepper.errors import Problem, StepperError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepper.core.expr import Expr
    from stepper.core.graph import Graph
    from stepper.core.steps import Derivation


def asked_graph(
    name: str | None, expression: str | None, values: Sequence[str] | Mapping[str, Expr] | None, convention: list[str] | None,
    gates: bool, also: Iterable[str] = (),
) -> Graph:  # fmt: skip
    """The graph that the options every graph command has ask for. ``also`` are further names that the call might have meant."""
    from stepper.engine.graph.options import with_conventions
    from stepper.read.bundled import load_graph
    from stepper.read.given import assigned, with_told
    from stepper.read.program import read_program

    if (name is None) == (expression is None):
        what = "a graph is missing" if name is None else "a graph is given twice, as a document and with -e"
        raise StepperError(Problem(what, hint="give a path, a bundled exam such as tum-2022/6, or -e 'q = x + y; f = q*z'"))
    told = values if isinstance(values, Mapping) else assigned(values or ())
    read = load_graph(name, told) if name is not None else read_program(expression or "", "-e", told)
    read = with_conventions(with_told(read, told, also=also), convention or ())
    of_numbers(read, gates=gates)
    if gates:
        from stepper.engine.graph.gates import split

        return split(read)
    return read


def of_numbers(graph: Graph, **options: object) -> None:
    """Options that belong to graphs of numbers, and are not followed for arrays.

    Raises:
        StepperError: where one is given for a graph of arrays.
    """
    given = [name for name, value in options.items() if value]
    if given and isinstance(graph, ArrayGraph):
        what = f"--{given[0].replace('_', '-')} belongs to graphs of numbers, and this one holds arrays"
        raise StepperError(Problem(what, hint="without it; or name the entries one by one"))


def proved(derivation: Derivation) -> None:
    """Ends with 3 where a check does not agree, or a proof that was asked for is not found."""
    if any(check.ok is False for check in derivation.checks):
        sys.stderr.write("error: a check does not agree; the values above are not proved\n")
        raise typer.Exit(3)
    if unproved := [check.of for check in derivation.checks if check.unproved]:
        sys.stderr.write(f"error: not proved: {', '.join(unproved)}; the checks say why\n")
        raise typer.Exit(3)


def is_listing(name: str) -> bool:
    """Does a name mean a network listing, by its suffix or as a bundled one? A text file may hold the assignments of a graph as well."""
    from stepper.read.files import find_bundled, find_listing, own_file, read_text
    from stepper.read.pasted import holds_no_layers

    path, own = Path(name), own_file(name)
    if path.suffix.lower() == ".txt" or own is not None:
        return path.suffix.lower() == ".txt" and not (own is not None and holds_no_layers(read_text(own, name)))
    return find_bundled(name) is None and find_listing(name) is not None


def check_command(words: Sequence[str]) -> None:
    """Is a file, or a bundled document, named where a command belongs?

    Raises:
        StepperError: where it is; the hint is the call that was meant.
    """
    name = words[0] if words else ""
    if name.isidentifier() or name.startswith("-"):  # as commands and options are
        return
    from stepper.read.files import find_bundled, find_listing, own_file, read_text

    path = own_file(name) or find_bundled(name) or find_listing(name)
    if path is None:
        return
    command = _command_for(path, read_text(path, name)).format(name=name)
    kind = "a file" if own_file(name) is not None else "a bundled document"
    raise StepperError(Problem(f"'{name}' is {kind}, and a command is missing before it", hint=f"stepper {command}"))


def _command_for(path: Path, text: str) -> str:
    """What one would do with a file, by what it holds."""
    from stepper.read.dialect import looks_like_layer_list, looks_like_module, looks_like_task, looks_printed
    from stepper.read.pasted import looks_like_program

    if looks_like_task(text):
        return "optim {name}"
    network = any(looks(text) for looks in (looks_like_module, looks_like_layer_list, looks_printed))
    if network or (path.suffix.lower() == ".txt" and not looks_like_program(text)):
        return "shapes {name}"
    return "backprop {name} --wrt all, or: stepper forward {name}"
