"""What names stand for, and which of it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Call, Expr, Index, Prime, Sym
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.witness.numbers import Unable


class Definitions:
    """What names stand for, by the form of the name: ``z``, ``z[j]``, ``F(x)``, ``F'``."""

    def __init__(self, given: Mapping[str, Expr]) -> None:
        self.names: dict[str, Expr] = {}
        self.members: dict[str, tuple[tuple[Expr, ...], Expr]] = {}
        self.functions: dict[str, tuple[tuple[str, ...], Expr]] = {}
        self.derivatives: dict[str, str] = {}
        for key, formula in given.items():
            left = _written(key)
            match left, formula:
                case Index(base, indices), _:
                    self.members[text(base)] = indices, formula
                case Call(name, arguments), _:
                    self.functions[name] = tuple(map(text, arguments)), formula
                case Prime(Sym(name)), Sym(other) | Call(other, (Sym(),)) if other != name:
                    self.derivatives[other] = name
                    self.names[key] = formula
                case _:
                    self.names[key] = formula

    def check(self) -> None:
        """Refuses definitions that lead back to themselves.

        Raises:
            Unable: where one does.
        """
        for name in self.reads:
            if name in self.reached(self.reads[name]):
                raise Unable(f"{name}, which is defined by way of itself,")

    @cached_property
    def by_name(self) -> Mapping[str, Expr]:
        """The formula of each that is defined, of members and functions by the name of all."""
        several = {name: formula for name, (_, formula) in (*self.members.items(), *self.functions.items())}
        return {**self.names, **several}

    @cached_property
    def reads(self) -> Mapping[str, set[str]]:
        """The names that each reads."""
        return {name: _read(formula) for name, formula in self.by_name.items()}

    def reached(self, names: Iterable[str]) -> set[str]:
        """These names, and all that are read by way of them."""
        seen, waiting = set[str](), [*names]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self.reads.get(name, ())
        return seen

    def needed(self, formulas: Iterable[Expr]) -> list[Expr]:
        """The definitions that formulas read, and those that these read; those of derivatives always."""
        slopes = [f"{name}'" for name in self.derivatives.values()]
        reached = self.reached([*slopes, *(name for formula in formulas for name in _read(formula))])
        return [formula for name, formula in self.by_name.items() if name in reached]

    def __iter__(self) -> Iterator[Expr]:
        yield from self.names.values()
        yield from (formula for _, formula in (*self.members.values(), *self.functions.values()))


@lru_cache(maxsize=1024)
def _written(key: str) -> Expr:
    """What is defined, as it is written: each line of a page is judged beside all definitions before it."""
    return parse_derivation(key)


def _read(expr: Expr) -> set[str]:
    """The names and functions that a formula reads."""
    parts = [part for part in walk(expr) if isinstance(part, Call | Sym | Prime)]
    return {part.name if isinstance(part, Call) else text(part) for part in parts}
