"""Mistakes of optimizers and of shape tables, as edits of one line."""

from __future__ import annotations

import re

from mistaken.backward import BACKWARD
from mistaken.edit import Edit
from mistaken.forward import FORWARD, made

THETA, STATE, GRADIENT = r"theta\[t\]", r"[vsm]\[t\]", r"g\[t\]"
_MEAN = r"^(\w+)\*(\w\[t-1\]) \+ \(1 - \w+\)\*(.*)$"

_UPDATE = (
    (("plus for minus",), 4, rf"{THETA}|d\[t\]", r" - lr", " + lr"),
    (("sign of the momentum", "plus for minus"), 4, THETA, r" \+ v\[t\]$", " - v[t]"),
    (("plus for minus", "sign of the momentum"), 3, STATE, r" - lr\*", " + lr*"),
    (("sign of the momentum",), 3, STATE, r"^(?=rho\*.*lr)", "-"),
    (("learning rate left out",), 3, rf"{THETA}|{STATE}", r"lr\*", ""),
    (("learning rate twice",), 1, rf"{THETA}|{STATE}", r"lr\*", "lr*lr*"),
    (("learning rate of another place",), 2, rf"{THETA}|{STATE}", r"lr\*", "lr/10*"),
    (("complement exchanged",), 4, STATE, _MEAN, r"(1 - \1)*\2 + \1*\3"),
    (("complement left out", "factor left out"), 3, STATE, r"\(1 - \w+\)\*", ""),
    (("velocity not carried",), 3, STATE, r"^(?:\w+\*)?\w\[t-1\] \+ ", ""),
    (("velocity not carried",), 3, STATE, r"^rho\*v\[t-1\] (?=-)", ""),
    (("factor left out",), 2, STATE, r"^\w+\*(?=\w\[t-1\])", ""),
    (("square left out",), 3, STATE, r"\*\*2$", ""),
    (("root left out",), 4, THETA, r"np\.sqrt\((\w+\[t\])\)", r"\1"),
    (("epsilon inside the root", "convention"), 2, THETA, r"\(np\.sqrt\((\w+\[t\])\) \+ eps\)", r"np.sqrt(\1 + eps)"),
    (("epsilon left out",), 2, THETA, r" \+ eps", ""),
    (("bias correction left out", "convention"), 5, THETA, r"mhat\[t\]/\(np\.sqrt\(vhat", "m[t]/(np.sqrt(v"),
    (("bias correction of one moment only", "bias correction left out"), 3, THETA, r"mhat", "m"),
    (("bias correction of one moment only", "bias correction left out"), 3, THETA, r"vhat", "v"),
    (("bias correction of one moment only", "bias correction left out"), 3, r"[mv]hat\[t\]", r"/\(1 - .*$", ""),
    (("bias correction of the step before", "power left out"), 3, r"[mv]hat\[t\]", r"\*\*t", ""),
    (("decay left out",), 4, r"d\[t\]", r" - lr\*.*$", ""),
    (("decay without the rate", "learning rate left out"), 3, r"d\[t\]", r"lr\*weight", "weight"),
    (("decay doubled",), 1, r"d\[t\]", r"lr\*weight", "2*lr*weight"),
    (("gradient at the wrong point",), 4, GRADIENT, r"ahead\[t\]", "theta[t-1]"),
    (("old value", "gradient at the wrong point"), 3, GRADIENT, r"theta\[t-1\]", "start"),
    (("2 left out",), 3, GRADIENT, r"^2\*", ""),
    (("sign of the difference",), 3, GRADIENT, r"\((\S+) - k\)", r"(k - \1)"),
    (("old value", "earlier time step"), 2, GRADIENT, r"given\[t\]", "given[1]"),
    (("old value", "earlier time step"), 3, THETA, r"\bv\[t\]", "v[t-1]"),
    (("gradient at the wrong point", "sign of the momentum"), 2, r"ahead\[t\]", r" \+ ", " - "),
    (("term left out", "gradient at the wrong point"), 3, THETA, r"\(g\[t\] \+ rho\*v\[t\]\)", "v[t]"),
    (("factor left out",), 2, THETA, r"rho\*", ""),
)  # fmt: skip

_SHAPES = (
    (("+ 1 left out",), 5, "_n", r" \+ 1$", ""),
    (("padding left out",), 4, "_n", r" \+ 2\*p_\w", ""),
    (("padding on one side",), 4, "_n", r"\+ 2\*p", "+ p"),
    (("stride left out",), 3, "_n", r"//s_\w(?=.*)", "//1"),
    (("pool's stride 1", "stride left out"), 2, "_n", r"^(\(_n - k_\w\))//s_\w", r"\1//1"),
    (("rounded up",), 4, "_n", r"^\((.*)\)//(s_\w)", r"-(-(\1)//\2)"),
    (("dilation left out",), 3, "_n|_rf", r"\(d_\w\*\((k_\w) - 1\) \+ 1\)", r"\1"),
    (("same for valid", "size kept"), 2, "_n", r"^.*$", "_n"),
    (("channels kept", "in for out", "out for in"), 3, r"shape_\w", r"out_\w(?=,.*_n)", "_c"),
    (("bias left out",), 5, r"params_\w", r" \+ 1\)", ")"),
    (("channels left out",), 4, r"params_\w", r"(?<=k_\w)\*_c", ""),
    (("out for in", "in for out"), 2, r"params_\w", r"\*_c \+ 1\)\*(out_\w)", r"*\1 + 1)*_c"),
    (("kernel side for square",), 3, r"params_\w", r"k_\w\*(?=k_)", ""),
    (("one bias for all", "bias once"), 3, r"params_\w", r"^\((.*) \+ 1\)\*(out_\w)$", r"\1*\2 + 1"),
    (("bias per input channel",), 2, r"params_\w", r"\*_c \+ 1\)", " + 1)*_c"),
    (("term left out", "layer left out"), 2, "params_total", r" \+ params_\w$", ""),
    (("flatten left out", "axis left out"), 2, r"_flat_\w", r"\*_n$", ""),
    (("flatten left out", "channels left out", "axis left out"), 1, r"_flat_\w", r"^_c\*", ""),
    (("sum of kernels", "minus 1 left out"), 4, "_rf", r"\(([^ ]+|\(.*\)) - 1\)\*_jump", r"\1*_jump"),
    (("jump left out",), 4, "_rf", r"\*_jump", ""),
    (("stride left out", "jump left out"), 3, "_jump", r"\*s_\w", ""),
)  # fmt: skip


def _pool(left: str, right: str, net: object) -> str:
    letter = left[-1]
    return f"k_{letter}*k_{letter}" if right == "0" else right


def _own(left: str, right: str, net: object) -> str:
    found = re.search(r"k_(\w)", right)
    return f"{right}*s_{found[1]}" if found else right


_OTHERS = (
    (("pool with parameters",), 3, r"params_\w", r"^0$", _pool),
    (("own stride included",), 3, "_rf", r"\*_jump$", _own),
)

EDITS: tuple[Edit, ...] = (
    *FORWARD, *BACKWARD, *made(_UPDATE, "update", "optimizer"), *made((*_SHAPES, *_OTHERS), "shapes", "shapes"),
)  # fmt: skip
