"""The quantities of a subject by every spelling that people have for them: ``h₁``, ``h_1`` and ``h_{1}`` are ``h1``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from stepper.core.expr import Call, Deriv, Expr, Index, Num, Prime, Sym
from stepper.core.formula import reference, text
from stepper.core.names import canonical
from stepper.errors import FormulaError, nearest
from stepper.read.claims import word_for
from stepper.read.working.functions import folded, function_names
from stepper.read.working.looks import LETTERS, Look, look_of, looks, spelled

NEXT = frozenset({
    "new", "neu", "next", "updated", "upd", "t+1", "k+1", "n+1", "i+1", "+", "*", "⋆", "(new)", "(neu)", "(t+1)",
    "(k+1)",
})  # fmt: skip
"""What is set beside a parameter that has taken its step."""
NOW = frozenset({"old", "alt", "t", "k", "(t)", "(k)", "(old)", "(alt)"})
"""What is set beside one that has not."""
MARKS = NEXT | NOW
OUTPUTS = frozenset({"loss", "cost", "error", "objective", "L", "J", "E", "ℒ"})
"""What the output is called where the subject calls it otherwise."""
ALSO: Mapping[str, str] = {
    **dict.fromkeys(("eta", "alpha", "learning_rate", "stepsize", "step_size"), "lr"), "epsilon": "eps",
}  # fmt: skip
"""What settings of optimizers are called too."""
FACT_WORDS: Mapping[str, tuple[str, ...]] = {
    "parameters": ("params", "parameters"), "weights": ("weights",), "biases": ("biases",), "macs": ("macs",),
    "flops": ("flops",), "numbers": ("numbers",), "field": ("rf", "field"), "shape": ("shape",),
}  # fmt: skip
"""What a word counts, and the facts that are asked for by it."""
SHAPES = frozenset({"shape", "out", "output", "size", "output size", "output shape", "out shape"})
TOTAL = "total"
MOST_HINTS, LONGEST, MOST_KEPT = 40, 120, 20_000
_PRIMED_ARRAY = re.compile(r"(?P<primes>'+)(?P<entry>\[[^\[\]]*\])$")
"""``W'[1,2]``, which is the entry of W after a step."""
_INDICES = re.compile(r"((?:\[[\d\s,]+\])+)$")
_LEADING = re.compile(r"^(?:new|neu)_(?=[A-Za-z])")
_ENDING = re.compile(r"(?<=\d)_?(?P<word>new|neu)$")


class Names:
    """The names that a subject knows.

    Attributes:
        quantities: nodes, leaves, settings, quantities of a run, as keys of answers: ``h1``, ``h[1]``, ``theta[2]``.
        arrays: those that have entries, and along how many axes: ``{"W": 2}``.
        output: what is differentiated.
        updated: the quantities whose next value may be asked: ``w11'``.
        reads: what each node reads, by which ``∂A/∂B`` is a local derivative where there is an edge.
        layers: the layers of a listing, in their order; ``sliding`` are those that widen the receptive field.
        facts: what may be asked of a layer, or of the structure of a graph: ``params(c1)``, ``paths(x1, L)``.
        functions: what a document declares itself.
        labels: names as LaTeX, where the subject has its own for them.
    """

    def __init__(
        self,
        quantities: Iterable[str] = (),
        *,
        arrays: Mapping[str, int] | None = None,
        output: str = "",
        updated: Iterable[str] = (),
        reads: Mapping[str, Iterable[str]] | None = None,
        layers: Sequence[str] = (),
        sliding: Sequence[str] = (),
        facts: Iterable[str] = (),
        functions: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.arrays = dict(arrays or {})
        self.quantities = tuple(dict.fromkeys((*quantities, *self.arrays)))
        self.output, self.updated = output, frozenset(updated)
        self.reads = {name: frozenset(read) for name, read in (reads or {}).items()}
        self.layers, self.sliding, self.facts = tuple(layers), tuple(sliding), frozenset(facts)
        self.functions = function_names(functions)
        self._keys = frozenset(self.quantities)
        self._seen: dict[Look, str] = {}
        self._joined: dict[Look, str] = {}
        self._folded: dict[str, str] = {}
        for name in self.quantities:
            self._enter(name, name)
        for name, label in (labels or {}).items():
            if name in self._keys:
                self._enter(name, label)
        self._layers = {folded(name): name for name in reversed(self.layers)}
        self._found: dict[str, Expr | None] = {}
        self._hints: dict[str, str] = {}

    def _enter(self, name: str, label: str) -> None:
        base, accents, high, parts = look = look_of(label)
        self._seen.setdefault(look, name)
        joined = (base, accents, high, ("".join(parts),))
        self._joined[joined] = name if self._joined.get(joined, name) == name else ""
        word = folded(f"{base}{''.join(accents)}{high}{''.join(parts)}")
        if len(word) > 1:
            self._folded[word] = name if self._folded.get(word, name) == name else ""

    # ---- names

    def find(self, written: str) -> Expr | None:
        """The quantity that somebody means by a name, or None.

        >>> known = Names(["h1", "yhat1", "theta[2]", "w11"], updated=["w11"], output="h1")
        >>> [text(known.find(name)) for name in ("h_1", "ŷ₁", "θ₂", "w_{11}^{new}", "w11'")]
        ['h1', 'yhat1', 'theta[2]', "w11'", "w11'"]
        """
        if written not in self._found:
            if len(self._found) > MOST_KEPT:
                self._found.clear()
            self._found[written] = self._find(written) if len(written) <= LONGEST else None
        return self._found[written]

    def _find(self, written: str) -> Expr | None:
        written = re.sub(r"[′’*]|\^\{['′]+\}", "'", written.strip())
        written = _PRIMED_ARRAY.sub(r"\g<entry>\g<primes>", written)
        bare = written.rstrip("'")
        primed = len(written) - len(bare)
        try:
            found = self._quantity(bare) or self._stepped(bare)
        except (FormulaError, ValueError):
            return None
        if primed and found is not None:
            whole = found.base if isinstance(found, Index) else found  # an entry moves with its array
            moves = not {text(found), text(whole)}.isdisjoint(self.updated)
            return Prime(found) if primed == 1 and moves else None
        return found or (None if primed else self._otherwise(bare))

    def _quantity(self, written: str) -> Expr | None:
        """The quantity itself: by its name, by how it looks, or as an entry of an array."""
        if written in self._keys:
            return reference(written)
        written, low = spelled(written), ""
        if indices := _INDICES.search(written):
            written, low = written[: indices.start()], indices[1].replace("][", ",").strip("[]").replace(" ", "")
        base, accents, high, parts = look_of(written)
        inside = tuple(low.split(",")) if low else ()
        for look in looks(base, accents, high, (*parts, *inside)):
            if name := self._seen.get(look):
                return reference(name)
        return (
            self._entry((base, accents, high, parts), inside)
            or self._close(base, accents, high, (*parts, *inside))
            or self._entry((base.upper(), accents, high, parts), inside)
        )

    def _entry(self, look: Look, inside: tuple[str, ...]) -> Expr | None:
        """``W[1,2]``, and ``W_{12}`` or ``w12`` where nothing else is called so."""
        base, accents, high, low = look
        for parts, indices in ((low, inside), ((), (*low, *inside))):
            name = self._seen.get((base, accents, high, parts))
            if not name or name not in self.arrays or not indices:
                continue
            alone = len(indices) == 1 and len(indices[0]) == self.arrays[name]
            each = tuple(indices[0]) if alone else indices
            if len(each) == self.arrays[name] and all(index.isdecimal() and index.isascii() for index in each):
                return Index(reference(name), tuple(Num(index) for index in each))
        return None

    def _close(self, base: str, accents: tuple[str, ...], high: str, parts: tuple[str, ...]) -> Expr | None:
        """A name whose parts are set together, or that has other letters large, where only one is meant."""
        for look in looks(base, accents, high, ("".join(parts),)):
            if name := self._joined.get(look):
                return reference(name)
        word = folded(f"{base}{''.join(accents)}{high}{''.join(parts)}")
        return reference(name) if len(word) > 1 and (name := self._folded.get(word)) else None

    def _stepped(self, written: str) -> Expr | None:
        """``w11_new``, ``w_{11}^{(t+1)}``: the next value; ``w11_old`` is this one's."""
        base, accents, high, parts = look_of(spelled(_ENDING.sub(r"_\g<word>", written.replace("⁺", "^+"))))
        marks = {high, *parts}
        if not marks & MARKS:
            return None
        high, parts = "" if high in MARKS else high, tuple(part for part in parts if part not in MARKS)
        name = self._seen.get((base, accents, high, parts))
        if name is None:
            return None
        if not marks & NEXT:
            return reference(name)
        return Prime(reference(name)) if name in self.updated else None

    def _otherwise(self, written: str) -> Expr | None:
        """The output by another word, the learning rate by its letter; ``dw11`` and ``w11.grad`` are gradients."""
        if _LEADING.match(written) and (found := self._quantity(written[4:])) is not None:
            return Prime(found) if text(found) in self.updated else None
        if self.output and (written in OUTPUTS or written.lower() in OUTPUTS):
            return reference(self.output)
        if (setting := ALSO.get(canonical(written), "")) in self._keys:
            return Sym(setting)
        for begins, ends in (("d", ""), ("grad_", ""), ("", ".grad"), ("", "_grad")):
            inner = written[len(begins) : len(written) - len(ends)]
            if self.output and len(inner) < len(written) and f"{begins}{inner}{ends}" == written and inner:
                found = self._quantity(inner)
                if found is not None and text(found) != self.output:
                    return Deriv(reference(self.output), found)
        return None

    def known(self, written: str) -> bool:
        """Is it a name of the subject?"""
        return self.find(written) is not None

    def derivative(self, of: str, wrt: str, partial: bool) -> Expr | None:
        """``dA/dB``; ``∂A/∂B`` is that of an edge where there is one."""
        above, below = self.find(of), self.find(wrt)
        if above is None or below is None or isinstance(above, Deriv | Prime) or isinstance(below, Deriv | Prime):
            return None
        edge = partial and text(below) in self.reads.get(text(above), ())
        return Deriv(above, below, not edge)

    def is_array(self, expr: Expr) -> bool:
        """Is a name one that has entries?"""
        match expr:
            case Sym() | Index():
                return text(expr) in self.arrays
            case Deriv(_, wrt):
                return self.is_array(wrt)
            case Prime(body):
                return self.is_array(body)
            case _:
                return False

    def function(self, written: str) -> str:
        """The function that is meant by a name, or nothing.

        >>> Names().function("LeakyReLU"), Names().function("σ")
        ('LeakyReLU', 'sigma')
        """
        plain = canonical(written).replace("{", "").replace("}", "")
        return self.functions.get(folded(plain), "") if len(written) <= LONGEST else ""

    # ---- layers

    def layer(self, written: str) -> str:
        """The layer that is meant, ``total`` for all of them, or nothing."""
        name = folded(written)
        return self._layers.get(name, "") or (TOTAL if name == TOTAL and self.layers else "")

    def fact(self, word: str) -> str:
        """The fact that a word asks for, or nothing.

        >>> Names(facts=["params", "shape"]).fact("parameters")
        'params'
        """
        what = "shape" if word.lower().replace("_", " ") in SHAPES else word_for(word)
        known = next((fact for fact in FACT_WORDS.get(what, ()) if fact in self.facts), "")
        return word if word in self.facts and word not in FACT_WORDS.get(what, ()) else known

    def about(self, fact: str, layer: str) -> Expr:
        """The key of a fact about a layer."""
        return Call(fact, (reference(layer.replace(".", "_")),))

    # ---- what is not known

    @property
    def example(self) -> str:
        """A claim such as this subject's are."""
        if self.layers and "params" in self.facts:
            return "such as params(total) = 156"
        return f"such as {self.output or (self.quantities[0] if self.quantities else 'h1')} = 2"

    def hint(self, written: str) -> str:
        """The nearest name, or what names there are."""
        if written not in self._hints:
            if len(self._hints) >= MOST_HINTS:  # each is compared with every name
                return ""
            plain = canonical(written[:LONGEST]).replace("{", "").replace("}", "")
            names = (*self.quantities, *self.layers)
            near = nearest(plain, names)
            begins = LETTERS.match(plain)
            names = tuple(name for name in names if begins and name.startswith(begins[0])) or names
            shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
            self._hints[written] = near or (f"known: {shown}" if names else "")
        return self._hints[written]
