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
    *_move("upsample", "factor", f"{_PYTORCH}.Upsample, nearest", "each entry of an image becomes a square; with a "
           "list of factors, one for each of the last axes, a box", ("factor",), "X*box"),
    ArrayFunction("pad", f"X[], {_SIDES}, value[]=0", f"{_PYTORCH}.ConstantPad2d", machine="pad",
        each=("before", "after"),
        vjp={"X": "pad_backward(G, X, before, after)", "value": "reshape_as(pad_gap(G, X, before, after), value)"},
        makes="room",
        says="the last axes extended by a number, or shortened where the padding is negative"),
    back_of("pad", _SIDES, f"{_PYTORCH}.ConstantPad2d", ("before", "after")),
    ArrayFunction("pad_gap", f"G[], X[], {_SIDES}", f"{_PYTORCH}.ConstantPad2d", machine="pad_gap",
        each=("before", "after"), works="100*G", says="the sum of the upstream gradient over the padding"),
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
    *_move("pixel_shuffle", "factor", f"{_PYTORCH}.PixelShuffle", "factor^2 channels become a square of pixels"),
    *_move("pixel_unshuffle", "factor", f"{_PYTORCH}.PixelUnshuffle", "a square of pixels becomes factor^2 channels"),
)  # fmt: skip
