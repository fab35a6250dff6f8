"""Answers about a network by key, for the cases of exam items."""

from __future__ import annotations

from functools import cached_property

from stepper.core.expr import Array, Expr
from stepper.core.formula import assignments, text
from stepper.core.graph import Case
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.engine.facts import Facts
from stepper.engine.fitting import shown_shape
from stepper.engine.layers import work
from stepper.engine.shapetable import ordered
from stepper.engine.sizes import number, settle
from stepper.engine.structure import Fact
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

    def pair(self, key: str, expected: str) -> tuple[Fact | None, Fact | None]:
        """What is found for a key, and what was expected."""
        found = self.facts.fact(parse(key))
        if isinstance(found, tuple):
            words = "x".join(part.strip() for part in expected.replace("×", "x").split("x"))
            return shown_shape(ordered(found, self.network.layout)), words
        if isinstance(found, Array):
            return text(found), text(parse(expected))
        wanted = settle(parse(expected.rsplit("=", maxsplit=1)[-1]), {})
        if found is not None and number(found) is None:
            return text(settle(found, {})), text(wanted)
        return None if found is None else number(found), number(wanted)
