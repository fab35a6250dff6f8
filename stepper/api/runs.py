"""Asked of optimizers: updates, and training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stepper.api.asking import Asked, Given, Names, Notation, Size, Values, Weighed, asked, words
from stepper.errors import Problem, StepperError
from stepper.render.look import Look
from stepper.solution import Solution

if TYPE_CHECKING:
    from stepper.core.steps import Detail
    from stepper.engine.optim.worked_run import Wanted


def optim(
    name: str | None = None, /, theta: object = None, grads: object = (), *, objective: str | None = None,
    steps: int | None = None, lr: object = None, values: Mapping[str, object] | Sequence[str] = (),
    beside: Iterable[str] = (), compare: Names = None, compare_conventions: bool = False, every: int | None = None,
    plots: bool = False, digits: int = 4, exact: bool = False, detail: Detail = "normal",
    **settings: object,
) -> Solution:  # fmt: skip
    """Worked updates of an optimizer: one line for each assignment of each step, and the run as a table.

    ``grads`` are the gradients of the steps; or ``objective`` is differentiated. Settings by keyword: ``beta1=0.9``.
    ``compare`` names other optimizers for the same task. With ``plots`` the run is drawn too, for the formats that show
    pictures.

    >>> import stepper as st
    >>> round(st.optim("adam", theta=1, grads=[0.5, 0.2], lr=0.1).floats["theta[2]"], 6)
    0.810142

    Raises:
        StepperError: for an unknown optimizer, a setting out of its range, a step that cannot be taken.
    """
    from stepper.core.task import Lettered
    from stepper.engine.notation import graph_of, noted
    from stepper.engine.values.quantities import Settings
    from stepper.read.arguments import assignments_of, listed, text_of
    from stepper.read.letters import load
    from stepper.read.options import OptimOptions, rivals

    several = list(grads) if isinstance(grads, Iterable) and not isinstance(grads, str | Mapping) else [grads]
    options = OptimOptions(
        listed(theta), tuple(listed(grad) or "" for grad in several), objective, steps,
        None if lr is None else text_of(lr), (*assignments_of(values), *assignments_of(settings)), tuple(beside),
    )  # fmt: skip
    asked_for, look = Settings(digits, exact), Look(digits=digits, exact=exact, detail=detail)
    task = load(name, options)
    if isinstance(task, Lettered):
        from stepper.engine.optim.letters import in_letters

        if steps not in (None, len(task.gradients)) or compare is not None or compare_conventions or plots:
            raise StepperError(
                Problem(
                    "an update in letters is shown on its own, one step for each gradient", hint="--grad g1 --grad g2"
                )
            )
        return Solution(noted(in_letters(task, asked_for), graph_of(task)), look)
    from stepper.engine.optim.objective import of_entries

    task = of_entries(task)
    if compare is not None or compare_conventions:
        from stepper.engine.optim.comparison import compare as work_together

        methods = rivals(task, ",".join(words(compare)), compare_conventions, options)
        wanted = _wanted("normal", every, plots)
        return Solution(noted(work_together(task, methods, asked_for, wanted), graph_of(task)), look)
    from stepper.engine.optim.worked_run import optim as work

    derivation = work(task, asked_for, _wanted(detail, every, plots))
    return Solution(noted(derivation, graph_of(task)), look)


def train(
    source: Asked, /, *, optimizer: str = "sgd", wrt: Names = None, steps: int = 1, lr: object = None,
    weights: Weighed = None, input: Size = None, rows: bool = False,
    values: Values = None, settings: Values = None, beside: Iterable[str] = (), of: str | None = None,
    data: str | Path | None = None, mean: bool = True, batch: int | None = None, seed: int | None = None,
    convention: Iterable[str] = (), scalars: bool = False, notation: Notation = (),
    every: int | None = None, plots: bool = False,
    digits: int = 4, exact: bool = False, detail: Detail = "normal", **named: object,
) -> Solution:  # fmt: skip
    """Forward, backprop and an update of all parameters, repeated: one step in full, the run as a table.

    What is given by keyword, or in ``settings``, is a setting of the optimizer where it has one of that name, and else
    the value of a leaf, as all ``values`` are; ``data`` is a CSV file of samples.

    >>> import stepper as st
    >>> st.train("L = (w*x - y)^2", w=0.5, x=1, y=2, wrt="w", lr=0.1).answers["w[1]"]
    Fraction(4, 5)

    Raises:
        StepperError: where the graph has nothing to train, or a step cannot be taken; the message names it.
    """
    from stepper.engine.notation import noted
    from stepper.engine.optim.train import train as work
    from stepper.engine.questions import entries
    from stepper.engine.values.quantities import Settings
    from stepper.read.adjust import with_output
    from stepper.read.arguments import assignments_of, text_of, told_of
    from stepper.read.data import read_samples
    from stepper.read.options import OptimOptions, settings_of, told_apart, training, without_states
    from stepper.read.wanted import chosen

    beside = tuple(beside)
    known = settings_of(optimizer, beside)
    given = Given(weights, input, rows)
    told, chosen_settings = told_apart(told_of({**named, **(settings or {})}), known)
    read = with_output(
        asked(source, {**told, **(values or {})}, {}, convention, False, given, scalars, known, notation), of
    )
    read, chosen_settings = without_states(read, chosen_settings, optimizer)
    whole = read
    read, arrays = entries(whole, lambda: chosen(whole, words(wrt) or ["parameters"]))
    words_set = tuple(assignments_of(chosen_settings))
    options = OptimOptions(None, (), None, steps, None if lr is None else text_of(lr), words_set, beside)
    samples = read_samples(Path(data), read) if data is not None else ()
    task = training(read, optimizer, options, chosen(read, words(wrt)) if wrt else (), samples, mean, batch, seed)
    wanted = _wanted(detail, every, plots)
    derivation = noted(work(task, Settings(digits, exact), wanted, arrays), whole)
    return Solution(derivation, Look(digits=digits, exact=exact, detail=detail))


def _wanted(detail: Detail, every: int | None, plots: bool) -> Wanted:
    from stepper.engine.optim.worked_run import WRITTEN, WRITTEN_AT_ALL, Wanted

    return Wanted(WRITTEN_AT_ALL if detail == "full" else WRITTEN, every, plots)
