"""What each name in a statement stands for: a size, an index, a number, an array, a family, a random quantity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import OPERATORS
from stepper.core.expr import (
    CONSTANTS,
    KRONECKER,
    Array,
    Bound,
    Call,
    Deriv,
    Expr,
    Index,
    Prime,
    Sym,
    Transpose,
    children,
)
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.witness.calls import SIZES, SPECIAL
from stepper.engine.derive.witness.definitions import Definitions
from stepper.engine.derive.witness.numbers import Unable
from stepper.engine.derive.witness.scene import INFINITIES, is_infinite
from stepper.engine.values.vocabulary import Vocabulary


class Kinds:
    """The kinds of all names, found by going through every formula once.

    Attributes:
        sizes: whole numbers that count: letters of shapes, limits of sums; ``letters`` are those of shapes.
        indices: free indices, and which axes of which names they count along.
        shapes: the shape of each array, by letters and numbers; of families as far as sums tell.
        families: names that have members, and no shape of their own.
        numbers, functions: all others that have no definition; unknown functions.
        random: random quantities, of which there is an expectation somewhere.
        stated: every name in the statement itself.
        limits: the upper limits of bound variables that count along an axis.
    """

    def __init__(self, formulas: Iterable[Expr], given: Given, vocabulary: Vocabulary) -> None:
        self.given, self.vocabulary = given, vocabulary
        self.definitions = Definitions(given.definitions)
        self.definitions.check()
        self.sizes: dict[str, None] = {}
        self.letters: set[str] = {LOOSE}
        self.indices: dict[str, list[tuple[str, int]]] = {}
        self.shapes: dict[str, tuple[Expr, ...]] = {name: shape for name, shape in given.shapes.items() if shape}
        self.families: dict[str, int] = {}
        self.numbers: dict[str, None] = {}
        self.functions: dict[str, None] = {}
        self.in_products: dict[str, None] = {}
        self.limits: dict[tuple[str, int], Expr] = {}
        self.loose_vectors: dict[str, None] = {}
        self.together: list[list[str]] = []
        self.random = set(given.random) | set(given.laws)
        every = [*formulas, *self._assumed()]
        self.stated = {part.name for formula in formulas for part in _symbols(formula)}
        for formula in every:
            self._visit(formula, {})
        lettered = [part.name for shape in self.shapes.values() for size in shape for part in _symbols(size)]
        self.letters |= {*lettered}
        self.sizes |= dict.fromkeys(lettered)
        self._find_random(every)
        self._find_vectors()
        for name in (*self.sizes, *self.indices, *self.shapes, *self.families, *self.definitions.names):
            self.numbers.pop(name, None)
        for name in self.shapes:
            self.families.pop(name, None)
        for name in self.in_products:
            if name in self.numbers and name not in given.shapes:
                raise Unable(f"a product of matrices with {name}, whose shape is not given,")

    @property
    def identity(self) -> bool:
        """Is I the identity matrix? Among matrices it is, unless a quantity has the name."""
        among = bool(self.in_products) or any(len(shape) > 1 for shape in self.shapes.values())
        return among and IDENTITY not in {*self.shapes, *self.given.shapes, *self.definitions.names}

    def _find_random(self, formulas: Sequence[Expr]) -> None:
        """Those of which there is an expectation; where one names none, every name inside is random."""
        inside = [part for formula in formulas for part in walk(formula) if _operates(part)]
        under = [set(self._free(part, frozenset())) for part in inside]
        self.random &= set().union(*under)
        for names in under:
            if not names & self.random:
                self.random |= {name for name in names if "constant" not in self.given.traits.get(name, ())}
        self.random -= {*self.sizes, *self.indices}

    def _find_vectors(self) -> None:
        """Names without a shape that stand for whole lists."""
        for names in self.together:
            if not any(name in self.shapes or name in self.loose_vectors for name in names):
                self.loose_vectors |= dict.fromkeys(names)
        for name in self.loose_vectors:
            if name not in self.shapes and name not in self.definitions.names and name not in self.definitions.members:
                self.shapes[name] = (self.limits.get((name, 0), Sym(LOOSE)),)

    @property
    def open(self) -> bool:
        """Is there anything to be drawn?"""
        return any((self.sizes, self.indices, self.shapes, self.families, self.numbers, self.functions))

    def _assumed(self) -> Iterable[Expr]:
        for fact in self.given.facts:
            yield from fact.sides
        for law in self.given.laws.values():
            yield from law.arguments
        yield from self.definitions

    def _visit(self, expr: Expr, bound: Mapping[str, Expr | None]) -> None:
        match expr:
            case Sym(name):
                self._name(name, bound)
            case Prime():
                self._name(text(expr), bound)
            case Index(base, indices):
                self._indexed(base, indices, bound)
            case Bound(word, variable, low, high, body):
                for limit in (low, high):
                    if word != "integral":
                        self._counted(limit, bound)
                    self._visit(limit, bound)
                counts = high if word != "integral" and not is_infinite(high) else None
                self._visit(body, {**bound, variable.name: counts})
            case Deriv() if is_named(expr.of) and not self._defined(expr.of):
                self._name(text(expr), bound)
            case Call(name, arguments):
                self._called(name, arguments)
                for argument in arguments:
                    self._visit(argument, bound)
            case _:
                if isinstance(expr, Transpose) or "@" in getattr(expr, "operators", ()):
                    self.in_products |= {part.name: None for part in children(expr) if isinstance(part, Sym)}
                for part in children(expr):
                    self._visit(part, bound)

    def _defined(self, expr: Expr) -> bool:
        definitions = self.definitions
        if isinstance(expr, Index):
            return text(expr.base) in definitions.members or text(expr.base) in definitions.names
        return text(expr) in definitions.names

    def _name(self, name: str, bound: Mapping[str, Expr | None]) -> None:
        if name not in bound and name not in CONSTANTS.values() and name not in INFINITIES:
            self.numbers[name] = None

    def _counted(self, limit: Expr, bound: Mapping[str, Expr | None]) -> None:
        """Names in the limit of a sum are sizes."""
        for part in walk(limit):
            if isinstance(part, Sym) and part.name not in bound and part.name not in INFINITIES:
                self.sizes[part.name] = None

    def _indexed(self, base: Expr, indices: tuple[Expr, ...], bound: Mapping[str, Expr | None]) -> None:
        if isinstance(base, Index) and isinstance(base.base, Sym | Prime):
            self._indexed(base.base, (*base.indices, *indices), bound)
            return
        along = self._along(base)
        for axis, index in enumerate(indices):
            for part in walk(index):
                if isinstance(part, Sym) and part.name not in bound:
                    self.indices.setdefault(part.name, [])
                    if part is index and along:
                        self.indices[part.name].append((along, axis))
            if isinstance(index, Sym) and along and (limit := bound.get(index.name)) is not None:
                self.limits.setdefault((along, axis), limit)
        if base == KRONECKER:
            return
        if isinstance(base, Sym | Prime):
            self.families[text(base)] = len(indices)
        else:
            self._visit(base, bound)

    def _along(self, base: Expr) -> str:
        """The name whose axes an index counts along: ``softmax(z)[i]`` along z."""
        if base == KRONECKER:
            return ""
        return next((text(part) for part in walk(base) if isinstance(part, Sym | Prime)), "")

    def _called(self, name: str, arguments: tuple[Expr, ...]) -> None:
        plain = name.rstrip("'")
        if name in self.definitions.functions or plain in self.definitions.functions or name in OPERATORS:
            return
        if plain in self.vocabulary:
            rule = self.vocabulary.rule(plain)
            for argument, parameter in zip(arguments, rule.parameters, strict=False):
                alone = not (rule.row is not None and rule.row.gathers and len(arguments) > 1)
                if parameter.is_list and alone:
                    self._listed(argument)
            if not rule.unspecified:
                return
        if plain not in SPECIAL:
            self.functions[plain] = None

    def _listed(self, argument: Expr) -> None:
        """Names that stand for whole lists; of several in a product all, where nothing else makes one a list."""
        names = [part.name for part in _whole_names(argument) if self.given.shapes.get(part.name) != ()]
        if len(names) == 1:
            self.loose_vectors[names[0]] = None
        elif names:
            self.together.append(names)

    def _free(self, expr: Expr, bound: frozenset[str]) -> Iterable[str]:
        """The names of quantities in a formula, those in definitions too."""
        match expr:
            case Sym() | Prime():
                name = text(expr)
                definition = self.definitions.names.get(name)
                if definition is not None:
                    yield from self._free(definition, bound | {name})
                elif name not in bound and (name in self.numbers or name in self.families or name in self.shapes):
                    yield name
            case Index(base, _) if base != KRONECKER:
                if isinstance(base, Sym | Prime):
                    name = text(base)
                    member = self.definitions.members.get(name, ((), self.definitions.names.get(name)))[1]
                    if member is not None:
                        yield from self._free(member, bound | {name})
                    elif name not in bound:
                        yield name
                else:
                    yield from self._free(base, bound)
            case Bound(_, variable, low, high, body):
                for limit in (low, high):
                    yield from self._free(limit, bound)
                yield from self._free(body, bound | {variable.name})
            case _:
                for part in children(expr):
                    yield from self._free(part, bound)

    def mentioned(self, expr: Expr) -> set[str]:
        """The random quantities in a formula."""
        return set(self._free(expr, frozenset())) & self.random


LOOSE, IDENTITY = "(length)", "I"
"""The size of vectors of which nothing is said; the identity matrix, unless a quantity has the name."""


def _operates(expr: Expr) -> bool:
    return isinstance(expr, Call) and expr.name in OPERATORS


def _symbols(expr: Expr) -> Iterable[Sym]:
    return (part for part in walk(expr) if isinstance(part, Sym))


def is_named(expr: Expr) -> bool:
    """Is what is differentiated a quantity by its name? ``softmax(z)[i]`` is a formula."""
    while isinstance(expr, Index | Prime):
        expr = expr.base if isinstance(expr, Index) else expr.body
    return isinstance(expr, Sym)


def _whole_names(expr: Expr) -> Iterable[Sym]:
    """The names in an argument that stand for whole lists, or for numbers beside them."""
    match expr:
        case Sym():
            yield expr
        case Call(name, arguments) if name in SIZES or (name not in OPERATORS and name not in SPECIAL):
            for argument in arguments:
                yield from _whole_names(argument)
        case Index() | Bound() | Deriv() | Call() | Prime() | Array():
            return
        case _:
            for part in children(expr):
                yield from _whole_names(part)
