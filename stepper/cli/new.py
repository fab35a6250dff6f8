"""The command that writes documents anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from stepper.cli.names import complete_activation, complete_kind, complete_loss
from stepper.cli.options import InputOption
from stepper.errors import Problem, StepperError


def new(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="Layer sizes such as 2-3-2, or a kind such as rnn; without it the kinds are listed.",
            autocompletion=complete_kind,
        ),
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Further arguments of the kind: SHAPE LAYERS for cnn, NAME for optimizer."),
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            "--activation",
            help="Activation of the hidden layers, e.g. relu or leaky_relu:0.5 (the slope); or none.",
            autocompletion=complete_activation,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", help="Activation of the outputs, e.g. softmax.", autocompletion=complete_activation),
    ] = None,
    loss: Annotated[
        str | None, typer.Option("--loss", help="The loss: mse, cross_entropy, bce, ...", autocompletion=complete_loss)
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="The number of steps, in time or of an optimizer.")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option("--objective", help="The objective to minimize, e.g. 'theta^2', instead of given gradients."),
    ] = None,
    arrays: Annotated[
        bool | None, typer.Option("--arrays/--scalars", help="A matrix for each layer, or a name for each weight.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Settings of the kind, e.g. hidden=3; --list shows them.")
    ] = None,
    values: Annotated[
        str, typer.Option("--values", help="blank, or pleasant: numbers easy to calculate by hand.")
    ] = "blank",
    seed: Annotated[
        int | None, typer.Option("--seed", help="With --values pleasant: choose a different set of numbers.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Write down the layers of a model in Python: --from model.py.")
    ] = None,
    input_shape: InputOption = None,
    model: Annotated[str | None, typer.Option("--model", help="With --from: the class, or what makes it.")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for the numbers in order.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", "-o", help="Write to this file; an existing file is not overwritten.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With -o: overwrite an existing file.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the kinds.")] = False,
) -> None:
    """Write a document: a network given its layer sizes, a recurrent network, an exercise for an optimizer."""
    from stepper.api.documents import blank, check_seed, check_values, finished, pleasant
    from stepper.cli.asking import filled
    from stepper.saving import check_new, write_new
    from stepper.write.compose import Request, kinds

    if source is not None:
        _written_down(source, input_shape, model, file, force)
        return
    if listed or kind is None:
        sys.stdout.write(kinds())
        return
    if output is not None and Path(output).suffix in (".yaml", ".yml"):
        raise StepperError(Problem(f"--output is the outputs' activation, and not '{output}'", hint=f"-o {output}"))
    if ask and values != "blank":
        raise StepperError(Problem("--ask asks for the numbers that --values draws", hint="give one of them"))
    if force and file is None:
        raise StepperError(Problem("--force overwrites a file, and none is given", hint="-o net.yaml"))
    check_values(values)
    if file is not None:
        check_new(file, force)
    page = blank(
        Request(kind, words or (), activation, output, loss, steps, objective, arrays, _settings(settings or ()))
    )
    check_seed(seed, values)
    if values != "blank":
        page = pleasant(page, 1 if seed is None else seed)
    whole = True
    if ask:
        # questions stand on standard output only where somebody reads them there, and nothing else is written to it
        asked = filled(page, sys.stdout if file is not None and sys.stdin.isatty() else sys.stderr)
        page, whole = asked.page, asked.done
    document = finished(page, "" if file is None else str(file))
    if file is not None:
        write_new(file, document.encode("utf-8"), force)
    else:
        sys.stdout.write(document)
    if ask and file is not None:
        following = "".join(f"  {line}\n" for line in page.commands(str(file)))
        sys.stdout.write(f"Wrote {file}. Next:\n{following}" if whole else f"Wrote {file}.\n")


def _written_down(source: str, shape: str | None, model: str | None, file: Path | None, force: bool) -> None:
    """The layers of a model."""
    from stepper.api.documents import from_source
    from stepper.saving import write_new

    document = from_source(source, shape, model=model)
    if file is None:
        sys.stdout.write(document)
    else:
        write_new(file, document.encode("utf-8"), force)


def _settings(words: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Settings as they are typed: ``hidden=3,inputs=2``."""
    found = {}
    for part in (part for word in words for part in word.split(",") if part.strip()):
        name, sign, value = part.partition("=")
        if not sign:
            raise StepperError(Problem(f"--set {part.strip()}: this is not name=number", hint="such as --set hidden=3"))
        found[name.strip()] = value.strip()
    return found
