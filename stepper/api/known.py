"""What is known: functions, and bundled exam problems."""

from __future__ import annotations

from stepper.solution import Solution


def rules(name: str | None = None, /, *, plots: bool = False) -> Solution:
    """What is known of a function: definition, derivative, domain, kink, source; without a name all functions.

    The name may also be that of an algorithm or of a rule of derivations; ``derivations`` lists those rules.

    With ``plots`` its curve is drawn too, for the formats that show pictures.

    >>> import stepper as st
    >>> st.rules("gelu").title
    'gelu'
    """
    from stepper.engine.catalogue import list_rules, show_rule

    return Solution(list_rules() if name is None else show_rule(name, plots))


def exams() -> list[str]:
    """The names of all bundled exam problems."""
    from stepper.read.files import documents, listings

    return sorted([name for name, _ in documents()] + [name for name, _ in listings()])
