"""Messages name options as the command line has them; to whoever calls from Python they name keywords."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from msgspec.structs import replace

from stepper.errors import Problem, StepperError

P = ParamSpec("P")
R = TypeVar("R")

KEYWORDS = {
    "index": "convention",
    "set": "", "at": "", "expression": "", "with": "beside", "grad": "grads", "sum": "mean=False",
    "compare-conventions": "compare_conventions", "count-bias": "count_bias", "no-bias": "bias=False",
    "receptive-field": "receptive_field", "round-steps": "round_steps", "relu-backward": "relu_backward",
    "rnn-biases": "rnn_biases", "from": "source", "in": "within", "for": "unknown",
    **{name: name for name in (
        "activation", "adjacency", "answers", "arrays", "ascent", "assume", "batch", "check", "collect", "compare",
        "convention", "given", "shapes", "show",
        "data", "depth", "detail", "digits", "every", "exact", "flops", "force", "gates", "hint", "input", "kink",
        "layout", "loss", "lr", "mode", "model", "names", "notation", "objective", "of", "optimizer", "output",
        "paths", "rows", "scalars", "second", "seed", "simplify", "solve", "steps", "theta", "upstream", "values",
        "verify",
        "weights", "wrt",
    )},
}  # fmt: skip
"""The keyword of each option; names and values that --set gives are keywords themselves."""
OPTION = re.compile(
    rf"--({'|'.join(sorted(KEYWORDS, key=len, reverse=True))})\b(?: (?=(?P<value>[\d'\[+-]|\w+\s*=))| "
    rf"(?=(?P<name>\S)))?"
)


def in_python(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose messages name keywords.

    Raises:
        StepperError: what the function raises.
    """

    @functools.wraps(function)
    def spoken(*given: P.args, **named: P.kwargs) -> R:
        try:
            return function(*given, **named)
        except StepperError as error:
            error.problems = tuple(map(_told, error.problems))
            error.args = error.problems
            raise

    return spoken


def _told(problem: Problem) -> Problem:
    where = problem.where
    if where is not None and where.source.startswith("--"):
        where = replace(where, source=keywords(where.source))
    return Problem(keywords(problem.what), where, keywords(problem.hint))


def keywords(words: str) -> str:
    """Words with keywords in the place of options.

    >>> keywords("--wrt is missing"), keywords("say how far with --lr 0.1"), keywords("--set x: this is no leaf")
    ('wrt is missing', 'say how far with lr=0.1', 'x: this is no leaf')
    """
    words = words.replace("with --set", "by keyword").replace("with -e", "as text")
    return OPTION.sub(_keyword, words)


def _keyword(found: re.Match[str]) -> str:
    name = KEYWORDS[found[1]]
    if not name:
        return "" if found["value"] or found["name"] else "values"
    return f"{name}=" if found["value"] else f"{name} " if found["name"] else name
