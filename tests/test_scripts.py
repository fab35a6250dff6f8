"""Scripts with functions, classes and loops: what ``backward`` would leave in ``grad``."""

from __future__ import annotations

import time

import pytest

import stepper as st
from stepper.errors import StepperError
from stepper.read.scripts.script import written_out
from tests.scripts_known import SCRIPTS, TORCH


@pytest.mark.parametrize(("what", "script", "gradients"), SCRIPTS)
def test_the_gradients_of_a_script(what: str, script: str, gradients: dict[str, tuple[str, float]]) -> None:
    found = st.backprop(script, wrt="all").floats
    loss = next(name for name in found if name.startswith("d")).partition("/")[0]
    assert {name: found[f"{loss}/d{name}"] for name in gradients} == pytest.approx(
        {name: gradient for name, (_, gradient) in gradients.items()}, rel=1e-9
    )


def lines(script: str) -> list[str]:
    found = written_out(script, "net.py")
    assert found is not None
    return [text for _, text in found.lines]


WRITTEN: tuple[tuple[str, list[str]], ...] = (
    # what a function does stands where it is called; a second call has names of its own
    ("def f(a):\n    h = a*a\n    return h + 1\ny = f(x) + f(z)",
     ["h = x * x", "h_2 = z * z", "y = h + 1 + (h_2 + 1)"]),
    ("def f(a):\n    h = a*a\n    h = h + 1\n    return h\nx = 2.0\ny = f(x)\n",
     ["x = 2.0", "h = x * x", "h_2 = h + 1", "y = h_2"]),
    # a value from outside keeps its name
    ("for i in range(2):\n    x = w*x\n", ["x_2 = w * x", "x_3 = w * x_2"]),
    # what is handed on and is a calculation has a line, under the name of the parameter
    ("def f(a):\n    return a*a\ny = f(2*x)", ["a = 2 * x", "y = a * a"]),
    # names that look like others are left out
    ("for i in range(2):\n    h = h2 + i\ny = h", ["h = h2 + 0", "h_3 = h2 + 1", "y = h_3"]),
    # turns are numbers, entries are counted from 1 here
    ("x = [1.0, 2.0]\nfor i, v in enumerate(x):\n    s = v*i\n", ["x = [1.0, 2.0]", "s = x[1] * 0", "s_2 = x[2] * 1"]),
    ("x = [1.0, 2.0, 3.0]\ny = sum(v*v for v in x[1:])", ["x = [1.0, 2.0, 3.0]", "y = x[2] * x[2] + x[3] * x[3]"]),
    ("n = 2\nh = a\nfor i in range(n):\n    h = w*h\n", ["h = a", "h_2 = w * h", "h_3 = w * h_2"]),
    # a function alone keeps its head
    ("def net(x, w=2):\n    for i in range(2):\n        x = w*x\n    return x\n",
     ["def net(x, w=2):", "x_2 = w * x", "x_3 = w * x_2", "return x_3"]),
    # micrograd's own class is what it holds
    ("class Value:\n    def __add__(self, other):\n        return Value(self.data + other.data)\n"
     "def f(a):\n    return a*a\na = Value(2.0)\nL = f(a) + a\nL.backward()",
     ["a = Value(2.0)", "L = a * a + a", "L.backward()"]),
    # prompts are taken off
    (">>> f = lambda a: a*a\n>>> y = f(x)", ["y = x * x"]),
)  # fmt: skip


@pytest.mark.parametrize(("script", "written"), WRITTEN)
def test_a_script_is_written_out(script: str, written: list[str]) -> None:
    assert lines(script) == written


@pytest.mark.parametrize(
    "script", ["y = w*x\nL = (y - 1)**2", "def f(x, w=2):\n    return w*x", "h[1] = w*x[1]", "v = [a"]
)
def test_what_has_nothing_to_write_out_is_left(script: str) -> None:
    assert written_out(script, "net.py") is None


REFUSED: tuple[tuple[str, str, int], ...] = (
    ("def f(a):\n    return f(a)\ny = f(x)", "calls are nested more than 40 deep", 2),
    ("for i in range(10**9):\n    h = i\n", "a whole number must be known here", 1),
    ("for i in range(1000000000):\n    h = i\n", "a loop of 1,000,000,000 turns is not written out", 1),
    ("for i in range(1000):\n    for j in range(1000):\n        h = h*w\n", "comes to more than 2,000 assignments", 3),
    ("x = [[[0]*2000]*2000]*2000\nfor i in range(2):\n    h = i*w\n", "a list of more than 10,000 entries", 1),
    ("for v in values:\n    h = v\n", "what this loop goes over is not known", 1),
    ("def f(a, b):\n    return a*b\ny = f(x)", "this takes (a, b)", 3),
    ("def f(a):\n    if a > 0:\n        return a\n    return 0\ny = f(x)", "which way this goes depends on numbers", 2),
    ("def f(a):\n    while a:\n        a = a - 1\ny = f(x)", "this statement is not followed", 2),
    ("x = [1.0, 2.0]\nfor i in range(3):\n    h = x[i]\n", "there is no entry 2 in a list of 2", 3),
    (TORCH + "for i in range(9):\n    L = (w*i)**2\n    L.backward()\n", "a loop that trains is not written out", 5),
    ("def f(a):\n    return a*a\nL = f(w)\nL.backward()\nM = f(v)\nM.backward()", "backward is called twice", 6),
)  # fmt: skip


@pytest.mark.parametrize(("script", "told", "line"), REFUSED)
def test_what_cannot_be_written_out_is_told_with_its_line(script: str, told: str, line: int) -> None:
    begun = time.process_time()  # its own: that of the wall is others' too
    with pytest.raises(StepperError) as error:
        written_out(script, "net.py")
    problem = error.value.problems[0]
    assert told in problem.what
    assert problem.where is not None and problem.where.line == line
    assert time.process_time() - begun < 2


def test_what_grows_by_itself_is_written_out_step_by_step() -> None:
    """Sixty products of products: sixty lines, and not one of 2^60 factors."""
    loops = "".join(f"{' ' * depth}for a in [a*a]:\n" for depth in range(60))
    pairs = "t = (a, a)\n" + "t = (t[0]*t[1], t[0]*t[1])\n" * 60 + "def f(x):\n    return x\nL = f(t[0])\n"
    assert [len(lines(loops + " " * 60 + "L = a\n")), len(lines(pairs))] == [61, 121]


def test_what_trains_is_no_part_of_the_calculation() -> None:
    script = TORCH + (
        "class Base:\n    def __init__(self, w):\n        self.w = torch.tensor(w, requires_grad=True)\n"
        "class Net(Base):\n    def __init__(self):\n        super().__init__(0.5)\n"
        "    def forward(self, x):\n        return self.w * x\n"
        "net = Net()\nopt = torch.optim.SGD([net.w], lr=0.1)\nfor epoch in range(1):\n    opt.zero_grad()\n"
        "    loss = (net(2.0) - 3) ** 2\n    loss.backward()\n    opt.step()\nprint(net.w.grad)\n"
    )
    assert lines(script) == [
        "w = torch.tensor(0.5, requires_grad=True)", "loss = (w * 2.0 - 3) ** 2", "loss.backward()",
    ]  # fmt: skip
    assert st.backprop(script, wrt="w").floats["dloss/dw"] == -8
