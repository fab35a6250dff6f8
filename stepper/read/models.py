"""Which model of a source file is meant: the one that is asked for, the one that is made, or the last.

Which was taken is said.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct

from stepper.errors import Place, Problem, StepperError, nearest
from stepper.read.constants import Values
from stepper.read.items import Listing

USUAL = ("model", "net", "network")
"""Names by which a file that makes several models calls the one that it is about."""


class Made(Struct, frozen=True):
    """A variable that holds a model: the name of its class, or its own; ``call`` is what makes it."""

    model: str
    call: ast.Call | None = None


def made_models(tree: ast.Module, known: Sequence[str]) -> dict[str, Made]:
    """Variables that hold one of the known models: ``model = A(3)``, ``net = A().to(device)``, ``model = a``; the
    last of a name counts.
    """
    found: dict[str, Made] = {}
    for node in sorted((node for node in ast.walk(tree) if isinstance(node, ast.Assign)), key=lambda node: node.lineno):
        target, value = node.targets[0], node.value
        if not isinstance(target, ast.Name):
            continue
        if isinstance(value, ast.Name) and (value.id in found or value.id in known):
            found[target.id] = found.get(value.id, Made(value.id))
        call = _making(value, known)
        if call is not None:
            found[target.id] = call
    return found


def _making(value: ast.expr, known: Sequence[str]) -> Made | None:
    """``A(3)``, also with methods called on it."""
    while isinstance(value, ast.Call):
        match value.func:
            case ast.Name(id=name) if name in known:
                return Made(name, value)
            case ast.Attribute(value=inner):
                value = inner
            case _:
                return None
    return None


def chosen(
    listing: Listing, models: Sequence[str], variables: Mapping[str, Made], inner: Sequence[str], origin: str
) -> Made:
    """The model that is meant; ``inner`` are models that others are built of.

    Raises:
        StepperError: where one is asked for that is not there.
    """
    asked = listing.model
    if asked is not None and asked not in models and asked not in variables:
        known = [*models, *(name for name in variables if name not in models)]
        hint = nearest(asked, known) or f"models here: {', '.join(known)}"
        raise StepperError(Problem(f"--model {asked}: there is no such model", Place(origin), hint))
    usual = [name for name in USUAL if name in variables]
    whole = [name for name in models if name not in inner] or [*models]
    if asked is not None:
        found, why = variables.get(asked, Made(asked)), ""
        if asked in models and asked not in variables:  # asked for by its class: as the file makes it
            found = next((made for made in variables.values() if made.model == asked), found)
    elif usual:
        found, why = variables[usual[0]], f"it is the file's '{usual[0]}'"
    elif variables:
        name = [*variables][-1]
        found, why = (
            variables[name],
            "it is the last" if name == variables[name].model else f"'{name}' is the last that is made",
        )
    else:
        found, why = Made(whole[-1]), "it is the last"
    others = [name for name in models if name != found.model]
    if others and why and len(whole) > 1:
        listing.said[(f"the model is {found.model}, since {why}; --model takes another: {', '.join(others)}",)] = None
    return found


def say_values(used: Values, listing: Listing) -> None:
    """The names that stood for a value, and that value, as the file or the command line gives it."""
    told = [f"{name} = {ast.unparse(value)}" for name, value in used.items() if name not in listing.letters]
    if told:
        listing.said[(f"in the file: {', '.join(told)}",)] = None
