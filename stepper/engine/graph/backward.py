"""The backward pass as a teacher writes it: paths, chain rule, local derivatives, numbers, accumulation, check,
update.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stepper.core.expr import Expr, Value
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph
from stepper.core.memory import without_collection
from stepper.core.progress import each
from stepper.core.prose import Prose
from stepper.core.steps import Answer, Block, Check, Convention, Derivation, Equation, Step, drawing_step
from stepper.core.traverse import extent
from stepper.engine.graph.accumulation import last_edges, node_step, result_step, table_step, wires_step
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import check_names, output_of
from stepper.engine.graph.chain_rule import MANY, Question, chain_steps, counted, local_step, whole_paths
from stepper.engine.graph.checks import checked, checks_of
from stepper.engine.graph.conventions import circuit, definitions, kinks, notation, opening, remarks
from stepper.engine.graph.drawing import drawing, known
from stepper.engine.graph.forward import forward_step
from stepper.engine.graph.gradient_step import update_step, updates, upstream_lines
from stepper.engine.graph.paths import list_paths, path_counts
from stepper.engine.graph.rounding_by_hand import by_hand_step
from stepper.engine.graph.size import is_large
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

LONGEST_WRITTEN_OUT = 60


@without_collection()
def backward(graph: Graph, wrt: Sequence[str], settings: Settings) -> Derivation:
    """Explains the gradient of the graph's output for each quantity in ``wrt``.

    Raises:
        StepperError: where the output is ambiguous, or a name is unknown.
    """
    output = _checked(graph, wrt)
    if _is_swept(graph, settings):
        from stepper.engine.graph.large import swept

        return swept(graph, output, wrt, settings)
    sheet = Sheet(graph, settings)
    gradients = Gradients(sheet, output, wrt)
    questions = questions_of(graph, wrt, output, settings)
    before = graph.ancestors([output])
    used = before & set(graph.nodes)
    checks = checks_of(gradients, questions)
    pictured = drawing(graph, known(gradients), wrt, output, before)
    steps = [drawing_step(pictured), forward_step(sheet, used), *gradient_steps(gradients, questions)]
    if settings.verify or settings.simplify:
        from stepper.engine.graph.symbolic_checks import closed_forms, proofs

        checks += proofs(gradients, wrt) if settings.verify else []
        steps += [closed_forms(gradients, wrt)] if settings.simplify else []
    steps += [wires_step(gradients)] if graph.split else []
    closed, written_out = _closed_forms(gradients, wrt)
    steps.append(Step("exact.value", "exact.value", ("Exact value",), tuple(written_out), detail="brief"))
    answers = _answers(gradients, wrt, closed)
    steps = [*checked(steps, checks), update_step(gradients, wrt), by_hand_step(gradients, wrt)]
    taken = (*kink_lines(gradients, used, wrt), *upstream_lines(gradients))
    said = (*opening(graph), *remarks(sheet, used), *circuit(graph, used))
    conventions = (*said, *definitions(sheet, used, steps), *taken)
    return Derivation(
        "backprop", graph.title, tuple(step for step in steps if step.body or step.children), tuple(answers),
        tuple(checks), conventions, notation(graph, set(graph.nodes)), graph.source,
    )  # fmt: skip


def answered(graph: Graph, wrt: Sequence[str], settings: Settings) -> tuple[Sequence[Answer], Sequence[Check]]:
    """What ``backward`` answers, and its checks, where nobody reads how.

    Raises:
        StepperError: where the output is ambiguous, or a name is unknown.
    """
    output = _checked(graph, wrt)
    if settings.exact or settings.verify or settings.simplify or _is_swept(graph, settings):
        derivation = backward(graph, wrt, settings)
        return derivation.answers, derivation.checks
    gradients = Gradients(Sheet(graph, settings), output, wrt)
    return _answers(gradients, wrt, {}), checks_of(gradients, questions_of(graph, wrt, output, settings))


def _checked(graph: Graph, wrt: Sequence[str]) -> str:
    """The output, of a graph that can be differentiated for these names.

    Raises:
        StepperError: where the output is ambiguous, a name is unknown, or something else than a gradient is sent back.
    """
    output = output_of(graph)
    check_names(graph, wrt)
    if sent := Vocabulary(graph.functions, graph.conventions).sent_back:
        name, choice = next(iter(sent.items()))
        raise StepperError(
            Problem(
                f"{choice} instead of the gradient through {name} is worked out for graphs of arrays only",
                hint="such as x: [1, -2]",
            )
        )
    return output


def _is_swept(graph: Graph, settings: Settings) -> bool:
    """Is it too large to be written out, and fit to be swept?"""
    if not is_large(graph):
        return False
    from stepper.engine.graph.large import suits

    return suits(graph, settings)


def _answers(gradients: Gradients, wrt: Sequence[str], closed: Mapping[str, Equation]) -> list[Answer]:
    """The gradients, and what a step makes of each parameter."""
    found = [_answer(text(gradients.symbol(name)), gradients.adjoint(name), closed.get(name)) for name in wrt]
    return found + [_answer(text(equation.left), equation.links[-1].expr) for equation in updates(gradients, wrt)]


def gradient_steps(gradients: Gradients, questions: Sequence[Question]) -> list[Step]:
    """Path by path where the paths are few, else by accumulation at the nodes."""
    names, told = [question.name for question in questions], last_edges(gradients)
    if len(questions) == 1 and questions[0].paths is None:
        count: Prose = (f"{counted(questions[0].count)} paths to ", reference(names[0]))
        return [local_step(gradients, told), node_step(gradients, names, count, told)]
    if len(questions) > MANY or any(question.paths is None for question in questions):
        nodes = node_step(gradients, names, (), told)
        return [local_step(gradients, told), nodes, result_step(gradients, questions)]
    told = whole_paths(questions) if gradients.upstream is None else set()
    steps = [local_step(gradients, told)]
    steps += [step for question in each(questions, "chain rule") for step in chain_steps(gradients, question, told)]
    return [*steps, table_step(gradients)] if gradients.inside else steps


def questions_of(graph: Graph, names: Sequence[str], output: str, settings: Settings) -> list[Question]:
    """How many paths lead from each quantity to the output, and which."""
    counts = path_counts(graph, output)

    def question(name: str) -> Question:
        count = counts.get(name, 0)
        return Question(
            name,
            count,
            tuple(list_paths(graph, name, output, counts)) if count <= settings.listed_paths else None,
        )

    return [question(name) for name in names]


def kink_lines(gradients: Gradients, used: set[str], wrt: Sequence[str]) -> tuple[Convention, ...]:
    """The kinks on which the graph stands, and the slope taken at each."""
    nodes = [gradients.graph.nodes[name] for name in gradients.graph.order if name in used]
    edges = [(source, node.name, slot) for node in nodes for slot, source in enumerate(node.reads)]
    found = dict.fromkeys(kink for edge in edges for kink in gradients.locals.kinks(*edge))
    inside = {name: gradients.graph.descendants([name]) & gradients.inside for name in wrt}
    return kinks(gradients.sheet, found, inside, gradients.output)


def _answer(name: str, expr: Expr, closed: Equation | None = None) -> Answer:
    """The answer's formula and number; a closed form ends in the number that it comes to."""
    if closed is None:
        return Answer(name, expr, number_of(expr))
    return Answer(name, closed.links[-2].expr if len(closed.links) > 1 else expr, number_of(closed.links[-1].expr))


def _closed_forms(gradients: Gradients, wrt: Sequence[str]) -> tuple[dict[str, Equation], list[Block]]:
    """With ``exact``: each irrational gradient written out in what is given, simplified by SymPy, with its decimal
    value.

    Where there is no simpler form, that is said beside it.
    """
    if not gradients.sheet.settings.exact:
        return {}, []
    found: dict[str, Equation] = {}
    body: list[Block] = []
    for name in wrt:
        adjoint = gradients.adjoint(name)
        number = gradients.sheet.approximate(adjoint)
        if isinstance(number, float):
            from stepper.engine.graph.symbolic_checks import no_closed_form
            from stepper.engine.values.symbolic import closed_form

            try:
                expanded = gradients.sheet.expanded(adjoint)
                simple = closed_form(expanded, gradients.sheet.vocabulary, gradients.sheet.patience)
                written = [expanded] if extent(expanded)[0] <= LONGEST_WRITTEN_OUT else []
            except StepperError:  # too long to be written out
                simple, written = None, []
            sides = [adjoint, *written, *([simple] if simple is not None else []), Value(number)]
            found[name] = gradients.sheet.chained(gradients.symbol(name), sides)
            body += [found[name], *([no_closed_form(gradients.symbol(name))] if simple is None else [])]
    return found, body
