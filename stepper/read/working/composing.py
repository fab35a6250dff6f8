"""Pieces of a line as formula text: products that are only set side by side, functions without brackets, derivatives,
powers of ten, percent, lists with commas, blanks or semicolons.
"""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.errors import FormulaError
from stepper.read.working.brackets import brackets_of
from stepper.read.working.derivatives import LONGEST_DERIVATIVE, Unknown, derivative, partial
from stepper.read.working.names import Names
from stepper.read.working.numerals import Comma, numeral
from stepper.read.working.pieces import Piece, pieces
from stepper.read.working.scaling import RAISED, TIMES, scaled

MINUS = frozenset("-−–—")
SIGNS = {
    "÷": "/", "∕": "/", "⁄": "/", "**": "^", "ᵀ": ".T", "∘": " ⊙ ", "⊙": " ⊙ ", "@": " @ ", "≥": ">=", "≤": "<=",
}  # fmt: skip
PARTS = {
    "½": "(1/2)", "¼": "(1/4)", "¾": "(3/4)", "⅓": "(1/3)", "⅔": "(2/3)", "⅛": "(1/8)", "⅕": "(1/5)", "⅙": "(1/6)",
}  # fmt: skip
CONSTANTS = {"e": "e", "ℯ": "e", "pi": "pi", "π": "pi"}


def compose(found: Sequence[Piece], known: Names, comma: Comma, *, grouping: bool = False) -> str:
    """The formula that some pieces are. With ``grouping``, square brackets around a single sum only group it.

    >>> compose(pieces("(1)(-0,5) + 2h_1"), Names(["h1"]), "decimal")
    '(1)*(-0.5)+2*h1'

    Raises:
        FormulaError: where they are none.
    """
    return _Composer(found, known, comma, grouping).whole()


class _Composer:
    def __init__(self, found: Sequence[Piece], known: Names, comma: Comma, grouping: bool) -> None:
        self.grouping = grouping
        self.found, self.known, self.comma = found, known, comma
        self.at, self.bars = 0, 0
        self.layout = brackets_of(found, comma)
        self.out: list[str] = []
        self.operand = self.array = self.flat = False
        self.brackets: list[tuple[str, bool, bool]] = []
        """Those that are open: how each is written, whether commas part its entries, and whether it has rows."""

    def whole(self) -> str:
        while self.at < len(self.found):
            piece = self.found[self.at]
            self.at += 1
            match piece.kind:
                case "number":
                    self.number(piece)
                case "name":
                    self.name(piece)
                case "power":
                    power = piece.text.translate(RAISED)
                    self.out.append(f"^{power}" if power.isdigit() else f"^({power})")
                case "script":
                    self.script(piece)
                case "sign" | "then":
                    self.sign(piece)
                case "gap":
                    continue
                case _:
                    raise FormulaError(f"'{piece.text}' is not allowed inside a formula", piece.start)
        if self.bars % 2:
            raise FormulaError("a bar '|' is not closed here")
        return "".join(self.out)

    # ---- what is put out

    def put(self, written: str, *, array: bool = False, apart: bool = False) -> None:
        """An operand; between two that only stand side by side is a product, or in a list the next entry."""
        if self.operand:
            in_list = self.brackets and self.brackets[-1][0] == "[" and not self.brackets[-1][1]
            self.out.append(", " if in_list and apart else " @ " if array and self.array else "*")
        self.out.append(written)
        self.operand, self.array = True, array

    def operator(self, sign: str) -> None:
        self.out.append(sign)
        self.operand = False

    def look(self, ahead: int = 0) -> Piece | None:
        place = self.at + ahead
        return self.found[place] if place < len(self.found) else None

    def next_is(self, written: str, ahead: int = 0) -> bool:
        piece = self.look(ahead)
        return piece is not None and piece.text == written

    # ---- numbers

    def number(self, piece: Piece) -> None:
        before = self.found[self.at - 2] if self.at > 1 else None
        beside = self.operand and before is not None and before.kind in ("number", "power")
        if beside and not (self.brackets and self.brackets[-1][0] == "["):
            raise FormulaError("an operator is missing between two numbers", piece.start)
        literal = numeral(piece.text, self.comma)
        if "," not in literal:
            literal, taken = scaled(literal, self.found, self.at, self.known)
            self.at += taken
        self.put(literal, apart=piece.apart)

    # ---- names

    def name(self, piece: Piece) -> None:
        found = derivative(piece, self.found[self.at : self.at + LONGEST_DERIVATIVE], self.known)
        if found is not None:
            self.derived(found, piece)
            return
        bare, primes = without_primes(piece.text)
        function = self.known.function(bare)
        follows = self.look()
        called = follows is not None and follows.text == "(" and follows.kind == "sign"
        quantity = self.known.find(piece.text)
        if bare[:1] in ("Σ", "∑") and quantity is None:
            if not called or len(bare) > 1:
                raise FormulaError(
                    "a sum over an index is not read here", piece.start, hint="write its terms: a + b + c"
                )
            function = "sum"
        if bare == "x" and quantity is None and self.operand and follows and follows.kind == "number":
            self.operator("*")
        elif function and (called or quantity is None) and follows is not None:
            self.call(function + primes, piece, called)
        elif quantity is not None:
            self.put(text(quantity), array=self.known.is_array(quantity), apart=piece.apart)
        elif called and (member := self.member(piece)) is not None:
            self.put(text(member), apart=piece.apart)
        elif piece.text in CONSTANTS:
            self.put(CONSTANTS[piece.text], apart=piece.apart)
        elif piece.text in ("T",) and self.out and self.out[-1] == "^":
            self.out.pop()
            self.transpose()
            self.operand = True
        else:
            raise Unknown(piece.text, self.known)

    def member(self, piece: Piece) -> Expr | None:
        """``theta(2)`` for theta[2]: the step after which it holds."""
        number = self.look(1)
        if number is None or not number.text.isdecimal() or not self.next_is(")", 2):
            return None
        found = self.known.find(f"{piece.text}[{number.text}]")
        self.at += 3 if found is not None else 0
        return found

    def call(self, function: str, piece: Piece, called: bool) -> None:
        if called:
            self.put(function, apart=piece.apart)
            self.opened("(", function)
            return
        argument = self.look()
        assert argument is not None
        self.at += 1
        if argument.kind == "number":
            self.put(f"{function}({numeral(argument.text, self.comma)})", apart=piece.apart)
        elif argument.kind == "name" and (quantity := self.known.find(argument.text)) is not None:
            self.put(f"{function}({text(quantity)})", apart=piece.apart)
        else:
            raise FormulaError(f"the argument of {function} is missing", piece.start, hint=f"such as {function}(0.5)")

    def opened(self, bracket: str, function: str = "") -> None:
        """A bracket that opens at the piece ahead."""
        at = self.at
        self.at += 1
        end, rows = self.layout.ends.get(at, len(self.found)), at in self.layout.rows
        commas = at in self.layout.listed and not rows
        alone = bracket == "(" or (self.grouping and at in self.layout.sums and not self.brackets)
        kind = "(" if function or (alone and not commas) else "["
        self.brackets.append((kind, commas, rows))
        self.out.append(kind * 2 if rows else kind)
        self.operand = False
        if end == at + 1 and not function:
            raise FormulaError("these brackets are empty", self.found[at].start)

    def derived(self, taken: tuple[Expr, int], piece: Piece) -> None:
        """Puts out a derivative that takes some of the pieces ahead."""
        expr, ahead = taken
        self.at += ahead
        self.put(text(expr), array=self.known.is_array(expr), apart=piece.apart)

    # ---- signs

    def transpose(self) -> None:
        """A list that is written as a row and meant as a column is a list."""
        if not (self.flat and self.out[-1:] == ["]"]):
            self.out.append(".T")

    def script(self, piece: Piece) -> None:
        inside = piece.text[2:-1].strip()
        if piece.text[0] == "_" and inside.isdecimal() and self.operand:
            self.out.append(f"[{inside}]")
            return
        if piece.text[0] == "_":
            raise FormulaError(f"'{piece.text}' is set below nothing that has a name", piece.start)
        if inside in ("T", "⊤"):
            self.transpose()
        elif inside == "'":
            self.out.append(inside)
        else:
            self.out.append(f"^({compose(pieces(inside), self.known, self.comma, grouping=self.grouping)})")

    def sign(self, piece: Piece) -> None:
        sign = piece.text
        if sign in TIMES:
            self.times(sign)
        elif sign in MINUS:
            self.minus(piece)
        elif sign in ("(", "["):
            self.open(piece)
        elif sign in (")", "]"):
            opened, _, rows = self.brackets.pop() if self.brackets else ("", False, False)
            self.flat = opened == "[" and not rows and self.out[-1:] != ["]"]
            self.out.append({"(": ")", "[": "]]" if rows else "]"}.get(opened, sign))
            self.operand, self.array = True, opened == "["
        elif sign in (",", ";"):
            self.operator("], [" if self.brackets and self.brackets[-1][2] else ", ")
        elif sign == "∂":
            self.derived(partial(piece, self.found[self.at : self.at + LONGEST_DERIVATIVE], self.known), piece)
        elif sign == "√":
            self.root(piece)
        elif sign == "|":
            self.bar()
        elif sign in PARTS:
            self.put(PARTS[sign], apart=piece.apart)
        elif sign in ("…", "..."):
            raise FormulaError("'…' leaves terms out, so this is not read", piece.start)
        elif sign in (".T", "ᵀ", "⊤"):
            self.transpose()
        elif sign == "'":
            self.out.append(sign)
        elif sign.startswith("\\") and len(sign) > 1:
            raise FormulaError(f"'{sign[:40]}' is not known here", piece.start)
        else:
            self.operator(SIGNS.get(sign, sign))

    def times(self, sign: str) -> None:
        ahead = self.look()
        if self.array and ahead is not None and sign != "*":
            found = self.known.find(ahead.text) if ahead.kind == "name" else None
            if ahead.text == "[" or (found is not None and self.known.is_array(found)):
                self.operator(" @ ")
                return
        self.operator("*")

    def minus(self, piece: Piece) -> None:
        ahead = self.look()
        in_list = bool(self.brackets) and self.brackets[-1][:2] == ("[", False)
        if self.operand and in_list and piece.apart and ahead is not None and not ahead.apart:
            self.out.append(", ")
        self.operator("-")

    def open(self, piece: Piece) -> None:
        self.at -= 1
        before = self.found[self.at - 1] if self.at else None
        if piece.text == "[" and self.operand and not piece.apart and before is not None and before.text in (")", "]"):
            self.opened("[")
            self.brackets[-1] = ("[", True, False)
            return
        if self.operand:
            self.put("", array=piece.text == "[", apart=piece.apart)
        self.opened(piece.text)

    def root(self, piece: Piece) -> None:
        ahead = self.look()
        if ahead is None:
            raise FormulaError("a number or brackets are missing after the root sign", piece.start)
        self.call("sqrt", piece, ahead.text == "(")

    def bar(self) -> None:
        ahead = self.look()
        if ahead is not None and ahead.kind == "script" and ahead.text[0] == "_" and self.operand:
            self.at += 1  # \frac{df}{dx}|_{x=2}: where it is taken
            return
        self.bars += 1
        if self.bars % 2:
            self.put("abs(")
            self.operand = False
        else:
            self.out.append(")")
            self.operand = True


def without_primes(name: str) -> tuple[str, str]:
    """A name, and the primes behind it."""
    bare = name.rstrip("'′’")
    return bare, "'" * (len(name) - len(bare))
