"""Layers as calls: ``Conv2d(1, 10, kernel_size=(3, 3))``, in PyTorch's, Keras' and papers' spelling. Parsed, never
run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from stepper.core.expr import Array, Expr, Neg, Num, Sym
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, nearest
from stepper.read.commas import split_top
from stepper.tables.keras import FRAMEWORK
from stepper.tables.layer import SYMBOLS
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import BY_LAYER_NAME

_PREFIX = re.compile(r"^(?:x\.|torch\.nn\.|nn\.|torch\.|F\.|layers\.|keras\.layers\.|tf\.keras\.layers\.|tf\.layers\.)")
_PYTORCH = re.compile(r"(?:torch\.)?nn\.|torch\.|F\.")
_WORDS: Mapping[str, Expr] = {"True": Num("1"), "False": Num("0"), "None": Sym("None"), "?": Sym("?")}
_DROPPED = frozenset(
    {"inplace", "device", "dtype", "name", "input_shape", "activation", "data_format", "kernel_initializer"}
)
_NAMED = re.compile(r"""\s*['"]?(?:[\w.]*\.)?(?P<word>[A-Za-z]\w*)['"]?\s*""")
"""A function by its name, ``'relu'`` or ``tf.nn.relu``."""
QUOTES = str.maketrans("‘’“”′″", "''\"\"'\"")


@lru_cache(maxsize=4096)
def value(text: str) -> Expr:
    """A setting's value: a number, a tuple, a word, an unknown, or arithmetic such as 64*7*7.

    Raises:
        FormulaError: where it is none of these.
    """
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] in "'\"" and text[-1:] == text[:1] and len(text) > 1:
        word = text[1:-1]
        return Sym(word.casefold() if word.casefold() in ("same", "valid") else word)
    if text[:1] in "([" and text[-1:] in ")]":
        inner = [piece for _, piece in split_top(text[1:-1]) if piece.strip()]
        if len(inner) != 1 or text.rstrip(")] ").endswith(","):
            return Array(tuple(value(piece) for piece in inner))
        return value(inner[0]) if text[0] == "(" else Array((value(inner[0]),))
    if re.fullmatch(r"-?\d+(?:\s*[x×]\s*-?\d+){1,5}", text):
        return Array(tuple(map(parse, re.findall(r"-?\d+", text))))
    return parse(text)


def row_named(name: str, keras: bool = False) -> Row | None:
    """The row of a layer, however it is prefixed; with ``keras`` a name that both frameworks have is Keras'."""
    word = _PREFIX.sub("", name.strip())
    return (
        BY_LAYER_NAME.get(f"{FRAMEWORK}.{word}") if keras and not _PYTORCH.match(name.strip()) else None
    ) or BY_LAYER_NAME.get(word)


def settings_of(row: Row, arguments: str, place: Place | None, problems: list[Problem]) -> dict[str, Expr]:
    """The settings that a call gives, by their full names; problems are told."""
    signature = row.signature()
    names = [name for name, _, _ in signature]
    by_symbol = {SYMBOLS[name]: name for name in names if name in SYMBOLS}
    found: dict[str, Expr] = {}
    position = 0
    for _, piece in split_top(arguments.translate(QUOTES)):
        if not piece.strip():
            continue
        key, sign, rest = piece.partition("=") if re.match(r"\s*[A-Za-z_]\w*\s*=(?!=)", piece) else ("", "", piece)
        key = key.strip()
        key = by_symbol.get(key, key) if key not in names else key  # as tables print it: s=2, p=1
        told = _NAMED.fullmatch(rest) if key in names else None
        if key in _DROPPED and not told:
            continue
        rest = told["word"] if told and key in _DROPPED else rest
        if sign and key not in names:
            hint = nearest(key, names) or f"{row.name} has {', '.join(names) or 'no settings'}"
            problems.append(Problem(f"{row.name} has no setting '{key}'", place, hint))
            continue
        if not sign:
            if position >= len(names):
                problems.append(
                    Problem(
                        f"{row.name} takes at most {len(names)} settings", place, f"in this order: {', '.join(names)}"
                    )
                )
                break
            key = names[position]
            position += 1
        if key in found:
            problems.append(Problem(f"'{key}' of {row.name} is given twice", place))
        if re.search(r"(?<![\d.])\d{16,}|\de\+?\d{2,}", rest):
            problems.append(
                Problem(f"the number for {key} of {row.name} is too large", place, "settings have up to 15 digits")
            )
            continue
        try:
            found[key] = value(rest)
            if key in row.flags and isinstance(found[key], Num) and found[key] not in (Num("0"), Num("1")):
                what = f"{key} of {row.word} is True or False, not {rest.strip()}"
                problems.append(Problem(what, place, f"{row.word}({row.parameters})"))
        except FormulaError as error:
            problems.append(
                Problem(f"'{rest.strip()}' is not a value for {key} of {row.name}: {error.what}", place, error.hint)
            )
    return found


def is_number(expr: Expr) -> bool:
    """Is a setting a number, or a list of numbers?"""
    match expr:
        case Num() | Neg(Num()):
            return True
        case Array(items):
            return all(map(is_number, items))
        case _:
            return False
