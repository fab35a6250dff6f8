"""How functions that broadcast, sum and select are written on a board: with ones, unit vectors and sums."""

from __future__ import annotations

from stepper.tables.array import ArrayFunction

_NUMPY = "NumPy documentation"
_STRANG = "Strang, Introduction to linear algebra, 2016"

FILLED: tuple[ArrayFunction, ...] = (
    ArrayFunction("ones", "sizes", f"{_NUMPY}, numpy.ones", machine="ones", fills=True, each=("sizes",),
        symbol="→\\mathbf{1}", convention="an array of ones"),
    ArrayFunction("unit", "size, place", f"{_STRANG}, section 2.7", machine="unit", symbol="→e[x2]",
        convention="a unit vector: 1 at that place, 0 elsewhere"),
    ArrayFunction("entries", "X[], first, last, axis=1", f"{_NUMPY}: slicing", machine="cut",
        convention="its entries from the first to the second of these numbers, along axis 1 or the axis after them"),
    ArrayFunction("rows", "X[], first, last, axis=1", f"{_NUMPY}: slicing", machine="cut",
        convention="its rows {1} to {2}"),
    ArrayFunction("columns", "X[], first, last, axis=2", f"{_NUMPY}: slicing", machine="cut",
        convention="its columns {1} to {2}"),
)  # fmt: skip

BROADCAST = (
    ("X() Y(n)", "X*ones(n)"),
    ("X() Y(m, n)", "X*ones([m, n])"),
    ("X() Y(l, m, n)", "X*ones([l, m, n])"),
    ("X() Y(k, l, m, n)", "X*ones([k, l, m, n])"),
    ("X(m) Y(m, n) axis=2", "outer(X, ones(n))"),
    ("X(n) Y(m, n)", "outer(ones(m), X)"),
    ("X(m) Y(l, m, n) axis=2", "reshape(X, [m, 1])*ones([l, m, n])"),
    ("X(l, m) Y(l, m, n) axis=3", "reshape(X, [l, m, 1])*ones([l, m, n])"),
    ("X(l, n) Y(l, m, n) axis=2", "reshape(X, [l, 1, n])*ones([l, m, n])"),
    ("X(m, n) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(n) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(k, l, m) Y(k, l, m, n) axis=4", "reshape(X, [k, l, m, 1])*ones([k, l, m, n])"),
    ("X(k, l, n) Y(k, l, m, n) axis=3", "reshape(X, [k, l, 1, n])*ones([k, l, m, n])"),
    ("X(k, m, n) Y(k, l, m, n) axis=2", "reshape(X, [k, 1, m, n])*ones([k, l, m, n])"),
    ("X(l, m, n) Y(k, l, m, n)", "X*ones([k, l, m, n])"),
    ("X(m, n) Y(k, l, m, n)", "X*ones([k, l, m, n])"),
    ("X(n) Y(k, l, m, n)", "X*ones([k, l, m, n])"),
    # what has an axis of one entry already
    ("X(1) Y(n)", "X*ones(n)"),
    ("X(1) Y(m, n)", "X*ones([m, n])"),
    ("X(1, n) Y(m, n)", "X*ones([m, n])"),
    ("X(m, 1) Y(m, n)", "X*ones([m, n])"),
    ("X(1, 1) Y(m, n)", "X*ones([m, n])"),
    ("X(1, n) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(m, 1) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(1, 1) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(1, m, n) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(l, 1, n) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(l, m, 1) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(l, 1, 1) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(1, m, 1) Y(l, m, n)", "X*ones([l, m, n])"),
    ("X(1, 1, n) Y(l, m, n)", "X*ones([l, m, n])"),
)
SUMMED = (
    ("X(n) Y(n)", "X"),
    ("X(m, n) Y(m, n)", "X"),
    ("X(l, m, n) Y(l, m, n)", "X"),
    ("X(n) Y()", "sum(X)"),
    ("X(n) Y(1)", "[sum(X)]"),
    ("X(m, n) Y(1)", "[sum(X)]"),
    ("X(m, n) Y(m) axis=2", "sum(X, 2)"),
    ("X(m, n) Y(n)", "sum(X, 1)"),
    ("X(m, n) Y(1, 1)", "[[sum(X)]]"),
    ("X(m, n) Y(1, n)", "[sum(X, 1)]"),
    ("X(m, n) Y(m, 1)", "X @ ones([n, 1])"),
    ("X(l, m, n) Y(m, n)", "sum(X, 1)"),
    ("X(l, m, n) Y(n)", "sum(sum(X, 1), 1)"),
    ("X(l, m, n) Y(1, n)", "[sum(sum(X, 1), 1)]"),
    ("X(l, m, n) Y(m, 1)", "sum(X, 1) @ ones([n, 1])"),
    ("X(l, m, n) Y(1, 1)", "[[sum(X)]]"),
    ("X(l, m, n) Y(1, 1, 1)", "[[[sum(X)]]]"),
    ("X(l, m, n) Y(1, 1, n)", "[[sum(sum(X, 1), 1)]]"),
    ("X(l, m, n) Y(1, m, n)", "[sum(X, 1)]"),
    ("X(l, m, n) Y(1, m, 1)", "[sum(X, 1) @ ones([n, 1])]"),
    ("X(l, m, n) Y(l, 1, n)", "reshape(sum(X, 2), [l, 1, n])"),
    ("X(l, m, n) Y(l, m, 1)", "reshape(sum(X, 3), [l, m, 1])"),
    ("X(l, m, n) Y(l, 1, 1)", "column(sum(sum(X, 3), 2), 2)"),
)
SCATTERED = (
    ("X(n) second=0", "G*unit(n, first)"),
    ("X(m, n) G(n) second=0", "outer(unit(m, first), G)"),
    ("X(m, n) G() second=0", "outer(unit(m, first), G*ones(n))"),
    ("X(m, n) G() third=0", "G*outer(unit(m, first), unit(n, second))"),
    ("X(l, m, n) G() second=0", "reshape(unit(l, first), [l, 1, 1])*ones([l, m, n])*G"),
    ("X(l, m, n) second=0", "reshape(unit(l, first), [l, 1, 1])*G"),
    ("X(l, m, n) G() third=0", "reshape(outer(unit(l, first), unit(m, second)), [l, m, 1])*ones([l, m, n])*G"),
    ("X(l, m, n) third=0", "reshape(outer(unit(l, first), unit(m, second)), [l, m, 1])*G"),
    ("X(l, m, n) fourth=0", "reshape(outer(unit(l, first), unit(m, second)), [l, m, 1])*(G*unit(n, third))"),
    ("X(k, l, m, n) G() second=0", "reshape(unit(k, first), [k, 1, 1, 1])*ones([k, l, m, n])*G"),
    ("X(k, l, m, n) second=0", "reshape(unit(k, first), [k, 1, 1, 1])*G"),
    ("X(k, l, m, n) G() third=0", "reshape(outer(unit(k, first), unit(l, second)), [k, l, 1, 1])*ones([k, l, m, n])*G"),
    ("X(k, l, m, n) third=0", "reshape(outer(unit(k, first), unit(l, second)), [k, l, 1, 1])*G"),
    (
        "X(k, l, m, n) fourth=0",
        "reshape(outer(unit(k, first), unit(l, second)), [k, l, 1, 1])*reshape(unit(m, third), [m, 1])*ones(n)*G",
    ),
    (
        "X(k, l, m, n)",
        "reshape(outer(unit(k, first), unit(l, second)), [k, l, 1, 1])*(G*outer(unit(m, third), unit(n, fourth)))",
    ),
)
LEADING = (
    ("X(n)", "entries(G, 1, n)"),
    ("X(m, n) axis=1", "rows(G, 1, m)"),
    ("X(m, n) axis=2", "columns(G, 1, n)"),
    ("X(l, m, n) axis=1", "entries(G, 1, l)"),
    ("X(l, m, n) axis=2", "entries(G, 1, m, 2)"),
    ("X(l, m, n) axis=3", "entries(G, 1, n, 3)"),
)
TRAILING = (
    ("G(k) Y(n)", "entries(G, k - n + 1, k)"),
    ("G(k, l) Y(m, n) axis=1", "rows(G, k - m + 1, k)"),
    ("G(k, l) Y(m, n) axis=2", "columns(G, l - n + 1, l)"),
    ("G(j, k, l) Y(i, m, n) axis=1", "entries(G, j - i + 1, j)"),
    ("G(j, k, l) Y(i, m, n) axis=2", "entries(G, k - m + 1, k, 2)"),
    ("G(j, k, l) Y(i, m, n) axis=3", "entries(G, l - n + 1, l, 3)"),
)
