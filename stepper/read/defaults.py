"""Lines that hold for a family of layers: ``All convolution filters have size 3x3 and stride 1``, ``default Conv2d:
padding=1``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Num, Sym
from stepper.core.formula import text as written
from stepper.errors import Place, Problem
from stepper.read.calls import row_named, settings_of
from stepper.read.collect import Collected
from stepper.tables.layer import SYMBOLS
from stepper.tables.layers import BY_LAYER_NAME

UNKNOWN = Sym("?")
_FAMILIES = (
    (r"\bconv(?:olution)?(?:s|al|2d)?\b", r"Conv\d[dD]", "convolutions"),
    (r"\bmax[- ]?pool(?:ing|s|ings)?\b", r"MaxPool(?:ing)?\d[dD]", "max pools"),
    (r"\b(?:average|avg|mean)[- ]?pool(?:ing|s|ings)?\b", r"(?:Avg|Average)Pool(?:ing)?\d[dD]", "average pools"),
    (r"\bpool(?:ing|s|ings)?\b", r"(?:Max|Avg|Average)Pool(?:ing)?\d[dD]", "pools"),
)
"""How a family is named in a sentence, the rows that are of it, and how it is named in what is said."""

_SENTENCES = (
    ("k", r"(?:of )?(?:size |kernel(?: size)? |window )?(?:of |is |= ?)?(?P<value>\d+ ?[x×] ?\d+)"),
    ("k", r"(?:kernel|window)(?: size)? (?:of |is |= ?)?(?P<value>\d+)"),
    ("s", r"strides? ?(?:of |is |= ?)?(?P<value>\d+(?: ?[x×] ?\d+)?)"),
    ("p", r"(?:zero[- ])?pad(?:ding|s)? ?(?:of |is |= ?)?(?P<value>\d+|same\b|valid\b)"),
    ("p", r"(?P<value>same|valid) (?:zero[- ])?padding"),
    ("p", r"(?P<value>no|without) (?:zero[- ])?padding"),
)
_FILLERS = re.compile(
    r"all|every|each|the|an?|of|with|and|have|has|is|are|uses?|using|used|filters?|kernels?|layers?|sizes?|windows?|in|this|network|net|"
    r"unless|otherwise|stated|said|default|by|operations?|their|that|here|below|above"
)
_BEGINS = re.compile(
    r"(?:all|every|each|by default|default)\b|[a-z][a-z\- ]* (?:is|are|have|has|use|uses)\b", re.IGNORECASE
)
_NAMED = re.compile(r"default\s+(\w+)\s*:\s*(.*)", re.IGNORECASE)
_WORDS: Mapping[str, str] = {"k": "kernel", "s": "stride", "p": "padding"}


class Default(Struct, frozen=True):
    """Settings, by their symbols, of the rows whose names match."""

    rows: str
    settings: Mapping[str, Expr]


class Defaults:
    """Collects such lines, and puts their settings in where a layer does not give them itself."""

    def __init__(self, listing: Collected) -> None:
        self.listing = listing
        self.found: list[Default] = []

    def read(self, text: str, place: Place) -> bool:
        """A line that holds for a family of layers; false where it is none."""
        if not _BEGINS.match(text):
            return False
        named = _NAMED.fullmatch(text)
        row = row_named(named[1]) if named else None
        if named and row is not None:
            given = settings_of(row, named[2], place, self.listing.problems)
            self.keep(
                f"{row.name} layers",
                re.escape(row.name),
                {SYMBOLS.get(name, name): value for name, value in given.items()},
            )
            return True
        family = next((family for family in _FAMILIES if re.search(family[0], text, re.IGNORECASE)), None)
        if family is None:
            return False
        settings, left = _settings(re.sub(family[0], " ", text, count=1, flags=re.IGNORECASE))
        if left or not settings:
            what = f"this line is not understood: '{left[0]}'" if left else "this line gives no setting"
            self.listing.problems.append(
                Problem(what, place, "as: All convolutions have size 3x3, stride 1 and padding 1")
            )
        else:
            self.keep(family[2], family[1], settings)
        return True

    def keep(self, family: str, rows: str, settings: Mapping[str, Expr]) -> None:
        self.found.append(Default(rows, settings))
        given = ", ".join(f"{_WORDS.get(name, name)} {_shown(value)}" for name, value in settings.items())
        self.listing.said[(f"{family} that do not say it themselves: {given}",)] = None

    def apply(self) -> None:
        """Puts the settings in; the last line that gives one holds."""
        for place, layer in enumerate(self.listing.layers if self.found else ()):
            row = BY_LAYER_NAME.get(layer.kind)
            settings = dict(layer.settings)
            for default in reversed(self.found):
                if row is not None and re.fullmatch(default.rows, row.name):
                    for name, _, _ in row.signature():
                        value = default.settings.get(SYMBOLS.get(name, name))
                        if value is not None and settings.get(name, UNKNOWN) == UNKNOWN:
                            settings[name] = value
            if settings != layer.settings:
                self.listing.layers[place] = replace(layer, settings=settings)


def _settings(text: str) -> tuple[dict[str, Expr], list[str]]:
    """The settings that a sentence gives, and the words that are not understood."""
    left = " ".join(re.sub(r"[.,;:]", " ", text).lower().split())
    settings: dict[str, Expr] = {}
    for name, sentence in _SENTENCES:
        found = re.search(rf"(?:^|(?<= )){sentence}", left)
        if found and name not in settings:
            settings[name] = _value(found["value"])
            left = left[: found.start()] + " " + left[found.end() :]
    return settings, [word for word in left.split() if not _FILLERS.fullmatch(word)]


def _value(text: str) -> Expr:
    numbers = [str(int(number[:9])) for number in re.findall(r"\d+", text)]
    if not numbers:
        return Num("0") if text in ("no", "without") else Sym(text)
    return Num(numbers[0]) if len(set(numbers)) == 1 else Array(tuple(map(Num, numbers)))


def _shown(value: Expr) -> str:
    return "x".join(map(_shown, value.items)) if isinstance(value, Array) else written(value)
