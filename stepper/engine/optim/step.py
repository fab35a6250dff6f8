"""One step of an optimizer as a graph: from what is known before it to what is known after it, in the order of the
assignments.

The quantities carry the number of the step: ``m[2] = beta1*m[1] + (1 - beta1)*g[2]``. With the letter t for it the
graph is the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from stepper.core.expr import COMPARE, Array, Expr, Num, Number, Sum, Sym, Where, divide
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.task import (
    COFACTOR,
    CROSSED,
    CURVATURE,
    DETERMINANT,
    GRADIENT,
    HAT,
    MATRIX,
    SOLUTION,
    STEP,
    THETA,
    Assignment,
    Coordinate,
    Method,
    point_of,
)  # fmt: skip
from stepper.core.traverse import names, substitute, transform
from stepper.engine.optim.curvature import FORMULAS, SQUARED, Matrix, crossed, squares
from stepper.engine.values.cofactors import cofactor, determinant
from stepper.engine.values.differentiate import ZERO, partials, plus, times
from stepper.engine.values.vocabulary import Vocabulary
from stepper.tables.optimizer import SYMBOLS

LETTER = Sym(STEP)
ROW, COLUMN = Sym("row"), Sym("column")
RATE = "lr"


def before(step: Expr) -> Expr:
    """The number of the step before."""
    number = number_of(step)
    return Sum((step, Num("1")), ("-",)) if number is None else Num(str(int(number) - 1))


class Asked(Struct, frozen=True):
    """A gradient of all coordinates: how it is called for each, and where it is taken."""

    targets: list[Expr]
    places: list[Expr]


class StepGraph:
    """Builds the graph of one step.

    ``values`` are the numbers before it; where there are none the leaves stay symbols.
    """

    def __init__(
        self, method: Method, coordinates: Sequence[Coordinate], step: Expr, objective: Graph | None = None
    ) -> None:
        self.method, self.coordinates, self.step = method, coordinates, step
        self.objective = objective
        if objective is not None:
            (node,) = objective.nodes.values()
            assert node.formula is not None
            self.formula = node.formula
            self.vocabulary = Vocabulary(objective.functions, objective.conventions)
            self.first = partials(node.formula, self.vocabulary)
        self.nodes: dict[str, Node] = {}
        self.shared: dict[Expr, Expr] = {LETTER: step, **{Sym(name): Sym(symbol) for name, symbol in SYMBOLS.items()}}
        self.now: dict[Coordinate, dict[Expr, Expr]] = {}
        self.asked: list[Asked] = []
        self.given: set[str] = set()
        self.matrices: list[Matrix] = []
        last = before(step)
        for coordinate in coordinates:
            state: dict[Expr, Expr] = {Sym(name): coordinate.of(name, last) for name in method.state}
            self.now[coordinate] = {**state, Sym(THETA): coordinate.at(last)}

    def build(self, values: Mapping[str, Number]) -> Graph:
        """The graph; what it reads and does not work out is a leaf."""
        self.rate()
        if self.method.reads_gradient:
            self.gradient(GRADIENT, THETA)
        if self.method.curved:
            self.curvature()
        if GRADIENT not in self.method.gradients:
            self.change()
        if self.method.system is not None:
            self.solve(self.method.system)
        begin = 0
        for position, (name, formula) in enumerate(self.method.update):
            if (point := point_of(formula)) is not None:
                self.assign_all(begin, position)
                self.gradient(name, point)
                begin = position + 1
        self.assign_all(begin, len(self.method.update))
        reads = [read for node in self.nodes.values() for read in node.reads]
        reads += [text(name) for asked in self.asked for name in (*asked.places, *asked.targets)]
        leaves = {
            name: Leaf(name, "constant", values.get(name)) for name in dict.fromkeys(reads) if name not in self.nodes
        }
        functions = self.objective.functions if self.objective is not None else {}
        conventions = self.objective.conventions if self.objective is not None else {}
        return Graph("", leaves, self.nodes, functions=functions, conventions=conventions)

    def add(self, target: Expr, formula: Expr, name: str = "") -> None:
        self.nodes[text(target)] = Node.of(text(target), formula)
        if name:
            self.shared[Sym(name)] = target

    def rate(self) -> None:
        """The learning rate of this step, where a schedule says it."""
        for change in self.method.changes:
            for name, formula in change.update:
                if name == RATE:
                    self.add(Sym(f"{SYMBOLS[RATE]}_{text(self.step)}"), self.put(formula, {}), RATE)

    def put(self, formula: Expr, names: Mapping[Expr, Expr]) -> Expr:
        """A formula with the names of this step; cases that the number of the step settles are settled."""
        return settled(substitute(formula, {**self.shared, **names}))

    # ---- gradients

    def gradient(self, name: str, point: str) -> None:
        """The gradient of each coordinate at a point: given, or worked from the objective; and what is done to ``g``
        beside the rule.
        """
        self.asked.append(Asked([], [self.now[coordinate][Sym(point)] for coordinate in self.coordinates]))
        moved = {
            coordinate.symbol: place for coordinate, place in zip(self.coordinates, self.asked[-1].places, strict=True)
        }
        for coordinate in self.coordinates:
            target = self.target(coordinate, name, False)
            self.now[coordinate][Sym(name)] = target
            self.given.add(text(target))
            self.asked[-1].targets.append(target)
            if self.objective is not None:
                self.add(target, substitute(self.first.get(coordinate.symbol, ZERO), moved))
        if name == GRADIENT:
            self.change()

    def curvature(self) -> None:
        """The second derivative of each coordinate where the rule reads it."""
        self.moved = {coordinate.symbol: self.now[coordinate][Sym(THETA)] for coordinate in self.coordinates}
        for coordinate in self.coordinates if self.method.second else ():
            own = coordinate.of(CURVATURE, self.step)
            self.now[coordinate][Sym(CURVATURE)] = own
            self.given.add(text(own))
            if self.objective is not None:
                self.add(own, self.mixed(coordinate, coordinate))
            self.matrices.append([[own]])

    def change(self) -> None:
        """What is done beside the rule: to the gradient, and to the parameter."""
        for change in self.method.changes:
            if change.of_all is not None:
                together = Array(tuple(self.now[coordinate][Sym(GRADIENT)] for coordinate in self.coordinates))
                self.add(
                    Sym(f"{change.over}_{text(self.step)}"),
                    substitute(change.of_all, {Array((Sym(GRADIENT),)): together}),
                    change.over,
                )
            for coordinate in self.coordinates:
                self.assign(coordinate, [part for part in change.update if part[0] != RATE], later=(THETA,))

    # ---- linear equations

    def solve(self, system: Expr) -> None:
        """The step of all parameters together, from linear equations with their gradients on the right, by Cramer's
        rule.
        """
        count = len(self.coordinates)
        entries: dict[tuple[int, int], Expr] = {}
        for row in range(count):
            for column in range(row, count):
                entries[row, column] = entries[column, row] = self.entry(system, row, column)
        matrix = [[entries[row, column] for column in range(count)] for row in range(count)]
        self.matrices.append(matrix)
        cofactors = [[cofactor(matrix, row, column, FORMULAS) for column in range(count)] for row in range(count)]
        if count > SQUARED:  # for two the cofactors are the entries themselves, and need no names
            for (row, column), shown in self.pairs(COFACTOR).items():
                self.add(shown, cofactors[row][column])
                cofactors[row][column] = cofactors[column][row] = shown
        below = matrix[0][0]
        if count > 1:
            below = Sym(f"{DETERMINANT}_{text(self.step)}")
            whole = plus([("+", times(*pair)) for pair in zip(matrix[0], cofactors[0], strict=True)])
            self.add(below, whole if count > SQUARED else determinant(matrix, FORMULAS))
        right = [self.now[coordinate][Sym(GRADIENT)] for coordinate in self.coordinates]
        for row, coordinate in enumerate(self.coordinates):
            above = plus([("+", times(*pair)) for pair in zip(cofactors[row], right, strict=True)])
            self.now[coordinate][Sym(SOLUTION)] = coordinate.of(SOLUTION, self.step)
            self.add(coordinate.of(SOLUTION, self.step), divide(above, below))

    def pairs(self, quantity: str) -> dict[tuple[int, int], Expr]:
        """A quantity for each two parameters."""
        places = list(enumerate(self.coordinates))
        return {(i, j): one.pair(quantity, other, self.step) for i, one in places for j, other in places[i:]}

    def entry(self, system: Expr, row: int, column: int) -> Expr:
        """An entry of the matrix: what its formula reads is worked from the objective where that is known."""
        one, other = self.coordinates[row], self.coordinates[column]
        found: dict[Expr, Expr] = {ROW: Num(str(row)), COLUMN: Num(str(column))}
        for quantity, derivative in ((CURVATURE, self.mixed), (CROSSED, self.crossed)):
            if Sym(quantity) in names(system):
                found[Sym(quantity)] = one.pair(quantity, other, self.step)
                if self.objective is not None:
                    self.add(found[Sym(quantity)], derivative(one, other))
        formula = self.put(system, found)
        if formula in found.values():
            return formula
        self.add(one.pair(MATRIX, other, self.step), formula)
        return one.pair(MATRIX, other, self.step)

    def mixed(self, one: Coordinate, other: Coordinate) -> Expr:
        """The second derivative of the objective by two parameters."""
        first = self.first.get(one.symbol, ZERO)
        return substitute(partials(first, self.vocabulary).get(other.symbol, ZERO), self.moved)

    def crossed(self, one: Coordinate, other: Coordinate) -> Expr:
        """The same without the second derivatives of the residuals."""
        return substitute(
            crossed(squares(self.formula, self.vocabulary), one.symbol, other.symbol, self.vocabulary), self.moved
        )

    # ---- assignments

    def assign_all(self, begin: int, end: int) -> None:
        """The assignments of the rule from one position up to another, for each coordinate."""
        later = [name for name, _ in self.method.update[end:]]
        for coordinate in self.coordinates:
            self.assign(coordinate, self.method.update[begin:end], later)

    def assign(self, coordinate: Coordinate, update: Sequence[Assignment], later: Sequence[str] = ()) -> None:
        """The assignments in order.

        What is kept has its name from the last of them; what comes before it wears a hat.
        """
        names = self.now[coordinate]
        kept = {*self.method.state, THETA}
        for position, (name, formula) in enumerate(update):
            again = name in kept and any(
                other == name for other in (*(other for other, _ in update[position + 1 :]), *later)
            )
            target = self.target(coordinate, name, again)
            self.add(target, self.put(formula, names))
            names[Sym(name)] = target

    def target(self, coordinate: Coordinate, name: str, again: bool) -> Expr:
        taken = {*self.method.state, *(other for other, _ in self.method.update)} - {name}
        shown = name + HAT if again else name
        target = coordinate.at(self.step) if shown == THETA else coordinate.of(shown, self.step)
        while text(target) in self.nodes or text(target) in self.given or shown in taken:
            shown += HAT
            target = coordinate.of(shown, self.step)
        return target


def settled(formula: Expr) -> Expr:
    """A formula with the case distinctions decided that numbers decide."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Where):
            return None
        left, right = number_of(part.left), number_of(part.right)
        if left is None or right is None:
            return None
        return settled(part.then if COMPARE[part.operator](left, right) else part.otherwise)

    return transform(formula, change)
