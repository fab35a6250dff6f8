"""Functions of arrays whose windows slide: each over one, two or three axes, and one that takes their number from its
arrays.
"""

from __future__ import annotations

from stepper.tables.array import ArrayFunction

_PYTORCH = "PyTorch documentation, torch.nn.functional"
_DL = "Goodfellow, Bengio and Courville, Deep learning, 2016"
_SLIDES = "stride=1, padding=0, dilation=1, groups=1"
_MOST = "kernel, stride=0, padding=0, dilation=1, ceil=0"
_MEAN = "kernel, stride=0, padding=0, ceil=0, include=1, divisor=0"
_EACH = ("kernel", "stride", "padding", "dilation", "output_padding")


def _rows(slides: int) -> tuple[ArrayFunction, ...]:
    """The functions that slide over so many axes, with or without channels and a batch before them; 0: as many as the
    arrays tell.
    """
    d = f"{slides}d" if slides else ""
    oracle = d or "2d"
    back, by_kernel = f"conv{d}_input", f"conv{d}_weight"
    return (
        ArrayFunction(
            f"conv{d}", f"X[], K[], {_SLIDES}", f"{_PYTORCH}.conv{oracle}", machine="conv", slides=slides, sliding="K",
            each=_EACH, makes="places*(inside + outputs)", works="places*inside*outputs",
            vjp={
                "X": f"{back}(G, K, X, stride, padding, dilation, groups)",
                "K": f"{by_kernel}(G, X, K, stride, padding, dilation, groups)",
            },
            also={
                "X": (f"conv{d}(G, turned(K), 1, reach(K) - 1 - padding)", "full correlation with the flipped kernel"),
                "K": (f"conv{d}(X, G, 1, padding)", "correlation of the input with the upstream gradient"),
            },
            element="sum(X[i*stride + a - padding]*K[a])", windows=True,
            says="cross-correlation: the kernel is not flipped"
            + ("" if slides else "; a kernel of up to two axes has no channels"),
        ),
        ArrayFunction(
            back, f"G[], K[], X[], {_SLIDES}", f"{_DL}, section 9.5, equation 9.13", like="X", machine="conv_back",
            windows=True, slides=slides, sliding="K", each=_EACH, works="G*inside",
            says="each entry of the upstream gradient times the kernel, added at the position of its window",
        ),
        ArrayFunction(
            by_kernel, f"G[], X[], K[], {_SLIDES}", f"{_DL}, section 9.5, equation 9.11", like="K",
            machine="conv_kernel", windows=True, slides=slides, sliding="K", each=_EACH,
            makes="G*inside/outputs", works="G*inside",
            says="each entry of the upstream gradient times its window, summed",
        ),
        ArrayFunction(
            f"max_pool{d}", f"X[], {_MOST}", f"{_PYTORCH}.max_pool{oracle}", machine="pool",
            fold="max", slides=slides, each=_EACH,
            sliding="X",
            makes="places*inside", works="20*places*inside", windows=True,
            vjp={"X": f"max_unpool{d}(G, X, kernel, stride, padding, dilation, ceil)"},
            says="among equal entries of a window the first takes the gradient"
            + ("" if slides else "; windows slide over the last two axes"),
        ),
        ArrayFunction(
            f"max_unpool{d}", f"G[], X[], {_MOST}", f"{_PYTORCH}.max_unpool{oracle}", like="X",
            machine="max_pool_back", slides=slides, each=_EACH,
            windows=True, routes="1 for each window whose largest entry it is",
            works="20000*G + 2000*X",
            says="each entry of the upstream gradient goes to the largest entry of its window; the others get 0",
        ),
        ArrayFunction(
            f"avg_pool{d}", f"X[], {_MEAN}", f"{_PYTORCH}.avg_pool{oracle}", machine="avg_pool",
            slides=slides, each=_EACH,
            sliding="X",
            makes="places*inside", windows=True, vjp={"X": f"avg_unpool{d}(G, X, kernel, stride, padding, ceil, "
                                                           f"include, divisor)"},
            says="the mean of each window" + ("" if slides else "; windows slide over the last two axes"),
        ),
        ArrayFunction(
            f"avg_unpool{d}", f"G[], X[], {_MEAN}", f"{_PYTORCH}.avg_pool{oracle}", like="X",
            machine="avg_pool_back", windows=True, slides=slides, each=_EACH,
            works="20000*G + 2000*X", says="each entry of the upstream gradient is divided evenly over its window",
        ),
        ArrayFunction(
            f"conv_transpose{d}", "X[], K[], stride=1, padding=0, output_padding=0, groups=1, dilation=1",
            f"{_PYTORCH}.conv_transpose{oracle}", machine="conv_transpose", slides=slides, sliding="K", each=_EACH,
            makes="X*K*step^3", works="X*K",
            vjp={
                "X": f"conv{d}(G, K, stride, padding, dilation, groups)",
                "K": f"{by_kernel}(X, G, K, stride, padding, dilation, groups)",
            },
            windows=True,
            says="each entry times the kernel, added at the position of its window; the kernel is inputs, outputs, "
                 "then the spatial axes",
        ),
    )  # fmt: skip


SLIDING: tuple[ArrayFunction, ...] = tuple(row for slides in (0, 1, 2, 3) for row in _rows(slides))
