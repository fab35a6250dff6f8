"""Functions of arrays that only move entries: parts of an array, other shapes, padding, channels that become pixels."""

from __future__ import annotations

from collections.abc import Iterator

from stepper.tables.array import ArrayFunction

_NUMPY = "NumPy documentation"
_PYTORCH = "PyTorch documentation, torch.nn"
_SIDES = "before, after"


def _move(
    name: str, parameters: str, source: str, says: str, each: tuple[str, ...] = (), makes: str = ""
) -> Iterator[ArrayFunction]:
    """A function that moves entries, and what takes back what arrives at it."""
    settings = ", ".join(part.partition("=")[0].strip() for part in parameters.split(","))
    yield ArrayFunction(
        name, f"X[], {parameters}", source, machine=name, makes=makes, each=each, says=says,
        vjp={"X": f"{name}_backward(G, X, {settings})"},
    )  # fmt: skip
    yield back_of(name, parameters, source, each)


def back_of(name: str, parameters: str, source: str, each: tuple[str, ...] = ()) -> ArrayFunction:
    return ArrayFunction(
        f"{name}_backward", f"G[], X[], {parameters}", source, like="X", machine="moved_back", moves=name,
        works="100*G", each=each, says="each entry of the upstream gradient is added where it came from",
    )  # fmt: skip


MOVING: tuple[ArrayFunction, ...] = (
    *_move("part", "number, count, axis=1", f"{_NUMPY}, numpy.split", "one of several equal parts along an axis"),
    ArrayFunction("reshape", "X[], sizes", f"{_NUMPY}, numpy.reshape", machine="reshape", each=("sizes",),
        vjp={"X": "reshape_as(G, X)"}, says="the entries row after row in another shape"),
    ArrayFunction("upsample", "X[], factor", f"{_PYTORCH}.Upsample, nearest", machine="upsample", each=("factor",),
        makes="X*box", vjp={"X": "block_sum(G, factor)"},
        says="each entry of an image becomes a square; with a list of factors, one for each of the last axes, a box"),
    ArrayFunction("block_sum", "X[], factor", f"{_PYTORCH}.LPPool2d, of the first power", machine="block_sum",
        each=("factor",), vjp={"X": "upsample(G, factor)"},
        convention="the sum of each block, {1} entries along each of the last axes",
        says="each square of an image becomes the sum of its entries; with a list of factors, each box"),
    ArrayFunction("pad", f"X[], {_SIDES}, value[]=0", f"{_PYTORCH}.ConstantPad2d", machine="pad",
        each=("before", "after"),
        vjp={"X": "pad(G, -before, -after)",
             "value": "reshape_as(sum(G) - sum(pad(G, -before, -after)), value)"},
        makes="room",
        convention="{0} with entries added before and after along its last axes; a negative number takes entries away",
        says="the last axes extended by a number, or shortened where the padding is negative"),
    *(
        row
        for name, says in (
            ("reflection", "the last axes extended by their own entries, mirrored at the edge"),
            ("replication", "the last axes extended by the entry at the edge"),
            ("circular", "the last axes extended by the entries of the other end"),
        )
        for row in _move(f"{name}_pad", _SIDES, f"{_PYTORCH}.{name.capitalize()}Pad2d", says, ("before", "after"),
                         "room")
    ),
    *_move("channel_shuffle", "groups, axis=1", f"{_PYTORCH}.ChannelShuffle", "the first channel of each group, then "
           "the second of each"),
    ArrayFunction("pixel_shuffle", "X[], factor", f"{_PYTORCH}.PixelShuffle", machine="pixel_shuffle",
        vjp={"X": "pixel_unshuffle(G, factor)"}, says="factor^2 channels become a square of pixels"),
    ArrayFunction("pixel_unshuffle", "X[], factor", f"{_PYTORCH}.PixelUnshuffle", machine="pixel_unshuffle",
        vjp={"X": "pixel_shuffle(G, factor)"}, says="a square of pixels becomes factor^2 channels"),
)  # fmt: skip
