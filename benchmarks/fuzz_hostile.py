"""Small inputs that ask for much: none of them has more than a few hundred kinds of character, many have under 1 KB."""

from __future__ import annotations

import random
from collections.abc import Callable

Call = tuple[list[str], dict[str, str]]

FUNCTIONS = [
    "sigmoid", "tanh", "relu", "exp", "log", "sqrt", "sin", "cos", "softplus", "selu", "gelu", "elu", "abs", "silu", "floor", "mish",
]  # fmt: skip
NAMES = ["x", "y", "q", "h", "w", "t"]


def formula(chance: random.Random, depth: int) -> str:
    """A random formula of a few names."""
    if depth <= 0 or chance.random() < 0.1:
        return chance.choice([*NAMES, *NAMES, "1", "2", "0.5", "3", "pi", "1e-9", "700"])
    part = [formula(chance, depth - 1) for _ in range(3)]
    return chance.choice(
        [
            f"({part[0]} + {part[1]})", f"({part[0]} - {part[1]})", f"{part[0]}*{part[1]}", f"({part[0]})/({part[1]})",
            f"({part[0]})^2", f"({part[0]})^({part[1]})", f"{chance.choice(FUNCTIONS)}({part[0]})", f"{chance.choice(FUNCTIONS)}({part[0]})",
            f"max({part[0]}, {part[1]})", f"where({part[0]} > {part[1]}, {part[2]}, 1)", f"softmax([{part[0]}, {part[1]}])[1]",
            f"bce({part[0]}, {part[1]})", f"mse([{part[0]}, {part[1]}], [{part[2]}, 1])",
        ]
    )  # fmt: skip


def _set(chance: random.Random) -> list[str]:
    numbers = ["0", "1", "-1", "0.658", "1.62", "1/3", "-2", "30", "-40", "1e-20", "1e5", "3"]
    return ["--set", ",".join(f"{name}={chance.choice(numbers)}" for name in NAMES if chance.random() < 0.85)]


def _options(chance: random.Random, command: str) -> list[str]:
    found = ["--exact"] if chance.random() < 0.3 else []
    if command == "backprop":
        found += ["--wrt", chance.choice(["all", "all", "x", "x,y"])]
        for option in ("--verify", "--simplify", "--second", "--gates"):
            found += [option] if chance.random() < 0.15 else []
        found += ["--lr", "0.1"] if chance.random() < 0.1 else []
    return found


def _expression(chance: random.Random) -> Call:
    """A random formula, worked in random ways."""
    command = chance.choice(["forward", "backprop", "backprop", "backprop", "draw"])
    written = f"L = {formula(chance, chance.choice([2, 3, 3, 4, 5]))}"
    if chance.random() < 0.4:
        written = f"a = {formula(chance, 3)}; b = {formula(chance, 2)}; {written} + a*b"
    return [command, "-e", written, *(_set(chance) if chance.random() < 0.8 else []), *_options(chance, command)], {}


def _long(chance: random.Random) -> Call:
    """Long chains, products, sums, towers, nestings."""
    size = chance.choice([10, 50, 100, 300, 1000, 3000, 10_000])
    name = chance.choice(FUNCTIONS)
    made = {
        "product": "*".join([chance.choice(["x", "2", "x", "y"])] * size),
        "sum": "+".join(chance.choice(["x", "y", "x*y", "1"]) for _ in range(size)),
        "quotient": "/".join(["x"] * size),
        "tower": "^".join(["x"] * min(size, 300)),
        "nested": f"{name}(" * min(size, 300) + "x" + ")" * min(size, 300),
        "brackets": "(" * size + "x" + ")" * size,
        "minus": "-" * size + "x",
        "alternating": "+".join(f"{name}({number}*x)" for number in range(min(size, 1000))),
        "list": f"softmax([{', '.join(f'x*{number}' for number in range(min(size, 1000)))}])[1]",
        "maximum": f"max({', '.join(['x', 'y'] * min(size, 500))})",
    }
    command = chance.choice(["forward", "backprop", "backprop", "draw"])
    return [
        command,
        "-e",
        f"L = {chance.choice(list(made.values()))}",
        "--set",
        "x=1.001,y=0.5",
        *_options(chance, command),
    ], {}


def _chain(chance: random.Random) -> Call:
    """Many nodes, each of the one before: chains, doublings, squares."""
    size = chance.choice([10, 30, 60, 100, 300, 1000])
    step = chance.choice(
        [
            "{0}*{0}",
            "{0} + {0}",
            "sigmoid({0})",
            "{0}*x",
            "exp(-{0})",
            "{0}^2 - {0}",
            "1/(1 + {0})",
            "{0}/3 + x",
            "tanh({0})*{0}",
        ]
    )
    lines = ["a0 = x"] + [f"a{number} = {step.format(f'a{number - 1}')}" for number in range(1, size)]
    command = chance.choice(["forward", "backprop", "backprop", "draw", "train"])
    given = (
        ["--at" if command == "train" else "--set", f"x={chance.choice(['0.5', '1', '2', '1/3', '-1'])}"]
        if chance.random() < 0.8
        else []
    )
    wrt = ["--wrt", "x"] if command == "train" else []
    return [command, "case.txt", *given, *wrt, *_options(chance, command)], {"case.txt": "\n".join(lines) + "\n"}


def _repeat(chance: random.Random) -> Call:
    """Unrolled loops with large counts."""
    last = chance.choice(["3", "50", "500", "9999", "99999", "9999999", "1e9", "-1", "99999999999999"])
    step = chance.choice(["sigmoid(h[t-1])", "h[t-1]*w", "h[t-1] + w", "tanh(w*h[t-1])", "h[t-1]^2", "h[t-1]/3 + w"])
    total = chance.choice(["sum(h)", "mean(h)", "max(h)", "softmax(h)[1]", f"h[{last}]", "sum(h)^2"])
    text = f"inputs: {{h[0]: 0.5}}\nparameters: {{w: 0.5}}\nrepeat:\n  index: t\n  from: 1\n  to: {last}\n  nodes:\n    h[t]: {step}\nnodes:\n  L: {total}\n"
    command = chance.choice(["forward", "backprop", "draw", "train"])
    return [command, "case.yaml", *_options(chance, command)], {"case.yaml": text}


def _arrays(chance: random.Random) -> Call:
    """Arrays whose sizes or results are large."""
    size = chance.choice(["3", "30", "100", "1000", "10000", "100000"])
    other = chance.choice(["2", "30", "1000", "100000"])
    fill = chance.choice(["", ", fill: ones", ", fill: normal(1)", ", fill: eye"])
    node = chance.choice(
        [
            "toeplitz(K, X)", "X @ X.T", "sum(X)", "softmax(X)", "conv(X, K)", "X*X + X", "sum(X, 1)", "relu(X)", "eigvals(X)", "X @ X", "X^2",
            "sigmoid(X)*X", "exp(X)", "mean(X)", "conv2d(X, K)", "inv(X)", "det(X)", "max_pool(X, 2)", "outer(K, X)",
        ]
    )  # fmt: skip
    shape = chance.choice(
        [f"[{size}]", f"[{size}, {size}]", f"[{size}, {other}]", f"[1, {size}, {size}]", f"[{size}, 1]"]
    )
    text = (
        f"inputs:\n  X: {{shape: {shape}{fill}}}\n  K: "
        f"{{shape: {chance.choice(['[3]', '[3, 3]', '[30, 30]', '[1, 1, 3, 3]'])}{fill}}}\n"
        f"nodes:\n  Y: {node}\n" + chance.choice(["", "  L: sum(Y)\n", "  Z: Y @ Y.T\n  L: sum(Z)\n", "  Z: Y @ X\n"])
    )  # fmt: skip
    command = chance.choice(["forward", "backprop", "draw"])
    return [command, "case.yaml", *_options(chance, command)], {"case.yaml": text}


def _layers(chance: random.Random) -> Call:
    """Networks of many layers, large sizes, large numbers."""
    number = chance.choice(["1", "3", "7", "1000", "999999999", "1e300", "9" * 40, "n", "n*m", "0", "-1", "2.5"])
    times = chance.choice(["2", "50", "1000", "100000", "999999999", "n"])
    layer = chance.choice(
        [
            f"Conv2d(3, {number}, 3)", f"Conv2d(3, 3, 3, padding=1, stride={number})", f"Upsample(scale_factor={number})", f"Linear({number}, {number})",
            "ReLU", f"LSTM({number}, 4)", f"MaxPool2d({number})", f"Conv2d(3, 3, 1, dilation={number})", f"PixelShuffle({number})", f"MLP({number})",
        ]
    )  # fmt: skip
    text = chance.choice(
        [
            f"[{layer}]*{times}",
            f"{layer} -> {layer} -> ReLU",
            " -> ".join([layer] * min(int(times) if times != "n" else 3, 200)),
        ]
    )
    size = chance.choice(["3x32x32", "3x999999999x999999999", f"3x{number}x{number}", "3xnxn", "9" * 400])
    extra = chance.choice(
        [
            [],
            [],
            ["--check", "params(total) = 10"],
            ["--receptive-field", "1"],
            ["--flops"],
            ["--solve", "n"],
            ["--set", f"n={number}"],
        ]
    )
    return ["shapes", "-e", text, "--input", size, *extra], {}


def _optimizers(chance: random.Random) -> Call:
    """Many steps, many parameters, hostile objectives."""
    steps = chance.choice(["1", "10", "300", "3000"])
    objective = chance.choice(
        [
            "theta^2",
            "exp(theta)",
            f"{formula(chance, 3)} + theta".replace("x", "theta"),
            "theta^4 - theta",
            "sin(theta)*theta",
            "theta^theta",
        ]
    )
    constants = [part for name in NAMES for part in ("--set", f"{name}=0.5")]
    name = chance.choice(["sgd", "adam", "momentum", "rmsprop", "adagrad", "newton", "nesterov", "adamw", "lion"])
    extra = chance.choice([[], [], ["--exact"], ["--compare", "sgd,adam"], ["--detail", "full"]])
    return [
        "optim",
        name,
        "--theta",
        chance.choice(["1", "-2", "[1, 2]", "1e30"]),
        "--objective",
        objective,
        "--steps",
        steps,
        "--lr",
        "0.1",
        *constants,
        *extra,
    ], {}


def _structure(chance: random.Random) -> Call:
    """Deep YAML, deep models, many edges, many answers."""
    size = chance.choice([10, 60, 100, 500])
    made = [
        (["forward", "case.yaml"], "nodes: " + "{a: " * size + "1" + "}" * size),
        (["forward", "case.yaml"], "nodes: {L: [" + "[" * size + "x" + "]" * size + "]}"),
        (["backprop", "case.yaml", "--wrt", "a0"], "edges: [" + ", ".join(f"a{i} -> a{i + 1}, b{i} -> a{i + 1}, a{i} "
                                                                          f"-> b{i + 1}" for i in range(size)) + "]\noutput: a1"),
        (["draw", "case.yaml"], "edges: [" + ", ".join(f"a{i} -> b{j}" for i in range(min(size, 30)) for j in range(min(size, 30))) + "]"),
        (["shapes", "case.txt", "--input", "1x8"], "".join(f"{'  ' * i}({i}): Sequential(\n" for i in range(size)) + "(x): ReLU()\n" + ")\n" * size),
        (["exams", "check", "case.yaml"], "inputs: {x: 2}\nnodes: {L: x^2}\nanswers: {a: {values: {" + ", ".join(f'"dL/dx{"+0" * i}": 4' for i in range(size)) + "}}}"),
        (["backprop", "-e", "L = x" + "".join(f"; L{i} = L*x" for i in range(size)), "--wrt", "x"], ""),
    ]  # fmt: skip
    arguments, text = chance.choice(made)
    return arguments, {name: text for name in arguments if name.startswith("case")}


HOSTILE: list[Callable[[random.Random], Call]] = [
    _expression, _expression, _expression, _long, _chain, _repeat, _arrays, _layers, _optimizers, _structure,
]  # fmt: skip


def hostile(chance: random.Random) -> Call:
    """A call that asks for much."""
    return chance.choice(HOSTILE)(chance)
