"""Operators on plain numbers, strings and collections, with limits; on letters they make formulas."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from stepper.core.expr import Expr
from stepper.read.source.sizes import arithmetic, compared, is_letter
from stepper.read.source.state import DIGITS, LONGEST, State
from stepper.read.source.tensor import Node, Tensor
from stepper.read.source.text import percent
from stepper.read.source.values import (
    Class,
    Instance,
    Lazy,
    Nothing,
    Refused,
    Space,
    Unknown,
    Unlisted,
    Value,
    fails,
)

SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
METHODS: Mapping[str, str] = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or", "^": "xor", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
}  # fmt: skip
"""The methods by which a class says what a sign does."""
PLAIN: Mapping[str, Callable[..., Value]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift, "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
NUMBER = bool | int | float
SIMPLE = (bool, int, float, str, list, tuple, dict, set, range, type(None))


TYPES = Class | Unlisted | Nothing


def _types(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


class Operators(State):
    """What signs between values do."""

    def binary(self, sign: str, left: Value, right: Value) -> Value:
        left, right = self.known(left), self.known(right)
        if isinstance(left, NUMBER) and isinstance(right, NUMBER):
            return self.numbers(sign, left, right)
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.tensors(sign, left, right)
        if isinstance(left, Node) or isinstance(right, Node):
            return self.node(lambda values: self.binary(sign, *values), [left, right])
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return left if isinstance(left, Unknown) else right
        if isinstance(left, Instance) or isinstance(right, Instance):
            return self.by_method(sign, left, right)
        if is_letter(left) or is_letter(right):
            return arithmetic(sign, left, right)
        if sign == "|" and (isinstance(left, TYPES) or isinstance(right, TYPES)):
            return (*_types(left), *_types(right))  # int | None stands in type hints, and in isinstance
        if isinstance(left, SIMPLE) and isinstance(right, SIMPLE):
            return self.plain(sign, left, right)
        raise Refused(f"'{sign}' between {called(left)} and {called(right)} is not followed")

    def numbers(self, sign: str, left: float, right: float) -> Value:
        """Arithmetic whose results stay of a reasonable length."""
        if sign == "**" and isinstance(left, int) and isinstance(right, int):
            if abs(left).bit_length() * abs(right) > DIGITS:
                raise Refused(f"{left} ** {right} is too large a number")
        elif sign == "<<" and isinstance(right, int) and right > DIGITS:
            raise Refused(f"{left} << {right} is too large a number")
        try:
            found = PLAIN[sign](left, right)
        except (ArithmeticError, ValueError, TypeError, KeyError) as error:
            raise fails(type(error).__name__, f"{left} {sign} {right}: {error}") from None
        if isinstance(found, int) and found.bit_length() > DIGITS:
            raise Refused("a number with more than 3,000 digits is not followed")
        return None if isinstance(found, complex) else found

    def plain(self, sign: str, left: Value, right: Value) -> Value:
        """Strings and collections."""
        if sign == "%" and isinstance(left, str):
            return percent(left, right)
        if sign == "*":
            many, row = (left, right) if isinstance(left, int) else (right, left)
            if isinstance(many, int) and isinstance(row, str) and len(row) * many > LONGEST:
                raise Refused(f"a string of {len(row) * many:,} characters is too long")
            if isinstance(many, int) and isinstance(row, list | tuple):
                self.room(len(row) * max(0, many))
        if sign == "+":
            if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) > LONGEST:
                raise Refused(f"a string of {len(left) + len(right):,} characters is too long")
            self.room(sum(len(row) for row in (left, right) if isinstance(row, list | tuple)))
        try:
            return PLAIN[sign](left, right)
        except (TypeError, KeyError) as error:
            raise fails("TypeError", str(error)) from None

    def by_method(self, sign: str, left: Value, right: Value) -> Value:
        """A sign that a class says."""
        name = METHODS.get(sign, "")
        for owner, other, method in ((left, right, f"__{name}__"), (right, left, f"__r{name}__")):
            if isinstance(owner, Instance) and (found := owner.kind.find(method)):
                return self.call(found[1], [owner, other])
        if sign in ("==", "!="):
            return (left is right) == (sign == "==")
        raise Refused(f"'{sign}' between {called(left)} and {called(right)} is not followed")

    def unary(self, sign: str, value: Value) -> Value:
        value = self.known(value)
        if isinstance(value, NUMBER):
            return -value if sign == "-" else +value if sign == "+" else ~int(value)
        if isinstance(value, Tensor):
            return value if sign == "+" else self.tensors("neg", value, None)
        if is_letter(value):
            return arithmetic("-", 0, value) if sign == "-" else value
        if isinstance(value, Unknown):
            return value
        raise Refused(f"'{sign}' of {called(value)} is not followed")

    def compare(self, sign: str, left: Value, right: Value) -> Value:
        left, right = self.known(left), self.known(right)
        match sign:
            case "is" | "is not":
                same = left is right or (
                    isinstance(left, bool | int | str) and left == right and type(left) is type(right)
                )
                if isinstance(left, Unlisted) and isinstance(right, Unlisted):
                    same = left.path == right.path
                return same == (sign == "is")
            case "in" | "not in":
                return self.held(left, right) == (sign == "in")
        if isinstance(left, NUMBER | str) and isinstance(right, NUMBER | str):
            try:
                return PLAIN[sign](left, right)
            except TypeError as error:
                raise fails("TypeError", str(error)) from None
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.tensors(sign, left, right) if sign not in ("==", "!=") or None not in (left, right) else False
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return left if isinstance(left, Unknown) else right
        if isinstance(left, Instance) or isinstance(right, Instance):
            return self.by_method(sign, left, right)
        if (is_letter(left) or is_letter(right)) and (
            isinstance(left, NUMBER) or isinstance(right, NUMBER) or (is_letter(left) and is_letter(right))
        ):
            return compared(sign, left, right, self.say)
        return self.rows(sign, left, right)

    def rows(self, sign: str, left: Value, right: Value) -> Value:
        """Collections are compared entry by entry, for letters may stand among them."""
        self.step()
        if left is right:
            return sign in ("==", "<=", ">=")
        if sign in ("==", "!=") and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            alike = type(left) is type(right) and len(left) == len(right)
            alike = alike and all(self.truth(self.compare("==", *pair)) for pair in zip(left, right, strict=True))
            return alike == (sign == "==")
        if sign in ("==", "!="):
            paths = [value.path for value in (left, right) if isinstance(value, Unlisted | Space | Nothing)]
            alike = len(set(paths)) == 1 if len(paths) == 2 else type(left) is type(right) and left == right
            return alike == (sign == "==")
        try:
            return PLAIN[sign](left, right)
        except TypeError as error:
            raise fails("TypeError", str(error)) from None

    def held(self, item: Value, owner: Value) -> bool:
        """``item in owner``."""
        if isinstance(owner, str):
            return isinstance(item, str) and item in owner
        if isinstance(owner, dict | set | range):
            return item in owner
        if isinstance(owner, Instance) and (found := owner.kind.find("__contains__")):
            return self.truth(self.call(found[1], [owner, item]))
        return any(self.truth(self.compare("==", item, other)) for other in self.items(owner))


def called(value: Value) -> str:
    """How a value is spoken of in messages."""
    match value:
        case None:
            return "None"
        case Instance():
            return f"a {value.kind.name}"
        case Class():
            return f"the class {value.name}"
        case Unlisted() | Space() | Nothing():
            return value.path
        case Tensor():
            return "a tensor"
        case Unknown():
            return value.what
        case Lazy():
            return value.name
    if isinstance(value, Expr):
        return "a letter"
    return f"a {type(value).__name__}"
