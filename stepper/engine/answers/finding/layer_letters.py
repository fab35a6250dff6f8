"""The letters in the formulas of one layer, each a symbol of its own: settings as numbers, what is read from the layers
before it, helpers as formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stepper.core.expr import Array, Call, Expr, Num, Number, Sym, multiply
from stepper.core.traverse import substitute, transform
from stepper.engine.answers.finding.line import Line
from stepper.engine.layers.cell import chosen
from stepper.engine.layers.result import Done
from stepper.engine.layers.settings import signature, symbol_of
from stepper.engine.layers.sizes import formula, number
from stepper.tables.table import ROWS

MARK = "@"
"""Between a letter and the layer, and axis, that it belongs to."""


class Letters:
    """``whole`` are the letters of formulas about the layer, ``along`` those for each spatial axis; ``entering`` are
    the axes that it works on, ``held`` what the listing says of what comes in.
    """

    def __init__(
        self, lines: dict[str, Line], leaves: dict[str, Number], shown: dict[Expr, Expr], done: Done,
        axes: Sequence[Expr], reads: Sequence[Sequence[Expr]],
    ) -> None:  # fmt: skip
        self.lines, self.leaves, self.shown, self.done = lines, leaves, shown, done
        self.held: dict[str, Expr] = {}
        self.name, self.row = done.layer.name, done.row
        self.entering = tuple(axes)
        self.whole: dict[Expr, Expr] = {
            Sym("C"): self.own("C", axes[0]), Sym("F"): self.own("F", axes[-1]),
            Sym("N"): self.own("N", multiply(*axes)), Sym("S"): _sizes(axes[1:]),
            Sym("T"): self.own("T", multiply(*axes[:-1]) if len(axes) > 1 else Num("1")),
        }  # fmt: skip
        self.whole |= {Sym(f"F{place}"): entry[-1] for place, entry in enumerate(reads, start=1)}
        self.along = [self.axis(place, env) for place, env in enumerate(done.axes)]
        self.settings()

    def own(self, letter: str, formula: Expr, place: int | str | None = None) -> Sym:
        """A letter that is worked out."""
        symbol = self.symbol(letter, place)
        self.lines[symbol.name] = Line(symbol.name, Sym(letter), formula, "setting", "", self.name)
        return symbol

    def leaf(self, letter: str, value: Expr | None, place: int | None = None) -> Expr | None:
        """A letter that is a number, or a list of some; None where it is a word."""
        if isinstance(value, Array):
            items = [self.leaf(letter, item, turn) for turn, item in enumerate(value.items)]
            return None if None in items else Array(tuple(item for item in items if item is not None))
        found = None if value is None else number(value)
        if found is None:
            return None
        symbol = self.symbol(letter, place)
        self.leaves[symbol.name] = found
        self.shown[symbol] = Sym(letter)
        return symbol

    def symbol(self, letter: str, place: int | str | None) -> Sym:
        """``k@c1`` of the whole layer, ``k@c1.1`` along its first axis."""
        end = "" if place is None else f".{place + 1 if isinstance(place, int) else place}"
        return Sym(f"{letter}{MARK}{self.name}{end}")

    def axis(self, place: int, env: Mapping[Expr, Expr]) -> Mapping[Expr, Expr]:
        """The letters along one axis; a default that is another setting is worked out from it."""
        entering = self.entering[min(place + 1, len(self.entering) - 1)]
        found: dict[Expr, Expr] = {Sym("C"): self.whole[Sym("C")], Sym("n"): self.own("n", entering, place)}
        for name, default, _ in signature(self.row):
            letter = symbol_of(name)
            told = formula(default) if default and name not in self.done.layer.settings else None
            if isinstance(told, Sym) and told in found and name not in self.row.given:
                found[letter] = self.own(letter.name, found[told], place)
                continue
            for each in (letter, Sym(f"{letter.name}_end")):
                made = self.leaf(each.name, env.get(each), place)
                if made is not None:
                    found[each] = made
        for name, written in self.row.helpers.items():
            found[Sym(name)] = self.own(name, put(chosen(formula(written), env), found), place)
        return found

    def settings(self) -> None:
        """The settings in formulas about the whole layer; one that each axis has is the list of them."""
        env = self.done.env
        for name, _, each in signature(self.row):
            letter = symbol_of(name)
            if each and self.along and all(letter in along for along in self.along):
                self.whole[letter] = Array(tuple(along[letter] for along in self.along))
            elif name in self.row.given and self.comes_in(name, letter):
                self.whole[letter] = self.own(letter.name, self.whole[Sym(self.row.given[name])])
                if name in self.done.layer.settings:
                    self.held[self.symbol(letter.name, None).name] = env[letter]
            else:
                made = self.leaf(letter.name, env.get(letter))
                if made is not None:
                    self.whole[letter] = made
            self.whole[Sym(name)] = self.whole.get(letter, Sym(name))
        for name, written in self.row.helpers.items() if not self.row.axes else ():
            self.whole[Sym(name)] = self.own(name, put(chosen(formula(written), env), self.whole))

    def comes_in(self, name: str, letter: Sym) -> bool:
        """Is a setting told by what comes in, or the same as that where the listing says it?"""
        if name not in self.done.layer.settings:
            return True
        said, known = (number(self.done.env[part]) for part in (letter, Sym(self.row.given[name])))
        return said is not None and said == known

    def after(self, symbols: Sequence[Expr]) -> None:
        """The axes that come out are letters too."""
        self.whole[Sym("O")] = _sizes(symbols[1:])


def put(formula: Expr, letters: Mapping[Expr, Expr]) -> Expr:
    """A formula of a row with its letters put in; what joins a list is given one, also of a single number."""

    def listed(part: Expr) -> Expr | None:
        match part:
            case Call(name, (argument,)) if name in ROWS and ROWS[name].fold and not isinstance(argument, Array):
                return Call(name, (Array((argument,)),))
            case _:
                return None

    return transform(substitute(formula, letters), listed)


def _sizes(symbols: Sequence[Expr]) -> Expr:
    return Array(tuple(symbols) or (Num("1"),))
