"""Short codes for layers, as exams and papers write them: one row each, with the layer that it means and the reading that is applied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """``pattern`` matches the whole code; ``layers`` are calls with its groups put in; ``says`` is printed where it is applied.

    ``claim`` is the output shape that the code states, channels first.
    """

    pattern: str
    layers: tuple[str, ...]
    says: str
    source: str
    claim: str = ""


CODES: tuple[Code, ...] = (
    Code(
        r"CONV-(?P<k>\d+)-(?P<n>\d+)", ("Conv2d(out_channels={n}, kernel_size={k})",),
        "CONV-K-N: N filters of size KxK, stride 1, no padding",
        "the exam table of two historians, Fall 2020 and later banks",
    ),
    Code(
        r"(?i:conv)(?P<k>\d+)-(?P<n>\d+)", ("Conv2d(out_channels={n}, kernel_size={k}, padding=({k} - 1)/2)",),
        "CONVk-n: n filters of size kxk, stride 1, padding (k-1)/2",
        "Simonyan and Zisserman, Very deep convolutional networks, 2015, table 1; CS231n notes",
    ),
    Code(
        r"(?i:conv)[- ](?P<n>\d+)", ("Conv2d(out_channels={n}, kernel_size=?)",),
        "CONV-n: n filters; their kernel is that of the line for all convolutions, or unknown", "lecture slides",
    ),
    Code(
        r"(?P<n>\d+)[Cc](?P<k>\d+)", ("Conv2d(out_channels={n}, kernel_size={k})",), "nCk: n maps, kernel k, stride 1, no padding",
        "Ciresan, Meier and Schmidhuber, Multi-column deep neural networks, 2012",
    ),
    Code(r"(?:MP|P|POOL-?|[Mm]ax[Pp]ool-?|S)(?P<k>\d+)", ("MaxPool2d({k})",), "POOL-k: max pooling, kernel k, stride k", "the same"),
    Code(r"(?:AP|[Aa]vg[Pp]ool-?)(?P<k>\d+)", ("AvgPool2d({k})",), "APk: average pooling, kernel k, stride k", "the same"),
    Code(r"(?:POOL|pool|[Mm]ax-?[Pp]ool(?:ing)?)", ("MaxPool2d(2)",), "POOL: max pooling, kernel 2, stride 2", "CS231n notes"),
    Code(r"(?:FC|fc|[Dd]ense|F)-?(?P<n>\d+)", ("FC({n})",), "FC-n: n neurons, each reads all that comes in", "CS231n notes"),
    Code(r"(?P<n>\d+)FC", ("FC({n})",), "nFC: n neurons, each reads all that comes in", "Ciresan et al., 2012"),
    Code(r"(?P<n>\d+)SM", ("FC({n})", "Softmax()"), "nSM: n neurons and a softmax", "Ciresan et al., 2012"),
    Code(r"c(?P<k>\d+)s(?P<s>\d+)-(?P<n>\d+)", ("Conv2d(out_channels={n}, kernel_size={k}, stride={s}, padding=({k} - 1)/2)",),
         "ckss-n: n filters of size kxk, stride s, reflection padding (k-1)/2", "Zhu, Park, Isola and Efros, CycleGAN, 2017, section 7.2"),
    Code(
        r"C(?P<label>\d+):?\s+(?P<n>\d+)@(?P<h>\d+)x(?P<w>\d+)", ("Conv2d(out_channels={n}, kernel_size=?)",),
        "C1: n@hxw: a convolution with n maps of size hxw; its kernel is solved",
        "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998, figure 2", "{n}x{h}x{w}",
    ),
    Code(
        r"[SP](?P<label>\d+):?\s+(?P<n>\d+)@(?P<h>\d+)x(?P<w>\d+)", ("AvgPool2d(kernel_size=?)",),
        "S2: n@hxw: subsampling to maps of size hxw, stride as the kernel; its kernel is solved", "the same", "{n}x{h}x{w}",
    ),
    Code(
        r"(?:[CF](?P<label>\d+)|OUTPUT|Output|output):?\s+(?P<n>\d+)", ("FC({n})",),
        "F6: n: n neurons, each reads all that comes in", "the same",
    ),
    Code(r"(?P<n>\d+)", ("FC({n})",), "a number alone: that many neurons, each reads all that comes in", "figures of fully connected nets"),
)  # fmt: skip
