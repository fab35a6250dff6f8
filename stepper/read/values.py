"""Small pieces of a document: numbers, choices, and what YAML makes of a comma."""

from __future__ import annotations

from stepper.errors import Place, Problem, nearest
from stepper.read.located import Scalar, Tree
from stepper.tables.table import CONVENTIONS


def is_rest_of_formula(key: Scalar, value: Tree) -> bool:
    """Is this entry the end of a formula that YAML split at a comma inside { }?"""
    closed = key.text.count(")") > key.text.count("(") or key.text.count("]") > key.text.count("[")
    return (
        closed and "{" in key.place.text and (isinstance(value, Scalar) and (not value.text or "(" in key.place.text))
    )


def check_convention(
    name: str, choice: str, problems: list[Problem], key: Place | None, value: Place | None
) -> tuple[str, str]:
    """A convention's name and choice; problems are told."""
    if name not in CONVENTIONS:
        problems.append(
            Problem(
                f"'{name}' is not a convention",
                key,
                nearest(name, CONVENTIONS) or f"conventions: {', '.join(CONVENTIONS)}",
            )
        )
    elif choice not in CONVENTIONS[name]:
        choices = ", ".join(CONVENTIONS[name])
        problems.append(Problem(f"'{choice}' is not a choice for {name}", value, f"choices: {choices}"))
    return name, choice
