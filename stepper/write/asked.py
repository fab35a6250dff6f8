"""What is asked for: sizes, settings, an activation and a loss, as they are typed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.tables.documents import LOSSES_CALLED, LOSSES_OF_NETS, Template
from stepper.tables.functions import FUNCTIONS
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME

NONE = ("", "none", "linear", "identity")
"""How it is said that there is no activation."""
LARGEST = 10_000
_PLACEHOLDER = "activation"
_CALLED = re.compile(r"(?P<name>[\w-]+)\s*[=(](?P<settings>[^()]*)\)?")


class Activation(Struct, frozen=True):
    """A function of one number, or of a list of them, with the settings that are given: ``leaky_relu:0.5``."""

    row: FunctionRow
    settings: tuple[str, ...] = ()

    @property
    def of_list(self) -> bool:
        """Does it take all neurons of a layer together?"""
        return self.row.signature()[0][2] == "list"

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that are given, by their names."""
        return tuple(name for name, _, _ in self.row.signature()[1 : len(self.settings) + 1])

    def of(self, argument: str, settings: Iterable[str] | None = None) -> str:
        """The function of an argument, as a formula."""
        given = self.settings if settings is None else settings
        return f"{self.row.name}({', '.join((argument, *given))})"


def activation_of(word: str, option: str) -> Activation | None:
    """The function that an option names; None where it says that there is none.

    Raises:
        StepperError: where there is no such function, or its settings do not fit.
    """
    if word.strip().casefold() in NONE:
        return None
    name, *given = word.split(":")
    known = activations()
    row = _row(name, known)
    if row is None:
        called = _CALLED.fullmatch(word.strip())
        row = _row(called["name"], known) if called else None
        if called and row is not None:
            after = called["settings"].strip()
            what = f"{option}: '{word}': the settings of an activation come after a colon"
            raise StepperError(Problem(what, hint=f"write {row.name}{f':{after}' if after else ''}"))
        hint = nearest(name, known) or "such as relu, leaky_relu:0.5, sigmoid, tanh, softmax, or none"
        raise StepperError(Problem(f"{option}: '{name}' is not an activation", hint=hint))
    settings = tuple(part.strip() for one in given for part in one.split(","))
    signature = row.signature()[1:]
    if len(settings) > len(signature):
        told = ", ".join(setting for setting, _, _ in signature) or "none"
        has = f"{len(signature) or 'no'} setting{'' if len(signature) == 1 else 's'}"
        what = f"{option}: {row.name} has {has}, but here {'is' if len(settings) == 1 else 'are'} {len(settings)}"
        hint = f"its settings: {told}"
        if len(signature) == 1 and re.fullmatch(r"-?[0-9]+,[0-9]+", given[0].strip()):
            hint = f"decimals have a point: {row.name}:{given[0].strip().replace(',', '.')}"
        raise StepperError(Problem(what, hint=hint))
    for setting in settings:
        if _number(setting) is None:
            hint = f"a number such as 0.5 or 1/2 comes after the colon: {row.name}:0.5"
            raise StepperError(Problem(f"{option}: '{setting}' is not a number", hint=hint))
    return Activation(row, settings)


def _row(word: str, known: Collection[str], called: Mapping[str, str] = {}) -> FunctionRow | None:
    """The row of a name among those that are known, in the spelling of PyTorch, Keras or a textbook too."""
    rows = {_folded(name): row for name, row in BY_ANY_NAME.items() if row.name in known}
    rows |= {_folded(name): BY_ANY_NAME[meant] for name, meant in called.items()}
    folded = _folded(word)
    return rows.get(folded) or rows.get(folded.removesuffix("loss"))


def _folded(name: str) -> str:
    """A name without what its spellings differ in.

    >>> _folded("Leaky-ReLU"), _folded("cross_entropy")
    ('leakyrelu', 'crossentropy')
    """
    return re.sub(r"[-_\s]", "", name).casefold()


def _number(word: str) -> object:
    try:
        return number_of(parse(word))
    except FormulaError:
        return None


def activations() -> list[str]:
    """The functions of any number, or of a list, that let a gradient through, and whose settings have defaults."""
    names = []
    for row in FUNCTIONS:
        (first, _, kind), *others = row.signature()
        everywhere = not re.search(rf"\b{first}\b", row.domain) and not row.stops
        defined = all(default and other == "number" for _, default, other in others)
        if (kind == "number" or row.element) and everywhere and defined and row.partials.get(first) != "0":
            names.append(row.name)
    return names


def loss_named(word: str) -> FunctionRow:
    """The row of a loss.

    Raises:
        StepperError: where there is none of this name.
    """
    row = _row(word, LOSSES_OF_NETS, LOSSES_CALLED)
    if row is None:
        hint = nearest(word, LOSSES_OF_NETS) or f"one of {', '.join(LOSSES_OF_NETS)}"
        raise StepperError(Problem(f"--loss: '{word}' is not a loss of a prediction and a target", hint=hint))
    return row


def sizes_of(word: str) -> tuple[int, ...]:
    """The layers of a fully connected network: ``2-3-2``.

    Raises:
        StepperError: where a size is missing, is no number or is none that a layer has.
    """
    found: list[int] = []
    column = 1
    for part in re.split(r"[-–—]", word):
        place = Place("sizes", 0, column, max(1, len(part)), word)
        column += len(part) + 1
        if not part.strip():
            hint = "the numbers of neurons with hyphens between them, the inputs first: 2-3-2"
            raise StepperError(Problem("a size is missing", place, hint))
        if not (part.strip().isdecimal() and part.isascii()):
            raise StepperError(Problem(f"'{part}' is not a number of neurons", place, "such as 2-3-2"))
        if not 1 <= int(part) <= LARGEST:
            raise StepperError(Problem(f"a layer has 1 to {LARGEST:,} neurons, not {part}", place, "such as 2-3-2"))
        found.append(int(part))
    if len(found) < 2:
        what = f"'{word}' is one layer, and a network has at least inputs and outputs"
        raise StepperError(Problem(what, hint=f"such as {word}-3-2"))
    return tuple(found)


def check_several(output: Activation | None, count: int) -> None:
    """Raises StepperError where an activation of several outputs would have one alone."""
    if output is not None and output.of_list and count == 1:
        what = f"--output: {output.row.name} compares outputs, and of one output it is always the same number"
        raise StepperError(Problem(what, hint="two outputs or more; for one output sigmoid is usual"))


def settings_of(template: Template, kind: str, given: Mapping[str, object]) -> dict[str, int]:
    """The settings of a kind, as it is typed, with what is given for them.

    Raises:
        StepperError: for a name that it has not, or what is no whole number.
    """
    found = template.defaults()
    for name, value in given.items():
        if name not in found:
            has = f"{kind} has {', '.join(found)}" if found else f"{template.called} have no settings"
            raise StepperError(Problem(f"--set {name}: {kind} has no '{name}'", hint=nearest(name, found) or has))
        if not (str(value).strip().isdecimal() and 1 <= int(str(value)) <= template.most):
            raise StepperError(
                Problem(f"--set {name}: a whole number from 1 to {template.most} is expected, not {value}")
            )
        found[name] = int(str(value))
    return found


def with_activation(formula: str, activation: Activation | None) -> str:
    """A row's formula with the function that was chosen in the place of ``activation(...)``, with which it begins."""
    if not formula.startswith(_PLACEHOLDER):
        return formula
    inside = formula.removeprefix(_PLACEHOLDER)[1:-1]
    return inside if activation is None else activation.of(inside)
