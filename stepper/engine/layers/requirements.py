"""What must hold of a layer, and what an unknown is for it to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import COMPARE, Array, Expr, Sym, Where
from stepper.core.formula import text
from stepper.core.network import INPUT, Layer, Network, Shape
from stepper.core.prose import Prose
from stepper.core.traverse import names, substitute
from stepper.engine.layers.cell import chosen
from stepper.engine.layers.fitting import Mismatch, edit, shown_shape
from stepper.engine.layers.settings import NOTHING, SAME, VALID, signature, symbol_of
from stepper.engine.layers.sizes import formula, integer, literal, number, settle
from stepper.engine.layers.solve import Constraint
from stepper.errors import Problem
from stepper.tables.layer import LEAST, SAME_AFTER
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import BY_LAYER_NAME

LONGEST_SHOWN = 60
PADDING = Sym("p")
TIMES: Mapping[int, str] = {2: "twofold", 3: "threefold", 4: "fourfold"}


class Requirements:
    """Asks of each layer what its row says; what letters are for it to hold is known from there on, or a question about
    them.
    """

    def __init__(self, network: Network, given: Mapping[Expr, Expr]) -> None:
        self.network = network
        self.values: dict[Expr, Expr] = dict(given)
        self.bound: dict[Expr, tuple[Expr, Prose]] = {}
        assert network.input is not None
        self.shapes: dict[str, Shape] = {INPUT: tuple(settle(size, self.values) for size in network.input)}
        self.constraints: list[Constraint] = []
        self.problems: list[Problem] = []

    def fail(self, layer: Layer, what: str, hint: str) -> None:
        shown = layer.text if len(layer.text) <= LONGEST_SHOWN else layer.text[: LONGEST_SHOWN - 1] + "…"
        problem = Problem(f"{layer.name}, {shown}: {what}", layer.place, hint)
        self.problems += [problem] if problem not in self.problems else []  # the axes may all say the same

    def constrain(
        self, layer: Layer, found: Expr, wanted: Expr, takes: bool = False, env: Mapping[Expr, Expr] | None = None
    ) -> Expr:
        """A number with letters that the listing states: a question about the letters.

        Onwards the number is what it states.
        """
        if set(names(found)) <= set(names(wanted)):
            return found
        conditions = tuple(condition_of(condition) for condition, _ in BY_LAYER_NAME[layer.kind].require) if env else ()
        question = Constraint(layer, found, wanted, env or {}, conditions, takes)
        if all(
            (question.formula, question.wanted, layer) != (other.formula, other.wanted, other.layer)
            for other in self.constraints
        ):
            self.constraints.append(question)
        return wanted

    def require(
        self, row: Row, layer: Layer, env: Mapping[Expr, Expr], axes: Sequence[Mapping[Expr, Expr]], shape: Shape
    ) -> None:  # fmt: skip
        """What must hold; an unknown on one side of an equality is settled by the other."""
        if row.trailing:
            self.require_trailing(row, env[Sym(row.trailing)], shape)
        along = {symbol_of(name) for name, _, each in signature(row) if each} | {Sym("n"), *map(Sym, row.helpers)}
        same = row.same_require if any(SAME in place.values() for place in axes) else ()
        gathered: dict[Expr, Expr] = {
            Sym(name): Array(tuple(place[Sym(name)] for place in axes)) for name in row.helpers if axes
        }
        for condition, wrong in row.fits:
            self.hold(row, layer, condition_of(condition), wrong, {**env, **gathered})
        for condition, wrong in self.worded(row, env):
            test = condition_of(condition)
            for place in axes if along.intersection(names(test)) else [env]:
                padding: dict[Expr, Expr] = (
                    {PADDING: settle(formula(SAME_AFTER), place)} if place.get(PADDING) == SAME else {}
                )
                self.hold(row, layer, test, wrong, {**env, **place, **padding, Sym("axes"): literal(len(shape))})
        for condition, wrong in (*row.require, *same):
            test = condition_of(condition)
            for place in axes if along.intersection(names(test)) else [env]:
                self.hold(row, layer, test, wrong, {**env, **place})
        self.require_integers(row, env)

    def worded(self, row: Row, env: Mapping[Expr, Expr]) -> Iterator[tuple[str, str]]:
        """What must hold for the words that settings are."""
        for name, words in row.words.items():
            word = env[Sym(name)]
            if isinstance(word, Sym) and word.name in words:
                yield from words[word.name]
            elif word != NOTHING:
                raise Mismatch(f"{name} is {text(word)}, and must be one of {', '.join(words)}")

    def require_integers(self, row: Row, env: Mapping[Expr, Expr]) -> None:
        """Sizes and counts among the settings are integers that can be."""
        for name, _, _ in signature(row):
            value = env[Sym(name)]
            for item in (
                (value.items if isinstance(value, Array) else (value,)) if name in LEAST and name != row.sided else ()
            ):
                size = number(settle(item, self.values)) if item not in (SAME, VALID, NOTHING) else None
                if size is not None and (size.denominator != 1 or size < LEAST[name]):
                    raise Mismatch(f"{name} is {text(item)}, and must be an integer of at least {LEAST[name]}")

    def hold(self, row: Row, layer: Layer, test: Where, wrong: str, env: Mapping[Expr, Expr]) -> None:
        """One condition, along one axis or for the layer as a whole."""
        test = replace(test, left=chosen(test.left, env))
        left, right = (settle(substitute(settle(side, env), self.values), {}) for side in (test.left, test.right))
        low, high = integer(left), integer(right)
        if left == right:
            holds = COMPARE[test.operator](0, 0)
        elif low is not None and high is not None:
            holds = COMPARE[test.operator](low, high)
        else:
            holds = True
            if test.operator == "==":
                self.bind(left, right, layer)
        if not holds and row.regroups and integer(env[Sym(row.regroups)]) == -1 and low and high and low % high == 0:
            raise _regrouped(layer, low, high)
        if not holds:
            what, hint = self.mismatch(row, layer, test, wrong, left, right)
            if test.operator != "==":
                raise Mismatch(what, hint)
            self.fail(layer, what, hint)

    def require_trailing(self, row: Row, value: Expr, shape: Shape) -> None:
        """The last axes that come in are those that a setting names."""
        entries = value.items if isinstance(value, Array) else (value,)
        wanted = tuple(settle(entry, self.values) for entry in entries)
        got = shape[-len(wanted) :]
        if all(integer(size) is not None for size in (*wanted, *got)) and wanted != got:
            raise Mismatch(
                f"{row.trailing} is {shown_shape(wanted)}, and the last axes that come in are {shown_shape(got)}"
            )

    def bind(self, left: Expr, right: Expr, layer: Layer) -> None:
        """An equality with letters: one alone on a side is what stands on the other; else it is a question about
        them.
        """
        for symbol, value in ((left, right), (right, left)):
            if isinstance(symbol, Sym) and symbol not in names(value):
                self.values[symbol] = value
                self.bound[symbol] = (value, (f"by {layer.name}: {layer.text}",))
                return
        for found, wanted in ((left, right), (right, left)):
            if integer(wanted) is not None:
                self.constrain(layer, found, wanted, takes=True)

    def mismatch(self, row: Row, layer: Layer, test: Where, wrong: str, left: Expr, right: Expr) -> tuple[str, str]:
        """Expected and got, where the number comes from, the smallest edit that fits."""
        shape = self.shapes[layer.reads[0]]
        source = "the input" if layer.reads[0] == INPUT else layer.reads[0]
        if set(names(test.left)) <= {symbol_of(name) for name in row.given}:  # what the input tells must be equal to it
            what = f"it expects {text(left)}, but gets {text(right)}: {wrong}; {source} gives {shown_shape(shape)}"
            return what, edit(row, left, right, shape)
        return (
            f"{wrong}: {text(test.left)} {test.operator} {text(test.right)} is {text(left)} {test.operator} "
            f"{text(right)}",
            "",
        )


def _regrouped(layer: Layer, numbers: int, size: int) -> Mismatch:
    """Rows of another size than a sample's: PyTorch makes more of them, and raises nothing."""
    times = numbers // size
    what = (
        f"a sample has {numbers} numbers, and rows of {size} are asked for: each sample becomes {times} rows, so that"
    )
    what += f" the batch grows {TIMES.get(times, f'{times} times')}, and PyTorch raises no error"
    return Mismatch(what, f"for one row a sample write view(-1, {numbers}), or Flatten()")


def condition_of(condition: str) -> Where:
    """What must hold, as the case distinction that it makes."""
    test = formula(f"where({condition}, 1, 0)")
    assert isinstance(test, Where)
    return test
