"""What is typed on a line: numbers, and names with numbers."""

from __future__ import annotations

import re

from stepper.errors import FormulaError, Problem, StepperError

_SEPARATED = re.compile(r"\s+|;|,(?=\D)|,$")
"""What stands between numbers on a line; a comma in front of a digit may be one in a decimal."""


def words_of(line: str) -> list[tuple[str, str, str]]:
    """Names, the sign between, and numbers; the first two are empty where a number has no name.

    >>> words_of("1, -2"), words_of("W[1, 2] = 5")
    ([('', '', '1'), ('', '', '-2')], [('W[1,2]', '=', '5')])
    """
    line = re.sub(r"\s*(?:=|(?<=\w|\]):)\s*", "=", line)
    if "[" in line and "=" not in line:
        line = re.sub(r"[\[\],]", " ", line)
    line = re.sub(r"\[[^\[\]]*\](?==)", lambda found: re.sub(r"\s", "", found[0]), line)
    return [word.rpartition("=") for word in _SEPARATED.split(line) if word]


def numbered(count: int, more: str = "") -> str:
    """So many numbers, in words.

    >>> numbered(1), numbered(2, "more ")
    ('1 number', '2 more numbers')
    """
    return f"{count:,} {more}number{'' if count == 1 else 's'}"


def number_in(word: str) -> str:
    """A number as it is typed.

    Raises:
        StepperError: where it is none.
    """
    from stepper.core.formula import number_of
    from stepper.core.parser import parse
    from stepper.read.mend import decimal_of

    try:
        if number_of(parse(word)) is not None:
            return word
    except FormulaError:
        pass
    decimal = decimal_of(word)
    hint = f"decimals have a point: {decimal}" if decimal else "such as -2, 0.5 or 1/3"
    raise StepperError(Problem(f"'{word}' is not a number", hint=hint))
