"""Files and imports: a file's statements one after the other, and names of other files of its package, read as text."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from pathlib import Path

from stepper.errors import StepperError
from stepper.read.files import read_text
from stepper.read.source.statements import Statements
from stepper.read.source.values import (
    Broken,
    File,
    Frame,
    Lazy,
    Names,
    Raised,
    Refused,
    Returned,
    Space,
    Unlisted,
    Value,
)

ALONE = 200_000
"""Steps that one statement beside the model may take."""
FILES = 200
LARGEST = 2_000_000
"""Characters of one imported file."""


class Imports(Statements):
    """Follows files."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[Path, File] = {}

    # ---- a file

    def run_file(self, file: File, tree: ast.Module) -> None:
        """The statements of a file. What cannot be followed is left, and told where a name of it is needed."""
        frame = Frame(file, file.names)
        self.within(frame, lambda: self.tolerant(tree.body))

    def tolerant(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            before, frames = self.left, len(self.frames)
            self.left = min(before, ALONE)
            allowed = self.left
            self.frame.at = statement
            try:
                self.stand(statement)
            except (Refused, Raised, Returned) as error:
                del self.frames[frames:]
                self.broken(statement, error)
            except RecursionError:
                del self.frames[frames:]
                self.broken(statement, Refused("this is nested too deep to be followed"))
            self.left = before - (allowed - max(self.left, 0))

    def stand(self, statement: ast.stmt) -> None:
        """A statement beside the model; a branch, statement by statement."""
        if isinstance(statement, ast.If):
            self.tolerant(statement.body if self.decided(statement.test) else statement.orelse)
        elif isinstance(statement, ast.With):
            self.tolerant(statement.body)
        else:
            self.execute([statement])

    def broken(self, statement: ast.stmt, error: Exception) -> None:
        """The names that a statement would have given a value."""
        if isinstance(error, Raised):
            why = Refused(*raised(error))
            why.file, why.node = error.file, error.node
        else:
            why = error if isinstance(error, Refused) else Refused("this is not followed")
        if why.node is None:
            why.file, why.node = self.frame.file, statement
        names = self.frame.names
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            names[statement.name] = Broken(why)
            return
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.bind_name(node.id, Broken(why))  # a value that is told stands in its place
            changed = _changed(node)
            if changed in names:  # a model of which a part is missing is none
                self.spoil(changed, why)

    def spoil(self, name: str, why: Refused) -> None:
        """A name whose value would have been changed."""
        self.frame.names[name] = Broken(why)

    # ---- imports

    def imported(self, node: ast.Import) -> None:
        for alias in node.names:
            whole = self.module(alias.name)
            if alias.asname:
                self.bind_name(alias.asname, whole)
            else:
                top = alias.name.partition(".")[0]
                self.bind_name(top, self.module(top))

    def module(self, path: str) -> Value:
        """A module by its name: a file of the package, or one known by the tables."""
        found = self.find(path.split("."), self.top())
        return Lazy(found, "") if found is not None else self.listed(path, whole=True)

    def imported_from(self, node: ast.ImportFrom) -> None:
        folder = self.top()
        parts = node.module.split(".") if node.module else []
        if node.level:
            path = self.frame.file.path
            folder = path.parents[node.level - 1] if path is not None and len(path.parents) >= node.level else None
        elif node.module == "__future__":
            return
        for alias in node.names:
            if alias.name == "*":
                self.all_names(parts, folder, bool(node.level))
            else:
                self.bind_name(
                    alias.asname or alias.name, self.from_module(parts, alias.name, folder, bool(node.level))
                )

    def from_module(self, parts: list[str], name: str, folder: Path | None, relative: bool) -> Value:
        file = self.find([*parts, name], folder)
        if file is not None:
            return Lazy(file, "")
        file = self.find(parts, folder)
        if file is not None:
            return Lazy(file, name)
        if relative:
            return Unlisted(".".join([*parts, name]))
        return self.listed(".".join([*parts, name]))

    def all_names(self, parts: list[str], folder: Path | None, relative: bool) -> None:
        """``from module import *``."""
        file = self.find(parts, folder)
        if file is not None:
            names = self.opened(file).names
            listed = names.get("__all__")
            wanted = {*listed} if isinstance(listed, list | tuple) else {name for name in names if name[:1] != "_"}
            own = self.frame.file.path
            self.frame.names.update(
                {
                    name: value
                    for name, value in names.items()
                    if name in wanted and not (isinstance(value, Lazy) and value.file == own and value.name == name)
                }
            )
        elif not relative:
            self.frame.names.update(self.all_listed(".".join(parts)))
            self.frame.file.stars.append(".".join(parts))

    def all_listed(self, path: str) -> Names:
        """All that the tables have below a name."""
        raise NotImplementedError

    def top(self) -> Path | None:
        """The folder from which absolute imports are followed: that in which the outermost package lies."""
        root = self.frame.file.root
        return root.parent if root is not None and (root / "__init__.py").is_file() else root

    def find(self, parts: Sequence[str], folder: Path | None) -> Path | None:
        """The file of a module, inside the folder of the package and not behind a link that leads out of it."""
        root = self.frame.file.root
        if root is None or folder is None or not all(part.isidentifier() for part in parts):
            return None
        at = folder.joinpath(*parts)
        for path in (at / "__init__.py", at.with_suffix(".py")) if parts else (at / "__init__.py",):
            if path.is_file() and path.resolve().is_relative_to(root.resolve()):
                return path
        return self.find(parts[1:], root) if len(parts) > 1 and folder == root and parts[0] == root.name else None

    def load(self, lazy: Lazy) -> Value:
        if not lazy.name:
            return Space(f"file:{lazy.file}")
        file = self.opened(lazy.file)
        if lazy.name in file.names:
            return file.names[lazy.name]
        return Unlisted(f"{lazy.file.stem}.{lazy.name}")

    def opened(self, path: Path) -> File:
        """A file of the package, read when it is first needed."""
        if path in self.files:
            return self.files[path]
        if len(self.files) >= FILES:
            raise Refused(f"more than {FILES} files are imported")
        try:
            text = read_text(path, path.name)
        except StepperError as error:
            raise Refused(error.problems[0].what) from None
        if len(text) > LARGEST:
            raise Refused(f"{path.name} is larger than {LARGEST:,} characters")
        file = File(path.name, text, path, self.frame.file.root)
        file.names["__name__"] = path.stem
        self.files[path] = file
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Refused(f"{path.name} is not Python") from None
        frames, self.frames = self.frames, [self.frame]
        try:
            self.run_file(file, tree)
        finally:
            self.frames = frames
        return file

    def of_file(self, path: str, name: str) -> Value:
        """A name of a file of the package, or of a file in a folder of it."""
        file = Path(path)
        names = self.opened(file).names
        if name in names:
            return names[name]
        inner = self.find([name], file.parent) if file.name == "__init__.py" else None
        return Lazy(inner, "") if inner is not None else Unlisted(f"{file.stem}.{name}")


CHANGING = frozenset({
    "add", "append", "extend", "insert", "add_module", "register_module", "update", "pop", "__setitem__",
})  # fmt: skip
"""Methods that change what they are called on."""


def _changed(node: ast.AST) -> str:
    """The name of what a part of a statement changes: ``model.add(...)``, ``model.head = ...``."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in CHANGING:
            return name
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()):
            return name
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
            return name
    return ""


def raised(error: Raised) -> tuple[str, str]:
    """What the source raises, in words."""
    told = f": {error.message}" if error.message else ""
    return f"the source raises {error.kind}{told}" if error.value is not None else f"{error.kind}{told}", ""
