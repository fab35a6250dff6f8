"""What courses write differently, and mean alike: one row for each choice; the first of a key is taken by default.

In ``says``, what stands between backquotes is a formula, in which L is the output and v any quantity.
"""

from __future__ import annotations

from msgspec import Struct

LETTER = "`L` is the output, which the document calls {name}"


class Choice(Struct, frozen=True):
    """One way to write something.

    Attributes:
        key: what is written so, and ``name``, this way, as documents and ``--notation`` have them, or by a name of
            ``also``.
        looks: how that looks, for who chooses.
        says: what a derivation says of it before it begins; empty where nothing needs to be said.
        accent: what is set over a quantity to name its adjoint; empty where it is ``dL/dv``.
        letter: the letter with the quantity as its subscript that names its adjoint instead.
        minus: does that letter mean the adjoint with the opposite sign?
        sign: what stands between factors; nothing where they stand side by side.
        pair: a product of matrices, as a derivation of arrays speaks of it.
        output: the letter of the output.
        columns: is an array of one axis set as a column?
    """

    key: str
    name: str
    looks: str
    says: str = ""
    also: tuple[str, ...] = ()
    accent: str = ""
    letter: str = ""
    minus: bool = False
    sign: str = "·"
    pair: str = "A·B"
    output: str = ""
    columns: bool = False


CHOICES: tuple[Choice, ...] = (
    Choice("adjoint", "dL/dh", "dL/dh"),
    Choice("adjoint", "bar", "h̄", "`vbar` means `dL/dv`", accent="bar"),
    Choice("adjoint", "delta", "δ_h, which is dL/dh", "`delta_v` means `dL/dv`", letter="delta"),
    Choice(
        "adjoint", "minus-delta", "δ_h, which is -dL/dh; also -delta", "`delta_v` means `-dL/dv`, as in the delta rule",
        ("-delta",), letter="delta", minus=True,
    ),
    Choice("product", "dot", "a·b"),
    Choice(
        "product", "juxtaposed", "a b, between numbers 2·3", "products have no sign, but a dot where they would be "
        "misread", sign="", pair="A B",
    ),
    Choice("product", "times", "a×b, and a dot between matrices", sign="×"),
    Choice("loss", "L", "L", LETTER, output="L"),
    Choice("loss", "E", "E", LETTER, output="E"),
    Choice("loss", "J", "J", LETTER, output="J"),
    Choice("vectors", "rows", "[1, 2]"),
    Choice(
        "vectors", "columns", "a column, in one line [1, 2]ᵀ", "a vector, an array of one axis, is a column",
        columns=True,
    ),
)  # fmt: skip

NOTATIONS = {
    key: {name: row for row in CHOICES if row.key == key for name in (row.name, *row.also)}
    for key in dict.fromkeys(row.key for row in CHOICES)
}
"""Each key with its choices."""
