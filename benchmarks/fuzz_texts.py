"""What ``fuzz_cases.py`` breaks beside the bundled documents, and what it breaks them with."""

PIECES = [
    *"()[]{},:;'\"\n|>#=^/*+-−·²~\t\u202e\u0000é日", "  ", "- ", "&a", "*a", "!t", "==", "->", "→", "**", "ŷ₁", "σ", "π", "null",
    "0", "1", "-1", "1e9", "1e-9", "9**9**9", "0.5", "1/3", "x", "w11", "h[t]", "h[1]", "L", "pi", "e", "dL/dw", "∂h/∂x", "w'", "n_f'",
    "relu(x)", "log(x)", "max(x, 1)", "softmax([x, 1])[1]", "mse([x], [1])", "where(x > 0, x, 1)", "sum(x)", "mod(x, 0)", "floor(x)",
    "exp(exp(exp(x)))", "x^x", "(-x)^(1/2)", "1/(x - x)", "def f(x):", "return x", "c += 1", "sqrt()", "x^t", "[]", "[[1, 2], [3]]",
    "nodes:", "inputs:", "repeat:", "edges:", "local:", "output:", "functions:", "adjacency:", "upstream: dY", "answers:", "values:", "with:",
    "{shape: [3, 3]}", "{shape: [3, 3], fill: ones}", "{file: x.npy}", "X @ W", ".T", "round(x)", "selu(x)", "d(x)", "paths(x, L)", "published:",
    "\n  ", "\n\n", "# ", ": ", "\r", "input: 3x8x8\n", "-> ReLU ", "Conv2d(3, 8, 3)", "nn.", "self.", "lambda", "import torch\n", "for i in range(3):",
]  # fmt: skip

NAMES = [
    "x",
    "y",
    "w",
    "w11",
    "b",
    "L",
    "h",
    "z",
    "h[1]",
    "theta",
    "lr",
    "dL/dx",
    "W",
    "X[1,2]",
    "yhat1",
    "f",
    "e",
    "pi",
    "q'",
]

PROGRAMS = [
    "q = x + y; f = q*z",
    "def f(a, b):\n    c = a*b\n    c += c + 1\n    return c**2\n",
    "import math\n\ndef f(x, w=0.5):\n    z = math.exp(w*x)\n    return math.log(1 + z)\n",
    "a = relu(x)\nb = a*a\nL = log(b + 1)",
    "p = softmax([0.4, 1.1, x]); L = -log(p[3])",
    "L = max(u, v) + min(u, 1) + abs(u - v)",
    "f = x^t + sqrt(x) + sigmoid(t)/tanh(x)",
    "s = where(x > y, x, y)\nL = mse([s, x], [1, 2])",
]

TASK = [
    "optimizer: adam\nsettings: {lr: 0.1}\nparameters: {w: 1.0}\ngradients: [{w: 0.5}, {w: 0.2}]\nsteps: 2\n",
    "update: {v: rho*v + g, theta: theta - lr*v}\nsettings: {rho: 0.9, lr: 0.1}\nstate: {v: 0}\nparameters: {theta: "
    "2}\nobjective: theta^2/2\nsteps: 3\n",
    "optimizer: sgd\nparameters: {w: [1, 2]}\nobjective: w[1]^2 + 10*w[2]^2\nsettings: {lr: 0.05}\nsteps: "
    "4\nanswers:\n  a: {w[1]: 0.6561}\n",
]

MODELS = [
    "28x28x1 -> 32C3 -> MP2 -> 10",
    "CONV-9-32\nPOOL-2\nFC-3",
    "model.add(Conv2D(16, (4, 4), strides=(2, 2), input_shape=(32, 32, 3)))\nmodel.add(Flatten())\nmodel.add(Dense(2))",
    """input: 8x16x16
class N(nn.Module):
    def __init__(self):
        self.c = nn.Conv2d(8, 8, 3, padding=1)
    def forward(self, x):
        y = self.c(x) + x
        return torch.cat([x, F.relu(y)], 1)
""",
    """import torch.nn as nn

class Net(nn.Module):
    def __init__(self, n=10):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(6*12*12, n)

    def forward(self, x):
        x = self.body(x)
        return self.fc(x.view(-1, 6*12*12))
""",
    """input: 1x28x28
Net(
  (conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
  (body): Sequential(
    (0): ReLU()
    (1): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    (2): Flatten(start_dim=1, end_dim=-1)
  )
  (fc): Linear(in_features=864, out_features=10, bias=True)
)
""",
    "input: 3x32x32\nlayers:\n  - Conv2d(3, 8, 3)\n  - a = ReLU()\n  - Upsample(scale_factor=2)\n  - Flatten()\n  - "
    "Linear(7200, 5)\n",
    "input: 3x20x20\na = Conv2d(3, p, 3, padding=1)\nb = Conv2d(3, q, 3, padding=1, from=input)\nConcat(a, "
    "b)\nGroupNorm(2, 8)\nLSTM(8, 4)",
]
