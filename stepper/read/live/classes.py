"""The classes and functions of live objects, followed from the text that they were made from."""

from __future__ import annotations

import ast
import linecache
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from stepper.read.source.follower import Follower
from stepper.read.source.reading import root_of
from stepper.read.source.values import Class, File, Frame, Names, Refused, Value


class NoSource(Refused):
    """The text of a class or of a function is not to be had."""


Definition = ast.ClassDef | ast.FunctionDef
Defined = type | types.FunctionType


class Sources:
    """Finds the source of classes; ``value`` models what stands around them."""

    def __init__(self, follower: Follower, value: Callable[[object], Value]) -> None:
        self.follower, self.value = follower, value
        self.files: dict[str, tuple[File, ast.Module]] = {}
        self.found: dict[Defined, Value] = {}

    def kind_of(self, kind: type) -> Class:
        """A class: of PyTorch's own the known one, else by its source.

        Raises:
            Refused: where it is neither.
        """
        if kind.__module__.startswith("torch.nn."):
            found = self.follower.listed(f"torch.nn.{kind.__name__}")
        else:
            found = self.defined(kind, _first_code(kind))
        if not isinstance(found, Class):
            raise Refused(f"the source of {kind.__name__} is not followed")
        return found

    def function_of(self, function: types.FunctionType) -> Value:
        """A function, or a lambda whose line has no other."""
        if function.__name__ != "<lambda>":
            return self.defined(function, function.__code__)
        file, tree = self.file_of(function.__code__.co_filename, function.__globals__)
        line = function.__code__.co_firstlineno
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda) and node.lineno == line]
        if len(found) != 1:
            raise NoSource("the source of this lambda is not to be had")
        frame = Frame(file, self.around([function]), ())
        return self.follower.within(frame, lambda: self.follower.evaluate(found[0]))

    def defined(self, thing: Defined, code: types.CodeType | None) -> Value:
        """What the definition of a class or of a function gives."""
        if thing not in self.found:
            self.found[thing] = self.follow(thing, code)
        return self.found[thing]

    def follow(self, thing: Defined, code: types.CodeType | None) -> Value:
        home = sys.modules.get(thing.__module__)
        name = code.co_filename if code is not None else str(getattr(home, "__file__", ""))
        file, tree = self.file_of(name, _globals(thing, home))
        if thing.__qualname__ == thing.__name__ and thing.__name__ in file.names:
            return self.follower.known(file.names[thing.__name__])
        line = code.co_firstlineno if code is not None else None
        node = next(definitions(tree, thing.__name__, line), None)
        if node is None:
            raise NoSource(f"the source of {thing.__name__} is not to be had")
        return self.inside(thing, file, node)

    def inside(self, thing: Defined, file: File, node: Definition) -> Value:
        """A definition that stands in a function or in a class."""
        functions = [part for part in vars(thing).values() if isinstance(part, types.FunctionType)]
        names = self.around(functions if isinstance(thing, type) else [thing])
        for base in thing.__bases__ if isinstance(thing, type) else ():
            if "<locals>" in base.__qualname__:
                names[base.__name__] = self.kind_of(base)
        frame = Frame(file, names)
        self.follower.within(frame, lambda: self.follower.execute([node]))
        return self.follower.known(names[node.name])

    def around(self, functions: list[types.FunctionType]) -> Names:
        """The values of the names that functions have from those around them."""
        found: Names = {}
        for function in functions:
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                try:
                    held = cell.cell_contents
                except ValueError:  # not given a value yet
                    continue
                if name != "__class__":
                    found[name] = self.value(held)
        return found

    # ---- files

    def file_of(self, name: str, around: Names) -> tuple[File, ast.Module]:
        """A source file with its names; the cell of a notebook has those of the cells before it too."""
        if name in self.files:
            return self.files[name]
        linecache.checkcache(name)
        text = "".join(linecache.getlines(name))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.Module([], [])
        if not tree.body:
            raise NoSource(f"the source is not to be had from {name}" if name else "the source is not to be had")
        path = Path(name).absolute()
        if path.is_file():
            frame = Frame(File(path.name, "", path, root_of(path)), {})
            file = self.follower.within(frame, lambda: self.follower.opened(path))
            assert isinstance(file, File)
            self.files[name] = file, tree
        else:
            file = File(name, text)
            self.files[name] = file, tree
            file.names |= {known: self.value(around[known]) for known in _read_names(tree) if known in around}
            self.follower.run_file(file, tree)
        return self.files[name]


def definitions(tree: ast.Module, name: str, line: int | None) -> Iterator[Definition]:
    """Definitions of this name that hold a line."""
    for node in ast.walk(tree):
        if isinstance(node, Definition) and node.name == name:
            first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
            if line is None or first <= line <= (node.end_lineno or first):
                yield node


def _first_code(kind: type) -> types.CodeType | None:
    """The code of a method that was defined in a class itself."""
    for part in vars(kind).values():
        inner = getattr(part, "__func__", getattr(part, "fget", part))
        if isinstance(inner, types.FunctionType) and inner.__qualname__.startswith(f"{kind.__qualname__}."):
            return inner.__code__
    return None


def _globals(thing: Defined, home: types.ModuleType | None) -> Names:
    """The names of the module in which something was defined."""
    if isinstance(thing, types.FunctionType):
        return thing.__globals__
    functions = [part for part in vars(thing).values() if isinstance(part, types.FunctionType)]
    return functions[0].__globals__ if functions else vars(home) if home is not None else {}


def _read_names(tree: ast.Module) -> list[str]:
    """The names that a cell reads and does not define itself."""
    given = {node.name for node in tree.body if isinstance(node, Definition)}
    return list(dict.fromkeys(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in given
    ))  # fmt: skip
