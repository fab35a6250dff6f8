"""Every sentence that a reader can see, one a line, with its file, its line and its kind; ``{formula}`` stands where
formulas and names go.

Sentences stand in the code where they are said, as text and as tuples of text and formulas. This reads the code without
running it.

    python -m tools.list_words                     all of them
    python -m tools.list_words error hint          of these kinds
    python -m tools.list_words stepper/read        of these files
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from stepper.core.parser import parse
from stepper.errors import StepperError

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "stepper"
FORMULA = "{formula}"
"""What stands for a part of a sentence that has no name of its own in the code."""
LONGEST = 1_000
"""No sentence of the room that renders is longer: scripts and styles are."""
KINDS = ("title", "why", "note", "heading", "error", "hint", "help", "drawing", "source", "words")
"""What a sentence is said as; ``words`` where that is settled elsewhere in the code."""
Context: TypeAlias = str

SAID: dict[str, dict[int | str, Context]] = {
    "Step": {2: "title", "title": "title", 4: "why", "why": "why"},
    "Derivation": {1: "title", "title": "title", 5: "note", "conventions": "note"},
    "Column": {0: "heading", "title": "heading"},
    "Note": {0: "note", "text": "note"},
    "Link": {2: "note", "note": "note"},
    "Check": {0: "note", 4: "note", "note": "note"},
    "Problem": {0: "error", "what": "error", 2: "hint", "hint": "hint"},
    "FormulaError": {0: "error", "what": "error", 3: "hint", "hint": "hint"},
    "Option": {"help": "help"},
    "Argument": {"help": "help"},
    "Typer": {"help": "help"},
    "Plot": {0: "drawing", 1: "drawing", 2: "drawing"},
    "Curve": {0: "drawing"},
    "Box": {1: "drawing", 3: "drawing", "label": "drawing", "formula": "drawing"},
    "Drawing": {"notes": "drawing", "value": "drawing"},
    "Kink": {"says": "note", 4: "note"},
    "Variant": {2: "note"},
    "FunctionRow": {"says": "note", "source": "source"},
    "ArrayFunction": {2: "source", "says": "note", "source": "source", "element": "note"},
    "LayerRow": {"says": "note", "source": "source", "require": "error", "same_require": "error"},
    "Optimizer": {"says": "note", "source": "source"},
}
"""By what is called, and the place or name of the argument: what is said there, even in one word."""
NAMED: dict[str, Context] = {
    "what": "error", "told": "error", "message": "error", "hint": "hint", "why": "why", "title": "title",
    "heading": "title",
    "says": "note",
}  # fmt: skip
"""What names of variables say of the sentences put into them."""
PASSED = (
    "compile",
    "sub",
    "search",
    "fullmatch",
    "findall",
    "split",
    "match",
    "field",
    "TypeVar",
    "import_module",
    "replace",
    "parse",
)
"""What is called with patterns and formulas, not with words."""
_WORDS = re.compile(r"[^\W\d_]{2,}[,;:]?\s+[^\W\d_]|[^\W\d_]{3,}:? *\{\w+\}|\{\w+\} *[^\W\d_]{3,}")
_SIGNATURE = re.compile(r"\w=\S+(, |$)|\w\[\]|==|\(\?P?<?")
"""What parameters and patterns of rows look like."""
_ID = re.compile(r"[a-z_.]+:\S+")
"""What steps are called by."""
_CODE = re.compile(r"\\[a-z]|[a-z]: [#.\d]+.*;|</|[{}] ?\$|=\"|^\s*[%@&]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said, and where."""

    file: str
    line: int
    kind: Context
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.text}"


def files() -> list[Path]:
    """All files of the house."""
    return sorted(HOUSE.rglob("*.py"))


def sentences(paths: Sequence[Path] | None = None) -> Iterator[Sentence]:
    """Those of some files, or of all."""
    for path in files() if paths is None else paths:
        yield from said_in(path)


@cache
def said_in(path: Path) -> tuple[Sentence, ...]:
    """Those of one file, which is read once."""
    found = _Reader(path.relative_to(ROOT).as_posix())
    found.read(ast.parse(path.read_text("utf-8")))
    return tuple(sorted(found.sentences, key=lambda one: one.line))


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.sentences: list[Sentence] = []

    def read(self, node: ast.AST, kind: Context = "") -> None:
        """The sentences in a part of the code; ``kind``: what is said there, where it is known."""
        if isinstance(node, ast.expr) and (found := _spoken(node)) is not None:
            text, inside = found
            alone = isinstance(node, ast.Tuple) and len(node.elts) == 1 and self.file.startswith("stepper/engine")
            self.keep(node, text, kind or ("words" if alone else ""))  # a verdict in one word, as ("differs",)
            for part in inside:
                self.read(part)
            return
        match node:
            case ast.Call():
                self.call(node)
            case ast.Tuple(elts) | ast.List(elts) if kind:
                for part in elts:
                    self.read(part, kind)
            case ast.IfExp(test, then, otherwise):
                self.read(test)
                self.read(then, kind)
                self.read(otherwise, kind)
            case ast.Assign(targets, value):
                for target in targets:  # a sentence may be a key, which is said once
                    self.read(target)
                self.read(value, next((NAMED[name] for name in map(_name, targets) if name in NAMED), kind))
            case ast.AnnAssign(target, _, value) if value is not None:
                self.read(value, NAMED.get(_name(target), kind))
            case ast.FunctionDef():
                self.function(node)
            case ast.Expr(ast.Constant()) | ast.AnnAssign() | ast.Import() | ast.ImportFrom():
                pass  # documentation, types
            case ast.Subscript(value, index):
                self.read(value)
                if not isinstance(index, ast.Constant):
                    self.read(index)
            case _:
                for child in ast.iter_child_nodes(node):
                    self.read(
                        child,
                        kind if isinstance(node, ast.Starred | ast.BoolOp | ast.GeneratorExp | ast.ListComp) else "",
                    )

    def call(self, node: ast.Call) -> None:
        name = _name(node.func)
        known = SAID.get(name, {})
        self.read(node.func)
        for place, part in enumerate(node.args):
            if name in PASSED and isinstance(part, ast.Constant | ast.JoinedStr):
                continue
            self.read(part, known.get(place, ""))
        for keyword in node.keywords:
            self.read(keyword.value, known.get(keyword.arg or "", NAMED.get(keyword.arg or "", "")))

    def function(self, node: ast.FunctionDef) -> None:
        """A function; the first line of a command's documentation is what --help says of it."""
        told = ast.get_docstring(node)
        if told and _is_command(node):
            self.keep(node.body[0], told.splitlines()[0], "help")
        for value in (
            *node.decorator_list,
            *node.args.defaults,
            *(one for one in node.args.kw_defaults if one is not None),
        ):
            self.read(value)
        for argument in (*node.args.args, *node.args.kwonlyargs):
            if isinstance(argument.annotation, ast.Subscript):  # options are declared among the types
                for option in ast.walk(argument.annotation):
                    if isinstance(option, ast.Call):
                        self.call(option)
        for statement in node.body:
            self.read(statement)

    def keep(self, node: ast.AST, text: str, kind: Context) -> None:
        text = " ".join(text.split())
        bare = re.sub(r"\{\w+\}", "", text)
        if (
            not re.search(r"[^\W\d_]{2,}", bare)
            or (not kind and _ID.fullmatch(text))
            or self.is_code(text)
            or not (kind or (_WORDS.search(text) and not _is_formula(text)))
        ):
            return
        self.sentences.append(Sentence(self.file, getattr(node, "lineno", 0), kind or "words", text))

    def is_code(self, text: str) -> bool:
        """Is it markup, style or script, which stand in the room that renders, or what a row takes?"""
        if self.file.startswith("stepper/render"):
            return len(text) > LONGEST or _CODE.search(text) is not None
        return self.file.startswith("stepper/tables") and _SIGNATURE.search(text) is not None


def _spoken(node: ast.expr) -> tuple[str, list[ast.expr]] | None:
    """The text of an expression that is one, and what else stands in it; None for what is no text."""
    match node:
        case ast.Constant(str() as text):
            return text, []
        case ast.JoinedStr(values):
            pieces = [_inside(part.value if isinstance(part, ast.FormattedValue) else part) for part in values]
        case ast.BinOp(left, ast.Add(), right) if _spoken(left) or _spoken(right):
            pieces = [_inside(left), _inside(right)]
        case ast.Tuple([*elts]) if _is_prose(elts):
            pieces = [_inside(part) for part in elts]
        case _:
            return None
    return "".join(text for text, _ in pieces), [part for _, parts in pieces for part in parts]


def _inside(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """A part of a sentence: its words, those of two cases beside each other, or a sign for a formula."""
    if (found := _spoken(node)) is not None:
        return found
    if isinstance(node, ast.IfExp):
        one, other = _spoken(node.body), _spoken(node.orelse)
        if one is not None and other is not None:
            words = one[0] if not other[0] else f"[{one[0]}|{other[0]}]"
            return words, [node.test, *one[1], *other[1]]
    named = node.func if isinstance(node, ast.Call) else node
    return f"{{{_name(named).strip('_') or 'formula'}}}", [node]


def _is_formula(text: str) -> bool:
    try:
        parse(text)
    except StepperError:
        return False
    return True


def _is_prose(elts: Sequence[ast.expr]) -> bool:
    """Is a tuple words and formulas, not several names or sentences? Words alone are one where there is one of them."""
    texts = [part for part in elts if isinstance(part, ast.Constant | ast.JoinedStr) and _spoken(part) is not None]
    if not texts:
        return False
    if len(elts) == 1:
        return True
    ends = [found[0] for part in texts if (found := _spoken(part)) is not None]
    return any(text[:1] in " ,;:." or text[-1:] in " (" for text in ends)


def _is_command(node: ast.FunctionDef) -> bool:
    """Is it called from the command line: decorated as such, or with options among its parameters?"""
    marks = {_name(part.func if isinstance(part, ast.Call) else part) for part in node.decorator_list}
    options = {
        _name(part.func)
        for parameter in (*node.args.args, *node.args.kwonlyargs) if parameter.annotation is not None
        for part in ast.walk(parameter.annotation) if isinstance(part, ast.Call)
    }  # fmt: skip
    return bool(marks & {"writes", "command", "callback"} or options & {"Option", "Argument"})


def _name(node: ast.AST) -> str:
    """The last part of a name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def main(wanted: Sequence[str]) -> None:
    """Prints those of the kinds and files that are asked for."""
    kinds = [word for word in wanted if word in KINDS]
    paths = tuple(word for word in wanted if word not in KINDS)
    for one in sentences():
        if (not kinds or one.kind in kinds) and (not paths or one.file.startswith(paths)):
            print(one)


if __name__ == "__main__":
    main(sys.argv[1:])
