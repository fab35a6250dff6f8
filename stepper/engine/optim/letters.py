"""Updates in letters: the graph of the steps, whose leaves stay symbols where they have no number."""

from __future__ import annotations

from msgspec.structs import replace

from stepper.core.expr import Expr, Num, Number, Sym
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.steps import Derivation
from stepper.core.task import GRADIENT, Coordinate, Lettered
from stepper.core.traverse import substitute
from stepper.engine.graph.forward import forward
from stepper.engine.optim.step import StepGraph
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError
from stepper.tables.optimizer import SYMBOLS


def in_letters(update: Lettered, settings: Settings) -> Derivation:
    """A step for each gradient.

    Raises:
        StepperError: where a letter is one that the update itself uses, or more is needed than gradients.
    """
    method, gradients, named = update.method, update.gradients, update.named
    if method.curved or method.points:
        what = f"{method.name} needs an objective, which is worked out in numbers"
        raise StepperError(Problem(what, hint="a start, such as --theta 1, and --objective 'theta^2'"))
    coordinate, nodes = Coordinate(update.parameter), dict[str, Node]()
    for step in range(1, len(gradients) + 1):
        nodes |= StepGraph(method, [coordinate], Num(str(step))).build({}).nodes
    called: dict[Expr, Expr] = {Sym(SYMBOLS.get(name, name)): letter for name, letter in named.items()}
    called |= {coordinate.of(GRADIENT, Num(str(place))): gradient for place, gradient in enumerate(gradients, start=1)}
    start = Num("0")
    numbers: dict[str, Number | None] = {
        SYMBOLS.get(name, name): value for name, value in method.settings.items() if name not in named
    }
    numbers[text(coordinate.at(start))] = update.theta
    begins = {coordinate.of(name, start): substitute(formula,
        {Sym(key): Sym(SYMBOLS.get(key, key)) for key in method.settings})
              for name, formula in method.state.items()}  # fmt: skip
    numbers |= {
        text(quantity): number for quantity, formula in begins.items() if (number := number_of(formula)) is not None
    }
    called |= {
        quantity: substitute(formula, called) for quantity, formula in begins.items() if number_of(formula) is None
    }
    taken = {*nodes, *(name for name in numbers if reference(name) not in called)}
    clash = next(
        (text(letter) for letter in (*named.values(), *gradients) if isinstance(letter, Sym) and text(letter) in taken),
        "",
    )
    if clash:
        raise StepperError(Problem(f"'{clash}' is a quantity of {method.name} itself", hint="use another letter"))
    written = {
        name: Node.of(name, substitute(node.formula, called))
        for name, node in nodes.items()
        if node.formula is not None
    }
    reads = dict.fromkeys(read for node in written.values() for read in node.reads if read not in written)
    leaves = {name: Leaf(name, "constant", numbers.get(name)) for name in reads}
    graph = Graph(f"{method.name} in letters", leaves, written, remarks=tuple(method.says), source=method.source)
    found = forward(graph, settings)
    steps = tuple(replace(step, title=("The update",)) if step.rule == "forward.pass" else step for step in found.steps)
    return replace(found, steps=steps[1:])
