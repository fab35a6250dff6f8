"""Formulas gone through from part to part: what they hold, and parts put in place of others."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping

from stepper.core.expr import (
    CONSTANTS,
    PARTS,
    Bound,
    Call,
    Deriv,
    Expr,
    Index,
    Power,
    Prime,
    Sym,
    children,
    rebuilt,
)


def parts_of(expr: Expr) -> list[Expr]:
    """Every part of a formula, itself first, in the order that is quickest: for questions of what stands in it."""
    found = [expr]
    for part in found:  # grows as it is gone through
        found += PARTS[type(part)](part)
    return found


def holds(expr: Expr, kind: type[Expr]) -> bool:
    """Is a formula, or a part of it, of a kind?"""
    found = [expr]
    for part in found:
        if type(part) is kind:
            return True
        found += PARTS[type(part)](part)
    return False


def transform(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """Replaces every part for which ``change`` gives something, outermost first; the replacement is not entered."""
    replaced = change(expr)
    if replaced is not None:
        return replaced
    parts = children(expr)
    if not parts:
        return expr
    return rebuilt(expr, parts, [transform(part, change) for part in parts])


def rewritten(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """The same for what ``change`` makes of a part wherever it stands: one that several formulas share is changed once.

    A network written out in what is given holds each of its units once for every path, all the same formula.
    """
    return _rewritten(expr, change, {})


def _rewritten(part: Expr, change: Callable[[Expr], Expr | None], done: dict[int, Expr]) -> Expr:
    found = done.get(id(part))
    if found is None:
        found = change(part)
        if found is None:
            parts = children(part)
            found = rebuilt(part, parts, [_rewritten(inner, change, done) for inner in parts]) if parts else part
        done[id(part)] = found
    return found


def extent(expr: Expr) -> tuple[int, int]:
    """How many parts a formula has, and how deep they are nested: ``a + b`` has three, and two levels."""
    return _extent(expr, {})


def _extent(part: Expr, done: dict[int, tuple[int, int]]) -> tuple[int, int]:
    found = done.get(id(part))
    if found is None:
        inside = [_extent(inner, done) for inner in children(part)]
        found = 1 + sum(size for size, _ in inside), 1 + max((depth for _, depth in inside), default=0)
        done[id(part)] = found
    return found


def substitute(expr: Expr, bindings: Mapping[Expr, Expr]) -> Expr:
    """Puts formulas in for names (or for other whole parts); nothing is folded.

    >>> from stepper.core.expr import Num, Sym, multiply
    >>> substitute(multiply(Sym("w"), Sym("x")), {Sym("x"): Num("2")})
    Product(operands=(Sym(name='w'), Num(literal='2')), operators=('*',))
    """
    kinds = {type(key) for key in bindings}
    return transform(expr, lambda part: bindings.get(part) if type(part) in kinds else None)


def meant(expr: Expr, known: Container[str]) -> Expr:
    """The formula with e and pi as the constants, unless a quantity has the name: ``e^x`` is exp(x)."""

    def change(part: Expr) -> Expr | None:
        match part:
            case Power(Sym("e"), exponent) if "e" not in known:
                return Call("exp", (meant(exponent, known),))
            case Sym(name) if name in CONSTANTS and name not in known:
                return Sym(CONSTANTS[name])
            case Index(Sym(), indices):
                return Index(part.base, tuple(meant(index, known) for index in indices))
            case _:
                return None

    return transform(expr, change)


def walk(expr: Expr) -> Iterator[Expr]:
    """Every part of a formula, itself first, from left to right."""
    stack = [expr]
    while stack:
        part = stack.pop()
        yield part
        if parts := PARTS[type(part)](part):
            stack += parts[::-1]


_CONSTANT_SYMBOLS = frozenset(CONSTANTS.values())


def names(expr: Expr) -> dict[Expr, None]:
    """The distinct quantities that a formula reads, in order: names, and elements like ``h[1]`` as wholes.

    A dictionary with empty values, since Python has no ordered set.
    """
    return dict.fromkeys(occurrences(expr))


def has_names(expr: Expr) -> bool:
    """Is it a formula of something, and not a number alone?"""
    return any(True for _ in names(expr)) or any(isinstance(part, Deriv) for part in walk(expr))


def occurrences(expr: Expr) -> list[Expr]:
    """The quantities that a formula reads, each as often as it stands there, from left to right."""
    found: list[Expr] = []
    stack = [expr]
    while stack:
        part = stack.pop()
        match part:
            case Sym(name) if name in _CONSTANT_SYMBOLS:
                pass
            case Sym() | Prime() | Index(Sym(), _):
                found.append(part)
            case Deriv():
                pass
            case Bound(variable=own):
                found += [name for inner in children(part) for name in occurrences(inner) if not mentions(name, own)]
            case _:
                stack.extend(reversed(children(part)))
    return found


def mentions(expr: Expr, part: Expr) -> bool:
    """Does a formula hold a part?"""
    return any(inner == part for inner in walk(expr))
