"""Mistakes of the forward pass, as edits of one line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from mistaken.edit import INDEX, Edit
from mistaken.script import Net

UNITS = rf"(?:z|Z|yhat|o){INDEX}"
HIDDEN = rf"h{INDEX}|R"
LOSS = rf"L|E{INDEX}"
NETS = r"(?!optimizer|shapes).*"

OTHER = {
    "sigmoid": "np.tanh({z})", "tanh": "1/(1 + np.exp(-{z}))", "softplus": "np.maximum({z}, 0.0)",
    "elu": "np.maximum({z}, 0.0)", "silu": "1/(1 + np.exp(-{z}))", "relu": "np.where({z} > 0, {z}, 0.1*{z})",
}  # fmt: skip
"""The function taken in place of another."""


def before(left: str) -> str:
    """The name of what an activation reads."""
    return "C" if left == "R" else left.replace("h", "z", 1)


def activation_left_out(left: str, right: str, net: Net) -> str:
    return "o" if left == "yhat" else before(left)


def activation_twice(left: str, right: str, net: Net) -> str:
    read = before(left)
    return re.sub(rf"(?<![\w]){re.escape(read)}(?!\w)", lambda _: f"({right})", right)


def other_activation(left: str, right: str, net: Net) -> str:
    return OTHER[net.act].format(z=before(left))


def exchanged(names: tuple[str, str], left: str, right: str, net: Net) -> str:
    one, two = names
    return right.replace(one, "\0").replace(two, one).replace("\0", two)


def replaced(old: str, new: str, left: str, right: str, net: Net) -> str:
    return right.replace(old, new)


def neighbour(left: str, right: str, net: Net, letter: str = "h") -> str:
    """The first value of the sum is read again in place of the second."""
    return re.sub(rf"(?<=\*){letter}2(?!\d)", f"{letter}1", right)


def other_neighbour(left: str, right: str, net: Net, letter: str = "h") -> str:
    return re.sub(rf"(?<=\*){letter}1(?!\d)", f"{letter}2", right)


def step_before(left: str, right: str, net: Net) -> str:
    return re.sub(r"\bh\[([123])\]", lambda match: f"h[{int(match[1]) - 1}]", right)


WHOLE = r"^.*$"
_ROWS = (
    (("bias left out",), 5, f"{UNITS}|C", r" \+ [bc]\d?$", ""),
    (("term left out",), 3, UNITS, r"[wvu]\w*\*\w+(?:\[[\w-]+\])? \+ ", ""),
    (("sign of a term",), 4, f"{UNITS}|C", r" \+ (?=[wvubc])", " - "),
    (("weights exchanged", "transposed"), 3, UNITS, r"\b([wv])(\d)(\d)\b", r"\1\3\2"),
    (("weights exchanged", "transposed"), 3, UNITS, r"\b([WV])(?= @| \+|$)", r"\1.T"),
    (("weights exchanged",), 2, UNITS, WHOLE, partial(exchanged, ("w*", "u*")), ".*", "rnn"),
    (("neighbour's value",), 1, UNITS, WHOLE, neighbour, ".*", "2-.*"),
    (("neighbour's value",), 1, UNITS, WHOLE, other_neighbour, ".*", "2-.*"),
    (("neighbour's value",), 1, UNITS, WHOLE, partial(neighbour, letter="x"), ".*", "2-.*"),
    (("neighbour's value",), 1, UNITS, WHOLE, partial(other_neighbour, letter="x"), ".*", "2-.*"),
    (("activation left out",), 4, HIDDEN, WHOLE, activation_left_out),
    (("activation left out",), 2, "yhat", r"^1/\(1 \+ np\.exp\(-o\)\)$", "o"),
    (("activation twice",), 1, HIDDEN, WHOLE, activation_twice, "(?!relu).*"),
    (("other activation",), 2, rf"h{INDEX}", WHOLE, other_activation, "|".join(OTHER)),
    (("other activation",), 1, "yhat", r"^1/\(1 \+ np\.exp\(-o\)\)$", "np.tanh(o)"),
    (("leaky slope left out", "other activation"), 3, rf"h{INDEX}", r"0\.1\*(?=z)", "0*"),
    (("parentheses lost",), 2, rf"h{INDEX}|yhat", r"/\((1 \+ np\.exp\(-[^)]*\))\)", r"/\1"),
    (("parentheses lost",), 2, r"p\d", r"/\((.*)\)$", r"/\1"),
    (("parentheses lost",), 3, LOSS, r"^\((.*)\)(?=/\d$)", r"\1"),
    (("parentheses lost", "sign of a term"), 3, LOSS, r"^-\((.*)\)$", r"-\1"),
    (("square left out",), 3, LOSS, r"\*\*2", ""),
    (("square left out",), 2, rf"h{INDEX}", r"\*\*2$", "", "square"),
    (("doubled for squared",), 2, LOSS, r"\(([^()]+)\)\*\*2", r"2*(\1)"),
    (("doubled for squared",), 3, rf"h{INDEX}", r"^(z\S*)\*\*2$", r"2*\1", "square"),
    (("half left out", "sum for mean", "1/n left out", "divisor left out", "convention"), 4, LOSS, r"/\d$", ""),
    (("half added", "mean for sum", "convention"), 2, LOSS, r"^([^/]*\*\*2\)?)$", r"(\1)/2"),
    (("divided twice", "half added"), 1, LOSS, r"(/\d)$", r"\1\1"),
    (("log to base 10", "convention"), 2, rf"L|h{INDEX}", WHOLE, partial(replaced, "np.log(", "np.log10(")),
    (("log to base 2", "convention"), 1, rf"L|h{INDEX}", WHOLE, partial(replaced, "np.log(", "np.log2(")),
    (("wrong class",), 2, "L", WHOLE, partial(exchanged, ("(p1)", "(p2)"))),
    (("wrong class",), 2, "L", WHOLE, partial(exchanged, ("(yhat)", "(1 - yhat)"))),
    (("wrong class",), 2, "L", r"np\.log\(p\)", "np.log(np.roll(p, 1))"),
    (("wrong class",), 2, "L", r"np\.log\(P\)", "np.log(np.roll(P, 1, axis=1))"),
    (("not normalised",), 3, r"p\d?|P", r"^(np\.exp\(\w\d?\))/.*$", r"\1"),
    (("softmax along the other axis",), 3, "P", r"axis=1", "axis=0"),
    (("maximum for sum",), 1, "[pP]", r"/np\.sum\(", "/np.max("),
    (("term left out", "not normalised"), 1, r"p\d", r"/\(np\.exp\(o1\) \+ (np\.exp\(o2\))\)$", r"/\1"),
    (("sign left out", "sign of a term"), 3, "L", r"^-(?=np|\()", ""),
    (("minus a negative", "sign of a term"), 3, LOSS, r" - (y\d?(?:\[.\])?)(?=\))", r" - abs(\1)"),
    (("sign in the exponent", "sign of a term"), 2, rf"h{INDEX}|yhat", r"np\.exp\(-", "np.exp("),
    (("earlier time step", "old value"), 3, UNITS, WHOLE, step_before, ".*", "rnn"),
    (("kernel turned",), 3, "C", r"K(?=\))", "K[::-1, ::-1]"),
    (("transposed",), 1, "C", r"K(?=\))", "K.T"),
    (("average for maximum", "mean for maximum"), 2, "P", r"\.max\(", ".mean(", ".*", "cnn"),
    (("maximum for average", "maximum for mean"), 2, "P", r"\.mean\(", ".max(", ".*", "cnn"),
    (("divisor left out", "sum for mean"), 2, "P", r"\.mean\(", ".sum(", ".*", "cnn"),
    (("kernel side for square", "divisor left out"), 1, "P", r"(\.)mean(\(.*)$", r"\1sum\2/2", ".*", "cnn"),
)  # fmt: skip


def made(rows: Iterable[tuple[Any, ...]], part: str, kinds: str) -> tuple[Edit, ...]:
    """Rows as edits: names, how common, left side, what is replaced by what; then activations and kinds of net."""
    return tuple(Edit(*row, *(".*", kinds)[len(row) - 5 :], part=part) for row in rows)


FORWARD = made(_ROWS, "forward", NETS)
