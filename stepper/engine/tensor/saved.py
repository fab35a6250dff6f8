"""Arrays by their names from a file: .npz, .safetensors, .json. Nothing in it is executed, and no claim is believed."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stepper.core.arrays import MOST_AXES, MOST_ENTRIES
from stepper.engine.tensor.limits import MOST_EXACT, MOST_IN_ALL
from stepper.errors import Problem, StepperError, nearest

Named = Mapping[str, npt.NDArray[Any]]
HOW = "numpy.savez('w.npz', **{name: value.numpy() for name, value in model.state_dict().items()})"
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
"""Suffixes of files that pickle writes, which run as a program where they are read."""
LARGEST_TEXT, LARGEST_HEADER, MOST_NAMED = 50_000_000, 20_000_000, 50_000
DTYPES: Mapping[str, str] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip
"""The kinds of numbers in safetensors, as NumPy has them; of BF16 these are the upper halves of F32."""


def saved(path: Path) -> Named:
    """The arrays in a file.

    Raises:
        StepperError: where there is none, it is of another kind, or it holds something other than numbers.
    """
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        what = f"'{path}' is a pickle, which runs as a program where it is read, and is not read here"
        raise StepperError(Problem(what, hint=f"save it with safetensors, or {HOW}"))
    if suffix not in READERS:
        what = f"'{path}' is not a file of weights by its suffix"
        raise StepperError(Problem(what, hint=nearest(suffix, READERS) or f"one of {', '.join(READERS)}"))
    try:
        if not path.is_file():
            raise StepperError(Problem(f"there is no file '{path}'"))
        if not path.stat().st_size:
            raise StepperError(Problem(f"'{path}' is empty"))
        found = READERS[suffix](path)
    except _Broken as error:
        raise StepperError(Problem(f"'{path}' cannot be read: {error}", hint=error.hint)) from None
    except OSError as error:
        raise StepperError(Problem(f"'{path}' cannot be read: {error.strerror or 'it is broken'}")) from None
    for name, array in found.items():
        if not array.size or (array.dtype.kind == "f" and not np.isfinite(array).all()):
            what = "is empty" if not array.size else "holds a value that is not a finite number"
            raise StepperError(Problem(f"'{name}' in '{path}' {what}"))
    return found


class _Broken(Exception):
    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class _Room:
    """Counts what a file says that it holds, before any of it is read."""

    def __init__(self) -> None:
        self.entries = 0

    def take(self, name: str, shape: tuple[int, ...]) -> int:
        """How many entries a shape has."""
        count = math.prod(shape)
        self.entries += count
        if count > MOST_ENTRIES or len(shape) > MOST_AXES:
            what = f"'{name}' has {count:,} numbers on {len(shape)} axes"
            raise _Broken(what, f"up to {MOST_ENTRIES:,} entries and {MOST_AXES} axes")
        if self.entries > MOST_IN_ALL:
            raise _Broken(f"it holds more than {MOST_IN_ALL:,} numbers")
        return count


# ---- .npz


def _npz(path: Path) -> Named:
    """What numpy.savez writes: a zip of one .npy for each name."""
    found: dict[str, npt.NDArray[Any]] = {}
    room = _Room()
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.filename.endswith("data.pkl") for member in members):
                raise _Broken("it holds Python objects (a file of torch.save), which run where they are read", HOW)
            if len(members) > MOST_NAMED:
                raise _Broken(f"it holds {len(members):,} files")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name == member.filename:
                    raise _Broken(f"'{name}' in it is not a NumPy array", HOW)
                if name in found:
                    raise _Broken(f"'{name}' appears in it twice")
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise _Broken(f"'{name}' in it is packed in a way that numpy.savez does not use")
                with archive.open(member) as stream:
                    found[name] = _npy(name, stream, room)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        zlib.error,
    ):
        raise _Broken("it is not a file written by numpy.savez", HOW) from None
    return found


def _npy(name: str, stream: Any, room: _Room) -> npt.NDArray[Any]:
    """One array: its header, and as many bytes as that says."""
    if np.lib.format.read_magic(stream) != (1, 0):  # a later header may claim to be of gigabytes
        raise _Broken(f"'{name}' in it has a header of a kind that is not read")
    shape, turned, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise _Broken(f"'{name}' in it holds Python objects, which run where they are read", HOW)
    if dtype.kind not in "fiu":
        raise _Broken(f"'{name}' in it holds no real numbers")
    if any(size < 0 for size in shape):
        raise ValueError
    size = room.take(name, shape) * dtype.itemsize
    data = stream.read(size)
    if len(data) < size:
        raise _Broken(f"'{name}' in it ends before all of its numbers are there")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if turned else "C")


# ---- .safetensors


def _safetensors(path: Path) -> Named:
    """Eight bytes with the length of the header, the header in JSON, the numbers one array after the other."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, LARGEST_HEADER):
            raise _Broken(f"its header claims to have {length:,} bytes, and the file has {size:,}")
        header = _json_of(file.read(length), "its header")
    if not isinstance(header, dict) or len(header) > MOST_NAMED:
        raise _Broken("its header names no arrays")
    room, end, found = _Room(), 0, dict[str, npt.NDArray[Any]]()
    placed = {name: _placed(name, entry) for name, entry in header.items() if name != "__metadata__"}
    for name, (dtype, shape, begin, stop) in sorted(placed.items(), key=lambda entry: entry[1][2:]):
        wanted = room.take(name, shape) * np.dtype(DTYPES[dtype]).itemsize
        if begin < end:
            raise _Broken(f"'{name}' begins before the array in front of it ends")
        if stop - begin != wanted:
            raise _Broken(f"'{name}' is {_times(shape)} of {dtype}, {wanted:,} bytes, but occupies {stop - begin:,}")
        if 8 + length + stop > size:
            raise _Broken(f"'{name}' runs past the end of the file")
        end = stop
        array = np.empty(shape, DTYPES[dtype])
        if array.size:
            array = np.memmap(path, DTYPES[dtype], "r", 8 + length + begin, shape)
        found[name] = (array.astype("<u4") << 16).view("<f4") if dtype == "BF16" else array
    return {name: found[name] for name in placed}


def _placed(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """What the header says of an array."""
    entry = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _Broken(f"its header does not say where '{name}' is")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise _Broken(f"'{name}' is of {dtype}, which is not read", f"one of {', '.join(DTYPES)}")
    return dtype, tuple(shape), offsets[0], offsets[1]


def _sizes(found: Any) -> bool:
    return isinstance(found, list) and all(type(size) is int and 0 <= size < 1 << 60 for size in found)


# ---- .json


def _json(path: Path) -> Named:
    """Numbers in lists by their names; objects in objects are names with points between them."""
    if (size := path.stat().st_size) > LARGEST_TEXT:
        raise _Broken(f"it has {size:,} bytes", f"up to {LARGEST_TEXT:,}; a .npz takes less")
    root = _json_of(path.read_bytes(), "it")
    if not isinstance(root, dict):
        raise _Broken("it holds no names", '{"fc1.weight": [[1, 2]], "fc1.bias": [0]}')
    room, found = _Room(), dict[str, npt.NDArray[Any]]()
    for name, value in _flat(root, ""):
        if name in found:
            raise _Broken(f"'{name}' appears in it twice")
        found[name] = _lists(name, value, room)
    return found


def _flat(tree: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _lists(name: str, value: Any, room: _Room) -> npt.NDArray[Any]:
    shape: list[int] = []
    entries = [value]
    while isinstance(entries[0], list):
        length = len(entries[0])
        if not all(isinstance(part, list) and len(part) == length for part in entries):
            raise _Broken(f"'{name}' has rows of different lengths")
        if not length:
            raise _Broken(f"'{name}' holds an empty list")
        shape.append(length)
        entries = [entry for part in entries for entry in part]
    if not all(type(entry) in (int, float) for entry in entries):
        raise _Broken(f"'{name}' holds something other than numbers")
    try:
        numbers = [float(entry) for entry in entries]
    except OverflowError:
        numbers = [math.inf]
    if not all(map(math.isfinite, numbers)):
        raise _Broken(f"'{name}' holds a number that is too large")
    if room.take(name, tuple(shape)) > MOST_EXACT:
        return np.array(numbers).reshape(shape)
    return np.array([Fraction(repr(entry)) for entry in entries], dtype=object).reshape(shape)


def _json_of(data: bytes, what: str) -> Any:
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refused)
    except (UnicodeDecodeError, RecursionError, OverflowError):
        raise _Broken(f"{what} is not JSON") from None
    except ValueError as error:
        raise _Broken(f"{what} is not JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise _Broken(f"'{twice}' appears in it twice")
    return found


def _refused(word: str) -> float:
    raise _Broken(f"{word} in it is not a number")


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "one number"


READERS: Mapping[str, Callable[[Path], Named]] = {".npz": _npz, ".safetensors": _safetensors, ".json": _json}
"""How files are read, by their suffixes."""
