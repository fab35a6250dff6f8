"""The gradient step: ``w' = w - lr*dL/dw``, or uphill with a plus."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import Expr, Number, Prime, Sign, Sym, Value, add_all, multiply
from stepper.core.formula import reference
from stepper.core.graph import Graph
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Equation, Note, Step
from stepper.engine.graph.adjoints import Gradients, joined


def upstream_lines(gradients: Gradients) -> list[Prose]:
    """The gradient arriving at the output, where one is given."""
    if gradients.upstream is None:
        return []
    return [(gradients.upstream, " is the upstream gradient at ", reference(gradients.output))]


def rate_of(lr: Number | Sym) -> Expr:
    """The learning rate as it stands in a formula."""
    return lr if isinstance(lr, Sym) else Value(lr)


def rate_symbol(graph: Graph, lr: Number | Sym) -> Expr:
    """The learning rate's symbol: the letter that was asked for, else η, unless the document means something else by
    it.
    """
    if isinstance(lr, Sym):
        return lr
    return Sym("lr" if "eta" in graph.leaves or "eta" in graph.nodes else "eta")


def stepped(graph: Graph, wrt: Sequence[str]) -> list[str]:
    """What a gradient step changes: the parameters asked about; in a graph that declares none, all leaves that are
    asked about.
    """
    return [
        name
        for name in wrt
        if name in graph.leaves and (not _declares(graph) or graph.leaves[name].kind == "parameter")
    ]


def _declares(graph: Graph) -> bool:
    return any(leaf.kind == "parameter" for leaf in graph.leaves.values())


def stays(graph: Graph, wrt: Sequence[str]) -> Prose:
    """What is asked about and takes no step, and why; or that all do, for want of parameters."""
    left = [(reference(name),) for name in wrt if name in graph.leaves and name not in stepped(graph, wrt)]
    if left:
        return (
            *listed(left),
            " stays: it is not a parameter." if len(left) == 1 else " stay: they are not parameters.",
        )
    return () if _declares(graph) else ("No parameters are declared: the step is taken for what was asked for.",)


def updates(gradients: Gradients, wrt: Sequence[str]) -> list[Equation]:
    """The next value of each leaf asked about."""
    lr = gradients.sheet.settings.lr
    if lr is None:
        return []
    sign: Sign = "+" if gradients.sheet.settings.ascent else "-"
    found = []
    for name in stepped(gradients.graph, wrt):
        old, gradient = reference(name), gradients.adjoint(name)
        rule = add_all([("+", old), (sign, multiply(rate_symbol(gradients.graph, lr), gradients.symbol(name)))])
        value = gradients.sheet.put_in(old)
        numbers = add_all([("+", value), (sign, joined([rate_of(lr), gradient]))])
        tidy = add_all([("+", value), (sign, gradients.product([rate_of(lr), gradient]))])
        new = gradients.sheet.number(numbers)
        found.append(gradients.sheet.chained(Prime(old), [rule, numbers, tidy if new is None else Value(new)], "value"))
    return found


def update_step(gradients: Gradients, wrt: Sequence[str]) -> Step:
    """The gradient step, against the gradient or along it."""
    settings = gradients.sheet.settings
    if settings.lr is None:
        return Step("update.gradient_step", "update.gradient_step", ())
    rate = rate_symbol(gradients.graph, settings.lr)
    value: Prose = () if rate == settings.lr else (" = ", rate_of(settings.lr))
    uphill = ", uphill" if settings.ascent else ""
    title: Prose = (f"Gradient step{uphill}, with the learning rate ", rate, *value)
    where = "along the gradient" if settings.ascent else "against the gradient"
    why = Note((f"A step {where}; the prime marks the next value.",), "full")
    body: list[Block] = [why, *updates(gradients, wrt)]
    if said := stays(gradients.graph, wrt):
        body.append(Note(said, "brief" if _declares(gradients.graph) else "full"))
    return Step("update.gradient_step", "update.gradient_step", title, tuple(body), detail="brief")
