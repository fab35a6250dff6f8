"""Fully connected nets, number by number or with a matrix for each layer: 8 activations, 4 losses."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from mistaken.script import Net

ACTIVATIONS: dict[str, tuple[str, str, str]] = {
    "sigmoid": ("sigmoid({z})", "1/(1 + np.exp(-{z}))", "{h}*(1 - {h})"),
    "tanh": ("tanh({z})", "np.tanh({z})", "1 - {h}**2"),
    "relu": ("relu({z})", "np.maximum({z}, 0.0)", "1.0*({z} > 0)"),
    "leaky_relu": ("leaky_relu({z}, 0.1)", "np.where({z} > 0, {z}, 0.1*{z})", "np.where({z} > 0, 1.0, 0.1)"),
    "elu": ("elu({z}, 1)", "np.where({z} > 0, {z}, np.exp({z}) - 1)", "np.where({z} > 0, 1.0, np.exp({z}))"),
    "softplus": ("softplus({z})", "np.log(1 + np.exp({z}))", "1/(1 + np.exp(-{z}))"),
    "silu": (
        "silu({z})", "{z}/(1 + np.exp(-{z}))",
        "1/(1 + np.exp(-{z}))*(1 + {z}*(1 - 1/(1 + np.exp(-{z}))))",
    ),
    "square": ("{z}^2", "{z}**2", "2*{z}"),
}  # fmt: skip
"""As stepper writes it, as NumPy does, and its derivative."""

KINKED = ("relu", "leaky_relu", "elu")


def tenth(chance: random.Random, low: int = -15, high: int = 15) -> float:
    """A number in steps of 0.1, not 0."""
    return chance.choice([number for number in range(low, high + 1) if number]) / 10


def squares(pairs: list[tuple[str, str]], form: str, chance: random.Random) -> tuple[str, str, str, list[str]]:
    """A loss of squares: as stepper writes it, its convention, its script, and its derivatives."""
    count = len(pairs)
    turned = form == "squared" and chance.random() < 0.3
    differences = [f"{target} - {out}" if turned else f"{out} - {target}" for out, target in pairs]
    total = " + ".join(f"({difference})**2" for difference in differences)
    divisor = {"mean": count, "sum": 1, "half_sum": 2, "squared": chance.choice((1, 2))}[form]
    if form == "squared":
        document = total.replace("**", "^")
        document = document if divisor == 1 else f"({document})/2" if count > 1 else f"{document}/2"
    else:
        outs, targets = ([pair[place] for pair in pairs] for place in (0, 1))
        document = f"mse([{', '.join(outs)}], [{', '.join(targets)}])"
    over = "" if divisor == 1 else f"/{divisor}"
    script = f"({total}){over}" if count > 1 and over else f"{total}{over}"
    slopes = [f"2*({difference}){'*(-1)' if turned else ''}{over}" for difference in differences]
    return document, "" if form in ("squared", "mean") else f"conventions: {{mse: {form}}}\n", script, slopes


def dense(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """A net of 2-H-O, number by number; its units are two nodes each, or one."""
    ins, hidden, outs = (int(size) for size in kind.split("-"))
    act = structure.choice(list(ACTIVATIONS))
    losses = ["mean", "sum", "half_sum", "squared", "squared", "bce" if outs == 1 else "softmax"]
    loss = structure.choice([*losses, losses[-1]])
    written, forward, slope = ACTIVATIONS[act]
    ends = [""] if outs == 1 else ["1", "2"]
    last = "o" if loss in ("bce", "softmax") else "yhat"
    data: dict[str, Any] = {f"x{i + 1}": tenth(numbers) for i in range(ins)}
    classes = numbers.sample([0, 1], 2)
    data |= {f"y{end}": classes[k] if last == "o" else tenth(numbers) for k, end in enumerate(ends)}
    given = len(data)
    nodes, lines, back = [], [], []
    weights = []
    for j in range(1, hidden + 1):
        data |= {f"w{i}{j}": tenth(numbers) for i in range(1, ins + 1)} | {f"b{j}": tenth(numbers)}
        total = " + ".join(f"w{i}{j}*x{i}" for i in range(1, ins + 1)) + f" + b{j}"
        nodes.append((f"z{j}", total))
        lines.append(f"z{j} = {total}")
    for j in range(1, hidden + 1):
        nodes.append((f"h{j}", written.format(z=f"z{j}")))
        lines.append(f"h{j} = {forward.format(z=f'z{j}')}")
    for end in ends:
        data |= {f"v{j}{end}": tenth(numbers) for j in range(1, hidden + 1)} | {f"c{end}": tenth(numbers)}
        total = " + ".join(f"v{j}{end}*h{j}" for j in range(1, hidden + 1)) + f" + c{end}"
        nodes.append((f"{last}{end}", total))
        lines.append(f"{last}{end} = {total}")
    convention = ""
    if loss == "bce":
        nodes += [("yhat", "sigmoid(o)"), ("L", "bce(yhat, y)")]
        lines += ["yhat = 1/(1 + np.exp(-o))", "L = -(y*np.log(yhat) + (1 - y)*np.log(1 - yhat))"]
        back += ["dL_dyhat = (yhat - y)/(yhat*(1 - yhat))", "dL_do = dL_dyhat * (yhat*(1 - yhat))"]
    elif loss == "softmax":
        nodes += [(f"p{end}", f"exp(o{end})/(exp(o1) + exp(o2))") for end in ends]
        nodes.append(("L", "-(y1*log(p1) + y2*log(p2))"))
        lines += [f"p{end} = np.exp(o{end})/(np.exp(o1) + np.exp(o2))" for end in ends]
        lines.append("L = -(y1*np.log(p1) + y2*np.log(p2))")
        back += [f"dL_do{end} = p{end} - y{end}" for end in ends]
    else:
        document, convention, script, slopes = squares([(f"yhat{end}", f"y{end}") for end in ends], loss, structure)
        nodes.append(("L", document))
        lines.append(f"L = {script}")
        if len(ends) == 2 and "(-1)" not in slopes[0] and structure.random() < 0.5:
            back.append(f"_factor = {'2/2' if '/2' in slopes[0] else '2'}")
            slopes = [f"_factor*(yhat{end} - y{end})" for end in ends]
        back += [f"dL_dyhat{end} = {slope}" for end, slope in zip(ends, slopes, strict=True)]
    for end in ends:
        back += [f"dL_dv{j}{end} = dL_d{last}{end}*h{j}" for j in range(1, hidden + 1)]
        back.append(f"dL_dc{end} = dL_d{last}{end}")
    for j in range(1, hidden + 1):
        back.append(f"dL_dh{j} = " + " + ".join(f"dL_d{last}{end}*v{j}{end}" for end in ends))
    for j in range(1, hidden + 1):
        back.append(f"dL_dz{j} = dL_dh{j} * ({slope_of(slope, j)})")
    for j in range(1, hidden + 1):
        back += [f"dL_dw{i}{j} = dL_dz{j}*x{i}" for i in range(1, ins + 1)] + [f"dL_db{j} = dL_dz{j}"]
        weights += [f"w{i}{j}" for i in range(1, ins + 1)]
    rate = structure.choice((0.1, 0.2, 0.5))
    data["lr"] = rate
    stepped = structure.choice(weights)
    back.append(f"{stepped}_new = {stepped} - lr*dL_d{stepped}")
    fused = structure.random() < 0.2
    if fused:
        totals = dict(nodes[:hidden])
        units = [(f"h{j}", written.format(z=f"({totals[f'z{j}']})")) for j in range(1, hidden + 1)]
        nodes[: 2 * hidden] = units
    document = leaves("inputs", dict(list(data.items())[:given]))
    document += leaves("parameters", {name: data[name] for name in list(data)[given:] if name != "lr"}) + convention
    document += "nodes:\n" + "".join(f"  {name}: {formula}\n" for name, formula in nodes) + "output: L\n"
    return Net(
        kind, document, (*lines, *back), data, {"lr": rate}, act=act,
        final=r"L|yhat\d?|p\d|dL_d[wbvc]\d*|\w+_new", unsure=r"z\d|dL_dz\d" if fused else "",
    )  # fmt: skip


def slope_of(slope: str, unit: int) -> str:
    return slope.format(z=f"z{unit}", h=f"h{unit}")


def leaves(section: str, numbers: dict[str, Any]) -> str:
    """A section of a document: numbers and arrays, ten on a line."""
    return f"{section}:\n" + "".join(f"  {name}: {listed(value)}\n" for name, value in numbers.items())


def listed(value: Any) -> str:
    return f"[{', '.join(listed(part) for part in value)}]" if np.ndim(value) else f"{value:g}"


def layered(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """A net of 2-3-2 or 3-3-3 whose layers are matrices."""
    size = structure.choice((2, 3))
    outs = 2 if size == 2 else 3
    act = structure.choice(list(ACTIVATIONS))
    written, forward, slope = ACTIVATIONS[act]
    data: dict[str, Any] = {
        "x": np.array([tenth(numbers) for _ in range(size)]),
        "y": np.array([tenth(numbers) for _ in range(outs)]),
        "W": np.array([[tenth(numbers) for _ in range(size)] for _ in range(3)]),
        "b": np.array([tenth(numbers) for _ in range(3)]),
        "V": np.array([[tenth(numbers) for _ in range(3)] for _ in range(outs)]),
        "c": np.array([tenth(numbers) for _ in range(outs)]),
    }
    softmax = structure.random() < 0.4
    if softmax:
        data["y"] = np.eye(outs)[numbers.randrange(outs)]
    last = "o" if softmax else "yhat"
    divisor = structure.choice((1, 2, outs))
    half = {1: "sum((yhat - y)^2)", 2: "sum((yhat - y)^2)/2"}.get(divisor, "mse(yhat, y)")
    over = "" if divisor == 1 else f"/{divisor}"
    nodes = f"nodes:\n  z: W @ x + b\n  h: {written.format(z='z')}\n  {last}: V @ h + c\n"
    nodes += "  p: softmax(o)\n  L: -sum(y*log(p))\n" if softmax else f"  L: {half}\n"
    lines = ["z = W @ x + b", f"h = {forward.format(z='z')}", f"{last} = V @ h + c"]
    lines += (
        ["p = np.exp(o)/np.sum(np.exp(o))", "L = -np.sum(y*np.log(p))", "dL_do = p - y"]
        if softmax
        else [f"L = np.sum((yhat - y)**2){over}", f"dL_dyhat = 2*(yhat - y){over}"]
    )
    lines += [
        f"dL_dV = np.outer(dL_d{last}, h)", f"dL_dc = dL_d{last}", f"dL_dh = V.T @ dL_d{last}",
        f"dL_dz = dL_dh * ({slope.format(z='z', h='h')})", "dL_dW = np.outer(dL_dz, x)", "dL_db = dL_dz",
        "W_new = W - lr*dL_dW",
    ]  # fmt: skip
    document = leaves("inputs", {name: data[name] for name in ("x", "y")})
    document += leaves("parameters", {name: data[name] for name in ("W", "b", "V", "c")}) + nodes + "output: L\n"
    return Net(
        kind, document, tuple(lines), {**data, "lr": 0.1}, {"lr": 0.1}, act=act,
        final=r"L|yhat|p|dL_d[WbVc]|W_new", whole=structure.random() < 0.5,
    )  # fmt: skip
