"""Normalization line by line, forward and backward, in the steps of the paper."""

from __future__ import annotations

from stepper.tables.array import ArrayFunction

_PAPER = "Ioffe and Szegedy, Batch normalization, 2015"

STANDARDIZED = (
    ("mu", "mean(X, axis)"),
    ("d", "X - broadcast_to(mu, X, axis)"),
    ("v", "mean(d^2, axis)"),
    ("r", "sqrt(v + eps)"),
    ("out", "d/broadcast_to(r, X, axis)"),
)
LABELS = {"v": r"\sigma^{2}"}
STANDARDIZED_BACK = {
    "X": "standardized_back(G, X, axis, eps)",
    "eps": "sum_to_size(-G*out/(2*(broadcast_to(var(X, axis), X, axis) + eps)), eps)",
}
"""The gradients of ``standardized``."""

STANDARDIZED_ROWS: tuple[ArrayFunction, ...] = (
    ArrayFunction("standardized_back", "G[], X[], axis=1, eps[]=0", f"{_PAPER}, section 3: the gradients", like="X",
        value="(G - broadcast_to(mean(G, axis), X, axis) - standardized(X, axis, eps)*broadcast_to(mean("
              "G*standardized(X, axis, eps), axis), X, axis))/broadcast_to(sqrt(var(X, axis) + eps), X, axis)",
        working=(
            ("xhat", "standardized(X, axis, eps)"),
            ("dxhat", "G", "xhat"),
            ("mu", "mean(X, axis)"),
            ("d", "X - broadcast_to(mu, X, axis)"),
            ("v", "mean(d^2, axis)"),
            ("r", "sqrt(v + eps)"),
            ("dv", "-sum(dxhat*d, axis)/(2*r^3)", "v"),
            ("dmu", "-sum(dxhat, axis)/r", "mu"),
            ("out", "dxhat/broadcast_to(r, X, axis) + 2*broadcast_to(dv, X, axis)*d/along(X, axis) + "
                    "broadcast_to(dmu, X, axis)/along(X, axis)"),
        ), labels=LABELS, inner=True),
)  # fmt: skip
