"""What stands before the first ``=``: the quantity that is meant, behind words, bullets and marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepper.core.expr import Call, Deriv, Expr, Prime
from stepper.core.formula import reference
from stepper.read.working.names import TOTAL, Names
from stepper.read.working.pieces import Piece
from stepper.read.working.sides import Formula, is_word, read_formula

_NEW = r"(?:new|neu|updated|next)"
_AFTER = re.compile(rf"(?P<name>\S.*?)\s*[\[(]?\b{_NEW}\b[\])]?\s*", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:the\s+)?{_NEW}\s+(?:value\s+of\s+)?(?P<name>\S.*)", re.IGNORECASE)
_GRADIENT = re.compile(
    r"(?:the\s+)?(?:grad(?:ient)?|derivative)\s*(?:of\s+(?:the\s+)?(?:loss|L)\s+)?(?:of|for|w\.?r\.?t\.?|with\s+respect\s+to|\()?\s*(?P<name>[^\s()]+)\)?",
    re.IGNORECASE,
)
_NABLA = re.compile(r"∇\s*_?\{?(?P<name>[^\s{}]+?)\}?(?:\s+|(?<=\}))?(?P<of>[A-Z])?")
_OF = re.compile(
    r"(?:the\s+)?(?:number\s+of\s+|#\s*)?(?P<word>[\w ]+?)\s+(?:of|in|after|at)\s+(?:the\s+|layer\s+)*(?P<name>[\w.]+)",
    re.IGNORECASE,
)
_PATHS = re.compile(r"(?:the\s+)?(?:number\s+of\s+)?paths\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)", re.IGNORECASE)
_CALL = re.compile(r"#?\s*(?P<word>[A-Za-z_][\w ]*?)\s*\(\s*(?P<names>[^()]*?)\s*\)")
_BESIDE = re.compile(r"(?P<name>[\w.]+?)(?:\s+|\.|:\s*)#?\s*(?P<word>[A-Za-z][\w ]*)")
_TURNED = re.compile(r"#?\s*(?P<word>[A-Za-z][\w ]*?)[\s:_]+(?P<name>[\w.]+)")
LONGEST = 200


def read_key(found: Sequence[Piece], line: str, known: Names) -> Formula:
    """The quantity that some pieces name, or a formula of the subject's quantities.

    ``unknown`` is the name that is none.
    """
    kept = named_part(found, known)
    for part in filter(None, (found, kept)):
        key = named(line[part[0].start : part[-1].end], known)
        if key is not None:
            return Formula(key)
    if not kept:
        return Formula(None)
    if (
        kept[-1].text in ("*", "+", "′", "’")
        and len(kept) > 1
        and (key := _next(line[kept[0].start : kept[-2].end], known))
    ):
        return Formula(key)
    if (key := _with_arguments(kept, known)) is not None:
        return Formula(key)
    return read_formula(kept, line, known)


def _with_arguments(found: Sequence[Piece], known: Names) -> Expr | None:
    """``f(x, y) = 3`` and ``f(-2, 5) = 3`` are about f."""
    if len(found) < 4 or found[1].text != "(" or found[-1].text != ")" or found[1].apart:
        return None
    inside = all(piece.kind in ("name", "number") or piece.text in ",;-−" for piece in found[2:-1])
    return known.find(found[0].text) if inside and found[0].kind == "name" else None


def named_part(found: Sequence[Piece], known: Names) -> list[Piece]:
    """The pieces behind the last word of prose that come to something."""
    parts: list[list[Piece]] = [[]]
    for at, piece in enumerate(found):
        if piece.depth == 0 and (
            piece.kind in ("gap", "then") or piece.text in (":", "!", "?") or is_word(found, at, known)
        ):
            parts.append([])
        elif not parts[-1] and piece.text in (",", ".", "*", "**", "•", "–", "#", "✓", "|"):
            continue
        else:
            parts[-1].append(piece)
    kept = next((part for part in reversed(parts) if part), [])
    while kept and kept[-1].text in (",", ".", ":"):
        kept.pop()
    return kept


def named(written: str, known: Names) -> Expr | None:
    """A quantity by its name or in words: ``w11 (new)``, ``gradient of w11``, ``params(total)``."""
    written = written.strip(" :,.#") if len(written) <= LONGEST else ""
    if not written:
        return None
    found = known.find(written)
    if found is not None:
        return found
    if (after := _AFTER.fullmatch(written)) and (key := _next(after["name"], known)):
        return key
    if (before := _BEFORE.fullmatch(written)) and (key := _next(before["name"], known)):
        return key
    return _of_output(written, known) or fact(written, known)


def _next(name: str, known: Names) -> Expr | None:
    found = known.find(name.strip().rstrip("'") + "'")
    return found if isinstance(found, Prime) else None


def _of_output(written: str, known: Names) -> Expr | None:
    """``gradient of w11``, ``∇_w L``."""
    match = _GRADIENT.fullmatch(written) or _NABLA.fullmatch(written)
    if match is None or not known.output:
        return None
    found = known.find(match["name"])
    return Deriv(reference(known.output), found) if found is not None and not isinstance(found, Deriv | Prime) else None


def fact(written: str, known: Names) -> Expr | None:
    """A fact that is asked for by a call or in words: ``rf(l3)``, ``conv1 params``, ``output shape of conv1``."""
    if not known.facts:
        return None
    if found := _CALL.fullmatch(written):
        word = known.fact(found["word"].strip())
        return _called(word, found["names"], known) if word else None
    if (path := _PATHS.fullmatch(written)) and (word := known.fact("paths")):
        return _called(word, f"{path['start']}, {path['end']}", known)
    for pattern in (_OF, _BESIDE, _TURNED):
        if (found := pattern.fullmatch(written)) and (word := known.fact(found["word"].strip())):
            layer = known.layer(found["name"])
            if layer:
                return known.about(word, layer)
    word = known.fact(written)
    return known.about(word, TOTAL) if word and written.lower().startswith("total") else None


def _called(word: str, names: str, known: Names) -> Expr | None:
    arguments: list[Expr] = []
    for name in filter(None, map(str.strip, names.split(","))):
        layer, quantity = known.layer(name), known.find(name)
        if layer:
            arguments.append(reference(layer.replace(".", "_")))
        elif quantity is not None and not known.layers:
            arguments.append(quantity)
        else:
            return None
    return Call(word, tuple(arguments))


def unknown_layer(written: str, known: Names) -> str:
    """The layer of a fact that is none of the listing's."""
    found = _CALL.fullmatch(written.strip())
    if found is None or not known.fact(found["word"].strip()):
        return ""
    for name in map(str.strip, found["names"].split(",")):
        if name and not known.layer(name) and known.find(name) is None:
            return name
    return ""


def is_definition(found: Sequence[Piece], known: Names) -> bool:
    """Is it a function of letters, ``f(x)``, whose definition follows?"""
    if len(found) < 3 or found[0].kind != "name" or found[1].text != "(" or not known.function(found[0].text):
        return False
    return all(piece.kind in ("name", "script") or piece.text in ("(", ")", "[", "]", ",", ";") for piece in found)
