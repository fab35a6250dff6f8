"""Graphs and values as Python has them: numbers, fractions, lists, whatever has ``__array__``, sections as keywords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from os import PathLike
from typing import Any

from stepper.core.arrays import Shape
from stepper.core.expr import Array, Expr, Number, Sym
from stepper.core.formula import asked_name, number_of, text
from stepper.core.names import GREEK, canonical
from stepper.core.numbers import Rounding
from stepper.core.patterns import later
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.given import entries_of, value_of
from stepper.read.located import Map, Scalar, Seq, Tree

TAKEN = "a number, a fraction, a list, an array, or a formula as text"


MOST_CARRIED = 15
_ROUNDING = later(r"\s*(?P<digits>[0-9]{1,2})\s*(?P<significant>sf)?[\s,]*(?P<even>half[-_ ]even)?\s*")


def spelled(value: object) -> str | list[Any]:
    """A value as a document writes it; of an array its rows.

    >>> from fractions import Fraction
    >>> spelled(Fraction(1, 3)), spelled([0.5, -2])
    ('1/3', ['0.5', '-2'])

    Raises:
        StepperError: where it is no number, formula or list of such.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, PathLike):
        return str(value)
    if isinstance(value, Expr):
        return text(value)
    if isinstance(value, bool) or value is None:
        raise StepperError(Problem(f"{value!r} is not a number", hint=TAKEN))
    if hasattr(value, "__array__"):  # NumPy's arrays and numbers, and what other libraries have
        return spelled(value.__array__().tolist())
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Rational):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return [spelled(item) for item in value]
    raise StepperError(Problem(f"{type(value).__name__} is not taken as a value", hint=TAKEN))


def expr_of(value: object) -> Expr:
    """A value as a formula."""
    if isinstance(value, Expr):
        return value
    written = spelled(value)
    return Array(tuple(map(expr_of, written))) if isinstance(written, list) else value_of(written)


def told_of(values: Mapping[str, object]) -> dict[str, Expr]:
    """Names and values, as ``--set`` has them.

    Raises:
        StepperError: for what is no name, or no value.
    """
    found: dict[str, Expr] = {}
    for name, value in values.items():
        try:
            found[asked_name(name)] = expr_of(value)
        except FormulaError as error:
            raise StepperError(error.within(Place(name, 0, 1, 1, str(value)))) from None
    return found


def arrays_of(values: Mapping[str, object]) -> dict[str, Any]:
    """Arrays by their names, as they are; lists of numbers are exact, as they are spelled.

    Raises:
        StepperError: for a list that holds something else.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        if hasattr(value, "__array__"):
            found[name] = value
            continue
        shape, entries = entries_of(expr_of(value))
        if None in entries or (isinstance(value, list | tuple) and not shape):
            raise StepperError(Problem(f"weights: '{name}' is not an array of numbers", hint="rows of equal lengths"))
        found[name] = nested(iter(entries), shape)
    return found


def nested(entries: Iterator[Any], shape: Shape) -> Any:
    """Numbers row after row as lists in lists."""
    return [nested(entries, shape[1:]) for _ in range(shape[0])] if shape else next(entries)


def document_of(sections: Mapping[str, object]) -> Map:
    """A document whose sections are given as keywords."""
    return _map(sections, "st.graph(...)")


def _map(entries: Mapping[str, object], source: str) -> Map:
    place = Place(source)
    return Map([(Scalar(str(key), place), _tree(value, source)) for key, value in entries.items()], place)


def _tree(value: object, source: str) -> Tree:
    if isinstance(value, Mapping):
        return _map(value, source)
    if value is None:
        return Scalar("", Place(source))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Seq([_tree(item, source) for item in value], Place(source))
    written = spelled(value)
    return Scalar(written, Place(source)) if isinstance(written, str) else _rows(written, source)


def _rows(written: list[Any], source: str) -> Tree:
    return Seq(
        [_rows(item, source) if isinstance(item, list) else Scalar(item, Place(source)) for item in written],
        Place(source),
    )


def text_of(number: object) -> str:
    """A number as an option has it.

    Raises:
        StepperError: for a list.
    """
    written = spelled(number)
    if isinstance(written, list):
        raise StepperError(Problem(f"{number!r} is a list, but one number is expected"))
    return written


def number_given(option: str, value: object) -> Number:
    """The exact number of an option.

    Raises:
        StepperError: where it is none.
    """
    try:
        number = number_of(expr_of(value))
    except FormulaError as error:
        raise StepperError(error.within(Place(option, 0, 1, 1, str(value)))) from None
    if number is None:
        raise StepperError(
            Problem(f"{option} takes a number or a letter, but got '{value}'", hint="such as 0.1, 1/10 or eta")
        )
    return Fraction(number)


def rounding_of(words: int | str) -> Rounding:
    """How to round after every step: ``3`` decimals, ``3sf`` significant digits; ``3 half-even``.

    >>> rounding_of("3sf")
    Rounding(digits=3, significant=True, even=False)

    Raises:
        StepperError: where it is something else.
    """
    found = _ROUNDING.fullmatch(str(words))
    digits = int(found["digits"]) if found else -1
    if found is None or not (1 if found["significant"] else 0) <= digits <= MOST_CARRIED:
        what = f"--round-steps {words}: this is not a way to round"
        hint = f"3 for three decimals, 3sf for three significant digits (up to {MOST_CARRIED}); '3 half-even'"
        raise StepperError(Problem(what, hint=hint))
    return Rounding(digits, bool(found["significant"]), bool(found["even"]))


def rate_given(option: str, value: object) -> Number | Sym:
    """A learning rate: a number, or a letter, which stays one.

    Raises:
        StepperError: where it is neither.
    """
    if (
        isinstance(value, str)
        and (name := canonical(value.strip()))
        and name.isidentifier()
        and (len(name) == 1 or name in (*GREEK, "lr"))
    ):
        return Sym(name)
    return number_given(option, value)


def listed(value: object) -> str | None:
    """A value or a list as an option has it: ``[1, 2]``, ``w=1,b=2``."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return ",".join(f"{name}={listed(part)}" for name, part in value.items())
    written = spelled(value)
    return str(written).replace("'", "") if isinstance(written, list) else written


def assignments_of(values: Mapping[str, object] | Sequence[str] | None) -> list[str]:
    """Values as ``--set`` has them, each ``name=value``; words that are so already stay."""
    if isinstance(values, Mapping):
        return [f"{name}={listed(value)}" for name, value in values.items()]
    return list(values or ())
