"""Answers about a network by key, for the cases of exam items."""

from __future__ import annotations

import re
from functools import cached_property

from stepper.core.exam import Case
from stepper.core.expr import Array, Call, Expr
from stepper.core.formula import assignments
from stepper.core.network import SHAPE, Network, Statement
from stepper.core.parser import parse
from stepper.engine.answers.checking.claimed import found
from stepper.engine.layers.facts import Facts
from stepper.engine.layers.network import work
from stepper.engine.values.judging import Finding
from stepper.errors import Problem, StepperError


class NetworkAnswers:
    """The answers of one case of one network."""

    def __init__(self, network: Network, case: Case) -> None:
        self.network = network
        self.given: dict[str, Expr] = {}
        for name, value in case.settings.items():
            if name != "set":
                raise StepperError(Problem(f"'{name}' is not an option of a network's item", hint="set: n=19"))
            self.given |= assignments(value)

    @cached_property
    def facts(self) -> Facts:
        worked = work(self.network, self.given)
        if worked.problems:
            raise StepperError(*worked.problems)
        return Facts(worked)

    def finding(self, key: str, written: str) -> Finding:
        """What is written beside what is found, as a claim is judged; a shape is written in the listing's order."""
        (finding,) = found(self.facts, [Statement(parse(key), self.sides(parse(key), written))])
        return finding

    def sides(self, key: Expr, written: str) -> tuple[Expr, ...]:
        """What is written, side by side; a shape with its channels first."""
        if not isinstance(self.facts.fact(key), tuple) or written.strip().startswith("["):
            return tuple(parse(side) for side in written.split("="))
        sizes = tuple(parse(part) for part in re.split(r"\s*[x×]\s*", written.strip()))
        last_first = isinstance(key, Call) and key.name == SHAPE and self.network.layout == "HWC" and len(sizes) > 1
        return (Array((sizes[-1], *sizes[:-1]) if last_first else sizes),)
