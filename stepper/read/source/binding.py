"""Arguments and the parameters that they are bound to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stepper.core.expr import Sym
from stepper.read.source.attributes import Attributes
from stepper.read.source.values import Function, Names, Value, fails


class Binding(Attributes):
    """Binds arguments."""

    root: Value = None
    """The function whose missing arguments are letters: the constructor of the model."""
    assumptions: Mapping[str, bool] = {}
    """Which way branches go that depend on data, by their conditions as they are written."""
    pinned: Mapping[str, Value] = {}
    """What the command line says of names."""

    def bind(self, function: Function, arguments: Sequence[Value], named: Mapping[str, Value]) -> Names:
        """The parameters of a function with their values."""
        spec = function.node.args
        positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
        found: Names = dict(zip(positional, arguments, strict=False))
        if len(arguments) > len(positional) and spec.vararg is None:
            raise fails(
                "TypeError", f"{function.name}() takes {len(positional)} arguments, and {len(arguments)} are given"
            )
        if spec.vararg is not None:
            found[spec.vararg.arg] = tuple(arguments[len(positional) :])
        keywords = {*positional, *(parameter.arg for parameter in spec.kwonlyargs)}
        rest: dict[Value, Value] = {}
        for name, value in named.items():
            if name in keywords:
                if name in found:
                    raise fails("TypeError", f"{function.name}() gets '{name}' twice")
                found[name] = value
            else:
                rest[name] = value
        if rest and spec.kwarg is None:
            known = ", ".join(sorted(keywords - {"self"}))
            raise fails("TypeError", f"{function.name}() has no parameter '{next(iter(rest))}'; it has {known}")
        if spec.kwarg is not None:
            found[spec.kwarg.arg] = rest
        self.fill(function, positional, found)
        if function is self.root:
            found |= {name: value for name, value in self.pinned.items() if name in found}
        return found

    def fill(self, function: Function, positional: Sequence[str], found: Names) -> None:
        """Defaults of the parameters that no argument gives."""
        start = len(positional) - len(function.defaults)
        for place, name in enumerate(positional):
            if name not in found:
                found[name] = function.defaults[place - start] if place >= start else self.without(function, name)
        for parameter in function.node.args.kwonlyargs:
            if parameter.arg not in found:
                given = parameter.arg in function.named
                found[parameter.arg] = function.named[parameter.arg] if given else self.without(function, parameter.arg)

    def without(self, function: Function, name: str) -> Value:
        """A parameter that is given nothing: of the model itself a letter, which sizes may tell."""
        if function is self.root:
            return Sym(name)
        raise fails("TypeError", f"{function.name}() misses its argument '{name}'")
