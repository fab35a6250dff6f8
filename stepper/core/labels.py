"""What a label's text means: a name, or LaTeX; and what is seen of it."""

from __future__ import annotations

import re
from functools import lru_cache

from stepper.core.label import Item, Label, latex, spell
from stepper.core.label_reader import read
from stepper.core.names import look

_LATEX = re.compile(r"[\\{}^$]|'")


def is_latex(text: str) -> bool:
    r"""Is a label written in LaTeX, and not spelled like a name?

    >>> is_latex(r"\hat{y}"), is_latex("yhat")
    (True, False)
    """
    return _LATEX.search(text) is not None


@lru_cache(maxsize=65536)
def label_of(text: str) -> Label:
    r"""The tree of a label, or of a name.

    >>> label_of("w11") == label_of("w_{11}") == Label("w", below=("11",))
    True
    >>> label_of("yhat_1")
    Label(base='y', style='', accents=('hat',), below=('1',), above=(), primes=0, before='')
    """
    return read(text) if _LATEX.search(text) else spell(text)


def canonical_label(label: Label) -> str:
    r"""The text by which a label is kept: a plain name where one has this tree in every format, else LaTeX.

    >>> canonical_label(label_of(r"\hat{y}_{1}")), canonical_label(label_of(r"W_{\text{out}}^{ (1) }"))
    ('yhat1', 'W^{(1)}_{\\text{out}}')
    """
    name = "".join((label.base, *label.accents, *(item for item in label.below if isinstance(item, str))))
    plain = name.isalnum() and not label.base.isdigit() and spell(name) == label
    return name if plain else latex(label).replace(" _{", "_{")


def printed(name: str, inside: str = "") -> tuple[object, ...]:
    """What is seen of a name, or of its entry ``inside``; two names of which the same is seen print alike.

    >>> printed("h_1") == printed("h1") == printed("h[1]") == printed("h", "1") == printed("h_{1}")
    True
    """
    if not is_latex(name):
        name, _, within = name.partition("[")
        inside = inside or within.rstrip("]")
    label = label_of(name)
    parts = [*_seen(label.below).split(","), *([inside] if inside else [])]
    whole = look(label.base), label.style, label.accents, _seen(label.above), label.primes, *filter(None, parts)
    return (label.before, *whole) if label.before else whole


def _seen(items: tuple[Item, ...]) -> str:
    """Letters beside each other look like a word."""
    parts = []
    for item in items:
        if isinstance(item, str):
            parts.append(item)
        else:
            style = "" if item.style == "roman" else item.style
            high = f"^({_seen(item.above)})" if item.above else ""
            low = f"_({_seen(item.below)})" if item.below else ""
            parts.append(item.before + look(item.base) + style + "".join(item.accents) + "′" * item.primes + high + low)
    return "".join(parts)
