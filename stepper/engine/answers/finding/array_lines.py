"""The lines of a graph of arrays: its nodes, slopes, gradients, the gradient step; each is a formula of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from stepper.core.expr import Call, Deriv, Expr, Index, Num, Number, Prime, Product, Sum, Sym, add, multiply
from stepper.core.formula import reference, text
from stepper.core.parser import parse
from stepper.core.traverse import substitute, transform
from stepper.engine.answers.finding.array_calculation import ArrayCalculation, Floats, Places
from stepper.engine.answers.finding.line import RATE, Line
from stepper.engine.graph.gradient_step import rate_symbol
from stepper.engine.tensor.calls import bind, by_class, definition, of_arrays
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.product_rule import Backward
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import literal, volume
from stepper.engine.values.differentiate import ONE
from stepper.engine.values.rule import LENGTH
from stepper.errors import StepperError
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.mistake import Role

ELEMENTWISE = "*/"


def array_calculation(board: Board, gradients: ArrayGradients | None, lr: Number | None) -> ArrayCalculation:
    """All lines that lead to the nodes, to gradients, and to what a gradient step makes of the quantities that are
    differentiated for.
    """
    return _Lines(board, gradients, lr).calculation()


class _Lines:
    def __init__(self, board: Board, gradients: ArrayGradients | None, lr: Number | None) -> None:
        self.board, self.gradients, self.lr = board, gradients, lr
        self.graph = board.graph
        self.shown: dict[Expr, Expr] = {}

    def calculation(self) -> ArrayCalculation:
        leaves = {name: floats(array) for name, array in self.board.known.items() if name in self.graph.leaves}
        still = set() if self.gradients is None else set(self.gradients.integers)
        lines = [*self.values()]
        if self.gradients is not None and self.board.output is not None:
            lines += self.backward(self.gradients)
            if not self.board.is_bare:
                leaves[self.gradient_name(self.board.output)] = floats(self.board.arriving)
        if self.lr is not None:
            self.shown[Sym(RATE)] = rate_symbol(self.graph, self.lr)
            leaves[RATE] = np.asarray(float(self.lr))
            lines += self.steps()
        places: dict[str, Places] = {line.name: self.places(line) for line in lines if line.of != "local"}
        made = ArrayCalculation(lines, leaves, self.board.vocabulary, places, frozenset(still), self.back)
        made.shown |= self.shown
        return made

    def places(self, line: Line) -> Places:
        """The entries of a line by their names."""
        shape = self.board.shapes[line.place]
        whole: Expr
        found: dict[str, tuple[Expr, tuple[int, ...]]] = {}
        for where in np.ndindex(*shape):
            indices = tuple(Num(str(place + 1)) for place in where)
            own = Index(reference(line.place), indices) if indices else reference(line.place)
            match line.of:
                case "gradient":
                    whole = Deriv(reference(self.board.loss), own)
                case "step":
                    whole = Prime(own)
                case _:
                    whole = own
            found[text(whole)] = whole, where
        return found

    # ---- forward

    def values(self) -> Iterator[Line]:
        """Each node by its formula; a given one has its number."""
        for name in self.graph.order:
            formula = self.graph.given.get(name, self.graph.nodes[name].formula)
            if formula is not None:
                yield Line(name, reference(name), self.written(formula), "value", self.role(name), name)

    def written(self, formula: Expr) -> Expr:
        """Every call with all its settings, losses written out, products with one sign, gradients as symbols."""
        return plain(transform(formula, self.written_out))

    def written_out(self, part: Expr) -> Expr | None:
        """A loss by its definition."""
        if not isinstance(part, Call):
            return None
        if of_arrays(part):
            row = BY_ARRAY_NAME[part.name]
            if not (row.unfolds and row.value):
                return None
            shape = Shapes(self.board.vocabulary, self.board.shapes)
            bound = by_class(row, bind(row, part.arguments), shape, self.board.vocabulary.counting.first)
            return substitute(definition(row.value), bound)
        rule = self.board.vocabulary.rule(part.name)
        lists = [place for place, parameter in enumerate(rule.parameters) if parameter.is_list]
        if not rule.unfolds or rule.value is None or not lists or rule.fold or lists[0] >= len(part.arguments):
            return None
        first = Shapes(self.board.vocabulary, self.board.shapes)(part.arguments[lists[0]])
        return substitute(rule.value, {**rule.bind(part.arguments), LENGTH: literal(volume(first))})

    def role(self, name: str) -> Role:
        """What kind of node it is, told from its formula."""
        node = self.graph.nodes.get(name)
        if node is None or node.formula is None:
            return "parameter" if name in self.graph.leaves else "other"
        if name == self.board.output:
            return "loss"
        moving = [read for read in node.reads if read in self.graph.nodes or self.graph.leaves[read].kind != "constant"]
        if len(moving) == 1:
            return "activation"
        several = isinstance(node.formula, Call) and of_arrays(node.formula)
        return "affine" if several or not isinstance(node.formula, Call) else "other"

    # ---- backward

    def backward(self, gradients: ArrayGradients) -> Iterator[Line]:
        """The gradient of each quantity inside, the output's first; slopes entry by entry are lines of their own."""
        order = (*reversed(self.graph.order), *self.graph.leaves)
        for name in order:
            if name not in gradients.inside or not gradients.parts[name]:
                continue
            terms = []
            for reader, formula in gradients.parts[name]:
                term, local = self.split(name, reader, formula, gradients)
                if local is not None:
                    self.shown[local.symbol] = local.shown
                    yield local
                terms.append(term)
            shown = Deriv(reference(self.board.loss), reference(name))
            formula = add(*terms) if len(terms) > 1 else terms[0]
            line = Line(self.gradient_name(name), shown, formula, "gradient", self.role(name), name)
            self.shown[line.symbol] = shown
            yield line

    def back(self, name: str, formula: Expr) -> dict[str, Expr]:
        """The gradients that go back from a node which has another formula."""
        gradients, board = self.gradients, self.board
        if gradients is None or name not in gradients.inside or name not in board.graph.nodes:
            return {}
        arriving: Expr = ONE if name == board.output and board.is_bare else board.symbol(name)
        try:
            found = Backward(board.vocabulary, set(board.shapes), gradients.shape).through(
                formula, arriving, reference(name)
            )
        except (StepperError, AssertionError):
            return {}
        changes: dict[str, Expr] = {}
        for read, term in found.items():
            if read in gradients.inside:
                others = [self.split(read, *part, gradients)[0] for part in gradients.parts[read] if part[0] != name]
                changes[self.gradient_name(read)] = add(*others, plain(term)) if others else plain(term)
        return changes

    def gradient_name(self, name: str) -> str:
        return text(self.board.symbol(name))

    def split(
        self, name: str, reader: str, formula: Expr, gradients: ArrayGradients
    ) -> tuple[Expr, Line | None]:  # fmt: skip
        """What comes back from a reader, as the gradient there times a slope where it is taken entry by entry."""
        upstream = self.board.symbol(reader)
        is_output = reader == self.board.output and self.board.is_bare
        slope: Expr | None = None
        match formula:
            case Product(operands, operators) if operands[0] == upstream and set(operators) <= set(ELEMENTWISE):
                if operators[0] == "*":
                    slope = Product(operands[1:], operators[1:]) if len(operands) > 2 else operands[1]
        if is_output:
            slope = gradients.shown(formula)
        if slope is None:
            return plain(formula), None
        whole = self.graph.nodes[reader].formula
        shown: Expr = Deriv(reference(reader), reference(name), False)
        line = Line(
            text(shown), shown, plain(slope), "local", self.role(reader), reader, source=reference(name),
            target=reader, whole=None if whole is None else self.written(whole),
        )  # fmt: skip
        symbol = line.symbol
        return (symbol if is_output else multiply(Sym(text(upstream)), symbol)), line

    def steps(self) -> Iterator[Line]:
        """The gradient step of each parameter."""
        for name in self.graph.leaves if self.gradients is not None else ():
            if self.gradients is not None and self.gradients.parts[name] and name in self.gradients.inside:
                new = Prime(reference(name))
                formula = Sum((reference(name), multiply(Sym(RATE), Sym(self.gradient_name(name)))), ("-",))
                yield Line(text(new), new, formula, "step", "parameter", name)


def floats(array: object) -> Floats:
    """Entries as floats."""
    entries = np.asarray(array)
    return np.array([float(entry) for entry in entries.ravel()]).reshape(entries.shape)


def plain(expr: Expr) -> Expr:
    """Every call with all its settings, products entry by entry with one sign, gradients as symbols."""

    def change(part: Expr) -> Expr | None:
        match part:
            case Deriv():
                return Sym(text(part))
            case Product(operands, operators) if "⊙" in operators:
                return Product(tuple(map(plain, operands)), tuple("*" if sign == "⊙" else sign for sign in operators))
            case Call(name, arguments) if of_arrays(part):
                return Call(name, (*map(plain, arguments), *defaults(name, len(arguments))))
        return None

    return transform(expr, change)


def defaults(name: str, given: int) -> Sequence[Expr]:
    """The settings of a function of arrays that a call leaves out."""
    rest = BY_ARRAY_NAME[name].signature()[given:]
    return tuple(parse(default) for _, default, kind in rest if kind == "setting" and default)
