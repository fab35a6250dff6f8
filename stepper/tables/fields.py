"""The rules of derivations by what they are about, in the order in which a reader is shown them."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.tables.theorem import Theorem
from stepper.tables.theorems import (
    APART,
    BY_EXPONENTIALS,
    DEFINITIONS,
    DERIVATIVES,
    EXPECTATION,
    EXPONENTIALS,
    INEQUALITIES,
    INTEGRALS,
    LOGARITHMS,
    MOMENTS,
    OPPOSITES,
    PROBABILITY,
    SUMS,
    VARIANCE,
)
from stepper.tables.theorems_of_matrices import (
    COLLECTING,
    DEFINITENESS,
    LINEAR,
    PRODUCTS,
    READ_OFF,
    TO_A_JACOBIAN,
    TO_A_ROW,
    TO_A_TRACE,
)

FIELDS: Mapping[str, tuple[Theorem, ...]] = {
    "Derivatives": (*DERIVATIVES, *DEFINITIONS),
    "Sums over an index": (*SUMS, *APART),
    "Expectation": (*EXPECTATION, *MOMENTS),
    "Variance and covariance": VARIANCE,
    "Probability": PROBABILITY,
    "Integrals": INTEGRALS,
    "Inequalities": INEQUALITIES,
    "Exponentials": (*EXPONENTIALS, *BY_EXPONENTIALS, *OPPOSITES),
    "Logarithms": LOGARITHMS,
    "Differentials": (*LINEAR, *PRODUCTS),
    "Products and traces of matrices": tuple(dict.fromkeys((*COLLECTING, *TO_A_TRACE, *TO_A_ROW, *TO_A_JACOBIAN))),
    "Gradients from differentials": READ_OFF,
    "Definite matrices": DEFINITENESS,
}
