r"""Reads a label as courses write it in LaTeX: ``w^{(1)}_{11}``, ``\hat{y}``, ``\mathbf{W}_{hh}``, ``h'``.

A label is one letter or word with accents, a subscript and a superscript; what is not known is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from msgspec.structs import replace

from stepper.core.label import ACCENTS, BRACKETS, CAPITALS, SIGNS, STYLES, Item, Label, spell
from stepper.core.names import GREEK, canonical
from stepper.core.patterns import later
from stepper.errors import FormulaError, nearest

LONGEST, DEEPEST = 120, 4
GREEK_FORMS = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varsigma": "sigma", "varrho": "rho"}
"""Other forms of letters, which are set like the usual ones."""
_LETTERS: Mapping[str, str] = {**{name: name for name in GREEK if name != "omicron"}, **GREEK_FORMS, "ell": "ℓ"}
_STYLES: Mapping[str, str] = {
    **{command: style for style, command in STYLES.items()}, "bm": "bold italic", "text": "roman", "textrm": "roman",
    "operatorname": "roman", "textbf": "bold",
}  # fmt: skip
_ACCENTS = {**{name: name for name in ACCENTS}, "widehat": "hat", "widetilde": "tilde", "overline": "bar"}
_SIGNS = {
    **{command[1:]: sign for sign, command in SIGNS.items() if command[0] == "\\"}, "rightarrow": "→",
    "leq": "≤", "geq": "≥", "ldots": "…", "cdots": "…",
}  # fmt: skip
_TYPED = {
    **{sign: sign for sign, command in SIGNS.items() if len(command) == 1},
    "|": "|",
    "*": "*",
    "<": "⟨",
    ">": "⟩",
}
_BLANK = later(r"(?:\s|\\[,;:! ]|~|\\(?:quad|left|right)(?![A-Za-z]))*")
_WORD = later(r"\{([^{}\\$^_]*)\}")
_PART = later(r"\\[A-Za-z]+|\\.|\d+|.", re.DOTALL)
_SLASHED = [rf"\{name}" for name in (*ACCENTS, *STYLES.values(), "text")]
KNOWN = (
    rf"known: Greek letters such as \theta, {', '.join(_SLASHED)}; "
    r"in a subscript or superscript also \star, \top, \prime"
)
ONE = (
    r"a label is one letter, or a word in \text{...}, with accents, a subscript and a superscript; or \Delta before one"
)


def read(text: str) -> Label:
    r"""The tree of a label.

    >>> read(r"$w^{(1)}_{11}$") == Label("w", below=("11",), above=("(", "1", ")"))
    True
    >>> read(r"\boldsymbol{\hat\theta}'")
    Label(base='theta', style='bold italic', accents=('hat',), below=(), above=(), primes=1, before='')

    Raises:
        FormulaError: with the place of what is not understood, and what is known.
    """
    return _Reader(text).whole()


class _Reader:
    """What is left of a text, from ``at`` to ``end``."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.end = text, 0, len(text)

    def whole(self) -> Label:
        odd = re.search(r"[\x00-\x1f\x7f]", self.text)
        if odd is not None:
            hint = r"double quotes turn \t and \b into single characters: use single quotes, '\theta'"
            self.fail("this label holds a control character", odd.start(), odd.end(), hint)
        if len(self.text) > LONGEST:
            self.fail(f"a label has at most {LONGEST} characters", 0, len(self.text))
        for opened, closed in (("$$", "$$"), ("$", "$"), (r"\(", r"\)")):
            inside = self.text.strip()
            if inside.startswith(opened) and inside.endswith(closed) and len(inside) > len(opened + closed):
                self.at = self.text.index(opened) + len(opened)
                self.end = self.text.rindex(closed)
                break
        label = self.behind(self.label(0))
        if self.at < self.end:
            part = self.peek()
            if part in ("}", "$"):
                self.fail(f"'{part}' closes nothing here", self.at, self.at + 1)
            before = self.text[: self.at].strip(" $")
            hint = rf"a word is written \text{{{self.run(before)}}}" if part.isalpha() and before.isalpha() else ""
            self.fail("a label is one letter, and here is another", self.at, self.at + len(part), hint or ONE)
        return label

    def run(self, before: str) -> str:
        """The letters of a word that was written without a command."""
        found = re.match(r"\w*", self.text[self.at :])
        return before + (found[0] if found else "")

    # ---- a letter, and what is set beside it

    def behind(self, capital: Label) -> Label:
        r"""The letter behind a Greek capital, of which it says the difference, say: ``\Delta w``."""
        after = self.peek()
        if capital != Label(capital.base) or capital.base not in CAPITALS or not (after.isalpha() or after[:1] == "\\"):
            return capital
        return replace(self.label(0), before=capital.base)

    def label(self, depth: int) -> Label:
        label = self.nucleus(depth)
        while True:
            part = self.peek()
            if part == "'":
                self.take()
                label = replace(label, primes=label.primes + 1)
            elif part == "^":
                start, items = self.at, self.script(depth)
                primes = next((count for count, item in enumerate(items) if item != "′"), len(items))
                if items[primes:] and label.above:
                    self.fail("a second superscript", start, self.at, "both belong in one: ^{(1)T}")
                above = (*label.above, *items[primes:])
                label = replace(label, primes=label.primes + primes, above=above)
            elif part == "_":
                start, items = self.at, self.script(depth)
                if label.below:
                    self.fail("a second subscript", start, self.at, "both belong in one: _{1,2}")
                label = replace(label, below=items)
            else:
                return label

    def nucleus(self, depth: int) -> Label:
        """The letter, with its style and accents."""
        start, part = self.at, self.peek()
        if depth > DEEPEST:
            self.fail(f"subscripts and superscripts are nested more than {DEEPEST} deep", start, self.end)
        if not part:
            self.fail("a letter is missing", start, start + 1, ONE)
        if part == "{":
            self.take()
            label = self.label(depth)
            self.close(start)
            return label
        self.take()
        if part.startswith("\\"):
            return self.command(part[1:], start, depth)
        if len(part) == 1 and part.isalpha():
            letter = spell(canonical(part).replace("omicron", "o"))  # which LaTeX has no other letter for
            if len(letter.base) == 1 or letter.base in GREEK:
                return letter
        return self.fail(f"'{part}' is not a letter", start, self.at, ONE)

    def command(self, name: str, start: int, depth: int) -> Label:
        if name in _LETTERS:
            return Label(_LETTERS[name])
        if name in _ACCENTS:
            label = self.nucleus(depth)
            if label.below or label.above or label.primes:
                hint = rf"only the letter belongs in its braces: \{name}{{x}}_1"
                self.fail(f"\\{name} takes a single letter", start, self.at, hint)
            return replace(label, accents=(*label.accents, _ACCENTS[name]))
        if name in _STYLES:
            return self.styled(name, _STYLES[name], start, depth)
        if name in _SIGNS:
            self.fail(
                f"'\\{name}' is allowed only in a subscript or a superscript", start, self.at, rf"such as x^{{\{name}}}"
            )
        hint = nearest(name, (*_LETTERS, *_ACCENTS, *_STYLES, *_SIGNS)).replace("'", "'\\", 1)
        hint = f"{hint} {KNOWN}".strip()
        return self.fail(f"'\\{name}' is not known in a label", start, self.at, hint)

    def styled(self, name: str, style: str, start: int, depth: int) -> Label:
        """A letter in another style; a word, where the command takes one."""
        self.skip()
        word = _WORD.match(self.text, self.at, self.end)
        written = " ".join(word[1].split()) if word else ""
        if word and (len(written) > 1 or written.isdigit()):
            self.at = word.end()
            return self.word(written, name, style, start)
        label = self.nucleus(depth)
        several = len(label.base) > 1 and label.base not in GREEK
        if label.style or label.below or label.above or label.primes or several:
            hint = rf"only the letter belongs in its braces, \{name}{{x}}_1, and it has one style"
            self.fail(f"\\{name} takes a single letter", start, self.at, hint)
        if label.base in GREEK or label.base == "ℓ":
            style = "bold italic" if style.startswith("bold") else style
        if len(label.base) > 1 and style != "bold italic":
            self.fail(f"\\{name} has no Greek letters", start, self.at, r"such as \theta, or \boldsymbol{\theta}")
        if style in ("calligraphic", "blackboard") and not (label.base.isupper() and label.base.isascii()):
            self.fail(f"\\{name} has capital letters only", start, self.at, rf"such as \{name}{{L}}")
        return replace(label, style=style)

    def word(self, written: str, name: str, style: str, start: int) -> Label:
        if not re.fullmatch(r"[^\W_]+(?:[ -][^\W_]+)*", written):
            what = f"a word in \\{name} has letters and digits only"
            self.fail(what, start, self.at, rf"such as \{name}{{out}}")
        if style == "bold" or (style == "blackboard" and written == "1"):
            return Label(written, style)
        if style != "roman":
            self.fail(f"\\{name} takes a single letter", start, self.at, rf"a word is written \text{{{written}}}")
        return Label(written, "roman" if written in GREEK else "")

    # ---- what is set high or low

    def script(self, depth: int) -> tuple[Item, ...]:
        start = self.at
        self.take()
        opened = self.at
        if self.peek() != "{":
            if not self.peek():
                self.fail("this subscript or superscript is empty", start, start + 1, "such as x_1 or x^{(1)}")
            digit = self.peek()[:1]
            if digit.isdigit():
                self.at += 1
            return self.tidy([digit if digit.isdigit() else self.item(depth)], start)
        self.take()
        items: list[Item] = []
        while self.peek() not in ("}", ""):
            items.append(self.item(depth))
        self.close(opened)
        return self.tidy(items, start)

    def item(self, depth: int) -> Item:
        part = self.peek()
        sign = _SIGNS.get(part[1:]) if part.startswith("\\") else _TYPED.get(part)
        if sign is not None or part.isdigit():
            self.take()
            return sign or part
        label = self.label(depth + 1)
        return label.base if label == Label(label.base) and label.base.isdigit() else label

    def tidy(self, items: list[Item], start: int) -> tuple[Item, ...]:
        """Digits beside each other are one number; brackets are closed."""
        found: list[Item] = []
        waiting: list[str] = []
        for item in items:
            if (
                isinstance(item, str)
                and item.isdigit()
                and found
                and isinstance(found[-1], str)
                and found[-1].isdigit()
            ):
                found[-1] += item
                continue
            found.append(item)
            if item in BRACKETS.values() and (not waiting or waiting.pop() != item):
                waiting = ["?"]
                break
            waiting += [BRACKETS[item]] if isinstance(item, str) and item in BRACKETS else []
        if waiting or not found:
            what = "a bracket is not closed here" if waiting else "this subscript or superscript is empty"
            self.fail(what, start, self.at, "such as x_1 or x^{(1)}")
        return tuple(found)

    # ---- parts of the text

    def skip(self) -> None:
        found = _BLANK.match(self.text, self.at, self.end)
        self.at = found.end() if found else self.at

    def peek(self) -> str:
        self.skip()
        found = _PART.match(self.text, self.at, self.end)
        return found[0] if found else ""

    def take(self) -> None:
        self.at += len(self.peek())

    def close(self, start: int) -> None:
        if self.peek() != "}":
            self.fail("'{' is not closed, or holds more than one letter", start, start + 1, ONE)
        self.take()

    def fail(self, what: str, start: int, end: int, hint: str = "") -> NoReturn:
        raise FormulaError(what, start, max(1, end - start), hint, text=self.text)
