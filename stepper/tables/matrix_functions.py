"""Functions that take a matrix or a vector as a whole, with their shapes by letters.

Every other function of one argument is applied entry by entry.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Law: TypeAlias = Literal["", "trace", "determinant", "inverse", "length", "total", "diagonal", "ones", "identity"]
COOKBOOK = "Petersen and Pedersen, The matrix cookbook, 2012"


class MatrixFunction(Struct, frozen=True):
    """One function.

    Attributes:
        name: as formulas have it.
        takes: the shape of each argument: ``n x n`` a square matrix, ``n`` a vector, ``n x m`` anything, ``#`` the
            number of rows or columns.
        gives: the shape of the value; empty for a number.
        source: where it is defined.
        reads: the formula that it abbreviates, in the letters of ``letters``.
        letters: the names of the arguments there.
        law: the law by which products, transposes and inverses of it are simplified.
        symbol: how it is typeset (``tables/array.py``), where not by its name.
        either: may its argument as well be a number, with another meaning?
    """

    name: str
    takes: tuple[str, ...]
    gives: str
    source: str
    reads: str = ""
    letters: str = ""
    law: Law = ""
    symbol: str = ""
    either: bool = False


MATRIX_FUNCTIONS: tuple[MatrixFunction, ...] = (
    MatrixFunction("tr", ("n x n",), "", f"{COOKBOOK}, section 1.1", law="trace"),
    MatrixFunction("trace", ("n x n",), "", f"{COOKBOOK}, section 1.1", reads="tr(A)", letters="A"),
    MatrixFunction("det", ("n x n",), "", f"{COOKBOOK}, section 1.2", law="determinant"),
    MatrixFunction("logdet", ("n x n",), "", f"{COOKBOOK}, section 1.2", reads="log(det(A))", letters="A"),
    MatrixFunction("inv", ("n x n",), "n x n", f"{COOKBOOK}, section 3.1", law="inverse", symbol="→x1^(-1)"),
    MatrixFunction("abs", ("n x m",), "", f"{COOKBOOK}, sections 10.3 and 10.4", law="length", either=True),
    MatrixFunction("norm", ("n x m",), "", f"{COOKBOOK}, sections 10.3 and 10.4", reads="abs(A)", letters="A"),
    MatrixFunction("dot", ("n", "n"), "", f"{COOKBOOK}, notation", reads="a.T @ b", letters="a b"),
    MatrixFunction("outer", ("n", "m"), "n x m", f"{COOKBOOK}, notation", reads="a @ b.T", letters="a b"),
    MatrixFunction("diag", ("n",), "n x n", f"{COOKBOOK}, section 9.1", law="diagonal"),
    MatrixFunction("sum", ("n x m",), "", "the sum of all entries", law="total"),
    MatrixFunction("softmax", ("n",), "n", "Goodfellow, Bengio and Courville, Deep learning, 2016, equation 6.29"),
    MatrixFunction("log_softmax", ("n",), "n", "Goodfellow, Bengio and Courville, Deep learning, 2016, section 6.2.2"),
    MatrixFunction("logsumexp", ("n",), "", "Boyd and Vandenberghe, Convex optimization, 2004, section 3.1.5"),
    MatrixFunction("ones", ("#",), "# x 1", "a vector of ones", law="ones"),
    MatrixFunction("eye", ("#",), "# x #", f"{COOKBOOK}, notation", law="identity"),
    MatrixFunction("d", ("n x m",), "n x m", f"{COOKBOOK}, section 2, equations 33 to 47"),
)
BY_MATRIX_NAME = {row.name: row for row in MATRIX_FUNCTIONS}
