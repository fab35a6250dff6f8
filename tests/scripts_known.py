"""Scripts that students have beside an exercise: what ``backward`` leaves in ``grad``, worked out by hand or by
PyTorch.

Of each gradient the name that it has here, where entries are counted from 1, and the expression that the script has.
"""

from __future__ import annotations

TORCH = "import torch\nimport torch.nn.functional as F\n"
MICRO = "from micrograd.engine import Value\n"

SCRIPTS: tuple[tuple[str, str, dict[str, tuple[str, float]]], ...] = (
    (
        "a function of several statements",
        TORCH + """\
def net(x, w1, w2):
    h = F.relu(w1 * x)
    return w2 * h
x = torch.tensor(3.0)
w1 = torch.tensor(0.2, requires_grad=True)
w2 = torch.tensor(-1.5, requires_grad=True)
L = 0.5 * (net(x, w1, w2) - 1.0) ** 2
L.backward()
""",
        {"w1": ("w1.grad", 8.55), "w2": ("w2.grad", -1.14)},
    ),
    (
        "a function that is called twice",
        TORCH + """\
def layer(x, w, b=0.5):
    z = w * x + b
    h = torch.tanh(z)
    return h
u = torch.tensor(0.7, requires_grad=True)
v = torch.tensor(-0.4, requires_grad=True)
L = layer(layer(2.0, u), v, b=0.1)
L.backward()
""",
        {"u": ("u.grad", -0.0633005245847), "v": ("v.grad", 0.883810108247)},
    ),
    (
        "a recurrent network over a list",
        TORCH + """\
x = [1.0, -2.0, 0.5]
w = torch.tensor(0.5, requires_grad=True)
u = torch.tensor(0.8, requires_grad=True)
h = torch.tensor(0.0)
for i in range(3):
    h = torch.tanh(w * h + u * x[i])
L = (h - 1) ** 2
L.backward()
""",
        {"w": ("w.grad", 1.56541197565), "u": ("u.grad", -0.545868170239)},
    ),
    (
        "a loop over pairs, and a sum that grows",
        TORCH + """\
xs, ys = [1.0, 2.0, 3.0], [2.0, 3.0, 5.0]
w = torch.tensor(1.5, requires_grad=True)
b = torch.tensor(0.25, requires_grad=True)
loss = 0.0
for x, y in zip(xs, ys):
    error = w * x + b - y
    loss += error ** 2
loss = loss / len(xs)
loss.backward()
""",
        {"w": ("w.grad", -0.333333333333), "b": ("b.grad", -0.166666666667)},
    ),
    (
        "functions that call functions, and a lambda",
        TORCH + """\
square = lambda z: z * z
def inner(x, w):
    return torch.sigmoid(w * x)
def outer(x, w, v):
    a = inner(x, w)
    b = inner(a, v)
    return a, b
w = torch.tensor(0.3, requires_grad=True)
v = torch.tensor(-1.2, requires_grad=True)
a, b = outer(torch.tensor(2.0), w, v)
L = square(a - 1) + square(b)
L.backward()
""",
        {"w": ("w.grad", -0.399076465304), "v": ("v.grad", 0.0879600973755)},
    ),
    (
        "entries counted from 0",
        TORCH + """\
v = torch.tensor([0.5, 2.0], requires_grad=True)
x = torch.tensor([3.0, -1.0])
h = torch.tanh(v[0] * x[0] + v[-1] * x[1])
L = h * v[1]
L.backward()
""",
        {"v[1]": ("v.grad[0]", 4.7186863978), "v[2]": ("v.grad[1]", -2.03501262319)},
    ),
    (
        "a small class",
        TORCH + """\
class Neuron:
    def __init__(self, w, b):
        self.w = torch.tensor(w, requires_grad=True)
        self.b = torch.tensor(b, requires_grad=True)
    def __call__(self, x):
        z = self.w * x + self.b
        return torch.tanh(z)
first = Neuron(0.4, 0.1)
second = Neuron(-0.9, 0.2)
L = (second(first(1.5)) - 0.5) ** 2
L.backward()
""",
        {
            "w": ("first.w.grad", 1.26812192749), "b": ("first.b.grad", 0.845414618328),
            "w_2": ("second.w.grad", -0.894402403906), "b_2": ("second.b.grad", -1.47989756862),
        },
    ),
    (
        "micrograd's neuron, with lists of values",
        MICRO + """\
class Neuron:
    def __init__(self, weights, bias):
        self.w = [Value(w) for w in weights]
        self.b = Value(bias)
    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.tanh()
n = Neuron([0.5, -1.0], 0.25)
out = n([2.0, 1.0])
L = (out - 1.0) ** 2
L.backward()
""",
        {
            "w_1": ("n.w[0].grad", -2.83915067759), "w_2": ("n.w[1].grad", -1.41957533879),
            "b": ("n.b.grad", -1.41957533879),
        },
    ),
    (
        "a module that holds parameters",
        TORCH + """\
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor(0.5))
        self.v = torch.nn.Parameter(torch.tensor([0.5, -1.0]))
    def forward(self, x):
        h = torch.relu(self.w * x)
        return (self.v * h).sum()
net = Net()
loss = (net(torch.tensor(2.0)) - 1) ** 2
loss.backward()
print(net.w.grad)
""",
        {"w": ("net.w.grad", 3), "v[1]": ("net.v.grad[0]", -3), "v[2]": ("net.v.grad[1]", -3)},
    ),
    (
        "everything in main, with a branch that is known",
        TORCH + """\
def main(depth=2, squared=True):
    w = torch.tensor(0.6, requires_grad=True)
    h = torch.tensor(1.0)
    hs = []
    for i in range(depth):
        h = torch.sin(w * h)
        hs.append(h)
    total = sum(hs)
    if squared:
        loss = total ** 2
    else:
        loss = total
    loss.backward()
    print(w.grad)
    return w
if __name__ == "__main__":
    w = main()
""",
        {"w": ("w.grad", 3.2738795462)},
    ),
    (
        "what comes after backward changes nothing",
        TORCH + """\
def loss_of(w, t):
    return (w * 2.0 - t) ** 2
w = torch.tensor(3.0, requires_grad=True)
loss = loss_of(w, 1.0)
loss.backward()
with torch.no_grad():
    v = w - 0.1 * w.grad
for i in range(2):
    print(v)
""",
        {"w": ("w.grad", 20)},
    ),
    (
        "entries of a matrix in loops",
        TORCH + """\
W = [[0.1, -0.2], [0.3, 0.4]]
x = [1.0, 2.0]
s = torch.tensor(0.5, requires_grad=True)
total = 0.0
for i in range(2):
    z = 0.0
    for j in range(2):
        z = z + W[i][j] * x[j] * s
    total = total + torch.exp(z)
total.backward()
""",
        {"s": ("s.grad", 1.64836592673)},
    ),
)  # fmt: skip
