"""Rules for differentials of matrices, and for bringing them to the form from which a gradient is read off.

In a condition, ``A fixed`` does not change with what the differential is taken by, and ``A differential`` holds one.
"""

from __future__ import annotations

from stepper.tables.theorem import Theorem as Row

_COOKBOOK = "Petersen and Pedersen, The matrix cookbook, 2012"
_MAGNUS = "Magnus and Neudecker, Matrix differential calculus, 1999"
_MINKA = "Minka, Old and new matrix algebra useful for statistics, 2000"
_ALGEBRA = "any text on linear algebra"

DISTRIBUTIVE = "distributive law"
LINEAR: tuple[Row, ...] = (
    Row("differential of a constant", "d(A)", "0", f"{_COOKBOOK}, equation 33", "A fixed", quick=True),
    Row("differential of a sum", "d(A + B)", "d(A) + d(B)", f"{_COOKBOOK}, equation 35", quick=True, spreads=True),
    Row("constant factor", "d(-A)", "-d(A)", f"{_COOKBOOK}, equation 34", quick=True),
    Row("constant factor", "d(c*A)", "c*d(A)", f"{_COOKBOOK}, equation 34", "c a fixed number", quick=True),
    Row("constant factor", "d(A @ B)", "A @ d(B)", f"{_COOKBOOK}, equation 37", "A fixed", quick=True),
    Row("constant factor", "d(A @ B)", "d(A) @ B", f"{_COOKBOOK}, equation 37", "B fixed", quick=True),
    Row("constant factor", "d(A ⊙ B)", "A ⊙ d(B)", f"{_COOKBOOK}, equation 38", "A fixed", quick=True),
    Row("constant factor", "d(s*A)", "d(s)*A", f"{_COOKBOOK}, equation 34", "s a number; A fixed", quick=True),
    Row("differential of a transpose", "d(A.T)", "d(A).T", f"{_COOKBOOK}, equation 44", quick=True),
    Row("differential of a trace", "d(tr(A))", "tr(d(A))", f"{_COOKBOOK}, equation 36", quick=True),
    Row("differential of a diagonal matrix", "d(diag(a))", "diag(d(a))", f"{_MAGNUS}, chapter 8", quick=True),
    Row("differential of a sum", "d(sum(A))", "sum(d(A))", f"{_COOKBOOK}, equation 35", quick=True),
)  # fmt: skip

PRODUCTS: tuple[Row, ...] = (
    Row("squared norm", "d(|a|^2)", "2*a.T @ d(a)", f"{_COOKBOOK}, equation 131", "a a vector"),
    Row("squared norm", "d(|A|^2)", "2*tr(A.T @ d(A))", f"{_COOKBOOK}, equation 132", "A a matrix"),
    Row("norm", "d(|a|)", "a.T @ d(a)/|a|", f"{_COOKBOOK}, equation 129", "a a vector"),
    Row("norm", "d(|A|)", "tr(A.T @ d(A))/|A|", f"{_COOKBOOK}, equation 132", "A a matrix"),
    Row("product rule", "d(A @ B)", "d(A) @ B + A @ d(B)", f"{_COOKBOOK}, equation 37"),
    Row("product rule", "d(A ⊙ B)", "d(A) ⊙ B + A ⊙ d(B)", f"{_COOKBOOK}, equation 38"),
    Row("reciprocal rule", "d(A/s)", "-d(s)*A/s^2", f"{_MAGNUS}, chapter 8", "A fixed; s a number"),
    Row("reciprocal rule, entry by entry", "d(s/B)", "-s*d(B)/B^2", f"{_MAGNUS}, chapter 8",
        "s a fixed number; B an array"),
    Row("quotient rule", "d(A/s)", "d(A)/s - d(s)*A/s^2", f"{_MAGNUS}, chapter 8", "s a number"),
    Row("product rule", "d(r*s)", "d(r)*s + r*d(s)", f"{_MAGNUS}, chapter 8"),
    Row("power rule", "d(s^p)", "p*s^(p - 1)*d(s)", f"{_MAGNUS}, chapter 5", "s a number; p a fixed number"),
    Row("exponential rule", "d(p^s)", "log(p)*p^s*d(s)", f"{_MAGNUS}, chapter 5", "p a fixed number; s a number"),
    Row("power rule", "d(A^p)", "p*A^(p - 1) ⊙ d(A)", f"{_MAGNUS}, chapter 8", "A an array; p a fixed number"),
    Row("differential of a log-determinant", "d(log(det(A)))", "tr(inv(A) @ d(A))", f"{_COOKBOOK}, equation 43"),
    Row("differential of a determinant", "d(det(A))", "det(A)*tr(inv(A) @ d(A))", f"{_COOKBOOK}, equation 42"),
    Row("differential of an inverse", "d(inv(A))", "-inv(A) @ d(A) @ inv(A)", f"{_COOKBOOK}, equation 40"),
    Row("differential of log-sum-exp", "d(log(sum(exp(a))))", "softmax(a).T @ d(a)",
        "Boyd and Vandenberghe, Convex optimization, 2004, section 3.1.5", "a a vector"),
    Row("differential of log-sum-exp", "d(logsumexp(a))", "softmax(a).T @ d(a)",
        "Boyd and Vandenberghe, Convex optimization, 2004, section 3.1.5"),
    Row("differential of a softmax", "d(softmax(a))", "(diag(softmax(a)) - softmax(a) @ softmax(a).T) @ d(a)",
        "Goodfellow, Bengio and Courville, Deep learning, 2016, section 6.2.2"),
    Row("differential of a log-softmax", "d(log_softmax(a))", "d(a) - ones(rows(a)) @ softmax(a).T @ d(a)",
        "Goodfellow, Bengio and Courville, Deep learning, 2016, section 6.2.2",
        shown="d(log_softmax(a)) = d(a) - ones(n) @ softmax(a).T @ d(a)"),
    Row("chain rule", "d(f(A))", "slope(f(A))*d(inner(f(A)))", f"{_MAGNUS}, chapter 5",
        "f entrywise; f a number", shown="d(f(a)) = f'(a)*d(a)"),
    Row("chain rule, entry by entry", "d(f(A))", "slope(f(A)) ⊙ d(inner(f(A)))", _MINKA,
        "f entrywise; f an array", shown="d(f(A)) = f'(A) ⊙ d(A)"),
)  # fmt: skip

NUMBERS_OUT: tuple[Row, ...] = (
    Row("scalar taken out of the trace", "tr(-A)", "-tr(A)", _ALGEBRA, quick=True),
    Row("scalar taken out of the trace", "tr(s*A)", "s*tr(A)", _ALGEBRA, "s a number", quick=True),
    Row("scalar taken out of the sum", "sum(-A)", "-sum(A)", _ALGEBRA, quick=True),
    Row("scalar taken out of the sum", "sum(s*A)", "s*sum(A)", _ALGEBRA, "s a number", quick=True),
)  # fmt: skip

DISTRIBUTING: tuple[Row, ...] = (
    *NUMBERS_OUT,
    Row(DISTRIBUTIVE, "A @ (B + C)", "A @ B + A @ C", _ALGEBRA, "B, C differential", quick=True),
    Row(DISTRIBUTIVE, "(A + B) @ C", "A @ C + B @ C", _ALGEBRA, "A, B differential", quick=True),
    Row(DISTRIBUTIVE, "A @ ((B + C) @ D)", "A @ B @ D + A @ C @ D", _ALGEBRA, "B, C differential", quick=True),
    Row(DISTRIBUTIVE, "A ⊙ (B + C)", "A ⊙ B + A ⊙ C", _ALGEBRA, "B, C differential", quick=True),
    Row(DISTRIBUTIVE, "s*(A + B)", "s*A + s*B", _ALGEBRA, "A, B differential; s a number", quick=True),
    Row(DISTRIBUTIVE, "(A + B)*C", "A*C + B*C", _ALGEBRA, "A, B differential; C an array", quick=True),
    Row("transpose of a sum", "(A + B).T", "A.T + B.T", f"{_COOKBOOK}, equation 5", "A, B differential", quick=True),
    Row("trace of a sum", "tr(A + B)", "tr(A) + tr(B)", f"{_COOKBOOK}, equation 15", "A, B differential", quick=True),
    Row("sum of the entries of a sum", "sum(A + B)", "sum(A) + sum(B)", _ALGEBRA, "A, B differential", quick=True),
    Row("elementwise product with ones", "A ⊙ ones(k)", "A", _ALGEBRA, quick=True),
    Row("diagonal matrix times a vector", "diag(a) @ B", "a ⊙ B", _ALGEBRA, "a differential; B a vector", quick=True),
    Row("diagonal matrix times a vector", "A @ (diag(b) @ C)", "A @ (b ⊙ C)", _ALGEBRA,
        "b differential; C a vector", quick=True),
)  # fmt: skip

COLLECTING: tuple[Row, ...] = (
    *DISTRIBUTING,
    Row("associative law", "A @ (B @ C)", "flat(A @ B @ C)", _ALGEBRA, quick=True, shown="A @ (B @ C) = A @ B @ C"),
)
_SUMS: tuple[Row, ...] = (
    Row("sum of an elementwise product", "sum(A ⊙ B)", "A.T @ B", f"{_MAGNUS}, chapter 2",
        "B differential; B a vector"),
    Row("sum of an elementwise product", "sum(A ⊙ B)", "tr(A.T @ B)", f"{_MAGNUS}, chapter 2",
        "B differential; B a matrix"),
    Row("sum of all entries", "sum(A)", "ones(rows(A)).T @ A", _ALGEBRA, "A a vector", shown="sum(A) = ones(n).T @ A"),
    Row("sum of all entries", "sum(A)", "ones(rows(A)).T @ A @ ones(columns(A))", _ALGEBRA, "A a matrix",
        shown="sum(A) = ones(m).T @ A @ ones(n)"),
)  # fmt: skip
_SUMS_AND_TRACES: tuple[Row, ...] = (
    *_SUMS,
    Row("trace of an elementwise product", "tr(A ⊙ B)", "tr((A ⊙ eye(rows(A))).T @ B)", f"{_MAGNUS}, chapter 3",
        "B differential", shown="tr(A ⊙ B) = tr((A ⊙ I).T @ B)"),
    Row("elementwise product under the trace", "tr(A @ (B ⊙ C))", "tr((A.T ⊙ B).T @ C)", f"{_MAGNUS}, chapter 3",
        "C differential"),
)  # fmt: skip
TO_A_TRACE: tuple[Row, ...] = (
    *_SUMS_AND_TRACES,
    Row("a scalar equals its trace", "A @ B", "tr(A @ B)", f"{_MAGNUS}, chapter 1", "A a row; B a vector"),
    Row("transpose under the trace", "tr(A.T)", "tr(A)", f"{_COOKBOOK}, equation 13"),
    Row("transpose under the trace", "tr(A @ B.T)", "tr(A.T @ B)", f"{_COOKBOOK}, equation 13", "B differential"),
    Row("cyclic property of the trace", "tr(A @ B)", "tr(B @ A)", f"{_COOKBOOK}, equations 14 and 16",
        "A differential"),
)  # fmt: skip
TO_A_ROW: tuple[Row, ...] = (
    *_SUMS_AND_TRACES,
    Row("cyclic property of the trace", "tr(A @ B)", "B @ A", f"{_COOKBOOK}, equations 14 and 16", "A a vector"),
    Row("elementwise product in a product", "A @ (B ⊙ C)", "(A.T ⊙ B).T @ C", f"{_MAGNUS}, chapter 3",
        "C differential"),
    Row("a scalar equals its transpose", "A @ B", "B.T @ A.T", f"{_MAGNUS}, chapter 1",
        "A differential; A a row; B a vector"),
)  # fmt: skip
TO_A_JACOBIAN: tuple[Row, ...] = (
    Row("elementwise product with a vector", "A ⊙ B", "diag(A) @ B", f"{_MAGNUS}, chapter 3", "B differential"),
    Row("elementwise product with a vector", "A @ (B ⊙ C)", "A @ diag(B) @ C", f"{_MAGNUS}, chapter 3",
        "C differential"),
    Row("scalar times a vector", "s*A", "A @ s", _ALGEBRA, "s differential; A a vector"),
    Row("a scalar equals its transpose", "A @ (B @ C)", "A @ C.T @ B.T", f"{_MAGNUS}, chapter 1",
        "B differential; B a row"),
)  # fmt: skip
_GRADIENT, _DERIVATIVE = "gradient from the differential", "derivative from the differential"
READ_OFF_TRACE: tuple[Row, ...] = (
    Row(_GRADIENT, "tr(A @ B)", "A.T", f"{_MAGNUS}, chapter 9", "B a differential", says="the gradient is Aᵀ"),
    Row(_GRADIENT, "tr(B)", "eye(rows(B))", f"{_MAGNUS}, chapter 9", "B a differential", says="the gradient is I"),
)
READ_OFF_ROW: tuple[Row, ...] = (
    Row(_GRADIENT, "A @ B", "A.T", f"{_MAGNUS}, chapter 5", "B a differential", says="the gradient is Aᵀ"),
)
READ_OFF_JACOBIAN: tuple[Row, ...] = (
    Row(_DERIVATIVE, "A @ B", "A", f"{_MAGNUS}, chapter 5", "B a differential", says="the Jacobian is A"),
    Row(_DERIVATIVE, "B", "eye(rows(B))", f"{_MAGNUS}, chapter 5", "B a differential", says="the Jacobian is I"),
)
READ_OFF_RIGHT: tuple[Row, ...] = (
    Row(_DERIVATIVE, "B @ A", "A", f"{_MAGNUS}, chapter 5", "B a differential", says="the derivative is A"),
    Row(_DERIVATIVE, "B", "eye(columns(B))", f"{_MAGNUS}, chapter 5", "B a differential", says="the derivative is I"),
)
READ_OFF_NUMBER: tuple[Row, ...] = (
    Row(_DERIVATIVE, "B", "1", f"{_MAGNUS}, chapter 5", "B a differential", says="the derivative is 1"),
)
READ_OFF = (*READ_OFF_TRACE, *READ_OFF_ROW, *READ_OFF_JACOBIAN, *READ_OFF_RIGHT, *READ_OFF_NUMBER)
_HORN = "Horn and Johnson, Matrix analysis, 2013, section 7.1"
DEFINITENESS: tuple[Row, ...] = (
    Row("a product AᵀA is positive semidefinite", "semidefinite(A.T @ A)", "1", _HORN),
    Row("a product AAᵀ is positive semidefinite", "semidefinite(A @ A.T)", "1", _HORN),
    Row("AᵀBA is positive semidefinite where B is", "semidefinite(A.T @ (B @ A))", "semidefinite(B)", _HORN),
    Row("a sum of positive semidefinite matrices", "semidefinite(A + B)", "semidefinite(A)*semidefinite(B)", _HORN),
    Row("a multiple of a positive semidefinite matrix", "semidefinite(s*A)", "nonnegative(s)*semidefinite(A)", _HORN,
        "s a number"),
    Row("a positive definite matrix", "semidefinite(A)", "definite(A)", _HORN),
    Row("the identity is positive definite", "definite(eye(n))", "1", _HORN),
    Row("a multiple of a positive definite matrix", "definite(s*A)", "positive(s)*definite(A)", _HORN, "s a number"),
    Row("a sum with a positive definite matrix", "definite(A + B)", "definite(A)*semidefinite(B)", _HORN),
    Row("a product AᵀA with independent columns", "definite(A.T @ A)", "independent(A)", _HORN),
    Row("the inverse of a positive definite matrix", "definite(inv(A))", "definite(A)", _HORN),
    Row("a product AAᵀ with independent rows", "definite(A @ A.T)", "independent_rows(A)", _HORN),
    Row("a product of positive numbers", "positive(r*s)", "positive(r)*positive(s)", _ALGEBRA),
    Row("a product of positive numbers", "positive(r/s)", "positive(r)*positive(s)", _ALGEBRA),
    Row("a product of positive numbers", "nonnegative(r*s)", "nonnegative(r)*nonnegative(s)", _ALGEBRA),
    Row("a product of positive numbers", "nonnegative(r/s)", "nonnegative(r)*positive(s)", _ALGEBRA),
    Row("a sum of positive numbers", "positive(r + s)", "positive(r)*nonnegative(s)", _ALGEBRA),
    Row("a sum of positive numbers", "nonnegative(r + s)", "nonnegative(r)*nonnegative(s)", _ALGEBRA),
    Row("AᵀBA with independent columns", "definite(A.T @ (B @ A))", "definite(B)*independent(A)", _HORN),
)  # fmt: skip
MATRIX_THEOREMS = tuple(
    dict.fromkeys((*LINEAR, *PRODUCTS, *COLLECTING, *TO_A_TRACE, *TO_A_ROW, *TO_A_JACOBIAN, *READ_OFF, *DEFINITENESS))
)
