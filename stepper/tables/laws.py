"""Distributions: one row each, with mean, variance and moments as formulas of the parameters."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class LawRow(Struct, frozen=True):
    """Attributes:
    spellings: how it is written before its parameters: ``x ~ N(mu, s^2)``.
    parameters: their letters, in order.
    needs: what must hold of them.
    mean, variance: by the parameters.
    moments: ``E[x^k]`` by the power k, as a number or ``k`` for any whole one.
    density, low, high: of a continuous one, at ``x``, and from where to where; ``mass`` of a discrete one at x.
    about: what it is symmetric about; empty where it is not.
    indicator: are its values 0 and 1?
    """

    name: str
    spellings: tuple[str, ...]
    parameters: tuple[str, ...]
    mean: str
    variance: str
    source: str
    needs: tuple[str, ...] = ()
    moments: Mapping[str, str] = field(default_factory=dict)
    density: str = ""
    low: str = ""
    high: str = ""
    mass: str = ""
    about: str = ""
    indicator: bool = False
    says: str = ""


_SOURCE = "Wasserman, All of Statistics, 2004, sections 2.3, 2.4 and 3.4"

LAWS: tuple[LawRow, ...] = (
    LawRow(
        "bernoulli", ("Bernoulli", "Ber", "B"), ("p",), "p", "p*(1 - p)", _SOURCE, ("0 <= p", "p <= 1"), {"k": "p"},
        mass="p^x*(1 - p)^(1 - x)", low="0", high="1", indicator=True, says="1 with probability p, else 0",
    ),
    LawRow(
        "normal", ("N", "Normal", "Gaussian"), ("m", "v"), "m", "v", _SOURCE, ("v > 0",),
        {"2": "m^2 + v", "3": "m^3 + 3*m*v", "4": "m^4 + 6*m^2*v + 3*v^2"},
        density="exp(-(x - m)^2/(2*v))/sqrt(2*pi*v)", low="-infinity", high="infinity", about="m",
        says="the second parameter is the variance",
    ),
    LawRow(
        "uniform", ("U", "Uniform"), ("a", "b"), "(a + b)/2", "(b - a)^2/12", _SOURCE, ("a < b",),
        {"k": "(b^(k + 1) - a^(k + 1))/((k + 1)*(b - a))"}, density="1/(b - a)", low="a", high="b", about="(a + b)/2",
    ),
    LawRow(
        "exponential", ("Exp", "Exponential"), ("r",), "1/r", "1/r^2", _SOURCE, ("r > 0",), {"2": "2/r^2"},
        density="r*exp(-r*x)", low="0", high="infinity", says="the parameter is the rate",
    ),
    LawRow(
        "poisson", ("Poisson", "Pois"), ("r",), "r", "r", _SOURCE, ("r > 0",), {"2": "r + r^2"},
        says="the parameter is the mean",
    ),
)  # fmt: skip
BY_SPELLING = {spelling: row for row in LAWS for spelling in row.spellings}
BY_NAME = {row.name: row for row in LAWS}
