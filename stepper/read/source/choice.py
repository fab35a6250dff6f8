"""Which model of a source is meant: the one that is asked for, the one that is made, or the last class that is a model.

Which was taken is said.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct

from stepper.errors import Place, Problem, StepperError, nearest
from stepper.read.items import Listing
from stepper.read.source.follower import Follower
from stepper.read.source.modules import Made, is_module, modules
from stepper.read.source.values import Broken, Class, File, Function, Instance, Lazy, Raised, Refused, Value

USUAL = ("model", "net", "network")
"""Names by which a file that makes several models calls the one that it is about."""


class Chosen(Struct, frozen=True):
    """The model."""

    module: Instance


def chosen(follower: Follower, file: File, tree: ast.Module, listing: Listing) -> Chosen:
    """The model that is meant.

    Raises:
        StepperError: where one is asked for that is not there, or there is none.
    """
    if listing.model is not None:
        module = asked(follower, file, listing.model, listing)
        lost = [problem for problem in without_forward(file, tree) if problem.what.startswith(f"{module.kind.name} ")]
        if lost and not runs(module.kind):
            raise StepperError(*lost[:1])
        return Chosen(module)
    classes = own_models(file, tree)
    variables = whole_models(follower)
    if not variables and not classes:  # a single layer is a model where there is no other
        layers = [(name, module) for name, module in follower.made.items() if isinstance(module.data, Made)]
        variables = dict(layers[-1:])
    models = [*classes] or first_names(variables, file)
    if not classes:
        others = by_functions(follower, file, tree)
        variables = variables or others
        models = [*dict.fromkeys((*models, *others))]
    if not models or (follower.spoiled and not classes and not any(name in variables for name in USUAL)):
        raise StepperError(*missing(file, tree, follower.spoiled))
    module, name, why = among(follower, tree, classes, variables, models)
    others_ = [other for other in models if other != name and variables.get(other) is not module]
    if others_ and why:
        listing.said[(f"the model is {name}, since {why}; --model takes another: {', '.join(others_)}",)] = None
    return Chosen(module)


def among(
    follower: Follower, tree: ast.Module, classes: Mapping[str, Class], variables: Mapping[str, Instance],
    models: Sequence[str],
) -> tuple[Instance, str, str]:  # fmt: skip
    """The model, its name, and why it is taken."""
    usual = next((name for name in USUAL if name in variables), None)
    name = usual or next(reversed([*variables]), None)
    if name is None:
        inner = used_by_others(tree, [*classes])
        whole = [name for name in classes if name not in inner] or [*classes]
        whole = [name for name in whole if makes_layers(tree, name)] or whole
        return made(follower, classes[whole[-1]], tree), whole[-1], "it is the last" if len(whole) > 1 else ""
    module = variables[name]
    same = next((other for other in models if variables.get(other) is module), name)
    called = module.kind.name if module.kind.name in classes else same
    if usual is not None:
        return module, called, f"it is the file's '{usual}'"
    return module, called, "it is the last" if called == name else f"'{name}' is the last that is made"


def first_names(variables: Mapping[str, Instance], file: File) -> list[str]:
    """The models by their names: of one that has several the first that the file gives it."""
    found: dict[int, str] = {}
    for name, module in variables.items():
        if id(module) not in found or (found[id(module)] not in file.names and name in file.names):
            found[id(module)] = name
    return [*found.values()]


def runs(kind: Class) -> bool:
    """Is it a model by itself: has it a ``forward``, or what Keras has in its place?"""
    return (
        kind.find("forward") is not None
        or kind.find("call") is not None
        or kind.among("keras list")
        or kind.among("keras model")
    )


def whole(module: Instance) -> bool:
    """Is it a model, and neither a single layer nor a loss?"""
    return runs(module.kind) and not isinstance(module.data, Made) and not module.kind.among("loss")


def by_functions(follower: Follower, file: File, tree: ast.Module) -> dict[str, Instance]:
    """What the functions of a file make, where it calls none of them."""
    found: dict[str, Instance] = {}
    called = {part.func.id for part in ast.walk(tree) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}
    before = dict(follower.made)
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name[:1] == "_" or node.name in called:
            continue
        function = file.names.get(node.name)
        if not isinstance(function, Function):
            continue
        follower.root = function
        try:
            value = follower.call(function, [])
        except (Refused, Raised):
            continue
        if isinstance(value, Instance) and is_module(value) and runs(value.kind):
            found[node.name] = value
    follower.made = before
    return found


def missing(file: File, tree: ast.Module, spoiled: Sequence[Refused]) -> Sequence[Problem]:
    """Why there is no model: what could not be followed, or that there is none."""
    broken = [*spoiled] or [
        value.why
        for name, value in file.names.items()
        if isinstance(value, Broken) and (name in USUAL or isinstance(value.why.node, ast.ClassDef))
    ]
    from stepper.read.source.trace import place_of

    if broken:
        return [Problem(why.what, place_of(why.file, why.node, file.origin), why.hint) for why in broken[:1]]
    without = without_forward(file, tree)
    if without:
        return without[-1:]
    nothing = "there is no model here: no class with a forward method, and none that is made"
    first = next((value.why for value in file.names.values() if isinstance(value, Broken)), None)
    if first is not None:
        place = place_of(first.file, first.node, file.origin)
        return [Problem(nothing, Place(file.origin)), Problem(f"this is not followed: {first.what}", place, first.hint)]
    return [Problem(nothing, Place(file.origin))]


def without_forward(file: File, tree: ast.Module) -> Sequence[Problem]:
    """Modules that no forward method runs, each with its line; one may stand inside ``__init__`` by its indentation."""
    from stepper.read.source.trace import place_of

    found: list[Problem] = []
    for node in tree.body:
        kind = file.names.get(node.name) if isinstance(node, ast.ClassDef) else None
        if isinstance(node, ast.ClassDef) and isinstance(kind, Class) and kind.among("module") and not runs(kind):
            inner = next((p for p in ast.walk(node) if isinstance(p, ast.FunctionDef) and p.name == "forward"), None)
            hint = "it says what becomes of the input: def forward(self, x)"
            if inner is not None:
                hint = f"forward of line {inner.lineno} belongs to another function: it is indented too far"
            found.append(Problem(f"{node.name} has no forward method", place_of(file, node, file.origin), hint))
    return found


def own_models(file: File, tree: ast.Module) -> dict[str, Class]:
    """The classes of the file that are modules."""
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    found = {name: file.names.get(name) for name in names}
    return {
        name: kind for name, kind in found.items() if isinstance(kind, Class) and kind.among("module") and runs(kind)
    }


def used_by_others(tree: ast.Module, names: Sequence[str]) -> set[str]:
    """Classes that another class makes, or is made from."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found |= {
                part.id
                for part in ast.walk(node)
                if isinstance(part, ast.Name) and part.id in names and part.id != node.name
            }
    return found


def makes_layers(tree: ast.Module, name: str) -> bool:
    """Does a class make something of a class, but a loss? A loss of one's own makes nothing."""
    node = next(part for part in tree.body if isinstance(part, ast.ClassDef) and part.name == name)
    called = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    words = [part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in called]
    own = any(isinstance(base, ast.Name) and base.id != "Module" for base in node.bases)
    return own or any(word[:1].isupper() and not word.endswith("Loss") for word in words)


def whole_models(follower: Follower) -> dict[str, Instance]:
    """The models that the file makes and that are no part of another."""
    parts = {id(inner) for module in follower.made.values() for _, inner in modules(module) if inner is not module}
    return {name: module for name, module in follower.made.items() if id(module) not in parts and whole(module)}


def made(follower: Follower, kind: Class, tree: ast.Module) -> Instance:
    """A class as a model. What it must be given and is not is a letter, which sizes may tell."""
    init = kind.find("__init__")
    follower.root = init[1] if init is not None else None
    try:
        found = follower.construct(kind, [], {})
    except (Refused, Raised) as error:
        raise needs(error, follower, kind, tree) from None
    if not isinstance(found, Instance):
        raise Refused(f"{kind.name} makes no module")
    return found


def needs(error: Refused | Raised, follower: Follower, kind: Class, tree: ast.Module) -> Refused | Raised:
    """Why a class is not made: where its arguments are missing, how they are given."""
    function = follower.root
    if isinstance(function, Function):
        spec = function.node.args
        missing = [part.arg for part in spec.args[1 : len(spec.args) - len(spec.defaults)]]
        if missing:
            makers = [
                node.name
                for node in tree.body
                if isinstance(node, ast.FunctionDef)
                and any(isinstance(part, ast.Name) and part.id == kind.name for part in ast.walk(node))
                and node.name[:1] != "_"
            ]
            makers += [
                node.name
                for node in tree.body
                if isinstance(node, ast.FunctionDef)
                and node.name[:1] != "_"
                and node.name not in makers
                and not node.args.args
            ]
            example = f"{makers[0]}()" if makers else f"{kind.name}({', '.join(f'{name}=...' for name in missing)})"
            found = Refused(
                f"{kind.name} needs {', '.join(missing)}, which nothing here gives", f"--model '{example}' does"
            )
            found.file, found.node = error.file, error.node
            return found
    return error


def asked(follower: Follower, file: File, text: str, listing: Listing) -> Instance:
    """``--model Net``, ``--model 'resnet50(num_classes=10)'``, ``--model net``."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise StepperError(
            Problem(f"--model {text}: this is not an expression", hint="such as Net, or 'Net(10)'")
        ) from None
    name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else text.strip()
    if name not in file.names and name not in follower.made:
        known = [
            key for key, value in file.names.items() if isinstance(value, Class | Instance | Lazy) or is_module(value)
        ]
        hint = nearest(name, known) or f"models here: {', '.join(known)}"
        raise StepperError(Problem(f"--model {text}: there is no such model", Place(file.origin), hint))
    if name in follower.made and name not in file.names:
        return follower.made[name]
    value: Value = follower.known(follower.evaluate(node))
    if isinstance(value, Class):
        ready = next((module for module in whole_models(follower).values() if module.kind is value), None)
        value = ready if ready is not None else made(follower, value, ast.Module([], []))
    if isinstance(value, Function):
        value = follower.call(value, [])
    if not isinstance(value, Instance) or not is_module(value):
        raise StepperError(Problem(f"--model {text}: this is not a model", Place(file.origin)))
    return value
