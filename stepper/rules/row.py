"""The form of a row. Its formulas are strings in the formula language, parsed when first used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several definitions that textbooks give under the same name; chosen by a convention."""

    value: str
    partials: Mapping[str, str]
    says: str


@dataclass(frozen=True, slots=True)
class Function:
    """One function, activation or loss.

    In the formulas stand the parameters and these names: ``out`` is the function's own value, so that a derivative can be
    given in the node's own terms (``out*(1 - out)``); for parameters that are lists, ``n`` is their length and ``j`` the
    element (counted from 1) that a partial derivative is for.

    Attributes:
        parameters: ``x, alpha=0.01``; a list is written ``x[]``.
        value: the definition; empty where the function is primitive (``machine``) or joins a list (``fold``).
        partials: by parameter; where one is missing the definition is differentiated.
        machine: a primitive's name, the same in Python's ``math``, in mpmath and in SymPy.
        exact: arguments at which a primitive's value is rational, and that value.
        domain: what must hold of the parameters.
        fold: ``+`` or ``*``, the operator that joins the elements of the list.
        stable: forms that stay accurate in floating point, by parameter; ``""`` for the value itself.
        unfolds: shown by its definition in worked solutions (losses, sums), not by its name alone.
        variants: the definitions a convention can choose; the first is the default.
    """

    name: str
    parameters: str
    source: str
    value: str = ""
    partials: Mapping[str, str] = field(default_factory=dict)
    symbol: str = ""
    machine: str = ""
    exact: Mapping[str, str] = field(default_factory=dict)
    domain: str = ""
    fold: str = ""
    stable: Mapping[str, str] = field(default_factory=dict)
    unfolds: bool = False
    variants: Mapping[str, Variant] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    says: str = ""

    def signature(self) -> tuple[tuple[str, str, bool], ...]:
        """Each parameter: its name, its default as a formula (empty for none), whether it is a list."""
        found = []
        for part in self.parameters.split(","):
            name, _, default = (piece.strip() for piece in part.partition("="))
            found.append((name.removesuffix("[]"), default, name.endswith("[]")))
        return tuple(found)
