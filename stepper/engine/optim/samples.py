"""The samples of a step: the loss of each and its gradients with numbers put in, and their mean or sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stepper.core.expr import Expr, Num, Number, Value, divide
from stepper.core.formula import reference, text
from stepper.core.prose import Prose
from stepper.core.steps import Block, Detail, Equation, Link, Note, Role, Step
from stepper.engine.graph.accumulation import node_step
from stepper.engine.graph.adjoints import Gradients, summed
from stepper.engine.graph.chain_rule import local_step
from stepper.engine.graph.forward import forward_step
from stepper.engine.optim.batches import among
from stepper.engine.optim.objective import Objective
from stepper.engine.optim.run import Run, Taken, carried
from stepper.engine.optim.second_pass import LISTED
from stepper.engine.optim.step import Asked, StepGraph, before
from stepper.engine.values.equations import Sheet, relation
from stepper.engine.values.quantities import Settings

FEW, ONE_LINE = 4, 70
"""The mean of so many samples is shown by itself where its line is no longer than this."""
WORKED, READ = 12, 60
"""Of a graph of more nodes, or whose nodes read more, the line of the loss stands for all."""


def sample_steps(
    run: Run, one: Taken, numbers: Mapping[str, Number], settings: Settings
) -> list[tuple[int, tuple[Step, ...]]]:
    """What a step reads of several samples: each worked, and all together.

    Each part with how many of the step's own lines come before it: gradients may be taken at a point that these work
    out. ``numbers`` are those before the step.
    """
    chosen = among(one.batch) or range(len(run.task.samples))
    if run.objective is None or not run.works_gradients or len(chosen) < 2 or one.sheet is None:
        return []
    number = Num(str(one.number))
    building = StepGraph(run.method, run.coordinates, number, run.formula)
    lines = list(building.build({}).nodes)
    known = {**one.numbers, **{name: carried(value) for name, value in numbers.items()}}
    here = [coordinate.at(before(number)) for coordinate in run.coordinates]
    everywhere = [*([] if any(part.places == here for part in building.asked) else [Asked([], here)]), *building.asked]
    found: list[tuple[int, tuple[Step, ...]]] = []
    for part in everywhere:
        at = {text(own.symbol): known[text(place)] for own, place in zip(run.coordinates, part.places, strict=True)}
        identity = f"optim.samples:{one.number}" + (f":{len(found)}" if found else "")
        after = max((lines.index(name) + 1 for name in map(text, part.places) if name in lines), default=0)
        samples = _Samples(run.objective, chosen, at, settings)
        found.append((after, tuple(samples.steps(identity, part, known, part.places == here))))
    return found


class _Samples:
    """The samples of a step at one place; ``values`` are the parameters there."""

    def __init__(
        self, objective: Objective, chosen: Sequence[int], values: Mapping[str, Number], settings: Settings
    ) -> None:
        self.objective, self.chosen, self.values, self.settings = objective, chosen, values, settings
        self.shown = chosen[:LISTED]
        self.output = reference(objective.output)
        self.used = objective.graph.ancestors([objective.output]) & set(objective.graph.nodes)
        self.small = len(self.used) <= WORKED and objective.reads <= READ

    def steps(self, identity: str, asked: Asked, known: Mapping[str, Number], here: bool) -> Iterator[Step]:
        """Each sample, the loss of all together where the parameters stand, and the gradients that are asked for."""
        objective, count = self.objective, len(self.chosen)
        for place in self.shown:
            yield _full(f"{identity}:{place + 1}", "optim.sample", self._sample(place, asked, here))
        if rest := count - len(self.shown):
            others = "other sample is" if rest == 1 else f"other {rest} samples are"
            yield _full(f"{identity}:rest", "optim.sample", [Note((f"The {others} worked out in the same way.",))])
        together = "mean" if objective.mean else "sum"
        if here:
            losses = objective.losses(self.values, self.shown)
            whole = objective.loss(self.values, self.chosen) if rest else objective.together(losses)
            said = Note((f"The {together} of ", self.output, f" over the {count} samples:"))
            line = self._together(self.output, losses, whole, "value")
            few = count <= FEW and (count + 1) * (self.settings.digits + 6) <= ONE_LINE
            yield _full(f"{identity}:loss", "optim.loss", [said, line], "normal" if few else "full")
        if not asked.targets or not self.small:
            return
        slopes = [objective.gradients(self.values, [place]) for place in self.shown]
        body: list[Block] = [Note((f"The {together} of each gradient:",))]
        for name, target in zip(objective.names, asked.targets, strict=True):
            body.append(self._together(target, [slope[name] for slope in slopes], known[text(target)]))
        yield _full(f"{identity}:gradients", "optim.gradients", body)

    def _sample(self, place: int, asked: Asked, here: bool) -> list[Block]:
        """The loss of a sample with its numbers put in, and its gradients."""
        objective, sample = self.objective, self.objective.samples[place]
        said: list[str | Expr] = [f"Sample {place + 1}: "]
        for name, value in sample.items():
            said += [*([", "] if len(said) > 1 else []), reference(name), " = ", Value(value)]
        if not here:
            for name, point in zip(objective.names, asked.places, strict=True):
                said += [", ", reference(name), " = ", point]
        sheet = objective.sheet(sample, self.values, self.settings)
        lines = _equations(forward_step(sheet, self.used, self.used if self.small else {objective.output}))
        if self.small and asked.targets:
            gradients = Gradients(
                sheet, objective.output, [name for name in objective.names if name in sheet.graph.leaves]
            )
            lines += _equations(local_step(gradients))
            lines += _equations(node_step(gradients)) if len(self.used) > 1 else []
        return [Note(tuple(said)), *lines]

    def _together(self, left: Expr, parts: Sequence[Number], value: Number, role: Role = "gradient") -> Equation:
        """Their mean or sum; of many what they add up to."""
        count = len(self.chosen)
        whole = value * count if self.objective.mean else value
        total = summed([Value(part) for part in parts]) if len(parts) == count else Value(whole)
        side = divide(total, Num(str(count))) if self.objective.mean else total
        sheet = Sheet(self.objective.graph, self.settings)
        written = sheet.guarded(side, value) or sheet.guarded(side, float(value))
        links = [] if written is None or written == Value(value) else [Link(relation(left, written), written)]
        links.append(Link(relation(written or left, Value(value)), Value(value)))
        return Equation(left, tuple(links), role)


def _equations(step: Step) -> list[Block]:
    return [*step.body, *(block for child in step.children for block in _equations(child))]


def _full(identity: str, rule: str, body: Sequence[Block], detail: Detail = "full") -> Step:
    title: Prose = ("The samples",)
    return Step(identity, rule, title, tuple(body), detail=detail)
