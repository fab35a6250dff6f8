"""Families: ``h[t]`` in a ``repeat`` block, unrolled; lists among the leaves, whose members are leaves of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import Array, Expr, Index, Neg, Num, Product, Sum, Sym
from stepper.core.formula import reference, text
from stepper.core.names import canonical
from stepper.core.parser import parse
from stepper.core.traverse import substitute, transform
from stepper.errors import FormulaError, Place, Problem
from stepper.read.located import Map, Scalar

LONGEST_REPEAT = 10_000
LARGEST_INDEX = 10**9


def element(base: str, number: int) -> str:
    """The name of a member: ``h[1]``."""
    return f"{base}[{number}]"


class Families:
    """The bases that have members, and which."""

    def __init__(self) -> None:
        self.members: dict[str, list[str]] = {}
        self.bases: set[str] = set()

    def add_list(self, base: str, length: int) -> None:
        self.bases.add(base)
        self.members[base] = [element(base, number) for number in range(1, length + 1)]

    def unroll(self, block: Map, problems: list[Problem]) -> Iterator[tuple[str, Expr | None, Place]]:
        """The nodes of a ``repeat`` block, one for each value of its index, in the order of time."""
        for key, _ in block.entries:
            if key.text not in ("index", "from", "to", "nodes"):
                problems.append(
                    Problem(f"'{key.text}' is not part of 'repeat:'", key.place, "it has index, from, to and nodes")
                )
        index, nodes = block.get("index"), block.get("nodes")
        first, last = _bound(block, "from", problems), _bound(block, "to", problems)
        if not isinstance(index, Scalar) or not isinstance(nodes, Map) or first is None or last is None:
            if not isinstance(index, Scalar) or not isinstance(nodes, Map):
                problems.append(Problem("'repeat:' needs index, from, to and nodes", block.place))
            return
        if not 0 <= last - first < LONGEST_REPEAT:
            problems.append(
                Problem(
                    f"'repeat:' runs from {first} to {last}; it takes 1 to {LONGEST_REPEAT:,} steps upwards",
                    block.place,
                )
            )
            return
        read: list[tuple[Expr, Expr, Place]] = []
        variable = Sym(canonical(index.text))
        for key, value in nodes.entries:
            try:
                head = parse(key.text)
                body = parse(value.text) if isinstance(value, Scalar) else None
            except FormulaError as error:
                problems.append(
                    error.within(value.place if isinstance(value, Scalar) and _parses(key.text) else key.place)
                )
                continue
            if (
                not (isinstance(head, Index) and isinstance(head.base, Sym) and variable in head.indices)
                or body is None
            ):
                problems.append(Problem(f"a node of 'repeat:' is written name[{index.text}]: formula", key.place))
                continue
            if head.base == variable:
                problems.append(Problem(f"'{index.text}' is the index, and cannot name a node as well", key.place))
                continue
            self.bases.add(head.base.name)
            read.append((head, body, value.place))
        for step in range(first, last + 1):
            bindings: dict[Expr, Expr] = {variable: _integer(step)}
            for head, body, place in read:
                name = text(_settle(substitute(head, bindings)))
                yield name, _settle(substitute(body, bindings)), place

    def close(self, leaves: Iterable[str], nodes: Iterable[str]) -> None:
        """Collects the members of each base that ``repeat`` declared: ``h[0]`` among the leaves is one only by its
        name.
        """
        for base in self.bases:
            if base not in self.members:
                self.members[base] = [name for name in nodes if name.startswith(f"{base}[")]

    def known(self, names: set[str]) -> Mapping[str, Expr]:
        """What each name stands for in a formula; a bare family is the list of its members."""
        lists = {base: Array(tuple(reference(member) for member in members)) for base, members in self.members.items()}
        return {**{name: reference(name) for name in names}, **lists}


def _parses(formula: str) -> bool:
    try:
        parse(formula)
    except FormulaError:
        return False
    return True


def _bound(block: Map, name: str, problems: list[Problem]) -> int | None:
    tree = block.get(name)
    if isinstance(tree, Scalar):
        try:
            return int(tree.text)
        except ValueError:
            pass
    problems.append(
        Problem(f"'repeat:' needs an integer for '{name}'", tree.place if tree is not None else block.place)
    )
    return None


def _integer(number: int) -> Expr:
    return Num(str(number)) if number >= 0 else Neg(Num(str(-number)))


def _settle(expr: Expr) -> Expr:
    """Works out the arithmetic inside brackets: ``h[2 - 1]`` is ``h[1]``."""

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Index):
            return Index(_settle(part.base), tuple(_worked(index) for index in part.indices))
        return None

    return transform(expr, change)


def _worked(index: Expr) -> Expr:
    number = _integral(index)
    return index if number is None or number.denominator != 1 or abs(number) > LARGEST_INDEX else _integer(int(number))


def _integral(expr: Expr) -> Fraction | None:
    match expr:
        case Num(literal):
            return Fraction(literal)
        case Neg(body):
            inner = _integral(body)
            return None if inner is None else -inner
        case Sum(operands, signs):
            terms = [_integral(part) for part in operands]
            if any(term is None for term in terms):
                return None
            return sum(
                (
                    term if sign == "+" else -term
                    for sign, term in zip(("+", *signs), terms, strict=True)
                    if term is not None
                ),
                Fraction(0),
            )
        case Product(operands, factors) if set(factors) == {"*"}:
            found = Fraction(1)
            for part in operands:
                number = _integral(part)
                if number is None:
                    return None
                found *= number
            return found
        case _:
            return None
