"""Sessions as a student has them: commands of one theme one after the other, with all that they print; renewed with
--force-regen.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from pytest_regressions.file_regression import FileRegressionFixture

from stepper.cli.main import main

FILES = {
    "net.yaml": """
        title: Two layers
        inputs: {x1: 1, x2: -2, t: 1}
        parameters: {w1: 0.5, w2: -1, v: 2, b: 0.25}
        constants: {alpha: 0.1}
        nodes: {z: w1*x1 + w2*x2 + b, h: 'leaky_relu(z, alpha)', y: sigmoid(v*h), L: 'bce(y, t)'}
        answers:
          1a: {z: 2.75, h: 2.75, dL/dv: -0.0112}
          1b: {values: {dL/dw1: -0.5}, published: {values: {dL/dw1: -0.008}, ok: false}}
        """,
    "dead.yaml": """
        inputs: {x: 1, y: 0}
        parameters: {a: -2, b: 3, c: 0}
        nodes: {h: relu(a*x), k: b*y, m: 2*c - c - c, n: c^2, L: h + k + m + n + b - b}
        """,
    "letters.yaml": """
        inputs: {x: , t: 1}
        parameters: {w: , b: 2}
        nodes: {z: w*x + b, a: f(z), L: (a - t)^2/2}
        functions: {f: }
        """,
    "edges.yaml": """
        edges: [x -> a -> c -> e, x -> b -> c, b -> e, a -> e]
        local: {x -> a: 2, a -> c: 3*v, b -> e: v - 1}
        inputs: {v: }
        output: e
        """,
    "rnn.yaml": """
        inputs: {x: [1, 0.5]}
        parameters: {w: 0.5, u: -1}
        constants: {'h[0]': 0}
        repeat: {index: t, from: 1, to: 2, nodes: {'h[t]': 'tanh(w*x[t] + u*h[t-1])'}}
        nodes: {L: 'h[2]^2'}
        """,
    "arrays.yaml": """
        inputs: {X: [[1, 2], [0, -1], [3, 1]], Y: [[1], [0], [2]]}
        parameters: {W: [[0.5, -1], [2, 1]], b: [0, 1], V: [[1], [-2]]}
        nodes: {Z: X @ W + b, H: relu(Z), P: H @ V, E: P - Y, L: mean(E*E)}
        """,
    "image.yaml": """
        inputs: {I: [[1, 2, 0, 1], [0, 1, 3, 1], [2, 0, 1, 0], [1, 1, 0, 2]]}
        parameters: {K: [[1, 0], [-1, 2]]}
        nodes: {C: 'conv(I, K)', M: 'max_pool(C, 2, 1)', s: softmax(M), L: '-log(s[1, 1])'}
        """,
    "symbols.yaml": """
        inputs: {X: {shape: [2, 2]}, v: [1, 2]}
        nodes: {Y: X @ X.T, u: Y @ v, L: sum(u)}
        """,
    "big.yaml": """
        inputs: {X: {shape: [60, 50], fill: normal(2)}, t: {shape: [60], fill: ones}}
        parameters: {w: {shape: [50], fill: normal(1)}}
        nodes: {p: tanh(X @ w/1000), L: 'mse(p, t)'}
        """,
    "window.yaml": """
        inputs: {I: {shape: [9, 9], fill: normal(3)}, x: [1, 4, 2, 8, 5, 7]}
        parameters: {K: [[1, 2], [0, -1]], k: [1, -2, 1]}
        nodes:
          {C: 'conv(I, K)', P: 'avg_pool(C, 2)', c: 'conv(x, k, 1, 1)', m: 'max_pool(c, 2)', L: 'sum(P)/16 + m[1]*m[3]'}
        """,
    "norms.yaml": """
        inputs: {X: [[1, 2], [3, -1], [2, 2]], T: [[1, 0], [0, 1], [1, 0]]}
        parameters: {g: [1, 2], b: [0.5, 0], A: [[2, 1], [1, 3]]}
        nodes: {Z: 'layer_norm(X, g, b)', S: softmax(Z @ A), L: '-mean(sum(T*log(S), 2))', d: det(A), R: inv(A)}
        output: L
        """,
    "points.csv": "x,y\n1,2\n2,4\n3,5\n",
    "line.yaml": "inputs: {x: 1, y: 2}\nparameters: {w: 0.5, b: 0}\nnodes: {p: w*x + b, L: (p - y)^2}\n",
    "adam.yaml": """
        optimizer: adam
        settings: {lr: 0.1}
        parameters: {w: [1, -1]}
        objective: w[1]^2 + w[1]*w[2] + 2*w[2]^2
        steps: 3
        answers: {a: {'w[1,1]': 0.9}}
        """,
    "own.yaml": """
        update: {v: 0.5*v + g, theta: theta - lr*v}
        state: {v: 0}
        settings: {lr: 0.1}
        gradients: [1, 2, -1]
        parameters: {theta: 1}
        """,
    "net.txt": """
        input: 3x32x32
        c1 = Conv2d(3, 8, 5, padding=2)   # 3x32x32 -> 8x32x32
        p1 = MaxPool2d(2)
        c2 = Conv2d(8, 16, k) -> 16x14x14
        f = Flatten
        l = Linear(3136, 10)
        """,
    "residual.txt": """
        input: 4x8x8
        a = Conv2d(4, 4, 3, padding=1)
        b = BatchNorm2d(4)
        r = ReLU
        s = Add(r, input)
        g = AdaptiveAvgPool2d(1)
        f = Flatten
        o = Linear(4, 3)
        """,
    "program.py": "def forward(a, b):\n    c = a * b\n    d = c + a\n    return d * d\n",
}
SESSIONS: dict[str, list[str]] = {
    "forward and chain rule": [
        "forward net.yaml", "backprop net.yaml --wrt w1 --lr 0.1", "backprop net.yaml --wrt all --detail full",
        "backprop net.yaml --wrt v,b --exact",
        "backprop net.yaml --wrt w1 --round-steps 2 --detail brief", "backprop net.yaml --wrt w2 --paths 1 --digits 6",
    ],
    "nothing comes back": ["backprop dead.yaml --wrt leaves", "backprop dead.yaml --wrt a",
        "backprop dead.yaml --wrt x --kink half"],
    "letters and edges": [
        "backprop letters.yaml --wrt w", "backprop letters.yaml --wrt leaves --set x=2,w=3 --detail full",
        "backprop edges.yaml --wrt x",
        "backprop -e 'L = x^2*y' --wrt x,y --upstream g",
        "backprop -e 'b = a + c; L = a*b/(b + 1)' --set a=2 --wrt a --simplify",
    ],
    "derivations": [
        "derive 'log(1 + exp(x))' --wrt x --in y --detail full", "derive 'softmax(z)[i]' --wrt 'z[j]'",
        "derive -e 'z = w*x; y = tanh(z); L = (y - t)^2/2' --wrt w --in y --detail brief",
        "derive '|y - X@w|^2 + c*|w|^2' --wrt w --shapes X=nxd --given 'c > 0' --solve minimum",
        "derive 'C@(B@(A@x) + b)' --collect x",
        "derive 'Var(sum(j=1..n, m[j]*w[j]*x[j]))' --given 'm ~ Bernoulli(q)' --given 'w ~ N(0, s^2)' --given 'E[x]=0' "
        "--given independent --solve 'Var(s) = Var(x)' --for s",
        "derive --show 'softplus(x) - softplus(-x) = x'", "derive --show 'sigmoid(-x) = 1 + sigmoid(x)'",
        "derive --show 'E[x*y] = E[x]*E[y]'", "derive 'x*y'",
    ],
    "through time": ["backprop rnn.yaml --wrt u", "forward rnn.yaml --gates"],
    "gates and second derivatives": [
        "backprop -e 'f = (x + y)*z' --set x=-2,y=5,z=-4 --gates --wrt all",
        "backprop -e 'f = x^2*y + sin(y)' --set x=1,y=2 --second --wrt x,y",
        "backprop -e 'f = max(x, y)*x' --set x=2,y=2 --wrt x --kink left",
        "backprop -e 'f = x^3' --set x=2 --wrt x --verify",
        "backprop -e 'L = relu(x)' --set x=0 --wrt x", "backprop program.py --set a=2,b=-1 --wrt all",
    ],
    "arrays": [
        "backprop arrays.yaml --wrt W,b --lr 0.1", "backprop arrays.yaml --wrt 'W[1,2]'",
        "forward arrays.yaml --detail full", "backprop image.yaml --wrt K --detail full",
        "backprop symbols.yaml --wrt X", "backprop big.yaml --wrt w",

    ],
    "graphs drawn and described": [
        "draw net.yaml --wrt w1 -f text", "draw edges.yaml --adjacency -f text",
        "draw -e 'c = a*b; d = c + a' --set a=1,b=2 -f mermaid",
        "draw rnn.yaml --adjacency -f text",
    ],
    "shapes": [
        "shapes net.txt", "shapes net.txt --detail full --receptive-field c2 --flops",
        "shapes residual.txt --check 'params(total) = 171'",
        "shapes --input 1x28x28 -e 'Conv2d(1, 6, 5, stride=n) -> 6x8x8'",
        "shapes --input 1x20x20 -e 'Conv2d(1, 2, k, stride=s) -> 2x9x9'",
        "shapes --input Cx8x8 -e 'Conv2d(C, 2*C, 3, padding=1)' --detail full",
        "shapes --input 3x9x9 -e 'Conv2d(3, 4, 3, stride=2) -> Flatten -> Linear(10, 2)'",
        "shapes --input 3x31x31 -e 'Conv2d(3, 4, 3, stride=2)' --check 'shape(1) = 4x16x16' --check 'params(1) = 108' "
        "--check 'rf(1) = 3'",
        "shapes --input 6x5 -e 'LSTM(5, 4) -> Linear(4, 2)'", "shapes --input 9x9x2 -e 'layout: HWC' -e 'Conv2d(2, 4, "
                                                              "3)'",
    ],
    "more arrays": [
        "draw arrays.yaml --wrt W -f text", "draw symbols.yaml -f text", "draw net.yaml --gates -f text",
        "forward window.yaml --detail full",
        "backprop window.yaml --wrt K,k", "backprop norms.yaml --wrt A,g", "forward norms.yaml",
        "backprop norms.yaml --wrt A --of d",
        "backprop arrays.yaml --wrt X --of P --upstream '[[1], [0], [2]]'",
        "backprop arrays.yaml --wrt V --of P --upstream G --detail full",
        "train arrays.yaml --steps 2 --lr 0.1 --wrt b",
    ],
    "more shapes": [
        "shapes --input 1x8x8 -e 'Conv2d(1, 4, 3) -> ReLU -> Flatten -> Linear(n, 10) -> Linear(10, m)' --detail full",
        "shapes --input 1x20x20 -e 'MaxPool2d(n) -> 1x5x5'", "shapes --input 1xnxn -e 'Conv2d(1, 1, 3, stride=2) -> "
                                                             "1x9x9'",
        "shapes --input 3x10x20 -e 'Conv2d(3, 4, (3, 5), stride=(1, 2), padding=(0, 2)) -> AvgPool2d(2) -> Flatten' "
        "--detail full",
        "shapes --input 2x30 -e 'Conv1d(2, 4, 3, dilation=2, groups=2, bias=False) -> BatchNorm1d(4)'",
        "shapes --input 4x13 -e 'ConvTranspose1d(4, 2, 4, stride=2, padding=1)'",
        "shapes --input 1x40x40 -e 'Conv2d(1, 2, k) -> MaxPool2d(s) -> 2x9x9'",
        "shapes --input 3x8x8 -e 'Conv2d(3, p, 3, padding=1) -> 5x8x8'",
        "shapes --input 1x15x15 -e '[Conv2d(1, 1, 3)]*3' --receptive-field 3 --detail full",
        "shapes --input 12 -e 'Embedding(50, 8) -> GRU(8, 6)'",
        "shapes --input 3x9x9 -e 'Conv2d(3, 4, 3) -> Conv2d(5, 2, 3)'",
        "shapes residual.txt --check 'params(a) = 144' --check 'shape(a) = 4x6x6'",
        "shapes residual.txt --check 'rf(a) = 4' --check 'macs(o) = 15' --check 'width(a) = 7' --check 'params(b) = "
        "2*4 = 9'",
        "shapes --input 2x4x4x4 -e 'Conv3d(2, 3, 3, padding=1) -> MaxPool3d(2)'",
    ],
    "optimizers": [
        "optim adam --theta 1 --grad 0.5 --grad -1 --lr 0.1 --detail full", "optim adam.yaml", "optim own.yaml",
        "optim newton --theta x=1,y=2 --objective 'x^2 + x*y + 2*y^2'",
        "optim momentum --theta 1 --objective 'theta^2' --steps 3 --compare sgd,adam",
        "optim sgd --theta 2 --objective 'theta^2/2' --lr 2 --steps 4",
        "optim sgd --theta 1 --objective theta^2 --steps 30 --lr 0.1 --every 10",
        "optim gauss_newton --theta a=1,b=0 --objective '(a + b - 2)^2 + (2*a + b - 3)^2'",
        "optim sgd --theta 1 --objective theta^2 --steps 3 --with cosine",
    ],
    "training": [
        "train line.yaml --steps 3 --lr 0.1", "train line.yaml --data points.csv --steps 2 --lr 0.05",
        "train line.yaml --data points.csv --batch 1 --lr 0.1",
        "train line.yaml --optimizer adam --steps 2 --wrt w --detail full",
    ],
    "what is known": [
        "rules relu", "rules bce", "rules conv", "rules softmax --detail full",
        "rules max_pool", "rules relo",
        "rules batch_norm --detail full", "rules layer_norm", "rules norm", "rules attention", "rules mse",
    ],
    "in brief": [
        "backprop net.yaml --wrt w1,v --detail brief", "backprop dead.yaml --wrt leaves --detail brief",
        "forward arrays.yaml --detail brief",
        "backprop arrays.yaml --wrt 'W[1,2]' --detail brief", "shapes net.txt --detail brief --receptive-field c2",
        "optim adam.yaml --detail brief",
        "train line.yaml --steps 4 --lr 0.1 --detail brief", "draw edges.yaml --adjacency --detail brief",
        "rules conv --detail brief",
        "rules bce --detail brief",
        "optim momentum --theta 1 --objective theta^2 --steps 2 --compare-conventions --detail brief",
        "backprop -e 'f = x^2*y' --set x=1,y=2 --second --wrt x,y --detail brief",
        "backprop -e 'f = (x + y)*z' --set x=1,y=2,z=3 --gates --wrt x --detail brief",
    ],
    "exams": [
        "exams show tum-2022/6", "exams check uio-2021/7", "exams show umass-682/7.1", "exams check net.yaml",
        "exams check adam.yaml",
    ],
}  # fmt: skip


@pytest.mark.parametrize("theme", SESSIONS)
def test_a_session(
    theme: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file_regression: FileRegressionFixture,
) -> None:
    from textwrap import dedent

    for name, content in FILES.items():
        (tmp_path / name).write_text(dedent(content).lstrip("\n"), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STEPPER_FORMAT", raising=False)
    told = []
    for command in SESSIONS[theme]:
        words = shlex.split(command)
        words += [] if "-f" in words else ["-f", "text"]
        monkeypatch.setattr(sys, "argv", ["stepper", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        shown = capsys.readouterr()
        told.append(f"$ stepper {command}\n{shown.out}{shown.err}" + (f"(exit {code})\n" if code else ""))
    file_regression.check("\n".join(told), basename=theme.replace(" ", "_"), encoding="utf-8")
