"""Derivatives as people write them: ``dL/dw11``, ``∂L/∂w₁₁``, ``d L / d w``, ``δL/δw``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepper.core.expr import Deriv, Expr
from stepper.errors import FormulaError
from stepper.read.working.names import Names
from stepper.read.working.pieces import Piece

LONGEST_DERIVATIVE = 5
"""How many pieces stand behind its first sign."""
_SIGN = re.compile(r"d|δ(?!\d)|delta(?=[A-Za-z])")


class Unknown(FormulaError):
    """A name that the subject does not have."""

    def __init__(self, name: str, known: Names) -> None:
        self.name = name
        super().__init__(f"'{name[:60]}' is not a known quantity", hint=known.hint(name))


def derivative(piece: Piece, ahead: Sequence[Piece], known: Names) -> tuple[Expr, int] | None:
    """What a name with a d before it and the pieces behind it are, and how many of them it takes.

    Raises:
        Unknown: where it is a derivative of something that is not known.
    """
    found = _SIGN.match(piece.text)
    if found is None:
        return None
    sign, above, at = found[0], piece.text[found.end() :], 0
    if not above:
        above, at = (ahead[0].text, 1) if ahead and ahead[0].kind == "name" else ("", 0)
    if not above or len(ahead) < at + 2 or ahead[at].text != "/" or not ahead[at + 1].text.startswith(sign):
        return None
    below, at = ahead[at + 1].text[len(sign) :], at + 2
    if not below and len(ahead) > at and ahead[at].kind == "name":
        below, at = ahead[at].text, at + 1
    if not below:
        return None
    expr = known.derivative(above, below, sign != "d")
    if expr is not None:
        return expr, at
    itself = known.find(piece.text)
    if itself is None or isinstance(itself, Deriv):
        raise Unknown(below if known.known(above) else above, known)
    return None


def partial(piece: Piece, ahead: Sequence[Piece], known: Names) -> tuple[Expr, int]:
    """What ``∂`` and the pieces behind it are.

    Raises:
        FormulaError: where it is no derivative, or one of something that is not known.
    """
    kinds = [part.kind for part in ahead[:4]]
    signs = [part.text for part in ahead[1:3]]
    if kinds != ["name", "sign", "sign", "name"] or signs != ["/", "∂"]:
        raise FormulaError("a derivative is written ∂A/∂B", piece.start)
    expr = known.derivative(ahead[0].text, ahead[3].text, True)
    if expr is None:
        raise Unknown(ahead[3].text if known.known(ahead[0].text) else ahead[0].text, known)
    return expr, 4
