"""Names in a program that look like slips of the pen: without a value beside others that have one, or nearly another
name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from stepper.core.arrays import ArrayLeaf
from stepper.core.expr import Expr
from stepper.core.formula import reference
from stepper.core.graph import Graph, Leaf
from stepper.core.prose import Prose, listed

SHORTEST, MOST_COMPARED = 3, 500
_PRODUCT = re.compile(r"(?:[^\W\d_]\d+){2,}")
_PIECE = re.compile(r"[^\W\d_]\d+")
_ALIKE = str.maketrans("lIoO", "1100")


def remarks(graph: Graph, told: Mapping[str, Expr]) -> tuple[Prose, ...]:
    """What is to be said of the leaves of a program first. ``told`` are the names that values were given for."""
    bare = [leaf.name for leaf in graph.leaves.values() if not _has_value(leaf, told)]
    meant = [name for name in graph.names if name not in bare]
    # of two names without a value the later one is taken for the slip
    slips = {name: slip for place, name in enumerate(bare) if (slip := _slip(name, [*meant, *bare[:place]]))}
    if not bare or (len(bare) == len(graph.leaves) and not told):
        return tuple((reference(name), " stays a symbol: ", *said) for name, said in slips.items())
    plain = [name for name in bare if name not in slips]
    verb = "has no value and stays a symbol" if len(plain) == 1 else "have no value and stay symbols"
    lines: list[Prose] = [
        (reference(name), " has no value and stays a symbol: ", *said) for name, said in slips.items()
    ]
    return (*lines, *([(*listed([(reference(name),) for name in plain]), f" {verb}")] if plain else []))


def _has_value(leaf: Leaf, told: Mapping[str, Expr]) -> bool:
    filled = isinstance(leaf, ArrayLeaf) and leaf.has_numbers
    return leaf.value is not None or filled or leaf.name in told or leaf.name.partition("[")[0] in told


def _slip(name: str, known: Collection[str]) -> Prose:
    """What a name was perhaps meant to be."""
    others = list(known)[:MOST_COMPARED]
    product = next(
        ([one, name[len(one) :]] for one in others if name.startswith(one) and name[len(one) :] in others), None
    )
    pieces = product or (_PIECE.findall(name) if _PRODUCT.fullmatch(name) else None)
    if pieces:
        return (f"a product is written {'*'.join(pieces)}",)
    near = next((other for other in others if is_slip_of(name, other)), None)
    return () if near is None else ("is ", reference(near), " meant?")


def is_slip_of(name: str, other: str) -> bool:
    """Could one have been written for the other: two letters exchanged, a letter too many or missing, l for 1 or O for
    0?

    Names that differ in a number or by another letter (w11 and w12, Wxh and Whh) are names of their own.

    >>> is_slip_of("alhpa", "alpha"), is_slip_of("aplha1", "alpha1"), is_slip_of("w12", "w21"), is_slip_of("wl1", "w11")
    (True, True, False, True)
    """
    if name.translate(_ALIKE) == other.translate(_ALIKE):
        return name != other
    shorter, longer = sorted((name, other), key=len)
    if len(shorter) < SHORTEST:
        return False
    if len(longer) == len(shorter) + 1:
        extra = next((place for place in range(len(shorter)) if shorter[place] != longer[place]), len(shorter))
        return longer[extra].isalpha() and extra > 0 and longer[:extra] + longer[extra + 1 :] == shorter
    places = [place for place, pair in enumerate(zip(name, other, strict=False)) if pair[0] != pair[1]]
    if len(name) != len(other) or len(places) != 2 or places[1] != places[0] + 1:
        return False
    first, second = name[places[0]], name[places[1]]
    return (first + second).isalpha() and (second, first) == (other[places[0]], other[places[1]])
