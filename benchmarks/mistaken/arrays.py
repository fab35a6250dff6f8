"""Recurrent nets of 3 steps, convolutional nets on 4x4, softmax classifiers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from mistaken.dense import ACTIVATIONS, leaves, squares, tenth
from mistaken.script import Net


def array(numbers: random.Random, *shape: int) -> np.ndarray:
    return np.array([tenth(numbers) for _ in range(int(np.prod(shape)))]).reshape(shape)


def recurrent(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """A recurrent net of one unit and 3 steps; its script a loop, or a line for each step."""
    act = structure.choice(("tanh", "sigmoid", "relu", "tanh"))
    written, forward, slope = ACTIVATIONS[act]
    always, loop = structure.random() < 0.4, structure.random() < 0.5
    data: dict[str, Any] = {name: tenth(numbers) for name in ("w", "u", "b", "v", "c", "h0")}
    data["x"] = {t: tenth(numbers) for t in (1, 2, 3)}
    data["y"] = {t: tenth(numbers) for t in (1, 2, 3)} if always else tenth(numbers)
    parameters = leaves("parameters", {name: data[name] for name in ("w", "u", "b", "v", "c")})
    document = f'inputs:\n  "h[0]": {data["h0"]:g}\n  x: {[*data["x"].values()]}\n'
    document += f"  y: {[*data['y'].values()] if always else data['y']}\n{parameters}"
    document += "repeat:\n  index: t\n  from: 1\n  to: 3\n  nodes:\n"
    document += f"    z[t]: w*h[t-1] + u*x[t] + b\n    h[t]: {written.format(z='z[t]')}\n"
    inside = ["z[t] = w*h[t-1] + u*x[t] + b", f"h[t] = {forward.format(z='z[t]')}"]
    back = [f"dL_dz[t] = dL_dh[t] * ({slope.format(z='z[t]', h='h[t]')})", "dL_dh[t-1] = dL_dz[t]*w"]
    start = ["z = steps('z')", "h = steps('h', h0)", "dL_dz = steps('dL_dz')", "dL_dh = steps('dL_dh')"]
    if always:
        document += "    yhat[t]: v*h[t] + c\n    E[t]: (yhat[t] - y[t])^2\nnodes:\n  L: sum(E)\noutput: L\n"
        inside += ["yhat[t] = v*h[t] + c", "E[t] = (yhat[t] - y[t])**2"]
        start += ["yhat = steps('yhat')", "E = steps('E')", "dL_dyhat = steps('dL_dyhat')"]
        after = ["L = E[1] + E[2] + E[3]", *(f"dL_dyhat[{t}] = 2*(yhat[{t}] - y[{t}])" for t in (1, 2, 3))]
        after += ["dL_dv = dL_dyhat[1]*h[1] + dL_dyhat[2]*h[2] + dL_dyhat[3]*h[3]"]
        after += ["dL_dc = dL_dyhat[1] + dL_dyhat[2] + dL_dyhat[3]", "dL_dh[3] = dL_dyhat[3]*v"]
        back[1] = "dL_dh[t-1] = dL_dz[t]*w + dL_dyhat[t-1]*v"
    else:
        formula, convention, script, slopes = squares([("yhat", "y")], "squared", structure)
        document += f"nodes:\n  yhat: v*h[3] + c\n  L: {formula}\noutput: L\n{convention}"
        after = ["yhat = v*h[3] + c", f"L = {script}", f"dL_dyhat = {slopes[0]}"]
        after += ["dL_dv = dL_dyhat*h[3]", "dL_dc = dL_dyhat", "dL_dh[3] = dL_dyhat*v"]
    ends = [
        "dL_dw = dL_dz[1]*h[0] + dL_dz[2]*h[1] + dL_dz[3]*h[2]",
        "dL_du = dL_dz[1]*x[1] + dL_dz[2]*x[2] + dL_dz[3]*x[3]",
        "dL_db = dL_dz[1] + dL_dz[2] + dL_dz[3]", "w_new = w - lr*dL_dw",
    ]  # fmt: skip
    first = [] if not always else ["dL_dh[0] = dL_dz[1]*w"]
    if loop and not always:
        lines = [*start, "for t in (1, 2, 3):", *(f"    {line}" for line in inside), *after]
        lines += ["for t in (3, 2, 1):", *(f"    {line}" for line in back)]
    else:
        lines = [*start, *(unrolled(line, t) for t in (1, 2, 3) for line in inside), *after]
        lines += [unrolled(line, t) for t in (3, 2, 1) for line in back if not (always and t == 1 and "t-1" in line)]
    data["lr"] = 0.1
    return Net(
        kind, document, (*lines, *first, *ends), data, {"lr": 0.1}, act=act,
        final=r"L|yhat(\[.\])?|h\[[123]\]|dL_d[wubvc]|w_new|dL_dh\[0\]",
    )  # fmt: skip


def unrolled(line: str, t: int) -> str:
    return line.replace("[t-1]", f"[{t - 1}]").replace("[t]", f"[{t}]")


def convolutional(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """A kernel over 4x4, ReLU, a 2x2 pool, a linear layer and a loss."""
    size, stride, padding = structure.choice(((3, 1, 0), (3, 1, 1), (2, 2, 0), (3, 1, 1)))
    pool = structure.choice(("max", "max", "mean"))
    out = (4 + 2 * padding - size) // stride + 1
    count = (out // 2) ** 2
    softmax = structure.random() < 0.4
    data: dict[str, Any] = {"X": array(numbers, 4, 4), "K": array(numbers, size, size), "b": tenth(numbers)}
    if softmax:
        data |= {"W": array(numbers, 2, count), "c": array(numbers, 2), "y": np.eye(2)[numbers.randrange(2)]}
    else:
        data |= {"W": array(numbers, count), "c": tenth(numbers), "y": tenth(numbers)}
    last = "o" if softmax else "yhat"
    _, _, script, slopes = squares([("yhat", "y")], "squared", structure)
    step = f"[::{stride}, ::{stride}]" if stride > 1 else ""
    image = "np.pad(X, 1)" if padding else "X"
    lines = [
        f"C = np.einsum('ijkl,kl->ij', windows({image}, {size}){step}, K) + b", "R = np.maximum(C, 0.0)",
        f"P = windows(R, 2)[::2, ::2].{pool}(axis=(2, 3))", "f = P.flatten()", f"{last} = W @ f + c",
    ]  # fmt: skip
    lines += (
        ["p = np.exp(o)/np.sum(np.exp(o))", "L = -np.sum(y*np.log(p))", "dL_do = p - y"]
        if softmax
        else [f"L = {script}", f"dL_dyhat = {slopes[0]}"]
    )
    lines += [f"dL_dW = np.outer(dL_d{last}, f)", f"dL_dc = dL_d{last}", f"dL_df = W.T @ dL_d{last}"]
    if not softmax:
        lines[-3:] = ["dL_dW = dL_dyhat*f", "dL_dc = dL_dyhat", "dL_df = dL_dyhat*W"]
    spread = "np.kron(dL_dP, np.ones((2, 2)))"
    share = "*(R == np.kron(P, np.ones((2, 2))))" if pool == "max" else "/4"
    lines += ["dL_dP = dL_df.reshape(P.shape)", f"dL_dR = {spread}{share}", "dL_dC = dL_dR * (1.0*(C > 0))"]
    if stride == 1:
        lines.append(f"dL_dK = np.einsum('ijkl,ij->kl', windows({image}, {size}), dL_dC)")
        border = size - 1 - padding
        lines.append(f"dL_dX = np.einsum('ijkl,kl->ij', windows(np.pad(dL_dC, {border}), {size}), K[::-1, ::-1])")
    else:
        lines += ["dL_dK = np.einsum('ijkl,ij->kl', windows(X, 2)[::2, ::2], dL_dC)", "dL_dX = np.kron(dL_dC, K)"]
    lines += ["dL_db = np.sum(dL_dC)", "K_new = K - lr*dL_dK"]
    document = leaves("inputs", {name: data[name] for name in ("X", "y")})
    document += leaves("parameters", {name: data[name] for name in ("K", "b", "W", "c")})
    setting = f", {stride}, {padding}" if stride > 1 or padding else ""
    document += (
        f"nodes:\n  C: conv2d(X, K{setting}) + b\n  R: relu(C)\n  P: {'max' if pool == 'max' else 'avg'}_pool2d(R, 2)\n"
    )
    document += f"  f: flatten(P)\n  {last}: W @ f + c\n"
    loss = script.replace("**", "^")
    document += "  p: softmax(o)\n  L: -sum(y*log(p))\n" if softmax else f"  L: {loss}\n"
    return Net(
        kind, document + "output: L\n", tuple(lines), {**data, "lr": 0.1}, {"lr": 0.1}, act="relu",
        final=r"L|yhat|p|P|C|dL_d[KbWcX]|K_new", whole=structure.random() < 0.5,
        unsure="dL_dR" if pool == "max" else "",
    )  # fmt: skip


def classifier(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """Softmax and cross-entropy over one sample, or over a batch of rows."""
    features, classes = structure.choice(((2, 3), (3, 3), (2, 2), (3, 2)))
    rows = structure.choice((0, 0, 2, 3))
    data: dict[str, Any] = {}
    if rows:
        data["X"] = array(numbers, rows, features)
        data["Y"] = np.eye(classes)[[numbers.randrange(classes) for _ in range(rows)]]
        data |= {"W": array(numbers, features, classes), "b": array(numbers, classes)}
        nodes = f"  Z: X @ W + b\n  P: softmax(Z)\n  L: -sum(Y*log(P))/{rows}\n"
        lines = [
            "Z = X @ W + b", "P = np.exp(Z)/np.sum(np.exp(Z), axis=1, keepdims=True)",
            f"L = -np.sum(Y*np.log(P))/{rows}", f"dL_dZ = (P - Y)/{rows}", "dL_dW = X.T @ dL_dZ",
            "dL_db = np.sum(dL_dZ, axis=0)", "dL_dX = dL_dZ @ W.T", "W_new = W - lr*dL_dW",
        ]  # fmt: skip
    else:
        data |= {"x": array(numbers, features), "y": np.eye(classes)[numbers.randrange(classes)]}
        data |= {"W": array(numbers, classes, features), "b": array(numbers, classes)}
        nodes = "  z: W @ x + b\n  p: softmax(z)\n  L: -sum(y*log(p))\n"
        lines = [
            "z = W @ x + b", "p = np.exp(z)/np.sum(np.exp(z))", "L = -np.sum(y*np.log(p))", "dL_dz = p - y",
            "dL_dW = np.outer(dL_dz, x)", "dL_db = dL_dz", "dL_dx = W.T @ dL_dz", "W_new = W - lr*dL_dW",
        ]  # fmt: skip
    document = leaves("inputs", {name: value for name, value in data.items() if name in "XYxy"})
    document += leaves("parameters", {name: data[name] for name in "Wb"}) + f"nodes:\n{nodes}output: L\n"
    rate = structure.choice((0.1, 0.5))
    return Net(
        kind, document, tuple(lines), {**data, "lr": rate}, {"lr": rate}, act="softmax",
        final=r"L|[pP]|dL_d[WbxX]|W_new|dL_d[zZ]", whole=structure.random() < 0.5,
    )  # fmt: skip
