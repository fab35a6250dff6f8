"""The commands of LaTeX that stand in working, by what is shown of them."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.core.label import ACCENTS
from stepper.core.label_reader import GREEK_FORMS
from stepper.core.names import GREEK

FUNCTIONS = frozenset({
    "ln", "log", "lg", "exp", "tanh", "sinh", "cosh", "sech", "sin", "cos", "tan", "arctan", "max", "min", "det",
})  # fmt: skip
SIGNS: Mapping[str, str] = {
    **dict.fromkeys(("cdot", "times", "ast", "star", "bullet"), "·"), **dict.fromkeys(("odot", "circ"), "⊙"),
    **dict.fromkeys(("approx", "simeq", "sim", "cong", "doteq"), "≈"), "div": "/", "pm": "±", "mp": "∓",
    **dict.fromkeys(("to", "rightarrow", "longrightarrow", "mapsto"), "→"), "gets": "←", "leftarrow": "←",
    **dict.fromkeys(("Rightarrow", "implies", "Longrightarrow", "iff", "Leftrightarrow", "therefore"), "⇒"),
    **dict.fromkeys(("coloneqq", "coloneq"), ":="), "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠",
    "neq": "≠", "lt": "<", "gt": ">", "partial": "∂", "nabla": "∇", "top": "T", "intercal": "T", "prime": "'",
    **dict.fromkeys(("ldots", "dots", "cdots"), "…"), "infty": "∞", "sum": "Σ", "lvert": "|", "rvert": "|",
    "vert": "|", "lbrack": "[", "rbrack": "]", "lbrace": "(", "rbrace": ")", "ell": "ℓ", "colon": ":", "equiv": "=",
}  # fmt: skip
"""Commands that are one sign."""
TYPED: Mapping[str, str] = {
    ",": " ", ";": " ", ":": " ", "!": "", " ": " ", "/": "", "%": "%", "_": "_", "#": "#", "&": "&", "$": " ",
    "{": "(", "}": ")", "\\": "\n", "(": " ", ")": " ", "[": " ", "]": " ", "|": "|", "-": "", "\n": " ",
}  # fmt: skip
"""A backslash before one of these."""
WIDE = frozenset({"quad", "qquad", "hspace", "hfill"})
IGNORED = frozenset({
    "left", "right", "displaystyle", "textstyle", "limits", "nolimits", "nonumber", "notag", "strut", "hline",
    *(size + side for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")),
})  # fmt: skip
DROPPED = frozenset({"label", "tag", "color", "vspace", "phantom", "hspace", "ref", "eqref"})
"""Commands that show nothing, with what is in their braces."""
KEPT = frozenset({
    "mathbf", "boldsymbol", "bm", "mathit", "mathsf", "mathtt", "boxed", "fbox", "underline", "overbrace", "underbrace",
    "cancel", "bcancel", "ensuremath", "mathcal", "mathbb", "mathfrak", "vec", "smash", "mathstrut", "emph", "textbf",
    "textit",
})  # fmt: skip
"""Commands of which what is in their braces stays."""
WORDS = frozenset({"text", "mathrm", "textrm", "operatorname", "textsf", "texttt", "mbox", "mathop", "rm"})
TWO = frozenset({"textcolor", "colorbox", "overset", "underset", "stackrel"})
"""Commands of two arguments whose second stays."""
MATRICES = frozenset({"matrix", "bmatrix", "pmatrix", "vmatrix", "Bmatrix", "smallmatrix", "array", "bsmallmatrix"})
MARKS = {name: name for name in ACCENTS} | {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}
LETTERS = {**{name: name for name in GREEK}, **GREEK_FORMS}
