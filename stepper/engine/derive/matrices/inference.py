"""What follows for the shapes of names from the formulas that they are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from stepper.core.expr import CONSTANTS, Call, Deriv, Expr, Index, Neg, Num, Power, Product, Sum, Sym, Transpose, Value
from stepper.core.formula import text
from stepper.engine.derive.matrices.reading import IDENTITY, is_literal
from stepper.engine.derive.matrices.sizes import (
    ONE,
    Cell,
    Clash,
    Pair,
    Shape,
    is_array,
    is_number,
    join,
    join_pairs,
    pair_of,
)
from stepper.engine.derive.matrices.wording import both, factor, plural, said, shape_hint, size
from stepper.errors import Problem, StepperError
from stepper.tables.matrix_functions import BY_MATRIX_NAME

FRESH = tuple("nmkpqrhuv")
"""Letters for sizes that nothing fixes."""
_REFUSED = {
    "+": "cannot be added", "=": "cannot be equal", "⊙": "cannot be multiplied entry by entry",
    "/": "cannot be divided entry by entry",
}  # fmt: skip
_CONSTANTS = frozenset(CONSTANTS.values())


class Inference:
    def __init__(self, given: Mapping[str, Shape]) -> None:
        self.given = given
        self.names: dict[str, Pair] = {}
        self.open: list[Callable[[], bool]] = []
        self.doubtful: list[tuple[Expr, Pair]] = []
        self.products: list[tuple[Expr, Pair, Expr, Pair, Pair]] = []

    def of(self, expr: Expr) -> Pair:
        """Rows and columns of a formula, as far as they are known yet."""
        match expr:
            case Sym(name) if expr == IDENTITY and name not in self.given:
                size = Cell()
                size.counted = True
                return size, size
            case Sym(name) if name not in _CONSTANTS:
                return self.name(name)
            case Neg(body):
                return self.of(body)
            case Transpose(body):
                rows, columns = self.of(body)
                return columns, rows
            case Sum(operands):
                return self.sum(operands)
            case Product():
                return self.product(expr)
            case Power(base, exponent):
                return self.power(base, exponent)
            case Call(name, arguments) if name in BY_MATRIX_NAME:
                return self.function(name, arguments)
            case Call(_, arguments) if len(arguments) == 1:
                return self.of(arguments[0])
            case Num() | Value() | Sym() | Index():
                return Cell(ONE), Cell(ONE)
            case _:
                hint = "of a derivative by an array, state one entry: D(f, X[i, j])" if isinstance(expr, Deriv) else ""
                raise StepperError(Problem(f"{text(expr)} has no place in a formula of matrices", hint=hint))

    def name(self, name: str) -> Pair:
        """A small letter whose shape is not given is a vector or a number."""
        if name not in self.names:
            shape = self.given.get(name)
            small = ONE if name[:1].islower() else None
            rows, columns = pair_of(shape) if shape is not None else (None, small)
            self.names[name] = Cell(rows), Cell(columns)
        return self.names[name]

    def sum(self, operands: Sequence[Expr]) -> Pair:
        """Terms have one shape; a plain number is added to every entry."""
        terms = [operand for operand in operands if not is_literal(operand)] or list(operands[:1])
        pairs = [self.of(term) for term in terms]
        for term, pair in zip(terms[1:], pairs[1:], strict=True):
            self.same(terms[0], pairs[0], term, pair, "+")
        return pairs[0]

    def same(self, one: Expr, pair: Pair, other: Expr, its: Pair, operator: str) -> None:
        try:
            join_pairs(pair, its)
        except Clash:
            told = _REFUSED[operator]
            hint = ""
            if operator == "+" and (is_number(pair) or is_number(its)):
                number, array = (one, its) if is_number(pair) else (other, pair)
                square = array[0].known() == array[1].known()
                hint = f"{text(number)}*{'I' if square else f'ones({size(array[0])})'}?"
            raise StepperError(Problem(f"{both(one, pair, other, its)}: they {told}", hint=hint)) from None

    def product(self, expr: Product) -> Pair:
        before, pair = expr.operands[0], self.of(expr.operands[0])
        for operator, operand in zip(expr.operators, expr.operands[1:], strict=True):
            its = self.of(operand)
            if operator == "@":
                pair = self.matrices(before, pair, operand, its)
            elif operator == "⊙":
                self.same(before, pair, operand, its, "⊙")
            elif operator == "/":
                pair = self.over(before, pair, operand, its)
            else:
                pair = self.times(before, pair, operand, its)
            before = operand
        return pair

    def matrices(self, left: Expr, pair: Pair, right: Expr, its: Pair) -> Pair:
        sides = [*(pair if isinstance(left, Sym) else pair[1:]), *(its if isinstance(right, Sym) else its[:1])]
        for cell in sides:
            cell.root().counted = True
        try:
            join(pair[1], its[0])
        except Clash:
            told = f"{size(pair[1])} column{plural(pair[1])} against {size(its[0])} row{plural(its[0])}"
            turned = pair[0].known() == its[0].known() and f"{factor(left)}.T @ {factor(right)}"
            scaled = (is_number(pair) or is_number(its)) and f"{factor(left)}*{factor(right)}"
            hint = f"{scaled or turned}?" if scaled or turned else ""
            raise StepperError(
                Problem(f"{both(left, pair, right, its)}: {factor(left)} @ {factor(right)} has {told}", hint=hint)
            ) from None
        return pair[0], its[1]

    def number(self, expr: Expr, pair: Pair, why: str) -> None:
        try:
            join_pairs(pair, (Cell(ONE), Cell(ONE)))
        except Clash:
            raise StepperError(Problem(f"{text(expr)} is {said(pair)}: {why}")) from None

    def times(self, left: Expr, pair: Pair, right: Expr, its: Pair) -> Pair:
        """A number times anything; which of the two is the number may turn out later."""
        result = Cell(), Cell()
        arrays = f"{text(left)}*{text(right)} is a product of two arrays"

        def settled() -> bool:
            if is_array(pair) and is_array(its):
                hint = f"{factor(left)} @ {factor(right)}, or {factor(left)} ⊙ {factor(right)} entry by entry"
                raise StepperError(Problem(f"{arrays}: {both(left, pair, right, its)}", hint=hint))
            if is_number(pair) or is_array(its):
                self.number(left, pair, arrays)
                self.fit(result, right, its)
            elif is_number(its) or is_array(pair):
                self.number(right, its, arrays)
                self.fit(result, left, pair)
            elif is_number(result):
                self.number(left, pair, arrays)
                self.number(right, its, arrays)
            else:
                return False
            return True

        self.open.append(settled)
        self.products.append((left, pair, right, its, result))
        return result

    def over(self, left: Expr, pair: Pair, right: Expr, its: Pair) -> Pair:
        """By a number; or entry by entry."""
        result = Cell(), Cell()

        def settled() -> bool:
            if is_number(its):
                self.fit(result, left, pair)
            elif is_array(its) and (is_number(pair) or is_literal(left)):
                self.fit(result, right, its)
            elif is_array(its):
                self.same(left, pair, right, its, "/")
                self.fit(result, left, pair)
            else:
                return False
            return True

        self.open.append(settled)
        return result

    @staticmethod
    def fit(result: Pair, array: Expr, pair: Pair) -> None:
        wanted = said(result)
        try:
            join_pairs(result, pair)
        except Clash:
            raise StepperError(Problem(f"{text(array)} is {said(pair)}, where {wanted} is expected")) from None

    def power(self, base: Expr, exponent: Expr) -> Pair:
        pair = self.of(base)
        self.number(exponent, self.of(exponent), "an exponent is a number")

        def settled() -> bool:
            if not is_array(pair):
                return is_number(pair)
            self.entrywise(base, pair, exponent)
            return True

        self.open.append(settled)
        return pair

    @staticmethod
    def entrywise(base: Expr, pair: Pair, exponent: Expr) -> None:
        """A power of a matrix is refused where it may be a product of matrices."""
        if exponent == Neg(ONE) or (isinstance(exponent, Value) and exponent.number == Fraction(-1)):
            raise StepperError(Problem(f"{text(base)}^(-1): the inverse of a matrix is inv({text(base)})"))
        if isinstance(base, Sym) and pair[1].known() not in (ONE, None):
            own = base.name
            hint = f"{own} @ {own}, or {own} ⊙ {own} entry by entry"
            raise StepperError(Problem(f"{own} is a matrix: {own}^{text(exponent)} has two meanings", hint=hint))

    def function(self, name: str, arguments: tuple[Expr, ...]) -> Pair:
        """Letters of the row stand for sizes."""
        row = BY_MATRIX_NAME[name]
        letters: dict[str, Cell] = {"1": Cell(ONE)}
        for argument, taken in zip(arguments, row.takes, strict=True):
            if taken == "#":
                letters["#"] = Cell(argument)
                continue
            pair = self.of(argument)
            wanted = _pair(taken, letters)
            if len(set(taken.split(" x "))) == 1:
                for cell in wanted[: len(taken.split(" x "))]:
                    cell.counted = True
            try:
                join_pairs(pair, wanted)
            except Clash:
                kind = "a square matrix" if "x" in taken else "a vector"
                told = f"{text(argument)} is {said(pair)}, but {name} is of {kind}"
                raise StepperError(Problem(told)) from None
            if row.either:
                self.doubtful.append((argument, pair))
        return _pair(row.gives, letters)

    def settle(self) -> None:
        """Everything that follows; then letters for sizes of arrays that nothing fixes; what is left is a number."""
        self.follow()
        for name, pair in self.names.items():
            if name[:1].isupper() and is_array(pair):
                for cell in pair:
                    cell.root().counted = True
            self.letter(pair)
        self.follow()
        for left, pair, right, its, result in self.products:
            capital = [operand for operand in (left, right) if isinstance(operand, Sym) and operand.name[:1].isupper()]
            if is_array(result) and len(capital) == 1:
                join_pairs(result, pair if capital == [left] else its)
                self.follow()
            if is_array(result) and not (is_array(pair) or is_array(its) or is_number(pair) or is_number(its)):
                told = f"{text(left)}*{text(right)} is {said(result)}: which of the two is it?"
                raise StepperError(Problem(told, hint=shape_hint(left if isinstance(left, Sym) else right)))
        arrays = any(is_array(pair) for pair in self.names.values())
        for argument, pair in self.doubtful:
            if arrays and not is_array(pair) and not is_number(pair):
                told = f"{text(argument)} may be a number or a vector: which?"
                raise StepperError(Problem(told, hint=shape_hint(argument)))
        for pair in self.names.values():
            for cell in pair:
                if cell.known() is None:
                    cell.root().size = ONE
            self.follow()

    def letter(self, pair: Pair) -> None:
        for cell in pair:
            if cell.known() is None and cell.root().counted:
                taken = {text(known) for other in self.names.values() for own in other if (known := own.known())}
                free = [letter for letter in FRESH if letter not in taken and letter not in self.names]
                cell.root().size = Sym(free[0] if free else f"n{len(taken) + 1}")

    def follow(self) -> None:
        while True:
            left = [rule for rule in self.open if not rule()]
            if len(left) == len(self.open):
                return
            self.open = left


def _pair(shape: str, letters: dict[str, Cell]) -> Pair:
    sizes = shape.split(" x ") if shape else []
    rows, columns = (*sizes, "1", "1")[:2] if len(sizes) < 2 else sizes
    return letters.setdefault(rows, Cell()), letters.setdefault(columns, Cell())
