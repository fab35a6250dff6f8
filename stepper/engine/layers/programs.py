"""A layer's row with what a layer has for the names in it: one formula, or a program of several nodes, whose loop over
the steps of a sequence, or over heads, is unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import groupby

from stepper.core.expr import Array, Call, Expr, Index, Num, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import meant, names, substitute, transform
from stepper.engine.layers.forms import along_axes, holds, short, without
from stepper.engine.layers.result import Done
from stepper.engine.layers.sizes import formula as sized
from stepper.engine.layers.sizes import integer, settle

X, Y, STEP = Sym("x"), Sym("y"), Sym("t")


class Program:
    """What a layer works out, as formulas of nodes.

    ``held`` are the names of what it holds by those in the row, ``missing`` what it does not hold; ``fresh`` gives a
    node's name to one in the row.
    """

    def __init__(
        self, done: Done, env: Mapping[Expr, Expr], held: Mapping[Expr, Expr], missing: set[Sym],
        fresh: Callable[[str], str]
    ) -> None:  # fmt: skip
        self.done, self.held, self.missing, self.fresh = done, dict(held), missing, fresh
        # a setting's default may be another setting, as a pool's stride is its kernel
        self.settings = {key: substitute(value, done.env) for key, value in env.items() if key not in held}
        self.env = env
        self.families: dict[str, list[Expr]] = {}

    def lines(self, read: Expr) -> Iterator[tuple[str, Expr]]:
        """The nodes before the last, in their order: each line by itself, and those with an index once for each
        step.
        """
        told = [
            line for condition, line in self.done.row.program if not condition or holds(condition, self.done, self.env)
        ]
        for looped, block in groupby(map(_parted, told), lambda line: isinstance(line[0], Index)):
            lines = list(block)
            for step in range(1, self.steps + 1) if looped else (0,):
                for left, right in lines:
                    yield from self.line(left, self.put(right, step), read)

    @property
    def steps(self) -> int:
        times = self.done.row.times
        return (integer(settle(sized(times), self.settings)) or 1) if times else 1

    def line(self, left: Expr, right: Expr, read: Expr) -> Iterator[tuple[str, Expr]]:
        """A line as a node; what is made of nothing that the layer holds is not held either."""
        name = left.base if isinstance(left, Index) else left
        assert isinstance(name, Sym)
        if names(right) and self.missing.issuperset(names(right)):
            self.missing.add(name)
            return
        if isinstance(right, Sym):  # it only names another, and is no node
            self.held[name] = read if right == X else self.held[right]
            return
        family = self.families.setdefault(name.name, [self.held.get(Sym(f"{name.name}_0"), name)])
        node = self.fresh(self.called(name.name, len(family) if isinstance(left, Index) else 0))
        if isinstance(left, Index):
            family.append(Sym(node))
        else:
            self.held[name] = Sym(node)
        yield node, self.settled(right, read)

    def called(self, name: str, step: int) -> str:
        """What a line is called: a part of what is held by the name of that, ``W_i``; a step by its number, ``c_2``."""
        base = next((text(given) + name.removeprefix(held.name) for held, given in self.held.items()
                     if isinstance(held, Sym) and name.startswith(f"{held.name}_")), name)  # fmt: skip
        return f"{base}_{step}" if step and self.done.row.times else base

    def last(self, formula: Expr, reads: Sequence[Expr]) -> Expr:
        """The formula of what comes out."""
        single = self.put(formula, self.steps)
        found = self.settled(single, *reads[:2])
        for read in reads[2:]:  # three and more are joined one after the other
            found = self.settled(single, found, read)
        return found

    def put(self, formula: Expr, step: int) -> Expr:
        """A formula of the row at a step, with the nodes of the steps in it."""

        def change(part: Expr) -> Expr | None:
            match part:
                case Call("rows", (Sym(name),)) if name in self.families:
                    return Array(tuple(self.families[name][1:]))
                case Call("beside", (Sym(name),)) if name in self.families:
                    steps = self.families[name][1:]
                    return reduce(lambda left, right: Call("concat", (left, right, Num("-1"))), steps)
                case Index(Sym(name), (index,)) if STEP in names(index):
                    at = integer(settle(index, {STEP: Num(str(step))}))
                    assert at is not None
                    if name in self.families or at == 0:
                        return self.families[name][at] if name in self.families else self.held[Sym(f"{name}_0")]
                    return Index(part.base, (Num(str(at)),)) if self.done.row.times else part.base
            return Num(str(step)) if part == STEP else None

        return transform(formula, change)

    def settled(self, formula: Expr, read: Expr, other: Expr | None = None) -> Expr:
        """A formula with the settings, what is held and what is read put in."""
        bare = transform(without(formula, self.missing), lambda part: along_axes(part, self.done, self.settings))
        bare = substitute(bare, {**self.settings, **self.held})
        return transform(substitute(bare, {X: read, **({} if other is None else {Y: other})}), short)


def of_row(formula: str) -> Expr:
    return meant(parse(formula), ())


@lru_cache(maxsize=1000)
def _parted(line: str) -> tuple[Expr, Expr]:
    """Both sides of a line of a program."""
    left, _, right = line.partition(" = ")
    return parse(left), of_row(right)
