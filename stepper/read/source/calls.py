"""Calls: names, arguments and what they are bound to, functions, classes and their instances, loops over values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.core.traverse import names
from stepper.read.source.binding import Binding
from stepper.read.source.operators import called
from stepper.read.source.sizes import BATCH, is_letter, whole
from stepper.read.source.state import DEEPEST, ENTRIES
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import (
    Class,
    Frame,
    Function,
    Instance,
    Method,
    Names,
    Native,
    Nothing,
    NotKnown,
    Partial,
    Raised,
    Refused,
    Returned,
    Space,
    Super,
    Unknown,
    Unlisted,
    Value,
    Wrapped,
    fails,
)

ERRORS = (TypeError, ValueError, IndexError, KeyError, ArithmeticError)
"""What a function that is known here may raise as Python's own would."""


FRAMEWORKS = (
    "jax", "flax", "haiku", "equinox", "fastai", "pytorch_lightning", "lightning", "mxnet", "paddle", "timm",
    "transformers", "torch_geometric", "keras.applications", "torchvision.models",
)  # fmt: skip
"""Libraries of models whose source is not beside the file."""


def elsewhere(path: str) -> str:
    """What to try where a model comes from a library."""
    found = next((name for name in FRAMEWORKS if path == name or path.startswith(f"{name}.")), None)
    return f"models made with {found} are not read; give the file that defines the layers" if found else ""


class Calls(Binding):
    """Calls what the source calls."""

    # ---- names

    def lookup(self, name: str) -> Value:
        """A name, from the inside out; one that nothing defines is a letter where it is a plain word."""
        frame = self.frame
        if name in frame.shared:
            return self.shared(name)[name]
        if name in frame.names:
            return frame.names[name]
        for around in frame.outer:
            if name in around:
                return around[name]
        if name in frame.file.names:
            return frame.file.names[name]
        return self.undefined(name)

    def shared(self, name: str) -> Names:
        """The names among which a ``global`` or ``nonlocal`` one stands."""
        return self.frame.shared[name]

    def undefined(self, name: str) -> Value:
        """A name that the source does not define: one of Python's or of a library, else a letter."""
        found = self.listed(f"builtins.{name}")
        if not isinstance(found, Unlisted):
            return found
        for path in self.frame.file.stars:  # what ``from keras.optimizers import *`` may have brought
            found = self.listed(f"{path}.{name}")
            if not isinstance(found, Unlisted) and (name[:1].isupper() or not isinstance(found, Nothing)):
                return found
        return Sym(name)

    # ---- calls

    def call(self, function: Value, arguments: Sequence[Value], named: Names | None = None) -> Value:
        function = self.known(function)
        named = {} if named is None else named
        match function:
            case Function():
                return self.run(function, arguments, named)
            case Method():
                return self.call(function.function, [function.owner, *arguments], named)
            case Native():
                return self.native(function, arguments, named)
            case Class():
                return self.construct(function, arguments, named)
            case Instance():
                return self.call_instance(function, arguments, named)
            case Partial():
                return self.call(function.function, [*function.arguments, *arguments], {**function.named, **named})
            case Nothing() | Unknown():
                return function
            case Super():
                raise Refused("super() is not called as a function")
            case Wrapped("static", inner):
                return self.call(inner, arguments, named)
        raise NotKnown(*self.uncallable(function))

    def uncallable(self, function: Value) -> tuple[str, str]:
        """Why something is not called."""
        match function:
            case Unlisted():
                return f"{function.path} is not known here", elsewhere(function.path)
            case Space():
                return f"{function.path} is a module, not a function", ""
            case Sym():
                starred = next((said for path in self.frame.file.stars if (said := elsewhere(path))), "")
                neither = "it is neither in the file nor among the layers known"
                return f"'{function.name}' is not defined here", starred or neither
        return f"{called(function)} is not called", ""

    def native(self, function: Native, arguments: Sequence[Value], named: Names) -> Value:
        """A function that is known here; what it raises is what Python's own would."""
        if function.name != "partial":  # what is only handed on need not be read yet
            arguments = [self.known(argument) for argument in arguments]
            named = {name: self.known(value) for name, value in named.items()}
        try:
            return function.act(self, *arguments, **named)
        except ERRORS as error:
            raise fails(type(error).__name__, f"{function.name}: {error}") from None
        except AttributeError:
            raise fails("TypeError", f"{function.name} expects a tensor") from None

    def call_instance(self, instance: Instance, arguments: Sequence[Value], named: Names) -> Value:
        found = instance.kind.find("__call__")
        if found is None:
            raise Refused(f"{called(instance)} is not called")
        return self.call(found[1], [instance, *arguments], named)

    def run(self, function: Function, arguments: Sequence[Value], named: Names) -> Value:
        """A function of the source."""
        if len(self.frames) > DEEPEST:
            raise Refused(f"calls are nested more than {DEEPEST} deep", "does a function call itself without an end?")
        self.step()
        if function.passed:
            self.say(function.passed)
        frame = Frame(function.file, self.bind(function, arguments, named), function.outer, function)
        frame.receiver = arguments[0] if arguments else None
        frame.at = function.node
        node = function.node
        if isinstance(node, ast.Lambda):
            return self.within(frame, lambda: self.evaluate(node.body))
        try:
            self.within(frame, lambda: self.execute(node.body))
        except Returned as returned:
            return returned.value if not function.yields else [*frame.shared.get("yield ", {}).values()]
        return [*frame.shared.get("yield ", {}).values()] if function.yields else None

    def within(self, frame: Frame, work: Callable[[], Value]) -> Value:
        """Something done in a frame; a mistake gets its place in the innermost one."""
        self.frames.append(frame)
        try:
            return work()
        except Refused as error:
            if error.node is None:
                error.file, error.node = frame.file, frame.at
            raise
        except Raised as error:
            if error.node is None:
                error.file, error.node = frame.file, frame.at
            raise
        finally:
            self.frames.pop()

    # ---- classes

    def construct(self, kind: Class, arguments: Sequence[Value], named: Names) -> Value:
        """An instance: made by the nearest ``__new__`` or maker of a known class, then ``__init__``."""
        maker = kind.find("__make__")
        if maker is not None:
            return self.call(maker[1], [kind, *arguments], named)
        instance = Instance(kind)
        init = kind.find("__init__")
        if init is not None:
            self.call(init[1], [instance, *arguments], named)
        elif kind.among("exception"):
            instance.attributes["args"] = tuple(arguments)
        elif arguments or named:
            raise fails("TypeError", f"{kind.name}() takes no arguments")
        return instance

    # ---- what loops and conditions ask

    def items(self, value: Value) -> Sequence[Value]:
        value = self.known(value)
        if isinstance(value, range):
            if len(value) > ENTRIES:
                raise Refused(f"a loop of {len(value):,} turns is too long: up to {ENTRIES:,} are followed")
            return [*value]
        if isinstance(value, list | tuple | set | dict):
            return [*value]
        if isinstance(value, str):
            return [*value]
        if isinstance(value, Tensor):
            return self.parts(value)
        if isinstance(value, Instance):
            return self.items_of(value)
        if isinstance(value, Class) and value.among("enum"):
            return [member for member in value.names.values() if isinstance(member, Instance)]
        if is_letter(value):
            whole(value, self.say)
        raise Refused(f"{called(value)} is nothing to loop over")

    def items_of(self, instance: Instance) -> Sequence[Value]:
        for name in ("__iter__", "__getitem__"):
            found = instance.kind.find(name)
            if found is None:
                continue
            if name == "__iter__":
                given = self.call(found[1], [instance])
                step = given.kind.find("__next__") if isinstance(given, Instance) else None
                return self.items(given) if step is None else self.drawn(step[1], given)
            return [self.call(found[1], [instance, place]) for place in range(self.length(instance))]
        raise Refused(f"{called(instance)} is nothing to loop over")

    def drawn(self, step: Value, instance: Value) -> Sequence[Value]:
        """What ``__next__`` gives, until it says that there is no more."""
        found: list[Value] = []
        try:
            while True:
                self.room(1)
                found.append(self.call(step, [instance]))
        except Raised as end:
            if end.kind != "StopIteration":
                raise
        return found

    def length(self, value: Value) -> int:
        """``len(value)``."""
        value = self.known(value)
        if isinstance(value, Instance) and (found := value.kind.find("__len__")):
            return whole(self.call(found[1], [value]), self.say)
        if isinstance(value, list | tuple | dict | set | str | range):
            return len(value)
        if isinstance(value, Tensor):
            return whole(value.dims[0], self.say)
        if isinstance(value, Class) and value.among("enum"):
            return len(self.items(value))
        if isinstance(value, Nothing):
            raise Refused(f"how long {value.path} is depends on data", "--set gives a name of the file its value")
        raise fails("TypeError", f"{called(value)} has no length")

    def parts(self, tensor: Tensor) -> Sequence[Value]:
        """The parts of a tensor along its first axis."""
        return [self.subscript(tensor, place) for place in range(self.length(tensor))]

    def truth(self, value: Value) -> bool:
        value = self.known(value)
        if isinstance(value, Unknown):
            raise Refused(f"whether this is true depends on {value.what}")
        if isinstance(value, Tensor):
            if value.numbers is not None and len(value.numbers) == 1:
                return self.truth(value.numbers[0])
            raise Refused("whether this is true depends on the numbers of a tensor")
        if isinstance(value, Instance):
            for name in ("__bool__", "__len__"):
                found = value.kind.find(name)
                if found is not None:
                    return bool(self.call(found[1], [value]))
            return True
        if is_letter(value):
            return self.letter_truth(value)
        if isinstance(value, Unlisted):
            raise Refused(f"{value.path} is not known here")
        return bool(value)

    def letter_truth(self, value: Expr) -> bool:
        """Is a letter other than 0? A size is; of others the value must be given."""
        if set(names(value)) <= {BATCH}:
            return self.truth(self.compare("!=", value, 0))
        letters = ", ".join(dict.fromkeys(map(text, names(value))))
        raise Refused(
            f"{text(value)} has no value here, and decides which way this goes", f"--set {letters}=... gives one"
        )

    def subscript(self, owner: Value, index: Value) -> Value:
        """``owner[index]``."""
        owner, index = self.known(owner), self.known(index)
        if isinstance(owner, list | tuple | str | range):
            if isinstance(index, slice):
                return owner[slice(*(None if part is None else whole(part, self.say) for part in _parts(index)))]
            if isinstance(index, Unknown):
                return index
            return self.native(Native("index", lambda _: owner[whole(index, self.say)]), [], {})
        if isinstance(owner, dict):
            return self.native(Native("key", lambda _: owner[index]), [], {})
        if isinstance(owner, Tensor):
            return self.part_of(owner, index)
        if isinstance(owner, Instance) and (found := owner.kind.find("__getitem__")):
            return self.call(found[1], [owner, index])
        if isinstance(owner, Class) and owner.among("enum") and isinstance(index, str):
            return owner.names[index]
        if isinstance(owner, Unlisted | Nothing | Class | Space | Native):
            return Nothing("a type")  # List[int] stands in type hints
        if isinstance(owner, Unknown):
            return owner
        raise Refused(f"{called(owner)} has no entries")

    def part_of(self, tensor: Tensor, index: Value) -> Value:
        """A part of a tensor."""
        raise NotImplementedError


def _parts(index: slice) -> tuple[Value, Value, Value]:
    return index.start, index.stop, index.step
