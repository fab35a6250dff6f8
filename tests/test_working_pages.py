"""Claims and pages of working as people write them: every spelling that is read, and what is said of what is not."""

from __future__ import annotations

import pytest

from stepper.core.expr import Num
from stepper.core.formula import text
from stepper.core.working import Line
from stepper.read.working import Names, read_claim, read_page

NET = Names(
    ["h1", "h2", "h3", "h4", "yhat1", "yhat2", "w11", "w12", "w21", "x1", "x2", "b1", "L"],
    output="L",
    updated=["w11", "w12", "w21", "b1"],
    reads={"L": ["yhat1", "yhat2"], "yhat1": ["h4"], "yhat2": ["h4"], "h4": ["h1"], "h1": ["w11", "x1"]},
)
ARRAYS = Names(
    ["L"], arrays={"W": 2, "x": 1, "b": 1, "z": 1, "p": 1}, output="L", updated=["W", "b"], functions=["phi"]
)
RUN = [f"{name}[{step}]" for name in ("theta", "m", "v", "g", "mhat", "vhat") for step in (0, 1, 2)]
ADAM = Names([*RUN, "lr", "beta1", "beta2", "eps"], output="loss")
LISTING = Names(
    layers=["conv1", "relu1", "pool1", "conv2", "fc1", "layer1.0.conv1"],
    sliding=["conv1", "pool1", "conv2"],
    facts=["shape", "params", "parameters", "weights", "macs", "rf"],
)


def said(line: Line) -> list[str]:
    """The chains of a line in the language of formulas; other readings stand behind ``or``."""
    found = []
    for chain in line.chains:
        sides = [
            f"{side.relation} {' or '.join(map(text, (side.expr, *side.readings))) if side.expr is not None else '?'}"
            for side in chain.sides
        ]
        found.append(" ".join([*(["…"] if chain.continues else []), text(chain.key), *sides]))
    return found


def check(written: str, known: Names, *expected: str) -> None:
    """A claim is read as these chains, and nothing is told of it."""
    line = read_claim(written, known)
    assert (said(line), line.problem) == (list(expected), "")


PLAIN = [
    ("h1 = w11*x1 + w21*x2 + b1 = -0.5*1 + (-1)*(-2) + 0.5 = 2",
     "h1 = w11*x1 + w21*x2 + b1 = -0.5*1 + (-1)*(-2) + 0.5 = 2"),
    ("h_1 = -0.5·1 + -1·-2 + 0.5 = 2", "h1 = -0.5*1 + (-1*(-2)) + 0.5 = 2"),
    ("h₁=2", "h1 = 2"),
    ("h1=2", "h1 = 2"),
    ("ŷ1: 2", "yhat1 = 2"),
    ("yhat_1 -> 2", "yhat1 = 2"),
    ("ŷ₁ → 2", "yhat1 = 2"),
    ("y_hat_1 = 2", "yhat1 = 2"),
    ("y1_hat = 2", "yhat1 = 2"),
    ("L = 1/2 ((2-1)^2 + (0-1)^2) = 1", "L = 1/2*((2 - 1)^2 + (0 - 1)^2) = 1"),
    ("L = ½((2−1)² + (0−1)²) = 1", "L = 1/2*((2 - 1)^2 + (0 - 1)^2) = 1"),
    ("h1 := 2", "h1 = 2"),
    ("h1 == 2", "h1 = 2"),
    ("h1 ≈ 2", "h1 ≈ 2"),
    ("h1 ~ 2", "h1 ≈ 2"),
    ("L is 0.693", "L = 0.693"),
    ("h1 = 2w11 + 3(x1)(x2)", "h1 = 2*w11 + 3*x1*x2"),
    ("h1 = w11 x1 + b1", "h1 = w11*x1 + b1"),
    ("h1 = w11×x1 − 2÷4", "h1 = w11*x1 - 2/4"),
    ("h4 = ReLU(h1) = max(0, 2) = 2", "h4 = ReLU(h1) = max(0, 2) = 2"),
    ("h4 = LeakyReLU(2, 0.5) = (1 if h1 > 0, else 0.5)", "h4 = LeakyReLU(2, 0.5) = where(h1 > 0, 1, 0.5)"),
    ("h4 = σ(h₁) = 1/(1 + e^-2) = 0.8808", "h4 = sigma(h1) = 1/(1 + e^(-2)) = 0.8808"),
    ("h4 = |−3| + √(4) + √2/2", "h4 = abs(-3) + sqrt(4) + sqrt(2)/2"),
    ("L = -ln(0.35) = -ln 0.35 = 1.05", "L = -ln(0.35) = -ln(0.35) = 1.05"),
    ("0.5*2 + 1 = 2", "0.5*2 + 1 = 2"),
    ("max(h1, 0) = 2", "max(h1, 0) = 2"),
]  # fmt: skip
NAMES = [
    ("w11_new = -0.65", "w11' = -0.65"),
    ("w11_new = -0.5 - 0.1 * 1.5 = -0.65", "w11' = -0.5 - 0.1*1.5 = -0.65"),
    ("w11' = -0.65", "w11' = -0.65"),
    ("w11* := -0.65", "w11' = -0.65"),
    ("w₁₁* = -0.65", "w11' = -0.65"),
    ("w_11^{new} = -0.65", "w11' = -0.65"),
    ("w_{11}^{(t+1)} = -0.65", "w11' = -0.65"),
    ("w_{11}^{(1)} = -0.65", "w11 = -0.65"),
    ("w11(new) = -0.65", "w11' = -0.65"),
    ("w11 (neu) = -0.65", "w11' = -0.65"),
    ("new w11 = -0.65", "w11' = -0.65"),
    ("w11_old = -0.5", "w11 = -0.5"),
    ("w_1,1 = 3", None),
    ("w_{1,1} = 3", "w11 = 3"),
    ("w_1_1 = 3", "w11 = 3"),
    ("H1 = 2", "h1 = 2"),
    ("loss = 1", "L = 1"),
    ("dL/dw11 = 1.5", "dL/dw11 = 1.5"),
    ("∂L/∂w₁₁ = 1.5", "dL/dw11 = 1.5"),
    ("∂L/∂ŷ₁ = 1", "∂L/∂yhat1 = 1"),
    ("∂ L / ∂ w_11 = 1.5", "dL/dw11 = 1.5"),
    ("δL/δw11 = 1.5", "dL/dw11 = 1.5"),
    ("d L / d w11 = 1.5", "dL/dw11 = 1.5"),
    ("dw11 = 1.5", "dL/dw11 = 1.5"),
    ("w11.grad = 1.5", "dL/dw11 = 1.5"),
    ("grad_w11 = 1.5", "dL/dw11 = 1.5"),
    ("gradient of w11 = 1.5", "dL/dw11 = 1.5"),
    ("∇_w11 L = 1.5", "dL/dw11 = 1.5"),
    ("dL/dyhat1 * dyhat1/dh4 = 0.5", "dL/dyhat1*dyhat1/dh4 = 0.5"),
]  # fmt: skip
NOTES = [
    ("f(x, y) = 3", None),
    ("h1(x1) = 2", "h1 = 2"),
    ("L(yhat1, 1) = 1", "L = 1"),
    ("w11 ← w11 - 0.1*1.5 = -0.65", "w11' = w11 - 0.1*1.5 = -0.65"),
    ("w11 := w11 - 0.1*1.5", "w11' = w11 - 0.1*1.5"),
    ("L = 1/2[(2-1)^2 + (0-1)^2]", "L = 1/2*((2 - 1)^2 + (0 - 1)^2)"),
    ("h4 = σ'(h1) x1 = σ(h1)(1 − σ(h1))x1", "h4 = sigma'(h1)*x1 = sigma(h1)*(1 - sigma(h1))*x1"),
    (r"\left.\frac{\partial L}{\partial w_{11}}\right|_{x_1=1} = 1.5", "dL/dw11 = 1.5"),
    ("h1 = 2 (ReLU)", "h1 = 2"),
    ("h1 = 2 > 0", "h1 = 2"),
    ("h1 = max(0, -2) = 0 → dead", "h1 = max(0, -2) = 0"),
    ("h1 = 2 [from above]", "h1 = 2"),
    ("h1 = ≈ 0.69", "h1 ≈ 0.69"),
    ("h1 = 2**3**2", "h1 = 2^3^2"),
    ("**h1** = 2", "h1 = 2"),
    ("**Answer:** h1 = 2", "h1 = 2"),
    ("Q1: h1 = 2", "h1 = 2"),
    ("a) h1 = 2", "h1 = 2"),
    ("(h1, h2) = (2, 0)", "[h1, h2] = [2, 0]"),
]  # fmt: skip
NUMBERS = [
    ("L = 0.740", "L = 0.740"),
    ("L = 1,50", "L = 1.50"),
    ("L = 1,5", "L = 1.5"),
    ("L = -0,65", "L = -0.65"),
    ("L = .5", "L = .5"),
    ("L = 5.", "L = 5"),
    ("L = 0.3…", "L = 0.3"),
    ("L = 37/50", "L = 37/50"),
    ("L = 74%", "L = 0.74"),
    ("L = 12,5 %", "L = 0.125"),
    ("L = 7.4e-1", "L = 7.4e-1"),
    ("L = 7,4·10⁻¹", "L = 7.4e-1"),
    ("L = 7.4*10^-1", "L = 7.4e-1"),
    ("L = 7.4 x 10^(-1)", "L = 7.4e-1"),
    ("L = 7.4 × 10^{-1}", "L = 7.4e-1"),
    ("L = 2/3*10^2", "L = 2/3*10^2"),
    ("L = 138 357 544", "L = 138357544"),
    ("L = 138,357,544", "L = 138357544"),
    ("L = 138.357.544", "L = 138357544"),
    ("L = 1'234", "L = 1234"),
    ("L = 1.234,5", "L = 1234.5"),
    ("L = 1,234.5", "L = 1234.5"),
    ("L = 1,500", "L = 1.500 or 1500"),
    ("L = 0,500", "L = 0.500"),
    ("L = 150 MB", "L = 150e6 or 150*1048576"),
    ("L = 2 MiB", "L = 2*1048576"),
    ("L = 138M", "L = 138e6"),
    ("L = (1)(1) + (-1)(-0,5)(1) = 1,5", "L = 1*1 + (-1)*(-0.5)*1 = 1.5"),
    ("L = max(0,5) = 5", "L = max(0, 5) or max(0.5) = 5"),
    ("L = exp(0,5)", "L = exp(0.5)"),
]  # fmt: skip
LATEX = [
    (r"$\frac{\partial L}{\partial w_{11}} = 1 \cdot 1 + 0.5 = 1.5$", "dL/dw11 = 1*1 + 0.5 = 1.5"),
    (r"$$h_1 = 2$$", "h1 = 2"),
    (r"\(h_{1} = 2\)", "h1 = 2"),
    (r"\hat{y}_1 = \hat y _{1} = 2", "yhat1 = yhat1 = 2"),
    (r"w_{11}^{\text{new}} = -0{,}65", "w11' = -0.65"),
    (r"w_{11}^{(1)} = \boxed{-0.5}", "w11 = -0.5"),
    (r"\frac{dL}{dw_{11}} = \frac{\mathrm{d} L}{\mathrm{d} w_{11}} = 1.5", "dL/dw11 = dL/dw11 = 1.5"),
    (r"L = \frac12 \left( (2-1)^2 + (0-1)^{2} \right) = 1", "L = 1/2*((2 - 1)^2 + (0 - 1)^2) = 1"),
    (r"h_4 = \sigma\left(h_1\right) \approx 0.88", "h4 = sigma(h1) ≈ 0.88"),
    (r"h_4 = \text{LeakyReLU}(h_1, 0.5) = 2", "h4 = LeakyReLU(h1, 0.5) = 2"),
    (r"L = \sqrt{4} + \sqrt[3]{8} = 4", "L = sqrt(4) + 8^(1/3) = 4"),
    (r"L = -\ln 0.35 = -\log(0.35)", "L = -ln(0.35) = -log(0.35)"),
    (r"h_1 = 2 \times 3 \quad (h_1 = 2 > 0)", "h1 = 2*3"),
    (r"h_4 = \begin{cases} 1 & \text{if } h_1 > 0 \\ 0 & \text{otherwise} \end{cases} = 1",
     "h4 = where(h1 > 0, 1, 0) = 1"),
    (r"\underbrace{h_1}_{\text{first}} = 2", None),
    (r"\Rightarrow h_1 = 2", "h1 = 2"),
    (r"h_1 = 2 \tag{1}", "h1 = 2"),
    (r"\color{red} h_1 = {\bf 2}", None),
]  # fmt: skip
REMARKS = [
    ("so L ≈ 0.693", "L ≈ 0.693"),
    ("The loss is L = 0.69, which is small.", "L = 0.69"),
    ("L = 0.5 + 0.19 (from above)", "L = 0.5 + 0.19"),
    ("L = 0.69  # as in the lecture", "L = 0.69"),
    ("L = 0.69 // as in the lecture", "L = 0.69"),
    ("- h1 = 2", "h1 = 2"),
    ("1. h1 = 2", "h1 = 2"),
    ("(a) h1 = 2", "h1 = 2"),
    ("> h1 = 2", "h1 = 2"),
    ("**h1 = 2**", "h1 = 2"),
    ("`h1 = 2`", "h1 = 2"),
    ("Step 1: h1 = 2", "h1 = 2"),
    ("h1 = 2 ✓", "h1 = 2"),
    ("h1 = 2.", "h1 = 2"),
    ("h1 = 2   (h1 = 2 > 0)", "h1 = 2"),
    ("| h1 | 1 + 1 | 2 |", "h1 = 1 + 1 = 2"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), [*PLAIN, *NAMES, *NOTES, *NUMBERS, *LATEX, *REMARKS])
def test_a_claim_about_a_net(written: str, expected: str | None) -> None:
    line = read_claim(written, NET)
    if expected is None:  # it is told, or read in part; nothing is guessed
        assert line.problem or any(side.problem for chain in line.chains for side in chain.sides)
    else:
        check(written, NET, expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("h1 = 2, h2 = 0 and h3 = -2", ["h1 = 2", "h2 = 0", "h3 = -2"]),
        ("h1 = 2; h2 = 0", ["h1 = 2", "h2 = 0"]),
        ("h1=2 h2=0", ["h1 = 2", "h2 = 0"]),
        ("h1=2,h2=0", ["h1 = 2", "h2 = 0"]),
        ("h1 = 1,5, h2 = 0,5", ["h1 = 1.5", "h2 = 0.5"]),
        ("h1 = 2 => h4 = 2", ["h1 = 2", "h4 = 2"]),
        (r"$h_1 = 2 \Rightarrow h_4 = 2$", ["h1 = 2", "h4 = 2"]),
        ("(a) h1 = 2 (b) h2 = 0", ["h1 = 2", "h2 = 0"]),
        (r"\begin{aligned} h_1 &= 2 \\ h_2 &= 0 \end{aligned}", ["h1 = 2", "h2 = 0"]),
        ("h1 = 2   h2 = 0", ["h1 = 2", "h2 = 0"]),
    ],
)
def test_several_chains_on_a_line(written: str, expected: list[str]) -> None:
    check(written, NET, *expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("p = [0.2, 0.3, 0.5]", "p = [0.2, 0.3, 0.5]"),
        ("p = [0.2 0.3 0.5]", "p = [0.2, 0.3, 0.5]"),
        ("p = [0,2 0,3 0,5]", "p = [0.2, 0.3, 0.5]"),
        ("p = (0.1, 0.7, 0.2)ᵀ", "p = [0.1, 0.7, 0.2]"),
        ("p = (0,1; 0,7; 0,2)", "p = [0.1, 0.7, 0.2]"),
        ("p = (0,1, 0,7, 0,2)", "p = [0.1, 0.7, 0.2]"),
        ("p = 0.1, 0.7, 0.2", "p = [0.1, 0.7, 0.2]"),
        ("p = (1,5)", "p = [1, 5] or 1.5"),
        ("p = [1,2,3]", "p = [1, 2, 3]"),
        ("p = [1 -2]", "p = [1, -2]"),
        ("W = [[1 2],[3 4]]", "W = [[1, 2], [3, 4]]"),
        ("W = [[1, 2], [3, 4]]", "W = [[1, 2], [3, 4]]"),
        ("W = [[1,2],[3,4]]", "W = [[1, 2], [3, 4]] or [[1.2], [3.4]]"),
        ("W = [1 2; 3 4]", "W = [[1, 2], [3, 4]]"),
        (r"W = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", "W = [[1, 2], [3, 4]]"),
        (r"p = \begin{pmatrix} 1 \\ 0,5 \end{pmatrix}", "p = [1, 0.5]"),
        ("z = W x + b", "z = W @ x + b"),
        ("z = W·x + b", "z = W @ x + b"),
        ("dL/dW[1,2] = 0.5", "dL/dW[1, 2] = 0.5"),
        ("W[1,2] = 0.5", "W[1, 2] = 0.5"),
        ("W_{12} = W_12 = 0.5", "W[1, 2] = W[1, 2] = 0.5"),
        (r"\frac{\partial L}{\partial W_{12}} = 0{,}25", "dL/dW[1, 2] = 0.25"),
        ("W' = W - 0.1 * dW", "W' = W - 0.1*dL/dW"),
        ("∇_W L = W^T x", "dL/dW = W.T @ x"),
        ("p₁ = e^{z_1}/(e^{z_1}+e^{z_2})", "p[1] = e^z[1]/(e^z[1] + e^z[2])"),
        ("p = softmax(z) ≈ [0.1, 0.9]", "p = softmax(z) ≈ [0.1, 0.9]"),
    ],
)
def test_a_claim_about_arrays(written: str, expected: str) -> None:
    check(written, ARRAYS, expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("m1 = 0.05, v1 = 0.00025; m1_hat = 0.5", ["m[1] = 0.05", "v[1] = 0.00025", "mhat[1] = 0.5"]),
        ("theta_2 = 0.8", ["theta[2] = 0.8"]),
        ("θ₂ = 0,8", ["theta[2] = 0.8"]),
        ("theta(2) = theta(1) - lr*mhat(1)", ["theta[2] = theta[1] - lr*mhat[1]"]),
        (r"\theta^{(2)} = \theta_1 - \eta \hat{m}_1", ["theta[2] = theta[1] - lr*mhat[1]"]),
        (
            r"$v_1 = \beta_2 v_0 + (1-\beta_2) g_1^2 = 0.004$",
            ["v[1] = beta2*v[0] + (1 - beta2)*g[1]^2 = 0.004"],
        ),
        ("θ₁ = θ₀ − η·m̂₁/(√v̂₁ + ε)", ["theta[1] = theta[0] - lr*mhat[1]/(sqrt(vhat[1]) + eps)"]),
    ],
)
def test_a_claim_about_a_run_of_an_optimizer(written: str, expected: list[str]) -> None:
    check(written, ADAM, *expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("conv1: 6x28x28, (5*5*1+1)*6 = 156", ["shape(conv1) = [6, 28, 28]", "params(conv1) = (5*5*1 + 1)*6 = 156"]),
        ("conv1 -> 6x28x28", ["shape(conv1) = [6, 28, 28]"]),
        ("fc1: 120, 48,120 params", ["shape(fc1) = [120]", "params(fc1) = 48120"]),
        ("RF: 1 -> 5 -> 6 -> 14", ["rf(conv1) = 5", "rf(pool1) = 6", "rf(conv2) = 14"]),
        ("receptive field: 5, 6, 14", ["rf(conv1) = 5", "rf(pool1) = 6", "rf(conv2) = 14"]),
        ("params(total) = 3640", ["params(total) = 3640"]),
        ("total params = 61.706", ["params(total) = 61706 or 61.706"]),
        ("params(conv1) = 1,500", ["params(conv1) = 1500 or 1.500"]),
        ("#params(fc1) = 400*120 + 120 = 48120", ["params(fc1) = 400*120 + 120 = 48120"]),
        ("number of parameters of conv1 = 156", ["params(conv1) = 156"]),
        ("conv1 params = 156", ["params(conv1) = 156"]),
        ("shape(conv2) = 10x4x4", ["shape(conv2) = [10, 4, 4]"]),
        ("shape(conv2) = 10 × 4 × 4", ["shape(conv2) = [10, 4, 4]"]),
        ("shape(conv2) = (10, 4, 4)", ["shape(conv2) = [10, 4, 4]"]),
        ("conv2.shape = [10, 4, 4]", ["shape(conv2) = [10, 4, 4]"]),
        ("output shape of conv1: 6 × 28 × 28", ["shape(conv1) = [6, 28, 28]"]),
        ("out(conv1) = 6x28x28", ["shape(conv1) = [6, 28, 28]"]),
        ("receptive field of conv2 = 14", ["rf(conv2) = 14"]),
        ("shape(conv1): 6×28×28, rf(conv1) = 5", ["shape(conv1) = [6, 28, 28]", "rf(conv1) = 5"]),
        ("conv1: (None, 6, 28, 28), 156", ["shape(conv1) = [6, 28, 28]", "params(conv1) = 156"]),
        ("| conv1 | 6x28x28 | 156 |", ["shape(conv1) = [6, 28, 28]", "params(conv1) = 156"]),
        ("params(layer1.0.conv1) = 9", ["params(layer1_0_conv1) = 9"]),
    ],
)
def test_a_claim_about_layers(written: str, expected: list[str]) -> None:
    check(written, LISTING, *expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("h_1 = tanh(w_x x_1 + w_h h_0)", "h[1] = tanh(wx*x[1] + wh*h[0])"),
        ("h^{(2)} = h(2) = 0.3", "h[2] = h[2] = 0.3"),
        ("∂L/∂h₂ · ∂h₂/∂h₁ = 0.4", "∂L/∂h[2]*∂h[2]/∂h[1] = 0.4"),
        ("w_x' = w_x - 0.1 dL/dw_x", "wx' = wx - 0.1*dL/dwx"),
        ("w^{(1)}_{11} = 3", "k11 = 3"),
        ("paths(h_1, L) = 2", "paths(h[1], L) = 2"),
        ("number of paths from h_1 to L = 2", "paths(h[1], L) = 2"),
    ],
)
def test_a_claim_about_steps_in_time_labels_and_structure(written: str, expected: str) -> None:
    known = Names(
        ["h[0]", "h[1]", "h[2]", "x[1]", "wx", "wh", "k11", "L"],
        output="L",
        updated=["wx"],
        reads={"h[2]": ["h[1]"], "L": ["h[2]"]},
        labels={"k11": "w^{(1)}_{11}"},
        facts=["paths"],
    )
    check(written, known, expected)


@pytest.mark.parametrize(
    ("written", "known", "problem", "hint"),
    [
        ("h9 = 3", NET, "'h9' is not a quantity here", "known: h1, h2, h3, h4"),
        ("yhat3 = 3", NET, "'yhat3' is not a quantity here", "did you mean 'yhat2'?"),
        ("dL/dw99 = 3", NET, "'w99' is not a quantity here", "known: w11, w12, w21"),
        ("x1' = 3", NET, "'x1'' is not a quantity here", "did you mean 'x1'?"),
        ("h1", NET, "a claim names a quantity and its value", "such as L = 2"),
        ("", NET, "a claim names a quantity and its value", "such as L = 2"),
        ("= 3", NET, "this line begins with '=', but no chain comes before it", "such as L = 2"),
        ("params(conv9) = 3", LISTING, "'conv9' is not a layer here", "did you mean 'conv2'?"),
        ("RF: 1 -> 5", LISTING, "2 numbers are given for 3 layers", "one for each of conv1, pool1, conv2"),
        ("h1 = \0", NET, "this line holds characters that are not text", ""),
        (r"\hat{" * 80, NET, "braces are nested more than 60 deep here", ""),
    ],
)
def test_what_cannot_be_read_is_told(written: str, known: Names, problem: str, hint: str) -> None:
    known._hints.clear()  # hints are given for so many unknown names, and other tests ask as well
    line = read_claim(written, known)
    assert (line.problem, line.hint) == (problem, hint)


@pytest.mark.parametrize(
    ("side", "problem"),
    [
        ("3 * zz", "'zz' is not a known quantity"),
        ("1 + ... + 2", "'…' leaves terms out"),
        ("3 4", "an operator is missing between two numbers"),
        (r"\sum_{i=1}^{2} x_i", "a sum over an index is not read"),
        ("2)", "')' closes nothing"),
        ("1e999999999", "this number is out of range"),
        ("()", "these brackets are empty"),
        ("from above", "there is no value here"),
    ],
)
def test_a_side_that_cannot_be_read_does_not_keep_the_others_from_it(side: str, problem: str) -> None:
    (chain,) = read_claim(f"h1 = {side} = 2", NET).chains
    first, second = chain.sides
    assert (first.expr, second.expr) == (None, Num("2"))
    assert first.problem.startswith(problem)


PAGE = r"""# Exercise 6

Forward pass:
h1 = w11*x1 + w21*x2 + b1
   = -0.5*1 + (-1)*(-2)
     + 0.5
   = 2
This is where I was not sure.

- h9 = 3
  = 4
```python
h2 = 0   # relu
```
```mermaid
h3 = 7
```
$$
\begin{aligned}
L &= \frac{1}{2} \cdot 2 \\
&= 1
\end{aligned}
$$
w11 → h1 → L
h4 = [1,
      2]
"""


def test_a_page() -> None:
    lines = read_page(PAGE, NET)
    assert [(line.number, said(line), line.problem) for line in lines if line.chains or line.problem] == [
        (4, ["h1 = w11*x1 + w21*x2 + b1"], ""),
        (5, ["… h1 = -0.5*1 + (-1)*(-2) + 0.5"], ""),
        (7, ["… h1 = 2"], ""),
        (10, [], "'h9' is not a quantity here"),
        (11, [], "this goes on with a line that is not read"),
        (13, ["h2 = 0"], ""),
        (20, ["L = 1/2*2"], ""),
        (21, ["… L = 1"], ""),
        (25, ["h4 = [1, 2]"], ""),
    ]
    assert [line.number for line in lines if not line.chains and not line.problem] == [1, 3, 8, 18, 19, 22, 23, 24]


def test_a_drawn_matrix_is_read_with_the_line_in_its_middle() -> None:
    page = "z = ⎡1  2⎤·[1, 1] + b\n    ⎣3  4⎦\n  = [3, 7]"
    assert [chain for line in read_page(page, ARRAYS) for chain in said(line)] == [
        "z = [[1, 2], [3, 4]] @ [1, 1] + b",
        "… z = [3, 7]",
    ]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("(a) 2.0   (b) 0", ["h1 = 2.0", "L = 0"]),
        ("a) 2.0\nb) 0", ["h1 = 2.0", "L = 0"]),
        ("(b) 0\n(a) 2", ["L = 0", "h1 = 2"]),
        ("2.0\n0,5", ["h1 = 2.0", "L = 0.5"]),
        ("2.0; 0,5", ["h1 = 2.0", "L = 0.5"]),
        ("(a) 0.5*2 = 1", ["h1 = 0.5*2 = 1"]),
        ("(a) h1 = 2\n(b) the loss is 3", ["h1 = 2"]),
    ],
)
def test_values_without_names_are_those_that_are_asked_for(page: str, expected: list[str]) -> None:
    assert [chain for line in read_page(page, NET, ["h1", "L"]) for chain in said(line)] == expected


def test_a_side_is_shown_as_it_stands() -> None:
    (chain,) = read_claim(r"$h_1 = \frac{1}{2} \cdot 4 \approx \boxed{2,0}$", NET).chains
    assert [side.text for side in chain.sides] == [r"\frac{1}{2} \cdot 4", "2,0"]
