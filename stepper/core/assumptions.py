"""What a derivation takes as given: shapes, distributions, independence, facts."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from stepper.core.derivation_parser import Statement
from stepper.core.expr import Expr
from stepper.core.prose import Prose


class Law(Struct, frozen=True):
    """A distribution with its parameters: ``N(0, s^2)`` is ``normal`` with the mean 0 and the variance s^2."""

    name: str
    arguments: tuple[Expr, ...]


class Given(Struct, frozen=True):
    """What is taken as given; everything not said here is arbitrary.

    Attributes:
        shapes: ``X: n x d``, by letters or numbers; ``()`` is a number. Names that are not here are numbers.
        laws: the distribution of each random quantity that has one; entries of a family ``w[j]`` are alike.
        independent: groups of names; the members of one group are independent of one another, and so are their entries.
        everything_independent: ``--given independent``.
        facts: equations and inequalities: ``E[w] = 0``, ``0 < p < 1``.
        traits: what is said of a name in a word: ``symmetric``, ``active``, ``integer``, ``constant``.
        random: the names that are random quantities.
        definitions: what a name stands for: ``z = w*x``; of a function ``F'`` its derivative.
        said: what is given, line by line in words and formulas.
    """

    shapes: Mapping[str, tuple[Expr, ...]] = field(default_factory=dict)
    laws: Mapping[str, Law] = field(default_factory=dict)
    independent: tuple[tuple[str, ...], ...] = ()
    everything_independent: bool = False
    facts: tuple[Statement, ...] = ()
    traits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    random: frozenset[str] = frozenset()
    definitions: Mapping[str, Expr] = field(default_factory=dict)
    said: tuple[Prose, ...] = ()
