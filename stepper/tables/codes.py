"""Short codes for layers, as exams and papers write them: one row each, with the layer that it means and the reading
that is applied.
"""

from __future__ import annotations

from msgspec import Struct


class Code(Struct, frozen=True):
    """``pattern`` matches the whole code; ``layers`` are calls with its groups put in; ``says`` is printed where it is
    applied.

    ``claim`` is the output shape that the code states, ``input`` the shape that comes in, channels first. ``line``: the
    code is a whole line, blanks made single, sizes written 3x3. ``channels_last``: where it stands, shapes are height x
    width x channels.
    """

    pattern: str
    layers: tuple[str, ...]
    says: str
    source: str
    claim: str = ""
    input: str = ""
    line: bool = False
    channels_last: bool = False


CYCLEGAN = "Zhu, Park, Isola and Efros, CycleGAN, 2017, section 7.2"
PIX2PIX = (
    "Isola, Zhu, Zhou and Efros, Image-to-image translation with conditional adversarial networks, 2017, section 6.1"
)
MOBILENET = "Howard et al., MobileNets, 2017, table 1"
MOBILENET_SAYS = (
    "Conv / s2 | KxKxMxN | input: one layer per row, padding (K-1)/2, no biases; its batch norm and ReLU are left out, "
    "as in the table"
)
DARKNET = "Redmon and Farhadi, YOLOv3, 2018: the log of Darknet"
DARKNET_SAYS = (
    "a log of Darknet: padding of half the kernel; batch norms and activations do not appear in it and are left out"
)
NORM = " -> InstanceNorm2d() -> ReLU()"
SAME = "Conv2d(out_channels={n}, kernel_size=3, padding=1, padding_mode=reflect)"
_IN = r"(?P<i>\d+)x(?P<j>\d+)x(?P<c>\d+)"  # papers write the height first, Darknet the width
_OUT = r"-> (?P<wo>\d+)x(?P<ho>\d+)x(?P<co>\d+)(?: [\d.]+ BF(?:LOPs)?)?"


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
        r"(?P<n>\d+)[Cc](?P<k>\d+)", ("Conv2d(out_channels={n}, kernel_size={k})",),
        "nCk: n maps, kernel k, stride 1, no padding",
        "Ciresan, Meier and Schmidhuber, Multi-column deep neural networks, 2012",
    ),
    Code(r"(?:MP|P|POOL-?|[Mm]ax[Pp]ool-?|S)(?P<k>\d+)", ("MaxPool2d({k})",), "POOL-k: max pooling, kernel k, stride k",
        "the same"),
    Code(r"(?:AP|[Aa]vg[Pp]ool-?)(?P<k>\d+)", ("AvgPool2d({k})",), "APk: average pooling, kernel k, stride k",
        "the same"),
    Code(r"(?:POOL|pool|[Mm]ax-?[Pp]ool(?:ing)?)", ("MaxPool2d(2)",), "POOL: max pooling, kernel 2, stride 2",
        "CS231n notes"),
    Code(r"(?:FC|fc|[Dd]ense|F)-?(?P<n>\d+)", ("FC({n})",), "FC-n: n neurons, each takes the whole input",
        "CS231n notes"),
    Code(r"(?P<n>\d+)FC", ("FC({n})",), "nFC: n neurons, each takes the whole input", "Ciresan et al., 2012"),
    Code(r"(?P<n>\d+)SM", ("FC({n})", "Softmax()"), "nSM: n neurons and a softmax", "Ciresan et al., 2012"),
    # ---- networks that make images
    Code(
        r"c(?P<k>\d+)s(?P<s>\d+)-(?P<n>\d+)",
        ("Conv2d(out_channels={n}, kernel_size={k}, stride={s}, padding=({k} - 1)/2, padding_mode=reflect)",
            "InstanceNorm2d()", "ReLU()"),
        "ckss-n: convolution of size kxk, stride s, reflection padding (k-1)/2, n filters; instance norm; ReLU, "
        "also last", CYCLEGAN,
    ),
    Code(
        r"d(?P<n>\d{2,})",
        ("Conv2d(out_channels={n}, kernel_size=3, stride=2, padding=1)", "InstanceNorm2d()", "ReLU()"),
        "dn: convolution of size 3x3, stride 2, padding 1, n filters; instance norm; ReLU", CYCLEGAN,
    ),
    Code(
        r"R(?P<n>\d{2,})", (f"residual({SAME}{NORM} -> {SAME} -> InstanceNorm2d())",),
        "Rn: residual block of two convolutions of size 3x3, reflection padding 1, n filters, "
        "each with an instance norm", CYCLEGAN,
    ),
    Code(
        r"u(?P<n>\d{2,})",
        ("ConvTranspose2d(out_channels={n}, kernel_size=3, stride=2, padding=1, output_padding=1)", "InstanceNorm2d()",
            "ReLU()"),
        "un: transposed convolution of size 3x3, stride 2, padding 1, output padding 1, n filters; instance norm; ReLU",
        CYCLEGAN,
    ),
    Code(
        r"C(?P<n>\d{2,})", ("Conv2d(out_channels={n}, kernel_size=4, stride=2, padding=1)", "BatchNorm2d()", "ReLU()"),
        "Cn: convolution of size 4x4, stride 2, padding 1, n filters; batch norm; ReLU", PIX2PIX,
    ),
    Code(
        r"CD(?P<n>\d{2,})",
        ("Conv2d(out_channels={n}, kernel_size=4, stride=2, padding=1)", "BatchNorm2d()", "Dropout(0.5)", "ReLU()"),
        "CDn: convolution of size 4x4, stride 2, padding 1, n filters; batch norm; dropout of 0.5; ReLU", PIX2PIX,
    ),
    # ---- rows of tables and of logs
    Code(
        rf"Conv / s(?P<s>\d+) \| (?P<k>\d+)x(?P=k)x(?P<m>\d+)x(?P<n>\d+) \| {_IN}",
        ("Conv2d({m}, {n}, {k}, stride={s}, padding=({k} - 1)/2, bias=False)",),
        MOBILENET_SAYS, MOBILENET, input="{c}@{i}x{j}", line=True, channels_last=True,
    ),
    Code(
        rf"Conv dw / s(?P<s>\d+) \| (?P<k>\d+)x(?P=k)x(?P<m>\d+)(?: dw)? \| {_IN}",
        ("Conv2d({m}, {m}, {k}, stride={s}, padding=({k} - 1)/2, groups={m}, bias=False)",),
        MOBILENET_SAYS, MOBILENET, input="{c}@{i}x{j}", line=True, channels_last=True,
    ),
    Code(
        rf"Avg Pool / s(?P<s>\d+) \| Pool (?P<k>\d+)x(?P=k) \| {_IN}", ("AvgPool2d({k}, stride={s})",),
        MOBILENET_SAYS, MOBILENET, input="{c}@{i}x{j}", line=True, channels_last=True,
    ),
    Code(
        rf"FC / s1 \| (?P<m>\d+)x(?P<n>\d+) \| {_IN}", ("FC({n})",),
        MOBILENET_SAYS, MOBILENET, input="{c}@{i}x{j}", line=True, channels_last=True,
    ),
    Code(
        rf"Softmax / s1 \| Classifier \| {_IN}", ("Softmax()",),
        MOBILENET_SAYS, MOBILENET, input="{c}@{i}x{j}", line=True, channels_last=True,
    ),
    Code(r"layer filters size input output", (), DARKNET_SAYS, DARKNET, line=True, channels_last=True),
    Code(
        rf"(?P<label>\d+) conv (?P<n>\d+) (?P<k>\d+)x(?P=k) ?/ ?(?P<s>\d+) {_IN} {_OUT}",
        ("Conv2d({c}, {n}, {k}, stride={s}, padding=floor({k}/2))",),
        DARKNET_SAYS, DARKNET, "{co}@{ho}x{wo}", "{c}@{j}x{i}", line=True, channels_last=True,
    ),
    Code(
        rf"(?P<label>\d+) max (?P<k>\d+)x(?P=k) ?/ ?(?P<s>\d+) {_IN} {_OUT}",
        ("MaxPooling2D({k}, strides={s}, padding=same)",),
        DARKNET_SAYS, DARKNET, "{co}@{ho}x{wo}", "{c}@{j}x{i}", line=True, channels_last=True,
    ),
    Code(
        rf"(?P<label>\d+) upsample (?P<m>\d+)x {_IN} {_OUT}", ("Upsample(scale_factor={m})",),
        DARKNET_SAYS, DARKNET, "{co}@{ho}x{wo}", "{c}@{j}x{i}", line=True, channels_last=True,
    ),
    Code(rf"(?P<label>\d+) res (?P<a>\d+) {_IN} {_OUT}", ("Add({a})",), DARKNET_SAYS, DARKNET, "{co}@{ho}x{wo}",
        line=True,
         channels_last=True),
    Code(r"(?P<label>\d+) shortcut (?P<a>\d+)", ("Add({a})",), DARKNET_SAYS, DARKNET, line=True, channels_last=True),
    Code(r"(?P<label>\d+) route (?P<a>\d+)", ("Identity(from={a})",), DARKNET_SAYS, DARKNET, line=True,
        channels_last=True),
    Code(r"(?P<label>\d+) route (?P<a>\d+),? (?P<b>\d+)", ("Concat(from=[{a}, {b}])",), DARKNET_SAYS, DARKNET,
        line=True,
         channels_last=True),
    Code(r"(?P<label>\d+) (?:yolo|detection)", ("Identity()",), DARKNET_SAYS, DARKNET, line=True, channels_last=True),
    # ---- figures
    Code(
        r"C(?P<label>\d+):?\s+(?P<n>\d+)@(?P<h>\d+)x(?P<w>\d+)", ("Conv2d(out_channels={n}, kernel_size=?)",),
        "C1: n@hxw: a convolution with n maps of size hxw; its kernel is solved",
        "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998, figure 2",
        "{n}x{h}x{w}",
    ),
    Code(
        r"[SP](?P<label>\d+):?\s+(?P<n>\d+)@(?P<h>\d+)x(?P<w>\d+)", ("AvgPool2d(kernel_size=?)",),
        "S2: n@hxw: subsampling to maps of size hxw, stride as the kernel; its kernel is solved", "the same",
        "{n}x{h}x{w}",
    ),
    Code(
        r"(?:[CF](?P<label>\d+)|OUTPUT|Output|output):?\s+(?P<n>\d+)", ("FC({n})",),
        "F6: n: n neurons, each takes the whole input", "the same",
    ),
    Code(r"(?P<n>\d+)", ("FC({n})",), "a number alone: that many neurons, each takes the whole input",
        "figures of fully connected nets"),
)  # fmt: skip
