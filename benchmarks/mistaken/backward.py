"""Mistakes of the chain rule and of a step downhill, as edits of one line."""

from __future__ import annotations

import re
from functools import partial

from mistaken.dense import ACTIVATIONS
from mistaken.edit import INDEX
from mistaken.forward import NETS, WHOLE, made, replaced
from mistaken.script import Net

SLOPED = rf"dL_dz{INDEX}|dL_do|dL_dC"
"""Lines that end in the derivative of an activation, in parentheses."""
OUT = rf"dL_d(?:yhat|o|z|Z){INDEX}|_factor"
AT = ("(?:yhat|p|P|y|Y)" + INDEX, "(?:yhat|y|Y)" + INDEX)
LEAVES = r"dL_d[wv]\d+|dL_dv"
ADDED = rf"dL_dh{INDEX}"
SUMMED = r"dL_d[wubvc]"


def unit(left: str) -> tuple[str, str]:
    """The names of an activation's input and output in the line of its derivative."""
    z = left.removeprefix("dL_d")
    return ("C", "R") if z == "C" else ("o", "yhat") if z == "o" else (z, z.replace("z", "h", 1))


def slope(text: str, left: str, right: str, net: Net) -> str:
    """Another derivative in place of the right one; z and h are the activation's input and output."""
    if " * (" not in right:
        return right
    z, h = unit(left)
    return f"{right[: right.index(' * (')]} * ({text.format(z=z, h=h)})"


def at_output(left: str, right: str, net: Net) -> str:
    """σ'(h) in place of σ'(z)."""
    if " * (" not in right:
        return right
    _, h = unit(left)
    _, forward, derivative = ACTIVATIONS["sigmoid" if left == "dL_do" else net.act]
    return slope(derivative.format(z=h, h=f"({forward.format(z=h)})"), left, right, net)


def weight_for_input(left: str, right: str, net: Net) -> str:
    return re.sub(r"\*\w+$", f"*{left.removeprefix('dL_d')}", right)


def input_for_weight(left: str, right: str, net: Net) -> str:
    return re.sub(r"\*v\w*$", f"*{left.removeprefix('dL_d')}", right)


def bias_for_one(left: str, right: str, net: Net) -> str:
    return f"{right}*{left.removeprefix('dL_d')}"


def step_after(left: str, right: str, net: Net) -> str:
    return re.sub(r"\*h\[([012])\]", lambda match: f"*h[{int(match[1]) + 1}]", right)


def other_gradient(left: str, right: str, net: Net) -> str:
    weights = sorted({name for line in net.lines for name in re.findall(r"^dL_d([wu]\d*) = ", line)})
    own = left.removesuffix("_new")
    others = [name for name in weights if name != own and len(name) == len(own)]
    return right.replace(f"dL_d{own}", f"dL_d{others[0]}") if others else right


def other_class(left: str, right: str, net: Net) -> str:
    return f"{right[:-1]}{3 - int(left[-1])}"


def smallest(left: str, right: str, net: Net) -> str:
    low = "windows(R, 2)[::2, ::2].min(axis=(2, 3))"
    return re.sub(r"np\.kron\(P, ", lambda _: f"np.kron({low}, ", right)


_CHAIN = (
    (("activation's derivative left out",), 5, SLOPED, r" \* \(.*\)$", "", "(?!relu|leaky).*"),
    (("activation's derivative left out", "negative side passed"), 5, SLOPED, r" \* \(.*\)$", "", "relu|leaky_relu"),
    (("loss's derivative left out", "upstream left out"), 2, r"dL_dyhat\d?", WHOLE, lambda *_: "1.0", ".*",
        "(?!layers).*"),
    (("value for derivative", "loss's derivative left out"), 1, r"dL_dyhat\d?", WHOLE, lambda *_: "L", ".*", "2-.*"),
    (("factor twice",), 1, SLOPED, r"\((.*)\)$", r"(\1)**2", "(?!relu).*"),
    (("path left out", "one use only", "term left out"), 5, ADDED, r" \+ [^+]*$", ""),
    (("path left out", "one use only", "term left out"), 5, ADDED, r"^[^+]* \+ ", ""),
    (("paths multiplied",), 2, ADDED, r" \+ ", " * "),
    (("one use only", "path left out", "term left out"), 4, SUMMED, r"^.* \+ (?=[^+]*$)", "", ".*", "rnn"),
    (("one use only", "path left out", "term left out"), 2, SUMMED, r"dL_d\w+\[.\](?:\*[hx]\[.\])? \+ ", "", ".*",
        "rnn"),
    (("one use only", "path left out", "term left out"), 2, SUMMED, r" \+ [^+]*$", "", ".*", "rnn"),
    (("paths multiplied",), 1, SUMMED, WHOLE, partial(replaced, " + ", " * "), ".*", "rnn"),
    (("weight for input",), 3, LEAVES, WHOLE, weight_for_input),
    (("input for weight",), 2, ADDED, WHOLE, input_for_weight),
    (("derivative at the output",), 3, SLOPED, WHOLE, at_output, "(?!relu|leaky|elu).*"),
    (("value for derivative",), 3, SLOPED, WHOLE, partial(slope, "{h}"), "(?!relu|leaky).*"),
    (("value for slope", "value for derivative"), 2, SLOPED, WHOLE, partial(slope, "{h}"), "relu|leaky_relu"),
    (("half of the derivative",), 3, SLOPED, r"\((\S+)\*(\(1 - \S+\))\)$", r"\2", "sigmoid"),
    (("input for output", "derivative at the input"), 2, SLOPED, WHOLE, partial(slope, "{z}*(1 - {z})"), "sigmoid"),
    (("square left out",), 3, SLOPED, r"\*\*2\)$", ")", "tanh"),
    (("input for output", "derivative at the input"), 2, SLOPED, WHOLE, partial(slope, "1 - {z}**2"), "tanh"),
    (("leaky slope left out",), 3, SLOPED, r"0\.1\)\)$", "0.0))", "leaky_relu"),
    (("2 left out",), 3, SLOPED, r"\(2\*", "(", "square"),
    (("power not lowered",), 2, SLOPED, r"\(2\*(\S+)\)$", r"(2*\1**2)", "square"),
    (("term left out", "inner derivative left out"), 2, SLOPED, r"(?<=\))\*\(1 \+ .*\)\)$", ")", "silu"),
    (("sign of the difference",), 5, OUT, rf"({AT[0]}) - ({AT[1]})", r"\2 - \1"),
    (("2 left out", "convention"), 4, OUT, r"^2\*", ""),
    (("2 left out", "convention"), 4, "_factor", r"^2", "1"),
    (("half left out", "1/n left out", "sum for mean", "divisor left out", "convention"), 3, OUT, r"/\d$", ""),
    (("power not lowered",), 2, rf"dL_dyhat{INDEX}", r"\(((?!1 )[^()]+ - [^()]+)\)(?!/\(|\*\*)", r"(\1)**2"),
    (("inner derivative left out", "sign of the difference", "sign of a term"), 4, OUT, r"\*\(-1\)", ""),
    (("divisor left out", "inner derivative left out"), 1, "dL_dyhat", r"/\(yhat.*$", ""),
    (("sign of a term",), 2, "dL_dyhat", r"\(1 - yhat\)\)$", "(1 + yhat))"),
    (("upstream left out",), 3, rf"{LEAVES}|dL_dz{INDEX}|{ADDED}", r"^dL_d[\w\[\]-]+ ?\* ?(?=[^+]*$)", "", ".*",
        "(?!layers).*"),
    (("upstream left out",), 2, r"dL_d[WV]", r"np\.outer\((\w+), ", r"np.outer(np.ones_like(\1), "),
    (("factor left out",), 3, rf"{LEAVES}|{ADDED}|dL_d[wuv]", r"\*[wvxhu]\w*(?:\[[\w-]+\])?", ""),
    (("factor left out",), 2, r"dL_d[WV]", r"^np\.outer\((\w+), (\w)\)$", r"np.outer(\1, np.ones_like(\2))"),
    (("updated weight used",), 3, ADDED, r"\*(v\w*)", r"*(\1 - lr*dL_d\1)", ".*", "2-.*"),
    (("updated weight used",), 3, r"dL_d[hxf]", r"\b([WV])\.T", r"(\1 - lr*dL_d\1).T"),
    (("bias's derivative",), 2, r"dL_d[bc]\d?", WHOLE, bias_for_one, ".*", "2-.*"),
    (("bias's derivative",), 1, r"dL_d[bc]\d?", WHOLE, lambda *_: "0.0", ".*", "2-.*"),
    (("transposed", "weights exchanged"), 3, ADDED, r"\bv(\d)(\d)\b", r"v\2\1"),
    (("transposed",), 4, r"dL_d[hxfX]", r"\b([WV])\.T", r"\1"),
    (("transposed",), 2, r"dL_d[WV]", r"^np\.outer\((\w+), (\w)\)$", r"np.outer(\2, \1)"),
    (("transposed",), 3, "dL_dW", r"^X\.T", "X", ".*", "softmax"),
    (("dot for outer product",), 1, r"dL_d[WV]", r"^np\.outer\((\w+), (\w)\)$", r"np.diag(\1*\2)"),
    (("off-diagonal left out",), 2, r"dL_d[oz]\d?", r"^(p\d?) - (y\d?)$", r"-\2*(1 - \1)"),
    (("off-diagonal left out",), 2, "dL_dZ", r"P - Y", "-Y*(1 - P)"),
    (("wrong class",), 2, r"dL_do\d", r" - y\d$", other_class),
    (("wrong class",), 2, r"dL_d[ozZ]", r"([pP]) - ([yY])", r"\1 - np.roll(\2, 1, axis=-1)"),
    (("target left out", "term left out"), 3, r"dL_d[ozZ]\d?", r"([pP]\d?) - [yY]\d?", r"\1"),
    (("target left out", "term left out"), 2, rf"dL_dyhat{INDEX}", r"(yhat(?:\d|\[\d\])?) - y(?:\d|\[\d\])?(?=\)$)",
        r"\1"),
    (("neighbour's value",), 2, r"dL_d[wv]\d+", r"\*([hx])1$", r"*\g<1>2"),
    (("neighbour's value",), 2, r"dL_d[wv]\d+", r"\*([hx])2$", r"*\g<1>1"),
    (("activation left out", "input for output"), 2, r"dL_dv\d*", r"\*h(\d|\[\d\])$", r"*z\1"),
    (("1/n left out", "sum for mean", "divisor left out", "convention"), 4, r"dL_dZ", r"^\((P - Y)\)/\d$", r"\1"),
    (("mean for sum", "1/n left out"), 2, r"dL_db", r"np\.sum\(", "np.mean("),
    (("one use only", "path left out"), 2, "dL_db", r"^np\.sum\((\w+)\)$", r"\1[0, 0]"),
    (("one use only", "path left out"), 2, "dL_db", r"^np\.sum\((\w+), axis=0\)$", r"\1[0]"),
    (("gradient to all",), 3, "dL_dR", r"\*\(R == .*$", ""),
    (("gradient to the wrong place",), 2, "dL_dR", WHOLE, smallest),
    (("divisor left out",), 4, "dL_dR", r"/4$", ""),
    (("kernel side for square", "divisor left out"), 2, "dL_dR", r"/4$", "/2"),
    (("kernel not turned",), 4, "dL_dX", r"K\[::-1, ::-1\]", "K"),
    (("kernel turned",), 2, "dL_dX", r"(?<=dL_dC, )K(?=\))", "K[::-1, ::-1]"),
    (("kernel turned",), 2, "dL_dK", r"$", "[::-1, ::-1]"),
    (("earlier time step", "neighbour's value", "later time step"), 3, "dL_dw", WHOLE, step_after, ".*", "rnn"),
)  # fmt: skip

_STEP = (
    (("plus for minus",), 4, r"\w+_new", r" - lr", " + lr"),
    (("learning rate left out",), 3, r"\w+_new", r"lr\*", ""),
    (("learning rate twice",), 1, r"\w+_new", r"lr\*", "lr*lr*"),
    (("learning rate of another place",), 2, r"\w+_new", r"lr\*", "lr/10*"),
    (("other weight's gradient",), 2, r"\w+_new", WHOLE, other_gradient),
)  # fmt: skip

BACKWARD = made(_CHAIN, "chain rule", NETS) + made(_STEP, "step", NETS)
