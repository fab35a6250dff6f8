"""Mistakes that people make with whole arrays: one row for each way to make one."""

from __future__ import annotations

from stepper.tables.mistake import Mistake

_MATRICES = "Parr and Howard, The matrix calculus you need for deep learning, 2018, sections 4 and 5"
_NETS = "CS231n, course notes of 2016, Backpropagation, intuitions: common slips in gradients by hand"
_CONV = "Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, chapters 2 and 4"
_POOL = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.3"
_SOFTMAX = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.3"
_NORM = "Ioffe and Szegedy, Batch normalization, 2015, section 3"
_SIGNS = "Ashlock, Error Patterns in Computation, 2010, chapters 6 and 7: signs, parentheses, powers"
_LOSS = "Bishop, Pattern Recognition and Machine Learning, 2006, section 5.2.3: sums, means and halves"

_TURNED = "cross-correlation leaves the kernel as it is; convolution in mathematics rotates it by 180°"
_ORDER = "where the shapes allow both, they do not tell which is right"
_STATISTICS = "the statistics depend on the entries, so the gradient goes through them too"
_BACK = "a*(g - broadcast_to(sum(g*a, k), a, k))"
"""The gradient that goes back through a softmax, whose value is a."""
_LOG_LOSS_OF_MANY = "a*(-y/(n*a) - broadcast_to(sum((-y/(n*a))*a, k), a, k))"
"""The same behind a cross-entropy of n samples with targets y, which comes to (a - y)/n."""


def _sliding(d: str) -> tuple[Mistake, ...]:
    """Convolutions and pools, over as many axes as their names tell."""
    conv, back, weight = (
        f"conv{d}(x, k, s, p, q, r)",
        f"conv{d}_input(g, k, x, s, p, q, r)",
        f"conv{d}_weight(g, x, k, s, p, q, r)",
    )
    most, mean = f"max_pool{d}(x, k, s, p, q, c)", f"avg_pool{d}(x, k, s, p, c, i, v)"
    to_most, to_mean = f"max_unpool{d}(g, x, k, s, p, q, c)", f"avg_unpool{d}(g, x, k, s, p, c, i, v)"
    return (
        Mistake("kernel turned", "value", f"{conv} -> conv{d}(x, rot180(k), s, p, q, r)",
            "the kernel is rotated by 180° in {line}", _TURNED, 3, _CONV, again=True),
        Mistake("transposed", "value", f"{conv} -> conv{d}(x, k.T, s, p, q, r)", "the kernel is transposed in {line}",
            "rows of the kernel lie on rows of the input", 1, _CONV, again=True),
        Mistake("kernel not turned", "gradient", f"{back} -> conv{d}_input(g, rot180(k), x, s, p, q, r)",
            "the kernel is not rotated by 180° in {line}", "what the kernel gathers, it spreads the other way round", 4,
            _CONV),
        Mistake("kernel turned", "gradient", f"{weight} -> rot180({weight})", "{line} is rotated by 180°", _TURNED, 2,
            _CONV),
        Mistake("stride left out", "value",
            f"{conv} -> leading(leading(conv{d}(x, k, 1, p, q, r), {conv}, -2), {conv}, -1)",
            "the window moves by one entry at a time in {line}", "from one result to the next it moves by the stride",
            3, _CONV),
        Mistake("padding left out", "value", f"{conv} -> conv{d}(pad(x, [0, 0], [2*p, 2*p]), k, s, 0, q, r)",
            "the first window lies on the first entries in {line}, as if there were no padding",
            "the first window begins in the border of zeros", 3, _CONV),
        Mistake("stride left out", "gradient", f"{back} -> conv{d}_input(g, k, x, 1, p, q, r)",
            "the window moves by one entry at a time in {line}", "each gradient goes back to the window that it is of",
            3, _CONV),
        Mistake("stride left out", "gradient", f"{weight} -> leading(leading(conv{d}(x, g, 1, p, q, r), k, -2), k, -1)",
            "the window moves by one entry at a time in {line}", "each gradient is multiplied by its own window", 3,
            _CONV),
        Mistake("padding left out", "gradient",
            f"{back} -> pad(conv{d}_input(g, k, pad(x, [0, 0], [2*p, 2*p]), s, 0, q, r), [0, 0], [-2*p, -2*p])",
            "the first window lies on the first entries in {line}, as if there were no padding",
            "each gradient goes back to the window that it is of", 3, _CONV),
        Mistake("padding left out", "gradient",
            f"{weight} -> conv{d}_weight(g, pad(x, [0, 0], [2*p, 2*p]), k, s, 0, q, r)",
            "the first window lies on the first entries in {line}, as if there were no padding",
            "each gradient is multiplied by its own window", 3, _CONV),
        Mistake("average for maximum", "value", f"{most} -> avg_pool{d}(x, k, s, p, c, 1, 0)",
            "the average of each window is taken in {line}", "the pool keeps the largest entry", 2, _POOL),
        Mistake("maximum for average", "value", f"{mean} -> max_pool{d}(x, k, s, p, 1, c)",
            "the largest entry of each window is taken in {line}", "the pool takes the average", 2, _POOL),
        Mistake("divisor left out", "value", f"{mean} -> avg_pool{d}(x, k, s, p, c, i, 1)",
            "the sum of each window is taken in {line}", "an average is divided by how many there are", 2, _POOL),
        Mistake("kernel side for square", "value", f"{mean} -> avg_pool{d}(x, k, s, p, c, i, k)",
            "the sum of each window is divided by the side of the window in {line}",
            "a window has as many entries as its side times its side", 1, _POOL),
        Mistake("gradient to all", "gradient", f"{to_most} -> avg_unpool{d}(g, x, k, s, p, c, 1, 1)",
            "every entry of a window is given the gradient in {line}", "only the largest entry moves the maximum", 3,
            _POOL),
        Mistake("gradient to the wrong place", "gradient", f"{to_most} -> max_unpool{d}(g, -x, k, s, p, q, c)",
            "the smallest entry of each window is given the gradient in {line}",
            "only the largest entry moves the maximum", 2, _POOL),
        Mistake("divisor left out", "gradient", f"{to_mean} -> avg_unpool{d}(g, x, k, s, p, c, i, 1)",
            "the gradient is not divided by the size of the window in {line}",
            "each entry of a window has a share of the average", 4, _POOL),
        Mistake("kernel side for square", "gradient", f"{to_mean} -> avg_unpool{d}(g, x, k, s, p, c, i, k)",
            "the gradient is divided by the side of the window in {line}",
            "a window has as many entries as its side times its side", 2, _POOL),
    )  # fmt: skip


ARRAY_MISTAKES: tuple[Mistake, ...] = (
    # ---- forward
    Mistake("transposed", "value", "a @ b -> a.T @ b", "{other} is taken for {part} in {line}", _ORDER, 3, _MATRICES),
    Mistake("transposed", "value", "a @ b -> a @ b.T", "{other} is taken for {part} in {line}", _ORDER, 3, _MATRICES),
    Mistake("factors exchanged", "value", "a @ b -> b @ a", "{other} is taken for {part} in {line}",
        "a product of matrices depends on the order", 2, _MATRICES),
    Mistake("elementwise product", "value", "a @ b -> a*b", "{part} is multiplied entry by entry in {line}",
        "a product of matrices adds up rows times columns", 1, _MATRICES),
    Mistake("sum squared", "value", "sum(x^2, a) -> sum(x, a)^2", "the sum is squared in {line}, not each entry",
        "(a + b)² is a² + 2·a·b + b²", 2, _SIGNS),
    Mistake("mean for sum", "value", "sum(x, a) -> mean(x, a)", "the mean is taken in {line}",
        "the terms are added up", 3, _LOSS, again=True),
    Mistake("sum for mean", "value", "mean(x, a) -> sum(x, a)", "the sum is taken in {line}",
        "a mean is divided by how many there are", 4, _LOSS, again=True),
    Mistake("maximum for mean", "value", "mean(x, a) -> max(x, a)", "the largest entry is taken in {line}",
        "the mean adds all of them up", 1, _LOSS),
    Mistake("not normalised", "value", "softmax(x, a) -> exp(x)", "{line} is not divided by the sum",
        "probabilities add up to 1", 3, _SOFTMAX),
    Mistake("softmax along the other axis", "value", "softmax(x, -1) -> softmax(x, 1)",
        "the softmax is taken along the other axis in {line}", "each row is one sample", 3, _SOFTMAX),
    Mistake("maximum for sum", "value", "softmax(x, a) -> exp(x)/broadcast_to(max(exp(x), a), x, a)",
        "{line} is divided by the largest entry, not by the sum", "probabilities add up to 1", 1, _SOFTMAX),
    Mistake("wrong class", "value", "take another class", "another class is taken for the true one in {line}",
        "the loss reads the probability of the true class", 3, _LOSS, role="loss", again=True),
    # ---- backward: losses
    Mistake("half left out", "local", "double", "{line} is doubled",
        "what divides the function divides its derivative", 3, _LOSS, role="loss"),
    Mistake("sign of the difference", "gradient", f"{_BACK} -> -({_BACK})", "the sign of {line} is changed",
        "the gradient of the logits is p - y", 5, _SOFTMAX),
    Mistake("target left out", "gradient", f"{_BACK} -> -(a*broadcast_to(sum(g*a, k), a, k))",
        "the target is left out of {line}", "the gradient of the logits is p - y", 3, _SOFTMAX),
    Mistake("off-diagonal left out", "gradient", f"{_BACK} -> g*a*(1 - a)",
        "only the diagonal of the softmax's derivative is taken in {line}", "each logit changes all probabilities", 3,
        _SOFTMAX),
    Mistake("wrong class", "gradient", "take another class behind",
        "another class is taken for the true one in {line}", "1 is subtracted at the true class", 2, _SOFTMAX),
    Mistake("1/n left out", "gradient", f"unfolded: {_LOG_LOSS_OF_MANY} -> a - y",
        "{line} is not divided by the number of samples",
        "what divides the loss divides its gradient", 4, _LOSS),
    # ---- backward: products
    Mistake("transposed", "gradient", "a.T @ b -> a @ b", "{other} is taken for {part} in {line}",
        "backwards the matrix is transposed", 4, _MATRICES),
    Mistake("transposed", "gradient", "a @ b.T -> a @ b", "{other} is taken for {part} in {line}",
        "backwards the matrix is transposed", 4, _MATRICES),
    Mistake("transposed", "gradient", "outer(a, b) -> outer(b, a)", "{other} is taken for {part} in {line}",
        "the gradient has the shape of the weights", 3, _MATRICES),
    Mistake("dot for outer product", "gradient", "outer(a, b) -> diag(a*b)",
        "{part} is multiplied entry by entry in {line}", "each weight has its own input and its own output", 1,
        _MATRICES),
    Mistake("upstream left out", "gradient", "outer(a, b) -> outer(0*a + 1, b)",
        "the factor from above is left out of {line}",
        "the local derivative is multiplied by the gradient from above", 3, _NETS),
    Mistake("factor left out", "gradient", "outer(a, b) -> outer(a, 0*b + 1)",
        "the factor of the input is left out of {line}",
        "the derivative of w·x for w is x", 3, _NETS),
    Mistake("updated weight used", "gradient", "take the new value",
        "the new value {other} is taken for {part} in {line}",
        "all gradients are taken before any step", 3, _NETS),
    # ---- backward: sums
    Mistake("mean for sum", "gradient", "sum(x, a) -> mean(x, a)", "the mean is taken in {line}",
        "what is used several times adds up its gradients", 2, _LOSS, role="parameter"),
    Mistake("one use only", "gradient", "sum(x, 1) -> x[1]", "only the first term of the sum is taken in {line}",
        "what is used several times adds up its gradients", 2, _LOSS, role="parameter"),
    Mistake("one use only", "gradient", "sum(x, 0) -> x[1,1]", "only the first term of the sum is taken in {line}",
        "what is used several times adds up its gradients", 2, _LOSS, role="parameter"),
    # ---- backward: norms
    Mistake("statistics as constants", "gradient",
        "standardized_back(g, x, k, e) -> g/broadcast_to(sqrt(var(x, k) + e), x, k)",
        "the mean and the variance are taken as constants in {line}", _STATISTICS, 4, _NORM),
    Mistake("statistics as constants", "gradient",
        "standardized_back(g, x, k, e) -> (g - broadcast_to(mean(g, k), x, k))/broadcast_to(sqrt(var(x, k) + e), x, k)",
        "the variance is taken as a constant in {line}", _STATISTICS, 2, _NORM),
    Mistake("statistics as constants", "gradient",
        "g/broadcast_to(r, x, k)*w + d -> g/broadcast_to(r, x, k)*w",
        "the root mean square is taken as a constant in {line}", _STATISTICS, 4, _NORM),
    # ---- sliding windows
    *_sliding("2d"),
    *_sliding(""),
)  # fmt: skip
