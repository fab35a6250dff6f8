"""What a name in a source may hold: Python's numbers, strings and collections, and what stands for the rest."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    pass

Value: TypeAlias = object
"""Numbers, strings, None, lists, tuples, dicts, sets, ranges and slices are Python's; letters are formulas."""
Names: TypeAlias = dict[str, Value]
Action: TypeAlias = Callable[..., Value]
"""What a known function does: it gets the follower, then the arguments."""


class File:
    """A source file: its lines for messages, its names, and the folder inside which imports are followed."""

    def __init__(self, origin: str, text: str, path: Path | None = None, root: Path | None = None) -> None:
        self.origin, self.lines = origin, text.split("\n")
        self.path, self.root = path, root
        self.names: Names = {}
        self.root_file = False
        self.stars: list[str] = []


class Frame:
    """A call in progress: the names of the function, those of the functions around it, and where it stands."""

    __slots__ = ("at", "file", "function", "names", "outer", "receiver", "shared")

    def __init__(
        self, file: File, names: Names, outer: tuple[Names, ...] = (), function: Function | None = None
    ) -> None:  # fmt: skip
        self.file, self.names, self.outer, self.function = file, names, outer, function
        self.at: ast.AST | None = None
        self.shared: dict[str, Names] = {}
        self.receiver: Value = None


class Function:
    """A function of the source with what is around it."""

    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, file: File, outer: tuple[Names, ...],
        defaults: Sequence[Value], named: Mapping[str, Value],
    ) -> None:  # fmt: skip
        self.node, self.file, self.outer = node, file, outer
        self.defaults, self.named = tuple(defaults), named
        self.name = getattr(node, "name", "<lambda>")
        self.owner: Class | None = None
        self.passed = ""
        self.attributes: Names = {}
        body = [] if isinstance(node, ast.Lambda) else node.body
        self.yields = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in _own(body))


def _own(body: Sequence[ast.AST]) -> list[ast.AST]:
    """The nodes of a body without those of functions and classes inside it."""
    found: list[ast.AST] = []
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found


class Native:
    """A function that is known here; ``act`` gets the follower before its arguments."""

    __slots__ = ("act", "name")

    def __init__(self, name: str, act: Action) -> None:
        self.name, self.act = name, act


class Method:
    """A function with what it was taken from."""

    __slots__ = ("function", "owner")

    def __init__(self, function: Value, owner: Value) -> None:
        self.function, self.owner = function, owner


class Partial:
    """``functools.partial``: a function with some of its arguments."""

    def __init__(self, function: Value, arguments: tuple[Value, ...], named: Mapping[str, Value]) -> None:
        self.function, self.arguments, self.named = function, arguments, named


class Class:
    """A class of the source, or one that is known here.

    ``kind`` says for a known one what it is; ``order`` are the classes in which a name is looked up.
    """

    def __init__(self, name: str, bases: Sequence[Class] = (), names: Names | None = None, kind: str = "") -> None:
        self.name, self.bases, self.kind = name, tuple(bases), kind
        self.names: Names = {} if names is None else names
        self.order: tuple[Class, ...] = (self, *_merged(self.bases))
        self.fields: tuple[str, ...] = ()

    def find(self, name: str, after: Class | None = None) -> tuple[Class, Value] | None:
        """The first class that has a name, and what it has under it; with ``after`` only of those behind that one."""
        order = self.order[self.order.index(after) + 1 :] if after is not None else self.order
        return next(((owner, owner.names[name]) for owner in order if name in owner.names), None)

    def among(self, kind: str) -> bool:
        """Is a class of this kind among those it is made from?"""
        return any(owner.kind == kind for owner in self.order)


def _merged(bases: Sequence[Class]) -> list[Class]:
    """Python's order of classes: each before those that it is made from.

    Raises:
        TypeError: where there is none.
    """
    rows = [[*base.order] for base in bases] + [[*bases]]
    found: list[Class] = []
    while any(rows):
        rows = [row for row in rows if row]
        first = next((row[0] for row in rows if not any(row[0] in other[1:] for other in rows)), None)
        if first is None:
            raise TypeError("the classes that this one is made from have no order")
        found.append(first)
        rows = [row[1:] if row[0] is first else row for row in rows]
    return found


class Instance:
    """What a class made. ``data`` is what a known class keeps beside the attributes."""

    def __init__(self, kind: Class) -> None:
        self.kind = kind
        self.attributes: Names = {}
        self.data: Value = None


class Super:
    """``super()``: a receiver whose names are looked up behind a class."""

    __slots__ = ("after", "receiver")

    def __init__(self, receiver: Value, after: Class) -> None:
        self.receiver, self.after = receiver, after


class Wrapped:
    """A function in a class that is not a plain method: ``property``, ``staticmethod``, ``classmethod``."""

    __slots__ = ("function", "way")
    __match_args__ = ("way", "function")

    def __init__(self, way: str, function: Value) -> None:
        self.way, self.function = way, function


class Space:
    """A module of Python's or of a library, known by the table of its names: ``torch.nn``."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Lazy:
    """A name that a file of the package has; the file is read when the name is needed. ``name`` is empty for the file
    itself.
    """

    __slots__ = ("file", "name")

    def __init__(self, file: Path, name: str) -> None:
        self.file, self.name = file, name


class Unlisted:
    """A name of a library that is not known here: it may be handed on, and is refused where it is called."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Unknown:
    """A number or a truth that depends on data."""

    __slots__ = ("what",)

    def __init__(self, what: str = "a value that depends on data") -> None:
        self.what = what


class Nothing:
    """What does nothing here, as a logger: so do its attributes and calls."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Broken:
    """A name whose value could not be worked out; why is told where it is needed."""

    __slots__ = ("why",)

    def __init__(self, why: Refused) -> None:
        self.why = why


class Refused(Exception):
    """A source cannot be followed further: what, what to try, and where, which the call it stands in adds."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint
        self.file: File | None = None
        self.node: ast.AST | None = None
        self.inside = ""


class NotKnown(Refused):
    """What is called is known neither from the source nor from the tables."""


class Raised(Exception):
    """The source raises something."""

    def __init__(self, kind: str, message: str = "", value: Value = None) -> None:
        super().__init__(kind, message)
        self.kind, self.message, self.value = kind, message, value
        self.file: File | None = None
        self.node: ast.AST | None = None


class Returned(Exception):
    """``return``."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Broke(Exception):
    """``break``."""


class Continued(Exception):
    """``continue``."""


def fails(kind: str, message: str) -> Raised:
    """What Python would raise here."""
    return Raised(kind, message)
