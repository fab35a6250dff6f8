"""A kind of document and what is asked of it, as a page: each kind by the parts that its row has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from stepper.core.expr import CONSTANTS
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import names
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.tables.documents import BY_KIND, LOSSES_OF_NETS, TEMPLATES, Template
from stepper.tables.optimizer import Optimizer
from stepper.tables.optimizers import BY_OPTIMIZER_NAME
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME
from stepper.write.asked import Activation, activation_of, check_several, loss_named, settings_of, sizes_of
from stepper.write.form import Formed, reads
from stepper.write.loss import fits, of_arrays, usual_after
from stepper.write.net import Layers, Net, Scalars, as_layer, check_small
from stepper.write.page import Blank, Page

SIZES = "net"
"""The kind whose name is its sizes: ``2-3-2``."""


class Request(Struct, frozen=True):
    """What is asked for: a kind, the words after it, and options; None where nothing is said."""

    kind: str
    words: Sequence[str] = ()
    activation: str | None = None
    output: str | None = None
    loss: str | None = None
    steps: int | None = None
    objective: str | None = None
    arrays: bool | None = None
    settings: Mapping[str, object] = field(default_factory=dict)

    def given(self) -> list[str]:
        """The options that are given."""
        options = ("activation", "output", "loss", "steps", "objective", "arrays")
        return [option for option in options if getattr(self, option) is not None]


class Chosen(Struct, frozen=True):
    """A request that is understood: the row of its kind, sizes and functions in the place of words."""

    template: Template
    request: Request
    sizes: Mapping[str, int]
    loss: FunctionRow
    activation: Activation | None
    output: Activation | None

    @property
    def file(self) -> str:
        """What the document is called until it has another name."""
        return f"{self.template.name}.yaml"

    @property
    def listing(self) -> tuple[str, str]:
        """The input's shape and the layers of a network that is listed."""
        activation = "Identity()" if self.activation is None else as_layer(self.activation)
        shape, layers = self.template.listing
        words = dict(zip(("shape", "layers"), self.request.words, strict=False))
        known = {**self.sizes, **words, "activation": activation}
        return shape.format(**known), layers.format(**known)


def understood(request: Request) -> Chosen:
    """The row of a kind, and what is asked of it.

    Raises:
        StepperError: where there is no such kind, an option belongs to others, or a word is missing.
    """
    kind = SIZES if request.kind[:1].isdigit() else request.kind
    template = BY_KIND.get(kind)
    if template is None or request.kind == SIZES:
        what = (
            f"'{request.kind}' is not a kind of document"
            if template is None
            else "the sizes of the network are missing"
        )
        hint = nearest(kind, BY_KIND) if template is None else ""
        hint = hint or "sizes such as 2-3-2; 'stepper new' lists the others"
        raise StepperError(Problem(what, hint=hint))
    for option in request.given():
        if option not in template.takes:
            others = ", ".join(row.called for row in TEMPLATES if option in row.takes)
            raise StepperError(Problem(f"--{option} does not apply to {request.kind}", hint=f"it belongs to: {others}"))
    _check_words(template, request)
    told = dict(request.settings) | ({"steps": request.steps} if request.steps is not None else {})
    sizes = settings_of(template, request.kind, told)
    asked = activation_of(_chosen(request.output, template.output), "--output")
    usual = usual_after(asked.row) if request.output is not None and asked is not None else None
    loss = loss_named(_chosen(request.loss, usual.name if usual is not None else template.loss))
    if fits(loss) and not (template.words or template.output):
        what = f"--loss: {loss.name} takes what {fits(loss)} gives, and {template.name} ends without it"
        raise StepperError(
            Problem(what, hint=f"one of {', '.join(name for name in LOSSES_OF_NETS if not fits(BY_ANY_NAME[name]))}")
        )
    activation = activation_of(_chosen(request.activation, template.activation), "--activation")
    output = _chosen(request.output, template.output or fits(loss))
    return Chosen(template, request, sizes, loss, activation, activation_of(output, "--output"))


def _chosen(given: str | None, default: str) -> str:
    return default if given is None else given


def _check_words(template: Template, request: Request) -> None:
    words = template.words.split() if request.kind == template.name else []
    if len(request.words) != len(words):
        what = f"{request.kind} takes {' and '.join(words) or 'nothing'} after it"
        missing = len(request.words) < len(words)
        what = f"{what}: {words[len(request.words)]} is missing" if missing else f"{what}, not '{request.words[-1]}'"
        raise StepperError(Problem(what, hint=f"stepper new {template.example}"))


def page(chosen: Chosen) -> Page:
    """The document that is asked for; that of a listing is ``listed``, once its layers are read."""
    if chosen.template.updates:
        return _task(chosen)
    return _formed(chosen) if chosen.template.forms else _net(chosen)


def _runs(blanks: Sequence[Blank]) -> tuple[str, ...]:
    """The commands that a document's remarks name."""
    first = next(blank.name for blank in blanks if blank.section == "parameters")
    return ("stepper draw {file}", "stepper forward {file}", f"stepper backprop {{file}} --wrt {first} --lr 0.1")


def _net(chosen: Chosen) -> Page:
    template, request = chosen.template, chosen.request
    sizes = request.kind if request.kind[:1].isdigit() else template.sizes.format(**chosen.sizes)
    net = Net(sizes_of(sizes), chosen.activation, chosen.output, chosen.loss)
    if request.output is not None or template.output:
        check_several(net.output, net.sizes[-1])
    if request.arrays is False:
        check_small(net)
    title = template.title.format(sizes="-".join(map(str, net.sizes)))
    says = f"{title}."
    if request.loss is None and chosen.loss.name != template.loss and net.output is not None:
        says = f"{title}. Its loss is {chosen.loss.name}, as usual after {net.output.row.name}."
    if request.arrays or not net.small:
        layers = Layers(net)
        return Page(title, says, _runs(layers.blanks), chosen.file, blanks=layers.blanks, layers=layers.lines,
                    nodes=layers.nodes, output="L")  # fmt: skip
    scalars = Scalars(net)
    return Page(
        title, says, _runs(scalars.blanks), chosen.file, blanks=scalars.blanks, nodes=tuple(scalars.nodes), output="L"
    )


def _formed(chosen: Chosen) -> Page:
    template, request = chosen.template, chosen.request
    form, *others = template.forms
    unread = [name for name in request.settings if not reads(form, name)]
    if unread and request.arrays is False:
        raise StepperError(
            Problem(f"--set {unread[0]} is a size of arrays, and numbers are asked for", hint="--arrays")
        )
    if request.arrays or unread:
        form = others[0]
    formed = Formed(form, chosen.sizes, chosen.activation, chosen.loss)
    title = template.title.format(**chosen.sizes)
    return Page(title, f"{title}.", _runs(formed.blanks), chosen.file, template.source, blanks=formed.blanks,
                repeat=formed.repeat, nodes=formed.nodes, output="L")  # fmt: skip


class Line(Struct, frozen=True):
    """A layer of a listing, its name, and the names and shapes of what it holds."""

    name: str
    text: str
    held: tuple[tuple[str, tuple[int, ...]], ...] = ()


def listed(chosen: Chosen, feeds: tuple[int, ...], lines: Sequence[Line], ends: tuple[int, ...]) -> Page:
    """The document of a network that is read: what it is fed, its layers, and the shape of what comes out."""
    *before, last = lines
    name = "yhat" if last.name not in last.text.partition("=")[0] else last.name
    lines = [*before, replace(last, name=name)]
    layers = tuple((f"{line.name} = {line.text}", ", ".join(held for held, _ in line.held)) for line in lines)
    parameters = [Blank(held, "parameters", shape) for line in lines for held, shape in line.held]
    loss, targets = of_arrays(chosen.loss, name, "y", ends)
    blanks = (Blank("x", "inputs", feeds), *targets, *parameters)
    title = chosen.template.title
    return Page(
        title, f"{title}.", _runs(blanks), chosen.file, blanks=blanks, layers=layers, nodes=(("L", loss),), output="L"
    )


def _task(chosen: Chosen) -> Page:
    """An exercise for an optimizer: its settings as they are by default, its state, and gradients or an objective."""
    name = chosen.request.words[0]
    row = BY_OPTIMIZER_NAME.get(name)
    if row is None:
        hint = nearest(name, BY_OPTIMIZER_NAME) or "such as sgd, momentum or adam"
        raise StepperError(Problem(f"there is no optimizer '{name}'", hint=hint))
    steps = chosen.sizes["steps"]
    title = chosen.template.title.format(steps=steps, optimizer=row.name) if steps > 1 else f"A step of {row.name}"
    head = [("optimizer", row.name), ("settings", _braces(row.settings))]
    if row.state:
        settings = dict(part.strip().split("=") for part in row.settings.split(","))
        starts = (part.strip().split("=") for part in row.state.split(","))
        head.append(("state", _braces(", ".join(f"{name}={settings.get(value, value)}" for name, value in starts))))
    objective = chosen.request.objective or ("theta^2" if _needs_objective(row) else "")
    head.append(("parameters", _braces(", ".join(f"{name}=1" for name in _names(objective) or ["theta"]))))
    if objective:
        head += [("objective", objective), ("steps", str(steps))]
    else:
        head.append(("gradients", f"[{', '.join(GRADIENTS[place % len(GRADIENTS)] for place in range(steps))}]"))
    says = f"{title}. Fill in your own numbers; then run:"
    return Page(title, says, ("stepper optim {file}",), chosen.file, head=tuple(head))


GRADIENTS = ("1", "0.5", "-1")
"""Gradients of an exercise, one after the other, until others are written."""


def _needs_objective(row: Optimizer) -> bool:
    """Does a step ask for more than the gradient where the parameter is?"""
    return row.second or bool(row.system) or "grad(" in row.update


def _names(objective: str) -> list[str]:
    """What is changed to make an objective smaller: all names in it.

    Raises:
        StepperError: where it is no formula.
    """
    if not objective:
        return []
    try:
        found = [text(name) for name in names(parse(objective))]
    except FormulaError as error:
        raise StepperError(error.within(Place("--objective", 0, 1, 1, objective))) from None
    wanted = [name for name in found if name not in CONSTANTS]
    if not wanted:
        raise StepperError(Problem(f"--objective: nothing in '{objective}' can be changed", hint="such as 'theta^2'"))
    return wanted


def _braces(assignments: str) -> str:
    """Settings as YAML: ``lr=0.1, rho=0.9`` is ``{lr: 0.1, rho: 0.9}``."""
    pairs = (part.strip().partition("=") for part in assignments.split(",") if part.strip())
    return f"{{{', '.join(f'{name}: {value}' for name, _, value in pairs)}}}"


def kinds() -> str:
    """Every kind of document: what it is, how it is asked for, which options and settings say more of it."""
    lines = []
    for row in TEMPLATES:
        options = [f"--{option}" for option in row.takes]
        settings = [f"{name}={value}" for name, value in row.defaults().items() if name not in row.takes]
        options += [f"--set {','.join(settings)}"] if settings else []
        name = "SIZES" if row.name == SIZES else " ".join((row.name, row.words)).strip()
        lines += [f"{name}: {row.says}", f"  {', '.join(options)}", f"  stepper new {row.example}"]
    return "".join(f"{line}\n" for line in lines)
