"""Fully connected nets, number by number or with a matrix for each layer: 8 activations, 4 losses."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
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


@dataclass
class Parts:
    """What a net is put together from: nodes of the document, lines forward and back, all in order."""

    nodes: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    convention: str = ""

    def add(self, name: str, formula: str, script: str | None = None) -> None:
        self.nodes.append((name, formula))
        self.lines.append(f"{name} = {formula if script is None else script}")


def dense(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """A net of 2-H-O, number by number; its units are two nodes each, or one."""
    ins, hidden, outs = (int(size) for size in kind.split("-"))
    act = structure.choice(list(ACTIVATIONS))
    losses = ["mean", "sum", "half_sum", "squared", "squared", "bce" if outs == 1 else "softmax"]
    loss = structure.choice([*losses, losses[-1]])
    written, forward, slope = ACTIVATIONS[act]
    units, ends = range(1, hidden + 1), [""] if outs == 1 else ["1", "2"]
    last = "o" if loss in ("bce", "softmax") else "yhat"
    data: dict[str, Any] = {f"x{i + 1}": tenth(numbers) for i in range(ins)}
    classes = numbers.sample([0, 1], 2)
    data |= {f"y{end}": classes[k] if last == "o" else tenth(numbers) for k, end in enumerate(ends)}
    given = list(data)
    parts = Parts()
    for j in units:
        data |= {f"w{i}{j}": tenth(numbers) for i in range(1, ins + 1)} | {f"b{j}": tenth(numbers)}
        parts.add(f"z{j}", " + ".join(f"w{i}{j}*x{i}" for i in range(1, ins + 1)) + f" + b{j}")
    for j in units:
        parts.add(f"h{j}", written.format(z=f"z{j}"), forward.format(z=f"z{j}"))
    for end in ends:
        data |= {f"v{j}{end}": tenth(numbers) for j in units} | {f"c{end}": tenth(numbers)}
        parts.add(f"{last}{end}", " + ".join(f"v{j}{end}*h{j}" for j in units) + f" + c{end}")
    add_loss(parts, loss, ends, structure)
    parts.back += backwards(ins, hidden, [(end, f"dL_d{last}{end}") for end in ends], slope)
    parameters = {name: value for name, value in data.items() if name not in given}
    data["lr"] = structure.choice((0.1, 0.2, 0.5))
    stepped = structure.choice([f"w{i}{j}" for j in units for i in range(1, ins + 1)])
    parts.back.append(f"{stepped}_new = {stepped} - lr*dL_d{stepped}")
    fused = structure.random() < 0.2
    if fused:
        totals = dict(parts.nodes[:hidden])
        parts.nodes[: 2 * hidden] = [(f"h{j}", written.format(z=f"({totals[f'z{j}']})")) for j in units]
    document = leaves("inputs", {name: data[name] for name in given}) + leaves("parameters", parameters)
    document += f"{parts.convention}nodes:\n" + "".join(f"  {name}: {formula}\n" for name, formula in parts.nodes)
    return Net(
        kind, f"{document}output: L\n", (*parts.lines, *parts.back), data, {"lr": data["lr"]}, act=act,
        final=r"L|yhat\d?|p\d|dL_d[wbvc]\d*|\w+_new", unsure=r"z\d|dL_dz\d" if fused else "",
    )  # fmt: skip


def add_loss(parts: Parts, loss: str, ends: list[str], structure: random.Random) -> None:
    """A loss, what comes before it, and their derivatives."""
    if loss == "bce":
        parts.add("yhat", "sigmoid(o)", "1/(1 + np.exp(-o))")
        parts.add("L", "bce(yhat, y)", "-(y*np.log(yhat) + (1 - y)*np.log(1 - yhat))")
        parts.back += ["dL_dyhat = (yhat - y)/(yhat*(1 - yhat))", "dL_do = dL_dyhat * (yhat*(1 - yhat))"]
        return
    if loss == "softmax":
        for end in ends:
            formula = f"exp(o{end})/(exp(o1) + exp(o2))"
            parts.add(f"p{end}", formula, formula.replace("exp", "np.exp"))
        parts.add("L", "-(y1*log(p1) + y2*log(p2))", "-(y1*np.log(p1) + y2*np.log(p2))")
        parts.back += [f"dL_do{end} = p{end} - y{end}" for end in ends]
        return
    document, parts.convention, script, slopes = squares([(f"yhat{end}", f"y{end}") for end in ends], loss, structure)
    parts.add("L", document, script)
    if len(ends) == 2 and "(-1)" not in slopes[0] and structure.random() < 0.5:
        parts.back.append(f"_factor = {'2/2' if '/2' in slopes[0] else '2'}")
        slopes = [f"_factor*(yhat{end} - y{end})" for end in ends]
    parts.back += [f"dL_dyhat{end} = {slope}" for end, slope in zip(ends, slopes, strict=True)]


def backwards(ins: int, hidden: int, outs: list[tuple[str, str]], slope: str) -> list[str]:
    """The lines from the gradients of the outputs to those of all weights."""
    units, found = range(1, hidden + 1), []
    for end, gradient in outs:
        found += [f"dL_dv{j}{end} = {gradient}*h{j}" for j in units] + [f"dL_dc{end} = {gradient}"]
    found += [f"dL_dh{j} = " + " + ".join(f"{gradient}*v{j}{end}" for end, gradient in outs) for j in units]
    found += [f"dL_dz{j} = dL_dh{j} * ({slope.format(z=f'z{j}', h=f'h{j}')})" for j in units]
    for j in units:
        found += [f"dL_dw{i}{j} = dL_dz{j}*x{i}" for i in range(1, ins + 1)] + [f"dL_db{j} = dL_dz{j}"]
    return found


def leaves(section: str, numbers: dict[str, Any]) -> str:
    """A section of a document: numbers and arrays by their names."""
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
