"""A graph in floating point, both ways: one sweep forwards for all values, one backwards for all gradients.

Compiled once to a flat tape of three kinds of instruction: sums of products of two, products, and formulas of few names
whose
partial derivatives come from the tables. Its cost is linear in the number of terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from operator import attrgetter
from typing import TypeAlias

from stepper.core.expr import (
    CONSTANTS,
    Array,
    Call,
    Expr,
    Index,
    Neg,
    Num,
    Number,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Value,
)
from stepper.core.formula import text
from stepper.core.graph import Graph, Node
from stepper.core.memory import without_collection
from stepper.core.traverse import names, substitute
from stepper.engine.values.definitions import bounded, spread, unfold
from stepper.engine.values.evaluate import at_node, given_number, place_of
from stepper.engine.values.instructions import Back, Run, Template, anchored, linear, product
from stepper.engine.values.slots import ByName, Slots, Values
from stepper.engine.values.tape import Undefined
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

Instruction: TypeAlias = tuple[int, Run, Back, str]
"""The slot that is filled, how, how its adjoint is handed on, and the node in whose formula it stands."""

_NAMES, _TIMES = frozenset({Sym}), frozenset({("*",)})
_operators, _operands = attrgetter("operators"), attrgetter("operands")


class Sweep:
    """The values and gradients of a graph all of whose leaves have numbers.

    >>> from stepper.read.program import read_program
    >>> from stepper.read.given import with_values
    >>> graph = with_values(read_program("q = x + y; f = q*z", "-e"), ["x=-2,y=5,z=-4"])
    >>> sweep = Sweep(graph, Vocabulary({}, {}))
    >>> sweep.gradients("f")["x"]
    -4.0
    """

    def __init__(self, graph: Graph, vocabulary: Vocabulary, worked: bool = True) -> None:
        """Compiles a graph and works it out; without ``worked`` its leaves get their numbers later."""
        self.graph, self.vocabulary = graph, vocabulary
        self.templates: dict[Expr, Template] = {}
        self.shared: dict[Expr, int] = {}
        """The slots of what the entries of a list have in common, as the sum in a softmax."""
        self.sharing = False
        self.owner = ""
        with without_collection():
            try:
                self._compile(graph.nodes)  # most documents stand in an order of calculation
            except KeyError:
                self._compile(graph.order)
        self.values = self.run(self.initial.copy()) if worked else self.initial.copy()

    def _compile(self, order: Iterable[str]) -> None:
        self.slots = Slots(self.graph.leaves)
        self.initial = [_float(leaf.value) for leaf in self.graph.leaves.values()]
        self.code: list[Instruction] = []
        self.shared, self.sharing = {}, False
        for name in order:
            node = self.graph.nodes[name]
            self.owner = name
            if (slot := self.plain(node)) is None:
                with at_node(self.graph, name):
                    slot = self.add(_formula(self.graph, node))
            if name in self.graph.given:
                slot = self.emit(*anchored(slot, _float(given_number(self.graph, name))))
            self.slots.put(name, slot)

    def length(self, names: Iterable[str]) -> int:
        """How much of the tape must have run before these quantities stand in their slots."""
        wanted = {self.slots[name] for name in names}
        return 1 + max((place for place, (slot, *_) in enumerate(self.code) if slot in wanted), default=-1)

    def at(self, leaves: Mapping[str, float]) -> Values:
        """All values with other numbers for some leaves."""
        values = self.initial.copy()
        for name, number in leaves.items():
            values[self.slots[name]] = number
        return self.run(values)

    def moved(self, offsets: Mapping[str, float]) -> Values:
        """All values with leaves moved by offsets."""
        values = self.initial.copy()
        for name, offset in offsets.items():
            values[self.slots[name]] += offset
        return self.run(values)

    def run(self, values: Values, code: Sequence[Instruction] | None = None) -> Values:
        """Works all values out in their places, from those of the leaves; or those of a part of the tape."""
        for slot, run, _, owner in self.code if code is None else code:
            try:
                values[slot] = run(values)
            except (ZeroDivisionError, ValueError, OverflowError):
                what = f"in {owner}: a number is undefined or too large for floating point"
                raise StepperError(Problem(what, place_of(self.graph, owner))) from None
            except Undefined as error:
                raise StepperError(Problem(f"in {owner}: {error.what}", place_of(self.graph, owner))) from None
        return values

    def gradients(self, output: str, seed: float = 1.0) -> Mapping[str, float]:
        """The gradient of one quantity for every quantity; 0 where no path leads to it."""
        adjoints = [0.0] * len(self.values)
        adjoints[self.slots[output]] = seed
        values = self.values
        for slot, _, back, owner in reversed(self.code):
            gradient = adjoints[slot]
            if gradient:
                try:
                    back(values, adjoints, gradient)
                except (ZeroDivisionError, ValueError, OverflowError, Undefined):
                    what = f"in {owner}: a slope is undefined or too large for floating point"
                    raise StepperError(Problem(what, place_of(self.graph, owner))) from None
        return ByName(self.slots, adjoints)

    # ---- compiling

    def constant(self, number: Number) -> int:
        self.initial.append(_float(number))
        return len(self.initial) - 1

    def emit(self, run: Run, back: Back) -> int:
        self.initial.append(0.0)
        self.code.append((len(self.initial) - 1, run, back, self.owner))
        return len(self.initial) - 1

    def add(self, expr: Expr) -> int:
        """Compiles a formula and gives the slot of its value."""
        if not self.sharing or not isinstance(expr, Call):
            return self.compiled(expr)
        if expr not in self.shared:
            self.shared[expr] = self.compiled(expr)
        return self.shared[expr]

    def compiled(self, expr: Expr) -> int:
        match expr:
            case Sym(name) if name not in CONSTANTS.values():
                return self.slots[name]
            case Index(Sym(), _) | Prime():
                return self.slots[text(expr)]
            case Num(literal):
                return self.constant(Fraction(literal))
            case Value(number):
                return self.constant(number)
            case Neg(body):
                return self.emit(*linear([], [], [], [[self.add(body)]]))
            case Sum():
                return self.sum(expr)
            case Product(operands, factors):
                slots = [self.add(part) for part in operands]
                if factors == ("*",):
                    return self.emit(*linear([(slots[:1], slots[1:])], [], [], []))
                return self.emit(*product(slots, [True, *(factor != "/" for factor in factors)]))
            case Power(base, Num() as exponent):
                return self.formula(Power(Sym("p0"), exponent), [self.add(base)])
            case Power(base, exponent):
                return self.formula(Power(Sym("p0"), Sym("p1")), [self.add(base), self.add(exponent)])
            case Call(name) if not any(parameter.is_list for parameter in self.vocabulary.rule(name).parameters):
                return self.call(expr)
            case Call() | Index(Call(), _):
                return self.call(spread(expr, self.vocabulary))
            case _:
                reads = list(names(expr))
                places = {name: Sym(f"p{place}") for place, name in enumerate(reads)}
                return self.formula(substitute(expr, places), [self.add(name) for name in reads])

    def sum(self, expr: Sum) -> int:
        """A run of terms, the products of two among them together."""
        above: tuple[list[int], list[int], list[int]] = ([], [], [])
        below: tuple[list[int], list[int], list[int]] = ([], [], [])
        for sign, term in zip(("+", *expr.operators), expr.operands, strict=True):
            left, right, single = above if sign == "+" else below
            if type(term) is Product and term.operators == ("*",):
                one, other = term.operands
                left.append(self.add(one))
                right.append(self.add(other))
            else:
                single.append(self.add(term))
        return self.emit(*linear([above[:2]], [above[2]], [below[:2]], [below[2]]))

    def plain(self, node: Node) -> int | None:
        """The slot of ``w1*x1 + w2*x2 + ... + b``, also as the argument of a function, where no name stands twice.

        Most of a large net is of this kind: its names are looked up as one list, and its parts are not gone through one
        by one.
        """
        formula = node.formula
        inner = formula.arguments[0] if isinstance(formula, Call) and len(formula.arguments) == 1 else formula
        if not isinstance(inner, Sum) or "-" in inner.operators:
            return None
        products = [term for term in inner.operands if isinstance(term, Product)]
        singles = inner.operands[len(products) :]
        factors = list(chain.from_iterable(map(_operands, products)))
        if (
            len(node.reads) != len(factors) + len(singles)
            or not _TIMES.issuperset(map(_operators, products))
            or not _NAMES.issuperset(map(type, chain(factors, singles)))
        ):
            return None
        end = len(factors)
        left, right, rest = (
            self.slots.places(reads) for reads in (node.reads[:end:2], node.reads[1:end:2], node.reads[end:])
        )
        slot = self.emit(*linear([(left, right)], [rest], [], []))
        return self.formula(Call(formula.name, (Sym("p0"),)), [slot]) if isinstance(formula, Call) else slot

    def call(self, expr: Expr) -> int:
        """A function of quantities: its arguments get slots of their own, the function is compiled once for all its
        calls.
        """
        call = expr.base if isinstance(expr, Index) else expr
        if isinstance(expr, Index) and isinstance(call, Call) and self.vocabulary.rule(call.name).stable:
            return self.entry(call, expr.indices[0])
        if not isinstance(call, Call) or self.vocabulary.rule(call.name).unfolds:
            return self.add(
                unfold(expr, self.vocabulary)
            )  # a sum of ten thousand is one instruction, not a function of so many arguments
        slots: list[int] = []

        def hoisted(argument: Expr) -> Expr:
            if isinstance(argument, Array):
                return Array(tuple(map(hoisted, argument.items)))
            if isinstance(argument, Num):
                return argument
            slots.append(self.add(argument))
            return Sym(f"p{len(slots) - 1}")

        bare = Call(call.name, tuple(map(hoisted, call.arguments)))
        return self.formula(Index(bare, expr.indices) if isinstance(expr, Index) else bare, slots)

    def entry(self, call: Call, place: Expr) -> int:
        """An entry of a list such as a softmax by its definition: what all entries have in common is compiled once."""
        before, self.sharing = self.sharing, True
        form = self.vocabulary.rule(call.name).definition(call.arguments, stable=True, element=place)
        slot = self.add(spread(bounded(form), self.vocabulary))
        self.sharing = before
        return slot

    def formula(self, expr: Expr, slots: Sequence[int]) -> int:
        """A formula over p0, p1, ..., the quantities in these slots."""
        if expr not in self.templates:
            self.templates[expr] = Template(expr, len(slots), self.vocabulary)
        return self.emit(*self.templates[expr].applied(slots))


def _float(number: Number | None) -> float:
    if isinstance(number, float):
        return number
    if number is None:
        raise StepperError(Problem("a sweep needs a number for every leaf", hint="set it with --set"))
    top, bottom = number.as_integer_ratio()
    return top / bottom


def _formula(graph: Graph, node: Node) -> Expr:
    if node.formula is None:
        raise StepperError(Problem(f"{node.name} has no formula, only edges", place_of(graph, node.name)))
    return node.formula
