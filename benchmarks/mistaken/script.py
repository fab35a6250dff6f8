"""A script: lines of plain NumPy that work out one network, run with its data; every name assigned is a quantity."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any

import numpy as np

Values = dict[str, Any]
Rounding = Callable[[Any], Any]


@dataclass(frozen=True)
class Net:
    """A network to ask about, as stepper reads it and as a script.

    Attributes:
        kind: a row of the report's table.
        document: what stepper reads, in a file with the ending ``ending``.
        lines: the script. A name with a leading underscore is a helper and no quantity.
        data: what the script begins with.
        options: of the question, such as a learning rate.
        named: names of the script that stepper spells otherwise.
        final: what an exam would ask for, as patterns of the script's names.
        whole: is an array claimed as a whole, and not one entry of it?
    """

    kind: str
    document: str
    lines: tuple[str, ...]
    data: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    final: str = r".*"
    whole: bool = False
    ending: str = ".yaml"
    act: str = ""
    unsure: str = ""
    """Names that are not claimed, as a pattern: no nodes of their own, or slopes where entries tie."""

    @cached_property
    def right(self) -> Values:
        """Every quantity by its name in the script, in the order of the script."""
        return run(self.lines, self.data)

    @cached_property
    def claimable(self) -> list[str]:
        """The quantities that stepper knows, without those that are not claimed."""
        return [name for name in self.right if not (self.unsure and re.fullmatch(self.unsure, name))]

    def name(self, variable: str) -> str:
        """The quantity as stepper spells it: ``dL_dw11`` is dL/dw11, ``w11_new`` is w11'."""
        if variable in self.named:
            return self.named[variable]
        base, bracket, rest = variable.partition("[")
        place = f"{bracket}{rest}"
        if base.startswith("dL_d"):
            return f"dL/d{self.name(base[4:] + place)}"
        if base.endswith("_new"):
            return f"{self.name(base[:-4])}'{place}"
        for what in ("shape", "params", "rf"):
            if base.startswith(f"{what}_"):
                return f"{what}({base[len(what) + 1 :]})"
        return variable


class Log(dict[str, Any]):
    """Names in the order in which they are assigned first, rounded as they are assigned."""

    def __init__(self, rounding: Rounding | None) -> None:
        self.rounding = rounding

    def __setitem__(self, name: str, value: Any) -> None:
        if self.rounding is not None and isinstance(value, float | np.floating | np.ndarray):
            value = self.rounding(value)
        super().__setitem__(name, value)


class Steps(dict[int, Any]):
    """A quantity at several steps: each is a name of its own, such as ``h[2]``; what it starts with is none."""

    def __init__(self, log: Log, name: str, start: Any = None) -> None:
        super().__init__({} if start is None else {0: start})
        self.log, self.name = log, name

    def __setitem__(self, step: int, value: Any) -> None:
        self.log[f"{self.name}[{step}]"] = value
        super().__setitem__(step, self.log[f"{self.name}[{step}]"])


def windows(array: np.ndarray, size: int) -> np.ndarray:
    """All windows of size by size."""
    return np.lib.stride_tricks.sliding_window_view(array, (size, size))


def slip(value: Any, turn: int) -> Any:
    """A product with one digit wrong, as a miscalculation has it; a whole number stays one. Which digit it becomes is
    the caller's choice: from the number alone 3*3 would always become 1, which is the kernel left out.
    """
    if not np.isscalar(value) or value == 0:
        raise ValueError("no product of two numbers")
    signs = list(str(abs(value)) if isinstance(value, int) else f"{abs(float(value)):.2e}")
    places = [place for place, sign in enumerate(signs) if sign.isdigit()][: 3 if "e" in signs else None]
    total = sum(int(signs[place]) for place in places)
    place = places[total % len(places)]
    digit = (int(signs[place]) + 1 + turn) % 10
    signs[place] = str(digit or 1 if place == places[0] else digit)
    found = "".join(signs)
    return int(np.sign(value)) * int(found) if isinstance(value, int) else float(np.sign(value)) * float(found)


@lru_cache(maxsize=20_000)
def compiled(text: str) -> CodeType:
    return compile(text, "script", "exec")


def run(lines: tuple[str, ...], data: Mapping[str, Any], rounding: Rounding | None = None) -> Values:
    """What a script comes to; an exception where it cannot be run."""
    log = Log(rounding)
    known = {
        "np": np,
        "windows": windows,
        "slip": slip,
        "steps": lambda name, start=None: Steps(log, name, start),
        **data,
    }
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compiled("\n".join(lines)), known, log)
    plain = {
        name: value
        for name, value in log.items()
        if not name.startswith("_") and name not in data and not isinstance(value, Steps)
    }
    return {name: value for name, value in plain.items() if not name.isidentifier() or len(name) > 1 or shown(value)}


def shown(value: Any) -> bool:
    """Counters of loops are no quantities."""
    return not isinstance(value, int)


def attempted(lines: tuple[str, ...], data: Mapping[str, Any], rounding: Rounding | None = None) -> Values | None:
    """What an edited script comes to; None where it cannot be run or a number is not finite."""
    try:
        found = run(lines, data, rounding)
        finite = all(np.isfinite(np.asarray(value, dtype=float)).all() for value in found.values())
    except (ArithmeticError, AttributeError, IndexError, KeyError, NameError, TypeError, ValueError):
        return None
    return found if finite else None


def same(one: Any, other: Any) -> bool:
    """Are two values the same number, or the same array, up to floating point?"""
    first, second = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-9, atol=1e-12))


def users(lines: tuple[str, ...]) -> dict[str, set[str]]:
    """For each name of the forward pass the names that are worked out from it."""
    found: dict[str, set[str]] = {}
    for line in lines:
        left, equals, rest = line.strip().partition(" = ")
        if equals and not left.startswith("dL_") and not left.endswith("_new"):
            for name in set(re.findall(r"[A-Za-z_]\w*(?:\[[^\]:,]*\])?", rest)):
                found.setdefault(name, set()).add(left)
    return found
