"""What every section of a document is read with: words, names and formulas, each mistake kept with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from stepper.core.expr import Expr, Index, Prime, Sym
from stepper.core.formula import text
from stepper.core.label import CAPITALS
from stepper.core.label_reader import read
from stepper.core.labels import canonical_label, is_latex
from stepper.core.names import GREEK, canonical
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.located import Map, Scalar, Seq, Tree
from stepper.read.mend import mended
from stepper.read.values import is_rest_of_formula

GREEK_CAPITALS = frozenset(GREEK[name] for name in CAPITALS)


class Pieces:
    """A located document and the problems found in it so far."""

    def __init__(self, root: Map) -> None:
        self.root = root
        self.problems: list[Problem] = []

    def fail(self, what: str, place: Place | None, hint: str = "") -> None:
        self.problems.append(Problem(what, place, hint))

    def stop(self) -> None:
        if self.problems:
            raise StepperError(*self.problems)

    def entries(self, section: str) -> Iterator[tuple[Scalar, Tree]]:
        tree = self.root.get(section)
        if isinstance(tree, Map):
            # the rest of a formula that YAML split at a comma is told once, at its beginning
            yield from ((key, value) for key, value in tree.entries if not is_rest_of_formula(key, value))
        elif isinstance(tree, Seq):
            self.fail(
                f"'{section}:' needs entries 'name: value', not a list",
                tree.place,
                _as_mapping(section, tree),
            )
        elif isinstance(tree, Scalar) and tree.text:
            self.problems.append(
                tree.slip() or Problem(f"'{section}:' needs entries 'name: value'", tree.place, "one entry per line")
            )

    def word(self, section: str) -> str:
        tree = self.root.get(section)
        if tree is not None and not isinstance(tree, Scalar):
            self.fail(f"'{section}:' is a line of text", tree.place)
        return " ".join(tree.text.split()) if isinstance(tree, Scalar) else ""

    def text_of(self, tree: Tree) -> str:
        if isinstance(tree, Scalar):
            return tree.text
        self.fail("a word is expected here", tree.place)
        return ""

    def formula(self, tree: Tree) -> Expr | None:
        """The formula of a scalar; a list of formulas counts as one."""
        if isinstance(tree, Scalar):
            try:
                return parse(tree.text)
            except FormulaError as error:
                self.told(error, tree.place)
        elif isinstance(tree, Map):
            self.fail("a formula is expected here, not a mapping", tree.place, 'quote formulas that hold "{" or ": "')
        else:
            self.fail("a formula is expected here, not a list", tree.place, 'quote a formula that begins with "["')
        return None

    def told(self, error: FormulaError, place: Place) -> None:
        """Adds a formula's mistake; where YAML has split the formula at a comma, that is what is said."""
        problem = error.within(place)
        if error.what.endswith("is never closed") and "{" in place.text:
            problem = replace(
                problem, hint="inside { } YAML splits at commas: quote the formula, or give each node a line of its own"
            )
        self.problems.append(problem)

    def plain(self, key: Scalar) -> str:
        """The plain name that a key spells; problems are told."""
        try:
            expr = parse(key.text)
        except FormulaError as error:
            if re.fullmatch(r"\w+(:|\s+)[-+.\d/]+", key.text):
                name, value = re.split(r"[:\s]+", key.text)
                line = key.place.text.replace(key.text, f"{name}: {value}", 1)
                error.hint = f"a space follows the colon: {mended(line)}"
            self.told(error, key.place)
            return key.text
        if not isinstance(expr, Sym | Index | Prime):
            hint = "a name is letters, digits and _, beginning with a letter"
            before = key.place.text[: max(0, key.place.column - 1)]
            if key.text.isdigit() and (whole := re.search(r"\d\s*,\s*$", before)):  # YAML splits {w: 0,1} at the comma
                line = before[: whole.start() + 1] + "." + key.place.text[key.place.column - 1 :]
                hint = f"decimals are written with a point: {mended(line)}"
            self.fail(f"'{key.text}' is not a name", key.place, hint)
        return text(expr)

    def label(self, tree: Tree) -> str:
        """How a name is to be set: spelled like a name, or in LaTeX."""
        written = self.text_of(tree)
        word = canonical(written)
        several = f"{written.strip()} "[0] in GREEK_CAPITALS and written.strip()[1:2].isalpha()  # Δw is no word
        if not several and re.fullmatch(r"[^\W\d_]\w{0,60}", word):
            return word
        if not several and not is_latex(written) and written.isprintable():
            self.fail("a label is spelled like a name, or in LaTeX", tree.place, r"such as W_h, alpha or w^{(1)}_{11}")
            return word
        try:
            return canonical_label(read(written))
        except FormulaError as error:
            self.told(error, tree.place)
        return word


def _as_mapping(section: str, tree: Seq) -> str:
    """The hint that gives the beginning of a list as the mapping that it should be."""
    first = tree.items[0] if tree.items else None
    if isinstance(first, Map) and first.entries and "- " in first.place.text:
        return f"no hyphens: {mended(first.place.text.replace('- ', '  ', 1))}"
    names = [item.text for item in tree.items if isinstance(item, Scalar)]
    if names and len(names) == len(tree.items) and all(re.fullmatch(r"\w+", name) for name in names):
        return mended(f"{section}: {{{', '.join(f'{name}: ' for name in names)}}}")
    return f"write '{section}:' and below it '  name: ...'"
