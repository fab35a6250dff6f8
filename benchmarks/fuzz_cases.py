"""The cases that ``fuzz.py`` runs: a call with its files, made from a seed alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from fuzz_hostile import hostile
from fuzz_layers import LAYERED, LISTED, NEW, NEW_OPTIONS, WEIGHTS, weights
from fuzz_texts import MODELS, NAMES, PIECES, PROGRAMS, TASK

from stepper.read.files import ANSWERS, bundled, listings, tasks


@dataclass(frozen=True)
class Case:
    """A call: its arguments, the files that stand in its folder, and standard input."""

    kind: str
    arguments: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    stdin: bytes = b""


def case(seed: int) -> Case:
    """The case of a seed, always the same."""
    chance = random.Random(seed)
    kind = chance.choice(list(KINDS))
    return KINDS[kind](chance, kind.removesuffix(" again"))


@lru_cache
def seeds(kind: str) -> list[str]:
    """The texts that are broken: bundled documents, tasks and listings."""
    found = {"graph": bundled, "task": tasks, "listing": listings}[kind]()
    return [path.read_text("utf-8") for _, path in found if path.stat().st_size < 20_000]


def mutated(chance: random.Random, text: str, most: int = 5) -> str:
    """A few random edits: pieces put in, taken out, doubled, exchanged, lines moved, numbers and names changed."""
    for _ in range(chance.choice([0, 1, 1, 1, 1, 2, 2, most])):
        at, other = chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)
        low, high = min(at, other), min(max(at, other), min(at, other) + 40)
        lines = text.split("\n")
        row = chance.randrange(len(lines))
        text = chance.choice(
            [
                text[:at] + chance.choice(PIECES) + text[at:],
                text[:low] + text[high:],
                text[:low] + chance.choice(PIECES) + text[high:],
                text[:high] + text[low:high] + text[high:],
                "\n".join([*lines[:row], *lines[row + 1 :]]),
                "\n".join([*lines[:row], lines[row], *lines[row:]]),
                "\n".join([*lines[:row], chance.choice([" ", "  ", "\t", "- "]) + lines[row], *lines[row + 1 :]]),
                text.replace(": ", chance.choice([":", " = ", ": [", ": {", ' "']), 1),
                _number(chance, text),
            ]
        )
    return text


def _number(chance: random.Random, text: str) -> str:
    """One digit of the text as a hostile number."""
    places = [place for place, character in enumerate(text) if character.isdigit()]
    if not places:
        return text
    at = chance.choice(places)
    return (
        text[:at]
        + chance.choice(["0", "-1", "7", "1e9", "1e300", "1e-300", "99999999999", "1/3", "x", "0.1.2", "1,5"])
        + text[at + 1 :]
    )


def _names(chance: random.Random, text: str) -> str:
    """A name that stands in the text, or one of the usual."""
    words = [word.strip("[]{},") for word in text.replace(":", " ").split() if word[:1].isalpha()]
    return chance.choice([*words, *NAMES]) if words else chance.choice(NAMES)


FAIR = ["0", "1", "-1", "0.1", "1/3", "2.5", "-40"]
HOSTILE = ["1e300", "1e-300", "x", "", "nan", "inf", "9" * 50, "1e999", "0,1", "(", "1 1"]
CLAIMS = [
    "params(total) = 10", "rf(3) = 20", "shape(1) = 6x16x16", "weights(1) = 4*C^2", "neurons = 6", "params(1", "shape(9) = x", "published",
    "params(total)/0 = 1", "shape(1) = [1, 2]", "macs(total) = 1e300", "= 1", "params(1) =", "sqrt() = 1",
]  # fmt: skip
CONVENTIONS = ["mse=sum", "kink=left", "kink=half", "entropy=bits", "no=no", "mse"]
WRT = ["all", "parameters", "inputs", "leaves", "{name}", "{name},{name}", "x[1", ""]
OPTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "": {
        "-f": ["text", "markdown", "latex", "html", "json", "csv", "svg", "dot", "mermaid", "tikz", "terminal", "no"],
        "--digits": ["1", "2", "15", "16", "0", "x"],
        "--detail": ["brief", "full", "normal", "no"],
        "--exact": [],
        "--width": ["40", "1000", "1"],
        "--graph": ["show", "none", "image"],
        "--ascii": [],
        "-o": ["out.md", "out.html", "out.tex", "no/such/out.md", "out.no", "out.svg", "out.json", "."],
    },
    "graph": {
        "--set": ["{name}={number}", "{name}={number},{name}={number}"],
        "--convention": CONVENTIONS,
        "--gates": [],
        "--scalars": [],
        "--rows": [],
        "--weights": WEIGHTS,
        "--input": ["2", "1x8x8", "3x", "1e9", "x"],
    },
    "forward": {},
    "draw": {"--wrt": WRT, "--adjacency": []},
    "backprop": {
        "--wrt": WRT,
        "--lr": ["{number}"],
        "--of": ["{name}"],
        "--upstream": ["{number}", "{name}", "dY"],
        "--kink": ["pytorch", "left", "right", "zero", "half", "no"],
        "--relu-backward": ["gradient", "deconvnet", "guided"],
        "--second": [],
        "--ascent": [],
        "--round-steps": ["1", "3", "15", "0"],
        "--verify": [],
        "--simplify": [],
        "--paths": ["0", "3", "1000"],
    },
    "shapes": {
        "--input": ["3x32x32", "1x28x28", "8", "0x0", "3x", "x", "1e9", "9" * 400, "nxmxk", "4x9x9", "2x3x4x5"],
        "--layout": ["CHW", "HWC", "no"],
        "--set": [f"{letter}={{number}}" for letter in "nkmps"],
        "--solve": ["n", "k,s", "p", ""],
        "--check": CLAIMS,
        "--count-bias": [],
        "--no-bias": [],
        "--flops": [],
        "--receptive-field": ["1", "2", "c", "3[2]", "total", "{name}", "0", "99999"],
    },
    "optim": {
        "--theta": ["{number}", "[1, 2]", "w=1,b=2", "[1", "w="],
        "--grad": ["{number}", "[1, 2]", "w=1,b=2"],
        "--objective": ["theta^2", "1/theta", "log(theta)", "theta^theta", "w*b", "theta[1]^2", "x", "("],
        "--steps": ["1", "3", "50", "0", "-1", "x"],
        "--lr": ["{number}"],
        "--set": [f"{setting}={{number}}" for setting in ("beta1", "rho", "eps", "no", "lr")],
        "--with": ["clip_norm", "weight_decay", "cosine", "clip_norm=1", "no"],
        "--compare": ["sgd,momentum", "adam", "no", ""],
        "--compare-conventions": [],
        "--every": ["2"],
    },
    "new": NEW_OPTIONS,
    "train": {
        "--scalars": [],
        "--weights": WEIGHTS,
        "--at": ["{name}={number}"],
        "--convention": CONVENTIONS,
        "--wrt": WRT,
        "--steps": ["1", "3", "20", "0"],
        "--lr": ["{number}"],
        "--optimizer": ["sgd", "adam", "momentum", "rmsprop", "adagrad", "no", "newton"],
        "--with": ["clip_norm", "weight_decay", "cosine"],
        "--of": ["{name}"],
    },
}
"""The options of every command, of those about graphs, and of each: an option, and the values that it may be given."""
OF_GRAPHS = ("forward", "draw", "backprop")


def options(chance: random.Random, command: str, text: str) -> list[str]:
    """Some options, their values right, broken or hostile."""

    def given(value: str) -> str:
        while "{name}" in value or "{number}" in value:
            number = chance.choice(FAIR) if chance.random() < 0.7 else chance.choice(HOSTILE)
            value = value.replace("{number}", number, 1).replace("{name}", _names(chance, text), 1)
        return value

    own = {**(OPTIONS["graph"] if command in OF_GRAPHS else {}), **OPTIONS.get(command, {})}
    known = [*OPTIONS[""].items(), *own.items(), *own.items()]
    found: list[str] = []
    for option, values in chance.sample(known, min(len(known), chance.choice([0, 0, 1, 1, 2, 3]))):
        found += [option, given(chance.choice(values))] if values else [option]
    return found


def _graph(chance: random.Random, kind: str) -> Case:
    text = chance.choice(seeds("graph"))
    return _of_graph(chance, kind, text, mutated(chance, text) if chance.random() < 0.8 else text, "case.yaml")


def _of_graph(chance: random.Random, kind: str, text: str, broken: str, name: str) -> Case:
    command = chance.choice(["forward", "backprop", "backprop", "backprop", "draw", "train"])
    wrt = ["--wrt", chance.choice(["all", "parameters"])] if command == "backprop" and chance.random() < 0.7 else []
    wanted = options(chance, command, text)
    if chance.random() < 0.1:
        return Case(kind, (command, "-", *wrt, *wanted), stdin=broken.encode("utf-8", "replace"))
    return Case(kind, (command, name, *wrt, *wanted), {name: broken.encode("utf-8", "replace")})


def _program(chance: random.Random, kind: str) -> Case:
    text = chance.choice(PROGRAMS)
    broken = mutated(chance, text)
    if "\x00" not in broken and chance.random() < 0.5:
        command = chance.choice(["forward", "backprop", "draw", "train"])
        return Case(kind, (command, "-e", broken, *options(chance, command, text)))
    return _of_graph(chance, kind, text, broken, chance.choice(["case.py", "case.txt", "case"]))


def _network(chance: random.Random, kind: str) -> Case:
    text = chance.choice([*seeds("listing"), *MODELS, *MODELS])
    broken, command = mutated(chance, text), chance.choice(["shapes", "shapes", "shapes", "draw"])
    name = chance.choice(["case.txt", "case.txt", "case.py"])
    if command == "shapes" and "\x00" not in broken and chance.random() < 0.2:
        return Case(kind, (command, "-e", broken, *options(chance, command, text)))
    return Case(kind, (command, name, *options(chance, command, text)), {name: broken.encode("utf-8", "replace")})


def _task(chance: random.Random, kind: str) -> Case:
    text = chance.choice([*seeds("task"), *TASK])
    if chance.random() < 0.3:
        return Case(
            kind,
            ("optim", chance.choice(["adam", "sgd", "momentum", "rmsprop", "no"]), *options(chance, "optim", text)),
        )
    return Case(
        kind,
        ("optim", "case.yaml", *options(chance, "optim", text)),
        {"case.yaml": mutated(chance, text).encode("utf-8", "replace")},
    )


def _answers(chance: random.Random, kind: str) -> Case:
    """Answers of bundled documents, broken in their keys and values."""
    text = chance.choice([text for text in [*seeds("graph"), *seeds("task")] if "answers:" in text])
    head, _, tail = text.partition("answers:")
    return Case(
        kind,
        ("exams", "check", "case.yaml"),
        {"case.yaml": f"{head}answers:{mutated(chance, tail)}".encode("utf-8", "replace")},
    )


def _beside(chance: random.Random, kind: str) -> Case:
    """A listing with its answers beside it."""
    _, path = chance.choice([(name, path) for name, path in listings() if path.with_suffix(ANSWERS).exists()])
    answers = mutated(chance, path.with_suffix(ANSWERS).read_text("utf-8"))
    files = {"case.txt": path.read_bytes(), "case.answers.yaml": answers.encode("utf-8", "replace")}
    return Case(
        kind, chance.choice([("exams", "check", "case.txt"), ("shapes", "case.txt", "--check", "published")]), files
    )


def _layered(chance: random.Random, kind: str) -> Case:
    """A document with layers, or a listing that is worked with weights."""
    listed = chance.random() < 0.3
    text = chance.choice(LISTED if listed else LAYERED)
    broken = mutated(chance, text, 2) if chance.random() < 0.5 else text
    name = "case.txt" if listed else "case.yaml"
    command = chance.choice(["forward", "backprop", "backprop", "draw", "train", "shapes"])
    own = [] if command == "shapes" or chance.random() < 0.6 else ["--weights", chance.choice(WEIGHTS)]
    wrt = ["--wrt", chance.choice(["all", "parameters"])] if command == "backprop" else []
    return Case(
        kind,
        (command, name, *own, *wrt, *options(chance, command, text)),
        {name: broken.encode("utf-8", "replace"), **weights(chance)},
    )


def _new(chance: random.Random, kind: str) -> Case:
    words = [
        mutated(chance, word, 1).replace("\x00", "") if chance.random() < 0.2 else word for word in chance.choice(NEW)
    ]
    return Case(
        kind, ("new", *words, *options(chance, "new", "theta")), stdin=chance.choice([b"", b"1\n2\n^\nx\n\n", b"\xff"])
    )


def _words(chance: random.Random, kind: str) -> Case:
    """A bundled document or nothing, and options at random."""
    command = chance.choice(["forward", "backprop", "draw", "train", "shapes", "optim", "rules", "exams"])
    if command == "exams":
        return Case(
            kind,
            (
                "exams",
                chance.choice(["show", "check"]),
                mutated(chance, chance.choice(["tum-2022/6", "umass-682/7.1", "x"])).replace("\x00", ""),
            ),
        )
    if command == "rules":
        return Case(
            kind,
            (
                "rules",
                mutated(chance, chance.choice(["sigmoid", "relu", "mse"])).replace("\x00", ""),
                *options(chance, command, ""),
            ),
        )
    names = [name for name, _ in {"shapes": listings, "optim": tasks}.get(command, bundled)()]
    return Case(
        kind, (command, chance.choice(names), *options(chance, command, "x w"), *options(chance, command, "x w"))
    )


def _hostile(chance: random.Random, kind: str) -> Case:
    arguments, files = hostile(chance)
    return Case(kind, tuple(arguments), {name: text.encode() for name, text in files.items()})


KINDS: Mapping[str, Callable[[random.Random, str], Case]] = {
    "graph": _graph, "program": _program, "network": _network, "task": _task, "answers": _answers, "beside": _beside, "words": _words,
    "hostile": _hostile, "hostile again": _hostile, "layered": _layered, "new": _new,
}  # fmt: skip
