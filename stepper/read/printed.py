"""What ``print(model)`` shows: modules inside modules, in the order in which they were registered.

Steps that are functions in ``forward`` do not appear: residual additions of known blocks are put back, and a Flatten
where the next Linear takes as many features as there are numbers; both are said.
"""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from stepper.core.expr import Expr, Num
from stepper.core.network import Network
from stepper.errors import Place, Problem, StepperError
from stepper.read.calls import row_named, settings_of
from stepper.read.collect import Piece
from stepper.read.dialect import ENTRY, SETTINGS
from stepper.read.items import Listing
from stepper.tables.layers import LAYER_ROWS

_HEAD = re.compile(r"\s*(?P<kind>\w+)\(\s*$")
_SETTING = re.compile(rf"\s*({'|'.join(SETTINGS)})\s*[:=]\s*(.*?)\s*$", re.IGNORECASE)

BLOCKS = {
    "BasicBlock": ("conv1", "bn1", "relu", "conv2", "bn2"),
    "Bottleneck": ("conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3"),
}
"""Residual blocks: their modules in the order in which they run, before the addition and the last ReLU."""
RELU = "relu"
"""What a block may call as a function, and not print."""
AROUND = ("downsample", "shortcut")
"""What the way around a block is called; where it is empty, the input is added as it stands."""


_FEED_FORWARD = {
    "d_model": ("linear1", "in_features"),
    "dim_feedforward": ("linear1", "out_features"),
    "bias": ("linear1", "bias"),
}
TOLD = {
    "MultiheadAttention": {"embed_dim": ("out_proj", "in_features"), "bias": ("out_proj", "bias")},
    "TransformerEncoderLayer": _FEED_FORWARD, "TransformerDecoderLayer": _FEED_FORWARD,
}  # fmt: skip
"""Layers that are printed by what they hold: which settings tell theirs."""
DEEPEST = 100


class Module(Struct):
    """A module and what it holds."""

    name: str
    kind: str
    inside: str
    place: Place
    times: int = 1
    children: list[Module] = field(default_factory=list)


def read_printed(source: str, origin: str, listing: Listing) -> Network:
    """A network as ``print(model)`` shows it.

    Raises:
        StepperError: with every problem found.
    """
    root = Module("", "Sequential", "", Place(origin))
    stack = [root]
    for number, line in enumerate(source.split("\n"), start=1):
        place = Place(origin, number, len(line) - len(line.lstrip()) + 1, max(1, len(line.strip())), line)
        entry, head, setting = ENTRY.match(line), _HEAD.match(line), _SETTING.match(line)
        if entry:
            inside = entry["inside"].rstrip()
            closed = inside.endswith(")")
            module = Module(
                entry["name"], entry["kind"], inside[:-1] if closed else "", place, int((entry["times"] or "1")[:9])
            )
            stack[-1].children.append(module)
            if not closed:
                stack.append(module)
            if len(stack) > DEEPEST:
                raise StepperError(Problem(f"modules are nested more than {DEEPEST} deep here", place))
        elif line.strip() == ")":
            if len(stack) == 1 and root.children:
                continue
            if len(stack) == 1:
                raise StepperError(Problem("this bracket closes nothing", place))
            stack.pop()
        elif setting and not root.children:
            listing.setting(setting[1].lower(), setting[2], place)
        elif head and not root.children:
            root.kind = head["kind"]
        elif line.strip() and not line.strip().startswith("#"):
            listing.problems.append(Problem("this line is not of the form (name): Layer(...)", place))
    _children(root, "", listing)
    listing.settle_input()
    return replace(listing.network(), printed=True)


def _children(module: Module, path: str, listing: Listing) -> None:
    for child in module.children:
        for turn in range(min(child.times, 10_000)):
            first = child.name.split("-")[0][:9]
            name = str(int(first) + turn) if child.times > 1 and first.isdecimal() else child.name
            _module(child, f"{path}.{name}" if path else name, listing)


def _module(module: Module, path: str, listing: Listing) -> None:
    order = BLOCKS.get(module.kind)
    if order is not None:
        _block(module, path, order, listing)
        return
    row = row_named(module.kind.removeprefix("Lazy"))
    if module.children and row is None:
        _children(module, path, listing)
        return
    if row is None:
        piece = Piece(f"{module.kind}({module.inside})", module.place, path)
        listing.add_unknown(module.kind, piece, "known blocks: " + ", ".join(BLOCKS))
        return
    settings = settings_of(row, module.inside, module.place, listing.problems)
    if module.kind.startswith("Lazy"):  # it prints 0 for what the first input will tell
        settings = {name: value for name, value in settings.items() if name not in row.given or value != Num("0")}
    settings |= _told(module)
    listing.add(row.name, settings, Piece(f"{module.kind}({module.inside})", module.place, path))


def _told(module: Module) -> dict[str, Expr]:
    """The settings of a layer that the layers inside it tell."""
    found: dict[str, Expr] = {}
    inner = {child.name: child for child in module.children}
    for name, (child, setting) in TOLD.get(module.kind, {}).items():
        value = (
            settings_of(LAYER_ROWS["Linear"], inner[child].inside, None, []).get(setting) if child in inner else None
        )
        found |= {name: value} if value is not None else {}
    return found


def _block(module: Module, path: str, order: tuple[str, ...], listing: Listing) -> None:
    """A residual block in the order in which it runs: the way through, the way around, their sum, a ReLU."""
    children = {child.name: child for child in module.children}
    before = listing.tip
    for name in order:
        if name == RELU and name not in children:
            listing.add("ReLU", {}, Piece("ReLU", module.place, f"{path}.{name}"))
            continue
        if name not in children:
            listing.problems.append(Problem(f"{module.kind} {path} has no '{name}'", module.place))
            return
        _module(children[name], f"{path}.{name}", listing)
    through = listing.tip
    around = before
    for name in AROUND:
        if name in children and children[name].children:
            listing.tip = before
            _children(children[name], f"{path}.{name}", listing)
            around = listing.tip
    listing.add("Add", {}, Piece("Add", module.place, f"{path}.add"), reads=(through, around))
    if RELU in children:
        _module(children[RELU], f"{path}.{RELU}", listing)
    else:
        listing.add("ReLU", {}, Piece("ReLU", module.place, f"{path}.{RELU}"))
    listing.said[
        ("residual blocks: the addition and the ReLU after it do not appear in print(model) and are put back",)
    ] = None
