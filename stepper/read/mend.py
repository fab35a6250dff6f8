"""Slips in YAML: which line it is, what was expected, and the line mended.

A mend is told only if the document reads on after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from stepper.core.patterns import later
from stepper.errors import Place, Problem

LONGEST_TRIED = 200_000
"""Characters of a document that is read again to try a mend."""
_QUOTE = 'quote the formula: "..."'
_ENTRY = r"(?P<indent>\s*)(?P<name>[\"']?[^\W\d][\w\[\]-]*[\"']?)"
_NO_BLANK = later(rf"{_ENTRY}:(?P<rest>[^\s:].*)")
_ASSIGNED = later(rf"{_ENTRY}\s*=(?!=)\s*(?P<rest>.*)")
_NO_COLON = later(rf"{_ENTRY}\s+(?P<rest>-?[\d.]+)\s*")
_CLOSING = {"{": "}", "[": "]", "(": ")", '"': '"', "'": "'"}


class Mend(Struct, frozen=True):
    """A line (from 0) as it should be, and what is wrong with it from a column (from 0) on."""

    what: str
    line: int
    column: int
    mended: str


def entry_of(line: str) -> tuple[str, str] | None:
    """A line that was to be ``name: value``: what it lacks, and how it reads then.

    >>> entry_of("  z = w*x")
    ('an entry of a document is written with a colon, not with =', '  z: w*x')
    >>> entry_of("w:0.5")
    ('a space belongs after the colon', 'w: 0.5')
    """
    told = (
        (_NO_BLANK, "a space belongs after the colon"),
        (_ASSIGNED, "an entry of a document is written with a colon, not with ="),
        (_NO_COLON, "a colon belongs between a name and its value"),
    )
    for pattern, what in told:
        if match := pattern.fullmatch(line):
            rest = match["rest"].strip()
            quoted = rest if not re.search(r": |[{}\[\]#,&*!|>%@`]", rest[:1]) and ": " not in rest else f'"{rest}"'
            return what, f"{match['indent']}{match['name']}: {quoted}"
    return None


def mended(line: str) -> str:
    """The hint that gives a line as it should be."""
    return f"write '{line.rstrip()}'"


def decimal_of(text: str) -> str | None:
    """A number with a decimal comma, or a space beside the decimal point, as it should be.

    >>> decimal_of("0,1"), decimal_of("1. 5"), decimal_of("1,2,3")
    ('0.1', '1.5', None)
    """
    match = re.fullmatch(r"\s*([-+]?\d+)\s*[.,]\s*(\d+)\s*", text)
    return f"{match[1]}.{match[2]}" if match else None


def broken(error: object, source: str, lines: Sequence[str]) -> Problem:
    """What is told where YAML cannot be read on."""
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    line = min(getattr(mark or context, "line", 0), len(lines) - 1)
    first = (line, getattr(mark, "column", 0))
    for mend in _mends(lines, line, getattr(context, "line", line), getattr(context, "column", 0)):
        if mend.mended != lines[mend.line] and _reads_on(lines, mend, first):
            place = Place(source, mend.line + 1, mend.column + 1, 1, lines[mend.line])
            return Problem(mend.what, place, mended(mend.mended))
    what = str(getattr(error, "problem", "") or "this is not YAML").strip()
    return Problem(
        f"this is not valid YAML: {what}", Place(source, line + 1, first[1] + 1, 1, lines[line]), _hint(lines[line])
    )


def _hint(text: str) -> str:
    if "\t" in text:
        return "indent with spaces, not tabs"
    if any(f": {sign}" in text for sign in "|[{*&@%>`!"):
        return f"a formula that begins with a special character needs quotes; {_QUOTE}"
    return f"': ' inside a formula needs quotes; {_QUOTE}" if text.count(": ") > 1 else ""


def _mends(lines: Sequence[str], line: int, opened: int, column: int) -> Iterator[Mend]:
    """What the slip may be, the likeliest first."""
    near = dict.fromkeys(number for number in (line, _before(lines, line), opened) if 0 <= number < len(lines))
    for number in near:
        text = lines[number]
        bare = text.lstrip()
        if "\t" in text[: len(text) - len(bare)]:
            yield Mend(
                "lines are indented with spaces, not tabs",
                number,
                0,
                text[: len(text) - len(bare)].replace("\t", "  ") + bare,
            )
        yield from _latex(text, number)
        yield from _unclosed(text, number, column if number == opened else None)
        if (entry := entry_of(text)) is not None:
            yield Mend(entry[0], number, max(0, len(text) - len(bare)), entry[1])
        yield from _quoted(text, number)
    yield from _indented(lines, line)


def _latex(text: str, number: int) -> Iterator[Mend]:
    """LaTeX between double quotes, where YAML reads backslashes, or in a mapping between braces, which it reads too."""
    if '"' in text and "\\" in text:
        changed = re.sub(r'"([^"\']*\\[^"\']*)"', r"'\1'", text)
        what = r"in double quotes YAML reads backslashes: LaTeX belongs in single quotes"
        yield Mend(what, number, text.index('"'), changed)
    inside = re.fullmatch(r"(?P<head>[^{]*\{)(?P<entries>.*)(?P<end>\}\s*)", text)
    if inside and re.search(r"[\\^_]", inside["entries"]):
        parts = re.findall(r"((?:[^,{}]|\{[^{}]*\})+)(,|$)", inside["entries"])
        entries = "".join(_single(part) + comma for part, comma in parts)
        what = "inside { } a label in LaTeX belongs in single quotes"
        yield Mend(what, number, inside.end("head"), inside["head"] + entries + inside["end"])


def _single(entry: str) -> str:
    """An entry of a mapping, its value in single quotes where it has braces."""
    name, colon, value = entry.partition(": ")
    return f"{name}{colon}'{value.strip()}'" if "{" in value and "'" not in value else entry


def _unclosed(text: str, number: int, column: int | None) -> Iterator[Mend]:
    """A bracket or a quotation mark that is opened and never closed."""
    waiting: list[int] = []
    for place, character in enumerate(text):
        if waiting and text[waiting[-1]] in "\"'":
            waiting = waiting[:-1] if character == text[waiting[-1]] else waiting
        elif character in "\"'([{":
            waiting.append(place)
        elif waiting and character == _CLOSING[text[waiting[-1]]]:
            waiting.pop()
    if waiting:
        closing = "".join(_CLOSING[text[place]] for place in reversed(waiting))
        first = waiting[0] if column is None or column not in waiting else column
        yield Mend(f"{text[first]} is never closed", number, first, text.rstrip() + closing)


def _quoted(text: str, number: int) -> Iterator[Mend]:
    """A formula that YAML reads otherwise unless it is between quotation marks."""
    match = re.fullmatch(r"(?P<head>\s*[^:]+:\s+)(?P<rest>[^\"'].*)", text)
    if match:
        what = "a formula that holds ': ', or begins with a special character, needs quotation marks"
        quote = "'" if "\\" in match["rest"] else '"'
        yield Mend(what, number, match.start("rest"), f"{match['head']}{quote}{match['rest'].strip()}{quote}")


def _indented(lines: Sequence[str], line: int) -> Iterator[Mend]:
    """A line that begins further right or left than those it belongs to."""
    text = lines[line]
    own = len(text) - len(text.lstrip())
    before = {len(other) - len(other.lstrip()): number for number, other in enumerate(lines[:line]) if other.strip()}
    for width in sorted(before, key=lambda width: (abs(width - own), -width)):
        what = f"this line is indented by {own}, and the lines that it belongs to by {width}"
        yield Mend(what, line, max(0, own - 1), " " * width + text.lstrip())


def _before(lines: Sequence[str], line: int) -> int:
    """The last line before one that holds something."""
    return next((number for number in range(line - 1, -1, -1) if lines[number].strip()), -1)


def _reads_on(lines: Sequence[str], mend: Mend, first: tuple[int, int]) -> bool:
    """Is the document read beyond the mistake once a line is mended?"""
    import yaml

    if sum(map(len, lines)) > LONGEST_TRIED:
        return False
    changed = [*lines[: mend.line], mend.mended, *lines[mend.line + 1 :]]
    try:
        for _ in yaml.parse("\n".join(changed), Loader=getattr(yaml, "CLoader", yaml.Loader)):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return mark is not None and mark.line > max(first[0], mend.line)
    except yaml.YAMLError:
        return False
    return True
