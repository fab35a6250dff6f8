"""Random documents whose derivations are recomputed as printed: of arrays, one of each kind or of several steps, and of
numbers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

SMALL = ["0", "1", "-1", "2", "-2", "3", "1/2", "-1/2", "3/2", "1/4", "-3/4", "1/3", "0.1", "-0.3", "0.25"]
ARRAYS = {
    # by name: the inputs with the letters of their shapes, and the nodes
    "softmax": ("Z m n", "p: softmax(Z), L: sum(p*p)"),
    "softmax by columns": ("Z m n", "p: 'softmax(Z, 1)', L: sum(p*p)/2"),
    "softmax of a list": ("z n, w n", "p: softmax(z), L: w @ p"),
    "log softmax": ("Z m n, W m n", "p: log_softmax(Z), L: sum(p*W)"),
    "cross entropy": ("X m k, W k n, b n, Y 1 m n", "Z: X @ W + b, L: 'cross_entropy(Z, softmax(Y[1]))'"),
    "cross entropy of classes": ("X m n, V n n", "Z: X @ V, L: 'cross_entropy(Z, {one})'"),
    "batch norm": ("X 3 n, g n, b n, W 3 n", "y: 'batch_norm(X, g, b, 1/4)', L: sum(y*W)"),
    "layer norm": ("X k 3, g 3, b 3, W k 3", "y: 'layer_norm(X, g, b)', L: sum(y*W)"),
    "layer norm twice": ("X k 3", "y: layer_norm(X), q: layer_norm(y), L: sum(q*q*q)"),
    "instance norm": ("X 1 2 2, W 1 2 2", "Y: instance_norm(X), L: sum(Y*W)"),
    "batch norm of images": ("X 2 2 2, g 2, b 2, W 2 2 2", "Y: 'batch_norm2d(X, g, b)', L: sum(Y*W)"),
    "rms norm": ("X m n, g n", "Y: 'rms_norm(X, g, 1/4)', L: sum(Y*Y*Y)"),
    "attention": ("Q m k, K n k, V n 2, W m 2", "A: 'attention(Q, K, V)', L: sum(A*W)"),
    "self-attention": (
        "X m 2, WQ 2 2, WK 2 2, WV 2 2",
        "Q: X @ WQ, K: X @ WK, V: X @ WV, A: 'attention(Q, K, V)', L: sum(A*A)/2",
    ),
    "masked softmax": ("Z m n, W m n", "p: 'masked_softmax(Z, {mask})', L: sum(p*W)"),
    "conv2d": ("X 1 4 4, K 2 1 2 2", "Y: 'conv2d(X, K, {stride}, {pad})', L: sum(Y*Y)"),
    "conv1d": ("x 5, k 2", "y: 'conv1d(x, k, {stride}, {pad})', L: sum(tanh(y))"),
    "pools": ("X 4 4", "Y: 'max_pool2d(X, 2)', Z: 'avg_pool2d(X, 2)', L: sum(Y*Z)"),
    "pool of a convolution": (
        "X 1 4 4, K 1 1 3 3",
        "Y: 'relu(conv2d(X, K, 1, 1))', P: 'max_pool2d(Y, 2)', L: mean(P)^2",
    ),
    "sums over axes": ("X m n", "r: 'sum(X, 1)', c: 'mean(X, 2)', L: sum(r*r) + mean(exp(c))"),
    "mean": ("X m n", "m: mean(X), d: X - m, L: mean(d*d)*m"),
    "mean over an axis": ("X m n, w n", "m: 'mean(X, 1)', d: X - m, e: d ⊙ w, L: sum(e*e*e)"),
    "variance": ("X m n", "v: 'var(X, 1)', s: sqrt(v + 1), L: sum(s)"),
    "biases": ("X m k, W k n, b n, c 1 n, s", "h: sigmoid(X @ W + b), g: h*c + s, L: sum(g*g)/2"),
    "columns and rows": ("X m 1, Y 1 n", "S: X + Y, P: S ⊙ X, L: sum(P ⊙ Y)"),
    "concat": ("A m 2, B m k, W 4 2, V k 2", "C: 'concat(A, B @ V, 2)', H: tanh(C @ W), L: mean(H)"),
    "concat of lists": ("h 2, x 2, W 2 4", "C: 'concat(h, x)', H: tanh(W @ C), L: sum(H)"),
    "outer": ("a m, b n", "M: 'outer(a, b)', L: sum(M*M + exp(M))"),
    "chain": ("A m n, B n k, C k m", "D: A @ B @ C, L: sum(D*D)/2"),
    "chain with a list": ("A 2 2, x 2", "y: A @ A.T @ x, L: x @ y"),
    "transposed": ("X m n, Y m n", "G: X.T @ Y, H: softmax(G), L: sum(H @ H)"),
    "network": ("x k, t n, W m k, b m, V n m", "h: {function}(W @ x + b), y: V @ h, L: 'mse(y, t)'"),
    "softmax of two": ("Z 2 2, T 2 2", "p: softmax(Z), q: softmax(T), L: sum(p*log(q))"),
    "names of lines": ("d 3 2, mu 2, v 3 2", "r: batch_norm(d + mu), xhat: layer_norm(r*v), L: sum(xhat*d)"),
    "names of softmax": ("Z 2 2, e 2 2, s", "p: softmax(Z @ e), q: s*log_softmax(p), L: mean(q)"),
    "quotient of sums": ("X m n", "n: exp(X), s: 'sum(n, 2)', L: sum(log(s))/sum(n)"),
    "entries": ("X m n, y n", "a: 'X[1]*y', c: 'sum(a)*X[2, 1]', L: c*c + sum(X)"),
    "functions": ("x n, y n", "b: abs(x - y), c: b*sum(x) + relu(y), L: norm(c + 1)"),
}
NUMBERS = [
    "{a}*{b}", "{a} + {b}", "{a} - {b}*{c}", "exp({a})", "log(1 + {a}^2)", "tanh({a})", "sigmoid({a})", "relu({a})",
    "sqrt(1 + {a}^2)", "max({a}, {b})", "abs({a} - {b})", "{a}/(1 + {b}^2)", "{a}^2", "{a}^3 - {b}", "1/(2 + {a}^2)",
    "sin({a})", "softplus({a})", "({a} - {b})^2/2", "leaky_relu({a})", "min({a}, {b}, {c})", "-{a}*{b} + 3",
    "where({a} > {b}, {a}^2, {c})", "mse([{a}, {b}], [{c}, 1])", "sum([{a}, {b}*{c}])", "mean([{a}, {b}, {c}])",
    "bce(sigmoid({a}), 1)", "cos({a})*{b}", "2^{a}", "gelu({a})", "silu({a})", "elu({a})", "norm([{a}, {b}])",
    "softmax([{a}, {b}])[1]", "cross_entropy([{a}, {b}, {c}], 2)", "arctan({a})", "erf({a})",
]  # fmt: skip


ENTRIES = (
    "exp({a})", "tanh({a})", "relu({a})", "sigmoid({a})", "{a}^2", "abs({a})", "-{a}", "{a}/2 + 1", "log(1 + {a}^2)",
    "1/(1 + {a}^2)", "sqrt(1 + {a}^2)", "leaky_relu({a})",
)  # fmt: skip
STEPS = {
    # the shape of {a}, and what is made of it; beside a step with {b} the shape of that one
    "n": [
        ("softmax({a})", "n", ""), ("log_softmax({a})", "n", ""), ("{a}/sum(exp({a}))", "n", ""),
        ("outer({a}, {b})", "nk", "k"), ("{b} @ {a}", "k", "kn"), ("{a} @ {b}", "k", "nk"), ("{a} ⊙ {b}", "n", "n"),
        ("{a} + {b}", "n", "n"), ("{a}*({b} @ {b})", "n", "k"), ("{a} + mean({b})", "n", "k"),
        ("({a} @ {b})*{a}", "n", "n"),
    ],
    "mn": [
        ("softmax({a})", "mn", ""), ("log_softmax({a})", "mn", ""), ("softmax({a}, 1)", "mn", ""),
        ("layer_norm({a})", "mn", ""), ("{a}.T", "nm", ""), ("sum({a}, 1)", "n", ""), ("sum({a}, 2)", "m", ""),
        ("mean({a}, 1)", "n", ""), ("mean({a}, 2)", "m", ""), ("max({a}, 2)", "m", ""), ("{a}[1]", "n", ""),
        ("var({a}, 1)", "n", ""), ("{a} @ {b}", "mk", "nk"), ("{b} @ {a}", "kn", "km"), ("{a} @ {b}", "m", "n"),
        ("{b} @ {a}", "n", "m"), ("{a} + {b}", "mn", "n"), ("{a} - {b}", "mn", "n"), ("{a} ⊙ {b}", "mn", "mn"),
        ("{a}/(1 + {b}^2)", "mn", "mn"), ("{a} ⊙ {b}", "mn", "n"), ("{a}*sum({b})", "mn", "k"),
        ("mean({a})*{b}", "mn", "mn"),
    ],
}  # fmt: skip
LOSSES = ["sum({a})", "mean({a} ⊙ {a})", "sum({a} ⊙ {a})/2", "sum(tanh({a}))", "max({a})", "sum({a})^2",
          "mse({a}, {b})", "sum({a} ⊙ {b})", "norm({a})"]  # fmt: skip
LEAVES = ("x", "W", "b", "e", "s", "p", "mu", "d", "v", "r", "q", "T", "S", "A", "g", "t", "xhat")
"""Names that lines have too."""


class _Composed:
    """A graph that grows by one step after another, with leaves in the shapes that steps want."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(f"composed {seed}")
        self.leaves: dict[str, str] = {}
        self.nodes: dict[str, str] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}

    def leaf(self, shape: tuple[int, ...]) -> str:
        name = self.source.choice([name for name in LEAVES if name not in self.shapes])
        self.leaves[name], self.shapes[name] = _array(self.source, list(shape)), shape
        return name

    def other(self, shape: tuple[int, ...]) -> str:
        fitting = [name for name, each in self.shapes.items() if each == shape]
        return self.source.choice(fitting) if fitting and self.source.random() < 0.6 else self.leaf(shape)

    def step(self, name: str) -> None:
        begin = self.source.choice(list(self.shapes)[-3:])
        shape = self.shapes[begin]
        letters = "mn" if len(shape) > 1 else "n"
        sizes = {**dict(zip(letters, shape, strict=True)), "k": self.source.randint(1, 3)}
        makes = [*((entry, letters, "") for entry in ENTRIES), *STEPS[letters]]
        formula, becomes, beside = self.source.choice(makes)
        other = self.other(tuple(sizes[letter] for letter in beside)) if beside else ""
        self.nodes[name] = formula.format(a=begin, b=other)
        self.shapes[name] = tuple(sizes[letter] for letter in becomes)


def composed(seed: int) -> str:
    """A document of up to four steps of arrays, one behind another."""
    graph = _Composed(seed)
    graph.leaf(tuple(graph.source.randint(1, 3) for _ in range(graph.source.randint(1, 2))))
    for place in range(1, graph.source.randint(2, 5)):
        graph.step(f"h{place}")
    last = list(graph.nodes)[-1]
    loss = graph.source.choice(LOSSES)
    graph.nodes["L"] = loss.format(a=last, b=graph.other(graph.shapes[last]) if "{b}" in loss else "")
    inputs = ", ".join(map(": ".join, graph.leaves.items()))
    return f"inputs: {{{inputs}}}\noutput: L\nnodes:\n{''.join(_lines(graph.nodes))}"


def _array(source: random.Random, shape: list[int]) -> str:
    if not shape:
        return source.choice(SMALL)
    return f"[{', '.join(_array(source, shape[1:]) for _ in range(shape[0]))}]"


def of_arrays(name: str, seed: int) -> str:
    """A document of one of ``ARRAYS``."""
    source = random.Random(f"{name} {seed}")
    sizes = {"m": source.randint(2, 3), "n": source.randint(2, 3), "k": source.randint(1, 3)}
    leaves, nodes = ARRAYS[name]
    inputs = []
    for leaf in leaves.split(", "):
        called, *letters = leaf.split()
        inputs.append(f"{called}: {_array(source, [sizes.get(letter) or int(letter) for letter in letters])}")
    rows = [source.randrange(sizes["n"]) for _ in range(sizes["m"])]
    places = range(sizes["n"])
    one = [[int(place == row) for place in places] for row in rows]
    mask = [[int(place == row or source.random() < 0.5) for place in places] for row in rows]
    filled = {"one": one, "mask": mask, "stride": source.randint(1, 2), "pad": source.randint(0, 1),
              "function": source.choice(["relu", "tanh", "sigmoid", "leaky_relu"])}  # fmt: skip
    return f"inputs: {{{', '.join(inputs)}}}\nnodes: {{{nodes.format(**filled)}}}\n"


def of_numbers(seed: int) -> str:
    """A document of up to five nodes, each of two or three of those before, and the sum of the last ones."""
    source = random.Random(seed)
    leaves = {f"x{place}": source.choice([*SMALL, "1.7", "-2.35", "0.007"]) for place in range(1, source.randint(2, 4))}
    names, nodes = list(leaves), dict[str, str]()
    for place in range(1, source.randint(2, 6)):
        picked = {letter: source.choice(names[-4:]) for letter in "abc"}
        nodes[f"h{place}"] = source.choice(NUMBERS).format(**picked)
        names.append(f"h{place}")
    read = {name for formula in nodes.values() for name in re.findall(r"\w+", formula)}
    nodes["L"] = " + ".join(name for name in nodes if name not in read)
    return f"inputs: {{{', '.join(map(': '.join, leaves.items()))}}}\nnodes:\n{''.join(_lines(nodes))}"


def _lines(nodes: dict[str, str]) -> Iterator[str]:
    return (f"  {name}: {formula}\n" for name, formula in nodes.items())
