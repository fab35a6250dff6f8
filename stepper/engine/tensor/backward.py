"""Backward passes of graphs of arrays: one equation for each quantity, single entries, checks."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Call, Deriv, Expr, Prime, Sign, Sym, add_all, multiply
from stepper.core.formula import reference, text
from stepper.core.prose import Prose
from stepper.core.steps import Answer, Block, Derivation, Equation, Note, Step, drawing_step
from stepper.engine.graph.asked import check_names
from stepper.engine.graph.checks import checked
from stepper.engine.graph.drawing import drawing
from stepper.engine.graph.gradient_step import rate_of, stays, stepped
from stepper.engine.tensor.board_lines import wanted_twice
from stepper.engine.tensor.checks import checks_of
from stepper.engine.tensor.drawing import with_gradients
from stepper.engine.tensor.element import element_steps, is_element, place_of
from stepper.engine.tensor.entries import Formula, held, shown
from stepper.engine.tensor.entry_lines import EntryLines
from stepper.engine.tensor.equations import array_answer, conventions, parts_of, shapes_note, spelling, summary, worked
from stepper.engine.tensor.evaluate import ARRIVING
from stepper.engine.tensor.forward import forward_step, lines_of, parts_step
from stepper.engine.tensor.gradients import ArrayGradients, Gradients
from stepper.engine.tensor.jacobians import jacobian_steps
from stepper.engine.tensor.kinks import kink_lines
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.simplified import ShorterForms
from stepper.engine.tensor.sizes import joined, written
from stepper.engine.tensor.working import Working
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError
from stepper.tables.arrays import BY_ARRAY_NAME


def backward(graph: ArrayGraph, wrt: Sequence[str], settings: Settings) -> Derivation:
    """Explains the gradient of the output for arrays, and for single entries of them.

    Raises:
        StepperError: where the output is ambiguous, a name is not known, or shapes do not fit.
    """
    board = Board(graph, settings)
    bases = [base_of(name, board) for name in wrt]
    check_output(board, bases)
    gradients = ArrayGradients(board, bases)
    check_counted(gradients, bases)
    checks = checks_of(gradients, bases)
    pictured = drawing(graph, with_gradients(board, gradients), bases, board.output)
    taken = {*board.shapes, *wanted_twice((node.formula for node in graph.nodes.values()), board.vocabulary)}
    working = None if board.large else Working(gradients.shape, taken, settings, reference(board.loss))
    needed = graph.ancestors(gradients.inside)
    steps = [
        drawing_step(pictured),
        forward_step(board, [name for name in graph.order if name in needed], working),
        _backward_step(gradients, working),
    ]
    asked = [
        (name, base)
        for name, base in zip(wrt, bases, strict=True)
        if base in gradients.inside and is_element(name, board)
    ]
    steps += [step for name, base in asked for step in element_steps(gradients, name, base)]
    steps = [*checked(steps, checks), update_step(gradients, wrt, settings)]
    answers = [_gradient_answer(gradients, name) for name in wrt]
    return Derivation(
        "backprop", graph.title, tuple(step for step in steps if step.body or step.children), tuple(answers),
        tuple(checks), (*conventions(board), *introduced(gradients), *kink_lines(gradients), *arriving_line(board)),
        spelling(graph) | (working.labels if working else {}), graph.source,
    )  # fmt: skip


def check_output(board: Outline, asked: Sequence[str]) -> None:
    """Raises StepperError where the output is ambiguous, or a name is not known."""
    graph = board.graph
    check_names(graph, asked)
    if board.output is None:
        what = (
            f"the output is ambiguous: no node uses {' or '.join(graph.sinks)}"
            if graph.sinks
            else "there is nothing to differentiate"
        )
        raise StepperError(Problem(what, hint="name it with the line 'output: ...'"))


def check_counted(gradients: Gradients, asked: Sequence[str]) -> None:
    """Raises StepperError where the gradient is asked for of what only counts."""
    if counted := [name for name in asked if name in gradients.integers]:
        what = f"{counted[0]} is the index of a class or a row, and an index has no gradient"
        raise StepperError(Problem(what, hint="ask for the others; under 'constants:' it is not included in --wrt all"))


def update_step(gradients: Gradients, wrt: Sequence[str], settings: Settings) -> Step:
    """One step of what is asked about, where a rate is given."""
    updated: list[Block] = [*updates(gradients, wrt, settings)]
    bases = [base_of(name, gradients.board) for name in wrt]
    if settings.lr is not None and (said := stays(gradients.board.graph, list(dict.fromkeys(bases)))):
        updated.append(Note(said))
    return Step("update.gradient_step", "update.gradient_step", ("Gradient step",), tuple(updated), detail="brief")


def updates(gradients: Gradients, wrt: Sequence[str], settings: Settings) -> list[Equation]:
    """The next value of each leaf asked about: ``W' = W - lr*dL/dW``, whole arrays at a time."""
    if settings.lr is None:
        return []
    board = gradients.board
    sign: Sign = "+" if settings.ascent else "-"
    found = []
    for name in stepped(board.graph, list(dict.fromkeys(base_of(name, board) for name in wrt))):
        rule = add_all([("+", reference(name)), (sign, multiply(rate_of(settings.lr), board.symbol(name)))])
        result = gradients.worker(rule) if name in board.known and not isinstance(settings.lr, Sym) else None
        result = None if result is not None and any(isinstance(entry, Formula) for entry in result.ravel()) else result
        found.append(worked(Prime(reference(name)), rule, result, None, (), gradients.worker))
    return found


def base_of(name: str, board: Outline) -> str:
    return name if name in board.shapes else name.partition("[")[0]


def introduced(gradients: Gradients) -> list[Prose]:
    """What the functions are that gradients bring in, as an array of ones."""
    calls = [part for formula in gradients.formulas.values() for part in parts_of(formula) if isinstance(part, Call)]
    first = {call.name: call for call in reversed(calls) if call.name in BY_ARRAY_NAME}
    said = ((call, BY_ARRAY_NAME[name].convention) for name, call in sorted(first.items()))
    return [(call, f" is {words.format(*map(text, call.arguments))}") for call, words in said if words]


def arriving_line(board: Outline) -> list[Prose]:
    assert board.output is not None
    if board.is_bare:
        shape = board.shapes[board.output]
        return (
            [(reference(board.output), f" is an array of {shown(shape)}: the number in it is differentiated")]
            if shape
            else []
        )
    assert board.graph.upstream is not None
    return [("the upstream gradient is given: ", board.symbol(board.output), " = ", board.graph.upstream)]


def _gradient_answer(gradients: ArrayGradients, name: str) -> Answer:
    board = gradients.board
    base = base_of(name, board)
    array = gradients.arrays[base]
    if base != name:
        array = held(array[place_of(reference(name))])
    return array_answer(text(Deriv(reference(board.loss), reference(name))), array)


def _backward_step(gradients: ArrayGradients, working: Working | None) -> Step:
    """From the output back, one equation for each quantity."""
    board, forms, windows = gradients.board, ShorterForms(gradients), EntryLines(gradients)
    children: list[Step] = []
    for name in (*reversed(board.graph.order), *board.graph.leaves):
        if name not in gradients.formulas:
            continue
        formula, array = gradients.formulas[name], gradients.arrays[name]
        numeric = not any(isinstance(entry, Formula) for entry in array.ravel())
        note = shapes_note(formula, board.shapes[name], gradients.shape)
        simpler = forms.of(name)
        if name in gradients.also:
            formula, words = gradients.also[name]
            again = [said for side, said in simpler if side == formula]
            note = joined((*note, "; ", *(again[-1] if again and again[-1] else words)))
            simpler = [] if again else simpler
        result = array if numeric else None
        last = simpler[-1][0] if simpler else formula
        lines, sides = lines_of(working, last, result, gradients.worker, name, False)
        children += parts_step("backward", name, lines)
        if sides is None:
            formula, simpler = gradients.opened(formula), [(gradients.opened(side), words) for side, words in simpler]
        equation = worked(board.symbol(name), formula, result, array, note, gradients.worker, simpler, sides, True)
        body: list[Block] = [equation, *summary(board.symbol(name), array if numeric else None), *why(gradients, name)]
        if condition := forms.condition(name):
            body.append(Note(condition, "full"))
        step = Step(f"backward.array:{name}", "backward.array", (board.symbol(name),), tuple(body), detail="brief")
        children.append(replace(step, children=(*windows.of(name), *jacobian_steps(gradients, name))))
    return Step("backward.pass", "backward.pass", ("Backward pass",), children=tuple(children), detail="brief")


def why(gradients: Gradients, name: str) -> list[Block]:
    """Why a gradient is a sum, and why transposes stand where they stand."""
    board = gradients.board
    readers = [reader for reader, _ in gradients.parts[name]]
    said: list[Block] = []
    if name not in gradients.inside:
        said.append(Note(("no path leads from ", reference(name), " to ", reference(board.loss))))
    if len(readers) > 1:
        said.append(
            Note(
                (
                    reference(name),
                    f" is used by {len(readers)} nodes: their contributions add up",
                )
            )
        )
    formula = gradients.formulas[name]
    row = BY_ARRAY_NAME.get(formula.name) if isinstance(formula, Call) else None
    if row is not None and row.says and name not in gradients.also and row.signature()[0][0] == ARRIVING.name:
        said.append(Note((row.says,)))
    if (
        isinstance(formula, Call)
        and formula.name in BY_ARRAY_NAME
        and BY_ARRAY_NAME[formula.name].gathers
        and board.shapes[name]
    ):
        said.append(
            Note(
                (
                    reference(name),
                    " is broadcast to a larger shape: its gradient is the sum over all its copies",
                )
            )
        )
    if name == gradients.transposed:
        words: list[str | Expr] = [
            "the gradient has the shape of ",
            reference(name),
            ", ",
            *written(board.shapes[name]),
            ": hence the transpose",
        ]
        said.append(Note(joined(words)))
    return said
