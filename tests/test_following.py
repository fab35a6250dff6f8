"""Source that is followed: Python's constructs, each with what it gives; what is refused; what nothing may do."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest

from stepper.engine.layers.counting import totals_of
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import integer
from stepper.errors import StepperError
from stepper.read.items import Listing
from stepper.read.network import load_network
from stepper.read.source.follower import Follower
from stepper.read.source.values import Broken, File, Value
from tests.following_models import SMALL, source

PYTHON = [
    ("r = 2 + 3*4 - 7//2", 11),
    ("r = 2**10 % 1000", 24),
    ("r = -5 // 2, -5 % 3, 7 / 2", (-3, 1, 3.5)),
    ("a, b = 1, 2\na, b = b, a\nr = [a, b]", [2, 1]),
    ("a, *b, c = range(5)\nr = (a, b, c)", (0, [1, 2, 3], 4)),
    ("r = [1]\nr += [2]\nr.append(3)\nr.extend([4, 5])\nr.insert(0, 0)\nr.pop()", [0, 1, 2, 3, 4]),
    ("r = [n*n for n in range(6) if n % 2]", [1, 9, 25]),
    ("r = {k: v for k, v in zip('ab', (1, 2))}", {"a": 1, "b": 2}),
    ("r = [x*y for x in (1, 2) for y in (3, 4)]", [3, 4, 6, 8]),
    ("r = sum(n for n in range(5)), max(3, 7), min([4, 2]), len('abc'), abs(-3)", (10, 7, 2, 3, 3)),
    ("r = list(enumerate('ab', 1))", [(1, "a"), (2, "b")]),
    ("r = sorted([3, 1, 2], reverse=True), list(reversed([1, 2]))", ([3, 2, 1], [2, 1])),
    ("r = sorted(['bb', 'a'], key=len)", ["a", "bb"]),
    ("r = any([0, 1]), all([0, 1]), round(2.5), round(2.567, 2)", (True, False, 2, 2.57)),
    ("r = [1, 2, 3, 4][1:3], [1, 2, 3][::-1], 'abcd'[-2:]", ([2, 3], [3, 2, 1], "cd")),
    ("n = 3\nr = f'conv{n}_{n:02d}', f'{n!r}', '%d-%s' % (n, 'a'), '{}/{}'.format(1, 2)",
        ("conv3_03", "3", "3-a", "1/2")),
    ("r = 'a,b'.split(','), ' x '.strip(), 'ab'.upper(), '-'.join(['1', '2'])", (["a", "b"], "x", "AB", "1-2")),
    ("r = 0\nfor i in range(10):\n  if i == 2: continue\n  if i == 5: break\n  r += i", 8),
    ("r = 0\nfor i in range(3):\n  r += i\nelse:\n  r += 10", 13),
    ("r = 1\nwhile r < 100:\n  r *= 2", 128),
    ("r = 'a' if 1 > 2 else 'b'", "b"),
    ("x = None\nr = x or 5, x and 5, not x, x is None", (5, None, True, True)),
    ("r = 1 < 2 < 3, 1 in [1, 2], 3 not in (1, 2), 'k' in {'k': 1}", (True, True, True, True)),
    ("def f(a, b=2, *c, d=4, **e):\n  return a, b, c, d, e\nr = f(1), f(1, 3, 5, 7, d=0, z=9)",
        ((1, 2, (), 4, {}), (1, 3, (5, 7), 0, {"z": 9}))),
    ("def f(n):\n  return 1 if n < 2 else n*f(n - 1)\nr = f(10)", 3_628_800),
    ("def f(n):\n  def g(m):\n    return n + m\n  return g\nr = f(3)(4)", 7),
    ("def f():\n  n = 0\n  def g():\n    nonlocal n\n    n += 1\n    return n\n  g()\n  return g()\nr = f()", 2),
    ("n = 1\ndef f():\n  global n\n  n = 5\nf()\nr = n", 5),
    ("def f(*args, **named):\n  return args, named\na = [1, 2]\nr = f(*a, 3, **{'k': 4})", ((1, 2, 3), {"k": 4})),
    ("r = list(map(lambda n: n + 1, [1, 2])), list(filter(None, [0, 3]))", ([2, 3], [3])),
    ("def f():\n  yield 1\n  yield from [2, 3]\nr = list(f())", [1, 2, 3]),
    ("class A:\n  k = 2\n  def __init__(self, n):\n    self.n = n\n  def f(self):\n    return "
     "self.n*self.k\nr = A(4).f()", 8),
    ("class A:\n  def f(self):\n    return 1\nclass B(A):\n  def f(self):\n    return super().f() + "
     "1\nr = B().f()", 2),
    ("class A:\n  def __init__(self):\n    self.a = 1\nclass B(A):\n  def __init__(self):\n    "
     "super(B, self).__init__()\n"
     "    self.b = 2\nb = B()\nr = b.a + b.b", 3),
    ("class A:\n  @property\n  def n(self):\n    return 3\n  @staticmethod\n  def s(a):\n    return a\n"
     "  @classmethod\n  def c(cls, a):\n    return cls.__name__, a\nr = A().n, A.s(4), A().s(5), "
     "A.c(6)", (3, 4, 5, ("A", 6))),
    ("class A:\n  def __call__(self, n):\n    return n + 1\n  def __len__(self):\n    return 7\n  "
     "def __getitem__(self, i):\n"
     "    return i*10\n  def __add__(self, n):\n    return n\na = A()\nr = a(1), len(a), a[2], a + 3", (2, 7, 20, 3)),
    ("class A:\n  def __iter__(self):\n    yield 1\n    yield 2\nr = [n for n in A()]", [1, 2]),
    ("class A:\n  pass\na = A()\nsetattr(a, 'x', 3)\nr = getattr(a, 'x'), getattr(a, 'y', 0), "
     "hasattr(a, 'y')", (3, 0, False)),
    ("class A:\n  pass\nclass B(A):\n  pass\nr = isinstance(B(), A), issubclass(B, A), type(B()) is "
     "B, B().__class__.__name__",
        (True, True, True, "B")),
    ("r = isinstance(3, int), isinstance(3, (str, float)), isinstance([], list), isinstance('a', str)",
        (True, False, True, True)),
    ("class A:\n  pass\nclass X(A):\n  pass\nclass Y(A):\n  pass\nclass Z(X, Y):\n  pass\nr = "
     "isinstance(Z(), Y)", True),
    ("import math\nr = math.sqrt(16), math.ceil(2.1), math.floor(2.9), math.log2(8), math.prod([2, "
     "3])", (4, 3, 2, 3, 6)),
    ("from functools import partial, reduce\nf = partial(pow, 2)\nr = f(5), reduce(lambda a, b: a*b, "
     "[1, 2, 3])", (32, 6)),
    ("import itertools\nr = list(itertools.chain([1], [2, 3])), list(itertools.product([1, 2], [3]))", ([1, 2, 3],
    [(1, 3), (2, 3)])),
    ("import itertools\nr = list(itertools.chain.from_iterable([[1], [2]]))", [1, 2]),
    ("from collections import OrderedDict\nd = OrderedDict([('a', 1)])\nd['b'] = 2\nr = "
     "list(d.items())", [("a", 1), ("b", 2)]),
    ("from collections import namedtuple\nP = namedtuple('P', 'x y')\np = P(1, y=2)\na, b = p\nr = "
     "p.x, p[1], a + b, len(p)",
        (1, 2, 3, 2)),
    ("from typing import NamedTuple\nclass P(NamedTuple):\n  x: int\n  y: int = 5\nr = P(1).y, P(1, 2).y", (5, 2)),
    ("from dataclasses import dataclass, field\n@dataclass\nclass C:\n  a: int\n  b: list = "
     "field(default_factory=list)\n"
     "  c: int = 3\nr = C(1).b, C(1, [2]).b, C(a=1, c=9).c", ([], [2], 9)),
    ("from enum import Enum\nclass E(Enum):\n  A = 1\n  B = 'b'\nr = E.A.value, E.B.name, E('b') is "
     "E.B, len(list(E))", (1, "B", True, 2)),
    ("import copy\na = [[1]]\nb = copy.deepcopy(a)\nb[0].append(2)\nr = a, b", ([[1]], [[1, 2]])),
    ("try:\n  raise ValueError('no')\nexcept (KeyError, ValueError) as e:\n  r = 1\nelse:\n  r = "
     "2\nfinally:\n  s = 3", 1),
    ("try:\n  import nothing_here\n  r = 1\nexcept ImportError:\n  r = 2", 1),
    ("d = {'a': 1}\ntry:\n  d['b']\nexcept KeyError:\n  r = 'none'", "none"),
    ("d = {'a': 1}\nd.update(b=2)\nd.setdefault('c', 3)\nr = d.get('z', 0), d.pop('a'), list(d), {**d, 'e': 1}['e']",
        (0, 1, ["b", "c"], 1)),
    ("s = {1, 2} | {3}\nr = len(s), {1, 2}.issubset(s), 2 in s - {2}", (3, True, False)),
    ("assert 1 < 2, 'fine'\nr = 1", 1),
    ("with open('x') as f:\n  pass\nr = 1", 1),
    ("import os\nos.system('true')\nr = 4", 4),
    ("import logging, warnings\nlogging.getLogger(__name__).info('x')\nwarnings.warn('x')\nprint('x')\nr = 1", 1),
    ("x: int = 3\ny: 'torch.Tensor'\nr = x", 3),
    ("def f(x: list[int], y: int | None = None) -> dict[str, int]:\n  return x\nr = f([1])", [1]),
    ("if (n := 5) > 3:\n  r = n", 5),
    ("r = [0]*3 + [1]\nr[1] = 7\ndel r[0]", [7, 0, 1]),
    ("r = (lambda *a: sum(a))(1, 2, 3)", 6),
    ("r = int('12'), float('1.5'), str(3), bool(0), tuple([1]), list('ab')", (12, 1.5, "3", False, (1,), ["a", "b"])),
    ("def f(a, /, b, *, c):\n  return a + b + c\nr = f(1, 2, c=3)", 6),
    ("import torch\nr = torch.linspace(0, 1, 3).tolist(), [x.item() for x in torch.arange(3)]", ([0, 0.5, 1], [0, 1,
    2])),
    ("import torch\nt = torch.tensor([1, 4])\nr = (t * 2 + 1).tolist(), t.shape, torch.zeros(2, "
     "3).size(1), t.sum().item()", ([3, 9], (2,), 3, 5)),
    ("import torch.nn as nn\nc = nn.Conv2d(3, 8, 5, bias=False)\nr = c.out_channels, c.kernel_size, "
     "c.weight.shape, c.bias, c.stride",
        (8, (5, 5), (8, 3, 5, 5), None, (1, 1))),
    ("import torch.nn as nn\ns = nn.Sequential(nn.Linear(2, 3), nn.ReLU())\nr = len(s), "
     "s[0].in_features, isinstance(s[-1], nn.ReLU), len(s[:1])",
        (2, 2, True, 1)),
    ("import torch.nn as nn\nm = nn.ModuleList([nn.Linear(2, 3) for _ in range(4)])\nr = len(m), "
     "sum(p.numel() for p in m.parameters())", (4, 36)),
    ("import torch\nr = torch.cuda.is_available(), torch.jit.is_scripting()", (False, False)),
]  # fmt: skip


def followed(source: str, name: str = "r") -> Value:
    """What a source has under a name."""
    file = File("test", source)
    file.root_file = True
    follower = Follower(Listing("test"), {})
    follower.run_file(file, ast.parse(source))
    found = file.names.get(name)
    if isinstance(found, Broken):
        raise AssertionError(found.why.what)
    return found


@pytest.mark.parametrize(("text", "value"), PYTHON)
def test_python_is_followed(text: str, value: object) -> None:
    assert followed(text) == value
    scope: dict[str, object] = {}
    if not any(word in text for word in ("torch", "open(", "os.", "nothing_here", "logging")):
        exec(text, scope)  # what Python itself makes of it
        assert scope["r"] == value


@pytest.mark.parametrize(("init", "forward", "shape", "comes_out", "parameters"), SMALL)
def test_a_small_model_is_followed(init: str, forward: str, shape: str, comes_out: str, parameters: int) -> None:
    worked = work(load_network(None, source(init, forward), shape.rsplit(maxsplit=1)[-1], None), {})
    assert not worked.problems
    assert shown_shape(worked.layers[-1].output) == comes_out
    assert integer(totals_of(worked)["parameters"]) == parameters


HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
EVIL = [
    "while True: pass",
    "r = [0]*10**9",
    "for i in range(10**9): pass",
    "r = list(range(10**9))",
    "r = 'a'*10**10",
    "r = 10**10**10",
    "def f(): return f()\nf()",
    "def f(n): return f(n + 1) + f(n + 2)\nf(0)",
    "x = [1]\nwhile True: x = x + x",
    "x = [1]\nfor i in range(60): x = [x, x]\ny = str(x)",
    "().__class__.__bases__[0].__subclasses__()",
    "r = [c for c in ().__class__.__base__.__subclasses__()]",
    "import os\nos.system('touch stepper_was_here')",
    "import subprocess\nsubprocess.run(['touch', 'stepper_was_here'])",
    "eval('__import__(\"os\").system(\"touch stepper_was_here\")')",
    "exec('import os')",
    "__import__('os').system('touch stepper_was_here')",
    "open('stepper_was_here', 'w').write('x')",
    "getattr(getattr('', '__class__'), '__mro__')",
    "def f(): pass\nf.__globals__['x'] = 1\nf.__code__",
    "'{0.__class__.__init__.__globals__}'.format(3)",
    "f'{1:1000000000}'",
    "'%1000000000d' % 1",
    "'a'.ljust(10**10)",
    "r = ('a'*10000).replace('a', 'b'*10000000)",
    "import math\nmath.factorial(10**7)",
    "import itertools\nlist(itertools.product(range(100), repeat=9))",
    "import itertools\nfor i in itertools.count(): pass",
    "x = 2\nfor i in range(40): x = x*x*x",
    "r = " + "+".join(["1"]*20_000),
    "r = " + "("*150 + "1" + ")"*150,
    "r = " + "[" * 80 + "]" * 80,
    "class A(A): pass",
    "lambda: (yield)",
    "r = {i: [j for j in range(10000)] for i in range(10000)}",
    "def f(*a): return f(*a, *a)\nf(1)",
    "import torch\nr = torch.zeros(10**9, 10**9).tolist()",
    "import torch\nr = torch.arange(10**12).tolist()",
    "s = 'x'\nfor i in range(100): s = s + s",
    "s = 'ab'\nfor i in range(9): s = s.join([s]*50)",
    "d = {}\nd['d'] = d\nprint(d)\nr = str(d)",
    "x = []\nx.append(x)\nr = str(x)",
]  # fmt: skip
NET = """\
class Net(nn.Module):
  def __init__(self):
    super().__init__()
    self.a = nn.Linear(4, 2)
{init}
  def forward(self, x):
{forward}
    return self.a(x)
"""
HERE = Path("stepper_was_here")


@pytest.mark.parametrize("source", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("where", ["beside the model", "in its constructor", "in forward"])
def test_hostile_source_is_refused_soon_and_does_nothing(
    source: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside = "\n".join(f"    {line}" for line in source.split("\n"))
    parts = {
        "init": inside if where == "in its constructor" else "",
        "forward": inside if where == "in forward" else "",
    }
    text = HEAD + (source + "\n" if where == "beside the model" else "") + NET.format(**parts)
    begun = time.process_time()
    try:
        load_network(None, text, "4", None)
    except StepperError as error:
        assert error.problems
    assert time.process_time() - begun < 2
    assert not HERE.exists()
