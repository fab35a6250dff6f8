"""What is printed of a quantity, judged."""

from __future__ import annotations

from stepper.core.prose import Prose
from stepper.engine.values.judging import Finding

BY_CHANCE = ("it is right at these numbers only",)


class Printed(Finding, frozen=True):
    """What is printed of a quantity beside what it is; ``why`` it is wrong: the broken step, the mistake; and the
    ``row`` that has the mistake, or the change that mends it.
    """

    why: Prose = ()
    row: str = ""


def as_printed(finding: Finding, why: Prose = (), row: str = "") -> Printed:
    return Printed(finding.key, finding.written, finding.found, finding.judgement, why, row)
