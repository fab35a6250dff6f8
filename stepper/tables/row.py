"""The form of a row. Its formulas are strings in the formula language, parsed when first used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from stepper.tables.meaning import Meaning

Bend: TypeAlias = Literal["", "up", "down"]
Kind: TypeAlias = Literal["number", "list", "class"]
"""What a parameter takes; a class is an integer known beforehand, counted from 1 unless a convention says otherwise."""


class Variant(Struct, frozen=True):
    """One of several definitions that textbooks give under the same name; chosen by a convention."""

    value: str
    partials: Mapping[str, str]
    says: str
    unit: str = ""


class FunctionRow(Struct, frozen=True):
    """One function, activation or loss.

    In the formulas stand the parameters and these names: ``out`` is the function's own value, so that a derivative can
    be given in the node's own terms (``out*(1 - out)``); for parameters that are lists, ``n`` is their length, ``k``
    the list 1, 2, ..., n, ``j`` the element (counted from 1) that a partial derivative is for, and ``rest`` the list
    without it; ``pi`` is the number. A ``where`` compares so that its left side grows with the argument: left of a kink
    is where it is smaller.

    Attributes:
        parameters: ``x, alpha=0.01``; a list is written ``x[]``, and ``x[...]`` where its elements may also stand alone
            as arguments, as in ``max(a, b)``; the number of a class is written ``y:class``.
        value: the definition; empty where the function is primitive (``machine``) or joins a list (``fold``).
        partials: by parameter; where one is missing the definition is differentiated.
        symbol: how its name is typeset; with … in it, signs on both sides of the argument.
        inverse: the argument ``x`` by the value, as a formula in ``x``: ``log(x)`` for exp.
        positive: are its values above 0, whatever the argument? ``nonnegative``: are they 0 or more?
        bends: up, so that it is convex, or down, so that it is concave, wherever it is defined.
        by_exp: a primitive by exponentials, as a formula.
        machine: a primitive's name in Python (``math``, then the built-in functions), the same in mpmath.
        sympy: its name in SymPy, where that is another.
        rational: does a primitive make rational numbers of rational numbers?
        kink: where the slope, or the value, changes from one side to the other: ``x == 0``, several joined by ``or``. A
            condition on the elements ``x[i]`` of a list is a kink where two or more of them meet it. A row that is
            differentiated from its definition has the kinks of what stands in there.
        picks: a function that is one of its arguments: what that one is among two, and among more (``larger,
            largest``).
        jumps: does a primitive jump where its argument is an integer?
        exact: arguments at which a primitive's value is rational, and that value.
        nests: is what a primitive rounds the same where it is rounded twice, integers being added and below it:
            ``floor((floor(x) + m)/n) = floor((x + m)/n)``, and ``floor(x + m) = floor(x) + m``?
        stops: does no gradient go back through it, though its value changes with its argument?
        domain: what must hold of the parameters; it is shown, and told where there is no value, and refuses nothing by
            itself.
        fold: ``+`` or ``*``, the operator that joins the elements of the list.
        element: the result is a list as long as the first parameter, and ``value`` its element ``i``.
        listed: the row that takes over where the last argument is a list.
        stable: forms that stay accurate in floating point, by parameter; ``""`` for the value itself.
        unfolds: shown by its definition in worked solutions (losses, sums), not by its name alone.
        backward: what a convention sends back in place of the gradient, by its name; ``G`` is what arrives.
        variants: the definitions a convention can choose; the first is the default.
        convention: the row whose convention chooses among them, where it is not this one's own.
        unit: of a measure of information, the unit in which it always is.
        takes: by parameter what a loss takes it for.
        target: the parameter that is the target; the first is the prediction.
        applies: the function that a loss of logits applies to them itself.
        gives: what the values of an activation are.
        says: what else is to be said; ``{counted}`` is how classes are counted.
    """

    name: str
    parameters: str
    source: str
    value: str = ""
    partials: Mapping[str, str] = field(default_factory=dict)
    symbol: str = ""
    inverse: str = ""
    positive: bool = False
    nonnegative: bool = False
    bends: Bend = ""
    by_exp: str = ""
    machine: str = ""
    exact: Mapping[str, str] = field(default_factory=dict)
    domain: str = ""
    sympy: str = ""
    rational: bool = False
    kink: str = ""
    picks: str = ""
    jumps: bool = False
    nests: bool = False
    stops: bool = False
    fold: str = ""
    element: bool = False
    listed: str = ""
    stable: Mapping[str, str] = field(default_factory=dict)
    unfolds: bool = False
    variants: Mapping[str, Variant] = field(default_factory=dict)
    convention: str = ""
    unit: str = ""
    takes: Mapping[str, Meaning] = field(default_factory=dict)
    target: str = ""
    applies: str = ""
    gives: Meaning | None = None
    backward: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    says: str = ""

    def signature(self) -> tuple[tuple[str, str, Kind], ...]:
        """Each parameter: its name, its default as a formula (empty for none), and its kind."""
        found: list[tuple[str, str, Kind]] = []
        for part in self.parameters.split(","):
            name, _, default = (piece.strip() for piece in part.partition("="))
            kind: Kind = "list" if name.endswith("]") else "class" if name.endswith(":class") else "number"
            found.append((name.partition("[")[0].partition(":")[0], default, kind))
        return tuple(found)

    @property
    def gathers(self) -> bool:
        """May the elements of its one list stand alone as arguments?"""
        return self.parameters.endswith("[...]")
